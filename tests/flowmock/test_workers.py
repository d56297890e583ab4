"""Several workers are one mock: the same scenarios, the same journal, the same data, whoever answers."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowcontract.errors import UsageError
from flowmock.settings import Settings

FLOW = "/api/v3/flows/instances/default-authentication-flow/"
PASSWORD = "pass-of-the-store"

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      responses:
        "200":
          description: ""
          content: {application/json: {schema: {type: array, items: &pet {$ref: "#/components/schemas/Pet"}}}}
    post:
      requestBody: {content: {application/json: {schema: *pet}}}
      responses: {"201": {description: "", content: {application/json: {schema: *pet}}}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses: {"200": {description: "", content: {application/json: {schema: *pet}}}}
components:
  schemas:
    Pet: {type: object, required: [id, name], properties: {id: {type: integer, readOnly: true}, name: {type: string}}}
"""


class Mock:
    """A mock that runs as its own processes."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "flowcontract", "mock", "--port", "0", "--json", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.host = json.loads(self.process.stdout.readline())["origin"].removeprefix("http://")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, over: http.client.HTTPConnection | None = None) -> Any:
        """Status and JSON of one answer, over a new connection if none is given: whichever worker takes it."""
        connection = over or self.connect()
        sent = json.dumps(body) if body is not None else None
        headers = {"Authorization": "Bearer token-123456", **({"Content-Type": "application/json"} if sent else {})}
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        content = answer.read()
        if over is None:
            connection.close()
        return answer.status, json.loads(content) if content.startswith((b"{", b"[")) else content.decode()

    def statuses(self, number: int = 8) -> list[int]:
        return [self.ask("GET", FLOW)[0] for _ in range(number)]

    def recorded(self) -> int:
        return int(self.ask("GET", "/__mock__/exchanges?limit=0")[1]["recorded"])

    def switch(self, *scenarios: Any) -> None:
        assert self.ask("PUT", "/__mock__/scenarios/active", {"scenarios": list(scenarios)})[0] == 200

    def workers(self) -> list[int]:
        return [
            int(each) for each in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def end(self, number: int = signal.SIGINT) -> str:
        """Ask it to end; what it told on standard error."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=30)
        return told


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own, over a socket in a folder of our own."""
    path = tmp_path_factory.mktemp("redis") / "socket"
    words = [
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--requirepass",
        PASSWORD,
        "--dir",
        str(path.parent),
    ]
    server = subprocess.Popen(["redis-server", *words], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    for line in server.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield f"unix://:{PASSWORD}@{path}?db=0"
    server.terminate()
    server.communicate()


@pytest.fixture(scope="module")
def two(store: str) -> Iterator[Mock]:
    found = Mock("--token", "token-123456", "--workers", "2", "--store", store)
    yield found
    found.end()


@pytest.fixture
def mock(two: Mock) -> Mock:
    """Two workers, as at the beginning, but for the numbers in the journal."""
    assert two.ask("POST", "/__mock__/reset")[0] == 200
    return two


def test_workers_without_a_store_are_refused() -> None:
    with pytest.raises(UsageError, match="--store redis://"):
        Settings(workers=2)


@pytest.mark.needs("redis-server")
def test_a_store_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    words = ["mock", "--port", "0", "--workers", "2", "--store", f"unix://:{PASSWORD}@{tmp_path}/none?db=0"]
    done = subprocess.run([sys.executable, "-m", "flowcontract", *words], capture_output=True, text=True)

    assert done.returncode == 2
    assert f"the store at {tmp_path}/none does not answer" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.needs("redis-server")
def test_a_scenario_holds_for_the_next_answer_of_every_worker(mock: Mock) -> None:
    assert mock.statuses() == [200] * 8
    mock.switch("rate-limited")
    assert mock.statuses() == [429] * 8
    mock.switch()
    assert mock.statuses() == [200] * 8


@pytest.mark.needs("redis-server")
def test_a_scenario_for_three_answers_is_played_three_times_in_all(mock: Mock) -> None:
    mock.switch({"name": "server-error", "for": 3})

    assert mock.statuses(12).count(500) == 3
    assert mock.ask("GET", "/__mock__/scenarios/active")[1]["active"] == [
        {"name": "server-error", "left": 0, "applied": 3}
    ]


@pytest.mark.needs("redis-server")
def test_a_defined_scenario_is_known_everywhere(mock: Mock) -> None:
    assert (
        mock.ask("PUT", "/__mock__/scenarios/teapot", {"response": {"code": 418, "omit-default-headers": True}})[0]
        == 201
    )
    mock.switch("teapot")

    assert mock.statuses() == [418] * 8


@pytest.mark.needs("redis-server")
def test_journal_and_figures_are_the_same_from_every_worker(mock: Mock) -> None:
    before = mock.recorded()
    for number in range(20):
        mock.ask("GET", f"{FLOW}?n={number}")

    for _ in range(6):
        found = mock.ask("GET", "/__mock__/exchanges")[1]
        assert found["recorded"] == before + 20
        assert [each["number"] for each in found["exchanges"]] == list(range(before + 1, before + 21))
        assert [each["request"]["target"] for each in found["exchanges"]] == [f"{FLOW}?n={n}" for n in range(20)]
        assert 'status="200"} 20.0' in mock.ask("GET", "/__mock__/metrics")[1]
        assert mock.ask("POST", "/__mock__/verify", {"path": {"slug": "default-authentication-flow"}})[1]["ok"]


@pytest.mark.needs("redis-server")
def test_reset_is_for_all_workers(mock: Mock) -> None:
    mock.switch("rate-limited")
    mock.statuses()

    assert mock.ask("POST", "/__mock__/reset")[0] == 200

    assert mock.statuses() == [200] * 8
    assert mock.ask("GET", "/__mock__/exchanges")[1]["kept"] == 8
    assert 'status="200"} 8.0' in mock.ask("GET", "/__mock__/metrics")[1]


@pytest.mark.needs("redis-server")
def test_what_one_worker_created_another_reads(store: str, tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text(PETS)
    mock = Mock("--spec", str(tmp_path / "pets.yaml"), "--stateful", "--workers", "2", "--store", store)
    try:
        made = [mock.ask("POST", "/pets", {"name": f"pet {number}"}) for number in range(6)]
        listed = [mock.ask("GET", "/pets")[1] for _ in range(6)]
        mock.ask("POST", "/__mock__/reset")
        begun_again = mock.ask("GET", "/pets")[1]
    finally:
        mock.end()

    assert {status for status, _ in made} == {201}
    assert len({pet["id"] for _, pet in made}) == 6
    assert all(each == listed[0] for each in listed)
    assert [pet for _, pet in made] == [pet for pet in listed[0] if pet["name"].startswith("pet ")]
    assert not [pet for pet in begun_again if pet["name"].startswith("pet ")]


@pytest.mark.needs("redis-server")
def test_a_worker_that_dies_is_started_again_and_knows_what_holds(mock: Mock) -> None:
    mock.switch("rate-limited")
    mock.statuses(4)
    recorded, before = mock.recorded(), mock.workers()

    for pid in before:
        os.kill(pid, signal.SIGKILL)

    assert mock.statuses() == [429] * 8
    assert len(mock.workers()) == 2
    assert not set(before) & set(mock.workers())
    assert mock.recorded() == recorded + 8
    mock.switch()
    assert mock.statuses() == [200] * 8


@pytest.mark.needs("redis-server")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_end_on_a_signal(number: int, store: str) -> None:
    mock = Mock("--workers", "3", "--store", store)
    mock.statuses(2)
    workers = mock.workers()

    told = mock.end(number)

    assert (mock.process.returncode, told) == (0, "")
    assert len(workers) == 3
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


@pytest.mark.needs("redis-server")
def test_a_live_reader_sees_what_every_worker_does(mock: Mock) -> None:
    before = mock.recorded()
    connection = mock.connect()
    connection.request("GET", "/__mock__/exchanges/stream")
    stream = connection.getresponse()
    for number in range(8):
        mock.ask("GET", f"{FLOW}?n={number}")

    seen = []
    while len(seen) < 8:
        line = stream.readline().decode()
        if line.startswith("data: "):
            seen.append(json.loads(line[6:])["number"])
    connection.close()

    assert seen == list(range(before + 1, before + 9))


@pytest.mark.needs("redis-server")
def test_no_answer_is_stale_while_scenarios_are_switched_under_load(mock: Mock) -> None:
    """10,000 requests from four clients; after each switch every worker's next answer is that of the new state."""
    before = mock.recorded()
    seen: list[int] = []

    def load() -> None:
        connection = mock.connect()
        seen.extend([mock.ask("GET", FLOW, over=connection)[0] for _ in range(2500)])
        connection.close()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    kept = [mock.connect() for _ in range(4)]
    asked = 0
    while any(thread.is_alive() for thread in threads):
        for status, scenarios in ((429, ["rate-limited"]), (200, [])):
            mock.switch(*scenarios)
            found = [mock.ask("GET", FLOW, over=each)[0] for each in kept] + mock.statuses(4)
            assert found == [status] * 8
            asked += 8
    for each in kept:
        each.close()

    journal = mock.ask("GET", "/__mock__/exchanges?limit=1000")[1]
    numbers = [each["number"] for each in journal["exchanges"]]
    assert len(seen) == 10_000
    assert set(seen) <= {200, 429}
    assert journal["recorded"] == before + 10_000 + asked
    assert numbers == list(range(journal["recorded"] - 999, journal["recorded"] + 1))
