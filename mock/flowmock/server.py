"""Run the mock: in this process until it is stopped, or in a thread for as long as a block lasts."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from flowcontract.contract import Contract
from flowcontract.errors import MockError
from flowmock.app import ADMIN, Mock, create
from flowmock.settings import Settings


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP over httptools, with the transport at hand for faults on the wire."""

    def on_message_begin(self) -> None:
        """Put the transport into the scope."""
        super().on_message_begin()
        self.scope["extensions"] = {"flowmock.transport": self.transport}  # type: ignore[typeddict-item]


class _Server(uvicorn.Server):
    """A server that says when it is ready, and leaves signals to the program."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Running:
    """A mock that serves."""

    origin: str
    url: str
    """Origin and base path."""
    token: str
    """A token that it accepts."""
    admin_url: str
    mock: Mock


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises MockError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise MockError(
            f"the mock cannot listen on {host}:{port}: {reason}.", do="Choose another with --port, or 0 for a free one."
        ) from error
    return listener


def server(mock: Any) -> _Server:
    """The HTTP server for an application: httptools parses, nothing is logged, nothing is added to answers."""
    config = uvicorn.Config(
        mock,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        proxy_headers=False,
    )
    return _Server(config)


@contextlib.contextmanager
def running(
    contract: Contract | Iterable[Contract] | None = None,
    *,
    tokens: Iterable[str] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    **settings: Any,
) -> Iterator[Running]:
    """Serve for as long as the block lasts; it is ready when the block begins.

    `contract`: the one the project carries where None. `tokens`: as `--token` takes them. Other names are
    those of the settings. Raises MockError where it cannot listen.
    """
    mock = create(contract or Contract.load(), replace(Settings(tokens=tuple(tokens)), host=host, **settings))
    listener = bind(host, port)
    serving = server(mock)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]}, name="flowmock", daemon=True)
    thread.start()
    try:
        if not serving.ready.wait(10):
            raise MockError("the mock did not start within 10 seconds.", do="Try again on a machine that is less busy.")
        yield describe(mock, listener)
    finally:
        serving.should_exit = True
        thread.join()
        listener.close()


def describe(mock: Mock, listener: socket.socket) -> Running:
    """Where a mock that listens can be reached."""
    name, port = listener.getsockname()[:2]
    origin = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
    return Running(origin, origin + mock.compiled.main.base_path, mock.tokens.usable, f"{origin}{ADMIN}/", mock)
