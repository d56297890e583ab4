"""The gate agrees with the mark of every built-in scenario."""

from collections.abc import Callable, Iterator

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowmock import faults
from flowmock.scenarios.active import Activation, Scenarios

pytestmark = pytest.mark.usefixtures("few_probes")
CONTRACT = Contract.load()
OPERATION = "flows_instances_retrieve"
"""What the built-in scenarios are about."""
SCENARIOS = Scenarios.carried([CONTRACT]).available
# They take long: a late response costs the gate seconds for each request, and Retry-After is obeyed.
LATE = {"slow", "flaky", "rate-limited"}


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=["gate-token-0123456789"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STALL", 0.02)
    monkeypatch.setattr(faults, "PAUSE", 0.0)


@pytest.fixture(scope="module")
def run_gate(mock: flowmock.Running) -> Callable[[str], RunResult]:
    """The result of the gate against a scenario; one run for each."""
    results: dict[str, RunResult] = {}

    def run(name: str) -> RunResult:
        if name not in results:
            mock.mock.reset()
            mock.mock.scenarios.activate([Activation(name)])
            target = Target.at(mock.url, CONTRACT.base_path, token=mock.token)
            options = engine.Options(operations=(OPERATION,), assume_examples=True, profile="quick")
            results[name] = engine.run(CONTRACT, target, options)
        return results[name]

    return run


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - LATE))
def test_the_gate_agrees_with_breaks_contract(run_gate: Callable[[str], RunResult], name: str) -> None:
    run_result = run_gate(name)

    if run_result.result is Result.INCONCLUSIVE:
        # Every response was documented and none was a success: it may be an unrelated server. 401 alone, documented or
        # not, says that the credentials are wrong.
        assert not SCENARIOS[name].breaks_contract or name == "unauthorized"
        assert not any(item.tested for item in run_result.coverage)
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
def test_the_gate_reports_what_a_scenario_breaks(run_gate: Callable[[str], RunResult], name: str, rule: str) -> None:
    assert rule in {finding.rule for finding in run_gate(name).open_findings}
