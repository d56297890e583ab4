"""The mock cannot be told from a fresh server of the kind that its profile describes."""

import json
from pathlib import Path

import pytest


def recorded():
    path = Path(__file__).parents[1] / "data" / "recordings.json"
    return json.loads(path.read_text(encoding="utf-8"))


def replay(running, exchange, send, make):
    host = running.origin.removeprefix("http://")
    headers = [(name, value) for name, value in exchange["headers"]]
    return send(running, make(exchange["line"], headers, exchange["body"], host))


@pytest.mark.parametrize("exchange", [pytest.param(each, id=each["id"]) for each in recorded() if "defect" not in each])
def test_a_recorded_exchange_is_answered_as_the_server_did(exchange, lab, send, make):
    answer = replay(lab, exchange, send, make)

    assert answer.status == exchange["status"]
    assert {name: answer[name] for name in exchange["answer"]} == exchange["answer"]
    if exchange["json"] is not None:
        assert answer.json == exchange["json"]


@pytest.mark.parametrize("exchange", [pytest.param(each, id=each["id"]) for each in recorded() if "defect" in each])
def test_a_defect_of_the_server_is_not_copied(exchange, lab, send, make):
    answer = replay(lab, exchange, send, make)

    # The key is one that the pattern of the path allows and that nobody has.
    assert answer.status == (403 if "plain-token" in str(exchange["headers"]) else 404)
    assert answer["content-type"] == "application/json; charset=utf-8"


def test_every_example_is_found_under_its_own_key(lab, ask):
    contract = lab.mock.compiled.main
    operation = contract.operation("flows_instances_retrieve")
    media = operation.success().media["application/json"]

    for name, key in operation.example_path_values().items():
        answer = ask(lab, f"/flows/instances/{key['slug']}/")
        assert (answer.status, answer.json) == (200, media.examples[name].value)
    assert len(operation.example_path_values()) == 13


def test_json_is_compact_and_utf_8(lab, ask, flow):
    body = ask(lab, flow).body

    assert body == json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()


def test_each_answer_has_an_id_of_its_own(lab, ask, flow):
    ids = {ask(lab, flow)["x-authentik-id"] for _ in range(3)}

    assert len(ids) == 3
    assert all(len(each) == 32 and int(each, 16) for each in ids)


def test_head_is_get_without_the_body(lab, ask, flow):
    got, head = ask(lab, flow), ask(lab, flow, method="HEAD")

    varying = ("date", "x-authentik-id")
    assert head.body == b""
    assert [pair for pair in head.headers if pair[0] not in varying] == [
        pair for pair in got.headers if pair[0] not in varying
    ]


NOBODY = {"token": "nobody"}
XML = {"headers": {"Accept": "application/xml"}}


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        pytest.param({"method": "HEAD", **NOBODY}, 403, None, id="a wrong token goes before HEAD"),
        pytest.param({"method": "OPTIONS", **NOBODY}, 403, "Token invalid", id="a wrong token goes before OPTIONS"),
        pytest.param({"method": "OPTIONS", "token": None}, 200, None, id="OPTIONS needs no token"),
        pytest.param({"method": "OPTIONS", **XML}, 406, "Accept", id="Accept goes before OPTIONS"),
        pytest.param({"method": "POST", **NOBODY}, 403, "Token invalid", id="a wrong token goes before 405"),
        pytest.param({"method": "POST", "token": None}, 405, "POST", id="405 needs no token"),
        pytest.param({"method": "POST", **XML}, 406, "Accept", id="Accept goes before 405"),
        pytest.param({"method": "TRACE", "token": None}, 405, "TRACE", id="TRACE is no method of the path"),
        pytest.param({"method": "PROPFIND"}, 405, "PROPFIND", id="a method that HTTP knows elsewhere"),
        pytest.param({**NOBODY, **XML}, 406, "Accept", id="Accept goes before the token"),
        pytest.param({"method": "DELETE"}, 403, "permission", id="nothing is deleted"),
        pytest.param(
            {"method": "PATCH", "body": "{}", "headers": {"Content-Type": "application/json"}},
            403,
            "permission",
            id="nothing is changed",
        ),
        pytest.param(
            {"method": "PUT", "body": "a=b", "headers": {"Content-Type": "text/plain"}},
            415,
            "text/plain",
            id="a body that is not JSON",
        ),
        pytest.param(
            {"method": "PUT", "body": "a=b", "token": None}, 403, "permission", id="permission goes before the body"
        ),
    ],
)
def test_decisions_are_taken_in_the_order_of_the_server(asked, status, detail, lab, ask, flow):
    answer = ask(lab, flow, **asked)

    assert answer.status == status
    assert answer["allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    if detail:
        assert detail in answer.json["detail"]


@pytest.mark.parametrize("query", ["?format=xml", "?format=json&format=xml", "?format=JSON", "?format=%20"])
@pytest.mark.parametrize("asked", [{"token": None}, {"headers": {"Accept": "text/html"}}, {"method": "POST"}])
def test_an_unknown_format_is_not_found_before_anything_else(query, asked, lab, ask, flow):
    answer = ask(lab, flow + query, **asked)

    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "Application/JSON",
        "*/json",
        "text/html, application/json;q=0.1",
        "application/json;q=0",
        "text/html;level=1,*/*;q=0",
        " application/json ; indent=4",
        "application/json;version=2",
    ],
)
def test_accept_that_takes_json(accept, lab, ask, flow):
    assert ask(lab, flow, headers={"Accept": accept}).status == 200


@pytest.mark.parametrize(
    "accept",
    ["", "*", "application/xml", "text/*", "json", "application/jsonp", "application", "garbage;;;", ",", "*/xml"],
)
def test_accept_that_excludes_json(accept, lab, ask, flow):
    assert ask(lab, flow, headers={"Accept": accept}).status == 406


def test_two_accept_headers_are_one(lab, ask, flow):
    assert ask(lab, flow, headers=[("Accept", "text/html"), ("Accept", "application/json")]).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/flows/instances/default-authentication-flow",
        "/flows/instances/a.b/",
        "/flows/instances/%2e/",
        "/flows/instances/a%2Fb/",
        "/flows/instances//",
        "/flows//instances/initial-setup/",
        "/flows/instances/initial-setup//",
        "/nothing/",
        "/flows/instances/initial-setup/%0a",
    ],
)
def test_a_path_that_no_route_takes_is_a_page(path, lab, ask):
    found = {method: ask(lab, path, method=method) for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE")}

    assert {method: answer.status for method, answer in found.items()} == {
        "GET": 404,
        "HEAD": 404,
        "OPTIONS": 200,
        "POST": 405,
        "DELETE": 405,
    }
    assert all(answer["content-type"] == "text/html; charset=utf-8" for answer in found.values())
    assert found["POST"]["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "key",
    [
        "%0a",
        "%0d",
        "%20",
        "%25",
        "%27",
        "%00",
        ";",
        "%C3%A9",
        "%F0%9F%98%80",
        "%FF",
        "DEFAULT-AUTHENTICATION-FLOW",
        "a" * 51,
        "a" * 60_000,
        "cache_info",
        "import",
        "initial%20setup",
        "initial-setu%70%70",
        "~",
        "%7Bslug%7D",
    ],
)
def test_an_unknown_key_of_any_shape_is_not_found(key, lab, ask):
    answer = ask(lab, f"/flows/instances/{key}/")

    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


def test_a_key_may_be_percent_encoded(lab, ask):
    assert ask(lab, "/%66lows/instances/initial%2dsetup/").json["slug"] == "initial-setup"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("slug=default-authentication-flow", 200),
        ("slug=other", 404),
        ("slug=", 200),
        ("slug=%20", 200),
        ("slug=%20default-authentication-flow%20", 200),
        ("slug=other&slug=default-authentication-flow", 200),
        ("slug=DEFAULT-AUTHENTICATION-FLOW", 404),
        ("slug=a%00b", 400),
        ("name=Welcome%20to%20authentik!", 200),
        ("name=Welcome", 404),
        ("designation=authentication", 200),
        ("designation=%20authentication", 400),
        ("designation=", 200),
        ("denied_action=message_continue", 200),
        ("denied_action=continue", 404),
        ("denied_action=x", 400),
        ("flow_uuid=44212e41-f29b-444d-906d-343d3374e321", 200),
        ("flow_uuid=44212E41F29B444D906D343D3374E321", 200),
        ("flow_uuid={44212e41-f29b-444d-906d-343d3374e321}", 200),
        ("flow_uuid=%00", 400),
        ("search=WELCOME", 200),
        ("search=welcome,authentication", 200),
        ("search=welcome+nothing", 404),
        ("search=%20", 200),
        ("search=authentication-flow%00", 200),
        ("page=x&ordering=x&unknown=x", 200),
        ("designation[]=x", 200),
        ("title=x", 200),
    ],
)
def test_the_filters_of_the_list_apply(query, status, lab, ask, flow):
    assert ask(lab, f"{flow}?{query}").status == status


def test_every_wrong_filter_is_named(lab, ask, flow):
    assert ask(lab, f"{flow}?designation=a&flow_uuid=b&name=%00").json == {
        "flow_uuid": ["Enter a valid UUID."],
        "name": ["Null characters are not allowed."],
        "designation": ["Select a valid choice. a is not one of the available choices."],
    }


def test_a_wrong_filter_goes_before_an_unknown_key_and_after_permission(lab, ask):
    path = "/flows/instances/nobody/?designation=bogus"

    assert ask(lab, path).status == 400
    assert ask(lab, path, token=None).status == 403


def test_too_many_query_fields_are_refused_with_a_page(lab, ask, flow):
    assert ask(lab, f"{flow}?{'&'.join(['a=1'] * 1000)}").status == 200
    refused = ask(lab, f"{flow}?{'&'.join(['a=1'] * 1001)}")

    assert (refused.status, refused["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("host", "status"), [("a.example:80", 200), ("[::1]:80", 200), ("a b", 404), ("a_b", 404), ("a,b", 404), ("", 404)]
)
def test_a_host_that_cannot_be_is_nobody(host, status, lab, ask, flow):
    answer = ask(lab, flow, headers={"Host": host})

    assert answer.status == status
    assert ("x-frame-options" in dict(answer.headers)) is (status == 200)


REQUIRED = "This field is required."


@pytest.mark.parametrize(
    ("method", "sent", "told"),
    [
        ("PUT", {}, {name: [REQUIRED] for name in ("name", "slug", "title", "designation")}),
        ("PUT", None, {"non_field_errors": ["No data provided"]}),
        ("PUT", [], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ("PATCH", 1.5, {"non_field_errors": ["Invalid data. Expected a dictionary, but got float."]}),
        (
            "PATCH",
            {"name": None, "title": ""},
            {"name": ["This field may not be null."], "title": ["This field may not be blank."]},
        ),
        ("PATCH", {"slug": "a" * 51}, {"slug": ["Ensure this field has no more than 50 characters."]}),
        (
            "PATCH",
            {"slug": "a b"},
            {"slug": ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.']},
        ),
        (
            "PATCH",
            {"layout": "x", "designation": 5},
            {"layout": ['"x" is not a valid choice.'], "designation": ['"5" is not a valid choice.']},
        ),
        (
            "PATCH",
            {"name": True, "compatibility_mode": "x"},
            {"name": ["Not a valid string."], "compatibility_mode": ["Must be a valid boolean."]},
        ),
        ("PATCH", {"name": 5, "slug": " a ", "compatibility_mode": "yes", "pk": "x", "new": 1}, None),
        ("PATCH", {}, None),
    ],
)
def test_a_change_is_told_what_is_wrong_with_it_and_is_never_made(method, sent, told, lab, ask, flow):
    answer = ask(lab, flow, method=method, body=json.dumps(sent), headers={"Content-Type": "application/json"})

    assert answer.status == (400 if told else 403)
    assert answer.json == (told or {"detail": "You do not have permission to perform this action."})


def test_a_body_without_a_length_is_not_read(lab, send, make, flow):
    headers = [("Authorization", f"Bearer {lab.token}"), ("Transfer-Encoding", "chunked"), ("Content-Length", "")]
    sent = make(f"PUT /api/v3{flow} HTTP/1.1", headers, None, "a").replace(b"Content-Length: \r\n", b"")

    assert send(lab, sent + b'3\r\n"x"\r\n0\r\n\r\n').json["slug"] == [REQUIRED]
