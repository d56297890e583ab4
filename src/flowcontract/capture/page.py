"""Read one published page of docusaurus-openapi-docs (`*.api.mdx`).

The page is MDX. Its front matter holds the whole operation in the field `api:`, as base64 of zlib of JSON
with every reference resolved (versions before 2 of the generator wrote the JSON itself); its body repeats
the schema as JSX. A page that was copied out of a repository viewer has the viewer's header above it and
lines holding a lone `|` between its own lines.
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

from flowcontract.errors import CaptureError

LIMIT = 64 * 2**20
"""No page, and nothing packed in one, is read beyond this many bytes."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_FRONT_MATTER = re.compile(r"^---[ \t]*\n(.*?)^---[ \t]*$", re.S | re.M)
# A value on the line itself, or on indented lines below it, as YAML folds long ones.
_FIELD = r"^%s:[ \t]*(?:[>|][+-]?[ \t]*(?=\n))?([^\n]*(?:\n[ \t]+[^\n]+)*)"


@dataclass(frozen=True, slots=True)
class Page:
    """A published page, taken apart."""

    name: str
    """What messages call it: its path."""
    id: str
    """The page's own id, the operation's in kebab case."""
    api: Mapping[str, Any]
    """The operation: the fields of an OpenAPI operation with references resolved, and `method`, `path`,
    `servers`, `securitySchemes`, `info`."""
    body: str
    """The JSX below the front matter."""


def read(path: Path) -> Page:
    """Read a page from a file. Raises CaptureError where it is no such page."""
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise CaptureError(f"{path} has {size} bytes; a page has at most {LIMIT}.", do="Name a page.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path} is no text in UTF-8, as a page is.", do="Name an `*.api.mdx` page.") from error
    except FileNotFoundError as error:
        raise CaptureError(f"there is no page {path}.", do="Check the path.") from error
    except OSError as error:
        raise CaptureError(f"{path} cannot be read: {error.strerror}.", do="Check the path and its rights.") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Page:
    """Take the text of a page apart; `name` is what errors call it. Raises CaptureError."""
    text = "\n".join(line for line in text.splitlines() if line.strip() != "|")
    front = _FRONT_MATTER.search(text)
    if front is None:
        raise CaptureError(
            f"{name} has no front matter: a block between two lines `---` was expected at its top.",
            do="Name an `*.api.mdx` page of docusaurus-openapi-docs.",
        )
    packed = _field(front[1], "api")
    if not packed:
        raise CaptureError(
            f"{name} is the page of no operation: its front matter has no `api:`.",
            do="Name the page of one operation, an `*.api.mdx` file.",
        )
    return Page(name, _field(front[1], "id"), _operation(_unpack(packed, name), name), text[front.end() :])


def _field(front: str, key: str) -> str:
    found = re.search(_FIELD % key, front, re.M)
    return re.sub(r"\n[ \t]*", "", found[1]).strip().strip("\"'") if found else ""


def _unpack(packed: str, name: str) -> Any:
    text = packed.encode() if packed.startswith("{") else _inflate(packed, name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptureError(
            f"{name}: its field `api:` holds no JSON ({str(error) or 'it is nested too deeply'}).",
            do="Take the page from its source again.",
        ) from error


def _inflate(packed: str, name: str) -> bytes:
    again = "Take the page from its source again; the whole line belongs to it."
    try:
        squeezed = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CaptureError(
            f"{name}: its field `api:` is no base64, or was cut ({len(packed)} characters: {error}).", do=again
        ) from error
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(squeezed, LIMIT + 1)
    except zlib.error as error:
        raise CaptureError(f"{name}: what its field `api:` packs is no zlib data ({error}).", do=again) from error
    if len(text) > LIMIT:
        raise CaptureError(
            f"{name}: its field `api:` unpacks to more than {LIMIT // 2**20} MiB; no operation is as large.",
            do="Do not trust this page.",
        )
    if not unpacker.eof:
        raise CaptureError(f"{name}: its field `api:` was cut, the packed data ends early.", do=again)
    return text


def _operation(api: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(api, Mapping):
        raise CaptureError(f"{name}: its field `api:` holds no operation, but {type(api).__name__}.", do="Check it.")
    missing = [
        key for key, kind in (("method", str), ("path", str), ("responses", dict)) if not isinstance(api.get(key), kind)
    ]
    if missing:
        raise CaptureError(
            f"{name}: its field `api:` holds no operation: it has no {' and no '.join(f'`{key}`' for key in missing)}.",
            do="Name the page of one operation.",
        )
    if api["method"].lower() not in METHODS or not api["path"].startswith("/"):
        raise CaptureError(
            f"{name}: {api['method']!r} on {api['path']!r} is no HTTP operation; a webhook's page cannot be captured.",
            do="Leave the page out.",
        )
    return api
