"""The body of a list: the items of a page, and what stands around them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import declared, members
from flowmock.generation import bodies
from flowmock.lists import paging
from flowmock.lists.envelopes import part
from flowmock.lists.selecting import Item
from flowmock.resources.model import Resource
from flowmock.seeds import Seed


def body_of(resource: Resource, page: paging.Page, template: Any) -> Any:
    """The body of a page; where the schema of the list does not allow it, of items without what only reads have.

    `template`: the body as far as it is not its items (`envelope`).
    """
    assert resource.list_media
    is_valid = resource.list_media.is_valid
    page = replace(page, items=_as_in_examples(resource, page.items))
    body = _as_listed(resource, page, paging.described(template, page, resource.envelope, is_valid))
    if is_valid(body):
        return body
    named = resource.list_properties()
    items = [{name: value for name, value in item.items() if name in named} for item in page.items]
    return paging.described(template, replace(page, items=items), resource.envelope, is_valid)


def _as_in_examples(resource: Resource, items: Sequence[Item]) -> list[Item]:
    """The items of a list with examples without what only reads have, by the schema of the list and these examples."""
    named = resource.list_properties()
    examples = resource.list_media.examples.values() if resource.list_media and named else ()
    if not examples:
        return list(items)
    shown = {name for example in examples for item in resource.items_of(example.value) for name in item}
    of_reads = resource.properties().keys() - named - shown
    return [{name: value for name, value in item.items() if name not in of_reads} for item in items]


def _as_listed(resource: Resource, page: paging.Page, body: Any) -> Any:
    """The body of a list without what only reads have, where the list has a schema of its own for its items.

    An example of the list is taken as it is.
    """
    media = resource.list_media
    named = resource.list_properties()
    has_own = named != resource.properties().keys() or any(each.keys() - named for each in page.items)
    if media is None or media.examples or not has_own:
        return body
    found = declared(body, media.schema, media.schemas)
    return found if media.is_valid(found) else body


def envelope(resource: Resource, seed: Seed) -> Any:
    """The body of a list as far as it is not its items: that of an example, else a generated one."""
    if not resource.envelope:
        return []
    assert resource.list_media
    examples = [each.value for each in resource.list_media.examples.values() if isinstance(each.value, dict)]
    body = examples[0] if examples else bodies.body(resource.list_media, seed=seed, key="list")
    if not examples:
        body = _with_members_about_pages(body, resource.list_media, seed)
    for length, token in enumerate(resource.envelope[:-1], 1):
        wrapper = part(resource.list_media, resource.envelope[:length])
        if wrapper and not isinstance(body.get(token), dict):
            body = {**body, token: bodies.body(wrapper, seed=seed, key="list")}
    return body


def _with_members_about_pages(body: dict[str, Any], media: MediaType, seed: Seed) -> dict[str, Any]:
    """A generated body with the optional members about pages too: a client can only turn pages by what is there."""
    found = {}
    for name, schema in members(media.schema or {}, media.schemas):
        inner = dict(members(schema, media.schemas))
        is_holder = bool(inner) and paging.is_holder(name, inner)
        member = media.member(name) if is_holder or paging.may_be_about_pages(name) else None
        if member:
            value = body[name] if name in body else bodies.body(member, seed=seed, key=f"list {name}")
            is_object = is_holder and isinstance(value, dict)
            found[name] = _with_members_about_pages(value, member, seed) if is_object else value
        elif name in body:
            found[name] = body[name]
    whole = {**found, **{name: each for name, each in body.items() if name not in found}}
    return whole if media.is_valid(whole) else body
