"""Patterns: ECMA-262 regular expressions in the form that the validator's engine reads.

JSON Schema asks for ECMA-262 (JSON Schema Validation 2020-12, section 6.4). The engine behind jsonschema-rs lacks a
few of its forms, and authors write a few more that other engines accept. Each is rewritten to a form of equal meaning.
"""

import re
from functools import lru_cache

import jsonschema_rs

_MOST_REPEATS = 1000
"""Repetitions that the engine compiles within its memory bound; a larger upper bound is left open."""
_QUANTIFIER = re.compile(r"\{(\d+)(,(\d*))?\}")
_ANCHORS = {"\\A": "^", "\\Z": "$", "\\z": "$"}
"""Anchors of other engines, which ECMA-262 lacks."""
_NAMED_GROUP = re.compile(r"\(\?P?<([^\W\d][\w$]*)>")
_NAMED_REFERENCE = re.compile(r"\\k<([^>]+)>|\(\?P=([^)]+)\)")


@lru_cache(maxsize=4096)
def readable(pattern: str) -> str | None:
    """The pattern as the validator's engine reads it; None where it cannot be read at all."""
    for form in (pattern, _Rewriter(pattern).text()):
        if _compiles(form):
            return form
    return None


@lru_cache(maxsize=4096)
def is_approximate(pattern: str) -> bool:
    """Whether `readable` admits more texts than the pattern: an upper bound of repetitions was left open."""
    return not _compiles(pattern) and any(
        int(bound or 0) > _MOST_REPEATS for _, _, bound in _QUANTIFIER.findall(pattern)
    )


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


class _Rewriter:
    """Goes through a pattern once, outside and inside character classes."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._numbers = _group_numbers(pattern)

    def text(self) -> str:
        parts = []
        while self._at < len(self._pattern):
            parts.append(self._next())
        return "".join(parts)

    def _take(self, length: int) -> str:
        taken = self._pattern[self._at : self._at + length]
        self._at += length
        return taken

    def _next(self) -> str:
        pattern, at = self._pattern, self._at
        if reference := _NAMED_REFERENCE.match(pattern, at):
            self._take(len(reference[0]))
            number = self._numbers.get(reference[1] or reference[2])
            return f"(?:\\{number})" if number else reference[0]
        if group := _NAMED_GROUP.match(pattern, at):
            self._take(len(group[0]))
            return "("
        if pattern[at] == "\\":
            return self._escape()
        if pattern[at] == "[":
            return self._class()
        if pattern[at] == "{":
            return self._brace()
        if pattern[at] in "}]":  # Annex B.1.2: a literal, where it closes nothing.
            return "\\" + self._take(1)
        return self._take(1)

    def _escape(self) -> str:
        control = re.compile(r"\\c([A-Za-z])").match(self._pattern, self._at)
        if control:
            self._take(3)
            return f"\\x{ord(control[1]) % 32:02x}"
        if re.compile(r"\\0(?!\d)").match(self._pattern, self._at):
            self._take(2)
            return "\\x00"
        escape = self._take(2)
        return _ANCHORS.get(escape, escape)

    def _class(self) -> str:
        parts = [self._take(1)]
        if self._pattern[self._at : self._at + 1] == "^":
            parts.append(self._take(1))
        after_set = False
        while self._at < len(self._pattern) and self._pattern[self._at] != "]":
            sign = self._pattern[self._at]
            if sign == "\\":
                parts.append(self._escape())
                after_set = parts[-1][1:] in ("w", "W", "d", "D", "s", "S")
                continue
            before_set = re.compile(r"-\\[wWdDsS]").match(self._pattern, self._at) is not None
            # Annex B.1.2: beside a set such as `\w`, a hyphen is a literal.
            is_literal = sign == "[" or (sign == "-" and (after_set or before_set))
            parts.append("\\" + self._take(1) if is_literal else self._take(1))
            after_set = False
        parts.append(self._take(1))
        return "".join(parts)

    def _brace(self) -> str:
        quantifier = _QUANTIFIER.match(self._pattern, self._at)
        if quantifier is None or self._at == 0 or self._pattern[self._at - 1] in "(|":
            return "\\" + self._take(1)
        self._take(len(quantifier[0]))
        if int(quantifier[3] or 0) > _MOST_REPEATS:
            return f"{{{quantifier[1]},}}"
        return quantifier[0]


def _group_numbers(pattern: str) -> dict[str, int]:
    """The number of each named group: capturing groups are counted by their opening parentheses."""
    numbers: dict[str, int] = {}
    count = 0
    tokens = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|" + _NAMED_GROUP.pattern + r"|\((?!\?)")
    for match in tokens.finditer(pattern):
        if match[0].startswith("("):
            count += 1
            if match[1]:
                numbers[match[1]] = count
    return numbers
