"""Shards of a campaign that send less: for tests of what becomes of a finding."""

import contextlib
from collections.abc import Iterator

import pytest

from flowcontract.engine.campaigns.plan import Shard
from flowcontract.engine.phases import sequences


@contextlib.contextmanager
def one_scenario(name: str) -> Iterator[Shard]:
    """The shard of a scenario, which runs alone in it for as long as the block lasts."""
    chosen = tuple(each for each in sequences.SCENARIOS if each.__name__ == name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sequences, "SCENARIOS", chosen)
        yield Shard("sequences", 0)
