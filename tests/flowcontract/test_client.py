"""What is written goes on the wire byte for byte, and whatever comes back is an exchange, never an exception."""

import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest

from flowcontract.errors import TargetError
from flowcontract.http.client import Transport
from flowcontract.http.messages import Request
from flowcontract.http.target import Target

from .wire import Behave, Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def wire() -> Iterator[Callable[[Behave], Wire]]:
    started: list[Wire] = []

    def start(behave: Behave) -> Wire:
        started.append(Wire(behave))
        return started[-1]

    yield start
    for server in started:
        server.close()


def answer(data: bytes) -> Behave:
    return lambda connection, _: connection.sendall(data)


def test_the_target_and_the_headers_go_out_as_written(wire: Callable[[Behave], Wire]) -> None:
    server = wire(answer(OK))
    request = Request("GET", "/a/../%2F//b?x=1&x=[]", (("X-Twice", "1"), ("X-Twice", "2"), ("x-odd", " é ")))

    with Transport(Target.at(server.url, "")) as transport:
        exchange = transport.send(request)

    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (200, b"ok")
    head = server.received[0].decode()
    assert head.startswith("GET /a/../%2F//b?x=1&x=[] HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "\r\nX-Twice: 1\r\nX-Twice: 2\r\nx-odd:  é \r\n" in head
    assert "Accept" not in head


def test_the_token_is_put_in_on_the_wire_alone(wire: Callable[[Behave], Wire]) -> None:
    server = wire(answer(OK))
    request = Request("GET", "/", (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),))

    with Transport(Target.at(server.url, "", token="very-secret")) as transport:
        exchange = transport.send(request)

    assert b"Authorization: Bearer very-secret\r\n" in server.received[0]
    assert "very-secret" not in repr(exchange)


def test_one_connection_serves_many_exchanges(wire: Callable[[Behave], Wire]) -> None:
    server = wire(answer(OK))

    with Transport(Target.at(server.url, "")) as transport:
        answers = [transport.send(Request("GET", "/")) for _ in range(5)]

    assert all(exchange.response for exchange in answers)
    assert server.connections == 1


@pytest.mark.parametrize("status", [b"400 Bad Request", b"500 Internal Server Error"])
def test_after_an_error_of_the_server_or_its_parser_a_connection_is_not_kept(
    wire: Callable[[Behave], Wire], status: bytes
) -> None:
    server = wire(answer(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"))

    with Transport(Target.at(server.url, "")) as transport:
        exchanges = [transport.send(Request("GET", "/")) for _ in range(2)]

    assert [(exchange.error, exchange.retried) for exchange in exchanges] == [("", "")] * 2
    assert server.connections == 2


def test_a_kept_connection_that_was_closed_is_opened_again(wire: Callable[[Behave], Wire]) -> None:
    def once(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK)
        connection.close()

    server = wire(once)

    with Transport(Target.at(server.url, "")) as transport:
        answers = [transport.send(Request("GET", "/")) for _ in range(3)]

    assert [exchange.error for exchange in answers] == ["", "", ""]
    assert server.connections == 3


def test_what_must_not_be_sent_twice_goes_on_a_connection_of_its_own(wire: Callable[[Behave], Wire]) -> None:
    server = wire(answer(OK))

    with Transport(Target.at(server.url, "")) as transport:
        answers = [transport.send(Request(method, "/")) for method in ("GET", "POST", "GET", "DELETE")]

    assert all(exchange.response for exchange in answers)
    assert server.connections == 3


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "closed"),
        (b"SMTP ready\r\n\r\n", "garbage: the first line is 'SMTP ready', not a status line"),
    ],
)
def test_no_answer_is_an_exchange_with_its_reason(wire: Callable[[Behave], Wire], data: bytes, error: str) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.close()

    with Transport(Target.at(wire(behave).url, "")) as transport:
        exchange = transport.send(Request("GET", "/"))

    assert exchange.response is None
    assert exchange.error == error


def test_an_answer_that_was_cut_is_marked(wire: Callable[[Behave], Wire]) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        connection.close()

    with Transport(Target.at(wire(behave).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.body, response.complete) == (b"short", False)


def test_interim_answers_are_passed_over(wire: Callable[[Behave], Wire]) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"

    with Transport(Target.at(wire(answer(interim + OK)).url, "")) as transport:
        responses = [transport.send(Request("GET", "/")).response for _ in range(2)]

    assert [(each.status, each.body, each.surplus) for each in responses if each] == [(200, b"ok", b"")] * 2


def test_interim_answers_without_end_are_no_answer(wire: Callable[[Behave], Wire]) -> None:
    with Transport(Target.at(wire(answer(b"HTTP/1.1 102 Processing\r\n\r\n" * 99)).url, "")) as transport:
        exchange = transport.send(Request("GET", "/"))

    assert exchange.error == "garbage: interim responses only"


def test_white_space_around_a_value_is_no_part_of_it(wire: Callable[[Behave], Wire]) -> None:
    data = b"HTTP/1.1 200 OK\r\nX-Some:  thing \t\r\nContent-Length: 2 \r\n\r\nok"

    with Transport(Target.at(wire(answer(data)).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.header("x-some"), response.header("content-length")) == ("thing", "2")


def test_content_after_a_head_is_seen_on_a_connection_that_closes_too(wire: Callable[[Behave], Wire]) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        connection.close()

    with Transport(Target.at(wire(behave).url, "")) as transport:
        response = transport.send(Request("HEAD", "/")).response

    assert response is not None
    assert response.surplus.startswith(b"o")


def test_a_request_says_who_asks_where_it_does_not_itself(wire: Callable[[Behave], Wire]) -> None:
    server = wire(answer(OK))

    with Transport(Target.at(server.url, "")) as transport:
        for headers in ((), (("User-Agent", "somebody"),)):
            transport.send(Request("GET", "/", headers))

    assert [request.count(b"User-Agent: flowcontract\r\n") for request in server.received] == [1, 0]


def test_a_server_that_hangs_is_left_after_the_timeout(wire: Callable[[Behave], Wire]) -> None:
    with Transport(Target.at(wire(lambda *_: None).url, ""), timeout=0.1) as transport:
        assert transport.send(Request("GET", "/")).error == "timeout"


def test_a_chunked_answer_is_put_together(wire: Callable[[Behave], Wire]) -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n"

    with Transport(Target.at(wire(answer(data)).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.body, response.complete) == (b"ok!", True)


def test_a_closed_port_is_named(closed: str) -> None:
    with pytest.raises(TargetError, match=f"nothing listens at {closed}"):
        Transport(Target.at(closed, "")).connect()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (
            b"\x15\x03\x01\x00\x02\x02F",
            "garbage: the first line is '\\x15\\x03\\x01\\x00\\x02\\x02F', not a status line",
        ),
        (b"HTTP/2.0 200 OK\r\n\r\n", "garbage: the first line is 'HTTP/2.0 200 OK', not a status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "garbage: the header line 'no colon\\r'"),
        (b"HTTP/1.1 200 OK\r\nX-A: b\rc\r\n\r\n", "garbage: the header line 'X-A: b\\rc\\r'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", "garbage: Content-Length is 'two'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!", "garbage: Content-Length is '2'"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, "garbage: headers of more than 256 KiB"),
        (b"HTTP/1.1 200", "closed"),
    ],
    ids=["TLS", "version", "no colon", "bare CR", "no number", "two numbers", "long head", "half a head"],
)
def test_invalid_http_is_named(wire: Callable[[Behave], Wire], data: bytes, error: str) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.close()

    with Transport(Target.at(wire(behave).url, "")) as transport:
        assert transport.send(Request("GET", "/")).error == error


def test_a_secret_is_redacted_before_a_line_is_cut(wire: Callable[[Behave], Wire]) -> None:
    token = "t0ken-of-a-caller" * 5
    server = wire(answer(b"HTTP/1.1 200 OK\r\nno colon " + token.encode() + b"\r\n\r\n"))

    with Transport(Target.at(server.url, "", token=token)) as transport:
        error = transport.send(Request("GET", "/")).error

    assert error == "garbage: the header line 'no colon ${FLOWCONTRACT_TOKEN}\\r'"


@pytest.mark.parametrize(
    ("head", "body", "content", "complete"),
    [
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2", b"2\r\nok\r\n0\r\n\r\n", b"ok", True),
        (b"Transfer-Encoding: chunked", b"2;note=x\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n", b"ok", True),
        (b"Transfer-Encoding: chunked", b"2\r\nok\r\n", b"ok", False),
        (b"Transfer-Encoding: chunked", b"2\r\nok\r\nz\r\n", b"ok", False),
        (b"Content-Length: 2\r\nContent-Length: 2", b"ok", b"ok", True),
        (b"Folded: a\r\n  b\r\nContent-Length: 2", b"ok", b"ok", True),
        (b"Connection: close", b"to the end", b"to the end", True),
    ],
    ids=["two lengths", "extension and trailer", "no last chunk", "no chunk", "repeated", "folded", "until it closes"],
)
def test_the_end_of_a_body_is_found(
    wire: Callable[[Behave], Wire], head: bytes, body: bytes, content: bytes, complete: bool
) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)
        connection.close()

    with Transport(Target.at(wire(behave).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.body, response.complete, response.surplus, response.cut) == (content, complete, b"", False)


@pytest.mark.parametrize("framing", [b"Content-Length: 2", b"Transfer-Encoding: chunked"])
def test_bytes_after_the_end_are_kept(wire: Callable[[Behave], Wire], framing: bytes) -> None:
    body = b"ok" if b"Length" in framing else b"2\r\nok\r\n0\r\n\r\n"
    data = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + body + b"more"

    with Transport(Target.at(wire(answer(data)).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.body, response.surplus) == (b"ok", b"more")


DRIPS = {
    "head": [b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 99, b"Content-Length: 0\r\n\r\n"],
    "chunk size": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"0"] * 99, b"\r\n\r\n"],
    "length": [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99],
}


def dripping(pieces: list[bytes]) -> Behave:
    def behave(connection: socket.socket, _: bytes) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)

    return behave


@pytest.mark.parametrize("where", DRIPS)
def test_a_response_that_drips_ends_at_the_timeout(wire: Callable[[Behave], Wire], where: str) -> None:
    """Not whole, as it would be if each byte extended the time."""
    with Transport(Target.at(wire(dripping(DRIPS[where])).url, ""), timeout=0.5) as transport:
        exchange = transport.send(Request("GET", "/"))

    assert exchange.error == "timeout" or (exchange.response is not None and not exchange.response.complete)


def test_an_endless_stream_of_events_is_cut_and_complete(wire: Callable[[Behave], Wire]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"

    with Transport(Target.at(wire(dripping([head, *[b"4\r\na: b\r\n"] * 99])).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.cut, response.complete, response.surplus) == (True, True, b"")
    assert response.body.startswith(b"a: b")


@pytest.mark.parametrize(
    ("piece", "error", "is_cut"), [(b"x", "timeout", False), (b"x" * 70_000, "", True)], ids=["late", "large"]
)
def test_an_announced_body_that_is_slow_is_not_called_incomplete(
    wire: Callable[[Behave], Wire], piece: bytes, error: str, is_cut: bool
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9000000\r\n\r\n"

    with Transport(Target.at(wire(dripping([head, *[piece] * 99])).url, ""), timeout=0.5) as transport:
        exchange = transport.send(Request("GET", "/"))

    assert exchange.error == error
    assert (exchange.response is not None and exchange.response.cut and exchange.response.complete) is is_cut


def test_a_stream_that_says_nothing_yet_is_a_response(wire: Callable[[Behave], Wire]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    with Transport(Target.at(wire(answer(head)).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response

    assert response is not None
    assert (response.status, response.body, response.cut) == (200, b"", True)


def test_a_large_body_is_cut_and_not_called_incomplete(
    wire: Callable[[Behave], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowcontract.http.response_reader.MAX_BODY", 1000)
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000

    with Transport(Target.at(wire(answer(data)).url, "")) as transport:
        response = transport.send(Request("GET", "/")).response
        after = transport.send(Request("GET", "/")).response

    assert response is not None
    assert after is not None
    assert (len(response.body), response.cut, response.complete) == (1000, True, True)


def test_a_server_may_respond_before_it_has_read_the_body(wire: Callable[[Behave], Wire]) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # A connection that is closed with bytes unread is reset, and the response lost.
            pass

    with Transport(Target.at(wire(behave).url, "")) as transport:
        response = transport.send(Request("POST", "/", body=b"x" * 5_000_000)).response

    assert response is not None
    assert response.status == 413


def test_a_response_to_half_a_request_is_read_while_the_server_reads_no_more(wire: Callable[[Behave], Wire]) -> None:
    with Transport(Target.at(wire(answer(OK)).url, ""), timeout=20) as transport:
        response = transport.send(Request("POST", "/", body=b"x" * 50_000_000)).response

    assert response is not None
    assert response.body == b"ok"


def test_a_proxy_is_sent_the_whole_url(wire: Callable[[Behave], Wire]) -> None:
    proxy = wire(answer(OK))
    target = Target.at("http://api.example.org:8080/v1", "", proxy=proxy.url.replace("//", "//user:p%40ss@"))

    with Transport(target) as transport:
        response = transport.send(Request("GET", "/v1/things?x=1")).response

    assert response is not None
    head = proxy.received[0].decode()
    assert head.startswith("GET http://api.example.org:8080/v1/things?x=1 HTTP/1.1\r\nHost: api.example.org:8080\r\n")
    assert f"\r\nProxy-Authorization: Basic {b64encode(b'user:p@ss').decode()}\r\n" in head


def test_the_credentials_for_a_proxy_are_redacted_as_well(wire: Callable[[Behave], Wire]) -> None:
    def repeat(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: %d\r\n\r\n%b" % (len(request), request))

    proxy = wire(repeat)
    target = Target.at("http://api.example.org", "", proxy=proxy.url.replace("//", "//user:pr0xy-secret@"))
    with Transport(target) as transport:
        response = target.redacted(transport.send(Request("GET", "/?x=pr0xy-secret"))).response

    assert response is not None
    assert b"GET http://api.example.org/?x=${FLOWCONTRACT_AUTH_PROXY#*:} " in response.body
    assert b"Proxy-Authorization: Basic $(printf" in response.body
    assert b64encode(b"user:pr0xy-secret") not in response.body


def test_a_proxy_that_does_not_listen_is_named(closed: str) -> None:
    with pytest.raises(TargetError, match=f"no connection to the proxy at {closed.removeprefix('http://')}"):
        Transport(Target.at("http://api.example.org", "", proxy=closed)).connect()
