"""With `stateful`: statuses that requests name, and versions that say what a client has read."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
Send = Callable[..., Any]
UUID, TEXT, WHOLE = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time"}
NONE = {"description": ""}


def of(*optional: str, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def does(status: str, schema: Any = None, body: Any = None, text: str = "", **more: Any) -> dict[str, Any]:
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    answers = {status: said(schema) if schema else NONE, "404": NONE, **more}
    return {"responses": answers, "description": text, **sent}


def at(path: str, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in names]
    return {path: {**operations, "parameters": parameters}}


SCAN = {"type": "string", "enum": ["packed", "sent", "delivered", "lost"]}
PARCEL = of(
    "delivered_at",
    id=UUID,
    label=TEXT,
    state=SCAN,
    delivered_at={"type": ["string", "null"], "format": "date-time"},
    next_states=several(SCAN),
    events=several(of(at=MOMENT, from_state={"anyOf": [SCAN, {"type": "null"}]}, state=SCAN, note=TEXT)),
    revision=WHOLE,
    updated_at=MOMENT,
)
CONFLICT = said(of("current_revision", "current_state", message=TEXT, current_revision=WHOLE, current_state=SCAN))
MOVES = "Moves:\n\n    packed -> sent, lost\n    `sent` -> `delivered` or `lost`"

STEP = {"type": "string", "enum": ["new", "interview", "hired"]}
APPLICANT = of(id=UUID, name=TEXT, about={"type": "string", "minLength": 3}, step_status=STEP, etag=TEXT)
NULLABLE = {"type": ["string", "null"]}
PATHS = {
    **at("/parcels", get=does("200", several(PARCEL)), post=does("201", PARCEL, of(label=TEXT))),
    **at(
        "/parcels/{parcel_id}",
        get=does("200", PARCEL),
        patch=does("200", PARCEL, of(label=TEXT, revision=WHOLE), **{"409": CONFLICT}),
        put=does("200", PARCEL, of(label=TEXT, revision=WHOLE), **{"409": CONFLICT}),
    ),
    **at(
        "/parcels/{parcel_id}/move",
        post=does("200", PARCEL, of("note", to=SCAN, note=TEXT), MOVES, **{"409": CONFLICT}),
    ),
    **at("/applicants", get=does("200", several(APPLICANT)), post=does("201", APPLICANT, of(name=TEXT, about=TEXT))),
    **at(
        "/applicants/{applicant_id}",
        get=does("200", APPLICANT),
        patch=does("200", APPLICANT, of("name", name=TEXT, about=NULLABLE, etag=TEXT), **{"412": NONE}),
    ),
    **at(
        "/applicants/{applicant_id}/step",
        put=does("204", None, of(target={"type": "string", "enum": ["interview", "hired"]})),
    ),
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        yield running


@pytest.fixture
def send(running: flowmock.Running, ask: Ask) -> Send:
    """Send an object as JSON: `send("POST", "/parcels", label="A")`."""

    def sending(method: str, path: str, **value: Any) -> Any:
        headers = {"content-type": "application/json"}
        return ask(running, path, method=method, headers=headers, body=json.dumps(value))

    return sending


@pytest.fixture
def parcel(send: Send) -> str:
    return f"/parcels/{send('POST', '/parcels', label='A').json['id']}"


def test_an_item_gets_the_status_that_a_request_names(
    send: Send, running: flowmock.Running, ask: Ask, parcel: str
) -> None:
    before = ask(running, parcel).json

    moved = send("POST", f"{parcel}/move", to="sent", note="by truck").json

    assert (before["state"], before["next_states"]) == ("packed", ["sent", "lost"])
    assert (moved["state"], moved["next_states"], moved["revision"]) == ("sent", ["delivered", "lost"], 2)
    assert ask(running, parcel).json == moved
    assert moved in ask(running, "/parcels").json
    assert [(each["from_state"], each["state"]) for each in moved["events"]] == [(None, "packed"), ("packed", "sent")]
    assert moved["events"][1]["note"] == "by truck"
    delivered = send("POST", f"{parcel}/move", to="delivered").json
    assert (delivered["delivered_at"], delivered["next_states"]) == (delivered["updated_at"], [])


def test_a_status_that_cannot_follow_is_a_conflict(
    send: Send, running: flowmock.Running, ask: Ask, parcel: str
) -> None:
    rejected = send("POST", f"{parcel}/move", to="delivered")

    assert rejected.status == 409
    assert (rejected.json["current_state"], rejected.json["current_revision"]) == ("packed", 1)
    assert ask(running, parcel).json["state"] == "packed"


def test_a_request_may_name_some_of_the_statuses(send: Send, running: flowmock.Running, ask: Ask) -> None:
    applicant = f"/applicants/{send('POST', '/applicants', name='A', about='Cook').json['id']}"

    assert send("PUT", f"{applicant}/step", target="hired").status == 204

    assert ask(running, applicant).json["step_status"] == "hired"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_of_another_version_is_a_conflict(send: Send, parcel: str, method: str) -> None:
    first, stale, ahead = (send(method, parcel, label=f"B{number}", revision=number) for number in (1, 1, 99))

    assert (first.json["label"], first.json["revision"]) == ("B1", 2)
    assert (stale.status, stale.json["current_revision"]) == (409, 2)
    assert ahead.status == 409
    assert send(method, parcel, label="C", revision=2).json["revision"] == 3


def test_a_version_that_is_a_text_changes_with_each_change(send: Send) -> None:
    created = send("POST", "/applicants", name="A", about="Cook").json
    path = f"/applicants/{created['id']}"

    changed = send("PATCH", path, about="Baker", etag=created["etag"]).json

    assert changed["etag"] != created["etag"]
    assert send("PATCH", path, about="Smith", etag=created["etag"]).status == 412
    assert send("PATCH", path, about="Smith", etag=changed["etag"]).json["about"] == "Smith"


def test_a_version_that_clients_choose_is_not_compared(contract_of: Written, ask: Ask) -> None:
    app = of(id=UUID, name=TEXT, version=WHOLE)
    sent = of(name=TEXT, version=WHOLE)
    taken = {"409": {"description": "The name is taken."}}
    paths = {
        **at("/apps", get=does("200", several(app)), post=does("201", app, sent, **taken)),
        **at("/apps/{app_id}", get=does("200", app), put=does("200", app, sent, **taken)),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        path = f"/apps/{ask(running, '/apps').json[0]['id']}"
        body = json.dumps({"name": "Maps", "version": 7})
        changed = ask(running, path, method="PUT", headers={"content-type": "application/json"}, body=body)

    assert (changed.status, changed.json["version"]) == (200, 7)


def test_null_leaves_what_cannot_be_null(send: Send) -> None:
    created = send("POST", "/applicants", name="A", about="Cook").json

    changed = send("PATCH", f"/applicants/{created['id']}", name="B", about=None, etag=created["etag"]).json

    assert (changed["name"], changed["about"]) == ("B", "Cook")


def test_without_memory_a_response_has_the_status_that_was_sent(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(PATHS)) as running:
        path = f"/parcels/{ask(running, '/parcels').json[0]['id']}/move"
        headers = {"content-type": "application/json"}
        for state in ("lost", "sent"):
            moved = ask(running, path, method="POST", headers=headers, body=json.dumps({"to": state})).json
            assert moved["state"] == state


DESK = of(id=UUID, status=SCAN, allowed_transitions=several(SCAN), history=PARCEL["properties"]["events"])
ARROWS = "packed → sent | lost; sent ⇄ lost; sent → delivered.\n\nEverything else is 409."
COMMENT = {**NULLABLE, "description": "Required when losing or delivering"}


@pytest.mark.parametrize(("to", "status"), [("sent", 200), ("packed", 409), ("delivered", 409), ("lost", 200)])
def test_a_path_named_like_the_status_follows_its_description(
    contract_of: Written, ask: Ask, to: str, status: int
) -> None:
    """`POST /desks/{id}/status`, whose body has the status that the item gets."""
    paths = {
        **at("/desks", get=does("200", several(DESK)), post=does("201", DESK, of("id", id=UUID))),
        **at("/desks/{desk_id}", get=does("200", DESK)),
        **at(
            "/desks/{desk_id}/status",
            post=does("200", DESK, of("note", status=SCAN, note=COMMENT), ARROWS, **{"409": NONE, "422": NONE}),
        ),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:

        def send(path: str, **value: Any) -> Any:
            headers = {"content-type": "application/json"}
            return ask(running, path, method="POST", headers=headers, body=json.dumps(value))

        desk = send("/desks").json
        path = f"/desks/{desk['id']}"
        moved = send(f"{path}/status", status=to, note="by truck")
        shown = ask(running, path).json

    assert (desk["status"], desk["allowed_transitions"], moved.status) == ("packed", ["sent", "lost"], status)
    steps = [(each["from_state"], each["state"]) for each in shown["history"]]
    assert steps == [(None, "packed"), *([("packed", to)] if status == 200 else [])]
    following = {"packed": ["sent", "lost"], "sent": ["lost", "delivered"], "lost": ["sent"]}
    assert shown["allowed_transitions"] == following[shown["status"]]


def test_a_history_leads_from_the_beginning_to_the_status_by_today(contract_of: Written, ask: Ask) -> None:
    moves = f"{MOVES}. Everything else is rejected."
    body = of("note", to=SCAN, note={"type": ["string", "null"], "description": "Required for lost"})
    event = of("note", at=MOMENT, from_state={"anyOf": [SCAN, {"type": "null"}]}, state=SCAN, note=NULLABLE)
    parcel = of(id=UUID, state=SCAN, created_at=MOMENT, events=several(event))
    paths = {
        **at("/parcels", get=does("200", several(parcel))),
        **at("/parcels/{parcel_id}", get=does("200", parcel)),
        **at("/parcels/{parcel_id}/move", post=does("200", parcel, body, moves, **{"422": NONE})),
    }
    with flowmock.running(contract_of(paths)) as running:
        parcels = ask(running, "/parcels", headers={"Prefer": "items=30"}).json

    assert {each["state"] for each in parcels} == set(SCAN["enum"])
    for each in parcels:
        events = each["events"]
        froms = [one["from_state"] for one in events]
        assert froms == [None, *(one["state"] for one in events[:-1])]
        assert events[-1]["state"] == each["state"]
        moments = [one["at"] for one in events]
        assert each["created_at"] == moments[0] <= max(moments) == moments[-1] < "2026-01-02"
        assert all(one["note"] for one in events if one["state"] == "lost")


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Only `packed` and lost parcels can be deleted", {"sent", "delivered"}),
        ("Can only be deleted while packed", {"sent", "delivered", "lost"}),
        ("Somebody else changed it, or it is closed", {"delivered", "lost"}),
        ("It was already sent or delivered.", {"sent", "delivered"}),
        ("Delivered parcels cannot be deleted", {"delivered"}),
        ("It cannot be deleted once it is sent", {"sent"}),
        ("The parcel is no longer packed", {"sent", "delivered", "lost"}),
        ("Only the owner can be asked", set()),
        ("A parcel with this label exists", set()),
        ("It is sent by somebody else to another place", set()),
    ],
)
@pytest.mark.parametrize("where", ["response", "operation"])
def test_a_description_may_allow_an_operation_for_some_statuses(
    contract_of: Written, ask: Ask, text: str, denied: set[str], where: str
) -> None:
    said_of = {"409": {**CONFLICT, "description": text if where == "response" else ""}}
    by_state = {"parameters": [{"name": "state", "in": "query", "schema": SCAN}]}
    paths = {
        **at("/parcels", get=does("200", several(PARCEL)) | by_state),
        **at(
            "/parcels/{parcel_id}",
            get=does("200", PARCEL),
            delete=does("204", text=text if where == "operation" else "", **said_of),
        ),
        **at("/parcels/{parcel_id}/move", post=does("200", PARCEL, of(to=SCAN), MOVES)),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        parcels = {each["state"]: each["id"] for each in ask(running, "/parcels").json}
        replies = {state: ask(running, f"/parcels/{key}", method="DELETE") for state, key in parcels.items()}

    assert parcels.keys() == set(SCAN["enum"])
    assert {state for state, each in replies.items() if each.status == 409} == denied
    assert all(replies[state].json["current_state"] == state for state in denied)


def test_a_change_shows_what_it_determines(contract_of: Written, ask: Ask) -> None:
    line = of(label=TEXT, amount={"type": "string"})
    names = ("fees", "fees_total", "fee_count", "events")
    desk = of(*names, id=UUID, status=SCAN, fees=several(line), fees_total=TEXT, fee_count=WHOLE,
              events=PARCEL["properties"]["events"])  # fmt: skip
    paths = {
        **at("/desks", get=does("200", several(desk)), post=does("201", desk, of())),
        **at("/desks/{desk_id}", get=does("200", desk)),
        **at("/desks/{desk_id}/fees", put=does("200", desk, several(line))),
        **at("/desks/{desk_id}/status", post=does("200", desk, of(status=SCAN))),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:

        def send(method: str, path: str, value: Any) -> Any:
            headers = {"content-type": "application/json"}
            return ask(running, path, method=method, headers=headers, body=json.dumps(value)).json

        path = f"/desks/{send('POST', '/desks', {})['id']}"
        assert set(names).isdisjoint(ask(running, path).json)
        paid = send("PUT", f"{path}/fees", [{"label": "A", "amount": "12.50"}])
        moved = send("POST", f"{path}/status", {"status": "lost"})

    assert (paid["fees_total"], paid["fee_count"]) == ("12.50", 1)
    assert moved["events"][-1]["state"] == "lost"


def test_a_status_may_require_a_member(contract_of: Written, ask: Ask) -> None:
    body = of("note", state=SCAN, note=COMMENT)
    place = several({"type": ["string", "integer"]})
    invalid = said(of(detail=several(of(loc=place, msg=TEXT, type=TEXT))))
    paths = {
        **at("/parcels", get=does("200", several(PARCEL))),
        **at("/parcels/{parcel_id}", get=does("200", PARCEL)),
        **at("/parcels/{parcel_id}/state", post=does("200", PARCEL, body, **{"422": invalid})),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        path = f"/parcels/{ask(running, '/parcels').json[0]['id']}/state"
        sent = ({"state": "delivered"}, {"state": "delivered", "note": ""}, {"state": "delivered", "note": "a"})
        headers = {"content-type": "application/json"}
        replies = [ask(running, path, method="POST", headers=headers, body=json.dumps(each)) for each in sent]

    assert [each.status for each in replies] == [422, 422, 200]
    assert replies[0].json["detail"][0]["loc"] == ["body", "note"]


@pytest.mark.parametrize(
    ("documented", "tags", "expected"),
    [
        (("409", "If-Match"), ('"{}"', "*", 'W/"{}"', '"0"', "abc"), [200, 200, 200, 409, 409]),
        (("409", "412", "If-Match"), ('"0"',), [412]),
        (("If-Match",), ('"0"', '"{}"'), [412, 200]),
        (("409",), ('"0"',), [200]),
        (("412", "If-Match", "revision"), ("{}", '"{}"', "0"), [200, 200, 412]),
    ],
)
def test_a_version_in_a_header_is_compared_where_that_is_documented(
    contract_of: Written, ask: Ask, documented: tuple[str, ...], tags: tuple[str, ...], expected: list[int]
) -> None:
    """RFC 9110, 13.1.1."""
    conflicts = {status: CONFLICT for status in documented if status.isdecimal()}
    patch = does("200", PARCEL, of(label=TEXT), **conflicts)
    text = "`revision` that was shown" if "revision" in documented else 'The version in quotes, as `"7"`'
    condition = {"name": "if-match", "in": "header", "schema": TEXT, "description": text}
    patch["parameters"] = [condition] if "If-Match" in documented else []
    paths = {
        **at("/parcels", get=does("200", several(PARCEL))),
        **at("/parcels/{parcel_id}", get=does("200", PARCEL), patch=patch),
    }
    found = []
    with flowmock.running(contract_of(paths), stateful=True) as running:
        path = f"/parcels/{ask(running, '/parcels').json[0]['id']}"
        for tag in tags:
            revision = ask(running, path).json["revision"]
            headers = {"content-type": "application/json", "if-match": tag.format(revision)}
            reply = ask(running, path, method="PATCH", headers=headers, body='{"label": "B"}')
            found.append(reply.status)
            if reply.status == 409:
                assert reply.json["current_revision"] == revision

    assert found == expected


def test_a_new_item_lasts_as_long_as_the_default_of_its_request(contract_of: Written, ask: Ask) -> None:
    slot = of(id=UUID, starts_at=MOMENT, ends_at=MOMENT)
    sent = of("duration_minutes", starts_at=MOMENT, duration_minutes={**WHOLE, "default": 40})
    paths = {
        **at("/slots", get=does("200", several(slot)), post=does("201", slot, sent)),
        **at("/slots/{slot_id}", get=does("200", slot)),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        headers = {"content-type": "application/json"}
        body = '{"starts_at": "2027-01-10T09:00:00Z"}'
        made = ask(running, "/slots", method="POST", headers=headers, body=body).json

    assert made["ends_at"] == "2027-01-10T09:40:00Z"


ORDER = {"type": "string", "enum": ["draft", "in_review", "released", "void"]}
RULE = "Allowed: draft → in_review, in_review ↔ draft, draft or in_review → void. Everything else is 409 `not_allowed`."
DOCUMENT = of(
    id=UUID,
    status=ORDER,
    released_at={"type": ["string", "null"], "format": "date-time"},
    history=several(of(changed_at=MOMENT, from_status=ORDER, to_status=ORDER)),
)


@pytest.fixture
def documents(contract_of: Written) -> Iterator[flowmock.Running]:
    failed = {"409": said(of(code=TEXT, message=TEXT))}
    paths = {
        **at("/documents", get=does("200", several(DOCUMENT)), post=does("201", DOCUMENT, of(title=TEXT))),
        **at("/documents/{document_id}", get=does("200", DOCUMENT)),
        **at("/documents/{document_id}/status", post=does("200", DOCUMENT, of(status=ORDER), RULE, **failed)),
        **at(
            "/documents/{document_id}/changes",
            get=does("200", several(of(changed_at=MOMENT, from_status=ORDER, to_status=ORDER))),
        ),
        **at("/documents/{document_id}/submit", post=does("200", DOCUMENT, None, "draft → in_review", **failed)),
        **at(
            "/documents/{document_id}/release", post=does("200", DOCUMENT, None, "`in_review` → `released`", **failed)
        ),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        yield running


def test_an_action_changes_the_status_as_its_description_says(documents: flowmock.Running, ask: Ask) -> None:
    headers = {"content-type": "application/json"}
    made = ask(documents, "/documents", method="POST", headers=headers, body='{"title": "A"}').json
    path = f"/documents/{made['id']}"
    steps = ("release", "submit", "submit", "release", "submit")
    replies = [ask(documents, f"{path}/{step}", method="POST") for step in steps]

    assert [each.status for each in replies] == [409, 200, 409, 200, 409]
    assert replies[0].json["message"] == "status is draft; this is only possible from in_review."
    assert [each.json["status"] for each in replies if each.status == 200] == ["in_review", "released"]
    after = ask(documents, path).json
    assert [each | {"changed_at": ""} for each in ask(documents, f"{path}/changes").json] == [
        each | {"changed_at": ""} for each in after["history"]
    ]
    assert (after["status"], bool(after["released_at"])) == ("released", True)
    assert [(each["from_status"], each["to_status"]) for each in after["history"]] == [
        ("draft", "in_review"),
        ("in_review", "released"),
    ]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["draft"], [409]),
        (["void"], [200]),
        (["in_review", "in_review", "draft", "released"], [200, 409, 200, 409]),
        (["in_review", "void", "void"], [200, 200, 409]),
    ],
)
def test_several_statuses_may_stand_before_an_arrow(
    documents: flowmock.Running, ask: Ask, statuses: list[str], expected: list[int]
) -> None:
    headers = {"content-type": "application/json"}
    made = ask(documents, "/documents", method="POST", headers=headers, body='{"title": "A"}').json
    path = f"/documents/{made['id']}/status"
    bodies = [json.dumps({"status": each}) for each in statuses]
    replies = [ask(documents, path, method="POST", headers=headers, body=body) for body in bodies]

    assert [each.status for each in replies] == expected
    assert {each.json["code"] for each in replies if each.status == 409} <= {"not_allowed"}
