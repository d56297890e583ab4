"""Reports in generated values agree: totals, shares, alternatives; offsets and numbers of lists; square images."""

from typing import Any

import pytest

from flowcontract.openapi.values import agreement

POINTS = [
    {"date": "2026-01-01", "visits": 8, "unique_visitors": 3},
    {"date": "2026-01-02", "visits": 4, "unique_visitors": 9},
]


def settled(value: Any) -> Any:
    return agreement.settled(value, value)


def test_a_total_is_the_sum_of_its_points() -> None:
    countries = [{"country": "SE", "visits": 90}, {"country": "IT", "visits": 30}]
    found = settled({"total_visits": 522, "series": POINTS, "countries": countries})

    assert found["total_visits"] == 12
    assert [each["visits"] for each in found["countries"]] == [9, 3]
    assert found["series"][1]["unique_visitors"] <= 4


@pytest.mark.parametrize(
    ("shares", "whole"), [([0.4, 0.74, 0.35], 1), ([0.0, 0.0], 1), ([40, 70, 35], 100), ([61.5, 80.25], 100)]
)
def test_shares_of_alternatives_are_all_of_it(shares: list[Any], whole: int) -> None:
    given = [{"app": f"app {number}", "share": share} for number, share in enumerate(shares)]
    found = [each["share"] for each in settled({"from": "x", "apps": given})["apps"]]

    assert sum(found) == pytest.approx(whole)
    assert min(found) >= 0


def test_each_alternative_is_there_once() -> None:
    given = [{"app": "web", "share": 0.5}, {"app": "web", "share": 0.3}, {"app": "other", "share": 0.2}]

    assert [each["app"] for each in settled({"apps": given})["apps"]] == ["web", "other"]


def test_what_was_not_generated_stays() -> None:
    given = {"total_visits": 522, "series": POINTS}

    assert agreement.settled(given, given | {"total_visits": 1})["total_visits"] == 522


def test_items_with_ids_and_other_members_are_no_report() -> None:
    given = {"total": 2, "items": [{"id": 1, "name": "a", "rate": 5}, {"id": 2, "name": "a", "rate": 5}]}

    assert settled(given) == given


def test_offsets_are_in_order_and_before_the_end() -> None:
    def chapters(*starts: int) -> Any:
        found = settled({"duration_seconds": 300, "chapters": [{"start_seconds": each} for each in starts]})
        return [each["start_seconds"] for each in found["chapters"]]

    assert chapters(200, 20, 100) == [20, 100, 200]
    assert chapters(862, 580, 877) == [0, 100, 200]


def test_items_are_numbered() -> None:
    found = settled({"lessons": [{"number": 516, "name": "a"}, {"number": 991, "name": "b"}]})

    assert [each["number"] for each in found["lessons"]] == [1, 2]


def test_covers_are_square() -> None:
    found = settled({"cover": {"width": 1444, "height": 1429}, "banner": {"width": 1444, "height": 300}})

    assert found == {"cover": {"width": 1444, "height": 1444}, "banner": {"width": 1444, "height": 300}}
