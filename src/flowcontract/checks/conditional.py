"""Responses that HTTP derives from the plain one: not modified, a precondition that failed, a part of a file.

Only a server that sent validators may respond to preconditions so (RFC 9110, section 13).
"""

from flowcontract.checks.interaction import Interaction
from flowcontract.http.dates import http_date


def is_conditional_response(interaction: Interaction, base: Interaction) -> bool:
    """Whether HTTP turns the plain response into this one for the preconditions or the range that the request added.

    Matching entity tags do not matter: no probe sends a tag that the server gave.
    """
    request, plain = interaction.request, base.response
    modified = http_date(plain.header("Last-Modified"))
    if interaction.status == 304:
        since = http_date(request.header("If-Modified-Since"))
        return since is not None and modified is not None and modified <= since
    if interaction.status == 412:
        since = http_date(request.header("If-Unmodified-Since"))
        tagged = request.header("If-Match") is not None and plain.header("ETag") is not None
        return tagged or (since is not None and modified is not None and modified > since)
    asked = request.header("Range") or ""
    if interaction.status == 206:
        return bool(asked) and not interaction.is_json and interaction.response.body in plain.body
    return interaction.status == 416 and bool(asked) and not asked.startswith("bytes=0-")
