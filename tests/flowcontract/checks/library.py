"""A small shop and one interaction with it: what tests of the checks start from."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flowcontract.checks import Context, Violation, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

KNOWN = "the-salt-road-of-1931"
BOOK = {"id": KNOWN, "title": "The Salt Road", "pages": 212}
ERROR = {"detail": "No."}
CALLER = ("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}")
PATH = "/books/{id}"

BOOK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "pages": {"type": "integer"}},
}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
    "additionalProperties": False,
}


def json_response(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A documented response with a JSON body."""
    return {"description": "A response.", "content": {"application/json": {"schema": schema}}} | more


RESPONSES = {"200": json_response(BOOK_SCHEMA), "403": json_response(ERROR_SCHEMA), "404": json_response(ERROR_SCHEMA)}


def shop(responses: Mapping[str, Any] = RESPONSES, *, is_open: bool = False, **more: Any) -> Contract:
    """A contract with one operation, `read`: GET /books/{id}. `more` are further members of the operation."""
    operation = {
        "operationId": "read",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer"}},
        ],
        "responses": dict(responses),
        "security": [] if is_open else [{"token": []}],
    }
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "paths": {PATH: {"get": operation | more}},
        }
    )


def two_routes() -> Contract:
    """A contract with a second method for the path, and another route that its template covers."""
    document = shop().document
    route = document["paths"][PATH]
    other = {"operationId": "me", "responses": {"200": {"description": "Nothing."}}}
    return Contract(
        {
            **document,
            "paths": {
                PATH: {**route, "put": {**route["get"], "operationId": "change"}},
                "/books/me": {"delete": other},
            },
        }
    )


def with_creation(schema: dict[str, Any]) -> Contract:
    """The shop with a second operation, which adds a book to the collection: POST /books with a body."""
    document = shop().document
    body = {"content": {"application/json": {"schema": schema}}}
    create = {"operationId": "add", "requestBody": body, "responses": {"201": {"description": "Added."}}}
    return Contract({**document, "paths": {**document["paths"], "/books": {"post": create}}})


SHOP = shop()
ADDING = shop(
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "properties": {
                        "pages": {"type": "integer"},
                        "7": {"type": "integer"},
                        "parts": {"type": "array", "items": {"properties": {"size": {"type": "integer"}}}},
                    }
                }
            },
            "multipart/form-data": {},
        },
    }
)
"""The operation takes a body: JSON or a form."""


def adds(body: Any) -> dict[str, Any]:
    """Arguments for an interaction that sends a JSON body."""
    headers = (CALLER, ("Content-Type", "application/json"))
    return {"contract": ADDING, "method": "POST", "headers": headers, "body": json.dumps(body).encode()}


def received(
    status: int, content: Any = None, media: str | None = "application/json", *headers: tuple[str, str], **more: Any
) -> Response:
    """A response with a body: bytes and texts as they are, anything else as JSON; none where `content` is None."""
    if isinstance(content, str):
        content = content.encode()
    body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = [("Content-Type", media)] if media else []
    return Response(status, (*sent, *headers), body, more.pop("elapsed", 0.1), **more)


def interaction(
    response: Response | str,
    expect: Expect = Expect.SUCCESS,
    *,
    contract: Contract = SHOP,
    target: str = f"/books/{KNOWN}",
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (CALLER,),
    body: bytes | None = None,
    name: str = "resource/read",
    values: Mapping[str, str] | None = None,
    relation: Relation = Relation.NONE,
    retried: str = "",
    **probe: Any,
) -> Interaction:
    """One interaction of `read`. A text in place of a response is the error of an exchange without one."""
    request = Request(method, target, tuple(headers), body)
    made = Probe(
        name,
        "",
        "read",
        request,
        expect,
        {"id": KNOWN} if values is None else values,
        relation=relation,
        compare_with="resource/base" if relation else "",
        **probe,
    )
    text = response if isinstance(response, str) else ""
    exchange = Exchange(request, None if isinstance(response, str) else response, text, retried=retried)
    return Interaction(made, contract.operation("read"), exchange)


def violations(
    item: Interaction, contract: Contract = SHOP, counts: Counter[str] | None = None, **context: Any
) -> list[Violation]:
    """What the checks say of one interaction."""
    return list(check_response(Context(contract, Target.at("http://127.0.0.1:1", ""), **context), item, counts))


def rules(
    response: Response | str, expect: Expect = Expect.SUCCESS, *, contract: Contract = SHOP, **more: Any
) -> list[str]:
    """The rules that one response violates. Names of `Context`'s fields go there, all others to the interaction."""
    fields = [name for name in Context.__dataclass_fields__ if name not in ("contract", "target")]
    context = {name: more.pop(name) for name in fields if name in more}
    return [
        item.rule for item in violations(interaction(response, expect, contract=contract, **more), contract, **context)
    ]
