"""`spec/` says what the published page says, and what was added says so."""

import base64
import copy
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

SPEC = Path(__file__).resolve().parents[2] / "spec"
Fact = tuple[str, ...]


def unpacked(path: Path) -> dict[str, Any]:
    """The operation on a published page, unpacked here by hand: the test does not trust the capture."""
    text = path.read_text(encoding="utf-8")
    packed = re.search(r"^api: (\S+)$", text, re.M)
    assert packed is not None
    operation: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed[1])))
    return operation


@pytest.fixture(scope="module")
def pages() -> list[dict[str, Any]]:
    """The operations on the published pages."""
    return [unpacked(path) for path in sorted((SPEC / "pages").glob("*.mdx"))]


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = documents.read(SPEC / "openapi.yaml")
    return found


def facts_of_schema(schema: Any, root: dict[str, Any], *at: str) -> Iterator[Fact]:
    """Every constraint in a schema as a line: where it holds, its keyword, its value."""
    while "$ref" in schema:
        schema = root["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for keyword, value in schema.items():
        if keyword == "properties":
            for name, part in value.items():
                yield (*at, "property", name)
                yield from facts_of_schema(part, root, *at, name)
        elif keyword in ("items", "additionalProperties") and isinstance(value, dict):
            yield (*at, keyword)
            yield from facts_of_schema(value, root, *at, keyword)
        elif keyword in ("allOf", "oneOf", "anyOf"):
            for part in value:
                yield from facts_of_schema(part, root, *at)
        elif keyword in ("enum", "required"):
            yield from ((*at, keyword, json.dumps(item)) for item in value)
        elif keyword not in ("description", "title"):
            yield (*at, keyword, json.dumps(value))


def facts_of_operation(operation: dict[str, Any], root: dict[str, Any]) -> set[Fact]:
    """Every constraint of an operation: parameters, statuses, media types, schemas, security."""
    facts: set[Fact] = {("operationId", operation["operationId"])}
    facts |= {("tag", tag) for tag in operation["tags"]}
    facts |= {("security", json.dumps(alternative)) for alternative in operation["security"]}
    for parameter in operation["parameters"]:
        at = ("parameter", parameter["in"], parameter["name"])
        facts |= {at, (*at, "required", str(parameter.get("required", False)))}
        facts |= set(facts_of_schema(parameter["schema"], root, *at))
    for status, answer in operation["responses"].items():
        facts.add(("status", status))
        for media, content in answer.get("content", {}).items():
            facts |= {("status", status, media), *facts_of_schema(content["schema"], root, "status", status, media)}
    return {(operation["operationId"], *fact) for fact in facts}


def facts_of_page(page: dict[str, Any]) -> set[Fact]:
    facts = facts_of_operation(page, {})
    facts |= {("at", page["path"], page["method"]), ("info", page["info"]["title"], page["info"]["version"])}
    facts |= {("server", server["url"]) for server in page["servers"]}
    return facts | {
        ("scheme", name, key, json.dumps(value))
        for name, scheme in page["securitySchemes"].items()
        for key, value in scheme.items()
    }


def facts_of_document(document: dict[str, Any]) -> set[Fact]:
    facts: set[Fact] = {("info", document["info"]["title"], document["info"]["version"])}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            facts |= {("at", path, method), *facts_of_operation(operation, document)}
    facts |= {("server", server["url"]) for server in document["servers"]}
    return facts | {
        ("scheme", name, key, json.dumps(value))
        for name, scheme in document["components"]["securitySchemes"].items()
        for key, value in scheme.items()
    }


def test_every_constraint_of_the_pages_is_in_the_contract(
    pages: list[dict[str, Any]], document: dict[str, Any]
) -> None:
    on_the_page = set().union(*map(facts_of_page, pages))

    assert len(on_the_page) > 100
    assert on_the_page <= facts_of_document(document)


def test_the_captured_document_has_exactly_the_facts_of_the_pages(pages: list[dict[str, Any]]) -> None:
    captured = documents.read(SPEC / "captured" / "2024.8.1.yaml")

    assert facts_of_document(captured) == set().union(*map(facts_of_page, pages))


def without(document: dict[str, Any], *keys: Any) -> dict[str, Any]:
    """A copy of the document with one element taken out."""
    changed = copy.deepcopy(document)
    node: Any = changed
    for key in keys[:-1]:
        node = node[key]
    if isinstance(node, list) and isinstance(keys[-1], str):
        node.remove(keys[-1])
    else:
        del node[keys[-1]]
    return changed


SCHEMAS = ("components", "schemas")
FLOW = (*SCHEMAS, "Flow", "properties")
OPERATION = ("paths", "/flows/instances/{slug}/", "get")


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ((*SCHEMAS, "FlowDesignationEnum", "enum", "recovery"), "recovery"),
        ((*SCHEMAS, "AuthenticationEnum", "enum", "require_outpost"), "require_outpost"),
        ((*SCHEMAS, "Flow", "required", "title"), "required"),
        ((*FLOW, "slug", "pattern"), "pattern"),
        ((*FLOW, "slug", "maxLength"), "maxLength"),
        ((*FLOW, "pk", "format"), "format"),
        ((*FLOW, "pk", "readOnly"), "readOnly"),
        ((*FLOW, "cache_count", "type"), "type"),
        ((*FLOW, "stages", "items", "format"), "format"),
        ((*FLOW, "denied_action"), "denied_action"),
        ((*SCHEMAS, "ValidationError", "additionalProperties"), "additionalProperties"),
        ((*OPERATION, "parameters", 0, "required"), "required"),
        ((*OPERATION, "parameters", 0), "slug"),
        ((*OPERATION, "responses", "403"), "403"),
        ((*OPERATION, "security", 0), "security"),
        (("components", "securitySchemes", "authentik", "scheme"), "scheme"),
        (("servers", 0), "/api/v3/"),
    ],
)
def test_a_constraint_that_is_dropped_is_missed(
    keys: tuple[Any, ...], missing: str, pages: list[dict[str, Any]], document: dict[str, Any]
) -> None:
    lost = set().union(*map(facts_of_page, pages)) - facts_of_document(without(document, *keys))

    assert lost
    assert any(missing in part for fact in lost for part in fact)


def test_what_is_not_captured_says_where_it_comes_from(document: dict[str, Any]) -> None:
    captured = documents.read(SPEC / document["x-flowcontract-captured"])
    provenance = document["x-flowcontract-provenance"]

    unexplained = [place for place in additions(captured, document) if place not in provenance]

    assert [
        place for place in unexplained if not place.startswith(("/x-flowcontract-captured", "/x-flowcontract-p"))
    ] == []
    assert all((SPEC / origin).exists() for origin in provenance.values())


def additions(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """The places of `after` that `before` does not have, or has otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in after.items():
            place = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in before:
                yield place
            else:
                yield from additions(before[key], value, place)
    elif isinstance(before, list) and isinstance(after, list):
        for index, value in enumerate(after):
            if index >= len(before):
                yield f"{at}/{index}"
            else:
                yield from additions(before[index], value, f"{at}/{index}")
    elif before != after:
        yield at


def test_the_contract_is_valid_for_any_openapi_tool(document: dict[str, Any]) -> None:
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


def test_every_example_file_is_in_the_contract() -> None:
    operation = Contract.load().operation("flows_instances_retrieve")

    files = {path.stem for path in (SPEC / "examples").glob("*.yaml")}
    assert len(files) == 13
    assert set(operation.example_path_values()) == files
    assert set(operation.parameters[0].examples) == files


def test_every_example_is_its_own_flow() -> None:
    success = Contract.load().operation("flows_instances_retrieve").success()
    assert success is not None

    for name, example in success.media["application/json"].examples.items():
        assert example.value["slug"] == name
        assert example.value["export_url"] == f"/api/v3/flows/instances/{name}/export/"


def test_what_the_server_does_beyond_the_page_is_documented_as_observed(document: dict[str, Any]) -> None:
    operation = Contract(document).operation("flows_instances_retrieve")

    assert set(operation.responses) == {"200", "400", "403", "404", "405", "406"}
    assert set(operation.responses["404"].media) == {"application/json", "text/html"}
    assert operation.responses["405"].headers["allow"].required
    assert operation.volatile == ("/cache_count",)
    assert [invariant.left for invariant in operation.invariants] == [
        "$response.body#/slug",
        "$response.body#/export_url",
    ]
