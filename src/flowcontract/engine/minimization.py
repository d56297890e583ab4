"""Minimize failing requests: leave out what is not needed for the failure, and see what remains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from flowcontract.checks import check_response
from flowcontract.checks.findings import SCHEMATHESIS, Occurrence
from flowcontract.checks.grouping import grouped
from flowcontract.checks.interaction import Interaction
from flowcontract.engine.session import Session
from flowcontract.http.messages import SAFE_METHODS, Request

_REQUESTS = 100
"""Requests that a run may spend on this."""
_PARTS = 12
"""Parts of one request that are left out one by one."""
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
    result: list[Occurrence] = []
    for _, items in grouped(occurrences):
        smallest = min(items, key=lambda item: item.size)
        smaller = _Minimization(session, smallest, left)
        if left > 0 and not session.is_over and smaller.is_possible:
            found = smaller.run()
            left = smaller.left
            if found.trigger:
                items = [_with_trigger(item, found.trigger) for item in items]
            items += found.occurrences
        result += items
    return result


def _with_trigger(occurrence: Occurrence, trigger: str) -> Occurrence:
    item = occurrence.interaction
    probe = replace(item.probe, trigger=trigger)
    return replace(occurrence, interaction=Interaction(probe, item.operation, item.exchange))


@dataclass(frozen=True, slots=True)
class _Found:
    occurrences: list[Occurrence]
    trigger: str = ""


class _Minimization:
    """Minimizes one request."""

    def __init__(self, session: Session, occurrence: Occurrence, left: int) -> None:
        self._session = session
        self._occurrence = occurrence
        self._rule = occurrence.violation.rule
        self._probe = occurrence.interaction.probe
        self.left = left

    @property
    def is_possible(self) -> bool:
        """Whether the request is a generated one of which less can be sent, and the failure is for us to see again."""
        probe, violation = self._probe, self._occurrence.violation
        visible = not violation.group_key.startswith(SCHEMATHESIS)
        has_parts = any(True for _ in _parts(probe.request))
        return probe.is_generated and visible and has_parts and probe.request.method in SAFE_METHODS

    def run(self) -> _Found:
        """Leave out everything at once, else one part after the other."""
        request, found = self._probe.request, []
        parts = list(_parts(request))[:_PARTS]
        if everything := self._fails_without(request, parts):
            return _Found(everything)
        for part in reversed(parts if len(parts) > 1 else []):
            if occurrences := self._fails_without(request, [part]):
                request, found = _without(request, [part]), occurrences
        if self._rule != "server-error":
            return _Found(found)
        trigger = " and ".join(sorted({f"{part.kind} {part.name}" for part in _parts(request)}))
        return _Found([_with_trigger(item, trigger) for item in found], trigger)

    def _fails_without(self, request: Request, parts: Sequence[_Part]) -> list[Occurrence]:
        """Send the request without these parts; the violations of the same rule, if there are any."""
        if self.left <= 0 or self._session.is_over:
            return []
        self.left -= 1
        number = _REQUESTS - self.left
        smaller = _without(request, parts)
        probe = replace(
            self._probe, name=f"minimized/{number} of {self._probe.operation}", request=smaller, concurrent_group=""
        )
        for sent, exchange in self._session.sender.send([probe]):
            item = self._session.interaction(sent, exchange)
            same = [
                Occurrence(violation, item)
                for violation in check_response(self._session.context, item)
                if violation.rule == self._rule and self._is_same(violation.group_key, item)
            ]
            if same:
                self._session.interactions.append(item)
            return same
        return []

    def _is_same(self, key: str, item: Interaction) -> bool:
        return key == self._occurrence.violation.group_key and item.status == self._occurrence.interaction.status


def _parts(request: Request) -> Iterator[_Part]:
    """The query parameters and headers that may be left out."""
    query = request.target.partition("?")[2]
    for index, pair in enumerate(query.split("&") if query else ()):
        yield _Part("query", unquote_plus(pair.partition("=")[0]), index)
    for index, (name, _) in enumerate(request.headers):
        if name.lower() not in _KEPT:
            yield _Part("header", name, index)


def _without(request: Request, parts: Sequence[_Part]) -> Request:
    path, _, query = request.target.partition("?")
    gone = {(part.kind, part.index) for part in parts}
    kept = [pair for index, pair in enumerate(query.split("&")) if ("query", index) not in gone] if query else []
    headers = tuple(pair for index, pair in enumerate(request.headers) if ("header", index) not in gone)
    return replace(request, target=path + ("?" + "&".join(kept) if kept else ""), headers=headers)
