"""Options and fixtures for pytest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flowcontract.openapi.contract import Contract
    from flowmock.server.running import Running


@pytest.fixture
def flow_mock(flow_contract: "Contract") -> Iterator["Running"]:
    """A mock of the contract `flow_contract` on a free port, for one test: `flow_mock.url`, `flow_mock.token`."""
    import flowmock

    with flowmock.running(flow_contract) as running:
        yield running
