"""When a returned value is another one than was sent."""

from typing import Any

import pytest

from flowcontract.checks.sequences.values import MISSING, differences, is_trimmed, look_alike, shown

UUID = {"format": "uuid"}
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
        *(
            ({"part": {name: "mine"}}, {"part": {name: "of the server"}}, {})
            for name in ("id", "uuid", "owner_id", "owner_uuid", "ownerId", "ownerUuid")
        ),
        (True, True, {}),
        (12.5, "12.50", {}),
        ("12.50", "12.5", {"format": "number"}),
        ("P1W", 604800, {}),
        ("PT1.5S", 1.5, {}),
        ("2027-03-28 00:30:00z", "2027-03-28t00:30:00.0000000001Z", {}),
        ({"part": {"key": "A0"}}, {"part": {"key": "a0"}}, {"properties": {"part": {"properties": {"key": UUID}}}}),
        ({"keys": ["A0"]}, {"keys": ["a0"]}, {"properties": {"keys": {"items": UUID}}}),
        (["A0"], ["a0"], {"items": UUID}),
        (["A"], ["A"], {"items": True}),
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
        ({"note": 0}, {}, {}),
        ({"id": "mine"}, {"id": "of the server"}, {}),
        ({"part": {"paid": "a"}}, {"part": {"paid": "b"}}, {}),
        ("text", 1, {}),
        (1, "text", {}),
        (12.5, "12.51", {}),
        ("text", "texts", {"format": "decimal"}),
        ("text", ["text"], {}),
        (1, [1], {}),
        ("a-b", "a-c", UUID),
        ("  ", "", {}),
        ("\u00c4", "\u00e4", {}),
        ("Mira@Example.com", "mira@example.org", {"format": "email"}),
        ("https://a.example", "https://a.example//b", {"format": "uri"}),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:01Z", TIME),
        ("2027-01-01T00:00:00", "2027-01-01T00:00:00.5", TIME),
        ("2027-01-01T00:00:00Z", "2027-13-01T00:00:00Z", TIME),
        ("2027-01-01T00:00:00Z", "soon", TIME),
        (["b", "a"], ["a", "c"], {"uniqueItems": True}),
        (["b", "a"], ["a"], {"uniqueItems": True}),
        (["b", "a"], ["a", "b"], {"anyOf": [True]}),
        ({"events": ["b", "a"]}, {"events": ["a", "b"]}, {}),
        (
            {"part": {"events": ["b", "a"]}},
            {"part": {"events": ["a", "b"]}},
            {"properties": {"part": {"properties": {"events": {"type": "array"}}}}},
        ),
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
        ("abc", "ABC", {}),
        (" ABC ", "abc", {}),
        ("2027-01-01T00:00+01:00", "2026-12-31T23:00Z", {"format": "date"}),
        (" \u00c4", "\u00c4", {}),
        *(
            (" https://A.example", "https://a.example/", {"format": name})
            for name in ("email", "uri", "url", "hostname", "idn-email", "iri", "uri-reference")
        ),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00.999Z", {}),
        (["b", "a"], ["a", "b"], {"oneOf": [{"type": "null"}, {"uniqueItems": True}]}),
        (
            {"part": {"events": ["b", "a"]}},
            {"part": {"events": ["a", "b"]}},
            {"properties": {"part": {"properties": {"events": {"$ref": "#/components/schemas/Events"}}}}},
        ),
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


@pytest.mark.parametrize(
    ("sent", "got", "found"),
    [
        ({"a": {"b": 1}}, {"a": {}}, [("/a/b", 1, MISSING)]),
        ({"a": 1, "b": 2}, {"a": 3, "b": 4}, [("/a", 1, 3), ("/b", 2, 4)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("/a", [1, 2], [1, 3])]),
        ({"a": [1, " x", "y "]}, {"a": [1, "x", "y"]}, [("/a/1", " x", "x"), ("/a/2", "y ", "y")]),
        ({"a": [1, " x"]}, {"a": [2, "x"]}, [("/a", [1, " x"], [2, "x"])]),
        ({"a": {"b": 1}}, {"a": [1]}, [("/a", {"b": 1}, [1])]),
    ],
)
def test_a_difference_names_the_smallest_part(sent: Any, got: Any, found: list[tuple[str, Any, Any]]) -> None:
    assert [(each.pointer, each.expected, each.actual) for each in differences(sent, got)] == found


@pytest.mark.parametrize(
    ("sent", "got", "expected"),
    [(" a ", "a", True), ("a", "a", False), ("  ", "", False), (" A", "a", False), (1, "1", False)],
)
def test_only_white_space_around_a_text_is_trimmed(sent: Any, got: Any, expected: bool) -> None:
    assert is_trimmed(sent, got) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("e\u0301", "\u00e9", True),
        ("\u00e9", "e\u0301", True),
        ("\uff21", "A", True),
        ("A", "\uff21", True),
        ("a", "a", False),
        ("a", "b", False),
        ("1", 1, False),
        (1, "1", False),
    ],
)
def test_texts_look_alike_where_only_their_encoding_differs(one: Any, other: Any, expected: bool) -> None:
    assert look_alike(one, other) is expected


def test_a_value_is_shown_as_json_up_to_a_limit() -> None:
    assert [shown(value) for value in (MISSING, None, "\u00e9", {"a": [1]})] == [
        "nothing",
        "null",
        '"\u00e9"',
        '{"a": [1]}',
    ]
    assert shown("\u00e9", escaped=True) == '"\\u00e9"'
    assert shown("x" * 78) == f'"{"x" * 78}"'
    assert shown("x" * 79) == f'"{"x" * 78}\u2026'
    assert shown(12345, 4) == "123\u2026"
