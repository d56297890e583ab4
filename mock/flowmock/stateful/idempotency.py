"""Requests with an idempotency key: one that is sent again gets the first response, and changes nothing."""

from collections.abc import Callable

from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name
from flowmock.messages import Call, Reply
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.store import MAX_ITEMS, Name, Store

_KEYS = frozenset({"idempotencykey", "xidempotencykey"})


def once(operation: Operation, call: Call, store: Store, reply: Callable[[], Reply | None]) -> Reply | None:
    """The reply to a request, the same for the same key, where the operation documents a header for keys.

    Raises ChangeRejectedError for a key that another body was sent with. Errors are not kept: they changed nothing.
    """
    names = (each.name for each in operation.parameters if each.location == "header" and plain_name(each.name) in _KEYS)
    key = call.header(next(names, "").lower()) if operation.method != "GET" else None
    if not key:
        return reply()
    name = Name(call.session, f"{operation.method} {operation.base_path}{call.path} by key", ())
    kept = store.of(name).items
    if key in kept:
        if kept[key]["body"] != call.body:
            raise ChangeRejectedError("This idempotency key was sent with another body.", 422, 409, 400)
        first: Reply = kept[key]["reply"]
        return first
    made = reply()
    if made and made.status < 300:
        if len(kept) >= MAX_ITEMS:
            del kept[next(iter(kept))]
        kept[key] = {"body": call.body, "reply": made}
    return made
