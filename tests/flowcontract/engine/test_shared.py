"""What a second user's own lists show is shared, wherever the list stands."""

from typing import Any

import pytest
from tests.faulty_servers.crud.handling import OTHER, OWNER
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PATHS = {
    "/libraries": "array",
    "/libraries/{library_id}": "object",
    "/libraries/{library_id}/books": "array",
    "/books/{book_id}": "object",
    "/books/{book_id}/cover": "object",
}


def _operation(path: str, kind: str) -> dict[str, Any]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    schema = {"type": "object"} if kind == "object" else {"type": "array", "items": {"type": "object"}}
    return {
        "operationId": path,
        "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "integer"}} for n in names],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}},
            **{status: {"description": "Not possible."} for status in ("401", "404")},
        },
    }


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Libraries", "version": "1"},
        "paths": {path: {"get": _operation(path, kind)} for path, kind in PATHS.items()},
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
        "servers": [{"url": "/v1"}],
    }
)
BODIES: dict[str, Any] = {
    "/libraries": [{"id": 3}],
    "/libraries/3": {"id": 3},
    "/libraries/3/books": [{"id": 40}],
    "/books/40": {"id": 40},
    "/books/40/cover": {"color": "red"},
}


@pytest.mark.parametrize(
    ("lists", "leaking"),
    [
        ([], ["/books/{book_id}", "/books/{book_id}/cover", "/libraries/{library_id}"]),
        (["/libraries"], ["/books/{book_id}", "/books/{book_id}/cover"]),
        (["/libraries", "/libraries/3/books"], []),
    ],
    ids=["nothing", "libraries", "libraries and their books"],
)
def test_what_the_lists_of_a_second_user_show_is_shared(lists: list[str], leaking: list[str]) -> None:
    assert found(lists) == leaking


@pytest.mark.parametrize(
    ("lists", "chosen", "leaking"),
    [
        ([], {}, ["/books/{book_id}"]),
        (["/libraries", "/libraries/3/books"], {}, []),
        ([], {"exclude": (("path", "*/books"),)}, []),
    ],
    ids=["nothing", "libraries and their books", "a list is excluded"],
)
def test_lists_that_are_not_selected_tell_what_is_shared(
    lists: list[str], chosen: dict[str, Any], leaking: list[str]
) -> None:
    given = {"/books/{book_id}": [{"book_id": "40"}]}

    assert found(lists, operations=("/books/{book_id}",), path_values=given, **chosen) == leaking


def found(lists: list[str], **options: Any) -> list[str]:
    """The paths of resources of the first user that the second user, who sees these lists, reads against the rule."""

    def serve(request: Request) -> Response:
        user = (request.header("authorization") or "").removeprefix("Bearer ")
        if user not in (OWNER, OTHER):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        path = request.path.removeprefix("/v1")
        body = BODIES.get(path)
        if user == OTHER and isinstance(body, list) and path not in lists:
            return Response(200, [])
        return Response(404, {}) if body is None else Response(200, body)

    with running(serve) as url:
        target = Target.at(url, CONTRACT.base_path, token=OWNER, other_token=OTHER)
        result = engine.run(CONTRACT, target, engine.Options(profile="quick", time_limit=100, **options))

    violations = [f for f in result.findings if f.rule == "resource-of-another-user-accessible"]
    paths = {CONTRACT.operation(name).path for finding in violations for name in finding.operations}
    return sorted(path for path in paths if PATHS[path] == "object")
