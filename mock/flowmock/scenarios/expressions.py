"""Values of the request in the strings of a scenario, as OpenAPI runtime expressions: `{$request.path.NAME}`.

Also `{$call}`, the number of the call since the scenario was activated.
"""

from typing import Any

from flowcontract.openapi import runtime_expressions
from flowcontract.openapi.runtime_expressions import Scene
from flowmock.messages import Call


def filled(value: Any, call: Call, number: int) -> Any:
    """A JSON value with the expressions in its strings replaced. A value that the request lacks becomes empty."""
    query = dict(reversed(call.query))  # The first value of a name counts.
    scene = Scene(
        method=call.method,
        url=call.raw_path,
        path=call.path_values,
        query=query,
        request_headers={name: call.header(name) or "" for name, _ in call.headers},
        request_body=call.json,
        more={"$call": number},
    )
    return runtime_expressions.filled(value, scene)
