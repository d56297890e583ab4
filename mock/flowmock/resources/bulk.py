"""Operations on several items whose IDs a request lists: `POST /orders/bulk-assign` with `order_ids`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowmock.generation import bodies
from flowmock.messages import Call
from flowmock.resources.model import Resource
from flowmock.resources.references import Item, References
from flowmock.seeds import Seed
from flowmock.validation import requests

_FAILED = frozenset(
    {"error", "errors", "failed", "failure", "failures", "invalid", "missing", "rejected", "skipped", "unknown"}
)
"""Words of names of the items that nothing was done with."""
_ALL = frozenset({"items", "processed", "received", "requested", "results", "total"})
"""Words of names of all items that a request is about."""
_READS = frozenset(
    {"check", "count", "download", "export", "fetch", "filter", "find", "get", "list", "lookup", "preview", "print"}
    | {"query", "read", "search", "validate"}
)
"""Words of last segments of paths whose operations change nothing."""
_TEXTS = frozenset({"description", "detail", "error", "message", "msg", "reason", "title"})
"""Names of texts that say why."""
_MAX_DEPTH = 3


class Selected(NamedTuple):
    """The items that a request is about."""

    resource: Resource
    member: str
    """The member of the body that lists their IDs."""
    ids: tuple[str | int, ...]


class Outcome(NamedTuple):
    """What an operation on several items did."""

    done: Sequence[str | int]
    failed: Mapping[str | int, str]
    """IDs of the others, and why."""
    shown: Callable[[str | int], Item | None]
    """Gives an item by its ID."""


def selected(operation: Operation, call: Call, references: References) -> Selected | None:
    """The items that a request lists by their IDs, in a body for an operation below their collection; None for none."""
    last_segment = operation.path.rstrip("/").replace(":", "/").rpartition("/")[2]
    is_change = operation.method != "GET" and not last_segment.endswith("}") and _READS.isdisjoint(words(last_segment))
    if not is_change or not call.body:
        return None
    sent = requests.value_of_body(operation, call)
    path = operation.base_path + operation.path
    for name, value in sent.items() if isinstance(sent, Mapping) else ():
        *noun, last = words(name)
        if last != "ids" or not isinstance(value, list) or not all(isinstance(each, str | int) for each in value):
            continue
        for resource in references.collections():
            collection = resource.path.rpartition("/")[0]
            is_named = not noun or references.named("_".join([*noun, "id"])) is resource
            if is_named and resource.path.count("{") == 1 and path.startswith((f"{collection}/", f"{collection}:")):
                return Selected(resource, name, tuple(dict.fromkeys(value)))
    return None


def reports_failures(media: MediaType | None) -> bool:
    """Whether a response has room for the items that nothing was done with."""
    named = [name for name, _ in members(media.schema or {}, media.schemas)] if media else []
    return any(_FAILED.intersection(words(name)) for name in named)


def reported(made: Any, media: MediaType, chosen: Selected, outcome: Outcome, seed: Seed) -> Any:
    """A generated response that says what happened to the items which a request is about, as far as it is valid."""
    if isinstance(made, list):
        listed = _listed(media, chosen, outcome, outcome.done, seed)
        return made if listed is None or not media.is_valid(listed) else listed
    for name, _ in members(media.schema or {}, media.schemas) if isinstance(made, dict) else ():
        own, part = set(words(name)), media.member(name)
        both = [*outcome.done, *outcome.failed]
        ids = list(outcome.failed) if own & _FAILED else both if own & _ALL else list(outcome.done)
        value: Any = None
        if part and part.items():
            value = _listed(part, chosen, outcome, ids, seed)
        elif part and type(made.get(name)) is int:
            value = len(ids)
        made = made | {name: value} if part and value is not None and part.is_valid(value) else made
    return made


def _listed(
    media: MediaType, chosen: Selected, outcome: Outcome, ids: Collection[str | int], seed: Seed
) -> list[Any] | None:
    """Items, objects about them, or their IDs; None for a list of other things."""
    items = media.items()
    if items is None:
        return None
    named = [name for name, _ in members(items.schema or {}, items.schemas)]
    nouns = singulars(chosen.resource.name)
    known = {"id", chosen.resource.id_field, *(f"{'_'.join(words(noun))}_id" for noun in nouns)}
    own_id = next((name for name in named if name in known or snake_case(name) in known), "")
    if not named:
        return list(ids)
    if not own_id:
        return None
    if items.schema in (chosen.resource.media.schema, getattr(chosen.resource.list_item_media(), "schema", None)):
        return [item for each in ids if (item := outcome.shown(each)) is not None]
    found = []
    for each in ids:
        made = bodies.body(items, seed=seed, key=f"{chosen.resource.path} {each}")
        made = _explained(made, items, outcome.failed.get(each, "")) if isinstance(made, dict) else {}
        found.append({**made, own_id: each})
    return found


def _explained(made: Item, media: MediaType, why: str, depth: int = 0) -> Item:
    """What is said about an item, with why nothing was done with it; without an error where something was."""
    for name, value in list(made.items()):
        part, own = media.member(name), words(name)
        if isinstance(value, dict) and part and why and depth < _MAX_DEPTH:
            made = made | {name: _explained(value, part, why, depth + 1)}
        elif isinstance(value, str) and why and own[-1] in _TEXTS:
            made = made | {name: why} if part and part.is_valid(why) else made
        elif not why and _FAILED.intersection(own):
            rest = {each: item for each, item in made.items() if each != name}
            made = next(filter(media.is_valid, (made | {name: None}, rest)), made)
    return made
