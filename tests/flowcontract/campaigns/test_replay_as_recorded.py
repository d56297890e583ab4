"""A replay sends what the campaign had sent, and nothing that the failure does not need."""

import json
import re
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import NOTHING, Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract.checks.findings import Result
from flowcontract.engine.campaigns import session, triage
from flowcontract.engine.campaigns.database import Database, StoredGroup
from flowcontract.engine.campaigns.findings import CampaignFinding, findings_of
from flowcontract.engine.campaigns.plan import Knowledge, Settings, Shard, Task
from flowcontract.engine.campaigns.sources import SOURCES
from flowcontract.engine.campaigns.worker import Worker
from flowcontract.engine.phases.sequences import SCENARIOS
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Json = dict[str, Any]
NUMBER = {"type": "integer"}
ID = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
SHELF = {
    "type": "object",
    "required": ["name", "width", "depth"],
    "properties": {
        "id": {**NUMBER, "readOnly": True},
        "version": {**NUMBER, "readOnly": True},
        "name": {"type": "string", "minLength": 1, "maxLength": 60},
        "width": {**NUMBER, "minimum": 2, "maximum": 9},
        "depth": {**NUMBER, "minimum": 5, "maximum": 99},
    },
}
LABEL = {"type": "object", "required": ["text"], "properties": {"id": NUMBER, "text": {"type": "string"}}}


def body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def answers(status: str, schema: Json | None) -> Json:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    error = {"description": "Not possible.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {status: {"description": "Done.", **content}, "404": error, "422": error}


def kind(name: str, schema: Json) -> Json:
    page = {"type": "object", "properties": {"items": {"type": "array", "items": schema}}}
    change = {"type": "object", "properties": schema["properties"]}
    return {
        f"/{name}": {
            "get": {"operationId": f"list_{name}", "responses": answers("200", page)},
            "post": {"operationId": f"add_{name}", "requestBody": body(schema), "responses": answers("201", schema)},
        },
        f"/{name}/{{id}}": {
            "parameters": [ID],
            "get": {"operationId": f"get_{name}", "responses": answers("200", schema)},
            "patch": {
                "operationId": f"change_{name}",
                "requestBody": body(change),
                "responses": answers("200", schema),
            },
            "delete": {"operationId": f"remove_{name}", "responses": answers("204", None)},
        },
    }


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Shelves", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": kind("shelves", SHELF) | kind("labels", LABEL),
    }
)


class Shelves:
    """Shelves that have to be wider than deep, of which a change does not count the version; `seeded`: one exists."""

    def __init__(self, *, seeded: bool) -> None:
        first = {"id": 1, "version": 1, "name": "Oak", "width": 9, "depth": 5}
        self.rows: dict[str, dict[int, Json]] = {"shelves": {1: first} if seeded else {}, "labels": {}}
        self.last = 1
        self.bodies: list[Json] = []
        self.posted: list[str] = []

    def __call__(self, request: Request) -> Response:
        path = re.fullmatch(r"/v1/(shelves|labels)(?:/(\d+))?", request.path)
        if path is None:
            return Response(404, {})
        rows, number = self.rows[path[1]], int(path[2] or 0)
        sent = json.loads(request.body or b"{}")
        if path[2] is None:
            if request.method == "GET":
                return Response(200, {"items": list(rows.values())})
            self.posted.append(path[1])
            if path[1] == "shelves":
                self.bodies.append(sent)
                if sent["depth"] >= sent["width"]:
                    return Response(422, {"detail": "It tips over."})
            self.last += 1
            rows[self.last] = {**sent, "id": self.last} | ({"version": 1} if path[1] == "shelves" else {})
            return Response(201, rows[self.last])
        if number not in rows:
            return Response(404, {})
        if request.method == "DELETE":
            del rows[number]
            return Response(204, NOTHING)
        if request.method == "PATCH":
            rows[number] |= sent
        return Response(200, rows[number])


def found(database: Database, url: str) -> tuple[session.PreparedCampaign, CampaignFinding]:
    server = Target.at(url, CONTRACT.base_path)
    prepared = session.begin(database, CONTRACT, server, Settings(allow_unsafe=True))
    per_shard = -(-len(SCENARIOS) // SOURCES["sequences"].parts)
    number = [one.__name__ for one in SCENARIOS].index("update") // per_shard
    result = Worker(prepared.plan).run(Task(Shard("sequences", number)), Knowledge())
    stored = [StoredGroup(group, 0.0, 0.0) for group in result.groups]
    findings = findings_of(stored, CONTRACT, server, is_warning=lambda _: False)
    return prepared, next(one for one in findings if one.finding.rule == "version-unchanged")


def test_a_replay_creates_with_the_values_that_the_campaign_had_seen(database: Database) -> None:
    with running(Shelves(seeded=True)) as url:
        prepared, each = found(database, url)
    empty = Shelves(seeded=False)
    with running(empty) as url:
        server = Target.at(url, CONTRACT.base_path)

        still = triage.replay(CONTRACT, prepared.campaign, each, server, unsafe=True)

    assert (still.result, still.inconclusive) == (Result.FAILED, "")
    assert {(sent["width"], sent["depth"]) for sent in empty.bodies} == {(9, 5)}
    names = [sent["name"] for sent in empty.bodies]
    assert len(set(names)) == len(names)
    assert set(empty.posted) == {"shelves"}, "nothing that the finding is not about"
    assert not any(empty.rows.values())


def test_a_replay_shows_why_a_step_is_rejected(database: Database) -> None:
    with running(Shelves(seeded=True)) as url:
        prepared, each = found(database, url)

    class Narrow(Shelves):
        def __call__(self, request: Request) -> Response:
            return Response(422, {"detail": "Closed."}) if request.method == "POST" else super().__call__(request)

    with running(Narrow(seeded=True)) as url:
        server = Target.at(url, CONTRACT.base_path)
        replayed = triage.replay(CONTRACT, prepared.campaign, each, server, unsafe=True)

    assert replayed.result is Result.INCONCLUSIVE
    assert replayed.inconclusive == 'step 1 (POST /v1/shelves) got 422, was 201: {"detail": "Closed."}'


class Paged:
    """A list of some rows with one page too many where the last one is full, unless it is fixed."""

    def __init__(self, rows: int, *, fixed: bool = False) -> None:
        self.rows, self.fixed = rows, fixed

    def __call__(self, request: Request) -> Response:
        given = dict(request.query)
        texts = [given.get("page") or "1", given.get("size") or "5"]
        if request.path != "/v1/rows" or request.method != "GET":
            return Response(404, {})
        if not all(text.isascii() and text.isdecimal() and 0 < int(text) <= 50 for text in texts):
            return Response(422, {})
        number, size = map(int, texts)
        count = -(-self.rows // size) if self.fixed else self.rows // size + 1
        shown = [{"id": each} for each in range(self.rows)][(number - 1) * size : number * size]
        return Response(200, {"rows": shown, "total": self.rows, "page_size": size, "pages": count})


ROWS = {
    "type": "object",
    "properties": {
        "rows": {"type": "array", "items": {"type": "object"}},
        **dict.fromkeys(("total", "page_size", "pages"), NUMBER),
    },
}


def paged(*, is_sized: bool) -> Contract:
    page = {"name": "page", "in": "query", "schema": {**NUMBER, "minimum": 1, "default": 1}}
    size = {"name": "size", "in": "query", "schema": {**NUMBER, "minimum": 1, "maximum": 50, "default": 5}}
    parameters = [page, size] if is_sized else [page]
    read = {"operationId": "rows", "parameters": parameters, "responses": answers("200", ROWS)}
    info = {"title": "Rows", "version": "1"}
    return Contract({"openapi": "3.1.0", "info": info, "servers": [{"url": "/v1"}], "paths": {"/rows": {"get": read}}})


@pytest.mark.parametrize(
    ("now", "is_sized", "result", "why"),
    [
        (Paged(12), True, Result.FAILED, ""),
        (Paged(12, fixed=True), True, Result.PASSED, ""),
        (Paged(10, fixed=True), False, Result.PASSED, ""),
        (Paged(12), False, Result.INCONCLUSIVE, "/v1/rows returns 12 items now, was 10"),
    ],
)
def test_a_wrong_number_of_pages_is_looked_for_in_a_list_of_another_length(
    database: Database, now: Paged, is_sized: bool, result: Result, why: str
) -> None:
    contract = paged(is_sized=is_sized)
    with running(Paged(10)) as url:
        server = Target.at(url, contract.base_path)
        prepared = session.begin(database, contract, server, Settings())
        groups = Worker(prepared.plan).run(Task(Shard("coverage", 0)), Knowledge()).groups
        stored = [StoredGroup(group, 0.0, 0.0) for group in groups if group.violation.rule == "wrong-total"]
        each = findings_of(stored, contract, server, is_warning=lambda _: False)[0]
    with running(now) as url:
        replayed = triage.replay(contract, prepared.campaign, each, Target.at(url, contract.base_path))

    assert (replayed.result, replayed.inconclusive) == (result, why)
