"""Client of a running mock's admin interface."""

import argparse
import http.client
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from flowcontract.errors import TargetError, UsageError
from flowcontract.http.client import Transport
from flowcontract.http.messages import Request, json_or_none
from flowcontract.http.target import Target
from flowcontract.text import url_without_secrets

_HOST, _PORT = "127.0.0.1", 8000
DEFAULT_URL = f"http://{_HOST}:{_PORT}"
ADMIN = "/__mock__"


def add_url(parser: argparse.ArgumentParser) -> None:
    """Declare `--url`."""
    parser.add_argument(
        "--url",
        metavar="URL",
        help=f"URL of the mock (default: the host and port in [mock] of the configuration, or {DEFAULT_URL})",
    )


def mock_url(arguments: argparse.Namespace) -> str:
    """The URL of the running mock: `--url`, else where the configuration lets `flowcontract mock` listen."""
    if arguments.url is not None:
        return str(arguments.url)
    table = arguments.configuration.table("mock")
    host = str(table.get("host", _HOST))
    host = _HOST if host in ("0.0.0.0", "::") else host  # noqa: S104  compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{table.get('port', _PORT)}"


def introduced(target: Target, timeout: float) -> Target:
    """The target, marked where it is our mock that accepts any token or has any resource: then none can be wrong."""
    with Transport(target, timeout=timeout) as transport:  # The target may be any server: a timeout is needed.
        response = transport.send(Request("GET", f"{urlsplit(target.origin).path}{ADMIN}/health")).response
    health = json_or_none(response.body) if response and response.status == 200 else None
    if not isinstance(health, dict):
        return target
    return replace(target, any_token=health.get("tokens") == "any", any_path_value=health.get("path_values") == "any")


class Admin:
    """The admin interface of one mock. Raises TargetError where no mock responds, UsageError for an invalid request."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        """`url`: any URL of the mock; scheme, host and port are used. `timeout`: in seconds."""
        try:
            parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(
                f"expected the URL of a mock, such as {DEFAULT_URL}, got {url_without_secrets(url)!r}.",
                do="Check --url.",
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)

    def ask(
        self, method: str, path: str, body: Any = None, *, member: str, query: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send a request below `/__mock__`; return status and JSON for the statuses 200 and 409.

        `member` is in every such response of a mock; another server may also return 200 with a JSON object.
        """
        target = f"{ADMIN}{path}{'?' + urlencode(query) if query else ''}"
        content = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, target, content, {"Content-Type": "application/json"} if content else {})
            response = self._connection.getresponse()
            status, text = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise TargetError(
                f"no mock responds at {self.origin}: {reason}.", do="Start one with `flowcontract mock`, or give --url."
            ) from error
        finally:
            self._connection.close()
        return status, self._read(status, text, member)

    def _read(self, status: int, text: bytes, member: str) -> Any:
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict) and status == 400:
            raise UsageError(str(value.get("error", "the mock rejected the request without a reason.")))
        if isinstance(value, dict) and status == 403:
            raise TargetError(f"the mock at {self.origin} denied the request: {value.get('error', '')}")
        if not isinstance(value, dict) or status not in (200, 409) or member not in value:
            other = " and no response of a mock" if status in (200, 409) else ""
            raise TargetError(
                f"expected a mock with {ADMIN} at {self.origin}, got status {status}{other}.",
                do="Check --url, and start the mock without --no-admin.",
            )
        return value
