"""Send requests over kept connections for some seconds, and say how many were answered and how soon.

`wrk` does it where it is installed (Debian's package wrk). Else this file does, as a process of its own: slower, so
that it may be the bottleneck before the server is; the processor time per request is then the figure to look at.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import httptools

CONNECTIONS = 32


@dataclass(frozen=True)
class Load:
    """What came of one window."""

    requests: int
    seconds: float
    p50: float
    """Milliseconds within which half of the answers came,"""
    p99: float
    """and all but one in a hundred."""
    refused: int
    """Answers with a status of 400 or more."""
    failed: int
    """Connections that broke, and requests without an answer."""

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


def send(port: int, path: str, headers: Mapping[str, str], *, seconds: int, first: int = 0) -> Load:
    """Load a server on loopback for some seconds.

    `path` may hold `{n}`: then no two requests are the same; they are counted from `first`.
    """
    return (_wrk if shutil.which("wrk") else _own)(port, path, headers, seconds, first)


_LUA = """
local n = %d
local before, after = %s, %s
local headers = {%s}
local fixed
function request()
  if after == nil then
    fixed = fixed or wrk.format("GET", before, headers)
    return fixed
  end
  n = n + 1
  return wrk.format("GET", before .. n .. after, headers)
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%%d,"seconds":%%f,"p50":%%f,"p99":%%f,"refused":%%d,"failed":%%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def _wrk(port: int, path: str, headers: Mapping[str, str], seconds: int, first: int) -> Load:
    before, varies, after = path.partition("{n}")
    named = ", ".join(f"[{json.dumps(name)}]={json.dumps(value)}" for name, value in headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % (first, json.dumps(before), json.dumps(after) if varies else "nil", named))
        script.flush()
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script.name]
        done = subprocess.run([*words, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout.strip().splitlines()[-1]))


def _own(port: int, path: str, headers: Mapping[str, str], seconds: int, first: int) -> Load:
    asked = json.dumps([port, path, dict(headers), seconds, first])
    done = subprocess.run([sys.executable, __file__, asked], capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout))


class _Client(asyncio.Protocol):
    """One kept connection that sends the next request when it has the whole answer to the last."""

    def __init__(self, window: "_Window") -> None:
        self._window = window
        self._parser = httptools.HttpResponseParser(self)
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._window.request())

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._window.answered(time.perf_counter() - self._sent, self._parser.get_status_code())
        if self._window.is_open:
            self._next()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._window.failed += self._window.is_open


class _Window:
    """What all connections of one window share."""

    def __init__(self, path: str, headers: Mapping[str, str], first: int) -> None:
        self._before, self._varies, self._after = path.partition("{n}")
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._rest = f" HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n"
        self._fixed = f"GET {path}{self._rest}".encode()
        self._number = first
        self.is_open = True
        self.times: list[float] = []
        self.refused = 0
        self.failed = 0

    def request(self) -> bytes:
        if not self._varies:
            return self._fixed
        self._number += 1
        return f"GET {self._before}{self._number}{self._after}{self._rest}".encode()

    def answered(self, seconds: float, status: int) -> None:
        self.times.append(seconds)
        self.refused += status >= 400


async def _run(port: int, path: str, headers: Mapping[str, str], seconds: int, first: int) -> Load:
    window = _Window(path, headers, first)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: _Client(window), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    window.is_open = False
    took = time.perf_counter() - began
    hundredths = statistics.quantiles(window.times, n=100)
    return Load(len(window.times), took, hundredths[49] * 1000, hundredths[98] * 1000, window.refused, window.failed)


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_run(*json.loads(sys.argv[1]))))))
