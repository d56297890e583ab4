"""Forward a request: reject or forward it, hold the response back to check it, send it, record the exchange."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from flowcontract.checks import Violation
from flowcontract.checks.registry import rule
from flowcontract.http import cors
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.response_reader import is_stream
from flowcontract.proxy.checking import CheckedRequest, TrafficChecker
from flowcontract.proxy.upstream import Pairs, Unreachable, Upstream, end_to_end
from flowcontract.text import is_loopback

VIOLATIONS = b"x-flowcontract-violations"
"""Response header: number of violations of request and response; `unknown` if the response was not checked."""
RULES = b"x-flowcontract-rules"
"""Response header: the violated rules; `request` if the request violates the contract."""
SERVED_BY = b"x-flowcontract-answered-by"
"""Response header: `mock` or `proxy` if the response is not the upstream's."""

_ALLOWS = b"access-control-allow-origin"
_BEGINNING = 64 * 1024
"""Bytes of a slow response that are worth waiting for the rest."""
_LARGEST = 16 * 1024 * 1024
"""Bytes of a request body that are checked before it is forwarded, where the contract is enforced."""
_EARLY = 0.001
"""Seconds to wait for the upstream before checking the request in the meantime."""
_LACKED = (404, 405, 501)
"""Statuses of an upstream that does not have an operation."""
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Options:
    """How to proxy."""

    enforce: bool = False
    """Respond with 4xx to requests that violate the contract, before anything is forwarded, and with 502 instead of
    responses that do."""
    timeout: float = 30.0
    """Seconds to wait for the upstream."""
    bound: int = 1024 * 1024
    """Bytes of a body that are held back to be checked; larger ones stream through."""
    hosts: frozenset[str] = frozenset()
    """Host names of the proxy that clients may use, in addition to local ones and the upstream's."""


@dataclass(slots=True)
class _HeldResponse:
    """A response as far as it was held back."""

    status: int
    headers: Pairs
    body: bytearray
    whole: bool = True

    @property
    def is_stream(self) -> bool:
        """Whether it may have no end, and its pieces may come at any time."""
        return any(name == b"content-type" and is_stream(value.decode("latin-1")) for name, value in self.headers)


class _ClientLeft(Exception):
    """The client closed the connection during its request, so no response is needed."""


class Proxy:
    """The proxy as an ASGI application. `missing`: application for operations that the upstream lacks.

    `rejecting`: application that responds to invalid requests as the contract documents it.
    """

    def __init__(
        self,
        checker: TrafficChecker,
        options: Options | None = None,
        missing: App | None = None,
        rejecting: App | None = None,
    ) -> None:
        self.checker = checker
        self._rejecting = rejecting
        self.options = options or Options()
        self._missing = missing
        self._upstream = Upstream(checker.target, timeout=self.options.timeout)
        upstream = urlsplit(checker.target.origin).hostname or ""
        self._hosts = {upstream, *(name.lower() for name in self.options.hosts)}

    async def close(self) -> None:
        """Close the connections to the upstream."""
        await self._upstream.close()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        rejection = self._rejection(scope["headers"])
        if rejection:
            await _respond(self.readable(scope, send), *rejection)
            return
        await _Forwarding(self, scope, receive, send).run()

    def readable(self, scope: Any, send: Send) -> Send:
        """`send` for a response that is not the upstream's, so that pages of other origins of this machine can read it.

        What the upstream says of origins is passed on with its own responses.
        """
        asked = dict(scope["headers"])
        if not self._may_read(asked.get(b"origin", b"").decode("latin-1")):
            return send
        method = scope["method"]
        is_preflight = cors.is_preflight(method, asked)

        async def allowed(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = cors.allowing(method, asked, message["headers"])
                if is_preflight:  # A browser needs a success to send the request itself, and to show its response.
                    headers = [pair for pair in headers if pair[0] not in (b"content-length", b"content-type")]
                    message = {**message, "status": 204}
                message = {**message, "headers": headers}
            elif is_preflight:
                message = {**message, "body": b""}
            await send(message)

        return allowed

    def _may_read(self, origin: str) -> bool:
        """Whether pages of an origin may read responses of the proxy itself: those of this machine and of its hosts."""
        with contextlib.suppress(ValueError):
            name = (urlsplit(origin).hostname or "").lower()
            return bool(name) and (name in self._hosts or is_loopback(name))
        return False

    def _rejection(self, headers: Pairs) -> tuple[int, str] | None:
        """Why a request is not forwarded; None if it is."""
        found = [value.decode("latin-1") for name, value in headers if name == b"host"]
        names = [name for name, _ in headers]
        if len(found) != 1:
            return 400, f"expected one Host header, got {len(found)}"
        try:
            name = (urlsplit(f"//{found[0]}").hostname or "").lower()
        except ValueError:
            name = ""
        if name not in self._hosts and not is_loopback(name):
            return 421, "expected the host of this proxy in Host, got another one; allow it with --allow-host"
        if any(name == b"upgrade" and value.strip().lower() == b"websocket" for name, value in headers):
            return 501, "WebSockets are not forwarded; open them at the upstream directly"
        if names.count(b"content-length") + names.count(b"transfer-encoding") > 1:
            return 400, "expected either Content-Length or Transfer-Encoding, got both or one twice"
        if any(name == b"transfer-encoding" and value.strip().lower() != b"chunked" for name, value in headers):
            return 501, "expected no transfer coding but chunked"
        return None


class _Forwarding:
    """One request and its response."""

    def __init__(self, proxy: Proxy, scope: Any, receive: Receive, send: Send) -> None:
        self.proxy = proxy
        self.scope = scope
        self._receive = receive
        self._send = send
        self._sent = bytearray()
        self._own_send = proxy.readable(scope, send)
        """For what is not the upstream's."""
        self._is_whole = True
        """Whether `_sent` is the whole body of the request."""
        self._began = time.monotonic()
        self._checked_request_cache: CheckedRequest | None = None
        query = scope["query_string"]
        self._target: bytes = scope["raw_path"] + (b"?" + query if query else b"")

    async def run(self) -> None:
        """Forward the request, check the response, send it."""
        proxy = self.proxy
        headers = end_to_end(self.scope["headers"])
        names = {name.lower() for name, _ in self.scope["headers"]}
        body = self._body() if names & {b"content-length", b"transfer-encoding"} else None
        self._is_whole = body is None
        if proxy.options.enforce:
            if await self._is_rejected(body):
                return
            body = None if body is None else self._checked()
        elif body is None:  # The upstream needs time, in which the request can be checked.
            asyncio.get_running_loop().call_later(_EARLY, self._checked_request)
        try:
            async with proxy._upstream.send(self.scope["method"], self._target, headers, body) as response:
                held = _HeldResponse(response.status, end_to_end(response.headers), bytearray())
                checked_request = self._checked_request()
                if proxy._missing and self._is_rejected_preflight(response.status):
                    self._record(checked_request, held, "", checked=False)
                    await _respond(self._own_send, response.status, "the upstream lacks this path")
                    return
                async with aclosing(proxy._upstream.pieces(response)) as stream:
                    is_held = checked_request.operation is not None and await self._held(held, stream)
                    is_whole = is_held or await self._stream(checked_request, held, stream)
        except _ClientLeft:
            return
        except Unreachable as problem:
            checked_request = self._checked_request()
            self._record(checked_request, None, problem.error, checked=problem.is_at_fault)
            await _respond(self._own_send, problem.status, str(problem))
            return
        if is_held:
            await self._finish(checked_request, held)
        elif is_whole:  # Only now: who has the response finds it recorded, and its connection free for the next one.
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _is_rejected(self, body: AsyncIterator[bytes] | None) -> bool:
        """Read the whole request; respond to it where it violates the contract, and say whether that was so."""
        try:
            content = await _read(body) if body else bytearray()
        except _ClientLeft:
            return True
        if len(content) > _LARGEST:
            limit = f"expected a request body of at most {_LARGEST} bytes, got more"
            await _respond(self._own_send, 413, f"{limit}; it cannot be checked before it is forwarded")
            return True
        self._sent, self._is_whole = content, True
        checked_request = self._checked_request()
        errors = list(checked_request.request_errors)
        if not errors:
            return False
        self._record(checked_request, None, "not forwarded: the request violates the contract", checked=False)
        is_unauthorized = all(each.startswith("security: ") for each in errors)
        challenges = _challenges(checked_request) if is_unauthorized else []
        title = "the request violates the contract"
        headers = [*_summary([f"request: {each}" for each in errors]), *challenges]
        if not await self._rejects_as_documented(checked_request, headers):
            await _respond(self._own_send, 401 if is_unauthorized else 400, title, errors, headers)
        return True

    async def _rejects_as_documented(self, checked_request: CheckedRequest, more: Pairs) -> bool:
        """Respond with the error that the contract documents for an invalid request, if it has one with content."""
        messages: list[Any] = []

        async def keep(message: Any) -> None:
            messages.append(message)

        operation, rejecting = checked_request.operation, self.proxy._rejecting
        if operation is None or rejecting is None:
            return False
        asked = [pair for pair in self.scope["headers"] if pair[0] != b"prefer"]  # A preference is the upstream's.
        await rejecting({**self.scope, "headers": asked}, self._again(), keep)
        begin, *rest = messages
        documented = operation.response(begin["status"]) if 400 <= begin["status"] < 500 else None
        if documented is None or not documented.media:
            return False
        names = {name for name, _ in more}
        kept = [pair for pair in begin["headers"] if pair[0] not in names]
        for message in ({**begin, "headers": [*kept, (SERVED_BY, b"proxy"), *more]}, *rest):
            await self._own_send(message)
        return True

    async def _checked(self) -> AsyncIterator[bytes]:
        """The body that was read to check it."""
        yield bytes(self._sent)

    async def _body(self) -> AsyncIterator[bytes]:
        more, size = True, 0
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise _ClientLeft
            piece = message.get("body", b"")
            size += len(piece)
            if len(self._sent) < self.proxy.options.bound:
                self._sent += piece
            more = message.get("more_body", False)
            if piece:
                yield piece
        self._is_whole = size == len(self._sent)

    def _checked_request(self) -> CheckedRequest:
        if self._checked_request_cache is None:
            self._checked_request_cache = self._read()
        return self._checked_request_cache

    def _read(self) -> CheckedRequest:
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"])
        target = self._target.decode("latin-1")
        request = Request(self.scope["method"], target, pairs, bytes(self._sent) or None)
        checked_request = self.proxy.checker.check_request(request)
        if self._is_whole:
            return checked_request
        # What is wrong with the beginning of a body says nothing about all of it.
        errors = tuple(each for each in checked_request.request_errors if not each.startswith(("body:", "body/")))
        return replace(checked_request, request_errors=errors)

    async def _held(self, held: _HeldResponse, stream: AsyncIterator[bytes]) -> bool:
        """Hold the body back to check it; False if it is too large, or a stream.

        Raises Unreachable for one of which little has come when the time is over.
        """
        if held.is_stream:
            return False
        options, began = self.proxy.options, time.monotonic()
        async for piece in stream:
            held.body += piece
            is_late = time.monotonic() - began > options.timeout
            if is_late and len(held.body) < _BEGINNING:
                raise Unreachable(504, "timeout", "the upstream did not respond in time")
            if is_late or len(held.body) > options.bound:
                return False
        return True

    async def _stream(self, checked_request: CheckedRequest, held: _HeldResponse, stream: AsyncIterator[bytes]) -> bool:
        """Stream the response unchecked up to its end, and record it; False if it is incomplete."""
        headers = _exposed([*self._framed(held), (VIOLATIONS, b"unknown")])
        await self._send({"type": "http.response.start", "status": held.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": bytes(held.body), "more_body": True})
        recorded = held.body[: self.proxy.options.bound]
        left = asyncio.ensure_future(self._client_left())
        try:
            async for piece in stream:
                if left.done():  # A stream may have no end.
                    break
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
                recorded += piece[: self.proxy.options.bound - len(recorded)]
        except Unreachable as problem:
            # The client already has the headers: the connection ends with an incomplete response.
            is_silent = held.is_stream and problem.error == "timeout"
            incomplete = _HeldResponse(held.status, held.headers, recorded, whole=False)
            self._record(checked_request, incomplete, "", checked=not is_silent)
            return False
        finally:
            left.cancel()
        self._record(checked_request, _HeldResponse(held.status, held.headers, recorded), "", checked=False)
        return True

    async def _finish(self, checked_request: CheckedRequest, held: _HeldResponse) -> None:
        """Check the held response, and send it or a response in its place."""
        proxy = self.proxy
        if proxy._missing and self._is_whole and _is_missing(checked_request, held):
            self._record(checked_request, held, "", checked=False)
            await proxy._missing(self.scope, self._again(), self._marked)
            return
        found = self._record(checked_request, held, "")
        errors = [f"request: {each}" for each in checked_request.request_errors]
        violations = [*(f"{each.rule}: {each.message}" for each in found), *errors]
        if proxy.options.enforce and (errors or not all(rule(each.rule).is_warning for each in found)):
            title = "the response violates the contract"
            await _respond(self._own_send, 502, title, violations, _summary(violations))
            return
        headers = _exposed([*self._framed(held, len(held.body)), *_summary(violations)])
        await self._send({"type": "http.response.start", "status": held.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": bytes(held.body), "more_body": False})

    def _framed(self, held: _HeldResponse, length: int | None = None) -> Pairs:
        """The headers of a response with its length, where that is known and the response may have content.

        Without a length, the server sends chunks, also to clients of HTTP/1.0, which cannot read them.
        """
        if held.status in (204, 304):
            return [pair for pair in held.headers if pair[0] != b"content-length"]
        has_length = any(name == b"content-length" for name, _ in held.headers)
        if length is None or has_length or self.scope["method"] == "HEAD":
            return held.headers
        return [*held.headers, (b"content-length", str(length).encode())]

    def _is_rejected_preflight(self, status: int) -> bool:
        """Whether the upstream lacks the path that a page wants to send a request to: the mock may have it."""
        return status in _LACKED and cors.is_preflight(self.scope["method"], dict(self.scope["headers"]))

    async def _client_left(self) -> None:
        """Wait until the client closes the connection, or the response is sent."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _record(
        self, checked_request: CheckedRequest, held: _HeldResponse | None, error: str, *, checked: bool = True
    ) -> tuple[Violation, ...]:
        """Check and record."""
        response = None
        if held is not None:
            pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in held.headers)
            elapsed = time.monotonic() - self._began
            response = Response(held.status, pairs, bytes(held.body), elapsed, complete=held.whole)
        checker = self.proxy.checker
        exchange = checker.clean(checked_request, Exchange(checked_request.request, response, error))
        violations = checker.check(checked_request, exchange) if checked else ()
        checker.record(checked_request, exchange, violations, checked=checked)
        return violations

    def _again(self) -> Receive:
        messages = [{"type": "http.request", "body": bytes(self._sent), "more_body": False}]

        async def received() -> Any:
            return messages.pop() if messages else await self._receive()

        return received

    async def _marked(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (SERVED_BY, b"mock")]}
        await self._own_send(message)


def _is_missing(checked_request: CheckedRequest, held: _HeldResponse) -> bool:
    """Whether the upstream does not have an operation: it says so, and not in the form that the operation would.

    Where the contract has JSON for a status, JSON is the operation's own; anything else a router says.
    """
    operation = checked_request.operation
    if operation is None or held.status not in _LACKED:
        return False
    documented = operation.response(held.status)
    if held.status != 404 or documented is None:
        return True
    content_type = next((value for name, value in held.headers if name == b"content-type"), b"").decode("latin-1")
    media = documented.media_for(content_type)
    return media is None or (not media.is_json and any(each.is_json for each in documented.media.values()))


async def _read(body: AsyncIterator[bytes]) -> bytearray:
    """A body, as far as it can be checked, and a piece more where it is larger."""
    content = bytearray()
    async for piece in body:
        content += piece
        if len(content) > _LARGEST:
            break
    return content


def _summary(violations: list[str]) -> Pairs:
    """The headers that tell of violations, each of which begins with its rule."""
    rules = dict.fromkeys(text.partition(":")[0] for text in violations)
    told = [(VIOLATIONS, str(len(violations)).encode())]
    return [*told, (RULES, ", ".join(rules).encode())] if rules else told


def _exposed(headers: Pairs) -> Pairs:
    """The headers of an upstream's response, with our own among those that pages may read, if they may read any."""
    if all(name.lower() != _ALLOWS for name, _ in headers):
        return headers
    ours = b", ".join(name for name, _ in headers if name in (VIOLATIONS, RULES))
    return [*headers, (b"access-control-expose-headers", ours)]


def _challenges(checked_request: CheckedRequest) -> Pairs:
    """The challenges of a 401 for the operation's security schemes (RFC 9110, 11.6.1)."""
    schemes = (
        [scheme for alternative in checked_request.operation.security for scheme in alternative]
        if checked_request.operation
        else []
    )
    names = {
        (scheme.scheme if scheme.kind == "http" else "ApiKey" if scheme.kind == "apiKey" else "bearer")
        for scheme in schemes
    }
    return [(b"www-authenticate", f'{name.capitalize()} realm="flowcontract proxy"'.encode()) for name in sorted(names)]


async def _respond(
    send: Send, status: int, what: str, violations: list[str] | None = None, more: Pairs | None = None
) -> None:
    """Send a response of the proxy itself."""
    content: dict[str, Any] = {"title": f"flowcontract proxy: {what}", "status": status}
    if violations:
        content["detail"] = "; ".join(violations)
        content["violations"] = violations
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (SERVED_BY, b"proxy"),
        *(more or ()),
    ]
    if status == 400:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
