"""What the rules of sequences say in full, which step is at fault (`!`), and where they say nothing.

After a change that is meant, `FLOWCONTRACT_WRITE=1 pytest tests/flowcontract/checks/sequences/test_problems.py` writes
the table anew: its diff is what users will read.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.flowcontract.checks import library

from flowcontract.checks import conditional
from flowcontract.checks.registry import RULES
from flowcontract.checks.sequences import (
    acceptance,
    access,
    batches,
    conditions,
    deletion,
    lists,
    related,
    storage,
    updates,
)
from flowcontract.checks.steps import Problem, Step

from .conftest import MakeStep

TABLE = Path(__file__).resolve().parents[3] / "data" / "sequence_problems.txt"
Cases = Iterator[tuple[str, Iterable[Problem]]]
NONE: frozenset[str] = frozenset()


def _writes(step: MakeStep) -> Cases:
    created = step("POST", 201, {"id": 1, "name": "Pine"}, sent={"name": "Pine"})
    accepted, failed = step("POST", 202, {}, sent={"name": "Pine"}), step("POST", 409, sent={"name": "Pine"})
    plain: dict[str, Any] = {"name": {"type": "string"}}
    for name, one in (("created", created), ("accepted", accepted), ("failed", failed)):
        for code in (200, 403, 404, 410):
            yield f"{name}, then {code}", storage.can_be_read(one, step("GET", code))
    for got in ("Pine", "pine", "P?ne", 7, None):
        yield f"stored {got!r}", storage.stored_as_sent(created, step(body={"name": got}), plain, plain, {})
    yield "stored nothing", storage.stored_as_sent(created, step(body={}), plain, plain, {"name": "an umlaut"})
    yield "stored nothing, undocumented", storage.stored_as_sent(created, step(body={}), plain, None, {})
    yield "not created", storage.stored_as_sent(failed, step(body={"name": "P"}), plain, plain, {})
    yield "not read", storage.stored_as_sent(created, step("GET", 404, {"name": "P"}), plain, plain, {})
    kept = step(body={"name": "Before"})
    change = step("PATCH", 200, sent={"name": "After"})
    yield "kept", storage.stored_as_sent(change, kept, plain, plain, {"name": "a word"}, "changed", kept)
    yield (
        "changed",
        storage.stored_as_sent(change, step(body={"name": "X"}), plain, plain, {"name": "a word"}, "changed", kept),
    )
    nothing = step("PATCH", 200, sent={"name": None})
    yield "null is kept", storage.stored_as_sent(nothing, kept, plain, {}, {}, "changed", kept)
    yield "null cannot be stored", storage.stored_as_sent(nothing, kept, plain, plain, {}, "changed", kept)
    lower = {"name": {"description": "In lower case."}}
    yield "documented normalization", storage.stored_as_sent(created, step(body={"name": "pine"}), lower, lower, {})
    for name in ("writeOnly", "readOnly"):
        schema = {"name": {name: True}}
        yield name, storage.stored_as_sent(created, step(body={"name": "X"}), schema, schema, {})
    secret = step("POST", 201, {}, sent={"password": "blue harbor", "version": 3, "note": ""})
    yield (
        "masked",
        storage.stored_as_sent(secret, step(body={"password": "***", "version": 4, "note": "x"}), {}, None, {}),
    )
    yield from _differing(step)
    size: dict[str, Any] = {"size": {"default": 3}}
    for got in (3, 3.0, 1, None):
        yield f"default {got}", storage.defaults_applied(created, step(body={"size": got}), size)
    yield (
        "default of what was sent",
        storage.defaults_applied(created, step(body={"name": "X"}), {"name": {"default": "D"}}),
    )
    yield "default, not read", storage.defaults_applied(created, step("GET", 404, {"size": 1}), size)
    yield (
        "read-only default",
        storage.defaults_applied(created, step(body={"size": 1}), {"size": {"default": 3, "readOnly": True}}),
    )
    for got in (9, 1):
        yield f"read-only {got}", storage.read_only_ignored(created, step(body={"id": got}), {"id": 9})
    yield "read-only, not created", storage.read_only_ignored(failed, step(body={"id": 9}), {"id": 9})
    for value in ("blue harbor", "8 letter", "7 leter"):
        sent = step("POST", 201, {}, sent={"secret": value, "name": "x"})
        yield f"write-only {value}", storage.write_only_hidden((sent, step(body={"note": value})), {"secret": value})
    twice = step("POST", 201, {}, sent={"secret": "blue harbor", "name": "blue harbor"})
    yield (
        "write-only, elsewhere too",
        storage.write_only_hidden((twice, step(body={"a": "blue harbor"})), {"secret": "blue harbor"}),
    )
    yield "write-only by name", storage.write_only_hidden((step("POST", 201, {"secret": 1}),), {"secret": 2})
    yield "write-only, denied", storage.write_only_hidden((step("POST", 400, {"secret": 1}),), {"secret": 2})
    yield "unique", acceptance.unique_value(created, step("POST", 201, {"id": 2}), "name", "a creation")
    yield "unique, rejected", acceptance.unique_value(created, failed, "name", "a creation")
    done = step("PATCH", 200, {}, sent={"name": "B"})
    yield "another ID", updates.still_at_its_path(done, step(), "A", "b")
    yield "the ID in other letters", updates.still_at_its_path(done, step(), "A", "a")
    for code in (404, 410, 500):
        yield f"moved {code}", updates.still_at_its_path(done, step("GET", code), "A", None)
        yield f"moved later {code}", updates.still_at_its_path(step("PATCH", 202), step("GET", code), "A", None)


def _differing(step: MakeStep) -> Cases:
    """What was sent as `name`, what came back, and schemas of the request and the response."""
    labels = {"name": "an accent (\u00e9)"}
    texts = {"type": "string"}
    for sent, got, request, response in (
        ("e\u0301t\u00e9", "\u00e9t\u00e9", {}, {}),
        (" Pine ", "Pine", {}, {}),
        ("PINE", "pine", {"description": "Kept in upper case"}, {}),
        ("PINE", "pine", {"description": "A name"}, {}),
        ("Pine", "P?ne", {"description": "Kept in upper case"}, {}),
        ("A0", "a0", {"format": "uuid"}, {}),
        (None, "made up", {}, texts),
        (None, "made up", {}, {"type": ["string"]}),
        (None, "made up", {}, {"type": ["string", "null"]}),
        (None, "made up", {}, texts | {"nullable": True}),
        (None, "made up", {}, texts | {"nullable": False}),
        (None, "made up", {}, {}),
        ("", "made up", {}, texts),
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, {}, {}),
        ({"a": " x"}, {"a": "x"}, {"properties": {"a": {}}}, {}),
    ):
        created, read = step("POST", 201, sent={"name": sent}), step(body={"name": got})
        label = f"{sent!r} is {got!r} {request} {response}"
        yield label, storage.stored_as_sent(created, read, {"name": request}, {"name": response}, labels)
        before = step(body={"name": got})
        yield f"{label} as before", storage.stored_as_sent(created, read, {}, {}, {}, "changed", before)
    created = step("POST", 201, {"name": "B"}, sent={"name": "A", "empty": "", "lost": [1], "gone": {"a": 1}})
    for label in ("the value 'A'", "a word"):
        yield f"labeled {label}", storage.stored_as_sent(created, step(body={"name": "B"}), {}, None, {"name": label})
    found = storage.stored_as_sent(step("POST", 201, sent=created.sent), created, {}, {"lost": {}, "empty": {}}, {})
    yield "two differ", found
    patched = step("PATCH", 200, sent=created.sent)
    changed = storage.stored_as_sent(patched, step(body={"name": "A"}), {}, {"gone": {}}, {}, "changed", created)
    yield "gone after a change", changed
    for value in ("A0", "a0", "b0"):
        schema = {"key": {"default": "A0", "format": "uuid"}}
        yield f"default key {value}", storage.defaults_applied(created, step(body={"key": value}), schema)
    yield "sent a list", storage.stored_as_sent(step("POST", 201, {}, sent=[1]), created, {}, {}, {})
    yield "got a list", storage.stored_as_sent(step("POST", 201, [1], sent=created.sent), created, {}, {}, {})
    for name in ("version", "lockVersion", "lock_version", "rev", "revision", "conversion", "revised"):
        yield (
            f"stored {name}",
            storage.stored_as_sent(step("POST", 201, {name: 2}, sent={name: 1}), step(), {}, None, {}),
        )
    for name in ("password", "passwd", "clientSecret", "token", "api_key", "apikey", "passage"):
        yield (
            f"stored {name}",
            storage.stored_as_sent(step("POST", 201, {name: 2}, sent={name: 1}), step(), {}, None, {}),
        )
    for other in ("bl\u00e5b\u00e6r og brom", "bl\u00e5b\u00e6r"):
        sent = step("POST", 201, {}, sent={"secret": "bl\u00e5b\u00e6r og", "name": other})
        hidden = storage.write_only_hidden(
            (sent, step(body={"note": "bl\u00e5b\u00e6r og"})), {"secret": "bl\u00e5b\u00e6r og"}
        )
        yield f"write-only, and {other}", hidden
    sent = step("POST", 201, {}, sent=[1])
    yield (
        "write-only, sent a list",
        storage.write_only_hidden((sent, step(body={"note": "blue harbor"})), {"secret": "blue harbor"}),
    )
    yield (
        "write-only number",
        storage.write_only_hidden((created, step(body={"note": 123456789})), {"secret": 123456789}),
    )


def _changes(step: MakeStep) -> Cases:
    before = step(
        body={
            "id": 1,
            "name": "A",
            "size": 2,
            "version": 1,
            "created_at": "2026",
            "note": None,
            "seen": 1,
            "text": "",
            "tags": [],
            "map": {},
            "flag": False,
        }
    )
    writable: dict[str, Any] = {
        "name": {},
        "size": {},
        "seen": {"readOnly": True},
        **{key: {} for key in ("note", "text", "tags", "map", "flag")},
    }
    for name, value in (("size", 0), ("id", 2), ("created_at", "2027"), ("seen", 5), ("version", 2), ("name", "B")):
        after = step(body={**before.body, name: value})
        change = step("PATCH", 200, {}, sent={"name": "B"})
        yield f"changes {name}", updates.other_properties_unchanged(before, change, after, writable, frozenset({"id"}))
        yield (
            f"denied, changes {name}",
            updates.unchanged(
                before, step("PATCH", 403), after, frozenset({"seen"}), "it", "rejected-request-changes-data"
            ),
        )
    lost = step(body={"id": 1, "version": 1})
    empty = step("PATCH", 200, {}, sent={})
    less = step(body={"id": 1, "version": 1, "flag": False})
    yield "loses less", updates.other_properties_unchanged(before, empty, less, writable, NONE)
    yield "loses", updates.other_properties_unchanged(before, empty, lost, writable, NONE)
    yield "not changed", updates.other_properties_unchanged(before, step("PATCH", 400, sent={}), lost, writable, NONE)
    for code in (200, 404, 410, 500):
        yield (
            f"denied, then {code}",
            updates.unchanged(
                before, step("PATCH", 403), step("GET", code, before.body), NONE, "it", "rejected-request-changes-data"
            ),
        )
    tried, rule = step("PATCH", 403), "rejected-request-changes-data"
    for code, body in ((403, {}), (301, {}), (200, []), (200, None)):
        yield f"denied, then {code} {body}", updates.unchanged(before, tried, step("GET", code, body), NONE, "it", rule)
    for first in (step("GET", 404, before.body), step(body=[])):
        yield f"denied, after {first.status}", updates.unchanged(first, tried, step(body={}), NONE, "it", rule)
    yield "denied, all changed", updates.unchanged(before, tried, step(body={}), NONE, "it", rule)
    same_version, next_version = step(body={"version": 1}), step(body={"version": 2})
    change = step("PATCH", 200, sent={})
    for name, after in (("same", same_version), ("next", next_version)):
        yield (
            f"{name} version",
            updates.version_counts(step(body={"version": 1}), change, after, frozenset({"version"})),
        )
    yield "writable version", updates.version_counts(same_version, change, same_version, NONE)


def _actions(step: MakeStep) -> Cases:
    before = step(body={"id": 7, "status": "open", "seen": 1, "note": "x"})
    ids = frozenset({"id"})
    said = {"id": 7, "status": "closed", "seen": 2, "other": 1}
    for got in ("open", "closed", "archived"):
        after = step(body={"id": 7, "status": got, "seen": 1})
        for code in (200, 202, 409):
            yield (
                f"action {got} {code}",
                updates.action_stored(before, step("POST", code, said), after, frozenset({"seen"}), ids),
            )
    kept = step(body={"id": 7, "status": "open", "seen": 1})
    yield (
        "action, everything",
        updates.action_stored(before, step("POST", 200, said | {"status": "open"}), kept, NONE, ids),
    )
    yield "action, a list", updates.action_stored(before, step("POST", 200, [said]), kept, NONE, ids)
    yield "action, not read", updates.action_stored(before, step("POST", 200, said), step("GET", 404, {}), NONE, ids)
    yield (
        "action, not read before",
        updates.action_stored(step("GET", 404, {}), step("POST", 200, said), kept, NONE, ids),
    )
    for label in ("DELETE in a header", "GET"):
        for code in (200, 404, 410, 500):
            yield f"{label}, then {code}", deletion.not_deleted_by(label, step("POST"), step("GET", code))


def _neighbors(step: MakeStep) -> Cases:
    item = dict.fromkeys(("a", "b", "c", "d", "e", "f", "moving", "unsent"), 1)
    first: dict[Any, Any] = {"1": item, "2": {**item, "moving": 0}, "text": "x", None: item, "gone": item}
    before = first | {"2": item}
    change = step("PATCH", 200, {}, sent=dict.fromkeys([*item][:-1], 2))
    steps = step(), change, step()
    for identity, name in (("1", "a"), ("2", "a"), ("2", "moving"), ("2", "unsent"), (None, "a"), ("new", "a")):
        after = {**before, identity: {**item, name: 2}}
        after.pop("gone")
        yield f"{identity} has another {name}", updates.list_unchanged(first, before, after, "1", steps)
    after = {**before, "2": dict.fromkeys(item, 2)}
    yield "all of one changed", updates.list_unchanged(first, before, after, "1", steps)
    yield "a property is gone", updates.list_unchanged(first, before, {**before, "2": {}}, "1", steps)
    yield "two changed", updates.list_unchanged(first, {"3": item, **before}, {**after, "3": {}}, "1", steps)
    yield "not listed at first", updates.list_unchanged({}, before, after, "1", steps)
    yield "an unknown change", updates.list_unchanged(first, before, after, "1", (step(), step("PATCH"), step()))
    yield "a denied change", updates.list_unchanged(first, before, after, "1", (step(), step("PATCH", 400), step()))


GIVEN = frozenset({"note", "key"})


def _replacements(step: MakeStep) -> Cases:
    put = step("PUT", 200, sent={"name": "B"})
    old = step(body={"id": 1, "note": "old", "created": "2026"})
    for schema in ({}, {"default": "none"}, {"default": "old"}, {"readOnly": True}, {"writeOnly": True}):
        for now in ("old", "none", "other", None):
            after = step(body={"id": 1, "note": now, "created": "2026"})
            for says_so in (False, True):
                yield (
                    f"PUT {schema} {now} {says_so}",
                    updates.replaced(
                        old, put, after, {"note": schema}, frozenset({"id"}), given=GIVEN, says_so=says_so
                    ),
                )
    key = {"key": {"default": "A0", "format": "uuid"}}
    for now in ("a0", "b0"):
        of_key, after = step(body={"key": "c0"}), step(body={"key": now})
        yield f"PUT, then key {now}", updates.replaced(of_key, put, after, key, NONE, given=GIVEN, says_so=True)
    for name in ("id", "created"):
        after = step(body={**old.body, name: "X"})
        yield (
            f"PUT changes {name}",
            updates.replaced(old, put, after, {}, frozenset({"id"}), given=GIVEN, says_so=False),
        )


def _relations(step: MakeStep) -> Cases:
    for code in (200, 404):
        followed = step("GET", code)
        yield f"followed {code}", storage.location_can_be_read(step("POST", 201), followed, step(), "/boat/a")
        yield f"reference {code}", acceptance.reference_rejected(step("POST", code), step("GET", 404), "boat_id")
        below = access.not_below_another_parent(
            step("POST", 201), step("POST", 201), step(body={"id": 1}), step(body={"id": 1}, status=code)
        )
        yield f"below {code}", below
    early, late = ({"a": a, "updated": f"2026-03-02T08:00:0{a}Z"} for a in (1, 2))
    for text, body in (("stays", late | {"updated": early["updated"]}), ("moves", late)):
        change = updates.time_of_change(step(body=early), step("PATCH"), step(body=body), ["updated"])
        yield f"time {text}", change


def _creations(step: MakeStep) -> Cases:
    for code in (400, 422, 409):
        yield f"valid {code}", acceptance.valid_accepted(step("POST", code), "null", ())
        yield f"valid {code}, documented", acceptance.valid_accepted(step("POST", code), "null", (422,))
    for code in (200, 400):
        yield f"invalid {code}", acceptance.invalid_rejected(step("POST", code, {}), "too long", "length")
        yield f"converted {code}", acceptance.invalid_rejected(step("POST", code), "7", "a number for a text")
    for body in ({"pages": []}, {"pages": "7"}, {"parts": [{"size": 1}, {"size": []}]}, {"pages": 7}):
        for group in ("length", "a boolean sent as text"):
            item = library.interaction(library.received(201, library.BOOK), **library.adds(body))
            added = Step("add", item, body, library.BOOK)
            yield f"invalid {body} {group}", acceptance.invalid_rejected(added, "it", group)
    for location in ("/boats/a%20B/", "/boats/other", ""):
        for code in (200, 201):
            yield (
                f"Location {location} {code}",
                storage.location_leads_there(step("POST", code), location, "a b", "/boats/{name}"),
            )
    made = step("POST", 201, {"name": "A", "tags": [1]})
    for got in ("A", "B"):
        yield (
            f"returned {got}",
            storage.same_as_returned(made, step(body={"name": got, "tags": []}), {"name": {}, "tags": {}}),
        )
    returned = {"name": "B", "tags": [2], "only": 1}
    writable: dict[str, Any] = {key: {} for key in ("more", "tags", "only", "name")}
    yield (
        "returned more",
        storage.same_as_returned(step("POST", 201, made.body | {"more": 1}), step(body=returned), writable),
    )
    yield "returned, denied", storage.same_as_returned(made, step("GET", 403, returned), writable)
    sent = [{"name": "a"}, {"name": "b"}]
    for code in (200, 202, 400):
        for items in ([*reversed(sent)], sent[:1], sent):
            yield f"batch {code} {len(items)}", batches.stored(step("POST", code), step(), sent, items)
            yield f"order {code} {len(items)}", batches.in_order(step("POST", code), sent, items)
    for code in (204, 404, 410, 412, 409):
        yield f"deleted {code}", acceptance.delete_accepted(step("DELETE", code))


def _lists(step: MakeStep) -> Cases:
    page, denied = step(), step("GET", 403)
    for code in (201, 202, 400):
        for ids in (["6", "7"], ["6"]):
            yield f"listed {code} {ids}", lists.is_listed(step("POST", code), [page], "7", ids)
            yield (
                f"filtered {code} {ids}",
                lists.found_by_filter(step("POST", code), page, "7", ids, "q=x", complete=True),
            )
    yield "listed, denied", lists.is_listed(step("POST", 201), [page, denied], "7", [])
    yield "filtered in part", lists.found_by_filter(step("POST", 201), page, "7", [], "q=x", complete=False)
    for after in (["1", "2"], ["1", "2", "3"]):
        for others in (False, True):
            yield f"{len(after)} new {others}", lists.created_once(["1"], after, step("POST", 201), page, others=others)
    for how, value, items in (
        ("equal", "red", ["red", "Red", 7]),
        ("has", "red", [["red"], ["reddish"], "red"]),
        ("part", "red", ["Reddish", ["infrared"], "blue"]),
        ("minimum", 3, [3, 2, "2", True]),
        ("maximum", 3, [3, 4, "4"]),
    ):
        for item in items:
            yield f"{how} {value} {item}", lists.filtered(page, [5, {}, {"c": item}], "c", value, how, "c=x", name="c")
    for ids in ([["1", "2"], ["3"]], [["1", "2"], ["2", "3"]], [["1"], ["3"]]):
        yield f"pages {ids}", lists.partition([page, page], ids, ["1", "2", "3"], [step("POST", 201)])
        yield f"pages {ids}, denied", lists.partition([page, denied], ids, ["1", "2", "3"], [])
        yield f"order {ids}", lists.same_order(page, ["2", "1", "3"], [page], ids, ["1", "2", "3"])
    for ids, own in (
        ([["1"], ["4"]], "123"),
        ([["1", "1"], ["2"]], "12"),
        ([["1"], ["2"], ["1"]], "2"),
        ([["1"], ["2"], ["1"]], "321"),
        ([[], ["2"], ["2", "2"]], "2"),
    ):
        pages = [step("GET", 200 + number) for number in range(len(ids))]
        yield f"pages {ids} of {own}", lists.partition(pages, ids, [*own], [])
        yield f"order {ids} of {own}", lists.same_order(page, [*own, "9"], pages, ids, [*own])
    yield "order of other items", lists.same_order(page, ["2", "9", "1"], [page], [["8", "2"], ["1", "9"]], ["1", "2"])
    yield "order, an item twice", lists.same_order(page, ["1", "2", "2"], [page], [["2", "2", "1"]], ["1", "2"])
    yield "listed and denied", lists.found_by_filter(step("POST", 201), denied, "7", [], "q=x", complete=True)
    yield "filtered", lists.filtered(page, ["x", {"d": 1}, {"c": 1}, {"c": 2}], "c", 1, "equal", "c=1&d=2", name="c")
    yield "filtered by null", lists.filtered(page, [{"c": None}], "c", 1, "equal", "c=1", name="c")
    yield "one page", lists.partition([page], [["1"]], ["1", "2"], [])


def _pages(step: MakeStep) -> Cases:
    page, denied = step(), step("GET", 403)
    for one, found in ((page, [1]), (page, []), (step("GET", 404), []), (denied, []), (page, [1, 2])):
        yield f"{len(found)} on the end {one.status}", lists.last_page([page], one, found, 2, 5, "with n=3&page=2")
    ended = step(body={"total": 3, "next": None})
    yield "no link to the end", lists.partition([page, ended], [["1"], ["2"]], ["1", "2", "3"], [])
    for count in (1, 2, 3):
        items = list(range(count))
        yield f"{count} of 2", lists.page_size(page, items, 2, "limit")
        yield f"{count} of 2, full", lists.full_page(page, items, 2, "limit", "with limit=2")
        yield f"{count} of 9, 2 known", lists.full_page(page, items, 2, "limit", "with limit=9")
        yield f"{count}, short pages", lists.short_pages([page, page], [count, 1], 2)
        yield f"{count}, last page", lists.short_pages([page, page], [count, 0], 2)
        for most in (2, 5, None):
            yield f"total {count} {most}", lists.total(page, "total", count, 2, most)
        for one in (page, denied):
            yield f"{count} of 1 {one.status}", lists.page_size(one, items, 1, "limit")
            yield f"{count} of 3, full {one.status}", lists.full_page(one, items, 3, "limit", "with limit=3")
            yield f"{count}, 3 of 3 after it {one.status}", lists.short_pages([one, page, page], [count, 0, 3], 3)
    yield "beyond, denied", lists.beyond_the_end(denied, [1], "page=99")
    yield "sorted, denied", lists.sorted_by([denied], [2, 1], "sort=c", descending=False)
    yield (
        "two pages without an end",
        lists.end_reached([step("GET", 201), step("GET", 202), step("GET", 203)], more=True),
    )
    for total in (1, 2, 3, 2.0, "1", None):
        yield f"total {total!r} of 2", lists.total(page, "count", total, 2, 2)
    yield "total True", lists.total(page, "total", value=True, least=3, most=3)
    yield "total, denied", lists.total(denied, "total", 1, 3, 3)
    for body in (
        {"total": 3},
        {"Total-Count": 3},
        {"total": True},
        {"page": {"count": 4}},
        {"items": [], "pages": 3},
        [],
        *({name: 3} for name in ("totalItems", "total_elements", "totalResults", "count", "total_count", "subtotal")),
        *({name: {"total": 3}} for name in ("pagination", "paging", "page", "meta", "metadata", "page_info", "other")),
        {"meta": {"pagination": {"total": 3}}, "total": "3"},
        {"meta": {}, "page": {"total": 3}},
        {"total": False, "count": 3},
    ):
        yield f"own total of {body}", access.total_of_own(step(body=body), 2)
        yield f"own total of {body} is enough", access.total_of_own(step(body=body), 4)
    yield "beyond", lists.beyond_the_end(page, [1], "page=99")
    yield "beyond, empty", lists.beyond_the_end(page, [], "page=99")
    for more in (False, True):
        yield f"end {more}", lists.end_reached([page, page, page], more)
    yield "end, denied", lists.end_reached([page, denied], more=True)
    for values in ([1, 2], [2, 1], [1], [1, 1]):
        for descending in (False, True):
            yield f"sorted {values} {descending}", lists.sorted_by([page], values, "sort=c", descending)
    yield "finds other", lists.finds_other(step("POST", 201), page, "1", "q=x")
    for word in ("Red", "blue"):
        yield f"contains {word}", lists.contains(page, {"a": "reddish"}, word, "q=x")
    for code in (200, 400):
        yield f"invalid query {code}", lists.invalid_query_rejected(step("GET", code), "limit=x")


def _conditions(step: MakeStep) -> Cases:
    old, new = step(body={"a": 1}, ETag='"1"'), step(body={"a": 2}, ETag='"2"')
    for code in (200, 404, 412, 500):
        stale = step("PATCH", code)
        yield f"stale {code}", conditions.stale_rejected(old, stale, old, "a stale If-Match", NONE)
        yield f"stale {code}, changed", conditions.stale_rejected(old, stale, new, "a stale If-Match", NONE)
        yield f"required {code}", conditions.condition_required(stale, "If-Match")
        yield f"current {code}", conditions.current_accepted(stale, old, "If-Match")
        yield f"modified {code}", conditions.modified(old, stale, step("GET", 304), new)
        yield (
            f"not modified {code}",
            conditions.not_modified(old, step("GET", code, {"a": 1}, ETag='"1"'), documented=True),
        )
    yield "304 not documented", conditions.not_modified(old, old, documented=False)
    yield "200 after a change", conditions.modified(old, step("PATCH"), step("GET", 200), new)
    for tag in ('"1"', '"2"', 'W/"1"', ""):
        changed = step("PATCH", 200, {"a": 2}, ETag=tag)
        yield f"ETag of the change {tag}", conditions.etag_changes(old, changed, new)
        yield f"ETag after {tag}", conditions.etag_changes(old, step("PATCH"), step(body={"a": 2}, ETag=tag))
        weak = step(body={"a": 1}, ETag=tag)
        yield f"reads with {tag}", conditions.consistent_etags((weak, step(body={"a": 2}, ETag=tag)))
        yield f"reads alike with {tag}", conditions.consistent_etags((weak, step(body={"a": 1}, ETag=tag)))
        yield f"denied with {tag}", conditions.consistent_etags((weak, step("GET", 404, {"a": 2}, ETag=tag)))
    for count in (3, 4, 6):
        body = dict.fromkeys("abcdef"[:count], 1)
        after = step(body={**dict.fromkeys(body, 2), "same": 1}, ETag='"1"')
        yield f"{count} changed", conditions.etag_changes(step(body=body | {"same": 1}, ETag='"1"'), old, after)
    yield "one is new", conditions.etag_changes(step(body={}, ETag='"1"'), old, step(body={"a": 1}, ETag='"1"'))
    for body in ([1], "x"):
        yield f"{body} changed", conditions.etag_changes(step(body=body, ETag='"1"'), old, step(body=[2], ETag='"1"'))
    yield "not read again", conditions.etag_changes(old, old, step("GET", 404, {"a": 2}, ETag='"1"'))
    yield "not read before", conditions.etag_changes(step("GET", 404, {"a": 2}, ETag='"1"'), old, old)
    yield "no ETag", conditions.etag_changes(old, old, step(body={"a": 2}))
    weak = [step(body={"a": number}, ETag='W/"1"') for number in (1, 2)]
    yield "a weak ETag", conditions.etag_changes(weak[0], old, weak[1])
    past = step("GET", 200), step("PATCH", 204)
    yield "stale, with its past", conditions.stale_rejected(old, step("PUT", 200), old, "a stale If-Match", NONE, past)
    moving = frozenset({"a"})
    yield "stale, moving", conditions.stale_rejected(old, step("PUT", 412), new, "a stale If-Match", moving)
    for bodies in (({"a": 1, "b": 2}, {"b": 2, "a": 1}), (["a"], ["b"]), (None, "a"), ("1", 1), ("a", {"a": 1})):
        reads = tuple(step(body=body, ETag='"1"') for body in bodies)
        yield f"reads of {bodies}", conditions.consistent_etags(reads)
    three = [step(body={"a": number}, ETag=tag) for number, tag in ((1, '"1"'), (2, '"2"'), (3, '"1"'), (4, '"2"'))]
    yield "reads with two ETags", conditions.consistent_etags((step(), step("HEAD", ETag='"1"'), *three))
    first = step("POST", 201, {"id": 1})
    yield "the other key, first", conditions.other_key_creates(step("POST", 409), step("POST", 422), "1", "2")
    same = step("POST", 409)
    yield "the other key, one step", conditions.other_key_creates(same, same, "1", "2")
    yield "no IDs", conditions.other_key_creates(first, first, None, None)
    for code in (201, 409, 422, 500):
        again = step("POST", code, {"id": 2})
        for found in ("1", "2", None):
            yield f"same key {code} {found}", conditions.once(first, again, "1", found)
            yield f"other body {code} {found}", conditions.other_body_rejected(first, again, "1", found)
            yield f"other key {code} {found}", conditions.other_key_creates(first, again, "1", found)


def _deletions_and_users(step: MakeStep) -> Cases:
    before, after = step(body={"name": "A", "seen": 1}), step(body={"name": "B", "seen": 2})
    for code in (200, 202, 404, 409):
        deleted, tried = step("DELETE", code), step("GET", code, {"total": 5})
        yield f"gone {code}", deletion.gone(deleted, step(), "reading")
        yield f"read {code}", deletion.gone(step("DELETE", 204), tried, "reading")
        yield f"listed {code}", deletion.not_listed(deleted, [step()], "1", ["1"])
        yield f"not listed {code}", deletion.not_listed(deleted, [step()], "1", ["2"])
        yield f"neighbor {code}", deletion.others_stay(step("DELETE", 204), tried)
        yield f"owner {code}", related.prevented(deleted, step(body={"id": 7, "owner_id": 1}), "owner_id", "1")
        yield f"another owner {code}", related.prevented(deleted, step(body={"id": 7, "owner_id": 2}), "owner_id", "1")
        yield f"neighbor, not deleted {code}", deletion.others_stay(deleted, step("GET", 410))
        yield f"restored {code}", deletion.restored(before, step("POST", code), after, {"name": {}}, frozenset())
        yield (
            f"restored, then {code}",
            deletion.restored(before, step("POST"), step("GET", code, before.body), {}, NONE),
        )
        yield f"restorable {code}", deletion.restorable(step("POST", code), step("DELETE", 204))
        yield f"listed again {code}", deletion.listed_again(step("POST", code), step(), "1", ["2"], complete=True)
        yield f"other user {code}", access.denied_to_others(tried, "reading it")
        yield f"other user's list {code}", access.not_listed_for_others(tried, "1", ["1"], "list")
        yield f"still there {code}", access.still_there(step(), tried)
        yield f"may not write {code}", access.may_not_write(step("PATCH", code))
        yield f"may read {code}", access.may_read(step(), tried)
        for meanwhile in (0, 1):
            tries = [(step("POST", code), step(), 1)]
            yield f"created nothing {code} {meanwhile}", access.created_nothing(tries, meanwhile)
    yield "listed again, in part", deletion.listed_again(step("POST"), step(), "1", [], complete=False)
    yield "no new item", access.created_nothing([(step("POST", 403), step(), 0)], 0)
    yield "no tries", access.created_nothing([], 0)


def _line(label: str, problem: Problem) -> str:
    steps = " ".join(
        f"{step.interaction.exchange.request.method}:{step.status}{'!' if step is problem.at_fault else ''}"
        for step in problem.steps
    )
    compared = [repr(value) if value is not None else "" for value in (problem.expected, problem.actual)]
    flags = "shared" if problem.is_shared else ""
    parts = [label, problem.rule, problem.message, problem.key, steps, *compared, problem.part, flags]
    return " | ".join(part.encode("unicode_escape").decode() for part in parts)


def test_the_problems_are_those_of_the_table(step: MakeStep) -> None:
    lines = []
    groups = (
        _writes,
        _changes,
        _actions,
        _neighbors,
        _replacements,
        _creations,
        _relations,
        _lists,
        _pages,
        _conditions,
        _deletions_and_users,
    )
    for label, problems in (case for group in groups for case in group(step)):
        found = list(problems)
        assert {problem.rule for problem in found} <= set(RULES)
        lines += [_line(label, problem) for problem in found] or [f"{label}: nothing"]
    if os.environ.get("FLOWCONTRACT_WRITE"):
        TABLE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    assert lines == TABLE.read_text(encoding="utf-8").splitlines()


def test_a_response_that_http_derives_from_the_plain_one_depends_on_both_dates_and_tags() -> None:
    earlier, later = "Sat, 24 Oct 2026 07:00:00 GMT", "Sun, 25 Oct 2026 07:00:00 GMT"

    def is_derived(code: int, plain: tuple[str, str] | None, *sent: tuple[str, str]) -> bool:
        base = library.interaction(library.received(200, library.BOOK, "application/json", *([plain] if plain else [])))
        item = library.interaction(library.received(code, None, None), headers=sent)
        return conditional.is_conditional_response(item, base)

    for since, expected in ((earlier, False), (later, True)):
        assert is_derived(304, ("Last-Modified", earlier), ("If-Modified-Since", earlier))
        assert is_derived(304, ("Last-Modified", later), ("If-Modified-Since", since)) is expected
        assert is_derived(412, ("Last-Modified", later), ("If-Unmodified-Since", since)) is not expected
        assert not is_derived(200, ("Last-Modified", earlier), ("If-Modified-Since", since))
    assert is_derived(304, ("Last-Modified", earlier.replace("GMT", "-0000")), ("If-Modified-Since", later))
    assert not is_derived(412, ("Last-Modified", later), ("If-Unmodified-Since", later))
    assert not is_derived(412, ("Last-Modified", later), ("If-Match", '"2"'))
    assert not is_derived(412, ("ETag", '"1"'), ("If-None-Match", '"1"'))
    assert not is_derived(304, None, ("If-Modified-Since", later))
    assert not is_derived(304, ("Last-Modified", earlier), ("If-Modified-Since", "soon"))
    assert not is_derived(304, ("ETag", '"1"'), ("If-None-Match", '"1"'))
    assert is_derived(412, ("ETag", '"1"'), ("If-Match", '"2"'))
    assert not is_derived(412, None, ("If-Match", '"2"'))
    assert not is_derived(412, ("Last-Modified", earlier))


@pytest.mark.parametrize(
    ("code", "body", "media", "asked", "derived"),
    [
        (206, b"whole", "text/plain", "bytes=0-4", True),
        (206, b"other", "text/plain", "bytes=0-4", False),
        (206, b"whole", "application/json", "bytes=0-4", False),
        (206, b"whole", "text/plain", "", False),
        (416, b"", "text/plain", "bytes=99-", True),
        (416, b"", "text/plain", "bytes=0-9", False),
    ],
)
def test_a_part_of_the_plain_response_is_derived_from_it(
    code: int, body: bytes, media: str, asked: str, *, derived: bool
) -> None:
    base = library.interaction(library.received(200, b"the whole file", "text/plain"))
    headers = [("Range", asked)] if asked else []
    item = library.interaction(library.received(code, body, media), headers=headers)

    assert conditional.is_conditional_response(item, base) is derived
