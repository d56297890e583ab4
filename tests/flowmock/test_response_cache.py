"""The response cache: right for every request that is served from it, forgotten when anything changes."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.scenarios.active import Activation

PATH = "/api/v3/flows/instances/default-authentication-flow/"
TOKEN = "tok-all-123456"


def request(path: str = PATH, *lines: str, method: str = "GET", token: str = TOKEN) -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


class Client:
    """One kept connection."""

    def __init__(self, running: flowmock.Running) -> None:
        host, _, port = running.origin.removeprefix("http://").rpartition(":")
        self.wire = socket.create_connection((host, int(port)), timeout=20)
        self.file = self.wire.makefile("rb")

    def send(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        self.wire.sendall(sent)
        return self.read(head=sent.startswith(b"HEAD"))

    def read(self, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(": ")
            headers[name] = value
        return status, headers, b"" if head else self.file.read(int(headers.get("content-length", 0)))

    def close(self) -> None:
        self.file.close()
        self.wire.close()


@pytest.fixture
def running() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN, "tok-none-12345:none"]) as found:
        yield found


@pytest.fixture
def client(running: flowmock.Running) -> Iterator[Client]:
    found = Client(running)
    yield found
    found.close()


def test_each_response_has_an_id_of_its_own_and_the_journal_knows_it(running: flowmock.Running, client: Client) -> None:
    ids = [client.send(request())[1]["x-authentik-id"] for _ in range(4)]

    assert len(set(ids)) == 4
    assert [dict(entry.reply.headers)["x-authentik-id"] for entry in running.mock.journal.entries()] == ids


def test_journal_and_metrics_count_every_response(running: flowmock.Running, client: Client) -> None:
    for _ in range(5):
        client.send(request(PATH, "Origin: http://localhost:5173"))

    entries = running.mock.journal.entries()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert all("access-control-allow-origin" in dict(entry.reply.headers) for entry in entries)
    assert b'{method="GET",operation="flows_instances_retrieve",status="200"} 5.0' in running.mock.metrics.exposition()


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (request(token="wrong"), lambda one, two: two[0] == 403),
        (request(token="tok-none-12345"), lambda one, two: two[0] == 403),
        (request(PATH, "Accept: text/csv"), lambda one, two: two[0] == 406),
        (request(PATH, "Prefer: code=404"), lambda one, two: two[0] == 404),
        (request(PATH, "Origin: http://a"), lambda one, two: two[1]["access-control-allow-origin"] == "http://a"),
        (request(PATH + "?name=x"), lambda one, two: two[0] == 404),
        (request(method="HEAD"), lambda one, two: two[2] == b"" and two[1]["content-length"] != "0"),
        (request(method="OPTIONS"), lambda one, two: two[2] != one[2]),
        (request(PATH.replace("authentication", "invalidation")), lambda one, two: two[2] != one[2]),
    ],
    ids=["token", "role", "accept", "prefer", "origin", "query", "head", "options", "path"],
)
def test_a_response_is_kept_for_its_request_alone(other: bytes, differs: Callable[..., bool], client: Client) -> None:
    first = [client.send(request()) for _ in range(3)][-1]
    second = [client.send(other) for _ in range(3)][-1]

    assert first[0] == 200
    assert differs(first, second)
    assert client.send(request())[2] == first[2]


def _scenario(running: flowmock.Running) -> None:
    running.mock.scenarios.activate(["rate-limited"])


def _session(running: flowmock.Running) -> None:
    running.mock.scenarios.activate(["rate-limited"], "alice")


def _served(running: flowmock.Running) -> None:
    document = dict(Contract.load().document) | {"servers": [{"url": "/elsewhere"}]}
    running.mock.serve([Contract(document)])


@pytest.mark.parametrize(
    ("change", "status"), [(_scenario, 429), (_session, 429), (_served, 404)], ids=["scenario", "session", "contract"]
)
def test_a_change_is_met_by_the_next_request(
    change: Callable[[flowmock.Running], None], status: int, running: flowmock.Running, client: Client
) -> None:
    sent = request(PATH, "X-Mock-Session: alice")
    assert [client.send(sent)[0] for _ in range(3)] == [200] * 3

    change(running)

    assert [client.send(sent)[0] for _ in range(3)] == [status] * 3


def test_a_scenario_for_some_responses_counts_each_of_them(running: flowmock.Running, client: Client) -> None:
    running.mock.scenarios.activate([Activation("server-error", 2)])

    assert [client.send(request())[0] for _ in range(5)] == [500, 500, 200, 200, 200]


def test_a_wait_is_waited_for_each_time(client: Client) -> None:
    sent = request(PATH, "Prefer: wait=0.01")

    assert [client.send(sent)[1]["preference-applied"] for _ in range(3)] == ["wait=0.01"] * 3


def test_a_body_is_read_whatever_was_kept(client: Client) -> None:
    """A body that nobody reads would be taken for the next request."""
    chunked = request(PATH, "Transfer-Encoding: chunked")
    for body in (b"0\r\n\r\n", b"0\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\n"):
        assert client.send(chunked + body)[0] == 200


def test_requests_that_come_in_one_piece_are_answered_in_order(client: Client) -> None:
    slow = request(PATH, "Prefer: wait=0.02")
    for _ in range(3):
        client.send(request())

    client.wire.sendall(request() + slow + request() + request(PATH.replace("default", "never")) + request())

    assert [client.read()[0] for _ in range(5)] == [200, 200, 200, 404, 200]


def test_no_response_is_stale_while_scenarios_are_switched_under_load(running: flowmock.Running) -> None:
    """1,000 requests from four clients; after each switch the next response is that of the new scenario."""
    seen: list[int] = []

    def load() -> None:
        client = Client(running)
        seen.extend([client.send(request())[0] for _ in range(250)])
        client.close()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    client, switches = Client(running), 0
    while any(thread.is_alive() for thread in threads):
        running.mock.scenarios.activate(["rate-limited"])
        assert client.send(request())[0] == 429
        running.mock.scenarios.clear()
        assert client.send(request())[0] == 200
        switches += 1
    client.close()

    assert len(seen) == 1_000
    assert set(seen) <= {200, 429}
    assert running.mock.journal.recorded == 1_000 + 2 * switches


PREFER: list[tuple[Any, int]] = [
    ({"headers": {"Prefer": "scenario=rate-limited"}}, 429),
    ({"headers": {"Cookie": "a=b; mock_scenario=rate-limited"}}, 429),
    ({"headers": {"Prefer": "scenario=no-such-scenario"}}, 400),
    ({}, 200),
]


@pytest.mark.parametrize(("asked", "status"), PREFER, ids=["header", "cookie", "unknown", "none"])
def test_a_request_can_name_its_scenario(
    asked: dict[str, Any], status: int, running: flowmock.Running, ask: Callable[..., Any]
) -> None:
    path = PATH.removeprefix("/api/v3")
    others = [ask(running, path, token=TOKEN).status for _ in range(3)]

    assert [ask(running, path, token=TOKEN, **asked).status for _ in range(3)] == [status] * 3
    assert [ask(running, path, token=TOKEN).status for _ in range(3)] == others == [200] * 3
