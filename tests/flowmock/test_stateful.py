"""With `stateful`, what clients create, change and delete is remembered, by the contract's own operations."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock import startup
from flowmock.resources import discovery
from flowmock.stateful import store

Ask = Callable[..., Any]
Written = Callable[..., Contract]
Say = Callable[..., Any]

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 20},
        "kind": {"type": "string", "default": "dog"},
        "owner": {"type": "string", "nullable": True},
        "secret": {"type": "string", "writeOnly": True},
        "tags": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}
REX, TOM = {"id": 3, "name": "Rex", "kind": "dog"}, {"id": 5, "name": "Tom", "kind": "cat"}
ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema} | more}}


def pets(**changed: Any) -> dict[str, Any]:
    """A collection of pets with two examples, in an envelope."""
    envelope = {
        "type": "object",
        "required": ["count", "results"],
        "properties": {"count": {"type": "integer"}, "results": {"type": "array", "items": PET}},
    }
    listed = {"count": 2, "results": [REX, TOM]}
    query = [{"name": name, "in": "query", "schema": {}} for name in ("kind", "limit", "offset")]
    wanted = {"required": True, "content": {"application/json": {"schema": PET}}}
    patch = {"content": {"application/json": {"schema": {"type": "object"}}, "application/json-patch+json": {}}}
    created = body(PET) | {"headers": {"Location": {"schema": {"type": "string"}}}}
    missing = {"404": body(ERROR)}
    return {
        "/pets": {
            "get": {"operationId": "list", "parameters": query, "responses": {"200": body(envelope, example=listed)}},
            "post": {"operationId": "add", "requestBody": wanted, "responses": {"201": created, "409": body(ERROR)}},
        },
        "/pets/{petId}": {
            "parameters": [{"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"operationId": "read", "responses": {"200": body(PET)} | missing},
            "put": {"operationId": "put", "requestBody": wanted, "responses": {"200": body(PET)} | missing},
            "patch": {"operationId": "patch", "requestBody": patch, "responses": {"200": body(PET)} | missing},
            "delete": {"operationId": "remove", "responses": {"204": {"description": ""}} | missing},
        },
    } | changed


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(pets(), servers=[{"url": "/v1"}]), stateful=True) as serves:
        yield serves


@pytest.fixture
def say(running: flowmock.Running, ask: Ask) -> Say:
    """`say("PUT", "/pets/3", {…})`: the answer."""

    def said(method: str, path: str, value: Any = None, media: str = "application/json", **headers: str) -> Any:
        text = None if value is None else json.dumps(value)
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        given |= {"Content-Type": media} if text else {}
        return ask(running, path, method=method, headers=given, body=text)

    return said


def test_a_collection_starts_with_the_examples(say: Say) -> None:
    assert say("GET", "/pets").json == {"count": 2, "results": [REX, TOM]}
    assert say("GET", "/pets/5").json == TOM


def test_a_created_item_can_be_read_and_is_listed(say: Say) -> None:
    created = say("POST", "/pets", {"name": "Kim", "secret": "x", "unknown": 1})

    assert created.status == 201
    assert created.json == {"id": 6, "name": "Kim", "kind": "dog"}
    assert created["location"] == "/v1/pets/6"
    assert say("GET", "/pets/6").json == created.json
    assert say("GET", "/pets").json == {"count": 3, "results": [REX, TOM, created.json]}


def test_an_item_is_created_and_changed_now(contract_of: Written, ask: Ask) -> None:
    moment = {"type": "string", "format": "date-time"}
    times = {"created_at": moment, "updatedAt": moment, "born_at": moment, "modified": {"type": "integer"}}
    times |= {"reported_at": moment, "timestamp": moment, "vaccinates_until": moment}
    pet = PET | {"required": [*PET["required"], *times], "properties": PET["properties"] | times}
    paths = pets()
    paths["/pets"]["post"]["responses"]["201"] = paths["/pets/{petId}"]["get"]["responses"]["200"] = body(pet)
    began = datetime.now(UTC).replace(microsecond=0)
    with flowmock.running(contract_of(paths), stateful=True) as serves:
        sent = json.dumps({"name": "Kim"})
        made = ask(serves, "/pets", method="POST", headers={"Content-Type": "application/json"}, body=sent).json

    assert made["created_at"] == made["updatedAt"] == made["reported_at"] == made["timestamp"]
    assert made["vaccinates_until"] != made["created_at"]
    assert datetime.fromisoformat(made["created_at"]) >= began > datetime.fromisoformat(made["born_at"])
    assert made["modified"] == int(datetime.fromisoformat(made["created_at"]).timestamp())


@pytest.mark.parametrize(("envelope", "is_referenced"), [("data", False), ("pet", True), ("whatever", True)])
def test_items_in_an_envelope_are_kept(contract_of: Written, ask: Ask, envelope: str, is_referenced: bool) -> None:
    whole = {"type": "object", "required": [envelope], "properties": {envelope: PET}}
    paths = pets()
    found = {"allOf": [{"$ref": "#/components/schemas/Whole"}]} if is_referenced else whole
    wanted = {"required": True, "content": {"application/json": {"schema": whole}}}
    paths["/pets"]["post"] |= {"requestBody": wanted, "responses": {"201": body(found)}}
    paths["/pets/{petId}"]["get"]["responses"]["200"] = body(found)
    paths["/pets/{petId}"]["put"] |= {"requestBody": wanted, "responses": {"200": body(found)}}
    paths["/pets/{petId}"]["patch"] |= {"responses": {"200": body(PET)}}
    contract = contract_of(paths, components={"schemas": {"Whole": whole}})
    with flowmock.running(contract, stateful=True) as serves:

        def say(method: str, path: str, value: Any = None) -> Any:
            text = None if value is None else json.dumps(value)
            return ask(serves, path, method=method, headers={"Content-Type": "application/json"}, body=text).json

        assert say("GET", "/pets/5") == {envelope: TOM}
        assert say("POST", "/pets", {envelope: {"name": "Kim"}}) == {envelope: {"id": 6, "name": "Kim", "kind": "dog"}}
        assert say("PUT", "/pets/6", {envelope: {"name": "Kay"}}) == {envelope: {"id": 6, "name": "Kay", "kind": "dog"}}
        assert say("GET", "/pets")["results"][-1] == {"id": 6, "name": "Kay", "kind": "dog"}
        assert say("PATCH", "/pets/6", {"name": "Kit"}) == {"id": 6, "name": "Kit", "kind": "dog"}


def test_a_lone_surrogate_is_validated_stored_and_returned_escaped(say: Say) -> None:
    assert say("POST", "/pets", {"name": 7, "owner": "\ud800"}).status == 400

    created = say("POST", "/pets", {"name": "\ud800", "unknown": "\udfff"})

    assert created.status == 201
    assert rb'"name":"\ud800"' in created.body
    assert say("GET", "/pets/6").json["name"] == "\ud800"


def test_put_makes_up_no_value_that_the_item_must_have(contract_of: Written, ask: Ask) -> None:
    sent = {"type": "object", "properties": {"name": {"type": "string"}, "color": {"type": "string"}}}
    item = PET | {"required": ["id", "name", "color"], "properties": PET["properties"] | {"color": {"type": "string"}}}
    paths = pets()
    paths["/pets"]["post"]["responses"]["201"] = paths["/pets/{petId}"]["get"]["responses"]["200"] = body(item)
    paths["/pets/{petId}"]["put"] |= {
        "requestBody": {"content": {"application/json": {"schema": sent}}},
        "responses": {"200": body(item)},
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        json_ = {"Content-Type": "application/json"}
        ask(running, "/pets/3", method="PUT", headers=json_, body='{"name": "Max", "color": "red"}')
        changed = ask(running, "/pets/3", method="PUT", headers=json_, body='{"name": "Moritz"}').json

    assert (changed["name"], changed["color"]) == ("Moritz", "red")


def test_only_the_server_sets_read_only_members(say: Say) -> None:
    assert say("POST", "/pets", {"name": "Kim", "id": 77}).json["id"] == 6
    assert say("PUT", "/pets/3", {"name": "Max", "id": 77}).json["id"] == 3


def test_put_replaces_and_patch_merges(say: Say) -> None:
    assert say("PATCH", "/pets/3", {"owner": "Ann", "tags": {"a": 1}}).json == REX | {"owner": "Ann", "tags": {"a": 1}}
    assert say("PATCH", "/pets/3", {"tags": {"b": 2}}).json["tags"] == {"a": 1, "b": 2}
    assert say("PATCH", "/pets/3", {"owner": None, "tags": None}).json == REX | {"owner": None}
    assert say("PUT", "/pets/3", {"name": "Max"}).json == {"id": 3, "name": "Max", "kind": "dog"}
    assert say("GET", "/pets/3").json == {"id": 3, "name": "Max", "kind": "dog"}


def test_a_json_patch_is_applied(say: Say) -> None:
    steps = [{"op": "replace", "path": "/name", "value": "Max"}, {"op": "remove", "path": "/kind"}]

    assert say("PATCH", "/pets/3", steps, "application/json-patch+json").json == {"id": 3, "name": "Max"}
    assert say("PATCH", "/pets/3", [{"op": "remove", "path": "/no"}], "application/json-patch+json").status == 400
    assert say("GET", "/pets/3").json == {"id": 3, "name": "Max"}


def test_a_deleted_item_is_not_found(say: Say) -> None:
    assert say("DELETE", "/pets/3").status == 204
    assert say("GET", "/pets/3").status == 404
    assert say("DELETE", "/pets/3").status == 404
    assert say("GET", "/pets").json == {"count": 1, "results": [TOM]}


def test_the_id_of_a_deleted_item_is_not_given_to_another(say: Say) -> None:
    first = say("POST", "/pets", {"name": "Kim"}).json["id"]
    say("DELETE", f"/pets/{first}")

    assert say("POST", "/pets", {"name": "Kay"}).json["id"] == first + 1


def test_a_generated_id_of_a_deleted_item_is_not_given_to_another(keyed: Callable[..., Contract], ask: Ask) -> None:
    uuid = {"type": "string", "format": "uuid", "readOnly": True}
    with flowmock.running(keyed("uuid", "uuid", uuid), stateful=True) as running:

        def made() -> str:
            sent = {"Content-Type": "application/json"}
            return str(ask(running, "/things/", method="POST", headers=sent, body="{}").json["uuid"])

        first = made()
        ask(running, f"/things/{first}/", method="DELETE")

        assert made() != first


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_unknown_id_gets_the_documented_error(say: Say, method: str) -> None:
    came = say(method, "/pets/99", {"name": "Kim"} if method in ("PUT", "PATCH") else None)

    assert came.status == 404
    assert came.json == {"detail": "Not found."}


def test_an_invalid_change_changes_nothing(say: Say) -> None:
    assert say("PATCH", "/pets/3", {"name": "x" * 40}).status == 400
    assert say("PUT", "/pets/3", {"kind": "cat"}).status == 400
    assert say("POST", "/pets", {"kind": "cat"}).status == 400
    assert say("GET", "/pets").json == {"count": 2, "results": [REX, TOM]}


def test_a_list_is_filtered_and_paged_where_the_contract_has_the_parameters(say: Say) -> None:
    assert say("GET", "/pets?kind=cat").json == {"count": 1, "results": [TOM]}
    assert say("GET", "/pets?limit=1&offset=1").json == {"count": 2, "results": [TOM]}
    assert say("GET", "/pets?name=Tom").json["count"] == 2


def test_a_list_that_shows_less_of_an_item_shows_less(contract_of: Written, ask: Ask) -> None:
    short = {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "rank"],
        "properties": {"id": {"type": "integer"}, "rank": {"type": "integer"}},
    }
    paths = pets()
    paths["/pets"]["get"]["responses"] = {"200": body({"type": "array", "items": short})}
    contract = contract_of(paths)
    with flowmock.running(contract, stateful=True) as running:
        listed = ask(running, "/pets").json
        read = ask(running, f"/pets/{listed[0]['id']}").json

    assert all(set(item) == {"id", "rank"} for item in listed)
    assert {"id", "name"} <= set(read)


def test_sessions_do_not_see_each_other(say: Say) -> None:
    say("DELETE", "/pets/3", X_Mock_Session="one")

    assert say("GET", "/pets/3", X_Mock_Session="one").status == 404
    assert say("GET", "/pets/3", X_Mock_Session="two").status == 200
    assert say("GET", "/pets/3").status == 200


def test_reset_restores_the_initial_items(say: Say, running: flowmock.Running) -> None:
    say("DELETE", "/pets/3")
    say("DELETE", "/pets/3", X_Mock_Session="one")
    running.mock.store.reset("one")

    assert say("GET", "/pets/3", X_Mock_Session="one").status == 200
    assert say("GET", "/pets/3").status == 404

    running.mock.store.reset()
    assert say("GET", "/pets/3").status == 200


def test_without_stateful_nothing_is_stored(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(pets())) as running:
        assert ask(running, "/pets/3", method="DELETE").status == 204
        assert ask(running, "/pets").json == {"count": 2, "results": [REX, TOM]}


def test_a_caller_only_sees_and_changes_its_resources(contract_of: Written, ask: Ask) -> None:
    secured: dict[str, Any] = {
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
    }
    contract = contract_of(pets(), **secured)
    with flowmock.running(contract, tokens=["all-of-them", "only-tom:5"], stateful=True) as running:
        assert ask(running, "/pets", token="only-tom").json == {"count": 1, "results": [TOM]}
        assert ask(running, "/pets/3", token="only-tom").status == 404
        assert ask(running, "/pets/3", method="DELETE", token="only-tom").status == 404
        assert ask(running, "/pets/3", token="all-of-them").json == REX


@pytest.fixture
def keyed(contract_of: Written) -> Callable[..., Contract]:
    """A collection whose items clients name."""

    def written(field: str, parameter: str, schema: Any, **more: Any) -> Contract:
        item = {"type": "object", "required": [field], "properties": {field: schema, "text": {"type": "string"}}}
        sent = {"content": {"application/json": {"schema": item}}}
        by_key = [{"name": parameter, "in": "path", "required": True, "schema": {"type": "string"} | more}]
        return contract_of(
            {
                "/things/": {
                    "get": {"operationId": "list", "responses": {"200": body({"type": "array", "items": item})}},
                    "post": {
                        "operationId": "add",
                        "requestBody": sent,
                        "responses": {"201": body(item), "400": body(ERROR)},
                    },
                },
                f"/things/{{{parameter}}}/": {
                    "parameters": by_key,
                    "get": {"operationId": "read", "responses": {"200": body(item)}},
                    "put": {"operationId": "put", "requestBody": sent, "responses": {"200": body(item)}},
                },
            }
        )

    return written


def test_a_collection_without_examples_starts_with_generated_items(keyed: Callable[..., Contract], ask: Ask) -> None:
    with flowmock.running(keyed("name", "name", {"type": "string"}), stateful=True) as running:
        listed = ask(running, "/things/").json
        read = [ask(running, f"/things/{item['name'].replace(' ', '%20')}/").json for item in listed]

    assert len(listed) == 3
    assert read == listed


def test_an_existing_id_is_a_conflict(keyed: Callable[..., Contract], ask: Ask) -> None:
    json_ = {"Content-Type": "application/json"}
    with flowmock.running(keyed("name", "name", {"type": "string"}), stateful=True) as running:
        first = ask(running, "/things/", method="POST", headers=json_, body='{"name":"a"}')
        second = ask(running, "/things/", method="POST", headers=json_, body='{"name":"a"}')
        ask(running, "/things/", method="POST", headers=json_, body='{"name":"b"}')
        renamed = ask(running, "/things/b/", method="PUT", headers=json_, body='{"name":"a"}')
        moved = ask(running, "/things/b/", method="PUT", headers=json_, body='{"name":"c"}')

        assert (first.status, second.status, renamed.status, moved.status) == (201, 400, 409, 200)
        assert second.json == {"detail": "name a already exists."}
        assert ask(running, "/things/c/").json == {"name": "c"}
        assert ask(running, "/things/b/").status == 404


@pytest.mark.parametrize(
    ("field", "parameter", "schema", "more"),
    [
        ("slug", "slug", {"type": "string"}, {}),
        ("id", "thing_id", {"type": "string"}, {}),
        ("uuid", "thingUUID", {"type": "string"}, {}),
        ("key", "uuid", {"type": "string", "format": "uuid", "readOnly": True}, {"format": "uuid"}),
    ],
)
def test_the_id_field_is_inferred(
    keyed: Callable[..., Contract], field: str, parameter: str, schema: Any, more: Any
) -> None:
    found = discovery.find_resources(keyed(field, parameter, schema, **more))

    assert {resource.id_field for resource, _ in found.values()} == {field}
    assert {role for _, role in found.values()} == {"list", "create", "read", "replace"}


def test_required_members_are_generated_at_any_depth(contract_of: Written, ask: Ask) -> None:
    part = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
    }
    item = {
        "type": "object",
        "required": ["id", "parts"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "parts": {"type": "array", "items": part}},
    }
    sent = {"content": {"application/json": {"schema": item}}}
    by_id = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    contract = contract_of(
        {
            "/wholes": {"post": {"operationId": "add", "requestBody": sent, "responses": {"201": body(item)}}},
            "/wholes/{id}": {"get": {"operationId": "read", "parameters": by_id, "responses": {"200": body(item)}}},
        }
    )
    with flowmock.running(contract, stateful=True) as running:
        json_ = {"Content-Type": "application/json"}
        created = ask(
            running, "/wholes", method="POST", headers=json_, body='{"parts":[{"name":"a"},{"name":"b"}]}'
        ).json
        read = ask(running, f"/wholes/{created['id']}").json

    assert [part["name"] for part in created["parts"]] == ["a", "b"]
    assert all(isinstance(part["id"], int) for part in created["parts"])
    assert read == created


def test_other_paths_are_not_collections(contract_of: Written) -> None:
    text = {"200": body({"type": "string"})}
    paths = {
        "/say/{word}": {"get": {"responses": text}},
        "/words": {"get": {"responses": text}},
        "/words/{word}": {"get": {"responses": text}},
        "/orphans/{id}": {"get": {"responses": {"200": body(PET)}}, "delete": {"responses": {"204": None}}},
    }

    assert discovery.find_resources(contract_of(paths)) == {}


def test_a_collection_and_the_number_of_collections_are_bounded(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_ITEMS", 3)
    monkeypatch.setattr(store, "MAX_COLLECTIONS", 2)
    for name in ("a", "b", "c"):
        say("POST", "/pets", {"name": name})

    assert [item["name"] for item in say("GET", "/pets").json["results"]] == ["a", "b", "c"]
    for session in ("one", "two"):
        say("GET", "/pets", X_Mock_Session=session)
    assert say("GET", "/pets").json["results"] == [REX, TOM]


def test_an_example_without_the_envelope_of_its_list(contract_of: Written, ask: Ask) -> None:
    paths = pets()
    paths["/pets"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = [REX, TOM]
    with flowmock.running(contract_of(paths), stateful=True) as running:
        listed = ask(running, "/pets").json

    assert listed["count"] == len(listed["results"]) > 0


def bookings() -> dict[str, Any]:
    """A collection whose responses have other types than its requests."""
    boat = {"type": "object", "required": ["id", "name"]}
    boat["properties"] = {"id": {"type": "integer"}, "name": {"type": "string"}}
    tag = {"type": "object", "required": ["id", "label"], "properties": {"id": {"type": "integer"}, "label": {}}}
    fields = {"id": {"type": "integer"}, "price": {"type": "string"}, "guests": {"type": "integer"}, "boat": boat}
    fields["tags"] = {"type": "array", "items": tag}
    booking = {"type": "object", "required": ["id", "price", "boat"], "properties": fields}
    sent = {"price": {"type": "number"}, "guests": {"type": "string"}, "boat_id": {"type": "integer"}}
    sent["tags"] = {"type": "array", "items": {"type": "integer"}}
    wanted = {"content": {"application/json": {"schema": {"type": "object", "properties": sent}}}}
    item = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}
    return {
        "/bookings": {"post": {"requestBody": wanted, "responses": {"201": body(booking)}}},
        "/bookings/{id}": item | {"get": {"responses": {"200": body(booking)}}},
        "/boats": {"post": {"requestBody": {"content": {"application/json": {}}}, "responses": {"201": body(boat)}}},
        "/boats/{id}": item | {"get": {"responses": {"200": body(boat)}}},
    }


@pytest.mark.parametrize("stateful", [True, False])
def test_what_is_sent_takes_the_types_of_the_response(contract_of: Written, ask: Ask, stateful: bool) -> None:
    sent = {"price": 9.5, "guests": "4", "boat_id": 7, "tags": [2]}
    with flowmock.running(contract_of(bookings()), stateful=stateful) as running:
        headers = {"Content-Type": "application/json"}
        answer = ask(running, "/bookings", method="POST", headers=headers, body=json.dumps(sent))

    assert answer.status == 201
    made = answer.json
    assert (made["price"], made["guests"], made["boat"]["id"]) == ("9.50", 4, 7)
    if stateful:
        assert [tag["id"] for tag in made["tags"]] == [2]


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1_000", " 4"])
def test_a_text_that_is_no_number_of_json_becomes_none(contract_of: Written, ask: Ask, text: str) -> None:
    fields: dict[str, Any] = {"id": {"type": "integer"}, "weight": {"type": "number"}}
    wanted = {"content": {"application/json": {"schema": {"properties": {"weight": {"type": "string"}}}}}}
    made = body({"type": "object", "required": ["id", "weight"], "properties": fields})
    paths = {"/parcels": {"post": {"requestBody": wanted, "responses": {"201": made}}}}
    with flowmock.running(contract_of(paths)) as running:
        sent = json.dumps({"weight": text})
        answer = ask(running, "/parcels", method="POST", headers={"Content-Type": "application/json"}, body=sent)

    assert answer.status == 201
    json.loads(answer.body, parse_constant=pytest.fail)
    assert answer.json["weight"] not in (1000, 4)


@pytest.mark.parametrize("stateful", [True, False])
def test_the_response_to_an_upload_describes_its_file(contract_of: Written, ask: Ask, stateful: bool) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    image = {"type": "object", "required": ["id", "filename", "content_type", "size", "size_bytes"]}
    image["properties"] = {"id": number, "filename": text | {"readOnly": True}, "content_type": text, "size": number}
    image["properties"]["size_bytes"] = number
    form = {"type": "object", "properties": {"file": text | {"format": "binary"}}}
    ids = [{"name": "imageId", "in": "path", "required": True, "schema": number}]
    paths = {
        "/images": {
            "post": {
                "requestBody": {"content": {"multipart/form-data": {"schema": form}}},
                "responses": {"201": body(image)},
            }
        },
        "/images/{imageId}": {"get": {"parameters": ids, "responses": {"200": body(image)}}},
    }
    lines = ["--cut", 'Content-Disposition: form-data; name="file"; filename="a.gif"', "Content-Type: image/gif"]
    sent = "\r\n".join([*lines, "", "GIF89a", "--cut--", ""])
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        headers = {"Content-Type": "multipart/form-data; boundary=cut"}
        made = ask(running, "/images", method="POST", headers=headers, body=sent).json

    assert (made["filename"], made["content_type"], made["size"]) == ("a.gif", "image/gif", 6)
    assert made["size_bytes"] == 6


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize(
    ("media_type", "endings"),
    [
        ("multipart/form-data", {"url": "a b.pdf", "thumbnail_url": ".png", "homepage": ""}),
        ("image/gif", {"url": ".gif", "thumbnail_url": ".png", "homepage": ""}),
    ],
)
def test_the_url_of_an_uploaded_file_ends_as_the_file_does(
    contract_of: Written, ask: Ask, media_type: str, endings: dict[str, str], *, stateful: bool
) -> None:
    text, url = {"type": "string"}, {"type": "string", "format": "uri"}
    file = {"type": "object", "properties": {"id": text, "content_type": text} | dict.fromkeys(endings, url)}
    file["required"] = [*file["properties"]]
    schema = text | {"format": "binary"}
    if media_type == "multipart/form-data":
        schema = {"type": "object", "properties": {"file": schema}}
    post = {"requestBody": {"content": {media_type: {"schema": schema}}}, "responses": {"201": body(file)}}
    ids = [{"name": "id", "in": "path", "required": True, "schema": text}]
    read = {"parameters": ids, "responses": {"200": body(file)}}
    lines = ["--cut", 'Content-Disposition: form-data; name="file"; filename="a b.pdf"', "", "%PDF", "--cut--", ""]
    sent = "\r\n".join(lines) if media_type == "multipart/form-data" else "GIF89a"
    with flowmock.running(
        contract_of({"/files": {"post": post}, "/files/{id}": {"get": read}}), stateful=stateful
    ) as it:
        headers = {"Content-Type": f"{media_type}; boundary=cut"}
        made = ask(it, "/files", method="POST", headers=headers, body=sent)

    assert made.status == 201
    for name, ending in endings.items():
        assert made.json[name].endswith(ending.replace(" ", "%20"))
    assert "." not in made.json["homepage"].rpartition("/")[2]


@pytest.mark.parametrize("stateful", [True, False])
def test_a_user_with_a_new_picture_has_its_url(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    url = {"type": "string", "format": "uri"}
    user = {"type": "object", "required": ["id", "url", "avatar_url"]}
    user["properties"] = {"id": {"type": "integer"}, "url": url, "avatar_url": url}
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    sent = {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
    user_ref = body({"$ref": "#/components/schemas/User"})
    listed = body({"type": "array", "items": {"$ref": "#/components/schemas/User"}})
    paths = {
        "/users": {"get": {"responses": {"200": listed}}},
        "/users/{id}": {"get": {"parameters": ids, "responses": {"200": user_ref}}},
        "/users/{id}/avatar": {
            "post": {"parameters": ids, "requestBody": sent, "responses": {"200": user_ref}},
        },
    }
    contract = contract_of(paths, components={"schemas": {"User": user}})
    with flowmock.running(contract, stateful=stateful) as running:
        before = ask(running, "/users").json[0]
        headers = {"Content-Type": "image/jpeg"}
        after = ask(running, f"/users/{before['id']}/avatar", method="POST", headers=headers, body="JFIF").json

        assert after["avatar_url"].endswith(".jpg")
        assert after["url"] == before["url"] or not stateful
        assert not after["url"].endswith(".jpg")
        if stateful:
            assert ask(running, f"/users/{before['id']}").json == after


def test_a_collection_starts_with_the_items_that_a_mock_without_memory_has(contract_of: Written, ask: Ask) -> None:
    paths = pets()
    envelope = {"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "items": PET}}}
    paths["/pets"]["get"] = {"operationId": "list", "responses": {"200": body(envelope)}}
    with flowmock.running(contract_of(paths)) as plain, flowmock.running(contract_of(paths), stateful=True) as kept:
        listed = ask(plain, "/pets").json["results"]

        assert listed == ask(kept, "/pets").json["results"]
        assert ask(plain, f"/pets/{listed[0]['id']}").json == ask(kept, f"/pets/{listed[0]['id']}").json


def test_every_item_of_a_list_with_many_items_can_be_read_and_changed(contract_of: Written, ask: Ask) -> None:
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract_of(pets()), stateful=True) as running:
        listed = ask(running, "/pets", headers={"Prefer": "items=9"}).json["results"]
        read = [ask(running, f"/pets/{each['id']}").json for each in listed]
        assert ask(running, "/pets").json["count"] == 2
        last = listed[-1]["id"]
        changed = ask(running, f"/pets/{last}", method="PATCH", headers=headers, body='{"name": "Ahab"}')
        assert ask(running, f"/pets/{last}").json["name"] == "Ahab"
        ask(running, f"/pets/{last}", method="DELETE")
        again = ask(running, "/pets", headers={"Prefer": "items=9"}).json["results"]

    assert len(listed) == 9
    assert [each["id"] for each in read] == [each["id"] for each in listed]
    assert changed.status == 200
    assert last not in [each["id"] for each in again]


def test_an_image_can_be_shown_after_it_was_sent(contract_of: Written, ask: Ask) -> None:
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "readOnly": True}}}
    sent = {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
    image = {"description": "", "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
    paths = {
        "/images": {"post": {"requestBody": sent, "responses": {"201": body(item)}}},
        "/images/{id}": {"get": {"parameters": ids, "responses": {"200": image}}},
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        made = ask(running, "/images", method="POST", headers={"Content-Type": "image/jpeg"}, body="JFIF").json
        shown = ask(running, f"/images/{made['id']}")

    assert (shown.status, shown["content-type"]) == (200, "image/jpeg")
    assert shown.body == b"JFIF"


def test_an_id_that_is_sent_stands_for_the_item_of_its_collection(contract_of: Written, ask: Ask) -> None:
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract_of(bookings()), stateful=True) as running:
        boat = ask(running, "/boats", method="POST", headers=headers, body='{"name": "Pequod"}').json
        sent = json.dumps({"boat_id": boat["id"]})
        booking = ask(running, "/bookings", method="POST", headers=headers, body=sent).json

    assert booking["boat"] == boat


def test_the_id_can_have_the_words_of_the_parameter_besides_the_name_of_the_collection(
    contract_of: Written, ask: Ask
) -> None:
    customer = {
        "type": "object",
        "required": ["internal_id", "external_id", "name"],
        "properties": {name: {"type": "string"} for name in ("internal_id", "external_id", "name")},
    }
    sent = {"content": {"application/json": {"schema": customer | {"required": ["external_id"]}}}}
    parameter = {"name": "external_customer_id", "in": "path", "required": True, "schema": {"type": "string"}}
    contract = contract_of(
        {
            "/customers": {
                "get": {"responses": {"200": body({"type": "array", "items": customer})}},
                "post": {"requestBody": sent, "responses": {"201": body(customer)}},
            },
            "/customers/{external_customer_id}": {
                "parameters": [parameter],
                "get": {"responses": {"200": body(customer), "404": body(ERROR)}},
                "delete": {"responses": {"204": {"description": ""}}},
            },
        }
    )
    with flowmock.running(contract, stateful=True) as serves:
        created = ask(serves, "/customers", method="POST", body=json.dumps({"external_id": "c1", "name": "Ann"}))
        read = ask(serves, "/customers/c1")
        ask(serves, "/customers/c1", method="DELETE")
        after = ask(serves, "/customers/c1")

    assert created.json["external_id"] == "c1"
    assert read.json == created.json
    assert after.status == 404


def test_the_start_panel_says_what_is_kept_and_what_is_not(contract_of: Written) -> None:
    paths = pets()
    token = {"get": {"parameters": [], "responses": {"200": body({"type": "object"})}}}
    path = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    paths |= {"/values": {"post": {"responses": {"200": body({"type": "object"})}}}}
    paths |= {"/values/{key}": token | {"parameters": [path]}}
    shown = []
    for stateful in (True, False):
        with flowmock.running(contract_of(paths), stateful=stateful) as serves:
            startup.show(serves, out := io.StringIO())
            shown.append(out.getvalue())

    kept = "Keeps:   changes of /pets; not: /values, whose items have no field with the ID of their path\n"
    assert kept in shown[0]
    assert "Keeps" not in shown[1]


@pytest.mark.parametrize("stateful", [True, False])
def test_what_a_client_leaves_out_agrees_with_what_it_sends(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    text, number, moment = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "date-time"}
    line = {"type": "object", "required": ["currency", "price"], "properties": {"currency": text, "price": number}}
    offer = {
        "id": {"type": "integer"},
        "status": {"type": "string", "enum": ["paid", "overdue"]},
        "paid_on": {"type": "string", "format": "date"},
        "currency": text,
        "lines": {"type": "array", "minItems": 1, "items": line},
        "total": number,
        "start": moment,
        "end": moment,
    }
    required = [name for name in offer if name != "paid_on"]
    offer_ = {"type": "object", "required": required, "properties": offer}
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    wanted = {"content": {"application/json": {"schema": {"type": "object"}}}}
    paths = {
        "/offers": {"post": {"requestBody": wanted, "responses": {"201": body(offer_)}}},
        "/offers/{id}": {"get": {"parameters": ids, "responses": {"200": body(offer_)}}},
    }
    sent = {"status": "overdue", "currency": "JPY", "start": "2030-01-01T10:00:00Z"}
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        headers = {"Content-Type": "application/json"}
        made = ask(running, "/offers", method="POST", headers=headers, body=json.dumps(sent)).json

    assert {name: made[name] for name in sent} == sent
    assert "paid_on" not in made
    assert {each["currency"] for each in made["lines"]} == {"JPY"}
    assert made["total"] == sum(each["price"] for each in made["lines"])
    assert isinstance(made["total"], int)
    assert made["end"].startswith("2030-01-01T1")


@pytest.mark.parametrize("documented", ["item", "nothing"])
@pytest.mark.parametrize(
    ("action", "status"),
    [("cancel", "canceled"), ("check-in", "checked_in"), ("publish", "published"), ("mark-as-paid", "paid")],
)
def test_an_action_changes_the_status_that_is_named_so(
    contract_of: Written, ask: Ask, action: str, status: str, documented: str
) -> None:
    moment = {"type": ["string", "null"], "format": "date-time"}
    order = {"type": "object", "required": ["id", "status", "canceled_at", "is_published"]}
    order["properties"] = {
        "id": {"type": "integer"},
        "status": {"enum": ["open", "canceled", "checked_in", "published", "paid"]},
        "canceled_at": moment,
        "is_published": {"type": "boolean"},
    }
    ids = [{"name": "orderId", "in": "path", "required": True, "schema": {"type": "integer"}}]
    done = {"200": body(order)} if documented == "item" else {"204": {"description": ""}}
    paths = {
        "/orders": {"post": {"responses": {"201": body(order)}}},
        "/orders/{orderId}": {"parameters": ids, "get": {"responses": {"200": body(order)}}},
        f"/orders/{{orderId}}/{action}": {"parameters": ids, "post": {"responses": done}},
    }
    with flowmock.running(contract_of(paths, openapi="3.1.0"), stateful=True) as running:
        made = ask(running, "/orders", method="POST", body="{}").json
        answer = ask(running, f"/orders/{made['id']}/{action}", method="POST")
        order = ask(running, f"/orders/{made['id']}").json

    assert answer.status == int(next(iter(done)))
    assert (made["status"], order["status"]) == ("open", status)
    assert (order["canceled_at"] is not None) == (status == "canceled")
    assert order["is_published"] == (status == "published")


@pytest.mark.parametrize("action", ["cancel", "cancellation"])
@pytest.mark.parametrize(("documented", "expected"), [("409", 409), ("422", 200)])
def test_an_action_that_is_done_already_is_the_documented_conflict(
    contract_of: Written, ask: Ask, documented: str, expected: int, action: str
) -> None:
    order = {"type": "object", "required": ["id", "status"]}
    order["properties"] = {"id": {"type": "integer"}, "status": {"enum": ["open", "cancelled"]}}
    ids = [{"name": "orderId", "in": "path", "required": True, "schema": {"type": "integer"}}]
    said = {"200": body(order), documented: {"description": ""}}
    paths = {
        "/orders": {"post": {"responses": {"201": body(order)}}},
        "/orders/{orderId}": {"parameters": ids, "get": {"responses": {"200": body(order)}}},
        f"/orders/{{orderId}}/{action}": {"parameters": ids, "post": {"responses": said}},
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        made = ask(running, "/orders", method="POST", body="{}").json
        replies = [ask(running, f"/orders/{made['id']}/{action}", method="POST").status for _ in range(2)]

    assert replies == [200, expected]


@pytest.mark.parametrize("stateful", [True, False])
def test_an_action_on_an_item_of_a_list_without_reads_returns_that_item(
    contract_of: Written, ask: Ask, stateful: bool
) -> None:
    guest = {"type": "object", "required": ["id", "name", "checked_in"]}
    guest["properties"] = {"id": {"type": "integer"}, "name": {"type": "string"}, "checked_in": {"type": "boolean"}}
    guests = {"type": "array", "items": guest}
    parties, ids = ([{"name": n, "in": "path", "required": True, "schema": {"type": "integer"}}] for n in ("p", "id"))
    paths = {
        "/parties/{p}/guests": {"parameters": parties, "get": {"responses": {"200": body(guests)}}},
        "/parties/{p}/guests/{id}/check-in": {
            "parameters": [*parties, *ids],
            "post": {"responses": {"200": body(guest)}},
        },
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        known = ask(running, "/parties/1/guests").json
        made = [ask(running, f"/parties/1/guests/{each['id']}/check-in", method="POST").json for each in known]
        afterwards = ask(running, "/parties/1/guests").json

    assert made == [{**each, "checked_in": True} for each in known]
    assert afterwards == (made if stateful else known)


@pytest.mark.parametrize("stateful", [True, False])
def test_what_is_about_an_end_is_there_after_the_action_with_what_was_sent(
    contract_of: Written, ask: Ask, stateful: bool
) -> None:
    moment, text = {"type": "string", "format": "date-time"}, {"type": ["string", "null"]}
    end = {"type": "object", "required": ["cancelled_at", "fee"]}
    end["properties"] = {"cancelled_at": moment, "reason": text, "fee": {"type": "integer"}}
    order = {"type": "object", "required": ["id", "status", "updated_at"]}
    order["properties"] = {"id": {"type": "integer"}, "status": {"enum": ["open", "cancelled"]}, "updated_at": moment}
    order["properties"] |= {"cancellation": end, "cancellation_reason": text}
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    sent = {"content": {"application/json": {"schema": {"type": "object", "properties": {"reason": text}}}}}
    cancel = {"parameters": ids, "requestBody": sent, "responses": {"200": body(order)}}
    paths = {
        "/orders": {"get": {"responses": {"200": body({"type": "array", "items": order})}}},
        "/orders/{id}": {"parameters": ids, "get": {"responses": {"200": body(order)}}},
        "/orders/{id}/cancel": {"post": cancel},
    }
    with flowmock.running(contract_of(paths, openapi="3.1.0"), stateful=stateful) as running:
        orders = ask(running, "/orders").json
        before = next(each for each in orders if each["status"] == "open")
        headers = {"Content-Type": "application/json"}
        url = f"/orders/{before['id']}/cancel"
        after = ask(running, url, method="POST", headers=headers, body='{"reason": "Ill"}').json

    assert (before.get("cancellation"), before.get("cancellation_reason")) == (None, None)
    assert (after["status"], after["cancellation_reason"], after["cancellation"]["reason"]) == (
        "cancelled",
        "Ill",
        "Ill",
    )
    assert before["updated_at"] < after["cancellation"]["cancelled_at"] <= after["updated_at"]


@pytest.mark.parametrize("stateful", [True, False])
def test_a_creation_holds_what_was_sent_in_an_object_and_what_the_sent_id_is_of(
    contract_of: Written, ask: Ask, stateful: bool
) -> None:
    """A booking of a room: the room, its hotel and its price are those that reads show."""
    text, number, uuid = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "uuid"}

    def thing(**declared: Any) -> dict[str, Any]:
        return {"type": "object", "required": list(declared), "properties": declared}

    hotel = thing(id=uuid, name=text)
    rooms = [
        thing(id=uuid, hotel_id=uuid, nightly_rate=number, kind={"const": kind}, **{kind: number}) for kind in "ab"
    ]
    room = {"oneOf": rooms}
    sent = thing(room_id=uuid, nights=number, payment=thing(method=text))
    status = {"enum": ["open", "paid"]}
    booking = thing(
        id=uuid, hotel_id=uuid, hotel_name=text, room=room, nights=number, nightly_rate=number, total=number,
        payment_method={"enum": ["card", "cash"]}, status=status,
    )  # fmt: skip
    ids = [{"name": "id", "in": "path", "required": True, "schema": uuid}]
    create = {"requestBody": {"content": {"application/json": {"schema": sent}}}, "responses": {"201": body(booking)}}
    paths = {
        "/bookings": {"post": create, "get": {"responses": {"200": body({"type": "array", "items": booking})}}},
        "/bookings/{id}": {"parameters": ids, "get": {"responses": {"200": body(booking)}}},
    }
    for name, each in {"hotels": hotel, "rooms": room}.items():
        paths[f"/{name}"] = {"get": {"responses": {"200": body({"type": "array", "items": each})}}}
        paths[f"/{name}/{{id}}"] = {"parameters": ids, "get": {"responses": {"200": body(each)}}}
    with flowmock.running(contract_of(paths, openapi="3.1.0"), stateful=stateful) as running:
        hotels = {each["id"]: each["name"] for each in ask(running, "/hotels").json}
        for room in ask(running, "/rooms").json:
            asked = json.dumps({"room_id": room["id"], "nights": 3, "payment": {"method": "cash"}})
            headers = {"Content-Type": "application/json"}
            made = ask(running, "/bookings", method="POST", headers=headers, body=asked).json

            assert made["room"] == room
            assert (made["hotel_id"], made["hotel_name"]) == (room["hotel_id"], hotels[room["hotel_id"]])
            assert (made["nightly_rate"], made["total"]) == (room["nightly_rate"], 3 * room["nightly_rate"])
            assert (made["payment_method"], made["status"]) == ("cash", "open")


def shop(conflict: str = "This slug already exists.") -> dict[str, Any]:
    item = {
        "type": "object",
        "required": ["id", "slug", "shelf_id"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "slug": {"type": "string"},
            "shelf_id": {"type": "integer"},
        },
    }
    shelf = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    patch = {"type": "object", "properties": {name: item["properties"][name] for name in ("slug", "shelf_id")}}
    errors = {"404": {"description": "unknown"}, "409": {"description": conflict}, "422": {"description": "invalid"}}

    def body(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    def on(status: str, schema: Any, sent: Any = None) -> dict[str, Any]:
        request = {"requestBody": {"required": True, **body(sent)}} if sent else {}
        return {"responses": {status: {"description": "", **body(schema)}, **errors}, **request}

    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    return {
        "/wares": {"get": on("200", {"type": "array", "items": item}), "post": on("201", item, item)},
        "/wares/{id}": {"parameters": parameters, "get": on("200", item), "patch": on("200", item, patch)},
        "/shelves": {"get": on("200", {"type": "array", "items": shelf})},
        "/shelves/{id}": {"parameters": parameters, "get": on("200", shelf)},
    }


def test_a_patch_gets_the_errors_that_a_creation_gets(ask: Ask, contract_of: Any) -> None:
    with flowmock.running(contract_of(shop(), openapi="3.1.0"), stateful=True) as running:
        one, other, *_ = ask(running, "/wares").json

        def patch(**members: Any) -> int:
            json_type = {"Content-Type": "application/json"}
            target = f"/wares/{one['id']}"
            return int(ask(running, target, method="PATCH", headers=json_type, body=json.dumps(members)).status)

        statuses = [
            patch(slug=other["slug"]), patch(slug=one["slug"]), patch(slug="new"), patch(shelf_id=-1), patch(slug=None),
            patch(shelf_id=other["shelf_id"]),
        ]  # fmt: skip

    assert statuses == [409, 200, 200, 404, 422, 200]
