"""Who logs in, who `/me` is, and who creates things, are the same person."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}
EMAIL = {"type": "string", "format": "email"}


def of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def answers(schema: Any, status: str = "200", *, sent: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "responses": {status: {"description": "", "content": {"application/json": {"schema": schema}}}}
    }
    return found | ({"requestBody": {"content": {"application/json": {"schema": sent}}}} if sent else {})


USER = {"$ref": "#/components/schemas/User"}
POST = of({"id": UUID, "title": TEXT, "owner_id": UUID, "author": of({"id": UUID, "display_name": TEXT})})
PATHS = {
    "/sessions": {"post": answers(of({"token": TEXT, "user": USER}), sent=of({"email": EMAIL, "password": TEXT}))},
    "/me": {"get": answers(USER)},
    "/posts": {
        "get": answers({"type": "array", "items": POST}),
        "post": answers(POST, "201", sent=of({"title": TEXT})),
    },
    "/posts/{post_id}": {
        "parameters": [{"name": "post_id", "in": "path", "required": True, "schema": UUID}],
        "get": answers(POST),
        "post": answers(of({"id": UUID, "text": TEXT, "author": POST["properties"]["author"]}), "201", sent=of({})),
    },
}
SCHEMAS = {"components": {"schemas": {"User": of({"id": UUID, "email": EMAIL, "display_name": TEXT})}}}


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def running(contract_of: Written, request: pytest.FixtureRequest) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS, **SCHEMAS), stateful=request.param) as running:
        yield running


def test_who_logs_in_is_the_current_user(running: flowmock.Running, ask: Ask) -> None:
    sent = {"email": "ann@x.example", "password": "a secret"}
    user = ask(running, "/sessions", method="POST", body=json.dumps(sent)).json["user"]
    me = ask(running, "/me").json

    assert user["email"] == "ann@x.example"
    assert (user["id"], user["display_name"]) == (me["id"], me["display_name"])
    assert running.mock.settings.stateful is False or me == user


def test_what_is_created_is_of_the_current_user(running: flowmock.Running, ask: Ask) -> None:
    me = ask(running, "/me").json
    made = ask(running, "/posts", method="POST", body='{"title": "Hello"}').json

    assert made["owner_id"] == me["id"]
    assert made["author"] == {"id": me["id"], "display_name": me["display_name"]}


def test_the_current_user_is_one_of_the_users(contract_of: Written, ask: Ask) -> None:
    users = {"/users": {"get": answers({"type": "array", "items": USER})}}
    with flowmock.running(contract_of(PATHS | users, **SCHEMAS)) as running:
        assert ask(running, "/me").json in ask(running, "/users").json


def test_the_current_user_has_the_roles_that_the_contract_names(contract_of: Written, ask: Ask) -> None:
    roles = {"type": "array", "minItems": 1, "items": TEXT}
    me = {"/me": {"get": answers(of({"id": UUID, "name": TEXT, "roles": roles}))}}
    post = of({"id": UUID, "title": TEXT, "created_by": of({"id": UUID, "name": TEXT})})
    posts = {"/posts": {"post": answers(post, "201", sent=of({"title": TEXT}))}}
    scheme = {"type": "http", "scheme": "bearer", "description": "A token. Roles: `editor`, `chief-editor` or `owner`."}
    components = {"components": {"securitySchemes": {"token": scheme}}}
    with flowmock.running(contract_of(me | posts, **components)) as running:
        shown = ask(running, "/me").json
        made = ask(running, "/posts", method="POST", body='{"title": "Hello"}').json

    assert shown["roles"] == ["editor", "chief-editor", "owner"]
    assert made["created_by"] == {"id": shown["id"], "name": shown["name"]}
