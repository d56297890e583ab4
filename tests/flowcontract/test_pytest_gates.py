"""The contract tests, against a server that is named; and the fixtures in a test of somebody else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import flowmock
from flowcontract.checks import registry

ROOT = Path(__file__).resolve().parents[2]
TESTS = str(ROOT / "contract_tests")


def _pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def _at(mock: flowmock.Running) -> tuple[str, ...]:
    return "--flowcontract-url", mock.url, "--flowcontract-token", "token-of-a-test"


def test_a_conforming_server_passes(tmp_path: Path) -> None:
    with flowmock.running(tokens=["token-of-a-test"]) as mock:
        ran = _pytest(tmp_path, TESTS, *_at(mock), "--flowcontract-param", "slug=initial-setup")

    assert ran.returncode == 0, ran.stdout
    assert "3 passed" in ran.stdout


def test_an_operation_with_a_finding_is_the_test_that_fails(tmp_path: Path) -> None:
    with flowmock.running(tokens=["token-of-a-test"], scenario="defect-nul") as mock:
        ran = _pytest(tmp_path, TESTS, *_at(mock))

    assert ran.returncode == 1
    assert "test_operation[flows_instances_retrieve]" in ran.stdout
    assert "1 failed, 2 passed" in ran.stdout
    assert "(server-error)" in ran.stdout
    assert "curl -sS" in ran.stdout


def test_without_a_target_it_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(flow_target): pass\n", encoding="utf-8")

    ran = _pytest(tmp_path)

    assert ran.returncode != 0
    assert "add --flowcontract-url URL" in ran.stdout


@pytest.mark.parametrize("rule", registry.RULES.values(), ids=lambda rule: rule.id)
def test_advice_is_true_wherever_a_report_puts_it(rule: registry.Rule) -> None:
    assert not {"above", "below", "here"} & set(re.findall(r"\w+", rule.advice))
