"""Strings that one set of schemas admits and another does not, found by trying.

Whether the texts of one pattern are among those of another is not decided in general. A string that proves the
contrary is often easy to find.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

import jsonschema_rs

from flowcontract.openapi.regular_expressions import readable
from flowcontract.openapi.values.patterns import sample

_REPEATS = (0, 1, 2, 8, 64, 300)
"""How often an open repetition is taken: bounds of lengths are usually below the largest."""
_TRIES = 6


def is_witnessed(sent: Iterable[dict[str, Any]], taken: Iterable[dict[str, Any]]) -> bool:
    """Whether a string was found that one of the schemas `sent` admits and none of `taken`; without references."""
    rejecting = _validator({"not": {"anyOf": [False, *taken]}})
    return any(
        rejecting.is_valid(text)
        for schema in sent
        if isinstance(pattern := schema.get("pattern"), str)
        for text in _texts(pattern, _validator(schema))
    )


def _texts(pattern: str, admitting: jsonschema_rs.Draft202012Validator) -> Iterable[str]:
    for repeats in _REPEATS:
        for seed in range(_TRIES):
            text = sample(pattern, Random(seed), repeats)  # noqa: S311 - not for secrets
            if text is not None and admitting.is_valid(text):
                yield text


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_readable(schema), validate_formats=True, offline=True)


def _readable(value: Any) -> Any:
    """With patterns in the form that the validator reads."""
    if isinstance(value, dict):
        return {
            key: (readable(item) or "") if key == "pattern" and isinstance(item, str) else _readable(item)
            for key, item in value.items()
        }
    return [_readable(item) for item in value] if isinstance(value, list) else value
