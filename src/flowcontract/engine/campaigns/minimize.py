"""Make a failing request small: take away what does not matter, ask again, keep what still fails in the same way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.plan import Example, FailureGroup

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.runner import CaseRunner
    from flowcontract.generation.schemathesis_cases import Case

MOST = 60
"""Requests that making one failure small may take."""


def minimize(table: "CaseRunner", group: FailureGroup) -> FailureGroup:
    """The smallest request found that breaks the same rule for the same cause."""
    left = MOST
    best = group
    while left > 0:
        for probe in smaller(table, best.probe):
            left -= 1
            found = _asked(table, probe, best)
            if found is not None:
                best = found
                break
            if left <= 0:
                return best
        else:
            return best
    return best


def shrink(table: "CaseRunner", group: FailureGroup) -> tuple[FailureGroup, tuple[Example, ...]]:
    """A failure of depth made small by Hypothesis, and what its example database is to keep of it."""
    from flowcontract.engine.campaigns.property_based import probe_of

    drawn = table.drawn(group.index)
    if drawn is None:  # Its block had no case left for this place, and one of breadth stood in.
        return group, ()
    block = table.block(group.index)
    found: dict[Any, FailureGroup] = {drawn[0].identity: group}

    def breaks(case: "Case") -> bool:
        smaller = _asked(table, probe_of(block.deck, case), group) if len(found) <= MOST else None
        found[case.identity] = smaller or group
        return smaller is not None

    smallest, examples = block.shrink(drawn[0], breaks)
    return found[smallest.identity], examples


def _asked(table: "CaseRunner", probe: Probe, group: FailureGroup) -> FailureGroup | None:
    """The failure as another request shows it; None where that one does not fail in the same way."""
    found = next((b for b in table.broken(table.ask(probe)) if _alike(b.violation, group)), None)
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


def smaller(table: "CaseRunner", probe: Probe) -> Iterator[Probe]:
    """Requests that are this one with something taken away, the largest pieces first."""
    request = probe.request
    path, question, query = request.target.partition("?")
    if question and probe.expect is not Expect.REFUSED:
        parts = query.split("&")
        for index in range(len(parts)):
            rest = "&".join(parts[:index] + parts[index + 1 :])
            yield replace(probe, request=replace(request, target=path + ("?" + rest if rest else "")))
    for index, (name, _) in enumerate(request.headers):
        if name.lower() not in ("authorization", "accept"):
            rest_headers = request.headers[:index] + request.headers[index + 1 :]
            yield replace(probe, request=replace(request, headers=rest_headers))
    yield from _shorter_credentials(probe)
    yield from _shorter_keys(table, probe)


def _shorter_credentials(probe: Probe) -> Iterator[Probe]:
    """The same probe with a part of its credentials; not where they hold a token, which might become the right one."""
    request = probe.request
    for index, (name, value) in enumerate(request.headers):
        if probe.expect is Expect.REFUSED and name.lower() == "authorization" and "$" not in value:
            scheme, space, word = value.rpartition(" ")
            for part in _parts(list(word)):
                header = (name, scheme + space + "".join(part))
                headers = (*request.headers[:index], header, *request.headers[index + 1 :])
                yield replace(probe, request=replace(request, headers=headers))


def _parts(units: list[str]) -> Iterator[list[str]]:
    """What is left of a row when a half is taken away, a quarter, and so on; never nothing."""
    size = len(units)
    while size := size // 2:
        for start in range(0, len(units), size):
            if left := units[:start] + units[start + size :]:
                yield left


def _shorter_keys(table: "CaseRunner", probe: Probe) -> Iterator[Probe]:
    """The same probe for a key that is a part of this one, where the key is what the probe is about."""
    deck = next(deck for deck in table.decks if deck.operation.id == probe.operation)
    if probe.expect not in (Expect.MISSING, Expect.ANY) or not deck.shapes or not probe.values:
        return
    name = deck.parameters[-1]
    path, question, query = probe.request.target.partition("?")
    template = deck.form.path({**deck.raw(probe.values), name: "\0"})
    before, _, after = template.partition("\0")
    if not (path.startswith(before) and path.endswith(after)) or len(path) < len(before) + len(after):
        return
    for units in _parts(_units(path[len(before) : len(path) - len(after)])):
        raw = "".join(units)
        value = unquote(raw, errors="surrogateescape")
        expect, odd, values = deck.expected(name, raw, value, {**probe.values, name: value})
        if expect is probe.expect:
            request = replace(probe.request, target=f"{before}{raw}{after}{question}{query}")
            yield replace(probe, odd=odd, values=values, request=request)


def _units(raw: str) -> list[str]:
    """What must stay together: the percent forms of one character, else single characters."""
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
