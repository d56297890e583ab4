"""Examples of an operation that are not what their schema says."""

from collections.abc import Iterator
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import example_of, members

_MOST = 20
"""Examples of schemas that are named one by one."""


def of(operation: Operation) -> Iterator[str]:
    """A warning for each example of parameters, requests and responses that its schema does not admit."""
    name = f"{operation.method} {operation.path}"
    for parameter in operation.parameters:
        for example in parameter.examples.values():
            if error := next(parameter.errors(example.value), None):
                where = f"{name}, {parameter.location} parameter {parameter.name}"
                yield _warning(where, example.name, error.instance, error.message)
    for media in operation.request_media.values():
        for example in media.examples.values() if _holds_values(media) else ():
            if error := next(media.request_errors(example.value), None):
                yield _warning(f"{name}, request, {media.name}", example.name, error.instance, error.message)
    for status, response in operation.responses.items():
        for media in response.media.values():
            yield from _of_media(f"{name}, response {status}, {media.name}", media)
        for header in response.headers.values():
            for example in header.examples.values() if header.schema is not None else ():
                if error := next(header.schemas.errors(header.schema_pointer, example.value), None):
                    where = f"{name}, response {status}, header {header.name}"
                    yield _warning(where, example.name, error.instance, error.message)


def flawed(contract: Contract) -> Iterator[str]:
    """A warning for each schema of a single value whose own example it does not admit, with where it is used first."""
    schemas = contract.schemas.compiled("response")
    found = schemas.flawed_examples()
    used: dict[str, str] = {}
    for operation in contract.operations.values() if found else ():
        for where, pointer in _schemas(operation):
            for reached in schemas.reached(pointer):
                used.setdefault(reached, f"{operation.method} {operation.path}, {where}")
    for pointer, message in found[:_MOST]:
        name = next((name for owner, name in used.items() if f"{pointer}/".startswith(f"{owner}/")), contract.name)
        yield f"{name}: the example of the schema at {pointer} is not valid ({message}); it is not served."
    if len(found) > _MOST:
        yield f"{contract.name}: the examples of {len(found) - _MOST} more schemas are not valid."


def _schemas(operation: Operation) -> Iterator[tuple[str, str]]:
    """Where an operation has schemas, and their pointers."""
    for status, response in operation.responses.items():
        for media in response.media.values():
            if media.schema is not None:
                yield f"response {status}, {media.name}", media.schema_pointer
    for media in operation.request_media.values():
        if media.schema is not None:
            yield f"request, {media.name}", media.schema_pointer
    for parameter in operation.parameters:
        if parameter.schema:
            yield f"{parameter.location} parameter {parameter.name}", parameter.schema_pointer


def unsatisfiable(contract: Contract) -> Iterator[str]:
    """A warning for each response whose schema no body can satisfy."""
    where: dict[str, str] = {}
    for operation in contract.operations.values():
        for status, response in operation.responses.items():
            for media in response.media.values():
                if media.schema is not None and media.is_json:
                    name = f"{operation.method} {operation.path}, response {status}, {media.name}"
                    where.setdefault(media.schema_pointer, name)
    found = contract.schemas.compiled("response").unsatisfiable(where)
    for pointer, name in where.items():
        if pointer in found:
            yield f"{name}: no body can satisfy the schema; the first alternative is served."


def _of_media(where: str, media: MediaType) -> Iterator[str]:
    if not _holds_values(media):
        return
    for example in media.examples.values():
        if error := next(media.errors(example.value), None):
            yield _warning(where, example.name, error.instance, error.message)
    if media.examples:
        return
    whole: Any = example_of(media.schema, media.schemas.resolve)
    if whole is None:
        yield from _of_parts(where, media)
    elif error := next(media.errors(whole), None):
        yield f"{where}: the schema's own example is not valid ({error.instance or '/'}: {error.message})."


def _of_parts(where: str, media: MediaType) -> Iterator[str]:
    """Those of the objects and arrays that a body holds: its items, its members, and the items of these."""
    parts = [media, *(media.member(name) for name, _ in members(media.schema, media.schemas))]
    parts += [each.items() for each in parts if each]
    for part in parts[1:]:
        whole = example_of(part.schema, part.schemas.resolve) if part else None
        if part and isinstance(whole, dict | list) and (error := next(part.errors(whole), None)):
            at = part.schemas.reference(part.schema).removeprefix("#") or part.schema_pointer
            problem = f"{error.instance or '/'}: {error.message}"
            yield f"{where}: the example of the schema at {at} is not valid ({problem}); it is not served."


def _holds_values(media: MediaType) -> bool:
    """Whether examples of this type are values, and not texts of it."""
    return media.schema is not None and media.is_json


def _warning(where: str, name: str, pointer: str, message: str) -> str:
    return f"{where}: the example {name!r} violates its schema, and is served anyway ({pointer or '/'}: {message})."
