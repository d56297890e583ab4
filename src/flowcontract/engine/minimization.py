"""Minimize failing requests: leave out what is not needed for the failure, and see what remains."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import unquote_plus

from flowcontract.checks import check_response, relations
from flowcontract.checks.findings import SCHEMATHESIS, Occurrence
from flowcontract.checks.grouping import by_operation, grouped
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import Relation
from flowcontract.checks.valid_parts import invalid_parts
from flowcontract.engine.phases.sequences import again
from flowcontract.engine.session import Session
from flowcontract.http.messages import Request

_REQUESTS = 60
"""Requests that a run may spend on this."""
_REQUESTS_OF_SEQUENCES = 600
"""Requests that a run may spend on sequences,"""
_FEWEST_OF_SEQUENCES = 60
"""and on a slow server at least: one or two findings."""
_SHARE = 0.1
"""Share of the time limit that those between take."""
_KEPT = frozenset({"authorization", "cookie", "host", "accept", "content-type"})
"""Headers that stay: credentials, and those without which it would be another kind of request."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A query parameter or a header of a request."""

    kind: str
    name: str
    index: int


def minimized(session: Session, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """The occurrences, and for each finding whose request has parts to spare one with a smaller request.

    What remains of a generated request is what its failures have in common: a server error that needs one query
    parameter is the same defect in every operation that has it.
    """
    left = _REQUESTS
    sequences_until = len(session.sender.sent) + _requests_of_sequences(session)
    result: list[Occurrence] = []
    for _, items in grouped(occurrences):
        shown = by_operation(items)
        reduced = {
            id(item): again.reduced(session, item, sequences_until - len(session.sender.sent))
            for item in shown.values()
        }
        items = [reduced.get(id(item), item) for item in items]
        smallest = next(iter(shown.values()))
        smaller = _Minimization(session, smallest, {item.violation.group_key for item in items}, left)
        if left > 0 and not session.is_over and not smallest.steps and smaller.is_possible:
            found = smaller.run()
            left = smaller.left
            if found.trigger:
                items = [item.triggered_by(found.trigger) for item in items]
            items += found.occurrences
        result += items
    return result


def _requests_of_sequences(session: Session) -> int:
    seconds = max(session.sender.median_time, 0.001)
    affordable = min(_REQUESTS_OF_SEQUENCES, session.options.time_limit * _SHARE / seconds)
    return max(_FEWEST_OF_SEQUENCES, int(affordable))


@dataclass(frozen=True, slots=True)
class _Found:
    occurrences: list[Occurrence]
    trigger: str = ""


class _Minimization:
    """Minimizes one request."""

    def __init__(self, session: Session, occurrence: Occurrence, keys: Set[str], left: int) -> None:
        """`keys`: group keys of the finding, all of whose violations a smaller request may show as well."""
        self._session = session
        self._occurrence = occurrence
        self._keys = keys
        self._rule = occurrence.violation.rule
        self._probe = occurrence.interaction.probe
        self._base = self._find_base()
        self._parts = tuple(self._find_parts())
        self.left = left

    def _find_base(self) -> Interaction | None:
        """The plain request that a probe of ours adds something to."""
        if self._probe.relation is not Relation.SAME:
            return None
        name = self._probe.compare_with
        return next((item for item in self._session.interactions if item.probe.name == name), None)

    @property
    def is_possible(self) -> bool:
        """Whether less of the request can be sent, and the failure is for us to see again."""
        probe, violation = self._probe, self._occurrence.violation
        if violation.group_key.startswith(SCHEMATHESIS) or not probe.request.is_safe:
            return False
        if probe.is_generated:
            return bool(self._parts)
        # A parameter that is repeated is what the probe is about.
        return len({(part.kind, part.name) for part in self._parts}) > 1 and self._base is not None

    def run(self) -> _Found:
        """Look for the fewest parts with which the request still fails, in ever smaller portions (ddmin)."""
        parts = list(self._parts)
        found = self._fails_with([])
        if found:
            return _Found(found)
        portions = 2
        while len(parts) > 1 and self.left > 0 and not self._session.is_over:
            size = -(-len(parts) // portions)
            starts = range(0, len(parts), size)
            chunks = (parts[start : start + size] for start in starts)
            others = (parts[:start] + parts[start + size :] for start in starts if portions > 2)
            for fewer in chain(chunks, others):
                if occurrences := self._fails_with(fewer):
                    parts, found = fewer, occurrences
                    break
            else:
                if size == 1:
                    break
                portions *= 2
                continue
            portions = 2
        if self._rule != "server-error" or (not found and len(parts) > 1):
            return _Found(found)
        trigger = " and ".join(sorted({f"{part.kind} {part.name}" for part in parts}))
        return _Found([item.triggered_by(trigger) for item in found], trigger)

    def _fails_with(self, parts: Sequence[_Part]) -> list[Occurrence]:
        """Send the request with these of its parts; the violations of the same rule, if there are any."""
        if self.left <= 0 or self._session.is_over:
            return []
        self.left -= 1
        number = _REQUESTS - self.left
        kept = set(parts)
        gone = [part for part in self._parts if part not in kept]
        label = f"minimized/{number}" if self._probe.is_generated else f"{self._probe.group}/minimized {number}"
        probe = replace(
            self._probe,
            name=f"{label} of {self._probe.operation}",
            request=_without(self._probe.request, gone),
            concurrent_group="",
        )
        for sent, exchange in self._session.sender.send([probe]):
            item = self._session.interaction(sent, exchange)
            same = [
                Occurrence(violation, item, self._occurrence.base)
                for violation in self._violations(item)
                if violation.rule == self._rule and violation.group_key in self._keys
            ]
            if any(self._is_same(each.violation.group_key, item) for each in same):
                self._session.interactions.append(item)
                return same
        return []

    def _violations(self, item: Interaction) -> Sequence[Violation]:
        found = check_response(self._session.context, item)
        base = self._occurrence.base
        if base is None or not relations.are_comparable(item, found, check_response(self._session.context, base)):
            return found
        volatile = (*item.operation.volatile, *(invalid_parts(item) if found else ()))
        return (*found, *relations.check_pair(item, base, volatile))

    def _find_parts(self) -> Iterator[_Part]:
        """The query parameters and headers that may be left out: the operation does not require them."""
        operation, request = self._occurrence.interaction.operation, self._probe.request
        required = {(p.location, p.name.lower()) for p in operation.parameters if p.required}
        plain = self._base.exchange.request if self._base else Request("GET", "")
        in_base = set(_pairs(plain))
        for index, pair in enumerate(_pairs(request)):
            name = unquote_plus(pair.partition("=")[0])
            if ("query", name.lower()) not in required and pair not in in_base:
                yield _Part("query", name, index)
        for index, (name, value) in enumerate(request.headers):
            stays = name.lower() in _KEPT or ("header", name.lower()) in required
            if not stays and (name, value) not in plain.headers:
                yield _Part("header", name, index)

    def _is_same(self, key: str, item: Interaction) -> bool:
        return key == self._occurrence.violation.group_key and item.status == self._occurrence.interaction.status


def _pairs(request: Request) -> list[str]:
    return request.query.split("&") if request.query else []


def _without(request: Request, parts: Sequence[_Part]) -> Request:
    gone = {(part.kind, part.index) for part in parts}
    kept = [pair for index, pair in enumerate(_pairs(request)) if ("query", index) not in gone]
    headers = tuple(pair for index, pair in enumerate(request.headers) if ("header", index) not in gone)
    return replace(request, target=request.path + ("?" + "&".join(kept) if kept else ""), headers=headers)
