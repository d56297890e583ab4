"""Verification: expectations about the recorded calls."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi.contract import Contract
from flowmock.journal.entries import Entry
from flowmock.scenarios import matching
from flowmock.scenarios.matching import Match
from flowmock.scenarios.reading import Reader

COUNTS = ("exactly", "at-least", "at-most")
_KEYS = (*matching.KEYS, "status", "rule", "since", *COUNTS)
_MAX_COUNT = 1_000_000_000
_MAX_SHOWN = 100
"""Matching exchanges that a result lists."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which exchanges are expected, and how many."""

    match: Match
    statuses: tuple[str, ...] = ()
    rule: str = ""
    """Text that the rule of the response contains."""
    since: int = 0
    """Only exchanges after this number count."""
    least: int = 0
    most: int | None = None

    def difference(self, entry: Entry) -> str:
        """The first condition that does not match an exchange; empty if all match."""
        status = entry.reply.status
        if self.statuses and str(status) not in self.statuses and f"{status // 100}XX" not in self.statuses:
            return "status"
        if self.rule not in entry.reply.rule:
            return "rule"
        return self.match.difference(entry.call)

    def is_met(self, count: int) -> bool:
        """Whether this number of exchanges is expected."""
        return self.least <= count and (self.most is None or count <= self.most)

    @property
    def expected(self) -> str:
        """The expected number, as text."""
        if self.most is None:
            return f"at least {self.least}"
        return f"exactly {self.least}" if self.least == self.most else f"{self.least} to {self.most}"


def read(raw: Any, contracts: Iterable[Contract], name: str = "the expectation") -> Expectation:
    """Read an expectation. Without a count, at least one call is expected. Raises MockError if it is invalid."""
    reader = Reader(name)
    raw = reader.mapping(raw, "", _KEYS)
    if "exactly" in raw and ("at-least" in raw or "at-most" in raw):
        raise reader.error("/exactly", "`exactly` cannot be combined with `at-least` or `at-most`")
    counts = {key: reader.integer(raw[key], f"/{key}", 0, _MAX_COUNT) for key in COUNTS if key in raw}
    exactly = counts.get("exactly")
    least = exactly if exactly is not None else counts.get("at-least", 0 if "at-most" in counts else 1)
    most = exactly if exactly is not None else counts.get("at-most")
    if most is not None and most < least:
        raise reader.error("/at-most", f"expected {least} or more, got {most}")
    statuses = raw.get("status", [])
    return Expectation(
        match=matching.read({key: value for key, value in raw.items() if key in matching.KEYS}, reader, "", contracts),
        statuses=tuple(str(each).upper() for each in (statuses if isinstance(statuses, list) else [statuses])),
        rule=reader.string(raw.get("rule", ""), "/rule"),
        since=reader.integer(raw.get("since", 0), "/since", 0, _MAX_COUNT),
        least=least,
        most=most,
    )


def check(expectation: Expectation, entries: Iterable[Entry], dropped: int = 0) -> dict[str, Any]:
    """Check an expectation: `ok`, how many exchanges matched, and in what the others differ.

    `dropped`: exchanges that are no longer in the journal, and not counted.
    """
    matched: list[int] = []
    differences: Counter[str] = Counter()
    for entry in entries:
        if entry.number <= expectation.since:
            continue
        difference = expectation.difference(entry)
        if difference:
            differences[difference] += 1
        else:
            matched.append(entry.number)
    count = len(matched)
    ok = expectation.is_met(count)
    noun = "request" if (expectation.most or expectation.least) == 1 else "requests"
    message = f"expected {expectation.expected} matching {noun}, got {count}"
    if differences and not ok:
        others = ", ".join(
            f"{number} {'differs' if number == 1 else 'differ'} in {name}"
            for name, number in differences.most_common(5)
        )
        message += f"; of the other requests, {others}"
    if dropped and not ok:
        message += f"; {dropped} earlier exchanges are no longer in the journal"
    return {
        "ok": ok,
        "message": message + ".",
        "expected": expectation.expected,
        "count": count,
        "exchanges": matched[-_MAX_SHOWN:],
        "differences": dict(differences),
        "dropped": dropped,
    }
