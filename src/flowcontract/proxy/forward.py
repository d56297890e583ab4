"""The way of one request through the proxy: refuse or pass on, hold back what is judged, send, write down."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.proxy.checking import Bench, Understood
from flowcontract.proxy.upstream import Pairs, Unreachable, Upstream, end_to_end, pieces

VIOLATIONS = b"x-flowcontract-violations"
"""Response header: how many violations the request and the answer have; `unknown` where the answer was not judged."""
RULES = b"x-flowcontract-rules"
"""Response header: the rules that the answer breaks, `request` where the request is not as the contract says."""
ANSWERED_BY = b"x-flowcontract-answered-by"
"""Response header: `mock` where it was not the upstream."""

_LARGEST = 16 * 1024 * 1024
"""Bytes of a request body that are checked before it is forwarded, where the contract is enforced."""
_EARLY = 0.001
"""Seconds after which an answer is not there at once, so that there is time for other work."""
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
    """Bytes of a body that are held back to be judged; what is larger streams through."""
    hosts: frozenset[str] = frozenset()
    """Names that a client may call the proxy by, beside those of this machine and of the upstream."""


@dataclass(slots=True)
class _Answer:
    """An answer as far as it was held back."""

    status: int
    headers: Pairs
    body: bytearray
    whole: bool = True


class Proxy:
    """The proxy as an ASGI application. `missing`: what answers where the upstream lacks an operation."""

    def __init__(self, bench: Bench, options: Options | None = None, missing: App | None = None) -> None:
        self.bench = bench
        self.options = options or Options()
        self._missing = missing
        self._upstream = Upstream(bench.target, timeout=self.options.timeout)
        upstream = urlsplit(bench.target.origin).hostname or ""
        self._hosts = {"localhost", "::1", upstream, *(name.lower() for name in self.options.hosts)}

    async def close(self) -> None:
        """Let go of the upstream."""
        await self._upstream.close()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope["headers"])
        if refusal:
            await _say(send, *refusal)
            return
        await _Passage(self, scope, receive, send).run()

    def _refusal(self, headers: Pairs) -> tuple[int, str] | None:
        """Why a request is not passed on at all."""
        found = [value.decode("latin-1") for name, value in headers if name == b"host"]
        names = [name for name, _ in headers]
        if len(found) != 1:
            return 400, "one Host header was expected"
        try:
            name = (urlsplit(f"//{found[0]}").hostname or "").lower()
        except ValueError:
            name = ""
        if name not in self._hosts and not name.startswith("127."):
            return 421, "this proxy serves its one upstream alone, not the host that was named"
        if any(name == b"upgrade" and value.strip().lower() == b"websocket" for name, value in headers):
            return 501, "WebSockets are not passed on; let the client open them at the upstream itself"
        if names.count(b"content-length") + names.count(b"transfer-encoding") > 1:
            return 400, "one way to tell the length of the body was expected"
        return None


class _Passage:
    """One request on its way."""

    def __init__(self, proxy: Proxy, scope: Any, receive: Receive, send: Send) -> None:
        self.proxy = proxy
        self.scope = scope
        self._receive = receive
        self._send = send
        self._sent = bytearray()
        self._began = time.monotonic()
        self._understanding: Understood | None = None
        query = scope["query_string"]
        self._target: bytes = scope["raw_path"] + (b"?" + query if query else b"")

    async def run(self) -> None:
        """Pass it on, judge what comes back, send it."""
        proxy = self.proxy
        headers = end_to_end(self.scope["headers"])
        names = {name.lower() for name, _ in self.scope["headers"]}
        body = self._body() if names & {b"content-length", b"transfer-encoding"} else None
        if proxy.options.enforce:
            if await self._is_rejected(body):
                return
            body = None if body is None else self._checked()
        elif body is None:  # While the upstream thinks, there is time to read the request.
            asyncio.get_running_loop().call_later(_EARLY, self._understood)
        try:
            async with proxy._upstream.ask(self.scope["method"], self._target, headers, body) as response:
                answer = _Answer(response.status, end_to_end(response.headers), bytearray())
                understood = self._understood()
                async with aclosing(pieces(response)) as stream:
                    if understood.operation is None or not await self._held(answer, stream):
                        await self._stream(understood, answer, stream)
                        return
        except Unreachable as problem:
            understood = self._understood()
            self._record(understood, None, problem.error)
            await _say(self._send, problem.status, str(problem))
            return
        await self._finish(understood, answer)

    async def _is_rejected(self, body: AsyncIterator[bytes] | None) -> bool:
        """Read the whole request; respond to it where it violates the contract, and say whether that was so."""
        try:
            content = await _read(body) if body else bytearray()
        except Unreachable:  # The client has left: nobody waits for a response.
            return True
        if len(content) > _LARGEST:
            limit = f"expected a request body of at most {_LARGEST} bytes, got more"
            await _say(self._send, 413, f"{limit}; it cannot be checked before it is forwarded")
            return True
        self._sent = content
        understood = self._understood()
        errors = list(understood.request_errors)
        if not errors:
            return False
        self._record(understood, None, "not forwarded: the request violates the contract", checked=False)
        is_unauthorized = all(each.startswith("security: ") for each in errors)
        challenges = _challenges(understood) if is_unauthorized else []
        title = "the request violates the contract"
        await _say(self._send, 401 if is_unauthorized else 400, title, errors, challenges)
        return True

    async def _checked(self) -> AsyncIterator[bytes]:
        """The body that was read to check it."""
        yield bytes(self._sent)

    async def _body(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Unreachable(502, "closed", "the client left amid its request")
            piece = message.get("body", b"")
            if len(self._sent) < self.proxy.options.bound:
                self._sent += piece
            more = message.get("more_body", False)
            if piece:
                yield piece

    def _understood(self) -> Understood:
        if self._understanding is None:
            self._understanding = self._read()
        return self._understanding

    def _read(self) -> Understood:
        pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"])
        target = self._target.decode("latin-1")
        return self.proxy.bench.understand(Request(self.scope["method"], target, pairs, bytes(self._sent) or None))

    async def _held(self, answer: _Answer, stream: AsyncIterator[bytes]) -> bool:
        """Hold the body back to judge it; False where there is more of it than that."""
        if any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in answer.headers):
            return False
        async for piece in stream:
            answer.body += piece
            if len(answer.body) > self.proxy.options.bound:
                return False
        return True

    async def _stream(self, understood: Understood, answer: _Answer, stream: AsyncIterator[bytes]) -> None:
        """Send what has come and what comes, unjudged but written down."""
        headers = [*answer.headers, (VIOLATIONS, b"unknown")]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": bytes(answer.body), "more_body": True})
        kept = answer.body[: self.proxy.options.bound]
        answer.whole = False
        try:
            async for piece in stream:
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
                kept += piece[: self.proxy.options.bound - len(kept)]
        except Unreachable:
            # The client has the head already: the connection ends with the answer unfinished, as it came.
            self._record(understood, _Answer(answer.status, answer.headers, kept, whole=False), "")
            return
        await self._send({"type": "http.response.body", "body": b""})
        self._record(understood, _Answer(answer.status, answer.headers, kept), "", checked=False)

    async def _finish(self, understood: Understood, answer: _Answer) -> None:
        """Judge what was held back, and send it or what stands for it."""
        proxy = self.proxy
        if proxy._missing and _lacks(understood, answer):
            self._record(understood, answer, "", checked=False)
            await proxy._missing(self.scope, self._again(), self._marked)
            return
        found = self._record(understood, answer, "")
        broken = [*found, *(f"request: {each}" for each in understood.request_errors)]
        if proxy.options.enforce and broken:
            await _say(self._send, 502, "the response violates the contract", broken)
            return
        rules = list(dict.fromkeys(text.partition(":")[0] for text in broken))
        headers = [*answer.headers, (VIOLATIONS, str(len(broken)).encode())]
        if rules:
            headers.append((RULES, ", ".join(rules).encode()))
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": bytes(answer.body)})

    def _record(self, understood: Understood, answer: _Answer | None, error: str, *, checked: bool = True) -> list[str]:
        """Judge and keep; each finding as `rule: message`."""
        response = None
        if answer is not None:
            pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
            elapsed = time.monotonic() - self._began
            response = Response(answer.status, pairs, bytes(answer.body), elapsed, complete=answer.whole)
        bench = self.proxy.bench
        exchange = bench.clean(understood, Exchange(understood.request, response, error))
        violations = bench.check(understood, exchange) if checked else ()
        bench.record(understood, exchange, violations, checked=checked)
        return [f"{violation.rule}: {violation.message}" for violation in violations]

    def _again(self) -> Receive:
        messages = [{"type": "http.request", "body": bytes(self._sent), "more_body": False}]

        async def received() -> Any:
            return messages.pop() if messages else await self._receive()

        return received

    async def _marked(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (ANSWERED_BY, b"mock")]}
        await self._send(message)


def _lacks(understood: Understood, answer: _Answer) -> bool:
    """Whether the upstream does not have an operation: it says so, and not in the form that the operation would.

    Where the contract has JSON for a status, JSON is the operation's own; anything else a router says.
    """
    operation = understood.operation
    if operation is None or answer.status not in (404, 405, 501):
        return False
    documented = operation.response(answer.status)
    if answer.status != 404 or documented is None:
        return True
    content_type = next((value for name, value in answer.headers if name == b"content-type"), b"").decode("latin-1")
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


def _challenges(understood: Understood) -> Pairs:
    """What a 401 has to say of the credentials that are wanted (RFC 9110, 11.6.1)."""
    schemes = (
        [scheme for alternative in understood.operation.security for scheme in alternative]
        if understood.operation
        else []
    )
    names = {
        (scheme.scheme if scheme.kind == "http" else "ApiKey" if scheme.kind == "apiKey" else "bearer")
        for scheme in schemes
    }
    return [(b"www-authenticate", f'{name.capitalize()} realm="flowcontract proxy"'.encode()) for name in sorted(names)]


async def _say(send: Send, status: int, what: str, causes: list[str] | None = None, more: Pairs | None = None) -> None:
    """An answer of the proxy's own."""
    said: dict[str, Any] = {"title": f"flowcontract proxy: {what}", "status": status}
    if causes:
        said["detail"] = "; ".join(causes)
        said["causes"] = causes
    body = json.dumps(said).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (ANSWERED_BY, b"proxy"),
        *(more or ()),
    ]
    if status == 400:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
