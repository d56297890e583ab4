"""Credentials of the caller in a request: by the schemes of the contract, wherever the caller gave them."""

from typing import Any

import pytest

from flowcontract.generation.request_builder import (
    NO_CREDENTIALS,
    OTHER_TOKEN,
    RequestBuilder,
    credentials_with,
    valid_credentials,
)
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

BEARER = {"type": "http", "scheme": "bearer"}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "sid"}
HEADER = {"type": "apiKey", "in": "header", "name": "Authorization"}


def _sent(scheme: dict[str, Any], header: str, *, parameters: list[dict[str, Any]] | None = None) -> tuple[str, str]:
    """The header's value as it is sent with and without the caller's credentials."""
    operation: dict[str, Any] = {"responses": {"200": {"description": "OK"}}, "parameters": parameters or []}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Cart", "version": "1"},
            "paths": {"/cart": {"get": {"operationId": "cart", **operation}}},
            "security": [{"login": []}],
            "components": {"securitySchemes": {"login": scheme}},
        }
    )
    name, _, value = header.partition(": ")
    target = Target.at("http://h", "", headers=[(name, value)])
    builder = RequestBuilder(contract, contract.operation("cart"), target)
    caller = valid_credentials(contract.operation("cart"), target)
    assert caller
    requests = [builder.request({}, each) for each in (caller, NO_CREDENTIALS)]
    values = [[target.expand(value) for key, value in request.headers if key == name] for request in requests]
    assert all(len(each) <= 1 for each in values)
    return values[0][0], (values[1] or [""])[0]


@pytest.mark.parametrize(
    ("scheme", "header"),
    [
        (BEARER, "Authorization: Bearer t-1"),
        (BEARER, "Authorization: Token t-1"),
        ({"type": "http", "scheme": "basic"}, "Authorization: Basic dTpw"),
        (HEADER, "Authorization: Bearer t-1"),
        (HEADER, "Authorization: Token t-1"),
    ],
)
def test_an_authorization_header_is_sent_as_given_by_authorized_callers_alone(
    scheme: dict[str, Any], header: str
) -> None:
    assert _sent(scheme, header) == (header.partition(": ")[2], "")


def test_a_cookie_of_the_scheme_is_sent_by_authorized_callers_alone() -> None:
    assert _sent(COOKIE, "Cookie: theme=dark; sid=s-1") == ("sid=s-1; theme=dark", "theme=dark")


def test_all_cookies_are_in_one_header() -> None:
    language = {"name": "lang", "in": "cookie", "required": True, "schema": {"enum": ["de"]}}

    assert _sent(COOKIE, "Cookie: sid=s-1", parameters=[language]) == ("sid=s-1; lang=de", "lang=de")


@pytest.mark.parametrize(("security", "sent"), [([{"login": []}], []), ([{"key": []}], []), ([], ["Bearer t-1"])])
def test_an_operation_that_documents_no_credentials_gets_every_header_of_the_caller(
    security: list[dict[str, Any]], sent: list[str]
) -> None:
    operation = {"operationId": "cart", "security": security, "responses": {"200": {"description": "OK"}}}
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Cart", "version": "1"},
            "paths": {"/cart": {"get": operation}},
            "components": {"securitySchemes": {"login": BEARER, "key": key}},
        }
    )
    target = Target.at("http://h", "", headers=[("Authorization", "Bearer t-1")])

    request = RequestBuilder(contract, contract.operation("cart"), target).request({}, NO_CREDENTIALS)

    assert [target.expand(value) for name, value in request.headers if name == "Authorization"] == sent


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"token": "t-1"}, "Authorization"),
        ({"api_keys": {"key": "k-1"}}, "X-Key"),
        ({"token": "t-1", "api_keys": {"key": "k-1"}}, "X-Key"),
    ],
)
def test_a_token_is_sent_as_a_token_if_the_contract_has_a_key_as_an_alternative(given: Any, name: str) -> None:
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Cart", "version": "1"},
            "paths": {"/cart": {"get": {"operationId": "cart", "responses": {"200": {"description": "OK"}}}}},
            "security": [{"key": []}, {"login": []}],
            "components": {"securitySchemes": {"login": BEARER, "key": key}},
        }
    )
    target = Target.at("http://h", "", other_token="o-1", **given)
    operation = contract.operation("cart")

    callers = [valid_credentials(operation, target), credentials_with(operation, OTHER_TOKEN, target)]

    assert [[header for header, _ in caller.headers] for caller in callers if caller] == [[name], [name]]


def test_a_required_header_has_the_value_that_the_caller_gave() -> None:
    tenant = {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}
    operation = {"operationId": "cart", "parameters": [tenant], "responses": {"200": {"description": "OK"}}}
    document = {"openapi": "3.0.3", "info": {"title": "Cart", "version": "1"}, "paths": {"/cart": {"get": operation}}}
    contract = Contract(document)
    target = Target.at("http://h", "", headers=[("x-tenant", "acme")])

    request = RequestBuilder(contract, contract.operation("cart"), target).request({}, NO_CREDENTIALS)

    assert [value for name, value in request.headers if name.lower() == "x-tenant"] == ["acme"]
