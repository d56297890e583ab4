"""What the rules of sequences say about steps, each for a conforming and a faulty server."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.flowcontract.checks import library

from flowcontract.checks.lists import stated_total
from flowcontract.checks.registry import RULES
from flowcontract.checks.sequences import acceptance, access, batches, conditions, deletion, lists, storage, updates
from flowcontract.checks.status import CONVERSION
from flowcontract.checks.steps import Problem, Step, needed

from .conftest import MakeStep

NONE: frozenset[str] = frozenset()
NAME = {"name": {"type": "string"}}


def rules(problems: Iterable[Problem]) -> list[str]:
    found = list(problems)
    assert all(problem.rule in RULES for problem in found)
    assert all(problem.message.endswith(".") and problem.steps for problem in found)
    return [problem.rule for problem in found]


def test_a_created_resource_is_stored(step: MakeStep) -> None:
    created = step("POST", 201, {"id": 1, "name": "Pine"}, sent={"name": "Pine"})
    read, other, lost = step(body={"id": 1, "name": "Pine"}), step(body={"name": "P?ne"}), step("GET", 404)

    assert rules(storage.stored_as_sent(created, read, NAME, NAME, {})) == []
    assert rules(storage.stored_as_sent(created, other, NAME, NAME, {})) == ["stored-value-differs"]
    assert rules(storage.stored_as_sent(created, other, NAME, {"name": {"deprecated": True}}, {})) == []
    assert rules(storage.stored_as_sent(created, step(body={}), NAME, NAME, {})) == ["stored-value-differs"]
    assert rules(storage.can_be_read(created, read)) == []
    assert rules(storage.can_be_read(created, lost)) == ["created-resource-not-found"]
    assert rules(storage.can_be_read(step("POST", 202, {}), lost)) == []


def test_a_creation_may_return_the_id_alone(step: MakeStep) -> None:
    created = step("POST", 201, {"id": 1}, sent={"name": "Pine"})

    assert rules(storage.stored_as_sent(created, step(body={"id": 1, "name": "Pine"}), NAME, NAME, {})) == []
    assert rules(storage.stored_as_sent(created, created, NAME, NAME, {})) == ["stored-value-differs"]


@pytest.mark.parametrize(
    ("sent", "got", "found"),
    [
        ({"data": {"name": "Pine"}}, {"data": {"id": 1, "name": "Pine"}}, []),
        ({"data": {"name": "Pine"}}, {"data": {"id": 1, "name": "Oak"}}, ["stored-value-differs"]),
        ({"data": {"name": "Pine"}, "tags": ["a"]}, {"data": {"id": 1, "name": "Pine"}}, ["stored-value-differs"]),
        ({"name": "Pine"}, {"data": {"id": 1, "name": "Pine"}}, []),
        ({"name": "Pine"}, {"data": {"id": 1}}, ["stored-value-differs"]),
    ],
)
def test_a_request_may_have_the_envelope_of_the_response(
    step: MakeStep, sent: dict[str, Any], got: dict[str, Any], found: list[str]
) -> None:
    created, read = (replace(step(method, 201, got, sent=sent), body=got["data"]) for method in ("POST", "GET"))

    schemas: dict[str, dict[str, Any]] = {"data": {}, "tags": {}, "name": {}}
    assert rules(storage.stored_as_sent(created, read, schemas, schemas, {})) == found


def test_a_lost_property_is_one_finding_whatever_its_value(step: MakeStep) -> None:
    keys = set()
    for method, value in (("POST", "Pine"), ("POST", "Z\u00fcrich"), ("PATCH", "Z\u00fcrich")):
        created, read = step(method, 201, {"id": 1}, sent={"name": value}), step(body={"id": 1})
        (problem,) = storage.stored_as_sent(created, read, NAME, NAME, {"name": "an umlaut"})
        assert problem.message.endswith(f'"{value}", got a response without name.')
        assert problem.is_shared
        assert not problem.special
        keys.add(problem.key)

    assert len(keys) == 1


def test_a_default_that_violates_the_schema_is_left_to_that_rule(step: MakeStep) -> None:
    got = {"id": "1", "title": None}
    read = replace(step(body=got), interaction=library.interaction(library.received(200, got)))

    assert rules(storage.defaults_applied(step("POST", 201, sent={}), read, {"title": {"default": ""}})) == []


@pytest.mark.parametrize(
    ("sent", "got", "found"),
    [
        ("06.72", "6.72", ["value-normalized"]),
        ("-000.50", "-0.50", ["value-normalized"]),
        ("6.720", "6.72", ["stored-value-differs"]),
        ("06.72", "-6.72", ["stored-value-differs"]),
        ("0012", "12", ["stored-value-differs"]),
    ],
)
def test_leading_zeros_of_a_decimal_number_mean_nothing(step: MakeStep, sent: str, got: str, found: list[str]) -> None:
    created, read = step("POST", 201, {"name": got}, sent={"name": sent}), step(body={"name": got})

    assert rules(storage.stored_as_sent(created, read, NAME, NAME, {})) == found


def test_a_required_property_that_is_missing_is_left_to_the_schema(step: MakeStep) -> None:
    got = {"id": "1"}
    read = replace(step(body=got), interaction=library.interaction(library.received(200, got)))
    created = step("POST", 201, sent={"title": "The Salt Road"})

    assert rules(storage.stored_as_sent(created, read, {}, {"title": {}}, {})) == []


def test_null_for_an_empty_text_is_left_to_the_schema_that_excludes_it(step: MakeStep) -> None:
    got = {"id": None, "title": "The Salt Road"}
    read = replace(step(body=got), interaction=library.interaction(library.received(200, got)))

    assert rules(storage.stored_as_sent(step("PATCH", sent={"id": ""}), read, {}, {}, {}, "changed", read)) == []


def test_a_value_that_violates_the_schema_of_the_response_is_left_to_that_rule(step: MakeStep) -> None:
    sent, got = step("POST", 201, sent={"id": "a"}), {"id": 7, "title": "The Salt Road"}
    read = replace(step(body=got), interaction=library.interaction(library.received(200, got)))

    assert rules(storage.stored_as_sent(sent, read, {}, {}, {})) == []
    assert rules(storage.stored_as_sent(sent, read, {}, {}, {}, "changed", read)) == ["stored-value-differs"]


def test_normalization_is_a_warning_and_nothing_where_it_is_documented(step: MakeStep) -> None:
    created, read = step("POST", 201, {"mail": "a@b.example"}, sent={"mail": "A@B.example"}), step()
    plain, documented = {"mail": {"format": "email"}}, {"mail": {"format": "email", "description": "In lower case."}}

    assert rules(storage.stored_as_sent(created, read, plain, None, {})) == ["value-normalized"]
    assert rules(storage.stored_as_sent(created, read, documented, None, {})) == []
    assert RULES["value-normalized"].is_warning


def test_trimmed_texts_are_one_finding_whatever_the_property(step: MakeStep) -> None:
    keys = []
    for name, sent, got in (
        ("name", "Pine ", "Pine"),
        ("title", " a", "a"),
        ("mail", "A@B", "a@b"),
        ("slug", "A", "a"),
    ):
        created = step("POST", 201, {name: got}, sent={name: sent})
        (problem,) = storage.stored_as_sent(created, step(), {}, None, {})
        assert problem.is_shared
        keys.append(problem.key)

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_defaults_read_only_and_write_only_properties(step: MakeStep) -> None:
    created = step("POST", 201, {"id": 1}, sent={"name": "Pine", "secret": "blue harbor"})
    schemas = {"size": {"default": 3}}
    shown = step(body={"id": 1, "size": 3, "note": "blue harbor"})

    assert rules(storage.defaults_applied(created, step(body={"size": 3}), schemas)) == []
    assert rules(storage.defaults_applied(created, step(body={"size": 1}), schemas)) == ["default-not-applied"]
    assert rules(storage.read_only_ignored(created, step(body={"id": 1}), {"id": 9})) == []
    assert rules(storage.read_only_ignored(created, step(body={"id": 9}), {"id": 9})) == ["read-only-field-written"]
    taken_over, missing = step(body={"id": 9}), step(status=404)
    assert rules(storage.read_only_ignored(taken_over, missing, {"id": 9})) == ["read-only-field-written"]
    assert rules(storage.write_only_hidden((created, step(body={"id": 1})), {"secret": "blue harbor"})) == []
    assert rules(storage.write_only_hidden((created, shown), {"secret": "blue harbor"})) == [
        "write-only-field-returned"
    ]


def test_a_change_changes_what_it_names(step: MakeStep) -> None:
    before, change = step(body={"id": 1, "name": "A", "size": 2, "version": 1}), step("PATCH", sent={"name": "B"})
    after = step(body={"id": 1, "name": "B", "size": 2, "version": 2})
    reset = step(body={"id": 1, "name": "B", "size": 0, "version": 1})
    writable = {**NAME, "size": {}}

    assert rules(updates.other_properties_unchanged(before, change, after, writable, NONE)) == []
    assert rules(updates.other_properties_unchanged(before, change, reset, writable, NONE)) == [
        "update-changes-other-fields"
    ]
    writable = {name: {} for name in "abcdef"}
    full, empty = step(body=dict.fromkeys("abcdef", 1)), dict.fromkeys("abcdef")
    named = step("PATCH", sent={"a": 1})
    three = step(body={**dict.fromkeys("abcdef", 1), **dict.fromkeys("bcd")})
    (everything,) = updates.other_properties_unchanged(full, named, step(body={**empty, "a": 1}), writable, NONE)
    assert everything.message == "Expected a change of a to leave b at 1, got null; c, d, e, f changed, too."
    assert len(list(updates.other_properties_unchanged(full, named, three, writable, NONE))) == 3
    assert rules(updates.version_counts(before, change, after, frozenset({"version"}))) == []
    assert rules(updates.version_counts(before, change, reset, frozenset({"version"}))) == ["version-unchanged"]


@pytest.mark.parametrize(
    ("schema", "says_so", "rule"),
    [
        ({"default": "none"}, False, "replace-keeps-old-values"),
        ({}, True, "replace-keeps-old-values"),
        ({}, False, "put-keeps-old-values"),
    ],
)
def test_put_replaces(step: MakeStep, schema: dict[str, Any], says_so: bool, rule: str) -> None:
    before, change = step(body={"id": 1, "note": "old"}), step("PUT", sent={"name": "B"})

    def problems(
        note: Any, given: tuple[str, ...] = ("name", "note"), defaults: Mapping[str, Any] | None = None
    ) -> list[str]:
        after, ids, known = step(body={"id": 1, "note": note}), frozenset({"id"}), defaults or {}
        return rules(
            updates.replaced(before, change, after, {"note": schema}, ids, given=given, says_so=says_so, defaults=known)
        )

    assert problems("old") == [rule]
    assert problems("none") == []
    assert problems(None) == []
    assert problems("old", given=("name",)) == []  # The default that the server gave it.
    assert problems("old", defaults={"note": "old"}) == []  # It is the default, in words only.
    assert problems("old", defaults={"note": "none"}) == [rule]


def test_a_rejected_request_changes_nothing(step: MakeStep) -> None:
    before, denied = step(body={"a": 1, "seen": 4}), step("PATCH", 403)

    def problems(after: Any) -> list[str]:
        moving = frozenset({"seen"})
        return rules(updates.unchanged(before, denied, after, moving, "it", "rejected-request-changes-data"))

    assert problems(step(body={"a": 1, "seen": 5})) == []
    assert problems(step(body={"a": 2, "seen": 4})) == ["rejected-request-changes-data"]
    assert problems(step("GET", 404)) == ["rejected-request-changes-data"]


def test_invalid_bodies_are_rejected_and_valid_ones_accepted(step: MakeStep) -> None:
    assert rules(acceptance.invalid_rejected(step("POST", 400), "too long", "length")) == []
    assert rules(acceptance.invalid_rejected(step("POST", 201), "too long", "length")) == ["invalid-input-accepted"]
    assert rules(acceptance.valid_accepted(step("POST", 409), "null", ())) == []
    assert rules(acceptance.valid_accepted(step("POST", 422), "null", ())) == ["valid-request-rejected"]


def test_that_a_server_converts_types_is_one_finding(step: MakeStep) -> None:
    kinds = ("a number sent as text", "a number for a text")
    problems = [problem for kind in kinds for problem in acceptance.invalid_rejected(step("POST", 201), kind, kind)]

    assert {(problem.rule, problem.key) for problem in problems} == {("converted-input-accepted", CONVERSION)}


def test_a_replacement_that_keeps_several_old_values_is_one_problem(step: MakeStep) -> None:
    before = step(body={"name": "A", "note": "old", "size": 3})
    after = step(body={"name": "B", "note": "old", "size": 3})
    request: dict[str, dict[str, object]] = {name: {} for name in ("name", "note", "size")}

    (problem,) = updates.replaced(
        before, step("PUT", sent={"name": "B"}), after, request, NONE, given=request, says_so=True
    )

    assert problem.message == 'Expected PUT without note to reset note, got the old value "old"; the same for size.'
    assert problem.actual == {"note": "old", "size": 3}


def test_what_an_action_returns_is_stored(step: MakeStep) -> None:
    before, ids = step(body={"id": 7, "status": "open", "n": 1}), frozenset({"id"})
    action = step("POST", body={"id": 7, "status": "closed", "n": 1})
    same, stored, later = (step(body={"id": 7, "status": text, "n": 2}) for text in ("open", "closed", "archived"))

    assert rules(updates.action_stored(before, action, same, NONE, ids)) == ["stored-value-differs"]
    assert rules(updates.action_stored(before, action, stored, NONE, ids)) == []
    assert rules(updates.action_stored(before, action, later, NONE, ids)) == []
    assert rules(updates.action_stored(before, action, same, frozenset({"status"}), ids)) == []
    assert rules(updates.action_stored(before, step("POST", 202, action.body), same, NONE, ids)) == []

    change = step("PATCH", body={"id": 7, "status": "closed", "n": 2})
    assert rules(updates.action_stored(before, change, same, frozenset({"n"}), ids)) == ["stored-value-differs"]
    assert rules(updates.action_stored(before, change, same, frozenset({"n"}), ids, {"status": "closed"})) == []


@pytest.mark.parametrize("said", [{"status": "accepted"}, {"id": "job-1", "status": "accepted"}])
def test_what_an_action_returns_may_be_about_something_else(step: MakeStep, said: dict[str, object]) -> None:
    resource = step(body={"id": 7, "status": "open"})

    assert rules(updates.action_stored(resource, step("POST", body=said), resource, NONE, frozenset({"id"}))) == []
    assert rules(updates.action_stored(resource, step("POST", body=said), resource, NONE, NONE)) == []


def test_location_names_the_created_resource(step: MakeStep) -> None:
    created = step("POST", 201, {"id": "a b"})

    def found(made: Step, location: str) -> list[str]:
        return rules(storage.location_leads_there(made, location, "a b", "/boats/{name}"))

    assert found(created, "/boats/a%20b") == []
    assert found(created, "/boats/other") == ["wrong-location"]
    assert found(created, "") == []
    accepted = step("POST", 202, {"id": "a b"})
    assert found(accepted, "/v1/boats/a%20b?wait=1") == []
    assert found(accepted, "/v1/boats/other") == ["wrong-location"]
    assert found(accepted, "/v1/jobs/other") == []


def test_location_leads_to_what_was_created(step: MakeStep) -> None:
    created, read, lost = step("POST", 201), step(), step("GET", 404)

    assert rules(storage.location_can_be_read(created, read, read, "/boats/a")) == []
    assert rules(storage.location_can_be_read(created, lost, read, "/boat/a")) == ["wrong-location"]
    assert rules(storage.location_can_be_read(created, lost, lost, "/boat/a")) == []
    assert rules(storage.location_can_be_read(created, step("GET", 403), read, "/boat/a")) == []


@pytest.mark.parametrize("name", ["updatedAt", "updated_at", "lastModified", "modified", "dateModified"])
def test_the_time_of_the_last_change_moves_with_a_change(step: MakeStep, name: str) -> None:
    early, late = "2026-03-02T08:00:00.250Z", "2026-03-02T08:00:00.750Z"
    before, stays = step(body={"a": 1, name: early}), step(body={"a": 2, name: early})
    change = step("PATCH")

    assert updates.modified_names(before.body, {}) == (name,)
    assert rules(updates.time_of_change(before, change, stays, [name])) == ["version-unchanged"]
    assert rules(updates.time_of_change(before, change, step(body={"a": 2, name: late}), [name])) == []
    assert rules(updates.time_of_change(before, change, before, [name])) == []
    assert rules(updates.time_of_change(before, step("PATCH", 409), stays, [name])) == []


def test_what_holds_no_time_is_no_time_of_a_change() -> None:
    nullable = {"updatedAt": {"type": ["string", "null"], "format": "date-time"}}

    assert updates.modified_names({"updatedBy": "Ada", "modified": True, "updated": "yes"}, {}) == ()
    assert updates.modified_names({"updatedAt": None}, {}) == ()
    assert updates.modified_names({"updatedAt": None}, nullable) == ("updatedAt",)
    assert updates.has_fraction(["2026-03-02T08:00:00.250Z"])
    assert not updates.has_fraction(["2026-03-02T08:00:00.000Z", "2026-03-02T08:00:00Z", None])


def test_a_resource_is_found_below_its_own_parent(step: MakeStep) -> None:
    created, own, same = step("POST", 201), step(body={"id": 1}), step(body={"id": 1})

    assert rules(access.not_below_another_parent(created, created, own, same)) == ["found-below-another-parent"]
    assert rules(access.not_below_another_parent(created, created, own, step("GET", 404))) == []
    assert rules(access.not_below_another_parent(created, created, own, step(body={"id": 2}))) == []


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((3, 4, 5, 5), ["wrong-total"]),
        ((3, 4, 5, 4), []),
        ((3, 3, 3, 3), []),
        ((3, 5, 6, 6), []),
        ((3, 4, 5), []),
        ((None, 4, 5, 5), []),
    ],
)
def test_what_was_deleted_is_not_counted(step: MakeStep, numbers: tuple[int | None, ...], expected: list[str]) -> None:
    readings = [step(body={"boats": number}) for number in numbers]

    assert rules(deletion.counted_no_more(readings, step("DELETE", 204), ["boats"])) == expected


def test_numbers_of_one_summary_that_count_what_was_deleted_are_one_finding(step: MakeStep) -> None:
    found = [
        problem.key
        for name in ("boats", "trips")
        for problem in deletion.counted_no_more(
            [step(body={name: number}) for number in (3, 4, 5, 5)], step("DELETE", 204), [name]
        )
    ]

    assert len(found) == 2
    assert len(set(found)) == 1


def test_counters_have_the_name_of_what_they_count() -> None:
    names = ("boats", "boatCount", "total_boats", "boatsBuilt", "trips")
    number = {name: {"type": "integer"} for name in names}

    assert deletion.counters(number, "boats") == ("boats", "boatCount", "total_boats")
    assert deletion.counters({"boats": {"type": "array"}}, "boats") == ()


def test_a_reference_leads_to_something(step: MakeStep) -> None:
    gone = step("GET", 404)

    assert rules(acceptance.reference_rejected(step("POST", 201), gone, "boat_id")) == ["missing-reference-accepted"]
    assert rules(acceptance.reference_rejected(step("POST", 422), gone, "boat_id")) == []
    assert rules(acceptance.reference_rejected(step("POST", 202), gone, "boat_id")) == []


def test_a_unique_value_is_taken_once(step: MakeStep) -> None:
    first, again, rejected = step("POST", 201), step("POST", 201), step("POST", 409)
    sent = {"name": "A"}

    assert rules(acceptance.unique_value(first, rejected, "name", "a creation")) == []
    assert rules(acceptance.unique_value(first, again, "name", "a creation")) == ["duplicate-accepted"]
    assert rules(acceptance.rejected_creates_nothing(rejected, step(), sent, [])) == []
    assert rules(acceptance.rejected_creates_nothing(rejected, step(), sent, [{"name": "B"}])) == []
    assert rules(acceptance.rejected_creates_nothing(rejected, step(), sent, [{"name": "A", "id": 2}])) == [
        "rejected-request-changes-data"
    ]


def test_the_list_shows_a_change(step: MakeStep) -> None:
    page, read, old, new = step(), step(body={"name": "B"}), {"name": "A"}, {"name": "B"}
    change = step("PUT", sent={"name": "B"})

    assert rules(updates.list_current(change, page, read, [old], new)) == []
    assert rules(updates.list_current(change, page, read, [old], old)) == ["stored-value-differs"]
    assert rules(updates.list_current(change, page, read, [{"name": "C"}, old], old)) == ["stored-value-differs"]
    assert rules(updates.list_current(change, page, step(body=old), [old], old)) == []
    assert rules(updates.list_current(step("PUT", 409, sent={"name": "B"}), page, read, [old], old)) == []
    assert rules(updates.list_current(change, page, read, [old], None)) == []


def test_the_response_to_a_batch_shows_all_or_nothing(step: MakeStep) -> None:
    batch = step("POST", 207)

    assert rules(batches.complete(batch, 3, 3)) == []
    assert rules(batches.complete(batch, 3, 0)) == []
    assert rules(batches.complete(batch, 3, 2)) == ["created-resource-not-listed"]


def test_the_list_of_one_parent_has_no_child_of_another(step: MakeStep) -> None:
    assert rules(lists.of_one_parent(step("POST", 201), step(), "1", ["2"])) == []
    assert rules(lists.of_one_parent(step("POST", 201), step(), "1", ["2", "1"])) == ["filter-returns-other-items"]


def test_a_finding_about_an_item_has_its_place_in_the_response(step: MakeStep) -> None:
    page = step(body={"items": [{"id": 1, "color": "red"}, {"id": 2, "color": "blue"}]})
    items = page.body["items"]

    problems = [
        *lists.filtered(page, items, "color", "red", "equal", "color=red", name="color"),
        *lists.of_one_parent(step("POST", 201), page, "2", ["1", "2"]),
        *lists.contains(page, items[0], "green", "q=green"),
        *lists.partition([step(body=[]), page], [["2"], ["1", "2"]], ["2"], []),
    ]

    assert [problem.part for problem in problems] == ["/items/1/color", "/items/1", "/items/0", "/items/1"]
    assert all(problem.actual == page.body for problem in problems)


def test_a_batch_is_stored_whole(step: MakeStep) -> None:
    sent = [{"name": "a"}, {"name": "b"}]

    assert rules(batches.stored(step("POST", 201), step(), sent, [{"name": "b"}, {"name": "a"}])) == []
    assert rules(batches.stored(step("POST", 201), step(), sent, [{"name": "a"}])) == ["created-resource-not-listed"]


def test_lists_have_what_was_created(step: MakeStep) -> None:
    created, page = step("POST", 201), step()

    assert rules(lists.is_listed(created, [page], "7", ["6", "7"])) == []
    assert rules(lists.is_listed(created, [page], "7", ["6"])) == ["created-resource-not-listed"]
    assert rules(lists.created_once(["1"], ["1", "2"], created, page, others=False)) == []
    assert rules(lists.created_once(["1"], ["1", "2", "3"], created, page, others=False)) == ["created-more-than-once"]
    assert rules(lists.created_once(["1"], ["1", "2", "3"], created, page, others=True)) == []


@pytest.mark.parametrize(
    ("matches", "value", "good", "bad"),
    [
        ("equal", "red", "red", "blue"),
        ("has", "red", ["red", "blue"], ["reddish"]),
        ("part", "red", "Reddish", "blue"),
        ("minimum", 3, 3, 2.5),
        ("maximum", 3, 3, 3.5),
    ],
)
def test_filters(step: MakeStep, matches: str, value: Any, good: Any, bad: Any) -> None:
    def problems(item: Any) -> list[str]:
        return rules(lists.filtered(step(), [{"color": item}], "color", value, matches, f"color={value}", name="color"))

    assert problems(good) == []
    assert problems(bad) == ["filter-returns-other-items"]
    assert rules(lists.found_by_filter(step("POST", 201), step(), "1", ["1"], "color=red", complete=True)) == []
    assert rules(lists.found_by_filter(step("POST", 201), step(), "1", [], "color=red", complete=True)) == [
        "filter-misses-items"
    ]


@pytest.mark.parametrize(
    ("sent", "note", "match"),
    [
        ({"size": 1, "name": "a Red boat"}, "q=RED", ' (name: "a Red boat")'),
        ({"name": "a Red boat"}, "q=RED after a change", ""),
        ({"name": "blue"}, "q=RED", ""),
        (None, "q=", ""),
    ],
)
def test_a_filter_that_misses_something_says_what_matches(step: MakeStep, sent: Any, note: str, match: str) -> None:
    (found,) = lists.found_by_filter(step("POST", 201, sent=sent), step(), "1", [], note, complete=True)

    assert found.message.startswith(f"Expected the created resource{match} in the list filtered by {note}, got")


def test_pages_partition_the_list(step: MakeStep) -> None:
    pages = [step(), step()]

    def problems(*ids: list[str]) -> list[str]:
        return rules(lists.partition(pages, ids, ["1", "2", "3"], []))

    assert problems(["1", "2"], ["3"]) == []
    assert problems(["1", "2"], ["2", "3"]) == ["pages-overlap"]
    assert problems(["1"], ["3"]) == ["pages-leave-out-items"]
    (plain,) = lists.partition(pages, [["1", "2"], ["2", "3"]], ["1", "2", "3"], [])
    (moved,) = lists.partition(pages, [["1", "2"], ["2", "3"]], ["1", "2", "3"], [], {1: step("POST", 201)})
    assert plain.message.endswith("got item 2 on pages 1 and 2.")
    assert "on pages 1 and 2: a new item between" in moved.message
    assert (plain.is_shared, moved.is_shared) == (False, True)
    assert rules(lists.page_size(step(), [1, 2, 3], 2, "limit")) == ["page-too-large"]
    assert rules(lists.short_pages(pages, [1, 2], 2)) == ["pages-leave-out-items"]
    assert rules(lists.same_order(step(), ["1", "2"], pages, [["2"], ["1"]], ["1", "2"])) == ["unstable-order"]
    assert rules(lists.beyond_the_end(step(), [1], "page=999")) == ["pages-overlap"]
    assert rules(lists.end_reached(pages, more=True)) == ["pages-never-end"]


def test_totals_and_orders(step: MakeStep) -> None:
    assert rules(lists.total(step(), "total", 3, 3, 3)) == []
    assert rules(lists.total(step(), "total", 2, 3, 3)) == ["wrong-total"]
    assert stated_total({"meta": {"total_count": 4}}) == ("total_count", 4)
    assert stated_total({"items": []}) is None
    assert rules(lists.sorted_by([step()], [1, 2], "sort=size", descending=False)) == []
    assert rules(lists.sorted_by([step()], [1, 2], "sort=-size", descending=True)) == ["wrong-order"]


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        (["2.10", "10.50", "12.00"], []),
        (["item 9", "item 10"], []),
        (["banana", "Cherry"], []),
        (["Ab", "A-c", "Ad"], []),
        (["2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z"], []),
        (["PT9M", "PT1H"], []),
        (["low", "high"], ["low", "normal", "high"]),
    ],
)
def test_texts_may_have_the_order_of_what_they_mean(step: MakeStep, values: list[str], ranks: list[str]) -> None:
    def found(shown: list[str], *, descending: bool) -> list[str]:
        return rules(lists.sorted_by([step()], shown, "sort=c", descending, ranks=ranks))

    assert found(values, descending=False) == found(values[::-1], descending=True) == []
    assert found(sorted(values), descending=False) == []


def test_texts_that_have_no_order_at_all_are_found(step: MakeStep) -> None:
    for values in (["10.50", "2.10", "12.00"], ["banana", "apple", "cherry"], ["PT2M", "PT1H", "PT1M"]):
        for descending in (False, True):
            assert rules(lists.sorted_by([step()], values, "sort=c", descending)) == ["wrong-order"]


def test_conditions(step: MakeStep) -> None:
    old, new = step(body={"a": 1}, ETag='"1"'), step(body={"a": 2}, ETag='"2"')
    change = step("PATCH", body={"a": 2}, sent={"a": 2}, ETag='"2"')

    assert rules(conditions.etag_changes(old, change, new)) == []
    assert rules(conditions.etag_changes(old, change, step(body={"a": 2}, ETag='"1"'))) == ["etag-unchanged"]
    assert rules(conditions.etag_changes(old, step("PATCH", body={"a": 2}, ETag='"1"'), new)) == ["etag-unchanged"]
    assert rules(conditions.stale_rejected(new, step("PATCH", 412), new, "a stale If-Match", NONE)) == []
    assert rules(conditions.stale_rejected(new, step("PATCH", 200), new, "a stale If-Match", NONE)) == [
        "stale-write-accepted"
    ]
    assert rules(conditions.stale_rejected(new, step("PATCH", 412), old, "a stale If-Match", NONE)) == [
        "rejected-request-changes-data"
    ]
    assert rules(conditions.condition_required(step("PUT", 428), "If-Match")) == []
    assert rules(conditions.condition_required(step("PUT", 200), "If-Match")) == ["missing-header-accepted"]
    assert rules(conditions.current_accepted(step("PUT", 412), new, "If-Match")) == ["valid-request-rejected"]
    assert rules(conditions.not_modified(old, step("GET", 304), documented=True)) == []
    assert rules(conditions.not_modified(old, old, documented=True)) == ["conditional-read-ignored"]
    assert rules(conditions.not_modified(old, old, documented=False)) == []
    assert rules(conditions.modified(old, change, step("GET", 304), new)) == ["conditional-read-ignored"]


def test_what_follows_from_an_etag_that_stays_is_not_another_finding(step: MakeStep) -> None:
    old, new = step(body={"a": 1}, ETag='"1"'), step(body={"a": 2}, ETag='"1"')
    change, unmodified = step("PATCH", body={"a": 2}, sent={"a": 2}), step("GET", 304)

    assert rules(conditions.etag_changes(old, change, new)) == ["etag-unchanged"]
    assert rules(conditions.modified(old, change, unmodified, new)) == []
    assert not conditions.is_stale(old, new)

    weak, later = step(body={"a": 1}, ETag='W/"1"'), step(body={"a": 2}, ETag='W/"1"')
    assert rules(conditions.etag_changes(weak, change, later)) == []
    assert rules(conditions.modified(weak, change, unmodified, later)) == ["conditional-read-ignored"]


def test_idempotency_keys(step: MakeStep) -> None:
    first, again = step("POST", 201, {"id": 1}), step("POST", 201, {"id": 2})

    assert rules(conditions.once(first, again, "1", "1")) == []
    assert rules(conditions.once(first, again, "1", "2")) == ["idempotency-key-ignored"]
    assert rules(conditions.other_body_rejected(first, step("POST", 409), "1", None)) == []
    assert rules(conditions.other_body_rejected(first, again, "1", "1")) == ["idempotency-key-ignored"]
    assert rules(conditions.other_key_creates(first, again, "1", "2")) == []
    assert rules(conditions.other_key_creates(first, again, "1", "1")) == ["idempotency-key-ignored"]
    assert rules(conditions.other_key_creates(first, step("POST", 409), "1", None)) == ["idempotency-key-ignored"]


def test_deletions(step: MakeStep) -> None:
    deleted = step("DELETE", 204)
    before, restore = step(body={"name": "A"}), step("POST", 200)

    assert rules(deletion.gone(deleted, step("GET", 404), "reading")) == []
    assert rules(deletion.gone(deleted, step("GET", 410), "reading")) == []
    assert rules(deletion.gone(deleted, step("GET", 200), "reading")) == ["use-after-delete"]
    assert rules(deletion.gone(step("DELETE", 202), step("GET", 200), "reading")) == []
    assert rules(deletion.not_listed(deleted, [step()], "1", ["1"])) == ["use-after-delete"]
    assert rules(deletion.others_stay(deleted, step("GET", 200))) == []
    assert rules(deletion.others_stay(deleted, step("GET", 404))) == ["delete-removes-another-resource"]
    assert rules(deletion.restored(before, restore, step(body={"name": "A"}), NAME, NONE)) == []
    assert rules(deletion.restored(before, restore, step(body={"name": ""}), NAME, NONE)) == [
        "restored-resource-differs"
    ]
    changed, later = step(body={"name": "A", "changed": "9:00"}), step(body={"name": "A", "changed": "9:01"})
    assert rules(deletion.restored(changed, restore, later, NAME, NONE)) == []
    assert rules(deletion.restored(changed, restore, later, NAME, frozenset({"changed"}))) == [
        "restored-resource-differs"
    ]
    assert rules(deletion.not_deleted_by("POST", restore, step(status=404))) == ["method-override-effective"]
    assert rules(deletion.not_deleted_by("POST", restore, step())) == []
    assert rules(deletion.listed_again(restore, step(), "1", [], complete=True)) == ["restored-resource-differs"]
    assert rules(deletion.restorable(step("POST", 404), deleted)) == ["valid-request-rejected"]


def test_users(step: MakeStep) -> None:
    denied, served = step("GET", 404), step("GET", 200, {"id": 1})
    tries = [(step("POST", 403), step(), 1)] * 3

    assert rules(access.denied_to_others(denied, "reading")) == []
    assert rules(access.denied_to_others(served, "reading")) == ["resource-of-another-user-accessible"]
    assert rules(access.not_listed_for_others(served, "1", ["1"], "a list")) == ["resource-of-another-user-accessible"]
    assert rules(access.still_there(denied, denied)) == []
    assert rules(access.still_there(served, denied)) == ["resource-of-another-user-accessible"]
    assert rules(access.total_of_own(step(body={"total": 3}), 3)) == []
    assert rules(access.total_of_own(step(body={"total": 9}), 3)) == ["wrong-total"]
    assert rules(access.may_not_write(step("PATCH", 403))) == []
    assert rules(access.may_not_write(step("PATCH", 200))) == ["read-only-credential-writes"]
    assert rules(access.may_read(served, step("GET", 403))) == ["valid-request-rejected"]
    assert rules(access.may_read(denied, step("GET", 403))) == []
    assert rules(access.created_nothing(tries, 0)) == ["rejected-request-changes-data"]
    assert rules(access.created_nothing(tries, 1)) == []


def test_a_sequence_has_what_its_last_step_needs(step: MakeStep) -> None:
    parent = step("POST", 201)
    child = step("POST", 201, needs=[parent])
    read = step("GET", 200, needs=[child])

    assert set(needed((read,))) == {parent, child, read}


def test_a_step_without_a_response_failed() -> None:
    lost = Step("read it", library.interaction("timeout"))

    assert (lost.status, lost.ok, lost.failed, lost.is_denied) == (0, False, True, False)
    assert (lost.header("Location"), lost.etag) == ("", "")


@pytest.mark.parametrize(
    ("code", "ok", "failed", "is_denied"),
    [(199, False, False, False), (200, True, False, False), (299, True, False, False), (300, False, False, False),
     (399, False, False, False), (400, False, False, True), (499, False, False, True), (500, False, True, False)],
)  # fmt: skip
def test_the_status_of_a_step_says_how_it_ended(
    step: MakeStep, code: int, ok: bool, failed: bool, is_denied: bool
) -> None:
    ended = step("GET", code)

    assert (ended.ok, ended.failed, ended.is_denied) == (ok, failed, is_denied)
    assert [step(method).is_safe for method in ("GET", "HEAD", "POST")] == [True, True, False]


@pytest.mark.parametrize(
    ("old", "now", "changes"),
    [
        ("a", "b", [{"value": "b"}]),
        (1, 7, [{"value": 3}, {"value": 7}]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 9}, [{"value": {"b": 9}}]),
    ],
)
def test_another_resource_has_what_was_sent(step: MakeStep, old: Any, now: Any, changes: list[Any]) -> None:
    before, after = step(body={"value": old}), step(body={"value": now})

    def found(sent: list[Any]) -> list[str]:
        return rules(
            updates.unchanged(before, step("PATCH"), after, NONE, "it", "update-changes-another-resource", sent)
        )

    assert found(changes) == ["update-changes-another-resource"]
    assert found([{"value": "other"}, {"other": now}]) == []


def test_a_value_that_ends_at_zero_may_end_by_itself(step: MakeStep) -> None:
    before, after = step(body={"slots": 3}), step(body={"slots": 0})

    assert list(updates.unchanged(before, step("PATCH"), after, NONE, "it", "x", [{"slots": 0}])) == []
