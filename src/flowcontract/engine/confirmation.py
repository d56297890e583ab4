"""What the interactions of a run show together: grouped into findings, minimized, and sent again."""

import json
import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs

from flowcontract.checks import (
    Interaction,
    Violation,
    check_response,
    conditional,
    pages,
    relations,
    reproduction,
    request_validity,
    restrictions,
)
from flowcontract.checks.findings import OF_ITEMS, Finding, FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.probe import Relation
from flowcontract.checks.status import DENIED, REJECTED
from flowcontract.checks.valid_parts import invalid_parts, is_conforming, only_schema
from flowcontract.engine.session import Session
from flowcontract.generation.sequences.bodies import Bodies, json_media, new_marks
from flowcontract.generation.sequences.fields import fields
from flowcontract.generation.sequences.kinds import takes_secret
from flowcontract.http.messages import METHODS, SAFE_METHODS, json_or_none
from flowcontract.http.paging import Style, paging
from flowcontract.openapi import pointers
from flowcontract.openapi.model import EXTENSION, Operation
from flowcontract.text import plural

_UNKNOWN_REFERENCE = (400, 403, 404, 409, 422)
"""Statuses with which a server may reject a body that refers to what does not exist."""
_RETRIES = 30
"""Requests that a run may spend on retries after failures."""
_CONFLICT = 409
_LIMIT_OF_DATES = re.compile(
    r"\b(?:past|future|today|tomorrow|yesterday|now|later|earlier|ago|before|after|until|(?:day|week|month|year)s?)\b",
    re.IGNORECASE,
)
"""Words with which an error response says which dates are allowed."""
_GONE = frozenset({404, 410})
_ATTEMPTS = 2
"""Retries of one finding."""
UNRELATED = (301, 308, 400, 401, 403, 404, 407)
"""Statuses of a server that has nothing to do with the contract: on their own no reason to fail it."""
_SLOW = 2.0
"""Seconds that any response may take: with a shorter limit, a busy machine looks like a slow server."""
_OFTEN_SLOW = 3
"""Slow responses from which on the server is slow, even if none is when retried."""
_OFTEN = 0.2
"""Share of requests with a broken connection from which on this is normal for the server, and not a failure."""
_LOOKS = 8
"""Equal requests that show whether a response changes while others work on the same data."""
SEVERAL_RESPONSES = frozenset({"duplicate-identity", "timing-side-channel"})
"""Rules that take many responses to check; retrying one request says nothing about them."""
_SEVERE = frozenset({
    "missing-authorization-check", "undocumented-method-accepted", "credential-leak", "server-error",
    "information-disclosure",
})  # fmt: skip
"""Rules that count whatever the server is."""
_REJECTIONS = 5
"""Rejections of valid input from which on they are not a coincidence."""
_ACCEPTED = 0.1
"""Share of valid input that a server accepts at most if it does not read it as documented."""
CHECKED_BEFORE = frozenset({"first", "examples", "coverage", "fuzzing", "stateful", "sequences", "filter"})
"""Groups of probes whose responses were checked when they arrived."""


def _knows(method: str) -> bool:
    """Whether 405 for a method says how the server treats undocumented ones: parsers reject unknown ones, too."""
    return method in METHODS and method != "TRACE"


def _is_chance(finding: Finding, *, was_retried: bool) -> bool:
    """Whether a failure that no retry showed again says nothing about the server."""
    if finding.rule == "no-response" and finding.failure.exchange.error == "timeout":
        return finding.count < _OFTEN_SLOW  # A busy machine.
    if finding.rule == "slow-response":
        return was_retried and finding.count < _OFTEN_SLOW
    if finding.rule == "slow-input":
        return was_retried or finding.count < _OFTEN_SLOW
    if finding.rule == "pages-leave-out-items" and was_retried:
        return True  # Items were deleted between the count and the page.
    # Somebody changed the data between GET and HEAD.
    return was_retried and finding.rule == "head-get-mismatch" and "Content-Length" in finding.failure.message


def names_limit_of_dates(item: Interaction) -> bool:
    """Whether a rejection says that a date or a time is too early or too late, which no schema can say.

    It names a member of the request that has one, and the limit in words.
    """
    media, body = json_media(item.operation), json_or_none(item.request.body)
    if media is None or not isinstance(body, dict):
        return False
    moments = [name for name, field in fields(media).items() if name in body and field.format in ("date", "date-time")]
    return _LIMIT_OF_DATES.search(item.text) is not None and any(name in item.text for name in moments)


def _names_a_page(item: Interaction) -> bool:
    """Whether a request has a cursor: a server may reject one that it did not return, whatever the schema says."""
    chosen = paging(item.operation)
    sent = parse_qs(item.request.query, keep_blank_values=True)
    return chosen.style is Style.CURSOR and chosen.position is not None and chosen.position.name in sent


class Findings:
    """What the interactions of a session show together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._options = session.options
        self._accepted: dict[str, bool] = {}
        """Whether valid input that was rejected is accepted with other values, by operation ID."""

    def occurrences(self) -> list[Occurrence]:
        """Every violation of the session that counts, in the order in which it was seen."""
        session = self._session
        retried = sum(bool(item.exchange.retried) for item in session.interactions)
        often = retried > len(session.interactions) * _OFTEN
        session.context = replace(
            session.context,
            max_response_time=self._max_response_time(),
            usual_time=session.sender.median_time,
            uses_405=any(item.status == 405 and _knows(item.request.method) for item in session.interactions),
            closes_idle_connections=session.sender.closes_idle_connections or often,
        )
        earlier = [
            occurrence
            for occurrence in session.occurrences
            if not self._is_excused(occurrence) and not self._is_for_other_reasons(occurrence)
        ]
        occurrences = [*map(self._with_origin, earlier), *self._probes()]
        if not session.successes:
            occurrences = [occurrence for occurrence in occurrences if self._counts(occurrence)]
        return [item for item in occurrences if session.severity(item.violation.rule) != "off"]

    def _with_origin(self, occurrence: Occurrence) -> Occurrence:
        """The occurrence; where a run that creates resources shows a wrong value in another one, it says so.

        An earlier run may have stored it: it is seen again only for as long as the resource is there.
        """
        item, violation = occurrence.interaction, occurrence.violation
        is_of_items = violation.rule in OF_ITEMS
        is_first = self._options.allow_unsafe and item.probe.group == "first" and item.request.is_safe
        if not ((is_of_items or is_first) and violation.part and item.is_json):
            return occurrence
        values = pointers.around(item.json, violation.part)
        if not self._session.resources.created.is_of_others(item.operation, item.probe.values, values):
            return occurrence
        if is_of_items:
            return replace(occurrence, is_of_existing=True)
        message = f"{violation.message} It was stored before this run."
        return replace(occurrence, violation=replace(violation, message=message))

    def _is_excused(self, occurrence: Occurrence) -> bool:
        """Whether only an idle connection was closed, on a server that was later seen to do so without notice."""
        only_retried = occurrence.violation.rule == "no-response" and not occurrence.interaction.exchange.error
        return only_retried and self._session.context.closes_idle_connections

    def _is_for_other_reasons(self, occurrence: Occurrence) -> bool:
        """Whether valid input was rejected for what a schema cannot say: a state, a cursor, a rule in words.

        A server that accepts hardly any valid input does not conform; one that rejects some may have its reasons.
        The same input counts once: an example that is sent again and again says nothing more.
        """
        if self._refers_to_unknown(occurrence):
            return True
        is_ours = occurrence.interaction.probe.group in ("success", "first", "sequences")
        if occurrence.violation.rule != "valid-request-rejected" or is_ours:
            return False
        if occurrence.interaction.documented is None:
            return False
        if self._takes_existing_secret(occurrence.interaction.operation) or _names_a_page(occurrence.interaction):
            return True
        inputs = self._session.valid_input.get(occurrence.interaction.operation.id, {})
        accepted = sum(inputs.values())
        rejected = len(inputs) - accepted
        # One accepted input may be the example that the documentation was written with.
        enough = rejected >= _REJECTIONS and accepted <= max(1, _ACCEPTED * len(inputs))
        item = occurrence.interaction
        if item.status not in REJECTED or not enough or restrictions.are_documented(self._session.contract, item):
            return True
        depends_on_dates = names_limit_of_dates(item) or request_validity.has_equal_dates(item)
        return depends_on_dates or self._is_accepted_otherwise(occurrence)

    def _is_accepted_otherwise(self, occurrence: Occurrence) -> bool:
        """Whether the body is accepted with other values that only words can tell from the rejected ones.

        Texts that no other resource has, as a server need not say that one is taken; dates in the order of their names;
        and dates in the near future, as no schema can restrict a date to those. That is tried once for an operation.
        """
        item = occurrence.interaction
        session, operation, request = self._session, item.operation, item.request
        is_gone = session.resources.created.was_deleted(operation, item.probe.values)
        media, body = json_media(operation), json_or_none(request.body)
        if operation.id in self._accepted or is_gone or media is None or not isinstance(body, dict):
            return self._accepted.get(operation.id, False)
        marks = new_marks(f"{time.time_ns() // 1000 & 0xFFF:03x}")
        tried = [body]
        known = partial(session.references.with_known, operation)  # What it referred to may be deleted by now.
        for soon in (False, True):
            bodies = Bodies(media, marks=marks, soon=soon, known=known)
            other = bodies.fresh(bodies.with_usual_dates(body)) or body
            if other in tried or (soon and not bodies.has_moments) or session.is_over:
                continue
            tried.append(other)
            again = replace(request, body=json.dumps(other, ensure_ascii=False).encode("utf-8", "surrogatepass"))
            probe = replace(item.probe, name=f"other values/{item.probe.name}", request=again)
            sent = [session.interaction(*each) for each in session.sender.send([probe])]
            # A conflict has to do with other resources: the values are accepted.
            self._accepted[operation.id] = any(one.success or one.status == _CONFLICT for one in sent)
            if self._accepted[operation.id]:
                return True
        return False

    def _takes_existing_secret(self, operation: Operation) -> bool:
        """Whether an operation needs a secret that exists, as a login does; creations and changes take any."""
        is_creation = self._session.resources.created.is_creation(operation)
        return operation.method == "POST" and not is_creation and takes_secret(operation)

    def _refers_to_unknown(self, occurrence: Occurrence) -> bool:
        """Whether a body was rejected that refers to something that may not exist."""
        if occurrence.violation.rule not in ("valid-request-rejected", "undocumented-status-code"):
            return False
        item = occurrence.interaction
        request = item.request
        if not request.body or item.status not in _UNKNOWN_REFERENCE or request_validity.invalid_part(item) is not None:
            return False
        return any(self._session.references.unknown(item.operation, request.body))

    def _probes(self) -> Iterator[Occurrence]:
        """Check the responses to our probes, each by itself, then against its base, then all together."""
        session = self._session
        passed: dict[str, Interaction] = {}
        found: dict[str, tuple[Violation, ...]] = {}
        items = [item for item in session.interactions if item.probe.group not in CHECKED_BEFORE]
        for item in items:
            if item.exchange.response is not None and item.is_rate_limited:
                continue
            violations = session.violations(item)
            base = passed.get(item.probe.compare_with)
            if base and conditional.is_conditional_response(item, base):
                continue
            if only_schema(violations, relations.TOTAL):
                passed[item.probe.name] = item  # How long it took is compared, too.
                found[item.probe.name] = violations
            for violation in violations:
                # If the plain request fails already, the same failure says nothing about what was added to it.
                if violation.rule != "undocumented-input-effect" or base:
                    yield Occurrence(violation, item)
        pairs = [
            (item, passed[item.probe.compare_with])
            for name, item in passed.items()
            if item.probe.compare_with in passed
            and relations.are_comparable(item, found[name], found[item.probe.compare_with])
        ]
        volatile_parts = relations.volatile_parts(pairs)
        noisy = relations.noise(pairs)
        for item, base in pairs:
            invalid = invalid_parts(item) if found[item.probe.name] else ()
            volatile = (*self._volatile(item, volatile_parts), *invalid)
            is_of_existing = not session.resources.created.has_any_in(item.operation)
            for violation in relations.check_pair(item, base, volatile, noisy):
                yield Occurrence(violation, item, base, is_of_existing=is_of_existing)
            item.release()
            base.release()
            session.count(item, relations.RULES[item.probe.relation])
        together = (
            *relations.distinct_identifiers([item for name, item in passed.items() if is_conforming(found[name])]),
            *relations.head_support(list(passed.values())),
            *relations.denial_times(pairs),
        )
        for item, base, violation in together:
            yield Occurrence(violation, item, base)

    @staticmethod
    def _volatile(item: Interaction, volatile_parts: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
        """The parts that may differ: those that the contract names; where it names none, those that were seen to move.

        Logs and counters grow with every request: what comes later is compared for single resources only.
        """
        declared = item.operation.volatile
        says_so = f"{EXTENSION}-volatile" in item.operation.extensions
        if item.probe.relation is Relation.REPEAT and says_so:
            return declared
        if item.probe.relation is Relation.REPEAT and not item.operation.path_parameters():
            return ("",)
        return (*declared, *volatile_parts.get(item.operation.id, ()))

    def _max_response_time(self) -> float:
        """Seconds: well above what the target needs, and never below two."""
        if self._options.max_response_time is not None:
            return self._options.max_response_time
        times = [item.response.elapsed for item in self._session.interactions if item.exchange.response]
        if len(times) < 4:
            return _SLOW
        _, median, upper = statistics.quantiles(times, n=4)
        return max(_SLOW, 10 * median, 6 * upper)

    def _counts(self, occurrence: Occurrence) -> bool:
        """If nothing was served the target may be an unrelated server: only what is wrong on any server counts."""
        if occurrence.violation.rule == "valid-request-rejected" and occurrence.interaction.status in DENIED:
            return False  # The credentials were never accepted.
        firsts = [item for item in self._session.interactions if item.probe.group == "first"]
        if any(item.status not in UNRELATED for item in firsts):
            return True
        return occurrence.violation.rule in _SEVERE and occurrence.interaction.status != 501

    def retried(self, occurrences: Sequence[Occurrence]) -> tuple[Finding, ...]:
        """Group occurrences into findings, and send the request of each again: intermittent failures are flaky.

        An intermittent warning is dropped.
        """
        session = self._session
        by_name = {item.probe.name: item for item in session.interactions}
        left = _RETRIES
        kept = []
        findings = group_findings(occurrences, session.context.contract, session.target, session.is_warning)
        for finding in sorted(findings, key=lambda finding: finding.status is FindingStatus.WARNING):
            item = by_name[finding.failure.probe]
            if finding.rule == "head-get-mismatch" and self._moves(item, by_name):
                continue
            if finding.rule == "existing-resource-not-found" and self._is_deleted(item):
                continue
            if item.probe.relation is Relation.NEXT_PAGE and not self._overlaps_again(finding, item, by_name):
                continue
            if finding.rule == "nonexistent-resource-found" and self._ignores_last_slash(item):
                continue
            attempts = failures = 0
            # The same request shows nothing once the resources that a sequence created are deleted.
            is_of_pages = finding.rule == "pages-leave-out-items"
            of_sequence = is_of_pages and any(by_name[name].probe.group == "sequences" for name in finding.probes)
            is_repeatable = not of_sequence and self._is_repeatable(finding, item)
            while attempts < _ATTEMPTS and left > 0 and not session.is_over and is_repeatable:
                rules = self._violated_rules_again(item, by_name, finding.failure.part)
                left -= 1 + bool(item.probe.compare_with)
                if rules is None:
                    break
                attempts += 1
                failures += finding.rule in rules
            if failures < attempts and self._has_moved(item, by_name):
                continue
            never = failures == 0 or (finding.rule == "slow-input" and failures < attempts)
            if never and _is_chance(finding, was_retried=attempts > 0):
                continue
            if attempts and failures < attempts and finding.rule not in SEVERAL_RESPONSES:
                if finding.status is FindingStatus.WARNING:
                    continue
                retries = "retry" if attempts == 1 else "retries"
                times = plural(finding.count, "time")
                note = (
                    f"failed {times} during the run; {failures} of {attempts} {retries} failed. "
                    "Check caches, state that earlier requests leave behind, and differences between instances."
                )
                kept.append(replace(finding, status=FindingStatus.FLAKY, note=note))
            else:
                kept.append(finding)
        return tuple(kept)

    def _is_repeatable(self, finding: Finding, item: Interaction) -> bool:
        """Whether sending the request again changes nothing and shows whether the rule is violated."""
        if finding.is_from_schemathesis or item.probe.group == "sequences" or finding.rule == "pages-overlap":
            return False
        unsafe = item.request.method not in (*SAFE_METHODS, "TRACE", "PROPFIND")
        return not (unsafe and (item.with_credentials or item.operation.is_open))

    def _moves(self, item: Interaction, by_name: Mapping[str, Interaction]) -> bool:
        """Whether the plain GET that a HEAD is compared with changes its length with nothing between."""
        base = by_name.get(item.probe.compare_with)
        if base is None or self._session.is_over:
            return False
        sent = self._session.sender.send([base.probe] * _LOOKS)
        return len({len(exchange.response.body) for _, exchange in sent if exchange.response}) > 1

    def _overlaps_again(self, finding: Finding, item: Interaction, by_name: Mapping[str, Interaction]) -> bool:
        """Whether a page has an item of the first page again, which is the same before and after it, and was."""
        base = by_name.get(item.probe.compare_with)
        if finding.rule != "pages-overlap" or base is None:
            return True
        asked = [replace(probe, concurrent_group="") for probe in (base.probe, item.probe, base.probe)]
        sent = [] if self._session.is_over else [*map(self._session.sender.send, ([each] for each in asked))]
        items = [self._session.interaction(*each) for one in sent for each in one]
        if len(items) != len(asked):
            return False
        first, page, last = items
        is_stable = pages.is_same_page(base, first) and pages.is_same_page(first, last)
        return is_stable and any(pages.overlapping(page, first))

    def _is_deleted(self, item: Interaction) -> bool:
        """Whether the responses that showed the resource do so no longer, and no request of ours can be the reason."""
        tried = {probe.request.method for probe, _ in self._session.sender.sent if probe.values == item.probe.values}
        if not tried <= {*SAFE_METHODS, "TRACE"}:
            return False
        shown = re.compile(rf"(?<![\w-]){re.escape(item.probe.resource_id)}(?![\w-])")
        lists = [
            replace(one.probe, concurrent_group="")
            for one in self._session.successes.values()
            if one.operation.method == "GET" and one.operation.id != item.operation.id and shown.search(one.text)
        ]
        if not lists or not item.probe.resource_id or self._session.is_over:
            return False
        sent = [self._session.interaction(*each) for each in self._session.sender.send(lists)]
        return len(sent) == len(lists) and not any(shown.search(again.text) for again in sent)

    def _ignores_last_slash(self, item: Interaction) -> bool:
        """Whether an encoded slash after an ID is one more slash at the end of a path, which the server ignores."""
        path, _, query = item.request.target.partition("?")
        if not path.lower().endswith("%2f") or item.operation.path.endswith("/") or self._session.is_over:
            return False
        plain = f"{path[:-3]}/{'?' if query else ''}{query}"
        probe = replace(item.probe, request=replace(item.probe.request, target=plain), concurrent_group="")
        sent = self._session.sender.send([probe])
        return any(exchange.response and exchange.response.body == item.response.body for _, exchange in sent)

    def _has_moved(self, item: Interaction, by_name: Mapping[str, Interaction]) -> bool:
        """Whether what was compared with is different by now: a clock, a token, a list that other clients change."""
        base = by_name.get(item.probe.compare_with)
        if base is None or self._session.is_over or base.exchange.response is None:
            return False
        if base.is_json and item.probe.relation is Relation.REPEAT:
            return False  # The members that may change are known: what else changes is the finding.
        probe = replace(base.probe, concurrent_group="", relation=Relation.REPEAT)
        sent = [self._session.interaction(*each) for each in self._session.sender.send([probe])]
        volatile = item.operation.volatile
        return any(any(relations.check_pair(again, base, volatile)) for again in sent if again.exchange.response)

    def _violated_rules_again(
        self, item: Interaction, by_name: Mapping[str, Interaction], part: str
    ) -> set[str] | None:
        """Send a probe again, after the one it is compared with; the rules that the response violates now.

        None where it says nothing about the failure, whose `part` of the response may be gone by now.
        """
        session = self._session
        base = by_name.get(item.probe.compare_with)
        before = [replace(base.probe, concurrent_group="")] if base else []
        probes = [*before, replace(item.probe, concurrent_group="")]
        sent = [session.interaction(probe, exchange) for probe, exchange in session.sender.send(probes)]
        if len(sent) <= len(before):
            return None
        again = sent[-1]
        if again.exchange.response is not None and again.is_rate_limited:
            return None  # It says nothing about the operation.
        if again.status in _GONE and item.status not in _GONE and item.operation.path_parameters():
            return None  # The run has deleted its own resource by now.
        if again.success and not reproduction.has_item(part, item, again):
            return None  # Or an item of the list.
        found = check_response(session.context, again)
        rules = {violation.rule for violation in found}
        if base and relations.are_comparable(again, found, check_response(session.context, sent[0])):
            volatile = () if item.probe.relation is Relation.DENIAL else item.operation.volatile
            volatile = (*volatile, *(invalid_parts(again) if found else ()))
            rules |= {violation.rule for violation in relations.check_pair(again, sent[0], volatile)}
        return rules
