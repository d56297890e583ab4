"""Values of parameters are written as they are read, in every style."""

from urllib.parse import parse_qsl, urlencode

import pytest

from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.parameters import RawValues

NUMBERS = {"type": "array", "items": {"type": "integer"}}
POINT = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "array", "items": {"type": "string"}}},
}


def parameter(location, style, explode, schema):
    declared = {"name": "p", "in": location, "required": True, "style": style, "explode": explode, "schema": schema}
    responses = {"200": {"description": "ok"}}
    paths = {"/a/{p}" if location == "path" else "/a": {"get": {"parameters": [declared], "responses": responses}}}
    contract = Contract({"openapi": "3.0.3", "info": {"title": "Points", "version": "1"}, "paths": paths})
    return next(iter(contract.operations.values())).parameters[0]


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("simple", False, 5, "5"),
        ("simple", False, [1, 2], "1,2"),
        ("simple", True, {"x": 1}, "x=1"),
        ("label", False, 5, ".5"),
        ("label", False, [1, 2], ".1,2"),
        ("label", True, [1, 2], ".1.2"),
        ("label", True, {"x": 1}, ".x=1"),
        ("matrix", False, 5, ";p=5"),
        ("matrix", False, [1, 2], ";p=1,2"),
        ("matrix", True, [1, 2], ";p=1;p=2"),
        ("matrix", True, {"x": 1}, ";x=1"),
    ],
)
def test_path_parameters(style, explode, value, written):
    schema = {int: {"type": "integer"}, list: NUMBERS, dict: POINT}[type(value)]
    declared = parameter("path", style, explode, schema)

    assert parameters.path_text(declared, value) == written
    assert parameters.read(declared, RawValues(path={"p": written})) == value


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("form", True, True, "p=true"),
        ("form", True, [1, 2], "p=1&p=2"),
        ("form", False, [1, 2], "p=1,2"),
        ("pipeDelimited", False, [1, 2], "p=1|2"),
        ("spaceDelimited", False, [1, 2], "p=1 2"),
        ("form", True, {"x": 1}, "x=1"),
        ("form", False, {"x": 1}, "p=x,1"),
        ("deepObject", True, {"x": 1, "y": ["a", "b"]}, "p[x]=1&p[y]=a&p[y]=b"),
    ],
)
def test_query_parameters(style, explode, value, written):
    schema = {bool: {"type": "boolean"}, list: NUMBERS, dict: POINT}[type(value)]
    declared = parameter("query", style, explode, schema)
    pairs = parameters.query_pairs(declared, value)

    assert "&".join(f"{name}={text}" for name, text in pairs) == written
    assert parameters.read(declared, RawValues(query=parse_qsl(urlencode(pairs)))) == value


def test_a_text_that_is_not_in_its_style_is_named():
    with pytest.raises(parameters.StyleError, match="expected a dot before the value"):
        parameters.read(parameter("path", "label", False, {"type": "integer"}), RawValues(path={"p": "5"}))
