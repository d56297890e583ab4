"""The OpenAPI version of pages. A page does not name it; the keywords of its schemas show it."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi import upgrade

OPENAPI_30 = "3.0.3"
OPENAPI_31 = "3.1.0"

# Keywords of JSON Schema 2020-12 that a Schema Object of OpenAPI 3.0 does not have.
_KEYWORDS_31 = frozenset(
    {
        *("$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$schema"),
        *("const", "contains", "minContains", "maxContains", "prefixItems", "examples", "if", "then", "else"),
        *("dependentRequired", "dependentSchemas", "patternProperties", "propertyNames"),
        *("unevaluatedItems", "unevaluatedProperties", "contentEncoding", "contentMediaType", "contentSchema"),
    }
)
_BOUNDS = ("exclusiveMinimum", "exclusiveMaximum")


class Evidence:
    """What the pages read so far show about their version."""

    def __init__(self) -> None:
        self._is_30 = False
        self._is_31 = False
        self._version = OPENAPI_31

    def add_page(self, api: Mapping[str, Any]) -> None:
        """Look at what a page says about the whole API."""
        info = _mapping(api.get("info"))
        schemes = _mapping(api.get("securitySchemes")).values()
        if (
            "summary" in info
            or "identifier" in _mapping(info.get("license"))
            or any(_mapping(scheme).get("type") == "mutualTLS" for scheme in schemes)
        ):
            self._is_31 = True

    def add_document(self, document: Mapping[str, Any]) -> None:
        """Look at a captured document."""
        version = str(document.get("openapi"))
        if version.startswith("3.0"):
            self._is_30 = True
        else:
            self._is_31 = True
            self._version = max(self._version, version)

    def add_schema(self, schema: Mapping[str, Any]) -> None:
        """Look at one schema, without its subschemas."""
        bounds = [schema[key] for key in _BOUNDS if key in schema]
        if schema.get("nullable") is True or any(isinstance(bound, bool) for bound in bounds):
            self._is_30 = True
        if (
            isinstance(schema.get("type"), list)
            or schema.get("type") == "null"
            or any(not isinstance(bound, bool) for bound in bounds)
            or any(isinstance(schema.get(key), bool) for key in ("items", "not"))
            or not _KEYWORDS_31.isdisjoint(schema)
        ):
            self._is_31 = True

    def versioned(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document captured from the pages, with its version.

        Schemas that mix keywords of both versions (`nullable` beside `const`) are upgraded, so that all of them count.
        """
        if not self._is_31:
            return {**document, "openapi": OPENAPI_30}
        return {**(upgrade.upgrade(document) if self._is_30 else document), "openapi": self._version}


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}
