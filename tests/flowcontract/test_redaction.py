"""Secrets of a server stay out of what is written; the rest of a response stays byte for byte."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import pytest

from flowcontract.http import redaction
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.redaction import MARK, Redactor
from flowcontract.http.target import Target

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLWEtdGVzdA"


def exchange(body: str | bytes, *headers: tuple[str, str], request: Request | None = None) -> Exchange:
    content = body.encode() if isinstance(body, str) else body
    return Exchange(request or Request("GET", "/"), Response(200, headers, content, 0.1))


def written(value: Exchange, **more: Any) -> Response:
    response = Redactor(**more).exchange(value).response
    assert response is not None
    return response


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ('{"access_token" : "s3cr3t-of-theirs", "n": 5}', '{"access_token" : "[redacted]", "n": 5}'),
        ('{"pin":4711,"size":4711}', '{"pin":0,"size":4711}'),
        ('{"token":"short","title":"short story"}', '{"token":"[redacted]","title":"short story"}'),
        ('{"recovery_tokens": ["a-b-c-1", "d-e-f-2"]}', '{"recovery_tokens": ["[redacted]", "[redacted]"]}'),
        ('{"id": "s3cr3t-of-theirs", "secret": "s3cr3t-of-theirs"}', '{"id": "[redacted]", "secret": "[redacted]"}'),
        (f'{{"note": "see {JWT}"}}', '{"note": "see [redacted]"}'),
        ('{"next": "/x?token=s3cr3t-of-theirs&page=2"}', '{"next": "/x?token=[redacted]&page=2"}'),
        ('{"broken": 1, "password": "hunter2",', '{"broken": 1, "password": "[redacted]",'),
        ("<p>password=s3cr3t-of-theirs</p>", "<p>password=[redacted]</p>"),
    ],
)
def test_a_secret_in_a_body_is_left_out(body: str, clean: str) -> None:
    assert written(exchange(body, ("Content-Type", "application/json"))).body.decode() == clean


@pytest.mark.parametrize(
    "body",
    [
        '{"token_type": "bearer", "password_expires_at": "2026-01-01", "keyboard": "qwertz-1234567890"}',
        '{"authentication": "none", "slug": "default-authentication-flow", "has_password": true, "token": null}',
        '{"token": "${FLOWCONTRACT_TOKEN}"}',
        '{"key": "default-flow-2024-release", "state": "waiting-for-approval-2"}',
    ],
)
def test_what_is_no_secret_stays(body: str) -> None:
    value = exchange(body, ("Content-Type", "application/json"))

    assert Redactor().exchange(value) is value


@pytest.mark.parametrize(
    "body",
    [
        '{"password":["This field is required."]}',
        '{"password": "This field may not be blank."}',
        '{"errors": {"token": ["is too short (minimum is 8 characters)", "can\'t be blank"]}}',
    ],
)
def test_a_message_about_a_field_is_no_secret(body: str) -> None:
    denied = Exchange(Request("POST", "/token"), Response(400, (), body.encode(), 0.1))
    other = exchange('{"name":["This field is required."], "title": "can\'t be blank"}')
    redactor = Redactor()

    assert redactor.exchange(denied) is denied
    assert redactor.exchange(other) is other
    assert redactor.value((denied, other)) == (denied, other)


@pytest.mark.parametrize(
    "value",
    [
        '"s3cr3t-of-theirs"',
        '["a-b-c-1"]',
        '"Your new one is s3cr3t-of-theirs."',
        '["the code is 482913"]',
        '"correct horse battery staple"',
        '"Passwordwithoutanyspacesinit ok."',
    ],
)
def test_a_secret_in_an_error_is_left_out(value: str) -> None:
    denied = Exchange(Request("POST", "/token"), Response(400, (), f'{{"password": {value}}}'.encode(), 0.1))

    response = Redactor().exchange(denied).response

    assert response is not None
    assert value.strip('[]"') not in response.body.decode()
    assert MARK in response.body.decode()


def test_a_sentence_of_a_success_may_be_a_secret() -> None:
    assert written(exchange('{"password": "My voice is my passport."}')).body.decode() == '{"password": "[redacted]"}'


def test_what_the_request_sent_is_no_secret_of_the_server() -> None:
    request = Request(
        "POST", "/", (("Authorization", "Bearer wrong-token-000000000001"),), b'{"password": "pw-1234567"}'
    )
    value = exchange('{"token": "wrong-token-000000000001", "password": "pw-1234567"}', request=request)

    assert Redactor().exchange(value) is value


def test_cookies_and_headers_keep_their_names() -> None:
    headers = (
        ("Set-Cookie", "sessionid=c00kie5ecret77; HttpOnly; Path=/"),
        ("Set-Cookie", 'theme="dark"'),
        ("X-CSRF-Token", "abcdef"),
        ("Location", "/x?session_key=c00kie5ecret77"),
        ("X-Request-Id", "1234-abcd"),
    )

    assert written(exchange("{}", *headers)).headers == (
        ("Set-Cookie", f"sessionid={MARK}; HttpOnly; Path=/"),
        ("Set-Cookie", f'theme="{MARK}"'),
        ("X-CSRF-Token", MARK),
        ("Location", f"/x?session_key={MARK}"),
        ("X-Request-Id", "1234-abcd"),
    )


def test_a_compressed_body_is_searched_and_compressed_again() -> None:
    body = gzip.compress(b'{"token": "s3cr3t-of-theirs"}')
    response = written(exchange(body, ("Content-Encoding", "gzip"), ("Content-Type", "application/json")))

    assert gzip.decompress(response.body) == b'{"token": "[redacted]"}'


def test_a_secret_is_left_out_of_every_text_of_a_result() -> None:
    @dataclass(frozen=True, slots=True)
    class Result:
        message: str
        actual: Any
        exchanges: tuple[Exchange, ...]

    secret = "s3cr3t/of-theirs"
    later = exchange(json.dumps({"token": secret}), ("Content-Type", "application/json"))
    earlier = exchange("{}", request=Request("GET", "/things/s3cr3t%2Fof-theirs"))

    clean = Redactor().value(Result(f"got {secret!r}", {"token": "short", "a": [secret]}, (earlier, later)))

    assert clean.message == "got '[redacted]'"
    assert clean.actual == {"token": MARK, "a": [MARK]}
    assert clean.exchanges[0].request.target == f"/things/{MARK}"
    assert secret not in repr(clean)


def test_of_large_bodies_only_the_beginning_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "MAX_BODY", 5)
    monkeypatch.setattr(redaction, "MAX_BODIES", 8)
    many = tuple(exchange(f"é{number}é6789") for number in range(4))

    clean = Redactor(show_secrets=True).value(many)

    assert [each.response.body.decode() for each in clean if each.response] == [
        "é0é[4 bytes left out]",
        "é1[6 bytes left out]",
        "[9 bytes left out]",
        "[9 bytes left out]",
    ]
    assert all(each.response.cut for each in clean if each.response)


def test_the_caller_s_credentials_are_left_out_too_and_of_the_server_only_on_request() -> None:
    value = exchange('{"token": "s3cr3t-of-theirs", "yours": "s3cr3t-of-mine"}')
    target = Target.at("http://h", "", token="s3cr3t-of-mine")

    assert written(value, target=target).body == b'{"token": "[redacted]", "yours": "${FLOWCONTRACT_TOKEN}"}'
    shown = written(value, target=target, show_secrets=True)
    assert shown.body == b'{"token": "s3cr3t-of-theirs", "yours": "${FLOWCONTRACT_TOKEN}"}'


def test_each_of_many_secrets_is_left_out_of_later_texts() -> None:
    secrets = [f"s3cr3t-number-{number:03d}" for number in range(100)]
    redactor = Redactor()
    redactor.exchange(exchange(json.dumps([{"token": secret} for secret in secrets])))

    assert redactor.text("first s3cr3t-number-000, last s3cr3t-number-099.") == f"first {MARK}, last {MARK}."


@pytest.mark.parametrize(
    ("secret", "is_remembered"),
    [
        ("abcdef12", True),
        ("abcde12", False),
        ("12345678", False),
        ("abcdefgh", False),
        ("abcdefghijklmnopqrst", True),
        ("abcdefghijklmnopqrs", False),
        ("3e0b5d3c-8f0a-4a86-9a2c-8d2b5b1f0c01", False),
    ],
)
def test_only_a_distinctive_secret_is_left_out_elsewhere(secret: str, is_remembered: bool) -> None:
    redactor = Redactor()
    redactor.exchange(exchange(json.dumps({"token": secret})))

    assert redactor.text(f"got {secret} here") == f"got {MARK if is_remembered else secret} here"


@pytest.mark.parametrize(
    ("name", "value", "clean"),
    [
        ("Set-Cookie", "session=abc; Path=/", f"session={MARK}; Path=/"),
        ("Set-Cookie", 'session="abc"; Path=/', f'session="{MARK}"; Path=/'),
        ("Set-Cookie", "session=${FLOWCONTRACT_TOKEN}; Path=/", "session=${FLOWCONTRACT_TOKEN}; Path=/"),
        ("X-Auth-Token", "abc", MARK),
        ("X-Auth-Token", "", ""),
        ("X-Auth-Token", "${FLOWCONTRACT_TOKEN}", "${FLOWCONTRACT_TOKEN}"),
        ("X-Page", "abc", "abc"),
        ("X-Trace", f"see {JWT} there", f"see {MARK} there"),
    ],
)
def test_of_a_secret_header_the_name_remains(name: str, value: str, clean: str) -> None:
    assert written(exchange("{}", (name, value))).headers == ((name, clean),)
    assert written(exchange("{}", (name, value)), show_secrets=True).headers == ((name, value),)


def test_a_secret_is_left_out_of_the_request_that_repeats_it_and_of_what_follows_a_response() -> None:
    redactor = Redactor()
    redactor.exchange(exchange('{"token": "s3cr3t-of-theirs"}'))
    headers, body = (("X-Note", "s3cr3t-of-theirs"),), b'{"a": "s3cr3t-of-theirs \xff"}'
    response = Response(200, (), b"{}", 0.1, surplus=b"s3cr3t-of-theirs")

    clean = redactor.exchange(Exchange(Request("POST", "/?x=s3cr3t-of-theirs", headers, body), response))

    assert clean.request == Request("POST", f"/?x={MARK}", (("X-Note", MARK),), b'{"a": "[redacted] \xff"}')
    assert clean.response is not None
    assert clean.response.surplus == MARK.encode()


def test_the_error_of_an_exchange_has_no_secret_either() -> None:
    redactor = Redactor()
    redactor.exchange(exchange('{"token": "s3cr3t-of-theirs"}'))

    clean = redactor.exchange(Exchange(Request("GET", "/s3cr3t-of-theirs"), None, "garbage: s3cr3t-of-theirs"))

    assert (clean.request.target, clean.error) == (f"/{MARK}", f"garbage: {MARK}")


def test_a_private_key_is_left_out_without_its_marks() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"

    assert Redactor().text(text) == f"-----BEGIN PRIVATE KEY-----{MARK}-----END PRIVATE KEY-----"
    assert Redactor(show_secrets=True).text(text) == text


def test_a_short_secret_is_left_out_of_its_body_as_a_whole_word() -> None:
    body = "<p>password=hunter2</p> hunter2, hunter22 and x-hunter2"

    assert written(exchange(body, ("Content-Type", "text/html"))).body.decode() == (
        f"<p>password={MARK}</p> {MARK}, hunter22 and x-hunter2"
    )


def test_members_of_a_result_keep_what_is_not_secret() -> None:
    value = {"token": True, "pin": 4711, "secret": "${FLOWCONTRACT_TOKEN}", "size": 4711, 5: "x"}

    assert Redactor().value(value) == value | {"pin": MARK}
    assert Redactor(show_secrets=True).value(value) == value


@pytest.mark.parametrize(
    ("message", "clean"),
    [
        ('/items/0/pin: expected no value here, got "4807".', "/items/0/pin: expected no value here, got [redacted]."),
        ("/pin: expected string, got 4807.", "/pin: expected string, got [redacted]."),
        ('/title: expected integer, got "4807".', '/title: expected integer, got "4807".'),
        ("/pin: required field is missing.", "/pin: required field is missing."),
    ],
)
def test_a_message_does_not_say_the_value_of_a_secret(message: str, clean: str) -> None:
    assert Redactor().text(message) == clean
    assert Redactor(show_secrets=True).text(message) == message


def test_a_result_without_secrets_stays_the_same_object() -> None:
    value = (exchange('{"a": 1}'), ["text"])

    clean = Redactor().value(value)

    assert clean is value


@pytest.mark.parametrize("show_secrets", [False, True])
def test_the_caller_s_credentials_are_left_out_of_texts_and_requests(show_secrets: bool) -> None:
    target = Target.at("http://h", "", token="s3cr3t-of-mine")
    redactor = Redactor(target, show_secrets=show_secrets)

    assert redactor.text("got s3cr3t-of-mine") == "got ${FLOWCONTRACT_TOKEN}"
    assert redactor.value(["s3cr3t-of-mine"]) == ["${FLOWCONTRACT_TOKEN}"]
