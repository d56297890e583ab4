"""Responses that a server of one contract can send to a client: each a call to make, and the mock's scenario for it.

Examples come as the mock serves them. Documented errors, other responses that the contract allows, and invalid
responses are scenarios.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flowcontract.compatibility.body_variants import KINDS, variants
from flowcontract.errors import ContractError, UsageError
from flowcontract.generation.dictionary import boundaries
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.path_templates import nameless, parameter_names
from flowcontract.openapi.values import valid_value

MOST = 2000
"""Limit of the cases of one server; changed responses are left out above it."""


class Category(StrEnum):
    """What sort of response a case has."""

    EXAMPLE = "example"
    """An example of the contract."""
    ERROR = "error"
    """A documented error: a client must report it as an error, with its status."""
    ALLOWED = "allowed"
    """Allowed by the contract, but not an example."""
    INVALID = "invalid"
    """It violates the contract. Clients may do anything with it; the matrix shows what."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a client, and the response of the server."""

    id: str
    category: Category
    kind: str
    """What sort of response it is, in words; cases of one kind are one row."""
    operation: str
    arguments: Mapping[str, Any]
    title: str
    """The response in a few words."""
    status: int
    body: Any = None
    """The body of a variant; None where the mock chooses it."""
    rule: str = ""
    """The rule of the diff for such a variant; empty for other cases."""
    at: str = ""
    scenario: Mapping[str, Any] | None = None
    """The scenario of the mock, as in a scenario file."""
    no_body: bool = False
    """Whether the contract has no body there, so that a client may return nothing."""


def build(contract: Contract, operations: Iterable[str] = (), *, invalid: bool = False) -> list[Case]:
    """The cases of a contract, for these operations or all; with `invalid`, invalid responses too.

    The mock changes nothing, so operations that write are called, too. Raises ContractError for an unknown operation,
    UsageError without cases or with too many.
    """
    chosen = [contract.operation(name) for name in operations] or contract.operations.values()
    cases = [case for operation in chosen for case in _of(contract, operation)]
    found = [case for case in cases if invalid or case.category != Category.INVALID]
    if len(found) > MOST:
        found = _breadth_first(found)[:MOST]
    if not found:
        raise UsageError(
            f"expected an operation of {contract.name} with a success response to test, got none.",
            do="Select others with --operation.",
        )
    return found


def _breadth_first(cases: Sequence[Case]) -> list[Case]:
    """Examples and errors of every operation first, then changed responses of each in turn."""
    counts: dict[tuple[str, bool], int] = {}
    order = []
    for case in cases:
        key = case.operation, case.category in (Category.EXAMPLE, Category.ERROR)
        counts[key] = counts.get(key, 0) + 1
        order.append((not key[1], counts[key]))
    return [case for _, case in sorted(zip(order, cases, strict=True), key=lambda each: each[0])]


def _of(contract: Contract, operation: Operation) -> Iterator[Case]:
    success = operation.success()
    if success is None:
        return
    status = int(success.status) if success.status.isdecimal() else 200
    keys = operation.example_path_values() or {"response": {}}
    arguments = {name: {**_required(operation), **values} for name, values in keys.items()}
    first = next(iter(arguments.values()))

    def case(category: Category, kind: str, title: str, values: Mapping[str, Any], status: int, **more: Any) -> Case:
        name = f"{operation.id}/{category}/{title}"
        return Case(name, category, kind, operation.id, values, title, status, no_body=not success.media, **more)

    for name, values in arguments.items():
        yield case(Category.EXAMPLE, "the examples", name, values, status)
    for code, example in _errors(operation):
        scenario = {"response": {"code": code, **({"example": example} if example else {})}}
        title = f"{code} {example}".strip()
        yield case(Category.ERROR, "the documented errors", title, first, code, scenario=scenario)
    for media in success.media.values():
        body = _body(media) if media.is_json else None
        if not isinstance(body, Mapping | list):
            continue
        for one in variants(contract, media, body):
            scenario = {"response": {"code": status, "body": one.body}}
            category = Category.ALLOWED if one.allowed else Category.INVALID
            title = f"{one.at or 'body'}: {one.text}"
            yield case(
                category,
                KINDS[one.kind],
                title,
                first,
                status,
                scenario=scenario,
                rule=one.rule,
                at=one.at,
                body=one.body,
            )
        for kind, response in _malformed(status, media, body):
            yield case(Category.INVALID, kind, kind, first, response["code"], scenario={"response": response})
        break


def _body(media: MediaType) -> Any:
    """The first example of a response, else a valid body; None where none can be made."""
    for example in media.examples.values():
        return example.value
    try:
        return valid_value(media.schemas, media.schema_pointer, seed=1) if media.schema else None
    except ContractError:
        return None


def _errors(operation: Operation) -> Iterator[tuple[int, str]]:
    """Status and name of the example of each documented error; no name where it has no example."""
    for status, response in operation.responses.items():
        if status.isdecimal() and int(status) >= 400:
            names = [name for media in response.media.values() for name in media.examples]
            yield from ((int(status), name) for name in names or [""])


def _malformed(status: int, media: MediaType, body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body></body></html>"
    html = "text/html; charset=utf-8"
    yield "204 without a body", {"code": 204}
    yield f"{status} without a body", {"code": status, "body": "", "media": media.name}
    yield "truncated JSON", {"code": status, "body": text[: len(text) // 2], "media": media.name}
    yield "JSON served as text/html", {"code": status, "body": text, "media": html}
    yield "an HTML page", {"code": status, "body": page, "media": html}


def _required(operation: Operation) -> dict[str, Any]:
    """A value for each required parameter."""
    return {each.name: _value(each) for each in operation.parameters if each.required}


@dataclass(frozen=True, slots=True)
class OwnCall:
    """How a client calls an operation: by the names of the contract that it was generated from."""

    operation: str
    arguments: Mapping[str, Any]
    parameters: tuple[str, ...]
    """The names of all parameters: whatever else the method takes is the body."""
    body: tuple[Any, ...] = ()
    """The request body alone; empty for none."""


def own_call(case: Case, served: Operation, known: Contract, operation: Operation) -> OwnCall | None:
    """The call of a case by a client of the contract `known`; None where no valid request body can be made."""
    paths = [parameter_names(each.path) for each in (served, operation)]
    named = zip(*map(reversed, paths), strict=False)  # A base path may have names of its own.
    values = {own: case.arguments[name] for name, own in named if name in case.arguments}
    names = tuple(each.name for each in operation.parameters)
    arguments = {**_required(operation), **values}
    media = operation.request_json
    if media is None or not media.schema:
        return None if operation.request_required else OwnCall(operation.id, arguments, names)
    try:
        body = valid_value(known.schemas, media.schema_pointer, seed=1, direction="request", minimal=True)
    except ContractError:
        return None
    return OwnCall(operation.id, arguments, names, (body,))


def base_path_of_call(served: Operation, known: Operation) -> str | None:
    """The base path with which a client reaches an operation that the mock serves, although a part of the address
    may stand in the path of one contract and in the base path of the other; None where no base path does.
    """
    address, path = nameless(served.base_path + served.path), nameless(known.path)
    return address.removesuffix(path) if address.endswith(path) else None


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
