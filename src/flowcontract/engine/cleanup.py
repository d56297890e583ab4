"""Delete what a run created, and say what could not be deleted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flowcontract.checks.probe import Expect
from flowcontract.engine.session import Session
from flowcontract.generation.created import Created
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.request_builder import OTHER_TOKEN, READ_ONLY_TOKEN, Credentials, credentials_with
from flowcontract.generation.resources import Values
from flowcontract.openapi.model import Operation

_NAMED = 20
"""Resources that a note names."""


def delete_own_resources(session: Session) -> None:
    """Delete the resources that the run created, children before their parents, as far as the contract allows."""
    with session.sender.overtime():
        _delete_all(session)


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
            if created.is_gone(item):  # With its parent: a request could only get 404.
                created.deleted(item.path, item.values)
            elif item.path in deleting:
                _delete(session, deleting[item.path], item)
        progress = len(session.resources.created.alive) < len(before)


def left_over_notes(session: Session) -> Iterator[str]:
    """What could not be deleted."""
    if paths := [path_of(item) for item in session.resources.created.alive]:
        yield still_there(paths)
    yield from unknown_notes(session)


def still_there(paths: Sequence[str]) -> str:
    """The note that names resources."""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"Created by this run and still there: {', '.join(paths[:_NAMED])}{more}."


def unknown_notes(session: Session) -> Iterator[str]:
    """What may have been created, and cannot be deleted."""
    if unknown := list(session.resources.created.unknown()):
        yield f"May still exist, because its ID or a DELETE for it is not known: {', '.join(unknown)}."


def path_of(item: Created) -> str:
    """The path of a resource, without the base path."""
    text = item.path
    for name, value in item.values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _creator(operation: Operation, item: Created) -> Credentials | None:
    """The credentials of the caller who created a resource; None for the first user."""
    text = repr(item.request)
    other = next((token for token in (OTHER_TOKEN, READ_ONLY_TOKEN) if token in text), None)
    return credentials_with(operation, other) if other else None


def _etag(session: Session, operation: Operation, values: Values) -> str:
    """The current ETag of a resource whose deletion asks for it; empty otherwise."""
    if not any(p.location == "header" and p.name.lower() == "if-match" for p in operation.parameters):
        return ""
    for other in session.contract.operations.values():
        if other.path == operation.path and other.method == "GET":
            context = OperationContext(session.contract, other, session.target, [values])
            probe = context.probe(f"cleanup/read of {other.id}", "read its ETag", values, Expect.DOCUMENTED)
            for _, exchange in session.sender.send([probe]):
                return (exchange.response.header("ETag") or "") if exchange.response else ""
    return ""


def _delete(session: Session, operation: Operation, item: Created) -> None:
    values, path = item.values, item.path
    context = OperationContext(session.contract, operation, session.target, [values], allow_unsafe=True)
    probe = context.probe(
        f"cleanup/{'/'.join(values.values())} of {operation.id}",
        "delete what this run created",
        values,
        Expect.DOCUMENTED,
        _creator(operation, item),
    )
    if etag := _etag(session, operation, values):
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
