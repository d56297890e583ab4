"""Generated values: valid by another validator's word, plausible, and as varied as their schema allows."""

import json
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from flowcontract.errors import ContractError
from flowcontract.openapi import compiled_schemas
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.schema_views import Direction
from flowcontract.openapi.values import (
    Strings,
    agreement,
    declared,
    events,
    example_of,
    members,
    names,
    nouns,
    random_seed,
    repaired,
    valid_value,
)
from flowcontract.openapi.values.documented import as_documented
from flowcontract.openapi.values.examples import with_examples
from flowcontract.openapi.values.patterns import sample
from flowcontract.openapi.values.strings import _WORDS

AT = "/components/schemas/"
STRING, INTEGER, NUMBER, BOOLEAN, NULL = ({"type": each} for each in ("string", "integer", "number", "boolean", "null"))
CONCERT = {"starts_at": "2025-05-01T18:00:00Z", "ends_at": "2025-05-01T20:00:00Z"}
LIST = {"type": "array", "items": INTEGER}
CODES = "AT|CH|D[EK]|ES|FR|GB|I[NT]|JP|NL|SE|US"


def contract(version: str = "3.1.0", **schemas: Any) -> Contract:
    return Contract({"openapi": version, "info": {"title": "T", "version": "1"}, "components": {"schemas": schemas}})


def to(name: str) -> dict[str, Any]:
    return {"$ref": f"#{AT}{name}"}


def fields(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def values(schema: Any, seeds: int = 60, direction: Direction = "response", **more: Any) -> list[Any]:
    """Values of a schema with so many seeds, each valid by the words of `jsonschema`."""
    schemas = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    read = contract(X=schema, **schemas)
    found = [valid_value(read.schemas, f"{AT}X", seed=seed, direction=direction, **more) for seed in range(seeds)]
    document = {"$ref": "#/components/schemas/X", "components": {"schemas": {"X": schema, **schemas}}}
    validator = jsonschema.Draft202012Validator(document)
    if direction == "response":
        assert [error.message for value in found for error in validator.iter_errors(value)] == []
    return found


def distinct(found: list[Any]) -> set[str]:
    return {json.dumps(value, sort_keys=True) for value in found}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (INTEGER | {"minimum": 3, "maximum": 6}, "3 4 5 6"),
        (INTEGER | {"exclusiveMinimum": 3, "exclusiveMaximum": 6}, "4 5"),
        (INTEGER | {"minimum": 2.5, "maximum": 4.5}, "3 4"),
        (INTEGER | {"minimum": -5, "maximum": 1}, "1"),
        (INTEGER | {"minimum": -3, "maximum": 0}, "-3 -2 -1 0"),
        (INTEGER | {"minimum": -9, "maximum": -7}, "-9 -8 -7"),
        (INTEGER | {"multipleOf": 7, "minimum": 50, "maximum": 64}, "56 63"),
        (INTEGER | {"multipleOf": 2, "allOf": [{"multipleOf": 3}], "minimum": 1, "maximum": 13}, "6 12"),
        (NUMBER | {"multipleOf": 0.25, "minimum": 3, "maximum": 3.5}, "3 3.25 3.5"),
        (NUMBER | {"multipleOf": 0.5, "exclusiveMinimum": 1, "exclusiveMaximum": 3}, "1.5 2 2.5"),
        (NUMBER | {"minimum": 1, "maximum": 1.02}, "1.01"),
        (NUMBER | {"minimum": 0, "maximum": 0.001}, "0.0005"),
        (NUMBER | {"minimum": 1, "maximum": 1.04}, "1 1.01 1.02 1.03 1.04"),
        (NUMBER | {"minimum": 5, "maximum": 5}, "5"),
        (INTEGER | {"const": 5}, "5"),
        ({"enum": ["a", 1, {"b": 2}]}, '"a" 1 {"b": 2}'),
        ({"enum": ["a", None, "b"]}, '"a" "b" null'),
        ({"enum": [None]}, "null"),
        (BOOLEAN, "false true"),
        (NULL, "null"),
        ({"type": ["boolean", "null"]}, "false null true"),
        ({"type": "array", "maxItems": 0}, "[]"),
        ({"type": "array", "items": False}, "[]"),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "maxItems": 2}, "[1, 2]"),
        ({"type": "array", "items": {"const": 1}}, "[1, 1, 1]"),
        ({"type": "array", "items": {"const": 1}, "maxItems": 2}, "[1, 1]"),
        ({"type": "array", "items": {"const": 1}, "minItems": 5}, "[1, 1, 1, 1, 1]"),
        ({"type": "array", "items": {"const": 1}, "uniqueItems": True}, "[1]"),
        ({"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 2}, "[1, 2] [2, 1]"),
        ({"type": "array", "contains": {"const": 5}, "minContains": 2, "items": {"const": 5}, "maxItems": 2}, "[5, 5]"),
        (fields("a", a={"const": 1}), '{"a": 1}'),
        (fields(a={"const": 1}), '{"a": 1} {}'),
        (fields("a", a={"const": 1}, b={"const": 2}) | {"maxProperties": 1}, '{"a": 1}'),
        (fields("a", a={"const": 1}, b={}), '{"a": 1}'),
        (fields("a", a={"const": 1}, b=False), '{"a": 1}'),
        ({"type": "object", "additionalProperties": False}, "{}"),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, "1 2"),
        ({"anyOf": [{"const": 1}, NULL]}, "1 null"),
        ({"oneOf": [INTEGER | {"minimum": 1, "maximum": 3}, INTEGER | {"minimum": 3, "maximum": 4}]}, "1 2 4"),
        ({"allOf": [{"minimum": 2}, {"maximum": 3}, INTEGER]}, "2 3"),
        ({"if": {"const": 1}, "then": {"const": 1}, "else": {"const": 2}, "enum": [1, 2, 3]}, "1 2"),
        (INTEGER | {"not": {"const": 2}, "minimum": 1, "maximum": 3}, "1 3"),
    ],
)  # fmt: skip
def test_every_value_that_is_plausible_occurs_and_no_other(schema: Any, expected: str) -> None:
    found = distinct(values(schema, 90))

    decoder, at, wanted = json.JSONDecoder(), 0, set[str]()
    while at < len(expected):
        value, end = decoder.raw_decode(expected, at)
        wanted.add(json.dumps(value, sort_keys=True))
        at = end + 1
    assert found == wanted


def test_a_list_may_need_all_the_values_that_there_are() -> None:
    numbers = INTEGER | {"minimum": 1, "maximum": 30}

    found = values({"type": "array", "items": numbers, "uniqueItems": True, "minItems": 30})

    assert {frozenset(value) for value in found} == {frozenset(range(1, 31))}


def test_a_schema_in_another_file_is_named_after_it(tmp_path: Path) -> None:
    cat, dog = (fields("kind noise", kind=STRING, noise={"const": noise}) for noise in ("meow", "bark"))
    pet = {"oneOf": [{"$ref": "pets/cat.json"}, {"$ref": "dog.json"}], "discriminator": {"propertyName": "kind"}}
    (tmp_path / "pets").mkdir()
    for name, content in {
        "pets/cat.json": cat,
        "dog.json": dog,
        "openapi.json": {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
        | {"components": {"schemas": {"Pet": pet}}},
    }.items():
        (tmp_path / name).write_text(json.dumps(content))
    schemas = Contract.load(tmp_path / "openapi.json").schemas

    found = distinct([valid_value(schemas, f"{AT}Pet", seed=seed) for seed in range(20)])

    assert found == {'{"kind": "cat", "noise": "meow"}', '{"kind": "dog", "noise": "bark"}'}


@pytest.mark.parametrize(
    ("schema", "low", "high", "whole"),
    [
        (INTEGER, 1, 1000, True),
        (INTEGER | {"minimum": -5}, 1, 1000, True),
        (INTEGER | {"minimum": 500}, 500, 1499, True),
        (INTEGER | {"maximum": 5000}, 1, 1000, True),
        (INTEGER | {"maximum": -5}, -1004, -5, True),
        (INTEGER | {"format": "int32"}, 1, 1000, True),
        (INTEGER | {"multipleOf": 10}, 10, 9990, True),
        (NUMBER | {"minimum": 0}, 1, 1000, False),
        (NUMBER | {"maximum": 0.5}, -9.49, 0.5, False),
        (fields("it", it=INTEGER | {"minimum": 2, "maximum": 900}), 2, 900, True),
    ],
)
def test_numbers_are_near_one_to_a_thousand(schema: Any, low: float, high: float, whole: bool) -> None:
    found = [value["it"] if isinstance(value, dict) else value for value in values(schema, 200)]

    assert low <= min(found) <= low + (high - low) / 10
    assert high - (high - low) / 10 <= max(found) <= high
    assert all(isinstance(value, int) for value in found) is whole


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("age", 18, 80),
        ("createdAt", 1_735_689_600, 1_767_225_600),
        ("item_count", 0, 100),
        ("page-size", 10, 50),
        ("totalPages", 1, 5),
        ("port", 1024, 9999),
        ("status_code", 200, 200),
        ("year", 2015, 2025),
        ("something", 1, 1000),
        ("aged", 1, 1000),
    ],
)
def test_integers_suit_their_name(name: str, low: int, high: int) -> None:
    for schema in (INTEGER, INTEGER | {"minimum": -10, "maximum": 2_000_000_000}):
        found = [value[name] for value in values(fields(name, **{name: schema}), 120)]

        if (schema, name) == (INTEGER, "something") or low != 1 or high != 1000:
            assert low <= min(found) <= low + (high - low) / 8
            assert high - (high - low) / 8 <= max(found) <= high


@pytest.mark.parametrize(
    ("name", "low", "high", "places"),
    [("unitPrice", 1, 500, 2), ("lat", -60, 60, 4), ("progress", 0, 100, 0), ("percent", 0, 100, 1)],
)
def test_numbers_suit_their_name(name: str, low: int, high: int, places: int) -> None:
    for schema in (NUMBER, NUMBER | {"minimum": -1000, "maximum": 2000}):
        found = [value[name] for value in values(fields(name, **{name: schema}), 150)]

        assert low <= min(found) <= low + (high - low) / 8
        assert high - (high - low) / 8 <= max(found) <= high
        assert all(round(value, places) == value for value in found)
        assert any(value != round(value, max(places - 1, 0)) for value in found) is (places > 0)


def test_a_name_gives_way_to_the_bounds_of_its_schema() -> None:
    assert distinct([each["age"] for each in values(fields("age", age=INTEGER | {"minimum": 90, "maximum": 91}))]) == {
        "90",
        "91",
    }
    multiples = [each["age"] for each in values(fields("age", age=INTEGER | {"multipleOf": 20}))]
    assert set(multiples) == {20, 40, 60, 80}
    for name, schema in (("age", {"multipleOf": 100}), ("other", {"multipleOf": 100, "maximum": 50})):
        assert all(each[name] % 100 == 0 for each in values(fields(name, **{name: NUMBER | schema})))


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [to("X")]},
        {"anyOf": [to("X"), NULL]},
        {
            "type": "array",
            "prefixItems": [INTEGER],
            "minItems": 2,
            "anyOf": [to("X") | {"maxItems": 3}, {"minItems": 2}],
        },
        {"discriminator": {"propertyName": "a"}, "allOf": [to("Y")]},
    ],
)
def test_schemas_that_say_little_of_themselves_have_values(schema: Any) -> None:
    parent = fields("a", a=fields()) | {"discriminator": {"propertyName": "a"}}
    read = contract(X=schema, Y=parent, Z=to("X"))
    assert read.problems == ()  # Now all are compiled together.

    value = valid_value(read.schemas, f"{AT}Z", seed=1)

    assert read.schemas.is_valid(f"{AT}Z", value)


def test_the_name_of_a_person_may_have_a_schema_that_is_one_of_its_own_alternatives() -> None:
    person = fields("first_name", first_name=to("Text"))
    read = contract(X=fields("owner", owner=person), Text={"anyOf": [to("Text"), STRING]})

    value = valid_value(read.schemas, f"{AT}X", seed=1)

    assert read.schemas.is_valid(f"{AT}X", value)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


@pytest.mark.parametrize(
    ("types", "kinds"),
    [
        (["string", "integer"], {"int"}),
        (["string", "number"], {"int", "float"}),
        (["string", "boolean"], {"str"}),
        (["object", "array"], {"dict"}),
        (["array", "boolean"], {"list"}),
        (["boolean", "null"], {"bool", "NoneType"}),
        (["string", "integer", "null"], {"int", "NoneType"}),
        (["string", "integer", "boolean", "null"], {"str"}),
    ],
)
def test_of_several_types_the_most_telling_is_taken(types: list[str], kinds: set[str]) -> None:
    assert {type(value).__name__ for value in values({"type": types}, 90)} == kinds


def test_optional_members_are_mostly_there() -> None:
    found = values(fields("a", a=INTEGER, b=INTEGER, c=STRING | {"maxLength": 5}), 200)

    assert 150 < sum("b" in value for value in found) < 200
    assert all("a" in value for value in found)
    minimal = values(fields("a", a=INTEGER, b=INTEGER), minimal=True)
    assert {tuple(value) for value in minimal} == {("a",)}
    assert {len(value) for value in values(LIST, minimal=True)} == {0}
    assert {len(value) for value in values(LIST | {"minItems": 2}, minimal=True)} == {2}


def test_deep_values_become_smaller() -> None:
    nested = {"type": "array", "items": {"type": "array", "items": {"type": "array", "items": LIST}}}

    lengths: dict[int, set[int]] = {}

    def measure(value: Any, depth: int = 0) -> None:
        if isinstance(value, list):
            lengths.setdefault(depth, set()).add(len(value))
            for item in value:
                measure(item, depth + 1)

    for value in values(nested, 3):
        measure(value)
    assert lengths == {0: {3}, 1: {3}, 2: {2}, 3: {2}}


def test_maps_have_members_with_names() -> None:
    open_map = {"type": "object", "additionalProperties": INTEGER}
    assert {len(value) for value in values(open_map)} == {2}
    assert {len(value) for value in values(open_map | {"minProperties": 4})} == {4}
    assert {len(each) for each in values(open_map | {"maxProperties": 1})} == {1}
    patterned = {"type": "object", "patternProperties": {"^x-[a-z]{3}$": INTEGER}, "additionalProperties": False}
    assert all(re.fullmatch("x-[a-z]{3}", name) for value in values(patterned) for name in value)
    assert {len(value) for value in values(patterned)} == {2}
    anything = patterned | {"patternProperties": {"^x-[a-z]{3}$": {}}, "minProperties": 2}
    assert all(is_text(member) for value in values(anything) for member in value.values())
    short = {
        "type": "object",
        "propertyNames": {"enum": ["p", "q"]},
        "additionalProperties": BOOLEAN,
        "minProperties": 2,
    }
    assert {tuple(sorted(value)) for value in values(short)} == {("p", "q")}


TREE = fields("value children", value=INTEGER, children={"type": "array", "items": to("Tree")}, parent=to("Tree"))


def test_a_schema_that_refers_to_itself_ends() -> None:
    found = values(to("Tree"), 3, Tree=TREE)

    def depth(value: Any) -> int:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + max(map(depth, parts), default=0)

    assert all(5 < depth(value) < 20 for value in found)
    assert all(len(json.dumps(value)) < 100_000 for value in found)


FORMATS = """
byte date date-time decimal double duration email float hostname int32 int64 ipv4 ipv6 json-pointer regex uri
relative-json-pointer uri-reference uri-template uuid iri iri-reference idn-email idn-hostname
"""


@pytest.mark.parametrize("known", FORMATS.split())
def test_a_format_has_strings_of_every_length_that_it_can_have(known: str) -> None:
    checker = jsonschema.FormatChecker()
    for more in ({}, {"maxLength": 40}, {"minLength": 1}):
        for value in values(STRING | {"format": known} | more, 8):
            checker.check(value, known)
            assert len(value) <= more.get("maxLength", 100)
            assert len(value) >= more.get("minLength", 0)


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        (STRING, "[A-Z][a-z]+ [a-z]+ [a-z]+"),
        (STRING | {"minLength": 100, "maxLength": 120}, "(?s).{100,120}"),
        (STRING | {"minLength": 40, "maxLength": 40}, "(?s).{40}"),
        (STRING | {"maxLength": 3}, ".{1,3}"),
        (STRING | {"maxLength": 8}, "[A-Z][a-z ]{2,7}"),
        (STRING | {"minLength": 30, "maxLength": 60}, "[A-Za-z ]{30,60}"),
        (STRING | {"maxLength": 0}, ""),
        (STRING | {"pattern": "^[a-z]+-[a-z]+$"}, "[a-z]+-[a-z]+"),
        (STRING | {"pattern": "^[0-9]{3}-X$"}, "[0-9]{3}-X"),
        (STRING | {"pattern": "^[A-Z]+$"}, "[A-Z]+"),
        (STRING | {"pattern": "^[A-Z]+$", "minLength": 30, "maxLength": 32}, "[A-Z]{30,32}"),
        (STRING | {"pattern": "^a.*z$", "minLength": 50}, "(?s)a.*z"),
        (STRING | {"not": {"pattern": " "}}, "[^ ]+"),
        (STRING | {"minLength": 8, "maxLength": 8, "not": {"pattern": "[^0-9a-f]|^[0-9]+$"}}, "[0-9a-f]{8}"),
        (STRING | {"pattern": r"^Q(?=[0-9]*[0-4]7$)\d\d\d$"}, r"Q\d[0-4]7"),
        (STRING | {"format": "date"}, r"2025-\d\d-\d\d"),
        (STRING | {"format": "date-time"}, r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        (STRING | {"format": "time"}, r"\d\d:\d\d:\d\dZ"),
        (STRING | {"format": "uuid"}, "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (STRING | {"format": "ipv4"}, r"192\.0\.2\.\d+"),
        (STRING | {"format": "email"}, r"[a-z]+\.[a-z]+@example\.com"),
        (STRING | {"format": "email", "maxLength": 6}, r"[a-z]+@[a-z.]+"),
        (STRING | {"format": "uri"}, r"https://[a-z]+\.example\.com/[a-z]+"),
        (STRING | {"format": "uri", "maxLength": 3}, "a:b"),
        (STRING | {"format": "decimal"}, r"\d+\.\d\d"),
        (STRING | {"format": "int64"}, r"\d+"),
        (STRING | {"contentEncoding": "base64"}, "[A-Za-z0-9+/]+={0,2}"),
    ],
)
def test_a_string_is_of_this_form(schema: Any, pattern: str) -> None:
    assert [value for value in values(schema, 20) if not re.fullmatch(pattern, value)] == []


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("id", r"[a-z]+-\d{3,4}"),
        ("userId", r"[a-z]+-\d{3,4}"),
        ("avatar_url", r"https://[a-z]+\.example\.com/[a-z]+\.png"),
        ("homepage", r"https://[a-z]+\.example\.com/[a-z]+"),
        ("created_at", r"2025-.*Z"),
        ("currencyCode", "CHF|EUR|GBP|JPY|USD"),
        ("lang", "de|en|es|fr|ja"),
        ("sku", r"[A-Z]{3}-\d{3,4}"),
        ("phone", r"\+1\d{3}55501\d\d"),
        ("version", r"\d\.\d\.\d"),
        ("slug", "[a-z]+-[a-z]+"),
        ("price", r"\d+\.\d\d"),
        ("price_per_day", r"\d+\.\d\d"),
        ("price_usd", r"\d+\.\d\d"),
        ("revenueMonth", r"\d+\.\d\d"),
        ("revenue_this_month", r"\d{4,5}\.\d\d"),
        ("unit", "cm|g|kg|ml|mm"),
        ("languages", "de|en|es|fr|ja"),
        ("subtotal", r"\d+\.\d\d"),
        ("last4", r"\d{4}"),
        ("latitude", r"-?\d\d?\.\d{4}"),
        ("iban", r"[A-Z]{2}\d\d[A-Z0-9]+"),
        ("address_line1", r"\d+ .+"),
        ("tag", "[a-z]+"),
        ("mimeType", "image/png"),
        ("time_zone", "Europe/Berlin"),
        ("fileName", r"[a-z]+\.png"),
        ("poster_url", r"https://[a-z]+\.example\.com/[a-z]+\.png"),
        ("buyer_name", "[A-Z][a-z]+ [A-Z].*"),
        ("seat", r"[A-H]\d\d?"),
        ("barcode", r"\d{13}"),
        ("unheard_of", "[A-Z][a-z]+ [a-z]+ [a-z]+"),
    ],
)
def test_a_string_suits_its_name(name: str, pattern: str) -> None:
    found = [value[name] for value in values(fields(name, **{name: STRING}), 20)]

    assert [text for text in found if not re.fullmatch(pattern, text)] == []


def test_dates_of_births_and_urls_of_images_suit_their_name() -> None:
    schema = fields(
        "birthDate startDate logo", birthDate=STRING | {"format": "date"}, startDate=STRING | {"format": "date"},
        logo=STRING | {"format": "uri"},
    )  # fmt: skip
    found = values(schema, 40)

    assert {value["birthDate"] < "2006" for value in found} == {True}
    assert {value["birthDate"] >= "1955" for value in found} == {True}
    assert {value["startDate"][:4] for value in found} == {"2025", "2026"}
    assert {value["logo"][-4:] for value in found} == {".png"}


def test_decimal_numbers_with_a_pattern_are_numbers() -> None:
    schema = fields(
        "price age",
        price=STRING | {"pattern": r"^-?\d{0,8}(?:\.\d{0,2})?$"},
        age=STRING | {"pattern": r"^-?\d{0,8}(?:\.\d{0,2})?$"},
    )
    found = values(schema, 40)

    assert all(re.fullmatch(r"\d+\.\d\d", value["price"]) for value in found)
    assert all(1 <= float(value["price"]) <= 500 for value in found)
    assert all(re.fullmatch(r"\d\d", value["age"]) for value in found)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("rating", 1, 5), ("latitude", 0, 60), ("exchange_rate", 0, 2), ("unheard_of", 1, 500)]
)
def test_decimal_numbers_with_a_pattern_are_in_the_range_of_their_name(name: str, low: int, high: int) -> None:
    schema = fields(name, **{name: STRING | {"pattern": r"^\d+\.\d+$"}})
    found = [float(value[name]) for value in values(schema, 60)]

    assert low <= min(found) < max(found) <= high


@pytest.mark.parametrize(
    ("name", "more", "pattern"),
    [
        ("country", {"maxLength": 2}, CODES),
        ("billing_country", {"maxLength": 2}, CODES),
        ("country", {"pattern": "^[A-Z]{2}$"}, CODES),
        ("country", {"pattern": "^[A-Z]{3}$"}, "AUT|CHE|D(EU|NK)|ESP|FRA|GBR|IND|ITA|JPN|NLD|SWE|USA"),
        ("country", {}, f"(?!({CODES})$).*"),
        ("initials", {"maxLength": 2}, f"(?!({CODES})$).*"),
    ],
)
def test_a_country_of_two_letters_is_a_code(name: str, more: dict[str, Any], pattern: str) -> None:
    schema = fields(name, **{name: STRING | more})

    assert [value for value in values(schema, 20) if not re.fullmatch(pattern, value[name])] == []


@pytest.mark.parametrize("pattern", [r"^\d{2}:\d{2}$", r"^\d\d:\d\d:\d\d$", r"^([01]\d|2[0-3]):[0-5]\d$"])
def test_digits_with_colons_are_a_time_of_day(pattern: str) -> None:
    found = values(fields("x", x=STRING | {"pattern": pattern}), 20)

    assert {time.fromisoformat(value["x"]).second for value in found} == {0}


@pytest.mark.parametrize("length", [8, 12, 20])
def test_texts_are_not_cut_in_a_word(length: int) -> None:
    found = values(fields("label", label=STRING | {"maxLength": length}), 30)

    assert {word for value in found for word in value["label"].lower().split()} <= set(_WORDS)


@pytest.mark.parametrize(
    ("name", "most"), [("beds", 8), ("area_m2", 200), ("max_length_m", 12), ("nights", 14), ("min_nights", 3)]
)
def test_sizes_are_plausible(name: str, most: int) -> None:
    kind = NUMBER | {"exclusiveMinimum": 0} if "m" in name[-2:] else INTEGER | {"minimum": 1}
    found = [value[name] for value in values(fields(name, **{name: kind}), 40)]

    assert 1 <= min(found) < max(found) <= most


def test_lists_of_words_have_words() -> None:
    found = values(fields("tags other", tags={"type": "array"}, other={"type": "array"}), 10)

    assert all(all(map(is_text, value["tags"])) for value in found)
    assert {len(value["tags"]) for value in found} == {2}
    either = fields("tags other", tags={"type": ["array", "null"]}, other={"type": ["array", "null"]})
    assert {len(value["tags"]) for value in values(either, 20) if value["tags"] is not None} == {2}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("redeem_by", INTEGER | {"format": "unix-time"}),
        ("redeem_by", {"anyOf": [INTEGER | {"format": "unix-time"}, NULL]}),
        ("since", INTEGER | {"description": "Measured in seconds since the Unix epoch."}),
    ],
)
def test_integers_that_are_times_by_their_schema_are_unix_times_of_a_year(name: str, schema: Any) -> None:
    found = [value[name] for value in values(fields(f"{name} created", created=INTEGER, **{name: schema}), 20)]

    assert all(1_735_689_600 <= value <= 1_767_225_600 for value in found if value is not None)
    assert all(0 < value < 9 for value in values(INTEGER | {"format": "unix-time", "minimum": 1, "maximum": 8}, 5))


@pytest.mark.parametrize(
    ("name", "schema", "is_null"),
    [
        ("cancelled_at", {"type": ["string", "null"], "format": "date-time"}, True),
        ("canceledAt", {"anyOf": [INTEGER, NULL]}, True),
        ("deleted_at", {"anyOf": [{"type": "string", "format": "date-time"}, NULL]}, True),
        ("cancelled_at", {"type": "string", "format": "date-time"}, False),
        ("paid_at", {"type": "string", "format": "date-time"}, False),
    ],
)
def test_the_time_of_an_end_is_null_where_the_status_is_another(name: str, schema: Any, is_null: bool) -> None:
    schema = fields(f"{name} status", status={"const": "active"}, **{name: schema})

    assert {value[name] is None for value in values(schema, 10)} == {is_null}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"status": "CANCELLED", "canceled_at": 1}, False),
        ({"state": "open", "canceled_at": 1}, True),
        ({"canceled_at": 1}, False),
        ({"deleted_at": 1}, True),
        ({"status": "open", "deleted": 1}, False),
        ({"status": "open", "created_at": 1}, False),
        ({"status": "overdue", "paid_on": "2025-05-01"}, True),
        ({"status": "UNPAID", "datePaid": "2025-05-01"}, True),
        ({"status": "not paid", "paid_at": 1}, True),
        ({"status": "partially_paid", "paid_at": 1}, False),
        ({"status": "shipped", "paid_at": 1}, False),
        ({"status": "sent", "paid_at": 1}, True),
        ({"status": "shipped", "payment_status": "pending", "paid_at": 1}, True),
        ({"status": "in_progress", "completed_at": 1}, True),
        ({"status": "in_progress", "paid_at": 1}, False),
        ({"status": "draft", "publishedAt": 1}, True),
        ({"is_paid": False, "paid_at": 1}, True),
        ({"is_paid": True, "paid_at": 1}, False),
        ({"status": "open", "paid": 1}, False),
    ],
)
def test_a_status_says_what_has_not_happened(value: Any, expected: bool) -> None:
    assert events.has_not_happened(list(value)[-1], value) is expected


@pytest.mark.parametrize(
    ("value", "agreeing"),
    [
        ({"start": "2025-05-02", "end": "2025-05-01"}, {"start": "2025-05-01", "end": "2025-05-02"}),
        ({"end": "2025-05-01", "start": "2025-05-02"}, {"end": "2025-05-02", "start": "2025-05-01"}),
        (
            {"createdAt": "2025-05-03", "updatedAt": "2025-05-01", "deletedAt": "2025-05-02"},
            {"createdAt": "2025-05-01", "updatedAt": "2025-05-02", "deletedAt": "2025-05-03"},
        ),
        (
            {"start": "2025-05-02", "end": "2025-05-01T00:00:00Z"},
            {"start": "2025-05-02", "end": "2025-05-01T00:00:00Z"},
        ),
        (
            {"from": "2025-05-02T00:00:00Z", "to": "2025-05-01T00:00:00Z"},
            {"from": "2025-05-01T00:00:00Z", "to": "2025-05-01T02:00:00Z"},
        ),
        (
            {"created": 1_750_000_000, "redeem_by": 1_740_000_000},
            {"created": 1_740_000_000, "redeem_by": 1_750_000_000},
        ),
        ({"created": 9, "redeem_by": 3}, {"created": 9, "redeem_by": 3}),
        ({"start": "b", "end": "a"}, {"start": "b", "end": "a"}),
        ({"start": "2025-05-02"}, {"start": "2025-05-02"}),
        ({"count": 9, "items": [1, 2]}, {"count": 2, "items": [1, 2]}),
        ({"total": 9, "items": [1, 2]}, {"total": 2, "items": [1, 2]}),
        ({"total": 9, "items": [1, 2], "page": 1}, {"total": 2, "items": [1, 2], "page": 1}),
        ({"total": 9, "items": [1, 2], "name": "x"}, {"total": 9, "items": [1, 2], "name": "x"}),
        ({"totalCount": 9, "items": [1], "name": "x"}, {"totalCount": 1, "items": [1], "name": "x"}),
        ({"count": 9, "items": [1], "more": []}, {"count": 9, "items": [1], "more": []}),
        ({"count": 9.5, "items": [1]}, {"count": 9.5, "items": [1]}),
        ({"count": True, "items": [1]}, {"count": True, "items": [1]}),
        ({"minPrice": 9, "maxPrice": 3}, {"minPrice": 3, "maxPrice": 9}),
        ({"price_min": 9.5, "price_max": 3}, {"price_min": 3, "price_max": 9.5}),
        ({"unitPrice": 2.5, "quantity": 3, "total": 1.0}, {"unitPrice": 2.5, "quantity": 3, "total": 7.5}),
        ({"unit_price": "2.50", "quantity": 3, "total": "1"}, {"unit_price": "2.50", "quantity": 3, "total": "7.50"}),
        ({"unit_price": 2, "quantity": 3, "id": "7"}, {"unit_price": 2, "quantity": 3, "id": "7"}),
        (
            {"lines": [{"total": 2}, {"total": 3}], "subtotal": 9, "tax": 1, "total": 9},
            {"lines": [{"total": 2}, {"total": 3}], "subtotal": 5, "tax": 1, "total": 6},
        ),
        ({"subtotal": "9.00", "tax": "1.50", "total": "2"}, {"subtotal": "9.00", "tax": "1.50", "total": "10.50"}),
        ({"subtotal": "x", "tax": 1, "total": 2}, {"subtotal": "x", "tax": 1, "total": 2}),
        (
            {"filename": "a.png", "url": "https://x.example.com/b"},
            {"filename": "a.png", "url": "https://x.example.com/a.png"},
        ),
        (
            {"fileName": "a.png", "mimeType": "application/pdf", "url": "https://x.example.com/b"},
            {"fileName": "a.pdf", "mimeType": "application/pdf", "url": "https://x.example.com/a.pdf"},
        ),
        ({"filename": "a.gif", "content_type": "text/plain"}, {"filename": "a.gif", "content_type": "text/plain"}),
        ({"filename": "a.png", "content_type": "x/y"}, {"filename": "a.png", "content_type": "x/y"}),
        ({"net": 9, "tax": 1, "total": 3}, {"net": 9, "tax": 1, "total": 10}),
        (
            {"netAmount": 9.5, "vatAmount": 1, "grossAmount": 3.0},
            {"netAmount": 9.5, "vatAmount": 1, "grossAmount": 10.5},
        ),
        (
            {"net_cents": 900, "tax_cents": 100, "gross_cents": 3},
            {"net_cents": 900, "tax_cents": 100, "gross_cents": 1000},
        ),
        ({"net": 9, "gross": 14, "tare": 2}, {"net": 9, "gross": 14, "tare": 2}),
        (
            {"subtotal": 9, "tax": 1, "shipping": 2, "discount": 3, "total": 1},
            {"subtotal": 9, "tax": 1, "shipping": 2, "discount": 3, "total": 9},
        ),
        (
            {
                "net": {"amount": "9.00", "currency": "EUR"},
                "tax": {"value": 1, "currency": "EUR"},
                "total": {"amount": "3.00", "currency": "EUR"},
            },
            {
                "net": {"amount": "9.00", "currency": "EUR"},
                "tax": {"value": 1, "currency": "EUR"},
                "total": {"amount": "10.00", "currency": "EUR"},
            },
        ),
        (
            {"tags": ["a"], "items": [{"price": 2, "quantity": 3}, {"price": 1}], "total": 3.5},
            {"tags": ["a"], "items": [{"price": 2, "quantity": 3}, {"price": 1}], "total": 7.0},
        ),
        (
            {"items": [{"price": 2}], "payments": [{"amount": 1}], "currency": "EUR", "total": 9},
            {"items": [{"price": 2}], "payments": [{"amount": 1}], "currency": "EUR", "total": 2},
        ),
        ({"items": [{"price": 2}], "page": 1, "total": 9}, {"items": [{"price": 2}], "page": 1, "total": 1}),
        ({"minimum": 9, "maximum": 3}, {"minimum": 3, "maximum": 9}),
        ({"min": 3, "max": 9}, {"min": 3, "max": 9}),
        ({"min": "b", "max": "a"}, {"min": "b", "max": "a"}),
        ({"minutes": 9, "maxutes": 3}, {"minutes": 9, "maxutes": 3}),
        ({"min": 9}, {"min": 9}),
        (
            {"createdAt": "2025-05-03", "lastLoginAt": "2025-05-01"},
            {"createdAt": "2025-05-01", "lastLoginAt": "2025-05-03"},
        ),
        (
            {"created_at": "2025-05-02", "completed_at": "2025-05-03", "updated_at": "2025-05-01"},
            {"created_at": "2025-05-01", "completed_at": "2025-05-02", "updated_at": "2025-05-03"},
        ),
        (
            {"status": "done", "completed_at": None, "updated_at": "2025-05-01T00:00:00Z"},
            {"status": "done", "completed_at": "2025-05-01T00:00:00Z", "updated_at": "2025-05-01T00:00:00Z"},
        ),
        ({"task_count": 9, "blocked_tasks": 12}, {"task_count": 9, "blocked_tasks": 2}),
        (
            {"task_count": 9, "open_tasks": 20, "completed_tasks": 10},
            {"task_count": 9, "open_tasks": 6, "completed_tasks": 3},
        ),
        ({"totalSeats": 5, "freeSeats": 20, "soldSeats": 5}, {"totalSeats": 5, "freeSeats": 4, "soldSeats": 1}),
        ({"totalSeats": 5, "maxSeats": 20}, {"totalSeats": 5, "maxSeats": 20}),
        ({"totalHours": 5, "spentHours": 20}, {"totalHours": 5, "spentHours": 20}),
        ({"tags": ["a", "b"], "tag_count": 7}, {"tags": ["a", "b"], "tag_count": 2}),
        ({"progress": 62.5, "completion_percent": 20}, {"progress": 62.5, "completion_percent": 62}),
        ({"progress": 0.25, "percent_done": 20}, {"progress": 0.25, "percent_done": 25}),
        (
            {"task_count": 8, "completed_tasks": 2, "progress": 62},
            {"task_count": 8, "completed_tasks": 2, "progress": 25},
        ),
        ({"status": "done", "progress": 62}, {"status": "done", "progress": 100}),
        ({"state": "TODO", "progress": 62}, {"state": "TODO", "progress": 0}),
        ({"state": "in_progress", "progress": 62}, {"state": "in_progress", "progress": 62}),
        ({"reference_low": 9, "reference_high": 2}, {"reference_low": 2, "reference_high": 9}),
        ({"systolic": 70, "diastolic": 120}, {"systolic": 120, "diastolic": 70}),
        ({"weight_kg": 7, "height_cm": 20}, {"weight_kg": 57, "height_cm": 172}),
        ({"weight_kg": 7, "height_cm": 20, "width_cm": 3}, {"weight_kg": 7, "height_cm": 20, "width_cm": 3}),
        (
            {"status": "paid", "issued_on": "2025-05-02", "paid_at": None},
            {"status": "paid", "issued_on": "2025-05-02", "paid_at": "2025-05-02T12:00:00Z"},
        ),
        ({"min_price": "470.23", "max_price": "69.27"}, {"min_price": "69.27", "max_price": "470.23"}),
        ({"tickets_total": 9, "tickets_sold": 25}, {"tickets_total": 9, "tickets_sold": 5}),
        ({"quantity": 9, "sold": 4, "remaining": 7}, {"quantity": 9, "sold": 4, "remaining": 5}),
        (
            {"capacity": 9, "seats_taken": 4, "status": "sold_out"},
            {"capacity": 9, "seats_taken": 9, "status": "sold_out"},
        ),
        ({"max_price": 9, "sold": 25}, {"max_price": 9, "sold": 25}),
        (CONCERT | {"doors_at": "2025-04-01T18:00:00Z"}, CONCERT | {"doors_at": "2025-05-01T16:30:00Z"}),
        (CONCERT | {"updated_at": "2025-06-01T00:00:00Z"}, CONCERT | {"updated_at": "2025-06-01T00:00:00Z"}),
    ],
)
def test_members_of_an_object_agree(value: Any, agreeing: Any) -> None:
    assert agreement.agreeing(value) == agreeing


@pytest.mark.parametrize("flag", ["checked_in", "is_checked_in"])
def test_a_moment_is_there_if_its_truth_value_says_so(flag: str) -> None:
    moment = {"type": ["string", "null"], "format": "date-time"}
    guest = fields(f"{flag} checked_in_at", **{flag: BOOLEAN, "checked_in_at": moment})

    found = values(guest)

    assert {each[flag] for each in found} == {True, False}
    assert all((each["checked_in_at"] is not None) is each[flag] for each in found)


def test_the_name_and_the_email_of_who_does_something_agree() -> None:
    email = STRING | {"format": "email"}

    for each in values(fields("buyer_name buyer_email", buyer_name=STRING, buyer_email=email)):
        assert each["buyer_email"] == f"{each['buyer_name'].lower().replace(' ', '.')}@example.com"


@pytest.mark.parametrize(("limit", "low", "high"), [({"minimum": 1}, 50, 5000), ({"maximum": 40}, 0, 40)])
def test_a_place_for_an_audience_has_room_for_many(limit: dict[str, Any], low: int, high: int) -> None:
    found = values(fields("venue", venue=fields("capacity", capacity=INTEGER | limit)))

    assert all(low <= each["venue"]["capacity"] <= high for each in found)


def test_plans_begin_after_the_creation() -> None:
    found = agreement.agreeing(
        {"created_at": "2025-05-20T10:00:00Z", "check_in": "2025-05-01", "check_out": "2025-05-03"}
    )

    assert "2025-05-20" <= found["check_in"] <= "2025-06-03"
    assert datetime.fromisoformat(found["check_out"]) - datetime.fromisoformat(found["check_in"]) == timedelta(days=2)


def test_what_happened_was_not_before_a_creation_that_was_given() -> None:
    made = {"created_at": "2025-05-20T10:00:00Z", "last_seen_at": "2025-06-20T10:00:00Z"}

    found = agreement.settled(made | {"created_at": "2030-01-01T00:00:00Z"}, made)

    assert found == {"created_at": "2030-01-01T00:00:00Z", "last_seen_at": "2030-01-01T00:00:00Z"}


def test_nothing_is_paid_before_it_is_issued() -> None:
    found = agreement.agreeing({"issued_on": "2025-08-31", "paid_at": "2025-02-01T21:07:44Z"})

    assert found["issued_on"] == "2025-08-31" < found["paid_at"]


@pytest.mark.parametrize(
    "names", [("first_name", "last_name", "email"), ("full_name", "email"), ("username", "display_name", "email")]
)
def test_what_has_the_names_of_a_person_is_one(names: tuple[str, ...]) -> None:
    for value in values(fields(" ".join(names), **dict.fromkeys(names, STRING)), 10):
        *_, last = (value.get("last_name") or value.get("full_name") or value["display_name"]).lower().split()
        assert re.sub("[^a-z]", "", last) in value["email"]


def test_lists_are_numbered_from_the_first_item_on() -> None:
    made = {"steps": [{"position": 580, "index": 7}, {"position": 44, "index": 7}]}

    assert agreement.settled(made, made) == {"steps": [{"position": 1, "index": 0}, {"position": 2, "index": 1}]}
    given = {"steps": [{"position": 3, "index": 7}, {"position": 44, "index": 7}]}
    assert [step["position"] for step in agreement.settled(given, made)["steps"]] == [3, 44]


def test_a_history_lies_between_the_creation_and_the_last_change() -> None:
    made = {
        "created_at": "2025-05-01T00:00:00Z",
        "updated_at": "2025-05-04T00:00:00Z",
        "activity": [{"at": "2025-09-01T00:00:00Z"}, {"at": "2025-01-01T00:00:00Z"}],
    }

    found = agreement.settled(made, made)["activity"]

    assert found == [{"at": "2025-05-02T00:00:00Z"}, {"at": "2025-05-03T00:00:00Z"}]
    apart = made | {"created_at": None}
    assert [each["at"][5:7] for each in agreement.settled(apart, apart)["activity"]] == ["01", "09"]


def test_a_list_by_itself_is_in_the_order_of_its_moments() -> None:
    schema = {"type": "array", "items": fields("createdAt updatedAt", **MOMENTS), "minItems": 3}

    for value in values(schema, 10):
        assert value == sorted(value, key=lambda each: each["createdAt"])
        assert all(each["createdAt"] <= each["updatedAt"] for each in value)


MOMENTS = dict.fromkeys(("createdAt", "updatedAt"), STRING | {"format": "date-time"})


def test_what_changed_is_not_what_it_was() -> None:
    status = {"enum": ["todo", "done"]}

    for value in values(fields("oldStatus newStatus", oldStatus=status, newStatus=status), 10):
        assert value["oldStatus"] != value["newStatus"]


def test_the_amount_of_a_budget_is_as_large_as_a_budget() -> None:
    amount = fields("amount currency", amount=STRING, currency=STRING)

    for value in values(fields("budget", budget=amount), 20):
        assert float(value["budget"]["amount"]) >= 1000


@pytest.mark.parametrize(
    ("start", "end", "first", "last", "least", "most"),
    [
        ("start", "end", "2025-05-01T10:00:00Z", "2025-09-01T10:00:00Z", 1800, 10_800),
        ("startsAt", "endsAt", "2025-05-01T10:00:00+02:00", "2025-09-01T10:00:00+02:00", 1800, 10_800),
        ("from", "until", 1_750_000_000, 1_760_000_000, 1800, 10_800),
        ("start_time", "end_time", "10:00:00Z", "23:30:00Z", 1800, 10_800),
        ("check_in", "check_out", "2025-05-01", "2025-09-01", 86_400, 14 * 86_400),
        ("checkinAt", "checkoutAt", "2025-05-01T10:00:00Z", "2025-09-01T10:00:00Z", 86_400, 14 * 86_400),
        ("arrival_date", "departure_date", "2025-05-01", "2025-09-01", 86_400, 14 * 86_400),
        ("valid_from", "valid_until", "2025-05-01", "2025-09-01", 123 * 86_400, 123 * 86_400),
        ("contract_start", "contract_end", "2025-05-01", "2025-09-01", 123 * 86_400, 123 * 86_400),
        ("opened_at", "closed_at", "2025-05-01", "2025-09-01", 123 * 86_400, 123 * 86_400),
        ("start", "end", "2025-05-01T10:00:00Z", "2025-05-01T11:01:00Z", 3660, 3660),
        ("start", "end", "2025-99-01T10:00:00Z", "2025-99-02T11:00:00Z", 0, 0),
    ],
)
def test_an_end_lies_a_believable_time_after_its_start(
    start: str, end: str, first: Any, last: Any, least: int, most: int
) -> None:
    def seconds(moment: Any) -> float:
        if isinstance(moment, int):
            return moment
        return datetime.fromisoformat(f"2025-05-01T{moment}" if moment[2] == ":" else moment).timestamp()

    found = agreement.agreeing({end: last, start: first})

    assert found[start] == first
    if most == 0:
        assert found[end] == last
    else:
        assert least <= seconds(found[end]) - seconds(first) <= most


@pytest.mark.parametrize(
    ("length", "end"),
    [({"duration_minutes": 45}, "2025-05-01T10:45:00Z"), ({"durationHours": 2}, "2025-05-01T12:00:00Z")],
)
def test_an_end_is_as_far_from_its_start_as_the_length_says(length: dict[str, int], end: str) -> None:
    value = {"start": "2025-05-01T10:00:00Z", "end": "2025-05-01T20:00:00Z"} | length

    assert agreement.agreeing(value)["end"] == end


def test_a_stay_has_its_nights() -> None:
    value = {"check_in": "2025-05-01", "check_out": "2025-05-02", "nights": 4}

    assert agreement.agreeing(value)["check_out"] == "2025-05-05"


OF_MONEY = fields("amount currency", amount=STRING | {"pattern": r"^\d+(\.\d\d)?$"}, currency={"enum": ["EUR", "JPY"]})


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        (fields("currency lines", currency=STRING, lines={"items": fields("currency", currency=STRING)}), ["lines"]),
        (fields("currencyCode a", currencyCode=STRING, a=fields("b", b=OF_MONEY)), ["a"]),
        (fields("net tax total", net=OF_MONEY, tax=OF_MONEY, total=OF_MONEY), ["net"]),
        (fields("currency lines", currency=STRING | {"examples": ["SEK"]}, lines={"items": OF_MONEY}), []),
        (
            fields("price lines", price=OF_MONEY, lines={"minItems": 2, "items": fields("price", price=OF_MONEY)}),
            ["price"],
        ),
    ],
)
def test_one_object_has_one_currency_and_its_decimals(schema: Any, paths: list[str]) -> None:
    for value in values(schema, 20):
        text = json.dumps(value)
        found = set(re.findall(r'urrency(?:Code)?": "(\w+)"', text))
        assert len(found) == 1 or not paths, text
        if found == {"JPY"}:
            assert not re.search(r"\d\.\d", text), text


@pytest.mark.parametrize("names", [("from_currency", "to_currency"), ("base_currency", "quote_currency")])
def test_an_exchange_may_have_two_currencies(names: tuple[str, str]) -> None:
    made = {names[0]: "EUR", names[1]: "USD", "currency": "GBP", "prices": [{"currency": "CHF"}, {"currency": "EUR"}]}

    assert agreement.settled(made, made) == made


def test_what_was_given_stays_and_the_rest_agrees() -> None:
    made = {"currency": "EUR", "lines": [{"currency": "EUR", "price": 2.5, "total": 2.5}], "total": 2.5}
    given = {"currency": "JPY", "lines": [{"currency": "EUR", "price": 3.5, "total": 2.5}], "total": 2.5}

    assert agreement.settled(given, made) == {
        "currency": "JPY",
        "lines": [{"currency": "JPY", "price": 3.5, "total": 250}],
        "total": 250,
    }
    assert agreement.settled(given, {}) == given
    assert given["currency"] == "JPY"
    given = {"start": "2030-05-01T10:00:00Z", "end": "2025-05-01T10:00:00Z"}
    assert agreement.settled(given, given | {"start": "2025-01-01T10:00:00Z"})["end"][:10] == "2030-05-01"
    assert agreement.settled(given, given | {"end": "2025-01-01T10:00:00Z"})["start"][:10] == "2025-05-01"


@pytest.mark.parametrize(
    ("paid", "required", "expected"),
    [
        ({"type": ["string", "null"], "format": "date"}, "paid_on", {None}),
        ({"type": "string", "format": "date"}, "", {"absent"}),
        ({"type": "string", "format": "date"}, "paid_on", {str}),
    ],
)
def test_what_is_overdue_has_not_been_paid(paid: Any, required: str, expected: set[Any]) -> None:
    schema = fields(f"status {required}", status={"enum": ["overdue"]}, paid_on=paid)
    found = {
        value.get("paid_on", "absent") for value in values({"items": schema, "minItems": 1}, 10) for value in value
    }

    assert found == expected or {type(each) for each in found} == expected


@pytest.mark.parametrize(
    ("name", "is_person", "part"),
    [
        ("Owner", True, None),
        ("UserRequest", True, None),
        ("customers", True, None),
        ("PatchedUserSummary", True, None),
        ("UserGroup", False, None),
        ("Request", False, None),
        ("boat", False, None),
        ("first_name", False, "first"),
        ("lastName", False, "last"),
        ("surname", False, "last"),
        ("displayName", False, "name"),
        ("name", False, "name"),
        ("e-mail", False, None),
        ("emailAddress", False, "email"),
        ("username", False, "login"),
        ("file_name", False, None),
    ],
)
def test_what_a_name_means(name: str, is_person: bool, part: str | None) -> None:
    assert (nouns.is_person(name), nouns.part_of_a_person(name)) == (is_person, part)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("createdAt", ("created", "at")),
        ("created_at", ("created", "at")),
        ("Created-At", ("created", "at")),
        ("HTMLPage", ("htmlpage",)),
        ("page2Size", ("page2", "size")),
        ("x", ("x",)),
    ],
)
def test_a_name_has_words(name: str, words: tuple[str, ...]) -> None:
    assert names.words(name) == words


def test_a_person_has_a_name_and_an_address_that_agree() -> None:
    schema = fields(
        "firstName lastName name email login",
        **dict.fromkeys(("firstName", "lastName", "name", "login"), STRING),
        email=STRING | {"format": "email"},
    )
    for value in values(to("User"), 5, User=schema):
        first, last = value["firstName"], value["lastName"]
        plain = [re.sub("[^a-z]", "", each.lower()) for each in (first, last)]
        assert value["name"] == f"{first} {last}"
        assert value["email"] == f"{plain[0]}.{plain[1]}@example.com"
        assert value["login"] == "".join(plain)
    pattern = schema | {"properties": schema["properties"] | {"login": STRING | {"pattern": "^[a-z0-9_.-]+$"}}}
    for value in values(to("User"), 5, User=pattern):
        assert value["login"] == re.sub("[^a-z]", "", value["name"].lower())
    bounded = schema | {
        "properties": schema["properties"] | {"login": STRING | {"maxLength": 2}, "name": {"const": "X"}}
    }
    for value in values(to("User"), 5, User=bounded):
        assert (value["name"], len(value["login"])) == ("X", 2)
        assert value["email"].endswith("@example.com")


def test_a_person_keeps_the_names_that_its_schema_enumerates() -> None:
    schema = fields("firstName lastName name email", firstName={"enum": ["Zoe"]}, lastName={"enum": ["van Dyk"]},
                    name=STRING, email=STRING)  # fmt: skip

    assert (
        values(schema, 3)
        == [{"firstName": "Zoe", "lastName": "van Dyk", "name": "Zoe van Dyk", "email": "zoe.vandyk@example.com"}] * 3
    )


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        (fields("name", name=STRING), ".+ Hotel"),
        (fields("hotelName", hotelName=STRING), ".+ Hotel"),
        (fields("museum_name", museum_name=STRING), ".+ Museum"),
        (fields("name", name=STRING | {"maxLength": 4}), "(?!.*Hotel).{1,4}"),
        (fields("name", name={"enum": ["Ritz"]}), "Ritz"),
        (fields("title", title=STRING), "(?!.*Hotel).+"),
        ({"type": "object", "additionalProperties": STRING, "required": ["name"]}, "(?!.*Hotel).+"),
    ],
)
def test_a_place_is_called_what_it_is(schema: Any, pattern: str) -> None:
    for value in values(to("HotelDetail"), 5, HotelDetail=schema):
        assert all(re.fullmatch(pattern, text) for text in value.values())


ITEM, OPEN = fields(a=INTEGER), {"additionalProperties": INTEGER}


@pytest.mark.parametrize(
    ("value", "schema", "found"),
    [
        ({"a": 1, "b": 2}, ITEM, {"a": 1}),
        ({"a": 1, "b": 2}, {}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, ITEM | OPEN, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, ITEM | {"additionalProperties": False}, {"a": 1}),
        ({"a": 1, "b": 2}, ITEM | {"allOf": [OPEN]}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"allOf": [ITEM, fields(b=INTEGER)]}, {"a": 1, "b": 2}),
        ({"b": 1}, to("Round"), {}),
        ({"a": {"a": 1, "b": 2}}, fields(a=ITEM), {"a": {"a": 1}}),
        ([{"a": 1, "b": 2}], {"items": ITEM}, [{"a": 1}]),
        ([{"a": 1, "b": 2}], {"allOf": [{"minItems": 1}, {"items": ITEM}]}, [{"a": 1}]),
        ([{"a": 1, "b": 2}], {"anyOf": [NULL, {"items": ITEM}]}, [{"a": 1}]),
        ([{"b": 1}, {"b": 1}], {"prefixItems": [ITEM]}, [{}, {"b": 1}]),
        ([{"b": 1}, {"a": 1}], {"prefixItems": [ITEM], "items": fields(b=INTEGER)}, [{}, {}]),
        ([{"b": 1}, {"b": 1}], {"allOf": [{"prefixItems": [True, ITEM]}]}, [{"b": 1}, {}]),
        ([{"b": 1}], {}, [{"b": 1}]),
        ([{"b": 1}], to("List"), [{"b": 1}]),
        ("x", ITEM, "x"),
    ],
)
def test_members_that_a_schema_does_not_declare_are_left_out(value: Any, schema: Any, found: Any) -> None:
    read = contract(Round={"allOf": [to("Round")]} | ITEM, List={"allOf": [to("List")], "prefixItems": []})

    assert declared(value, schema, read.schemas) == found


EXAMPLES: list[tuple[Any, Any, Any]] = [
    ("x", STRING, "x"),
    ("x", STRING | {"examples": ["e"]}, "e"),
    ("x", STRING | {"default": "d"}, "d"),
    ("x", STRING | {"default": "d", "examples": ["e"]}, "e"),
    ("x", STRING | {"examples": []}, "x"),
    ("x", to("Word"), "word"),
    ("x", {"allOf": [STRING, to("Word")]}, "word"),
    ("x", {"anyOf": [INTEGER, to("Word")]}, "word"),
    ("x", {"oneOf": [INTEGER, to("Word")]}, "word"),
    ({"a": "x"}, fields(a=to("Word")), {"a": "word"}),
    ({}, fields(a=to("Word")), {"a": "word"}),
    ({"b": 1}, fields(a=to("Word"), b=INTEGER), {"a": "word", "b": 1}),
    ({"b": 1}, fields(b=INTEGER) | {"examples": [{"b": 7}]}, {"b": 7}),
    ({"b": 1, "c": 2}, {"allOf": [{"examples": [{"b": 7}]}, fields(c=INTEGER)]}, {"b": 7, "c": 2}),
    ({"b": 1, "c": 2}, {"allOf": [{"examples": [{"b": 7}]}, {"examples": [{"c": 8}]}]}, {"b": 7, "c": 8}),
    ({"b": 1, "c": 2}, {"allOf": [{"examples": [{"b": 7}]}]}, {"b": 7}),
    ({"b": 1, "c": 2}, {"allOf": [{"examples": [5]}, {"examples": [{"c": 8}]}]}, 5),
    (["x", "y"], {"type": "array", "items": to("Word")}, ["word"]),
    (["x", "y"], {"type": "array", "items": to("Word"), "minItems": 2}, ["word", "y"]),
    (["x", "y"], {"type": "array", "items": to("Word"), "allOf": [{"minItems": 2}]}, ["word", "y"]),
    (["x", "y"], {"type": "array", "items": STRING}, ["x", "y"]),
    ([{}, {}], {"type": "array", "items": fields(a=to("Word"))}, [{"a": "word"}, {}]),
    ([], {"type": "array", "items": to("Word")}, []),
    (["x", "y", "z"], {"type": "array", "prefixItems": [STRING, to("Word")]}, ["x", "word", "z"]),
    ({"m": "x"}, {"type": "object", "additionalProperties": to("Word")}, {"m": "word"}),
    (
        {"a": 1, "b": 2},
        {"oneOf": [fields(a=INTEGER, c=INTEGER | {"examples": [5]}), fields(a=INTEGER, b=INTEGER | {"examples": [6]})]},
        {"a": 1, "b": 6},
    ),
    ({"a": []}, fields(a=LIST | {"default": []}, b=LIST | {"default": []}), {"a": [], "b": []}),
]


@pytest.mark.parametrize(("value", "schema", "found"), EXAMPLES)
def test_examples_take_the_place_of_generated_values(value: Any, schema: Any, found: Any) -> None:
    read = contract(Word=STRING | {"examples": ["word"]})

    assert with_examples(value, schema, read.resolve) == found


def test_what_is_taken_over_is_chosen() -> None:
    read = contract(Word=STRING | {"examples": ["word"]})
    schema = fields(a=to("Word"), b=LIST | {"default": []}, c=LIST | {"default": [1]}, d={"default": {}})

    assert with_examples({"b": [5], "c": [5], "d": {"e": 1}}, schema, read.resolve, complete=False, empty=False) == {
        "b": [5],
        "c": [1],
        "d": {"e": 1},
    }
    assert list(with_examples({"c": [5]}, schema, read.resolve)) == ["a", "b", "c", "d"]
    assert example_of(to("Word"), read.resolve) == "word"
    assert example_of(STRING, read.resolve) is None


def test_valid_values_have_examples_unless_told_otherwise() -> None:
    schema = fields(
        "a", a=STRING | {"examples": ["e"]}, b=INTEGER | {"examples": ["wrong"]}, c=STRING | {"default": "d"}
    )

    found = values(schema, 10)
    assert {value["a"] for value in found} == {"e"}
    assert {value["c"] for value in found} == {"d"}
    assert all(isinstance(value.get("b", 1), int) for value in found)
    assert "e" not in {value["a"] for value in values(schema, 10, examples=False)}
    assert {tuple(value) for value in values(schema, 10, minimal=True)} == {("a",)}
    assert values(STRING | {"maxLength": 2, "examples": ["long"]}, 3) != ["long"] * 3


def test_values_are_for_a_direction() -> None:
    schema = fields("id secret", id=INTEGER | {"readOnly": True}, secret={"const": "s", "writeOnly": True})

    assert {tuple(value) for value in values(schema | {"required": ["id"]}, 5)} == {("id",)}
    asked = values(schema, 20, direction="request")
    assert all("secret" in value for value in asked)
    assert 0 < sum("id" in value for value in asked) <= 20


def test_an_example_that_lacks_what_a_request_needs_gives_way() -> None:
    account = fields("name secret", name=STRING, secret=STRING | {"writeOnly": True}) | {"examples": [{"name": "Ann"}]}
    schema = fields("account note", account=account, note=STRING | {"examples": ["n"]})

    for value in values(schema, 3, direction="request"):
        assert (value["note"], value["account"].keys()) == ("n", {"name", "secret"})


def test_members_agree_as_far_as_their_schemas_allow() -> None:
    total = fields("items count", items=LIST | {"minItems": 2, "maxItems": 2}, count={"const": 7})
    schema = total | fields("items count min max", **total["properties"], min={"const": 9}, max=INTEGER)

    for value in values(schema, 5):
        assert (value["count"], value["min"]) == (7, 9)
    bounded = fields("items count minPrice maxPrice", **total["properties"], minPrice=INTEGER, maxPrice=INTEGER)
    assert all(value["minPrice"] <= value["maxPrice"] for value in values(bounded, 20))


def test_equal_seeds_and_keys_give_equal_values() -> None:
    read = contract(X=fields("a", a=INTEGER, b=STRING))

    def value(seed: int, key: str) -> Any:
        return valid_value(read.schemas, f"{AT}X", seed=seed, key=key)

    assert value(1, "k") == value(1, "k")
    assert value(1, "k") != value(2, "k")
    assert value(1, "k") != value(1, "l")
    assert random_seed("a") == 0xCA978112CA1BBDCA
    assert random_seed("\ud800") != random_seed("a")


def test_a_schema_that_nothing_satisfies_gets_what_comes_near() -> None:
    twice = {"oneOf": [fields("a", a={"const": 1}), fields("a", a={"const": 1})]}
    read = contract(
        Twice=twice,
        Apart={"allOf": [fields("a", a={"const": 1}), fields("a", a={"const": 2})]},
        Closed={"allOf": [fields("a", a={"const": 1}) | {"additionalProperties": False}, fields("b", b={"const": 2})]},
        Word={"oneOf": [STRING | {"examples": ["e"]}, STRING]},
    )

    assert valid_value(read.schemas, f"{AT}Twice", seed=1) == {"a": 1}
    assert valid_value(read.schemas, f"{AT}Closed", seed=1) == {"a": 1, "b": 2}
    assert valid_value(read.schemas, f"{AT}Apart", seed=1) == {"a": 1}
    assert valid_value(read.schemas, f"{AT}Word", seed=1) == "e"
    assert valid_value(read.schemas, f"{AT}Word", seed=1, examples=False) != "e"


def test_a_schema_without_any_value_is_an_error() -> None:
    read = contract(X=False)

    with pytest.raises(ContractError) as error:
        valid_value(read.schemas, f"{AT}X", seed=1)

    assert error.value.what == "no value could be made for the schema at /components/schemas/X."
    assert error.value.do == "Give the response an example, or check that the schema admits any value."


def test_members_are_in_the_order_of_the_document() -> None:
    schema = {
        "allOf": [to("B")],
        **fields("z y x", z={"const": 1}, y={"const": 2}),
        "oneOf": [fields("x", x={"const": 3})],
    }

    assert [list(value) for value in values(schema, 3, B=fields("b", b={"const": 0}))] == [["b", "x", "z", "y"]] * 3
    read = contract(B=fields(b=STRING), Round={"allOf": [to("Round")], "properties": {"r": STRING}})
    assert list(members(schema, read.schemas)) == [
        ("b", STRING),
        ("x", {"const": 3}),
        ("z", {"const": 1}),
        ("y", {"const": 2}),
    ]
    assert list(members(to("Round"), read.schemas)) == [("r", STRING)]


def test_a_discriminator_names_the_alternative() -> None:
    boats = {name: fields("kind part", kind=STRING, part={"const": name}) for name in ("Raft", "Ship")}
    plain = {"oneOf": [to("Raft"), to("Ship")], "discriminator": {"propertyName": "kind"}}
    mapped = plain | {"discriminator": {"propertyName": "kind", "mapping": {"r": f"#{AT}Raft", "s": "Ship"}}}

    assert {(value["kind"], value["part"]) for value in values(plain, **boats)} == {("Raft", "Raft"), ("Ship", "Ship")}
    assert {(value["kind"], value["part"]) for value in values(mapped, **boats)} == {("r", "Raft"), ("s", "Ship")}
    heirs = {
        "Base": fields("kind", kind=STRING) | {"discriminator": {"propertyName": "kind"}},
        "Heir": {"allOf": [to("Base"), fields("part", part={"const": 1})]},
    }
    assert values(to("Heir"), 2, **heirs) == [{"kind": "Heir", "part": 1}] * 2


@pytest.mark.parametrize(
    ("value", "spare", "errors", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 7}, ["/a"], {"a": 7, "b": 2}),
        ({"a": 1, "b": 2}, {"b": 7}, ["/a"], {"b": 2}),
        ({"a": [1, 2]}, {"a": [7, 8]}, ["/a/1"], {"a": [1, 8]}),
        ({"a": [1, 2]}, {"a": [7]}, ["/a/1"], {"a": [1]}),
        ({"a": {"b~/": 1}}, {"a": {"b~/": 7}}, ["/a/b~0~1"], {"a": {"b~/": 7}}),
        ({"a": 1}, {"a": 7}, [""], {"a": 1}),
        ({"a": 1}, {"a": 7}, ["/a/b/c", "/x/y"], {"a": 1}),
        ({"a": 1}, {"a": 7}, [], {"a": 1}),
    ],
)
def test_a_value_is_repaired_from_another(value: Any, spare: Any, errors: list[str], found: Any) -> None:
    class Located:
        def __init__(self, instance: str) -> None:
            self.instance = instance

    rounds = iter([[Located(each) for each in errors], []])

    assert repaired(value, spare, lambda _: next(rounds, [])) == found  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("abc", "abc"),
        ("[^a]", "[^a]"),
        ("a|b", "a|b"),
        ("ab|cd", "ab|cd"),
        ("x(?:ab|cd)y", "x(ab|cd)y"),
        ("[^a-z]b", "[^a-z]b"),
        ("(?>ab)c", "abc"),
        ("(?<!x)y", "y"),
        ("(?!x)y", "y"),
        ("(a|b)\\1", "aa|bb"),
        ("(?<x>[ab])(?P=x)", "aa|bb"),
        ("a{3}", "aaa"),
        ("a{1,3}", "a{1,3}"),
        ("a+", "a{2}"),
        ("a*b", "aab"),
        ("a{3,}", "aaa"),
        ("(ab+)+", "(ab){2}"),
        (r"\d\D\s\S\w\W", r"\d\D\s\S\w\W"),
        (r"\p{Lu}\p{Ll}\p{L}", "[A-Z][a-z][A-Za-z]"),
        ("[a-c]", "[a-c]"),
        ("(?<=x)y", "xy"),
        ("(?=a)b", "b"),
        ("(?:a)(?i:b)", "ab"),
        ("^a$", "a"),
        ("a+?", "a{2}"),
        (".", "[A-Za-z0-9]"),
    ],
)
def test_a_text_matches_its_pattern(pattern: str, matches: str) -> None:
    texts = [sample(pattern, Random(seed), 2) for seed in range(20)]

    assert [text for text in texts if text is None or not re.fullmatch(matches, text)] == []


@pytest.mark.parametrize("pattern", ["(", "a{50000}{50000}", "[", "*"])
def test_a_pattern_that_cannot_be_written_has_no_text(pattern: str) -> None:
    assert sample(pattern, Random(1), 2) is None


def test_strings_of_a_source_follow_from_its_seed() -> None:
    makers: list[Callable[[Strings], str]] = [
        Strings.word, Strings.amount, Strings.host, Strings.url, Strings.uuid, Strings.encoded, Strings.instant,
        lambda strings: strings.sentence(4), lambda strings: strings.free("id"), lambda strings: strings.free(""),
    ]  # fmt: skip
    for make in makers:
        assert make(Strings(1)) == make(Strings(1))
        assert len({make(Strings(seed)) for seed in range(20)}) > 10
    assert {len(Strings(seed).sentence(4).split()) for seed in range(5)} == {4}
    assert all(re.fullmatch("[A-Z][a-z ]+", Strings(seed).sentence(4)) for seed in range(5))
    assert {Strings(seed).moment().year for seed in range(200)} == {2025}


@pytest.mark.parametrize(
    ("description", "keys"),
    [
        ("Number of reviews by star, keys '1' to '5'", {"1", "2", "3", "4", "5"}),
        ("Keyed by star (1\u20133).", {"1", "2", "3"}),
        ("Keys are `email` and `sms`.", {"email", "sms"}),
        ("Amounts keyed by currency", {"EUR", "GBP", "USD"}),
        ("Keys 1 to 900", None),
        ("The key figures", None),
        ("By star, 1 to 5", None),
    ],
)
def test_a_map_has_the_keys_that_its_description_tells(description: str, keys: set[str] | None) -> None:
    schema = fields("m", m={"type": "object", "additionalProperties": INTEGER, "description": description})
    found = [set(value["m"]) for value in values(schema, 5)]

    assert all(each == keys if keys else each <= set(_WORDS) for each in found)


def test_a_map_of_numbers_adds_up_to_the_count_beside_it() -> None:
    stars = {"type": "object", "additionalProperties": INTEGER, "description": "Keys 1 to 5"}
    schema = fields(
        "count average stars",
        count=INTEGER | {"minimum": 1},
        average=NUMBER | {"minimum": 1, "maximum": 5},
        stars=stars,
    )

    for value in values(schema, 20):
        assert sum(value["stars"].values()) == value["count"]
        mean = sum(int(star) * number for star, number in value["stars"].items()) / value["count"]
        assert isinstance(value["average"], int) or abs(value["average"] - mean) < 0.01


@pytest.mark.parametrize(
    ("description", "statuses"),
    [
        ("Present only when status is paid", {"paid"}),
        ("Only set for `paid` or `sent` orders.", {"paid", "sent"}),
        ("Only there if it is not paid", {"open", "paid", "sent"}),
        ("Only the last one", {"open", "paid", "sent"}),
    ],
)
@pytest.mark.parametrize("required", ["", "receipt"])
def test_a_member_is_there_for_the_status_that_its_description_names(
    description: str, statuses: set[str], required: str
) -> None:
    receipt = {"type": ["string", "null"], "description": description}
    schema = fields(f"status {required}", status={"enum": ["open", "paid", "sent"]}, receipt=receipt)
    found = values(schema, 60)

    assert {value["status"] for value in found if value.get("receipt")} == statuses
    assert not required or all("receipt" in value for value in found)


def test_a_status_that_no_schema_declares_says_nothing_of_other_members() -> None:
    found = {"additionalProperties": STRING, "required": ["status"]} | fields("note", note=STRING)
    found["properties"]["note"] = STRING | {"description": "Only there if the status is paid"}

    value = as_documented({"status": "open", "note": "x"}, found, contract().schemas)

    assert value == {"status": "open", "note": "x"}


def test_what_a_schema_extends_in_many_ways_is_read_once() -> None:
    levels = {
        f"L{at}": {"allOf": [{"$ref": f"#{AT}L{at - 1}"}] * 2, "properties": {f"p{at}": STRING}} if at else
        {"discriminator": {"propertyName": "kind"}, "properties": {"kind": STRING}}
        for at in range(12)
    }  # fmt: skip
    schemas = contract(**levels).schemas

    assert [name for name, _ in members({"$ref": f"#{AT}L11"}, schemas)] == ["kind", *(f"p{at}" for at in range(1, 12))]


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"$ref": f"#{AT}Base"}, {"$ref": f"#{AT}More"}]},
        {"oneOf": [{"$ref": f"#{AT}Base"}, {"allOf": [{"$ref": f"#{AT}Base"}, {"properties": {"extra": STRING}}]}]},
        {"type": "array", "minItems": 2, "items": {"oneOf": [{"$ref": f"#{AT}More"}, {"$ref": f"#{AT}Other"}]}},
        {"properties": {"one": {"oneOf": [{"$ref": f"#{AT}Round"}, {"$ref": f"#{AT}Base"}]}}, "required": ["one"]},
    ],
)
def test_a_value_is_of_one_alternative_only_though_others_overlap(schema: Any) -> None:
    read = contract(
        Base={"type": "object", "required": ["n"], "properties": {"n": INTEGER}},
        More={"type": "object", "required": ["n"], "properties": {"n": INTEGER, "extra": STRING}},
        Other={"type": "object", "required": ["n"], "properties": {"n": INTEGER, "other": BOOLEAN}},
        Round={"properties": {"n": INTEGER, "next": {"oneOf": [{"$ref": f"#{AT}Round"}, {"$ref": f"#{AT}Other"}]}}},
        Given=schema,
    )

    assert all(read.schemas.is_valid(f"{AT}Given", valid_value(read.schemas, f"{AT}Given", seed=at)) for at in range(5))


def test_alternatives_that_refer_to_too_much_are_not_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_schemas, "_MOST_REACHED", 2)
    base = {"type": "object", "properties": {"n": INTEGER}}
    read = contract(A=base, B=base, Given={"oneOf": [{"$ref": f"#{AT}A"}, {"$ref": f"#{AT}B"}]}, Plain=base)

    assert read.schemas.compiled("response").exclusive(f"{AT}Given") is None  # It is one of three.
    assert read.schemas.compiled("response").exclusive(f"{AT}Plain") is None  # It has no alternatives.


@pytest.mark.parametrize(
    "name", ["hourly_rate", "monthly_rent_amount", "unit_price", "tax_rate", "exchange_rate", "salary", "discount"]
)
def test_texts_with_the_names_of_decimals_are_numbers(name: str) -> None:
    alone = fields(name, **{name: STRING})
    amount = fields(name, **{name: fields("amount currency", amount=STRING, currency=STRING)})

    found = [value[name] for value in values(alone, 20)] + [value[name]["amount"] for value in values(amount, 20)]

    assert [text for text in found if not re.fullmatch(r"\d+(\.\d+)?", text)] == []
