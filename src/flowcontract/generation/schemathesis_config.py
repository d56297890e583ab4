"""The user's `schemathesis.toml`: what our own phases take from it as well."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError

NAME = "schemathesis.toml"
DETERMINISTIC = ("examples", "coverage")
"""Phases that enumerate the contract: the same cases in every run."""
SEARCHING = ("stateful", "fuzzing")
"""Phases that draw from it: sequences along links, and property-based cases."""
PHASES = (*DETERMINISTIC, *SEARCHING)
_VARIABLE = re.compile(r"\$(\$(?=\{)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
"""`${NAME}` of the environment, and `$${` for a literal `${`, as Schemathesis reads them."""


@dataclass(frozen=True, slots=True)
class SchemathesisSettings:
    """Headers and credentials of the file."""

    headers: tuple[tuple[str, str], ...] = ()
    token: str | None = None
    """The token of the first scheme that has one."""
    user_password: str | None = None
    """USER:PASSWORD for HTTP Basic."""
    api_keys: Mapping[str, str] = field(default_factory=dict)
    """API keys by security scheme."""


def find() -> Path | None:
    """The file in this folder, or in one above up to the root of the repository."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if (folder / ".git").is_dir():
            break
    return None


def read(file: Path) -> dict[str, Any]:
    """The tables of a file. Raises UsageError where it cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(file, error) from error


def unreadable(file: Path | None, error: Exception) -> UsageError:
    """The error for a file that neither we nor Schemathesis can use."""
    reason = " ".join(str(error).split()).removesuffix(".")  # Schemathesis writes several lines.
    return UsageError(f"cannot read {file.name if file else NAME}: {reason}.", do="Fix the file.")


def settings() -> SchemathesisSettings:
    """Headers and credentials of the user's file; none without one. Raises UsageError."""
    file = find()
    tables = read(file) if file else {}
    auth = _table(tables.get("auth"))
    schemes = {name: _table(each) for name, each in _table(auth.get("openapi")).items()}
    basic = [each for each in (_table(auth.get("basic")), *schemes.values()) if "username" in each]
    tokens = [_text(each["bearer"]) for each in schemes.values() if "bearer" in each]
    return SchemathesisSettings(
        headers=tuple((name, _text(value)) for name, value in _table(tables.get("headers")).items()),
        token=tokens[0] if tokens else None,
        user_password=f"{_text(basic[0]['username'])}:{_text(basic[0].get('password', ''))}" if basic else None,
        api_keys={name: _text(each["api_key"]) for name, each in schemes.items() if "api_key" in each},
    )


def switched_off() -> frozenset[str]:
    """The phases of Schemathesis that the user's file leaves out, for one operation at least."""
    file = find()
    tables = read(file) if file else {}
    listed = tables.get("operations")
    operations = [_table(each) for each in listed] if isinstance(listed, list) else []
    if any(each.get("enabled") is False for each in operations):
        return frozenset(PHASES)
    all_phases = [_table(each.get("phases")) for each in (tables, *operations)]
    return frozenset(
        name for name in PHASES if any(_table(phases.get(name)).get("enabled") is False for phases in all_phases)
    )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[2] is None:
            return "$"
        if match[2] not in os.environ:
            raise UsageError(f"{NAME} needs the environment variable {match[2]}.", do="Set it.")
        return os.environ[match[2]]

    return _VARIABLE.sub(replace, str(value))
