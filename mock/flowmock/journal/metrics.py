"""Metrics of the mock in Prometheus format."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowmock.journal.entries import Journal
from flowmock.messages import Call, Reply

if TYPE_CHECKING:
    from prometheus_client import Metric

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts exchanges by operation, method and status. Labels never contain values of a request."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.reset()

    def reset(self) -> None:
        """Set all counters to zero."""
        self._exchanges: dict[tuple[str, str, int], list[float]] = {}
        """How many there were by operation, method and status, and the seconds of all of them."""
        self._scenarios: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def count(self, call: Call, reply: Reply, seconds: float) -> None:
        """Count one exchange."""
        operation = call.operation.id if call.operation else ""
        # Clients can invent methods; label values must stay bounded.
        method = call.method if call.method in _METHODS else "other"
        counted = self._exchanges.get((operation, method, reply.status))
        if counted is None:
            counted = self._exchanges[operation, method, reply.status] = [0, 0.0]
        counted[0] += 1
        counted[1] += seconds
        if reply.details and "scenario" in reply.details:
            self._scenarios[reply.details["scenario"]] += 1
        if reply.fault:
            self._faults[reply.fault] += 1

    def exposition(self) -> bytes:
        """All metrics in Prometheus text format."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> "Iterator[Metric]":
        """The metric families, for prometheus_client."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily

        exchanges = CounterMetricFamily(
            "flowmock_exchanges", "Requests handled.", labels=["operation", "method", "status"]
        )
        for (operation, method, status), (number, _) in sorted(self._exchanges.items()):
            exchanges.add_metric([operation, method, str(status)], number)
        yield exchanges
        seconds = SummaryMetricFamily(
            "flowmock_response_seconds",
            "Time from the complete request to the response being ready to send.",
            labels=["operation"],
        )
        for operation, (number, total) in sorted(self._by_operation().items()):
            seconds.add_metric([operation], count_value=int(number), sum_value=total)
        yield seconds
        for name, text, label, counter in (
            ("flowmock_scenario_responses", "Responses that a scenario made or changed.", "scenario", self._scenarios),
            ("flowmock_faults", "Network faults sent.", "fault", self._faults),
        ):
            family = CounterMetricFamily(name, text, labels=[label])
            for key, number in sorted(counter.items()):
                family.add_metric([key], number)
            yield family
        yield GaugeMetricFamily("flowmock_journal_exchanges", "Exchanges in the journal.", len(self._journal))
        yield GaugeMetricFamily("flowmock_journal_bytes", "Bytes in the journal.", self._journal.size)

    def _by_operation(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for (operation, _, _), (number, seconds) in self._exchanges.items():
            before = found.get(operation, (0, 0.0))
            found[operation] = before[0] + number, before[1] + seconds
        return found
