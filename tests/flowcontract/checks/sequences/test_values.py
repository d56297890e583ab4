"""When a returned value is another one than was sent."""

from typing import Any

import pytest

from flowcontract.checks.sequences.values import MISSING, differences

TIME = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("sent", "got", "schema"),
    [
        ("Ada", "Ada", {}),
        (3, 3.0, {}),
        (19.99, "19.99", {}),
        ("2027-03-28T02:30:00+02:00", "2027-03-28T00:30:00Z", TIME),
        ("2027-03-28T00:30:00Z", "2027-03-28T00:30:00.000000+00:00", TIME),
        ("A0EE-BC99", "a0ee-bc99", {"format": "uuid"}),
        ("12.50", "12.5", {"format": "decimal"}),
        ("PT0S", 0.0, {"format": "duration"}),
        ("P1DT2H30M", 95400, {}),
        ({"a": 1}, {"a": 1, "added": 2}, {}),
        ({"note": None}, {}, {}),
        ({"tags": []}, {}, {}),
        ({"part": {"id": "mine"}}, {"part": {"id": "of the server"}}, {}),
    ],
)
def test_values_of_the_same_meaning(sent: Any, got: Any, schema: dict[str, Any]) -> None:
    assert list(differences(sent, got, schema=schema)) == []


@pytest.mark.parametrize(
    ("sent", "got", "schema"),
    [
        ("Pine \U0001f332", "Pine ?", {}),
        ("e\u0301clair", "\u00e9clair", {}),
        ("two  spaces", "two spaces", {}),
        ("word " * 40, "word " * 20, {}),
        ("0012", "12", {}),
        ("PT5M", 5, {}),
        ("P", 0, {}),
        (2**53 + 1, 2**53, {}),
        (19.99, 20, {}),
        (True, 1, {}),
        ("text", None, {}),
        ("", None, {}),
        ("2027-03-28T02:30:00+02:00", "2027-03-28T02:30:00Z", TIME),
        ("2027-01-01", "2026-12-31", {"format": "date"}),
        (["b", "a"], ["a", "b"], {}),
        ({"note": "x"}, {}, {}),
    ],
)
def test_values_that_differ(sent: Any, got: Any, schema: dict[str, Any]) -> None:
    found = list(differences(sent, got, schema=schema))

    assert [difference.is_normalized for difference in found] == [False]


@pytest.mark.parametrize(
    ("sent", "got", "schema"),
    [
        ("trailing  ", "trailing", {}),
        ({"part": {"events": ["b", "a"]}}, {"part": {"events": ["a", "b"]}}, {"properties": {"part": {"anyOf": []}}}),
        ("Mira@Example.com", "mira@example.com", {"format": "email"}),
        ("ABC", "abc", {}),
        ("https://a.example", "https://a.example/", {"format": "uri"}),
        ("2027-01-01T00:00:00.123Z", "2027-01-01T00:00:00Z", TIME),
        (["b", "a"], ["a", "b"], {"uniqueItems": True}),
        (["b", "a"], ["a", "b"], {"anyOf": [{"type": "array", "uniqueItems": True}, {"type": "null"}]}),
        (None, "made up", {}),
        ("", "made up", {}),
    ],
)
def test_values_that_servers_normalize(sent: Any, got: Any, schema: dict[str, Any]) -> None:
    found = list(differences(sent, got, schema=schema))

    assert [difference.is_normalized for difference in found] == [True]


def test_a_missing_member_is_named() -> None:
    (found,) = differences({"a": {"b": 1}}, {"a": {}})

    assert (found.pointer, found.expected, found.actual) == ("/a/b", 1, MISSING)
