"""What the mock's and the proxy's server have in common: it says when it is ready, and ends in good order."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

from flowcontract.later import later

# uvicorn imports a command line of its own, and what reads files that say what to log.
with later("uvicorn", "configparser", "logging.config", named=("uvicorn.Config", "configparser.RawConfigParser")):
    import uvicorn.lifespan.off
    import uvicorn.loops.auto
    import uvicorn.server
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    with contextlib.suppress(ImportError):  # Not every system has it.
        import uvicorn.loops.uvloop

__all__ = ["Config", "HttpToolsProtocol", "Server"]


class Server(uvicorn.server.Server):
    """A server that says when it is ready, and ends on a signal without raising it again."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGINT and SIGTERM, in the main thread; not raised again, since there may be a report to write."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
