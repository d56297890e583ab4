"""Text from outside, made safe to show: what cannot be seen is written as an escape, what is long is cut.

Every format shows text that a server chose. A control character can end an XML document or move a
terminal's cursor, a bidirectional override can reverse what a reader believes to see, a lone surrogate
cannot be encoded at all. Each becomes an escape such as `\\x00` or `\\u202e`, so that it is evidence.
"""

import json
import re
from dataclasses import dataclass

# Controls but tab and newline, soft hyphen, zero-width and bidirectional marks, line separators, surrogates,
# non-characters, invisible tags. Joiners (U+200C, U+200D) stay: scripts and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')

BODY_LIMIT = 20_000
"""Characters of a body that a report shows; the archive of exchanges holds all of it."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text fit to be shown, and what was done to it (`cut after …`), empty for nothing."""

    text: str
    note: str = ""


def visible(text: str) -> str:
    """Write each character that cannot be seen as an escape; newlines and tabs stay."""
    return _UNSEEN.sub(_escape, text)


def one_line(text: str, limit: int = 2_000) -> str:
    """The same on one line, cut after `limit` characters."""
    line = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def uncommanded(text: str) -> str:
    """Text for standard output, without what a CI runner reads as a command: `::` that begins a line, `##`."""
    return re.sub(r"(?m)^([ \t]*)::", r"\1: :", text).replace("##", "# #")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # A byte that was no UTF-8, as `surrogateescape` keeps it.
        code -= 0xDC00
    if code == 0x0D:
        return "\\r"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut(text: str, limit: int = BODY_LIMIT) -> Excerpt:
    """The first `limit` characters, with a note where there are more."""
    if len(text) <= limit:
        return Excerpt(text)
    return Excerpt(text[:limit], f"cut after {limit:,} of {len(text):,} characters")


def body(content: bytes, limit: int = BODY_LIMIT) -> Excerpt:
    """A body fit to be shown: JSON indented and otherwise as it came, bytes that are no UTF-8 escaped.

    Indentation moves white space only: duplicate keys, odd numbers and escapes stay, for they may be the evidence.
    """
    if len(content) > 4 * limit:
        shown = visible(content[: 4 * limit].decode("utf-8", "backslashreplace"))
        return Excerpt(shown[:limit], f"cut, {len(content):,} bytes in all")
    return cut(visible(indented(content.decode("utf-8", "backslashreplace"))), limit)


def indented(text: str) -> str:
    """Indent a JSON text by its own tokens; anything else is given back as it is."""
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


def plural(count: int, noun: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
