"""Remembered answers: right for every request that gets one, forgotten when anything they depend on changes."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.memory import Exchange, Memory
from flowmock.messages import Call, Reply
from flowmock.printed import printed

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


def remembered(running: flowmock.Running) -> int:
    return len(running.mock.memory.kept.answers)


def test_what_is_asked_twice_is_remembered(running: flowmock.Running, client: Client) -> None:
    answers = [client.send(request()) for _ in range(4)]

    assert remembered(running) == 1
    assert {(status, body) for status, _, body in answers} == {(answers[0][0], answers[0][2])}
    assert len({tuple(headers) for _, headers, _ in answers}) == 1


def test_each_answer_has_an_id_of_its_own_and_the_journal_knows_it(running: flowmock.Running, client: Client) -> None:
    ids = [client.send(request())[1]["x-authentik-id"] for _ in range(4)]

    journal = [dict(entry.reply.headers)["X-authentik-id"] for entry in running.mock.journal.entries()]
    assert len(set(ids)) == 4
    assert journal == ids


def test_journal_and_figures_count_every_answer(running: flowmock.Running, client: Client) -> None:
    for _ in range(5):
        client.send(request(PATH, "Origin: http://localhost:5173"))

    assert [entry.number for entry in running.mock.journal.entries()] == [1, 2, 3, 4, 5]
    assert all("Access-Control-Allow-Origin" in dict(e.reply.headers) for e in running.mock.journal.entries())
    assert b'{method="GET",operation="flows_instances_retrieve",status="200"} 5.0' in running.mock.metrics.text()


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
    ids=["token", "role", "accept", "prefer", "origin", "query", "head", "options", "key"],
)
def test_an_answer_is_remembered_for_its_request_alone(
    other: bytes, differs: Callable[..., bool], client: Client
) -> None:
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


def test_what_a_scenario_answers_is_not_remembered(running: flowmock.Running, client: Client) -> None:
    running.mock.scenarios.activate([flowmock.scenarios.active.Activation("server-error", 2)])

    assert [client.send(request())[0] for _ in range(5)] == [500, 500, 200, 200, 200]
    assert remembered(running) == 0

    running.mock.scenarios.clear()
    assert [client.send(request())[0] for _ in range(3)] == [200] * 3
    assert remembered(running) == 1


def test_forgetting_goes_before_remembering_what_was_decided_earlier() -> None:
    memory = Memory()
    call, reply = Call("GET", "/", "/", (), ()), Reply(200, (), b"old", "")
    kept = memory.kept

    memory.forget()
    for _ in range(3):
        kept.add(b"GET", Exchange(call, reply, printed(reply, head=False), lambda _: (), True))

    assert len(kept.answers) == 1
    assert not memory.kept.answers


@pytest.mark.parametrize(
    "line", ["Prefer: wait=0.01", "Content-Length: 0", "Connection: close", "Expect: 100-continue"]
)
def test_what_is_more_than_a_read_is_not_remembered(line: str, running: flowmock.Running) -> None:
    for _ in range(3):
        client = Client(running)
        assert client.send(request(PATH, line))[0] in (100, 200)
        client.close()

    assert remembered(running) == 0


def test_a_mock_that_remembers_changes_remembers_no_answers() -> None:
    with flowmock.running(stateful=True) as running:
        client = Client(running)
        for _ in range(3):
            client.send(request())
        client.close()

        assert remembered(running) == 0


def test_memory_is_bounded(running: flowmock.Running, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowmock.memory.MOST", 10)
    for number in range(30):
        assert {client.send(request(f"{PATH}?n={number}"))[0] for _ in range(3)} == {200}
    assert remembered(running) == 10

    monkeypatch.setattr("flowmock.memory.MOST", 1000)
    monkeypatch.setattr("flowmock.memory.MAX_BYTES", 32 * 1024)
    for number in range(60):
        client.send(request(f"{PATH}?more={number}"))
        client.send(request(f"{PATH}?more={number}"))
    assert 10 < remembered(running) < 60


def test_what_comes_once_drives_nothing_out(running: flowmock.Running, client: Client) -> None:
    for _ in range(2):
        client.send(request())
    for number in range(1500):
        client.send(request(PATH.replace("default", f"never-{number}")))

    assert remembered(running) == 1


def test_requests_that_come_in_one_piece_are_answered_in_order(client: Client) -> None:
    slow = request(PATH, "Prefer: wait=0.02")
    for _ in range(3):
        client.send(request())

    client.wire.sendall(request() + slow + request() + request(PATH.replace("default", "never")) + request())

    assert [client.read()[0] for _ in range(5)] == [200, 200, 200, 404, 200]


def test_a_client_that_does_not_read_is_waited_for(client: Client) -> None:
    """Answers are not piled up in memory without end, and none is lost."""
    number = 4000
    writer = threading.Thread(target=lambda: [client.wire.sendall(request() * 10) for _ in range(number // 10)])
    writer.start()
    bodies = {client.read()[2] for _ in range(number)}
    writer.join()

    assert len(bodies) == 1


def test_a_request_in_two_pieces_is_the_same_request(client: Client) -> None:
    whole = [client.send(request()) for _ in range(3)][-1]
    sent = request()

    client.wire.sendall(sent[:30])
    assert client.send(sent[30:])[2] == whole[2]
    client.wire.sendall(sent + sent[:1])
    assert client.read()[2] == whole[2]
    assert client.send(sent[1:])[2] == whole[2]


def test_no_answer_is_stale_while_scenarios_are_switched_under_load(running: flowmock.Running) -> None:
    """10,000 requests from four clients; after each switch the next answer is that of the new state."""
    seen: list[int] = []

    def load() -> None:
        client = Client(running)
        seen.extend([client.send(request())[0] for _ in range(2500)])
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

    assert len(seen) == 10_000
    assert set(seen) <= {200, 429}
    assert switches > 10
    assert running.mock.journal.recorded == 10_000 + 2 * switches


@pytest.mark.parametrize("value", ["a\x01b", "a\r\nb"])
def test_a_header_that_is_none_is_not_printed(value: str) -> None:
    assert printed(Reply(200, (("X", value),), b"", ""), head=False) is None


def test_headers_are_parsed_once_and_mean_the_same(client: Client) -> None:
    """A first line is read by itself only where it can mean nothing else."""
    lines = [
        "GET {} HTTP/1.1",
        "GET {}?a=1 HTTP/1.1",
        "HEAD {} HTTP/1.1",
        "OPTIONS {} HTTP/1.1",
        "GET http://x{} HTTP/1.1",
    ]
    for line in lines * 2:
        sent = re.sub(rb"^.*?\r\n", line.format(PATH).encode() + b"\r\n", request())
        answer: Any = client.send(sent)
        assert answer[0] == 200
        assert client.send(sent.replace(b"Host: ", b"X-Other: 1\r\nHost: "))[::2] == answer[::2]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("line", ["X: 1", "Prefer: wait=0.001"])
def test_a_connection_at_rest_is_closed(line: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowmock.server.protocol.Protocol.REST", 1.0)
    with flowmock.running() as running:
        client = Client(running)
        for _ in range(times):
            assert client.send(request(PATH, line))[0] == 200

        assert client.file.read() == b""
        client.close()


def test_a_slow_answer_is_waited_for_though_connections_at_rest_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowmock.server.protocol.Protocol.REST", 0.05)
    with flowmock.running() as running:
        client = Client(running)
        assert client.send(request(PATH, "Prefer: wait=0.3"))[0] == 200
        client.close()


def test_a_fault_of_our_own_is_a_500_and_the_connection_ends(
    running: flowmock.Running, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.send(request())[0] == 200
    monkeypatch.setattr(running.mock, "answer", lambda _call: 1 / 0)

    assert client.send(request(f"{PATH}?x=1"))[0] == 500


KEYED = {
    "openapi": "3.0.3",
    "info": {"title": "things", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/things/{id}/": {
            "get": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "most", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                    {"name": "X-Half", "in": "header", "schema": {"type": "boolean"}},
                ],
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}
                },
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}}},
}


@pytest.mark.parametrize(
    ("contract", "paths", "lines"),
    [
        (
            None,
            [
                PATH,
                PATH + "?name=x",
                PATH + "?n=1",
                PATH + "?__code=404",
                "/api/v3/flows/instances/a b/".replace(" ", "%20"),
            ],
            ["X: 1", "Accept: text/csv", "Prefer: code=400", "Origin: http://a", "Authorization: Bearer wrong"],
        ),
        (
            Contract(KEYED),
            ["/things/1/?key=k", "/things/1/", "/things/x/?key=k", "/things/2/?most=10&key=k", "/things/2/?key="],
            ["X: 1", "X-Half: true", "X-Half: 2"],
        ),
    ],
    ids=["the contract", "a key in the query"],
)
def test_what_one_request_settles_does_not_change_what_another_gets(
    contract: Contract | None, paths: list[str], lines: list[str]
) -> None:
    """Each is asked of a mock that has answered all the others, and of one that has answered nothing."""
    asked = [request(path, line, method=how) for line in lines for path in paths for how in ("GET", "HEAD", "OPTIONS")]
    with flowmock.running(contract, tokens=["k", TOKEN]) as running, contextlib.closing(Client(running)) as client:
        first = {}
        for sent in asked:
            running.mock.serve(running.mock.contracts)
            first[sent] = client.send(sent)[::2]
        for sent in asked * 2:
            assert client.send(sent)[::2] == first[sent]
    assert len({status for status, _ in first.values()}) > 3
