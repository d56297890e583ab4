"""Lists of as many items as a request or a scenario asks for, where they are not of a resource: items are repeated."""

from typing import Any

from flowcontract.openapi import media_types
from flowmock.examples.responses import SIZED
from flowmock.lists import paging
from flowmock.lists.envelopes import list_of
from flowmock.messages import Call, Reply
from flowmock.negotiation import prefer
from flowmock.operations.success import Success, parsed


def sized(reply: Reply, call: Call, success: Success) -> Reply:
    """The reply with as many items as are asked for. Raises PreferenceError where it has no list."""
    if call.list_size is None or SIZED in reply.details:
        return reply
    media = success.main if reply.status == success.status else None
    is_preferred = bool(call.preferences and call.preferences.items is not None)
    value = parsed(reply.body) if reply.body and _is_json(reply) else None
    if media and not is_preferred and _is_part(value, success):
        return reply
    body = _of_size(value, call.list_size)
    if media and media.is_json and body is not None and media.is_valid(body):
        body = paging.paged(body, _list_in(body) or (), success.operation, call, media.is_valid)
        return success.body(media, body, reply.rule, call)
    if is_preferred:
        raise prefer.PreferenceError(
            f"Prefer: items={call.list_size} needs a response with a list that may have this many items; "
            f"{success.operation.id} has none."
        )
    return reply


def _is_json(reply: Reply) -> bool:
    """Whether the body is JSON: an operation may have files, or rows of CSV, or no content."""
    return any(name.lower() == "content-type" and media_types.is_json(value) for name, value in reply.headers)


def _is_part(body: Any, success: Success) -> bool:
    """Whether the list in a body is one of the objects that a single object has, and not one of a resource."""
    name = _list_in(body)
    has_objects = name is not None and any(isinstance(each, dict) for each in body[name[0]])
    return has_objects and list_of(success.responses.contract, success.operation) is None


def _of_size(body: Any, size: int) -> Any:
    """A list, or an object with one list, with its items repeated or cut; None where there is no such list."""
    if isinstance(body, list):
        return [body[number % len(body)] for number in range(size)] if body or not size else None
    if not (names := _list_in(body)):
        return None
    items = _of_size(body[names[0]], size)
    return None if items is None else {**body, names[0]: items}


def _list_in(body: Any) -> paging.Tokens | None:
    """The name of the one list of an object; None where it has none, or several."""
    lists = [name for name, value in body.items() if isinstance(value, list)] if isinstance(body, dict) else []
    return (lists[0],) if len(lists) == 1 else None
