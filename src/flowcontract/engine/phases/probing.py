"""Our probes: in full for operations that represent others, the essential ones for every operation."""

import re
from collections.abc import Iterable, Sequence

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.phases import success
from flowcontract.engine.selection import is_excluded
from flowcontract.engine.session import Session
from flowcontract.generation import probes
from flowcontract.generation.probes.credentials import another_user
from flowcontract.generation.probes.operation_context import title
from flowcontract.generation.resources import Resources, Values
from flowcontract.openapi.model import Operation

_ITEMS = 20
"""Items of a list of the second user that are looked at."""
_COLLECTIONS = 10
"""Parents of which the second user reads the same list."""


def run(session: Session) -> None:
    """Send the probes of every operation, the essential ones first, so that a run that is cut has seen all."""
    success.renew(session)
    find_shared(session)
    for probes_of_operation in plan(session):
        session.interactions += session.send(probes_of_operation)
        if session.is_over:
            return
    session.ran.add("probes")


def find_shared(session: Session) -> None:
    """What the second user's own lists show belongs to both users, such as the books of a library, and what is in it.

    Where both users get the same page, so does what is on the others. The lists in what is shared are read after it.
    What only an excluded list would show may be shared, and counts as such.
    """
    mine, theirs = (Resources(session.contract, {}, most_learned=_ITEMS) for _ in range(2))
    selected = [session.contract.operation(name) for name in session.checked]
    operations = sorted((*selected, *_lists_left_out(session)), key=_depth)
    whole: set[str] = set()
    """Paths of resources of which the second user sees what the first sees."""

    def is_shared(operation: Operation, values: Values) -> bool:
        is_listed = operation.path in whole or _own(operation, values) in theirs.learned(operation)
        return is_listed or any(is_shared(other, values) for other in operations if _is_above(other, operation))

    lists = [o for o in operations if o.method == "GET" and not o.path.rstrip("/").endswith("}")]
    for operation in lists:
        caller, context = another_user(operation, session.target), session.context_of(operation)
        if caller is None:
            continue
        for values in _collections(session, operation, mine):
            if values and not is_shared(operation, values):
                continue
            for seen, user in ((theirs, caller), (mine, context.valid))[: 1 if values else 2]:
                name = f"shared/list of {operation.id} ({user.label}{f' {title(values)}' if values else ''})"
                reason = "resources in a second user's lists are shared"
                for item in session.send([context.probe(name, reason, values, Expect.UNSPECIFIED, user)]):
                    if item.success:
                        seen.learn(operation, values, item.json)
            if not values:
                whole |= {o.path for o in operations if theirs.learned(o) and theirs.learned(o) == mine.learned(o)}
    unknown = _collections_excluded(session) - {_collection(operation) for operation in lists}
    for operation in session.selection.operations if theirs.known_ids or unknown else ():
        may_be_shared = not unknown.isdisjoint(_collections_in([operation]))
        known = session.known.get(operation.id, ())
        found = [values for values in known if may_be_shared or is_shared(operation, values)]
        if found and operation.path_parameters():
            session.shared[operation.id] = found


def _lists_left_out(session: Session) -> list[Operation]:
    """Lists that are not selected, of what the selected operations are about, and of what these lists stand in."""
    left_out = [o for o in session.contract.operations.values() if session.may_learn_from(o)]
    found: list[Operation] = []
    wanted = _collections_in(session.selection.operations)
    while more := [o for o in left_out if _collection(o) in wanted and o not in found]:
        found += more
        wanted |= _collections_in(more)
    return found


def _collections_excluded(session: Session) -> set[str]:
    """Names of the collections whose lists are excluded, so that nothing may be sent there."""
    return {
        _collection(operation)
        for operation in session.contract.operations.values()
        if operation.method == "GET" and is_excluded(operation, session.options)
    } - {""}


def _collection(operation: Operation) -> str:
    """The name of the collection that a path ends with; empty if it ends with one resource."""
    last = operation.path.rstrip("/").rpartition("/")[2]
    return "" if "{" in last else last


def _collections_in(operations: Iterable[Operation]) -> set[str]:
    """The names of the collections that paths name resources of."""
    return {name for operation in operations for name in re.findall(r"([^/{}]+)/\{", operation.path)}


def _depth(operation: Operation) -> int:
    return len(operation.path_parameters())


def _own(operation: Operation, values: Values) -> Values:
    return {parameter.name: values.get(parameter.name, "") for parameter in operation.path_parameters()}


def _is_above(other: Operation, operation: Operation) -> bool:
    """Whether another path names a resource that the operation's resource is in."""
    path = other.path.rstrip("/")
    return path.endswith("}") and operation.path.rstrip("/").startswith(f"{path}/")


def _collections(session: Session, operation: Operation, listed: Resources) -> Sequence[Values]:
    """The path parameters with which a list is read: those of what the run created, and of known ones.

    `listed`: what other lists have shown.
    """
    if not session.context_of(operation).authorized:
        return ()
    if not operation.path_parameters():
        return [{}]
    known = session.known.get(operation.id) or listed.learned(operation)
    found = [*session.resources.created.parents(operation), *known]
    return [values for at, values in enumerate(found) if values not in found[:at]][:_COLLECTIONS]


def plan(session: Session) -> list[tuple[Probe, ...]]:
    """The probes, in the order in which they are sent; each item is about one operation."""
    operations = [operation for operation in session.selection.operations if session.options.only_reads(operation)]
    left_out = session.sender.left_out
    tested = [o for o in operations if o.id in session.known and o.id not in left_out]
    untested = [operation for operation in operations if operation.id not in session.known]
    # Where nothing is served, what can be seen without a success is worth seeing.
    candidates = tested or untested[:1]
    in_full = {operation.id for operation in probes.representatives(candidates)}
    size, longest = probes.budget(len(in_full)), _longest(session, tested)

    def context(operation: Operation) -> probes.OperationContext:
        return session.context_of(operation, is_longest=operation.id == longest)

    brief = [probes.essential(context(operation)) for operation in candidates if operation.id not in in_full]
    full = [probes.plan(context(operation), size) for operation in candidates if operation.id in in_full]
    return probes.asked_once(brief + full)


def _longest(session: Session, operations: Sequence[Operation]) -> str:
    """The ID of the GET operation whose first success was longer than those of the others; empty if there is none."""
    lengths = {
        o.id: len(session.successes[o.id].response.body)
        for o in operations
        if o.method == "GET" and o.id in session.successes
    }
    return max(lengths, key=lengths.__getitem__) if len(lengths) > 1 else ""
