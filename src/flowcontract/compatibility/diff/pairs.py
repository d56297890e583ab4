"""The two contracts that are compared, and the changes that are found between them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from flowcontract.compatibility.diff import xml
from flowcontract.compatibility.diff.schemas import Comparison
from flowcontract.compatibility.diff.shapes import Node
from flowcontract.compatibility.diff.steps import SchemaDifference
from flowcontract.openapi import media_types
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Header, MediaType, Operation, Parameter


@dataclass(frozen=True, slots=True)
class Difference:
    """One change between the contracts of a client and a server, before it has a severity."""

    rule: str
    operation: str
    """`GET /flows/{slug}/`; empty for what concerns the whole contract."""
    where: str
    """`response 200 application/json`, `path parameter slug`; empty for the operation itself."""
    at: str
    """JSON Pointer into the payload, with `*` for every entry."""
    text: str
    client: str
    """Pointer into the client's contract."""
    server: str
    is_error: bool = False
    """Whether it is in an error response."""
    field: str = ""
    """The part of `at` below the schemas of the pointers."""
    loses_list: bool = False
    """Whether the client requires a list of objects there."""


@dataclass(frozen=True)
class Pair:
    """The contract of a client and the contract of a server."""

    client: Contract
    server: Contract
    upgraded: bool
    """Whether the server's contract is the later one."""

    @cached_property
    def schemas(self) -> Comparison:
        """Compares the schemas of both."""
        return Comparison(upgraded=self.upgraded)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of an operation that is being compared."""

    pair: Pair
    operation: Operation
    """The client's."""
    where: str
    client: str
    """Pointer of the part in the client's contract."""
    server: str
    is_error: bool = False

    def found(self, rule: str, text: str) -> Difference:
        """A change of the part itself."""
        operation = name(self.operation)
        return Difference(rule, operation, self.where, "", text, self.client, self.server, self.is_error)

    def payloads(
        self, way: Literal["request", "response"], client: MediaType, server: MediaType
    ) -> Iterator[Difference]:
        """Changes of the schemas of a media type, and of how their values are written as XML."""
        nodes = node(self.pair.client, client), node(self.pair.server, server)
        compare = self.pair.schemas.request if way == "request" else self.pair.schemas.response
        yield from self.schemas(compare(*nodes))
        if media_types.is_xml(client.name) or media_types.is_xml(server.name):
            sides = (self.pair.client, client), (self.pair.server, server)
            yield from self.schemas(xml.changes(way, *(_declared(*side) for side in sides)))

    def schemas(self, differences: Iterator[SchemaDifference]) -> Iterator[Difference]:
        """Changes of a schema of this part."""
        operation = name(self.operation)
        for one in differences:
            yield Difference(
                one.rule,
                operation,
                self.where,
                one.at,
                one.text,
                one.client,
                one.server,
                self.is_error,
                one.field,
                one.loses_list,
            )


def name(operation: Operation) -> str:
    """Method and path, as findings name an operation."""
    return f"{operation.method} {operation.path}"


def template(path: str) -> str:
    """A path without the names of parameters, which requests do not contain."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def raw(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    """An operation as it was written, without what cannot be read."""
    return contract.read(operation.pointer)


def node(contract: Contract, owner: Parameter | MediaType | Header) -> Node:
    """The schema of a parameter, a body or a header; that of its only media type where it has `content` instead.

    A body or a part of a form that is a file is one of bytes, whichever way it is written: 3.0 writes `format: binary`,
    3.1 nothing or a media type (OpenAPI 3.1.1, section 4.8.14.3).
    """
    media = owner if isinstance(owner, MediaType) else owner.content
    found = _declared(contract, media or owner)
    if media is None or media.is_json:
        return found
    found = found.follow()
    if _is_file(found.schema, bare=_is_of_bytes(media.name)):
        return replace(found, schema=_BYTES if _is_of_bytes(media.name) else {})
    fields = found.schema.get("properties") if isinstance(found.schema, Mapping) else None
    if isinstance(fields, Mapping):
        bare = media_types.essence(media.name).startswith("multipart/")
        return replace(found, schema={**found.schema, "properties": {key: _part(fields[key], bare) for key in fields}})
    return found


_BYTES = {"type": "string", "contentEncoding": "binary"}
"""A file: its bytes as they are."""


def _part(schema: Any, bare: bool) -> Any:
    """A part of a form, or each of several of one name."""
    if isinstance(schema, Mapping) and schema.get("type") == "array" and "items" in schema:
        return {**schema, "items": _part(schema["items"], bare)}
    return _BYTES if _is_file(schema, bare=bare) else schema


def _declared(contract: Contract, owner: Parameter | MediaType | Header) -> Node:
    return Node(contract, owner.schema_pointer, owner.schema or {})


def _is_of_bytes(media_type: str) -> bool:
    main, _, sub = media_types.essence(media_type).partition("/")
    return main in ("image", "audio", "video", "font") or sub in ("octet-stream", "pdf", "zip", "gzip")


_ABOUT = frozenset({"title", "description", "example", "examples", "deprecated", "externalDocs"})


def _is_file(schema: Any, *, bare: bool) -> bool:
    """Whether a schema is that of a file; `bare`: also one that says nothing of the value."""
    if not isinstance(schema, Mapping) or schema.get("type", "string") != "string":
        return False
    if schema.get("contentEncoding", "binary") != "binary":
        return False
    is_named = schema.get("format") == "binary" or "contentMediaType" in schema or "contentEncoding" in schema
    return is_named or (bare and not schema.keys() - _ABOUT)
