"""HTTP Basic in the cases of Schemathesis."""

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Stock", "version": "1"},
        "paths": {"/stock": {"get": {"operationId": "stock", "responses": {"200": {"description": "It."}}}}},
        "security": [{"login": []}],
        "components": {"securitySchemes": {"login": {"type": "http", "scheme": "basic"}}},
    }
)


def test_user_and_password_are_sent_in_utf_8() -> None:
    seen: set[str] = set()

    def serve(request: Request) -> Response:
        if request.header("x-schemathesis-testcaseid"):
            seen.add(request.header("authorization"))
        return Response(200, {})

    with running(serve) as url:
        target = Target.at(url, "", user_password="J\u00fcrgen:pa\u00df\u20ac")
        engine.run(CONTRACT, target, engine.Options())

    assert "Basic SsO8cmdlbjpwYcOf4oKs" in seen
