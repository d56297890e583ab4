"""The gate: plan, send, judge, group. It prints nothing; a Judgement is all it gives."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from flowcontract.checks import Context, Interaction, check_response, conditional, relations, suppressions
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence, Result, RunResult, group_findings
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.suppressions import Waiver
from flowcontract.engine.sender import Sender
from flowcontract.errors import UsageError
from flowcontract.generation import probes
from flowcontract.generation.probes import Values
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

_ASKED_AGAIN = {"quick": 12, "full": 30}
"""Requests that a run may spend on asking again where something failed."""
UNRELATED = (301, 308, 400, 401, 403, 404, 407)
"""Statuses that say: not here, not this key, not this token. They alone are no reason to call a server broken."""
_LATE = 2.0
"""Seconds that any answer may take: below, a busy machine looks like a slow server."""
_LATE_OFTEN = 3
"""As many late answers are the server's fault even where none is late when asked again."""
_OFTEN = 0.2
"""The part of the requests from which on a broken connection is the server's habit, and not a failure."""
_SEEN_TOGETHER = frozenset({"duplicate-identity", "timing-side-channel"})
"""Rules that many answers together are seen to break, and none alone."""
_SEVERE = frozenset(
    {
        "missing-authorization-check",
        "undocumented-method-accepted",
        "credential-leak",
        "server-error",
        "information-disclosure",
    }
)
"""What breaks the contract whatever the server is."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge."""

    keys: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    """What exists on the target, by operation id; the contract's examples where nothing is given."""
    assume_examples: bool = False
    """The target is our own mock: the examples' keys are as good as named ones."""
    operations: tuple[str, ...] = ()
    """Ids of the operations to judge; every one with a safe method where none is named."""
    profile: str = "full"
    seed: int = 0
    workers: int = 1
    allow_unsafe: bool = False
    published: Contract | None = None
    """Judge by this contract alone, while asking what the whole one suggests."""
    timeout: float = 5.0
    """Seconds one request may take."""
    max_time: float = 60.0
    """Seconds the whole run may take."""
    max_response_time: float | None = None
    """Seconds after which an answer is late; found out from the target where it is not given."""
    waivers: tuple[Waiver, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    """The baseline: fingerprints of causes that are known."""
    today: date | None = None


def plan(contract: Contract, target: Target, options: Options) -> tuple[Probe, ...]:
    """The requests that a run would send, in order, where every key is found."""
    operations = _operations(contract, options)
    return probes.plan(
        contract,
        target,
        {o.id: _keys(o, options) for o in operations},
        profile=options.profile,
        seed=options.seed,
        operations=operations,
        allow_unsafe=options.allow_unsafe,
    )


def _operations(contract: Contract, options: Options) -> tuple[Operation, ...]:
    if options.operations:
        return tuple(contract.operation(name) for name in options.operations)
    safe = ("GET", "HEAD", "OPTIONS")
    found = tuple(o for o in contract.operations.values() if o.method in safe or options.allow_unsafe)
    if not found:
        raise UsageError(
            f"{contract.name} has no operation that is safe to call.",
            do="Name one with --operation and --allow-unsafe.",
        )
    return found


def _keys(operation: Operation, options: Options) -> Sequence[Values]:
    return options.keys.get(operation.id) or probes.default_keys(operation)


def run(contract: Contract, target: Target, options: Options) -> RunResult:
    """Judge a target by a contract. Raises TargetError where nothing listens, UsageError for what cannot be asked."""
    return _Run(contract, target, options).run_result()


class _Run:
    """One run: what was sent, and what was found in it."""

    def __init__(self, contract: Contract, target: Target, options: Options) -> None:
        self._contract = contract
        self._target = target
        self._options = options
        self._operations = _operations(contract, options)
        judged_by = options.published or contract
        self._judged = {o.id: self._as_published(o, judged_by) for o in self._operations}
        self._context = Context(judged_by, target, strict=options.published is not None)
        self._notes = list(self._left_open())
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._judged_rules: Counter[str] = Counter()

    def _left_open(self) -> Iterator[str]:
        """What cannot be judged here, or is taken as it comes, because nothing says what is right."""
        if self._target.any_token:
            yield "This mock takes any token, so whether a wrong one is refused was not judged; start it with --token."
        if self._target.any_path_value:
            yield "This mock has every key, so whether an unknown one is found was not judged; start it with --param."
        silent = [o.id for o in self._operations if not o.is_open and o.responses and not o.documents_client_errors]
        if silent:
            named = ", ".join(silent[:3]) + (", …" if len(silent) > 3 else "")
            yield f"No refusal is documented for {named}: 401 and 403 were taken for one."
        for location in self._contract.unread:
            yield f"{location} cannot be read here, and was not judged."

    def _as_published(self, operation: Operation, judged_by: Contract) -> Operation:
        """The operation as the contract judged by has it; what is volatile or related is known from the whole one."""
        if judged_by is self._contract:
            return operation
        return replace(
            judged_by.operation(operation.id),
            invariants=operation.invariants,
            volatile=operation.volatile,
            extensions=operation.extensions,
        )

    def run_result(self) -> RunResult:
        """Send everything, judge it, ask again, and sum up."""
        options = self._options
        with Sender(
            self._target, timeout=options.timeout, max_time=options.max_time, workers=options.workers
        ) as sender:
            sender.connect()
            keys = self._found_keys(sender)
            self._context = replace(self._context, known_ids=_values(keys))
            planned = probes.plan(
                self._contract,
                self._target,
                keys,
                profile=options.profile,
                seed=options.seed,
                operations=self._operations,
                allow_unsafe=options.allow_unsafe,
                spent=len(sender.sent),
            )
            interactions = self._ask(sender, planned)
            found = self._judge(sender, interactions)
            grouped = self._asked_again(sender, found, interactions)
        return self._sum_up(sender, grouped, interactions, len(planned))

    def _found_keys(self, sender: Sender) -> dict[str, Sequence[Values]]:
        """The keys to judge with. Those of the examples are guesses: what the target does not have is left out."""
        keys = {operation.id: _keys(operation, self._options) for operation in self._operations}
        if self._options.assume_examples:
            return keys
        for operation in self._operations:
            if operation.id in self._options.keys or not keys[operation.id]:
                continue
            guesses = probes.discovery(self._contract, self._target, operation, keys[operation.id])
            there = [
                p.values
                for p, exchange in sender.send(guesses)
                if exchange.response and exchange.response.status != 404
            ]
            missing = len(guesses) - len(there)
            if there and missing:
                self._notes.append(
                    f"{missing} of the {len(guesses)} keys of the contract's examples are not on the target."
                )
            keys[operation.id] = there or keys[operation.id][:1]
        return keys

    def _ask(self, sender: Sender, planned: Sequence[Probe]) -> list[Interaction]:
        """Send the plan; where nothing is served at all, only what does not need a success."""
        first = [probe for probe in planned if probe.name.startswith("success/first/")]
        interactions = self._interactions(sender.send(first))
        rest = [probe for probe in planned if probe not in first]
        if not any(item.success for item in interactions):
            unrelated = all(item.status in UNRELATED for item in interactions if item.status)
            if unrelated:
                rest = [p for p in rest if p.expect in (Expect.DENIED, Expect.METHOD_NOT_ALLOWED, Expect.UNSPECIFIED)][
                    :40
                ]
        return interactions + self._interactions(sender.send(rest))

    def _interactions(self, sent: Sequence[tuple[Probe, object]]) -> list[Interaction]:
        return [Interaction(probe, self._judged[probe.operation], exchange) for probe, exchange in sent]  # type: ignore[arg-type]

    def _judge(self, sender: Sender, interactions: Sequence[Interaction]) -> list[Occurrence]:
        """Every answer by itself, then beside the one it is related to, then all together."""
        retried = sum(bool(item.exchange.retried) for item in interactions)
        closes_idle_connections = sender.closes_idle_connections or retried > len(interactions) * _OFTEN
        self._context = replace(
            self._context, max_response_time=self._bound(interactions), closes_idle_connections=closes_idle_connections
        )
        found: list[Occurrence] = []
        sound: dict[str, Interaction] = {}
        for item in interactions:
            violations = check_response(self._context, item, self._judged_rules)
            if item.probe.compare_with in sound and conditional.is_conditional_response(
                item, sound[item.probe.compare_with]
            ):
                continue
            if not violations:
                sound[item.probe.name] = item
            found += [
                Occurrence(violation, item)
                for violation in violations
                # Where the plain question fails already, the same failure says nothing about what was added to it.
                if violation.rule != "undocumented-input-effect" or item.probe.compare_with in sound
            ]
        pairs = [(item, sound[item.probe.compare_with]) for item in sound.values() if item.probe.compare_with in sound]
        shaky = relations.volatile_parts(pairs)
        noisy = relations.noisy_headers(pairs)
        for item, base in pairs:
            volatile = self._volatile(item, shaky)
            found += [
                Occurrence(violation, item, base) for violation in relations.check_pair(item, base, volatile, noisy)
            ]
            self._judged_rules[item.probe.relation.value] += 1
        concurrent_group = (
            *relations.distinct_identifiers(list(sound.values())),
            *relations.head_support(list(sound.values())),
            *relations.denial_times(pairs),
        )
        found += [Occurrence(violation, item, base) for item, base, violation in concurrent_group]
        if not self._success(interactions):
            found = [item for item in found if self._counts(item, interactions)]
        return found

    @staticmethod
    def _volatile(item: Interaction, shaky: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        known = item.operation.volatile
        if item.probe.relation is Relation.REPEAT:
            return known
        return (*known, *shaky.get(item.operation.id, ()))

    def _bound(self, interactions: Sequence[Interaction]) -> float:
        """Seconds after which an answer is late: well above what the target needs, and never below two seconds."""
        if self._options.max_response_time is not None:
            return self._options.max_response_time
        times = [item.response.elapsed for item in interactions if item.exchange.response]
        if len(times) < 4:
            return _LATE
        _, median, upper = statistics.quantiles(times, n=4)
        return max(_LATE, 10 * median, 6 * upper)

    @staticmethod
    def _success(interactions: Sequence[Interaction]) -> bool:
        return any(item.success and item.probe.expect is Expect.SUCCESS for item in interactions)

    @staticmethod
    def _counts(occurrence: Occurrence, interactions: Sequence[Interaction]) -> bool:
        """Where nothing was served the target may be another server: only what is wrong on any server counts."""
        firsts = [item for item in interactions if item.probe.name.startswith("success/first/")]
        if any(item.status not in UNRELATED for item in firsts):
            return True
        return occurrence.violation.rule in _SEVERE and occurrence.interaction.status != 501

    def _asked_again(
        self, sender: Sender, found: Sequence[Occurrence], interactions: Sequence[Interaction]
    ) -> tuple[Finding, ...]:
        """Group by cause, and ask the request of each again: what fails only sometimes is flaky.

        A remark that is not certain is none.
        """
        by_name = {item.probe.name: item for item in interactions}
        left = _ASKED_AGAIN[self._options.profile]
        kept = []
        grouped = group_findings(found, self._context.contract, self._target)
        for finding in sorted(grouped, key=lambda finding: finding.status is FindingStatus.WARNING):
            item = by_name[finding.failure.probe]
            tries = 0
            broke = 0
            while tries < 2 and left > 0 and not sender.stopped and self._repeatable(item):
                again = self._again(sender, item, by_name)
                left -= 1 + bool(item.probe.compare_with)
                if again is None:
                    break
                tries += 1
                broke += finding.rule in again
            if tries and finding.rule == "slow-response" and broke == 0 and finding.count < _LATE_OFTEN:
                self._notes.append(
                    f"{finding.count} answers were late, and not when asked again ({finding.failure.probe})."
                )
            elif tries and broke < tries and finding.rule not in _SEEN_TOGETHER:
                if finding.status is FindingStatus.WARNING:
                    continue
                note = f"asked again {tries} times, it broke {broke} times; in the run {finding.count} answers broke"
                kept.append(replace(finding, status=FindingStatus.FLAKY, note=note))
            else:
                kept.append(finding)
        return tuple(kept)

    def _repeatable(self, item: Interaction) -> bool:
        return item.exchange.request.method in ("GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND") or (
            "${FLOWCONTRACT_TOKEN" not in repr(item.exchange.request)
        )

    def _again(self, sender: Sender, item: Interaction, by_name: Mapping[str, Interaction]) -> set[str] | None:
        """Ask one probe again, after the one it is compared with; the rules that it breaks now."""
        base = by_name.get(item.probe.compare_with)
        asked = [replace(base.probe, concurrent_group="")] if base else []
        sent = self._interactions(sender.send([*asked, replace(item.probe, concurrent_group="")]))
        if len(sent) <= len(asked):
            return None
        answer = sent[-1]
        violated = {violation.rule for violation in check_response(self._context, answer)}
        if not violated and base and not check_response(self._context, sent[0]):
            volatile = () if item.probe.relation is Relation.DENIAL else item.operation.volatile
            violated = {violation.rule for violation in relations.check_pair(answer, sent[0], volatile)}
        return violated

    def _sum_up(
        self, sender: Sender, grouped: Sequence[Finding], interactions: Sequence[Interaction], planned: int
    ) -> RunResult:
        options = self._options
        judged, about_baseline = suppressions.apply_baseline(dict(options.known), grouped)
        judged, about_waivers = suppressions.apply_waivers(options.waivers, judged, options.today or date.today())
        open_findings = [finding for finding in judged if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)]
        served = self._success(interactions)
        notes = [*self._notes, *about_waivers, *about_baseline, *self._unseen(interactions)]
        if sender.stopped:
            notes.insert(
                0, f"The plan was cut short after {len(interactions)} of {planned} requests: {sender.stopped}."
            )
        if open_findings:
            result, count = Result.FAILED, len(open_findings)
            headline = f"{count} {'cause' if count == 1 else 'causes'} in {len(sender.sent)} requests."
        elif not interactions:
            result, headline = Result.INCONCLUSIVE, "no request could be sent."
        elif not served:
            result, headline = Result.INCONCLUSIVE, f"no success was ever seen. {self._why(interactions)}"
        else:
            result = Result.PASSED
            warnings = sum(finding.status is FindingStatus.WARNING for finding in judged)
            covered = len(judged) - warnings
            headline = f"{len(sender.sent)} requests, nothing broken" + (
                f" beyond the {covered} {'cause' if covered == 1 else 'causes'} that are known" if covered else ""
            )
            headline += f"; {warnings} {'remark' if warnings == 1 else 'remarks'}." if warnings else "."
        contract = self._context.contract
        statuses = Counter(exchange.response.status for _, exchange in sender.sent if exchange.response)
        return RunResult(
            result=result,
            headline=headline,
            contract=f"{contract.name} ({contract.title} {contract.version})",
            target=self._target.url,
            operations=tuple(operation.id for operation in self._operations),
            profile=options.profile,
            seed=options.seed,
            requests=len(sender.sent),
            seconds=time.monotonic() - self._began,
            started=self._started,
            findings=judged,
            notes=tuple(notes),
            statuses=tuple(sorted(statuses.items())),
            rules=tuple(sorted(self._judged_rules.items())),
            exchanges=tuple(exchange for _, exchange in sender.sent),
        )

    def _unseen(self, interactions: Sequence[Interaction]) -> list[str]:
        notes = []
        for operation in self._judged.values():
            seen = {item.documented.status for item in interactions if item.operation is operation and item.documented}
            unseen = [status for status in operation.responses if status not in seen and status != "default"]
            if unseen:
                notes.append(f"Documented for {operation.id}, but never seen: {', '.join(unseen)}.")
        return notes

    def _why(self, interactions: Sequence[Interaction]) -> str:
        firsts = [item for item in interactions if item.probe.name.startswith("success/first/")]
        if not firsts:
            if not self._target.tokens:
                return "Give a token that may read everything with --token."
            return "No key is known to exist: give one with --param NAME=VALUE."
        seen = ", ".join(sorted({str(item.status) if item.status else item.exchange.error for item in firsts}))
        if {item.status for item in firsts} & {401, 403}:
            return f"The answer was {seen}: check --token."
        return f"The answer was {seen}: check the URL, and give values that exist with --param NAME=VALUE."


def _values(keys: Mapping[str, Sequence[Values]]) -> frozenset[str]:
    return frozenset(text for known in keys.values() for values in known for text in values.values())
