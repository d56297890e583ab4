"""How a secret is written: what in a text looks like one, and the forms in which one comes back.

A text may be anything: a query, a header, a page, a form, JSON that is broken. What stands behind a secret name is a
secret, and so is what nothing else looks like: a web token, the password in a URL, a private key.
"""

import base64
import functools
import html
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus, unquote

_SHAPES = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a JSON Web Token (RFC 7519)
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.+?)-----END", re.S),
    re.compile(r"://[^/\s:@\"']*:([^/\s@\"']+)@"),  # userinfo (RFC 3986, 3.2.1)
    re.compile(r"(?i)\b(?:bearer|basic|apikey)[\s,]+(?=[^\s,;\"']*\d)([\w.~+/=&-]{8,})"),
)
_PAIR = re.compile(r"([\w.\[\]%$-]{1,80})=(?=\"?([^\s&;,\"'<>#]+))")
"""`name=value` in a query, a header, a cookie, a line of text; a value can hold another such pair."""
_LOOSE = (
    re.compile(r"[\"']?([\w.$-]{1,80})[\"']?\s*:\s*[\"']((?:[^\"'\\]|\\.)+)"),  # JSON and the like, however broken
    re.compile(r"<([\w:.-]{1,80})[^<>]*>([^<]+)</"),
    re.compile(r"(?is)name=[\"']?([\w.\[\]-]{1,80})[^>]*?\bvalue=[\"']?([^\"'>]+)"),
    re.compile(r"(?is)value=[\"']?([^\"'>]+)[^>]*?\bname=[\"']?([\w.\[\]-]{1,80})"),
    re.compile(
        r"(?s)name=\"?([\w.\[\]-]{1,80})\"?[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)\r?\n--"
    ),  # multipart (RFC 7578)
)
_ALIGNMENTS = 3
"""Base64 writes three bytes as four characters: a secret within a longer text can begin at each of the three."""

Named = Callable[[str, str], bool]
"""Whether a name and its value make a secret."""


def within(text: str, is_secret: Named, *, loose: bool = False) -> Iterator[str]:
    """The secrets in a text, as they stand there and decoded. `loose`: in any syntax, at the price of too much."""
    for said in _decoded(text):
        for shape in _SHAPES:
            yield from (match[match.lastindex or 0] for match in shape.finditer(said))
        for pattern in (_PAIR, *(_LOOSE if loose else ())):
            for match in pattern.finditer(said):
                swapped = pattern is _LOOSE[3]
                name, value = (match[2], match[1]) if swapped else (match[1], match[2])
                if is_secret(unquote(name), value):
                    yield from (value, unquote(value), unquote(value.replace("+", " ")))


def _decoded(text: str) -> Iterator[str]:
    """A text, and what is percent-encoded in it, also twice over."""
    yield text
    for _ in range(2):
        plain = unquote(text)
        if plain == text:
            return
        yield plain
        text = plain


@functools.lru_cache(256)
def spelled(secret: str) -> tuple[str, ...]:
    """The forms in which a secret comes back: encoded for a URL, for JSON, for HTML, in base64."""
    found = [secret]
    for safe in ("", "/", "-._~", "/?:@!$&'()*+,;=-._~"):
        found += [quote(secret, safe=safe, errors="replace")]
    found += [quote_plus(secret, errors="replace"), quote(found[1], safe="")]
    found += [re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), each) for each in found[1:]]
    found += [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret)]
    raw = secret.encode("utf-8", "surrogatepass")
    found.append(raw.decode("latin-1"))
    if len(raw) >= 8:
        for start in range(_ALIGNMENTS):
            found += _in_base64(raw, start)
    return tuple(dict.fromkeys(found))


def _in_base64(raw: bytes, start: int) -> Iterator[str]:
    """What of the base64 of a longer text is the secret's alone, where it begins at this byte of three."""
    written = base64.b64encode(b"\0" * start + raw).decode()
    first = (start * 8 + 5) // 6
    last = (start + len(raw)) * 8 // 6
    for alphabet in (written, written.replace("+", "-").replace("/", "_")):
        yield alphabet[first:last]
