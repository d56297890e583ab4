"""Requests and responses as the server sees them, and the errors that it raises."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class _Nothing:
    """No body, which is not the JSON value null."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()


@dataclass(frozen=True, slots=True)
class Request:
    """One request; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def but(self, **changes: Any) -> "Request":
        """The same request with something changed."""
        return replace(self, **changes)

    def having(self, name: str, value: str | None) -> "Request":
        """The same request with one header set, or without it."""
        kept = {key: text for key, text in self.headers.items() if key != name}
        return replace(self, headers=kept if value is None else {**kept, name: value})


@dataclass(frozen=True, slots=True)
class Response:
    """One response. `json` is its body; `raw` replaces the bytes where a fault needs others."""

    status: int
    json: Any = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json"
    raw: bytes | None = None

    @property
    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.json is NOTHING else json.dumps(self.json, ensure_ascii=False).encode("utf-8", "replace")

    def but(self, **changes: Any) -> "Response":
        """The same response with something changed."""
        return replace(self, **changes)

    def having(self, name: str, value: str | None) -> "Response":
        """The same response with one header set, or without it."""
        kept = {key: text for key, text in self.headers.items() if key != name}
        return replace(self, headers=kept if value is None else {**kept, name: value})

    def shown(self) -> tuple[int, bytes, str, tuple[tuple[str, str], ...]]:
        """What a client can see of it."""
        return self.status, self.body, self.media if self.body else "", tuple(sorted(self.headers.items()))


class Problem(Exception):
    """Ends the handling of a request with an error response."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}
