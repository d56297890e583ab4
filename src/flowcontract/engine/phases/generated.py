"""The phases of Schemathesis: examples and coverage of the contract, sequences, and property-based cases."""

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flowcontract.checks import request_validity, schemathesis_rules
from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.schemathesis_rules import RULES
from flowcontract.checks.status import DENIED, REJECTED, says_taken
from flowcontract.engine.phases import setup
from flowcontract.engine.phases.success import is_documented_success
from flowcontract.engine.session import Session
from flowcontract.generation import schemathesis_config
from flowcontract.generation.created import item_path
from flowcontract.generation.harmless_values import harmless_values
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.probes.operation_context import title
from flowcontract.generation.probes.resource_ids import MOVED, impossible_values, may_be_moved
from flowcontract.openapi.model import Operation

if TYPE_CHECKING:
    from flowcontract.generation.schemathesis_phases import GeneratedCase, SchemathesisRun

_CASES = 800
"""Property-based cases of a run, shared by its operations."""
_FEWEST, _MOST = 4, 30
"""Property-based cases of one operation."""
_HTTP_LAYER = (405, 406, 413, 414, 415, 431)
"""Statuses with which the HTTP layer or a router may reject unusual input before the operation sees it."""
_UNUSUAL = re.compile(r"%(?:00|2[Ff]|5[Cc]|0[Aa]|0[Dd]|7[Ff]|25)")
"""Encoded characters in a path that routers and servers treat in different ways."""
_NOT_IN_HEADERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Control characters that no header may contain (RFC 9110, 5.5)."""
_FORMER_VALUE = re.compile(r" \(was .*\)$")
"""The random value that an invalid one stands for, in a description of Schemathesis."""
_LONG = 2000
"""Characters of a target from which on the HTTP layer may reject it."""


def run(session: Session, phases: Sequence[str], share: float) -> None:
    """Run some of Schemathesis's phases for at most a share of the remaining time."""
    from flowcontract.generation.schemathesis_phases import SchemathesisRun, import_engine

    left_out = session.sender.unresponsive | session.sender.left_out
    operations = [o for o in session.selection.operations if o.id not in left_out and _is_harmless(session, o)]
    if session.is_over:
        session.unfinished.append(f"Schemathesis's phases {' and '.join(phases)}")
    if session.is_over or not operations:
        return
    generation = SchemathesisRun(
        session.contract,
        session.target,
        operations,
        session.resources,
        known=session.known,
        seed=session.options.seed,
        timeout=session.options.timeout,
        workers=session.options.workers if session.sender.is_slow else 1,
        max_examples=max(_FEWEST, min(_MOST, _CASES // len(operations))),
        allow_unsafe=session.options.allow_unsafe,
        rate=session.options.rate,
        pause=session.sender.pause,
        throttled=session.sender.throttled,
    )
    import_engine(session.sender.remaining * share)
    seconds = session.sender.remaining * share
    until = time.monotonic() + seconds
    # Also while no case comes: for large documents, making the first ones takes long.
    timer = threading.Timer(seconds, generation.stop)
    timer.daemon = True
    timer.start()
    try:
        _take_all(session, generation, phases, until)
    finally:
        timer.cancel()
    if time.monotonic() >= until or generation.failed:
        why = f" (it failed: {', '.join(sorted(generation.failed))})" if generation.failed else ""
        session.unfinished.append(f"the last cases of Schemathesis's phases {' and '.join(phases)}{why}")
    session.ran.update(set(phases) - schemathesis_config.switched_off())


def _is_harmless(session: Session, operation: Operation) -> bool:
    """Whether an operation changes nothing but what the run created, whatever path parameters are generated.

    They are replaced by those of a resource that does not exist: a read looks for it first.
    """
    created = session.resources.created
    if session.options.only_reads(operation) or not operation.path_parameters():
        return True
    creates = operation.method == "PUT" and created.is_creation(operation)
    if not creates and not created.given(operation) and not created.of(operation, alive=False):
        return False  # Nothing was created there, and `Summary` says why.
    _look_for_impossible(session, operation)
    return harmless_values(session.contract, operation, session.resources) is not None


def _look_for_impossible(session: Session, operation: Operation) -> None:
    """Read the resource that unsafe requests are about, to know that it does not exist."""
    values = impossible_values(session.contract, operation)
    path = item_path(operation.path)
    operations = [o for o in session.contract.operations.values() if o.method == "GET" and o.id in session.checked]
    reading = next((o for o in operations if o.path.rstrip("/") == path), None)
    if reading is None or session.resources.created.permits(operation, values):
        return
    context = OperationContext(session.contract, reading, session.target, [values])
    reason = "an unsafe request may name a resource that does not exist"
    probe = context.probe(f"absent/{title(values)} of {operation.id}", reason, values, Expect.UNSPECIFIED)
    for _, exchange in session.sender.send([probe]):
        if exchange.response is not None and exchange.response.status in (404, 410):
            session.resources.created.add_absent(operation, values)


def _take_all(session: Session, schemathesis: "SchemathesisRun", phases: Sequence[str], until: float) -> None:
    """Take the cases until the phases end, the time is over, or the credentials expire."""
    number = 0
    for cases in schemathesis.cases(phases):
        for case in cases:
            number += 1
            before = len(session.occurrences)
            item = _take(session, case, number)
            if item is not None and case.phase == "stateful" and len(session.occurrences) > before:
                earlier = session.interactions[:-1]
                found = [
                    replace(one, steps=setup.chain(earlier, item, one.violation.rule))
                    for one in session.occurrences[before:]
                ]
                session.occurrences[before:] = [one for one in found if not schemathesis_rules.is_without_deletion(one)]
        denied = any(case.exchange.response and case.exchange.response.status in DENIED for case in cases)
        if denied and not session.credentials_accepted():
            schemathesis.stop()
            break
        session.progress()
        if time.monotonic() >= until:
            schemathesis.stop()
            break


def _take(session: Session, case: "GeneratedCase", number: int) -> Interaction | None:
    """Check one case, and learn from it; None if it says nothing."""
    operation = case.operation
    probe = probe_of(case, number)
    exchange = session.sender.within_memory(case.exchange)
    item = session.interaction(probe, exchange)
    session.sender.sent.append((probe, exchange))
    if case.exchange.response is None and case.exchange.error == "timeout":
        return None
    session.interactions.append(item)
    found = session.check([item])
    session.count(item, [RULES[check] for check in case.checks if check in RULES])
    for complaint in case.complaints:
        # A response that shows the wrong values that it accepted violates its schema because of them.
        if found and RULES.get(complaint.check) != "invalid-input-accepted":
            continue
        violation = schemathesis_rules.violation(complaint.check, complaint.message, item)
        if violation is None or (case.has_given_path and complaint.is_about_path):
            continue
        if item.status not in probe.tolerated:
            session.occurrences.append(Occurrence(violation, item))
    may_fail = item.status in REJECTED and not says_taken(item.status, item.text)
    counts = case.is_valid and case.phase != "examples" and (item.success or may_fail)
    if counts and not request_validity.has_free_text(item):
        request = exchange.request
        path, _, query = request.target.partition("?")
        same = "&".join(sorted(query.split("&")))  # In whichever order the parameters come.
        session.valid_input.setdefault(operation.id, {})[f"{path}?{same}", request.body] = item.success
    if case.is_valid and item.success and is_documented_success(item):
        session.succeeded(item)
        if not operation.path_parameters():
            session.known.setdefault(operation.id, [{}])
    return item


def probe_of(case: "GeneratedCase", number: int) -> Probe:
    """A case as a probe."""
    # Several changes are lines that begin with a dash.
    lines = [line.removeprefix("- ") for line in case.description.splitlines()]
    description, what = "; ".join(lines), "; ".join(_FORMER_VALUE.sub("", line) for line in lines)
    target = case.exchange.request.target
    invalid = any(_NOT_IN_HEADERS.search(value) for _, value in case.exchange.request.headers)
    moved = MOVED if any(map(may_be_moved, case.values.values())) else ()
    odd = bool(_UNUSUAL.search(target.partition("?")[0])) or len(target) > _LONG or invalid
    return Probe(
        f"{case.phase}/{number} of {case.operation.id}",
        f"generated by Schemathesis ({case.phase} phase{': ' + what if what else ''})",
        case.operation.id,
        case.exchange.request,
        Expect.DOCUMENTED if case.is_own_method else Expect.METHOD_NOT_ALLOWED,
        case.values,
        tolerated=(*_HTTP_LAYER, *moved, *((400, 404) if odd else ()), *(() if case.is_own_method else (400, 501))),
        odd=odd,
        may_exist=True,
        trigger=f"generated input: {description}" if description else "generated input",
        is_generated=True,
    )
