"""The gate agrees with the mark of every built-in scenario."""

from collections.abc import Iterator

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowmock.scenarios.active import Activation, Scenarios
from flowmock.server import faults

CONTRACT = Contract.load()
SCENARIOS = Scenarios.carried([CONTRACT]).available
# It says so by itself: answering so late breaks nothing, and costs the gate two seconds for each of its requests.
LATE = {"slow"}


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=["gate-token-0123456789"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STALL", 0.02)
    monkeypatch.setattr(faults, "PAUSE", 0.0)


def judged(mock: flowmock.Running, *names: str, published: Contract | None = None) -> RunResult:
    mock.mock.reset()
    mock.mock.scenarios.activate([Activation(name) for name in names])
    target = Target.at(mock.url, CONTRACT.base_path, token=mock.token)
    return engine.run(CONTRACT, target, engine.Options(assume_examples=True, profile="quick", published=published))


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - LATE))
def test_the_gate_agrees_with_breaks_contract(mock: flowmock.Running, name: str) -> None:
    run_result = judged(mock, name)

    if run_result.result is Result.INCONCLUSIVE:
        # All that it got was documented, and never a success: it may be the wrong server. That is no broken contract.
        assert not SCENARIOS[name].breaks_contract
        assert not any(200 <= status < 300 for status, _ in run_result.statuses)
        return
    assert (run_result.result is Result.FAILED) is SCENARIOS[name].breaks_contract, run_result.headline


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("defect-nul", "server-error"),
        ("defect-non-ascii-token", "server-error"),
        ("truncated", "content-length-mismatch"),
        ("null-title", "schema-violation"),
        ("later-authentication", "schema-violation"),
    ],
)
def test_the_gate_reports_what_a_scenario_breaks(mock: flowmock.Running, name: str, rule: str) -> None:
    assert rule in {finding.rule for finding in judged(mock, name).open_findings}
