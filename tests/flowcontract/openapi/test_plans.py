"""Moments of plans in generated values: after today or before it, as the other members say."""

from datetime import date
from typing import Any

import pytest

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.values import valid_value

MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
UNIX_TIME = {"type": "integer", "format": "unix-time"}


def values(today: date, **properties: Any) -> list[dict[str, Any]]:
    schema = {"type": "object", "required": list(properties), "properties": properties}
    read = Contract(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "components": {"schemas": {"X": schema}}}
    )
    return [valid_value(read.schemas, "/components/schemas/X", seed=seed, today=today) for seed in range(30)]


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2031, 5, 17)])
@pytest.mark.parametrize(
    "name", ["starts_at", "due_date", "expires_at", "reserved_until", "nextVisit", "scheduled_for"]
)
@pytest.mark.parametrize("schema", [MOMENT, DAY])
def test_plans_lie_partly_after_today_and_what_happened_does_not(name: str, schema: Any, today: date) -> None:
    found = values(today, **{name: schema, "created_at": schema, "updated_at": schema})
    after = [value[name] >= today.isoformat() for value in found]

    assert any(after)
    assert name == "nextVisit" or not all(after)
    assert all(value["created_at"] <= value[name] for value in found)
    assert all(max(value["created_at"], value["updated_at"]) < today.isoformat() for value in found)
    assert all(min(value[each][:4] for each in value) >= str(today.year - 1) for value in found)


@pytest.mark.parametrize(
    ("said", "is_after"),
    [
        ({"status": "scheduled"}, True), ({"state": "pending"}, True), ({"is_overdue": False}, True),
        ({"status": "completed"}, False), ({"status": "no longer active, expired"}, False), ({"overdue": True}, False),
    ],
)  # fmt: skip
def test_a_status_or_a_truth_value_says_whether_a_plan_is_to_come(said: dict[str, Any], is_after: bool) -> None:
    given = {name: {"const": value} for name, value in said.items()}
    found = values(date(2026, 1, 1), starts_at=MOMENT, ends_at=MOMENT, **given)

    assert {value["starts_at"] >= "2026" for value in found} == {is_after}
    assert all(value["starts_at"] < value["ends_at"] for value in found)


def test_what_is_active_has_begun_and_has_not_ended() -> None:
    found = values(date(2026, 1, 1), active={"const": True}, valid_from=DAY, valid_until=DAY)

    assert all(value["valid_from"] <= "2026-01-01" <= value["valid_until"] for value in found)


def test_unix_times_and_years_follow_today() -> None:
    found = values(date(2031, 1, 1), created={"type": "integer"}, seen=UNIX_TIME, exp_year={"type": "integer"})

    assert {date.fromtimestamp(value[name]).year for value in found for name in ("created", "seen")} == {2030}
    assert all(value["exp_year"] > 2031 for value in found)


@pytest.mark.parametrize("name", ["started_at", "last_start", "dateOfBirth", "period_end", "delivered_on"])
def test_what_is_no_plan_lies_before_today(name: str) -> None:
    assert all(value[name] < "2026" for value in values(date(2026, 1, 1), **{name: MOMENT}))
