"""A campaign against the mock of any contract: what a right server says to it is no failure."""

import json
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.checks.probe import Expect, Relation
from flowcontract.cli.main import main
from flowcontract.generation.mutations import queries
from flowcontract.generation.mutations.operation_context import MutationContext, contexts
from flowcontract.generation.mutations.random_choice import SeededRandom
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
PETS = {"type": "array", "items": PET}
BY_ID = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}
LANGUAGE = {"name": "Accept-Language", "in": "header", "schema": {"type": "string", "enum": ["en", "de"]}}


def answered(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [LIMIT, LANGUAGE],
                "responses": {"200": answered(PETS)},
            },
            "post": {
                "operationId": "addPet",
                "requestBody": {"content": {"application/json": {"schema": PET}}},
                "responses": {"201": answered(PET)},
            },
        },
        "/pets/{petId}": {
            "get": {
                "operationId": "getPet",
                "parameters": [BY_ID],
                "responses": {"200": answered(PET), "default": answered({"type": "object"})},
            }
        },
    },
}


@pytest.fixture
def context() -> MutationContext:
    """The context of the list of pets."""
    return contexts(Contract(DOCUMENT), Target.at("http://127.0.0.1:1", "/v1"), {})[0]


def test_the_mock_of_an_ordinary_contract_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "pets.json"
    spec.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    with flowmock.running(Contract.load(spec), param=("petId=7",)) as mock:
        code = main(
            ["fuzz", mock.url, "--spec", str(spec), "--param", "petId=7", "--cases", "3000", "--workers", "1",
             "--quiet", "--allow-unsafe", "--database", str(tmp_path / "campaign.db")]
        )  # fmt: skip

    assert (code, capsys.readouterr().out) == (0, "passed: 3,000 cases, no findings.\n")


def test_an_addition_that_the_contract_has_a_meaning_for_may_change_the_answer(context: MutationContext) -> None:
    meant = context.same(SeededRandom(0, 0), "query/limit", query="limit=1")
    nothing = context.same(SeededRandom(0, 0), "query/x", query="x=1", headers=(("X-Limit", "1"),))

    assert context.declares("", [("accept-language", "de")])
    assert (meant.expect, meant.relation) == (Expect.DOCUMENTED, Relation.NONE)
    assert (nothing.expect, nothing.relation) == (Expect.SUCCESS, Relation.SAME)


def test_an_invalid_value_of_a_parameter_may_be_refused_and_a_valid_one_only_as_documented(
    context: MutationContext,
) -> None:
    tried = {
        probe.request.target.partition("?")[2]: probe.tolerated
        for probe in queries.systematic(context)
        if probe.request.target.partition("?")[2].startswith("limit=") and probe.trigger == "the parameter limit"
    }

    assert tried["limit=100"] == tried["limit=1"] == ()
    assert all(400 in tried[f"limit={value}"] for value in (0, 101, "x", ""))
