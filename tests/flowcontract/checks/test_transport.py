"""Whether a response arrived whole and in time, and not as a server error."""

from collections import Counter
from typing import Any

import pytest

from flowcontract.checks.probe import Expect

from .library import BOOK, ERROR, interaction, received, rules, shop, violations

NOTHING = {"description": "Nothing."}


@pytest.mark.parametrize(
    ("error", "text", "kind"),
    [
        ("refused", "connection refused", "refused"),
        ("reset", "connection reset", "reset"),
        ("closed", "a closed connection", "closed"),
        ("garbage: a status line of 3 bytes", "invalid HTTP (a status line of 3 bytes)", "garbage"),
    ],
)
def test_without_a_response_the_finding_says_why(error: str, text: str, kind: str) -> None:
    (found,) = violations(interaction(error))

    assert (found.rule, found.message, found.group_key) == ("no-response", f"Expected a response, got {text}.", kind)


@pytest.mark.parametrize(
    ("timeout", "limit"), [(2.5, "2.5 s (--timeout)"), (5.0, "5 s (--timeout)"), (None, "the request timeout")]
)
def test_a_timeout_names_its_limit(timeout: float | None, limit: str) -> None:
    (found,) = violations(interaction("timeout"), timeout=timeout)

    assert (found.message, found.group_key) == (f"Expected a response within {limit}, got none.", "timeout")


@pytest.mark.parametrize(
    ("retried", "closes", "rule"),
    [("reset", False, "no-response"), ("reset", True, None), ("closed", False, None), ("", False, None)],
)
def test_a_reset_counts_unless_the_server_closes_idle_connections(retried: str, closes: bool, rule: str | None) -> None:
    found = rules(received(200, BOOK), retried=retried, closes_idle_connections=closes)

    assert found == ([rule] if rule else [])


def test_a_probe_without_a_response_is_checked_for_nothing_else() -> None:
    counts: Counter[str] = Counter()

    violations(interaction("timeout"), counts=counts)

    assert counts == {"no-response": 1}


def test_a_response_that_fails_nothing_is_checked_for_every_rule() -> None:
    counts: Counter[str] = Counter()

    violations(interaction(received(200, BOOK)), counts=counts)

    assert set(counts.values()) == {1}
    assert set(counts) == {
        "no-response",
        "server-error",
        "content-length-mismatch",
        "credential-leak",
        "undocumented-status-code",
        "existing-resource-not-found",
        "valid-request-rejected",
        "information-disclosure",
        "reflected-input",
        "echoed-resource-id",
        "resource-enumeration",
        "duplicate-header",
        "missing-http-header",
        "missing-challenge",
        "cacheable-for-others",
        "cross-origin-credentials",
        "incomplete-allow-header",
        "invalid-response-header",
        "undocumented-content-type",
        "missing-body",
        "undocumented-body",
        "content-type-without-body",
        "wrong-charset",
        "unexpected-content-encoding",
        "invalid-json",
        "schema-violation",
        "fractional-integer",
        "invariant-violation",
        "wrong-problem-status",
        "write-only-field-returned",
        "filter-returns-other-items",
        "pages-leave-out-items",
        "wrong-total",
        "slow-response",
        "slow-input",
        "stored-value-differs",
    }


@pytest.mark.parametrize(
    ("expect", "name", "counted"),
    [
        (Expect.NOT_FOUND, "id/x", "nonexistent-resource-found"),
        (Expect.DENIED, "denied/x", "missing-authorization-check"),
        (Expect.METHOD_NOT_ALLOWED, "methods/x", "undocumented-method-accepted"),
        (Expect.SHADOWED, "id/me", "route-conflict"),
        (Expect.REJECTED, "coverage/x", "invalid-input-accepted"),
    ],
)
def test_the_rules_about_the_status_that_count_are_those_of_the_probe(expect: Expect, name: str, counted: str) -> None:
    counts: Counter[str] = Counter()

    violations(interaction(received(500, ERROR), expect, name=name), counts=counts)
    assert counted not in counts, "A server error ends the check before the status is looked at."

    violations(interaction(received(200, BOOK), expect, name=name), counts=counts)
    assert counts[counted] == 1


@pytest.mark.parametrize(
    ("code", "headers", "checked"),
    [
        (429, (("Retry-After", "1"),), False),
        (503, (("Retry-After", "1"),), False),
        (429, (), True),
        (503, (), True),
        (500, (("Retry-After", "1"),), True),
    ],
)
def test_a_response_that_asks_for_fewer_requests_is_not_checked(
    code: int, headers: tuple[tuple[str, str], ...], checked: bool
) -> None:
    counts: Counter[str] = Counter()
    item = interaction(received(code, ERROR, "application/json", *headers))

    assert bool(violations(item, counts=counts)) is checked
    assert bool(counts) is checked


@pytest.mark.parametrize(
    ("documented", "code", "checked"),
    [("429", 429, False), ("4XX", 429, False), ("default", 429, False), ("404", 429, True), ("503", 503, True)],
)
def test_a_documented_429_is_not_checked_without_retry_after_either(documented: str, code: int, checked: bool) -> None:
    contract = shop({"200": {"description": "Done."}, documented: {"description": "Later."}})
    item = interaction(received(code, ERROR), contract=contract)

    assert bool(violations(item, contract=contract)) is checked


@pytest.mark.parametrize(
    ("response", "key", "text"),
    [
        (
            received(200, "{", "application/json", ("Content-Length", "9"), complete=False),
            "cut",
            "Expected 9 bytes, as Content-Length says, got a response that ended after 1 byte.",
        ),
        (
            received(200, "{", complete=False),
            "cut",
            "Expected the end of the last chunk, got a response that ended after 1 byte.",
        ),
        (
            received(200, BOOK, "application/json", ("Content-Length", "9"), ("Transfer-Encoding", "chunked")),
            "two lengths",
            "Expected either Content-Length or Transfer-Encoding, got both.",
        ),
        (
            received(200, BOOK, surplus=b"more\xff"),
            "surplus",
            'Expected nothing after the announced length, got "more\\xff".',
        ),
    ],
)
def test_as_many_bytes_arrive_as_announced(response: Any, key: str, text: str) -> None:
    (found,) = violations(interaction(response))

    assert (found.rule, found.group_key, found.message) == ("content-length-mismatch", key, text)


def test_head_has_no_content() -> None:
    item = interaction(received(200, None, "application/json", surplus=b"x" * 90), method="HEAD")

    (found,) = violations(item)

    assert found.group_key == "surplus after HEAD"
    assert found.message == f'Expected no content in response to HEAD, got "{"x" * 40}".'


def test_content_of_head_may_arrive_before_the_next_response() -> None:
    error = "garbage: the first line is '{\"id\": 1}', not a status line"

    (late,) = violations(interaction(error, name="success/after HEAD/it"))
    (other,) = violations(interaction(error))

    assert (late.rule, late.group_key) == ("content-length-mismatch", "surplus after HEAD")
    assert "got some before the next response" in late.message
    assert other.rule == "no-response"


def test_a_body_that_we_stopped_reading_lacks_nothing() -> None:
    assert rules(received(200, "{", complete=False, cut=True)) == []


@pytest.mark.parametrize(
    ("code", "expect", "tolerated", "rule"),
    [
        (500, Expect.DOCUMENTED, (), "server-error"),
        (599, Expect.UNSPECIFIED, (), "server-error"),
        (501, Expect.UNSPECIFIED, (), None),
        (501, Expect.METHOD_NOT_ALLOWED, (), None),
        (501, Expect.DOCUMENTED, (), "server-error"),
        (501, Expect.DOCUMENTED, (501,), None),
        (502, Expect.METHOD_NOT_ALLOWED, (501,), "server-error"),
        (499, Expect.UNSPECIFIED, (), None),
    ],
)
def test_a_server_error_is_one_for_every_probe(
    code: int, expect: Expect, tolerated: tuple[int, ...], rule: str | None
) -> None:
    assert rules(received(code, ERROR), expect, tolerated=tolerated) == ([rule] if rule else [])


@pytest.mark.parametrize("documented", ["503", "5XX"])
def test_a_documented_server_error_is_none(documented: str) -> None:
    assert rules(received(503, None, None), Expect.DOCUMENTED, contract=shop({documented: NOTHING})) == []
    assert rules(received(503, None, None), Expect.DOCUMENTED, contract=shop({"default": NOTHING})) == ["server-error"]


@pytest.mark.parametrize(
    ("name", "code", "text", "found"),
    [
        ("value/limit: Infinity", 500, "No.", ["server-error"]),
        ("text/limit: a quote", 500, "No.", ["server-error"]),
        ("value/limit: Infinity", 500, "Traceback (most recent call last)", ["information-disclosure"]),
        ("value/limit: Infinity", 503, "No.", []),
        ("coverage/1", 500, "No.", []),
    ],
)
def test_a_documented_500_for_one_unusual_value_is_a_server_error(
    name: str, code: int, text: str, found: list[str]
) -> None:
    documented = {"description": "No.", "content": {"text/plain": {}}}
    contract = shop({"200": NOTHING, "500": documented, "503": documented})

    assert rules(received(code, text, "text/plain"), Expect.DOCUMENTED, contract=contract, name=name) == found


@pytest.mark.parametrize(("elapsed", "rule"), [(2.0, None), (2.01, "slow-response")])
def test_a_response_is_slow_after_the_limit(elapsed: float, rule: str | None) -> None:
    assert rules(received(200, BOOK, elapsed=elapsed)) == ([rule] if rule else [])
    assert rules(received(200, BOOK, elapsed=elapsed), max_response_time=3.0) == []


def test_a_server_error_names_the_generated_input_that_is_invalid() -> None:
    target = "/books/emma?limit=many"
    found = violations(interaction(received(500, ERROR), Expect.DOCUMENTED, target=target, is_generated=True))

    assert found[0].message == (
        'Expected no server error for an invalid query parameter limit (expected integer, got "many"), got 500.'
    )


@pytest.mark.parametrize(
    ("code", "more", "rule"),
    [
        (404, {"trigger": "a quote", "usual_time": 0.05}, "slow-input"),
        (404, {"trigger": "a quote", "usual_time": 0.5}, "slow-response"),
        (404, {"trigger": "a quote", "usual_time": 0.0}, "slow-response"),
        (404, {"usual_time": 0.05}, "slow-response"),
        (403, {"trigger": "a quote", "usual_time": 0.05, "tolerated": (403,)}, "slow-response"),
    ],
)
def test_input_that_makes_a_fast_server_slow_is_a_failure(code: int, more: dict[str, Any], rule: str) -> None:
    assert rules(received(code, ERROR, elapsed=2.5), Expect.NOT_FOUND, values={"id": "x"}, **more) == [rule]


def test_a_body_is_chunked_once() -> None:
    twice = [("Transfer-Encoding", "chunked")] * 2

    assert rules(received(200, BOOK, "application/json", *twice)) == ["content-length-mismatch"]


@pytest.mark.parametrize(("size", "what"), [(4096, "a long ID (4,096 characters)"), (8, "a long ID")])
def test_a_server_error_names_the_length_of_a_long_id(size: int, what: str) -> None:
    (found,) = violations(interaction(received(500, {}), trigger="a long ID", values={"id": "k" * size}))

    assert found.message == f"Expected no server error for {what}, got 500."
