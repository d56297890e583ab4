"""Waivers cover what is known until a day; the baseline covers what was there at first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks import suppressions
from flowcontract.checks.findings import FindingStatus, RunResult
from flowcontract.errors import ContractError, UsageError

pytestmark = pytest.mark.usefixtures("few_probes")
TODAY = date(2026, 6, 1)
LINE = "- {rule: schema-violation, operation: things_read, reason: old data, owner: Ann, expires: 2026-06-01}\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "waivers.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def failed(things: Any, run_gate: Callable[..., RunResult]) -> RunResult:

    things.change = lambda _a, r: replace(r, json={**r.json, "kind": "lamp"}) if r.status == 200 else r
    return run_gate()


@pytest.mark.parametrize("operation", ["things_read", '"*"'])
def test_a_waiver_in_force_covers_its_rule(tmp_path: Path, failed: RunResult, operation: str) -> None:
    held = suppressions.load_waivers(_file(tmp_path, LINE.replace("things_read", operation)))

    (finding,), notes = suppressions.apply_waivers(held, failed.findings, TODAY)

    assert finding.status is FindingStatus.WAIVED
    assert finding.note == "old data (Ann)"
    assert not notes


def test_a_waiver_ends_the_day_after(tmp_path: Path, failed: RunResult) -> None:
    (finding,), _ = suppressions.apply_waivers(
        suppressions.load_waivers(_file(tmp_path, LINE)), failed.findings, date(2026, 6, 2)
    )

    assert finding.status is FindingStatus.OPEN
    assert "expired on 2026-06-01" in finding.note


def test_a_waiver_may_cover_one_finding_alone(tmp_path: Path, failed: RunResult) -> None:
    other = suppressions.load_waivers(_file(tmp_path, LINE.replace("}", ", fingerprint: aaaaaaaaaaaa}")))

    (finding,), notes = suppressions.apply_waivers(other, failed.findings, TODAY)

    assert finding.status is FindingStatus.OPEN
    assert "Unused waiver" in notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule: schema\n", "list of waivers"),
        ("- schema\n", "waiver 1: expected a mapping"),
        (LINE.replace("owner: Ann, ", ""), "missing owner"),
        (LINE.replace("schema-v", "shema-v"), "Did you mean 'schema-violation'"),
        (LINE.replace("2026-06-01", "June"), "expected a date"),
        (LINE.replace("owner", "onwer: x, owner"), "onwer"),
    ],
)
def test_an_invalid_file_is_an_error_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        suppressions.load_waivers(_file(tmp_path, text))


def test_a_baseline_matches_its_findings_and_names_those_that_are_gone(tmp_path: Path, failed: RunResult) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, failed.findings)
    known = suppressions.load_baseline(path)

    (finding,), notes = suppressions.apply_baseline(known, failed.findings)
    assert finding.status is FindingStatus.KNOWN
    assert not notes

    _, notes = suppressions.apply_baseline(known, ())
    assert notes == (f"In the baseline, but not found: Response violates schema, things_read ({finding.fingerprint}).",)


def test_a_known_finding_is_not_gone_while_its_operation_violates_the_rule(tmp_path: Path, failed: RunResult) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, failed.findings)
    merged = [replace(finding, fingerprint="0" * 12) for finding in failed.findings]

    (finding,), notes = suppressions.apply_baseline(suppressions.load_baseline(path), merged)

    assert finding.status is FindingStatus.OPEN
    assert not notes


@pytest.mark.parametrize(
    ("status", "is_kept"),
    [
        (FindingStatus.OPEN, True),
        (FindingStatus.FLAKY, True),
        (FindingStatus.KNOWN, True),
        (FindingStatus.WAIVED, False),
        (FindingStatus.WARNING, False),
    ],
)
def test_a_new_baseline_has_what_fails_or_is_in_the_old_one(
    tmp_path: Path, failed: RunResult, status: FindingStatus, is_kept: bool
) -> None:
    suppressions.write_baseline(tmp_path / "baseline.json", [replace(failed.findings[0], status=status)])

    assert bool(suppressions.load_baseline(tmp_path / "baseline.json")) is is_kept


def test_a_finding_has_the_same_fingerprint_in_every_run(failed: RunResult, run_gate: Callable[..., RunResult]) -> None:
    assert [c.fingerprint for c in failed.findings] == [c.fingerprint for c in run_gate().findings]


def test_a_file_that_is_not_a_baseline_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text("[]")
    with pytest.raises(UsageError, match="not a baseline"):
        suppressions.load_baseline(path)
    with pytest.raises(ContractError, match="no file"):
        suppressions.load_baseline(tmp_path / "none.json")
