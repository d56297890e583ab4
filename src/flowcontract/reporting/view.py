"""What the reports for people share: exchanges as text, differences as lines, one-line summaries."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from flowcontract.checks.findings import Failure, Finding, FindingStatus, RunResult, SequenceStep
from flowcontract.http.messages import Exchange, Request
from flowcontract.text import BODY_LIMIT, Excerpt, body_excerpt, one_line, plural, visible

DIFF_LINES = 400
"""Maximum number of lines of JSON to compare; the time grows with their square."""

_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange as text."""

    request_line: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: Excerpt
    status_line: str
    """Status and time, or why there is no response."""
    response_headers: tuple[tuple[str, str], ...]
    response_body: Excerpt


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: `kind` is `same`, `expected`, `actual` or `skip`."""

    kind: str
    text: str

    @property
    def sign(self) -> str:
        """Prefix of the line, as in a unified diff."""
        return {"expected": "-", "actual": "+", "skip": "…"}.get(self.kind, " ")


def evidence(exchange: Exchange, limit: int = BODY_LIMIT) -> Evidence:
    """An exchange as text that is safe to show."""
    request, response = exchange.request, exchange.response
    return Evidence(
        request_line=one_line(f"{request.method} {request.target}"),
        request_headers=_headers(request.headers),
        request_body=body_excerpt(request.body or b"", limit),
        status_line=outcome(exchange),
        response_headers=_headers(response.headers) if response else (),
        response_body=body_excerpt(response.body, limit) if response else Excerpt(""),
    )


def outcome(exchange: Exchange) -> str:
    """The outcome of a request: `200 in 12 ms`, or why there is no response."""
    response = exchange.response
    if response is None:
        return one_line(f"no response: {exchange.error or 'unknown'}")
    incomplete = ", cut" if response.cut else "" if response.complete else ", incomplete"
    return f"{response.status} in {milliseconds(response.elapsed)}{incomplete}"


def step_line(step: SequenceStep) -> str:
    """One step of a sequence: `create project: POST /projects, 201 in 3 ms`."""
    request = step.exchange.request
    return one_line(f"{step.label}: {request.method} {request.target}, {outcome(step.exchange)}", 300)


def url(target: str, request: Request) -> str:
    """The absolute URL of a request to a target; characters that are not allowed in a URL are percent-encoded."""
    server = urlsplit(target)
    # `surrogateescape` restores bytes that are not UTF-8; any other lone surrogate has no meaning.
    sent = _NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", request.target).encode("utf-8", "surrogateescape")
    target = quote(sent, safe="/?:@!$&'()*+,;=%~")
    return f"{server.scheme}://{server.netloc}{_STRAY_PERCENT.sub('%25', target)}"


def milliseconds(seconds: float) -> str:
    """A duration: `12 ms`."""
    return f"{seconds * 1000:,.0f} ms"


def facts(run_result: RunResult) -> tuple[tuple[str, str], ...]:
    """The parameters of the run: label and text."""
    return (
        ("Contract", one_line(run_result.contract)),
        ("Target", one_line(run_result.target)),
        ("Operations", one_line(", ".join(run_result.operations))),
        ("Profile", one_line(run_result.profile)),
        ("Seed", str(run_result.seed)),
        ("Started", one_line(run_result.started)),
    )


def sentence(run_result: RunResult) -> str:
    """The headline as a sentence of its own, capitalized."""
    text = one_line(run_result.headline)
    return text[:1].upper() + text[1:]


def summary(run_result: RunResult) -> str:
    """The run on one line: `271 requests in 4.2 s, 31 rules, 2 open findings, 1 warning, 1 waived`."""
    parts = [
        f"{plural(run_result.requests, 'request')} in {run_result.seconds:.1f} s",
        plural(len(run_result.rules), "rule"),
        plural(len(run_result.open_findings), "open finding"),
    ]
    if run_result.warnings:
        parts.append(plural(len(run_result.warnings), "warning"))
    for status in (FindingStatus.WAIVED, FindingStatus.KNOWN):
        count = sum(finding.status is status for finding in run_result.findings)
        if count:
            parts.append(f"{count} {status}")
    return ", ".join(parts)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by status, open ones first."""
    ranks = list(FindingStatus)
    return sorted(findings, key=lambda finding: ranks.index(finding.status))


def difference(failure: Failure) -> tuple[Line, ...]:
    """The line-by-line difference of expected and actual JSON with sorted keys, or of the two bodies of a relation.

    Empty if there is nothing to compare, or no difference.
    """
    if failure.expected is not None and failure.actual is not None:
        expected, actual = _pretty(failure.expected), _pretty(failure.actual)
    elif failure.other is not None:
        expected, actual = _json_of(failure.other), _json_of(failure.exchange)
    else:
        return ()
    if not expected or not actual or expected == actual:
        return ()
    return tuple(_compared(expected, actual))


def _compared(expected: list[str], actual: list[str]) -> Iterable[Line]:
    longest = max(len(expected), len(actual))
    rows = difflib.unified_diff(expected[:DIFF_LINES], actual[:DIFF_LINES], lineterm="", n=3)
    for index, row in enumerate(rows):
        if index < 2:  # The file names of a unified diff.
            continue
        if row.startswith("@@"):
            if index > 2:
                yield Line("skip", "")
            continue
        kind = {"-": "expected", "+": "actual"}.get(row[0], "same")
        yield Line(kind, one_line(row[1:], 500))
    if longest > DIFF_LINES:
        yield Line("skip", f"compared the first {DIFF_LINES:,} of {longest:,} lines")


def _pretty(value: Any) -> list[str]:
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str).split("\n")
    except (TypeError, ValueError, RecursionError):
        return visible(str(value)).split("\n")


def _json_of(exchange: Exchange) -> list[str]:
    if exchange.response is None or len(exchange.response.body) > 4 * BODY_LIMIT:
        return []
    try:
        return _pretty(json.loads(exchange.response.body))
    except (ValueError, RecursionError):
        return []


def _headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one_line(name, 200), one_line(value)) for name, value in headers)
