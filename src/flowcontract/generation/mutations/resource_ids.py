"""Cases about the key in the path: unknown ones of every alphabet, near misses, and what breaks servers."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from flowcontract.checks.probe import Probe
from flowcontract.generation.dictionary import ALPHABETS, BREAKERS, GUISES, LENGTHS, PLAIN, boundaries, edits
from flowcontract.generation.mutations.operation_context import Deck, Nonce, kind
from flowcontract.generation.mutations.random_choice import Dice
from flowcontract.generation.request_builder import segment

TRIGGERS = {
    "nul": "NUL in the key",
    "line-break": "CR LF in the key",
    "blank": "white space in the key",
    "space": "white space in the key",
    "control": "a control character in the key",
    "quotes": "a quote in the key",
    "sql": "a quote in the key",
    "markup": "markup in the key",
    "template": "braces in the key",
    "json": "braces in the key",
    "dot": "dots and slashes in the key",
    "slash": "dots and slashes in the key",
    "percent": "a percent sign in the key",
    "invalid-utf8": "invalid UTF-8 in the key",
    "separator": "punctuation in the key",
    "shell": "punctuation in the key",
    "ascii": "punctuation in the key",
    "word": "a word",
    "number": "a word",
    "plain": "",
    "digits": "",
}
"""What is special about a class of texts, in the words of the gate's plan; every other class is not ASCII."""

_ALPHABETS = tuple(ALPHABETS)
_BREAKERS = tuple((name, text) for name, texts in BREAKERS.items() for text in texts)


def trigger(name: str) -> str:
    """What is special about a class of texts."""
    return TRIGGERS.get(name, "non-ASCII in the key")


def special(raw: str) -> str:
    """What is special about a key as it is written, by its first telling character."""
    if "%00" in raw:
        return TRIGGERS["nul"]
    if any(code in raw for code in ("%0A", "%0D", "%0a", "%0d")):
        return TRIGGERS["line-break"]
    return ""


@kind(10, "key")
def plain(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A key like any other, that does not exist."""
    return deck.unknown_key(dice, dice.text(PLAIN, dice.below(30)) + nonce.text(), "key/plain")


@kind(14, "key")
def alphabet(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A text of one alphabet."""
    name = dice.pick(_ALPHABETS)
    letters = ALPHABETS[name]
    text = dice.text(letters, dice.below(20)) + nonce.text(letters)
    return deck.unknown_key(dice, quote(text, safe=""), f"key/{name}", trigger(name))


@kind(5, "key")
def mixture(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A text of several alphabets."""
    text = "".join(dice.text(ALPHABETS[dice.pick(_ALPHABETS)], 1 + dice.below(5)) for _ in range(4)) + nonce.text()
    return deck.unknown_key(dice, quote(text, safe=""), "key/mixture", special(quote(text)) or "non-ASCII in the key")


@kind(14, "key")
def breaker(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A text that broke servers before, somewhere in a known key or a plain one."""
    name, text = dice.pick(_BREAKERS)
    base = segment(deck.existing(dice)[deck.parameters[-1]]) if dice.below(2) else dice.text(PLAIN, dice.below(12))
    mark = nonce.text()
    place = dice.below(len(base) + 1)
    raw = dice.pick(
        (base + text + mark, mark + text + base, text + base + mark, mark + base[:place] + text + base[place:])
    )
    return deck.unknown_key(dice, raw, f"key/{name}", trigger(name))


@kind(6, "key")
def near(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A key that begins or ends like one that exists."""
    known = deck.existing(dice)[deck.parameters[-1]]
    mark = nonce.text()
    place = dice.below(len(known) + 1)
    text = dice.pick((known + mark, mark + known, known[:place] + mark + known[place:], known[:place] + mark))
    return deck.unknown_key(dice, segment(text), "key/near a known one", "a key near one that exists")


@kind(5, "key")
def octets(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """Any bytes at all, percent-encoded."""
    raw = "".join(f"%{dice.below(256):02X}" for _ in range(1 + dice.below(12))) + nonce.text()
    return deck.unknown_key(dice, raw, "key/octets", special(raw) or "invalid UTF-8 in the key")


@kind(2, "key")
def long(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A long key."""
    length = dice.pick(LENGTHS[20:]) + dice.below(9)
    return deck.unknown_key(
        dice,
        dice.text(PLAIN, length) + nonce.text(),
        "key/long",
        "the length of the key",
        tolerated=(400, 413, 414, 431),
    )


@kind(3, "key")
def encoded(deck: Deck, dice: Dice, nonce: Nonce) -> Probe:
    """A known key, some of its characters percent-encoded though they need not be: the same key."""
    known = deck.existing(dice)[deck.parameters[-1]]
    raw = "".join(
        f"%{ord(letter):02X}" if letter.isascii() and nonce.number >> place % 32 & 1 else segment(letter)
        for place, letter in enumerate(known)
    )
    return deck.unknown_key(dice, raw, "key/encoded known one", "a known key percent-encoded")


@kind(3, "key")
def disguised(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """A known key, some of its letters in another guise: to a reader the same key, to a server another one."""
    known = deck.existing(dice)[deck.parameters[-1]]
    guise = dice.pick(GUISES)
    chosen = nonce.number | 1 << dice.below(min(32, len(known)))
    text = "".join(guise(letter) if chosen >> place % 32 & 1 else letter for place, letter in enumerate(known))
    if text == known:  # As where a key has no letter that has this guise.
        return None
    probe = deck.unknown_key(dice, segment(text), "key/disguised known one", "non-ASCII in the key")
    # There are few ways to disguise a short key: the query tells two cases apart.
    target = probe.request.target
    marked = f"{target}{'&' if '?' in target else '?'}x{nonce.text()}"
    return replace(probe, request=replace(probe.request, target=marked))


@kind(4, "corpus")
def remembered(deck: Deck, dice: Dice, nonce: Nonce) -> Probe | None:
    """A key that was worth remembering in an earlier campaign, changed in one place."""
    if not deck.shapes:
        return None
    raw = dice.pick(deck.corpus)
    mark = nonce.text()
    changed = dice.pick((raw + mark, mark + raw, raw + raw[::-1].replace("%", "") + mark))
    return deck.unknown_key(dice, changed, "key/remembered", special(changed) or "a key from an earlier campaign")


def systematic(deck: Deck) -> Iterator[Probe]:
    """Every boundary, edit of a known key and breaker once. Any of them might exist: an answer about it is believed."""
    if not deck.shapes:
        return
    dice = Dice(0, 0)
    parameter = deck.operation.path_parameters()[-1]
    for values in deck.known:
        for value in edits(values[parameter.name]):
            yield deck.unknown_key(dice, segment(value.text), f"key/edit: {value.label}", value.label, may_exist=True)
    schema = {**deck.contract.resolve(parameter.schema)}
    if deck.shapes[parameter.name].longest:
        schema.setdefault("maxLength", deck.shapes[parameter.name].longest)
    for value in boundaries(schema):
        yield deck.unknown_key(
            dice, value.text, f"key/{value.label}", "the length of the key", may_exist=True,
            tolerated=(400, 413, 414, 431) if len(value.text) > 256 else (),
        )  # fmt: skip
    for name, text in _BREAKERS:
        known = segment(deck.known[0][parameter.name])
        for raw in (text, "flowcontract" + text, text + "flowcontract", known + text, text + known):
            yield deck.unknown_key(dice, raw, f"key/{name}", trigger(name), may_exist=True)
    for word in deck.words:
        yield deck.unknown_key(dice, segment(word), "key/word of the contract's paths", "a word", may_exist=True)
