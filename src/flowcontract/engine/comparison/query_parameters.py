"""Each documented query parameter of a read once, with a valid value that should have an effect."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flowcontract.checks.probe import Expect, Probe
from flowcontract.generation.probes.filters import exclusions
from flowcontract.generation.probes.operation_context import OperationContext
from flowcontract.generation.request_builder import parameter_value
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.parameters import query_pairs


def in_turn(
    contract: Contract, target: Target, operation: Operation, values: Mapping[str, str], body: Any
) -> Iterator[Probe]:
    """Probes of the optional query parameters of an operation. `body`: a response without them.

    Bounds and searches get values that leave out something of it, the others one that the contract allows.
    """
    context = OperationContext(contract, operation, target, [values])
    if operation.method != "GET" or not context.readable:
        return
    excluding = {each.parameter.name: each.pairs[-1][0] for each in exclusions(operation, body)}
    for parameter in operation.parameters:
        if parameter.location != "query" or parameter.required:
            continue
        value = excluding.get(parameter.name)
        pairs = (
            query_pairs(parameter, parameter_value(contract, parameter)) if value is None else [(parameter.name, value)]
        )
        query = urlencode(pairs)
        yield context.probe(
            f"parameter/{query} of {operation.id}",
            "a documented query parameter has the same effect",
            values,
            Expect.DOCUMENTED,
            sent={"query": query},
        )
