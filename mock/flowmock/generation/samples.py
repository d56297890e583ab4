"""Sample values of path parameters, for requests that the mock suggests: its start panel and its console."""

import contextlib

from flowcontract.errors import ContractError
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, Parameter

_FALLBACK = "1"
"""The value of a parameter whose schema has no valid one."""


def path_values(contract: Contract, operation: Operation, *, seed: int = 0) -> dict[str, str]:
    """A valid value for each path parameter: its first example, else a generated value (the same for one seed)."""
    return {each.name: _value(contract, each, seed) for each in operation.path_parameters()}


def path_value(contract: Contract, operation: Operation, name: str, *, seed: int, key: str) -> str | None:
    """A generated value for one path parameter, another for each key; None where none is valid."""
    from flowmock.generation import bodies  # See below.

    parameter = next(each for each in operation.path_parameters() if each.name == name)
    with contextlib.suppress(ContractError):
        value = bodies.part(contract.schemas, parameter.schema_pointer, seed=seed, key=key)
        return parameters.path_text(parameter, value) or None
    return None


def _value(contract: Contract, parameter: Parameter, seed: int) -> str:
    for example in parameter.examples.values():
        return parameters.path_text(parameter, example.value)
    if not parameter.schema or parameter.is_valid(_FALLBACK):
        return parameters.path_text(parameter, _FALLBACK)
    from flowmock.generation import bodies  # Most parameters need no generator, which takes a while to import.

    with contextlib.suppress(ContractError):  # Some schemas have no valid value.
        value = bodies.part(contract.schemas, f"{parameter.pointer}/schema", seed=seed, key=parameter.name)
        return parameters.path_text(parameter, value) or _FALLBACK
    return parameters.path_text(parameter, _FALLBACK)
