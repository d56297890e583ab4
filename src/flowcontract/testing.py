"""Contract tests in pytest: one test for each operation of a contract, over one run of the engine.

    import flowcontract.testing
    from flowcontract.contract import Contract

    CONTRACT = Contract.load("openapi.yaml")

    @flowcontract.testing.parametrize(CONTRACT)
    def test_operation(flow_operation: flowcontract.testing.OperationResult) -> None:
        flow_operation.check()

The server is the configured one, or that of `--flowcontract-url`. All tests of a session share one run, so a test
costs nothing more.
"""

import contextlib
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from flowcontract.checks.findings import Finding, OperationCoverage, Result, RunResult
from flowcontract.engine import Options
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.reporting import view

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

    from flowcontract.http.server import Server

_START = 30.0
"""Seconds that an application may take to start."""


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What a run found about one operation."""

    coverage: OperationCoverage
    findings: tuple[Finding, ...]
    """The findings of this operation that fail the run, each as this operation shows it."""
    warnings: tuple[Finding, ...]

    def check(self) -> None:
        """Fail with the open findings of the operation; skip, with the reason, an operation that was not tested."""
        if self.findings:
            pytest.fail("\n\n".join(map(describe, self.findings)), pytrace=False)
        if not self.coverage.tested:
            pytest.skip(f"not tested: {self.coverage.reason}")


def of_operation(result: RunResult, operation: str, *, fail_on_warnings: bool = False) -> OperationResult:
    """What a run found about one operation, by its ID. Raises UsageError for one that another contract has."""
    coverage = next((item for item in result.coverage if item.operation == operation), None)
    if coverage is None:
        raise UsageError(
            f"expected an operation of {result.contract}, got {operation!r}.",
            do="Give `parametrize` the contract that the fixture `flow_contract` returns.",
        )
    failures = (*result.open_findings, *(result.warnings if fail_on_warnings else ()))
    return OperationResult(
        coverage,
        tuple(finding.in_operation(operation) for finding in failures if operation in finding.operations),
        tuple(finding.in_operation(operation) for finding in result.warnings if operation in finding.operations),
    )


def describe(finding: Finding) -> str:
    """A finding in a few lines: where, what, how to repeat it, how to fix it."""
    failure = finding.failure
    lines = [f"{finding.title} ({finding.rule})", str(failure.location), failure.message, finding.curl, finding.advice]
    if others := view.others(finding):
        lines.append(f"The same finding: {others}")
    return "\n".join(lines)


def parametrize(contract: Contract) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the test runs once for each operation, with its result as the argument `flow_operation`."""
    mark: Callable[[Callable[..., Any]], Callable[..., Any]] = pytest.mark.parametrize(
        "flow_operation", list(contract.operations), indirect=True
    )
    return mark


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """The URL of an ASGI application, such as one of FastAPI, that is served for as long as the block lasts.

    Raises UsageError for a WSGI application.
    """
    from flowcontract.http.server import Config, Server

    if _is_wsgi(app):
        raise UsageError(
            "expected an ASGI application, got a WSGI one.",
            do="Use Django's get_asgi_application(), or wrap it: a2wsgi.WSGIMiddleware(app).",
        )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(Config(app, log_config=None, log_level="error", access_log=False, lifespan="auto"))
        thread = threading.Thread(target=_serve, args=(server, listener), daemon=True)
        thread.start()
        try:
            if not server.wait(_START):
                raise TargetError("the application did not start.", do="Check its log.")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _serve(server: "Server", listener: socket.socket) -> None:
    with contextlib.suppress(SystemExit):  # Of an application that does not start.
        server.run(sockets=[listener])


def _is_wsgi(app: Any) -> bool:
    """Whether an application takes an environment and a function, as WSGI has it, and not what ASGI has."""
    try:
        signature = inspect.signature(app)
        signature.bind({}, None)
    except (TypeError, ValueError):
        return False
    with contextlib.suppress(TypeError):
        signature.bind({}, None, None)
        return False
    return not inspect.iscoroutinefunction(app)


@contextlib.contextmanager
def resource_sequences(contract: Contract, target: Target, options: Options) -> Iterator[type["RuleBasedStateMachine"]]:
    """A state machine of Hypothesis whose rules create, read, change, list and delete resources of the target.

    For `hypothesis.stateful.run_state_machine_as_test`, while the block lasts. The machine deletes what it created.
    Raises UsageError where the contract creates nothing.
    """
    from flowcontract.engine.state_machine import state_machine  # Hypothesis takes long to import.

    def fail(finding: Finding) -> None:
        raise AssertionError(describe(finding))

    with state_machine(contract, target, options, fail) as machine:
        yield machine


def require_conclusive(result: RunResult) -> None:
    """Fail if the run could not tell whether the server conforms: without a success nothing was tested."""
    if result.result is Result.INCONCLUSIVE:
        pytest.fail(result.headline, pytrace=False)
