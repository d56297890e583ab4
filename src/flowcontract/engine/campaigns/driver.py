"""The driver of a campaign: hands out shards, merges results, writes the database, and decides when to stop."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace

from flowcontract.checks.registry import RULES
from flowcontract.engine.campaigns import discovery
from flowcontract.engine.campaigns.database import Batch, Campaign, Database, Point, StoredGroup
from flowcontract.engine.campaigns.plan import START, FailureGroup, Knowledge, Plan, Ranges, Shard, ShardResult, Task
from flowcontract.engine.campaigns.schedule import Schedule
from flowcontract.engine.campaigns.serialization import dumps, loads, pack, unpack
from flowcontract.engine.campaigns.shards import delete_left_over, run_packed
from flowcontract.engine.campaigns.sources import sources_of
from flowcontract.engine.campaigns.workers import Pool, is_worker_loss
from flowcontract.engine.cleanup import path_of
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation.created import Created
from flowcontract.http.client import Transport
from flowcontract.http.redaction import Redactor
from flowcontract.http.target import Target

WRITE_EVERY = 0.4
"""Seconds between two writes to the database."""
LOOK_EVERY = 0.5
"""Seconds between two attempts to reach an unreachable target, and two looks for new credentials."""
LOSSES = 20
"""Maximum number of consecutive worker losses without a result."""
LAST = 1.0
"""Seconds to wait for running shards when the campaign ends."""
_LAST_WITH_WRITES = 15.0
"""The same for shards at their time limit that delete what they created."""
_ATTEMPTS = 2
"""Times that a shard may leave the target unreachable, or be cut, before its results count as they are."""
_SLOWER = 3.0
"""How many times slower than at the beginning a target gets fewer requests at once."""
_LOOK_AT_RESULTS = 0.2
"""Seconds until the driver looks after its limits while no shard is finished."""
_NOTICEABLE = 0.05
"""Seconds of a response below which no target counts as slow."""
_BODIES = 16 * 1024 * 1024
"""Bytes of bodies that the groups of a campaign keep; beyond that, only the beginnings of others."""
_NOTES = 1000
"""Notes of shards that a campaign keeps."""
DENIALS = 200
"""Requests after which a campaign ends if no operation had a success and most were denied."""
DENIED_FOR = 5.0
"""Seconds of the campaign before that: tokens may become valid a little later."""
ALL_CASES = "all cases have run"
TIME_LIMIT = "time limit of"
INTERRUPTED = "interrupted"
DENIED = "the server denied every caller (401, 403)"
EXPIRED = "the credentials expired"
NO_SUCCESS = "no request succeeded at first"
ERROR = "an error ended it"


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a campaign."""

    seconds: float | None = None
    """Time limit, over all runs of the campaign."""
    cases: int | None = None
    """Requests after which nothing new begins, over all runs of the campaign."""
    rate: float | None = None
    """Requests per second of all workers together; None for no limit."""
    fail_fast: bool = False
    """End at the first failure."""
    needs_success: bool = False
    """End where none of the first requests, one for each operation, succeeds: the contract may be of another server."""
    outage: float = 60.0
    """Seconds that the target may be unreachable, or may deny the credentials, before the campaign ends."""


@dataclass(slots=True)
class State:
    """The state of a campaign, for progress display and reports."""

    ranges: Ranges
    counts: Counter[tuple[str, str, str]]
    """`("status", operation, "200")`, `("tested", operation, "")`, `("check", rule, "")`,
    `("checked", operation, rule)`, `("note", text, "")`.

    Of failures of earlier campaigns `("again", "", "")` for all that are sent again, `("left out", "", "")` for those
    that are too many, and by the key of their group `("retested", key, "")`, or `("unclear", key, why)` where that said
    nothing.
    Also `("left", path, resource)` for resources that are still there, and `("lost", "", "")` for workers.
    """
    groups: dict[str, StoredGroup]
    points: list[Point]
    features: set[str] = field(default_factory=set)
    seconds: float = 0.0
    cpu: float = 0.0
    workers: int = 0
    operations: int = 0
    """Operations that results count as tested or not."""
    unreachable_since: float = 0.0
    """Monotonic time in seconds since when the target has been unreachable; 0 while it is reachable."""
    paused: str = ""
    """Why nothing is sent at the moment."""
    ended: str = ""
    """Why the campaign ended; empty while it runs."""

    @property
    def requests(self) -> int:
        """Requests that were sent."""
        return sum(point.requests for point in self.points)

    @property
    def tested(self) -> int:
        """Operations with a documented success."""
        return sum(what == "tested" for what, _, _ in self.counts)

    @property
    def failures(self) -> int:
        """Different rules and operations that failed, without warnings."""
        return len({_title(kept.group) for kept in self.groups.values() if not is_warning(kept.group)})


def _without_body(created: Created) -> Created:
    """A resource as the database keeps it: with the credentials of its creator."""
    request = created.request
    return created if request is None else replace(created, request=replace(request, body=None))


def is_warning(group: FailureGroup) -> bool:
    """Whether a conforming server may do this."""
    return RULES[group.violation.rule].is_warning if group.violation.rule in RULES else False


def _title(group: FailureGroup) -> tuple[str, str]:
    return group.violation.rule, group.violation.group_key


def state_of(database: Database, campaign: Campaign) -> State:
    """The state of a campaign of a database."""
    return State(
        ranges=database.ranges(campaign),
        counts=database.counts(campaign),
        groups=database.groups(campaign),
        points=database.points(campaign),
        features=database.features(campaign),
        seconds=campaign.seconds,
        cpu=campaign.cpu,
        ended=campaign.ended,
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
        renewed: Callable[[], Target | None] = lambda: None,
        is_failing: Callable[[State], bool] = lambda state: state.failures > 0,
    ) -> None:
        """`watch` is called several times per second; `renewed` returns the target with new credentials, if any.

        `is_failing`: whether a campaign in this state fails.
        """
        self.state = state_of(database, campaign)
        self.state.ended = ""
        self.state.operations = plan.counted
        self._database, self._campaign, self._pool, self._budget, self._watch = database, campaign, pool, budget, watch
        self._renewed = renewed
        self._is_failing = is_failing
        self._plan = plan
        self._packed = pack(plan)
        self._knowledge: bytes = b""
        self._median = 0.0
        self._running: dict[Future[bytes], Shard] = {}
        self._batch = Batch()
        self._changed: set[str] = set()
        self._limits = Counter(map(discovery.limited, self.state.features))
        self._written = self._began = time.monotonic()
        self._before = campaign.seconds
        self._troubled: Counter[Shard] = Counter()
        self._lost = 0
        self._notes = sum(what == "note" for what, _, _ in self.state.counts)
        self._at_once = 0
        self._examined: dict[str, str] = {key: kept.group.probe.trigger for key, kept in self.state.groups.items()}
        self._schedule = Schedule(sources_of(plan), len(plan.selected), self.state.ranges.__contains__)
        for point in self.state.points:
            found = point.features + point.findings * discovery.WEIGHTS["finding"]
            self._schedule.remember(point.source, point.cpu, found)
        self._bodies = sum(kept.group.body_size for kept in self.state.groups.values())
        if not self.state.counts["again", "", ""]:
            planned = Counter({("again", "", ""): len(plan.regressions), ("left out", "", ""): plan.left_out})
            self.state.counts += planned
            self._batch.counts += planned
        self._left: dict[tuple[str, str, str], Created] = {}
        """Resources that shards could not delete, by their keys in the counts."""
        if campaign.target == plan.target.url:  # Elsewhere, others created what has the same paths.
            self._left = {
                (what, path, resource): loads(resource, Created)
                for (what, path, resource), number in self.state.counts.items()
                if what == "left" and resource and number > 0
            }
        knowledge = database.knowledge(campaign)
        if knowledge is not None and knowledge.successes:  # Else another token may tell more.
            self._learn(knowledge)

    def run(self) -> State:
        """Run until a limit is reached, the target stays unreachable, or a KeyboardInterrupt."""
        try:
            self._watch(self.state)
            while not self.state.ended:
                self._hand_out()
                self._take_in()
                self._look_at_the_clock()
        except KeyboardInterrupt:
            self.state.ended = INTERRUPTED
        finally:
            try:
                with contextlib.suppress(KeyboardInterrupt):  # The second one.
                    self._drain()
                    self._clean_up()
            finally:
                self._close()
        return self.state

    def _close(self) -> None:
        self._batch.counts["lost", "", ""] = self._pool.losses
        self._write()
        done = self.state.ended == ALL_CASES or self.state.ended.startswith(TIME_LIMIT)
        ended = self.state.ended or ERROR
        self._database.close_campaign(self._campaign, "complete" if done else "stopped", ended)
        self._watch(self.state)

    # Scheduling

    @property
    def _most(self) -> int:
        """Shards at once, at most. Those that write run one after another: each would see what the others change."""
        workers = self._pool.workers
        return 1 if self._plan.settings.allow_unsafe else workers

    def _hand_out(self) -> None:
        self.state.workers = workers = self._most
        self._at_once = min(max(self._at_once, 1), workers) if self._median else workers
        while len(self._running) < self._at_once and not self.state.unreachable_since and not self.state.paused:
            if not self._knowledge and self._running:
                return
            enough = self._budget.cases is not None and self.state.requests >= self._budget.cases
            is_known = bool(self._knowledge)
            shard = self._schedule.next(only_first=enough) if is_known else None if enough else Shard(START, 0)
            if shard is None:
                if not self._running:
                    self.state.ended = ALL_CASES
                return
            self._submit(shard)

    def _submit(self, shard: Shard) -> None:
        rate = self._budget.rate / self._most if self._budget.rate else 0.0
        left = 600.0
        if self._budget.seconds is not None:
            left = max(0.1, self._budget.seconds - self._elapsed())
        task = Task(shard, rate, left, self._examined)
        try:
            future = self._pool.submit(run_packed, self._packed, self._knowledge, pack(task))
        except Exception as error:
            if not is_worker_loss(error):
                raise
            self._again(shard)
            self._pool.renew()
            return
        self._running[future] = shard

    def _again(self, shard: Shard) -> None:
        if shard.source != START:
            self._schedule.again(shard)

    # Results

    def _take_in(self) -> None:
        if not self._running:
            return
        ready, _ = wait(self._running, timeout=_LOOK_AT_RESULTS, return_when=FIRST_COMPLETED)
        lost = False
        for future in ready:
            shard = self._running.pop(future)
            try:
                result = unpack(future.result(), ShardResult)
            except BaseException as error:
                if not is_worker_loss(error):
                    raise
                lost = True
                self._again(shard)
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
        shard = result.shard
        self._note_left_over(result)
        if result.is_down:
            # That nothing listens is an outage; the request before it may be what the server died of.
            groups = tuple(group for group in result.groups if group.exchange.error != "refused")
            result = replace(result, groups=groups)
            self.state.unreachable_since = self.state.unreachable_since or time.monotonic()
        if result.is_expired:
            self.state.paused = EXPIRED
        if result.is_down or result.is_expired or result.is_cut:
            self._troubled[shard] += 1
            if result.is_expired or self._troubled[shard] < _ATTEMPTS:
                # What it found counts; how often is counted when it has run to its end.
                for group in result.groups if not result.is_expired else ():
                    self._keep(group, count=False)
                self._again(shard)
                return
        self._count(result)
        if result.knowledge is not None:
            self._learn(result.knowledge)
            self._batch.knowledge = result.knowledge
            if self._budget.needs_success and not result.knowledge.successes:
                self.state.ended = NO_SUCCESS
        self._adapt(result.median)

    def _count(self, result: ShardResult) -> None:
        shard, state, second = result.shard, self.state, int(self._elapsed())
        counts: Counter[tuple[str, str, str]] = Counter()
        for operation, status, number in result.statuses:
            counts["status", operation, str(status)] += number
        for rule, number in result.checks.items():
            counts["check", rule, ""] += number
        for operation, rule in result.checked:
            counts["checked", operation, rule] += 1
        for operation in result.tested:
            counts["tested", operation, ""] += 1
        for operation in result.shared:
            counts["shared", operation, ""] += 1
        for key, why in result.retested.items():
            counts["unclear" if why else "retested", key, why] += 1
        counts.update(self._noted(result.notes))
        state.counts += counts
        self._batch.counts += counts
        self._examined |= result.examined
        new = [feature for feature in result.features if self._is_new(feature)]
        self._batch.features += new
        found = sum(self._keep(group) for group in result.groups)
        point = Point(second, shard.source, result.requests, result.cpu, len(new), found)
        state.points.append(point)
        self._batch.points.append(point)
        state.cpu += result.cpu
        state.ranges.add(shard)
        self._batch.done.append(shard)
        if shard.source != START:
            weighted = sum(map(discovery.weight, new)) + found * discovery.WEIGHTS["finding"]
            self._schedule.finished(shard, result.cpu, weighted, is_empty=not result.requests)

    def _note_left_over(self, result: ShardResult) -> None:
        """Note what a shard left on the server, also where the shard runs again: that one creates others."""
        left = {("left", path_of(each), dumps(_without_body(each))): each for each in result.left_over}
        counts = Counter(dict.fromkeys(left, 1))
        counts.update(self._noted(result.unknown))
        self._left |= left
        self.state.counts += counts
        self._batch.counts += counts

    def _noted(self, notes: Sequence[str]) -> Counter[tuple[str, str, str]]:
        """Notes as counts, as far as the campaign keeps them."""
        redactor, kept = Redactor(), notes[: max(0, _NOTES - self._notes)]  # They may quote the server.
        self._notes += len(kept)
        return Counter({("note", redactor.text(note), ""): 1 for note in kept})

    def _is_new(self, feature: str) -> bool:
        """Note a feature; whether nothing had it before, and its kind still has room."""
        group = discovery.limited(feature)
        if feature in self.state.features or self._limits[group] >= discovery.LIMIT:
            return False
        self._limits[group] += 1
        self.state.features.add(feature)
        return True

    def _keep(self, group: FailureGroup, *, count: bool = True) -> bool:
        """Merge a group of failures; whether it is new."""
        kept = self.state.groups.get(group.key)
        merged = group if kept is None else kept.group.merged(group) if count else kept.group
        before = kept.group.body_size if kept else 0
        if self._bodies + merged.body_size - before > _BODIES:
            merged = merged.shortened()
        self._bodies += merged.body_size - before
        first = kept.first if kept else self._elapsed()
        self.state.groups[group.key] = StoredGroup(merged, first, time.time())
        self._changed.add(group.key)
        return kept is None

    def _learn(self, knowledge: Knowledge) -> None:
        self._knowledge = pack(knowledge)
        self._median = knowledge.median
        self._at_once = self._most

    def _adapt(self, median: float) -> None:
        """Fewer shards at once when the target slows down, more again when it recovers."""
        if median > max(_NOTICEABLE, _SLOWER * self._median):
            self._at_once = max(1, self._at_once // 2)
        else:
            self._at_once = min(self._most, self._at_once + 1)

    # Time

    def _elapsed(self) -> float:
        return self._before + time.monotonic() - self._began

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        self.state.seconds = self._elapsed()
        if self._budget.seconds is not None and self.state.seconds >= self._budget.seconds:
            self.state.ended = f"{TIME_LIMIT} {self._budget.seconds:g} s reached"
        elif self._is_denied():
            self.state.ended = DENIED
        if self._budget.fail_fast and not self.state.ended and self._is_failing(self.state):
            self.state.ended = "first failure"
        if self.state.unreachable_since:
            self._wait_for_target(now)
        elif self.state.paused and not self._running:
            self._wait_for_credentials()
        if now - self._written >= WRITE_EVERY:
            self._write()
            if not self.state.ended:
                self._watch(self.state)

    def _is_denied(self) -> bool:
        """Whether no operation has had a success for a while, and the target denied most requests."""
        if self.state.tested or time.monotonic() - self._began < DENIED_FOR:
            return False
        statuses: Counter[str] = Counter()
        for (what, _, status), number in self.state.counts.items():
            statuses[status] += number if what == "status" else 0
        total, denied = statuses.total(), statuses["401"] + statuses["403"]
        return total >= DENIALS and denied >= total / 2

    def _wait_for_target(self, now: float) -> None:
        if not self._running:  # Nothing else to do until the target is there.
            time.sleep(LOOK_EVERY)
        try:
            with Transport(self._plan.target, timeout=2) as transport:
                transport.connect()
        except TargetError:
            if now - self.state.unreachable_since >= self._budget.outage:
                self.state.ended = f"server unreachable for {self._budget.outage:g} s"
            return
        self.state.unreachable_since = 0.0

    def _wait_for_credentials(self) -> None:
        """Go on with new credentials, if there are any; else the campaign ends and can be resumed with others."""
        target = self._renewed()
        if target is None:
            self.state.ended = EXPIRED
            return
        if target.tokens == self._plan.target.tokens:
            time.sleep(LOOK_EVERY)  # Somebody else writes the new token into the file.
            return
        self._plan = replace(self._plan, target=target)
        self._packed = pack(self._plan)
        self.state.paused = ""

    def _drain(self) -> None:
        """Wait briefly for running shards; what is not finished runs again after a resume."""
        last = 0 if self._budget.fail_fast else LAST
        if self._plan.settings.allow_unsafe and self.state.ended.startswith(TIME_LIMIT):
            last = _LAST_WITH_WRITES
        deadline = time.monotonic() + last
        for future in list(self._running):
            if future.cancel():
                del self._running[future]
        while self._running and time.monotonic() < deadline:
            with contextlib.suppress(UsageError):
                try:
                    self._take_in()
                except KeyboardInterrupt:
                    break

    def _clean_up(self) -> None:
        """Delete what shards left, now that nothing depends on it any more."""
        if not self._left or self.state.unreachable_since or self.state.paused:
            return
        still = set(map(path_of, delete_left_over(self._packed, list(self._left.values()))))
        for key in self._left:
            if key[1] not in still:
                self._batch.counts[key] -= self.state.counts[key]

    def _write(self) -> None:
        self._batch.groups = [self.state.groups[key] for key in self._changed]
        self._batch.seconds, self._batch.cpu = self._elapsed(), self.state.cpu
        self._database.write(self._campaign, self._batch)
        self._changed.clear()
        self._batch = Batch()
        self._written = time.monotonic()
