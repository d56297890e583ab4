"""The mock's own interface under `/__mock__/`, over HTTP as its users call it."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

import flowmock
from flowcontract.errors import FlowContractError
from flowmock import console
from flowmock.admin import application
from flowmock.admin.endpoints import MAX_BODY, is_unambiguous

FLOW = "/flows/instances/initial-setup/"
TOKEN = "admin-test-token-1"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "http-api.md"


@pytest.fixture(scope="module")
def shared() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


@pytest.fixture
def mock(shared: flowmock.Running) -> flowmock.Running:
    shared.mock.reset()
    return shared


Asked = tuple[int, Any, http.client.HTTPMessage]


def to_admin(
    mock: flowmock.Running, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Asked:
    connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"), timeout=10)
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    connection.request(method, f"/__mock__{path}", content, headers or {})
    response = connection.getresponse()
    raw = response.read()
    connection.close()
    value = json.loads(raw) if "json" in (response.headers["Content-Type"] or "") else raw
    return response.status, value, response.headers


@pytest.fixture
def admin(mock: flowmock.Running) -> Callable[..., Asked]:
    return lambda method, path, body=None, headers=None: to_admin(mock, method, path, body, headers)


@pytest.fixture
def call(mock: flowmock.Running, ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda path=FLOW, **more: ask(mock, path, **{"token": TOKEN} | more)


def test_the_reference_lists_every_endpoint() -> None:
    listed = set()
    for cell in re.findall(r"^\| (`[A-Z].*?) \|", REFERENCE.read_text("utf-8"), re.M):
        path = ""
        for item in reversed(re.findall(r"`([^`]+)`", cell)):  # `GET`, `PUT /scenarios/active`: both have the path.
            method, _, own = item.partition(" ")
            path = own.partition("?")[0] or path
            listed.add((method, path))
    served = {
        (method, re.sub(r"\{(\w+).*?\}", lambda found: "N" if found[1] == "number" else found[1].upper(), route.path))
        for route in application.app(flowmock.create(), console.routes).routes
        if isinstance(route, Route) and not route.path.startswith("/static/")
        for method in (route.methods or set()) - {"HEAD"}
    }

    assert listed == served


def test_health_names_what_is_served(admin: Callable[..., Asked]) -> None:
    status, health, _ = admin("GET", "/health")

    assert status == 200
    assert health["status"] == "ok"
    assert health["contracts"][0]["base_path"] == "/api/v3"
    assert health["contracts"][0]["operations"] == 2


def test_its_own_calls_are_not_in_the_journal(admin: Callable[..., Asked]) -> None:
    admin("GET", "/health")

    assert admin("GET", "/exchanges")[1]["exchanges"] == []


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("?since=2", [3, 4]),
        ("?limit=1", [4]),
        ("?limit=0", []),
        ("?status=404", [2]),
        ("?status=4XX", [2, 3]),
        ("?status=200&status=403", [1, 3, 4]),
        ("?operation=flows_instances_retrieve&method=HEAD", [4]),
        ("?session=worker-1", [4]),
    ],
)
def test_exchanges_are_filtered(
    admin: Callable[..., Asked], call: Callable[..., Any], query: str, numbers: list[int]
) -> None:
    before = admin("GET", "/exchanges")[1]["recorded"]
    call()
    call("/flows/instances/unknown/")
    call(token=None)
    call(method="HEAD", headers={"X-Mock-Session": "worker-1"})

    asked = query.replace("since=2", f"since={before + 2}")
    _, answer, _ = admin("GET", f"/exchanges{asked}")

    assert [each["number"] - before for each in answer["exchanges"]] == numbers


@pytest.mark.parametrize("query", ["?limit=x", "?since=-1", "?sttus=200", "?operation=nope", "?limit=99999999999"])
def test_an_invalid_filter_is_an_error(admin: Callable[..., Asked], query: str) -> None:
    status, answer, _ = admin("GET", f"/exchanges{query}")

    assert status == 400
    assert answer["error"]


def test_one_exchange_by_its_number(admin: Callable[..., Asked], call: Callable[..., Any]) -> None:
    call()
    number = admin("GET", "/exchanges")[1]["exchanges"][0]["number"]

    assert admin("GET", f"/exchanges/{number}")[1]["number"] == number
    assert admin("GET", f"/exchanges/{number + 1}")[0] == 404


def test_exchanges_are_deleted(admin: Callable[..., Asked], call: Callable[..., Any]) -> None:
    call()

    assert admin("DELETE", "/exchanges")[1] == {"deleted": 1}
    assert admin("GET", "/exchanges")[1]["exchanges"] == []


def test_exchanges_are_streamed_as_they_happen(mock: flowmock.Running, call: Callable[..., Any]) -> None:
    connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"), timeout=10)
    connection.request("GET", "/__mock__/exchanges/stream")
    stream = connection.getresponse()
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert stream.readline().startswith(b":")

    call()

    lines = iter(stream.readline, b"")
    data = next(line for line in lines if line.startswith(b"data: "))
    connection.close()
    assert json.loads(data.removeprefix(b"data: "))["rule"] == "example initial-setup"
    assert TOKEN.encode() not in data


def test_a_mock_stops_despite_live_readers(ask: Callable[..., Any]) -> None:
    with flowmock.running() as running:
        connection = http.client.HTTPConnection(running.origin.removeprefix("http://"), timeout=10)
        connection.request("GET", "/__mock__/exchanges/stream")
        stream = connection.getresponse()
        stream.readline()

    assert stream.read() in (b"", b"\n")
    connection.close()


def test_scenarios_are_listed_with_whether_they_break_the_contract(admin: Callable[..., Asked]) -> None:
    _, answer, _ = admin("GET", "/scenarios")

    marks = {each["name"]: each["breaks_contract"] for each in answer["scenarios"]}
    assert marks["forbidden"] is False
    assert marks["server-error"] is True
    assert answer["active"] == []


def test_a_scenario_is_activated_and_deactivated(admin: Callable[..., Asked], call: Callable[..., Any]) -> None:
    status, answer, _ = admin("PUT", "/scenarios/active", {"scenarios": ["slow", {"name": "forbidden", "for": 3}]})
    assert status == 200
    assert [(each["name"], each["left"]) for each in answer["active"]] == [("slow", None), ("forbidden", 3)]

    admin("PUT", "/scenarios/active", {"scenarios": ["forbidden"]})
    assert call().status == 403
    assert admin("GET", "/scenarios/active")[1]["active"] == [{"name": "forbidden", "left": None, "applied": 1}]

    assert admin("DELETE", "/scenarios/active")[1]["active"] == []
    assert call().status == 200


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/scenarios/active", {"scenarios": ["not-found"], "session": "worker-1"}, {}),
        ("/scenarios/active?session=worker-1", {"scenarios": ["not-found"]}, {}),
        ("/scenarios/active", {"scenarios": ["not-found"]}, {"X-Mock-Session": "worker-1"}),
        ("/scenarios/active", {"scenarios": ["not-found"]}, {"Cookie": "mock_session=worker-1"}),
    ],
)
def test_a_session_is_named_in_any_of_four_ways(
    admin: Callable[..., Asked], call: Callable[..., Any], path: str, body: Any, headers: dict[str, str]
) -> None:
    admin("PUT", path, body, headers)

    assert call().status == 200
    assert call(headers={"X-Mock-Session": "worker-1"}).status == 404
    assert list(admin("GET", "/scenarios")[1]["sessions"]) == ["worker-1"]


def test_a_scenario_is_defined_at_run_time(admin: Callable[..., Asked], call: Callable[..., Any]) -> None:
    status, _, _ = admin("PUT", "/scenarios/mine", {"response": {"merge": {"title": "Mine"}}})
    admin("PUT", "/scenarios/active", {"scenarios": ["mine"]})

    assert status == 201
    assert call().json["title"] == "Mine"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/scenarios/active", {"scenarios": ["forbiden"]}, 400),
        ("PUT", "/scenarios/active", {"scenarios": "forbidden"}, 400),
        ("PUT", "/scenarios/active", {"scenarios": [{"name": "forbidden", "for": 0}]}, 400),
        ("PUT", "/scenarios/active", {"scenarios": [5]}, 400),
        ("PUT", "/scenarios/active", {"scenarios": [], "session": "x" * 300}, 400),
        ("PUT", "/scenarios/active", {"scenaros": []}, 400),
        ("PUT", "/scenarios/active", [], 400),
        ("PUT", "/scenarios/active", b"{", 400),
        ("PUT", "/scenarios/active", b"[" * 100_000, 400),
        ("PUT", "/scenarios/active", b"\xff", 400),
        ("PUT", "/scenarios/active", b"", 400),
        ("PUT", "/scenarios/active", b" " * (MAX_BODY + 1), 413),
        ("PUT", "/scenarios/mine", {"response": {"cod": 1}}, 400),
        ("PUT", "/scenarios/forbidden", {"response": {"code": 200}}, 400),
        ("PUT", "/scenarios/A%20b", {"response": {"code": 200}}, 400),
        ("POST", "/verify", {"operation": "nope"}, 400),
        ("POST", "/verify", {"exactly": 1, "at-least": 1}, 400),
        ("POST", "/verify", {"at-least": 5, "at-most": 1}, 400),
        ("POST", "/health", None, 405),
        ("GET", "/verify", None, 405),
        ("GET", "/nowhere", None, 404),
        ("GET", "/static/nothing.js", None, 404),
        ("GET", "/static/..%2fadmin.py", None, 404),
    ],
)
def test_an_invalid_request_is_an_error_and_changes_nothing(
    admin: Callable[..., Asked], method: str, path: str, body: Any, status: int
) -> None:
    admin("PUT", "/scenarios/active", {"scenarios": ["slow"]})

    found, answer, _ = admin(method, path, body)

    assert found == status
    assert answer["error"]
    assert [each["name"] for each in admin("GET", "/scenarios/active")[1]["active"]] == ["slow"]


def test_reset_restores_the_initial_state(ask: Callable[..., Any]) -> None:
    with flowmock.running(scenario="forbidden") as running:
        to_admin(running, "PUT", "/scenarios/active", {"scenarios": []})
        to_admin(running, "PUT", "/scenarios/active", {"scenarios": [], "session": "w"})
        to_admin(running, "PUT", "/scenarios/mine", {"response": {"code": 403}})
        ask(running, FLOW, token="any")

        to_admin(running, "POST", "/reset")

        assert ask(running, FLOW, token="any").status == 403
        listed = to_admin(running, "GET", "/scenarios")[1]
        assert listed["sessions"] == {}
        assert "mine" not in {each["name"] for each in listed["scenarios"]}
        assert len(running.mock.journal) == 1


@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [("?session=w", None, {}), ("", {"session": "w"}, {}), ("", None, {"X-Mock-Session": "w"})],
)
def test_reset_of_a_session_leaves_the_others(
    ask: Callable[..., Any], query: str, body: Any, headers: dict[str, str]
) -> None:
    with flowmock.running() as running:
        for session in ("v", "w"):
            to_admin(running, "PUT", "/scenarios/active", {"scenarios": ["forbidden"], "session": session})
            ask(running, FLOW, token="any", headers={"X-Mock-Session": session})
        to_admin(running, "PUT", "/scenarios/mine", {"response": {"code": 403}})

        answer = to_admin(running, "POST", f"/reset{query}", body, headers)[1]

        assert answer["session"] == "w"
        assert set(answer["sessions"]) == {"v"}
        assert [each.call.session for each in running.mock.journal.entries()] == ["v"]
        assert "mine" in {each["name"] for each in to_admin(running, "GET", "/scenarios")[1]["scenarios"]}


# Who may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "http://app.localhost:3000"}, 200),
        ({"Origin": "http://127.0.0.1:3000"}, 200),
        ({"Origin": "http://[::1]:3000"}, 200),
        ({"Host": "mock:8000"}, 200),
        ({"Host": "192.168.1.5:8000", "Origin": "http://192.168.1.5:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://198.51.100.7"}, 403),
        # A name that was made to point to this machine.
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, 403),
        ({"Host": "[", "Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:3000"}, 200),
        # An image or a link in a page.
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/exchanges"),
        ("GET", "/exchanges.har"),
        ("GET", "/operations"),
        ("POST", "/verify"),
        ("PUT", "/scenarios/mine"),
        ("PUT", "/scenarios/active"),
        ("DELETE", "/scenarios/active"),
        ("DELETE", "/exchanges"),
        ("POST", "/reset"),
    ],
)
def test_pages_of_other_machines_may_neither_read_nor_change_what_is_not_theirs(
    admin: Callable[..., Asked], headers: dict[str, str], status: int, method: str, path: str
) -> None:
    bodies = {
        "/scenarios/mine": {"response": {"code": 403}},
        "/scenarios/active": {"scenarios": []},
        "/verify": {"exactly": 0, "operation": "flows_instances_retrieve"},
    }

    found, _, _ = admin(method, path, bodies.get(path) if method != "DELETE" else None, headers)

    assert found == (201 if path == "/scenarios/mine" and status == 200 else status)


@pytest.mark.parametrize(("method", "status"), [("GET", 403), ("DELETE", 200)])
def test_what_changes_something_comes_with_an_origin_from_pages(
    admin: Callable[..., Asked], method: str, status: int
) -> None:
    assert admin(method, "/exchanges", None, {"Host": "mock.example:8000"})[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "mock.example:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_metrics_are_for_programs_of_any_machine(
    admin: Callable[..., Asked], headers: dict[str, str], status: int
) -> None:
    assert admin("GET", "/metrics", None, headers)[0] == status


@pytest.mark.parametrize(("host", "own", "is_known"), [("mock.example:80", "mock.example", True), ("a.b", "::", False)])
def test_the_mocks_own_name_is_trusted(host: str, own: str, is_known: bool) -> None:
    assert is_unambiguous(host, own) is is_known


def test_a_local_page_may_activate_scenarios(admin: Callable[..., Asked]) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    origin = {"Origin": "http://localhost:5173"}

    status, _, preflight = admin("OPTIONS", "/scenarios/active", None, origin | asked)
    assert (status, preflight["Access-Control-Allow-Origin"]) == (200, "http://localhost:5173")
    assert "PUT" in preflight["Access-Control-Allow-Methods"]

    status, _, answer = admin("PUT", "/scenarios/active", {"scenarios": []}, origin)
    assert (status, answer["Access-Control-Allow-Origin"]) == (200, "http://localhost:5173")


def test_without_cors_no_page_has_access(ask: Callable[..., Any]) -> None:
    with flowmock.running(cors=False) as running:
        _, _, headers = to_admin(running, "GET", "/scenarios", headers={"Origin": "http://localhost:3000"})

    assert "Access-Control-Allow-Origin" not in headers


def test_without_admin_there_is_no_admin_api(ask: Callable[..., Any]) -> None:
    with flowmock.running(admin=False) as running:
        assert to_admin(running, "GET", "/health")[0] == 404


def test_the_console_page_comes_with_a_strict_policy(admin: Callable[..., Asked]) -> None:
    status, page, headers = admin("GET", "/")

    assert status == 200
    assert b"<title>Mock console</title>" in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for asset in ("console.js", "console.css"):
        assert admin("GET", f"/static/{asset}")[0] == 200
        assert f"static/{asset}".encode() in page


def test_errors_belong_to_the_error_tree(mock: flowmock.Running) -> None:
    with pytest.raises(FlowContractError):
        mock.mock.scenarios.define("x", None)
