"""Faults on the wire, seen from a client's socket."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import flowmock
from flowmock import faults
from flowmock.scenarios.active import Activation

FLOW = "/api/v3/flows/instances/initial-setup/"


@pytest.fixture(scope="module")
def shared() -> Iterator[flowmock.Running]:
    with flowmock.running() as running:
        yield running


@pytest.fixture
def mock(shared: flowmock.Running) -> flowmock.Running:
    shared.mock.reset()
    return shared


@contextmanager
def asked(mock: flowmock.Running, fault: str, method: str = "GET") -> Iterator[socket.socket]:
    """A socket on which a flow was asked for, with a fault preferred."""
    host, _, port = mock.origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        lines = [f"{method} {FLOW} HTTP/1.1", "Host: x", "Authorization: Bearer any"]
        lines += [f"Prefer: fault={fault}"] if fault else []
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        yield wire


def everything(wire: socket.socket) -> bytes:
    received = b""
    while piece := wire.recv(65536):
        received += piece
    return received


def parts(received: bytes) -> tuple[int, bytes]:
    """Promised length, and body."""
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    return int(length.partition(b":")[2]), body


def test_reset_resets(mock: flowmock.Running) -> None:
    with asked(mock, "reset") as wire, pytest.raises(ConnectionResetError):
        wire.recv(1000)


def test_close_closes_in_good_order(mock: flowmock.Running) -> None:
    with asked(mock, "close") as wire:
        assert everything(wire) == b""


def test_truncate_sends_less_than_it_promised(mock: flowmock.Running) -> None:
    with asked(mock, "truncate") as wire:
        length, body = parts(everything(wire))

    assert 0 < len(body) < length


@pytest.mark.parametrize("body", ["", "x"])
def test_truncate_of_next_to_nothing_promises_more(mock: flowmock.Running, body: str) -> None:
    mock.mock.scenarios.define("small", {"response": {"body": body, "media": "text/plain", "fault": "truncate"}})
    mock.mock.scenarios.activate([Activation("small")])

    with asked(mock, "") as wire:
        length, received = parts(everything(wire))

    assert len(received) < length


def test_stall_sends_headers_and_lets_wait(mock: flowmock.Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STALL", 0.2)
    with asked(mock, "stall") as wire:
        first = wire.recv(65536)
        assert first.endswith(b"\r\n\r\n")
        # It would wait long; the test lets it give up soon.
        rest = everything(wire)

    length, body = parts(first + rest)
    assert length > 0
    assert body == b""


def test_a_client_that_leaves_ends_a_stall(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    with asked(mock, "stall") as wire:
        wire.recv(65536)

    assert ask(mock, FLOW.removeprefix("/api/v3"), token="any").status == 200


def test_slow_is_whole_in_the_end(mock: flowmock.Running, monkeypatch: pytest.MonkeyPatch) -> None:
    # By response: one that another test left before its end may still be sent.
    pauses: dict[Any, list[float]] = {}

    async def pause(seconds: float) -> None:
        pauses.setdefault(asyncio.current_task(), []).append(seconds)

    monkeypatch.setattr(faults, "_pause", pause)
    with asked(mock, "slow") as wire:
        received = b""
        while True:
            received += wire.recv(65536)
            if b"\r\n\r\n" in received:
                length, body = parts(received)
                if len(body) == length:
                    break

    assert max(map(len, pauses.values())) in range(2, faults.PIECES + 1)
    assert {seconds for each in pauses.values() for seconds in each} == {faults.PAUSE}


def test_garbage_is_no_http(mock: flowmock.Running) -> None:
    with asked(mock, "garbage") as wire:
        assert not everything(wire).startswith(b"HTTP/")


@pytest.mark.parametrize("fault", faults.NAMES)
def test_a_fault_of_a_head_request_leaves_the_mock_well(
    mock: flowmock.Running, ask: Callable[..., Any], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "STALL", 0.05)
    monkeypatch.setattr(faults, "PAUSE", 0.0)
    with asked(mock, fault, "HEAD") as wire:
        try:
            wire.shutdown(socket.SHUT_WR)
            received = everything(wire)
        except OSError:  # It may be reset before.
            received = b""

    assert received.partition(b"\r\n\r\n")[2] in (b"", b"\r\n")
    assert ask(mock, FLOW.removeprefix("/api/v3"), token="any").status == 200


def test_the_journal_names_the_fault(mock: flowmock.Running) -> None:
    with asked(mock, "close") as wire:
        everything(wire)

    assert [entry.reply.fault for entry in mock.mock.journal.entries()] == ["close"]


def test_an_unknown_fault_is_refused_with_the_choices(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    answer = ask(mock, FLOW.removeprefix("/api/v3"), token="any", headers={"Prefer": "fault=rest"})

    assert answer.status == 400
    assert b"reset" in answer.body
