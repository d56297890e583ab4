"""The garbage collector rests at start, and works as ever afterwards."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from flowcontract.cli import collector


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


class Node:
    """What garbage can be made of."""

    def __init__(self) -> None:
        self.itself = self


def test_it_rests_as_long_as_the_block_lasts() -> None:
    with collector.resting():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_it_works_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), collector.resting():
        1 / 0  # noqa: B018

    assert gc.isenabled()


def test_only_what_was_made_by_then_is_left_alone() -> None:
    with collector.resting():
        before = weakref.ref(Node())
    after = weakref.ref(Node())
    gc.collect()

    assert before() is not None
    assert after() is None
