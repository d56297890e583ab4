"""How the pages of a list are chosen, and whether a page is the whole list."""

from typing import Any

import pytest

from flowcontract.generation.sequences.queries import filters, tells_of_more
from flowcontract.http.paging import Style, next_cursor, paging
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


def listing(**parameters: dict[str, Any]) -> Operation:
    documented = [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]
    get = {"operationId": "list", "parameters": documented, "responses": {"200": {"description": "Done."}}}
    info = {"title": "Shop", "version": "1"}
    return Contract({"openapi": "3.1.0", "info": info, "paths": {"/items": {"get": get}}}).operation("list")


@pytest.mark.parametrize("position", ["page", "pageNumber", "current_page"])
def test_pages_are_chosen_by_a_number(position: str) -> None:
    chosen = paging(listing(**{position: {"type": "integer", "minimum": 0}, "page_size": {"type": "integer"}}))

    assert chosen.style is Style.PAGE
    assert chosen.first == 0
    assert chosen.largest == 100


def test_bounds_may_be_written_with_a_fraction() -> None:
    chosen = paging(listing(page={"type": "integer", "minimum": 1.0}, size={"type": "integer", "maximum": 50.0}))

    assert chosen.first == 1
    assert chosen.largest == 50


DAY, NUMBER = {"type": "string", "format": "date"}, {"type": "integer"}
PROPERTIES = {"starts_on": DAY, "ends_on": DAY, "createdAt": {**DAY, "format": "date-time"}, "price": NUMBER}


@pytest.mark.parametrize(
    ("name", "schema", "bound"),
    [
        ("price_gte", NUMBER, ("price", "minimum", True)),
        ("price_lt", NUMBER, ("price", "maximum", False)),
        ("max_price", NUMBER, ("price", "maximum", True)),
        ("price[gt]", NUMBER, ("price", "minimum", False)),
        ("priceAfter", NUMBER, ("price", "minimum", None)),
        ("starts_before", DAY, ("starts_on", "maximum", None)),
        ("startsFrom", {**DAY, "description": "Inclusive."}, ("starts_on", "minimum", True)),
        ("from", {**DAY, "description": "Bookings that end on or after this day."}, ("ends_on", "minimum", True)),
        ("to", {**DAY, "description": "Bookings that start before it, exclusive."}, ("starts_on", "maximum", False)),
        ("to", {**DAY, "description": "End of the period."}, None),
        ("from", {**DAY, "description": "Bookings that overlap the days from this one."}, None),
        ("created_since", {**DAY, "format": "date-time"}, ("createdAt", "minimum", None)),
        ("created_since", DAY, None),
        ("today", DAY, None),
    ],
)
def test_the_bounds_of_a_range_are_known_by_their_names_and_descriptions(name: str, schema: Any, bound: Any) -> None:
    found = [(one.prop, one.matches, one.includes) for one in filters(listing(**{name: schema}), PROPERTIES)]

    assert found == ([bound] if bound else [])


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ({"items": [1, 2], "total": 3}, True),
        ({"items": [1, 2], "totalPages": 2}, True),
        ({"items": [1, 2], "total": 2, "total_pages": 1}, False),
        ({"items": [1, 2], "count": None}, False),
        ([1, 2], False),
    ],
)
def test_a_page_tells_of_more(body: Any, more: bool) -> None:
    assert tells_of_more(body, items=2, pages=1) is more


@pytest.mark.parametrize(
    ("headers", "cursor"),
    [
        ([("Link", '</items?size=2&cursor=c7>; rel="next"')], "c7"),
        ([("Next-Page", "http://shop.example/items?size=2&cursor=c7")], "c7"),
        ([("X-Next-Cursor", "c7")], "c7"),
        ([("X-Next-Cursor", ""), ("Content-Type", "application/json")], None),
        ([("Link", '</items?cursor=c0>; rel="first"')], None),
    ],
)
def test_a_header_may_lead_to_the_next_page(headers: list[tuple[str, str]], cursor: str | None) -> None:
    assert next_cursor([{"id": 1}], headers, "cursor") == cursor
