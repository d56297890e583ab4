"""Write a value in any media type: JSON, text, XML, forms, lines, an image, anything else."""

import base64
import json
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import urlencode

from flowcontract.openapi import documents
from flowcontract.openapi.model import MediaType

_BOUNDARY = "flowmock-boundary"
# A white pixel.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="
)
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
_FIXED = {"image/png": _PNG, "image/gif": _GIF, "application/pdf": _PDF}


_OF_A_RANGE = {
    "*": "application/json",
    "application": "application/json",
    "audio": "audio/mpeg",
    "image": "image/png",
    "text": "text/plain",
    "video": "video/mp4",
}


def concrete(media: MediaType) -> str:
    """The media type that is sent: the documented one, or one that lies in it where that is a range (`*/*`)."""
    kind, _, subtype = media.name.partition(";")[0].strip().lower().partition("/")
    return _OF_A_RANGE.get(kind, f"{kind}/octet-stream") if subtype == "*" else media.name


def encode(media: MediaType, value: Any, *, seed: int) -> bytes:
    """The value as bytes of the media type; `seed` fills what has no value to write, such as binary content."""
    essence = concrete(media).partition(";")[0].strip().lower()
    kind, _, subtype = essence.partition("/")
    if media.is_json:
        return _json(value)
    if essence in _FIXED:
        return _FIXED[essence]
    if subtype == "xml" or subtype.endswith("+xml"):
        from flowmock.generation import xml

        return xml.xml(value, media.schema or {}, media.schemas)
    if subtype in ("yaml", "x-yaml") or subtype.endswith("+yaml"):
        return documents.dump(value).encode()
    if essence == "application/x-www-form-urlencoded":
        return urlencode(_flat(value)).encode()
    if essence == "multipart/form-data":
        return _multipart(value)
    if subtype in ("x-ndjson", "ndjson", "jsonl", "json-seq") or essence == "text/event-stream":
        items = value if isinstance(value, list) else [value]
        before = {"json-seq": b"\x1e", "event-stream": b"data: "}.get(subtype, b"")
        after = b"\n\n" if subtype == "event-stream" else b"\n"
        return b"".join(before + _json(item) + after for item in items)
    if kind == "text" or (isinstance(value, dict | list) and value):
        return (simple(value) if not isinstance(value, dict | list) else _json(value).decode()).encode()
    return Random(seed).randbytes(64)  # noqa: S311  data, not secrets


def simple(value: Any) -> str:
    """A value in the `simple` style of parameters and headers: `a,b`, `key,value`, `true`."""
    if isinstance(value, Mapping):
        return ",".join(f"{name},{simple(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ",".join(simple(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _flat(value: Any) -> list[tuple[str, str]]:
    return [(name, simple(item)) for name, item in value.items()] if isinstance(value, Mapping) else []


def _multipart(value: Any) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in _flat(value)
    ]
    return "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
