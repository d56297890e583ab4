"""Metrics of the mock in Prometheus format."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowcontract.http.messages import METHODS
from flowmock.journal.entries import Journal
from flowmock.messages import Call, Reply

if TYPE_CHECKING:
    from prometheus_client import Metric

_Labels = tuple[str, str, int, str, str]
"""Operation, method, status, scenario and network fault."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts exchanges by operation, method and status. Labels never contain values of a request."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.reset()

    def reset(self) -> None:
        """Set all counters to zero."""
        self._exchanges: dict[_Labels, list[float]] = {}

    def counted(self, call: Call, reply: Reply) -> list[float]:
        """How many exchanges there were with the labels of this one, and the seconds of all of them: to be added to."""
        operation = call.operation.id if call.operation else ""
        # Clients can invent methods; label values must stay bounded.
        method = call.method if call.method in METHODS else "other"
        scenario = reply.details.get("scenario", "") if reply.details else ""
        return self._exchanges.setdefault((operation, method, reply.status, scenario, reply.fault), [0, 0.0])

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
        numbers: Counter[tuple[str, str, int]] = Counter()
        scenarios: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        for (operation, method, status, scenario, fault), (number, _) in self._exchanges.copy().items():
            numbers[operation, method, status] += int(number)
            scenarios[scenario] += int(number)
            faults[fault] += int(number)
        for (operation, method, status), count in sorted(numbers.items()):
            exchanges.add_metric([operation, method, str(status)], count)
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
            ("flowmock_scenario_responses", "Responses that a scenario made or changed.", "scenario", scenarios),
            ("flowmock_faults", "Network faults sent.", "fault", faults),
        ):
            family = CounterMetricFamily(name, text, labels=[label])
            for key, count in sorted(counter.items()):
                if key:
                    family.add_metric([key], count)
            yield family
        yield GaugeMetricFamily("flowmock_journal_exchanges", "Exchanges in the journal.", len(self._journal))
        yield GaugeMetricFamily("flowmock_journal_bytes", "Bytes in the journal.", self._journal.size)

    def _by_operation(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for (operation, *_), (number, seconds) in self._exchanges.copy().items():
            before = found.get(operation, (0, 0.0))
            found[operation] = before[0] + number, before[1] + seconds
        return found
