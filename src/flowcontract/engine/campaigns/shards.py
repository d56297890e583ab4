"""The work of a worker: run the cases of a shard for a limited time, and return the results."""

import time
from dataclasses import replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Occurrence
from flowcontract.engine.campaigns.metrics import count_case, family
from flowcontract.engine.campaigns.minimize import minimize, shrink
from flowcontract.engine.campaigns.plan import Example, FailureGroup, PackedPlan, Shard, ShardResult, Source
from flowcontract.engine.campaigns.runner import CaseRunner, case_runner
from flowcontract.generation import schemathesis_cases

_RETRIES = 2
"""How often a new failure is sent again, to detect flaky ones."""


def run_shard(
    packed: PackedPlan, shard: Shard, *, seconds: float, interval: float, seen: frozenset[str]
) -> ShardResult:
    """Run a shard for about `seconds`, one request every `interval` seconds at most.

    `seen`: keys of failure groups and behaviors that the driver knows; new ones are examined more closely.
    """
    runner = case_runner(packed)
    began, cpu = time.monotonic(), time.process_time()
    result = ShardResult(shard, shard.start)
    requests: set[int] = set()
    if shard.source is Source.MUTATED:
        schemathesis_cases.warm_up()  # Property-based cases come next; load Schemathesis in the meantime.
    for index in range(shard.start, shard.stop):
        now = time.monotonic()
        if now - began >= seconds:
            break
        probe = runner.probe(shard.source, index)
        interaction = runner.send(probe)
        if interaction.exchange.response is None and not runner.is_up():
            result.down = True
            result.suspect = next(iter(_groups(runner.check(interaction), shard.source, index)), None)
            break
        requests.add(hash(probe.request))
        _record(runner, result, interaction, index, seen)
        result.reached = index + 1
        if interval and (left := interval - (time.monotonic() - now)) > 0:
            time.sleep(left)
    result.counts["distinct", "", ""] = len(requests)
    result.cpu = time.process_time() - cpu
    return result


def _record(
    runner: CaseRunner, result: ShardResult, interaction: Interaction, index: int, seen: frozenset[str]
) -> None:
    source = result.shard.source
    random = source is Source.PROPERTY_BASED or (source is Source.MUTATED and index >= len(runner.mutated.systematic))
    behavior = count_case(result.counts, interaction, random=random)
    if behavior not in seen and behavior not in result.interest:
        result.interest[behavior] = (interaction.probe, interaction.exchange)
    for group in _groups(runner.check(interaction), source, index):
        result.counts["failed", family(interaction.probe.name), group.violation.rule] += 1
        if group.key in result.groups:
            result.groups[group.key] = result.groups[group.key].merged(group)
        elif group.key in seen:
            result.groups[group.key] = group
        else:
            result.groups[group.key], found = _examine(runner, group)
            result.examples += found


def _groups(occurrences: list[Occurrence], source: Source, index: int) -> list[FailureGroup]:
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
        for item in occurrences
    ]


def _examine(runner: CaseRunner, group: FailureGroup) -> tuple[FailureGroup, tuple[Example, ...]]:
    """A new failure: sent again, then minimized; also returns the new entries of Hypothesis's example database."""
    if group.probe.request.method not in ("GET", "HEAD", "OPTIONS"):
        return group, ()
    for _ in range(_RETRIES):
        again = _groups(runner.check(runner.send(group.probe)), group.source, group.index)
        if not any(other.key == group.key for other in again):
            return replace(group, flaky=True), ()
    smaller, found = shrink(runner, group) if group.source is Source.PROPERTY_BASED else (group, ())
    smaller = minimize(runner, smaller)
    return (smaller if smaller.key == group.key else group), found
