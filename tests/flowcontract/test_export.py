"""What is exported for a frontend's tests: fixtures, handlers, archives. `tests/clients` runs them with Node."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from flowcontract.cli import main
from flowcontract.export import typescript_syntax
from flowcontract.export.typescript import Types
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowmock.scenarios.active import Scenarios

ROOT = Path(__file__).resolve().parents[2]
THINGS = ROOT / "tests" / "data" / "contracts" / "things.yaml"
HAR = documents.read(ROOT / "tests" / "data" / "schemas" / "har-1.2.yaml")
FEW = ("--scenario", "null-title", "--scenario", "flaky", "--scenario", "connection-reset")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    assert main.main(["export", "-o", str(folder), *FEW, "--types", "@goauthentik/api"]) == 0
    return folder


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def entries(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "har" / f"{name}.har").read_text("utf-8"))["log"]["entries"]
    return found


def test_the_same_contract_gives_the_same_files(exported: Path, tmp_path: Path) -> None:
    assert main.main(["export", "-o", str(tmp_path), *FEW, "--types", "@goauthentik/api"]) == 0

    assert written(tmp_path) == written(exported)
    assert set(written(exported)) == {"fixtures.ts", "handlers.ts", "models.ts"} | {
        f"har/{name}.har" for name in ("examples", "null-title", "flaky", "connection-reset")
    }


def test_fixtures_have_the_contracts_types(exported: Path) -> None:
    text = (exported / "fixtures.ts").read_text("utf-8")

    assert "export type Flow = {\n" in text
    assert "  denied_action?: DeniedActionEnum;\n" in text
    assert 'export type PolicyEngineMode = "all" | "any";' in text
    assert "export const flowsInstancesRetrieve = {\n" in text
    assert "export const scenarios = {\n" in text


def test_long_lists_are_exported_only_by_name(tmp_path: Path) -> None:
    def names(*scenarios: str) -> set[str]:
        options = ["--operation", "flows_instances_list", "--format", "har", "--quiet"]
        folder = tmp_path / "".join(scenarios)
        assert main.main(["export", "-o", str(folder), *options, *scenarios]) == 0
        return {Path(name).stem for name in written(folder)}

    assert {"one-item", "slow", "flaky"} <= names()
    assert "many-items" not in names()
    assert names("--scenario", "many-items") == {"examples", "many-items"}


def test_fixtures_repeat_no_usual_response_for_a_scenario(tmp_path: Path) -> None:
    options = ["--scenario", "slow", "--scenario", "one-item", "--scenario", "flaky", "--format", "typescript"]
    assert main.main(["export", "-o", str(tmp_path), *options, "--quiet"]) == 0
    scenarios = (tmp_path / "fixtures.ts").read_text("utf-8").partition("export const scenarios = ")[2]

    assert "slow: {}" in scenarios
    assert '"one-item": {\n    flowsInstancesList: {' in scenarios


@pytest.mark.parametrize("name", ["examples", "null-title", "flaky", "connection-reset"])
def test_archives_are_valid(exported: Path, name: str) -> None:
    archive = json.loads((exported / "har" / f"{name}.har").read_text("utf-8"))

    assert [error.message for error in jsonschema_rs.Draft202012Validator(HAR).iter_errors(archive)] == []


def test_an_archive_has_every_known_id_and_an_unknown_one(exported: Path) -> None:
    found = entries(exported, "examples")

    statuses = [entry["response"]["status"] for entry in found if "{slug}" not in entry["request"]["url"]]
    assert statuses.count(404) == 1
    assert statuses.count(200) >= 13
    assert found[0]["request"]["url"].startswith("http://127.0.0.1:8000/api/v3/flows/instances/")
    assert not any(header["name"].lower() == "x-authentik-id" for header in found[0]["response"]["headers"])


def test_no_token_stands_in_an_archive(exported: Path) -> None:
    values = {
        header["value"]
        for entry in entries(exported, "examples")
        for header in entry["request"]["headers"]
        if header["name"] == "Authorization"
    }

    assert values == {"Bearer ${FLOWCONTRACT_TOKEN}"}


def test_responses_that_change_are_written_for_each_request(exported: Path) -> None:
    statuses = [entry["response"]["status"] for entry in entries(exported, "flaky")]

    assert statuses[:6] == [200, 200, 503, 200, 200, 503]


def test_a_network_fault_has_no_response(exported: Path) -> None:
    (first, *_) = entries(exported, "connection-reset")

    assert (first["response"]["status"], first["comment"]) == (0, "reset")
    assert "networkError: true" in (exported / "handlers.ts").read_text("utf-8")


def test_any_release_can_be_exported(tmp_path: Path) -> None:
    typescript_syntax = ["--release", "2025.12.2", "--scenario", "none", "--format", "typescript"]
    assert main.main(["export", "-o", str(tmp_path), *typescript_syntax]) == 0

    text = (tmp_path / "fixtures.ts").read_text("utf-8")
    assert "background_themed_urls: ThemedUrls | null;" in text
    assert "background_themed_urls: null," in text
    assert list(written(tmp_path)) == ["fixtures.ts"]


def test_any_contract_can_be_exported(tmp_path: Path) -> None:
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(THINGS), "--url", "https://api.example.org"]) == 0

    assert "export const thingsRead = {" in (tmp_path / "fixtures.ts").read_text("utf-8")
    assert {entry["request"]["url"].partition("/things")[0] for entry in entries(tmp_path, "examples")} == {
        "https://api.example.org/api"
    }


def test_responses_of_every_media_type_can_be_exported_with_every_scenario(tmp_path: Path) -> None:
    types = {
        "csv": {"text/csv": {"schema": {"type": "string"}}},
        "file": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "text": {"text/plain": {"schema": {"type": "string"}, "example": "[not, JSON"}},
        "xml": {"application/xml": {"schema": {"type": "array", "items": {"type": "string"}}}},
        "lines": {"application/x-ndjson": {"schema": {"type": "object"}}},
        "any": {"*/*": {"schema": {"type": "array", "items": {"type": "integer"}}}},
        "without-schema": {"application/json": {}},
        "both": {"application/json": {"schema": {"type": "array"}}, "text/csv": {"schema": {"type": "string"}}},
        "nothing": {},
    }
    of_type = {name: {"200": {"description": "OK", "content": content}} for name, content in types.items()}
    responses = {**of_type, "empty": {"204": {"description": "Nothing"}}, "head-only": {"default": {"description": ""}}}
    paths = {
        f"/{name}": {method: {"responses": each} for method in ("get", "post")} for name, each in responses.items()
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document), "utf-8")
    scenarios = Scenarios.carried([Contract(document)]).available

    named = [option for name in sorted(scenarios) for option in ("--scenario", name)]
    assert main.main(["export", "-o", str(tmp_path / "out"), "--spec", str(file), *named]) == 0

    assert len(list((tmp_path / "out" / "har").iterdir())) == len(scenarios) + 1


def test_one_operation_can_be_exported(tmp_path: Path) -> None:
    typescript_syntax = ["--spec", str(THINGS), "--operation", "things_read", "--scenario", "none"]
    assert main.main(["export", "-o", str(tmp_path), *typescript_syntax]) == 0

    assert (tmp_path / "fixtures.ts").read_text("utf-8").count("export const") == 2
    assert "thingsRead" in (tmp_path / "fixtures.ts").read_text("utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", '"plain"'),
        ('{"a":"b\\"}', '\'{"a":"b\\\\"}\''),
        ('it\'s "both"', '"it\'s \\"both\\""'),
        ("\u2028", '"\\u2028"'),
        ("\ud800", '"\\ud800"'),
        ({"__proto__": 1}, '{\n  ["__proto__"]: 1,\n}'),
        ({"a b": [True, None]}, '{\n  "a b": [\n    true,\n    null,\n  ],\n}'),
    ],
)
def test_a_literal_is_the_value(value: Any, expected: str) -> None:
    assert typescript_syntax.literal(value) == expected


ODD = {
    "Result\u00abTree\u00bb": {
        "type": "object",
        "required": True,
        "properties": {
            "anything": True,
            "left": {"$ref": "#/components/schemas/Result\u00abTree\u00bb"},
            "right": {"$ref": "#/components/schemas/Result\u00abTree\u00bb"},
        },
    },
    "Pet": {
        "description": "First\r\nline */.\r\n\r\nSecond paragraph.",
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    },
    "Cat": {
        "allOf": [
            {"$ref": "#/components/schemas/Pet"},
            {"properties": {"friend": {"$ref": "#/components/schemas/Pet"}}},
        ]
    },
    "Dog": {"const": {"kind": "Dog", "old": [True, None]}},
}


def test_odd_components_have_finite_types() -> None:
    contract = Contract(
        {"openapi": "3.1.0", "info": {"title": "Any", "version": "1"}, "paths": {}, "components": {"schemas": ODD}}
    )
    types = Types(contract)

    used = [types.of({"$ref": f"#/components/schemas/{name}"}) for name in ("Result%C2%ABTree%C2%BB", "Pet")]

    assert used == ["Result_Tree_", "Pet"]
    assert (
        types.declarations()
        == """\
export type Cat = unknown & {
  friend?: Pet;
};

export type Dog = {
  kind: "Dog",
  old: [
    true,
    null,
  ],
};

/** First line * /. */
export type Pet = Cat | Dog;

export type Result_Tree_ = {
  anything?: unknown;
  left?: Result_Tree_;
  right?: Result_Tree_;
};
"""
    )


def test_names_are_identifiers_and_no_two_are_alike() -> None:
    found = typescript_syntax.names(["flows_list", "flows-list", "2nd", "default", "é", ""], camel=True)

    assert found == {
        "flows_list": "flowsList", "flows-list": "flowsList2", "2nd": "_2nd", "default": "default_", "é": "_", "": "_2",
    }  # fmt: skip


def test_a_comment_cannot_be_ended_from_within() -> None:
    assert typescript_syntax.comment("ends */ here\nand on") == "/** ends * / here and on */\n"
    assert typescript_syntax.comment("\r\nOne\r\nline.\r\n\r\nMore.") == "/** One line. */\n"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"type": ["integer", "null"]}, "number | null"),
        ({"type": "string", "const": "cat"}, '"cat"'),
        ({"type": ["string", "null"], "enum": ["a", None]}, '"a" | null'),
    ],
)
def test_types_of_openapi_3_1_are_exact(schema: dict[str, Any], expected: str) -> None:
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Any", "version": "1"}, "paths": {}})

    assert Types(contract).of(schema) == expected


def test_reads_of_listed_items_are_exported_and_others_hold_their_id(tmp_path: Path) -> None:
    boats = ROOT / "tests" / "data" / "contracts" / "boats.yaml"
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(boats), "--scenario", "none"]) == 0

    recorded = {
        entry["request"]["url"].partition("/v1")[2]: json.loads(entry["response"]["content"]["text"])
        for entry in entries(tmp_path, "examples")
    }
    handlers = (tmp_path / "handlers.ts").read_text("utf-8")
    echoes = [part.partition("},")[0].split('"')[1::2] for part in handlers.split("echoes: {")[1:]]
    items = recorded["/boats"]["items"]
    assert items
    assert [recorded[f"/boats/{item['id']}"] for item in items] == items
    assert echoes == [["id"], ["0", "boat_id", "1", "boat_id", "2", "boat_id"]]
    assert 'number: "page"' in handlers


def test_lists_below_items_and_the_reads_of_their_items_are_exported(tmp_path: Path) -> None:
    uuid = {"type": "string", "format": "uuid"}
    of_site = {"id": uuid, "site_id": uuid, "beds": {"type": "integer"}}
    pitch = {"type": "object", "required": [*of_site], "properties": of_site}
    site = {"type": "object", "required": ["id"], "properties": {"id": uuid}}
    paths = {}
    for path, schema in {
        "/sites": {"type": "array", "items": site},
        "/sites/{site_id}": site,
        "/sites/{site_id}/pitches": {"type": "array", "items": pitch},
        "/pitches/{pitch_id}": pitch,
    }.items():
        names = re.findall(r"{(.*?)}", path)
        parameters = [{"name": name, "in": "path", "required": True, "schema": uuid} for name in names]
        said = {"description": "", "content": {"application/json": {"schema": schema}}}
        paths[path] = {"get": {"parameters": parameters, "responses": {"200": said}}}
    document = {"openapi": "3.1.0", "info": {"title": "Sites", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(tmp_path / "api.json"), "--scenario", "none"]) == 0

    recorded = {
        entry["request"]["url"].split("/", 3)[3]: json.loads(entry["response"]["content"]["text"])
        for entry in entries(tmp_path, "examples")
    }
    pitches = {each["id"]: recorded[f"sites/{each['id']}/pitches"] for each in recorded["sites"]}
    assert all(pitch["site_id"] == site for site, several in pitches.items() for pitch in several)
    assert [recorded[f"pitches/{each['id']}"] for several in pitches.values() for each in several] == [
        each for several in pitches.values() for each in several
    ]


def test_binary_bodies_are_exported_whole(tmp_path: Path) -> None:
    image = {"description": "", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
    paths = {"/icon": {"get": {"operationId": "icon", "responses": {"200": image}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Icons", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(tmp_path / "api.json"), "--scenario", "none"]) == 0

    content = entries(tmp_path, "examples")[0]["response"]["content"]
    assert content["encoding"] == "base64"
    assert base64.b64decode(content["text"]).startswith(b"\x89PNG\r\n\x1a\n")
    assert f'base64: "{content["text"]}",\n' in (tmp_path / "handlers.ts").read_text("utf-8")


def test_fixtures_have_the_documented_errors(tmp_path: Path) -> None:
    problem = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
    missing = {"description": "", "content": {"application/json": {"schema": problem}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}, "404": missing}
    paths = {"/icon": {"get": {"operationId": "icon", "responses": responses}}}
    document = {"openapi": "3.1.0", "info": {"title": "Icons", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    assert main.main(["export", "-o", str(tmp_path), "--spec", str(tmp_path / "api.json"), "--scenario", "none"]) == 0

    text = (tmp_path / "fixtures.ts").read_text("utf-8")
    assert '  404: {\n    generated: {\n      detail: "' in text


def test_paths_are_written_as_the_handlers_match_them(tmp_path: Path) -> None:
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}}
    paths = ("/files/{name}_v{number}", "/files/{name}.json", "/straße/{name}:lock", "/{a-b}")
    named = {
        path: {"get": {"parameters": [], "responses": responses, "operationId": f"o{index}"}}
        for index, path in enumerate(paths)
    }
    document = {"openapi": "3.1.0", "info": {"title": "Files", "version": "1"}, "paths": named}
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    words = ["--spec", str(tmp_path / "api.json"), "--scenario", "none", "--format", "msw"]
    assert main.main(["export", "-o", str(tmp_path), *words]) == 0

    found = re.findall(r'http\.get\(BASE \+ "(.*?)", respond', (tmp_path / "handlers.ts").read_text("utf-8"))
    assert sorted(found) == sorted(
        ["/files/{:name}_v:number", "/files/:name.json", "/stra%C3%9Fe/:name\\\\:lock", "/:p0"]
    )


def test_models_of_a_range_of_statuses_name_it_as_a_string(tmp_path: Path) -> None:
    pet = {"type": "object", "properties": {"name": {"type": "string"}}}
    media = {"schema": {"$ref": "#/components/schemas/Pet"}, "examples": {"tom": {"value": {"name": "Tom"}}}}
    responses = {"2XX": {"description": "", "content": {"application/json": media}}}
    document = {
        "openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "components": {"schemas": {"Pet": pet}},
        "paths": {"/pet": {"get": {"operationId": "readPet", "responses": responses}}},
    }  # fmt: skip
    (tmp_path / "api.json").write_text(json.dumps(document), "utf-8")
    words = ["--spec", str(tmp_path / "api.json"), "--scenario", "none", "--types", "pets"]
    assert main.main(["export", "-o", str(tmp_path), *words]) == 0

    assert 'tom: PetFromJSON(fixtures.readPet["2XX"]["tom"]),' in (tmp_path / "models.ts").read_text("utf-8")
    assert '  "2XX": {\n    tom: {' in (tmp_path / "fixtures.ts").read_text("utf-8")


def test_no_scenario_takes_the_place_of_the_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.yaml").write_text(
        "examples:\n  summary: None is there\n  rules:\n    - response: {code: 404}\n", encoding="utf-8"
    )
    words = ["export", "-o", str(tmp_path / "out"), "--spec", str(THINGS), "--scenario", "examples", "--quiet"]
    words += ["--scenario-file", str(tmp_path / "own.yaml")]

    assert main.main(words) == 2
    assert "Rename the scenario, or leave har out with --format." in capsys.readouterr().err
    assert main.main([*words, "--format", "msw"]) == 0
