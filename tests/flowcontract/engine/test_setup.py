"""The requests that created and changed what a request is about."""

import json
from typing import Any

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.phases import setup
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PATHS = {
    "/teams": ("post",),
    "/teams/{team_id}": ("delete",),
    "/tickets": ("get", "post"),
    "/tickets/{ticket_id}": ("get", "patch", "delete"),
    "/tickets/{ticket_id}/comments": ("post",),
    "/tickets/{ticket_id}/comments/{comment_id}": ("get",),
    "/comments/{comment_id}": ("get", "put", "delete"),
}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Helpdesk", "version": "1"},
        "paths": {
            path: {
                "parameters": [
                    {"name": part.strip("{}"), "in": "path", "required": True, "schema": {"type": "integer"}}
                    for part in path.split("/")
                    if part.startswith("{")
                ],
                **{
                    method: {"operationId": f"{method} {path}", "responses": {"200": {"description": "Done."}}}
                    for method in methods
                },
            }
            for path, methods in PATHS.items()
        },
    }
)


def sent(
    method: str, path: str, body: Any = None, response: Any = None, status: int = 200, **values: str
) -> Interaction:
    target = path
    for name, value in values.items():
        target = target.replace("{" + name + "}", value)
    request = Request(method.upper(), target, (), None if body is None else json.dumps(body).encode())
    content = json.dumps(response).encode()
    exchange = Exchange(request, Response(status, (("Content-Type", "application/json"),), content, 0.01))
    operation = CONTRACT.operation(f"{method} {path}")
    return Interaction(Probe("stateful/1", "", operation.id, request, Expect.DOCUMENTED, values), operation, exchange)


TEAM = sent("post", "/teams", {"name": "A"}, {"id": 14})
TICKET = sent("post", "/tickets", {"team_id": 14}, {"id": 355, "team_id": 14})
COMMENT = sent("post", "/tickets/{ticket_id}/comments", {"body": "x"}, {"id": 151}, ticket_id="355")
OTHER = sent("post", "/tickets", {"team_id": 14}, {"id": 356})
DELETED = sent("delete", "/tickets/{ticket_id}", ticket_id="355")
OTHER_DELETED = sent("delete", "/tickets/{ticket_id}", ticket_id="356")
READ = sent("get", "/tickets/{ticket_id}/comments/{comment_id}", ticket_id="355", comment_id="151")


def test_a_chain_has_the_creations_and_what_changed_them() -> None:
    earlier = [TEAM, OTHER, TICKET, COMMENT, READ, OTHER_DELETED, DELETED]

    steps = setup.chain(earlier, READ)

    assert [(label, item.exchange.request.target) for label, item in steps] == [
        ("POST /teams", "/teams"),
        ("POST /tickets", "/tickets"),
        ("POST /tickets/{ticket_id}/comments", "/tickets/355/comments"),
        ("DELETE /tickets/{ticket_id}", "/tickets/355"),
        ("GET /tickets/{ticket_id}/comments/{comment_id}", "/tickets/355/comments/151"),
    ]
    assert steps[1][1].probe.references == ("team_id",)


def test_a_chain_has_the_deletion_of_a_resource_with_a_path_of_its_own() -> None:
    deleted, other = (sent("delete", "/comments/{comment_id}", comment_id=number) for number in ("151", "152"))
    read = sent("get", "/comments/{comment_id}", comment_id="151")
    changes = [sent("patch", "/tickets/{ticket_id}", {"name": "B"}, ticket_id="355") for _ in range(20)]

    for later in ([], changes):
        steps = setup.chain([TICKET, COMMENT, deleted, other, *later], read)

        assert [item.exchange.request.target for _, item in steps][:3] == [
            "/tickets",
            "/tickets/355/comments",
            "/comments/151",
        ]
        assert len(steps) <= 13


def test_a_chain_has_what_refers_to_the_resource() -> None:
    deletion = sent("delete", "/teams/{team_id}", team_id="14", status=500)

    steps = setup.chain([TEAM, sent("post", "/teams", {}, {"id": 15}), TICKET], deletion)

    assert [item.exchange.request.target for _, item in steps] == ["/teams", "/tickets", "/teams/14"]
    assert steps[1][1].probe.references == ("team_id",)

    missing = sent("delete", "/teams/{team_id}", team_id="14", status=404)
    assert len(setup.chain([TEAM, TICKET], missing)) == 2


def test_what_changed_a_resource_has_nothing_to_do_with_missing_credentials() -> None:
    change = sent("patch", "/tickets/{ticket_id}", {"name": "B"}, ticket_id="355")

    for status, length in ((401, 3), (404, 4)):
        denied = sent("delete", "/tickets/{ticket_id}", ticket_id="355", status=status)
        assert len(setup.chain([TEAM, TICKET, change], denied)) == length


def test_whether_invalid_input_is_accepted_does_not_depend_on_earlier_changes() -> None:
    change = sent("patch", "/tickets/{ticket_id}", {"title": "B"}, {}, ticket_id="355")
    invalid = sent("patch", "/tickets/{ticket_id}", {"title": 7}, {}, ticket_id="355")

    def methods(rule: str) -> list[str]:
        steps = setup.chain([TEAM, TICKET, change, change], invalid, rule)
        return [item.exchange.request.method for _, item in steps]

    assert methods("server-error") == ["POST", "POST", "PATCH", "PATCH", "PATCH"]
    assert methods("invalid-input-accepted") == ["POST", "POST", "PATCH"]


def test_what_the_run_did_not_create_has_no_chain() -> None:
    assert setup.chain([TEAM, OTHER], READ) == ()
    assert setup.chain([TEAM], sent("get", "/tickets", response=[])) == ()


def test_a_request_with_its_setup_shows_a_finding_rather_than_a_bare_one() -> None:
    violation = Violation("use-after-delete", "Expected 404, got 200.", "", "key")
    again = sent("get", "/tickets/{ticket_id}/comments/{comment_id}", ticket_id="355", comment_id="151")
    bare, whole = Occurrence(violation, READ), Occurrence(violation, again, steps=setup.chain([TICKET, DELETED], again))

    for items in ([bare, whole], [whole, bare]):
        (finding,) = group_findings(items, CONTRACT, Target.at("http://127.0.0.1:1", ""))

        assert [step.label for step in finding.failure.steps][:2] == ["POST /tickets", "DELETE /tickets/{ticket_id}"]
        assert finding.count == 2
