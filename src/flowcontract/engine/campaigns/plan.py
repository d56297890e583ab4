"""The parts of a campaign as data: the plan for the workers, the shards that it is divided into, and their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowcontract.checks import Violation
from flowcontract.checks.findings import OF_ITEMS
from flowcontract.checks.probe import Probe
from flowcontract.engine.options import Options
from flowcontract.generation.created import Created
from flowcontract.http import credentials
from flowcontract.http.messages import SAFE_METHODS, Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

Values = Mapping[str, str]
START = "start"
"""The first shard: one success for each operation. What it learns is part of the plan of all others."""
BEGINNING = 512
"""Bytes that are left of a body that is shortened."""
CONNECTIONS = 1
"""Connections of a worker at once: with several, the order of the requests would depend on the time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a campaign was started with; it stays the same when the campaign is resumed."""

    seed: int = 0
    path_values: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)
    """Path parameters of existing resources, by operation ID, as given."""
    may_change: tuple[str, ...] = ()
    """IDs of operations that may change these resources, as all `operations` may."""
    operations: tuple[str, ...] = ()
    include: tuple[tuple[str, str], ...] = ()
    exclude: tuple[tuple[str, str], ...] = ()
    safe: tuple[str, ...] = ()
    pairs: Mapping[str, str] = field(default_factory=dict)
    allow_unsafe: bool = False
    published: bool = False
    """Responses are checked against the published part of the contract alone."""
    timeout: float = 10.0
    """Seconds for one request."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """`off`, `warning` or `failure` by rule ID."""
    plugins: tuple[str, ...] = ()
    """Modules that add rules."""
    settle: float = 0.0
    """Seconds to wait after a write before a failing sequence is sent again."""
    cases: int | None = None
    """Requests after which the campaign ends; None for no limit."""
    seconds: float | None = None
    """Seconds after which it ends, without pauses; None for no limit."""

    def options(self, seed: int, published: Contract | None = None, *, rate: float = 0.0) -> Options:
        """The options of a session."""
        return Options(
            path_values={name: list(values) for name, values in self.path_values.items()},
            may_change=self.may_change,
            operations=self.operations,
            include=self.include,
            exclude=self.exclude,
            safe=self.safe,
            pairs=self.pairs,
            seed=seed,
            workers=CONNECTIONS,
            allow_unsafe=self.allow_unsafe,
            severities=self.severities,
            published=published,
            timeout=self.timeout,
            settle=self.settle,
            rate=rate,
        )


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the first shard learned about the target."""

    successes: tuple[tuple[Probe, Exchange], ...] = ()
    """The documented successes, from which IDs of resources are learned."""
    denies_anonymous: tuple[str, ...] = ()
    """IDs of operations that deny callers without credentials."""
    untested: Mapping[str, str] = field(default_factory=dict)
    """Why no documented success was seen, by operation ID."""
    median: float = 0.0
    """Seconds that half of the responses took at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that determines the cases of a campaign. Equal plans have the same cases."""

    document: Mapping[str, Any]
    """The contract."""
    published: Mapping[str, Any] | None
    target: Target
    settings: Settings
    selected: tuple[str, ...]
    """IDs of the operations that the settings select."""
    counted: int
    """Operations that results count as tested or not: the selected ones, and those that are too risky by default."""
    regressions: tuple["FailureGroup", ...] = ()
    """Failures of earlier campaigns, which are looked for first."""
    left_out: int = 0
    """Others, which are too many to look for."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the work of a source: the operations and the seed follow from its number."""

    source: str
    number: int


@dataclass(frozen=True, slots=True)
class Task:
    """A shard and how it is run: this does not change its cases."""

    shard: Shard
    rate: float = 0.0
    """Requests per second, at most; 0 for no limit."""
    seconds: float = 600.0
    """Time limit."""
    examined: Mapping[str, str] = field(default_factory=dict)
    """Failures that need no second look, by the key of their group as it is sent: the trigger that was found."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Similar failures of a campaign: the plainest one and their number. Findings are made from groups."""

    violation: Violation
    probe: Probe
    exchange: Exchange
    base_probe: Probe | None
    """What it was compared with, for a relation."""
    base_exchange: Exchange | None
    count: int
    shard: Shard
    """The first shard with such a failure."""
    size: tuple[int, ...]
    """How hard the request is to read."""
    flaky: bool = False
    """Whether it did not fail when sent again."""
    steps: tuple[tuple[str, Probe, Exchange], ...] = ()
    """The sequence that it is the end of: what each request does, its probe and its exchange."""
    setup: tuple[tuple[str, Probe, Exchange], ...] = ()
    """All requests that show it on another server, where the steps are not all: see `Occurrence`."""
    scenario: str = ""
    """The scenario of sequences that shows it; empty for none."""
    kind: str = ""
    """The path of one of the resources that the scenario ran with."""
    is_confirmed: bool = False
    """Whether these steps alone, sent again, showed it again."""
    is_about_own: bool = False
    """Whether the request is about resources that the campaign created, and deletes."""
    pairs: Mapping[str, str] | None = None
    """`--pair` of the campaign that found it: `kind` may be known with these alone. None for those of now."""
    campaign: int = 0
    """The earlier campaign that it was sent again from; 0 for none. The shard is of an earlier one, too."""

    @property
    def key(self) -> str:
        """Equal for similar failures: same rule, operation, group key, trigger and probe group."""
        violation, probe = self.violation, self.probe
        return "|".join((violation.rule, probe.operation, violation.group_key, probe.trigger, probe.group))

    @property
    def operations(self) -> set[str]:
        """IDs of the operations that it needs."""
        return {self.probe.operation, *(probe.operation for _, probe, _ in (*self.steps, *self.setup))}

    @property
    def changes(self) -> str:
        """What may change data when it is sent again, in words; empty if it only reads."""
        if self.scenario:
            return "a sequence that creates and deletes resources"
        methods = [probe.request.method for _, probe, _ in self.steps] or [self.probe.request.method]
        changing = next((name for name in methods if name not in (*SAFE_METHODS, "TRACE")), "")
        return f"a {changing} request" if changing else ""

    @property
    def credentials(self) -> frozenset[str]:
        """The variables of the credentials that its requests have."""
        base = [self.base_probe] if self.base_probe else []
        requests = [probe.request for probe in (*base, self.probe, *(probe for _, probe, _ in self.steps))]
        texts = (text for request in requests for text in (request.target, *(value for _, value in request.headers)))
        return frozenset[str]().union(*map(credentials.variables, texts))

    def moved(self, before: str, now: str) -> "FailureGroup":
        """The same for a target whose paths begin with another prefix."""
        if before == now:
            return self
        return replace(
            self,
            probe=_moved(self.probe, before, now),
            base_probe=_moved(self.base_probe, before, now) if self.base_probe else None,
            steps=tuple((label, _moved(probe, before, now), exchange) for label, probe, exchange in self.steps),
            setup=tuple((label, _moved(probe, before, now), exchange) for label, probe, exchange in self.setup),
        )

    @property
    def target(self) -> str:
        """The target of the request."""
        return self.exchange.request.target

    def merged(self, other: "FailureGroup") -> "FailureGroup":
        """Both groups together: the plainest request, whatever the order in which they come."""
        best = min((self, other), key=FailureGroup._plainness)
        shard = min((self, other), key=lambda group: (group.shard.number, group.shard.source)).shard
        flaky, campaign = self.flaky and other.flaky, max(self.campaign, other.campaign)
        return replace(best, count=self.count + other.count, shard=shard, flaky=flaky, campaign=campaign)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges that it keeps."""
        base = (self.base_exchange,) if self.base_exchange else ()
        return (self.exchange, *base, *(exchange for _, _, exchange in (*self.steps, *self.setup)))

    @property
    def body_size(self) -> int:
        """Bytes of the bodies of its responses."""
        return sum(len(exchange.response.body) for exchange in self.exchanges if exchange.response)

    def shortened(self) -> "FailureGroup":
        """The same with the beginnings of the bodies alone."""
        return replace(
            self,
            violation=replace(self.violation, expected=None, actual=None),
            exchange=_shortened(self.exchange),
            base_exchange=_shortened(self.base_exchange) if self.base_exchange else None,
            steps=tuple((label, probe, _shortened(exchange)) for label, probe, exchange in self.steps),
            setup=tuple((label, probe, _shortened(exchange)) for label, probe, exchange in self.setup),
        )

    def _plainness(self) -> tuple[Any, ...]:
        """What shows the failure best comes first: with the requests that it needs, and no others."""
        lacks_steps = (bool(self.probe.values) or self.violation.rule in OF_ITEMS) and not self.steps
        lacks_setup = lacks_steps and not self.setup
        has_spare_steps = bool(self.steps) and not self.is_confirmed
        return self.flaky, lacks_steps, lacks_setup, has_spare_steps, self.size, len(self.target), self.target


def _moved(probe: Probe, before: str, now: str) -> Probe:
    path = probe.request.target
    if not path.startswith(before):
        return probe
    return replace(probe, request=replace(probe.request, target=now + path[len(before) :]))


def _shortened(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None or len(response.body) <= BEGINNING:
        return exchange
    return replace(exchange, response=replace(response, body=response.body[:BEGINNING], cut=True))


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What a shard showed."""

    shard: Shard
    requests: int = 0
    cpu: float = 0.0
    """CPU seconds of the worker."""
    statuses: tuple[tuple[str, int, int], ...] = ()
    """Operation ID, status (0 without a response) and how often."""
    checks: Mapping[str, int] = field(default_factory=dict)
    """How often each rule was checked."""
    checked: tuple[tuple[str, str], ...] = ()
    """Operation ID and a rule that was checked for it."""
    tested: tuple[str, ...] = ()
    """IDs of operations with a documented success."""
    features: tuple[str, ...] = ()
    """What the responses showed, see `discovery`."""
    groups: tuple[FailureGroup, ...] = ()
    examined: Mapping[str, str] = field(default_factory=dict)
    """Failures that were sent again and minimized, as in a task."""
    notes: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    """IDs of operations whose resources count as shared, see `engine.summary.all_shared`."""
    retested: Mapping[str, str] = field(default_factory=dict)
    """Failures of earlier campaigns that were sent again, by the key of their group: why that says nothing, if so."""
    left_over: tuple[Created, ...] = ()
    """Resources that it created and could not delete."""
    unknown: tuple[str, ...] = ()
    """Notes about what it may have created and cannot delete."""
    median: float = 0.0
    """Seconds that half of the responses took at most."""
    is_cut: bool = False
    """The time limit ended it early."""
    is_down: bool = False
    """The target stopped accepting connections."""
    is_expired: bool = False
    """The target stopped accepting the credentials."""
    knowledge: Knowledge | None = None
    """Of the first shard."""


class Ranges:
    """The numbers of the shards that have run, by source."""

    def __init__(self, done: Sequence[tuple[str, int, int]] = ()) -> None:
        """`done`: source, first number and the number after the last one."""
        self._done: dict[str, set[int]] = {}
        for source, start, stop in done:
            self._done.setdefault(source, set()).update(range(start, stop))

    def add(self, shard: Shard) -> None:
        """A shard has run."""
        self._done.setdefault(shard.source, set()).add(shard.number)

    def __contains__(self, shard: object) -> bool:
        return isinstance(shard, Shard) and shard.number in self._done.get(shard.source, ())

    def ranges(self) -> list[tuple[str, int, int]]:
        """The same as ranges, in order."""
        found: list[tuple[str, int, int]] = []
        for source, numbers in sorted(self._done.items()):
            for number in sorted(numbers):
                if found and found[-1][0] == source and found[-1][2] == number:
                    found[-1] = (source, found[-1][1], number + 1)
                else:
                    found.append((source, number, number + 1))
        return found
