"""What a start imports: not how long it takes, which is the benchmarks' to say."""

import subprocess
import sys

import pytest

NEVER_USED = {
    "click",  # uvicorn's command line
    "connexion.apps.abstract",  # Connexion's own applications, and with them a test client and its HTTP client
    "faker",
    "httpx",
    "hypothesis",
    "jinja2.environment",
    "openapi_spec_validator",
    "pygal",
    "requests.sessions",
    "rich.console",
    "schemathesis",
    "starlette.testclient",
    "werkzeug.test",
    "yaml.emitter",
}


def _python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_mock_that_serves_has_imported_nothing_that_it_does_not_use() -> None:
    _python("import flowmock\nwith flowmock.running(): pass")  # From now on what it reads is kept.
    imported = _python(
        "import http.client, sys, flowmock\n"
        "with flowmock.running() as mock:\n"
        "    host = mock.origin.removeprefix('http://')\n"
        "    connection = http.client.HTTPConnection(host)\n"
        "    headers = {'Authorization': 'Bearer x'}\n"
        "    connection.request('GET', '/api/v3/flows/instances/initial-setup/', headers=headers)\n"
        "    assert connection.getresponse().status == 200\n"
        "    print(*(name for name, module in sys.modules.items() if type(module).__name__ != '_Later'))"
    )

    assert not NEVER_USED & set(imported)
    assert {"connexion.middleware.security", "flowmock.serving"} <= set(imported)


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
    ],
)
def test_whoever_uses_the_packages_beside_the_mock_finds_them_whole(use: str, said: list[str]) -> None:
    assert _python(f"import flowmock.server, connexion\n{use}") == said
