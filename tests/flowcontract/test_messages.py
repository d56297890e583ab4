"""A request holds no secret, a target expands and redacts it, and a printed curl line sends the same again."""

import os
import subprocess
from base64 import b64encode
from typing import Any

import pytest

from flowcontract.errors import UsageError
from flowcontract.http import proxies
from flowcontract.http.credentials import BASIC, CUT_BASIC, PASSWORD
from flowcontract.http.curl import curl, quote
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.text import is_loopback, url_without_secrets

TOKEN = "s3cret-token-of-the-caller"


@pytest.fixture
def target() -> Target:
    return Target.at("http://127.0.0.1:8000/api/v3/", "/api/v3", token=TOKEN)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/api/v3/", "http://127.0.0.1:8000"),
        ("https://example.org/auth/api/v3", "https://example.org/auth"),
        ("https://example.org/auth/", "https://example.org/auth"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("http://bücher.example:80/auth", "http://xn--bcher-kva.example:80/auth"),
    ],
)
def test_a_target_is_named_with_or_without_the_base_path(url: str, origin: str) -> None:
    target = Target.at(url, "/api/v3")

    assert (target.origin, target.url) == (origin, origin + "/api/v3")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8000",
        "ftp://x",
        "http://",
        "http://h:99999",
        "http://h:0",
        "http://u:p@h",
        "http://@h",
        "http://h/?q",
        "http://[",
        "//h",
        "http://a..b",
        "http://a b",
    ],
)
def test_what_is_no_url_is_refused_in_words(url: str) -> None:
    with pytest.raises(UsageError, match="a URL such as"):
        Target.at(url, "")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.1", True), ("::1", True),
        ("127.shop.example", False), ("127.0.0.1.shop.example", False), ("10.0.0.1", False),
    ],
)  # fmt: skip
def test_only_addresses_of_this_machine_are_loopback(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize("token", ["", "two words", "line\nfeed", "accent-é"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(UsageError, match="its value is not shown") as refused:
        Target.at("http://h", "", token=token)

    assert not token or token not in str(refused.value)


def test_a_token_is_expanded_whole_or_less_its_last_character(target: Target) -> None:
    assert target.expand("Bearer ${FLOWCONTRACT_TOKEN}") == f"Bearer {TOKEN}"
    assert target.expand("Bearer ${FLOWCONTRACT_TOKEN%?}x") == f"Bearer {TOKEN[:-1]}x"
    assert target.expand("${HOME} $FLOWCONTRACT_TOKEN") == "${HOME} $FLOWCONTRACT_TOKEN"


def test_a_target_does_not_show_its_tokens(target: Target) -> None:
    assert TOKEN not in repr(target)


def test_a_token_that_the_server_sent_back_is_taken_out(target: Target) -> None:
    response = Response(403, (("X-Echo", f"got {TOKEN}"),), f'{{"detail":"{TOKEN}"}}'.encode(), 0.1)

    clean = target.redacted(Exchange(Request("GET", "/"), response)).response

    assert clean is not None
    assert clean.headers == (("X-Echo", "got ${FLOWCONTRACT_TOKEN}"),)
    assert clean.body == b'{"detail":"${FLOWCONTRACT_TOKEN}"}'


def test_a_short_token_is_taken_out_as_a_word_only() -> None:
    target = Target.at("http://h", "", token="T")

    assert target.redact('{"token":"T","title":"Two"}') == '{"token":"${FLOWCONTRACT_TOKEN}","title":"Two"}'


def test_curl_leaves_the_token_to_the_shell(target: Target) -> None:
    line = curl(target, Request("GET", "/api/v3/a/", (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),)))

    assert "'Authorization: Bearer '\"${FLOWCONTRACT_TOKEN}\"" in line
    assert line.endswith(" http://127.0.0.1:8000/api/v3/a/")


def test_curl_sends_the_body_as_it_is(target: Target) -> None:
    line = curl(target, Request("POST", "/api/v3/a/", (("Accept", "*/*"),), b"@/etc/passwd"))

    assert line.startswith("curl -sS -i --globoff --path-as-is -X POST -H 'Accept: */*' -H Content-Type: ")
    assert " --data-raw @/etc/passwd http" in line


@pytest.mark.needs("bash", "base64")
def test_the_token_as_a_password_is_the_shell_s_and_ours_alike_and_comes_back_as_neither(target: Target) -> None:
    ours = b64encode(f"flowcontract:{TOKEN}".encode()).decode()
    header = f"Authorization: Basic {PASSWORD}"
    shell = subprocess.run(
        ["bash", "-c", f"printf %s {quote(header)}"],
        env={"FLOWCONTRACT_TOKEN": TOKEN, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert shell.stdout == target.expand(header) == f"Authorization: Basic {ours}"
    echo = target.redacted(Exchange(Request("GET", "/"), Response(200, (("X-Echo", ours),), ours.encode(), 0.1)))
    assert ours not in repr(echo)


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("plain-1.0/x", "plain-1.0/x"),
        ("", "''"),
        ("it's $HOME `x`", "'it'\"'\"'s $HOME `x`'"),
        ("tab\tend", "$'tab\\x09end'"),
        ("é\\", "$'\\xc3\\xa9\\\\'"),
        ("a ${FLOWCONTRACT_TOKEN%?}", "'a '\"${FLOWCONTRACT_TOKEN%?}\""),
        ("a\t${FLOWCONTRACT_TOKEN}", "$'a\\x09'\"${FLOWCONTRACT_TOKEN}\""),
    ],
)
def test_words_are_quoted_for_a_shell(word: str, quoted: str) -> None:
    assert quote(word) == quoted


@pytest.mark.parametrize(
    "word",
    [
        "/a?" + "&".join(["flowcontract"] * 1200),
        "%00" * 300 + "é",
        "${FLOWCONTRACT_TOKEN}" + "ab\\" * 200,
        "it's " * 100,
        "!" * 400,
    ],
)
@pytest.mark.needs("bash")
def test_what_is_repeated_is_written_by_the_shell(word: str) -> None:
    line = quote(word)
    environment = {"PATH": os.environ["PATH"], "FLOWCONTRACT_TOKEN": "${FLOWCONTRACT_TOKEN}"}

    ran = subprocess.run(["bash", "-c", f"printf %s {line}"], env=environment, capture_output=True, check=True)

    assert ran.stdout.decode() == word
    assert len(line) < 100 or "'" in word or "!" in word


def test_every_kind_of_credentials_has_a_variable() -> None:
    target = Target.at(
        "http://h", "", token="tok-of-ann", none_token="tok-of-nobody", other_token="tok-of-bob",
        user_password="reader:pa:ss", api_keys={"X-Key auth": "ab/cd+ef==&x"},
        headers=(("X-Tenant", "acme"), ("X-Api-Key", "k-9")),
    )  # fmt: skip

    assert target.expand("${FLOWCONTRACT_OTHER_TOKEN} ${FLOWCONTRACT_TOKEN_NONE^^}") == "tok-of-bob TOK-OF-NOBODY"
    assert target.expand(f"Basic {BASIC}") == f"Basic {b64encode(b'reader:pa:ss').decode()}"
    assert target.expand(f"Basic {CUT_BASIC}") == f"Basic {b64encode(b'reader:pa:s').decode()}"
    assert target.redact(b64encode(b"reader:pa:s").decode()) == CUT_BASIC
    assert target.expand("${FLOWCONTRACT_KEY_X_KEY_AUTH}") == "ab/cd+ef==&x"
    assert target.headers == (("X-Tenant", "acme"), ("X-Api-Key", "${FLOWCONTRACT_HEADER_X_API_KEY}"))
    assert target.redact(f"{b64encode(b'reader:pa:ss').decode()} tok-of-bob k-9") == (
        f"{BASIC} ${{FLOWCONTRACT_OTHER_TOKEN}} ${{FLOWCONTRACT_HEADER_X_API_KEY}}"
    )
    assert not any(value in repr(target) for value in target.tokens.values())


def test_two_extra_headers_of_the_same_name_are_two_variables() -> None:
    target = Target.at("http://h", "", headers=(("X-Key", "first-1"), ("X-Key", "second-2"), ("x-key", "first-1")))

    assert [target.expand(value) for _, value in target.headers] == ["first-1", "second-2", "first-1"]


@pytest.mark.parametrize(("key", "sent"), [("plain-1.0_~", "plain-1.0_~"), ("ab/cd+ef==&x", "ab%2Fcd%2Bef%3D%3D%26x")])
def test_a_query_parameter_holds_a_key_percent_encoded(key: str, sent: str) -> None:
    target = Target.at("http://h", "", token=key)

    assert target.expand(target.in_query("FLOWCONTRACT_TOKEN")) == sent


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_password": "no-colon"},
        {"user_password": "a:b\n"},
        {"api_keys": {"key": ""}},
        {"headers": [("two words", "x")]},
        {"headers": [("X-Name", "line\r\nfeed")]},
        {"proxy": "socks5://127.0.0.1:1080"},
        {"other_token": "two words"},
    ],
)
def test_credentials_that_cannot_be_sent_are_reported_without_their_value(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as raised:
        Target.at("http://h", "", **wrong)

    assert not any(value in str(raised.value) for value in ("no-colon", "a:b", "feed", "socks5"))


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, "http://q:1"),
        ({"HTTP_PROXY": "http://p:1"}, ""),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost, example.org"}, ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example.org:8443"}, ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example.org:443,ample.org"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, ""),
    ],
)
def test_the_environment_names_a_proxy_for_a_server(environment: dict[str, str], proxy: str) -> None:
    assert proxies.from_environment("https://api.example.org:8443/v1", environment) == proxy


def test_no_proxy_may_name_a_network() -> None:
    environment = {"http_proxy": "http://p:1", "no_proxy": "10.0.0.0/8"}

    assert proxies.from_environment("http://10.1.2.3/", environment) == ""
    assert proxies.from_environment("http://11.1.2.3/", environment) == "http://p:1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://ann:pa55@h:1/a", "http://…@h:1/a"),
        ("http://ann:p@55@h:1/a", "http://…@h:1/a"),
        ("http://ann:pa/5#5?@h:1/a", "http://…@h:1/a"),
        ("http://ann:12@h:1/a", "http://…@h:1/a"),
        ("http://h:80/ann@h", "http://h:80/ann@h"),
        ("http://[::1]:80/ann@h", "http://[::1]:80/ann@h"),
        ("https://h/@scope/o.json", "https://h/@scope/o.json"),
        (
            "http://h/o.json?format=openapi&access_token=t-1&api-key=k-1#a",
            "http://h/o.json?format=openapi&access_token=…&api-key=…#a",
        ),
        ("http://h/o.json?monkey=1", "http://h/o.json?monkey=1"),
        ("not a URL", "not a URL"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert url_without_secrets(url) == shown
