"""The diff in detail: pairs of small documents, and what is found, word by word, in `tests/data/diffs/details`."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from flowcontract.compatibility.diff import Changes
from flowcontract.compatibility.diff.rules import CONSUMERS
from flowcontract.openapi.contract import Contract

from .builders import (
    INTEGER,
    LIST,
    NUMBER,
    STRING,
    Json,
    boats,
    body,
    choice,
    content,
    document,
    fields,
    flow,
    form,
    header,
    mapped,
    query,
    regions,
    response,
    secured,
    servers,
    statuses,
)
from .table import check, lines

POST = document({}, method="post")
OBJECT, ARRAY = {"type": "object"}, {"type": "array"}
TEXT_OR_NULL = {"type": ["string", "null"]}
BEARER, BASIC = ({"type": "http", "scheme": scheme} for scheme in ("bearer", "basic"))
FORM = "application/x-www-form-urlencoded"


def key(name: str, location: str = "header") -> Json:
    return {"type": "apiKey", "in": location, "name": name}


def oauth(**flows: Any) -> Json:
    return {"type": "oauth2", "flows": flows}


def scopes(*names: str, **more: str) -> Json:
    return {"tokenUrl": "https://id.example/t", "scopes": dict.fromkeys(names, ""), **more}


def discovery(url: str) -> Json:
    return {"type": "openIdConnect", "openIdConnectUrl": url}


def bodies(*media_types: str, **more: Any) -> Json:
    sent = {"content": {name: {"schema": STRING} for name in media_types}, **more}
    return document({"requestBody": sent}, method="post")


def replies(*media_types: str) -> Json:
    return document(
        {"responses": {"200": {"description": "", "content": {name: {"schema": STRING} for name in media_types}}}}
    )


def parameter(location: str = "query", schema: Json | None = None, **more: Any) -> Json:
    return document({"parameters": [{"name": "berth", "in": location, "schema": schema or STRING, **more}]})


def part(name: str, schema: Json, encoding: Json | None = None, media_type: str = "multipart/form-data") -> Json:
    media = {"schema": fields(**{name: schema}), "encoding": {} if encoding is None else {name: encoding}}
    return document({"requestBody": {"content": {media_type: media}}}, method="post")


def hook(**operation: Any) -> Json:
    return document({}, webhooks={"sunk": {"post": {"responses": {}, **operation}}})


def hook_reply(**responses: Any) -> Json:
    return hook(responses={status.lstrip("_"): each for status, each in responses.items()})


def tries(**more: Any) -> Json:
    return {"name": "X-Tries", "in": "header", "schema": INTEGER, **more}


def called(*expressions: str, name: str = "arrived") -> Json:
    item = {"post": {"requestBody": content(STRING), "responses": {}}}
    return document({"callbacks": {name: dict.fromkeys(expressions, item)}}, method="post")


def items(*schemas: Any, **more: Any) -> Json:
    return ARRAY | {"prefixItems": list(schemas)} | more


def named(**schemas: Any) -> Json:
    return {"components": {"schemas": schemas}}


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def rooted(schema: Any, media_type: str = "application/xml", **components: Any) -> Json:
    reply = {"200": {"description": "", "content": {media_type: {"schema": schema}}}}
    return document({"responses": reply}, **named(**components))


def two(one: Json, other: Json) -> Json:
    """A document with the paths of two."""
    return one | {"paths": one["paths"] | other["paths"]}


Pairs = dict[str, tuple[Json, Json]]

BODIES: Pairs = {
    "a required body appears": (POST, bodies("text/plain", required=True)),
    "an optional body appears": (POST, bodies("text/plain")),
    "a body goes": (bodies("text/plain", "text/csv"), POST),
    "a body becomes required": (bodies("text/plain"), bodies("text/plain", required=True)),
    "one of several types": (bodies("text/plain", "text/csv", "text/xml"), bodies("text/csv", "text/xml")),
    "a charset, capitals and a space": (bodies("Text/Plain; charset=utf-8"), bodies("text/plain")),
    "another parameter makes another type": (bodies("text/csv;header=present"), bodies("text/csv;header=absent")),
    "a range takes the type": (bodies("text/csv"), bodies("text/*")),
    "a range of another type": (bodies("text/csv"), bodies("image/*")),
    "a suffix takes the type": (bodies("application/hal+json"), bodies("application/*+json")),
}
FORMS: Pairs = {
    "several types of a part": (
        part("scan", STRING, {"contentType": "image/png, image/jpeg"}),
        part("scan", STRING, {"contentType": "image/png"}),
    ),
    "an object is JSON by default": (
        part("plan", fields(a=STRING)),
        part("plan", fields(a=STRING), {"contentType": "application/json"}),
    ),
    "an object is no text by default": (
        part("plan", fields(a=STRING)),
        part("plan", fields(a=STRING), {"contentType": "text/plain"}),
    ),
    "the entries of a list by default": (
        part("plans", ARRAY | {"items": fields(a=STRING)}),
        part("plans", ARRAY | {"items": fields(a=STRING)}, {"contentType": "application/json"}),
    ),
    "bytes by default": (
        part("scan", STRING | {"contentEncoding": "base64"}),
        part("scan", STRING | {"contentEncoding": "base64"}, {"contentType": "application/octet-stream"}),
    ),
    "a file is one in every notation": (
        part("scan", STRING | {"format": "binary"}),
        part("scan", STRING | {"contentEncoding": "binary"}),
    ),
    "a part requires a header": (
        part("scan", STRING, {"headers": {"X-Pages": {"schema": INTEGER}}}),
        part(
            "scan",
            STRING,
            {"headers": {"X-Pages": {"schema": INTEGER}, "X-Of": {"required": True, "schema": INTEGER}, "X-No": {}}},
        ),
    ),
    "types do not matter in a form of fields": (
        part("plan", fields(a=STRING), {"contentType": "application/json"}, FORM),
        part("plan", fields(a=STRING), {"contentType": "text/plain"}, FORM),
    ),
    "an encoding of JSON means nothing": (
        part("tags", LIST, {"explode": False}, "application/json"),
        part("tags", LIST, {"explode": True}, "application/json"),
    ),
    "explode is the default of the style form": (form({"tags": {"explode": True}}, FORM), form({}, FORM)),
    "explode is not the default of other styles": (
        form({"tags": {"style": "pipeDelimited"}}, FORM),
        form({"tags": {"style": "pipeDelimited", "explode": False}}, FORM),
    ),
    "another style of a list": (
        form({"tags": {"style": "pipeDelimited"}}, FORM),
        form({"tags": {"style": "spaceDelimited"}}, FORM),
    ),
    "another style of a text": (
        form({"plan": {"style": "pipeDelimited"}}, FORM),
        form({"plan": {"style": "spaceDelimited"}}, FORM),
    ),
    "an object in another style": (
        part("plan", fields(a=STRING), {"style": "deepObject"}, FORM),
        part("plan", fields(a=STRING), {}, FORM),
    ),
    "reserved characters of a list": (form({"tags": {"allowReserved": True}}, FORM), form({"tags": {}}, FORM)),
    "an encoding of a field that is not there": (
        form({"other": {"contentType": "text/csv"}}),
        form({"other": {"contentType": "text/plain"}}),
    ),
}
SENT: Pairs = {
    "a webhook that is new": (document({}), hook()),
    "a webhook by another method": (hook(), document({}, webhooks={"sunk": {"put": {"responses": {}}}})),
    "a webhook in another media type": (
        hook(requestBody=content(STRING)),
        hook(requestBody=content(STRING, "text/plain")),
    ),
    "a webhook with a body": (hook(), hook(requestBody=content(STRING))),
    "a webhook expects one more status": (
        hook_reply(_200={"description": ""}),
        hook_reply(_200={"description": ""}, _202={"description": ""}),
    ),
    "a webhook expects a range": (hook_reply(_202={"description": ""}), hook_reply(**{"2XX": {"description": ""}})),
    "a webhook expects one of a range": (
        hook_reply(**{"2XX": {"description": ""}}),
        hook_reply(_202={"description": ""}),
    ),
    "errors of a webhook": (hook_reply(_404={"description": ""}), hook_reply(_500={"description": ""})),
    "what a webhook is answered": (hook_reply(_200=content(STRING)), hook_reply(_200=content(INTEGER))),
    "what a webhook is answered in another media type": (
        hook_reply(_200=content(STRING)),
        hook_reply(_200=content(INTEGER, "text/plain")),
    ),
    "an answer of a webhook that is not expected": (
        hook_reply(_200=content(STRING), _404=content(STRING)),
        hook_reply(_200=content(STRING)),
    ),
    "a parameter of a webhook becomes optional": (hook(parameters=[tries(required=True)]), hook(parameters=[tries()])),
    "an optional parameter of a webhook goes": (hook(parameters=[tries()]), hook()),
    "a required parameter of a webhook goes": (hook(parameters=[tries(required=True)]), hook()),
    "a header in other capitals": (
        hook(parameters=[tries(required=True)]),
        hook(parameters=[tries(required=True) | {"name": "x-tries"}]),
    ),
    "a parameter of a webhook elsewhere": (
        hook(parameters=[tries(required=True)]),
        hook(parameters=[tries(required=True) | {"in": "query"}]),
    ),
    "another expression": (called("{$request.body#/a}"), called("{$request.body#/b}")),
    "one of two expressions": (called("{$request.body#/a}", "{$request.body#/b}"), called("{$request.body#/b}")),
    "another name of a callback": (called("{$url}"), called("{$url}", name="gone")),
}
ADDRESSES: Pairs = {
    "a base path appears": (servers("/"), servers("/v1")),
    "a base path without a common operation": (servers("/v1", path="/a"), servers("/v2", path="/b")),
    "the first of two": (servers("https://a.example", "https://b.example"), servers("https://b.example")),
    "another order": (
        servers("https://a.example", "https://b.example"),
        servers("https://b.example", "https://a.example"),
    ),
    "a relative address": (servers("https://a.example/v1"), servers("/v1")),
    "no servers": (servers("https://a.example"), document({})),
    "another scheme": (servers("http://a.example"), servers("https://a.example")),
    "another base path and fewer servers": (
        servers("https://a.example/v1", "https://b.example/v1"),
        servers("https://a.example/v2"),
    ),
    "a slash at the end": (servers("https://a.example/v1/"), servers("https://a.example/v1")),
    "one region more": (regions("eu"), regions("eu", "us")),
    "a region that is not the default": (regions("us"), regions("us", "asia")),
    "any region becomes some": (regions(), regions("us")),
    "a dot of a name is a dot": (
        servers("https://a.example", "https://c.example"),
        servers("https://a.example", "https://cxexample"),
    ),
    "an operation's own server": (
        document({"servers": [{"url": "/v1"}]}, servers=[{"url": "/v0"}]),
        document({"servers": [{"url": "/v2"}]}, servers=[{"url": "/v0"}]),
    ),
    "another path with the same parameter": (document({}, path="/a/{id}"), document({}, path="/b/{id}")),
    "two operations": (
        two(document({}, path="/a"), document({}, path="/b")),
        two(document({}, path="/b"), document({}, path="/a")),
    ),
    "a template beside a fixed path": (
        two(document({}, path="/a/{id}"), document({}, path="/a/b")),
        two(document({}, path="/a/{key}"), document({}, path="/a/b")),
    ),
    "the same template twice": (
        two(document({}, path="/a/{id}/b"), document({}, path="/b/{id}")),
        two(document({}, path="/a/{key}/b"), document({}, path="/b/{key}")),
    ),
    "another method": (document({}), document({}, method="put")),
    "an ID appears": (document({}), document({"operationId": "list"})),
    "no longer deprecated": (document({"deprecated": True}), document({})),
    "still deprecated": (document({"deprecated": True}), document({"deprecated": True})),
}
CREDENTIALS: Pairs = {
    "credentials are required": (document({}), secured({"lock": []}, lock=BEARER)),
    "credentials or none": (secured({"lock": []}, lock=BEARER), secured({}, {"lock": []}, lock=BEARER)),
    "two schemes instead of one": (
        secured({"lock": []}, lock=BEARER, key=key("X-Key")),
        secured({"lock": [], "key": []}, lock=BEARER, key=key("X-Key")),
    ),
    "one of two alternatives": (
        secured({"lock": []}, {"key": []}, lock=BEARER, key=key("X-Key")),
        secured({"lock": []}, lock=BEARER, key=key("X-Key")),
    ),
    "an alternative more": (
        secured({"lock": []}, lock=BEARER, key=key("X-Key")),
        secured({"lock": []}, {"key": []}, lock=BEARER, key=key("X-Key")),
    ),
    "basic instead of bearer": (secured({"lock": []}, lock=BEARER), secured({"lock": []}, lock=BASIC)),
    "a key in another header": (secured({"lock": []}, lock=key("X-A")), secured({"lock": []}, lock=key("X-B"))),
    "a header in other capitals": (secured({"lock": []}, lock=key("X-A")), secured({"lock": []}, lock=key("x-a"))),
    "a query in other capitals": (
        secured({"lock": []}, lock=key("A", "query")),
        secured({"lock": []}, lock=key("a", "query")),
    ),
    "a key in a cookie": (
        secured({"lock": []}, lock=key("a", "query")),
        secured({"lock": []}, lock=key("a", "cookie")),
    ),
    "a token by OAuth": (secured({"lock": []}, lock=BEARER), secured({"lock": []}, lock=flow())),
    "a token by OpenID Connect": (
        secured({"lock": []}, lock=flow()),
        secured({"lock": []}, lock=discovery("https://id.example")),
    ),
    "a bearer token as a key": (secured({"lock": []}, lock=BEARER), secured({"lock": []}, lock=key("Authorization"))),
    "a discovery elsewhere": (
        secured({"lock": []}, lock=discovery("https://a.example")),
        secured({"lock": []}, lock=discovery("https://b.example")),
    ),
    "a client certificate": (secured({"lock": []}, lock={"type": "mutualTLS"}), secured({"lock": []}, lock=BEARER)),
    "two scopes more": (
        secured({"lock": ["a"]}, lock=flow()),
        secured({"lock": ["a", "c", "b"]}, lock=flow()),
    ),
    "fewer scopes": (secured({"lock": ["a", "b"]}, lock=flow()), secured({"lock": ["b"]}, lock=flow())),
    "the scopes of one of two schemes": (
        secured({"lock": ["a"]}, {"key": []}, lock=flow(), key=key("X-Key")),
        secured({"lock": ["b"]}, {"key": []}, lock=flow(), key=key("X-Key")),
    ),
    "the alternative with the fewest scopes": (
        secured({"lock": ["a"]}, lock=flow()),
        secured({"lock": ["a", "b", "c"]}, {"lock": ["a", "d"]}, lock=flow()),
    ),
    "several flows": (
        secured({"lock": []}, lock=oauth(implicit=scopes("a"), password=scopes("a"))),
        secured({"lock": []}, lock=oauth(password=scopes("b"), clientCredentials=scopes("a"))),
    ),
    "every URL of a flow": (
        secured({"lock": []}, lock=flow(refreshUrl="https://id.example/r", authorizationUrl="https://id.example/a")),
        secured({"lock": []}, lock=flow(authorizationUrl="https://id.example/b")),
    ),
    "a device's URL": (
        secured({"lock": []}, lock=flow(deviceAuthorizationUrl="https://id.example/d")),
        secured({"lock": []}, lock=flow(deviceAuthorizationUrl="https://id.example/e")),
    ),
    "a URL that is new": (secured({"lock": []}, lock=flow()), secured({"lock": []}, lock=flow(refreshUrl="/r"))),
    "the only scheme of a kind by another name": (
        secured({"lock": []}, lock=flow(scopes={"a": ""})),
        secured({"bolt": []}, bolt=flow(scopes={})),
    ),
    "two schemes of a kind": (
        secured({"lock": []}, lock=flow(scopes={"a": ""})),
        secured({"bolt": []}, {"bar": []}, bolt=flow(scopes={}), bar=flow(scopes={"b": ""})),
    ),
    "for all operations": (
        document({}, security=[{"lock": []}], components={"securitySchemes": {"lock": BEARER}}),
        document({}, security=[{"lock": []}], components={"securitySchemes": {"lock": BASIC}}),
    ),
    "for all operations, by another name": (
        document({}, security=[{"lock": []}], components={"securitySchemes": {"lock": BEARER}}),
        document({}, security=[{"bolt": []}], components={"securitySchemes": {"bolt": BASIC}}),
    ),
}
PARAMETERS: Pairs = {
    "a required parameter appears": (document({}), parameter(required=True)),
    "an optional parameter appears": (document({}), parameter()),
    "a parameter becomes required": (parameter(), parameter(required=True)),
    "a parameter goes": (parameter(required=True), document({})),
    "a parameter moves": (parameter("query"), parameter("cookie")),
    "a header parameter in other capitals": (
        parameter("header"),
        document({"parameters": [{"name": "BERTH", "in": "header", "schema": INTEGER}]}),
    ),
    "a query parameter in other capitals": (
        parameter(),
        document({"parameters": [{"name": "BERTH", "in": "query", "schema": STRING}]}),
    ),
    "a list with pipes": (parameter(schema=LIST, style="pipeDelimited"), parameter(schema=LIST, explode=False)),
    "a list with pipes, exploded": (
        parameter(schema=LIST, style="pipeDelimited", explode=True),
        parameter(schema=LIST),
    ),
    "an object in brackets": (
        parameter(schema=fields(a=STRING), style="deepObject"),
        parameter(schema=fields(a=STRING), style="deepObject", explode=True),
    ),
    "an object in brackets or exploded": (
        parameter(schema=fields(a=STRING), style="deepObject", explode=True),
        parameter(schema=fields(a=STRING)),
    ),
    "a header of objects": (
        parameter("header", fields(a=STRING)),
        parameter("header", fields(a=STRING), explode=True),
    ),
    "a header of lists": (parameter("header", LIST), parameter("header", LIST, explode=True)),
    "a text or a list": (
        parameter(schema={"type": ["string", "array"], "items": STRING}),
        parameter(schema={"type": ["string", "array"], "items": STRING}, explode=False),
    ),
    "a document instead of a text": (
        parameter(),
        document({"parameters": [{"name": "berth", "in": "query", "content": content(STRING)["content"]}]}),
    ),
    "documents of two media types": (
        document({"parameters": [{"name": "berth", "in": "query", "content": content(STRING)["content"]}]}),
        document({"parameters": [{"name": "berth", "in": "query", "content": content(STRING, "text/csv")["content"]}]}),
    ),
    "a document of another type": (
        document({"parameters": [{"name": "berth", "in": "query", "content": content(INTEGER)["content"]}]}),
        document({"parameters": [{"name": "berth", "in": "query", "content": content(STRING)["content"]}]}),
    ),
    "an enumeration is no text": (query(INTEGER), query({"enum": ["1", "2"]})),
    "a format is no text": (query(INTEGER), query(STRING | {"format": "date"})),
    "a bound is no text": (query(INTEGER), query(STRING | {"maxLength": 2})),
    "a text or null": (query({"type": ["integer", "null"]}), query(STRING)),
    "a boolean becomes words that include it": (
        query({"type": "boolean"}),
        query(STRING | {"enum": ["true", "false", "auto"]}),
    ),
    "a boolean becomes a list": (query({"type": "boolean"}), query(ARRAY | {"items": {"type": "boolean"}})),
    "one value for a list of two": (query(STRING), query(LIST | {"minItems": 2})),
    "one value for a list of one": (query(STRING), query(LIST | {"minItems": 1})),
    "one value for a list of anything": (query(STRING), query(ARRAY)),
    "a path parameter in another style": (
        document({"parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}]}, path="/a/{id}"),
        document(
            {"parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING, "style": "label"}]},
            path="/a/{id}",
        ),
    ),
    "path parameters by position": (
        document({}, path="/a/{id}/b/{key}"),
        document({}, path="/a/{key}/b/{id}"),
    ),
    "both are deprecated and reserved": (
        parameter(allowReserved=True, allowEmptyValue=True),
        parameter(allowReserved=True, allowEmptyValue=True),
    ),
    "reserved and empty from now on": (parameter(), parameter(allowReserved=True, allowEmptyValue=True)),
}
RESPONSES: Pairs = {
    "a range of successes goes": (statuses(_200={}, **{"2XX": {}}), statuses(_200={})),
    "a success of a range goes": (statuses(_200={}, _2XX={}), statuses(_2XX={})),
    "a default appears": (statuses(_200={}), statuses(_200={}, default={})),
    "a default alone": (statuses(default={}), statuses(_200={})),
    "a default as the only success": (statuses(_404={}), statuses(_404={}, default=content(STRING))),
    "an error of the default": (
        statuses(_200={}, default=content(STRING)),
        statuses(_200={}, _404=content(INTEGER), default=content(STRING)),
    ),
    "an informational status": (statuses(_200={}), statuses(_200={}, _100={})),
    "an informational status goes": (statuses(_200={}, _100={}), statuses(_200={})),
    "a redirect goes": (statuses(_200={}, _301={}), statuses(_200={})),
    "a server error": (statuses(_200={}, _500={}), statuses(_200={}, _503={})),
    "a small range": (statuses(_2xx=content(STRING)), statuses(_200=content(INTEGER))),
    "media types become a range": (replies("text/csv"), replies("text/*")),
    "a range becomes media types": (replies("text/*"), replies("text/csv", "text/plain")),
    "one more media type": (replies("text/csv"), replies("text/csv", "text/plain")),
    "one media type less": (replies("text/csv", "text/plain"), replies("text/csv")),
    "no media type": (replies("text/csv"), replies()),
    "the first media type": (replies(), replies("text/csv")),
    "an error of another media type": (
        statuses(_200={}, _404=content(STRING)),
        statuses(_200={}, _404=content(STRING, "text/csv")),
    ),
    "a header becomes optional": (header(schema=STRING, required=True), header(schema=STRING)),
    "a header becomes required": (header(schema=STRING), header(schema=STRING, required=True)),
    "a header is a document": (header(schema=STRING), header(content=content(STRING)["content"])),
    "a header of a number becomes text": (header(schema=INTEGER), header(schema=STRING)),
    "a header of another type": (header(schema=STRING | {"enum": ["a"]}), header(schema=STRING | {"enum": ["a", "b"]})),
    "a header of an error": (
        statuses(_200={}, _404={"headers": {"X-A": {"required": True, "schema": STRING}}}),
        statuses(_200={}, _404={}),
    ),
    "a header that is a content type": (
        header(schema=STRING),
        document(
            {
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Left": {"schema": STRING}, "content-type": {"schema": STRING}},
                    }
                }
            }
        ),
    ),
    "a schema as a response": (
        document({"responses": {"200": content(STRING)}}, **named(Bad=STRING)),
        document({"responses": {"200": reference("Bad")}}, **named(Bad=STRING)),
    ),
    "a schema as a response is fixed": (
        document({"responses": {"200": reference("Bad")}}, **named(Bad=STRING)),
        document({"responses": {"200": content(INTEGER)}}, **named(Bad=STRING)),
    ),
}
VALUES: Pairs = {
    name: (body(before), body(after))
    for name, (before, after) in {
        "a minimum appears": (INTEGER, INTEGER | {"minimum": 0}),
        "a minimum rises": (NUMBER | {"minimum": 1}, NUMBER | {"minimum": 1.5}),
        "a minimum excludes itself": (NUMBER | {"minimum": 1}, NUMBER | {"exclusiveMinimum": 1}),
        "a maximum excludes itself": (NUMBER | {"maximum": 1}, NUMBER | {"exclusiveMaximum": 1}),
        "two maxima": (NUMBER | {"maximum": 5}, NUMBER | {"maximum": 5, "exclusiveMaximum": 4}),
        "a fraction as the bound of integers": (INTEGER | {"minimum": 1.5}, INTEGER | {"minimum": 2}),
        "an excluded fraction of integers": (INTEGER | {"exclusiveMaximum": 2.5}, INTEGER | {"maximum": 2}),
        "a step of fractions": (NUMBER | {"multipleOf": 0.1}, NUMBER | {"multipleOf": 0.2}),
        "a step of tenths and hundredths": (NUMBER | {"multipleOf": 0.1}, NUMBER | {"multipleOf": 0.01}),
        "a step of integers": (INTEGER, INTEGER | {"multipleOf": 0.5}),
        "a step of halves": (NUMBER, NUMBER | {"multipleOf": 0.5}),
        "lengths": (STRING | {"minLength": 1, "maxLength": 9}, STRING | {"minLength": 2, "maxLength": 8}),
        "numbers of entries": (LIST | {"minItems": 1, "maxItems": 9}, LIST | {"minItems": 2, "maxItems": 8}),
        "numbers of fields": (
            OBJECT | {"minProperties": 1, "maxProperties": 9},
            OBJECT | {"minProperties": 2, "maxProperties": 8},
        ),
        "a length of zero": (STRING, STRING | {"minLength": 0}),
        "different entries": (LIST, LIST | {"uniqueItems": True}),
        "equal entries": (LIST | {"uniqueItems": True}, LIST | {"uniqueItems": False}),
        "a pattern goes": (STRING | {"pattern": "^a$"}, STRING),
        "a pattern that is longer": (STRING | {"pattern": "^ab$"}, STRING | {"pattern": "^a"}),
        "no pattern at all": (STRING | {"pattern": "^$"}, STRING | {"pattern": "^.*$"}),
        "an integer of 32 bits": (INTEGER | {"format": "int64"}, INTEGER | {"format": "int32"}),
        "the least integer of 32 bits": (
            INTEGER | {"minimum": -(2**31), "maximum": 2**31 - 1},
            INTEGER | {"format": "int32"},
        ),
        "one below the least integer of 32 bits": (
            INTEGER | {"minimum": -(2**31) - 1, "maximum": 0},
            INTEGER | {"format": "int32"},
        ),
        "one above the largest integer of 32 bits": (
            INTEGER | {"minimum": 0, "maximum": 2**31},
            INTEGER | {"format": "int32"},
        ),
        "a format of integers": (INTEGER, INTEGER | {"format": "int32"}),
        "a wider number": (NUMBER | {"format": "float"}, NUMBER | {"format": "double"}),
        "a narrower address": (STRING | {"format": "iri-reference"}, STRING | {"format": "uri"}),
        "an international name": (STRING | {"format": "hostname"}, STRING | {"format": "idn-hostname"}),
        "an international mail address": (STRING | {"format": "email"}, STRING | {"format": "idn-email"}),
        "a format goes": (STRING | {"format": "date"}, STRING),
        "a password is a text": (STRING, STRING | {"format": "password"}),
        "another format": (STRING | {"format": "date"}, STRING | {"format": "date-time"}),
        "an encoding appears": (STRING, STRING | {"contentEncoding": "base64"}),
        "another encoding": (STRING | {"contentEncoding": "base64"}, STRING | {"contentEncoding": "base32"}),
        "a media type of a text": (
            STRING | {"contentMediaType": "text/html"},
            STRING | {"contentMediaType": "text/markdown"},
        ),
        "numbers of an enumeration": ({"enum": [1, 2.0]}, {"enum": [1.0, 2]}),
        "true is not 1": ({"enum": [1, "a"]}, {"enum": [True, "a"]}),
        "values of several types": ({"enum": [1, "a", None, True]}, {"enum": ["a"]}),
        "an enumeration with another type": ({"enum": ["a", 1]} | STRING, {"enum": ["a"]}),
        "whole numbers of an enumeration": ({"enum": [1.0, 1.5]} | INTEGER, {"enum": [1]}),
        "lists of an enumeration": ({"enum": [[1], [2]]}, {"enum": [[2], [3]]}),
        "any list": (LIST, {"enum": [["a"]]}),
        "one object of all": (OBJECT, {"enum": [{"a": 1}]}),
        "values and a pattern": (STRING | {"pattern": "^[a-z]+$"}, {"enum": ["ab", "cd"]}),
        "values of a pattern that are few": (STRING | {"pattern": "^(a|b)$"}, {"enum": ["a", "b", "c"]}),
        "any value becomes a text": ({}, STRING),
        "a type goes": ({"type": ["integer", "string"]}, STRING),
        "null and a type": ({"type": ["integer", "null"]}, {"type": ["string", "null"]}),
        "fractions": (NUMBER, INTEGER),
        "whole numbers alone": ({"enum": [1.0, 2]} | NUMBER, INTEGER),
        "null alone": ({"type": "null"}, TEXT_OR_NULL),
        "nothing at all": ({"not": {}}, STRING),
        "nothing from now on": (STRING, {"not": {}}),
        "a default of null": (TEXT_OR_NULL, TEXT_OR_NULL | {"default": None}),
        "the default changes its type": (STRING | {"default": "1"}, STRING | {"default": "a"}),
        "a default in an alternative": (
            {"anyOf": [STRING | {"default": "a"}, INTEGER]},
            {"anyOf": [STRING | {"default": "b"}, INTEGER]},
        ),
        "two excluded values": (STRING | {"not": {"const": "a"}}, STRING | {"not": {"const": "b"}}),
        "an excluded number": (INTEGER, INTEGER | {"not": {"const": 5}}),
        "an excluded object": (
            fields(a=STRING),
            fields(a=STRING) | {"not": {"required": ["a"]}},
        ),
        "one condition more": (
            fields(a=STRING, b=STRING),
            fields(a=STRING, b=STRING) | {"dependentSchemas": {"a": {"required": ["b"]}}},
        ),
        "entries have to be contained": (LIST, LIST | {"contains": {"const": "a"}}),
        "fewer contained entries": (
            LIST | {"contains": {"const": "a"}, "minContains": 2},
            LIST | {"contains": {"const": "a"}, "minContains": 1},
        ),
        "no contained entries": (
            LIST | {"contains": {"const": "a"}, "minContains": 0, "maxContains": 1},
            LIST | {"contains": {"const": "a"}, "minContains": 0, "maxContains": 2},
        ),
        "one of two patterns": (
            {"anyOf": [STRING | {"pattern": "^a"}, STRING | {"pattern": "^b"}]},
            STRING | {"pattern": "^a"},
        ),
        "a position within a constraint": (
            items(INTEGER, STRING) | {"not": {"contains": {"const": 5}}},
            items(INTEGER | {"maximum": 4}, STRING) | {"not": {"contains": {"const": 5}}},
        ),
        "other contained entries": (
            LIST | {"contains": {"const": "a"}},
            LIST | {"contains": {"const": "b"}},
        ),
    }.items()
}
STRUCTURE: Pairs = {
    name: (body(before), body(after))
    for name, (before, after) in {
        "two enumerations at once": ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"enum": ["b"]}),
        "two enumerations with nothing in common": ({"allOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, {"enum": ["b"]}),
        "bounds at once": (
            {"allOf": [INTEGER | {"minimum": 1, "maximum": 9}, {"minimum": 2, "maximum": 8}]},
            INTEGER | {"minimum": 2, "maximum": 8},
        ),
        "two patterns at once": (STRING | {"pattern": "^a", "allOf": [{"pattern": "b$"}]}, STRING | {"pattern": "^a"}),
        "two formats at once": (
            STRING | {"format": "date", "allOf": [{"format": "time"}]},
            STRING | {"format": "date"},
        ),
        "two steps at once": (
            INTEGER | {"multipleOf": 2, "allOf": [{"multipleOf": 3}]},
            INTEGER | {"multipleOf": 6},
        ),
        "types at once": (
            {"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "null"]}]},
            INTEGER,
        ),
        "numbers and integers at once": ({"allOf": [NUMBER, INTEGER]}, INTEGER),
        "fields at once": (
            {"allOf": [fields("a", a=STRING), fields("b", b=STRING)]},
            fields("a b", a=STRING, b=STRING),
        ),
        "one field at once": (
            {"allOf": [fields(a=STRING), fields(a={"maxLength": 2})]},
            fields(a=STRING | {"maxLength": 3}),
        ),
        "other fields at once": (
            {"allOf": [fields(a=STRING), OBJECT | {"additionalProperties": INTEGER}]},
            fields(a=STRING) | {"additionalProperties": STRING},
        ),
        "both close": (
            {"allOf": [fields(a=STRING, closed=True), OBJECT | {"additionalProperties": INTEGER}]},
            fields(a=STRING, closed=True),
        ),
        "both open": (
            {"allOf": [fields(a=STRING) | {"additionalProperties": True}, {"additionalProperties": INTEGER}]},
            fields(a=STRING) | {"additionalProperties": INTEGER},
        ),
        "two schemas of other fields": (
            {"allOf": [{"additionalProperties": INTEGER}, OBJECT | {"additionalProperties": {"minimum": 1}}]},
            OBJECT | {"additionalProperties": INTEGER},
        ),
        "entries at once": ({"allOf": [ARRAY, {"items": STRING}]}, ARRAY | {"items": INTEGER}),
        "patterns of names at once": (
            {"allOf": [{"patternProperties": {"^a": STRING}}, {"patternProperties": {"^b": STRING}}]},
            OBJECT | {"patternProperties": {"^a": STRING, "^b": INTEGER}},
        ),
        "a default of a part": ({"allOf": [STRING | {"default": "a"}]}, STRING | {"default": "b"}),
        "what a part of a text holds": (
            {"allOf": [STRING | {"contentMediaType": "application/json", "contentSchema": fields(a=STRING)}]},
            STRING | {"contentMediaType": "application/json", "contentSchema": fields(a=INTEGER)},
        ),
        "fields without a type": ({"properties": {"a": STRING}}, fields(a=STRING)),
        "a required field without a type": ({"required": ["a"]}, fields("a", a=STRING)),
        "entries without a type": ({"items": STRING}, LIST),
        "positions without a type": ({"prefixItems": [STRING]}, items(STRING)),
        "patterns without a type": ({"patternProperties": {"^a": STRING}}, OBJECT),
        "a choice of one": ({"oneOf": [STRING]}, STRING),
        "a choice in a choice": ({"anyOf": [{"anyOf": [STRING, INTEGER]}, {"type": "null"}]}, {"anyOf": [STRING]}),
        "a choice and a choice": (
            {"anyOf": [STRING, INTEGER], "oneOf": [INTEGER, {"type": "null"}]},
            INTEGER,
        ),
        "a choice beside fields": (
            fields(a=STRING) | {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            fields(a=STRING) | {"anyOf": [{"required": ["a"]}]},
        ),
        "one position more": (items(STRING), items(STRING, INTEGER)),
        "another position": (items(STRING, INTEGER), items(STRING, STRING)),
        "a position of any value": (items(STRING, True), items(STRING, STRING)),
        "a position that is closed": (items(STRING, STRING), items(STRING, items=False)),
        "entries after positions": (items(STRING, items=STRING), items(STRING, items=INTEGER)),
        "positions instead of entries": (LIST, items(STRING, INTEGER)),
        "entries of any value": (ARRAY, LIST),
        "entries of any value, spelled out": (ARRAY | {"items": True}, LIST),
        "no entries": (LIST, ARRAY | {"items": False}),
        "no entries before": (ARRAY | {"items": False}, LIST),
        "two entries at most": (
            items(STRING, STRING, STRING, maxItems=2),
            items(STRING, STRING, INTEGER),
        ),
        "a list of lists": (ARRAY | {"items": LIST}, ARRAY | {"items": ARRAY | {"items": INTEGER}}),
        "a list or null in a list": (ARRAY | {"items": TEXT_OR_NULL}, LIST),
        "a field by a pattern": (
            fields(x_a=STRING),
            OBJECT | {"patternProperties": {"^x_": INTEGER}},
        ),
        "a field by two patterns": (
            fields(x_a=STRING),
            OBJECT | {"patternProperties": {"^x_": STRING, "a$": {"maxLength": 1}}},
        ),
        "a field by no pattern": (
            fields(y=STRING),
            OBJECT | {"patternProperties": {"^x_": INTEGER}, "additionalProperties": {"type": "boolean"}},
        ),
        "a pattern goes": (OBJECT | {"patternProperties": {"^x_": STRING}}, OBJECT),
        "a pattern that closes": (
            OBJECT | {"patternProperties": {"^x_": STRING}},
            OBJECT | {"additionalProperties": False},
        ),
        "a pattern among others": (
            OBJECT | {"patternProperties": {"^x_": STRING}},
            OBJECT | {"additionalProperties": INTEGER},
        ),
        "a pattern appears": (OBJECT, OBJECT | {"patternProperties": {"^x_": STRING}}),
        "a pattern for a map": (
            OBJECT | {"additionalProperties": STRING},
            OBJECT | {"additionalProperties": STRING, "patternProperties": {"^x_": INTEGER}},
        ),
        "a map closes": (OBJECT | {"additionalProperties": STRING}, OBJECT | {"additionalProperties": False}),
        "a map opens": (
            OBJECT | {"additionalProperties": STRING},
            OBJECT | {"additionalProperties": True},
        ),
        "anything closes": (OBJECT, OBJECT | {"additionalProperties": False}),
        "a field of a closed object": (fields(a=STRING, closed=True), fields(a=STRING, b=STRING, closed=True)),
        "a required field of an open object": (
            fields(a=STRING) | {"additionalProperties": True},
            fields("b", a=STRING, b=STRING) | {"additionalProperties": True},
        ),
        "a required field that is not declared": (fields(a=STRING), fields("b", a=STRING)),
        "a required field that was not declared": (fields("b", a=STRING), fields("b", a=STRING, b=STRING)),
        "a required field of a map": (
            OBJECT | {"additionalProperties": STRING},
            OBJECT | {"additionalProperties": STRING, "required": ["a"]},
        ),
        "a field may no longer be sent": (
            fields(a=STRING) | {"additionalProperties": True},
            fields(a=STRING, b=False) | {"additionalProperties": True},
        ),
        "a field that is only read": (fields(a=STRING), fields(a=STRING | {"readOnly": True})),
        "a field that was only read": (
            fields("a", a=STRING | {"readOnly": True}),
            fields("a", a=STRING),
        ),
        "a field that a part makes readable only": (
            fields("a", a={"allOf": [STRING, {"readOnly": True}]}),
            fields("a", a=STRING),
        ),
        "a field that one alternative makes readable only": (
            fields("a", a={"anyOf": [STRING | {"readOnly": True}, INTEGER]}),
            fields("a", a={"anyOf": [STRING, INTEGER]}),
        ),
        "a nullable field that is only read": (
            fields("a", a={"anyOf": [STRING | {"readOnly": True}, {"type": "null"}]}),
            fields("a", a=TEXT_OR_NULL),
        ),
        "the other kind of field": (
            fields("a", a=STRING | {"writeOnly": True}),
            fields("a", a=STRING),
        ),
        "unevaluated fields": (
            {"allOf": [fields(a=STRING)], "unevaluatedProperties": INTEGER},
            {"allOf": [fields(a=STRING)], "unevaluatedProperties": STRING},
        ),
        "unevaluated entries beside contained ones": (
            ARRAY | {"contains": STRING, "unevaluatedItems": False},
            ARRAY | {"contains": STRING},
        ),
        "the names of fields": (
            OBJECT | {"propertyNames": {"maxLength": 3}},
            OBJECT | {"propertyNames": {"maxLength": 2}},
        ),
        "a constraint beside a map": (
            OBJECT | {"additionalProperties": STRING, "dependentRequired": {"a": ["b"]}},
            OBJECT | {"additionalProperties": STRING, "dependentRequired": {"a": ["b", "c"]}},
        ),
    }.items()
}
RECEIVED: Pairs = {
    name: (response(before), response(after))
    for name, (before, after) in {
        "a required field goes": (fields("a b", a=STRING, b=STRING), fields("a", a=STRING)),
        "a required field that may be null goes": (
            fields("a b", a=STRING, b=TEXT_OR_NULL),
            fields("a", a=STRING),
        ),
        "a required field is no longer declared": (fields("a", a=STRING), fields("a")),
        "a required field of any value is no longer declared": (fields("a", a={}), fields("a")),
        "a required field is one of the others": (
            fields("a", a=STRING),
            fields("a") | {"additionalProperties": STRING},
        ),
        "a required field becomes optional": (fields("a", a=STRING), fields(a=STRING)),
        "a required field that was not declared": (fields("a"), fields()),
        "an optional field goes": (fields(a=STRING, b=STRING), fields(a=STRING)),
        "a field that is only written": (fields(a=STRING), fields(a=STRING | {"writeOnly": True})),
        "a field appears and is always sent": (fields(a=STRING), fields("b", a=STRING, b=STRING)),
        "a field of an object of anything": (OBJECT, fields(a=STRING)),
        "a field of an open object": (OBJECT | {"additionalProperties": True}, fields(a=STRING)),
        "a field among others": (OBJECT | {"additionalProperties": INTEGER}, fields(a=STRING)),
        "a field that the client excludes": (fields(a=False), fields(a=STRING)),
        "a closed object gets any field": (
            fields(a=STRING, closed=True),
            fields(a=STRING) | {"additionalProperties": STRING},
        ),
        "fewer bounds": (STRING | {"minLength": 2, "maxLength": 4}, STRING),
        "a looser pattern": (STRING | {"pattern": "^ab$"}, STRING | {"pattern": "^a"}),
        "a format goes": (STRING | {"format": "date"}, STRING),
        "a format is narrower": (STRING | {"format": "uri-reference"}, STRING | {"format": "uri"}),
        "an enumeration opens": ({"enum": ["b", "a"]}, STRING),
        "a number of an enumeration": ({"enum": [1]}, {"enum": [1, 2, 3]}),
        "null in a field": (fields(a=STRING), fields(a=TEXT_OR_NULL)),
        "null in a required field": (fields("a", a=STRING), fields("a", a=TEXT_OR_NULL)),
        "null in a list": (LIST, ARRAY | {"items": TEXT_OR_NULL}),
        "an entry where none was": (items(STRING, items=False), items(STRING, STRING)),
        "a list of objects becomes an object": (
            fields("a", a=ARRAY | {"items": fields(b=STRING)}),
            fields("a", a=fields(b=STRING)),
        ),
        "a list of objects may be missing": (
            fields("a", a=ARRAY | {"items": fields(b=STRING)}),
            fields(a=ARRAY | {"items": fields(b=STRING)}),
        ),
        "a list of objects is gone": (
            fields("a", a=ARRAY | {"items": fields(b=STRING)}),
            fields(),
        ),
        "null in a field of a map": (fields(a=STRING), OBJECT | {"additionalProperties": TEXT_OR_NULL}),
        "an excluded value": (STRING | {"not": {"const": "a"}}, STRING),
        "fields that depend on each other": (
            fields(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"]}},
            fields(a=STRING, b=STRING),
        ),
        "what cannot be compared": (
            OBJECT | {"propertyNames": {"pattern": "^[a-z]+$"}},
            OBJECT | {"propertyNames": {"pattern": "^[a-z0-9]+$"}},
        ),
        "a condition of several parts": (
            fields(a=INTEGER) | {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            fields(a=INTEGER),
        ),
    }.items()
}
CHOICES: Pairs = {
    "another field tells apart": (
        boats(choice("Sloop", "Yawl", mapping={})),
        boats(
            {"oneOf": [reference("Sloop"), reference("Yawl")], "discriminator": {"propertyName": "sail"}},
        ),
    ),
    "a discriminator appears in a request": (
        boats(choice("Sloop", "Yawl"), body),
        boats(choice("Sloop", "Yawl", mapping={}), body),
    ),
    "a discriminator appears in a response": (
        boats(choice("Sloop", "Yawl")),
        boats(choice("Sloop", "Yawl", mapping={})),
    ),
    "two values of one alternative": (
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", y="Yawl"))),
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", sl="Sloop", y="Yawl"))),
    ),
    "alternatives without names": (
        response({"oneOf": [fields("a", a=STRING), fields("b", b=STRING)]}),
        response({"oneOf": [fields("a", a=STRING), fields("b", b=INTEGER)]}),
    ),
    "an alternative without a name is edited": (
        response({"oneOf": [fields(a=STRING, b=STRING), fields(c=STRING)]}),
        response({"oneOf": [fields(a=STRING, b=STRING, d=INTEGER), fields(c=STRING)]}),
    ),
    "an alternative without a name is replaced": (
        response({"oneOf": [fields("a", a=STRING), fields("c", c=STRING)]}),
        response({"oneOf": [fields("a", a=STRING), fields("d", d=STRING)]}),
    ),
    "a list of one type or another": (
        response({"oneOf": [LIST, ARRAY | {"items": INTEGER}]}),
        response({"oneOf": [LIST, ARRAY | {"items": {"type": "boolean"}}]}),
    ),
    "an object of anything": (
        body({"oneOf": [fields("a", a=STRING), fields("b", b=STRING)]}),
        body(OBJECT),
    ),
    "one of two lists": (
        body({"anyOf": [LIST, ARRAY | {"items": INTEGER}]}),
        body(LIST),
    ),
    "two names of one component": (
        boats({"anyOf": [reference("Sloop"), reference("Brig")]}, body),
        boats({"anyOf": [reference("Sloop"), reference("Brig"), reference("Yawl")]}, body),
    ),
    "a mapping to another alternative": (
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", y="Yawl")), body),
        boats(choice("Sloop", "Yawl", **mapped(s="Yawl", y="Sloop")), body),
    ),
    "a component by another name": (
        document({"responses": {"200": content(reference("A"))}}, **named(A=fields(x=STRING))),
        document({"responses": {"200": content(reference("B"))}}, **named(B=fields(x=STRING))),
    ),
    "a component within a composition": (
        document(
            {"responses": {"200": content(fields(a={"allOf": [reference("A")], "description": "An A."}))}},
            **named(A=fields(x=STRING)),
        ),
        document(
            {"responses": {"200": content(fields(a={"anyOf": [reference("B"), {"type": "null"}]}))}},
            **named(B=fields(x=STRING)),
        ),
    ),
    "a tree": (
        document(
            {"responses": {"200": content(reference("Tree"))}},
            **named(Tree=fields(value=STRING, left=reference("Tree"), right=reference("Tree"))),
        ),
        document(
            {"responses": {"200": content(reference("Tree"))}},
            **named(Tree=fields(value=INTEGER, left=reference("Tree"), right=reference("Tree"))),
        ),
    ),
    "a reference with a constraint beside it": (
        document({"requestBody": content(reference("A") | {"maxLength": 3})}, method="post", **named(A=STRING)),
        document({"requestBody": content(reference("A") | {"maxLength": 2})}, method="post", **named(A=STRING)),
    ),
    "a reference with a description beside it": (
        document({"requestBody": content(reference("A"))}, method="post", **named(A=STRING)),
        document(
            {"requestBody": content(reference("A") | {"description": "An A.", "deprecated": True})},
            method="post",
            **named(A=STRING),
        ),
    ),
    "a name that is escaped": (
        document(
            {"requestBody": content({"$ref": "#/components/schemas/A~1B"})}, method="post", **named(**{"A/B": STRING})
        ),
        document(
            {"requestBody": content({"$ref": "#/components/schemas/A~1B"})}, method="post", **named(**{"A/B": INTEGER})
        ),
    ),
}
XML: Pairs = {
    "the root is named by its component": (
        rooted(reference("Boat"), Boat=fields(a=STRING)),
        rooted(reference("Ship"), Ship=fields(a=STRING)),
    ),
    "a root without a name": (rooted(fields(a=STRING)), rooted(fields(a=STRING) | {"xml": {"name": "boat"}})),
    "an attribute by a node type": (
        rooted(fields(a=STRING | {"xml": {"nodeType": "attribute"}})),
        rooted(fields(a=STRING | {"xml": {"attribute": True}})),
    ),
    "an element by a node type": (
        rooted(fields(a=LIST | {"xml": {"nodeType": "element"}})),
        rooted(fields(a=LIST | {"xml": {"wrapped": True}})),
    ),
    "a text by a node type": (
        rooted(fields(a=STRING | {"xml": {"nodeType": "text"}})),
        rooted(fields(a=STRING | {"xml": {"name": "b"}})),
    ),
    "what wraps the entries": (
        rooted(fields(a=LIST | {"xml": {"wrapped": True, "name": "as"}})),
        rooted(fields(a=LIST | {"xml": {"wrapped": True, "name": "bs"}})),
    ),
    "wrapped entries of another name": (
        rooted(fields(a=LIST | {"xml": {"wrapped": True}})),
        rooted(fields(a=LIST | {"items": STRING | {"xml": {"name": "b"}}, "xml": {"wrapped": True}})),
    ),
    "fields of entries": (
        rooted(ARRAY | {"items": fields(a=STRING)}),
        rooted(ARRAY | {"items": fields(a=STRING | {"xml": {"attribute": True}})}),
    ),
    "a name in a component": (
        rooted(fields(a=reference("A")), A=STRING | {"xml": {"name": "b"}}),
        rooted(fields(a=reference("A")), A=STRING | {"xml": {"name": "c"}}),
    ),
    "a name in a part of a composition": (
        rooted(fields(a={"allOf": [reference("A")]}), A=STRING | {"xml": {"name": "b"}}),
        rooted(fields(a={"allOf": [reference("A"), {"xml": {"name": "c"}}]}), A=STRING),
    ),
    "a name beside a reference": (
        rooted(fields(a=reference("A") | {"xml": {"name": "b"}}), A=STRING | {"xml": {"name": "c"}}),
        rooted(fields(a=reference("A")), A=STRING | {"xml": {"name": "c"}}),
    ),
    "another media type of XML": (
        rooted(fields(a=STRING), "image/svg+xml"),
        rooted(fields(a=STRING | {"xml": {"name": "b"}}), "image/svg+xml"),
    ),
    "a request in XML": (
        document({"requestBody": content(fields(a=STRING), "text/xml")}, method="post"),
        document({"requestBody": content(fields(a=STRING | {"xml": {"name": "b"}}), "text/xml")}, method="post"),
    ),
    "from JSON to anything": (
        rooted(fields(a=STRING), "*/*"),
        rooted(fields(a=STRING | {"xml": {"name": "b"}}), "application/xml"),
    ),
}
GROUPS = {
    "bodies": BODIES,
    "forms": FORMS,
    "callbacks and webhooks": SENT,
    "addresses": ADDRESSES,
    "credentials": CREDENTIALS,
    "parameters": PARAMETERS,
    "responses": RESPONSES,
    "values of requests": VALUES,
    "schemas of requests": STRUCTURE,
    "schemas of responses": RECEIVED,
    "alternatives and references": CHOICES,
    "XML": XML,
}


def found(pairs: Pairs) -> Iterator[str]:
    for name, (before, after) in pairs.items():
        later = copy.deepcopy(after)
        later["info"]["version"] = "2"
        yield from lines(name, Changes.between(Contract(before), Contract(later)).for_consumer(CONSUMERS["reader"]))


@pytest.mark.parametrize("group", GROUPS)
def test_the_findings_are_those_of_the_table(group: str) -> None:
    check(f"details/{group.replace(' ', '-')}", found(GROUPS[group]))
