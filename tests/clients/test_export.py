"""What `flowcontract export` writes, as a frontend uses it: type-checked by TypeScript, served by MSW in Node."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli import main
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

HERE = Path(__file__).parent
WANTED = ("msw", "typescript", "@goauthentik/api")
CHECKS = ("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")
COMPILE = (*CHECKS, "--target", "es2022", "--module", "commonjs")
LOOK_UP = ("--moduleResolution", "node10", "--skipLibCheck", "--types", "node")
SCENARIOS = ("forbidden", "flaky", "null-title", "connection-reset", "empty-body", "bad-gateway")


@pytest.fixture(scope="module")
def modules() -> Path:
    for folder in map(Path, os.environ.get("NODE_PATH", "").split(os.pathsep)):
        if folder.name and all((folder / name).is_dir() for name in WANTED):
            return folder
    pytest.skip(f"Node 20 with {', '.join(WANTED)} is set up by `tox run -e clients`")


def compiled(folder: Path, modules: Path, *files: str) -> None:
    (folder / "node_modules").symlink_to(modules)
    tsc = modules / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(tsc), *COMPILE, *LOOK_UP, *files],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def run(folder: Path, name: str, *words: str) -> list[dict[str, Any]]:
    done = subprocess.run(["node", name, *words], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Path:
    """A frontend's folder with what was exported, and a program that uses it."""
    folder = tmp_path_factory.mktemp("app")
    chosen = [word for name in SCENARIOS for word in ("--scenario", name)]
    assert main.main(["export", "-o", str(folder), "--types", "@goauthentik/api", *chosen]) == 0
    (folder / "uses.ts").write_text((HERE / "uses.ts").read_text("utf-8"), "utf-8")
    compiled(folder, modules, "uses.ts")
    return folder


def test_handlers_answer_as_the_mock_does(app: Path) -> None:
    keys = [key["slug"] for key in Contract.load().operation("flows_instances_retrieve").example_path_values().values()]
    handled = run(app, "uses.js", "usual", *keys, "no-such-flow")
    entries = documents.read(app / "har" / "examples.har")["log"]["entries"]
    told = [entry for entry in entries if not entry["request"]["url"].endswith("/instances/")]
    for here, there in zip(handled, told, strict=True):
        assert here["status"] == there["response"]["status"]
        assert here["type"] == there["response"]["content"]["mimeType"]
        assert here["body"] == there["response"]["content"]["text"]


def test_handlers_play_scenarios(app: Path) -> None:
    def statuses(name: str) -> list[object]:
        return [each.get("status", each.get("failed")) for each in run(app, "uses.js", name, *["initial-setup"] * 3)]

    assert statuses("forbidden") == [403, 403, 403]
    assert statuses("flaky") == [200, 200, 503]
    assert statuses("connection-reset") == ["TypeError"] * 3
    assert statuses("bad-gateway") == [502, 502, 502]
    (broken, *_) = run(app, "uses.js", "null-title", "initial-setup")
    assert json.loads(str(broken["body"]))["title"] is None


def test_fixtures_and_models_are_what_their_types_say(app: Path) -> None:
    (told,) = run(app, "uses.js", "fixtures")

    assert told == {"slug": "initial-setup", "exportUrl": "/api/v3/flows/instances/initial-setup/export/", "flows": 13}


def test_the_files_of_another_contract_are_sound(tmp_path: Path, modules: Path) -> None:
    things = HERE.parent / "data" / "contracts" / "things.yaml"
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(things)]) == 0

    compiled(tmp_path, modules, "fixtures.ts", "handlers.ts")


def test_handlers_answer_for_any_path_parameter_and_page(tmp_path: Path, modules: Path) -> None:
    boats = HERE.parent / "data" / "contracts" / "boats.yaml"
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(boats), "--scenario", "none"]) == 0
    (tmp_path / "boats.ts").write_text((HERE / "boats.ts").read_text("utf-8"), "utf-8")
    compiled(tmp_path, modules, "boats.ts")

    (whole,) = run(tmp_path, "boats.js", "/v1/boats")
    items = whole["body"]["items"]
    paths = ["/v1/boats/1", f"/v1/boats/{items[0]['id']}", "/v1/boats?page=2&size=2", "/v1/boats/8/trips"]
    one, known, second, trips = (each["body"] for each in run(tmp_path, "boats.js", *paths))

    assert one["id"] == 1
    assert known == items[0]
    assert second == {"items": items[2:], "total": len(items), "page": 2, "pages": 2}
    assert {trip["boat_id"] for trip in trips} == {8}


def test_a_write_returns_what_it_was_sent(tmp_path: Path, modules: Path) -> None:
    kinds = {"id": "integer", "name": "string", "berth": ["string", "null"], "crew": "integer"}
    properties = {name: {"type": kind, "readOnly": name == "id"} for name, kind in kinds.items()}
    boat = {"type": "object", "required": list(kinds), "properties": properties}
    content = {"content": {"application/json": {"schema": boat}}}
    post = {"requestBody": content, "responses": {"201": {"description": ""} | content}}
    document = {"openapi": "3.1.0", "info": {"title": "Boats", "version": "1"}, "paths": {"/boats": {"post": post}}}
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(tmp_path / "api.json"), "--scenario", "none"]) == 0
    sent = {"id": -5, "name": "Pequod", "berth": "A1", "crew": "many"}
    text = (HERE / "boats.ts").read_text("utf-8")
    text = text.replace("${path}`)", f"${{path}}`, {{ method: 'POST', body: JSON.stringify({json.dumps(sent)}) }})")
    (tmp_path / "boats.ts").write_text(text, "utf-8")
    compiled(tmp_path, modules, "boats.ts")

    (made,) = run(tmp_path, "boats.js", "/boats")

    assert made["status"] == 201
    assert (made["body"]["name"], made["body"]["berth"]) == ("Pequod", "A1")
    assert made["body"]["id"] != sent["id"]
    assert made["body"]["crew"] != sent["crew"]


def test_a_page_of_a_response_that_is_not_json(tmp_path: Path, modules: Path) -> None:
    boats = HERE.parent / "data" / "contracts" / "boats.yaml"
    own = tmp_path / "own.yaml"
    own.write_text("page:\n  summary: HTML\n  response: {code: 200, media: text/html, body: '<p>Busy</p>'}\n", "utf-8")
    chosen = ["--scenario-file", str(own), "--scenario", "page"]
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(boats), *chosen]) == 0
    text = (HERE / "boats.ts").read_text("utf-8").replace("answer.json()", "answer.text()")
    text = text.replace("...handlers", '...scenarios["page"]').replace("{ handlers }", "{ scenarios }")
    (tmp_path / "boats.ts").write_text(text, "utf-8")
    compiled(tmp_path, modules, "boats.ts")

    (page,) = run(tmp_path, "boats.js", "/v1/boats?page=2")

    assert page == {"status": 200, "body": "<p>Busy</p>"}


def test_a_contract_of_odd_names_is_sound_and_served(tmp_path: Path, modules: Path) -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "anything": True}}
    tree["properties"]["children"] = {"type": "array", "items": {"$ref": "#/components/schemas/Tree«Node»"}}
    schemas: dict[str, Any] = {
        "Tree«Node»": tree,
        "Pet": {"description": "ends */ here", "oneOf": [{"$ref": "#/components/schemas/Cat"}]},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"kind": {"enum": [{"a": "B"}]}}}]},
        "exports": {"const": {"class": ["Dog", None]}},
    }
    named = {"/files/{name}_v{number}": "Tree«Node»", "/straße/{id}": "Pet", "/default": "exports"}
    paths = {
        path: {
            "get": {
                "operationId": path.strip("/"),
                "responses": {
                    "2XX": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
                    }
                },
            }
        }
        for path, name in named.items()
    }
    document = {"openapi": "3.1.0", "info": {"title": "Odd", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document | {"components": {"schemas": schemas}}), "utf-8")
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(tmp_path / "api.json"), "--scenario", "none"]) == 0
    (tmp_path / "boats.ts").write_text((HERE / "boats.ts").read_text("utf-8"), "utf-8")
    compiled(tmp_path, modules, "boats.ts", "fixtures.ts")

    found = run(tmp_path, "boats.js", "/files/a_v1", "/straße/1", "/default")

    assert [each["status"] for each in found] == [200, 200, 200]
    assert found[2]["body"] == {"class": ["Dog", None]}
