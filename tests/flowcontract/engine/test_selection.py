"""Which operations a run tests, and why it leaves the others out."""

from typing import Any

import pytest

from flowcontract.engine.options import Options
from flowcontract.engine.selection import OTHERS, STOPS, UNSAFE, parse_filter, select
from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi.contract import Contract


def _operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "Done."}}, **more}


CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {"get": _operation("list", tags=["items"]), "post": _operation("create", tags=["items"])},
            "/items/search": {"post": _operation("search", tags=["items"])},
            "/admin/users": {"get": _operation("users", tags=["admin"])},
            "/old": {"get": _operation("old", deprecated=True)},
        },
    }
)


def _selected(**options: Any) -> list[str]:
    return [operation.id for operation in select(CONTRACT, Options(**options)).operations]


def test_operations_with_a_safe_method_are_tested_by_default() -> None:
    selection = select(CONTRACT, Options())

    assert [operation.id for operation in selection.operations] == ["list", "users", "old"]
    assert selection.left_out == {"create": UNSAFE, "search": UNSAFE}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"allow_unsafe": True}, ["list", "create", "search", "users", "old"]),
        ({"safe": ("search",)}, ["list", "search", "users", "old"]),
        ({"operations": ("list", "create")}, ["list"]),
        ({"include": (("path", "/items*"),)}, ["list"]),
        ({"include": (("tag", "admin"), ("operation", "ol?"))}, ["users", "old"]),
        ({"exclude": (("deprecated", "true"),)}, ["list", "users"]),
        ({"include": (("method", "get"),), "exclude": (("tag", "admin"),)}, ["list", "old"]),
        ({"allow_unsafe": True, "include": (("method", "POST"),)}, ["create", "search"]),
    ],
    ids=str,
)
def test_options_select_operations(options: dict[str, Any], expected: list[str]) -> None:
    assert _selected(**options) == expected


def test_unchanged_operations_that_would_be_tested_are_known() -> None:
    assert select(CONTRACT, Options(only=frozenset({"list"}))).unchanged == {"users", "old"}
    assert select(CONTRACT, Options(only=frozenset({"list"}), allow_unsafe=True)).unchanged >= {"create", "search"}
    assert select(CONTRACT, Options(operations=("list",))).unchanged == frozenset()


def test_each_other_operation_has_the_reason_why_it_is_left_out() -> None:
    selection = select(CONTRACT, Options(include=(("tag", "items"), ("tag", "admin")), exclude=(("tag", "admin"),)))

    assert selection.left_out == {"create": UNSAFE, "search": UNSAFE, "users": "excluded", "old": "not included"}


def test_a_filter_that_nothing_matches_is_an_error_unless_it_may_be_a_rule_for_all_contracts() -> None:
    for kind in ("operation", "path", "tag"):
        with pytest.raises(UsageError, match=f"--exclude {kind}=nothing matches no operation"):
            _selected(exclude=((kind, "nothing"),))
    assert _selected(exclude=(("method", "TRACE"),)) == _selected()


def test_nothing_selected_is_an_error_with_a_reason() -> None:
    with pytest.raises(UsageError, match="unsafe method; add --allow-unsafe"):
        _selected(operations=("create",))


@pytest.mark.parametrize("options", [{"operations": ("lst",)}, {"safe": ("serch",)}], ids=str)
def test_an_unknown_operation_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        _selected(**options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path=/admin/*", ("path", "/admin/*")),
        ("tag=a=b", ("tag", "a=b")),
        ("deprecated", ("deprecated", "true")),
        ("deprecated=false", ("deprecated", "false")),
    ],
)
def test_a_filter_is_a_kind_and_a_pattern(text: str, expected: tuple[str, str]) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize("text", ["/admin/*", "color=red", "path=", ""])
def test_a_filter_without_a_known_kind_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="expected KIND=VALUE"):
        parse_filter(text)


def test_changes_of_a_whole_collection_are_tested_only_if_they_are_named() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {"post": _operation("create"), "patch": _operation("change_all"), "delete": _operation("clear")},
            "/items/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "delete": _operation("delete"),
            },
        },
    }
    contract = Contract(document)

    selection = select(contract, Options(allow_unsafe=True))
    named = select(contract, Options(allow_unsafe=True, operations=("clear",)))

    assert [operation.id for operation in selection.operations] == ["create", "delete"]
    assert selection.left_out == {"change_all": OTHERS, "clear": OTHERS}
    assert [operation.id for operation in named.operations] == ["clear"]


@pytest.mark.parametrize(
    ("path", "name", "left_out"),
    [
        ("/items/reset", "act", True),
        ("/items/remove-by-tag", "act", True),
        ("/items/deleteAll/", "act", True),
        ("/items/bulk_delete", "act", True),
        ("/items/bulkSetState", "act", True),
        ("/items/bulk", "Items.bulkDelete", True),
        ("/items/bulk", "bulk_update_items_bulk_post", True),
        ("/items/bulk", "bulk_create", False),
        ("/items/all", "search_all_updates", False),
        ("/items", "create_item_reset", False),
        ("/resets", "act", False),
    ],
)
def test_an_action_that_changes_what_is_there_must_be_named(path: str, name: str, left_out: bool) -> None:
    paths = {path: {"post": _operation(name)}, "/list": {"get": _operation("list")}}
    contract = Contract({"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths})

    assert select(contract, Options(allow_unsafe=True)).left_out == ({name: OTHERS} if left_out else {})


@pytest.mark.parametrize(
    ("path", "name", "left_out"),
    [
        ("/admin/shutdown", "stop", True),
        ("/system", "restartServer", False),
        ("/system", "serverRestart", True),
        ("/server/power-off/", "off", True),
        ("/shutdowns", "planShutdowns", False),
        ("/asphalt", "addAsphalt", False),
    ],
)
def test_what_seems_to_stop_the_server_must_be_named(path: str, name: str, left_out: bool) -> None:
    paths = {path: {"post": _operation(name)}, "/items": {"get": _operation("list")}}
    contract = Contract({"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths})

    assert select(contract, Options(allow_unsafe=True)).left_out == ({name: STOPS} if left_out else {})
    assert name not in select(contract, Options(allow_unsafe=True, operations=(name,))).left_out
