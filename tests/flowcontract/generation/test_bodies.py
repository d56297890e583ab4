"""Request bodies as the media type says."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest

from flowcontract.generation import bodies
from flowcontract.generation.sequences.bodies import Bodies, new_marks
from flowcontract.generation.sequences.fields import observed_values
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType


def _media(name: str, content: dict[str, Any], **schemas: Any) -> MediaType:
    operation = {
        "operationId": "send",
        "requestBody": {"content": {name: content}},
        "responses": {"204": {"description": "Done."}},
    }
    paths = {"/things": {"post": operation}}
    contract = Contract({"openapi": "3.1.0", "info": {}, "paths": paths, "components": {"schemas": schemas}})
    return contract.operation("send").request_media[name]


def _object(**properties: Any) -> dict[str, Any]:
    return {"schema": {"type": "object", "required": list(properties), "properties": properties}}


@pytest.mark.parametrize("name", ["application/json", "application/vnd.things+json", "application/*", "*/*"])
def test_json_is_a_valid_value_of_the_schema(name: str) -> None:
    media = _media(name, _object(n={"type": "integer", "minimum": 3}))

    written = bodies.valid_body(media)

    assert written is not None
    assert media.is_valid(json.loads(written[0]))
    assert written[1] == ("application/json" if "*" in name else name)


def test_the_first_example_is_sent_as_it_is() -> None:
    examples = {"examples": {"one": {"value": {"n": 1}}, "two": {"value": {"n": 2}}}}

    assert bodies.valid_body(_media("application/json", examples)) == (b'{"n": 1}', "application/json")


def test_the_same_schema_gives_the_same_body() -> None:
    media = _media("application/json", _object(a={"type": "string", "minLength": 8}, b={"type": "number"}))

    assert bodies.valid_body(media) == bodies.valid_body(media)


def test_a_form_is_url_encoded_and_repeats_lists() -> None:
    media = _media("application/x-www-form-urlencoded", {"example": {"name": "a b", "tags": ["x", "y"], "n": 1}})

    assert bodies.valid_body(media) == (b"name=a+b&tags=x&tags=y&n=1", "application/x-www-form-urlencoded")


def test_a_form_has_objects_in_the_style_of_its_encoding() -> None:
    value = {"scope": {"type": "user", "ids": [1, 2]}, "name": "x"}
    encoding = {"scope": {"style": "deepObject", "explode": True}}
    media = _media("application/x-www-form-urlencoded", {"example": value, "encoding": encoding})

    written = bodies.valid_body(media)

    assert written is not None
    assert parse_qsl(written[0].decode()) == [
        ("scope[type]", "user"),
        ("scope[ids][0]", "1"),
        ("scope[ids][1]", "2"),
        ("name", "x"),
    ]


def test_a_multipart_form_sends_binary_properties_as_files() -> None:
    schema = _object(note={"type": "string"}, photo={"type": "string", "format": "binary"})
    media = _media("multipart/form-data", {**schema, "example": {"note": "hello", "photo": "bytes"}})

    written = bodies.valid_body(media)

    assert written is not None
    body, content_type = written
    assert content_type == "multipart/form-data; boundary=flowcontract-boundary"
    assert b'name="note"\r\n' in body
    assert b'name="photo"; filename="photo.bin"\r\n' in body


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("text/plain", {"example": "hello"}, (b"hello", "text/plain")),
        ("application/xml", {"example": "<a/>"}, (b"<a/>", "application/xml")),
        ("application/xml", {"schema": {"type": "string"}}, None),
        ("text/xml", {"schema": {"type": "string"}}, None),
        ("application/yaml", {"schema": {"type": "object"}}, None),
        ("application/octet-stream", {"example": "raw"}, (b"raw", "application/octet-stream")),
        ("application/json", {"schema": False}, None),
    ],
)
def test_a_body_that_cannot_be_written_is_none(
    name: str, content: dict[str, Any], expected: tuple[bytes, str] | None
) -> None:
    assert bodies.valid_body(_media(name, content)) == expected


@pytest.mark.parametrize("value", [{"example": {"id": 7, "sails": ["jib", "<main>"]}}, {}], ids=["example", "schema"])
@pytest.mark.parametrize(
    ("name", "sent_as"),
    [
        ("application/xml", "application/xml"),
        ("text/xml; charset=utf-8",) * 2,
        ("application/*+xml", "application/xml"),
    ],
)
def test_xml_has_the_names_of_the_schema(name: str, sent_as: str, value: dict[str, Any]) -> None:
    sails = {"type": "array", "items": {"enum": ["jib", "<main>"], "xml": {"name": "sail"}}, "minItems": 2}
    boat = _object(id={"const": 7, "xml": {"attribute": True}}, sails={**sails, "uniqueItems": True})
    boat["schema"]["xml"] = {"name": "boat"}

    written = bodies.valid_body(_media(name, {**boat, **value}))

    assert written is not None
    root = ElementTree.fromstring(written[0])
    assert (root.tag, root.attrib, written[1]) == ("boat", {"id": "7"}, sent_as)
    assert {(each.tag, each.text) for each in root} == {("sail", "jib"), ("sail", "<main>")}


def test_xml_of_a_schema_that_leads_back_to_itself_is_written() -> None:
    reference = {"$ref": "#/components/schemas/Box"}

    written = bodies.valid_body(_media("application/xml", {"schema": reference}, Box={"allOf": [reference]}))

    assert written is not None
    assert ElementTree.fromstring(written[0]).tag == "Box"


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": ["string", "number"]},
    ],
)
def test_where_a_number_may_be_a_text_a_number_is_sent(schema: dict[str, Any]) -> None:
    body = bodies.valid_body(_media("application/json", _object(amount=schema)))

    assert body is not None
    assert isinstance(json.loads(body[0])["amount"], int | float)


def test_a_different_body_has_the_same_properties() -> None:
    media = _media("application/json", _object(pieces={"type": "integer", "minimum": 1, "maximum": 9}))
    made = Bodies(media).minimal()

    assert made is not None
    other = Bodies(media).different(made)
    assert other is not None
    assert other.keys() == made.keys()
    assert other != made
    assert Bodies(_media("application/json", _object(pieces={"const": 1}))).different({"pieces": 1}) is None


def test_a_different_body_may_differ_in_a_part() -> None:
    part = {"type": "object", "properties": {"ticket_id": {"type": "integer"}, "count": {"type": "integer"}}}
    made = Bodies(_media("application/json", _object(parts={"type": "array", "items": part})))

    body = {"parts": [{"ticket_id": 7, "count": 1}]}
    assert Bodies(made.media, {"parts": body["parts"]}).different(body) == {"parts": [{"ticket_id": 7, "count": 2}]}


def test_bodies_differ_in_texts_of_a_pattern_and_in_ids() -> None:
    media = _media(
        "application/json",
        _object(code={"type": "string", "pattern": "^[A-Z]{2}[0-9]{6}$"}, ref={"type": "string", "format": "uuid"}),
    )
    made = Bodies(media)
    first, second = made.minimal(), made.minimal()

    assert first is not None
    assert second is not None
    assert media.is_valid(first)
    assert media.is_valid(second)
    assert all(first[name] != second[name] for name in ("code", "ref"))


def test_members_of_an_object_are_varied_too() -> None:
    address = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    made = Bodies(_media("application/json", _object(address=address)))
    base = made.minimal()

    assert base is not None
    values = [varied.body["address"]["city"] for varied in made.varied(base)]
    assert "Z\u00fcrich \u0395\u03bb\u03bb\u03ac\u03b4\u03b1 \u6f22\u5b57" in values
    assert len(values) > 5


def test_members_of_an_object_are_invalid_too() -> None:
    address = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string", "minLength": 1}}}
    made = Bodies(_media("application/json", _object(address=address)))

    labels = {invalid.label for invalid in made.invalid({"address": {"city": "Oslo"}})}
    assert {"address.city: null", "address.city: a text that is too short"} <= labels


def test_members_of_the_objects_of_an_array_are_invalid_too() -> None:
    line = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "minimum": 1}}}
    lines = {"type": "array", "items": line, "minItems": 1}
    bodies = Bodies(_media("application/json", _object(lines=lines)))

    invalid = {each.label: each.value for each in bodies.invalid({"lines": [{"count": 2}, {"count": 3}]})}

    assert invalid["lines[0].count: a number below the minimum"] == {"lines": [{"count": 0}, {"count": 3}]}


def test_a_property_with_a_default_is_not_left_out() -> None:
    text = {"type": "string"}
    made = Bodies(_media("application/json", _object(name=text, kind={**text, "default": "plain"})))

    labels = {each.label for each in made.invalid({"name": "a", "kind": "b"})}

    assert "without name" in labels
    assert "without kind" not in labels


def test_bodies_of_different_runs_and_of_different_references_differ() -> None:
    media = _media("application/json", _object(name={"type": "string"}, owner_id={"type": "integer"}))
    marks = new_marks("x")
    bodies_made = [Bodies(media, {"owner_id": owner}, marks=marks).minimal() for owner in (1, 1)]
    bodies_made.append(Bodies(media, {"owner_id": 1}, marks=new_marks("y")).minimal())

    assert len({str(body) for body in bodies_made}) == 3


@pytest.mark.parametrize(
    ("schema", "seen", "observed"),
    [
        ({"type": "string"}, ["10.50", None, "7"], "10.50"),
        ({"type": "string"}, ["2024-05-06T07:08:09Z"], "2024-05-06T07:08:09Z"),
        ({"type": "string"}, ["CHF", "EUR"], "CHF"),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, ["10.5"], "10.5"),
        ({"type": "number"}, [0.5], 0.5),
        ({"type": "string"}, ["Clock", "7"], None),
        ({"type": "string", "format": "decimal"}, ["47.37"], "47.37"),
        ({"type": "number", "format": "double"}, [47.37], 47.37),
        ({"type": "string", "format": "date"}, ["2024-05-06"], None),
        ({"type": "string", "readOnly": True}, ["7"], None),
        ({"type": "boolean"}, [True], None),
        ({"type": "string"}, [None], None),
    ],
)
def test_values_that_are_no_words_are_taken_from_what_exists(schema: Any, seen: list[Any], observed: Any) -> None:
    media = _media("application/json", _object(value=schema, part_id={"type": "string", "format": "uuid"}))

    found = observed_values(media, [*({"value": value, "part_id": "a"} for value in seen), None])

    assert found == {"part_id": "a"} | ({} if observed is None else {"value": observed})


def test_the_members_of_an_optional_object_that_may_be_null_are_varied_and_made_invalid() -> None:
    degrees = {"type": "number", "minimum": -90, "maximum": 90}
    place = {"oneOf": [{"type": "object", "required": ["lat"], "properties": {"lat": degrees}}, {"type": "null"}]}
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "place": place}}
    made = Bodies(_media("application/json", {"schema": schema}))
    base = made.smallest() or {}

    assert {"lat": -90} in [one.body.get("place") for one in made.varied(base)]
    assert "place.lat: a number above the maximum" in {one.label for one in made.invalid(base)}


def test_extreme_values_are_sent_where_they_are_valid() -> None:
    schema = _object(
        due={"type": "string", "format": "date"},
        starts_at={"type": "string", "format": "date-time"},
        minutes={"type": "integer"},
        percent={"type": "integer", "maximum": 100},
        price={"type": "integer", "format": "int64"},
    )
    base = {"due": "2027-03-01", "starts_at": "2027-03-01T09:00:00Z", "minutes": 3, "percent": 4, "price": 5}

    sent = {
        label: json.loads(content).items() - base.items()
        for label, content in Bodies(_media("application/json", schema)).unusual(base)
    }

    assert sent == {
        "the first day of the year 1 for due": {("due", "0001-01-01")},
        "the last day of the year 9999 for due": {("due", "9999-12-31")},
        "the first day of the year 1 for starts_at": {("starts_at", "0001-01-01T00:00:00Z")},
        "the last day of the year 9999 for starts_at": {("starts_at", "9999-12-31T23:59:59Z")},
        "an integer beyond 64 bits for minutes": {("minutes", 2**63)},
    }


def test_no_two_bodies_book_the_same_time_and_periods_keep_their_length() -> None:
    moment, day = {"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}
    media = _media("application/json", _object(starts_at=moment, first=day, last=day))
    made = Bodies(media, marks=new_marks("a"))
    base = {"starts_at": "2025-03-01T09:30:00Z", "first": "2025-03-01", "last": "2025-03-04"}

    bodies_made = [made.fresh(base) or {} for _ in range(50)]

    assert len({body["starts_at"] for body in bodies_made}) == 50
    assert all(media.is_valid(body) for body in bodies_made)
    periods = sorted((body["first"], body["last"]) for body in bodies_made)
    assert all(date.fromisoformat(last) - date.fromisoformat(first) == timedelta(3) for first, last in periods)
    assert all(last < first for (_, last), (first, _) in pairwise(periods))


def test_a_time_that_was_chosen_stays() -> None:
    media = _media("application/json", _object(at={"type": "string", "format": "date-time"}))

    assert Bodies(media).fresh({"at": "2016-12-31T23:59:60Z"}) == {"at": "2016-12-31T23:59:60Z"}
    assert Bodies(media).fresh({"at": "2025-03-01T09:30:00Z"}, ["at"]) == {"at": "2025-03-01T09:30:00Z"}


def test_times_can_be_those_of_the_next_weeks() -> None:
    day = {"type": "string", "format": "date"}
    made = Bodies(_media("application/json", _object(first=day, last=day)), soon=True)

    bodies_made = [made.fresh({"first": "2025-03-01", "last": "2025-03-03"}) or {} for _ in range(30)]

    today = datetime.now(UTC).date()
    for body in bodies_made:
        first, last = date.fromisoformat(body["first"]), date.fromisoformat(body["last"])
        assert last - first == timedelta(2)
        assert timedelta(7) <= first - today <= timedelta(30)
