"""What is written goes on the wire byte for byte, and whatever comes back is an exchange, never an exception."""

import socket
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
        (b"SMTP ready\r\n\r\n", "garbage: BadStatusLine"),
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

    assert exchange.error == "garbage: BadStatusLine"


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


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(TargetError, match=f"nothing listens at http://127.0.0.1:{port}"):
        Transport(Target.at(f"http://127.0.0.1:{port}", "")).connect()
