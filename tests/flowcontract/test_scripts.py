"""Shell scripts that send a sequence again."""

import json
import subprocess
from typing import Any

import pytest

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import SequenceStep, script
from flowcontract.http.target import Target

TARGET = Target.at("http://127.0.0.1:1", "")
JSON = (("Content-Type", "application/json"),)
Sent = tuple[str, str, Any, int, Any]


def _script(*sent: Sent) -> list[str]:
    """The commands of a script, without what stores and shows responses."""
    exchanges = []
    for method, path, body, status, returned in sent:
        request = Request(method, path, (), json.dumps(body).encode() if body is not None else None)
        response = Response(status, (("Content-Type", "application/json"),), json.dumps(returned).encode(), 0.0)
        references = tuple(name for name in body or () if name.startswith("author"))
        exchanges.append(SequenceStep(f"{method} it", Exchange(request, response, "", 0.0), references))
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


def step(
    method: str, path: str, body: bytes | None, status: int, response: bytes, *references: str, **headers: str
) -> SequenceStep:
    sent = Request(method, path, (), body)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return SequenceStep(f"{method} it", Exchange(sent, Response(status, (*JSON, *named), response, 0.01)), references)


def test_ids_of_earlier_responses_stand_in_paths_queries_and_bodies() -> None:
    text = script(
        TARGET,
        [
            step("POST", "/teams", b'{"name": "A"}', 201, b'{"size": 3, "id": 3}'),
            step("POST", "/tickets", b'{"team_id": 3, "priority": 3}', 201, b'{"id": 7}', "team_id"),
            step("GET", "/tickets/7?team_id=3&limit=3", None, 200, b"{}"),
        ],
    )

    assert '--data-binary \'{"team_id": \'"${value_1}"\', "priority": 3}\'' in text
    assert "/tickets/'\"${value_2}\"'?team_id='\"${value_1}\"'&limit=3'" in text
    assert "jq -r '.\"id\" // empty'" in text
    assert ': "${value_1:?step 1 gave no ID}"' in text


def test_a_value_that_only_looks_like_an_id_stays() -> None:
    text = script(
        TARGET,
        [
            step("POST", "/teams", b'{"name": "open"}', 201, b'{"id": 2, "name": "open"}'),
            step("GET", "/teams?page=2&state=open", None, 200, b"[]"),
        ],
    )

    assert "value_" not in text


def test_cursors_are_encoded_and_etags_are_not() -> None:
    text = script(
        TARGET,
        [
            step("GET", "/teams?limit=1", None, 200, b'{"next": "a+b=="}', ETag='"1"'),
            step("GET", "/teams?limit=1&cursor=a%2Bb%3D%3D", None, 200, b"[]"),
        ],
    )

    assert "jq -r '.\"next\" // empty|@uri'" in text
    assert '&cursor=\'"${value_1}"' in text


def test_a_script_ends_where_a_response_lacks_what_comes_next() -> None:
    text = script(TARGET, [step("POST", "/teams", b"{}", 201, b'{"id": 3}'), step("GET", "/teams/3", None, 200, b"{}")])
    without_server = f"curl() {{ printf 'HTTP/1.1 404\\r\\n\\r\\n{{}}'; }}\n{text}"

    done = subprocess.run(["sh", "-c", without_server], capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert done.stdout.count("HTTP/1.1") == 1
    assert "step 1 gave no ID" in done.stderr


def test_any_shell_reads_what_a_terminal_does_not_show() -> None:
    text = script(TARGET, [step("POST", "/teams", '{"name": "Zoë 100%"}'.encode(), 201, b"{}")])
    shown = f'curl() {{ for one in "$@"; do printf "%s\\n" "$one"; done; }}\n{text}'

    done = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True)

    assert '{"name": "Zoë 100%"}' in done.stdout
