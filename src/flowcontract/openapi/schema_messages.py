"""What a schema validator found, in plain words: what the schema expects, and what the value is."""

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from flowcontract.text import plural

_MOST_OPTIONS = 20
"""Values of an enum that a message lists."""
_LONGEST = 80
"""Characters of a value that a message shows."""
_UNITS = {"Length": "character", "Items": "item", "Properties": "field"}


def message(error: Any) -> str:
    """One error of jsonschema-rs as `expected …, got …`, without a period."""
    name = error.kind.name
    if types := _types_of_alternatives(error):
        return _BY_KEYWORD["type"](types, error.instance)
    if name in _BY_KEYWORD:
        return _BY_KEYWORD[name](error.kind.value, error.instance)
    for ending, unit in _UNITS.items():
        if name in (f"min{ending}", f"max{ending}"):
            return _length(name, error.kind.value, unit, error.instance)
    text = str(error.message)
    whole = json.dumps(error.instance, separators=(",", ":"), ensure_ascii=False, default=str)
    return text.replace(whole, shown(error.instance)) if len(whole) > _LONGEST else text


def meant(error: Any) -> Sequence[Any]:
    """The errors within the only alternative of an `anyOf` or `oneOf` that the value can be meant for, if there is one.

    The value has another type than the others want, or another constant, such as a discriminator; or it could only have
    been null.
    """
    branches = [branch for branch in _alternatives(error) if not any(map(_is_null, branch))]
    is_nullable = len(branches) == 1 < len(_alternatives(error))
    if is_nullable and not any(_is_about_type(each, error) for each in branches[0]):
        return branches[0]
    possible = [branch for branch in branches if not any(_is_of_another(each, error) for each in branch)]
    return possible[0] if len(possible) == 1 else ()


def mismatched_constant(error: Any) -> tuple[Sequence[str | int], str] | None:
    """The member by which all alternatives of an `anyOf` or `oneOf` exclude a value, and the message about it.

    Each alternative wants another constant there, such as a discriminator.
    """
    wanted = []
    for branch in _alternatives(error):
        found = [each for each in branch if each.kind.name in ("const", "enum")]
        found = [each for each in found if len(each.instance_path) == len(error.instance_path) + 1]
        if len(found) != 1:
            return None
        wanted += found
    if not wanted or any(each.instance_path != wanted[0].instance_path for each in wanted):
        return None
    options = [each.kind.value if each.kind.name == "enum" else [each.kind.value] for each in wanted]
    return wanted[0].instance_path, _options([value for values in options for value in values], wanted[0].instance)


def _alternatives(error: Any) -> Sequence[Sequence[Any]]:
    """The errors within each alternative; empty where the value matches too many."""
    return error.kind.as_dict().get("context") or () if error.kind.name in ("anyOf", "oneOf") else ()


def _is_null(inner: Any) -> bool:
    return bool(inner.kind.name == "type" and list(inner.kind.value) == ["null"])


def _is_about_type(inner: Any, error: Any) -> bool:
    return inner.kind.name in ("type", "anyOf", "oneOf") and bool(inner.instance_path == error.instance_path)


def _is_of_another(inner: Any, error: Any) -> bool:
    if branches := _alternatives(inner):
        return all(any(_is_of_another(each, error) for each in branch) for branch in branches)
    below = len(inner.instance_path) - len(error.instance_path)
    return (inner.kind.name == "type" and not below) or (inner.kind.name in ("const", "enum") and below < 2)


def _types_of_alternatives(error: Any) -> list[str]:
    """The types of all alternatives, if the value has none of them."""
    found: list[str] = []
    for branch in _alternatives(error):
        inner = next((each for each in branch if each.instance_path == error.instance_path), None)
        kinds = [] if inner is None else _types_of_alternatives(inner)
        if inner is not None and inner.kind.name == "type":
            kinds = inner.kind.value
        if not kinds:
            return []
        found += kinds
    return list(dict.fromkeys(found))


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _LONGEST:
        return text
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    if isinstance(value, list):
        return f"an array with {len(value)} items"
    return f"{text[:_LONGEST]}…" + ('"' if isinstance(value, str) else "")


def _length(name: str, limit: int, unit: str, value: Any) -> str:
    bound = "least" if name.startswith("min") else "most"
    return f"expected at {bound} {plural(limit, unit)}, got {len(value):,}"


def _options(options: Sequence[Any], value: Any) -> str:
    named = ", ".join(shown(option) for option in options[:_MOST_OPTIONS])
    more = f" and {len(options) - _MOST_OPTIONS} more" if len(options) > _MOST_OPTIONS else ""
    return f"expected one of {named}{more}, got {shown(value)}"


def _unexpected(names: Any, _: Any) -> str:
    listed = ", ".join(json.dumps(name, ensure_ascii=False) for name in (names if isinstance(names, list) else [names]))
    plural = isinstance(names, list) and len(names) > 1
    return f"undocumented {'fields' if plural else 'field'} {listed}"


def _limit(words: str) -> Callable[[Any, Any], str]:
    def text(limit: Any, value: Any) -> str:
        number = int(limit) if isinstance(limit, float) and limit.is_integer() else limit  # 1.0 means 1
        return f"expected {words} {number}, got {shown(value)}"

    return text


def _of_another_type(types: Sequence[str], value: Any) -> str:
    """A value that is not of one of the types."""
    if isinstance(value, str) and value[:1] in ("{", "[") and {"object", "array"} & set(types):
        with contextlib.suppress(ValueError, RecursionError):
            inner = "an object" if isinstance(json.loads(value), dict) else "an array"
            return f"a string that contains {inner} as JSON (encoded twice)"
    return shown(value)


_BY_KEYWORD: dict[str, Callable[[Any, Any], str]] = {
    "type": lambda types, value: f"expected {' or '.join(types)}, got {_of_another_type(types, value)}",
    "enum": _options,
    "const": lambda expected, value: f"expected {shown(expected)}, got {shown(value)}",
    "required": lambda name, _: f"required field {json.dumps(name, ensure_ascii=False)} is missing",
    "format": lambda name, value: f"expected format {name}, got {shown(value)}",
    "pattern": lambda pattern, value: f"expected a match of the pattern {pattern}, got {shown(value)}",
    "additionalProperties": _unexpected,
    "unevaluatedProperties": _unexpected,
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("more than"),
    "exclusiveMaximum": _limit("less than"),
    "multipleOf": _limit("a multiple of"),
    "uniqueItems": lambda _, value: f"expected different items, got {shown(value)}",
    "falseSchema": lambda _, value: f"expected no value here, got {shown(value)}",
    "oneOf": lambda _, value: f"expected a match of exactly one of the alternatives (oneOf), got {shown(value)}",
    "anyOf": lambda _, value: f"expected a match of one of the alternatives (anyOf), got {shown(value)}",
}
