"""A server with data of its own: collections whose numbers overlap, an action that creates, and a nested collection.

Books cannot be created: a request that uses an author's number for a book changes existing data.
"""

import copy
import json
import re
from typing import Any, ClassVar

from tests.faulty_servers.crud.messages import NOTHING, Request, Response

Json = dict[str, Any]
NUMBER = {"type": "integer"}
ID = {"name": "id", "in": "path", "required": True, "schema": NUMBER}
ERROR = {"description": "Not possible.", "content": {"application/json": {"schema": {"type": "object"}}}}


def _object(**properties: Json) -> Json:
    schema = {"id": {**NUMBER, "readOnly": True}, **properties}
    return {"type": "object", "required": list(properties), "properties": schema}


SCHEMAS = {
    "Author": _object(name={"type": "string", "minLength": 1}),
    "Book": _object(title={"type": "string"}, copies={"type": "integer", "minimum": 0}),
    "Loan": _object(due={"type": "string", "format": "date"}),
    "Note": _object(text={"type": "string"}),
}


def _responses(status: str, schema: Json | None) -> Json:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {status: {"description": "Done.", **content}, "400": ERROR, "404": ERROR}


def _collection(name: str, what: str, *path: Json) -> Json:
    one = {"$ref": f"#/components/schemas/{what}"}
    return {
        "parameters": list(path),
        "get": {"operationId": f"list_{name}", "responses": _responses("200", {"type": "array", "items": one})},
        "post": {"operationId": f"create_{name}", "requestBody": _body(one), "responses": _responses("201", one)},
    }


def _item(name: str, what: str, *path: Json) -> Json:
    one = {"$ref": f"#/components/schemas/{what}"}
    return {
        "parameters": list(path),
        "get": {"operationId": f"get_{name}", "responses": _responses("200", one)},
        "put": {"operationId": f"put_{name}", "requestBody": _body(one), "responses": _responses("200", one)},
        "patch": {
            "operationId": f"patch_{name}",
            "requestBody": _body({"type": "object", "properties": SCHEMAS[what]["properties"]}),
            "responses": _responses("200", one),
        },
        "delete": {"operationId": f"delete_{name}", "responses": _responses("204", None)},
    }


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


LOAN = {"$ref": "#/components/schemas/Loan"}
BORROW = {"operationId": "borrow", "requestBody": _body(LOAN), "responses": _responses("201", LOAN)}
DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/authors/": _collection("authors", "Author"),
        "/authors/{id}/": _item("author", "Author", ID),
        "/authors/{id}/lend/": {"parameters": [ID], "post": {**BORROW, "operationId": "lend"}},
        "/authors/{id}/notes/": _collection("notes", "Note", ID),
        "/authors/{id}/notes/{note}/": _item("note", "Note", ID, {**ID, "name": "note"}),
        "/books/": _collection("books", "Book"),
        "/books/{id}/": _item("book", "Book", ID),
        "/books/{id}/borrow/": {"parameters": [ID], "post": BORROW},
        "/loans/": {"get": _collection("loans", "Loan")["get"]},
        "/loans/{id}/": {
            "parameters": [ID],
            "get": _item("loan", "Loan")["get"],
            "delete": _item("loan", "Loan")["delete"],
        },
    },
    "components": {"schemas": SCHEMAS},
}


class Shop:
    """The server. `rows`: by collection and ID; `seeded`: those at first; `unsafe`: requests that may change some."""

    kinds: ClassVar[dict[str, dict[str, type]]] = {
        "authors": {"name": str},
        "books": {"title": str, "copies": int},
        "loans": {"due": str},
        "notes": {"text": str},
    }

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Json]] = {
            "authors": {number: {"id": number, "name": f"Author {number}"} for number in range(1, 6)},
            "books": {number: {"id": number, "title": f"Book {number}", "copies": 2} for number in range(1, 30)},
            "loans": {number: {"id": number, "due": "2027-01-01", "of": ("books", 1)} for number in range(1, 9)},
            "notes": {number: {"id": number, "text": f"Note {number}", "of": 1} for number in range(1, 9)},
        }
        self.seeded = copy.deepcopy(self.rows)
        self.last = {name: max(rows) for name, rows in self.rows.items()}
        self.unsafe: list[tuple[str, str, int]] = []

    def __call__(self, request: Request) -> Response:
        response = self._serve(request)
        if request.method in ("POST", "PUT", "PATCH", "DELETE"):
            self.unsafe.append((request.method, request.path, response.status))
        return response

    def _serve(self, request: Request) -> Response:
        parts = re.findall(r"[^/]+", request.path.removeprefix("/v1"))
        name, rest = (parts[0], parts[1:]) if parts and parts[0] in self.rows and parts[0] != "notes" else ("", [])
        if not name or not all(part.isdecimal() for part in rest[::2]):
            return _missing()
        if len(rest) < 2:
            return self._one(request, name, int(rest[0])) if rest else self._all(request, name)
        number = int(rest[0])
        if number not in self.rows[name]:
            return _missing()
        if (name, rest[1]) in (("books", "borrow"), ("authors", "lend")) and request.method == "POST":
            return self._create(request, "loans", of=(name, number))
        if (name, rest[1]) == ("authors", "notes"):
            if len(rest) == 2:
                return self._all(request, "notes", number)
            note = self.rows["notes"].get(int(rest[2]))
            return self._one(request, "notes", note["id"]) if note and note["of"] == number else _missing()
        return _missing()

    def _all(self, request: Request, name: str, of: Any = None) -> Response:
        if request.method == "GET":
            return Response(200, [_shown(row) for row in self.rows[name].values() if of is None or row["of"] == of])
        if request.method != "POST" or name == "loans":
            return Response(405, {"detail": "Not allowed."})
        if name == "books":
            return Response(400, {"detail": "Books are bought, not created."})
        return self._create(request, name, of=of)

    def _create(self, request: Request, name: str, of: Any = None) -> Response:
        row = _read(self.kinds[name], request)
        if row is None:
            return Response(400, {"detail": "Invalid."})
        self.last[name] += 1
        self.rows[name][self.last[name]] = {"id": self.last[name], **row, **({"of": of} if of is not None else {})}
        return Response(201, _shown(self.rows[name][self.last[name]]))

    def _one(self, request: Request, name: str, number: int) -> Response:
        if number not in self.rows[name]:
            return _missing()
        if request.method == "DELETE":
            del self.rows[name][number]
            if name == "authors":  # Notes and loans are deleted with their author.
                for children, of in (("notes", number), ("loans", (name, number))):
                    self.rows[children] = {key: row for key, row in self.rows[children].items() if row["of"] != of}
            return Response(204, NOTHING)
        if request.method in ("PUT", "PATCH") and name != "loans":
            row = _read(self.kinds[name], request, partly=request.method == "PATCH")
            if row is None:
                return Response(400, {"detail": "Invalid."})
            self.rows[name][number] |= row
        elif request.method != "GET":
            return Response(405, {"detail": "Not allowed."})
        return Response(200, _shown(self.rows[name][number]))


def _shown(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "of"}


def _missing() -> Response:
    return Response(404, {"detail": "Not found."})


def _read(kinds: dict[str, type], request: Request, *, partly: bool = False) -> Json | None:
    """The valid members of a body; None for an invalid one."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or any(type(body.get(key, kind())) is not kind for key, kind in kinds.items()):
        return None
    if body.get("name") == "" or ("copies" in kinds and body.get("copies", 0) < 0):
        return None
    if "due" in kinds and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])", body.get("due", "2027-01-01")):
        return None
    row = {key: body[key] for key in kinds if key in body}
    return row if partly or len(row) == len(kinds) else None
