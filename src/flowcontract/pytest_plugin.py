"""Options and fixtures for `pytest --pyargs flowcontract.gates`: which server to judge, and the judgement of it."""

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flowcontract.checks.results import Judgement
    from flowcontract.http.messages import Target
    from flowcontract.openapi.contract import Contract


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, which are those of `flowcontract gate`."""
    group = parser.getgroup("flowcontract", "the contract gate")
    group.addoption("--target", metavar="URL", help="the server to judge, with or without the base path")
    group.addoption("--token", metavar="TOKEN", help="a token that may read everything (default: $FLOWCONTRACT_TOKEN)")
    group.addoption(
        "--key", action="append", default=[], metavar="[NAME=]VALUE", help="a key that exists on the target; repeatable"
    )


@pytest.fixture(scope="session")
def flow_contract() -> "Contract":
    """The contract that the project carries."""
    from flowcontract.openapi.contract import Contract

    return Contract.load()


@pytest.fixture(scope="session")
def flow_default_target() -> "Target":
    """The server to judge where none is named; a conftest may put one in this place."""
    pytest.fail("a server to judge was expected: name it with --target URL.", pytrace=False)


@pytest.fixture(scope="session")
def flow_target(request: pytest.FixtureRequest, flow_contract: "Contract") -> "Target":
    """The server to judge: the one that is named, else the default one."""
    from flowcontract.http.messages import Target

    url = request.config.getoption("--target")
    if not url:
        default: Target = request.getfixturevalue("flow_default_target")
        return default
    token = request.config.getoption("--token") or os.environ.get("FLOWCONTRACT_TOKEN")
    return Target.at(url, flow_contract.base_path, token=token)


@pytest.fixture(scope="session")
def flow_judgement(request: pytest.FixtureRequest, flow_contract: "Contract", flow_target: "Target") -> "Judgement":
    """The judgement of the target: one run of the gate for the whole session."""
    from flowcontract.engine import gate
    from flowcontract.openapi.parameter_values import by_operation, parse

    given = [parse(text) for text in request.config.getoption("--key")]
    return gate.run(flow_contract, flow_target, gate.Options(keys=by_operation(flow_contract, given)))
