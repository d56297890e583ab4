"""What an error response must not disclose, and what only looks like it."""

from typing import Any

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {"get": {"operationId": "list", "responses": {"200": {"description": "Done."}, "400": {}}}}
        },
    }
)


def _rules(text: str, target: str = "/items", body: bytes | None = None, **given: Any) -> set[str]:
    request = Request("GET", target, (), body)
    probe = Probe("fuzzing/1 of list", "", "list", request, Expect.DOCUMENTED)
    response = Response(400, (("Content-Type", "text/plain"), ("Content-Length", str(len(text)))), text.encode(), 0.1)
    interaction = Interaction(probe, CONTRACT.operation("list"), Exchange(request, response))
    context = Context(CONTRACT, Target.at("http://127.0.0.1:1", "", **given))
    return {violation.rule for violation in check_response(context, interaction)}


@pytest.mark.parametrize(
    "text", ["PASSWORD='hunter2' is wrong", 'File "/srv/shop/app.py", line 3', "cannot open /etc/shop/settings.yaml"]
)
def test_settings_traces_and_paths_of_the_server_are_disclosed(text: str) -> None:
    assert _rules(text) == {"information-disclosure"}


@pytest.mark.parametrize("query", ["USER%3APASSWORD=1", "USER:PASSWORD=1"])
def test_a_message_may_quote_the_parameter_that_it_rejects(query: str) -> None:
    assert _rules("unknown parameter 'USER:PASSWORD'", f"/items?{query}") == set()


def test_a_message_may_quote_the_body_that_it_rejects() -> None:
    text = '{"detail": "not valid: SELECT * FROM customers"}'

    assert _rules(text, body=b'{"example": "SELECT * FROM customers"}') == set()
    assert _rules(text, body=b'{"example": "customers"}') == {"information-disclosure"}


_JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("headers", "text", "place"),
    [
        ((), "for ${FLOWCONTRACT_TOKEN}", "the body"),
        (_JSON, '{"user": {"keys": ["${FLOWCONTRACT_TOKEN}"]}}', "the body, at /user/keys/0"),
        (_JSON, '{"${FLOWCONTRACT_TOKEN}": 1}', "the body"),
        ((("X-Caller", "${FLOWCONTRACT_TOKEN}"),), "", "the header X-Caller"),
    ],
)
def test_the_message_about_a_token_says_where_it_is(headers: Any, text: str, place: str) -> None:
    probe = Probe("fuzzing/1 of list", "", "list", Request("GET", "/items", (), None), Expect.DOCUMENTED)
    response = Response(400, headers, text.encode(), 0.1)
    context = Context(CONTRACT, Target.at("http://127.0.0.1:1", "", token="c0ffee-7d2e-41aa"))

    found = check_response(context, Interaction(probe, CONTRACT.operation("list"), Exchange(probe.request, response)))

    assert [v.message for v in found] == [f"Expected no credentials in the response, got a token in {place}."]


@pytest.mark.parametrize(("password", "leaks"), [("c0ffee-7d2e", {"credential-leak"}), ("postgres", set())])
def test_a_password_in_a_response_leaks_unless_it_may_be_a_word(password: str, leaks: set[str]) -> None:
    assert _rules("no ${FLOWCONTRACT_AUTH#*:}", user_password=f"ann:{password}") == leaks


def test_a_token_in_a_response_leaks_unless_it_is_as_short_as_a_word() -> None:
    text = "read ${FLOWCONTRACT_TOKEN} before"

    assert _rules(text, token="c0ffee-7d2e-41aa") == {"credential-leak"}
    assert _rules(text, token="this") == set()


@pytest.mark.parametrize(("name", "leaks"), [("X-Api-Key", {"credential-leak"}), ("X-Shop", set())])
def test_the_value_of_a_header_leaks_if_its_name_is_that_of_a_secret(name: str, leaks: set[str]) -> None:
    variable = name.upper().replace("-", "_")

    assert _rules(f"for ${{FLOWCONTRACT_HEADER_{variable}}}", headers=[(name, "7c5e2f9a-1d44-4d0e")]) == leaks
