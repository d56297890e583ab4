"""Compare two servers: send both the same requests, and group the differences between their responses.

Comparing the mock with a real server measures its fidelity; comparing two versions of a server finds behavior that
changed. This package prints nothing and returns a Comparison.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flowcontract.checks import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.cleanup import path_of, still_there
from flowcontract.engine.comparison import exchanges, grouping, query_parameters
from flowcontract.engine.comparison.exchanges import Pair, PairDifference
from flowcontract.engine.sender import Sender
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation import probes
from flowcontract.generation.created import CreatedResources
from flowcontract.generation.probes import Values
from flowcontract.generation.resources import Resources, documented
from flowcontract.http.curl import curl
from flowcontract.http.messages import SAFE_METHODS, Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location, Operation
from flowcontract.text import plural

__all__ = ["Comparison", "Difference", "Options", "run"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to compare."""

    path_values: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    """Path parameters of resources on both servers, by operation ID; what lists of A and examples have for the rest."""
    operations: tuple[str, ...] = ()
    """IDs of the operations to compare; all with a safe method where none is given."""
    workers: int = 1
    allow_unsafe: bool = False
    values: bool = False
    """Compare values too, except volatile ones: for servers with the same data."""
    timeout: float = 5.0
    """Seconds for one request."""
    time_limit: float = 60.0
    """Seconds for all requests to one of the servers."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the servers, and the smallest request that shows it."""

    kind: str
    """`response`, `status`, `media type`, `header`, `body`, `rule` or `value`."""
    operation: str
    messages: tuple[str, ...]
    """What A does and what B does; several if the same requests show several differences."""
    location: Location
    """The part of the contract that it concerns."""
    count: int
    """How many requests showed it."""
    probes: tuple[str, ...]
    """The probes that showed it, that of the request first."""
    reason: str
    """Why the request was sent."""
    left: Exchange
    right: Exchange
    curl_left: str
    curl_right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison. It contains no token values."""

    contract: str
    left: str
    """URL of A."""
    right: str
    """URL of B."""
    operations: tuple[str, ...]
    """IDs of the operations that were asked for."""
    served: tuple[str, ...]
    """Those that one of the servers returned a success for."""
    compared: int
    """Requests that were sent to both."""
    agreed: int
    """How many of them got the same response from both."""
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def agreement(self) -> float:
        """The share of requests with the same response from both, from 0 to 1."""
        return self.agreed / self.compared


def run(contract: Contract, left: Target, right: Target, options: Options) -> Comparison:
    """Send both the same requests, and compare the responses.

    Raises TargetError if one does not listen or neither serves anything, UsageError for options that do not fit.
    """
    shared = left.tokens.keys() & right.tokens.keys()
    sides = tuple(replace(side, tokens={name: side.tokens[name] for name in shared}) for side in (left, right))
    return _Run(contract, sides[0], sides[1], options).comparison()


class _Run:
    """One comparison."""

    def __init__(self, contract: Contract, left: Target, right: Target, options: Options) -> None:
        self._contract = contract
        self._targets = (left, right)
        self._options = options
        self._operations = _operations(contract, options)
        self._notes: list[str] = []

    def comparison(self) -> Comparison:
        """Find the resources that both have, send the plan to each, and compare the responses pairwise."""
        options = self._options
        senders = tuple(
            Sender(target, timeout=options.timeout, time_limit=options.time_limit, workers=options.workers)
            for target in self._targets
        )
        with senders[0], senders[1]:
            for sender in senders:
                sender.connect()
                given = options.path_values
                sender.created = CreatedResources(
                    self._contract, {}, target=sender.target, given=given, named=options.operations
                )
            pairs, path_values = self._existing_path_values(senders)
            planned = [
                probes.plans(
                    self._contract,
                    target,
                    path_values,
                    operations=self._operations,
                    allow_unsafe=options.allow_unsafe,
                )
                for target in self._targets
            ]
            pairs += self._sent(senders, planned[0], planned[1])
        self._require_success(pairs)
        return self._sum_up(pairs, senders, len(planned[0]))

    def _existing_path_values(self, senders: tuple[Sender, ...]) -> tuple[list[Pair], dict[str, Sequence[Values]]]:
        """Request each resource: one that neither has is left out, one that only one of them has is a difference."""
        found: list[Pair] = []
        path_values: dict[str, Sequence[Values]] = {}
        given = self._options.path_values
        resources = Resources(self._contract, given, self._targets[0].url)
        # Lists come before the resources that they name.
        for operation in sorted(self._operations, key=lambda operation: len(operation.path_parameters())):
            is_safe = operation.method in SAFE_METHODS
            known = resources.candidates(operation) if is_safe else given.get(operation.id) or documented(operation)
            requests = [probes.discovery(self._contract, target, operation, known) for target in self._targets]
            pairs = self._sent(senders, requests[0], requests[1])
            nowhere = [pair for pair in pairs if pair.left.status == pair.right.status == 404]
            if nowhere:
                self._notes.append(
                    f"{len(nowhere)} of {len(pairs)} resources of {operation.id} exist on neither server."
                )
            found += [pair for pair in pairs if pair not in nowhere]
            for pair in pairs:
                if pair.left.success and pair.right.success and operation.method == "GET":
                    resources.learn(operation, pair.left.probe.values, pair.left.json)
            found += self._with_query_parameters(senders, operation, pairs)
            path_values[operation.id] = [pair.left.probe.values for pair in pairs if self._on_both(pair, operation)]
            if not requests[0]:
                path_values[operation.id] = known
        return found, path_values

    def _with_query_parameters(
        self, senders: tuple[Sender, ...], operation: Operation, pairs: Sequence[Pair]
    ) -> list[Pair]:
        """The responses to each documented query parameter, added to the first read that both served."""
        first = next((pair for pair in pairs if pair.left.success and pair.right.success), None)
        if first is None:
            return []
        values, body = first.left.probe.values, first.left.json
        left, right = (
            list(query_parameters.in_turn(self._contract, target, operation, values, body)) for target in self._targets
        )
        return self._sent(senders, left, right)

    @staticmethod
    def _on_both(pair: Pair, operation: Operation) -> bool:
        return pair.left.operation is operation and 404 not in (pair.left.status, pair.right.status)

    def _sent(self, senders: tuple[Sender, ...], left: Sequence[Probe], right: Sequence[Probe]) -> list[Pair]:
        """The responses to the same probes from both, as far as both got them."""
        sent = [sender.send(side) for sender, side in zip(senders, (left, right), strict=True)]
        interactions = [{probe.name: self._interaction(probe, exchange) for probe, exchange in side} for side in sent]
        return [
            Pair(interactions[0][name], interactions[1][name]) for name in interactions[0] if name in interactions[1]
        ]

    def _interaction(self, probe: Probe, exchange: Exchange) -> Interaction:
        return Interaction(probe, self._contract.operation(probe.operation), exchange)

    def _require_success(self, pairs: Sequence[Pair]) -> None:
        """Raises TargetError if neither serves anything: two servers that deny everything always agree."""
        reads = _valid(pairs)
        if any(interaction.success for pair in reads for interaction in (pair.left, pair.right)):
            return
        seen = sorted({text for pair in reads for text in exchanges.sides(pair)})
        raise TargetError(
            f"expected at least one success from A or B, got {', '.join(seen) or 'nothing'}.",
            do="Check the URLs and --token, and pass path parameters of existing resources with --param NAME=VALUE.",
        )

    def _sum_up(self, pairs: Sequence[Pair], senders: tuple[Sender, ...], planned: int) -> Comparison:
        served = {pair.left.operation.id for pair in _valid(pairs) if pair.left.success or pair.right.success}
        for letter, sender in zip("AB", senders, strict=True):
            if sender.stopped:
                self._notes.insert(0, f"{letter} got only part of {planned} requests: {sender.stopped}.")
            self._notes += self._about_changes(letter, sender)
        self._notes += self._not_compared(pairs, served)
        differences = exchanges.compare(self._contract, self._targets, pairs, values=self._options.values)
        return Comparison(
            contract=f"{self._contract.name} ({self._contract.title} {self._contract.version})",
            left=self._targets[0].url,
            right=self._targets[1].url,
            operations=tuple(operation.id for operation in self._operations),
            served=tuple(operation.id for operation in self._operations if operation.id in served),
            compared=len(pairs),
            agreed=len(pairs) - len({difference.pair for difference in differences}),
            differences=tuple(self._difference(group) for group in grouping.group(differences, pairs)),
            notes=tuple(self._notes),
        )

    def _about_changes(self, letter: str, sender: Sender) -> Iterator[str]:
        """Unsafe requests that were not sent, and what those that were sent created."""
        unnamed = sorted(sender.withheld.keys() - set(self._options.operations))
        if unnamed:
            names, number = ", ".join(unnamed), sum(sender.withheld[name] for name in unnamed)
            yield (
                f"Not sent to {letter}: {plural(number, 'unsafe request')} of {names} that may change existing"
                " resources. Name each with --operation and --param."
            )
        if number := sum(sender.withheld[name] for name in sender.withheld.keys() - set(unnamed)):
            yield f"Not sent to {letter}: {plural(number, 'unsafe request')} with another path or ID than those given."
        if sender.created is not None:
            if alive := sender.created.alive:
                yield still_there([path_of(item) for item in alive], on=letter)
            if unknown := list(sender.created.unknown()):
                yield f"May still exist on {letter}: {', '.join(unknown)}."

    def _not_compared(self, pairs: Sequence[Pair], served: Container[str]) -> Iterator[str]:
        """The operations without a success on either server, and why."""
        unsafe = [o.id for o in self._contract.operations.values() if o.method not in SAFE_METHODS]
        if unsafe and not self._options.operations and not self._options.allow_unsafe:
            yield f"Not compared: {plural(len(unsafe), 'operation')} with an unsafe method; add --allow-unsafe."
        reasons: dict[str, list[str]] = {}
        for operation in self._operations:
            if operation.id not in served:
                given = operation.id in self._options.path_values
                is_named = operation.id in self._options.operations
                why = _why_not_served(operation, pairs, needs_name=given and not is_named)
                reasons.setdefault(why, []).append(operation.id)
        for why, names in reasons.items():
            yield f"No success on either server: {', '.join(names)}: {why}."

    def _difference(self, differences: Sequence[PairDifference]) -> Difference:
        shown = min(differences, key=lambda difference: difference.pair.size)
        left, right = shown.pair.left, shown.pair.right
        return Difference(
            kind=shown.kind,
            operation=left.operation.id,
            messages=grouping.messages(differences, shown),
            location=self._contract.location(shown.pointer),
            count=len({difference.pair for difference in differences}),
            probes=tuple(dict.fromkeys(one.pair.left.probe.name for one in (shown, *differences))),
            reason=left.probe.reason,
            left=left.exchange,
            right=right.exchange,
            curl_left=curl(self._targets[0], left.exchange.request),
            curl_right=curl(self._targets[1], right.exchange.request),
        )


def _why_not_served(operation: Operation, pairs: Sequence[Pair], *, needs_name: bool) -> str:
    """Why neither server returned a success for an operation; `needs_name`: only its resource was given."""
    names = " ".join(f"--param {parameter.name}=VALUE" for parameter in operation.path_parameters())
    valid = [pair for pair in _valid(pairs) if pair.left.operation.id == operation.id]
    seen = sorted({text for pair in valid for text in exchanges.sides(pair)})
    if needs_name and not seen and operation.method not in SAFE_METHODS:
        return "it may change existing resources; name it with --operation as well"
    if names and set(seen) <= {"404"}:
        return f"no existing resource is known; add {names}"
    return f"a valid request got {', '.join(seen) or 'no response'}"


def _valid(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of valid requests."""
    return [pair for pair in pairs if pair.left.probe.group == "discovery" or pair.left.probe.expect is Expect.SUCCESS]


def _operations(contract: Contract, options: Options) -> tuple[Operation, ...]:
    named = [contract.operation(name) for name in options.operations]
    unsafe = [] if options.allow_unsafe else [o.id for o in named if o.method not in SAFE_METHODS]
    if unsafe:
        raise UsageError(f"{unsafe[0]} has an unsafe method.", do="Add --allow-unsafe to send it to both servers.")
    if named:
        return tuple(named)
    found = tuple(o for o in contract.operations.values() if o.method in SAFE_METHODS or options.allow_unsafe)
    if not found:
        raise UsageError(
            f"{contract.name} has no operation with a safe method.",
            do="Select one with --operation and --allow-unsafe.",
        )
    return found
