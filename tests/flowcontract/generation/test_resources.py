"""Resources that a run knows: given ones, those of the contract's examples, and those learned from responses."""

from typing import Any

import pytest

from flowcontract.generation.resources import Resources, Values
from flowcontract.openapi.contract import Contract

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _operation(name: str) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "Done."}}}


CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Teams", "version": "1"},
        "paths": {
            "/teams": {"get": _operation("teams"), "post": _operation("create_team")},
            "/teams/{team_id}": {"parameters": [_parameter("team_id", NUMBER)], "get": _operation("team")},
            "/teams/{team_id}/members": {"parameters": [_parameter("team_id", NUMBER)], "get": _operation("members")},
            "/teams/{team_id}/members/{name}": {
                "parameters": [_parameter("team_id", NUMBER), _parameter("name", TEXT)],
                "get": _operation("member"),
            },
            "/teams/{team_id}/members/{name}/keys/{key_id}": {
                "parameters": [_parameter("team_id", NUMBER), _parameter("name", TEXT), _parameter("key_id", NUMBER)],
                "get": _operation("member_key"),
            },
            "/tags": {"get": _operation("tags")},
            "/tags/{id}": {"parameters": [_parameter("id", TEXT)], "get": _operation("tag")},
            "/pluginslist": {"get": _operation("plugins")},
            "/{plugin}/limits": {"parameters": [_parameter("plugin", TEXT)], "get": _operation("limits")},
            "/shops": {"get": _operation("shops")},
            "/shops/{shop}": {"parameters": [_parameter("shop", TEXT)], "get": _operation("shop")},
            "/shops/{shop_id}/shelf": {"parameters": [_parameter("shop_id", TEXT)], "get": _operation("shelf")},
            "/colors/{id}": {"parameters": [_parameter("id", NUMBER)], "get": _operation("color")},
        },
    }
)


def _known(resources: Resources, operation: str) -> list[dict[str, str]]:
    return [dict(values) for values in resources.candidates(CONTRACT.operation(operation))]


@pytest.mark.parametrize(("listed", "named"), [("tags", "tag"), ("plugins", "limits")])
def test_a_list_of_names_is_of_the_path_below_or_of_what_its_path_is_called(listed: str, named: str) -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation(listed), {}, ["cpu", "mem"])

    assert _known(resources, named) == [
        {CONTRACT.operation(named).path_parameters()[0].name: name} for name in ("cpu", "mem")
    ]
    assert _known(resources, "color") == _known(resources, "team") == []


@pytest.mark.parametrize(
    "body",
    [
        [{"id": 1}, {"id": 2}],
        {"results": [{"team_id": 1}, {"team_id": 2}], "count": 2},
        {"data": {"items": [{"teamId": 1}, {"teamId": 2}]}},
    ],
    ids=["list", "list in an object", "list two levels deep"],
)
def test_the_items_of_a_list_are_resources_of_the_path_below(body: Any) -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("teams"), {}, body)

    assert _known(resources, "team") == [{"team_id": "1"}, {"team_id": "2"}]
    assert _known(resources, "members") == _known(resources, "team")
    assert resources.known_ids == {"1", "2"}


def test_a_child_is_known_by_its_parent_and_itself() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("members"), {"team_id": "7"}, [{"name": "ann"}])

    assert _known(resources, "member") == [{"team_id": "7", "name": "ann"}]


@pytest.mark.parametrize(
    ("operation", "values", "body"),
    [
        ("team", {"team_id": "7"}, {"id": 7, "members": [{"name": "ann"}, {"age": 40}, None]}),
        ("team", {"team_id": "7"}, {"data": {"title": "Reds", "Members": [{"NAME": "ann"}]}}),
        ("team", {"team_id": "7"}, {"id": 7, "members": ["ann", {}]}),
        ("teams", {}, [{"id": 7, "members": [{"name": "ann"}]}]),
    ],
    ids=["objects", "of another case, in an envelope", "names", "in a list"],
)
def test_a_list_within_a_resource_has_resources_below_it(operation: str, values: Values, body: Any) -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation(operation), values, body)

    assert _known(resources, "member") == [{"team_id": "7", "name": "ann"}]


def test_a_list_in_a_list_within_a_resource_has_resources_below_it() -> None:
    resources = Resources(CONTRACT, {})
    body = {"members": [{"name": "ann", "keys": [{"id": 1}]}]}

    resources.learn(CONTRACT.operation("team"), {"team_id": "7"}, body)

    assert _known(resources, "member_key") == [{"team_id": "7", "name": "ann", "key_id": "1"}]


@pytest.mark.parametrize("body", [{"members": {"name": "ann"}}, {"member": [{"name": "ann"}]}, {"members": [[], True]}])
def test_what_is_not_the_list_of_a_path_below_names_nothing(body: Any) -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("team"), {"team_id": "7"}, body)

    assert _known(resources, "member") == []


def test_lists_within_what_was_created_are_not_learned_as_existing() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("create_team"), {}, {"id": 5, "members": [{"name": "ann"}]})

    assert resources.learned(CONTRACT.operation("member")) == []


@pytest.mark.parametrize(
    ("listed", "known"), [("/boxes/{box}/pens", ["7"]), ("/boxes/{box}/tools", ["7"]), ("/boxes/{box}/caps", [])]
)
def test_a_list_below_another_resource_names_those_with_a_path_of_their_own(listed: str, known: list[str]) -> None:
    pen, cap = ({"$ref": f"#/components/schemas/{name}"} for name in ("Pen", "Cap"))

    def responses(schema: dict[str, Any]) -> dict[str, Any]:
        return {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}}

    items = {"type": "array", "items": cap if listed.endswith("caps") else pen}
    read = {"operationId": "pen", "responses": responses(pen), "parameters": [_parameter("id", NUMBER)]}
    listing = {"operationId": "listed", "responses": responses({"type": "object", "properties": {"items": items}})}
    paths = {listed: {"get": listing, "parameters": [_parameter("box", NUMBER)]}, "/pens/{id}": {"get": read}}
    schemas = {"Pen": {"type": "object"}, "Cap": {"type": "object"}}
    info, components = {"title": "Pens", "version": "1"}, {"schemas": schemas}
    contract = Contract({"openapi": "3.1.0", "info": info, "paths": paths, "components": components})
    resources = Resources(contract, {})

    resources.learn(contract.operation("listed"), {"box": "1"}, {"items": [{"id": 7}], "total": 1})

    assert [values["id"] for values in resources.candidates(contract.operation("pen"))] == known


def test_the_first_item_shows_whether_an_id_or_a_name_is_meant_where_the_parameter_does_not_say() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("shops"), {}, [{"id": "s-1", "name": "north"}, {"id": "s-2", "name": "south"}])

    assert _known(resources, "shop") == [{"shop": "s-1"}, {"shop": "north"}, {"shop": "s-2"}]
    assert _known(resources, "shelf") == [{"shop_id": "s-1"}, {"shop_id": "s-2"}]


def test_the_id_of_something_else_names_nothing() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("teams"), {}, [{"id": 1}])

    assert _known(resources, "color") == []


@pytest.mark.parametrize("value", [None, True, "", {"a": 1}, "not a number", "x" * 300], ids=repr)
def test_a_value_that_the_parameter_does_not_allow_is_not_an_id(value: Any) -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("teams"), {}, [{"id": value}])

    assert _known(resources, "team") == []


def test_given_resources_are_the_only_candidates() -> None:
    resources = Resources(CONTRACT, {"team": [{"team_id": "42"}]})

    resources.learn(CONTRACT.operation("teams"), {}, [{"id": 1}])

    assert resources.is_given(CONTRACT.operation("team"))
    assert _known(resources, "team") == [{"team_id": "42"}]
    assert resources.known_ids == {"1", "42"}


def test_what_the_run_created_comes_first() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("teams"), {}, [{"id": 4}])
    resources.created.observe(CONTRACT.operation("create_team"), {}, 201, {"id": 5})

    assert _known(resources, "team") == _known(resources, "members") == [{"team_id": "5"}, {"team_id": "4"}]


def test_what_a_creation_returned_is_not_learned_as_existing() -> None:
    resources = Resources(CONTRACT, {})

    resources.learn(CONTRACT.operation("create_team"), {}, {"id": 5}, "/teams/5")

    assert resources.learned(CONTRACT.operation("team")) == []
    assert resources.known_ids == {"5"}


def test_a_deleted_resource_is_no_candidate() -> None:
    resources = Resources(CONTRACT, {})
    team = CONTRACT.operation("team")
    resources.created.observe(CONTRACT.operation("create_team"), {}, 201, {"id": 5})
    resources.learn(CONTRACT.operation("teams"), {}, [{"id": 5}])

    resources.created.deleted(team.path, {"team_id": "5"})

    assert _known(resources, "team") == []


URL = "http://127.0.0.1:8000/api"
TREE = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Tree", "version": "1"},
        "paths": {
            "/nodes/{path}": {"parameters": [_parameter("path", TEXT)], "get": _operation("node")},
            "/content/{path}": {"parameters": [_parameter("path", TEXT)], "get": _operation("content")},
            "/content/newest": {"get": _operation("newest")},
            "/sizes/{number}": {"parameters": [_parameter("number", NUMBER)], "get": _operation("size")},
        },
    }
)


@pytest.mark.parametrize("link", [f"{URL}/content/a", "/api/content/a", f"{URL}/content/a/?page=2"])
def test_a_link_to_the_target_names_a_resource(link: str) -> None:
    resources = Resources(TREE, {}, URL)

    resources.learn(TREE.operation("node"), {"path": "root"}, {"items": [{"links": {"content": link}}]})

    assert [dict(values) for values in resources.candidates(TREE.operation("content"))] == [{"path": "a"}]


def test_a_link_may_name_a_resource_of_several_segments() -> None:
    resources = Resources(TREE, {}, URL)

    resources.learn(TREE.operation("node"), {"path": "a"}, {"content": f"{URL}/content/a/b%20c"})

    assert [dict(values) for values in resources.candidates(TREE.operation("content"))] == [{"path": "a/b c"}]


@pytest.mark.parametrize(
    "link",
    [
        "http://elsewhere.invalid/api/content/a",
        "/content/a",
        f"{URL}/content/newest",
        f"{URL}/content/{{path}}",
        "See /api/content/a",
        f"{URL}/content/",
        "http://[broken/api/content/a",
        7,
    ],
)
def test_what_is_not_a_link_to_a_resource_of_the_target_names_nothing(link: Any) -> None:
    resources = Resources(TREE, {}, URL)

    resources.learn(TREE.operation("node"), {"path": "a"}, {"link": link})

    assert resources.candidates(TREE.operation("content")) == []


def test_a_link_with_a_value_that_the_parameter_does_not_allow_names_nothing() -> None:
    resources = Resources(TREE, {}, URL)

    resources.learn(TREE.operation("node"), {"path": "a"}, {"link": f"{URL}/sizes/large"})

    assert resources.candidates(TREE.operation("size")) == []
