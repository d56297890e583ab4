"""The engine: select → schedule → send → check → group. It prints nothing and returns a RunResult."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from flowcontract.checks import Context, Interaction, check_response, conditional, relations, suppressions
from flowcontract.checks.findings import (
    Finding,
    FindingStatus,
    Occurrence,
    OperationCoverage,
    PhaseCost,
    Result,
    RunResult,
    group_findings,
)
from flowcontract.checks.probe import Expect, Relation
from flowcontract.checks.status import REJECTED
from flowcontract.engine.cleanup import delete_own_resources
from flowcontract.engine.events import Listener, RunStarted
from flowcontract.engine.options import Options
from flowcontract.engine.phases import generated, probing, success
from flowcontract.engine.selection import select
from flowcontract.engine.sender import Sender
from flowcontract.engine.session import Session
from flowcontract.generation.probes import Probe
from flowcontract.generation.resources import Resources
from flowcontract.http.messages import SAFE_METHODS
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION, Operation
from flowcontract.text import plural

_RETRIES = 30
"""Requests that a run may spend on retries after failures."""
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
_COVERAGE_SHARE = 0.45
"""Share of the remaining time that Schemathesis's examples and coverage get before our probes."""
_REJECTIONS = 5
"""Rejections of valid input from which on they are not a coincidence."""
_ACCEPTED = 0.1
"""Share of valid input that a server accepts at most if it does not read it as documented."""
_NAMED = 5
"""Operations that a note names."""


def _silent(_: object) -> None:
    """Nobody listens."""


def plan(contract: Contract, target: Target, options: Options) -> tuple[Probe, ...]:
    """The probes that a run would send, in order, if all resources of the contract's examples exist."""
    with _sender(target, options) as sender:
        session = new_session(contract, target, options, sender)
        for operation in session.selection.operations:
            session.known[operation.id] = session.resources.candidates(operation) or [{}]
            if not operation.is_open:
                session.denies_anonymous.add(operation.id)
        return tuple(probe for part in probing.plan(session) for probe in part)


def run(contract: Contract, target: Target, options: Options, listener: Listener = _silent) -> RunResult:
    """Test a target against a contract.

    Raises TargetError if nothing listens there, UsageError for options that do not fit the contract.
    """
    listener(RunStarted(len(select(contract, options).operations)))
    started = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    with _sender(target, options) as sender:
        sender.connect()
        session = new_session(contract, target, options, sender, listener)
        _run_phases(session)
        checked = Findings(session)
        findings = checked.retried(checked.occurrences())
        delete_own_resources(session)
    return _Summary(session, findings).result(started, time.monotonic() - began)


def _sender(target: Target, options: Options) -> Sender:
    return Sender(target, timeout=options.timeout, time_limit=options.time_limit, workers=options.workers)


def new_session(
    contract: Contract, target: Target, options: Options, sender: Sender, listener: Listener = _silent
) -> Session:
    """A session in which nothing was sent yet. Raises UsageError for options that do not fit the contract."""
    selection = select(contract, options)
    checked_against = options.published or contract
    return Session(
        contract=contract,
        target=target,
        options=options,
        selection=selection,
        sender=sender,
        resources=Resources(contract, options.path_values),
        context=Context(checked_against, target, strict=options.published is not None),
        checked={o.id: _as_published(o, contract, checked_against) for o in selection.operations},
        listener=listener,
    )


def _as_published(operation: Operation, contract: Contract, checked_against: Contract) -> Operation:
    """The operation of the published contract; volatile fields and relations come from the whole one."""
    if checked_against is contract:
        return operation
    return replace(
        checked_against.operation(operation.id),
        invariants=operation.invariants,
        volatile=operation.volatile,
        extensions=operation.extensions,
    )


def _run_phases(session: Session) -> None:
    """The phases in their order; a run that nobody serves ends early."""
    with session.phase("success"):
        success.run(session)
    full = session.options.profile == "full" and bool(session.successes)
    steps: list[tuple[str, Callable[[], None]]] = [("probes", lambda: probing.run(session))]
    if full:
        from flowcontract.generation.schemathesis_phases import DETERMINISTIC, SEARCHING

        steps.insert(0, ("coverage", lambda: generated.run(session, DETERMINISTIC, _COVERAGE_SHARE)))
        steps.append(("search", lambda: generated.run(session, SEARCHING, 1.0)))
    for name, step in steps:
        failed = any(not session.is_warning(item.violation.rule) for item in session.occurrences)
        if session.is_over or (session.options.fail_fast and failed):
            session.unfinished.append(f"the phase {name}")
            continue
        session.update_context()
        with session.phase(name):
            step()


class Findings:
    """What the interactions of a session show together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._options = session.options

    def occurrences(self) -> list[Occurrence]:
        """Every violation of the session that counts, in the order in which it was seen."""
        session = self._session
        retried = sum(bool(item.exchange.retried) for item in session.interactions)
        often = retried > len(session.interactions) * _OFTEN
        session.context = replace(
            session.context,
            max_response_time=self._max_response_time(),
            uses_405=any(item.status == 405 for item in session.interactions),
            closes_idle_connections=session.sender.closes_idle_connections or often,
        )
        earlier = [
            occurrence
            for occurrence in session.occurrences
            if not self._is_excused(occurrence) and not self._is_for_other_reasons(occurrence)
        ]
        occurrences = [*earlier, *self._probes()]
        if not session.successes:
            occurrences = [occurrence for occurrence in occurrences if self._counts(occurrence)]
        return [item for item in occurrences if session.severity(item.violation.rule) != "off"]

    def _is_excused(self, occurrence: Occurrence) -> bool:
        """Whether only an idle connection was closed, on a server that was later seen to do so without notice."""
        only_retried = occurrence.violation.rule == "no-response" and not occurrence.interaction.exchange.error
        return only_retried and self._session.context.closes_idle_connections

    def _is_for_other_reasons(self, occurrence: Occurrence) -> bool:
        """Whether valid input was rejected for what a schema cannot say: a state, a cursor, a rule in words.

        A server that accepts hardly any valid input does not conform; one that rejects some may have its reasons.
        """
        is_ours = occurrence.interaction.probe.group in ("success", "first")
        if occurrence.violation.rule != "valid-request-rejected" or is_ours:
            return False
        if occurrence.interaction.documented is None:
            return False
        counts = self._session.valid_input.get(occurrence.interaction.operation.id, Counter())
        rejected, accepted = counts[False], counts[True]
        enough = rejected >= _REJECTIONS and accepted <= _ACCEPTED * (accepted + rejected)
        return occurrence.interaction.status not in REJECTED or not enough

    def _probes(self) -> Iterator[Occurrence]:
        """Check the responses to our probes, each by itself, then against its base, then all together."""
        session = self._session
        passed: dict[str, Interaction] = {}
        items = [item for item in session.interactions if item.probe.group not in _CHECKED_BEFORE]
        for item in items:
            violations = check_response(session.context, item, session.check_counts)
            base = passed.get(item.probe.compare_with)
            if base and conditional.is_conditional_response(item, base):
                continue
            if not violations:
                passed[item.probe.name] = item
            for violation in violations:
                # If the plain request fails already, the same failure says nothing about what was added to it.
                if violation.rule != "undocumented-input-effect" or base:
                    yield Occurrence(violation, item)
        pairs = [
            (item, passed[item.probe.compare_with]) for item in passed.values() if item.probe.compare_with in passed
        ]
        volatile_parts = relations.volatile_parts(pairs)
        noisy = relations.noisy_headers(pairs)
        for item, base in pairs:
            volatile = self._volatile(item, volatile_parts)
            for violation in relations.check_pair(item, base, volatile, noisy):
                yield Occurrence(violation, item, base)
            item.release()
            base.release()
            session.check_counts.update(relations.RULES[item.probe.relation])
        together = (
            *relations.distinct_identifiers(list(passed.values())),
            *relations.head_support(list(passed.values())),
            *relations.denial_times(pairs),
        )
        for item, base, violation in together:
            yield Occurrence(violation, item, base)

    @staticmethod
    def _volatile(item: Interaction, volatile_parts: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        """The parts that may differ: those that the contract names; where it names none, those that were seen to move.

        Logs and counters grow with every request: what comes later is compared for single resources only.
        """
        declared = item.operation.volatile
        says_so = f"{EXTENSION}-volatile" in item.operation.extensions
        if item.probe.relation is Relation.REPEAT and says_so:
            return declared
        if item.probe.relation is Relation.REPEAT and not item.operation.path_parameters():
            return ("",)
        return (*declared, *volatile_parts.get(item.operation.id, ()))

    def _max_response_time(self) -> float:
        """Seconds: well above what the target needs, and never below two."""
        if self._options.max_response_time is not None:
            return self._options.max_response_time
        times = [item.response.elapsed for item in self._session.interactions if item.exchange.response]
        if len(times) < 4:
            return _SLOW
        _, median, upper = statistics.quantiles(times, n=4)
        return max(_SLOW, 10 * median, 6 * upper)

    def _counts(self, occurrence: Occurrence) -> bool:
        """If nothing was served the target may be an unrelated server: only what is wrong on any server counts."""
        firsts = [item for item in self._session.interactions if item.probe.group == "first"]
        if any(item.status not in UNRELATED for item in firsts):
            return True
        return occurrence.violation.rule in _SEVERE and occurrence.interaction.status != 501

    def retried(self, occurrences: Sequence[Occurrence]) -> tuple[Finding, ...]:
        """Group occurrences into findings, and send the request of each again: intermittent failures are flaky.

        An intermittent warning is dropped.
        """
        session = self._session
        by_name = {item.probe.name: item for item in session.interactions}
        left = _RETRIES
        kept = []
        findings = group_findings(occurrences, session.context.contract, session.target, session.is_warning)
        for finding in sorted(findings, key=lambda finding: finding.status is FindingStatus.WARNING):
            item = by_name[finding.failure.probe]
            attempts = failures = 0
            while attempts < _ATTEMPTS and left > 0 and not session.is_over and self._is_repeatable(finding, item):
                rules = self._violated_rules_again(item, by_name)
                left -= 1 + bool(item.probe.compare_with)
                if rules is None:
                    break
                attempts += 1
                failures += finding.rule in rules
            slow = finding.rule == "slow-response"
            if attempts and slow and failures == 0 and finding.count < _OFTEN_SLOW:
                continue
            if attempts and failures < attempts and finding.rule not in _SEVERAL_RESPONSES:
                if finding.status is FindingStatus.WARNING:
                    continue
                retries = "retry" if attempts == 1 else "retries"
                note = f"failed {plural(finding.count, 'time')} in the run, and in {failures} of {attempts} {retries}"
                kept.append(replace(finding, status=FindingStatus.FLAKY, note=note))
            else:
                kept.append(finding)
        return tuple(kept)

    def _is_repeatable(self, finding: Finding, item: Interaction) -> bool:
        """Whether sending the request again changes nothing and shows whether the rule is violated."""
        if finding.is_from_schemathesis:
            return False
        unsafe = item.exchange.request.method not in (*SAFE_METHODS, "TRACE", "PROPFIND")
        return not (unsafe and (item.with_credentials or item.operation.is_open))

    def _violated_rules_again(self, item: Interaction, by_name: Mapping[str, Interaction]) -> set[str] | None:
        """Send a probe again, after the one it is compared with; the rules that the response violates now."""
        session = self._session
        base = by_name.get(item.probe.compare_with)
        before = [replace(base.probe, concurrent_group="")] if base else []
        probes = [*before, replace(item.probe, concurrent_group="")]
        sent = [session.interaction(probe, exchange) for probe, exchange in session.sender.send(probes)]
        if len(sent) <= len(before):
            return None
        again = sent[-1]
        rules = {violation.rule for violation in check_response(session.context, again)}
        if not rules and base and not check_response(session.context, sent[0]):
            volatile = () if item.probe.relation is Relation.DENIAL else item.operation.volatile
            rules = {violation.rule for violation in relations.check_pair(again, sent[0], volatile)}
        return rules


_CHECKED_BEFORE = frozenset({"first", "examples", "coverage", "fuzzing", "stateful"})
"""Groups of probes whose responses were checked when they arrived."""


class _Summary:
    """The result of a run in one value."""

    def __init__(self, session: Session, findings: Sequence[Finding]) -> None:
        self._session = session
        self._options = session.options
        known, baseline_notes = suppressions.apply_baseline(dict(self._options.baseline), findings)
        today = self._options.today or date.today()
        self._findings, waiver_notes = suppressions.apply_waivers(self._options.waivers, known, today)
        self._suppression_notes = (*waiver_notes, *baseline_notes)
        self._coverage = tuple(self._covered())

    def result(self, started: str, seconds: float) -> RunResult:
        """The whole result."""
        session = self._session
        contract = session.context.contract
        statuses = Counter(exchange.response.status for _, exchange in session.sender.sent if exchange.response)
        result, headline = self._result()
        return RunResult(
            result=result,
            headline=headline,
            contract=f"{contract.name} ({contract.title} {contract.version})",
            target=session.target.url,
            operations=tuple(operation.id for operation in session.selection.operations),
            profile=self._options.profile,
            seed=self._options.seed,
            requests=len(session.sender.sent),
            seconds=seconds,
            started=started,
            findings=self._findings,
            notes=tuple(self._notes()),
            statuses=tuple(sorted(statuses.items())),
            rules=tuple(sorted(session.check_counts.items())),
            exchanges=tuple(exchange for _, exchange in session.sender.sent),
            coverage=self._coverage,
            phases=tuple(PhaseCost(name, *cost) for name, cost in session.costs.items()),
        )

    def _result(self) -> tuple[Result, str]:
        session = self._session
        statuses = Counter(finding.status for finding in self._findings)
        failures = statuses[FindingStatus.OPEN] + statuses[FindingStatus.FLAKY]
        warnings = statuses[FindingStatus.WARNING]
        known = statuses[FindingStatus.WAIVED] + statuses[FindingStatus.KNOWN]
        counted = [item for item in self._coverage if item.reason != "not selected"]
        tested = sum(item.tested for item in counted)
        numbers = [
            plural(failures, "finding") if failures else "no findings",
            *([f"{known} known"] if known else []),
            *([plural(warnings, "warning")] if warnings else []),
        ]
        covered = (
            f"{tested:,} of {plural(len(counted), 'operation')} tested, "
            f"{plural(len(session.sender.sent), 'request')}, {plural(sum(session.check_counts.values()), 'check')}"
        )
        headline = f"{', '.join(numbers)}; {covered}."
        if failures or (warnings and self._options.fail_on_warnings):
            return Result.FAILED, headline
        if not session.interactions:
            return Result.INCONCLUSIVE, f"no request could be sent; {covered}. {self._why_no_success()}"
        if session.expired:
            why = "the credentials expired: the server stopped accepting them"
            return Result.INCONCLUSIVE, f"{why}; {covered}. Pass a token that is valid for longer."
        if not session.successes:
            return Result.INCONCLUSIVE, f"no request succeeded; {covered}. {self._why_no_success()}"
        cut = session.unfinished or session.sender.stopped or session.sender.given_up
        if cut and not self._options.allow_partial:
            return Result.INCONCLUSIVE, f"the plan was not finished; {headline}"
        return Result.PASSED, headline

    def _covered(self) -> Iterator[OperationCoverage]:
        session = self._session
        for operation in session.contract.operations.values():
            reason = session.selection.left_out.get(operation.id, "")
            tested = operation.id in session.successes
            if not reason and not tested:
                reason = why_untested(session, operation)
            yield OperationCoverage(operation.id, operation.method, operation.path, tested, reason)

    def _notes(self) -> Iterator[str]:
        session, target = self._session, self._session.target
        if session.sender.stopped:
            yield f"Stopped: {session.sender.stopped}."
        if session.expired:
            yield "Stopped: the token expired, the server no longer accepts the credentials that it accepted at first."
        for what in session.unfinished:
            yield f"Not sent: {what}."
        for operation, reason in session.sender.given_up.items():
            yield f"Given up on {operation}: {reason}."
        if session.sender.cut_bodies:
            count = plural(session.sender.cut_bodies, "large body", "large bodies")
            yield f"Only the beginning of {count} was checked, to save memory."
        if session.sender.streams:
            named = _some(sorted(session.sender.streams))
            yield f"Too long to be read to the end, so only the beginning was checked: {named}."
        yield from self._untested_notes()
        yield from session.cleanup_notes
        if target.any_token:
            yield "Not checked: whether wrong tokens are rejected. This mock accepts any token; start it with --token."
        if target.any_path_value:
            yield (
                "Not checked: whether unknown resource IDs return 404. This mock serves any ID; start it with --param."
            )
        operations = session.selection.operations
        silent = [o.id for o in operations if not o.is_open and o.responses and not o.documents_client_errors]
        if silent:
            yield f"No 401 or 403 is documented for {_some(silent)}; either one counted as denied."
        if problems := session.contract.problems:
            count = plural(len(problems), "problem")
            yield f"{count} in the contract, so not all of it was checked. The first: {problems[0]}"
        yield from self._suppression_notes

    def _untested_notes(self) -> Iterator[str]:
        """Why operations are not tested, those with the same reason together."""
        by_reason: dict[str, list[str]] = {}
        for item in self._coverage:
            if not item.tested and item.reason not in ("not selected", *self._session.sender.given_up.values()):
                by_reason.setdefault(item.reason, []).append(f"{item.operation} ({item.method} {item.path})")
        for reason, operations in by_reason.items():
            yield f"Not tested: {_some(operations)}: {reason}."

    def _why_no_success(self) -> str:
        session = self._session
        firsts = [item for item in session.interactions if item.probe.group == "first"]
        firsts = [item for item in firsts if item.probe.expect is not Expect.DENIED]
        if not firsts:
            if not session.target.tokens:
                return "Pass a token of an authorized caller with --token."
            return "No existing resource is known: pass its path parameter with --param."
        seen = ", ".join(sorted({str(item.status) if item.status else item.exchange.error for item in firsts}))
        if {item.status for item in firsts} & {401, 403}:
            return f"Got {seen}: check --token."
        return f"Got {seen}: check the URL, and pass path parameters of existing resources with --param."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def why_untested(session: Session, operation: Operation) -> str:
    """Why no documented success of an operation was seen."""
    if operation.id in session.sender.given_up:
        return session.sender.given_up[operation.id]
    statuses = session.statuses.get(operation.id)
    names = " ".join(f"--param {parameter.name}=VALUE" for parameter in operation.path_parameters())
    if not statuses:
        if session.is_over:
            return "the run ended before"
        if not operation.is_open and not session.target.tokens and not session.target.headers:
            return "it needs credentials; add --token"
        if operation.method not in SAFE_METHODS:
            return "this run created no resource for it"
        return f"no existing resource is known; add {names}" if names else "no request could be made"
    seen = ", ".join(str(status) if status else "no response" for status in sorted(statuses))
    if statuses.keys() & {401, 403}:
        return f"credentials denied ({seen})"
    if 404 in statuses and names:
        return f"no existing resource is known (got {seen}); add {names}"
    return f"a valid request got {seen}"
