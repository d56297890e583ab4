"""The settings of the mock: one table that feeds the command line, the environment, the file and the documentation.

What is said on the command line goes before `FLOWCONTRACT_*` variables, these before `flowcontract.toml`.
"""

import argparse
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError

FILE = "flowcontract.toml"
"""Read from the current folder; its table `[mock]` holds the settings by the names of their options."""
_SPOKEN = {
    **dict.fromkeys(("on", "yes", "true", "1"), True),
    **dict.fromkeys(("off", "no", "false", "0"), False),
}


def _setting(default: Any, help_text: str, metavar: str = "") -> Any:
    return field(default=default, metadata={"help": help_text, "metavar": metavar})


@dataclass(frozen=True, slots=True)
class Settings:
    """How the mock serves; what it serves is the contract's. Each field is an option of the same name."""

    spec: tuple[str, ...] = _setting((), "OpenAPI document to serve, repeatable (the project's own contract)", "FILE")
    release: tuple[str, ...] = _setting(
        (),
        "release whose contract to serve; of several, each is served under its name (/2025.12.2); list shows them",
        "NAME",
    )
    host: str = _setting("127.0.0.1", "address to listen on", "HOST")
    port: int = _setting(8000, "port to listen on, 0 for a free one", "PORT")
    token: tuple[str, ...] = _setting(
        (),
        "token to accept, repeatable: VALUE may view everything, VALUE:none nothing, VALUE:key,key only these; "
        "without any, every token may view everything",
        "VALUE[:ROLE]",
    )
    profile: str = _setting("", "server profile, by name or file (the one that the contract names)", "NAME")
    scenario: tuple[str, ...] = _setting((), "scenario to begin with, repeatable", "NAME")
    scenario_file: tuple[str, ...] = _setting((), "file with scenarios of your own, repeatable", "FILE")
    cors: bool = _setting(True, "answer browsers of other origins as they need it")
    admin: bool = _setting(True, "offer the journal, the scenarios and the console under /__mock__/")
    dynamic: bool = _setting(False, "generate answers rather than serve examples")
    seed: int = _setting(0, "what generated answers grow from", "N")
    param: tuple[str, ...] = _setting(
        (),
        "existing value of a path parameter, for paths without examples, repeatable; without any, every value exists",
        "[OPERATION:]NAME=VALUE",
    )
    stateful: bool = _setting(False, "remember what is created, changed and deleted, in memory")
    watch: bool = _setting(True, "serve changed documents without a restart")
    journal: int = _setting(1000, "exchanges to remember", "N")
    workers: int = _setting(1, "processes that serve; several share what they remember through --store", "N")
    store: str = _setting("", "Redis that workers share, such as redis://127.0.0.1:6379/0", "URL")

    def __post_init__(self) -> None:
        """Raises UsageError for a number that cannot be."""
        if not 0 <= self.port <= 65535:
            raise UsageError(f"a port from 0 to 65535 was expected, not {self.port}.", do="Choose another port.")
        if self.journal < 0:
            raise UsageError(f"a number of exchanges was expected, not {self.journal}.", do="Choose 0 or more.")
        if self.workers < 1:
            raise UsageError(f"a number of workers was expected, not {self.workers}.", do="Choose 1 or more.")
        if self.workers > 1 and not self.store:
            raise UsageError(
                f"{self.workers} workers need a store that they share: scenarios, journal and changed data are in it.",
                do="Name a Redis by --store redis://HOST:PORT/0, or serve with one worker.",
            )


FIELDS = {each.name: each for each in dataclasses.fields(Settings)}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"FLOWCONTRACT_{name.upper()}"


def option(name: str) -> str:
    """The option of a setting on the command line."""
    return f"--{name.replace('_', '-')}"


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give a parser an option for each setting, and `--config`."""
    for name, each in FIELDS.items():
        text = f"{each.metadata['help']}{_shown(each.default)} [{variable(name)}]".replace("%", "%%")
        if isinstance(each.default, bool):
            parser.add_argument(option(name), action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            action = "append" if isinstance(each.default, tuple) else "store"
            parser.add_argument(option(name), action=action, metavar=each.metadata["metavar"], help=text)
    parser.add_argument("--config", metavar="FILE", help=f"file to read settings from (./{FILE} where there is one)")


def table() -> str:
    """The settings as a Markdown table, for the documentation."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    for name, each in FIELDS.items():
        spoken = option(name) if not isinstance(each.default, bool) else f"{option(name)}, --no-{option(name)[2:]}"
        metavar = f" {each.metadata['metavar']}" if each.metadata["metavar"] else ""
        default = _shown(each.default).strip(" ()")
        rows.append(f"| `{spoken}{metavar}` | `{variable(name)}` | {default} | {each.metadata['help']} |")
    return "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return f" ({'on' if default else 'off'})"
    return "" if default in ((), "") else f" ({default})"


def resolve(arguments: argparse.Namespace, environment: Mapping[str, str], folder: Path) -> Settings:
    """The settings from the command line, the environment and the file, in this order of rank.

    Raises UsageError that names the source of a value that cannot be, and of a key that is not known.
    """
    values: dict[str, Any] = {}
    given = getattr(arguments, "config", None)
    path = Path(given) if given is not None else folder / FILE
    if given is not None or path.is_file():
        values |= dict(_from_file(path))
    for name in FIELDS:
        text = environment.get(variable(name))
        if text is not None and text != "":
            values[name] = _read(name, text.split() if _is_list(name) else text, variable(name))
        said = getattr(arguments, name, None)
        if said is not None:
            values[name] = _read(name, said, option(name))
    return Settings(**values)


def _from_file(path: Path) -> Iterator[tuple[str, Any]]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no valid TOML: {error}.", do="Mend the file.") from error
    mock = table.get("mock", {})
    if not isinstance(mock, Mapping):
        raise UsageError(f"{path}: a table [mock] was expected.", do="Mend the file.")
    for key, value in mock.items():
        name = key.replace("-", "_")
        if name not in FIELDS:
            import difflib

            near = difflib.get_close_matches(name, FIELDS, n=1) or [", ".join(FIELDS)]
            raise UsageError(f"{path}: [mock] has no setting {key!r}; {near[0]} it has.", do="Mend the file.")
        yield name, _read(name, value, f"{path}, [mock] {name}")


def _is_list(name: str) -> bool:
    return isinstance(FIELDS[name].default, tuple)


def _read(name: str, value: Any, source: str) -> Any:
    """A value as the type of its setting. The value itself is not told: it may be a token."""
    default = FIELDS[name].default
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, Iterable) and all(isinstance(item, str) and item for item in items):
            return tuple(items)
        raise _wrong(source, "texts that are not empty were")
    if isinstance(default, bool):
        return value if isinstance(value, bool) else on_or_off(str(value), source)
    if isinstance(default, int):
        try:
            return int(str(value))
        except ValueError as error:
            raise _wrong(source, "a whole number was") from error
    if not isinstance(value, str):
        raise _wrong(source, "a text was")
    return value


def on_or_off(text: str, source: str) -> bool:
    """Read `on`, `yes`, `true`, `1` and their opposites. Raises UsageError that names the source of anything else."""
    if text.lower() not in _SPOKEN:
        raise _wrong(source, "on or off was")
    return _SPOKEN[text.lower()]


def _wrong(source: str, expected: str) -> UsageError:
    return UsageError(f"{source}: {expected} expected.", do="Correct it.")
