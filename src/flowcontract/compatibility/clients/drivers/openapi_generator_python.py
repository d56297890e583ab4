"""Call operations with a client that openapi-generator made for Python, as a program would.

It is run by the interpreter of the client's own environment and needs nothing but the client. On standard input it
takes one JSON document, `{"module", "timeout", "calls": [{"url", "operation", "arguments", "headers", "parameters"}]}`,
a call with a request body also `body`; `parameters` names all others. For each call it writes one line of JSON:
`{"ok": true, "value"}` or `{"ok": false, "error", "message", "status"}`.
"""

import contextlib
import functools
import importlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def main() -> None:
    """Answer the calls on standard input."""
    answers, sys.stdout = sys.stdout, sys.stderr  # What a client prints is no answer.
    work = json.load(sys.stdin)
    package = importlib.import_module(work["module"])
    for call in work["calls"]:
        answers.write(json.dumps(_called(package, call, work["timeout"])) + "\n")
        answers.flush()


def _called(package: Any, call: Json, timeout: float) -> Json:
    found = _method(package, call["operation"])
    if found is None:
        return {
            "ok": False,
            "error": "",
            "message": f"the client has no method for {call['operation']}",
            "status": None,
        }
    kind, name = found
    client = package.ApiClient(package.Configuration(host=call["url"]))
    for header, value in call["headers"].items():
        client.set_default_header(header, value)
    method = getattr(kind(client), name)
    try:
        value = method(**_arguments(method, call), _request_timeout=timeout)
    except Exception as error:  # Whatever it raises is what the program would meet.
        status = getattr(error, "status", None)
        return {"ok": False, "error": type(error).__name__, "message": _message(error), "status": status}
    finally:
        with contextlib.suppress(AttributeError):
            client.rest_client.pool_manager.clear()
    return {"ok": True, "value": None if value is None else _said(value)}


@functools.cache
def _method(package: Any, operation: str) -> tuple[type, str] | None:
    """The class and the method of an operation: generators write its id in the language's own way."""
    for name in dir(package):
        kind = getattr(package, name)
        if name.endswith("Api") and inspect.isclass(kind):
            for method in dir(kind):
                if not method.startswith("_") and _plain(method) == _plain(operation):
                    return kind, method
    return None


def _arguments(method: Callable[..., Any], call: Json) -> Json:
    names = {_plain(name): name for name in inspect.signature(method).parameters if not name.startswith("_")}
    given = {names.get(_plain(name), name): value for name, value in call["arguments"].items()}
    if "body" in call:
        others = {_plain(name) for name in call["parameters"]}
        named = next((name for plain, name in names.items() if plain not in others), "body")
        given[named] = call["body"]
    return given


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _said(value: Any) -> str:
    fields = getattr(value, "model_fields_set", None)
    return type(value).__name__ if fields is None else f"{type(value).__name__} of {len(fields)} fields"


def _message(error: Exception) -> str:
    problems = getattr(error, "errors", None)
    if callable(problems):  # pydantic lists them; its text spreads each over three lines.
        return "; ".join(": ".join(filter(None, (".".join(map(str, each["loc"])), each["msg"]))) for each in problems())
    return str(getattr(error, "reason", None) or error)  # The text of an answer has headers that differ every time.


if __name__ == "__main__":
    main()
