"""Content codings (RFC 9110, 8.4.1): what is undone before a body is read."""

import gzip
import io
import zlib

_VAST = 64 * 1024 * 1024
"""Bytes that are decoded of one body: a small one can be coded to be more than there is memory."""


def coding(header: str | None) -> str:
    """The coding that a `Content-Encoding` names, empty for none."""
    named = (header or "").strip().lower()
    return "" if named == "identity" else named


def decoded(body: bytes, header: str | None) -> bytes | None:
    """A body with its coding undone; None where that is not possible, or would be vast."""
    named = coding(header)
    try:
        if named in ("gzip", "x-gzip"):
            content = gzip.GzipFile(fileobj=io.BytesIO(body)).read(_VAST + 1)
        elif named == "deflate":
            stream = zlib.decompressobj()
            content = stream.decompress(body, _VAST + 1)
            if not stream.eof:
                return None
        else:
            return None if named else body
    except (OSError, EOFError, zlib.error):
        return None
    return content if len(content) <= _VAST else None
