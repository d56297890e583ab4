"""Our probes and rules inside `schemathesis run`, as the guide shows it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faulty_servers.crud.messages import Response
from tests.faulty_servers.crud.serving import running

import flowmock
from flowcontract.openapi.contract import carried

TOKEN = "a-token-for-schemathesis"


def _run(url: str, folder: Path, document: Path) -> "subprocess.CompletedProcess[str]":
    words = ["run", str(document), "--url", url, "-H", f"Authorization: Bearer {TOKEN}"]
    return subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), *words, "--phases", "examples", "--no-color"],
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "flowcontract.schemathesis_plugin", "FLOWCONTRACT_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("scenario", "code", "message"), [("", 0, "No issues found"), ("another-flow", 1, "flowcontract_rules")]
)
def test_schemathesis_sends_our_probes_and_checks_our_rules(
    scenario: str, code: int, message: str, tmp_path: Path
) -> None:
    with flowmock.running(tokens=[TOKEN]) as mock:
        if scenario:
            mock.mock.scenarios.activate([scenario])

        done = _run(mock.url, tmp_path, carried("openapi.yaml"))

    assert done.returncode == code, done.stdout
    assert message in done.stdout


def test_a_resource_that_no_example_names_is_not_expected_to_exist(tmp_path: Path) -> None:
    error = {"description": "Not there.", "content": {"application/json": {"schema": {"type": "object"}}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "Done."}, "404": error}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{id}": {"get": operation}},
    }
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")

    with running(lambda request: Response(404 if request.method in ("GET", "HEAD") else 405, {})) as url:
        done = _run(url, tmp_path, tmp_path / "openapi.json")

    assert "flowcontract_rules" not in done.stdout
    assert done.returncode == 0, done.stdout
