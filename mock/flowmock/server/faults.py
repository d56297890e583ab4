"""Faults on the wire, committed while an answer is sent: what a client must survive though HTTP has no word for it.

They need the connection itself, which the mock's own server puts into the ASGI scope.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from flowcontract.errors import MockError
from flowmock.messages import Reply

TRANSPORT = "flowmock.transport"
"""The ASGI extension that holds the connection's asyncio transport."""
STALL = 120.0
"""Seconds that a stalled answer is held at most."""
PIECES = 20
"""A slow answer comes in about so many pieces,"""
PAUSE = 0.1
"""seconds apart."""
_GARBAGE = b"\x16\x03\x01\x00\x2a\x02this is no HTTP\x00\xff\xfe\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)

_pause = asyncio.sleep

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]


async def send(reply: Reply, scope: Any, receive: Receive, send: Send) -> None:
    """Send an answer with its fault. Raises MockError for an unknown fault, and under a foreign server."""
    if reply.fault not in _FAULTS:
        raise MockError(f"there is no fault {reply.fault!r}.", do=f"There are: {', '.join(NAMES)}.")
    transport = (scope.get("extensions") or {}).get(TRANSPORT)
    if transport is None:
        raise MockError("a fault on the wire needs the mock's own server.", do="Start it by `flowcontract mock`.")
    await _FAULTS[reply.fault](_Wire(reply, transport, receive, send))


class _Wire:
    """What a fault works with."""

    def __init__(self, reply: Reply, transport: Any, receive: Receive, send: Send) -> None:
        self.reply = reply
        self.transport = transport
        self.send = send
        self._receive = receive

    async def start(self, length: int) -> None:
        """Send status and headers, with a length that may not be true."""
        headers = [*self.reply.raw_headers(), (b"content-length", str(length).encode())]
        await self.send({"type": "http.response.start", "status": self.reply.status, "headers": headers})

    async def gone(self) -> None:
        """Wait until the connection is closed, by whom ever."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def close(self) -> None:
        """Close in good order, and wait for it."""
        self.transport.close()
        await self.gone()


async def _reset(wire: _Wire) -> None:
    """End the connection by a TCP reset, before any byte of an answer."""
    sock = wire.transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    wire.transport.abort()
    await wire.gone()


async def _close(wire: _Wire) -> None:
    """Close the connection without a byte of an answer."""
    await wire.close()


async def _truncate(wire: _Wire) -> None:
    """Promise the whole body, send half of it, close."""
    body = wire.reply.body
    half = len(body) // 2
    await wire.start(len(body) if half else len(body) + 64)
    await wire.send({"type": "http.response.body", "body": body[:half], "more_body": True})
    await wire.close()


async def _stall(wire: _Wire) -> None:
    """Send the headers, and then nothing, until the client gives up."""
    await wire.start(max(len(wire.reply.body), 1))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STALL):
            await wire.gone()
    wire.transport.abort()


async def _slow(wire: _Wire) -> None:
    """Send the body in small pieces, with pauses."""
    body = wire.reply.body
    await wire.start(len(body))
    size = max(1, -(-len(body) // PIECES))
    for at in range(0, len(body), size):
        await _pause(PAUSE)
        await wire.send({"type": "http.response.body", "body": body[at : at + size], "more_body": True})
    await wire.send({"type": "http.response.body", "body": b""})


async def _garbage(wire: _Wire) -> None:
    """Answer with bytes that are no HTTP."""
    wire.transport.write(_GARBAGE)
    await wire.close()


_FAULTS: dict[str, Callable[[_Wire], Awaitable[None]]] = {
    "reset": _reset,
    "close": _close,
    "truncate": _truncate,
    "stall": _stall,
    "slow": _slow,
    "garbage": _garbage,
}
NAMES = tuple(_FAULTS)
"""What `fault:` in a scenario and `Prefer: fault=` can name."""


def told() -> dict[str, str]:
    """What each fault does, in a sentence."""
    return {name: str(fault.__doc__) for name, fault in _FAULTS.items()}
