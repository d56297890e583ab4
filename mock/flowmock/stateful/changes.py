"""Remember what clients create, change and delete, in memory, as far as the contract has operations for it.

A collection begins with the contract's examples, else with a few generated items. What is answered is judged
by the contract like every other answer.
"""

import contextlib
import copy
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowmock.examples.responses import PROBLEM, Responses, encode, main_media, usual
from flowmock.generation import bodies
from flowmock.messages import Call, Reply
from flowmock.stateful.resources import Resource, find

MAX_ITEMS = 1000
"""Items of one collection; a further one takes the place of the oldest."""
MAX_COLLECTIONS = 1000
"""Collections that are kept, over all sessions and parents; beyond, the one used longest ago is forgotten."""
_FIRST = 3
"""Generated items that a collection begins with where the contract has no examples."""
_FILLED = 50
"""Objects within one item that are filled in."""
# What servers call the number of all items.
_COUNTS = frozenset({"count", "total", "totalcount", "totalitems", "totalresults"})

Items = dict[str, dict[str, Any]]
"""Items by key, the oldest first."""
Name = tuple[str, str, tuple[str, ...]]
"""Session, path of the resource, and the parameters before its own: what tells collections apart."""


class Collections(Protocol):
    """Where several workers keep collections."""

    def collection(self, name: Name, first: Callable[[], Items]) -> contextlib.AbstractContextManager[Items]:
        """The items of one collection, for one worker at a time; `first` makes those it begins with."""

    def forget_collections(self) -> None:
        """Begin again with what collections begin with."""


class Store:
    """The collections of every session. It outlives a change of the contract."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Name, Items] = OrderedDict()
        self.shared: Collections | None = None
        """Where the collections are instead, when several workers change them."""

    @contextlib.contextmanager
    def items(self, session: str, path: str, parents: tuple[str, ...], first: Callable[[], Items]) -> Iterator[Items]:
        """The items of one collection as one session sees them, to read and change while the block lasts.

        `first` makes those it begins with.
        """
        name = (session, path, parents)
        if self.shared:
            with self.shared.collection(name, first) as items:
                yield items
            return
        if name not in self._kept:
            self._kept[name] = first()
            if len(self._kept) > MAX_COLLECTIONS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        yield self._kept[name]

    def reset(self, session: str | None = None) -> None:
        """Begin again with what collections begin with, for one session or for all."""
        if self.shared:
            self.shared.forget_collections()
        for name in list(self._kept):
            if session is None or name[0] == session:
                del self._kept[name]


class ChangeRejectedError(Exception):
    """A change that cannot be made; `statuses` are those it may be answered with, the best first."""

    def __init__(self, message: str, *statuses: int) -> None:
        self.message = message
        self.statuses = statuses
        super().__init__(message)


class Stateful:
    """Answers the operations of one contract that create, read, update and delete."""

    def __init__(self, contract: Contract, answers: Responses, store: Store) -> None:
        self._answers = answers
        self._store = store
        self._base_path = contract.base_path
        self._resources = find(contract)
        self._does: Mapping[str, Callable[[Resource, Operation, Call, Items], Reply]] = {
            "list": self._list,
            "create": self._create,
            "read": self._read,
            "replace": self._replace,
            "update": self._update,
            "delete": self._delete,
        }

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The answer to a permitted, valid request; None for an operation that belongs to no resource."""
        found = self._resources.get(operation.id)
        if found is None:
            return None
        resource, role = found
        parents = tuple(value for name, value in call.path_values.items() if name != resource.parameter)
        path = self._base_path + resource.path
        with self._store.items(call.session, path, parents, lambda: self._first(resource)) as items:
            try:
                return self._does[role](resource, operation, call, items)
            except ChangeRejectedError as refusal:
                return self._refused(operation, call, refusal)

    def _first(self, resource: Resource) -> Items:
        """What a collection begins with: the examples of its items, those of its lists, else generated items."""
        found: list[Any] = [example.value for example in resource.media.examples.values()]
        if resource.listed:
            for example in resource.listed.examples.values():
                listed = example.value.get(resource.envelope) if resource.envelope else example.value
                found += listed if isinstance(listed, list) else []
        known = [item for item in found if isinstance(item, dict) and resource.key(item) is not None]
        if not known:
            seed = self._answers.seed
            known = [
                bodies.body(resource.media, seed=seed, key=f"{resource.path} {number}", examples=number == 0)
                for number in range(_FIRST)
            ]
        items: Items = {}
        for item in known:
            key = resource.key(item) if isinstance(item, dict) else None
            if key is not None:
                items.setdefault(key, copy.deepcopy(item))
        return items

    def _read(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        key = _known(resource, call, items)
        return self._item(operation, call, items[key], f"state: read {key}")

    def _list(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        assert resource.listed
        declared = {each.name for each in operation.parameters if each.location == "query"}
        asked = {name: value for name, value in call.query if name in declared and name in resource.declared()}
        keys = call.caller.keys
        shown = [
            item
            for key, item in items.items()
            if (keys is None or key in keys) and all(_text(item.get(name)) == value for name, value in asked.items())
        ]
        page = _page(shown, call.query, declared)
        body = self._enveloped(resource, resource.listed, page, len(shown))
        if not resource.listed.is_valid(body):
            named = resource.listed_members()
            page = [{name: value for name, value in item.items() if name in named} for item in page]
            body = _valid(
                resource.listed, self._enveloped(resource, resource.listed, page, len(shown)), self._answers.seed
            )
        status, answer = usual(operation)
        media = _accepted(answer, call) or resource.listed
        return self._answers.body(status, answer, media, body, f"state: {len(shown)} of {len(items)} items")

    def _enveloped(self, resource: Resource, media: MediaType, shown: list[Any], total: int) -> Any:
        if not resource.envelope:
            return shown
        examples = [example.value for example in media.examples.values()]
        body = copy.deepcopy(examples[0]) if examples else bodies.body(media, seed=self._answers.seed, key="list")
        return _counted(body, total) | {resource.envelope: shown}

    def _create(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        if call.caller.keys is not None:
            raise ChangeRejectedError("You may not create this.", 403)
        sent = _object(call)
        lean = bodies.body(resource.media, seed=self._answers.seed, key=f"{resource.path} +{len(items)}", lean=True)
        item = _with_defaults(resource, lean) | _writable(resource, sent)
        key = resource.key(item) if resource.field in _writable(resource, sent) else None
        if key is None:
            item[resource.field] = self._new_key(resource, items)
            key = str(item[resource.field])
        if key in items:
            raise ChangeRejectedError(f"{resource.field} {key} exists already.", 409, 400, 422)
        items[key] = _valid(resource.media, item, self._answers.seed)
        if len(items) > MAX_ITEMS:
            del items[next(iter(items))]
        reply = self._item(operation, call, items[key], f"state: created {key}")
        answer = usual(operation)[1]
        if answer and "location" in answer.headers:
            place = f"{call.raw_path.rstrip('/')}/{quote(key, safe='')}{'/' if call.raw_path.endswith('/') else ''}"
            others = tuple(pair for pair in reply.headers if pair[0].lower() != "location")
            reply = Reply(reply.status, (*others, ("Location", place)), reply.body, reply.rule)
        return reply

    def _new_key(self, resource: Resource, items: Items) -> Any:
        """A key that no item has: the next number, else what the schema has it grow to."""
        numbers = [int(key) for key in items if key.isdecimal()]
        if resource.is_numbered():
            return max(numbers, default=0) + 1
        for attempt in range(100):
            key = f"{resource.path} {attempt} {len(items)}"
            grown = bodies.body(resource.media, seed=self._answers.seed, key=key, examples=False)
            if isinstance(grown, dict) and resource.key(grown) not in (None, *items):
                return grown[resource.field]
        raise ChangeRejectedError("No further key could be made.", 409, 400, 422)

    def _replace(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        key = _known(resource, call, items)
        kept = {name: value for name, value in items[key].items() if name in resource.guarded()}
        lean = bodies.body(resource.media, seed=self._answers.seed, key=f"{resource.path} {key}", lean=True)
        item = (
            _with_defaults(resource, lean)
            | kept
            | {resource.field: items[key].get(resource.field)}
            | _writable(resource, _object(call))
        )
        return self._changed(resource, operation, call, items, key, item)

    def _update(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        key = _known(resource, call, items)
        if (call.header("content-type") or "").startswith("application/json-patch+json"):
            try:
                item = JSONPatch(call.json).apply(copy.deepcopy(items[key]))
            except (JSONPatchError, JSONPointerError, TypeError) as error:
                raise ChangeRejectedError(f"The patch cannot be applied: {error}.", 400, 409, 422) from error
            if not isinstance(item, dict):
                raise ChangeRejectedError("The patch leaves no object.", 400, 409, 422)
            guarded = {name: items[key][name] for name in resource.guarded() if name in items[key]}
            return self._changed(resource, operation, call, items, key, item | guarded)
        item = _merged(items[key], _writable(resource, _object(call)), resource)
        return self._changed(resource, operation, call, items, key, item)

    def _changed(
        self, resource: Resource, operation: Operation, call: Call, items: Items, key: str, item: dict[str, Any]
    ) -> Reply:
        item = _valid(resource.media, item, self._answers.seed)
        new = resource.key(item)
        if new is None:
            raise ChangeRejectedError(f"{resource.field} is missing.", 400, 422)
        if new != key and new in items:
            raise ChangeRejectedError(f"{resource.field} {new} exists already.", 409, 400, 422)
        changed = {new if name == key else name: item if name == key else value for name, value in items.items()}
        items.clear()
        items |= changed
        return self._item(operation, call, item, f"state: changed {new}")

    def _delete(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        key = _known(resource, call, items)
        return self._item(operation, call, items.pop(key), f"state: deleted {key}")

    def _item(self, operation: Operation, call: Call, item: dict[str, Any], rule: str) -> Reply:
        """An item as the success of an operation gives it: nothing, the item, or another body that shares fields."""
        status, answer = usual(operation)
        media = _accepted(answer, call)
        if answer is None or media is None:
            return Reply(status, self._answers.headers("", answer), b"", rule)
        if media.schema is None or media.is_valid(item):
            return self._answers.body(status, answer, media, item, rule)
        other = bodies.body(media, seed=self._answers.seed, key=rule)
        shared = {name: item[name] for name in other if name in item} if isinstance(other, dict) else {}
        body = other | shared if shared and media.is_valid(other | shared) else other
        return self._answers.body(status, answer, media, body, rule)

    def _refused(self, operation: Operation, call: Call, refusal: ChangeRejectedError) -> Reply:
        for status in refusal.statuses:
            if answer := operation.response(status):
                rule = f"state: {refusal.message}"
                return self._answers.documented(operation, answer, status, call, rule, message=refusal.message)
        if refusal.statuses[0] == 404:
            return self._answers.error("not-found", call)
        status = refusal.statuses[0]
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        body = encode(problem | {"detail": refusal.message})
        return Reply(status, self._answers.headers(PROBLEM), body, f"state: {refusal.message}")


def _known(resource: Resource, call: Call, items: Items) -> str:
    key = call.path_values.get(resource.parameter) or resource.key(_object(call)) or ""
    if key not in items or (call.caller.keys is not None and key not in call.caller.keys):
        raise ChangeRejectedError("Not found.", 404)
    return key


def _object(call: Call) -> dict[str, Any]:
    value = call.json
    if not isinstance(value, dict):
        raise ChangeRejectedError("A JSON object was expected.", 400, 422)
    return value


def _writable(resource: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body clients may write and see again; members that the item does not declare are not kept."""
    apart = resource.guarded() | resource.secret()
    declared = resource.declared()
    return {name: value for name, value in sent.items() if name in declared and name not in apart}


def _with_defaults(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """The item, with the defaults of the members that it does not have, as far as they are valid."""
    for name, schema in resource.declared().items():
        default = resource.media.schemas.resolve(schema).get("default")
        if name not in item and default is not None and resource.media.is_valid(item | {name: default}):
            item = item | {name: copy.deepcopy(default)}
    return item


def _merged(item: Mapping[str, Any], change: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    """A merge patch (RFC 7396); a null that the item may hold is a value, any other removes the member."""
    found = dict(item)
    for name, value in change.items():
        before = found.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            found[name] = before | value
        else:
            found[name] = value
        if value is None and not resource.media.is_valid(found):
            del found[name]
    return found


def _valid(media: MediaType, value: Any, seed: int) -> Any:
    """A body as an answer may hold it: members that the server alone makes are filled in, also further down."""
    value = copy.deepcopy(value)
    for attempt in range(_FILLED):
        wrong = next(media.errors(value), None)
        if wrong is None:
            return value
        holder = pointers.get(value, pointers.split(wrong.instance))
        schema, _, keyword = wrong.pointer.rpartition("/")
        if keyword != "required" or not isinstance(holder, dict):
            raise ChangeRejectedError(f"{wrong.instance or '/'}: {wrong.message}.", 400, 422)
        made = bodies.part(media.schemas, schema, seed=seed, key=f"{wrong.instance} {attempt}")
        if not isinstance(made, dict):
            break
        holder |= {name: each for name, each in made.items() if name not in holder}
    raise ChangeRejectedError("What the server adds cannot be made.", 400, 422)


def _accepted(answer: DocumentedResponse | None, call: Call) -> MediaType | None:
    return main_media(answer, call.header("accept")) if answer else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _counted(body: dict[str, Any], total: int) -> dict[str, Any]:
    """The envelope with the number of all items where it has one, also one level down."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, dict):
            found[name] = _counted(value, total)
        elif name.lower().replace("_", "") in _COUNTS and isinstance(value, int | float):
            found[name] = total
        else:
            found[name] = value
    return found


def _page(shown: list[Any], query: tuple[tuple[str, str], ...], declared: set[str]) -> list[Any]:
    """The part of a list that `limit` and `offset`, or `page` and its size, ask for, where the operation has them."""
    asked = {name: int(value) for name, value in query if name in declared and value.isdecimal()}
    size = next((asked[name] for name in ("limit", "page_size", "per_page", "pageSize") if name in asked), None)
    first = asked.get("offset", ((asked.get("page") or 1) - 1) * (size or len(shown)))
    return shown[first : None if size is None else first + size]
