"""The proxy: what goes by is passed on as it is, judged, and nothing else is served."""

import contextlib
import http.client
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract import reporting
from flowcontract.checks.findings import Result
from flowcontract.cli import main
from flowcontract.cli.proxy import proxying
from flowcontract.openapi.contract import Contract
from flowcontract.proxy import Options, Running

from .wire import saying

TOKEN = "a-token-that-goes-through-the-proxy"
FLOW = "/api/v3/flows/instances/default-authentication-flow/"
BEARER = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


@dataclass(frozen=True)
class Came:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    origin: str, path: str = FLOW, method: str = "GET", headers: dict[str, str] | None = None, body: Any = None
) -> Came:
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, BEARER if headers is None else headers)
        response = connection.getresponse()
        return Came(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def wire(origin: str, sent: bytes) -> bytes:
    """Send bytes as they are, and read until the server closes."""
    host, _, port = origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


@contextmanager
def before(
    url: str, options: Options | None = None, *, mock: bool = False, contract: Contract | None = None
) -> Iterator[Running]:
    with proxying(contract or Contract.load(), url, options, mock=mock) as running, running.serving():
        yield running


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(mock: flowmock.Running) -> Iterator[Running]:
    with before(mock.origin) as running:
        yield running


def test_an_answer_comes_through_as_it_is_with_what_was_found(mock: flowmock.Running, proxy: Running) -> None:
    direct, through = ask(mock.origin), ask(proxy.origin)

    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.headers.pop("x-flowcontract-violations") == "0"
    assert {name for name in direct.headers if not name.endswith("id")} <= {*through.headers, "date"}


@pytest.mark.parametrize(
    ("path", "method"),
    [(FLOW + "?unknown=%2F%00", "GET"), (FLOW, "HEAD"), ("/api/v3/flows/instances/none/", "GET"), (FLOW, "OPTIONS")],
)
def test_targets_and_methods_go_through_unchanged(
    mock: flowmock.Running, proxy: Running, path: str, method: str
) -> None:
    direct, through = ask(mock.origin, path, method), ask(proxy.origin, path, method)

    assert (through.status, through.body) == (direct.status, direct.body)
    assert mock.mock.journal.entries()[-1].call.raw_path == path.partition("?")[0]


def test_what_breaks_the_contract_is_said_in_headers_journal_and_reports(tmp_path: Path) -> None:
    with flowmock.running(tokens=[TOKEN], scenario="missing-title") as faulty, before(faulty.origin) as running:
        received = ask(running.origin)
        checker = running.proxy.checker

    assert received.status == 200
    assert received.headers["x-flowcontract-violations"] == "1"
    assert received.headers["x-flowcontract-rules"] == "schema-violation"
    assert [violation.rule for violation in checker.journal[-1].violations] == ["schema-violation"]
    run_result = checker.run_result()
    assert run_result.result is Result.FAILED
    written = reporting.write(run_result, tmp_path, reporting.ALL)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in written.values() if path.is_file()]
    assert any("schema-violation" in text for text in texts)
    assert not any(TOKEN in text for text in texts)


def test_enforced_the_client_gets_502_with_the_cause() -> None:
    options = Options(enforce=True)
    with (
        flowmock.running(tokens=[TOKEN], scenario="missing-title") as faulty,
        before(faulty.origin, options) as running,
    ):
        received = ask(running.origin)

    assert received.status == 502
    assert json.loads(received.body)["violations"][0].startswith("schema-violation: ")


def test_a_request_that_the_contract_does_not_allow_is_a_violation_too(proxy: Running) -> None:
    received = ask(proxy.origin, headers={})

    assert received.status == 403
    assert received.headers["x-flowcontract-rules"] == "request"
    assert "security" in proxy.proxy.checker.journal[-1].request_errors[0]


def test_the_mock_answers_for_an_operation_that_the_upstream_lacks() -> None:
    def not_found(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno")

    with saying(not_found) as url, before(url, mock=True) as running:
        lacked = ask(running.origin)
        elsewhere = ask(running.origin, "/elsewhere/")

    assert (lacked.status, lacked.headers["x-flowcontract-answered-by"]) == (200, "mock")
    assert json.loads(lacked.body)
    assert (elsewhere.status, elsewhere.body) == (404, b"no")


def test_no_credential_stands_in_the_journal(proxy: Running) -> None:
    headers = {**BEARER, "Cookie": "session=secret-in-a-cookie", "Content-Type": "application/json"}
    ask(proxy.origin, FLOW + "?token=secret-in-the%20query", headers=headers, body=b'{"password": "secret-in-body"}')

    kept = repr(proxy.proxy.checker.journal[-1])
    assert "secret-in" not in kept
    assert TOKEN not in kept
    assert "${FLOWCONTRACT_TOKEN" in kept


REFUSED = {
    "absolute form": b"GET http://127.0.0.1:9/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "authority form": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "another host": b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "a host that only begins like ours": b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n",
    "a host that only begins like an address": b"GET / HTTP/1.1\r\nHost: 127.evil.example\r\nConnection: close\r\n\r\n",
    "userinfo": b"GET / HTTP/1.1\r\nHost: localhost@evil.example\r\nConnection: close\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and coding": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding before chunks": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
    ),
    "a folded coding": (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\nabc"
    ),
    "a line feed in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\n\nGET /x HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_for_the_upstream_never_reaches_it(mock: flowmock.Running, proxy: Running, name: str) -> None:
    asked = mock.mock.journal.recorded
    received = wire(proxy.origin, REFUSED[name])

    assert received.startswith((b"HTTP/1.1 400", b"HTTP/1.1 421", b"HTTP/1.1 501"))
    assert received.count(b"HTTP/1.1") == 1
    assert mock.mock.journal.recorded == asked
    assert ask(proxy.origin).status == 200


def test_headers_about_the_connection_are_not_passed_on(mock: flowmock.Running, proxy: Running) -> None:
    ask(proxy.origin, headers={**BEARER, "Connection": "X-Hop", "X-Hop": "1", "TE": "trailers", "X-End": "1"})

    sent = dict(mock.mock.journal.entries()[-1].call.headers)
    assert {"x-hop", "te", "connection"}.isdisjoint(sent)
    assert sent["x-end"] == "1"
    assert sent["host"] == mock.origin.removeprefix("http://")


def test_bodies_go_through_with_a_length_and_in_chunks(mock: flowmock.Running, proxy: Running) -> None:
    for body in (b"x" * 300_000, iter([b"ab", b"cd"])):
        ask(proxy.origin, method="POST", body=body)

    assert [entry.call.body[:4] for entry in mock.mock.journal.entries()[-2:]] == [b"xxxx", b"abcd"]


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _byte_by_byte(begin: bytes) -> Callable[[socket.socket], None]:
    """Send this, and then a byte now and then until the other end closes the connection."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(begin)
        connection.settimeout(0.05)
        is_open = True
        while is_open:
            connection.sendall(b"0")
            with contextlib.suppress(TimeoutError):
                is_open = bool(connection.recv(1))

    return serve


FAILURES: dict[str, tuple[Callable[[socket.socket], Any], int]] = {
    "silence": (lambda connection: connection.recv(1), 504),
    "reset": (_reset, 502),
    "closed": (lambda connection: None, 502),
    "garbage": (lambda connection: connection.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n"), 502),
    "cut": (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), 502),
    "two lengths": (
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        502,
    ),
    "a status above 599": (lambda connection: connection.sendall(b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n"), 502),
    "endless head": (_byte_by_byte(b"HTTP/1.1 200 OK\r\nX-Long: "), 504),
    "endless body": (_byte_by_byte(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"), 504),
    "endless chunk size": (_byte_by_byte(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), 504),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_upstream_that_fails_is_told_clearly_and_outlived(name: str) -> None:
    serve, status = FAILURES[name]
    patience = 0.3 if status == 504 else 30.0
    with saying(serve) as url, before(url, Options(timeout=patience)) as running:
        first, second = ask(running.origin), ask(running.origin)

    assert (first.status, second.status) == (status, status)
    assert first.headers["content-type"] == "application/problem+json"
    assert "upstream" in json.loads(first.body)["title"]


def test_an_upstream_that_is_down_is_told_clearly() -> None:
    with before("http://127.0.0.1:1") as running:
        received = ask(running.origin)
        run_result = running.proxy.checker.run_result()

    assert received.status == 502
    assert "nothing listens at the upstream" in json.loads(received.body)["title"]
    assert run_result.findings[0].rule == "no-response"


def test_an_answer_too_large_to_hold_back_streams_through_unjudged(mock: flowmock.Running) -> None:
    with before(mock.origin, Options(bound=100)) as running:
        received = ask(running.origin)
        checker = running.proxy.checker

    assert received.body == ask(mock.origin).body
    assert received.headers["x-flowcontract-violations"] == "unknown"
    assert len(checker.journal[-1].exchange.response.body) == 100  # type: ignore[union-attr]
    assert checker.run_result().result is Result.INCONCLUSIVE


def test_a_connection_to_the_upstream_is_kept() -> None:
    connections = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        for _ in range(3):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(65536)

    with saying(serve) as url, before(url) as running:
        assert [ask(running.origin, "/elsewhere/").body for _ in range(3)] == [b"ok"] * 3

    assert len(connections) == 1


def test_a_read_is_sent_again_if_the_upstream_resets_its_kept_connection() -> None:
    connections = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.recv(65536)
        _reset(connection)

    with saying(serve) as url, before(url) as running:
        assert [ask(running.origin, "/elsewhere/").body for _ in range(3)] == [b"ok"] * 3

    assert len(connections) == 3


def test_a_web_socket_is_refused_in_words(proxy: Running) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13"}

    received = ask(proxy.origin, "/ws/", headers=upgrade)

    assert (received.status, received.headers["x-flowcontract-answered-by"]) == (501, "proxy")
    assert "WebSockets are not forwarded" in json.loads(received.body)["title"]


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("media", [b"text/event-stream", b"application/x-ndjson"])
def test_a_stream_comes_through_piece_by_piece(media: bytes) -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: " + media + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"6\r\nfirst \r\n")
        assert seen.wait(10)
        connection.sendall(b"6\r\nsecond\r\n0\r\nX-Trailer: 1\r\n\r\n")

    with saying(serve) as url, before(url) as running:
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"), timeout=10)
        connection.request("GET", FLOW, headers=BEARER)
        response = connection.getresponse()
        assert response.read1(6) == b"first "
        seen.set()
        assert response.read() == b"second"
        connection.close()

    assert response.headers["x-flowcontract-violations"] == "unknown"


def test_a_stream_ends_when_its_client_leaves() -> None:
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(STREAM)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"1\r\nx\r\n")
        ended.set()

    with saying(serve) as url, before(url) as running:
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"), timeout=10)
        connection.request("GET", FLOW, headers=BEARER)
        response = connection.getresponse()
        assert response.read1(1) == b"x"
        response.close()
        connection.close()
        assert ended.wait(10)


def test_a_stream_that_is_silent_for_long_is_no_failure_of_the_upstream() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(STREAM + b"1\r\nx\r\n")
        connection.recv(1)

    with saying(serve) as url, before(url, Options(timeout=1.0)) as running:
        wire(running.origin, f"GET {FLOW} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        entry = running.proxy.checker.journal[-1]

    assert (entry.violations, entry.checked) == ((), False)


def test_a_client_that_leaves_during_its_request_is_no_failure_of_the_upstream(mock: flowmock.Running) -> None:
    with before(mock.origin) as running:
        host, _, port = running.origin.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"GET {FLOW} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf".encode())
        ask(running.origin)
        checker = running.proxy.checker

    assert [entry.violations for entry in checker.journal] == [()]


def test_a_trailer_is_not_taken_for_a_header(mock: flowmock.Running, proxy: Running) -> None:
    head = f"POST {FLOW} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    wire(proxy.origin, head.encode() + b"1\r\nx\r\n0\r\nX-Trailer: 1\r\n\r\n")

    sent = mock.mock.journal.entries()[-1].call
    assert (sent.body, dict(sent.headers).get("x-trailer")) == (b"x", None)


def test_an_endless_head_is_not_read_to_its_end(proxy: Running) -> None:
    host, _, port = proxy.origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        with pytest.raises(OSError, match=r"reset|pipe"):
            connection.sendall(b"x" * 50_000_000)


def test_a_client_of_http_1_0_gets_no_chunks() -> None:
    def serve(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"2\r\n{}\r\n0\r\n\r\n")

    with saying(serve) as url, before(url) as running:
        received = wire(running.origin, f"GET {FLOW} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())

    assert received.endswith(b"\r\n\r\n{}")


def test_what_is_not_modified_may_have_the_length_of_what_it_is_about() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")

    with saying(serve) as url, before(url) as running:
        assert ask(running.origin, "/elsewhere/").status == 304
        assert len(running.proxy.checker.journal) == 1


def test_what_switches_protocols_is_told_and_outlived() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello")

    with saying(serve) as url, before(url) as running:
        assert [ask(running.origin, "/ws/").status for _ in range(2)] == [502, 502]


def test_the_command_serves_until_it_is_told_to_end_and_writes_the_reports(tmp_path: Path) -> None:
    with flowmock.running(tokens=[TOKEN], scenario="missing-title") as faulty:
        words = ["--upstream", faulty.url, "--port", "0", "--report", str(tmp_path / "reports")]
        command = [sys.executable, "-m", "flowcontract", "proxy", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            origin = process.stdout.readline().split()[1]
            assert ask(origin).status == 200
            process.send_signal(signal.SIGINT)
            printed = process.stdout.read()

    assert process.returncode == 1
    assert "200  GET" in printed
    assert "failed: " in printed
    assert TOKEN not in printed
    assert any((tmp_path / "reports").iterdir())


def test_an_address_that_is_taken_is_said_so(mock: flowmock.Running, capsys: pytest.CaptureFixture[str]) -> None:
    port = mock.origin.rpartition(":")[2]

    assert main.main(["proxy", "--upstream", mock.url, "--port", port]) == 2
    assert "cannot listen" in capsys.readouterr().err


CRATE = {"type": "object", "required": ["pears"], "properties": {"pears": {"type": "integer"}}}
STORE = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Store", "version": "1"},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {
            "/crates": {
                "get": {
                    "security": [{"key": []}],
                    "responses": {"204": {"description": "there are some"}, "401": {"description": "no key"}},
                },
                "post": {
                    "security": [{"key": []}],
                    "parameters": [{"name": "row", "in": "query", "schema": {"type": "integer"}}],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": CRATE}}},
                    "responses": {"201": {"description": "stored"}, "401": {"description": "no key"}},
                },
            }
        },
    }
)
KEY = {"X-Key": "a-key", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "reason"),
    [
        ("/crates", KEY, '{"pears": 3}', 201, None),
        ("/crates", KEY, '{"pears": "few"}', 400, "body/pears"),
        ("/crates", KEY, "{}", 400, "required"),
        ("/crates", KEY, "", 400, "body: required but missing"),
        ("/crates?row=x", KEY, '{"pears": 3}', 400, "query parameter row"),
        ("/crates", {**KEY, "Content-Type": "text/csv"}, "pears", 400, "expected Content-Type application/json"),
        ("/crates", {"Content-Type": "application/json"}, '{"pears": 3}', 401, "security"),
    ],
)
def test_enforced_only_valid_requests_are_forwarded(
    path: str, headers: dict[str, str], body: str, status: int, reason: str | None
) -> None:
    with flowmock.running(STORE) as mock, before(mock.origin, Options(enforce=True), contract=STORE) as running:
        received = ask(running.origin, path, "POST", headers, body)

        assert received.status == status
        assert len(mock.mock.journal.entries()) == (1 if reason is None else 0)
    if reason is not None:
        assert reason in json.loads(received.body)["detail"]
        assert ("www-authenticate" in received.headers) == (status == 401)


def test_enforced_an_invalid_request_gets_the_error_that_the_contract_documents() -> None:
    error = {"type": "object", "required": ["problem"], "properties": {"problem": {"type": "string"}}}
    documented = {"description": "invalid", "content": {"application/json": {"schema": error}}}
    document = json.loads(json.dumps(STORE.document))
    document["paths"]["/crates"]["post"]["responses"]["422"] = documented
    contract = Contract(document)
    with flowmock.running(contract) as mock, before(mock.origin, Options(enforce=True), contract=contract) as running:
        received = ask(running.origin, "/crates", "POST", KEY, '{"pears": "few"}')

        assert not mock.mock.journal.entries()
    assert (received.status, received.headers["content-type"]) == (422, "application/json")
    assert "pears" in json.loads(received.body)["problem"]
    assert received.headers["x-flowcontract-rules"] == "request"
    assert received.headers["x-flowcontract-answered-by"] == "proxy"


@pytest.mark.parametrize("enforce", [False, True])
def test_a_warning_is_no_failure(enforce: bool) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    with saying(serve) as url, before(url, Options(enforce=enforce), contract=STORE) as running:
        statuses = [ask(running.origin, "/crates", headers=KEY).status for _ in range(2)]
        run_result = running.proxy.checker.run_result()

    assert statuses == [204, 401]
    assert [finding.rule for finding in run_result.warnings] == ["missing-challenge"]
    assert (run_result.result, run_result.headline) == (Result.PASSED, "2 exchanges, no findings, 1 warning.")


def test_a_body_that_is_not_known_whole_is_not_checked() -> None:
    with flowmock.running(STORE) as mock:
        for upstream, status in ((mock.origin, 201), ("http://127.0.0.1:1", 502)):
            with before(upstream, Options(bound=0), contract=STORE) as running:
                assert ask(running.origin, "/crates", "POST", KEY, '{"pears": 3}').status == status
                assert running.proxy.checker.journal[-1].request_errors == ()


@pytest.mark.parametrize("value", [b"a\x00b", b"a\x01b", b"a\x7fb", b"a\rb"])
def test_control_characters_of_the_upstream_are_a_bad_gateway(value: bytes) -> None:
    def garbage(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Odd: " + value + b"\r\nContent-Length: 2\r\n\r\nno")

    with saying(garbage) as url, before(url) as running:
        assert ask(running.origin).status == 502


OTHER = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Another store", "version": "1"},
        "paths": {"/boxes": {"get": {"responses": {"204": {"description": "there are some"}}}}},
    }
)
PAGE = {**KEY, "Origin": "http://localhost:5173"}
PREFLIGHT = {"Origin": PAGE["Origin"], "Access-Control-Request-Method": "POST"}


def test_a_page_of_this_machine_can_read_what_the_proxy_says_itself() -> None:
    with flowmock.running(STORE) as mock, before(mock.origin, Options(enforce=True), contract=STORE) as running:
        rejected = ask(running.origin, "/crates", "POST", PAGE, "{}")
        elsewhere = ask(running.origin, "/crates", "POST", {**PAGE, "Origin": "https://pages.example.com"}, "{}")

    assert (rejected.status, rejected.headers["access-control-allow-origin"]) == (400, PAGE["Origin"])
    exposed = rejected.headers["access-control-expose-headers"].split(", ")
    assert {"x-flowcontract-answered-by", "x-flowcontract-violations", "x-flowcontract-rules"} <= set(exposed)
    assert (rejected.headers["x-flowcontract-violations"], rejected.headers["x-flowcontract-rules"]) == ("1", "request")
    assert "access-control-allow-origin" not in elsewhere.headers


def test_a_page_can_read_what_the_proxy_found_in_a_response_that_it_may_read() -> None:
    with flowmock.running(STORE) as mock, before(mock.origin, contract=STORE) as running:
        created = ask(running.origin, "/crates", "POST", PAGE, '{"pears": 3}')
        of_no_page = ask(running.origin, "/crates", "POST", KEY, '{"pears": 3}')

    assert "x-flowcontract-violations" in created.headers["access-control-expose-headers"]
    assert "access-control-expose-headers" not in of_no_page.headers


def test_a_page_can_call_an_operation_that_the_upstream_lacks() -> None:
    with flowmock.running(OTHER, cors=False) as upstream, before(upstream.origin, mock=True, contract=STORE) as running:
        preflight = ask(running.origin, "/crates", "OPTIONS", PREFLIGHT)
        created = ask(running.origin, "/crates", "POST", PAGE, '{"pears": 3}')

    assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "POST")
    assert (created.status, created.headers["access-control-allow-origin"]) == (201, PAGE["Origin"])


def test_an_upstream_that_is_down_is_told_to_pages_too() -> None:
    with before("http://127.0.0.1:1", contract=STORE) as running:
        preflight = ask(running.origin, "/crates", "OPTIONS", PREFLIGHT)
        failed = ask(running.origin, "/crates", "POST", PAGE, '{"pears": 3}')

    assert preflight.status == 204
    assert (failed.status, failed.headers["access-control-allow-origin"]) == (502, PAGE["Origin"])
