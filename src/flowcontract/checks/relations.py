"""How an answer has to stand to the answer to an earlier probe."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flowcontract.checks.interaction import Interaction, Violation
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


def _settled(interaction: Interaction) -> Any:
    """The body, with the lists that the contract calls unordered in an order of our own."""
    body = interaction.json
    for pointer in interaction.operation.extensions.get(f"{EXTENSION}-unordered") or ():
        body = _sorted(body, pointers.split(pointer))
    return body


def _sorted(value: Any, path: Sequence[str]) -> Any:
    if not path:
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(value, list) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _sorted(value[path[0]], path[1:])}


def unstable(pairs: Sequence[tuple[Interaction, Interaction]]) -> Mapping[str, frozenset[str]]:
    """By operation, the parts of answers that differ though the same was asked."""
    found: dict[str, set[str]] = defaultdict(set)
    for interaction, base in pairs:
        if interaction.probe.relation is Relation.REPEAT and interaction.success and base.success:
            found[interaction.operation.id] |= set(differences(_settled(base), _settled(interaction)))
    return {operation: frozenset(parts) for operation, parts in found.items()}


def related(
    interaction: Interaction, base: Interaction, volatile: Iterable[str], noisy: Iterable[str] = ()
) -> Iterator[Violation]:
    """Judge an answer beside its base. `volatile`: parts that may differ; `noisy`: headers that may."""
    relation = interaction.probe.relation
    if relation is Relation.LENIENCE:
        yield from _lenience(interaction, base)
    elif {interaction.status, base.status} & {*interaction.probe.tolerated}:
        return
    elif relation is Relation.HEAD:
        yield from _head(interaction, base, volatile)
    elif relation is Relation.REFUSAL:
        yield from _refusal(interaction, base, noisy)
    elif relation is Relation.FORM:
        yield from _form(interaction, base)
    elif interaction.success and base.success:
        yield from _same(interaction, base, volatile)


def _same(interaction: Interaction, base: Interaction, volatile: Iterable[str]) -> Iterator[Violation]:
    if interaction.content is None or base.content is None:
        return
    repeat = interaction.probe.relation is Relation.REPEAT
    if not repeat and interaction.media and base.media and interaction.media.name != base.media.name:
        return  # Negotiated: the same thing in another form that is documented.
    rule = "inconsistent-response" if repeat else "undocumented-input-effect"
    what = (
        "The same answer to the same question was expected"
        if repeat
        else f"{interaction.probe.reason[:1].upper()}{interaction.probe.reason[1:]}"
    )
    pointer = interaction.media.schema_pointer if interaction.media else interaction.operation.pointer
    if interaction.is_json and base.is_json:
        parts = [part for part in differences(_settled(base), _settled(interaction)) if not _covered(part, volatile)]
    else:
        parts = [""] if interaction.content != base.content or interaction.content_type != base.content_type else []
    if parts:
        named = ", ".join(part or "the whole body" for part in parts[:3])
        yield Violation(
            rule,
            f"{what}; {named} differs.",
            pointer,
            parts[0] if repeat else "differs",
            expected=base.json,
            actual=interaction.json,
        )


def _head(interaction: Interaction, base: Interaction, volatile: Iterable[str]) -> Iterator[Violation]:
    pointer = interaction.operation.pointer
    if interaction.status != base.status:
        yield Violation(
            "head-get-mismatch", f"GET has {base.status}; HEAD has {interaction.status}.", pointer, "status"
        )
    elif interaction.content_type != base.content_type:
        came = interaction.content_type or "none"
        yield Violation(
            "head-get-mismatch", f"GET has Content-Type {base.content_type}; HEAD has {came}.", pointer, "type"
        )
    else:
        length = interaction.response.header("Content-Length")
        steady = not any(True for _ in volatile) or interaction.status >= 400
        if length is not None and length != str(len(base.response.body)):
            slack = 0 if steady else 24
            if not length.isdecimal() or abs(int(length) - len(base.response.body)) > slack:
                yield Violation(
                    "head-get-mismatch",
                    f"GET has {len(base.response.body)} bytes; HEAD says {length}.",
                    pointer,
                    "length",
                )


def _refusal(interaction: Interaction, base: Interaction, noisy: Iterable[str]) -> Iterator[Violation]:
    pointer = interaction.operation.pointer + "/security"
    again = interaction.probe.values == base.probe.values
    rule = (
        "inconsistent-response"
        if again and interaction.exchange.request == base.exchange.request
        else "resource-enumeration"
    )
    if again and rule != "inconsistent-response":
        rule = "undocumented-input-effect"
    expected = "The same refusal was expected whether the key exists or not"
    if rule != "resource-enumeration":
        expected = "The same refusal was expected"
    if interaction.status != base.status:
        yield Violation(rule, f"{expected}; {interaction.status} came, {base.status} before.", pointer, "status")
    elif rule != "undocumented-input-effect" and _told(interaction) != _told(base):
        yield Violation(
            rule,
            f"{expected}; the bodies differ.",
            pointer,
            "body",
            expected=base.json or base.text,
            actual=interaction.json or interaction.text,
        )
    else:
        one, other = (_telling(side, noisy) for side in (base, interaction))
        names = sorted({name for name, _ in one.symmetric_difference(other)})
        if names and rule == "resource-enumeration":
            yield Violation(rule, f"{expected}; the header {', '.join(names)} differs.", pointer, "headers")


def _lenience(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """Where the server is seen to tell tokens apart, it need not have taken this for the right one."""
    if interaction.success and not base.success:
        yield Violation(
            "lenient-credentials",
            f"A refusal was expected with {interaction.probe.trigger}, as for a wrong token ({base.status});"
            f" {interaction.status} came.",
            interaction.operation.pointer + "/security",
            "served",
        )


def _form(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """Where the documented refusal beside it is JSON, a client expects JSON of this one."""
    if base.is_json and interaction.content and not interaction.is_json and not interaction.media:
        came = repr(interaction.content_type) if interaction.content_type else "no Content-Type"
        documented = interaction.documented
        yield Violation(
            "inconsistent-error-format",
            f"JSON was expected with {interaction.status}, as with the refusal {base.status}; {came} came.",
            documented.pointer if documented else interaction.operation.pointer,
            f"{interaction.status} {interaction.content_type}",
        )


def _told(interaction: Interaction) -> Any:
    """The body of a refusal, but for numbers and times of its own: a `request_id` is new in every answer."""
    masked = _masked(interaction.json)
    return interaction.content if masked == interaction.json else masked


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if _CHANGING.fullmatch(name) and isinstance(part, str | int) and not isinstance(part, bool)
            else _masked(part)
            for name, part in value.items()
        }  # fmt: skip
    return [_masked(part) for part in value] if isinstance(value, list) else value


def _telling(interaction: Interaction, noisy: Iterable[str]) -> frozenset[tuple[str, str]]:
    ignored = set(noisy)
    found = {name.lower(): value for name, value in interaction.response.headers}
    return frozenset(
        (name, "" if _CHANGING.fullmatch(name) else value)
        for name, value in found.items()
        if name not in ignored and not _OF_THE_WIRE.fullmatch(name)
    )


def noisy_headers(pairs: Sequence[tuple[Interaction, Interaction]]) -> frozenset[str]:
    """Headers that differ between two refusals of the same request."""
    found: set[str] = set()
    for interaction, base in pairs:
        if interaction.probe.relation is Relation.REFUSAL and interaction.exchange.request == base.exchange.request:
            one, other = (_telling(side, ()) for side in (base, interaction))
            found |= {name for name, _ in one.symmetric_difference(other)}
    return frozenset(found)


def time_of_refusals(
    pairs: Sequence[tuple[Interaction, Interaction]],
) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """Refusals take as long for a key that exists as for one that does not: no two ranges of time that lie apart."""
    by_operation: dict[str, list[tuple[Interaction, Interaction]]] = defaultdict(list)
    for interaction, base in pairs:
        if interaction.probe.relation is Relation.REFUSAL and interaction.probe.values != base.probe.values:
            by_operation[interaction.operation.id].append((interaction, base))
    for pairs_of_operation in by_operation.values():
        missing, there = ([side.response.elapsed for side in sides] for sides in zip(*pairs_of_operation, strict=True))
        if len(pairs_of_operation) >= _PAIRS and max(min(there) - max(missing), min(missing) - max(there)) > _GAP:
            interaction, base = pairs_of_operation[0]
            message = (
                "A refusal was expected to take as long whether the key exists or not; it took"
                f" {min(there):.2f} to {max(there):.2f} s where it does, {min(missing):.2f} to {max(missing):.2f} s"
                " where it does not."
            )
            yield (
                base,
                interaction,
                Violation("timing-side-channel", message, interaction.operation.pointer + "/security", "time"),
            )


def heads(everything: Sequence[Interaction]) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """HEAD is known everywhere or nowhere: a server that never learnt it refuses it for each thing alike."""
    asked: dict[str, list[Interaction]] = defaultdict(list)
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
            yield refused[0], known[0], Violation("head-get-mismatch", message, refused[0].operation.pointer, "refused")


def distinct(everything: Sequence[Interaction]) -> Iterator[tuple[Interaction, Interaction, Violation]]:
    """Parts that the contract calls an identity differ between things with different keys.

    Only things that the contract's examples tell apart are compared: others may be copies made for a test.
    """
    exemplary = {item.operation.id: list(item.operation.example_path_values().values()) for item in everything}
    seen: dict[tuple[str, str, str], Interaction] = {}
    for interaction in everything:
        if interaction.probe.expect is not Expect.SUCCESS or not interaction.success or not interaction.probe.values:
            continue
        if interaction.probe.values not in exemplary[interaction.operation.id]:
            continue
        for pointer in interaction.operation.extensions.get(f"{EXTENSION}-unique") or ():
            try:
                value = pointers.get(interaction.json, pointers.split(pointer))
            except LookupError:
                continue
            first = seen.setdefault((interaction.operation.id, pointer, repr(value)), interaction)
            if first.probe.values != interaction.probe.values:
                location = interaction.operation.pointer + pointers.join(f"{EXTENSION}-unique")
                yield (
                    interaction,
                    first,
                    Violation(
                        "duplicate-identity",
                        f"{pointer} was expected to differ from thing to thing; two have {value!r}.",
                        location,
                        pointer,
                        expected="another value",
                        actual=value,
                    ),
                )
