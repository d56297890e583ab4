"""Validate a consumer's fixtures: files with response bodies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location, MediaType

_SHOWN = 5
"""Operations that a message names."""


@dataclass(frozen=True, slots=True)
class FixtureResult:
    """One fixture, and the response of the contract that it matches best."""

    file: str
    operation: str
    status: str
    problems: tuple[str, ...]
    """Each violation of the schema, with its location in the file; none for a valid fixture."""
    locations: tuple[Location, ...]
    """Locations in the contract, one for each problem."""
    also: tuple[str, ...] = ()
    """Responses of other operations that the fixture matches as well: `findPets 200`."""


def check(
    contract: Contract, files: Sequence[Path], *, operation: str | None = None, status: str | None = None
) -> list[FixtureResult]:
    """Validate fixtures against the responses of an operation and a status, or against all responses.

    Raises UsageError where the contract has no such response, or where an invalid fixture may be meant for several
    schemas, ContractError for a file that cannot be read.
    """
    responses = list(_responses(contract, operation, status))
    if not responses:
        raise UsageError(
            f"{contract.name} has no JSON response{f' with status {status}' if status else ''}"
            f"{f' of {operation}' if operation else ''}.",
            do="Pass another --operation or --status.",
        )
    return [_check(contract, file, responses) for file in files]


def _responses(contract: Contract, operation: str | None, status: str | None) -> Iterator[tuple[str, str, MediaType]]:
    chosen = [contract.operation(operation)] if operation is not None else contract.operations.values()
    for each in chosen:
        # Successes first: they win where a fixture matches two responses equally well.
        for name, response in sorted(each.responses.items(), key=lambda item: (not item[0].startswith("2"), item[0])):
            if status in (None, name):
                yield from (
                    (each.id, name, media) for media in response.media.values() if media.is_json and media.schema
                )


def _check(contract: Contract, file: Path, responses: Sequence[tuple[str, str, MediaType]]) -> FixtureResult:
    """Validate a file against the response that declares most of its members: a lax error schema would match anything.

    A file of which no response declares any member is validated against the successes only.
    """
    value = documents.read(file)
    most = max(_declared(contract, media.schema, value) for _, _, media in responses)
    near = [response for response in responses if _declared(contract, response[2].schema, value) == most]
    near = [response for response in near if most or response[1].startswith("2")] or near
    found = [
        (operation, status, list(media.errors(value)), contract.resolve(media.schema))
        for operation, status, media in near
    ]
    operation, status, errors, schema = min(found, key=lambda item: len(item[2]))
    same = [item for item in found if item[0] != operation and len(item[2]) == len(errors)]
    also = [f"{other} {code}" for other, code, *_ in same]
    # Where all have one schema, what is wrong is the same for all.
    if errors and any(other != schema for *_, other in same):
        fits = _listed([f"{operation} {status}", *also])
        raise UsageError(
            f"{file} is not valid, and may be meant for several operations: {fits}.",
            do="Select one with --operation.",
        )
    return FixtureResult(
        str(file), operation, status,
        tuple(f"{error.instance or 'body'}: {error.message}" for error in errors),
        tuple(contract.location(error.pointer) for error in errors),
        tuple(also),
    )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:_SHOWN], *([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])])


def _declared(contract: Contract, schema: Mapping[str, Any] | None, value: Any, depth: int = 0) -> int:
    """How many members of a value a schema names, those of an array's first element for an array."""
    schema = contract.resolve(schema or {})
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word) or ()] if depth < 8 else []
    found = max((_declared(contract, part, value, depth + 1) for part in parts), default=0)
    if isinstance(value, list):
        return found + (_declared(contract, schema.get("items"), value[0], depth + 1) if value and depth < 8 else 0)
    properties = schema.get("properties") or {}
    return found + (sum(name in properties for name in value) if isinstance(value, dict) else 0)
