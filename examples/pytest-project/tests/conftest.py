"""The server that `tests/test_server.py` tests where --flowcontract-url names none: a mock."""

from collections.abc import Iterator

import flowmock
import pytest
from flowcontract.contract import Contract
from flowcontract.http.target import Target

TOKEN = "a-token-that-may-view-flows"


@pytest.fixture(scope="session")
def flow_default_target(flow_contract: Contract) -> Iterator[Target]:
    with flowmock.running(flow_contract, tokens=[TOKEN]) as mock:
        yield Target.at(mock.url, flow_contract.base_path, token=TOKEN)
