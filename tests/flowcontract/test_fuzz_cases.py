"""The cases of a campaign: the same for the same seed, distinct, safe, and of every class."""

from collections import Counter
from itertools import pairwise

import pytest

from flowcontract.checks.probe import Expect
from flowcontract.engine.campaigns.metrics import instant, once_more, saturation
from flowcontract.engine.campaigns.plan import PackedPlan, Plan, Ranges, Source, layout
from flowcontract.engine.campaigns.runner import planned
from flowcontract.generation import mutations  # noqa: F401 - fills the table of kinds
from flowcontract.generation.dictionary import boundaries
from flowcontract.generation.mutations.cases import MutatedCases
from flowcontract.generation.mutations.operation_context import contexts
from flowcontract.generation.mutations.random_choice import SeededRandom, digits, mixed
from flowcontract.generation.resources import documented
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TARGET = Target.at("http://127.0.0.1:1", "/api/v3", token="a-token-for-tests")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def _plan(contract: Contract, seed: int = 1, **more: object) -> Plan:
    operations = tuple(contract.operations)
    known = {name: documented(contract.operation(name)) for name in operations}
    return Plan(contract.document, TARGET, known, seed, operations, **more)  # type: ignore[arg-type]


def _mutated(contract: Contract, seed: int = 1) -> MutatedCases:
    plan = _plan(contract, seed)
    return MutatedCases(contexts(contract, TARGET, plan.known), seed)


def test_a_case_is_a_function_of_seed_and_index(contract: Contract) -> None:
    one, other = _mutated(contract), _mutated(contract)

    backwards = [other.case(index) for index in reversed(range(5000))]

    assert [one.case(index) for index in range(5000)] == backwards[::-1]


def test_another_seed_has_other_cases(contract: Contract) -> None:
    one, other = (_mutated(contract, seed) for seed in (1, 2))
    drawn = range(len(one.systematic), len(one.systematic) + 2000)

    assert not {one.case(index).request for index in drawn} & {other.case(index).request for index in drawn}


def test_nearly_no_two_cases_are_the_same_request(contract: Contract) -> None:
    mutated = _mutated(contract)

    distinct = len({mutated.case(index).request for index in range(20_000)})

    assert distinct > 0.999 * 20_000


def test_every_case_is_safe_unless_unsafe_ones_are_asked_for(contract: Contract) -> None:
    mutated = _mutated(contract)
    plan = planned(_plan(contract))

    methods = Counter(probe.request.method for probe in (*plan, *map(mutated.case, range(10_000))))

    assert set(methods) <= {"GET", "HEAD", "OPTIONS"}
    names = {name.lower() for probe in plan for name, _ in probe.request.headers}
    assert not any("override" in name for name in names)


def test_no_case_holds_the_value_of_a_token(contract: Contract) -> None:
    mutated = _mutated(contract)

    assert not any("a-token-for-tests" in repr(mutated.case(index).request) for index in range(8000))


def test_the_cases_ask_for_every_part_that_a_server_plays(contract: Contract) -> None:
    mutated = _mutated(contract)
    probes = [mutated.case(index) for index in range(8000)]

    assert {probe.expect for probe in probes} >= {Expect.SUCCESS, Expect.NOT_FOUND, Expect.DENIED, Expect.SHADOWED}
    assert {probe.group for probe in probes} >= {"id", "credentials", "query", "header", "method", "variant"}


def test_a_packed_plan_is_the_plan(contract: Contract) -> None:
    plan = _plan(contract)

    unpacked = PackedPlan.of(plan).unpack()

    assert unpacked.key == plan.key
    assert unpacked.target.tokens == plan.target.tokens
    assert "a-token-for-tests" not in repr(PackedPlan.of(plan))


def test_the_key_of_a_plan_tells_seeds_apart_and_not_hosts(contract: Contract) -> None:
    plan = _plan(contract)

    assert plan.key == _plan(contract).key
    assert plan.key != _plan(contract, 2).key


def test_mixing_is_a_bijection_and_spelling_keeps_numbers_apart() -> None:
    numbers = {mixed(7, index) for index in range(50_000)}

    assert len(numbers) == 50_000
    assert len({digits(number, "abc") for number in numbers}) == 50_000
    assert len({len(digits(number, "abc")) for number in (0, 1, 2**32 - 1)}) == 1


def test_dice_fall_everywhere() -> None:
    falls = Counter(SeededRandom(3, index).below(6) for index in range(6000))

    assert set(falls) == set(range(6))
    assert min(falls.values()) > 800


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 9}, {"3", "4", "8", "9"}, {"2", "10", "x", "1.5"}),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, {"4"}, {"3"}),
        ({"enum": ["a", "b"]}, {"a", "b"}, {"A", "ax", ""}),
        ({"type": "boolean"}, {"true", "false"}, {"1", "True"}),
        ({"type": "string", "maxLength": 5}, {"aaaaa", "aaaa"}, {"aaaaaa"}),
    ],
)
def test_boundaries_stand_on_both_sides(schema: dict[str, object], valid: set[str], invalid: set[str]) -> None:
    found = {value.text: value.valid for value in boundaries(schema)}

    assert {text for text in valid if found[text]} == valid
    assert {text for text in invalid if not found[text]} == invalid


def test_ranges_join_and_name_what_is_missing() -> None:
    ranges = Ranges([(Source.MUTATED, 10, 20), (Source.MUTATED, 0, 5), (Source.MUTATED, 18, 30)])

    assert list(ranges.missing(Source.MUTATED, 40)) == [(5, 10), (30, 40)]
    assert list(ranges.missing(Source.PROPERTY_BASED, 2)) == [(0, 2)]
    assert ranges.count() == 25
    assert list(ranges) == [(Source.MUTATED, 0, 5), (Source.MUTATED, 10, 30)]


def test_the_layout_asks_what_failed_before_and_the_plan_first_and_leaves_no_case_out(contract: Contract) -> None:
    probe = _mutated(contract).case(0)
    shards = layout(_plan(contract, regressions=(probe,), planned=(probe, probe)))

    first = [next(shards) for _ in range(7)]

    assert [(shard.source, len(shard)) for shard in first[:2]] == [(Source.REGRESSION, 1), (Source.PLAN, 2)]
    mutated = [shard for shard in first if shard.source is Source.MUTATED]
    assert all(one.stop == other.start for one, other in pairwise(mutated))


def test_a_campaign_of_days_has_few_instants() -> None:
    instants = {instant(second) for second in range(3 * 86400)}

    assert [instant(second) for second in (0.9, 59.2, 1023)] == [0, 59, 1023]
    assert len(instants) < 6000
    assert all(0 <= second - instant(second) <= second / 256 for second in range(1, 3 * 86400))


def test_the_chance_of_something_new_can_be_followed_as_it_falls() -> None:
    counts = Counter({("behavior", "a", "random"): 1, ("behavior", "b", "random"): 2, ("behavior", "c", ""): 1})
    more = Counter({("behavior", "a", "random"): 1, ("behavior", "d", "random"): 1, ("behavior", "e", ""): 1})

    assert once_more(counts, more) == 0, "a is no more seen once, d is"
    assert saturation(counts + more + Counter({("random", "", ""): 5})) == 1 / 5
