"""Generated items refer to items that exist. With `stateful`, new ones begin in their first state."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]

UUID = {"type": "string", "format": "uuid"}
MONEY = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number"}, "currency": {"enum": ["EUR", "USD"], "default": "EUR"}},
}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["id", *properties], "properties": {"id": UUID, **properties}}


VENUE = thing(name={"type": "string"})
EVENT = thing(
    venue_id=UUID,
    venue=thing(name={"type": "string"}),
    relatedVenueIds={"type": "array", "items": UUID, "minItems": 1, "maxItems": 2},
    status={"enum": ["draft", "on_sale", "cancelled"]},
    lines={
        "type": "array",
        "minItems": 1,
        "items": {"type": "object", "properties": {"venueId": UUID, "event_id": UUID}},
    },
    price=MONEY,
)


def crud(name: str, schema: Any) -> dict[str, Any]:
    one = {"description": "", "content": {"application/json": {"schema": schema}}}
    several = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": schema}}}}
    parameter = {"name": f"{name}_id", "in": "path", "required": True, "schema": UUID}
    sent = {"content": {"application/json": {"schema": schema | {"required": []}}}}
    return {
        f"/{name}s": {"get": {"responses": {"200": several}}, "post": {"requestBody": sent, "responses": {"201": one}}},
        f"/{name}s/{{{name}_id}}": {
            "parameters": [parameter],
            "get": {"responses": {"200": one, "404": {"description": ""}}},
        },
    }


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(crud("event", EVENT) | crud("venue", VENUE)), stateful=True) as serves:
        yield serves


def test_members_that_are_named_like_an_id_hold_one_that_exists(running: flowmock.Running, ask: Ask) -> None:
    venues = {each["id"]: each for each in ask(running, "/venues").json}
    events = ask(running, "/events").json

    assert {each["venue_id"] for each in events} == venues.keys()
    for event in events:
        assert ask(running, f"/venues/{event['venue_id']}").status == 200
        assert event["venue"] == venues[event["venue_id"]]
        assert venues.keys() >= set(event["relatedVenueIds"])
        assert {line["event_id"] for line in event["lines"] if "event_id" in line} <= {event["id"]}
        assert venues.keys() >= {line["venueId"] for line in event["lines"] if "venueId" in line}


def test_a_new_item_refers_to_one_that_exists_and_is_in_the_first_state(running: flowmock.Running, ask: Ask) -> None:
    made = ask(running, "/events", method="POST", body=json.dumps({"price": {"amount": 5}})).json

    assert ask(running, f"/venues/{made['venue_id']}").status == 200
    assert made["status"] == "draft"
    assert made["price"] == {"amount": 5, "currency": "EUR"}


@pytest.mark.parametrize("stateful", [True, False])
def test_an_object_has_the_id_that_was_sent(contract_of: Written, ask: Ask, stateful: bool) -> None:
    with flowmock.running(contract_of(crud("event", EVENT) | crud("venue", VENUE)), stateful=stateful) as running:
        venue = ask(running, "/venues").json[1]
        made = ask(running, "/events", method="POST", body=json.dumps({"venue_id": venue["id"]})).json

    assert made["venue_id"] == made["venue"]["id"] == venue["id"]
    assert made["venue"] == venue or not stateful


def test_what_the_client_sends_stays(running: flowmock.Running, ask: Ask) -> None:
    sent = {"venue_id": "9c5f1e1c-86c6-49f6-840c-6ce198f9a1f7", "status": "on_sale", "lines": [{}]}
    made = ask(running, "/events", method="POST", body=json.dumps(sent)).json

    assert {name: made[name] for name in sent} == sent


def test_without_stateful_items_refer_to_those_of_a_list(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(crud("event", EVENT) | crud("venue", VENUE))) as running:
        listed = {each["id"]: each for each in ask(running, "/venues").json}
        venues = listed.keys()
        events = ask(running, "/events").json
        many = ask(running, "/events", headers={"Prefer": "items=20"}).json

        assert len(many) == 20
        for event in (*events, *many):
            assert {event["venue_id"], *event["relatedVenueIds"]} <= venues
            assert {line["event_id"] for line in event["lines"] if "event_id" in line} <= {event["id"]}
            assert ask(running, f"/events/{event['id']}").json == event
            assert event["venue"] == listed[event["venue_id"]]


def test_items_below_an_item_refer_to_that_one(contract_of: Written, ask: Ask) -> None:
    paths = crud("event", EVENT) | crud("venue", VENUE)
    seat = thing(event_id=UUID, venue_id=UUID)
    listed = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": seat}}}}
    parameter = {"name": "event_id", "in": "path", "required": True, "schema": UUID}
    paths["/events/{event_id}/seats"] = {"get": {"parameters": [parameter], "responses": {"200": listed}}}
    for stateful in (True, False):
        with flowmock.running(contract_of(paths), stateful=stateful) as running:
            venues = {each["id"] for each in ask(running, "/venues").json}
            event_id = ask(running, "/events").json[1]["id"]
            seats = ask(running, f"/events/{event_id}/seats").json

        assert {each["event_id"] for each in seats} == {event_id}
        assert {each["venue_id"] for each in seats} <= venues


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("documented", [True, False])
@pytest.mark.parametrize("form", ["{name}_id", "{name}Id", "{name}", "{name}.id"])
def test_a_sent_id_stands_for_the_object_that_its_read_gives(
    contract_of: Written, ask: Ask, form: str, *, stateful: bool, documented: bool
) -> None:
    event = {"type": "object", "required": ["id", "venue", "stages"], "properties": {"id": UUID, "venue": VENUE}}
    event["properties"]["stages"] = {"type": "array", "minItems": 1, "items": thing(venue=VENUE)}
    paths = crud("event", event) | crud("venue", VENUE)
    sent = {"content": {"application/json": {"schema": {"type": "object"}}}}
    paths["/events"]["post"]["requestBody"] = sent
    if documented:
        examples = {n: {"value": {"id": f"{n * 8}-1111-4111-8111-111111111111", "name": n}} for n in "ab"}
        read = paths["/venues/{venue_id}"]["get"]["responses"]["200"]["content"]["application/json"]
        paths["/venues/{venue_id}"]["get"]["responses"]["200"]["content"] = {
            "application/json": read | {"examples": examples}
        }
    with flowmock.running(contract_of(paths), stateful=stateful) as serves:
        venue = ask(serves, "/venues").json[-1]
        name, _, inner = form.format(name="venue").partition(".")
        body = json.dumps({name: {inner: venue["id"]} if inner else venue["id"]})
        made = ask(serves, "/events", method="POST", headers={"Content-Type": "application/json"}, body=body)

        assert made.status == 201
        assert made.json["venue"] == venue == ask(serves, f"/venues/{venue['id']}").json


def test_an_object_that_was_sent_stays(contract_of: Written, ask: Ask) -> None:
    event = {"type": "object", "required": ["id", "venue"], "properties": {"id": UUID, "venue": VENUE}}
    with flowmock.running(contract_of(crud("event", event) | crud("venue", VENUE))) as serves:
        venue = ask(serves, "/venues").json[0] | {"name": "Ours"}
        headers = {"Content-Type": "application/json"}
        made = ask(serves, "/events", method="POST", headers=headers, body=json.dumps({"venue": venue})).json

    assert made["venue"] == venue


@pytest.mark.parametrize(("collection", "member"), [("movies", "movie_id"), ("addresses", "address_id")])
def test_items_refer_to_those_of_a_collection_whatever_its_plural(
    collection: str, member: str, contract_of: Written, ask: Ask
) -> None:
    paths = crud("ticket", thing(**{member: UUID})) | crud("thing", VENUE)
    renamed = {path.replace("/things", f"/{collection}"): item for path, item in paths.items()}
    with flowmock.running(contract_of(renamed)) as running:
        ids = [each["id"] for each in ask(running, f"/{collection}").json]
        tickets = ask(running, "/tickets").json

    assert all(each[member] in ids for each in tickets)


PERSON = thing(first_name={"type": "string"}, last_name={"type": "string"})
VISIT = thing(
    guest=thing(name={"type": "string"}),
    room=thing(label={"type": "string"}),
    room_id=UUID,
    roomName={"type": "string"},
)


@pytest.mark.parametrize("stateful", [True, False])
def test_who_is_named_beside_an_id_has_the_name_of_the_item(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    paths = crud("visit", VISIT) | crud("guest", PERSON) | crud("room", thing(title={"type": "string"}))
    with flowmock.running(contract_of(paths), stateful=stateful) as serves:
        guests = {each["id"]: f"{each['first_name']} {each['last_name']}" for each in ask(serves, "/guests").json}
        rooms = {each["id"]: each["title"] for each in ask(serves, "/rooms").json}
        visits = ask(serves, "/visits").json

        for visit in (*visits, ask(serves, f"/visits/{visits[0]['id']}").json):
            assert visit["guest"]["name"] == guests[visit["guest"]["id"]]
            assert visit["room"]["label"] == visit["roomName"] == rooms[visit["room_id"]]


def test_a_new_item_has_the_name_of_the_new_one_that_it_refers_to(contract_of: Written, ask: Ask) -> None:
    paths = crud("visit", VISIT) | crud("guest", PERSON)
    paths["/visits"]["post"]["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    with flowmock.running(contract_of(paths), stateful=True) as serves:
        ada = {"first_name": "Ada", "last_name": "Example"}
        guest_id = ask(serves, "/guests", method="POST", body=json.dumps(ada)).json["id"]
        visit = ask(serves, "/visits", method="POST", body=json.dumps({"guest_id": guest_id})).json

    assert visit["guest"] == {"id": guest_id, "name": "Ada Example"}


@pytest.mark.parametrize("stateful", [True, False])
def test_what_refers_to_an_item_and_to_what_is_below_it_agrees(contract_of: Written, ask: Ask, stateful: bool) -> None:
    line = {"type": "object", "required": ["ticket_type_id"], "properties": {"ticket_type_id": UUID}}
    order = thing(event_id=UUID, lines={"type": "array", "items": line, "minItems": 2})
    above = {"name": "event_id", "in": "path", "required": True, "schema": UUID}
    tickets = crud("ticket_type", thing(name={"type": "string"}))
    below = {
        f"/events/{{event_id}}{path.replace('ticket_types', 'ticket-types')}": each for path, each in tickets.items()
    }
    for each in below.values():
        each["parameters"] = [above, *each.get("parameters", ())]
    paths = crud("event", thing(name={"type": "string"})) | below | crud("order", order)
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        for each in ask(running, "/orders").json:
            known = [one["id"] for one in ask(running, f"/events/{each['event_id']}/ticket-types").json]

            assert known
            assert {one["ticket_type_id"] for one in each["lines"]} <= set(known)
            assert ask(running, f"/orders/{each['id']}").json == each
