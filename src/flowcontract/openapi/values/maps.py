"""Maps in generated values: with the keys that the description of their schema tells, and numbers that add up."""

import re
from collections.abc import Mapping
from typing import Any

from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values.names import snake_case

_KEYS = re.compile(r"\bkey(?:s|ed)?\b(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"\D{0,30}?(\d{1,4})\W{0,3}(?:to|through|until|-|\u2013|\.\.+)\W{0,3}(\d{1,4})")
_QUOTED = re.compile(r"""['"`]([\w.-]{1,40})['"`]""")
_KINDS = {
    "currency": ("EUR", "GBP", "USD"), "currencies": ("EUR", "GBP", "USD"), "country": ("DE", "FR", "US"),
    "language": ("de", "en", "fr"), "locale": ("de", "en", "fr"), "month": ("2025-01", "2025-02", "2025-03"),
    "date": ("2025-05-01", "2025-05-02", "2025-05-03"), "day": ("2025-05-01", "2025-05-02", "2025-05-03"),
}  # fmt: skip
"""Keys of what a description says that they are."""
_MAX_KEYS = 31
_COUNTS = frozenset({"count", "total", "total_count"})
_AVERAGES = frozenset({"average", "average_rating", "avg", "mean"})


def keyed(value: dict[str, Any], schema: Any, schemas: Schemas) -> dict[str, Any]:
    """A map with the keys that its schema describes; any other value as it is."""
    found = _map(schema, schemas)
    if not found or not value or "maxProperties" in found:
        return value
    texts = (part["description"] for part in (schema, found) if isinstance(part.get("description"), str))
    names = next(filter(None, map(_keys, texts)), [])
    items = list(value.values())
    return {name: items[at % len(items)] for at, name in enumerate(names)} or value


def adding_up(value: dict[str, Any], declared: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """An object whose one map of whole numbers adds up to the count beside it, and has the average beside it."""
    counts = [name for name in value if snake_case(name) in _COUNTS and type(value[name]) is int]
    maps = [name for name, schema in declared.items() if _are_numbers(value[name]) and _map(schema, schemas)]
    if len(counts) != 1 or len(maps) != 1 or value[counts[0]] < 0:
        return value
    parts, count = value[maps[0]], value[counts[0]]
    shares = {name: count * part // (sum(parts.values()) or 1) for name, part in parts.items()}
    shares[next(reversed(shares))] += count - sum(shares.values())
    changed: dict[str, Any] = {maps[0]: shares}
    if count and all(name.isdecimal() for name in shares):
        mean = sum(int(name) * part for name, part in shares.items()) / count
        averages = (name for name in value if snake_case(name) in _AVERAGES and isinstance(value[name], float))
        changed |= dict.fromkeys(averages, round(mean, 2))
    return value | changed


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(type(each) is int and each >= 0 for each in value.values())


def _map(schema: Any, schemas: Schemas) -> Mapping[str, Any]:
    """The schema, or the alternative of it, of a map whose keys it does not name; empty for none."""
    resolved = schemas.resolve(schema)
    branches = (schemas.resolve(each) for word in ("anyOf", "oneOf", "allOf") for each in resolved.get(word) or ())
    for part in (resolved, *branches):
        others = ("properties", "patternProperties", "propertyNames")
        if isinstance(part.get("additionalProperties"), Mapping) and not any(part.get(each) for each in others):
            return part
    return {}


def _keys(text: str) -> list[str]:
    """The keys that a description tells: `keys '1' to '5'`, `keys are "email" and "sms"`, `keyed by language`."""
    about = _KEYS.search(text)
    if about is None:
        return []
    if found := _RANGE.match(about[1]):
        first, last = int(found[1]), int(found[2])
        return [str(each) for each in range(first, last + 1)] if 0 < last - first < _MAX_KEYS else []
    if len(quoted := _QUOTED.findall(about[1])) > 1:
        return list(dict.fromkeys(quoted))[:_MAX_KEYS]
    return next((list(_KINDS[word]) for word in re.findall(r"\w+", about[1].lower())[:6] if word in _KINDS), [])
