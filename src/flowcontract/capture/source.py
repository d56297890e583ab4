"""Read operations out of a whole OpenAPI document, from a file or a live server."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowcontract.capture.components import REFERENCE, each, without_prose
from flowcontract.capture.page import LIMIT, METHODS
from flowcontract.errors import CaptureError, ContractError
from flowcontract.openapi import dialects, documents, pointers

TIMEOUT = 60.0
"""Seconds that a server may take to hand out its document."""

_ACCEPT = "application/vnd.oai.openapi, application/yaml, application/json;q=0.9, */*;q=0.1"


def fetch(source: str) -> Mapping[str, Any]:
    """Read the document at a URL or in a file, 3.1 as 3.0. Raises CaptureError where there is no such document."""
    try:
        document = documents.parse(_get(source), source) if _is_url(source) else documents.read(Path(source))
        return dialects.read(document if isinstance(document, Mapping) else {}, source)
    except ContractError as error:
        raise CaptureError(error.what, do=error.do) from error


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _get(url: str) -> bytes:
    try:
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT})  # noqa: S310  http(s) only, see _is_url
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            text: bytes = answer.read(LIMIT + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise CaptureError(
                f"{url} answers {error.code}, an OpenAPI document was expected.", do="Check the URL."
            ) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise CaptureError(f"{url} cannot be read: {reason}.", do="Check the URL, and that it listens.") from error
    if len(text) > LIMIT:
        raise CaptureError(f"{url} answers with more than {LIMIT // 2**20} MiB.", do="Name an OpenAPI document.")
    return text


class Reader:
    """Finds operations of a document and what they refer to."""

    def __init__(self, document: Mapping[str, Any], name: str, *, keep_prose: bool) -> None:
        self._document = document
        self._name = name
        self._keep_prose = keep_prose
        self._reached: dict[str, None] = {}

    def find(self, operation_id: str) -> tuple[str, str, dict[str, Any]]:
        """The path, the method and the operation; what the path and the document say for all is put into it."""
        known = []
        for path, raw in self._document["paths"].items():
            item = self.resolve(raw)
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    known.append(str(item[method].get("operationId")))
                    if known[-1] == operation_id:
                        return path, method, self._whole(item, item[method])
        import difflib

        near = difflib.get_close_matches(operation_id, known, n=3) or known[:3]
        raise CaptureError(
            f"{self._name} has no operation {operation_id!r}.", do=f"It has, for instance: {', '.join(near)}."
        )

    def _whole(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
        whole = dict(operation)
        shared = [self.resolve(one) for one in item.get("parameters") or ()]
        own = [self.resolve(one) for one in operation.get("parameters") or ()]
        taken = {(one.get("in"), one.get("name")) for one in own}
        parameters = own + [one for one in shared if (one.get("in"), one.get("name")) not in taken]
        if parameters:
            whole["parameters"] = parameters
        if "security" not in whole and "security" in self._document:
            whole["security"] = self._document["security"]
        return whole

    def servers(self, path: str, operation: Mapping[str, Any]) -> list[Any] | None:
        """The servers of an operation: its own, its path's or the document's."""
        item = self.resolve(self._document["paths"][path])
        return operation.get("servers") or item.get("servers") or self._document.get("servers")

    def resolve(self, node: Any) -> Any:
        """Follow references within the document. Raises CaptureError where one leads nowhere or outside."""
        for _ in range(50):
            if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
                return node
            node = self._target(node["$ref"])
        raise CaptureError(f"{self._name}: a reference leads back to itself.", do="Mend the document.")

    def schema(self, schema: Any) -> Any:
        """Convert a schema; a component it refers to is remembered as reached."""
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            reference = schema["$ref"]
            if not reference.startswith(REFERENCE) or "/" in reference.removeprefix(REFERENCE):
                return self.schema(self._target(reference))
            self._reached[reference.removeprefix(REFERENCE)] = None
            return {"$ref": reference}
        converted = each(schema, self.schema)
        return converted if self._keep_prose else without_prose(converted)

    def schemas(self) -> dict[str, Any]:
        """Every component that was reached, and those reached from it, in alphabetical order."""
        found: dict[str, Any] = {}
        while pending := [name for name in self._reached if name not in found]:
            for name in pending:
                found[name] = self.schema(self._target(REFERENCE + name))
        return dict(sorted(found.items()))

    def _target(self, reference: str) -> Any:
        try:
            if not reference.startswith("#/"):
                raise LookupError
            return pointers.get(self._document, pointers.split(reference[1:]))
        except LookupError as error:
            raise CaptureError(
                f"{self._name} refers to {reference!r}, which is not in it.", do="Bundle it into one valid document."
            ) from error
