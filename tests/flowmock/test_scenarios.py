"""States: their format, when they are played, for whom, and how they add up."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.errors import ContractError, MockError
from flowcontract.openapi.contract import Contract
from flowmock.scenarios import definitions
from flowmock.scenarios.active import MAX_SESSIONS, Activation, Scenarios, merged

FLOW = "/flows/instances/initial-setup/"
OTHER = "/flows/instances/default-password-change/"


@pytest.fixture(scope="module")
def shared() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=["tok-all-123456", "tok-none-12345:none"]) as running:
        yield running


@pytest.fixture
def mock(shared: flowmock.Running) -> flowmock.Running:
    """A mock without active scenarios."""
    shared.mock.reset()
    return shared


@pytest.fixture
def get(mock: flowmock.Running, ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda path=FLOW, token="tok-all-123456", **more: ask(mock, path, token=token, **more)


@pytest.fixture
def play(mock: flowmock.Running) -> Callable[..., None]:
    """Activate scenarios: `play({"response": {…}}, …)`."""

    def played(*raw: dict[str, Any], session: str = "", calls: int | None = None) -> None:
        names = [f"scenario-{index}" for index, _ in enumerate(raw)]
        for name, each in zip(names, raw, strict=True):
            mock.mock.scenarios.define(name, each)
        mock.mock.scenarios.activate([Activation(name, calls) for name in names], session)

    return played


# What is answered


def test_a_code_gives_the_documented_example(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"code": 403}})

    answer = get()

    assert answer.status == 403
    assert answer.json["detail"]
    assert answer["content-type"] == "application/json; charset=utf-8"


def test_an_example_is_chosen_by_name(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"example": "default-source-enrollment"}})

    assert get().json["slug"] == "default-source-enrollment"


def test_a_body_replaces_the_response(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"code": 503, "body": "<p>down</p>", "media": "text/html", "headers": {"Retry-After": 5}}})

    answer = get()

    assert (answer.status, answer.body, answer["content-type"]) == (503, b"<p>down</p>", "text/html")
    assert answer["retry-after"] == "5"


def test_a_string_body_is_sent_as_is(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"body": "almost {", "code": 200}})

    answer = get()

    assert answer.body == b"almost {"
    assert answer["content-type"].startswith("text/plain")


def test_null_is_a_body(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"body": None}})

    assert get().body == b"null"


def test_a_merge_patch_changes_the_usual_body(get: Callable[..., Any], play: Callable[..., None]) -> None:
    usual = get().json
    play({"response": {"merge": {"title": "Other", "layout": None}}})

    changed = get().json

    assert changed == {**{name: value for name, value in usual.items() if name != "layout"}, "title": "Other"}


def test_a_json_patch_changes_the_usual_body(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"patch": [{"op": "add", "path": "/stages/-", "value": {"n": "{$call}"}}]}})

    assert get().json["stages"][-1] == {"n": 1}
    # A patch leaves nothing behind in the next answer.
    assert [item for item in get().json["stages"] if isinstance(item, dict)] == [{"n": 2}]


def test_a_patch_leaves_errors_alone(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"merge": {"detail": "patched"}}})

    assert get("/flows/instances/unknown/").json["detail"] == "Not found."


def test_a_patch_that_does_not_match_is_a_500_with_the_reason(
    get: Callable[..., Any], play: Callable[..., None]
) -> None:
    play({"response": {"patch": [{"op": "remove", "path": "/nothing/here"}]}})

    answer = get()

    assert answer.status == 500
    assert b"the patch does not match the body" in answer.body


@pytest.mark.parametrize("replaced", [{"count": 0}, [], "not JSON"])
def test_a_patch_that_does_not_match_another_scenarios_response_is_not_applied(
    replaced: Any, mock: flowmock.Running, get: Callable[..., Any], play: Callable[..., None]
) -> None:
    replacing = {"response": {"code": 200, "body": replaced}}
    play(replacing)
    alone = get()
    play(replacing, {"response": {"patch": [{"op": "replace", "path": "/title", "value": None}]}})
    both = get()

    assert (both.status, both.body, both["content-type"]) == (200, alone.body, alone["content-type"])
    rule = mock.mock.journal.entries()[-1].reply.rule
    assert rule.startswith("scenario scenario-0; scenario scenario-1 not applied: ")


def test_headers_are_set_and_removed(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"headers": {"X-Frame-Options": None, "X-One": ["a", "b"]}}})

    answer = get()

    assert answer["x-frame-options"] == ""
    assert [value for name, value in answer.headers if name == "x-one"] == ["a", "b"]


def test_default_headers_can_be_omitted(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"code": 502, "omit-default-headers": True}})

    assert {name for name, _ in get().headers} <= {"content-length", "date", "connection"}


def test_strings_may_contain_values_of_the_request(get: Callable[..., Any], play: Callable[..., None]) -> None:
    text = "{$request.path.slug} {$request.query.q} {$request.header.X-Mine} {$request.query.none}| {call}"
    play({"response": {"body": {"text": text}, "headers": {"X-Slug": "{$request.query.q}"}}})

    answer = get(f"{FLOW}?q=a%0d%0ab", headers={"X-Mine": "mine"})

    assert answer.json["text"] == "initial-setup a\r\nb mine | {call}"
    assert answer["x-slug"] == "ab"


# When it is answered


@pytest.mark.parametrize(
    ("when", "request_", "fits"),
    [
        ({"operation": "flows_instances_retrieve"}, {}, True),
        ({"path": {"slug": "initial-setup"}}, {}, True),
        ({"path": {"slug": ["x", "initial-setup"]}}, {}, True),
        ({"path": {"slug": {"pattern": "^initial"}}}, {}, True),
        ({"path": {"slug": "other"}}, {}, False),
        ({"raw-path": {"contains": "%00"}}, {}, False),
        ({"raw-path": {"contains": "%00"}}, {"path": "/flows/instances/a%00b/"}, True),
        ({"query": {"a": 1}}, {"path": FLOW + "?a=1"}, True),
        ({"query": {"a": 1}}, {"path": FLOW + "?a=2&a=1"}, True),
        ({"query": {"a": 1}}, {}, False),
        ({"query": {"a": {"present": False}}}, {}, True),
        ({"header": {"X-Mine": "yes"}}, {"headers": {"x-mine": "yes"}}, True),
        ({"header": {"X-Mine": {"present": True}}}, {}, False),
        ({"method": "GET"}, {}, True),
        ({"method": ["HEAD"]}, {}, False),
        ({"role": "none"}, {}, False),
        ({"role": "none"}, {"token": "tok-none-12345"}, True),
        ({"role": ["anonymous", "invalid"]}, {"token": None}, True),
        ({"role": ["anonymous", "invalid"]}, {"token": "wrong"}, True),
        ({"token": "tok-all-123456"}, {}, True),
        ({"token": "tok-all-123456"}, {"token": "tok-none-12345"}, False),
        ({"normally": 404}, {"path": "/flows/instances/unknown/"}, True),
        ({"normally": "4XX"}, {}, False),
        ({"normally": [403, 404]}, {"token": None}, True),
        ({"body": {"a": {"b": 1}}}, {"body": '{"a": {"b": 1, "c": 2}}'}, True),
        ({"body": {"a": {"b": 1}}}, {"body": '{"a": {"b": true}}'}, False),
        ({"operation": "flows_instances_retrieve", "path": {"slug": "initial-setup"}, "query": {"a": "1"}}, {}, False),
    ],
)
def test_a_scenario_applies_to_matching_calls(
    get: Callable[..., Any], play: Callable[..., None], when: dict[str, Any], request_: dict[str, Any], fits: bool
) -> None:
    play({"when": when, "response": {"code": 418, "body": "teapot"}})

    assert (get(**request_).status == 418) is fits


def test_the_first_matching_rule_applies(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play(
        {
            "rules": [
                {"when": {"path": {"slug": "initial-setup"}}, "response": {"code": 501}},
                {"response": {"code": 502}},
            ]
        }
    )

    assert (get().status, get(OTHER).status) == (501, 502)


@pytest.mark.parametrize(
    ("turn", "played"),
    [
        (2, [False, True, False, False, False, False]),
        ({"from": 3}, [False, False, True, True, True, True]),
        ({"to": 2}, [True, True, False, False, False, False]),
        ({"from": 2, "to": 5, "every": 3}, [False, True, False, False, True, False]),
    ],
)
def test_a_scenario_applies_to_the_nth_call(
    get: Callable[..., Any], play: Callable[..., None], turn: Any, played: list[bool]
) -> None:
    play({"when": {"call": turn, "path": {"slug": "initial-setup"}}, "response": {"code": 503}})

    found = []
    for _ in played:
        get(OTHER)  # Does not fit, so does not count.
        found.append(get().status == 503)
    assert found == played


def test_a_preflight_is_not_affected_by_scenarios(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"code": 500}})

    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
    answer = get(method="OPTIONS", token=None, headers=asked)

    assert 200 <= answer.status < 300
    assert get(headers={"Origin": "http://localhost:3000"})["access-control-allow-origin"] == "http://localhost:3000"


# How long, and how they add up


def test_a_scenario_ends_after_its_number_of_responses(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"when": {"path": {"slug": "initial-setup"}}, "response": {"code": 503}}, calls=2)

    assert [get().status, get(OTHER).status, get().status, get().status] == [503, 200, 503, 200]


def test_concurrent_calls_are_all_counted(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"when": {"normally": 200}, "response": {"code": 503}}, calls=5)
    found: list[int] = []

    threads = [threading.Thread(target=lambda: found.append(get().status)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [200] * 15 + [503] * 5


def test_scenarios_apply_in_order_each_to_the_response_of_the_one_before(
    get: Callable[..., Any], play: Callable[..., None], mock: flowmock.Running
) -> None:
    play(
        {"response": {"merge": {"title": "one"}}},
        {"response": {"headers": {"X-Two": "two"}}},
        {"when": {"normally": 404}, "response": {"code": 500}},
    )

    answer = get()

    assert (answer.status, answer.json["title"], answer["x-two"]) == (200, "one", "two")
    assert get("/flows/instances/unknown/").status == 500
    rule = mock.mock.journal.entries()[0].reply.rule
    assert rule == "scenario scenario-1 over scenario scenario-0 over example initial-setup"


# For whom


def test_a_session_has_scenarios_of_its_own(get: Callable[..., Any], play: Callable[..., None]) -> None:
    play({"response": {"code": 404}}, session="worker-1")

    assert get(headers={"X-Mock-Session": "worker-1"}).status == 404
    assert get(headers={"Cookie": "a=b; mock_session=worker-1"}).status == 404
    assert get(headers={"X-Mock-Session": "worker-2"}).status == 200
    assert get().status == 200


def test_sessions_without_scenarios_get_those_of_all_clients(mock: flowmock.Running, get: Callable[..., Any]) -> None:
    scenarios = mock.mock.scenarios
    scenarios.activate([Activation("forbidden")])
    scenarios.activate([], "worker-1")

    def status(session: str) -> int:
        return int(get(headers={"X-Mock-Session": session}).status)

    assert (status("worker-1"), status("worker-2")) == (200, 403)
    scenarios.clear("worker-1")
    assert status("worker-1") == 403


def test_sessions_count_separately(get: Callable[..., Any], play: Callable[..., None]) -> None:
    once = {"when": {"call": 1}, "response": {"code": 503}}
    play(once, session="a")
    play(once, session="b")

    found = [get(headers={"X-Mock-Session": session}).status for session in "abab"]

    assert found == [503, 503, 200, 200]


def test_sessions_are_bounded(contract_of: Callable[..., Contract]) -> None:
    scenarios = Scenarios.carried([contract_of({})])

    for number in range(MAX_SESSIONS + 10):
        scenarios.activate([Activation("forbidden")], f"session-{number}")

    assert len(scenarios.sessions()) == MAX_SESSIONS
    assert "session-0" not in scenarios.sessions()


def test_two_mocks_do_not_share_scenarios(mock: flowmock.Running, get: Callable[..., Any]) -> None:
    with flowmock.running(tokens=["tok-all-123456"], scenario="forbidden"):
        assert get().status == 200


# The format

GOOD = "good:\n  summary: x\n  response: {code: 403}\n"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a:\n  response: {cod: 403}\n", 2, "unknown key 'cod'. Did you mean 'code'?"),
        ("a:\n  respnse: {code: 403}\n", 2, "Did you mean 'response'?"),
        ("a:\n  summary: x\n", 1, "either `response` (with `when`) or `rules`"),
        ("a:\n  response: {}\n", 2, "expected at least one of code"),
        ("a:\n  response: {code: 99}\n", 2, "from 200 to 599"),
        ("a:\n  response: {code: '403'}\n", 2, "expected an integer"),
        ("a:\n  response:\n    fault: rest\n", 3, "Did you mean 'reset'?"),
        ("a:\n  response: {delay: 1000}\n", 2, "expected 0 to 60 seconds"),
        ("a:\n  response: {patch: {a: 1}}\n", 2, "a list of JSON Patch operations"),
        ("a:\n  response: {patch: [{op: chnge, path: /a}]}\n", 2, "invalid JSON Patch"),
        ("a:\n  response: {merge: {}, patch: []}\n", 2, "mutually exclusive"),
        ("a:\n  response: {body: x, example: y}\n", 2, "mutually exclusive"),
        ("a:\n  response: {headers: {'X A': 1}}\n", 2, "expected a header name"),
        ('a:\n  response: {headers: {X-A: "1\\r\\n2"}}\n', 2, "one line"),
        ("a:\n  when: {operation: flows_instances_retrive}\n  response: {code: 403}\n", 2, "Did you mean"),
        ("a:\n  when: {path: /flows}\n  response: {code: 403}\n", 2, "expected path parameters such as {id: 5}"),
        ("a:\n  when: {path: {slugg: x}}\n  response: {code: 403}\n", 2, "Did you mean 'slug'?"),
        ("a:\n  when: {path: {slug: {patern: x}}}\n  response: {code: 403}\n", 2, "Did you mean 'pattern'?"),
        ("a:\n  when: {path: {slug: {pattern: '('}}}\n  response: {code: 403}\n", 2, "not a regular expression"),
        ("a:\n  when: {role: al}\n  response: {code: 403}\n", 2, "Did you mean 'all'?"),
        ("a:\n  when: {call: 0}\n  response: {code: 403}\n", 2, "from 1"),
        ("a:\n  when: {call: {from: 5, to: 3}}\n  response: {code: 403}\n", 2, "from 5"),
        ("a:\n  when: {normally: 4x}\n  response: {code: 403}\n", 2, "4XX"),
        ("a:\n  breaks-contract: maybe\n  response: {code: 403}\n", 2, "true or false"),
        ("a:\n  rules: []\n", 2, "a list of rules"),
        ("a:\n  rules:\n  - when: {}\n", 3, "`response` is missing"),
        ("A b:\n  response: {code: 403}\n", 1, "expected a name of lowercase letters"),
        ("a: 5\n", 1, "expected a mapping, got"),
        ("[]\n", 1, "expected a mapping, got"),
    ],
)
def test_a_mistake_is_reported_with_file_and_line(tmp_path: Path, text: str, line: int, expected: str) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(GOOD + text if text[0] != "[" else text)
    line += GOOD.count("\n") if text[0] != "[" else 0

    with pytest.raises(MockError) as raised:
        definitions.load(path, [Contract.load()])

    assert f"scenarios.yaml:{line}:" in str(raised.value)
    assert expected in str(raised.value)


@pytest.mark.parametrize("text", ["a: [", "\x00", "a: &x [*x]\n"])
def test_invalid_yaml_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(text)

    with pytest.raises((ContractError, MockError)):
        definitions.load(path, [Contract.load()])


def test_an_own_file_adds_to_the_bundled_scenarios(tmp_path: Path, ask: Callable[..., Any]) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(GOOD)

    with flowmock.running(scenario_file=(str(path),), scenario=["good", "slow"], tokens=["tok-all-123456"]) as running:
        assert [each.scenario.name for each in running.mock.scenarios.active()] == ["good", "slow"]


@pytest.mark.parametrize("name", ["flows_instances_retrieve.403", "Flows_Instances_Retrieve.403"])
def test_each_documented_status_of_an_operation_is_a_scenario(
    mock: flowmock.Running, get: Callable[..., Any], name: str
) -> None:
    mock.mock.scenarios.activate([Activation(name, 1)])

    assert get("/flows/instances/").status == 200, "another operation"
    assert [get().status, get().status] == [403, 200]
    assert get(headers={"Prefer": f"scenario={name}"}).status == 403
    mock.mock.scenarios.activate([name])
    mock.mock.reload_scenarios()
    assert get().status == 403


def test_a_scenario_of_an_undocumented_status_is_an_error_with_the_documented_ones(mock: flowmock.Running) -> None:
    documented = "200, 400, 403, 404, 405, 406"
    with pytest.raises(MockError, match=rf"flows_instances_retrieve documents these statuses: {documented}\.$"):
        mock.mock.scenarios.activate(["flows_instances_retrieve.418"])


def test_an_unknown_scenario_is_an_error_with_the_closest_name() -> None:
    with pytest.raises(MockError, match="Did you mean 'rate-limited'"), flowmock.running(scenario="rate-limitd"):
        pass


def test_a_bundled_scenario_cannot_be_replaced_at_run_time(mock: flowmock.Running) -> None:
    with pytest.raises(MockError, match="Choose another name"):
        mock.mock.scenarios.define("forbidden", {"response": {"code": 200}})


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        # RFC 7396, appendix A.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_follows_rfc_7396(value: Any, patch: Any, result: Any) -> None:
    assert merged(value, patch) == result
