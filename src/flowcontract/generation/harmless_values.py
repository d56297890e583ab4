"""Path parameters for unsafe requests with which they change nothing but what the run created."""

from flowcontract.generation.probes.resource_ids import impossible_values
from flowcontract.generation.resources import Resources, Values
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


def harmless_values(contract: Contract, operation: Operation, resources: Resources) -> Values | None:
    """Path parameters with which an unsafe request changes nothing but what the run created; None if there are none.

    Those of a resource that a read did not find, else of one that the run created.
    """
    impossible = impossible_values(contract, operation)
    if resources.created.permits(operation, impossible):
        return impossible
    return next((values for alive in (True, False) for values in resources.created.of(operation, alive=alive)), None)
