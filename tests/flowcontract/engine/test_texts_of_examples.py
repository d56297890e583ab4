"""Resources that only the texts of the contract's examples can create, and that actions take from state to state."""

import json
import re
from typing import Any

from tests.faulty_servers.crud.messages import NOTHING, Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Json = dict[str, Any]
LANGUAGE = {"type": "string", "pattern": "^[a-z]{2}$"}
NEW = {
    "type": "object",
    "required": ["language", "size"],
    "properties": {"language": {**LANGUAGE, "example": "en"}, "size": {"type": "integer", "minimum": 1}},
}
PART = {
    "type": "object",
    "required": ["id", "language", "size", "state"],
    "properties": {
        **NEW["properties"],
        "id": {"type": "integer"},
        "state": {"type": "string", "enum": ["open", "started", "finished"]},
    },
}
CHANGE = {"type": "object", "minProperties": 1, "properties": {"size": {"type": "integer", "minimum": 1}}}
PATTERN = re.compile(r"/v1/parts(?:/([0-9]{1,9}))?(?:/(finish|start))?")
NEEDED = {"finish": "started", "start": "open"}


def _contract(new: Json) -> Contract:
    parts = {"New": new, "Part": PART, "Change": CHANGE}
    schemas = {name: {**one, "additionalProperties": False} for name, one in parts.items()}

    def operation(name: str, status: str, what: str = "", sent: str = "") -> Json:
        media = {each: {"application/json": {"schema": {"$ref": f"#/components/schemas/{each}"}}} for each in schemas}
        done = {"description": "Done.", **({"content": media[what]} if what else {})}
        body = {"requestBody": {"required": True, "content": media[sent]}} if sent else {}
        error = {"description": "Not possible."}
        errors = dict.fromkeys(("400", "404", "405", "409", "415", "422"), error)
        return {"operationId": name, "responses": {status: done, **errors}, **body}

    one = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}
    item = {
        "get": operation("part", "200", "Part"),
        "patch": operation("change", "200", "Part", "Change"),
        "delete": operation("drop", "204"),
    }
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Parts", "version": "1"},
            "servers": [{"url": "/v1"}],
            "paths": {
                "/parts": {"post": operation("add", "201", "Part", "New")},
                "/parts/{id}": one | item,
                "/parts/{id}/finish": one | {"post": operation("finish", "200", "Part")},
                "/parts/{id}/start": one | {"post": operation("start", "200", "Part")},
            },
            "components": {"schemas": schemas},
        }
    )


class Parts:
    """Parts are in English, started before they are finished, and changed while they are open."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows: dict[int, Json] = {}
        self.last = 0

    def __call__(self, request: Request) -> Response:
        path = PATTERN.fullmatch(request.path)
        if path is None or (path[1] and int(path[1]) not in self.rows):
            return Response(404, {})
        row, action = self.rows.get(int(path[1] or 0)), path[2] or ""
        allowed = {"POST"} if action or row is None else {"GET", "HEAD", "PATCH", "DELETE"}
        if request.method not in allowed:
            return Response(405, {}, {"Allow": ", ".join(sorted(allowed))})
        if row is not None and action:
            if row["state"] != NEEDED[action]:
                return Response(409, {})
            row["state"] = f"{action}ed"
        elif row is not None and request.method == "DELETE":
            del self.rows[row["id"]]
            return Response(204, NOTHING)
        elif request.method in ("POST", "PATCH"):
            return self._write(request, row)
        return Response(200, row)

    def _write(self, request: Request, row: Json | None) -> Response:
        if request.header("content-type") != "application/json":
            return Response(415, {})
        try:
            sent = json.loads(request.body)
        except ValueError:
            return Response(400, {})
        names = {"language", "size"} if row is None else {"size"}
        is_valid = isinstance(sent, dict) and sent.keys() == names
        is_valid = is_valid and type(sent["size"]) in (int, float) and sent["size"] == int(sent["size"]) > 0
        if not is_valid or sent.get("language", "en") != "en":
            return Response(422, {"error": "English only"})
        if row is None and self.last >= self.most:
            return Response(409, {"error": "no more parts"})
        if row is not None and row["state"] != "open":
            return Response(409, {})
        if row is None:
            self.last += 1
            row = self.rows[self.last] = {"id": self.last, "state": "open"}
        row |= {**sent, "size": int(sent["size"])}
        return Response(200 if request.method == "PATCH" else 201, row)


def _run(new: Json, most: int = 10_000) -> RunResult:
    contract = _contract(new)
    with running(Parts(most)) as url:
        options = engine.Options(profile="quick", allow_unsafe=True)
        return engine.run(contract, Target.at(url, contract.base_path), options)


def test_sequences_use_the_texts_of_examples_where_others_are_rejected() -> None:
    result = _run(NEW)

    assert [note for note in result.notes if note.startswith(("No sequences", "Not tested"))] == []
    assert {each.operation for each in result.coverage if each.tested} >= {"add", "change", "start", "finish"}
    assert [(one.rule, one.failure.message) for one in result.open_findings] == []


def test_a_note_says_why_there_are_no_sequences() -> None:
    result = _run(NEW, most=1)

    why = 'no valid creation succeeded: POST /parts was rejected with 409: {"error": "no more parts"}'
    assert f"No sequences with parts: {why}." in result.notes
