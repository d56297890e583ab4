"""Content codings (RFC 9110, 8.4.1), with bounds on what a small body may decode to."""

import gzip
import io
import zlib
from dataclasses import dataclass

MAX_DECODED = 16 * 1024 * 1024
"""Bytes to decode of one body."""
_MAX_RATIO = 1024
"""Bytes to decode of each byte; gzip reaches about 1,030 with zeros alone."""
_ALWAYS = 64 * 1024
"""Bytes to decode of even the smallest body."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content coding."""

    content: bytes | None
    """None if it cannot be decoded."""
    too_large: bool = False
    """It was not decoded because it is larger than the client allows: the sender did nothing wrong."""


def coding(header: str | None) -> str:
    """The coding in a `Content-Encoding` header; empty for none."""
    named = (header or "").strip().lower()
    return "" if named == "identity" else named


def decode(body: bytes, header: str | None) -> Decoded:
    """Decode a body, within bounds."""
    named = coding(header)
    limit = min(MAX_DECODED, max(_ALWAYS, _MAX_RATIO * len(body)))
    try:
        if named in ("gzip", "x-gzip"):
            content = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limit + 1)
        elif named == "deflate":
            stream = zlib.decompressobj()
            content = stream.decompress(body, limit + 1)
            if len(content) <= limit and not stream.eof:
                return Decoded(None)
        else:
            return Decoded(None if named else body)
    except (OSError, EOFError, zlib.error):
        return Decoded(None)
    return Decoded(content) if len(content) <= limit else Decoded(None, too_large=True)


def decoded(body: bytes, header: str | None) -> bytes | None:
    """The decoded body; None if it cannot be decoded or is too large."""
    return decode(body, header).content


def encoded(content: bytes, header: str | None) -> bytes:
    """A body with a content coding that `decode` knows; any other is left out."""
    named = coding(header)
    if named in ("gzip", "x-gzip"):
        return gzip.compress(content, mtime=0)
    return zlib.compress(content) if named == "deflate" else content
