"""Mutated resource IDs: unknown ones of every alphabet, near misses, and known-bad strings."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from flowcontract.checks.probe import Probe
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, LENGTHS, LOOKALIKES, PLAIN, boundaries, edits
from flowcontract.generation.mutations.operation_context import MutationContext, Nonce, kind
from flowcontract.generation.mutations.random_choice import SeededRandom
from flowcontract.generation.request_builder import segment

TRIGGERS = {
    "nul": "NUL in the resource ID",
    "line-break": "CR LF in the resource ID",
    "blank": "white space in the resource ID",
    "space": "white space in the resource ID",
    "control": "a control character in the resource ID",
    "quotes": "a quote in the resource ID",
    "sql": "a quote in the resource ID",
    "markup": "markup in the resource ID",
    "template": "braces in the resource ID",
    "json": "braces in the resource ID",
    "dot": "dots and slashes in the resource ID",
    "slash": "dots and slashes in the resource ID",
    "percent": "a percent sign in the resource ID",
    "invalid-utf8": "invalid UTF-8 in the resource ID",
    "separator": "punctuation in the resource ID",
    "shell": "punctuation in the resource ID",
    "ascii": "punctuation in the resource ID",
    "word": "a word",
    "number": "a word",
    "plain": "",
    "digits": "",
}
"""The trigger of each class of strings, as in the gate's plan; every other class is not ASCII."""

_ALPHABETS = tuple(ALPHABETS)
_BREAKERS = tuple((name, text) for name, texts in BREAKERS.items() for text in texts)


def trigger(name: str) -> str:
    """The trigger of a class of strings."""
    return TRIGGERS.get(name, "non-ASCII in the resource ID")


def special(raw: str) -> str:
    """The trigger of a percent-encoded ID."""
    if "%00" in raw:
        return TRIGGERS["nul"]
    if any(code in raw for code in ("%0A", "%0D", "%0a", "%0d")):
        return TRIGGERS["line-break"]
    return ""


@kind(10, "id")
def plain(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A plain ID that does not exist."""
    return context.unknown_id(rng, rng.text(PLAIN, rng.below(30)) + nonce.text(), "id/plain")


@kind(14, "id")
def alphabet(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An ID of one alphabet."""
    name = rng.pick(_ALPHABETS)
    letters = ALPHABETS[name]
    text = rng.text(letters, rng.below(20)) + nonce.text(letters)
    return context.unknown_id(rng, quote(text, safe=""), f"id/{name}", trigger(name))


@kind(5, "id")
def mixture(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An ID of several alphabets."""
    text = "".join(rng.text(ALPHABETS[rng.pick(_ALPHABETS)], 1 + rng.below(5)) for _ in range(4)) + nonce.text()
    return context.unknown_id(
        rng, quote(text, safe=""), "id/mixture", special(quote(text)) or "non-ASCII in the resource ID"
    )


@kind(14, "id")
def breaker(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A known-bad string in a known or a plain ID."""
    name, text = rng.pick(_BREAKERS)
    base = segment(context.existing(rng)[context.parameters[-1]]) if rng.below(2) else rng.text(PLAIN, rng.below(12))
    mark = nonce.text()
    position = rng.below(len(base) + 1)
    raw = rng.pick(
        (base + text + mark, mark + text + base, text + base + mark, mark + base[:position] + text + base[position:])
    )
    return context.unknown_id(rng, raw, f"id/{name}", trigger(name))


@kind(6, "id")
def near(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An ID that starts or ends like an existing one."""
    known = context.existing(rng)[context.parameters[-1]]
    mark = nonce.text()
    position = rng.below(len(known) + 1)
    text = rng.pick((known + mark, mark + known, known[:position] + mark + known[position:], known[:position] + mark))
    return context.unknown_id(rng, segment(text), "id/near a known one", "an ID similar to an existing one")


@kind(5, "id")
def octets(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """Random bytes, percent-encoded."""
    raw = "".join(f"%{rng.below(256):02X}" for _ in range(1 + rng.below(12))) + nonce.text()
    return context.unknown_id(rng, raw, "id/octets", special(raw) or "invalid UTF-8 in the resource ID")


@kind(2, "id")
def long(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A long ID."""
    length = rng.pick(LENGTHS[20:]) + rng.below(9)
    return context.unknown_id(
        rng,
        rng.text(PLAIN, length) + nonce.text(),
        "id/long",
        "the length of the resource ID",
        tolerated=(400, 413, 414, 431),
    )


@kind(3, "id")
def encoded(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """A known ID with some characters percent-encoded needlessly: the same ID."""
    known = context.existing(rng)[context.parameters[-1]]
    raw = "".join(
        f"%{ord(letter):02X}" if letter.isascii() and nonce.number >> position % 32 & 1 else segment(letter)
        for position, letter in enumerate(known)
    )
    return context.unknown_id(rng, raw, "id/encoded known one", "a known ID percent-encoded")


@kind(3, "id")
def with_lookalikes(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """A known ID with lookalikes of some letters: the same to a reader, another ID to a server."""
    known = context.existing(rng)[context.parameters[-1]]
    lookalike = rng.pick(LOOKALIKES)
    chosen = nonce.number | 1 << rng.below(min(32, len(known)))
    text = "".join(
        lookalike(letter) if chosen >> position % 32 & 1 else letter for position, letter in enumerate(known)
    )
    if text == known:  # No letter of the ID has such a lookalike.
        return None
    probe = context.unknown_id(rng, segment(text), "id/known one with lookalikes", "non-ASCII in the resource ID")
    # There are few ways to disguise a short key: the query tells two cases apart.
    target = probe.request.target
    marked = f"{target}{'&' if '?' in target else '?'}x{nonce.text()}"
    return replace(probe, request=replace(probe.request, target=marked))


@kind(4, "corpus")
def remembered(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """An interesting ID from an earlier campaign, with one change."""
    if not context.shapes:
        return None
    raw = rng.pick(context.corpus)
    mark = nonce.text()
    changed = rng.pick((raw + mark, mark + raw, raw + raw[::-1].replace("%", "") + mark))
    return context.unknown_id(rng, changed, "id/remembered", special(changed) or "an ID from an earlier campaign")


def systematic(context: MutationContext) -> Iterator[Probe]:
    """Every boundary, edit of a known ID and known-bad string once. Any of them might exist."""
    if not context.shapes:
        return
    rng = SeededRandom(0, 0)
    parameter = context.operation.path_parameters()[-1]
    for values in context.known:
        for value in edits(values[parameter.name]):
            yield context.unknown_id(rng, segment(value.text), f"id/edit: {value.label}", value.label, may_exist=True)
    schema = {**context.contract.resolve(parameter.schema)}
    if context.shapes[parameter.name].longest:
        schema.setdefault("maxLength", context.shapes[parameter.name].longest)
    for value in boundaries(schema):
        yield context.unknown_id(
            rng, value.text, f"id/{value.label}", "the length of the resource ID", may_exist=True,
            tolerated=(400, 413, 414, 431) if len(value.text) > 256 else (),
        )  # fmt: skip
    for name, text in _BREAKERS:
        known = segment(context.known[0][parameter.name])
        for raw in (text, "flowcontract" + text, text + "flowcontract", known + text, text + known):
            yield context.unknown_id(rng, raw, f"id/{name}", trigger(name), may_exist=True)
    for word in context.words:
        yield context.unknown_id(rng, segment(word), "id/word of the contract's paths", "a word", may_exist=True)
