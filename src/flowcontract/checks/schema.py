"""Schema checks: whether the body matches the schema and the relations that the contract states."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flowcontract.checks.content import is_specified
from flowcontract.checks.interaction import LONE_SURROGATE, Context, Interaction, NotStrict, Violation, parse
from flowcontract.checks.lists import items
from flowcontract.openapi import pointers, runtime_expressions, schema_messages
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.media_types import essence
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.schema_shapes import property_names, shapes
from flowcontract.openapi.schemas import SchemaError

_PROBLEM = "application/problem+json"
_FRACTION = re.compile(rb"\d[.eE]")
"""How a number goes on that is written with a fraction or an exponent."""
_COLLECTION = re.compile(r"(?:/\{[^{}/]*\})?/?$")
"""The end of a path that a resource has, and not its collection."""


def schema(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The body matches the schema, formats included; one violation for each keyword that fails."""
    # The 405 for an undocumented method has a schema only where 405 is documented, not by `default`.
    specified = is_specified(interaction) or (interaction.status == 405 and "405" in interaction.operation.responses)
    if not specified or interaction.request.method == "HEAD" or interaction.content is None:
        return
    media = interaction.media
    if media is None or not interaction.response.body or interaction.response.cut:
        return
    if media.is_sequence:
        yield from _sequence(media, interaction)
    if not interaction.is_json:
        return
    seen = set()
    for error in interaction.schema_errors:
        missing = f'"{error.missing}" is a required property' if error.missing else ""
        group_key = f"{error.pointer} {missing}".strip()
        if error.missing and not error.instance and _is_another_object(media, error, interaction.json):
            group_key = f"{error.pointer.removesuffix('/required')}/type"
        if group_key not in seen:
            seen.add(group_key)
            if _is_write_only(media, error):
                name = pointers.split(error.instance)[-1]
                yield _returned(name, error.pointer, interaction.json, error.instance)
                continue
            message = f"{error.instance}: {error.message}." if error.instance else f"{_sentence(error.message)}."
            part, family = error.instance, f"{error.message}."
            if error.missing:
                part, family = error.instance + pointers.join(error.missing), "required fields are missing."
            yield Violation(
                "schema-violation",
                message,
                error.pointer,
                group_key,
                actual=interaction.json,
                part=part,
                family=family,
                lacks_value=bool(error.missing) or (error.keyword == "type" and family.endswith("got null.")),
                schema=f"{_repeated(context.contract, error.pointer)} {error.missing}",
            )


def _sequence(media: MediaType, interaction: Interaction) -> Iterator[Violation]:
    """Each item of a sequence of JSON values matches `itemSchema` (OpenAPI 3.2, Media Type Object).

    An item is a line, which may begin with a record separator (RFC 7464).
    """
    lines = (interaction.content or b"").replace(b"\x1e", b"").split(b"\n")
    try:
        values = [parse(line) for line in lines if line.strip()]
    except NotStrict as error:
        what = f"Expected JSON in every line, got one that {error}."
        yield Violation("schema-violation", what, media.pointer, "line")
        return
    for pointer, found in {each.pointer: each for each in media.errors(values)}.items():
        yield Violation("schema-violation", f"{found.instance}: {found.message}.", pointer, pointer, actual=values)


def _is_another_object(media: MediaType, error: SchemaError, body: Any) -> bool:
    """Whether a body has nothing of the object that its schema describes: it is of another kind, as a list would be."""
    properties = media.schemas.at(error.pointer.removesuffix("/required")).get("properties")
    return isinstance(body, dict) and bool(body and properties) and body.keys().isdisjoint(properties)


@lru_cache(maxsize=256)  # A schema that is violated once is violated by most responses.
def _repeated(contract: Contract, pointer: str) -> str:
    """A keyword of a schema by the content of the object schema around it, not by its location.

    Documents without components repeat a schema wherever it is used.
    """
    path = pointers.split(pointer)
    end = max((index for index, name in enumerate(path[:-1]) if name == "properties"), default=len(path) - 1)
    try:
        text = json.dumps(pointers.get(contract.document, path[:end]), sort_keys=True, default=str)
    except (LookupError, TypeError):
        return pointer
    return f"{hashlib.sha256(text.encode()).hexdigest()[:12]} {'/'.join(path[end:])}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def integers(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Integers are written without a fraction."""
    if not is_specified(interaction) or interaction.media is None or not interaction.is_json:
        return
    if interaction.request.method == "HEAD" or not interaction.content or interaction.response.cut:
        return
    if not _FRACTION.search(interaction.content):
        return  # Most bodies have none: they are not parsed again.
    try:
        shifted = parse(interaction.content, shift_fractions=True)
    except NotStrict:
        return
    if shifted == interaction.json:
        return
    for error in interaction.media.errors(shifted):
        if error.keyword == "type":
            value = schema_messages.shown(pointers.get(interaction.json, pointers.split(error.instance)))
            yield Violation(
                "fractional-integer",
                f"{error.instance}: expected an integer, got {value} (written with a fraction or an exponent).",
                error.pointer,
                error.pointer,
                actual=interaction.json,
            )


def invariants(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Each relation that the contract states between request and response holds."""
    if not is_specified(interaction) or interaction.request.method == "HEAD" or not interaction.content:
        return
    if interaction.json_error == LONE_SURROGATE:
        return  # What is compared would be `?`.
    for invariant in interaction.operation.invariants:
        if invariant.status not in (str(interaction.status), f"{interaction.status // 100}XX"):
            continue
        try:
            left = runtime_expressions.value(invariant.left, interaction.scene)
            right = runtime_expressions.value(invariant.right, interaction.scene)
        except LookupError:
            yield Violation(
                "invariant-violation",
                f"{_sentence(invariant.name)}: expected a value on both sides, got only one.",
                invariant.pointer,
                invariant.pointer,
                actual=interaction.json,
            )
            continue
        if not runtime_expressions.equal(left, right):
            yield Violation(
                "invariant-violation",
                f"{_sentence(invariant.name)}: expected {schema_messages.shown(right)}"
                f" {_where(invariant.left)}, got {schema_messages.shown(left)}.",
                invariant.pointer,
                invariant.pointer,
                expected=right,
                actual=left,
            )


def _where(expression: str) -> str:
    """Where the left side of an invariant is, in words."""
    _, is_body, pointer = expression.partition("$response.body#")
    _, is_header, header = expression.partition("$response.header.")
    if is_body and pointer:
        return f"in the response at {pointer}"
    return f"in the response header {header}" if is_header else f"as {expression}"


def problem_status(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The `status` of problem details is the status of the response (RFC 9457, section 3.1.3)."""
    if essence(interaction.response.header("Content-Type") or "") != _PROBLEM or not interaction.content:
        return
    stated = interaction.json.get("status") if isinstance(interaction.json, dict) else None
    if isinstance(stated, int) and not isinstance(stated, bool) and stated != interaction.status:
        documented = interaction.documented
        yield Violation(
            "wrong-problem-status",
            f"/status: expected {interaction.status}, as the status of the response, got {stated}.",
            documented.pointer if documented else interaction.operation.pointer,
            "/status",
            expected={"status": interaction.status},
            actual=interaction.json,
            part="/status",
        )


def write_only(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A success has no property that is write-only in the requests of the same resources.

    The schema of a response can only hide what it has itself; many documents have another schema for requests.
    """
    if not is_specified(interaction) or not interaction.success or not interaction.is_json or not interaction.content:
        return
    hidden = _write_only(context.contract, _COLLECTION.sub("", interaction.operation.path))
    body, media = interaction.json, interaction.media
    objects = [*items(body), *([body] if isinstance(body, Mapping) else [])] if hidden and media else []
    for item in objects:
        for name in sorted(hidden & {key for key, value in item.items() if not _is_masked(value)}):
            if media is not None and name not in property_names(media.schema, media.schemas.resolve):
                yield _returned(name, f"{media.pointer}/schema", item, pointers.join(name))
                hidden -= {name}


def _returned(name: str, pointer: str, body: Any, part: str) -> Violation:
    message = f'Expected no write-only field "{name}" in a response, got one.'
    return Violation("write-only-field-returned", message, pointer, f"write-only {name}", actual=body, part=part)


def _is_write_only(media: MediaType, error: SchemaError) -> bool:
    """Whether a value that must not be there is that of a write-only property."""
    member: Any = media.schemas.at(error.pointer)
    return isinstance(member, Mapping) and media.schemas.resolve(member).get("writeOnly") is True


@lru_cache(maxsize=1024)
def _write_only(contract: Contract, collection: str) -> frozenset[str]:
    """The properties that are write-only in the requests of a collection and of its resources."""
    return frozenset(
        name
        for operation in contract.operations.values()
        if _COLLECTION.sub("", operation.path) == collection
        for media in operation.request_media.values()
        for shape in shapes(media.schema, media.schemas.resolve)
        for name, member in shape.properties.items()
        if media.schemas.resolve(member).get("writeOnly") is True
    )


def _is_masked(value: Any) -> bool:
    """Whether a value says nothing: none, or a text of one character such as `****`."""
    return not value or (isinstance(value, str) and len(set(value)) == 1)


def consistent(context: Context, interaction: Interaction) -> bool:
    """Whether a success is about the resource that was requested, as far as the contract can tell."""
    if interaction.media is None or not interaction.operation.invariants or interaction.json_error:
        return False
    return not any((*schema(context, interaction), *invariants(context, interaction)))
