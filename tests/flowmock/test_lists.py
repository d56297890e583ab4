"""A list has what the read of the same resource gives; filters, order and pages agree with the count."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.values import valid_value
from flowmock.lists import selecting

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
        ("min_length=6", "ABC"),
        ("length_max=6", "BD"),
        ("length__gt=6&length[lt]=12", "A"),
        ("min_length=many", "ABCD"),
        ("max_berth=2", "ACD"),
        ("kind=motor&ordering=-name", "DB"),
        ("undeclared=1", "ABCD"),
    ],
)
def test_a_query_chooses_items_and_their_order(query: str, expected: str, get: Callable[..., Any]) -> None:
    bounds = ("min_length", "length_max", "length__gt", "length[lt]", "max_berth")
    paths = harbor(ARRAY, "kind", "name", "berth", "search", "ordering", *bounds)

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


def test_members_about_pages_in_an_object_with_any_name(get: Callable[..., Any]) -> None:
    number = {"type": "number"}
    about = {"type": "object", "required": ["total", "page"], "properties": {"total": number, "page": number}}
    paths = harbor(envelope(whereabouts=about), "page", "page_size", examples=False)
    paths["/boats"]["get"]["parameters"][1]["schema"]["default"] = 2

    pages = [get(paths, f"/boats?page={number}").json for number in (1, 2)]

    assert [len(page["items"]) for page in pages] == [2, 1]
    assert [page["whereabouts"] for page in pages] == [{"total": 3, "page": 1}, {"total": 3, "page": 2}]


def test_a_page_around_items_whose_id_has_another_name_than_the_parameter(get: Callable[..., Any]) -> None:
    paths = harbor(envelope(count={"type": "number"}), "page", "page_size", examples=False)
    key = {"pk": {"type": "integer", "readOnly": True}, "name": {"type": "string"}, "uid": {"type": "string"}}
    boat = {"type": "object", "required": [*key], "properties": key}
    read = paths["/boats/{id}"]["get"]["responses"]
    read["200"] = content(boat)
    listed = paths["/boats"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    listed["items"] = {"type": "array", "items": boat}

    page = get(paths, "/boats?page_size=2").json

    assert (len(page["items"]), page["count"]) == (2, 3)
    assert [get(paths, f"/boats/{boat['pk']}").json for boat in page["items"]] == page["items"]


def test_json_api_pages(get: Callable[..., Any]) -> None:
    text = {"type": "string"}
    link = {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}
    names = ("self", "first", "prev", "next", "last")
    links = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, link)}
    resource = {"type": "object", "required": ["type", "id"], "properties": {"type": text, "id": text}}
    body = {
        "type": "object",
        "required": ["data", "included", "links", "meta"],
        "properties": {
            "data": {"type": "array", "items": resource},
            "included": {"type": "array", "items": resource},
            "links": links,
            "meta": {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}},
        },
    }
    numbers = {name: {"type": "integer", "minimum": 1} for name in ("number", "size")}
    page = {"name": "page", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": numbers}}
    paths = {"/ships": {"get": {"operationId": "list", "parameters": [page], "responses": {"200": content(body)}}}}

    first = get(paths, "/ships?page[size]=2").json
    second = get(paths, "/" + first["links"]["next"].split("/", 3)[3]).json

    assert first["links"]["prev"] is None
    assert second["links"]["next"] is None
    assert second["links"]["first"].endswith("/ships?page%5Bsize%5D=2&page%5Bnumber%5D=1")
    assert second["links"]["last"] == second["links"]["self"] == first["links"]["next"]
    assert [len(each["data"]) for each in (first, second)] == [2, 1]
    assert [each["meta"] for each in (first, second)] == [{"total": 3}, {"total": 3}]


def test_hal_pages(get: Callable[..., Any]) -> None:
    link = {"type": "object", "required": ["href"], "properties": {"href": {"type": "string", "format": "uri"}}}
    links = {"type": "object", "required": ["self"], "properties": dict.fromkeys(("self", "prev", "next"), link)}
    counts = ("size", "totalElements", "totalPages", "number")
    about = {"type": "object", "required": [*counts], "properties": {key: {"type": "integer"} for key in counts}}
    held = {"type": "object", "required": ["boats"], "properties": {"boats": {"type": "array", "items": BOAT}}}
    body = {
        "type": "object",
        "required": ["_embedded", "_links", "page"],
        "properties": {"_embedded": held, "_links": links, "page": about},
    }
    paths = harbor(content(body))
    paths["/boats"]["get"]["parameters"] = [
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        {"name": "size", "in": "query", "schema": {"type": "integer"}},
    ]

    page = get(paths, "/boats?page=1&size=3").json

    assert names(page["_embedded"]["boats"]) == ["D"]
    assert page["page"] == {"size": 3, "totalElements": 4, "totalPages": 2, "number": 1}
    assert "next" not in page["_links"]
    assert page["_links"]["prev"]["href"].endswith("/boats?size=3&page=0")


def test_a_generated_page_agrees_with_the_request(ask: Ask, contract_of: Written) -> None:
    paths = harbor(envelope(size={"type": "integer"}, total={"type": "integer"}), "page", "size")
    paths["/boats"]["get"]["parameters"][1]["schema"] = {"type": "integer", "default": 20}
    prefer = {"Prefer": "dynamic=true, seed=1"}
    with flowmock.running(contract_of(paths)) as running:
        whole = ask(running, "/boats", headers=prefer).json
        page = ask(running, "/boats?page=2&size=2", headers=prefer).json

    assert (whole["size"], whole["total"]) == (20, len(whole["items"]))
    assert (page["size"], page["total"], page["items"]) == (2, whole["total"], whole["items"][2:])


LINES = {
    "type": "object",
    "required": ["id", "items", "total"],
    "properties": {
        "id": {"type": "integer"},
        "items": {"type": "array", "items": BOAT, "minItems": 2},
        "total": {"type": "integer"},
    },
}


@pytest.mark.parametrize("path", ["/orders/{id}", "/order"])
def test_a_single_resource_with_lines_and_a_total_is_not_a_page(path: str, get: Callable[..., Any]) -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    read = {"operationId": "order", "parameters": [parameter] * ("{" in path), "responses": {"200": content(LINES)}}

    order = get({path: {"get": read}}, path.format(id=7)).json
    assert order["total"] != len(order["items"])


def test_a_generated_total_beside_lines_is_not_their_number() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {},
        "components": {"schemas": {"X": LINES}},
    }
    schemas = Contract(document).schemas

    made = [valid_value(schemas, "/components/schemas/X", seed=seed) for seed in range(20)]

    assert any(each["total"] != len(each["items"]) for each in made)


def test_a_list_below_a_path_parameter_with_parameters_for_pages(get: Callable[..., Any]) -> None:
    paths = {
        "/search/{word}": {
            "get": {
                "operationId": "search",
                "parameters": [
                    {"name": "word", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {"200": envelope(total={"type": "integer"})},
            }
        }
    }

    found = get(paths, "/search/sail?limit=1").json

    assert (len(found["items"]), found["total"]) == (1, 3)


@pytest.mark.parametrize(
    ("method", "below", "is_the_item"),
    [("post", "/repaint", True), ("get", "/sister", False)],
)
def test_a_change_below_an_item_returns_this_item(
    method: str, below: str, is_the_item: bool, get: Callable[..., Any], ask: Ask, contract_of: Written
) -> None:
    paths = harbor(ARRAY, examples=False)
    parameters = paths["/boats/{id}"]["get"]["parameters"]
    paths["/boats/{id}" + below] = {
        method: {"operationId": "other", "parameters": parameters, "responses": {"200": content(BOAT)}}
    }
    with flowmock.running(contract_of(paths)) as running:
        found = ask(running, f"/boats/857{below}", method=method.upper()).json

    assert (found["id"] == 857) is is_the_item


KINDS = ["sail", "motor", "row", "steam", "solar"]


@pytest.mark.parametrize("has_read", [True, False])
@pytest.mark.parametrize("stateful", [True, False])
def test_a_generated_list_has_an_item_for_every_filter(
    has_read: bool, stateful: bool, ask: Ask, contract_of: Written
) -> None:
    boat = {**BOAT, "properties": {**BOAT["properties"], "kind": {"type": "string", "enum": KINDS}}}
    paths = harbor(content({"type": "array", "items": boat}), "kind", examples=False)
    paths["/boats/{id}"]["get"]["responses"]["200"] = content(boat)
    if not has_read:
        del paths["/boats/{id}"]
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        found = {kind: ask(running, f"/boats?kind={kind}").json for kind in KINDS}
        reads = [ask(running, f"/boats/{boats[0]['id']}").json for boats in found.values()] if has_read else []

    assert all(boats and {boat["kind"] for boat in boats} == {kind} for kind, boats in found.items())
    assert not has_read or reads == [boats[0] for boats in found.values()]


def test_only_canceled_items_of_a_generated_list_have_the_time_of_it(ask: Ask, contract_of: Written) -> None:
    canceled = {"type": ["string", "null"], "format": "date-time"}
    states = {"type": "string", "enum": ["canceled", "open", "paid"]}
    order = {"type": "object", "required": ["state", "canceled_at"]}
    order["properties"] = {"state": states, "canceled_at": canceled}
    paths = {"/orders": {"get": {"responses": {"200": content({"type": "array", "items": order})}}}}
    with flowmock.running(contract_of(paths, openapi="3.1.0")) as running:
        orders = ask(running, "/orders").json

    assert {each["state"] for each in orders} == {"canceled", "open", "paid"}
    assert all(each["canceled_at"] is None for each in orders if each["state"] != "canceled")


EVENT = {
    "type": "object",
    "required": ["id", "created_at", "starts_at", "min_price", "address"],
    "properties": {
        "id": {"type": "integer"},
        "created_at": {"type": "string", "format": "date-time"},
        "starts_at": {"type": "string", "format": "date-time"},
        "min_price": {"type": "object", "properties": {"amount": {"type": "string"}}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
EVENTS = [
    {
        "id": number,
        "created_at": "2025-01-01T00:00:00Z",
        "starts_at": f"2025-0{10 - number}-01T20:00:00Z",
        "min_price": {"amount": f"{number * 10}.00"},
        "address": {"city": city},
    }
    for number, city in enumerate(("Oslo", "Rome", "Oslo"), 1)
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("city=Oslo", [1, 3]),
        ("city=Bern", []),
        ("price_max=20", [1, 2]),
        ("priceMin=20&price_max=25.5", [2]),
        ("date_from=2025-08-01", [1, 2]),
        ("date_to=2025-07-31", [3]),
        ("from=2025-08-01", [1, 2]),
        ("date_from=2025-08-01&city=Rome", [2]),
    ],
)
@pytest.mark.parametrize("stateful", [True, False])
def test_a_query_chooses_by_members_of_objects_and_by_bounds_with_other_names(
    query: str, expected: list[int], stateful: bool, get: Callable[..., Any]
) -> None:
    paths = harbor(
        content({"type": "array", "items": EVENT}), "city", "price_max", "priceMin", "date_from", "date_to", "from"
    )
    read = content(EVENT, examples={str(each["id"]): {"value": each} for each in EVENTS})
    paths["/boats/{id}"]["get"]["responses"]["200"] = read

    found = get(paths, f"/boats?{query}", stateful=stateful).json

    assert [each["id"] for each in found] == expected


def test_a_generated_list_has_the_default_order(get: Callable[..., Any]) -> None:
    paths = harbor(ARRAY, "sort", examples=False)
    paths["/boats"]["get"]["parameters"][0]["schema"] = {"enum": ["name", "-name"], "default": "-name"}

    found = names(get(paths, "/boats").json)

    assert found == sorted(found, key=str.casefold, reverse=True)
    assert names(get(paths, "/boats?sort=name").json) == found[::-1]


def test_a_generated_page_has_the_optional_members_about_pages(ask: Ask, contract_of: Written) -> None:
    link, number = {"type": ["string", "null"]}, {"type": "integer"}
    meta = {"type": "object", "properties": {"total": number, "pages": number, "page": number}}
    about = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": BOAT}}}
    about["properties"] |= {"next": link, "previous": link, "meta": meta}
    paths = harbor(content(about), "page", "page_size", examples=False)
    for seed in range(10):
        with flowmock.running(contract_of(paths, openapi="3.1.0"), seed=seed) as running:
            page = ask(running, "/boats?page=2&page_size=1").json

        assert page["meta"] == {"total": 3, "pages": 3, "page": 2}
        assert [page["previous"][-1], page["next"][-1]] == ["1", "3"]


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("documented", ["400", "422", "default", None])
def test_a_cursor_that_no_page_has_is_denied_as_documented(
    get: Callable[..., Any], documented: str | None, *, stateful: bool
) -> None:
    paths = harbor(envelope(next_cursor={"type": ["string", "null"]}), "limit", "cursor")
    paths["/boats"]["get"]["parameters"][1]["example"] = "from-the-documentation"
    paths["/boats"]["get"]["parameters"][1]["schema"]["example"] = "from-the-schema"
    problem = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    if documented:
        paths["/boats"]["get"]["responses"][documented] = content(problem)

    denied = get(paths, "/boats?cursor=garbage", stateful=stateful)

    assert denied.status == (200 if documented is None else 422 if documented == "422" else 400)
    assert denied.json == ({"error": "the cursor is unknown"} if documented else {"items": [], "next_cursor": None})
    for example in ("from-the-documentation", "from-the-schema"):
        assert get(paths, f"/boats?cursor={example}", stateful=stateful).status == 200
    assert "".join(names(get(paths, "/boats?cursor=9", stateful=stateful).json["items"])) == "D"


def test_the_cursor_of_a_deleted_item_is_not_denied(ask: Ask, contract_of: Written) -> None:
    paths = harbor(envelope(next_cursor={"type": ["string", "null"]}), "limit", "cursor")
    paths["/boats"]["get"]["responses"]["400"] = {"description": ""}
    delete = {"parameters": paths["/boats/{id}"]["get"]["parameters"], "responses": {"204": {"description": ""}}}
    paths["/boats/{id}"]["delete"] = delete
    with flowmock.running(contract_of(paths), stateful=True) as running:
        cursor = ask(running, "/boats?limit=1").json["next_cursor"]
        assert ask(running, f"/boats/{cursor}", method="DELETE").status == 204

        assert ask(running, f"/boats?cursor={cursor}").status == 200


@pytest.mark.parametrize("form", ["date", "date-time"])
def test_a_parameter_with_a_time_is_not_a_cursor(get: Callable[..., Any], form: str) -> None:
    paths = harbor(ARRAY, "after")
    paths["/boats"]["get"]["parameters"][0]["schema"]["format"] = form
    paths["/boats"]["get"]["responses"]["400"] = {"description": ""}

    assert get(paths, "/boats?after=2025-05-01" + ("T00:00:00Z" if form == "date-time" else "")).json == BOATS


@pytest.mark.parametrize(("least", "pages"), [({}, 0), ({"minimum": 0}, 0), ({"minimum": 1}, 1)])
def test_an_empty_list_has_no_page_unless_there_must_be_one(
    get: Callable[..., Any], least: dict[str, int], pages: int
) -> None:
    members = {"total": {"type": "integer"}, "total_pages": {"type": "integer", **least}}

    found = get(harbor(envelope(**members), "name", "limit"), "/boats?name=Nobody&limit=2").json

    assert found == {"items": [], "total": 0, "total_pages": pages}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("owner.name=Ann", [1]),
        ("owner__name=Ann", [1]),
        ("ownerId=8", [2]),
        ("filter[owner.id]=8", [2]),
        ("filter[home]=B", [2]),
        ("owner[id]=7", [1]),
        ("crew.name=Ann", [2]),
        ("name=Ann", [1, 2]),
        ("filter[size][gte]=6", [2]),
        ("filter[unknown]=Ann", [1, 2]),
    ],
)
def test_members_of_objects_in_items_are_filters(
    query: str, expected: list[int], ask: Ask, contract_of: Written
) -> None:
    boats = [
        {"id": 1, "size": 5, "home": "A", "owner": {"id": 7, "name": "Ann"}, "crew": {"name": "Bob"}},
        {"id": 2, "size": 6, "home": "B", "owner": {"id": 8, "name": "Bob"}, "crew": {"name": "Ann"}},
    ]
    person = {"type": "object", "properties": {"name": {"type": "string"}, "id": {"type": "integer"}}}
    boat = {"type": "object", "properties": {name: {} for name in boats[0]} | {"owner": person, "crew": person}}
    plain = ("owner.name", "owner__name", "ownerId", "crew.name", "name", "filter[owner.id]", "filter[home]")
    plain = (*plain, "filter[size][gte]", "filter[unknown]")
    query_parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in plain]
    query_parameters.append({"name": "owner", "in": "query", "style": "deepObject", "schema": person})
    listed = content({"type": "array", "items": boat}, example=boats)
    contract = contract_of({"/boats": {"get": {"parameters": query_parameters, "responses": {"200": listed}}}})
    with flowmock.running(contract) as running:
        assert [each["id"] for each in ask(running, f"/boats?{query}").json] == expected


def test_items_are_ordered_and_bounded_by_the_amount_of_a_price(get: Callable[..., Any]) -> None:
    money = {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {"amount": {"type": "number"}, "currency": {"type": "string"}},
    }
    room = {"type": "object", "required": ["id", "price_from"],
            "properties": {"id": {"type": "integer"}, "price_from": money}}  # fmt: skip
    rooms = [{"id": number, "price_from": {"amount": amount, "currency": "EUR"}} for number, amount in ROOMS]
    query = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("sort", "max_price")]
    listed = content({"type": "array", "items": room}, example=rooms)
    paths = {"/rooms": {"get": {"operationId": "list", "parameters": query, "responses": {"200": listed}}}}

    def ids(target: str) -> list[int]:
        return [each["id"] for each in get(paths, target).json]

    assert ids("/rooms?sort=price") == [3, 1, 2]
    assert ids("/rooms?sort=-price") == [2, 1, 3]
    assert ids("/rooms?max_price=90") == [1, 3]


ROOMS = ((1, 80.5), (2, 120.0), (3, 9.9))


@pytest.mark.parametrize("stateful", [False, True])
def test_a_list_with_a_schema_of_its_own_has_nothing_that_only_reads_have(
    get: Callable[..., Any], *, stateful: bool
) -> None:
    summary = {**BOAT, "required": ["id", "name"], "properties": {n: BOAT["properties"][n] for n in ("id", "name")}}
    paths = harbor(content({"type": "array", "items": summary}))
    open_paths = harbor(content({"type": "array", "items": {**summary, "additionalProperties": True}}))

    assert all(boat.keys() == {"id", "name"} for boat in get(paths, "/boats", stateful=stateful).json)
    assert get(paths, "/boats/4", stateful=stateful).json == BOATS[0]
    assert get(open_paths, "/boats").json == BOATS


HOTEL = {
    "type": "object",
    "required": ["id", "city", "board", "tags", "address"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "city": {"type": "string"},
        "board": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "address": {"type": "object", "required": ["country"], "properties": {"country": {"type": "string"}}},
    },
}
HOTEL_FILTERS = [
    {"name": "city", "example": "Paris", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    {"name": "country", "schema": {"type": "string", "examples": ["France"]}},
    {"name": "tag", "schema": {"type": "string", "default": "quiet"}},
    {"name": "board", "schema": {"type": "string", "enum": ["full", "half", "none", "breakfast"]}},
]


@pytest.mark.parametrize("has_read", [True, False])
@pytest.mark.parametrize("stateful", [True, False])
def test_a_generated_list_has_items_for_the_documented_values_of_its_parameters(
    ask: Ask, contract_of: Written, *, has_read: bool, stateful: bool
) -> None:
    query = [{"in": "query", **each} for each in HOTEL_FILTERS]
    ids = [{"name": "id", "in": "path", "required": True, "schema": HOTEL["properties"]["id"]}]
    paths = {
        "/hotels": {"get": {"parameters": query, "responses": {"200": content({"type": "array", "items": HOTEL})}}},
        "/hotels/{id}": {"get": {"parameters": ids, "responses": {"200": content(HOTEL)}}},
    }
    if not has_read:
        del paths["/hotels/{id}"]
    with flowmock.running(contract_of(paths, openapi="3.1.0"), stateful=stateful) as running:
        everything = ask(running, "/hotels").json
        queries = ("city=Paris", "country=France", "tag=quiet", *(f"board={each}" for each in ("full", "half", "none")))
        found = {query: ask(running, f"/hotels?{query}").json for query in queries}
        unknown = ask(running, "/hotels?city=Nowhere").json
        reads = [ask(running, f"/hotels/{each['id']}").json for each in everything] if has_read else everything

    assert all(hotels and all(each in everything for each in hotels) for hotels in found.values())
    assert {each["city"] for each in found["city=Paris"]} == {"Paris"}
    assert {each["city"] for each in everything} != {"Paris"}
    assert unknown == []
    assert reads == everything


SHIPS = [
    {"id": 1, "name": "A", "tons": 4.0, "ports": ["Oslo", "Rome"], "owner": {"id": 7, "name": "Ann"}, "is_new": True},
    {"id": 2, "name": "B", "tons": 2.5, "ports": ["Oslo"], "owner": {"id": 8, "name": "Bob"}, "is_new": False},
    {"id": 3, "name": "C", "tons": 9.0, "ports": [], "owner": {"id": 9, "name": "Cid"}, "is_new": False},
]
for ship, month in zip(SHIPS, (2, 3, 1), strict=True):
    ship |= {"created_at": f"2025-0{month}-01T00:00:00Z", "launched": f"2025-0{month}-01"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tons=4", [1]),
        ("port=Rome", [1]),
        ("names=A,C", [1, 3]),
        ("owner=8", [2]),
        ("owner=Ann", [1]),
        ("new=true", [1]),
        ("sort=tons_desc", [3, 1, 2]),
        ("sort=tonsAsc", [2, 1, 3]),
        ("sort=newest", [2, 1, 3]),
        ("sort=oldest", [3, 1, 2]),
        ("sort=tons&order=descending", [3, 1, 2]),
        ("take=1&skip=1", [2]),
        ("after=2025-02-01", [1, 2]),
    ],
)
def test_a_query_means_what_its_name_and_value_usually_mean(
    query: str, expected: list[int], ask: Ask, contract_of: Written
) -> None:
    plain = ("tons", "port", "names", "owner", "new", "sort", "order")
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in plain]
    parameters += [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("take", "skip")]
    moment = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    parameters.append({"name": "after", "in": "query", "schema": moment})
    ship = {"type": "object", "properties": {name: {} for name in SHIPS[0]}}
    listed = content({"type": "array", "items": ship}, example=SHIPS)
    responses = {"200": listed, "422": {"description": ""}}
    contract = contract_of({"/ships": {"get": {"parameters": parameters, "responses": responses}}}, openapi="3.1.0")
    with flowmock.running(contract) as running:
        assert [each["id"] for each in ask(running, f"/ships?{query}").json] == expected


def test_the_size_of_a_page_is_not_that_of_an_item(get: Callable[..., Any]) -> None:
    boat = {**BOAT, "properties": {**BOAT["properties"], "size": {"type": "integer"}}}
    paths = harbor(content({"type": "array", "items": boat}, example=[{**each, "size": 7} for each in BOATS]))
    query = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("page", "size")]
    paths["/boats"]["get"]["parameters"] = query

    assert names(get(paths, "/boats?page=2&size=3").json) == ["D"]


PAGE_HEADERS = {"X-Page": 2, "X-Per-Page": 1, "X-Total-Pages": 4, "X-Next-Page": 3, "X-Prev-Page": 1, "X-Total": 4}


def test_headers_say_which_page_it_is(get: Callable[..., Any]) -> None:
    whole = {name: {"schema": {"type": "integer"}} for name in PAGE_HEADERS}
    whole["Content-Range"] = {"schema": {"type": "string"}}
    paths = harbor({**ARRAY, "headers": whole}, "page", "page_size")

    middle, last = (get(paths, f"/boats?page={number}&page_size=1") for number in (2, 4))

    assert {name: middle[name] for name in PAGE_HEADERS} == {name: str(value) for name, value in PAGE_HEADERS.items()}
    assert middle["Content-Range"] == "items 1-1/4"
    assert last["X-Next-Page"] == ""


def test_headers_of_a_documented_list_agree_with_it(get: Callable[..., Any]) -> None:
    listed = envelope(total={"type": "integer"})
    listed["content"]["application/json"]["example"] = {"items": BOATS, "total": 4}
    headers = {name: {"schema": {"type": "string"}} for name in ("Link", "X-Total-Count")}

    whole = get(harbor({**listed, "headers": headers}, "page"), "/boats")

    assert whole["X-Total-Count"] == "4"
    assert "next" not in whole["Link"]


def test_items_of_several_kinds_have_the_members_of_one_and_the_default_seed_is_one(
    ask: Ask, contract_of: Written
) -> None:
    own = {
        "measure": {"value": {"type": "number"}, "is_normal": {"type": "boolean"}},
        "note": {"text": {"type": "string"}},
    }
    kinds = {
        kind: {
            "type": "object",
            "required": ["kind", "id"],
            "properties": {"kind": {"enum": [kind]}, "id": {"type": "integer"}, **members},
        }
        for kind, members in own.items()
    }
    references = [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]
    items = {"oneOf": references, "discriminator": {"propertyName": "kind"}}
    several = content({"type": "array", "minItems": 8, "items": items})
    paths = {"/records": {"get": {"responses": {"200": several}}}}
    with flowmock.running(contract_of(paths, components={"schemas": kinds})) as running:
        records = ask(running, "/records").json
        same = ask(running, "/records", headers={"Prefer": "seed=0"}).json

    assert {record["kind"] for record in records} == kinds.keys()
    for record in records:
        assert record.keys() <= kinds[record["kind"]]["properties"].keys()
    assert same == records


@pytest.mark.parametrize("stateful", [True, False])
def test_a_list_that_needs_a_day_or_words_has_items(ask: Ask, contract_of: Written, *, stateful: bool) -> None:
    moment = {"type": "string", "format": "date-time"}
    slot = {"type": "object", "required": ["start", "end"], "properties": {"start": moment, "end": moment}}
    hit = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    day = {"name": "day", "in": "query", "required": True, "schema": {"type": "string", "format": "date"}}
    q = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    paths = {
        path: {"get": {"parameters": [needed], "responses": {"200": content({"type": "array", "items": item})}}}
        for path, needed, item in (("/slots", day, slot), ("/search", q, hit))
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        slots = ask(running, "/slots?day=2026-12-01").json
        hits = ask(running, "/search?q=zeppelin").json

    assert slots
    assert {each["start"][:10] for each in slots} == {"2026-12-01"}
    assert all(each["start"] < each["end"] for each in slots)
    assert slots == sorted(slots, key=lambda each: each["start"])
    assert hits


@pytest.mark.parametrize(("query", "found"), [("max_price=40", [40, 9]), ("min_price=9", [15])])
def test_a_bound_is_one_of_the_member_of_its_own_name(query: str, found: list[int]) -> None:
    items = [{"min_price": 1, "max_price": 40}, {"min_price": 15, "max_price": 99}, {"min_price": 2, "max_price": 9}]
    name, value = query.split("=")

    chosen = selecting.filtered(items, items[0], [(name, value)])

    assert [each[name] for each in chosen] == found


@pytest.mark.parametrize("stateful", [True, False])
def test_a_report_on_an_item_is_of_that_item(contract_of: Written, ask: Ask, stateful: bool) -> None:
    number = {"type": "integer"}
    points = {"type": "array", "items": {"type": "object", "properties": {"sold": number}}}
    report = {
        "type": "object",
        "required": ["event_id", "points"],
        "properties": {"event_id": number, "points": points},
    }
    ids = [{"name": "event_id", "in": "path", "required": True, "schema": number}]
    content = {"application/json": {"schema": report}}
    sales = {"get": {"parameters": ids, "responses": {"200": {"description": "", "content": content}}}}
    with flowmock.running(contract_of({"/events/{event_id}/sales": sales}), stateful=stateful) as running:
        assert [ask(running, f"/events/{each}/sales").json["event_id"] for each in (7, 9)] == [7, 9]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("price", "CAB"),  # The texts are numbers: 9.5, 80.5, 120.
        ("-price", "BAC"),
        ("cheapest", "CAB"),
        ("most_expensive", "BAC"),
        ("price_low_to_high", "CAB"),
        ("highest", "CAB"),  # There is only one number, the rating.
        ("lowest", "BAC"),
        ("lowest-rated", "BAC"),
        ("highest_floor", "ABC"),  # No property has this name.
    ],
)
def test_an_order_by_numbers(order: str, expected: str) -> None:
    rooms = [
        {"id": 1, "name": "A", "price": "80.50", "rating": 3},
        {"id": 2, "name": "B", "price": "120", "rating": 1},
        {"id": 3, "name": "C", "price": "9.5", "rating": 5},
    ]

    assert "".join(names(selecting.ordered(rooms, rooms[0], [("sort", order)]))) == expected


def test_an_order_by_one_of_several_numbers_is_left_alone() -> None:
    rooms = [{"id": 1, "name": "A", "floor": 1, "beds": 2}, {"id": 2, "name": "B", "floor": 2, "beds": 1}]

    assert names(selecting.ordered(rooms, rooms[0], [("sort", "highest")])) == ["A", "B"]


@pytest.mark.parametrize(
    ("description", "expected"),
    [("All must match", "B"), ("Rooms that have all of these tags", "B"), ("Any of them", "AB"), ("", "AB")],
)
@pytest.mark.parametrize("query", ["tag=sea&tag=quiet", "tag=sea,quiet"])
def test_a_repeated_filter_needs_all_values_where_its_description_says_so(
    description: str, expected: str, query: str, get: Callable[..., Any]
) -> None:
    tags = {"type": "array", "items": {"type": "string"}}
    room = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "tags": tags}}
    rooms = [{"id": 1, "name": "A", "tags": ["sea"]}, {"id": 2, "name": "B", "tags": ["quiet", "sea"]}]
    parameter = {"name": "tag", "in": "query", "schema": tags, "description": description}
    listed = content({"type": "array", "items": room}, example=rooms)

    found = get({"/rooms": {"get": {"parameters": [parameter], "responses": {"200": listed}}}}, f"/rooms?{query}")

    assert "".join(names(found.json)) == expected


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("from=2026-12-30&days=3", ["2026-12-30", "2026-12-31", "2027-01-01"]),
        ("from=2026-12-30", ["2026-12-30", "2026-12-31"]),
        ("from=2026-12-30&to=2026-12-30", ["2026-12-30"]),
    ],
)
def test_a_calendar_has_consecutive_days_from_the_one_that_is_asked_for(
    contract_of: Written, ask: Ask, query: str, days: list[str]
) -> None:
    date = {"type": "string", "format": "date"}
    members = {"date": date, "open": {"type": "boolean"}}
    day = {"type": "object", "required": list(members), "properties": members}
    calendar = {"type": "object", "required": ["days"], "properties": {"days": {"type": "array", "items": day}}}
    schemas = {"from": date, "to": date, "days": {"type": "integer", "default": 2}}
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
    operation = {"operationId": "calendar", "parameters": parameters, "responses": {"200": content(calendar)}}
    with flowmock.running(contract_of({"/calendar": {"get": operation}})) as running:
        found = ask(running, f"/calendar?{query}").json["days"]
        sized = ask(running, "/calendar?from=2026-12-30", headers=[("Prefer", "items=4")]).json["days"]

    assert [each["date"] for each in found] == days
    assert len(sized) == 4


@pytest.mark.parametrize(("when", "expected"), [("upcoming", "B"), ("past", "AC"), ("all", "ABC")])
def test_a_choice_of_what_is_upcoming_or_past_is_read_off_the_dates(when: str, expected: str) -> None:
    stays = [
        {"id": 1, "name": "A", "created_at": "2020-05-01T08:00:00Z", "check_in": "2020-05-02"},
        {"id": 2, "name": "B", "created_at": "2020-05-01T08:00:00Z", "check_in": "2999-05-02"},
        {"id": 3, "name": "C", "created_at": "2020-05-01T08:00:00Z", "check_in": "2020-05-03T08:00:00Z"},
    ]

    assert "".join(names(selecting.filtered(stays, stays[0], [("when", when)]))) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("unread=true", "AC"),
        ("unread=false", "B"),
        ("read=true", "B"),
        ("is_unread=true", "AC"),
        ("not_flagged=true", "A"),
        ("is_flagged=true", "BC"),
        ("unknown=true", "ABC"),
    ],
)
def test_a_truth_value_is_known_by_its_opposite_or_its_moment(query: str, expected: str) -> None:
    letters: list[dict[str, Any]] = [
        {"name": "A", "read_at": None, "flagged": False},
        {"name": "B", "read_at": "2026-03-01T08:00:00Z", "flagged": True},
        {"name": "C", "flagged": True},
    ]
    name, value = query.split("=")

    assert "".join(each["name"] for each in selecting.filtered(letters, letters[0], [(name, value)])) == expected
