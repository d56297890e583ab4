"""Capture a published contract: pages of docusaurus-openapi-docs, or operations of an OpenAPI document.

The result is an OpenAPI document with the facts of its source. Prose (descriptions, summaries, titles of fields) is
only kept on request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.capture.components import REFERENCE, Components, missing
from flowcontract.capture.cross_check import compare_halves, misnamed
from flowcontract.capture.document import Document, Writer, warnings
from flowcontract.capture.page import Page, read
from flowcontract.capture.source import Reader, fetch
from flowcontract.errors import CaptureError
from flowcontract.openapi import documents


@dataclass(frozen=True, slots=True)
class Captured:
    """The captured document, and what needs a review."""

    document: dict[str, Any]
    disagreements: tuple[str, ...] = ()
    """Differences between the two halves of a page, of which the document has the front matter, or between pages;
    and what a page leaves out.
    """
    warnings: tuple[str, ...] = ()
    """Incomplete parts of a page, and names that do not match."""


def from_pages(paths: Sequence[Path], *, keep_prose: bool = False) -> Captured:
    """Capture published pages, one operation each, as one document. Raises CaptureError."""
    return combine(paths, keep_prose=keep_prose)


def combine(
    paths: Sequence[Path] = (),
    *,
    schema: str = "",
    operations: Sequence[str] = (),
    add_to: Path | None = None,
    keep_prose: bool = False,
) -> Captured:
    """Capture pages, and operations of an OpenAPI document (URL or file), as one document.

    The operations of `add_to`, a captured document, are in it too, unless they are captured anew. Raises CaptureError.
    """
    if schema and not paths and add_to is None:
        return from_schema(schema, operations, keep_prose=keep_prose)
    pages = sorted(map(read, paths), key=lambda page: (page.api["path"], page.api["method"]))
    whole = from_schema(schema, operations, keep_prose=keep_prose) if schema else Captured({})
    names = ", ".join([*(page.name for page in pages), *([schema] if schema else [])])
    components, document = Components(keep_prose=keep_prose), Document()
    try:
        if add_to is not None:
            _adopt(fetch(str(add_to)), str(add_to), components, document.keep, document)
        if schema:
            _adopt(whole.document, schema, components, document.add, document)
        for page in pages:
            _add(page, components, document, keep_prose)
        result = components.evidence.versioned(document.finish(components.settle, components.schemas()))
    except RecursionError as error:
        raise _too_deep(names) from error
    _require_shallow(result, names)
    for name in sorted(missing(result)):
        raise CaptureError(
            f"{names}: a recursion is cut off at {REFERENCE}{name}, and no page has the complete schema.",
            do="Add a page with the complete schema.",
        )
    checked = [compare_halves(page) for page in pages]
    unchecked = [line for one in checked for line in one.unchecked]
    return Captured(
        result,
        disagreements=tuple(
            dict.fromkeys([*components.contradictions, *(line for one in checked for line in one.disagreements)])
        ),
        warnings=tuple(dict.fromkeys([*components.warnings, *unchecked, *warnings(result, names)])),
    )


def _add(page: Page, components: Components, document: Document, keep_prose: bool) -> None:
    """Add the operation of a page."""
    writer = Writer(components.convert, page.name, keep_prose=keep_prose)
    components.begin(page.name, page.api)
    servers = page.api.get("servers")
    info = writer.info(page.api.get("info") or {"title": page.id, "version": "unknown"})
    document.describe(info, servers, writer.security_schemes(page.api.get("securitySchemes")), page.name)
    document.add(page.api["path"], page.api["method"].lower(), writer.operation(page.api), servers, page.name)
    if warning := misnamed(page):
        components.warnings.append(warning)


def _adopt(
    captured: Mapping[str, Any], name: str, components: Components, add: Callable[..., None], document: Document
) -> None:
    """Add the operations of a captured document."""
    convert, parts = components.adopt(captured, name), captured.get("components") or {}
    if others := sorted(parts.keys() - {"schemas", "securitySchemes"}):
        raise CaptureError(
            f"{name}: expected a captured document, got one with components/{others[0]}.",
            do="Pass a file that `flowcontract capture` wrote.",
        )
    servers = captured.get("servers")
    document.describe(dict(captured["info"]), servers, dict(parts.get("securitySchemes") or {}), name)
    for path, item in (captured.get("paths") or {}).items():
        for method, operation in item.items():
            add(path, method, convert(operation), operation.get("servers") or servers, name)


def from_schema(source: str, operations: Sequence[str], *, keep_prose: bool = False) -> Captured:
    """Capture operations of an OpenAPI document (URL or file) and everything they refer to. Raises CaptureError."""
    try:
        raw = fetch(source)
        return _from_schema(raw, source, operations, keep_prose)
    except RecursionError as error:
        raise _too_deep(source) from error


def _from_schema(raw: Any, source: str, operations: Sequence[str], keep_prose: bool) -> Captured:
    reader, document = Reader(raw, source, keep_prose=keep_prose), Document(str(raw["openapi"]))
    writer = Writer(reader.schema, source, keep_prose=keep_prose, resolve=reader.resolve)
    found = [reader.find(operation_id) for operation_id in operations]
    schemes = writer.security_schemes(reader.security_schemes(operation for _, _, operation in found))
    document.describe(writer.info(raw.get("info")), raw.get("servers"), schemes, source)
    for path, method, operation in found:
        document.add(path, method, writer.operation(operation), reader.servers(path, operation), source)
    result = document.finish(lambda node: node, reader.schemas())
    _require_shallow(result, source)
    return Captured(result, warnings=tuple(warnings(result, source)))


def _require_shallow(node: Any, source: str, level: int = 1) -> None:
    """Raise CaptureError for a document that is nested deeper than any document that is read."""
    if level > documents.MAX_DEPTH:
        raise _too_deep(source)
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _require_shallow(item, source, level + 1)


def _too_deep(source: str) -> CaptureError:
    return CaptureError(f"{source}: schemas are nested too deeply to be read.", do="Check the original document.")
