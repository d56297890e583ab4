"""Schemathesis's requests go where the options say, with the credentials of the options, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis.transport.requests import ManagedCookiesSession
from tests.flowcontract.wire import Wire

from flowcontract.generation.environment import without_environment
from flowcontract.generation.schemathesis_phases import GeneratedCase
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .coverage import coverage_cases

CONTRACT = Contract(
    {
        "openapi": "3.1.1",
        "info": {"title": "T", "version": "1"},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/all": {
                "get": {
                    "operationId": "all",
                    "security": [{"key": []}],
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 3}}],
                    "responses": {"200": {"description": "All."}},
                }
            }
        },
    }
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Wire]:
    wire = Wire(lambda connection, _: connection.sendall(OK))
    yield wire
    wire.close()


@pytest.fixture
def proxy() -> Iterator[Wire]:
    wire = Wire(lambda connection, _: connection.sendall(OK))
    yield wire
    wire.close()


def cases(target: Target) -> list[GeneratedCase]:
    return coverage_cases(CONTRACT, target)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proxy: Wire) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    (tmp_path / "netrc").write_text("default login ann password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def test_a_server_on_this_machine_is_asked_directly_with_the_token_of_the_options(server: Wire, proxy: Wire) -> None:
    found = cases(Target.at(server.url, "", token="a-token-of-the-caller"))

    assert found
    assert proxy.received == []
    assert any(b"Bearer a-token-of-the-caller" in request for request in server.received)
    assert not any(b"Basic " in request for request in server.received)


def test_the_proxy_of_the_options_goes_before_that_of_the_environment(server: Wire, proxy: Wire) -> None:
    assert cases(Target.at("http://api.example.org", "", proxy=server.url))

    assert proxy.received == []
    assert any(request.startswith(b"GET http://api.example.org/all") for request in server.received)


def test_a_redirect_is_the_response(server: Wire) -> None:
    server.behave = lambda connection, _: connection.sendall(MOVED)

    found = cases(Target.at(server.url, ""))

    assert {case.exchange.response.status for case in found if case.exchange.response} == {307}
    of_cases = [request for request in server.received if b"X-Schemathesis-Probe" not in request]
    assert not any(b"/elsewhere" in request for request in of_cases)


def test_overlapping_uses_leave_nothing_behind() -> None:
    with without_environment():
        with without_environment():
            inner = ManagedCookiesSession()
        outer = ManagedCookiesSession()

    assert not inner.trust_env
    assert not outer.trust_env
    assert ManagedCookiesSession().trust_env
