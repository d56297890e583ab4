"""Make a value valid by taking what is invalid in it from another one."""

import contextlib
import copy
from collections.abc import Callable, Iterable
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.schemas import SchemaError

_ROUNDS = 5
"""What is taken from the other value may show further errors."""


def repaired(value: Any, spare: Any, errors_of: Callable[[Any], Iterable[SchemaError]]) -> Any:
    """The value, with each part that violates its schema replaced by that of the spare value, or left out."""
    value = copy.deepcopy(value)
    for _ in range(_ROUNDS):
        errors = [error for error in errors_of(value) if error.instance]
        if not errors:
            break
        for error in errors:
            tokens = pointers.split(error.instance)
            with contextlib.suppress(LookupError, TypeError, ValueError):  # It may lie in what was replaced just now.
                holder = pointers.get(value, tokens[:-1])
                at: Any = int(tokens[-1]) if isinstance(holder, list) else tokens[-1]
                try:
                    holder[at] = copy.deepcopy(pointers.get(spare, tokens))
                except LookupError:
                    del holder[at]
    return value
