"""What is shown of a contract: where something stands, and the part of the document around it."""

from pathlib import Path
from typing import Any

import pytest

from flowcontract.openapi import documents, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Harbor", "version": "1.2", "x-own": 5},
    "x-flowcontract-server-profile": "p",
    "paths": {
        "/a/{id}": {
            "get": {
                "operationId": "a",
                "description": "Long.",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "", "content": {"text/csv": {"example": "x", "schema": {}}}}},
            }
        }
    },
    "components": {"schemas": {"A": {"type": "string", "maxLength": 5, "examples": ["x"], "enum": ["a", "b"]}}},
}


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contract:
    monkeypatch.chdir(tmp_path)
    Path("openapi.yaml").write_text(documents.dump(DOCUMENT), encoding="utf-8")
    return Contract.load(Path("openapi.yaml"))


def test_a_contract_says_what_it_is(contract: Contract) -> None:
    assert (contract.title, contract.version, contract.base_path) == ("Harbor", "1.2", "")
    assert (contract.name, contract.source) == ("openapi.yaml", Path("openapi.yaml"))
    assert contract.document == DOCUMENT
    assert contract.extension("x-flowcontract-server-profile") == "p"
    assert contract.extension("x-none") is None
    other = Contract({"openapi": "3.1.0"}, label="it")
    assert (other.title, other.version, other.name, other.source, dict(other.operations)) == ("", "", "it", None, {})


@pytest.mark.parametrize(
    ("pointer", "text"),
    [
        ("", "openapi.yaml:1 ()"),
        ("/info", "openapi.yaml:2 (/info)"),
        ("/info/version", "openapi.yaml:4 (/info/version)"),
        ("/info/none/deep", "openapi.yaml:2 (/info/none/deep)"),
        ("/none", "openapi.yaml:1 (/none)"),
        ("/paths/~1a~1{id}/get/parameters/0/in", "openapi.yaml:14 (/paths/~1a~1{id}/get/parameters/0/in)"),
    ],
)
def test_a_location_is_a_file_and_a_line(pointer: str, text: str, contract: Contract) -> None:
    assert str(contract.location(pointer)) == text


def test_without_a_file_a_location_is_a_pointer() -> None:
    assert Contract({"openapi": "3.1.0"}).location("/info") == Location("/info")
    assert str(Location("/info")) == "/info"
    assert str(Location("/info", "a.yaml", 3)) == "a.yaml:3 (/info)"


@pytest.mark.parametrize(
    ("pointer", "lines", "text"),
    [
        ("/info", 18, "info:\n  title: Harbor\n  version: '1.2'\n  x-own: 5\n"),
        ("/info/version", 18, "info:\n  version: '1.2'\n  title: Harbor\n  x-own: 5\n"),
        ("/info/none", 18, "info:\n  title: Harbor\n  version: '1.2'\n  x-own: 5\n"),
        ("/components/schemas/A/maxLength", 18, "A:\n  maxLength: 5\n  type: string\n  enum:\n  - a\n  - b\n"),
        ("/components/schemas/A/maxLength", 5, "A:\n  maxLength: 5\n  type: string\n  enum:\n  - …\n"),
        ("/components/schemas/A/examples", 4, "A:\n  examples:\n  - x\n  type: …\n…"),
        (
            "/paths/~1a~1{id}/get",
            8,
            "get:\n  operationId: a\n  parameters:\n  - …\n  responses:\n    '200': …\n",
        ),
        ("/paths/~1a~1{id}/get", 6, "get:\n  operationId: a\n  parameters:\n  - …\n  responses:\n    '200': …\n"),
        ("/paths/~1a~1{id}/get", 4, "get:\n  operationId: …\n  parameters: …\n  responses: …\n"),
        ("/paths/~1a~1{id}/get", 3, "get:\n  operationId: …\n  parameters: …\n…"),
        ("", 3, "document:\n  openapi: …\n  info: …\n…"),
    ],
)
def test_a_part_of_the_document_is_shown(pointer: str, lines: int, text: str, contract: Contract) -> None:
    assert contract.excerpt(pointer, lines) == text


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        (["a", "0", "b"], 1),
        (["a", 0, "b"], 1),
        (["c/d", "~"], 2),
        ([], {"a": [{"b": 1}], "c/d": {"~": 2}}),
    ],
)
def test_a_pointer_leads_to_a_value(tokens: list[Any], found: Any) -> None:
    document = {"a": [{"b": 1}], "c/d": {"~": 2}}

    assert pointers.get(document, tokens) == found
    assert pointers.split(pointers.join(*tokens)) == list(map(str, tokens))


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["a", "x"], "'x' is not an index of an array"),
        (["a", "-1"], "'-1' is not an index of an array"),
        (["a", "0", "b", "c"], "nothing below a int at 'c'"),
    ],
)
def test_a_pointer_that_leads_nowhere_says_why(tokens: list[str], message: str) -> None:
    with pytest.raises(LookupError) as error:
        pointers.get({"a": [{"b": 1}]}, tokens)

    assert error.value.args == (message,)


@pytest.mark.parametrize(
    ("servers", "base_path"),
    [
        ([{"url": "/v1"}, {"url": "/v2"}], "/v1"),
        ([{}], ""),
        ([{"url": "v1"}], "/v1"),
        ([{"url": "https://x.example"}], ""),
        ([{"url": "https://x.example/a b/?q#f"}], "/a b"),
        ([{"url": "/{a}/{b}/{c}", "variables": {"a": {"default": 1}, "b": {"enum": ["x"]}}}], "/1//{c}"),
        ([{"url": "https://[{host}]/v2"}], "/v2"),
        ([{"url": "//[x/v2"}], "/v2"),
        ([{"url": "[x"}], "/[x"),
        ([{"url": "127.0.0.1:8055"}], ""),
        ([{"url": "localhost:8055/v2"}], "/v2"),
        ([{"url": "{host}:{port}/v2", "variables": {"host": {"default": "h"}, "port": {"default": "80"}}}], "/v2"),
        ([{"url": "/a:1/v2"}], "/a:1/v2"),
    ],
)
def test_the_base_path_of_servers(servers: Any, base_path: str) -> None:
    assert Contract({"openapi": "3.1.0", "servers": servers}).base_path == base_path
