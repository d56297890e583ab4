"""The engine: select → schedule → send → check → group. It prints nothing and returns a RunResult."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from flowcontract.checks import Context
from flowcontract.checks.findings import Finding, RunResult
from flowcontract.engine.cleanup import delete_own_resources, try_deletions
from flowcontract.engine.confirmation import Findings
from flowcontract.engine.events import Interrupted, Listener, RunStarted
from flowcontract.engine.minimization import minimized
from flowcontract.engine.options import Options
from flowcontract.engine.phases import filters, generated, probing, sequences, success
from flowcontract.engine.phases.setup import with_setup
from flowcontract.engine.selection import select
from flowcontract.engine.sender import INTERRUPTED, Sender
from flowcontract.engine.session import Session
from flowcontract.engine.summary import Summary
from flowcontract.generation.created import CreatedResources
from flowcontract.generation.probes import Probe
from flowcontract.generation.references import References
from flowcontract.generation.resources import Resources
from flowcontract.generation.schemathesis_config import DETERMINISTIC, SEARCHING
from flowcontract.generation.sequences.kinds import Kind, kinds
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

_COVERAGE_SHARE = 0.45
"""Share of the remaining time that Schemathesis's examples and coverage get before our probes."""
_COVERAGE_SHARE_WITH_SEQUENCES = 0.3
"""The same where sequences of writes follow."""
_SHARE_OF_OTHERS = 0.15
"""Share that our probes and sequences need for each operation: where these are few, examples and coverage get more."""
_SEQUENCES_SHARE = 0.8
"""Share of what remains after the probes that sequences of writes get."""
_RESERVED = 0.1
"""Share of the time limit that is kept for minimizing findings and sending them again,"""
_MOST_RESERVED = 10.0
"""and how many seconds at most."""


def _silent(_: object) -> None:
    """A listener that ignores every event."""


def plan(contract: Contract, target: Target, options: Options) -> tuple[Probe, ...]:
    """The probes that a run would send, in order, if all resources of the contract's examples exist."""
    with new_sender(target, options) as sender:
        session = new_session(contract, target, options, sender)
        for operation in session.selection.operations:
            session.known[operation.id] = session.resources.candidates(operation) or [{}]
            if not operation.is_open:
                session.denies_anonymous.add(operation.id)
        return tuple(probe for part in probing.plan(session) for probe in part)


def resource_kinds(contract: Contract, options: Options) -> list[Kind]:
    """The resources that sequences would create, with their operations; none where nothing may be changed."""
    return kinds(select(contract, options).operations, options.pairs)


def run(contract: Contract, target: Target, options: Options, listener: Listener = _silent) -> RunResult:
    """Test a target against a contract. Ctrl-C ends the run early, with a result.

    Raises TargetError if nothing listens there, UsageError for options that do not fit the contract.
    """
    listener(RunStarted(len(select(contract, options).operations)))
    started = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    reserve = min(_MOST_RESERVED, options.time_limit * _RESERVED)
    with new_sender(target, options, reserve=reserve) as sender:
        sender.connect()
        session = new_session(contract, target, options, sender, listener)
        findings: tuple[Finding, ...] = ()
        try:
            _run_phases(session)
            try_deletions(session)
            findings = _confirmed(session)
        except KeyboardInterrupt:  # What was seen until then is reported, and what was created is deleted.
            sender.stopped = INTERRUPTED
            listener(Interrupted())
            findings = _confirmed(session)
        finally:  # Also after a second Ctrl-C, and where a rule of the user raises an error.
            delete_own_resources(session)
    return Summary(session, findings).result(started, time.monotonic() - began)


def _confirmed(session: Session) -> tuple[Finding, ...]:
    """The findings; their requests are sent again if there is time."""
    with session.phase("confirmation"), session.sender.whole_time():
        checked = Findings(session)
        return checked.retried(with_setup(session, minimized(session, checked.occurrences())))


def new_sender(target: Target, options: Options, *, reserve: float = 0.0) -> Sender:
    """The sender of a session with these options; `reserve` as for `Sender`."""
    return Sender(
        target,
        timeout=options.timeout,
        time_limit=options.time_limit,
        reserve=reserve,
        workers=options.workers,
        rate=options.rate,
    )


def new_session(
    contract: Contract, target: Target, options: Options, sender: Sender, listener: Listener = _silent
) -> Session:
    """A session in which nothing was sent yet. Raises UsageError for options that do not fit the contract."""
    selection = select(contract, options)
    checked_against = options.published or contract
    sender.created = CreatedResources(
        contract,
        options.pairs,
        target=target,
        given=options.path_values,
        named=(*options.operations, *options.may_change),
        safe=options.safe,
    )
    resources = Resources(contract, options.path_values, target.url, created=sender.created)
    return Session(
        contract=contract,
        target=target,
        options=options,
        selection=selection,
        sender=sender,
        resources=resources,
        references=References(contract.operations.values(), resources),
        context=Context(
            checked_against,
            target,
            strict=options.published is not None,
            timeout=options.timeout,
        ),
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
    """The phases in their order; a run without any success ends early."""
    with session.phase("success"):
        success.run(session)
    full = session.options.profile == "full" and bool(session.successes)
    steps: list[tuple[str, Callable[[], None]]] = [("probes", lambda: _run_probes(session))]
    if session.options.allow_unsafe and session.successes:
        steps.append(("sequences", lambda: _run_sequences(session)))
    if full:
        least = _COVERAGE_SHARE if len(steps) == 1 else _COVERAGE_SHARE_WITH_SEQUENCES
        share = max(least, 1 - _SHARE_OF_OTHERS * len(session.selection.operations))
        steps.insert(0, ("coverage", lambda: generated.run(session, DETERMINISTIC, share)))
        steps.append(("search", lambda: generated.run(session, SEARCHING, 1.0)))
    is_fast = session.options.fail_fast
    has_failed = is_fast and session.has_failed
    for name, step in steps:
        if session.is_over or has_failed:
            session.unfinished.append(f"the phase {name}")
            continue
        session.update_context()
        with session.phase(name):
            step()
        has_failed = is_fast and (session.has_failed or (name == "probes" and _probes_have_failed(session)))


def _run_probes(session: Session) -> None:
    probing.run(session)
    filters.run(session)


def _run_sequences(session: Session) -> None:
    sequences.run(session, _SEQUENCES_SHARE)
    success.run_for_created(session)


def _probes_have_failed(session: Session) -> bool:
    """Whether our probes show a failure that shows again when they are repeated.

    Their responses are checked together; that happens once more at the end, and is counted there.
    """
    trial = replace(session, occurrences=[], check_counts=Counter(), checked_rules={})
    checked = Findings(trial)
    failures = [item for item in checked.occurrences() if not session.is_warning(item.violation.rule)]
    return session.is_failed_by(checked.retried(failures))
