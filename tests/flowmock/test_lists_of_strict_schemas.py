"""Lists whose schemas allow no other members, or whose items have an example of their ID, are as complete as others."""

from collections.abc import Callable
from typing import Any

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
TEXT, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": [*properties], "properties": properties}


def get(schema: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    return {"get": {"parameters": [*parameters], "responses": {"200": answer, "404": {"description": ""}}}}


def query(name: str, schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def collection(listed: Any, read: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
    page = of(items={"type": "array", "items": listed}, page=NUMBER, size=NUMBER, total=NUMBER, pages=NUMBER)
    in_path = {"name": "number", "in": "path", "required": True, "schema": TEXT}
    paged = [query("page", {"type": "integer", "minimum": 1, "default": 1}), query("size", {**NUMBER, "default": 20})]
    return {"/bills": get(page, *paged, *parameters), "/bills/{number}": get(read, in_path)}


def test_pages_agree_where_items_of_a_list_may_not_have_all_members_of_a_read(contract_of: Written, ask: Ask) -> None:
    paths = collection(of(number=TEXT), of(number=TEXT, note=TEXT))
    for stateful in (False, True):
        with flowmock.running(contract_of(paths), stateful=stateful) as running:
            body = ask(running, "/bills?page=2&size=2").json
            assert {name: body[name] for name in ("page", "size", "total", "pages")} == {
                "page": 2, "size": 2, "total": 3, "pages": 2,
            }  # fmt: skip
            assert [item.keys() for item in body["items"]] == [{"number"}]


def test_every_status_is_found_where_the_id_has_an_example(contract_of: Written, ask: Ask) -> None:
    status = {"type": "string", "enum": ["draft", "open", "paid", "void"]}
    bill = of(number={"type": "string", "pattern": "^[0-9]{4}-[0-9]{5}$", "examples": ["2025-00417"]}, status=status)
    with flowmock.running(contract_of(collection(bill, bill, query("status", status)))) as running:
        found = {each: ask(running, f"/bills?status={each}").json["items"] for each in status["enum"]}
        assert all(found.values())
        assert ask(running, "/bills/2025-00417").json in [item for items in found.values() for item in items]
