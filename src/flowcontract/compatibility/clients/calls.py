"""Calls of an installed client: one run of its driver for all of them."""

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

CALL_TIMEOUT = 10.0
"""Timeout of one call, in seconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation."""

    url: str
    """URL of the server, with its base path."""
    operation: str
    arguments: Mapping[str, Any]
    headers: Mapping[str, str]
    parameters: tuple[str, ...] = ()
    """Names of all parameters of the operation, in the client's own contract."""
    body: tuple[Any, ...] = ()
    """The request body alone; empty for none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call, as a program that uses the client sees it."""

    ok: bool
    """Whether the method returned."""
    value: str = ""
    """A summary of what it returned; empty for nothing."""
    error: str = ""
    """The name of the exception that it raised."""
    message: str = ""
    status: int | None = None
    """The status in the exception."""

    @property
    def text(self) -> str:
        """The exception on one line."""
        return (
            one_line(": ".join(part for part in (self.error, self.message) if part), 300)
            or "an error without a message"
        )


def call(client: Client, calls: Sequence[Call], timeout: float) -> list[Outcome]:
    """Make the calls and return their outcomes.

    Raises ClientError where the driver cannot be run, ends too early or takes longer than `timeout` seconds.
    """
    work = {
        "module": client.package.module,
        "timeout": CALL_TIMEOUT,
        "calls": [_as_json(each) for each in calls],
    }
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            client.command, cwd=client.folder, env=_environment(), input=json.dumps(work), capture_output=True,
            text=True, encoding="utf-8", errors="replace", timeout=timeout,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise ClientError(f"{client.command[0]} is not installed.", do="Install it.") from error
    except OSError as error:
        raise ClientError(f"cannot run {client.command[0]}: {error.strerror}.", do="Check its permissions.") from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(
            f"{client.title} did not finish {len(calls)} calls within {timeout:g} s.",
            do="Retry, or raise --timeout.",
        ) from error
    outcomes = [_outcome(client, line) for line in done.stdout.splitlines()]
    if len(outcomes) != len(calls):
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"[\w.]*Error\b", line)] or lines or ["nothing"]
        raise ClientError(
            f"{client.title} ended after {len(outcomes)} of {len(calls)} calls: {one_line(errors[0], 300)}",
            do=f"If the client works elsewhere, delete {client.folder} and try again.",
        )
    return outcomes


def _as_json(made: Call) -> dict[str, Any]:
    found = {
        "url": made.url,
        "operation": made.operation,
        "arguments": made.arguments,
        "headers": made.headers,
        "parameters": made.parameters,
    }
    return {**found, "body": made.body[0]} if made.body else found


def _outcome(client: Client, line: str) -> Outcome:
    try:
        raw = json.loads(line)
        return Outcome(
            ok=raw["ok"] is True,
            value=str(raw.get("value") or ""),
            error=str(raw.get("error") or ""),
            message=str(raw.get("message") or ""),
            status=raw.get("status") if isinstance(raw.get("status"), int) else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ClientError(
            f"the driver of {client.title} wrote an invalid line: {one_line(line, 100)}", do="Fix the driver."
        ) from error


def _environment() -> dict[str, str]:
    """Our environment without proxies, settings of other Python installations, and tokens."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("PYTHON", "NODE_", "FLOWCONTRACT_"))
    }
