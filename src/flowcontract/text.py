"""Safe display of text from outside: invisible characters become escapes, long text is truncated.

Every report shows text that a server chose. A control character can end an XML document or move a terminal's cursor,
a bidirectional override can reverse what a reader sees, and a lone surrogate cannot be encoded at all. Each is shown
as an escape such as `\\x00` or `\\u202e`, so that it remains visible as evidence.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# Controls except tab and newline, soft hyphen, zero-width and bidirectional marks, line separators, surrogates,
# non-characters, invisible tags. Joiners (U+200C, U+200D) stay: scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')

_USER = re.compile(r"(//)(?:[^/?#\s]*|[^/?#@:\s\[]*:(?!\d+(?:[^\w@]|$))\S*)@")
"""User and password before the host of a URL: the password may hold `@`, and by mistake what ends a host."""
_MOST_DIGITS = 100
"""Digits of the longest number that is read as one."""
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){1,3}|::1", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"(?i)([?&](?:[\w.-]*[_.-])?(?:token|key|apikey|secret|sig|signature|password|passwd|pwd|auth|jwt)=)[^&#\s]+"
)

BODY_LIMIT = 20_000
"""Maximum number of characters of a body that a report shows; the HAR file holds the whole body."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Text that is safe to show."""

    text: str
    note: str = ""
    """How it was truncated (`truncated after …`); empty if it is complete."""


def visible(text: str) -> str:
    """Replace every invisible character with an escape; newlines and tabs stay."""
    return _INVISIBLE.sub(_escape, text)


def one_line(text: str, limit: int = 2_000) -> str:
    """The visible text on one line, truncated after `limit` characters."""
    line = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def url_without_secrets(url: str) -> str:
    """A URL for messages: no user and password, and no values of query parameters that are named like secrets."""
    return _SECRET_PARAMETER.sub(r"\1…", _USER.sub(r"\1…@", url))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def without_ci_commands(text: str) -> str:
    """Text for standard output without what a CI runner executes: `::` at the start of a line, and `##`."""
    return re.sub(r"(?m)^([ \t]*)::", r"\1: :", text).replace("##", "# #")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # A byte that is not UTF-8, as `surrogateescape` keeps it.
        code -= 0xDC00
    if code == 0x0D:
        return "\\r"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def truncated(text: str, limit: int = BODY_LIMIT) -> Excerpt:
    """The first `limit` characters, with a note if there are more."""
    if len(text) <= limit:
        return Excerpt(text)
    return Excerpt(text[:limit], f"truncated after {limit:,} of {len(text):,} characters")


def body_excerpt(content: bytes, limit: int = BODY_LIMIT) -> Excerpt:
    """A body that is safe to show: JSON is indented but otherwise unchanged, bytes that are not UTF-8 are escaped.

    Indentation changes white space only: duplicate keys, unusual numbers and escapes stay, they may be the evidence.
    """
    if len(content) > 4 * limit:
        shown = visible(content[: 4 * limit].decode("utf-8", "backslashreplace"))
        return Excerpt(shown[:limit], f"truncated, {len(content):,} bytes in total")
    return truncated(visible(indented(content.decode("utf-8", "backslashreplace"))), limit)


def indented(text: str) -> str:
    """JSON text indented token by token; any other text is returned unchanged."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    pieces: list[str] = []
    depth = 0
    previous = ""
    for match in _TOKEN.finditer(text):
        piece = match[0]
        closing = piece in ("]", "}")
        depth -= closing
        if closing != (previous in ("[", "{", ",")):  # Neither within an empty pair nor in the middle of a pair.
            pieces.append("\n" + "  " * depth)
        pieces.append(": " if piece == ":" else piece)
        depth += piece in ("[", "{")
        previous = piece
    return "".join(pieces)


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean …?` for the known name that is nearest to a misspelled one, or nothing."""
    import difflib  # Here: only a misspelled name needs it.

    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def unknown_key(given: Iterable[object], known: Collection[str]) -> str:
    """The first key that is not known, and what was meant: a sentence. Empty if all keys are known."""
    key = next((str(key) for key in given if key not in known), None)
    if key is None:
        return ""
    return f"unknown key {key[:100]!r}. {nearest_or_all(key, known)}"


def nearest_or_all(name: str, known: Collection[str]) -> str:
    """The known name that is nearest to a misspelled one, else all of them: a sentence."""
    return nearest(name, known).strip() or f"Expected one of: {', '.join(known) or 'none'}."


def plain_name(name: str) -> str:
    """A name in lower case without separators: `pageSize`, `page_size` and `page[size]` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def plain_number(text: str) -> str:
    """A whole number without leading zeros and in ASCII digits; any other text as it is."""
    return str(int(text)) if text.isdecimal() and len(text) <= _MOST_DIGITS else text


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 request`, `2 requests`; `nouns` is the plural where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
