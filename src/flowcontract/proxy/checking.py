"""The bench: what goes by is judged by the gate's checks, kept in a bounded journal, and summed up as the gate does."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, product
from string import ascii_uppercase as _LETTERS

from flowcontract.checks import Context, Interaction, Violation, check_response
from flowcontract.checks.findings import Finding, Occurrence, Result, RunResult, group_findings
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http import content_coding, redaction
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

_KEPT = 1000
"""Exchanges that the journal keeps."""
_BYTES = 32 * 1024 * 1024
"""Bytes of bodies that it keeps."""
_CAUSES = 200
"""Causes that are told apart; what is beyond is counted."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What the contract has to say about a request."""

    operation: Operation | None
    """None where the contract has none for its method and path."""
    values: Mapping[str, str]
    """Path parameters, decoded."""
    request_errors: tuple[str, ...]
    """Each way in which the request is not as the contract says."""
    request: Request
    """The request without its credentials."""
    secrets: Target
    """The upstream with those credentials: what takes them out of the answer."""


Understand = Callable[[Request], Understood]


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange that went by. No credential of the request stands in it."""

    number: int
    """Counted from 1."""
    operation: str
    """Empty where the contract has none."""
    exchange: Exchange
    request_errors: tuple[str, ...]
    """What the request does that the contract does not allow."""
    violations: tuple[Violation, ...]
    """What the answer breaks of the contract."""
    values: Mapping[str, str]
    """Path parameters, decoded."""
    checked: bool
    """False where the answer was too large or too slow to be held back, or outside the contract."""


class Bench:
    """Judges, remembers, sums up."""

    def __init__(self, contract: Contract, target: Target, understand: Understand) -> None:
        self.contract = contract
        self.target = target
        self._understand = understand
        self._context = Context(contract, target, max_response_time=float("inf"))
        self.journal: deque[Entry] = deque()
        """The last exchanges."""
        self._size = 0
        self.counts: Counter[str] = Counter()
        """How many exchanges went by: `all`, `requests` with violations, `answers` with findings, `unjudged`."""
        self.observers: list[Callable[[Entry], None]] = []
        """Called after each exchange."""
        self._statuses: Counter[int] = Counter()
        self._rules: Counter[str] = Counter()
        self._occurrences: dict[tuple[str, str, str], list[Occurrence]] = {}
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")

    def understand(self, request: Request) -> Understood:
        """Read a request by the contract."""
        return self._understand(request)

    def check(self, understood: Understood, exchange: Exchange) -> tuple[Violation, ...]:
        """What an answer breaks; nothing for what is outside the contract."""
        if understood.operation is None:
            return ()
        return check_response(self._context, self._interaction(understood, exchange))

    def clean(self, understood: Understood, exchange: Exchange) -> Exchange:
        """An exchange without the secrets of its request: what a sender of it has said comes back nowhere."""
        return understood.secrets.redacted(replace(exchange, request=understood.request))

    def record(
        self, understood: Understood, exchange: Exchange, violations: tuple[Violation, ...], *, checked: bool = True
    ) -> Entry:
        """Keep one exchange, clean already, without the secrets of its answer, and tell those who look."""
        exchange, violations = self._without_secrets(exchange, violations)
        operation = understood.operation
        checked = checked and operation is not None
        self.counts["all"] += 1
        self.counts["requests"] += bool(understood.request_errors)
        self.counts["answers"] += bool(violations)
        self.counts["unjudged"] += not checked
        if exchange.response:
            self._statuses[exchange.response.status] += 1
        entry = Entry(
            self.counts["all"], operation.id if operation else "", exchange, understood.request_errors, violations,
            {name: understood.secrets.redact(value) for name, value in understood.values.items()}, checked,
        )  # fmt: skip
        self._remember(entry)
        if operation is not None:
            self._rules[Expect.DOCUMENTED.value] += checked
            self._keep(self._interaction(understood, exchange), violations)
        for observe in self.observers:
            observe(entry)
        return entry

    def _without_secrets(
        self, exchange: Exchange, violations: tuple[Violation, ...]
    ) -> tuple[Exchange, tuple[Violation, ...]]:
        """An exchange without the secrets of its answer; a coded body is kept decoded, so that they can be found."""
        response = exchange.response
        if response is None:
            return exchange, violations
        if response.header("Content-Encoding") and response.body:
            content = content_coding.decoded(response.body, response.header("Content-Encoding"))
            headers = tuple(pair for pair in response.headers if pair[0].lower() != "content-encoding")
            unread = f"[{len(response.body)} bytes]".encode()
            response = replace(response, headers=headers, body=unread if content is None else content)
            exchange = replace(exchange, response=response)
        if not (secrets := redaction.of_response(response)):
            return exchange, violations
        answer = with_tokens(self.target, secrets)
        return answer.redacted(exchange), tuple(
            replace(each, message=answer.redact(each.message), expected=None, actual=None) for each in violations
        )

    def _remember(self, entry: Entry) -> None:
        self.journal.append(entry)
        self._size += _size(entry)
        while len(self.journal) > _KEPT or self._size > _BYTES:
            self._size -= _size(self.journal.popleft())

    def _interaction(self, understood: Understood, exchange: Exchange) -> Interaction:
        operation = understood.operation
        assert operation is not None
        probe = Probe(
            "traffic",
            "a client sent it",
            operation.id,
            understood.request,
            Expect.DOCUMENTED,
            understood.values,
            odd=True,
        )
        return Interaction(probe, operation, exchange)

    def _keep(self, interaction: Interaction, violations: tuple[Violation, ...]) -> None:
        """The smallest failure of each cause, for the reports."""
        for violation in violations:
            key = (violation.rule, interaction.operation.id, violation.group_key)
            if key not in self._occurrences and len(self._occurrences) >= _CAUSES:
                continue
            self._seen[key] += 1
            occurrence = Occurrence(violation, interaction)
            kept = self._occurrences.setdefault(key, [occurrence])
            if occurrence.size < kept[0].size:
                kept[0] = occurrence

    def _findings(self) -> tuple[Finding, ...]:
        found = []
        for key, occurrences in self._occurrences.items():
            found += [
                replace(finding, count=self._seen[key])
                for finding in group_findings(occurrences, self.contract, self.target)
            ]
        return tuple(found)

    def run_result(self) -> RunResult:
        """Everything that went by, as the reports of the gate take it."""
        found = self._findings()
        served = any(200 <= status < 300 for status in self._statuses)
        checked = self.counts["all"] - self.counts["unjudged"]
        if found:
            result, headline = Result.FAILED, f"{plural(len(found), 'cause')} in {plural(checked, 'judged exchange')}."
        elif checked and served:
            result, headline = Result.PASSED, f"{plural(checked, 'exchange')}, nothing broken."
        else:
            result, headline = Result.INCONCLUSIVE, "no success of an operation of the contract went by."
        notes = [
            f"{words}: {self.counts[name]}."
            for name, words in (
                ("requests", "requests that are not as the contract says"),
                ("unjudged", "exchanges not judged (outside the contract, too large or too slow to hold back)"),
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


def with_tokens(target: Target, secrets: Iterable[str]) -> Target:
    """A target that takes these secrets out of texts: a shell variable stands for each."""
    names = (
        f"FLOWCONTRACT_TOKEN_{''.join(letters)}" for size in (1, 2, 3) for letters in product(_LETTERS, repeat=size)
    )
    return replace(target, tokens=dict(zip(chain(["FLOWCONTRACT_TOKEN"], names), secrets, strict=False)))


def _size(entry: Entry) -> int:
    request, response = entry.exchange.request, entry.exchange.response
    return len(request.target) + len(request.body or b"") + (len(response.body) if response else 0)
