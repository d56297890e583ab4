"""Changes that only show what cannot be read in a contract: it is named, and nothing is said of its values."""

from collections.abc import Mapping

from flowcontract.compatibility.diff.pairs import Difference
from flowcontract.openapi.contract import Contract

_TYPES = frozenset({"type", "null", "optional-null"})
_VALUES = frozenset({"enum-value", "enum-value-added", "enum-opened", "values", "undecided"})
_CHOICES = _VALUES | {"variant", "variant-added", "variant-ambiguous"}
_RULES: Mapping[str, frozenset[str]] = {
    "type": _TYPES,
    "enum": _VALUES,
    "oneOf": _CHOICES,
    "anyOf": _CHOICES,
    "pattern": frozenset({"pattern", "bounds", "values", "undecided"}),
}
"""The rules, without `request-` and `response-`, that a keyword decides where it can be read."""


class Unreadable:
    """The schemas of a contract that cannot be read, or only in part."""

    def __init__(self, contract: Contract) -> None:
        """Of the problems of a contract."""
        self._whole: set[str] = set()
        self._rules: dict[str, frozenset[str]] = {}
        for problem in contract.problems:
            owner, _, keyword = problem.pointer.rpartition("/")
            if "any value is accepted" in problem.message:
                self._whole.add(owner if keyword == "$ref" else problem.pointer)
            elif "it is ignored" in problem.message:
                self._rules[owner] = self._rules.get(owner, frozenset()) | _RULES.get(keyword, frozenset())

    def explains(self, one: Difference, pointer: str) -> bool:
        """Whether a change comes from what cannot be read; `pointer`: its schema in this contract."""
        if pointer in self._whole:
            return True
        return pointer in self._rules and one.rule.partition("-")[2] in self._rules[pointer]
