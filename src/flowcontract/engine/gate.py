"""The gate: plan, send, check, group. It prints nothing and returns a RunResult."""

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
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

_SAFE = ("GET", "HEAD", "OPTIONS")
_RETRIES = {"quick": 12, "full": 30}
"""Requests that a run may spend on retries after failures, by profile."""
_ATTEMPTS = 2
"""Retries of one finding."""
UNRELATED = (301, 308, 400, 401, 403, 404, 407)
"""Statuses of a server that has nothing to do with the contract: on their own no reason to fail it."""
_SLOW = 2.0
"""Seconds that any response may take: with a shorter limit, a busy machine looks like a slow server."""
_OFTEN_SLOW = 3
"""Slow responses from which on the server is slow, even if none is when retried."""
_OFTEN = 0.2
"""Share of requests with a broken connection from which on this is normal for the server, and not a failure."""
_SEVERAL_RESPONSES = frozenset({"duplicate-identity", "timing-side-channel"})
"""Rules that take many responses to check; retrying one request says nothing about them."""
_SEVERE = frozenset(
    {
        "missing-authorization-check",
        "undocumented-method-accepted",
        "credential-leak",
        "server-error",
        "information-disclosure",
    }
)
"""Rules that count whatever the server is."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to test a target."""

    path_values: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    """Path parameters of existing resources, by operation ID; where none are given, the contract's examples."""
    assume_examples: bool = False
    """The target is our own mock: the contract's examples exist there."""
    operations: tuple[str, ...] = ()
    """IDs of the operations to test; all with a safe method where none is given."""
    profile: str = "full"
    seed: int = 0
    workers: int = 1
    allow_unsafe: bool = False
    published: Contract | None = None
    """Check responses against this contract alone; requests still come from the whole one."""
    timeout: float = 5.0
    """Seconds for one request."""
    time_limit: float = 60.0
    """Seconds for the whole run."""
    max_response_time: float | None = None
    """Seconds; a slower response is a violation. Measured on the target if None."""
    waivers: tuple[Waiver, ...] = ()
    baseline: Mapping[str, str] = field(default_factory=dict)
    """Titles of known findings by fingerprint."""
    today: date | None = None


def plan(contract: Contract, target: Target, options: Options) -> tuple[Probe, ...]:
    """The requests that a run would send, in order, if all resources exist."""
    operations = _operations(contract, options)
    return probes.plan(
        contract,
        target,
        {o.id: _path_values(o, options) for o in operations},
        profile=options.profile,
        seed=options.seed,
        operations=operations,
        allow_unsafe=options.allow_unsafe,
    )


def _operations(contract: Contract, options: Options) -> tuple[Operation, ...]:
    if options.operations:
        return tuple(contract.operation(name) for name in options.operations)
    operations = tuple(o for o in contract.operations.values() if o.method in _SAFE or options.allow_unsafe)
    if not operations:
        raise UsageError(
            f"{contract.name} has no operation with a safe method.",
            do="Select one with --operation and --allow-unsafe.",
        )
    return operations


def _path_values(operation: Operation, options: Options) -> Sequence[Values]:
    return options.path_values.get(operation.id) or probes.default_path_values(operation)


def run(contract: Contract, target: Target, options: Options) -> RunResult:
    """Test a target against a contract.

    Raises TargetError if nothing listens there, UsageError for options that do not fit the contract.
    """
    return _Run(contract, target, options).run()


class _Run:
    """One run."""

    def __init__(self, contract: Contract, target: Target, options: Options) -> None:
        self._contract = contract
        self._target = target
        self._options = options
        self._operations = _operations(contract, options)
        checked_against = options.published or contract
        self._checked = {o.id: self._as_published(o, checked_against) for o in self._operations}
        self._context = Context(checked_against, target, strict=options.published is not None)
        self._notes = list(self._not_checked())
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._check_counts: Counter[str] = Counter()

    def _not_checked(self) -> Iterator[str]:
        """What this run cannot check, and why."""
        if self._target.any_token:
            yield "Not checked: whether wrong tokens are rejected. This mock accepts any token; start it with --token."
        if self._target.any_path_value:
            yield (
                "Not checked: whether unknown resource IDs return 404. This mock serves any ID; start it with --param."
            )
        silent = [o.id for o in self._operations if not o.is_open and o.responses and not o.documents_client_errors]
        if silent:
            named = ", ".join(silent[:3]) + (", …" if len(silent) > 3 else "")
            yield f"No 401 or 403 is documented for {named}; either one counted as denied."
        if problems := self._contract.problems:
            count = plural(len(problems), "problem")
            yield f"{count} in the contract, so not all of it was checked. The first: {problems[0]}"

    def _as_published(self, operation: Operation, checked_against: Contract) -> Operation:
        """The operation of the published contract; volatile fields and relations come from the whole one."""
        if checked_against is self._contract:
            return operation
        return replace(
            checked_against.operation(operation.id),
            invariants=operation.invariants,
            volatile=operation.volatile,
            extensions=operation.extensions,
        )

    def run(self) -> RunResult:
        """Send everything, check it, retry failures, and sum up."""
        options = self._options
        with Sender(
            self._target, timeout=options.timeout, time_limit=options.time_limit, workers=options.workers
        ) as sender:
            sender.connect()
            path_values = self._existing_path_values(sender)
            self._context = replace(self._context, known_ids=_texts(path_values))
            planned = probes.plan(
                self._contract,
                self._target,
                path_values,
                profile=options.profile,
                seed=options.seed,
                operations=self._operations,
                allow_unsafe=options.allow_unsafe,
                spent=len(sender.sent),
            )
            interactions = self._send(sender, planned)
            occurrences = self._check(sender, interactions)
            findings = self._retry(sender, occurrences, interactions)
        return self._sum_up(sender, findings, interactions, len(planned))

    def _existing_path_values(self, sender: Sender) -> dict[str, Sequence[Values]]:
        """Path parameters to test with. Those of the examples are guesses: what the target lacks is left out."""
        path_values = {operation.id: _path_values(operation, self._options) for operation in self._operations}
        if self._options.assume_examples:
            return path_values
        for operation in self._operations:
            if operation.id in self._options.path_values or not path_values[operation.id]:
                continue
            guesses = probes.discovery(self._contract, self._target, operation, path_values[operation.id])
            existing = [
                probe.values
                for probe, exchange in sender.send(guesses)
                if exchange.response and exchange.response.status != 404
            ]
            missing = len(guesses) - len(existing)
            if existing and missing:
                self._notes.append(f"{missing} of the contract's {len(guesses)} examples do not exist on the target.")
            path_values[operation.id] = existing or path_values[operation.id][:1]
        return path_values

    def _send(self, sender: Sender, planned: Sequence[Probe]) -> list[Interaction]:
        """Send the plan; if nothing is served at all, only the probes that need no success."""
        first = [probe for probe in planned if probe.name.startswith("success/first/")]
        interactions = self._interactions(sender.send(first))
        rest = [probe for probe in planned if probe not in first]
        if not any(item.success for item in interactions):
            unrelated = all(item.status in UNRELATED for item in interactions if item.status)
            if unrelated:
                needs_no_success = (Expect.DENIED, Expect.METHOD_NOT_ALLOWED, Expect.UNSPECIFIED)
                rest = [probe for probe in rest if probe.expect in needs_no_success][:40]
        return interactions + self._interactions(sender.send(rest))

    def _interactions(self, sent: Sequence[tuple[Probe, Exchange]]) -> list[Interaction]:
        return [Interaction(probe, self._checked[probe.operation], exchange) for probe, exchange in sent]

    def _check(self, sender: Sender, interactions: Sequence[Interaction]) -> list[Occurrence]:
        """Check every response by itself, then against its base, then all together."""
        retried = sum(bool(item.exchange.retried) for item in interactions)
        self._context = replace(
            self._context,
            max_response_time=self._max_response_time(interactions),
            closes_idle_connections=sender.closes_idle_connections or retried > len(interactions) * _OFTEN,
        )
        occurrences: list[Occurrence] = []
        passed: dict[str, Interaction] = {}
        for item in interactions:
            violations = check_response(self._context, item, self._check_counts)
            base = passed.get(item.probe.compare_with)
            if base and conditional.is_conditional_response(item, base):
                continue
            if not violations:
                passed[item.probe.name] = item
            occurrences += [
                Occurrence(violation, item)
                for violation in violations
                # If the plain request fails already, the same failure says nothing about what was added to it.
                if violation.rule != "undocumented-input-effect" or base
            ]
        pairs = [
            (item, passed[item.probe.compare_with]) for item in passed.values() if item.probe.compare_with in passed
        ]
        volatile_parts = relations.volatile_parts(pairs)
        noisy = relations.noisy_headers(pairs)
        for item, base in pairs:
            volatile = self._volatile(item, volatile_parts)
            occurrences += [
                Occurrence(violation, item, base) for violation in relations.check_pair(item, base, volatile, noisy)
            ]
            self._check_counts[item.probe.relation.value] += 1
        together = (
            *relations.distinct_identifiers(list(passed.values())),
            *relations.head_support(list(passed.values())),
            *relations.denial_times(pairs),
        )
        occurrences += [Occurrence(violation, item, base) for item, base, violation in together]
        if not self._any_success(interactions):
            occurrences = [occurrence for occurrence in occurrences if self._counts(occurrence, interactions)]
        return occurrences

    @staticmethod
    def _volatile(item: Interaction, volatile_parts: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        declared = item.operation.volatile
        if item.probe.relation is Relation.REPEAT:
            return declared
        return (*declared, *volatile_parts.get(item.operation.id, ()))

    def _max_response_time(self, interactions: Sequence[Interaction]) -> float:
        """Seconds: well above what the target needs, and never below two."""
        if self._options.max_response_time is not None:
            return self._options.max_response_time
        times = [item.response.elapsed for item in interactions if item.exchange.response]
        if len(times) < 4:
            return _SLOW
        _, median, upper = statistics.quantiles(times, n=4)
        return max(_SLOW, 10 * median, 6 * upper)

    @staticmethod
    def _any_success(interactions: Sequence[Interaction]) -> bool:
        return any(item.success and item.probe.expect is Expect.SUCCESS for item in interactions)

    @staticmethod
    def _counts(occurrence: Occurrence, interactions: Sequence[Interaction]) -> bool:
        """If nothing was served the target may be an unrelated server: only what is wrong on any server counts."""
        firsts = [item for item in interactions if item.probe.name.startswith("success/first/")]
        if any(item.status not in UNRELATED for item in firsts):
            return True
        return occurrence.violation.rule in _SEVERE and occurrence.interaction.status != 501

    def _retry(
        self, sender: Sender, occurrences: Sequence[Occurrence], interactions: Sequence[Interaction]
    ) -> tuple[Finding, ...]:
        """Group occurrences into findings, and send the request of each again: intermittent failures are flaky.

        An intermittent warning is dropped.
        """
        by_name = {item.probe.name: item for item in interactions}
        left = _RETRIES[self._options.profile]
        kept = []
        findings = group_findings(occurrences, self._context.contract, self._target)
        for finding in sorted(findings, key=lambda finding: finding.status is FindingStatus.WARNING):
            item = by_name[finding.failure.probe]
            attempts = failures = 0
            while attempts < _ATTEMPTS and left > 0 and not sender.stopped and _is_repeatable(item):
                rules = self._violated_rules_again(sender, item, by_name)
                left -= 1 + bool(item.probe.compare_with)
                if rules is None:
                    break
                attempts += 1
                failures += finding.rule in rules
            slow = finding.rule == "slow-response"
            if attempts and slow and failures == 0 and finding.count < _OFTEN_SLOW:
                self._notes.append(
                    f"{plural(finding.count, 'response')} slow, but not when retried ({finding.failure.probe})."
                )
            elif attempts and failures < attempts and finding.rule not in _SEVERAL_RESPONSES:
                if finding.status is FindingStatus.WARNING:
                    continue
                retries = "retry" if attempts == 1 else "retries"
                note = f"failed {plural(finding.count, 'time')} in the run, and in {failures} of {attempts} {retries}"
                kept.append(replace(finding, status=FindingStatus.FLAKY, note=note))
            else:
                kept.append(finding)
        return tuple(kept)

    def _violated_rules_again(
        self, sender: Sender, item: Interaction, by_name: Mapping[str, Interaction]
    ) -> set[str] | None:
        """Send a probe again, after the one it is compared with; the rules that the response violates now."""
        base = by_name.get(item.probe.compare_with)
        before = [replace(base.probe, concurrent_group="")] if base else []
        sent = self._interactions(sender.send([*before, replace(item.probe, concurrent_group="")]))
        if len(sent) <= len(before):
            return None
        again = sent[-1]
        rules = {violation.rule for violation in check_response(self._context, again)}
        if not rules and base and not check_response(self._context, sent[0]):
            volatile = () if item.probe.relation is Relation.DENIAL else item.operation.volatile
            rules = {violation.rule for violation in relations.check_pair(again, sent[0], volatile)}
        return rules

    def _sum_up(
        self, sender: Sender, findings: Sequence[Finding], interactions: Sequence[Interaction], planned: int
    ) -> RunResult:
        options = self._options
        known, baseline_notes = suppressions.apply_baseline(dict(options.baseline), findings)
        known, waiver_notes = suppressions.apply_waivers(options.waivers, known, options.today or date.today())
        notes = [*self._notes, *waiver_notes, *baseline_notes, *self._unseen_statuses(interactions)]
        if sender.stopped:
            notes.insert(0, f"Stopped after {len(interactions)} of {planned} planned requests: {sender.stopped}.")
        result, headline = self._result(known, interactions, len(sender.sent))
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
            findings=known,
            notes=tuple(notes),
            statuses=tuple(sorted(statuses.items())),
            rules=tuple(sorted(self._check_counts.items())),
            exchanges=tuple(exchange for _, exchange in sender.sent),
        )

    def _result(
        self, findings: Sequence[Finding], interactions: Sequence[Interaction], requests: int
    ) -> tuple[Result, str]:
        open_findings = [f for f in findings if f.status in (FindingStatus.OPEN, FindingStatus.FLAKY)]
        if open_findings:
            return Result.FAILED, f"{plural(len(open_findings), 'finding')} in {plural(requests, 'request')}."
        if not interactions:
            return Result.INCONCLUSIVE, "no request could be sent."
        if not self._any_success(interactions):
            return Result.INCONCLUSIVE, f"no request succeeded. {self._why_no_success(interactions)}"
        warnings = sum(finding.status is FindingStatus.WARNING for finding in findings)
        known = len(findings) - warnings
        parts = [
            plural(requests, "request"),
            f"no findings except {known} known" if known else "no findings",
            *([plural(warnings, "warning")] if warnings else []),
        ]
        return Result.PASSED, f"{', '.join(parts)}."

    def _unseen_statuses(self, interactions: Sequence[Interaction]) -> list[str]:
        notes = []
        for operation in self._checked.values():
            seen = {item.documented.status for item in interactions if item.operation is operation and item.documented}
            unseen = [status for status in operation.responses if status not in seen and status != "default"]
            if unseen:
                notes.append(f"Documented for {operation.id} but never returned: {', '.join(unseen)}.")
        return notes

    def _why_no_success(self, interactions: Sequence[Interaction]) -> str:
        firsts = [item for item in interactions if item.probe.name.startswith("success/first/")]
        if not firsts:
            if not self._target.tokens:
                return "Pass a token of an authorized caller with --token."
            return "No existing resource is known: pass its path parameter with --param."
        seen = ", ".join(sorted({str(item.status) if item.status else item.exchange.error for item in firsts}))
        if {item.status for item in firsts} & {401, 403}:
            return f"Got {seen}: check --token."
        return f"Got {seen}: check the URL, and pass path parameters of existing resources with --param."


def _is_repeatable(item: Interaction) -> bool:
    return item.exchange.request.method in (*_SAFE, "TRACE", "PROPFIND") or not item.with_credentials


def _texts(path_values: Mapping[str, Sequence[Values]]) -> frozenset[str]:
    return frozenset(text for sequence in path_values.values() for values in sequence for text in values.values())
