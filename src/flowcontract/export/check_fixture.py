"""Judge the fixtures of a consumer: JSON files that pretend to be what the server answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location, MediaType


@dataclass(frozen=True, slots=True)
class Judged:
    """One fixture, and the answer of the contract that it is or comes nearest to."""

    file: str
    operation: str
    status: str
    problems: tuple[str, ...]
    """Each way in which it is not what the schema says, with its place in the file; none where it is true."""
    places: tuple[Location, ...]
    """Where the contract says so, one for each problem."""


def check(
    contract: Contract, files: Sequence[Path], *, operation: str | None = None, status: str | None = None
) -> list[Judged]:
    """Judge fixtures by the answers of an operation and a status, by any answer where none is named.

    Raises UsageError where the contract has no such answer, ContractError for a file that cannot be read.
    """
    answers = list(_answers(contract, operation, status))
    if not answers:
        raise UsageError(
            f"{contract.name} has no JSON answer{f' with status {status}' if status else ''}"
            f"{f' of {operation}' if operation else ''}.",
            do="Name another --operation or --status.",
        )
    return [_judged(contract, file, answers) for file in files]


def _answers(contract: Contract, operation: str | None, status: str | None) -> Iterator[tuple[str, str, MediaType]]:
    chosen = [contract.operation(operation)] if operation is not None else contract.operations.values()
    for each in chosen:
        # Successes first: of two answers that a fixture is as near to, it is meant to be one.
        for name, answer in sorted(each.responses.items(), key=lambda item: (not item[0].startswith("2"), item[0])):
            if status in (None, name):
                yield from ((each.id, name, media) for media in answer.media.values() if media.is_json and media.schema)


def _judged(contract: Contract, file: Path, answers: Sequence[tuple[str, str, MediaType]]) -> Judged:
    """Judge a file by the answer that knows most of its members: a lax error schema is not what a success meant.

    What no answer knows anything of is held to the successes: an error that may hold anything would make it true.
    """
    value = documents.read(file)
    most = max(_known(contract, media.schema, value) for _, _, media in answers)
    near = [answer for answer in answers if _known(contract, answer[2].schema, value) == most]
    near = [answer for answer in near if most or answer[1].startswith("2")] or near
    found = [(operation, status, list(media.errors(value))) for operation, status, media in near]
    operation, status, errors = min(found, key=lambda item: len(item[2]))
    return Judged(
        str(file), operation, status,
        tuple(f"{error.instance or 'the whole'}: {error.message}" for error in errors),
        tuple(contract.location(error.pointer) for error in errors),
    )  # fmt: skip


def _known(contract: Contract, schema: Mapping[str, Any] | None, value: Any, depth: int = 0) -> int:
    """How many members of a value a schema names, those of an array's first element for an array."""
    schema = contract.resolve(schema or {})
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word) or ()] if depth < 8 else []
    found = max((_known(contract, part, value, depth + 1) for part in parts), default=0)
    if isinstance(value, list):
        return found + (_known(contract, schema.get("items"), value[0], depth + 1) if value and depth < 8 else 0)
    properties = schema.get("properties") or {}
    return found + (sum(name in properties for name in value) if isinstance(value, dict) else 0)
