"""The value of a parameter as a request has it, read by its style and schema (OpenAPI 3.0.3, Parameter Object)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi.model import Parameter
from flowmock.messages import Call

MISSING = object()
"""The value of a parameter that a request does not have."""
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_DEPTH = 8
"""Alternatives within alternatives that are looked into."""


def value(parameter: Parameter, call: Call) -> Any:
    """The value with its type, where its text can be read as one that the schema has; else the text."""
    if parameter.location == "path" and parameter.schema.get("type") == "string":  # Its text is its value.
        return call.path_values.get(parameter.name, MISSING)
    schema = _shape(parameter, parameter.schema)
    kinds = _kinds(schema)
    if parameter.location == "query" and "object" in kinds and (parameter.style == "deepObject" or parameter.explode):
        return _spread(parameter, schema, call)
    texts = _texts(parameter, call)
    if not texts:
        return MISSING
    if "array" in kinds and (len(kinds) == 1 or len(texts) > 1):
        if len(texts) == 1 and not (parameter.explode and parameter.location in ("query", "cookie")):
            texts = texts[0].split(_SEPARATORS.get(parameter.style, ",")) if texts[0] else []
        items = _shape(parameter, schema.get("items") or {})
        return [_typed(text, items) for text in texts]
    if kinds == {"object"}:
        pieces = texts[0].split(",")
        return _object(parameter, dict(zip(pieces[::2], pieces[1::2], strict=False)), schema)
    return _typed(texts[-1], schema)


def _texts(parameter: Parameter, call: Call) -> list[str]:
    if parameter.location == "path":
        return [call.path_values[parameter.name]] if parameter.name in call.path_values else []
    if parameter.location == "query":
        return [value for name, value in call.query if name == parameter.name]
    if parameter.location == "header":
        return [value for name, value in call.headers if name == parameter.name.lower()]
    cookies = (pair for name, value in call.headers if name == "cookie" for pair in value.split(";"))
    pairs = (cookie.strip().partition("=") for cookie in cookies)
    return [unquote(value) for name, _, value in pairs if name == parameter.name]


def _spread(parameter: Parameter, schema: Mapping[str, Any], call: Call) -> Any:
    """An object whose members are query parameters: `point[x]=1` with `deepObject`, else plainly `x=1`."""
    if parameter.style == "deepObject":
        prefix = f"{parameter.name}["
        found = {name[len(prefix) : -1]: text for name, text in call.query if name.startswith(prefix)}
    else:
        properties = schema.get("properties") or {}
        found = {name: text for name, text in call.query if name in properties}
    return _object(parameter, found, schema) if found else MISSING


def _object(parameter: Parameter, found: Mapping[str, str], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    return {name: _typed(text, _shape(parameter, properties.get(name) or {})) for name, text in found.items()}


def _shape(parameter: Parameter, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema where it says its type itself; else what its references and alternatives say together."""
    if "type" in schema or not schema:
        return schema
    together: dict[str, Any] = {"type": [], "properties": {}}
    for each in _parts(parameter, schema):
        together["type"] += [kind for kind in _kinds(each) if kind not in together["type"]]
        together["properties"] |= each.get("properties") or {}
        together.setdefault("items", each.get("items"))
    return together


def _parts(parameter: Parameter, schema: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    schema = parameter.resolve(schema)
    yield schema
    if depth < _DEPTH:
        for keyword in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(keyword) or ():
                yield from _parts(parameter, each, depth + 1)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type") or ()
    return {kind} if isinstance(kind, str) else set(kind)


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """A text as the type that the schema asks for, where it is one; else as it is, for the schema to refuse."""
    kinds = _kinds(schema)
    try:
        if "integer" in kinds and text.isascii() and text.lstrip("+-").isdecimal():
            return int(text)
        if "number" in kinds and text.isascii():
            return float(text)
    except ValueError:
        pass
    if "boolean" in kinds:
        return {"true": True, "false": False}.get(text, text)
    return text
