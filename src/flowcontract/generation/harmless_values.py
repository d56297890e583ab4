"""Path parameters for unsafe requests with which they change nothing but what the run created."""

from flowcontract.generation.probes.resource_ids import impossible_values
from flowcontract.generation.resources import Resources, Values
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


def harmless_values(contract: Contract, operation: Operation, resources: Resources) -> Values | None:
    """Path parameters with which an unsafe request changes nothing but what it may; None if there are none.

    Those of a resource that a read did not find, else of one that the caller named, or that the run created.
    """
    impossible = impossible_values(contract, operation)
    if resources.created.permits(operation, impossible):
        return impossible
    created = resources.created
    found = (*created.given(operation), *created.of(operation), *created.of(operation, alive=False))
    return next(iter(found), None)
