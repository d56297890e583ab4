"""Operations are captured from a document whatever is wrong with the rest of it."""

import copy
from pathlib import Path
from typing import Any

import pytest

from flowcontract import capture
from flowcontract.errors import CaptureError
from flowcontract.openapi import documents

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/broken": {"$ref": "#/nowhere"},
        "/thing": {
            "get": {
                "operationId": "thing",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            }
        },
    },
    "components": {"schemas": {"Thing": {"type": "object"}, "Other": {"type": "nonsense"}}},
}


def capture_thing(folder: Path, **changes: Any) -> dict[str, Any]:
    """What is captured of the document with some of its fields changed."""
    path = folder / "openapi.yaml"
    documents.write(path, documents.dump({**copy.deepcopy(DOCUMENT), **changes}))
    return capture.from_schema(str(path), ["thing"]).document


@pytest.mark.parametrize(
    "changes",
    [
        {"components": {**DOCUMENT["components"], "securitySchemes": {"key": {"$ref": "#/nowhere"}, "other": 5}}},
        {"components": {**DOCUMENT["components"], "parameters": 7}},
        {"paths": {"/list": [], "/null": None, **DOCUMENT["paths"]}},
        {"webhooks": {"x": 1}, "tags": "none"},
    ],
)
def test_faults_elsewhere_do_not_count(changes: dict[str, Any], tmp_path: Path) -> None:
    assert capture_thing(tmp_path, **changes) == capture_thing(tmp_path)


def test_a_security_scheme_that_the_operation_needs_has_to_be_readable(tmp_path: Path) -> None:
    components = {**DOCUMENT["components"], "securitySchemes": {"key": {"$ref": "#/nowhere"}}}

    with pytest.raises(CaptureError, match="#/nowhere"):
        capture_thing(tmp_path, components=components, security=[{"key": []}])


def test_what_stands_beside_a_reference_is_kept(tmp_path: Path) -> None:
    schemas = {"Thing": {"$ref": "#/components/schemas/Base", "required": ["id"]}, "Base": {"type": "object"}}

    found = capture_thing(tmp_path, components={"schemas": schemas})["components"]["schemas"]

    assert found == schemas


def test_the_targets_of_a_discriminator_are_captured(tmp_path: Path) -> None:
    mapping = {"cat": "#/components/schemas/Cat", "dog": "Dog"}
    schemas: dict[str, Any] = {
        "Thing": {"type": "object", "discriminator": {"propertyName": "kind", "mapping": mapping}},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
        "Dog": {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
    }

    found = capture_thing(tmp_path, components={"schemas": schemas})["components"]["schemas"]

    assert found == dict(sorted(schemas.items()))


def test_schemas_in_other_files_become_components(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/Node"}}}
    documents.write(tmp_path / "more.yaml", documents.dump({"Node": node}))

    found = capture_thing(tmp_path, components={"schemas": {"Thing": {"$ref": "more.yaml#/Node"}}})

    assert found["components"]["schemas"] == {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        "Thing": {"$ref": "#/components/schemas/Node"},
    }
