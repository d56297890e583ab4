"""The budget of a campaign follows discovery."""

from collections import Counter

from flowcontract.engine.campaigns.plan import Plan, Ranges, Shard
from flowcontract.engine.campaigns.schedule import Schedule
from flowcontract.engine.campaigns.sources import Source
from flowcontract.engine.session import Session


def _nothing(_: Session, __: Plan) -> None:
    """No requests."""


RICH, POOR = Source("rich", _nothing), Source("poor", _nothing)
ONCE = Source("once", _nothing, together=2, once=True, promise=100)


def _run(schedule: Schedule, turns: int, **found: float) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _ in range(turns):
        shard = schedule.next()
        assert shard is not None
        counts[shard.source] += 1
        schedule.finished(shard, 1.0, found.get(shard.source, 0.0))
    return counts


def test_a_source_that_discovers_more_gets_more_and_no_source_gets_nothing() -> None:
    schedule = Schedule({"rich": RICH, "poor": POOR}, 4, lambda _: False)

    counts = _run(schedule, 100, rich=5)

    assert counts["rich"] > 85
    assert counts["poor"] >= 4


def test_a_source_that_runs_dry_gives_way() -> None:
    schedule = Schedule({"rich": RICH, "poor": POOR}, 4, lambda _: False)
    _run(schedule, 30, rich=5)

    counts = _run(schedule, 60, poor=5)

    assert counts["poor"] > counts["rich"]


def test_a_list_of_cases_ends_and_what_has_run_is_not_run_again() -> None:
    done = Ranges([("once", 0, 1)])
    schedule = Schedule({"once": ONCE}, 5, done.__contains__)

    assert [schedule.next(), schedule.next(), schedule.next()] == [Shard("once", 1), Shard("once", 2), None]


def test_a_lost_shard_is_next() -> None:
    schedule = Schedule({"once": ONCE, "rich": RICH}, 5, lambda _: False)
    lost = schedule.next()
    assert lost is not None

    schedule.again(lost)

    assert schedule.next() == lost


def test_a_source_without_cases_for_any_operation_is_left_out() -> None:
    schedule = Schedule({"poor": POOR}, 4, lambda _: False)
    shard = schedule.next()
    assert shard is not None

    schedule.finished(shard, 1.0, 0.0, is_empty=True)

    assert schedule.next() is None


def test_a_resumed_campaign_goes_on_with_what_its_sources_discovered() -> None:
    whole = Schedule({"rich": RICH, "poor": POOR}, 4, lambda _: False)
    done: list[Shard] = []
    for _ in range(30):
        shard = whole.next()
        assert shard is not None
        done.append(shard)
        whole.finished(shard, 1.0, 5.0 * (shard.source == "rich"))
    resumed = Schedule({"rich": RICH, "poor": POOR}, 4, done.__contains__)

    for shard in done:
        resumed.remember(shard.source, 1.0, 5.0 * (shard.source == "rich"))
    resumed.remember("start", 1.0, 1.0)

    assert _run(resumed, 20, rich=5) == _run(whole, 20, rich=5)
