"""A time with an offset is the instant that is stored."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TIME = {"type": "string", "format": "date-time"}
READING = {"type": "object", "required": ["taken"], "properties": {"id": {"type": "integer"}, "taken": TIME}}
JSON = {"application/json": {"schema": READING}}
ADD = {
    "operationId": "add",
    "requestBody": {"required": True, "content": JSON},
    "responses": {"201": {"description": "Created.", "content": JSON}, "422": {"description": "Invalid."}},
}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Meter", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": {"/readings": {"post": ADD}},
    }
)


def _converted(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("stored", "is_wrong"),
    [
        (lambda text: f"{text[:19]}Z", True),
        (lambda text: f"{text[:19]}+00:00", True),
        (_converted, False),
        (lambda text: text, False),
        (lambda _: "2026-01-01T00:00:00Z", False),
    ],
)
def test_an_offset_may_not_get_lost(stored: Any, *, is_wrong: bool) -> None:
    sent: list[str] = []

    def serve(request: Request) -> Response:
        try:
            text = json.loads(request.body)["taken"]
            datetime.fromisoformat(text)
        except (ValueError, TypeError, KeyError):
            return Response(422, {})
        sent.append(text)
        return Response(201, {"id": len(sent), "taken": stored(text.upper())})

    with running(serve) as url:
        options = engine.Options(profile="quick", allow_unsafe=True)
        result = engine.run(CONTRACT, Target.at(url, CONTRACT.base_path), options)

    assert any(text.endswith("+02:00") for text in sent)
    found = [one for one in result.findings if one.rule == "stored-value-differs"]
    assert bool(found) == is_wrong
    assert all("the offset is lost" in one.failure.message for one in found)


def test_an_offset_that_no_time_has_is_no_lost_offset() -> None:
    answer = {"201": {"description": "Created.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    contract = Contract({**CONTRACT.document, "paths": {"/readings": {"post": {**ADD, "responses": answer}}}})

    def serve(request: Request) -> Response:
        return Response(201, {"id": 1, "taken": f"{str(json.loads(request.body)['taken'])[:19]}+99:99"})

    with running(serve) as url:
        options = engine.Options(profile="quick", allow_unsafe=True)
        result = engine.run(contract, Target.at(url, contract.base_path), options)

    assert "stored-value-differs" not in {one.rule for one in result.findings}
