"""Our probes: in full for operations that represent others, the essential ones for every operation."""

from flowcontract.engine.session import Session
from flowcontract.generation import probes
from flowcontract.generation.probes import Probe


def run(session: Session) -> None:
    """Send the probes of every operation, the essential ones first, so that a run that is cut has seen all."""
    for probes_of_operation in plan(session):
        session.interactions += session.send(probes_of_operation)
        if session.is_over:
            return


def plan(session: Session) -> list[tuple[Probe, ...]]:
    """The probes, in the order in which they are sent; each item is about one operation."""
    operations = [operation for operation in session.selection.operations if session.options.only_reads(operation)]
    tested = [operation for operation in operations if operation.id in session.known]
    untested = [operation for operation in operations if operation.id not in session.known]
    # Where nothing is served, what can be seen without a success is worth seeing.
    candidates = tested or untested[:1]
    in_full = {operation.id for operation in probes.representatives(candidates)}
    size = probes.budget(len(in_full))
    brief = [probes.essential(session.context_of(o)) for o in tested if o.id not in in_full]
    full = [probes.plan(session.context_of(o), size) for o in candidates if o.id in in_full]
    return brief + full
