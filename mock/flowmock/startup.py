"""The start panel of `flowcontract mock`, and a log line for each exchange."""

import json
import os
import sys
import time
from typing import TextIO

from flowcontract.openapi import parameter_values
from flowcontract.openapi.model import Operation
from flowmock import settings, typical
from flowmock.generation import samples
from flowmock.messages import Call, Reply
from flowmock.routing import Route
from flowmock.server.running import Running

_SHOWN = 5
"""Paths that the panel names."""
_MAY_VIEW = {"all": "everything", "some": "some resources", "none": "nothing"}


def show(running: Running, out: TextIO) -> None:
    """Print the URL, the accepted tokens, commands to try, and how to stop."""
    curls = curl_lines(running)
    day = running.mock.compiled.seed.today
    heading = "Try (with FLOWCONTRACT_TOKEN set to a token):" if running.mock.tokens.known else "Try:"
    commands = [heading, *curls] if curls else []
    rows = [
        *(("URL", running.at(served.release)) for served in running.mock.served_releases),
        ("Tokens", _tokens(running)),
        *((("Keeps", kept),) if (kept := _kept(running)) else ()),
        *((("Does not keep", lost),) if (lost := _not_kept(running)) else ()),
        *((("Does not filter by", ignored),) if (ignored := _ignored(running)) else ()),
        ("Console", running.admin_url if running.mock.settings.admin else "off (--no-admin)"),
        *((("Today", f"{day}"),) if running.mock.settings.today else ()),
        ("Stop", "Ctrl-C"),
    ]
    title = " and ".join(f"{contract.title} {contract.version}".strip() for contract in running.mock.compiled.contracts)
    if not out.isatty():
        lines = [f"Mock of {title}", *(f"{name + ':':<8} {text}" for name, text in rows), *commands]
        out.write("".join(f"{line}\n" for line in lines))
        out.flush()
        return
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for name, text in rows:
        table.add_row(Text(name, style="bold"), Text(text))
    console = Console(file=out)
    console.print(Panel(table, title=Text(f"Mock of {title}"), expand=False))
    # Outside of the panel, so that a whole line can be copied.
    for line in commands:
        console.print(Text(line), soft_wrap=True)


def as_json(running: Running) -> str:
    """The same for programs: one JSON object on one line, without tokens."""
    return json.dumps(
        {
            "url": running.url,
            "origin": running.origin,
            "admin": running.admin_url,
            "releases": {served.release: running.at(served.release) for served in running.mock.served_releases},
            "operations": [each for contract in running.mock.compiled.contracts for each in contract.operations],
            "pid": os.getpid(),
        }
    )


def curl_lines(running: Running) -> list[str]:
    """Commands to try: a GET operation, and an error that it documents. They work as printed.

    With `--token`, FLOWCONTRACT_TOKEN must be set to a token first: tokens are never printed. Empty if every GET
    operation requires parameters besides those of its path.
    """
    found = typical.read(running.mock.compiled.routes.all)
    if found is None:
        return []
    route, operation = found
    from flowcontract.http.curl import quote
    from flowmock.console import callers

    words, query = ["curl"], ""
    token = callers.to_copy(running.mock.tokens)
    for location, name, value in () if operation.is_open else callers.credential_parameters(operation, token):
        if location == "query":
            query = f"?{name}={value}"
        else:
            words += ["-H", quote(f"{name}: {value}")]
    values = _path_values(running, route, operation)
    url = quote(running.origin + route.canonical(values) + query)
    error = _documented_error(list(operation.responses))
    return [
        " ".join((*words, *prefer, url)) for prefer in ((), ("-H", f"'Prefer: code={error}'")) if not prefer or error
    ]


def _path_values(running: Running, route: Route, operation: Operation) -> dict[str, str]:
    """Path parameters that exist: given by `--param`, of an example, else valid ones."""
    settings = running.mock.settings
    given = parameter_values.for_operation(operation, map(parameter_values.parse, settings.param))
    known = [*given, *operation.example_path_values().values()]
    return known[0] if known else samples.path_values(route.contract, operation, seed=running.mock.compiled.seed)


def _documented_error(statuses: list[str]) -> str:
    """A documented client error, a common one if possible; empty if there is none."""
    common = [status for status in ("404", "403", "401", "400") if status in statuses]
    return next((status for status in (*common, *statuses) if status.startswith("4") and status.isdecimal()), "")


def _tokens(running: Running) -> str:
    known = running.mock.tokens.known
    if not known:
        return "any; every token may view everything (set your own with --token)"
    roles = [_MAY_VIEW[caller.role] for caller in known.values()]
    counted = [f"{roles.count(role)} may view {role}" for role in dict.fromkeys(roles)]
    given = os.environ.get(settings.variable("token"), "").split()
    origin = f" (from {settings.variable('token')})" if {each.partition(":")[0] for each in given} == set(known) else ""
    return f"{len(roles)} accepted{origin}: {', '.join(counted)}"


def _kept(running: Running) -> str:
    """The paths whose changes are kept, and those where that is not possible; empty without `--stateful`."""
    if running.mock.store is None:
        return ""
    from flowmock.resources.discovery import find_resources  # Only a stateful mock pays for it at start.

    kept: list[str] = []
    not_kept: list[str] = []
    for contract in running.mock.compiled.contracts:
        resources = find_resources(contract)
        kept += dict.fromkeys(
            resource.path.rpartition("/")[0]
            for resource, _ in resources.values()
            if resource.operations.keys() & {"create", "replace", "update", "delete"}
        )
        paths = [each.path.rstrip("/") for each in contract.operations.values() if each.method == "GET"]
        kept += dict.fromkeys(
            contract.base_path + each.path
            for each in contract.operations.values()
            if each.method in ("PUT", "PATCH") and each.id not in resources and each.path.rstrip("/") in paths
        )
        reads = {path.rpartition("/{")[0] for path in paths if path.endswith("}")}
        not_kept += [
            contract.base_path + each.path
            for each in contract.operations.values()
            if each.method == "POST" and each.path.rstrip("/") in reads and each.id not in resources
        ]
    missing = f"; not: {_first(not_kept)}, whose items have no field with the ID of their path" if not_kept else ""
    return f"changes of {_first(kept) or 'nothing'}{missing}"


def _not_kept(running: Running) -> str:
    """The operations that change something which no read shows; empty for none, and without `--stateful`."""
    lost = [
        f"{operation.method} {contract.base_path}{operation.path}"
        for contract, stateful in running.mock.compiled.stateful.items()
        for operation in contract.operations.values()
        if stateful.forgotten.has(operation)
    ]
    return _first(lost)


def _ignored(running: Running) -> str:
    """The lists with parameters that filter nothing; empty for none, and without `--stateful`."""
    if running.mock.store is None:
        return ""
    from flowmock.resources.discovery import find_resources
    from flowmock.resources.ignored_filters import ignored_filters

    found = []
    for contract in running.mock.compiled.contracts:
        for resource, action in find_resources(contract).values():
            operation = resource.operations.get("list")
            if action == "list" and operation and (names := ignored_filters(operation, resource.media)):
                found.append(f"{', '.join(names)} (GET {contract.base_path}{operation.path})")
    return _first(found)


def _first(paths: list[str]) -> str:
    others = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + others


def log_exchange(call: Call, reply: Reply, seconds: float) -> None:
    """Print one exchange to stderr: time, request, status, duration, and the rule that chose the response."""
    line = (
        f"{time.strftime('%H:%M:%S')} {call.method} {call.raw_path} {reply.status} {seconds * 1000:.1f} ms {reply.rule}"
    )
    sys.stderr.write("".join(each if each.isprintable() else "?" for each in line) + "\n")
