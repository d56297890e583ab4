"""The options of a target: from the command line, else from the environment."""

import argparse
from pathlib import Path

import pytest

from flowcontract.cli import options
from flowcontract.errors import UsageError
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "TOKEN_NONE", "OTHER_TOKEN", "AUTH", "KEY_KEY"):
        monkeypatch.delenv(f"FLOWCONTRACT_{name}", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def contract() -> Contract:
    scheme = {"type": "apiKey", "in": "query", "name": "api_key"}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "paths": {"/things": {"get": {"operationId": "things", "responses": {"200": {"description": "ok"}}}}},
            "components": {"securitySchemes": {"key": scheme}},
        }
    )


def target(contract: Contract, *words: str, url: str = "http://api.example.org") -> Target:
    parser = argparse.ArgumentParser()
    options.add_target(parser)
    return options.target(contract, parser.parse_args(words), url)


def test_all_options_end_up_in_the_target(contract: Contract) -> None:
    found = target(
        contract, "--token", "t", "--token-none", "n", "--other-token", "o", "--auth", "u:p", "--api-key", "key=a=b",
        "--header", "X-Tenant: acme", "--header", "X-Secret:s-1", "--cacert", "ca.pem", "--insecure",
        "--proxy", "http://proxy:3128",
    )  # fmt: skip

    assert found.tokens == {
        "FLOWCONTRACT_TOKEN": "t",
        "FLOWCONTRACT_TOKEN_NONE": "n",
        "FLOWCONTRACT_OTHER_TOKEN": "o",
        "FLOWCONTRACT_AUTH": "u:p",
        "FLOWCONTRACT_KEY_KEY": "a=b",
        "FLOWCONTRACT_HEADER_X_SECRET": "s-1",
    }
    assert found.headers == (("X-Tenant", "acme"), ("X-Secret", "${FLOWCONTRACT_HEADER_X_SECRET}"))
    assert (found.tls.cacert, found.tls.verify, found.proxy) == ("ca.pem", False, "http://proxy:3128")


@pytest.mark.parametrize(
    ("header", "is_secret"),
    [
        ("Accept: application/vnd.shop.v2+json", False),
        ("User-Agent: shop-tests/2.0 (+https://shop.example)", False),
        ("X-Tenant-ID: 7c5e2f9a-1d44-4d0e-9b13-3f2b8c1e6a57", False),
        ("X-Tenant: acme-2", False),
        ("X-Tenant: 7c5e2f9ad44d4de9b133f2b8c1", True),
        ("X-Account-Pass: hunter", True),
        ("X-Project-Token: 7c5e2f9a-1d44", True),
        ("X-Shop: 7c5e2f9a-1d44", True),
        ("X-Tenant: $(id)", True),
    ],
)
def test_values_that_responses_may_repeat_are_no_secrets(contract: Contract, header: str, *, is_secret: bool) -> None:
    found = target(contract, "--header", header)

    assert bool(found.tokens) is is_secret
    assert (dict(found.headers) == dict([header.split(": ", 1)])) is not is_secret


def test_credentials_in_headers_count_as_such(contract: Contract) -> None:
    found = target(contract, "--header", "Authorization: bearer t-1", "--header", "Cookie: theme=dark; sid=s-1")

    assert found.tokens == {"FLOWCONTRACT_TOKEN": "t-1", "FLOWCONTRACT_HEADER_COOKIE_SID": "s-1"}
    assert found.headers == (
        ("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),
        ("Cookie", "theme=dark; sid=${FLOWCONTRACT_HEADER_COOKIE_SID}"),
    )
    assert target(contract, "--header", "Authorization: Basic dTpw").tokens == {"FLOWCONTRACT_AUTH": "u:p"}
    other = target(contract, "--header", "Authorization: Token t-1")
    assert other.tokens == {"FLOWCONTRACT_HEADER_AUTHORIZATION": "Token t-1"}


def test_credentials_may_come_from_the_environment(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "OTHER_TOKEN", "KEY_KEY"):
        monkeypatch.setenv(f"FLOWCONTRACT_{name}", f"value-of-{name.lower()}")

    found = target(contract, "--other-token", "given")

    assert found.tokens == {
        "FLOWCONTRACT_TOKEN": "value-of-token",
        "FLOWCONTRACT_OTHER_TOKEN": "given",
        "FLOWCONTRACT_KEY_KEY": "value-of-key_key",
    }


def test_headers_and_credentials_may_come_from_the_file_of_schemathesis(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schemathesis.toml").write_text(
        '[headers]\nX-Tenant = "acme"\nX-Region = "north"\n'
        '[auth.openapi.key]\napi_key = "${SHOP_KEY}"\n[auth.openapi.login]\nbearer = "t-1"\n'
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.setenv("SHOP_KEY", "k-1")

    found = target(contract, "--header", "x-region: south")

    assert found.headers == (("X-Tenant", "acme"), ("x-region", "south"))
    assert found.tokens == {"FLOWCONTRACT_KEY_KEY": "k-1", "FLOWCONTRACT_TOKEN": "t-1"}
    monkeypatch.delenv("SHOP_KEY")
    with pytest.raises(UsageError, match="SHOP_KEY"):
        target(contract)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_token_may_stand_in_a_file(encoding: str, contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\r\nsecond line\r\n", encoding)

    assert target(contract, "--token-file", str(file)).tokens == {"FLOWCONTRACT_TOKEN": "from-a-file"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--token-file", "none"), "cannot read the token file none: No such file"),
        (("--token-file", "none", "--token", "t"), "got both"),
        (("--api-key", "other=1"), "no security scheme 'other'. Its security schemes: key."),
    ],
)
def test_options_that_cannot_be_used_are_explained(contract: Contract, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        target(contract, *words)

    assert message in str(raised.value)


def test_a_wrong_header_is_reported_without_its_value(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        target(contract, "--header", "my-secret-without-a-name")

    message = capsys.readouterr().err
    assert "expected 'NAME: VALUE'" in message
    assert "my-secret" not in message


def test_the_proxy_of_the_environment_is_not_for_this_machine(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")

    assert target(contract).proxy == "http://proxy:3128"
    assert target(contract, url="http://127.0.0.1:8000").proxy == ""


def test_credentials_do_not_go_where_only_a_file_says(contract: Contract) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url", nargs="?")
    options.add_target(parser)
    given = parser.parse_args(["--token", "t"])

    with pytest.raises(UsageError, match=r"the server http://elsewhere\.example is only named in the database"):
        options.stored_target(contract, given, "http://elsewhere.example")
    assert options.stored_target(contract, given, "http://127.0.0.1:8000").tokens
    named = parser.parse_args(["http://elsewhere.example", "--token", "t"])
    assert options.stored_target(contract, named, "http://other.example").origin == "http://elsewhere.example"
