"""Content checks: headers, media type, charset, content coding, strict JSON."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from flowcontract.checks import request_validity
from flowcontract.checks.interaction import LONE_SURROGATE, Context, Interaction, NotStrict, Violation, parse
from flowcontract.checks.probe import Expect
from flowcontract.http.messages import METHODS, SAFE_METHODS
from flowcontract.openapi import parameters
from flowcontract.openapi.model import DocumentedResponse, Header, Operation
from flowcontract.text import one_line

_SINGLE = (
    "content-type", "content-length", "content-encoding", "location", "retry-after", "etag", "last-modified",
    "access-control-allow-origin",
)  # fmt: skip
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_HTTP_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} ")
_GRAMMAR = {
    "ETag": (re.compile(r'(?:W/)?"[^"\s]*"'), "text in double quotes"),
    "Last-Modified": (_HTTP_DATE, "an HTTP date"),
    "Date": (_HTTP_DATE, "an HTTP date"),
    "Set-Cookie": (re.compile(r"[^=;\s]+ *="), "NAME=VALUE"),
}
"""How the values of some headers begin (RFC 9110, RFC 6265), and how a message says so."""
_KEPT_FROM_OTHERS = re.compile(r"\b(?:private|no-store|no-cache|(?:s-maxage|max-age)=0)\b", re.IGNORECASE)
_FOR_ALL = re.compile(r"\b(?:public|s-maxage=[1-9])", re.IGNORECASE)
"""What lets shared caches store a response to a request with Authorization (RFC 9111, section 3.5)."""
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
"""How a body in Zstandard begins (RFC 8878, section 3.1.1)."""
_WITHOUT_CONTENT = (204, 205, 304)
OF_HTTP_LAYER = ("text/html", "text/plain", "")
"""Media types of the errors of HTTP layers and routers."""
"""Statuses of responses without content, whatever their Content-Type (RFC 9110, section 6.4.1)."""


def is_specified(interaction: Interaction) -> bool:
    """Whether the contract specifies headers and content of this response."""
    unspecified = interaction.probe.expect in (Expect.UNSPECIFIED, Expect.METHOD_NOT_ALLOWED)
    if unspecified or interaction.documented is None or interaction.status == 405:
        return False
    return not (is_of_another_route(interaction) or _is_redirect_by_default(interaction))


def _is_redirect_by_default(interaction: Interaction) -> bool:
    """Whether a redirect, as of a router, is documented only by the `default` response, which is that of errors."""
    default = interaction.operation.responses.get("default")
    return 300 <= interaction.status < 400 and interaction.documented is default


def is_of_another_route(interaction: Interaction) -> bool:
    """Whether dots and slashes in an ID led to another route: servers may decode a path before they look it up."""
    if interaction.probe.expect is not Expect.NOT_FOUND:
        return False
    if not any(re.search(r"[/\\]|^\.{1,2}$", value) for value in interaction.probe.values.values()):
        return False
    media = interaction.media
    if interaction.success:
        return media is not None and not media.is_valid(interaction.json)
    # The router's own 404 need not be the operation's.
    return interaction.status == 404 and (media is None or not media.is_valid(interaction.json))


def headers(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Headers that HTTP or the contract requires are present; headers with one value are sent once."""
    pointer, response = interaction.operation.pointer, interaction.response
    for name in _SINGLE:
        values = response.header_values(name)
        if len(values) > 1:
            yield Violation(
                "duplicate-header", f"Expected one {name.title()} header, got {len(values)}.", pointer, name
            )
    documented = tuple(_documented_headers(interaction)) if is_specified(interaction) else ()
    yield from documented
    reported = {violation.group_key.lower() for violation in documented}
    for name, (pattern, expected) in _GRAMMAR.items():
        wrong = [value for value in response.header_values(name) if not pattern.match(value.strip())]
        if wrong and name.lower() not in reported:
            message = f"Expected {expected} in {name}, got {wrong[0][:80]!r}."
            yield Violation("missing-http-header", message, pointer, name.lower())
    yield from _cacheable(interaction)
    yield from _cross_origin(interaction)
    lists_methods = interaction.request.method == "OPTIONS" and interaction.success
    if interaction.status == 405 or (lists_methods and response.header("Allow")):
        yield from _allow(context, interaction)
    if interaction.status == 401 and not response.header("WWW-Authenticate"):
        message = "Expected WWW-Authenticate with 401, got none."
        yield Violation("missing-challenge", message, pointer, "www-authenticate")
    retry_after = response.header("Retry-After")
    if retry_after is not None and not (retry_after.strip().isdecimal() or _HTTP_DATE.match(retry_after)):
        message = f"Expected seconds or a date in Retry-After, got {retry_after!r}."
        yield Violation("missing-http-header", message, pointer, "retry-after")


def _cacheable(interaction: Interaction) -> Iterator[Violation]:
    """No shared cache may give the response to others than its caller."""
    operation, request = interaction.operation, interaction.request
    control, vary = (", ".join(interaction.response.header_values(name)) for name in ("Cache-Control", "Vary"))
    for_caller = interaction.success and request.header("Authorization") and not operation.is_open
    keyed = re.search(r"\bauthorization\b|\*", vary, re.IGNORECASE)
    if for_caller and not keyed and _FOR_ALL.search(control) and not _KEPT_FROM_OTHERS.search(control):
        message = f"Expected a response that caches do not share between callers, got Cache-Control: {control[:80]}."
        yield Violation("cacheable-for-others", message, operation.pointer, "cache-control")


def _cross_origin(interaction: Interaction) -> Iterator[Violation]:
    """No page of any site may read the response with the credentials of a browser's user."""
    operation, response = interaction.operation, interaction.response
    origin = response.header("Access-Control-Allow-Origin")
    # Browsers add cookies and passwords by themselves; a token is the page's own.
    schemes = [scheme for alternative in operation.security for scheme in alternative]
    ambient = any(scheme.location == "cookie" or scheme.scheme == "basic" for scheme in schemes)
    sent = interaction.request.header("Origin")
    made_up = origin is not None and origin == sent and origin.endswith(".invalid")
    if ((made_up and ambient) or origin == "*") and response.header("Access-Control-Allow-Credentials") == "true":
        message = f"Expected no Access-Control-Allow-Credentials for an unknown site, got it for the origin {origin}."
        yield Violation("cross-origin-credentials", message, operation.pointer, "cors")


def _allow(context: Context, interaction: Interaction) -> Iterator[Violation]:
    operation, method = interaction.operation, interaction.request.method
    if method not in METHODS:
        return  # A server that does not know the method need not know the resource.
    documented = operation.responses.get("405")
    pointer = documented.headers["allow"].pointer if documented and "allow" in documented.headers else operation.pointer
    if not interaction.response.header_values("Allow"):
        yield Violation("missing-http-header", "Expected Allow with 405, got none.", pointer, "allow missing")
        return
    allowed = {name.strip() for value in interaction.response.header_values("Allow") for name in value.split(",")}
    path = interaction.request.path
    others = {o.method for o in context.contract.operations.values() if _serves(o, path)}
    # With an ID that is empty, or has a slash, the path is another one, with methods of its own.
    is_own = _serves(operation, path)
    expected = {o.method for o in context.contract.operations.values() if is_own and o.path == operation.path}
    if not expected <= allowed:
        missing = ", ".join(sorted(expected - allowed))
        got = ", ".join(interaction.response.header_values("Allow"))
        message = f'Expected every documented method in Allow, got "{one_line(got, 60)}" without {missing}.'
        # Some frameworks list the methods of one route; a list with none of the documented ones is wrong anywhere.
        rule = "incomplete-allow-header" if expected & allowed else "missing-http-header"
        yield Violation(rule, message, pointer, "allow incomplete")
    elif interaction.status == 405 and method in allowed - others:
        message = f"Expected Allow to leave out {method}, which got 405, but it contains {method}."
        yield Violation("missing-http-header", message, pointer, "allow contradicts")


def _serves(operation: Operation, path: str) -> bool:
    """Whether a path is of an operation: `/flows/me` is of `/flows/{id}` too."""
    template = re.sub(r"\\{[^{}]*\\}", "[^/]+", re.escape(operation.path.rstrip("/")))
    return re.search(f"{template}/?$", path) is not None


def _no_route_matches(interaction: Interaction) -> bool:
    """Whether a path parameter violates its schema: a router that knows its type responds before the operation does."""
    part = request_validity.invalid_part(interaction)
    return part is not None and part.name.startswith("path ")


def _documented_headers(interaction: Interaction) -> Iterator[Violation]:
    assert interaction.documented is not None
    for header in interaction.documented.headers.values():
        text = interaction.response.header(header.name)
        if text is None and header.required:
            message = f"Expected the required header {header.name}, got none."
            yield Violation("invalid-response-header", message, header.pointer, header.name)
        elif text is not None and header.schema:
            for error in header.schemas.errors(header.schema_pointer, _header_value(header, text)):
                message = f"{header.name}: {error.message}."
                yield Violation("invalid-response-header", message, error.pointer, header.name)
                break


def _header_value(header: Header, text: str) -> Any:
    """A header's text as the JSON value that its schema speaks of: a number, a boolean, a list, or the text."""

    def is_valid(value: Any) -> bool:
        return header.schemas.is_valid(header.schema_pointer, value)

    field = parameters.Field(
        header.name, "header", "simple", header.explode, header.schema, header.schemas.resolve, is_valid
    )
    with contextlib.suppress(ValueError):
        if text[:1] in ("{", "[") and not is_valid(text):
            return json.loads(text)  # A document of its own, where `content` should stand in place of `schema`.
    try:
        return parameters.read_field(field, parameters.RawValues(headers=((header.name.lower(), text),)))
    except parameters.StyleError:
        return text


def content_type(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Content-Type is documented for the status, and acceptable to the caller if the contract has an acceptable one.

    HEAD is compared with GET, by a relation.
    """
    documented = interaction.documented
    if not is_specified(interaction) or documented is None or interaction.request.method == "HEAD":
        return
    if interaction.response.cut and not interaction.response.body:
        return
    if "*" in interaction.content_type:
        # RFC 9110, section 8.3: Content-Type is a media type; ranges are for Accept.
        message = f"Expected a media type in Content-Type, got the range {interaction.content_type}."
        yield Violation("undocumented-content-type", message, f"{documented.pointer}/content", interaction.content_type)
        return
    if not documented.media:
        yield from _undescribed_content(interaction, documented)
        return
    media = interaction.media
    accept = interaction.request.header("Accept") or ""
    unwanted = accept and not any(name.partition(";")[0] in accept for name in documented.media)
    excludes_documented = unwanted and not re.search(r"json|\*/\*|application/\*", accept)
    if not interaction.response.body:
        is_text = media is not None and media.name.startswith("text/") and media.is_valid("")
        may_be_empty = is_text or ((interaction.probe.odd or excludes_documented) and not interaction.success)
        if not may_be_empty and interaction.status not in _WITHOUT_CONTENT:
            message = f"Expected a body with {interaction.status}, got none."
            yield Violation("missing-body", message, documented.pointer, f"missing {interaction.status}")
        return
    by_http_layer = interaction.content_type in OF_HTTP_LAYER
    by_router = interaction.probe.odd or (interaction.status == 404 and _no_route_matches(interaction))
    if by_http_layer and by_router and not interaction.success and not context.strict:
        return
    if is_asked_for(interaction) or excludes_documented:
        return  # The caller asked for something else, and got it or an error in any format.
    wants_json = "json" in accept and any(media.is_json for media in documented.media.values())
    if media is None or (wants_json and not interaction.is_json and not media.name.startswith("*")):
        expected = ", ".join(media.name for media in documented.media.values() if media.is_json or not wants_json)
        actual = interaction.content_type or "no Content-Type"
        yield Violation(
            "undocumented-content-type",
            f"Expected {expected} with status {interaction.status}, got {actual}.",
            f"{documented.pointer}/content",
            f"{_kind_of_status(interaction)} {interaction.content_type}",
        )


def _undescribed_content(interaction: Interaction, documented: DocumentedResponse) -> Iterator[Violation]:
    """What a response has whose content the contract does not describe."""
    if documented.is_unspecified:
        return
    # RFC 9110, section 15.3.1: 200 comes with content. Other successes may have nothing to say.
    if interaction.status == 200 and interaction.is_json and not interaction.response.body:
        message = f"Expected no Content-Type with an empty body, got {interaction.content_type}."
        yield Violation("content-type-without-body", message, documented.pointer, "empty")
    if interaction.content and interaction.success:
        message = f"Expected no body with {interaction.status}, because none is documented, got one."
        yield Violation("undocumented-body", message, documented.pointer, f"undocumented {interaction.status}")


def _kind_of_status(interaction: Interaction) -> str:
    """One handler makes the responses to every kind of client error, and one the server errors."""
    return str(interaction.status) if interaction.success else f"{interaction.status // 100}xx"


def is_asked_for(interaction: Interaction) -> bool:
    """Whether the caller named the media type of the response: a page, in response to `Accept: text/html`."""
    accept = interaction.request.header("Accept") or ""
    named = {name.partition(";")[0].strip().lower() for name in accept.split(",")}
    return not interaction.is_json and interaction.content_type in named - {""}


def charset(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """JSON names no charset but UTF-8."""
    match = _CHARSET.search(interaction.response.header("Content-Type") or "")
    if interaction.is_json and match and match[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        message = f"Expected charset UTF-8 for JSON in Content-Type, got {match[1]!r}."
        yield Violation("wrong-charset", message, _content_pointer(interaction), match[1].lower())


def content_encoding(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The content coding is one that the caller accepts, and the body has it."""
    coding = interaction.coding
    if not coding:
        return
    accepted = interaction.request.header("Accept-Encoding")
    pointer = interaction.operation.pointer
    if accepted is None:
        accepted = coding  # Without the header, any coding is acceptable (RFC 9110, section 12.5.3).
    excluded = re.search(rf"{re.escape(coding)}\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", accepted)
    if coding not in accepted or excluded:
        message = f'Expected a Content-Encoding that "Accept-Encoding: {one_line(accepted, 60)}" allows, got {coding}.'
        yield Violation("unexpected-content-encoding", message, pointer, "unasked")
    elif interaction.is_too_large:
        return
    elif interaction.content is None and interaction.response.body and not _is_coded(interaction):
        message = f"Expected a body with Content-Encoding {coding}, got one that cannot be decoded."
        yield Violation("unexpected-content-encoding", message, pointer, "untrue")


def _is_coded(interaction: Interaction) -> bool:
    """Whether a body in a coding that is not decoded here may have it: JSON as it arrived was never coded."""
    if interaction.coding in ("gzip", "x-gzip", "deflate"):
        return False
    if interaction.coding == "zstd":
        return interaction.response.body.startswith(_ZSTANDARD)
    try:
        parse(interaction.response.body)
    except NotStrict:
        return True
    return False


def strict_json(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A response that claims to be JSON is strict JSON."""
    if not interaction.is_json or interaction.content is None or interaction.request.method == "HEAD":
        return
    if interaction.response.cut or not interaction.response.body:
        return  # Whether there should have been a body is said by another rule.
    if interaction.json_error == LONE_SURROGATE and _stores_text(context):
        return
    if interaction.json_error:
        kind = re.sub(r"[^a-z ]", "", interaction.json_error.partition(":")[0].lower())[:40]
        message = f"Expected valid JSON, got a body that {interaction.json_error}."
        yield Violation("invalid-json", message, _content_pointer(interaction), kind)


def _stores_text(context: Context) -> bool:
    """Whether clients can store texts: a server may return half a character that one sent.

    As an escape it is in the grammar of JSON (RFC 8259, section 8.2).
    """
    return any(operation.method not in SAFE_METHODS for operation in context.contract.operations.values())


def _content_pointer(interaction: Interaction) -> str:
    return interaction.media.pointer if interaction.media else interaction.operation.pointer
