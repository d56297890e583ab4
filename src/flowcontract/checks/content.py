"""Whether an answer has the form it says: headers, media type, charset, coding, strict JSON."""

import re
from collections.abc import Iterator

from flowcontract.checks.interaction import Context, Interaction, NotStrict, Violation, parse
from flowcontract.checks.probe import Expect

_SINGLE = ("content-type", "content-length", "content-encoding", "location", "retry-after")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def owed(interaction: Interaction) -> bool:
    """Whether the contract says anything of the form of this answer."""
    free = interaction.probe.expect in (Expect.FREE, Expect.METHOD)
    return not free and interaction.documented is not None and interaction.status != 405


def headers(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Headers that HTTP or the contract asks for are there; those with one value are sent once."""
    operation, response = interaction.operation, interaction.response
    for name in _SINGLE:
        values = response.header_values(name)
        if len(values) > 1:
            yield Violation(
                "duplicate-header", f"One {name} was expected; {len(values)} came.", operation.pointer, name
            )
    if interaction.status == 405:
        yield from _allow(context, interaction)
    if interaction.status == 401 and not response.header("WWW-Authenticate"):
        yield Violation(
            "missing-http-header",
            "401 comes with WWW-Authenticate; there was none.",
            operation.pointer,
            "www-authenticate",
        )
    later = response.header("Retry-After")
    if interaction.status == 429 and later is None:
        yield Violation(
            "missing-http-header", "429 comes with Retry-After; there was none.", operation.pointer, "retry-after"
        )
    if later is not None and not (later.strip().isdecimal() or re.match(r"\w{3}, \d\d \w{3} \d{4} ", later)):
        yield Violation(
            "missing-http-header",
            f"Retry-After is seconds or a date; {later!r} came.",
            operation.pointer,
            "retry-after",
        )
    if owed(interaction):
        yield from _declared(context, interaction)


def _allow(context: Context, interaction: Interaction) -> Iterator[Violation]:
    operation, method = interaction.operation, interaction.exchange.request.method
    documented = operation.responses.get("405")
    pointer = documented.headers["allow"].pointer if documented and "allow" in documented.headers else operation.pointer
    if not interaction.response.header_values("Allow"):
        yield Violation("missing-http-header", "405 comes with Allow; there was none.", pointer, "allow missing")
        return
    named = {word.strip() for value in interaction.response.header_values("Allow") for word in value.split(",")}
    here = {o.method for o in context.contract.operations.values() if o.path == operation.path}
    if not here <= named:
        missing = ", ".join(sorted(here - named))
        yield Violation(
            "missing-http-header",
            f"Allow names the documented methods; {missing} was missing.",
            pointer,
            "allow incomplete",
        )
    elif method in named:
        yield Violation(
            "missing-http-header", f"{method} was refused, and yet Allow names it.", pointer, "allow contradicts"
        )


def _declared(context: Context, interaction: Interaction) -> Iterator[Violation]:
    assert interaction.documented is not None
    for header in interaction.documented.headers.values():
        text = interaction.response.header(header.name)
        if text is None and header.required:
            yield Violation(
                "invalid-response-header",
                f"The header {header.name} is required; there was none.",
                header.pointer,
                header.name,
            )
        elif text is not None and header.schema:
            kind = context.contract.resolve(header.schema).get("type")
            value: object = text
            if kind in ("integer", "number") and re.fullmatch(r"-?\d+", text):
                value = int(text)
            for error in context.contract.schemas.errors(f"{header.pointer}/schema", value):
                yield Violation(
                    "invalid-response-header", f"{header.name}: {error.message}.", error.pointer, header.name
                )
                break


def media_type(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Content-Type is documented for the status, and what was asked for where the contract has it.

    HEAD is judged beside GET, by a relation.
    """
    if not owed(interaction) or interaction.documented is None or interaction.exchange.request.method == "HEAD":
        return
    documented, content_type = interaction.documented, interaction.content_type
    if not documented.media:
        if interaction.content and interaction.success:
            yield Violation("unexpected-body", "No content is documented; some came.", documented.pointer, "unexpected")
        return
    if not interaction.response.body:
        if not interaction.probe.odd:
            yield Violation(
                "unexpected-body",
                "A body was expected; none came.",
                documented.pointer,
                f"missing {interaction.status}",
            )
        return
    if interaction.probe.odd and not interaction.success:
        return
    names = ", ".join(documented.media)
    pointer = f"{documented.pointer}/content"
    wants_json = "json" in (interaction.exchange.request.header("Accept") or "") and any(
        m.is_json for m in documented.media.values()
    )
    if interaction.media is None or (
        wants_json and not interaction.is_json and not interaction.media.name.startswith("*")
    ):
        wanted = "JSON" if wants_json else names
        came = repr(content_type) if content_type else "no Content-Type"
        yield Violation(
            "undocumented-content-type",
            f"{wanted} was expected with {interaction.status}; {came} came.",
            pointer,
            f"{interaction.status} {content_type}",
        )


def charset(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """JSON names no charset but UTF-8."""
    found = _CHARSET.search(interaction.response.header("Content-Type") or "")
    if interaction.is_json and found and found[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        pointer = interaction.media.pointer if interaction.media else interaction.operation.pointer
        yield Violation(
            "wrong-charset",
            f"JSON in UTF-8 was expected; the charset named is {found[1]!r}.",
            pointer,
            found[1].lower(),
        )


def content_encoding(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A coding was asked for, and is the one that was used."""
    if not interaction.coding:
        return
    asked = interaction.exchange.request.header("Accept-Encoding") or ""
    pointer = interaction.operation.pointer
    refused = re.search(rf"{re.escape(interaction.coding)}\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", asked)
    if interaction.coding not in asked or refused:
        yield Violation(
            "unexpected-content-encoding", f"No coding was asked for; {interaction.coding} came.", pointer, "unasked"
        )
    elif interaction.content is None and interaction.response.body and _is_untrue(interaction):
        yield Violation(
            "unexpected-content-encoding",
            f"The body is not {interaction.coding}, as the header says.",
            pointer,
            "untrue",
        )


def _is_untrue(interaction: Interaction) -> bool:
    """Whether a body that could not be decoded is not coded as it says: what is JSON as it came was never coded."""
    if interaction.coding in ("gzip", "x-gzip", "deflate"):
        return True
    try:
        parse(interaction.response.body)
    except NotStrict:
        return False
    return True


def json_strict(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """What says that it is JSON is strict JSON."""
    if not interaction.is_json or interaction.content is None or interaction.exchange.request.method == "HEAD":
        return
    if not interaction.response.body and interaction.probe.expect in (Expect.FREE, Expect.METHOD):
        return
    if interaction.json_error:
        pointer = interaction.media.pointer if interaction.media else interaction.operation.pointer
        kind = re.sub(r"[^a-z ]", "", interaction.json_error.partition(":")[0].lower())[:40]
        yield Violation("invalid-json", f"Strict JSON was expected; {interaction.json_error}.", pointer, kind)
