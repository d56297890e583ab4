"""Scenarios that are made, changed, saved and deleted while the mock runs, and exchanges that are replayed."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowmock.scenarios.active import Activation

TOKEN = "editor-token-0123456789"
FLOW = "/flows/instances/initial-setup/"
Asked = tuple[int, Any]


@pytest.fixture
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


@pytest.fixture
def admin(mock: flowmock.Running) -> Callable[..., Asked]:
    """`admin("PUT", "/scenarios/mine", {…})`: status and body."""

    def asked(method: str, path: str, body: Any = None) -> Asked:
        connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"), timeout=10)
        connection.request(method, f"/__mock__{path}", None if body is None else json.dumps(body))
        response = connection.getresponse()
        content = response.read()
        connection.close()
        is_json = (response.getheader("Content-Type") or "").startswith("application/json")
        return response.status, json.loads(content) if is_json else content.decode()

    return asked


@pytest.fixture
def get(mock: flowmock.Running, ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda path=FLOW, **more: ask(mock, path, token=TOKEN, **more)


def test_a_scenario_is_read_as_it_was_defined(admin: Callable[..., Asked]) -> None:
    definition = {"summary": "Busy", "when": {"method": "GET"}, "response": {"code": 503}}
    admin("PUT", "/scenarios/busy", definition)

    assert admin("GET", "/scenarios/busy") == (200, {"name": "busy", "definition": definition, "editable": True})
    status, carried = admin("GET", "/scenarios/rate-limited")
    assert (status, carried["editable"]) == (200, False)
    assert carried["definition"]["response"]["code"] == 429
    assert admin("GET", "/scenarios/unknown")[0] == 404


def test_a_change_of_an_active_scenario_applies_at_once(admin: Callable[..., Asked], get: Callable[..., Any]) -> None:
    admin("PUT", "/scenarios/mine", {"response": {"code": 403}})
    admin("PUT", "/scenarios/active", {"scenarios": ["mine"]})
    assert [get().status, get().status] == [403, 403]

    admin("PUT", "/scenarios/mine", {"response": {"code": 404}})

    assert get().status == 404


def test_a_scenario_is_deleted_wherever_it_is_active(
    admin: Callable[..., Asked], get: Callable[..., Any], mock: flowmock.Running
) -> None:
    admin("PUT", "/scenarios/mine", {"response": {"code": 403}})
    mock.mock.scenarios.activate(["mine"])
    mock.mock.scenarios.activate([Activation("mine"), Activation("not-found")], "worker-1")

    assert admin("DELETE", "/scenarios/mine")[0] == 200

    assert get().status == 200
    assert [each.scenario.name for each in mock.mock.scenarios.active("worker-1")] == ["not-found"]
    assert admin("DELETE", "/scenarios/mine")[0] == 400
    assert admin("DELETE", "/scenarios/not-found")[0] == 400


def test_the_scenarios_are_saved_to_a_file_that_the_mock_reads(
    admin: Callable[..., Asked], tmp_path: Path, ask: Callable[..., Any]
) -> None:
    admin("PUT", "/scenarios/mine", {"summary": "Größe", "response": {"code": 403}})
    file = tmp_path / "scenarios.yaml"

    file.write_text(admin("GET", "/scenarios.yaml")[1], encoding="utf-8")

    with flowmock.running(tokens=[TOKEN], scenario_file=(str(file),), scenario="mine") as other:
        assert ask(other, FLOW, token=TOKEN).status == 403


def test_a_scenario_of_an_exchange_repeats_its_response(
    admin: Callable[..., Asked], get: Callable[..., Any], mock: flowmock.Running
) -> None:
    recorded = get(f"{FLOW}?designation=enrollment", headers={"Prefer": "example=default-source-enrollment"})

    status, made = admin("GET", "/exchanges/1/scenario")

    assert status == 200
    assert made["definition"]["when"] == {
        "operation": "flows_instances_retrieve",
        "path": {"slug": "initial-setup"},
        "query": {"designation": ["enrollment"]},
    }
    assert TOKEN not in json.dumps(made)
    assert admin("PUT", f"/scenarios/{made['name']}", made["definition"])[0] == 201
    mock.mock.scenarios.activate([made["name"]])
    repeated = get(f"{FLOW}?designation=enrollment")
    assert (repeated.status, repeated.body) == (recorded.status, recorded.body)
    assert get().json["slug"] == "initial-setup"


def test_there_is_no_scenario_of_what_is_not_in_the_contract(
    admin: Callable[..., Asked], get: Callable[..., Any]
) -> None:
    get("/elsewhere/")

    status, error = admin("GET", "/exchanges/1/scenario")

    assert status == 400
    assert "scenarios are about operations of the contract" in error["error"]


def test_a_scenario_of_an_exchange_never_serves_what_stands_for_a_credential(
    admin: Callable[..., Asked], get: Callable[..., Any]
) -> None:
    admin("PUT", "/scenarios/login", {"response": {"body": {"access_token": TOKEN}}})
    admin("PUT", "/scenarios/active", {"scenarios": ["login"]})
    get()

    status, error = admin("GET", "/exchanges/1/scenario")

    assert status == 400
    assert "contains a credential" in error["error"]


def test_an_exchange_is_replayed_with_its_own_token(admin: Callable[..., Asked], get: Callable[..., Any]) -> None:
    get(headers={"Prefer": "code=404"})

    status, replayed = admin("POST", "/exchanges/1/replay")

    assert status == 200
    assert replayed["number"] == 2
    assert replayed["caller"] == "all"
    assert replayed["response"]["status"] == 404
    assert admin("GET", "/exchanges")[1]["recorded"] == 2


def test_a_replay_gets_what_the_mock_sends_now(admin: Callable[..., Asked], get: Callable[..., Any]) -> None:
    get()
    admin("PUT", "/scenarios/active", {"scenarios": ["forbidden"]})

    assert admin("POST", "/exchanges/1/replay")[1]["response"]["status"] == 403
    assert admin("POST", "/exchanges/99/replay")[0] == 404


def test_a_network_fault_has_no_connection_to_break_in_a_replay(
    admin: Callable[..., Asked], mock: flowmock.Running
) -> None:
    connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"), timeout=10)
    path = mock.url.removeprefix(mock.origin) + FLOW
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}", "Prefer": "fault=close"})
    with pytest.raises(ConnectionError):
        connection.getresponse()

    status, replayed = admin("POST", "/exchanges/1/replay")

    assert (status, replayed["response"]["fault"]) == (200, "close")
