"""Run the mock: in this process until it is stopped, or in a thread for as long as a block lasts."""

import contextlib
import errno
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flowcontract.errors import MockError, UsageError
from flowcontract.openapi.contract import Contract
from flowmock.application import ADMIN, Mock
from flowmock.creation import create
from flowmock.server import process
from flowmock.settings import Settings


@dataclass(frozen=True, slots=True)
class Running:
    """A mock that listens, and where."""

    mock: Mock
    origin: str
    """`http://host:port`."""
    _server: process.Server
    _listener: socket.socket

    @property
    def url(self) -> str:
        """Origin and base path: what a client is given."""
        return self.origin + self.mock.compiled.main.base_path

    def at(self, release: str) -> str:
        """Origin and base path of one of the releases that are served. Raises UsageError for one that is not."""
        for each in self.mock.served_releases:
            if each.release == release:
                return self.origin + each.contract.base_path
        served = ", ".join(each.release for each in self.mock.served_releases)
        raise UsageError(f"release {release!r} is not served.", do=f"Served: {served}.")

    @property
    def token(self) -> str:
        """A token that the mock accepts, the most powerful one."""
        return self.mock.tokens.usable

    @property
    def admin_url(self) -> str:
        """Where the journal, the scenarios and the console are."""
        return f"{self.origin}{ADMIN}/"

    def serve(self) -> None:
        """Serve until a signal comes, or until `stop`."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """End serving, in good order."""
        self._server.stop()

    def wait(self, seconds: float) -> bool:
        """Wait until it serves; False where it does not within so many seconds."""
        return self._server.wait(seconds)


@contextlib.contextmanager
def running(
    contract: Contract | Iterable[Contract] | None = None,
    *,
    tokens: str | Iterable[str] = (),
    scenario: str | Iterable[str] | None = None,
    release: str | Iterable[str] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    **settings: Any,
) -> Iterator[Running]:
    """Serve for as long as the block lasts; it is ready when the block begins.

    `contract`: the one the project carries where None. `tokens`: as `--token` takes them. `scenario`, `release`: one
    name or several; `running.at(release)` is where one of several releases is. Other names are those of the settings;
    files are watched only with `watch=True`. Raises MockError where it cannot listen, UsageError for a release that is
    not known.
    """
    chosen = Settings(
        host=host, port=port, token=_names(tokens), scenario=_names(scenario), release=_names(release), watch=False
    )
    mock = create(contract or Contract.load(), replace(chosen, **settings))
    with listening(mock) as listens:
        thread = threading.Thread(target=listens.serve, name="flowmock", daemon=True)
        thread.start()
        try:
            if not listens.wait(60):
                raise MockError("the mock did not start within 60 seconds.", do="Try again on a less busy machine.")
            yield listens
        finally:
            listens.stop()
            thread.join()


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


@contextlib.contextmanager
def listening(mock: Mock) -> Iterator[Running]:
    """Listen where the mock's settings say; what comes waits until somebody serves. Raises MockError."""
    listener = _listen(mock.settings.host, mock.settings.port)
    try:
        name, port = listener.getsockname()[:2]
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104  where this machine finds itself
        origin = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
        with process.watching(mock):
            yield Running(mock, origin, process.server(mock), listener)
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises MockError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        is_taken = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)
        do = "Choose another port with --port (0 picks a free one), or stop the program that uses it."
        raise MockError(
            f"the mock cannot listen on {host}:{port}: {reason}.",
            do=do if is_taken else "Name an address of this machine with --host.",
        ) from error
    return listener
