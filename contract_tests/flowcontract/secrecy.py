"""What in an exchange is nobody else's business: secrets and personal data, told by the names they stand under.

A name is taken apart into words (`userEmail`, `user_email`, `user-email`), so that `email` is meant and
`emailed` is not.
"""

import base64
import binascii
import functools
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote

from flowcontract.exchange import Request, Response

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECRET = frozenset(
    [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "passcode",
        "secret",
        "secrets",
        "token",
        "tokens",
        "jwt",
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "cookie",
        "csrf",
        "csrftoken",
        "csrfmiddlewaretoken",
        "xsrf",
        "otp",
        "pin",
        "bearer",
        "signature",
        "sid",
        "sessionid",
    ]
)
_SECRET_PAIRS = frozenset(
    {"api key", "access key", "private key", "auth key", "session id", "session key", "pass word"}
)
_PERSONAL = frozenset(
    [
        "email",
        "mail",
        "phone",
        "telephone",
        "mobile",
        "fax",
        "username",
        "firstname",
        "lastname",
        "fullname",
        "surname",
        "birthday",
        "birthdate",
        "dob",
        "ssn",
        "iban",
        "address",
        "street",
        "postcode",
        "zip",
        "ip",
        "login",
    ]
)
_PERSONAL_PAIRS = frozenset(
    {"first name", "last name", "given name", "family name", "full name", "user name", "birth date", "credit card"}
)
_NAMES = 4096
"""Names that are remembered: the same few come with every exchange."""
_SHORTEST = 4
"""A value of fewer characters tells nothing, and stands everywhere by chance."""


@functools.lru_cache(_NAMES)
def is_secret(name: str) -> bool:
    """Whether what stands under a name lets somebody in."""
    return name.lower() == "session" or _means(name, _SECRET, _SECRET_PAIRS)


@functools.lru_cache(_NAMES)
def is_personal(name: str) -> bool:
    """Whether what stands under a name is about a person."""
    return _means(name, _PERSONAL, _PERSONAL_PAIRS)


def _means(name: str, words: frozenset[str], pairs: frozenset[str]) -> bool:
    found = [word.lower() for word in _WORDS.findall(name)]
    return not words.isdisjoint(found) or any(f"{a} {b}" in pairs for a, b in pairwise(found))


def of_request(request: Request) -> list[str]:
    """Every secret that a request shows: in headers, cookies, query and a JSON or form body, as sent and decoded."""
    found: list[str] = []
    for name, value in request.headers:
        if name.lower() == "cookie":
            found += [pair.partition("=")[2].strip() or pair.strip() for pair in value.split(";")]
        elif is_secret(name):
            found += _credentials(value)
    query = request.target.partition("?")[2]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if is_secret(unquote(name)):
            found += [value, *(decoded for _, decoded in parse_qsl(f"x={value}"))]
    found += _of_body(request.body or b"", request.header("Content-Type") or "")
    return _worth(found)


def of_response(response: Response) -> list[str]:
    """Every secret that an answer shows: in cookies, headers and a JSON body."""
    found = [value.partition("=")[2].partition(";")[0].strip() for value in response.header_values("Set-Cookie")]
    found += [value for name, value in response.headers if is_secret(name) and name.lower() != "set-cookie"]
    return _worth([*found, *_of_body(response.body, response.header("Content-Type") or "")])


def _credentials(value: str) -> Iterator[str]:
    """A header's value, what follows the scheme in it, and user and password of HTTP Basic."""
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        try:
            yield from base64.b64decode(rest, validate=True).decode("latin-1").split(":", 1)
        except (binascii.Error, ValueError):
            return


def _of_body(body: bytes, content_type: str) -> Iterator[str]:
    text = body.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        for pair in text.split("&"):
            name, _, value = pair.partition("=")
            if is_secret(unquote(name)):
                yield from (value, *(decoded for _, decoded in parse_qsl(f"x={value}")))
        return
    try:
        parsed = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return
    for found in _under(parsed, secret=False):
        yield from (found, json.dumps(found)[1:-1], json.dumps(found, ensure_ascii=False)[1:-1])


def _under(value: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _under(item, secret=secret or is_secret(name))
    elif isinstance(value, list):
        for item in value:
            yield from _under(item, secret=secret)
    elif secret and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def _worth(values: list[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if len(value) >= _SHORTEST))
