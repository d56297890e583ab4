"""The result of a run: outcome, headline, coverage and notes."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from flowcontract.checks import suppressions
from flowcontract.checks.findings import (
    Finding,
    FindingStatus,
    OperationCoverage,
    PhaseCost,
    Result,
    RunResult,
)
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import ANOTHER_USER, Expect
from flowcontract.checks.registry import rank
from flowcontract.checks.status import DENIED
from flowcontract.engine.cleanup import left_over_notes
from flowcontract.engine.selection import LEFT_OUT, NOT_SELECTED
from flowcontract.engine.sender import INTERRUPTED
from flowcontract.engine.session import Session
from flowcontract.generation import schemathesis_config
from flowcontract.generation.probes import SAMPLED
from flowcontract.generation.sequences.kinds import takes_secret
from flowcontract.http import credentials
from flowcontract.http.messages import SAFE_METHODS
from flowcontract.openapi.model import Operation, SecurityScheme
from flowcontract.text import one_line, plural

_NAMED = 5
"""Operations that a note names."""
_EXPLAINED = 2
"""Operations of which a headline says why nothing was sent."""
_REJECTED = (400, 409, 422)
"""Statuses that reject a valid request for what it contains, or for the state of its resource."""
_SAID = 160
"""Characters of a response that a headline shows."""
_UNDOCUMENTED = "undocumented-status-code"
_CREDENTIALS_DENIED = "credentials denied"
ACCESSIBLE = "resource-of-another-user-accessible"
"""The rule that a second user reaches nothing of the first one."""
_NEEDS_CREDENTIALS = "it needs credentials"
_SEND_ANYWAY = (
    "the contract requires no credentials there; document `security`, or add --header 'NAME: VALUE' to send them anyway"
)


class Summary:
    """The result of a run in one value."""

    def __init__(self, session: Session, findings: Sequence[Finding]) -> None:
        self._session = session
        self._options = session.options
        today = self._options.today or date.today()
        self._coverage = tuple(self._covered())
        throttled = session.sender.throttled
        planned = [i for i in session.interactions if _is_planned(i) and i.operation.id not in throttled]
        self._limited = sum(item.is_rate_limited for item in planned)
        self._is_cut = bool(session.unfinished or session.sender.stopped or session.expired or self._limited)
        found = tuple(map(self._with_unasked, findings))
        known, baseline_notes = suppressions.apply_baseline(self._options.baseline, found, self._was_tested)
        is_whole = not self._is_cut and session.ran.issuperset(schemathesis_config.PHASES)
        is_complete = is_whole and all(item.tested for item in self._coverage)
        marked, waiver_notes = suppressions.apply_waivers(
            self._options.waivers,
            known,
            today,
            is_complete=is_complete,
            operations=session.context.contract.operations,
        )
        self._findings = tuple(sorted(marked, key=lambda finding: rank(finding.rule)))
        self._suppression_notes = (*waiver_notes, *baseline_notes)

    def _with_unasked(self, finding: Finding) -> Finding:
        """A finding with the tested operations that may have it as well: only others got the probes that show it."""
        names = {name.partition(" of ")[0] for name in finding.probes if "/minimized " not in name}
        if not all(name.partition("/")[0] in SAMPLED for name in names):
            return finding
        asked = {i.operation.id for i in self._session.interactions if i.probe.name.partition(" of ")[0] in names}
        asked.update(finding.operations)
        return replace(finding, unasked=tuple(name for name in self._session.successes if name not in asked))

    def _was_tested(self, known: suppressions.KnownFinding) -> bool:
        """Whether the run would have seen a finding of the baseline, if it were still there."""
        session, operation, rule = self._session, known.operation, known.rule
        is_checked = rule in session.checked_rules.get(operation, ())
        # Sequences of writes check several operations together.
        may_be_checked = self._options.allow_unsafe and session.check_counts[rule] > 0
        return (
            not self._is_cut
            and known.phases <= session.ran
            and operation in session.successes
            and operation not in session.sender.given_up.keys() | session.sender.throttled.keys()
            and self._options.severities.get(rule) != "off"
            and (is_checked or may_be_checked)
        )

    def result(self, started: str, seconds: float) -> RunResult:
        """The whole result."""
        session = self._session
        contract = session.context.contract
        statuses = Counter(exchange.response.status for _, exchange in session.sender.sent if exchange.response)
        statuses.update(status for _, status, _ in session.sender.waits)
        result, headline = self._result()
        return RunResult(
            result=result,
            headline=headline,
            contract=f"{contract.name} ({contract.title} {contract.version})",
            target=session.target.url,
            operations=tuple(operation.id for operation in session.selection.operations),
            profile=self._options.profile,
            seed=self._options.seed,
            requests=len(session.sender.sent),
            seconds=seconds,
            started=started,
            findings=self._findings,
            notes=tuple(self._notes()),
            statuses=tuple(sorted(statuses.items())),
            rules=tuple(sorted(session.check_counts.items())),
            exchanges=tuple(exchange for _, exchange in session.sender.sent),
            coverage=self._coverage,
            checked={name: tuple(sorted(rules)) for name, rules in session.checked_rules.items()},
            phases=tuple(PhaseCost(name, *cost) for name, cost in session.costs.items()),
            ran=tuple(sorted(session.ran)),
            cut=self._cut(),
        )

    def _result(self) -> tuple[Result, str]:
        session = self._session
        statuses = Counter(finding.status for finding in self._findings)
        failures = statuses[FindingStatus.OPEN] + statuses[FindingStatus.FLAKY]
        warnings = statuses[FindingStatus.WARNING]
        counted = [item for item in self._coverage if item.reason != "not selected"]
        tested = sum(item.tested for item in counted)
        numbers = [
            plural(failures, "finding") if failures else "no findings",
            *(f"{statuses[each]} {each}" for each in (FindingStatus.WAIVED, FindingStatus.KNOWN) if statuses[each]),
            *([plural(warnings, "warning")] if warnings else []),
        ]
        unchanged = len(session.selection.unchanged)
        covered = (
            f"{tested:,} of {plural(len(counted), 'operation')} tested"
            f"{f' ({unchanged:,} unchanged left out)' if unchanged else ''}, "
            f"{plural(len(session.sender.sent), 'request')}, {plural(sum(session.check_counts.values()), 'check')}"
        )
        headline = f"{', '.join(numbers)}; {covered}."
        if failures or (warnings and self._options.fail_on_warnings):
            return Result.FAILED, self._with_cut(headline)
        if not session.interactions:
            return Result.INCONCLUSIVE, f"no request could be sent; {covered}. {self._why_no_success()}"
        if session.expired:
            why = "the credentials expired: the server stopped accepting them"
            return Result.INCONCLUSIVE, f"{why}; {covered}. Pass a token that is valid for longer."
        if not session.successes:
            return Result.INCONCLUSIVE, f"no request succeeded; {covered}. {self._why_no_success()}"
        operations = session.contract.operations
        if not self._options.allow_partial and (why := only_open_tested(operations, self._coverage)):
            return Result.INCONCLUSIVE, f"{why}; {headline}"
        cut = self._cut()
        if cut and (session.sender.stopped == INTERRUPTED or not self._options.allow_partial):
            return Result.INCONCLUSIVE, f"{cut}; {headline}"
        return Result.PASSED, self._with_cut(headline)

    def _with_cut(self, headline: str) -> str:
        """A headline that also says that the plan was not finished, unless that is what --fail-fast is for."""
        cut = self._cut()
        return f"{headline.removesuffix('.')}; {cut}." if cut and not self._options.fail_fast else headline

    def _cut(self) -> str:
        """That the plan was not finished, and why, where one reason is known; empty if it was."""
        session = self._session
        unfinished = "the plan was not finished"
        if session.sender.stopped:
            return f"{unfinished}: {session.sender.stopped}"
        if session.expired:
            return f"{unfinished}: the credentials expired"
        if session.unfinished and session.options.fail_fast:
            return unfinished
        if session.unfinished:
            return f"{unfinished} within {session.options.time_limit:g} s (--time-limit)"
        if self._limited:
            return f"{unfinished}: the server limited the rate of requests"
        return unfinished if session.sender.given_up else ""

    def _covered(self) -> Iterator[OperationCoverage]:
        session = self._session
        for operation in session.contract.operations.values():
            reason = session.selection.left_out.get(operation.id, "")
            tested = operation.id in session.successes
            if not reason and not tested:
                reason = why_untested(session, operation)
            yield OperationCoverage(operation.id, operation.method, operation.path, tested, reason)

    def _notes(self) -> Iterator[str]:
        session, target = self._session, self._session.target
        if session.sender.stopped:
            yield f"Stopped: {session.sender.stopped}."
        if session.expired:
            yield "Stopped: the credentials expired. The server no longer accepts them, although it did at first."
        if session.unfinished:
            is_cut = not (session.expired or session.sender.stopped or session.options.fail_fast)
            limit = f"{session.options.time_limit:g} s"
            why = (
                f"Each phase has a share of the time limit, and {limit} is too short (--time-limit). " if is_cut else ""
            )
            yield f"{why}Not sent: {'; '.join(session.unfinished)}."
        yield from self._unchecked_notes()
        untested = () if self._is_base_path_wrong() else self._coverage
        yield from untested_notes(untested, (NOT_SELECTED, *session.sender.given_up.values()))
        yield from second_user_notes(session)
        accessible = {name for each in self._findings if each.rule == ACCESSIBLE for name in each.operations}
        yield from shared_note(set(all_shared(session)) - accessible)
        yield from session.sequence_notes
        if withheld := session.sender.withheld:
            count = plural(sum(withheld.values()), "unsafe request")
            yield f"Not sent: {count} of {_some(sorted(withheld))}, because this run did not create the resources."
        yield from left_over_notes(session)
        if target.any_token:
            yield "Not checked: whether wrong tokens are rejected. This mock accepts any token; start it with --token."
        if target.any_path_value:
            yield (
                "Not checked: whether unknown resource IDs return 404. This mock serves any ID; start it with --param."
            )
        operations = session.selection.operations
        silent = [o.id for o in operations if not o.is_open and o.responses and not o.documents_client_errors]
        if silent:
            yield f"The contract documents neither 401 nor 403 for {_some(silent)}, so either counts as denied."
        if problems := session.contract.problems:
            count = plural(len(problems), "problem")
            yield f"{count} in the contract, so not all of it was checked. The first: {problems[0]}"
        yield from self._undocumented_errors_note()
        yield from self._suppression_notes

    def _unchecked_notes(self) -> Iterator[str]:
        """Responses that were not checked, or only in part."""
        session = self._session
        if self._limited:
            count = plural(self._limited, "response")
            yield f"Not checked: {count} with 429 or 503, because the server limits the rate of requests."
        if waited := session.waited:
            yield f"Waited {waited}: the server limits the rate of requests (429 or 503)."
        for operation, seconds in session.sender.throttled.items():
            yield (
                f"Tested in part: {operation} limits the rate of its own requests (Retry-After: {seconds:.0f} s). Raise"
                f" its limit for tests, test it alone (--operation {operation} --time-limit 1800), or leave it out"
                f" (--exclude operation={operation})."
            )
        for operation, reason in session.sender.given_up.items():
            yield f"Gave up on {operation}: {reason}."
        if session.sender.cut_bodies:
            count = plural(session.sender.cut_bodies, "large body", "large bodies")
            yield f"Only the beginning of {count} was checked, to save memory."
        if session.sender.streams:
            named = _some(sorted(session.sender.streams))
            yield f"Too long to be read to the end, so only the beginning was checked: {named}."

    def _undocumented_errors_note(self) -> Iterator[str]:
        """What to do where the document describes no error response at all, so that each of them is a finding."""
        found = any(
            finding.rule == _UNDOCUMENTED and finding.status is FindingStatus.OPEN for finding in self._findings
        )
        operations = self._session.contract.operations.values()
        if found and not any(operation.documents_client_errors for operation in operations):
            yield (
                "The document describes no error responses, as is typical of generated documents. Describe them, "
                f'accept them by `{_UNDOCUMENTED} = "warning"` in [rules], or begin with a baseline (--write-baseline).'
            )

    def _why_no_success(self) -> str:
        session = self._session
        firsts = [item for item in session.interactions if item.probe.group == "first"]
        firsts = [item for item in firsts if item.probe.expect is not Expect.DENIED]
        if not firsts:
            operations = session.selection.operations
            if closed := [o for o in operations if not o.is_open and not _has_credentials(session)]:
                return f"Pass credentials of an authorized caller: {_credentials_option(closed)}."
            if not any(o.method in SAFE_METHODS for o in operations):
                untested = (item for item in self._coverage if not item.tested and item.reason not in LEFT_OUT)
                return " ".join(f"{item.operation}: {item.reason}." for item in islice(untested, _EXPLAINED))
            return "No existing resource is known: pass its path parameter with --param."
        seen = ", ".join(sorted({str(item.status) if item.status else item.exchange.error for item in firsts}))
        if self._is_base_path_wrong():
            return f"Got 404 from every operation: check the base path of the URL, {session.target.url}."
        if {item.status for item in firsts} & {401, 403}:
            return f"Got {seen}: {self._credentials_to_check()}.{_said(firsts, DENIED)}"
        advice = "check the URL and the contract"
        if not any(map(session.resources.is_given, session.selection.operations)):
            advice += ", and pass path parameters of existing resources with --param"
        return f"Got {seen}: {advice}.{_said(firsts, _REJECTED)}"

    def _is_base_path_wrong(self) -> bool:
        """Whether every request got 404, also where no ID of a resource can be the reason."""
        session = self._session
        plain = {o.id for o in session.selection.operations if not o.path_parameters()} & session.statuses.keys()
        seen = [session.statuses[operation].keys() for operation in session.statuses]
        return bool(plain) and all(statuses <= {404} for statuses in seen)

    def _credentials_to_check(self) -> str:
        """The option to look at where the server denied the caller: an API key is not a token."""
        session = self._session
        schemes = _schemes(session.selection.operations)
        for scheme in schemes:
            if _variable(scheme) in session.target.tokens:
                return f"check {_option(scheme).partition(' ')[0]}"
        if not schemes:
            return _without_security(session)
        if schemes[0].kind == "apiKey":
            return f"the contract takes an API key; pass {_option(schemes[0])}"
        return f"check {_credentials_option(session.selection.operations).partition(' ')[0]}"


def _said(items: Iterable[Interaction], statuses: Collection[int]) -> str:
    """What the server says with one of these statuses, such as that a token has expired; empty for nothing."""
    said = next((text for item in items if item.status in statuses and (text := _text(item))), "")
    return f" The server says: {said}" if said else ""


def _text(item: Interaction) -> str:
    """The beginning of the body of a response, on one line; empty for a page."""
    is_text = item.exchange.response is not None and "html" not in item.content_type
    return one_line(" ".join(item.text.split()), _SAID) if is_text else ""


def _schemes(operations: Iterable[Operation]) -> list[SecurityScheme]:
    """What operations ask of a caller, in all ways that they document."""
    return [scheme for operation in operations for each in operation.security for scheme in each]


def _variable(scheme: SecurityScheme) -> str:
    """The name of the credentials of a scheme among those of a target."""
    if scheme.kind == "apiKey":
        return credentials.key_variable(scheme.name)
    return credentials.AUTH if scheme.scheme == "basic" else credentials.TOKEN


def _option(scheme: SecurityScheme) -> str:
    """The option that takes the credentials of a scheme."""
    if scheme.kind == "apiKey":
        return f"--api-key {scheme.name}=VALUE"
    return "--auth USER:PASSWORD" if scheme.scheme == "basic" else "--token"


def _has_credentials(session: Session) -> bool:
    return bool(session.target.tokens or session.target.headers)


def _credentials_option(operations: Sequence[Operation]) -> str:
    """The option that takes the credentials of these operations, in the first way that they document."""
    return next(map(_option, _schemes(operations)), "--token")


def untested_notes(coverage: Iterable[OperationCoverage], known: Collection[str]) -> Iterator[str]:
    """Why operations were not tested, those with the same reason together; `known`: reasons that need no note."""
    by_reason: dict[str, list[str]] = {}
    for item in coverage:
        if not item.tested and item.reason not in known:
            by_reason.setdefault(item.reason, []).append(f"{item.operation} ({item.method} {item.path})")
    for reason, operations in by_reason.items():
        yield f"Not tested: {_some(operations)}: {reason}."


def _is_planned(item: Interaction) -> bool:
    """Whether a limited response cuts the plan: random requests are no plan, and a denied caller may be locked out."""
    return bool(item.exchange.response) and not item.probe.is_generated and item.probe.expect is not Expect.DENIED


def _without_security(session: Session) -> str:
    """What to do where an operation without documented security denies access."""
    return "check --header" if session.target.headers else _SEND_ANYWAY


NO_RESOURCE = "this run created no resource for it"


def _why_without_own(session: Session, operation: Operation, names: str) -> str:
    """Why an unsafe operation was not requested; `names`: the options that name a resource for it."""
    if not names:
        return "no request could be made"
    advice = f"for a resource that it may change, add {names}"
    creating = session.resources.created.creating(operation)
    selected = [each for each in creating if each.id not in session.selection.left_out]
    if creating and not selected:
        create, reason = creating[0], session.selection.left_out[creating[0].id]
        named = f"add --operation {create.id}, or {names}" if reason == NOT_SELECTED else advice
        why = reason if reason in LEFT_OUT else NOT_SELECTED
        return f"{NO_RESOURCE}, because {create.method} {create.path} is {why}; {named}"
    if selected and not any(each.id in session.statuses for each in selected):
        return f"{NO_RESOURCE} (no {selected[0].method} {selected[0].path} was sent); {advice}"
    if why := session.resources.created.why_none(operation):
        return f"{NO_RESOURCE} ({why}); {advice}"
    return f"the resource that this run created for it was deleted before; {advice}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def why_untested(session: Session, operation: Operation) -> str:
    """Why no documented success of an operation was seen."""
    if operation.id in session.sender.given_up:
        return session.sender.given_up[operation.id]
    statuses = session.statuses.get(operation.id)
    is_unsafe = operation.method not in SAFE_METHODS
    # A value for one operation by name allows that one to change the resource.
    only_for = f"{operation.id}:" if is_unsafe else ""
    names = " ".join(f"--param {only_for}{parameter.name}=VALUE" for parameter in operation.path_parameters())
    if not statuses:
        if session.is_over:
            return "the run ended before"
        if not operation.is_open and not _has_credentials(session):
            return f"{_NEEDS_CREDENTIALS}; add {_credentials_option([operation])}"
        if is_unsafe:
            return _why_without_own(session, operation, names)
        return f"no existing resource is known; add {names}" if names else "no request could be made"
    seen = ", ".join(str(status) if status else "no response" for status in sorted(statuses))
    if statuses.keys() & {*DENIED} and not operation.security:
        return f"access denied ({seen}); {_without_security(session)}"
    if statuses.keys() & {*DENIED}:
        option = _credentials_option([operation]).partition(" ")[0]
        return f"{_CREDENTIALS_DENIED} ({seen}); {'check' if _has_credentials(session) else 'pass'} {option}"
    if 404 in statuses and names:
        return f"no existing resource is known (got {seen}); add {names}"
    referred = session.references.of_body(operation)
    unknown = [name for name, schema in referred.items() if not session.references.values(name, schema)]
    if unknown:
        return f"no existing resource is known that its body could refer to with {', '.join(unknown)} (got {seen})"
    if operation.method == "POST" and takes_secret(operation):
        return f"its body requires a secret, and a made-up one got {seen}"
    other_state = f"; for a resource in another state, add {names}" if is_unsafe and names and 409 in statuses else ""
    rejected = (i for i in session.interactions if i.operation == operation and i.probe.group == "first" and i.status)
    said = next((text for item in rejected if item.status >= 400 and (text := _text(item))), "")
    return f"a valid request got {seen}{f' (the server says: {said})' if said else ''}{other_state}"


def only_open_tested(operations: Mapping[str, Operation], coverage: Iterable[OperationCoverage]) -> str:
    """That no operation that needs credentials could be tested, and why; empty if one was, or none needs any."""
    closed = [item for item in coverage if item.operation in operations and not operations[item.operation].is_open]
    reasons = [item.reason for item in closed if item.reason.startswith((_CREDENTIALS_DENIED, _NEEDS_CREDENTIALS))]
    if not reasons or any(item.tested for item in closed):
        return ""
    return f"no operation that needs credentials could be tested: {reasons[0]}"


def all_shared(session: Session) -> list[str]:
    """The operations of which every known resource counts as shared, so that no access to one was checked."""
    return [
        name
        for name, shared in session.shared.items()
        if all(values in shared for values in session.known.get(name, ()))
    ]


def shared_note(operations: Collection[str]) -> Iterator[str]:
    """That access to the resources of these operations was not checked; nothing for none."""
    if operations:
        yield (
            f"Not checked for {_some(sorted(operations))}: whether a second user can access the first user's "
            "resources. The second user's own lists show them, or are excluded, so they count as shared."
        )


def second_user_notes(session: Session) -> Iterator[str]:
    """What the tokens of other callers could not tell, or that there are none."""
    tested = (o for o in session.selection.operations if o.id in session.successes and o.path_parameters())
    if (
        credentials.TOKEN_NONE not in session.target.tokens
        and _has_credentials(session)
        and any(not session.contract.operations[name].is_open for name in session.successes)
    ):
        yield "Not checked: whether a caller without any permission is denied. Add --token-none to check it."
    has_other = credentials.OTHER_TOKEN in session.target.tokens or not _has_credentials(session)
    if not has_other and any(not o.is_open for o in tested):
        yield "Not checked: whether a second user can access the first user's resources. Add --other-token to check it."
    others = [item for item in session.interactions if item.probe.trigger == ANOTHER_USER]
    if others and all(item.status == 401 for item in others):
        yield (
            "Not checked: whether a second user can access the first user's resources. The server did not accept the "
            "token of --other-token (401)."
        )
