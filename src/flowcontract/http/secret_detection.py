"""Find secrets and personal data in exchanges, by name and by form, in every encoding.

A name is split into words (`userEmail`, `user_email`, `user-email`), so that `email` matches and `emailed` does not.
"""

import base64
import binascii
import contextlib
import functools
import html
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from flowcontract.http import content_coding
from flowcontract.http.messages import Request, Response

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECRET = frozenset([
    "password", "passwd", "pass", "pwd", "passphrase", "passcode", "secret", "secrets", "token", "tokens", "jwt",
    "apikey", "authorization", "credential", "credentials", "cookie", "csrf", "csrftoken", "csrfmiddlewaretoken",
    "xsrf", "otp", "pin", "bearer", "signature", "sid", "sessionid",
])  # fmt: skip
_SECRET_PAIRS = frozenset(
    {"api key", "access key", "private key", "auth key", "session id", "session key", "pass word"}
)
_FACTS = frozenset([
    "type", "expires", "expiry", "expiration", "lifetime", "ttl", "age", "length", "count", "policy", "format",
    "hint", "name", "label", "at", "in", "on", "url", "uri", "endpoint", "required", "enabled", "status",
])  # fmt: skip
"""Last words of names of facts about a secret."""
_SOMETIMES = frozenset({"key", "code", "state", "nonce", "ticket", "auth", "hash"})
"""Names that secrets and ordinary values share."""
_PERSONAL = frozenset([
    "email", "mail", "phone", "telephone", "mobile", "fax", "username", "firstname", "lastname", "fullname",
    "surname", "birthday", "birthdate", "dob", "ssn", "iban", "address", "street", "postcode", "zip", "ip", "login",
])  # fmt: skip
_PERSONAL_PAIRS = frozenset(
    {"first name", "last name", "given name", "family name", "full name", "user name", "birth date", "credit card"}
)
_SLUG = re.compile(r"(?:[a-z]{2,15}|\d{1,8})(?:[-_./](?:[a-z]{2,15}|\d{1,8}))*")
_SHAPES = (
    re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a JSON Web Token (RFC 7519)
    re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----([^-]{1,20000})-----END"),
    re.compile(r"://[^/\s:@\"']{0,200}:([^/\s@\"']{1,400})@"),  # userinfo (RFC 3986, 3.2.1)
    re.compile(r"(?i)\b(?:bearer|basic|apikey)[\s,]{1,40}(?=[^\s,;\"']{0,400}\d)([\w.~+/=&-]{8,})"),
)
_NO_PLAIN_WORD = re.compile(r"\d{4}|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{6,}|[^\s]{25,}")
"""What may be a secret within a sentence."""
_HINT = re.compile(r"[=%]|eyJ|://|-----BEGIN|(?i:bearer|basic|apikey)")
"""What a text holds that can contain a secret; most texts hold none of it."""
_NAME_IN_PAIR = re.compile(r"(?<![\w.\[\]%$-])([\w.\[\]%$-]{1,200}+)=\"?")
_VALUE_IN_PAIR = re.compile(r"[^\s&;,\"'<>#]{1,4000}")
"""`name=value` in a query, a header, a cookie, a line of text; a value can hold another such pair."""
_LOOSE = (
    # JSON and the like, however broken
    re.compile(
        r"(?<![\w.$-])(?P<name>[\w.$-]{1,200}+)[\"']?\s{0,40}:\s{0,40}[\"'](?P<value>(?:[^\"'\\]|\\.){1,4000})", re.S
    ),
    re.compile(r"<(?P<name>[\w:.-]{1,80})[^<>]{0,400}>(?P<value>[^<]{1,4000})</"),
    re.compile(r"(?is)\bname=[\"']?(?P<name>[\w.\[\]-]{1,80})[^>]{0,400}?\bvalue=[\"']?(?P<value>[^\"'>]{1,4000})"),
    re.compile(r"(?is)\bvalue=[\"](?P<value>[^\">]{1,4000}+)\"[^>]{0,400}?\bname=[\"']?(?P<name>[\w.\[\]-]{1,80})"),
    re.compile(r"(?is)\bvalue='?(?P<value>[^\s\"'>]{1,4000}+)[^>]{0,400}?\bname=[\"']?(?P<name>[\w.\[\]-]{1,80})"),
    re.compile(
        r"\bname=\"?(?P<name>[\w.\[\]-]{1,80})\"?[^\n]{0,400}\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}"
        r"\r?\n(?P<value>(?s:.{0,800}?))\r?\n--"
    ),  # multipart (RFC 7578)
)
"""Repetitions are bounded: a text that was made for it must not take minutes."""
_ALIGNMENTS = 3
"""Base64 writes three bytes as four characters: a secret within a longer text can begin at each of the three."""
_NAMES = 4096
"""Cached names: every exchange has the same few."""
_SHORTEST = 4
"""Shorter values, in characters, are not redacted: they occur everywhere by chance."""


@functools.lru_cache(_NAMES)
def is_secret(name: str) -> bool:
    """Whether a name is the name of a secret, and not of a fact about one (`token_type`, `password_expires_at`)."""
    words = words_of(name)
    if words and words[-1] in _FACTS:
        return False
    return name.lower() == "session" or _matches(name, _SECRET, _SECRET_PAIRS)


@functools.lru_cache(_NAMES)
def is_personal(name: str) -> bool:
    """Whether a name is the name of personal data."""
    return _matches(name, _PERSONAL, _PERSONAL_PAIRS)


def may_be_secret(name: str) -> bool:
    """Whether a name is the name of a secret, or of a value that sometimes is one."""
    return is_secret(name) or name.lower().rpartition("_")[2] in _SOMETIMES


def is_secret_pair(name: str, value: str) -> bool:
    """Whether a name and value are a secret: for some names, only if the value looks random."""
    return is_secret(name) or (may_be_secret(name) and _is_random(value))


def is_message(text: str, *, listed: bool = False) -> bool:
    """Whether a text says what is wrong with a field: a sentence of plain words.

    `listed`: it stands in a list, where servers write the messages about one field, not all of them as sentences.
    """
    if " " not in text.strip() or _NO_PLAIN_WORD.search(text):
        return False
    return listed or (text[:1].isupper() and text.rstrip()[-1] in ".!?。")


def _is_random(value: str) -> bool:
    """Whether a text looks random: long, without spaces, with letters and digits, and not made of words and numbers."""
    if _SLUG.fullmatch(value):
        return False
    return re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])[^\s<>\"']{16,}", value) is not None


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: `userEmail`, `user_email` and `user-email` have the same ones."""
    return [word.lower() for word in _WORDS.findall(name)]


def _matches(name: str, words: frozenset[str], pairs: frozenset[str]) -> bool:
    found = words_of(name)
    return not words.isdisjoint(found) or any(f"{a} {b}" in pairs for a, b in pairwise(found))


def of_request(request: Request) -> list[str]:
    """All secrets of a request in headers, cookies, query and body, in all encodings."""
    found: list[str] = []
    for name, value in request.headers:
        if name.lower() == "cookie":
            found += [_unquoted(pair.partition("=")[2] or pair) for pair in value.split(";")]
        elif is_secret(name):
            found += _credentials(value)
        else:
            found += _in_text(value)
    found += _in_text(request.query)
    body = content_coding.decoded(request.body or b"", request.header("Content-Encoding"))
    return _encoded([*found, *_of_body(body or b"", request.header("Content-Type") or "")])


def of_response(response: Response) -> list[str]:
    """All secrets of a response in cookies, headers and body, which must be decoded, in all encodings."""
    return _encoded(secrets_of(response))


def secrets_of(response: Response) -> list[str]:
    """All secrets of a response in cookies, headers and body, which must be decoded, as they are."""
    found = [_unquoted(value.partition("=")[2].partition(";")[0]) for value in response.header_values("Set-Cookie")]
    for name, value in response.headers:
        if name.lower() != "set-cookie":
            found += [value] if is_secret(name) else _in_text(value)
    is_error = 400 <= response.status < 500
    return [*found, *_of_body(response.body, response.header("Content-Type") or "", is_error=is_error)]


def _unquoted(value: str) -> str:
    return value.strip().strip('"')


def _credentials(value: str) -> Iterator[str]:
    """The credentials in a header: after the scheme, in parameters, and user and password of HTTP Basic."""
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    yield from re.findall(r'=\s*"([^"]+)"', rest)
    if scheme.lower() == "basic":
        try:
            yield from base64.b64decode(rest, validate=True).decode("latin-1").split(":", 1)
        except (binascii.Error, ValueError):
            return


def _of_body(body: bytes, content_type: str, *, is_error: bool = False) -> Iterator[str]:
    """The secrets of a body; in that of a 4xx response a sentence under the name of a field is a message about it."""
    if not body:
        return
    if "form-urlencoded" not in content_type:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            pass
        else:
            yield from _under(parsed, secret=False, is_error=is_error)
            return
    yield from _in_text(body.decode("utf-8", "replace"), loose=True)


def _under(value: Any, *, secret: bool, is_error: bool = False) -> Iterator[str]:
    """The secrets in a JSON value, including member names that look random."""
    if isinstance(value, dict):
        for name, item in value.items():
            if secret and _is_random(name):
                yield name
            plain = isinstance(item, str) and is_secret_pair(name, item)
            if not (is_error and isinstance(item, str) and is_message(item)):
                yield from _under(item, secret=secret or is_secret(name) or plain, is_error=is_error)
    elif isinstance(value, list):
        for item in value:
            if not (is_error and isinstance(item, str) and is_message(item, listed=True)):
                yield from _under(item, secret=secret, is_error=is_error)
    elif secret and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, str):
        yield from _in_string(value)


def _in_string(value: str) -> Iterator[str]:
    """The secrets in a JSON string: it may be a URL, or JSON itself."""
    if value[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            yield from _under(json.loads(value), secret=False)
    yield from _in_text(value)


def _in_text(text: str, *, loose: bool = False) -> Iterator[str]:
    return _within(text, loose=loose)


def _encoded(values: Iterable[str]) -> list[str]:
    """All encodings of the values that are long enough."""
    found = dict.fromkeys(value for value in values if len(value) >= _SHORTEST)
    return list(dict.fromkeys(each for value in found for each in encodings(value)))


def _within(text: str, *, loose: bool = False) -> Iterator[str]:
    """The secrets in a text, raw and decoded. `loose`: in any syntax, with more false positives."""
    if not loose and not _HINT.search(text):
        return
    for part in _decoded(text):
        for shape in _SHAPES:
            yield from (match[match.lastindex or 0] for match in shape.finditer(part))
        for name, value in chain(_pairs(part), _loose_pairs(part) if loose else ()):
            if is_secret_pair(unquote(name), value):
                yield from (value, unquote(value), unquote(value.replace("+", " ")))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _NAME_IN_PAIR.finditer(text):
        if may_be_secret(unquote(match[1])) and (value := _VALUE_IN_PAIR.match(text, match.end())):
            yield match[1], value[0]


def _loose_pairs(text: str) -> Iterator[tuple[str, str]]:
    for pattern in _LOOSE:
        for match in pattern.finditer(text):
            yield match["name"], match["value"]


def _decoded(text: str) -> Iterator[str]:
    """A text, percent-decoded once and twice."""
    yield text
    for _ in range(2):
        plain = unquote(text)
        if plain == text:
            return
        yield plain
        text = plain


@functools.lru_cache(256)
def encodings(secret: str) -> tuple[str, ...]:
    """All encodings of a secret: for URLs, JSON and HTML, and in base64."""
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
    """The part of the base64 of a longer text that depends on the secret alone, at this alignment."""
    written = base64.b64encode(b"\0" * start + raw).decode()
    first = (start * 8 + 5) // 6
    last = (start + len(raw)) * 8 // 6
    for alphabet in (written, written.replace("+", "-").replace("/", "_")):
        yield alphabet[first:last]
