"""A list has what the read of the same resource gives; filters, order and pages agree with the count."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]

BOAT = {
    "type": "object",
    "required": ["id", "name", "kind", "length"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["sail", "motor"]},
        "length": {"type": "number"},
        "berth": {"type": ["string", "null"]},
    },
}
BOATS = [
    {"id": 4, "name": "Albatross", "kind": "sail", "length": 9.5, "berth": "B2"},
    {"id": 7, "name": "Barnacle", "kind": "motor", "length": 6.0, "berth": None},
    {"id": 9, "name": "Cormorant", "kind": "sail", "length": 12.0, "berth": "A1"},
    {"id": 12, "name": "Dunlin", "kind": "motor", "length": 4.5, "berth": "A2"},
]


def content(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema, **more}}}


def harbor(listed: dict[str, Any], *names: str, examples: bool = True) -> dict[str, Any]:
    """The paths of a list with these query parameters and of the read, which has the examples."""
    numbers = ("limit", "offset", "page", "page_size")
    query = [
        {"name": name, "in": "query", "schema": {"type": "integer" if name in numbers else "string"}} for name in names
    ]
    read = {boat["name"]: {"value": boat} for boat in BOATS} if examples else {}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    return {
        "/boats": {"get": {"operationId": "list", "parameters": query, "responses": {"200": listed}}},
        "/boats/{id}": {
            "get": {
                "operationId": "read",
                "parameters": [path],
                "responses": {"200": content(BOAT, **({"examples": read} if examples else {}))},
            }
        },
    }


def envelope(items: str = "items", **members: Any) -> dict[str, Any]:
    """A list as an object with all these members."""
    return content(
        {
            "type": "object",
            "required": [items, *members],
            "properties": {items: {"type": "array", "items": BOAT}, **members},
        }
    )


@pytest.fixture
def get(contract_of: Written, ask: Ask) -> Iterator[Callable[..., Any]]:
    """`get(paths, "/boats?…")`: the response to a request, from one mock for each set of paths."""
    running: dict[str, Any] = {}

    def got(paths: dict[str, Any], target: str, **options: Any) -> Any:
        key = json.dumps(paths, sort_keys=True)
        if key not in running:
            context = flowmock.running(contract_of(paths), **options)
            running[key] = (context, context.__enter__())
        return ask(running[key][1], target)

    yield got
    for context, _ in running.values():
        context.__exit__(None, None, None)


ARRAY = content({"type": "array", "items": BOAT})


def names(boats: Any) -> list[str]:
    return [boat["name"][0] for boat in boats]


def test_a_list_has_the_examples_of_the_read(get: Callable[..., Any]) -> None:
    assert get(harbor(ARRAY), "/boats").json == BOATS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=sail", "AC"),
        ("kind=sail&berth=A1", "C"),
        ("kind=sail,motor", "ABCD"),
        ("name=Nobody", ""),
        ("search=UN", "D"),
        ("ordering=-length", "CABD"),
        ("ordering=kind,-name", "DBCA"),
        ("ordering=length:desc", "CABD"),
        ("ordering=berth", "CDAB"),
        ("ordering=unknown", "ABCD"),
        ("kind=motor&ordering=-name", "DB"),
        ("undeclared=1", "ABCD"),
    ],
)
def test_a_query_chooses_items_and_their_order(query: str, expected: str, get: Callable[..., Any]) -> None:
    paths = harbor(ARRAY, "kind", "name", "berth", "search", "ordering")

    assert "".join(names(get(paths, f"/boats?{query}").json)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=2", {"items": "AB", "total": 4, "offset": 0, "has_more": True}),
        ("limit=2&offset=2", {"items": "CD", "total": 4, "offset": 2, "has_more": False}),
        ("limit=3&kind=sail", {"items": "AC", "total": 2, "offset": 0, "has_more": False}),
        ("offset=9", {"items": "", "total": 4, "offset": 9, "has_more": False}),
    ],
)
def test_limit_and_offset(query: str, expected: dict[str, Any], get: Callable[..., Any]) -> None:
    members = {"total": {"type": "integer"}, "offset": {"type": "integer"}, "has_more": {"type": "boolean"}}
    found = get(harbor(envelope(**members), "limit", "offset", "kind"), f"/boats?{query}").json

    assert {**found, "items": "".join(names(found["items"]))} == expected


def test_pages_with_links_to_the_next_and_the_previous_one(get: Callable[..., Any]) -> None:
    link = {"type": ["string", "null"], "format": "uri"}
    paths = harbor(envelope("results", count={"type": "integer"}, next=link, previous=link), "page", "page_size")

    first = get(paths, "/boats?page_size=3").json
    second = get(paths, first["next"].split("/", 3)[3].join(["/", ""])).json

    assert (names(first["results"]), first["count"], first["previous"]) == (["A", "B", "C"], 4, None)
    assert (names(second["results"]), second["count"], second["next"]) == (["D"], 4, None)
    assert second["previous"].endswith("/boats?page_size=3&page=1")


def test_a_nested_object_about_pages(get: Callable[..., Any]) -> None:
    number = {"type": "number"}
    parts = ("next", "previous", "count", "current", "total_pages", "start_index", "end_index")
    pagination = {"type": "object", "required": list(parts), "properties": dict.fromkeys(parts, number)}
    paths = harbor(envelope("results", pagination=pagination), "page", "page_size")

    assert get(paths, "/boats?page=2&page_size=3").json["pagination"] == {
        "next": 0,
        "previous": 1,
        "count": 4,
        "current": 2,
        "total_pages": 2,
        "start_index": 4,
        "end_index": 4,
    }


def test_a_cursor_leads_through_the_list(get: Callable[..., Any]) -> None:
    paths = harbor(envelope(next_cursor={"type": ["string", "null"]}), "limit", "cursor")
    found: list[str] = []
    target = "/boats?limit=3"
    while target:
        page = get(paths, target).json
        found += names(page["items"])
        target = f"/boats?limit=3&cursor={page['next_cursor']}" if page["next_cursor"] else ""

    assert found == ["A", "B", "C", "D"]


def test_headers_about_pages(get: Callable[..., Any]) -> None:
    listed = {**ARRAY, "headers": {name: {"schema": {"type": "string"}} for name in ("Link", "X-Total-Count")}}
    paths = harbor(listed, "page", "page_size")

    middle = get(paths, "/boats?page=2&page_size=1")

    assert middle["X-Total-Count"] == "4"
    assert 'page=3>; rel="next"' in middle["Link"].replace("&page_size=1", "").replace("page_size=1&", "")
    assert 'rel="prev"' in middle["Link"]


def test_every_generated_item_can_be_read(get: Callable[..., Any]) -> None:
    paths = harbor(ARRAY, examples=False)

    boats = get(paths, "/boats").json

    assert len(boats) > 1
    assert [get(paths, f"/boats/{boat['id']}").json for boat in boats] == boats


def test_items_that_cannot_be_read_one_by_one_are_paged_as_well(get: Callable[..., Any]) -> None:
    paths = harbor(envelope(total={"type": "integer"}), "limit", "offset", examples=False)
    del paths["/boats/{id}"]

    whole = get(paths, "/boats").json
    pages = [get(paths, f"/boats?limit=1&offset={offset}").json for offset in range(whole["total"])]

    assert whole["total"] == len(whole["items"]) > 1
    assert {page["total"] for page in pages} == {whole["total"]}
    assert [page["items"] for page in pages] == [[item] for item in whole["items"]]


@pytest.mark.parametrize("name", ["data", "boat"])
def test_an_item_in_an_envelope_is_the_one_of_the_list(name: str, get: Callable[..., Any]) -> None:
    paths = harbor(ARRAY, examples=False)
    enveloped = content({"type": "object", "required": [name], "properties": {name: BOAT}})
    paths["/boats/{id}"]["get"]["responses"]["200"] = enveloped

    boats = get(paths, "/boats").json

    assert len(boats) > 1
    assert [get(paths, f"/boats/{boat['id']}").json for boat in boats] == [{name: boat} for boat in boats]


def test_a_documented_list_stays_as_it_is_until_a_query_chooses(get: Callable[..., Any]) -> None:
    listed = envelope(total={"type": "integer"})
    listed["content"]["application/json"]["example"] = {"items": BOATS[:2], "total": 57}
    paths = harbor(listed, "kind")

    assert get(paths, "/boats").json == {"items": BOATS[:2], "total": 57}
    assert get(paths, "/boats?kind=sail").json == {"items": BOATS[:1], "total": 1}


def test_a_stateful_list_has_the_same_pages(get: Callable[..., Any]) -> None:
    paths = harbor(envelope(total={"type": "integer"}), "limit", "offset", "ordering")

    found = get(paths, "/boats?limit=1&ordering=-name", stateful=True).json

    assert found == {"items": BOATS[3:], "total": 4}
