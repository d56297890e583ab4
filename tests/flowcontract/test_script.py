"""Scripts of sequences, by values."""

import subprocess

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import ScriptStep, script
from flowcontract.http.target import Target

TARGET = Target.at("http://127.0.0.1:8000", "")
JSON = (("Content-Type", "application/json"),)


def step(
    method: str, path: str, body: bytes | None, status: int, response: bytes, *references: str, **headers: str
) -> ScriptStep:
    sent = Request(method, path, (), body)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return ScriptStep(f"{method} it", Exchange(sent, Response(status, (*JSON, *named), response, 0.01)), references)


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
