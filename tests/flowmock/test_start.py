"""What a start imports: not how long it takes, which is the benchmarks' to say."""

import subprocess
import sys

import pytest

NEVER_USED = {
    "click",  # uvicorn's command line
    "connexion.apps.abstract",  # Connexion's own applications, and with them a test client and its HTTP client
    "connexion.spec",  # Connexion's own reading of a document, and with it what validates by JSON Schema
    "faker",
    "http.client",
    "httpx",
    "hypothesis",
    "jinja2.environment",
    "jsonschema.validators",
    "openapi_spec_validator",
    "pygal",
    "requests.sessions",
    "rich.console",
    "schemathesis",
    "starlette.routing",
    "starlette.testclient",
    "werkzeug",
    "yaml.loader",
}


def _python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_mock_that_serves_has_imported_nothing_that_it_does_not_use() -> None:
    _python("import flowmock\nwith flowmock.running(): pass")  # From now on what it reads is kept.
    imported = _python(
        "import socket, sys, flowmock\n"
        "with flowmock.running() as mock:\n"
        "    host, port = mock.origin.removeprefix('http://').split(':')\n"
        "    connection = socket.create_connection((host, int(port)))\n"
        "    line = b'GET /api/v3/flows/instances/initial-setup/ HTTP/1.1'\n"
        "    connection.sendall(line + b'\\r\\nHost: mock\\r\\nAuthorization: Bearer x\\r\\n\\r\\n')\n"
        "    assert b' 200 OK' in connection.recv(65536)\n"
        "    print(*(name for name, module in sys.modules.items() if type(module).__name__ != '_Later'))"
    )

    assert not NEVER_USED & set(imported)
    assert {"connexion.middleware.security", "flowmock.connexion_app"} <= set(imported)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("print(type(connexion.AsyncApp('own').test_client()).__name__)", ["TestClient"]),
        ("from connexion import AsyncApp; print(AsyncApp.__name__)", ["AsyncApp"]),
        ("import uvicorn, click; print(isinstance(uvicorn.main, click.Command))", ["True"]),
        ("import uvicorn.main; print(uvicorn.Server.__name__)", ["Server"]),
        ("import httpx, jinja2; print(jinja2.Template('{{ 1 + 1 }}').render())", ["2"]),
        ("import yaml; print(yaml.safe_load('[1]'), yaml.SafeLoader.__module__)", ["[1]", "yaml.loader"]),
        ("from werkzeug import Request, Client; print(Client.__name__)", ["Client"]),
        ("import requests; print(requests.Session.__name__)", ["Session"]),
        ("from jsonschema.validators import Draft4Validator as D; print(D({'type': 'null'}).is_valid(1))", ["False"]),
        ("import jsonschema; print(jsonschema.Draft4Validator.__module__)", ["jsonschema.validators"]),
        ("from starlette.routing import Route; print(Route.__name__)", ["Route"]),
        ("import http.client; print(http.client.responses[200])", ["OK"]),
        ("from connexion.middleware.main import ConnexionMiddleware as M; print(M.__name__)", ["ConnexionMiddleware"]),
    ],
)
def test_whoever_uses_the_packages_beside_the_mock_finds_them_whole(use: str, said: list[str]) -> None:
    assert _python(f"import flowmock.server.running, connexion\n{use}") == said


_OWN = """
def kept(token):
    return {"sub": "me"} if token == "mine" else None

def read(number):
    return {"number": number}

def write(body):
    return body, 201

import sys
own = sys.modules["own"] = sys.modules["__main__"]
answers = {"default": {"description": "any"}}
number = {"name": "number", "in": "query", "required": True, "schema": {"type": "integer"}}
body = {"content": {"application/json": {"schema": {"type": "object", "required": ["a"]}}}}
app = connexion.AsyncApp("own")
app.add_api({
    "openapi": "3.0.3", "info": {"title": "own", "version": "1"},
    "paths": {"/own": {
        "get": {"operationId": "own.read", "parameters": [number], "security": [{"token": []}], "responses": answers},
        "post": {"operationId": "own.write", "requestBody": body, "responses": answers},
    }},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer", "x-bearerInfoFunc": "own.kept"}}},
})
client = app.test_client()
known = {"Authorization": "Bearer mine"}
print(*(client.get("/own" + query, headers=headers).status_code
        for query, headers in (("?number=1", {}), ("?number=1", known), ("?number=x", known), ("", known))))
print(*(client.post("/own", json=sent).status_code for sent in ({"a": 1}, {}, 1)))
"""


def test_an_application_of_connexion_s_beside_the_mock_secures_and_validates() -> None:
    said = _python(f"import flowmock.server.running, connexion\n{_OWN}")

    assert said == ["401", "200", "400", "400", "201", "400", "400"]


@pytest.mark.parametrize("words", [["mock", "--spec", "nowhere.yaml"], ["mock", "--port", "none"], ["mock", "--help"]])
def test_the_garbage_collector_that_rests_at_the_start_works_again_after_it(words: list[str]) -> None:
    said = _python(
        "import gc, os, sys\nfrom flowcontract.cli import main\nsys.stdout = sys.stderr = open(os.devnull, 'w')\n"
        f"try: main({words})\nexcept SystemExit: pass\n"
        "sys.__stdout__.write(str(gc.isenabled()))"
    )

    assert said == ["True"]


def test_a_mock_that_serves_collects_garbage() -> None:
    said = _python(
        "import gc, os, sys\nfrom flowcontract import cli\nfrom flowmock import server\n"
        "server.Running.serve = lambda self: sys.__stdout__.write(f'{gc.isenabled()} {gc.get_freeze_count() > 1000}')\n"
        "cli.main(['mock', '--port', '0', '--quiet'])"
    )

    assert said == ["True", "True"]
