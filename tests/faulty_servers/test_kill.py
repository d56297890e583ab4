"""The gate against a few servers of the catalogue, one of each family; `tox run -e kill` has them all."""

import pytest

from flowcontract.checks.findings import Result

from . import kill


@pytest.mark.parametrize(
    "name",
    [
        "minimal",
        "hangs-up-silently",
    ],
)
def test_a_conforming_server_passes(name: str) -> None:
    run = kill.run(name, "server", "quick")

    assert (run.error, run.rules, run.warnings, run.result) == ("", (), (), Result.PASSED)
    assert run.requests <= 450


@pytest.mark.parametrize(
    "name",
    [
        "denial-is-401",
        "pk-changes",
        "length-too-short",
        "truncated-token-passes",
        "delete-needs-no-token",
        "not-modified-for-any-tag",
    ],
)
def test_a_faulty_server_fails(name: str) -> None:
    run = kill.run(name, "server", "quick")

    assert (run.error, run.result) == ("", Result.FAILED)
    assert run.rules


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("splits-at-any-space", "lenient-credentials"),
        ("denies-methods-in-plain-text", "inconsistent-error-format"),
    ],
)
def test_a_server_with_warnings_alone_passes(name: str, rule: str) -> None:
    run = kill.run(name, "server", "quick")

    assert (run.error, run.result, run.warnings) == ("", Result.PASSED, (rule,))


def test_a_fault_over_the_mock_is_seen_as_well() -> None:
    assert kill.run("pk-is-null", "mock", "quick").is_found
    assert not kill.run("minimal", "mock", "quick").is_false_alarm


def test_names_and_classes_choose_from_the_catalogue() -> None:
    assert kill.chosen(["pk-is-n*", "minimal"], "server") == ["pk-is-null", "pk-is-no-uuid", "minimal"]
    assert set(kill.chosen(["IDs-lost"], "server")) < set(kill.chosen([], "server"))
    assert kill.chosen(["no-such-*"], "server") == []


def test_a_run_that_crashes_counts_neither_as_found_nor_as_conforming(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise LookupError("a mistake")

    monkeypatch.setattr("flowcontract.engine.run", crash)

    assert kill.run("pk-is-null", "server", "quick").error == "LookupError: a mistake"
    assert not kill.run("pk-is-null", "server", "quick").is_found
    assert kill.run("minimal", "server", "quick").is_false_alarm
