"""A request as the mock sees it, without sending it."""

from urllib.parse import parse_qsl, unquote

from flowcontract.http.messages import Request
from flowmock.messages import Call


def call_of(request: Request) -> Call:
    """The mock's call of a request, before routing."""
    path, _, query = request.target.partition("?")
    return Call(
        method=request.method,
        raw_path=path,
        path=unquote(path),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=tuple((name.lower(), value) for name, value in request.headers),
        body=request.body or b"",
    )
