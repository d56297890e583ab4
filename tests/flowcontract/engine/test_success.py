"""The first requests of a run: what exists is found out by looking."""

import copy
from typing import Any
from urllib.parse import unquote

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.engine.phases import success
from flowcontract.engine.runner import new_sender, new_session
from flowcontract.http import messages
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .shop import DOCUMENT, Shop

NODE = {"type": "object", "required": ["links"], "properties": {"links": {"type": "object"}}}
PATH = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
RESPONSES = {
    "200": {"description": "Done.", "content": {"application/json": {"schema": NODE}}},
    "404": {"description": "Not there.", "content": {"application/json": {"schema": {"type": "object"}}}},
}
TREE = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "A tree of nodes", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": {
            f"/{name}/{{path}}": {"get": {"operationId": name, "parameters": [PATH], "responses": RESPONSES}}
            for name in ("nodes", "content")
        },
    }
)
CONTENT = {"/v1/content/deep%2Fleaf", "/v1/content/deep/leaf"}


def _serve(request: Request) -> Response:
    """Nodes link to their children and content; only the root is at a path that can be known."""
    if request.method != "GET":
        return Response(405, {}, {"Allow": "GET"})
    links = {
        "/v1/nodes/": {"self": "/v1/nodes/", "deep": "/v1/nodes/deep"},
        "/v1/nodes/deep": {"leaf": "/v1/content/deep/leaf"},
        **{path: {"up": "/v1/nodes/deep"} for path in CONTENT},
    }.get(unquote(request.path))
    return Response(404 if links is None else 200, {"links": links or {}})


def test_a_tree_is_explored_from_its_root_by_its_links() -> None:
    with running(_serve) as url:
        result = engine.run(TREE, Target.at(url, TREE.base_path), engine.Options(profile="quick"))

    assert all(operation.tested for operation in result.coverage)


def _tickets() -> Contract:
    """Tickets and their notes."""
    ids = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    one = {"description": "Done.", "content": {"application/json": {"schema": ids}}}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}}}}
    names = ("ticket", "note")
    paths: dict[str, Any] = {}
    for path, name in (("/tickets", "ticket"), ("/tickets/{ticket}/notes", "note")):
        parameters = [
            {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
            for each in names[: names.index(name) + 1]
        ]
        create = {"operationId": f"add_{name}", "requestBody": body, "responses": {"201": one}}
        paths[path] = {"parameters": parameters[:-1], "post": create}
        paths[f"{path}/{{{name}}}"] = {
            "parameters": parameters,
            "get": {"operationId": name, "responses": {"200": one}},
            "delete": {"operationId": f"drop_{name}", "responses": {"204": {"description": "Done."}}},
        }
    return Contract({"openapi": "3.1.0", "info": {"title": "Tickets", "version": "1"}, "paths": paths})


class _Desk:
    """Serves tickets and their notes."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.last = 0

    def __call__(self, request: Request) -> Response:
        path = request.path
        if request.method == "POST":
            self.last += 1
            self.paths.append(f"{path}/n{self.last}")
            return Response(201, {"id": f"n{self.last}"})
        if path not in self.paths:
            return Response(404, {})
        return Response(200, {"id": path.rpartition("/")[2]})


def test_what_the_run_has_deleted_is_replaced_by_what_it_creates() -> None:
    contract, options, desk = _tickets(), engine.Options(allow_unsafe=True), _Desk()
    with (
        running(desk) as url,
        new_sender(target := Target.at(url, ""), options) as sender,
    ):
        sender.connect()
        session = new_session(contract, target, options, sender)
        success.run(session)
        (before,) = session.known["note"]
        desk.paths.clear()
        dropped = {"ticket": before["ticket"]}
        session.resources.created.observe(contract.operation("drop_ticket"), dropped, 204, None)

        success.renew(session)

        (after,) = session.known["note"]
    assert before["ticket"] != after["ticket"]
    assert session.successes["note"].probe.values == after


def test_an_action_is_tested_although_the_first_creation_was_rejected_and_what_was_created_later_is_deleted() -> None:
    document = copy.deepcopy(_tickets().document)
    close = {"operationId": "close", "responses": {"200": {"description": "Done."}}}
    parameters = document["paths"]["/tickets/{ticket}"]["parameters"]
    document["paths"]["/tickets/{ticket}/close"] = {"parameters": parameters, "put": close}
    contract, options, desk = Contract(document), engine.Options(allow_unsafe=True), _Desk()

    def serve(request: Request) -> Response:
        if request.method == "PUT":
            return Response(200 if request.path.removesuffix("/close") in desk.paths else 404, {})
        is_accepted = request.method != "POST" or request.body == b'{"text": "accepted"}'
        return desk(request) if is_accepted else Response(400, {})

    with running(serve) as url, new_sender(target := Target.at(url, ""), options) as sender:
        sender.connect()
        session = new_session(contract, target, options, sender)
        success.run(session)
        sent = messages.Request("POST", "/v1/tickets", (("Content-Type", "application/json"),), b'{"text": "accepted"}')
        created = messages.Response(201, (), b'{"id": "n0"}', 0.1)
        session.resources.created.observe_request("add_ticket", sent, created)
        session.resources.created.observe(contract.operation("drop_ticket"), {"ticket": "n0"}, 204, None)
        assert "close" not in session.successes

        success.run_for_created(session)

    assert session.successes["close"].probe.values == {"ticket": "n1"}


def _secured(status_without: int) -> RunResult:
    """Run without credentials against a server whose contract requires a token."""
    document = copy.deepcopy(TREE.document)
    document["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    document["security"] = [{"token": []}]
    for item in document["paths"].values():
        item["get"]["responses"] = {**RESPONSES, "401": RESPONSES["404"]}
    contract = Contract(document)

    def serve(request: Request) -> Response:
        response = _serve(request)
        return response if status_without == 200 or request.method != "GET" else Response(status_without, {})

    with running(serve) as url:
        return engine.run(contract, Target.at(url, contract.base_path), engine.Options(profile="quick"))


def test_without_credentials_a_server_that_serves_anybody_is_tested_and_fails() -> None:
    result = _secured(200)

    assert all(operation.tested for operation in result.coverage)
    assert [(finding.rule, len(finding.operations)) for finding in result.findings] == [
        ("missing-authorization-check", 2)
    ]


def test_a_server_that_needs_no_credentials_but_rejects_wrong_ones_is_not_lenient() -> None:
    def serve(request: Request) -> Response:
        if request.headers.get("authorization", "Bearer known").split()[-1] != "known":
            return Response(401, {}, {"detail": "Unknown token."})
        return Response(200, [])

    denied = {"content": {"application/json": {}}, "description": "Denied."}
    operation = {"responses": {"200": {**denied, "description": "Books."}, "401": denied}}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Books", "version": "1"},
            "security": [{"token": []}],
            "paths": {"/books": {"get": operation}},
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }
    )

    with running(serve) as url:
        options = engine.Options(profile="quick")
        result = engine.run(contract, Target.at(url, contract.base_path, token="known"), options)

    rules = {finding.rule for finding in result.findings}
    assert "missing-authorization-check" in rules
    assert "lenient-credentials" not in rules


def test_without_credentials_a_server_that_requires_them_is_not_judged() -> None:
    result = _secured(401)

    assert (result.result, result.findings) == (Result.INCONCLUSIVE, ())
    assert {operation.reason for operation in result.coverage} == {"it needs credentials; add --token"}


def test_without_credentials_a_server_that_breaks_fails_all_the_same() -> None:
    result = _secured(500)

    assert {finding.rule for finding in result.findings} == {"server-error"}


BOOK = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}


def test_a_parameter_that_chooses_properties_is_asked_for_one_of_the_response() -> None:
    listed = {"description": "Books.", "content": {"application/json": {"schema": {"type": "array", "items": BOOK}}}}
    fields = {"name": "fields", "in": "query", "schema": {"type": "string", "pattern": "^[a-z]+$"}}
    operation = {"operationId": "books", "parameters": [fields], "responses": {"200": listed, "404": RESPONSES["404"]}}
    contract = Contract(
        {"openapi": "3.1.0", "info": {"title": "Books", "version": "1"}, "paths": {"/books": {"get": operation}}}
    )

    def serve(request: Request) -> Response:
        book = {"title": "Emma", "id": 1}
        chosen = dict(request.query).get("fields")
        return Response(200, [{name: value for name, value in book.items() if chosen in (None, name)}])

    with running(serve) as url:
        result = engine.run(contract, Target.at(url, ""), engine.Options(profile="quick"))

    assert "required field" in next(f.failure.message for f in result.findings if f.rule == "schema-violation")


@pytest.mark.parametrize(("excluded", "tested"), [((), True), ((("path", "/books/"),), False)])
def test_a_list_that_is_not_selected_shows_what_exists_unless_it_is_excluded(
    excluded: tuple[tuple[str, str], ...], *, tested: bool
) -> None:
    contract = Contract(DOCUMENT)
    server = Shop()
    del server.rows["books"][1]  # Nothing that can be guessed.
    server.rows["books"] = {number + 7000: {**row, "id": number + 7000} for number, row in server.rows["books"].items()}
    options = engine.Options(operations=("get_book",), exclude=excluded, profile="quick")

    with running(server) as url:
        result = engine.run(contract, Target.at(url, contract.base_path), options)

    assert {item.operation for item in result.coverage if item.tested} == ({"get_book"} if tested else set())


def test_a_query_parameter_gets_each_alternative_of_its_pattern() -> None:
    month = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    read = {
        "operationId": "month",
        "parameters": [{"name": "month", "in": "query", "required": True, "schema": month, "example": "2026-05"}],
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": {}}}}, "422": {}},
    }
    read["responses"]["422"] = {"description": "Invalid."}
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Sums", "version": "1"}, "paths": {"/m": {"get": read}}})
    months: list[str] = []

    def serve(request: Request) -> Response:
        months.append(dict(request.query).get("month", ""))
        return Response(500 if months[-1].endswith("-12") else 200, {})

    with running(serve) as url:
        target = Target.at(url.removesuffix("/v1"), "")
        result = engine.run(contract, target, engine.Options(profile="quick"))

    assert {"2026-01", "2026-09", "2026-10", "2026-12"} <= set(months)
    assert [one.rule for one in result.findings if one.rule == "server-error"] == ["server-error"]


VISIT = {
    "type": "object",
    "required": ["outcome"],
    "properties": {"outcome": {"enum": ["failed", "passed", "open"]}, "remarks": {"type": "string", "minLength": 1}},
}
VISITS = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Visits", "version": "1"},
        "paths": {
            "/visits": {
                "post": {
                    "operationId": "add",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": VISIT}}},
                    "responses": {"201": {"description": "Added."}, "400": {"description": "Invalid."}},
                }
            }
        },
    }
)


@pytest.mark.parametrize(
    ("accepted", "is_tested"),
    [({"outcome": "passed"}, True), ({"outcome": "passed", "remarks": ...}, True), ({"outcome": "lost"}, False)],
)
def test_other_documented_values_are_tried_where_the_first_ones_are_rejected(
    accepted: dict[str, Any], is_tested: bool
) -> None:
    """A value of an enumeration may need another property: no schema says so."""

    def serve(request: Request) -> Response:
        if request.method != "POST":
            return Response(405, {}, {"Allow": "POST"})
        found = messages.json_or_none(request.body)
        sent = found if isinstance(found, dict) else {}
        is_right = sent.keys() == accepted.keys() and sent.get("outcome") == accepted["outcome"]
        return Response(201) if is_right else Response(400, {"message": "Describe what failed."})

    with running(serve) as url:
        target = Target.at(url.removesuffix("/v1"), "")
        result = engine.run(VISITS, target, engine.Options(profile="quick", allow_unsafe=True, time_limit=30))

    (coverage,) = result.coverage
    assert coverage.tested == is_tested
    if not is_tested:
        assert coverage.reason == 'a valid request got 400 (the server says: {"message": "Describe what failed."})'


@pytest.mark.parametrize(
    ("chosen", "add"),
    [
        ({"operations": ("drop_ticket",)}, "not selected; add --operation add_ticket, or"),
        ({"exclude": (("path", "/tickets"),), "include": (("operation", "drop_ticket"),)}, "not included; for"),
    ],
)
def test_a_write_that_needs_a_resource_names_what_creates_it(chosen: dict[str, Any], add: str) -> None:
    options = engine.Options(profile="quick", allow_unsafe=True, time_limit=30, **chosen)
    with running(_Desk()) as url:
        result = engine.run(_tickets(), Target.at(url.removesuffix("/v1"), ""), options)

    assert result.requests == 0
    why = f"drop_ticket: this run created no resource for it, because POST /tickets is {add}"
    assert why in result.headline
    assert result.headline.endswith("--param drop_ticket:ticket=VALUE.")
