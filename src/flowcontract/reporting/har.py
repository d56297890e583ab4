"""HTTP Archive 1.2 of all exchanges, for browsers and proxies."""

import base64
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from urllib.parse import parse_qsl

import harfile

from flowcontract.checks.findings import RunResult
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.reporting.json_report import encodable
from flowcontract.reporting.view import url
from flowcontract.text import one_line


def render(run_result: RunResult) -> str:
    """The exchanges of a run as a HAR document. Without a response the status is 0, as browsers do it."""
    return archive(run_result.exchanges, run_result.target, began=run_result.started, comment=run_result.headline)


def archive(exchanges: Iterable[Exchange], target: str, *, began: str, comment: str) -> str:
    """Exchanges with the URL `target` as a HAR document. Those never sent have the time `began` (ISO 8601)."""
    file = io.StringIO()
    creator = harfile.Creator(name="flowcontract", version=version("flowcontract"))
    unsent = _time(began)
    with harfile.HarFile.open(file, creator=creator, comment=one_line(comment)) as written:
        for exchange in exchanges:
            start = datetime.fromtimestamp(exchange.sent_at, UTC) if exchange.sent_at else unsent
            elapsed = 1000 * exchange.response.elapsed if exchange.response else 0.0
            written.add_entry(
                startedDateTime=start.isoformat(timespec="milliseconds"),
                time=round(elapsed, 3),
                request=_request(exchange.request, url(target, exchange.request)),
                response=_response(exchange),
                timings=harfile.Timings(send=0, wait=round(elapsed, 3), receive=0),
                comment=one_line(exchange.error) if exchange.error else None,
            )
    return file.getvalue() + "\n"


def _request(request: Request, address: str) -> harfile.Request:
    body = request.body
    return harfile.Request(
        method=one_line(request.method),
        url=address,
        httpVersion="HTTP/1.1",
        headers=_headers(request.headers),
        queryString=[
            harfile.Record(name=one_line(name), value=one_line(value))
            for name, value in parse_qsl(address.partition("?")[2], keep_blank_values=True, errors="backslashreplace")
        ],
        postData=None
        if body is None
        else harfile.PostData(
            mimeType=one_line(request.header("content-type") or ""), text=body.decode("utf-8", "backslashreplace")
        ),
        bodySize=len(body or b""),
    )


def _response(exchange: Exchange) -> harfile.Response:
    response = exchange.response
    if response is None:
        nothing = harfile.Content(size=0, mimeType="x-unknown")
        return harfile.Response(status=0, statusText="", httpVersion="", content=nothing, redirectURL="")
    return harfile.Response(
        status=response.status,
        statusText="",
        httpVersion=f"HTTP/{one_line(response.http_version)}",
        headers=_headers(response.headers),
        content=_content(response),
        redirectURL=one_line(response.header("location") or ""),
        bodySize=len(response.body),
    )


def _content(response: Response) -> harfile.Content:
    media = one_line(response.header("content-type") or "x-unknown")
    try:
        return harfile.Content(size=len(response.body), mimeType=media, text=response.body.decode("utf-8"))
    except UnicodeDecodeError:
        text = base64.b64encode(response.body).decode("ascii")
        return harfile.Content(size=len(response.body), mimeType=media, text=text, encoding="base64")


def _headers(headers: tuple[tuple[str, str], ...]) -> list[harfile.Record]:
    return [harfile.Record(name=encodable(name), value=encodable(value)) for name, value in headers]


def _time(started: str) -> datetime:
    try:
        began = datetime.fromisoformat(started)
    except ValueError:
        began = datetime.fromtimestamp(0, UTC)
    return began if began.tzinfo else began.replace(tzinfo=UTC)
