"""A pool of request bodies, made once per worker: examples of the contract, and bodies from Schemathesis."""

import json
from typing import Any

from flowcontract.generation import schemathesis_cases
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

SIZE = 60
"""Generated cases that bodies come from; campaigns mutate them, so a small pool suffices."""


def pool(contract: Contract, operation: Operation) -> tuple[Any, ...]:
    """Valid JSON bodies for an operation's first JSON media type; none for an operation that takes none."""
    media = next((media for media in operation.request_media.values() if media.is_json), None)
    if media is None:
        return ()
    cases = schemathesis_cases.cases(contract, operation, seed=0, count=SIZE)
    drawn = [case.body for case in cases if case.body is not None and case.mode == "positive"]
    return (*(example.value for example in media.examples.values()), *map(json.loads, drawn)) or ({},)
