"""Local clients of known generators: recognized by their files, and called by the driver of their generator."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.compatibility import clients
from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract

# What openapi-python-client makes is like this: a module for each operation, models with `from_dict`, and responses
# with a status and what was parsed.
ATTRS_CLIENT = {
    "__init__.py": "",
    "client.py": """
class Client:
    def __init__(self, base_url, headers, timeout, raise_on_unexpected_status):
        self.base_url, self.headers, self.timeout = base_url, headers, timeout
    def __enter__(self):
        return self
    def __exit__(self, *failure):
        pass
""",
    "types.py": """
from dataclasses import dataclass
from typing import Any
@dataclass
class Response:
    status_code: int
    parsed: Any
""",
    "models.py": """
from dataclasses import dataclass
@dataclass
class Kite:
    name: str
    @classmethod
    def from_dict(cls, value):
        return cls(value["name"])
""",
    "api/__init__.py": "",
    "api/kites/__init__.py": "",
    "api/kites/fly_kite.py": """
import json, urllib.error, urllib.request
from ...models import Kite
from ...types import Response
def sync_detailed(kite_id: str, *, client, body: Kite) -> Response:
    assert isinstance(body, Kite)
    request = urllib.request.Request(
        f"{client.base_url}/kites/{kite_id}", json.dumps({"name": body.name}).encode(),
        {**client.headers, "Content-Type": "application/json"}, method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=client.timeout) as response:
            return Response(response.status, Kite.from_dict(json.load(response)))
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, None)
""",
}
GENERATOR_CLIENT = {"__init__.py": "", "api_client.py": "", "configuration.py": ""}

KITE = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
CONTENT = {"content": {"application/json": {"schema": KITE}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Kites", "version": "1"},
    "paths": {
        "/kites/{kite-id}": {
            "put": {
                "operationId": "flyKite",
                "parameters": [{"name": "kite-id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"required": True, **CONTENT},
                "responses": {"200": {"description": "A kite.", **CONTENT}, "503": {"description": "No wind."}},
            }
        }
    },
}


def folder(parent: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = parent / "kites-client" / "src" / "kites_client" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return parent / "kites-client"


def wheel(parent: Path, files: Mapping[str, str]) -> Path:
    path = parent / "kites_client-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"kites_client/{name}", text)
    return path


def package(path: Path, client: str) -> clients.Package:
    file = path / "clients.yaml"
    file.write_text(f"clients:\n  python:\n    install: pip\n    package: {client}\n", encoding="utf-8")
    return clients.load(file).packages["python"]


@pytest.mark.parametrize("make", [folder, wheel])
@pytest.mark.parametrize(
    ("files", "driver", "trait"),
    [
        (ATTRS_CLIENT, "openapi_python_client.py", "requires-nullable"),
        (GENERATOR_CLIENT, "openapi_generator_python.py", "checks-types"),
    ],
)
def test_a_local_client_is_recognized(make, files: Mapping[str, str], driver: str, trait: str, tmp_path: Path) -> None:
    found = package(tmp_path, f"./{make(tmp_path, files).name}")

    assert (found.module, found.driver.name) == ("kites_client", driver)
    consumer = found.consumer("1.0")
    assert consumer is not None
    assert {"closed-enums", "requires-fields", trait} <= consumer.traits


def test_a_local_client_of_nothing_known_needs_a_driver(tmp_path: Path) -> None:
    folder(tmp_path, {"__init__.py": ""})

    with pytest.raises(ContractError, match="expected `module` and `driver`"):
        package(tmp_path, "./kites-client")


def test_the_driver_of_openapi_python_client_makes_calls(tmp_path: Path) -> None:
    found = package(tmp_path, f"./{folder(tmp_path, ATTRS_CLIENT).name}")
    call = {"arguments": {"kite-id": "7"}, "body": {"name": "red"}, "parameters": ["kite-id"]}

    with flowmock.running(Contract(DOCUMENT)) as mock:
        calls = [
            {"url": mock.url, "headers": headers, "operation": operation, **call}
            for operation, headers in (("flyKite", {}), ("flyKite", {"Prefer": "code=503"}), ("land", {}))
        ]
        done = subprocess.run(
            [sys.executable, str(found.driver)],
            input=json.dumps({"module": found.module, "timeout": 10, "calls": calls}),
            env={**os.environ, "PYTHONPATH": str(tmp_path / "kites-client" / "src")},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    read, failed, unknown = map(json.loads, done.stdout.splitlines())
    assert (read["ok"], read["value"]) == (True, "Kite")
    assert (failed["ok"], failed["status"]) == (False, 503)
    assert (unknown["ok"], unknown["message"]) == (False, "the client has no method for land")
