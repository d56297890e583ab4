"""Sequences over two APIs of different styles: nothing on conforming servers, faults with what shows them again."""

import copy
import html
import io
import itertools
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.faulty_servers.crud.catalogue import FAULTS
from tests.faulty_servers.crud.document import DOCUMENT
from tests.faulty_servers.crud.handling import OTHER, OWNER, READER, Call
from tests.faulty_servers.crud.messages import Problem, Request, Response
from tests.faulty_servers.crud.server import Api
from tests.faulty_servers.crud.serving import Serve, running
from tests.faulty_servers.crud.variants import VARIANTS
from tests.flowcontract.checks import library as checks

from flowcontract import engine, reporting
from flowcontract.checks.findings import Finding, RunResult
from flowcontract.checks.grouping import group_findings
from flowcontract.engine.minimization import minimized
from flowcontract.engine.phases import sequences, success
from flowcontract.engine.phases.sequences import (
    Scenario,
    again,
    batches,
    changing,
    filtering,
    pages,
    removing,
    storing,
    users,
)
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.http.messages import json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.reporting import terminal
from flowcontract.reporting.side_by_side import where

from . import library
from .library import Failed, Json, Library, checked

LIBRARY = Contract(library.DOCUMENT)
WORKSHOP = Contract(DOCUMENT)
PROJECTS = ("createProject", "getProject", "updateProject", "deleteProject")
"""Operations of the workshop that are enough for a sequence, where all of them take long."""


def found(serve: Serve, contract: Contract, scenarios: Sequence[Scenario]) -> dict[str, Finding]:
    """The findings of some scenarios by rule, without the other phases of a run."""
    with running(serve) as url:
        return found_at(url, contract, scenarios)


def found_at(url: str, contract: Contract, scenarios: Sequence[Scenario]) -> dict[str, Finding]:
    return {finding.rule: finding for finding in all_found_at(url, contract, scenarios)[::-1]}


def all_found_at(url: str, contract: Contract, scenarios: Sequence[Scenario], **chosen: Any) -> tuple[Finding, ...]:
    target = Target.at(url, contract.base_path, token=OWNER, other_token=OTHER, read_only_token=READER)
    options = engine.Options(allow_unsafe=True, **chosen)
    with Sender(target, timeout=10, time_limit=100) as sender:
        session = new_session(contract, target, options, sender)
        success.run(session)
        sequences.run(session, 1.0, scenarios)
    return group_findings(session.occurrences, contract, target)


def gate(serve: Serve, *, unsafe: bool = True, contract: Contract = LIBRARY) -> RunResult:
    with running(serve) as url:
        options = engine.Options(profile="quick", allow_unsafe=unsafe, time_limit=100)
        return engine.run(contract, Target.at(url, contract.base_path), options)


# --- conforming servers -----------------------------------------------------------------------------------------------


def test_a_conforming_server_passes_and_is_left_as_it_was() -> None:
    server = Library()
    before = dict(server.shelves)

    result = gate(server)

    assert [finding.rule for finding in result.open_findings] == []
    assert all(item.tested for item in result.coverage)
    assert server.shelves == before
    assert server.books == {}


@pytest.mark.parametrize("status", [200, 202])
def test_what_a_wrong_status_creates_is_tested_and_deleted(status: int) -> None:
    class OtherStatus(Library):
        """Creations have another status than the documented one, and the filter of books finds others."""

        def add_shelf(self, body: bytes) -> Response:
            return replace(super().add_shelf(body), status=status)

        def add_book(self, slug: str, body: bytes) -> Response:
            return replace(super().add_book(slug, body), status=status)

        def list_books(self, slug: str, query: Json) -> Response:
            return super().list_books(slug, {name: value for name, value in query.items() if name != "genre"})

    server = OtherStatus()
    before = dict(server.shelves)

    result = gate(server)

    rules = {finding.rule for finding in result.open_findings}
    assert {"undocumented-status-code", "filter-returns-other-items"} <= rules
    assert server.shelves == before
    assert server.books == {}


def test_rules_that_sequences_pass_are_counted_for_the_operations_that_would_be_at_fault() -> None:
    result = gate(Library())

    assert dict(result.rules)["use-after-delete"] > 0
    assert {"stored-value-differs", "created-resource-not-listed"} <= set(dict(result.rules))
    assert "use-after-delete" in result.checked["dropBook"]
    assert "use-after-delete" not in result.checked["books"]


@pytest.mark.parametrize("unsafe", [True, False])
def test_a_wrong_value_of_what_the_run_did_not_create_was_stored_before(unsafe: bool) -> None:
    server = Library()
    server.shelves["hall"]["width"] = "wide"

    messages = [finding.failure.message for finding in gate(server, unsafe=unsafe).open_findings]

    assert len(messages) == 1
    assert messages[0].endswith(" It was stored before this run.") == unsafe


def test_without_permission_nothing_is_written() -> None:
    server = Library()

    result = gate(server, unsafe=False)

    assert server.last == 0
    assert "sequences" not in {phase.phase for phase in result.phases}


@pytest.mark.parametrize("name", ["RandomIds", "SomebodyElseWorks"])
def test_another_conforming_server_passes(name: str) -> None:
    scenarios = [storing.create_and_read, changing.etags, pages.pages, removing.delete]

    assert found(VARIANTS[name](), WORKSHOP, scenarios) == {}


class CreatesByPut(Library):
    """PUT creates what is not there."""

    def set_shelf(self, slug: str, body: bytes) -> Response:
        is_new = slug not in self.shelves
        self.shelves[slug] = {"width": None, **checked("Shelf", body), "slug": slug}
        self.gone.discard(slug)
        return Response(201 if is_new else 200, self.shelves[slug])


def created_by_put(*, alone: bool) -> Contract:
    """The document of the library where PUT creates shelves, `alone` or beside POST."""
    document = copy.deepcopy(library.DOCUMENT)
    responses = document["paths"]["/shelves/{shelfSlug}"]["put"]["responses"]
    responses["201"] = responses["200"]
    if alone:
        del document["paths"]["/shelves"]["post"]
    return Contract(document)


@pytest.mark.parametrize("alone", [False, True])
def test_what_put_creates_is_deleted_and_nothing_is_wrong_with_it(alone: bool) -> None:
    server = CreatesByPut()
    before = dict(server.shelves)

    result = gate(server, contract=created_by_put(alone=alone))

    assert [finding.rule for finding in result.open_findings] == []
    assert server.shelves == before


class ListsLabels(Library):
    """Shelves are listed without their slugs."""

    def list_shelves(self, query: Json) -> Response:
        shelves = super().list_shelves(query).body
        return Response(200, [{"label": shelf["label"]} for shelf in shelves])


def test_in_a_list_without_ids_nothing_is_missing() -> None:
    rules = set(found(ListsLabels(), LIBRARY, [storing.create_and_read, pages.pages]))

    assert not rules & {"created-resource-not-listed", "pages-leave-out-items", "pages-overlap", "wrong-total"}


class ForgetsWhatPutCreates(CreatesByPut):
    def set_shelf(self, slug: str, body: bytes) -> Response:
        before = dict(self.shelves)
        response = super().set_shelf(slug, body)
        self.shelves = before
        return response


def test_what_put_creates_is_read_back() -> None:
    contract = created_by_put(alone=True)

    assert "created-resource-not-found" in found(ForgetsWhatPutCreates(), contract, [storing.create_and_read])
    assert not found(ForgetsWhatPutCreates(), contract, [removing.method_overrides])


# --- faults of the library --------------------------------------------------------------------------------------------


class OnlyLimits(Library):
    """Its lists can be limited, but nothing leads to the rest."""

    def list_shelves(self, query: Json) -> Response:
        return Response(200, list(self.shelves.values())[: int(query.get("limit", 100))])


def test_a_list_that_is_only_limited_leaves_nothing_out() -> None:
    document = copy.deepcopy(library.DOCUMENT)
    shelves = document["paths"]["/shelves"]["get"]
    shelves["parameters"] = [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}]
    assert not found(OnlyLimits(), Contract(document), [pages.pages])


def operation(name: str, status: str, body: Json | None = None) -> Json:
    done = {"description": "Done."} | ({} if status == "204" else {"content": {"application/json": {}}})
    no = {"description": "No."}
    made = {"operationId": name, "responses": {status: done, "401": no, "404": no}}
    return made | ({"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {})


def fleet(*kinds: tuple[str, Json]) -> Contract:
    """A contract with kinds of resources that are created, read and deleted: a name and the properties of each."""
    paths: Json = {}
    for name, members in kinds:
        body = {"type": "object", "required": list(members), "properties": members}
        key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        paths[f"/{name}s"] = {"post": operation(f"add-{name}", "201", body)}
        paths[f"/{name}s/{{id}}"] = {
            "parameters": [key],
            "get": operation(name, "200"),
            "delete": operation(f"drop-{name}", "204"),
        }
    scheme = {"type": "http", "scheme": "bearer"}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Fleet", "version": "1"},
            "servers": [{"url": "/v1"}],
            "security": [{"token": []}],
            "components": {"securitySchemes": {"token": scheme}},
            "paths": paths,
        }
    )


@pytest.mark.parametrize("checks", [True, False])
def test_a_second_user_refers_to_nothing_of_the_first(checks: bool) -> None:
    stored: dict[str, tuple[str, Json]] = {}

    def serve(request: Request) -> Response:
        user = request.header("authorization")
        if not user:
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            body = json.loads(request.body)
            owner, _ = stored.get(f"/v1/ships/{body.get('ship_id')}", ("", {}))
            if "ship_id" in body and owner != user and checks:
                return Response(404, {})
            path = f"{request.path}/{len(stored) + 1}"
            stored[path] = user, {**body, "id": len(stored) + 1}
            return Response(201, stored[path][1])
        owner, body = stored.get(request.path, ("", {}))
        if owner != user:
            return Response(404, {})
        return Response(200, body) if request.method == "GET" else Response(204 if stored.pop(request.path) else 404)

    contract = fleet(("ship", {"name": {"type": "string"}}), ("trip", {"ship_id": {"type": "integer"}}))

    rules = list(found(serve, contract, [users.second_user]))
    assert rules == ([] if checks else ["resource-of-another-user-accessible"])


@pytest.mark.parametrize("checks", [True, False])
@pytest.mark.parametrize("path", ["/ships/scrap", "/ships:scrap"])
def test_a_batch_of_a_second_user_leaves_the_resources_of_the_first(path: str, checks: bool) -> None:
    stored: dict[str, tuple[str, Json]] = {}
    numbers = itertools.count(1)

    def serve(request: Request) -> Response:
        user = request.header("authorization")
        if not user:
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == f"/v1{path}":
            for number in json.loads(request.body)["ship_ids"]:
                owner, _ = stored.get(f"/v1/ships/{number}", ("", {}))
                if owner == user or not checks:
                    stored.pop(f"/v1/ships/{number}", None)
            return Response(200, {})
        if request.method == "POST":
            number = next(numbers)
            stored[f"{request.path}/{number}"] = user, {**json.loads(request.body), "id": number}
            return Response(201, stored[f"{request.path}/{number}"][1])
        owner, body = stored.get(request.path, ("", {}))
        if owner != user:
            return Response(404, {})
        return Response(200, body) if request.method == "GET" else Response(204 if stored.pop(request.path) else 404)

    document = copy.deepcopy(dict(fleet(("ship", {"name": {"type": "string"}})).document))
    ids = {"type": "array", "items": {"type": "integer"}, "minItems": 1}
    body = {"type": "object", "required": ["ship_ids"], "properties": {"ship_ids": ids}}
    document["paths"][path] = {"post": operation("scrap-ships", "200", body)}

    rules = list(found(serve, Contract(document), [users.named_in_batches]))
    assert rules == ([] if checks else ["resource-of-another-user-accessible"])


@pytest.mark.parametrize("checks", [True, False])
def test_a_reference_to_what_was_deleted_is_rejected(checks: bool) -> None:
    stored: dict[str, Json] = {}
    numbers = itertools.count(1)

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            body = json.loads(request.body)
            if checks and "ship_id" in body and f"/v1/ships/{body['ship_id']}" not in stored:
                return Response(404, {})
            number = next(numbers)
            path = f"{request.path}/{number}"
            stored[path] = {**body, "id": number}
            return Response(201, stored[path])
        if request.path not in stored:
            return Response(404, {})
        if request.method == "GET":
            return Response(200, stored[request.path])
        del stored[request.path]
        return Response(204)

    contract = fleet(("ship", {"name": {"type": "string"}}), ("trip", {"ship_id": {"type": "integer"}}))

    rules = list(found(serve, contract, [storing.missing_references]))
    assert rules == ([] if checks else ["missing-reference-accepted"])


@pytest.mark.parametrize("script", ["ascii", "any"])
def test_a_text_without_any_latin_letter_is_stored(script: str) -> None:
    stored: dict[str, Json] = {}
    numbers = itertools.count(1)

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            body, number = json.loads(request.body), next(numbers)
            if script == "ascii" and not any(letter.isascii() for letter in body["name"]):
                return Response(500, {})
            stored[f"{request.path}/{number}"] = {**body, "id": number}
            return Response(201, stored[f"{request.path}/{number}"])
        if request.path not in stored:
            return Response(404, {})
        if request.method == "GET":
            return Response(200, stored[request.path])
        del stored[request.path]
        return Response(204)

    rules = list(found(serve, fleet(("ship", {"name": {"type": "string"}})), [storing.varied_values]))
    assert rules == (["server-error"] if script == "ascii" else [])


@pytest.mark.parametrize(("counts", "rules"), [("all", ["wrong-total"]), ("present", []), ("none", [])])
def test_a_summary_does_not_count_what_was_deleted(counts: str, rules: list[str]) -> None:
    stored: dict[str, Json] = {}
    numbers = itertools.count(1)
    last = 0

    def serve(request: Request) -> Response:
        nonlocal last
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/summary":
            return Response(200, {"ships": {"all": last, "present": len(stored), "none": 7}[counts]})
        if request.method == "POST":
            last = next(numbers)
            stored[f"{request.path}/{last}"] = {**json.loads(request.body), "id": last}
            return Response(201, stored[f"{request.path}/{last}"])
        if request.path not in stored:
            return Response(404, {})
        if request.method == "GET":
            return Response(200, stored[request.path])
        del stored[request.path]
        return Response(204)

    document = copy.deepcopy(fleet(("ship", {"name": {"type": "string"}})).document)
    summary = operation("summary", "200")
    schema = {"type": "object", "properties": {"ships": {"type": "integer"}}}
    summary["responses"]["200"]["content"]["application/json"]["schema"] = schema
    document["paths"]["/summary"] = {"get": summary}

    assert list(found(serve, Contract(document), [removing.counted])) == rules


class Catalog:
    """Items that every user lists and reads, except for `private` ones; `owned` ones name the user who created them."""

    def __init__(self, *, private: bool = False, owned: bool = False, deletes: str = "all", page: int = 100) -> None:
        self.private, self.owned, self.deletes, self.page = private, owned, deletes, page
        self.items: dict[int, tuple[str, Json]] = {}
        self.last = 0
        for _ in range(40):
            self.add(OWNER, {"name": "old"})

    def add(self, user: str, body: Json) -> Json:
        self.last += 1
        self.items[self.last] = user, {**body, "id": self.last} | ({"by": user[-3:]} if self.owned else {})
        return self.items[self.last][1]

    def __call__(self, request: Request) -> Response:
        user = (request.header("authorization") or "").removeprefix("Bearer ")
        if user not in (OWNER, OTHER):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/items":
            if request.method == "POST":
                return Response(201, self.add(user, json.loads(request.body)))
            start = (int(dict(request.query).get("page", 1)) - 1) * self.page
            listed = [item for by, item in self.items.values() if by == user or not self.private]
            return Response(200, listed[start : start + self.page])
        number = int(request.path.removesuffix("/lend").rpartition("/")[2])
        by, item = self.items.get(number, ("", {}))
        if not by:
            return Response(404, {})
        if request.method in ("GET", "POST"):
            return Response(200, item)
        if self.deletes == "owner" and by != user:
            return Response(403, {})
        del self.items[number]
        return Response(204)


def catalog(*, action: bool = False) -> Contract:
    name = {"type": "object", "properties": {"name": {"type": "string"}}}
    item = {"type": "object", "properties": {"id": {"type": "integer"}, "by": {"type": "string"}, **name["properties"]}}
    document = copy.deepcopy(fleet(("item", name["properties"])).document)
    paths = document["paths"]
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    paths["/items"]["get"] = operation("items", "200") | {"parameters": [page]}
    paths["/items"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {
        "type": "array",
        "items": item,
    }
    for one in (paths["/items"]["post"]["responses"]["201"], paths["/items/{id}"]["get"]["responses"]["200"]):
        one["content"]["application/json"]["schema"] = item
    if action:
        paths["/items/{id}/lend"] = {"parameters": paths["/items/{id}"]["parameters"], "post": operation("lend", "200")}
    return Contract(document)


@pytest.mark.parametrize(
    ("server", "problems"),
    [
        (Catalog(), []),
        (Catalog(page=2), []),
        (Catalog(deletes="owner"), []),
        (Catalog(owned=True, deletes="owner"), []),
        (Catalog(owned=True), ["DELETE"]),
        (Catalog(private=True), ["GET", "DELETE"]),
    ],
)
def test_what_the_list_of_a_second_user_shows_is_shared_until_it_has_an_owner(
    server: Catalog, problems: list[str]
) -> None:
    with running(server) as url:
        seen = all_found_at(url, catalog(), [users.second_user])

    assert [finding.failure.exchange.request.method for finding in seen] == problems
    assert {finding.rule for finding in seen} <= {"resource-of-another-user-accessible"}


@pytest.mark.parametrize(
    ("private", "chosen", "problems"),
    [
        (False, {"exclude": ()}, []),
        (True, {"exclude": ()}, ["GET", "DELETE"]),
        (True, {"exclude": (("operation", "items"),)}, []),
    ],
    ids=["shared", "private", "the list is excluded"],
)
def test_a_list_that_is_not_selected_tells_what_is_shared(
    private: bool, chosen: dict[str, Any], problems: list[str]
) -> None:
    contract = catalog()
    operations = tuple(name for name in contract.operations if name != "items")

    with running(Catalog(private=private)) as url:
        seen = all_found_at(url, contract, [users.second_user], operations=operations, **chosen)

    assert [finding.failure.exchange.request.method for finding in seen] == problems


@pytest.mark.parametrize("chosen", [{}, {"exclude": (("operation", "listNotes"),)}], ids=["not selected", "excluded"])
def test_a_credential_without_a_role_for_a_collection_is_conforming(chosen: dict[str, Any]) -> None:
    class NoProjectsForReaders(Api):
        def authorize(self, call: Call) -> None:
            if call.account.scope == "read" and "Project" in call.operation["operationId"]:
                raise Problem(403, "This role may not do that.")
            super().authorize(call)

    document = copy.deepcopy(DOCUMENT)
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"get"} if path.startswith("/projects") else ():
            methods[method]["responses"]["403"] = {"description": "Not with this role."}
    operations = ("listProjects", *PROJECTS)

    with running(NoProjectsForReaders()) as url:
        seen = all_found_at(url, Contract(document), [users.read_only], operations=operations, **chosen)

    assert [finding.rule for finding in seen] == []


@pytest.mark.parametrize(("denying", "problems"), [({"DELETE"}, []), ({"DELETE", "POST"}, ["POST"]), (set(), ["POST"])])
def test_a_change_of_something_shared_is_for_everybody_if_403_is_documented_for_others_only(
    denying: set[str], problems: list[str]
) -> None:
    document = copy.deepcopy(catalog(action=True).document)
    for path in ("/items/{id}", "/items/{id}/lend"):
        for method in denying & {each.upper() for each in document["paths"][path]}:
            document["paths"][path][method.lower()]["responses"]["403"] = {"description": "Managers only."}

    with running(Catalog(deletes="owner")) as url:
        seen = all_found_at(url, Contract(document), [users.second_user])

    assert [finding.failure.exchange.request.method for finding in seen] == problems


class StoresBeforeItChecks(Api):
    """A rejected change of a task has stored its title."""

    def handle(self, request: Request) -> Response:
        body, path = json_or_none(request.body), request.path
        identity = path.rpartition("/")[2]
        if request.method == "PATCH" and identity.isdecimal() and isinstance(body, dict):
            task, title = self.tasks.get(int(identity)), body.get("title")
            if task and isinstance(title, str) and 0 < len(title) <= 80:
                task["title"] = title
        return super().handle(request)


def test_a_rejected_change_with_valid_values_beside_an_invalid_one_stores_none() -> None:
    for server, rules in ((StoresBeforeItChecks(), {"rejected-request-changes-data"}), (Api(), set())):
        assert found(server, WORKSHOP, [storing.invalid_bodies]).keys() == rules


def test_a_denied_change_of_what_a_second_user_deleted_has_not_changed_it() -> None:
    with running(Catalog(owned=True)) as url:
        seen = all_found_at(url, catalog(action=True), [users.rejected_writes_change_nothing])

    assert seen == ()


def test_an_invalid_body_says_which_members_refer_to_what_was_created() -> None:
    stored: dict[str, Json] = {}

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            body = json_or_none(request.body)
            needed = {"name"} if request.path == "/v1/ships" else {"ship_id"}
            if not isinstance(body, dict) or not needed <= body.keys():
                return Response(404, {})
            path = f"{request.path}/{len(stored) + 1}"
            stored[path] = {**body, "id": len(stored) + 1}
            return Response(201, stored[path])
        if request.path not in stored:
            return Response(404, {})
        return Response(200, stored[request.path]) if request.method == "GET" else Response(204)

    seats = {"type": "integer", "minimum": 1}
    contract = fleet(("ship", {"name": {"type": "string"}}), ("trip", {"ship_id": {"type": "integer"}, "seats": seats}))

    finding = found(serve, contract, [storing.invalid_bodies])["invalid-input-accepted"].in_operation("add-trip")

    assert [step.references for step in finding.failure.steps] == [(), ("ship_id",)]


def test_where_made_up_values_are_rejected_those_of_the_list_are_sent() -> None:
    stored: dict[str, Json] = {"/v1/lots/1": {"id": 1, "name": "Clock", "extent": "10.50", "seen": "2024-05-06"}}
    created: list[Json] = []

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/lots" and request.method == "GET":
            return Response(200, list(stored.values()))
        if request.method == "POST":
            body = json.loads(request.body)
            if not str(body.get("extent")).replace(".", "").isdecimal():
                return Response(404, {})
            number = len(created) + 2
            created.append(body)
            stored[f"{request.path}/{number}"] = {**body, "id": number}
            return Response(201, stored[f"{request.path}/{number}"])
        if request.path not in stored:
            return Response(404, {})
        return (
            Response(200, stored[request.path]) if request.method == "GET" else Response(204, stored.pop(request.path))
        )

    document = copy.deepcopy(dict(fleet(("lot", {"name": {"type": "string"}, "extent": {"type": "string"}})).document))
    items = {"type": "array", "items": {"type": "object"}}
    listed = {"200": {"description": "Done.", "content": {"application/json": {"schema": items}}}}
    document["paths"]["/lots"]["get"] = {"operationId": "lots", "responses": listed}

    assert not found(serve, Contract(document), [storing.create_and_read])
    assert {body["extent"] for body in created} == {"10.50"}
    assert "Clock" not in {body["name"] for body in created}


class Ships:
    """Ships with names, which `checked` methods let nobody take twice.

    `creates`: a rejected creation creates; `folds`: the case of letters does not matter.
    """

    def __init__(self, checked: tuple[str, ...], *, creates: bool = False, folds: bool = False) -> None:
        self.checked, self.creates, self.folds = checked, creates, folds
        self.ships: dict[str, Json] = {}
        self.last = 0

    def __call__(self, request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.path == "/v1/ships" and request.method == "GET":
            return Response(200, list(self.ships.values()))
        if request.path not in ("/v1/ships", "/v1/ships/bulk", *self.ships):
            return Response(404, {})
        if request.method == "GET":
            return Response(200, self.ships[request.path])
        if request.method == "DELETE":
            del self.ships[request.path]
            return Response(204)
        body = json.loads(request.body)
        path = request.path
        if path.endswith("/bulk"):
            return self.add_several(body)
        name = body.get("name")
        taken = [ship["name"] for at, ship in self.ships.items() if at != path]
        is_taken = name in taken or (self.folds and str(name).lower() in map(str.lower, taken))
        is_rejected = is_taken and request.method in self.checked
        if is_rejected and not (self.creates and request.method == "POST"):
            return Response(409, {})
        if request.method == "POST":
            self.last += 1
            path = f"{path}/{self.last}"
        self.ships[path] = {"id": self.last, **self.ships.get(path, {}), **body}
        return (
            Response(409, {}) if is_rejected else Response(201 if request.method == "POST" else 200, self.ships[path])
        )

    def add_several(self, bodies: list[Json]) -> Response:
        names = {ship["name"] for ship in self.ships.values()}
        if not all(isinstance(body.get("name"), str) for body in bodies):
            return Response(400, {})
        if "bulk" in self.checked and names & {body["name"] for body in bodies}:
            return Response(409, {})
        for body in bodies:
            self.last += 1
            self.ships[f"/v1/ships/{self.last}"] = {"id": self.last, **body}
        return Response(201, list(self.ships.values())[-len(bodies) :])


@pytest.mark.parametrize(
    ("description", "server", "rules"),
    [
        ("Unique.", Ships(("bulk",)), []),
        ("Unique.", Ships(()), ["duplicate-accepted"]),
        ("Not unique.", Ships(()), []),
    ],
)
def test_a_batch_takes_no_unique_value_twice(description: str, server: Ships, rules: list[str]) -> None:
    members: Json = {"name": {"type": "string", "description": description}}
    document = copy.deepcopy(dict(fleet(("ship", members)).document))
    creation = document["paths"]["/ships"]
    ship = creation["post"]["requestBody"]["content"]["application/json"]["schema"]
    several = {"type": "array", "items": ship}
    creation["get"] = operation("ships", "200")
    creation["get"]["responses"]["200"]["content"]["application/json"]["schema"] = several
    batch = operation("add-ships", "201", several)
    batch["responses"] |= {"400": {"description": "No ships."}, "409": {"description": "The name is taken."}}
    document["paths"]["/ships/bulk"] = {"post": batch}

    assert list(found(server, Contract(document), [batches.create_several])) == rules


class Booked(Ships):
    """Ships with a berth, where a batch is `whole`, and each ship of it has a berth of its `own`."""

    def __init__(self, *, whole: bool = True, own: bool = True) -> None:
        super().__init__(("bulk",))
        self.whole, self.own = whole, own

    def add_several(self, bodies: list[Json]) -> Response:
        berth: Json = {"pier": "A"}
        names = {ship["name"] for ship in self.ships.values()}
        are_wrong = [not isinstance(body.get("name"), str) or body["name"] in names for body in bodies]
        if any(are_wrong) and self.whole:
            return Response(409, {})
        for body, is_wrong in zip(bodies, are_wrong, strict=True):
            if is_wrong:
                return Response(409, {})
            self.last += 1
            given = {"berth": dict(berth) if self.own else berth} | body
            self.ships[f"/v1/ships/{self.last}"] = {"id": self.last, **given}
        return Response(201, list(self.ships.values())[-len(bodies) :])

    def __call__(self, request: Request) -> Response:
        if request.method == "PATCH" and request.header("authorization"):
            change, ship = json.loads(request.body), self.ships[request.path]
            ship.setdefault("berth", {}).update(change.pop("berth", {}))
            ship.update(change)
            return Response(200, ship)
        return super().__call__(request)


@pytest.mark.parametrize(
    ("server", "rules"),
    [
        (Booked(), []),
        (Booked(whole=False), ["rejected-request-changes-data"]),
        (Booked(own=False), ["update-changes-another-resource"]),
    ],
)
def test_a_batch_is_whole_and_its_resources_are_separate(server: Booked, rules: list[str]) -> None:
    berth = {"type": "object", "properties": {"pier": {"type": "string"}}}
    document = copy.deepcopy(dict(fleet(("ship", {"name": {"type": "string"}})).document))
    several, one = document["paths"]["/ships"], document["paths"]["/ships/{id}"]
    ship = several["post"]["requestBody"]["content"]["application/json"]["schema"]
    ship["properties"]["berth"] = berth
    several["get"] = operation("ships", "200")
    several["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "array", "items": ship}
    one["patch"] = operation("change-ship", "200", {"type": "object", "properties": {"berth": berth}})
    batch = operation("add-ships", "201", {"type": "array", "items": ship})
    batch["responses"]["409"] = {"description": "One of them cannot be added; none is."}
    document["paths"]["/ships/bulk"] = {"post": batch}

    assert list(found(server, Contract(document), [batches.create_several])) == rules


@pytest.mark.parametrize(
    ("description", "server", "rules"),
    [
        ("Unique.", Ships(("POST", "PATCH")), []),
        ("Unique.", Ships(("PATCH",)), ["duplicate-accepted"]),
        ("Unique.", Ships(("POST",)), ["duplicate-accepted"]),
        ("Unique.", Ships(("POST", "PATCH"), creates=True), ["rejected-request-changes-data"]),
        ("Not unique.", Ships(()), []),
        ("The name.", Ships(("POST", "PATCH")), []),
        ("The name.", Ships(("POST",)), ["duplicate-accepted"]),
        ("The unique ID of the yard.", Ships(()), []),
        ("Unique without regard to case.", Ships(("POST", "PATCH")), ["duplicate-accepted"]),
        ("Unique without regard to case.", Ships(("POST", "PATCH"), folds=True), []),
    ],
)
def test_what_is_called_unique_is_not_taken_twice(description: str, server: Ships, rules: list[str]) -> None:
    members: Json = {"name": {"type": "string", "description": description}}
    document = copy.deepcopy(dict(fleet(("ship", members)).document))
    body = {"type": "object", "properties": members}
    one, several = document["paths"]["/ships/{id}"], document["paths"]["/ships"]
    one["patch"] = operation("change-ship", "200", body)
    several["get"] = operation("ships", "200")
    several["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "array", "items": body}
    for method in (one["patch"], several["post"]):
        method["responses"]["409"] = {"description": "The name is taken."}

    assert list(found(server, Contract(document), [storing.same_again])) == rules


@pytest.mark.parametrize("open_method", ["", "DELETE"])
def test_a_write_without_credentials_is_denied(open_method: str) -> None:
    ships = Ships(())

    def serve(request: Request) -> Response:
        is_open = request.method == open_method and not request.header("authorization")
        return ships(request.having("authorization", f"Bearer {OWNER}") if is_open else request)

    rules = list(found(serve, fleet(("ship", {"name": {"type": "string"}})), [storing.without_credentials]))
    assert rules == (["missing-authorization-check"] if open_method else [])


def test_kinds_that_refer_to_each_other_are_created_one_without_the_other() -> None:
    stored: dict[str, Json] = {}

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            path = f"{request.path}/{len(stored) + 1}"
            stored[path] = {**json.loads(request.body), "id": len(stored) + 1}
            return Response(201, stored[path])
        if request.method == "DELETE" and request.path in stored:
            return Response(204 if stored.pop(request.path) else 404)
        return Response(200, stored[request.path]) if request.path in stored else Response(404, {})

    key = {"type": "integer", "minimum": 1}
    contract = fleet(("pilot", {"ship": key}), ("ship", {"pilot": key}))

    assert not found(serve, contract, [storing.create_and_read, removing.delete])


@pytest.mark.parametrize("filters", [True, False])
def test_a_filter_by_what_only_the_server_sets_holds(filters: bool) -> None:
    stored: dict[str, Json] = {
        "/v1/ships/1": {"id": 1, "name": "Ann", "status": "docked"},
        "/v1/ships/2": {"id": 2, "name": "Bob", "status": "at sea"},
    }

    def serve(request: Request) -> Response:
        if not request.header("authorization"):
            return Response(401, {}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST":
            number = len(stored) + 1
            stored[f"{request.path}/{number}"] = {**json.loads(request.body), "id": number, "status": "docked"}
            return Response(201, stored[f"{request.path}/{number}"])
        if request.path == "/v1/ships":
            wanted = dict(request.query).get("status", "all")
            wanted = "all" if wanted == "docked" and not filters else wanted
            return Response(200, [ship for ship in stored.values() if wanted in ("all", ship["status"])])
        if request.path not in stored:
            return Response(404, {})
        return (
            Response(200, stored[request.path]) if request.method == "GET" else Response(204, stored.pop(request.path))
        )

    status = {"type": "string", "enum": ["docked", "at sea"]}
    ship = {"type": "object", "properties": {"name": {"type": "string"}, "status": {**status, "readOnly": True}}}
    document = copy.deepcopy(dict(fleet(("ship", {"name": {"type": "string"}})).document))
    document["paths"]["/ships/{id}"]["get"]["responses"]["200"] = checks.json_response(ship)
    document["paths"]["/ships"]["get"] = {
        "operationId": "ships",
        "parameters": [{"name": "status", "in": "query", "schema": {"enum": ["all", *status["enum"]]}}],
        "responses": {"200": checks.json_response({"type": "array", "items": ship})},
    }

    rules = list(found(serve, Contract(document), [filtering.filtered]))

    assert rules == ([] if filters else ["filter-returns-other-items"])


class IgnoresTheVersion(Library):
    def is_current(self, book: Json, change: Json) -> bool:
        return True


class SkipsOne(Library):
    def list_shelves(self, query: Json) -> Response:
        offset = int(query.get("offset", 0))
        return super().list_shelves({**query, "offset": str(offset + 1 if offset else 0)})


class IgnoresTheFilter(Library):
    def is_listed(self, book: Json, slug: str, query: Json) -> bool:
        return bool(book["shelf"] == slug)


class ListsEveryBook(Library):
    """The list of a shelf has the books of all shelves."""

    def is_listed(self, book: Json, slug: str, query: Json) -> bool:
        return query.get("genre") in (None, book["genre"])


class ListsOldShelves(Library):
    """The list of shelves has them as they were created."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: dict[str, Json] = {}

    def list_shelves(self, query: Json) -> Response:
        response = super().list_shelves(query)
        return response.but(json=[self.listed.setdefault(shelf["slug"], shelf) for shelf in response.json])


class RelabelsTheFirst(Library):
    """PUT sets the label of the first shelf, too."""

    def set_shelf(self, slug: str, body: bytes) -> Response:
        response = super().set_shelf(slug, body)
        first = next(iter(self.shelves))
        self.shelves[first] = {**self.shelves[first], "label": self.shelves[slug]["label"]}
        return response


class OverridesMethods(Library):
    """A POST to a shelf that names another method is treated like one."""

    def __call__(self, request: Request) -> Response:
        is_form = request.method == "POST" and request.body == b"_method=DELETE"
        return super().__call__(request.but(method="DELETE") if is_form else request)


class KeepsTheWidth(Library):
    def set_shelf(self, slug: str, body: bytes) -> Response:
        width = self.shelf(slug)["width"]
        super().set_shelf(slug, body)
        self.shelves[slug]["width"] = self.shelves[slug]["width"] or width
        return Response(200, self.shelves[slug])


class KeepsBooks(Library):
    """The books of a shelf that is deleted can still be read."""

    def drop_shelf(self, slug: str) -> Response:
        books = self.books
        response = super().drop_shelf(slug)
        self.books = books
        return response


class PutsBooksAside(Library):
    """The books of a shelf that is deleted are in no shelf any more."""

    def drop_shelf(self, slug: str) -> Response:
        aside = {n: {**book, "shelf": ""} for n, book in self.books.items() if book["shelf"] == slug}
        response = super().drop_shelf(slug)
        self.books |= aside
        return response


class RefusesToDropBooks(Library):
    def drop_shelf(self, slug: str) -> Response:
        if any(book["shelf"] == slug for book in self.books.values()):
            raise Failed(409)
        return super().drop_shelf(slug)


@pytest.mark.parametrize("server", [Library, PutsBooksAside, RefusesToDropBooks])
def test_a_child_with_a_path_of_its_own_may_outlive_its_parent(server: type[Library]) -> None:
    served = server()

    assert "use-after-delete" not in found(served, LIBRARY, [removing.children])
    assert len(served.books) <= 1  # What the first success created is deleted when a run ends.


@pytest.mark.parametrize(
    ("server", "scenario", "rule"),
    [
        (KeepsBooks, removing.children, "use-after-delete"),
        (IgnoresTheVersion, changing.body_versions, "stale-write-accepted"),
        (SkipsOne, pages.pages, "pages-leave-out-items"),
        (IgnoresTheFilter, filtering.filtered, "filter-returns-other-items"),
        (ListsEveryBook, pages.other_parents, "filter-returns-other-items"),
        (ListsOldShelves, changing.replace, "stored-value-differs"),
        (RelabelsTheFirst, changing.replace, "update-changes-another-resource"),
        (KeepsTheWidth, changing.replace, "put-keeps-old-values"),
        (OverridesMethods, removing.method_overrides, "method-override-effective"),
    ],
)
def test_faults_of_the_library(server: type[Library], scenario: Scenario, rule: str) -> None:
    assert list(found(server(), LIBRARY, [scenario])) == [rule]


def test_what_shows_a_wrong_list_is_created_by_its_script() -> None:
    finding = found(IgnoresTheFilter(), LIBRARY, [filtering.filtered])["filter-returns-other-items"]
    created = [step for step in finding.failure.steps if step.exchange.request.target.endswith("/books")]

    (book,) = (json_or_none(step.exchange.request.body) for step in created)
    assert book["genre"] not in finding.failure.exchange.request.target
    assert book["title"] in finding.script


# --- faults of the catalogue ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "scenario", "rule", "last"),
    [
        ("stale-is-accepted", changing.etags, "stale-write-accepted", "PATCH"),
        ("created-but-not-stored", storing.create_and_read, "created-resource-not-found", "GET"),
        ("patch-resets-the-others", changing.update, "update-changes-other-fields", "GET"),
        ("foreign-project-is-readable", users.second_user, "resource-of-another-user-accessible", "GET"),
        ("foreign-task-is-changeable", users.second_user, "resource-of-another-user-accessible", "PATCH"),
        ("reader-may-create", users.read_only, "read-only-credential-writes", "POST"),
        ("key-is-ignored", changing.idempotency, "idempotency-key-ignored", "POST"),
        ("second-page-skips-one", pages.pages, "pages-leave-out-items", "GET"),
        ("children-of-a-deleted-parent", removing.children, "use-after-delete", "GET"),
        ("text-loses-emoji", storing.varied_values, "stored-value-differs", "POST"),
        ("number-as-text-is-accepted", storing.invalid_bodies, "converted-input-accepted", "POST"),
    ],
)
def test_a_fault_is_shown_by_its_sequence(fault: str, scenario: Scenario, rule: str, last: str) -> None:
    finding = found(FAULTS[fault].server(), WORKSHOP, [scenario])[rule]
    steps = finding.failure.steps

    assert finding.failure.exchange.request.method == last
    assert len(steps) <= 12
    assert not steps or steps[-1].exchange == finding.failure.exchange
    assert OWNER not in finding.script + finding.curl
    assert bool(finding.script) == bool(steps)


class WrongInList(Api):
    """A task that was created with its title alone is wrong in the list of its project."""

    def __init__(self) -> None:
        self.plain: set[int] = set()
        super().__init__()

    def store_task(self, project: Json, body: Json) -> Json:
        task = super().store_task(project, body)
        if set(body) == {"title"}:
            self.plain.add(task["id"])
        return task

    def list_tasks(self, call: Call) -> Response:
        page = json.loads(super().list_tasks(call).body)
        for item in page["items"]:
            item["done"] = "no" if item["id"] in self.plain else item["done"]
        return Response(200, page)


class DeletesAllTasks(Api):
    """The deletion of a task deletes those that come after it, too."""

    def delete_task(self, call: Call) -> Response:
        task = self.task_of(call)
        for other in [one for one in self.tasks.values() if one["project_id"] == task["project_id"]]:
            if other["id"] > task["id"]:
                del self.tasks[other["id"]]
        return super().delete_task(call)


def test_pages_do_not_leave_out_what_a_wrong_deletion_has_removed() -> None:
    rules = found(DeletesAllTasks(), WORKSHOP, [pages.insert_between_pages]).keys()

    assert rules == {"delete-removes-another-resource"}


def test_a_finding_has_no_creation_that_it_does_not_need() -> None:
    with running(WrongInList()) as url:
        target = Target.at(url, WORKSHOP.base_path, token=OWNER)
        with Sender(target, timeout=10, time_limit=100) as sender:
            session = new_session(WORKSHOP, target, engine.Options(allow_unsafe=True), sender)
            success.run(session)
            sequences.run(session, 1.0, [storing.create_and_read])
            shown = next(one for one in session.occurrences if one.recording and one.steps)
            reduced = again.reduced(session, shown, 200)

    assert shown.interaction.operation.id == "listTasks"
    assert [item.exchange.request.method for _, item in reduced.steps] == ["POST", "POST", "GET"]


@pytest.mark.parametrize(("seconds", "most"), [(1000.0, 600), (0.0, 60)])
def test_minimizing_sequences_takes_a_share_of_the_time(seconds: float, most: int) -> None:
    """The best sequence so far remains: also an occurrence that is not looked at any more has its steps."""
    with running(FAULTS["text-loses-emoji"].server()) as url:
        target = Target.at(url, WORKSHOP.base_path, token=OWNER)
        with Sender(target, timeout=10, time_limit=100) as sender:
            options = engine.Options(allow_unsafe=True, time_limit=seconds)
            session = new_session(WORKSHOP, target, options, sender)
            success.run(session)
            sequences.run(session, 1.0, [storing.varied_values, changing.update])
            shown = [one for one in session.occurrences if one.recording]
            # As many findings as there are occurrences.
            found = [replace(one, violation=replace(one.violation, group_key=str(n))) for n, one in enumerate(shown)]
            before = len(sender.sent)
            result = minimized(session, found)

    assert len(sender.sent) - before <= most
    assert all(one.steps for one in result)


def test_a_finding_is_shown_by_the_steps_that_it_needs() -> None:
    """Also where the creations have a Location, which in another run is another one."""
    with running(FAULTS["text-loses-emoji"].server()) as url:
        target = Target.at(url, WORKSHOP.base_path, token=OWNER)
        with Sender(target, timeout=10, time_limit=100) as sender:
            session = new_session(WORKSHOP, target, engine.Options(allow_unsafe=True), sender)
            success.run(session)
            sequences.run(session, 1.0, [storing.varied_values])
            lost = [one for one in session.occurrences if one.violation.rule == "stored-value-differs"]
            reduced = [again.reduced(session, one, 200) for one in lost]

    assert reduced
    for one in reduced:
        writes = [item for _, item in one.steps if item.exchange.request.method == "POST"]
        assert len({item.operation.id for item in writes}) == len(writes)


def test_every_report_shows_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running(FAULTS["patch-resets-the-others"].server()) as url:
        target = Target.at(url, WORKSHOP.base_path, token=OWNER)
        options = engine.Options(profile="quick", allow_unsafe=True, time_limit=100, operations=PROJECTS)
        result = replace(engine.run(WORKSHOP, target, options), contract="http://127.0.0.1:1/v1/workshop.json (W 1)")
    finding = next(one for one in result.findings if one.rule == "update-changes-other-fields")
    request = finding.failure.steps[1].exchange.request
    short = f"PATCH {request.target} 200"

    assert where(finding.failure) == "PATCH /projects/{project_id}, seen in GET /projects/{project_id} → 200"
    assert finding.operations == ("updateProject",)
    assert finding.failure.exchange == finding.failure.steps[-1].exchange
    for name in ("junit", "markdown"):
        text = html.unescape(reporting.render(result, name))
        assert f"3. change title: PATCH {request.target}, 200 in" in text
        assert finding.script.splitlines()[-1] in text
    for name in ("sarif", "ctrf", "github"):
        assert short in reporting.render(result, name)
    (run,) = json.loads(reporting.render(result, "sarif"))["runs"]
    assert {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]} == {
        "workshop.json"
    }
    (tmp_path / "flowcontract.toml").touch()
    assert '"uri": "flowcontract.toml"' in reporting.render(result, "sarif")
    for count, verbose, shown in ((3, False, 3), (4, False, 0), (4, True, 4)):
        output = io.StringIO()
        terminal.print(replace(result, findings=(finding,) * count), Console(file=output, width=200), verbose=verbose)
        assert output.getvalue().count(finding.script.splitlines()[0]) == shown
        assert output.getvalue().count("--verbose prints it") == count - shown


def test_the_terminal_shows_why_the_server_rejected_valid_input() -> None:
    with running(FAULTS["longest-title-is-rejected"].server()) as url:
        options = engine.Options(profile="quick", allow_unsafe=True, time_limit=100, operations=PROJECTS)
        result = engine.run(WORKSHOP, Target.at(url, WORKSHOP.base_path, token=OWNER), options)
    finding = next(one for one in result.findings if one.rule == "valid-request-rejected")
    shown = io.StringIO()

    terminal.print(replace(result, findings=(finding,)), Console(file=shown, width=200))

    (line,) = [line for line in shown.getvalue().splitlines() if line.startswith("response |")]
    assert "body: not accepted." in line


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="the script needs curl and jq")
def test_the_script_shows_it_again() -> None:
    with running(FAULTS["stale-is-accepted"].server()) as url:
        finding = found_at(url, WORKSHOP, [changing.etags])["stale-write-accepted"]
        done = subprocess.run(
            ["sh", "-c", finding.script],
            env={"FLOWCONTRACT_TOKEN": OWNER},
            capture_output=True,
            text=True,
            check=True,
        )

    statuses = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("HTTP/")]
    assert statuses == [str(step.exchange.response.status) for step in finding.failure.steps if step.exchange.response]
    assert statuses[-1] == "200"


@pytest.mark.parametrize(("status", "rules"), [(204, []), (200, ["undocumented-status-code"])])
def test_a_deletion_that_only_cleans_up_is_tested(status: int, rules: list[str]) -> None:
    """No sequence is sent: what is created below cannot be created twice."""
    ships = Ships(("POST",))
    created = 0

    def serve(request: Request) -> Response:
        nonlocal created
        if request.method == "POST" and request.header("authorization"):
            body = json_or_none(request.body)
            if not isinstance(body, dict) or body.keys() != {"name"} or not isinstance(body["name"], str) or created:
                return Response(404, {})
        response = ships(request)
        created += response.status == 201
        return Response(status, {}) if request.method == "DELETE" and response.status == 204 else response

    with running(serve) as url:
        contract = fleet(("ship", {"name": {"type": "string"}}))
        options = engine.Options(profile="quick", allow_unsafe=True, time_limit=100)
        result = engine.run(contract, Target.at(url, contract.base_path, token=OWNER), options)

    found = [each.rule for each in result.findings if "drop-ship" in each.operations]
    assert found == rules
