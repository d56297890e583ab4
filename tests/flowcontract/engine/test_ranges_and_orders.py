"""What a server of events may do wrong with ranges of dates, filters by texts, orders, and ETags after actions."""

import json
import operator
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import Finding
from flowcontract.checks.grouping import group_findings
from flowcontract.engine.phases import sequences, success
from flowcontract.engine.phases.sequences import Scenario, filtering, removing
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Json = dict[str, Any]
EVENT: Json = {
    "type": "object",
    "required": ["title", "starts_on"],
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 80},
        "starts_on": {"type": "string", "format": "date"},
        "seats": {"type": "integer", "minimum": 100},
        "is_public": {"type": "boolean", "readOnly": True},
        "id": {"type": "integer", "readOnly": True},
    },
}


def _contract(since: str, until: str, title: str = "") -> Contract:
    def content(schema: Json) -> Json:
        return {"description": "Done.", "content": {"application/json": {"schema": schema}}}

    def query(name: str, schema: Json, description: str = "") -> Json:
        return {"name": name, "in": "query", "schema": schema, "description": description}

    number, day = {"type": "integer", "minimum": 1}, {"type": "string", "format": "date"}
    gone: Json = {"404": {"description": "There is none."}}
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": EVENT}}}
    parameters = [
        query("page", {**number, "default": 1}),
        query("limit", {**number, "maximum": 50, "default": 20}),
        query("sort", {"enum": ["title", "-title", "seats", "-seats"]}),
        query("title", {"type": "string"}, title),
        query("from", day, since),
        query("to", day, until),
    ]
    paths: Json = {
        "/events": {
            "get": {"parameters": parameters, "responses": {"200": content(listed)}},
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": EVENT}}},
                "responses": {"201": content(EVENT)},
            },
        },
        "/events/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": number}],
            "get": {"responses": {"200": content(EVENT), **gone}},
            "delete": {"responses": {"204": {"description": "Deleted."}, **gone}},
        },
        "/events/{id}/publish/": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": number}],
            "post": {"responses": {"200": content(EVENT), **gone}},
        },
    }
    return Contract(
        {"openapi": "3.1.0", "info": {"title": "Events", "version": "1"}, "servers": [{"url": "/v1"}], "paths": paths}
    )


class Events:
    """Events with ETags. `after` leaves out the day of `from`, `before` that of `to`; `title` tells which match."""

    def __init__(
        self,
        *,
        after: bool = False,
        before: bool = False,
        late_sort: bool = False,
        sorts_texts: bool = False,
        etags: bool = True,
        title: Callable[[str, str], bool] = operator.eq,
    ) -> None:
        self.after, self.before, self.late_sort, self.etags = after, before, late_sort, etags
        self.sorts_texts, self.title = sorts_texts, title
        self.events: dict[int, Json] = {}
        self.last = 0

    def __call__(self, request: Request) -> Response:
        url = urlsplit(request.target)
        path, query = url.path.removeprefix("/v1/").strip("/").split("/"), parse_qs(url.query)
        if path == ["events"]:
            return (
                self.create(request) if request.method == "POST" else self.listed({n: v[0] for n, v in query.items()})
            )
        number = int(path[1]) if len(path) > 1 and path[1].isdecimal() else 0
        if number not in self.events or path[0] != "events":
            return Response(404, {}, {"detail": "There is none."})
        if request.method == "DELETE":
            del self.events[number]
            return Response(204)
        if request.method == "POST":
            self.events[number]["is_public"] = True
        return self.shown(200, number)

    def create(self, request: Request) -> Response:
        body = json.loads(request.body)
        self.last += 1
        self.events[self.last] = {**body, "id": self.last, "is_public": False}
        return self.shown(201, self.last)

    def shown(self, status: int, number: int) -> Response:
        event = self.events[number]
        state = event["is_public"] if self.etags else ""
        return Response(status, event, {"ETag": f'"{number}-{state}"'})

    def listed(self, query: dict[str, str]) -> Response:
        since, until = query.get("from", ""), query.get("to", "9")
        found = [
            event
            for event in self.events.values()
            if ("title" not in query or self.title(event["title"], query["title"]))
            and (event["starts_on"] > since or (event["starts_on"] == since and not self.after))
            and (event["starts_on"] < until or (event["starts_on"] == until and not self.before))
        ]
        number, size, order = int(query.get("page", 1)), int(query.get("limit", 20)), query.get("sort", "")

        def in_order(events: list[Json]) -> list[Json]:
            def value(event: Json) -> Any:
                found = event.get(order.lstrip("-"), 0)
                return str(found) if self.sorts_texts else found

            named = sorted(events, key=value, reverse=order.startswith("-"))
            return named if order else events

        found = found if self.late_sort else in_order(found)
        page = found[(number - 1) * size : number * size]
        return Response(200, {"items": in_order(page) if self.late_sort else page})


def _in_any_case(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _found(server: Events, contract: Contract, scenario: Scenario) -> tuple[Finding, ...]:
    """The findings of one scenario."""
    with running(server) as url:
        target = Target.at(url, contract.base_path)
        with Sender(target, timeout=10, time_limit=100) as sender:
            session = new_session(contract, target, engine.Options(allow_unsafe=True), sender)
            success.run(session)
            sequences.run(session, 1.0, [scenario])
    return group_findings(session.occurrences, contract, target)


@pytest.mark.parametrize(
    ("since", "until", "server", "rules"),
    [
        ("Events that start on this day or later.", "The same, up to and including.", Events(), []),
        ("Start on or after.", "Start before it, exclusive.", Events(before=True), []),
        ("Start on or after.", "Start before it, exclusive.", Events(), ["filter-returns-other-items"]),
        ("Start on or after.", "Start until then, inclusive.", Events(before=True), ["filter-misses-items"]),
        ("Start on or after.", "Start up to this day.", Events(after=True), ["filter-misses-items"]),
        ("Start from this day.", "Start up to this day.", Events(after=True, before=True), []),
        ("Start of the period.", "End of the period.", Events(after=True, before=True), []),
        ("Events that overlap the period that starts here.", "Its end.", Events(after=True, before=True), []),
    ],
)  # fmt: skip
def test_a_range_of_dates_has_the_days_that_the_contract_says(
    since: str, until: str, server: Events, rules: list[str]
) -> None:
    found = _found(server, _contract(since, until), filtering.filtered)

    assert [(one.rule, one.failure.endpoint) for one in found] == [(rule, "GET /events") for rule in rules]


@pytest.mark.parametrize(
    ("title", "matches", "rules"),
    [
        ("Exact title.", operator.eq, []),
        ("Exact title.", _in_any_case, ["filter-returns-other-items"]),
        ("Exact title, ignoring case.", _in_any_case, []),
        ("The exact title, in upper and lower case.", _in_any_case, []),
        ("Exact title (case-insensitive).", operator.contains, ["filter-returns-other-items"]),
    ],
)
def test_a_filter_by_a_text_matches_in_any_case_where_the_contract_says_so(
    title: str, matches: Callable[[str, str], bool], rules: list[str]
) -> None:
    found = _found(Events(title=matches), _contract("", "", title), filtering.filtered)

    assert sorted({one.rule for one in found}) == rules


@pytest.mark.parametrize(
    ("server", "rules"),
    [(Events(), []), (Events(late_sort=True), ["wrong-order"]), (Events(sorts_texts=True), ["wrong-order"])],
)
def test_an_order_holds_over_all_pages(server: Events, rules: list[str]) -> None:
    found = _found(server, _contract("", ""), filtering.ordered)

    assert sorted({one.rule for one in found}) == rules


@pytest.mark.parametrize(("etags", "rules"), [(True, []), (False, ["etag-unchanged"])])
def test_an_action_that_changes_a_resource_changes_its_etag(etags: bool, rules: list[str]) -> None:
    found = _found(Events(etags=etags), _contract("", ""), removing.actions)

    assert [one.rule for one in found] == rules
    assert all("call publish" in [step.label for step in one.failure.steps] for one in found)
