"""Delete what a run created, and say what could not be deleted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from flowcontract.checks.probe import Expect
from flowcontract.engine.session import Session
from flowcontract.generation.created import Created
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.request_builder import OTHER_TOKEN, READ_ONLY_TOKEN, Credentials, credentials_with
from flowcontract.http.messages import Response
from flowcontract.openapi.model import Operation

_MAY_EXIST = "May still exist, because its ID or a DELETE for it is not known: "
_REQUEST = re.compile(r"([A-Z]+ /\S*) \(([^()]*)\)")
_MOST = 5
"""Resources of one request that a note of several sessions names."""
_NAMED = 3
"""Resources of one collection that a note names."""


def delete_own_resources(session: Session) -> None:
    """Delete the resources that the run created, children before their parents, as far as the contract allows."""
    with session.sender.overtime():
        _delete_all(session)


def try_deletions(session: Session) -> None:
    """Delete a resource that the run created by each DELETE that no phase had a success of: it is tested, too."""
    for operation in session.selection.operations:
        created = (item for item in session.resources.created.alive if item.path == operation.path)
        item = next(created, None) if operation.method == "DELETE" and operation.id not in session.successes else None
        if item is not None and not session.is_over:
            _delete(session, operation, item)


def delete_left_over(session: Session, resources: Iterable[Created]) -> Sequence[Created]:
    """Try once more to delete what earlier sessions created and could not delete; those that are still there."""
    session.resources.created.restore(resources)
    delete_own_resources(session)
    return session.resources.created.alive


def _delete_all(session: Session) -> None:
    deleting = {o.path: o for o in session.contract.operations.values() if o.method == "DELETE"}
    progress = True
    while progress:  # A server may keep what something else refers to until that is gone.
        created = session.resources.created
        before = created.alive
        for item in before:
            if item.path in deleting:
                _delete(session, deleting[item.path], item)
            if created.is_alive(item) and created.is_gone(item) and not _is_shown(session, item):
                created.deleted(item.path, item.values)  # With its parent.
        progress = len(session.resources.created.alive) < len(before)


def left_over_notes(session: Session) -> Iterator[str]:
    """What could not be deleted."""
    if paths := [path_of(item) for item in session.resources.created.alive]:
        yield still_there(paths)
    yield from unknown_notes(session)


def still_there(paths: Sequence[str], *, on: str = "") -> str:
    """The note that names resources without their parts; `on`: the server that they are on, where there are several."""
    where = f" on {on}" if on else ""
    collections: dict[str, list[str]] = {}
    all_paths = {path.rstrip("/") for path in paths}
    for path in paths:
        above = accumulate(path.rstrip("/").split("/")[:-1], "{}/{}".format)
        if not all_paths.isdisjoint(above):
            continue
        collections.setdefault(path.rstrip("/").rpartition("/")[0], []).append(path)
    named = []
    for collection, found in collections.items():
        more = len(found) - _NAMED
        named += found[:_NAMED] + ([f"{more:,} more in {collection}"] if more > 0 else [])
    return f"Created by this run{where} and still there: {', '.join(named)}."


def unknown_notes(session: Session) -> Iterator[str]:
    """What may have been created, and cannot be deleted."""
    if unknown := list(session.resources.created.unknown()):
        yield f"{_MAY_EXIST}{', '.join(unknown)}."


def merged(notes: Iterable[str]) -> list[str]:
    """Notes of several sessions, with those about what one request may have created as one."""
    kept: list[str] = []
    found: dict[str, dict[str, None]] = {}
    for note in notes:
        requests = _REQUEST.findall(note.removeprefix(_MAY_EXIST)) if note.startswith(_MAY_EXIST) else []
        for request, what in requests:
            found.setdefault(request, {}).update(dict.fromkeys(what.split("; ")))
        kept += [] if requests else [note]
    for request, what in found.items():
        more = [f"{len(what) - _MOST:,} more"] if len(what) > _MOST else []
        kept.append(f"{_MAY_EXIST}{request} ({'; '.join([*list(what)[:_MOST], *more])}).")
    return kept


def path_of(item: Created) -> str:
    """The path of a resource, without the base path."""
    text = item.path
    for name, value in item.values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _creator(session: Session, operation: Operation, item: Created) -> Credentials | None:
    """The credentials of the caller who created a resource; None for the first user."""
    text = repr(item.request)
    other = next((token for token in (OTHER_TOKEN, READ_ONLY_TOKEN) if token in text), None)
    return credentials_with(operation, other, session.target) if other else None


def _etag(session: Session, operation: Operation, item: Created) -> str:
    """The current ETag of a resource whose deletion asks for it; empty otherwise."""
    if not any(p.location == "header" and p.name.lower() == "if-match" for p in operation.parameters):
        return ""
    response = _read(session, item)
    return (response.header("ETag") or "") if response else ""


def _is_shown(session: Session, item: Created) -> bool:
    """Whether a read returns a resource."""
    response = _read(session, item)
    return response is not None and response.status < 300


def _read(session: Session, item: Created) -> Response | None:
    """What a read of a resource returns; None for nothing, and where the contract has no read."""
    for operation in session.contract.operations.values():
        if operation.path == item.path and operation.method == "GET":
            context = OperationContext(session.contract, operation, session.target, [item.values])
            name, reason = f"cleanup/read of {operation.id}", "find out whether the resource exists, and its ETag"
            probe = context.probe(name, reason, item.values, Expect.DOCUMENTED, _creator(session, operation, item))
            for _, exchange in session.sender.send([probe]):
                return exchange.response
    return None


def _delete(session: Session, operation: Operation, item: Created) -> None:
    values, path = item.values, item.path
    context = OperationContext(session.contract, operation, session.target, [values], allow_unsafe=True)
    probe = context.probe(
        f"cleanup/{'/'.join(values.values())} of {operation.id}",
        "clean up what this run created",
        values,
        Expect.DOCUMENTED,
        _creator(session, operation, item),
    )
    if etag := _etag(session, operation, item):
        kept = [pair for pair in probe.request.headers if pair[0].lower() != "if-match"]
        probe = replace(probe, request=replace(probe.request, headers=(*kept, ("If-Match", etag))))
    for _, exchange in session.sender.send([probe]):
        if exchange.response is not None and (exchange.response.status < 300 or exchange.response.status in (404, 410)):
            if operation.id in session.checked:
                shown = session.interaction(probe, exchange)
                session.interactions.append(shown)
                if shown.success:
                    session.succeeded(shown)
            session.resources.created.deleted(path, values)
