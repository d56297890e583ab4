"""Objects whose schema names no members, or allows others: they have what was sent. Merge patches at any depth."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
FREE, MAP = {"type": "object"}, {"type": "object", "additionalProperties": TEXT}
BOTH = pytest.mark.parametrize("stateful", [True, False])


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": properties}


def content(schema: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema, **more}}}


def said(schema: Any, status: str = "200", **more: Any) -> dict[str, Any]:
    return {status: {"description": "", **content(schema, **more)}}


def writes(schema: Any, sent: Any = None, status: str = "200") -> dict[str, Any]:
    return {"requestBody": {"required": True, **content(sent or schema)}, "responses": said(schema, status)}


@pytest.fixture
def send(contract_of: Written, ask: Ask) -> Any:
    """What a mock of a contract gives for requests, one after the other: `send(paths, ("PUT", "/labels", {…}))`."""

    def sending(paths: dict[str, Any], *requests: tuple[str, str, Any], stateful: bool) -> list[Any]:
        headers = {"content-type": "application/json"}
        with flowmock.running(contract_of(paths), stateful=stateful) as running:
            return [
                ask(running, path, method=method, headers=headers, body=None if body is None else json.dumps(body)).json
                for method, path, body in requests
            ]

    return sending


@BOTH
@pytest.mark.parametrize("schema", [FREE, MAP, FREE | {"additionalProperties": True}])
def test_a_whole_body_without_declared_members_is_replaced(send: Any, schema: Any, *, stateful: bool) -> None:
    get = {"responses": said(schema, example={"team": "blue"})}
    sent = {"stage": "test"}

    replies = send(
        {"/labels": {"get": get, "put": writes(schema)}},
        ("PUT", "/labels", sent),
        ("GET", "/labels", None),
        stateful=stateful,
    )

    assert replies == [sent, sent if stateful else {"team": "blue"}]


@BOTH
def test_it_is_merged_by_patch(send: Any, *, stateful: bool) -> None:
    get = {"responses": said(FREE, example={"theme": "dark", "size": 3, "at": {"x": 1, "y": 2}})}

    replies = send(
        {"/preferences": {"get": get, "patch": writes(FREE)}},
        ("PATCH", "/preferences", {"size": 4, "theme": None, "at": {"x": 5}, "new": {"a": None, "b": [1]}}),
        ("GET", "/preferences", None),
        stateful=stateful,
    )

    changed = {"size": 4, "at": {"x": 5, "y": 2}, "new": {"b": [1]}}
    assert replies[0] == changed
    assert (replies[1] == changed) is stateful


@BOTH
def test_what_is_created_without_declared_members_is_repeated(send: Any, *, stateful: bool) -> None:
    account = fields(name=TEXT, password=TEXT, pin=TEXT | {"writeOnly": True})
    sent = {"a": 1, "b": {"c": [2]}}

    replies = send(
        {"/loose": {"post": writes(FREE, status="201")}, "/accounts": {"post": writes(FREE, account, status="201")}},
        ("POST", "/loose", sent),
        ("POST", "/accounts", {"name": "Ada", "password": "secret", "pin": "7"}),
        stateful=stateful,
    )

    assert replies == [sent, {"name": "Ada"}]


@BOTH
def test_a_map_in_an_envelope_is_replaced(send: Any, *, stateful: bool) -> None:
    wrapped = fields(data=MAP)
    get = {"responses": said(wrapped, example={"data": {"team": "blue"}})}

    replies = send(
        {"/labels": {"get": get, "put": writes(wrapped, MAP)}},
        ("PUT", "/labels", {"stage": "test"}),
        ("GET", "/labels", None),
        stateful=stateful,
    )

    assert [each["data"] for each in replies] == [
        {"stage": "test"},
        {"stage": "test"} if stateful else {"team": "blue"},
    ]


@pytest.mark.parametrize("more", [{}, {"additionalProperties": NUMBER}, {"additionalProperties": True}])
def test_an_item_keeps_members_that_its_schema_allows_besides_those_that_it_names(send: Any, more: Any) -> None:
    item = fields("id", id={"type": "integer", "readOnly": True}, name=TEXT) | more
    at = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}
    paths = {
        "/tools": {
            "get": {"responses": said({"type": "array", "items": item}, example=[{"id": 1, "name": "Axe"}])},
            "post": writes(item, status="201"),
        },
        "/tools/{id}": {**at, "get": {"responses": said(item)}, "put": writes(item), "patch": writes(item)},
    }

    created, _, read, replaced = send(
        paths,
        ("POST", "/tools", {"name": "Saw", "length": 3}),
        ("PATCH", "/tools/2", {"length": 4}),
        ("GET", "/tools/2", None),
        ("PUT", "/tools/2", {"name": "Axe", "weight": 5}),
        stateful=True,
    )

    assert created.get("length") == (3 if more else None)
    assert read.get("length") == (4 if more else None)
    assert (replaced["name"], replaced.get("weight"), "length" in replaced) == ("Axe", 5 if more else None, False)


PLACE = fields(city=TEXT, geo=fields(lat=NUMBER, lon=NUMBER, label=TEXT | {"nullable": True}), must=TEXT)
SPOT = fields("id", id={"type": "integer"}, place=PLACE | {"required": ["must"]})
PLACED = {"city": "Ulm", "geo": {"lat": 1, "lon": 2, "label": "a"}, "must": "stay"}
PATCH = {"place": {"city": None, "geo": {"lat": 5, "label": None}, "must": None}}
PATCHED = {"geo": {"lat": 5, "lon": 2, "label": None}, "must": "stay"}


@BOTH
@pytest.mark.parametrize("path", ["/spots/1", "/home", "/wrapped"])
def test_a_merge_patch_goes_into_objects_at_any_depth(send: Any, path: str, *, stateful: bool) -> None:
    spot = {"id": 1, "place": PLACED}
    shown, value = (fields("data", data=SPOT), {"data": spot}) if path == "/wrapped" else (SPOT, spot)
    body = {"data": PATCH} if path == "/wrapped" else PATCH
    of_id = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}] if "1" in path else []
    operations = {"get": {"responses": said(shown, example=value)}, "patch": writes(shown, FREE)}

    patched, read = send(
        {path.replace("1", "{id}"): {"parameters": of_id, **operations}},
        ("PATCH", path, body),
        ("GET", path, None),
        stateful=stateful,
    )

    assert [each.get("data", each)["place"] for each in (patched, read)] == [PATCHED, PATCHED if stateful else PLACED]


@BOTH
def test_a_patch_that_sends_another_kind_of_object_replaces_it(send: Any, *, stateful: bool) -> None:
    card, account = (fields(name, **{name: TEXT}) | {"additionalProperties": False} for name in ("number", "iban"))
    payer = fields("pays", pays={"oneOf": [card, account]})
    get = {"responses": said(payer, example={"pays": {"number": "4"}})}

    replies = send(
        {"/payer": {"get": get, "patch": writes(payer)}}, ("PATCH", "/payer", {"pays": {"iban": "DE"}}),
        stateful=stateful,
    )  # fmt: skip

    assert replies == [{"pays": {"iban": "DE"}}]


def test_a_json_patch_of_a_single_thing_is_applied(contract_of: Written, ask: Ask) -> None:
    """RFC 6902."""
    kind = "application/json-patch+json"
    settings = fields(size=NUMBER, tags={"type": "array", "items": TEXT})
    patch = {"requestBody": content({"type": "array"}, kind), "responses": said(settings)}
    get = {"responses": said(settings, example={"size": 3, "tags": ["a"]})}
    steps = [
        {"op": "add", "path": "/tags/-", "value": "b"},
        {"op": "remove", "path": "/size"},
        {"op": "add", "path": "/size", "value": "big"},
        {"op": "remove", "path": "/none"},
    ]

    headers = {"content-type": kind}

    with flowmock.running(contract_of({"/settings": {"get": get, "patch": patch}}), stateful=True) as running:
        bodies = [json.dumps([step]) for step in steps]
        statuses = [ask(running, "/settings", method="PATCH", headers=headers, body=each).status for each in bodies]
        read = ask(running, "/settings").json

    assert (statuses, read) == ([200, 200, 400, 400], {"tags": ["a", "b"]})
