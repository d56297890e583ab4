"""The settings of the mock: one table for the command line, the environment, the file and the documentation.

Precedence: command line, `FLOWCONTRACT_*` variables, `flowcontract.toml`.
"""

import argparse
import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.text import nearest_or_all

FILE = "flowcontract.toml"
"""Its table `[mock]` contains the settings, named like the options."""
_BOOLEANS = {
    **dict.fromkeys(("on", "yes", "true", "1"), True),
    **dict.fromkeys(("off", "no", "false", "0"), False),
}


def _setting(default: Any, help_text: str, metavar: str = "") -> Any:
    return field(default=default, metadata={"help": help_text, "metavar": metavar})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the mock. Each field is an option with the same name."""

    spec: tuple[str, ...] = _setting(
        (),
        "OpenAPI document to serve; repeatable (default: openapi.yaml or .json in the current folder, spec/ or docs/; "
        "otherwise the bundled contract)",
        "FILE|URL|-",
    )
    overlay: tuple[str, ...] = _setting(
        (), "OpenAPI Overlay 1.0 to apply to the document; repeatable, in order", "FILE"
    )
    examples: str = _setting("", "folder of examples to add to the document, one per file", "DIR")
    allow_refs: tuple[str, ...] = _setting(
        (), "also read $ref targets below this folder or origin; repeatable", "DIR|ORIGIN"
    )
    release: tuple[str, ...] = _setting(
        (),
        "release of the contract to serve; repeatable, each under its own prefix (/2025.12.2); `list` shows all",
        "NAME",
    )
    host: str = _setting("127.0.0.1", "address to listen on", "HOST")
    port: int = _setting(8000, "port to listen on; 0 picks a free port", "PORT")
    token: tuple[str, ...] = _setting(
        (),
        "token to accept; repeatable. TOKEN may view everything, TOKEN:none nothing, TOKEN:ID,ID only these resources "
        "(default: any token is accepted and may view everything)",
        "TOKEN[:ROLE]",
    )
    server_profile: str = _setting(
        "",
        "how the server behaves where the contract says nothing: a name or a file (default: named by the contract)",
        "NAME",
    )
    scenario: tuple[str, ...] = _setting((), "scenario to activate at start; repeatable", "NAME")
    scenario_file: tuple[str, ...] = _setting((), "YAML file with your own scenarios; repeatable", "FILE")
    cors: bool = _setting(True, "send CORS headers, so that pages of other origins can call the mock")
    admin: bool = _setting(True, "serve the console and the admin API under /__mock__/")
    dynamic: bool = _setting(False, "generate responses even if the contract has examples")
    seed: int = _setting(0, "random seed for generated responses", "N")
    today: str = _setting(
        "", "date around which dates are generated, or `now` for the current date (default: 2026-01-01)", "DATE"
    )
    param: tuple[str, ...] = _setting(
        (),
        "existing value of a path parameter, for operations without examples; repeatable (default: every value exists)",
        "[OPERATION:]NAME=VALUE",
    )
    stateful: bool = _setting(False, "keep created, changed and deleted resources in memory")
    watch: bool = _setting(True, "reload changed documents and scenario files")
    journal: int = _setting(1000, "number of exchanges to keep", "N")

    def __post_init__(self) -> None:
        """Raises UsageError for a number out of range. A single text or path is a list of one."""
        for name in _LISTS:
            value = getattr(self, name)
            several = (value,) if isinstance(value, str | os.PathLike) else value
            object.__setattr__(self, name, tuple(map(os.fspath, several)))
        if not 0 <= self.port <= 65535:
            raise UsageError(f"expected a port from 0 to 65535, got {self.port}.", do="Choose another port.")
        if self.journal < 0:
            raise UsageError(f"expected a number of exchanges, got {self.journal}.", do="Use 0 or more.")
        if self.today not in ("", "now") and not _is_date(self.today):
            raise UsageError(f"expected a date, got {self.today!r}.", do="Use a date such as 2026-12-31, or now.")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


FIELDS = {each.name: each for each in dataclasses.fields(Settings)}
_LISTS = tuple(name for name, each in FIELDS.items() if isinstance(each.default, tuple))


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"FLOWCONTRACT_{name.upper()}"


def option(name: str) -> str:
    """The option of a setting on the command line."""
    return f"--{name.replace('_', '-')}"


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting to a parser."""
    for name, each in FIELDS.items():
        default = f" (default: {_shown(each.default)})" if _shown(each.default) else ""
        text = f"{each.metadata['help']}{default} [{variable(name)}]".replace("%", "%%")
        if isinstance(each.default, bool):
            parser.add_argument(option(name), action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            action = "append" if isinstance(each.default, tuple) else "store"
            parser.add_argument(option(name), action=action, metavar=each.metadata["metavar"], help=text)


def table() -> str:
    """The settings as a Markdown table, for the documentation."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    for name, each in FIELDS.items():
        options = option(name) if not isinstance(each.default, bool) else f"{option(name)}, --no-{option(name)[2:]}"
        # An unescaped "|" would end the cell, even in code.
        metavar = f" {each.metadata['metavar']}".replace("|", "\\|") if each.metadata["metavar"] else ""
        default = _shown(each.default)
        rows.append(f"| `{options}{metavar}` | `{variable(name)}` | {default} | {each.metadata['help']} |")
    return "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return "" if default in ((), "") else str(default)


def resolve(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    table: Mapping[str, Any] = MappingProxyType({}),
    *,
    source: str = FILE,
) -> Settings:
    """The settings from the command line, the environment and a table of a file, in this order of precedence.

    `source`: the file, for messages. Raises UsageError with the source of an invalid value or an unknown setting.
    """
    values: dict[str, Any] = dict(_from_table(table, source))
    for name in FIELDS:
        text = environment.get(variable(name))
        if text is not None and text != "":
            values[name] = _read(name, text.split() if _is_list(name) else text, variable(name))
        argument = getattr(arguments, name, None)
        if argument is not None:
            values[name] = _read(name, argument, option(name))
    return Settings(**values)


def _from_table(table: Mapping[str, Any], source: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in FIELDS:
            raise UsageError(f"{source}: unknown setting {key!r} in [mock].", do=nearest_or_all(name, FIELDS))
        yield name, _read(name, value, f"{source}, [mock] {name}")


def _is_list(name: str) -> bool:
    return name in _LISTS


def _read(name: str, value: Any, source: str) -> Any:
    """A value in the type of its setting. Errors do not contain the value: it may be a token."""
    default = FIELDS[name].default
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and all(isinstance(item, str) and item for item in items):
            return tuple(items)
        raise _invalid(source, "a non-empty string or a list of them")
    if isinstance(default, bool):
        return value if isinstance(value, bool) else on_or_off(str(value), source)
    if isinstance(default, int):
        try:
            return int(str(value))
        except ValueError as error:
            raise _invalid(source, "an integer") from error
    if isinstance(value, date):  # TOML has dates.
        return value.isoformat()
    if not isinstance(value, str):
        raise _invalid(source, "a string")
    return value


def on_or_off(value: str, source: str) -> bool:
    """Read `on`, `yes`, `true`, `1` and their opposites. Raises UsageError with the source for anything else."""
    if value.lower() not in _BOOLEANS:
        raise _invalid(source, "on or off")
    return _BOOLEANS[value.lower()]


def _invalid(source: str, expected: str) -> UsageError:
    return UsageError(f"{source}: expected {expected}.", do="Fix the value.")
