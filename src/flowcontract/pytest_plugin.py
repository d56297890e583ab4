"""Options and fixtures for contract tests with pytest: which server to test, and the result of testing it."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.stateful import RuleBasedStateMachine

    from flowcontract.checks.findings import RunResult
    from flowcontract.engine import Options
    from flowcontract.http.target import Target
    from flowcontract.openapi.contract import Contract
    from flowcontract.testing import OperationResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; all of them begin with `--flowcontract-`."""
    group = parser.getgroup("flowcontract", "contract tests")
    group.addoption("--flowcontract-url", metavar="URL", help="server to test, with or without the base path")
    group.addoption(
        "--flowcontract-token",
        metavar="TOKEN",
        help="token with permission to read everything (default: $FLOWCONTRACT_TOKEN)",
    )
    group.addoption(
        "--flowcontract-param",
        action="append",
        default=[],
        metavar="[OPERATION:]NAME=VALUE",
        help="value of a path parameter that exists on the server; repeatable (default: the contract's examples)",
    )


@pytest.fixture(scope="session")
def flow_contract(request: pytest.FixtureRequest) -> "Contract":
    """The contract of the project: its configuration, else its document, else the bundled one. Override it at will."""
    from flowcontract.openapi import discovery
    from flowcontract.openapi.contract import Contract

    return Contract.load(discovery.contract_of(request.config.rootpath))


@pytest.fixture(scope="session")
def flow_default_target() -> "Target":
    """The server to test where `--flowcontract-url` names none. Override it to start one."""
    pytest.fail("expected a server to test, got none: add --flowcontract-url URL.", pytrace=False)


@pytest.fixture(scope="session")
def flow_target(request: pytest.FixtureRequest, flow_contract: "Contract") -> "Target":
    """The server to test: the one of `--flowcontract-url`, else `flow_default_target`.

    The token of the command line or the environment is for either of them, unless the default target has its own.
    """
    from flowcontract.http import credentials
    from flowcontract.http.target import Target

    url = request.config.getoption("--flowcontract-url")
    token = request.config.getoption("--flowcontract-token") or os.environ.get(credentials.TOKEN)
    if not url:
        default: Target = request.getfixturevalue("flow_default_target")
        return replace(default, tokens={credentials.TOKEN: token}) if token and not default.tokens else default
    return Target.at(url, flow_contract.base_path, token=token)


@pytest.fixture(scope="session")
def flow_options() -> "Options":
    """How the server is tested. Override it, for instance to allow unsafe methods for an application of your own."""
    from flowcontract.engine import Options

    return Options()


@pytest.fixture(scope="session")
def flow_result(
    request: pytest.FixtureRequest, flow_contract: "Contract", flow_target: "Target", flow_options: "Options"
) -> "RunResult":
    """The result of testing the server: one run for the whole session."""
    from flowcontract import engine

    return engine.run(flow_contract, flow_target, _with_given_values(request, flow_contract, flow_options))


def _with_given_values(request: pytest.FixtureRequest, contract: "Contract", options: "Options") -> "Options":
    from flowcontract.openapi.parameter_values import by_operation, parse

    given = [parse(text) for text in request.config.getoption("--flowcontract-param")]
    return replace(options, path_values={**options.path_values, **by_operation(contract, given)})


@pytest.fixture
def flow_sequences(
    request: pytest.FixtureRequest, flow_contract: "Contract", flow_target: "Target", flow_options: "Options"
) -> "Iterator[type[RuleBasedStateMachine]]":
    """A state machine of Hypothesis over the server's resources; see `flowcontract.testing.resource_sequences`.

    It writes: the test is skipped unless `flow_options` allows unsafe methods.
    """
    from flowcontract.testing import resource_sequences

    if not flow_options.allow_unsafe:
        pytest.skip("sequences create and delete resources: override flow_options with Options(allow_unsafe=True).")
    options = _with_given_values(request, flow_contract, flow_options)
    with resource_sequences(flow_contract, flow_target, options) as machine:
        yield machine


@pytest.fixture
def flow_operation(request: pytest.FixtureRequest, flow_result: "RunResult") -> "OperationResult":
    """What the run found about one operation; see `flowcontract.testing.parametrize`."""
    from flowcontract.testing import of_operation

    return of_operation(flow_result, request.param)
