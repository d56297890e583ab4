"""No value that one schema admits and the other does not goes unreported, and none that both admit is a break."""

import itertools
from typing import Any

import jsonschema_rs
import pytest

from flowcontract.compatibility.diff import Changes, Direction
from flowcontract.compatibility.diff.rules import CONSUMERS, Severity
from flowcontract.openapi.contract import Contract

STRING, INTEGER, NUMBER, NULL = ({"type": name} for name in ("string", "integer", "number", "null"))
TEXTS = {"enum": ["a", "b"]}

SCALARS: list[Any] = [
    {},
    STRING,
    INTEGER,
    NUMBER,
    NULL,
    {"type": ["string", "null"]},
    {"type": ["integer", "string"]},
    {"const": "a"},
    TEXTS,
    {"enum": ["a", None]},
    {"not": STRING},
    {"not": NULL},
    {"not": {"const": "a"}},
    STRING | {"not": TEXTS},
    {"anyOf": [STRING, INTEGER]},
    {"oneOf": [NUMBER, INTEGER]},
    {"oneOf": [TEXTS, STRING]},
    {"allOf": [{"anyOf": [STRING, INTEGER]}, {"anyOf": [STRING, NULL]}]},
    {"if": STRING, "then": {"maxLength": 1}, "else": INTEGER},
    {"oneOf": [INTEGER | {"maximum": 2}, INTEGER | {"minimum": 2}]},
    INTEGER | {"minimum": 1},
    INTEGER | {"exclusiveMinimum": 0},
    NUMBER | {"multipleOf": 1},
]
ARRAYS: list[Any] = [
    {"type": "array", **more}
    for more in (
        {},
        {"items": STRING},
        {"items": STRING, "maxItems": 1},
        {"items": STRING, "uniqueItems": True},
        {"items": {"anyOf": [STRING, INTEGER]}},
        {"prefixItems": [STRING, INTEGER]},
        {"prefixItems": [STRING], "items": False},
        {"prefixItems": [STRING], "items": INTEGER},
        {"allOf": [{"prefixItems": [STRING]}], "unevaluatedItems": False},
        {"items": STRING, "unevaluatedItems": False},
        {"contains": STRING},
        {"contains": {"const": "a"}, "minContains": 2},
        {"oneOf": [{"items": STRING, "maxItems": 1}, {"items": STRING, "minItems": 1}]},
    )
]
VALUES: list[Any] = ["a", "b", "aa", "", 0, 1, 2, 3, 1.5, -1, True, None]
LISTS: list[Any] = [list(each) for count in range(4) for each in itertools.product(("a", "b", 1, None), repeat=count)]


def document(schema: Any) -> dict[str, Any]:
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"204": {"description": "Done."}},
    }
    return {"openapi": "3.1.1", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"post": operation}}}


@pytest.mark.parametrize(("schemas", "values"), [(SCALARS, VALUES), (ARRAYS, LISTS)], ids=["scalars", "arrays"])
def test_a_request_that_is_no_longer_valid_is_reported(schemas: list[Any], values: list[Any]) -> None:
    missed = []
    for old, new in itertools.permutations(schemas, 2):
        sent, taken = (jsonschema_rs.validator_for(schema) for schema in (old, new))
        rejected = [value for value in values if sent.is_valid(value) and not taken.is_valid(value)]
        diff = Changes.between(Contract(document(old)), Contract(document(new))).for_consumer(CONSUMERS["strict"])
        found = [one for one in diff.findings if one.direction is Direction.UPGRADED_SERVER and one.operation]
        worst = max((one.severity for one in found), default=Severity.GENERATED)
        if rejected and worst < Severity.WARNING:
            missed.append((old, new, rejected[0]))
    assert missed == []


def test_a_request_that_stays_valid_is_no_break() -> None:
    wrong = []
    for old, new in itertools.permutations(SCALARS, 2):
        sent, taken = (jsonschema_rs.validator_for(schema) for schema in (old, new))
        if all(taken.is_valid(value) for value in VALUES if sent.is_valid(value)):
            diff = Changes.between(Contract(document(old)), Contract(document(new))).for_consumer(CONSUMERS["strict"])
            if diff.breaks(Direction.UPGRADED_SERVER):
                wrong.append((old, new))
    assert wrong == []
