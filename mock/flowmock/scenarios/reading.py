"""Read the mock's own small documents (scenarios, expectations): what is wrong in them is named with its place."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.errors import MockError
from flowcontract.openapi import pointers


@dataclass(frozen=True, slots=True)
class Reader:
    """Takes a parsed document apart. Every error names the source, the line where it is known, and the choices."""

    name: str
    """What errors call the source: a file, or `the request`."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Lines by JSON Pointer, as `documents.lines` gives them."""

    def error(self, at: str, what: str) -> MockError:
        """The error for what stands at a JSON Pointer."""
        nearest = at
        while nearest and nearest not in self.lines:
            nearest = nearest.rpartition("/")[0]
        line = f":{self.lines[nearest]}" if nearest in self.lines else ""
        end = "" if what.endswith("?") else "."
        place = f" {at}:" if at else ""
        return MockError(f"{self.name}{line}:{place} {what}{end}", do="Mend it and try again.")

    def mapping(self, raw: Any, at: str, known: Iterable[str] | None = None) -> Mapping[str, Any]:
        """A mapping, with no key but the known ones where they are given."""
        if not isinstance(raw, Mapping):
            raise self.error(at, f"a mapping was expected, not {_kind(raw)}")
        for key in raw if known is not None else ():
            self.one_of(key, known or (), at + pointers.join(key), "key")
        return raw

    def one_of(self, value: Any, known: Iterable[str], at: str, what: str = "value") -> str:
        """One of the known words."""
        choices = list(known)
        if value in choices:
            return str(value)
        import difflib

        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(choices) or 'none'}"
        raise self.error(at, f"there is no {what} {str(value)[:100]!r}; {hint}")

    def text(self, raw: Any, at: str) -> str:
        """A text; numbers and booleans stand for themselves."""
        if isinstance(raw, bool):
            return str(raw).lower()
        if isinstance(raw, str | int | float):
            return str(raw)
        raise self.error(at, f"a text was expected, not {_kind(raw)}")

    def integer(self, raw: Any, at: str, least: int, most: int) -> int:
        """A whole number between two bounds, which belong to it."""
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise self.error(at, f"a whole number from {least} to {most} was expected, not {_kind(raw)}")
        return raw

    def seconds(self, raw: Any, at: str, most: float) -> float:
        """A time in seconds."""
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= most:
            raise self.error(at, f"seconds from 0 to {most:g} were expected, not {_kind(raw)}")
        return float(raw)

    def boolean(self, raw: Any, at: str) -> bool:
        """True or false."""
        if not isinstance(raw, bool):
            raise self.error(at, f"true or false was expected, not {_kind(raw)}")
        return raw

    def pattern(self, raw: Any, at: str) -> re.Pattern[str]:
        """A regular expression, searched for anywhere in a text."""
        text = self.text(raw, at)
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise self.error(at, f"{text[:100]!r} is no regular expression: {error}") from error


def _kind(raw: Any) -> str:
    if isinstance(raw, Mapping):
        return "a mapping"
    if isinstance(raw, list):
        return "a list"
    return "nothing" if raw is None else repr(raw)[:100]
