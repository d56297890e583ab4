"""Let an installed client make calls: one run of its driver for all of them."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.clients.environments import Client
from flowcontract.errors import ClientError
from flowcontract.text import one_line

PATIENCE = 10.0
"""Seconds that one call may take."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation."""

    url: str
    """Where the server is, with its base path."""
    operation: str
    arguments: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call, as the program that made it would see it."""

    ok: bool
    """Whether the method returned."""
    value: str = ""
    """What it returned, in few words; empty for nothing."""
    error: str = ""
    """The name of what it raised."""
    message: str = ""
    status: int | None = None
    """The status that the client tells together with what it raised."""

    @property
    def said(self) -> str:
        """What was raised, on one line."""
        return (
            one_line(": ".join(part for part in (self.error, self.message) if part), 300) or "an error without a word"
        )


def call(client: Client, calls: Sequence[Call], timeout: float) -> list[Outcome]:
    """Make the calls; give what became of each.

    Raises ClientError where the driver cannot be run, ends before its time or takes longer than `timeout` seconds.
    """
    work = {
        "module": client.package.module,
        "timeout": PATIENCE,
        "calls": [
            {"url": each.url, "operation": each.operation, "arguments": each.arguments, "headers": each.headers}
            for each in calls
        ],
    }
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            client.command, cwd=client.folder, env=_environment(), input=json.dumps(work), capture_output=True,
            text=True, encoding="utf-8", errors="replace", timeout=timeout,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise ClientError(f"there is no {client.command[0]} on this machine.", do="Install it.") from error
    except OSError as error:
        raise ClientError(f"{client.command[0]} cannot be run: {error.strerror}.", do="Check its rights.") from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(
            f"{client.title} did not answer {len(calls)} calls in {timeout:g} s.", do="Try again, or raise --timeout."
        ) from error
    outcomes = [_outcome(client, line) for line in done.stdout.splitlines()]
    if len(outcomes) != len(calls):
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in lines if re.match(r"[\w.]*Error\b", line)] or lines or ["nothing"]
        raise ClientError(
            f"{client.title} ended after {len(outcomes)} of {len(calls)} calls; it said: {one_line(said[0], 300)}",
            do=f"Where that is no fault of the client, take {client.folder} away and try again.",
        )
    return outcomes


def _outcome(client: Client, line: str) -> Outcome:
    try:
        told = json.loads(line)
        return Outcome(
            ok=told["ok"] is True,
            value=str(told.get("value") or ""),
            error=str(told.get("error") or ""),
            message=str(told.get("message") or ""),
            status=told.get("status") if isinstance(told.get("status"), int) else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ClientError(
            f"the driver of {client.title} wrote no outcome: {one_line(line, 100)}", do="Mend the driver."
        ) from error


def _environment() -> dict[str, str]:
    """Ours without what leads elsewhere: a proxy, another installation of Python, tokens."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("PYTHON", "NODE_", "FLOWCONTRACT_"))
    }
