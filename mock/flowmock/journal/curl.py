"""An exchange of the journal as a curl command, without credentials."""

import re

from flowcontract.http.curl import curl
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor

VARIABLE = "${FLOWCONTRACT_TOKEN}"
"""Replaces a valid token; the shell fills it in."""
_MARK = re.compile(r"\[token[ +](\w+)\]")
# Headers that curl or the browser set themselves.
_AUTOMATIC = re.compile(r"(?i)host|content-length|connection|accept-encoding|upgrade-insecure-requests|priority|sec-.*")


def command(entry: Entry, redactor: Redactor, origin: str) -> str:
    """The command for one exchange. `origin`: `http://127.0.0.1:8000`."""
    call = entry.call
    redacted = redactor.of(call)
    body = entries.body(call.body, redacted)
    request = Request(
        call.method,
        _filled(entries.target(call, redacted)),
        tuple(
            (name, _filled(value)) for name, value in redacted.headers(call.headers) if not _AUTOMATIC.fullmatch(name)
        ),
        _filled(body["text"]).encode() if body else None,
    )
    return curl(Target(origin, ""), request)


def _filled(text: str) -> str:
    """The text with the variable for a valid token, and an invalid token for an invalid one."""
    return _MARK.sub(lambda mark: "no-such-token" if mark[1] == "invalid" else VARIABLE, text)
