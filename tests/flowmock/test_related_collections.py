"""Collections that speak of one another, as frameworks document them: references to schemas, alternatives with null."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]

INTEGER, TEXT, MOMENT = {"type": "integer"}, {"type": "string"}, {"type": "string", "format": "date-time"}
ROLES, STATUSES = ["admin", "member", "guest"], ["todo", "doing", "done"]


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def optional(schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def of(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | more}


SCHEMAS = {
    "Role": {"type": "string", "enum": ROLES},
    "Status": {"type": "string", "enum": STATUSES},
    "User": of(
        {"id": INTEGER, "full_name": TEXT, "is_active": {"type": "boolean"}},
        role=ref("Role") | {"default": "member"},
    ),
    "UserRef": of({"id": INTEGER, "full_name": TEXT}),
    "Stats": of({"task_count": INTEGER, "progress": {"type": "number"}}),
    "Project": of(
        {"id": INTEGER, "name": TEXT, "owner_id": INTEGER, "owner": ref("UserRef"), "stats": ref("Stats")},
        members={"type": "array", "items": ref("UserRef")},
    ),
    "Task": of(
        {"id": INTEGER, "title": TEXT, "project_id": INTEGER, "created_at": MOMENT, "updated_at": MOMENT},
        status=ref("Status") | {"default": "todo"},
        assignee_id=optional(INTEGER),
        assignee=optional(ref("UserRef")),
    ),
}  # fmt: skip


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def crud(name: str, **filters: Any) -> dict[str, Any]:
    one, several = said(ref(name.title())), said({"type": "array", "items": ref(name.title())})
    query = [{"name": each, "in": "query", "schema": schema} for each, schema in filters.items()]
    sent = {"content": {"application/json": {"schema": {"type": "object"}}}}
    identified = {"name": f"{name}_id", "in": "path", "required": True, "schema": INTEGER}
    return {
        f"/{name}s": {
            "get": {"parameters": query, "responses": {"200": several}},
            "post": {"requestBody": sent, "responses": {"201": one}},
        },
        f"/{name}s/{{{name}_id}}": {
            "parameters": [identified],
            "get": {"responses": {"200": one, "404": {"description": ""}}},
            "patch": {"requestBody": sent, "responses": {"200": one}},
        },
    }


@pytest.fixture
def board(contract_of: Written) -> Contract:
    of_project = {"name": "project_id", "in": "path", "required": True, "schema": INTEGER}
    tasks = said({"type": "array", "items": ref("Task")})
    sent = {"content": {"application/json": {"schema": {"type": "object"}}}}
    paths = crud("user", role=optional(ref("Role"))) | crud("project") | crud("task", status=optional(ref("Status")))
    paths["/projects/{project_id}/tasks"] = {
        "parameters": [of_project],
        "get": {"responses": {"200": tasks, "404": {"description": ""}}},
        "post": {"requestBody": sent, "responses": {"201": said(ref("Task"))}},
    }
    return contract_of(paths, openapi="3.1.0", components={"schemas": SCHEMAS})


@pytest.fixture(params=[True, False], ids=["stateful", "stateless"])
def running(board: Contract, request: pytest.FixtureRequest) -> Iterator[flowmock.Running]:
    with flowmock.running(board, stateful=request.param) as serves:
        yield serves


@pytest.fixture
def stateful(board: Contract) -> Iterator[flowmock.Running]:
    with flowmock.running(board, stateful=True) as serves:
        yield serves


def send(ask: Ask, running: flowmock.Running, method: str, path: str, **sent: Any) -> Any:
    return ask(running, path, method=method, body=json.dumps(sent)).json


def test_a_filter_finds_each_value_that_it_documents_besides_the_default(running: flowmock.Running, ask: Ask) -> None:
    for path, name, values in (("/users", "role", ROLES), ("/tasks", "status", STATUSES)):
        for value in values:
            found = ask(running, f"{path}?{name}={value}").json
            assert found
            assert {each[name] for each in found} == {value}

    many = ask(running, "/users", headers={"Prefer": "items=50"}).json
    assert {each["role"] for each in many if "role" in each} == set(ROLES)


def test_objects_and_ids_are_of_the_collection_that_their_schema_names(running: flowmock.Running, ask: Ask) -> None:
    names = {each["id"]: each["full_name"] for each in ask(running, "/users").json}

    for project in ask(running, "/projects").json:
        assert project["owner"] == {"id": project["owner_id"], "full_name": names[project["owner_id"]]}
        assert {each["id"]: each["full_name"] for each in project.get("members", [])}.items() <= names.items()
    for task in ask(running, "/tasks").json:
        if task.get("assignee") or task.get("assignee_id"):
            assert task["assignee"] == {"id": task["assignee_id"], "full_name": names[task["assignee_id"]]}


def test_a_list_below_an_item_has_the_items_that_refer_to_it(running: flowmock.Running, ask: Ask) -> None:
    for project in ask(running, "/projects").json:
        tasks = ask(running, f"/projects/{project['id']}/tasks").json

        assert tasks == [each for each in ask(running, "/tasks").json if each["project_id"] == project["id"]] != []
        assert tasks == [ask(running, f"/tasks/{each['id']}").json for each in tasks]


def test_what_is_created_in_one_of_two_lists_is_in_both(stateful: flowmock.Running, ask: Ask) -> None:
    project = ask(stateful, "/projects").json[0]["id"]
    made = send(ask, stateful, "POST", "/tasks", title="Buy milk", project_id=project)
    below = send(ask, stateful, "POST", f"/projects/{project}/tasks", title="Drink it")

    assert below["project_id"] == project
    assert ask(stateful, f"/projects/{project}/tasks").json[-2:] == [made, below]
    assert ask(stateful, f"/tasks/{below['id']}").json == below


def test_an_id_that_is_sent_later_changes_the_object_beside_it(stateful: flowmock.Running, ask: Ask) -> None:
    user = send(ask, stateful, "POST", "/users", full_name="Ada Lovelace")
    task = ask(stateful, "/tasks").json[0]["id"]

    given = send(ask, stateful, "PATCH", f"/tasks/{task}", assignee_id=user["id"])
    taken = send(ask, stateful, "PATCH", f"/tasks/{task}", assignee_id=None)

    assert given["assignee"] == {"id": user["id"], "full_name": "Ada Lovelace"}
    assert taken["assignee"] is taken["assignee_id"] is None


def test_of_something_new_nothing_has_happened_yet(stateful: flowmock.Running, ask: Ask) -> None:
    project = send(ask, stateful, "POST", "/projects", name="Board")
    task = send(ask, stateful, "POST", "/tasks", title="Buy milk")

    assert project["stats"] == {"task_count": 0, "progress": 0}
    assert task["status"] == "todo"
    assert send(ask, stateful, "POST", "/users", full_name="Ada")["is_active"] is True


def test_a_change_has_the_time_at_which_it_was_made(stateful: flowmock.Running, ask: Ask) -> None:
    before = ask(stateful, "/tasks").json[0]
    after = send(ask, stateful, "PATCH", f"/tasks/{before['id']}", title="Buy bread")

    assert after["updated_at"] > before["updated_at"]
    assert after["created_at"] == before["created_at"]


def test_items_with_lists_of_lists_of_the_same_schema_are_served(contract_of: Written, ask: Ask) -> None:
    schemas = {
        "Tree": of({"id": INTEGER, "nested": ref("Nested")}),
        "Nested": {"type": "array", "items": ref("Nested")},
    }
    contract = contract_of(crud("tree"), openapi="3.1.0", components={"schemas": schemas})

    with flowmock.running(contract, stateful=True) as running:
        for tree in ask(running, "/trees").json:
            assert isinstance(tree["nested"], list)
