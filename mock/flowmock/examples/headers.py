"""Documented headers of a response: their examples, else values that suit their names, else generated ones."""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import parameters, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, Header, Operation
from flowcontract.text import plain_name
from flowmock.generation import content as contents
from flowmock.lists import paging
from flowmock.messages import Call, Headers
from flowmock.negotiation.conditions import condition_of
from flowmock.seeds import Seed

_NOT_OURS = frozenset([
    "connection", "content-encoding", "content-length", "content-type", "date", "keep-alive", "server", "trailer",
    "transfer-encoding", "upgrade",
])  # fmt: skip
"""Headers of the transport, of which the server sends its own."""
_NEEDS_EXAMPLE = frozenset({"allow", "www-authenticate"})
"""Headers that the mock adds with values of its own, unless the contract has an example."""
_VERSIONS = ("version", "revision")
"""Members with the number of an item's version, which each change increments."""
_IS_OF_VERSION = re.compile(r"\b(version|revision)\b.*\bquote", re.IGNORECASE | re.DOTALL)
_QUOTED_NUMBER = re.compile(r'((?:W/)?"[A-Za-z-]{0,10})\d+"')
"""An ETag that is a version: `"7"`, `"v7"`."""
_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Context:
    """What a header may speak of."""

    status: int
    value: Any = None
    """The body before it is encoded; None where there is none."""
    body: bytes = b""
    call: Call | None = None

    @property
    def operation(self) -> Operation | None:
        """The operation that was called."""
        return self.call.operation if self.call else None


class HeaderValues:
    """Makes the documented headers of one contract's responses."""

    def __init__(self, contract: Contract, *, seed: Seed) -> None:
        """`seed`: what generated values depend on."""
        self._contract = contract
        self._seed = seed
        self._constant: dict[str, str | None] = {}
        self._sent_back: dict[str, str] = {}
        """What the contract says of `If-Match`, by the path."""

    def of(self, documented: DocumentedResponse, context: Context, given: frozenset[str]) -> Headers:
        """Every documented header that is not `given` (names in lower case), optional ones included."""
        found = []
        for name, header in documented.headers.items():
            if name in given or name in _NOT_OURS or name.startswith("access-control-"):
                continue
            text = self._text(name, header, context)
            if text is not None:
                found.append((header.name, "".join(each if each.isprintable() else " " for each in text)))
        return tuple(found)

    def _text(self, name: str, header: Header, context: Context) -> str | None:
        has_example = header.examples or self._schema(header).get("examples")
        is_version = name == "etag" and self.quoted_version(header, context) is not None
        if name in _BY_RESPONSE and (is_version or not has_example):
            value = next((each for each in _BY_RESPONSE[name](self, header, context) if admits(header, each)), None)
            if value is not None:
                return parameters.simple(value, explode=header.explode)
        if header.pointer not in self._constant:
            self._constant[header.pointer] = self._lasting(name, header)
        return self._constant[header.pointer]

    def quoted_version(self, header: Header, context: Context) -> str | None:
        """The version of an item in quotes, where a description or an example of an ETag says that it is that.

        The description of `If-Match`, by which it is sent back, can say it as well.
        """
        version = version_of(context.value)
        if version is None:
            return None
        texts = [str(each.value) for each in header.examples.values()]
        texts += map(str, self._schema(header).get("examples") or ())
        shown = next(filter(None, map(_QUOTED_NUMBER.fullmatch, texts)), None)
        described = str(self._contract.read(header.pointer).get("description") or "") or self._of_if_match(context)
        in_text = _QUOTED_NUMBER.search(described)
        is_said = _IS_OF_VERSION.search(described) or (in_text and "version" in described.lower())
        if shown is None and not is_said:
            return None
        shown = shown or in_text
        return f'{shown[1]}{version}"' if shown else f'"{version}"'

    def _of_if_match(self, context: Context) -> str:
        """The description of `If-Match` of an operation with the path of the one that was called; empty for none."""
        path = context.operation.path if context.operation else ""
        if path not in self._sent_back:
            found = map(condition_of, (each for each in self._contract.operations.values() if each.path == path))
            self._sent_back[path] = next((each.description for each in found if each), "")
        return self._sent_back[path]

    def _lasting(self, name: str, header: Header) -> str | None:
        """The value that a header has in every response; None for none."""
        for example in header.examples.values():
            return _written(header, example.value)
        if header.content and header.content.examples:
            return _written(header, next(iter(header.content.examples.values())).value)
        if name in _NEEDS_EXAMPLE:
            return None
        from flowmock.generation import bodies  # Most headers need no generator, which takes a while to import.

        schema = self._schema(header)
        for value in [*(schema.get("examples") or ()), *([schema["default"]] if "default" in schema else [])]:
            return _written(header, value)
        for value in _by_name(name, self._seed):
            if admits(header, value):
                return _written(header, value)
        if header.content:
            return _written(header, bodies.body(header.content, seed=self._seed, key=header.pointer))
        if not header.schema and not header.required:
            return None
        try:
            return bodies.header(header, seed=self._seed, key=header.pointer)
        except ContractError:
            return None

    @staticmethod
    def _schema(header: Header) -> Mapping[str, Any]:
        return header.schemas.resolve(header.schema) if header.schema else {}

    def location(self, _header: Header, context: Context) -> Iterator[Any]:
        """Where a created object is: at the path below its collection that has its ID."""
        if context.call is None or context.operation is None or not 200 <= context.status < 300:
            return
        collection = context.call.path.rstrip("/")
        for child, name in self._children(context.operation):
            resource_id = _id(child, name, context.value) or self._made_up_id(child, name)
            slash = "/" if child.path.endswith("/") else ""
            yield from places(f"{collection}/{resource_id}{slash}", context.call)
            return
        own_id = context.value.get("id") if isinstance(context.value, Mapping) else None
        if context.operation.method == "POST" and isinstance(own_id, str | int):
            yield from places(f"{collection}/{own_id}", context.call)
        elif context.operation.method != "POST":
            yield from places(context.call.path, context.call)

    def _children(self, operation: Operation) -> Iterator[tuple[Operation, str]]:
        """The operations on one object of a collection, reads first, and the path parameter that has its ID."""
        collection = operation.path.rstrip("/") + "/{"
        found = [
            each
            for each in self._contract.operations.values()
            if each.path.startswith(collection)
            and each.path.rstrip("/").endswith("}")
            and each.path.count("{") == operation.path.count("{") + 1
        ]
        for each in sorted(found, key=lambda each: each.method != "GET"):
            yield each, each.path.rstrip("/").rpartition("{")[2].removesuffix("}")

    def _made_up_id(self, operation: Operation, name: str) -> str:
        for parameter in operation.path_parameters():
            if parameter.name == name:
                for example in parameter.examples.values():
                    return parameters.text(example.value)
                from flowmock.generation import bodies

                pointer = f"{parameter.pointer}/schema"
                return parameters.text(bodies.part(self._contract.schemas, pointer, seed=self._seed, key="created"))
        return "1"


def _written(header: Header, value: Any) -> str:
    if header.content and header.content.is_json:
        return contents.encode(header.content, value, seed=0).decode()
    return parameters.simple(value, explode=header.explode)


def header_text(header: Header, value: Any) -> str | None:
    """A value as it stands in a header whose schema allows it, or its text; None for any other."""
    text = parameters.simple(value, explode=header.explode)
    return text if any(admits(header, each) for each in (value, text)) else None


def admits(header: Header, value: Any) -> bool:
    """Whether a header may have a value."""
    if header.content:
        return False
    return header.schema is None or header.schemas.is_valid(header.schema_pointer, value)


def _id(child: Operation, name: str, value: Any) -> str | None:
    for pointer in (child.id_pointer(name), "/id"):
        try:
            found = pointers.get(value, pointers.split(pointer))
        except LookupError:
            continue
        if isinstance(found, str | int) and not isinstance(found, bool):
            return parameters.text(found)
    return None


def places(path: str, call: Call) -> Iterator[str]:
    """A path as a reference, and as a whole URL where the schema wants one."""
    host = call.header("host")
    yield path
    if host:
        yield f"http://{host}{path}"


def version_of(item: Any) -> int | None:
    """The version of an item; None where it has none."""
    known = item if isinstance(item, Mapping) else {}
    return next((known[name] for name in _VERSIONS if type(known.get(name)) is int), None)


def _etag(values: HeaderValues, header: Header, context: Context) -> Iterator[Any]:
    if version := values.quoted_version(header, context):
        yield version
    yield f'"{hashlib.sha256(context.body).hexdigest()[:16]}"'


def _link(_: HeaderValues, __: Header, context: Context) -> Iterator[Any]:
    if context.call is not None:
        yield f'<{context.call.path}>; rel="self"'


def _count(_: HeaderValues, __: Header, context: Context) -> Iterator[Any]:
    """What a body says that its list has in all, else the items of its one list."""
    value = context.value
    counts: list[int] = []
    if isinstance(value, Mapping):
        counts = [item for name, item in value.items() if type(item) is int and plain_name(name) in paging.TOTALS]
        lists = [item for item in value.values() if isinstance(item, list)]
        value = lists[0] if len(lists) == 1 else None
    for count in counts or ([len(value)] if isinstance(value, list) else []):
        yield count
        yield str(count)


_BY_RESPONSE: Mapping[str, Callable[[HeaderValues, Header, Context], Iterator[Any]]] = {
    "location": HeaderValues.location,
    "content-location": HeaderValues.location,
    "etag": _etag,
    "link": _link,
    "x-total-count": _count,
    "x-total": _count,
    "x-count": _count,
}
"""Headers whose value depends on the response."""
DOWNLOAD = 'attachment; filename="download"'
"""What says that a response is a file, where nothing says which."""
_BY_NAME: Mapping[str, tuple[Any, ...]] = {
    "accept-ranges": ("bytes",),
    "age": (0,),
    "cache-control": ("no-cache",),
    "content-disposition": (DOWNLOAD,),
    "content-language": ("en",),
    "expires": (_DATE,),
    "last-modified": (_DATE,),
    "location": ("https://api.example.com/elsewhere", "/elsewhere"),
    "retry-after": (30,),
    "set-cookie": ("session=0123456789abcdef; Path=/; HttpOnly",),
    "sunset": (_DATE,),
    "vary": ("Accept",),
    "www-authenticate": (),
}


def _by_name(name: str, seed: Seed) -> Iterator[Any]:
    """Values that headers of this name have, as numbers and as texts."""
    plain = name.replace("-", "").removeprefix("x")
    values = list(_BY_NAME.get(name, ()))
    if "ratelimit" in plain:
        values.append(99 if plain.endswith("remaining") else 60 if plain.endswith("reset") else 100)
    elif plain in ("requestid", "correlationid", "traceid"):
        values.append(str(uuid.UUID(bytes=hashlib.sha256(f"{seed.number} {name}".encode()).digest()[:16], version=4)))
    elif plain in ("page", "currentpage", "totalpages", "pagecount"):
        values.append(1)
    elif plain in ("perpage", "pagesize", "limit"):
        values.append(20)
    for value in values:
        yield value
        if isinstance(value, int):
            yield str(value)
