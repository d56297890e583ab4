"""Two servers beside each other: alike, or where they differ, each cause once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

import flowmock
from flowcontract.cli import main
from flowcontract.engine import comparison
from flowcontract.engine.comparison import Comparison, Options
from flowcontract.engine.comparison.json_shape import differences, shape
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

pytestmark = pytest.mark.usefixtures("few_probes")
TOKEN = "a-token-that-compares-two-servers"
OPERATION = "flows_instances_retrieve"
ONE = Options(operations=(OPERATION,))


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


def at(running: flowmock.Running, **more: Any) -> Target:
    return Target.at(running.url, running.mock.compiled.main.base_path, token=TOKEN, **more)


def with_one_that(mock: flowmock.Running, tmp_path: Path, options: Options = ONE, **rule: Any) -> Comparison:
    """Compare the mock with one that has one rule more: `when` and `answer` of a scenario."""
    file = tmp_path / "faults.json"
    when = {"operation": OPERATION, **rule.pop("when", {})}
    file.write_text(json.dumps({"fault": {"breaks-contract": True, "when": when, "response": rule}}))
    with flowmock.running(tokens=[TOKEN], scenario_file=(str(file),), scenario="fault") as faulty:
        return comparison.run(Contract.load(), at(mock), at(faulty), options)


def test_an_unsafe_operation_is_sent_with_permission_only() -> None:
    add = {"post": {"operationId": "add", "security": [{"key": []}], "responses": {"201": {"description": "Added."}}}}
    contract = Contract(
        {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/books": add}}
        | {"components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}}
    )
    target = Target.at("http://127.0.0.1:1", "")

    with pytest.raises(UsageError, match=r"add has an unsafe method\. Add --allow-unsafe"):
        comparison.run(contract, target, target, Options(operations=("add",)))


def test_the_mock_is_as_itself(mock: flowmock.Running) -> None:
    found = comparison.run(Contract.load(), at(mock), at(mock), Options(values=True))

    assert (found.agreement, found.differences) == (1.0, ())
    assert found.compared > 100


FAULTS = {
    "a failure": ({"code": 500, "body": "no", "when": {"normally": 404}}, "status", "B: 500"),
    "all fails": ({"code": 500, "body": "no"}, "status", "B: 500"),
    "a media type": ({"media": "text/html", "body": "<p>", "when": {"normally": 200}}, "media type", "text/html"),
    "no answer": ({"fault": "close", "when": {"path": {"slug": {"contains": "\0"}}}}, "response", "closed"),
    "a shape": ({"body": {"detail": ["No."]}, "when": {"normally": 404}, "code": 404}, "body", "/detail"),
    "unknown is found": ({"example": "initial-setup", "when": {"normally": 404}}, "status", "B: 200"),
    "one thing lost": ({"code": 404, "when": {"normally": 200, "path": {"slug": "initial-setup"}}}, "status", "404"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_difference(mock: flowmock.Running, tmp_path: Path, name: str) -> None:
    rule, kind, said = FAULTS[name]
    found = with_one_that(mock, tmp_path, **rule)

    (difference,) = found.differences
    assert difference.kind == kind
    assert said in difference.messages[0]
    assert difference.count == found.compared - found.agreed > 0
    assert found.agreement < 1


def test_two_faults_are_two_differences(mock: flowmock.Running, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    when = {"operation": OPERATION}
    rules = [
        {"when": {**when, "normally": 404}, "response": {"code": 410}},
        {"when": {**when, "normally": 200}, "response": {"patch": [{"op": "remove", "path": "/title"}]}},
    ]
    file.write_text(json.dumps({"faults": {"breaks-contract": True, "rules": rules}}))
    with flowmock.running(tokens=[TOKEN], scenario_file=(str(file),), scenario="faults") as faulty:
        found = comparison.run(Contract.load(), at(mock), at(faulty), ONE)

    assert sorted(each.kind for each in found.differences) == ["body", "status"]


def test_an_answer_of_the_right_shape_about_something_else_is_found(mock: flowmock.Running, tmp_path: Path) -> None:
    when = {"normally": 200, "path": {"slug": "initial-setup"}}
    found = with_one_that(mock, tmp_path, when=when, example="default-invalidation-flow")

    (difference,) = found.differences
    assert difference.kind == "rule"
    assert "Only B violates invariant-violation" in difference.messages[0]


def test_values_are_compared_only_where_that_is_asked_for(tmp_path: Path) -> None:
    # The same key with another value: as two installations have it.
    contract, other = _small({"id": 1, "label": "one"}), _small({"id": 1, "label": "uno"})
    with flowmock.running(contract) as one, flowmock.running(other) as two:
        sides = (Target.at(one.url, ""), Target.at(two.url, ""))
        alike = comparison.run(contract, *sides, Options())
        apart = comparison.run(contract, *sides, Options(values=True))

    assert alike.agreement == 1
    assert [(each.kind, each.messages[0].split()[0]) for each in apart.differences] == [("value", "/label")]


def test_links_to_the_server_itself_and_times_of_today_are_no_differences() -> None:
    contract = _small({"id": 1}, headers={"Link": {"schema": {"type": "string"}}})
    moments = iter(datetime.now(UTC) + timedelta(seconds=each) for each in count())

    def serve(request: Request) -> Response:
        self = f"http://{request.header('host')}/v1/items/1"
        body = {"self": self, "made_at": next(moments).isoformat(), "due_at": "2020-01-02T00:00:00Z"}
        return Response(200, body, {"Link": f'<{self}>; rel="self"', "Last-Modified": format_datetime(next(moments))})

    with running(serve) as one, running(serve) as two:
        sides = (Target.at(one, "/v1"), Target.at(two, "/v1"))
        found = comparison.run(contract, *sides, Options(values=True))

    assert found.differences == ()


def test_members_that_one_server_does_not_have_are_named_together() -> None:
    contract = _small({"id": 1, "label": "one", "size": 3})
    with flowmock.running(contract) as one, flowmock.running(_small({"id": 1})) as two:
        found = comparison.run(contract, Target.at(one.url, ""), Target.at(two.url, ""), Options())

    (difference,) = found.differences
    assert difference.kind == "body"
    assert [message.split()[0] for message in difference.messages] == ["/label", "/size"]


def test_a_header_of_the_contract_that_one_server_does_not_send_is_a_difference() -> None:
    contract = _small(
        {"id": 1},
        headers={"X-Version": {"required": True, "schema": {"type": "string", "example": "7"}, "example": "7"}},
    )
    with flowmock.running(contract) as one, flowmock.running(_small({"id": 1})) as two:
        found = comparison.run(contract, Target.at(one.url, ""), Target.at(two.url, ""), Options())

    assert [each.messages for each in found.differences] == [("X-Version with 200: only A sends it.",)]


def test_two_servers_that_serve_nothing_are_not_called_alike(mock: flowmock.Running) -> None:
    without_token = Target.at(mock.url, "/api/v3")

    with pytest.raises(TargetError, match="at least one success"):
        comparison.run(Contract.load(), without_token, without_token, ONE)


def test_a_server_that_is_not_there_is_said_so(mock: flowmock.Running) -> None:
    with pytest.raises(TargetError, match="nothing listens"):
        comparison.run(Contract.load(), at(mock), Target.at("http://127.0.0.1:1", "/api/v3", token=TOKEN), ONE)


def test_the_command_prints_the_share_the_differences_and_what_to_send(
    mock: flowmock.Running, capsys: pytest.CaptureFixture[str]
) -> None:
    with flowmock.running(tokens=[TOKEN], scenario="defect-nul") as faulty:
        words = ["compare", mock.url, faulty.url, "--operation", OPERATION, "--token", TOKEN]
        code = main.main(words)
        text = capsys.readouterr().out
        enough = main.main([*words, "--at-least", "90", "--json"])
        document = json.loads(capsys.readouterr().out)

    assert code == 1
    assert enough == 0
    assert "status  A: 404; B: 500." in text
    assert "%00" in text
    assert TOKEN not in text
    assert TOKEN not in json.dumps(document)
    assert document["agreed"] == document["compared"] - sum(item["count"] for item in document["differences"])
    assert document["differences"][0]["b"]["exchange"]["response"]["status"] == 500


def test_the_command_has_no_list_of_releases(mock: flowmock.Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["compare", mock.url, mock.url, "--token", TOKEN, "--release", "list"]) == 2
    assert "a release from" in capsys.readouterr().err


def test_the_command_says_100_only_of_all(mock: flowmock.Running, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["compare", mock.url, mock.url, "--operation", OPERATION, "--token", TOKEN]
    assert main.main(asked) == 0
    assert capsys.readouterr().out.startswith("100 % equal")
    assert main.main(["compare", mock.url, "http://127.0.0.1:1"]) == 2


@pytest.mark.parametrize(
    ("left", "right", "places"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": [{"b": 1}, {"b": None}]}, {"a": [{"b": 1}]}, []),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}, ["/a/*/b", "/a/*/c"]),
        ({"a": [{"b": 1}, {}]}, {"a": [{}]}, []),
        ({"a": []}, {"a": [1]}, []),
        ([], {}, [""]),
        ({"free": {"x": 1}}, {"free": {"y": 2}}, []),
        ({"free": {"x": 1}}, {"free": {"y": "2"}}, ["/free/*"]),
    ],
)
def test_shapes_differ_by_places_and_kinds_not_by_data(left: Any, right: Any, places: list[str]) -> None:
    contract = Contract({"openapi": "3.0.3", "info": {"title": "", "version": ""}, "paths": {}})
    schema = {"type": "object", "properties": {"free": {"type": "object", "additionalProperties": {}}}}
    shapes = [shape(contract, schema, value) for value in (left, right)]

    assert [place for place, _, _ in differences(*shapes)] == places


def _small(value: dict[str, Any], headers: dict[str, Any] | None = None) -> Contract:
    properties = {"id": {"type": "integer"}, "label": {"type": "string"}, "size": {"type": "integer"}}
    schema = {"type": "object", "properties": properties}
    answer = {
        "description": "One.",
        "headers": headers or {},
        "content": {"application/json": {"schema": schema, "examples": {"one": {"value": value}}}},
    }
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = {"operationId": "one", "parameters": [parameter], "responses": {"200": answer}}
    return Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Small", "version": "1"},
            "paths": {"/things/{id}/": {"get": operation}},
        }
    )


class _Shop:
    """Takes things, and has none that the contract's example names."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, request: Request) -> Response:
        if request.path != "/v1/things/" or request.method not in ("GET", "POST"):
            return Response(404, {})
        if request.method == "GET":
            return Response(200, [])
        self.number += 1
        return Response(201, {"id": self.number}, {"Location": f"/v1/things/{self.number}/"})


def _shop(*, unsafe: bool, operations: tuple[str, ...] = ()) -> Comparison:
    """Two such servers beside each other."""
    document = json.loads(json.dumps(_small({"id": 1}).document))
    thing = document["paths"]["/things/{id}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    content = {"application/json": {"schema": thing}}
    document["paths"]["/things/"] = {
        "get": {
            "operationId": "all",
            "responses": {
                "200": {
                    "description": "All.",
                    "content": {"application/json": {"schema": {"type": "array", "items": thing}}},
                }
            },
        },
        "post": {
            "operationId": "add",
            "requestBody": {"required": True, "content": content},
            "responses": {"201": {"description": "Added.", "content": content}},
        },
    }
    with running(_Shop()) as one, running(_Shop()) as two:
        sides = Target.at(one, ""), Target.at(two, "")
        return comparison.run(Contract(document), *sides, Options(allow_unsafe=unsafe, operations=operations))


def test_operations_that_could_not_be_compared_are_named() -> None:
    found = _shop(unsafe=False)

    assert (found.operations, found.served) == (("one", "all"), ("all",))
    assert found.notes == (
        "1 of 1 resources of one exist on neither server.",
        "Not compared: 1 operation with an unsafe method; add --allow-unsafe.",
        "No success on either server: one: no existing resource is known; add --param id=VALUE.",
    )


def test_what_a_comparison_creates_is_listed() -> None:
    found = _shop(unsafe=True, operations=("add",))

    assert any(note.startswith("Created by this run on A and still there: /things/") for note in found.notes)
    assert any(note.startswith("Created by this run on B and still there: /things/") for note in found.notes)
    assert not any("Name each with --operation" in note for note in found.notes), "it was named"


class _Days:
    """Days of a calendar. One that is deaf ignores the bound of its list; a creation gets the next ID."""

    def __init__(self, *, is_deaf: bool = False) -> None:
        self.is_deaf = is_deaf
        self.numbers = count(4)

    def __call__(self, request: Request) -> Response:
        days = [{"id": number, "held_on": f"2025-06-0{number}"} for number in (1, 2, 3)]
        *_, last = request.path.split("/")
        if request.method == "POST":
            return Response(201, {**json.loads(request.body), "id": next(self.numbers)})
        if last != "days":
            return Response(200, days[int(last) - 1]) if last in ("1", "2", "3") else Response(404)
        bound = dict(request.query).get("ends_before", "9") if not self.is_deaf else "9"
        return Response(200, [day for day in days if day["held_on"] < bound])


def _days(*servers: _Days, **options: Any) -> Comparison:
    date: dict[str, Any] = {"type": "string", "format": "date"}
    day = {"type": "object", "properties": {"id": {"type": "integer"}, "held_on": date}}

    def success(status: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {status: {"description": "Some.", "content": {"application/json": {"schema": schema}}}}

    bound = {"name": "ends_before", "in": "query", "schema": date, "description": "Days whose `held_on` is earlier."}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    body = {"required": True, "content": {"application/json": {"schema": day}}}
    paths = {
        "/days": {
            "get": {
                "operationId": "days",
                "parameters": [bound],
                "responses": success("200", {"type": "array", "items": day}),
            },
            "post": {"operationId": "addDay", "requestBody": body, "responses": success("201", day)},
        },
        "/days/{id}": {
            "get": {
                "operationId": "day",
                "parameters": [number],
                "responses": {**success("200", day), "404": {"description": "None."}},
            }
        },
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Days", "version": "1"}, "paths": paths})
    with running(servers[0]) as one, running(servers[1]) as two:
        return comparison.run(contract, Target.at(one, ""), Target.at(two, ""), Options(values=True, **options))


def test_ids_are_found_in_lists() -> None:
    found = _days(_Days(), _Days())

    assert found.served == ("days", "day")
    assert found.differences == ()


def test_a_filter_that_one_server_ignores_is_a_difference() -> None:
    found = _days(_Days(), _Days(is_deaf=True))

    assert any("parameter/ends_before=2025-06-01 of days" in one.probes for one in found.differences)


def test_the_order_of_concurrent_creations_is_not_compared() -> None:
    class Later(_Days):
        """Creations get other IDs."""

        def __init__(self) -> None:
            super().__init__()
            self.numbers = count(1000)

    found = _days(_Days(), Later(), allow_unsafe=True, operations=("addDay",))

    names = [name for one in found.differences for name in one.probes]
    assert names
    assert not any("at once" in name for name in names)


def test_a_difference_is_shown_by_a_plain_request_and_its_own_reason() -> None:
    class Accepting(_Days):
        def __call__(self, request: Request) -> Response:
            response = super().__call__(request)
            return Response(202, response.json) if request.path.endswith("/days/1") else response

    found = _days(_Days(), Accepting())

    shown = next(one for one in found.differences if one.operation == "day")
    assert shown.probes[0].startswith(("discovery/", "success/"))
    assert "Accept" in dict(shown.left.request.headers)
    assert "/days/1" in shown.curl_right
