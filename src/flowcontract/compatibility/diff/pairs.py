"""The two contracts that are compared, and the changes that are found between them."""

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
    meant = _meant(found)
    if _is_file(meant.schema, bare=_is_of_bytes(media.name)):
        return replace(meant, schema=_BYTES if _is_of_bytes(media.name) else {})
    return _form(found.follow(), bare=media_types.essence(media.name).startswith("multipart/"))


_LEVELS = 6
"""Levels of references and compositions of a form that are looked into."""
_BYTES = {"type": "string", "contentEncoding": "binary"}
"""A file: its bytes as they are."""


def _meant(found: Node) -> Node:
    """Where a reference, or a composition of one part, leads."""
    for _ in range(_LEVELS):
        found = found.follow()
        parts = found.schema.get("allOf") if isinstance(found.schema, Mapping) else None
        if not isinstance(parts, list) or len(parts) != 1 or found.schema.keys() - _ABOUT - {"allOf"}:
            break
        found = replace(found, pointer=f"{found.pointer}/allOf/0", schema=parts[0])
    return found


def _form(form: Node, *, bare: bool, levels: int = _LEVELS) -> Node:
    """The schema of a form with each part that is a file as one of bytes; unchanged where none is."""
    schema, changed = form.schema, dict[str, Any]()
    if not isinstance(schema, Mapping) or not levels:
        return form
    fields = schema.get("properties")
    if isinstance(fields, Mapping):
        changed["properties"] = {key: _part(replace(form, schema=fields[key]), bare) for key in fields}
    for key in ("allOf", "oneOf", "anyOf"):
        if isinstance(options := schema.get(key), list):
            parts = [replace(form, pointer=f"{form.pointer}/{key}/{i}", schema=one) for i, one in enumerate(options)]
            changed[key] = [_option(part, bare=bare, levels=levels - 1) for part in parts]
    return replace(form, schema={**schema, **changed}) if any(schema[key] != changed[key] for key in changed) else form


def _option(option: Node, *, bare: bool, levels: int) -> Any:
    """A part of a form's composition; as it was written where it is left as it is."""
    followed = option.follow()
    made = _form(followed, bare=bare, levels=levels)
    return option.schema if made is followed else made.schema


def _part(part: Node, bare: bool) -> Any:
    """A part of a form, or each of several of one name."""
    schema = _meant(part).schema
    if isinstance(schema, Mapping) and schema.get("type") == "array" and "items" in schema:
        items = _part(replace(part, schema=schema["items"]), bare)
        return {**schema, "items": items} if items is _BYTES else part.schema
    return _BYTES if _is_file(schema, bare=bare) else part.schema


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
