"""Texts with each alternative of a pattern."""

import pytest

from flowcontract.openapi.values.patterns import ends


@pytest.mark.parametrize(
    ("pattern", "like", "texts"),
    [
        (r"^\d{4}-(0[1-9]|1[0-2])$", "2026-05", ["2026-01", "2026-09", "2026-10", "2026-12"]),
        (r"^[0-9]{4}-(?:0[1-9]|1[0-2])$", "2026-05", ["2026-01", "2026-09", "2026-10", "2026-12"]),
        (r"^[A-F][0-9]{2}$", "B04", ["A04", "F04"]),
        (r"^(asc|desc)(,id)?$", "asc", ["asc", "desc"]),
        (r"^[a-z]{3,12}$", "arch", []),
        (r"^[^,]+$", "a", []),
        ("(", "", []),
    ],
)
def test_alternatives_and_ends_of_classes(pattern: str, like: str, texts: list[str]) -> None:
    assert ends(pattern, like, 8) == texts
