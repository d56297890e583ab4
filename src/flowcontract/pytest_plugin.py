"""Options and fixtures for contract tests with pytest: which server to test, and the result of testing it.

The configuration file of the project (`[gate]` and `[rules]` of `flowcontract.toml`) means here what it means for
`flowcontract gate`.
"""

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from hypothesis.stateful import RuleBasedStateMachine

    from flowcontract.checks.findings import RunResult
    from flowcontract.engine import Options
    from flowcontract.engine.events import Event
    from flowcontract.http.target import Target
    from flowcontract.openapi.contract import Contract
    from flowcontract.testing import OperationResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; all of them begin with `--flowcontract-`."""
    group = parser.getgroup("flowcontract", "contract tests")
    group.addoption(
        "--flowcontract-url",
        metavar="URL",
        help="server to test, with or without the base path (default: `url` of [gate] in flowcontract.toml)",
    )
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
        help="existing value of a path parameter; repeatable (default: discovered)",
    )


_RESULT = pytest.StashKey["RunResult"]()
"""The result of the run of a session."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Count the findings that fail no test because a baseline or a waiver accepts them."""
    result = config.stash.get(_RESULT, None)
    counts = Counter(str(finding.status) for finding in result.findings) if result else Counter[str]()
    if listed := [f"{counts[status]} {status}" for status in ("known", "waived") if counts[status]]:
        terminalreporter.write_line(f"flowcontract: findings that fail no test: {', '.join(listed)}")


@contextmanager
def _errors_without_traceback() -> "Iterator[None]":
    """Fail a test with the message of an error that says all that its caller needs, such as that nothing listens."""
    from flowcontract.errors import FlowContractError

    try:
        yield
    except FlowContractError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def _flow_arguments(request: pytest.FixtureRequest) -> "Namespace":
    """The arguments with which `flowcontract gate` would test the server: the configuration, and pytest's options."""
    from flowcontract.cli import main
    from flowcontract.openapi import discovery, parameter_values

    option, folder = request.config.getoption, request.config.rootpath
    words = ["--quiet", *(f"--param={text}" for text in option("--flowcontract-param"))]
    if token := option("--flowcontract-token"):
        words.append(f"--token={token}")
    if url := option("--flowcontract-url"):
        words.append(url)
    with _errors_without_traceback():
        for text in option("--flowcontract-param"):
            parameter_values.parse(text)
        arguments = main.arguments_of("gate", words, folder)
    if arguments.spec is None and (document := discovery.document_in(folder)):
        arguments.spec = str(document)
    arguments.url = arguments.url or ""  # None would be our own mock.
    arguments.contract_shown = True  # Commands print which one they use; a test prints nothing.
    return arguments


@pytest.fixture(scope="session")
def flow_contract(_flow_arguments: "Namespace") -> "Contract":
    """The contract of the project: its configuration, else its document, else the bundled one. Override it at will."""
    from flowcontract.cli import options

    with _errors_without_traceback():
        return options.contract(_flow_arguments)


@pytest.fixture(scope="session")
def _flow_mock_settings(_flow_arguments: "Namespace") -> "dict[str, Any]":
    """What the configuration says in `[mock]`, for the fixture `flow_mock`."""
    from flowcontract.cli import mock

    with _errors_without_traceback():
        return mock.configured(_flow_arguments.configuration)


@pytest.fixture(scope="session")
def flow_default_target(_flow_arguments: "Namespace", flow_contract: "Contract") -> "Target":
    """The server to test where `--flowcontract-url` names none: the configured one. Override it to start one."""
    from flowcontract.cli import options

    if not _flow_arguments.url:
        pytest.fail(
            "expected a server to test, got none: set `url` of [gate] in flowcontract.toml, or add "
            "--flowcontract-url URL.",
            pytrace=False,
        )
    with _errors_without_traceback():
        return options.target(flow_contract, _flow_arguments, _flow_arguments.url)


@pytest.fixture(scope="session")
def flow_target(
    request: pytest.FixtureRequest, _flow_arguments: "Namespace", flow_contract: "Contract"
) -> "Iterator[Target]":
    """The server to test: the one of `--flowcontract-url`, else `flow_default_target`.

    The credentials of options, configuration and environment are for either of them, unless the default target has
    its own.
    """
    from flowcontract.cli import gate, options, owner_commands

    url = request.config.getoption("--flowcontract-url")
    default = None if url else request.getfixturevalue("flow_default_target")
    with _errors_without_traceback():
        if default is None:
            target = options.target(flow_contract, _flow_arguments, url)
        elif default.tokens:
            target = default
        else:
            configured = options.target(flow_contract, _flow_arguments, default.origin)
            target = replace(default, tokens=configured.tokens, headers=default.headers or configured.headers)
        gate.wait_for(target, _flow_arguments.wait)
    with (
        _errors_without_traceback(),
        owner_commands.around(_flow_arguments.setup, _flow_arguments.teardown, target.url) as made,
    ):
        _flow_arguments.param = [*_flow_arguments.param, *made]
        yield target


@pytest.fixture(scope="session")
def flow_options(_flow_arguments: "Namespace", flow_contract: "Contract") -> "Options":
    """How the server is tested: as configured.

    Override it, for instance to allow unsafe methods for an application of your own; the overriding fixture gets this
    one as its argument `flow_options`.
    """
    from flowcontract.cli import gate

    with _errors_without_traceback():
        return gate.engine_options(flow_contract, _flow_arguments)


@pytest.fixture(scope="session")
def flow_result(
    request: pytest.FixtureRequest,
    _flow_arguments: "Namespace",
    flow_contract: "Contract",
    flow_target: "Target",
    flow_options: "Options",
) -> "RunResult":
    """The result of testing the server: one run for the whole session."""
    from flowcontract import engine
    from flowcontract.engine.events import Interrupted

    events: list[Event] = []
    with _errors_without_traceback(), _quiet_logs():
        options = _with_given_values(request, _flow_arguments, flow_contract, flow_options)
        result = engine.run(flow_contract, flow_target, options, events.append)
    if Interrupted() in events:
        raise KeyboardInterrupt  # It is meant for the whole session.
    request.config.stash[_RESULT] = result
    return result


@contextmanager
def _quiet_logs() -> "Iterator[None]":
    """Log errors only: an application in this process logs each of its thousands of responses.

    pytest would print them all before the first finding. The traceback of a server error stays.
    """
    before = logging.root.manager.disable
    logging.disable(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.disable(before)


def _with_given_values(
    request: pytest.FixtureRequest, arguments: "Namespace", contract: "Contract", options: "Options"
) -> "Options":
    """The options with the path parameters of the configuration, where they have none, and of the command line."""
    from flowcontract.openapi.parameter_values import by_operation, named_operations, parse

    configured = by_operation(contract, arguments.param)
    given = [parse(text) for text in request.config.getoption("--flowcontract-param")]
    chosen = {
        name: sets
        for name, sets in configured.items()
        if any(value.is_for(contract.operations[name]) and value.name in sets[0] for value in given)
    }
    may_change = (*options.may_change, *named_operations(contract, given))
    return replace(options, path_values={**configured, **options.path_values, **chosen}, may_change=may_change)


@pytest.fixture
def flow_sequences(
    request: pytest.FixtureRequest,
    _flow_arguments: "Namespace",
    flow_contract: "Contract",
    flow_target: "Target",
    flow_options: "Options",
) -> "Iterator[type[RuleBasedStateMachine]]":
    """A state machine of Hypothesis over the server's resources; see `flowcontract.testing.resource_sequences`.

    It writes: the test is skipped unless `flow_options` allows unsafe methods.
    """
    from flowcontract.testing import resource_sequences

    if not flow_options.allow_unsafe:
        pytest.skip("sequences create and delete resources: set `allow-unsafe = true` of [gate] in flowcontract.toml.")
    options = _with_given_values(request, _flow_arguments, flow_contract, flow_options)
    with resource_sequences(flow_contract, flow_target, options) as machine:
        yield machine


@pytest.fixture
def flow_operation(
    request: pytest.FixtureRequest, flow_result: "RunResult", flow_options: "Options"
) -> "OperationResult":
    """What the run found about one operation; see `flowcontract.testing.parametrize`."""
    from flowcontract.testing import of_operation

    with _errors_without_traceback():
        return of_operation(flow_result, request.param, fail_on_warnings=flow_options.fail_on_warnings)
