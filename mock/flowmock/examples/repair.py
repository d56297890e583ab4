"""Make a body valid by taking what is wrong in it from another one."""

import contextlib
import copy
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import MediaType

_ROUNDS = 5
"""What is taken from the other body may show further errors."""


def repaired(value: Any, spare: Any, media: MediaType) -> Any:
    """The value, with each part that its schema does not admit replaced by that of the spare body, or left out."""
    value = copy.deepcopy(value)
    for _ in range(_ROUNDS):
        errors = [error for error in media.errors(value) if error.instance]
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
