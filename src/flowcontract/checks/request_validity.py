"""Whether a request is valid for its operation: parameters and JSON bodies, read as they were sent."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flowcontract.checks.interaction import Interaction
from flowcontract.openapi import media_types, parameters
from flowcontract.openapi.model import MediaType, Operation, Parameter


def is_invalid(interaction: Interaction) -> bool:
    """Whether the request violates the contract for sure: what cannot be read here counts as valid."""
    return _has_invalid_parameter(interaction) or _has_invalid_body(interaction)


def has_free_text(interaction: Interaction) -> bool:
    """Whether a query parameter or header holds text of which the schema allows any: only words say what it may name.

    Text that cannot be read counts as well.
    """
    try:
        return any(
            parameter.location != "path" and _is_free_text(parameter, value)
            for parameter, value in _parameter_values(interaction)
        )
    except parameters.StyleError:
        return True


def _is_free_text(parameter: Parameter, value: Any) -> bool:
    other = [f"{item}x" for item in value] if isinstance(value, list) else f"{value}x"
    return isinstance(value, list | str) and bool(value) and parameter.is_valid(other)


def _has_invalid_parameter(interaction: Interaction) -> bool:
    try:
        for parameter, value in _parameter_values(interaction):
            if value is parameters.EMPTY:
                continue
            if value is parameters.MISSING:
                ignored = parameter.location == "header" and parameter.name.lower() in parameters.IGNORED_HEADERS
                if parameter.required and not ignored:
                    return True
            elif not parameter.is_valid(value):
                return True
    except parameters.StyleError:
        return True
    return False


def _parameter_values(interaction: Interaction) -> Iterator[tuple[Parameter, Any]]:
    """Each parameter of the operation with its value in the request. Raises StyleError for one that cannot be read."""
    request, operation = interaction.exchange.request, interaction.operation
    raw = parameters.RawValues(
        path=interaction.probe.values,
        query=parse_qsl(urlsplit(request.target).query, keep_blank_values=True),
        headers=[(name.lower(), value) for name, value in request.headers],
    )
    for parameter in operation.parameters:
        yield parameter, parameters.read(parameter, raw, _others(operation, parameter.name, parameter.location))


def _others(operation: Operation, name: str, location: str) -> frozenset[str]:
    return frozenset(each.name for each in operation.parameters if each.location == location and each.name != name)


def _has_invalid_body(interaction: Interaction) -> bool:
    request, operation = interaction.exchange.request, interaction.operation
    if not operation.request_media:
        return False
    if not request.body:
        return operation.request_required
    media = _media(operation, request.header("Content-Type") or "")
    if media is None:
        return True
    if not media.is_json:
        # A form is text: which of its values are invalid is for the check of Schemathesis to say.
        return True
    try:
        value = json.loads(request.body)
    except ValueError:
        return True
    return next(media.request_errors(value), None) is not None


def _media(operation: Operation, content_type: str) -> MediaType | None:
    name = media_types.best_match(content_type, operation.request_media)
    return None if name is None else operation.request_media[name]
