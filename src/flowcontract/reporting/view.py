"""What the reports for people share: exchanges as text, one-line summaries."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from flowcontract.checks.findings import CampaignSummary, Failure, Finding, FindingStatus, RunResult
from flowcontract.checks.registry import rank
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.script import SequenceStep
from flowcontract.openapi.reader import BUNDLED
from flowcontract.text import BODY_LIMIT, Excerpt, body_excerpt, one_line, plural, visible

LABELS = {status: "failure" if status is FindingStatus.OPEN else str(status) for status in FindingStatus}
"""What reports call the status of a finding."""
_LONGEST_COMMAND = 1_000
"""Characters of a curl command where a report has little space."""
_SHORT = 8
"""Requests of a sequence that a message names."""
_REASON = 300
"""Characters of a response that say why a request was rejected."""
_NAMED = 6
"""Operations that a line names."""
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
        return one_line(f"no response: {exchange.problem or 'unknown'}")
    incomplete = ", cut" if response.cut else "" if response.complete else ", incomplete"
    return f"{response.status} in {milliseconds(response.elapsed)}{incomplete}"


def step_line(step: SequenceStep) -> str:
    """One step of a sequence: `create project: POST /projects, 201 in 3 ms`."""
    request = step.exchange.request
    sent = f"{request.method} {request.target}"
    label = "" if step.label == sent else f"{step.label}: "
    return one_line(f"{label}{sent}, {outcome(step.exchange)}", 300)


def url(target: str, request: Request) -> str:
    """The absolute URL of a request to a target; characters that are not allowed in a URL are percent-encoded."""
    server = urlsplit(target)
    # `surrogateescape` restores bytes that are not UTF-8; any other lone surrogate has no meaning.
    sent = _NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", request.target).encode("utf-8", "surrogateescape")
    target = quote(sent, safe="/?:@!$&'()*+,;=%~")
    return f"{server.scheme}://{server.netloc}{_STRAY_PERCENT.sub('%25', target)}"


def seconds(failure: Failure) -> float:
    """How long the requests took that show a failure; 0 where none was responded to."""
    exchanges = [step.exchange for step in failure.steps] or [failure.exchange]
    return sum(exchange.response.elapsed for exchange in exchanges if exchange.response is not None)


def milliseconds(seconds: float) -> str:
    """A duration: `12 ms`."""
    return f"{seconds * 1000:,.0f} ms"


def facts(run_result: RunResult) -> tuple[tuple[str, str], ...]:
    """The parameters of the run: label and text; of a campaign also why it ended, and how it is resumed."""
    campaign = run_result.campaign
    return (
        ("Contract", one_line(run_result.contract)),
        ("Server", one_line(run_result.target)),
        ("Operations", one_line(_first(run_result.operations))),
        ("Profile", one_line(run_result.profile)),
        ("Seed", str(run_result.seed)),
        ("Started", one_line(run_result.started)),
        *([("Ended", one_line(campaign.ended))] if campaign and campaign.ended else []),
        *([("Next", one_line(campaign.resume))] if campaign and campaign.resume else []),
    )


def _first(names: Sequence[str]) -> str:
    """The first of some names: `a, b and 40 more`."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def replay(finding: Finding, campaign: CampaignSummary) -> str:
    """The command that sends the request of a finding of a campaign again."""
    exchanges = [step.exchange for step in finding.failure.steps] or [finding.failure.exchange]
    is_safe = all(each.request.is_safe for each in exchanges)
    option = "" if is_safe and finding.fingerprint not in campaign.creating else " --allow-unsafe"
    return one_line(f"flowcontract replay {finding.fingerprint}{option}{campaign.target}{campaign.database}")


def label(finding: Finding) -> str:
    """How reports head a finding: its status, or what was decided about it."""
    return finding.decision or LABELS[finding.status]


def sentence(run_result: RunResult) -> str:
    """The headline as a sentence of its own, capitalized."""
    text = one_line(run_result.headline)
    return text[:1].upper() + text[1:]


def summary(run_result: RunResult) -> str:
    """The run on one line, without the counts of its headline: `4.2 s, 31 rules`."""
    counts = [
        plural(run_result.requests, "request"),
        plural(len(run_result.open_findings), "finding") if run_result.open_findings else "no findings",
        *([plural(len(run_result.warnings), "warning")] if run_result.warnings else []),
    ]
    accepted = (each for each in run_result.findings if each.status in (FindingStatus.WAIVED, FindingStatus.KNOWN))
    counts += [f"{count} {name}" for name, count in Counter(map(label, accepted)).items()]
    others = (text for text in counts if not re.search(rf"(?<![\d,.]){re.escape(text)}\b", run_result.headline))
    return ", ".join([f"{run_result.seconds:.1f} s", plural(len(run_result.rules), "rule"), *others])


def workspace_file(failure: Failure) -> str:
    """The file of the contract relative to the current folder; empty where it does not lie below it."""
    file = failure.location.file
    outside = not file or file.startswith((BUNDLED, "..")) or PurePath(file).is_absolute()
    return "" if outside else file


def others(finding: Finding) -> str:
    """The operations that have a finding, without the one that is shown: `2 more operations: a, b`; empty for none."""
    names = [name for name in finding.operations if name != finding.failure.operation]
    return one_line(f"{plural(len(names), 'more operation')}: {_first(names)}") if names else ""


def also(finding: Finding) -> str:
    """The same as a sentence."""
    return f"Also in {names}." if (names := others(finding)) else ""


def identity(finding: Finding) -> str:
    """What a waiver of a finding needs beside its rule: fingerprint and operation."""
    return one_line(f"{finding.fingerprint}, operation {finding.failure.operation}")


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by status, open ones first, and by rule, crashes first and undocumented statuses last."""
    ranks = list(FindingStatus)
    return sorted(findings, key=lambda finding: (ranks.index(finding.status), rank(finding.rule)))


def numbered_steps(failure: Failure) -> list[str]:
    """The sequence of requests that shows a failure, one line each; empty where one request does."""
    return [f"{number}. {step_line(step)}" for number, step in enumerate(failure.steps, 1)]


def with_steps(failure: Failure) -> str:
    """The message of a failure, with the requests that show it where it takes several."""
    sent = [
        f"{step.exchange.request.method} {step.exchange.request.target} "
        f"{step.exchange.response.status if step.exchange.response else 'no response'}"
        for step in failure.steps
    ]
    hidden = len(sent) - _SHORT
    if hidden > 0:
        sent[_SHORT // 2 : -(_SHORT // 2)] = [f"{hidden} more"]
    return one_line(failure.message + (f" Requests: {', '.join(sent)}." if sent else ""), 1_000)


def reason(failure: Failure) -> str:
    """What the server says about a request that it rejected, on one line; empty where it says nothing."""
    response = failure.exchange.response
    if response is None or not 400 <= response.status < 500:
        return ""
    return one_line(" ".join(body_excerpt(response.body, _REASON).text.split()))


def command(finding: Finding) -> str:
    """The curl command of a finding on one line; empty if it is too long for a terminal or an annotation."""
    line = visible(finding.curl).replace("\n", "\\n")
    return line if len(line) <= _LONGEST_COMMAND else ""


def _headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one_line(name, 200), one_line(value)) for name, value in headers)
