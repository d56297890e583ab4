"""A server may write anything where a date is expected."""

from datetime import UTC, datetime

import pytest

from flowcontract.http.dates import http_date

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 30 Nov 2026 12:00:00 GMT",
        "Mon, 30 Nov 2026 12:00:00 -0000",
        "Mon, 30 Nov 2026 13:00:00 +0100",
        "Monday, 30-Nov-26 12:00:00 GMT",
    ],
)
def test_a_date_has_a_time_zone(text: str) -> None:
    assert http_date(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "tomorrow",
        "2026-11-30",
        "Mon, 1 Jan , 10:00:00 GMT",
        "Fri, 31 Dec 99999999999 00:00:00 GMT",
        "Fri, 31 Dec 2026 00:00:00 +9900",
    ],
)
def test_anything_else_is_none(text: str | None) -> None:
    assert http_date(text) is None


def test_dates_at_the_ends_of_the_calendar_can_be_compared() -> None:
    last = http_date("Fri, 31 Dec 9999 23:59:59 -0500")

    assert last is not None
    assert (last - NOON).days > 2_900_000
