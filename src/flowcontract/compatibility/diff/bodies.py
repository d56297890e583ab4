"""Rules about request bodies and the media types of payloads."""

import re
from collections.abc import Container, Iterator, Mapping

from flowcontract.compatibility.diff.pairs import Difference, Pair, Place, node
from flowcontract.compatibility.diff.shapes import Node, alternatives
from flowcontract.openapi import media_types
from flowcontract.openapi.model import MediaType, Operation


def request(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    """The request body of an operation."""
    place = Place(pair, client, "request body", _pointer(client), _pointer(server))
    if not server.request_media:
        if client.request_media:
            yield place.found("request-body-ignored", "is ignored")
        return
    if server.request_required and not client.request_required:
        yield place.found("request-body-required", "is required")
    elif not client.request_media and pair.upgraded:
        yield place.found("request-body-added", "is optional")
    sent, taken = by_type(client.request_media), by_type(server.request_media)
    for name, media in sent.items():
        other = matching(name, taken)
        if other is None:
            yield place.found("request-media-removed", f"{name} is not accepted; {', '.join(taken)} is")
            continue
        for each, one in ((name, other), *_with_own_schema(name, media, sent, taken)):
            within = Place(pair, client, f"request body {each}", media.pointer, one.pointer)
            yield from within.payloads("request", media, one)
            yield from _encoding(pair, within, media, one)
    if client.request_media and pair.upgraded:
        for name in taken:
            if matching(name, sent) is None:
                yield place.found("request-media-added", f"{name} is accepted")


def _with_own_schema(
    name: str, media: MediaType, sent: Mapping[str, MediaType], taken: Mapping[str, MediaType]
) -> Iterator[tuple[str, MediaType]]:
    """The media types within a range that is sent for which the server has a schema of their own."""
    for key, one in taken.items():
        if key not in sent and key != name and matching(key, sent) is media:
            yield key, one


def _pointer(operation: Operation) -> str:
    """Where the request body stands; many operations may refer to it."""
    media = next(iter(operation.request_media.values()), None)
    return media.pointer.rpartition("/content/")[0] if media else f"{operation.pointer}/requestBody"


def by_type(media: Mapping[str, MediaType]) -> dict[str, MediaType]:
    """Media types by name, without case and charset."""
    return {re.sub(r";\s*charset=[^;]*", "", name.lower()).replace(" ", ""): one for name, one in media.items()}


def matching(name: str, known: Mapping[str, MediaType]) -> MediaType | None:
    """The media type under which a type or range falls; parameters other than the charset make another type."""
    if name in known:
        return known[name]
    found = media_types.best_match(name, known)
    return known[found] if found and media_types.essence(found) != media_types.essence(name) else None


def overlapping(name: str, known: Mapping[str, MediaType], own: Container[str] = ()) -> list[MediaType]:
    """The media type under which a type falls, or those that fall under a range and not under one of their `own`."""
    found = matching(name, known)
    return [found] if found else [one for key, one in known.items() if key not in own and matching(key, {name: one})]


def _encoding(pair: Pair, place: Place, client: MediaType, server: MediaType) -> Iterator[Difference]:
    """How the fields of a form are written (OpenAPI 3.1.1, section 4.8.15)."""
    if not media_types.essence(client.name).startswith(("multipart/", "application/x-www-form-urlencoded")):
        return
    is_multipart = media_types.essence(client.name).startswith("multipart/")
    fields = [_fields(node(*each)) for each in ((pair.client, client), (pair.server, server))]
    for name in fields[0].keys() & fields[1].keys() & (client.encoding.keys() | server.encoding.keys()):
        sides = [(of[name], one.encoding.get(name, {})) for of, one in zip(fields, (client, server), strict=True)]
        types = [_content_types(*side) for side in sides]
        if is_multipart and not all(any(_admits(taken, sent) for taken in types[1]) for sent in types[0]):
            yield place.found("request-part-type", f"{name} is {' or '.join(types[1])}, not {' or '.join(types[0])}")
        if any(_form(*side) != _form(*sides[0]) for side in sides):
            yield place.found("request-part-style", f"{name} is written in another style")
        headers = [side[1].get("headers") or {} for side in sides]
        for header in headers[1].keys() - headers[0].keys():
            if isinstance(headers[1][header], Mapping) and headers[1][header].get("required"):
                yield place.found("request-part-type", f"{name} requires the header {header}")


def _fields(owner: Node) -> dict[str, Node]:
    return {name: part for shape in alternatives(owner.follow()) for name, part in shape.properties.items()}


def _content_types(owner: Node, encoding: Mapping[str, object]) -> list[str]:
    """The media types of a part: as written, else by its schema."""
    if isinstance(encoding.get("contentType"), str):
        return [media_types.essence(name) for name in str(encoding["contentType"]).split(",")]
    shapes = alternatives(owner.follow())
    shape = shapes[0] if shapes else None
    if shape and shape.is_kind("array") and isinstance(shape.items, Node):
        return _content_types(shape.items, {})
    if shape and shape.is_kind("object"):
        return ["application/json"]
    return ["application/octet-stream" if shape and shape.content else "text/plain"]


def _admits(taken: str, sent: str) -> bool:
    return media_types.best_match(sent, [taken]) is not None


def _form(owner: Node, encoding: Mapping[str, object]) -> tuple[object, ...]:
    """Style and explode, where they matter: for arrays and objects of a form with one of them given."""
    kinds = {kind for shape in alternatives(owner.follow()) for kind in ("array", "object") if shape.is_kind(kind)}
    style = encoding.get("style", "form")
    explode = encoding.get("explode", style == "form")
    return (style, explode, encoding.get("allowReserved", False)) if kinds else ()
