"""Delete what a run created, and say what could not be deleted."""

from collections.abc import Iterator
from dataclasses import replace

from flowcontract.checks.probe import Expect
from flowcontract.engine.session import Session
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.resources import Values
from flowcontract.openapi.model import Operation


def delete_own_resources(session: Session) -> None:
    """Delete the resources that the run created, children before their parents, as far as the contract allows."""
    with session.sender.overtime():
        _delete_all(session)


def _delete_all(session: Session) -> None:
    operations = session.contract.operations.values()
    # A path that does not end with an ID is a collection or an action of a resource that has a path of its own.
    paths = [path for path in session.resources.own_paths if path.rstrip("/").endswith("}")]
    for path in sorted(paths, key=lambda path: -path.count("/")):
        reading = next(operation for operation in operations if operation.path == path)
        deleting = next((o for o in operations if o.path == path and o.method == "DELETE"), None)
        for values in session.resources.own(reading):
            if deleting is None or not _delete(session, deleting, values):
                text = path
                for name, value in values.items():
                    text = text.replace("{" + name + "}", value)
                session.left_over.append(text)


def left_over_notes(session: Session) -> Iterator[str]:
    """What could not be deleted, as one note."""
    if paths := list(dict.fromkeys(session.left_over)):
        yield f"Created by this run and still there: {', '.join(paths)}."


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


def _delete(session: Session, operation: Operation, values: Values) -> bool:
    context = OperationContext(session.contract, operation, session.target, [values], allow_unsafe=True)
    probe = context.probe(
        f"cleanup/{'/'.join(values.values())} of {operation.id}",
        "delete what this run created",
        values,
        Expect.DOCUMENTED,
    )
    if etag := _etag(session, operation, values):
        kept = [pair for pair in probe.request.headers if pair[0].lower() != "if-match"]
        probe = replace(probe, request=replace(probe.request, headers=(*kept, ("If-Match", etag))))
    for _, exchange in session.sender.send([probe]):
        if exchange.response is not None and (exchange.response.status < 300 or exchange.response.status in (404, 410)):
            if operation.id in session.checked:
                item = session.interaction(probe, exchange)
                session.interactions.append(item)
                if item.success:
                    session.succeeded(item)
            session.resources.forget(operation, values)
            return True
    return False
