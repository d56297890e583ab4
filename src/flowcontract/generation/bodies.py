"""Request bodies: a valid value of a media type's schema, written as the type says."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flowcontract.errors import ContractError
from flowcontract.openapi import media_types
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import valid_value

_ANY = frozenset({"*/*", "application/*", "application/*+json"})


def valid_body(media: MediaType) -> tuple[bytes, str] | None:
    """A valid body and the `Content-Type` to send it with; None for a type that is not written here (YAML, …).

    The media type's first example, else a value made from its schema, the same every time.
    """
    examples = list(media.examples.values())
    if examples:
        value = examples[0].value
    elif media.schema is None:
        value = {} if media.is_json else ""
    else:
        try:
            value = valid_value(media.schemas, media.schema_pointer, seed=0, direction="request", minimal=True)
        except ContractError:
            return None
    return written(media, value)


def written(media: MediaType, value: Any) -> tuple[bytes, str] | None:
    """A value as the body of a media type, with its `Content-Type`; None if the type is not written here."""
    essence = media_types.essence(media.name)
    if media.is_json:
        name = "application/json" if essence in _ANY else media.name
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), name
    if essence == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
        return urlencode(
            [pair for name, member in value.items() for pair in _fields(media, name, member)]
        ).encode(), media.name
    if essence == "multipart/form-data" and isinstance(value, Mapping):
        return _multipart(media, value)
    if media_types.is_xml(essence):
        return _xml(media, value)
    if isinstance(value, str) and (essence.startswith("text/") or examples_are_text(media)):
        return value.encode("utf-8", "surrogatepass"), media.name
    if essence == "application/octet-stream":
        return _text(value).encode(), media.name
    return None


def examples_are_text(media: MediaType) -> bool:
    """Whether the contract shows bodies of this type as text, as it does for XML."""
    return any(isinstance(example.value, str) for example in media.examples.values())


def _fields(media: MediaType, name: str, value: Any) -> list[tuple[str, str]]:
    """The fields of a form for one property (OpenAPI 3.0.4, 4.7.15): `a[b]=1` in the style `deepObject`."""
    if (media.encoding.get(name) or {}).get("style") == "deepObject":
        return list(_deep(name, value))
    return [(name, _text(item)) for item in _each(value)]


def _deep(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Lists are not in the specification; servers in use take their items with an index."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _deep(f"{name}[{key}]", member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _deep(f"{name}[{index}]", member)
    else:
        yield name, _text(value)


def _multipart(media: MediaType, value: Mapping[str, Any]) -> tuple[bytes, str]:
    from urllib3.filepost import encode_multipart_formdata  # Here: most documents have no forms.

    properties = media.schemas.resolve(media.schema or {}).get("properties") or {}
    fields: list[tuple[str, Any]] = []
    for name, member in value.items():
        for item in _each(member):
            if _is_file(media, properties.get(name)):
                fields.append((name, (f"{name}.bin", _text(item).encode(), "application/octet-stream")))
            else:
                fields.append((name, _text(item)))
    return encode_multipart_formdata(fields, boundary="flowcontract-boundary")


def _xml(media: MediaType, value: Any) -> tuple[bytes, str] | None:
    """A text of the contract is a document; of a text made from a schema, no root element is known."""
    name = "application/xml" if "*" in media.name else media.name
    if isinstance(value, str):
        return (value.encode("utf-8", "surrogatepass"), name) if examples_are_text(media) else None
    from flowcontract.openapi import xml_writer  # Here: most documents have no XML.

    return xml_writer.encode(value, media.schema, media.schemas), name


def _is_file(media: MediaType, schema: Any) -> bool:
    facts = media.schemas.resolve(schema or {})
    facts = media.schemas.resolve(facts["items"]) if isinstance(facts.get("items"), Mapping) else facts
    return facts.get("format") == "binary" or "contentMediaType" in facts or facts.get("contentEncoding") == "binary"


def _each(member: Any) -> list[Any]:
    return member if isinstance(member, list) else [member]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
