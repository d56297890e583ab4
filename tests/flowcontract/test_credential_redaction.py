"""A server may repeat what it was sent in any encoding: nothing of it stays."""

import gzip
import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from flowcontract.http.credential_redaction import Literals
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target

TOKEN = 'Gq7/xYz41"kk&Lm+w<Rt90=='
ENCODINGS: dict[str, Callable[[str], str]] = {
    "literal": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d"),
    "percent, slash left": quote,
    "percent, every character": lambda text: "".join(f"%{ord(each):02x}" for each in text),
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, escaped slash": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, unicode": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "JSON within JSON": lambda text: json.dumps(json.dumps(text)[1:-1].replace("/", "\\/"))[1:-1],
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, upper case": lambda text: text.encode().hex().upper(),
    "base64 of the header": lambda text: b64encode(f"Authorization: Bearer {text}".encode()).decode(),
    "base64 of it after two characters": lambda text: urlsafe_b64encode(f"..{text}..".encode()).decode(),
}
ALTERED: dict[str, Callable[[str], str]] = {
    "whole": str,
    "cut short": lambda text: text[:-1],
    "upper case": str.upper,
    "lower case": str.lower,
    "cut, upper case": lambda text: text[:-1].upper(),
}


def text_after(token: str, body: str) -> str:
    response = Response(500, (("X-Echo", body),), f'{{"detail": "{body}"}}'.encode(), 0.1)
    clean = Target.at("http://h", "", token=token).redacted(Exchange(Request("GET", "/"), response)).response
    assert clean is not None
    return clean.headers[0][1] + clean.body.decode()


@pytest.mark.parametrize("altered", ALTERED)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_token_is_replaced_in_every_encoding(encoding: str, altered: str) -> None:
    sent = ENCODINGS[encoding](ALTERED[altered](TOKEN))
    clean = text_after(TOKEN, f"before {sent} after")

    assert "FLOWCONTRACT_TOKEN" in clean
    for part in ("xYz41", sent[8:-8]):
        assert part.lower() not in clean.lower()
    if "base64" not in encoding:
        assert clean.startswith("before ${FLOWCONTRACT_TOKEN")
        assert clean.count(" after") == 2


@pytest.mark.parametrize(
    ("altered", "expression"),
    [
        ("whole", "${FLOWCONTRACT_TOKEN}"),
        ("cut short", "${FLOWCONTRACT_TOKEN%?}"),
        ("upper case", "${FLOWCONTRACT_TOKEN^^}"),
        ("lower case", "${FLOWCONTRACT_TOKEN,,}"),
    ],
)
def test_an_altered_token_is_named_as_such(altered: str, expression: str) -> None:
    token = "QUARTZ-Lantern-88421-vesper"

    assert f'"{expression}"' in text_after(token, ALTERED[altered](token))


def test_a_password_is_replaced_without_its_user() -> None:
    target = Target.at("http://h", "", user_password="reader:pa:ss-word-1")

    assert target.redact("pa:ss-word-1 of reader") == "${FLOWCONTRACT_AUTH#*:} of reader"


def test_a_password_that_is_a_common_word_is_none_to_look_for() -> None:
    target = Target.at("http://h", "", user_password="admin:admin")

    assert target.redact('{"role": "admin"}') == '{"role": "admin"}'


def test_a_password_that_is_also_the_name_of_a_member_is_none_to_look_for() -> None:
    target = Target.at("http://h", "", user_password="ann:password")

    assert target.redact('{"password": "ann:password"}') == '{"password": "${FLOWCONTRACT_AUTH}"}'


def test_basic_credentials_are_found_percent_encoded() -> None:
    target = Target.at("http://h", "", user_password="ann:ab?")

    assert b64encode(b"ann:ab?") == b"YW5uOmFiPw=="
    assert target.redact("YW5uOmFiPw%3D%3D") == '$(printf %s "${FLOWCONTRACT_AUTH}" | base64 -w0)'
    assert target.expand(target.redact("password ab?")) == "password ab?"


def test_a_cookie_of_an_extra_header_is_replaced_alone_too() -> None:
    target = Target.at("http://h", "", headers=(("Cookie", "theme=dark; sid=s3ss10n-of-ann"),))

    assert target.redact("session s3ss10n-of-ann") == "session ${FLOWCONTRACT_HEADER_COOKIE_SID}"


def test_an_ordinary_word_that_begins_like_a_token_stays() -> None:
    assert text_after("administrator1", "administrator") == 'administrator{"detail": "administrator"}'


def test_a_compressed_body_is_searched_and_compressed_again() -> None:
    body = gzip.compress(b'{"token": "a-very-secret-token-1"}')
    response = Response(200, (("Content-Encoding", "gzip"),), body, 0.1)
    target = Target.at("http://h", "", token="a-very-secret-token-1")

    clean = target.redacted(Exchange(Request("GET", "/"), response)).response

    assert clean is not None
    assert gzip.decompress(clean.body) == b'{"token": "${FLOWCONTRACT_TOKEN}"}'


def test_an_exchange_without_credentials_stays_the_same_object() -> None:
    exchange = Exchange(Request("GET", "/"), Response(200, (("X", "y"),), b'{"a": 1}' * 9, 0.1))

    assert Target.at("http://h", "", token="a-very-secret-token-1").redacted(exchange) is exchange


def _redacted(response: Response, **tokens: str) -> Response:
    clean = Target.at("http://h", "", **tokens).redacted(Exchange(Request("GET", "/"), response)).response
    assert clean is not None
    return clean


def test_what_follows_a_response_has_no_credentials_either() -> None:
    response = Response(200, (), b"{}", 0.1, surplus=b"a-very-secret-token-1 \xff")

    assert _redacted(response, token="a-very-secret-token-1").surplus == b"${FLOWCONTRACT_TOKEN} \xff"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("altered", [str, str.upper, str.lower, lambda text: text[:-1]])
def test_base64_hides_no_credential_wherever_it_begins(before: str, altered: Callable[[str], str]) -> None:
    token = "a-Very>Secret?Token~1~of~Mine"
    content = f"{before}{altered(token)}:rest".encode()
    plain = b64encode(content)
    in_json, in_a_url, in_html = (
        plain.replace(b"/", b"\\/"),
        quote(plain, safe="").encode(),
        plain.replace(b"+", b"&#43;"),
    )
    lines = [plain[start : start + 16] for start in range(0, len(plain), 16)]
    split = [mark.join(lines) for mark in (b"\n", b"\r\n", b"\\n")]
    for written in (plain, urlsafe_b64encode(content), in_json, in_a_url, in_html, *split):
        clean = _redacted(Response(200, (), b"x " + written, 0.1), token=token).body

        assert b"${FLOWCONTRACT_TOKEN}" in clean
        assert written[4:-8] not in clean


@pytest.mark.parametrize(
    ("token", "text", "clean"),
    [
        ("short7x", "short7x short7xy -short7x", "${FLOWCONTRACT_TOKEN} short7xy -short7x"),
        ("longer7x", "longer7xy", "${FLOWCONTRACT_TOKEN}y"),
    ],
)
def test_a_short_credential_is_replaced_as_a_whole_word(token: str, text: str, clean: str) -> None:
    assert _redacted(Response(200, (), text.encode(), 0.1), token=token).body.decode() == clean


def test_every_one_of_many_texts_is_replaced() -> None:
    secrets = [f"s3cret-{number}" for number in range(20_000)]

    assert "s3cret" not in Literals(secrets).text(f"{secrets[0]} and {secrets[-1]}")
