"""How the proxy interprets requests: with the mock's routing, validation and redaction."""

from flowcontract.cli.mock_calls import call_of
from flowcontract.http import redaction
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.proxy import CheckedRequest, CheckRequest, with_tokens
from flowmock.application import Mock
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import credentials
from flowmock.messages import Call, Reply

_NO_REPLY = Reply(0, (), b"", "")


def by(mock: Mock, upstream: Target) -> CheckRequest:
    """An interpreter of requests by the contract that a mock serves."""

    def check_request(request: Request) -> CheckedRequest:
        call = call_of(request)
        mock.compiled.locate(call)
        violations = tuple(Entry(0, 0.0, 0.0, call, _NO_REPLY).violations()) if call.operation else ()
        secrets = _secrets(call, request, upstream)
        return CheckedRequest(
            call.operation, call.path_values, tuple(map(secrets.redact, violations)), _clean(request, secrets), secrets
        )

    return check_request


def _secrets(call: Call, request: Request, upstream: Target) -> Target:
    """The upstream with every secret of a request as a token."""
    spelled = [each for value in credentials(call) for each in redaction.encodings(value)]
    return with_tokens(upstream, dict.fromkeys([*spelled, *redaction.of_request(request)]))


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
    """The body without secrets; a body that is not text cannot be searched for them, so only its length is stored."""
    body = request.body or b""
    try:
        if request.header("Content-Encoding"):
            raise ValueError
        return secrets.redact(body.decode("utf-8")).encode()
    except ValueError:
        return f"[{len(body)} bytes]".encode()
