"""Whether a request is valid for its operation: parameters and JSON bodies, read as they were sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flowcontract.checks.interaction import Interaction
from flowcontract.openapi import media_types, parameters
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.schemas import SchemaError


@dataclass(frozen=True, slots=True)
class InvalidPart:
    """A part of a request that violates the contract for sure."""

    name: str
    """`query parameter limit` or `body`."""
    message: str
    """What is wrong with it, in a few words; empty where only somebody else can say."""


def invalid_part(interaction: Interaction) -> InvalidPart | None:
    """The first part of the request that violates the contract for sure: what cannot be read here counts as valid."""
    return next(_invalid_parameters(interaction), None) or _invalid_body(interaction)


def has_free_text(interaction: Interaction) -> bool:
    """Whether a query parameter or header holds text of which the schema allows any: only words say what it may name.

    Text that cannot be read counts as well.
    """
    try:
        return any(
            parameter.location != "path" and _is_free_text(parameter, _value(interaction, parameter))
            for parameter in interaction.operation.parameters
        )
    except parameters.StyleError:
        return True


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
            if parameter.required and not ignored:
                yield InvalidPart(name, "required, and missing")
        elif value in (parameters.EMPTY, "") and parameter.location != "path":
            continue  # `?page=` is read as no value by many servers.
        elif not parameter.is_valid(value):
            errors = [error for error in parameter.errors(value) if not _is_implied(error)]
            if errors:
                yield InvalidPart(name, errors[0].message)


def _is_implied(error: SchemaError) -> bool:
    """Whether only a format such as `int32` says so: many servers document one and read any integer."""
    return error.keyword in ("minimum", "maximum") and not error.pointer.endswith(error.keyword)


def _value(interaction: Interaction, parameter: Parameter) -> Any:
    """The value of a parameter in the request. Raises StyleError where it cannot be read."""
    request, operation = interaction.exchange.request, interaction.operation
    raw = parameters.RawValues(
        path=interaction.probe.values,
        query=parse_qsl(urlsplit(request.target).query, keep_blank_values=True),
        headers=[(name.lower(), value) for name, value in request.headers],
    )
    return parameters.read(parameter, raw, _others(operation, parameter.name, parameter.location))


def _others(operation: Operation, name: str, location: str) -> frozenset[str]:
    return frozenset(each.name for each in operation.parameters if each.location == location and each.name != name)


def _invalid_body(interaction: Interaction) -> InvalidPart | None:
    request, operation = interaction.exchange.request, interaction.operation
    if not operation.request_media:
        return None
    if not request.body:
        return InvalidPart("body", "required, and missing") if operation.request_required else None
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
    error = next((error for error in media.request_errors(value) if not _is_implied(error)), None)
    if error is None:
        return None
    return InvalidPart("body", f"{error.instance}: {error.message}" if error.instance else error.message)


def _media(operation: Operation, content_type: str) -> MediaType | None:
    name = media_types.best_match(content_type, operation.request_media)
    return None if name is None else operation.request_media[name]
