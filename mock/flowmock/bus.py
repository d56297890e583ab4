"""Orders that all workers of one mock carry out before the one who gave them goes on, through Redis.

An order is a word. It is published; each worker that was there carries it out and says so; who gave it waits for all
of them that live. A worker that comes later begins with what is in the store, so it needs no old orders.
"""

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

from flowcontract.errors import MockError, UsageError

PATIENCE = 30.0
"""Seconds within which all workers must have carried out an order."""
_POLL = 0.1
"""Seconds after which a worker that is silent is looked for."""
_RETRY = 0.5
KEPT = 24 * 3600
"""Seconds for which what nobody cleared away is kept."""


def clients(url: str) -> tuple[Any, Any]:
    """A client that waits and one that does not. Raises UsageError where the URL or the library is not there."""
    try:
        import redis
        import redis.asyncio
    except ImportError as error:
        raise UsageError(
            "--store needs a library that is not installed.", do="Install it: pip install 'flowcontract[redis]'."
        ) from error
    try:
        return redis.Redis.from_url(url, decode_responses=True), redis.asyncio.Redis.from_url(
            url, decode_responses=True
        )
    except ValueError as error:  # Its text may show the password.
        raise UsageError("--store takes a URL like redis://127.0.0.1:6379/0.", do="Correct it.") from error


def place(url: str) -> str:
    """Where a store is, without what must not be shown."""
    parts = urlsplit(url)
    return f"{parts.hostname or ''}:{parts.port or 6379}" if parts.hostname else parts.path


@contextlib.contextmanager
def told(url: str) -> Any:
    """Say what does not work about the store, in words that show no password."""
    import redis

    try:
        yield
    except redis.RedisError as error:
        raise MockError(
            f"the store at {place(url)} does not answer ({type(error).__name__}).",
            do="Start it, or correct --store.",
        ) from error


class Bus:
    """One worker's end."""

    def __init__(self, client: Any, name: str, obey: Callable[[str], None]) -> None:
        """`name`: of the mock, the same for all its workers. `obey`: carries out an order."""
        self._client = client
        self._name = name
        self._obey = obey
        self._me = str(os.getpid())
        self._task: asyncio.Task[None] | None = None

    async def begin(self, ready: Callable[[], None]) -> None:
        """Hear orders from now on. `ready` is called when none is missed any more: read the store in it."""
        listening = asyncio.Event()
        self._task = asyncio.create_task(self._listen(ready, listening))
        done = asyncio.create_task(listening.wait())
        await asyncio.wait([done, self._task], return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        if self._task.done():
            self._task.result()

    async def end(self) -> None:
        """Hear no more orders."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        with contextlib.suppress(Exception):
            await self._client.srem(f"{self._name}:workers", self._me)
        await self._client.aclose()

    async def _listen(self, ready: Callable[[], None], listening: asyncio.Event) -> None:
        import redis

        while True:
            try:
                async with self._client.pubsub() as channel:
                    await channel.subscribe(f"{self._name}:orders")
                    await self._client.sadd(f"{self._name}:workers", self._me)
                    await self._client.expire(f"{self._name}:workers", KEPT)
                    ready()
                    listening.set()
                    async for message in channel.listen():
                        if message["type"] == "message":
                            await self._carry_out(message["data"])
            except (redis.RedisError, OSError):
                if not listening.is_set():
                    raise
                await asyncio.sleep(_RETRY)  # The store was lost. It comes back, or every order fails until it does.

    async def _carry_out(self, data: str) -> None:
        order = json.loads(data)
        self._obey(order["order"])
        async with self._client.pipeline() as pipe:
            pipe.rpush(f"{self._name}:done:{order['id']}", self._me)
            pipe.expire(f"{self._name}:done:{order['id']}", 60)
            await pipe.execute()

    async def order(self, order: str) -> None:
        """Have all workers, this one included, carry out an order. Raises MockError where one does not in time."""
        number = uuid.uuid4().hex
        waiting = set(await self._client.smembers(f"{self._name}:workers"))
        await self._client.publish(f"{self._name}:orders", json.dumps({"order": order, "id": number}))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while waiting:
                    found = await self._client.blpop([f"{self._name}:done:{number}"], timeout=_POLL)
                    if found:
                        waiting.discard(found[1])
                    else:
                        gone = {each for each in waiting if not _lives(int(each))}
                        waiting -= gone
                        if gone:
                            await self._client.srem(f"{self._name}:workers", *gone)
        if waiting:
            raise MockError(f"{len(waiting)} of the mock's workers did not answer.", do="Start the mock again.")

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Give orders while no other worker does."""
        async with self._client.lock(f"{self._name}:alone", timeout=2 * PATIENCE):
            yield


def _lives(pid: int) -> bool:
    """Whether a process is there; the workers of one mock are all on one machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
