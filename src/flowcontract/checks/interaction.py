"""A probe with what came of it, decoded and parsed once for all checks."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flowcontract.checks.probe import Probe
from flowcontract.http import content_coding
from flowcontract.http.messages import Exchange, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.runtime_expressions import Scene


@dataclass(frozen=True, slots=True)
class Context:
    """What the answers are judged by."""

    contract: Contract
    target: Target
    strict: bool = False
    """Judged by the published contract alone: what a server merely may answer has to be documented too."""
    bound: float = 2.0
    """Seconds within which an answer is in time."""
    hangs_up: bool = False
    """The server ends connections without saying so: a reset one says nothing of the request."""
    known: frozenset[str] = frozenset()
    """Keys that exist on the target."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which an answer breaks one rule."""

    rule: str
    message: str
    pointer: str
    """Where the contract says so."""
    group_key: str
    """Violations of one rule and operation with the same key are one finding."""
    expected: Any = None
    actual: Any = None


class NotStrict(ValueError):
    """A body is not strict JSON; says why."""


class Interaction:
    """A probe, the operation it is about, and its exchange."""

    def __init__(self, probe: Probe, operation: Operation, exchange: Exchange) -> None:
        self.probe = probe
        self.operation = operation
        self.exchange = exchange

    @property
    def response(self) -> Response:
        """The response; only for exchanges that have one."""
        assert self.exchange.response is not None
        return self.exchange.response

    @property
    def status(self) -> int:
        """The status, 0 where no answer came."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def documented(self) -> DocumentedResponse | None:
        """What the contract says of this status, if anything."""
        return self.operation.response(self.status)

    @cached_property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return (self.response.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return self.content_type == "application/json" or self.content_type.endswith("+json")

    @property
    def media(self) -> MediaType | None:
        """The documented media type that the answer falls under."""
        return self.documented.media_for(self.content_type) if self.documented else None

    @property
    def with_credentials(self) -> bool:
        """Whether the request holds a token, in whatever place or form."""
        return "${FLOWCONTRACT_TOKEN" in repr(self.exchange.request)

    @property
    def coding(self) -> str:
        """The content coding, empty for none."""
        return content_coding.coding(self.response.header("Content-Encoding"))

    @cached_property
    def content(self) -> bytes | None:
        """The body with any content coding undone; None where that is not possible."""
        return content_coding.decoded(self.response.body, self.response.header("Content-Encoding"))

    @cached_property
    def _parsed(self) -> tuple[Any, str]:
        try:
            return parse(self.content or b""), ""
        except NotStrict as error:
            return None, str(error)

    @property
    def json(self) -> Any:
        """The parsed body, None where it is no JSON."""
        return self._parsed[0]

    @property
    def json_error(self) -> str:
        """Why the body is no strict JSON; empty where it is."""
        return self._parsed[1]

    @cached_property
    def text(self) -> str:
        """The body as text for searching."""
        return (self.content or b"").decode("utf-8", "replace")

    @property
    def scene(self) -> Scene:
        """What runtime expressions can speak about."""
        request, response = self.exchange.request, self.response
        return Scene(
            method=request.method,
            url=request.target,
            status=response.status,
            path=self.probe.values,
            query=dict(parse_qsl(urlsplit(request.target).query)),
            request_headers=_lower(request.headers),
            request_body=_loose(request.body),
            response_headers=_lower(response.headers),
            response_body=self.json,
        )


def _lower(headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers}


def _loose(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def parse(body: bytes, *, nudge: bool = False) -> Any:
    """Parse strict JSON (RFC 8259): UTF-8 without BOM, each name once, no NaN, nothing after the end.

    With `nudge`, numbers written with a fraction are never integers: `1.0` becomes 1.5. Raises NotStrict.
    """
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotStrict("it begins with a byte order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrict(f"it is no UTF-8 (byte {error.start})") from error

    def number(digits: str) -> float:
        found = float(digits)
        if math.isinf(found):
            raise NotStrict(f"it holds a number that is too large: {digits[:40]}")
        return found + 0.5 if nudge and found.is_integer() else found

    try:
        parsed = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=number)
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotStrict("it escapes half a character (a lone surrogate)") from error
    except RecursionError as error:
        raise NotStrict("it is nested too deeply") from error
    except NotStrict:
        raise
    except ValueError as error:
        raise NotStrict(f"it is no JSON: {error}") from error
    return parsed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"it holds the name {twice!r} twice in one object")
    return found


def _no_constant(word: str) -> Any:
    raise NotStrict(f"it holds {word}, which JSON does not have")
