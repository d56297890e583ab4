"""What is not quite HTTP: the mock stands, answers what can be answered, and keeps its memory."""

import contextlib
import random
import socket
import tracemalloc
from urllib.parse import quote

import pytest

import flowmock
from flowmock.server.protocol import Protocol

GET = b"GET /api/v3/flows/instances/initial-setup/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n"
CLOSE = b"Connection: close\r\n\r\n"


@contextlib.contextmanager
def connected(running):
    host, _, port = running.origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        yield wire


def read(wire):
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := wire.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"FOO / HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9.9\r\n\r\n",
        b"GET /\xff/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nA\x01: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"QUERY / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_400_in_plain_text(sent, anyone, send):
    answer = send(anyone, sent)

    assert (answer.status, answer["content-type"]) == (400, "text/plain; charset=utf-8")
    assert answer.body == b"Invalid HTTP request received."


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (GET + CLOSE, 200),
        (GET + b"X-Long: " + b"a" * 1_100_000 + b"\r\n" + CLOSE, 200),
        (GET + b"X-Binary: \xff\xfe\r\n" + CLOSE, 200),
        (GET + b"X: 1\r\n" * 5_000 + CLOSE, 200),
        (GET.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n", 200),
        (GET.replace(b"GET /", b"GET http://elsewhere/") + CLOSE, 200),
        (GET.replace(b"/ HTTP", b"/?a=%FF%00&%zz HTTP") + CLOSE, 200),
        (GET.replace(b"/ HTTP", b"/?a=\xc3\xa9 HTTP") + CLOSE, 400),
        (GET.replace(b"/ HTTP", b"/?a=\xff HTTP") + CLOSE, 400),
        (GET.replace(b"initial-setup", b"%F0%9F%98%80%C0%AF%ED%A0%80") + CLOSE, 404),
        (GET.replace(b"initial-setup", b"%00") + CLOSE, 404),
        (GET + b"Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n", 200),
        (GET + b"Prefer: \xff=\xff\r\n" + CLOSE, 400),
        (GET + b"Cookie: \xff=\xff;;;=\r\nX-Mock-Session: \xff\r\n" + CLOSE, 200),
        (GET + b"Origin: \xff\r\n" + CLOSE, 200),
    ],
    ids=range(15),
)
def test_what_is_odd_is_answered(sent, status, anyone, send):
    assert send(anyone, sent).status == status


def test_a_client_may_send_byte_by_byte_and_ask_twice_at_once(anyone):
    with connected(anyone) as wire:
        for byte in GET + b"\r\n":
            wire.send(bytes([byte]))
        wire.sendall(GET + b"\r\n" + GET + CLOSE)

        assert read(wire).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("sent", [b"", b"GET", GET, GET.replace(b"GET", b"PUT") + b"Content-Length: 9\r\n\r\nabc"])
def test_a_client_that_does_not_finish_is_let_go(sent, monkeypatch):
    monkeypatch.setattr(Protocol, "PATIENCE", 0.05)
    with flowmock.running() as running, connected(running) as wire:
        wire.sendall(sent)

        assert read(wire) == b""


def test_a_head_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(Protocol, "MAX_HEAD", 10_000)
    with flowmock.running() as running, connected(running) as wire:
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                wire.sendall(b"X" * 1_000 if _ else GET)

        assert b" 400 Bad Request" in read(wire)


def test_a_body_without_end_is_refused(anyone, monkeypatch):
    monkeypatch.setattr("flowmock.middleware.request.MAX_BODY", 10_000)
    with connected(anyone) as wire:
        wire.sendall(GET + b"Content-Length: 20000\r\n\r\n" + b"a" * 20_000)

        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


def odd_requests(seed, count):
    """Requests that no client would send: pieces of right ones with pieces of wrong ones in them."""
    chance = random.Random(seed)
    words = [
        b"\x00",
        b"\r\n",
        b"\n",
        b"%00",
        b"%",
        b"\xff",
        b"\xc3",
        b" ",
        b":",
        b"..",
        b"%2F",
        b"/",
        b"\t",
        b"\x7f",
        b"?&=",
        b"Bearer",
    ]
    methods = [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"PROPFIND", b"get", b"FOO"]
    headers = [
        b"Accept: ",
        b"Authorization: ",
        b"Authorization: Bearer ",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked",
        b"Host: ",
        b"Prefer: ",
        b"Prefer: code=",
        b"Origin: ",
        b"Cookie: mock_session=",
        b"X-Mock-Session: ",
        b"Content-Type: ",
        b"Expect: 100-continue",
        b"Range: bytes=",
        b"Upgrade: ",
        b"Connection: ",
    ]

    def noise(most, tame):
        pieces = [
            chance.choice(words) if chance.random() < 0.5 else chance.randbytes(chance.randrange(4))
            for _ in range(chance.randrange(most))
        ]
        return b"".join(quote(piece).encode() if chance.random() < tame else piece for piece in pieces)

    for _ in range(count):
        path = b"/api/v3/flows/instances/" + chance.choice(
            [b"initial-setup", noise(4, 0.9), b"a" * chance.randrange(2000)]
        )
        query = b"?" + noise(4, 0.9) if chance.random() < 0.3 else b""
        head = [
            chance.choice(methods)
            + b" "
            + path
            + b"/"
            + query
            + b" HTTP/1."
            + chance.choice([b"1"] * 20 + [b"0", noise(2, 0)]),
            b"Host: a",
        ]
        head += [chance.choice(headers) + noise(4, 0.9) for _ in range(chance.randrange(5))]
        yield b"\r\n".join(head) + b"\r\nConnection: close\r\n\r\n" + noise(3, 0.5)


def test_a_thousand_odd_requests_leave_the_mock_as_it_was(send):
    statuses = set()
    with flowmock.running(journal=200) as running:

        def throw(requests):
            for sent in requests:
                with connected(running) as wire:
                    wire.sendall(sent)
                    wire.shutdown(socket.SHUT_WR)
                    received = read(wire)
                statuses.add(received.split(b" ")[1] if received else b"nothing")

        tracemalloc.start()
        throw(odd_requests(1, 700))  # By now the journal is full.
        settled, _ = tracemalloc.get_traced_memory()
        throw(odd_requests(2, 300))
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert send(running, GET + CLOSE).status == 200
    assert not [status for status in statuses if status.startswith(b"5")]
    assert {b"200", b"400", b"403", b"404", b"405", b"406"} <= statuses
    assert after - settled < 1_000_000
