"""The request: read once, with its body, what it is for and what its `Prefer` headers ask for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowcontract.errors import FlowContractError
from flowcontract.http import content_coding
from flowmock import faults
from flowmock.connexion_app import internal_error, preference_error
from flowmock.examples.responses import PREFERRED
from flowmock.messages import EXCHANGE, Call, Exchange, Head, RawHeaders, Reply, respond
from flowmock.negotiation import prefer
from flowmock.negotiation.prefer import PreferenceError, Preferences

if TYPE_CHECKING:
    from flowmock.compiled import Compiled

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request body that are read; a longer one gets 413."""
_SMALL = 64
"""Headers of a request up to which they are worth remembering."""
_TOO_LARGE = Reply(413, (("Content-Type", "text/plain; charset=utf-8"),), b"Request body too large.", "body too large")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Request:
    """Makes the call of a request; sees to `Prefer`: wait, fault and `Preference-Applied`."""

    def __init__(self, app: ASGIApp, compiled: "Callable[[], Compiled]") -> None:
        """`compiled`: what is served now."""
        self.app = app
        self._compiled = compiled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        exchange.compiled = compiled = self._compiled()
        exchange.call = call = _call(scope)
        exchange.route = compiled.locate(call)
        responses = compiled.responses_for(exchange.route)
        exchange.fresh_headers = responses.profile.fresh_headers
        if call.method not in _WITHOUT_BODY or _announces_body(call):
            body = await _read(receive)
            if body is None:
                return
            if len(body) > MAX_BODY:
                await respond(_TOO_LARGE, scope, send)
                return
            call.body = body
            receive = _again(body, receive)
            if coding := content_coding.coding(call.header("content-encoding")):
                # Other requests need not wait until a large body is decoded.
                decoded = await asyncio.to_thread(content_coding.decode, body, coding)
                if decoded.too_large:
                    await respond(_TOO_LARGE, scope, send)
                    return
                call.decoded = decoded.content
        deliver = send
        try:
            if asked := _preferences(call):
                call.preferences = asked
                call.list_size = asked.items
                deliver = _as_preferred(asked, exchange, send)
            await self.app(scope, receive, deliver)
        except PreferenceError as error:
            await respond(preference_error(error, call, responses), scope, send)
        except FlowContractError as error:
            await respond(internal_error(error), scope, send)
        finally:
            call.decoded = None  # The journal keeps the call.


def _as_preferred(asked: Preferences, exchange: Exchange, send: Send) -> Send:
    """A `send` that sends a response when `Prefer` wants it, says which preferences were applied, and marks faults."""

    async def deliver(message: Message) -> None:
        reply = exchange.reply
        if message["type"] == "http.response.start" and reply:
            exchange.reply = replace(reply, wait=reply.wait + asked.wait, fault=reply.fault or asked.fault)
            applied = asked.applied(chosen=PREFERRED in reply.details)
            if applied and not reply.details.get("omit_default_headers"):
                message["headers"].append((b"preference-applied", applied.encode("latin-1", "replace")))
            if asked.wait and not exchange.is_preview:
                await asyncio.sleep(asked.wait)  # `Prefer: wait=S`: the client asks for a delay.
        await send(message)

    return deliver


def _call(scope: Scope) -> Call:
    root = scope.get("root_path", "")
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"]
    head = _head(scope["headers"])
    return Call(
        method=scope["method"],
        raw_path=raw_path.removeprefix(root) if root else raw_path,
        path=scope["path"].removeprefix(root) if root else scope["path"],
        query=_pairs(query) if query else (),
        headers=head.headers,
        session=head.session,
        head=head,
    )


def _pairs(query: bytes) -> tuple[tuple[str, str], ...]:
    """The decoded pairs of a query."""
    text = query.decode("utf-8", "replace")
    if "%" in text or "+" in text:
        return tuple(parse_qsl(text, keep_blank_values=True))
    # Nothing is to be decoded, so this is the same, four times as fast.
    pieces = [piece.partition("=") for piece in text.split("&") if piece]
    return tuple([(name, value) for name, _, value in pieces])


def _head(headers: RawHeaders) -> Head:
    """The decoded headers; requests with the same few headers share them: a client sends them again and again."""
    return _shared_head(tuple(headers)) if len(headers) <= _SMALL else _new_head(tuple(headers))


def _new_head(headers: tuple[tuple[bytes, bytes], ...]) -> Head:
    return Head(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers))


_shared_head = lru_cache(maxsize=128)(_new_head)


def _announces_body(call: Call) -> bool:
    return call.header("transfer-encoding") is not None or call.header("content-length") not in (None, "0")


async def _read(receive: Receive) -> bytes | None:
    """The body, up to a little more than MAX_BODY; None where the client left before it was whole."""
    body = bytearray()
    more = True
    while more and len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which has been read, and then what else arrives."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else await receive()

    return received


def _preferences(call: Call) -> Preferences | None:
    """What a call's `Prefer` headers ask for, or its query, as Prism allows. Raises PreferenceError."""
    header = call.header("prefer")
    if not header and not call.query:
        return None
    values = [header] if header else []
    values += [f'{name[2:]}="{value}"' for name, value in call.query if name in prefer.IN_QUERY]
    return prefer.read(values, faults.NAMES) if values else None
