"""Values of path parameters as `--param [OPERATION:]NAME=VALUE` gives them, and the operations that they belong to."""

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import nearest

_FORM = re.compile(r"(?:(?P<operation>[^=]*):)?(?P<name>[^=:]+)=(?P<value>.+)", re.S)
_PATH = "path:"


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One value of a path parameter that exists on the target."""

    name: str
    value: str
    operation: str = ""
    """The operation that it is for, or `path:` and a pattern of paths with `*`; empty for every operation."""

    def is_for(self, operation: Operation) -> bool:
        """Whether it may be a value of this operation."""
        if self.operation.startswith(_PATH):
            return fnmatch.fnmatchcase(operation.path, self.operation.removeprefix(_PATH))
        return self.operation in ("", operation.id)

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{f'{self.operation}:' if self.operation else ''}{self.name}={self.value}"


def parse(text: str) -> ParameterValue:
    """Read `[OPERATION:]NAME=VALUE`. Raises UsageError for anything else."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(
            f"expected a path parameter as [OPERATION:]NAME=VALUE, got {text[:80]!r}.",
            do="Write, for instance, --param id=42.",
        )
    return ParameterValue(match["name"], match["value"], match["operation"] or "")


def for_operation(operation: Operation, given: Iterable[ParameterValue]) -> list[dict[str, str]]:
    """The given values as complete sets of an operation's path parameters; empty where one of them has no value.

    The n-th value of one parameter belongs to the n-th of the others; where there are fewer, the last is repeated.
    Values that are given for this operation replace those for all operations.
    """
    names = [parameter.name for parameter in operation.path_parameters()]
    values: dict[str, list[str]] = {}
    for name in names:
        of_this = [each for each in given if each.name == name and each.is_for(operation)]
        own = [each for each in of_this if each.operation]
        values[name] = [each.value for each in own or of_this]
    if not names or not all(values.values()):
        return []
    sets = [
        {name: listed[min(index, len(listed) - 1)] for name, listed in values.items()}
        for index in range(max(map(len, values.values())))
    ]
    return [each for index, each in enumerate(sets) if each not in sets[:index]]


def check(contracts: Iterable[Contract], given: Sequence[ParameterValue]) -> None:
    """Raise UsageError for a value that no operation of the contracts can use."""
    operations = [operation for contract in contracts for operation in contract.operations.values()]
    for value in given:
        having = [operation for operation in operations if _has(operation, value)]
        if not having:
            raise UsageError(
                f"expected a path parameter of the contract, got {str(value)[:80]!r}.", do=_known(operations, value)
            )
        if not any(for_operation(operation, given) for operation in having):
            others = sorted({each.name for each in having[0].path_parameters()} - {each.name for each in given})
            raise UsageError(
                f"expected a value for every path parameter of {having[0].id}, got no {' and no '.join(others)}.",
                do=f"Add {' '.join(f'--param {name}=VALUE' for name in others)}.",
            )


def by_operation(contract: Contract, given: Sequence[ParameterValue]) -> dict[str, list[Mapping[str, str]]]:
    """The given values by the operations that can use them. Raises UsageError for a value that none can use."""
    check([contract], given)
    found: dict[str, list[Mapping[str, str]]] = {}
    for operation in contract.operations.values():
        if sets := for_operation(operation, given):
            found[operation.id] = list(sets)
    return found


def named_operations(contract: Contract, given: Iterable[ParameterValue]) -> tuple[str, ...]:
    """The IDs of the operations that values name: `delete_book:id=7` names `delete_book`."""
    named = [each for each in given if each.operation]
    return tuple(o.id for o in contract.operations.values() if any(_has(o, each) for each in named))


def _has(operation: Operation, value: ParameterValue) -> bool:
    names = {parameter.name for parameter in operation.path_parameters()}
    return value.name in names and value.is_for(operation)


def _known(operations: Iterable[Operation], value: ParameterValue) -> str:
    """What the operations have, in one sentence: the nearest name, else the names."""
    pairs = [(operation.id, each.name) for operation in operations for each in operation.path_parameters()]
    if not pairs:
        return "No operation has a path parameter."
    known = list(dict.fromkeys(name for _, name in pairs))
    if near := nearest(value.name, set(known) - {value.name}):
        return near.strip()
    if value.name in known:
        known = [f"{operation}:{name}" for operation, name in pairs]
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"There are: {', '.join(known[:8])}{more}."
