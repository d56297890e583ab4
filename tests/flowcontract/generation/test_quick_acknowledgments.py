"""Servers that write a response in pieces do not wait for acknowledgments."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from flowcontract.generation.quick_acknowledgments import quick_acknowledgments

REQUESTS = 200
DELAY = 0.035
"""Seconds: systems delay an acknowledgment by 40 ms or more."""


def _serve(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        while connection.recv(65536):
            for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n", b"\r\n", b"{}"):
                connection.sendall(piece)


@pytest.fixture
def url() -> Iterator[str]:
    """A server that writes line by line and keeps its connection, like Python's wsgiref."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="the system has no such option")
def test_no_response_waits_for_an_acknowledgment(url: str) -> None:
    seconds = []
    with quick_acknowledgments(), requests.Session() as session:
        for _ in range(REQUESTS):
            began = time.monotonic()
            session.get(url)
            seconds.append(time.monotonic() - began)

    # The system acknowledges the first ones at once in any case; on a busy machine, most may take longer.
    assert min(seconds[REQUESTS // 10 :]) < DELAY


def test_overlapping_uses_leave_nothing_behind() -> None:
    with quick_acknowledgments():
        with quick_acknowledgments():
            inner = HTTPConnectionPool.ConnectionCls
        outer = HTTPConnectionPool.ConnectionCls

    assert inner is outer
    assert HTTPConnectionPool.ConnectionCls is HTTPConnection
