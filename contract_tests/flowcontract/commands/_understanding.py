"""How the proxy reads requests: by the mock's own routes, parameters and redaction."""

from urllib.parse import parse_qsl, unquote

from flowcontract import secrecy, spellings
from flowcontract.exchange import Request, Target
from flowcontract.proxy import Understand, Understood, with_tokens
from flowmock.app import Mock
from flowmock.call import Call, Reply
from flowmock.decision import operation_for
from flowmock.journal import Entry
from flowmock.redaction import credentials

_NO_REPLY = Reply(0, (), b"", "")


def by(mock: Mock, upstream: Target) -> Understand:
    """A reader of requests by the contract that a mock serves."""

    def understand(request: Request) -> Understood:
        path, _, query = request.target.partition("?")
        call = Call(
            method=request.method,
            raw_path=path,
            path=unquote(path),
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=tuple((name.lower(), value) for name, value in request.headers),
            body=request.body or b"",
        )
        found = mock.compiled.routes.find(call.path, call.raw_path)
        if found:
            call.path_values = found[1]
            call.operation = operation_for(found[0], call.method)
            call.caller = mock.tokens.identify(call, found[0].schemes)
        violations = tuple(Entry(0, 0.0, 0.0, call, _NO_REPLY).violations()) if call.operation else ()
        secrets = _secrets(call, request, upstream)
        return Understood(
            call.operation, call.path_values, tuple(map(secrets.redact, violations)), _clean(request, secrets), secrets
        )

    return understand


def _secrets(call: Call, request: Request, upstream: Target) -> Target:
    """The upstream with every secret of a request as a token."""
    spelled = [each for value in credentials(call) for each in spellings.spelled(value)]
    return with_tokens(upstream, dict.fromkeys([*spelled, *secrecy.of_request(request)]))


def _clean(request: Request, secrets: Target) -> Request:
    return Request(
        request.method,
        secrets.redact(request.target),
        tuple(
            (name, "[cookie]" if name.lower() == "cookie" else secrets.redact(value)) for name, value in request.headers
        ),
        _clean_body(request, secrets) if request.body else None,
    )


def _clean_body(request: Request, secrets: Target) -> bytes:
    """The body; what cannot be read cannot be searched for secrets, and is not kept."""
    body = request.body or b""
    try:
        if request.header("Content-Encoding"):
            raise ValueError
        return secrets.redact(body.decode("utf-8")).encode()
    except ValueError:
        return f"[{len(body)} bytes]".encode()
