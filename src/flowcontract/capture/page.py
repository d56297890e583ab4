"""Read one published page of docusaurus-openapi-docs (`*.api.mdx`).

The page is MDX. The field `api:` of its front matter has the whole operation as base64 of zlib of JSON with every
reference resolved (the generator wrote plain JSON before version 2); its body repeats the schema as JSX, or names JSON
files beside the page that do (the generator's option `externalJsonProps`). A page copied from a repository viewer has
the viewer's header above it and lines with a single `|` between its own lines.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.capture.alternatives import restore
from flowcontract.errors import CaptureError
from flowcontract.openapi.structure import METHODS

LIMIT = 64 * 2**20
"""Limit in bytes of a page and of its unpacked operation."""

_FRONT_MATTER = re.compile(r"^---[ \t]*\n(.*?)^---[ \t]*$", re.S | re.M)
# A value on the line itself, or on indented lines below, as YAML folds long values.
_FIELD = r"^%s:[ \t]*(?:[>|][+-]?[ \t]*(?=\n))?([^\n]*(?:\n[ \t]+[^\n]+)*)"


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a published page."""

    name: str
    """Its path, for messages."""
    id: str
    """The ID of the page: the operation ID in kebab case."""
    api: Mapping[str, Any]
    """The operation: the fields of an OpenAPI operation with references resolved, and `method`, `path`,
    `servers`, `securitySchemes`, `info`."""
    body: str
    """The JSX below the front matter."""
    folder: Path | None = None
    """Where the JSON files of the body are; None for a page that was not read from a file."""


def read(path: Path) -> Page:
    """Read a page from a file. Raises CaptureError where it is not such a page."""
    return parse(read_text(path), str(path), path.parent)


def read_text(path: Path) -> str:
    """The text of a page, or of a file beside it. Raises CaptureError."""
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise CaptureError(f"expected at most {LIMIT} bytes in {path}, got {size}.", do="Pass a page of API docs.")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path} is not UTF-8 text.", do="Pass an `*.api.mdx` page.") from error
    except FileNotFoundError as error:
        raise CaptureError(f"page {path} not found.", do="Check the path.") from error
    except OSError as error:
        raise CaptureError(
            f"{path} cannot be read: {error.strerror}.", do="Check the path and its permissions."
        ) from error


def parse(text: str, name: str, folder: Path | None = None) -> Page:
    """Parse the text of a page; `name` is for messages, the files of its body are in `folder`. Raises CaptureError."""
    # Not `splitlines`: JSON may hold separators such as U+2028 as they are.
    lines = re.split(r"\r\n?|\n", text)
    text = "\n".join(line for line in lines if line.strip() != "|")
    front = _FRONT_MATTER.search(text)
    if front is None:
        raise CaptureError(
            f"{name}: expected front matter between two lines `---` at the top, got none.",
            do="Pass an `*.api.mdx` page of docusaurus-openapi-docs.",
        )
    packed = _field(front[1], "api")
    if not packed:
        raise CaptureError(
            f"{name}: expected the page of an operation, got front matter without `api:`.",
            do="Pass the page of one operation, an `*.api.mdx` file.",
        )
    operation = restore(_operation(_unpack(packed, name), name))
    return Page(name, _field(front[1], "id"), operation, text[front.end() :], folder)


def _field(front: str, key: str) -> str:
    found = re.search(_FIELD % key, front, re.M)
    return re.sub(r"\n[ \t]*", "", found[1]).strip().strip("\"'") if found else ""


def _unpack(packed: str, name: str) -> Any:
    text = packed.encode() if packed.startswith("{") else _inflate(packed, name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptureError(
            f"{name}: the field `api:` is not JSON ({str(error) or 'nested too deeply'}).",
            do="Download the page again.",
        ) from error


def _inflate(packed: str, name: str) -> bytes:
    again = "Download the page again, with the complete line."
    try:
        squeezed = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CaptureError(
            f"{name}: the field `api:` is not base64 or is truncated ({len(packed)} characters: {error}).", do=again
        ) from error
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(squeezed, LIMIT + 1)
    except zlib.error as error:
        raise CaptureError(f"{name}: the field `api:` is not zlib data ({error}).", do=again) from error
    if len(text) > LIMIT:
        raise CaptureError(
            f"{name}: the field `api:` unpacks to more than {LIMIT // 2**20} MiB.",
            do="Check where this page comes from.",
        )
    if not unpacker.eof:
        raise CaptureError(f"{name}: the field `api:` is truncated.", do=again)
    return text


def _operation(api: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(api, Mapping):
        raise CaptureError(
            f"{name}: expected an operation in the field `api:`, got {type(api).__name__}.", do="Check the page."
        )
    missing = [
        key for key, kind in (("method", str), ("path", str), ("responses", dict)) if not isinstance(api.get(key), kind)
    ]
    if missing:
        raise CaptureError(
            f"{name}: expected an operation in `api:`, got no {' and no '.join(f'`{key}`' for key in missing)}.",
            do="Pass the page of one operation.",
        )
    if api["method"].lower() not in METHODS or not api["path"].startswith("/"):
        raise CaptureError(
            f"{name}: expected an HTTP operation, got {api['method']!r} on {api['path']!r}.",
            do="Remove the page: webhooks cannot be captured.",
        )
    return api
