"""What a later response can show again of a failure."""

from typing import Any

import pytest
from tests.flowcontract.checks import library

from flowcontract.checks.reproduction import can_show, has_item

BEFORE = {"items": [{"id": 1, "tags": ["x"]}, {"id": 2, "tags": []}], "words": ["a", "b"]}


@pytest.mark.parametrize(
    ("part", "now", "is_there"),
    [
        ("/items/0/tags/0", {"items": [{"id": 2}, {"id": 1, "tags": []}]}, True),
        ("/items/0/tags/0", {"items": [{"id": 2, "tags": ["x"]}]}, False),
        ("/items/0/tags/0", {"error": "gone"}, False),
        ("/items/0/missing", {"items": [{"id": 1}]}, True),
        ("/words/0", {"words": ["b", "a"]}, True),
        ("/words/0", {"words": ["b"]}, False),
        ("/total", {"items": []}, True),
        ("/items/9/name", {"items": []}, True),
        ("body/name", {"items": []}, True),
    ],
)
def test_an_item_is_the_same_by_its_id(part: str, now: Any, is_there: bool) -> None:
    before, later = (library.interaction(library.received(200, body)) for body in (BEFORE, now))

    assert has_item(part, before, later) == is_there
    assert can_show("schema-violation", part, before, later) == is_there


def test_a_filter_shows_nothing_without_items() -> None:
    before, later = (library.interaction(library.received(200, body)) for body in ([{"id": 1}], []))

    assert not can_show("filter-returns-other-items", "/0/id", before, later)
    assert can_show("filter-returns-other-items", "/0/id", before, before)
