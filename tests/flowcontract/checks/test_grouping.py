"""Failures that are one defect are one finding, over all operations, shown by the plainest request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.findings import SCHEMATHESIS, Failure, Finding, FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings, grouped
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import ANOTHER_USER, Expect, Probe
from flowcontract.checks.registry import RULES
from flowcontract.checks.status import INVALID_INPUT
from flowcontract.http.curl import curl
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.script import SequenceStep, script
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

OPERATIONS = ("list", "users", "old")
CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": "Done."}}}}
            for name in OPERATIONS
        },
    }
)
TARGET = Target.at("http://127.0.0.1:1", "")
TRACE = "ValueError: invalid literal for int() in parse_number, called from read_item of the service"


def _occurrence(
    rule: str,
    key: str,
    *,
    operation: str = "list",
    trigger: str = "",
    group: str = "query",
    target: str = "/list",
    body: str = "",
    media: str = "text/plain",
    odd: bool = False,
    values: Mapping[str, str] = MappingProxyType({}),
    method: str = "GET",
    sent: bytes | None = None,
    is_generated: bool = False,
) -> Occurrence:
    request = Request(method, target, () if sent is None else (("Content-Type", "application/json"),), sent)
    response = Response(500, (("Content-Type", media),), body.encode(), 0.1)
    probe = Probe(
        f"{group}/{trigger}{target} of {operation}",
        "",
        operation,
        request,
        Expect.DOCUMENTED,
        values,
        trigger=trigger,
        odd=odd,
        is_generated=is_generated,
    )
    violation = Violation(rule, "Expected something else.", f"/paths/~1{operation}/get", key)
    return Occurrence(violation, Interaction(probe, CONTRACT.operation(operation), Exchange(request, response)))


def _findings(occurrences: Sequence[Occurrence]) -> tuple[Finding, ...]:
    return group_findings(occurrences, CONTRACT, TARGET)


def test_special_texts_and_other_values_that_one_parameter_fails_for_are_one_finding() -> None:
    error = ("server-error", "500")
    occurrences = [
        _occurrence(*error, trigger="query order", group="fuzzing", target="/list?order=", is_generated=True),
        _occurrence(*error, trigger="query page", group="fuzzing", target="/list?page=0", is_generated=True),
        _occurrence(*error, trigger="a quote", group="text", target="/list?page=1&order=%27"),
        _occurrence(*error, trigger="a quote", group="text", target="/list?search=%27"),
    ]

    assert sorted(finding.count for finding in _findings(occurrences)) == [1, 1, 2]


@pytest.mark.parametrize(("parameters", "count"), [(["q"], 1), (["q", "page", "size"], 3), ([*"abcd"], 1)])
def test_parameters_that_fail_for_one_value_are_one_finding_if_they_are_many(parameters: list[str], count: int) -> None:
    occurrences = [
        _occurrence(
            "server-error", "500", operation=operation, trigger="no value", group="value", target=f"/list?{name}="
        )
        for name in parameters
        for operation in ("list", "users")
    ]

    assert len(_findings(occurrences)) == count


@pytest.mark.parametrize(("value", "count"), [("Infinity", 1), ("AAA", 2)])
def test_parameters_that_accept_only_the_same_invalid_value_are_one_finding(value: str, count: int) -> None:
    def accepted(name: str, value: str) -> Occurrence:
        key, trigger = f"query parameter {name}", f"{value} in a query parameter"
        group, target = ("value", f"/list?{name}={value}")
        return _occurrence("invalid-input-accepted", key, trigger=trigger, group=group, target=target)

    occurrences = [accepted("limit", "Infinity"), accepted("offset", "Infinity"), accepted("offset", value)]

    assert len(_findings(occurrences)) == count


@pytest.mark.parametrize("value", ["Infinity", "AAA"])
def test_a_parameter_that_is_not_validated_has_one_identity_whatever_value_shows_it(value: str) -> None:
    def accepted(name: str, value: str, group: str) -> Occurrence:
        trigger = f"{value} in a query parameter"
        return _occurrence(
            "invalid-input-accepted",
            f"query parameter {name}",
            trigger=trigger,
            group=group,
            target=f"/list?{name}={value}",
        )

    (quick,) = _findings([accepted("limit", "Infinity", "value")])
    (full,) = _findings([accepted("limit", "Infinity", "value"), accepted("limit", value, "coverage")])
    (several,) = _findings([accepted("limit", "Infinity", "value"), accepted("offset", "Infinity", "value")])

    assert quick.fingerprint == full.fingerprint == several.fingerprint


def test_a_finding_of_many_parameters_names_those_that_a_run_which_sees_fewer_reports() -> None:
    names = ("limit", "offset", "page", "size")
    accepted = [_occurrence("invalid-input-accepted", f"query parameter {name}", target="/list") for name in names]
    accepted = [replace(item, violation=replace(item.violation, part=item.violation.group_key)) for item in accepted]

    (merged,) = _findings(accepted)

    assert set(merged.parts) == {_findings([item])[0].fingerprint for item in accepted}


def test_the_command_of_a_body_after_head_shows_the_body() -> None:
    occurrence = _occurrence("content-length-mismatch", "surplus after True", method="HEAD")
    response = replace(occurrence.interaction.response, surplus=b"[]")
    shown = Interaction(
        occurrence.interaction.probe,
        occurrence.interaction.operation,
        replace(occurrence.interaction.exchange, response=response),
    )

    assert "-X HEAD --max-time 5" in _findings([replace(occurrence, interaction=shown)])[0].curl
    assert "--head" in _findings([occurrence])[0].curl


def test_an_error_that_repeats_a_parameter_is_one_finding_whatever_its_value() -> None:
    occurrences = [
        _occurrence(
            "server-error",
            "500",
            trigger="generated input",
            group="fuzzing",
            target=f"/list?session={quote(value)}",
            body=f"No such session: {value}",
            is_generated=True,
        )
        for value in ("large quiet", "", "6KjR", '(4A|~Z*"')
    ]

    (finding,) = _findings(occurrences)

    assert finding.count == len(occurrences)


def test_files_below_a_requested_folder_do_not_tell_errors_apart() -> None:
    occurrences = [
        _occurrence(
            "server-error",
            "500",
            operation=operation,
            target="/list?url=%2Fdata%2Fhills.tif",
            body=f"Generic LocalFileSystem error: Unable to open file /data/hills.tif/{name}: Not a directory",
        )
        for operation, name in (("list", "zarr.json"), ("users", ".zmetadata"))
    ]

    (finding,) = _findings(occurrences)

    assert finding.count == len(occurrences)


def test_server_errors_of_one_parameter_are_one_finding_whatever_their_text() -> None:
    def found(trigger: str, text: str, operation: str = "list") -> Occurrence:
        body = f"ValueError: {text}"
        return _occurrence("server-error", "500", trigger=trigger, body=body, operation=operation, is_generated=True)

    occurrences = [
        found("query order", "no column"),
        found("query order", "no value", "users"),
        found("query order", "no value"),
        found("query page", "too large"),
        found("generated input", "too long"),
    ]

    assert sorted(finding.count for finding in _findings(occurrences)) == [1, 1, 3]


def test_an_undocumented_status_is_one_finding_whoever_gets_it() -> None:
    occurrences = [
        _occurrence("undocumented-denial-status", "400"),
        _occurrence("undocumented-denial-status", "404"),
        _occurrence("undocumented-denial-status", "400", operation="users"),
        _occurrence("undocumented-status-code", "400"),
    ]

    found = [(finding.rule, finding.operations) for finding in _findings(occurrences)]

    assert found == [
        ("undocumented-denial-status", ("list",)),
        ("undocumented-denial-status", ("users",)),
        ("undocumented-status-code", ("list",)),
    ]


def test_where_every_exception_gets_out_with_its_own_text_one_handler_is_missing() -> None:
    def found(operation: str, trigger: str, text: str) -> Occurrence:
        return _occurrence(
            "server-error", "500", trigger=trigger, body=text, operation=operation, is_generated=True, odd=False
        )

    noisy = [
        found(name, f"the query {number}", f"no such file {'x' * number}") for name in OPERATIONS for number in range(4)
    ]
    header = _occurrence("server-error", "500", trigger="header: Accept", group="header", body="cannot parse")

    assert sorted(finding.count for finding in _findings([*noisy, header])) == [1, len(noisy)]
    assert len(_findings([*noisy[:3], header])) == 4


def test_the_same_failure_of_several_operations_is_one_finding() -> None:
    (finding,) = _findings(
        [
            _occurrence("undocumented-status-code", "404", operation=name, target=f"/{name}")
            for name in reversed(OPERATIONS)
        ]
    )

    assert finding.operations == OPERATIONS
    assert finding.count == 3
    for name in OPERATIONS:
        shown = finding.in_operation(name)
        assert (shown.failure.operation, shown.failure.exchange.request.target) == (name, f"/{name}")
        assert shown.curl.endswith(f"/{name}")
        assert f"/paths/~1{name}" in shown.failure.location.pointer


def test_rules_and_evidence_tell_findings_apart() -> None:
    findings = _findings(
        [
            _occurrence("undocumented-status-code", "404"),
            _occurrence("undocumented-status-code", "410"),
            _occurrence("wrong-charset", "latin-1"),
        ]
    )

    assert [finding.rule for finding in findings] == [
        "undocumented-status-code",
        "undocumented-status-code",
        "wrong-charset",
    ]


def test_the_plainest_request_is_shown() -> None:
    odd = _occurrence("wrong-charset", "latin-1", target="/list", odd=True)
    long = _occurrence("wrong-charset", "latin-1", target="/list?a=1&b=2")
    plain = _occurrence("wrong-charset", "latin-1", target="/list?a=1")

    (finding,) = _findings([odd, long, plain])

    assert finding.failure.exchange.request.target == "/list?a=1"


@pytest.mark.parametrize(
    ("triggers", "count"),
    [
        (["a NUL", "a quote"], 2),
        (["a NUL", "a quote", "markup"], 3),
        (["a NUL", "a quote", "markup", "an emoji"], 1),
        (["", "a NUL"], 1),
        (["generated input: a", "generated input: b"], 1),
    ],
)
def test_a_few_triggers_are_findings_of_their_own(triggers: list[str], count: int) -> None:
    occurrences = [
        _occurrence("undocumented-input-effect", "404", trigger=trigger, group="header") for trigger in triggers
    ]

    assert len(_findings(occurrences)) == count


def test_server_errors_with_the_same_text_are_one_finding_whatever_the_input() -> None:
    occurrences = [
        _occurrence(
            "server-error", "500", body=f"{TRACE} ('{value}', line {line})", trigger=trigger, operation=operation
        )
        for value, line, trigger, operation in (("a", 7, "a NUL", "list"), ("b", 12, "a quote", "users"))
    ]

    assert len(_findings(occurrences)) == 1


@pytest.mark.parametrize(
    ("accepts", "messages"),
    [
        ([("list", "text/html"), ("users", "text/html, */*;q=0.8")], [" for Accept: text/html"]),
        ([("list", "text/html"), ("users", "application/json")], ["", " for Accept: text/html"]),
        ([("list", "text/csv"), ("users", "*/*")], ["", ""]),
    ],
)
def test_server_errors_for_one_undocumented_format_are_one_finding(
    accepts: list[tuple[str, str]], messages: list[str]
) -> None:
    media: dict[str, Any] = {"application/json": {}, "text/csv": {}}
    responses = {"200": {"description": "", "content": media}}
    paths = {f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in ("list", "users")}
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths})
    occurrences = []
    for name, accept in accepts:
        request = Request("GET", f"/{name}", (("Accept", accept),))
        probe = Probe(f"accept/{accept} of {name}", "", name, request, Expect.DOCUMENTED)
        exchange = Exchange(request, Response(500, (("Content-Type", "text/html"),), b"<h1>Error</h1>", 0.1))
        interaction = Interaction(probe, contract.operation(name), exchange)
        occurrences += [
            Occurrence(each, interaction)
            for each in check_response(Context(contract, TARGET), interaction)
            if each.rule == "server-error"
        ]

    found = group_findings(occurrences, contract, TARGET)

    assert sorted(each.failure.message[24:-10] for each in found) == messages


def test_server_errors_with_different_texts_are_different_findings() -> None:
    occurrences = [
        _occurrence("server-error", "500", body=TRACE),
        _occurrence("server-error", "500", body="TypeError: unhashable type in group_items, called from list_items"),
    ]

    assert len(_findings(occurrences)) == 2


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("7", "12'x'\"y\"", 1),
        ("/a/b", "/data/x/y.json", 1),
        ("0123abcd", "abcdef0123456789", 1),
        ("%41", "%E2%82%AC", 1),
        ("/a", "/b", 2),
        ("wood", "stone", 2),
    ],
)
def test_numbers_paths_and_quoted_values_in_an_error_tell_nothing(one: str, other: str, count: int) -> None:
    text = "The service encountered {} and could not convert it to a value of the documented type"
    occurrences = [
        _occurrence("server-error", "500", body=text.format(part), trigger="a word") for part in (one, other)
    ]

    assert len(grouped(occurrences)) == count


@pytest.mark.parametrize(("requests", "count"), [(3, 3), (4, 1)])
def test_an_error_page_that_repeats_the_request_is_one_finding(requests: int, count: int) -> None:
    names = ["".join(chr(97 + number // base % 26) for base in (1, 26)) for number in range(requests)]
    occurrences = [
        _occurrence("server-error", "500", body=f"The handler failed for Accept: a/b; X-Sent: {name} with {name} in it")
        for name in names
    ]

    assert len(grouped(occurrences)) == count


def test_an_identifier_of_the_request_in_an_error_tells_nothing() -> None:
    identifiers = ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")
    bodies = [f"The request failed and was logged for our support team as request {text}." for text in identifiers]

    assert len(grouped([_occurrence("server-error", "500", body=body) for body in bodies])) == 1


def test_the_message_in_a_json_error_tells_server_errors_apart() -> None:
    texts = (
        "could not open {} of the store: not a directory, tried as an archive",
        "the tile matrix has no cell there",
    )
    bodies = [json.dumps({"detail": text.format(path)}) for text in texts for path in ("/data/a.tif", "/data/x/b.json")]
    occurrences = [_occurrence("server-error", "500", body=body, media="application/json") for body in bodies]

    assert [len(items) for _, items in grouped(occurrences)] == [2, 2]


def test_a_text_is_the_same_in_a_json_error_whatever_member_has_it() -> None:
    text = "No database is connected. This endpoint needs one; set DATABASE_URL to enable it."
    bodies = [{"detail": text}, {"detail": {"error": text}}]
    occurrences = [
        _occurrence("server-error", "500", operation=operation, body=json.dumps(body), media="application/json")
        for operation, body in zip(("list", "users"), bodies, strict=True)
    ]

    (finding,) = _findings(occurrences)

    assert finding.operations == ("list", "users")


def test_errors_that_repeat_the_input_are_one_finding_whatever_was_sent() -> None:
    groups = {"id": "a NUL", "coverage": "generated input: id", "route": "a dot"}
    occurrences = [_occurrence("echoed-resource-id", "key", trigger=groups[group], group=group) for group in groups]

    assert len(grouped(occurrences)) == 1


@pytest.mark.parametrize("rule", ["information-disclosure", "credential-leak", "missing-http-header"])
def test_what_is_wrong_with_error_responses_is_one_finding_whatever_was_sent(rule: str) -> None:
    generated = [("coverage", f"generated input: n{number}") for number in range(5)]
    special = [("id", "a NUL"), ("route", "a dot"), ("query", "an emoji")]
    occurrences = [_occurrence(rule, "same", trigger=trigger, group=group) for group, trigger in generated + special]

    assert len(grouped(occurrences)) == 1


@pytest.mark.parametrize(
    ("trigger", "sent", "count"),
    [
        ("generated input: Malformed Content-Type", b"", 1),
        ("generated input: an invalid member", rb'{"name": "\ud83d"}', 1),
        ("generated input: an invalid member", rb'{"name": "\uDE00"}', 1),
        ("generated input: an invalid member", rb'{"name": "\ud83d\ude00"}', 2),
        ("generated input: an invalid member", b'{"name": 1}', 2),
        ("generated input: an invalid member", b'{"name": NaN}', 2),
        ("generated input: random bytes", b"\xf2", 1),
        ("generated input: random bytes", b"{", 1),
    ],
)
def test_a_framework_that_fails_for_a_media_type_no_json_or_half_a_character_fails_in_every_operation(
    trigger: str, sent: bytes, count: int
) -> None:
    occurrences = [
        _occurrence("server-error", "500", body="Internal Server Error", trigger=trigger, operation=name, sent=sent)
        for name in ("list", "users")
    ]

    assert len(_findings(occurrences)) == count


def test_half_a_character_is_one_finding_wherever_in_the_body_it_is() -> None:
    occurrences = [
        _occurrence("server-error", "500", body="Internal Server Error", trigger=trigger, operation=name, sent=sent)
        for trigger, name, sent in [
            ("a wrong value", "list", rb'{"title": "\ud800"}'),
            ("a nested value", "list", rb'{"title": {"a": "\ud800"}}'),
            ("an unknown field", "users", rb'{"title": "a", "more": "\ud800"}'),
            ("a wrong value", "list", b'{"title": 1}'),
        ]
    ]

    assert [finding.count for finding in _findings(occurrences)] == [3, 1]


def test_half_a_character_is_no_reason_where_the_plain_request_fails_alike() -> None:
    half = rb'{"title": "\ud800"}'
    occurrences = [
        _occurrence("server-error", "500", body="Internal Server Error", operation="list", sent=b"{}"),
        _occurrence("server-error", "500", body="Internal Server Error", trigger="x", operation="list", sent=half),
    ]

    assert [finding.count for finding in _findings(occurrences)] == [2]


def test_an_error_without_a_body_in_response_to_head_is_the_one_of_get() -> None:
    get = _occurrence("server-error", "500", body=TRACE)
    head = _occurrence("server-error", "500", method="HEAD")

    assert [finding.count for finding in _findings([get, head])] == [2]
    assert [finding.count for finding in _findings([get, _occurrence("server-error", "500")])] == [1, 1]


def test_errors_in_response_to_head_alone_are_told_apart_by_their_status() -> None:
    heads = [_occurrence("server-error", code, method="HEAD") for code in ("500", "502", "500")]

    assert [items for _, items in grouped(heads)] == [[heads[0], heads[2]], [heads[1]]]
    assert grouped(heads)[0][0] == "server-error|500  list|"


def test_the_markup_of_an_error_page_tells_nothing() -> None:
    page = f"<html><head><style>{'p {}' * 40}</style><title>Server Error</title></head><body>Sorry.</body></html>"
    occurrences = [
        _occurrence("server-error", "500", body=page, media="text/html", trigger="a NUL", group="id"),
        _occurrence("server-error", "500", body=page, media="text/html", trigger="a token", group="credentials"),
    ]

    assert len(_findings(occurrences)) == 2


def test_where_the_plain_request_fails_alike_nothing_added_to_it_is_the_reason() -> None:
    triggers = ("", "a NUL", "a quote")
    occurrences = [_occurrence("server-error", "500", body="Server Error", trigger=trigger) for trigger in triggers]

    (finding,) = _findings(occurrences)

    assert finding.count == 3


def test_a_resource_id_of_one_letter_does_not_tell_errors_apart() -> None:
    occurrences = [
        _occurrence("server-error", "500", body="Server Error", trigger="a word", values={"id": value})
        for value in ("S", "e", "r")
    ]

    assert len(_findings(occurrences)) == 1


@pytest.mark.parametrize(("ids", "count"), [(("oak", "elm"), 2), (("teak", "pine"), 1)])
def test_a_resource_id_of_four_characters_in_an_error_is_not_there_by_chance(ids: Sequence[str], count: int) -> None:
    occurrences = [
        _occurrence("server-error", "500", body=f"{TRACE} for {value}", trigger="a word", values={"id": value})
        for value in ids
    ]

    assert len(_findings(occurrences)) == count


@pytest.mark.parametrize(
    ("body", "groups"),
    [("Server Error", ["id", "text", "query"]), (TRACE, [""]), (f"{TRACE}, then what it was called for", [""])],
)
def test_server_errors_that_say_little_are_told_apart_by_what_was_special(body: str, groups: list[str]) -> None:
    occurrences = [
        _occurrence("server-error", "500", body=body, trigger=f"a {group} {number}", group=group)
        for group in ("id", "text", "query")
        for number in range(2)
    ]

    assert [identity.rpartition("|")[2] for identity, _ in grouped(occurrences)] == groups


@pytest.mark.parametrize(("groups", "count"), [(("query", "query"), 1), (("query", "header"), 2)])
def test_undocumented_query_parameters_are_one_finding_and_a_header_is_another(
    groups: Sequence[str], count: int
) -> None:
    occurrences = [
        _occurrence("undocumented-input-effect", "404", trigger=f"a {group} {number}", group=group)
        for number, group in enumerate(groups)
    ]

    assert len(_findings(occurrences)) == count


@pytest.mark.parametrize(("key", "count"), [("schemathesis:use_after_free", 1), ("404", 2)])
def test_what_a_sequence_shows_is_what_a_check_of_schemathesis_sees(key: str, count: int) -> None:
    by_sequence = _occurrence("use-after-delete", "deleted", trigger="a sequence")
    shown = replace(by_sequence, steps=(("delete", by_sequence.interaction),))

    assert len(_findings([shown, _occurrence("use-after-delete", key, trigger="a sequence")])) == count


def test_an_error_in_a_sequence_is_that_of_a_generated_request_with_the_same_parameter() -> None:
    in_sequence = _occurrence("server-error", "500", trigger="query limit", group="sequences")
    in_sequence = replace(in_sequence, steps=(("list", in_sequence.interaction),))
    item = _occurrence("server-error", "500", trigger="query limit", group="coverage")
    probe = replace(item.interaction.probe, is_generated=True)
    generated = replace(item, interaction=Interaction(probe, item.interaction.operation, item.interaction.exchange))

    (finding,) = _findings([in_sequence, generated])

    assert finding.fingerprint == _findings([generated])[0].fingerprint


@pytest.mark.parametrize(("other", "count"), [("query parameter size", 1), ("query parameter page", 2)])
def test_invalid_input_in_a_sequence_is_that_of_a_generated_request_with_the_same_parameter(
    other: str, count: int
) -> None:
    def accepted(part: str) -> Occurrence:
        item = _occurrence("invalid-input-accepted", f"{INVALID_INPUT} {part}")
        return replace(item, violation=replace(item.violation, part=part))

    shown = accepted("query parameter size")
    shown = replace(shown, steps=(("list", shown.interaction),))

    assert len(_findings([shown, accepted(other)])) == count


def test_a_second_user_in_a_sequence_and_alone_is_one_finding() -> None:
    key = "GET /list of list"
    alone = _occurrence("resource-of-another-user-accessible", key, trigger=ANOTHER_USER)
    in_sequence = _occurrence("resource-of-another-user-accessible", key)

    (finding,) = _findings([alone, replace(in_sequence, steps=(("read", in_sequence.interaction),))])

    assert finding.fingerprint == _findings([alone])[0].fingerprint


BOOKS = {
    "/books/{id}": ("get", "patch", "delete"),
    "/books/{id}/close": ("post",),
    "/books": ("get",),
    "/authors/{id}": ("get",),
}


@pytest.mark.parametrize(
    ("operations", "count"),
    [
        (("get /books/{id}", "patch /books/{id}"), 2),
        (("get /books/{id}", "patch /books/{id}", "delete /books/{id}"), 1),
        (("get /books/{id}", "patch /books/{id}", "post /books/{id}/close"), 1),
        (("get /books/{id}", "patch /books/{id}", "get /authors/{id}"), 3),
        (("get /books/{id}", "patch /books/{id}", "delete /books/{id}", "get /books"), 2),
    ],
)
def test_an_owner_that_no_operation_checks_is_one_finding(operations: Sequence[str], count: int) -> None:
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Library", "version": "1"},
            "paths": {
                path: {
                    method: {"operationId": f"{method} {path}", "responses": {"200": {"description": "Done."}}}
                    for method in methods
                }
                for path, methods in BOOKS.items()
            },
        }
    )
    occurrences = []
    for name in operations:
        key = f"list {name}" if name.endswith("/books") else name
        plain = _occurrence("resource-of-another-user-accessible", key)
        interaction = Interaction(plain.interaction.probe, contract.operation(name), plain.interaction.exchange)
        occurrences.append(Occurrence(plain.violation, interaction))

    assert len(group_findings(occurrences, contract, TARGET)) == count


def test_a_value_that_is_part_of_a_word_is_not_what_the_error_repeats() -> None:
    text = "The service encountered a value that it could not convert: see the log of the application"
    occurrences = [
        _occurrence("server-error", "500", body=text, trigger="a word", values={"id": value})
        for value in ("count", "another")
    ]

    assert len(_findings(occurrences)) == 1


@pytest.mark.parametrize(("other", "count"), [({}, 1), ({"color": {"type": "string"}}, 2)])
def test_a_schema_that_is_repeated_is_one_schema(other: Mapping[str, object], count: int) -> None:
    pet = {"type": "object", "properties": {"tag": {"type": "string"}}}
    kept = {**pet, "properties": {**pet["properties"], **other}}  # type: ignore[dict-item]
    schemas = {"list": {"type": "array", "items": pet}, "users": kept}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                f"/{name}": {
                    "get": {
                        "operationId": name,
                        "responses": {
                            "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}
                        },
                    }
                }
                for name, schema in schemas.items()
            },
        }
    )
    occurrences = []
    for name, body in {"list": [{"tag": None}], "users": {"tag": None}}.items():
        request = Request("GET", f"/{name}")
        response = Response(200, (("Content-Type", "application/json"),), json.dumps(body).encode(), 0.1)
        probe = Probe(f"first/it of {name}", "", name, request, Expect.DOCUMENTED)
        item = Interaction(probe, contract.operation(name), Exchange(request, response))
        found = check_response(Context(contract, TARGET), item)
        occurrences += [Occurrence(violation, item) for violation in found if violation.rule == "schema-violation"]

    assert len(occurrences) == 2
    assert len(group_findings(occurrences, contract, TARGET)) == count


def test_a_sequence_and_schemathesis_see_the_same_defect() -> None:
    deleted = _occurrence("use-after-delete", "reading a deleted resource of list", group="sequences")
    sequence = replace(deleted, steps=(("delete it", deleted.interaction), ("read it", deleted.interaction)))
    seen = _occurrence("use-after-delete", f"{SCHEMATHESIS}use_after_free", trigger="generated input", group="stateful")
    other = _occurrence("use-after-delete", f"{SCHEMATHESIS}use_after_free", operation="users")

    assert [finding.count for finding in _findings([seen, sequence])] == [2]
    chain = replace(seen, steps=(("DELETE", seen.interaction), ("GET", seen.interaction)))
    assert [finding.count for finding in _findings([sequence, chain])] == [2]
    assert [finding.count for finding in _findings([other, sequence])] == [1, 1]


def test_a_title_that_says_nothing_does_not_hide_a_text_that_does() -> None:
    problem = {"title": "Internal Server Error", "detail": "The stored record does not have the member of the schema."}
    occurrences = [
        _occurrence("server-error", "500", body=json.dumps(problem), media="application/json", operation=name)
        for name in ("list", "users")
    ]

    assert len(_findings(occurrences)) == 1


def test_a_long_text_for_any_exception_does_not_make_two_operations_one_finding() -> None:
    text = "The server encountered an internal error and was unable to complete your request. Try again later."
    occurrences = [_occurrence("server-error", "500", body=text, operation=name) for name in ("list", "users")]

    assert len(_findings(occurrences)) == 2


@pytest.mark.parametrize("rule", ["missing-body", "undocumented-body", "undocumented-content-type", "wrong-charset"])
def test_what_is_wrong_with_a_body_is_one_finding_whatever_was_sent(rule: str) -> None:
    occurrences = [_occurrence(rule, "404", trigger=trigger, group="id") for trigger in ("a word", "a letter twice")]

    assert len(_findings(occurrences)) == 1


def test_the_status_of_a_finding_is_the_severity_of_its_rule() -> None:
    failure, warning = _findings([_occurrence("wrong-charset", "latin-1"), _occurrence("slow-response", "slow")])
    (softened,) = group_findings([_occurrence("wrong-charset", "latin-1")], CONTRACT, TARGET, lambda _rule: True)

    assert (failure.status, warning.status) == (FindingStatus.OPEN, FindingStatus.WARNING)
    assert softened.status is FindingStatus.WARNING


def test_the_fingerprint_depends_on_neither_the_request_nor_the_order() -> None:
    first, second = _occurrence("wrong-charset", "latin-1"), _occurrence("wrong-charset", "latin-1", target="/list?a=1")

    assert {finding.fingerprint for finding in (*_findings([first]), *_findings([second, first]))} == {
        _findings([first])[0].fingerprint
    }


def test_each_occurrence_belongs_to_one_finding() -> None:
    occurrences = [
        _occurrence("undocumented-input-effect", "404", trigger="a NUL"),
        _occurrence("wrong-charset", "latin-1"),
        _occurrence("undocumented-input-effect", "404", trigger="a quote"),
    ]

    groups = grouped(occurrences)

    assert [identity for identity, _ in groups] == [finding.failure.identity for finding in _findings(occurrences)]
    assert sorted(id(item) for _, items in groups for item in items) == sorted(map(id, occurrences))


def test_a_long_error_text_that_repeats_input_of_any_length_is_one_finding() -> None:
    frames = "".join(f" at decode (router.js:{number}:11)" for number in range(60))
    bodies = [f"URIError: Failed to decode param '{value}'{frames}" for value in ("%FF", "%C0%AF", "%F4%90%80%80")]

    findings = _findings(
        [
            _occurrence("server-error", "500", trigger=f"text {number}", body=body, odd=True)
            for number, body in enumerate(bodies)
        ]
    )

    assert len(findings) == 1


def _missing(*names: str, target: str = "/list") -> list[Occurrence]:
    """What one response without some required members violates."""
    shown = _occurrence("schema-violation", "", target=target)
    return [
        Occurrence(
            Violation(
                "schema-violation",
                f'/0: "{name}" is a required property.',
                "/required",
                f'/required "{name}"',
                part=f"/0/{name}",
                family="required fields are missing.",
            ),
            shown.interaction,
        )
        for name in names
    ]


def test_members_that_are_always_missing_together_are_one_finding() -> None:
    (finding,) = _findings([*_missing("a", "b"), *_missing("a", "b", target="/list?page=2")])

    assert finding.failure.message == "/0/a, /0/b: required fields are missing."
    assert finding.count == 2


def test_members_that_are_null_and_missing_together_are_one_finding() -> None:
    missing, other = _missing("a", "b")
    null = replace(other.violation, group_key="/b", family="expected string, got null.", lacks_value=True)
    missing = replace(missing, violation=replace(missing.violation, lacks_value=True))

    (finding,) = _findings([missing, replace(missing, violation=null)])

    assert finding.failure.message == "/0/a, /0/b: null or missing where the schema expects a value."


def test_members_of_another_type_are_a_finding_beside_those_that_are_missing() -> None:
    missing, other = _missing("a", "b")
    wrong = replace(other.violation, group_key="/b", family="expected string, got 1.")

    assert len(_findings([missing, replace(missing, violation=wrong)])) == 2


@pytest.mark.parametrize(
    ("target", "wrong", "count"),
    [
        ("/list?_fields=a", "required fields are missing.", 1),
        ("/list?_fields=a", "expected object, got 7.", 1),
        ("/list?page=2", "expected object, got 7.", 2),
        ("/list", "required fields are missing.", 2),
    ],
)
def test_what_a_choice_of_fields_leaves_out_is_one_finding(target: str, wrong: str, count: int) -> None:
    found = []
    for key, operation in (("/Item/required", "list"), ("/User/required", "users")):
        shown = _occurrence("schema-violation", key, operation=operation, target=target)
        of_two_items = wrong.replace("7", operation)
        found.append(replace(shown, violation=replace(shown.violation, part="/0", family=of_two_items)))

    assert len(_findings(found)) == count


@pytest.mark.parametrize(("accept", "count"), [(None, 1), ("", 1), ("*/*", 1), ("application/json", 2)])
def test_undocumented_default_types_of_several_operations_are_one_finding(accept: str | None, count: int) -> None:
    found = []
    for operation, media in (("list", "application/zip"), ("users", "text/csv")):
        item = _occurrence("undocumented-content-type", f"200 {media}", operation=operation, media=media)
        request = item.interaction.exchange.request
        asked = replace(request, headers=() if accept is None else (("Accept", accept),))
        exchange = replace(item.interaction.exchange, request=asked)
        found.append(
            replace(item, interaction=Interaction(item.interaction.probe, item.interaction.operation, exchange))
        )

    findings = _findings(found)

    assert len(findings) == count
    assert {name for finding in findings for name in finding.operations} == {"list", "users"}


def test_members_that_are_missing_in_different_responses_are_different_findings() -> None:
    findings = _findings([*_missing("a", "b"), *_missing("b", target="/list?page=2")])

    assert [finding.failure.message for finding in findings] == [
        '/0: "a" is a required property.',
        '/0: "b" is a required property.',
    ]


def test_many_missing_members_are_counted_and_items_of_a_list_are_alike() -> None:
    (many,) = _findings(_missing(*"abcdefg"))
    items = [replace(item, violation=replace(item.violation, part=f"/{number}/{name}", group_key=f"{number}{name}"))
             for number, name in ((0, "a"), (12, "b")) for item in _missing(name)]  # fmt: skip
    alike = [replace(item, interaction=items[0].interaction) for item in items]
    nested = [replace(item, violation=replace(item.violation, part=f"/x{item.violation.part}")) for item in alike]

    assert many.failure.message == "/0/a, /0/b, /0/c, /0/d, /0/e and 2 more: required fields are missing."
    assert [finding.failure.message for finding in _findings(alike)] == ["/0/a, /12/b: required fields are missing."]
    assert len(_findings([alike[0], nested[1]])) == 2


@pytest.mark.parametrize(("operations", "count"), [(2, 2), (3, 3), (4, 1)])
def test_the_same_short_server_error_of_many_operations_is_one_finding(operations: int, count: int) -> None:
    names = (*OPERATIONS, "more")[:operations]
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": "Done."}}}}
                for name in names
            },
        }
    )
    occurrences = [
        replace(
            item, interaction=Interaction(item.interaction.probe, contract.operation(name), item.interaction.exchange)
        )
        for name in names
        if (item := _occurrence("server-error", "500", body="Internal Server Error"))
    ]

    assert len(group_findings(occurrences, contract, TARGET)) == count


@pytest.mark.parametrize(("parameters", "count"), [(["f"], 1), (["f", "lang", "limit"], 3), ([*"abcd"], 1)])
def test_parameters_that_are_not_validated_are_one_finding_if_they_are_many(parameters: list[str], count: int) -> None:
    occurrences = [
        replace(item, violation=replace(item.violation, part=f"query parameter {name}"))
        for name in parameters
        if (item := _occurrence("invalid-input-accepted", f"query parameter {name}", target=f"/list?{name}=0"))
    ]

    findings = _findings(occurrences)

    assert len(findings) == count
    assert all("Not fully validated: a, b, c, d." in finding.failure.message for finding in findings) == (
        count == 1 < len(parameters)
    )


def test_invalid_input_is_shown_for_each_part_of_a_request_and_other_rules_for_each_operation() -> None:
    def found(rule: str) -> Finding:
        items = [
            replace(item, violation=replace(item.violation, part=part))
            for part in ("query parameter a", "query parameter b", "query parameter a")
            if (item := _occurrence(rule, "the same"))
        ]
        (finding,) = _findings(items)
        return finding

    unvalidated, other = found("invalid-input-accepted"), found("schema-violation")

    assert [part for _, part in sorted(unvalidated.places)] == ["query parameter a", "query parameter b"]
    assert [each.failure.part for each in unvalidated.examples] == ["query parameter b"]
    assert (other.places, other.examples) == ({(other.failure.operation, "")}, ())


@pytest.mark.parametrize(("parts", "shown"), [(["", "body/a"], ""), (["body/b/a", "body/c", "body"], "a, body, c")])
def test_the_parts_of_one_finding_that_are_not_validated_are_named(parts: list[str], shown: str) -> None:
    occurrences = [
        replace(item, violation=replace(item.violation, part=part))
        for part in parts
        if (item := _occurrence("invalid-input-accepted", "the same"))
    ]

    (finding,) = _findings(occurrences)

    assert finding.failure.message == "Expected something else." + (f" Not fully validated: {shown}." if shown else "")


BOAT = {"type": "object", "properties": {"name": {"type": "string"}, "length": {"type": "integer"}}}
JSON_BOAT = {"application/json": {"schema": BOAT}}
BOATS = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Boats", "version": "1"},
        "paths": {
            "/boats": {
                "post": {
                    "operationId": "add",
                    "requestBody": {"content": JSON_BOAT},
                    "responses": {"201": {"description": "Made.", "content": JSON_BOAT}},
                },
            },
        },
    }
)


def _added(rule: str, sent: object, received: object, part: str, group: str = "coverage") -> Occurrence:
    """A boat that was added: what was sent, what came back, and the part that violates a rule."""
    json_type = ("Content-Type", "application/json")
    request = Request("POST", "/boats", (json_type,), json.dumps(sent).encode())
    response = Response(201, (json_type,), json.dumps(received).encode(), 0.1)
    probe = Probe(f"{group}/1 of add", "", "add", request, Expect.DOCUMENTED)
    violation = Violation(rule, f"Expected something else in {part}.", "/paths/~1boats/post", part, part=part)
    return Occurrence(violation, Interaction(probe, BOATS.operation("add"), Exchange(request, response)))


@pytest.mark.parametrize(
    ("group", "value", "count"),
    [("sequences", None, 1), ("first", None, 2), ("first", 7, 1)],
    ids=["later", "at first", "what an earlier run has stored"],
)
def test_another_wrong_value_of_a_member_that_is_not_validated_was_accepted_too(
    group: str, value: object, count: int
) -> None:
    accepted = _added("invalid-input-accepted", {"name": 7}, {"name": 7}, "body/name")
    shown = _added("schema-violation", {}, {"items": [{"name": value}]}, "/items/0/name", group)
    item = shown.interaction
    read = Interaction(item.probe, item.operation, replace(item.exchange, request=Request("GET", "/boats")))

    assert len(grouped([accepted, replace(shown, interaction=read)])) == count


@pytest.mark.parametrize("value", [None, 7, ["x"], {"b": 1, "a": 2}])
def test_what_accepted_invalid_input_leads_to_is_not_another_finding(value: Any) -> None:
    accepted = _added("invalid-input-accepted", {"name": value}, {"name": value}, "body/name")
    consequence = _added("schema-violation", {"name": "a"}, {"items": [{"name": value}]}, "/items/0/name")
    others = [
        _added("schema-violation", {"name": "a"}, {"name": "a", "length": value}, "/length"),
        _added("schema-violation", {"name": "a"}, {"name": 8}, "/name"),
        _added("schema-violation", {"name": "a"}, {}, "/name"),
        _added("schema-violation", {"name": "a"}, value, ""),
        _added("invalid-json", {"name": "a"}, {"name": value}, "/name"),
    ]

    left = [item for _, items in grouped([accepted, consequence, *others]) for item in items]

    assert {id(item) for item in left} == {id(item) for item in [accepted, *others]}


def test_another_wrong_value_that_is_returned_to_its_own_request_is_not_another_finding() -> None:
    accepted = _added("invalid-input-accepted", {"name": None}, {"name": None}, "body/name")
    echoed = _added("schema-violation", {"name": 7}, {"name": 7}, "/name")
    shown = _added("schema-violation", {"name": "a"}, {"name": 7}, "/name")

    assert [finding.rule for finding in _findings([echoed, accepted, shown])] == ["invalid-input-accepted"]
    assert [finding.rule for finding in _findings([echoed])] == ["schema-violation"]


def test_a_wrong_value_in_the_response_to_the_first_request_is_a_finding() -> None:
    first = _added("schema-violation", {"length": 3}, {"name": None}, "/name", "first")
    accepted = _added("invalid-input-accepted", {"name": None}, {"name": None}, "body/name")
    later = _added("schema-violation", {"length": 4}, {"name": None}, "/name")

    assert [finding.count for finding in _findings([accepted, later, first])] == [1, 2]
    assert [finding.count for finding in _findings([accepted, later])] == [1]


def _stored(key: str, special: str, part: str = "/name") -> Occurrence:
    """A boat that came back with another value than was sent."""
    item = _added("stored-value-differs", {"name": "a"}, {"name": "b"}, part)
    return replace(item, violation=replace(item.violation, group_key=key, special=special))


@pytest.mark.parametrize(
    ("stored", "count"),
    [
        ([("plain", ""), ("leap", "a leap day")], 1),
        ([("leaves", ""), ("ignores null", "null")], 1),
        ([("leap", "a leap day"), ("last", "the last day")], 2),
        ([("leap", "a leap day"), ("last", "the last day"), ("null", "null")], 1),
    ],
)
def test_a_property_that_is_stored_wrongly_whatever_its_value_is_one_finding(
    stored: list[tuple[str, str]], count: int
) -> None:
    assert len(_findings([_stored(key, special) for key, special in stored])) == count
    assert (
        len(_findings([*(_stored(key, special) for key, special in stored[:1]), _stored("other", "", "/length")])) == 2
    )


@pytest.mark.parametrize(("path", "count"), [("/boats/{id}", 1), ("/boats/{id}/crew", 2)])
def test_a_property_that_every_write_of_a_collection_stores_wrongly_is_one_finding(path: str, count: int) -> None:
    created, replaced = _stored("created name", ""), _stored("changed name", "")
    shown = replaced.interaction
    other = Interaction(shown.probe, replace(shown.operation, path=path), shown.exchange)

    assert len(_findings([created, replace(replaced, interaction=other)])) == count


@pytest.mark.parametrize(("collections", "count"), [(2, 2), (3, 1)])
def test_a_property_that_many_collections_store_wrongly_is_one_finding(collections: int, count: int) -> None:
    found = []
    for number in range(collections):
        item = _stored(f"created name of {number}", "")
        shown = item.interaction
        operation = replace(shown.operation, path=f"/boats{number}")
        found.append(replace(item, interaction=Interaction(shown.probe, operation, shown.exchange)))

    assert len(_findings(found)) == count


def test_a_special_value_that_many_properties_do_not_keep_is_one_finding() -> None:
    def found(count: int) -> int:
        parts = ("/name", "/length", "/owner")[:count]
        return len(_findings([_stored(f"{part} script", "non-Latin letters", part) for part in parts]))

    assert [found(count) for count in (1, 2, 3)] == [1, 2, 1]


@pytest.mark.parametrize("rule", ["filter-misses-items", "pages-leave-out-items", "wrong-total"])
def test_a_list_without_what_was_created_is_one_finding(rule: str) -> None:
    unlisted = _occurrence("created-resource-not-listed", "not listed")

    assert [each.rule for each in _findings([_occurrence(rule, "x"), unlisted])] == [unlisted.violation.rule]
    assert len(_findings([_occurrence(rule, "x", operation="users"), unlisted])) == 2


@pytest.mark.parametrize("rule", ["page-too-large", "pages-never-end"])
def test_pages_that_are_too_long_or_never_end_are_one_finding(rule: str) -> None:
    assert [each.rule for each in _findings([_occurrence("pages-overlap", "x"), _occurrence(rule, "y")])] == [rule]


@pytest.mark.parametrize(("operation", "count"), [("list", 1), ("users", 2)])
def test_a_total_over_pages_that_leave_out_items_is_the_same_finding(operation: str, count: int) -> None:
    found = [_occurrence("wrong-total", "x"), _occurrence("pages-leave-out-items", "y", operation=operation)]

    assert len(_findings(found)) == count


@pytest.mark.parametrize(("name", "count"), [("filter status", 1), ("filter tag", 2)])
def test_a_filter_that_finds_others_instead_is_one_finding(name: str, count: int) -> None:
    found = [_occurrence("filter-misses-items", name), _occurrence("filter-returns-other-items", "filter status")]

    assert len(_findings(found)) == count


def test_the_same_part_of_several_bodies_is_one_finding_and_many_parts_are_one() -> None:
    def findings(*parts: str) -> list[str]:
        found = [_added("invalid-input-accepted", {}, {}, f"body/{part}") for part in parts]
        return [item.failure.message for item in group_findings(found, BOATS, TARGET)]

    assert len(findings("name", "name")) == 1
    assert len(findings("name", "length")) == 2
    assert [text.partition(" Not ")[2] for text in findings("a", "b", "c", "d")] == ["fully validated: a, b, c, d."]


def test_an_exception_is_the_same_as_a_page_and_as_json() -> None:
    exception = "java.lang.NumberFormatException: For input string: {}"
    page = f"<h2>HTTP ERROR 500 {exception}</h2><table><tr><th>URI</th></tr></table>".format('"a"')
    answer = json.dumps({"servlet": "items", "message": exception.format('"b"')})
    occurrences = [
        _occurrence("server-error", "500", body=page, media="text/html"),
        _occurrence("server-error", "500", body=answer, media="application/json", operation="users"),
        _occurrence("server-error", "500", body=answer.replace("Number", "Zone"), media="application/json"),
    ]

    assert [len(items) for _, items in grouped(occurrences)] == [2, 1]


def test_server_errors_for_many_special_texts_are_one_finding() -> None:
    def findings(*texts: str) -> int:
        bodies = {
            text: f"the file {text} is in a format that this store does not support: convert it first" for text in texts
        }
        found = [
            _occurrence("server-error", "500", trigger=text, group="text", body=body) for text, body in bodies.items()
        ]
        return len(grouped([*found, _occurrence("server-error", "502"), _occurrence("no-response", "reset")]))

    assert findings("percent", "quote") == 2 + 2
    assert findings("percent", "quote", "slash") == 3 + 2
    assert findings("percent", "quote", "slash", "emoji") == 1 + 2


@pytest.mark.parametrize(
    ("seen", "count"),
    [
        (["read", "list", "change", "children"], 1),
        (["read", "change", "children"], 1),
        (["read", "list", "children"], 1),
        (["read", "children"], 2),
        (["list", "change"], 2),
        (["read", "other"], 2),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_deletion_without_effect_is_one_finding_wherever_the_resource_still_shows(
    seen: Sequence[str], count: int, slash: str
) -> None:
    paths = {"read": "/things/{id}", "list": "/things", "children": "/things/{id}/parts", "other": "/others"}
    paths = {name: f"{path}{slash}" for name, path in paths.items()}
    responses = {"responses": {"200": {"description": "Done."}}}
    items: dict[str, Any] = {path: {"get": {"operationId": name, **responses}} for name, path in paths.items()}
    items[paths["read"]] |= {name: {"operationId": name, **responses} for name in ("delete", "patch")}
    contract = Contract({"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": items})

    def sent(name: str) -> Interaction:
        method = {"delete": "DELETE", "change": "PATCH"}.get(name, "GET")
        operation = contract.operation("patch" if name == "change" else name)
        request = Request(method, "/things/1")
        probe = Probe(f"sequences/{name}", "", operation.id, request, Expect.DOCUMENTED)
        return Interaction(probe, operation, Exchange(request, Response(200, (), b"", 0.1)))

    occurrences = [
        Occurrence(
            Violation("use-after-delete", "Expected 404.", "/paths", name), sent(name),
            steps=(("list it", sent("list")), ("delete it", sent("delete")), (name, sent(name))),
        )
        for name in seen
    ]  # fmt: skip

    findings = group_findings(occurrences, contract, TARGET)

    assert len(findings) == count
    assert findings[0].failure.operation == {"read": "read", "list": "list"}[seen[0]]


def test_a_finding_says_what_reports_show() -> None:
    base = _occurrence("inconsistent-response", "/a").interaction
    read, again = (
        Interaction(
            replace(item.probe, reason="Because.", references=("owner",)), CONTRACT.operation(operation), item.exchange
        )
        for operation in ("list", "users")
        if (item := _occurrence("", "", operation=operation, target=f"/{operation}?a=1").interaction)
    )
    seen = Violation(
        "inconsistent-response", "Expected it.", "/paths/~1list/get/responses", "/a", {"a": 1}, {"a": 2}, "/a"
    )
    steps = (("list it", read), ("read it", again))

    (finding,) = _findings(
        [Occurrence(seen, read, base, steps[:1]), Occurrence(replace(seen, operation="old"), again, steps=steps)]
    )

    rule = RULES["inconsistent-response"]
    assert (finding.rule, finding.title, finding.advice) == (rule.id, rule.title, rule.advice)
    assert (finding.count, finding.operations, finding.status) == (2, ("list", "old"), FindingStatus.OPEN)
    assert finding.probes == (read.probe.name, again.probe.name)
    assert finding.fingerprint == "6434db44e99d", "Baselines contain it."
    alone, sequence = finding.in_operation("list"), finding.in_operation("old")
    location = CONTRACT.location(seen.pointer)
    assert alone.failure == Failure(
        seen.rule, "list", location, "Expected it.", "inconsistent-response|/a|", read.probe.name, "Because.",
        read.exchange, base.exchange, {"a": 1}, {"a": 2}, "GET /list", "", "/a", CONTRACT.excerpt(seen.pointer),
    )  # fmt: skip
    assert sequence.failure == replace(
        alone.failure, operation="old", probe=again.probe.name, exchange=again.exchange, other=None,
        endpoint="GET /old", seen_in="GET /users",
        steps=tuple(SequenceStep(label, step.exchange, ("owner",)) for label, step in steps),
    )  # fmt: skip
    assert (alone.curl, alone.script) == (curl(TARGET, read.exchange.request), "")
    assert (sequence.curl, sequence.script) == (
        curl(TARGET, again.exchange.request),
        script(TARGET, sequence.failure.steps),
    )


def test_what_only_a_check_of_schemathesis_sees_is_told_from_what_ours_see() -> None:
    ours, theirs = _findings([_occurrence("wrong-charset", "a"), _occurrence("wrong-charset", f"{SCHEMATHESIS}a")])

    assert (ours.is_from_schemathesis, theirs.is_from_schemathesis) == (False, True)


def test_a_generated_request_after_fewer_others_is_the_plainer_one() -> None:
    many, few = (
        _occurrence("undocumented-status-code", "200", method="POST", is_generated=True, sent=body)
        for body in (b"{}", b'{"longer": 1}')
    )
    long = replace(many, steps=tuple((str(number), many.interaction) for number in range(5)))
    short = replace(few, steps=(("create", few.interaction), ("add", few.interaction)))

    (finding,) = _findings([long, short])

    assert finding.failure.exchange.request.body == b'{"longer": 1}'
    assert len(finding.failure.steps) == 2


@pytest.mark.parametrize("is_of_existing", [False, True])
def test_a_single_read_shows_a_wrong_filter_if_its_items_are_not_of_the_run(*, is_of_existing: bool) -> None:
    read = _occurrence("filter-returns-other-items", "filter size")
    sequence = replace(read, steps=(("create", read.interaction), ("list", read.interaction)))

    (finding,) = _findings([sequence, replace(read, is_of_existing=is_of_existing)])

    assert len(finding.failure.steps) == (0 if is_of_existing else 2)


def test_items_on_no_page_are_one_finding_for_each_list() -> None:
    keys = ("pages leave out", "limit not reached")
    found = [
        _occurrence("pages-leave-out-items", f"{name} {key}", operation=name)
        for name in ("list", "users")
        for key in keys
    ]

    two = _findings(found)
    assert [finding.operations for finding in two] == [("list",), ("users",)]
    one_way = _findings([item for item in found if "limit" in item.violation.group_key])
    assert [one.fingerprint for one in one_way] == [each.fingerprint for each in two], "whichever way shows it"

    (many,) = _findings([*found, _occurrence("pages-leave-out-items", "pages leave out", operation="old")])
    assert many.operations == ("list", "users", "old")
    assert {each.fingerprint for each in two} < set(many.parts)


def test_lists_that_all_lose_their_last_page_are_one_finding() -> None:
    found = [_occurrence("pages-leave-out-items", f"last page of {name}", operation=name) for name in ("list", "users")]

    (finding,) = _findings(found)
    assert finding.operations == ("list", "users")
    (one,) = _findings(found[:1])
    assert one.fingerprint in finding.parts


def test_a_valid_body_shows_a_server_error_better_than_an_invalid_one() -> None:
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "email": {"type": ["string", "null"]}},
    }
    operation = {
        "operationId": "add",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"description": "Added."}},
    }
    info = {"title": "Shop", "version": "1"}
    contract = Contract({"openapi": "3.1.0", "info": info, "paths": {"/list": {"post": operation}}})
    occurrences = [
        _occurrence("server-error", "500", method="POST", sent=json.dumps(body).encode(), odd=odd)
        for body, odd in (({"email": None}, False), ({"name": "Ada", "email": None}, True))
    ]
    shown = [
        replace(
            each, interaction=Interaction(each.interaction.probe, contract.operation("add"), each.interaction.exchange)
        )
        for each in occurrences
    ]

    (finding,) = group_findings(shown, contract, TARGET)

    assert json.loads(finding.failure.exchange.request.body or b"") == {"name": "Ada", "email": None}
