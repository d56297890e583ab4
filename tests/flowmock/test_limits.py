"""What one client can make the mock do is bounded, and no other client notices."""

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock import connections
from flowmock.admin.endpoints import MAX_BODY
from flowmock.server.protocol import Protocol

FLOW = b"GET /api/v3/flows/instances/initial-setup/ HTTP/1.1\r\n"
HOST = b"Host: a\r\n"
CLOSE = b"Connection: close\r\n\r\n"


def connect(running: flowmock.Running) -> socket.socket:
    host, _, port = running.origin.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def read(wire: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := wire.recv(65536):
            received += piece
    return received


# ---- Heads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (FLOW + HOST, 403),
        (FLOW + HOST + b"host: b\r\n", 400),
        (FLOW, 400),
        (FLOW.replace(b"1.1", b"1.0"), 403),
        (FLOW.replace(b"1.1", b"1.0") + HOST + HOST, 400),
    ],
    ids=["one", "two", "none", "none in HTTP/1.0", "two in HTTP/1.0"],
)
def test_a_request_has_one_host(head: bytes, status: int, anyone: flowmock.Running, send: Any) -> None:
    assert send(anyone, head + CLOSE).status == status


def test_trailers_are_not_headers(anyone: flowmock.Running, send: Any) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    trailers = b"Authorization: Bearer x\r\nPrefer: code=400\r\n\r\n"

    # Without credentials of its own, the request is denied whatever its trailers say.
    answer = send(anyone, FLOW + HOST + b"Connection: close\r\n" + body + trailers)

    assert answer.status == 403
    entry = anyone.mock.journal.entries()[-1]
    assert {"authorization", "prefer"}.isdisjoint(name for name, _ in entry.call.headers)


# ---- Connections -----------------------------------------------------------------------------------------------------


def test_clients_that_read_nothing_do_not_keep_others_waiting() -> None:
    many = (FLOW + HOST + b"Authorization: Bearer x\r\n\r\n") * 2000
    with flowmock.running() as running, contextlib.ExitStack() as stack:
        for _ in range(10):
            wire = stack.enter_context(connect(running))
            wire.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                wire.send(many)
        for number in range(50):
            with connect(running) as wire:
                wire.sendall(FLOW.replace(b"/ HTTP", b"/?n=%d HTTP" % number) + HOST + CLOSE)
                assert read(wire).startswith(b"HTTP/1.1 403")


def test_pipelined_requests_are_all_answered_in_order(anyone: flowmock.Running) -> None:
    requests = b"".join(b"GET /api/v3/unknown%d HTTP/1.1\r\n" % number + HOST + b"\r\n" for number in range(500))
    with connect(anyone) as wire:
        sender = threading.Thread(target=wire.sendall, args=(requests + FLOW + HOST + CLOSE,))
        sender.start()
        received = read(wire)
        sender.join()

    assert received.count(b"HTTP/1.1 404") == 500
    assert received.rpartition(b"HTTP/1.1 ")[2].startswith(b"403")


def test_a_client_that_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "PATIENCE", 0.5)
    monkeypatch.setattr(connections, "OPEN", {})
    large = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Large", "version": "1"},
            "paths": {"/large": {"get": {"responses": {"200": {"description": "", "content": {
                "text/plain": {"example": "x" * 8_000_000}}}}}}},
        }
    )  # fmt: skip
    with flowmock.running(large) as running, connect(running) as wire:
        wire.sendall(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        assert wire.recv(1) == b"H"
        gone = threading.Event()
        while not gone.wait(0.05) and connections.OPEN:
            pass

        assert len(read(wire)) < 8_000_000


def test_there_is_a_limit_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "OPEN", {})  # Without those that mocks of other tests are about to close.
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    with flowmock.running() as running, contextlib.ExitStack() as stack:
        kept = [stack.enter_context(connect(running)) for _ in range(3)]
        for wire in kept:
            wire.sendall(FLOW + HOST + b"\r\n")
            assert wire.recv(12) == b"HTTP/1.1 403"

        with connect(running) as wire:
            assert read(wire).startswith(b"HTTP/1.1 503 ")
        kept[0].sendall(FLOW + HOST + CLOSE)
        read(kept[0])
        with connect(running) as wire:
            wire.sendall(FLOW + HOST + CLOSE)
            assert read(wire).startswith(b"HTTP/1.1 403 ")


# ---- Bodies ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def notes() -> Iterator[flowmock.Running]:
    """A stateful mock of notes that can be created and read."""
    note = {
        "type": "object",
        "required": ["id", "text"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
    }
    content = {"application/json": {"schema": note}}
    created = {"201": {"description": "", "content": content}}
    found = {"200": {"description": "", "content": content}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Notes", "version": "1"},
            "paths": {
                "/notes": {"post": {"requestBody": {"required": True, "content": content}, "responses": created}},
                "/notes/{id}": {"get": {"parameters": [parameter], "responses": found}},
            },
        }
    )
    with flowmock.running(contract, stateful=True) as running:
        yield running


def post(send: Any, running: flowmock.Running, path: str, body: bytes, *headers: str) -> Any:
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", "Content-Type: application/json"]
    lines = [*head, f"Content-Length: {len(body)}", *headers, "", ""]
    return send(running, "\r\n".join(lines).encode() + body)


def test_a_compressed_body_is_read(notes: flowmock.Running, send: Any) -> None:
    body = gzip.compress(json.dumps({"text": "compressed"}).encode())

    answer = post(send, notes, "/notes", body, "Content-Encoding: gzip")

    assert (answer.status, answer.json["text"]) == (201, "compressed")


def test_a_body_that_decompresses_to_too_much_is_413(notes: flowmock.Running, send: Any) -> None:
    bomb = gzip.compress(b'{"text": "' + b"a" * 32 * 1024 * 1024 + b'"}')

    assert post(send, notes, "/notes", bomb, "Content-Encoding: gzip").status == 413


@pytest.mark.parametrize("path", ["/verify", "/preview"])
def test_bodies_of_the_admin_api_are_bounded(path: str, notes: flowmock.Running, send: Any) -> None:
    body = b'"' + b"a" * MAX_BODY + b'"'

    assert post(send, notes, f"/__mock__{path}", body).status == 413
