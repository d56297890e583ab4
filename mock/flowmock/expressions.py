"""Values of a request inside the texts of a scenario, as OpenAPI writes them: `{$request.path.NAME}`.

Also `{$request.query.NAME}`, `{$request.header.NAME}` and `{$call}`, the number of the call since the scenario
was switched on. A text that is nothing but `{$call}` becomes a number.
"""

import re
from typing import Any

from flowmock.call import Call

_EXPRESSION = re.compile(r"\{\$(?:(call)|request\.(path|query|header)\.([^{}]{1,100}))\}")


def filled(value: Any, call: Call, number: int) -> Any:
    """A JSON value with the expressions in its texts replaced; what is not there is replaced by nothing."""
    if isinstance(value, str):
        return number if value == "{$call}" else _EXPRESSION.sub(lambda match: _found(match, call, number), value)
    if isinstance(value, list):
        return [filled(item, call, number) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, call, number) for name, item in value.items()}
    return value


def _found(match: re.Match[str], call: Call, number: int) -> str:
    where, name = match[2], match[3]
    if match[1]:
        return str(number)
    if where == "path":
        return call.path_values.get(name, "")
    if where == "query":
        return next((value for key, value in call.query if key == name), "")
    return call.header(name.lower()) or ""
