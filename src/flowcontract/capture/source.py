"""Read operations out of a whole OpenAPI document, from a file or a live server."""

from collections.abc import Mapping
from typing import Any

from flowcontract.capture.components import REFERENCE, each, without_prose
from flowcontract.capture.page import METHODS
from flowcontract.errors import CaptureError, ContractError
from flowcontract.openapi import pointers
from flowcontract.openapi.reader import read, require_openapi


def fetch(source: str) -> Mapping[str, Any]:
    """Read the document at a URL or in a file. Raises CaptureError where there is no such document."""
    try:
        document = read(source).document
        require_openapi(document, source)
    except ContractError as error:
        raise CaptureError(error.what, do=error.do) from error
    return document


class Reader:
    """Finds operations of a document and everything they refer to."""

    def __init__(self, document: Mapping[str, Any], name: str, *, keep_prose: bool) -> None:
        self._document = document
        self._name = name
        self._keep_prose = keep_prose
        self._reached: dict[str, None] = {}

    def find(self, operation_id: str) -> tuple[str, str, dict[str, Any]]:
        """Path, method and operation, with parameters of the path and security of the document."""
        known = []
        for path, raw in (self._document.get("paths") or {}).items():
            item = self.resolve(raw)
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    known.append(str(item[method].get("operationId")))
                    if known[-1] == operation_id:
                        return path, method, self._whole(item, item[method])
        import difflib

        near = difflib.get_close_matches(operation_id, known, n=3) or known[:3]
        raise CaptureError(f"unknown operation {operation_id!r} in {self._name}.", do=f"Operations: {', '.join(near)}.")

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
        """Follow references within the document. Raises CaptureError for a dangling or external reference."""
        for _ in range(50):
            if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
                return node
            node = self._target(node["$ref"])
        raise CaptureError(f"{self._name}: a reference refers to itself.", do="Fix the document.")

    def schema(self, schema: Any) -> Any:
        """Convert a schema, and note the components that it refers to."""
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
        """Every component that is referred to, directly or indirectly, in alphabetical order."""
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
                f"{self._name} refers to {reference!r}, which it does not contain.",
                do="Bundle it into one valid document.",
            ) from error
