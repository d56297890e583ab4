"""What a description says that a deletion takes along, and totals over the parts of a resource."""

from collections.abc import Callable
from typing import Any

import pytest

from flowcontract.checks.sequences.related import fate, totals_follow
from flowcontract.checks.steps import Step

MakeStep = Callable[..., Step]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Delete a pet\nIts visits, treatments and vaccinations go with it.", "goes"),
        ("Deletes the pet and all of its treatments.", "goes"),
        ("Removes the pet; treatments are deleted as well.", "goes"),
        ("Its treatments stay, with pet_id null.", "stays"),
        ("Treatments are kept.", "stays"),
        ("The treatment remains. The pet is deleted.", "stays"),
        ("Deletes a pet.", ""),
        ("Deletes a pet without treatments.", ""),
        ("Fails if there are treatments that were not deleted.", ""),
        ("A pet that has treatments cannot be deleted.", ""),
        ("Treatments stay until they are deleted.", ""),
        ("", ""),
    ],
)
def test_a_description_says_what_a_deletion_takes_along(text: str, expected: str) -> None:
    assert fate(text, ("treatments", "treatment")) == expected


def test_names_of_two_words_are_found_in_texts() -> None:
    assert fate("Its order lines are deleted too.", ("orderlines", "orderline")) == "goes"


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("total_cents", (0, 500, 500), ["wrong-total"]),
        ("lineCount", (1, 2, 2), ["wrong-total"]),
        ("total_cents", (0, 500, 0), []),
        ("total_cents", (0, 0, 0), []),
        ("total_cents", (0, 500, 700), []),
        ("version", (1, 2, 2), []),
        ("total", ("0", "5", "5"), []),
        ("total", (None, 5, 5), []),
    ],
)
def test_a_total_is_as_before_when_a_part_is_deleted(
    step: MakeStep, name: str, values: tuple[Any, Any, Any], found: list[str]
) -> None:
    before, raised, after = (step(body={"id": 1, name: value}) for value in values)

    assert [problem.rule for problem in totals_follow(before, raised, step("DELETE", 204), after)] == found
    assert list(totals_follow(before, raised, step("DELETE", 409), after)) == []
