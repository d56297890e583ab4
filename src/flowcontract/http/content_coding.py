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
_REMEMBERED = 8
"""Bodies that are known to be too large: a server that sends one sends it for every request."""
_REMEMBERED_SIZE = 1024 * 1024
"""Bytes of such a body, at most."""
_large: dict[tuple[str, bytes], None] = {}


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
    if named and (named, body) in _large:
        return Decoded(None, too_large=True)
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
    if len(content) <= limit:
        return Decoded(content)
    if len(body) <= _REMEMBERED_SIZE:
        if len(_large) >= _REMEMBERED:
            _large.clear()
        _large[named, body] = None
    return Decoded(None, too_large=True)


def decoded(body: bytes, header: str | None) -> bytes | None:
    """The decoded body; None if it cannot be decoded or is too large."""
    return decode(body, header).content


def encoded(content: bytes, header: str | None) -> bytes:
    """A body with a content coding that `decode` knows; any other is left out."""
    named = coding(header)
    if named in ("gzip", "x-gzip"):
        return gzip.compress(content, mtime=0)
    return zlib.compress(content) if named == "deflate" else content
