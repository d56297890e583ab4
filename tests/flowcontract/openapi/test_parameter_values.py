"""Values of path parameters, as they are given on the command line."""

from typing import Any

import pytest

from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.parameter_values import ParameterValue, by_operation, check, for_operation, parse


def contract(*paths: str) -> Contract:
    """Operations `a`, `b`, … with these paths."""

    def item(path: str, name: str) -> dict[str, Any]:
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        listed = [{"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in names]
        return {"get": {"operationId": name, "parameters": listed, "responses": {}}}

    items = {path: item(path, name) for path, name in zip(paths, "abcdefghijk", strict=False)}
    return Contract({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": items})


SHOPS = contract("/shops/{shop}", "/shops/{shop}/books/{book}", "/shops")


@pytest.mark.parametrize(
    ("text", "name", "value", "operation"),
    [
        ("id=42", "id", "42", ""),
        ("id=a=b", "id", "a=b", ""),
        ("id=a:b", "id", "a:b", ""),
        ("id=a\nb", "id", "a\nb", ""),
        ("getShop:id=42", "id", "42", "getShop"),
        ("path:/shops/*:id=42", "id", "42", "path:/shops/*"),
        ("get:shop:id=42", "id", "42", "get:shop"),
    ],
)
def test_a_value_is_read_and_written_alike(text: str, name: str, value: str, operation: str) -> None:
    found = parse(text)

    assert found == ParameterValue(name, value, operation)
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "id", "id=", "=42", "a:=42", "x" * 100])
def test_what_is_not_a_value_is_an_error(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)

    assert error.value.what == f"expected a path parameter as [OPERATION:]NAME=VALUE, got {text[:80]!r}."
    assert error.value.do == "Write, for instance, --param id=42."


@pytest.mark.parametrize(
    ("given", "sets"),
    [
        ("", []),
        ("shop=1", []),
        ("book=1", []),
        ("shop=1 book=2", [("1", "2")]),
        ("shop=1 shop=2 book=3", [("1", "3"), ("2", "3")]),
        ("shop=1 book=3 book=4 book=5", [("1", "3"), ("1", "4"), ("1", "5")]),
        ("shop=1 shop=2 book=3 book=4", [("1", "3"), ("2", "4")]),
        ("shop=1 shop=1 book=3", [("1", "3")]),
        ("shop=1 b:shop=2 book=3", [("2", "3")]),
        ("shop=1 a:shop=2 book=3", [("1", "3")]),
        ("shop=1 path:/shops/*:shop=2 book=3", [("2", "3")]),
        ("shop=1 path:/shops:shop=2 book=3", [("1", "3")]),
        ("shop=1 path:/SHOPS/*:shop=2 book=3", [("1", "3")]),
    ],
)
def test_values_are_combined_to_sets(given: str, sets: list[tuple[str, str]]) -> None:
    found = for_operation(SHOPS.operation("b"), [parse(each) for each in given.split()])

    assert [(each["shop"], each["book"]) for each in found] == sets


def test_values_are_given_by_the_operations_that_can_use_them() -> None:
    given = [parse(each) for each in ("shop=1", "b:book=2")]

    assert by_operation(SHOPS, given) == {"a": [{"shop": "1"}], "b": [{"shop": "1", "book": "2"}]}
    assert by_operation(SHOPS, given[:1]) == {"a": [{"shop": "1"}]}
    assert by_operation(SHOPS, []) == {}
    assert for_operation(SHOPS.operation("c"), given) == []


@pytest.mark.parametrize(
    ("read", "given", "what", "do"),
    [
        (
            contract("/shops"),
            "shop=1",
            "expected a path parameter of the contract, got 'shop=1'.",
            "No operation has a path parameter.",
        ),
        (SHOPS, "shops=1", "expected a path parameter of the contract, got 'shops=1'.", "Did you mean 'shop'?"),
        (
            SHOPS,
            "a:book=1",
            "expected a path parameter of the contract, got 'a:book=1'.",
            "There are: a:shop, b:shop, b:book.",
        ),
        (SHOPS, "x=1", "expected a path parameter of the contract, got 'x=1'.", "There are: shop, book."),
        (
            contract(*(f"/{letter}/{{{letter * 3}}}" for letter in "pqrstuvwx")),
            "a=1",
            "expected a path parameter of the contract, got 'a=1'.",
            "There are: ppp, qqq, rrr, sss, ttt, uuu, vvv, www and 1 more.",
        ),
        (
            contract(*(f"/{letter}/{{{letter * 3}}}" for letter in "pqrstuvw")),
            "a=1",
            "expected a path parameter of the contract, got 'a=1'.",
            "There are: ppp, qqq, rrr, sss, ttt, uuu, vvv, www.",
        ),
        (
            SHOPS,
            "b:book=1",
            "expected a value for every path parameter of b, got no shop.",
            "Add --param shop=VALUE.",
        ),
        (
            contract("/{z}/{y}/{x}"),
            "y=1",
            "expected a value for every path parameter of a, got no x and no z.",
            "Add --param x=VALUE --param z=VALUE.",
        ),
    ],
)
def test_a_value_that_nothing_can_use_is_an_error(read: Contract, given: str, what: str, do: str) -> None:
    with pytest.raises(UsageError) as error:
        check([read], [parse(given)])

    assert (error.value.what, error.value.do) == (what, do)
