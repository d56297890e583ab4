"""Values that another resource has: a server that rejects them does not reject valid input."""

from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.messages import json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .shop import DOCUMENT, Shop

CONTRACT = Contract({**DOCUMENT, "paths": {path: DOCUMENT["paths"][path] for path in ("/authors/", "/authors/{id}/")}})


class Unique(Shop):
    """No two authors have had the same name."""

    def __init__(self, error: Any) -> None:
        super().__init__()
        self.error = error
        self.names: dict[str, str] = {}
        self.rejected = self.accepted = 0

    def __call__(self, request: Request) -> Response:
        body = json_or_none(request.body)
        name = body.get("name") if isinstance(body, dict) else None
        if request.method not in ("POST", "PUT", "PATCH") or not isinstance(name, str):
            return super().__call__(request)
        if self.names.get(name, request.path) != request.path or (request.method == "POST" and name in self.names):
            self.rejected += 1
            return Response(400, self.error)
        response = super().__call__(request)
        if response.status < 300:
            self.accepted += 1
            self.names[name] = f"/v1/authors/{response.json['id']}/"
        return response


@pytest.mark.parametrize("error", [{"name": ["This field must be unique."]}, {"detail": "Bad Request"}])
def test_a_name_that_is_in_use_may_be_rejected(error: Any) -> None:
    server = Unique(error)
    with running(server) as url:
        result = engine.run(CONTRACT, Target.at(url, "/v1"), engine.Options(allow_unsafe=True))

    assert "valid-request-rejected" not in {finding.rule for finding in result.findings}
    assert server.accepted > server.rejected
