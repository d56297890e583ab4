"""Bodies and queries refer to what exists: to what the run created, else to what a list shows."""

import copy
import json
import re
from typing import Any, ClassVar

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.engine.phases import generated
from flowcontract.generation.references import References
from flowcontract.generation.resources import Resources
from flowcontract.http.messages import json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .shop import DOCUMENT, NUMBER, Shop

Json = dict[str, Any]


def _document(*, creates_authors: bool = True) -> Json:
    """Books have an author, lists are filtered by it, and a rejected creation is not documented."""
    document = copy.deepcopy(DOCUMENT)
    book = document["components"]["schemas"]["Book"]
    book["properties"]["author"] = NUMBER
    book["required"].append("author")
    paths = document["paths"]
    del paths["/books/"]["post"]["responses"]["400"]
    paths["/books/"]["get"]["parameters"] = [{"name": "author", "in": "query", "schema": NUMBER}]
    for path in [path for path in paths if path not in ("/authors/", "/authors/{id}/", "/books/", "/books/{id}/")]:
        del paths[path]
    for method in () if creates_authors else ("post", "put", "patch", "delete"):
        paths["/authors/"].pop(method, None)
        paths["/authors/{id}/"].pop(method, None)
    return document


class Bookshop(Shop):
    """Books can be created, with an author who exists; what was sent is kept."""

    kinds: ClassVar[dict[str, dict[str, type]]] = {**Shop.kinds, "books": {"title": str, "copies": int, "author": int}}

    def __init__(self) -> None:
        super().__init__()
        for rows in (self.rows, self.seeded):
            for book in rows["books"].values():
                book["author"] = 1
        self.created: list[Json] = []
        self.queries: list[str] = []
        self.changes: list[Any] = []

    def __call__(self, request: Request) -> Response:
        self.queries += [value for key, value in request.query if key == "author"]
        body = json_or_none(request.body)
        if "/books/" in request.path and request.method in ("POST", "PUT", "PATCH") and isinstance(body, dict):
            self.changes += [body] if request.method != "POST" else []
            author = body.get("author")
            if type(author) is int and author not in self.rows["authors"]:
                return Response(400, {"author": "There is no such author."})
        return super().__call__(request)

    def _all(self, request: Request, name: str, of: Any = None) -> Response:
        if name != "books" or request.method != "POST":
            return super()._all(request, name, of)
        response = self._create(request, "books")
        self.created += [response.json] if response.status == 201 else []
        return response


def _run(shop: Bookshop, contract: Contract, **options: Any) -> Any:
    with running(shop) as url:
        target = Target.at(url, contract.base_path)
        return engine.run(contract, target, engine.Options(time_limit=120, **options))


def _tested(result: Any, operation: str) -> bool:
    return next(item.tested for item in result.coverage if item.operation == operation)


def test_a_first_creation_refers_to_what_the_run_created() -> None:
    shop = Bookshop()

    result = _run(shop, Contract(_document()), profile="quick", allow_unsafe=True)

    assert _tested(result, "create_books")
    assert shop.created[0]["author"] == 6
    assert shop.rows == shop.seeded


def test_where_none_can_be_created_it_refers_to_what_a_list_shows() -> None:
    shop = Bookshop()

    result = _run(shop, Contract(_document(creates_authors=False)), profile="quick", allow_unsafe=True)

    assert _tested(result, "create_books")
    assert {body["author"] for body in shop.created} <= set(shop.seeded["authors"])


def test_it_refers_to_what_a_list_shows_that_is_not_selected() -> None:
    shop = Bookshop()
    shop.rows["authors"] = {number + 7000: {**row, "id": number + 7000} for number, row in shop.rows["authors"].items()}

    result = _run(shop, Contract(_document()), profile="quick", allow_unsafe=True, operations=("create_books",))

    assert _tested(result, "create_books")
    assert {body["author"] for body in shop.created} <= set(shop.rows["authors"])


def test_a_rejected_body_that_refers_to_nothing_known_is_a_note_and_no_finding() -> None:
    shop = Bookshop()
    shop.rows["authors"].clear()
    shop.rows["books"].clear()

    result = _run(
        shop, Contract(_document(creates_authors=False)), profile="quick", allow_unsafe=True, allow_partial=True
    )

    assert not _tested(result, "create_books")
    shown = [finding for finding in result.findings if "create_books" in finding.operations]
    assert [finding.rule for finding in shown] == []
    assert any(
        "no existing resource is known that its body could refer to with author" in note for note in result.notes
    )


def test_lists_are_filtered_by_ids_that_exist() -> None:
    shop = Bookshop()

    _run(shop, Contract(_document()), profile="quick")

    assert {"1", "2"} <= set(shop.queries)


def test_generated_bodies_and_queries_refer_to_what_exists_in_most_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    # What Hypothesis draws depends on the modules that other tests have imported: many cases even it out.
    monkeypatch.setattr(generated, "_MOST", 60)
    shop, operations = Bookshop(), ("list_authors", "list_books", "create_books")

    _run(shop, Contract(_document(creates_authors=False)), profile="full", allow_unsafe=True, operations=operations)

    known = [value for value in shop.queries if value in {"1", "2", "3", "4", "5"}]
    assert len(known) > 10
    assert len(shop.created) > 5


def test_a_reference_that_is_invalid_is_sent_as_it_is() -> None:
    shop = Bookshop()

    result = _run(shop, Contract(_document()), profile="quick", allow_unsafe=True)

    sent = [body["author"] for body in shop.changes if isinstance(body, dict) and "author" in body]
    assert None in sent
    assert 1.5 in sent
    accepted = [finding for finding in result.findings if finding.rule == "invalid-input-accepted"]
    assert not [finding for finding in accepted if finding.operations != ("list_books",)]


def test_a_script_creates_what_its_requests_refer_to() -> None:
    class Forgetful(Bookshop):
        """A change of a book is accepted and not stored."""

        def _one(self, request: Request, name: str, number: int) -> Response:
            before = copy.deepcopy(self.rows["books"].get(number))
            response = super()._one(request, name, number)
            if name == "books" and request.method == "PATCH" and before is not None:
                self.rows["books"][number] = before
            return response

    result = _run(Forgetful(), Contract(_document()), profile="quick", allow_unsafe=True)

    found = next(finding for finding in result.findings if finding.rule == "stored-value-differs")
    commands = [line for line in found.script.splitlines() if line.startswith("response=")]
    assert "-X POST" in commands[0]
    assert "/v1/authors/" in commands[0]
    assert "/v1/books/" in commands[1]
    assert """"author": '"${value_1}"'""" in commands[1]


def test_names_are_those_of_a_collection_or_its_ids() -> None:
    contract = Contract(_document())
    resources = Resources(contract, {})
    references = References(contract.operations.values(), resources)
    resources.learn(contract.operation("list_authors"), {}, [{"id": 3}])

    assert references.values("author", {"type": "integer"}) == [3]
    assert references.values("author_id", {"type": "string"}) == ["3"]
    assert references.values("authorId", {"type": ["integer", "null"]}) == [3]
    assert references.values("author_ids", {"type": "array", "items": {"type": "integer"}}) == [[3]]
    assert references.values("authors", {"type": "array", "items": {"type": "integer"}}) == [[3]]
    assert references.values("first_author", {"type": "integer"}) == [3]
    assert references.values("first_author_id", {"type": "integer"}) == [3]
    assert references.values("author", {"type": "string"}) == []
    assert references.values("sort_author", {"type": "integer"}) == []
    assert references.values("author", {"type": "object"}) == []
    assert references.values("reader", {"type": "integer"}) == []


@pytest.mark.parametrize(("pattern", "refers"), [("^[A-Z]{2,8}$", True), ("^[a-z]+$", False)])
def test_a_text_with_the_pattern_of_a_key_refers_to_what_has_it(pattern: str, *, refers: bool) -> None:
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Z]{2,8}$"}}
    body = {"type": "object", "properties": {"project": {"type": "string", "pattern": pattern}}}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Projects", "version": "1"},
            "paths": {
                "/projects/{key}": {"parameters": [key], "get": {"operationId": "project", "responses": {}}},
                "/exports": {
                    "post": {
                        "operationId": "export",
                        "requestBody": {"content": {"application/json": {"schema": body}}},
                        "responses": {},
                    }
                },
            },
        }
    )
    references = References(contract.operations.values(), Resources(contract, {}))

    assert list(references.of_body(contract.operation("export"))) == (["project"] if refers else [])


def test_objects_of_an_array_refer_to_what_exists() -> None:
    document = _document()
    book = {"type": "object", "required": ["author"], "properties": {"author": {"type": "integer", "minimum": 9}}}
    batch = {"type": "object", "required": ["books"], "properties": {"books": {"type": "array", "items": book}}}
    batch["properties"]["books"]["minItems"] = 1
    body = {"content": {"application/json": {"schema": batch}}}
    document["paths"]["/books/batch"] = {"post": {"operationId": "add_books", "requestBody": body, "responses": {}}}
    contract = Contract(document)
    resources = Resources(contract, {})
    references = References(contract.operations.values(), resources)
    resources.learn(contract.operation("list_authors"), {}, [{"id": 3}])

    made = references.valid_body(contract.operation("add_books"))

    assert made is not None
    assert json.loads(made[0]) == {"books": [{"author": 3}]}


def test_a_form_with_a_file_stays_what_was_generated() -> None:
    """Schemathesis judges a body again that is set, and takes files for invalid values."""
    form = {
        "type": "object",
        "required": ["file", "title"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "title": {"type": "string", "minLength": 1, "maxLength": 40},
        },
        "additionalProperties": False,
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Uploads", "version": "1"},
        "paths": {
            "/uploads": {
                "post": {
                    "operationId": "upload",
                    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
                    "responses": {"201": {"description": "Stored."}, "400": {"description": "Rejected."}},
                }
            }
        },
    }

    def serve(request: Request) -> Response:
        names = re.findall(rb'; name="([^"]+)"', request.body)
        title = re.search(rb'name="title"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', request.body, re.DOTALL)
        is_valid = title is not None and sorted(names) == [b"file", b"title"]
        is_valid = is_valid and title is not None and 0 < len(title[1].decode("utf-8", "replace")) <= 40
        return Response(201 if request.method == "POST" and is_valid else 400)

    with running(serve) as url:
        found = engine.run(Contract(document), Target.at(url, ""), engine.Options(allow_unsafe=True, time_limit=60))

    assert "invalid-input-accepted" not in {each.rule for each in found.findings}
