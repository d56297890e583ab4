"""Generated writes reach the validation of their body: a precondition by chance would fail first."""

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

IF_MATCH = {"name": "If-Match", "in": "header", "schema": {"type": "string", "maxLength": 20}}
BODY = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 8}}}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/settings": {
                "put": {
                    "operationId": "change",
                    "parameters": [IF_MATCH],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
                    "responses": {status: {"description": "It."} for status in ("204", "400", "412")},
                }
            }
        },
    }
)


def test_invalid_bodies_are_sent_without_a_precondition_that_fails_first() -> None:
    def serve(request: Request) -> Response:
        if request.method != "PUT":
            return Response(405, {}, {"Allow": "PUT"})
        return Response(412 if request.header("if-match") else 204)

    with running(serve) as url:
        options = engine.Options(allow_unsafe=True, operations=("change",))
        result = engine.run(CONTRACT, Target.at(url, ""), options)

    found = {finding.rule: finding.failure.message for finding in result.findings}
    assert "got 204" in found["invalid-input-accepted"]
    assert all("412" not in message for message in found.values())
