"""The server of a mock: made of its settings, watching its files, ending in good order."""

import contextlib
import socket
from typing import Any

from flowcontract.http.server import Config
from flowcontract.http.server import Server as BaseServer
from flowmock import contracts
from flowmock.application import Mock
from flowmock.connections import Requests
from flowmock.creation import create
from flowmock.server.protocol import Protocol
from flowmock.settings import Settings


class Server(BaseServer):
    """A server that lets go of those who follow the journal before it waits for its connections to end."""

    def __init__(self, config: Config, mock: Mock) -> None:
        super().__init__(config)
        self._mock = mock

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of those who follow the journal, then of everybody."""
        self._mock.journal.end()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """End, from whatever thread."""
        self.should_exit = True


def from_settings(settings: Settings) -> Mock:
    """The mock that settings ask for. Raises the errors of contracts, profiles and tokens."""
    return create(contracts.load(settings), settings)


def watching(mock: Mock) -> contextlib.AbstractContextManager[Any]:
    """Serve what changes in the mock's files for as long as the block lasts, where it is to."""
    if not mock.settings.watch:
        return contextlib.nullcontext()
    from flowmock.server import reload

    return reload.watching(mock)


def server(mock: Mock) -> Server:
    """httptools parses, nothing is logged but errors, nothing is added to responses but the date."""
    config = Config(
        Requests(mock.app),
        interface="asgi3",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return Server(config, mock)
