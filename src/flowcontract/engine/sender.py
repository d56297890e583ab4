"""Send a plan: in its order, over kept connections, within a deadline; give up on a server that is gone."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

from flowcontract.checks.probe import Probe
from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target

_GONE = 3
"""As many requests in a row without any answer end the run."""
_ENOUGH = 6
"""As many requests that were waited for in vain end it too: the next ones would tell nothing new."""
_IMPATIENT = 1.5
"""Seconds to wait for an answer where two were waited for in vain."""
_FAIR = 1.0
"""Seconds of waiting after which the want of an answer is the server's fault and not the deadline's."""
_PATIENTLY = 3
"""Nor is it the server's fault before it had this many times as long as it took for its slowest answer."""
_TOO_LATE = "too late"


def _pause(exchange: Exchange) -> float | None:
    """Seconds after which a server that limits its callers wants to be asked again (RFC 6585, section 4)."""
    response = exchange.response
    later = (response.header("Retry-After") or "").strip() if response and response.status == 429 else ""
    return float(later) if later.isdecimal() and len(later) < 4 else None


class Sender:
    """Sends probes and keeps count. Close it when done."""

    def __init__(self, target: Target, *, timeout: float, max_time: float, workers: int = 1) -> None:
        """`timeout`: seconds one request may take; `max_time`: seconds for all of them together."""
        self.target = target
        self.sent: list[tuple[Probe, Exchange]] = []
        self.stopped = ""
        """Why the plan was not sent to its end; empty where it was."""
        self._timeout = timeout
        self._max_time = max_time
        self._deadline = time.monotonic() + max_time
        self._workers = workers
        self._transport = Transport(target, timeout=timeout)
        self._silent = 0
        self._in_vain = 0
        self._slowest = 0.0
        """Seconds that a whole answer took."""

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    @property
    def closes_idle_connections(self) -> bool:
        """Whether the server was seen to end kept connections without saying so, as some do."""
        closed = any(exchange.retried == "closed" for _, exchange in self.sent)
        return closed or self._transport.hung_up > 0

    def connect(self) -> None:
        """Make sure something listens. Raises TargetError where nothing does."""
        self._transport.connect()

    def send(self, probes: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        """Send probes in order and give what came of them, as far as time allows."""
        found: list[tuple[Probe, Exchange]] = []
        for batch in self._batches(probes):
            if self.stopped:
                break
            found += self._send_batch(batch)
        self.sent += found
        return found

    def _batches(self, probes: Sequence[Probe]) -> Iterator[list[Probe]]:
        """What goes out at the same time: what asks for it, and with several workers as much as there are of them."""
        for concurrent_group, part in groupby(probes, key=lambda probe: probe.concurrent_group):
            batch = list(part)
            if concurrent_group:
                yield batch
            else:
                yield from (batch[at : at + self._workers] for at in range(0, len(batch), self._workers))

    def _send_batch(self, batch: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        if len(batch) == 1:
            if batch[0].new_connection:
                self._transport.close()
            exchanges = [self._one(self._transport, batch[0])]
        else:
            with ThreadPoolExecutor(len(batch)) as pool:
                exchanges = list(pool.map(self._apart, batch))
        for exchange in exchanges:
            self._silent = 0 if exchange.response else self._silent + 1
            cut = exchange.response is not None and not exchange.response.complete
            self._in_vain += exchange.error == "timeout" or (cut and exchange.response.elapsed >= _FAIR)  # type: ignore[union-attr]
        if self._silent >= _GONE:
            self.stopped = f"{self._silent} requests in a row had no answer ({exchanges[-1].error})"
        elif self._in_vain >= _ENOUGH:
            self.stopped = f"{self._in_vain} requests were waited for in vain"
        elif time.monotonic() >= self._deadline:
            self.stopped = f"--time-limit of {self._max_time:g} s was reached"
        return [pair for pair in zip(batch, exchanges, strict=True) if pair[1].error != _TOO_LATE]

    def _apart(self, probe: Probe) -> Exchange:
        with Transport(self.target, timeout=self._timeout) as transport:
            return self._one(transport, probe)

    def _in_turn(self, transport: Transport, probe: Probe, timeout: float) -> Exchange:
        """Send one request; come back when the server says that it was asked too often, and when to."""
        exchange = transport.send(probe.request, timeout=timeout)
        for _ in range(_PATIENTLY):
            pause = _pause(exchange)
            if pause is None or time.monotonic() + pause + timeout > self._deadline:
                break
            time.sleep(pause)
            exchange = transport.send(probe.request, timeout=timeout)
        return exchange

    def _one(self, transport: Transport, probe: Probe) -> Exchange:
        left = max(0.05, self._deadline - time.monotonic())
        patience = self._timeout if self._in_vain < 2 else min(self._timeout, _IMPATIENT)
        exchange = self._in_turn(transport, probe, min(patience, left))
        response = exchange.response
        if response and response.complete:
            self._slowest = max(self._slowest, response.elapsed)
        elif left < min(patience, max(_FAIR, _PATIENTLY * self._slowest)) and (response or exchange.error == "timeout"):
            exchange = replace(exchange, response=None, error=_TOO_LATE)
        return self.target.redacted(exchange)
