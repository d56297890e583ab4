"""Runtime expressions name the two sides of a relation."""

from dataclasses import replace
from typing import Any

import pytest

from flowcontract.openapi.runtime_expressions import Scene, equal, filled, value

SCENE = Scene(
    method="GET",
    url="/things/a?x=1",
    status=200,
    path={"id": "a"},
    query={"x": "1"},
    request_headers={"accept": "application/json"},
    request_body={"name": "n"},
    response_headers={"location": "/things/a"},
    response_body={"id": "a", "parts": [{"n": 7}]},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$response.body#/id", "a"),
        ("$response.body#/parts/0/n", 7),
        ("$response.body", SCENE.response_body),
        ("$request.body#/name", "n"),
        ("$request.path.id", "a"),
        ("$request.query.x", "1"),
        ("$request.header.Accept", "application/json"),
        ("$response.header.Location", "/things/a"),
        ("$statusCode", 200),
        ("$method", "GET"),
        ("$url", "/things/a?x=1"),
        ("/things/{$request.path.id}/parts/{$response.body#/parts/0/n}", "/things/a/parts/7"),
        ("as it is", "as it is"),
    ],
)
def test_an_expression_stands_for_a_part(text: str, expected: Any) -> None:
    assert value(text, SCENE) == expected


@pytest.mark.parametrize(
    "text", ["$response.body#/none", "$request.path.none", "$request.nothing.x", "x {$response.body#/no}"]
)
def test_a_part_that_is_not_there_is_an_error(text: str) -> None:
    with pytest.raises(LookupError):
        value(text, SCENE)


@pytest.mark.parametrize(
    ("left", "right", "same"), [("7", 7, True), (1, True, False), ("a", "A", False), ("true", True, True)]
)
def test_what_comes_from_a_path_is_text(left: Any, right: Any, same: bool) -> None:
    assert equal(left, right) is same


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{$request.path.id}", "a"),
        ("not-{$request.path.id}", "not-a"),
        ("{$response.body#/parts/0/n}", 7),
        ("{$request.query.none}|{$response.body#/none}", "|"),
        ("{$no.such.thing} {plain}", "{$no.such.thing} {plain}"),
        ({"of": ["{$method}", 1, None]}, {"of": ["GET", 1, None]}),
    ],
)
def test_texts_are_filled_and_what_is_not_there_becomes_nothing(given: Any, expected: Any) -> None:
    assert filled(given, SCENE) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$request.header.ACCEPT", "application/json"),
        ("$request.body", {"name": "n"}),
        ("{$request.path.id}{$request.query.x}", "a1"),
        ("$x.own", 0),
        ("{$x.flag}|{$x.no}", "true|false"),
    ],
)
def test_an_expression_may_stand_anywhere(text: str, found: Any) -> None:
    assert value(text, replace(SCENE, more={"$x.own": 0, "$x.flag": True, "$x.no": False})) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$nothing", "'$nothing' is not a runtime expression"),
        ("$request.cookie.a", "'$request.cookie.a' is not a runtime expression"),
        ("$response.query.a", "'$response.query.a' is not a runtime expression"),
        ("$statusCode", "'$statusCode' is not a runtime expression"),
    ],
)
def test_what_is_no_expression_says_so(text: str, message: str) -> None:
    with pytest.raises(LookupError) as error:
        value(text, Scene("GET", "/"))

    assert error.value.args == (message,)
