"""Schemas are compiled when they are needed, each with what it refers to, and mean the same as all together."""

import json
from typing import Any

import pytest

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.normalization import from_json, normalize, to_json

LEAF, TREE = ({"$ref": f"#/components/schemas/{name}"} for name in ("Leaf", "Tree"))
SCHEMAS: dict[str, Any] = {
    "Tree": {"type": "object", "properties": {"leaf": LEAF, "below": TREE}},
    "Leaf": {"type": "object", "required": ["color"], "properties": {"color": {"enum": ["green", "red"]}}},
    "Forest": {"type": "array", "items": {"$ref": "#/components/schemas/Tree/properties/leaf"}},
    "Number": {"type": "integer", "minimum": 3},
    **{f"Other{number}": {"type": "string", "maxLength": number} for number in range(40)},
}
INSTANCES = [{"leaf": {"color": "blue"}}, {"below": {"leaf": {"color": "red"}}}, [{"color": "red"}], [{}], 2, 3, "abc"]


def contract(**schemas: Any) -> Contract:
    return Contract(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, "components": {"schemas": schemas}}
    )


def results(read: Contract, names: list[str]) -> dict[str, list[bool]]:
    return {
        name: [read.schemas.is_valid(f"/components/schemas/{name}", instance) for instance in INSTANCES]
        for name in names
    }


@pytest.mark.parametrize("names", [list(SCHEMAS), list(SCHEMAS)[::-1], ["Forest", "Number", "Other2", "Tree", "Leaf"]])
def test_the_order_of_asking_changes_nothing(names: list[str]) -> None:
    together = contract(**SCHEMAS)
    assert together.problems == ()  # Compiles all of them.

    assert results(contract(**SCHEMAS), names) == results(together, names)


def test_a_schema_is_compiled_with_what_it_refers_to_alone() -> None:
    compiled = contract(**SCHEMAS).schemas.compiled("response")

    assert set(compiled.part("/components/schemas/Forest").root["$defs"]) == {
        f"/components/schemas/{name}" for name in ("Forest", "Tree", "Leaf")
    }
    for name in SCHEMAS:  # What has cost as much as all together is compiled together.
        last = compiled.part(f"/components/schemas/{name}")
    assert len(last.root["$defs"]) <= len(SCHEMAS)


def test_a_normalized_document_is_the_same_after_it_was_written() -> None:
    node = {"$ref": "#/x-apart/Node"}
    response = {"description": "", "content": {"text/x": {"schema": node}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"responses": {"200": response}}}},
        "x-apart": {"Node": {"nullable": True, "type": "object", "properties": {"next": node}}},
        "components": {"schemas": {"Gone": {"$ref": "#/nowhere"}}},
    }
    normalized = normalize(document)

    assert from_json(json.loads(json.dumps(to_json(normalized)))) == normalized
    assert normalized.problems
