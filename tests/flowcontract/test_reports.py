"""Every format shows the whole run result, in the structure that its readers expect, the same every time."""

import base64
import hashlib
import io
import json
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from rich.console import Console

from flowcontract import reporting
from flowcontract.checks.findings import FindingStatus, OperationCoverage, RunResult
from flowcontract.checks.registry import RULES
from flowcontract.errors import ContractError, UsageError
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import SequenceStep
from flowcontract.openapi import documents
from flowcontract.openapi.model import Location
from flowcontract.reporting import side_by_side, terminal

SCHEMAS = Path(__file__).resolve().parents[1] / "data" / "schemas"
NAMES = ["failed", "passed", "inconclusive"]
Load = Callable[[str], RunResult]


def _validate(name: str, document: Any) -> None:
    schema = documents.read(SCHEMAS / f"{name}.yaml")
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(document)


def _printed(run_result: RunResult, *, width: int = 80, quiet: bool = False, **settings: Any) -> str:
    file = io.StringIO()
    terminal.print(run_result, Console(file=file, width=width, **settings), quiet=quiet)
    return file.getvalue()


def test_a_known_finding_says_on_a_terminal_what_is_wrong_and_which_one_it_is(failed: RunResult) -> None:
    known = replace(failed.findings[0], status=FindingStatus.KNOWN, note="in the baseline")

    printed = _printed(replace(failed, findings=(known,)), width=500)

    assert f"problem | {known.failure.message}" in printed
    assert f"id | {known.fingerprint}, operation {known.failure.operation}" in printed


def test_all_formats_are_written_from_one_run(failed: RunResult, tmp_path: Path) -> None:
    written = reporting.write(failed, tmp_path / "new" / "folder")

    assert tuple(written) == reporting.ALL
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(reporting.FILES.values())


def test_only_the_formats_asked_for_are_written(failed: RunResult, tmp_path: Path) -> None:
    reporting.write(failed, tmp_path, ["junit", "html"])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "report.html"]


@pytest.fixture
def secretive(failed: RunResult) -> RunResult:
    """A run on a server that sent a session and a token."""
    headers = (("Content-Type", "application/json"), ("Set-Cookie", "sessionid=c00kie5ecret77; HttpOnly"))
    response = Response(200, headers, b'{"access_token": "s3cr3t-of-theirs", "n": 5}', 0.1)
    exchange = Exchange(Request("GET", "/api/v3/session"), response)
    first, *others = failed.findings
    message = "Expected n to be a string, got {'access_token': 's3cr3t-of-theirs', 'n': 5}."
    failure = replace(first.failure, exchange=exchange, message=message, actual={"access_token": "s3cr3t-of-theirs"})
    return replace(failed, findings=(replace(first, failure=failure), *others), exchanges=(exchange,))


def test_no_report_holds_a_secret_of_the_server(secretive: RunResult, tmp_path: Path) -> None:
    text = "".join(path.read_text() for path in reporting.write(secretive, tmp_path).values()) + _printed(secretive)

    assert not any(secret in text for secret in ("c00kie5ecret77", "s3cr3t-of-theirs"))
    assert "sessionid=[redacted]" in text


def test_secrets_are_shown_on_request(secretive: RunResult, tmp_path: Path) -> None:
    written = reporting.write(secretive, tmp_path, ["har"], show_secrets=True)

    assert "c00kie5ecret77" in written["har"].read_text()


@pytest.mark.skipif(os.name == "nt", reason="no modes of files")
def test_only_the_owner_may_read_a_report(failed: RunResult, tmp_path: Path) -> None:
    written = reporting.write(failed, tmp_path)

    assert {path.stat().st_mode & 0o777 for path in written.values()} == {0o600}


def test_an_unknown_format_is_rejected_before_anything_is_written(failed: RunResult, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'pdf'.*Choose from: html"):
        reporting.write(failed, tmp_path, ["junit", "pdf"])

    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_one_clear_error(failed: RunResult, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    with pytest.raises(ContractError, match="cannot be written"):
        reporting.write(failed, tmp_path / "taken")

    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("report", reporting.ALL)
def test_the_same_run_result_yields_the_same_text(run_result_of: Load, report: str, name: str) -> None:
    assert reporting.render(run_result_of(name), report) == reporting.render(run_result_of(name), report)


# --- terminal


def test_the_terminal_shows_the_result_first(failed: RunResult) -> None:
    assert _printed(failed).splitlines()[0] == f"✗ failed: {failed.headline}"


def test_quiet_shows_the_result_only(failed: RunResult) -> None:
    lines = _printed(failed, quiet=True).splitlines()

    assert len(lines) == 2
    assert lines[0].endswith("4 findings in 271 requests.")
    assert lines[1] == "  4.2 s, 12 rules, 1 waived", "without the counts of the headline"


def test_the_terminal_shows_rule_location_message_and_advice(failed: RunResult) -> None:
    printed = _printed(failed)

    for finding in failed.open_findings:
        assert finding.rule in printed
        assert str(finding.failure.location) in printed
        assert finding.failure.message in printed
        assert finding.advice in printed
    assert all(note in printed for note in failed.notes)


@pytest.mark.parametrize(
    ("excerpt", "keyword", "hidden"),
    [
        ("responses:\n  '204': {}\n  '404':\n    description: Gone.\n", "responses", "204"),
        ("responses:\n  '204': …\n  '404': …\n", "responses", "204"),
        ("  security:\n  - keys: []\n", "security", "keys"),
    ],
)
def test_the_terminal_shows_no_excerpt_that_says_nothing_more_than_the_message(
    failed: RunResult, excerpt: str, keyword: str, hidden: str
) -> None:
    finding = failed.findings[0]
    location = replace(finding.failure.location, pointer=f"/paths/~1things/delete/{keyword}")
    failure = replace(
        finding.failure, location=location, excerpt=excerpt, expected=None, actual=None, other=None, part=""
    )

    printed = _printed(replace(failed, findings=(replace(finding, failure=failure),)))

    assert hidden not in printed.split("problem |")[1].split("fix |")[0]


def test_the_terminal_shows_why_a_request_was_sent_or_the_steps_of_a_sequence(failed: RunResult) -> None:
    finding = failed.open_findings[0]
    in_sequence = replace(finding.failure, steps=(SequenceStep("read it", finding.failure.exchange),))

    alone = _printed(replace(failed, findings=(finding,)))
    last_of_several = _printed(replace(failed, findings=(replace(finding, failure=in_sequence),)))

    assert f"    test | {finding.failure.reason}\n" in alone
    assert " test |" not in last_of_several
    assert "steps | 1. read it" in last_of_several


@pytest.mark.parametrize(
    ("part", "target", "body", "sent"),
    [
        ("body/title", "/books", b'{"title": ["none"]}', '["none"]'),
        ("body/tags/…", "/books", b'{"tags": [1, "sea"]}', '[1, "sea"]'),
        ("query parameter limit", "/books?limit=-1&page=2", None, "limit=-1"),
        ("body/title", "/books", b"no JSON", ""),
        ("/title", "/books", b'{"title": ["none"]}', ""),
    ],
)
def test_the_terminal_shows_the_invalid_value_that_was_sent(
    failed: RunResult, part: str, target: str, body: bytes | None, sent: str
) -> None:
    first, *_ = failed.findings
    exchange = replace(first.failure.exchange, request=Request("POST", target, body=body))
    failure = replace(first.failure, part=part, exchange=exchange)

    lines = _printed(replace(failed, findings=(replace(first, failure=failure),)), width=300).splitlines()

    assert [line.partition(" | ")[2] for line in lines if line.startswith("    sent | ")] == [sent] * bool(sent)


@pytest.mark.parametrize("width", [20, 80, 300])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_curl_line_is_printed_whole_on_a_line_of_its_own(failed: RunResult, width: int, is_terminal: bool) -> None:
    printed = _printed(failed, width=width, force_terminal=is_terminal, color_system=None)

    for finding in failed.open_findings:
        line = next(line for line in printed.splitlines() if line == finding.curl)
        assert shlex.split(line)[0] == "curl"


def test_a_waived_finding_is_shown_with_its_reason_only(failed: RunResult) -> None:
    (waived,) = [finding for finding in failed.findings if finding not in failed.open_findings]
    printed = _printed(failed)

    assert waived.note in printed
    assert waived.curl not in printed


def test_colors_are_for_terminals_that_want_them(failed: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in _printed(failed, force_terminal=True)
    assert "\x1b[" not in _printed(failed)

    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3\d", _printed(failed, force_terminal=True))


def test_a_console_that_knows_ascii_only_gets_ascii(failed: RunResult) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    terminal.print(failed, Console(file=file, width=80))
    file.flush()

    assert raw.getvalue().startswith(b"X failed: 4 findings")


def test_json_holds_the_whole_run_result(failed: RunResult) -> None:
    file = io.StringIO()
    terminal.print_json(failed, Console(file=file, width=40))

    document = json.loads(file.getvalue())
    assert document["schema_version"] == 3
    assert document["result"] == "failed"
    assert document["exit_code"] == 1
    assert [finding["curl"] for finding in document["findings"]] == [finding.curl for finding in failed.findings]
    assert document["findings"][0]["failure"]["actual"] == {"designation": "enroll"}


# --- JUnit XML


def _junit(run_result: RunResult) -> ElementTree.Element:
    return ElementTree.fromstring(reporting.render(run_result, "junit"))


@pytest.mark.parametrize("name", NAMES)
def test_junit_counts_what_it_lists(run_result_of: Load, name: str) -> None:
    root = _junit(run_result_of(name))

    assert root.tag == "testsuites"
    assert {suite.tag for suite in root} == {"testsuite"}
    for owner in (root, *root):
        assert int(owner.attrib["tests"]) == len(list(owner.iter("testcase")))
        assert int(owner.attrib["failures"]) == len(list(owner.iter("failure")))
        assert int(owner.attrib["errors"]) == len(list(owner.iter("error")))
    assert {child.tag for suite in root for child in suite} <= {"properties", "testcase", "system-out"}
    assert all({"name", "classname"} <= case.attrib.keys() for case in root.iter("testcase"))
    assert all(("time" in case.attrib) == (name == "failed" and len(case) > 0) for case in root.iter("testcase"))
    assert all({child.tag for child in case} <= {"failure", "error", "skipped"} for case in root.iter("testcase"))


def test_junit_has_a_case_for_each_operation_and_rule(failed: RunResult) -> None:
    covered = tuple(
        OperationCoverage(
            name, method, "/things", name != "make", "unsafe, see --allow-unsafe" if name == "make" else ""
        )
        for name, method in (("list", "GET"), ("make", "POST"))
    )
    found = replace(failed.findings[0], operations=("list", "make"))
    run_result = replace(
        failed,
        findings=(found,),
        coverage=covered,
        checked={"list": (found.rule, "no-response"), "make": ("no-response",)},
    )

    cases = {
        (case.attrib["classname"], case.attrib["name"].partition(":")[0]): [child.tag for child in case]
        for case in _junit(run_result).iter("testcase")
    }
    assert cases == {
        ("flowcontract.GET /things", found.rule): ["failure"],
        ("flowcontract.GET /things", "no-response"): [],
        ("flowcontract.POST /things", found.rule): ["failure"],
        ("flowcontract.POST /things", "no-response"): [],
        ("flowcontract.POST /things", "success"): ["skipped"],
    }
    said = "1 finding in 2 test cases: one for each operation that has it."
    assert said in (_junit(run_result).findtext(".//system-out") or "")
    assert json.loads(reporting.render(run_result, "ctrf"))["results"]["extra"]["counts"] == said


def test_junit_has_a_case_per_finding_and_per_rule_that_passed(failed: RunResult) -> None:
    root = _junit(failed)

    assert len(root.findall(".//failure")) == len(failed.open_findings)
    assert root.findall(".//failure")[0].attrib["message"] == failed.findings[0].failure.message
    assert failed.findings[0].curl in (root.findall(".//failure")[0].text or "")
    assert "until 2026-12-31" in root.findall(".//skipped")[0].attrib["message"]
    passed = {case.attrib["name"] for case in root.iter("testcase") if not len(case)}
    assert passed == {rule for rule, _ in failed.rules} - {finding.rule for finding in failed.findings}


def test_junit_has_an_error_for_an_inconclusive_run(run_result_of: Load) -> None:
    (error,) = _junit(run_result_of("inconclusive")).findall(".//error")

    assert error.attrib["message"] == run_result_of("inconclusive").headline


def test_a_run_that_only_its_warnings_failed_has_a_failed_case(failed: RunResult) -> None:
    warnings = tuple(replace(finding, status=FindingStatus.WARNING) for finding in failed.findings)
    run_result = replace(failed, findings=warnings, headline="no findings, 4 warnings.")

    (failure,) = _junit(run_result).findall(".//failure")
    assert failure.attrib["message"] == run_result.headline
    assert json.loads(reporting.render(run_result, "ctrf"))["results"]["summary"]["failed"] == 1
    assert "::error title=failed::no findings, 4 warnings." in reporting.render(run_result, "github")


# --- HTML


class _Page(HTMLParser):
    """What a browser would see: its elements, and the text outside the style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._styled = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._styled = tag in ("style", "script") or self._styled

    def handle_endtag(self, tag: str) -> None:
        self._styled = self._styled and tag not in ("style", "script")

    def handle_data(self, data: str) -> None:
        self.text += "" if self._styled else data


@pytest.fixture
def page_of() -> Callable[[RunResult], _Page]:
    return lambda run_result: _Page(reporting.render(run_result, "html"))


def test_html_carries_everything_with_it(failed: RunResult, page_of: Callable[[RunResult], _Page]) -> None:
    page = page_of(failed)
    loading = {"src", "href", "srcset", "action", "data", "poster", "style", "formaction", "xlink:href"}

    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert not any(name.startswith("on") for name in attributes)
        assert all(str(value).startswith("#") for name, value in attributes.items() if name in loading)
    (policy,) = [dict(a)["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in str(policy)
    assert "unsafe" not in str(policy)
    assert "url(" not in reporting.render(failed, "html")


@pytest.mark.parametrize("name", ["style", "script"])
def test_html_allows_its_own_style_sheet_and_script_by_hash(failed: RunResult, name: str) -> None:
    text = reporting.render(failed, "html")
    (content,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{name}-src 'sha256-{digest}'" in text


def test_html_shows_expected_and_actual_side_by_side(failed: RunResult) -> None:
    failure = replace(
        failed.findings[0].failure,
        endpoint="GET /things",
        part="/items/1/name",
        expected=None,
        actual={"items": [{"name": "a"}, {"name": 7}]},
        excerpt="name:\n  type: string\n",
        location=Location("/components/schemas/Thing/properties/name/type", "openapi.yaml", 12),
    )
    left, right = side_by_side.sides(failure) or (None, None)

    assert left is not None
    assert right is not None
    assert left.caption == "contract, openapi.yaml:12"
    assert [line.text.strip() for line in left.lines if line.is_marked] == ["type: string"]
    assert [line.text.strip() for line in right.lines if line.is_marked] == ['"name": 7']
    assert side_by_side.where(failure) == "GET /things → 200 → /items/1/name"

    missing = replace(failure, part="/items/0/size")
    marked = [line.text.strip() for line in (side_by_side.sides(missing) or (left, right))[1].lines if line.is_marked]
    assert marked == ['"size": (missing)']


@pytest.mark.parametrize(
    ("documented", "expected"),
    [
        (("201", "4XX", "default"), "one of the documented statuses: 201, 4XX, default; "),
        (("200", "404"), "not 200; documented: 200, 404; "),
    ],
)
def test_a_status_is_shown_beside_the_documented_ones(
    failed: RunResult, documented: tuple[str, ...], expected: str
) -> None:
    """None of which is marked as the expected one."""
    excerpt = "".join(f"  '{status}':\n    description: A response.\n" for status in documented)
    failure = replace(
        failed.findings[0].failure,
        expected=None,
        other=None,
        excerpt=f"responses:\n{excerpt}",
        location=Location("/paths/~1things/get/responses", "openapi.yaml", 12),
    )
    left, _ = side_by_side.sides(failure) or (None, None)

    assert left is not None
    assert left.caption == f"{expected}contract, openapi.yaml:12"
    assert not any(line.is_marked for line in left.lines)


def test_what_a_rule_expects_is_shown_beside_a_documented_status(failed: RunResult) -> None:
    failure = replace(
        failed.findings[0].failure,
        message="Expected 403 or 404 for the second user, got 200.",
        expected=None,
        other=None,
        excerpt="responses:\n  '200':\n    description: A response.\n",
        location=Location("/paths/~1things/get/responses", "openapi.yaml", 12),
    )
    left, _ = side_by_side.sides(failure) or (None, None)

    assert left is not None
    assert [(line.text, line.is_marked) for line in left.lines] == [("403 or 404 for the second user", True)]


def test_a_character_that_repeats_is_counted(failed: RunResult) -> None:
    failure = replace(
        failed.findings[0].failure,
        part="/name",
        expected=None,
        other=None,
        actual={"name": "0" * 501},
        excerpt="name:\n  maxLength: 500\n",
        location=Location("/components/schemas/Thing/properties/name/maxLength", "openapi.yaml", 12),
    )
    _, right = side_by_side.sides(failure) or (None, None)

    assert right is not None
    assert '  "name": "0000000000… (501 times 0)"' in [line.text for line in right.lines]


def test_html_shows_result_findings_and_evidence(failed: RunResult, page_of: Callable[[RunResult], _Page]) -> None:
    page = page_of(failed)

    assert "4 findings in 271 requests." in page.text
    for finding in failed.findings:
        assert finding.failure.message in page.text
        assert finding.curl in page.text
        assert finding.advice in page.text
    assert '"designation": "enrollment"' in page.text  # expected, of the difference
    assert '"cache_count": -1' in page.text  # of the response, indented
    assert "no response: timeout" in page.text
    assert all(note in page.text for note in failed.notes)
    assert all(rule in page.text for rule, _ in failed.rules)


def test_html_shows_code_in_advice_as_code(failed: RunResult) -> None:
    rule = "missing-authorization-check"
    finding = replace(failed.findings[0], rule=rule, advice=RULES[rule].advice)

    page = reporting.render(replace(failed, findings=(finding,)), "html")

    assert "remove <code>security</code> from" in page
    assert "&lt;code&gt;" not in page


def test_html_says_that_all_checks_passed(run_result_of: Load, page_of: Callable[[RunResult], _Page]) -> None:
    assert "All checks passed." in page_of(run_result_of("passed")).text
    assert "All checks passed" not in page_of(run_result_of("inconclusive")).text


# --- SARIF, CTRF, HAR: by what the formats demand


@pytest.mark.parametrize("name", NAMES)
def test_sarif_is_what_its_schema_says(run_result_of: Load, name: str) -> None:
    _validate("sarif-2.1.0", json.loads(reporting.render(run_result_of(name), "sarif")))


def test_sarif_leads_to_the_line_of_the_contract(failed: RunResult) -> None:
    (run,) = json.loads(reporting.render(failed, "sarif"))["runs"]
    first, *_, waived = run["results"]

    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "spec/openapi.yaml"},
        "region": {"startLine": 211},
    }
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "schema-violation"
    assert first["partialFingerprints"] == {"flowcontract/v1": "5f0c2a91"}
    assert "suppressions" not in first
    assert waived["suppressions"][0]["justification"].startswith("The gateway strips it")


@pytest.mark.parametrize("name", NAMES)
def test_ctrf_is_what_its_schema_says(run_result_of: Load, name: str) -> None:
    report = json.loads(reporting.render(run_result_of(name), "ctrf"))
    _validate("ctrf", report)

    summary = report["results"]["summary"]
    assert summary["tests"] == len(report["results"]["tests"])
    assert summary["failed"] == len(run_result_of(name).open_findings)
    assert summary["stop"] - summary["start"] == round(run_result_of(name).seconds * 1000)


@pytest.mark.parametrize("name", NAMES)
def test_har_is_what_its_schema_says(run_result_of: Load, name: str) -> None:
    archive = json.loads(reporting.render(run_result_of(name), "har"))

    _validate("har-1.2", archive)
    assert len(archive["log"]["entries"]) == len(run_result_of(name).exchanges)


def test_har_holds_requests_and_responses_unchanged(failed: RunResult) -> None:
    found, _, _, hung, _ = json.loads(reporting.render(failed, "har"))["log"]["entries"]

    assert found["request"]["url"] == f"http://127.0.0.1:8000{failed.exchanges[0].request.target}"
    assert found["response"]["content"]["text"].encode() == failed.exchanges[0].response.body  # type: ignore[union-attr]
    assert found["startedDateTime"] == "2026-01-02T03:04:05.250+00:00"
    assert hung["response"]["status"] == 0
    assert hung["comment"] == "timeout"


@pytest.mark.parametrize(
    ("target", "path"),
    [("/a%00b/?q=%2F", "/a%00b/?q=%2F"), ("/100%/%zz", "/100%25/%25zz"), ("/\udcff é#x", "/%FF%20%C3%A9%23x")],
)
def test_any_request_target_becomes_a_url(failed: RunResult, target: str, path: str) -> None:
    from flowcontract.http.messages import Request
    from flowcontract.reporting.view import url

    assert url(failed.target, Request("GET", target)) == f"http://127.0.0.1:8000{path}"


@pytest.mark.parametrize(
    ("file", "uri"),
    [("spec/my api.yaml", "spec/my%20api.yaml"), ("/opt/spec/a.yaml", "file:///opt/spec/a.yaml"), ("a\\b", "a/b")],
)
def test_sarif_names_any_file_by_a_uri(failed: RunResult, file: str, uri: str) -> None:
    failure = replace(failed.findings[0].failure, location=Location("/x", file, 3))
    run_result = replace(failed, findings=(replace(failed.findings[0], failure=failure),))

    (result,) = json.loads(reporting.render(run_result, "sarif"))["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_sarif_and_annotations_name_every_operation_that_has_a_finding(failed: RunResult) -> None:
    first, *_ = failed.findings
    found = replace(first, operations=(first.failure.operation, "list", "make"))
    run_result = replace(failed, findings=(found,))

    assert all(
        "Also in 2 more operations: list, make." in reporting.render(run_result, report)
        for report in ("sarif", "github")
    )


# --- Markdown, annotations, events


def test_markdown_shows_each_finding_with_its_command(failed: RunResult) -> None:
    text = reporting.render(failed, "markdown")

    assert text.startswith("## ❌ Failed\n")
    assert all(f"```sh\n{finding.curl}\n```" in text for finding in failed.findings)
    assert '-   "designation": "enrollment"\n+   "designation": "enroll"' in text
    assert text.count("<details>") == text.count("</details>")


def test_annotations_are_at_the_line_of_the_contract(failed: RunResult) -> None:
    lines = reporting.render(failed, "github").splitlines()

    assert lines[0].startswith(
        "::error file=spec/openapi.yaml,line=211,title=failure%3A Response violates schema [schema-violation]::"
    )
    assert sum(line.startswith("::error ") for line in lines) == len(failed.open_findings)
    assert any(line.startswith("::notice file=") and "title=waived%3A" in line for line in lines)
    assert any("a%2500b" in line for line in lines)


def test_an_inconclusive_run_is_annotated(run_result_of: Load) -> None:
    assert reporting.render(run_result_of("inconclusive"), "github").startswith(
        "::error title=inconclusive::no success"
    )


def test_events_come_one_per_line_in_their_order(failed: RunResult) -> None:
    events = [json.loads(line) for line in reporting.render(failed, "ndjson").splitlines()]

    assert [event["event"] for event in events] == [
        "started",
        *["exchange"] * len(failed.exchanges),
        *["failure", "finding"] * len(failed.findings),
        "result",
    ]
    assert events[1]["response"]["body"].startswith('{"pk":')
    assert events[6]["exchange"] == 1  # the number of an exchange above
    assert events[-1]["exit_code"] == 1
