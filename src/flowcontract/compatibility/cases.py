"""What a server of one contract can answer to a client: each a call to make, and the state that the mock is in for it.

Known examples come as the mock serves them. Documented errors, what the contract allows beside the examples, and what
breaks it are states that it is put into.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flowcontract.compatibility.body_variants import KINDS, variations
from flowcontract.errors import UsageError
from flowcontract.generation.dictionary import boundaries
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation, Parameter

MOST = 900
"""Cases of one server."""
SAFE = ("GET", "HEAD", "OPTIONS")


class Part(StrEnum):
    """Why a case is tried."""

    EXAMPLE = "example"
    """An answer that is known."""
    ERROR = "error"
    """A documented error: a client is to tell it as one, with its status."""
    ALLOWED = "allowed"
    """The contract allows it, no example shows it."""
    BEYOND = "beyond"
    """It breaks the contract. What a client does about it is its own affair; it is good to know."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a client, and what the server answers."""

    id: str
    part: Part
    kind: str
    """What sort of answer it is, for people to read: cases of a kind are one row."""
    operation: str
    arguments: Mapping[str, Any]
    about: str
    """What this answer is."""
    status: int
    body: Any = None
    """Of a varied answer; None where the mock chooses it."""
    rule: str = ""
    """The rule of the diff that speaks of such an answer; empty for what is no variation."""
    at: str = ""
    state: Mapping[str, Any] | None = None
    """What the mock is told to answer, as in a file of scenarios."""
    bare: bool = False
    """Whether the contract has no body there, so that a client that returns nothing is right."""


def build(contract: Contract, operations: Iterable[str] = (), *, beyond: bool = False) -> list[Case]:
    """The cases of a contract, for these operations or every safe one; with `beyond`, those that break it too.

    Raises ContractError for an operation that it does not have, UsageError where there are none or too many.
    """
    chosen = [contract.operation(name) for name in operations] or [
        each for each in contract.operations.values() if each.method in SAFE
    ]
    found = [case for operation in chosen for case in _of(contract, operation) if beyond or case.part != Part.BEYOND]
    if not found or len(found) > MOST:
        raise UsageError(
            f"1 to {MOST} answers of {contract.name} were expected to try, there are {len(found)}.",
            do="Name fewer operations, or others, with --operation.",
        )
    return found


def _of(contract: Contract, operation: Operation) -> Iterator[Case]:
    success = operation.success()
    if success is None or not success.status.isdecimal():
        return
    status = int(success.status)
    keys = operation.example_path_values() or {"its answer": {}}
    arguments = {name: {**_required(operation), **values} for name, values in keys.items()}
    first = next(iter(arguments.values()))

    def case(part: Part, kind: str, about: str, values: Mapping[str, Any], status: int, **more: Any) -> Case:
        name = f"{operation.id}/{part}/{about}"
        return Case(name, part, kind, operation.id, values, about, status, bare=not success.media, **more)

    for name, values in arguments.items():
        yield case(Part.EXAMPLE, "the examples", name, values, status)
    for code, example in _errors(operation):
        state = {"response": {"code": code, **({"example": example} if example else {})}}
        about = f"{code} {example}".strip()
        yield case(Part.ERROR, "the documented errors", about, first, code, state=state)
    for media in success.media.values():
        base = next(iter(media.examples.values()), None)
        if not media.is_json or base is None or not isinstance(base.value, Mapping | list):
            continue
        for one in variations(contract, media, base.value):
            state = {"response": {"code": status, "body": one.body}}
            part = Part.ALLOWED if one.allowed else Part.BEYOND
            about = f"{one.at or 'the whole'}: {one.said}"
            yield case(
                part, KINDS[one.kind], about, first, status, state=state, rule=one.rule, at=one.at, body=one.body
            )
        for kind, answer in _on_the_wire(status, media, base.value):
            yield case(Part.BEYOND, kind, kind, first, answer["code"], state={"response": answer})
        break


def _errors(operation: Operation) -> Iterator[tuple[int, str]]:
    """Status and name of the example of each documented error; no name where it has no example."""
    for status, answer in operation.responses.items():
        if status.isdecimal() and int(status) >= 400:
            names = [name for media in answer.media.values() for name in media.examples]
            yield from ((int(status), name) for name in names or [""])


def _on_the_wire(status: int, media: MediaType, body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body></body></html>"
    html = "text/html; charset=utf-8"
    yield "204, nothing", {"code": 204}
    yield f"{status}, nothing", {"code": status, "body": "", "media": media.name}
    yield "JSON that ends too soon", {"code": status, "body": text[: len(text) // 2], "media": media.name}
    yield "JSON served as text/html", {"code": status, "body": text, "media": html}
    yield "a page", {"code": status, "body": page, "media": html}


def _required(operation: Operation) -> dict[str, Any]:
    """A value for each parameter that has to be sent."""
    return {each.name: _value(each) for each in operation.parameters if each.required}


def _value(parameter: Parameter) -> Any:
    for example in parameter.examples.values():
        return example.value
    schema = parameter.schema
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    if schema.get("type") == "integer":
        return schema.get("minimum", 1)
    return next((value.text for value in boundaries(schema) if value.valid), "1")
