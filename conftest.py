"""Wiring: where no server is named, the gate's tests judge a mock of our own."""

from collections.abc import Iterator

import pytest

import flowmock
from flowcontract.contract import Contract
from flowcontract.exchange import Target

TOKEN = "a-token-of-the-gates"  # noqa: S105 - of a mock that ends with the tests


@pytest.fixture(scope="session")
def flow_default_target(flow_contract: Contract) -> Iterator[Target]:
    with flowmock.running(flow_contract, tokens=[TOKEN]) as mock:
        yield Target.at(mock.url, flow_contract.base_path, token=TOKEN)
