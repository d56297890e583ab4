"""Schemas as they hold in requests and in responses, with discriminators, bounded integers and formats of OpenAPI."""

from typing import Any

import pytest

from flowcontract.openapi.contract import Contract

AT = "/components/schemas/"
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
ID, SECRET = {**INTEGER, "readOnly": True}, {**STRING, "writeOnly": True}


def to(name: str) -> dict[str, Any]:
    return {"$ref": f"#{AT}{name}"}


def contract(version: str = "3.1.0", **schemas: Any) -> Contract:
    return Contract({"openapi": version, "info": {"title": "T", "version": "1"}, "components": {"schemas": schemas}})


def fields(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def results(schema: Any, instance: Any, version: str = "3.1.0", **schemas: Any) -> tuple[bool, bool]:
    """Whether an instance is valid in a request, and in a response."""
    read = contract(version, X=schema, **schemas).schemas
    return read.is_valid(f"{AT}X", instance, "request"), read.is_valid(f"{AT}X", instance, "response")


@pytest.mark.parametrize(
    ("member", "instance", "request_", "response"),
    [
        (INTEGER, {}, False, False),
        (ID, {}, True, False),
        (ID, {"a": 1}, True, True),
        (ID, {"a": "x"}, False, False),
        (SECRET, {}, False, True),
        (SECRET, {"a": "x"}, True, False),
        (to("Id"), {}, True, False),
        (to("Again"), {}, True, False),
        (to("Secret"), {"a": "x"}, True, False),
        ({**to("Id"), "title": "t"}, {}, True, False),
        ({**to("Plain"), "readOnly": True}, {}, True, False),
        ({"anyOf": [ID, {"type": "null"}]}, {}, True, False),
        ({"anyOf": [to("Id"), {"type": "null"}]}, {}, True, False),
        ({"anyOf": [ID, STRING]}, {}, False, False),
        ({**INTEGER, "readOnly": False}, {}, False, False),
        (True, {}, False, False),
    ],
)
def test_a_member_is_exempt_in_one_direction(member: Any, instance: Any, request_: bool, response: bool) -> None:
    named = {"Id": ID, "Again": to("Id"), "Secret": SECRET, "Plain": INTEGER}

    assert results(fields("a", a=member), instance, **named) == (request_, response)


def test_a_member_is_not_exempt_at_the_end_of_endless_references() -> None:
    chain = {f"N{n}": to(f"N{n + 1}") for n in range(60)} | {"N60": INTEGER}

    assert results(fields("a", a=to("N0")), {}, **chain) == (False, False)


@pytest.mark.parametrize(
    "schema",
    [
        {**to("Base"), "required": ["id"]},
        {"allOf": [to("Base"), {"required": ["id"]}]},
        {"allOf": [to("Base")], "required": ["id"]},
        {"allOf": [{"allOf": [{"required": ["id"]}]}, to("Again")]},
    ],
)
def test_a_member_is_exempt_wherever_it_is_required(schema: Any) -> None:
    named = {"Base": fields(id=ID, name=STRING), "Again": {"allOf": [to("Base")]}}

    assert results(schema, {}, **named) == (True, False)
    assert results({**schema, "required": ["id", "name"]}, {"id": 1}, **named) == (False, False)


def test_members_of_3_0_that_may_be_null_are_exempt_too() -> None:
    schema = fields("a", a={"allOf": [to("Id")], "readOnly": True, "nullable": True})

    assert results(schema, {}, "3.0.3", Id=INTEGER) == (True, False)
    assert results(schema, {"a": None}, "3.0.3", Id=INTEGER) == (True, True)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "integer", "format": "int32"}, [-(2**31), 2**31 - 1], [-(2**31) - 1, 2**31]),
        ({"type": "integer", "format": "int64"}, [-(2**63), 2**63 - 1], [-(2**63) - 1, 2**63]),
        ({"type": ["integer", "null"], "format": "int32"}, [None, 0], [2**31]),
        ({"type": "integer", "format": "int32", "minimum": 5}, [5], [4, 2**31]),
        ({"type": "integer", "format": "int32", "maximum": 2**40}, [1], [2**31]),
        ({"type": "integer", "format": "int32", "minimum": -(2**40)}, [1], [-(2**31) - 1]),
        ({"type": "number", "format": "int32"}, [2**40], ["x"]),
        ({"type": ["number", "string"], "format": "int32"}, [2**40], [[]]),
        ({"format": "int32"}, [2**40], []),
        ({"type": "integer", "format": "int8"}, [2**40], [1.5]),
        ({"type": "string", "format": "byte"}, ["YWJj", ""], ["a*b", "YWJ", 5]),
        ({"contains": INTEGER, "minContains": 2}, [[1, 2]], [[1]]),
        (
            {"definitions": {"a": STRING}, "properties": {"b": {"$ref": f"#{AT}X/definitions/a"}}},
            [{"b": "x"}],
            [{"b": 1}],
        ),
    ],
)
def test_keywords_decide_what_is_valid(schema: Any, valid: list[Any], invalid: list[Any]) -> None:
    assert [results(schema, each) for each in valid] == [(True, True)] * len(valid)
    assert [results(schema, each) for each in invalid] == [(False, False)] * len(invalid)


BOATS = {name: fields("kind", kind=STRING, size=INTEGER) for name in ("Raft", "Ship")}
CHOICE: dict[str, Any] = {"oneOf": [to("Raft"), to("Ship")]}


@pytest.mark.parametrize(
    ("discriminator", "valid", "invalid"),
    [
        ({"propertyName": "kind"}, ["Raft", "Ship"], ["Boat"]),
        ({"propertyName": "kind", "mapping": {"r": f"#{AT}Raft"}}, ["r", "Ship"], ["Raft", "Boat"]),
        ({"propertyName": "kind", "mapping": {"r": "Raft", "s": "Ship"}}, ["r", "s"], ["Raft"]),
        ({"propertyName": "kind", "mapping": {"b": "Raft", "c": "Raft"}}, ["b", "c", "Ship"], ["Raft"]),
    ],
)
def test_a_discriminator_tells_equal_alternatives_apart(
    discriminator: Any, valid: list[str], invalid: list[str]
) -> None:
    schema = CHOICE | {"discriminator": discriminator}

    assert [results(schema, {"kind": kind}, **BOATS)[1] for kind in valid] == [True] * len(valid)
    assert [results(schema, {"kind": kind}, **BOATS)[1] for kind in invalid] == [False] * len(invalid)


def test_a_discriminator_counts_for_references_alone() -> None:
    inline = {"anyOf": [to("Raft"), BOATS["Ship"]], "discriminator": {"propertyName": "kind"}}

    assert results(inline, {"kind": "Boat"}, **BOATS) == (True, True)
    assert results(CHOICE, {"kind": "Raft"}, **BOATS) == (False, False)
    assert results({"anyOf": CHOICE["oneOf"]}, {"kind": "Boat"}, **BOATS) == (True, True)


def test_references_lead_through_what_was_written_around_nullable_schemas() -> None:
    node = {"type": "object", "nullable": True, "allOf": [fields(a=STRING)], "properties": {"b": INTEGER}}
    schema = fields(
        x={"$ref": f"#{AT}Node/properties/b"}, y={"$ref": f"#{AT}Node/allOf/0/properties/a"}, z={"$ref": f"#{AT}Node"}
    )

    for instance, valid in (
        ({"x": 1, "y": "a", "z": None}, True),
        ({"x": "a"}, False),
        ({"y": 1}, False),
        ({"z": 1}, False),
    ):
        assert results(schema, instance, "3.0.3", Node=node)[1] is valid


def test_a_dynamic_reference_means_the_schema_that_is_validated() -> None:
    tree = {
        "$id": "https://x.example/tree",
        "$dynamicAnchor": "node",
        **fields(kids={"items": {"$dynamicRef": "#node"}}),
    }
    strict = {
        "$id": "https://x.example/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
    }

    assert results(to("Strict"), {"kids": [{"x": 1}]}, Tree=tree, Strict=strict) == (False, False)
    assert results(to("Tree"), {"kids": [{"x": 1}]}, Tree=tree, Strict=strict) == (True, True)


@pytest.mark.parametrize(
    ("level", "schema", "valid"),
    [
        (0, {"not": STRING}, False),
        (1, {"not": STRING}, True),
        (1, {"oneOf": [STRING, STRING]}, True),
        (0, {"oneOf": [STRING, STRING]}, False),
        (1, {"oneOf": [INTEGER], "anyOf": [STRING]}, False),
        (1, {"allOf": [STRING, INTEGER]}, False),
        (2, {"allOf": [STRING, INTEGER]}, True),
        (2, {"allOf": [INTEGER, STRING]}, False),
    ],
)
def test_schemas_are_relaxed_step_by_step(level: int, schema: Any, valid: bool) -> None:
    read = contract(X=schema).schemas
    compiled = (read.compiled("response"), *read.relaxed("response"))[level]

    assert compiled.part(f"{AT}X").validator.is_valid({f"{AT}X": "text"}) is valid


@pytest.mark.parametrize(
    ("level", "valid"), [(0, [False, False]), (1, [False, True]), (2, [False, True]), (3, [True, True])]
)
def test_relaxed_objects_are_open_and_then_require_nothing(level: int, valid: list[bool]) -> None:
    schema = fields("a", a=STRING) | {"additionalProperties": False, "unevaluatedProperties": False}
    read = contract(X=schema).schemas
    part = (read.compiled("request"), *read.relaxed("request"))[level].part(f"{AT}X")

    assert [part.validator.is_valid({f"{AT}X": each}) for each in ({}, {"a": "x", "b": 1})] == valid


@pytest.mark.parametrize(
    ("schema", "instance", "levels"),
    [
        ({"oneOf": [INTEGER, {"type": "number"}]}, 1, "1 2 3"),
        ({"oneOf": [INTEGER, {"type": "number"}]}, "x", ""),
        ({"oneOf": [INTEGER], "anyOf": [STRING]}, 1, ""),
        ({"anyOf": [INTEGER, STRING]}, 1, "0 1 2 3"),
        ({"anyOf": [INTEGER, STRING]}, None, ""),
        ({"not": INTEGER}, 1, "1 2 3"),
        ({"allOf": [INTEGER, {"minimum": 5}]}, 1, "2 3"),
        ({"allOf": [INTEGER, {"minimum": 5}]}, "x", ""),
        ({"type": "array", "prefixItems": [INTEGER], "unevaluatedItems": False}, [1, 2], "1 2 3"),
        (fields("a", a=INTEGER) | {"additionalProperties": INTEGER}, {"a": 1, "b": "x"}, ""),
        (fields("a", a=INTEGER), {}, "3"),
    ],
)
def test_relaxed_schemas_admit_more_at_every_level(schema: Any, instance: Any, levels: str) -> None:
    read = contract(X=schema).schemas
    parts = [each.part(f"{AT}X") for each in (read.compiled("request"), *read.relaxed("request"))]

    valid = [str(level) for level, part in enumerate(parts) if part.validator.is_valid({f"{AT}X": instance})]
    assert valid == levels.split()


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$id": "http://[x"}, "Invalid URI reference"),
        ({"$id": "a b"}, "Invalid URI reference"),
        ({"$dynamicAnchor": "a b"}, "does not match"),
        ({"const": "\ud800"}, "UTF-8"),
        ({"properties": {"\ud800": {}}}, "UTF-8"),
    ],
)
def test_a_schema_that_cannot_be_compiled_accepts_anything_and_is_named(schema: Any, reason: str) -> None:
    read = contract(Good=STRING, Odd=schema, Holding=fields(a=to("Odd"), b=STRING))

    (problem,) = read.problems

    assert problem.pointer == f"{AT}Odd"
    assert problem.message.startswith("cannot be compiled (")
    assert problem.message.endswith("); any value is accepted.")
    assert reason in problem.message
    assert len(problem.message) < 250
    assert read.schemas.is_valid(f"{AT}Holding", {"a": "anything"})
    assert not read.schemas.is_valid(f"{AT}Holding", {"b": 1})
    assert not read.schemas.is_valid(f"{AT}Good", 1)
    assert read.schemas.compiled("response").unsatisfiable([f"{AT}Good"]) == frozenset()
