"""What a change means for an old client on the new server, and for a new client on the old server."""

import copy
import itertools
from typing import Any

import pytest

from flowcontract.compatibility.diff import Changes, Diff, Direction
from flowcontract.compatibility.diff.rules import CONSUMERS, Severity
from flowcontract.openapi.contract import Contract

from .builders import (
    INTEGER,
    LIST,
    NUMBER,
    STRING,
    Json,
    boats,
    body,
    callback,
    choice,
    content,
    document,
    fields,
    flow,
    form,
    header,
    heirs,
    holding,
    in_xml,
    mapped,
    media,
    query,
    regions,
    response,
    secured,
    servers,
    shared_callback,
    statuses,
    upload,
    webhook,
)
from .table import check, lines

BREAKING, WARNING, ADDITIVE, NOTHING = Severity.BREAKING, Severity.WARNING, Severity.ADDITIVE, Severity.GENERATED

BOTH = BREAKING, BREAKING

Case = tuple[Json, Json, Severity, Severity]

DEEP: Json = {"$ref": "#/components/schemas/Tree"}
RIGGED: Json = {"$ref": "#/components/schemas/Base", "properties": {"rig": STRING}}

CASES: dict[str, Case] = {
    # Enumerated arrays and objects.
    "another constant object": (
        body(fields(at={"const": {"x": 1}})),
        body(fields(at={"const": {"x": 2}})),
        BREAKING,
        BREAKING,
    ),
    "one more list": (response({"enum": [[1]]}), response({"enum": [[1], [2]]}), BREAKING, NOTHING),
    "any object instead of one": (body({"const": {"x": 1}}), body(fields(x=INTEGER)), NOTHING, BREAKING),
    "the values of a pattern": (
        body({"type": "string", "pattern": "^(ab|cd)$"}),
        body({"enum": ["ab", "cd"]}),
        WARNING,
        NOTHING,
    ),
    # Several keywords, with fields of which nothing else is known.
    "a constraint goes beside an object in a field": (
        body(fields(of=fields(x=STRING), a=STRING) | {"not": {"required": ["a"]}}),
        body(fields(of=fields(x=STRING), a=STRING)),
        NOTHING,
        BREAKING,
    ),
    "fewer names of fields": (
        body({"additionalProperties": STRING, "propertyNames": {"enum": ["a", "b"]}}),
        body({"additionalProperties": STRING, "propertyNames": {"enum": ["a"]}}),
        WARNING,
        NOTHING,
    ),
    "one of two fields, not both": (
        body(fields(a=STRING, b=STRING) | {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        body(fields(a=STRING, b=STRING) | {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        BREAKING,
        NOTHING,
    ),
    "a wider format": (
        body({"type": "string", "format": "uri"}),
        body({"type": "string", "format": "uri-reference"}),
        NOTHING,
        BREAKING,
    ),
    "a format of the author's own appears": (body(STRING), body(STRING | {"format": "iban"}), NOTHING, NOTHING),
    "a format of the author's own in a response": (
        response(STRING | {"format": "iban"}),
        response(STRING | {"format": "account"}),
        NOTHING,
        NOTHING,
    ),
    "a format of the author's own instead of a known one": (
        body(STRING | {"format": "date"}),
        body(STRING | {"format": "day"}),
        NOTHING,
        BREAKING,
    ),
    # Addresses.
    "one of two servers goes": (
        servers("https://a.example/v1", "https://b.example/v2"),
        servers("https://a.example/v1"),
        WARNING,
        NOTHING,
    ),
    "another host": (servers("https://a.example"), servers("https://a.example:8443"), WARNING, WARNING),
    "a region goes": (regions("eu", "us"), regions("eu"), WARNING, NOTHING),
    "any region": (regions("eu", "us"), regions(), NOTHING, NOTHING),
    "an operation moves": (document({}, path="/a"), document({}, path="/b"), BREAKING, BREAKING),
    "an operation loses its ID": (document({"operationId": "list"}), document({}), NOTHING, NOTHING),
    # How many entries match.
    "fewer entries may match": (body(holding(maxContains=3)), body(holding(maxContains=2)), BREAKING, NOTHING),
    "as many entries as there may be": (
        body(holding(maxItems=2)),
        body(holding(maxItems=2, maxContains=2)),
        NOTHING,
        NOTHING,
    ),
    # XML.
    "an attribute instead of an element": (in_xml(STRING), in_xml(STRING | {"xml": {"attribute": True}}), *BOTH),
    "another element": (in_xml(STRING), in_xml(STRING | {"xml": {"name": "quay"}}), *BOTH),
    "another namespace": (in_xml(STRING), in_xml(STRING | {"xml": {"namespace": "urn:quay"}}), *BOTH),
    "entries within an element": (in_xml(LIST), in_xml(LIST | {"xml": {"wrapped": True}}), *BOTH),
    "entries by another name": (in_xml(LIST), in_xml(LIST | {"items": STRING | {"xml": {"name": "quay"}}}), *BOTH),
    "the name of a list that is not written": (
        in_xml(LIST),
        in_xml(LIST | {"xml": {"name": "quays"}}),
        NOTHING,
        NOTHING,
    ),
    "another prefix": (
        in_xml(STRING | {"xml": {"namespace": "urn:a", "prefix": "a"}}),
        in_xml(STRING | {"xml": {"namespace": "urn:a", "prefix": "b"}}),
        NOTHING,
        NOTHING,
    ),
    "JSON is no XML": (
        response(fields(berth=STRING)),
        response(fields(berth=STRING | {"xml": {"attribute": True}})),
        NOTHING,
        NOTHING,
    ),
    "the root element": (
        in_xml(STRING, xml={"name": "harbor"}),
        in_xml(STRING, xml={"name": "port"}),
        *BOTH,
    ),
    # What a server sends by itself.
    "a callback by reference": (shared_callback(STRING), shared_callback(INTEGER), BREAKING, BREAKING),
    "a webhook's header changes its type": (webhook({}, INTEGER), webhook({}, STRING), BREAKING, BREAKING),
    # Keywords that work together.
    "alternatives that overlap": (
        query({"anyOf": [NUMBER, INTEGER]}),
        query({"oneOf": [NUMBER, INTEGER]}),
        BREAKING,
        NOTHING,
    ),
    "alternatives that do not overlap": (
        query({"anyOf": [STRING, INTEGER]}),
        query({"oneOf": [STRING, INTEGER]}),
        NOTHING,
        NOTHING,
    ),
    "lengths that overlap": (
        body(STRING),
        body({"oneOf": [STRING | {"maxLength": 2}, STRING | {"minLength": 2}]}),
        BREAKING,
        NOTHING,
    ),
    "null is excluded": (body({"type": ["string", "null"]}), body({"not": {"type": "null"}}), BREAKING, BREAKING),
    "a type is excluded twice": (body(STRING), body({"not": {"not": STRING}}), NOTHING, NOTHING),
    "a condition that implies types": (
        body({"type": ["integer", "string"]}),
        body({"if": STRING, "then": {}, "else": INTEGER}),
        NOTHING,
        NOTHING,
    ),
    "a field excludes another": (
        body(fields("a", a=STRING, b=INTEGER)),
        body(fields(a=STRING, b=INTEGER) | {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        BREAKING,
        BREAKING,
    ),
    "entries that nothing speaks of": (
        body({"type": "array", "prefixItems": [STRING]}),
        body({"type": "array", "allOf": [{"prefixItems": [STRING]}], "unevaluatedItems": False}),
        BREAKING,
        NOTHING,
    ),
    "no entry but those by position": (
        body({"type": "array", "prefixItems": [STRING], "items": False}),
        body({"type": "array", "allOf": [{"prefixItems": [STRING]}], "unevaluatedItems": False}),
        NOTHING,
        NOTHING,
    ),
    "one entry at most": (
        body({"type": "array", "items": STRING, "maxItems": 1}),
        body({"type": "array", "prefixItems": [STRING], "items": INTEGER}),
        NOTHING,
        BREAKING,
    ),
    "a field of a map is declared": (
        body({"type": "object", "additionalProperties": INTEGER}),
        body(fields(a=STRING) | {"additionalProperties": INTEGER}),
        BREAKING,
        BREAKING,
    ),
    "a field of a map is excluded": (
        body({"type": "object", "additionalProperties": INTEGER}),
        body(fields(a=False) | {"additionalProperties": INTEGER}),
        BREAKING,
        NOTHING,
    ),
    "one value becomes a list of one": (
        query({"type": ["string", "integer"]}),
        query({"type": "array", "items": STRING}),
        NOTHING,
        BREAKING,
    ),
    "a number in a query becomes a text": (query(INTEGER), query(STRING), NOTHING, BREAKING),
    "a number in a body becomes a text": (body(INTEGER), body(STRING), BREAKING, BREAKING),
    "numbers in a query become texts": (
        query({"type": "array", "items": INTEGER}),
        query(LIST),
        NOTHING,
        BREAKING,
    ),
    "a number in an object in a query becomes a text": (
        query(fields(a=INTEGER), style="deepObject"),
        query(fields(a=STRING), style="deepObject"),
        NOTHING,
        BREAKING,
    ),
    "numbers in a header become texts": (
        header(schema={"type": "array", "items": INTEGER}),
        header(schema=LIST),
        BREAKING,
        NOTHING,
    ),
    "numbers in a list in a body become texts": (body({"type": "array", "items": INTEGER}), body(LIST), *BOTH),
    "a query of any value becomes a text": (query({}), query(STRING), NOTHING, NOTHING),
    "a text becomes a list of texts": (query(STRING), query({"type": "array", "items": STRING}), NOTHING, BREAKING),
    "a text becomes a list with commas": (
        query(STRING),
        query({"type": "array", "items": STRING}, explode=False),
        BREAKING,
        BREAKING,
    ),
    "unknown fields get a type": (
        body(fields(a=STRING)),
        body(fields(a=STRING) | {"additionalProperties": INTEGER}),
        WARNING,
        NOTHING,
    ),
    "names of unknown fields": (
        body(fields(a=STRING)),
        body(fields(a=STRING) | {"propertyNames": {"pattern": "^[a-z]"}}),
        WARNING,
        NOTHING,
    ),
    "alternatives whose type is left out": (
        body({"anyOf": [{"properties": {"a": STRING}}, fields("b", b=STRING)]}),
        body({"oneOf": [fields(a=STRING), fields("b", b=STRING)]}),
        NOTHING,
        NOTHING,
    ),
    # Objects that take or send other fields.
    "a request closes": (body(fields(a=STRING)), body(fields(a=STRING, closed=True)), WARNING, NOTHING),
    "an unknown field is excluded": (body(fields(a=STRING)), body(fields(a=STRING, b=False)), WARNING, NOTHING),
    "alternatives divide the values of a field": (
        body(fields("rig", rig={"enum": ["sloop", "yawl"]}, crew=LIST)),
        body(
            {
                "oneOf": [
                    fields("rig", rig={"const": "sloop"}, crew=LIST),
                    fields("rig", rig={"const": "yawl"}, crew=LIST),
                ]
            }
        ),
        NOTHING,
        NOTHING,
    ),
    "alternatives divide the values of a field, and one differs": (
        body(fields("rig", rig={"enum": ["sloop", "yawl"]}, crew=LIST)),
        body(
            {
                "oneOf": [
                    fields("rig", rig={"const": "sloop"}, crew=LIST),
                    fields("rig", rig={"const": "yawl"}, crew=STRING),
                ]
            }
        ),
        BREAKING,
        BREAKING,
    ),
    "an entry without a possible value": (
        body({"type": "array", "prefixItems": [{"const": None}]}),
        body({"type": "array", "prefixItems": [{"allOf": [{"const": None}, STRING]}]}),
        BREAKING,
        NOTHING,
    ),
    "a request of any fields closes": (
        body(fields(a=STRING) | {"additionalProperties": True}),
        body(fields(a=STRING, closed=True)),
        BREAKING,
        NOTHING,
    ),
    "a request opens": (body(fields(a=STRING, closed=True)), body(fields(a=STRING)), NOTHING, WARNING),
    "a request map gets a type": (
        body({"type": "object"}),
        body({"type": "object", "additionalProperties": STRING}),
        BREAKING,
        NOTHING,
    ),
    "a response map loses its type": (
        response({"type": "object", "additionalProperties": STRING}),
        response({"type": "object"}),
        BREAKING,
        NOTHING,
    ),
    "a response opens": (
        response(fields(a=STRING, closed=True)),
        response(fields(a=STRING) | {"additionalProperties": True}),
        ADDITIVE,
        NOTHING,
    ),
    "a closed response gets a field": (
        response(fields(a=STRING, closed=True)),
        response(fields(a=STRING, b=STRING, closed=True)),
        BREAKING,
        NOTHING,
    ),
    # What the server sends by itself.
    "a callback of another type": (
        callback(fields("s", s=STRING)),
        callback(fields("s", s=INTEGER)),
        BREAKING,
        BREAKING,
    ),
    "a callback with another field": (
        callback(fields(s=STRING)),
        callback(fields(s=STRING, t=STRING)),
        ADDITIVE,
        NOTHING,
    ),
    "a callback that is gone": (callback(STRING), document({}, method="post"), WARNING, NOTHING),
    "a callback that is new": (document({}, method="post"), callback(STRING), ADDITIVE, NOTHING),
    "a webhook with another value": (
        webhook(fields(cause={"enum": ["rock"]})),
        webhook(fields(cause={"enum": ["rock", "whale"]})),
        BREAKING,
        NOTHING,
    ),
    "a webhook without a body": (
        webhook(STRING),
        document({}, webhooks={"sunk": {"post": {"responses": {}}}}),
        BREAKING,
        NOTHING,
    ),
    "a webhook expects another status": (
        document({}, webhooks={"sunk": {"post": {"responses": {"200": {"description": ""}}}}}),
        document({}, webhooks={"sunk": {"post": {"responses": {"202": {"description": ""}}}}}),
        WARNING,
        WARNING,
    ),
    "a webhook that is gone": (webhook(STRING), document({}), WARNING, NOTHING),
    # A base and its heirs.
    "the same heirs": (heirs({}, "Raft", "Canoe"), heirs({}, "Raft", "Canoe"), NOTHING, NOTHING),
    "heirs with another field": (heirs({}, "Raft"), heirs({"oars": INTEGER}, "Raft"), ADDITIVE, NOTHING),
    "another heir": (heirs({}, "Raft"), heirs({}, "Raft", "Canoe"), BREAKING, NOTHING),
    # Defaults.
    "a default appears": (query(INTEGER), query(INTEGER | {"default": 9}), WARNING, NOTHING),
    "a default goes": (query(INTEGER | {"default": 9}), query(INTEGER), WARNING, NOTHING),
    "a default written otherwise": (query(NUMBER | {"default": 9}), query(NUMBER | {"default": 9.0}), NOTHING, NOTHING),
    # Discriminators.
    "a mapped value is renamed": (
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", y="Yawl"))),
        boats(choice("Sloop", "Yawl", **mapped(sl="Sloop", y="Yawl"))),
        BREAKING,
        BREAKING,
    ),
    "a mapping is spelled out": (
        boats(choice("Sloop", "Yawl", mapping={})),
        boats(choice("Sloop", "Yawl", **mapped(Sloop="Sloop", Yawl="Yawl"))),
        NOTHING,
        NOTHING,
    ),
    "a discriminator goes": (
        boats(choice("Sloop", "Yawl", mapping={})),
        boats(choice("Sloop", "Yawl")),
        BREAKING,
        NOTHING,
    ),
    "a mapped value of a request goes": (
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", y="Yawl")), body),
        boats(choice("Sloop", **mapped(s="Sloop")), body),
        BREAKING,
        NOTHING,
    ),
    "a mapped value of a response is new": (
        boats(choice("Sloop", **mapped(s="Sloop"))),
        boats(choice("Sloop", "Yawl", **mapped(s="Sloop", y="Yawl"))),
        BREAKING,
        NOTHING,
    ),
    # Forms.
    "a part of another type": (
        form({"plan": {"contentType": "text/plain"}}),
        form({"plan": {"contentType": "application/json"}}),
        BREAKING,
        BREAKING,
    ),
    "the default type of a part is spelled out": (
        form({}),
        form({"plan": {"contentType": "text/plain"}}),
        NOTHING,
        NOTHING,
    ),
    "a part takes further types": (
        form({"plan": {"contentType": "image/png"}}),
        form({"plan": {"contentType": "image/*"}}),
        NOTHING,
        BREAKING,
    ),
    "a list in a form is written otherwise": (
        form({"tags": {"explode": True}}, "application/x-www-form-urlencoded"),
        form({"tags": {"explode": False}}, "application/x-www-form-urlencoded"),
        BREAKING,
        BREAKING,
    ),
    "reserved characters have to be escaped": (query(STRING, allowReserved=True), query(STRING), WARNING, NOTHING),
    "an empty value is not taken": (query(STRING, allowEmptyValue=True), query(STRING), WARNING, NOTHING),
    # Statuses.
    "an error that is not documented": (statuses(_204={}, _404=content(STRING)), statuses(_204={}), WARNING, NOTHING),
    "an error that is new": (statuses(_204={}), statuses(_204={}, _404=content(STRING)), ADDITIVE, NOTHING),
    "an error within a range": (
        statuses(_204={}, _404=content(STRING)),
        statuses(_204={}, _4XX=content(STRING)),
        NOTHING,
        NOTHING,
    ),
    "a success within a range": (statuses(_200=content(STRING)), statuses(_2XX=content(STRING)), ADDITIVE, NOTHING),
    "a range becomes one status": (statuses(_2XX=content(STRING)), statuses(_200=content(STRING)), NOTHING, NOTHING),
    "a range with another body": (statuses(_2XX=content(STRING)), statuses(_200=content(INTEGER)), BREAKING, BREAKING),
    "a range beside one status goes": (
        statuses(_200=content(STRING), _2XX=content(STRING)),
        statuses(_200=content(STRING)),
        NOTHING,
        NOTHING,
    ),
    "a default becomes one status": (
        statuses(default=content(STRING)),
        statuses(_202=content(STRING)),
        NOTHING,
        NOTHING,
    ),
    "a default becomes an empty status": (
        statuses(default=content(STRING)),
        statuses(_202={"description": ""}),
        BREAKING,
        NOTHING,
    ),
    "a redirect becomes a success": (
        statuses(_302={"description": ""}),
        statuses(_200=content(STRING)),
        WARNING,
        BREAKING,
    ),
    "another success": (statuses(_201=content(STRING)), statuses(_200=content(STRING)), BREAKING, BREAKING),
    "one success more": (
        statuses(_200=content(STRING)),
        statuses(_200=content(STRING), _202=content(STRING)),
        WARNING,
        NOTHING,
    ),
    "one success more beside a default for errors": (
        statuses(_200=content(STRING), default=content(INTEGER)),
        statuses(_200=content(STRING), _202=content(STRING), default=content(INTEGER)),
        WARNING,
        NOTHING,
    ),
    "a range becomes one status beside a default for errors": (
        statuses(_2XX=content(STRING), default=content(INTEGER)),
        statuses(_200=content(STRING), default=content(INTEGER)),
        NOTHING,
        NOTHING,
    ),
    "a success without a body": (
        statuses(_200=content(STRING)),
        statuses(_204={"description": ""}),
        BREAKING,
        BREAKING,
    ),
    "the default for errors goes": (
        statuses(_200=content(STRING), default=content(STRING)),
        statuses(_200=content(STRING)),
        WARNING,
        NOTHING,
    ),
    "another redirect": (statuses(_302={}), statuses(_303={}), WARNING, WARNING),
    "a redirect more": (statuses(_204={}), statuses(_204={}, _303={}), WARNING, NOTHING),
    "a type within a range gets a schema of its own": (
        document({"requestBody": {"content": media("application/*", fields(a=STRING))}}, method="post"),
        document(
            {
                "requestBody": {
                    "content": {
                        **media("application/*", fields(a=STRING)),
                        **media("application/json", fields("b", b=STRING)),
                    }
                }
            },
            method="post",
        ),
        BREAKING,
        WARNING,
    ),
    "a range instead of two types": (
        document({"responses": {"200": {"content": {**media("text/csv", {}), **media("text/json", STRING)}}}}),
        document({"responses": {"200": {"content": media("text/*", INTEGER)}}}),
        BREAKING,
        BREAKING,
    ),
    # Headers.
    "an optional header goes": (
        header(schema=STRING),
        document({"responses": {"200": {"description": ""}}}),
        WARNING,
        NOTHING,
    ),
    "a header is written in lower case": (
        header(schema=STRING),
        document({"responses": {"200": {"description": "", "headers": {"x-left": {"schema": STRING}}}}}),
        NOTHING,
        NOTHING,
    ),
    "an object in a header is exploded": (
        header(schema=fields(a=STRING)),
        header(schema=fields(a=STRING), explode=True),
        WARNING,
        WARNING,
    ),
    "a list in a header is exploded": (
        header(schema={"type": "array", "items": STRING}),
        header(schema={"type": "array", "items": STRING}, explode=True),
        NOTHING,
        NOTHING,
    ),
    "a header that says the media type": (
        document({"responses": {"200": {"description": "", "headers": {"Content-Type": {"required": True}}}}}),
        document({"responses": {"200": {"description": ""}}}),
        NOTHING,
        NOTHING,
    ),
    "parameters that are described elsewhere": (
        document({}),
        document(
            {
                "parameters": [
                    {"name": name, "in": "header", "required": True, "schema": STRING}
                    for name in ("Accept", "Content-Type", "Authorization")
                ]
            }
        ),
        NOTHING,
        NOTHING,
    ),
    "another media type of a response": (
        response(STRING),
        document({"responses": {"200": content(STRING, "text/plain")}}),
        BREAKING,
        BREAKING,
    ),
    "a required header goes": (
        header(schema=STRING, required=True),
        document({"responses": {"200": {"description": ""}}}),
        BREAKING,
        NOTHING,
    ),
    # Media types.
    "any media type becomes JSON": (
        document({"responses": {"200": content(STRING, "*/*")}}),
        document({"responses": {"200": content(STRING)}}),
        NOTHING,
        NOTHING,
    ),
    "a request takes any media type": (
        body(STRING),
        document({"requestBody": {"required": True, **content(STRING, "*/*")}}, method="post"),
        ADDITIVE,
        BREAKING,
    ),
    "a request takes another media type": (
        body(STRING),
        document({"requestBody": {"required": True, **content(STRING, "text/xml")}}, method="post"),
        BREAKING,
        BREAKING,
    ),
    # Values.
    "a value is excluded": (
        query(STRING | {"not": {"enum": ["a"]}}),
        query(STRING | {"not": {"enum": ["a", "b"]}}),
        BREAKING,
        NOTHING,
    ),
    "no value is excluded": (query(STRING | {"not": {"enum": ["a"]}}), query(STRING), NOTHING, BREAKING),
    "a field is no longer excluded": (
        body(fields("x", x=INTEGER) | {"not": {"required": ["y"]}}),
        body(fields("x", x=INTEGER)),
        NOTHING,
        WARNING,
    ),
    "a step that divides the other": (
        query(INTEGER | {"multipleOf": 10}),
        query(INTEGER | {"multipleOf": 5}),
        NOTHING,
        BREAKING,
    ),
    "above 0 and from 1": (query(INTEGER | {"exclusiveMinimum": 0}), query(INTEGER | {"minimum": 1}), NOTHING, NOTHING),
    "above 0 and from 1 of fractions": (
        query(NUMBER | {"exclusiveMinimum": 0}),
        query(NUMBER | {"minimum": 1}),
        BREAKING,
        NOTHING,
    ),
    "a whole step of integers": (query(INTEGER), query(INTEGER | {"multipleOf": 1}), NOTHING, NOTHING),
    "an integer bound as a fraction": (
        query(INTEGER | {"maximum": 9}),
        query(INTEGER | {"maximum": 9.0}),
        NOTHING,
        NOTHING,
    ),
    "a maximum is lowered": (query(INTEGER | {"maximum": 9}), query(INTEGER | {"maximum": 5}), BREAKING, NOTHING),
    "an integer becomes a number": (response(INTEGER), response(NUMBER), BREAKING, NOTHING),
    "a pattern appears": (query(STRING), query(STRING | {"pattern": "^a$"}), BREAKING, NOTHING),
    "a pattern of anything": (
        query(STRING | {"pattern": "[0-9]+"}),
        query(STRING | {"pattern": ".*"}),
        NOTHING,
        BREAKING,
    ),
    "a pattern that cannot be decided": (
        query(STRING | {"pattern": "^[a-z]{3}$"}),
        query(STRING | {"pattern": "^[a-z]{3,5}$"}),
        WARNING,
        BREAKING,
    ),
    "a pattern implies a length": (
        query(STRING | {"pattern": "^[a-z]{3}$"}),
        query(STRING | {"pattern": "^[a-z]{3}$", "maxLength": 8}),
        WARNING,
        NOTHING,
    ),
    "a length that a pattern exceeds": (
        query(STRING | {"pattern": "^[a-z]+$"}),
        query(STRING | {"pattern": "^[a-z]+$", "maxLength": 8}),
        BREAKING,
        NOTHING,
    ),
    "a longer response": (response(STRING | {"maxLength": 2}), response(STRING | {"maxLength": 4}), ADDITIVE, NOTHING),
    "a wider integer in a response": (
        response(INTEGER | {"format": "int32"}),
        response(INTEGER | {"format": "int64"}),
        WARNING,
        NOTHING,
    ),
    "a wider integer in a request": (
        query(INTEGER | {"format": "int32"}),
        query(INTEGER | {"format": "int64"}),
        NOTHING,
        BREAKING,
    ),
    "an enumeration in a union": (
        response({"anyOf": [{"const": "a"}, {"const": "b"}]}),
        response({"enum": ["a", "b", "c"]}),
        BREAKING,
        NOTHING,
    ),
    "a constant changes": (
        response(fields("v", v={"const": "one"})),
        response(fields("v", v={"const": "two"})),
        BREAKING,
        BREAKING,
    ),
    # Styles.
    "one value is exploded": (query(STRING), query(STRING, explode=False), NOTHING, NOTHING),
    "a list is not exploded": (
        query({"type": "array", "items": STRING}),
        query({"type": "array", "items": STRING}, explode=False),
        BREAKING,
        BREAKING,
    ),
    "the default style is spelled out": (
        query({"type": "array", "items": STRING}),
        query({"type": "array", "items": STRING}, style="form", explode=True),
        NOTHING,
        NOTHING,
    ),
    # Versions of OpenAPI.
    "null in 3.1": (
        response(fields(a=STRING | {"nullable": True}), version="3.0.3"),
        response(fields(a={"type": ["string", "null"]})),
        NOTHING,
        NOTHING,
    ),
    "a reference that may be null in 3.1": (
        boats(
            {"allOf": [{"$ref": "#/components/schemas/Sloop"}], "nullable": True},
            lambda *a, **k: response(*a, version="3.0.3", **k),
        ),
        boats({"anyOf": [{"$ref": "#/components/schemas/Sloop"}, {"type": "null"}]}),
        NOTHING,
        NOTHING,
    ),
    "bounds in 3.1": (
        query(NUMBER | {"minimum": 0, "exclusiveMinimum": True}) | {"openapi": "3.0.3"},
        query(NUMBER | {"exclusiveMinimum": 0}),
        NOTHING,
        NOTHING,
    ),
    "bytes in 3.1": (
        response(STRING | {"format": "byte"}, version="3.0.3"),
        response(STRING | {"contentEncoding": "base64"}),
        NOTHING,
        NOTHING,
    ),
    "a pattern beside what is too deep to be compared": (
        boats(STRING | {"pattern": "^a", "not": DEEP}, body, Tree=fields(tree=DEEP)),
        boats(STRING | {"pattern": "^b", "not": DEEP}, body, Tree=fields(tree=DEEP)),
        WARNING,
        WARNING,
    ),
    "a map by a pattern of any name": (
        body({"type": "object", "additionalProperties": STRING}),
        body({"type": "object", "patternProperties": {"^.*$": STRING}, "additionalProperties": False}),
        NOTHING,
        NOTHING,
    ),
    "the bounds of a format": (
        response(INTEGER | {"format": "int32"}),
        response(INTEGER | {"minimum": -(2**31), "maximum": 2**31 - 1}),
        NOTHING,
        NOTHING,
    ),
    "one value in 3.1": (response({"enum": ["a"]}), response({"const": "a"}), NOTHING, NOTHING),
    # What stands beside a reference.
    "a field is required beside other required ones": (
        boats(RIGGED | {"required": ["rig"]}, body, Base=fields("a", a=STRING, b=STRING)),
        boats(RIGGED | {"required": ["rig"]}, body, Base=fields("a b", a=STRING, b=STRING)),
        BREAKING,
        NOTHING,
    ),
    "a field goes beside other fields": (
        boats({"$ref": "#/components/schemas/Heir"}, Heir=RIGGED, Base=fields("a b", a=STRING, b=STRING)),
        boats({"$ref": "#/components/schemas/Heir"}, Heir=RIGGED, Base=fields("a", a=STRING)),
        BREAKING,
        ADDITIVE,
    ),
    "a bound beside a wider one": (
        boats({"$ref": "#/components/schemas/Base", "maxLength": 10}, body, Base=STRING | {"maxLength": 7}),
        boats({"$ref": "#/components/schemas/Base", "maxLength": 10}, body, Base=STRING | {"maxLength": 5}),
        BREAKING,
        NOTHING,
    ),
    # Alternatives.
    "a response gains an alternative": (boats(choice("Sloop")), boats(choice("Sloop", "Brig")), BREAKING, NOTHING),
    "a response loses an alternative": (boats(choice("Sloop", "Brig")), boats(choice("Sloop")), NOTHING, BREAKING),
    "every alternative keeps the fields": (
        response(fields("id", id=STRING)),
        response({"oneOf": [fields("id a", id=STRING, a=STRING), fields("id b", id=STRING, b=STRING)]}),
        ADDITIVE,
        BREAKING,
    ),
    "an object or a text": (
        response(fields(a=STRING)),
        response({"oneOf": [fields(a=STRING), STRING]}),
        BREAKING,
        NOTHING,
    ),
    "a request loses an alternative": (
        boats(choice("Sloop", "Brig"), body),
        boats(choice("Sloop"), body),
        BREAKING,
        NOTHING,
    ),
    "a request loses an alternative of optional fields": (
        boats(choice("Oar", "Pole"), body, Oar=fields(oar=STRING), Pole=fields(pole=STRING)),
        boats(choice("Oar"), body, Oar=fields(oar=STRING)),
        BREAKING,
        NOTHING,
    ),
    "a request gains an alternative": (
        boats({"$ref": "#/components/schemas/Sloop"}, body),
        boats(choice("Sloop", "Brig", keyword="anyOf"), body),
        ADDITIVE,
        BREAKING,
    ),
    "a request matches two alternatives": (
        body(fields("a b", a=STRING, b=STRING)),
        body({"oneOf": [fields("a", a=STRING, b=STRING), fields("b", a=STRING, b=STRING)]}),
        BREAKING,
        BREAKING,
    ),
    "one alternative is swapped": (
        boats(choice("Sloop", "Yawl"), body),
        boats(choice("Sloop", "Brig"), body),
        BREAKING,
        BREAKING,
    ),
    "alternatives in another order": (boats(choice("Sloop", "Brig")), boats(choice("Brig", "Sloop")), NOTHING, NOTHING),
    "any of instead of one of": (
        boats(choice("Sloop", "Brig")),
        boats(choice("Sloop", "Brig", keyword="anyOf")),
        NOTHING,
        NOTHING,
    ),
    "types as alternatives": (
        response({"type": ["string", "integer"]}),
        response({"anyOf": [STRING, INTEGER]}),
        NOTHING,
        NOTHING,
    ),
    "fields are required by alternatives": (
        body(fields(note=STRING)),
        body({"oneOf": [fields("badge", badge=STRING), fields("crest", crest=STRING)]}),
        BREAKING,
        WARNING,
    ),
    # Keywords of JSON Schema.
    "names of fields": (
        body({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}),
        body({"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}}),
        WARNING,
        WARNING,
    ),
    "entries by position": (
        response({"type": "array", "prefixItems": [STRING, NUMBER]}),
        response({"type": "array", "prefixItems": [STRING, STRING]}),
        BREAKING,
        BREAKING,
    ),
    "a condition": (
        body(fields("kind", kind=STRING, vat=STRING)),
        body(
            fields("kind", kind=STRING, vat=STRING)
            | {"if": {"properties": {"kind": {"const": "firm"}}}, "then": {"required": ["vat"]}}
        ),
        BREAKING,
        NOTHING,
    ),
    "a closed object by another keyword": (
        response(fields("x y", x=INTEGER, y=INTEGER) | {"unevaluatedProperties": False}),
        response(fields("x", x=INTEGER) | {"unevaluatedProperties": False}),
        BREAKING,
        BREAKING,
    ),
    "a list that contains more": (
        body({"type": "array", "contains": {"const": "cook"}}),
        body({"type": "array", "contains": {"const": "cook"}, "minContains": 2}),
        BREAKING,
        NOTHING,
    ),
    "a field that requires another": (
        body(fields(sum=INTEGER, rate=NUMBER)),
        body(fields(sum=INTEGER, rate=NUMBER) | {"dependentRequired": {"sum": ["rate"]}}),
        BREAKING,
        NOTHING,
    ),
    "fields by pattern": (
        body({"type": "object", "patternProperties": {"^t_": {"type": ["string", "integer"]}}}),
        body({"type": "object", "patternProperties": {"^t_": STRING}}),
        BREAKING,
        NOTHING,
    ),
    "what a text holds": (
        response(STRING | {"contentMediaType": "application/json", "contentSchema": fields("a", a=STRING)}),
        response(STRING | {"contentMediaType": "application/json", "contentSchema": fields("a", a=INTEGER)}),
        BREAKING,
        BREAKING,
    ),
    "beside a reference": (
        boats({"$ref": "#/components/schemas/Sloop"}),
        boats({"$ref": "#/components/schemas/Sloop", "required": ["jib"]}),
        NOTHING,
        BREAKING,
    ),
    "a field that may not be sent": (body(fields(a=STRING)), body(fields(a=False)), BREAKING, NOTHING),
    "a file in 3.1": (
        document({"responses": {"200": content(STRING | {"format": "binary"}, "image/png")}}, version="3.0.3"),
        document({"responses": {"200": {"description": "", "content": {"image/png": {}}}}}),
        NOTHING,
        NOTHING,
    ),
    "an upload in 3.1": (
        upload(STRING | {"format": "binary"}),
        upload({}),
        NOTHING,
        NOTHING,
    ),
    "a file instead of base64": (upload(STRING | {"format": "byte"}), upload(STRING | {"format": "binary"}), *BOTH),
    "base64 in 3.1": (
        upload(STRING | {"format": "byte"}),
        upload(STRING | {"contentEncoding": "base64"}),
        NOTHING,
        NOTHING,
    ),
    "a file by reference": (
        upload(STRING | {"format": "binary"}),
        upload({"$ref": "#/components/schemas/Plan"}, Plan=STRING | {"format": "binary"}),
        NOTHING,
        NOTHING,
    ),
    "a form in two parts": (
        upload({"type": "array", "items": {}}),
        upload(
            {}, {"allOf": [fields(f={"type": "array", "items": {}}), {"$ref": "#/components/schemas/Name"}]}, Name={}
        ),
        NOTHING,
        NOTHING,
    ),
    "an image by reference": (
        document({"responses": {"200": content({}, "image/png")}}),
        document(
            {"responses": {"200": content({"allOf": [{"$ref": "#/components/schemas/Image"}]}, "image/png")}},
            components={"schemas": {"Image": STRING | {"format": "binary"}}},
        ),
        NOTHING,
        NOTHING,
    ),
    "files in 3.1": (
        upload({"type": "array", "items": STRING | {"format": "binary"}}),
        upload({"type": "array", "items": {"contentMediaType": "image/png"}}),
        NOTHING,
        NOTHING,
    ),
    "an image instead of its base64": (
        document({"responses": {"200": content(STRING | {"format": "byte"}, "image/png")}}),
        document({"responses": {"200": {"description": "", "content": {"image/png": {}}}}}),
        WARNING,
        WARNING,
    ),
    # What cannot be read says nothing.
    "a dangling reference": (body(fields(a={"$ref": "#/nowhere"})), body(fields(a=STRING)), NOTHING, NOTHING),
    "an empty choice": (body(INTEGER | {"oneOf": []}), body(INTEGER | {"oneOf": [{"const": 1}]}), NOTHING, NOTHING),
    "an empty choice of another type": (body(INTEGER | {"oneOf": []}), body(STRING), *BOTH),
    "a format that the bounds imply": (
        body(INTEGER | {"minimum": 0, "maximum": 21600}),
        body(INTEGER | {"minimum": 0, "maximum": 21600, "format": "int32"}),
        NOTHING,
        NOTHING,
    ),
    # Servers and paths.
    "another base path": (servers("https://a.example/v1"), servers("https://a.example/v2"), BREAKING, BREAKING),
    "one server more": (servers("/v1"), servers("/v2", "/v1"), NOTHING, BREAKING),
    "a version moves into the base path": (servers("/", path="/v3/berths"), servers("/v3"), NOTHING, NOTHING),
    "a path parameter of another name": (
        document({}, path="/berths/{id}"),
        document({}, path="/berths/{number}"),
        NOTHING,
        NOTHING,
    ),
    # Credentials.
    "another scheme": (
        secured({"lock": []}, lock={"type": "http", "scheme": "bearer"}),
        secured({"lock": []}, lock={"type": "http", "scheme": "digest"}),
        BREAKING,
        BREAKING,
    ),
    "another name of a scheme": (
        secured({"lock": []}, lock={"type": "http", "scheme": "bearer"}),
        secured({"bolt": []}, bolt={"type": "http", "scheme": "bearer"}),
        NOTHING,
        NOTHING,
    ),
    "another token URL": (
        secured({"lock": []}, lock=flow()),
        secured({"lock": []}, lock=flow(tokenUrl="https://id.example/u")),
        WARNING,
        WARNING,
    ),
    "one scope more": (
        secured({"lock": ["a"]}, lock=flow()),
        secured({"lock": ["a", "b"]}, lock=flow()),
        BREAKING,
        NOTHING,
    ),
    "a scope is not offered": (
        secured({"lock": []}, lock=flow(scopes={"a": ""})),
        secured({"lock": []}, lock=flow(scopes={})),
        WARNING,
        NOTHING,
    ),
    "another flow": (
        secured({"lock": []}, lock=flow()),
        secured(
            {"lock": []},
            lock={"type": "oauth2", "flows": {"password": {"tokenUrl": "https://id.example/t", "scopes": {}}}},
        ),
        BREAKING,
        BREAKING,
    ),
    "one scheme less": (
        secured(
            {"lock": []},
            {"key": []},
            lock={"type": "http", "scheme": "bearer"},
            key={"type": "apiKey", "in": "query", "name": "k"},
        ),
        secured({"key": []}, key={"type": "apiKey", "in": "query", "name": "k"}),
        BREAKING,
        NOTHING,
    ),
    "another credential is accepted": (
        secured({"lock": []}, lock={"type": "http", "scheme": "bearer"}),
        secured(
            {"lock": []},
            {"key": []},
            lock={"type": "http", "scheme": "bearer"},
            key={"type": "apiKey", "in": "query", "name": "k"},
        ),
        ADDITIVE,
        BREAKING,
    ),
    "one of two credentials suffices": (
        secured(
            {"lock": [], "key": []},
            lock={"type": "http", "scheme": "bearer"},
            key={"type": "apiKey", "in": "query", "name": "k"},
        ),
        secured({"lock": []}, lock={"type": "http", "scheme": "bearer"}),
        ADDITIVE,
        BREAKING,
    ),
    "an alternative that asks for more goes": (
        secured(
            {"lock": []},
            {"lock": [], "key": []},
            lock={"type": "http", "scheme": "bearer"},
            key={"type": "apiKey", "in": "query", "name": "k"},
        ),
        secured({"lock": []}, lock={"type": "http", "scheme": "bearer"}),
        NOTHING,
        NOTHING,
    ),
    "credentials are optional": (
        secured({"key": []}, key={"type": "apiKey", "in": "query", "name": "k"}),
        secured({"key": []}, {}, key={"type": "apiKey", "in": "query", "name": "k"}),
        NOTHING,
        BREAKING,
    ),
}


def compared(before: Json, after: Json, consumer: str = "reader") -> Diff:
    after = copy.deepcopy(after)
    after["info"]["version"] = "2"
    return Changes.between(Contract(before), Contract(after)).for_consumer(CONSUMERS[consumer])


def worst(diff: Diff, direction: Direction) -> Severity:
    return max((one.severity for one in diff.findings if one.direction is direction), default=NOTHING)


@pytest.mark.parametrize("name", CASES)
def test_a_change_in_both_directions(name: str) -> None:
    before, after, server, client = CASES[name]

    diff = compared(before, after)

    said = [f"{one.direction}: {one.location} {one.text}" for one in diff.findings]
    assert (worst(diff, Direction.UPGRADED_SERVER), worst(diff, Direction.UPGRADED_CLIENT)) == (server, client), said


def test_the_findings_are_those_of_the_table() -> None:
    found = (lines(name, compared(before, after)) for name, (before, after, *_) in CASES.items())

    check("changes", itertools.chain.from_iterable(found))


@pytest.mark.parametrize("name", CASES)
def test_a_document_against_itself_is_silent(name: str) -> None:
    before, after, *_ = CASES[name]

    assert compared(before, before, "strict").findings == ()
    assert compared(after, after, "strict").findings == ()


def fleet(operation: Json, **components: Any) -> Json:
    """A document of three operations that share components."""
    paths = {f"/{name}": {"post": {"responses": {}, **operation}} for name in ("sloops", "yawls", "brigs")}
    return {"openapi": "3.1.1", "info": {"title": "Fleet", "version": "1"}, "paths": paths, "components": components}


def referring(kind: str) -> Json:
    return {"$ref": f"#/components/{kind}/It"}


SHARED: dict[str, tuple[Json, Json, str]] = {
    "a schema": (
        fleet({"responses": {"200": content(referring("schemas"))}}, schemas={"It": {"enum": ["a"]}}),
        fleet({"responses": {"200": content(referring("schemas"))}}, schemas={"It": {"enum": ["a", "b"]}}),
        "response-enum-value",
    ),
    "a parameter": (
        fleet(
            {"parameters": [referring("parameters")]}, parameters={"It": {"name": "q", "in": "query", "schema": STRING}}
        ),
        fleet(
            {"parameters": [referring("parameters")]},
            parameters={"It": {"name": "q", "in": "query", "required": True, "schema": STRING}},
        ),
        "parameter-required",
    ),
    "a response": (
        fleet({"responses": {"200": referring("responses")}}, responses={"It": content(STRING)}),
        fleet({"responses": {"200": referring("responses")}}, responses={"It": {"description": ""}}),
        "response-media-removed",
    ),
    "a request body": (
        fleet({"requestBody": referring("requestBodies")}, requestBodies={"It": content(STRING)}),
        fleet({"requestBody": referring("requestBodies")}, requestBodies={"It": {**content(STRING), "required": True}}),
        "request-body-required",
    ),
    "a security scheme": (
        fleet({"security": [{"It": []}]}, securitySchemes={"It": {"type": "http", "scheme": "bearer"}}),
        fleet({"security": [{"It": []}]}, securitySchemes={"It": {"type": "http", "scheme": "digest"}}),
        "security-changed",
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_one_change_of_a_shared_part_is_one_finding(name: str) -> None:
    before, after, rule = SHARED[name]

    (finding,) = [one for one in compared(before, after).findings if one.direction is Direction.UPGRADED_SERVER]

    assert finding.rule == rule
    assert finding.operations == ("POST /sloops", "POST /yawls", "POST /brigs")
    assert "(and 2 more operations)" in finding.location


def test_a_field_that_all_alternatives_lose_is_one_finding() -> None:
    schemas = [
        {name: fields("rig", rig={"const": name}, **more) for name in ("Sloop", "Brig")}
        for more in ({"old": STRING}, {})
    ]
    before, after = (response(choice("Sloop", "Brig"), components={"schemas": part}) for part in schemas)

    removed = [one for one in compared(before, after).findings if one.rule == "response-field-removed"]

    assert [(one.at, one.text) for one in removed] == [("/old", "was removed")]


def test_edited_alternatives_are_found_at_the_field() -> None:
    before, after = (
        response({"properties": {"id": part}, "oneOf": [fields("a", a=STRING), fields("b", b=STRING)]})
        for part in (STRING, INTEGER)
    )

    found = [one for one in compared(before, after).findings if one.direction is Direction.UPGRADED_SERVER]

    assert [(one.rule, one.at) for one in found] == [("response-type", "/id")]


def test_adding_an_operation_breaks_no_promise_of_a_minor_release() -> None:
    before = document({}) | {"info": {"title": "Harbor", "version": "1.0.0"}}
    after = copy.deepcopy(before) | {"info": {"title": "Harbor", "version": "1.1.0"}}
    after["paths"]["/cranes"] = {"get": {"responses": {}}}

    diff = Changes.between(Contract(before), Contract(after)).for_consumer(CONSUMERS["reader"])

    assert [(one.rule, one.direction) for one in diff.findings] == [
        ("operation-missing", Direction.UPGRADED_CLIENT),
        ("operation-added", Direction.UPGRADED_SERVER),
    ]


@pytest.mark.parametrize(
    ("odd", "operation"),
    [
        ({"paths": {"/attic": {"get": "nothing"}}}, "GET /attic"),
        ({"components": {"securitySchemes": {"lock": {"type": "oauth2", "flows": "all"}}}}, ""),
        ({"components": {"schemas": {name: {"$ref": "#/components/schemas/A"} for name in "AB"}}}, ""),
    ],
)
def test_what_is_not_compared_names_its_operation(odd: Json, operation: str) -> None:
    before, after = (response(schema) for schema in (STRING, INTEGER))
    for one in (before, after):
        one["paths"] |= odd.get("paths", {})
        one["components"] = odd.get("components", {})

    diff = compared(before, after)

    assert worst(diff, Direction.UPGRADED_SERVER) is BREAKING
    assert [problem.operation for _, problem in diff.not_compared] == [operation]


def test_what_cannot_be_read_is_named_and_the_rest_compared() -> None:
    odd = {"Odd": {"type": "string", "enum": []}}
    before, after = (response(schema, components={"schemas": odd}) for schema in (STRING, INTEGER))

    diff = compared(before, after)

    assert worst(diff, Direction.UPGRADED_SERVER) is BREAKING
    assert [problem.pointer for _, problem in diff.not_compared] == ["/components/schemas/Odd/enum"]


def test_a_shared_header_on_several_operations_is_one_finding() -> None:
    old = document({"responses": {"200": {"description": ""}}})
    old["paths"]["/docks"] = copy.deepcopy(old["paths"]["/berths"])
    new = copy.deepcopy(old)
    new["components"] = {"headers": {"Left": {"schema": INTEGER}}}
    for item in new["paths"].values():
        item["get"]["responses"]["200"]["headers"] = {"X-Left": {"$ref": "#/components/headers/Left"}}

    (found,) = [one for one in compared(old, new).findings if one.rule == "response-header-added"]

    assert found.operations == ("GET /berths", "GET /docks")


def test_of_two_bounds_only_the_changed_one_is_named() -> None:
    before, after = (query(INTEGER | {"minimum": 1, "maximum": most}) for most in (9, 5))

    found = [one for one in compared(before, after).findings if one.direction is Direction.UPGRADED_SERVER]

    assert [one.text.partition(" ")[0] for one in found] == ["maximum"]
