"""A small API in another style than the catalogue's: IDs chosen by clients, bare arrays, offsets, links, merge patches.

Shelves are replaced with PUT and have books; a book stands at a path of its own, in an envelope, and is locked by a
version in its body. Deleted shelves answer 410.
"""

import json
from typing import Any

from tests.faulty_servers.crud.messages import Request, Response

Json = dict[str, Any]
ERROR = {"description": "Not possible.", "content": {"application/json": {"schema": {"type": "object"}}}}


def _responses(status: str, schema: Json | None, *errors: str, headers: Json | None = None) -> Json:
    success: Json = {"description": "Done.", **({"headers": headers} if headers else {})}
    if schema is not None:
        success["content"] = {"application/json": {"schema": schema}}
    return {status: success, **dict.fromkeys(errors, ERROR)}


def _body(schema: Json, media: str = "application/json") -> Json:
    return {"required": True, "content": {media: {"schema": schema}}}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


SHELF = {"$ref": "#/components/schemas/Shelf"}
BOOK = {"$ref": "#/components/schemas/Book"}
CHANGE = {"$ref": "#/components/schemas/BookChange"}
ONE_BOOK = {"type": "object", "required": ["data"], "properties": {"data": BOOK}}
SLUG = {"type": "string", "pattern": "^[a-z0-9-]+$", "minLength": 1, "maxLength": 40}
NAME = {"name": "shelfSlug", "in": "path", "required": True, "schema": SLUG}
NUMBER = {"name": "bookNumber", "in": "path", "required": True, "schema": {"type": "integer"}}
DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/shelves": {
            "get": {
                "operationId": "shelves",
                "parameters": [
                    _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 20, "default": 5}),
                ],
                "responses": _responses("200", {"type": "array", "items": SHELF}, "400"),
            },
            "post": {
                "operationId": "addShelf",
                "requestBody": _body(SHELF),
                "responses": _responses("201", SHELF, "400", "409"),
            },
        },
        "/shelves/{shelfSlug}": {
            "parameters": [NAME],
            "get": {"operationId": "shelf", "responses": _responses("200", SHELF, "404", "410")},
            "put": {
                "operationId": "setShelf",
                "requestBody": _body(SHELF),
                "responses": _responses("200", SHELF, "400", "404", "410"),
            },
            "delete": {"operationId": "dropShelf", "responses": _responses("204", None, "404", "410")},
        },
        "/shelves/{shelfSlug}/books": {
            "parameters": [NAME],
            "get": {
                "operationId": "books",
                "parameters": [
                    _query("after", {"type": "integer", "minimum": 0}),
                    _query("size", {"type": "integer", "minimum": 1, "maximum": 20, "default": 5}),
                    _query("genre", {"type": "string", "enum": ["prose", "verse"]}),
                ],
                "responses": _responses(
                    "200",
                    {
                        "type": "object",
                        "properties": {
                            "data": {"type": "array", "items": BOOK},
                            "links": {"type": "object", "properties": {"next": {"type": ["string", "null"]}}},
                        },
                    },
                    *("400", "404", "410"),
                ),
            },
            "post": {
                "operationId": "addBook",
                "requestBody": _body({"$ref": "#/components/schemas/NewBook"}),
                "responses": _responses("201", ONE_BOOK, "400", "404", "410"),
            },
        },
        "/books/{bookNumber}": {
            "parameters": [NUMBER],
            "get": {"operationId": "book", "responses": _responses("200", ONE_BOOK, "404")},
            "patch": {
                "operationId": "changeBook",
                "requestBody": _body(CHANGE, "application/merge-patch+json"),
                "responses": _responses("200", ONE_BOOK, "400", "404", "409"),
            },
            "delete": {"operationId": "dropBook", "responses": _responses("204", None, "404")},
        },
    },
    "components": {
        "schemas": {
            "Shelf": {
                "type": "object",
                "required": ["slug", "label"],
                "properties": {
                    "slug": SLUG,
                    "label": {"type": "string", "minLength": 1, "maxLength": 60},
                    "width": {"type": ["integer", "null"], "minimum": 1, "maximum": 300},
                },
            },
            "NewBook": {
                "type": "object",
                "required": ["title"],
                "additionalProperties": False,
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 100},
                    "genre": {"type": "string", "enum": ["prose", "verse"], "default": "prose"},
                },
            },
            "BookChange": {
                "type": "object",
                "required": ["version"],
                "additionalProperties": False,
                "properties": {
                    "version": {"type": "integer", "minimum": 1},
                    "title": {"type": "string", "minLength": 1, "maxLength": 100},
                    "genre": {"type": "string", "enum": ["prose", "verse"]},
                },
            },
            "Book": {
                "type": "object",
                "required": ["number", "title", "genre", "version", "shelf"],
                "properties": {
                    "number": {"type": "integer", "readOnly": True},
                    "title": {"type": "string"},
                    "genre": {"type": "string"},
                    "version": {"type": "integer"},
                    "shelf": {"type": "string", "readOnly": True},
                },
            },
        }
    },
}


class Failed(Exception):
    """Ends a request with an error response."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Library:
    """The server. A fault is a subclass that replaces a method."""

    def __init__(self) -> None:
        self.shelves: dict[str, Json] = {"hall": {"slug": "hall", "label": "Hall", "width": None}}
        self.gone: set[str] = set()
        self.books: dict[int, Json] = {}
        self.last = 0

    def __call__(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        parts = request.path.removeprefix("/v1/").split("/")
        try:
            return self.answer(method, parts, dict(request.query), request.body)
        except Failed as problem:
            return Response(problem.status, {"message": "Not possible."})

    def answer(self, method: str, parts: list[str], query: Json, body: bytes) -> Response:
        match parts:
            case ["shelves"]:
                known = {"GET": lambda: self.list_shelves(query), "POST": lambda: self.add_shelf(body)}
            case ["shelves", slug]:
                known = {
                    "GET": lambda: Response(200, self.shelf(slug)),
                    "PUT": lambda: self.set_shelf(slug, body),
                    "DELETE": lambda: self.drop_shelf(slug),
                }
            case ["shelves", slug, "books"]:
                known = {"GET": lambda: self.list_books(slug, query), "POST": lambda: self.add_book(slug, body)}
            case ["books", number] if number.isdecimal():
                known = {
                    "GET": lambda: Response(200, {"data": self.book(int(number))}),
                    "PATCH": lambda: self.change_book(int(number), body),
                    "DELETE": lambda: self.drop_book(int(number)),
                }
            case _:
                raise Failed(404)
        if method not in known:
            return Response(405, {"message": "Not here."}, {"Allow": ", ".join(known)})
        return known[method]()

    # --- shelves ------------------------------------------------------------------------------------------------------

    def shelf(self, slug: str) -> Json:
        if slug in self.gone:
            raise Failed(410)
        if slug not in self.shelves:
            raise Failed(404)
        return self.shelves[slug]

    def list_shelves(self, query: Json) -> Response:
        start, size = whole(query, "offset", 0, 0, 10**9), whole(query, "limit", 5, 1, 20)
        return Response(200, list(self.shelves.values())[start : start + size])

    def add_shelf(self, body: bytes) -> Response:
        shelf = checked("Shelf", body)
        if shelf["slug"] in self.shelves or shelf["slug"] in self.gone:
            raise Failed(409)
        self.shelves[shelf["slug"]] = {"width": None, **shelf}
        return Response(201, self.shelves[shelf["slug"]], {"Location": f"/v1/shelves/{shelf['slug']}"})

    def set_shelf(self, slug: str, body: bytes) -> Response:
        self.shelf(slug)
        shelf = checked("Shelf", body)
        if shelf["slug"] != slug:
            raise Failed(400)
        self.shelves[slug] = {"width": None, **shelf}
        return Response(200, self.shelves[slug])

    def drop_shelf(self, slug: str) -> Response:
        self.shelf(slug)
        del self.shelves[slug]
        self.gone.add(slug)
        self.books = {number: book for number, book in self.books.items() if book["shelf"] != slug}
        return Response(204)

    # --- books --------------------------------------------------------------------------------------------------------

    def book(self, number: int) -> Json:
        if number not in self.books:
            raise Failed(404)
        return self.books[number]

    def list_books(self, slug: str, query: Json) -> Response:
        self.shelf(slug)
        after, size = whole(query, "after", 0, 0, 10**9), whole(query, "size", 5, 1, 20)
        if query.get("genre") not in (None, "prose", "verse"):
            raise Failed(400)
        chosen = [book for number, book in self.books.items() if number > after and self.is_listed(book, slug, query)]
        page = chosen[:size]
        link = f"/v1/shelves/{slug}/books?after={page[-1]['number']}&size={size}" if len(chosen) > size else None
        return Response(200, {"data": page, "links": {"next": link}})

    def is_listed(self, book: Json, slug: str, query: Json) -> bool:
        return book["shelf"] == slug and query.get("genre") in (None, book["genre"])

    def add_book(self, slug: str, body: bytes) -> Response:
        self.shelf(slug)
        book = checked("NewBook", body)
        self.last += 1
        self.books[self.last] = {"number": self.last, "genre": "prose", **book, "version": 1, "shelf": slug}
        return Response(201, {"data": self.books[self.last]}, {"Location": f"/v1/books/{self.last}"})

    def change_book(self, number: int, body: bytes) -> Response:
        book, change = self.book(number), checked("BookChange", body)
        if not self.is_current(book, change):
            raise Failed(409)
        self.books[number] = {**book, **change, "version": book["version"] + 1}
        return Response(200, {"data": self.books[number]})

    def is_current(self, book: Json, change: Json) -> bool:
        return bool(change["version"] == book["version"])

    def drop_book(self, number: int) -> Response:
        self.book(number)
        del self.books[number]
        return Response(204)


def whole(query: Json, name: str, default: int, least: int, most: int) -> int:
    """A number of the query."""
    text = str(query.get(name, default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Failed(400)
    return int(text)


def checked(name: str, body: bytes) -> Json:
    """A body that is valid for a schema of the document."""
    import jsonschema_rs

    try:
        value = json.loads(body)
    except ValueError:
        raise Failed(400) from None
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    try:
        valid = jsonschema_rs.is_valid(schema, value)
    except ValueError:
        valid = False
    if not valid:
        raise Failed(400)
    found: Json = value
    return found
