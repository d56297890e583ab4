"""Reads of IDs that no example has, and responses to writes: what the request says stands in the response."""

import json
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 8},
        "born": {"type": "string", "format": "date"},
        "weight": {"type": "number"},
    },
}
PAYMENT = {
    "oneOf": [
        {
            "type": "object",
            "required": ["method", *members],
            "properties": {"method": {"const": method}} | {each: {"type": "string"} for each in members},
        }
        for method, members in {"bank": ["iban"], "card": ["last4", "brand"], "cash": []}.items()
    ]
}
REX = {"id": 1, "name": "Rex"}
MISTY = {"id": 2, "name": "Misty"}


def response(schema: Any, **examples: Any) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    return {
        "description": "OK",
        "content": {"application/json": {"schema": schema} | ({"examples": named} if named else {})},
    }


def body(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@pytest.fixture(scope="module")
def zoo():
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    missing = {"404": {"description": "No such pet."}}
    envelope = {"type": "object", "required": ["pet"], "properties": {"pet": PET}}
    loose = PET | {"required": [], "properties": PET["properties"] | {"name": {"type": "integer"}}}
    many = response(PET, rex=REX, misty=MISTY)
    paths = {
        "/pets": {"post": {"requestBody": body(PET), "responses": {"201": response(PET)}}},
        "/pets/{id}": {
            "parameters": [key],
            "get": {"responses": {"200": many} | missing},
            "put": {"requestBody": body(PET), "responses": {"200": response(PET)}},
        },
        "/undenied/{id}": {"parameters": [key], "get": {"responses": {"200": many}}},
        "/named/{petId}": {
            "parameters": [key | {"name": "petId"}],
            "get": {"responses": {"200": many} | missing},
        },
        "/named-undenied/{petId}": {"parameters": [key | {"name": "petId"}], "get": {"responses": {"200": many}}},
        "/enveloped": {"post": {"requestBody": body(envelope), "responses": {"201": response(envelope)}}},
        "/others": {"post": {"requestBody": body(PET), "responses": {"201": response(loose)}}},
        "/boxes/{id}": {
            "parameters": [key],
            "get": {"responses": {"200": response(PET)}},
            "patch": {"requestBody": body(PET | {"required": []}), "responses": {"200": response(PET)}},
        },
        "/me": {
            "get": {"responses": {"200": response(PET)}},
            "patch": {"requestBody": body(PET | {"required": []}), "responses": {"200": response(PET)}},
        },
        "/boxes/{id}/open": {"parameters": [key], "post": {"responses": {"200": response(PET)}}},
        "/payments": {"post": {"requestBody": body(PAYMENT), "responses": {"201": response(PAYMENT)}}},
        "/wrapped": {
            "post": {"requestBody": body(PAYMENT), "responses": {"201": response({"properties": {"data": PAYMENT}})}}
        },
        "/documented": {"post": {"requestBody": body(PET), "responses": {"201": response(PET, rex=REX)}}},
    }
    with flowmock.running(
        Contract({"openapi": "3.1.0", "info": {"title": "Zoo", "version": "1"}, "paths": paths})
    ) as running:
        yield running


@pytest.mark.parametrize("path", ["/pets", "/named", "/undenied", "/named-undenied"])
def test_an_id_of_an_example_gives_that_example(zoo, ask, path):
    assert ask(zoo, f"{path}/2").json == MISTY


@pytest.mark.parametrize("path", ["/pets/999", "/named/999"])
def test_another_id_is_not_found(zoo, ask, path):
    assert ask(zoo, path).status == 404


@pytest.mark.parametrize("path", ["/undenied/999", "/named-undenied/999"])
def test_another_id_stands_in_the_example_where_no_404_is_documented(zoo, ask, path):
    assert ask(zoo, path).json == {"id": 999, "name": "Rex"}


def sent(zoo: Any, ask: Any, method: str, path: str, value: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    return ask(zoo, path, method=method, headers=headers, body=json.dumps(value)).json


def test_a_generated_response_holds_what_was_sent(zoo, ask):
    created = sent(zoo, ask, "POST", "/pets", {"name": "Zoe", "born": "2020-02-29", "weight": 4.5})

    assert created | {"name": "Zoe", "born": "2020-02-29", "weight": 4.5} == created


@pytest.mark.parametrize("path", ["/payments", "/wrapped"])
@pytest.mark.parametrize(
    "paid",
    [{"method": "card", "last4": "4242", "brand": "Visa"}, {"method": "bank", "iban": "DE1"}, {"method": "cash"}],
)
def test_of_several_alternatives_the_response_is_the_one_that_was_sent(zoo, ask, path, paid):
    made = sent(zoo, ask, "POST", path, paid)

    assert made.get("data", made) == paid


@pytest.mark.parametrize("path", ["/boxes/7", "/me"])
def test_a_change_keeps_what_the_read_shows(zoo, ask, path):
    shown = ask(zoo, path).json

    assert sent(zoo, ask, "PATCH", path, {"name": "Zoe"}) == shown | {"name": "Zoe"}


def test_an_action_keeps_what_the_read_shows(zoo, ask):
    assert ask(zoo, "/boxes/7/open", method="POST").json == ask(zoo, "/boxes/7").json


def test_what_only_the_server_sets_is_not_taken(zoo, ask):
    assert sent(zoo, ask, "POST", "/pets", {"id": 77, "name": "Zoe"})["id"] != 77
    assert sent(zoo, ask, "PUT", "/pets/9", {"id": 77, "name": "Zoe"}) | {"id": 9, "name": "Zoe"} == sent(
        zoo, ask, "PUT", "/pets/9", {"id": 77, "name": "Zoe"}
    )


def test_an_envelope_holds_it_too(zoo, ask):
    assert sent(zoo, ask, "POST", "/enveloped", {"pet": {"name": "Zoe"}})["pet"]["name"] == "Zoe"


def test_what_the_schema_of_the_response_does_not_allow_is_not_taken(zoo, ask):
    assert sent(zoo, ask, "POST", "/others", {"name": "Zoe", "weight": 3})["weight"] == 3


def test_an_example_is_served_as_it_stands(zoo, ask):
    assert sent(zoo, ask, "POST", "/documented", {"name": "Zoe"}) == REX


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/pets/1/toys", 200),
        ("GET", "/pets/7/toys", 404),
        ("POST", "/pets/7/toys", 404),
        ("GET", "/pets/7/toys/1", 404),
        ("GET", "/pets/7/photo", 200),
        ("DELETE", "/pets/7", 404),
        ("DELETE", "/pets/2", 204),
        ("PUT", "/pets/7", 200),
    ],
)
def test_what_is_below_or_of_an_unknown_id_is_not_found_where_404_is_documented(method, path, status, ask, contract_of):
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    toy = {"name": "toy", "in": "path", "required": True, "schema": {"type": "integer"}}
    missing, done = {"404": {"description": "None."}}, {"description": ""}
    toys = {"get": {"responses": {"200": response({"type": "array", "items": PET})} | missing}}
    paths = {
        "/pets/{petId}": {
            "parameters": [key | {"name": "petId"}],
            "get": {"responses": {"200": response(PET, rex=REX, misty=MISTY)} | missing},
            "delete": {"responses": {"204": done} | missing},
            "put": {"requestBody": body(PET), "responses": {"200": done, "201": done} | missing},
        },
        "/pets/{id}/toys": toys | {"parameters": [key], "post": {"responses": {"201": done} | missing}},
        "/pets/{id}/toys/{toy}": {"parameters": [key, toy], "get": {"responses": {"200": done} | missing}},
        "/pets/{id}/photo": {"parameters": [key], "get": {"responses": {"200": response(PET)}}},
    }
    sent = {"headers": {"Content-Type": "application/json"}, "body": '{"name": "Tom"}'} if method == "PUT" else {}
    with flowmock.running(contract_of(paths)) as running:
        assert ask(running, path, method=method, **sent).status == status


def test_a_lone_surrogate_is_returned_escaped(zoo, ask):
    sent = {"method": "POST", "headers": {"Content-Type": "application/json"}}

    made = ask(zoo, "/pets", body='{"id": 1, "name": "\\ud800"}', **sent)

    assert (made.status, made.json["name"]) == (201, "\ud800")
