"""The mock as an ASGI application: in one process with a test, mounted in another application, under any server."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.settings import Settings

FLOW = "/api/v3/flows/instances/initial-setup/"
TOKEN = {"Authorization": "Bearer any"}


@pytest.fixture(scope="module")
def mock() -> flowmock.Mock:
    return flowmock.create()


def send(app: ASGIApp, *requests: httpx.Request) -> list[httpx.Response]:
    async def sent() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return [await client.send(request) for request in requests]

    return asyncio.run(sent())


def get(path: str, **headers: str) -> httpx.Request:
    return httpx.Request("GET", f"http://mock{path}", headers=TOKEN | headers)


def conversation(app: ASGIApp, scope: dict[str, Any], *received: str) -> list[Message]:
    """What an application sends when it receives these messages."""
    waiting = [{"type": each} for each in received]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, keep))
    return sent


def test_with_the_transport_of_httpx(mock: flowmock.Mock) -> None:
    before = mock.journal.recorded
    found, denied, unknown = send(mock, get(FLOW), httpx.Request("GET", f"http://mock{FLOW}"), get("/nothing"))

    assert found.json()["slug"] == "initial-setup"
    assert (denied.status_code, unknown.status_code) == (403, 404)
    assert mock.journal.recorded == before + 3


def test_with_the_test_client_of_starlette(mock: flowmock.Mock) -> None:
    from starlette.testclient import TestClient  # Its first import, which Connexion has done by now, warns of httpx.

    with TestClient(mock, headers=TOKEN) as client:
        assert client.get(FLOW).json()["slug"] == "initial-setup"
        assert client.head(FLOW).content == b""
        assert client.get("/__mock__/health").json()["status"] == "ok"


def test_a_body_is_read_and_validated(contract_of: Callable[..., Contract]) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"description": "", "content": {"application/json": {"example": {"name": "x"}}}}},
    }
    mock = flowmock.create(contract_of({"/things": {"post": operation}}))
    url = "http://mock/things"

    created, invalid, missing = send(
        mock,
        httpx.Request("POST", url, json={"name": "x"}),
        httpx.Request("POST", url, json={"name": 1}),
        httpx.Request("POST", url),
    )

    assert created.status_code == 201
    assert invalid.status_code == missing.status_code == 400


def test_mounted_in_another_application(mock: flowmock.Mock) -> None:
    app = Starlette(routes=[Mount("/mock", app=mock)])

    found, again, health, elsewhere = send(
        app,
        get(f"/mock{FLOW}"),
        get(f"/mock{FLOW}".replace("setup", "%73etup")),
        get("/mock/__mock__/health"),
        get(FLOW),
    )

    assert found.json()["slug"] == again.json()["slug"] == "initial-setup"
    assert health.json()["status"] == "ok"
    assert elsewhere.status_code == 404


def test_mounted_the_console_is_found_by_its_redirect(mock: flowmock.Mock) -> None:
    (redirected,) = send(Starlette(routes=[Mount("/mock", app=mock)]), get("/mock/__mock__"))

    assert redirected.status_code == 307
    assert redirected.headers["location"].endswith("/mock/__mock__/")


def test_lifespan_is_completed(mock: flowmock.Mock) -> None:
    sent = conversation(mock, {"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_closed_before_it_is_accepted(mock: flowmock.Mock) -> None:
    (closed,) = conversation(mock, {"type": "websocket", "path": FLOW}, "websocket.connect")

    assert (closed["type"], closed["code"]) == ("websocket.close", 1000)


def test_a_network_fault_needs_the_mocks_own_server(mock: flowmock.Mock) -> None:
    (response,) = send(mock, get(FLOW, Prefer="fault=reset"))

    assert response.status_code == 501
    assert "flowcontract mock" in response.text


def test_two_mocks_in_one_process_do_not_share_anything() -> None:
    first, second = (flowmock.create(settings=Settings(token=(name,))) for name in ("one", "two"))

    assert [send(mock, get(FLOW, Authorization="Bearer one"))[0].status_code for mock in (first, second)] == [200, 403]


@pytest.mark.parametrize("path", [FLOW, "/nothing"])
def test_messages_leave_nothing_out(mock: flowmock.Mock, path: str) -> None:
    """Servers may read what ASGI gives a default as well."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"mock"), (b"authorization", b"Bearer any")],
    }
    start, body = conversation(mock, scope)

    assert start.keys() >= {"type", "status", "headers"}
    assert body.keys() == {"type", "body", "more_body"}


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [
        ("1.0", 0, 200),
        ("1.0", 1, 200),
        ("1.0", 2, 400),
        ("1.1", 0, 400),
        ("1.1", 1, 200),
        ("1.1", 2, 400),
        ("2", 0, 200),
    ],
)
def test_a_client_names_one_host(mock: flowmock.Mock, version: str, hosts: int, status: int) -> None:
    """Sent three times: what is repeated for one version of HTTP is not repeated for another."""
    scope = {
        "type": "http",
        "http_version": version,
        "client": ("127.0.0.1", 50_000),
        "method": "GET",
        "path": FLOW,
        "query_string": b"",
        "headers": [*[(b"host", b"mock")] * hosts, (b"authorization", b"Bearer any")],
    }

    assert [conversation(mock, scope)[0]["status"] for _ in range(3)] == [status] * 3


def test_what_others_add_to_a_response_is_not_repeated(contract_of: Callable[..., Contract]) -> None:
    operation = {"responses": {"200": {"description": "", "content": {"text/plain": {"example": "ok"}}}}}
    mock = flowmock.create(contract_of({"/a": {"get": operation}}))

    async def adding(scope: Scope, receive: Receive, send: Send) -> None:
        async def added(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-added", b"1"))
            await send(message)

        await mock(scope, receive, added)

    responses = send(adding, *[get("/a")] * 4)

    assert [response.headers.get_list("x-added") for response in responses] == [["1"]] * 4
