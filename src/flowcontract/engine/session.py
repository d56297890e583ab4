"""The state of one run that its phases share: what is known, what was sent, and what was seen."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flowcontract.checks import Context, Interaction, Violation, check_response, suppressions
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.registry import RULES
from flowcontract.checks.status import DENIED
from flowcontract.engine.events import Event, Listener, PhaseFinished, PhaseStarted, Progress
from flowcontract.engine.options import Options
from flowcontract.engine.selection import Selection, is_excluded
from flowcontract.engine.sender import Sender
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.references import References
from flowcontract.generation.resources import Resources, Values
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.text import plural

_EXCUSABLE = ("valid-request-rejected", "no-response")
"""Rules whose violations by generated cases count only if they stay the rule: a server may have reasons."""
Input = tuple[str, bytes | None]
"""The target and the body of a request."""
_DENIALS = 3
"""Requests that must be denied, one after the other, before credentials count as expired."""
_AT_ONCE = 20
"""Probes between two looks at whether the credentials are still accepted."""


@dataclass(slots=True)
class Session:
    """One run. Phases send through it and add what they saw."""

    contract: Contract
    target: Target
    options: Options
    selection: Selection
    sender: Sender
    resources: Resources
    references: References
    context: Context
    checked: Mapping[str, Operation]
    """The operations that responses are checked against, by ID: those of the published contract, if asked for."""
    listener: Listener
    known: dict[str, list[Values]] = field(default_factory=dict)
    """Path parameters of existing resources, by operation ID; `{}` for an operation without path parameters."""
    shared: dict[str, list[Values]] = field(default_factory=dict)
    """Path parameters of resources that the second user's own lists show, or may show, by operation ID."""
    denies_anonymous: set[str] = field(default_factory=set)
    """Operations that deny a caller without credentials."""
    serves_anybody: set[str] = field(default_factory=set)
    """Operations that serve a caller without credentials although the contract requires some."""
    interactions: list[Interaction] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    check_counts: Counter[str] = field(default_factory=Counter)
    checked_rules: dict[str, set[str]] = field(default_factory=dict)
    """The rules that were checked for each operation, by its ID."""
    successes: dict[str, Interaction] = field(default_factory=dict)
    """The first documented success of each operation, by ID."""
    non_ascii: dict[str, Values] = field(default_factory=dict)
    """Path parameters of a resource whose response has other characters than ASCII, by operation ID."""
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    """Statuses of valid requests to operations, by ID."""
    valid_input: dict[str, dict[Input, bool]] = field(default_factory=dict)
    """Generated valid input to an operation, each once, and whether it was accepted, by ID."""
    unfinished: list[str] = field(default_factory=list)
    """What was planned and not sent, in words."""
    expired: bool = False
    """The credentials were accepted at first and are not any more."""
    observed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Values that responses show of properties of which the contract says too little, by path of the kind."""
    exemplified: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Texts of examples without which nothing can be created, by path of the kind."""
    recorded: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Values of the creations that a replay sends again, by path of the kind."""
    prepared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """IDs of the actions that are called on what a kind refers to before one is created, by path of the kind."""
    postponed: set[str] = field(default_factory=set)
    """Paths of the kinds of which nothing can be created but with dates in the near future."""
    sequence_notes: list[str] = field(default_factory=list)
    """Kinds of resources that no sequence was tried with, and why."""
    ran: set[str] = field(default_factory=set)
    """Names of the phases that ran; those of Schemathesis where they ran for every operation."""
    costs: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Requests and CPU seconds by phase."""
    _sentinel: Probe | None = None
    _phase: str = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Announce a phase, and record what it costs."""
        self._phase = name
        began, sent = time.process_time(), len(self.sender.sent)
        self.tell(PhaseStarted(name))
        try:
            yield
        finally:
            requests, seconds = len(self.sender.sent) - sent, time.process_time() - began
            self.costs[name] = requests, seconds
            self.tell(PhaseFinished(name, requests, seconds))

    def severity(self, rule: str) -> str:
        """`off`, `warning` or `failure`: what the caller says about a rule, else its own severity."""
        return self.options.severities.get(rule) or ("warning" if RULES[rule].is_warning else "failure")

    def is_warning(self, rule: str) -> bool:
        """Whether a violation of a rule does not fail the run."""
        return self.severity(rule) != "failure"

    @property
    def has_failed(self) -> bool:
        """Whether a failure was found so far that nothing can excuse later."""
        failures = [
            item
            for item in self.occurrences
            if not self.is_warning(item.violation.rule)
            and not (item.interaction.probe.is_generated and item.violation.rule in _EXCUSABLE)
        ]
        if not (failures and (self.options.baseline or self.options.waivers)):
            return bool(failures)
        return self.is_failed_by(group_findings(failures, self.context.contract, self.target, self.is_warning))

    def is_failed_by(self, findings: Sequence[Finding]) -> bool:
        """Whether findings fail the run, as its baseline and waivers leave them."""
        found, _ = suppressions.apply_baseline(self.options.baseline, tuple(findings))
        found, _ = suppressions.apply_waivers(self.options.waivers, found, self.options.today or date.today())
        return any(finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY) for finding in found)

    def update_context(self) -> None:
        """Let the checks know what is known by now."""
        bodies = {item.response.body for item in self.successes.values() if item.operation.path_parameters()}
        self.context = replace(self.context, known_ids=self.resources.known_ids, known_bodies=frozenset(bodies))

    def context_of(self, operation: Operation, *, is_longest: bool = False) -> OperationContext:
        """The context of an operation: what the run has learned about it so far; `is_longest` as it says."""
        success = self.successes.get(operation.id)
        return OperationContext(
            self.contract,
            operation,
            self.target,
            self.known.get(operation.id, ()),
            allow_unsafe=self.options.allow_unsafe,
            denies_anonymous=operation.id in self.denies_anonymous,
            serves_anybody=operation.id in self.serves_anybody,
            seen=self.resources.known_ids,
            shared=self.shared.get(operation.id, ()),
            etag=(success.response.header("ETag") or "") if success else "",
            listed=success.json if success and success.is_json else None,
            non_ascii=self.non_ascii.get(operation.id),
            is_longest=is_longest,
        )

    def tell(self, event: Event) -> None:
        """Hand an event to whoever listens."""
        self.listener(event)

    @property
    def waited(self) -> str:
        """How long the run waited for a server that wants fewer requests, and of which operations; empty if never."""
        waits = self.sender.waits
        seconds = sum(pause for _, _, pause in waits)
        return f"{seconds:.0f} s for {', '.join(sorted({operation for operation, _, _ in waits}))}" if waits else ""

    def progress(self) -> None:
        """Announce how far the run is."""
        seen = {(item.violation.rule, item.violation.group_key) for item in self.occurrences}
        failures = sum(not self.is_warning(rule) for rule, _ in seen)
        self.tell(Progress(self._phase, len(self.sender.sent), len(self.successes), failures, self.waited))

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be sent."""
        return self.expired or self.sender.out_of_time()

    def send(self, probes: Sequence[Probe]) -> list[Interaction]:
        """Send probes, watching whether the credentials are still accepted."""
        found: list[Interaction] = []
        for start in range(0, len(probes), _AT_ONCE):
            if self.is_over:
                missing, planned = len(probes) - start, plural(len(probes), "request")
                self.unfinished.append(f"{missing} of {planned} of the phase {self._phase}")
                break
            part = self.sender.send(probes[start : start + _AT_ONCE])
            items = [self.interaction(probe, exchange) for probe, exchange in part]
            if any(self._is_suspicious(item) for item in items) and not self.credentials_accepted():
                break
            found += items
            self.progress()
        return found

    def interaction(self, probe: Probe, exchange: Exchange) -> Interaction:
        """An exchange as the checks see it; of an operation that is not selected, as the contract has it."""
        operation = self.checked.get(probe.operation) or self.contract.operation(probe.operation)
        return Interaction(probe, operation, exchange)

    def may_learn_from(self, operation: Operation) -> bool:
        """Whether a read that is not selected may be sent for what it tells; its response is not checked."""
        is_left_out = operation.method == "GET" and operation.id not in self.checked
        return is_left_out and not is_excluded(operation, self.options)

    @staticmethod
    def _is_suspicious(item: Interaction) -> bool:
        expected = item.probe.expect in (Expect.SUCCESS, Expect.NOT_FOUND, Expect.DOCUMENTED, Expect.UNSPECIFIED)
        return expected and item.with_credentials and item.status in DENIED

    def credentials_accepted(self) -> bool:
        """Whether the request that succeeded first, with credentials, still succeeds; else they have expired."""
        if self._sentinel is None or self.expired:
            return not self.expired
        # One denied request may be a lock-out by the wrong tokens before it: expired credentials stay denied.
        for _ in range(_DENIALS):
            for _, exchange in self.sender.send([self._sentinel]):
                self.expired = exchange.response is not None and exchange.response.status in DENIED
            if not self.expired:
                break
        return not self.expired

    def succeeded(self, item: Interaction) -> None:
        """Note a documented success of an operation's own method with valid input."""
        operation = item.operation
        self.successes.setdefault(operation.id, item)
        if operation.id not in self.non_ascii and not item.text.isascii():
            self.non_ascii[operation.id] = item.probe.values
        self.watch(item)

    def watch(self, item: Interaction) -> None:
        """Let the first read that succeeded with credentials tell whether these are still accepted."""
        operation = item.operation
        if self._sentinel is None and item.with_credentials and operation.method == "GET" and not operation.is_open:
            # On a new connection: what the server remembers about an old one says nothing about the credentials.
            self._sentinel = replace(item.probe, compare_with="", relation=Relation.NONE, new_connection=True)

    def check(self, items: Iterable[Interaction]) -> list[Occurrence]:
        """Check responses one by one, and keep what violates a rule."""
        found = [Occurrence(violation, item) for item in items for violation in self.violations(item)]
        self.occurrences += found
        return found

    def violations(self, item: Interaction) -> tuple[Violation, ...]:
        """What one response violates; the checks are counted."""
        rules: Counter[str] = Counter()
        found = check_response(self.context, item, rules)
        self.count(item, rules)
        return found

    def count(self, item: Interaction, rules: Iterable[str]) -> None:
        """Count checks of these rules for the operation of an interaction, if it is selected."""
        rules = list(rules.elements() if isinstance(rules, Counter) else rules)
        if item.operation.id not in self.checked:
            return
        self.check_counts.update(rules)
        self.checked_rules.setdefault(item.operation.id, set()).update(rules)
