"""Changes that the reads of other paths show, with `stateful`: what is created below an item, and read elsewhere."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock import startup

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT, NUMBER = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer", "minimum": 0}
NONE = {"description": ""}
UNKNOWN = "99999999-9999-4999-8999-999999999999"


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def does(status: str, schema: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    return {"responses": {status: said(schema) if schema else NONE, "404": NONE, **more}, **sent}


def at(path: str, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in names]
    return {path: {**operations, "parameters": parameters}}


ALBUM = of(id=UUID, title=TEXT, track_count=NUMBER)
LISTED_TRACK = of(id=UUID, album_id=UUID, title=TEXT)
TRACK = of(id=UUID, album_id=UUID, title=TEXT, lyrics=TEXT, takes=several(of(id=UUID, seconds=NUMBER)))
NOTE = of(id=UUID, track_id=UUID, text=TEXT)
PATHS = {
    **at("/albums", get=does("200", several(ALBUM))),
    **at("/albums/{album_id}", get=does("200", ALBUM)),
    **at(
        "/albums/{album_id}/tracks",
        get=does("200", several(LISTED_TRACK)),
        post=does("201", TRACK, of(title=TEXT)),
    ),
    **at(
        "/tracks/{track_id}",
        get=does("200", TRACK),
        patch=does("200", TRACK, {"type": "object", "properties": {"title": TEXT}}),
        delete=does("204"),
    ),
    **at("/tracks/{track_id}/notes", get=does("200", several(NOTE)), post=does("201", NOTE, of(text=TEXT))),
    **at(
        "/notes/{note_id}",
        patch=does("200", NOTE, {"type": "object", "properties": {"text": TEXT}}),
        delete=does("204"),
    ),
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        yield running


@pytest.fixture
def send(running: flowmock.Running, ask: Ask) -> Ask:
    """Send an object as JSON: `send("POST", "/albums", {…})`."""

    def sending(method: str, path: str, value: Any) -> Any:
        headers = {"content-type": "application/json"}
        return ask(running, path, method=method, headers=headers, body=json.dumps(value))

    return sending


def test_what_is_created_below_an_item_is_read_elsewhere(running: flowmock.Running, ask: Ask, send: Ask) -> None:
    album = ask(running, "/albums").json[0]["id"]
    before = ask(running, f"/albums/{album}/tracks").json

    first, second = (send("POST", f"/albums/{album}/tracks", {"title": title}) for title in ("One", "Two"))

    assert first.json["id"] != second.json["id"]
    assert (first.json["album_id"], first.json["takes"]) == (album, [])
    assert ask(running, f"/tracks/{first.json['id']}").json == first.json
    listed = ask(running, f"/albums/{album}/tracks").json
    assert [each["title"] for each in listed] == [*(each["title"] for each in before), "One", "Two"]
    assert listed[-1].keys() == LISTED_TRACK["properties"].keys()


def test_it_is_changed_and_deleted_at_its_own_path(running: flowmock.Running, ask: Ask, send: Ask) -> None:
    album = ask(running, "/albums").json[0]["id"]
    track = send("POST", f"/albums/{album}/tracks", {"title": "One"}).json["id"]

    send("PATCH", f"/tracks/{track}", {"title": "Other"})
    assert ask(running, f"/albums/{album}/tracks").json[-1]["title"] == "Other"

    assert ask(running, f"/tracks/{track}", method="DELETE").status == 204
    assert ask(running, f"/tracks/{track}").status == 404
    assert track not in [each["id"] for each in ask(running, f"/albums/{album}/tracks").json]


def test_items_below_items_that_are_below_others_are_changed(running: flowmock.Running, ask: Ask, send: Ask) -> None:
    album = ask(running, "/albums").json[0]["id"]
    track = ask(running, f"/albums/{album}/tracks").json[0]["id"]
    note = send("POST", f"/tracks/{track}/notes", {"text": "First"}).json["id"]

    changed = send("PATCH", f"/notes/{note}", {"text": "Changed"}).json

    assert changed == {"id": note, "track_id": track, "text": "Changed"}
    assert changed in ask(running, f"/tracks/{track}/notes").json
    assert ask(running, f"/notes/{note}", method="DELETE").status == 204
    assert changed not in ask(running, f"/tracks/{track}/notes").json
    assert ask(running, f"/notes/{note}", method="DELETE").status == 404


NAME = {"type": "string", "examples": ["night-trains"]}
PROFILES = {
    **at(
        "/profiles",
        get=does("200", several(of(id=UUID, slug=NAME))),
        post=does("201", of(id=UUID, slug=NAME), of(slug=NAME), **{"409": {"description": "Conflict"}}),
    ),
    **at("/profiles/{profile_id}", get=does("200", of(id=UUID, slug=NAME))),
}


def test_names_of_initial_items_are_taken_but_for_the_example(contract_of: Written, ask: Ask) -> None:
    headers = {"content-type": "application/json"}
    with flowmock.running(contract_of(PROFILES), stateful=True) as running:
        known = {each["slug"] for each in ask(running, "/profiles").json}

        def created(slug: str) -> int:
            body = json.dumps({"slug": slug})
            status: int = ask(running, "/profiles", method="POST", headers=headers, body=body).status
            return status

        assert "night-trains" in known
        assert {created(slug) for slug in known - {"night-trains"}} == {409}
        assert [created(slug) for slug in ("new", "new", "night-trains", "night-trains")] == [201, 409, 201, 409]


COVER = of(url={"type": "string", "format": "uri"}, alt=TEXT)
NULLABLE = {"anyOf": [COVER, {"type": "null"}]}
SHELF = of(id=UUID, cover=NULLABLE, badge_url={"type": ["string", "null"]}, state={"enum": ["new", "old"]})
SHELVES = {
    **at("/shelves", get=does("200", several(SHELF))),
    **at("/shelves/{shelf_id}", get=does("200", SHELF)),
    **at(
        "/shelves/{shelf_id}/cover",
        put=does("200", COVER, of(alt=TEXT)),
        patch=does("200", COVER, {"type": "object", "properties": {"alt": TEXT}}),
        delete=does("204"),
    ),
    **at("/shelves/{shelf_id}/badge", put=does("200", of(url=TEXT), of(url=TEXT)), delete=does("204")),
    **at("/shelves/{shelf_id}/state", put=does("204", body=of(state=TEXT)), get=does("200", TEXT)),
}


def test_parts_with_a_path_of_their_own_are_changed_in_their_item(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(SHELVES, openapi="3.1.0"), stateful=True) as running:
        shelf = f"/shelves/{ask(running, '/shelves').json[0]['id']}"

        def change(method: str, part: str, **sent: Any) -> Any:
            headers = {"content-type": "application/json"}
            response = ask(running, f"{shelf}/{part}", method=method, headers=headers, body=json.dumps(sent))
            assert response.status in (200, 204)
            return ask(running, shelf).json

        cover = change("PUT", "cover", alt="A")["cover"]
        assert cover["alt"] == "A"
        assert change("PATCH", "cover", alt="B")["cover"] == {**cover, "alt": "B"}
        assert change("PUT", "badge", url="https://a.example/b")["badge_url"] == "https://a.example/b"
        assert change("PUT", "state", state="old")["state"] == change("PUT", "state", state="old")["state"] == "old"
        assert change("PUT", "state", state="new")["state"] == "new"
        assert ask(running, f"{shelf}/state").json == "new"
        assert ask(running, f"{shelf}/cover", method="DELETE").status == 204
        assert ask(running, f"{shelf}/badge", method="DELETE").status == 204
        assert ask(running, shelf).json.items() >= {"cover": None, "badge_url": None, "state": "new"}.items()


CREW = {"$ref": "#/components/schemas/PersonRef"}
PERSON = of(id=UUID, name=TEXT, phone=TEXT)
FILM = of(id=UUID, title=TEXT, persons=several(CREW))
NEW_FILM = {"type": "object", "properties": {"title": TEXT, "person_ids": several(UUID)}}
FILMS = {
    **at("/persons", get=does("200", several(PERSON))),
    **at("/persons/{person_id}", get=does("200", PERSON)),
    **at("/films", get=does("200", several(FILM)), post=does("201", FILM, NEW_FILM)),
    **at("/films/{film_id}", get=does("200", FILM), patch=does("200", FILM, NEW_FILM)),
}
REF = {"components": {"schemas": {"PersonRef": of(id=UUID, name=TEXT)}}}


@pytest.mark.parametrize("stateful", [False, True])
def test_lists_of_ids_stand_for_the_items(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    with flowmock.running(contract_of(FILMS, **REF), stateful=stateful) as running:
        persons = [{"id": each["id"], "name": each["name"]} for each in ask(running, "/persons").json[:2]]

        def write(method: str, path: str, *ids: str) -> Any:
            body = json.dumps({"title": "Tide", "person_ids": ids})
            return ask(running, path, method=method, headers={"content-type": "application/json"}, body=body)

        created = write("POST", "/films", *(each["id"] for each in persons)).json
        assert created["persons"] == persons
        film = f"/films/{created['id']}"
        assert write("PATCH", film, persons[1]["id"]).json["persons"] == persons[1:]
        if stateful:
            assert ask(running, film).json["persons"] == persons[1:]
            assert write("POST", "/films", persons[0]["id"], UNKNOWN).status == 404


ANSWER = of(id=UUID, text=TEXT)
POST = of(id=UUID, text=TEXT, reply_count=NUMBER, replies=several(ANSWER))
THREAD = {"$ref": "#/components/schemas/Thread"}
THREADS = {"components": {"schemas": {"Thread": of(id=UUID, text=TEXT, children=several(THREAD))}}}
NEW = {"type": "object", "properties": {"text": TEXT, "in_reply_to": UUID, "parent_id": UUID}}
FORUM = {
    **at("/posts", get=does("200", several(POST)), post=does("201", POST, NEW)),
    **at("/posts/{post_id}", get=does("200", POST), patch=does("200", POST, NEW), delete=does("204")),
    **at("/threads", get=does("200", several(THREAD)), post=does("201", THREAD, NEW)),
    **at("/threads/{thread_id}", get=does("200", THREAD), delete=does("204")),
}


def test_replies_are_in_the_item_that_they_reply_to(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(FORUM), stateful=True) as running:

        def write(method: str, path: str, **sent: Any) -> Any:
            headers = {"content-type": "application/json"}
            return ask(running, path, method=method, headers=headers, body=json.dumps(sent))

        size = len(ask(running, "/posts").json)
        post = write("POST", "/posts", text="A").json["id"]
        first = write("POST", "/posts", text="B", in_reply_to=post).json["id"]
        second = write("POST", "/posts", text="C", in_reply_to=first).json["id"]
        expected = [{"id": first, "text": "B"}, {"id": second, "text": "C"}]
        assert ask(running, f"/posts/{post}").json["replies"] == expected
        assert len(ask(running, "/posts").json) == size + 1
        write("PATCH", f"/posts/{first}", text="Changed")
        write("PATCH", f"/posts/{post}", text="Other")
        ask(running, f"/posts/{second}", method="DELETE")
        found = {"text": "Other", "replies": [{"id": first, "text": "Changed"}]}
        assert ask(running, f"/posts/{post}").json.items() >= found.items()
        assert write("POST", "/posts", text="D", in_reply_to=UNKNOWN).status == 404

        known = ask(running, "/posts").json[0]["replies"][0]["id"]  # It has no path of its own.
        assert write("POST", "/posts", text="E", in_reply_to=known).status == 201
        assert ask(running, "/posts").json[0]["replies"][-1]["text"] == "E"


def test_children_may_have_children(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(FORUM, **THREADS), stateful=True) as running:

        def created(**sent: Any) -> str:
            headers = {"content-type": "application/json"}
            response = ask(running, "/threads", method="POST", headers=headers, body=json.dumps(sent))
            assert response.status == 201
            item_id: str = response.json["id"]
            return item_id

        thread = created(text="A")
        child = created(text="B", parent_id=thread)
        created(text="C", parent_id=child)
        (found,) = ask(running, f"/threads/{thread}").json["children"]
        assert (found["text"], [each["text"] for each in found["children"]]) == ("B", ["C"])
        ask(running, f"/threads/{thread}", method="DELETE")
        assert ask(running, f"/threads/{child}").status == 404


SHEET = of(id=UUID, title=TEXT, version={"type": "integer", "minimum": 1})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"description": 'The version in quotes, e.g. `"7"`', "schema": TEXT}, '"{}"'),
        ({"example": 'W/"v7"', "schema": TEXT}, 'W/"v{}"'),
        ({"description": "Of the current version", "schema": TEXT}, None),
    ],
)
def test_a_version_is_incremented_and_is_the_etag_if_that_says_so(
    contract_of: Written, ask: Ask, header: Any, expected: str | None
) -> None:
    shown = {**said(SHEET), "headers": {"ETag": header}}
    changed = does("200", SHEET, {"type": "object", "properties": {"title": TEXT}}, **{"412": NONE})
    paths = {
        **at("/sheets", get=does("200", several(SHEET))),
        **at("/sheets/{sheet_id}", get={"responses": {"200": shown}}, patch=changed),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        sheet = f"/sheets/{ask(running, '/sheets').json[0]['id']}"
        before = ask(running, sheet)
        etag = before["etag"]
        assert expected is None or etag == expected.format(before.json["version"])
        headers = {"content-type": "application/json", "if-match": etag.removeprefix("W/")}
        answers = [ask(running, sheet, method="PATCH", headers=headers, body='{"title": "B"}') for _ in range(2)]
        assert [each.status for each in answers] == [200, 412]
        assert ask(running, sheet).json["version"] == before.json["version"] + 1


def test_without_memory_what_was_sent_and_what_was_not_stays(contract_of: Written, ask: Ask) -> None:
    slug = {"type": "string", "pattern": "^[a-z-]+$", "example": "night-trains"}
    show = of(id=UUID, title=TEXT, slug=slug)
    changed = does("200", show, {"type": "object", "properties": {"title": TEXT}})
    paths = {
        **at("/shows", post=does("201", show, of(title=TEXT, slug=slug))),
        **at("/shows/{show_id}", get=does("200", show), patch=changed),
    }
    headers = {"content-type": "application/json"}
    with flowmock.running(contract_of(paths)) as running:
        sent = {"title": "Sea Stories", "slug": "night-trains"}
        created = ask(running, "/shows", method="POST", headers=headers, body=json.dumps(sent)).json
        show_path = f"/shows/{created['id']}"
        before = ask(running, show_path).json
        after = ask(running, show_path, method="PATCH", headers=headers, body='{"title": "Sea Trips"}').json

    assert created.items() >= sent.items()
    assert after == {**before, "title": "Sea Trips"}


def test_examples_of_lists_keep_the_members_that_only_lists_have(contract_of: Written, ask: Ask) -> None:
    song = of(id=TEXT, title=TEXT, text=TEXT)
    short = of(id=TEXT, title=TEXT, cover_url=TEXT)
    whole, listed = {"id": "a", "title": "A", "text": "La"}, {"id": "a", "title": "A", "cover_url": "/a.png"}
    paths = {
        **at("/songs", get=does("200", several(short)), post=does("201", song, of(title=TEXT))),
        **at("/songs/{song_id}", get=does("200", song)),
    }
    paths["/songs"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = [listed]
    paths["/songs/{song_id}"]["get"]["responses"]["200"]["content"]["application/json"]["example"] = whole
    paths["/songs/{song_id}"]["parameters"][0]["schema"] = TEXT
    with flowmock.running(contract_of(paths), stateful=True) as running:
        assert ask(running, "/songs").json == [listed]
        assert ask(running, "/songs/a").json == whole


def test_a_list_of_a_requested_size_has_this_size_after_creations_and_deletions(contract_of: Written, ask: Ask) -> None:
    item = of(id=UUID, title=TEXT)
    paths = {
        **at("/tags", get=does("200", several(item)), post=does("201", item, of(title=TEXT))),
        **at("/tags/{tag_id}", get=does("200", item), delete=does("204")),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:

        def ids(size: int) -> list[str]:
            return [each["id"] for each in ask(running, "/tags", headers={"Prefer": f"items={size}"}).json]

        first = ids(20)
        created = ask(
            running, "/tags", method="POST", headers={"content-type": "application/json"}, body='{"title": "A"}'
        ).json["id"]
        assert ids(20) == [*first[:19], created]
        for item_id in (first[0], first[15]):
            assert ask(running, f"/tags/{item_id}", method="DELETE").status == 204
        after = ids(20)
        assert (len(after), after[-1]) == (20, created)
        assert {first[0], first[15]}.isdisjoint(after)
        assert (ids(0), ids(1)) == ([], [created])
        assert ask(running, f"/tags/{created}", method="DELETE").status == 204
        assert len(ids(20)) == 20


def test_what_is_forgotten_is_said_at_start_and_in_the_log(contract_of: Written, ask: Ask) -> None:
    item = of(id=UUID, title=TEXT)
    paths = {
        **at("/tags", get=does("200", several(item)), post=does("201", item, of(title=TEXT))),
        **at("/tags/{tag_id}", get=does("200", item), delete=does("204")),
        **at("/tags/{tag_id}/votes", post=does("204", body=of(score=NUMBER)), delete=does("204")),
        **at("/search", post=does("200", several(item), of(text=TEXT))),
        **at("/reports", post=does("201", of(url=TEXT), of(text=TEXT))),
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        startup.show(running, out := io.StringIO())
        tag = ask(running, "/tags").json[0]["id"]
        ask(running, f"/tags/{tag}/votes", method="DELETE")
        ask(running, f"/tags/{tag}", method="DELETE")
        rules = [each.rule for each in running.mock.journal.entries()]

    assert "Does not keep: DELETE /tags/{tag_id}/votes, POST /reports\n" in out.getvalue()
    assert [rule.endswith("; does not keep changes") for rule in rules[-2:]] == [True, False]


def test_members_that_hold_items_of_another_collection(contract_of: Written, ask: Ask) -> None:
    book = of(id=UUID, title=TEXT)
    loan = of(book=of(id=UUID, title=TEXT), note=TEXT)
    paths = {
        **at("/books", get=does("200", several(book))),
        **at(
            "/books/{book_id}",
            get=does("200", book),
            patch=does("200", book, {"type": "object", "properties": {"title": TEXT}}),
            delete=does("204"),
        ),
        **at("/me/loans", get=does("200", several(loan))),
        **at(
            "/me/loans/{book_id}",
            put=does("200", loan, of(note=TEXT), **{"201": said(loan)}),
            delete=does("204"),
        ),
    }
    headers = {"content-type": "application/json"}
    with flowmock.running(contract_of(paths), stateful=True) as running:
        books = ask(running, "/books").json
        for each in ask(running, "/me/loans").json:
            assert ask(running, f"/me/loans/{each['book']['id']}", method="DELETE").status == 204
        assert ask(running, "/me/loans").json == []
        loans = [
            ask(running, f"/me/loans/{each['id']}", method="PUT", headers=headers, body='{"note": "A"}')
            for each in (*books[:2], books[0])
        ]
        assert [(each.status, each.json["book"]) for each in loans] == [
            (201, books[0]),
            (201, books[1]),
            (200, books[0]),
        ]
        ask(running, f"/books/{books[0]['id']}", method="PATCH", headers=headers, body='{"title": "New"}')
        ask(running, f"/books/{books[1]['id']}", method="DELETE")
        assert ask(running, "/me/loans").json == [{"book": {**books[0], "title": "New"}, "note": "A"}]
        assert ask(running, f"/me/loans/{UNKNOWN}", method="PUT", headers=headers, body='{"note": "A"}').status == 404
        assert ask(running, f"/me/loans/{books[0]['id']}", method="DELETE").status == 204
        assert ask(running, f"/me/loans/{books[0]['id']}", method="DELETE").status == 404
