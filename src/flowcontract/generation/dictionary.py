"""Values worth sending: around each boundary of a schema, and classes of strings that break servers."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Characters that every router and ID pattern allows."""

ALPHABETS: Mapping[str, str] = {
    "plain": PLAIN,
    "digits": "0123456789",
    "ascii": "".join(map(chr, range(33, 127))),
    "space": " \t\u00a0\u2003\u3000\u200b\u202f\ufeff",
    "control": "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32), 127))),
    "latin": "".join(map(chr, range(0xC0, 0x17F))),
    "folding": "\u00df\u0131\u0130\u017f\u212a\u1e9e\u212b\u01c5\u0149\ufb01\ufb02\u03a3\u03c2t\ufb00",
    "greek": "".join(map(chr, range(0x391, 0x3C9))),
    "cyrillic": "".join(map(chr, range(0x410, 0x450))),
    "right-to-left": "".join(map(chr, (*range(0x5D0, 0x5EA), *range(0x627, 0x64A), 0x200F, 0x202E))),
    "combining": "aeiou" + "".join(map(chr, range(0x300, 0x340))),
    "cjk": "".join(map(chr, range(0x4E00, 0x4F00))),
    "full-width": "".join(map(chr, range(0xFF41, 0xFF5B))),
    "emoji": "".join(map(chr, range(0x1F600, 0x1F640))) + "\u200d\ufe0f",
    "beyond-bmp": "".join(map(chr, range(0x10400, 0x10450))),
    "unassigned": "".join(map(chr, (*range(0xE000, 0xE020), 0xFFFE, 0xFFFF, 0x10FFFF))),
}
"""Alphabets of random strings, by class."""

BREAKERS: Mapping[str, tuple[str, ...]] = {
    "nul": ("%00",),
    "line-break": ("%0A", "%0D", "%0D%0A", "%0D%0AX-Injected:%201", "%E2%80%A8", "%C2%85"),
    "blank": ("%20", "%09", "%0B", "%C2%A0", "%E3%80%80", "+"),
    "control": ("%01", "%08", "%1B%5B31m", "%7F"),
    "quotes": ("'", "%22", "%60", "%5C", "'%22", "%E2%80%99"),
    "sql": ("'%20OR%20'1'='1", "'--", "%25", "%25%25", ";%20SELECT%201", "'%20UNION%20SELECT%20NULL--"),
    "markup": ("%3Cscript%3Ealert(1)%3C/script%3E", "%3Cb%3E", "%26lt;", "%3C!--", "%3Csvg%2Fonload=alert(1)%3E"),
    "template": ("%7B%7B7*7%7D%7D", "$%7B7*7%7D", "%25(app)s", "%25s%25n", "%7B0%7D", "%23%7B7*7%7D",
                 "%24%7Bjndi:x%7D"),
    "dot": (".json", ".html", ".x.y", "%2e", "%2e%2e", "%252e"),
    "slash": ("%2F", "%252F", "%5C", "..%2F", "%2F..%2F", "%c0%af", "..;%2F"),
    "percent": ("%", "%2", "%zz", "%%32%35", "%u0041", "%2525"),
    "invalid-utf8": ("%FF", "%C3", "%80", "%ED%A0%80", "%F4%90%80%80", "%C0%80", "%FE%FF"),
    "invisible": ("%E2%80%8B", "%EF%BB%BF", "%E2%80%AE", "%E2%80%8D", "%C2%AD"),
    "folding": ("%C3%9F", "%C4%B1", "%C4%B0", "%C5%BF", "%E2%84%AA", "%EF%AC%81"),
    "non-ascii": ("%C3%A9", "%F0%9F%98%80", "e%CC%81", "%D7%90", "%E6%BC%A2", "%EF%BD%81", "%F0%90%90%80"),
    "separator": (";", ";a=b", ",", "@", ":", "!", "*", "(", ")", "&", "=", "~", "|", "%3F", "%23", "$"),
    "word": ("null", "None", "undefined", "true", "false", "NaN", "nan", "Infinity", "__proto__", "constructor",
             "toString", "new", "index", "admin", "me", "self", "all", "count", "search", "export", "import",
             "default", "schema", "CON", "id"),
    "number": ("0", "-1", "1", "-0", "1e3", "1.0", "0x10", "2147483648", "9223372036854775808", "00", "1_000"),
    "json": ("%7B%7D", "%5B%5D", "%7B%22$ne%22:null%7D", "%22%22", "%5B0%5D"),
    "shell": ("$(id)", "%60id%60", "%7C%20id", "%26%26id", ";id"),
}  # fmt: skip
"""Known-bad strings by class, percent-encoded as in a request target."""

_ALIKE = str.maketrans("aceiopsxyABCEHKMOPTX", "асеіорѕхуАВСЕНКМОРТХ")  # noqa: RUF001 - Cyrillic is the point
LOOKALIKES: tuple[Callable[[str], str], ...] = (
    lambda letter: letter + "\u0301" if letter.isalpha() else letter,
    lambda letter: unicodedata.normalize("NFC", letter + "\u0301") if letter.isalpha() else letter,
    lambda letter: chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter,
    lambda letter: letter + "\u200b",
    lambda letter: letter + "\u00ad",
    lambda letter: letter.translate(_ALIKE),
    lambda letter: chr(0x1D41A + ord(letter) - ord("a")) if "a" <= letter <= "z" else letter,
    lambda letter: "\u2010" if letter == "-" else "\uff3f" if letter == "_" else letter,
)
"""Lookalikes of a letter: accented, full-width, with an invisible character, of another script, mathematical."""

LENGTHS = (1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 49, 50, 51, 63, 64, 65, 99, 100, 101, 127, 128, 129,
           149, 150, 151, 199, 200, 201, 254, 255, 256, 257, 299, 300, 511, 512, 513, 1000, 1023, 1024, 1025,
           2047, 2048, 2049, 4000, 4095, 4096, 4097, 8000)  # fmt: skip
"""Lengths around the limits that databases, file systems and routers have."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a parameter, as text that stands in a request target."""

    text: str
    """Percent-encoded."""
    label: str
    """The class it belongs to: `length 51`, `nul`, `enum`."""
    valid: bool
    """Whether the schema of the parameter allows it."""


def boundaries(schema: Mapping[str, Any]) -> Iterator[Value]:
    """Every value at and just beyond a boundary that a schema of one scalar states."""
    kind = schema.get("type", "string")
    if schema.get("enum"):
        yield from _enumerated(schema["enum"])
    elif kind in ("integer", "number"):
        yield from _numbers(schema, whole=kind == "integer")
    elif kind == "boolean":
        for text in ("true", "false"):
            yield Value(text, "boolean", valid=True)
        for text in ("True", "1", "yes", "", "null", "tru"):
            yield Value(text, "no boolean", valid=False)
    elif kind == "array":
        for value in boundaries(schema.get("items") or {}):
            yield value
            yield Value(f"{value.text},{value.text}", f"two of: {value.label}", value.valid)
    else:
        yield from _strings(schema)


def _enumerated(choices: list[Any]) -> Iterator[Value]:
    for choice in choices:
        text = quote(str(choice), safe="")
        yield Value(text, "enum", valid=True)
        yield Value(text + "x", "beyond enum", valid=False)
        if text.upper() != text and text.upper() not in choices:
            yield Value(text.upper(), "enum in another case", valid=False)
    yield Value("", "empty", valid=False)


def _numbers(schema: Mapping[str, Any], *, whole: bool) -> Iterator[Value]:
    low, high = schema.get("minimum"), schema.get("maximum")

    def fits(number: int) -> bool:
        above = low is None or number > low or (number == low and not schema.get("exclusiveMinimum"))
        below = high is None or number < high or (number == high and not schema.get("exclusiveMaximum"))
        return above and below and number % (schema.get("multipleOf") or 1) == 0

    edges = {0, 1, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63, 10**40}
    for bound in (low, high):
        if bound is not None:
            edges |= {bound - 1, bound, bound + 1}
    for edge in sorted(edges):
        yield Value(str(edge), f"number {edge}" if abs(edge) < 10**20 else "huge number", valid=fits(edge))
    for text in (
        "",
        "x",
        "1.5" if whole else "1,5",
        "1e2",
        "0x1",
        "NaN",
        "Infinity",
        "%201",
        "+1",
        "01",
        "1_0",
        "%D9%A3",
    ):
        yield Value(text, "no number" if text else "empty", valid=False)


def _strings(schema: Mapping[str, Any]) -> Iterator[Value]:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    lengths = set(LENGTHS) | {low - 1, low, low + 1}
    if high is not None:
        lengths |= {high - 1, high, high + 1}
    for length in sorted(length for length in lengths if length > 0):
        label = {low: "minLength", high: "maxLength"}.get(length, f"length {length}")
        if high is not None and length == high + 1:
            label = "maxLength + 1"
        if low and length == low - 1:
            label = "minLength - 1"
        valid = length >= low and (high is None or length <= high)
        for letter in ("a", "-", "Z", "7"):
            yield Value(letter * length, label, valid and matches(schema, letter * length))
    for name, example in FORMATS.get(str(schema.get("format", "")), {}).items():
        yield Value(quote(example, safe=""), name, valid=name.startswith("format"))


FORMATS: Mapping[str, Mapping[str, str]] = {
    "uuid": {
        "format uuid": "7f1c4f4e-6d0b-4d8c-9a55-0d5c3f0b7e11",
        "format uuid, nil": "00000000-0000-0000-0000-000000000000",
        "uuid without hyphens": "7f1c4f4e6d0b4d8c9a550d5c3f0b7e11",
        "uuid in braces": "{7f1c4f4e-6d0b-4d8c-9a55-0d5c3f0b7e11}",
        "uuid cut": "7f1c4f4e-6d0b-4d8c-9a55-0d5c3f0b7e1",
        "uuid with another letter": "7f1c4f4e-6d0b-4d8c-9a55-0d5c3f0b7e1g",
    },
    "date": {
        "format date": "2024-02-29",
        "date that is none": "2023-02-29",
        "date in month 13": "2024-13-01",
        "date of year 0": "0000-01-01",
    },
    "date-time": {
        "format date-time": "2024-02-29T23:59:59Z",
        "date-time, leap second": "2016-12-31T23:59:60Z",
        "date-time without zone": "2024-02-29T23:59:59",
        "date-time at 25 o'clock": "2024-02-29T25:00:00Z",
    },
    "email": {"format email": "a@example.org", "email without host": "a@"},
    "uri": {"format uri": "https://example.org/", "uri of a script": "javascript:alert(1)"},
}
"""Valid and invalid values of formats with edge cases."""


def matches(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text matches the pattern of a schema; a pattern that cannot be read in linear time allows anything."""
    pattern = schema.get("pattern")
    return not pattern or _pattern(str(pattern)) is None or _pattern(str(pattern)).is_valid(text)


@cache
def _pattern(pattern: str) -> Any:
    """A validator of the pattern that takes linear time, whatever the text; None if there is none."""
    try:
        return Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except (ValueError, ValidationError):
        return None


def edits(text: str) -> Iterator[Value]:
    """All texts one small edit away from a known one, the most error-prone edits first."""
    for name, other in (
        ("other case", text.upper()),
        ("other case", text.title()),
        ("other case", text.swapcase()),
        ("hyphen or underscore", text.replace("-", "_")),
        ("hyphen or underscore", text.replace("_", "-")),
        ("reversed", text[::-1]),
        ("twice", text + text),
    ):
        if other != text:
            yield Value(other, name, valid=True)
    for place in range(len(text)):
        if len(text) > 1:
            yield Value(text[:place] + text[place + 1 :], "one less", valid=True)
        yield Value(text[:place] + text[place] + text[place:], "one twice", valid=True)
        if text[place].swapcase() != text[place]:
            yield Value(text[:place] + text[place].swapcase() + text[place + 1 :], "one in other case", valid=True)
        if place:
            yield Value(text[:place], "prefix", valid=True)
            yield Value(text[place:], "suffix", valid=True)
    for letter in "a0-_Z":
        yield Value(text + letter, "one more", valid=True)
        yield Value(letter + text, "one more", valid=True)
