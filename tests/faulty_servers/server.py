"""A conforming server, as small as the contract allows, and the values that faults are written in.

The server is a function: an Ask goes in, an Answer comes out. It has GET and HEAD of one flow, 403 and 404 as
JSON with `detail`, 405 with `Allow`, and nothing else. It shares no code with flowmock, and it writes its own
bytes, so that a fault may lie anywhere between the first byte of the status line and the end of the connection.
"""

import asyncio
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from flowcontract.openapi.contract import Contract

TOKEN = "Right-Token-aB3dE6gH9jK2mN5p"
"""The one token that may view every flow. Its letters are of both cases, so that folding them is wrong."""

ROUTE = re.compile(r"/api/v3/flows/instances/([^/]+)/")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it came, headers in lower case, and where in the life of the server it came."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    connection: int = 1
    """Which connection since the start, from 1."""
    turn: int = 1
    """Which request on its connection, from 1."""
    alone: bool = True
    """Whether no other request is being answered."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def raw_key(self) -> str | None:
        """What stands where the slug belongs, as sent; None where the path is another one."""
        matched = ROUTE.fullmatch(self.path)
        return matched and matched[1]

    @property
    def key(self) -> str | None:
        """The slug, decoded once."""
        if self.raw_key is None:
            return None
        raw = self.raw_key.encode("latin-1", "replace")
        return unquote_to_bytes(raw).decode("utf-8", "surrogateescape")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def about(self, key: str) -> "Ask":
        """The same request for another slug."""
        path = f"/api/v3/flows/instances/{quote(key, safe='', errors='surrogateescape')}/"
        return replace(self, target=path + self.target[len(self.path) :])

    def saying(self, name: str, value: str | None) -> "Ask":
        """The same request with one header set, or taken away."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def trusted(self) -> "Ask":
        """The same request from somebody who may view everything."""
        return self.saying("authorization", f"Bearer {TOKEN}")


@dataclass(frozen=True, slots=True)
class ServerResponse:
    """What goes back, down to the wire."""

    status: int
    body: bytes = b""
    headers: Headers = (("Content-Type", "application/json; charset=utf-8"),)
    wait: float = 0.0
    """Seconds before the first byte."""
    length: int | None = -1
    """The Content-Length that is claimed: -1 the true one, None no such header."""
    head_body: bool = False
    """Whether an answer to HEAD has its body all the same."""
    head_length: int | None = None
    """The Content-Length in an answer to HEAD where it is not that of GET."""
    status_line: str = ""
    """Another status line, without its end."""
    cut: int | None = None
    """How many bytes of the body are sent before `end`; None for all, -1 for not even the head."""
    end: str = "keep"
    """What becomes of the connection then: `keep`, `close`, `drop` (close without saying so), `reset`, or `stall`
    (nothing until the client goes)."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_json(self) -> bool:
        return (self.header("Content-Type") or "").startswith("application/json")

    def but(self, **changes: Any) -> "ServerResponse":
        """The same answer with something changed; `json` stands for a new body."""
        if "json" in changes:
            changes["body"] = encoded(changes.pop("json"))
        return replace(self, **changes)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def saying(self, name: str, value: str | None) -> "ServerResponse":
        """The same answer with one header set, or taken away."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def wire(self, method: str) -> bytes:
        """The bytes that go out."""
        if self.cut == -1:
            return b""
        lines = [self.status_line or f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" if value is not None else name for name, value in self.headers]
        length = len(self.body) if self.length == -1 else self.length
        if method == "HEAD" and self.head_length is not None:
            length = self.head_length
        if length is not None and not (self.status == 204 and length == 0):
            lines.append(f"Content-Length: {length}")
        if self.end == "close":
            lines.append("Connection: close")
        body = self.body if method != "HEAD" or self.head_body else b""
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "surrogateescape") + body[: self.cut]


REASONS = {
    200: "OK",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    500: "Internal Server Error",
}


def encoded(value: Any) -> bytes:
    """Compact JSON, as the server writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def error(status: int, detail: str, *headers: tuple[str, str]) -> ServerResponse:
    """A denied response in the contract's own shape."""
    return ServerResponse(status, encoded({"detail": detail})).but(headers=(*ServerResponse(status).headers, *headers))


@cache
def known_flows() -> dict[str, dict[str, Any]]:
    """Flows by slug: the examples of the contract, and some with the odder slugs that its pattern allows."""
    contract = Contract.load()
    operation = contract.operation("flows_instances_retrieve")
    answer = operation.success()
    assert answer is not None
    media = answer.media["application/json"]
    flows = {example.value["slug"]: example.value for example in media.examples.values()}
    for place, slug in enumerate(("A", "0", "_", "-Mixed_Case-2", "Default-Source-Enrollment", "f" * 50), start=1):
        flow = deepcopy(flows["default-source-enrollment"])
        flow |= {"slug": slug, "name": f"Größe {slug}", "title": "خوش آمدید 👋", "cache_count": place}
        flow["export_url"] = f"/api/v3/flows/instances/{slug}/export/"
        for member in ("pk", "policybindingmodel_ptr_id"):
            flow[member] = f"{place:08x}{flow[member][8:]}"
        flows[slug] = flow
    return flows


Serve = Callable[[Ask], ServerResponse]


@dataclass(slots=True)
class Server:
    """The conforming server: call it with an Ask. `memory` is for faults that remember; the server itself does not."""

    flows: dict[str, dict[str, Any]] = field(default_factory=lambda: known_flows().copy())
    memory: dict[str, Any] = field(default_factory=dict)

    def __call__(self, ask: Ask) -> ServerResponse:
        if ask.key is None:
            return error(404, "Not found.")
        if ask.method not in ("GET", "HEAD"):
            return error(405, "This method is not allowed here.", ("Allow", "GET, HEAD"))
        if not self.allows(ask):
            return error(403, "You do not have permission to perform this action.")
        if ask.key not in self.flows:
            return error(404, "Not found.")
        return ServerResponse(200, encoded(self.flows[ask.key]))

    def allows(self, ask: Ask) -> bool:
        """Whether the caller may view flows: one `Authorization` of scheme Bearer with the very token."""
        sent = [value for name, value in ask.headers if name == "authorization"]
        scheme, _, token = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
        return scheme.lower() == "bearer" and token == TOKEN

    def knows(self, ask: Ask) -> bool:
        """Whether the slug that is asked for is one of a flow."""
        return ask.key in self.flows

    def times(self, what: object = "asked") -> int:
        """Count up: how often this was called for the same thing, this time included."""
        counts = self.memory.setdefault("times", {})
        counts[what] = counts.get(what, 0) + 1
        return int(counts[what])


class _Wire:
    """Answers connections on a free loopback port, in a thread of its own."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.connections = 0
        self.busy = 0
        self.crash: BaseException | None = None
        self.port = 0
        self.ready = threading.Event()

    async def run(self) -> None:
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        self.open: set[asyncio.Task[Any]] = set()
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0, limit=1 << 22)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stop.wait()
        server.close()
        for task in self.open:
            task.cancel()
        await asyncio.gather(*self.open, return_exceptions=True)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        self.connections += 1
        try:
            await self.converse(reader, writer, self.connections)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        except BaseException as problem:
            self.crash = problem
        finally:
            self.open.discard(task)
            writer.close()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        for turn in range(1, 1 << 30):
            ask = await _read(reader, connection, turn)
            self.busy += 1
            try:
                answer = self.serve(replace(ask, alone=self.busy == 1))
                await asyncio.sleep(answer.wait)
            finally:
                self.busy -= 1
            writer.write(answer.wire(ask.method))
            await writer.drain()
            if answer.end == "stall":
                await reader.read()
            if answer.end == "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            if answer.end != "keep" or ask.header("connection").lower() == "close":
                return


async def _read(reader: asyncio.StreamReader, connection: int, turn: int) -> Ask:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    method, _, rest = first.partition(" ")
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name.strip().lower(), value.strip(" \t")) for name, _, value in pairs)
    ask = Ask(method, rest.rpartition(" HTTP/")[0], headers, b"", connection, turn)
    body = b""
    if "chunked" in ask.header("transfer-encoding").lower():
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif ask.header("content-length").isdigit():
        body = await reader.readexactly(int(ask.header("content-length")))
    return replace(ask, body=body)


@contextmanager
def running(serve: Serve) -> Iterator[str]:
    """Serve until the block ends; gives the URL. Raises what the server raised, if it did: a fault is no crash."""
    wire = _Wire(serve)
    thread = threading.Thread(target=lambda: asyncio.run(wire.run()), daemon=True)
    thread.start()
    wire.ready.wait(10)
    try:
        yield f"http://127.0.0.1:{wire.port}"
    finally:
        with suppress(RuntimeError):
            wire.loop.call_soon_threadsafe(wire.stop.set)
        thread.join(10)
    if wire.crash is not None:
        raise wire.crash
