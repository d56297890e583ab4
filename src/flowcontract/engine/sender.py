"""Send a plan in order, over persistent connections, within a time limit; give up on a server that is gone."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

from flowcontract.checks.probe import Probe
from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target

_MAX_SILENT = 3
"""Consecutive requests without any response that end the run: the server is gone."""
_MAX_TIMEOUTS = 6
"""Timeouts that end the run: more of them would tell nothing new."""
_SHORT_TIMEOUT = 1.5
"""Seconds to wait for a response after two timeouts."""
_FAIR = 1.0
"""Seconds of waiting after which a missing response is the server's fault, and not the time limit's."""
_PATIENCE = 3
"""Waits for a rate-limited server; and how many times its slowest response a server may take near the time limit."""
_CUT_OFF = "time limit"
"""Error of a request that the time limit cut off; its exchange is dropped."""


def _retry_after(exchange: Exchange) -> float | None:
    """Seconds after which a rate-limiting server wants the next request (RFC 6585, section 4)."""
    response = exchange.response
    value = (response.header("Retry-After") or "").strip() if response and response.status == 429 else ""
    return float(value) if value.isdecimal() and len(value) < 4 else None


class Sender:
    """Sends probes and records the exchanges. A context manager: it closes its connection."""

    def __init__(self, target: Target, *, timeout: float, time_limit: float, workers: int = 1) -> None:
        """`timeout`: seconds for one request; `time_limit`: seconds for all of them together."""
        self.target = target
        self.sent: list[tuple[Probe, Exchange]] = []
        self.stopped = ""
        """Why the plan was not sent to its end; empty if it was."""
        self._timeout = timeout
        self._time_limit = time_limit
        self._deadline = time.monotonic() + time_limit
        self._workers = workers
        self._transport = Transport(target, timeout=timeout)
        self._silent = 0
        self._timeouts = 0
        self._slowest = 0.0
        """Seconds that the slowest complete response took."""

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    @property
    def closes_idle_connections(self) -> bool:
        """Whether the server was seen to close idle connections without notice, as some do."""
        closed = any(exchange.retried == "closed" for _, exchange in self.sent)
        return closed or self._transport.idle_closes > 0

    def connect(self) -> None:
        """Check that something listens. Raises TargetError if nothing does."""
        self._transport.connect()

    def send(self, probes: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        """Send probes in order and return the exchanges, as far as the time limit allows."""
        sent: list[tuple[Probe, Exchange]] = []
        for batch in self._batches(probes):
            if self.stopped:
                break
            sent += self._send_batch(batch)
        self.sent += sent
        return sent

    def _batches(self, probes: Sequence[Probe]) -> Iterator[list[Probe]]:
        """What is sent concurrently: probes of one concurrent group, and otherwise as many as there are workers."""
        for concurrent, part in groupby(probes, key=lambda probe: probe.concurrent_group):
            batch = list(part)
            if concurrent:
                yield batch
            else:
                yield from (batch[at : at + self._workers] for at in range(0, len(batch), self._workers))

    def _send_batch(self, batch: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        if len(batch) == 1:
            if batch[0].new_connection:
                self._transport.close()
            exchanges = [self._send(self._transport, batch[0])]
        else:
            with ThreadPoolExecutor(len(batch)) as pool:
                exchanges = list(pool.map(self._send_apart, batch))
        for exchange in exchanges:
            self._silent = 0 if exchange.response else self._silent + 1
            response = exchange.response
            stalled = response is not None and not response.complete and response.elapsed >= _FAIR
            self._timeouts += exchange.error == "timeout" or stalled
        if self._silent >= _MAX_SILENT:
            self.stopped = f"{self._silent} consecutive requests without a response ({exchanges[-1].error})"
        elif self._timeouts >= _MAX_TIMEOUTS:
            self.stopped = f"{self._timeouts} requests timed out"
        elif time.monotonic() >= self._deadline:
            self.stopped = f"time limit of {self._time_limit:g} s reached (--time-limit)"
        return [pair for pair in zip(batch, exchanges, strict=True) if pair[1].error != _CUT_OFF]

    def _send_apart(self, probe: Probe) -> Exchange:
        """Send a probe over a connection of its own."""
        with Transport(self.target, timeout=self._timeout) as transport:
            return self._send(transport, probe)

    def _send(self, transport: Transport, probe: Probe) -> Exchange:
        left = max(0.05, self._deadline - time.monotonic())
        timeout = self._timeout if self._timeouts < 2 else min(self._timeout, _SHORT_TIMEOUT)
        exchange = self._send_rate_limited(transport, probe, min(timeout, left))
        response = exchange.response
        if response and response.complete:
            self._slowest = max(self._slowest, response.elapsed)
        elif left < min(timeout, max(_FAIR, _PATIENCE * self._slowest)) and (response or exchange.error == "timeout"):
            exchange = replace(exchange, response=None, error=_CUT_OFF)
        return self.target.redacted(exchange)

    def _send_rate_limited(self, transport: Transport, probe: Probe, timeout: float) -> Exchange:
        """Send one request; if the server limits the rate, wait as long as it says and send it again."""
        exchange = transport.send(probe.request, timeout=timeout)
        for _ in range(_PATIENCE):
            pause = _retry_after(exchange)
            if pause is None or time.monotonic() + pause + timeout > self._deadline:
                break
            time.sleep(pause)
            exchange = transport.send(probe.request, timeout=timeout)
        return exchange
