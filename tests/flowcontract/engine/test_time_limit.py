"""The last part of a run's time limit is for minimizing findings and sending them again."""

from collections.abc import Iterator

import pytest
from tests.faulty_servers.crud.messages import Response
from tests.faulty_servers.crud.serving import running

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.sender import INTERRUPTED, Sender
from flowcontract.http.messages import Request
from flowcontract.http.target import Target

PROBE = Probe("first", "", "getThing", Request("GET", "/things"), Expect.SUCCESS)


@pytest.fixture
def sender() -> Iterator[Sender]:
    """A sender for which all of the time limit is reserve."""
    with (
        running(lambda _: Response(204, {})) as url,
        Sender(Target.at(url, ""), timeout=5.0, time_limit=60.0, reserve=60.0) as sender,
    ):
        yield sender


def test_the_reserve_is_not_for_the_phases(sender: Sender) -> None:
    assert sender.remaining == 0
    assert sender.send([PROBE]) == []
    assert sender.stopped == "time limit of 60 s reached (--time-limit)"


def test_the_reserve_is_for_what_comes_after_them(sender: Sender) -> None:
    sender.send([PROBE])
    with sender.whole_time():
        assert len(sender.send([PROBE])) == 1

    assert sender.stopped == "time limit of 60 s reached (--time-limit)", "the report says that phases were cut"


def test_nothing_is_sent_in_the_reserve_after_an_interruption(sender: Sender) -> None:
    sender.send([PROBE])
    sender.stopped = INTERRUPTED
    with sender.whole_time():
        assert sender.send([PROBE]) == []
