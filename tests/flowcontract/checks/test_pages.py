"""Pages of a list that contradict what the list states of itself, and lists that are read page by page."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.faulty_servers.crud.messages import Request as Received
from tests.faulty_servers.crud.messages import Response as Sent
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks import Context, check_response, relations
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

NUMBER = {"type": "integer", "minimum": 1}
PAGE = {"page": {**NUMBER, "default": 1}, "page_size": {**NUMBER, "maximum": 50, "default": 10}}
OFFSET = {"offset": {"type": "integer", "minimum": 0}, "limit": {**NUMBER, "maximum": 50}}
CURSOR = {"cursor": {"type": "string"}}


def contract(parameters: Mapping[str, Any], total: str = "") -> Contract:
    """A list with these query parameters, and a filter. `total`: what is said of the total."""
    schema = {"type": "object", "properties": {"total": {"type": "integer", "description": total}}}
    query = {**parameters, "color": {"type": "string"}}
    operation = {
        "operationId": "list",
        "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()],
        "responses": {"200": {"description": "Some.", "content": {"application/json": {"schema": schema}}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/things": {"get": operation}}}
    return Contract(document)


def read(
    query: str, body: Any, parameters: Mapping[str, Any], total: str = "", *, status: int = 200, **more: Any
) -> Interaction:
    request = Request("GET", f"/things?{query}", ())
    headers = (("Content-Type", "application/json"),)
    exchange = Exchange(request, Response(status, headers, json.dumps(body).encode(), 0.1))
    probe = Probe("one", "to see the list", "list", request, Expect.DOCUMENTED, {}, **more)
    return Interaction(probe, contract(parameters, total).operation("list"), exchange)


def rules(query: str, body: Any, parameters: Mapping[str, Any] = PAGE, total: str = "") -> list[str]:
    context = Context(contract(parameters, total), Target.at("http://127.0.0.1:1", ""))
    return [one.rule for one in check_response(context, read(query, body, parameters, total))]


def of(count: int, /, **members: Any) -> dict[str, Any]:
    return {"items": [{"id": number} for number in range(count)], **members}


EMPTY = ["pages-leave-out-items"]


@pytest.mark.parametrize(
    ("query", "body", "parameters", "found"),
    [
        ("page=2", of(0, total=13), PAGE, EMPTY),
        ("page=3&page_size=5", of(0, total=13), PAGE, EMPTY),
        ("page=3&page_size=5", of(3, total=13), PAGE, []),
        ("page=4&page_size=5", of(0, total=13), PAGE, []),
        ("page=2", of(0, total=10), PAGE, []),
        ("page=2&color=red", of(0, total=13), PAGE, []),  # The total may be of all colors.
        ("page=1", of(0, total=13), {"page": {"type": "integer"}, "page_size": NUMBER}, []),  # The first or the second.
        ("page=2&page_size=5", of(0, total=13), {"page": {"type": "integer"}, "page_size": NUMBER}, EMPTY),
        ("offset=10&limit=5", of(0, total=13), OFFSET, EMPTY),
        ("offset=13&limit=5", of(0, total=13), OFFSET, []),
        ("offset=10&limit=0", of(0, total=13), OFFSET, []),
        ("offset=10", of(0, total=5000), OFFSET, []),  # Not all may be in reach.
        ("offset=1", of(0, count=3), OFFSET, []),  # What was asked for, maybe.
        ("offset=1", of(0, count=3, next=None), OFFSET, EMPTY),
    ],
)
def test_a_page_before_the_end_of_the_list_is_not_empty(
    query: str, body: Any, parameters: Mapping[str, Any], found: list[str]
) -> None:
    assert rules(query, body, parameters) == found


@pytest.mark.parametrize(
    ("query", "body", "parameters", "total", "found"),
    [
        ("page=2&page_size=5", of(5, total=10, has_more=True), PAGE, "", True),
        ("page_size=10", of(10, total=10, meta={"hasNext": True}), PAGE, "Of all pages.", True),
        ("", of(3, total=3, has_more=True), PAGE, "", True),
        ("page=2&page_size=5", of(5, total=10, has_more=False), PAGE, "", False),
        ("page=2&page_size=5", of(5, total=11, has_more=True), PAGE, "", False),
        ("page=1&page_size=5", of(5, total=10, has_more=True), PAGE, "", False),
        ("page=2&page_size=60", of(10, total=70, has_more=True), PAGE, "", False),  # It may be a smaller page.
        ("page_size=10&color=red", of(10, total=10, has_more=True), PAGE, "", False),
        ("page_size=10", of(10, total=10, has_more=True), PAGE, "Items on this page.", False),
        ("page=1&page_size=5", of(5, total=10, has_more=True), {**PAGE, "page": {}}, "", False),  # The first page?
        ("offset=1&limit=9", of(9, total=10, has_more=True), OFFSET, "", False),
        ("", of(10, total=10, has_more=True), CURSOR, "", False),
    ],
)
def test_no_page_follows_the_last_item(
    query: str, body: Any, parameters: Mapping[str, Any], total: str, *, found: bool
) -> None:
    assert rules(query, body, parameters, total) == (["wrong-total"] if found else [])


def test_a_total_may_be_an_estimate() -> None:
    assert rules("page=2", of(0, total=13), PAGE, "The approximate number of things.") == []


@pytest.mark.parametrize(
    ("query", "body", "found"),
    [
        ("", of(10, total=13, page_size=10, pages=1), True),
        ("", of(10, total=13, page_size=10, pages=2), False),
        ("", of(10, total=13, pages=1), True),
        ("", of(10, total=13, pages=3), True),
        ("page_size=5", of(5, total=13, page_size=5, total_pages=2), True),
        ("page_size=5", of(5, total=13, page_size=5, total_pages=3), False),
        ("page_size=100", of(13, total=13, pages=2), False),  # More than is allowed: the server chooses.
        ("page_size=5", of(5, total=13, page_size=10, pages=2), False),
        ("", of(0, total=0, pages=0), False),
        ("", of(0, total=0, pages=1), False),
        ("", of(10, total=13, last_page=1), False),  # Maybe the first page is 0.
        ("", of(10, total=13, meta={"last_page": 3}), True),
        ("", of(10, total=13, page_count=10), False),
        ("color=red", of(10, total=13, pages=1), False),
    ],
)
def test_the_number_of_pages_follows_from_the_total(query: str, body: Any, found: bool) -> None:
    assert rules(query, body) == (["wrong-total"] if found else [])


@pytest.mark.parametrize(
    ("query", "count", "parameters", "beginning", "found"),
    [
        ("page=2&page_size=3", 0, PAGE, of(4), True),
        ("page=2&page_size=3", 1, PAGE, of(4), False),
        ("page=2&page_size=4", 0, PAGE, of(4), False),
        ("offset=3&limit=3", 0, OFFSET, of(4), True),
        ("cursor=abc", 0, CURSOR, of(4, total=5), True),
        ("cursor=abc", 0, CURSOR, of(4, total=4), False),
        ("cursor=abc", 0, CURSOR, of(4), False),
    ],
)
def test_what_the_beginning_of_a_list_has_is_on_its_pages(
    query: str, count: int, parameters: Mapping[str, Any], beginning: Any, found: bool
) -> None:
    base = read("", beginning, parameters)
    page = read(query, of(count), parameters, relation=Relation.FOLLOWING_PAGE)

    assert [one.rule for one in relations.check_pair(page, base, ())] == (EMPTY if found else [])


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ([1, 2, 3], [3, 4, 5], True),
        ([1, 2, 3], [2, 3, 4], True),
        ([1, 2, 3], [3], True),
        ([1, 2, 3], [4, 5, 6], False),
        ([1, 2, 3], [1, 2, 3], False),  # The parameter means something else.
        ([1, 2, 3], [1, 4, 5], False),  # A pinned item.
        ([1, 2], [2, 3, 4], False),
        ([1, 3, 3], [3, 4, 5], False),  # Not an ID.
    ],
)
def test_the_second_page_does_not_begin_with_the_end_of_the_first(
    first: list[int], second: list[int], *, found: bool
) -> None:
    bodies = [{"items": [{"id": number} for number in page]} for page in (first, second)]
    base = read("page=1&page_size=3", bodies[0], PAGE)
    page = read("page=2&page_size=3", bodies[1], PAGE, relation=Relation.NEXT_PAGE)

    assert [one.rule for one in relations.check_pair(page, base, ())] == (["pages-overlap"] if found else [])


def test_a_page_that_does_not_exist_is_a_lost_page_if_the_beginning_of_the_list_has_its_items() -> None:
    base = read("", of(10, count=13, next=None, previous=None), PAGE)
    found = {
        size: [one.message for one in relations.check_pair(_not_found(f"page=2&page_size={size}"), base, ())]
        for size in (9, 10, 13)
    }

    reasons = {9: "the list has at least 10 and at most 9 items", 10: "count is 13 and at most 10 items"}
    end = "got 404. On its first page, count is 13, but next is null after 10 items."
    assert found[13] == []
    for size, reason in reasons.items():
        page = f"page=2&page_size={size}"
        assert found[size] == [
            f"Expected items on this page ({page}), because {reason} can be on the pages before it, {end}"
        ]


def _not_found(query: str) -> Interaction:
    return read(query, {}, PAGE, status=404, relation=Relation.FOLLOWING_PAGE, tolerated=(404,))


class Things:
    """Thirteen things. `fault`: what is wrong with the list; `style`: how its pages are chosen."""

    def __init__(self, parameters: Mapping[str, Any], fault: str = "", *, total: bool = True) -> None:
        self.parameters = parameters
        self.fault = fault
        self.total = total
        self.requests = 0

    def __call__(self, request: Received) -> Sent:
        self.requests += 1
        query = dict(parse_qsl(urlsplit(request.target).query))
        if not all(query.get(name, "1").isdecimal() for name in ("page", "page_size", "offset", "limit")):
            return Sent(400, {})
        size = max(1, min(50, int(query.get("page_size", query.get("limit", 10)))))
        start = (int(query.get("page", 1)) - 1) * size
        start = int(query.get("offset", query.get("cursor", max(0, start))))
        start -= 1 if self.fault == "shifted" and start else 0
        # What is new comes first; every read of the list sees another one.
        first = -self.requests if self.fault == "growing" else 0
        chosen = [{"id": number} for number in range(first, 13)][start : start + size]
        if self.fault == "rounded down" and start and len(chosen) < size:
            chosen = []
        if self.fault == "last page is 404" and start >= 13 // size * size and start:
            return Sent(404, {})
        more: dict[str, Any] = (
            {"next_cursor": str(start + size)} if "cursor" in self.parameters and start + size < 13 else {}
        )
        if "more after" in self.fault:
            more["has_more"] = start + size < 13 + (self.fault == "more after the end")
        return Sent(200, {"items": chosen, **({"total": 13} if self.total else {}), **more})


@pytest.mark.parametrize("fault", ["", "rounded down", "last page is 404"])
@pytest.mark.parametrize("parameters", [PAGE, OFFSET, CURSOR], ids=["page", "offset", "cursor"])
def test_reads_alone_show_that_the_last_page_is_lost(parameters: Mapping[str, Any], fault: str) -> None:
    server = Things(parameters, fault)
    with running(server) as url:
        options = engine.Options(profile="quick", time_limit=60)
        result = engine.run(contract(parameters), Target.at(url.removesuffix("/v1"), ""), options)

    assert [finding.rule for finding in result.findings if finding.rule in EMPTY] == (EMPTY if fault else [])


@pytest.mark.parametrize(("fault", "found"), [("more after a page", []), ("more after the end", ["wrong-total"])])
def test_reads_alone_show_that_no_page_follows_the_last_item(fault: str, found: list[str]) -> None:
    with running(Things(PAGE, fault)) as url:
        options = engine.Options(profile="quick", time_limit=60)
        result = engine.run(contract(PAGE), Target.at(url.removesuffix("/v1"), ""), options)

    assert [finding.rule for finding in result.findings if finding.rule in (*EMPTY, "wrong-total")] == found


@pytest.mark.parametrize("fault", ["", "rounded down"])
def test_without_a_total_the_items_of_the_first_page_tell(fault: str) -> None:
    server = Things(PAGE, fault, total=False)
    with running(server) as url:
        options = engine.Options(profile="quick", time_limit=60)
        result = engine.run(contract(PAGE), Target.at(url.removesuffix("/v1"), ""), options)

    # A page of nine and one with the rest of the thirteen: the tenth is known.
    assert [finding.rule for finding in result.findings if finding.rule in EMPTY] == (EMPTY if fault else [])


@pytest.mark.parametrize("fault", ["", "last page is lost"])
def test_the_last_page_counts_where_the_first_one_shows_half_of_the_list(fault: str) -> None:
    def serve(request: Received) -> Sent:
        query = dict(parse_qsl(urlsplit(request.target).query))
        if request.method != "GET" or not all(query.get(name, "1").isdecimal() for name in PAGE):
            return Sent(405, {}, {"Allow": "GET"}) if request.method != "GET" else Sent(400, {})
        page, size = (int(query.get(name, default)) for name, default in (("page", 1), ("page_size", 10)))
        pages = 25 // size if fault else -(-25 // size)
        if not 1 <= page <= max(1, pages) or not 1 <= size <= 50:
            return Sent(404 if 1 <= size <= 50 else 400, {})
        items = [{"id": number} for number in range(25)][(page - 1) * size : page * size]
        links = {"next": "/things" if page < pages else None, "previous": "/things" if page > 1 else None}
        return Sent(200, {"count": 25, **links, "results": items})

    with running(serve) as url:
        target = Target.at(url.removesuffix("/v1"), "")
        result = engine.run(contract(PAGE), target, engine.Options(profile="quick", time_limit=60))

    assert [finding.rule for finding in result.findings if finding.rule in EMPTY] == (EMPTY if fault else [])


@pytest.mark.parametrize("fault", ["", "shifted", "growing"])
@pytest.mark.parametrize("parameters", [PAGE, OFFSET], ids=["page", "offset"])
def test_reads_alone_show_that_pages_overlap(parameters: Mapping[str, Any], fault: str) -> None:
    with running(Things(parameters, fault)) as url:
        options = engine.Options(profile="quick", time_limit=60)
        result = engine.run(contract(parameters), Target.at(url.removesuffix("/v1"), ""), options)

    found = [finding.failure.message for finding in result.findings if finding.rule == "pages-overlap"]
    message = "Expected each item once across all pages, got the item with id 4 on both pages."
    assert found == ([message] if fault == "shifted" else [])
