"""What a client sent, in the generated response to it: a created pet has the name that the client gave it."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowmock.generation.relations import envelopes, hold, is_marked
from flowmock.messages import Call
from flowmock.validation import requests

_WRITES = frozenset({"POST", "PUT", "PATCH"})


def with_sent(value: Any, operation: Operation, media: MediaType, call: Call) -> Any:
    """A generated body of a success, with the members that the request has under the same names.

    A member is not taken where only the server sets it (`readOnly`), or where the schema does not allow the value.
    """
    if operation.method not in _WRITES or not call.body or not isinstance(value, dict):
        return value
    sent = requests.value_of_body(operation, call)
    if not isinstance(sent, Mapping):
        return value
    found = _over(value, sent, media)
    if found is not value:
        return hold(found, operation, call.path_values, call.query, media.is_valid)
    for name in envelopes(value, f"{operation.path.rstrip('/')}/{{id}}"):
        inner, inner_media = value[name], media.member(name)
        if isinstance(inner, dict) and inner_media:
            own = sent.get(name)
            changed = _over(inner, own if isinstance(own, Mapping) else sent, inner_media)
            if changed is not inner and media.is_valid(whole := {**value, name: changed}):
                return hold(whole, operation, call.path_values, call.query, media.is_valid)
    return value


def _over(value: dict[str, Any], sent: Mapping[str, Any], media: MediaType) -> dict[str, Any]:
    """An object with the members of another that its schema declares and allows."""
    for name, schema in members(media.schema or {}, media.schemas):
        if name in sent and not is_marked(schema, "readOnly", media.schemas) and sent[name] != value.get(name):
            changed = {**value, name: sent[name]}
            if media.is_valid(changed):
                value = changed
    return value
