"""Generated bodies are valid, plausible, the same for the same seed, and hold what the contract relates."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

import flowmock
from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowmock.generation import bodies
from flowmock.seeds import DEFAULT, Seed

Ask = Callable[..., Any]
Written = Callable[..., Contract]

FORMATS = (
    "uuid date-time date time duration email idn-email uri uri-reference iri iri-reference uri-template hostname "
    "idn-hostname ipv4 ipv6 json-pointer relative-json-pointer regex byte binary password unheard-of"
)
PATTERNS = [
    r"^[-a-zA-Z0-9_]+$",
    r"^[\w.@+-]+$",
    r"^\d{3}-\d{4}$",
    r"^(?=.*[A-Z])(?=.*\d).{8,}$",
    r"^#([0-9a-f]{3}|[0-9a-f]{6})$",
    r"^[A-Z]{2}(-[A-Z]{2})?$",
    r"^[^\s@]+@[^\s@]+\.[a-z]{2,}$",
    r"^(?!admin)[a-z]+$",
    r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$",
    r"^arn:aws:iam::\d{12}:role/[\w+=,.@-]+$",
    r"^v?\d+\.\d+\.\d+(-[\w.]+)?$",
    r"^\/.*\/$",
    r"^$",
    r"^(?<year>\d{4})-(?:\d\d)$",
    r"^\p{Lu}\p{Ll}*$",
    r"^[\p{L}\d]+$",
    r"^[\u0400-\u04FF]+$",
    r"^[a-f0-9]{128}$",
    r"^[^/]*x$",
    r"^((a+)+b)+$",
    r"two words",
    r"(?<=x)y",
]
REFERENCE = "#/components/schemas/"
SCHEMAS: dict[str, Any] = {
    "anything": {},
    "nothing-said": {"type": "object"},
    "no-type": {"required": ["a"], "properties": {"a": {"type": "string"}}},
    "empty-text": {"type": "string", "maxLength": 0},
    "one-letter": {"type": "string", "minLength": 1, "maxLength": 1},
    "long-text": {"type": "string", "minLength": 5000, "maxLength": 5001},
    "short-email": {"type": "string", "format": "email", "maxLength": 8},
    "short-uri": {"type": "string", "format": "uri", "maxLength": 12},
    "pattern-and-length": {"type": "string", "pattern": "^X-[a-z]+$", "maxLength": 5},
    "pattern-and-long": {"type": "string", "pattern": "^X[a-z]*Y$", "minLength": 200},
    "int32": {"type": "integer", "format": "int32", "minimum": 2**31 - 1},
    "int64": {"type": "integer", "format": "int64"},
    "negative": {"type": "integer", "maximum": -5},
    "between": {"type": "integer", "minimum": 3, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": True},
    "narrow": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 0.001},
    "cents": {"type": "number", "multipleOf": 0.05, "minimum": 3, "maximum": 3.1},
    "sevens": {"type": "integer", "multipleOf": 7, "minimum": 50, "maximum": 57},
    "mixed-enum": {"enum": ["a", 1, None, {"b": 2}]},
    "nullable-enum": {"type": "string", "enum": ["a", "b"], "nullable": True},
    "many": {"type": "array", "items": {"type": "integer"}, "minItems": 50},
    "none": {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
    "distinct": {
        "type": "array",
        "uniqueItems": True,
        "minItems": 4,
        "items": {"type": "integer", "minimum": 1, "maximum": 4},
    },
    "map": {"type": "object", "additionalProperties": {"type": "string", "format": "uuid"}, "minProperties": 3},
    "wide-map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 60},
    "free-map": {"type": "object", "minProperties": 2, "maxProperties": 2},
    "at-most-one": {"type": "object", "maxProperties": 1, "properties": {"a": {"type": "string"}, "b": {}}},
    "tree": {
        "type": "object",
        "required": ["value", "kids"],
        "properties": {
            "value": {"type": "integer"},
            "next": {"$ref": REFERENCE + "tree"},
            "kids": {"type": "array", "items": {"$ref": REFERENCE + "tree"}},
        },
    },
    "nullable-tree": {
        "type": "object",
        "required": ["child"],
        "properties": {"child": {"nullable": True, "allOf": [{"$ref": REFERENCE + "nullable-tree"}]}},
    },
    "sum": {
        "type": "object",
        "required": ["left", "right"],
        "additionalProperties": False,
        "properties": {"left": {"$ref": REFERENCE + "term"}, "right": {"$ref": REFERENCE + "term"}},
    },
    "term": {"oneOf": [{"$ref": REFERENCE + "sum"}, {"type": "number"}]},
    "narrowed-tree": {
        "allOf": [
            {"$ref": REFERENCE + "tree"},
            {"required": ["more"], "properties": {"value": {"minimum": 5, "maximum": 6}, "more": {"type": "string"}}},
        ]
    },
    "cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
    },
    "dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "age": {"type": "integer"}},
    },
    "pet": {
        "oneOf": [{"$ref": REFERENCE + "cat"}, {"$ref": REFERENCE + "dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"meow": REFERENCE + "cat"}},
    },
    "pets": {"type": "array", "items": {"$ref": REFERENCE + "pet"}, "minItems": 4},
    "either": {"anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}]},
    "exactly-one": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "not-that": {"type": "object", "required": ["b"], "not": {"required": ["a"]}, "properties": {"a": {}, "b": {}}},
}
SCHEMAS |= {f"format-{name}": {"type": "string", "format": name} for name in FORMATS.split()}
SCHEMAS |= {f"pattern-{number}": {"type": "string", "pattern": pattern} for number, pattern in enumerate(PATTERNS)}


def operation(identity: str, schema: Any, media: str = "application/json", **more: Any) -> dict[str, Any]:
    answers = {"200": {"description": "", "content": {media: {"schema": schema}}}}
    return {"get": {"operationId": identity, "responses": answers} | more}


@pytest.fixture
def media_of(contract_of: Written) -> Callable[..., MediaType]:
    def written(schema: Any, media: str = "application/json", **schemas: Any) -> MediaType:
        contract = contract_of({"/it": operation("it", schema, media)}, components={"schemas": schemas})
        success = contract.operation("it").success()
        assert success is not None
        return success.media[media]

    return written


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_feature_of_schemas_is_met(media_of: Callable[..., MediaType], name: str) -> None:
    media = media_of({"$ref": REFERENCE + name}, **SCHEMAS)

    for seed in range(10):
        assert [*media.errors(bodies.body(media, seed=Seed(seed), key=name))] == []


@pytest.fixture
def large(contract_of: Written) -> Contract:
    """Three hundred operations over schemas that refer to each other at random."""
    random = Random(20240801)
    leaves = sorted(SCHEMAS)
    schemas = dict(SCHEMAS)
    for number in range(200):
        parts = random.sample(leaves, 4)
        members: dict[str, Any] = {
            f"{part}_{at}": {"$ref": REFERENCE + part} if at else {"type": "array", "items": {"$ref": REFERENCE + part}}
            for at, part in enumerate(parts)
        }
        back = {"nullable": True, "allOf": [{"$ref": f"{REFERENCE}made-{random.randrange(number + 1)}"}]}
        schema = {"type": "object", "required": sorted(members)[:2], "properties": members | {"back": back}}
        schemas[f"made-{number}"] = (
            schema
            if number % 3
            else {"allOf": [schema, {"required": ["extra"], "properties": {"extra": {"type": "string"}}}]}
        )
    names = sorted(schemas)
    paths = {
        f"/p{number}/{{id}}": operation(f"op{number}", {"$ref": REFERENCE + names[number % len(names)]})
        for number in range(300)
    }
    return contract_of(paths, components={"schemas": schemas})


def test_every_operation_of_a_large_document_is_answered_with_a_valid_body(large: Contract) -> None:
    wrong = []
    for each in large.operations.values():
        answer = each.responses["200"]
        media = answer.media["application/json"]
        if not media.is_valid(bodies.for_call(each, answer, media, {"id": "7"}, Seed(1))):
            wrong.append(each.id)

    assert len(large.operations) == 300
    assert wrong == []


def test_equal_seeds_and_keys_give_equal_bodies_in_any_process() -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {f"/{name}": operation(name, {"$ref": REFERENCE + name}) for name in SCHEMAS},
        "components": {"schemas": SCHEMAS},
    }
    program = (
        "import json, sys\n"
        "from flowcontract.openapi.contract import Contract\n"
        "from flowmock.generation import bodies as generate\n"
        "from flowmock.seeds import Seed\n"
        "contract = Contract(json.load(sys.stdin))\n"
        "for name, each in contract.operations.items():\n"
        "    media = each.success().media['application/json']\n"
        "    print(name, json.dumps([generate.body(media, seed=Seed(seed), key='k') for seed in range(2)]))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(printed) == 1


def test_other_seeds_and_other_keys_give_other_bodies(media_of: Callable[..., MediaType]) -> None:
    media = media_of({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}})
    found = [
        bodies.body(media, seed=Seed(seed), key=key)["id"] for seed, key in ((0, "a"), (1, "a"), (0, "b"), (0, "a"))
    ]

    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_values_read_like_data(media_of: Callable[..., MediaType]) -> None:
    text = {"type": "string"}
    names = ["name", "title", "first_name", "userEmail", "avatar_url", "city", "description"]
    media = media_of(
        {
            "type": "object",
            "required": [*names, "made"],
            "properties": dict.fromkeys(names, text) | {"made": {"type": "string", "format": "date-time"}},
        }
    )
    body = bodies.body(media, seed=Seed(3), key="k")

    assert all(re.fullmatch(r"[\w .,'@:/-]+", body[name]) for name in names), body
    assert re.fullmatch(r"\S+@example\.(com|org|net)", body["userEmail"])
    assert body["avatar_url"].startswith("https://")
    assert re.fullmatch(r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["made"])


@pytest.mark.parametrize(
    ("others", "expected"), [({"type": ["string", "null"]}, type(None)), (True, type(None)), ({"type": "string"}, str)]
)
def test_a_required_member_without_a_schema_can_be_the_moment_of_an_end(
    media_of: Callable[..., MediaType], others: Any, expected: type
) -> None:
    order = {"type": "object", "required": ["status", "canceled_at"], "properties": {"status": {"enum": ["open"]}}}

    body = bodies.body(media_of(order | {"additionalProperties": others}), seed=Seed(0), key="k")

    assert body["status"] == "open"
    assert isinstance(body["canceled_at"], expected)


def test_times_and_ids_of_one_object_agree(media_of: Callable[..., MediaType]) -> None:
    clock, moment = ({"type": "string", "format": each} for each in ("time", "date-time"))
    doctor = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    named = {"doctorId": {"type": "integer"}, "doctor": doctor, "opens": clock, "closes": clock}
    named |= {"starts_at": moment, "doors_at": moment, "created_at": moment}
    media = media_of({"type": "object", "required": [*named], "properties": named})

    for seed in range(20):
        body = bodies.body(media, seed=Seed(seed), key="k")
        assert body["opens"] <= body["closes"]
        assert body["created_at"] <= body["doors_at"] <= body["starts_at"]
        assert body["doctor"]["id"] == body["doctorId"]


TEXT = {"type": "string"}
PERSON = {
    "type": "object",
    "required": ["name", "email", "login"],
    "properties": {"name": TEXT, "email": TEXT | {"format": "email"}, "login": TEXT | {"maxLength": 60}},
}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"$ref": "#/components/schemas/CustomerOut"}, []),
        ({"allOf": [{"$ref": "#/components/schemas/CustomerOut"}, {"description": "One."}]}, []),
        ({"type": "object", "required": ["owner"], "properties": {"owner": PERSON}}, ["owner"]),
        ({"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/CustomerOut"}}, [0]),
    ],
)
def test_the_name_and_the_email_of_a_person_agree(schema: Any, path: list[Any], contract_of: Written) -> None:
    answer = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    contract = contract_of({"/x": {"get": {"responses": answer}}}, components={"schemas": {"CustomerOut": PERSON}})
    value = bodies.body(
        next(iter(contract.operations.values())).success().media["application/json"], seed=Seed(0), key="a"
    )
    for token in path:
        value = value[token]

    plain = ["".join(filter(str.isalpha, word)).lower() for word in value["name"].split()]
    assert len(plain) == 2
    assert value["email"] == ".".join(plain) + "@example.com"
    assert value["login"] == "".join(plain)


def test_a_person_keeps_to_the_rules_of_its_schema(media_of: Callable[..., MediaType]) -> None:
    rules = {"name": TEXT | {"pattern": "^[A-Z]{3}$"}, "email": TEXT | {"enum": ["a@b.co"]}}
    owner = {"type": "object", "required": [*rules], "properties": rules}
    media = media_of({"type": "object", "required": ["owner"], "properties": {"owner": owner}})

    value = bodies.body(media, seed=Seed(0), key="a")

    assert media.is_valid(value)
    assert value["owner"]["email"] == "a@b.co"


def test_other_objects_with_a_name_are_not_people(media_of: Callable[..., MediaType]) -> None:
    schema = {"type": "object", "required": ["shop"], "properties": {"shop": PERSON}}

    value = bodies.body(media_of(schema), seed=Seed(0), key="a")["shop"]

    assert value["email"].partition("@")[0].replace(".", " ").split() != value["name"].lower().split()


def test_codes_words_and_images_suit_the_name_of_their_property(media_of: Callable[..., MediaType]) -> None:
    words = {"type": "array", "items": TEXT}
    properties = {
        "zip_code": TEXT,
        "postalCode": TEXT,
        "code": TEXT,
        "room_number": TEXT,
        "image_url": TEXT | {"format": "uri"},
        "tags": words | {"default": []},
        "labels": {"type": "array"},
        "author": TEXT,
    }
    media = media_of({"type": "object", "required": [*properties], "properties": properties})

    value = bodies.body(media, seed=Seed(0), key="a")

    assert re.fullmatch(r"\d{5}", value["zip_code"])
    assert re.fullmatch(r"\d{5}", value["postalCode"])
    assert re.fullmatch(r"[A-Z]+-\d+", value["code"])
    assert re.fullmatch(r"\d+", value["room_number"])
    assert re.fullmatch(r"https://\S+\.png", value["image_url"])
    assert value["tags"]
    assert value["labels"]
    assert all(re.fullmatch("[a-z]+", word) for word in value["tags"] + value["labels"])
    assert re.fullmatch(r"[A-Z][\w']+ [A-Z][\w']+", value["author"])


@pytest.mark.parametrize("schema", [{}, True])
def test_a_whole_body_of_which_nothing_is_said_is_an_object(media_of: Callable[..., MediaType], schema: Any) -> None:
    assert bodies.body(media_of(schema), seed=Seed(0), key="a") == {}


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        ("discount_percent", "number", 0, 100),
        ("latitude", "number", -90, 90),
        ("startHour", "integer", 0, 23),
        ("rating", "number", 1, 5),
        ("birth_year", "integer", 1900, 2100),
        ("percent_off", "number", 0, 100),
        ("price_per_day", "number", 1, 500),
        ("items_per_page", "integer", 10, 50),
        ("exp_month", "integer", 1, 12),
        ("expiry_year", "integer", 2027, 2031),
    ],
)
def test_numbers_suit_the_name_of_their_property(
    name: str, kind: str, low: int, high: int, media_of: Callable[..., MediaType]
) -> None:
    def media(**more: int) -> MediaType:
        return media_of({"type": "object", "required": [name], "properties": {name: {"type": kind, **more}}})

    plain, narrow = media(), media(minimum=low + 1, maximum=low + 2)
    found = [bodies.body(plain, seed=Seed(seed), key="k")[name] for seed in range(20)]

    assert all(low <= number <= high for number in found), found
    assert narrow.is_valid(bodies.body(narrow, seed=Seed(0), key="k"))


@pytest.mark.parametrize("pattern", [r"^-?\d{0,6}(?:\.\d{0,2})?$", r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"])
@pytest.mark.parametrize("name", ["price", "rate"])
def test_decimal_numbers_in_texts_are_whole(name: str, pattern: str, media_of: Callable[..., MediaType]) -> None:
    media = media_of(
        {
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "string", "format": "decimal", "pattern": pattern}},
        }
    )
    found = [bodies.body(media, seed=Seed(seed), key="k")[name] for seed in range(20)]

    assert all(re.fullmatch(r"[1-9]\d*\.\d\d", text) for text in found), found


def test_members_agree_with_each_other(media_of: Callable[..., MediaType]) -> None:
    moment, day = {"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}
    members = {
        "updatedAt": moment,
        "created_at": moment,
        "valid_until": day,
        "valid_from": day,
        "check_out": day,
        "check_in": day,
        "max_price": {"type": "number"},
        "minPrice": {"type": "number"},
        "min_price": {"type": "number"},
        "total_count": {"type": "integer"},
        "rows": {"type": "array", "items": {"type": "string"}},
    }
    media = media_of({"type": "object", "required": list(members), "properties": members})

    for seed in range(20):
        body = bodies.body(media, seed=Seed(seed), key="k")
        assert body["created_at"] <= body["updatedAt"]
        assert body["valid_from"] <= body["valid_until"]
        assert body["check_in"] <= body["check_out"]
        assert body["min_price"] <= body["max_price"]
        assert body["total_count"] == len(body["rows"])


def test_names_that_a_pattern_describes_are_distinct(media_of: Callable[..., MediaType]) -> None:
    media = media_of(
        {
            "type": "object",
            "patternProperties": {"^x-": {"type": "integer"}},
            "additionalProperties": False,
            "minProperties": 3,
        }
    )

    assert len(bodies.body(media, seed=Seed(0), key="k")) == 3


@pytest.mark.parametrize("more", [{}, {"contentMediaType": "image/png"}])
def test_a_text_is_encoded_as_its_schema_says(more: dict[str, str], media_of: Callable[..., MediaType]) -> None:
    media = media_of({"type": "string", "contentEncoding": "base64"} | more)

    assert base64.b64decode(bodies.body(media, seed=Seed(0), key="k"), validate=True)


def test_a_discriminator_of_a_parent_names_the_child(media_of: Callable[..., MediaType]) -> None:
    boat = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    boat["discriminator"] = {"propertyName": "kind", "mapping": {"tug": REFERENCE + "Tugboat"}}
    tugboat = {"allOf": [{"$ref": REFERENCE + "Boat"}, {"type": "object", "properties": {"pull": {"type": "integer"}}}]}
    tug = media_of({"$ref": REFERENCE + "Tugboat"}, Boat=boat, Tugboat=tugboat)
    ferries = media_of(
        {"type": "array", "minItems": 1, "items": {"$ref": REFERENCE + "Ferry"}}, Boat=boat, Ferry=tugboat
    )

    assert bodies.body(tug, seed=Seed(0), key="k")["kind"] == "tug"
    assert {ferry["kind"] for ferry in bodies.body(ferries, seed=Seed(0), key="k")} == {"Ferry"}


def test_members_are_in_the_documents_order(media_of: Callable[..., MediaType]) -> None:
    order = ["zeta", "alpha", "mid", "beta"]
    media = media_of({"type": "object", "required": order, "properties": {name: {"type": "integer"} for name in order}})

    assert list(bodies.body(media, seed=Seed(0), key="k")) == order


def test_what_is_only_written_is_never_answered(media_of: Callable[..., MediaType]) -> None:
    members = {"id": {"type": "integer", "readOnly": True}, "password": {"type": "string", "writeOnly": True}}
    media = media_of({"type": "object", "required": ["id", "password"], "properties": members})

    assert all(set(bodies.body(media, seed=Seed(seed), key="k")) == {"id"} for seed in range(5))


def test_examples_of_fields_are_taken_over_where_they_are_valid(media_of: Callable[..., MediaType]) -> None:
    members = {
        "said": {"type": "string", "example": "hello"},
        "usual": {"type": "integer", "default": 9},
        "wrong": {"type": "integer", "example": "not a number"},
    }
    media = media_of({"type": "object", "required": sorted(members), "properties": members})
    body = bodies.body(media, seed=Seed(0), key="k")

    assert (body["said"], body["usual"]) == ("hello", 9)
    assert isinstance(body["wrong"], int)
    assert bodies.body(media, seed=Seed(0), key="k", examples=False)["said"] != "hello"


def test_the_example_of_a_schema_is_taken_over_whole(media_of: Callable[..., MediaType]) -> None:
    members = {"id": {"type": "integer"}, "name": {"type": "string"}, "key": {"type": "string", "writeOnly": True}}
    pet = {"type": "object", "properties": members, "example": {"id": 7, "name": "Rex", "key": "secret"}}
    one = media_of({"$ref": REFERENCE + "Pet"}, Pet=pet)
    many = media_of({"type": "array", "minItems": 2, "items": {"$ref": REFERENCE + "Pet"}}, Pet=pet)

    assert bodies.body(one, seed=Seed(0), key="k") == {"id": 7, "name": "Rex"}
    first, second, *_ = bodies.body(many, seed=Seed(0), key="k")
    assert first == {"id": 7, "name": "Rex"} != second


def test_an_example_that_lacks_what_is_required_is_not_taken_over(media_of: Callable[..., MediaType]) -> None:
    members = {"id": {"type": "integer"}, "name": {"type": "string"}}
    media = media_of({"type": "object", "required": ["id"], "properties": members, "example": {"name": "Rex"}})

    assert isinstance(bodies.body(media, seed=Seed(0), key="k")["id"], int)


def test_items_of_a_list_stay_apart(media_of: Callable[..., MediaType]) -> None:
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "example": 1}}}
    media = media_of({"type": "array", "minItems": 3, "items": item})

    assert len({each["id"] for each in bodies.body(media, seed=Seed(0), key="k")}) > 1


def test_a_discriminator_names_the_schema_that_the_body_is_of(media_of: Callable[..., MediaType]) -> None:
    media = media_of({"$ref": REFERENCE + "pets"}, **SCHEMAS)
    pets = [pet for seed in range(5) for pet in bodies.body(media, seed=Seed(seed), key="k")]

    assert {pet["kind"] for pet in pets} == {"meow", "dog"}


def test_alternatives_of_one_shape_are_told_apart_by_the_discriminator(media_of: Callable[..., MediaType]) -> None:
    same = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    either = {
        "oneOf": [{"$ref": REFERENCE + "one"}, {"$ref": REFERENCE + "two"}],
        "discriminator": {"propertyName": "kind"},
    }
    media = media_of(either, one=same, two=same)

    assert media.is_valid({"kind": "one"})
    assert media.is_valid(bodies.body(media, seed=Seed(0), key="k"))


def test_a_schema_that_nothing_meets_is_refused(media_of: Callable[..., MediaType]) -> None:
    media = media_of({"type": "string", "enum": [1]})

    with pytest.raises(ContractError, match="no value could be made"):
        bodies.body(media, seed=Seed(0), key="k")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "integer"}},
        {"type": "object", "minProperties": 10**9},
    ],
)
def test_a_body_that_would_be_too_large_is_refused(media_of: Callable[..., MediaType], schema: Any) -> None:
    with pytest.raises(ContractError):
        bodies.body(media_of(schema), seed=Seed(0), key="k")


@pytest.fixture
def related(contract_of: Written) -> Contract:
    members = {
        "key": {"type": "string", "maxLength": 10},
        "number": {"type": "integer"},
        "link": {"type": "string"},
        "echo": {"type": "string"},
    }
    schema = {"type": "object", "required": sorted(members), "properties": members}
    invariants = [
        {"name": "key", "left": "$response.body#/key", "right": "$request.path.slug"},
        {"name": "link", "left": "/v1/{$request.path.slug}/more", "right": "$response.body#/link"},
        {"name": "echo", "left": "$response.body#/echo", "right": "$request.query.q"},
    ]
    extra = {"x-flowcontract-invariants": invariants}
    return contract_of(
        {"/keyed/{slug}": operation("keyed", schema, **extra), "/numbered/{number}/": operation("numbered", schema)}
    )


def body_for(contract: Contract, name: str, values: dict[str, str], query: tuple[tuple[str, str], ...] = ()) -> Any:
    each = contract.operation(name)
    answer = each.responses["200"]
    return bodies.for_call(each, answer, answer.media["application/json"], values, DEFAULT, query=query)


def test_a_body_holds_what_invariants_relate_to_the_request(related: Contract) -> None:
    body = body_for(related, "keyed", {"slug": "mine"}, (("q", "asked"),))

    assert (body["key"], body["link"], body["echo"]) == ("mine", "/v1/mine/more", "asked")


def test_a_field_named_like_the_last_path_parameter_holds_its_value(related: Contract) -> None:
    assert body_for(related, "numbered", {"number": "42"})["number"] == 42


def test_a_relation_that_the_schema_does_not_admit_is_left_alone(related: Contract) -> None:
    body = body_for(related, "keyed", {"slug": "longer than ten"})

    assert len(body["key"]) <= 10
    assert isinstance(body_for(related, "numbered", {"number": "seven"})["number"], int)


@pytest.mark.parametrize(
    ("media", "schema", "begins"),
    [
        ("application/json", {"type": "array", "items": {"type": "integer"}, "minItems": 1}, b"["),
        ("text/plain", {"type": "string", "enum": ["said"]}, b"said"),
        ("text/csv", {"type": "integer", "enum": [7]}, b"7"),
        ("application/x-www-form-urlencoded", {"required": ["a"], "properties": {"a": {"enum": ["b c"]}}}, b"a=b+c"),
        ("application/x-ndjson", {"type": "array", "items": {"enum": [1]}, "minItems": 2}, b"1\n1"),
        ("text/event-stream", {"type": "integer", "enum": [7]}, b"data: 7\n\n"),
        (
            "text/event-stream",
            {"type": "object", "required": ["id", "data"], "properties": {"id": {"const": "a"}, "data": {"const": {}}}},
            b"id: a\ndata: {}\n\n",
        ),
        ("application/yaml", {"required": ["a"], "properties": {"a": {"enum": ["b"]}}}, b"a: b\n"),
        ("image/png", {"type": "string", "format": "binary"}, b"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", {"type": "string", "format": "binary"}, b"\xff\xd8\xff"),
        ("image/gif", {}, b"GIF89a"),
        ("image/webp", {}, b"RIFF\x1e\0\0\0WEBP"),
        ("image/avif", {}, b"\0\0\0\x20ftypavif"),
        ("image/*", {"type": "string"}, b"\x89PNG\r\n\x1a\n"),
        ("image/svg+xml", {"type": "string"}, b"<svg "),
        ("audio/*", {}, b"RIFF"),
        ("application/zip", {}, b"PK\5\6"),
        ("application/pdf", {"type": "string", "format": "binary"}, b"%PDF-"),
        ("multipart/form-data", {"required": ["a"], "properties": {"a": {"enum": ["b"]}}}, b"--"),
    ],
)
def test_other_media_types_are_written_as_they_are(
    media_of: Callable[..., MediaType], media: str, schema: Any, begins: bytes
) -> None:
    assert bodies.content(media_of(schema, media), seed=Seed(0), key="k").startswith(begins)


def test_binary_content_is_the_same_for_the_same_seed(media_of: Callable[..., MediaType]) -> None:
    media = media_of({"type": "string", "format": "binary"}, "application/octet-stream")

    assert bodies.content(media, seed=Seed(1), key="k") == bodies.content(media, seed=Seed(1), key="k") != b""
    assert bodies.content(media, seed=Seed(1), key="k") != bodies.content(media, seed=Seed(2), key="k")


def test_xml_follows_the_schemas_names(media_of: Callable[..., MediaType]) -> None:
    pet = {
        "type": "object",
        "required": ["id", "name", "tags"],
        "xml": {"name": "animal"},
        "properties": {
            "id": {"type": "integer", "enum": [7], "xml": {"attribute": True}},
            "name": {"type": "string", "enum": ["<Rex>"]},
            "tags": {
                "type": "array",
                "minItems": 2,
                "xml": {"wrapped": True},
                "items": {"enum": ["t"], "xml": {"name": "tag"}},
            },
        },
    }
    written = bodies.content(media_of({"$ref": REFERENCE + "Pet"}, "application/xml", Pet=pet), seed=Seed(0), key="k")
    root = ElementTree.fromstring(written)

    assert (root.tag, root.get("id"), root.findtext("name")) == ("animal", "7", "<Rex>")
    assert {tag.text for tag in root.findall("tags/tag")} == {"t"}


@pytest.mark.parametrize("prefix", ["b", "ns1"])
def test_xml_has_a_namespace_whatever_its_prefix_and_no_attribute_that_is_null(
    prefix: str, media_of: Callable[..., MediaType]
) -> None:
    note = {"const": None, "xml": {"attribute": True}}
    boat = {
        "type": "object",
        "required": ["note"],
        "properties": {"note": note},
        "xml": {"name": "boat", "namespace": "urn:boats", "prefix": prefix},
    }

    root = ElementTree.fromstring(bodies.content(media_of(boat, "application/xml"), seed=Seed(0), key="k"))

    assert (root.tag, root.attrib, len(root)) == ("{urn:boats}boat", {}, 0)


def test_texts_of_a_list_are_there_once_as_far_as_there_are_enough(media_of: Callable[..., MediaType]) -> None:
    amenities = {"type": "array", "items": {"enum": ["gym", "pool", "spa", "wifi"]}}
    few = {"type": "array", "minItems": 5, "items": {"enum": ["gym", "pool"]}}
    one = {"type": "array", "minItems": 2, "items": {"enum": ["gym"]}}
    named = {"amenities": amenities, "few": few, "one": one}
    media = media_of({"type": "object", "required": [*named], "properties": named})

    for seed in range(20):
        body = bodies.body(media, seed=Seed(seed), key="k")
        assert len(set(body["amenities"])) == len(body["amenities"]) > 1
        assert len(body["few"]) == 5
        assert body["one"] == ["gym", "gym"]


@pytest.mark.parametrize(
    ("kind", "more", "is_journey"),
    [
        ("date", ("guests", "room_id"), False),
        ("date", (), False),
        ("date-time", ("hotel",), False),
        ("date-time", ("flight_number", "origin"), True),
        ("date-time", (), True),
        ("time", ("train_id",), True),
        ("date", ("carrier", "seats"), True),
    ],
)
def test_guests_arrive_before_they_depart_and_trains_after_it(
    kind: str, more: tuple[str, ...], is_journey: bool, media_of: Callable[..., MediaType]
) -> None:
    moments = {name: {"type": "string", "format": kind} for name in ("arrival", "departure")}
    named = {**moments, **{name: {"type": "string"} for name in more}}
    media = media_of({"type": "object", "required": [*named], "properties": named})

    for seed in range(20):
        body = bodies.body(media, seed=Seed(seed), key="k")
        assert (body["departure"] < body["arrival"]) is is_journey


def test_a_hotel_is_called_so(media_of: Callable[..., MediaType]) -> None:
    text = {"type": "string"}
    hotel = {"type": "object", "required": ["name"], "properties": {"name": text}}
    named = {"hotel": hotel, "restaurant_name": text, "hotels": {"type": "array", "minItems": 1, "items": hotel}}
    named |= {"gym": {"type": "object", "required": ["name"], "properties": {"name": text | {"enum": ["Iron"]}}}}
    media = media_of({"type": "object", "required": [*named], "properties": named})

    body = bodies.body(media, seed=Seed(0), key="k")

    assert body["hotel"]["name"].endswith(" Hotel")
    assert body["hotels"][0]["name"].endswith(" Hotel")
    assert body["restaurant_name"].endswith(" Restaurant")
    assert body["gym"]["name"] == "Iron"


@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        ("image/webp", b"RIFF"),
        ("image/svg+xml", b"<svg "),
        ("image/gif;q=0.5, image/jpeg", b"\xff\xd8\xff"),
        ("image/*", b"\x89PNG"),
        ("*/*", b"\x89PNG"),
        ("text/html", b"\x89PNG"),
        (None, b"\x89PNG"),
    ],
)
def test_of_a_range_the_client_gets_what_it_accepts(
    accept: str | None, begins: bytes, media_of: Callable[..., MediaType]
) -> None:
    media = media_of({"type": "string", "format": "binary"}, "image/*")

    assert bodies.content(media, seed=Seed(0), key="k", accept=accept).startswith(begins)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_list_in_xml_has_a_root(size: int, media_of: Callable[..., MediaType]) -> None:
    pets = {"type": "array", "minItems": size, "maxItems": size, "items": {"type": "integer", "xml": {"name": "id"}}}

    root = ElementTree.fromstring(bodies.content(media_of(pets, "application/xml"), seed=Seed(0), key="k"))

    assert [each.tag for each in root] == ["id"] * size


def test_a_header_is_written_in_the_simple_style(contract_of: Written) -> None:
    headers = {
        "X-Number": {"schema": {"type": "integer", "minimum": 5, "maximum": 5}},
        "X-Both": {"schema": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"enum": ["a"]}}},
        "X-Free": {},
    }
    answers = {"200": {"description": "", "headers": headers}}
    found = contract_of({"/it": {"get": {"operationId": "it", "responses": answers}}}).operation("it").responses["200"]
    written = {name: bodies.header(header, seed=Seed(0), key="k") for name, header in found.headers.items()}

    assert written["x-number"] == "5"
    assert written["x-both"] == "a,a"
    assert written["x-free"].isalpha()


def test_a_query_parameter_that_the_contract_does_not_have_changes_nothing(contract_of: Written) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    page = [{"name": "page", "in": "query", "schema": {"type": "integer"}}]
    contract = contract_of({"/things/": operation("listed", schema, parameters=page)})

    first = body_for(contract, "listed", {}, (("page", "1"),))

    assert body_for(contract, "listed", {}, (("page", "1"), ("hl", "de"))) == first
    assert body_for(contract, "listed", {}, (("page", "2"),)) != first


def test_a_generated_body_is_made_once_for_what_the_contract_knows(
    contract_of: Written, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(bodies, "for_call", lambda *_args, **_more: made.append(1) or {"n": len(made)})
    depth = {"name": "depth", "in": "query", "schema": {"type": "integer"}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}
    with flowmock.running(contract_of({"/well": {"get": {"parameters": [depth], "responses": responses}}})) as running:
        found = [
            ask(running, path, headers={"X-Request-Id": path}).json["n"]
            for path in ("/well", "/well?unknown=1", "/well?depth=1", "/well?depth=1&unknown=2", "/well")
        ]

    assert found == [1, 1, 2, 2, 1]


def test_what_is_not_a_list_has_what_the_query_asks_for(ask: Ask, contract_of: Written) -> None:
    """The lines of a quote are not the items of a list, so their total is the sum of them."""
    day, text = {"type": "string", "format": "date"}, {"type": "string"}
    line = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number", "minimum": 1}}}
    parts = {"from": day, "to": day, "nights": {"type": "integer"}, "guests": {"type": "integer"}, "currency": text}
    parts |= {"total": {"type": "number"}, "lines": {"type": "array", "items": line, "minItems": 1}}
    quote = {"type": "object", "required": [*parts], "properties": parts}
    query = [{"name": name, "in": "query", "schema": text} for name in ("from", "to", "guests")]
    room = {"name": "room", "in": "path", "required": True, "schema": text}
    answered = {"description": "", "content": {"application/json": {"schema": quote}}}
    paths = {"/rooms/{room}/quote": {"get": {"parameters": [room, *query], "responses": {"200": answered}}}}
    with flowmock.running(contract_of(paths)) as running:
        found = [ask(running, f"/rooms/{at}/quote?from=2026-12-20&to=2026-12-24&guests=3").json for at in range(5)]

    for each in found:
        assert [each["from"], each["to"], each["guests"]] == ["2026-12-20", "2026-12-24", 3]
        assert each["nights"] == 4
        assert each["total"] == pytest.approx(sum(line["amount"] for line in each["lines"]))
