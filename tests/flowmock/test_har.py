"""The journal as HAR, and the figures for Prometheus."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import flowmock
from flowmock.journal import har
from flowmock.journal.redaction import Redactor
from flowmock.scenarios.active import Activation

FLOW = "/flows/instances/initial-setup/"
TOKEN = "har-test-token-12345"


@pytest.fixture
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


@pytest.fixture
def exported(mock: flowmock.Running) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        redactor = Redactor(mock.mock.tokens.known)
        return dict(json.loads(har.export(mock.mock.journal.entries(), redactor, "http://mock"))["log"])

    return document


def test_an_exchange_is_an_entry(
    mock: flowmock.Running, ask: Callable[..., Any], exported: Callable[[], dict[str, Any]]
) -> None:
    ask(mock, FLOW + "?a=1", token=TOKEN, method="POST", body='{"x": 1}', headers={"Content-Type": "application/json"})

    log = exported()
    (entry,) = log["entries"]

    assert log["version"] == "1.2"
    assert entry["request"]["method"] == "POST"
    assert entry["request"]["url"] == "http://mock/api/v3/flows/instances/initial-setup/?a=1"
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}]
    assert entry["request"]["postData"]["text"] == '{"x": 1}'
    assert entry["response"]["status"] == 405
    assert entry["response"]["statusText"] == "Method Not Allowed"
    assert "not allowed" in entry["response"]["content"]["text"]
    assert entry["time"] >= 0


def test_the_har_contains_no_token(
    mock: flowmock.Running, ask: Callable[..., Any], exported: Callable[[], dict[str, Any]]
) -> None:
    ask(mock, FLOW + f"?q={TOKEN}", token=TOKEN, headers={"Cookie": f"a={TOKEN}"}, method="POST", body=TOKEN)

    assert TOKEN not in json.dumps(exported())


def test_an_empty_journal_is_a_valid_har(exported: Callable[[], dict[str, Any]]) -> None:
    assert exported()["entries"] == []


def samples(mock: flowmock.Running) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(mock.mock.metrics.exposition().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_exchanges_are_counted_by_operation_method_and_status(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    ask(mock, FLOW, token=TOKEN)
    ask(mock, FLOW, token=TOKEN)
    ask(mock, "/nowhere/", token=None)

    found = samples(mock)

    operation = ("operation", "flows_instances_retrieve")
    assert found["flowmock_exchanges_total", (("method", "GET"), operation, ("status", "200"))] == 2
    assert found["flowmock_exchanges_total", (("method", "GET"), ("operation", ""), ("status", "404"))] == 1
    assert found["flowmock_response_seconds_count", (operation,)] == 2
    assert found["flowmock_response_seconds_sum", (operation,)] > 0
    assert found["flowmock_journal_exchanges", ()] == 3


def test_scenarios_and_faults_are_counted(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    mock.mock.scenarios.activate([Activation("dribbling")])
    ask(mock, "/flows/instances/unknown/", token=TOKEN)

    found = samples(mock)

    assert found["flowmock_scenario_responses_total", (("scenario", "dribbling"),)] == 1
    assert found["flowmock_faults_total", (("fault", "slow"),)] == 1


def test_invented_methods_are_not_labels(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    for method in ("PROPFIND", "MKCOL", "LOCK"):
        ask(mock, "/made-up/", token="made-up", method=method)

    found = samples(mock)

    assert {dict(labels)["method"] for name, labels in found if name == "flowmock_exchanges_total"} == {"other"}
    assert "made-up" not in mock.mock.metrics.exposition().decode()


def test_two_mocks_count_separately(mock: flowmock.Running, ask: Callable[..., Any]) -> None:
    with flowmock.running() as other:
        ask(other, FLOW, token="any")

    assert samples(mock)["flowmock_journal_exchanges", ()] == 0


def test_a_binary_body_is_base64(contract_of: Callable[..., Any], ask: Callable[..., Any]) -> None:
    image = {"description": "", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
    with flowmock.running(contract_of({"/icon": {"get": {"responses": {"200": image}}}})) as running:
        sent = ask(running, "/icon").body
        text = har.export(running.mock.journal.entries(), Redactor(running.mock.tokens.known), "http://mock")

    content = json.loads(text)["log"]["entries"][0]["response"]["content"]
    assert content["encoding"] == "base64"
    assert base64.b64decode(content["text"]) == sent
