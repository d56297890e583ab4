"""The plan: pure, in the same order every time, within its budget, with a reason for everything."""

import json
from collections import Counter
from typing import Any

import pytest

from flowcontract.checks.probe import Expect
from flowcontract.generation import probes
from flowcontract.generation.probes import resource_ids
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

TARGET = Target.at("http://127.0.0.1:1", "/api", token="Secret-of-Tests")


def _plan(contract: Contract, known: list[dict[str, str]], **more: Any) -> tuple[probes.Probe, ...]:
    operations = tuple(contract.operations.values())
    chosen = {"operations": operations, **more}
    return probes.plans(contract, TARGET, {o.id: known for o in operations}, **chosen)


@pytest.fixture
def operation(things: Any) -> Operation:
    found: Operation = things.contract.operation("things_read")
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 13, 60])
def test_a_plan_stays_within_its_budget_beside_a_read_of_each_resource(things: Any, count: int) -> None:
    known = [{"id": f"key-{number}"} for number in range(count)]

    planned = _plan(things.contract, known)

    assert len(planned) <= probes.BUDGET + count
    names = Counter(probe.name for probe in planned)
    assert max(names.values()) == 1
    assert all(probe.reason for probe in planned)
    earlier: set[str] = set()
    for probe in planned:
        assert not probe.compare_with or probe.compare_with in earlier
        earlier.add(probe.name)


def test_each_known_key_is_read_more_than_once_and_refused_to_nobody(things: Any) -> None:
    known = [{"id": key} for key in ("A", "b_2", "c" * 20)]

    planned = _plan(things.contract, known)

    for values in known:
        mine = [probe for probe in planned if probe.values == values]
        assert sum(probe.expect is Expect.SUCCESS for probe in mine) >= 2
        assert any(probe.expect is Expect.DENIED for probe in mine)


@pytest.mark.parametrize("known", [[""], ["", "leaf"]])
def test_an_empty_id_may_exist(things: Any, known: list[str]) -> None:
    planned = _plan(things.contract, [{"id": value} for value in known])

    near = [probe.values["id"] for probe in planned if probe.trigger == "one letter more"]
    assert near == ["leafx"] * ("leaf" in known)


def test_a_token_stands_nowhere_in_a_plan(things: Any) -> None:
    assert "Secret-of-Tests" not in repr(_plan(things.contract, [{"id": "old-chair"}]))


def test_keys_lie_on_and_beyond_the_bounds_of_the_schema(things: Any, operation: Operation) -> None:
    form = resource_ids.parameter_shape(things.contract, operation, operation.path_parameters()[0])
    assert (form.pattern, form.longest) == ("^[-a-z]+$", 20)

    sizes = {len(key.value) for key in resource_ids.unknown_ids(["old-chair"], form) if set(key.value) == {"k"}}
    assert {20, 21, 256} <= sizes


def test_a_known_key_is_never_taken_for_an_unknown_one(things: Any) -> None:
    known = [{"id": key} for key in ("old-chair", "OLD-CHAIR", "old-chai", "null")]

    unknown = [probe.values["id"] for probe in _plan(things.contract, known) if probe.group == "id" and probe.values]

    assert not {"old-chair", "OLD-CHAIR", "old-chai", "null"} & set(unknown)


def test_encoded_twice_is_another_key() -> None:
    (twice,) = [key for key in resource_ids.near_misses("ab") if key.label == "encoded twice"]

    assert twice.raw == "%2561b"
    assert twice.value == "%61b"


def test_an_operation_for_anyone_has_no_refusals(things: Any) -> None:
    document = {**things.contract.document, "security": []}

    planned = _plan(Contract(document), [{"id": "old-chair"}])

    assert planned
    assert not [probe for probe in planned if probe.expect is Expect.DENIED]
    assert "FLOWCONTRACT_TOKEN" not in repr(planned)


@pytest.mark.parametrize(
    ("scheme", "mark"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "('X-Key', '${FLOWCONTRACT_TOKEN}')"),
        ({"type": "apiKey", "in": "query", "name": "key"}, "?key=${FLOWCONTRACT_TOKEN}"),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "('Cookie', 'sid=${FLOWCONTRACT_TOKEN}')"),
        ({"type": "http", "scheme": "basic"}, "('Authorization', 'Basic ${FLOWCONTRACT_TOKEN}')"),
    ],
)
def test_credentials_stand_where_the_contract_says(things: Any, scheme: dict[str, str], mark: str) -> None:
    document = {**things.contract.document}
    document["components"] = {**document["components"], "securitySchemes": {"bearer": scheme}}

    planned = _plan(Contract(document), [{"id": "old-chair"}])

    assert mark in repr(planned[0].request)
    assert [probe for probe in planned if probe.expect is Expect.DENIED]


@pytest.mark.parametrize(("name", "sent"), [("key", False), ("", True)])
def test_a_query_parameter_of_any_scheme_is_not_a_wrong_place_for_a_token(things: Any, name: str, sent: bool) -> None:
    document = {**things.contract.document}
    schemes = document["components"]["securitySchemes"]
    other = {"other": {"type": "apiKey", "in": "query", "name": name}} if name else {}
    document["components"] = {**document["components"], "securitySchemes": {**schemes, **other}}

    planned = _plan(Contract(document), [{"id": "old-chair"}])

    assert any(probe.name.startswith("credentials/token in the query/") for probe in planned) == sent


def test_any_operation_can_be_planned() -> None:
    body = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    item = {
        "parameters": [
            {"name": "shop", "in": "path", "required": True, "schema": {"type": "integer"}},
            {"name": "item", "in": "path", "required": True, "schema": {"type": "integer"}},
            {"name": "unit", "in": "query", "required": True, "schema": {"type": "string", "enum": ["kg", "lb"]}},
        ],
        "get": {"operationId": "read", "responses": {"200": {"description": "It."}}},
        "put": {
            "operationId": "write",
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": body}},
            },
            "responses": {"204": {"description": "Done."}},
        },
    }  # fmt: skip
    contract = Contract({"openapi": "3.0.3", "info": {}, "paths": {"/shops/{shop}/items/{item}": item}})

    planned = _plan(contract, [{"shop": "1", "item": "2"}], allow_unsafe=True)

    first = {probe.operation: probe for probe in planned if probe.name.startswith("success/first/")}
    assert first["read"].request.target == "/api/shops/1/items/2?unit=kg"
    assert first["write"].request.body is not None
    assert isinstance(json.loads(first["write"].request.body)["n"], int)


def test_an_api_key_is_sent_with_the_prefix_that_the_contract_documents() -> None:
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'With the prefix "Token"'}
    contract = _searchable({"key": scheme}, {"type": "string"})
    target = Target.at("http://127.0.0.1:1", "", token="abc", other_token="def")

    planned = probes.plans(contract, target, {}, operations=tuple(contract.operations.values()))

    sent = {value for probe in planned for name, value in probe.request.headers if name == "Authorization"}
    assert "Token ${FLOWCONTRACT_TOKEN}" in sent
    assert any(value.startswith("Token flowcontract-wrong-token") for value in sent)


def test_malformed_credentials_may_get_a_documented_400() -> None:
    contract = _searchable({"token": {"type": "http", "scheme": "bearer"}}, {"type": "string"}, "400")
    target = Target.at("http://127.0.0.1:1", "", token="abc")

    planned = probes.plans(contract, target, {}, operations=tuple(contract.operations.values()))

    tolerant = {probe.name.split("/")[1]: 400 in probe.tolerated for probe in planned if probe.name.startswith("cred")}
    assert [tolerant[name] for name in ("empty header", "scheme alone", "scheme Basic", "word *")] == [True] * 4
    assert [tolerant[name] for name in ("absent", "wrong token", "word admin")] == [False] * 3


@pytest.mark.parametrize(("schema", "sent"), [({"type": "string"}, True), ({"type": "integer"}, False)])
def test_special_characters_are_sent_where_any_text_is_documented(schema: dict[str, str], sent: bool) -> None:
    contract = _searchable({}, schema)

    planned = probes.plans(contract, TARGET, {}, operations=tuple(contract.operations.values()))

    assert ("/api/books?q=%25" in {probe.request.target for probe in planned}) == sent


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string"}, [""]),
        ({"type": "integer"}, ["18446744073709551616", "Infinity", ""]),
        ({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}, ["18446744073709551616", "Infinity", ""]),
        ({"type": "integer", "maximum": 100}, ["Infinity", ""]),
        ({"type": "number"}, [""]),
    ],
    ids=repr,
)
def test_a_documented_query_parameter_is_sent_alone_with_unusual_values(
    schema: dict[str, Any], sent: list[str]
) -> None:
    contract = _searchable({}, schema)

    planned = probes.plans(contract, TARGET, {}, operations=tuple(contract.operations.values()))

    values = [probe for probe in planned if probe.group == "value"]
    assert [probe.request.target for probe in values] == [f"/api/books?q={value}" for value in sent]
    assert [probe.request.target[13:] for probe in values if probe.expect is Expect.REJECTED] == [
        value for value in sent if value == "Infinity"
    ]


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string", "enum": ["open", "paid", "late"]}, ["open", "paid"]),
        ({"type": "array", "items": {"enum": ["open", "in progress"]}}, ["open", "in%20progress"]),
        ({"type": "boolean"}, ["false"]),
        ({"type": "string", "enum": ["open"]}, []),
        ({"type": "string"}, []),
    ],
    ids=repr,
)
def test_a_filter_is_sent_alone_with_values_of_its_closed_set(schema: dict[str, Any], sent: list[str]) -> None:
    document = _searchable({}, schema).document
    books = {"items": {"properties": {"q": {"type": "string"}}}}
    document["paths"]["/books"]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": books}}
    contract = Contract(document)

    planned = probes.plans(contract, TARGET, {}, operations=tuple(contract.operations.values()))

    chosen = [probe.request.target for probe in planned if probe.group == "choice"]
    assert chosen == [f"/api/books?q={value}" for value in sent]


@pytest.mark.parametrize(("name", "sent"), [("page", ["/api/books?page=2"]), ("offset", []), ("q", [])])
def test_the_second_of_numbered_pages_is_read(name: str, sent: list[str]) -> None:
    document = _searchable({}, {"type": "integer"}).document
    document["paths"]["/books"]["get"]["parameters"][0]["name"] = name
    contract = Contract(document)

    planned = probes.plans(contract, TARGET, {}, operations=tuple(contract.operations.values()))

    assert [probe.request.target for probe in planned if probe.group == "choice"] == sent


def test_what_is_no_property_of_the_response_is_no_filter() -> None:
    contract = _searchable({}, {"type": "string", "enum": ["html", "json"]})

    planned = probes.plans(contract, TARGET, {}, operations=tuple(contract.operations.values()))

    assert not [probe for probe in planned if probe.group == "choice"]


def _searchable(schemes: dict[str, Any], schema: dict[str, str], *errors: str) -> Contract:
    """One operation with a query parameter of this schema, for callers with all of these schemes."""
    read = {
        "operationId": "listBooks",
        "security": [{name: []} for name in schemes],
        "parameters": [{"name": "q", "in": "query", "schema": schema}],
        "responses": {"200": {"description": "Books"}, **{status: {"description": "No."} for status in errors}},
    }
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Books", "version": "1"},
            "paths": {"/books": {"get": read}},
            "components": {"securitySchemes": schemes},
        }
    )


@pytest.mark.parametrize(
    ("errors", "of_another", "denied"),
    [
        (["401"], ["401", "403"], False),
        (["401", "403"], ["401", "403"], True),
        (["401"], ["401"], True),
        (["401", "4XX"], ["403"], True),
        ([], ["403"], True),
    ],
)
def test_a_token_without_permission_is_denied_where_the_contract_can_mean_it(
    errors: list[str], of_another: list[str], denied: bool
) -> None:
    def get(name: str, statuses: list[str]) -> dict[str, Any]:
        return {"get": {"operationId": name, "responses": {key: {"description": "A."} for key in ["200", *statuses]}}}

    document = {
        "openapi": "3.1.0",
        "info": {"title": "Me", "version": "1"},
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/me": get("me", errors), "/reports": get("reports", of_another)},
    }
    contract = Contract(document)
    target = Target.at("http://127.0.0.1:1", "", token="abc", none_token="viewer")

    planned = probes.plans(contract, target, {}, operations=(contract.operation("me"),))

    assert any("token without permission" in probe.name for probe in planned) == denied

    context = probes.OperationContext(contract, contract.operation("me"), target, [{}])
    essential = [probe for probe in probes.essential(context) if "token without permission" in probe.name]
    assert len(essential) == (denied and any(key in ("403", "4XX") for key in errors))
