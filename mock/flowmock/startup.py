"""The start panel of `flowcontract mock`, and a log line for each exchange."""

import json
import os
import sys
from typing import TextIO

from flowmock.messages import Call, Reply
from flowmock.server.running import Running

_MAY_VIEW = {"all": "everything", "some": "some resources", "none": "nothing"}


def show(running: Running, out: TextIO) -> None:
    """Print the URL, the accepted tokens, commands to try, and how to stop."""
    curls = "\n".join(curl_lines(running))
    rows = [
        *(("URL", running.at(served.release)) for served in running.mock.served_releases),
        ("Tokens", _tokens(running)),
        ("Console", running.admin_url if running.mock.settings.admin else "off (--no-admin)"),
        ("Stop", "Ctrl-C"),
    ]
    if not _is_loopback(running.mock.settings.host):
        rows.insert(1, ("Note", "other machines can reach the mock, its journal and its scenarios"))
    title = " and ".join(f"{contract.title} {contract.version}".strip() for contract in running.mock.compiled.contracts)
    if not out.isatty():
        out.write(
            f"Mock of {title}\n" + "".join(f"{name + ':':<9}{text}\n" for name, text in rows) + f"Try:\n{curls}\n"
        )
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
    console.print(Text("Try:"), Text(curls), sep="\n", soft_wrap=True)


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
    """Lines that work as they are printed; where tokens were chosen, once FLOWCONTRACT_TOKEN holds one."""
    from flowcontract.http.curl import quote

    token = "${FLOWCONTRACT_TOKEN}" if running.mock.tokens.known else running.token
    lines = []
    for route in running.mock.compiled.routes.all[:1]:
        for operation in route.operations.values():
            keys = next(iter(operation.example_path_values().values()), dict.fromkeys(route.names, "1"))
            url = quote(running.origin + route.canonical(keys))
            header = "" if operation.is_open else f' -H "Authorization: Bearer {token}"'
            if operation.method == "GET":
                lines.append(f"curl{header} {url}")
                lines.append(f"curl{header} -H 'Prefer: code={_error(list(operation.responses))}' {url}")
    return lines


def _error(statuses: list[str]) -> str:
    """An error to try, one that every reader knows where there is one."""
    known = [status for status in ("404", "403", "401", "400") if status in statuses]
    return next((status for status in (*known, *statuses) if status.startswith("4")), "200")


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _tokens(running: Running) -> str:
    known = running.mock.tokens.known
    if not known:
        return "any; every token may view everything (set your own with --token)"
    roles = [_MAY_VIEW[caller.role] for caller in known.values()]
    counted = [f"{roles.count(role)} may view {role}" for role in dict.fromkeys(roles)]
    return f"{len(roles)} accepted: {', '.join(counted)}"


def log_exchange(call: Call, reply: Reply) -> None:
    """Print one exchange to the standard error stream, with what chose the answer."""
    text = f"{call.method} {call.raw_path} {reply.status} {reply.rule}"
    sys.stderr.write("".join(each if each.isprintable() else "?" for each in text) + "\n")
