"""Failures that follow from another one are left out: what causes them is the finding."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import chain

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.request_validity import invalid_members
from flowcontract.openapi import pointers

_OF_INCOMPLETE_LISTS = frozenset({"filter-misses-items", "pages-leave-out-items", "wrong-total"})
"""Rules that a list violates which leaves out what was created."""
_OF_WRONG_PAGES = frozenset({"page-too-large", "pages-never-end"})
"""Rules that a list violates whose pages therefore overlap."""

_Member = tuple[str, str]
"""The name of a member of a body, and its value as JSON."""


def causes(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Without what follows from another failure: wrong values that were accepted, a DELETE or a list without effect."""
    return _without_effects_on_lists(_without_undeleted(_without_stored(_without_denials(occurrences))))


def _without_denials(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Of a status that an operation does not document, that alone: a caller who must be denied may get it as well."""
    undocumented = {_status_of(item) for item in occurrences if item.violation.rule == "undocumented-status-code"}
    return [
        item
        for item in occurrences
        if item.violation.rule != "undocumented-denial-status" or _status_of(item) not in undocumented
    ]


def _status_of(occurrence: Occurrence) -> tuple[str, str]:
    return occurrence.interaction.operation.id, occurrence.violation.group_key


def _without_stored(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Without what follows from invalid input that the server accepted: responses that show the same wrong values.

    Another wrong value of the same member, which the response returns to its own request, was accepted as well, and so
    were those that reads of the collection show: a campaign keeps one of the values that were accepted. A value in the
    response to the first, valid request to an operation is the server's own, unless a read of the collection shows what
    was accepted there: an earlier run has stored it.
    """
    accepted = [item for item in occurrences if item.violation.rule == "invalid-input-accepted"]
    sent = set(chain.from_iterable(_sent_members(item) for item in accepted))
    shown = [(item, _wrong_member(item)) for item in occurrences]
    unchecked = {(item.interaction.operation.id, name) for item in accepted for name, _ in _sent_members(item)}
    sent |= {
        member
        for item, member in shown
        if member is not None
        and (item.interaction.operation.id, member[0]) in unchecked
        and member in _sent_members(item)
    }
    in_collections = {(_collection(item), member) for item in accepted for member in _sent_members(item)}
    own = {
        member
        for item, member in shown
        if member is not None
        and item.interaction.probe.group == "first"
        and not (item.interaction.request.is_safe and (_collection(item), member) in in_collections)
    }
    stored = {(collection, name) for collection, (name, _) in in_collections}
    return [
        item
        for item, member in shown
        if member is None
        or member in own
        or not (member in sent or (item.interaction.request.is_safe and (_collection(item), member[0]) in stored))
    ]


def _collection(occurrence: Occurrence) -> str:
    """The path of the collection that an operation is about, as a whole or one of its resources."""
    return re.sub(r"/\{[^{}/]*\}/?$", "", occurrence.interaction.operation.path).rstrip("/")


def _sent_members(occurrence: Occurrence) -> set[_Member]:
    """The wrong members of the body that was sent."""
    return {(name, json.dumps(value, sort_keys=True)) for name, value in invalid_members(occurrence.interaction)}


def _wrong_member(occurrence: Occurrence) -> _Member | None:
    """The member of a response that violates its schema."""
    if occurrence.violation.rule != "schema-violation":
        return None
    path = pointers.split(occurrence.violation.part)
    try:
        value = pointers.get(occurrence.interaction.json, path)
    except (LookupError, TypeError):
        return None
    return (path[-1], json.dumps(value, sort_keys=True)) if path else None


def _without_undeleted(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Of a resource that is still readable after DELETE, and listed or changeable, that it is readable.

    Nothing was deleted then: lists, changes and children show the same defect.
    """
    shown: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item in occurrences:
        if path := _deleted_path(item):
            shown[path].add(_asked(item))
    undeleted = {path for path, asked in shown.items() if ("GET", path) in asked and _is_there(path, asked)}
    return [
        item for item in occurrences if (path := _deleted_path(item)) not in undeleted or _asked(item) == ("GET", path)
    ]


def _without_effects_on_lists(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Of a list that leaves out what was created, that alone: filters, pages and totals without it are the same defect.

    Of a filter that finds other items, that alone: it does not find the right ones, because it tests something else.
    Of pages that are too long or never end, that alone: they have the items of other pages. Of pages that leave out
    items, that alone: the total counts them.
    """
    gaps = {_listing(item) for item in occurrences if item.violation.rule == "pages-leave-out-items"}
    incomplete = {_listing(item) for item in occurrences if item.violation.rule == "created-resource-not-listed"}
    wrong_pages = {_listing(item) for item in occurrences if item.violation.rule in _OF_WRONG_PAGES}
    others = {
        (_listing(item), item.violation.group_key)
        for item in occurrences
        if item.violation.rule == "filter-returns-other-items"
    }
    return [
        item
        for item in occurrences
        if not (item.violation.rule in _OF_INCOMPLETE_LISTS and _listing(item) in incomplete)
        and not (item.violation.rule == "wrong-total" and _listing(item) in gaps)
        and not (item.violation.rule == "pages-overlap" and _listing(item) in wrong_pages)
        and not (item.violation.rule == "filter-misses-items" and (_listing(item), item.violation.group_key) in others)
    ]


def _listing(occurrence: Occurrence) -> str:
    """The ID of the operation that lists, where an occurrence is about a list."""
    return occurrence.interaction.operation.id


def _deleted_path(occurrence: Occurrence) -> str:
    """The path template of the DELETE after which something was still there; empty if it is about something else."""
    if occurrence.violation.rule != "use-after-delete":
        return ""
    steps = (step for _, step in reversed(occurrence.steps[:-1]))
    return next((step.operation.path for step in steps if step.exchange.request.method == "DELETE"), "")


def _asked(occurrence: Occurrence) -> tuple[str, str]:
    return occurrence.interaction.request.method, occurrence.interaction.operation.path


def _is_there(path: str, asked: Set[tuple[str, str]]) -> bool:
    collection = path.rstrip("/").rpartition("/")[0]
    return any(of.rstrip("/") == collection if method == "GET" else of == path for method, of in asked)
