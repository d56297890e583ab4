"""`Prefer:` asks for an answer, in the words that Prism's users know."""

import pytest

import flowmock
from flowmock.negotiation import prefer
from flowmock.negotiation.prefer import PreferenceError, Preferences

UNKNOWN = "/flows/instances/no-such-flow/"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["code=404"], Preferences(code=404)),
        (["code=404, example=gone"], Preferences(code=404, example="gone")),
        (["code=404", "example=gone"], Preferences(code=404, example="gone")),
        (["Code = 404 ; q=1,dynamic=FALSE"], Preferences(code=404, dynamic=False)),
        (['example="a, \\"b\\""'], Preferences(example='a, "b"')),
        (["dynamic"], Preferences(dynamic=True)),
        (["seed=0, wait=1.25"], Preferences(seed=0, wait=1.25)),
        (["return=minimal, respond-async, code=200"], Preferences(code=200)),
        (["odata.maxpagesize=5; code=404; example=gone"], Preferences(code=404, example="gone")),
        (["code=404, code=403"], Preferences(code=404)),
        (["", " , "], Preferences()),
    ],
)
def test_reading(values, expected):
    assert prefer.read(values) == expected


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["cod=404"], "expected one of code, example, dynamic, items, seed, scenario, wait, fault"),
        (["dynamic=true, example=a"], "ask for one of them"),
        (["status=404"], "Did you mean code?"),
        (["items=1001"], "expected items from 0 to 1000"),
        (["code=x"], "expected code from 100 to 599"),
        (["code=9999"], "expected code from 100 to 599"),
        (["wait=-1"], "from 0 to 60 seconds"),
        (["wait=61"], "from 0 to 60 seconds"),
        (["dynamic=maybe"], "dynamic=true or dynamic=false"),
        (["fault=reset"], "expected fault to be one of close"),
        (['example="open'], "expected NAME=VALUE"),
        (["=404"], "expected NAME=VALUE"),
    ],
)
def test_what_cannot_be_honoured_is_told_with_the_choices(values, told):
    with pytest.raises(PreferenceError, match=told):
        prefer.read(values, faults=("close",))


@pytest.mark.parametrize("code", [200, 403, 404, 405, 406])
def test_a_documented_status(code, lab, ask, flow):
    answer = ask(lab, flow, headers={"Prefer": f"code={code}"})
    operation = lab.mock.compiled.main.operation("flows_instances_retrieve")

    assert answer.status == code
    assert operation.responses[str(code)].media["application/json"].is_valid(answer.json)
    assert answer["preference-applied"] == f"code={code}"


def test_the_success_asked_for_is_the_one_of_the_key(lab, ask):
    assert ask(lab, "/flows/instances/initial-setup/", headers={"Prefer": "code=200"}).json["slug"] == "initial-setup"


def test_a_named_example_goes_before_the_key(lab, ask, flow):
    answer = ask(lab, flow, headers={"Prefer": "example=initial-setup"})

    assert (answer.status, answer.json["slug"]) == (200, "initial-setup")


def test_an_example_of_another_status_brings_its_status(lab, ask, flow):
    operation = lab.mock.compiled.main.operation("flows_instances_retrieve")
    name, example = next(iter(operation.responses["403"].media["application/json"].examples.items()))

    answer = ask(lab, flow, headers={"Prefer": f"example={name}"})

    assert (answer.status, answer.json) == (403, example.value)


def test_generated_answers_are_valid_and_grow_from_the_seed(lab, ask, flow):
    media = lab.mock.compiled.main.operation("flows_instances_retrieve").responses["200"].media["application/json"]
    one, again, other = (ask(lab, flow, headers={"Prefer": f"dynamic=true, seed={seed}"}).json for seed in (1, 1, 2))

    assert one == again
    assert one != other
    assert media.is_valid(one)
    assert one["slug"] == "default-authentication-flow"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("code=302", "200, 400, 403, 404, 405, 406"),
        ("example=nobody", "default-authentication-flow"),
        ("code=200, example=nobody", "initial-setup"),
        ("exampel=red", "code, example, dynamic, items, seed, scenario, wait, fault"),
    ],
)
def test_an_impossible_preference_is_a_400_in_the_shape_of_the_contract(value, told, lab, ask, flow):
    answer = ask(lab, flow, headers={"Prefer": value})
    operation = lab.mock.compiled.main.operation("flows_instances_retrieve")

    assert answer.status == 400
    assert operation.responses["400"].media["application/json"].is_valid(answer.json)
    assert told in answer.body.decode()
    assert answer["preference-applied"] == ""


def test_the_token_goes_before_the_preference(lab, ask, flow):
    assert ask(lab, flow, token="wrong", headers={"Prefer": "code=200"}).status == 403
    assert ask(lab, flow, token=None, headers={"Prefer": "example=initial-setup"}).status == 403


def test_a_preference_says_what_an_unknown_key_gets(lab, ask):
    answer = ask(lab, UNKNOWN, headers={"Prefer": "code=200"})

    assert (answer.status, answer.json["slug"]) == (200, "no-such-flow")


def test_static_answers_can_be_preferred_where_others_are_generated(ask, flow):
    with flowmock.running(dynamic=True) as running:
        generated = ask(running, flow)
        static = ask(running, flow, headers={"Prefer": "dynamic=false"})
        unknown = ask(running, UNKNOWN, headers={"Prefer": "dynamic=false"})
    example = running.mock.compiled.main.operation("flows_instances_retrieve").success().media["application/json"]

    assert static.json == example.examples["default-authentication-flow"].value != generated.json
    assert static["preference-applied"] == "dynamic=false"
    assert unknown.status == 404


def test_the_query_takes_the_same_after_two_underscores(lab, ask, flow):
    assert ask(lab, f"{flow}?__code=404").status == 404
    assert ask(lab, f"{flow}?__example=initial-setup").json["slug"] == "initial-setup"


def test_an_unknown_scenario_is_an_error_that_names_the_nearest_one(lab, ask, flow):
    answer = ask(lab, flow, headers={"Prefer": "scenario=server-eror"})

    assert answer.status >= 400
    assert "unknown scenario 'server-eror'. Did you mean 'server-error'?" in str(answer.json)
    assert answer["preference-applied"] == ""


def test_an_error_of_a_contract_without_errors_is_a_problem_that_tells(ask, contract_of):
    contract = contract_of({"/a": {"get": {"responses": {"200": {"description": ""}}}}})
    with flowmock.running(contract) as running:
        answer = ask(running, "/a", headers={"Prefer": "code=500"})
        limited = ask(running, "/a", headers={"Prefer": "code=429"})

    assert (answer.status, answer["content-type"]) == (400, "application/problem+json")
    assert "code=500 is not documented here; documented: 200" in answer.json["detail"]
    assert "Prefer: scenario=server-error" in answer.json["detail"]
    assert "Prefer: scenario=rate-limited" in limited.json["detail"]


def test_waiting(lab, ask, flow):
    assert ask(lab, flow, headers={"Prefer": "wait=0.01"})["preference-applied"] == "wait=0.01"


def test_a_fault_on_the_wire(lab, ask, flow):
    whole, cut = ask(lab, flow), ask(lab, flow, headers={"Prefer": "fault=truncate"})

    assert cut["preference-applied"] == "fault=truncate"
    assert cut["content-length"] == whole["content-length"]
    assert 0 < len(cut.body) < len(whole.body)


def test_a_preference_that_is_not_applied_cannot_be_taken_for_an_error_of_the_api(ask, contract_of):
    """Though its status and shape may be those of the API's own errors."""
    error = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    responses = {
        "200": {"description": ""},
        "422": {"description": "", "content": {"application/json": {"schema": error}}},
    }
    with flowmock.running(contract_of({"/a": {"get": {"responses": responses}}})) as running:
        answer = ask(running, "/a", headers={"Prefer": "code=500"})
        (entry,) = running.mock.journal.entries()

    assert answer.status == 422
    assert answer.json["message"] == answer["mock-violation"] == entry.reply.rule
    assert entry.reply.rule.startswith("Prefer: code=500 is not documented here")


def test_the_usual_status_can_be_preferred_for_a_list(ask, contract_of):
    text = {"type": "string"}
    thing = {"type": "object", "required": ["id", "name"], "properties": {"id": text, "name": text}}
    listed = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": thing}}}}
    query = [{"name": "name", "in": "query", "schema": text}]
    with flowmock.running(contract_of({"/a": {"get": {"parameters": query, "responses": {"200": listed}}}})) as running:
        plain, preferred = (ask(running, "/a", headers=each) for each in ({}, {"Prefer": "code=200"}))
        none = ask(running, "/a?name=unknown", headers={"Prefer": "code=200"})

    assert preferred.json == plain.json
    assert none.json == []
    assert preferred["preference-applied"] == "code=200"


@pytest.mark.parametrize(("status", "sent"), [("4XX", 400), ("default", 500), ("503", 503)])
def test_an_example_of_several_statuses_can_be_preferred(status, sent, ask, contract_of):
    failed = {"description": "", "content": {"application/json": {"examples": {"storm": {"value": "rain"}}}}}
    responses = {"200": {"description": "", "content": {"application/json": {"example": "sun"}}}, status: failed}
    with flowmock.running(contract_of({"/a": {"get": {"responses": responses}}})) as running:
        storm = ask(running, "/a", headers={"Prefer": "example=storm"})
        unknown = ask(running, "/a", headers={"Prefer": "example=snow"})

    assert (storm.status, storm.json) == (sent, "rain")
    assert "has no example snow; it has: example, storm" in unknown["mock-violation"]
