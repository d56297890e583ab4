"""Answers that HTTP derives from the plain one: it was not modified, or a condition does not hold.

Only a server that gave validators may answer so (RFC 9110, section 13).
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from flowcontract.checks.interaction import Interaction


def follows(interaction: Interaction, base: Interaction) -> bool:
    """Whether an answer is what HTTP makes of the plain answer for the conditions that its request added.

    Entity tags that match are no matter here: no probe names a tag that a server gave.
    """
    asked, plain = interaction.exchange.request, base.response
    modified = _date(plain.header("Last-Modified"))
    if interaction.status == 304:
        since = _date(asked.header("If-Modified-Since"))
        return since is not None and modified is not None and modified <= since
    if interaction.status == 412:
        since = _date(asked.header("If-Unmodified-Since"))
        tagged = asked.header("If-Match") is not None and plain.header("ETag") is not None
        return tagged or (since is not None and modified is not None and modified > since)
    return False


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
