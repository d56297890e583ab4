"""How the proxy interprets requests: with the mock's routing, validation and redaction."""

from flowcontract.cli.mock_calls import call_of
from flowcontract.http import secret_detection
from flowcontract.http.credential_redaction import Literals
from flowcontract.http.messages import Request
from flowcontract.proxy import CheckedRequest, CheckRequest
from flowmock.application import Mock
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import credentials
from flowmock.messages import Call, Reply

_NO_REPLY = Reply(0, (), b"", "")


def by(mock: Mock) -> CheckRequest:
    """An interpreter of requests by the contract that a mock serves."""

    def check_request(request: Request) -> CheckedRequest:
        call = call_of(request)
        mock.compiled.locate(call)
        violations = tuple(Entry(0, 0.0, 0.0, call, _NO_REPLY).violations) if call.operation else ()
        secrets = _secrets(call, request)
        return CheckedRequest(
            call.operation, call.path_values, tuple(map(secrets.text, violations)), _clean(request, secrets), secrets
        )

    return check_request


def _secrets(call: Call, request: Request) -> Literals:
    """Every secret of a request."""
    return Literals(secret_detection.of_request(request), credentials(call))


def _clean(request: Request, secrets: Literals) -> Request:
    return Request(
        request.method,
        secrets.text(request.target),
        tuple(
            (name, "[cookie]" if name.lower() == "cookie" else secrets.text(value)) for name, value in request.headers
        ),
        _clean_body(request, secrets) if request.body else None,
    )


def _clean_body(request: Request, secrets: Literals) -> bytes:
    """The body without secrets; a body that is not text cannot be searched for them, so only its length is stored."""
    body = request.body or b""
    try:
        if request.header("Content-Encoding"):
            raise ValueError
        return secrets.text(body.decode("utf-8")).encode()
    except ValueError:
        return f"[{len(body)} bytes]".encode()
