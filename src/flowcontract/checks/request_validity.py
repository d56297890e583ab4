"""Whether a request is valid for its operation: parameters and JSON bodies, read as they were sent."""

import contextlib
import copy
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flowcontract.checks.interaction import Interaction, NotStrict, parse
from flowcontract.http.messages import Request
from flowcontract.openapi import media_types, parameters, pointers
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.schema_shapes import shapes
from flowcontract.openapi.schemas import SchemaError

_YEAR = re.compile(r"(\d{4})-\d\d-\d\d(?:$|[Tt ])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:$|[Tt ])|\d\d:\d\d:\d\d")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_DATES = ("1970-01-01", "1970-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class InvalidPart:
    """A part of a request that violates the contract for sure."""

    name: str
    """`query parameter limit` or `body`."""
    message: str
    """What is wrong with it, in a few words; empty where only somebody else can say."""
    is_conversion: bool = False
    """Whether only the type of values is wrong, and many frameworks convert them: the text "3" for a number, a number
    for a date. Also where the response shows valid values in place of the invalid ones."""
    pointer: str = ""
    """JSON Pointer of the wrong value within a body."""


def invalid_part(interaction: Interaction) -> InvalidPart | None:
    """The first part of the request that violates the contract for sure: what cannot be read here counts as valid."""
    return next(_invalid_parameters(interaction), None) or _invalid_body(interaction)


def has_free_text(interaction: Interaction) -> bool:
    """Whether the request holds text of which only words say what it may be.

    In a query parameter or header that is any text where the schema allows another, and text that cannot be read. In a
    JSON body, where names and titles are any text, it is text in place of a number: a decimal, but which?
    """
    try:
        return _has_text_for_number(interaction) or any(
            parameter.location != "path" and _is_free_text(parameter, _value(interaction, parameter))
            for parameter in interaction.operation.parameters
        )
    except parameters.StyleError:
        return True


def is_null_of_form(interaction: Interaction, name: str) -> bool:
    """Whether a field of a form is empty and may be null: a form has no other way to say so."""
    member = _member_of_form(interaction, name)
    sent = (interaction.request.body or b"").decode("utf-8", "replace")
    return member is not None and (name, "") in parse_qsl(sent, keep_blank_values=True) and member.is_valid(None)


def is_undefined_in_form(interaction: Interaction, name: str) -> bool:
    """Whether a member of a form is a list of objects, for which OpenAPI defines no form encoding."""
    member = _member_of_form(interaction, name)
    item = member.items() if member else None
    return item is not None and any(shape.admits("object") for shape in shapes(item.schema, item.schemas.resolve))


def _member_of_form(interaction: Interaction, name: str) -> MediaType | None:
    """A member of the URL-encoded form that was sent; None where it is documented as none."""
    content_type = interaction.request.header("Content-Type") or ""
    if media_types.essence(content_type) != "application/x-www-form-urlencoded":
        return None
    media = _media(interaction.operation, content_type)
    return media.member(name) if media else None


def has_fractional_integer(interaction: Interaction) -> bool:
    """Whether the JSON body has an integer that is written with a fraction, `1.0`, which strict servers reject."""
    try:
        shifted = parse(interaction.request.body or b"null", shift_fractions=True)
    except NotStrict:
        return False
    return any(
        shifted != body and any(error.keyword == "type" for error in media.errors(shifted))
        for media, body in _json_body(interaction)
    )


def is_rejected_patch(interaction: Interaction) -> bool:
    """Whether the steps of a JSON Patch were rejected: whether they can be done depends on what is there."""
    media_type = media_types.essence(interaction.request.header("Content-Type") or "")
    return media_type == media_types.JSON_PATCH and interaction.status in (400, 422)


def has_remote_year(interaction: Interaction) -> bool:
    """Whether a date is sent of a year before 1900 or after 2100, which some databases and many rules exclude."""
    request = interaction.request
    query = parse_qsl(request.query)
    values = [value for _, value in query]
    values += [pointers.get(body, pointers.split(at)) for _, body in _json_body(interaction) for at in _texts(body)]
    years = (_YEAR.match(value) for value in values if isinstance(value, str))
    return any(year is not None and not _FIRST_YEAR <= int(year[1]) <= _LAST_YEAR for year in years)


def has_equal_dates(interaction: Interaction) -> bool:
    """Whether two dates or times of one object or query are equal: only words say that one has to be later."""
    found = [
        (at.rpartition("/")[0], pointers.get(body, pointers.split(at)))
        for _, body in _json_body(interaction)
        for at in _texts(body)
    ]
    found += [("", value) for _, value in parse_qsl(interaction.request.query)]
    dates = [each for each in found if _DATE.match(each[1])]
    return len(set(dates)) < len(dates)


def has_unread_schema(interaction: Interaction) -> bool:
    """Whether the schema of the body refers to a document that cannot be read, so that no body is known to be valid."""
    media = _media(interaction.operation, interaction.request.header("Content-Type") or "")
    return media is not None and media.schema is not None and media.schemas.is_partly_unread(media.schema_pointer)


def _has_text_for_number(interaction: Interaction) -> bool:
    return any(
        not _errors(media, _with(body, text, 1)) for media, body in _json_body(interaction) for text in _texts(body)
    )


def _json_body(interaction: Interaction) -> Iterator[tuple[MediaType, Any]]:
    """The documented media type and the value of a JSON body; nothing for any other request."""
    request = interaction.request
    media = _media(interaction.operation, request.header("Content-Type") or "")
    if request.body and media is not None and media.is_json and not is_unreadable(request):
        yield media, json.loads(request.body)


def _texts(body: Any) -> Iterator[str]:
    """JSON Pointers of the texts within a value."""
    yield from (at for at, value in pointers.walk(body) if at and isinstance(value, str))


def _is_free_text(parameter: Parameter, value: Any) -> bool:
    other = [f"{item}x" for item in value] if isinstance(value, list) else f"{value}x"
    return isinstance(value, list | str) and bool(value) and parameter.is_valid(other)


def _invalid_parameters(interaction: Interaction) -> Iterator[InvalidPart]:
    for parameter in interaction.operation.parameters:
        name = f"{parameter.location} parameter {parameter.name}"
        try:
            value = _value(interaction, parameter)
        except parameters.StyleError as error:
            yield InvalidPart(name, str(error))
            continue
        if value is parameters.MISSING:
            ignored = parameter.location == "header" and parameter.name.lower() in parameters.IGNORED_HEADERS
            if parameter.required and not ignored and "default" not in parameter.resolve(parameter.schema):
                yield InvalidPart(name, "it is required but missing")
        elif value in (parameters.EMPTY, "") and parameter.location != "path":
            continue  # `?page=` is read as no value by many servers.
        elif wrong := next((each for each in parameter.errors(value) if not _is_implied(each)), None):
            yield InvalidPart(name, wrong.message, _is_timestamp(parameter, value))


def _is_timestamp(parameter: Parameter, value: Any) -> bool:
    """Whether a number stands where a date or time is documented: seconds since 1970, for some frameworks."""
    is_number = isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdecimal()
    return is_number and any(map(parameter.is_valid, _DATES))


def _errors(media: MediaType, body: Any) -> list[SchemaError]:
    """What is wrong with a JSON body for sure."""
    return [each for each in media.request_errors(body) if not (_is_implied(each) or _has_default(media, each))]


def _is_implied(error: SchemaError) -> bool:
    """Whether only a format such as `int32` says so: many servers document one and read any integer."""
    return error.keyword in ("minimum", "maximum") and not error.pointer.endswith(error.keyword)


def _has_default(media: MediaType, error: SchemaError) -> bool:
    """Whether what is missing has a documented default: it is required in a body that the server has completed."""
    owner = error.pointer.removesuffix("/required")
    where = media.schemas.part_pointer(owner, "properties", error.missing) if error.missing else None
    return where is not None and "default" in media.schemas.resolve(media.schemas.at(where))


def _value(interaction: Interaction, parameter: Parameter) -> Any:
    """The value of a parameter in the request. Raises StyleError where it cannot be read."""
    request, operation = interaction.request, interaction.operation
    raw = parameters.RawValues(
        path=interaction.probe.values,
        query=request.parameters,
        headers=[(name.lower(), value) for name, value in request.headers],
    )
    return parameters.read(parameter, raw, _others(operation, parameter.name, parameter.location))


def _others(operation: Operation, name: str, location: str) -> frozenset[str]:
    return frozenset(each.name for each in operation.parameters if each.location == location and each.name != name)


def _invalid_body(interaction: Interaction) -> InvalidPart | None:
    request, operation = interaction.request, interaction.operation
    if not operation.request_media:
        return None
    if not request.body:
        return InvalidPart("body", "it is required but missing") if operation.request_required else None
    media = _media(operation, request.header("Content-Type") or "")
    if media is None:
        return InvalidPart("body", "of an undocumented Content-Type")
    if not media.is_json:
        # A form is text: which of its values are invalid is for the check of Schemathesis to say.
        return InvalidPart("body", "")
    try:
        value = json.loads(request.body)
    except ValueError:
        return InvalidPart("body", "not JSON")
    if value is None and not operation.request_required:
        return None  # Many servers read null as a missing body, which is allowed here.
    errors = _errors(media, value)
    if request.method == "PATCH":  # A partial change keeps what it leaves out, also of an object in it (RFC 7396).
        errors = [error for error in errors if not (error.missing and _is_of_object(error.instance))]
    if not errors:
        return None
    message = f"{errors[0].instance}: {errors[0].message}" if errors[0].instance else errors[0].message
    converted = all(
        _is_conversion(media, value, error.instance) or _was_converted(interaction, media, value, error.instance)
        for error in errors
    )
    return InvalidPart("body", message, converted, errors[0].instance)


def _is_of_object(instance: str) -> bool:
    """Whether a JSON Pointer leads to an object within a body, and through no list: lists are replaced as a whole."""
    path = pointers.split(instance)
    return bool(path) and not any(name.isdecimal() for name in path)


def invalid_members(interaction: Interaction) -> Iterator[tuple[str, Any]]:
    """The wrong values within the JSON body of a request, each with the name of the member that has it."""
    for media, body in _json_body(interaction):
        for error in media.request_errors(body):
            path = pointers.split(error.instance)
            if path:
                yield path[-1], pointers.get(body, path)


def _was_converted(interaction: Interaction, media: MediaType, body: Any, instance: str) -> bool:
    """Whether the response shows another, valid value where the request has this one: a list made of a single value."""
    if not interaction.success or not interaction.is_json or not instance:
        return False
    path = pointers.split(instance)
    for shown in (interaction.json, *(interaction.json.values() if isinstance(interaction.json, dict) else ())):
        try:
            value = pointers.get(shown, path)
            changed = _with(body, instance, value)
        except (LookupError, TypeError, ValueError):
            continue
        return all(error.instance != instance for error in media.request_errors(changed))
    return False


def _is_conversion(media: MediaType, body: Any, instance: str) -> bool:
    """Whether the value at a JSON Pointer is valid once it is converted as frameworks do."""
    return bool(instance) and any(
        all(error.instance != instance for error in media.request_errors(_with(body, instance, converted)))
        for converted in _converted(pointers.get(body, pointers.split(instance)))
    )


def _converted(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        for kind in (int, float):
            with contextlib.suppress(ValueError):
                yield kind(value)
        if value.lower() in ("true", "false", "yes", "no", "on", "off"):
            yield True
    elif isinstance(value, bool | int | float):
        yield str(value)
        yield from () if isinstance(value, bool) else _DATES
        yield bool(value)
        yield int(value) if isinstance(value, bool) or math.isfinite(value) else 0


def _with(body: Any, instance: str, value: Any) -> Any:
    changed = copy.deepcopy(body)
    *parents, last = pointers.split(instance)
    parent = pointers.get(changed, parents)
    parent[int(last) if isinstance(parent, list) else last] = value
    return changed


def is_unreadable(request: Request) -> bool:
    """Whether the body is not what its type says: a parser may reject it before validation does.

    Without a boundary, no multipart body can be read (RFC 2046, section 5.1.1), not even an empty one.
    """
    content_type = request.header("Content-Type") or ""
    kind, parameters_of_type = media_types.parse(content_type)
    if kind.startswith("multipart/"):
        return not parameters_of_type.get("boundary")
    if not request.body or not media_types.is_json(content_type):
        return False
    try:
        json.loads(request.body)
    except ValueError:
        return True
    return False


def _media(operation: Operation, content_type: str) -> MediaType | None:
    name = media_types.best_match(content_type, operation.request_media)
    return None if name is None else operation.request_media[name]
