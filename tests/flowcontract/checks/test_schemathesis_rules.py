"""Which of our rules a failed check of Schemathesis violates, and when ours decide."""

from typing import Any

import pytest

from flowcontract.checks import schemathesis_rules
from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.registry import RULES
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.contract import Contract

from .library import interaction, received, shop

JSON_PATCH = (("Content-Type", "application/json-patch+json"),)

DATES = {
    "born": {"type": "string", "format": "date", "nullable": True},
    "joined": {"type": "string", "format": "date"},
    "results": {"type": "array", "items": {"type": "object", "required": ["unit"]}},
}
NUMBERS = {"count": {"type": "integer"}, "price": {"type": "number"}}
CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "list",
                    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
                    "responses": {"200": {"description": "Done."}},
                },
                "post": {
                    "operationId": "add",
                    "requestBody": {
                        "content": {
                            "multipart/form-data": {"schema": {"type": "object"}},
                            "application/json": {"schema": {"type": "object", "properties": NUMBERS}},
                            "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": DATES}},
                        }
                    },
                    "responses": {"200": {"description": "Done."}},
                },
            }
        },
    }
)


def _step(method: str, status: int, target: str = "/items/1") -> tuple[str, Interaction]:
    request = Request(method, target)
    probe = Probe("stateful", "", "list", request, Expect.DOCUMENTED)
    return method, Interaction(CONTRACT.operation("list"), probe, Exchange(request, Response(status, (), b"", 0.1)))


@pytest.mark.parametrize(("statuses", "is_without"), [((202,), True), ((202, 204), False), ((204,), False), ((), True)])
def test_only_what_was_deleted_is_gone(statuses: tuple[int, ...], is_without: bool) -> None:
    read = _step("GET", 200)
    steps = (*(_step("DELETE", status) for status in statuses), read)
    violation = Violation("use-after-delete", "Expected 404, got 200.", "", "key")

    assert schemathesis_rules.is_without_deletion(Occurrence(violation, read[1], steps=steps)) == is_without


@pytest.mark.parametrize(
    ("method", "status", "target", "is_without"),
    [
        ("POST", 200, "/items/1/restore", True),
        ("PUT", 201, "/items/1?draft=1", True),
        ("POST", 404, "/items/1/restore", False),
        ("GET", 200, "/items/1/history", False),
        ("POST", 201, "/items/12/restore", False),
        ("POST", 201, "/items", False),
    ],
)
def test_what_was_restored_after_its_deletion_may_be_found(
    method: str, status: int, target: str, is_without: bool
) -> None:
    read = _step("GET", 200)
    steps = (_step("DELETE", 204), _step(method, status, target), read)
    violation = Violation("use-after-delete", "Expected 404, got 200.", "", "key")

    assert schemathesis_rules.is_without_deletion(Occurrence(violation, read[1], steps=steps)) == is_without


def _violation(
    check: str,
    message: str = "Something is wrong",
    *,
    target: str = "/items",
    status: int | None = 200,
    headers: tuple[tuple[str, str], ...] = (),
    sent: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
    method: str = "GET",
    received: bytes = b"",
) -> Violation | None:
    request = Request(method, target, sent, body)
    operation = {"GET": "list", "POST": "add"}[method]
    exchange = (
        Exchange(request, None, "timeout")
        if status is None
        else Exchange(request, Response(status, headers, received, 0.1))
    )
    probe = Probe(f"coverage/1 of {operation}", "", operation, request, Expect.DOCUMENTED)
    return schemathesis_rules.violation(check, message, Interaction(probe, CONTRACT.operation(operation), exchange))


@pytest.mark.parametrize(
    ("check", "arguments", "rule"),
    [
        ("response_schema_conformance", {}, "schema-violation"),
        ("negative_data_rejection", {"target": "/items?limit=0"}, "invalid-input-accepted"),
        ("positive_data_acceptance", {"status": 400}, "valid-request-rejected"),
        ("positive_data_acceptance", {"status": 415, "method": "POST", "sent": JSON_PATCH}, "valid-request-rejected"),
        ("missing_required_header", {}, "missing-header-accepted"),
        ("use_after_free", {}, "use-after-delete"),
        ("a_check_of_the_user", {}, "schemathesis-check"),
    ],
)
def test_a_failed_check_violates_a_rule(check: str, arguments: dict[str, Any], rule: str) -> None:
    found = _violation(check, **arguments)

    assert found is not None
    assert found.rule == rule
    assert found.message.endswith(".")


@pytest.mark.parametrize(
    ("check", "message", "arguments", "expected"),
    [
        ("use_after_free", "x", {}, ("Expected 404 or 410 for a deleted resource, got 200.", "")),
        (
            "positive_data_acceptance",
            "x",
            {"status": 400},
            ("Expected success for valid input, got 400.", "400 of list"),
        ),
        ("response_schema_conformance", "'a' is wrong. ", {}, ("'a' is wrong.", "… is wrong.")),
        ("a_check", '`a` is 12 and "b"   Reproduce with: x', {}, ('`a` is 12 and "b".', "… is … and …")),
        ("a_check", "It is wrong [500] Value: 7", {}, ("It is wrong.", "It is wrong")),
        ("a_check", "x" * 400, {}, ("x" * 300 + ".", "x" * 120)),
        ("a_check", "JSON deserialization failed", {}, ("JSON deserialization failed.", "JSON deserialization failed")),
    ],
)
def test_a_violation_has_the_message_of_the_check_and_its_key(
    check: str, message: str, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    found = _violation(check, message, **arguments)

    text, key = expected
    assert found is not None
    assert (found.message, found.group_key) == (text, f"schemathesis:{check} {key}")
    assert found.pointer == "/paths/~1items/get/responses"
    assert found.actual is None


@pytest.mark.parametrize("status", [409, 412, 415, 500])
def test_invalid_input_that_got_any_error_was_not_accepted(status: int) -> None:
    assert _violation("negative_data_rejection", target="/items?limit=0", status=status) is None


@pytest.mark.parametrize(
    ("media", "received", "actual"),
    [("application/json", b'{"a": 1}', {"a": 1}), ("text/plain", b'{"a": 1}', None)],
)
def test_what_was_received_is_shown_if_it_is_json(media: str, received: bytes, actual: Any) -> None:
    headers = (("Content-Type", media),)
    for arguments in ({}, {"check": "negative_data_rejection", "target": "/items?limit=0"}):
        found = _violation(**{"check": "a_check", "headers": headers, "received": received} | arguments)
        assert found is not None
        assert found.actual == actual


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("Invalid component: parameter limit Schema: x", "expected at least 1, got 0"),
        ("", "expected at least 1, got 0"),
    ],
)
def test_what_is_invalid_is_said_by_the_schema_of_the_part(message: str, why: str) -> None:
    found = _violation("negative_data_rejection", message, target="/items?limit=0")

    assert found is not None
    assert found.message == (
        f"Expected a client error for an invalid query parameter limit, got 200. Why it is invalid: {why}."
    )
    assert found.pointer == "/paths/~1items/get/parameters/0"
    assert found.group_key == "schemathesis:negative_data_rejection query parameter limit"
    assert found.part == "query parameter limit"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            "Invalid component: body - 'a' violates `maxLength` [422] x",
            " Why it is invalid: body - 'a' violates `maxLength`.",
        ),
        ("Invalid component: body\nis wrong  Reproduce with: x", " Why it is invalid: body\nis wrong."),
        ("Invalid component: body", " Why it is invalid: body."),
        (f"Invalid component: {'x' * 300}", f" Why it is invalid: {'x' * 200}."),
        ("Something else", ""),
    ],
)
def test_what_is_invalid_in_a_form_is_said_by_schemathesis(message: str, why: str) -> None:
    form = (("Content-Type", "multipart/form-data; boundary=x"),)

    found = _violation("negative_data_rejection", message, method="POST", sent=form, body=b"--x--")

    assert found is not None
    assert found.message == f"Expected a client error for an invalid body, got 200.{why}"
    assert found.pointer == "/paths/~1items/post/requestBody"


TEXT_FORMATS = ["application/xml", "application/atom+xml; charset=utf-8", "multipart/form-data", "Text/XML",
                "application/x-www-form-urlencoded"]  # fmt: skip


@pytest.mark.parametrize("media", TEXT_FORMATS)
@pytest.mark.parametrize("what", ["Incorrect type", "'a' violates `type`"])
def test_a_wrong_type_in_a_format_of_text_is_text(media: str, what: str) -> None:
    request = {"target": "/items?limit=0", "body": b"<i>0</i>"}
    message = f"Invalid component: body ({what})"

    assert _violation("negative_data_rejection", message, sent=(("Content-Type", media),), **request) is None
    assert _violation("negative_data_rejection", message, sent=(("Content-Type", "text/xmlish"),), **request)
    assert _violation("negative_data_rejection", "body is short", sent=(("Content-Type", media),), **request)


@pytest.mark.parametrize("media", TEXT_FORMATS)
def test_a_form_in_which_nothing_was_made_invalid_by_name_may_be_valid(media: str) -> None:
    message = "Invalid component: Positive test case"

    assert _violation("negative_data_rejection", message, sent=(("Content-Type", media),), body=b"null") is None


@pytest.mark.parametrize(("field", "is_reported"), [("results", False), ("born", True), ("other", True)])
def test_a_form_has_no_encoding_for_a_list_of_objects(field: str, is_reported: bool) -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    message = f"Invalid component: {field} -> Array with invalid items: Missing required property: unit"

    found = _violation("negative_data_rejection", message, method="POST", sent=form, body=b"results=unit")

    assert (found is not None) == is_reported


@pytest.mark.parametrize(
    ("body", "field", "is_reported"),
    [
        (b"born=", "born", False),
        (b"born=x", "born", True),
        (b"born=&joined=", "joined", True),
        (b"other=", "other", True),
    ],
)
def test_an_empty_field_of_a_form_is_the_null_of_a_nullable_property(
    body: bytes, field: str, is_reported: bool
) -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    message = f"Invalid component: in body - {field}: Value not matching the 'date' format"

    found = _violation("negative_data_rejection", message, method="POST", sent=form, body=body)

    assert (found is not None) == is_reported


@pytest.mark.parametrize(
    ("message", "media", "is_ours"),
    [
        ("JSON deserialization error", "text/html", True),
        ("JSON deserialization error", "application/json", False),
        ("Content deserialization error", "application/json", True),
        ("Content deserialization error", "application/xml", False),
        ("Missing Content-Type header", "application/json", True),
        ("'a' is not a string", "text/html", False),
    ],
)
def test_our_rules_decide_on_media_types(message: str, media: str, is_ours: bool) -> None:
    found = _violation("response_schema_conformance", message, headers=(("Content-Type", media),))

    assert (found is None) is is_ours


def test_each_rule_is_in_the_registry() -> None:
    assert {*schemathesis_rules.RULES.values(), "schemathesis-check"} <= set(RULES)


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("not_a_server_error", {"status": 500}),
        ("status_code_conformance", {"status": 418}),
        ("unsupported_method", {"status": 200}),
        ("response_schema_conformance", {"status": None}),
        ("positive_data_acceptance", {"status": 429, "headers": (("Retry-After", "1"),)}),
        ("positive_data_acceptance", {"status": 422, "method": "POST", "sent": JSON_PATCH}),
        ("missing_required_header", {"status": 403}),
        ("negative_data_rejection", {"target": "/items?limit=5"}),
    ],
    ids=[
        "our own rule decides on server errors",
        "our own rule decides on statuses",
        "our own rule decides on methods",
        "there is no response",
        "the server limits the rate",
        "the steps of a JSON Patch may be impossible",
        "any error is fine for a missing header",
        "the input is valid as it was sent",
    ],
)
def test_some_failed_checks_violate_nothing(check: str, arguments: dict[str, Any]) -> None:
    assert _violation(check, **arguments) is None


def test_invalid_input_is_one_finding_for_each_part_of_the_request() -> None:
    first, second = (
        _violation(
            "negative_data_rejection", f"Invalid component: in query - '{value}' violates", target="/items?limit=0"
        )
        for value in ("limit", "offset")
    )

    assert first is not None
    assert second is not None
    assert first.group_key == second.group_key


def test_messages_that_differ_in_values_are_one_finding() -> None:
    keys = {
        found.group_key
        for text in ("'a' is not of type 'integer' at 3", "'b' is not of type 'integer' at 14")
        if (found := _violation("response_schema_conformance", text))
    }

    assert len(keys) == 1


@pytest.mark.parametrize(
    ("scheme", "header", "is_ours"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "x-key", True),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "Authorization", True),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "X-Tenant", False),
        ({"type": "apiKey", "in": "query", "name": "key"}, "key", False),
        ({"type": "http", "scheme": "bearer"}, "authorization", True),
        (None, "Authorization", False),
        ({"type": "http", "scheme": "bearer"}, "", False),
    ],
)
def test_a_missing_header_of_a_security_scheme_is_for_the_probes_without_credentials(
    scheme: dict[str, str] | None, header: str, is_ours: bool
) -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "components": {"securitySchemes": {"key": scheme}} if scheme else {},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "list",
                    "security": [{"key": []}] if scheme else [],
                    "responses": {"200": {"description": "Done."}},
                }
            }
        },
    }
    request = Request("GET", "/items")
    probe = Probe("coverage/1 of list", "", "list", request, Expect.DOCUMENTED)
    interaction = Interaction(
        probe, Contract(document).operation("list"), Exchange(request, Response(200, (), b"", 0.1))
    )
    message = f"Missing required header accepted Got 200 when missing required '{header}' header, expected 400"

    found = schemathesis_rules.violation("missing_required_header", message, interaction)

    assert (found is None) is is_ours


def test_a_missing_header_that_is_accepted_points_to_the_header() -> None:
    header = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
    operation = {"operationId": "list", "parameters": [header], "responses": {"200": {"description": "Done."}}}
    contract = Contract(
        {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/items": {"get": operation}}}
    )
    request = Request("GET", "/items")
    interaction = Interaction(
        Probe("coverage/1 of list", "", "list", request, Expect.DOCUMENTED),
        contract.operation("list"),
        Exchange(request, Response(200, (), b"", 0.1)),
    )
    message = "Missing required header accepted Got 200 when missing required 'X-Tenant' header, expected 400"

    found = schemathesis_rules.violation("missing_required_header", message, interaction)

    assert found is not None
    assert found.pointer == "/paths/~1items/get/parameters/0"
    assert found.message == "Expected a client error without the required header X-Tenant, got 200."


@pytest.mark.parametrize(
    ("body", "is_reported"),
    [
        (b'{"count": 1}', True),
        (b'{"count": 1, "price": 1.0}', True),
        (b'{"count": 1.0}', False),
        (b"{", False),
    ],
)
def test_a_server_may_reject_an_integer_that_is_written_with_a_fraction(body: bytes, is_reported: bool) -> None:
    sent = (("Content-Type", "application/json"),)
    found = _violation("positive_data_acceptance", status=422, method="POST", sent=sent, body=body)

    assert (found is not None) is is_reported


@pytest.mark.parametrize(("member", "rule"), [("Gone", None), ("Count", "valid-request-rejected")])
def test_nothing_is_valid_for_sure_where_a_schema_cannot_be_read(member: str, rule: str | None) -> None:
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}
    job = {"properties": {"inputs": {"properties": {"count": {"$ref": f"#/components/schemas/{member}"}}}}}
    add = {"operationId": "add", "requestBody": {"content": media}, "responses": {"200": {"description": "Done."}}}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Jobs", "version": "1"},
            "paths": {"/jobs": {"post": add}},
            "components": {"schemas": {"Job": job, "Count": {"type": "integer"}, "Own": {"$ref": "#/x"}}},
        }
    )
    request = Request("POST", "/jobs", (("Content-Type", "application/json"),), b"{}")
    probe = Probe("coverage/1 of add", "", "add", request, Expect.DOCUMENTED)
    item = Interaction(probe, contract.operation("add"), Exchange(request, Response(400, (), b"", 0.1)))

    found = schemathesis_rules.violation("positive_data_acceptance", "x", item)

    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(
    ("received", "rule"),
    [
        (b'{"email": ["This field must be unique."]}', None),
        (b'{"detail": "A user with this name already exists."}', None),
        (b'{"detail": "duplicate key value violates a constraint"}', None),
        (b'{"detail": "The author does not exist."}', "valid-request-rejected"),
        (b'{"detail": "Unsupported."}', "valid-request-rejected"),
    ],
)
def test_a_value_that_the_server_calls_taken_may_be_rejected(received: bytes, rule: str | None) -> None:
    found = _violation("positive_data_acceptance", status=400, method="POST", received=received)

    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(("limit", "reported"), [("0", False), ("1", True)])
def test_input_that_is_not_valid_after_all_may_be_rejected(limit: str, reported: bool) -> None:
    found = _violation("positive_data_acceptance", target=f"/items?limit={limit}", status=400)

    assert (found is not None) == reported


@pytest.mark.parametrize(
    ("media", "schema", "reported"),
    [
        ("text/yaml", {"type": "string"}, False),
        ("application/yaml", {"type": "string", "format": "binary"}, False),
        ("text/yaml", {}, False),
        ("text/yaml", {"type": "object", "required": ["name"]}, True),
        ("text/yaml", {"type": "string", "maxLength": 3}, True),
        ("application/json", {"type": "string"}, True),
    ],
)
def test_a_body_in_another_format_than_json_may_be_documented_as_text(
    media: str, schema: dict[str, Any], reported: bool
) -> None:
    contract = shop({"200": {"description": "A list.", "content": {media: {"schema": schema}}}})
    item = interaction(received(200, "items: []", media), contract=contract)

    assert (schemathesis_rules.violation("response_schema_conformance", "It is wrong", item) is not None) == reported
