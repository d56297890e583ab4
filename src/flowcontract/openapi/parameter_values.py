"""Keys as a person names them, `VALUE` or `NAME=VALUE,NAME=VALUE`, and the operations they belong to."""

import re
from collections.abc import Iterable, Mapping, Sequence

from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

Key = Mapping[str, str]
"""Path parameters by name; a value without a name stands under the empty one."""


def parse(text: str) -> Key:
    """Read one key. What does not begin with `NAME=` is a value, commas and all."""
    if not re.match(r"[A-Za-z_][\w-]*=", text):
        return {"": text}
    pairs = [part.partition("=") for part in text.split(",")]
    return {name: value for name, _, value in pairs}


def spelled(key: Key) -> str:
    """A key as `parse` reads it."""
    return ",".join(f"{name}={value}" if name else value for name, value in key.items())


def completing(operation: Operation, key: Key) -> Key | None:
    """The path parameters of an operation as the key gives them; None where it is a key of other operations."""
    names = [parameter.name for parameter in operation.path_parameters()]
    values = {names[0]: key[""]} if set(key) == {""} and len(names) == 1 else key
    return values if names and set(values) == set(names) and all(values.values()) else None


def check(contracts: Iterable[Contract], given: Sequence[Key]) -> None:
    """Raises UsageError for a key that completes no path of any of the contracts."""
    operations = [operation for contract in contracts for operation in contract.operations.values()]
    for key in given:
        if not any(completing(operation, key) for operation in operations):
            raise UsageError(
                f"a key that completes a path of the contract was expected, not {spelled(key)!r}.",
                do="Write NAME=VALUE for each path parameter, with commas between them.",
            )


def by_operation(contract: Contract, given: Sequence[Key]) -> dict[str, list[Key]]:
    """Give each key to the operations whose path it completes. Raises UsageError for one that completes none."""
    check([contract], given)
    found: dict[str, list[Key]] = {}
    for operation in contract.operations.values():
        for key in given:
            values = completing(operation, key)
            if values and values not in found.get(operation.id, ()):
                found.setdefault(operation.id, []).append(values)
    return found
