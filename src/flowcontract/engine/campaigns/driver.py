"""The driver of a campaign: schedules shards, merges results, writes the database, and decides when to stop."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace

from flowcontract.engine.campaigns.database import Batch, Campaign, Database, StoredGroup
from flowcontract.engine.campaigns.metrics import Counts, instant, once_more, saturation
from flowcontract.engine.campaigns.plan import (
    FailureGroup,
    PackedPlan,
    Plan,
    Ranges,
    Shard,
    ShardResult,
    Source,
    layout,
)
from flowcontract.engine.campaigns.shards import run_shard
from flowcontract.engine.campaigns.workers import Pool, is_worker_loss
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.client import Transport

CHUNK = 250
"""Cases in one shard: few, so that all workers are busy; a worker returns the cases that it has no time for."""
SLICE = 0.4
"""Seconds that a worker runs before it reports; together with WRITE_EVERY at most one second of results is at risk."""
WRITE_EVERY = 0.4
"""Seconds between two writes to the database."""
LOOK_EVERY = 0.5
"""Seconds between two attempts to reach an unreachable target."""
LOSSES = 20
"""Maximum number of consecutive worker losses without a result."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a campaign."""

    seconds: float | None = None
    cases: int | None = None
    rate: float | None = None
    """Requests per second of all workers together; None for no limit."""
    outage: float = 60.0
    """Seconds that the target may be unreachable before the campaign ends."""


@dataclass(slots=True)
class State:
    """The state of a campaign, for progress display and reports."""

    ranges: Ranges
    counts: Counts
    groups: dict[str, StoredGroup]
    timeline: Counter[tuple[int, str]]
    behaviors: set[str] = field(default_factory=set)
    seconds: float = 0.0
    cpu: float = 0.0
    workers: int = 0
    unreachable_since: float = 0.0
    """Monotonic time in seconds since when the target has been unreachable; 0 while it is reachable."""
    ended: str = ""
    """Why the campaign ended; empty while it runs."""

    @property
    def cases(self) -> int:
        """Number of cases that have run."""
        return self.counts["cases", "", ""]

    @property
    def failures(self) -> int:
        """Number of distinct failures, without warnings."""
        return sum(not kept.group.is_warning for kept in self.groups.values())

    @property
    def saturation(self) -> float:
        """The probability that the next case shows new behavior."""
        return saturation(self.counts)


def state_of(database: Database, campaign: Campaign) -> State:
    """The state of a campaign of a database."""
    counts = database.counts(campaign)
    return State(
        ranges=database.ranges(campaign),
        counts=counts,
        groups=database.groups(campaign),
        timeline=database.timeline(campaign),
        behaviors={a for what, a, _ in counts if what == "behavior"},
        seconds=campaign.seconds,
        cpu=campaign.cpu,
    )


class Driver:
    """Runs one campaign until its limits are reached or it is interrupted."""

    def __init__(
        self,
        database: Database,
        campaign: Campaign,
        plan: Plan,
        pool: Pool,
        budget: Budget,
        watch: Callable[[State], None] = lambda _: None,
    ) -> None:
        """`watch` is called several times per second."""
        self.state = state_of(database, campaign)
        self._database, self._campaign, self._pool, self._budget, self._watch = database, campaign, pool, budget, watch
        self._plan = plan
        self._packed = PackedPlan.of(plan)
        self._todo: deque[Shard] = deque()
        self._rest = self._shards()
        self._running: dict[Future[ShardResult], Shard] = {}
        self._batch = Batch()
        self._changed: set[str] = set()
        self._written = self._began = time.monotonic()
        self._before = campaign.seconds
        self._suspects: set[tuple[Source, int]] = set()
        self._lost = 0

    def run(self) -> State:
        """Run until a limit is reached, the target stays unreachable, or a KeyboardInterrupt."""
        self._database.mark(self._campaign, "running")
        try:
            while not self.state.ended:
                self._hand_out()
                self._take_in()
                self._look_at_the_clock()
        except KeyboardInterrupt:
            self.state.ended = "interrupted"
        finally:
            self._drain()
            self._write()
            done = self.state.ended == _ALL_CASES
            self._database.mark(self._campaign, "complete" if done else "stopped")
            self._watch(self.state)
        return self.state

    # Scheduling

    def _shards(self) -> Iterator[Shard]:
        """The ranges that have not run yet, in order, in chunks, up to the limit of cases."""
        left = self._budget.cases
        done = Ranges(list(self.state.ranges))
        for whole in layout(self._plan):
            if left is not None:
                whole = replace(whole, stop=min(whole.stop, whole.start + left))
                left -= len(whole)
            for start, stop in done.missing(whole.source, whole.stop):
                at = max(start, whole.start)
                while at < stop:
                    yield Shard(whole.source, at, min(at + CHUNK, stop))
                    at += CHUNK
            if left == 0:
                return

    def _hand_out(self) -> None:
        self.state.workers = workers = self._pool.workers
        slots = 2 * workers - len(self._running)
        while slots > 0 and not self.state.unreachable_since:
            shard = self._todo.popleft() if self._todo else next(self._rest, None)
            if shard is None:
                if not self._running:
                    self.state.ended = _ALL_CASES
                return
            seen = frozenset(self.state.groups) | self.state.behaviors
            interval = workers / self._budget.rate if self._budget.rate else 0.0
            self._submit(shard, interval, seen)
            slots -= 1

    def _submit(self, shard: Shard, interval: float, seen: frozenset[str]) -> None:
        try:
            future = self._pool.submit(
                run_shard, self._packed, shard, seconds=self._slice(), interval=interval, seen=seen
            )
        except Exception as error:
            if not is_worker_loss(error):
                raise
            self._todo.appendleft(shard)
            self._pool.renew()
            return
        self._running[future] = shard

    def _slice(self) -> float:
        """Seconds for a worker: less when the time limit is near."""
        if self._budget.seconds is None:
            return SLICE
        left = self._budget.seconds - (time.monotonic() - self._began)
        return max(0.02, min(SLICE, left / 2))

    # Results

    def _take_in(self, timeout: float = 0.2) -> None:
        if not self._running:
            return
        ready, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        lost = False
        for future in ready:
            shard = self._running.pop(future)
            try:
                result = future.result()
            except BaseException as error:
                if not is_worker_loss(error):
                    raise
                lost = True
                self._todo.appendleft(shard)
                continue
            self._merge(result)
        if lost:
            self._renew()

    def _renew(self) -> None:
        """Replace lost workers. Raises UsageError if workers are lost repeatedly without any result."""
        self._lost += 1
        if self._lost == LOSSES:
            raise UsageError(
                f"workers died {LOSSES} times in a row before returning a result.",
                do="Check their output and the free memory. A program that starts a campaign must do so under"
                " `if __name__ == '__main__'`.",
            )
        self._pool.renew()

    def _merge(self, result: ShardResult) -> None:
        self._lost = 0
        state, shard = self.state, result.shard
        second = self._elapsed()
        state.ranges.add(shard.source, shard.start, result.reached)
        self._batch.done.append((shard.source, shard.start, result.reached))
        self._batch.timeline[instant(second), "once"] += once_more(state.counts, result.counts)
        self._batch.timeline[instant(second), "random"] += result.counts["random", "", ""]
        state.counts += result.counts
        self._batch.counts += result.counts
        state.cpu += result.cpu
        self._batch.examples += result.examples
        for behavior, pair in result.interest.items():
            if behavior not in state.behaviors:
                state.behaviors.add(behavior)
                self._batch.interest[behavior] = pair
                self._batch.timeline[instant(second), "behaviors"] += 1
        for group in result.groups.values():
            self._keep(group, second)
        for (what, status, _), n in result.counts.items():
            if what == "status":
                self._batch.timeline[instant(second), f"status {status}"] += n
        if result.reached < shard.stop:
            self._todo.appendleft(Shard(shard.source, result.reached, shard.stop))
        if result.down:
            self._target_lost(result)

    def _keep(self, group: FailureGroup, second: float) -> None:
        if group.flaky and (group.is_warning or group.violation.rule == "slow-response"):
            return  # Not certain enough to report.
        kept = self.state.groups.get(group.key)
        if kept is None and not group.is_warning:
            self._batch.timeline[instant(second), "failures"] += 1
        self.state.groups[group.key] = StoredGroup(
            kept.group.merged(group) if kept else group, kept.second if kept else second
        )
        self._changed.add(group.key)

    def _target_lost(self, result: ShardResult) -> None:
        """The target does not respond. A case that causes this twice is recorded as a failure and not sent again."""
        self.state.unreachable_since = self.state.unreachable_since or time.monotonic()
        if result.suspect is None:
            return
        source, index = result.shard.source, result.reached
        if (source, index) in self._suspects:
            self._keep(result.suspect, self._elapsed())
            self.state.ranges.add(source, index, index + 1)
            self._batch.done.append((source, index, index + 1))
            self._batch.counts["cases", "", ""] += 1
            self.state.counts["cases", "", ""] += 1
            shard = self._todo.popleft()
            if len(shard) > 1:
                self._todo.appendleft(replace(shard, start=index + 1))
        self._suspects.add((source, index))

    # Time

    def _elapsed(self) -> float:
        return self._before + time.monotonic() - self._began

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        self.state.seconds = self._elapsed()
        if self._budget.seconds is not None and now - self._began >= self._budget.seconds:
            self.state.ended = f"time limit of {self._budget.seconds:g} s reached"
        if self.state.unreachable_since:
            self._wait_for_target(now)
        if now - self._written >= WRITE_EVERY:
            self._write()
            if not self.state.ended:
                self._watch(self.state)

    def _wait_for_target(self, now: float) -> None:
        if not self._running:
            time.sleep(LOOK_EVERY)
        try:
            with Transport(self._plan.target, timeout=2) as transport:
                transport.connect()
        except TargetError:
            if now - self.state.unreachable_since >= self._budget.outage:
                self.state.ended = f"target unreachable for {self._budget.outage:g} s"
            return
        self.state.unreachable_since = 0.0

    def _drain(self) -> None:
        """Wait briefly for running shards; what is not finished runs again after a resume."""
        deadline = time.monotonic() + 2 * SLICE
        for future in list(self._running):
            if future.cancel():
                del self._running[future]
        while self._running and time.monotonic() < deadline:
            try:
                self._take_in()
            except KeyboardInterrupt:
                break

    def _write(self) -> None:
        self._batch.groups = [self.state.groups[key] for key in self._changed]
        self._batch.seconds, self._batch.cpu = self._elapsed(), self.state.cpu
        self._batch.timeline[instant(self._batch.seconds), "cases"] += self._batch.counts["cases", "", ""]
        self._database.write(self._campaign, self._batch)
        self.state.timeline.update(self._batch.timeline)  # Not `+=`, which drops negative counts.
        self._changed.clear()
        self._batch = Batch()
        self._written = time.monotonic()


_ALL_CASES = "all cases have run"
