"""Ranges of dates, orders over several pages, and ETags after actions: what a server of events may do wrong there."""

import json
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
        "is_public": {"type": "boolean", "readOnly": True},
        "id": {"type": "integer", "readOnly": True},
    },
}


def _contract(since: str, until: str) -> Contract:
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
        query("sort", {"enum": ["title", "-title"]}),
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
    """Events with ETags. `after` leaves out the day of `from`, `before` that of `to`."""

    def __init__(
        self, *, after: bool = False, before: bool = False, late_sort: bool = False, etags: bool = True
    ) -> None:
        self.after, self.before, self.late_sort, self.etags = after, before, late_sort, etags
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
            if (event["starts_on"] > since or (event["starts_on"] == since and not self.after))
            and (event["starts_on"] < until or (event["starts_on"] == until and not self.before))
        ]
        number, size, order = int(query.get("page", 1)), int(query.get("limit", 20)), query.get("sort", "")

        def in_order(events: list[Json]) -> list[Json]:
            named = sorted(events, key=lambda event: event["title"], reverse=order.startswith("-"))
            return named if order else events

        found = found if self.late_sort else in_order(found)
        page = found[(number - 1) * size : number * size]
        return Response(200, {"items": in_order(page) if self.late_sort else page})


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


@pytest.mark.parametrize(("late_sort", "rules"), [(False, []), (True, ["wrong-order"])])
def test_an_order_holds_over_all_pages(late_sort: bool, rules: list[str]) -> None:
    found = _found(Events(late_sort=late_sort), _contract("", ""), filtering.ordered)

    assert sorted({one.rule for one in found}) == rules


@pytest.mark.parametrize(("etags", "rules"), [(True, []), (False, ["etag-unchanged"])])
def test_an_action_that_changes_a_resource_changes_its_etag(etags: bool, rules: list[str]) -> None:
    found = _found(Events(etags=etags), _contract("", ""), removing.actions)

    assert [one.rule for one in found] == rules
    assert all("call publish" in [step.label for step in one.failure.steps] for one in found)
