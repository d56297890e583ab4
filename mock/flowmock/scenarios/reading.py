"""Read the mock's own small documents (scenarios, expectations). Errors name the location of a mistake."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.errors import MockError
from flowcontract.openapi import pointers
from flowcontract.text import nearest_or_all


@dataclass(frozen=True, slots=True)
class Reader:
    """Checks the values of a parsed document. Errors name the source, the line if known, and the allowed values."""

    name: str
    """The source as errors name it: a file, or `the request`; empty: none, where the caller knows it."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line numbers by JSON Pointer, from `documents.lines`."""

    def error(self, at: str, what: str) -> MockError:
        """The error for the value at a JSON Pointer."""
        nearest = at
        while nearest and nearest not in self.lines:
            nearest = nearest.rpartition("/")[0]
        line = f":{self.lines[nearest]}" if nearest in self.lines else ""
        end = "" if what.endswith(("?", ".")) else "."
        source = f"{self.name}{line}" if self.name else ""
        location = ": ".join(part for part in (source, at) if part)
        return MockError(f"{location}: {what}{end}" if location else f"{what}{end}")

    def mapping(
        self, raw: Any, at: str, known: Iterable[str] | None = None, *, expected: str = "a mapping"
    ) -> Mapping[str, Any]:
        """A mapping. If `known` is given, any other key is an error; `expected` is what an error says."""
        if not isinstance(raw, Mapping):
            raise self.error(at, f"expected {expected}, got {_kind(raw)}")
        for key in raw if known is not None else ():
            self.one_of(key, known or (), at + pointers.join(key), "key")
        return raw

    def one_of(self, value: Any, known: Iterable[str], at: str, what: str = "value") -> str:
        """One of the known values."""
        choices = list(known)
        if value in choices:
            return str(value)
        raise self.error(at, f"unknown {what} {str(value)[:100]!r}. {nearest_or_all(str(value), choices)}")

    def string(self, raw: Any, at: str) -> str:
        """A string; numbers and booleans are converted."""
        if isinstance(raw, bool):
            return str(raw).lower()
        if isinstance(raw, str | int | float):
            return str(raw)
        raise self.error(at, f"expected a string, got {_kind(raw)}")

    def integer(self, raw: Any, at: str, least: int, most: int) -> int:
        """An integer within two inclusive bounds."""
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise self.error(at, f"expected an integer from {least} to {most}, got {_kind(raw)}")
        return raw

    def seconds(self, raw: Any, at: str, most: float) -> float:
        """A duration in seconds, from 0 to `most`."""
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= most:
            raise self.error(at, f"expected 0 to {most:g} seconds, got {_kind(raw)}")
        return float(raw)

    def boolean(self, raw: Any, at: str) -> bool:
        """True or false."""
        if not isinstance(raw, bool):
            raise self.error(at, f"expected true or false, got {_kind(raw)}")
        return raw

    def pattern(self, raw: Any, at: str) -> re.Pattern[str]:
        """A regular expression. It may match anywhere in a value."""
        text = self.string(raw, at)
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise self.error(at, f"{text[:100]!r} is not a regular expression: {error}") from error


def _kind(raw: Any) -> str:
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, list):
        return "a list"
    return "null" if raw is None else repr(raw)[:100]
