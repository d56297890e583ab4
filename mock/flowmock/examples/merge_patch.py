"""What PATCH makes of an object: a merge patch changes objects within objects, at any depth (RFC 7396)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flowcontract.openapi.model import MediaType

_Problems = Callable[[Any], frozenset[tuple[str, str]]]
"""How a value violates the schema of the whole: the places in the schema and in the value."""


def merged(item: Mapping[str, Any], change: Mapping[str, Any], media: MediaType) -> dict[str, Any]:
    """An object after a merge patch. `media`: of the object.

    A null sets a declared, nullable member to null, and removes any other that is not required. What must be there and
    not be null stays as it is.
    """

    def problems(value: Any) -> frozenset[tuple[str, str]]:
        return frozenset((error.pointer, error.instance) for error in media.errors(value))

    return _merged(item, change, media, problems)


def _merged(
    item: Mapping[str, Any], change: Mapping[str, Any], media: MediaType | None, problems: _Problems
) -> dict[str, Any]:
    found = dict(item)
    for name, value in change.items():
        before, part = found.get(name), media.member(name) if media else None
        if value is None:
            choices = _without(found, name, may_be_null=part is not None)
            found = _first_without_new_problems(choices, found, problems) or found
        elif isinstance(value, Mapping):
            inside = _within(found, name, problems)
            alone = _merged({}, value, part, inside)
            both = _merged(before, value, part, inside) if isinstance(before, Mapping) and before else alone
            # Of several kinds of objects, it may be another one than before.
            choices = ({**found, name: each} for each in (both, alone)) if part and both != alone else iter(())
            found = _first_without_new_problems(choices, found, problems) or {**found, name: both}
        else:
            found[name] = value
    return found


def _first_without_new_problems(
    choices: Iterator[dict[str, Any]], before: dict[str, Any], problems: _Problems
) -> dict[str, Any] | None:
    known: frozenset[tuple[str, str]] | None = None
    for each in choices:
        known = problems(before) if known is None else known
        if problems(each) <= known:
            return each
    return None


def _without(item: dict[str, Any], name: str, *, may_be_null: bool) -> Iterator[dict[str, Any]]:
    """What an object can be whose member is set to null."""
    if may_be_null:
        yield item | {name: None}
    yield {each: own for each, own in item.items() if each != name}


def _within(around: Mapping[str, Any], name: str, problems: _Problems) -> _Problems:
    """The problems of the whole by the value of one member."""
    return lambda value: problems({**around, name: value})
