"""How the client verifies a server over TLS, and which certificate it shows."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from flowcontract.errors import UsageError

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True)
class TLS:
    """The TLS options of a target."""

    cacert: str = ""
    """PEM file of the certificate authorities to trust; empty: those of the system."""
    cert: str = ""
    """PEM file of the client certificate; empty: none."""
    cert_key: str = ""
    """PEM file of its private key; empty: it stands in `cert`."""
    verify: bool = True
    """Whether the server needs a certificate that is trusted and names its host."""

    @property
    def authorities(self) -> str | bool:
        """The file or folder with the authorities to trust, for other clients; False to trust any server.

        True where the system has no such file: a client has authorities of its own.
        """
        import ssl  # Here: a plain target does not need it.

        paths = ssl.get_default_verify_paths()
        return self.verify and (self.cacert or paths.cafile or paths.capath or True)

    def context(self) -> "ssl.SSLContext":
        """The TLS settings for HTTP/1.1, made once. Raises UsageError for a file that cannot be used."""
        return _context(self)


@lru_cache(8)
def _context(tls: TLS) -> "ssl.SSLContext":
    """Reading the authorities of a system takes about 20 ms: connections share what was read."""
    import ssl  # Here: it takes longer than what a plain target needs.

    context = ssl.create_default_context()
    if tls.cacert:
        try:
            context.load_verify_locations(tls.cacert)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("--cacert", tls.cacert, "certificates of authorities in PEM format", error) from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert_key and not tls.cert:
        raise UsageError("--cert-key needs the client certificate.", do="Add --cert FILE.")
    if tls.cert:
        try:
            # Without the function, a key with a passphrase would ask for it at the terminal.
            context.load_cert_chain(tls.cert, tls.cert_key or None, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            expected = "a client certificate and its private key in PEM format, without passphrase"
            raise _unusable("--cert", tls.cert_key or tls.cert, expected, error) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def _unusable(option: str, file: str, expected: str, error: OSError) -> UsageError:
    reason = error.strerror or getattr(error, "reason", None) or "it cannot be read"
    if isinstance(error, FileNotFoundError):
        reason = "there is no such file"
    return UsageError(f"{option} {file}: expected {expected}, got an error: {reason}.", do="Check the file.")
