"""Bodies of Schemathesis's requests, read within bounds of size and time.

Its transport reads and decodes whatever a server sends. A response hook of `requests` reads the body before, and puts
what it read in the place of the connection (`Response.raw` may be any file-like object).
"""

import io
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowcontract.http import content_coding
from flowcontract.http.response_reader import MAX_BODY

if TYPE_CHECKING:
    import requests

_CHUNK = 64 * 1024
_DEEP = 400
"""Brackets below which no JSON is too deep."""
Hook = Callable[..., "requests.Response"]


class _Body(io.BytesIO):
    """A body that was read, with what is known of the response besides."""

    def __init__(self, content: bytes, headers: Any, version: int) -> None:
        super().__init__(content)
        self.headers = headers
        self.version = version


def response_hook(seconds: float, cut: Callable[[], object]) -> Hook:
    """A hook that reads a body for at most `seconds`, and calls `cut` for one that it does not read to its end.

    A body that decodes to too much, or is nested too deeply to be read, is left out. Streams of events are
    Schemathesis's own task: it ends them.
    """

    def read(response: "requests.Response", **_: Any) -> "requests.Response":
        raw = response.raw
        if response.headers.get("Content-Type", "").lower().startswith("text/event-stream"):
            return response
        body, is_whole = _read(raw, time.monotonic() + seconds)
        decoded = content_coding.decode(body, response.headers.get("Content-Encoding")) if is_whole else None
        if not is_whole or (decoded is not None and decoded.too_large):
            cut()
        content = body[:MAX_BODY] if decoded is None else decoded.content
        # What cannot be decoded is handed over as it was sent.
        left = b"" if decoded is not None and decoded.too_large else body
        if content and _is_too_deep(content):
            cut()
            content = b""
        response.raw = _Body(left if content is None else content, raw.headers, raw.version)
        return response

    return read


def _is_too_deep(content: bytes) -> bool:
    """Whether a JSON body is nested so deeply that Python's parser gives up."""
    if content.count(b"[") + content.count(b"{") < _DEEP:
        return False
    try:
        json.loads(content)
    except RecursionError:
        return True
    except ValueError:
        return False
    return False


def _read(raw: Any, until: float) -> tuple[bytes, bool]:
    """The body as it was sent, and whether that is all of it. Raises what ended the connection."""
    body = bytearray()
    while chunk := raw.read1(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > MAX_BODY or time.monotonic() > until:
            raw.close()
            return bytes(body), False
    raw.release_conn()
    return bytes(body), True
