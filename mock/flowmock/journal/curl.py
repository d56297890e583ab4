"""An exchange of the journal as a curl command, without credentials."""

import base64
import re

from flowcontract.http.curl import curl
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor
from flowmock.messages import Call

VARIABLE = "${FLOWCONTRACT_TOKEN}"
"""Replaces a token of the mock in text that can be copied; the shell fills it in."""
_ANY = "any-token"
"""Replaces a token where any will do."""
_MARK = re.compile(r"(?P<basic>Basic )?\[token[ +](?P<role>\w+)\]", re.IGNORECASE)
# Headers that curl or the browser set themselves.
_AUTOMATIC = re.compile(r"(?i)host|content-length|connection|accept-encoding|upgrade-insecure-requests|priority|sec-.*")


def command(entry: Entry, redactor: Redactor, origin: str) -> str:
    """The command for one exchange. `origin`: `http://127.0.0.1:8000`."""

    def filled(text: str) -> str:
        return _MARK.sub(lambda mark: _credential(mark, any_token=redactor.takes_any_token), text)

    call = entry.call
    redacted = redactor.of(call)
    body = entries.body(call.body, redacted)
    request = Request(
        call.method,
        filled(entries.target(call, redacted)).replace(" ", "%20"),
        tuple(
            (name, filled(_with_marked_cookies(value, call) if name == "cookie" else value))
            for name, value in redacted.headers(call.headers)
            if not _AUTOMATIC.fullmatch(name)
        ),
        filled(body["text"]).encode() if body else None,
    )
    return curl(Target(origin, ""), request)


def _with_marked_cookies(value: str, call: Call) -> str:
    """Redacted cookies, those that carry a token marked as such."""
    for scheme in (each for alternative in call.operation.security for each in alternative) if call.operation else ():
        if scheme.kind == "apiKey" and scheme.location == "cookie":
            value = value.replace(f"{scheme.parameter}=[cookie]", f"{scheme.parameter}=[token {call.caller.role}]")
    return value


def basic(token: str) -> str:
    """A token as HTTP Basic sends it."""
    return base64.b64encode(f"user:{token}".encode()).decode()


def _credential(mark: re.Match[str], *, any_token: bool) -> str:
    """What stands for a redacted credential: what is valid stays valid, what is invalid stays invalid."""
    scheme = mark["basic"] or ""
    if mark["role"] == "invalid":
        return scheme + ("not a token" if any_token else "no-such-token")
    if any_token:
        return scheme + (basic(_ANY) if scheme else _ANY)
    return scheme + VARIABLE
