"""Compare two servers: the same requests to both, and where their answers differ, grouped by cause.

Between the mock and a real server this measures fidelity; between two versions of a server it finds behaviour that
changed. It prints nothing; a Comparison is all it gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flowcontract.checks import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.comparison import exchanges, grouping
from flowcontract.engine.comparison.exchanges import Pair, Trait
from flowcontract.engine.sender import Sender
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation import probes
from flowcontract.generation.probes import Values
from flowcontract.http.curl import curl
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location, Operation

__all__ = ["Comparison", "Difference", "Options", "run"]

_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Options:
    """How to compare."""

    keys: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    """What exists on both, by operation id; the contract's examples where nothing is given."""
    operations: tuple[str, ...] = ()
    """Ids of the operations to ask; every one with a safe method where none is named."""
    profile: str = "full"
    seed: int = 0
    workers: int = 1
    allow_unsafe: bool = False
    values: bool = False
    """Compare values too, but for what the contract calls volatile: for servers that have the same data."""
    timeout: float = 5.0
    """Seconds one request may take."""
    max_time: float = 60.0
    """Seconds that each of the two may take in all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the two differ, and the smallest request that shows it."""

    kind: str
    """`answer`, `status`, `media type`, `header`, `body`, `rule` or `value`."""
    operation: str
    messages: tuple[str, ...]
    """What A does and what B does; several where the same requests show several places."""
    location: Location
    """Where the contract speaks of it."""
    count: int
    """How many requests showed it."""
    probes: tuple[str, ...]
    reason: str
    """Why the request was sent."""
    left: Exchange
    right: Exchange
    curl_left: str
    curl_right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was asked of both, and what came of it. No token value stands anywhere in it."""

    contract: str
    left: str
    """URL of A."""
    right: str
    """URL of B."""
    operations: tuple[str, ...]
    profile: str
    seed: int
    compared: int
    """Requests that both were asked."""
    agreed: int
    """How many of them both answered alike."""
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def agreement(self) -> float:
        """The share of requests that were answered alike, from 0 to 1."""
        return self.agreed / self.compared


def run(contract: Contract, left: Target, right: Target, options: Options) -> Comparison:
    """Ask both the same, and compare.

    Raises TargetError where one does not listen or neither serves anything, UsageError for what cannot be asked.
    """
    shared = left.tokens.keys() & right.tokens.keys()
    sides = tuple(replace(side, tokens={name: side.tokens[name] for name in shared}) for side in (left, right))
    return _Run(contract, sides[0], sides[1], options).comparison()


class _Run:
    """One comparison: what was sent to both."""

    def __init__(self, contract: Contract, left: Target, right: Target, options: Options) -> None:
        self._contract = contract
        self._targets = (left, right)
        self._options = options
        self._operations = _operations(contract, options)
        self._notes: list[str] = []

    def comparison(self) -> Comparison:
        """Find the keys that both have, send the plan to one and then the other, put the answers side by side."""
        options = self._options
        senders = tuple(
            Sender(target, timeout=options.timeout, max_time=options.max_time, workers=options.workers)
            for target in self._targets
        )
        with senders[0], senders[1]:
            for sender in senders:
                sender.connect()
            found, keys = self._discovered(senders)
            planned = [
                probes.plan(
                    self._contract, target, keys, profile=options.profile, seed=options.seed,
                    operations=self._operations, allow_unsafe=options.allow_unsafe,
                )
                for target in self._targets
            ]  # fmt: skip
            pairs = [*found, *self._asked(senders, planned[0], planned[1])]
        self._judge_use(pairs)
        return self._sum_up(pairs, senders, len(planned[0]))

    def _discovered(self, senders: tuple[Sender, ...]) -> tuple[list[Pair], dict[str, Sequence[Values]]]:
        """Ask for each key: one that neither has is left out, one that only one of them has is a difference."""
        found: list[Pair] = []
        keys: dict[str, Sequence[Values]] = {}
        for operation in self._operations:
            known = self._options.keys.get(operation.id) or probes.default_keys(operation)
            asked = [probes.discovery(self._contract, target, operation, known) for target in self._targets]
            pairs = self._asked(senders, asked[0], asked[1])
            nowhere = [pair for pair in pairs if pair.left.status == pair.right.status == 404]
            if nowhere:
                self._notes.append(
                    f"{len(nowhere)} of the {len(pairs)} keys asked for of {operation.id} exist on neither."
                )
            found += [pair for pair in pairs if pair not in nowhere]
            keys[operation.id] = [pair.left.probe.values for pair in found if self._on_both(pair, operation)]
            if not asked[0]:
                keys[operation.id] = known
        return found, keys

    @staticmethod
    def _on_both(pair: Pair, operation: Operation) -> bool:
        return pair.left.operation is operation and 404 not in (pair.left.status, pair.right.status)

    def _asked(self, senders: tuple[Sender, ...], left: Sequence[Probe], right: Sequence[Probe]) -> list[Pair]:
        """What came of the same probes at both, as far as both were asked."""
        sent = [sender.send(asked) for sender, asked in zip(senders, (left, right), strict=True)]
        interaction = [{probe.name: self._interaction(probe, exchange) for probe, exchange in side} for side in sent]
        return [Pair(interaction[0][name], interaction[1][name]) for name in interaction[0] if name in interaction[1]]

    def _interaction(self, probe: Probe, exchange: Exchange) -> Interaction:
        return Interaction(probe, self._contract.operation(probe.operation), exchange)

    def _judge_use(self, pairs: Sequence[Pair]) -> None:
        """Two that refuse everything would agree in everything: raises TargetError where nothing is served."""
        asked = [
            pair for pair in pairs if pair.left.probe.group == "discovery" or pair.left.probe.expect is Expect.SUCCESS
        ]
        if any(interaction.success for pair in asked for interaction in (pair.left, pair.right)):
            return
        seen = sorted({text for pair in asked for text in exchanges.sides(pair)})
        raise TargetError(
            f"at least one success was expected of A or B; {', '.join(seen) or 'nothing'} came.",
            do="Check the URLs and --token, and give values that exist with --param NAME=VALUE.",
        )

    def _sum_up(self, pairs: Sequence[Pair], senders: tuple[Sender, ...], planned: int) -> Comparison:
        for letter, sender in zip("AB", senders, strict=True):
            if sender.stopped:
                self._notes.insert(0, f"{letter} was asked only a part of {planned} requests: {sender.stopped}.")
        traits = exchanges.compare(self._contract, self._targets, pairs, values=self._options.values)
        return Comparison(
            contract=f"{self._contract.name} ({self._contract.title} {self._contract.version})",
            left=self._targets[0].url,
            right=self._targets[1].url,
            operations=tuple(operation.id for operation in self._operations),
            profile=self._options.profile,
            seed=self._options.seed,
            compared=len(pairs),
            agreed=len(pairs) - len({trait.pair for trait in traits}),
            differences=tuple(self._difference(group) for group in grouping.group(traits, pairs)),
            notes=tuple(self._notes),
        )

    def _difference(self, traits: Sequence[Trait]) -> Difference:
        shown = min(traits, key=lambda trait: trait.pair.size)
        left, right = shown.pair.left, shown.pair.right
        return Difference(
            kind=shown.kind,
            operation=left.operation.id,
            messages=grouping.messages(traits, shown),
            location=self._contract.location(shown.pointer),
            count=len({trait.pair for trait in traits}),
            probes=tuple(dict.fromkeys(trait.pair.left.probe.name for trait in traits)),
            reason=left.probe.reason,
            left=left.exchange,
            right=right.exchange,
            curl_left=curl(self._targets[0], left.exchange.request),
            curl_right=curl(self._targets[1], right.exchange.request),
        )


def _operations(contract: Contract, options: Options) -> tuple[Operation, ...]:
    if options.operations:
        return tuple(contract.operation(name) for name in options.operations)
    found = tuple(o for o in contract.operations.values() if o.method in _SAFE or options.allow_unsafe)
    if not found:
        raise UsageError(
            f"{contract.name} has no operation that is safe to call.",
            do="Name one with --operation and --allow-unsafe.",
        )
    return found
