"""How a request violates the contract: in its parameters, and in its body."""

import copy
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from flowcontract.http import content_coding
from flowcontract.openapi import media_types, parameters
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.values import members
from flowcontract.openapi.values.plausible import TODAY
from flowmock.messages import Call
from flowmock.validation import bodies, described
from flowmock.validation.violations import Violation

CODINGS = "gzip, deflate"
"""Content codings of request bodies that are understood."""
_FILES = frozenset(
    {"audio", "font", "image", "video", "application/octet-stream", "application/pdf", "application/zip"}
)
"""Media types, or groups of them, of bodies that are files."""
_INVALID = frozenset({"400", "422", "4XX", "default"})
"""Responses to bodies that only descriptions rule out."""
_NONE: frozenset[str] = frozenset()


def of_parameters(operation: Operation, call: Call) -> Iterator[Violation]:
    """Name each declared parameter that is missing or whose value the contract does not allow."""
    if not operation.parameters:
        return
    raw = parameters.RawValues(call.path_values, call.query, call.headers, call.encoded_path_values)
    in_query: frozenset[str] | None = None
    for parameter in operation.parameters:
        others = _NONE
        if parameter.location == "query":
            if not call.query and not parameter.required:
                continue
            if in_query is None:
                in_query = frozenset(each.name for each in operation.parameters if each.location == "query")
            others = in_query
        try:
            value = _value_of(parameter, raw, others)
        except parameters.StyleError as error:
            yield Violation(parameter.location, parameter.name, str(error), keyword="style")
            continue
        if value is parameters.MISSING:
            if parameter.required and parameter.name.lower() not in _ignored(parameter.location):
                yield Violation(parameter.location, parameter.name, "required but missing", keyword="required")
            continue
        if value is parameters.EMPTY or parameter.is_valid(value):
            continue
        for problem in parameter.errors(value):
            message = problem.message
            # An error must not repeat a text that was requested: a page may show it.
            if parameter.location == "path" and not isinstance(value, int | float):
                message = message.replace(json.dumps(value, ensure_ascii=False), "another value", 1)
            yield Violation(parameter.location, parameter.name, message, problem.instance, problem.keyword)


def _value_of(parameter: Parameter, raw: parameters.RawValues, others: frozenset[str]) -> Any:
    """The value of a parameter, as `parameters.read` gives it, but `?page=` is an empty text, not null.

    Frameworks take null for a parameter that is absent.
    """
    value = parameters.read(parameter, raw, others)
    if value is None and parameter.location == "query":
        return "" if [text for name, text in raw.query if name == parameter.name] == [""] else None
    return value


def _ignored(location: str) -> frozenset[str]:
    return parameters.IGNORED_HEADERS if location == "header" else frozenset()


def of_body(operation: Operation, call: Call, today: date = TODAY) -> Iterator[Violation]:
    """Name each way in which the body is not what the contract says. `today`: the day of generated values."""
    if not operation.request_media:
        return
    if not call.body:
        if operation.request_required:
            yield Violation("body", "", "required but missing", keyword="required")
        return
    content_type = call.header("content-type")
    media = media_of(operation, content_type)
    if media is None:
        declared = ", ".join(operation.request_media)
        yield Violation("body", "", f"expected Content-Type {declared}, got {content_type}", keyword="media-type")
        return
    coding = content_coding.coding(call.header("content-encoding"))
    if coding not in ("", "gzip", "x-gzip", "deflate"):
        yield Violation("body", "", f"expected Content-Encoding {CODINGS}, got {coding}", keyword="content-coding")
        return
    content = call.content
    if content is None:
        yield Violation("body", "", f"expected {coding} data, got bytes that cannot be decoded", keyword="syntax")
        return
    try:
        value = bodies.read(media, content_type, content)
    except bodies.BodyError as error:
        yield Violation("body", "", str(error), error.pointer, "syntax")
        return
    if value is bodies.OPAQUE:
        return
    is_valid = True
    for problem in media.request_errors(value):
        is_valid = False
        yield Violation("body", "", problem.message, problem.instance, problem.keyword, problem.missing)
    if is_valid and not operation.responses.keys().isdisjoint(_INVALID):
        yield from described.violations(media, value, today)


def value_of_body(operation: Operation, call: Call) -> Any:
    """The value of a body, read by its media type; None where it has none, or cannot be read."""
    content_type = call.header("content-type")
    media = media_of(operation, content_type)
    try:
        return bodies.read(media, content_type, call.content or b"") if media else None
    except bodies.BodyError:
        return None


def with_defaults(operation: Operation, call: Call, value: dict[str, Any]) -> dict[str, Any]:
    """The object in a body with the defaults of what it leaves out; without, where it can be one of several objects."""
    media = media_of(operation, call.header("content-type"))
    if media is None or media.alternatives():
        return value
    resolved = ((name, media.schemas.resolve(schema)) for name, schema in members(media.schema or {}, media.schemas))
    return {name: copy.deepcopy(each["default"]) for name, each in resolved if "default" in each} | value


def of_file(operation: Operation, call: Call) -> tuple[dict[str, Any], str]:
    """What a response may say of the file of a request (`filename`, `size`), and the name of the file.

    As far as a form does not declare these members. Its name and type are those that the client gives; a name that it
    does not give is one like `.jpg`.
    """
    file, media = file_in(operation, call), media_of(operation, call.header("content-type"))
    if file is None or media is None:
        return {}, ""
    declared = dict(members(media.schema or {}, media.schemas)) if file.name else {}
    found, name = bodies.described(file)
    return {member: value for member, value in found.items() if member not in declared}, name


def file_in(operation: Operation, call: Call) -> bodies.Part | None:
    """The file of a request: a body of bytes, which has no name, or the first file of a form; None for none."""
    media = media_of(operation, call.header("content-type"))
    if media is None or not call.body:
        return None
    kind, arguments = media_types.parse(call.header("content-type") or media.name)
    if kind != bodies.MULTIPART:
        is_file = kind.partition("/")[0] in _FILES or kind in _FILES
        return bodies.Part("", None, kind, call.content or b"") if is_file else None
    try:
        parts = bodies.parts(call.content or b"", arguments.get("boundary", ""))
    except bodies.BodyError:
        return None
    return next((part for part in parts if part.filename is not None), None)


def media_of(operation: Operation, content_type: str | None) -> MediaType | None:
    """The declared media type that a body falls under; the first one where the request names none."""
    if content_type is None:
        return next(iter(operation.request_media.values()), None)
    name = media_types.best_match(content_type, operation.request_media)
    return None if name is None else operation.request_media[name]
