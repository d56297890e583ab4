"""A repository with the gate in its pipeline: what its jobs would see and hand on."""

import json
import re
from importlib.metadata import version
from xml.etree import ElementTree

import pytest

from .conftest import EXAMPLES


@pytest.mark.needs("bash", "sed", "mkfifo")
def test_the_pipeline_distinguishes_passed_failed_and_inconclusive(follow) -> None:
    result = follow("ci", skip="^pip wheel")  # tests/test_wheel.py builds it.

    assert re.findall(r"^exit code (\d)", result.printed, re.M) == ["0", "1", "2"]
    assert "a-token-of-staging" not in result.printed
    passed, failed = result.folder / "reports-passed", result.folder / "reports-failed"
    assert "nothing listens" in (result.folder / "reports" / "annotations.txt").read_text("utf-8")
    results = {
        folder.name: {
            (each["ruleId"], each["level"], "suppressions" in each, each.get("baselineState"))
            for each in json.loads((folder / "report.sarif").read_text("utf-8"))["runs"][0]["results"]
        }
        for folder in (passed, failed)
    }
    old = {item for item in results["reports-passed"] if item[0] in ("server-error", "route-conflict")}
    assert results["reports-passed"] == old
    assert len(old) == 2
    assert results["reports-failed"] - old == {("schema-violation", "error", False, None)}
    assert (passed / "annotations.txt").read_text("utf-8").count("::error") == 0
    assert (failed / "annotations.txt").read_text("utf-8").count("::error") == 1
    assert ElementTree.parse(passed / "junit.xml").getroot().get("failures") == "0"
    # A finding is a failed case of every operation that has it.
    assert int(ElementTree.parse(failed / "junit.xml").getroot().get("failures", "0")) in (1, 2)


@pytest.mark.parametrize("job", [".github/workflows/contract-gate.yml", ".gitlab/contract-gate.yml"])
def test_a_job_installs_the_wheel_and_asks_no_registry_for_the_name(job: str) -> None:
    text = (EXAMPLES / "ci" / job).read_text("utf-8")

    assert f"wheels/flowcontract-{version('flowcontract')}-py3-none-any.whl" in text
