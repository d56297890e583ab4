"""The events of a run, one JSON document per line: `started`, `exchange`, `failure`, `finding`, `result`."""

import json
from collections.abc import Iterator

from flowcontract.checks.findings import RunResult
from flowcontract.reporting import json_report


def render(run_result: RunResult) -> str:
    """The run result as newline-delimited JSON; the order of events is always the same."""
    # In ASCII, so that no character of a body is mistaken for the end of a line.
    return "".join(f"{json.dumps(json_report.encodable(event))}\n" for event in _events(run_result))


def _events(run_result: RunResult) -> Iterator[json_report.Json]:
    numbers = {id(exchange): number for number, exchange in enumerate(run_result.exchanges, 1)}
    yield {"event": "started", **json_report.run(run_result)}
    for number, exchange in enumerate(run_result.exchanges, 1):
        yield {"event": "exchange", "number": number, **json_report.exchange(exchange)}
    for finding in run_result.findings:
        failure = json_report.failure(finding.failure)
        for role, value in (("exchange", finding.failure.exchange), ("other", finding.failure.other)):
            # Exchanges listed above are referred to by number.
            failure[role] = numbers.get(id(value), failure[role])
        yield {"event": "failure", "fingerprint": finding.fingerprint, **failure}
        yield {"event": "finding", **json_report.finding(finding)}
    yield {"event": "result", **json_report.result(run_result)}
