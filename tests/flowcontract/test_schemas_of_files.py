"""The JSON Schemas that editors read say what the readers of the files accept."""

import contextlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flowcontract.cli import config_schema
from flowcontract.errors import MockError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract, carried
from flowmock.profiles import profile
from flowmock.scenarios import definitions

ROOT = Path(__file__).resolve().parents[2]
VALUES: dict[str, Any] = {
    "code": 404, "example": "x", "body": {}, "merge": {}, "patch": [], "headers": {}, "media": "text/plain",
    "omit-default-headers": True, "delay": 1, "fault": "reset", "items": 0,
}  # fmt: skip
CONDITIONS: dict[str, Any] = {
    "operation": "flows_instances_retrieve", "method": "GET", "path": {"slug": "x"}, "raw-path": "/x",
    "query": {"a": "b"}, "header": {"a": "b"}, "role": "all", "token": "x", "session": "x", "body": {}, "call": 1,
    "normally": 404,
}  # fmt: skip


def schema(name: str) -> dict[str, Any]:
    return json.loads(files("flowcontract").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))


def test_the_schema_of_the_configuration_is_that_of_the_options() -> None:
    text = files("flowcontract").joinpath("schemas/config.schema.json").read_text("utf-8")

    assert text == config_schema.text(), "run `python -m flowcontract.cli.config_schema` and write the file anew"


@pytest.mark.parametrize("path", sorted(carried("scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_scenarios_are_valid(path: Path) -> None:
    jsonschema.validate(documents.read(path), schema("scenarios"))


@pytest.mark.parametrize("path", sorted(carried("profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_profiles_are_valid(path: Path) -> None:
    jsonschema.validate(documents.read(path), schema("profile"))


def test_the_waivers_of_the_example_are_valid() -> None:
    read = documents.read(ROOT / "examples" / "ci" / "waivers.yaml")
    jsonschema.validate(json.loads(json.dumps(read, default=str)), schema("waivers"))


def test_every_part_of_a_scenario_in_the_schema_is_read(tmp_path: Path) -> None:
    parts = schema("scenarios")["$defs"]
    assert parts["response"]["properties"].keys() == VALUES.keys()
    assert parts["when"]["properties"].keys() == CONDITIONS.keys()

    def load(scenario: Any) -> None:
        (tmp_path / "states.yaml").write_text(json.dumps({"one": scenario}))
        definitions.load(tmp_path / "states.yaml", [Contract.load()])

    for name, value in VALUES.items():
        load({"response": {name: value}})
    for name, value in CONDITIONS.items():
        load({"when": {name: value}, "response": {"code": 404}})
    for unknown in ({"when": {"x": 1}, "response": {"code": 404}}, {"response": {"x": 1}}, {"response": {}, "x": 1}):
        with pytest.raises(MockError):
            load(unknown)


@pytest.mark.parametrize(
    ("scenario", "is_valid"),
    [
        ({"when": {"path": {"slug": 5}, "query": {"page": [1, True]}}, "response": {"delay": 0.5}}, True),
        ({"response": {"delay": "1"}}, False),
        ({"response": {"delay": 61}}, False),
        ({"when": {"call": 1}, "rules": [{"response": {"code": 404}}]}, False),
    ],
)
def test_the_schema_of_scenarios_accepts_what_is_read(scenario: Any, is_valid: bool, tmp_path: Path) -> None:
    (tmp_path / "states.yaml").write_text(json.dumps({"one": scenario}))
    invalid = contextlib.nullcontext() if is_valid else pytest.raises((MockError, jsonschema.ValidationError))

    with invalid:
        definitions.load(tmp_path / "states.yaml", [Contract.load()])
    with invalid:
        jsonschema.validate({"one": scenario}, schema("scenarios"))


def test_every_part_of_a_profile_in_the_schema_is_read(tmp_path: Path) -> None:
    def read(text: dict[str, Any]) -> None:
        (tmp_path / "profile.yaml").write_text(json.dumps(text))
        profile.read(tmp_path / "profile.yaml")

    for name, part in schema("profile")["properties"].items():
        for key in part.get("properties", {}):
            read({name: {key: None}}) if key not in ("pattern", "segment") else read({name: {key: "x"}})
        if part.get("additionalProperties") is False:
            with pytest.raises(MockError):
                read({name: {"no-such-key": 1}})
    with pytest.raises(MockError):
        read({"no-such-key": 1})
