"""Content codings (RFC 9110, 8.4.1)."""

import gzip
import io
import zlib

_MAX_DECODED = 64 * 1024 * 1024
"""Bytes to decode of one body: a small body may decode to more than fits into memory."""


def coding(header: str | None) -> str:
    """The coding in a `Content-Encoding` header; empty for none."""
    named = (header or "").strip().lower()
    return "" if named == "identity" else named


def decoded(body: bytes, header: str | None) -> bytes | None:
    """The decoded body; None if it cannot be decoded or is too large."""
    named = coding(header)
    try:
        if named in ("gzip", "x-gzip"):
            content = gzip.GzipFile(fileobj=io.BytesIO(body)).read(_MAX_DECODED + 1)
        elif named == "deflate":
            stream = zlib.decompressobj()
            content = stream.decompress(body, _MAX_DECODED + 1)
            if not stream.eof:
                return None
        else:
            return None if named else body
    except (OSError, EOFError, zlib.error):
        return None
    return content if len(content) <= _MAX_DECODED else None
