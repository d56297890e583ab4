"""Whether a request is valid for its operation: parameters and JSON bodies, read as they were sent."""

import json
from urllib.parse import parse_qsl, urlsplit

from flowcontract.checks.interaction import Interaction
from flowcontract.openapi import media_types, parameters
from flowcontract.openapi.model import MediaType, Operation


def is_invalid(interaction: Interaction) -> bool:
    """Whether the request violates the contract for sure: what cannot be read here counts as valid."""
    return _has_invalid_parameter(interaction) or _has_invalid_body(interaction)


def _has_invalid_parameter(interaction: Interaction) -> bool:
    request, operation = interaction.exchange.request, interaction.operation
    raw = parameters.RawValues(
        path=interaction.probe.values,
        query=parse_qsl(urlsplit(request.target).query, keep_blank_values=True),
        headers=[(name.lower(), value) for name, value in request.headers],
    )
    for parameter in operation.parameters:
        others = _others(operation, parameter.name, parameter.location)
        try:
            value = parameters.read(parameter, raw, others)
        except parameters.StyleError:
            return True
        if value is parameters.EMPTY:
            continue
        if value is parameters.MISSING:
            ignored = parameter.location == "header" and parameter.name.lower() in parameters.IGNORED_HEADERS
            if parameter.required and not ignored:
                return True
        elif not parameter.is_valid(value):
            return True
    return False


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
