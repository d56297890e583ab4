"""Write a value in any media type: JSON, text, XML, forms, lines, an image, anything else."""

import csv
import io
import json
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import urlencode

from flowcontract.openapi import documents, media_types, parameters
from flowcontract.openapi.model import MediaType
from flowmock.generation.files import FILES
from flowmock.negotiation.media_types import choose

_BOUNDARY, _MULTIPART = "flowmock-boundary", "multipart/form-data"
_EVENT_FIELDS = frozenset({"event", "data", "id", "retry"})
"""Fields of a server-sent event."""
_OF_A_RANGE = {
    "*": "application/json",
    "application": "application/json",
    "audio": "audio/wav",
    "image": "image/png",
    "text": "text/plain",
    "video": "video/mp4",
}


def concrete(media: MediaType, accept: str | None = None) -> str:
    """The media type that is sent: the documented one, or one that lies in it where that is a range (`image/*`).

    `accept`: the header of the request; it chooses among the types of a range of which there are files.
    """
    kind, _, subtype = media_types.essence(media.name).partition("/")
    if subtype == "*" or kind == "*":
        usual = _OF_A_RANGE.get(kind, f"{kind}/octet-stream")
        return choose(accept, (usual, *(each for each in FILES if each.startswith(f"{kind}/")))) or usual
    if subtype.startswith("*+"):
        return f"{kind}/{subtype[2:]}"
    return f"{media.name}; boundary={_BOUNDARY}" if media_types.essence(media.name) == _MULTIPART else media.name


def encode(media: MediaType, value: Any, *, seed: int, accept: str | None = None) -> bytes:
    """The value as bytes of the media type; `seed` fills what has no value to write, such as binary content.

    `accept`: as for `concrete`.
    """
    essence = media_types.essence(concrete(media, accept))
    kind, _, subtype = essence.partition("/")
    if media.is_json:
        return _json(value)
    if essence in FILES and not (media_types.is_xml(essence) and isinstance(value, dict) and value):
        return FILES[essence]
    if subtype == "xml" or subtype.endswith("+xml"):
        from flowcontract.openapi import xml_writer

        return xml_writer.encode(value, media.schema, media.schemas)
    if subtype in ("yaml", "x-yaml") or subtype.endswith("+yaml"):
        return documents.dump(value).encode()
    if essence == "application/x-www-form-urlencoded":
        return urlencode(_fields(value)).encode()
    if essence == _MULTIPART:
        return _multipart(value)
    if essence == "text/csv" and isinstance(value, list):
        return csv_of(value)
    items = value if isinstance(value, list) else [value]
    if essence == "text/event-stream":
        return b"".join(map(_event, items))
    if media_types.is_json_sequence(essence):
        before = b"\x1e" if subtype == "json-seq" else b""
        return b"".join(before + _json(item) + b"\n" for item in items)
    if kind == "text" or (isinstance(value, dict | list) and value):
        return (parameters.text(value) if not isinstance(value, dict | list) else _json(value).decode()).encode()
    return Random(seed).randbytes(64)  # noqa: S311  data, not secrets


def _event(value: Any) -> bytes:
    """A server-sent event: an object with the fields of an event has them as lines, anything else is its data."""
    fields = value if isinstance(value, Mapping) and value and value.keys() <= _EVENT_FIELDS else {"data": value}
    lines = [
        f"{name}: {line}\n"
        for name, item in fields.items()
        for line in (item.splitlines() if isinstance(item, str) else [_json(item).decode()])
    ]
    return ("".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _fields(value: Any) -> list[tuple[str, str]]:
    """The fields of a form: a list is a repeated one, an object in it is JSON."""
    if not isinstance(value, Mapping):
        return []
    pairs = [(name, each) for name, item in value.items() for each in (item if isinstance(item, list) else [item])]
    return [
        (name, _json(each).decode() if isinstance(each, dict | list) else parameters.text(each)) for name, each in pairs
    ]


def _multipart(value: Any) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in _fields(value)
    ]
    return "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()


def csv_of(rows: list[Any], separator: str = ",") -> bytes:
    """Objects as rows below a line of names (RFC 4180); anything else as rows of one field or several."""
    names = list(dict.fromkeys(name for row in rows if isinstance(row, Mapping) for name in row))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    if names:
        writer.writerow(names)
    for row in rows:
        fields = [row.get(name, "") for name in names] if isinstance(row, Mapping) else row
        writer.writerow([parameters.text(each) for each in (fields if isinstance(fields, list) else [fields])])
    return written.getvalue().encode("utf-8", "backslashreplace")
