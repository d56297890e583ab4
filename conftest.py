"""Wiring: where no server is named, the gate's tests judge a mock of our own."""

import os
import tempfile
from collections.abc import Iterator

import pytest

import flowmock
from flowcontract.http.target import Target
from flowcontract.openapi import cache
from flowcontract.openapi.contract import Contract

TOKEN = "a-token-of-the-gates"  # noqa: S105 - of a mock that ends with the tests


def pytest_configure(config: pytest.Config) -> None:
    """Tests read through a cache of their own, which begins empty and ends with them; workers share it."""
    if cache.VARIABLE not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="flowcontract-tests-")
        os.environ[cache.VARIABLE] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.fixture(scope="session")
def flow_default_target(flow_contract: Contract) -> Iterator[Target]:
    with flowmock.running(flow_contract, tokens=[TOKEN]) as mock:
        yield Target.at(mock.url, flow_contract.base_path, token=TOKEN)
