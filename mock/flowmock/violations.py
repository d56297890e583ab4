"""What in a request is not as the contract says: its parameters and its body."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from flowcontract.contract import Media, Operation, Parameter
from flowmock.call import Call

_MISSING = object()
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def of_parameters(operation: Operation, call: Call) -> Iterator[str]:
    """Name each declared parameter that is missing or whose value the contract does not allow."""
    for parameter in operation.parameters:
        value = _value(parameter, call)
        where = f"{parameter.location} parameter {parameter.name}"
        if value is _MISSING:
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


def media_of(operation: Operation, content_type: str | None) -> Media | None:
    """The declared media type of a body, exact before range; the first where the request names none."""
    if content_type is None:
        return next(iter(operation.request_media.values()), None)
    essence = content_type.partition(";")[0].strip().lower()
    declared = {name.partition(";")[0].strip().lower(): media for name, media in operation.request_media.items()}
    for candidate in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if candidate in declared:
            return declared[candidate]
    return None


def _value(parameter: Parameter, call: Call) -> Any:
    schema = parameter.schema
    if parameter.location == "query" and parameter.style == "deepObject":
        prefix = f"{parameter.name}["
        found = {name[len(prefix) : -1]: value for name, value in call.query if name.startswith(prefix)}
        return _typed_object(found, schema) if found else _MISSING
    texts = _texts(parameter, call)
    if not texts:
        return _MISSING
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        if len(texts) == 1 and not (parameter.explode and parameter.location in ("query", "cookie")):
            texts = texts[0].split(_SEPARATORS.get(parameter.style, ",")) if texts[0] else []
        return [_typed(text, items) for text in texts]
    if schema.get("type") == "object":
        pieces = texts[0].split(",")
        return _typed_object(dict(zip(pieces[::2], pieces[1::2], strict=False)), schema)
    return _typed(texts[-1], schema)


def _texts(parameter: Parameter, call: Call) -> list[str]:
    if parameter.location == "path":
        return [call.path_values[parameter.name]] if parameter.name in call.path_values else []
    if parameter.location == "query":
        return [value for name, value in call.query if name == parameter.name]
    if parameter.location == "header":
        return [value for name, value in call.headers if name == parameter.name.lower()]
    pairs = (pair.strip().partition("=") for pair in (call.header("cookie") or "").split(";"))
    return [unquote(value) for name, _, value in pairs if name == parameter.name]


def _typed_object(found: Mapping[str, str], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    return {name: _typed(value, properties.get(name) or {}) for name, value in found.items()}


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """A text as the type that the schema asks for, where it is one; else as it is, for the schema to refuse."""
    kind = schema.get("type")
    try:
        if kind == "integer":
            return int(text) if text.lstrip("+-").isdecimal() and text.isascii() else text
        if kind == "number":
            return float(text) if text.isascii() else text
    except ValueError:
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text
