"""The body of a list: the items of a page, and what stands around them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import declared, members
from flowcontract.openapi.values.names import words
from flowmock.generation import bodies
from flowmock.lists import paging
from flowmock.lists.envelopes import part
from flowmock.lists.selecting import Item
from flowmock.resources.model import Resource
from flowmock.seeds import Seed

_COUNTS = (("count",), ("counts",), ("totals",))
_COUNTS_BY = (("count", "by"), ("counts", "by"), ("total", "by"), ("totals", "by"))
"""Beginnings and ends of names of what counts items by the values of a property."""
_HOLDERS = frozenset({"aggregations", "counts", "facets"})
_WHOLES = frozenset({"all", "total"})


def body_of(resource: Resource, page: paging.Page, template: Any) -> Any:
    """The body of a page; where the schema of the list does not allow it, of items without what only reads have.

    `template`: the body as far as it is not its items (`envelope`).
    """
    assert resource.list_media
    is_valid = resource.list_media.is_valid
    page = replace(page, items=_as_in_examples(resource, page.items))
    template = _with_counts(template, resource.list_media, resource, page.selected) if resource.envelope else template
    body = _as_listed(resource, page, paging.described(template, page, resource.envelope, is_valid))
    if is_valid(body):
        return body
    named = resource.list_properties()
    items = [{name: value for name, value in item.items() if name in named} for item in page.items]
    return paging.described(template, replace(page, items=items), resource.envelope, is_valid)


def _with_counts(
    body: Any, media: MediaType, resource: Resource, items: Sequence[Item], *, is_of_counts: bool = False
) -> Any:
    """What stands around the items of a list, with how many there are of each value: `counts_by_status`.

    `is_of_counts`: of an object of counts, in which members are named like the properties alone. Examples stay.
    """
    if not isinstance(body, dict) or media.examples:
        return body
    known = {tuple(words(name)): (name, values) for name, values in resource.values_in_order().items()}
    for name, schema in members(media.schema or {}, media.schemas):
        own, part = words(name), media.member(name)
        counted = own[2:] if own[:2] in _COUNTS_BY else own[1:] if own[:1] == ("by",) else ()
        counted = own[:-1] if own[-1:] in _COUNTS else counted if counted or not is_of_counts else own
        found = known.get(tuple(counted))
        inner = [each for each, _ in members(schema, media.schemas)]
        if found is None and own[-1:] in _COUNTS and inner:
            of_all = [each for each in known.values() if set(inner) - _WHOLES <= set(map(str, each[1]))]
            found = of_all[0] if len(of_all) == 1 else None
        if part and found:
            number = Counter(item.get(found[0]) for item in items)
            counts = {str(value): number[value] for value in found[1]} | {
                each: len(items) for each in inner if each in _WHOLES
            }
            counts = {each: count for each, count in counts.items() if not inner or each in inner}
            body = {**body, name: counts} if part.is_valid(counts) else body
        elif part and isinstance(body.get(name), dict):
            of_counts = own[-1] in _HOLDERS
            body = {**body, name: _with_counts(body[name], part, resource, items, is_of_counts=of_counts)}
    return body


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
