"""A probe with its exchange, decoded and parsed once for all checks."""

import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from flowcontract.checks.probe import Probe
from flowcontract.http import content_coding
from flowcontract.http.messages import Exchange, Request, Response, json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.runtime_expressions import Scene
from flowcontract.openapi.schemas import SchemaError
from flowcontract.text import one_line

_NEAR = 40
"""Characters of a text that a message shows."""
_DIGITS = sys.int_info.default_max_str_digits
"""Digits of the longest integer that Python reads."""
_LARGE = 64 * 1024
"""Bytes of a decoded body from which on it is not kept."""


@dataclass(frozen=True, slots=True)
class Context:
    """What responses are checked against."""

    contract: Contract
    target: Target
    strict: bool = False
    """Check against the published contract alone: even a status that a server may choose must be documented."""
    max_response_time: float = 2.0
    """Seconds; a slower response is a violation."""
    timeout: float | None = None
    """Seconds that a request may take; None where it is not known."""
    usual_time: float = 0.0
    """Seconds that half of the responses took at most; 0 where it is not known."""
    closes_idle_connections: bool = False
    """The server closes idle connections without notice: a reset connection says nothing about the request."""
    uses_405: bool = True
    """Whether the server was seen to respond with 405 to any undocumented method."""
    known_ids: frozenset[str] = frozenset()
    """Resource IDs that exist on the target."""
    known_bodies: frozenset[bytes] = frozenset()
    """Bodies of resources that exist: another ID must not get one of them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a response violates one rule."""

    rule: str
    message: str
    pointer: str
    """Location in the contract, as a JSON Pointer."""
    group_key: str
    """Violations of one rule and operation with the same key are one finding."""
    expected: Any = None
    actual: Any = None
    part: str = ""
    """The part of the response that it is about, as a JSON Pointer."""
    family: str = ""
    """What it says of that part. Violations of neighboring parts that say the same and always occur together are one
    finding."""
    lacks_value: bool = False
    """Whether the part is missing or null where the schema wants a value. Servers that have none do either."""
    schema: str = ""
    """The violated keyword, a digest of the schema around it, and the missing property: the same wherever a document
    repeats the schema."""
    operation: str = ""
    """ID of the operation at fault, where another one shows it."""
    special: str = ""
    """What is special about the value that shows it; empty if any value does."""


LONE_SURROGATE = "contains a lone surrogate (half of a character)"
"""The one reason against strict JSON that a client may have stored."""


class NotStrict(ValueError):
    """A body is not strict JSON. The message completes the sentence "a body that …"."""


class Interaction:
    """A probe, the operation it is about, and its exchange."""

    def __init__(self, probe: Probe, operation: Operation, exchange: Exchange) -> None:
        self.probe = probe
        self.operation = operation
        self.exchange = exchange

    @property
    def request(self) -> Request:
        """The request as it was sent."""
        return self.exchange.request

    @property
    def response(self) -> Response:
        """The response, of an exchange that has one."""
        assert self.exchange.response is not None
        return self.exchange.response

    @property
    def status(self) -> int:
        """The status; 0 without a response."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def documented(self) -> DocumentedResponse | None:
        """The documented response for this status, if any."""
        return self.operation.response(self.status)

    @property
    def is_rate_limited(self) -> bool:
        """Whether the server asked for fewer requests: the response says nothing about the operation.

        A 429 does so without `Retry-After`, too (RFC 6585, section 4); there, an undocumented one is a finding.
        """
        if self.status in (429, 503) and self.response.header("Retry-After") is not None:
            return True
        return self.status == 429 and self.documented is not None

    @property
    def unusual_accept(self) -> str:
        """What the request prefers by Accept, if the operation does not document it; else empty."""
        preferred = re.split("[,;]", self.request.header("Accept") or "*/*")[0].strip().lower()
        success = self.operation.success()
        is_usual = "*" in preferred or "json" in preferred or not success or not success.media
        return "" if is_usual or (success and success.media_for(preferred)) else preferred

    @property
    def accepts_any_type(self) -> bool:
        """Whether the request names no media type in Accept, so that the server sends what it likes."""
        ranges = (self.request.header("Accept") or "").split(",")
        return all("*" in each for each in ranges if each.strip())

    @cached_property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return (self.response.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether Content-Type is JSON."""
        return self.content_type == "application/json" or self.content_type.endswith("+json")

    @property
    def media(self) -> MediaType | None:
        """The documented media type that covers the response."""
        return self.documented.media_for(self.content_type) if self.documented else None

    @cached_property
    def schema_errors(self) -> tuple[SchemaError, ...]:
        """The ways in which a JSON body is not what its documented schema says."""
        return tuple(self.media.errors(self.json)) if self.media and self.is_json else ()

    @property
    def with_credentials(self) -> bool:
        """Whether the request contains credentials of a caller, anywhere in it."""
        return "${FLOWCONTRACT_" in repr(self.request)

    @property
    def sent_error(self) -> str:
        """Why the body of the request is not strict JSON; empty where it is, or where there is none."""
        try:
            parse(self.request.body or b"null")
        except NotStrict as error:
            return str(error)
        return ""

    @property
    def coding(self) -> str:
        """The content coding; empty for none."""
        return content_coding.coding(self.response.header("Content-Encoding"))

    @cached_property
    def content(self) -> bytes | None:
        """The decoded body; None if it cannot be decoded."""
        return content_coding.decoded(self.response.body, self.response.header("Content-Encoding"))

    @property
    def is_too_large(self) -> bool:
        """Whether only the beginning was read, or it decodes to more than is looked at: no fault of the server."""
        coding = self.response.header("Content-Encoding")
        return self.response.cut or content_coding.decode(self.response.body, coding).too_large

    @cached_property
    def _parsed(self) -> tuple[Any, str]:
        try:
            return parse(self.content or b""), ""
        except NotStrict as error:
            is_readable = str(error) == LONE_SURROGATE
            return _with_whole_characters(self.content or b"") if is_readable else None, str(error)

    @property
    def json(self) -> Any:
        """The parsed body, with `?` for lone surrogates; None if it is not JSON."""
        return self._parsed[0]

    @property
    def json_error(self) -> str:
        """Why the body is not strict JSON, completing "a body that …"; empty if it is."""
        return self._parsed[1]

    @cached_property
    def text(self) -> str:
        """The body as text for searching."""
        return (self.content or b"").decode("utf-8", "replace")

    def release(self) -> None:
        """Forget what was decoded and parsed of a large body; it is decoded again if it is needed once more."""
        decoded = self.__dict__.get("content")
        if decoded is not None and len(decoded) > _LARGE:
            for name in ("content", "_parsed", "text"):
                self.__dict__.pop(name, None)

    @property
    def scene(self) -> Scene:
        """What runtime expressions can refer to."""
        request, response = self.request, self.response
        return Scene(
            method=request.method,
            url=request.target,
            status=response.status,
            path=self.probe.values,
            query=dict(parse_qsl(request.query)),
            request_headers=_lowercase_names(request.headers),
            request_body=json_or_none(request.body),
            response_headers=_lowercase_names(response.headers),
            response_body=self.json,
        )


def _lowercase_names(headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers}


def parse(body: bytes, *, shift_fractions: bool = False) -> Any:
    """Parse strict JSON (RFC 8259): UTF-8 without BOM, each name once, no NaN, nothing after the end.

    With `shift_fractions`, numbers written with a fraction are never integers: `1.0` becomes 1.5. Raises NotStrict.
    """
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotStrict("starts with a byte order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrict(f"is not UTF-8 (byte {error.start})") from error

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            raise NotStrict(f"contains a number that is too large: {digits[:40]}")
        return value + 0.5 if shift_fractions and value.is_integer() else value

    hooks: Any = {"parse_constant": _no_constant, "parse_float": number, "parse_int": _integer}
    try:
        parsed = json.loads(text, object_pairs_hook=_unique_names, **hooks)
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotStrict(LONE_SURROGATE) from error
    except RecursionError as error:
        raise NotStrict("is nested too deeply") from error
    except NotStrict:
        raise
    except json.JSONDecodeError as error:
        raise NotStrict(_syntax_error(text, error)) from error
    except ValueError as error:
        raise NotStrict(f"is not JSON: {error}") from error
    return parsed


def _integer(digits: str) -> int:
    """An integer; of a longer one than Python reads, only the first digits: it is beyond any bound in either case."""
    return int(digits[:_DIGITS])


def _with_whole_characters(body: bytes) -> Any:
    return json.loads(json.dumps(json.loads(body, parse_int=_integer), ensure_ascii=False).encode("utf-8", "replace"))


def _syntax_error(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong with a text that is not JSON, in plain words."""
    if not text.strip():
        return "is not JSON: it is empty"
    if not text[: error.pos].strip():
        return f'is not JSON: it starts with "{one_line(text[:_NEAR])}"'
    near = one_line(text[max(0, error.pos - _NEAR // 2) : error.pos + _NEAR // 2])
    where = f'at line {error.lineno}, column {error.colno}, near "{near}"'
    if error.msg == "Extra data":
        return f"is not JSON: there is more text after its end {where}"
    return f"is not JSON: syntax error {where}"


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"contains the name {duplicate!r} twice in one object")
    return members


def _no_constant(name: str) -> Any:
    raise NotStrict(f"contains {name}, which JSON does not have")
