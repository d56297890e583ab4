"""Which answer a request gets: the example that fits what is asked for, before any other."""

import pytest

import flowmock

THINGS = {
    "red": {"value": {"id": 1, "colour": "red", "owner": "ann"}},
    "blue": {"value": {"id": 2, "colour": "blue", "owner": "bob"}},
    "blue-again": {"value": {"id": 2, "colour": "blue", "owner": "cy"}},
}

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


SCHEMA = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "colour": {"type": "string"}}}


def content(examples):
    return {"200": {"description": "", "content": {"application/json": {"schema": SCHEMA, "examples": examples}}}}


@pytest.fixture
def things(contract_of):
    return contract_of(
        {
            "/things/{id}": {"parameters": [ID], "get": {"responses": content(THINGS)}},
            "/things/special": {"get": {"responses": content({"special": {"value": {"id": 0, "special": True}}})}},
            "/first": {
                "get": {"responses": content(THINGS)},
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                    "responses": content(THINGS),
                },
            },
            "/bare/{id}": {
                "parameters": [ID],
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "object",
                                        "required": ["id", "when"],
                                        "properties": {
                                            "id": {"type": "integer"},
                                            "when": {"type": "string", "format": "date-time"},
                                        },
                                    }
                                }
                            },
                        }
                    }
                },
            },
            "/forms": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {"text/csv": {"example": "a,b"}, "application/json": {"example": {"a": "b"}}},
                        }
                    }
                }
            },
        }
    )


@pytest.fixture
def running(things):
    with flowmock.running(things) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/things/1", "red"),
        ("/things/2", "blue"),
        ("/things/2?owner=cy", "blue-again"),
        ("/things/2?owner=nobody", "blue"),
        ("/first", "red"),
        ("/first?colour=blue", "blue"),
        ("/first?owner=cy&colour=blue", "blue-again"),
        ("/first?colour=green", "red"),
        ("/first?unknown=1", "red"),
    ],
)
def test_the_example_whose_fields_equal_the_parameters(path, expected, running, ask):
    assert ask(running, path).json == THINGS[expected]["value"]


def test_a_body_chooses_too(running, ask):
    headers = {"Content-Type": "application/json"}

    assert ask(running, "/first", method="POST", body='{"owner": "bob", "new": 1}', headers=headers).json["id"] == 2


def test_a_literal_path_goes_before_a_parameter(running, ask):
    assert ask(running, "/things/special").json["special"]


def test_a_key_that_no_example_has_is_generated_where_the_contract_knows_no_404(running, ask):
    assert ask(running, "/things/3").json["id"] == 3


def test_a_key_that_no_example_has_is_not_found_where_the_contract_says_so(contract_of, ask):
    responses = content(THINGS) | {"404": {"description": ""}}
    with flowmock.running(
        contract_of({"/things/{id}": {"parameters": [ID], "get": {"responses": responses}}})
    ) as running:
        assert ask(running, "/things/3").status == 404


def test_without_an_example_a_valid_answer_of_that_key_is_generated_the_same_every_time(running, ask, things):
    media = things.operation("get_/bare/{id}").responses["200"].media["application/json"]
    one, again, other = (ask(running, f"/bare/{key}").json for key in (7, 7, 8))

    assert media.is_valid(one)
    assert one == again != other
    assert (one["id"], other["id"]) == (7, 8)


@pytest.mark.parametrize(
    ("accept", "media", "body"),
    [
        ("*/*", "application/json", b'{"a":"b"}'),
        ("text/csv", "text/csv", b"a,b"),
        ("text/*", "text/csv", b"a,b"),
        ("application/json;q=0.1, text/csv", "text/csv", b"a,b"),
    ],
)
def test_the_media_type_is_the_one_that_is_accepted(accept, media, body, running, ask):
    answer = ask(running, "/forms", headers={"Accept": accept})

    assert (answer["content-type"], answer.body) == (media, body)


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("application/vnd.hive+json; version=2", 2),
        ("application/vnd.hive+json;version=1, */*;q=0.1", 1),
        ("application/vnd.hive+json", 1),
        ("application/vnd.hive+json; charset=utf-8", 1),
        ("application/vnd.hive+json; version=3, application/vnd.hive+json; version=2; q=0.5", 2),
    ],
)
def test_parameters_of_an_accepted_type_choose_between_types(accept, version, contract_of, ask):
    media = {f"application/vnd.hive+json; version={number}": {"example": {"version": number}} for number in (1, 2)}
    contract = contract_of({"/hive": {"get": {"responses": {"200": {"description": "", "content": media}}}}})
    with flowmock.running(contract) as running:
        assert ask(running, "/hive", headers={"Accept": accept}).json == {"version": version}


def test_an_example_that_breaks_its_schema_is_served_marked_and_complained_of(contract_of, ask):
    examples = {"good": {"value": {"id": 1}}, "bad": {"value": {"id": 2, "colour": None}}}
    contract = contract_of({"/things/{id}": {"parameters": [ID], "get": {"responses": content(examples)}}})
    with flowmock.running(contract) as running:
        answer = ask(running, "/things/2")
        entry = running.mock.journal.entries()[0]

    assert answer.json == {"id": 2, "colour": None}
    assert not entry.reply.within_contract
    assert [each.partition(" (")[0] for each in running.mock.compiled.warnings] == [
        "GET /things/{id}, response 200, application/json: the example 'bad' violates its schema, and is served anyway"
    ]


def test_dynamic_generates_rather_than_serving_examples(flow, ask):
    with flowmock.running(dynamic=True, seed=1) as one, flowmock.running(dynamic=True, seed=2) as two:
        media = one.mock.compiled.main.operation("flows_instances_retrieve").responses["200"].media["application/json"]
        found = [ask(running, flow).json for running in (one, one, two)]

    assert all(media.is_valid(each) for each in found)
    assert found[0] == found[1] != found[2]
