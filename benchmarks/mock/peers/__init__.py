"""The mock servers of others, as servers to be measured: installed by npm into a folder of their own, never committed.

Each is given the same contract with the one example that is read, or where it takes no contract the same answer in its
own form; it is started as its makers' page says, with what it does by default, unless its name says otherwise.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from benchmarks.mock.servers import READ, SLUG, TOKEN, Server
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract

HERE = Path(__file__).parent
FOLDER = Path(
    os.environ.get("FLOWCONTRACT_PEERS") or platformdirs.user_cache_dir("flowcontract-peers", appauthor=False)
)
"""Where the packages are installed; the variable FLOWCONTRACT_PEERS names another folder."""
_MODULES = FOLDER / "node_modules"
_WITHOUT_BASE = READ.removeprefix("/api/v3")


def install() -> None:
    """Install what package.json names, unless it is there. Raises CalledProcessError with npm's own words."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    done = FOLDER / "installed.json"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        shutil.copy(HERE / "package.json", FOLDER)
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(FOLDER)]
        subprocess.run(words, check=True)
        done.write_text(wanted, encoding="utf-8")
    shutil.copy(HERE / "scalar.mjs", FOLDER)


def versions() -> dict[str, str]:
    """The version of each package that is installed, by name."""
    named = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {name: json.loads((_MODULES / name / "package.json").read_text("utf-8"))["version"] for name in named}


def contract() -> tuple[dict[str, Any], Any]:
    """The project's contract with the one example that is read, and that example's value."""
    ours = Contract.load()
    operation = ours.operations["flows_instances_retrieve"]
    media = operation.responses["200"].media["application/json"]
    value = media.examples[SLUG].value
    document = copy.deepcopy(dict(ours.document))
    pointers.get(document, pointers.split(media.pointer))["examples"] = {SLUG: {"value": value}}
    for parameter in operation.path_parameters():
        pointers.get(document, pointers.split(parameter.pointer))["examples"] = {SLUG: {"value": SLUG}}
    return document, value


def _contract(folder: Path, _port: int) -> None:
    (folder / "openapi.json").write_text(json.dumps(contract()[0]), encoding="utf-8")


def _wiremock(folder: Path, _port: int) -> None:
    request = {
        "method": "GET",
        "urlPathPattern": READ.replace(SLUG, "[^/]+"),
        "headers": {"Authorization": {"equalTo": f"Bearer {TOKEN}"}},
    }
    body = json.dumps(contract()[1], ensure_ascii=False, separators=(",", ":"))
    response = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body}
    (folder / "mappings").mkdir()
    (folder / "mappings" / "read.json").write_text(json.dumps({"request": request, "response": response}), "utf-8")


def _mockoon(folder: Path, port: int) -> None:
    identity = "00000000-0000-4000-8000-00000000000"
    response = {
        "uuid": f"{identity}3",
        "statusCode": 200,
        "body": json.dumps(contract()[1], ensure_ascii=False, separators=(",", ":")),
        "bodyType": "INLINE",
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "rules": [],
        "disableTemplating": True,
        "default": True,
    }
    route = {
        "uuid": f"{identity}2",
        "type": "http",
        "method": "get",
        "endpoint": READ.replace(SLUG, ":slug").lstrip("/"),
        "responses": [response],
    }
    environment = {
        "uuid": f"{identity}1",
        "lastMigration": 33,
        "name": "read",
        "port": port,
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": f"{identity}2"}],
    }
    (folder / "mockoon.json").write_text(json.dumps(environment), encoding="utf-8")


def _peer(name: str, *words: str, path: str = READ, prepare: Callable[[Path, int], None] = _contract) -> Server:
    return Server(name, words, path=path, needs=words[0], prepare=prepare, group="peer")


_PRISM = ("node", str(_MODULES / "@stoplight/prism-cli/dist/index.js"), "mock", "-p", "{port}")
_MOCKOON = ("node", str(_MODULES / "@mockoon/cli/bin/run.js"), "start", "--hostname=127.0.0.1", "--port={port}")
_WIREMOCK = ("java", "-cp", str(_MODULES / "wiremock/build/*"), "wiremock.Run", "--bind-address=127.0.0.1")
_SPECMATIC = ("java", "-jar", str(_MODULES / "specmatic/specmatic.jar"), "stub", "--host=127.0.0.1", "--port={port}")

PEERS = {
    each.name: each
    for each in (
        _peer("Prism", *_PRISM, "{folder}/openapi.json", path=_WITHOUT_BASE),
        _peer("Prism, silent", *_PRISM, "-v", "silent", "{folder}/openapi.json", path=_WITHOUT_BASE),
        _peer("Scalar", "node", str(FOLDER / "scalar.mjs"), "{folder}/openapi.json", "{port}", path=_WITHOUT_BASE),
        _peer("Mockoon", *_MOCKOON, "--disable-log-to-file", "--data={folder}/mockoon.json", prepare=_mockoon),
        _peer("WireMock", *_WIREMOCK, "--port={port}", "--root-dir={folder}", prepare=_wiremock),
        _peer(
            "WireMock, no journal",
            *(*_WIREMOCK, "--port={port}", "--root-dir={folder}", "--no-request-journal"),
            prepare=_wiremock,
        ),
        _peer("Specmatic", *_SPECMATIC, "{folder}/openapi.json", path=_WITHOUT_BASE),
        _peer("Connexion's mock", sys.executable, str(HERE / "connexion_mock.py"), "{folder}/openapi.json", "{port}"),
    )
}
"""By name. None of them keeps the contract's base path but Mockoon, WireMock and Connexion."""
