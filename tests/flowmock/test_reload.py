"""A changed document is served without a restart; a broken edit is not served, and is told."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract, carried
from flowmock.application import Mock
from flowmock.creation import create
from flowmock.server import process
from flowmock.server.reload import Reloader, watching
from flowmock.settings import Settings

Ask = Callable[..., Any]


def document(text: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "string"}, "example": text}}
    operation = {"operationId": "say", "responses": {"200": {"description": "", "content": content}}}
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {"/say": {"get": operation}}}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "api.yaml"
    documents.write(path, documents.dump(document("before")))
    return path


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def reloader(mock: Mock, told: list[str]) -> Iterator[Reloader]:
    with watching(mock, told.append) as watches:
        yield watches


@pytest.fixture
def mock(spec: Path) -> Mock:
    return create(Contract.load(spec), Settings(watch=False))


def said(mock: Mock) -> str:
    success = mock.compiled.main.operation("say").success()
    assert success is not None
    return str(success.media["application/json"].examples["example"].value)


def test_a_changed_document_is_served(mock: Mock, spec: Path, reloader: Reloader, told: list[str]) -> None:
    documents.write(spec, documents.dump(document("after")))

    assert reloader.wait(1, 20).changes == 1
    assert mock.freshness.error == ""
    assert said(mock) == "after"
    assert told == ["api.yaml changed, and is served from now on."]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("openapi: 3.0.3\n  paths: {", "not valid YAML"),
        ("[]", "expected an OpenAPI document"),
    ],
)
def test_a_broken_edit_keeps_the_last_good_contract(
    mock: Mock, spec: Path, reloader: Reloader, told: list[str], broken: str, reason: str
) -> None:
    documents.write(spec, broken)

    assert reason in reloader.wait(1, 20).error
    assert said(mock) == "before"
    assert "the last good contract is served on" in told[0]

    documents.write(spec, documents.dump(document("mended")))
    assert reloader.wait(2, 20).error == ""
    assert said(mock) == "mended"


@pytest.mark.parametrize(
    ("schema", "warning"),
    [
        ({"type": "strin"}, "'strin'"),
        ({"$ref": "#/nowhere"}, "'#/nowhere', which does not exist"),
        ({"$ref": "other.yaml"}, "'other.yaml', which cannot be read"),
    ],
)
def test_a_broken_part_is_named_and_the_rest_is_served(
    mock: Mock, spec: Path, reloader: Reloader, told: list[str], schema: dict[str, str], warning: str
) -> None:
    text = json.dumps(document("after"))
    documents.write(spec, text.replace('{"type": "string"}', json.dumps(schema)))

    assert reloader.wait(1, 20).error == ""
    assert said(mock) == "after"
    assert warning in told[1]


SAY = {"operation": "say", "status": 200, "value": "from a file"}
"""An example."""


def overlay(text: str) -> str:
    actions = [{"target": "$..['application/json']", "update": {"example": text}}]
    return documents.dump({"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": actions})


@pytest.mark.parametrize("changed", ["api.yaml", "overlay.yaml", "examples/new.yaml"])
def test_what_is_added_to_a_document_is_read_again(tmp_path: Path, spec: Path, told: list[str], changed: str) -> None:
    documents.write(tmp_path / "overlay.yaml", overlay("overlaid"))
    documents.make_folder(tmp_path / "examples")
    added = {"overlay": (str(tmp_path / "overlay.yaml"),), "examples": str(tmp_path / "examples")}
    mock = process.from_settings(Settings(spec=(str(spec),), **added))  # type: ignore[arg-type]
    assert said(mock) == "overlaid"

    texts = {
        "api.yaml": documents.dump(document("after") | {"info": {"title": "After", "version": "1"}}),
        "overlay.yaml": overlay("overlaid again"),
        "examples/new.yaml": documents.dump(SAY),
    }
    with watching(mock, told.append) as watches:
        documents.write(tmp_path / changed, texts[changed])
        assert watches.wait(1, 20).error == ""

    success = mock.compiled.main.operation("say").success()
    examples = success.media["application/json"].examples if success else {}
    found = mock.compiled.main.title, *(each.value for each in examples.values())
    assert {"After", "overlaid again", "from a file"} & set(found)
    assert "before" not in found


def test_changed_scenarios_are_read_again(spec: Path, tmp_path: Path, told: list[str], ask: Ask) -> None:
    file = tmp_path / "own.yaml"
    documents.write(file, "busy: {response: {code: 503}}\ngone: {response: {code: 410}}\n")
    settings = {"scenario_file": (str(file),), "scenario": ["busy", "gone"]}
    with flowmock.running(Contract.load(spec), **settings) as running, watching(running.mock, told.append) as watches:
        running.mock.scenarios.define("mine", {"response": {"code": 409}})
        assert ask(running, "/say").status == 410
        documents.write(file, "busy: {response: {code: 429}}\n")
        assert watches.wait(1, 20).error == ""
        assert ask(running, "/say").status == 429
        assert {"busy", "mine"} <= running.mock.scenarios.available.keys()
        assert "gone" not in running.mock.scenarios.available

        documents.write(file, "busy: {response: {code: 9}}\n")
        assert "own.yaml" in watches.wait(2, 20).error
        assert ask(running, "/say").status == 429
        assert "the last good scenarios are served on" in told[1]


def test_a_missing_document_keeps_the_last_good_contract(mock: Mock, spec: Path, reloader: Reloader) -> None:
    spec.unlink()

    assert "there is no file" in reloader.wait(1, 20).error
    assert said(mock) == "before"


def test_other_files_beside_it_are_no_change(mock: Mock, spec: Path, reloader: Reloader, told: list[str]) -> None:
    (spec.parent / "notes.txt").write_text("unrelated", encoding="utf-8")
    documents.write(spec, documents.dump(document("after")))

    assert reloader.wait(1, 20).changes == 1
    assert told == ["api.yaml changed, and is served from now on."]


def test_a_broken_document_stays_told_while_another_changes(tmp_path: Path, told: list[str]) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    for number, path in enumerate((one, other)):
        text = documents.dump(document("before") | {"servers": [{"url": f"/v{number}"}]})
        documents.write(path, text)
    mock = create([Contract.load(one), Contract.load(other)], Settings(watch=False))
    reloader = Reloader(mock, told.append)

    one.write_text("[]", encoding="utf-8")
    reloader.reload({one.resolve()})
    reloader.reload({other.resolve()})

    assert "one.yaml" in mock.freshness.error


@pytest.mark.parametrize("part", ["overlays/observed.yaml", "examples/default-authentication-flow.yaml"])
def test_a_changed_part_of_a_built_document_is_served(tmp_path: Path, part: str, told: list[str]) -> None:
    folder = tmp_path / "spec"
    shutil.copytree(carried(""), folder)
    mock = create(Contract.load(folder / "openapi.yaml"), Settings(watch=False))
    path = folder / part

    with watching(mock, told.append) as reloader:
        text = path.read_text(encoding="utf-8")
        assert "Welcome" in text or "Read one flow" in text
        documents.write(path, text.replace("Welcome", "Salve").replace("Read one flow", "Salve"))
        assert reloader.wait(1, 20).error == ""

    assert "Salve" in json.dumps(mock.compiled.main.document)


def test_a_new_example_is_served(tmp_path: Path, ask: Ask, told: list[str]) -> None:
    folder = tmp_path / "spec"
    shutil.copytree(carried(""), folder)
    first = folder / "examples" / "default-authentication-flow.yaml"
    mock = create(Contract.load(folder / "openapi.yaml"), Settings(watch=False))

    with watching(mock, told.append) as reloader:
        text = first.read_text(encoding="utf-8").replace("default-authentication-flow", "of-our-own")
        documents.write(folder / "examples" / "of-our-own.yaml", text)
        assert reloader.wait(1, 20).error == ""

    success = mock.compiled.main.operation("flows_instances_retrieve").success()
    assert success is not None
    assert "of-our-own" in success.media["application/json"].examples


def test_it_is_served_over_http_and_what_was_remembered_stays(spec: Path, ask: Ask) -> None:
    with flowmock.running(Contract.load(spec), watch=True) as running:
        assert ask(running, "/say").json == "before"
        store = running.mock.store
        documents.write(spec, documents.dump(document("after")))
        for _ in range(100_000):
            if running.mock.freshness.changes:
                break
            ask(running, "/say")

        assert ask(running, "/say").json == "after"
        assert running.mock.store is store
