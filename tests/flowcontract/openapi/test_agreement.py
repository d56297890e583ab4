"""Members of one value that agree: moments, lists of what happened, files, IDs, and what has not happened."""

from typing import Any

import pytest

from flowcontract.openapi.values import agreement, moments, plausible
from flowcontract.openapi.values.names import singulars

START, END = "2025-05-01T10:00:00Z", "2025-05-01T11:00:00Z"
MEETING = {"start": START, "end": END}


@pytest.mark.parametrize(
    ("value", "sent", "before", "changed"),
    [
        (MEETING, {}, None, {}),
        (MEETING, {"title": "x"}, MEETING, {}),
        (MEETING, {"duration_minutes": 30}, None, {"end": "2025-05-01T10:30:00Z"}),
        (MEETING, {"end": END, "duration_minutes": 30}, None, {"start": "2025-05-01T10:30:00Z"}),
        (MEETING, {**MEETING, "duration_minutes": 30}, None, {}),
        (MEETING | {"start": "2025-05-01T12:00:00Z"}, {"start": 1}, MEETING, {"end": "2025-05-01T13:00:00Z"}),
        (MEETING | {"start": "2025-05-01T12:00:00Z"}, {"start": 1}, None, {"end": "2025-05-02T12:00:00Z"}),
        (MEETING | {"start": "2025-05-01T10:30:00Z"}, {"start": 1}, None, {}),
        (MEETING | {"end": "2025-05-01T09:00:00Z"}, {"end": 1}, MEETING, {"start": "2025-05-01T08:00:00Z"}),
        (MEETING | {"end": START}, {"end": 1}, None, {"start": "2025-04-30T10:00:00Z"}),
        (MEETING | {"end": "2025-05-01T10:30:00Z"}, {"end": 1}, MEETING, {}),
        (MEETING | {"end": START}, {"start": 1, "end": 1}, MEETING, {}),
        (MEETING | {"duration_minutes": 45}, {"start": 1}, MEETING, {"end": "2025-05-01T10:45:00Z"}),
        (MEETING | {"duration_minutes": 45}, {"end": 1}, MEETING, {"duration_minutes": 60}),
        (MEETING | {"duration_minutes": 45}, {"start": 1, "end": 1}, MEETING, {"duration_minutes": 60}),
        (
            MEETING | {"end": "2025-05-01T10:00:30Z", "duration_minutes": 45, "duration_seconds": 9},
            {"start": 1, "end": 1},
            None,
            {"duration_seconds": 30},
        ),
        (MEETING | {"start": "2025-05-01T12:00:00Z"}, {"start": 1}, {"start": END}, {"end": "2025-05-02T12:00:00Z"}),
        (
            MEETING | {"start": "2025-05-01T12:00:00Z"},
            {"start": 1},
            {"start": END, "end": START},
            {"end": "2025-05-02T12:00:00Z"},
        ),
        ({"check_in": "2025-05-01", "check_out": "2025-05-02"}, {"nights": 3}, None, {"check_out": "2025-05-04"}),
        ({"start": "2025-05-01", "end": "2025-05-01"}, {"duration_hours": 3}, None, {"end": "2025-05-02"}),
        ({"start": "2025-99-01", "end": "2025-05-01"}, {"start": 1}, None, {}),
        ({"from": "2025-01-31", "until": "2025-02-03"}, {"from": 1, "months": 1}, None, {"until": "2025-02-28"}),
        ({"from": "2025-11-01", "until": "2025-11-09"}, {"months": 6}, None, {"until": "2026-05-01"}),
        ({"from": "2025-11-01", "until": "2025-11-09", "weeks": 2}, {"from": 1}, None, {"until": "2025-11-15"}),
        ({"start": START}, {"start": 1, "duration_minutes": 30}, None, {}),
        ({"start": START, "end": "2025-05-02"}, {"duration_minutes": 30}, None, {}),
    ],
)
def test_an_end_follows_the_start_or_length_that_a_client_gives(
    value: Any, sent: Any, before: Any, changed: Any
) -> None:
    assert moments.after_change(value, sent, before) == changed


def test_not_everything_takes_the_same_time() -> None:
    starts = [f"2025-05-01T{hour:02}:00:00Z" for hour in range(10, 20)]
    days = [f"2025-05-{day}" for day in range(10, 20)]

    meetings = [agreement.agreeing({"start": each, "end": "2025-09-01T10:00:00Z"})["end"] for each in starts]
    stays = [agreement.agreeing({"check_in": each, "check_out": "2025-09-01"})["check_out"] for each in days]

    assert (
        len(
            {
                moments.read("time", end) - moments.read("time", start)
                for start, end in zip(starts, meetings, strict=True)
            }
        )
        > 3
    )
    assert (
        len({moments.read("date", end) - moments.read("date", start) for start, end in zip(days, stays, strict=True)})
        > 3
    )


@pytest.mark.parametrize(
    ("start", "end", "fixed", "kept"),
    [
        (START, "2025-05-01T22:00:00Z", [], True),
        (START, "2025-05-01T22:00:01Z", [], False),
        ("2025-05-01", "2025-05-15", [], True),
        ("2025-05-01", "2025-05-16", [], False),
        (START, START, [], False),
        (START, "2025-09-01T10:00:00Z", ["start", "end"], True),
        (START, "2025-09-01T10:00:00Z", ["start"], False),
    ],
)
def test_an_end_that_is_near_its_start_stays(start: str, end: str, fixed: list[str], kept: bool) -> None:
    found = agreement.agreeing({"start": start, "end": end}, fixed)

    assert found["start"] == start
    assert (found["end"] == end) is kept
    assert start < found["end"]


def test_a_start_moves_where_the_end_is_given() -> None:
    found = agreement.agreeing({"start": START, "end": "2025-09-01T10:00:00Z", "duration_minutes": 45}, ["end"])

    assert found == {"start": "2025-09-01T09:15:00Z", "end": "2025-09-01T10:00:00Z", "duration_minutes": 45}


@pytest.mark.parametrize(
    ("holder", "moments_", "found"),
    [
        ({"created_at": "2025-05-01"}, ["2025-09-01", "2025-05-02"], ["2025-05-04", "2025-05-07"]),
        ({"created_at": "2025-05-01"}, ["2025-05-11", "2025-05-01"], ["2025-05-01", "2025-05-11"]),
        ({"created_at": "2025-05-01"}, ["2025-04-30"], ["2025-05-06"]),
        ({"created_at": "2025-05-01", "updated_at": "2025-05-03"}, ["2025-05-04"], ["2025-05-02"]),
        ({"created_at": START}, ["2025-09-01", "2025-05-02"], ["2025-05-02", "2025-09-01"]),
        ({"created_at": "2025-99-01"}, ["2025-09-01", "2025-05-02"], ["2025-05-02", "2025-09-01"]),
        ({}, ["2025-09-01", "2025-05-02"], ["2025-05-02", "2025-09-01"]),
        ({}, ["2025-09-01", START], ["2025-09-01", START]),
        ({}, ["later", "earlier"], ["later", "earlier"]),
    ],
)
def test_a_history_is_in_order_and_begins_with_the_creation(
    holder: dict[str, str], moments_: list[str], found: list[str]
) -> None:
    value = holder | {"history": [{"at": each} for each in moments_]}

    assert agreement.settled(value, value) == holder | {"history": [{"at": each} for each in found]}


@pytest.mark.parametrize(
    ("value", "agreeing"),
    [
        ({"doctorId": "b", "doctor": {"id": "a", "name": "x"}}, {"doctor": {"id": "b", "name": "x"}}),
        ({"doctor_id": 2, "doctor": {"id": 1}}, {"doctor": {"id": 2}}),
        ({"doctor_id": 2, "doctor": {"id": 2}}, {}),
        ({"doctor_id": 2, "doctor": {"id": "a"}}, {}),
        ({"doctor_id": 2, "doctor": {"name": "x"}}, {}),
        ({"doctor_id": 2, "doctor": 1}, {}),
        ({"doctor_id": 2, "nurse": {"id": 1}, "doctor": None}, {}),
    ],
)
def test_an_object_has_the_id_that_stands_beside_it(value: Any, agreeing: Any) -> None:
    assert agreement.agreeing(value) == value | agreeing


@pytest.mark.parametrize(
    ("value", "agreeing"),
    [
        ({"filename": "a.png", "mediaType": "text/csv"}, {"filename": "a.csv"}),
        ({"filename": "a.png", "contentType": "text/csv", "mimeType": "text/html"}, {"filename": "a.csv"}),
        ({"filename": "a.png", "mediaType": 5}, {}),
        ({"filename": 5, "mediaType": "text/csv", "url": "https://x.example.com/b"}, {}),
        ({"filename": "a.png", "url": None}, {}),
        ({"filename": "a.png", "url": "no URL"}, {}),
        ({"filename": "a b.png", "url": "https://x.example.com/b"}, {"url": "https://x.example.com/a%20b.png"}),
    ],
)
def test_a_file_is_named_by_its_media_type_and_its_url_by_its_name(value: Any, agreeing: Any) -> None:
    assert agreement.agreeing(value) == value | agreeing


PAID = {"status": "open", "paid_at": START}


@pytest.mark.parametrize(
    ("value", "given", "generated", "found"),
    [
        (PAID, PAID, PAID, {"status": "open", "paid_at": None}),
        ({"a": PAID}, {"a": PAID}, {"a": PAID}, {"a": {"status": "open", "paid_at": None}}),
        ([[PAID]], [[PAID]], [[PAID]], [[{"status": "open", "paid_at": None}]]),
        ({"a": [1, PAID]}, {"a": [1, PAID]}, {"a": [1, PAID]}, {"a": [1, {"status": "open", "paid_at": None}]}),
        (PAID, PAID, {"status": "open", "paid_at": END}, PAID),
        ({"a": PAID}, {"a": PAID}, {"a": {"status": "open"}}, {"a": PAID}),
        ({"a": PAID}, {"a": PAID}, {}, {"a": PAID}),
        ({"a": PAID}, {}, {"a": PAID}, {"a": PAID}),
        ([PAID], [PAID], [], [PAID]),
        ([PAID], [PAID], PAID, [PAID]),
        (PAID | {"status": "paid"}, PAID, PAID, PAID | {"status": "paid"}),
        ({"status": "open", "paid_at": None}, {}, {}, {"status": "open", "paid_at": None}),
    ],
)
def test_a_generated_moment_of_what_has_not_happened_is_null(
    value: Any, given: Any, generated: Any, found: Any
) -> None:
    assert agreement.without_what_has_not_happened(value, given, generated, lambda _: True) == found


@pytest.mark.parametrize(
    ("is_valid", "found"),
    [
        (lambda value: True, {"status": "open", "paid_at": None}),
        (lambda value: value.get("paid_at", "") is not None, {"status": "open"}),
        (lambda value: "paid_at" in value and value["paid_at"] is not None, PAID),
    ],
)
def test_it_is_absent_where_it_may_not_be_null_and_stays_where_it_is_required(is_valid: Any, found: Any) -> None:
    assert agreement.without_what_has_not_happened(PAID, PAID, PAID, is_valid) == found
    assert PAID["paid_at"] == START


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("2025-05-01", "date"),
        ("2025-05-01T10:00:00Z", "time"),
        ("2025-05-01 10:00", "time"),
        ("2025-05", ""),
        ("on 2025-05-01", ""),
        ("10:00:00", "time of day"),
        ("10:00:00Z", "time of day"),
        ("10:00:00+02:00", "time of day"),
        ("10:00", ""),
        (1_735_689_600, "Unix time"),
        (946_684_799, ""),
        (2**32 - 1, "Unix time"),
        (2**32, ""),
        (1_750_000_000.0, ""),
        (None, ""),
    ],
)
def test_what_kind_of_moment_a_value_is(item: Any, kind: str) -> None:
    assert plausible.kind_of_moment(item) == kind


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("pets", "pet"),
        ("staff", "staff"),
        ("companies", "company"),
        ("branches", "branch"),
        ("addresses", "address"),
        ("dishes", "dish"),
        ("statuses", "status"),
        ("boxes", "box"),
        ("waltzes", "waltz"),
        ("movies", "movie"),
        ("languages", "language"),
        ("shelves", "shelf"),
        ("people", "person"),
        ("analyses", "analysis"),
        ("heroes", "hero"),
    ],
)
def test_what_one_item_of_a_collection_may_be_called(name: str, singular: str) -> None:
    found = singulars(name)

    assert singular in found
    assert len(found) == len(set(found)) <= 3


STAY = {"check_in": "2025-05-10", "check_out": "2025-05-12", "created_at": "2025-05-01T00:00:00Z"}
CREATED, UPDATED = "2025-05-01T00:00:00Z", "2025-05-09T00:00:00Z"
PERSON = {"first_name": "Anna", "last_name": "Berg", "email": "no.one@example.com"}


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ({"stayed": "2025-06-10", "created_at": CREATED}, "2025-04-01", "2025-04-30"),
        ({"stayed": "2025-04-10", "created_at": CREATED}, "2025-04-10", "2025-04-10"),
        ({"cancellable_until": "2025-09-03T18:10:41Z", **STAY}, "2025-05-03", "2025-05-09T18:10:41Z"),
        ({"cancellable_until": "2025-05-08T18:10:41Z", **STAY}, "2025-05-08T18:10:41Z", "2025-05-08T18:10:41Z"),
        ({"cancellable_until": "2025-05-10T18:10:41Z", **STAY}, "2025-05-03", "2025-05-09T18:10:41Z"),
        (
            {"cancellable_until": "2025-05-10T18:10:41Z", **STAY, "created_at": "2025-05-09T20:00:00Z"},
            "2025-05-09T20:00:00Z",
            "2025-05-09T20:00:00Z",
        ),
        (
            {"updated_at": "2025-06-01T00:00:00Z", "cancellable_until": "2025-05-08T18:10:41Z", **STAY},
            "2025-06-01T00:00:00Z",
            "2025-06-01T00:00:00Z",
        ),
        ({"closes": "2027-06-10", "opens": "2025-05-01"}, "2025-07-30", "2025-11-30"),
    ],
)
def test_a_moment_lies_where_its_name_says(value: dict[str, str], low: str, high: str) -> None:
    assert low <= agreement.agreeing(value)[next(iter(value))] <= high


@pytest.mark.parametrize(
    ("part", "is_moved"),
    [
        ({"cancellation": {"cancelled_at": "2025-01-01T00:00:00Z"}}, True),
        ({"cancellation": {"cancelled_at": "2025-06-01T00:00:00Z"}}, True),
        ({"cancellation": {"cancelled_at": "2025-05-02T00:00:00Z"}}, False),
        ({"host_reply": {"created_at": "2025-01-01T00:00:00Z", "body": "Thanks"}}, True),
        ({"customer": {"id": 1, "verified_at": "2025-01-01T00:00:00Z"}}, False),
        ({"customer": {"created_at": "2024-01-01T00:00:00Z", "verified_at": "2025-01-01T00:00:00Z"}}, False),
        ({"customer": {"created_at": "2024-01-01T00:00:00Z"}}, False),
    ],
)
def test_what_happened_to_an_object_did_so_between_its_creation_and_its_last_change(part: Any, is_moved: bool) -> None:
    value = {"created_at": CREATED, "updated_at": UPDATED, **part}
    (name,) = part

    found = agreement.settled(value, value)

    assert (found[name] != part[name]) == is_moved
    assert not is_moved or CREATED <= next(iter(found[name].values())) <= UPDATED
    assert agreement.settled(value, {**value, name: {}})[name] == part[name]


@pytest.mark.parametrize(
    ("name", "status", "is_there"),
    [
        ("cancellation", "pending", False),
        ("cancellation", "cancelled", True),
        ("cancellation_reason", "pending", False),
        ("cancelled_by", "pending", False),
        ("cancelled_by", "cancelled", True),
        ("failure_message", "done", False),
        ("cancellation_policy", "pending", True),
        ("failed_attempts", "done", True),
        ("approved_by", "pending", True),
    ],
)
def test_what_is_about_an_end_is_only_there_after_it(name: str, status: str, is_there: bool) -> None:
    value = {"status": status, name: "x"}

    found = agreement.without_what_has_not_happened(value, value, value, lambda _: True)

    assert found == {"status": status, name: "x" if is_there else None}


@pytest.mark.parametrize(
    ("own", "made", "expected"),
    [
        ([True, True, False], None, [True, False, False]),
        ([False, False], None, [True, False]),
        ([False, True], None, [False, True]),
        ([False, False], [True, False], [False, True]),
        ([True, True], [False, True], [True, False]),
        (["x", "y"], None, ["x", "y"]),
    ],
)
def test_one_of_a_list_is_the_first_of_all(own: list[Any], made: Any, expected: list[Any]) -> None:
    value, generated = ({"guests": [{"is_primary": each} for each in part]} for part in (own, made or own))

    assert [each["is_primary"] for each in agreement.settled(value, generated)["guests"]] == expected


def test_a_total_is_that_of_all_nights_where_nothing_else_adds_up() -> None:
    stay = {"nights": 3, "nightly_price": "20.50", "total": "1.00"}

    assert agreement.agreeing(stay)["total"] == "61.50"
    assert agreement.agreeing({**stay, "lines": [{"amount": "7.00"}]})["total"] == "7.00"


def test_an_address_is_in_the_country_that_stands_beside_it() -> None:
    value = {"city": "Rome", "country": "IT", "address": {"city": "Paris", "country": "FR"}, "host": {"city": "Oslo"}}

    found = agreement.agreeing(value)

    assert (found["address"], found["host"]) == ({"city": "Rome", "country": "IT"}, {"city": "Oslo"})


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ({"slug": "a-b", "name": "Quiet, hill"}, "quiet-hill"),
        ({"slug": "ab", "name": "X"}, "ab"),
        ({"slug": "a-b"}, "a-b"),
    ],
)
def test_a_slug_is_that_of_the_name(value: dict[str, str], slug: str) -> None:
    assert agreement.agreeing(value)["slug"] == slug


@pytest.mark.parametrize(
    ("fixed", "email"),
    [({"first_name", "last_name"}, "anna.berg@example.com"), ({"first_name"}, "no.one@example.com"),
     ({"first_name", "last_name", "email"}, "no.one@example.com")],
)  # fmt: skip
def test_an_email_is_of_the_name_that_was_given(fixed: set[str], email: str) -> None:
    assert agreement.agreeing(PERSON, fixed)["email"] == email


@pytest.mark.parametrize(("months", "end"), [(1, "2025-03-01"), (13, "2026-03-01")])
def test_an_end_is_as_many_months_after_its_start_as_are_said(months: int, end: str) -> None:
    rental = {"from": "2025-02-01", "until": "2025-02-09", "months": months}

    assert agreement.settled(rental, rental) == rental | {"until": end}


@pytest.mark.parametrize(
    ("value", "agreeing"),
    [
        ({"from_time": "20:45", "to_time": "16:15"}, {"from_time": "16:15", "to_time": "20:45"}),
        ({"opens": "08:00", "closes": "18:00"}, {"opens": "08:00", "closes": "18:00"}),
        ({"start": "later", "end": "08:00"}, {"start": "later", "end": "08:00"}),
    ],
)
def test_hours_are_in_order(value: Any, agreeing: Any) -> None:
    assert agreement.settled(value, value) == agreeing


def test_what_follows_a_report_comes_after_it() -> None:
    value = {
        "reported_at": "2025-10-04T07:30:44Z",
        "due_on": "2025-04-08",
        "attachments": [{"uploaded_at": "2025-05-05T01:54:22Z"}, {"uploaded_at": "2025-11-05T01:54:22Z"}],
        "products": [{"updated_at": "2025-05-05T01:54:22Z"}],
    }

    found = agreement.settled(value, value)

    assert found["due_on"] > "2025-10-04"
    assert [each["uploaded_at"][:10] for each in found["attachments"]] == ["2025-10-05", "2025-11-05"]
    assert found["products"] == value["products"]


def test_totals_are_what_the_lists_come_to_that_they_are_named_after() -> None:
    value = {"costs": [{"amount": "80.50"}, {"amount": "19.50"}], "costs_total": "1.00", "cost_count": 7}

    assert agreement.settled(value, value) == value | {"costs_total": "100.00", "cost_count": 2}
