"""What is new: nothing has happened to it yet, and it was created now."""

import hashlib
import itertools
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement, members, moments, plans, plausible, sequences
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowcontract.text import plain_name

VERSIONS = frozenset({"lock_version", "resource_version", "revision", "row_version", "version", "version_number"})
"""Names, as words, of numbers that count the changes of an item."""

LOCKS = frozenset({
    "concurrency_stamp", "concurrency_token", "e_tag", "etag", "lock_version", "optlock", "record_version",
    "resource_version", "row_version", "rowversion",
})  # fmt: skip
"""Names, as words, of what is there for locking alone."""

_NULL_AT_FIRST = re.compile(r"\bnull\b\W{1,3}(?:for|in|of|on) the first\b", re.IGNORECASE)


def created(media: MediaType, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
    """A generated item as it is when it has just been created.

    What happens to items later, such as the last login, has not happened. Examples stay. `sent`: the members that the
    client sent.
    """
    schemas = media.schemas
    examples = {
        name for name, schema in members(media.schema or {}, schemas) if given(schema, schemas.resolve) is not None
    }
    fixed = {*sent, *examples}
    begun = created_now(media, new(media, _without_history(media, item, fixed), fixed), fixed)
    for name in [name for name, value in begun.items() if plausible.kind_of_moment(value)]:
        if name not in fixed and moments.is_of_event(name) and not plausible.is_of_creation(name):
            choices = ({**begun, name: None}, {each: value for each, value in begun.items() if each != name})
            begun = next(filter(media.is_valid, choices), begun)
    generated = {name: value for name, value in item.items() if name not in fixed}
    agreed: dict[str, Any] = agreement.valid(begun, generated, media.is_valid)
    return agreed


def without_unsent(
    operation: Operation, media: MediaType, item: dict[str, Any], sent: Collection[str], *, is_first: bool
) -> dict[str, Any]:
    """A new item with null, where its schema allows that, for what the client might have sent and did not, for what it
    refers to by that, and for what happens to it later and by whom. Examples and choices stay.

    `operation`: the creation. `sent`: the members of its body. `is_first`: whether it is the only item; a description
    says what is null then.
    """
    sendable = {name for each in operation.request_media.values()
                for name, schema in members(each.schema or {}, each.schemas)
                if name not in sent and "default" not in each.schemas.resolve(schema)}  # fmt: skip
    optional = sendable | {name.removesuffix("_id") for name in sendable}
    for name, schema in members(media.schema or {}, media.schemas):
        *event, last = words(name) or ("",)
        moment = "_".join([*event, "at" if last == "by" else last])
        is_later = (last == "by" or plausible.kind_of_moment(item.get(name))) and moments.is_of_event(moment)
        is_null = is_first and isinstance(schema, Mapping) and _NULL_AT_FIRST.search(str(schema.get("description")))
        is_later = is_later and not (plausible.is_of_creation(moment) or plausible.is_of_change(moment))
        is_fixed = given(schema, media.schemas.resolve) is not None or enumerated(schema, media.schemas)
        if name in item and name not in sent and not is_fixed and (name in optional or is_later or is_null):
            item = changed if media.is_valid(changed := item | {name: None}) else item
    return item


def _without_history(media: MediaType, item: dict[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """The item with empty lists of what happens to it later, such as comments, where its schema allows that."""
    for name in [name for name, value in item.items() if name not in fixed and sequences.is_history(value)]:
        part = media.member(name)
        has_examples = part is None or part.schemas.gives_examples(part.schema_pointer)
        if not has_examples and media.is_valid(changed := item | {name: []}):
            item = changed
    return item


def new(media: MediaType, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
    """A new item of which nothing has happened yet, as far as its schema allows and says nothing else.

    Counts are those of the list beside them, else 0, truth values are false, but for those like `is_active`, and
    versions and statuses are the first ones. `sent`: the members that the client sent.
    """
    for name, schema in dict(members(media.schema or {}, media.schemas)).items():
        if name in item and name not in sent:
            changed = item | {name: _of_nothing(name, item[name], schema, item, media.schemas)}
            item = changed if media.is_valid(changed) else item
    return item


def _of_nothing(name: str, value: Any, schema: Any, holder: Mapping[str, Any], schemas: Schemas) -> Any:
    """A generated value as it is of something new. `holder`: the object that has it."""
    if given(schema, schemas.resolve) is not None:
        return value
    if isinstance(value, bool):
        return plausible.is_true_at_first(name)
    if isinstance(value, str) and name in ("status", "state"):
        return next((each for each in enumerated(schema, schemas) if isinstance(each, str)), value)
    if type(value) is int and snake_case(name) in VERSIONS:
        return 1
    if isinstance(value, int | float) and plausible.is_count(name):
        return next((len(each) for key, each in holder.items() if isinstance(each, list) and _counts(name, key)), 0)
    if isinstance(value, dict):
        declared = dict(members(schema, schemas))
        return {each: _of_nothing(each, item, declared.get(each, {}), value, schemas) for each, item in value.items()}
    return value


def enumerated(schema: Any, schemas: Schemas) -> list[Any]:
    """The values that a schema names, whatever its alternatives."""
    resolved = schemas.resolve(schema)
    parts = [schemas.resolve(each) for word in ("allOf", "anyOf", "oneOf") for each in resolved.get(word) or ()]
    return [value for part in (resolved, *parts) for value in part.get("enum") or ()]


def _counts(name: str, items: str) -> bool:
    """Whether a member says how many items there are in a list: `attachment_count` of `attachments`."""
    plain = plain_name(name)
    return any(f"{each}count" == plain for each in (plain_name(items), *singulars(plain_name(items))))


def created_now(media: MediaType, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
    """A new item whose creation and last change are now, where the client sent no other moment.

    So is what must have happened by then: a message was sent, where it must say when, and what it must have is a time
    of another name that is not one of a plan. `sent`: the members that the client sent.
    """

    def has_happened(name: str) -> bool:
        may_be_now = moments.is_of_event(name) or plausible.kind_of_moment(item[name]) in ("time", "Unix time")
        if plausible.is_of_creation(name) or not may_be_now or plans.is_planned(name) or not moments.is_of_past(name):
            return plausible.is_of_creation(name)
        without = {each: value for each, value in item.items() if each != name}
        return not media.is_valid(item | {name: None}) and not media.is_valid(without)

    return _now(media, item, sent, has_happened)


def changed_now(media: MediaType, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
    """A changed item whose last change is now, and whose version is the next one, where the client sent no other."""
    numbers = {
        name: number
        for name, number in item.items()
        if type(number) is int and name not in sent and snake_case(name) in VERSIONS
    }
    following = item | {name: number + 1 for name, number in numbers.items()}
    item = following if media.is_valid(following) else item
    for name, value in item.items():
        if isinstance(value, str) and name not in sent and snake_case(name) in LOCKS:
            item = changed if media.is_valid(changed := {**item, name: _next_version(value)}) else item
    return _now(media, item, sent, plausible.is_of_change)


def _next_version(text: str) -> str:
    """Another version that is a text: the next number, else other hexadecimal digits in the places of those before."""
    digits = itertools.cycle(hashlib.sha256(text.encode()).hexdigest())
    other = "".join(next(digits) if each in "0123456789abcdef" else each for each in text)
    return str(int(text) + 1) if text.isdecimal() else other


def with_its_end(
    media: MediaType, item: dict[str, Any], sent: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An item whose start, length and end agree with what the client sent; parameters as in `moments.after_change`."""
    if not (found := moments.after_change(item, sent, before)):
        return item
    choices = (agreement.summed(item | found, sent), item | found)
    return next(filter(media.is_valid, choices), item)


def _now(
    media: MediaType, item: dict[str, Any], sent: Collection[str], is_now: Callable[[str], bool]
) -> dict[str, Any]:
    now = datetime.now(UTC)
    changed = item | {
        name: plausible.written_like(now, value) for name, value in item.items() if name not in sent and is_now(name)
    }
    return changed if media.is_valid(changed) else item
