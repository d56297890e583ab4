"""Write operations as one OpenAPI document; their order does not matter."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flowcontract.capture.components import differences
from flowcontract.capture.version import OPENAPI_30
from flowcontract.errors import CaptureError
from flowcontract.openapi import pointers
from flowcontract.openapi.structure import METHODS
from flowcontract.openapi.validation import flaws

_PROSE = frozenset({"description", "summary", "externalDocs"})
# The order of the fields; others follow in their original order.
_OPERATION = (
    "operationId", "tags", "summary", "description", "deprecated", "parameters", "requestBody", "security",
    "responses",
)  # fmt: skip
_PARAMETER = ("name", "in", "description", "required")
# Fields of the page beside the fields of the operation.
_OF_THE_PAGE = frozenset(
    {"method", "path", "servers", "securitySchemes", "info", "postman", "jsonRequestBodyExample", "extensions"}
)

CHECK = "Check the original operation."

Convert = Callable[[Any], Any]


class Writer:
    """Converts OpenAPI objects, one method for each type. Schemas are converted by `schema`."""

    def __init__(self, schema: Convert, source: str, *, keep_prose: bool, resolve: Convert = lambda node: node) -> None:
        """`source`: name of the source in messages; `resolve` follows references to everything except schemas."""
        self._schema = schema
        self._source = source
        self._resolve = resolve
        self._dropped: frozenset[str] = frozenset() if keep_prose else _PROSE

    def operation(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Convert an operation without the fields of the page."""
        raw = self._mapping(raw)
        known = {key: value for key, value in raw.items() if key not in _OF_THE_PAGE and value is not None}
        copy = self._plain(_ordered(known, _OPERATION))
        if "parameters" in copy:
            copy["parameters"] = [self._parameter(item) for item in self._list(raw["parameters"])]
        if "requestBody" in copy:
            copy["requestBody"] = self._with_content(self._resolve(raw["requestBody"]))
        copy["responses"] = {
            str(status): self._response(item) for status, item in self._mapping(raw.get("responses")).items()
        }
        if "security" in copy:
            self._list(copy["security"])
        if "callbacks" in copy:
            copy["callbacks"] = {name: self._callback(item) for name, item in self._mapping(raw["callbacks"]).items()}
        return copy

    def security_schemes(self, raw: Any) -> dict[str, Any]:
        """Convert security schemes by name."""
        return {name: self._plain(self._resolve(scheme)) for name, scheme in self._mapping(raw).items()}

    def info(self, raw: Any) -> dict[str, Any]:
        """Convert `info` without the tags that the generator adds to it."""
        return {key: value for key, value in self._plain(raw).items() if key != "tags"}

    def _mapping(self, node: Any) -> Mapping[str, Any]:
        if node is not None and not isinstance(node, Mapping):
            raise self._wrong("a mapping", node)
        return node or {}

    def _list(self, node: Any) -> list[Any]:
        if not isinstance(node, list):
            raise self._wrong("a list", node)
        return node

    def _wrong(self, expected: str, node: Any) -> CaptureError:
        return CaptureError(
            f"{self._source}: expected {expected}, got {json.dumps(node)[:80]}.",
            do=CHECK,
        )

    def _plain(self, raw: Any) -> dict[str, Any]:
        return {key: value for key, value in self._mapping(raw).items() if key not in self._dropped}

    def _parameter(self, raw: Any) -> dict[str, Any]:
        return self._with_content(_ordered(self._mapping(self._resolve(raw)), _PARAMETER))

    def _with_content(self, raw: Any) -> dict[str, Any]:
        copy = self._plain(raw)
        if "schema" in copy:
            copy["schema"] = self._converted(copy["schema"])
        if "content" in copy:
            copy["content"] = {name: self._media(media) for name, media in self._mapping(copy["content"]).items()}
        return self._with_examples(copy)

    def _media(self, raw: Any) -> dict[str, Any]:
        copy = dict(self._mapping(raw))
        if "schema" in copy:
            copy["schema"] = self._converted(copy["schema"])
        if "encoding" in copy:
            copy["encoding"] = {name: self._encoding(one) for name, one in self._mapping(copy["encoding"]).items()}
        return self._with_examples(copy)

    def _converted(self, raw: Any) -> Any:
        if not isinstance(raw, Mapping | str | bool):  # A page has a string where it cuts off a recursion.
            raise self._wrong("a schema", raw)
        return self._schema(raw)

    def _encoding(self, raw: Any) -> dict[str, Any]:
        copy = dict(self._mapping(raw))
        if "headers" in copy:
            copy["headers"] = self._headers(copy["headers"])
        return copy

    def _with_examples(self, copy: dict[str, Any]) -> dict[str, Any]:
        if "examples" in copy:
            copy["examples"] = {
                name: self._plain(self._resolve(example)) for name, example in self._mapping(copy["examples"]).items()
            }
        return copy

    def _response(self, raw: Any) -> dict[str, Any]:
        raw = self._mapping(self._resolve(raw))
        copy = {"description": "" if self._dropped else raw.get("description", ""), **self._with_content(raw)}
        if "headers" in copy:
            copy["headers"] = self._headers(copy["headers"])
        if "links" in copy:
            copy["links"] = {
                name: self._plain(self._resolve(link)) for name, link in self._mapping(copy["links"]).items()
            }
        return copy

    def _headers(self, raw: Any) -> dict[str, Any]:
        return {name: self._with_content(self._resolve(header)) for name, header in self._mapping(raw).items()}

    def _callback(self, raw: Any) -> dict[str, Any]:
        return {
            expression: {
                key: self.operation(value) if key in METHODS else value for key, value in self._plain(item).items()
            }
            for expression, item in self._mapping(self._resolve(raw)).items()
        }


class Document:
    """An OpenAPI document to which operations are added."""

    def __init__(self, version: str = OPENAPI_30) -> None:
        """`version`: the OpenAPI version of what is added."""
        self._version = version
        self._info: dict[str, Any] = {}
        self._servers: list[Any] | None = None
        self._schemes: dict[str, Any] = {}
        self._paths: dict[str, dict[str, Any]] = {}
        self._origins: dict[str, str] = {}
        self._replaceable: set[tuple[str, str]] = set()

    def describe(self, info: dict[str, Any], servers: list[Any] | None, schemes: dict[str, Any], source: str) -> None:
        """Set information about the whole API. Raises CaptureError where two sources contradict each other."""
        if servers is not None and not isinstance(servers, list):
            raise CaptureError(f"{source}: expected a list of servers, got {json.dumps(servers)[:80]}.", do=CHECK)
        if self._servers is None:
            self._servers = servers
        self._agree("info", self._info or info, info, source)
        self._info = info
        for name, scheme in schemes.items():
            self._agree(f"components/securitySchemes/{name}", self._schemes.get(name, scheme), scheme, source)
            self._schemes[name] = scheme

    def add(self, path: str, method: str, operation: dict[str, Any], servers: list[Any] | None, source: str) -> None:
        """Add an operation, with its servers where they differ from the document's."""
        if servers and servers != self._servers:
            operation = {**operation, "servers": servers}
        item, location = self._paths.setdefault(path, {}), pointers.join("paths", path, method)
        if (path, method) in self._replaceable:
            self._replaceable.discard((path, method))
            self._origins[location] = source
        else:
            self._agree(location, item.get(method, operation), operation, source)
        item[method] = operation

    def keep(self, path: str, method: str, operation: dict[str, Any], servers: list[Any] | None, source: str) -> None:
        """Add an operation that was captured before; what is captured anew replaces it."""
        self.add(path, method, operation, servers, source)
        self._replaceable.add((path, method))

    def finish(self, settle: Convert, schemas: dict[str, Any]) -> dict[str, Any]:
        """The document, with paths, methods and components in a fixed order."""
        paths = {
            path: {method: settle(item[method]) for method in METHODS if method in item}
            for path, item in sorted(self._paths.items())
        }
        components = {"schemas": schemas, "securitySchemes": dict(sorted(self._schemes.items()))}
        components = {key: value for key, value in components.items() if value}
        return {
            "openapi": self._version,
            "info": _ordered(self._info, ("title", "version")),
            **({"servers": self._servers} if self._servers else {}),
            "paths": paths,
            **({"components": components} if components else {}),
        }

    def _agree(self, location: str, known: Any, value: Any, source: str) -> None:
        first = self._origins.setdefault(location, source)
        if known != value:
            pointer, one, other = next(differences(known, value))
            raise CaptureError(
                f"{first} and {source} differ in {location} at {pointer or 'its root'}: {one} and {other}.",
                do="Capture pages of one release of one API only.",
            )


def warnings(document: Mapping[str, Any], source: str) -> list[str]:
    """What is not valid OpenAPI in the captured document: a fault of its source, kept as it is there."""
    found = flaws(json.loads(json.dumps(document)))
    return [f"{source}: not valid OpenAPI {flaw}; captured as it is." for flaw in dict.fromkeys(found)]


def _ordered(raw: Mapping[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    return {**{key: raw[key] for key in first if key in raw}, **raw}
