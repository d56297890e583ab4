"""What a worker does: run the cases of a shard for a while, and bring back what came of them."""

import time
from dataclasses import replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Occurrence
from flowcontract.engine.campaigns.metrics import count_case, family
from flowcontract.engine.campaigns.minimize import minimize, shrink
from flowcontract.engine.campaigns.plan import Example, FailureGroup, PackedPlan, Shard, ShardResult, Source
from flowcontract.engine.campaigns.runner import CaseRunner, case_runner
from flowcontract.generation import schemathesis_cases

_AGAIN = 2
"""How often a new failure is asked again, to tell a flaky one."""


def run_shard(
    packed: PackedPlan, shard: Shard, *, seconds: float, interval: float, seen: frozenset[str]
) -> ShardResult:
    """Run a shard for about `seconds`, one request every `interval` seconds at most.

    `seen`: keys of groups and behaviors that the driver has: a new one is looked at more closely.
    """
    table = case_runner(packed)
    began, cpu = time.monotonic(), time.process_time()
    result = ShardResult(shard, shard.start)
    requests: set[int] = set()
    if shard.source is Source.MUTATED:
        schemathesis_cases.warm_up()  # Depth comes next, and the cases do not wait for it.
    for index in range(shard.start, shard.stop):
        now = time.monotonic()
        if now - began >= seconds:
            break
        probe = table.probe(shard.source, index)
        interaction = table.ask(probe)
        if interaction.exchange.response is None and not table.is_up():
            result.down = True
            result.suspect = next(iter(_groups(table.broken(interaction), shard.source, index)), None)
            break
        requests.add(hash(probe.request))
        _take(table, result, interaction, index, seen)
        result.reached = index + 1
        if interval and (left := interval - (time.monotonic() - now)) > 0:
            time.sleep(left)
    result.counts["distinct", "", ""] = len(requests)
    result.cpu = time.process_time() - cpu
    return result


def _take(table: CaseRunner, result: ShardResult, interaction: Interaction, index: int, seen: frozenset[str]) -> None:
    source = result.shard.source
    drawn = source is Source.PROPERTY_BASED or (source is Source.MUTATED and index >= len(table.breadth.systematic))
    behavior = count_case(result.counts, interaction, drawn=drawn)
    if behavior not in seen and behavior not in result.interest:
        result.interest[behavior] = (interaction.probe, interaction.exchange)
    for group in _groups(table.broken(interaction), source, index):
        result.counts["failed", family(interaction.probe.name), group.violation.rule] += 1
        if group.key in result.groups:
            result.groups[group.key] = result.groups[group.key].merged(group)
        elif group.key in seen:
            result.groups[group.key] = group
        else:
            result.groups[group.key], found = _looked_at(table, group)
            result.examples += found


def _groups(broken: list[Occurrence], source: Source, index: int) -> list[FailureGroup]:
    return [
        FailureGroup(
            violation=item.violation,
            probe=item.interaction.probe,
            exchange=item.interaction.exchange,
            base_probe=item.base.probe if item.base else None,
            base_exchange=item.base.exchange if item.base else None,
            count=1,
            source=source,
            index=index,
        )
        for item in broken
    ]


def _looked_at(table: CaseRunner, group: FailureGroup) -> tuple[FailureGroup, tuple[Example, ...]]:
    """A failure that is new: asked again, made small where it stands, and what Hypothesis is to remember of it."""
    if group.probe.request.method not in ("GET", "HEAD", "OPTIONS"):
        return group, ()
    for _ in range(_AGAIN):
        again = _groups(table.broken(table.ask(group.probe)), group.source, group.index)
        if not any(other.key == group.key for other in again):
            return replace(group, flaky=True), ()
    smaller, found = shrink(table, group) if group.source is Source.PROPERTY_BASED else (group, ())
    smaller = minimize(table, smaller)
    return (smaller if smaller.key == group.key else group), found
