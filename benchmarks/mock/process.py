"""Start a server, wait for its first answer, and read what its processes have used."""

import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.mock.servers import Server

PATIENCE = 120.0
"""Seconds that a server may take to answer first."""


@dataclass(frozen=True)
class Started:
    """A server that runs."""

    server: Server
    port: int
    process: psutil.Popen
    seconds: float
    """From the start of the process to the first 200."""

    def _tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of processor time that its processes have used."""
        return sum(sum(each.cpu_times()[:2]) for each in self._tree())

    def pss(self) -> float:
        """MB of memory, what processes share counted once."""
        return sum(each.memory_full_info().pss for each in self._tree()) / 1e6

    def read(self) -> tuple[int, bytes]:
        """Status and body of the read."""
        return _read(self.server, self.port)


def _surroundings() -> dict[str, str]:
    """The environment of a server. What is written in Python finds its bytecode, as where it is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _read(server: Server, port: int) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", server.path, headers=dict(server.headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def started(server: Server) -> Iterator[Started]:
    """Run a server for as long as the block lasts. Raises RuntimeError where it does not answer 200."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{server.name}-") as folder:
        port = _free_port()
        if server.prepare:
            server.prepare(Path(folder), port)
        log = Path(folder, "output")
        with log.open("wb") as output:
            began = time.perf_counter()
            process = psutil.Popen(
                server.words(Path(folder), port),
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_surroundings(), **server.environment},
            )
        running = Started(server, port, process, 0.0)
        try:
            yield Started(server, port, process, _first_answer(server, port, process, began, log))
        finally:
            tree = running._tree() if process.is_running() else []
            for each in tree:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.terminate()
            _, left = psutil.wait_procs(tree, timeout=5)
            for each in left:
                each.kill()
            process.wait()


def _first_answer(server: Server, port: int, process: psutil.Popen, began: float, log: Path) -> float:
    while time.perf_counter() - began < PATIENCE:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _read(server, port)[0] == 200:
                return time.perf_counter() - began
        time.sleep(0.005)
    raise RuntimeError(f"{server.name} gave no 200 on {server.path}: {log.read_text(errors='replace')[-2000:]}")
