"""Check live traffic with the gate's checks, keep a bounded journal, and sum up like the gate."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flowcontract.checks import Context, Interaction, Violation, check_response
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence, Result, RunResult
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http import content_coding, secret_detection
from flowcontract.http.credential_redaction import Literals
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

_MAX_EXCHANGES = 1000
"""Exchanges in the journal."""
_MAX_BYTES = 32 * 1024 * 1024
"""Bytes of bodies in the journal."""
_MAX_FINDINGS = 200
"""Distinct findings; further ones are dropped."""


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that was checked against the contract."""

    operation: Operation | None
    """None if the contract has none for this method and path."""
    values: Mapping[str, str]
    """Path parameters, decoded."""
    request_errors: tuple[str, ...]
    """How the request violates the contract."""
    request: Request
    """The request without its credentials."""
    secrets: Literals
    """Redacts those credentials in the response."""


CheckRequest = Callable[[Request], CheckedRequest]


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange, without the credentials of its request."""

    number: int
    """Counted from 1."""
    operation: str
    """Empty if the contract has none."""
    exchange: Exchange
    request_errors: tuple[str, ...]
    """How the request violates the contract."""
    violations: tuple[Violation, ...]
    """How the response violates the contract."""
    values: Mapping[str, str]
    """Path parameters, decoded."""
    checked: bool
    """False if the response was too large or too slow to hold back, or is undocumented."""


class TrafficChecker:
    """Checks exchanges, keeps a journal, and sums up."""

    def __init__(self, contract: Contract, target: Target, check_request: CheckRequest) -> None:
        self.contract = contract
        self.target = target
        self._check_request = check_request
        self._context = Context(contract, target, max_response_time=float("inf"))
        self.journal: deque[Entry] = deque()
        """The last exchanges."""
        self._size = 0
        self.counts: Counter[str] = Counter()
        """Numbers of exchanges: `all`, invalid `requests`, `responses` with violations, and `unchecked` ones."""
        self.observers: list[Callable[[Entry], None]] = []
        """Called after each exchange."""
        self._statuses: Counter[int] = Counter()
        self._rules: Counter[str] = Counter()
        self._occurrences: dict[tuple[str, str, str], list[Occurrence]] = {}
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")

    def check_request(self, request: Request) -> CheckedRequest:
        """Check a request against the contract."""
        return self._check_request(request)

    def check(self, checked_request: CheckedRequest, exchange: Exchange) -> tuple[Violation, ...]:
        """The violations of a response; none for an undocumented operation."""
        if checked_request.operation is None:
            return ()
        return check_response(self._context, self._interaction(checked_request, exchange))

    def clean(self, checked_request: CheckedRequest, exchange: Exchange) -> Exchange:
        """An exchange without the secrets of its request, also in the response."""
        return checked_request.secrets.exchange(replace(exchange, request=checked_request.request))

    def record(
        self,
        checked_request: CheckedRequest,
        exchange: Exchange,
        violations: tuple[Violation, ...],
        *,
        checked: bool = True,
    ) -> Entry:
        """Record one clean exchange without the secrets of its response, and notify the observers."""
        exchange, violations = self._without_secrets(exchange, violations)
        operation = checked_request.operation
        checked = checked and operation is not None
        self.counts["all"] += 1
        self.counts["requests"] += bool(checked_request.request_errors)
        self.counts["responses"] += bool(violations)
        self.counts["unchecked"] += not checked
        if exchange.response:
            self._statuses[exchange.response.status] += 1
        entry = Entry(
            self.counts["all"], operation.id if operation else "", exchange, checked_request.request_errors, violations,
            {name: checked_request.secrets.text(value) for name, value in checked_request.values.items()}, checked,
        )  # fmt: skip
        self._remember(entry)
        if operation is not None:
            self._rules[Expect.DOCUMENTED.value] += checked
            self._keep(self._interaction(checked_request, exchange), violations)
        for observe in self.observers:
            observe(entry)
        return entry

    def _without_secrets(
        self, exchange: Exchange, violations: tuple[Violation, ...]
    ) -> tuple[Exchange, tuple[Violation, ...]]:
        """An exchange without the secrets of its response; a compressed body is decoded to find them."""
        response = exchange.response
        if response is None:
            return exchange, violations
        if response.header("Content-Encoding") and response.body:
            content = content_coding.decoded(response.body, response.header("Content-Encoding"))
            headers = tuple(pair for pair in response.headers if pair[0].lower() != "content-encoding")
            unread = f"[{len(response.body)} bytes]".encode()
            response = replace(response, headers=headers, body=unread if content is None else content)
            exchange = replace(exchange, response=response)
        if not (secrets := secret_detection.of_response(response)):
            return exchange, violations
        held = Literals(secrets)
        return held.exchange(exchange), tuple(
            replace(each, message=held.text(each.message), expected=None, actual=None) for each in violations
        )

    def _remember(self, entry: Entry) -> None:
        self.journal.append(entry)
        self._size += _size(entry)
        while len(self.journal) > _MAX_EXCHANGES or self._size > _MAX_BYTES:
            self._size -= _size(self.journal.popleft())

    def _interaction(self, checked_request: CheckedRequest, exchange: Exchange) -> Interaction:
        operation = checked_request.operation
        assert operation is not None
        probe = Probe(
            "traffic",
            "a request of your client",
            operation.id,
            checked_request.request,
            Expect.DOCUMENTED,
            checked_request.values,
            odd=True,
        )
        return Interaction(probe, operation, exchange)

    def _keep(self, interaction: Interaction, violations: tuple[Violation, ...]) -> None:
        """Keep the smallest failure of each finding, for the reports."""
        for violation in violations:
            request_key = (violation.rule, interaction.operation.id, violation.group_key)
            if request_key not in self._occurrences and len(self._occurrences) >= _MAX_FINDINGS:
                continue
            self._seen[request_key] += 1
            occurrence = Occurrence(violation, interaction)
            recorded = self._occurrences.setdefault(request_key, [occurrence])
            if occurrence.size < recorded[0].size:
                recorded[0] = occurrence

    def _findings(self) -> tuple[Finding, ...]:
        found = []
        for request_key, occurrences in self._occurrences.items():
            found += [
                replace(finding, count=self._seen[request_key])
                for finding in group_findings(occurrences, self.contract, self.target)
            ]
        return tuple(found)

    def run_result(self) -> RunResult:
        """The result of all traffic so far, for the reports."""
        found = self._findings()
        served = any(200 <= status < 300 for status in self._statuses)
        checked = self.counts["all"] - self.counts["unchecked"]
        warnings = sum(finding.status is FindingStatus.WARNING for finding in found)
        failures = len(found) - warnings
        numbers = ", ".join(
            [
                plural(failures, "finding") if failures else "no findings",
                *([plural(warnings, "warning")] if warnings else []),
            ]
        )
        if failures:
            result, headline = Result.FAILED, f"{numbers} in {plural(checked, 'checked exchange')}."
        elif checked and served:
            result, headline = Result.PASSED, f"{plural(checked, 'exchange')}, {numbers}."
        else:
            result, headline = Result.INCONCLUSIVE, "no documented operation succeeded."
        notes = [
            f"{label}: {self.counts[name]}."
            for name, label in (
                ("requests", "Requests that violate the contract"),
                ("unchecked", "Exchanges not checked (undocumented, too large or too slow)"),
            )
            if self.counts[name]
        ]
        return RunResult(
            result=result,
            headline=headline,
            contract=f"{self.contract.name} ({self.contract.title} {self.contract.version})",
            target=self.target.url,
            operations=tuple(self.contract.operations),
            profile="proxy",
            seed=0,
            requests=self.counts["all"],
            seconds=time.monotonic() - self._began,
            started=self._started,
            findings=found,
            notes=tuple(notes),
            statuses=tuple(sorted(self._statuses.items())),
            rules=tuple(sorted(self._rules.items())),
            exchanges=tuple(entry.exchange for entry in self.journal),
        )


def _size(entry: Entry) -> int:
    request, response = entry.exchange.request, entry.exchange.response
    return len(request.target) + len(request.body or b"") + (len(response.body) if response else 0)
