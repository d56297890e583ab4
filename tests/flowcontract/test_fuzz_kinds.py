"""Single strategies of mutated cases: what they vary, and what they leave unchanged."""

from flowcontract.checks.probe import Expect, Relation
from flowcontract.generation.mutations import queries, resource_ids
from flowcontract.generation.mutations.operation_context import MutationContext, Nonce, contexts
from flowcontract.generation.mutations.random_choice import SeededRandom
from flowcontract.generation.resources import documented
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TARGET = Target.at("http://127.0.0.1:1", "/api/v3", token="a-token-for-tests")


def _context() -> MutationContext:
    contract = Contract.load()
    known = {name: documented(operation) for name, operation in contract.operations.items()}
    every = contexts(contract, TARGET, known)
    return next(each for each in every if each.operation.id == "flows_instances_retrieve")


def test_a_key_in_disguise_is_none_that_exists() -> None:
    context = _context()
    drawn = [resource_ids.with_lookalikes(context, SeededRandom(1, index), Nonce(index * 7919)) for index in range(400)]
    probes = [probe for probe in drawn if probe is not None]

    assert len(probes) > 300
    assert {probe.expect for probe in probes} == {Expect.NOT_FOUND}
    assert len({probe.request.target for probe in probes}) == len(probes)
    known = {text for texts in context.known_texts.values() for text in texts}
    assert not known & {text for probe in probes for text in probe.values.values()}


def test_a_caller_without_the_right_shows_no_token_whatever_comes_beside() -> None:
    context = _context()
    probes = [queries.no_credentials_with_more(context, SeededRandom(1, index), Nonce(index)) for index in range(400)]

    assert {probe.expect for probe in probes} == {Expect.DENIED}
    assert not any("${FLOWCONTRACT_TOKEN" in repr(probe.request) for probe in probes)
    assert len({header for probe in probes for header in probe.request.headers}) > 60


def test_a_telling_name_may_find_nothing_but_nothing_else() -> None:
    context = _context()
    success = context.operation.success()
    assert success
    members = context.contract.resolve(success.media["application/json"].schema)["properties"]  # type: ignore[arg-type]

    probes = [queries.common_parameter(context, SeededRandom(1, index), Nonce(index)) for index in range(2000)]

    names = {probe.request.target.partition("?")[2].partition("=")[0] for probe in probes}
    assert {"search", "per_page", *members} <= names
    assert {(probe.expect, probe.relation, probe.tolerated) for probe in probes} == {
        (Expect.SUCCESS, Relation.SAME, (400, 404))
    }
