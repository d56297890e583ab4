"""What in a request is not as the contract says: its parameters and its body."""

import json
from collections.abc import Iterator

from flowcontract.openapi.model import MediaType, Operation
from flowmock.messages import Call
from flowmock.validation import parameters


def of_parameters(operation: Operation, call: Call) -> Iterator[str]:
    """Name each declared parameter that is missing or whose value the contract does not allow."""
    for parameter in operation.parameters:
        value = parameters.value(parameter, call)
        if value is not parameters.MISSING and parameter.is_valid(value):
            continue
        where = f"{parameter.location} parameter {parameter.name}"
        if value is parameters.MISSING:
            if parameter.required:
                yield f"{where}: required, and missing"
            continue
        for error in parameter.errors(value):
            yield f"{where}: {error.message}"


def of_body(operation: Operation, call: Call) -> Iterator[str]:
    """Name each way in which the body is not what the contract says."""
    if not operation.request_media:
        return
    if not call.body:
        if operation.request_required:
            yield "body: required, and missing"
        return
    media = media_of(operation, call.header("content-type"))
    if media is None:
        yield f"body: of a media type that is not declared; {', '.join(operation.request_media)} are"
        return
    if not media.is_json:
        return
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        yield f"body: no JSON ({error})"
        return
    for problem in media.request_errors(value):
        yield f"body{problem.instance}: {problem.message}"


def media_of(operation: Operation, content_type: str | None) -> MediaType | None:
    """The declared media type of a body, exact before range; the first where the request names none."""
    if content_type is None:
        return next(iter(operation.request_media.values()), None)
    essence = content_type.partition(";")[0].strip().lower()
    declared = {name.partition(";")[0].strip().lower(): media for name, media in operation.request_media.items()}
    for candidate in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if candidate in declared:
            return declared[candidate]
    return None
