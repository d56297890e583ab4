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
    return read_from({key: value for key, value in declared.items() if value is not None})


def read_from(declared):
    """The parameter of an operation that declares it."""
    responses = {"200": {"description": "ok"}}
    path = "/a/{p}" if declared["in"] == "path" else "/a"
    paths = {path: {"get": {"parameters": [declared], "responses": responses}}}
    contract = Contract({"openapi": "3.2.0", "info": {"title": "Points", "version": "1"}, "paths": paths})
    assert contract.problems == ()
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


STRING, INTEGER, NUMBER, BOOLEAN = ({"type": name} for name in ("string", "integer", "number", "boolean"))
TEXTS = {"type": "array", "items": STRING}
MAP = {"type": "object", "additionalProperties": INTEGER}
MISSING, EMPTY = parameters.MISSING, parameters.EMPTY


def pairs(text):
    return [tuple(pair.split("=", 1)) for pair in text.split("&")] if text else []


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (STRING, "7", "7"),
        (INTEGER, "7", 7),
        (INTEGER, "-7", -7),
        (INTEGER, "7.0", "7.0"),
        (INTEGER, "a", "a"),
        (INTEGER, "9" * 4000, "9" * 4000),
        (NUMBER, "7", 7),
        (NUMBER, "7.5", 7.5),
        (NUMBER, "-7e-2", -0.07),
        (NUMBER, "a7", "a7"),
        (BOOLEAN, "true", True),
        (BOOLEAN, "false", False),
        (BOOLEAN, "True", "True"),
        ({"type": ["integer", "null"]}, "", None),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": ["string", "null"]}, "null", "null"),
        ({"type": ["string", "integer"]}, "7", 7),
        ({"type": ["string", "integer"], "not": INTEGER}, "7", "7"),
        ({"type": ["string", "boolean"]}, "true", True),
        ({"type": ["string", "boolean"], "enum": ["true"]}, "true", "true"),
        ({"anyOf": [{"maximum": 5} | INTEGER, BOOLEAN]}, "true", True),
        ({"oneOf": [BOOLEAN, INTEGER]}, "7", 7),
        ({"allOf": [{"type": ["integer", "string"]}, {"type": ["number", "null"]}]}, "7", 7),
        ({"allOf": [INTEGER, {"minimum": 1}]}, "7", 7),
        ({"enum": [1, 2]}, "2", 2),
        ({"enum": ["1", "2"]}, "2", "2"),
        ({"enum": [True, None]}, "true", True),
        ({"enum": [1.5]}, "1.5", 1.5),
        ({"const": 3}, "3", 3),
        ({"const": [1]}, "1", ["1"]),
        ({}, "7", "7"),
    ],
)
def test_a_text_is_read_as_the_type_that_its_schema_names(schema, text, value):
    for location in ("path", "query", "header", "cookie"):
        raw = RawValues(
            {"p": text}, [("p", text)], [("p", text)] if location == "header" else [("cookie", f"p={text}")]
        )

        found = parameters.read(parameter(location, None, None, schema), raw)

        assert (found, type(found)) == (value, type(value)), location


@pytest.mark.parametrize(
    ("style", "explode", "schema", "text", "value"),
    [
        ("simple", False, NUMBERS, "1,2", [1, 2]),
        ("simple", False, NUMBERS, "", []),
        ("simple", False, TEXTS, "a", ["a"]),
        ("simple", False, POINT, "x,1,y,a", {"x": 1, "y": ["a"]}),
        ("simple", False, POINT, "x,1,y", {"x": 1}),
        ("simple", True, POINT, "x=1,y=a", {"x": 1, "y": ["a"]}),
        ("simple", False, MAP, "a,1,b,2", {"a": 1, "b": 2}),
        ("label", False, INTEGER, ".5", 5),
        ("label", False, NUMBERS, ".1,2", [1, 2]),
        ("label", False, NUMBERS, ".1.2", [1, 2]),
        ("label", True, NUMBERS, ".1.2", [1, 2]),
        ("label", False, NUMBERS, ".", []),
        ("label", False, POINT, ".x,1,y,a", {"x": 1, "y": ["a"]}),
        ("label", True, POINT, ".x=1.y=a", {"x": 1, "y": ["a"]}),
        ("matrix", False, INTEGER, ";p=5", 5),
        ("matrix", False, STRING, ";p", ""),
        ("matrix", False, NUMBERS, ";p=1,2", [1, 2]),
        ("matrix", True, NUMBERS, ";p=1;p=2", [1, 2]),
        ("matrix", False, NUMBERS, ";p=", []),
        ("matrix", False, POINT, ";p=x,1,y,a", {"x": 1, "y": ["a"]}),
        ("matrix", True, POINT, ";x=1;y=a", {"x": 1, "y": ["a"]}),
        ("matrix", True, {**POINT, "type": ["integer", "object"], "required": ["x"]}, ";z=5", {"z": "5"}),
    ],
)
def test_a_path_is_read_in_every_style(style, explode, schema, text, value):
    assert parameters.read(parameter("path", style, explode, schema), RawValues(path={"p": text})) == value


X = "#/paths/~1a/get/parameters/0/schema/properties/x"
"""A schema beside the one that refers to it."""


@pytest.mark.parametrize(
    ("style", "explode", "schema", "text", "value"),
    [
        ("form", True, STRING, "", MISSING),
        ("form", True, STRING, "p=", ""),
        ("form", True, STRING, "p=a&p=b", "b"),
        ("form", True, NUMBERS, "p=1", [1]),
        ("form", True, NUMBERS, "p=1&q=3&p=2", [1, 2]),
        ("form", True, NUMBERS, "p=", []),
        ("form", True, TEXTS, "p=", [""]),
        ("form", True, {**NUMBERS, "maxItems": 0}, "p=", []),
        ("form", True, {"type": "array"}, "p=1&p=a", ["1", "a"]),
        ("form", True, {"type": "array", "items": {"type": ["integer", "boolean"]}}, "p=1&p=true", [1, True]),
        ("form", True, {"type": "array", "prefixItems": [INTEGER, BOOLEAN]}, "p=1&p=true&p=c", [1, True, "c"]),
        ("form", True, {"type": "array", "items": {"type": "object"}}, 'p={"a": 1}&p=x', [{"a": 1}, "x"]),
        ("form", True, {"anyOf": [INTEGER, NUMBERS]}, "p=1", 1),
        ("form", True, {"anyOf": [INTEGER, NUMBERS]}, "p=1&p=2", [1, 2]),
        ("form", False, NUMBERS, "p=1,2", [1, 2]),
        ("form", False, NUMBERS, "p=", []),
        ("form", False, NUMBERS, "p=1&p=2", [1, 2]),
        ("form", False, {"anyOf": [NUMBERS, STRING]}, "p=a,b", "a,b"),
        ("form", False, {"anyOf": [STRING, NUMBERS]}, "p=1&p=2", [1, 2]),
        ("form", True, {"properties": {"x": INTEGER}}, "x=1", {"x": 1}),
        ("form", True, {"additionalProperties": INTEGER}, "a=1", {"a": 1}),
        ("form", True, {"items": INTEGER}, "p=1&p=2", [1, 2]),
        ("form", True, {"prefixItems": [INTEGER, BOOLEAN]}, "p=1&p=true", [1, True]),
        ("form", True, {"enum": [1, 2.5, "a", True, None, [1], {}]}, "p=2.5", 2.5),
        ("form", True, {"allOf": [{"items": INTEGER}, {"type": "array", "items": {"minimum": 1}}]}, "p=1&p=2", [1, 2]),
        ("form", True, {"allOf": [{"additionalProperties": INTEGER}, {"type": "object"}]}, "a=1", {"a": 1}),
        ("form", True, {"allOf": [{"properties": {"x": INTEGER}}, {"properties": {"x": INTEGER}}]}, "x=1", {"x": 1}),
        ("form", True, {"allOf": [NUMBER, INTEGER]}, "p=1", 1),
        ("form", True, {"allOf": [{"type": ["number", "string"]}, {"type": ["integer", "string"]}]}, "p=1", 1),
        ("form", False, POINT, "p=x,1,y,a", {"x": 1, "y": ["a"]}),
        ("pipeDelimited", False, NUMBERS, "p=1|2", [1, 2]),
        ("spaceDelimited", False, NUMBERS, "p=1 2", [1, 2]),
        ("pipeDelimited", True, NUMBERS, "p=1&p=2", [1, 2]),
        ("form", True, POINT, "x=1&y=a&y=b&z=3", {"x": 1, "y": ["a", "b"]}),
        ("form", True, POINT, "z=3", MISSING),
        ("form", True, MAP, "a=1&b=2&other=3", {"a": 1, "b": 2}),
        ("form", True, {"type": "object", "additionalProperties": True}, "a=1", {"a": "1"}),
        ("form", True, {"type": "object", "additionalProperties": False}, "a=1", MISSING),
        ("form", True, {"allOf": [POINT, {"properties": {"z": BOOLEAN}}]}, "x=1&z=true", {"x": 1, "z": True}),
        ("form", True, {"allOf": [POINT, {"properties": {"x": {"minimum": 1}}}]}, "x=1", {"x": 1}),
        ("form", True, {"type": ["object", "null"], "properties": {"x": INTEGER}}, "x=1", {"x": 1}),
        ("deepObject", True, POINT, "p[x]=1&p[y]=a&q[x]=2", {"x": 1, "y": ["a"]}),
        ("deepObject", True, POINT, "p=1", MISSING),
        ("deepObject", True, POINT, "p[y][]=a&p[y][]=b", {"y": ["a", "b"]}),
        ("deepObject", True, POINT, "p[y][0]=a&p[y][1]=b", {"y": ["a", "b"]}),
        ("deepObject", True, {"type": "object", "properties": {"of": POINT}}, "p[of][x]=1", {"of": {"x": 1}}),
        ("deepObject", True, {"type": "object"}, "p[a][b][c]=1", {"a": {"b": {"c": "1"}}}),
        ("deepObject", True, {"anyOf": [NUMBERS, POINT]}, "p[x]=1", {"x": 1}),
        ("deepObject", True, {"properties": {"x": INTEGER, "z": {"$ref": X}}}, "p[x]=1&p[z]=2", {"x": 1, "z": 2}),
        ("form", True, {"properties": {"x": INTEGER, "z": {"$ref": X}}}, "x=1&z=2", {"x": 1, "z": 2}),
        ("form", True, {"anyOf": [POINT, STRING]}, "p=a&z=3", "a"),
        ("form", True, {"anyOf": [{**NUMBERS, "minItems": 3}, STRING]}, "p=1&p=2", [1, 2]),
        ("form", True, {"type": ["array", "string"], "minItems": 3}, "p=1&p=2", ["1", "2"]),
        ("form", True, {"type": ["array", "string"], "minItems": 3}, "p=1", "1"),
        ("form", False, {"anyOf": [{**POINT, "required": ["x"]}, STRING]}, "p=a", "a"),
        (
            "deepObject",
            True,
            {"type": "object", "properties": {"of": {"type": "array", "items": POINT}}},
            "p[of][0][x]=1&p[of][1][x]=2",
            {"of": [{"x": 1}, {"x": 2}]},
        ),
        ("deepObject", True, NUMBERS, "p[]=1&p[]=2", [1, 2]),
        ("deepObject", True, NUMBERS, "p[0]=1&p[1]=2", [1, 2]),
        ("deepObject", True, NUMBERS, "p=1&p=2", [1, 2]),
        ("deepObject", True, NUMBERS, "p[a]=1", MISSING),
    ],
)
def test_a_query_is_read_in_every_style(style, explode, schema, text, value):
    found = parameters.read(
        parameter("query", style, explode, schema), RawValues(query=pairs(text)), frozenset({"other"})
    )

    assert found == value


@pytest.mark.parametrize(
    ("location", "explode", "schema", "headers", "value"),
    [
        ("header", False, NUMBERS, [("p", "1, 2")], [1, 2]),
        ("header", False, NUMBERS, [("p", "1"), ("q", "3"), ("p", " 2 ")], [1, 2]),
        ("header", False, POINT, [("p", "x, 1, y, a")], {"x": 1, "y": ["a"]}),
        ("header", True, POINT, [("p", "x=1, y=a")], {"x": 1, "y": ["a"]}),
        ("header", False, STRING, [("q", "1")], MISSING),
        ("header", False, STRING, [("p", " a ")], "a"),
        ("cookie", False, NUMBERS, [("cookie", "q=0; p=1,2")], [1, 2]),
        ("cookie", True, NUMBERS, [("cookie", "p=1; p=2")], [1, 2]),
        ("cookie", True, NUMBERS, [("cookie", "p=1,2")], [1, 2]),
        ("cookie", True, NUMBERS, [("cookie", "p=1&p=2")], [1, 2]),
        ("cookie", True, POINT, [("cookie", "x=1; y=a; z=3")], {"x": 1, "y": ["a"]}),
        ("cookie", False, STRING, [("cookie", 'p="a b"')], "a b"),
        ("cookie", False, STRING, [("cookie", "p=a%20b")], "a b"),
        ("cookie", False, STRING, [("cookie", 'p="')], '"'),
        ("cookie", False, STRING, [("cookie", "p")], MISSING),
        ("cookie", False, STRING, [("set-cookie", "p=1")], MISSING),
    ],
)
def test_headers_and_cookies_are_read(location, explode, schema, headers, value):
    assert parameters.read(parameter(location, None, explode, schema), RawValues(headers=headers)) == value


JSON, PLAIN, FORM = "application/json", "text/plain", "application/x-www-form-urlencoded"


def described(location, media_type, schema, **more):
    return read_from({"name": "p", "in": location, "content": {media_type: {"schema": schema}}, **more})


@pytest.mark.parametrize(
    ("location", "media_type", "schema", "query", "value"),
    [
        ("query", JSON, POINT, 'p={"x": 1}', {"x": 1}),
        ("query", JSON, POINT, "p=1&p=2", 2),
        ("query", JSON, POINT, "q=1", MISSING),
        ("query", PLAIN, INTEGER, "p=1", "1"),
        ("querystring", JSON, POINT, '{"x":1}', {"x": 1}),
        ("querystring", JSON, STRING, '"a=1"', "a=1"),
        ("querystring", JSON, POINT, "", MISSING),
        ("querystring", FORM, POINT, "x=1&y=a&y=b", {"x": 1, "y": ["a", "b"]}),
        ("querystring", FORM, {"anyOf": [{"required": ["z"], **POINT}, MAP]}, "x=1&a=2", {"x": 1, "a": 2}),
    ],
)
def test_a_document_in_a_query_is_read(location, media_type, schema, query, value):
    found = [tuple(each.partition("=")[::2]) for each in query.split("&")] if query else []

    assert parameters.read(described(location, media_type, schema), RawValues(query=found)) == value


def test_an_empty_value_is_told_from_none_where_it_is_allowed():
    allowed = read_from({"name": "p", "in": "query", "schema": INTEGER, "allowEmptyValue": True})
    cookie = read_from({"name": "p", "in": "cookie", "schema": INTEGER, "allowEmptyValue": True})

    assert parameters.read(allowed, RawValues(query=[("p", "")])) is EMPTY
    assert parameters.read(allowed, RawValues(query=[("p", "1")])) == 1
    assert parameters.read(allowed, RawValues(query=[("p", ""), ("p", "1")])) == 1
    assert parameters.read(allowed, RawValues(query=[("q", "")])) is MISSING
    assert parameters.read(cookie, RawValues(headers=[("cookie", "p=")])) == ""


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_header_that_a_security_scheme_describes_is_none(name):
    declared = read_from({"name": name, "in": "header", "schema": STRING})
    in_query = read_from({"name": name, "in": "query", "schema": STRING})

    assert parameters.read(declared, RawValues(headers=[("authorization", "x")])) is MISSING
    assert parameters.read(in_query, RawValues(query=[(name, "x")])) == "x"


def test_lists_within_lists_come_to_an_end():
    tree = {"$anchor": "tree", "type": "array", "items": {"$ref": "#tree"}}

    value = parameters.read(parameter("query", "form", True, tree), RawValues(query=[("p", "1")]))

    assert str(value).strip("[]") == "'1'"


@pytest.mark.parametrize(
    ("declared", "raw", "message"),
    [
        (
            parameter("path", "label", False, STRING),
            RawValues(path={"p": "a"}),
            "expected a dot before the value (style label), got 'a'",
        ),
        (
            parameter("path", "matrix", False, STRING),
            RawValues(path={"p": "a"}),
            "expected ;p= before the value (style matrix), got 'a'",
        ),
        (
            parameter("path", "matrix", True, STRING),
            RawValues(path={"p": ";q=a"}),
            "expected ;p= before the value (style matrix), got ';q=a'",
        ),
        (
            parameter("path", "matrix", False, POINT),
            RawValues(path={"p": ";x=1"}),
            "expected ;p= before the value (style matrix), got ';x=1'",
        ),
        (
            parameter("query", "deepObject", True, {"type": "object"}),
            RawValues(query=[("p" + "[a]" * 5000, "1")]),
            "expected at most 50 levels of brackets (style deepObject), got more",
        ),
        (
            described("query", JSON, POINT),
            RawValues(query=[("p", "NaN")]),
            "expected JSON, got something else (NaN is not a JSON value)",
        ),
        (
            described("query", JSON, POINT),
            RawValues(query=[("p", "1x")]),
            "expected JSON, got something else (Extra data: line 1 column 2 (char 1))",
        ),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(declared, raw, message):
    with pytest.raises(parameters.StyleError) as error:
        parameters.read(declared, raw)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("style", "text", "plain"),
    [
        ("simple", ".5", ".5"),
        ("label", ".5", "5"),
        ("label", "5", "5"),
        ("matrix", ";p=5", "5"),
        ("matrix", ";q=5", ";q=5"),
    ],
)
def test_a_text_without_what_its_style_puts_around_it(style, text, plain):
    assert parameters.plain(parameter("path", style, False, STRING), text) == plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (["a", 1, False], "a,1,false"),
        ({"a": 1, "b": ["x", "y"]}, "a,1,b,x,y"),
        ([], ""),
    ],
)
def test_a_value_as_text(value, text):
    assert parameters.text(value) == text
    assert parameters.simple(value) == text


def test_a_value_as_text_in_other_forms():
    assert parameters.text(["a", "b"], "|") == "a|b"
    assert parameters.text({"a": 1}, "|") == "a|1"
    assert parameters.simple({"a": 1, "b": ["x", "y"]}, explode=True) == "a=1,b=x,y"
    assert parameters.simple(["a", "b"], explode=True) == "a,b"
    assert parameters.path_text(parameter("path", "matrix", False, POINT), {"x": 1}) == ";p=x,1"
    assert parameters.path_text(parameter("path", "label", False, POINT), {"x": 1, "y": ["ü"]}) == ".x,1,y,ü"
    assert parameters.path_text(parameter("path", "label", True, POINT), {"x": 1, "y": 2}) == ".x=1.y=2"
    assert parameters.path_text(parameter("path", "matrix", True, POINT), {"x": 1, "y": 2}) == ";x=1;y=2"
    assert parameters.query_pairs(described("query", JSON, POINT), {"x": "ü"}) == [("p", '{"x": "ü"}')]
    assert parameters.query_pairs(described("query", PLAIN, STRING), ["a", "b"]) == [("p", "a,b")]
    nested = {"a": {"b": [1, {"c": True}]}, "d": "x"}
    assert parameters.query_pairs(parameter("query", "deepObject", True, POINT), nested) == [
        ("p[a][b]", "1"),
        ("p[a][b]", "c,true"),
        ("p[d]", "x"),
    ]


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [("path", "simple", False), ("query", "form", True), ("header", "simple", False), ("cookie", "form", True)],
)
def test_styles_have_defaults(location, style, explode):
    declared = {"name": "p", "in": location, "required": True, "schema": STRING}
    found = read_from(declared)

    assert (found.style, found.explode) == (style, explode)
    assert read_from({**declared, "style": "simple"}).explode is False
    assert read_from({**declared, "explode": not explode}).explode is not explode
