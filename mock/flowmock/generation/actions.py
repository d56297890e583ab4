"""Actions on an item, by the last words of a path: after `POST /orders/{id}/cancel`, its status is `cancelled`."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import agreement, members, moments
from flowcontract.openapi.values.events import is_about_status
from flowcontract.openapi.values.names import snake_case, words
from flowcontract.openapi.values.plausible import is_of_creation, kind_of_moment, written_like
from flowmock.generation import bodies
from flowmock.generation.new_items import changed_now, enumerated
from flowmock.seeds import DEFAULT

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NOW = "{:%Y-%m-%dT%H:%M:%SZ}"
_STATUSES = ("status", "state")
_IRREGULAR = {"begin": "begun", "hold": "held", "pay": "paid", "read": "read", "send": "sent", "withdraw": "withdrawn"}
_STARTED = ("in_progress", "running", "active")
_OTHER_WORDS = {
    "activate": ("active",), "begin": _STARTED, "deactivate": ("inactive",), "disable": ("inactive",),
    "enable": ("active",), "finish": ("completed", "done"), "complete": ("done",), "open": ("open",),
    "reopen": ("open",), "resume": _STARTED, "start": _STARTED,
}  # fmt: skip
"""What is true after an action whose participle no status is."""
_VERBS = {
    "activation": "activate", "approval": "approve", "cancellation": "cancel", "completion": "complete",
    "confirmation": "confirm", "delivery": "deliver", "payment": "pay", "publication": "publish",
    "rejection": "reject", "shipment": "ship", "submission": "submit",
}  # fmt: skip
"""What the nouns of actions say: `POST /orders/{id}/payment` pays it."""
_FILLERS = frozenset({"all", "as", "batch", "bulk", "many", "mark", "multiple", "set"})
"""Words of actions that say nothing of what items are then: `mark-as-paid`, `bulk-archive`."""


def acted(
    media: MediaType, item: dict[str, Any], path: str, sent: Any = None, statuses: Mapping[str, str] = _NOTHING
) -> dict[str, Any]:
    """An item as it is after the action that a path ends with, as far as its schema names what it is then.

    Its status is the one that is named so, truth values such as `is_archived` are true, moments such as `archived_at`
    are now, and what is about that, such as a `cancellation`, is there, with what the client `sent` of it.
    `statuses`: what the contract says that statuses are then.
    """
    names, changed = outcome(media, item, path)
    changed |= statuses
    names += [snake_case(status) for status in statuses.values()]
    changed |= moments_of(media, item, names) if changed else {}
    if not changed or not media.is_valid({**item, **changed}):
        return item
    found = changed_now(media, {**item, **changed}, changed)
    about = _about(found, media, path, sent if isinstance(sent, Mapping) else {})
    agreed: dict[str, Any] = agreement.valid(found | about, item | about, media.is_valid)
    return agreed


def moments_of(media: MediaType, item: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The moments that an item does not have yet and that are now, after an action: `archived_at` of `archived`."""
    found: dict[str, Any] = {}
    for name, _ in members(media.schema or {}, media.schemas):
        *event, last = words(name)
        if last in ("at", "on") and "_".join(event) in names and item.get(name) is None:
            now = ({name: text} for text in (_NOW.format(datetime.now(UTC)), f"{datetime.now(UTC):%Y-%m-%d}"))
            found |= next((each for each in now if media.is_valid({**item, **each})), {})
    return found


def is_done(media: MediaType, item: dict[str, Any], path: str) -> bool:
    """Whether an item is as it is after the action that a path ends with, as far as its schema names that."""
    _, changed = outcome(media, item, path)
    return bool(changed) and changed.items() <= item.items()


def outcome(media: MediaType, item: dict[str, Any], path: str) -> tuple[list[str], dict[str, Any]]:
    """What an item may be called after the action that a path ends with, and its status and truth values then."""
    action = [word for word in words(path.rstrip("/").rpartition("/")[2]) if word not in _FILLERS]
    names = list(_afterwards(action))
    changed: dict[str, Any] = {}
    for name, schema in members(media.schema or {}, media.schemas) if action else ():
        plain = snake_case(name)
        if plain in _STATUSES or plain.endswith(("_status", "_state")):
            known = {snake_case(each): each for each in enumerated(schema, media.schemas) if isinstance(each, str)}
            changed |= next(({name: known[each]} for each in names if each in known), {})
        elif isinstance(item.get(name), bool) and plain.removeprefix("is_") in names:
            changed[name] = True
    return names, {name: value for name, value in changed.items() if media.is_valid({**item, name: value})}


def _about(item: dict[str, Any], media: MediaType, path: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is about the status of an item: a `cancellation`, or a `cancellation_reason`, as it was sent."""
    found = {}
    for name, _ in members(media.schema or {}, media.schemas):
        part, value = media.member(name), item.get(name)
        if part is None or not is_about_status(name, item) or kind_of_moment(value):
            continue
        made = bodies.body(part, seed=DEFAULT, key=f"{path} {name}") if value is None else value
        if isinstance(made, dict):
            now = datetime.now(UTC)
            new = {each for each in made if moments.is_of_event(each) or is_of_creation(each)} if value is None else ()
            made = {each: written_like(now, own) if each in new else own for each, own in made.items()}
            named = dict(members(part.schema or {}, part.schemas))
            made |= {each: own for each, own in sent.items() if each in named and part.is_valid({**made, each: own})}
        elif isinstance(made, str):
            made = sent.get(words(name)[-1], made)
        if media.is_valid({**item, name: made}):
            found[name] = made
    return found


def _afterwards(action: list[str]) -> Iterator[str]:
    """What an item may be called after an action, the best first: `cancelled` and `canceled`, `checked_in`."""
    if not action:
        return
    noun, *rest = action
    verb = _VERBS.get(noun, noun)
    for participle in _participles(verb):
        yield "_".join([participle, *rest])
        yield participle
    yield from _OTHER_WORDS.get(verb, ())
    yield "_".join(action)


def _participles(verb: str) -> Iterator[str]:
    if verb in _IRREGULAR:
        yield _IRREGULAR[verb]
    elif verb.endswith("e"):
        yield f"{verb}d"
    elif verb.endswith("y") and verb[-2:-1] not in "aeiou":
        yield f"{verb[:-1]}ied"
    else:
        yield from (f"{verb}ed", f"{verb}{verb[-1:]}ed")
