"""A list that has numbers as texts violates its schema: neither its order nor its values are wrong as well."""

import json
from typing import Any

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.engine.phases import sequences, success
from flowcontract.engine.phases.sequences import changing, filtering
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PARCEL = {
    "type": "object",
    "required": ["code", "weight"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "code": {"type": "string", "maxLength": 80},
        "weight": {"type": "number", "minimum": 1, "maximum": 1000},
        "fragile": {"type": "boolean"},
    },
}


def _document() -> dict[str, Any]:
    def content(schema: Any) -> dict[str, Any]:
        return {"description": "Done.", "content": {"application/json": {"schema": schema}}}

    body = {"required": True, "content": {"application/json": {"schema": PARCEL}}}
    parameters = [
        {"name": "sort", "in": "query", "schema": {"enum": ["weight", "-weight"]}},
        {"name": "fragile", "in": "query", "schema": {"type": "boolean"}},
    ]
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    gone = {"404": {"description": "There is none."}}
    all_of_them = {"type": "array", "items": PARCEL}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parcels", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": {
            "/parcels": {
                "get": {"parameters": parameters, "responses": {"200": content(all_of_them)}},
                "post": {"requestBody": body, "responses": {"201": content(PARCEL)}},
            },
            "/parcels/{id}": {
                "parameters": [number],
                "get": {"responses": {"200": content(PARCEL), **gone}},
                "patch": {"requestBody": body, "responses": {"200": content(PARCEL), **gone}},
                "delete": {"responses": {"204": {"description": "Deleted."}, **gone}},
            },
        },
    }


class Parcels:
    """Stores, sorts and filters parcels as documented, but lists all of their values as texts."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.last = 0

    def __call__(self, request: Request) -> Response:
        """The response to a request."""
        part = request.path.removeprefix("/v1/parcels").strip("/")
        if not part and request.method == "POST":
            self.last += 1
            self.rows[self.last] = {**json.loads(request.body), "id": self.last}
            return Response(201, self.rows[self.last])
        if not part:
            return Response(200, self._listed(dict(request.query)))
        number = int(part) if part.isdecimal() else 0
        if number not in self.rows:
            return Response(404)
        if request.method == "DELETE":
            del self.rows[number]
            return Response(204)
        if request.method == "PATCH":
            self.rows[number] |= json.loads(request.body)
        return Response(200, self.rows[number])

    def _listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = [{**row, "fragile": str(row.get("fragile", False)).lower()} for row in self.rows.values()]
        found = [row for row in found if query.get("fragile", row["fragile"]) == row["fragile"]]
        if sort := query.get("sort"):
            found.sort(key=lambda row: float(row["weight"]), reverse=sort.startswith("-"))
        return [{**row, "weight": str(float(row["weight"]))} for row in found]


def test_texts_of_numbers_are_one_finding() -> None:
    contract = Contract(_document())
    with running(Parcels()) as url:
        target = Target.at(url, contract.base_path)
        with Sender(target, timeout=10, time_limit=100) as sender:
            session = new_session(contract, target, engine.Options(allow_unsafe=True), sender)
            success.run(session)
            sequences.run(session, 1.0, [filtering.ordered, filtering.filtered, changing.update])

    assert {one.violation.rule for one in session.occurrences} == {"schema-violation"}
