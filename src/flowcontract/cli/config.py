"""The configuration file: `flowcontract.toml`, or `[tool.flowcontract]` in `pyproject.toml`.

A table has the name of a command and holds its options by their names; the command line replaces them. `spec`,
`allow-refs` and `database` at the top are for every command. Paths are relative to the file. The file holds no secrets:
`token-env = "NAME"` names the environment variable that does.
"""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flowcontract.cli.parser import Append, Parser, takes_path
from flowcontract.errors import FlowContractError, UsageError
from flowcontract.http.secret_detection import is_secret
from flowcontract.openapi import discovery, parameter_values
from flowcontract.text import nearest

SHARED = ("spec", "allow-refs", "database")
"""Keys at the top of the file: defaults of every command that has the option."""
SECRETS = ("token", "token-none", "other-token", "read-only-token", "auth", "token-b", "token-none-b")
"""Options whose value is a secret: the file names an environment variable instead."""
PAIRS = {"api-key": "=", "header": ":"}
"""Repeatable options with a name and a secret value."""
_CHECKING = ("gate", "explain", "fuzz", "replay", "campaigns", "proxy")
"""Commands that use the rules of a project, from the modules in `[gate] plugins`."""
_SEVERITIES = ("off", "warning", "failure")


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; empty where there is none."""

    path: Path | None = None
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call the file."""
        return "" if self.path is None else os.path.relpath(self.path)

    def table(self, command: str) -> Mapping[str, Any]:
        """The options of one command, with `-` in their names."""
        return {key.replace("_", "-"): value for key, value in self.content.get(command, {}).items()}

    def spec(self, command: str) -> str | None:
        """The contract that the file names for a command, as seen from the current folder; None for none."""
        text = self.table(command).get("spec", self.content.get("spec"))
        return self.located(text) if isinstance(text, str) else None

    def error(self, what: str, *, do: str = "Fix the file.") -> UsageError:
        """An error about the file."""
        return UsageError(f"{self.name}: {what}", do=do)

    def located(self, text: str) -> str:
        """A path of the file as seen from the current folder; a URL, an origin and `-` stay as they are."""
        if self.path is None or text == "-" or "://" in text or os.path.isabs(text):  # noqa: PTH117
            return text
        return os.path.relpath(self.path.parent / text)


def load(given: str | None, folder: Path) -> Config:
    """The configuration in a file, or of a folder. Raises UsageError for unknown tables and keys."""
    path = Path(given) if given is not None else discovery.configuration_of(folder)
    if path is None:
        return Config()
    import tomllib  # Most mocks start without a file.

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.", do="Check the path.") from error
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise UsageError(
            f"{os.path.relpath(path)} is not valid TOML: {error}.", do="Check the quotes and brackets there."
        ) from error
    if path.name == "pyproject.toml":
        tools = content.get("tool")
        content = tools.get("flowcontract", {}) if isinstance(tools, Mapping) else {}
    config = Config(path, content)
    if not isinstance(content, Mapping):
        raise config.error(f"expected a table [tool.flowcontract], got {type(content).__name__}.")
    _check_names(config)
    return replace(config, content={key.replace("_", "-"): value for key, value in content.items()})


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of the configuration file; a test keeps it equal to what the commands declare."""
    text = files("flowcontract").joinpath("schemas/config.schema.json").read_text("utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


def _check_names(config: Config) -> None:
    known = schema()["properties"]
    for key, value in config.content.items():
        name = key.replace("_", "-") if key not in known else key
        if name not in known:
            kind = "table" if isinstance(value, Mapping) else "key"
            raise config.error(f"unknown {kind} {key!r}.{nearest(key, known)}")
        inner = known[name]
        if inner.get("type") != "object":
            continue
        if not isinstance(value, Mapping):
            raise config.error(f"expected a table [{key}], got {type(value).__name__}.")
        for part in value if inner.get("additionalProperties") is False else ():
            option = part.replace("_", "-")
            if option not in inner["properties"]:
                if option in SECRETS:
                    raise config.error(
                        f"[{key}] {part}: secrets do not belong in the file.",
                        do=f'Name an environment variable instead: {option}-env = "NAME".',
                    )
                raise config.error(f"unknown key {part!r} in [{key}].{nearest(option, inner['properties'])}")


def apply(config: Config, parser: Parser, command: str) -> None:
    """Make the values of the file the defaults of a parser. Raises UsageError for a value that an option rejects."""
    table = config.table(command)
    if command in _CHECKING:
        # A campaign names its modules itself: one that cannot be imported must not hide the other campaigns.
        _load_plugins(config, () if command == "campaigns" else plugins(config))
    options = {_key(action): action for action in parser.declared if action.option_strings or action.dest == "url"}
    defaults = {}
    shared = {key: config.content[key] for key in SHARED if key in config.content}
    for key, value in {**shared, **table}.items():
        action = options.get(key)
        if action is not None and not key.endswith("-env"):
            defaults[action.dest] = _value(config, f"[{command}] {key}" if key in table else key, action, value)
            action.required = False
    parser.set_defaults(**defaults)
    for child in parser.actions.values():
        child.set_defaults(**{key.replace("-", "_"): _shared(config, key, value) for key, value in shared.items()})


def plugins(config: Config) -> list[str]:
    """The modules that add rules."""
    names = config.table("gate").get("plugins")
    return [] if names is None else _strings(config, "[gate] plugins", names)


def complete(config: Config, arguments: argparse.Namespace, command: str) -> None:
    """Add what the command line does not replace but adds to: parameters, severities of rules, secrets."""
    table, given = config.table(command), vars(arguments)
    if "parameters" in table:
        configured = _parameters(config, f"[{command}.parameters]", table["parameters"])
        named = {value.name for value in arguments.param}
        arguments.param = [*(value for value in configured if value.name not in named), *arguments.param]
    if command in ("gate", "fuzz"):
        arguments.rule = [*_severities(config, config.content.get("rules", {})), *arguments.rule]
    for option in SECRETS:
        variable, dest = table.get(f"{option}-env"), option.replace("-", "_")
        if variable and given.get(dest) is None and not (option == "token" and given.get("token_file")):
            setattr(arguments, dest, _secret(config, f"[{command}] {option}-env", option, variable))
    for option, separator in PAIRS.items():
        dest = option.replace("-", "_")
        variables = table.get(f"{option}-env", {})
        if not isinstance(variables, Mapping):
            raise config.error(f"[{command}] {option}-env: expected a table of names and environment variables.")
        if not variables:
            continue
        named = {name.lower() for name, _ in given[dest]}
        source = f"[{command}] {option}-env"
        more = [
            (name, _secret(config, source, f"{option} {name}{separator}…", variable))
            for name, variable in variables.items()
            if name.lower() not in named
        ]
        setattr(arguments, dest, [*given[dest], *more])


def _secret(config: Config, source: str, option: str, variable: Any) -> str:
    """The value of an environment variable that the file names. Raises UsageError if it is not set."""
    name = _string(config, source, variable)
    if not os.environ.get(name):
        raise config.error(
            f"{source}: the environment variable {name} is not set.", do=f"Set it, or pass --{option} instead."
        )
    return os.environ[name]


def described(config: Config, command: str) -> str:
    """One line for `--verbose`: the file, and the options that it sets."""
    if config.path is None:
        return "configuration: none\n"
    names = [key for key in SHARED if key in config.content] + list(config.table(command))
    return f"configuration: {config.name} sets {', '.join(names) or 'nothing for this command'}\n"


def _key(action: argparse.Action) -> str:
    name = next((each for each in action.option_strings if each.startswith("--")), action.dest)
    return name.removeprefix("--")


def _value(config: Config, source: str, action: argparse.Action, value: Any) -> Any:
    """A value of the file as the option reads it from the command line."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise config.error(f"{source}: expected true or false.")
        return value
    if isinstance(action, Append):
        return [_read(config, source, action, each) for each in (value if isinstance(value, list) else [value])]
    return _read(config, source, action, value)


def _read(config: Config, source: str, action: argparse.Action, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise config.error(f"{source}: expected a string or a number.")
    if takes_path(action) and not isinstance(value, str):
        raise config.error(f"{source}: expected a path, got {value}.")
    text = config.located(str(value)) if takes_path(action) else str(value)
    _require_no_secret(config, source, action, text)
    if action.choices is not None and text not in action.choices:
        choices = ", ".join(action.choices)
        raise config.error(f"{source}: expected one of {choices}, got {text!r}.{nearest(text, action.choices)}")
    try:
        return action.type(text) if callable(action.type) else text
    except (argparse.ArgumentTypeError, ValueError, FlowContractError) as error:
        raise config.error(f"{source}: {str(error).rstrip('.')}.") from error


def _require_no_secret(config: Config, source: str, action: argparse.Action, text: str) -> None:
    name = text.partition(":")[0].strip() if action.dest == "header" else ""
    if action.dest == "api_key" or (name and (is_secret(name) or name.lower() in ("authorization", "cookie"))):
        raise config.error(
            f"{source}: secrets do not belong in the file.",
            do=f'Name an environment variable instead: {_key(action)}-env = {{ "{name or "SCHEME"}" = "NAME" }}.',
        )
    if action.dest == "url" and urlsplit(text).password:
        raise config.error(f"{source}: passwords do not belong in the file.", do="Use auth-env.")


def _shared(config: Config, key: str, value: Any) -> Any:
    if key == "allow-refs":
        return [config.located(text) for text in _strings(config, key, value)]
    path = config.located(_string(config, key, value))
    return Path(path) if key == "database" else path


def _parameters(config: Config, source: str, table: Any) -> list[parameter_values.ParameterValue]:
    """`NAME = VALUE`, `"OPERATION:NAME" = VALUE` or `"path:PATTERN:NAME" = VALUE`; a list gives several values."""
    if not isinstance(table, Mapping):
        raise config.error(f"{source}: expected a table of names and values.")
    found = []
    for name, value in table.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                raise config.error(f"{source} {name}: expected a string or a number.")
            found.append(parameter_values.parse(f"{name}={each}"))
    return found


def _severities(config: Config, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    from flowcontract.checks.registry import RULES

    for name, severity in table.items():
        if name not in RULES:
            hint = nearest(name, RULES) or " `flowcontract explain` lists all rules."
            raise config.error(f"[rules]: unknown rule {name!r}.{hint}")
        if severity not in _SEVERITIES:
            raise config.error(f'[rules] {name}: expected "off", "warning" or "failure".')
    return [(name, str(severity)) for name, severity in table.items()]


def _load_plugins(config: Config, modules: Sequence[str]) -> None:
    """Import modules that add rules; they may be next to the file."""
    if config.path is not None and (folder := str(config.path.parent.resolve())) not in sys.path:
        sys.path.insert(0, folder)
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise config.error(f"[gate] plugins: cannot import {name!r}: {error}.", do="Check the name.") from error
        except FlowContractError:
            raise
        except Exception as error:
            raise config.error(
                f"[gate] plugins: cannot import {name!r}: {type(error).__name__}: {error}.",
                do=f"Run `python -c 'import {name}'` for the traceback.",
            ) from error


def _strings(config: Config, source: str, value: Any) -> list[str]:
    return [_string(config, source, each) for each in (value if isinstance(value, list) else [value])]


def _string(config: Config, source: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise config.error(f"{source}: expected a string.")
    return value
