"""A small API in two releases, and its generated client in three versions, as a registry of its own on disk."""

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowcontract.compatibility import clients
from flowcontract.compatibility.clients.environments import Cache, Client
from flowcontract.compatibility.matrix import Setup

# What openapi-generator makes is like this: an Api class, a method for each operation, closed enumerations, and
# exceptions that know the status. `KINDS` and `REQUIRED` are what the version was generated from.
CLIENT = """
import json, urllib.error, urllib.request

class ApiException(Exception):
    def __init__(self, status, reason):
        self.status, self.reason = status, reason

class Configuration:
    def __init__(self, host):
        self.host = host

class ApiClient:
    def __init__(self, configuration):
        self.configuration, self.headers = configuration, {}
    def set_default_header(self, name, value):
        self.headers[name] = value

class ShelvesApi:
    def __init__(self, client):
        self.client = client
    def shelves_retrieve(self, shelf_id, _request_timeout=None):
        print("what a client prints is no answer")
        url = f"{self.client.configuration.host}/shelves/{shelf_id}/"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=self.client.headers)) as answer:
                if answer.status == 204:
                    return None
                value = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiException(error.code, error.reason) from None
        for name in REQUIRED:
            if value.get(name) is None:
                raise ValueError(f"{name} is required")
        if value["kind"] not in KINDS:
            raise ValueError(f"{value['kind']} is no kind: <b>{KINDS}</b>")
        return value
"""
VERSIONS = {
    "1.0.post1": (("id", "kind"), ("oak", "pine")),
    "1.0.post2": (("id", "kind"), ("oak", "pine")),
    "2.0": (("id", "kind", "width"), ("oak", "pine", "steel")),
}


def document(version: str, required: tuple[str, ...], kinds: tuple[str, ...]) -> dict[str, Any]:
    """The contract that a version of the client was generated from."""
    answer = {
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Shelf"},
                "examples": {
                    "hall": {"value": {"id": "hall", "kind": "oak", **({"width": 3} if "width" in required else {})}}
                },
            }
        }
    }
    refusal = {"content": {"application/json": {"schema": {"type": "object"}, "examples": {"no": {"value": {}}}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shelves", "version": version},
        "security": [{"key": []}],
        "servers": [{"url": "/api"}],
        "paths": {
            "/shelves/{shelf-id}/": {
                "get": {
                    "operationId": "shelvesRetrieve",
                    "parameters": [{"name": "shelf-id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "x-flowcontract-invariants": [
                        {"name": "asked for", "left": "$response.body#/id", "right": "$request.path.shelf-id"}
                    ],
                    "responses": {
                        "200": {"description": "A shelf.", **answer},
                        "403": {"description": "Not you.", **refusal},
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "schemas": {
                "Shelf": {
                    "type": "object",
                    "required": list(required),
                    "properties": {
                        "id": {"type": "string"},
                        "kind": {"type": "string", "enum": list(kinds)},
                        "width": {"type": "integer"},
                    },
                }
            },
        },
    }


@pytest.fixture(scope="session")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels, the contracts and the file of clients."""
    folder = tmp_path_factory.mktemp("shelves")
    (folder / "wheels").mkdir()
    for version, (required, kinds) in VERSIONS.items():
        _wheel(folder / "wheels", version, f"REQUIRED = {required!r}\nKINDS = {kinds!r}\n{CLIENT}")
        release = version.partition(".post")[0]
        (folder / f"{release}.json").write_text(json.dumps(document(release, required, kinds)), encoding="utf-8")
    (folder / "clients.yaml").write_text(
        """
clients:
  python:
    install: pip
    package: shelves-client
    module: shelves_client
    driver: openapi_generator_python.py
    consumers: {'1.0': 'closed-enums,requires-fields,rejects-null'}
    releases: ['1.0', '2.0']
  typescript:
    install: npm
    package: '@no-such-scope/shelves'
    module: '@no-such-scope/shelves'
    driver: openapi_generator_typescript.cjs
contracts: '{release}.json'
servers: ['1.0', '2.0']
""",
        encoding="utf-8",
    )
    return folder


def _wheel(folder: Path, version: str, module: str) -> None:
    about = f"shelves_client-{version}.dist-info"
    with zipfile.ZipFile(folder / f"shelves_client-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("shelves_client/__init__.py", module)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: shelves-client\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that tests share, as runs do."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def folder_registry(shelves: Path) -> Iterator[pytest.MonkeyPatch]:
    """pip, set up for a registry that is a folder."""
    pytest.importorskip("pip", reason="clients are installed with pip")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(shelves / "wheels"))
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        yield patch


@pytest.fixture
def registry(folder_registry: pytest.MonkeyPatch, shelves: Path) -> Path:
    """The folder that pip takes for a registry."""
    return shelves / "wheels"


@pytest.fixture(scope="session")
def known(shelves: Path) -> clients.ClientCatalog:
    return clients.load(shelves / "clients.yaml")


@pytest.fixture(scope="session")
def client(folder_registry: pytest.MonkeyPatch, known: clients.ClientCatalog, cache_folder: Path) -> Client:
    """The newest client of 1.0, installed."""
    return Cache(cache_folder).client(known.select("python:1.0")[0])[0]


@pytest.fixture
def bench(client: Client, known: clients.ClientCatalog, cache_folder: Path) -> Setup:
    """Clients of the shelves, served by the mock."""
    from flowcontract.cli.client_options import serve

    return Setup(known, Cache(cache_folder), serve)
