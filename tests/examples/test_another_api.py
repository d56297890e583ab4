"""A public API of somebody else: mocked and judged by its document alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator

DOCUMENT = "node_modules/@figma/rest-api-spec/openapi/openapi.yaml"


def wrong(document: dict[str, Any], path: str, status: str, body: Any) -> list[str]:
    """What another validator than ours says against a body; `path` is the contract's."""
    operation = document["paths"][path]["get"]["responses"][status]
    pointer = f"#/paths/{path.replace('/', '~1')}/get/responses/{status}"
    if "$ref" in operation:
        pointer = operation["$ref"]
    validator = OAS31Validator({**document, "$ref": f"{pointer}/content/application~1json/schema"})
    return [error.message for error in validator.iter_errors(body)]


@pytest.mark.needs("bash", "npm", "curl", "sed", "mkfifo")
def test_the_mock_conforms_to_the_document_and_the_gate_passes(follow) -> None:
    result = follow("another-api")

    assert re.findall(r"^exit code (\d)", result.printed, re.M) == ["0", "1"]
    statuses = dict(re.findall(r"^([\w-]+): (\d{3})$", result.printed, re.M))
    assert statuses == {
        "me": "200", "meta": "200", "meta-again": "200", "unknown-file": "404", "versions": "200", "busy": "429",
        "forbidden": "403", "before": "200", "renamed": "200",
    }  # fmt: skip
    responses = {
        path.stem: json.loads(path.read_text("utf-8")) for path in (result.folder / "responses").glob("*.json")
    }
    document = yaml.safe_load((result.folder / DOCUMENT).read_text("utf-8"))
    paths = {"me": "/v1/me", "busy": "/v1/me", "forbidden": "/v1/me", "versions": "/v1/files/{file_key}/versions"}
    for name, body in responses.items():
        assert wrong(document, paths.get(name, "/v1/files/{file_key}/meta"), statuses[name], body) == [], name
    assert responses["meta"] == responses["meta-again"] == responses["before"]
    changed = responses["renamed"] | {
        "file": responses["renamed"]["file"] | {"name": responses["meta"]["file"]["name"]}
    }
    assert changed == responses["meta"]
    assert responses["renamed"] != responses["meta"]


def test_the_document_is_pinned_and_not_kept_here() -> None:
    folder = Path(__file__).resolve().parents[2] / "examples" / "another-api"
    locked = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]

    assert {name: "resolved" in each for name, each in locked.items() if name} == {
        "node_modules/@figma/rest-api-spec": False
    }
