"""Rules in descriptions about the statuses in which an operation on an item is allowed.

`Only drafts can be deleted`, `Paid invoices cannot be changed`, `The order is already shipped`: they stand in the
descriptions of an operation and of its error responses.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from flowcontract.openapi.model import Operation
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.resources.transitions import Transitions, statuses

_STATUSES = ("409", "423", "422")
"""Of error responses that say that something is not possible now, the likeliest first."""
_SENTENCE = re.compile(r"[.;\n](?:\s|$)")
_ALLOWED = (
    re.compile(r"\bonly\b(.*?)\b(?:can|may)\s+be\b", re.IGNORECASE),
    re.compile(r"\b(?:can|may)\s+only\s+be\s+\w+\s+(?:as long as|if|in|when|while)\b(.*)", re.IGNORECASE),
)
"""What names the only statuses in which an operation is allowed."""
_IS_NOT = re.compile(r"\b(?:is|are)\s+(?:no longer|not)\s+(.*)", re.IGNORECASE)
"""The same, where nothing else comes before that."""
_DENIED = (
    re.compile(r"(.*?)\b(?:cannot|can not|can't|can no longer|may not|must not)\s+be\b", re.IGNORECASE),
    re.compile(
        r"\b(?:cannot|can not|can't|can no longer|may not|must not)\s+be\s+\w+.*?\b(?:after|if|once|when|while)\b(.*)",
        re.IGNORECASE,
    ),
)
"""What names statuses in which it is not."""
_IS = re.compile(r"\b(?:is|are|has been|have been|was|were)\s+(?:already\s+)?(.*)", re.IGNORECASE)
_PIECE = re.compile(r"\s*(?:,|/|\band\b|\bor\b)\s*")
_BEFORE = re.compile(r"^(?:in\s+)?(?:(?:state|status)\s+)?", re.IGNORECASE)
_LONGEST = 20
"""Characters of a text that names a status and says nothing else."""
_CLOSED = re.compile(r"\b(?:closed|completed|ended|final|finished|over)\b", re.IGNORECASE)
"""What is said of statuses that nothing follows."""


class Denial(NamedTuple):
    """Why an operation is not possible on an item."""

    statuses: tuple[int, ...]
    """Suitable statuses of the error response, the best first."""
    message: str


class StatusRules:
    """The rules of one contract."""

    def __init__(self, moves: Transitions) -> None:
        self._moves = moves
        self._rules: dict[tuple[str, str], list[tuple[str, frozenset[str], Denial]]] = {}

    def denial(self, operation: Operation, resource: Resource, item: Item) -> Denial | None:
        """Why an operation is not possible on an item with its status; None where nothing says that."""
        key = operation.id, resource.path
        if key not in self._rules:
            self._rules[key] = list(self._found(operation, resource))
        return next((denial for name, denied, denial in self._rules[key] if item.get(name) in denied), None)

    def _found(self, operation: Operation, resource: Resource) -> Iterator[tuple[str, frozenset[str], Denial]]:
        """The members with a status, the values of which one denies an operation, and why."""
        documented = tuple(int(each) for each in _STATUSES if each in operation.responses)
        texts: list[tuple[tuple[int, ...], str]] = [
            ((each,), operation.responses[str(each)].description) for each in documented
        ]
        texts += [(documented, operation.description)] if documented else []
        for member, values in statuses(resource):
            final = self._final(resource, member, values)
            for suitable, text in texts:
                for sentence in _SENTENCE.split(text):
                    denied = _denied(sentence.strip(), values, final)
                    if denied and denied != frozenset(values):
                        yield member, denied, Denial(suitable, sentence.strip())

    def _final(self, resource: Resource, member: str, values: Sequence[str]) -> frozenset[str]:
        """The statuses that nothing follows, as far as descriptions say what follows which."""
        moves = self._moves.moves(resource, member)
        return frozenset(each for each in values if moves and not moves.get(each))


def _denied(sentence: str, values: Sequence[str], final: Collection[str]) -> frozenset[str]:
    """The statuses in which an operation is not possible, as a sentence says; empty where it does not."""
    for pattern in _ALLOWED:
        found = pattern.search(sentence)
        if found and (named := _named(found[1], values, final)):
            return frozenset(values) - named
    for pattern in _DENIED:
        found = pattern.search(sentence)
        if found and (named := _named(found[1], values, final)):
            return named
    if found := _IS_NOT.search(sentence):
        named = _listed(found[1], values, final)
        return frozenset(values) - named if named else frozenset()
    return frozenset().union(*(_listed(each[1], values, final) for each in _IS.finditer(sentence)))


def _listed(text: str, values: Sequence[str], final: Collection[str]) -> frozenset[str]:
    """The statuses that a text begins with: `shipped or delivered`."""
    found: frozenset[str] = frozenset()
    for piece in _PIECE.split(text):
        choices = (each.strip("`'\" ") for each in (piece, _BEFORE.sub("", piece)))
        named = next(filter(None, (_named(each, values, final) for each in choices if len(each) <= _LONGEST)), None)
        if named is None:
            break
        found |= named
    return found


def _named(text: str, values: Sequence[str], final: Collection[str]) -> frozenset[str]:
    """The statuses that a text names, one or several of each (`drafts`)."""
    found = {
        each
        for each in values
        if re.search(rf"\b{re.sub(r'[-_ ]+', '[-_ ]?', re.escape(each).replace(chr(92), ''))}s?\b", text, re.IGNORECASE)
    }
    return frozenset(found or (final if _CLOSED.search(text) else ()))
