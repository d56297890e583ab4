"""IDs for resources that a caller creates under an ID of its own choice."""

from collections.abc import Iterator
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Parameter
from flowcontract.openapi.values import valid_value

_GENERATED = 5
"""IDs that are generated from the schema."""


def new_ids(contract: Contract, parameter: Parameter, number: int) -> Iterator[str]:
    """IDs that the schema of a path parameter allows, the most readable first. `number`: another one each time."""
    facts = contract.resolve(parameter.schema)
    if facts.get("format") == "uuid":
        yield f"f10c0000-8a4b-4c6d-9e2f-{number % 16**12:012x}"
        return
    if "integer" not in str(facts.get("type")):
        for text in (f"flowcontract-{number:x}", f"flowcontract{number:x}", f"fc{number:x}"):
            if parameter.is_valid(text):
                yield text
    for seed in range(number, number + _GENERATED):
        try:
            value: Any = valid_value(
                contract.schemas, parameter.schema_pointer, seed=seed, direction="request", examples=False
            )
        except ContractError:
            return
        if parameter.is_valid(value):
            yield parameters.path_text(parameter, value)
