"""Read the operations of a normalized document into values."""

import contextlib
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from flowcontract.errors import ContractError
from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.model import (
    EXTENSION,
    DocumentedResponse,
    Example,
    Header,
    Invariant,
    MediaType,
    Operation,
    Parameter,
    SecurityScheme,
)
from flowcontract.openapi.normalization import Normalized
from flowcontract.openapi.path_templates import nameless, parameter_names
from flowcontract.openapi.schemas import Schemas, as_object
from flowcontract.openapi.structure import METHODS, is_ignored_header
from flowcontract.text import nearest

_LOCATIONS = ("query", "querystring", "header", "path", "cookie")
"""Where a parameter can be."""


class OperationReader:
    """Reads one document. What cannot be used is left out and reported."""

    def __init__(self, normalized: Normalized, schemas: Schemas, report: Callable[[str, str], None]) -> None:
        """`report` is given the pointer and the description of each problem."""
        self._normalized = normalized
        self._document = normalized.document
        self._schemas = schemas
        self._report = report

    def security_schemes(self) -> dict[str, SecurityScheme]:
        """The declared schemes by name."""
        declared = (self._document.get("components") or {}).get("securitySchemes") or {}
        at = "/components/securitySchemes"
        return {name: _scheme(name, *self._follow(at + pointers.join(name), raw)) for name, raw in declared.items()}

    def operations(self, schemes: Mapping[str, SecurityScheme]) -> dict[str, Operation]:
        """Every operation by its id, in the order of the document."""
        found: dict[str, Operation] = {}
        first: dict[str, str] = {}
        for path, raw in (self._document.get("paths") or {}).items():
            at = pointers.join("paths", path)
            if not _is_name(path):
                continue
            if not path.startswith("/"):
                self._report(at, "expected a path that begins with `/`; it is ignored.")
                continue
            same = first.setdefault(nameless(path), path)
            if same != path:
                self._report(at, f"is the same path as {same}; its parameters are called as there.")
            for read in self._of_item(path, at, raw, schemes):
                if same != path:
                    read = _renamed(read, same)
                if read.id in found:
                    read = replace(read, id=_free(read.id, found))
                found[read.id] = self._without_surplus(read)
        self._check_links(found)
        return found

    def _check_links(self, operations: Mapping[str, Operation]) -> None:
        """Report each link to an operation that does not exist."""
        responses = {each.pointer for operation in operations.values() for each in operation.responses.values()}
        for pointer in sorted(responses):
            for name, raw in (self._normalized.resolve(pointer).get("links") or {}).items():
                at, link = self._follow(f"{pointer}/links" + pointers.join(name), raw)
                target = link.get("operationId")
                if target is not None and target not in operations:
                    near = nearest(target, operations)
                    self._report(f"{at}/operationId", f"there is no operation {target!r}; the link is ignored.{near}")

    def _without_surplus(self, operation: Operation) -> Operation:
        """The operation without path parameters that its path does not have."""
        in_path = frozenset(parameter_names(operation.path))
        surplus = [each for each in operation.path_parameters() if each.name not in in_path]
        for each in surplus:
            self._report(each.pointer, f"the path {operation.path} has no parameter `{each.name}`; it is ignored.")
        if not surplus:
            return operation
        return replace(operation, parameters=tuple(each for each in operation.parameters if each not in surplus))

    def webhooks(self, schemes: Mapping[str, SecurityScheme]) -> dict[str, list[Operation]]:
        """What a server sends by itself, by the name of the webhook."""
        named = self._document.get("webhooks") or {}
        return {
            name: self._of_item(name, "/webhooks" + pointers.join(name), item, schemes)
            for name, item in named.items()
            if _is_name(name)
        }

    def callbacks(self, pointer: str, schemes: Mapping[str, SecurityScheme]) -> dict[str, list[Operation]]:
        """What a server sends because of the operation at a pointer, by the callback's name and its expression."""
        found = {}
        for name, raw in (self._normalized.resolve(pointer).get("callbacks") or {}).items():
            at, callback = self._follow(f"{pointer}/callbacks" + pointers.join(name), raw)
            for expression, item in callback.items():
                if _is_name(expression):
                    below = at + pointers.join(expression)
                    found[f"{name} {expression}"] = self._of_item(expression, below, item, schemes)
        return found

    def _of_item(self, path: str, at: str, raw: Any, schemes: Mapping[str, SecurityScheme]) -> list[Operation]:
        """The operations of a path item: those beside its reference, then others of what it refers to."""
        target = self._follow(at, raw)
        items = [target] if target[0] == at or not isinstance(raw, Mapping) else [target, (at, raw)]
        found: dict[str, Operation] = {}
        for place, item in reversed(items):
            for method, pointer, operation in _methods(item, place):
                if method not in found:
                    found[method] = self._operation(path, method, operation, items, pointer, schemes)
        return list(found.values())

    def _operation(
        self,
        path: str,
        method: str,
        raw: Mapping[str, Any],
        items: Sequence[tuple[str, Mapping[str, Any]]],
        pointer: str,
        schemes: Mapping[str, SecurityScheme],
    ) -> Operation:
        body_pointer, body = self._follow(f"{pointer}/requestBody", raw.get("requestBody"))
        responses = {
            status: self._response(status, f"{pointer}/responses/{status}", response)
            for status, response in (raw.get("responses") or {}).items()
            if _is_name(status)
        }
        security = raw.get("security")
        if security is None:
            security = self._document.get("security") or []
        return Operation(
            id=raw.get("operationId") or f"{method.lower()}_{path}",
            method=method,
            path=path,
            pointer=pointer,
            summary=str(raw.get("summary") or ""),
            description=str(raw.get("description") or ""),
            parameters=self._parameters(*items, (pointer, raw)),
            request_media=self._media_types(body_pointer, body),
            request_required=bool(body.get("required", False)),
            responses=MappingProxyType(responses),
            security=tuple(self._alternative(alternative, pointer, schemes) for alternative in security),
            invariants=_invariants(raw, pointer),
            volatile=_volatile(raw, pointer),
            tags=tuple(raw.get("tags") or ()),
            deprecated=raw.get("deprecated") is True,
            extensions=MappingProxyType({key: value for key, value in raw.items() if not _is_name(key)}),
            base_path=next(
                (base_path(owner) for owner in (raw, *(item for _, item in reversed(items))) if owner.get("servers")),
                base_path(self._document),
            ),
        )

    def _alternative(
        self, alternative: Mapping[str, Any], pointer: str, schemes: Mapping[str, SecurityScheme]
    ) -> tuple[SecurityScheme, ...]:
        for name in alternative.keys() - schemes.keys():
            self._report(f"{pointer}/security", f"the security scheme {name!r} is not declared; it is ignored.")
        return tuple(schemes[name] for name in alternative if name in schemes)

    def _parameters(self, *owners: tuple[str, Mapping[str, Any]]) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for at, owner in owners:
            for index, raw in enumerate(owner.get("parameters") or ()):
                where = f"{at}/parameters/{index}"
                pointer, raw = self._follow(where, raw)
                if is_ignored_header(raw.get("in"), raw.get("name")):
                    continue
                location = raw.get("in")
                if isinstance(location, str) and location not in _LOCATIONS:
                    wrong = f"expected `in` to be one of {', '.join(_LOCATIONS)}, got {location!r}"
                    self._report(pointer, f"{wrong}; the parameter is ignored.{nearest(location, _LOCATIONS)}")
                elif isinstance(raw.get("name"), str) and isinstance(location, str):
                    parameter = self._parameter(pointer, raw)
                    found[parameter.location, parameter.name] = parameter
                elif raw:
                    self._report(where, "expected a parameter with `name` and `in`; it is ignored.")
        return tuple(found.values())

    def _parameter(self, pointer: str, raw: Mapping[str, Any]) -> Parameter:
        location = str(raw["in"])
        style = raw.get("style") or ("form" if location in ("query", "cookie") else "simple")
        media = self._only_media_type(pointer, raw)
        return Parameter(
            name=str(raw["name"]),
            location=location,
            required=bool(raw.get("required", False)),
            schema=_schema(raw.get("schema")) or (media.schema if media else None) or {},
            pointer=pointer,
            schema_pointer=media.schema_pointer if media and "schema" not in raw else f"{pointer}/schema",
            examples=self._examples(pointer, raw) or (media.examples if media else {}),
            style=style,
            explode=bool(raw.get("explode", style in ("form", "cookie"))),
            content=media if "schema" not in raw else None,
            allows_empty=location == "query" and raw.get("allowEmptyValue") is True,
            allows_reserved=raw.get("allowReserved") is True,
            description=str(raw.get("description") or ""),
            _schemas=self._schemas,
        )

    def _response(self, status: str, pointer: str, raw: Mapping[str, Any]) -> DocumentedResponse:
        pointer, raw = self._follow(pointer, raw)
        headers = {}
        for name, header in (raw.get("headers") or {}).items():
            if name.lower() == "content-type":  # "SHALL be ignored" (OpenAPI, Response Object): `content` says it.
                continue
            at, header = self._follow(pointer + pointers.join("headers", name), header)
            headers[name.lower()] = Header(
                name=name,
                required=bool(header.get("required", False)),
                schema=_schema(header.get("schema")),
                pointer=at,
                examples=self._examples(at, header),
                explode=bool(header.get("explode", False)),
                content=self._only_media_type(at, header),
                schemas=self._schemas,
            )
        return DocumentedResponse(
            status, pointer, str(raw.get("description", "")), self._media_types(pointer, raw), MappingProxyType(headers)
        )

    def _media_types(self, pointer: str, raw: Mapping[str, Any]) -> Mapping[str, MediaType]:
        found = {}
        for name, media in (raw.get("content") or {}).items():
            at, media = self._follow(pointer + pointers.join("content", name), media)
            found[name] = MediaType(
                name=name,
                pointer=at,
                schema=_schema(media.get("schema")),
                examples=self._examples(at, media, name),
                encoding=media.get("encoding") or {},
                is_sequence="itemSchema" in media and media_types.is_json_sequence(name),
                _schemas=self._schemas,
            )
        return MappingProxyType(found)

    def _only_media_type(self, pointer: str, raw: Mapping[str, Any]) -> MediaType | None:
        """The one media type of a parameter or header that has `content` instead of `schema`."""
        return next(iter(self._media_types(pointer, raw).values()), None)

    def _examples(self, pointer: str, raw: Mapping[str, Any], media_type: str = "") -> Mapping[str, Example]:
        """`media_type`: that of the content that they are examples of; empty for a parameter or header."""
        found: dict[str, Example] = {}
        for name, example in (raw.get("examples") or {}).items():
            at, example = self._follow(pointer + pointers.join("examples", name), example)
            key = "value" if "value" in example else "dataValue"  # The second is of 3.2, and so is the third.
            is_text = bool(media_type) and isinstance(example.get("serializedValue"), str)
            if is_text and (key not in example or not media_types.is_json(media_type)):
                key = "serializedValue"
            if key in example:
                value = example[key]
                if key == "serializedValue" and media_types.is_json(media_type):
                    with contextlib.suppress(ValueError):  # What is not JSON is served as it stands, and warned of.
                        value = json.loads(value)
                found[name] = Example(name, value, str(example.get("summary", "")), f"{at}/{key}")
        if not found and "example" in raw:
            found["example"] = Example("example", raw["example"], "", pointer + "/example")
        return MappingProxyType(found)

    def _follow(self, pointer: str, node: Any) -> tuple[str, Mapping[str, Any]]:
        """Follow Reference Objects; give the pointer and the object they end at. What has no end is empty."""
        for _ in range(50):
            if not isinstance(node, Mapping):
                return pointer, {}
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return pointer, node
            pointer = unquote(reference[1:])
            try:
                node = self._normalized.resolve(pointer)
            except LookupError:
                return pointer, {}
        self._report(pointer, "has references that lead back to themselves; it is ignored.")
        return pointer, {}


def _methods(item: Mapping[str, Any], at: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The operations of a path item: method in upper case, pointer, object. `additionalOperations` is of 3.2."""
    more = item.get("additionalOperations") or {}
    return [
        *((name.upper(), f"{at}/{name}", item[name]) for name in METHODS if name in item),
        *((name, at + pointers.join("additionalOperations", name), each) for name, each in more.items()),
    ]


def _renamed(operation: Operation, path: str) -> Operation:
    """The operation with its path parameters called as in another template of the same path."""
    names = dict(zip(parameter_names(operation.path), parameter_names(path), strict=True))
    parameters = (
        replace(each, name=names.get(each.name, each.name)) if each.location == "path" else each
        for each in operation.parameters
    )
    return replace(operation, path=path, parameters=tuple(parameters))


def _is_name(key: str) -> bool:
    return not key.startswith("x-")


def _schema(raw: Any) -> Mapping[str, Any] | None:
    """A schema as an object; None where there is none."""
    schema = as_object(raw)
    return schema if isinstance(schema, Mapping) else None


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """The first of `name_2`, `name_3`, … that is not taken."""
    return next(f"{name}_{number}" for number in itertools.count(2) if f"{name}_{number}" not in taken)


_PREFIX = re.compile(r"""\bprefix\W{0,4}["'`]([A-Za-z][\w-]*)["'`]""")
"""How a description names the word before an API key: `Token-based authentication with required prefix "Token"`."""


def _scheme(name: str, pointer: str, raw: Mapping[str, Any]) -> SecurityScheme:
    """A scheme; an API key in `Authorization` may really be sent with an HTTP scheme.

    `x-flowcontract-scheme` says which one, else the description, if it names a prefix.
    """
    kind = str(raw.get("type", ""))
    sent_as = raw.get(f"{EXTENSION}-scheme")
    if kind == "apiKey" and str(raw.get("name")).lower() == "authorization" and not sent_as:
        prefix = _PREFIX.search(str(raw.get("description", "")))
        sent_as = prefix and prefix[1]
    return SecurityScheme(
        name=name,
        kind="http" if sent_as else kind,
        scheme=str(sent_as or raw.get("scheme", "")).lower(),
        published=kind if sent_as else "",
        location=str(raw.get("in", "")),
        parameter=str(raw.get("name", "")),
        pointer=pointer,
        flows={key: flow for key, flow in (raw.get("flows") or {}).items() if isinstance(flow, Mapping)},
        discovery_url=str(raw.get("openIdConnectUrl", "")),
    )


def _invariants(raw: Mapping[str, Any], pointer: str) -> tuple[Invariant, ...]:
    key = f"{EXTENSION}-invariants"
    items = raw.get(key) or []
    if not isinstance(items, list) or not all(
        isinstance(item, Mapping) and {"name", "left", "right"} <= item.keys() for item in items
    ):
        raise ContractError(
            f"{pointer}/{key}: expected a list of mappings with `name`, `left` and `right`.",
            do="Fix the contract.",
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
        raise ContractError(f"{pointer}/{key}: expected a list of JSON Pointers.", do="Fix the contract.")
    return tuple(places)


def base_path(document: Mapping[str, Any]) -> str:
    """The path of the first server of a document, a path item or an operation, without a slash at its end.

    A relative one (`./api`) is taken from the root: where the document lies is not part of the contract. What begins
    with `host:port` lacks its scheme (RFC 3986, section 4.2).
    """
    first: Mapping[str, Any] = next(iter(document.get("servers") or ()), {})
    url = str(first.get("url", "/"))
    for name, variable in (first.get("variables") or {}).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    url = re.sub(r"^[^/?#:]+:\d+(?=[/?#]|$)", "", url)
    try:
        path = urlsplit(urljoin("http://server/", url)).path
    except ValueError:  # A variable without a default leaves an invalid host.
        path = re.sub(r"^([a-z]+:)?//[^/]*", "", url)
    path = path.rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"
