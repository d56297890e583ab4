"""Run one shard in a worker. Workers get and return bytes: JSON, compressed."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from flowcontract.engine import cleanup
from flowcontract.engine.campaigns.plan import FailureGroup, Knowledge, Plan, ShardResult, Task
from flowcontract.engine.campaigns.replaying import Replay
from flowcontract.engine.campaigns.serialization import pack, unpack
from flowcontract.engine.campaigns.sources import REGRESSIONS, regressions_of
from flowcontract.engine.campaigns.worker import Worker
from flowcontract.engine.phases.success import is_documented_success
from flowcontract.engine.session import Session
from flowcontract.errors import TargetError
from flowcontract.generation.created import Created


def run_packed(plan: bytes, knowledge: bytes, task: bytes) -> bytes:
    """Run a shard; everything is packed by `serialization`. `knowledge` is empty for the first shard."""
    worker, asked = _worker(plan), unpack(task, Task)
    if asked.shard.source == REGRESSIONS:
        return pack(retest(worker, asked))
    return pack(worker.run(asked, _knowledge(knowledge) if knowledge else None))


def delete_left_over(plan: bytes, resources: Sequence[Created]) -> Sequence[Created]:
    """Delete resources that shards left; those that are still there."""
    return _worker(plan).delete_left_over(resources)


@lru_cache(maxsize=1)
def _worker(packed: bytes) -> "Worker":
    return Worker(unpack(packed, Plan))


@lru_cache(maxsize=1)
def _knowledge(packed: bytes) -> Knowledge:
    return unpack(packed, Knowledge)


def retest(worker: Worker, task: Task) -> ShardResult:
    """Send again what showed failures of earlier campaigns, with new resources."""
    began, plan = time.process_time(), worker.plan
    replay = Replay(worker, unsafe=plan.settings.allow_unsafe, rate=task.rate, seconds=task.seconds)
    groups: list[FailureGroup] = []
    retested: dict[str, str] = {}
    is_down = is_cut = False
    for group in regressions_of(plan, task.shard.number):
        is_cut = is_cut or replay.seconds_left <= 0
        if is_cut or is_down or any(session.expired for session in replay.sessions):
            break
        if missing := sorted(group.credentials - plan.target.tokens.keys()):
            retested[group.key] = f"credentials are not given: {', '.join(missing)}"
            continue
        before = len(replay.sessions)
        try:
            result = replay.run(group)
        except TargetError as error:
            retested[group.key] = str(error)
            is_down = len(replay.sessions) == before  # Nothing listens.
        else:
            retested[group.key] = "" if result.failures else result.inconclusive
            groups += [result.again] if result.again else []
        is_down = is_down or any("does not accept" in session.sender.stopped for session in replay.sessions)
        is_cut = not is_down and any(session.sender.stopped for session in replay.sessions)
    sent = [pair for session in replay.sessions for pair in session.sender.sent]
    statuses = Counter(
        (probe.operation, exchange.response.status if exchange.response else 0) for probe, exchange in sent
    )
    checks: Counter[str] = Counter()
    for session in replay.sessions:
        checks.update(session.check_counts)
    return ShardResult(
        task.shard,
        requests=len(sent),
        cpu=time.process_time() - began,
        statuses=tuple((operation, status, count) for (operation, status), count in sorted(statuses.items())),
        checks=dict(checks),
        tested=tuple(sorted(set(_tested(replay.sessions)))),
        groups=tuple(groups),
        examined={group.key: group.probe.trigger for group in groups},
        retested=retested,
        left_over=tuple(each for session in replay.sessions for each in session.resources.created.alive),
        unknown=tuple(note for session in replay.sessions for note in cleanup.unknown_notes(session)),
        median=max((session.sender.median_time for session in replay.sessions), default=0.0),
        is_cut=is_cut,
        is_down=is_down,
        is_expired=any(session.expired for session in replay.sessions),
    )


def _tested(sessions: Iterable[Session]) -> Iterator[str]:
    """IDs of the operations that returned a documented success to their own method."""
    for session in sessions:
        for probe, exchange in session.sender.sent:
            if probe.operation in session.checked:
                item = session.interaction(probe, exchange)
                if is_documented_success(item) and exchange.request.method == item.operation.method:
                    yield probe.operation
