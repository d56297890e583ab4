"""The server under test: its URL, its tokens, and the shell expressions that stand for them in requests."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import SplitResult, urlsplit

from flowcontract.errors import UsageError
from flowcontract.http.messages import Exchange, Response

_VARIABLE = re.compile(r"\$\{(FLOWCONTRACT_TOKEN(?:_[A-Z]+)?)(%\?|\^\^|,,)?\}")
PASSWORD = """$(printf %s flowcontract:"${FLOWCONTRACT_TOKEN}" | base64 -w0)"""  # noqa: S105
"""The shell expression of the token as the password of Basic credentials (RFC 7617)."""
TOKEN_EXPRESSION = re.compile(f"{re.escape(PASSWORD)}|{_VARIABLE.pattern}")
"""Any shell expression of ours in a text."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server under test and what the caller knows about it."""

    origin: str
    """`http://host:port`, with a path prefix if the server has one; no trailing slash."""
    base_path: str
    """The base path of the contract's paths: `/api/v3`, or empty."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Token values by variable name. `FLOWCONTRACT_TOKEN` may read everything; `FLOWCONTRACT_TOKEN_NONE`, if known,
    may read nothing."""

    any_token: bool = False
    """The target is a mock that accepts any token: none is invalid there."""
    any_path_value: bool = False
    """The target is a mock without known path parameter values: without examples, every resource exists."""

    @classmethod
    def at(cls, url: str, base_path: str, *, token: str | None = None, none_token: str | None = None) -> "Target":
        """The target at a URL with or without the base path. Raises UsageError for anything but an http(s) URL."""
        parts = _split_url(url)
        path = parts.path.rstrip("/")
        if base_path and path.endswith(base_path):
            path = path.removesuffix(base_path)
        tokens = {"FLOWCONTRACT_TOKEN": token, "FLOWCONTRACT_TOKEN_NONE": none_token}
        for value in tokens.values():
            if value is not None and (not value or not value.isascii() or not value.isprintable() or " " in value):
                raise UsageError(
                    "expected a token of printable ASCII without spaces, got something else (its value is not shown).",
                    do="Check the quotes around it.",
                )
        return cls(
            origin=f"{parts.scheme}://{parts.netloc}{path}",
            base_path=base_path,
            tokens={name: value for name, value in tokens.items() if value is not None},
        )

    @property
    def url(self) -> str:
        """Origin and base path, for messages."""
        return self.origin + self.base_path

    @property
    def prefix(self) -> str:
        """The prefix of every path of the contract in a request target."""
        return urlsplit(self.origin).path + self.base_path

    @property
    def is_loopback(self) -> bool:
        """Whether the target is on this machine."""
        host = urlsplit(self.origin).hostname or ""
        return host == "localhost" or host.startswith("127.") or host == "::1"

    def expand(self, text: str) -> str:
        """Replace shell expressions by their token values.

        `${NAME%?}` is the value without its last character, `${NAME^^}` in upper and `${NAME,,}` in lower case.
        """

        def value(match: re.Match[str]) -> str:
            token = self.tokens.get(match[1], "")
            return {"%?": token[:-1], "^^": token.upper(), ",,": token.lower()}.get(match[2], token)

        if "${" not in text:
            return text
        return _VARIABLE.sub(value, text.replace(PASSWORD, _as_password(self.tokens.get("FLOWCONTRACT_TOKEN", ""))))

    def redact(self, text: str) -> str:
        """Replace token values in a text from outside by their shell expressions."""
        if token := self.tokens.get("FLOWCONTRACT_TOKEN"):
            text = text.replace(_as_password(token), PASSWORD)
        for name, token in sorted(self.tokens.items(), key=lambda item: -len(item[1])):
            if len(token) >= 8:
                text = text.replace(token, f"${{{name}}}")
            else:  # A short token may also be part of ordinary words.
                text = re.sub(rf"(?<![\w-]){re.escape(token)}(?![\w-])", f"${{{name}}}", text)
        return text

    def redacted(self, exchange: Exchange) -> Exchange:
        """The exchange with no token value in any header or body of its response."""
        response = exchange.response
        if response is None or not self._contains_token(response):
            return exchange
        clean = replace(
            response,
            headers=tuple((name, self.redact(value)) for name, value in response.headers),
            body=self.redact(response.body.decode("latin-1")).encode("latin-1"),
            surplus=self.redact(response.surplus.decode("latin-1")).encode("latin-1"),
        )
        return replace(exchange, response=clean)

    def _contains_token(self, response: Response) -> bool:
        """Whether a response contains a token value: it rarely does, and checking is cheap."""
        values = "\n".join(value for _, value in response.headers)
        tokens = [*self.tokens.values(), _as_password(self.tokens.get("FLOWCONTRACT_TOKEN", ""))]
        return any(
            token in values or token.encode() in response.body or token.encode() in response.surplus for token in tokens
        )


@cache
def _as_password(token: str) -> str:
    return b64encode(f"flowcontract:{token}".encode()).decode("ascii")


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username or parts.password:
        raise UsageError(
            f"expected a URL such as http://127.0.0.1:8000, got {url!r}.",
            do="Give scheme, host and port, and a path prefix where there is one; tokens go into --token.",
        )
    return parts
