"""A request body as a value that a schema can be applied to: JSON, forms, text, XML, YAML."""

import email
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import parse_qsl

from flowcontract.errors import FlowContractError
from flowcontract.openapi import documents, media_types, parameters, pointers
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.parameters import Field, RawValues, StyleError
from flowcontract.openapi.schema_shapes import Resolve, Shape, shapes
from flowcontract.openapi.values import plausible

OPAQUE = object()
"""Content that no schema can be applied to."""
_FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_BINARY = frozenset({"binary", "byte"})


class BodyError(Exception):
    """A body that is not valid for its media type. The message says: expected …, got …."""

    def __init__(self, message: str, pointer: str = "") -> None:
        self.pointer = pointer
        """JSON Pointer to the member that is wrong."""
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


def read(media: MediaType, content_type: str | None, content: bytes) -> Any:
    """The value of a body of a documented media type, or OPAQUE. Raises BodyError.

    `content_type`: as the request names it; None where it does not.
    """
    named = content_type or media.name
    kind, arguments = media_types.parse(named)
    charset = arguments.get("charset", "utf-8")
    if media_types.is_json(kind):
        return _json(content)
    if "*" in kind:  # A range, and the request does not say what it sends.
        try:
            return _json(content)
        except BodyError:
            return OPAQUE
    if media_types.is_xml(kind):
        return _xml(content, media)
    if media.schema is None:
        return OPAQUE
    if kind == _FORM:
        return _Form(media).urlencoded(parse_qsl(_text(content, charset), keep_blank_values=True))
    if kind == MULTIPART:
        return _Form(media).multipart(parts(content, arguments.get("boundary", "")))
    if kind.rpartition("/")[2] in ("yaml", "x-yaml") or kind.endswith("+yaml"):
        return _yaml(content)
    found = shapes(media.schema, media.schemas.resolve)
    if media_types.is_json_sequence(kind) and any(shape.admits("array") for shape in found):
        return [_json(line) for line in content.replace(b"\x1e", b"\n").split(b"\n") if line.strip()]
    if kind.startswith("text/"):
        together = _kinds(found)
        return next(parameters.typed_texts(_text(content, charset), together), _text(content, charset))
    # Bytes are a string to JSON Schema; one character a byte keeps their number.
    return content.decode("latin-1") if any(shape.admits("string") for shape in found) else OPAQUE


def _json(content: bytes) -> Any:
    try:
        return parameters.from_json(content)
    except StyleError as error:
        raise BodyError(str(error)) from error


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _yaml(content: bytes) -> Any:
    try:
        return documents.parse(content, "the body")
    except FlowContractError as error:
        raise BodyError(f"expected YAML, got something else ({error})") from error


def _xml(content: bytes, media: MediaType) -> Any:
    from flowmock.validation import xml  # Only XML bodies need the parser, which takes a tenth of our imports.

    try:
        element = xml.parse(content)
    except ValueError as error:
        raise BodyError(f"expected XML, got something else ({error})") from error
    if media.schema is None:
        return OPAQUE
    try:
        return xml.value(element, media.schema, media.schemas.resolve)
    except ValueError as error:
        raise BodyError(str(error)) from error


def _kinds(found: Sequence[Shape]) -> frozenset[str] | None:
    if any(shape.kinds is None for shape in found):
        return None
    return frozenset[str]().union(*(shape.kinds or () for shape in found))


class _Form:
    """Reads the fields of a form by the schema of its object (OpenAPI 3.0.4, 4.7.14.3 and 4.7.15)."""

    def __init__(self, media: MediaType) -> None:
        self._media = media
        self._resolve = media.schemas.resolve
        self._shapes = shapes(media.schema, self._resolve)

    def urlencoded(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The object that name-value pairs stand for. Raises BodyError."""
        return self._best([self._from_pairs(pairs, shape) for shape in self._shapes])

    def multipart(self, found: Sequence[Part]) -> Any:
        """The object that parts stand for. Raises BodyError."""
        return self._best([self._from_parts(found, shape) for shape in self._shapes])

    def _best(self, candidates: Sequence[Any]) -> Any:
        """The first valid object of those that the alternatives of the schema read."""
        if len(candidates) == 1:
            return candidates[0]
        valid = (each for each in candidates if next(self._media.request_errors(each), None) is None)
        return next(valid, candidates[0])

    def _from_pairs(self, pairs: Sequence[tuple[str, str]], shape: Shape) -> dict[str, Any]:
        found: dict[str, Any] = {}
        used: set[str] = set()
        for name in shape.properties:
            value, names = self._property(name, pairs, shape)
            if value is not parameters.MISSING:
                found[name] = value
                used |= names
        for name in dict.fromkeys(key for key, _ in pairs if key not in used):
            found[name] = parameters.nested([text for key, text in pairs if key == name], shape.rest, self._resolve)
        return found

    def _property(self, name: str, pairs: Sequence[tuple[str, str]], shape: Shape) -> tuple[Any, set[str]]:
        """The value of one property, and the names of the fields it was read from."""
        encoding, schema = self._media.encoding.get(name) or {}, shape.properties[name]
        is_styled = not encoding.keys().isdisjoint(("style", "explode", "allowReserved"))
        bracketed = {key for key, _ in pairs if key.startswith(f"{name}[") and key.endswith("]")}
        texts = [text for key, text in pairs if key == name]
        if not is_styled and not bracketed:
            if not texts:
                return parameters.MISSING, set()
            if media_types.is_json(str(encoding.get("contentType", ""))):
                return self._json_member(name, texts[-1]), {name}
            return self._nested(name, texts, schema), {name}
        style = str(encoding.get("style") or ("form" if is_styled else "deepObject"))
        if bracketed and not texts and style != "deepObject" and all(key == f"{name}[]" for key in bracketed):
            return self._nested(name, [text for key, text in pairs if key in bracketed], schema), bracketed
        explode = bool(encoding.get("explode", style == "form"))
        others = frozenset(shape.properties)
        field = Field(name, "query", style, explode, schema, self._resolve, self._admits(name), others)
        value = parameters.read_field(field, RawValues(query=pairs))
        members = set(value) if isinstance(value, dict) and style == "form" and explode else set()
        return value, {name} | bracketed | members

    def _nested(self, name: str, texts: Sequence[str], schema: Any) -> Any:
        """A field as its schema reads it: `7` as a number, or as a text where only that is valid."""
        value = parameters.nested(texts, schema, self._resolve)
        plain: Any = texts[0] if len(texts) == 1 else list(texts)
        admits = self._admits(name)
        return plain if value != plain and not admits(value) and admits(plain) else value

    def _admits(self, name: str) -> Any:
        """Whether a value will do for a property, as far as that can be said without the others."""
        at = pointers.join(name)

        def admits(value: Any) -> bool:
            errors = self._media.request_errors({name: value})
            return not any(error.instance == at or error.instance.startswith(f"{at}/") for error in errors)

        return admits

    def _json_member(self, name: str, text: str | bytes) -> Any:
        try:
            return parameters.from_json(text)
        except StyleError as error:
            raise BodyError(str(error), pointers.join(name)) from error

    def _from_parts(self, found: Sequence[Part], shape: Shape) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name in dict.fromkeys(part.name for part in found):
            schema = shape.member(name)
            alternatives = shapes(schema, self._resolve)
            lists = [each for each in alternatives if each.admits("array")]
            mine = [part for part in found if part.name == name]
            if lists and (len(mine) > 1 or not _is_json_part(mine[0])):
                value[name] = [self._part(part, lists[0].items) for part in mine]
            else:
                values = [self._part(part, schema) for part in mine]
                value[name] = values[0] if len(values) == 1 else values
        return value

    def _part(self, part: Part, schema: Any) -> Any:
        encoding = self._media.encoding.get(part.name) or {}
        documented = [each.strip() for each in str(encoding.get("contentType", "")).split(",") if each.strip()]
        if documented and part.content_type and media_types.best_match(part.content_type, documented) is None:
            expected = ", ".join(documented)
            raise BodyError(f"expected Content-Type {expected}, got {part.content_type}", pointers.join(part.name))
        found = shapes(schema, self._resolve)
        is_object = any(shape.admits("object") for shape in found) and not any(
            shape.admits("string") for shape in found
        )
        usual = documented[0] if documented else ("application/json" if is_object else "")
        if media_types.is_json(part.content_type or usual) and not _is_file(part, schema, self._resolve):
            return self._json_member(part.name, part.content)
        if _is_file(part, schema, self._resolve):
            return part.content.decode("latin-1")
        text = _text(part.content, media_types.parse(part.content_type or "")[1].get("charset", "utf-8"))
        return self._nested(part.name, [text], schema)


def _is_json_part(part: Part) -> bool:
    return part.content_type is not None and media_types.is_json(part.content_type) and part.filename is None


def _is_file(part: Part, schema: Any, resolve: Resolve) -> bool:
    schema = resolve(schema)
    names_bytes = isinstance(schema, Mapping) and (
        schema.get("format") in _BINARY or "contentMediaType" in schema or "contentEncoding" in schema
    )
    return part.filename is not None or names_bytes


def parts(content: bytes, boundary: str) -> list[Part]:
    """The parts of a multipart body (RFC 2046, 5.1; RFC 7578). Raises BodyError."""
    if not boundary:
        raise BodyError("expected a boundary in the Content-Type of a multipart body, got none")
    _preamble, *pieces = (b"\r\n" + content).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if not pieces or not pieces[-1].startswith(b"--"):
        raise BodyError(f"expected parts that end with --{boundary}--, got a body without that line")
    found = []
    for piece in pieces[:-1]:
        head, blank, body = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message = email.message_from_string(head.decode("utf-8", "replace") + "\r\n\r\n")
        name = _parameter(message, "name")
        if not blank or name is None:
            raise BodyError("expected Content-Disposition: form-data with a name in each part, got a part without")
        content_type = message["Content-Type"]
        found.append(Part(name, _parameter(message, "filename"), content_type and str(content_type), body))
    return found


def described(file: Part) -> tuple[dict[str, Any], str]:
    """What is known of a file, under the names that responses have for it, and its name or the ending of one."""
    named = ("filename", "file_name", "fileName", "name")
    original = ("original_filename", "originalFilename", "original_name", "originalName")
    found = {
        **(dict.fromkeys((*named, *original), file.filename) if file.filename is not None else {}),
        **dict.fromkeys(("content_type", "contentType", "mime_type", "mimeType"), file.content_type or "text/plain"),
        **dict.fromkeys(("size", "file_size", "fileSize", "bytes", "byte_size", "byteSize"), len(file.content)),
        **dict.fromkeys(("size_bytes", "sizeBytes", "size_in_bytes", "sizeInBytes"), len(file.content)),
        **dict.fromkeys(("file_size_bytes", "fileSizeBytes"), len(file.content)),
        **{name: digest for each, digest in _digests(file.content) for name in (each, f"{each}_hash", f"{each}Hash")},
    }
    return found, file.filename or plausible.ending_of(file.content_type or "")


def _digests(content: bytes) -> Iterator[tuple[str, str]]:
    """The checksums that responses have of a file, by their names."""
    for name in ("md5", "sha1", "sha256"):
        yield name, hashlib.new(name, content, usedforsecurity=False).hexdigest()


def _parameter(message: Message, name: str) -> str | None:
    """A parameter of `Content-Disposition`, extended notation included (RFC 2231)."""
    found = message.get_param(name, header="content-disposition")
    return None if found is None else collapse_rfc2231_value(found)
