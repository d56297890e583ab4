"""Sequences on small servers whose rules are about other resources, about dates, and about what was deleted."""

import copy
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.faulty_servers.crud.handling import READER
from tests.faulty_servers.crud.messages import Request, Response

from flowcontract.engine.phases.sequences import date_order, filtering, removing, users
from flowcontract.openapi.contract import Contract

from .test_sequences import fleet, found, operation

Json = dict[str, Any]
NUMBER: Json = {"type": "integer", "minimum": 1}
DAY: Json = {"type": "string", "format": "date"}


def document() -> Json:
    """Tools, and loans of a tool with a list that has one already."""
    made = copy.deepcopy(dict(fleet(("tool", {"size": NUMBER}), ("loan", {"tool_id": NUMBER, "due_on": DAY})).document))
    content = {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}
    denied = {str(status): {"description": "No."} for status in (401, 409, 422)}
    made["paths"]["/loans"]["get"] = {
        "operationId": "loans",
        "responses": {"200": {"description": "Loans.", "content": content}, **denied},
    }
    made["paths"]["/loans"]["post"]["responses"] |= denied
    return made


class Loans:
    """A tool is lent once, for four weeks at most. `fault`: what is wrong with the server."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.stored: dict[str, Json] = {"/v1/tools/1": {"id": 1, "size": 3}}
        self.number = 1
        self.stored["/v1/loans/1"] = {"id": 1, "tool_id": 1, "due_on": str(self.today + timedelta(days=9))}

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            return self.create(request.path, json.loads(request.body))
        if request.path == "/v1/loans":
            return Response(200, [item for path, item in self.stored.items() if path.startswith("/v1/loans/")])
        if request.path not in self.stored:
            return Response(404, {})
        if request.method == "DELETE" and (self.fault != "keeps" or "due_on" not in self.stored[request.path]):
            del self.stored[request.path]
        return Response(204) if request.method == "DELETE" else Response(200, self.stored[request.path])

    def create(self, path: str, body: Json) -> Response:
        if path == "/v1/loans":
            tools = [item["tool_id"] for item in self.stored.values() if "tool_id" in item]
            if not self.today <= date.fromisoformat(body["due_on"]) <= self.today + timedelta(days=28):
                return Response(422, {"due_on": ["Must be within 28 days from today."]})
            if f"/v1/tools/{body['tool_id']}" not in self.stored or body["tool_id"] in tools:
                return Response(409, {})
        self.number += 1
        self.stored[f"{path}/{self.number}"] = {"id": self.number, **body}
        return Response(201, self.stored[f"{path}/{self.number}"])


@pytest.mark.parametrize(("fault", "rules"), [("", []), ("keeps", ["use-after-delete"])])
def test_where_what_is_listed_is_taken_a_creation_has_made_up_values_and_dates_soon(
    fault: str, rules: list[str]
) -> None:
    assert list(found(Loans(fault), Contract(document()), [removing.delete])) == rules


class Boats:
    """Boats with a list that has a search. `fault`: what is wrong with the server."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.boats: dict[str, Json] = {}
        self.found: dict[str, Json] = {}
        self.number = 0

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            self.number += 1
            path = f"{request.path}/{self.number}"
            self.boats[path] = self.found[path] = {"id": self.number, **json.loads(request.body)}
            return Response(201, self.boats[path])
        if request.path == "/v1/boats":
            word = dict(request.query).get("q")
            if word is None:
                return Response(200, list(self.boats.values()))
            return Response(200, [boat for boat in self.found.values() if word.lower() in str(boat["name"]).lower()])
        if request.path not in self.boats:
            return Response(404, {})
        if request.method == "DELETE":
            del self.boats[request.path]
            if self.fault != "keeps the index":
                del self.found[request.path]
            return Response(204)
        return Response(200, self.boats[request.path])


@pytest.mark.parametrize(("fault", "rules"), [("", []), ("keeps the index", ["use-after-delete"])])
def test_a_search_does_not_find_what_was_deleted(fault: str, rules: list[str]) -> None:
    made = copy.deepcopy(dict(fleet(("boat", {"name": {"type": "string", "minLength": 1}})).document))
    content = {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}
    made["paths"]["/boats"]["get"] = {
        "operationId": "boats",
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Boats.", "content": content}, "401": {"description": "No."}},
    }

    assert list(found(Boats(fault), Contract(made), [removing.delete])) == rules


class Trips:
    """Trips that end after they start. `checked`: the methods that look at it; `limit`: days that a start is ahead."""

    def __init__(self, checked: tuple[str, ...], limit: int = 0) -> None:
        self.checked, self.limit = checked, limit
        self.trips: dict[str, Json] = {}

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST" or request.path in self.trips:
            return self.known(request)
        return Response(404, {})

    def known(self, request: Request) -> Response:
        if request.method == "DELETE":
            del self.trips[request.path]
            return Response(204)
        if request.method == "GET":
            return Response(200, self.trips[request.path])
        path = f"{request.path}/{len(self.trips) + 1}" if request.method == "POST" else request.path
        trip = {**self.trips.get(path, {"id": len(self.trips) + 1}), **json.loads(request.body)}
        is_reversed = trip["to_on"] < trip["from_on"] and request.method in self.checked
        if is_reversed or (self.limit and request.method == "POST" and trip["from_on"][8:] > "15"):
            return Response(422, {})
        self.trips[path] = trip
        return Response(201 if request.method == "POST" else 200, trip)


def trips(description: str = "") -> Contract:
    made = copy.deepcopy(dict(fleet(("trip", {"from_on": DAY, "to_on": {**DAY, "description": description}})).document))
    body = made["paths"]["/trips"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for status in ("200", "201"):
        one = made["paths"]["/trips/{id}"]["get"] if status == "200" else made["paths"]["/trips"]["post"]
        one["responses"][status]["content"]["application/json"]["schema"] = body
    change = operation("change-trip", "200", {**body, "required": []})
    made["paths"]["/trips/{id}"]["patch"] = change
    for one in (change, made["paths"]["/trips"]["post"]):
        one["responses"]["422"] = {"description": "No."}
    return Contract(made)


@pytest.mark.parametrize(
    ("server", "description", "rules"),
    [
        (Trips(("POST", "PATCH")), "", []),
        (Trips(("POST",)), "", ["invalid-input-accepted"]),
        (Trips(()), "", []),
        (Trips(("POST", "PATCH")), "Never before from_on.", []),
        (Trips(()), "Never before from_on.", ["invalid-input-accepted"]),
        (Trips(()), "Two days after from_on by default.", []),
        (Trips((), limit=1), "", []),  # Not because of the order.
    ],
)
def test_a_change_keeps_the_order_of_dates_that_a_creation_needs(
    server: Trips, description: str, rules: list[str]
) -> None:
    assert list(found(server, trips(description), [date_order.dates_in_order])) == rules


class Bills:
    """Bills with a sum and lines that an action adds. `fault`: what is wrong with the server."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.bills: dict[str, Json] = {}

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/bills":
            number = len(self.bills) + 1
            self.bills[f"/v1/bills/{number}"] = bill = {"id": number, "sum": 0, **json.loads(request.body)}
            return Response(201, bill)
        bill = self.bills.get(request.path.removesuffix("/lines"), {})
        if not bill:
            return Response(404, {})
        if request.path.endswith("/lines"):
            cents = json.loads(request.body).get("cents") if request.body else None
            if not isinstance(cents, int) or isinstance(cents, bool) or cents < 1:
                return Response(422, {})
            shown = {**bill, "sum": bill["sum"] + cents}
            if self.fault != "forgets":
                bill["sum"] = shown["sum"]
            return Response(200, {"line": {"id": 9, "cents": cents}, "bill": shown})
        if request.method == "DELETE":
            del self.bills[request.path]
            return Response(204)
        return Response(200, bill)


@pytest.mark.parametrize(("fault", "rules"), [("", []), ("forgets", ["stored-value-differs"])])
def test_what_an_action_with_a_body_shows_is_stored(fault: str, rules: list[str]) -> None:
    made = copy.deepcopy(dict(fleet(("bill", {"note": {"type": "string"}})).document))
    line = {"type": "object", "required": ["cents"], "properties": {"cents": NUMBER}}
    action = operation("add-line", "200", line)
    action["requestBody"]["required"] = True
    action["responses"]["422"] = {"description": "No."}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    shown = {"type": "object", "properties": {"id": NUMBER, "sum": {"type": "integer"}, "note": {"type": "string"}}}
    made["paths"]["/bills/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = shown
    made["paths"]["/bills/{id}/lines"] = {"post": action, "parameters": [key]}

    assert list(found(Bills(fault), Contract(made), [removing.actions])) == rules


class Repairs:
    """Repairs whose status an action sets, from open to done; only those that are done can be billed."""

    def __init__(self) -> None:
        self.repairs: dict[str, Json] = {}
        self.billed = 0

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/repairs":
            number = len(self.repairs) + 1
            self.repairs[str(number)] = made = {**json.loads(request.body), "id": number, "status": "open"}
            return Response(201, made)
        number, _, action = request.path.removeprefix("/v1/repairs/").partition("/")
        repair = self.repairs.get(number)
        if repair is None:
            return Response(404, {})
        if request.method == "DELETE":
            del self.repairs[number]
            return Response(204)
        if action and repair["status"] == ("open" if action == "bill" else json.loads(request.body)["status"]):
            return Response(409, {})
        if action == "status":
            repair["status"] = "done"
        self.billed += action == "bill"
        return Response(200, repair)


def test_actions_that_need_another_state_are_called_again() -> None:
    made = copy.deepcopy(dict(fleet(("repair", {"note": {"type": "string"}})).document))
    status = {"type": "object", "required": ["status"], "properties": {"status": {"enum": ["open", "done"]}}}
    change, bill = operation("change-status", "200", status), operation("bill", "200")
    change["requestBody"]["required"] = True
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    for name, action in (("bill", bill), ("status", change)):
        action["responses"]["409"] = {"description": "Not in this state."}
        made["paths"][f"/repairs/{{id}}/{name}"] = {"post": action, "parameters": [key]}
    server = Repairs()

    assert list(found(server, Contract(made), [removing.actions])) == []

    assert server.billed


class Stock:
    """Parts and crates with lists; `denied`: the collections that the read-only credential may not read."""

    def __init__(self, denied: str = "") -> None:
        self.denied = denied
        self.rows: dict[str, Json] = {}

    def __call__(self, request: Request) -> Response:
        user = (request.header("authorization") or "").removeprefix("Bearer ")
        if not user:
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        collection = request.path.split("/")[2]
        if user == READER and (request.method != "GET" or collection in self.denied):
            return Response(403, {})
        if request.path.count("/") == 2 and request.method == "POST":
            made = {**json.loads(request.body), "id": len(self.rows) + 1}
            self.rows[f"{request.path}/{made['id']}"] = made
            return Response(201, made)
        if request.path.count("/") == 2:
            listed = [row for path, row in self.rows.items() if path.startswith(f"{request.path}/")]
            return Response(200, [] if "search" in dict(request.query) else listed)
        if request.path not in self.rows:
            return Response(404, {})
        if request.method == "DELETE":
            del self.rows[request.path]
            return Response(204)
        return Response(200, self.rows[request.path])


def stock(properties: Json, query: Sequence[Json] = ()) -> Contract:
    """A contract of parts and crates with lists, which document 403."""
    made = copy.deepcopy(dict(fleet(("part", properties), ("crate", properties)).document))
    for name in ("part", "crate"):
        made["paths"][f"/{name}s"]["get"] = listed = operation(f"list-{name}s", "200") | {"parameters": list(query)}
        schema = {"type": "object", "properties": {"id": NUMBER, **properties}}
        of_list = {"type": "array", "items": schema}
        listed["responses"]["200"]["content"]["application/json"]["schema"] = of_list
        for one in (listed, made["paths"][f"/{name}s/{{id}}"]["get"]):
            one["responses"]["403"] = {"description": "Not for this role."}
    return Contract(made)


@pytest.mark.parametrize(("denied", "rules"), [("", []), ("parts", []), ("parts crates", ["valid-request-rejected"])])
def test_a_role_may_not_read_a_collection_but_not_none_at_all(denied: str, rules: list[str]) -> None:
    contract = stock({"count": {"type": "integer"}})

    assert list(found(Stock(denied), contract, [users.read_only])) == rules


@pytest.mark.parametrize(("kind", "rules"), [({"type": "string"}, ["filter-misses-items"]), ({"type": "integer"}, [])])
def test_a_search_finds_a_resource_by_a_text_that_it_has(kind: Json, rules: list[str]) -> None:
    search = {"name": "search", "in": "query", "schema": {"type": "string"}, "description": "Words to search for."}

    assert list(found(Stock(), stock({"label": kind}, [search]), [filtering.searched])) == rules
