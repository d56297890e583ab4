"""The budget follows discovery: which source has its turn next.

The score of a source is what it discovered per CPU second, the recent past more than the distant one. The source with
the best score is next; one that got less than its least share is next in any case, since a source that found nothing
for a while may find something again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flowcontract.engine.campaigns.plan import Shard
from flowcontract.engine.campaigns.sources import Source

_LEAST = 0.04
"""Share of the CPU time that every source gets, whatever it finds."""
_MEMORY = 20.0
"""CPU seconds of a source after which what it found before counts half."""
_FIRST = 0.5
"""CPU seconds that the promise of a source stands for."""


@dataclass(slots=True)
class _Account:
    found: float = 0.0
    """Discoveries, weighted; those of the past count less."""
    spent: float = 0.0
    """CPU seconds, those of the past count less."""
    total: float = 0.0
    """All CPU seconds."""
    running: int = 0
    """Shards that are running."""
    number: int = 0
    """The next shard."""
    empty: int = 0
    """Shards in a row without a case."""

    def add(self, cpu: float, found: float) -> None:
        """Count CPU seconds and what was found in them."""
        forget = 0.5 ** (cpu / _MEMORY)
        self.found = self.found * forget + found
        self.spent = self.spent * forget + cpu
        self.total += cpu


class Schedule:
    """Hands out shards. Not thread-safe."""

    def __init__(self, sources: Mapping[str, Source], operations: int, is_done: Callable[[Shard], bool]) -> None:
        self._sources = sources
        self._operations = operations
        self._is_done = is_done
        self._accounts = {name: _Account() for name in sources}
        self._returned: list[Shard] = []

    def next(self, *, only_first: bool = False) -> Shard | None:
        """The shard to run next; None if there is nothing left that is not running.

        `only_first`: of the sources that run before all others.
        """
        returned = [shard for shard in self._returned if not only_first or self._sources[shard.source].is_first]
        if returned:
            shard = returned[-1]
            self._returned.remove(shard)
            self._accounts[shard.source].running += 1
            return shard
        candidates = [name for name in self._sources if self._number(name) is not None]
        first = [name for name in candidates if self._sources[name].is_first]
        candidates = first or ([] if only_first else candidates)
        if not candidates:
            return None
        total = sum(account.total for account in self._accounts.values())
        neglected = [name for name in candidates if self._is_neglected(name, total)]
        name = max(neglected or candidates, key=self._score)
        account = self._accounts[name]
        shard = Shard(name, account.number)
        account.number += 1
        account.running += 1
        return shard

    def finished(self, shard: Shard, cpu: float, found: float, *, is_empty: bool = False) -> None:
        """A shard has run: CPU seconds, and its weighted discoveries; `is_empty`: it had no case to send."""
        account = self._accounts[shard.source]
        account.empty = account.empty + 1 if is_empty else 0
        account.running -= 1
        account.add(cpu, found)

    def remember(self, source: str, cpu: float, found: float) -> None:
        """What a source took and discovered before the campaign was resumed."""
        if source in self._accounts:
            self._accounts[source].add(cpu, found)

    def again(self, shard: Shard) -> None:
        """A shard was lost, and has to run again."""
        self._accounts[shard.source].running -= 1
        self._returned.append(shard)

    def _number(self, name: str) -> int | None:
        """The number of the next shard of a source that has not run; None if all have."""
        source, account = self._sources[name], self._accounts[name]
        round_of = source.shards(self._operations)
        last = round_of if source.once else None
        if account.empty >= round_of:  # No operation has a case for it.
            return None
        while last is None or account.number < last:
            if not self._is_done(Shard(name, account.number)):
                return account.number
            account.number += 1
        return None

    def _score(self, name: str) -> float:
        account, promise = self._accounts[name], self._sources[name].promise
        # What is running counts as if it found nothing, or all workers would do the same.
        return (account.found + promise * _FIRST) / (account.spent + _FIRST * (1 + account.running))

    def _is_neglected(self, name: str, total: float) -> bool:
        account = self._accounts[name]
        return not account.running and total > 1 / _LEAST * _FIRST and account.total < _LEAST * total
