"""What a server says that wants fewer requests."""

from datetime import UTC, datetime

from flowcontract.http.dates import http_date

STATUSES = (429, 503)
"""Statuses with which a server asks for fewer requests (RFC 6585, section 4; RFC 9110, section 15.6.4)."""


def retry_after(status: int, value: str | None) -> float | None:
    """Seconds after which a server wants the next request; None if it does not say so. `value`: its Retry-After."""
    text = (value or "").strip()
    if status not in STATUSES or not text:
        return None
    if text.isdecimal() and len(text) < 5:
        return float(text)
    at = http_date(text)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())
