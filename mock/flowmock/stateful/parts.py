"""Parts of an item that have a path of their own: PUT of `/shows/{id}/cover` sets its `cover`, or its `cover_url`."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import declared
from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import url_of_file
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.examples.sent_values import over, with_file, with_sent
from flowmock.generation import bodies
from flowmock.messages import Call, Reply
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.rejections import not_found
from flowmock.validation import requests


class Parts:
    """The operations of one contract on parts of items."""

    def __init__(self, collections: Collections, changes: Changes, shown: ItemResponses, responses: Responses) -> None:
        self._collections = collections
        self._changes = changes
        self._shown = shown
        self._responses = responses

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a read or change of a part of an item; None for any other operation.

        Raises ChangeRejectedError where there is no such item.
        """
        above, _, segment = operation.path.rstrip("/").rpartition("/")
        resource = self._collections.related.item_at(operation.base_path + above)
        parts = self._parts(resource, operation) if resource else {}
        if resource is None or not parts:
            return None
        at = self._collections.access(resource, operation, call)
        if at.stored.find(at.id_in_path) is None:
            raise not_found()
        if operation.method == "GET":
            return self._read(at, next(iter(parts)))
        at.stored.join(at.id_in_path)
        item = self._collections.shown(at, at.items[at.id_in_path])
        rule = f"stateful: changed {segment} of {at.id_in_path}"
        return self._remove(at, parts, item, rule) if operation.method == "DELETE" else self._put(at, parts, item, rule)

    def has(self, operation: Operation) -> bool:
        """Whether an operation is about a part of an item."""
        above = operation.path.rstrip("/").rpartition("/")[0]
        resource = self._collections.related.item_at(operation.base_path + above)
        return bool(resource and self._parts(resource, operation))

    def _parts(self, resource: Resource, operation: Operation) -> dict[str, MediaType]:
        """The members of an item that an operation is about. What can be read by itself is one member."""
        segment = operation.path.rstrip("/").rpartition("/")[2]
        found = _named(resource, segment)
        is_read = self._collections.related.has_read(operation.path)
        own = {name: part for name, part in found.items() if words(name) == words(segment)}
        return own if is_read else found

    def _read(self, at: Access, name: str) -> Reply | None:
        item = at.stored.find(at.id_in_path)
        value = self._collections.shown(at, item).get(name) if item else None
        if value is None and "404" in at.operation.responses:
            raise not_found()
        status, response = usual(at.operation)
        media = accepted_media(response, at.call)
        if value is None or media is None or not media.is_json or not media.is_valid(value):
            return None
        return self._responses.body(status, response, media, value, f"stateful: read {name}", at.call)

    def _remove(self, at: Access, parts: Mapping[str, MediaType], item: Item, rule: str) -> Reply | None:
        """Remove parts; None where the schema of the item demands them."""
        after = _without(item, parts, at.resource.media)
        if after == item and parts.keys() & item.keys():
            return None
        self._changes.change(at, at.id_in_path, after, [*parts])
        return self._shown.of(at, at.items[at.id_in_path], rule)

    def _put(self, at: Access, parts: Mapping[str, MediaType], item: Item, rule: str) -> Reply | None:
        """Set parts to what the response to the change says of them, else to what was sent; None for neither."""
        status, response = usual(at.operation)
        media = accepted_media(response, at.call)
        is_of_part = media is not None and media.is_json and media.schema != at.resource.media.schema
        said = self._said(at, media, parts, item) if media and is_of_part else None
        sent = requests.value_of_body(at.operation, at.call)
        changed = self._values(at, parts, sent if said is None else said, item)
        if not changed:
            return None
        self._changes.change(at, at.id_in_path, item | changed, changed)
        if media and is_of_part:
            return self._responses.body(status, response, media, said, rule, at.call)
        return self._shown.of(at, at.items[at.id_in_path], rule)

    def _said(self, at: Access, media: MediaType, parts: Mapping[str, MediaType], item: Item) -> Any:
        """The body of the response to a change, with what was sent; PATCH keeps what it does not send."""
        status, response = usual(at.operation)
        assert response
        before = next((item[name] for name in parts if isinstance(item.get(name), dict)), None)
        if at.operation.method == "PATCH" and before is not None and media.is_valid(before):
            return with_sent(before, at.operation, media, at.call, self._collections.seed)
        for example in media.examples.values():
            return with_sent(example.value, at.operation, media, at.call, self._collections.seed)
        return json.loads(self._responses.generated(at.operation, response, status, media, at.call).body)

    def _values(self, at: Access, parts: Mapping[str, MediaType], said: Any, item: Item) -> Item:
        """The new values of parts. `said`: the body of the response, else of the request."""
        segment = at.operation.path.rstrip("/").rpartition("/")[2]
        described, filename = requests.of_file(at.operation, at.call)
        found: Item = {}
        for name, part in parts.items():
            choices = list(_choices(name, segment, said))
            if described or filename:
                choices += self._of_file(name, part, (described, filename), said, item.get(name))
            reduced = (declared(each, part.schema, part.schemas) for each in choices)
            valid = [each for each in reduced if part.is_valid(each)]
            found |= {name: valid[0]} if valid else {}
        return found

    def _of_file(
        self, name: str, part: MediaType, file: tuple[Mapping[str, Any], str], said: Any, before: Any
    ) -> Iterator[Any]:
        """What a part is of a file, where no response says so. `file`: as `requests.of_file`."""
        yield url_of_file(name, before, file[1], alone=True)
        for each in (part, *part.alternatives()):
            made = before if before else bodies.body(each, seed=self._collections.seed, key=f"{name} {file[1]}")
            if isinstance(made, dict):
                yield with_file(over(made, said if isinstance(said, Mapping) else {}, each), file, each)


def _named(resource: Resource, segment: str) -> dict[str, MediaType]:
    """The members of an item that are named like a segment of a path: objects and values, and texts about it."""
    found = {}
    for name in resource.properties().keys() - resource.write_only() - {resource.id_field}:
        part, own, of_segment = resource.media.member(name), words(name), words(segment)
        is_text = part is not None and part.is_valid("https://example.com/a")
        if part and (own == of_segment or (is_text and own[: len(of_segment)] == of_segment)):
            found[name] = part
    return found


def _choices(name: str, segment: str, said: Any) -> Iterator[Any]:
    """What a part can be by the body of a response or request: `cover_url` is its `url` or its `cover_url`."""
    own, rest = words(name), words(name)[len(words(segment)) :]
    if not rest:
        yield said
    for key, value in said.items() if isinstance(said, Mapping) else ():
        if words(key) in (own, rest):
            yield value


def _without(item: Item, parts: Mapping[str, MediaType], media: MediaType) -> Item:
    """An item whose parts are null, absent or, if they are arrays, empty, as far as its schema allows that."""
    for name in parts.keys() & item.keys():
        empty: tuple[Item, ...] = (item | {name: []},) if isinstance(item[name], list) else ()
        choices = (*empty, item | {name: None}, {key: value for key, value in item.items() if key != name})
        item = next(filter(media.is_valid, choices), item)
    return item
