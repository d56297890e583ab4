"""What counts in the end: rejected valid input, and differences that are not there again."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count

import pytest
from tests.faulty_servers.crud import messages
from tests.faulty_servers.crud.serving import running
from tests.flowcontract.checks import library

from flowcontract import engine
from flowcontract.checks.findings import FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.status import INVALID_INPUT
from flowcontract.engine.confirmation import Findings, names_limit_of_dates
from flowcontract.engine.options import Options
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {
                "post": {
                    "operationId": "create",
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": {"201": {"description": "Done."}, "400": {"description": "No."}},
                }
            }
        },
    }
)
TARGET = Target.at("http://127.0.0.1:1", "")


def _fails(
    contract: Contract,
    operation: str,
    path: str,
    accepted: Mapping[bytes, bool],
    *,
    body: bytes = b'{"n": 1}',
    target: Target = TARGET,
    response: bytes = b"",
) -> bool:
    """Whether a rejected valid request is a failure, after valid input of which the server accepted what is True."""
    request = Request("POST", path, (("Content-Type", "application/json"),), body)
    with Sender(target, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(contract, target, Options(allow_unsafe=True), sender)
        probe = Probe(f"fuzzing/1 of {operation}", "", operation, request, Expect.DOCUMENTED, is_generated=True)
        item = session.interaction(probe, Exchange(request, Response(400, (), response, 0.1)))
        session.succeeded(item)
        session.valid_input[operation] = {(path, body): known for body, known in accepted.items()}
        pointer = f"/paths/~1{path.partition('?')[0].strip('/')}/post"
        violation = Violation("valid-request-rejected", "Expected success, got 400.", pointer, "400")
        session.occurrences.append(Occurrence(violation, item))
        return bool(Findings(session).occurrences())


@pytest.mark.parametrize(
    ("rejected", "accepted", "fails"),
    [(23, 1, True), (5, 1, True), (4, 1, False), (18, 2, True), (17, 2, False), (5, 0, True), (4, 0, False)],
)
def test_nearly_every_input_has_to_be_rejected(rejected: int, accepted: int, fails: bool) -> None:
    known = {
        **{b"rejected %d" % number: False for number in range(rejected)},
        **{b"accepted %d" % number: True for number in range(accepted)},
    }

    assert _fails(CONTRACT, "create", "/items", known) == fails


@pytest.mark.parametrize(("name", "fails"), [("cursor", False), ("color", True)])
def test_a_cursor_that_the_server_did_not_return_may_be_rejected(name: str, fails: bool) -> None:
    document = copy.deepcopy(CONTRACT.document)
    document["paths"]["/items"]["post"]["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}}]

    assert _fails(Contract(document), "create", f"/items?{name}=", {b"%d" % n: False for n in range(9)}) == fails


@pytest.mark.parametrize(
    ("where", "text", "fails"),
    [
        ("operation", "Only open shops take items.", True),
        ("operation", "Only the owner may do this (403).", True),
        ("operation", "Adds an item.\n\nBoth sizes differ (400).", False),
        ("operation", "Both sizes (400), and the owner (403).", False),
        ("body", "At most one of them (400).", False),
        ("body", "An item of the shop.", True),
        ("schema", "Source and target must differ (400).", False),
        ("schema", "A conflict is 409: names must be free.", True),
        ("named", "One of the item's sizes.", False),
        ("other", "One of the item's sizes.", True),
    ],
)
def test_a_rule_that_only_words_state_may_reject_valid_input(where: str, text: str, *, fails: bool) -> None:
    properties = {"named": {"type": "string"}, "other": {"type": "string"}}
    schema = {"type": "object", "properties": {"lines": {"type": "array", "items": {"properties": properties}}}}
    document = copy.deepcopy(CONTRACT.document)
    operation = document["paths"]["/items"]["post"]
    operation["requestBody"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Item"}
    document["components"] = {"schemas": {"Item": schema}}
    places = {"operation": operation, "body": operation["requestBody"], "schema": schema, **properties}
    places[where]["description"] = text
    rejected, said = {b"%d" % number: False for number in range(9)}, b'{"fields": {"/lines/0/named": "No."}}'

    assert _fails(Contract(document), "create", "/items", rejected, response=said) == fails


@pytest.mark.parametrize(("member", "fails"), [("password", False), ("name", True)])
def test_a_login_rejects_a_made_up_password(member: str, fails: bool) -> None:
    schema = {"type": "object", "properties": {member: {"type": "string"}}}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/login": {
                    "post": {
                        "operationId": "login",
                        "requestBody": {"content": {"application/json": {"schema": schema}}},
                        "responses": {"200": {"description": "Done."}, "400": {"description": "No."}},
                    }
                }
            },
        }
    )

    assert _fails(contract, "login", "/login", {b"%d" % number: False for number in range(9)}) == fails


@pytest.mark.parametrize(
    ("status", "body", "fails"),
    [
        (201, b'{"end": "2000-01-01", "start": "1999-12-31"}', False),
        (201, b'{"end": "2000-01-01", "start": "2000-01-02"}', False),
        (409, b'{"end": "2000-01-01", "start": "1999-12-31"}', False),
        (400, b'{"end": "2000-01-01", "start": "1999-12-31"}', True),
        (400, b'{"end": "2000-01-01", "start": "2000-01-01"}', False),
    ],
)
def test_a_date_that_is_not_soon_or_not_the_later_one_may_be_rejected(status: int, body: bytes, *, fails: bool) -> None:
    document = copy.deepcopy(CONTRACT.document)
    dates = {name: {"type": "string", "format": "date"} for name in ("end", "start")}
    media = {"schema": {"type": "object", "properties": dates, "required": list(dates)}}
    document["paths"]["/items"]["post"]["requestBody"]["content"]["application/json"] = media
    sent: list[list[str]] = []

    def book(request: messages.Request) -> messages.Response:
        body = json.loads(request.body)
        sent.append([body["start"], body["end"]])
        days = [(date.fromisoformat(each) - datetime.now(UTC).date()).days for each in sent[-1]]
        return messages.Response(status if 0 < days[0] < days[1] <= 60 else 400, {})

    with running(book) as url:
        rejected = {b"%d" % number: False for number in range(9)}
        target = Target.at(url.removesuffix("/v1"), "")
        assert _fails(Contract(document), "create", "/items", rejected, body=body, target=target) == fails

    assert len(sent) <= 2


@pytest.mark.parametrize(
    ("text", "is_limit"),
    [
        ('{"field": "due_on", "message": "Must be within 28 days from today."}', True),
        ('{"due_on": ["Expected a date in the future."]}', True),
        ('{"due_on": ["This value is wrong."]}', False),
        ('{"size": ["Not allowed today."]}', False),
    ],
)
def test_a_rejection_may_name_a_limit_of_dates(text: str, *, is_limit: bool) -> None:
    schema = {"type": "object", "properties": {"due_on": {"type": "string", "format": "date"}, "size": {}}}
    contract = library.with_creation(schema)
    request = Request("POST", "/books", (), b'{"due_on": "2001-01-01", "size": 1}')
    operation = next(each for each in contract.operations.values() if each.method == "POST")
    probe = Probe("fuzzing/1", "", operation.id, request, Expect.DOCUMENTED, is_generated=True)
    response = Response(422, (("Content-Type", "application/json"),), text.encode(), 0.1)

    assert names_limit_of_dates(Interaction(probe, operation, Exchange(request, response))) == is_limit


@pytest.mark.parametrize(("plain", "rules"), [(403, ["valid-request-rejected"]), (200, ["undocumented-input-effect"])])
def test_where_the_plain_request_fails_nothing_is_said_of_what_is_added_to_it(plain: int, rules: list[str]) -> None:
    contract = library.shop()
    base, added = (
        library.interaction(library.received(code, body), name=name, relation=relation)
        for code, body, name, relation in [
            (plain, library.BOOK if plain == 200 else library.ERROR, "resource/base", Relation.NONE),
            (403, library.ERROR, "query/unknown", Relation.SAME),
        ]
    )
    with Sender(TARGET, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(contract, TARGET, Options(), sender)
        session.succeeded(library.interaction(library.received(200, library.BOOK), contract=contract))
        session.interactions += [base, added]

        found = Findings(session).occurrences()

    assert [occurrence.violation.rule for occurrence in found] == rules


@pytest.mark.parametrize("period", [7, 40, 60])
def test_a_response_that_changes_from_time_to_time_is_a_clock(period: int) -> None:
    ticks = count()

    def clock(request: messages.Request) -> messages.Response:
        if request.method != "GET" or request.path != "/v1/now":
            return messages.Response(404 if request.path != "/v1/now" else 405, {}, {"Allow": "GET"})
        return messages.Response(200, f"tick {next(ticks) // period}", media="text/plain")

    responses = {"200": {"description": "Now.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Clock", "version": "1"},
            "paths": {"/now": {"get": {"operationId": "now", "responses": responses}}},
        }
    )
    with running(clock) as url:
        result = engine.run(contract, Target.at(url, "/v1"), engine.Options())

    assert [finding.rule for finding in result.open_findings] == []


def test_a_failure_of_a_resource_that_is_gone_by_now_is_not_flaky() -> None:
    item = library.interaction(library.received(200, {"id": None}))
    with (
        running(lambda _: messages.Response(404, {})) as url,
        Sender(target := Target.at(url, ""), timeout=5.0, time_limit=60.0, workers=1) as sender,
    ):
        session = new_session(library.shop(), target, Options(), sender)
        session.interactions.append(item)
        violation = Violation("schema-violation", "/id: expected string, got null.", "/paths", "id", part="/id")

        (finding,) = Findings(session).retried([Occurrence(violation, item)])

    assert finding.status is FindingStatus.OPEN


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ([{"id": "b", "name": "Emma"}], FindingStatus.OPEN),
        ([{"id": "a", "name": "Emma"}], FindingStatus.FLAKY),
    ],
    ids=["another item", "the same item"],
)
def test_a_failure_of_an_item_that_the_list_does_not_have_any_more_is_not_flaky(now: object, status: object) -> None:
    item = library.interaction(library.received(200, {**library.BOOK, "items": [{"id": "a", "name": None}]}))
    with (
        running(lambda _: messages.Response(200, {**library.BOOK, "items": now})) as url,
        Sender(target := Target.at(url, ""), timeout=5.0, time_limit=60.0, workers=1) as sender,
    ):
        session = new_session(library.shop(), target, Options(), sender)
        session.interactions.append(item)
        part = "/items/0/name"
        violation = Violation("schema-violation", f"{part}: expected string, got null.", "/paths", "name", part=part)

        (finding,) = Findings(session).retried([Occurrence(violation, item)])

    assert finding.status is status


def test_many_parameters_that_are_not_validated_are_not_retried_with_checks_that_do_not_see_it() -> None:
    parts = [f"query parameter {name}" for name in "abcd"]
    items = [library.interaction(library.received(200, library.BOOK), name=f"coverage/{part}") for part in parts]
    violations = [
        Violation(
            "invalid-input-accepted",
            "Expected a client error, got 200.",
            "/paths",
            f"{INVALID_INPUT} {part}",
            part=part,
        )
        for part in parts
    ]

    (finding,) = group_findings(list(map(Occurrence, violations, items)), library.shop(), TARGET)

    assert finding.is_from_schemathesis


@pytest.mark.parametrize(
    ("error", "times", "fails"), [("timeout", 1, False), ("timeout", 3, True), ("closed", 1, True)]
)
def test_a_single_timeout_may_be_a_busy_machine(error: str, times: int, fails: bool) -> None:
    request = Request("POST", "/items", (("Content-Type", "application/json"),), b"{}")
    with Sender(TARGET, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(CONTRACT, TARGET, Options(allow_unsafe=True), sender)
        probe = Probe("first/it of create", "", "create", request, Expect.DOCUMENTED)
        item = session.interaction(probe, Exchange(request, None, error))
        session.interactions.append(item)
        violation = Violation("no-response", "Expected a response, got none.", "/paths/~1items/post", error)

        found = Findings(session).retried([Occurrence(violation, item)] * times)

    assert bool(found) == fails


@pytest.mark.parametrize(("method", "uses"), [("PUT", True), ("get", False), ("FLOWCONTRACT", False)])
def test_405_for_a_method_that_nobody_knows_says_nothing_about_others(method: str, uses: bool) -> None:
    with Sender(TARGET, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(CONTRACT, TARGET, Options(allow_unsafe=True), sender)
        request = Request(method, "/items")
        probe = Probe("method/x of create", "", "create", request, Expect.METHOD_NOT_ALLOWED)
        session.interactions.append(session.interaction(probe, Exchange(request, Response(405, (), b"", 0.1))))

        Findings(session).occurrences()

    assert session.context.uses_405 == uses


@pytest.mark.parametrize(
    ("times", "limit"),
    [
        ((9.0, 9.0, 9.0), 2.0),
        ((0.1, 0.1, 0.1, 0.1), 2.0),
        ((0.5, 0.5, 0.5, 0.5), 5.0),
        ((0.1, 0.1, 0.1, 0.1, 0.1, 1.0, 1.0, 1.0), 6.0),
    ],
    ids=["too few", "fast", "by the median", "by the slowest quarter"],
)
def test_a_response_is_slow_where_others_of_the_target_are_not(times: tuple[float, ...], limit: float) -> None:
    with Sender(TARGET, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(library.shop(), TARGET, Options(), sender)
        session.interactions += [
            library.interaction(library.received(200, library.BOOK, elapsed=time), name="first/it") for time in times
        ]

        Findings(session).occurrences()

    assert session.context.max_response_time == pytest.approx(limit)


@pytest.mark.parametrize(
    ("rule", "status", "counts"),
    [
        ("server-error", 500, True),
        ("server-error", 501, False),
        ("undocumented-status-code", 500, False),
        ("valid-request-rejected", 401, False),
    ],
)
def test_of_a_server_that_serves_nothing_only_what_is_wrong_anywhere_counts(
    rule: str, status: int, counts: bool
) -> None:
    with Sender(TARGET, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(library.shop(), TARGET, Options(), sender)
        session.interactions.append(library.interaction(library.received(404, library.ERROR), name="first/it"))
        item = library.interaction(library.received(status, library.ERROR), name="first/other")
        session.occurrences.append(Occurrence(Violation(rule, "Expected something else.", "/paths", "500"), item))

        found = Findings(session).occurrences()

    assert bool(found) == counts


@pytest.mark.parametrize(("paths", "fails"), [(("/books/a/", "/books/a%2F"), False), (("/books/a%2F",), True)])
def test_an_encoded_slash_may_be_ignored_where_any_last_slash_is(paths: tuple[str, ...], fails: bool) -> None:
    book = library.received(200, {"id": "a"})
    item = library.interaction(book, Expect.NOT_FOUND, target="/books/a%2F", values={"id": "a/"})

    def serve(request: messages.Request) -> messages.Response:
        return messages.Response(200, {"id": "a"}) if request.target in paths else messages.Response(404, {})

    with (
        running(serve) as url,
        Sender(target := Target.at(url, ""), timeout=5.0, time_limit=60.0, workers=1) as sender,
    ):
        session = new_session(library.shop(), target, Options(), sender)
        session.interactions.append(item)
        violation = Violation("nonexistent-resource-found", "Expected 404, got 200.", "/paths", "success")

        found = Findings(session).retried([Occurrence(violation, item)])

    assert bool(found) is fails
