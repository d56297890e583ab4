"""Our probes: in full for operations that represent others, the essential ones for every operation."""

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.phases import success
from flowcontract.engine.session import Session
from flowcontract.generation import probes
from flowcontract.generation.probes.credentials import another_user
from flowcontract.generation.resources import Resources

_ITEMS = 20
"""Items of a list of the second user that are looked at."""


def run(session: Session) -> None:
    """Send the probes of every operation, the essential ones first, so that a run that is cut has seen all."""
    success.renew(session)
    _find_shared(session)
    for probes_of_operation in plan(session):
        session.interactions += session.send(probes_of_operation)
        if session.is_over:
            return
    session.ran.add("probes")


def _find_shared(session: Session) -> None:
    """What the second user's own lists show belongs to both users, such as the books of a library.

    Where both users get the same page, so does what is on the others.
    """
    mine, theirs = (Resources(session.contract, {}, most_learned=_ITEMS) for _ in range(2))
    for operation in session.selection.operations:
        context = session.context_of(operation)
        caller = another_user(operation, session.target)
        if caller is None or operation.method != "GET" or operation.path_parameters() or not context.readable:
            continue
        reason = "what the lists of a second user show is not the first user's alone"
        for seen, user in ((theirs, caller), (mine, context.valid)):
            probe = context.probe(f"shared/list of {operation.id} ({user.label})", reason, {}, Expect.UNSPECIFIED, user)
            for item in session.send([probe]):
                if item.success:
                    seen.learn(operation, {}, item.json)
    for operation in session.selection.operations:
        listed = theirs.learned(operation)
        known = session.known.get(operation.id, ())
        shared = [values for values in known if values in listed or listed == mine.learned(operation)]
        if shared and listed and operation.path_parameters():
            session.shared[operation.id] = shared


def plan(session: Session) -> list[tuple[Probe, ...]]:
    """The probes, in the order in which they are sent; each item is about one operation."""
    operations = [operation for operation in session.selection.operations if session.options.only_reads(operation)]
    left_out = session.sender.given_up.keys() | session.sender.streams
    tested = [o for o in operations if o.id in session.known and o.id not in left_out]
    untested = [operation for operation in operations if operation.id not in session.known]
    # Where nothing is served, what can be seen without a success is worth seeing.
    candidates = tested or untested[:1]
    in_full = {operation.id for operation in probes.representatives(candidates)}
    size = probes.budget(len(in_full))
    brief = [probes.essential(session.context_of(o)) for o in tested if o.id not in in_full]
    full = [probes.plan(session.context_of(o), size) for o in candidates if o.id in in_full]
    return brief + probes.asked_once(full)
