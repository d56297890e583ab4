"""Call operations with a client that openapi-python-client made, as a program would.

It is run by the interpreter of the client's own environment and needs nothing but the client. On standard input it
takes one JSON document, `{"module", "timeout", "calls": [{"url", "operation", "arguments", "headers", "parameters"}]}`,
a call with a request body also `body`. For each call it writes one line of JSON: `{"ok": true, "value"}` or
`{"ok": false, "error", "message", "status"}`.
"""

import functools
import importlib
import inspect
import json
import pkgutil
import sys
import typing
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def main() -> None:
    """Make the calls on standard input."""
    outcomes, sys.stdout = sys.stdout, sys.stderr  # What a client prints is no outcome.
    work = json.load(sys.stdin)
    for call in work["calls"]:
        outcomes.write(json.dumps(_called(work["module"], call, work["timeout"])) + "\n")
        outcomes.flush()


def _called(package: str, call: Json, timeout: float) -> Json:
    endpoint = _endpoint(package, call["operation"])
    if endpoint is None:
        return _failed("", f"the client has no method for {call['operation']}")
    client = importlib.import_module(f"{package}.client").Client(
        base_url=call["url"], headers=call["headers"], timeout=timeout, raise_on_unexpected_status=True
    )
    try:
        with client:
            response = endpoint(client=client, **_arguments(package, endpoint, call))
    except Exception as error:  # Whatever it raises is what the program would meet.
        return _failed(type(error).__name__, str(error), getattr(error, "status_code", None))
    status = int(response.status_code)
    if status >= 400:
        return _failed(type(response.parsed).__name__, f"status {status}", status)
    return {"ok": True, "value": None if response.parsed is None else type(response.parsed).__name__}


def _failed(error: str, message: str, status: Any = None) -> Json:
    return {"ok": False, "error": error, "message": message, "status": status}


@functools.cache
def _endpoint(package: str, operation: str) -> Callable[..., Any] | None:
    """The function of an operation: each has a module below `api`, named in the language's own way."""
    api = importlib.import_module(f"{package}.api")
    for module in pkgutil.walk_packages(api.__path__, f"{package}.api."):
        if _plain(module.name.rpartition(".")[2]) == _plain(operation) and not module.ispkg:
            found: Callable[..., Any] = importlib.import_module(module.name).sync_detailed
            return found
    return None


def _arguments(package: str, endpoint: Callable[..., Any], call: Json) -> Json:
    hints = _hints(package, endpoint)
    names = {_plain(name): name for name in inspect.signature(endpoint).parameters}
    given = {names.get(_plain(name), name): value for name, value in call["arguments"].items()}
    if "body" in call:
        given["body"] = call["body"]
    return {name: _value(hints.get(name), value) for name, value in given.items()}


def _hints(package: str, endpoint: Callable[..., Any]) -> Json:
    try:
        return typing.get_type_hints(endpoint)
    except (NameError, TypeError):
        importlib.import_module(f"{package}.models")
        return {}


def _value(hint: Any, value: Any) -> Any:
    """A model or an enumeration from its JSON, as far as the annotation names one."""
    for kind in (hint, *typing.get_args(hint)):
        if isinstance(value, dict) and hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if isinstance(value, list) and typing.get_origin(kind) is list:
            return [_value(typing.get_args(kind)[0], item) for item in value]
    return value


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


if __name__ == "__main__":
    main()
