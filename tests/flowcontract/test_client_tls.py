"""The client over TLS: what is verified, and the words for what cannot be."""

import argparse
import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowcontract.cli import options
from flowcontract.cli.config import Config
from flowcontract.errors import ContractError, TargetError, UsageError
from flowcontract.http.client import Transport
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.http.tls import TLS

from .wire import Wire

pytestmark = pytest.mark.needs("openssl")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A self-signed certificate for this machine and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (folder / "both.pem").write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return str(folder / "both.pem")


@contextmanager
def server(pem: str, *, client_certificate: bool = False, newest: bool = True, size: int = 1) -> Iterator[str]:
    """A server over TLS that answers every request of at least `size` bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if not newest:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pem)

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            assert secured.selected_alpn_protocol() in ("http/1.1", None)
            left = size
            while piece := secured.recv(65536):
                left -= len(piece)
                if left <= 0:
                    secured.sendall(OK)
                    left = size

    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_document_of_the_target_is_read_with_the_options_of_the_target(pem: str) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    options.add_spec(parser)
    options.add_target(parser)
    with server(pem) as url:
        for words, message in ([], "CERTIFICATE_VERIFY_FAILED"), (["--cacert", pem], "expected an OpenAPI document"):
            arguments = parser.parse_args([url, "--spec", f"{url}/openapi.json", *words])
            arguments.configuration, arguments.command = Config(), "gate"
            with pytest.raises(ContractError, match=message):
                options.document(arguments)


@pytest.mark.parametrize("newest", [True, False], ids=["TLS 1.3", "TLS 1.2"])
def test_a_trusted_server_is_asked_over_one_connection(pem: str, newest: bool) -> None:
    with server(pem, newest=newest) as url, Transport(Target.at(url, "", tls=TLS(cacert=pem))) as transport:
        transport.connect()
        responses = [transport.send(Request("GET", "/")).response for _ in range(3)]

    assert [response.body for response in responses if response] == [b"ok"] * 3
    assert transport.idle_closes == 0


def test_session_tickets_are_not_a_response_to_half_a_request(pem: str) -> None:
    body = b"x" * 16_000_000  # More than the buffers of sockets hold.
    with server(pem, size=len(body)) as url, Transport(Target.at(url, "", tls=TLS(cacert=pem))) as transport:
        exchange = transport.send(Request("POST", "/", (), body))

    assert exchange.error == ""


def test_an_unknown_authority_is_named_with_the_option(pem: str) -> None:
    with server(pem) as url, pytest.raises(TargetError) as raised:
        Transport(Target.at(url, "")).connect()

    assert "its certificate cannot be verified (self-signed certificate)" in str(raised.value)
    assert "--cacert" in str(raised.value)
    assert "--insecure" in str(raised.value)


def test_another_name_in_the_certificate_is_named(pem: str) -> None:
    with server(pem) as url, pytest.raises(TargetError, match=r"certificate cannot be verified .*localhost"):
        Transport(Target.at(url.replace("127.0.0.1", "localhost"), "", tls=TLS(cacert=pem))).connect()


def test_any_certificate_is_accepted_where_it_was_asked_for(pem: str) -> None:
    with server(pem) as url, Transport(Target.at(url, "", tls=TLS(verify=False))) as transport:
        assert transport.send(Request("GET", "/")).response is not None


@pytest.mark.parametrize("newest", [True, False], ids=["TLS 1.3", "TLS 1.2"])
def test_a_server_may_require_a_client_certificate(pem: str, newest: bool) -> None:
    with server(pem, client_certificate=True, newest=newest) as url:
        with pytest.raises(TargetError, match=r"client certificate.* --cert FILE"):
            Transport(Target.at(url, "", tls=TLS(cacert=pem))).connect()
        with Transport(Target.at(url, "", tls=TLS(cacert=pem, cert=pem))) as transport:
            transport.connect()
            assert transport.send(Request("GET", "/")).response is not None


def test_a_server_without_tls_is_named() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=lambda: speak(listener.accept()[0]))
        thread.start()
        with pytest.raises(TargetError, match=f"does not use TLS. Try http://127.0.0.1:{port}"):
            Transport(Target.at(f"https://127.0.0.1:{port}", "")).connect()
        thread.join()


def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "empty.pem"
    file.write_text("")

    for tls, option in (
        (TLS(cacert=str(file)), "--cacert"),
        (TLS(cert=str(file)), "--cert"),
        (TLS(cert="no"), "--cert"),
    ):
        with pytest.raises(UsageError, match=f"{option} .*expected"):
            Transport(Target.at("https://127.0.0.1:1", "", tls=tls))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "requires credentials (407)"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "denied the connection (403)"),
        (b"220 ready\r\n", "did not answer CONNECT with HTTP"),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_named(answer: bytes, message: str) -> None:
    proxy = Wire(lambda connection, _: connection.sendall(answer))
    try:
        with pytest.raises(TargetError) as raised:
            Transport(Target.at("https://api.example.org", "", proxy=proxy.url)).connect()
    finally:
        proxy.close()

    assert message in str(raised.value)
    assert proxy.received[0].startswith(b"CONNECT api.example.org:443 HTTP/1.1\r\nHost: api.example.org:443\r\n")


def test_a_proxy_opens_a_tunnel(pem: str) -> None:
    def tunnel(connection: socket.socket, request: bytes) -> None:
        host, _, port = request.split(b" ")[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(onward, connection))
            back.start()
            _copy(connection, onward)
            back.join()

    proxy = Wire(tunnel)
    try:
        with (
            server(pem) as url,
            Transport(Target.at(url, "", tls=TLS(cacert=pem), proxy=proxy.url)) as transport,
        ):
            assert transport.send(Request("GET", "/")).response is not None
    finally:
        proxy.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def test_other_clients_trust_what_ours_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_system = tmp_path / "system.pem"
    of_system.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(of_system))

    assert TLS().authorities == str(of_system)
    assert TLS(cacert="own.pem").authorities == "own.pem"
    assert TLS(cacert="own.pem", verify=False).authorities is False
