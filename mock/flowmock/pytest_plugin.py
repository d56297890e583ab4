"""Options and fixtures for pytest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flowmock.server.running import Running


@pytest.fixture
def flow_mock() -> Iterator["Running"]:
    """A mock of the project's contract on a free port, for one test: `flow_mock.url`, `flow_mock.token`."""
    import flowmock

    with flowmock.running() as running:
        yield running
