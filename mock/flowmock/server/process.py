"""One process that serves a mock: made of its settings, watching its files, ending in good order."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowcontract.http.server import Config
from flowcontract.http.server import Server as BaseServer
from flowcontract.openapi.contract import Contract
from flowmock.application import Mock, create
from flowmock.server.protocol import Protocol
from flowmock.settings import Settings


class Server(BaseServer):
    """A server that says when it is ready, ends at once when it is told to, and in good order on a signal."""

    def __init__(self, config: Config, mock: Mock) -> None:
        super().__init__(config)
        self._mock = mock
        self._wake: Callable[[], object] = lambda: None

    async def main_loop(self) -> None:
        """Keep the date until it is time to end."""
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._wake = lambda: loop.call_soon_threadsafe(end.set)
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), 0.1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, with what other workers know."""
        if self._mock.shared:
            await self._mock.shared.begin()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of those who follow the journal, then of everybody."""
        self._mock.journal.end()
        await super().shutdown(sockets)
        if self._mock.shared:
            await self._mock.shared.end()

    def stop(self) -> None:
        """End, from whatever thread."""
        self.should_exit = True
        with contextlib.suppress(RuntimeError):  # It has ended already.
            self._wake()


def from_settings(settings: Settings) -> Mock:
    """The mock that settings ask for. Raises the errors of contracts, profiles and tokens."""
    return create([Contract.load(Path(each)) for each in settings.spec] or Contract.load(), settings)


def watching(mock: Mock) -> contextlib.AbstractContextManager[Any]:
    """Serve what changes in the mock's files for as long as the block lasts, where it is to."""
    if not mock.settings.watch:
        return contextlib.nullcontext()
    from flowmock.server import reload

    return reload.watching(mock)


def server(mock: Mock) -> Server:
    """httptools parses, nothing is logged but errors, nothing is added to answers but the date."""
    config = Config(
        mock,
        http=functools.partial(Protocol, mock),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return Server(config, mock)
