"""Without --flowcontract-url the contract tests run against a mock of the contract."""

import os
import tempfile
from collections.abc import Iterator

import pytest

import flowmock
from flowcontract.http.target import Target
from flowcontract.openapi import cache
from flowcontract.openapi.contract import Contract

TOKEN = "a-token-of-the-contract-tests"  # noqa: S105 - of a mock that ends with the tests


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests an empty cache of their own; worker processes share it, as commands share Hypothesis's tables."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(config.rootpath / ".hypothesis"))
    if cache.VARIABLE not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="flowcontract-tests-")
        os.environ[cache.VARIABLE] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each processor, unless the environment says so: tests wait for servers that start and stop."""
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or 2 * (os.cpu_count() or 1))


@pytest.fixture(scope="session")
def flow_default_target(flow_contract: Contract) -> Iterator[Target]:
    with flowmock.running(flow_contract, tokens=[TOKEN]) as mock:
        yield Target.at(mock.url, flow_contract.base_path, token=TOKEN)
