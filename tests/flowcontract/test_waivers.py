"""Waivers cover what is known until a day; the baseline covers what was there at first."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks import baseline, waivers
from flowcontract.checks.results import Judgement, Standing
from flowcontract.errors import ContractError, UsageError

TODAY = date(2026, 6, 1)
LINE = "- {rule: schema, operation: things_read, reason: old data, owner: Ann, expires: 2026-06-01}\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "waivers.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def broken(things: Any, judge: Callable[..., Judgement]) -> Judgement:
    from dataclasses import replace

    things.change = lambda _a, r: replace(r, json={**r.json, "kind": "lamp"}) if r.status == 200 else r
    return judge()


@pytest.mark.parametrize("operation", ["things_read", '"*"'])
def test_a_waiver_in_force_covers_its_rule(tmp_path: Path, broken: Judgement, operation: str) -> None:
    held = waivers.load(_file(tmp_path, LINE.replace("things_read", operation)))

    (cause,), notes = waivers.apply(held, broken.causes, TODAY)

    assert cause.standing is Standing.WAIVED
    assert cause.note == "old data (Ann)"
    assert not notes


def test_a_waiver_ends_the_day_after(tmp_path: Path, broken: Judgement) -> None:
    (cause,), _ = waivers.apply(waivers.load(_file(tmp_path, LINE)), broken.causes, date(2026, 6, 2))

    assert cause.standing is Standing.OPEN
    assert "expired on 2026-06-01" in cause.note


def test_a_waiver_may_cover_one_cause_alone(tmp_path: Path, broken: Judgement) -> None:
    other = waivers.load(_file(tmp_path, LINE.replace("}", ", fingerprint: aaaaaaaaaaaa}")))

    (cause,), notes = waivers.apply(other, broken.causes, TODAY)

    assert cause.standing is Standing.OPEN
    assert "covers nothing" in notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule: schema\n", "list of waivers"),
        ("- schema\n", "waiver 1 was expected to be a mapping"),
        (LINE.replace("owner: Ann, ", ""), "lacks owner"),
        (LINE.replace("schema", "shema"), "Did you mean 'schema'"),
        (LINE.replace("2026-06-01", "June"), "no date"),
        (LINE.replace("owner", "onwer: x, owner"), "onwer"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        waivers.load(_file(tmp_path, text))


def test_a_baseline_knows_its_causes_again_and_names_what_is_gone(tmp_path: Path, broken: Judgement) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(path, broken.causes)
    known = baseline.load(path)

    (cause,), notes = baseline.apply(known, broken.causes)
    assert cause.standing is Standing.KNOWN
    assert not notes

    _, notes = baseline.apply(known, ())
    assert "gone" in notes[0]


def test_a_cause_has_the_same_fingerprint_in_every_run(broken: Judgement, judge: Callable[..., Judgement]) -> None:
    assert [c.fingerprint for c in broken.causes] == [c.fingerprint for c in judge().causes]


def test_what_is_no_baseline_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text("[]")
    with pytest.raises(UsageError, match="no baseline"):
        baseline.load(path)
    with pytest.raises(ContractError, match="no file"):
        baseline.load(tmp_path / "none.json")
