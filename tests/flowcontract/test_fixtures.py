"""A consumer's fixtures, judged by the contract."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli import main
from flowcontract.openapi.contract import Contract


@pytest.fixture
def flow() -> dict[str, Any]:
    success = Contract.load().operation("flows_instances_retrieve").success()
    assert success is not None
    return copy.deepcopy(next(iter(success.media["application/json"].examples.values())).value)


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


def test_a_fixture_that_conforms_to_the_contract_is_valid(
    flow: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [written(tmp_path / "flow.json", flow), written(tmp_path / "error.json", {"detail": "Not found."})]

    assert main.main(["check-fixture", *files]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["valid", "valid"]


def test_every_problem_is_reported_with_its_location(
    flow: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del flow["title"]
    flow["pk"] = "7"

    assert main.main(["check-fixture", "--json", written(tmp_path / "flow.json", flow)]) == 1
    (result,) = json.loads(capsys.readouterr().out)
    assert result["status"] == "200"
    messages = [problem["message"] for problem in result["problems"]]
    assert len(messages) == 2
    assert any("title" in message for message in messages)
    assert any(message.startswith("/pk:") for message in messages)
    assert all("spec/openapi.yaml:" in problem["location"] for problem in result["problems"])


def test_a_fixture_can_be_validated_against_a_release(
    tmp_path: Path, flow: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "flow.json", flow)

    assert main.main(["check-fixture", file, "--release", "2025.10.0"]) == 0
    assert main.main(["check-fixture", file, "--release", "2025.12.0"]) == 1
    assert "background_url" in capsys.readouterr().out


def test_a_fixture_can_be_validated_against_one_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = written(tmp_path / "error.json", {"detail": "Not found."})

    assert main.main(["check-fixture", "--status", "404", error]) == 0
    assert main.main(["check-fixture", "--status", "200", error]) == 1
    assert "invalid" in capsys.readouterr().out


@pytest.mark.parametrize("value", [{"titel": "Welcome"}, {"cacheCount": 0}, {}])
def test_a_fixture_that_matches_no_response_is_validated_against_the_successes(
    value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "flow.json", value)

    operation = ["--operation", "flows_instances_retrieve"]
    assert main.main(["check-fixture", file, *operation]) == 1
    assert "flows_instances_retrieve 200" in capsys.readouterr().out
    assert main.main(["check-fixture", file, *operation, "--status", "400"]) == 0


def test_unreadable_fixtures_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")

    assert main.main(["check-fixture", str(broken)]) == 2
    assert main.main(["check-fixture", str(tmp_path / "none.json")]) == 2
    assert main.main(["check-fixture", "--status", "299", written(tmp_path / "a.json", {})]) == 2
    assert "Traceback" not in capsys.readouterr().err


def _two_operations(folder: Path, *, of_flagship: Any = None) -> str:
    """A contract in which two operations return a boat: the same one, or one with another name."""
    paths = {}
    for name, of_name in (("boat", {"type": "string"}), ("flagship", of_flagship or {"type": "string"})):
        boat = {"type": "object", "required": ["name"], "properties": {"name": of_name}}
        success = {"200": {"description": "", "content": {"application/json": {"schema": boat}}}}
        paths[f"/{name}"] = {"get": {"operationId": name, "responses": success}}
    document = {"openapi": "3.0.3", "info": {"title": "Boats", "version": "1"}, "paths": paths}
    return written(folder / "boats.json", document)


@pytest.mark.parametrize(("name", "code"), [("Nelly", 0), (1, 1)])
def test_every_operation_that_a_fixture_fits_is_named(
    name: Any, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "a.json", {"name": name})

    assert main.main(["check-fixture", file, "--spec", _two_operations(tmp_path)]) == code
    assert "(boat 200; flagship 200 too)" in capsys.readouterr().out


def test_an_invalid_fixture_that_may_be_of_several_schemas_needs_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_operations = _two_operations(tmp_path, of_flagship={"type": "boolean"})
    file = written(tmp_path / "a.json", {"name": 1})

    assert main.main(["check-fixture", file, "--spec", two_operations]) == 2
    assert "boat 200, flagship 200. Select one with --operation." in capsys.readouterr().err
    assert main.main(["check-fixture", file, "--spec", two_operations, "--operation", "flagship"]) == 1
