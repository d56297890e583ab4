"""Shell scripts that send a sequence again."""

import json
from typing import Any

import pytest

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import ScriptStep, script
from flowcontract.http.target import Target

TARGET = Target.at("http://127.0.0.1:1", "")
Sent = tuple[str, str, Any, int, Any]


def _script(*sent: Sent) -> list[str]:
    """The commands of a script, without what stores and shows responses."""
    exchanges = []
    for method, path, body, status, returned in sent:
        request = Request(method, path, (), json.dumps(body).encode() if body is not None else None)
        response = Response(status, (("Content-Type", "application/json"),), json.dumps(returned).encode(), 0.0)
        references = tuple(name for name in body or () if name.startswith("author"))
        exchanges.append(ScriptStep(f"{method} it", Exchange(request, response, "", 0.0), references))
    lines = script(TARGET, exchanges).splitlines()
    return [line for line in lines if not line.startswith(("#", ": "))]


@pytest.mark.parametrize("member", ["author", "author_id", "authorId"])
def test_what_a_body_refers_to_is_taken_from_its_creation(member: str) -> None:
    lines = _script(
        ("POST", "/authors/", {"name": "a"}, 201, {"id": 7}),
        ("POST", "/books/", {"title": "7", member: 7}, 201, {"id": 9}),
        ("DELETE", "/books/9/", None, 204, None),
    )

    assert lines[1].startswith("value_1=")
    assert f""""title": "7", "{member}": '"${{value_1}}"'""" in lines[2]
    assert lines[3].startswith("value_2=")
    assert """/books/'"${value_2}"'/""" in lines[4]


def test_the_same_number_in_two_collections_is_two_values() -> None:
    lines = _script(
        ("POST", "/authors/", {"name": "a"}, 201, {"id": 7}),
        ("POST", "/books/", {"author": 7}, 201, {"id": 7, "author": 7}),
        ("PATCH", "/books/7/", {"author": 7}, 200, {"id": 7}),
        ("GET", "/authors/7/", None, 200, {"id": 7}),
        ("GET", "/loans/?book_id=7", None, 200, []),
    )

    author, book = """'"${value_1}"'""", """'"${value_2}"'"""
    commands = [line for line in lines if line.startswith("response=")]
    assert f'"author": {author}' in commands[1]
    assert f"/books/{book}/" in commands[2]
    assert f'"author": {author}' in commands[2]
    assert f"/authors/{author}/" in commands[3]
    assert "/loans/?book_id=" in commands[4]
    assert "${value_2}" in commands[4]
