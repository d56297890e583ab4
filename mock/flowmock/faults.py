"""Network faults: what a client must survive though HTTP has no word for it, in the place of a response.

They need the connection itself, which the mock's own server knows.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from flowmock import connections

STALL = 120.0
"""Seconds that a stalled response is held at most."""
PIECES = 20
"""A slow response comes in about so many pieces,"""
PAUSE = 0.1
"""seconds apart."""
_GARBAGE = b"\x16\x03\x01\x00\x2a\x02this is not HTTP\x00\xff\xfe\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)

_pause = asyncio.sleep


async def inject(fault: str, start: Message, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response with a fault; under a server that is not the mock's own, 501 and the reason.

    `start`, `body`: the response as ASGI has it. Raises KeyError for an unknown fault.
    """
    connection = connections.of(scope)
    if connection is None:
        text = b"Expected the mock's own server for a network fault, got another: start it with `flowcontract mock`."
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 501, "headers": headers})
        await send({"type": "http.response.body", "body": text, "more_body": False})
        return
    await _FAULTS[fault](_Connection(start, body, connection.transport, receive, send))


class _Connection:
    """What a fault works with."""

    def __init__(self, start: Message, body: bytes, transport: Any, receive: Receive, send: Send) -> None:
        self._start = start
        self.body = body
        self.transport = transport
        self.send = send
        self._receive = receive

    async def start(self, length: int) -> None:
        """Send status and headers, with a length that may not be true."""
        others = [pair for pair in self._start["headers"] if pair[0] != b"content-length"]
        await self.send({**self._start, "headers": [*others, (b"content-length", str(length).encode())]})

    async def gone(self) -> None:
        """Wait until the connection is closed, by whom ever."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def close(self) -> None:
        """Close in good order, and wait for it."""
        self.transport.close()
        await self.gone()


async def _reset(connection: _Connection) -> None:
    """End the connection by a TCP reset, before any byte of a response."""
    sock = connection.transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    connection.transport.abort()
    await connection.gone()


async def _close(connection: _Connection) -> None:
    """Close the connection without a byte of a response."""
    await connection.close()


async def _truncate(connection: _Connection) -> None:
    """Promise the whole body, send half of it, close."""
    body = connection.body
    half = len(body) // 2
    await connection.start(len(body) if half else len(body) + 64)
    await connection.send({"type": "http.response.body", "body": body[:half], "more_body": True})
    await connection.close()


async def _stall(connection: _Connection) -> None:
    """Send the headers, and then nothing, until the client gives up."""
    await connection.start(max(len(connection.body), 1))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STALL):
            await connection.gone()
    connection.transport.abort()


async def _slow(connection: _Connection) -> None:
    """Send the body in small pieces, with pauses."""
    body = connection.body
    await connection.start(len(body))
    size = max(1, -(-len(body) // PIECES))
    for at in range(0, len(body), size):
        await _pause(PAUSE)
        await connection.send({"type": "http.response.body", "body": body[at : at + size], "more_body": True})
    await connection.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _garbage(connection: _Connection) -> None:
    """Send bytes that are not HTTP."""
    connection.transport.write(_GARBAGE)
    await connection.close()


_FAULTS: dict[str, Callable[[_Connection], Awaitable[None]]] = {
    "reset": _reset,
    "close": _close,
    "truncate": _truncate,
    "stall": _stall,
    "slow": _slow,
    "garbage": _garbage,
}
NAMES = tuple(_FAULTS)
"""What `fault:` in a scenario and `Prefer: fault=` can name."""


def descriptions() -> dict[str, str]:
    """What each fault does, in a sentence."""
    return {name: str(fault.__doc__) for name, fault in _FAULTS.items()}
