"""What a campaign is made of: the plan that workers are given, the shards it is cut into, and what they bring back."""

import pickle
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from itertools import count
from typing import Any

from flowcontract.checks import Violation
from flowcontract.checks.probe import Probe
from flowcontract.checks.registry import rule
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Values = Mapping[str, str]


class Source(StrEnum):
    """Where the cases of a shard come from."""

    REGRESSION = "regression"
    """What failed in earlier campaigns: asked first."""
    PLAN = "plan"
    """The gate's plan."""
    MUTATED = "mutated"
    """Cheap cases without end."""
    PROPERTY_BASED = "property-based"
    """Cases that Schemathesis and Hypothesis think of, in blocks."""


BLOCK_SIZE = 60
"""Cases in one block of depth: Hypothesis gives the same ones for the same seed and block."""
MUTATED_BEFORE_FIRST_BLOCK = 2_000
"""Breadth cases before the first block of depth."""
MUTATED_PER_BLOCK = 25_000
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


@dataclass(frozen=True, slots=True)
class Example:
    """One entry of Hypothesis's example database: input that was found to fail, as small as it could be made."""

    operation: str
    mode: str
    """Schemathesis' word for how it was drawn."""
    value: bytes
    """The choices that it was drawn by, as Hypothesis writes them."""


@dataclass(frozen=True)
class Plan:
    """Everything that the cases of a campaign follow from. Two equal plans have the same cases."""

    document: Mapping[str, Any]
    """The contract."""
    target: Target
    known: Mapping[str, tuple[Values, ...]]
    """Path parameters of things that exist, by operation."""
    seed: int
    operations: tuple[str, ...] = ()
    """Empty for every operation that may be sent."""
    published: Mapping[str, Any] | None = None
    """Judge by this document alone, while asking what the whole contract suggests."""
    unsafe: bool = False
    corpus: tuple[str, ...] = ()
    """Written keys that were worth remembering in earlier campaigns."""
    regressions: tuple[Probe, ...] = ()
    examples: tuple[Example, ...] = ()
    """What Hypothesis remembers of earlier campaigns."""
    planned: tuple[Probe, ...] = ()
    """The gate's plan, as far as it may be sent."""
    timeout: float = 10.0
    """Seconds one exchange may take."""
    bound: float = 2.0
    """Seconds after which an answer is late."""

    @cached_property
    def contract(self) -> Contract:
        """The contract, read."""
        return Contract(self.document)

    @cached_property
    def key(self) -> str:
        """What tells this plan from another one; the tokens' values are no part of it."""
        told = (
            self.document, self.target.prefix, self.known, self.seed, self.operations, self.published, self.unsafe,
            self.corpus, self.regressions, self.examples, self.planned, sorted(self.target.tokens),
        )  # fmt: skip
        return blake2b(repr(told).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@dataclass(frozen=True, slots=True)
class PackedPlan:
    """A plan as it travels to workers: packed once, unpacked once per worker."""

    key: str
    """What tells it from another packed plan, targets and tokens included."""
    blob: bytes = field(repr=False)

    @classmethod
    def of(cls, plan: Plan) -> "PackedPlan":
        """Pack a plan."""
        blob = zlib.compress(pickle.dumps(plan), 1)
        return cls(blake2b(blob, digest_size=12).hexdigest(), blob)

    def unpack(self) -> Plan:
        """The plan. It comes from the driver of the same campaign, never from a target."""
        plan: Plan = pickle.loads(zlib.decompress(self.blob))  # noqa: S301
        return plan


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All failures alike of one campaign: the smallest, and how many. Causes are grouped from groups."""

    violation: Violation
    probe: Probe
    exchange: Exchange
    base_probe: Probe | None
    """What it was compared with, for a relation."""
    base_exchange: Exchange | None
    count: int
    source: Source
    index: int
    """Of the first case that showed it."""
    flaky: bool = False
    """It did not break when asked again."""

    @property
    def key(self) -> str:
        """Equal for failures alike: same rule, operation, cause, trigger and group."""
        violation, probe = self.violation, self.probe
        return "|".join((violation.rule, probe.operation, violation.group_key, probe.trigger, probe.group))

    @property
    def is_warning(self) -> bool:
        """Whether a right server may do this: it is told, and is no failure."""
        return rule(self.violation.rule).is_warning

    @property
    def size(self) -> tuple[int, str]:
        """How large the request is on the wire; the text settles what is left."""
        request = self.exchange.request
        told = "".join(name + value for name, value in request.headers)
        length = len(told.encode("utf-8", "surrogatepass")) + len(request.body or b"")
        return len(request.target) + length, request.target

    def merged(self, other: "FailureGroup") -> "FailureGroup":
        """Both together: the first case, and the smaller request."""
        best = min((self, other), key=lambda group: (group.flaky, group.size))
        first = min((self, other), key=lambda group: (list(Source).index(group.source), group.index))
        return replace(
            best,
            count=self.count + other.count,
            index=first.index,
            source=first.source,
            flaky=self.flaky and other.flaky,
        )


@dataclass(slots=True)
class ShardResult:
    """What a worker brings back from a shard, or from the part of it that it had time for."""

    shard: Shard
    reached: int
    """The first case that was not run."""
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How often: `("status", "404", "")`, `("latency", bucket, "")`, `("failed", class, rule)`, ..."""
    groups: dict[str, FailureGroup] = field(default_factory=dict)
    interest: dict[str, tuple[Probe, Exchange]] = field(default_factory=dict)
    """The first exchange of each behavior that the driver had not seen when it cut the shard."""
    examples: tuple[Example, ...] = ()
    """What Hypothesis is to remember."""
    down: bool = False
    """Whether the target stopped answering; `reached` is then the case that it did not answer."""
    suspect: FailureGroup | None = None
    """That case, as a failure, should it turn out to be what ends the target."""
    cpu: float = 0.0
    """Seconds of this worker's processor."""


def layout(plan: Plan) -> Iterator[Shard]:
    """Every shard of a campaign in the order in which it is prepared, without end."""
    yield Shard(Source.REGRESSION, 0, len(plan.regressions))
    yield Shard(Source.PLAN, 0, len(plan.planned))
    at = 0
    for block in count():
        until = MUTATED_BEFORE_FIRST_BLOCK + block * MUTATED_PER_BLOCK
        yield Shard(Source.MUTATED, at, until)
        yield Shard(Source.PROPERTY_BASED, block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE)
        at = until


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
