"""Text that has broken reports, and run results, comparisons and differences made of it."""

import json
import os
import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from flowcontract.checks.findings import (
    Example,
    Failure,
    Finding,
    FindingStatus,
    OperationCoverage,
    PhaseCost,
    Result,
    RunResult,
)
from flowcontract.compatibility.diff import Diff, Direction
from flowcontract.compatibility.diff import Finding as DiffFinding
from flowcontract.compatibility.diff.rules import RULES, Severity, consumer
from flowcontract.compatibility.diff.versions import Step
from flowcontract.engine.comparison import Comparison, Difference
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import SequenceStep
from flowcontract.openapi.model import Location
from flowcontract.openapi.normalization import Problem

# Each of these has broken some reporter: markup, terminal and runner commands, Markdown, SARIF links, encodings.
NASTY = [
    "<script>alert(1)</script>",
    "</style></pre></details><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "[red]markup[/red] [link=http://evil.example]x[/link] :smile:",
    "\x1b[2J\x1b]0;title\x07\r\n\x00\x08\x7f\x9b31m",
    "::error::x\n::add-mask::y\r::stop-commands::z %0A%25",
    "##[add-matcher]x ##vso[task.setvariable]y ##teamcity[z]",
    "```\n````` ` @everyone #1 www.evil.example https://evil.example ![i](http://evil.example)",
    "| cell | - * _ ~ <details> &lt; \\",
    "[click](http://evil.example) {0} {1}",
    "\u202e\u2066gnp.exe\u2069 \u200b\ufeff\u2028\u2029\x85",
    "שלום עולם العربية 👩‍💻 é",
    "\udcff\udc80 \ud800 \uffff \ufffe",
    "]]> <![CDATA[ <!-- --> <?xml ?> &bogus; &#0;",
    "%(name)s %s {} $HOME `id` $(id)",
    "",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=60))
rules = texts.map("rule ".__add__)
bodies = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
    texts.map(lambda text: json.dumps({"key": text, "list": [1.5, None, text]}).encode()),
    st.just(b"[" * 5_000 + b"]" * 5_000),
    st.just(b'{"a": ' + b"9" * 5_000 + b"}"),
    st.just(b"\xff\x00" * 60_000),
)
headers = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)


def whole(cls: type, **parts: Any) -> st.SearchStrategy[Any]:
    """Values of a class, with a strategy for each of its fields: none is left at what is harmless."""
    assert set(parts) == {each.name for each in fields(cls)}, cls
    return st.builds(cls, **parts)


requests = whole(Request, method=texts, target=texts.map("/".__add__), headers=headers, body=st.none() | bodies)
responses = whole(
    Response,
    status=st.integers(0, 999),
    headers=headers,
    body=bodies,
    elapsed=st.floats(0, 60),
    complete=st.booleans(),
    http_version=texts,
    surplus=bodies,
    cut=st.booleans(),
)
exchanges = whole(
    Exchange, request=requests, response=st.none() | responses, error=texts, sent_at=st.floats(0, 60), retried=texts
)
places = whole(Location, pointer=texts, file=texts, line=st.integers(0, 9_999))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=4,
)
steps = whole(SequenceStep, label=texts, exchange=exchanges, references=st.lists(texts, max_size=1).map(tuple))
failures = whole(
    Failure,
    rule=rules,
    operation=texts,
    location=places,
    message=texts,
    identity=texts,
    probe=texts,
    reason=texts,
    exchange=exchanges,
    other=st.none() | exchanges,
    expected=values,
    actual=values,
    steps=st.lists(steps, max_size=2).map(tuple),
    endpoint=texts,
    seen_in=st.just("") | texts,
    part=st.just("") | texts.map("/".__add__),
    excerpt=texts,
    only_schemathesis=st.booleans(),
)
examples = whole(Example, failure=failures, curl=texts.map("curl ".__add__), script=st.just("") | texts)
findings = whole(
    Finding,
    rule=rules,
    title=texts,
    advice=texts,
    fingerprint=texts,
    failure=failures,
    curl=texts.map("curl ".__add__),
    count=st.integers(1, 99),
    probes=st.lists(texts, max_size=2).map(tuple),
    operations=st.lists(texts, max_size=2).map(tuple),
    status=st.sampled_from(FindingStatus),
    note=texts,
    decision=st.sampled_from(("", "known", "wontfix", "false-positive", "fixed")),
    script=st.just("") | texts,
    examples=st.lists(examples, max_size=1).map(tuple),
    parts=st.lists(texts, max_size=2).map(tuple),
    unasked=st.lists(texts, max_size=2).map(tuple),
)
coverage = whole(
    OperationCoverage, operation=texts, method=texts, path=texts.map("/".__add__), tested=st.booleans(), reason=texts
)
costs = whole(PhaseCost, phase=texts, requests=st.integers(0, 999), seconds=st.floats(0, 99))
# A URL is parsed before a run (`Target.at`): it may contain markup in its path.
targets = st.sampled_from(["http://127.0.0.1:8000/api/v3", "http://h:1/<script>alert(1)</script>'\"](x)|`"])
run_results = whole(
    RunResult,
    result=st.sampled_from(Result),
    headline=texts,
    contract=texts,
    target=targets,
    operations=st.lists(texts, max_size=2).map(tuple),
    profile=texts,
    seed=st.integers(0, 2**32),
    requests=st.integers(0, 999),
    seconds=st.floats(0, 99),
    started=st.just("2026-01-02T03:04:05+00:00"),
    findings=st.lists(findings, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    statuses=st.lists(st.tuples(st.integers(100, 599), st.integers(1, 99)), max_size=2).map(tuple),
    rules=st.lists(st.tuples(rules, st.integers(1, 99)), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
    exchanges=st.lists(exchanges, max_size=2).map(tuple),
    coverage=st.lists(coverage, max_size=2).map(tuple),
    phases=st.lists(costs, max_size=2).map(tuple),
    ran=st.lists(texts, max_size=2).map(tuple),
    cut=texts,
    campaign=st.none(),
    checked=st.dictionaries(texts, st.lists(rules, max_size=2, unique=True).map(tuple), max_size=2),
)
hostile = settings(
    max_examples=int(os.environ.get("FLOWCONTRACT_EXAMPLES", "12")),  # `.ci/nightly` asks for more.
    # Shrinking a whole run result takes minutes; the first failing one is good enough.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def everywhere(value: Any, payload: str) -> Any:
    """The same value with the payload behind every text in it, but for what was read as a URL or a time."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value + payload
    if isinstance(value, bytes):
        return value + payload.encode("utf-8", "surrogatepass")
    if isinstance(value, dict):
        return {everywhere(key, payload): everywhere(item, payload) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(everywhere(item, payload) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = ("target", "started") if isinstance(value, RunResult) else ()
        told = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in kept}
        return replace(value, **{name: everywhere(item, payload) for name, item in told.items()})
    return value


differences = whole(
    Difference,
    kind=st.sampled_from(["answer", "status", "header", "body"]),
    operation=texts,
    messages=st.lists(texts, min_size=1, max_size=2).map(tuple),
    location=places,
    count=st.integers(1, 99),
    probes=st.lists(texts, min_size=1, max_size=2).map(tuple),
    reason=texts,
    left=exchanges,
    right=exchanges,
    curl_left=texts.map("curl ".__add__),
    curl_right=texts.map("curl ".__add__),
)
comparisons = whole(
    Comparison,
    contract=texts,
    left=targets,
    right=targets,
    operations=st.lists(texts, max_size=2).map(tuple),
    served=st.lists(texts, max_size=2).map(tuple),
    compared=st.integers(1, 99),
    agreed=st.integers(0, 99),
    differences=st.lists(differences, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
)
diff_findings = whole(
    DiffFinding,
    rule=st.sampled_from(sorted(RULES)),
    severity=st.sampled_from(Severity),
    direction=st.sampled_from(Direction),
    operation=texts,
    where=texts,
    at=texts,
    text=texts,
    old=places,
    new=places,
    blocks_reading=st.booleans(),
    field=texts,
    operations=st.lists(texts, max_size=2).map(tuple),
)
problems = whole(Problem, pointer=texts, message=texts)
diffs = whole(
    Diff,
    old=texts,
    new=texts,
    step=st.sampled_from(Step),
    consumer=st.just(consumer("python")),
    findings=st.lists(diff_findings, max_size=3).map(tuple),
    not_compared=st.lists(st.tuples(texts, problems), max_size=2).map(tuple),
)
