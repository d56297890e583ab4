"""A valid value for any schema: plausible to read, and the same for the same seed and key in any process.

jsonschema-rs brings a schema into canonical form (`allOf` intersected, `if` and `not` resolved, alternatives apart),
`builder` makes a value of it with the strings of `strings`; `documented` puts it in the document's order, `examples`
takes over the author's examples, and `agreement` makes members agree with each other. The result is validated before
it is returned.
"""

import contextlib
import hashlib
from datetime import date
from functools import partial
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi.canonical import Impossible
from flowcontract.openapi.schema_views import Direction
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement, plans
from flowcontract.openapi.values.builder import ValueBuilder
from flowcontract.openapi.values.documented import as_documented, declared, is_open, members, of_its_status
from flowcontract.openapi.values.examples import example_of, with_examples
from flowcontract.openapi.values.plausible import TODAY
from flowcontract.openapi.values.repair import repaired
from flowcontract.openapi.values.strings import Strings

__all__ = [
    "Strings",
    "declared",
    "example_of",
    "is_open",
    "members",
    "of_its_status",
    "random_seed",
    "repaired",
    "valid_value",
]

_SIMPLE: tuple[Any, ...] = ({}, [], "", "word", 0, 1, 0.5, True, None)
_INVALID = object()
_FULL, _MINIMAL, _EXCLUSIVE = 4, 2, 3
"""Attempts with optional members, then with the required ones alone, then with alternatives that exclude each other."""


def valid_value(
    schemas: Schemas,
    pointer: str,
    *,
    seed: int,
    today: date = TODAY,
    key: str = "",
    direction: Direction = "response",
    examples: bool = True,
    minimal: bool = False,
) -> Any:
    """A value that is valid against the schema at `pointer`; readOnly and writeOnly as the direction has them.

    Equal seeds, days and keys give equal values. `today`: the day that moments lie around. `examples`: take over the
    example or `default` that the schema gives, whole or for single members. `minimal`: only what is required.

    Where nothing is valid (`oneOf` of two equal schemas, closed schemas that exclude each other), the value satisfies
    the first alternative. Raises ContractError where not even that can be made.
    """
    schema = {"$ref": f"#{pointer}"}
    for attempt in range(_FULL + _MINIMAL + _EXCLUSIVE):
        strings = Strings(random_seed(f"{seed}\n{key}\n{attempt}"), today, of_all=seed, decimals=schemas.decimals)
        is_exclusive = attempt >= _FULL + _MINIMAL
        is_minimal = minimal or _FULL <= attempt < _FULL + _MINIMAL
        try:
            value = _built(schemas, pointer, direction, strings, minimal=is_minimal, exclusive=is_exclusive)
        except Impossible:
            continue
        arranged = as_documented(value, schema, schemas, today=strings.today)
        choices = [arranged, value]
        if examples and schemas.gives_examples(pointer):
            choices.insert(0, _exemplified(arranged, schemas, pointer, direction, complete=not minimal))
        for choice in choices:
            if (settled := _settled(choice, arranged, schemas, pointer, direction)) is _INVALID:
                continue
            # A request has what its sender wants, whenever that is.
            is_valid = partial(schemas.is_valid, pointer)
            return settled if direction == "request" else plans.valid(settled, choice, arranged, today, is_valid)
    for choice in (example_of(schema, schemas.resolve), *_SIMPLE):
        if schemas.is_valid(pointer, choice, direction):
            return choice
    strings = Strings(random_seed(f"{seed}\n{key}"), today, of_all=seed, decimals=schemas.decimals)
    return _approximate(schemas, pointer, direction, strings, examples=examples)


def _exemplified(value: Any, schemas: Schemas, pointer: str, direction: Direction, *, complete: bool) -> Any:
    """The value with the schema's examples in it, as far as they are valid."""
    empty = direction == "request" or not complete
    changed = with_examples(value, {"$ref": f"#{pointer}"}, schemas.resolve, complete=complete, empty=empty)
    if changed == value or schemas.is_valid(pointer, changed, direction):  # Listing errors takes ten times as long.
        return changed
    return repaired(changed, value, lambda instance: schemas.errors(pointer, instance, direction))


def _settled(value: Any, generated: Any, schemas: Schemas, pointer: str, direction: Direction) -> Any:
    """A value whose generated members agree with each other and with the others; `_INVALID` for an invalid value.

    What agrees is validated first: it takes a while, and most values are valid then.
    """

    def is_valid(instance: Any) -> bool:
        return schemas.is_valid(pointer, instance, direction)

    found = next(filter(is_valid, agreement.choices(value, generated)), _INVALID)
    if found is _INVALID:
        if not is_valid(value):
            return _INVALID
        settled = agreement.settled(value, generated)
        found = repaired(settled, value, lambda instance: schemas.errors(pointer, instance, direction))
        found = found if is_valid(found) else value
    return agreement.without_what_has_not_happened(found, value, generated, is_valid)


def random_seed(text: str) -> int:
    """A seed for random numbers from a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])


def _built(
    schemas: Schemas, pointer: str, direction: Direction, strings: Strings, *, minimal: bool, exclusive: bool
) -> Any:
    compiled = schemas.compiled(direction)
    canonical = compiled.exclusive(pointer) if exclusive else compiled.part(pointer).canonical(pointer)
    if canonical is None:
        raise Impossible
    schema, definitions = canonical
    return ValueBuilder(definitions, strings, minimal=minimal).whole(schema)


def _approximate(schemas: Schemas, pointer: str, direction: Direction, strings: Strings, *, examples: bool) -> Any:
    """A value of the first alternative, for a schema that admits none."""
    schema = {"$ref": f"#{pointer}"}
    for compiled in schemas.relaxed(direction):
        part = compiled.part(pointer)
        canonical = part.canonical(pointer)
        with contextlib.suppress(Impossible):
            if canonical is not None:
                value = ValueBuilder(canonical[1], strings).whole(canonical[0])
                if not part.validator.is_valid({pointer: value}):
                    continue
                arranged = as_documented(value, schema, schemas, today=strings.today)
                exemplified = with_examples(arranged, schema, schemas.resolve) if examples else arranged
                choices = (agreement.settled(exemplified, arranged), exemplified, arranged)
                return next((each for each in choices if part.validator.is_valid({pointer: each})), arranged)
    raise ContractError(
        f"no value could be made for the schema at {pointer}.",
        do="Give the response an example, or check that the schema admits any value.",
    )
