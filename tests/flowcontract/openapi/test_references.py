"""References to other files: read within the document's folder, named everywhere else."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract

INFO = {"title": "Harbors", "version": "1"}


def document(schema: Any, **paths: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    get = {"get": {"operationId": "boats", "responses": {"200": {"description": "", "content": content}}}}
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "paths": {"/boats": get, **paths},
        "components": {"schemas": {"Crew": {"type": "integer"}}},
    }


def is_valid(contract: Contract, instance: Any) -> bool:
    return contract.operation("boats").responses["200"].media["application/json"].is_valid(instance)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    def written(name: str, value: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return written


def test_files_refer_to_files_and_back(write: Callable[[str, Any], Path]) -> None:
    write(
        "api/schemas/boat.json",
        {
            "type": "object",
            "properties": {
                "mast": {"$ref": "parts.json#/$defs/Mast"},
                "crew": {"$ref": "../openapi.json#/components/schemas/Crew"},
            },
        },
    )
    write("api/schemas/parts.json", {"$defs": {"Mast": {"type": "number", "minimum": 1}}})
    write(
        "api/paths/oars.json",
        {"get": {"operationId": "oars", "responses": {"200": {"$ref": "../responses.json#/Oars"}}}},
    )
    write(
        "api/responses.json",
        {"Oars": {"description": "all", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    contract = Contract.load(
        write("api/openapi.json", document({"$ref": "schemas/boat.json"}, **{"/oars": {"$ref": "paths/oars.json"}}))
    )

    assert contract.problems == ()
    assert is_valid(contract, {"mast": 2, "crew": 3})
    assert not is_valid(contract, {"mast": 0})
    assert not is_valid(contract, {"crew": "three"})
    assert list(contract.operation("oars").responses["200"].media) == ["text/plain"]


def test_files_of_a_document_of_3_0_are_of_3_0(write: Callable[[str, Any], Path]) -> None:
    mast = {"type": "integer", "nullable": True, "minimum": 1, "exclusiveMinimum": True}
    crew = {"description": "", "content": {"application/json": {"schema": mast}}}
    write("parts.json", {"Mast": mast, "Crew": crew})
    oars = {"get": {"operationId": "oars", "responses": {"default": {"$ref": "parts.json#/Crew"}}}}
    api = document({"$ref": "parts.json#/Mast"}, **{"/oars": oars}) | {"openapi": "3.0.3"}

    contract = Contract.load(write("openapi.json", api))

    assert contract.problems == ()
    for name, status in (("boats", "200"), ("oars", "default")):
        media = contract.operation(name).responses[status].media["application/json"]
        assert [media.is_valid(instance) for instance in (None, 2, 1)] == [True, True, False]


def test_references_are_relative_to_the_schema_s_own_identifier(write: Callable[[str, Any], Path]) -> None:
    """JSON Schema Core 2020-12, section 8.2.1; `strict` extends the recursive schema that it refers to."""
    raft = {"$ref": "https://boats.example/strict"}
    api = document(raft)
    api["components"]["schemas"] |= {
        "Raft": {
            "$id": "https://boats.example/raft",
            "$dynamicAnchor": "raft",
            "type": "object",
            "properties": {"towed": {"type": "array", "items": {"$dynamicRef": "#raft"}}},
        },
        "Strict": {
            "$id": "https://boats.example/strict",
            "$dynamicAnchor": "raft",
            "$ref": "raft",
            "unevaluatedProperties": False,
        },
    }
    contract = Contract.load(write("openapi.json", api))
    assert not contract.problems
    assert is_valid(contract, {"towed": [{"towed": []}]})
    assert not is_valid(contract, {"towed": [{"tugged": []}]})


def test_a_reference_in_an_example_is_data(write: Callable[[str, Any], Path]) -> None:
    write("mast.json", {"type": "object"})
    link = {"value": {"$ref": "mast.json"}}
    api = document({"type": "object", "properties": {"examples": {"type": "object", "properties": link}}})
    media = api["paths"]["/boats"]["get"]["responses"]["200"]["content"]["application/json"]
    contract = Contract.load(write("openapi.json", api))
    assert not is_valid(contract, {"examples": {"value": 1}})
    media["examples"] = {"link": link}
    contract = Contract.load(write("openapi.json", api))
    examples = contract.operation("boats").responses["200"].media["application/json"].examples
    assert examples["link"].value == {"$ref": "mast.json"}


@pytest.mark.parametrize(
    "reference",
    ["../vault.json", "/etc/hostname", "https://other.example/a.json", "missing.json", "schemas/../../vault.json"],
)
def test_what_lies_elsewhere_is_named_and_not_read(reference: str, write: Callable[[str, Any], Path]) -> None:
    write("vault.json", {"const": "seventeen-left"})
    contract = Contract.load(write("api/openapi.json", document({"$ref": reference})))

    (problem,) = contract.problems
    assert repr(reference) in problem.message
    assert "seventeen-left" not in json.dumps(contract.document)
    assert is_valid(contract, "anything")


def test_a_link_out_of_the_folder_is_not_followed(write: Callable[[str, Any], Path], tmp_path: Path) -> None:
    vault = write("vault.json", {"const": 1})
    path = write("api/openapi.json", document({"$ref": "inside.json"}))
    (tmp_path / "api/inside.json").symlink_to(vault)

    assert len(Contract.load(path).problems) == 1


def test_another_place_can_be_opened(write: Callable[[str, Any], Path], tmp_path: Path) -> None:
    write("common/crew.json", {"type": "string"})
    path = write("api/openapi.json", document({"$ref": "../common/crew.json"}))

    contract = Contract.load(path, allow_refs=(str(tmp_path / "common"),))

    assert contract.problems == ()
    assert not is_valid(contract, 1)


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Any]], str]]:
    """A server of documents by path; a value that is a text is a redirect."""
    servers = []

    def started(pages: dict[str, Any]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(self.path)
                self.send_response(404 if page is None else 302 if isinstance(page, str) else 200)
                if isinstance(page, str):
                    self.send_header("Location", page)
                self.end_headers()
                if isinstance(page, bytes | dict):
                    self.wfile.write(page if isinstance(page, bytes) else json.dumps(page).encode())

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield started
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_document_at_a_url_refers_to_files_beside_it(serve: Callable[[dict[str, Any]], str]) -> None:
    url = serve({"/api/openapi.json": document({"$ref": "boat.json"}), "/api/boat.json": {"type": "string"}})

    contract = Contract.load(f"{url}/api/openapi.json")

    assert contract.problems == ()
    assert not is_valid(contract, 1)
    assert contract.name == f"{url}/api/openapi.json"


def test_a_document_at_a_url_reads_nothing_above_it(serve: Callable[[dict[str, Any]], str]) -> None:
    url = serve({"/api/openapi.json": document({"$ref": "../vault.json"}), "/vault.json": {"const": 1}})

    assert len(Contract.load(f"{url}/api/openapi.json").problems) == 1


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        ({}, "responds 404, expected a document"),
        ({"/o": b"<!doctype html><title>API</title>"}, "is an HTML or XML page"),
        ({"/o": b"[1]"}, "is an array"),
        ({"/o": b""}, "is empty"),
        ({"/o": "http://localhost:9/o"}, "redirects to another server, http://localhost:9"),
    ],
)
def test_a_url_without_a_document_is_an_error_in_one_line(
    pages: dict[str, Any], text: str, serve: Callable[[dict[str, Any]], str]
) -> None:
    with pytest.raises(ContractError, match=text) as error:
        Contract.load(serve(pages) + "/o")

    assert "\n" not in str(error.value)


def test_a_redirect_on_the_same_server_is_followed(serve: Callable[[dict[str, Any]], str]) -> None:
    assert Contract.load(serve({"/o": "/p", "/p": document({})}) + "/o").title == "Harbors"
