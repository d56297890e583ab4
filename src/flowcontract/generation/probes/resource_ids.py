"""Resource IDs that cannot exist: near misses of existing ones, schema boundaries, and strings that break servers."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from flowcontract.checks.leaks import COMPUTATION
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, Parameter

_KINDS = (r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", r"^[0-9]+$")
"""Patterns of resource IDs, UUIDs and numbers, which servers read whether or not their contract says so."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_ATTACK = re.compile(r"""[\x00-\x1f\x7f<>'"`\\|;$]|\.\.""")
_LONG = 2000
"""Characters from which on the HTTP layer may reject a path."""
UNKNOWN = "flowcontract-no-such-id"
"""A plain resource ID that does not exist."""
UNKNOWN_UUID = "00000000-0000-4000-8000-00000badc0de"
"""The same, where resource IDs are UUIDs."""
MOVED = (301, 302, 307, 308)
"""Statuses of a redirect to another path."""


@dataclass(frozen=True, slots=True)
class ResourceId:
    """A value for one path parameter, and how it is written into the path."""

    raw: str
    """As sent, percent-encoding included."""
    value: str
    """As a server decodes it."""
    label: str
    reason: str
    trigger: str = ""
    odd: bool = False
    """A router or the HTTP layer may reject it with an error body of its own."""
    may_exist: bool = False
    """It might exist after all."""
    tolerated: tuple[int, ...] = ()
    """Statuses that it may get instead of 404."""


@dataclass(frozen=True, slots=True)
class ParameterShape:
    """What an ordinary value of a path parameter looks like, as far as the contract says."""

    pattern: str = ""
    longest: int = 0
    """0 if there is no limit."""
    number: bool = False
    most: int = 0
    """The greatest ordinary number."""
    parameter: Parameter | None = None

    def admits(self, value: str) -> bool:
        """Whether the schema of the parameter allows a value; invalid UTF-8 counts as replacement characters."""
        text = _SURROGATES.sub("\ufffd", value)
        typed = int(text) if self.number and re.fullmatch(r"-?[0-9]{1,18}", text) else text
        return self.parameter is None or self.parameter.is_valid(typed)

    def fits(self, value: str) -> bool:
        """Whether a value is ordinary: no router has a reason to reject it."""
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


def parameter_shape(contract: Contract, operation: Operation, parameter: Parameter) -> ParameterShape:
    """The shape given by the schema of the parameter, and of the body field that it equals."""
    facts = {**_field(contract, operation, parameter.name), **contract.resolve(parameter.schema)}
    pattern = str(facts.get("pattern", ""))
    try:
        re.compile(pattern)
    except re.error:
        pattern = ""
    return ParameterShape(
        pattern,
        int(facts.get("maxLength", 0)),
        facts.get("type") in ("integer", "number"),
        int(facts.get("maximum", 2**31 - 19)),
        parameter,
    )


def _field(contract: Contract, operation: Operation, name: str) -> Mapping[str, Any]:
    """The schema of the body field that equals a path parameter; empty if there is none."""
    success = operation.success()
    for media in (success.media if success else {}).values():
        node = contract.resolve(media.schema or {})
        for token in pointers.split(operation.id_pointer(name)):
            node = contract.resolve((node.get("properties") or {}).get(token) or {})
        if node:
            return dict(node)
    return {}


def unknown_ids(
    known: Sequence[str], shape: ParameterShape, literals: Sequence[str] = (), identifiers: Sequence[str] = ()
) -> tuple[ResourceId, ...]:
    """Every ID worth asking for that is not in `known`, the most telling first.

    `literals` are literal segments of the contract's paths: another route may take them for its own. `identifiers`
    are other values that are known of the resources that exist.
    """
    taken = set(known)
    found: dict[str, ResourceId] = {}
    shape = like_known(shape, known)
    nothing = plain_id(shape, taken)
    sources = [[ResourceId(nothing, nothing, "plain", "an unknown ID finds nothing")]]
    nearest_to = next(filter(None, known), "")  # An empty ID may exist: the root of a tree.
    is_id = shape.parameter is None or shape.parameter.is_resource_id
    if nearest_to and is_id and not shape.number:
        closest = [each for each in near_misses(nearest_to) if not _is_same_uuid(each.value, nearest_to)]
        nearest = [*closest[:5], *_longest_and_more(known), *_identifier_ids(identifiers[:2]), *closest[5:]]
        sources += [nearest[::2], nearest[1::2]]
    for resource_id in _interleaved([*sources, _breaking_ids(), _long_ids(shape), _word_ids(literals)]):
        if resource_id.value not in taken and resource_id.raw not in found:
            found[resource_id.raw] = _with_tolerated(resource_id, shape)
    return tuple(found.values())


def like_known(shape: ParameterShape, known: Sequence[str]) -> ParameterShape:
    """The shape, with the pattern that all known IDs have where the contract has none."""
    if shape.pattern or shape.number or not known:
        return shape
    patterns = (pattern for pattern in _KINDS if all(re.search(pattern, value) for value in known))
    return replace(shape, pattern=next(patterns, ""))


def _is_same_uuid(value: str, known: str) -> bool:
    """Whether both are the same UUID, whose digits may be written in either case (RFC 9562, section 4)."""
    try:
        return UUID(value) == UUID(known)
    except ValueError:
        return False


def looks_like_attack(value: str) -> bool:
    """Whether a firewall in front of the server may treat a value as an attack, and reject it."""
    return _ATTACK.search(value) is not None


def plain_id(shape: ParameterShape, taken: Collection[str] = ()) -> str:
    """A plain resource ID that does not exist: an ordinary one, else one that the schema allows, if possible."""
    numbers = [str(shape.most - less) for less in range(20)]
    free = [
        value
        for value in (numbers if shape.number else [UNKNOWN, UNKNOWN_UUID, *numbers])
        if value not in taken and shape.admits(value)
    ]
    return next((value for value in free if shape.fits(value)), free[0] if free else UNKNOWN)


def impossible_values(contract: Contract, operation: Operation) -> dict[str, str]:
    """Path parameters of a resource that cannot exist: for PUT, which may create it, one that no read asks for."""
    found = {}
    for parameter in operation.path_parameters():
        shape = parameter_shape(contract, operation, parameter)
        plain = plain_id(shape)
        found[parameter.name] = plain_id(shape, {plain}) if operation.method == "PUT" else plain
    return found


def may_be_moved(value: str) -> bool:
    """Whether a router may redirect from a path with this value to another: it is empty, or has signs of paths."""
    return not value or any(sign in value for sign in "./;\\ ")


def _with_tolerated(resource_id: ResourceId, shape: ParameterShape) -> ResourceId:
    """The ID with the statuses that it may get: the more unusual the ID, the more statuses."""
    size = len(resource_id.raw)
    resource_id = replace(
        resource_id, trigger=next((name for sign, name in _CLASSES if sign in resource_id.value), resource_id.trigger)
    )
    odd = resource_id.odd or size > _LONG or not (shape.fits(resource_id.value) or _plain(resource_id.value))
    if not odd and shape.fits(resource_id.value):
        return resource_id
    moved = MOVED if may_be_moved(resource_id.value) else ()
    walled = (403,) if looks_like_attack(resource_id.value) else ()
    return replace(
        resource_id, odd=odd, tolerated=(400, 422, *walled, *moved, *((413, 414, 431) if size > _LONG else ()))
    )


_CLASSES = (
    ("\0", "NUL in the resource ID"),
    ("\n", "a line break in the resource ID"),
    ("'", "a quote in the resource ID"),
    ('"', "a quote in the resource ID"),
)
"""What breaks servers anywhere in an ID."""


def _plain(value: str) -> bool:
    """Whether nothing but its length can be wrong with an ID."""
    return value.isalnum() and value.isascii()


def other_identifiers(operation: Operation, parameter: Parameter, known: Sequence[str]) -> list[str]:
    """UUIDs, other than the ID, in the contract's example of the first known resource."""
    success = operation.success()
    for media in (success.media if success else {}).values():
        for name, values in operation.example_path_values().items():
            if known and values.get(parameter.name) == known[0]:
                body = media.examples[name].value if name in media.examples else {}
                texts = [value for value in body.values() if isinstance(value, str)]
                return [text for text in texts if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)]
    return []


def _longest_and_more(known: Sequence[str]) -> list[ResourceId]:
    longest = max(known, key=len)
    value = longest + "x"
    return [
        ResourceId(
            quote(value, safe="-._~"),
            value,
            "longest and one letter more",
            "IDs are not truncated",
            "longest and one letter more",
        )
    ]


def _identifier_ids(values: Sequence[str]) -> list[ResourceId]:
    return [
        ResourceId(
            value,
            value,
            f"identifier {number}",
            "resources are found only by their ID",
            "another identifier of a resource",
        )
        for number, value in enumerate(values, 1)
    ]


def _interleaved(sources: Sequence[Sequence[ResourceId]]) -> Iterator[ResourceId]:
    """One of each source in turn, so that a short plan has some of every kind."""
    for index in range(max(map(len, sources))):
        for source in sources:
            if index < len(source):
                yield source[index]


def near_misses(known: str) -> Iterator[ResourceId]:
    """Values that a careless lookup takes for an existing ID."""
    enc = quote(known, safe="")

    def resource_id(value: str, label: str, reason: str, raw: str | None = None, *, odd: bool = False) -> ResourceId:
        return ResourceId(raw if raw is not None else quote(value, safe="-._~"), value, label, reason, label, odd)

    flipped = known.swapcase()
    if flipped != known:
        yield resource_id(flipped, "case flipped", "IDs are case-sensitive")
        yield resource_id(known[:1].swapcase() + known[1:], "first letter flipped", "IDs are case-sensitive")
    if len(known) > 1:
        yield resource_id(known[:-1], "cut short", "a prefix of an ID finds nothing")
    yield resource_id(known + "x", "one letter more", "an ID with a suffix finds nothing")
    yield resource_id(known + " ", "space after", "whitespace is part of an ID", odd=True)
    yield resource_id(known + "\0", "NUL after", "a NUL does not end an ID", odd=True)
    yield resource_id(unquote(_twice(known)), "encoded twice", "a path is decoded once", _twice(known), odd=True)
    yield resource_id(known + "\n", "newline after", "a newline is part of an ID", odd=True)
    yield resource_id(known + "\t", "tab after", "whitespace is part of an ID", odd=True)
    swapped = known.translate(str.maketrans("-_", "_-"))
    if swapped != known:
        yield resource_id(swapped, "dash and underscore swapped", "a dash is not an underscore")
    if len(known) > 2:
        yield resource_id(known[1:], "first letter gone", "a suffix of an ID finds nothing")
        yield resource_id(known[0] + "%" + known[-1], "SQL wildcard", "% is not a wildcard", odd=True)
        yield resource_id("_" + known[1:], "SQL one-letter wildcard", "_ is not a wildcard")
        yield resource_id(known[:-1] + "*", "glob", "* is not a wildcard", odd=True)
        yield resource_id(known[:-1] + ".", "regular expression", "a dot is not a wildcard", odd=True)
    yield resource_id("x' OR '1'='1", "SQL condition", "a quote does not end an ID", odd=True)
    yield resource_id(known + "'--", "SQL comment", "a quote does not end an ID", odd=True)
    yield resource_id(known + ";a=b", "path parameter", "a semicolon is part of an ID", enc + ";a=b", odd=True)
    yield resource_id(known + ".json", "suffix", "a suffix is part of an ID", odd=True)
    yield resource_id(" " + known, "space before", "whitespace is part of an ID", odd=True)
    yield resource_id("+" + known, "plus before", "a plus is part of an ID", "+" + enc, odd=True)
    yield resource_id(
        known + "?", "question mark after", "an encoded question mark is part of an ID", enc + "%3F", odd=True
    )
    yield resource_id(known + "#", "hash after", "an encoded hash is part of an ID", enc + "%23", odd=True)
    yield resource_id(
        "x/../" + known, "climbing", "encoded dots and slashes are part of an ID", "x%2F..%2F" + enc, odd=True
    )
    yield resource_id(known + "/", "slash after", "an encoded slash is part of an ID", enc + "%2F", odd=True)
    wide = known.translate({ord(c): ord(c) + 0xFEE0 for c in known if c.isalnum()})
    yield resource_id(wide, "full-width letters", "letters that look alike are different", odd=True)
    if "s" in known:
        yield resource_id(known.replace("s", "\u017f", 1), "long s", "letters that fold alike are different", odd=True)
    yield resource_id(
        known[0] + "\u00ad" + known[1:], "soft hyphen inside", "invisible characters are part of an ID", odd=True
    )
    yield resource_id(known + "\u0301", "combining accent", "an accent is part of an ID", odd=True)
    yield resource_id(known[:1] + known, "first letter doubled", "the whole ID is compared")
    if known != known[::-1]:
        yield resource_id(known[::-1], "reversed", "the order of characters in an ID matters")
    yield resource_id(known + "," + known, "listed twice", "a list of IDs finds nothing", odd=True)
    yield resource_id("x\\" + known, "backslash before", "a backslash is not a slash", odd=True)
    yield resource_id(known + "\u200b", "zero-width space", "invisible characters are part of an ID", odd=True)
    yield resource_id("\u200f" + known, "direction mark", "invisible characters are part of an ID", odd=True)
    yield resource_id(
        "e\u0301" + known, "accented letter before", "a letter that cannot be stored is not dropped", odd=True
    )
    yield resource_id('"' + known + '"', "in quotes", "quotes are part of an ID", odd=True)
    yield resource_id(known + "!", "punctuation after", "an ID is not turned into a slug", odd=True)
    yield resource_id(f"-{known}-", "hyphens around", "an ID is not turned into a slug")
    for sign, name in (("&", "ampersand"), ("=", "equals sign"), (":", "colon"), ("@", "at sign"), ("|", "pipe")):
        yield resource_id(f"{known}{sign}a", f"{name} after", f"the {name} does not end an ID", odd=True)
    if "-" in known:
        yield resource_id(known.replace("-", "--", 1), "hyphen doubled", "an ID is not turned into a slug")
        yield resource_id(known.replace("-", ""), "hyphens gone", "an ID is not turned into a slug")


def _twice(text: str) -> str:
    """Percent-encode the first and all special characters twice: decoded once it is another ID."""
    return quote(f"%{ord(text[0]):02x}" + quote(text[1:], safe="") if text[:1].isascii() else quote(text), safe="")


_BREAKING: tuple[tuple[str, str, str], ...] = (
    ("%00", "NUL", "NUL in the resource ID"),
    ("%0d%0aX-Flowcontract-Injected:%20yes", "CR LF", "a line break in the resource ID"),
    ("%27", "quote", "a quote in the resource ID"),
    ("%F0%9F%98%80", "emoji", "non-ASCII in the resource ID"),
    ("%FF", "invalid UTF-8", "invalid UTF-8 in the resource ID"),
    ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "markup", "markup in the resource ID"),
    ("..%2F..%2F..%2Fetc%2Fpasswd", "path traversal", "dots and slashes in the resource ID"),
    ("%zz", "invalid percent-encoding", "a percent sign in the resource ID"),
    ("flowcontract%00key", "NUL inside", "NUL in the resource ID"),
    ("%25", "percent", "a percent sign in the resource ID"),
    ("%22", "double quote", "a quote in the resource ID"),
    ("%5C", "backslash", "a backslash in the resource ID"),
    (f"%24%7B{COMPUTATION}%7D", "expression", "braces in the resource ID"),
    ("%C3%A9", "accented letter", "non-ASCII in the resource ID"),
    ("%20", "space", "white space in the resource ID"),
    ("%0a", "newline", "a line break in the resource ID"),
    ("%C0%AF", "overlong UTF-8", "invalid UTF-8 in the resource ID"),
    ("%ED%A0%80", "surrogate", "invalid UTF-8 in the resource ID"),
    ("%27%20OR%20%271%27%3D%271", "SQL", "a quote in the resource ID"),
    ("%D7%A9%D7%9C%D7%95%D7%9D", "right-to-left", "non-ASCII in the resource ID"),
    ("a%CC%81", "combining", "non-ASCII in the resource ID"),
    ("%E2%80%AE", "direction override", "non-ASCII in the resource ID"),
    ("%1b%7F", "escape and delete", "a control character in the resource ID"),
    ("%09", "tab", "white space in the resource ID"),
    (f"%7B%7B{COMPUTATION}%7D%7D", "template", "braces in the resource ID"),
    ("%25s%25n", "format string", "a percent sign in the resource ID"),
    ("%5B%5D", "brackets", "brackets in the resource ID"),
    ("%2e%2e", "dots encoded", "dots and slashes in the resource ID"),
    ("flowcontract.key", "dot", "dots and slashes in the resource ID"),
    ("%2F", "slash encoded", "dots and slashes in the resource ID"),
    (";id", "semicolon", "punctuation in the resource ID"),
    ("*", "star", "punctuation in the resource ID"),
    (":@%26%2B%7C%60", "signs", "punctuation in the resource ID"),
    ("%3F%23", "question mark and hash", "punctuation in the resource ID"),
    ("%24", "dollar", "punctuation in the resource ID"),
    ("%EF%BB%BF", "byte order mark", "non-ASCII in the resource ID"),
    ("%F4%90%80%80", "beyond Unicode", "invalid UTF-8 in the resource ID"),
    ("%u0041", "non-standard percent-encoding", "a percent sign in the resource ID"),
)


def _breaking_ids() -> list[ResourceId]:
    return [
        ResourceId(raw, _decoded(raw), label, "unusual characters in an ID do not crash the server", trigger, odd=True)
        for raw, label, trigger in _BREAKING
    ]


def _decoded(raw: str) -> str:
    return unquote(raw, errors="surrogateescape")


_WORDS = (
    "null", "0", "undefined", "-1", "true", "None", "1", "default", "-", "_", "new", "self", "me", "all", "__proto__",
    "9223372036854775808", "00000000-0000-0000-0000-000000000000", "constructor", "latest", "search", "admin",
)  # fmt: skip


def _word_ids(literals: Sequence[str]) -> list[ResourceId]:
    known = [(word, "a word with a special meaning elsewhere is an ordinary ID") for word in _WORDS]
    paths = [(word, "a word from the contract's paths is an ordinary ID") for word in literals]
    return [
        ResourceId(quote(word, safe=""), word, f"word {word}", reason, "a word", may_exist=True)
        for word, reason in known[:4] + paths + known[4:]
    ]


_LONGEST = 8192
"""Characters of the longest ID that is sent: servers reject longer targets before they look at them."""
_DIGITS = 4301
"""Digits of a number that some languages refuse to read, each with an error of its own."""
_LENGTH = "a resource ID of unusual length"


def _long_ids(shape: ParameterShape) -> list[ResourceId]:
    letter = "9" if shape.number else "k"
    bound = shape.longest
    sizes = [bound, bound + 1] if 0 < bound <= _LONGEST else []
    sizes += [256, *([_DIGITS] if shape.number else []), 1, 255, 1025, 65, 129, 300, 513, 2049, 4096]
    return [
        ResourceId(
            letter * size, letter * size, f"length {size}", "an ID of any length gets a documented response", _LENGTH,
            may_exist=size == 1,
        )
        for size in dict.fromkeys(sizes)
    ]  # fmt: skip
