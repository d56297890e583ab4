"""Keys as a person names them, `VALUE` or `NAME=VALUE,NAME=VALUE`, and the operations they belong to."""

import re
from collections.abc import Mapping, Sequence

from flowcontract.contract import Contract
from flowcontract.errors import UsageError

Key = Mapping[str, str]
"""Path parameters by name; a value without a name stands under the empty one."""


def parse(text: str) -> Key:
    """Read one key. What does not begin with `NAME=` is a value, commas and all."""
    if not re.match(r"[A-Za-z_][\w-]*=", text):
        return {"": text}
    pairs = [part.partition("=") for part in text.split(",")]
    return {name: value for name, _, value in pairs}


def by_operation(contract: Contract, given: Sequence[Key]) -> dict[str, list[Key]]:
    """Give each key to the operations whose path it completes. Raises UsageError for one that completes none."""
    found: dict[str, list[Key]] = {}
    for key in given:
        fits = False
        for operation in contract.operations.values():
            names = [parameter.name for parameter in operation.path_parameters()]
            values = {names[0]: key[""]} if set(key) == {""} and len(names) == 1 else key
            if names and set(values) == set(names) and all(values.values()):
                fits = True
                if values not in found.setdefault(operation.id, []):
                    found[operation.id].append(values)
        if not fits:
            shown = ",".join(f"{name}={value}" if name else value for name, value in key.items())
            raise UsageError(
                f"a key that completes a path of the contract was expected, not {shown!r}.",
                do="Write NAME=VALUE for each path parameter, with commas between them.",
            )
    return found
