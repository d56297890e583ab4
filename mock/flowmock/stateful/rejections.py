"""Requests that change nothing: why, and the response to them."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import orjson

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.plausible import words
from flowmock.examples.responses import PROBLEM, Responses, encode, main_media
from flowmock.messages import Call, Reply


class ChangeRejectedError(Exception):
    """A change that is not possible.

    `statuses`: suitable statuses of the error response, the best first. `current`: the item as it is, if there is one.
    """

    def __init__(self, message: str, *statuses: int, current: Mapping[str, Any] | None = None) -> None:
        self.message = message
        self.statuses = statuses
        self.current = current or {}
        super().__init__(message)


class NotAnItemError(Exception):
    """A body that is not an item, such as one of a batch: the response is as without memory."""


def not_found() -> ChangeRejectedError:
    """The error for an ID that a collection does not have."""
    return ChangeRejectedError("Not found.", 404)


def reply(error: ChangeRejectedError, operation: Operation, call: Call, responses: Responses) -> Reply:
    """The documented error response of the first suitable status that has one; else a general one."""
    rule = f"stateful: {error.message}"
    for status in error.statuses:
        if response := operation.response(status):
            documented = responses.documented(operation, response, status, call, rule, message=error.message)
            media = main_media(response, call.header("accept"))
            return _with_current(documented, media, error.current) if error.current and media else documented
    status = error.statuses[0]
    if status == 404:
        return responses.error("not-found", call)
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": error.message}
    return Reply(status, responses.headers(PROBLEM), encode(problem), rule)


_CURRENT = frozenset({"actual", "current", "latest", "server", "stored"})
"""First words of names of what an error body says of the item as it is."""


def _with_current(reply: Reply, media: MediaType, item: Mapping[str, Any]) -> Reply:
    """An error response that says what the item has: its `version` as `current_version`, where there is room for it."""
    if not media.is_json:
        return reply
    body = orjson.loads(reply.body)
    changed = _said(body, media, item)
    return replace(reply, body=encode(changed)) if changed != body and media.is_valid(changed) else reply


def _said(body: Any, media: MediaType, item: Mapping[str, Any]) -> Any:
    """An error body, or an object in it, with the members of the item that it names."""
    if not isinstance(body, dict):
        return body
    known = {words(name): value for name, value in item.items()}
    for name, _ in members(media.schema or {}, media.schemas):
        first, *rest = words(name)
        part = media.member(name)
        if first in _CURRENT and tuple(rest) in known and part and part.is_valid(known[tuple(rest)]):
            body = {**body, name: known[tuple(rest)]}
        elif part and isinstance(body.get(name), dict):
            body = {**body, name: _said(body[name], part, item)}
    return body
