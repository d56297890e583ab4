"""Values written as XML, by the `xml` objects of their schemas."""

from typing import Any

import pytest

from flowcontract.openapi import xml_writer
from flowcontract.openapi.contract import Contract

HEAD = "<?xml version='1.0' encoding='utf-8'?>\n"
STRING = {"type": "string"}
NAMED = {
    "Pet": {"type": "object", "properties": {"name": STRING, "tags": {"type": "array", "items": STRING}}},
    "Title": STRING | {"xml": {"name": "title"}},
    "Round": {"allOf": [{"$ref": "#/components/schemas/Round"}]},
}


def to(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def items(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema, **more}


def written(value: Any, schema: Any) -> str:
    """The document without its declaration."""
    info = {"title": "T", "version": "1"}
    schemas = Contract({"openapi": "3.1.0", "info": info, "components": {"schemas": NAMED}}).schemas
    text = xml_writer.encode(value, schema, schemas).decode()
    assert text.startswith(HEAD)
    return text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        ({"name": "Rex"}, to("Pet"), "<Pet><name>Rex</name></Pet>"),
        ({"name": "Rex"}, NAMED["Pet"], "<root><name>Rex</name></root>"),
        ({"name": "Rex"}, NAMED["Pet"] | {"xml": {"name": "animal"}}, "<animal><name>Rex</name></animal>"),
        ({"name": "Rex"}, {"allOf": [{"xml": {"name": "animal"}}]}, "<animal><name>Rex</name></animal>"),
        ({"name": "Rex"}, {"allOf": [to("Title")]}, "<title><name>Rex</name></title>"),
        ({"name": "Rex"}, to("Round"), "<Round><name>Rex</name></Round>"),
        ({"name": "Rex"}, True, "<root><name>Rex</name></root>"),
        ({"name": "Rex"}, {"xml": "animal"}, "<root><name>Rex</name></root>"),
        ("Rex", to("Title"), "<title>Rex</title>"),
        (1.5, {}, "<root>1.5</root>"),
        (True, {}, "<root>true</root>"),
        (None, {}, "<root />"),
        ({}, to("Pet"), "<Pet />"),
    ],
)
def test_the_root_is_named_by_its_schema(value: Any, schema: Any, text: str) -> None:
    assert written(value, schema) == text


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        (["a", "b"], items(STRING), "<root><root>a</root><root>b</root></root>"),
        (["a"], items(STRING), "<root><root>a</root></root>"),
        ([], items(STRING), "<root />"),
        (["a", "b"], items(to("Title")), "<root><title>a</title><title>b</title></root>"),
        (["a"], items(to("Title"), xml={"wrapped": True, "name": "titles"}), "<titles><title>a</title></titles>"),
        (["a"], items(STRING, xml={"wrapped": True, "name": "titles"}), "<titles><titles>a</titles></titles>"),
        ({"tags": ["a", "b"]}, to("Pet"), "<Pet><tags>a</tags><tags>b</tags></Pet>"),
        ({"tags": ["a"]}, fields(tags=items(to("Title"))), "<root><title>a</title></root>"),
        (
            {"tags": ["a", "b"]},
            fields(tags=items(to("Title"), xml={"wrapped": True})),
            "<root><tags><title>a</title><title>b</title></tags></root>",
        ),
        (
            {"tags": ["a"]},
            fields(tags=items(STRING, xml={"wrapped": True})),
            "<root><tags><tags>a</tags></tags></root>",
        ),
        ({"tags": ["a"]}, {}, "<root><tags>a</tags></root>"),
        ({"pets": [{"name": "Rex"}]}, fields(pets=items(to("Pet"))), "<root><pets><name>Rex</name></pets></root>"),
    ],
)
def test_a_list_repeats_an_element_and_is_wrapped_where_its_schema_says_so(value: Any, schema: Any, text: str) -> None:
    assert written(value, schema) == text


@pytest.mark.parametrize(
    ("value", "xml", "text"),
    [
        (7, {"attribute": True}, '<root it="7" />'),
        (True, {"attribute": True, "name": "other"}, '<root other="true" />'),
        (None, {"attribute": True}, "<root />"),
        (None, {}, "<root><it /></root>"),
        (7, {"attribute": False}, "<root><it>7</it></root>"),
        (7, {"prefix": "p"}, "<root><it>7</it></root>"),
        (7, {"namespace": "urn:x", "prefix": "p"}, '<root xmlns:p="urn:x"><p:it>7</p:it></root>'),
        (7, {"namespace": "urn:y"}, '<root xmlns:ns0="urn:y"><ns0:it>7</ns0:it></root>'),
        (7, {"namespace": "urn:z", "prefix": "ns1"}, '<root xmlns:ns0="urn:z"><ns0:it>7</ns0:it></root>'),
    ],
)
def test_a_member_is_an_element_or_an_attribute(value: Any, xml: Any, text: str) -> None:
    assert written({"it": value}, fields(it={"xml": xml})) == text


def test_an_object_is_written_as_the_alternative_that_it_is_most_like() -> None:
    schema = {"oneOf": [fields(a=STRING), fields(a={"xml": {"name": "first"}}, b={"xml": {"attribute": True}})]}

    assert written({"a": "x", "b": "y"}, schema) == '<root b="y"><first>x</first></root>'


def test_node_types_of_openapi_3_2_say_the_same_as_what_they_replace() -> None:
    schema = fields(no={"xml": {"nodeType": "attribute"}}, tags=items(STRING, xml={"nodeType": "element"}))

    assert written({"no": 7, "tags": ["a"]}, schema) == '<root no="7"><tags><tags>a</tags></tags></root>'


@pytest.mark.parametrize(
    ("node", "value", "text"),
    [
        ("text", "a < b", '<root no="7">a &lt; b<last>x</last></root>'),
        ("cdata", "a < b ]]>", '<root no="7"><![CDATA[a < b ]]]]><![CDATA[>]]><last>x</last></root>'),
        ("text", None, '<root no="7"><last>x</last></root>'),
        ("none", {"name": "Rex"}, '<root no="7"><name>Rex</name><last>x</last></root>'),
        ("none", "Rex", '<root no="7"><last>x</last></root>'),
        ("element", "Rex", '<root no="7"><it>Rex</it><last>x</last></root>'),
    ],
)
def test_a_member_can_be_a_text_or_have_no_node(node: str, value: Any, text: str) -> None:
    """OpenAPI 3.2.0, section 4.26."""
    schema = fields(no={"xml": {"nodeType": "attribute"}}, it={"xml": {"nodeType": node}}, last=STRING)

    assert written({"no": 7, "it": value, "last": "x"}, schema) == text


def test_what_refers_to_an_object_has_no_node_but_the_object_has_one() -> None:
    schema = fields(pet=to("Pet") | {"xml": {"nodeType": "none"}}, said={"xml": {"nodeType": "text"}})

    assert written({"pet": {"name": "Rex"}, "said": "woof"}, schema) == "<root><pet><name>Rex</name></pet>woof</root>"
