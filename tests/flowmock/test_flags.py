"""Filters that are true or false, and filters with a default."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.lists import selecting

Ask = Callable[..., Any]
TODAY = date(2026, 3, 1)
ITEMS = [
    {
        "name": "A", "is_available": True, "stock": 3, "photo_url": "/a.png", "reviews": [1], "status": "active",
        "starts_at": "2026-02-01T08:00:00Z", "created_at": "2026-01-01", "archived": False, "discount": 0,
    },
    {
        "name": "B", "is_available": False, "stock": 0, "photo_url": None, "reviews": [], "status": "sold_out",
        "starts_at": "2026-04-01T08:00:00Z", "created_at": "2026-01-02", "archived": True, "discount": 15,
    },
    {"name": "C", "is_available": True, "status": "cancelled", "starts_at": None, "created_at": "2026-01-03"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("only_available=true", "AC"),
        ("onlyAvailable=false", "ABC"),
        ("available=false", "B"),
        ("in_stock=true", "A"),
        ("inStock=false", "BC"),
        ("out_of_stock=true", "BC"),
        ("has_photo=true", "A"),
        ("has_photo=false", "BC"),
        ("has_reviews=true", "A"),
        ("with_discount=true", "B"),
        ("active=true", "A"),
        ("is_cancelled=true", "C"),
        ("sold_out=true", "B"),
        ("exclude_cancelled=true", "AB"),
        ("include_archived=false", "AC"),
        ("include_archived=true", "ABC"),
        ("upcoming=true", "B"),
        ("only_upcoming=true", "B"),
        ("upcoming=false", "ABC"),
        ("past=true", "A"),
        ("status=all", "ABC"),
        ("featured=true", "ABC"),
    ],
)
def test_a_filter_with_a_truth_value_is_of_what_says_so(query: str, expected: str) -> None:
    name, value = query.split("=")

    found = selecting.filtered(ITEMS, ITEMS[0], [(name, value)], today=TODAY)
    assert "".join(each["name"] for each in found) == expected


LOANS = [
    {"name": "A", "due_on": "2026-01-02", "status": "open"},
    {"name": "B", "due_on": "2026-01-02", "status": "returned"},
    {"name": "C", "due_on": "2027-01-02", "status": "open"},
    {"name": "D", "due_on": None, "status": "in_progress"},
]


@pytest.mark.parametrize(
    ("query", "expected"), [("overdue=true", "A"), ("overdue=false", "BCD"), ("only_overdue=true", "A")]
)
def test_what_is_overdue_was_due_before_today_and_is_not_over(query: str, expected: str) -> None:
    found = selecting.filtered(LOANS, LOANS[0], [tuple(query.split("="))], today=TODAY)
    assert "".join(each["name"] for each in found) == expected


ARTICLE = {
    "type": "object",
    "required": ["id", "status", "in_stock", "archived", "publish_date"],
    "properties": {
        "id": {"type": "integer"},
        "status": {"type": "string", "enum": ["draft", "published", "retired"]},
        "in_stock": {"type": "boolean"},
        "archived": {"type": "boolean"},
        "publish_date": {"type": "string", "format": "date"},
    },
}


def articles(**defaults: Any) -> Contract:
    """A list of articles whose filters have these defaults."""
    known = ARTICLE["properties"] | {"include_archived": {"type": "boolean"}, "page": {"type": "integer"}}
    parameters = [
        {"name": name, "in": "query", "schema": known[name] | {"default": default}}
        for name, default in defaults.items()
    ]

    def read(schema: Any, parameters: list[Any]) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {"get": {"parameters": parameters, "responses": {"200": {"description": "", "content": content}}}}

    article_id = {"name": "article_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Articles", "version": "1"},
            "paths": {
                "/articles": read({"type": "array", "items": ARTICLE}, parameters),
                "/articles/{article_id}": read(ARTICLE, [article_id]),
            },
        }
    )


@pytest.mark.parametrize("stateful", [True, False])
def test_the_default_of_a_filter_holds_where_the_request_has_none(ask: Ask, stateful: bool) -> None:
    with flowmock.running(articles(status="published", archived=False, page=1), stateful=stateful) as running:
        usual, drafts = (ask(running, f"/articles{query}").json for query in ("", "?status=draft&archived=true"))

    assert len(usual) >= 3
    assert {(each["status"], each["archived"]) for each in usual} == {("published", False)}
    assert {(each["status"], each["archived"]) for each in drafts} <= {("draft", True)}


@pytest.mark.parametrize(
    ("defaults", "query", "name", "shown"),
    [
        ({"in_stock": False}, "", "in_stock", {True, False}),
        ({"in_stock": True}, "", "in_stock", {True}),
        ({"in_stock": True}, "?in_stock=false", "in_stock", {False}),
        ({"include_archived": False}, "", "archived", {False}),
        ({"include_archived": False}, "?include_archived=true", "archived", {True, False}),
    ],
)
def test_a_truth_value_that_is_false_by_default_filters_only_what_it_hides(
    ask: Ask, defaults: dict[str, Any], query: str, name: str, shown: set[bool]
) -> None:
    with flowmock.running(articles(**defaults)) as running:
        assert {each[name] for each in ask(running, f"/articles{query}").json} == shown


def test_a_list_of_a_requested_size_has_that_size(ask: Ask) -> None:
    with flowmock.running(articles(status="published")) as running:
        assert len(ask(running, "/articles", headers={"Prefer": "items=40"}).json) == 40
