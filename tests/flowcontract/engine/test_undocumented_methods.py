"""Undocumented methods with credentials: sent only with `allow_unsafe`, and only about what does not exist."""

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

BOOK = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}


def _described(schema: object) -> object:
    return {"description": "It.", "content": {"application/json": {"schema": schema}}}


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Books", "version": "1"},
        "servers": [{"url": "/v1"}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": {
            "/books/{id}": {
                "get": {
                    "operationId": "read",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                    "responses": {
                        "200": _described(BOOK),
                        **{status: _described(ERROR) for status in ("401", "404", "422")},
                    },
                }
            }
        },
    }
)
TOKEN = "t0ken-of-the-owner"
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


def _gate(accepted: str, *, allow_unsafe: bool) -> tuple[RunResult, list[Request]]:
    """Run against a server that has book 1, and serves one undocumented method to whoever has the token."""
    asked: list[Request] = []

    def serve(request: Request) -> Response:
        if request.header("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"detail": "A token is required."}, {"WWW-Authenticate": "Bearer"})
        asked.append(request)
        if request.method == accepted:
            return Response(204)
        if request.method not in ("GET", "HEAD"):
            return Response(405, {"detail": "Not allowed."}, {"Allow": "GET"})
        is_number = request.path.rpartition("/")[2].isdigit()
        if request.path == "/v1/books/1":
            return Response(200, {"id": 1})
        return Response(404 if is_number else 422, {"detail": "No such book."})

    with running(serve) as url:
        target = Target.at(url, CONTRACT.base_path, token=TOKEN)
        options = engine.Options(profile="quick", path_values={"read": [{"id": "1"}]}, allow_unsafe=allow_unsafe)
        return engine.run(CONTRACT, target, options), [one for one in asked if one.method in CHANGES]


@pytest.mark.parametrize("method", CHANGES)
def test_an_undocumented_method_that_works_is_found(method: str) -> None:
    result, asked = _gate(method, allow_unsafe=True)

    assert [finding.rule for finding in result.open_findings] == ["undocumented-method-accepted"]
    assert asked
    assert all(one.path != "/v1/books/1" for one in asked)


def test_a_run_that_may_not_change_anything_does_not_send_it() -> None:
    result, asked = _gate("DELETE", allow_unsafe=False)

    assert not result.open_findings
    assert asked == []
