"""How a server answers where its contract is silent is data: read strictly, and neutral where nobody said."""

import pytest

import flowmock
from flowcontract.errors import MockError
from flowcontract.openapi.contract import Contract, carried
from flowmock.profiles import profile


@pytest.fixture
def written(tmp_path):
    """A profile of one's own."""

    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return path

    return write


def test_the_contract_names_its_profile_and_a_setting_names_another():
    contract = Contract.load()

    assert profile.of(contract).name == "authentik"
    assert profile.of(contract, "neutral").name == "neutral"


def test_a_contract_without_a_profile_has_the_neutral_one(contract_of):
    assert profile.of(contract_of({})).name == "neutral"


def test_an_own_profile_overrides_the_neutral_one(written, contract_of, ask):
    path = written(
        "profile: mine\norder: [method]\nheaders: {X-Mine: 'yes'}\n"
        "responses: {method-not-allowed: {status: 405, json: {why: 'no {method} here'}}}\n"
    )
    contract = contract_of({"/a": {"get": {"responses": {"204": {"description": ""}}}}})
    with flowmock.running(contract, server_profile=str(path)) as running:
        refused = ask(running, "/a", method="PUT")
        unknown = ask(running, "/b")

    assert (refused.status, refused.json, refused["x-mine"]) == (405, {"why": "no PUT here"}, "yes")
    assert unknown.status == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oredr: []", "unknown key 'oredr'. Did you mean 'order'?"),
        ("order: [rute]", "order: unknown value 'rute'. Did you mean 'route'?"),
        ("responses: {not-found: {status: 99}}", "responses.not-found: expected a status from 200 to 599, got 99"),
        ("responses: {not-found: 404}", "responses.not-found: expected a mapping, got int"),
        ("routing: {segment: '['}", "routing.segment: '[' is not a regular expression"),
        ("routes: {/a: {filters: [{query: a, kind: regex}]}}", "filters[0].kind: unknown value 'regex'"),
        (
            "routes: {/a: {undocumented-methods: {PUT: {body: half}}}}",
            "undocumented-methods.PUT.body: unknown value 'half'",
        ),
        ("responses: {not-fuond: {status: 404}}", "unknown value 'not-fuond'. Did you mean 'not-found'?"),
        ("routes: {/a: {responses: {not-fuond: {status: 404}}}}", "routes./a.responses.not-fuond: unknown value"),
        (
            "routes: {/a: {undocumented-methods: {PUT: {then: forbiden}}}}",
            "undocumented-methods.PUT.then: unknown value 'forbiden'. Did you mean 'forbidden'?",
        ),
        ("[]", "expected a mapping, got list"),
    ],
)
def test_a_mistake_is_reported_with_its_location(text, expected, written):
    with pytest.raises(MockError) as refused:
        profile.read(written(text))

    assert expected in str(refused.value)
    assert "mine.yaml" in str(refused.value)


@pytest.mark.parametrize("path", sorted(carried("profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_bundled_profiles_can_be_read(path):
    assert profile.read(path).name == path.stem


ERROR = {
    "application/json": {
        "schema": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    }
}
JSON = {"application/json": {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}}


@pytest.fixture
def small(contract_of):
    """A contract with its own errors, and nothing that a profile is known for."""
    answers = {status: {"description": "", "content": ERROR} for status in ("401", "404", "422")}
    thing = {"application/json": {"example": {"id": "a", "n": 1}}}
    return contract_of(
        {
            "/things/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 3}}
                ],
                "get": {
                    "parameters": [{"name": "depth", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
                    "security": [{"token": []}],
                    "responses": {"200": {"description": "", "content": thing}} | answers,
                },
                "put": {
                    "requestBody": {"required": True, "content": JSON},
                    "responses": {"204": {"description": ""}} | answers,
                },
            }
        },
        servers=[{"url": "/v1"}],
        components={"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"path": "/things/a"}, 200),
        ({"path": "/things/a", "token": None}, 401),
        ({"path": "/things/b"}, 404),
        ({"path": "/things/abcd"}, 422),
        ({"path": "/things/a?depth=0"}, 422),
        ({"path": "/things/a?depth=x"}, 422),
        ({"path": "/things/a?depth=2"}, 200),
        ({"path": "/things/a", "method": "PUT"}, 422),
        (
            {
                "path": "/things/a",
                "method": "PUT",
                "body": '{"n": "x"}',
                "headers": {"Content-Type": "application/json"},
            },
            422,
        ),
        ({"path": "/things/a", "method": "PUT", "body": "{", "headers": {"Content-Type": "application/json"}}, 422),
        ({"path": "/things/a", "method": "PUT", "body": "n=1", "headers": {"Content-Type": "text/plain"}}, 422),
        (
            {"path": "/things/a", "method": "PUT", "body": '{"n": 1}', "headers": {"Content-Type": "application/json"}},
            204,
        ),
    ],
)
def test_a_neutral_server_returns_errors_in_the_schema_of_the_contract(asked, status, small, ask):
    with flowmock.running(small, tokens=["sesame"]) as running:
        answer = ask(running, **({"token": "sesame"} | asked))

    assert answer.status == status
    if status >= 400:
        operation = next(iter(small.operations.values()))
        assert operation.responses[str(status)].media["application/json"].is_valid(answer.json)
        assert len(answer.json["message"]) > 10


@pytest.mark.parametrize(
    ("path", "method", "accept", "status"),
    [
        ("/things/a", "DELETE", "*/*", 405),
        ("/things/a", "OPTIONS", "*/*", 204),
        ("/things/a", "HEAD", "*/*", 200),
        ("/things/a", "GET", "text/html", 406),
        ("/things/a", "GET", "application/json;q=0", 406),
        ("/things/a/", "GET", "*/*", 404),
        ("/thing", "POST", "*/*", 404),
    ],
)
def test_an_error_without_a_schema_is_a_problem_document(path, method, accept, status, small, ask):
    with flowmock.running(small) as running:
        answer = ask(running, path, method=method, headers={"Accept": accept})

    assert answer.status == status
    if status >= 400:
        assert (answer["content-type"], answer.json["status"]) == ("application/problem+json", status)


def test_statuses_have_their_required_headers(small, ask):
    with flowmock.running(small) as running:
        refused = ask(running, "/things/a", token=None)
        wrong = ask(running, "/things/a", method="PATCH")
        right = ask(running, "/things/a")

    assert refused["www-authenticate"] == 'Bearer realm="mock"'
    assert wrong["allow"] == "GET, PUT, HEAD, OPTIONS"
    assert (right["allow"], right["www-authenticate"]) == ("", "")


def test_a_percent_encoded_slash_is_part_of_a_value(contract_of, ask):
    answer = {"200": {"description": "", "content": {"application/json": {"example": {"name": "a/b"}}}}}
    with flowmock.running(contract_of({"/files/{name}": {"get": {"responses": answer}}})) as running:
        assert ask(running, "/files/a%2Fb").status == 200
        assert ask(running, "/files/a/b").status == 404
