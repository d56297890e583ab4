"""Open a connection to a target: directly or through a proxy, with TLS."""

import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from flowcontract.errors import TargetError
from flowcontract.http import credentials, proxies
from flowcontract.http.channel import Channel
from flowcontract.http.response_reader import Incoming, InvalidResponse, NoResponse, parse_head
from flowcontract.http.target import Target

if TYPE_CHECKING:
    import ssl

_PORTS = {"http": 80, "https": 443}
_LATE_ALERT = 0.5
"""Seconds to wait for the alert of a server that requires a client certificate: in TLS 1.3, it comes late."""


class ConnectionFailed(OSError):
    """No connection to the target can be used: the reason, and how to fix it."""

    def __init__(self, reason: str, do: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.do = do


class Connector:
    """Opens connections to one target."""

    def __init__(self, target: Target) -> None:
        """Raises UsageError for TLS options that cannot be used."""
        self._target = target
        self._parts = urlsplit(target.origin)
        self._host = self._parts.hostname or ""
        self._port = self._parts.port or _PORTS[self._parts.scheme]
        self._proxy = urlsplit(target.proxy) if target.proxy else None
        self._tls: ssl.SSLContext | None = target.tls.context() if self._parts.scheme == "https" else None
        self.absolute_form = f"http://{self._parts.netloc}" if self._proxy and not self._tls else ""
        """What goes before a request target sent to a proxy (RFC 9112, section 3.2.2)."""
        self.proxy_header = "" if self._tls else _authorization(target.proxy)
        """The header line with the credentials for the proxy; empty for none."""

    @property
    def uses_tls(self) -> bool:
        """Whether the target is an https URL."""
        return self._tls is not None

    def open(self, deadline: float) -> Channel:
        """A connection that is ready for a request. Raises OSError: TimeoutError, ConnectionFailed and others."""
        at = (self._proxy.hostname or "", self._proxy.port or 80) if self._proxy else (self._host, self._port)
        sock = socket.create_connection(at, _left(deadline))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                return Channel(sock, tls=False)
            if self._proxy:
                self._tunnel(Channel(sock, tls=False), self._proxy, deadline)
            sock.settimeout(_left(deadline))
            return Channel(self._tls.wrap_socket(sock, server_hostname=self._host), tls=True)
        except OSError as error:
            sock.close()
            if self._tls is not None and (failed := tls_failure(error, self._target.origin)):
                raise failed from error
            raise

    def check(self, timeout: float) -> None:
        """Open a connection and close it. Raises TargetError where it cannot be used."""
        try:
            channel = self.open(time.monotonic() + timeout)
            try:
                if self._tls is not None:
                    self._wait_for_alert(channel)
            finally:
                channel.close()
        except ConnectionFailed as error:
            raise TargetError(f"no connection to {self._target.origin}: {error.reason}.", do=error.do) from error
        except OSError as error:
            reason = error.strerror or str(error) or "timeout"
            if self._proxy:
                raise TargetError(
                    f"no connection to the proxy at {self._proxy.hostname}:{self._proxy.port or 80}: {reason}.",
                    do="Check --proxy and the variables HTTP_PROXY and HTTPS_PROXY, or exclude the host in NO_PROXY.",
                ) from error
            raise TargetError(
                f"nothing listens at {self._target.origin}: {reason}.", do="Start the server, or check host and port."
            ) from error

    def _wait_for_alert(self, channel: Channel) -> None:
        """Wait for what the server sends after the handshake: nothing, or an alert. Raises ConnectionFailed."""
        try:
            channel.receive(time.monotonic() + _LATE_ALERT)
        except TimeoutError:  # It waits for a request.
            return
        except OSError as error:
            if failed := tls_failure(error, self._target.origin):
                raise failed from error

    def _tunnel(self, channel: Channel, proxy: SplitResult, deadline: float) -> None:
        """Ask a proxy for a connection to the target (RFC 9110, section 9.3.6). Raises ConnectionFailed."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        lines = [
            f"CONNECT {host}:{self._port} HTTP/1.1",
            f"Host: {host}:{self._port}",
            _authorization(self._target.proxy),
        ]
        channel.send(("\r\n".join(filter(None, lines)) + "\r\n\r\n").encode("latin-1", "replace"), deadline)
        try:
            _, status, _ = parse_head(Incoming(channel, deadline).head())
        except (InvalidResponse, NoResponse) as error:
            reason = f"the proxy at {proxy.hostname} did not answer CONNECT with HTTP"
            raise ConnectionFailed(reason, "Check --proxy.") from error
        if status == 407:
            reason = f"the proxy at {proxy.hostname} requires credentials (407)"
            raise ConnectionFailed(reason, "Give them in --proxy http://USER:PASSWORD@HOST:PORT.")
        if not 200 <= status < 300:
            reason = f"the proxy at {proxy.hostname} denied the connection ({status})"
            raise ConnectionFailed(reason, "Check whether the proxy may reach this server, or use NO_PROXY.")


def tls_failure(error: OSError, origin: str) -> ConnectionFailed | None:
    """A TLS error in plain words, with the option that fixes it; None for other errors."""
    import ssl  # Here: a plain target does not need it.

    if not isinstance(error, ssl.SSLError):
        return None
    reason = (getattr(error, "reason", None) or "").upper()
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailed(
            f"its certificate cannot be verified ({error.verify_message.strip().rstrip('.')})",
            "Trust its authority with --cacert FILE, or accept any certificate with --insecure.",
        )
    if "CERTIFICATE_REQUIRED" in reason or "BAD_CERTIFICATE" in reason or "HANDSHAKE_FAILURE" in reason:
        required = "requires" if "CERTIFICATE_REQUIRED" in reason else "ended the handshake; it may require"
        return ConnectionFailed(
            f"the server {required} a client certificate", "Give it with --cert FILE and --cert-key FILE."
        )
    if any(
        word in reason for word in ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED")
    ):
        return ConnectionFailed("the server rejected the client certificate", "Check --cert and --cert-key.")
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason or "RECORD_LAYER_FAILURE" in reason:
        plain = origin.replace("https://", "http://", 1)
        return ConnectionFailed("the server does not use TLS", f"Try {plain}.")
    text = (getattr(error, "reason", None) or type(error).__name__).replace("_", " ").lower()
    return ConnectionFailed(f"TLS failed ({text})", "Check host and port, and the TLS versions of the server.")


def _authorization(proxy: str) -> str:
    """The header line with the credentials in the URL of a proxy; empty for none."""
    given = proxies.user_password(proxy)
    return f"Proxy-Authorization: Basic {credentials.as_base64(given)}" if given else ""


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
