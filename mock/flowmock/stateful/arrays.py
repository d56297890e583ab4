"""Whole lists and arrays of items: PUT replaces them, POST adds to an array that only the item above has."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.text import plain_name
from flowmock.examples.headers import Context
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.messages import Call, Reply
from flowmock.resources.model import Resource
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.creations import Creations
from flowmock.stateful.items import lean, with_id
from flowmock.stateful.sent_items import writable
from flowmock.validation import requests


class Arrays:
    """The lists and arrays of one contract that clients replace or add to."""

    def __init__(self, collections: Collections, creations: Creations, changes: Changes, responses: Responses) -> None:
        self._collections = collections
        self._creations = creations
        self._changes = changes
        self._responses = responses

    def replace(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a PUT of a whole list: of a collection, or of an array of the item above (`/orders/{id}/lines`).

        None where the body is not a list, or belongs to neither. Raises ChangeRejectedError.
        """
        sent = requests.value_of_body(operation, call)
        path = operation.path.rstrip("/")
        listed, action = self._collections.related.read_at(path)
        rule = "stateful: replaced a list"
        if not isinstance(sent, list):
            return None
        if listed is None or action != "list":
            return self._replaced_in_item(operation, call, sent, rule)
        changed = self._with_all(self._collections.access(listed, operation, call), sent)
        return self._showing(operation, call, changed, rule) or self._documented(operation, call, rule)

    def _showing(self, operation: Operation, call: Call, changed: list[Any], rule: str) -> Reply | None:
        """The reply with a whole list; None where the response has something else."""
        status, response = usual(operation)
        media = accepted_media(response, call)
        if response is None or media is None or not media.is_valid(changed):
            return None
        return self._responses.body(status, response, media, changed, rule, call)

    def _documented(self, operation: Operation, call: Call, rule: str) -> Reply:
        status, response = usual(operation)
        if response and accepted_media(response, call):
            return self._responses.documented(operation, response, status, call, rule)
        return Reply(status, self._responses.headers("", response, Context(status, call=call)), b"", rule)

    def has(self, operation: Operation, media: MediaType | None) -> bool:
        """Whether an operation may replace a list or an array, or add to one. `media`: that of the response."""
        path = operation.path.rstrip("/")
        above, _, last = path.rpartition("/")
        if operation.method == "PUT" and self._collections.related.read_at(path)[1] == "list":
            return True
        resource, action = self._collections.related.read_at(above)
        if resource is None or action != "read" or operation.method not in ("POST", "PUT"):
            return False
        if operation.method == "PUT":
            return bool(_named(resource.properties(), last))
        return bool(media and media.is_json and _named(_arrays_of(resource, media), last))

    def _replaced_in_item(self, operation: Operation, call: Call, sent: list[Any], rule: str) -> Reply | None:
        """The reply with an array of the item above after it was replaced, or with that item; None for no array."""
        above, _, last = operation.path.rstrip("/").rpartition("/")
        resource, _ = self._collections.related.read_at(above)
        named = _named(resource.properties(), last) if resource else ""
        if resource is None or not named:
            return None
        at = self._collections.access(resource, operation, call)
        item_id = at.id_in_path
        at.stored.join(item_id)
        item = self._collections.shown(at, at.items[item_id])
        reply = self._changes.change(at, item_id, {**item, named: sent}, {named: sent})
        if showing := self._showing(operation, call, at.items[item_id][named], rule):
            return showing
        media = accepted_media(usual(operation)[1], call)
        part = media.member(resource.item_envelope) if media and resource.item_envelope else media
        is_item = part is not None and part.schema == resource.media.schema
        return replace(reply, rule=rule) if is_item else self._documented(operation, call, rule)

    def _with_all(self, at: Access, sent: list[Any]) -> list[Any]:
        """The items of a collection after those that were sent took the place of all others."""
        before = {item_id: self._collections.shown(at, item) for item_id, item in at.own_items.items()}
        for item_id in before:
            self._collections.forget(at, item_id)
        for number, each in enumerate(sent):
            if isinstance(each, dict):
                own = writable(at.resource, each)
                known = before.get(at.resource.id_of(each) or "")
                made = known or lean(at.resource, f"={number}", at.parents, self._collections.seed)
                item_id, item = with_id(at.resource, made | own, at.items, self._collections.seed)
                self._creations.add(at, item_id, item, own)
        return [self._collections.shown(at, item) for item in at.own_items.values()]

    def add(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a creation of what only an array of the item above has (`payments` of `/invoices/{id}`).

        None for any other operation. Raises ChangeRejectedError.
        """
        if operation.method != "POST":
            return None
        above, _, last = operation.path.rstrip("/").rpartition("/")
        status, response = usual(operation)
        media = accepted_media(response, call)
        resource, action = self._collections.related.read_at(above)
        if resource is None or response is None or media is None or not media.is_json or action != "read":
            return None
        named = _named(_arrays_of(resource, media), last)
        at = self._collections.access(resource, operation, call)
        item_id = at.id_in_path
        if not named or at.stored.find(item_id) is None:
            return None
        reply = self._responses.generated(operation, response, status, media, call)
        at.stored.join(item_id)
        item = self._collections.shown(at, at.items[item_id])
        listed = [*(item.get(named) or ()), json.loads(reply.body)]
        if not resource.media.is_valid(item | {named: listed}):
            return None
        self._changes.change(at, item_id, item | {named: listed}, {named: listed})
        return replace(reply, rule=f"stateful: added to {item_id}")


def _arrays_of(resource: Resource, media: MediaType) -> list[str]:
    """The members of an item that are arrays of what a media type has."""
    parts = {name: resource.media.member(name) for name in resource.properties()}
    arrays = {name: part.items() for name, part in parts.items() if part}
    return [name for name, each in arrays.items() if each and each.schema == media.schema]


def _named(names: Iterable[str], segment: str) -> str:
    """The member that is named like the last segment of a path; empty for none."""
    return next((name for name in names if plain_name(name) == plain_name(segment)), "")
