"""Minimize a failing request: remove parts, send it again, and keep what still fails in the same way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.plan import Example, FailureGroup

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.runner import CaseRunner
    from flowcontract.generation.schemathesis_cases import Case

REQUESTS = 60
"""Maximum number of requests to minimize one failure."""


def minimize(runner: "CaseRunner", group: FailureGroup) -> FailureGroup:
    """The smallest request that violates the same rule with the same group key."""
    left = REQUESTS
    best = group
    while left > 0:
        for probe in smaller(runner, best.probe):
            left -= 1
            found = _sent(runner, probe, best)
            if found is not None:
                best = found
                break
            if left <= 0:
                return best
        else:
            return best
    return best


def shrink(runner: "CaseRunner", group: FailureGroup) -> tuple[FailureGroup, tuple[Example, ...]]:
    """A property-based failure shrunk by Hypothesis, and the new entries of its example database."""
    from flowcontract.engine.campaigns.property_based import probe_of

    generated = runner.generated(group.index)
    if generated is None:  # A mutated case that fills an incomplete block.
        return group, ()
    block = runner.block(group.index)
    found: dict[Any, FailureGroup] = {generated[0].identity: group}

    def fails(case: "Case") -> bool:
        smaller = _sent(runner, probe_of(block.context, case), group) if len(found) <= REQUESTS else None
        found[case.identity] = smaller or group
        return smaller is not None

    smallest, examples = block.shrink(generated[0], fails)
    return found[smallest.identity], examples


def _sent(runner: "CaseRunner", probe: Probe, group: FailureGroup) -> FailureGroup | None:
    """The failure of another request; None if it does not fail in the same way."""
    found = next((b for b in runner.check(runner.send(probe)) if _alike(b.violation, group)), None)
    if found is None:
        return None
    base = found.base
    return replace(
        group, probe=probe, exchange=found.interaction.exchange, violation=found.violation,
        base_probe=base.probe if base else None, base_exchange=base.exchange if base else None,
    )  # fmt: skip


def _alike(violation: object, group: FailureGroup) -> bool:
    known = group.violation
    return (getattr(violation, "rule", ""), getattr(violation, "group_key", "")) == (known.rule, known.group_key)


def smaller(runner: "CaseRunner", probe: Probe) -> Iterator[Probe]:
    """The request with one part removed, largest parts first."""
    request = probe.request
    path, question, query = request.target.partition("?")
    if question and probe.expect is not Expect.DENIED:
        parts = query.split("&")
        for index in range(len(parts)):
            rest = "&".join(parts[:index] + parts[index + 1 :])
            yield replace(probe, request=replace(request, target=path + ("?" + rest if rest else "")))
    for index, (name, _) in enumerate(request.headers):
        if name.lower() not in ("authorization", "accept"):
            rest_headers = request.headers[:index] + request.headers[index + 1 :]
            yield replace(probe, request=replace(request, headers=rest_headers))
    yield from _shorter_credentials(probe)
    yield from _shorter_resource_ids(runner, probe)


def _shorter_credentials(probe: Probe) -> Iterator[Probe]:
    """The probe with shortened credentials; not if they contain a token, which might become valid."""
    request = probe.request
    for index, (name, value) in enumerate(request.headers):
        if probe.expect is Expect.DENIED and name.lower() == "authorization" and "$" not in value:
            scheme, space, word = value.rpartition(" ")
            for part in _parts(list(word)):
                header = (name, scheme + space + "".join(part))
                headers = (*request.headers[:index], header, *request.headers[index + 1 :])
                yield replace(probe, request=replace(request, headers=headers))


def _parts(units: list[str]) -> Iterator[list[str]]:
    """The rest of a sequence when a half is removed, a quarter, and so on; never empty."""
    size = len(units)
    while size := size // 2:
        for start in range(0, len(units), size):
            if left := units[:start] + units[start + size :]:
                yield left


def _shorter_resource_ids(runner: "CaseRunner", probe: Probe) -> Iterator[Probe]:
    """The probe with a shorter resource ID, if the probe varies the resource ID."""
    context = next(context for context in runner.contexts if context.operation.id == probe.operation)
    if probe.expect not in (Expect.NOT_FOUND, Expect.DOCUMENTED) or not context.shapes or not probe.values:
        return
    name = context.parameters[-1]
    path, question, query = probe.request.target.partition("?")
    template = context.builder.path({**context.raw(probe.values), name: "\0"})
    before, _, after = template.partition("\0")
    if not (path.startswith(before) and path.endswith(after)) or len(path) < len(before) + len(after):
        return
    for units in _parts(_units(path[len(before) : len(path) - len(after)])):
        raw = "".join(units)
        value = unquote(raw, errors="surrogateescape")
        expect, odd, values = context.expected(name, raw, value, {**probe.values, name: value})
        if expect is probe.expect:
            request = replace(probe.request, target=f"{before}{raw}{after}{question}{query}")
            yield replace(probe, odd=odd, values=values, request=request)


def _units(raw: str) -> list[str]:
    """The units that must not be split: all percent-encoded bytes of a character, or single characters."""
    text = unquote(raw, errors="surrogateescape")
    units = [quote(letter, safe="-._~!$&'()*+,;=:@", errors="surrogateescape") for letter in text]
    if "".join(units).lower() == raw.lower():
        return units
    pieces = []
    at = 0
    while at < len(raw):
        width = 3 if raw[at] == "%" else 1
        pieces.append(raw[at : at + width])
        at += width
    return pieces
