"""Checks of times: the instant that a request names is the one that the response shows (RFC 3339, section 4.1)."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.http.messages import json_or_none
from flowcontract.openapi import media_types, pointers

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)")
"""A date and time; the offset is one that exists (RFC 3339, section 5.6)."""
_ZONE = timezone(timedelta(hours=2))


def same_instants(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A time with an offset that the response shows by the same clock has the same offset.

    Otherwise the offset was dropped. How the instant is written is up to the server, and so is another time.
    """
    request, documented = interaction.request, interaction.documented
    sent = json_or_none(request.body) if request.method in ("POST", "PUT", "PATCH") else None
    if documented is None or not (isinstance(sent, Mapping) and interaction.success and interaction.is_json):
        return
    shown = interaction.json
    inner = list(shown.values()) if isinstance(shown, Mapping) else []
    if len(inner) == 1 and isinstance(inner[0], Mapping):
        shown = inner[0]
    for name in times(interaction, sent) if isinstance(shown, Mapping) else ():
        value, got = sent[name], shown.get(name)
        if _is_dropped(value, got):
            yield Violation(
                "stored-value-differs",
                f"Expected the instant that was sent as {name} ({value}), got {got}: the offset is lost.",
                documented.pointer,
                f"offset of {name}",
                expected={name: value},
                actual={name: got},
                part=pointers.join(name),
            )


def times(interaction: Interaction, body: Mapping[str, Any]) -> Iterator[str]:
    """The members of a JSON body that are documented as `date-time`, and have a time."""
    content_type = interaction.request.header("Content-Type") or ""
    media = interaction.operation.request_media.get(
        media_types.best_match(content_type, interaction.operation.request_media) or ""
    )
    for name, value in body.items():
        member = media.member(name) if media is not None and media.is_json else None
        schema = member.schemas.resolve(member.schema) if member is not None else {}
        if schema.get("format") == "date-time" and isinstance(value, str) and _TIME.fullmatch(value):
            yield name


def in_other_zone(text: str) -> str:
    """The instant of a time in UTC, written with an offset; any other time as it is."""
    if not text.upper().endswith("Z"):
        return text
    try:
        return datetime.fromisoformat(text.upper()).astimezone(_ZONE).isoformat()
    except (ValueError, OverflowError):  # A leap second, for example, or the last day of the calendar.
        return text


def _is_dropped(sent: str, got: Any) -> bool:
    before, after = _TIME.fullmatch(sent), _TIME.fullmatch(got) if isinstance(got, str) else None
    if before is None or after is None or before.group(1, 2) != after.group(1, 2):
        return False
    offsets = [datetime.fromisoformat(f"2000-01-01T00:00:00{each[3].upper()}").utcoffset() for each in (before, after)]
    return offsets[0] != offsets[1]
