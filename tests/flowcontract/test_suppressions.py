"""Waivers cover what is known until a day; the baseline covers what was there at first."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks import suppressions
from flowcontract.checks.findings import Example, Finding, FindingStatus, Occurrence, RunResult
from flowcontract.checks.grouping import group_findings
from flowcontract.errors import ContractError, UsageError
from flowcontract.http.target import Target

from .checks import library

TODAY = date(2026, 6, 1)
LINE = "- {rule: schema-violation, operation: read, reason: old data, owner: Ann, expires: 2026-06-01}\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "waivers.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def found() -> Finding:
    """A finding of the operation `read`."""
    item = library.interaction(library.received(200, {"id": "1", "title": 7}))
    occurrences = [Occurrence(violation, item) for violation in library.violations(item)]
    (finding,) = group_findings(occurrences, library.SHOP, Target.at("http://127.0.0.1:1", ""))
    return finding


@pytest.mark.parametrize("operation", ["read", '"*"'])
def test_a_waiver_in_force_covers_its_rule(tmp_path: Path, found: Finding, operation: str) -> None:
    held = suppressions.load_waivers(_file(tmp_path, LINE.replace("read", operation)))

    (finding,), notes = suppressions.apply_waivers(held, [found], TODAY)

    assert finding.status is FindingStatus.WAIVED
    assert finding.note == "old data (Ann, until 2026-06-01)"
    assert not notes


def test_a_waiver_ends_the_day_after(tmp_path: Path, found: Finding) -> None:
    (finding,), _ = suppressions.apply_waivers(
        suppressions.load_waivers(_file(tmp_path, LINE)), [found], date(2026, 6, 2)
    )

    assert finding.status is FindingStatus.OPEN
    assert "expired on 2026-06-01" in finding.note


def test_a_waiver_may_cover_one_finding_alone(tmp_path: Path, found: Finding) -> None:
    other = suppressions.load_waivers(_file(tmp_path, LINE.replace("}", ", fingerprint: aaaaaaaaaaaa}")))

    (finding,), notes = suppressions.apply_waivers(other, [found], TODAY)

    assert finding.status is FindingStatus.OPEN
    assert "Unused waiver" in notes[0]


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        ("raed", "The contract has no operation 'raed'. Did you mean 'read'?"),
        ("list", "Remove it."),
        ("read", "Remove it."),
    ],
)
def test_an_unused_waiver_says_if_its_operation_is_unknown(tmp_path: Path, operation: str, advice: str) -> None:
    held = suppressions.load_waivers(_file(tmp_path, LINE.replace("read", operation)))

    _, (note,) = suppressions.apply_waivers(held, [], TODAY, operations=("read", "list"))

    assert note.endswith(f". {advice}")


EXPLAIN = "`flowcontract explain` lists all rules."
NEEDED = "rule, operation, reason, owner, expires"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("waivers: x\n", f": expected a list of waivers. Each has {NEEDED}."),
        ("waiver: []\n", ": unknown key 'waiver'. Did you mean 'waivers'? Fix the file."),
        ("rule: schema\n", ": unknown key 'rule'. Expected one of: waivers. Fix the file."),
        ("- schema\n", f": waiver 1: expected a mapping, got str. It has {NEEDED}."),
        (LINE.replace("owner: Ann, ", ""), f": waiver 1: missing owner. Each waiver has {NEEDED}."),
        (
            LINE + LINE.replace("old data", "' '").replace("Ann", ""),
            f": waiver 2: missing reason, owner. Each waiver has {NEEDED}.",
        ),
        (
            LINE.replace("schema-v", "shema-v"),
            f": waiver 1: unknown rule 'shema-violation'. Did you mean 'schema-violation'? {EXPLAIN}",
        ),
        (
            LINE.replace("2026-06-01", "June"),
            ": waiver 1: expected a date in expires, got 'June'. Write it as 2027-01-31.",
        ),
        (
            LINE.replace("owner", "added: y, owner"),
            f": waiver 1: unknown key 'added'. Expected one of: {NEEDED}, fingerprint. Fix the file.",
        ),
        (LINE.replace("owner", "onwer"), ": waiver 1: unknown key 'onwer'. Did you mean 'owner'? Fix the file."),
    ],
)
def test_an_invalid_file_is_an_error_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = _file(tmp_path, text)

    with pytest.raises(UsageError) as error:
        suppressions.load_waivers(path)

    assert str(error.value) == f"{path}{message}"


def test_the_list_may_be_a_member_of_a_mapping(tmp_path: Path) -> None:
    (waiver,) = suppressions.load_waivers(_file(tmp_path, f"waivers:\n{LINE}"))

    assert waiver == suppressions.Waiver("schema-violation", "read", "old data", "Ann", TODAY)


@pytest.mark.parametrize(
    ("change", "operations", "status"),
    [
        ({}, ("read",), FindingStatus.WAIVED),
        ({}, (), FindingStatus.WAIVED),
        ({}, ("read", "list"), FindingStatus.OPEN),
        ({"operation": "*"}, ("read", "list"), FindingStatus.WAIVED),
        ({"rule": "wrong-charset"}, ("read",), FindingStatus.OPEN),
    ],
)
def test_a_waiver_covers_its_rule_in_every_operation_of_the_finding(
    found: Finding, change: dict[str, str], operations: tuple[str, ...], status: FindingStatus
) -> None:
    waiver = replace(suppressions.Waiver("schema-violation", "read", "old", "Ann", TODAY), **change)  # type: ignore[arg-type]

    (finding,), _ = suppressions.apply_waivers([waiver], [replace(found, operations=operations)], TODAY)

    assert finding.status is status


def test_a_waiver_for_one_of_several_operations_says_what_is_left(found: Finding) -> None:
    several = replace(found, operations=("list", "read", "search"))
    one = suppressions.Waiver("schema-violation", "read", "old", "Ann", TODAY)

    (partly,), notes = suppressions.apply_waivers([one, replace(one, operation="list")], [several], TODAY)
    (by_fingerprint,), _ = suppressions.apply_waivers([replace(one, fingerprint=found.fingerprint)], [several], TODAY)
    (by_each,), _ = suppressions.apply_waivers(
        [replace(one, operation=name) for name in several.operations], [several], TODAY
    )

    assert partly.status is FindingStatus.OPEN
    assert "waived for list, read, but not for search" in partly.note
    assert f"fingerprint: {found.fingerprint}" in partly.note
    assert not notes
    assert by_fingerprint.status is by_each.status is FindingStatus.WAIVED


def test_each_unused_waiver_is_named_and_the_first_in_force_counts(found: Finding) -> None:
    fixed = suppressions.Waiver("wrong-charset", "*", "old", "Bob", TODAY)
    ended = suppressions.Waiver("schema-violation", "*", "old", "Ann", date(2026, 5, 31))
    later = replace(ended, owner="Cy", expires=date(2026, 7, 1), fingerprint=found.fingerprint)

    (held,), notes = suppressions.apply_waivers([fixed, ended, later], [found], TODAY)
    (expired,), _ = suppressions.apply_waivers([ended], [found], TODAY)

    assert notes == ("Unused waiver: wrong-charset for * (Bob, until 2026-06-01). Remove it.",)
    _, notes = suppressions.apply_waivers([fixed], [found], TODAY, is_complete=False)
    assert notes == ("Unused waiver: wrong-charset for * (Bob, until 2026-06-01). This run did not test everything.",)
    assert (held.status, held.note) == (FindingStatus.WAIVED, "old (Cy, until 2026-07-01)")
    assert (expired.status, expired.note) == (FindingStatus.OPEN, "its waiver expired on 2026-05-31 (Ann)")


def test_a_baseline_is_a_file_that_people_can_review(tmp_path: Path, found: Finding) -> None:
    path = tmp_path / "baseline.json"

    both = [replace(found, fingerprint=name) for name in ("bbbbbbbbbbbb", "aaaaaaaaaaaa")]
    suppressions.write_baseline(path, both, ["probes", "fuzzing"])

    shown = {
        "rule": "schema-violation",
        "operation": "read",
        "operations": {"read": []},
        "title": found.title,
        "message": found.failure.message,
    }
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "version": 2,
        "phases": ["probes", "fuzzing"],
        "findings": [{"fingerprint": "aaaaaaaaaaaa"} | shown, {"fingerprint": "bbbbbbbbbbbb"} | shown],
    }


def test_a_baseline_matches_its_findings_and_names_those_that_are_gone(tmp_path: Path, found: Finding) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, [found])
    known = suppressions.load_baseline(path)

    (finding,), notes = suppressions.apply_baseline(known, [found])
    assert (finding.status, finding.note) == (FindingStatus.KNOWN, "in the baseline")
    assert not notes

    _, notes = suppressions.apply_baseline(known, ())
    assert notes == (f"In the baseline, but not found: Response violates schema, read ({found.fingerprint}).",)


def test_a_baseline_says_only_of_what_was_tested_that_it_is_gone(tmp_path: Path, found: Finding) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, [found])

    _, notes = suppressions.apply_baseline(suppressions.load_baseline(path), (), lambda _: False)

    assert notes == ("Not found by this run, which did not test everything: 1 finding of the baseline.",)


def test_a_baseline_of_an_earlier_version_is_one_of_a_full_run(tmp_path: Path) -> None:
    item = {"fingerprint": "a", "title": "Server error", "rule": "server-error", "operation": "read"}
    (tmp_path / "baseline.json").write_text(json.dumps({"version": 2, "findings": [item]}), encoding="utf-8")

    known = suppressions.load_baseline(tmp_path / "baseline.json")["a"]

    assert known.phases == {"probes", "examples", "coverage", "stateful", "fuzzing"}


def test_parts_of_a_known_finding_are_known_and_so_is_what_merges_known_ones(tmp_path: Path, found: Finding) -> None:
    path = tmp_path / "baseline.json"
    parts = [replace(found, fingerprint=each * 12) for each in "abc"]
    merged = replace(found, parts=tuple(each.fingerprint for each in parts[:2]))

    def statuses(baseline: list[Finding], findings: list[Finding]) -> list[str]:
        suppressions.write_baseline(path, baseline)
        marked, _ = suppressions.apply_baseline(suppressions.load_baseline(path), findings)
        return [str(each.status) for each in marked]

    assert statuses([merged], parts) == ["known", "known", "open"]
    assert statuses(parts[:2], [merged]) == ["known"]
    assert statuses(parts[1:], [merged]) == ["open"]


def _baseline(path: Path, *findings: Finding) -> dict[str, suppressions.KnownFinding]:
    suppressions.write_baseline(path / "baseline.json", findings)
    return suppressions.load_baseline(path / "baseline.json")


def _in(finding: Finding, *places: tuple[str, str]) -> Finding:
    """The finding, with a request for each of these operations and parts of requests."""
    first, *others = (replace(finding.failure, operation=name, part=part) for name, part in places)
    shown = tuple(Example(each, f"curl {each.operation} {each.part}") for each in others)
    operations = tuple(dict.fromkeys(name for name, _ in places))
    return replace(finding, rule=first.rule, failure=first, examples=shown, operations=operations)


def test_a_known_finding_is_new_in_further_operations(tmp_path: Path, found: Finding) -> None:
    known = _baseline(tmp_path, _in(found, ("read", "/1")))
    everywhere = _in(found, ("read", "/2"), ("list", ""), ("search", ""))

    (further,), _ = suppressions.apply_baseline(known, [everywhere])
    (same,), _ = suppressions.apply_baseline(known, [_in(found, ("read", "/2"))])
    (elsewhere,), _ = suppressions.apply_baseline(known, [_in(found, ("list", ""))])

    assert same.status is FindingStatus.KNOWN
    assert further.status is elsewhere.status is FindingStatus.OPEN
    assert (further.operations, further.failure.operation, further.curl) == (("list", "search"), "list", "curl list ")
    assert further.note == "new for list, search; the baseline has it for read only"
    # What is known is in the next baseline, too.
    assert further.places == everywhere.places


def test_invalid_input_is_known_for_the_parts_of_requests_that_a_baseline_names(tmp_path: Path, found: Finding) -> None:
    unvalidated = replace(
        found, rule="invalid-input-accepted", failure=replace(found.failure, rule="invalid-input-accepted")
    )
    limit, page = ("read", "query parameter limit"), ("read", "query parameter page")
    known = _baseline(tmp_path, _in(unvalidated, limit, ("list", page[1])))

    (fewer,), _ = suppressions.apply_baseline(known, [_in(unvalidated, limit)])
    (further,), _ = suppressions.apply_baseline(known, [_in(unvalidated, limit, page)])

    assert fewer.status is FindingStatus.KNOWN
    assert (further.status, further.failure.part) == (FindingStatus.OPEN, page[1])
    assert further.note.startswith("new for read (query parameter page); the baseline has it for list (query parameter")


def test_what_the_run_of_a_baseline_did_not_ask_of_an_operation_is_known(tmp_path: Path, found: Finding) -> None:
    known = _baseline(tmp_path, replace(found, unasked=("list",)))

    marked, _ = suppressions.apply_baseline(known, [_in(found, ("list", "")), _in(found, ("search", ""))])

    assert [each.status for each in marked] == [FindingStatus.KNOWN, FindingStatus.OPEN]


def test_a_baseline_without_operations_has_a_finding_for_all(tmp_path: Path, found: Finding) -> None:
    known = _baseline(tmp_path, found)
    known = {name: replace(each, places=None) for name, each in known.items()}

    (finding,), _ = suppressions.apply_baseline(known, [_in(found, ("read", ""), ("list", ""))])

    assert finding.status is FindingStatus.KNOWN


def test_a_known_finding_is_not_gone_while_its_operation_violates_the_rule(tmp_path: Path, found: Finding) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, [found])
    merged = [replace(found, fingerprint="0" * 12)]

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
    tmp_path: Path, found: Finding, status: FindingStatus, is_kept: bool
) -> None:
    suppressions.write_baseline(tmp_path / "baseline.json", [replace(found, status=status)])

    assert bool(suppressions.load_baseline(tmp_path / "baseline.json")) is is_kept


@pytest.mark.usefixtures("few_probes")
def test_a_finding_has_the_same_fingerprint_in_every_run(things: Any, run_gate: Callable[..., RunResult]) -> None:
    things.change = lambda _a, r: replace(r, json={**r.json, "kind": "lamp"}) if r.status == 200 else r

    first, second = ([finding.fingerprint for finding in run_gate().findings] for _ in range(2))

    assert first == second != []


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 1, "findings": []}', '{"version": 2, "findings": [{}]}'])
def test_a_file_that_is_not_a_baseline_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        suppressions.load_baseline(path)
    assert str(error.value) == f"{path} is not a baseline of version 2. Write one with --write-baseline."
    with pytest.raises(ContractError, match="no file"):
        suppressions.load_baseline(tmp_path / "none.json")


@pytest.mark.parametrize("status", FindingStatus)
def test_a_baseline_marks_what_would_fail(tmp_path: Path, found: Finding, status: FindingStatus) -> None:
    path = tmp_path / "baseline.json"
    suppressions.write_baseline(path, [found])

    (finding,), _ = suppressions.apply_baseline(suppressions.load_baseline(path), [replace(found, status=status)])

    is_marked = status in (FindingStatus.OPEN, FindingStatus.FLAKY)
    assert finding.status is (FindingStatus.KNOWN if is_marked else status)
