"""What a creation may not repeat, where the contract documents a conflict (409) for it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values import members
from flowcontract.text import plain_name
from flowmock.messages import Call
from flowmock.resources.own_values import is_unique
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import is_example
from flowmock.stateful.store import MAX_ITEMS, Name, Store
from flowmock.validation import requests

_EXISTS = re.compile(r"already|duplicate|exist|in use|registered|taken|unique", re.IGNORECASE)
"""What the description or an example of a 409 says that is about what exists, and not about a room that is sold out."""
_SAYS_WHAT = re.compile(r"exist|duplicate|registered|unique|mail|address|account|user", re.IGNORECASE)
"""What it says that may be about an address: seats that were taken are not, however often one customer orders."""
_NAMES = frozenset({"handle", "login", "slug", "username"})
_ADDRESSES = frozenset({"email", "emailaddress"})
"""Members that only one account has, but several orders."""


def keep(operation: Operation, call: Call, store: Store) -> None:
    """Remember a creation that belongs to no collection, such as that of an account. Raises ChangeRejectedError."""
    body = requests.value_of_body(operation, call)
    if "409" in operation.responses and isinstance(body, Mapping):
        name = Name(call.session, f"POST {operation.base_path}{operation.path}", tuple(call.path_values.values()))
        sent = store.of(name).items
        check(operation, body, sent.values())
        if len(sent) < MAX_ITEMS:
            sent[str(len(sent))] = dict(body)


def check(
    operation: Operation,
    sent: Mapping[str, Any],
    others: Iterable[Mapping[str, Any]],
    initial: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Raises ChangeRejectedError for a creation that repeats one of `others`: what clients created or sent before.

    It has the same name, or the same address of an account, or else all the same members. `initial`: items that were
    there from the start, whose names and addresses are taken, too, but for those in examples of the body: their author
    expects the creation to succeed.
    """
    keys, is_about_existence = _keys(operation, sent)
    known, first = list(others), list(initial)
    for key in keys or ([dict(sent)] if is_about_existence and sent else []):
        is_of_author = all(is_example(operation, name, value) for name, value in key.items())
        taken = known if is_of_author else known + first
        if any(key.items() <= other.items() for other in taken):
            name, value = next(iter(key.items()))
            raise ChangeRejectedError(f"{f'{name} {value}' if len(key) == 1 else 'This'} already exists.", 409)


def check_change(operation: Operation, changed: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> None:
    """Raises ChangeRejectedError for a change that gives an item the name or the address of one of `others`.

    `changed`: the members that the client sent and that get another value.
    """
    keys, _ = _keys(operation, changed)
    known = list(others)
    for key in keys:
        if any(key.items() <= other.items() for other in known):
            name, value = next(iter(key.items()))
            raise ChangeRejectedError(f"{name} {value} already exists.", 409)


def _keys(operation: Operation, sent: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """The members that only one item may have, each by itself, and whether the documented conflict is about these."""
    conflict = operation.responses.get("409")
    if conflict is None:
        return [], False
    examples = [example.value for media in conflict.media.values() for example in media.examples.values()]
    said = f"{conflict.description} {examples}"
    is_about_existence = _EXISTS.search(said) is not None
    texts = {name: plain_name(name) for name, value in sent.items() if isinstance(value, str) and value}
    has_address = (is_about_existence and _SAYS_WHAT.search(said)) or "password" in texts.values()
    described = {name for media in operation.request_media.values()
                 for name, schema in members(media.schema or {}, media.schemas)
                 if is_unique(str(schema.get("description", "")))}  # fmt: skip
    keys = [{name: sent[name]} for name, plain in texts.items()
            if plain in _NAMES or name in described or (has_address and plain in _ADDRESSES)]  # fmt: skip
    return keys, is_about_existence
