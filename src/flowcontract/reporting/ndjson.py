"""The events of a run, one JSON document per line: `started`, `exchange`, `failure`, `cause`, `verdict`."""

import json
from collections.abc import Iterator

from flowcontract.checks.results import Judgement
from flowcontract.reporting import json_report


def render(judgement: Judgement) -> str:
    """The judgement as newline-delimited JSON; the order of events is always the same."""
    # Written in ASCII: no character of a body can then be taken for the end of a line.
    return "".join(f"{json.dumps(json_report.encodable(event))}\n" for event in _events(judgement))


def _events(judgement: Judgement) -> Iterator[json_report.Json]:
    numbers = {id(exchange): number for number, exchange in enumerate(judgement.exchanges, 1)}
    yield {"event": "started", **json_report.run(judgement)}
    for number, exchange in enumerate(judgement.exchanges, 1):
        yield {"event": "exchange", "number": number, **json_report.exchange(exchange)}
    for cause in judgement.causes:
        failure = json_report.failure(cause.failure)
        for role, asked in (("exchange", cause.failure.exchange), ("other", cause.failure.other)):
            # What has been told above needs no more than its number.
            failure[role] = numbers.get(id(asked), failure[role])
        yield {"event": "failure", "fingerprint": cause.fingerprint, **failure}
        yield {"event": "cause", **json_report.cause(cause)}
    yield {"event": "verdict", **json_report.verdict(judgement)}
