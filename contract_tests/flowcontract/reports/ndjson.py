"""The events of a run, one JSON document per line: `started`, `exchange`, `failure`, `cause`, `verdict`."""

import json
from collections.abc import Iterator

from flowcontract.judgement import Judgement
from flowcontract.reports import plain


def render(judgement: Judgement) -> str:
    """The judgement as newline-delimited JSON; the order of events is always the same."""
    # Written in ASCII: no character of a body can then be taken for the end of a line.
    return "".join(f"{json.dumps(plain.encodable(event))}\n" for event in _events(judgement))


def _events(judgement: Judgement) -> Iterator[plain.Json]:
    numbers = {id(exchange): number for number, exchange in enumerate(judgement.exchanges, 1)}
    yield {"event": "started", **plain.run(judgement)}
    for number, exchange in enumerate(judgement.exchanges, 1):
        yield {"event": "exchange", "number": number, **plain.exchange(exchange)}
    for cause in judgement.causes:
        failure = plain.failure(cause.failure)
        for role, asked in (("exchange", cause.failure.exchange), ("other", cause.failure.other)):
            # What has been told above needs no more than its number.
            failure[role] = numbers.get(id(asked), failure[role])
        yield {"event": "failure", "fingerprint": cause.fingerprint, **failure}
        yield {"event": "cause", **plain.cause(cause)}
    yield {"event": "verdict", **plain.verdict(judgement)}
