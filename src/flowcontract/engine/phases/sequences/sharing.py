"""What several users share: the lists tell, also those that are not selected, which are read but not checked."""

from collections.abc import Iterator
from dataclasses import replace

from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, Resource
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.selection import is_excluded
from flowcontract.engine.session import Session
from flowcontract.generation.sequences.kinds import Kind, collection_path, is_list
from flowcontract.openapi.model import Operation


def may_be_shared(recorder: Recorder, resource: Resource) -> bool:
    """Whether a resource is shared, or a list that would tell is excluded."""
    return is_hidden(recorder, resource) or is_shared(recorder, resource)


def is_hidden(recorder: Recorder, resource: Resource) -> bool:
    """Whether a list that would show a resource, or what it stands in, is excluded: it may be shared or not."""
    above, listing = recorder.parent_of(resource), _listing(recorder.session, resource.kind)
    is_here = resource.kind.list is None and listing is not None and is_excluded(listing, recorder.session.options)
    return is_here or (above is not None and is_hidden(recorder, above))


def is_shared(recorder: Recorder, resource: Resource) -> bool:
    """Whether the second user's lists show a resource, and what it stands in: that alone, where it has no list."""
    kind, above = with_list(recorder, resource.kind), recorder.parent_of(resource)
    if kind.list is None or kind.list.is_open:
        is_below = above is not None and kind.item_path.startswith(f"{above.kind.item_path.rstrip('/')}/")
        return above is not None and is_below and is_shared(recorder, above)
    _, is_listed = Scene(recorder, kind).list_of_others(above, resource)
    return is_listed and (above is None or is_shared(recorder, above))


def reads_others(recorder: Recorder, kind: Kind) -> bool:
    """Whether the read-only credential may list another collection: it has a role, and is accepted.

    Also where that cannot be known, because the lists of others are excluded.
    """
    session, own = recorder.session, with_list(recorder, kind).list
    lists = [one for one in _top_lists(session) if own is None or one.id != own.id]
    tried = [one for one in lists if not is_excluded(one, session.options)]
    return any(_reads(recorder, one) for one in tried) or len(tried) < len(lists)


def with_list(recorder: Recorder, kind: Kind) -> Kind:
    """A kind with its list, also with one that is not selected."""
    listing = _listing(recorder.session, kind) if kind.list is None else None
    return replace(kind, list=listing) if listing and not is_excluded(listing, recorder.session.options) else kind


def _listing(session: Session, kind: Kind) -> Operation | None:
    """The list of a kind in the contract, whether it is selected or not."""
    path = collection_path(kind.create)
    operations = session.contract.operations.values()
    found = (o for o in operations if o.method == "GET" and o.path.rstrip("/") == path and is_list(o))
    return next(found, None)


def _top_lists(session: Session) -> Iterator[Operation]:
    """The lists of collections in which something can be created, and which stand in nothing else."""
    operations = list(session.contract.operations.values())
    created = {o.path.rstrip("/") for o in operations if o.method == "POST"}
    for operation in operations:
        path = operation.path.rstrip("/")
        if operation.method == "GET" and "{" not in path and path in created and is_list(operation):
            yield operation


def _reads(recorder: Recorder, listing: Operation) -> bool:
    label = f"list {listing.path.rstrip('/').rpartition('/')[2]} ({Caller.READER})"
    return recorder.send(listing, {}, label, caller=Caller.READER).ok
