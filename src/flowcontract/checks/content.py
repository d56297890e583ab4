"""Whether an answer has the form it says: headers, media type, charset, coding, strict JSON."""

import re
from collections.abc import Iterator

from flowcontract.checks.interaction import Answered, Context, Finding, NotStrict, parse
from flowcontract.checks.probe import Expect

_SINGLE = ("content-type", "content-length", "content-encoding", "location", "retry-after")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def owed(answered: Answered) -> bool:
    """Whether the contract says anything of the form of this answer."""
    free = answered.probe.expect in (Expect.FREE, Expect.METHOD)
    return not free and answered.documented is not None and answered.status != 405


def headers(context: Context, answered: Answered) -> Iterator[Finding]:
    """Headers that HTTP or the contract asks for are there; those with one value are sent once."""
    operation, response = answered.operation, answered.response
    for name in _SINGLE:
        values = response.header_values(name)
        if len(values) > 1:
            yield Finding("header-single", f"One {name} was expected; {len(values)} came.", operation.pointer, name)
    if answered.status == 405:
        yield from _allow(context, answered)
    if answered.status == 401 and not response.header("WWW-Authenticate"):
        yield Finding(
            "header-due", "401 comes with WWW-Authenticate; there was none.", operation.pointer, "www-authenticate"
        )
    later = response.header("Retry-After")
    if answered.status == 429 and later is None:
        yield Finding("header-due", "429 comes with Retry-After; there was none.", operation.pointer, "retry-after")
    if later is not None and not (later.strip().isdecimal() or re.match(r"\w{3}, \d\d \w{3} \d{4} ", later)):
        yield Finding(
            "header-due", f"Retry-After is seconds or a date; {later!r} came.", operation.pointer, "retry-after"
        )
    if owed(answered):
        yield from _declared(context, answered)


def _allow(context: Context, answered: Answered) -> Iterator[Finding]:
    operation, method = answered.operation, answered.exchange.request.method
    documented = operation.responses.get("405")
    pointer = documented.headers["allow"].pointer if documented and "allow" in documented.headers else operation.pointer
    if not answered.response.header_values("Allow"):
        yield Finding("header-due", "405 comes with Allow; there was none.", pointer, "allow missing")
        return
    named = {word.strip() for value in answered.response.header_values("Allow") for word in value.split(",")}
    here = {o.method for o in context.contract.operations.values() if o.path == operation.path}
    if not here <= named:
        missing = ", ".join(sorted(here - named))
        yield Finding(
            "header-due", f"Allow names the documented methods; {missing} was missing.", pointer, "allow incomplete"
        )
    elif method in named:
        yield Finding("header-due", f"{method} was refused, and yet Allow names it.", pointer, "allow contradicts")


def _declared(context: Context, answered: Answered) -> Iterator[Finding]:
    assert answered.documented is not None
    for header in answered.documented.headers.values():
        text = answered.response.header(header.name)
        if text is None and header.required:
            yield Finding(
                "header-documented",
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
                yield Finding("header-documented", f"{header.name}: {error.message}.", error.pointer, header.name)
                break


def media_type(_context: Context, answered: Answered) -> Iterator[Finding]:
    """Content-Type is documented for the status, and what was asked for where the contract has it.

    HEAD is judged beside GET, by a relation.
    """
    if not owed(answered) or answered.documented is None or answered.exchange.request.method == "HEAD":
        return
    documented, content_type = answered.documented, answered.content_type
    if not documented.media:
        if answered.content and answered.success:
            yield Finding("body-present", "No content is documented; some came.", documented.pointer, "unexpected")
        return
    if not answered.response.body:
        if not answered.probe.odd:
            yield Finding(
                "body-present", "A body was expected; none came.", documented.pointer, f"missing {answered.status}"
            )
        return
    if answered.probe.odd and not answered.success:
        return
    names = ", ".join(documented.media)
    pointer = f"{documented.pointer}/content"
    wants_json = "json" in (answered.exchange.request.header("Accept") or "") and any(
        m.is_json for m in documented.media.values()
    )
    if answered.media is None or (wants_json and not answered.is_json and not answered.media.name.startswith("*")):
        wanted = "JSON" if wants_json else names
        came = repr(content_type) if content_type else "no Content-Type"
        yield Finding(
            "media-type",
            f"{wanted} was expected with {answered.status}; {came} came.",
            pointer,
            f"{answered.status} {content_type}",
        )


def charset(_context: Context, answered: Answered) -> Iterator[Finding]:
    """JSON names no charset but UTF-8."""
    found = _CHARSET.search(answered.response.header("Content-Type") or "")
    if answered.is_json and found and found[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        pointer = answered.media.pointer if answered.media else answered.operation.pointer
        yield Finding(
            "charset", f"JSON in UTF-8 was expected; the charset named is {found[1]!r}.", pointer, found[1].lower()
        )


def content_encoding(_context: Context, answered: Answered) -> Iterator[Finding]:
    """A coding was asked for, and is the one that was used."""
    if not answered.coding:
        return
    asked = answered.exchange.request.header("Accept-Encoding") or ""
    pointer = answered.operation.pointer
    refused = re.search(rf"{re.escape(answered.coding)}\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", asked)
    if answered.coding not in asked or refused:
        yield Finding("content-encoding", f"No coding was asked for; {answered.coding} came.", pointer, "unasked")
    elif answered.content is None and answered.response.body and _is_untrue(answered):
        yield Finding("content-encoding", f"The body is not {answered.coding}, as the header says.", pointer, "untrue")


def _is_untrue(answered: Answered) -> bool:
    """Whether a body that could not be decoded is not coded as it says: what is JSON as it came was never coded."""
    if answered.coding in ("gzip", "x-gzip", "deflate"):
        return True
    try:
        parse(answered.response.body)
    except NotStrict:
        return False
    return True


def json_strict(_context: Context, answered: Answered) -> Iterator[Finding]:
    """What says that it is JSON is strict JSON."""
    if not answered.is_json or answered.content is None or answered.exchange.request.method == "HEAD":
        return
    if not answered.response.body and answered.probe.expect in (Expect.FREE, Expect.METHOD):
        return
    if answered.json_error:
        pointer = answered.media.pointer if answered.media else answered.operation.pointer
        kind = re.sub(r"[^a-z ]", "", answered.json_error.partition(":")[0].lower())[:40]
        yield Finding("json-strict", f"Strict JSON was expected; {answered.json_error}.", pointer, kind)
