"""How the requests of a run share connections."""

import socket

from tests.flowcontract.checks import library
from tests.flowcontract.wire import Wire

from flowcontract.checks.probe import AFTER_HEAD, Expect, Probe
from flowcontract.engine.sender import Sender
from flowcontract.http.messages import Request
from flowcontract.http.target import Target


def _respond(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def _probe(name: str, method: str) -> Probe:
    return Probe(name, "", "read", Request(method, "/books/1", (library.CALLER,)), Expect.DOCUMENTED, {})


def test_after_head_a_connection_is_used_again_only_to_see_what_is_left_on_it() -> None:
    server = Wire(_respond)
    opened = []
    try:
        with Sender(Target.at(server.url, ""), timeout=5, time_limit=60) as sender:
            for name, method in (("a", "GET"), ("b", "HEAD"), ("c", "GET"), ("d", "HEAD"), (AFTER_HEAD, "GET")):
                sender.send([_probe(f"success/{name}/1", method)])
                opened.append(server.connections)
    finally:
        server.close()

    assert opened == [1, 1, 2, 2, 2]
