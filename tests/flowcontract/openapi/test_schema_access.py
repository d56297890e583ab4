"""The schemas of a document by their pointers: followed, found within each other, and what is wrong with them."""

from typing import Any

import pytest

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.endless import endless
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.schemas import as_object

AT = "/components/schemas/"
STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def contract(version: str = "3.1.0", **schemas: Any) -> Contract:
    return Contract(
        {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": {}, "components": {"schemas": schemas}}
    )


def to(name: str, **beside: Any) -> dict[str, Any]:
    return {"$ref": f"#{AT}{name}", **beside}


NAMED = {
    "A": to("B", title="A"),
    "B": to("C", maxLength=3, title="B"),
    "C": {"type": "string", "maxLength": 5, "description": "C"},
    "Yes": True,
    "No": False,
    "Circle": to("Round"),
    "Round": to("Circle"),
    "Object": {"type": "object", "properties": {"a": STRING, "b": to("Inner")}},
    "Inner": {"properties": {"c": INTEGER}, "items": STRING},
    "Composed": {"allOf": [{"title": "empty"}, to("Object"), {"properties": {"d": INTEGER}}]},
    "Other": to("Composed"),
    "Extended": to("Other", properties={"e": INTEGER}),
    "Loop": {"allOf": [to("Back")]},
    "Back": {"allOf": [to("Loop")]},
}


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (STRING, STRING),
        (True, {}),
        (False, {"not": {}}),
        (to("C"), NAMED["C"]),
        (to("B"), NAMED["C"] | {"maxLength": 3, "title": "B"}),
        (to("A"), NAMED["C"] | {"maxLength": 3, "title": "A"}),
        (to("A", title="own"), NAMED["C"] | {"maxLength": 3, "title": "own"}),
        (to("Yes"), {}),
        (to("No"), {"not": {}}),
        (to("Circle"), {}),
        (to("Circle", title="own"), {"title": "own"}),
        (to("Nowhere"), {}),
        (to("Object/properties/a"), STRING),
        (
            to("Inner", properties={"d": STRING}, required=["d"]),
            {"properties": {"c": INTEGER, "d": STRING}, "required": ["d"], "items": STRING},
        ),
        ({"$ref": 5}, {"$ref": 5}),
    ],
)
def test_a_reference_is_followed_with_what_stands_beside_it(node: Any, found: Any) -> None:
    read = contract(**NAMED)

    assert read.resolve(node) == found
    assert read.resolve(node) == found


@pytest.mark.parametrize(
    ("node", "reference"),
    [
        (to("A"), f"#{AT}C"),
        (to("C"), f"#{AT}C"),
        (to("Nowhere"), f"#{AT}Nowhere"),
        (STRING, ""),
        (True, ""),
        ({"$ref": 5}, ""),
    ],
)
def test_where_a_reference_leads_in_the_end(node: Any, reference: str) -> None:
    assert contract(**NAMED).schemas.reference(node) == reference


@pytest.mark.parametrize(
    ("name", "tokens", "pointer"),
    [
        ("Object", ("properties", "a"), f"{AT}Object/properties/a"),
        ("Object", ("properties", "x"), None),
        ("Object", ("items",), None),
        ("Inner", ("items",), f"{AT}Inner/items"),
        ("Composed", ("properties", "d"), f"{AT}Composed/allOf/2/properties/d"),
        ("Composed", ("properties", "a"), f"{AT}Object/properties/a"),
        ("Other", ("properties", "a"), f"{AT}Object/properties/a"),
        ("Composed", ("properties", "x"), None),
        ("Yes", ("properties", "x"), None),
        ("Nowhere", ("properties", "x"), None),
        ("Extended", ("properties", "a"), f"{AT}Object/properties/a"),
        ("Extended", ("properties", "e"), f"{AT}Extended/properties/e"),
        ("Loop", ("properties", "x"), None),
    ],
)
def test_a_part_is_found_behind_references_and_compositions(
    name: str, tokens: tuple[str, ...], pointer: str | None
) -> None:
    schemas = contract(**NAMED).schemas

    assert schemas.part_pointer(AT + name, *tokens) == pointer
    if pointer:
        assert schemas.at(pointer) in (STRING, INTEGER)


@pytest.mark.parametrize(
    ("schema", "gives"),
    [
        ({}, False),
        (STRING | {"default": None}, True),
        (STRING | {"examples": ["a"]}, True),
        (STRING | {"examples": []}, False),
        (STRING | {"example": "a"}, True),
        ({"properties": {"a": STRING | {"default": "a"}}}, True),
        ({"allOf": [STRING, {"default": "a"}]}, True),
        ({"properties": {"a": to("With")}}, True),
        ({"properties": {"a": to("Without")}}, False),
    ],
)
def test_whether_a_schema_gives_examples(schema: Any, gives: bool) -> None:
    read = contract(X=schema, With=STRING | {"examples": ["a"]}, Without=STRING)

    assert read.schemas.gives_examples(f"{AT}X") is gives
    assert read.schemas.gives_examples(f"{AT}X") is gives


@pytest.mark.parametrize(("schema", "found"), [(True, {}), (False, {"not": {}}), (STRING, STRING), (5, 5)])
def test_a_boolean_schema_as_an_object(schema: Any, found: Any) -> None:
    assert as_object(schema) == found


@pytest.mark.parametrize(
    ("schema", "instance", "errors"),
    [
        ({"type": "object", "properties": {"200": STRING}}, {"200": 1}, ["type at /200: /properties/200/type"]),
        ({"required": ["a", "b"]}, {}, ["required at : /required lacks a", "required at : /required lacks b"]),
        ({"nullable": True, "anyOf": [STRING, INTEGER]}, [], ["anyOf at : /anyOf"]),
        (
            {"properties": {"a": {"nullable": True, "allOf": [{"maxLength": 2}, {"minimum": 5}]}}},
            {"a": 3},
            ["minimum at /a: /properties/a/allOf/1/minimum"],
        ),
        (
            {"type": "array", "items": {"nullable": True, "type": "object", "allOf": [{"required": ["a"]}]}},
            [{}, 5],
            ["required at /0: /items/allOf/0/required lacks a", "type at /1: /items/type"],
        ),
        ({"type": "integer", "format": "int32"}, 2**40, ["maximum at : "]),
        ({"propertyNames": {"nullable": True, "oneOf": [{"enum": ["a"]}]}}, {"b": 1}, ["anyOf at : /propertyNames"]),
        ({"properties": {"a~/b": to("Named")}}, {"a~/b": 1}, ["type at /a~0~1b: #/components/schemas/Named/type"]),
    ],
)
def test_errors_are_located_in_a_document_of_3_0(schema: Any, instance: Any, errors: list[str]) -> None:
    assert located("3.0.3", schema, instance) == errors


@pytest.mark.parametrize(
    ("schema", "instance", "errors"),
    [
        ({"anyOf": [STRING, {"type": "null"}]}, 1, ["anyOf at : /anyOf"]),
        (
            {"prefixItems": [STRING, INTEGER]},
            [1, "a"],
            ["type at /0: /prefixItems/0/type", "type at /1: /prefixItems/1/type"],
        ),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ["dependentRequired at : /dependentRequired lacks b"]),
    ],
)
def test_errors_are_located_in_a_document_of_3_1(schema: Any, instance: Any, errors: list[str]) -> None:
    assert located("3.1.0", schema, instance) == errors


def located(version: str, schema: Any, instance: Any) -> list[str]:
    """The keyword of each error, where it is in the instance, and where the keyword stands."""
    found = contract(version, X=schema, Named=STRING).schemas.errors(f"{AT}X", instance)
    return [
        f"{one.keyword} at {one.instance}: {one.pointer.replace(f'{AT}X', '').replace(AT, f'#{AT}')}"
        + (f" lacks {one.missing}" if one.missing else "")
        for one in found
    ]


def media(schema: Any, **fields: Any) -> MediaType:
    content = {"application/json": {"schema": schema, **fields}}
    paths = {"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}
    read = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": paths,
            "components": {"schemas": NAMED},
        }
    )
    return next(iter(read.operations.values())).responses["200"].media["application/json"]


def test_a_member_of_a_body_by_itself() -> None:
    examples = {"one": {"value": {"a": "x"}}, "two": {"value": {"b": 1}}, "three": {"value": ["a"]}}
    body = media(to("Composed"), examples=examples)

    found = body.member("a")
    assert found is not None
    assert (found.schema, found.schema_pointer) == (STRING, f"{AT}Object/properties/a")
    assert {name: example.value for name, example in found.examples.items()} == {"one": "x"}
    assert found.is_valid("x")
    assert not found.is_valid(1)
    assert body.member("x") is None
    assert media({"properties": {"a": True}}).member("a") is None


def test_an_item_of_a_body_by_itself() -> None:
    body = media({"items": to("Object")}, examples={"one": {"value": [{}]}}, encoding={"a": {}})

    found = body.items()
    assert found is not None
    assert (found.schema, dict(found.examples), dict(found.encoding)) == (to("Object"), {}, {})
    assert [found.is_valid({"a": value}) for value in ("x", 1)] == [True, False]
    inner = found.member("a")
    assert inner is not None
    assert inner.schema_pointer == f"{AT}Object/properties/a"
    assert media(STRING).items() is None


@pytest.mark.parametrize(
    ("schema", "places"),
    [
        ({"oneOf": [STRING, to("Object")]}, "/oneOf/0 /oneOf/1"),
        ({"anyOf": [STRING, to("Object")], "description": "d"}, "/anyOf/0 /anyOf/1"),
        ({"oneOf": [STRING, True]}, "/oneOf/0"),
        ({"oneOf": [STRING], "anyOf": [STRING]}, ""),
        ({"oneOf": [STRING], "properties": {"a": STRING}}, ""),
        ({"anyOf": [STRING], "allOf": [STRING]}, ""),
        ({"allOf": [STRING]}, ""),
        (STRING, ""),
        (None, ""),
    ],
)
def test_the_alternatives_of_a_body_by_themselves(schema: Any, places: str) -> None:
    body = media(schema, examples={"one": {"value": "x"}}, encoding={"a": {}})

    found = body.alternatives()

    assert [each.schema_pointer for each in found] == [f"{body.schema_pointer}{place}" for place in places.split()]
    assert all((dict(each.examples), dict(each.encoding)) == ({}, {}) for each in found)


@pytest.mark.parametrize(
    ("name", "is_json"),
    [
        ("application/json", True),
        ("application/hal+json", True),
        ("*/*", True),
        ("application/*", True),
        ("text/*", False),
    ],
)
def test_ranges_may_be_json(name: str, is_json: bool) -> None:
    content = {name: {"schema": STRING}}
    paths = {"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}
    read = Contract({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths})

    assert next(iter(read.operations.values())).responses["200"].media[name].is_json is is_json


@pytest.mark.parametrize(
    ("schemas", "found"),
    [
        ({"A": STRING}, ""),
        ({"A": to("A")}, ""),
        ({"A": to("B"), "B": to("A"), "C": to("A")}, ""),
        ({"A": {"type": "object", "required": ["a"], "properties": {"a": to("A")}}}, "A"),
        ({"A": {"type": "object", "properties": {"a": to("A")}}}, ""),
        ({"A": {"type": "object", "required": ["b"], "properties": {"a": to("A")}}}, ""),
        ({"A": {"required": ["a"], "properties": {"a": to("A")}}}, ""),
        ({"A": {"type": "array", "minItems": 1, "items": to("A")}}, "A"),
        ({"A": {"type": "array", "items": to("A")}}, ""),
        ({"A": {"items": to("A"), "minItems": 1}}, ""),
        ({"A": {"allOf": [STRING, to("A")]}}, ""),
        ({"A": {"oneOf": [to("B")]}, "B": {"allOf": [to("A"), INTEGER]}}, ""),
        ({"A": {"allOf": [STRING, INTEGER]}}, ""),
        ({"A": {"anyOf": [STRING, to("A")]}}, ""),
        ({"A": {"anyOf": [to("B"), to("A")]}, "B": STRING}, ""),
        ({"A": {"anyOf": [to("A")]}}, ""),
        ({"A": {"oneOf": [to("A"), STRING]}}, ""),
        ({"A": {"oneOf": [to("A"), to("A")]}}, ""),
        ({"A": {"type": "object", "required": ["a"], "properties": {"a": {"anyOf": [to("A"), STRING]}}}}, ""),
        ({"A": {"type": "object", "required": ["a"], "properties": {"a": to("B")}}, "B": to("A")}, "A B"),
        ({"A": True, "B": False}, ""),
        ({"A B": {"type": "object", "required": ["a"], "properties": {"a": to("A%20B")}}}, "A B"),
    ],
)
def test_schemas_that_never_end_are_found(schemas: Any, found: str) -> None:
    pointers = {AT + name: schema for name, schema in schemas.items()}

    assert endless(pointers) == (
        {f"{AT}A B"} if found == "A B" and "A B" in schemas else {AT + name for name in found.split()}
    )


def test_schemas_that_no_value_can_satisfy_are_named() -> None:
    read = contract(
        Fine=STRING,
        None_=False,
        Both={"allOf": [STRING, INTEGER]},
        Holding={"type": "object", "required": ["a"], "properties": {"a": to("Both")}},
        Optional={"type": "object", "properties": {"a": to("Both")}},
        Tree={"type": "object", "required": ["a"], "properties": {"a": to("Tree")}},
    )
    compiled = read.schemas.compiled("response")

    assert compiled.unsatisfiable([AT + name for name in ("Fine", "Both", "Holding", "Optional", "Tree")]) == {
        AT + name for name in ("Both", "Holding", "Tree")
    }
    assert compiled.unsatisfiable([f"{AT}None_"]) == {f"{AT}None_"}
    assert compiled.unsatisfiable([]) == frozenset()


def test_examples_that_a_single_value_does_not_admit_are_named() -> None:
    compiled = contract(
        A={"type": "string", "maxLength": 2, "examples": ["ab", "abc", 5]},
        B={"type": "integer", "examples": ["x"], "default": 1, "description": "b", "title": "b", "xml": {}},
        C={"properties": {"a/b": {"enum": [1], "examples": [2]}}, "examples": [5]},
        D={"items": {"format": "byte", "examples": ["*"], "type": "string"}},
        E={"anyOf": [{"examples": [1], "type": "string"}, {"prefixItems": [{"const": 1, "examples": [2]}]}]},
        F={"type": "string", "examples": ["x"], "format": "date"},
        G={"type": "integer", "maximum": 2**256, "examples": [2**64, "x"]},
    ).schemas.compiled("response")

    assert compiled.flawed_examples() == (
        (f"{AT}A", "expected at most 2 characters, got 3"),
        (f"{AT}A", "expected string, got 5"),
        (f"{AT}B", 'expected integer, got "x"'),
        (f"{AT}C/properties/a~1b", "expected one of 1, got 2"),
        (f"{AT}D/items", 'expected format byte, got "*"'),
        (f"{AT}E/anyOf/0", "expected string, got 1"),
        (f"{AT}E/anyOf/1/prefixItems/0", "expected 1, got 2"),
        (f"{AT}F", 'expected format date, got "x"'),
        (f"{AT}G", 'expected integer, got "x"'),
    )
