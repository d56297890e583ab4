"""Headers, media type, charset, coding and JSON of one response."""

import gzip
import zlib
from typing import Any

import pytest

from flowcontract.checks import content
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http.messages import Exchange, Request
from flowcontract.openapi.contract import Contract

from .library import (
    BOOK,
    BOOK_SCHEMA,
    CALLER,
    ERROR,
    ERROR_SCHEMA,
    RESPONSES,
    interaction,
    json_response,
    received,
    rules,
    shop,
    two_routes,
    violations,
    with_creation,
)

JSON = "application/json"
NOTHING = {"description": "Nothing."}
TEXT = {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}


@pytest.mark.parametrize("name", ["Content-Type", "Content-Length", "Content-Encoding", "Location", "Retry-After"])
def test_a_header_with_one_value_is_sent_once(name: str) -> None:
    value = {"Content-Type": JSON, "Content-Encoding": "identity"}.get(name, "7")
    headers = [(name, value)] * (1 if name == "Content-Type" else 2)

    (found,) = violations(interaction(received(200, BOOK, JSON, *headers)))

    assert (found.rule, found.group_key) == ("duplicate-header", name.lower())
    assert found.message == f"Expected one {name.title()} header, got 2."


def test_other_headers_may_be_sent_more_than_once() -> None:
    assert rules(received(200, BOOK, JSON, ("Vary", "Accept"), ("Vary", "Cookie"))) == []


@pytest.mark.parametrize(
    ("code", "headers", "key"),
    [
        (429, (), None),
        (413, (("Retry-After", "soon"),), "retry-after"),
        (413, (("Retry-After", "-1"),), "retry-after"),
        (413, (("Retry-After", " 120 "),), None),
        (413, (("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),), None),
        (413, (("Retry-After", "2026-10-21"),), "retry-after"),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(
    code: int, headers: tuple[tuple[str, str], ...], key: str | None
) -> None:
    contract = shop({**RESPONSES, str(code): json_response(ERROR_SCHEMA)})
    item = interaction(received(code, ERROR, JSON, *headers), Expect.DOCUMENTED, contract=contract)

    found = [(each.rule, each.group_key) for each in violations(item, contract)]

    assert found == ([("missing-http-header", key)] if key else [])


def test_401_names_how_to_authenticate() -> None:
    contract = shop({**RESPONSES, "401": json_response(ERROR_SCHEMA)})
    denied = {"contract": contract, "headers": ()}

    assert rules(received(401, ERROR), Expect.DENIED, **denied) == ["missing-challenge"]
    assert rules(received(401, ERROR, JSON, ("WWW-Authenticate", "")), Expect.DENIED, **denied) == ["missing-challenge"]
    assert rules(received(401, ERROR, JSON, ("WWW-Authenticate", "Bearer")), Expect.DENIED, **denied) == []
    assert rules(received(403, ERROR), Expect.DENIED, **denied) == []


@pytest.mark.parametrize(
    ("method", "target", "allow", "found"),
    [
        ("PATCH", "/books/x", ("GET, PUT",), None),
        ("PATCH", "/books/x", ("GET", "PUT , HEAD"), None),
        ("PATCH", "/books/x", (), ("missing-http-header", "allow missing")),
        ("PATCH", "/books/x", ("GET",), ("incomplete-allow-header", "allow incomplete")),
        ("PATCH", "/books/x", ("OPTIONS",), ("missing-http-header", "allow incomplete")),
        ("PATCH", "/books/x", ("GET, PUT, PATCH",), ("missing-http-header", "allow contradicts")),
        ("DELETE", "/books/x", ("GET, PUT, DELETE",), ("missing-http-header", "allow contradicts")),
        ("DELETE", "/books/me?x=1", ("GET, PUT, DELETE",), None),
    ],
)
def test_allow_lists_the_documented_methods_and_not_the_one_that_got_405(
    method: str, target: str, allow: tuple[str, ...], found: tuple[str, str] | None
) -> None:
    contract = two_routes()
    response = received(405, ERROR, JSON, *(("Allow", value) for value in allow))
    item = interaction(response, Expect.METHOD_NOT_ALLOWED, contract=contract, method=method, target=target)

    assert [(each.rule, each.group_key) for each in violations(item, contract)] == ([found] if found else [])


def test_a_method_that_another_route_has_for_the_same_path_may_be_listed() -> None:
    contract = two_routes()
    request = Request("GET", "/books/me/?x=1", (CALLER,))
    for allow, found in (("DELETE, GET", []), ("DELETE, GET, PATCH", []), ("GET", ["missing-http-header"])):
        response = received(405, ERROR, JSON, ("Allow", allow))
        probe = Probe("methods/x", "", "me", request, Expect.METHOD_NOT_ALLOWED)
        item = Interaction(probe, contract.operation("me"), Exchange(request, response))
        assert [each.rule for each in violations(item, contract)] == found


@pytest.mark.parametrize("target", ["/books/", "/books/a/b"])
def test_the_methods_of_another_path_may_be_listed_alone(target: str) -> None:
    contract = two_routes()
    for allow, found in (("POST", []), ("POST, GET", ["missing-http-header"])):
        response = received(405, ERROR, JSON, ("Allow", allow))
        item = interaction(response, Expect.METHOD_NOT_ALLOWED, contract=contract, target=target)
        assert [each.rule for each in violations(item, contract)] == found


def test_the_methods_that_allow_lacks_are_named() -> None:
    contract = two_routes()
    response = received(405, ERROR, JSON, ("Allow", "OPTIONS"))
    item = interaction(response, Expect.METHOD_NOT_ALLOWED, contract=contract, method="PATCH")

    (found,) = violations(item, contract)

    assert found.message == 'Expected every documented method in Allow, got "OPTIONS" without GET, PUT.'


HEADERS = {
    "X-Count": {"required": True, "schema": {"type": "integer", "maximum": 9}},
    "X-Tags": {"schema": {"type": "array", "items": {"enum": ["new", "used"]}}},
}


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ((("X-Count", "9"),), []),
        ((("x-count", "9"), ("X-Tags", "new,used")), []),
        ((), ["X-Count"]),
        ((("X-Count", "10"),), ["X-Count"]),
        ((("X-Count", "many"),), ["X-Count"]),
        ((("X-Count", "10"), ("X-Tags", "old,worn")), ["X-Count", "X-Tags"]),
    ],
)
def test_a_documented_header_has_a_value_of_its_schema(headers: tuple[tuple[str, str], ...], names: list[str]) -> None:
    contract = shop({**RESPONSES, "200": json_response(BOOK_SCHEMA, headers=HEADERS)})
    item = interaction(received(200, BOOK, JSON, *headers), contract=contract)

    found = violations(item, contract)

    assert [each.group_key for each in found] == names
    assert {each.rule for each in found} <= {"invalid-response-header"}


def test_a_missing_header_does_not_hide_what_is_wrong_with_the_body() -> None:
    count = {"X-Count": {"required": True, "schema": {"type": "integer"}}}
    contract = shop({**RESPONSES, "200": json_response(BOOK_SCHEMA, headers=count)})

    found = rules(received(200, {**BOOK, "pages": "many"}), contract=contract)

    assert found == ["invalid-response-header", "schema-violation"]


def test_headers_of_an_undocumented_response_are_nobody_s() -> None:
    contract = shop(
        {
            **RESPONSES,
            "405": json_response(ERROR_SCHEMA, headers=HEADERS),
            "default": json_response({}, headers=HEADERS),
        }
    )
    allow = ("Allow", "GET")

    assert rules(received(405, ERROR, JSON, allow), Expect.METHOD_NOT_ALLOWED, contract=contract, method="PUT") == []
    assert rules(received(405, ERROR, JSON, allow), Expect.DOCUMENTED, contract=contract, method="PUT") == []
    assert rules(received(418, ERROR), Expect.UNSPECIFIED, contract=contract) == []
    assert rules(received(418, ERROR), Expect.DOCUMENTED, contract=contract) == ["invalid-response-header"]


@pytest.mark.parametrize(
    ("media", "accept", "actual"),
    [
        (JSON, None, None),
        ("application/json; charset=utf-8", JSON, None),
        ("APPLICATION/JSON", JSON, None),
        ("text/html", None, "text/html"),
        ("text/html", "*/*", "text/html"),
        ("text/html", "application/*", "text/html"),
        ("text/html", "application/xml", None),
        ("text/html", "application/xml, application/json;q=0.5", "text/html"),
        ("text/html", "text/html, */*;q=0.8", None),
        (None, None, "no Content-Type"),
    ],
)
def test_the_media_type_is_documented_unless_the_caller_asked_for_another(
    media: str | None, accept: str | None, actual: str | None
) -> None:
    headers = (CALLER, ("Accept", accept)) if accept else (CALLER,)

    found = violations(interaction(received(200, BOOK, media), headers=headers))

    assert [each.rule for each in found] == (["undocumented-content-type"] if actual else [])
    if actual:
        assert found[0].message == f"Expected {JSON} with status 200, got {actual}."


ANY = {"description": "A book.", "content": {JSON: {"schema": BOOK_SCHEMA}, "*/*": {}}}


@pytest.mark.parametrize("accept", [JSON, "*/*", "text/html"])
def test_a_documented_range_covers_a_page_even_for_a_caller_who_prefers_json(accept: str) -> None:
    found = rules(received(200, "<p>", "text/html"), contract=shop({"200": ANY}), headers=(CALLER, ("Accept", accept)))

    assert found == []


@pytest.mark.parametrize(
    ("value", "code", "media", "rule"),
    [
        ("x", 404, "text/html", None),
        ("7", 404, "text/html", "undocumented-content-type"),
        ("x", 403, "text/html", "undocumented-content-type"),
        ("x", 404, "application/xml", "undocumented-content-type"),
    ],
)
def test_a_router_that_knows_the_type_of_an_id_has_an_error_page_of_its_own(
    value: str, code: int, media: str, rule: str | None
) -> None:
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    response = received(code, "<p>", media)

    found = rules(response, Expect.DOCUMENTED, contract=shop(parameters=parameters), values={"id": value})

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("value", "response", "is_of_another_route"),
    [
        ("..", received(200, {"items": []}), True),
        (".", received(200, {"items": []}), True),
        ("a/b", received(200, {"items": []}), True),
        ("a\\b", received(404, "<p>", "text/html"), True),
        ("a/b", received(404, {"other": 1}), True),
        ("...", received(200, {"items": []}), False),
        ("a.b", received(404, {"other": 1}), False),
        ("a/b", received(200, BOOK), False),
        ("a/b", received(404, ERROR), False),
        ("a/b", received(403, {"other": 1}), False),
    ],
)
def test_dots_and_slashes_in_an_id_may_lead_to_another_route(
    value: str, response: Any, is_of_another_route: bool
) -> None:
    item = interaction(response, Expect.NOT_FOUND, values={"id": value})

    assert content.is_of_another_route(item) is is_of_another_route
    assert not content.is_of_another_route(interaction(response, Expect.DOCUMENTED, values={"id": value}))


def test_one_handler_makes_every_client_error() -> None:
    media = {"content": {JSON: {"schema": {"type": "object"}}}, "description": "Done or not."}
    contract = shop({"200": media, "default": media})
    keys = {
        code: found.group_key
        for code in (200, 400, 409)
        for found in violations(
            interaction(received(code, "<h1>", "text/html"), Expect.DOCUMENTED, contract=contract), contract
        )
        if found.rule == "undocumented-content-type"
    }

    assert keys[400] == keys[409] != keys[200]


@pytest.mark.parametrize(
    ("code", "media", "odd", "strict", "rule"),
    [
        (404, "text/html", True, False, None),
        (404, "text/plain", True, False, None),
        (404, None, True, False, None),
        (404, "text/html", False, False, "undocumented-content-type"),
        (404, "text/html", True, True, "undocumented-content-type"),
        (404, "application/xml", True, False, "undocumented-content-type"),
        (200, "text/html", True, False, "undocumented-content-type"),
    ],
)
def test_the_http_layer_has_error_pages_of_its_own_for_odd_requests(
    code: int, media: str | None, odd: bool, strict: bool, rule: str | None
) -> None:
    response = received(code, "<h1>Not Found</h1>", media)

    assert rules(response, Expect.DOCUMENTED, odd=odd, strict=strict) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("responses", "response", "rule"),
    [
        ({"200": NOTHING}, received(200, "x", "text/plain"), "undocumented-body"),
        ({"200": NOTHING}, received(200, None, None), None),
        ({"200": NOTHING}, received(200, None, JSON), "content-type-without-body"),
        ({"200": NOTHING}, received(200, None, "text/html"), None),
        ({"204": NOTHING}, received(204, None, JSON), None),
        ({"404": NOTHING}, received(404, "x", "text/plain"), None),
        (RESPONSES, received(200, None, JSON), "missing-body"),
        (RESPONSES, received(404, None, None), "missing-body"),
        ({"200": TEXT}, received(200, b"", "text/plain"), None),
        ({"200": TEXT}, received(200, None, None), "missing-body"),
        ({"204": RESPONSES["200"]}, received(204, None, None), None),
        ({"205": RESPONSES["200"]}, received(205, None, None), None),
    ],
)
def test_there_is_a_body_where_one_is_documented(responses: dict[str, Any], response: Any, rule: str | None) -> None:
    assert rules(response, Expect.DOCUMENTED, contract=shop(responses)) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("status", "accept", "found"),
    [(404, "text/html", []), (404, "application/*", ["missing-body"]), (200, "text/html", ["missing-body"])],
)
def test_an_error_may_lack_a_body_that_the_caller_does_not_accept(status: int, accept: str, found: list[str]) -> None:
    assert rules(received(status, None, None), Expect.DOCUMENTED, headers=(CALLER, ("Accept", accept))) == found


def test_an_odd_request_may_get_an_error_without_a_body_and_head_never_has_one() -> None:
    assert rules(received(404, None, None), Expect.DOCUMENTED, odd=True) == []
    assert rules(received(200, None, JSON), Expect.DOCUMENTED, odd=True) == ["missing-body"]
    assert rules(received(200, None, JSON), method="HEAD") == []
    assert rules(received(200, b"", "text/html"), method="HEAD") == []
    assert rules(received(200, b"", "text/html", cut=True)) == []


@pytest.mark.parametrize(
    ("charset", "rule"),
    [
        ("utf-8", None),
        ('"UTF-8"', None),
        ("utf8", None),
        ("us-ascii", None),
        ("iso-8859-1", "wrong-charset"),
        ("utf-16", "wrong-charset"),
    ],
)
def test_json_has_no_charset_but_utf_8(charset: str, rule: str | None) -> None:
    assert rules(received(200, BOOK, f"application/json; charset={charset}")) == ([rule] if rule else [])


def test_another_media_type_has_any_charset() -> None:
    contract = shop({"200": {"description": "A page.", "content": {"text/html": {}}}})

    assert rules(received(200, "<p>", "text/html; charset=iso-8859-1"), contract=contract) == []


GZIP = gzip.compress(b'{"id": "1", "title": "A"}', mtime=0)


@pytest.mark.parametrize(
    ("coding", "body", "accepted", "key"),
    [
        ("gzip", GZIP, "gzip", None),
        ("gzip", GZIP, None, None),
        ("gzip", GZIP, "br, gzip;q=0.5", None),
        ("gzip", GZIP, "identity", "unasked"),
        ("gzip", GZIP, "gzip;q=0", "unasked"),
        ("gzip", GZIP, "gzip; q=0.000, br", "unasked"),
        ("gzip", GZIP, "gzip;q=0.01", None),
        ("gzip", b'{"id": "1", "title": "A"}', "gzip", "untrue"),
        ("gzip", GZIP[:-9], "gzip", "untrue"),
        ("x-gzip", b'{"id": "1", "title": "A"}', "x-gzip", "untrue"),
        ("deflate", b'{"id": "1", "title": "A"}', "deflate", "untrue"),
        ("deflate", zlib.compress(b'{"id": "1", "title": "A"}'), "deflate", None),
        ("GZIP", GZIP, "gzip", None),
        ("zz", b"\x01\x02\x03", "zz", None),
        ("zz", b'{"id": "1", "title": "A"}', "zz", "untrue"),
    ],
)
def test_a_content_coding_is_accepted_and_true(coding: str, body: bytes, accepted: str | None, key: str | None) -> None:
    headers = (CALLER, ("Accept-Encoding", accepted)) if accepted else (CALLER,)
    item = interaction(received(200, body, JSON, ("Content-Encoding", coding)), headers=headers)

    found = [(each.rule, each.group_key) for each in violations(item)]

    assert found == ([("unexpected-content-encoding", key)] if key else [])


@pytest.mark.parametrize(
    ("response", "expect", "rule"),
    [
        (received(200, "{'id': 1}"), Expect.SUCCESS, "invalid-json"),
        (received(404, "{'id': 1}"), Expect.UNSPECIFIED, "invalid-json"),
        (received(404, None, JSON), Expect.UNSPECIFIED, None),
        (received(405, None, JSON, ("Allow", "GET")), Expect.METHOD_NOT_ALLOWED, None),
        (received(200, "{'id': 1}", cut=True), Expect.SUCCESS, None),
        (received(404, "{'id': 1}", "application/problem+json"), Expect.UNSPECIFIED, "invalid-json"),
        (received(404, "nothing", "text/plain"), Expect.UNSPECIFIED, None),
        (received(200, f'{{"id": "1", "title": "A", "pages": {"9" * 5000}}}'), Expect.SUCCESS, None),
        (received(200, f'{{"id": "1", "title": "A", "pages": -{"9" * 5000}}}'), Expect.SUCCESS, None),
    ],
)
def test_what_claims_to_be_json_is_json(response: Any, expect: Expect, rule: str | None) -> None:
    method = "PUT" if expect is Expect.METHOD_NOT_ALLOWED else "GET"

    assert rules(response, expect, method=method) == ([rule] if rule else [])


def test_what_is_called_json_in_response_to_head_is_not_read() -> None:
    assert rules(received(200, "{'id': 1}"), method="HEAD") == []


def test_half_a_character_is_fine_where_a_client_may_have_stored_it() -> None:
    half, other = received(200, rb'{"id": "1", "title": "\ud800"}'), received(200, "{")
    writes = with_creation({"type": "object"})

    assert rules(half, contract=shop()) == ["invalid-json"]
    assert rules(half, contract=writes) == []
    assert rules(other, contract=writes) == ["invalid-json"]


@pytest.mark.parametrize("code", [201, 204, 205])
def test_a_response_without_content_may_claim_any_media_type(code: int) -> None:
    contract = shop({str(code): NOTHING})

    assert rules(received(code, None, JSON), contract=contract) == []


def test_documented_content_of_a_status_without_content_is_not_missed() -> None:
    contract = shop({"204": {"description": "Done.", "content": {"*/*": {}}}})

    assert rules(received(204, None, None), contract=contract) == []


def test_a_range_is_not_a_media_type() -> None:
    anything = {"description": "Done.", "content": {"*/*": {"schema": {"type": "string"}}}}

    assert rules(received(200, "text", "*/*"), contract=shop({"200": anything})) == ["undocumented-content-type"]
    assert rules(received(200, "text", "text/plain"), contract=shop({"200": anything})) == []


def test_errors_of_one_kind_in_json_are_one_finding() -> None:
    keys = {
        each.group_key
        for text in ('{"a": 1, "a": 2}', '{"b": 1, "b": 2}')
        for each in violations(interaction(received(200, text)))
    }

    assert len(keys) == 2, "Which name is doubled is part of what is wrong."
    assert (
        len({each.group_key for text in ("{'a'}", "{b}") for each in violations(interaction(received(200, text)))}) == 1
    )


@pytest.mark.parametrize(
    ("control", "vary", "found"),
    [
        ("public, max-age=60", "", True),
        ("s-maxage=60", "Accept", True),
        ("public, max-age=60", "Accept, Authorization", False),
        ("public, no-cache", "", False),
        ("private, s-maxage=60", "", False),
        ("max-age=60", "", False),
    ],
)
def test_no_shared_cache_may_store_what_is_for_one_caller(control: str, vary: str, found: bool) -> None:
    response = received(200, BOOK, "application/json", ("Cache-Control", control), ("Vary", vary))
    bearer = ("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}")

    assert rules(response, headers=(bearer,)) == ["cacheable-for-others"] * found
    assert rules(response, Expect.UNSPECIFIED, headers=(), values={"id": "x"}) != ["cacheable-for-others"]


@pytest.mark.parametrize(
    ("allowed", "origin", "scheme", "found"),
    [
        ("https://flowcontract.invalid", "https://flowcontract.invalid", "basic", True),
        ("https://flowcontract.invalid", "https://flowcontract.invalid", "bearer", False),
        ("*", "https://flowcontract.invalid", "bearer", True),
        ("https://shop.example", "https://flowcontract.invalid", "basic", False),
        ("http://localhost", "http://localhost", "basic", False),
    ],
)
def test_not_every_site_may_use_the_credentials_of_a_browser(
    allowed: str, origin: str, scheme: str, found: bool
) -> None:
    components = {"securitySchemes": {"token": {"type": "http", "scheme": scheme}}}
    contract = Contract({**shop().document, "components": components})
    sent = (("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Credentials", "true"))
    more: dict[str, Any] = {"contract": contract, "headers": (CALLER, ("Origin", origin))}

    assert rules(received(200, BOOK, JSON, *sent), **more) == ["cross-origin-credentials"] * found
    assert rules(received(200, BOOK, JSON, *sent[:1]), **more) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ETag", "v1", True),
        ("ETag", 'W/"v1"', False),
        ("Last-Modified", "2024-09-02T10:00:00Z", True),
        ("Last-Modified", "Mon, 02 Sep 2024 10:00:00 GMT", False),
        ("Set-Cookie", "; Path=/", True),
        ("Set-Cookie", "a=; Path=/", False),
        ("Expires", "0", False),
    ],
)
def test_headers_are_written_as_http_says(name: str, value: str, found: bool) -> None:
    assert rules(received(200, BOOK, "application/json", (name, value))) == ["missing-http-header"] * found


def test_allow_in_response_to_options_lists_the_documented_methods() -> None:
    response = received(200, None, None, ("Allow", "POST"))

    assert rules(response, Expect.UNSPECIFIED, method="OPTIONS") == ["missing-http-header"]
    assert rules(received(200, None, None), Expect.UNSPECIFIED, method="OPTIONS") == []
