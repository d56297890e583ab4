"""The contract: what an OpenAPI document says, read once, immutable, the same for mock, gate and fuzz.

Everything downstream takes a Contract; nobody reads YAML again.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from flowcontract.errors import ContractError
from flowcontract.openapi import cache, dialects, documents, pointers
from flowcontract.openapi.model import (
    DocumentedResponse,
    Example,
    Header,
    Invariant,
    Location,
    MediaType,
    Operation,
    Parameter,
    SecurityScheme,
)
from flowcontract.openapi.schemas import Schemas, unreadable
from flowcontract.openapi.validation import reading

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EXTENSION = "x-flowcontract"
"""Prefix of every extension of ours: `x-flowcontract-invariants`, `-volatile`, `-provenance`, …"""


class Contract:
    """An OpenAPI document as values: operations, responses, examples, invariants, security."""

    def __init__(
        self, document: Mapping[str, Any], *, source: Path | None = None, label: str = "", content: bytes = b""
    ) -> None:
        """Read a parsed document; 3.1 is read as 3.0 (see `flowcontract.dialects`).

        `label` is what messages call it where it comes from no file; `content` tells that the document is what
        `load` reads in these bytes, and needs no more reading.

        Raises ContractError where it is neither, or refers to what lies outside it.
        """
        self.source = source
        self._label = label or "the contract"
        self._content = blake2b(content).digest() if content else None
        self.document = document if content else dialects.read(document, self.name)
        self.schemas = Schemas(self.document, self.name)
        with reading((self.name, self.document)):
            info = document.get("info") or {}
            self.title: str = str(info.get("title", ""))
            self.version: str = str(info.get("version", ""))
            self.base_path: str = _base_path(self.document)
        """The path of the first server, without a slash at its end: `/api/v3`, or empty."""

    @classmethod
    def load(cls, path: Path | None = None) -> "Contract":
        """Read the contract at `path`, or the one the project carries. Raises ContractError."""
        path = path or carried("openapi.yaml")
        content = documents.content(path)
        document = cache.kept("contract", content, lambda: _read(content, path))
        return cls(document, source=path, content=content)

    @property
    def name(self) -> str:
        """What messages call this contract: its file, short where it lies below the current folder."""
        return self._label if self.source is None else _short(self.source)

    @cached_property
    def security_schemes(self) -> Mapping[str, SecurityScheme]:
        """The declared schemes by name."""
        declared = (self.document.get("components") or {}).get("securitySchemes") or {}
        return MappingProxyType({name: _scheme(name, self._resolve(raw)) for name, raw in declared.items()})

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its id, in the order of the document.

        An operation without an id is called by method and path; a second one of the same id gets a number
        (`list`, `list_2`), because an operation that is not served would be the worse surprise.
        """
        with reading((self.name, self.document)):
            return MappingProxyType(self._operations())

    def _operations(self) -> dict[str, Operation]:
        found: dict[str, Operation] = {}
        for path, item in self.document["paths"].items():
            if path.startswith("x-"):
                continue
            at, item = self._follow(pointers.join("paths", path), item)
            for method in METHODS:
                if isinstance(item.get(method), Mapping):
                    operation = self._operation(path, method, item, at)
                    if operation.id in found:
                        operation = replace(operation, id=_free(operation.id, found))
                    found[operation.id] = operation
        return found

    def check(self) -> None:
        """Compile every schema that an operation uses. Raises ContractError that names one that cannot be used.

        What was found good once is not asked again: its schemas are then compiled when they are first used.
        """
        if self._content is None:
            self._compile()
        else:
            cache.kept("checked", self._content, self._compile)

    def _compile(self) -> bool:
        for operation in self.operations.values():
            for parameter in operation.parameters:
                next(parameter.errors(None), None)
            for media in operation.request_media.values():
                next(media.request_errors(None), None)
            for answer in operation.responses.values():
                for media in answer.media.values():
                    media.is_valid(None)
        return True

    @cached_property
    def unread(self) -> tuple[str, ...]:
        """Where patterns stand that cannot be read here, and so are not looked at."""

        def found() -> list[str]:
            return list(unreadable(self.document))

        return tuple(found() if self._content is None else cache.kept("unread", self._content, found))

    def operation(self, operation_id: str) -> Operation:
        """One operation by its id; raises ContractError that names the nearest ones where there is none."""
        if operation_id in self.operations:
            return self.operations[operation_id]
        import difflib

        near = difflib.get_close_matches(operation_id, self.operations, n=3) or list(self.operations)[:3]
        raise ContractError(
            f"{self.name} has no operation {operation_id!r}.", do=f"It has, for instance: {', '.join(near)}."
        )

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return documents.lines(self.source.read_text(encoding="utf-8")) if self.source else {}

    def location(self, pointer: str) -> Location:
        """Where a pointer stands: file and line, of the nearest element above where it has no line itself."""
        if self.source is None:
            return Location(pointer)
        nearest = pointer
        while nearest not in self._lines:
            nearest = nearest.rpartition("/")[0]
        return Location(pointer, self.name, self._lines[nearest])

    def resolve(self, node: Any) -> Any:
        """Follow a reference within the document to what it stands for; anything else is itself."""
        return self._resolve(node)

    def _resolve(self, node: Any) -> Any:
        return self._follow("", node)[1]

    def _follow(self, pointer: str, node: Any) -> tuple[str, Any]:
        """Follow references; give the pointer and the object they end at (nothing at all is an empty one)."""
        for _ in range(50):
            if node is None:
                return pointer, {}
            if not isinstance(node, Mapping):
                raise ContractError(
                    f"{self.name} has {type(node).__name__} {node!r:.40} at {pointer}, where an object was expected.",
                    do="Mend the document.",
                )
            if not isinstance(node.get("$ref"), str):
                return pointer, node
            reference = node["$ref"]
            pointer = unquote(reference[1:])
            try:
                node = pointers.get(self.document, pointers.split(pointer))
            except LookupError as error:
                raise ContractError(
                    f"{self.name} refers to {reference!r}, which is not there.", do="Mend the reference."
                ) from error
        raise ContractError(f"{self.name} has references that go in a circle at {pointer}.", do="Break the circle.")

    def _operation(self, path: str, method: str, item: Mapping[str, Any], at: str) -> Operation:
        raw = item[method]
        pointer = at + pointers.join(method)
        body_pointer, body = self._follow(f"{pointer}/requestBody", raw.get("requestBody") or {})
        answers = {
            status: self._answer(status, f"{pointer}/responses/{status}", answer)
            for status, answer in (raw.get("responses") or {}).items()
            if not status.startswith("x-")
        }
        security = raw.get("security")
        if security is None:
            security = self.document.get("security") or []
        return Operation(
            id=raw.get("operationId") or f"{method}_{path}",
            method=method.upper(),
            path=path,
            pointer=pointer,
            parameters=self._parameters(item, method, at),
            request_media=self._media(body_pointer, body),
            request_required=bool(body.get("required", False)),
            responses=MappingProxyType(answers),
            security=tuple(self._alternative(alternative, pointer) for alternative in security),
            invariants=_invariants(raw, pointer),
            volatile=_volatile(raw, pointer),
            tags=tuple(raw.get("tags") or ()),
            extensions=MappingProxyType({key: value for key, value in raw.items() if key.startswith("x-")}),
            base_path=next((_base_path(owner) for owner in (raw, item) if owner.get("servers")), self.base_path),
        )

    def _alternative(self, alternative: Mapping[str, Any], pointer: str) -> tuple[SecurityScheme, ...]:
        for name in alternative:
            if name not in self.security_schemes:
                raise ContractError(
                    f"{self.name} asks at {pointer} for the security scheme {name!r}, which is not declared.",
                    do="Declare it under components/securitySchemes.",
                )
        return tuple(self.security_schemes[name] for name in alternative)

    def _parameters(self, item: Mapping[str, Any], method: str, at: str) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for place, owner in ((at, item), (at + pointers.join(method), item[method])):
            for index, raw in enumerate(owner.get("parameters") or ()):
                parameter = self._parameter(*self._follow(f"{place}/parameters/{index}", raw))
                found[parameter.location, parameter.name] = parameter
        return tuple(found.values())

    def _parameter(self, pointer: str, raw: Mapping[str, Any]) -> Parameter:
        location = str(raw.get("in", ""))
        style = raw.get("style") or ("form" if location in ("query", "cookie") else "simple")
        return Parameter(
            name=str(raw.get("name", "")),
            location=location,
            required=bool(raw.get("required", False)),
            schema=raw.get("schema") or {},
            pointer=pointer,
            examples=self._examples(pointer, raw),
            style=style,
            explode=bool(raw.get("explode", style == "form")),
            _schemas=self.schemas,
            content=self._only_media(pointer, raw),
            allows_empty=location == "query" and raw.get("allowEmptyValue") is True,
        )

    def _answer(self, status: str, pointer: str, raw: Mapping[str, Any]) -> DocumentedResponse:
        pointer, raw = self._follow(pointer, raw)
        headers = {}
        for name, header in (raw.get("headers") or {}).items():
            at, header = self._follow(pointer + pointers.join("headers", name), header)
            headers[name.lower()] = Header(
                name,
                bool(header.get("required", False)),
                header.get("schema"),
                at,
                self.schemas,
                examples=self._examples(at, header),
                explode=bool(header.get("explode", False)),
                content=self._only_media(at, header),
            )
        return DocumentedResponse(
            status,
            pointer,
            str(raw.get("description", "")),
            self._media(pointer, raw),
            MappingProxyType(headers),
        )

    def _media(self, pointer: str, raw: Mapping[str, Any]) -> Mapping[str, MediaType]:
        found = {}
        for name, media in (raw.get("content") or {}).items():
            at, media = self._follow(pointer + pointers.join("content", name), media)
            examples = self._examples(at, media)
            encoding = media.get("encoding") or {}
            found[name] = MediaType(name, at, media.get("schema"), examples, self.schemas, encoding)
        return MappingProxyType(found)

    def _only_media(self, pointer: str, raw: Mapping[str, Any]) -> MediaType | None:
        """The one media type of a parameter or header that has `content` instead of `schema`."""
        return next(iter(self._media(pointer, raw).values()), None)

    def _examples(self, pointer: str, raw: Mapping[str, Any]) -> Mapping[str, Example]:
        found: dict[str, Example] = {}
        for name, example in (raw.get("examples") or {}).items():
            at, example = self._follow(pointer + pointers.join("examples", name), example)
            if isinstance(example, Mapping) and "value" in example:
                found[name] = Example(name, example["value"], str(example.get("summary", "")), at + "/value")
        if not found and "example" in raw:
            found["example"] = Example("example", raw["example"], "", pointer + "/example")
        return MappingProxyType(found)


def carried(name: str) -> Path:
    """The path of a file of `spec/` that the project carries: packed in the wheel, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "spec"
    root = packed if packed.is_dir() else package.parents[1] / "spec"
    return root / name


def _read(content: bytes, path: Path) -> Mapping[str, Any]:
    document = documents.parse(content, str(path))
    if not isinstance(document, Mapping):
        raise ContractError(f"{path} is no OpenAPI document: it holds no mapping.", do="Name another file.")
    return dialects.read(document, _short(path))


def _short(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The first of `name_2`, `name_3`, … that is not taken."""
    return next(f"{name}_{number}" for number in itertools.count(2) if f"{name}_{number}" not in taken)


def _base_path(document: Mapping[str, Any]) -> str:
    first: Mapping[str, Any] = next(iter(document.get("servers") or ()), {})
    url = str(first.get("url", "/"))
    for name, variable in (first.get("variables") or {}).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    try:
        path = urlsplit(url).path
    except ValueError:  # A variable without a default leaves what is no host.
        path = re.sub(r"^([a-z]+:)?//[^/]*", "", url)
    path = path.rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"


def _scheme(name: str, raw: Mapping[str, Any]) -> SecurityScheme:
    """A scheme; `x-flowcontract-scheme` says which HTTP scheme an API key in `Authorization` is really sent with."""
    kind = str(raw.get("type", ""))
    sent_as = raw.get(f"{EXTENSION}-scheme")
    return SecurityScheme(
        name=name,
        kind="http" if sent_as else kind,
        scheme=str(sent_as or raw.get("scheme", "")).lower(),
        published=kind if sent_as else "",
        location=str(raw.get("in", "")),
        parameter=str(raw.get("name", "")),
    )


def _invariants(raw: Mapping[str, Any], pointer: str) -> tuple[Invariant, ...]:
    key = f"{EXTENSION}-invariants"
    items = raw.get(key) or []
    if not isinstance(items, list) or not all(
        isinstance(item, Mapping) and {"name", "left", "right"} <= item.keys() for item in items
    ):
        raise ContractError(
            f"{pointer}/{key}: a list of mappings with `name`, `left` and `right` was expected.",
            do="Mend the contract.",
        )
    return tuple(
        Invariant(
            name=str(item["name"]),
            status=str(item.get("status", "200")),
            left=str(item["left"]),
            right=str(item["right"]),
            pointer=pointer + pointers.join(key, index),
        )
        for index, item in enumerate(items)
    )


def _volatile(raw: Mapping[str, Any], pointer: str) -> tuple[str, ...]:
    key = f"{EXTENSION}-volatile"
    places = raw.get(key) or []
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise ContractError(f"{pointer}/{key}: a list of JSON Pointers was expected.", do="Mend the contract.")
    return tuple(places)
