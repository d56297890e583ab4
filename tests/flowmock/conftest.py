"""What the tests of the mock share: a mock that serves, and a client that sends exactly what it is told."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

ADMIN = "lab-admin-token-000000000000000000000000000000"
TOKENS = (
    ADMIN,
    "lab-globalviewer-token-000000000000000000000",
    "lab-objectviewer-token-000000000000000000000:default-authentication-flow",
    "lab-plain-token-0000000000000000000000000000000:none",
)


@dataclass(frozen=True)
class MockResponse:
    """What came back over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """A header by its name; empty where it is not there."""
        return ", ".join(value for key, value in self.headers if key == name.lower())

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def exchange(running: flowmock.Running, sent: bytes) -> MockResponse:
    """Send bytes, and read until the server closes."""
    host, _, port = running.origin.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(sent)
        received = b""
        while piece := wire.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return MockResponse(int(first.split()[1]), headers, body)


def request(line: str, headers: list[tuple[str, str]], body: str | None, host: str) -> bytes:
    """A request as bytes; what a client must send is added where it is not given."""
    given = {name.lower() for name, _ in headers}
    needed = [("Host", host), ("Connection", "close")]
    if body and "content-length" not in given:
        needed.append(("Content-Length", str(len(body.encode("latin-1")))))
    added = [(name, value) for name, value in needed if name.lower() not in given]
    lines = [line, *(f"{name}: {value}" for name, value in [*added, *headers])]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or "").encode("latin-1")


Ask = Callable[..., MockResponse]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Ask a mock: `ask(running, "/flows/…", method="GET", token=…, headers={…}, body=…)`."""

    def asked(
        running: flowmock.Running,
        path: str,
        *,
        method: str = "GET",
        token: str | None = ADMIN,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        body: str | None = None,
    ) -> MockResponse:
        pairs = list(headers.items() if isinstance(headers, dict) else headers or [])
        if token is not None:
            pairs.append(("Authorization", f"Bearer {token}"))
        prefix = running.url.removeprefix(running.origin)
        host = running.origin.removeprefix("http://")
        return exchange(running, request(f"{method} {prefix}{path} HTTP/1.1", pairs, body, host))

    return asked


@pytest.fixture(scope="session")
def lab() -> Iterator[flowmock.Running]:
    """A mock with the four tokens of the recordings. Tests leave it as it is."""
    with flowmock.running(tokens=TOKENS) as running:
        yield running


@pytest.fixture(scope="session")
def anyone() -> Iterator[flowmock.Running]:
    """A mock that was told no token."""
    with flowmock.running() as running:
        yield running


@pytest.fixture(scope="session")
def send() -> Callable[[flowmock.Running, bytes], MockResponse]:
    """Send bytes as they are."""
    return exchange


@pytest.fixture(scope="session")
def make() -> Callable[..., bytes]:
    """Make a request of its parts."""
    return request


@pytest.fixture(scope="session")
def flow() -> str:
    """A path that every mock of the project's contract answers."""
    return "/flows/instances/default-authentication-flow/"


@pytest.fixture
def contract_of() -> Callable[..., Contract]:
    """A contract of a few paths, written in a test."""

    def written(paths: dict[str, Any], **more: Any) -> Contract:
        return Contract({"openapi": "3.0.3", "info": {"title": "Small", "version": "1"}, "paths": paths} | more)

    return written
