"""Which of our rules a failed check of Schemathesis violates, and when ours decide."""

from typing import Any

import pytest

from flowcontract.checks import schemathesis_rules
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.registry import RULES
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.contract import Contract

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
                }
            }
        },
    }
)


def _violation(
    check: str,
    message: str = "Something is wrong",
    *,
    target: str = "/items",
    status: int | None = 200,
    headers: tuple[tuple[str, str], ...] = (),
    sent: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
) -> Violation | None:
    request = Request("GET", target, sent, body)
    exchange = (
        Exchange(request, None, "timeout") if status is None else Exchange(request, Response(status, headers, b"", 0.1))
    )
    probe = Probe("coverage/1 of list", "", "list", request, Expect.DOCUMENTED)
    return schemathesis_rules.violation(check, message, Interaction(probe, CONTRACT.operation("list"), exchange))


@pytest.mark.parametrize(
    ("check", "arguments", "rule"),
    [
        ("response_schema_conformance", {}, "schema-violation"),
        ("negative_data_rejection", {"target": "/items?limit=0"}, "invalid-input-accepted"),
        ("positive_data_acceptance", {"status": 400}, "valid-request-rejected"),
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


def test_the_message_about_a_deleted_resource_is_ours() -> None:
    found = _violation("use_after_free")

    assert found is not None
    assert found.message == "Expected 404 or 410 for a deleted resource, got 200."


@pytest.mark.parametrize("media", ["application/xml", "application/atom+xml; charset=utf-8", "multipart/form-data"])
def test_a_wrong_type_in_a_format_of_text_is_text(media: str) -> None:
    sent = (("Content-Type", media),)
    message = "Invalid component: body (Incorrect type)"

    assert _violation("negative_data_rejection", message, target="/items?limit=0", sent=sent, body=b"<i>0</i>") is None


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
        ("missing_required_header", {"status": 403}),
        ("negative_data_rejection", {"target": "/items?limit=5"}),
    ],
    ids=[
        "our own rule decides on server errors",
        "our own rule decides on statuses",
        "our own rule decides on methods",
        "there is no response",
        "the server limits the rate",
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


def test_a_missing_header_of_a_security_scheme_is_for_the_probes_without_credentials() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "list",
                    "security": [{"key": []}],
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

    def rule(header: str) -> object:
        message = f"Missing required header accepted Got 200 when missing required '{header}' header, expected 400"
        return schemathesis_rules.violation("missing_required_header", message, interaction)

    assert rule("x-key") is None
    assert rule("X-Tenant") is not None


def test_our_own_rules_say_where_a_content_type_is_missing_because_a_204_has_none() -> None:
    assert _violation("response_schema_conformance", "Missing Content-Type header", status=204) is None
