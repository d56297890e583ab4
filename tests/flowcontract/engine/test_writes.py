"""Sequences on a server of tools and loans, whose rules are about other resources and about dates."""

import copy
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response

from flowcontract.engine.phases.sequences import removing
from flowcontract.openapi.contract import Contract

from .test_sequences import fleet, found

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
