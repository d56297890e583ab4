"""Who may view what: `VALUE` everything, `VALUE:none` nothing, `VALUE:key,key` only these."""

import pytest

import flowmock
from flowcontract.errors import UsageError

KNOWN, OTHER, UNKNOWN = "default-authentication-flow", "initial-setup", "no-such-flow"
NO_PERMISSION = "You do not have permission to perform this action."
INVALID = "Token invalid/expired"
UNSUPPORTED = "Unsupported authentication type"


def statuses(ask, running, token):
    return [ask(running, f"/flows/instances/{key}/", token=token).status for key in (KNOWN, OTHER, UNKNOWN)]


def test_a_token_may_view_everything(lab, ask):
    assert statuses(ask, lab, "lab-globalviewer-token-000000000000000000000") == [200, 200, 404]


def test_a_token_for_one_key_is_told_of_no_other(lab, ask):
    assert statuses(ask, lab, "lab-objectviewer-token-000000000000000000000") == [200, 404, 404]


def test_a_token_for_nothing_is_refused_known_and_unknown_alike(lab, ask):
    assert statuses(ask, lab, "lab-plain-token-0000000000000000000000000000000") == [403, 403, 403]


def test_a_token_for_several_keys_and_one_for_a_key_that_is_not_there(ask):
    with flowmock.running(tokens=[f"two:{KNOWN},{OTHER}", "ghost:nowhere"]) as running:
        assert statuses(ask, running, "two") == [200, 200, 404]
        assert statuses(ask, running, "ghost") == [403, 403, 403]


def test_without_a_token_of_our_own_every_token_will_do_and_none_will_not(anyone, ask):
    assert statuses(ask, anyone, "whatever") == [200, 200, 404]
    assert statuses(ask, anyone, None) == [403, 403, 403]


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        ("", NO_PERMISSION),
        ("Bearer", NO_PERMISSION),
        ("Bearer ", NO_PERMISSION),
        ("{token}", NO_PERMISSION),
        ("Bearer\t{token}", NO_PERMISSION),
        ("\xff", NO_PERMISSION),
        ("Bearer  {token}", INVALID),
        ("Bearer {token} x", INVALID),
        ("Bearer {token}x", INVALID),
        ("Bearer x", INVALID),
        ("Bearer \xff", INVALID),
        ("Bearer \xc3\xa9", INVALID),
        ("Bearer %00", INVALID),
        ("bearer {upper}", INVALID),
        ("Basic {token}", UNSUPPORTED),
        ("Token {token}", UNSUPPORTED),
        ("Bearer: {token}", UNSUPPORTED),
        (" Bearer {token}", None),
        ("bearer {token}", None),
        ("BEARER {token}  ", None),
    ],
)
def test_how_the_header_is_read(authorization, detail, lab, ask, flow):
    token = lab.token
    header = authorization.format(token=token, upper=token.upper())
    answer = ask(lab, flow, token=None, headers={"Authorization": header})

    assert answer.status == (403 if detail else 200)
    assert answer.json.get("detail") == detail
    assert answer["www-authenticate"] == ""


def test_a_header_that_is_sent_twice_is_one_value(lab, ask, flow):
    headers = [("Authorization", f"Bearer {lab.token}")] * 2

    assert ask(lab, flow, token=None, headers=headers).json == {"detail": INVALID}


@pytest.mark.parametrize("place", ["?token={}", "?access_token={}"])
def test_a_token_anywhere_else_is_none(place, lab, ask, flow):
    assert ask(lab, flow + place.format(lab.token), token=None).status == 403
    assert ask(lab, flow, token=None, headers={"Cookie": f"token={lab.token}"}).status == 403


@pytest.mark.parametrize("spoken", ["", "a b", " a", "a:b c", "é", "a\n", ":none"])
def test_what_cannot_be_a_token_is_refused_without_being_shown(spoken):
    with pytest.raises(UsageError) as refused, flowmock.running(tokens=[spoken]):
        pass

    assert "printable ASCII without spaces" in str(refused.value)
    assert "é" not in str(refused.value)


def test_the_schemes_of_other_contracts(ask, contract_of):
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "query": {"type": "apiKey", "in": "query", "name": "key"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
        "basic": {"type": "http", "scheme": "basic"},
        "oauth": {"type": "oauth2", "flows": {}},
    }
    responses = {"204": {"description": ""}, "401": {"description": ""}}
    paths = {f"/{name}": {"get": {"security": [{name: []}], "responses": responses}} for name in schemes}
    paths["/either"] = {"get": {"security": [{"key": []}, {"basic": []}], "responses": responses}}
    paths["/both"] = {"get": {"security": [{"key": [], "query": []}], "responses": responses}}
    paths["/open"] = {"get": {"security": [{}, {"key": []}], "responses": responses}}
    contract = contract_of(paths, components={"securitySchemes": schemes})

    def status(path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(running, path, token=None, headers=named).status

    with flowmock.running(contract, tokens=["sesame", "nobody:none"]) as running:
        assert [status(path) for path in paths] == [401] * 7 + [204]
        assert status("/key", X_Key="sesame") == status("/query?key=sesame") == 204
        assert status("/key", X_Key="wrong") == status("/query?key=wrong") == 401
        assert status("/cookie", Cookie="a=b; key=sesame") == 204
        assert status("/basic", Authorization="Basic dXNlcjpzZXNhbWU=") == 204
        assert status("/basic", Authorization="Basic dXNlcjp3cm9uZw==") == 401
        assert status("/oauth", Authorization="Bearer sesame") == 204
        assert status("/either", X_Key="sesame") == status("/either", Authorization="Basic c2VzYW1l") == 204
        assert status("/both", X_Key="sesame") == 401
        assert status("/both?key=sesame", X_Key="sesame") == 204
        assert status("/open", X_Key="wrong") == status("/open", X_Key="nobody") == 204
        assert status("/key", X_Key="nobody") == 401


@pytest.mark.parametrize("around", [None, "data"])
def test_the_token_of_a_login_is_accepted(contract_of, ask, around):
    token = {"type": "object", "required": ["accessToken"], "properties": {"accessToken": {"type": "string"}}}
    found = token if around is None else {"type": "object", "required": [around], "properties": {around: token}}
    contract = contract_of(
        {
            "/login": {"post": {"security": [], "responses": {"200": _body(found)}}},
            "/me": {"get": {"responses": {"200": _body({"type": "object"}), "401": {"description": ""}}}},
        },
        components={"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        security=[{"bearer": []}],
    )
    with flowmock.running(contract, tokens=["good"]) as running:
        first = ask(running, "/login", method="POST", token=None).json
        issued = (first if around is None else first[around])["accessToken"]
    with flowmock.running(contract, tokens=["good"]) as running:
        before = [ask(running, "/me", token=issued).status for _ in range(3)]
        ask(running, "/login", method="POST", token=None)
        after = [ask(running, "/me", token=each).status for each in (issued, "good", "wrong")]

    assert before == [401, 401, 401]
    assert after == [200, 200, 401]


def _body(schema):
    return {"description": "", "content": {"application/json": {"schema": schema}}}
