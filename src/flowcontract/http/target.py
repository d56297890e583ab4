"""The server under test: its URL, how to reach it, and the credentials of its callers."""

import contextlib
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from flowcontract.errors import UsageError
from flowcontract.http import credential_redaction, credentials, proxies, secret_detection
from flowcontract.http.messages import Exchange
from flowcontract.http.tls import TLS
from flowcontract.text import is_loopback, url_without_secrets

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field name (RFC 9110, section 5.1)."""
_PLAIN = re.compile(r"(?i)[a-z*]+(?:[ /._,;=+-]+[a-z*]+){0,6}|\d{1,6}")
"""Words or a short number: the value of an extra header that is not a secret, if its name is not one either."""
_PUBLIC = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-language",
    "content-type", "host", "origin", "prefer", "range", "user-agent",
})  # fmt: skip
"""Headers of HTTP that hold no secret, in lower case."""
_OF_CALLERS = frozenset({
    "account", "company", "correlation", "currency", "customer", "environment", "language", "locale", "org",
    "organisation", "organization", "project", "region", "request", "tenant", "timezone", "trace", "version",
    "workspace",
})  # fmt: skip
"""Words of headers that say for whom or where a request is: responses repeat their values."""
_OF_NAMES = frozenset({"x", "id", "name"})
"""Words that the names of such headers may have besides."""
_PLAIN_ID = re.compile(
    r"(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|(?:[a-z]{1,20}|\d{1,10})(?:[-_./](?:[a-z]{1,20}|\d{1,10}))*"
)
"""A UUID, or words and numbers: what such a header holds, if it is no secret."""
_PUBLIC_VALUE = re.compile(r"[ !#%-~]+")
"""ASCII without what a shell replaces within quotes."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server under test and what the caller knows about it."""

    origin: str
    """`http://host:port`, with a path prefix if the server has one; no trailing slash."""
    base_path: str
    """The base path of the contract's paths: `/api/v3`, or empty."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of credentials by variable name, see `flowcontract.http.credentials`. `FLOWCONTRACT_TOKEN` may read
    everything; `FLOWCONTRACT_TOKEN_NONE`, if known, may read nothing."""
    headers: tuple[tuple[str, str], ...] = ()
    """Extra headers of every request: name and value. A shell expression stands for a value that may be a secret."""
    tls: TLS = field(default_factory=TLS)
    """How a server at an https URL is verified."""
    proxy: str = field(default="", repr=False)
    """URL of the forward proxy, with its user and password; empty: none."""

    any_token: bool = False
    """The target is a mock that accepts any token: none is invalid there."""
    any_path_value: bool = False
    """The target is a mock without known path parameter values: without examples, every resource exists."""

    @classmethod
    def at(
        cls,
        url: str,
        base_path: str,
        *,
        token: str | None = None,
        none_token: str | None = None,
        other_token: str | None = None,
        read_only_token: str | None = None,
        user_password: str | None = None,
        api_keys: Mapping[str, str] | None = None,
        headers: Sequence[tuple[str, str]] = (),
        tls: TLS | None = None,
        proxy: str = "",
    ) -> "Target":
        """The target at a URL with or without the base path.

        `user_password`: USER:PASSWORD for HTTP Basic; `api_keys`: API keys by the name of their security scheme;
        `headers`: more headers for every request; `proxy`: URL of a forward proxy.
        Raises UsageError for anything but an http(s) URL, and for credentials that a request cannot hold.
        """
        parts = _split_url(url)
        path = parts.path.rstrip("/")
        if base_path and path.endswith(base_path):
            path = path.removesuffix(base_path)
        tokens = {
            credentials.TOKEN: token,
            credentials.TOKEN_NONE: none_token,
            credentials.OTHER_TOKEN: other_token,
            credentials.READ_ONLY_TOKEN: read_only_token,
        }
        values = {name: value for name, value in tokens.items() if value is not None}
        _require_tokens(values)
        if user_password is not None:
            values[credentials.AUTH] = _required_user_password(user_password)
        for scheme, key in (api_keys or {}).items():
            values[credentials.key_variable(scheme)] = _required_key(scheme, key)
        return cls(
            origin=f"{parts.scheme}://{parts.netloc}{path}",
            base_path=base_path,
            headers=tuple(_extra_header(name, value, values) for name, value in headers),
            tokens=values,
            tls=tls or TLS(),
            proxy=_required_proxy(proxy) if proxy else "",
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
        return is_loopback(urlsplit(self.origin).hostname or "")

    def in_query(self, variable: str) -> str:
        """The shell expression of a variable as the value of a query parameter, percent-encoded where needed."""
        return credentials.in_query(variable, self.tokens)

    def expand(self, text: str) -> str:
        """Replace shell expressions by the values of credentials."""
        return credentials.expand(text, self.tokens)

    def redact(self, text: str) -> str:
        """Replace credentials in a text from outside, in any encoding, by their shell expressions."""
        redaction = self._redaction()
        return redaction.text(text) if redaction else text

    def redacted(self, exchange: Exchange) -> Exchange:
        """The exchange with no credentials in any header or body of its response."""
        redaction = self._redaction()
        return redaction.exchange(exchange) if redaction else exchange

    def _redaction(self) -> credential_redaction.CredentialRedaction | None:
        """The redaction of all credentials, those for the proxy included; None without any."""
        of_proxy = proxies.user_password(self.proxy)
        secrets = {**self.tokens, credentials.PROXY_AUTH: of_proxy} if of_proxy.partition(":")[2] else self.tokens
        return credential_redaction.of(secrets) if secrets else None


def _require_tokens(tokens: Mapping[str, str]) -> None:
    for variable, value in tokens.items():
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise UsageError(
                f"expected a token of printable ASCII without spaces for {credentials.OPTIONS[variable]}, got "
                "something else (its value is not shown).",
                do="Leave out a prefix such as `Bearer` or `Token`, and check the quotes.",
            )


def _required_user_password(text: str) -> str:
    if ":" not in text or not text.isprintable():
        raise UsageError(
            "expected USER:PASSWORD in printable characters, got something else (its value is not shown).",
            do="Check --auth and the quotes around it.",
        )
    return text


def _required_key(scheme: str, key: str) -> str:
    if not key or not key.isprintable():
        raise UsageError(
            f"expected an API key of printable characters for {scheme!r}, got something else (its value is not shown).",
            do="Check --api-key and the quotes around it.",
        )
    return key


def _extra_header(name: str, value: str, values: dict[str, str]) -> tuple[str, str]:
    """A header with the shell expression of its value, which is added to the values; a plain value stands as it is."""
    if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
        raise UsageError(
            f"expected a header NAME: VALUE of printable characters, got the name {name!r} (its value is not shown).",
            do="Check --header and the quotes around it.",
        )
    if name.lower() == "cookie":
        return name, "; ".join(_cookie(crumb, values) for crumb in value.split(";"))
    if name.lower() == "authorization" and (known := _authorization(value, values)):
        return name, known
    if _is_plain_header(name, value):
        return name, value
    return name, _expression(name, value, values)


def _authorization(value: str, values: dict[str, str]) -> str:
    """The value with the expression of its token or password, as if another option had given it; empty for others."""
    scheme, _, secret = value.partition(" ")
    if scheme.lower() == "bearer" and re.fullmatch(r"[!-~]+", secret):
        return f"Bearer ${{{credentials.TOKEN}}}" if values.setdefault(credentials.TOKEN, secret) == secret else ""
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            user_password = _required_user_password(b64decode(secret, validate=True).decode())
            if values.setdefault(credentials.AUTH, user_password) == user_password:
                return f"Basic {credentials.BASIC}"
    return ""


def _cookie(crumb: str, values: dict[str, str]) -> str:
    name, equals, value = crumb.strip().partition("=")
    if not equals or _is_plain_header(name, value):
        return crumb.strip()
    return f"{name}={_expression(f'Cookie {name}', value, values)}"


def _expression(name: str, value: str, values: dict[str, str]) -> str:
    """The shell expression of a value, which is added to the values under this name, or a similar unused one."""
    variable = unused = credentials.header_variable(name)
    number = 1
    while values.get(unused, value) != value:
        number += 1
        unused = f"{variable}_{number}"
    values[unused] = value
    return f"${{{unused}}}"


def _is_plain_header(name: str, value: str) -> bool:
    if not value or secret_detection.is_secret(name):
        return not value
    words = {*secret_detection.words_of(name)} - _OF_NAMES
    if words and words <= _OF_CALLERS and _PLAIN_ID.fullmatch(value):
        return True
    return bool(_PLAIN.fullmatch(value) or (name.lower() in _PUBLIC and _PUBLIC_VALUE.fullmatch(value)))


def _required_proxy(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "expected the URL of an HTTP proxy, such as http://proxy.example:3128, got something else.",
            do="Check --proxy and the variables HTTP_PROXY and HTTPS_PROXY; other kinds of proxies are not supported.",
        )
    return parts.geturl()


def _split_url(url: str) -> SplitResult:
    """The parts of a URL of a server; its host in ASCII, as requests name it (RFC 5890). Raises UsageError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        host = parts.netloc.encode("idna").decode()
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or "@" in host or not re.fullmatch("[!-~]+", host):
        raise UsageError(
            f"expected a URL such as http://127.0.0.1:8000, got {url_without_secrets(url)!r}.",
            do="Give scheme, host and port, and a path prefix where there is one; tokens go into --token.",
        )
    return parts._replace(netloc=host)
