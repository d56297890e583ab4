"""Sample parameters and bodies, for requests that the mock suggests: its start panel and its console."""

import contextlib
import json
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, Parameter
from flowmock.seeds import DEFAULT, Seed

_FALLBACK = "1"
"""The value of a parameter whose schema has no valid one."""


def path_values(contract: Contract, operation: Operation, *, seed: Seed = DEFAULT) -> dict[str, str]:
    """A valid value for each path parameter: its first example, else a generated value (the same for one seed)."""
    return {
        each.name: parameters.path_text(each, _value(contract, each, seed)) or _FALLBACK
        for each in operation.path_parameters()
    }


def path_value(contract: Contract, operation: Operation, name: str, *, seed: Seed, key: str) -> str | None:
    """A generated value for one path parameter, another for each key; None where none is valid."""
    from flowmock.generation import bodies  # See below.

    parameter = next(each for each in operation.path_parameters() if each.name == name)
    with contextlib.suppress(ContractError):
        value = bodies.part(contract.schemas, parameter.schema_pointer, seed=seed, key=key)
        return parameters.path_text(parameter, value) or None
    return None


def required_query(contract: Contract, operation: Operation, *, seed: Seed = DEFAULT) -> dict[str, str]:
    """A valid value for each query parameter that a request must have."""
    found: dict[str, str] = {}
    for each in operation.parameters:
        if each.location == "query" and each.required:
            # An empty list is written as nothing at all.
            found |= dict(parameters.query_pairs(each, _value(contract, each, seed)) or [(each.name, _FALLBACK)])
    return found


def request_media_type(operation: Operation) -> str:
    """The media type of a request body: the first JSON one, else the first; JSON where none is documented."""
    of_json = [name for name, media in operation.request_media.items() if media.is_json]
    return next(iter([*of_json, *operation.request_media]), "application/json")


def request_body(operation: Operation, *, seed: Seed = DEFAULT) -> str:
    """A valid JSON body for a request: the first example, else a generated one; empty where there is none."""
    media = operation.request_media.get(request_media_type(operation))
    if media is None or not media.is_json:
        return ""
    for example in media.examples.values():
        return json.dumps(example.value, ensure_ascii=False)
    from flowmock.generation import bodies  # See below.

    with contextlib.suppress(ContractError):  # Some schemas have no valid value.
        # Generated as for a response: what a request must have besides is not known.
        value = bodies.body(media, seed=seed, key=operation.id)
        if next(media.request_errors(value), None) is None:
            return json.dumps(value, ensure_ascii=False)
    return ""


def _value(contract: Contract, parameter: Parameter, seed: Seed) -> Any:
    """The first example of a parameter, else a generated value."""
    for example in parameter.examples.values():
        return example.value
    if not parameter.schema or parameter.is_valid(_FALLBACK):
        return _FALLBACK
    from flowmock.generation import bodies  # Most parameters need no generator, which takes a while to import.

    with contextlib.suppress(ContractError):  # Some schemas have no valid value.
        return bodies.part(contract.schemas, f"{parameter.pointer}/schema", seed=seed, key=parameter.name)
    return _FALLBACK
