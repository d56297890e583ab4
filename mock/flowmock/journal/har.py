"""The journal as HAR 1.2, without credentials."""

import base64
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import harfile

from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redacted, Redactor


def export(entries: Iterable[Entry], redactor: Redactor, origin: str) -> str:
    """A HAR document of exchanges. `origin`: `http://127.0.0.1:8000`."""
    out = io.StringIO()
    creator = harfile.Creator(name="flowcontract", version=version("flowcontract"))
    with harfile.HarFile.open(out, creator=creator) as har:
        for entry in entries:
            _add(har, entry, redactor, origin)
    return out.getvalue()


def _add(har: Any, entry: Entry, redactor: Redactor, origin: str) -> None:
    call, reply = entry.call, entry.reply
    redacted = redactor.of(call)
    request_headers = redacted.headers(call.headers)
    response_headers = redacted.headers(reply.headers)
    request_body = entries.body(call.body, redacted)
    response_body = entries.body(reply.body, redacted)
    milliseconds = entry.seconds * 1000
    har.add_entry(
        startedDateTime=datetime.fromtimestamp(entry.began, UTC).isoformat(timespec="milliseconds"),
        time=milliseconds,
        request=harfile.Request(
            method=call.method,
            url=origin + entries.target(call, redacted),
            httpVersion="HTTP/1.1",
            headers=list(_records(request_headers)),
            queryString=list(_records(redacted.query())),
            headersSize=-1,
            bodySize=len(call.body),
            postData=harfile.PostData(mimeType=_first(request_headers, "content-type"), text=request_body["text"])
            if request_body
            else None,
        ),
        response=harfile.Response(
            status=reply.status,
            statusText=_phrase(reply.status),
            httpVersion="HTTP/1.1",
            headers=list(_records(response_headers)),
            content=_content(reply.body, response_body, _first(response_headers, "content-type"), redacted),
            redirectURL=_first(response_headers, "location"),
            headersSize=-1,
            bodySize=len(reply.body),
        ),
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
        comment=f"{redacted.value(reply.rule)}{f', fault {reply.fault}' if reply.fault else ''}",
    )


def _content(body: bytes, shown: dict[str, Any] | None, media: str, redacted: Redacted) -> Any:
    """The body of a response: text, else base64, unless it is too long or has a credential. `shown`: it as text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        characters = body.decode("latin-1")
        if shown and not shown["cut"] and redacted.value(characters) == characters:
            text = base64.b64encode(body).decode()
            return harfile.Content(size=len(body), mimeType=media, text=text, encoding="base64")
    return harfile.Content(size=len(body), mimeType=media, text=shown["text"] if shown else "")


def _records(pairs: Iterable[tuple[str, str]]) -> Iterator[Any]:
    return (harfile.Record(name=name, value=value) for name, value in pairs)


def _first(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
