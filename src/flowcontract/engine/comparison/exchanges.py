"""Compare two responses to one request, from the outside in, up to the first stage that finds a difference.

The violations of each response are compared too: this finds a body about something else, or a value that no schema
allows, even if both bodies have the same shape.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flowcontract.checks import Context, Interaction, Violation, check_response, relations
from flowcontract.checks.probe import Relation
from flowcontract.engine.comparison import json_shape
from flowcontract.http.target import Target
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract

_BY_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("www-authenticate",),
    405: ("allow",),
    429: ("retry-after",),
    503: ("retry-after",),
}
"""Headers that belong to a status (RFC 9110), whether or not the contract documents them."""
_SERVER_SPECIFIC = frozenset({"date", "location", "content-length", "etag", "last-modified", "expires"})
"""Headers whose values differ between any two servers."""
_DATE = len("2027-01-01")
_DAY = timedelta(days=1)
"""Age up to which a time may be when the data of a server were written, and not one of the data."""

_INDEX = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The responses of A and B to one probe."""

    left: Interaction
    right: Interaction

    @property
    def size(self) -> tuple[bool, bool, int]:
        """How much there is to read in the request: unsafe methods last, plain requests first, then by length."""
        request = self.left.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        is_unsafe, is_special = request.method not in ("GET", "HEAD"), bool(self.left.probe.trigger)
        return is_unsafe, is_special, len(request.target) + headers + len(request.body or b"")


@dataclass(frozen=True, slots=True)
class PairDifference:
    """One difference within a pair."""

    pair: Pair
    kind: str
    group_key: str
    """Differences of one operation and kind with the same key are one."""
    message: str
    pointer: str
    sides: tuple[str, str] = ("", "")
    """For a response, a status or a media type: that of A and that of B."""
    location: str = ""
    """For a body: JSON Pointer into it, with `*` for any index."""


def compare(
    contract: Contract, targets: tuple[Target, ...], pairs: Sequence[Pair], *, values: bool = False
) -> list[PairDifference]:
    """All differences within the pairs. `values`: compare the values in bodies too."""
    context = Context(contract, targets[0], max_response_time=float("inf"))
    contexts = (context, Context(contract, targets[1], max_response_time=float("inf")))
    constant = _constant_headers(pairs, targets)
    found: list[PairDifference] = []
    matching: dict[str, Pair] = {}
    for pair in pairs:
        differences = list(_outer(contract, pair, constant))
        if not differences and pair.left.exchange.response:
            differences = list(
                _rules(pair, check_response(contexts[0], pair.left), check_response(contexts[1], pair.right))
            )
        if not differences and values and not _depends_on_order(pair):
            differences = list(_values(pair, targets))
        found += differences
        if not differences:
            matching[pair.left.probe.name] = pair
    return found + list(_related(matching))


def _depends_on_order(pair: Pair) -> bool:
    """Whether a response depends on which of several concurrent requests came first, such as the ID of a creation."""
    probe = pair.left.probe
    return bool(probe.concurrent_group) and not probe.request.is_safe


def _sides(pair: Pair) -> tuple[Interaction, Interaction]:
    return pair.left, pair.right


def sides(pair: Pair) -> tuple[str, str]:
    """The status of each side, or why there is no response."""
    return tuple(str(side.status) if side.status else side.exchange.error for side in _sides(pair))  # type: ignore[return-value]


def _outer(
    contract: Contract, pair: Pair, constant: Mapping[tuple[str, int, str], tuple[str, str]]
) -> Iterator[PairDifference]:
    """Differences in response, status, media type, headers, or the shape of the body: the first that differs."""
    left, right = _sides(pair)
    left_value, right_value = sides(pair)
    pointer = left.operation.pointer
    if left_value != right_value:
        kind = "status" if left.status and right.status else "response"
        yield PairDifference(
            pair,
            kind,
            f"{left_value} {right_value}",
            f"A: {left_value}; B: {right_value}.",
            f"{pointer}/responses",
            (left_value, right_value),
        )
    elif not left.exchange.response:
        return
    elif left.content_type != right.content_type:
        kinds = [side.content_type or "no Content-Type" for side in _sides(pair)]
        message = f"{left_value}: {kinds[0]} at A; {kinds[1]} at B."
        at = left.documented.pointer if left.documented else pointer
        named = (f"{left_value} {left.content_type}", f"{left_value} {right.content_type}")
        yield PairDifference(pair, "media type", " ".join(kinds), message, at, named)
    else:
        headers = list(_headers(pair, constant))
        yield from headers or _shapes(contract, pair)


def _relevant_headers(interaction: Interaction) -> set[str]:
    documented = interaction.documented.headers if interaction.documented else ()
    return {*documented, *_BY_STATUS.get(interaction.status, ())} - {"content-type"}


def _constant_headers(
    pairs: Sequence[Pair], targets: tuple[Target, ...]
) -> dict[tuple[str, int, str], tuple[str, str]]:
    """Headers with one value on each side, seen more than once, by operation, status and name."""
    seen: dict[tuple[str, int, str], tuple[Counter[str], Counter[str]]] = defaultdict(lambda: (Counter(), Counter()))
    for pair in pairs:
        for side, index in ((pair.left, 0), (pair.right, 1)):
            for name in _relevant_headers(side) - _SERVER_SPECIFIC if side.exchange.response else ():
                value = side.response.header(name)
                if value is not None:
                    neutral = _without_origin(_canonical(name, value), targets[index])
                    seen[side.operation.id, side.status, name][index][neutral] += 1
    return {
        key: (next(iter(left_value)), next(iter(right_value)))
        for key, (left_value, right_value) in seen.items()
        if len(left_value) == len(right_value) == 1 and min(left_value.total(), right_value.total()) > 1
    }


def _canonical(name: str, value: str) -> str:
    return ", ".join(sorted(word.strip() for word in value.split(","))) if name in ("allow", "vary") else value


def _headers(pair: Pair, constant: Mapping[tuple[str, int, str], tuple[str, str]]) -> Iterator[PairDifference]:
    left, right = _sides(pair)
    for name in sorted(_relevant_headers(left)):
        left_value, right_value = left.response.header(name), right.response.header(name)
        declared = left.documented.headers.get(name) if left.documented else None
        at = declared.pointer if declared else left.operation.pointer
        title = declared.name if declared else name.title()
        message = f"{title} with {left.status}:"
        if (left_value is None) != (right_value is None):
            side = "A" if right_value is None else "B"
            yield PairDifference(pair, "header", f"{name} {left.status} {side}", f"{message} only {side} sends it.", at)
        elif left_value is not None and right_value is not None:
            values = constant.get((left.operation.id, left.status, name))
            if values and values[0] != values[1]:
                yield PairDifference(
                    pair, "header", f"{name} {left.status}", f"{message} {left_value!r} at A; {right_value!r} at B.", at
                )


def _shapes(contract: Contract, pair: Pair) -> Iterator[PairDifference]:
    left, right = _sides(pair)
    at = left.media.schema_pointer if left.media else left.operation.pointer
    if bool(left.response.body) != bool(right.response.body):
        side = "A" if left.response.body else "B"
        yield PairDifference(
            pair, "body", f"{left.status} {side}", f"Body of {left.status}: only {side} sends one.", at
        )
    elif left.is_json and not left.json_error and not right.json_error and left.content and right.content:
        schema = left.media.schema if left.media else None
        shapes = (json_shape.shape(contract, schema, side.json) for side in _sides(pair))
        for location, left_value, right_value in json_shape.differences(*shapes):
            message = f"{location or 'The whole body'} with {left.status}: {left_value} at A; {right_value} at B."
            yield PairDifference(
                pair, "body", f"{left.status} {location} {left_value} {right_value}", message, at, location=location
            )


def _rules(pair: Pair, left_value: Iterable[Violation], right_value: Iterable[Violation]) -> Iterator[PairDifference]:
    """Violations of only one of two responses."""
    violations = [
        {(violation.rule, violation.group_key): violation for violation in side} for side in (left_value, right_value)
    ]
    for letter, one, other in (("A", violations[0], violations[1]), ("B", violations[1], violations[0])):
        for key in sorted(one.keys() - other.keys()):
            violation = one[key]
            message = f"Only {letter} violates {violation.rule}. {violation.message}"
            location = (
                _INDEX.sub("/*", violation.message.partition(":")[0]) if violation.rule == "schema-violation" else ""
            )
            yield PairDifference(
                pair, "rule", f"{letter} {' '.join(key)}", message, violation.pointer, location=location
            )


def _without_origin(value: Any, target: Target) -> Any:
    """A value without the host and port of its server, which links to itself contain."""
    if isinstance(value, dict):
        return {name: _without_origin(inner, target) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_origin(inner, target) for inner in value]
    netloc = urlsplit(target.url).netloc
    return (
        re.sub(rf"(?:https?://)?(?<![\w.-]){re.escape(netloc)}(?![\w.-])", "", value)
        if isinstance(value, str)
        else value
    )


def _is_recent(value: Any) -> bool:
    """Whether a value is a time of today: the data of the two servers were not written at the same time."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > _DATE else None
    except ValueError:
        return False
    now = datetime.now(UTC)
    return moment is not None and abs(now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))) < _DAY


def _values(pair: Pair, targets: tuple[Target, ...]) -> Iterator[PairDifference]:
    left, right = _sides(pair)
    if not (left.success and left.exchange.response and left.is_json and right.is_json):
        return
    at = left.media.schema_pointer if left.media else left.operation.pointer
    volatile = left.operation.volatile
    shown = [_without_origin(side.json, target) for side, target in zip(_sides(pair), targets, strict=True)]
    for location in relations.differences(*shown):
        if all(_is_recent(pointers.around(value, location)[0]) for value in shown):
            continue
        if not any(location == part or location.startswith(f"{part}/") for part in volatile):
            message = f"{location or 'The whole body'} with {left.status}: different values at A and B."
            yield PairDifference(pair, "value", f"{left.status} {location}", message, at)


def _related(matching: Mapping[str, Pair]) -> Iterator[PairDifference]:
    """Violations of only one side in the relations between its own responses."""
    related = [
        (pair, matching[pair.left.probe.compare_with])
        for pair in matching.values()
        if pair.left.probe.compare_with in matching
    ]
    related = [(pair, base) for pair, base in related if pair.left.exchange.response and base.left.exchange.response]
    sides = [[(pair.left, base.left) for pair, base in related], [(pair.right, base.right) for pair, base in related]]
    volatile_parts = [relations.volatile_parts(side) for side in sides]
    noisy = [relations.noise(side) for side in sides]
    for number, (pair, _) in enumerate(related):
        found = []
        for index in (0, 1):
            interaction, base = sides[index][number]
            repeat = interaction.probe.relation is Relation.REPEAT
            volatile = {
                *interaction.operation.volatile,
                *(() if repeat else volatile_parts[index].get(interaction.operation.id, ())),
            }
            found.append(relations.check_pair(interaction, base, volatile, noisy[index]))
        for difference in _rules(pair, found[0], found[1]):
            yield replace(difference, group_key=" ".join(difference.group_key.split(" ")[:2]))  # Whatever triggered it.
