"""The gate against a few servers of the catalogue, one of each family; `tox run -e kill` has them all."""

import subprocess
import sys
from pathlib import Path

import pytest

from flowcontract.checks.findings import Result

from . import kill
from .catalogue import FAULTS
from .fault import KNOWN
from .server import TOKEN, Server, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "profile", "most"),
    [
        ("minimal", "full", 400),
        ("chunked", "quick", 150),
        ("has-other-methods", "quick", 150),
        ("hangs-up-silently", "quick", 150),
        ("filters-by-search", "full", 400),
        ("only-odd-flows-are-named", "quick", 150),
    ],
)
def test_a_right_server_is_kept(name: str, profile: str, most: int) -> None:
    judged = kill.run(name, "right", profile)

    assert (judged.error, judged.rules, judged.warnings, judged.result) == ("", (), (), Result.PASSED)
    assert judged.requests <= most


@pytest.mark.parametrize(
    "name",
    [
        "refusal-is-401",
        "designation-unknown",
        "one-slug-gives-another-flow",
        "pk-changes",
        "duplicate-key-of-another-type",
        "json-as-html",
        "length-too-short",
        "truncated-token-passes",
        "cache-serves-everybody",
        "case-is-not-looked-at",
        "nul-is-500",
        "head-of-other-length",
        "delete-needs-no-token",
        "any-query-changes-title",
        "not-modified-for-any-tag",
        "python-trace",
        "every-seventh-fails",
    ],
)
def test_a_faulty_server_is_called_broken(name: str) -> None:
    judged = kill.run(name, "right", "quick")

    assert (judged.error, judged.result) == ("", Result.FAILED)
    assert judged.rules


@pytest.mark.parametrize(
    ("name", "profile", "rule"),
    [
        ("tab-passes", "full", "lenient-credentials"),
        ("one-of-two-headers-passes", "full", "lenient-credentials"),
        ("writing-is-html", "quick", "inconsistent-error-format"),
        ("splits-at-any-space", "full", "lenient-credentials"),
        ("takes-the-first-of-two", "full", "lenient-credentials"),
        ("refuses-methods-in-plain-text", "quick", "inconsistent-error-format"),
    ],
)
def test_a_server_that_only_does_what_a_right_one_may_is_kept_and_warned(name: str, profile: str, rule: str) -> None:
    judged = kill.run(name, "right", profile)

    assert (judged.error, judged.result, judged.warnings) == ("", Result.PASSED, (rule,))


def test_among_pytest_tests_a_remark_is_a_skipped_one(tmp_path: Path) -> None:
    words = [
        "--flowcontract-token",
        TOKEN,
        "--flowcontract-param",
        f"slug={KNOWN}",
        "-rs",
        "-k",
        "inconsistent-error-format or conclusive",
        "-p",
        "no:cacheprovider",
    ]
    with running(FAULTS["writing-is-html"].over(Server())) as url:
        command = [sys.executable, "-m", "pytest", str(ROOT / "contract_tests"), "--flowcontract-url", url, *words]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout
    assert "1 passed, 1 skipped" in ran.stdout
    assert "warning: Inconsistent error format" in ran.stdout


def test_a_fault_over_the_mock_is_seen_as_well() -> None:
    assert kill.run("pk-is-null", "mock", "quick").is_killed
    assert not kill.run("minimal", "mock", "quick").is_false_alarm


def test_names_and_classes_choose_from_the_catalogue() -> None:
    assert kill.chosen(["pk-is-n*", "minimal"], "right") == ["pk-is-null", "pk-is-no-uuid", "minimal"]
    assert set(kill.chosen(["keys-lost"], "right")) < set(kill.chosen([], "right"))
    assert kill.chosen(["no-such-*"], "right") == []


def test_a_server_that_crashes_counts_neither_as_killed_nor_as_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise LookupError("a mistake")

    monkeypatch.setattr("flowcontract.engine.run", crash)

    assert kill.run("pk-is-null", "right", "quick").error == "LookupError: a mistake"
    assert not kill.run("pk-is-null", "right", "quick").is_killed
    assert kill.run("minimal", "right", "quick").is_false_alarm
