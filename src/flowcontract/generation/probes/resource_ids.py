"""Keys that cannot exist: beside each boundary of the schema, near each key that does, and what breaks servers."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, Parameter

_NO_TEXT = re.compile("[\ud800-\udfff]")
_ALARMING = re.compile(r"""[\x00-\x1f\x7f<>'"`\\|;$]|\.\.""")
_LONG = 2000
"""Characters from which on the HTTP layer may refuse a path."""
UNKNOWN = "flowcontract-no-such-key"
"""The plain key that does not exist."""
UNKNOWN_UUID = "00000000-0000-4000-8000-00000badc0de"
"""The same, where keys are UUIDs."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value for one path parameter, as it is written into the path."""

    raw: str
    """As sent, percent-encoding included."""
    value: str
    """As a server decodes it."""
    label: str
    reason: str
    trigger: str = ""
    odd: bool = False
    """A router or the HTTP layer may refuse it in a form of its own."""
    may_exist: bool = False
    """It might exist after all."""
    tolerated: tuple[int, ...] = ()
    """What may be said to it instead of 404."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an ordinary value of a path parameter looks like, as far as the contract tells."""

    pattern: str = ""
    longest: int = 0
    """0 where there is no bound."""
    number: bool = False
    most: int = 0
    """The greatest number that is an ordinary one."""
    parameter: Parameter | None = None

    def admits(self, value: str) -> bool:
        """Say whether the schema of the parameter takes a value, read as servers read bytes that are no UTF-8."""
        text = _NO_TEXT.sub("\ufffd", value)
        typed = int(text) if self.number and re.fullmatch(r"-?[0-9]{1,18}", text) else text
        return self.parameter is None or self.parameter.is_valid(typed)

    def fits(self, value: str) -> bool:
        """Say whether a value is ordinary: no router has a reason to refuse it."""
        if not self.admits(value):
            return False
        if self.number:
            return bool(re.fullmatch(r"[1-9]\d{0,8}", value))
        if self.longest and len(value) > self.longest:
            return False
        return (
            value.isprintable()
            and value.isascii()
            and bool(re.search(self.pattern or r"^[-\w]{1,128}$", value, re.ASCII))
        )


def shape(contract: Contract, operation: Operation, parameter: Parameter) -> Shape:
    """What the schema of the parameter, and of the body field that it equals, says about its values."""
    facts = {**_field(contract, operation, parameter.name), **contract.resolve(parameter.schema)}
    pattern = str(facts.get("pattern", ""))
    try:
        re.compile(pattern)
    except re.error:
        pattern = ""
    return Shape(
        pattern,
        int(facts.get("maxLength", 0)),
        facts.get("type") in ("integer", "number"),
        int(facts.get("maximum", 2**31 - 19)),
        parameter,
    )


def _field(contract: Contract, operation: Operation, name: str) -> Mapping[str, Any]:
    """The schema of the body field that equals a path parameter; empty where none is found."""
    success = operation.success()
    for media in (success.media if success else {}).values():
        node = contract.resolve(media.schema or {})
        for token in pointers.split(operation.id_pointer(name)):
            node = contract.resolve((node.get("properties") or {}).get(token) or {})
        if node:
            return dict(node)
    return {}


def unknown(
    known: Sequence[str], form: Shape, words: Sequence[str] = (), identities: Sequence[str] = ()
) -> tuple[Key, ...]:
    """Every key worth asking for that is not in `known`, the most telling first.

    `words` are literal segments of the contract's paths: another route may take them for its own. `identities`
    are other values that are known of the things that exist.
    """
    taken = set(known)
    found: dict[str, Key] = {}
    nothing = plain(form, taken)
    sources = [[Key(nothing, nothing, "plain", "no such key")]]
    if known and not form.number:
        closest = list(near(known[0]))
        nearest = [*closest[:5], *_near_longest(known), *_identities(identities[:2]), *closest[5:]]
        sources += [nearest[::2], nearest[1::2]]
    for key in _in_turn([*sources, _breaking(), _lengths(form), _words(words)]):
        if key.value not in taken and key.raw not in found:
            found[key.raw] = _placed(key, form)
    return tuple(found.values())


def is_alarming(value: str) -> bool:
    """Whether a firewall before the server may take a value for an attack, and refuse it in its own way."""
    return _ALARMING.search(value) is not None


def plain(form: Shape, taken: Collection[str] = ()) -> str:
    """The plain key that does not exist: one that the schema admits, where we know one."""
    numbers = [str(form.most - less) for less in range(20)]
    for value in numbers if form.number else (UNKNOWN, UNKNOWN_UUID):
        if value not in taken and form.admits(value):
            return value
    return numbers[0] if form.number else UNKNOWN


def _placed(key: Key, form: Shape) -> Key:
    """Say what may be answered to a key: the odder it is, the more."""
    size = len(key.raw)
    key = replace(key, trigger=next((name for sign, name in _CLASSES if sign in key.value), key.trigger))
    odd = key.odd or size > _LONG or not (form.fits(key.value) or _plain(key.value))
    if not odd and form.fits(key.value):
        return key
    moved = (301, 302, 307, 308) if any(sign in key.value for sign in "./;\\ ") else ()
    walled = (403,) if is_alarming(key.value) else ()
    return replace(key, odd=odd, tolerated=(400, 422, *walled, *moved, *((413, 414, 431) if size > _LONG else ())))


_CLASSES = (
    ("\0", "NUL in the key"),
    ("\n", "a line break in the key"),
    ("'", "a quote in the key"),
    ('"', "a quote in the key"),
)
"""What a key holds that breaks servers wherever it stands."""


def _plain(value: str) -> bool:
    """Whether nothing but its length can be wrong with a key."""
    return value.isalnum() and value.isascii()


def other_identities(operation: Operation, parameter: Parameter, known: Sequence[str]) -> list[str]:
    """Identifiers, other than the key, that the contract's example of the first known key has."""
    success = operation.success()
    for media in (success.media if success else {}).values():
        for name, values in operation.example_path_values().items():
            if known and values.get(parameter.name) == known[0]:
                body = media.examples[name].value if name in media.examples else {}
                texts = [value for value in body.values() if isinstance(value, str)]
                return [text for text in texts if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)]
    return []


def _near_longest(known: Sequence[str]) -> list[Key]:
    longest = max(known, key=len)
    value = longest + "x"
    return [Key(value, value, "longest and one letter more", "a key is not cut to fit", "longest and one letter more")]


def _identities(values: Sequence[str]) -> list[Key]:
    return [
        Key(value, value, f"identifier {number}", "a thing is found by its key alone", "an identifier for a key")
        for number, value in enumerate(values, 1)
    ]


def _in_turn(sources: Sequence[Sequence[Key]]) -> Iterator[Key]:
    """One of each source after the other, so that a short plan has some of every kind."""
    for index in range(max(map(len, sources))):
        for source in sources:
            if index < len(source):
                yield source[index]


def near(known: str) -> Iterator[Key]:
    """Values that a careless look-up takes for a key that exists."""
    enc = quote(known, safe="")

    def key(value: str, label: str, reason: str, raw: str | None = None, *, odd: bool = False) -> Key:
        return Key(raw if raw is not None else quote(value, safe="-._~"), value, label, reason, label, odd)

    flipped = known.swapcase()
    if flipped != known:
        yield key(flipped, "case flipped", "keys that differ in case are different keys")
        yield key(
            known[:1].swapcase() + known[1:], "first letter flipped", "keys that differ in case are different keys"
        )
    if len(known) > 1:
        yield key(known[:-1], "cut short", "a key is not found by its beginning")
    yield key(known + "x", "one letter more", "a key is not found by what it is the beginning of")
    yield key(known + " ", "space after", "white space is part of a key", odd=True)
    yield key(known + "\0", "NUL after", "a NUL does not end a key", odd=True)
    yield key(unquote(_twice(known)), "encoded twice", "a path is decoded once", _twice(known), odd=True)
    yield key(known + "\n", "newline after", "a newline is part of a key", odd=True)
    yield key(known + "\t", "tab after", "white space is part of a key", odd=True)
    swapped = known.translate(str.maketrans("-_", "_-"))
    if swapped != known:
        yield key(swapped, "dash and underscore swapped", "a dash is no underscore")
    if len(known) > 2:
        yield key(known[1:], "first letter gone", "a key is not found by its end")
        yield key(known[0] + "%" + known[-1], "SQL wildcard", "% is no wildcard", odd=True)
        yield key("_" + known[1:], "SQL one-letter wildcard", "_ is no wildcard")
        yield key(known[:-1] + "*", "glob", "* is no wildcard", odd=True)
        yield key(known[:-1] + ".", "regular expression", "a dot is no wildcard", odd=True)
    yield key("x' OR '1'='1", "SQL condition", "a quote does not end a key", odd=True)
    yield key(known + "'--", "SQL comment", "a quote does not end a key", odd=True)
    yield key(known + ";a=b", "path parameter", "a semicolon is part of a key", enc + ";a=b", odd=True)
    yield key(known + ".json", "suffix", "a suffix is part of a key", odd=True)
    yield key(" " + known, "space before", "white space is part of a key", odd=True)
    yield key("+" + known, "plus before", "a plus is part of a key", "+" + enc, odd=True)
    yield key(known + "?", "question mark after", "an encoded question mark is part of a key", enc + "%3F", odd=True)
    yield key(known + "#", "hash after", "an encoded hash is part of a key", enc + "%23", odd=True)
    yield key("x/../" + known, "climbing", "dots and slashes, encoded, are part of a key", "x%2F..%2F" + enc, odd=True)
    yield key(known + "/", "slash after", "an encoded slash is part of a key", enc + "%2F", odd=True)
    wide = known.translate({ord(c): ord(c) + 0xFEE0 for c in known if c.isalnum()})
    yield key(wide, "full-width letters", "letters that look alike are different", odd=True)
    if "s" in known:
        yield key(known.replace("s", "\u017f", 1), "long s", "letters that fold alike are different", odd=True)
    yield key(known[0] + "\u00ad" + known[1:], "soft hyphen inside", "invisible characters are part of a key", odd=True)
    yield key(known + "\u0301", "combining accent", "an accent is part of a key", odd=True)
    yield key(known[:1] + known, "first letter doubled", "a key is compared whole")
    if known != known[::-1]:
        yield key(known[::-1], "reversed", "a key is compared in order")
    yield key(known + "," + known, "listed twice", "a key is no list", odd=True)
    yield key("x\\" + known, "backslash before", "a backslash is no slash", odd=True)
    yield key(known + "\u200b", "zero-width space", "invisible characters are part of a key", odd=True)
    yield key("\u200f" + known, "direction mark", "invisible characters are part of a key", odd=True)
    yield key("e\u0301" + known, "accented letter before", "a letter that cannot be kept is not dropped", odd=True)
    yield key('"' + known + '"', "in quotes", "quotes are part of a key", odd=True)


def _twice(text: str) -> str:
    """Percent-encode the first and all odd characters twice: decoded once it is not the key."""
    return quote(f"%{ord(text[0]):02x}" + quote(text[1:], safe="") if text[:1].isascii() else quote(text), safe="")


_BREAKING: tuple[tuple[str, str, str], ...] = (
    ("%00", "NUL", "NUL in the key"),
    ("%0d%0aX-Flowcontract-Injected:%20yes", "CR LF", "a line break in the key"),
    ("%27", "quote", "a quote in the key"),
    ("%F0%9F%98%80", "emoji", "non-ASCII in the key"),
    ("%FF", "invalid UTF-8", "invalid UTF-8 in the key"),
    ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "markup", "markup in the key"),
    ("..%2F..%2F..%2Fetc%2Fpasswd", "path traversal", "dots and slashes in the key"),
    ("%zz", "broken percent form", "a percent sign in the key"),
    ("flowcontract%00key", "NUL inside", "NUL in the key"),
    ("%25", "percent", "a percent sign in the key"),
    ("%22", "double quote", "a quote in the key"),
    ("%5C", "backslash", "a backslash in the key"),
    ("%24%7B7*7%7D", "expression", "braces in the key"),
    ("%C3%A9", "accented letter", "non-ASCII in the key"),
    ("%20", "space", "white space in the key"),
    ("%0a", "newline", "a line break in the key"),
    ("%C0%AF", "overlong UTF-8", "invalid UTF-8 in the key"),
    ("%ED%A0%80", "surrogate", "invalid UTF-8 in the key"),
    ("%27%20OR%20%271%27%3D%271", "SQL", "a quote in the key"),
    ("%D7%A9%D7%9C%D7%95%D7%9D", "right-to-left", "non-ASCII in the key"),
    ("a%CC%81", "combining", "non-ASCII in the key"),
    ("%E2%80%AE", "direction override", "non-ASCII in the key"),
    ("%7F", "delete", "a control character in the key"),
    ("%1b", "escape", "a control character in the key"),
    ("%09", "tab", "white space in the key"),
    ("%7B%7B7*7%7D%7D", "template", "braces in the key"),
    ("%25s%25n", "format string", "a percent sign in the key"),
    ("%5B%5D", "brackets", "brackets in the key"),
    ("%2e%2e", "dots encoded", "dots and slashes in the key"),
    ("flowcontract.key", "dot", "dots and slashes in the key"),
    ("%2F", "slash encoded", "dots and slashes in the key"),
    (";", "semicolon", "punctuation in the key"),
    (":", "colon", "punctuation in the key"),
    ("*", "star", "punctuation in the key"),
    ("%26", "ampersand", "punctuation in the key"),
    ("%23", "hash", "punctuation in the key"),
    ("%3F", "question mark", "punctuation in the key"),
    ("%2B", "plus", "punctuation in the key"),
    ("@", "at", "punctuation in the key"),
    ("%7C", "pipe", "punctuation in the key"),
    ("%60", "backtick", "punctuation in the key"),
    ("%24", "dollar", "punctuation in the key"),
    ("%EF%BB%BF", "byte order mark", "non-ASCII in the key"),
    ("%F4%90%80%80", "beyond Unicode", "invalid UTF-8 in the key"),
    ("%u0041", "old percent form", "a percent sign in the key"),
)


def _breaking() -> list[Key]:
    return [
        Key(raw, _decoded(raw), label, "this class of characters breaks servers", trigger, odd=True)
        for raw, label, trigger in _BREAKING
    ]


def _decoded(raw: str) -> str:
    return unquote(raw, errors="surrogateescape")


_WORDS = (
    "null",
    "0",
    "undefined",
    "-1",
    "true",
    "None",
    "NaN",
    "1",
    "false",
    "nil",
    "default",
    "-",
    "_",
    "new",
    "self",
    "me",
    "index",
    "all",
    "__proto__",
    "9223372036854775808",
    "1e309",
    "00000000-0000-0000-0000-000000000000",
    "constructor",
    "toString",
    "con",
    "latest",
    "search",
    "count",
    "admin",
)


def _words(words: Sequence[str]) -> list[Key]:
    known = [(word, "a word that code may take for a value of its own") for word in _WORDS]
    paths = [(word, "a word of the contract's own paths") for word in words]
    return [
        Key(quote(word, safe=""), word, f"word {word}", reason, "a word", may_exist=True)
        for word, reason in known[:4] + paths + known[4:]
    ]


def _lengths(form: Shape) -> list[Key]:
    letter = "9" if form.number else "k"
    bound = form.longest
    sizes = [bound, bound + 1] if bound else []
    sizes += [256, 1, 255, 1025, 64, 65, 129, 300, 128, 513, 2049, 4096]
    return [
        Key(letter * size, letter * size, f"length {size}", "around a boundary of lengths", "the length of the key",
            may_exist=size == 1)
        for size in dict.fromkeys(sizes)
    ]  # fmt: skip
