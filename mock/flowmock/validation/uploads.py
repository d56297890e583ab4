"""Limits of uploaded files: their types and sizes, where a contract states them and documents 415 or 413."""

import re
from collections.abc import Mapping
from typing import Any

from flowcontract.openapi import media_types
from flowcontract.openapi.model import Operation
from flowcontract.openapi.values import members
from flowmock.messages import Call
from flowmock.validation import bodies, requests

_BYTES = "application/octet-stream"
_TYPES = {
    "csv": "text/csv", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "mp3": "audio/mpeg",
    "mp4": "video/mp4", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "txt": "text/plain",
    "webp": "image/webp", "zip": "application/zip",
}  # fmt: skip
"""Media types by the names of formats."""
_FORMATS = re.compile(rf"(?:\b(?:{'|'.join(_TYPES)})\b(?:\s*(?:,|/|\||\bor\b|\band\b)\s*)*)+", re.IGNORECASE)
"""What a description begins with, or says on its own, that a file is: `JPEG, PNG or PDF`."""
_ONLY = re.compile(r"^\s*(?:(?:an?|the|only|accepts?|allowed|must be|supported|formats?|types?|:)\s+)*", re.IGNORECASE)
_SIZE = re.compile(
    r"\b(?:at most|exceed(?:s|ing)?|larger than|limit(?:ed)?(?: is| of| to)?:?|max(?:imum|\.)?(?: size)?(?: is| of)?:?"
    r"|more than|over|up to)\s*(\d{1,6})\s*(bytes|[KMG]i?B)\b"
    r"|\b(\d{1,6})\s*(bytes|[KMG]i?B) (?:at most|limit|max(?:imum)?)\b",
    re.IGNORECASE,
)
_UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
"""A unit may be meant as a power of 1000 or of 1024; less is never too much."""


def violation(operation: Operation, call: Call) -> tuple[int, str] | None:
    """The documented status for a file that is too large or of another type, and why; None for any other request."""
    if operation.responses.keys().isdisjoint(("413", "415")):
        return None
    file = requests.file_in(operation, call)
    media = requests.media_of(operation, call.header("content-type"))
    if file is None or media is None:
        return None
    written = dict(members(media.schema or {}, media.schemas)).get(file.name) if file.name else media.schema
    schema = media.schemas.resolve(written) if written else {}
    text = str(schema.get("description", ""))
    schema = media.schemas.resolve(schema["items"]) if "items" in schema else schema
    if "413" in operation.responses:
        most = _most_bytes(schema, (text, operation.responses["413"].description))
        if most is not None and len(file.content) > most:
            return 413, f"expected at most {most} bytes, got {len(file.content)}"
    if "415" in operation.responses:
        allowed = _allowed(schema, str((media.encoding.get(file.name) or {}).get("contentType", "")), text)
        own = _types_of(file)
        if allowed and own and all(media_types.best_match(each, allowed) is None for each in own):
            return 415, f"expected Content-Type {', '.join(allowed)}, got {own[0]}"
    return None


def _most_bytes(schema: Mapping[str, Any], texts: tuple[str, ...]) -> int | None:
    """The most bytes of a file, by its schema, else by the first text that says so."""
    if type(schema.get("maxLength")) is int:
        return int(schema["maxLength"])
    found = next(filter(None, map(_SIZE.search, texts)), None)
    if found is None:
        return None
    number, unit = found[1] or found[3], found[2] or found[4]
    return int(number) * _UNITS[unit[0].lower()]


def _allowed(schema: Mapping[str, Any], encoding: str, text: str) -> list[str]:
    """The media types that a file may have; none where nothing says which."""
    stated = encoding or str(schema.get("contentMediaType", ""))
    written = [each.strip() for each in stated.split(",") if each.strip()]
    if written and written != [_BYTES]:
        return [] if "*/*" in written else written
    found = _FORMATS.match(_ONLY.sub("", text))
    named = re.findall(r"\w+", found[0].lower()) if found else ()
    return list(dict.fromkeys(_TYPES[each] for each in named if each in _TYPES))


def _types_of(file: bodies.Part) -> list[str]:
    """The media types of a file, by what the request says and by the ending of its name; none if neither says it.

    A body that is a file has a media type that is documented, such as any bytes.
    """
    named = media_types.essence(file.content_type or "")
    named = "" if named == _BYTES and not file.name else named
    ending = (file.filename or "").rpartition(".")[2].lower()
    return [each for each in (named, _TYPES.get(ending, "")) if each]
