"""Lists whose items say that a filter was ignored."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

UNRELATED = {"responses": {"200": {"description": "Some."}}}
STATUS = {"type": "string", "enum": ["open", "paid", "late"]}


def violations(
    query: str,
    body: Any,
    *,
    schema: dict[str, Any] = STATUS,
    name: str = "status",
    path: str = "/orders",
    description: str = "",
    others: Iterable[str] = (),
) -> list[tuple[str, str]]:
    """Rule and message of what a GET with a query and this response violates."""
    parameters = [
        {"name": name, "in": "query", "schema": schema, "description": description},
        {"name": "page", "in": "query", "schema": {"type": "integer"}},
        {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}},
        *([{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}] if "{" in path else []),
    ]
    response = {"description": "Some.", "content": {"application/json": {"schema": {}}}}
    operation = {"operationId": "list", "parameters": parameters, "responses": {"200": response}}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "components": {"schemas": {"Status": STATUS}},
            "paths": {path: {"get": operation}} | {each: {"get": UNRELATED} for each in others},
        }
    )
    request = Request("GET", f"{path.replace('{id}', '7')}?{query}", ())
    headers = (("Content-Type", "application/json"),)
    exchange = Exchange(request, Response(200, headers, json.dumps(body).encode(), 0.1))
    probe = Probe("one", "to see the list", "list", request, Expect.DOCUMENTED, {})
    context = Context(contract, Target.at("http://127.0.0.1:1", ""))
    found = check_response(context, Interaction(probe, contract.operation("list"), exchange))
    return [(one.rule, one.message) for one in found]


@pytest.mark.parametrize(
    "body",
    [
        [{"status": "open"}, {"status": "paid"}],
        {"count": 2, "results": [{"status": "paid"}]},
        {"data": {"items": [{"Status": "paid"}]}, "next": None},
    ],
)
def test_an_item_with_another_value_of_the_set_shows_that_a_filter_is_ignored(body: Any) -> None:
    ((rule, message),) = violations("tenant=a&status=open", body)

    assert rule == "filter-returns-other-items"
    assert message.startswith("Expected only items that match the filter status=open, got one with")
    assert "paid" in message


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"status": "open"}, {"name": "a lamp"}, "paid", {"status": None}, {"status": {"code": "paid"}}],
        [{"status": "archived"}],
        {"orders": [{"status": "paid"}], "others": [{"status": "open"}]},
        {"status": "paid"},
    ],
)
def test_what_does_not_show_an_ignored_filter_is_none(body: Any) -> None:
    assert violations("status=open", body) == []


@pytest.mark.parametrize("query", ["status=archived", "status=open&tag=x", "status=open&status=paid", "page=1", ""])
def test_only_one_documented_value_alone_says_what_the_list_holds(query: str) -> None:
    assert violations(query, [{"status": "paid"}]) == []


def test_a_filter_holds_on_every_page() -> None:
    ((rule, _),) = violations("status=open&page=2", [{"status": "paid"}])

    assert rule == "filter-returns-other-items"


@pytest.mark.parametrize(
    ("schema", "is_found"),
    [
        ({"$ref": "#/components/schemas/Status"}, True),
        ({"allOf": [{"$ref": "#/components/schemas/Status"}]}, True),
        ({"anyOf": [{"$ref": "#/components/schemas/Status"}, {"type": "null"}]}, True),
        ({"type": "array", "items": STATUS}, True),
        ({"anyOf": [STATUS, {"type": "string"}]}, False),
        ({"type": "string"}, False),
    ],
)
def test_the_values_of_a_filter_are_a_closed_set(schema: dict[str, Any], is_found: bool) -> None:
    assert bool(violations("status=open", [{"status": "paid"}], schema=schema)) == is_found


@pytest.mark.parametrize(("query", "is_found"), [("archived=false", True), ("archived=true", False)])
def test_true_may_mean_that_a_list_has_these_items_too(query: str, is_found: bool) -> None:
    found = violations(query, [{"archived": query.endswith("false")}], schema={"type": "boolean"}, name="archived")

    assert bool(found) == is_found


@pytest.mark.parametrize(
    ("name", "item", "is_found"),
    [
        ("shop_id", {"shop_id": 8}, True),
        ("shop_id", {"shopId": "8"}, True),
        ("shopId", {"shopId": 8}, True),
        ("filter[shop_id]", {"shop_id": 8}, True),
        ("shop_id", {"shop_id": 7}, False),
        ("shop_id", {"shop_id": "7"}, False),
        ("shop_id", {"shop_id": None}, False),
        ("shop_id", {"shop_id": [8]}, False),
        ("shop", {"shop": 8}, False),
        ("paid", {"paid": 8}, False),
    ],
)
def test_a_filter_by_an_id_leaves_out_items_with_another_one(name: str, item: Any, is_found: bool) -> None:
    assert bool(violations(f"{name}=7", [item], schema={"type": "integer"}, name=name)) == is_found


@pytest.mark.parametrize(
    ("name", "others", "path", "is_found"),
    [
        ("shop", ["/shops/{id}"], "/orders", True),
        ("shop", ["/v1/shops/{shop}/"], "/orders", True),
        ("category", ["/categories/{id}"], "/orders", True),
        ("shop", ["/shops/{id}/rooms"], "/clients/{id}/orders", True),
        ("shop", ["/shops/{id}"], "/shops/{id}/orders", False),
        ("shop", ["/shops"], "/orders", False),
        ("page", ["/pages/{id}"], "/orders", False),
    ],
)
def test_a_filter_may_have_the_name_of_another_resource(
    name: str, others: list[str], path: str, is_found: bool
) -> None:
    items = [{name: 7}, {name: 8}]

    found = violations(f"{name}=7", items, schema={"type": "integer"}, name=name, path=path, others=others)
    of_text = violations(f"{name}=7", items, schema={"type": "string"}, name=name, path=path, others=others)

    assert [rule for rule, _ in found] == ["filter-returns-other-items"] * is_found
    assert of_text == []


def test_a_number_that_is_too_large_for_an_id_says_nothing_of_a_filter() -> None:
    query = f"shop={2**63}"

    assert violations(query, [{"shop": 8}], schema={"type": "integer"}, name="shop", others=["/shops/{id}"]) == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The shop.", True),
        ("Includes orders of branches.", False),
        ("It or a subcategory.", False),
        ("At least.", False),
    ],
)
def test_a_description_may_say_that_a_filter_finds_more(text: str, is_found: bool) -> None:
    by_id = violations("shop_id=7", [{"shop_id": 8}], schema={"type": "integer"}, name="shop_id", description=text)
    by_status = violations("status=open", [{"status": "paid"}], description=text)

    assert (bool(by_id), bool(by_status)) == (is_found, is_found)


@pytest.mark.parametrize("written", ["07", "%D9%A7"])
def test_an_id_may_be_written_in_another_way(written: str) -> None:
    found = [
        violations(f"shop_id={written}", [{"shop_id": shop}], schema={"type": "string"}, name="shop_id")
        for shop in (7, 8)
    ]

    assert [bool(each) for each in found] == [False, True]


@pytest.mark.parametrize("name", ["shop_id", "shop"])
def test_a_number_too_long_to_be_read_is_no_id(name: str) -> None:
    assert violations(f"{name}={'9' * 4301}", [{name: 8}], schema={"type": "integer"}, name=name) == []


@pytest.mark.parametrize("value", ["", "seven"])
def test_what_is_no_id_filters_nothing(value: str) -> None:
    assert violations(f"shop_id={value}", [{"shop_id": 8}], schema={"type": "integer"}, name="shop_id") == []


def test_a_filter_may_be_named_in_brackets() -> None:
    assert violations("filter[status]=open", [{"status": "paid"}], name="filter[status]")


@pytest.mark.parametrize("name", ["lang", "severity", "logLevel"])
def test_a_language_or_a_least_rank_is_no_filter(name: str) -> None:
    assert violations(f"{name}=open", [{name: "paid"}], name=name) == []


def test_the_parts_of_one_resource_are_not_a_filtered_list() -> None:
    assert violations("status=open", {"lines": [{"status": "paid"}]}, path="/orders/{id}") == []


PAGE = {"count": 3, "next": None, "previous": None, "results": [{"id": 1}, {"id": 2}]}


@pytest.mark.parametrize(
    ("query", "body", "is_found"),
    [
        ("", PAGE, True),
        ("tenant=a", PAGE, True),
        ("", {"total": 1, "next": None, "prev": None, "data": [{"id": 1}, {"id": 2}]}, True),
        ("", {"meta": {"total": 5}, "next": None, "prev": None, "data": []}, True),
        ("", PAGE | {"count": 2}, False),
        ("status=open", PAGE, True),
        ("status=unknown", PAGE, False),
        ("page=1", PAGE, False),
        ("", PAGE | {"next": "http://127.0.0.1/orders?page=2"}, False),
        ("", PAGE | {"previous": "http://127.0.0.1/orders"}, False),
        ("page=2", PAGE | {"count": 2, "previous": "http://127.0.0.1/orders"}, True),
        ("page=2", PAGE | {"count": 2, "total": 9, "previous": "http://127.0.0.1/orders"}, False),
        ("page=2", PAGE | {"count": 0, "previous": "http://127.0.0.1/orders", "results": []}, False),
        ("", {"count": 3, "next": None, "results": [{"id": 1}]}, False),
        ("", {"count": 3, "results": [{"id": 1}]}, False),
        ("", PAGE | {"others": []}, False),
        ("", {"total": 9, "page": 1, "page_size": 20, "items": [{"id": 1}]}, True),
        ("status=open", {"total": 9, "page": 1, "page_size": 20, "items": [{"id": 1}]}, True),
        ("", {"meta": {"total": 9, "perPage": 5}, "items": [{"id": 1}]}, True),
        ("status=unknown", {"total": 9, "page": 1, "page_size": 20, "items": [{"id": 1}]}, False),
        ("page=2", {"total": 9, "page": 2, "page_size": 8, "items": [{"id": 9}]}, False),
        ("", {"total": 9, "page": 1, "page_size": 1, "items": [{"id": 1}]}, False),
        ("", {"total": 1, "page": 1, "page_size": 20, "items": [{"id": 1}]}, False),
        ("", {"total": 9, "limit": None, "items": [{"id": 1}]}, False),
        ("", [{"count": 3}], False),
    ],
)
def test_the_total_of_a_list_with_one_page_is_the_number_of_its_items(query: str, body: Any, is_found: bool) -> None:
    found = violations(query, body)

    assert [rule for rule, _ in found] == ["wrong-total"] * is_found


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {},
            "Expected next and count to agree, got no next page after 2 items, and 3 for count: one of them is wrong.",
        ),
        ({"page_size": 2}, "Expected next and count to agree, got no next page after 2 items"),
        ({"page_size": 5}, "Expected 2 for count, the number of items without a next or previous page, got 3."),
        ({"count": 1}, "Expected 2 for count, the number of items without a next or previous page, got 1."),
    ],
)
def test_the_message_of_a_wrong_total_says_what_is_wrong(members: dict[str, int], expected: str) -> None:
    ((_, message),) = violations("", PAGE | members)

    assert message.startswith(expected)
