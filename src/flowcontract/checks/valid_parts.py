"""Which parts of a response match its schema: only these are compared by value.

A part that violates its schema is one finding, and what its value would have to be says nothing more.
"""

from collections.abc import Sequence

from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.openapi import pointers

SCHEMA = "schema-violation"
_OF_TIME = frozenset({"slow-response", "slow-input"})
"""Rules that say nothing about what a response contains."""


def invalid_parts(interaction: Interaction) -> tuple[str, ...]:
    """JSON Pointers of the parts of a body that violate its schema, and of members that are missing."""
    errors = interaction.schema_errors
    return tuple({error.instance + (pointers.join(error.missing) if error.missing else "") for error in errors})


def is_valid(interaction: Interaction, pointer: str) -> bool:
    """Whether neither a part of a body nor what is around it violates the schema."""
    return not any(f"{pointer}/".startswith(f"{part}/") for part in invalid_parts(interaction))


def is_valid_outside(interaction: Interaction, pointer: str) -> bool:
    """Whether everything but the content of one part of a body matches the schema."""
    return all(part.startswith(f"{pointer}/") for part in invalid_parts(interaction))


def violates_schema(interaction: Interaction, name: str) -> bool:
    """Whether a property of this name violates its schema, or is missing, anywhere in a response."""
    return any(name in pointers.split(part) for part in invalid_parts(interaction))


def violate_alike(found: Sequence[Violation], other: Sequence[Violation]) -> bool:
    """Whether two responses violate their schemas in the same way, if at all."""
    keys = [{item.group_key for item in side if item.rule == SCHEMA} for side in (found, other)]
    return keys[0] == keys[1]


def only_schema(found: Sequence[Violation], *others: str) -> bool:
    """Whether a response violates nothing but its schema, and these other rules, if anything."""
    return is_conforming([item for item in found if item.rule not in (SCHEMA, *others)])


def is_conforming(found: Sequence[Violation]) -> bool:
    """Whether a response violates nothing, however long it took."""
    return all(item.rule in _OF_TIME for item in found)
