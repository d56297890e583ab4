"""Requests that change nothing: why, and the response to them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import orjson

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowmock.examples.responses import PROBLEM, Responses, encode, main_media
from flowmock.messages import Call, Reply
from flowmock.validation.violations import Violation


class ChangeRejectedError(Exception):
    """A change that is not possible.

    `statuses`: suitable statuses of the error response, the best first. `current`: the item as it is, if there is one.
    `missing`: the path of the item that does not exist; else that of the operation up to its last parameter.
    `field`: JSON Pointer to what is wrong in the body of the request; empty for nothing in particular.
    """

    def __init__(
        self,
        message: str,
        *statuses: int,
        current: Mapping[str, Any] | None = None,
        missing: str = "",
        field: str = "",
    ) -> None:
        self.message = message
        self.statuses = statuses
        self.current = current or {}
        self.missing = missing
        self.field = field
        super().__init__(message)


class NotAnItemError(Exception):
    """A body that is not an item, such as one of a batch: the response is as without memory."""


def not_found(missing: str = "") -> ChangeRejectedError:
    """The error for an ID that a collection does not have. `missing`: as in ChangeRejectedError."""
    return ChangeRejectedError("Not found.", 404, missing=missing)


def reply(error: ChangeRejectedError, operation: Operation, call: Call, responses: Responses) -> Reply:
    """The documented error response of the first suitable status that has one; else a general one."""
    rule = f"stateful: {error.message}"
    for status in error.statuses:
        if response := operation.response(status):
            about = (Violation("body", "", error.message, error.field),) if error.field and status in _INVALID else ()
            documented = responses.documented(
                operation, response, status, call, rule, message=error.message, violations=about
            )
            media = main_media(response, call.header("accept"))
            if status == 404 and media:
                return _with_code(documented, media, _noun(error.missing or operation.path), response.description)
            return _with_current(documented, media, error.current) if error.current and media else documented
    status = error.statuses[0]
    if status == 404:
        return responses.error("not-found", call)
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": error.message}
    return Reply(status, responses.headers(PROBLEM), encode(problem), rule)


_INVALID = (400, 422)
"""Statuses of error responses that may name the field of a request."""
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


_NOT_FOUND = re.compile(r"([a-z]+(?:_[a-z]+)*)_not_found")
_ANYTHING = frozenset({"entity", "item", "object", "record", "resource"})
"""What codes call what does not exist, whatever it is."""


def _noun(path: str) -> str:
    """What an item is called whose path, or a path below it, this is: `order_line` for `/order-lines/{line_id}`."""
    collection, _, parameter = path.rpartition("}")[0].rpartition("/{")
    named = [snake_case(each) for each in singulars(snake_case(collection.rpartition("/")[2]))]
    of_parameter = snake_case(parameter).removesuffix("_id")
    return next((each for each in named if each == of_parameter), named[-1])


def _with_code(reply: Reply, media: MediaType, noun: str, description: str) -> Reply:
    """An error response whose code says what does not exist, where codes of the contract do: `book_not_found`."""
    if not media.is_json or not noun:
        return reply
    body = orjson.loads(reply.body)
    changed = _coded(body, media, noun, description)
    return replace(reply, body=encode(changed)) if changed != body and media.is_valid(changed) else reply


def _coded(body: Any, media: MediaType, noun: str, description: str) -> Any:
    if not isinstance(body, dict):
        return body
    for name, schema in members(media.schema or {}, media.schemas):
        part, value = media.member(name), body.get(name)
        if part and isinstance(value, dict):
            body = {**body, name: _coded(value, part, noun, description)}
        named = _NOT_FOUND.fullmatch(str(given(schema, media.schemas.resolve)))
        code = value if isinstance(value, str) else ""
        is_code = code == "not_found" or _NOT_FOUND.fullmatch(code)
        if is_code and named and named[1] not in _ANYTHING and code not in description:
            body = {**body, name: f"{noun}_not_found"}
    return body
