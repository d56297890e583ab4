"""The journal: bounded, true, and without a credential anywhere."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

import flowmock
from flowmock.journal.entries import MAX_FOLLOWERS, MAX_SHOWN, Journal, as_json
from flowmock.journal.redaction import Redactor
from flowmock.messages import Call, Caller, Reply
from flowmock.security import Tokens

FLOW = "/flows/instances/initial-setup/"
SECRET = "secret+token/with==odd&parts"
REPLY = Reply(200, (("Content-Type", "application/json"),), b"{}", "example x")


def a_call(**more: Any) -> Call:
    given: dict[str, Any] = {"method": "GET", "raw_path": "/x", "path": "/x", "query": (), "headers": ()}
    return Call(**given | more)


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[SECRET, "short:none"]) as running:
        yield running


def shown_by(running: flowmock.Running) -> list[dict[str, Any]]:
    """What the journal shows."""
    return [as_json(each, Redactor(running.mock.tokens.known)) for each in running.mock.journal.entries()]


@pytest.fixture
def last(mock: flowmock.Running, ask: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Ask for something, and give what the journal shows of it."""

    def asked(path: str = FLOW, **more: Any) -> dict[str, Any]:
        ask(mock, path, **{"token": SECRET} | more)
        return shown_by(mock)[-1]

    return asked


def test_an_exchange_is_complete(last: Callable[..., dict[str, Any]]) -> None:
    entry = last(FLOW + "?a=1&a=2", headers={"X-Mine": "mine", "X-Mock-Session": "worker-1"})

    assert entry["operation"] == "flows_instances_retrieve"
    assert entry["caller"] == "all"
    assert entry["session"] == "worker-1"
    assert entry["request"]["method"] == "GET"
    assert entry["request"]["target"] == "/api/v3/flows/instances/initial-setup/?a=1&a=2"
    assert entry["request"]["path"] == {"slug": "initial-setup"}
    assert ("x-mine", "mine") in entry["request"]["headers"]
    assert entry["response"]["status"] == 200
    assert json.loads(entry["response"]["body"]["text"])["slug"] == "initial-setup"
    assert entry["rule"] == "example initial-setup"
    assert entry["within_contract"] is True
    assert entry["violations"] == []


def test_numbering_continues_after_deletion(mock: flowmock.Running, last: Callable[..., dict[str, Any]]) -> None:
    before = last()["number"]
    mock.mock.journal.clear()

    assert last()["number"] == before + 1
    assert len(mock.mock.journal) == 1


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"token": None, "headers": {"Authorization": f"bearer   {SECRET}"}},
        {"token": None, "headers": {"Authorization": f"Token {SECRET}"}},
        {"token": None, "headers": {"Authorization": SECRET}},
        {"token": None, "headers": {"Authorization": f"Bearer\t{SECRET}"}},
        {"token": None, "headers": {"X-Mine": f"my token is {SECRET}!"}},
        {"token": None, "headers": {"Cookie": f"session={SECRET}; b=c"}},
        {"token": None, "headers": {"Cookie": SECRET}},
        {"token": None, "headers": {"X-API-Key": "unknown-" + SECRET}},
        {"path": f"{FLOW}?anything={quote(SECRET, safe='')}"},
        {"path": f"{FLOW}?{quote(SECRET, safe='')}=1"},
        {"path": f"/flows/instances/{quote(SECRET, safe='')}/"},
        {"method": "POST", "body": json.dumps({"token": SECRET})},
        {"headers": {"X-Mock-Session": SECRET}},
    ],
)
def test_a_token_is_redacted_wherever_it_occurs(last: Callable[..., dict[str, Any]], more: dict[str, Any]) -> None:
    text = json.dumps(last(**more))

    assert SECRET not in text
    assert quote(SECRET, safe="") not in text


@pytest.mark.parametrize(
    "more",
    [
        {"token": "unknown-but-secret"},
        {"token": None, "headers": {"Authorization": "Basic unknown-but-secret"}},
        {"token": None, "headers": {"Authorization": "Digest username=unknown-but-secret"}},
        {"token": None, "headers": {"Authorization": "unknown-but-secret"}},
        {"token": None, "headers": {"Proxy-Authorization": "Bearer unknown-but-secret"}},
        {"token": None, "headers": {"Cookie": "sid=unknown-but-secret; unknown-but-secret"}},
        {"token": None, "path": FLOW + "?access_token=unknown-but-secret"},
        {"token": None, "path": FLOW + "?api_key=unknown-but-secret&password=unknown-but-secret"},
        {"token": "unknown-but-secret", "path": "/flows/instances/unknown-but-secret/"},
        {"token": "unknown-but-secret", "path": FLOW + "?x=unknown-but-secret"},
    ],
)
def test_an_unknown_token_is_redacted_too(last: Callable[..., dict[str, Any]], more: dict[str, Any]) -> None:
    assert "unknown-but-secret" not in json.dumps(last(**more))


def test_the_role_of_a_token_is_visible(last: Callable[..., dict[str, Any]]) -> None:
    assert ("authorization", "Bearer [token all]") in last()["request"]["headers"]
    assert ("authorization", "Bearer [token none]") in last(token="short")["request"]["headers"]
    assert ("authorization", "Bearer [token invalid]") in last(token="wrong")["request"]["headers"]


def test_tokens_are_told_apart_by_their_number(last: Callable[..., dict[str, Any]]) -> None:
    assert [last(token=token)["token"] for token in (SECRET, "short", "wrong", None)] == [1, 2, None, None]


def test_a_short_token_is_not_redacted_within_words(ask: Callable[..., Any]) -> None:
    with flowmock.running(tokens=["abc1"]) as running:
        ask(running, FLOW, token="abc1", headers={"X-Mine": "abc12, an abc1-story; abc1"})
        (entry,) = shown_by(running)

    assert ("x-mine", "abc12, an abc1-story; [token all]") in entry["request"]["headers"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"role":"admin"}', '{"role":"admin"}'),
        ('{"access_token": "admin", "role": "admin"}', '{"access_token": "[token all]", "role": "admin"}'),
        ("user=admin&password=admin", "user=admin&password=[token all]"),
        ("Authorization: Bearer admin", "Authorization: Bearer [token all]"),
    ],
)
def test_a_token_that_is_a_word_is_redacted_where_credentials_are(
    ask: Callable[..., Any], body: str, shown: str
) -> None:
    with flowmock.running(tokens=["admin"]) as running:
        ask(running, FLOW, method="POST", token="admin", body=body)
        (entry,) = shown_by(running)

    assert entry["request"]["body"]["text"] == shown
    assert ("authorization", "Bearer [token all]") in entry["request"]["headers"]


def test_the_session_cookie_is_shown(last: Callable[..., dict[str, Any]]) -> None:
    entry = last(headers={"Cookie": "mock_session=worker-1; sid=x"})

    assert ("cookie", "mock_session=worker-1; sid=[cookie]") in entry["request"]["headers"]


@pytest.mark.parametrize(
    ("more", "violation"),
    [
        ({"path": "/nowhere/"}, "the contract has no operation"),
        ({"token": None}, "security: no credentials; expected authentik"),
        ({"token": "wrong"}, "security: invalid credentials"),
    ],
)
def test_violations_of_a_request_are_listed(
    last: Callable[..., dict[str, Any]], more: dict[str, Any], violation: str
) -> None:
    assert last(**more)["violations"][0].startswith(violation)


def test_wrong_parameters_and_bodies_are_violations(contract_of: Callable[..., Any], ask: Callable[..., Any]) -> None:
    contract = contract_of(
        {
            "/things/": {
                "post": {
                    "operationId": "make",
                    "parameters": [
                        {"name": "n", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 5}}
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
                            }
                        },
                    },
                    "responses": {"204": {"description": ""}},
                }
            }
        }
    )
    with flowmock.running(contract) as running:
        ask(running, "/things/?n=7", method="POST", body='{"a": 1}', headers={"Content-Type": "application/json"})
        found = running.mock.journal.entries()[0].violations

    assert [each.partition(":")[0] for each in found] == ["query parameter n", "body/a"]


def test_the_oldest_exchange_is_dropped_first() -> None:
    journal = Journal(3)
    for number in range(5):
        journal.record(a_call(raw_path=f"/{number}"), REPLY)

    assert [entry.number for entry in journal.entries()] == [3, 4, 5]
    assert journal.recorded == 5


def test_bytes_are_bounded_too() -> None:
    journal = Journal(1000, max_bytes=10_000)
    for _ in range(50):
        journal.record(a_call(body=b"x" * 1000), REPLY)
    assert 1 <= len(journal) < 10

    journal.record(a_call(headers=(("x", "y" * 20_000),)), REPLY)
    assert len(journal) == 0
    assert journal.size == 0


def test_live_readers_are_bounded_and_released() -> None:
    journal = Journal()
    queues = [journal.follow() for _ in range(MAX_FOLLOWERS)]
    assert journal.follow() is None

    last = queues[-1]
    assert last is not None
    journal.unfollow(last)
    again = journal.follow()
    assert again is not None

    for _ in range(10_000):
        journal.record(a_call(), REPLY)
    assert again.qsize() < 1000
    journal.end()
    assert [again.get_nowait() for _ in range(again.qsize())][-1] is None


def test_a_journal_with_limit_0_is_empty() -> None:
    journal = Journal(0)
    journal.record(a_call(), REPLY)

    assert journal.entries() == []


@pytest.mark.parametrize("content", ["é" * MAX_SHOWN, b"\xff\x00" * MAX_SHOWN, "x" * MAX_SHOWN])
def test_a_long_body_is_cut_between_characters(content: str | bytes) -> None:
    raw = content.encode() if isinstance(content, str) else content
    journal = Journal()
    journal.record(a_call(body=raw), REPLY)

    body = as_json(journal.entries()[0], Redactor({}))["request"]["body"]

    assert body["size"] == len(raw)
    assert body["cut"] is (len(raw) > MAX_SHOWN)
    assert isinstance(content, bytes) or "\ufffd" not in body["text"]


def test_a_binary_body_is_shown() -> None:
    call = a_call(raw_path="/\xff", headers=(("x", "\xff"),), query=(("\ud800", "\udfff"),), caller=Caller("any"))

    journal = Journal()
    journal.record(call, REPLY)
    text = json.dumps(as_json(journal.entries()[0], Redactor(Tokens(["abc"]).known)))

    assert "\\u00ff" in text
