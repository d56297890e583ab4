"""How an answer has to stand to the answer to an earlier probe."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flowcontract.checks.interaction import Answered, Finding
from flowcontract.checks.probe import NO_HEAD, Expect, Relation
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import EXTENSION

_CHANGING = re.compile(
    r"date|age|expires|set-cookie|server-timing|.*id|.*time.*|.*trace.*|.*rate-?limit.*|cf-ray|etag|last-modified",
    re.IGNORECASE,
)
"""Headers whose values differ between any two answers of a right server."""
_OF_THE_WIRE = re.compile(
    r"connection|keep-alive|content-length|transfer-encoding|via|alt-svc|.*rate-?limit.*|retry-after", re.IGNORECASE
)
"""Headers about the connection or the caller's quota: they come and go."""
_PAIRS = 4
"""As many refusals of each kind say enough about the time that they take."""
_GAP = 0.1
"""Seconds between the slowest of one kind and the fastest of the other that no busy machine makes each time."""


def differences(left: Any, right: Any, at: str = "") -> Iterator[str]:
    """JSON Pointers of the smallest parts in which two JSON values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            if name in left and name in right:
                yield from differences(left[name], right[name], at + pointers.join(name))
            else:
                yield at + pointers.join(name)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, at + pointers.join(index))
    elif left != right or isinstance(left, bool) != isinstance(right, bool):
        yield at


def _covered(pointer: str, volatile: Iterable[str]) -> bool:
    return any(pointer == part or pointer.startswith(part + "/") for part in volatile)


def _settled(answered: Answered) -> Any:
    """The body, with the lists that the contract calls unordered in an order of our own."""
    body = answered.json
    for pointer in answered.operation.extensions.get(f"{EXTENSION}-unordered") or ():
        body = _sorted(body, pointers.split(pointer))
    return body


def _sorted(value: Any, path: Sequence[str]) -> Any:
    if not path:
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(value, list) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _sorted(value[path[0]], path[1:])}


def unstable(pairs: Sequence[tuple[Answered, Answered]]) -> Mapping[str, frozenset[str]]:
    """By operation, the parts of answers that differ though the same was asked."""
    found: dict[str, set[str]] = defaultdict(set)
    for answered, base in pairs:
        if answered.probe.relation is Relation.REPEAT and answered.success and base.success:
            found[answered.operation.id] |= set(differences(_settled(base), _settled(answered)))
    return {operation: frozenset(parts) for operation, parts in found.items()}


def related(
    answered: Answered, base: Answered, volatile: Iterable[str], noisy: Iterable[str] = ()
) -> Iterator[Finding]:
    """Judge an answer beside its base. `volatile`: parts that may differ; `noisy`: headers that may."""
    relation = answered.probe.relation
    if relation is Relation.LENIENCE:
        yield from _lenience(answered, base)
    elif {answered.status, base.status} & {*answered.probe.tolerated}:
        return
    elif relation is Relation.HEAD:
        yield from _head(answered, base, volatile)
    elif relation is Relation.REFUSAL:
        yield from _refusal(answered, base, noisy)
    elif relation is Relation.FORM:
        yield from _form(answered, base)
    elif answered.success and base.success:
        yield from _same(answered, base, volatile)


def _same(answered: Answered, base: Answered, volatile: Iterable[str]) -> Iterator[Finding]:
    if answered.content is None or base.content is None:
        return
    repeat = answered.probe.relation is Relation.REPEAT
    if not repeat and answered.media and base.media and answered.media.name != base.media.name:
        return  # Negotiated: the same thing in another form that is documented.
    rule = "same-answer" if repeat else "ignored-input"
    what = (
        "The same answer to the same question was expected"
        if repeat
        else f"{answered.probe.reason[:1].upper()}{answered.probe.reason[1:]}"
    )
    pointer = answered.media.schema_pointer if answered.media else answered.operation.pointer
    if answered.is_json and base.is_json:
        parts = [part for part in differences(_settled(base), _settled(answered)) if not _covered(part, volatile)]
    else:
        parts = [""] if answered.content != base.content or answered.content_type != base.content_type else []
    if parts:
        named = ", ".join(part or "the whole body" for part in parts[:3])
        yield Finding(
            rule,
            f"{what}; {named} differs.",
            pointer,
            parts[0] if repeat else "differs",
            expected=base.json,
            actual=answered.json,
        )


def _head(answered: Answered, base: Answered, volatile: Iterable[str]) -> Iterator[Finding]:
    pointer = answered.operation.pointer
    if answered.status != base.status:
        yield Finding("head-mirrors-get", f"GET has {base.status}; HEAD has {answered.status}.", pointer, "status")
    elif answered.content_type != base.content_type:
        came = answered.content_type or "none"
        yield Finding(
            "head-mirrors-get", f"GET has Content-Type {base.content_type}; HEAD has {came}.", pointer, "type"
        )
    else:
        length = answered.response.header("Content-Length")
        steady = not any(True for _ in volatile) or answered.status >= 400
        if length is not None and length != str(len(base.response.body)):
            slack = 0 if steady else 24
            if not length.isdecimal() or abs(int(length) - len(base.response.body)) > slack:
                yield Finding(
                    "head-mirrors-get",
                    f"GET has {len(base.response.body)} bytes; HEAD says {length}.",
                    pointer,
                    "length",
                )


def _refusal(answered: Answered, base: Answered, noisy: Iterable[str]) -> Iterator[Finding]:
    pointer = answered.operation.pointer + "/security"
    again = answered.probe.values == base.probe.values
    rule = "same-answer" if again and answered.exchange.request == base.exchange.request else "refusal-tells-nothing"
    if again and rule != "same-answer":
        rule = "ignored-input"
    expected = "The same refusal was expected whether the key exists or not"
    if rule != "refusal-tells-nothing":
        expected = "The same refusal was expected"
    if answered.status != base.status:
        yield Finding(rule, f"{expected}; {answered.status} came, {base.status} before.", pointer, "status")
    elif rule != "ignored-input" and _told(answered) != _told(base):
        yield Finding(
            rule,
            f"{expected}; the bodies differ.",
            pointer,
            "body",
            expected=base.json or base.text,
            actual=answered.json or answered.text,
        )
    else:
        one, other = (_telling(side, noisy) for side in (base, answered))
        names = sorted({name for name, _ in one.symmetric_difference(other)})
        if names and rule == "refusal-tells-nothing":
            yield Finding(rule, f"{expected}; the header {', '.join(names)} differs.", pointer, "headers")


def _lenience(answered: Answered, base: Answered) -> Iterator[Finding]:
    """Where the server is seen to tell tokens apart, it need not have taken this for the right one."""
    if answered.success and not base.success:
        yield Finding(
            "credentials-strict",
            f"A refusal was expected with {answered.probe.trigger}, as for a wrong token ({base.status});"
            f" {answered.status} came.",
            answered.operation.pointer + "/security",
            "served",
        )


def _form(answered: Answered, base: Answered) -> Iterator[Finding]:
    """Where the documented refusal beside it is JSON, a client expects JSON of this one."""
    if base.is_json and answered.content and not answered.is_json and not answered.media:
        came = repr(answered.content_type) if answered.content_type else "no Content-Type"
        documented = answered.documented
        yield Finding(
            "refusal-form",
            f"JSON was expected with {answered.status}, as with the refusal {base.status}; {came} came.",
            documented.pointer if documented else answered.operation.pointer,
            f"{answered.status} {answered.content_type}",
        )


def _told(answered: Answered) -> Any:
    """The body of a refusal, but for numbers and times of its own: a `request_id` is new in every answer."""
    masked = _masked(answered.json)
    return answered.content if masked == answered.json else masked


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if _CHANGING.fullmatch(name) and isinstance(part, str | int) and not isinstance(part, bool)
            else _masked(part)
            for name, part in value.items()
        }  # fmt: skip
    return [_masked(part) for part in value] if isinstance(value, list) else value


def _telling(answered: Answered, noisy: Iterable[str]) -> frozenset[tuple[str, str]]:
    ignored = set(noisy)
    found = {name.lower(): value for name, value in answered.response.headers}
    return frozenset(
        (name, "" if _CHANGING.fullmatch(name) else value)
        for name, value in found.items()
        if name not in ignored and not _OF_THE_WIRE.fullmatch(name)
    )


def noisy_headers(pairs: Sequence[tuple[Answered, Answered]]) -> frozenset[str]:
    """Headers that differ between two refusals of the same request."""
    found: set[str] = set()
    for answered, base in pairs:
        if answered.probe.relation is Relation.REFUSAL and answered.exchange.request == base.exchange.request:
            one, other = (_telling(side, ()) for side in (base, answered))
            found |= {name for name, _ in one.symmetric_difference(other)}
    return frozenset(found)


def time_of_refusals(pairs: Sequence[tuple[Answered, Answered]]) -> Iterator[tuple[Answered, Answered, Finding]]:
    """Refusals take as long for a key that exists as for one that does not: no two ranges of time that lie apart."""
    by_operation: dict[str, list[tuple[Answered, Answered]]] = defaultdict(list)
    for answered, base in pairs:
        if answered.probe.relation is Relation.REFUSAL and answered.probe.values != base.probe.values:
            by_operation[answered.operation.id].append((answered, base))
    for told in by_operation.values():
        missing, there = ([side.response.elapsed for side in sides] for sides in zip(*told, strict=True))
        if len(told) >= _PAIRS and max(min(there) - max(missing), min(missing) - max(there)) > _GAP:
            answered, base = told[0]
            message = (
                "A refusal was expected to take as long whether the key exists or not; it took"
                f" {min(there):.2f} to {max(there):.2f} s where it does, {min(missing):.2f} to {max(missing):.2f} s"
                " where it does not."
            )
            yield base, answered, Finding("refusal-time", message, answered.operation.pointer + "/security", "time")


def heads(everything: Sequence[Answered]) -> Iterator[tuple[Answered, Answered, Finding]]:
    """HEAD is known everywhere or nowhere: a server that never learnt it refuses it for each thing alike."""
    asked: dict[str, list[Answered]] = defaultdict(list)
    for item in everything:
        if item.probe.relation is Relation.HEAD and item.probe.expect is not Expect.REFUSED:
            asked[item.operation.id].append(item)
    for items in asked.values():
        refused = [item for item in items if item.status in NO_HEAD]
        known = [item for item in items if item not in refused]
        if refused and known:
            message = (
                f"HEAD was expected everywhere or nowhere; {refused[0].status} came, and {known[0].status} elsewhere."
            )
            yield refused[0], known[0], Finding("head-mirrors-get", message, refused[0].operation.pointer, "refused")


def distinct(everything: Sequence[Answered]) -> Iterator[tuple[Answered, Answered, Finding]]:
    """Parts that the contract calls an identity differ between things with different keys.

    Only things that the contract's examples tell apart are compared: others may be copies made for a test.
    """
    exemplary = {item.operation.id: list(item.operation.example_path_values().values()) for item in everything}
    seen: dict[tuple[str, str, str], Answered] = {}
    for answered in everything:
        if answered.probe.expect is not Expect.SUCCESS or not answered.success or not answered.probe.values:
            continue
        if answered.probe.values not in exemplary[answered.operation.id]:
            continue
        for pointer in answered.operation.extensions.get(f"{EXTENSION}-unique") or ():
            try:
                value = pointers.get(answered.json, pointers.split(pointer))
            except LookupError:
                continue
            first = seen.setdefault((answered.operation.id, pointer, repr(value)), answered)
            if first.probe.values != answered.probe.values:
                place = answered.operation.pointer + pointers.join(f"{EXTENSION}-unique")
                yield (
                    answered,
                    first,
                    Finding(
                        "distinct",
                        f"{pointer} was expected to differ from thing to thing; two have {value!r}.",
                        place,
                        pointer,
                        expected="another value",
                        actual=value,
                    ),
                )
