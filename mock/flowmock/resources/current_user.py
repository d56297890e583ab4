"""The current user: who logged in, who `/me` is, and who creates things, are the same person."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import snake_case, words
from flowcontract.openapi.values.nouns import has_parts_of_a_person, is_person
from flowmock.lists.envelopes import json_media
from flowmock.messages import Call
from flowmock.resources.references import Item, References, like

_PATHS = frozenset({"current", "current_user", "currentuser", "me", "self", "userinfo", "whoami"})
"""Last segments of paths at which callers read about themselves."""
_PERSONS = frozenset({"current_user", "currentuser", "me", "whoami"})
"""Those that are of somebody with a name, whatever that is called."""
_ROLES = re.compile(r"\broles?\b[^`.;]{0,40}((?:`[\w-]+`(?:\s*(?:,|/|\||\bor\b|\band\b)\s*)*){2,})", re.IGNORECASE)
"""What a description says of roles: `Roles: `editor`, `admin`."""
_CREATORS = frozenset(
    {"author", "created_by", "creator", "owned_by", "owner", "poster", "posted_by", "submitted_by", "submitter"}
    | {"uploaded_by", "uploader"}
)
"""Names of the members of an item that hold the user who created it."""
_TOKENS = frozenset({"jwt", "session", "token"})
"""Last words of names of members beside the user in the response to a login."""


def read_of_current_user(contract: Contract) -> Operation | None:
    """The operation by which callers read about themselves; None where there is none that gives an ID."""
    for each in contract.operations.values():
        media = json_media(each.success()) if each.method == "GET" and "{" not in each.path else None
        last = snake_case(each.path.rstrip("/").rpartition("/")[2])
        names = {name for name, _ in members(media.schema or {}, media.schemas)} if media and last in _PATHS else set()
        if media and "id" in names:
            named = media.schemas.reference(media.schema) or ""
            is_named = "name" in names and last in _PERSONS
            if is_person(named.rpartition("/")[2]) or is_named or "email" in names or has_parts_of_a_person(names):
                return each
    return None


def asking(call: Call) -> Call:
    """The call as one of that read, which has no parameters."""
    return replace(call, path_values={}, query=())


def among_users(references: References, body: Any, media: MediaType) -> Any:
    """The current user as the first one of the list of users, if there is one and its schema allows that."""
    resource = references.collection("user")
    first = next(iter(references.ids(resource)), None) if resource else None
    if resource is None or first is None or not isinstance(body, dict) or resource.id_field not in body:
        return body
    choices = (like(body, references.item(resource, each) or {}) for each in (first, body["id"]) if each)
    return next(filter(media.is_valid, choices), body)


def with_roles(contract: Contract, body: Any, media: MediaType) -> Any:
    """The current user with the roles that the contract names in its description or that of its security schemes."""
    components = contract.document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    written = [*(schemes.values() if isinstance(schemes, Mapping) else ()), contract.document.get("info")]
    texts = (str(each.get("description", "")) for each in written if isinstance(each, Mapping))
    found = next(filter(None, map(_ROLES.search, texts)), None)
    roles = re.findall(r"`([\w-]+)`", found[1]) if found else []
    for name, schema in members(media.schema or {}, media.schemas) if roles and isinstance(body, dict) else ():
        is_free = name in body and given(schema, media.schemas.resolve) is None
        if is_free and words(name)[-1] in ("role", "roles"):
            changed = body | {name: roles if isinstance(body[name], list) else roles[0]}
            body = changed if media.is_valid(changed) else body
    return body


def in_login(operation: Operation, media: MediaType, read: Operation | None) -> str:
    """The member of the response to a login that is the current user; empty for any other response."""
    shown = json_media(read.success()) if read and operation.method == "POST" and "{" not in operation.path else None
    declared = dict(members(media.schema or {}, media.schemas)) if shown else {}
    has_token = any(words(name)[-1] in _TOKENS for name in declared)
    same = (name for name in declared if has_token and shown and _schema(media.member(name)) == _schema(shown))
    return next(same, "")


def _schema(media: MediaType | None) -> Any:
    return media.schemas.resolve(media.schema) if media else None


def created_by(item: Item, user: Any, media: MediaType, sent: Collection[str]) -> Item:
    """A new item whose owner or author is the current user, where its schema allows that.

    `sent`: the members that the client sent, which stay.
    """
    if not isinstance(user, dict) or "id" not in user:
        return item
    for name, schema in members(media.schema or {}, media.schemas):
        if name not in item and name not in sent and "_".join(words(name)) in _CREATORS:
            own = {each: user[each] for each, _ in members(schema, media.schemas) if each in user}
            item = found if "id" in own and media.is_valid(found := {**item, name: own}) else item
    for name, value in item.items():
        plain = snake_case(name)
        changed: Any = value
        if plain.removesuffix("_id") in _CREATORS and name not in sent:
            if isinstance(value, dict) and "id" in value:
                changed = like(value, user)
            elif type(value) is type(user["id"]):
                changed = user["id"] if plain.endswith("_id") or len(str(value)) == len(str(user["id"])) else value
        if changed != value and media.is_valid(found := {**item, name: changed}):
            item = found
    return item
