"""What a run comes to: passed, failed or inconclusive, with the numbers and the reasons."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.faulty_servers.crud import messages
from tests.faulty_servers.crud.serving import running
from tests.flowcontract.checks import library

from flowcontract.checks.findings import Finding, FindingStatus, Occurrence, Result, RunResult
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import ANOTHER_USER, Expect
from flowcontract.checks.suppressions import KnownFinding, Waiver
from flowcontract.engine.options import Options
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.engine.session import Session
from flowcontract.engine.summary import Summary
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

SHOP = library.shop()
OK = library.interaction(library.received(200, library.BOOK))
DENIED = library.interaction(library.received(403, library.ERROR), Expect.DOCUMENTED, name="first/read")


def _finding(rule: str = "invalid-json") -> Finding:
    """An open finding of `read`, or a warning where the rule is one."""
    violation = Violation(rule, "Expected valid JSON, got none.", "/paths/~1books~1{id}/get", "json")
    (found,) = group_findings([Occurrence(violation, OK)], SHOP, Target.at("http://127.0.0.1:1", ""))
    return found


OPEN, FLAKY, WARNING = _finding(), replace(_finding(), status=FindingStatus.FLAKY), _finding("slow-response")
WAIVER = Waiver("invalid-json", "read", "Until the parser is replaced.", "Ann", date(2026, 5, 4))

KNOWN = KnownFinding("Invalid JSON", "invalid-json", "read")


@pytest.fixture
def sender() -> Iterator[Sender]:
    with Sender(Target.at("http://127.0.0.1:1", ""), timeout=5.0, time_limit=60.0, workers=1) as opened:
        yield opened


def _session(
    sender: Sender, contract: Contract = SHOP, target: dict[str, Any] | None = None, **options: Any
) -> Session:
    session = new_session(contract, Target.at("http://127.0.0.1:1", "", **(target or {})), Options(**options), sender)
    session.interactions.append(OK)
    session.successes["read"] = OK
    return session


def _result(session: Session, findings: Sequence[Finding] = ()) -> RunResult:
    return Summary(session, findings).result("2026-05-04T10:00:00Z", 1.5)


@pytest.mark.parametrize(
    ("findings", "options", "result", "headline"),
    [
        ([], {}, Result.PASSED, "no findings"),
        ([OPEN], {}, Result.FAILED, "1 finding"),
        ([FLAKY], {}, Result.FAILED, "1 finding"),
        ([OPEN, FLAKY], {}, Result.FAILED, "2 findings"),
        ([WARNING], {}, Result.PASSED, "no findings, 1 warning"),
        ([WARNING], {"fail_on_warnings": True}, Result.FAILED, "no findings, 1 warning"),
        ([OPEN], {"baseline": {OPEN.fingerprint: KNOWN}}, Result.PASSED, "no findings, 1 known"),
        ([FLAKY], {"baseline": {OPEN.fingerprint: KNOWN}}, Result.PASSED, "no findings, 1 known"),
        ([WARNING], {"baseline": {WARNING.fingerprint: KNOWN}}, Result.PASSED, "no findings, 1 warning"),
        ([OPEN], {"waivers": (WAIVER,), "today": date(2026, 5, 4)}, Result.PASSED, "no findings, 1 waived"),
        ([OPEN], {"waivers": (WAIVER,), "today": date(2026, 5, 5)}, Result.FAILED, "1 finding"),
    ],
)
def test_open_and_flaky_findings_fail_a_run_and_others_do_not(
    sender: Sender, findings: list[Finding], options: dict[str, Any], result: Result, headline: str
) -> None:
    got = _result(_session(sender, **options), findings)

    assert (got.result, got.headline) == (result, f"{headline}; 1 of 1 operation tested, 0 requests, 0 checks.")


@pytest.mark.parametrize(
    ("ran", "options", "is_gone"),
    [
        ({"probes", "fuzzing"}, {}, True),
        ({"probes"}, {}, False),
        ({"probes", "fuzzing"}, {"severities": {"invalid-json": "off"}}, False),
    ],
    ids=["as in the run before", "a phase is switched off", "the rule is off"],
)
def test_a_finding_of_the_baseline_is_gone_only_if_the_run_looked_for_it(
    sender: Sender, ran: set[str], options: dict[str, Any], *, is_gone: bool
) -> None:
    known = replace(KNOWN, phases=frozenset({"probes", "fuzzing"}))
    session = _session(sender, baseline={"0a1b2c": known}, **options)
    session.ran |= ran
    session.count(OK, ["invalid-json"])

    (note,) = _result(session).notes

    assert note.startswith("In the baseline, but not found: " if is_gone else "Not found by this run, which did not ")


@pytest.mark.parametrize(
    ("probes", "unasked"),
    [
        (["id/word of list", "id/minimized 3 of list"], ("read",)),
        (["id/word of list", "coverage/3 of list"], ()),
        (["credentials/absent/known of list"], ()),
    ],
    ids=["not every operation gets it", "generated for every operation", "about security"],
)
def test_operations_that_were_not_asked_may_have_a_finding_as_well(
    sender: Sender, probes: list[str], unasked: tuple[str, ...]
) -> None:
    (finding,) = _result(_session(sender), [replace(OPEN, probes=tuple(probes), operations=("list",))]).findings

    assert finding.unasked == unasked


def test_the_headline_counts_unchanged_operations(sender: Sender) -> None:
    session = _session(sender)
    session.selection = replace(session.selection, unchanged=frozenset({"list", "add"}))

    assert "1 of 1 operation tested (2 unchanged left out), 0 requests" in _result(session).headline


@pytest.mark.parametrize("is_accessible", [False, True])
def test_what_a_second_user_reaches_was_checked(sender: Sender, *, is_accessible: bool) -> None:
    session = _session(sender)
    session.shared["read"] = []
    session.known["read"] = []
    finding = replace(OPEN, rule="resource-of-another-user-accessible", operations=("read",))

    notes = _result(session, [finding] if is_accessible else []).notes

    assert any(note.startswith("Not checked for read: whether a second user") for note in notes) != is_accessible


def test_without_a_request_or_a_success_a_run_is_inconclusive(sender: Sender) -> None:
    nothing, denied, cut = _session(sender), _session(sender), _session(sender)
    nothing.interactions.clear()
    nothing.successes.clear()
    denied.interactions[:] = [DENIED]
    denied.successes.clear()
    denied.statuses["read"] = {403: 2}  # type: ignore[assignment]
    cut.unfinished.append("12 requests of the phase `probes`")
    nothing_tested = "0 of 1 operation tested, 0 requests, 0 checks"

    advice = "Pass credentials of an authorized caller: --token."
    assert _result(nothing).headline == f"no request could be sent; {nothing_tested}. {advice}"
    assert _result(denied).headline.startswith(f"no request succeeded; {nothing_tested}. Got 403: check --token")
    assert _result(cut).headline.startswith("the plan was not finished within 120 s (--time-limit); no findings; 1 ")
    assert {_result(session).result for session in (nothing, denied, cut)} == {Result.INCONCLUSIVE}
    assert _result(nothing, [OPEN]).result is Result.FAILED


def _limited(**probe: Any) -> Interaction:
    return library.interaction(
        library.received(429, library.ERROR, "application/json", ("Retry-After", "900")), **probe
    )


@pytest.mark.parametrize(
    ("limited", "options", "result"),
    [
        (_limited(), {}, Result.INCONCLUSIVE),
        (_limited(), {"allow_partial": True}, Result.PASSED),
        (_limited(is_generated=True), {}, Result.PASSED),
        (_limited(expect=Expect.DENIED), {}, Result.PASSED),
    ],
    ids=["of the plan", "allowed", "drawn at random", "after wrong credentials"],
)
def test_a_run_that_the_server_limits_has_not_finished_its_plan(
    sender: Sender, limited: Interaction, options: dict[str, Any], result: Result
) -> None:
    session = _session(sender, **options)
    session.interactions.append(limited)

    got = _result(session)

    assert got.result is result
    if result is Result.INCONCLUSIVE:
        assert got.headline.startswith(
            "the plan was not finished: the server limited the rate of requests; no findings"
        )
        assert got.notes == (
            "Not checked: 1 response with 429 or 503, because the server limits the rate of requests.",
        )


HEALTH = {"get": {"operationId": "health", "security": [], "responses": {"200": {"description": "Up."}}}}
WITH_HEALTH = Contract({**SHOP.document, "paths": {**SHOP.document["paths"], "/health": HEALTH}})


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"token": "expired"}, "credentials denied (403); check --token"),
        ({}, "it needs credentials; add --token"),
    ],
)
def test_a_run_that_only_reaches_what_needs_no_credentials_is_inconclusive(
    sender: Sender, target: dict[str, str], reason: str
) -> None:
    def session(**options: Any) -> Session:
        found = _session(sender, WITH_HEALTH, target, **options)
        found.successes = {"health": OK}
        found.statuses["read"] = Counter({403: 2}) if target else Counter()
        return found

    got = _result(session())

    assert got.result is Result.INCONCLUSIVE
    assert got.headline.startswith(f"no operation that needs credentials could be tested: {reason}; no findings; 1 ")
    assert _result(session(allow_partial=True)).result is Result.PASSED
    assert _result(session(), [OPEN]).result is Result.FAILED


def test_a_rejected_request_shows_that_the_credentials_are_accepted(sender: Sender) -> None:
    session = _session(sender, WITH_HEALTH, {"token": "valid"})
    session.successes = {"health": OK}
    session.statuses["read"] = Counter({404: 1})

    assert _result(session).result is Result.PASSED


@pytest.mark.parametrize(
    ("content", "media", "said"),
    [
        ({"detail": "Token has expired."}, "application/json", ' The server says: {"detail": "Token has expired."}'),
        ("<h1>Denied</h1>", "text/html", ""),
        (None, None, ""),
    ],
)
def test_the_headline_has_what_the_server_says_about_the_credentials(
    sender: Sender, content: Any, media: str | None, said: str
) -> None:
    session = _session(sender)
    denied = library.received(401, content, media)
    session.interactions[:] = [library.interaction(denied, Expect.DOCUMENTED, name="first/read")]
    session.successes.clear()
    session.statuses["read"] = {401: 1}  # type: ignore[assignment]

    assert _result(session).headline.endswith(f"Got 401: check --token.{said}")


def test_a_part_of_a_plan_is_enough_where_that_is_allowed(sender: Sender) -> None:
    session = _session(sender, allow_partial=True, time_limit=7.0)
    session.unfinished.append("12 requests")

    got = _result(session)

    cut = "the plan was not finished within 7 s (--time-limit)"
    assert (got.result, got.cut) == (Result.PASSED, cut)
    assert got.headline.endswith(f"0 checks; {cut}.")
    assert _result(session, [OPEN]).headline.endswith(f"0 checks; {cut}.")
    why = "Each phase has a share of the time limit, and 7 s is too short (--time-limit)."
    assert got.notes[0] == f"{why} Not sent: 12 requests."


@pytest.mark.parametrize(
    ("schemes", "tokens", "advice"),
    [
        (["cookie", "basic"], {"user_password": "me:secret"}, "check --auth"),
        (["cookie", "basic"], {}, "the contract takes an API key; pass --api-key cookie=VALUE"),
        (["basic", "cookie"], {}, "check --auth"),
        (["bearer"], {"token": "a"}, "check --token"),
    ],
)
def test_a_denied_caller_is_told_which_credentials_to_check(
    sender: Sender, schemes: list[str], tokens: dict[str, Any], advice: str
) -> None:
    known = {
        "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    document = {**library.shop(security=[{name: []} for name in schemes]).document}
    session = _session(sender, Contract({**document, "components": {"securitySchemes": known}}), target=tokens)
    session.interactions[:] = [DENIED]
    session.successes.clear()

    assert f"Got 403: {advice}. The server says: " in _result(session).headline


def test_expired_credentials_make_a_run_inconclusive(sender: Sender) -> None:
    session = _session(sender)
    session.expired = True

    got = _result(session)

    assert got.result is Result.INCONCLUSIVE
    assert got.headline.startswith("the credentials expired: the server stopped accepting them; 1 of 1")
    assert got.headline.endswith("Pass a token that is valid for longer.")


@pytest.mark.parametrize(
    ("statuses", "target", "reason"),
    [
        ({}, {}, "it needs credentials; add --token"),
        ({}, {"token": "a-token"}, "no existing resource is known; add --param id=VALUE"),
        ({403: 1, 404: 1}, {}, "credentials denied (403, 404); pass --token"),
        ({401: 1}, {"token": "a-token"}, "credentials denied (401); check --token"),
        ({404: 1, 500: 2}, {}, "no existing resource is known (got 404, 500); add --param id=VALUE"),
        ({500: 1, 0: 1}, {}, "a valid request got no response, 500"),
    ],
)
def test_why_an_operation_is_not_tested(
    sender: Sender, statuses: dict[int, int], target: dict[str, Any], reason: str
) -> None:
    session = _session(sender, target=target)
    session.successes.clear()
    if statuses:
        session.statuses["read"] = statuses  # type: ignore[assignment]

    got = _result(session)

    assert [(item.operation, item.tested, item.reason) for item in got.coverage] == [("read", False, reason)]
    assert f"Not tested: read (GET /books/{{id}}): {reason}." in got.notes


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        (
            {"token": "a-token"},
            (
                "the contract requires no credentials there; document `security`, or add --header 'NAME: VALUE' to "
                "send them anyway"
            ),
        ),
        ({"headers": [("Authorization", "Bearer a-token")]}, "check --header"),
    ],
)
def test_a_server_may_deny_what_the_contract_does_not_protect(
    sender: Sender, target: dict[str, Any], advice: str
) -> None:
    session = _session(sender, library.shop(is_open=True), target)
    session.successes.clear()
    session.interactions[:] = [DENIED]
    session.statuses["read"] = Counter({403: 1})

    got = _result(session)

    assert f"Got 403: {advice}." in got.headline
    assert [item.reason for item in got.coverage] == [f"access denied (403); {advice}"]


def test_where_every_operation_gets_404_only_the_base_path_is_doubted(sender: Sender) -> None:
    item = {"get": {"operationId": "list", "responses": {"200": {"description": "Books."}}}}
    session = _session(sender, Contract({**SHOP.document, "paths": {**SHOP.document["paths"], "/books": item}}))
    session.successes.clear()
    session.interactions[:] = [library.interaction(library.received(404, library.ERROR), name="first/read")]
    session.statuses.update({"read": Counter({404: 1}), "list": Counter({404: 2})})

    got = _result(session)

    assert got.headline.endswith("Got 404 from every operation: check the base path of the URL, http://127.0.0.1:1.")
    assert got.notes == ()


def test_a_document_without_error_responses_gets_one_hint(sender: Sender) -> None:
    silent = library.shop({"200": library.json_response({})})
    finding = _finding("undocumented-status-code")

    notes = _result(_session(sender, silent), [finding]).notes

    assert [note for note in notes if 'undocumented-status-code = "warning"' in note]
    for session, findings in ((_session(sender, silent), []), (_session(sender), [finding])):
        assert not [note for note in _result(session, findings).notes if "no error responses" in note]


def test_crashes_come_first_and_undocumented_statuses_last(sender: Sender) -> None:
    names = ["undocumented-status-code", "invalid-json", "missing-authorization-check", "server-error"]

    got = _result(_session(sender), [_finding(name) for name in names])

    assert [finding.rule for finding in got.findings] == names[::-1]


def test_the_notes_say_what_could_not_be_checked(sender: Sender) -> None:
    silent = _session(sender, library.shop({"200": library.json_response({})}))
    user = _session(sender)
    user.interactions.append(library.interaction(library.received(401, library.ERROR), trigger=ANOTHER_USER))
    shared = _session(sender)
    shared.shared["read"] = [{"id": "x"}]
    in_part = _session(sender)
    in_part.shared["read"] = [{"id": "x"}]
    in_part.known["read"] = [{"id": "x"}, {"id": "y"}]

    assert "The contract documents neither 401 nor 403 for read, so either counts as denied." in _result(silent).notes
    assert any("did not accept the token of --other-token (401)" in note for note in _result(user).notes)
    assert any("The second user's own lists show them" in note for note in _result(shared).notes)
    assert _result(in_part).notes == (), "access to one of its resources was checked"
    assert _result(_session(sender)).notes == ()


def test_a_run_without_a_second_user_says_what_it_did_not_check(sender: Sender) -> None:
    note = "Not checked: whether a second user can access the first user's resources. Add --other-token to check it."

    assert note in _result(_session(sender, target={"token": "first"})).notes
    assert note not in _result(_session(sender, target={"token": "first", "other_token": "second"})).notes


def test_a_run_without_a_caller_without_permissions_says_what_it_did_not_check(sender: Sender) -> None:
    note = "Not checked: whether a caller without any permission is denied. Add --token-none to check it."

    assert note in _result(_session(sender, target={"token": "first"})).notes
    assert note not in _result(_session(sender, target={"token": "first", "none_token": "nobody"})).notes


def test_waiting_for_a_server_that_limits_the_rate_is_told() -> None:
    responses = iter([messages.Response(429, {}, {"Retry-After": "0"}), messages.Response(200, {"id": 1})])
    with (
        running(lambda _: next(responses)) as url,
        Sender(target := Target.at(url, ""), timeout=5.0, time_limit=60.0) as opened,
    ):
        session = new_session(SHOP, target, Options(), opened)
        session.send([OK.probe])

        got = _result(session)

    assert session.waited == "0 s for read"
    assert "Waited 0 s for read: the server limits the rate of requests (429 or 503)." in got.notes
    assert got.statuses == ((200, 1), (429, 1))
