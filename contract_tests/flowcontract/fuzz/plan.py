"""What a campaign is made of: the plan that workers are given, the shards it is cut into, and what they bring back."""

import pickle
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any

from flowcontract.contract import Contract
from flowcontract.exchange import Exchange, Target
from flowcontract.judgement import Failure
from flowcontract.probe import Probe

Values = Mapping[str, str]


class Source(StrEnum):
    """Where the cases of a shard come from."""

    REGRESSION = "regression"
    """What failed in earlier campaigns: asked first."""
    PLAN = "plan"
    """The gate's plan."""
    BREADTH = "breadth"
    """Cheap cases without end."""
    DEPTH = "depth"
    """Cases that Schemathesis and Hypothesis think of, in blocks."""


DEPTH_BLOCK = 60
"""Cases in one block of depth: Hypothesis gives the same ones for the same seed and block."""
DEPTH_EVERY = 6_000
"""Breadth cases for each block of depth, which takes about a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A range of cases of one source."""

    source: Source
    start: int
    stop: int
    """Not included."""

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Plan:
    """Everything that the cases of a campaign follow from. Two equal plans have the same cases."""

    document: Mapping[str, Any]
    """The contract."""
    contract_name: str
    target: Target
    known: Mapping[str, tuple[Values, ...]]
    """Path parameters of things that exist, by operation."""
    seed: int
    operations: tuple[str, ...] = ()
    """Empty for every operation that may be sent."""
    unsafe: bool = False
    corpus: tuple[str, ...] = ()
    """Written keys that were worth remembering in earlier campaigns."""
    regressions: tuple[Probe, ...] = ()
    timeout: float = 10.0
    """Seconds one exchange may take."""

    @cached_property
    def contract(self) -> Contract:
        """The contract, read."""
        return Contract(self.document)

    @cached_property
    def key(self) -> str:
        """What tells this plan from another one; the tokens' values are no part of it."""
        told = (self.document, self.target.url, self.known, self.seed, self.operations, self.unsafe, self.corpus,
                self.regressions, sorted(self.target.tokens))  # fmt: skip
        return blake2b(repr(told).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@dataclass(frozen=True, slots=True)
class PackedPlan:
    """A plan as it travels to workers: packed once, unpacked once per worker."""

    key: str
    blob: bytes = field(repr=False)

    @classmethod
    def of(cls, plan: Plan) -> "PackedPlan":
        """Pack a plan."""
        return cls(plan.key, zlib.compress(pickle.dumps(plan), 1))

    def unpack(self) -> Plan:
        """The plan. It comes from the driver of the same campaign, never from a target."""
        plan: Plan = pickle.loads(zlib.decompress(self.blob))  # noqa: S301
        return plan


@dataclass(frozen=True, slots=True)
class Finding:
    """All failures of one cause in one shard: the smallest, and how many."""

    fingerprint: str
    failure: Failure
    count: int
    index: int
    """Of the first case that showed it."""
    source: Source
    minimal: bool = False
    """Whether nothing can be taken away from the request without losing the failure."""

    def merged(self, other: "Finding") -> "Finding":
        """Both together: the first case, the minimal or else the smaller request."""
        from dataclasses import replace

        best = min((self, other), key=lambda finding: (not finding.minimal, size(finding.failure.exchange)))
        first = min((self, other), key=lambda finding: (list(Source).index(finding.source), finding.index))
        return replace(best, count=self.count + other.count, index=first.index, source=first.source)


def size(exchange: Exchange) -> tuple[int, int, str]:
    """How large a request is, for people: characters in all, then headers; the text settles what is left."""
    request = exchange.request
    length = len(request.target) + sum(len(name) + len(value) for name, value in request.headers) + len(request.body or b"")
    return length, len(request.headers), request.target


@dataclass(slots=True)
class Result:
    """What a worker brings back from a shard, or from the part of it that it had time for."""

    shard: Shard
    reached: int
    """The first case that was not run."""
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How often: `("status", "404", "")`, `("latency", bucket, "")`, `("failed", class, rule)`, ..."""
    findings: dict[str, Finding] = field(default_factory=dict)
    interest: dict[str, tuple[Probe, Exchange]] = field(default_factory=dict)
    """The first exchange of each behaviour that the driver had not seen when it cut the shard."""
    examples: tuple[tuple[bytes, bytes], ...] = ()
    """New entries of Hypothesis's example database."""
    down: bool = False
    """Whether the target stopped answering."""
    cpu: float = 0.0
    """Seconds of this worker's processor."""
    worker: str = ""


class Ranges:
    """The ranges of cases that are done, by source; they may come in any order and overlap."""

    def __init__(self, done: Sequence[tuple[Source, int, int]] = ()) -> None:
        self._done: dict[Source, list[tuple[int, int]]] = {source: [] for source in Source}
        for source, start, stop in done:
            self.add(source, start, stop)

    def add(self, source: Source, start: int, stop: int) -> None:
        """Mark a range as done."""
        if start >= stop:
            return
        joined: list[tuple[int, int]] = []
        for low, high in sorted([*self._done[source], (start, stop)]):
            if joined and low <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        self._done[source] = joined

    def missing(self, source: Source, stop: int) -> Iterator[tuple[int, int]]:
        """The ranges below `stop` that are not done, in order."""
        at = 0
        for low, high in self._done[source]:
            if low > at:
                yield at, min(low, stop)
            at = max(at, high)
            if at >= stop:
                return
        if at < stop:
            yield at, stop

    def count(self, source: Source | None = None) -> int:
        """How many cases are done."""
        sources = list(Source) if source is None else [source]
        return sum(high - low for each in sources for low, high in self._done[each])

    def __iter__(self) -> Iterator[tuple[Source, int, int]]:
        return ((source, low, high) for source, ranges in self._done.items() for low, high in ranges)
