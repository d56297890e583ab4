"""Mutated resource IDs: near an existing one, or with what breaks servers."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from flowcontract.checks.probe import Expect, Probe
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, LENGTHS, LOOKALIKES, PLAIN, edits
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.probes.operation_context import raw
from flowcontract.generation.probes.resource_ids import MOVED, looks_like_attack, may_be_moved
from flowcontract.generation.request_builder import segment
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION

_INVALID = (400, 422)
_TOO_LONG = (400, 413, 414, 422, 431)
_LONG = 256
_TRIGGERS = {
    "nul": "NUL in the resource ID",
    "line-break": "a line break in the resource ID",
    "quotes": "a quote in the resource ID",
}


def near(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """IDs that are a small edit away from an existing one, or look like it. They may exist."""
    if not _has_ids(context) or not context.known:
        return
    name = context.operation.path_parameters()[-1].name
    while True:
        known = rng.choice(context.known)[name]
        choices = list(edits(known))
        for value in rng.sample(choices, min(4, len(choices))):
            yield _probe(context, segment(value.text), f"id/edit: {value.label}", value.label, may_exist=True)
        lookalike = rng.choice(LOOKALIKES)
        chosen = rng.randrange(len(known)) if known else 0
        text = known[:chosen] + "".join(map(lookalike, known[chosen : chosen + 1])) + known[chosen + 1 :]
        yield _probe(context, segment(text), "id/lookalike", "non-ASCII in the resource ID", may_exist=True)


def bad(_contract: Contract, context: OperationContext, rng: random.Random) -> Iterator[Probe]:
    """IDs with known-bad strings, characters of any alphabet, invalid UTF-8, and of any length."""
    if not _has_ids(context):
        return
    name = context.operation.path_parameters()[-1].name
    while True:
        base = segment(rng.choice(context.known)[name]) if context.known and rng.random() < 0.5 else _word(rng)
        kind = rng.choice(list(BREAKERS))
        text = rng.choice(BREAKERS[kind])
        written = rng.choice((text, base + text, text + base, text + base + text))
        yield _probe(context, written, f"id/{kind}", _TRIGGERS.get(kind, f"{kind} in the resource ID"))
        alphabet = rng.choice(list(ALPHABETS))
        letters = "".join(rng.choices(ALPHABETS[alphabet], k=rng.randint(1, 12)))
        trigger = "" if letters.isascii() and letters.isalnum() else f"{alphabet} in the resource ID"
        yield _probe(context, segment(letters), f"id/{alphabet}", trigger, may_exist=True)
        octets = "".join(f"%{rng.randrange(128, 256):02X}" for _ in range(rng.randint(1, 4)))
        yield _probe(context, octets, "id/octets", "invalid UTF-8 in the resource ID")
        if rng.random() < 0.2:
            long = rng.choice("aZ7-") * (rng.choice(LENGTHS) + rng.randint(-1, 1))
            yield _probe(context, long or "a", "id/length", "a resource ID of unusual length", may_exist=True)


def _has_ids(context: OperationContext) -> bool:
    return bool(context.authorized and context.unknown_ids)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(PLAIN, k=rng.randint(1, 8)))


def _probe(context: OperationContext, written: str, name: str, trigger: str, **more: Any) -> Probe:
    """A request for an ID, percent-encoded. What a server does with it depends on how unusual it is."""
    operation = context.operation
    parameter = operation.path_parameters()[-1].name
    value = unquote(written, errors="surrogateescape")
    before = context.known[0] if context.known else context.unknown_values or {}
    values = {**before, parameter: value}
    path = context.builder.path({**raw(before), parameter: written})
    shadowed = {str(word) for word in operation.extensions.get(f"{EXTENSION}-shadowed-ids") or ()}
    expect = Expect.NOT_FOUND
    tolerated: tuple[int, ...] = context.tolerated_before
    if any(known[parameter] == value for known in context.known) or value in shadowed:
        expect, trigger = Expect.SHADOWED, "a resource ID that another route takes"
    elif (
        written in ("", ".", "..")
        or any(mark in written for mark in "/?#")
        or context.leads_elsewhere(parameter, written)
    ):
        expect, values = Expect.UNSPECIFIED, {}
    elif value in context.seen or any(is_same_id(known[parameter], value) for known in context.known):
        expect, tolerated = Expect.DOCUMENTED, (*tolerated, *_INVALID, 404)
    shape = context.shape
    odd = shape is None or not shape.fits(value)
    if odd:
        tolerated += _INVALID + (_TOO_LONG if len(written) > _LONG else ())
        tolerated += MOVED if may_be_moved(value) else ()
        tolerated += (403,) if looks_like_attack(value) else ()
    return context.probe(
        name, "a nonexistent resource is not found", values, expect, sent={"path": path}, odd=odd, tolerated=tolerated,
        trigger=trigger, **{"may_exist": True, **more},
    )  # fmt: skip


def is_same_id(known: str, value: str) -> bool:
    """Whether a server may read both as the same number or UUID, however they are written: `7`, `07`, `+7`, `7.0`.

    Many routers ignore a slash at the end, also an encoded one.
    """
    kinds: tuple[Callable[[str], object], ...] = (float, UUID)
    for kind in kinds:
        with contextlib.suppress(ValueError):
            if kind(known) == kind(value.rstrip("/")):
                return True
    return False
