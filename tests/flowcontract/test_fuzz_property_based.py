"""Property-based cases: Hypothesis generates them from the schemas, shrinks failures, and stores them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from flowcontract.engine.campaigns import runner
from flowcontract.engine.campaigns.plan import BLOCK_SIZE, PackedPlan, Plan, Shard, Source
from flowcontract.engine.campaigns.property_based import Block
from flowcontract.engine.campaigns.shards import run_shard
from flowcontract.generation.mutations.operation_context import contexts
from flowcontract.generation.resources import documented
from flowcontract.http.target import Target


@pytest.fixture(autouse=True)
def _closed_runners() -> Iterator[None]:
    yield
    runner.close_all()


def _plan(things: Any, **more: Any) -> Plan:
    operation = things.contract.operation("things_read")
    known = {operation.id: documented(operation)}
    return Plan(things.contract.document, things.target, known, 5, (operation.id,), **more)


def _fails_on_four_letters(ask: Any, reply: Any) -> Any:
    """A defect that no list of odd texts holds: four letters or more, of whatever kind."""
    if reply.status == 404 and len(ask.key) >= 4:
        return type(reply)(500, {"detail": "Too much."})
    return reply


def _first_block(plan: Plan) -> Any:
    shard = Shard(Source.PROPERTY_BASED, 0, 20)
    return run_shard(PackedPlan.of(plan), shard, seconds=60, interval=0, seen=frozenset())


def test_blocks_are_the_same_for_the_same_seed(things: Any) -> None:
    (context,) = contexts(things.contract, Target.at("http://127.0.0.1:1", "/api", token="t"), _plan(things).known)

    assert Block(context, 1, 0).cases() == Block(context, 1, 0).cases()
    assert Block(context, 1, 0).cases() != Block(context, 1, 1).cases()


def test_hypothesis_makes_small_what_fails(things: Any) -> None:
    things.change = _fails_on_four_letters

    (group,) = _first_block(_plan(things)).groups.values()

    assert group.probe.values == {"id": "0000"}, "Hypothesis' plainest text of the length that fails"


def test_what_hypothesis_found_is_drawn_first_in_a_later_campaign(things: Any) -> None:
    things.change = _fails_on_four_letters
    plan = _plan(things)
    found = _first_block(plan)
    (group,) = found.groups.values()
    assert found.examples

    later = replace(plan, seed=6, examples=found.examples)
    asked = len(things.asked)
    again = run_shard(
        PackedPlan.of(later), Shard(Source.PROPERTY_BASED, 0, 1), seconds=60, interval=0, seen=frozenset(found.groups)
    )

    assert things.asked[asked].key == group.probe.values["id"]
    assert [key for key, each in again.groups.items() if each.index == 0] == [group.key]


def test_nothing_is_drawn_again_that_was_drawn(things: Any) -> None:
    things.change = _fails_on_four_letters
    plan = replace(_plan(things), examples=_first_block(_plan(things)).examples)
    table = runner.case_runner(PackedPlan.of(plan))

    first, second = table.block(0).cases(), table.block(BLOCK_SIZE).cases()

    assert first[0][1].values == {"id": "0000"}
    assert second[0][1].values != {"id": "0000"}
