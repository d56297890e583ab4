"""Read operations out of a whole OpenAPI document, from a file or a live server."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowcontract.capture.components import REFERENCE, component_name, each, without_prose
from flowcontract.capture.document import CHECK
from flowcontract.errors import CaptureError, ContractError
from flowcontract.openapi import pointers
from flowcontract.openapi.reader import read, require_openapi
from flowcontract.openapi.structure import METHODS
from flowcontract.text import nearest


def fetch(source: str) -> Mapping[str, Any]:
    """Read the document at a URL or in a file. Raises CaptureError where there is no such document."""
    try:
        document = read(source).document
        require_openapi(document, source)
    except ContractError as error:
        raise CaptureError(error.what, do=error.do) from error
    return document


class Reader:
    """Finds operations of a document and everything they refer to, whatever is wrong with the rest of the document."""

    def __init__(self, document: Mapping[str, Any], name: str, *, keep_prose: bool) -> None:
        self._document = document
        self._name = name
        self._keep_prose = keep_prose
        self._keeps_siblings = not str(document.get("openapi")).startswith("3.0")  # 3.0 ignores them.
        self._components: dict[str, str] = {}
        """Component names of the schemas that are referred to, by reference."""

    def find(self, operation_id: str) -> tuple[str, str, dict[str, Any]]:
        """Path, method and operation, with parameters of the path and security of the document."""
        known = []
        for path, item in self._path_items():
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    known.append(str(item[method].get("operationId")))
                    if operation_id in (known[-1], f"{method.upper()} {path}"):
                        return path, method, self._whole(item, item[method])
        raise CaptureError(
            f"unknown operation {operation_id!r} in {self._name}.",
            do=nearest(operation_id, known).strip() or f"It has, for instance: {', '.join(known[:3])}.",
        )

    def _path_items(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        paths = self._document.get("paths")
        for path, raw in paths.items() if isinstance(paths, Mapping) else ():
            try:
                item = self.resolve(raw)
            except CaptureError:
                continue  # A path item that cannot be read has no operation to find.
            if isinstance(item, Mapping):
                yield path, item

    def _whole(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
        whole = dict(operation)
        shared, own = (self._parameters(node.get("parameters")) for node in (item, operation))
        taken = {(one.get("in"), one.get("name")) for one in own}
        parameters = own + [one for one in shared if (one.get("in"), one.get("name")) not in taken]
        if parameters:
            whole["parameters"] = parameters
        if "security" not in whole and "security" in self._document:
            whole["security"] = self._document["security"]
        return whole

    def _parameters(self, raw: Any) -> list[Mapping[str, Any]]:
        found = [self.resolve(one) for one in raw] if isinstance(raw, list) else raw
        if found is None or (isinstance(found, list) and all(isinstance(one, Mapping) for one in found)):
            return found or []
        raise CaptureError(f"{self._name}: expected a list of parameters, got {json.dumps(raw)[:80]}.", do=CHECK)

    def servers(self, path: str, operation: Mapping[str, Any]) -> list[Any] | None:
        """The servers of an operation: its own, its path's or the document's."""
        item = self.resolve(self._document["paths"][path])
        return operation.get("servers") or item.get("servers") or self._document.get("servers")

    def security_schemes(self, operations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """The security schemes that can be read. Raises CaptureError where one that an operation needs cannot."""
        components = self._document.get("components")
        raw = components.get("securitySchemes") if isinstance(components, Mapping) else None
        requirements = [one for operation in operations for one in operation.get("security") or ()]
        needed = {name for one in requirements if isinstance(one, Mapping) for name in one}
        found = {}
        for name, node in raw.items() if isinstance(raw, Mapping) else ():
            try:
                found[name] = self.resolve(node)
            except CaptureError:
                if name in needed:
                    raise
                continue
            if name not in needed and not isinstance(found[name], Mapping):
                del found[name]
        return found

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
            reference = {"$ref": self._component(schema["$ref"])}
            siblings = {key: value for key, value in schema.items() if key != "$ref"}
            return {**reference, **self.schema(siblings)} if self._keeps_siblings else reference
        converted = each(schema, self.schema)
        mapping = (
            schema.get("discriminator", {}).get("mapping") if isinstance(schema.get("discriminator"), Mapping) else None
        )
        if isinstance(mapping, Mapping):
            named = {value: self._mapped(target) for value, target in mapping.items()}
            converted["discriminator"] = {**schema["discriminator"], "mapping": named}
        return converted if self._keep_prose else without_prose(converted)

    def schemas(self) -> dict[str, Any]:
        """Every component that is referred to, directly or indirectly, in alphabetical order."""
        found: dict[str, Any] = {}
        while pending := [(name, reference) for reference, name in self._components.items() if name not in found]:
            for name, reference in pending:
                found[name] = self.schema(self._target(reference))
        return dict(sorted(found.items()))

    def _component(self, reference: str) -> str:
        """The reference to the component that a reference becomes: schemas that stand elsewhere become components."""
        if reference not in self._components:
            self._target(reference)
            tokens = pointers.split(reference[1:]) or ["schema"]
            name = component_name(tokens[-1])
            if len(tokens) != 3 or not reference.startswith(REFERENCE):
                taken = {*self._components.values(), *self._declared()}
                numbered = (f"{name}_{number}" for number in itertools.count(2))
                name = name if name not in taken else next(one for one in numbered if one not in taken)
            self._components[reference] = name
        return REFERENCE + self._components[reference]

    def _declared(self) -> Iterable[str]:
        components = self._document.get("components")
        schemas = components.get("schemas") if isinstance(components, Mapping) else None
        return schemas if isinstance(schemas, Mapping) else ()

    def _mapped(self, target: Any) -> Any:
        """A target in the mapping of a discriminator: a reference, or the name of a component."""
        if isinstance(target, str) and target in self._declared():
            self._component(REFERENCE + target.replace("~", "~0").replace("/", "~1"))
        elif isinstance(target, str) and target.startswith("#/"):
            return self._component(target)
        return target

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
