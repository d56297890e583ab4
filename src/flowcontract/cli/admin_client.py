"""Speak to a running mock's own interface, for the commands that do."""

import http.client
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from flowcontract.errors import TargetError, UsageError
from flowcontract.http.client import Transport
from flowcontract.http.messages import Request
from flowcontract.http.target import Target

DEFAULT_URL = "http://127.0.0.1:8000"
ADMIN = "/__mock__"


def introduced(target: Target, timeout: float) -> Target:
    """The target, marked where it is a mock of ours that takes any token, or any key: none can be called wrong then."""
    with Transport(target, timeout=timeout) as transport:  # The target may be anything: it is asked with a deadline.
        response = transport.send(Request("GET", f"{urlsplit(target.origin).path}{ADMIN}/health")).response
    try:
        health = json.loads(response.body) if response and response.status == 200 else None
    except ValueError:
        return target
    if not isinstance(health, dict):
        return target
    return replace(target, any_token=health.get("tokens") == "any", any_path_value=health.get("path_values") == "any")


class Admin:
    """The interface of one mock. Raises TargetError where no mock answers, UsageError for what it refuses."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        """`url`: any address of the mock; what counts is scheme, host and port. `timeout`: seconds."""
        try:
            parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(f"the URL of a mock was expected, such as {DEFAULT_URL}, not {url!r}.", do="Check --url.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)

    def ask(self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None) -> tuple[int, Any]:
        """One request below `/__mock__`; status and JSON, where the status is 2xx or 409."""
        target = f"{ADMIN}{path}{'?' + urlencode(query) if query else ''}"
        content = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, target, content, {"Content-Type": "application/json"} if content else {})
            response = self._connection.getresponse()
            status, text = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise TargetError(
                f"no mock answers at {self.origin}: {reason}.", do="Start one by `flowcontract mock`, or give --url."
            ) from error
        finally:
            self._connection.close()
        return status, self._read(status, text)

    def _read(self, status: int, text: bytes) -> Any:
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict) and status == 400:
            raise UsageError(str(value.get("error", "the mock refuses this without saying why.")))
        if isinstance(value, dict) and status == 403:
            raise TargetError(f"the mock at {self.origin} refuses this: {value.get('error', '')}")
        if not isinstance(value, dict) or status not in (200, 409):
            raise TargetError(
                f"what answers at {self.origin} has no {ADMIN} of a mock (status {status}).",
                do="Check --url, and that the mock was not started with --no-admin.",
            )
        return value
