"""An exchange of the journal as a shell line that sends the request again. No credential is in it."""

import re

from flowcontract.http.messages import Request, Target
from flowcontract.http.messages import curl as spoken
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor

VARIABLE = "${FLOWCONTRACT_TOKEN}"
"""Stands where a token stood that was accepted; a shell puts the value in."""
_MARK = re.compile(r"\[token[ +](\w+)\]")
# What curl, or the browser before it, decides for itself.
_OWN = re.compile(r"(?i)host|content-length|connection|accept-encoding|upgrade-insecure-requests|priority|sec-.*")


def line(entry: Entry, redactor: Redactor, origin: str) -> str:
    """The line for one exchange; `origin` is what stands before the paths: `http://127.0.0.1:8000`."""
    call = entry.call
    redacted = redactor.of(call)
    body = entries.body(call.body, redacted)
    request = Request(
        call.method,
        _filled(entries.target(call, redacted)),
        tuple((name, _filled(value)) for name, value in redacted.headers(call.headers) if not _OWN.fullmatch(name)),
        _filled(body["text"]).encode() if body else None,
    )
    return spoken(Target(origin, ""), request)


def _filled(text: str) -> str:
    """The text with the variable where a token stood; one that was refused is to be refused again."""
    return _MARK.sub(lambda mark: "no-such-token" if mark[1] == "refused" else VARIABLE, text)
