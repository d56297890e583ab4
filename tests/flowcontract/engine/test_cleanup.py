"""What a run created is deleted, in an order that the server accepts."""

import threading
from collections.abc import Iterator

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract.checks.probe import Expect
from flowcontract.engine.cleanup import (
    delete_left_over,
    delete_own_resources,
    left_over_notes,
    merged,
    path_of,
    still_there,
)
from flowcontract.engine.options import Options
from flowcontract.engine.runner import new_session
from flowcontract.engine.sender import Sender
from flowcontract.engine.session import Session
from flowcontract.generation.created import Created
from flowcontract.generation.probes import OperationContext
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _resource(name: str) -> dict[str, object]:
    responses = {"204": {"description": "Gone."}, "404": {"description": "None."}, "409": {"description": "In use."}}
    return {"delete": {"operationId": f"delete{name}", "parameters": [_ID], "responses": responses}}


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Desk", "version": "1"},
        "paths": {"/teams/{id}": _resource("Team"), "/tickets/{id}": _resource("Ticket")},
    }
)


class Desk:
    """A team cannot be deleted while it has tickets, which are at a path of their own."""

    def __init__(self) -> None:
        self.there = {"/v1/teams/7", "/v1/tickets/1"}
        self.is_closed = False

    def __call__(self, request: Request) -> Response:
        if request.path not in self.there:
            return Response(404, {})
        if self.is_closed or (request.path == "/v1/teams/7" and "/v1/tickets/1" in self.there):
            return Response(409, {})
        self.there.remove(request.path)
        return Response(204)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    with running(desk) as url:
        target = Target.at(url, "/v1")
        with Sender(target, timeout=5.0, time_limit=60.0) as sender:
            yield new_session(CONTRACT, target, Options(allow_unsafe=True), sender)


TEAM, TICKET = Created("/teams/{id}", {"id": "7"}), Created("/tickets/{id}", {"id": "1"})


def test_what_could_not_be_deleted_is_tried_once_more_by_another_session(desk: Desk, session: Session) -> None:
    desk.is_closed = True
    assert [path_of(each) for each in delete_left_over(session, [TEAM, TICKET])] == ["/tickets/1", "/teams/7"]
    assert list(left_over_notes(session)) == ["Created by this run and still there: /tickets/1, /teams/7."]

    desk.is_closed = False

    assert list(delete_left_over(session, [TICKET, TEAM])) == []
    assert desk.there == set(), "a team is deleted after its tickets"


@pytest.mark.parametrize(
    ("deleting", "reading", "left"),
    [(204, 200, []), (404, 404, []), (409, 404, []), (409, 200, ["/teams/7/notes/1"])],
    ids=["the server kept it", "it went with its parent", "its parent is missing", "it cannot be deleted"],
)
def test_what_a_server_keeps_below_a_deleted_parent_is_deleted_or_listed(
    deleting: int, reading: int, left: list[str]
) -> None:
    note = {**_resource("Note"), "get": {"operationId": "getNote", "parameters": [_ID], "responses": {}}}
    paths = {"/teams/{id}": _resource("Team"), "/teams/{id}/notes/{note}": note}
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Desk", "version": "1"}, "paths": paths})

    def serve(request: Request) -> Response:
        assert request.path == "/v1/teams/7/notes/1"
        return Response(deleting if request.method == "DELETE" else reading)

    with running(serve) as url, Sender(Target.at(url, "/v1"), timeout=5.0, time_limit=60.0) as sender:
        session = new_session(contract, sender.target, Options(allow_unsafe=True), sender)
        created = session.resources.created
        created.restore([TEAM, Created("/teams/{id}/notes/{note}", {"id": "7", "note": "1"})])
        created.deleted(TEAM.path, TEAM.values)
        delete_own_resources(session)

    assert [path_of(item) for item in created.alive] == left


def test_a_change_is_not_cut_off_at_the_time_limit() -> None:
    """What it creates could not be deleted."""

    def late(request: Request) -> Response:
        while (left := sender.remaining) > 0:
            threading.Event().wait(left)
        return Response(204)

    with running(late) as url, Sender(Target.at(url, "/v1"), timeout=20.0, time_limit=0.5) as sender:
        context = OperationContext(CONTRACT, CONTRACT.operation("deleteTeam"), sender.target, [{"id": "7"}])
        probe = context.probe("first", "", {"id": "7"}, Expect.DOCUMENTED)
        ((_, exchange),) = sender.send([probe])

    assert exchange.response is not None
    assert exchange.response.status == 204


def test_a_note_names_only_some_resources_of_each_collection() -> None:
    note = still_there(["/teams/7", *(f"/tickets/{number}" for number in range(31))])

    assert note.endswith(" still there: /teams/7, /tickets/0, /tickets/1, /tickets/2, 28 more in /tickets.")


def test_a_note_does_not_name_parts_of_what_it_names() -> None:
    note = still_there(["/teams/7/members/1", "/teams/7/", "/teams/70/members/2", "/teams/7/members/1/notes/3"])

    assert note.endswith(" still there: /teams/7/, /teams/70/members/2.")


def test_notes_of_several_sessions_about_one_request_are_one() -> None:
    before = "May still exist, because its ID or a DELETE for it is not known: "
    notes = [f"{before}POST /rows (ID {number}), POST /books/{{id}}/loans (status 201)." for number in range(7)]

    assert merged([*notes, "Another note."]) == [
        "Another note.",
        f"{before}POST /rows (ID 0; ID 1; ID 2; ID 3; ID 4; 2 more).",
        f"{before}POST /books/{{id}}/loans (status 201).",
    ]
