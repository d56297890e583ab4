"""What the workers of one mock have in common, in Redis: scenarios, journal, figures, what clients changed.

Answering asks nobody: each worker answers from what it has, and writes down what it answered in its own memory. A call
of the mock's own interface is what brings them together. Before it, all workers hand in what they wrote down; after
it, what it changed is in the store, and all workers have taken it over before it is answered. So who has switched a
scenario meets it in the next answer, whoever gives that.

While a scenario is on, which of the calls it is played for is counted in the store.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from flowcontract.errors import FlowContractError
from flowmock import rows
from flowmock.bus import KEPT, Bus, clients, told
from flowmock.journal.entries import Journal
from flowmock.journal.metrics import Metrics

if TYPE_CHECKING:
    from flowmock.application import Mock
    from flowmock.scenarios.active import ActiveScenario
    from flowmock.scenarios.definitions import CallRange
    from flowmock.stateful.changes import Items, Name

HAND_IN = 1.0
"""Seconds after which a worker hands in what it wrote down though nobody asks: so much is lost with it."""
FOLLOW = 0.25
"""Seconds between two looks for live readers."""

# Counts a call that fits a rule. KEYS: the state's counts. ARGV: rule, answers left at first (-1 for any number), the
# turn's first, last (-1 for none) and every. Gives the call's number where the rule is played for it, else -1.
_TAKE = """
local number = redis.call('HINCRBY', KEYS[1], 'fits ' .. ARGV[1], 1)
redis.call('EXPIRE', KEYS[1], 86400)
local played = tonumber(redis.call('HGET', KEYS[1], 'played') or '0')
local most, first, last, every = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if most >= 0 and played >= most then return -1 end
if number < first or (last >= 0 and number > last) or (number - first) % every ~= 0 then return -1 end
redis.call('HINCRBY', KEYS[1], 'played', 1)
return number
"""


class Shared:
    """One worker's part of it."""

    def __init__(self, mock: "Mock", url: str, run: str) -> None:
        """`run`: names this start of the mock, the same for all its workers."""
        self._mock = mock
        self._url = url
        self._name = f"flowmock:{run}"
        self._store, client = clients(url)
        self._bus = Bus(client, self._name, self._obey)
        self._take = self._store.register_script(_TAKE)
        self.journal = Journal(mock.settings.journal, mock.dressed)
        """What this worker has written down and not handed in."""
        self.metrics = Metrics(self.journal)
        self._state = ""
        self._tasks: list[asyncio.Task[None]] = []
        mock.shared = self
        mock.written, mock.counted = self.journal, self.metrics
        if mock.store:
            mock.store.shared = self
        mock.scenarios.take = self.take

    async def begin(self) -> None:
        """Take part. Raises MockError where the store does not answer."""
        with told(self._url):
            await self._bus.begin(self._join)
        self._tasks = [asyncio.create_task(self._hand_in_now_and_then()), asyncio.create_task(self._follow())]

    async def end(self) -> None:
        """Hand in what there is, and leave."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            self._hand_in()
        await self._bus.end()

    # The mock's own interface

    async def administer(self, app: Callable[..., Any], scope: Any, receive: Any, send: Any) -> None:
        """Serve one call of the mock's own interface: first all hand in, at last all know what it changed."""
        if scope["path"].endswith("/stream"):  # It has no end. `_follow` feeds it.
            await app(scope, receive, send)
            return
        answer: list[Any] = []

        async def hold(message: Any) -> None:
            answer.append(message)

        try:
            with told(self._url):
                async with self._bus.alone():
                    await self._bus.order("hand in")
                    self._gather()
                    await app(scope, receive, hold)
                    if self._keep():
                        await self._bus.order("load")
        except FlowContractError as error:
            answer = _failed(error)
        for message in answer:
            await send(message)

    def _obey(self, order: str) -> None:
        {"hand in": self._hand_in, "load": self._load}[order]()

    # Journal and figures

    def _hand_in(self) -> None:
        """Give what was written down to the store."""
        entries, recorded = self.journal.take()
        figures = self.metrics.take()
        if not recorded:
            return
        with self._store.pipeline() as pipe:
            if entries:
                pipe.zadd(f"{self._name}:new", {rows.write(entry): entry.began + entry.seconds for entry in entries})
                pipe.expire(f"{self._name}:new", KEPT)
            pipe.incrby(f"{self._name}:new-recorded", recorded)
            for name, number in figures.items():
                pipe.hincrbyfloat(f"{self._name}:figures", json.dumps(name), number)
            for each in ("new-recorded", "figures"):
                pipe.expire(f"{self._name}:{each}", KEPT)
            pipe.execute()

    def _gather(self) -> None:
        """Have the whole journal and all figures here. What is new gets its numbers, in the order of time."""
        name, mock = self._name, self._mock
        with self._store.pipeline() as pipe:
            pipe.zrange(f"{name}:new", 0, -1)
            pipe.getdel(f"{name}:new-recorded")
            pipe.delete(f"{name}:new")
            pipe.mget(f"{name}:recorded", f"{name}:forgotten")
            pipe.hgetall(f"{name}:figures")
            new, count, _, (recorded, forgotten), figures = pipe.execute()
        total = int(recorded or 0) + int(count or 0)
        numbered = {row: total - len(new) + at for at, row in enumerate(new, 1)}
        with self._store.pipeline() as pipe:
            if numbered:
                pipe.zadd(f"{name}:journal", numbered)
            pipe.set(f"{name}:recorded", total, ex=KEPT)
            pipe.zremrangebyrank(f"{name}:journal", 0, -1 - mock.settings.journal)
            pipe.zrangebyscore(f"{name}:journal", f"({mock.journal.recorded}", "+inf", withscores=True)
            pipe.expire(f"{name}:journal", KEPT)
            found = pipe.execute()[-2]
        mock.journal.forget(int(forgotten or 0))
        mock.journal.adopt([rows.read(row, int(number), mock.compiled.contracts) for row, number in found], total)
        self._count()
        mock.metrics.put({tuple(json.loads(each)): float(number) for each, number in figures.items()})

    async def _hand_in_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(HAND_IN)
            with contextlib.suppress(Exception):  # A store that is gone for a while is told where it is asked.
                self._hand_in()

    async def _follow(self) -> None:
        """Show those who follow the journal here what all workers do."""
        while True:
            await asyncio.sleep(FOLLOW)
            if self._mock.journal.is_followed:
                with contextlib.suppress(Exception):
                    async with self._bus.alone():
                        await self._bus.order("hand in")
                        self._gather()

    # Scenarios, and what else a call of the interface can change

    def _keep(self) -> bool:
        """Put into the store what a call of the interface has changed; whether others must take something over."""
        mock, name = self._mock, self._name
        with self._store.pipeline() as pipe:
            pipe.set(f"{name}:forgotten", mock.journal.forgotten, ex=KEPT)
            pipe.zremrangebyscore(f"{name}:journal", "-inf", mock.journal.forgotten)
            if mock.metrics.is_empty:
                pipe.delete(f"{name}:figures")
            state = json.dumps(mock.state())
            if state != self._state:
                pipe.set(f"{name}:state", state, ex=KEPT)
            pipe.execute()
        changed = state != self._state
        self._state = state
        return changed

    def _join(self) -> None:
        """Take over what is there; the first worker puts its own state there."""
        self._store.set(f"{self._name}:state", json.dumps(self._mock.state()), nx=True, ex=KEPT)
        self._load()

    def _load(self) -> None:
        """Take over what is in the store."""
        found = self._store.get(f"{self._name}:state")
        state = found or ""
        if state and state != self._state:
            self._mock.adopt(json.loads(state))
            self._state = state

    def take(self, active: "ActiveScenario", index: int, turn: "CallRange") -> int | None:
        """Count a call that fits a rule of a state, over all workers; its number where the rule is played for it."""
        most = -1 if active.most is None else active.most
        last = -1 if turn.last is None else turn.last
        with told(self._url):
            number = self._take(
                keys=[f"{self._name}:counts:{active.id}"], args=[index, most, turn.first, last, turn.every]
            )
        return None if number < 0 else int(number)

    def _count(self) -> None:
        """Have here how often each state that is on was played, over all workers."""
        for active in self._mock.scenarios.all_active():
            active.applied = int(self._store.hget(f"{self._name}:counts:{active.id}", "played") or 0)
            if active.most is not None:
                active.left = active.most - active.applied

    # What clients have changed

    @contextlib.contextmanager
    def collection(self, name: "Name", first: "Callable[[], Items]") -> "Iterator[Items]":
        """The items of one collection, for one worker at a time."""
        field = json.dumps(name)
        with told(self._url), self._store.lock(f"{self._name}:lock:{field}", timeout=60):
            found = self._store.hget(f"{self._name}:collections", field)
            items: Items = json.loads(found) if found else first()
            yield items
            text = json.dumps(items)
            if found is None or text != found:
                self._store.hset(f"{self._name}:collections", field, text)
                self._store.expire(f"{self._name}:collections", KEPT)

    def forget_collections(self) -> None:
        """Begin again with what collections begin with."""
        self._store.delete(f"{self._name}:collections")


def clear(url: str, run: str) -> None:
    """Take away everything that one start of the mock has put into the store."""
    store, _ = clients(url)
    with contextlib.suppress(Exception):
        for name in store.scan_iter(f"flowmock:{run}:*"):
            store.delete(name)


def check(url: str) -> None:
    """Raises MockError where the store does not answer, UsageError where it is none."""
    store, _ = clients(url)
    with told(url):
        store.ping()


def _failed(error: FlowContractError) -> list[Any]:
    body = json.dumps({"error": str(error)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return [
        {"type": "http.response.start", "status": 503, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
