"""The JSON Schema of the configuration file, derived from what the commands declare.

`python -m flowcontract.cli.config_schema` prints it; `schemas/config.schema.json` is this text.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowcontract.cli import commands, config, options
from flowcontract.cli.parser import Append

_LEFT_OUT = frozenset({"help", "config", "debug", "verbose", "plan", "resume", "output", "write_baseline"})
"""Options that are for one call only."""
_STRING = {"type": "string"}
_STRINGS = {"anyOf": [_STRING, {"type": "array", "items": _STRING}]}
_VALUES = {"type": ["string", "number"]}
_VARIABLES = {"type": "object", "additionalProperties": _STRING}
_SHARED: Mapping[str, Any] = {
    "spec": {**_STRING, "description": "OpenAPI document: the contract of every command"},
    "allow-refs": {**_STRINGS, "description": "also read $ref targets below these folders or origins"},
    "database": {**_STRING, "description": "campaign database of every command"},
    "rules": {
        "type": "object",
        "description": "severity of each rule, by its ID",
        "additionalProperties": {"enum": ["off", "warning", "failure"]},
    },
}


def schema() -> dict[str, Any]:
    """The schema: the shared keys, and one table for each command that has options."""
    tables = {name: _table(name) for name in commands.COMMANDS if name != "mock"}
    tables["mock"] = _mock()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flowcontract.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {**_SHARED, **{name: table for name, table in tables.items() if table["properties"]}},
    }


def _table(command: str) -> dict[str, Any]:
    parser = commands.parser_of(command)
    properties: dict[str, Any] = {}
    for action in parser.declared:
        name = next((each[2:] for each in action.option_strings if each.startswith("--")), "")
        if not name and action.dest == "url" and action.nargs == "?":
            name = "url"
        if not name or action.dest in _LEFT_OUT or action.help == argparse.SUPPRESS:
            continue
        if name in config.SECRETS:
            properties[f"{name}-env"] = {**_STRING, "description": f"environment variable with the {_plain(action)}"}
            continue
        if name in config.PAIRS and action.type is not None:  # `verify --header` is no credential.
            properties[f"{name}-env"] = {**_VARIABLES, "description": "environment variables by name"}
        if name != "api-key":
            properties[name] = {**_type(action), "description": _text(action)}
    if "param" in properties:
        del properties["param"]
        one = {"anyOf": [_VALUES, {"type": "array", "items": _VALUES}]}
        about = "existing values of path parameters: NAME, OPERATION:NAME or path:PATTERN:NAME"
        properties["parameters"] = {"type": "object", "additionalProperties": one, "description": about}
    if command == "gate":
        del properties["rule"]
        properties["plugins"] = {**_STRINGS, "description": "Python modules that add rules"}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _mock() -> dict[str, Any]:
    from flowmock.settings import FIELDS

    types: dict[type, dict[str, Any]] = {
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        str: _STRING,
        tuple: _STRINGS,
    }
    properties = {
        name.replace("_", "-"): {**types[type(each.default)], "description": each.metadata["help"]}
        for name, each in FIELDS.items()
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type(action: argparse.Action) -> dict[str, Any]:
    if action.nargs == 0:
        return {"type": "boolean"}
    one: dict[str, Any] = _STRING if action.type in (None, Path, options.folder) else _VALUES
    if action.choices is not None:
        one = {"enum": list(action.choices)}
    return {"anyOf": [one, {"type": "array", "items": one}]} if isinstance(action, Append) else dict(one)


def _plain(action: argparse.Action) -> str:
    return str(action.help).partition(" (")[0]


def _text(action: argparse.Action) -> str:
    return str(action.help).replace("%(default)s", str(action.default)).replace("%%", "%")


def text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
