"""Send probes in order over persistent connections, within a time limit; give up on what does not respond."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import takewhile

from flowcontract.checks.probe import AFTER_HEAD, Expect, Probe, Relation
from flowcontract.generation.created import CreatedResources
from flowcontract.http.client import Transport
from flowcontract.http.messages import Exchange
from flowcontract.http.rate_limits import STATUSES, retry_after
from flowcontract.http.target import Target

_MAX_FAILED = 3
"""Requests in a row without a complete response that end the tests of one operation."""
_MAX_BEGINNINGS = 3
"""Beginnings of one stream that are read: each takes as long as the client waits for its end."""
_MAX_REFUSED = 3
"""Refused connections in a row that end the run: the server is gone."""
_SHORT_TIMEOUT = 1.5
"""Seconds to wait for a response of an operation that has timed out before."""
_FAIR = 1.0
"""Seconds of waiting after which a missing response is the server's fault, and not the time limit's."""
_PATIENCE = 3
"""Waits for a rate-limited server; and how many times its slowest response a server may take near the time limit."""
_MAX_PAUSE = 60.0
"""Seconds of a `Retry-After` that are waited for."""
_SHORT_PAUSE = 2.0
"""Seconds that a run waits without asking whether other operations have to wait, too."""
_OVERTIME = 15.0
"""Seconds in which own resources are deleted, whatever is left of the time limit."""
_KEPT = 100 * 1024 * 1024
"""Bytes of bodies that a run keeps in memory."""
_BEGINNING = 16 * 1024
"""Bytes of a body that are kept when the others take all of it."""
_WORTH_WAITING = 0.03
"""Seconds of a typical response from which on several connections save time."""
INTERRUPTED = "interrupted"
"""Why a run cannot go on after Ctrl-C."""
_CUT_OFF = "time limit"
"""Error of a request that the time limit cut off; its exchange is dropped."""


class Sender:
    """Sends probes and records the exchanges. A context manager: it closes its connections."""

    def __init__(
        self,
        target: Target,
        *,
        timeout: float,
        time_limit: float,
        reserve: float = 0.0,
        workers: int = 1,
        rate: float = 0.0,
    ) -> None:
        """`timeout`: seconds for one request; `time_limit`: seconds from the first request for all of them.

        `reserve`: the last seconds of the time limit, which are for `whole_time`.
        `rate`: requests per second, at most; 0 for no limit.
        """
        self.target = target
        self.sent: list[tuple[Probe, Exchange]] = []
        self.stopped = ""
        """Why the run cannot go on; empty if it can."""
        self.given_up: dict[str, str] = {}
        """Why an operation is not tested any further, by its ID."""
        self.streams: set[str] = set()
        """Operations whose responses are too long to be read to their end, by ID: a few beginnings say enough."""
        self.throttled: dict[str, float] = {}
        """Operations with a rate limit of their own, by ID, and for how many seconds: the rest of them is not sent."""
        self.created: CreatedResources | None = None
        """What unsafe requests may be about; None where the caller names everything that is sent."""
        self.withheld: dict[str, int] = {}
        """Unsafe requests that were not sent: they are about resources that the run did not create. By operation."""
        self._timeout = timeout
        self._time_limit = time_limit
        self._reserve = reserve
        self._deadline = 0.0
        self._workers = workers
        self._interval = 1 / rate if rate else 0.0
        self._next_at = 0.0
        """Monotonic time before which nothing more is sent."""
        self._transports: list[Transport] = []
        self._refused = 0
        self._failed: Counter[str] = Counter()
        self._beginnings: Counter[str] = Counter()
        self.waits: list[tuple[str, int, float]] = []
        """Responses that asked for fewer requests and were waited for: operation, status and seconds."""
        self.cut_bodies = 0
        """Bodies that are kept in part, to stay within memory."""
        self._kept = 0
        self._times: list[float] = []
        """Seconds that complete responses took."""

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        for transport in self._transports:
            transport.close()

    @property
    def remaining(self) -> float:
        """Seconds until the time limit; all of them before the first request."""
        return self._deadline - time.monotonic() if self._deadline else self._time_limit - self._reserve

    @property
    def unresponsive(self) -> set[str]:
        """Operations whose last request got no complete response, and those that are given up, by ID."""
        return {operation for operation, failed in self._failed.items() if failed} | self.given_up.keys()

    @property
    def left_out(self) -> set[str]:
        """Operations of which nothing more is sent, by ID."""
        return self.given_up.keys() | self.streams | self.throttled.keys()

    @property
    def closes_idle_connections(self) -> bool:
        """Whether the server was seen to close idle connections without notice, as some do."""
        closed = any(exchange.retried == "closed" for _, exchange in self.sent)
        return closed or any(transport.idle_closes for transport in self._transports)

    @property
    def median_time(self) -> float:
        """Seconds that half of the complete responses took at most; 0 before the first one."""
        return sorted(self._times)[len(self._times) // 2] if self._times else 0.0

    @property
    def is_slow(self) -> bool:
        """Whether responses take long enough for several connections to save time."""
        return self.median_time >= _WORTH_WAITING

    def connect(self) -> None:
        """Check that something listens. Raises TargetError if nothing does, or if TLS fails."""
        self._transport(0).connect()

    def out_of_time(self) -> bool:
        """Whether the time limit is reached; then the run is stopped."""
        if not self.stopped and self._deadline and time.monotonic() >= self._deadline:
            self.stopped = self._limit_reached
        return bool(self.stopped)

    def overtime(self) -> contextlib.AbstractContextManager[None]:
        """Let a run delete what it created for a few seconds, also after its time limit."""
        return self._prolonged(time.monotonic() + _OVERTIME, ("", self._limit_reached, INTERRUPTED))

    def whole_time(self) -> contextlib.AbstractContextManager[None]:
        """Let a run use the reserve of its time limit."""
        return self._prolonged(self._deadline + self._reserve, ("", self._limit_reached))

    @contextlib.contextmanager
    def _prolonged(self, until: float, reasons: Sequence[str]) -> Iterator[None]:
        """Go on until a monotonic time, where nothing but one of these reasons has stopped the run."""
        stopped, deadline = self.stopped, self._deadline
        if deadline and stopped in reasons:
            self.stopped, self._deadline = "", max(deadline, until)
        try:
            yield
        finally:
            self.stopped, self._deadline = self.stopped or stopped, deadline

    @property
    def _limit_reached(self) -> str:
        return f"time limit of {self._time_limit:g} s reached (--time-limit)"

    def send(self, probes: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        """Send probes in order and return the exchanges, as far as the time limit and the server allow."""
        sent: list[tuple[Probe, Exchange]] = []
        self._deadline = self._deadline or time.monotonic() + self.remaining
        waiting = list(probes)
        while waiting and not self.out_of_time():
            batch = self._next_batch(waiting)
            del waiting[: len(batch)]
            left_out = self.left_out
            wanted = [probe for probe in batch if probe.operation not in left_out and self._is_harmless(probe)]
            exchanges = self._send_batch([probe for probe in wanted if self._may_send(probe)])
            self.sent += exchanges
            sent += exchanges
        return sent

    def _is_harmless(self, probe: Probe) -> bool:
        """Whether what had to be denied before a probe was denied."""
        if not probe.only_if_denied:
            return True
        earlier = (exchange for before, exchange in reversed(self.sent) if before.name == probe.only_if_denied)
        last = next(earlier, None)
        return last is not None and last.response is not None and last.response.status in probe.denials

    def permits(self, probe: Probe) -> bool:
        """Whether a request changes nothing but what the run created."""
        return self.created is None or self.created.permits_request(probe.operation, probe.request)

    def _may_send(self, probe: Probe) -> bool:
        if self.permits(probe):
            return True
        self.withheld[probe.operation] = self.withheld.get(probe.operation, 0) + 1
        return False

    def _next_batch(self, waiting: Sequence[Probe]) -> list[Probe]:
        """What is sent concurrently: probes of one concurrent group, or independent ones where it saves time."""
        first = waiting[0]
        if first.concurrent_group:
            return list(takewhile(lambda probe: probe.concurrent_group == first.concurrent_group, waiting))
        if not _is_independent(first) or not self.is_slow:
            return [first]
        return list(takewhile(_is_independent, waiting[: self._workers]))

    def _transport(self, number: int) -> Transport:
        while len(self._transports) <= number:
            self._transports.append(Transport(self.target, timeout=self._timeout))
        return self._transports[number]

    def _pace(self, requests: int) -> None:
        """Wait until the rate allows these requests."""
        now = time.monotonic()
        if self._next_at > now:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + requests * self._interval

    def _send_batch(self, batch: Sequence[Probe]) -> list[tuple[Probe, Exchange]]:
        if self._interval:
            self._pace(len(batch))
        transports = [self._transport(number) for number in range(len(batch))]
        for transport, probe in zip(transports, batch, strict=True):
            if probe.new_connection or (transport.follows_head and AFTER_HEAD not in probe.name):
                transport.close()
        if len(batch) == 1:
            exchanges = [self._send(transports[0], batch[0])]
        else:
            with ThreadPoolExecutor(max(1, len(batch))) as pool:
                exchanges = list(pool.map(self._send, transports, batch))
        for probe, exchange in zip(batch, exchanges, strict=True):
            self._note(probe, exchange)
        return [pair for pair in zip(batch, exchanges, strict=True) if pair[1].error != _CUT_OFF]

    def _note(self, probe: Probe, exchange: Exchange) -> None:
        """Count failures, to know what to give up."""
        response = exchange.response
        self._refused = self._refused + 1 if exchange.error == "refused" else 0
        if self._refused >= _MAX_REFUSED:
            self.stopped = "the server does not accept connections any more"
        failed = exchange.error or (response is not None and not response.complete)
        if exchange.error == _CUT_OFF:
            return
        self._failed[probe.operation] = self._failed[probe.operation] + 1 if failed else 0
        if self._failed[probe.operation] >= _MAX_FAILED:
            why = exchange.problem or "an incomplete response"
            self.given_up[probe.operation] = f"{_MAX_FAILED} requests in a row without a complete response ({why})"
        elif response is not None and response.cut:
            self._beginnings[probe.operation] += 1
            if self._beginnings[probe.operation] >= _MAX_BEGINNINGS:
                self.streams.add(probe.operation)
        elif response is not None and response.complete:
            self._times.append(response.elapsed)

    def _send(self, transport: Transport, probe: Probe) -> Exchange:
        left = max(0.05, self._deadline - time.monotonic())
        slowest = max(self._times, default=0.0)
        timeout = self._timeout
        if self._failed[probe.operation]:
            timeout = min(timeout, max(_SHORT_TIMEOUT, _PATIENCE * slowest))
        # A change is not cut off at the time limit: what it creates could not be deleted.
        patience = min(timeout, left) if probe.request.is_safe else timeout
        sent_at = self.created.moment if self.created is not None else 0
        exchange = self._send_rate_limited(transport, probe, patience)
        response = exchange.response
        if not (response and response.complete) and left < min(timeout, max(_FAIR, _PATIENCE * slowest)):
            exchange = replace(exchange, response=None, error=_CUT_OFF)
        exchange = self.target.redacted(exchange)
        if self.created is not None:
            self.created.observe_request(probe.operation, probe.request, exchange.response, sent_at=sent_at)
        return self.within_memory(exchange)

    def within_memory(self, exchange: Exchange) -> Exchange:
        """The exchange with only the beginning of its body, where bodies take too much memory already."""
        response = exchange.response
        if response is None:
            return exchange
        too_much = response.cut or self._kept + len(response.body) > _KEPT
        if len(response.body) > _BEGINNING and too_much:
            self.cut_bodies += not response.cut
            return replace(exchange, response=replace(response, body=response.body[:_BEGINNING], cut=True))
        self._kept += len(response.body)
        return exchange

    def _send_rate_limited(self, transport: Transport, probe: Probe, timeout: float) -> Exchange:
        """Send one request; if the server limits the rate, wait as long as it says and send it again."""
        exchange = transport.send(probe.request, timeout=timeout)
        for _ in range(_PATIENCE):
            response = exchange.response
            seconds = retry_after(response.status, response.header("Retry-After")) if response else None
            if response is None or seconds is None:
                break
            is_about_caller = probe.expect is Expect.DENIED
            pause = self.pause(probe.operation, response.status, seconds, is_about_caller=is_about_caller)
            if pause is None:
                break
            time.sleep(pause)
            exchange = transport.send(probe.request, timeout=timeout)
        return exchange

    def pause(self, operation: str, status: int, seconds: float, *, is_about_caller: bool = False) -> float | None:
        """How long to wait after a response that asks for fewer requests; None where waiting helps nothing.

        Where other operations are served meanwhile, the limit is that of the operation, and the rest of it is left out;
        or, with `is_about_caller`, it is that of callers with wrong credentials.
        """
        if seconds > _SHORT_PAUSE and self._serves_others(operation):
            if not is_about_caller:
                self.throttled[operation] = seconds
            return None
        if seconds > _MAX_PAUSE or time.monotonic() + seconds >= self._deadline:
            return None
        self.waits.append((operation, status, seconds))
        return seconds

    def _serves_others(self, operation: str) -> bool:
        """Whether a read of another operation that succeeded before succeeds now."""
        reads = (
            probe.request
            for probe, exchange in reversed(self.sent)
            if probe.operation != operation and probe.request.method == "GET"
            if exchange.response is not None and exchange.response.status < 300
        )
        request = next(reads, None)
        if request is None:
            return False
        with Transport(self.target, timeout=self._timeout) as transport:
            response = transport.send(request).response
        return response is not None and response.status not in STATUSES


def _is_independent(probe: Probe) -> bool:
    """Whether the order in which it is sent does not matter."""
    ordered = probe.new_connection or probe.concurrent_group or probe.only_if_denied
    return not (ordered or probe.relation in (Relation.REPEAT, Relation.HEAD))
