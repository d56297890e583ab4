"""Steps of a sequence without a server."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.steps import Step
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.contract import Contract

_PATH = "/boats/{id}"
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Harbor", "version": "1"},
        "paths": {
            _PATH: {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                **{
                    method: {"operationId": method, "responses": {"200": {"description": "Done."}}}
                    for method in ("get", "head", "post", "put", "patch", "delete")
                },
            }
        },
    }
)

MakeStep = Callable[..., Step]


@pytest.fixture
def step() -> MakeStep:
    """Makes a step: method, status, body of the response, JSON that was sent, headers of the response."""

    def make(
        method: str = "GET", status: int = 200, body: Any = None, *, sent: Any = None, needs: Any = (), **headers: str
    ) -> Step:
        content = b"" if body is None else json.dumps(body).encode()
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        request = Request(method, "/boats/1", (), None if sent is None else json.dumps(sent).encode())
        exchange = Exchange(request, Response(status, (("Content-Type", "application/json"), *pairs), content, 0.01))
        probe = Probe("sequences/1", "", method.lower(), request, Expect.DOCUMENTED)
        return Step(method, Interaction(probe, CONTRACT.operation(method.lower()), exchange), sent, body, tuple(needs))

    return make
