"""What a response must not repeat or reveal: internals, input, credentials, existing resources."""

from typing import Any

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.probe import Expect
from flowcontract.http.target import Target

from .library import (
    BOOK,
    CALLER,
    ERROR,
    KNOWN,
    RESPONSES,
    SHOP,
    interaction,
    json_response,
    received,
    rules,
    shop,
    violations,
)

JSON = "application/json"
TRACE = "Traceback (most recent call last)"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TRACE, "trace"),
        ("    at shop.Books.read(Books.java:12:3)", "trace"),
        (r'{"stack": "Error\n    at async read (file:///x/app.js:10:5)"}', "trace"),
        ("System.FormatException: no number", "trace"),
        ("   at Shop.Books.Read(String id) in /src/Books.cs:line 12", "trace"),
        ("<b>Warning</b>: no id in <b>C:/x.php</b> on line <b>3</b>", "trace"),
        ("goroutine 12 [running]", "trace"),
        ("java.lang.NullPointerException", "trace"),
        ("psycopg2.errors.UndefinedTable", "trace"),
        ("SQLSTATE[42P01]: Undefined table", "trace"),
        ('relation "books" does not exist', "trace"),
        ("OperationalError: no such table: books", "trace"),
        ("connect ECONNREFUSED db:5432", "trace"),
        ("** (Ecto.NoResultsError) expected one result", "trace"),
        ("uid=0(root) gid=0(root)", "trace"),
        ("SELECT id FROM books", "trace"),
        ("root:x:0:0:root", "trace"),
        ("cannot open /srv/shop/app.cfg", "file path"),
        (r"cannot open C:\shop\app.cfg", "file path"),
        ("in /shop/books/read.py", "file path"),
        (r'{"file": "\/var\/www\/html\/index.txt"}', "file path"),
        ("SECRET_KEY = 'x'", "setting"),
    ],
)
def test_an_error_names_no_internals(text: str, kind: str) -> None:
    (found,) = violations(interaction(received(404, text, "text/plain"), Expect.UNSPECIFIED, values={}))

    assert (found.rule, found.group_key) == ("information-disclosure", kind)
    assert found.message.startswith("Expected no ")


@pytest.mark.parametrize(
    "text",
    [
        "see https://shop.example/usr/share/help.py",
        "select a book from the list",
        "the file /books/x",
        "choose one of csv, sqlite3 and xml",
        "a password is required",
        "http://127.0.0.1/home/reader",
    ],
)
def test_a_link_or_a_sentence_is_not_internal(text: str) -> None:
    assert rules(received(404, {"detail": text}), Expect.NOT_FOUND) == []


@pytest.mark.parametrize(
    "error", ['{"password": ["This field is required."]}', '{"details": {"existing": {"password": "x"}}}']
)
def test_a_documented_member_is_not_a_setting(error: str) -> None:
    account = {"type": "object", "properties": {"password": {"type": "string"}}}
    login = shop(RESPONSES, requestBody={"content": {JSON: {"schema": account}}})
    reading = shop(RESPONSES | {"200": json_response(account)})

    for contract in (login, reading):
        assert "information-disclosure" not in rules(received(404, error), Expect.NOT_FOUND, contract=contract)
    assert "information-disclosure" in rules(received(404, error), Expect.NOT_FOUND)
    assert "information-disclosure" in rules(
        received(404, error.replace("password", "PASSWORD")), Expect.NOT_FOUND, contract=reading
    )


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("postgresql://user:pass@host:5432/db", []),
        ("mysql://username:PASSWORD@db.example", []),
        ("postgresql://user:s3cret@host/db", ["information-disclosure"]),
        ("postgresql://shop:password@host/db", ["information-disclosure"]),
    ],
)
def test_a_url_may_show_where_the_password_stands(url: str, rule: list[str]) -> None:
    body = BOOK | {"parts": {"hint": f"such as {url}"}}

    assert rules(received(200, body)) == rule
    assert rules(received(404, {"detail": f"expected {url}"}), Expect.NOT_FOUND) == rule


def test_a_success_may_be_about_anything_unless_it_is_a_page_or_a_header() -> None:
    contract = shop({"200": {"description": "A page.", "content": {"text/html": {}}}})

    assert rules(received(200, BOOK | {"title": f"{TRACE} /srv/shop/app.cfg"})) == []
    assert rules(received(200, f"<pre>{TRACE}", "text/html"), contract=contract) == ["information-disclosure"]
    assert rules(received(200, "<pre>/srv/shop/app.cfg", "text/html"), contract=contract) == []
    assert rules(received(200, BOOK, JSON, ("X-Error", TRACE))) == ["information-disclosure"]
    assert rules(received(405, ERROR, JSON, ("Allow", f"GET, {TRACE}")), Expect.METHOD_NOT_ALLOWED, method="PUT") == []


def test_a_path_after_the_one_that_was_asked_is_found() -> None:
    text = "nothing at /srv/books/x, see /srv/shop/app.cfg"

    (found,) = violations(interaction(received(404, text, "text/plain"), Expect.UNSPECIFIED, target="/srv/books/x"))

    assert found.message.endswith("got '/srv/shop/app.cfg'.")


def test_a_json_pointer_is_not_a_path_of_the_server() -> None:
    title = {"type": "object", "properties": {"title": {"type": "string"}}}
    data = {"type": "object", "properties": {"attributes": title}}
    body = {"type": "object", "properties": {"data": {"type": "array", "items": data}}}
    contract = shop(RESPONSES, requestBody={"content": {JSON: {"schema": body}}})
    for pointer, found in (("/data/0/attributes/title", []), ("/data/0/secrets", ["information-disclosure"])):
        error = {"detail": f"{pointer} is too short"}
        assert rules(received(404, error), Expect.NOT_FOUND, contract=contract) == found


def test_the_message_about_a_password_does_not_repeat_it() -> None:
    item = interaction(received(404, {"detail": "postgres://app:hunter2@db"}), Expect.NOT_FOUND)

    assert [each.message for each in violations(item)] == [
        "Expected no password or private key in the response, got 'postgres://…@db'."
    ]


@pytest.mark.parametrize("target", ["/books/SELECT%20a%20FROM%20b", "/books/SELECT a FROM b"])
def test_a_message_may_quote_what_it_was_asked(target: str) -> None:
    text = "'SELECT a FROM b' is not a book"

    assert rules(received(404, {"detail": text}), Expect.NOT_FOUND, target=target) == []
    assert rules(received(404, {"detail": text}), Expect.NOT_FOUND) == ["information-disclosure"]


@pytest.mark.parametrize(
    ("detail", "value", "more", "key"),
    [
        (f"no book {KNOWN}", KNOWN, {}, "key"),
        ("no book abcdefghijkl", "abcdefghijkl", {}, "key"),
        ("no book abcdefghijk", "abcdefghijk", {}, None),
        ("no such book", KNOWN, {}, None),
    ],
)
def test_an_error_does_not_repeat_the_resource_id(
    detail: str, value: str, more: dict[str, Any], key: str | None
) -> None:
    found = violations(interaction(received(404, {"detail": detail}), Expect.NOT_FOUND, values={"id": value}))

    assert [(each.rule, each.group_key) for each in found] == ([("echoed-resource-id", key)] if key else [])


@pytest.mark.parametrize(
    ("code", "media", "rule"),
    [
        (404, "text/html", "reflected-input"),
        (404, "application/xhtml+xml", "reflected-input"),
        (404, None, "reflected-input"),
        (404, JSON, None),
        (404, "text/plain", None),
        (400, "text/html", "reflected-input"),
        (302, "text/html", None),
    ],
)
def test_markup_of_the_request_is_not_in_a_page(code: int, media: str | None, rule: str | None) -> None:
    page = '{"detail": "<script>alert(1)</script>"}'

    found = rules(received(code, page, media), Expect.UNSPECIFIED, values={})

    assert found == ([rule] if rule else [])


def test_a_line_break_in_an_id_makes_no_header() -> None:
    for code in (200, 404):
        item = interaction(received(code, BOOK, JSON, ("X-Flowcontract-Injected", "1")), Expect.UNSPECIFIED, values={})
        found = [(each.rule, each.group_key) for each in violations(item)]
        assert ("reflected-input", "header") in found or code == 200


@pytest.mark.parametrize(
    ("more", "known", "rule"),
    [
        ({}, "another-book", "resource-enumeration"),
        ({}, "abcdefghijkl", "resource-enumeration"),
        ({}, "abcdefghijk", None),
        ({"headers": (CALLER,)}, "another-book", None),
        ({"contract": shop(is_open=True)}, "another-book", None),
        ({"target": "/books/another-book"}, "another-book", None),
        ({"target": "/books/another%20book"}, "another book", None),
    ],
)
def test_a_response_without_credentials_names_no_other_resource(
    more: dict[str, Any], known: str, rule: str | None
) -> None:
    options = {"headers": (), "known_ids": frozenset({known})} | more
    denied = received(403, {"detail": f"see {known}"})

    assert rules(denied, Expect.UNSPECIFIED, **options) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("response", "authorization", "rule"),
    [
        (received(403, {"detail": "flowcontract-1234 is wrong"}), "Bearer flowcontract-1234", "credential-leak"),
        (received(403, ERROR, JSON, ("X-Token", "flowcontract-1234")), "Bearer flowcontract-1234", "credential-leak"),
        (received(403, {"detail": "other-1234 is wrong"}), "Bearer other-1234", None),
        (received(403, {"detail": "flowcontract-1234 is wrong"}), "Bearer flowcontract-5678", None),
    ],
)
def test_a_token_that_was_made_up_is_not_repeated(response: Any, authorization: str, rule: str | None) -> None:
    found = rules(response, Expect.DENIED, headers=(("authorization", authorization),))

    assert found == ([rule] if rule else [])


@pytest.mark.parametrize(("token", "leaks"), [("12345678", True), ("1234567", False)])
@pytest.mark.parametrize("where", ["body", "header"])
def test_the_token_of_the_target_is_in_no_response(token: str, leaks: bool, where: str) -> None:
    text = "${FLOWCONTRACT_TOKEN}"
    response = received(200, BOOK | {"title": text}) if where == "body" else received(200, BOOK, JSON, ("X-T", text))
    context = Context(SHOP, Target.at("http://127.0.0.1:1", "", token=token))

    found = [each.rule for each in check_response(context, interaction(response))]

    assert found == (["credential-leak"] if leaks else [])


def test_a_token_in_the_first_of_two_headers_of_one_name_is_found() -> None:
    response = received(403, ERROR, JSON, ("Set-Cookie", "t=flowcontract-1234"), ("Set-Cookie", "theme=dark"))

    assert "credential-leak" in rules(response, Expect.DENIED, headers=(("authorization", "Bearer flowcontract-1234"),))


@pytest.mark.parametrize("place", ["{trace}{page}", "{page}{trace}"])
def test_a_trace_before_or_after_a_long_page_is_found(place: str) -> None:
    page = "<p>All is well.</p>" * 10_000
    text = place.format(page=page, trace="Traceback (most recent call last):\n")

    assert "information-disclosure" in rules(received(200, text, "text/html"))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"client_secret": "kX8sQ0aPz31LmVn9"}, True),
        ({"owner": [{"password_hash": "pbkdf2$600000$x"}]}, True),
        ({"owner": {"passwordHash": "pbkdf2$600000$x"}}, True),
        ({"stripeSecretKey": "kX8sQ0aPz31LmVn9"}, True),
        ({"signing": "-----BEGIN PRIVATE KEY-----MII"}, True),
        ({"secret": ""}, False),
        ({"secret": True}, False),
        ({"password_policy": "at least eight"}, False),
        ({"passwordPolicy": "at least eight"}, False),
        ({"next_page_token": "a-long-cursor"}, False),
    ],
)
def test_a_success_has_no_undocumented_secret(body: dict[str, Any], found: bool) -> None:
    assert rules(received(200, BOOK | body)) == ["information-disclosure"] * found


def test_a_map_may_have_any_names() -> None:
    contract = shop({"200": json_response({"type": "object"})})

    assert rules(received(200, {"client_secret": "kX8sQ0aPz31LmVn9"}), contract=contract) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("connect to 192.168.3.4:5432", True),
        ("see http://172.20.0.3/books", True),
        ("from books.shop.svc.cluster.local", True),
        ("from db.internal:5432", True),
        ("Your address 10.1.2.3 is not allowed.", False),
        ("error.internal", False),
        ("version 10.1.2.3", False),
        ("at http://127.0.0.1:1/books", False),
    ],
)
def test_an_error_names_no_internal_host(text: str, found: bool) -> None:
    assert rules(received(404, {"detail": text}), Expect.NOT_FOUND, values={"id": "x"}) == (
        ["information-disclosure"] * found
    )
