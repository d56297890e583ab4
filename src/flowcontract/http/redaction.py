"""Leave the secrets of servers out of what is written: reports, archives, databases, the terminal.

Checks see the real responses; this is for the copies that leave the process. What looks like a secret, by the name of
a cookie, header or member or by its shape, is replaced by `[redacted]`; the rest of a body stays byte for byte. Of a
large body only the beginning is written, so that neither reports nor the time for them grow without bound.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from flowcontract.http import content_coding, secret_detection
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target

MARK = "[redacted]"
MAX_BODY = 256 * 1024
"""Bytes of one body that are written."""
MAX_BODIES = 20 * 1024 * 1024
"""Bytes of all bodies of one result that are written: about what a browser opens without effort."""
_OURS = "${FLOWCONTRACT_"
"""Begins the shell expressions that stand for the caller's credentials: they are not secrets."""
_SHORT = 8
"""A shorter secret, in characters, may also be part of ordinary words."""
_PHRASE = 20
"""Characters of a text of letters alone that occurs nowhere by chance."""
_MANY = 64
"""Secrets that are looked for one by one."""

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_MEMBER = re.compile(rf"({_STRING})(\s*:\s*)({_STRING}|-?\d[\d.eE+-]*)")
"""A member of a JSON object with a text or a number, in JSON as it was sent."""
_IN_MESSAGE = re.compile(rf"(/([\w.-]+): [^\n]{{0,200}}?\bgot )({_STRING}|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
"""How a message of a check says which value a member has: `/items/0/pin: expected no value here, got "4807"`."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COOKIE = re.compile(r'([^=;]*=\s*)("?)([^;"]+)')
_RUN = re.compile(rf"[\w-]{{{_SHORT},}}")
_SHAPES = (
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),  # a signed JSON Web Token (RFC 7519)
    re.compile(r"(?s)(?<=PRIVATE KEY-----).+?(?=-----END|\Z)"),
)

_Value = TypeVar("_Value")


class Redactor:
    """Leaves secrets out of texts and exchanges; a secret seen in one exchange is left out everywhere after it."""

    def __init__(self, target: Target | None = None, *, show_secrets: bool = False) -> None:
        """`target`: its callers' credentials are replaced too; `show_secrets`: leave those of the server."""
        self._target = target
        self._show = show_secrets
        self._seen: dict[str, str] = {}
        """Distinctive secrets in all encodings, with their longest run of letters, digits, `_` and `-`."""
        self._runs: dict[str, list[str]] = {}
        """The same by this run."""
        self._clean: dict[int, tuple[Exchange, Exchange]] = {}
        """Exchanges without their secrets, by the identity of the exchange."""
        self._bounded: dict[int, tuple[Response, Response]] = {}
        """Responses with as much of the body as is written, by the identity of the response."""
        self._left = MAX_BODIES
        self._found: dict[int, tuple[Response, list[str]]] = {}
        """The secrets of responses, by the identity of the response."""

    def text(self, text: str) -> str:
        """A text without secrets."""
        if self._target:
            text = self._target.redact(text)
        if self._show:
            return text
        for shape in _SHAPES:
            text = shape.sub(MARK, text)
        text = _IN_MESSAGE.sub(_without_secret_in_message, text)
        return _without(text, self._candidates(text))

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets, in the response and where the request repeats one."""
        known = self._clean.get(id(exchange))
        if known is not None and known[0] is exchange:
            return known[1]
        clean = exchange
        if exchange.response is not None:
            bounded = self._bound(exchange.response)
            clean = exchange if bounded is exchange.response else replace(exchange, response=bounded)
        if self._target:
            clean = self._target.redacted(clean)
        if not self._show:
            clean = self._without_server_secrets(clean)
        self._clean[id(exchange)] = exchange, clean
        return clean

    def _without_server_secrets(self, exchange: Exchange) -> Exchange:
        sent = _sent(exchange.request)
        response = None if exchange.response is None else self._response(exchange.response, sent)
        error = self.text(exchange.error) if exchange.error else ""
        clean = replace(exchange, request=self._request(exchange.request), response=response, error=error)
        return exchange if clean == exchange else clean

    def value(self, value: _Value) -> _Value:
        """A result of frozen dataclasses, containers and texts, without the secrets in any of them."""
        self._left = MAX_BODIES
        if not self._show:
            self._learn(value)
        self._clean.clear()  # An exchange may repeat what a later one shows to be a secret.
        cleaned: _Value = self._cleaned(value)
        return cleaned

    def _learn(self, value: Any) -> None:
        if isinstance(value, Exchange):
            if value.response is not None:
                response = self._bound(value.response)
                self._secrets(response, _content(response), _sent(value.request))
        elif is_dataclass(value):
            for field in fields(value):
                self._learn(getattr(value, field.name))
        elif isinstance(value, tuple | list):
            for item in value:
                self._learn(item)
        elif isinstance(value, dict):
            self._learn(list(value.values()))

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Exchange):
            return self.exchange(value)
        if isinstance(value, Request):
            return self._request(value)
        if is_dataclass(value) and not isinstance(value, type):
            found = {field.name: self._cleaned(getattr(value, field.name)) for field in fields(value)}
            changed = {name: item for name, item in found.items() if item is not getattr(value, name)}
            return replace(value, **changed) if changed else value
        if isinstance(value, tuple | list):
            items = [self._cleaned(item) for item in value]
            same = all(new is old for new, old in zip(items, value, strict=True))
            return value if same else type(value)(items)
        if isinstance(value, dict):
            return {name: self._member(name, item) for name, item in value.items()}
        return value

    def _bound(self, response: Response) -> Response:
        """A response with as much of its body as is written."""
        known = self._bounded.get(id(response))
        if known is not None and known[0] is response:
            return known[1]
        size = len(response.body)
        allowed = min(MAX_BODY, self._left)
        self._left -= min(size, allowed)
        bounded = response
        if size > allowed:
            if response.header("Content-Encoding"):
                allowed = 0  # A part of a compressed body is of no use.
            while allowed and response.body[allowed] & 0xC0 == 0x80:  # Within a character of UTF-8.
                allowed -= 1
            note = f"[{size - allowed} bytes left out]".encode()
            bounded = replace(response, body=response.body[:allowed] + note, cut=True)
        self._bounded[id(response)] = response, bounded
        return bounded

    def _member(self, name: Any, item: Any) -> Any:
        secret = isinstance(name, str) and isinstance(item, str | int | float) and not isinstance(item, bool)
        if secret and not self._show and secret_detection.is_secret_pair(name, str(item)) and _OURS not in str(item):
            return MARK
        return self._cleaned(item)

    def _request(self, request: Request) -> Request:
        headers = tuple((name, self.text(value)) for name, value in request.headers)
        body = request.body
        if body:
            text = body.decode("utf-8", "surrogateescape")
            body = _as_bytes(self.text(text), body, text)
        clean = Request(request.method, self.text(request.target), headers, body)
        return request if clean == request else clean

    def _response(self, response: Response, sent: str) -> Response:
        """A response without secrets; `sent`: the text of the request, whose content is not a secret of the server."""
        content = _content(response)
        found = self._secrets(response, content, sent)
        body = response.body
        if content:
            text = content.decode("utf-8", "surrogateescape")
            clean = _as_bytes(self._body(text, found, sent, response.status), content, text)
            body = (
                response.body
                if clean is content
                else content_coding.encoded(clean, response.header("Content-Encoding"))
            )
        headers = tuple((name, self._header(name, value)) for name, value in response.headers)
        surplus = response.surplus.decode("latin-1")
        return replace(
            response, headers=headers, body=body, surplus=self.text(surplus).encode("latin-1", "backslashreplace")
        )

    def _secrets(self, response: Response, content: bytes | None, sent: str) -> list[str]:
        """The secrets of a response; distinctive ones are remembered."""
        known = self._found.get(id(response))
        if known is not None and known[0] is response:
            return known[1]
        readable = response if content is None else replace(response, body=content)
        found = [
            each
            for each in dict.fromkeys(secret_detection.secrets_of(readable))
            if each and _OURS not in each and each not in sent
        ]
        self._remember(filter(_is_distinctive, found))
        self._found[id(response)] = response, found
        return found

    def _header(self, name: str, value: str) -> str:
        if name.lower() == "set-cookie":
            return _COOKIE.sub(rf"\1\2{MARK}", value, count=1) if _OURS not in value else value
        if secret_detection.is_secret(name) and value and _OURS not in value:
            return MARK
        return self.text(value)

    def _body(self, text: str, found: list[str], sent: str, status: int) -> str:
        if text.lstrip()[:1] in ("{", "["):
            is_error = 400 <= status < 500
            text = _MEMBER.sub(lambda match: _without_secret_member(match, sent, is_error=is_error), text)
            for each in found:
                text = text.replace(json.dumps(each), f'"{MARK}"').replace(f'"{each}"', f'"{MARK}"')
        else:
            text = _without(text, [each for each in found if len(each) > 3])
        return self.text(text)

    def _remember(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            if secret in self._seen or _UUID.fullmatch(secret):  # Elsewhere, it names a resource.
                continue
            for each in secret_detection.encodings(secret):
                run = max(_RUN.findall(each), key=len, default="")
                self._seen[each] = run
                self._runs.setdefault(run, []).append(each)

    def _candidates(self, text: str) -> Iterable[str]:
        """Seen secrets that a text may contain."""
        if len(self._seen) <= _MANY:
            return self._seen
        runs = {"", *_RUN.findall(text)}
        return [each for run in runs for each in self._runs.get(run, ())]


def _sent(request: Request) -> str:
    """Everything in a request, as one text."""
    values = [
        request.target,
        *(value for _, value in request.headers),
        (request.body or b"").decode("utf-8", "replace"),
    ]
    return "\n".join(values)


def _content(response: Response) -> bytes | None:
    """The body without content coding; None if it cannot be decoded."""
    coding = response.header("Content-Encoding")
    return content_coding.decoded(response.body, coding) if coding else response.body


def _is_distinctive(secret: str) -> bool:
    """Whether a secret is nothing that occurs elsewhere by chance."""
    if len(secret) >= _PHRASE:
        return True
    return len(secret) >= _SHORT and re.search(r"\d", secret) is not None and re.search("[A-Za-z]", secret) is not None


def _without_secret_member(match: re.Match[str], sent: str, *, is_error: bool) -> str:
    name, colon, value = match.groups()
    plain = value.strip('"')
    if is_error and secret_detection.is_message(plain):
        return match[0]
    if not plain or _OURS in value or plain in sent or not secret_detection.is_secret_pair(name[1:-1], plain):
        return match[0]
    return f'{name}{colon}"{MARK}"' if value.startswith('"') else f"{name}{colon}0"


def _without_secret_in_message(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    is_secret = secret_detection.is_secret_pair(name, value.strip('"')) and _OURS not in value
    return f"{before}{MARK}" if is_secret else match[0]


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted((each for each in secrets if each in text), key=len, reverse=True):
        if len(secret) >= _SHORT:
            text = text.replace(secret, MARK)
        else:
            text = re.sub(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", MARK, text)
    return text


def _as_bytes(clean: str, before: bytes, text: str) -> bytes:
    return before if clean == text else clean.encode("utf-8", "surrogateescape")
