"""Bodies of requests are checked against the contract, whatever their media type."""

import gzip
import json
import zlib

import pytest

import flowmock
from flowmock.messages import Call
from flowmock.validation import requests

PARCEL = {
    "type": "object",
    "required": ["lane"],
    "properties": {
        "lane": {"type": "integer", "minimum": 1},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "fragile": {"type": "boolean"},
        "size": {"type": "object", "required": ["h"], "properties": {"h": {"type": "integer"}}},
    },
}
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=cut"


def multipart(*parts):
    """Parts of name, content and further headers."""
    lines = []
    for name, content, *headers in parts:
        shown = f'Content-Disposition: form-data; name="{name}"'
        filename = next((each for each in headers if each.startswith("filename=")), None)
        lines += ["--cut", shown + (f"; {filename}" if filename else ""), *[h for h in headers if h != filename]]
        lines += ["", content]
    return "\r\n".join([*lines, "--cut--", ""]).encode()


@pytest.fixture
def violations(contract_of):
    """The violations of a body, by the content that the operation documents."""

    def found(content, body, content_type=None, *, openapi="3.0.3", components=None, headers=()):
        operation = {"requestBody": {"required": True, "content": content}, "responses": {}}
        more = {"openapi": openapi} | ({"components": components} if components else {})
        contract = contract_of({"/parcels": {"post": operation}}, **more)
        sent = ((("content-type", content_type),) if content_type else ()) + tuple(headers)
        body = body if isinstance(body, bytes) else body.encode()
        call = Call("POST", "/parcels", "/parcels", (), sent, body=body)
        return [str(each) for each in requests.of_body(next(iter(contract.operations.values())), call)]

    return found


@pytest.mark.parametrize(
    ("documented", "sent", "is_checked"),
    [
        ("application/json", "application/json", True),
        ("application/json", "Application/JSON; charset=utf-8", True),
        ("application/json; charset=utf-8", 'application/json;charset="UTF-8"', True),
        ("application/json; v=1.0", "application/json", True),
        ("application/json; v=1.0", "application/json; v=2", True),
        ("APPLICATION/JSON", "application/json", True),
        ("application/*", "application/json", True),
        ("application/*+json", "application/hal+json; charset=utf-8", True),
        ("application/vnd.parcel+json", "application/vnd.parcel+json", True),
        ("*/*", "application/json", True),
        ("*/*", None, True),
        ("text/json", "text/json", True),
    ],
)
def test_json_is_checked_under_every_documented_type(documented, sent, is_checked, violations):
    content = {documented: {"schema": PARCEL}}

    assert violations(content, '{"lane": 3}', sent) == []
    assert violations(content, '{"lane": 0}', sent) == ["body/lane: expected at least 1, got 0"]


@pytest.mark.parametrize(
    ("documented", "sent"),
    [
        ("application/json", "text/csv"),
        ("application/json", "json"),
        ("application/json", "application/hal+json"),
        ("application/*+json", "application/json"),
        ("image/*", "text/plain"),
        ("application/*+xml", "application/hal+json"),
    ],
)
def test_an_undocumented_type_is_named_with_the_documented_ones(documented, sent, violations):
    assert violations({documented: {}}, "x", sent) == [f"body: expected Content-Type {documented}, got {sent}"]


def test_the_most_specific_documented_type_applies(violations):
    content = {
        "*/*": {"schema": {"type": "string"}},
        "application/*": {"schema": {"type": "boolean"}},
        "application/json": {"schema": {"type": "integer"}},
        "application/json; level=2": {"schema": {"type": "array"}},
    }

    assert violations(content, "5", "application/json") == []
    assert violations(content, "[]", "application/json; level=2") == []
    assert violations(content, "true", "application/x+json") == []
    assert violations(content, '"a"', "text/json") == []


@pytest.mark.parametrize("body", ["{", "", "NaN", '{"lane": Infinity}', "[" * 100_000])
def test_what_is_not_json_is_refused(body, violations):
    assert violations({"application/json": {}}, body or " ", "application/json")[0].startswith("body: expected JSON")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("lane=2", None),
        ("lane=2&tags=a&tags=b&fragile=true", None),
        ("lane=2&tags=a", None),
        ("lane=2&size=%7B%22h%22%3A1%7D", None),
        ("lane=2&size[h]=1", None),
        ("lane=2&tags[]=a&tags[]=b", None),
        ("lane=2&unknown=x", None),
        ("", "required"),
        ("tags=a", "required"),
        ("lane=two", "body/lane"),
        ("lane=2.5", "body/lane"),
        ("lane=0", "body/lane"),
        ("lane=2&tags=a&tags=b&tags=c", "body/tags"),
        ("lane=2&fragile=perhaps", "body/fragile"),
        ("lane=2&size[h]=tall", "body/size/h"),
        ("lane=2&size=%7B%7D", "body/size"),
    ],
)
def test_urlencoded_bodies(body, problem, violations):
    found = violations({URLENCODED: {"schema": PARCEL}}, body or "%20=", URLENCODED)

    assert bool(found) is bool(problem)
    assert problem is None or problem in found[0]


@pytest.mark.parametrize(
    ("encoding", "right", "wrong"),
    [
        ({"tags": {"style": "form", "explode": False}}, "lane=1&tags=a,b", "lane=1&tags=a,b,c"),
        ({"tags": {"style": "pipeDelimited", "explode": False}}, "lane=1&tags=a%7Cb", "lane=1&tags=a%7Cb%7Cc"),
        ({"tags": {"style": "spaceDelimited", "explode": False}}, "lane=1&tags=a+b", "lane=1&tags=a+b+c"),
        ({"size": {"style": "deepObject", "explode": True}}, "lane=1&size[h]=1", "lane=1&size[h]=x"),
        ({"size": {"style": "form", "explode": True}}, "lane=1&h=1", "lane=1&h=x"),
        ({"size": {"style": "form", "explode": False}}, "lane=1&size=h,1", "lane=1&size=h,x"),
        ({"size": {"contentType": "application/json"}}, 'lane=1&size={"h":1}', 'lane=1&size={"h":"x"}'),
        ({"size": {"contentType": "application/json"}}, 'lane=1&size={"h":1}', "lane=1&size=h"),
    ],
)
def test_fields_of_a_form_in_the_style_of_their_encoding(encoding, right, wrong, violations):
    content = {URLENCODED: {"schema": PARCEL, "encoding": encoding}}

    assert violations(content, right, URLENCODED) == []
    assert violations(content, wrong, URLENCODED)


@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_the_schema_of_a_form_may_be_composed(openapi, violations):
    components = {
        "schemas": {"Parcel": PARCEL, "Note": {"type": "object", "properties": {"stars": {"type": "integer"}}}}
    }
    both = {"allOf": [{"$ref": "#/components/schemas/Parcel"}, {"$ref": "#/components/schemas/Note"}]}
    content = {URLENCODED: {"schema": both}}

    assert violations(content, "lane=2&stars=4&tags=a", URLENCODED, openapi=openapi, components=components) == []
    assert violations(content, "lane=2&stars=many", URLENCODED, openapi=openapi, components=components)
    assert violations(content, "stars=4", URLENCODED, openapi=openapi, components=components)


def test_a_form_that_is_one_of_several(violations):
    schema = {
        "oneOf": [
            {"type": "object", "required": ["at"], "properties": {"at": {"type": "integer"}}},
            {
                "type": "object",
                "required": ["at", "by"],
                "properties": {"at": {"type": "string"}, "by": {"type": "string"}},
            },
        ]
    }
    content = {URLENCODED: {"schema": schema}}

    assert violations(content, "at=5", URLENCODED) == []
    assert violations(content, "at=noon&by=sea", URLENCODED) == []
    assert violations(content, "at=noon", URLENCODED)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([("lane", "2")], None),
        ([("lane", "2"), ("tags", "a"), ("tags", "b")], None),
        ([("lane", "2"), ("tags", "a")], None),
        ([("lane", "2"), ("size", '{"h": 1}', "Content-Type: application/json")], None),
        ([("lane", "2"), ("size", '{"h": 1}')], None),
        ([("tags", "a")], "required"),
        ([("lane", "two")], "body/lane"),
        ([("lane", "2"), ("tags", "a"), ("tags", "b"), ("tags", "c")], "body/tags"),
        ([("lane", "2"), ("size", '{"h": "x"}')], "body/size/h"),
        ([("lane", "2"), ("size", "{", "Content-Type: application/json")], "body/size: expected JSON"),
    ],
)
def test_multipart_bodies(parts, problem, violations):
    found = violations({"multipart/form-data": {"schema": PARCEL}}, multipart(*parts), MULTIPART)

    assert bool(found) is bool(problem)
    assert problem is None or problem in found[0]


@pytest.mark.parametrize(
    ("openapi", "binary"),
    [
        ("3.0.3", {"type": "string", "format": "binary"}),
        ("3.1.0", {"type": "string", "contentMediaType": "image/png"}),
        ("3.1.0", {"type": "string", "format": "binary"}),
        ("3.1.0", {"contentMediaType": "application/octet-stream"}),
    ],
)
def test_files(openapi, binary, violations):
    schema = {
        "type": "object",
        "required": ["scan"],
        "properties": {"scan": binary, "more": {"type": "array", "items": binary, "maxItems": 1}},
    }
    content = {
        "multipart/form-data": {"schema": schema, "encoding": {"scan": {"contentType": "image/png, image/jpeg"}}}
    }
    scan = ("scan", "\x89PNG", 'filename="a.png"', "Content-Type: image/png")
    page = ("more", "%PDF", 'filename="b.pdf"', "Content-Type: application/pdf")
    wrong = ("scan", "%PDF", 'filename="b.pdf"', "Content-Type: application/pdf")

    assert violations(content, multipart(scan, page), MULTIPART, openapi=openapi) == []
    assert "required" in violations(content, multipart(page), MULTIPART, openapi=openapi)[0]
    assert violations(content, multipart(scan, page, page), MULTIPART, openapi=openapi)[0].startswith("body/more")
    assert violations(content, multipart(wrong), MULTIPART, openapi=openapi) == [
        "body/scan: expected Content-Type image/png, image/jpeg, got application/pdf"
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "problem"),
    [
        ("multipart/form-data", b"--cut\r\n", "expected a boundary"),
        (MULTIPART, b"lane=2", "expected parts that end with --cut--"),
        (MULTIPART, b"--cut\r\n\r\nx\r\n--cut--\r\n", "Content-Disposition"),
    ],
)
def test_malformed_multipart_bodies(content_type, body, problem, violations):
    assert problem in violations({"multipart/form-data": {"schema": PARCEL}}, body, content_type)[0]


@pytest.mark.parametrize(
    ("media", "schema", "right", "wrong"),
    [
        ("text/plain", {"type": "string", "maxLength": 3}, "rye", "oats"),
        ("text/plain", {"type": "integer"}, "12", "twelve"),
        ("text/plain", {"type": "string", "enum": ["a", "b"]}, "a", "c"),
        (
            "application/octet-stream",
            {"type": "string", "format": "binary", "maxLength": 2},
            b"\xff\xfe",
            b"\xff\xfe\xfd",
        ),
        ("application/yaml", PARCEL, "lane: 4", "lane: four"),
    ],
)
def test_text_bytes_and_yaml(media, schema, right, wrong, violations):
    assert violations({media: {"schema": schema}}, right, media) == []
    assert violations({media: {"schema": schema}}, wrong, media)


MILL = {
    "type": "object",
    "required": ["stones"],
    "properties": {
        "stones": {"type": "integer"},
        "id": {"type": "integer", "xml": {"attribute": True}},
        "owner": {"type": "string", "xml": {"name": "keeper"}},
        "sails": {"type": "array", "items": {"type": "number", "xml": {"name": "sail"}}},
        "sacks": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "integer", "xml": {"name": "sack"}}},
        "site": {"type": "object", "required": ["river"], "properties": {"river": {"type": "string"}}},
    },
    "additionalProperties": False,
    "xml": {"name": "mill"},
}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<mill><stones>2</stones></mill>", None),
        ('<?xml version="1.0"?><mill id="7"> <stones> 2 </stones></mill>', None),
        ("<mill><stones>2</stones><keeper>Ada</keeper></mill>", None),
        ("<mill><stones>2</stones><sail>1.5</sail><sail>2</sail></mill>", None),
        ("<mill><stones>2</stones><sacks><sack>1</sack><sack>2</sack></sacks></mill>", None),
        ("<mill><stones>2</stones><site><river>Aa</river></site></mill>", None),
        ('<m:mill xmlns:m="urn:m"><m:stones>2</m:stones></m:mill>', None),
        ("<mill/>", "required"),
        ("<mill><stones>two</stones></mill>", "body/stones"),
        ('<mill id="x"><stones>2</stones></mill>', "body/id"),
        ("<mill><stones>2</stones><sail>x</sail></mill>", "body/sails/0"),
        ("<mill><stones>2</stones><sacks><sack>x</sack></sacks></mill>", "body/sacks/0"),
        ("<mill><stones>2</stones><site/></mill>", "body/site"),
        ("<mill><stones>2</stones><roof>flat</roof></mill>", "roof"),
        ("<windmill><stones>2</stones></windmill>", "expected root element <mill>, got <windmill>"),
        ("<mill><stones>2</stones>", "expected XML"),
        ("stones", "expected XML"),
    ],
)
@pytest.mark.parametrize("media", ["application/xml", "text/xml", "application/vnd.mill+xml"])
def test_xml(media, body, problem, violations):
    found = violations({media: {"schema": MILL}}, body, media)

    assert bool(found) is bool(problem)
    assert problem is None or problem in found[0]


BOAT = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "xml": {"nodeType": "attribute"}},
        "name": {"type": "string", "minLength": 2, "xml": {"nodeType": "text"}},
        "port": {
            "type": "object",
            "properties": {"dock": {"type": "integer"}, "pier": {"type": "integer", "xml": {"nodeType": "attribute"}}},
            "xml": {"nodeType": "none"},
        },
    },
    "additionalProperties": False,
    "xml": {"name": "boat"},
}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<boat id="4">Vega</boat>', None),
        ("<boat><![CDATA[Vega]]></boat>", None),
        ('<boat pier="2">\n  Vega\n  <dock>3</dock>\n</boat>', None),
        ("<boat>V</boat>", "body/name"),
        ("<boat><name>Vega</name></boat>", "required"),
        ('<boat pier="x">Vega</boat>', "body/port/pier"),
        ("<boat>Vega<dock>x</dock></boat>", "body/port/dock"),
        ("<boat>Vega<mast>x</mast></boat>", "mast"),
    ],
)
def test_texts_and_objects_without_a_node_in_xml(body, problem, violations):
    """OpenAPI 3.2.0, section 4.26."""
    found = violations({"application/xml": {"schema": BOAT}}, body, "application/xml")

    assert bool(found) is bool(problem)
    assert problem is None or problem in found[0]


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_read(coding, compress, violations):
    content = {"application/json": {"schema": PARCEL}}
    headers = [("content-encoding", coding)]

    assert violations(content, compress(b'{"lane": 3}'), "application/json", headers=headers) == []
    assert violations(content, compress(b'{"lane": 0}'), "application/json", headers=headers)
    assert f"{coding} data" in violations(content, b"{}", "application/json", headers=headers)[0]


def test_another_content_coding_is_rejected(violations):
    content = {"application/json": {"schema": PARCEL}}

    assert violations(content, b"{}", "application/json", headers=[("content-encoding", "br")]) == [
        "body: expected Content-Encoding gzip, deflate, got br"
    ]


def test_json_of_another_type_is_not_checked_by_it(violations):
    assert violations({"*/*": {"schema": {"type": "string", "format": "binary"}}}, b"\x89PNG", "image/png") == []
    assert violations({"*/*": {"schema": PARCEL}}, json.dumps({"lane": 0}), "application/json")


RANGE = {"type": "object", "properties": {"gte": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("until=1739815399", ""),
        ("until=now", ""),
        ("until[gte]=5", ""),
        ("until[gte]=x", "body/until"),
        ("until=later", "body/until"),
        ("until=5&until=now", ""),
    ],
)
def test_a_field_with_a_style_for_objects_can_have_another_value(body, problem, violations):
    until = {"anyOf": [RANGE, {"enum": ["now"]}, {"type": "integer"}]}
    content = {"schema": {"type": "object", "properties": {"until": until}}}
    content["encoding"] = {"until": {"style": "deepObject", "explode": True}}

    found = violations({URLENCODED: content}, body, URLENCODED)

    assert bool(found) is bool(problem)
    assert not problem or problem in found[0]


def test_a_list_that_was_sent_is_the_response(contract_of, ask):
    text = {"type": "string"}
    sent_schema = {"type": "array", "items": {"type": "object", "properties": {"name": text}}}
    item = {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": text}}
    answered = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": item}}}}
    put = {
        "requestBody": {"content": {"application/json": {"schema": sent_schema}}},
        "responses": {"200": answered},
    }
    sent = [{"name": f"Guest {number}"} for number in range(5)]
    with flowmock.running(contract_of({"/guests": {"put": put}})) as running:
        headers = {"Content-Type": "application/json"}
        found = ask(running, "/guests", method="PUT", headers=headers, body=json.dumps(sent)).json

    assert [each["name"] for each in found] == [each["name"] for each in sent]
    assert all(isinstance(each["id"], int) for each in found)
