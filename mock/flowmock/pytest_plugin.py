"""Options and fixtures for pytest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flowcontract.openapi.contract import Contract
    from flowmock.server.running import Running


@pytest.fixture
def flow_mock(flow_contract: "Contract", _flow_mock_settings: dict[str, Any]) -> Iterator["Running"]:
    """A mock of the contract `flow_contract` on a free port, for one test: `flow_mock.url`, `flow_mock.token`.

    It behaves as `[mock]` of the configuration says.
    """
    import flowmock

    settings = dict(_flow_mock_settings)
    with flowmock.running(flow_contract, tokens=settings.pop("token", ()), **settings) as running:
        yield running
