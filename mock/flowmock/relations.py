"""Make an answer hold what the contract relates between it and the request."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowcontract import pointers
from flowcontract.contract import Operation

_BODY = "$response.body#"
_EMBEDDED = re.compile(r"\{(\$request\.[^{}]*)\}")


def hold(
    value: Any,
    operation: Operation,
    path_values: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    is_valid: Callable[[Any], bool],
) -> Any:
    """The body of a success with each related field set, as far as `is_valid` admits the whole."""
    for pointer, text, may_add in _wanted(operation, path_values, query):
        for choice in _readings(text):
            changed = copy.deepcopy(value)
            if _put(changed, pointers.split(pointer), choice, may_add) and is_valid(changed):
                value = changed
                break
    return value


def _wanted(
    operation: Operation, path_values: Mapping[str, str], query: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, bool]]:
    """Fields of the body by pointer, the text that each should hold, and whether it may be added to do so."""
    for name, text in path_values.items():
        if operation.path.rstrip("/").endswith("{" + name + "}"):
            yield operation.key_pointer(name), text, False
    for invariant in operation.invariants:
        for field, other in ((invariant.left, invariant.right), (invariant.right, invariant.left)):
            wanted = _evaluated(other, path_values, dict(query)) if field.startswith(_BODY) else None
            if wanted is not None:
                yield field.removeprefix(_BODY), wanted, True


def _evaluated(expression: str, path_values: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """A runtime expression of the request, or a text with such expressions in braces; None where one is unknown.

    Within a text, a value is percent-encoded: the texts of invariants are URLs.
    """

    def value(name: str) -> str | None:
        source, _, key = name.removeprefix("$request.").partition(".")
        return {"path": path_values, "query": query}.get(source, {}).get(key)

    if expression.startswith("$"):
        return value(expression)
    values = {name: value(name) for name in _EMBEDDED.findall(expression)}
    if None in values.values():
        return None
    return _EMBEDDED.sub(lambda match: quote(values[match[1]] or "", safe=""), expression)


def _readings(text: str) -> Iterator[Any]:
    yield text
    if re.fullmatch(r"-?\d{1,18}", text):
        yield int(text)
    if text in ("true", "false"):
        yield text == "true"


def _put(body: Any, tokens: list[str], value: Any, may_add: bool) -> bool:
    """Set a member of an object within the body, where there is one to set; say whether that was so."""
    try:
        parent = pointers.get(body, tokens[:-1])
    except (LookupError, ValueError):
        return False
    if not tokens or not isinstance(parent, dict) or not (may_add or tokens[-1] in parent):
        return False
    parent[tokens[-1]] = value
    return True
