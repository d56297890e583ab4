"""A scenario for each documented response of an operation, by name: `deleteShow.409`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.scenarios.definitions import Scenario, read
from flowmock.scenarios.reading import Reader

FORM = "OPERATION.STATUS"
SOURCE = "the contract"


def find(name: str, contracts: Sequence[Contract]) -> Scenario | None:
    """The scenario in which one operation returns one documented status; None where the contracts have none."""
    operation_id, _, status = name.rpartition(".")
    named = _operation(operation_id, contracts)
    if named is None or status not in named.responses or not status.isdecimal():
        return None
    definition = {
        "summary": f"{named.id} responds with {status}.",
        "when": {"operation": named.id},
        "response": {"code": int(status)},
    }
    return replace(read("documented", definition, Reader(SOURCE), contracts), name=f"{named.id}.{status}")


def statuses(name: str, contracts: Iterable[Contract]) -> str:
    """The documented statuses of the operation in an unknown name, as a sentence; empty where it has none."""
    operation = _operation(name.rpartition(".")[0], contracts)
    if operation is None:
        return ""
    known = ", ".join(sorted(filter(str.isdecimal, operation.responses))) or "none"
    return f"{operation.id} documents these statuses: {known}."


def _operation(operation_id: str, contracts: Iterable[Contract]) -> Operation | None:
    """The operation with an ID, whose case does not matter unless two IDs differ by it."""
    operations = {each.id: each for contract in contracts for each in contract.operations.values()}
    alike = [each for each in operations.values() if each.id.lower() == operation_id.lower()]
    return operations.get(operation_id) or (alike[0] if len(alike) == 1 else None)
