"""OpenAPI runtime expressions (OpenAPI 3.0.3, "Runtime Expressions"): how a relation names its two sides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.openapi import pointers

_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Scene:
    """What expressions can speak about: one request and its answer."""

    method: str
    url: str
    status: int | None = None
    """None where there is no answer yet."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    request_body: Any = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    response_body: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Expressions beyond OpenAPI's, with what they stand for."""


class NoExpression(LookupError):
    """What looks like an expression is none."""


def value(text: str, scene: Scene) -> Any:
    """What an expression, a text with `{expressions}` in it, or a plain text stands for: for what has to be there.

    Raises LookupError where the request or the answer has no such part.
    """
    if text.startswith("$") and "{" not in text:
        return _single(text, scene)
    return _EMBEDDED.sub(lambda match: _text(_single(match[1], scene)), text)


def filled(value: Any, scene: Scene) -> Any:
    """A JSON value with the `{expressions}` in its texts replaced: for what may be missing, which becomes nothing.

    A text that is a single expression becomes its value, even a number. Anything else stays as it is.
    """
    if isinstance(value, str):
        alone = _EMBEDDED.fullmatch(value)
        if alone:
            return _lenient(alone, scene)
        return _EMBEDDED.sub(lambda match: _text(_lenient(match, scene)), value)
    if isinstance(value, list):
        return [filled(item, scene) for item in value]
    if isinstance(value, Mapping):
        return {name: filled(item, scene) for name, item in value.items()}
    return value


def _lenient(match: re.Match[str], scene: Scene) -> Any:
    try:
        return _single(match[1], scene)
    except NoExpression:
        return match[0]
    except LookupError:
        return ""


def equal(left: Any, right: Any) -> bool:
    """Whether two sides are equal; what comes from a path is text, so a number equals its digits."""
    if isinstance(left, str) != isinstance(right, str):
        return _text(left) == _text(right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _text(part: Any) -> str:
    if isinstance(part, bool):
        return "true" if part else "false"
    return str(part)


def _single(text: str, scene: Scene) -> Any:
    whole = {"$method": scene.method, "$url": scene.url, "$statusCode": scene.status, **scene.more}
    if whole.get(text) is not None:
        return whole[text]
    source, _, pointer = text.partition("#")
    if source in ("$request.body", "$response.body"):
        body = scene.request_body if source == "$request.body" else scene.response_body
        return pointers.get(body, pointers.split(pointer))
    owner, _, name = text.partition(".")
    kind, _, name = name.partition(".")
    parts: Mapping[tuple[str, str], Mapping[str, str]] = {
        ("$request", "path"): scene.path,
        ("$request", "query"): scene.query,
        ("$request", "header"): scene.request_headers,
        ("$response", "header"): scene.response_headers,
    }
    if (owner, kind) not in parts:
        raise NoExpression(f"{text!r} is not a runtime expression")
    found = parts[owner, kind]
    return found[name.lower() if kind == "header" else name]
