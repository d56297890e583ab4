"""What a message says of an instance that violates a schema."""

from typing import Any

import pytest

from flowcontract.openapi.normalization import normalize
from flowcontract.openapi.schema_messages import shown
from flowcontract.openapi.schemas import Schemas

LONG = "x" * 90


def messages(schema: Any, instance: Any) -> list[str]:
    document = {"openapi": "3.1.0", "components": {"schemas": {"X": schema}}}
    found = Schemas(normalize(document), lambda: document, lambda: b"").errors("/components/schemas/X", instance)
    return [error.message for error in found]


ANY = "expected a match of one of the alternatives (anyOf), got 1"
CARD = {"properties": {"by": {"const": "card"}, "last4": {"minLength": 4}}, "required": ["last4"]}
INVOICE = {"properties": {"by": {"const": "invoice"}}, "required": ["iban"]}


@pytest.mark.parametrize(
    ("schema", "instance", "message"),
    [
        ({"type": "string"}, 1, "expected string, got 1"),
        ({"type": ["integer", "null"]}, "ä", 'expected null or integer, got "ä"'),
        ({"type": "string"}, list(range(99)), "expected string, got an array with 99 items"),
        ({"type": "string"}, {str(n): n for n in range(30)}, "expected string, got an object with 30 fields"),
        ({"type": "integer"}, LONG, f'expected integer, got "{"x" * 79}…"'),
        (
            {"type": "object"},
            '{"a": 1}',
            "expected object, got a string that contains an object as JSON (encoded twice)",
        ),
        (
            {"type": ["array", "null"]},
            "[1]",
            "expected null or array, got a string that contains an array as JSON (encoded twice)",
        ),
        ({"type": "object"}, "{a", 'expected object, got "{a"'),
        ({"type": "integer"}, "[1]", 'expected integer, got "[1]"'),
        ({"enum": ["a", 1, None]}, "b", 'expected one of "a", 1, null, got "b"'),
        ({"enum": list(range(20))}, 99, f"expected one of {', '.join(map(str, range(20)))}, got 99"),
        ({"enum": list(range(22))}, 99, f"expected one of {', '.join(map(str, range(20)))} and 2 more, got 99"),
        ({"const": {"a": 1}}, 2, 'expected {"a": 1}, got 2'),
        ({"required": ["größe"]}, {}, 'required field "größe" is missing'),
        ({"format": "date"}, "x", 'expected format date, got "x"'),
        ({"pattern": "^a"}, "x", 'expected a match of the pattern ^a, got "x"'),
        ({"properties": {"x": {}}, "additionalProperties": False}, {"ä": 1}, 'undocumented field "ä"'),
        (
            {"properties": {"x": {}}, "additionalProperties": False},
            {"a": 1, "b": 2},
            'undocumented fields "a", "b"',
        ),
        ({"unevaluatedProperties": False}, {"a": 1}, 'undocumented field "a"'),
        ({"minimum": 1}, 0, "expected at least 1, got 0"),
        ({"minimum": 1.5}, 0, "expected at least 1.5, got 0"),
        ({"maximum": 1.0}, 2, "expected at most 1, got 2"),
        ({"exclusiveMinimum": 1}, 1, "expected more than 1, got 1"),
        ({"exclusiveMaximum": 1}, 1, "expected less than 1, got 1"),
        ({"multipleOf": 2}, 3, "expected a multiple of 2, got 3"),
        ({"uniqueItems": True}, [1, 1], "expected different items, got [1, 1]"),
        ({"properties": {"a": False}}, {"a": 1}, "expected no value here, got 1"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1, "expected null or string, got 1"),
        ({"anyOf": [{"anyOf": [{"type": "null"}, {"type": "string"}]}, {"const": 2}]}, 1, ANY),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, 0, "expected at least 1, got 0"),
        ({"anyOf": [{"minimum": 3}, {"multipleOf": 2}]}, 1, ANY),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, "c", 'expected one of "a", "b", got "c"'),
        (
            {"oneOf": [{"minimum": 0}, {"multipleOf": 2}]},
            2,
            "expected a match of exactly one of the alternatives (oneOf), got 2",
        ),
        ({"oneOf": [CARD, INVOICE]}, {"by": "card", "last4": "42"}, "expected at least 4 characters, got 2"),
        ({"oneOf": [CARD, INVOICE]}, {"by": "invoice"}, 'required field "iban" is missing'),
        ({"oneOf": [CARD, INVOICE]}, {"by": "cash"}, 'expected one of "card", "invoice", got "cash"'),
        (
            {
                "oneOf": [
                    {"properties": {"by": {"enum": ["card", "cash"]}}},
                    {"properties": {"by": {"const": "invoice"}}},
                ]
            },
            {"by": "gold"},
            'expected one of "card", "cash", "invoice", got "gold"',
        ),
        (
            {"anyOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 1}}}]},
            {"a": 2, "b": 2},
            'expected a match of one of the alternatives (anyOf), got {"a": 2, "b": 2}',
        ),
        (
            {"anyOf": [{"properties": {"a": {"properties": {"b": {"const": each}}}}} for each in (1, 2)]},
            {"a": {"b": 3}},
            'expected a match of one of the alternatives (anyOf), got {"a": {"b": 3}}',
        ),
        ({"minLength": 1}, "", "expected at least 1 character, got 0"),
        ({"minLength": 2}, "a", "expected at least 2 characters, got 1"),
        ({"maxLength": 2}, "abc", "expected at most 2 characters, got 3"),
        ({"minItems": 1}, [], "expected at least 1 item, got 0"),
        ({"maxItems": 1000}, [0] * 1001, "expected at most 1,000 items, got 1,001"),
        ({"minProperties": 1}, {}, "expected at least 1 field, got 0"),
        ({"maxProperties": 2}, {"a": 1, "b": 1, "c": 1}, "expected at most 2 fields, got 3"),
        ({"not": {"type": "string"}}, "x", '{"type":"string"} is not allowed for "x"'),
        ({"not": {"type": "string"}}, LONG, f'{{"type":"string"}} is not allowed for "{"x" * 79}…"'),
        ({"not": {"type": "array"}}, list(range(40)), '{"type":"array"} is not allowed for an array with 40 items'),
        ({"not": {"type": "string"}}, "ä" * 90, f'{{"type":"string"}} is not allowed for "{"ä" * 79}…"'),
        ({"not": {"type": "string"}}, "y" * 78, f'{{"type":"string"}} is not allowed for "{"y" * 78}"'),
    ],
)
def test_a_message_says_what_was_expected_and_what_it_got(schema: Any, instance: Any, message: str) -> None:
    assert messages(schema, instance) == [message]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 78, f'"{"x" * 78}"'),
        ("x" * 79, f'"{"x" * 79}…"'),
        ([1, "ä"], '[1, "ä"]'),
        ([0] * 27, "an array with 27 items"),
    ],
)
def test_a_long_value_is_cut(value: Any, text: str) -> None:
    assert shown(value) == text
