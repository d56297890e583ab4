"""Generated headers are for operations, not for the HTTP layer in front of them."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import Result
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TENANT = {"name": "X-Tenant", "in": "header", "schema": {"type": "string", "pattern": "^[a-z]+$"}}
RESPONSES = {
    status: {"description": "It.", "content": {"application/json": {"schema": {"type": "object"}}}}
    for status in ("200", "422")
}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Stock", "version": "1"},
        "paths": {"/stock": {"get": {"operationId": "stock", "parameters": [TENANT], "responses": RESPONSES}}},
    }
)


@pytest.fixture
def expecting() -> Iterator[None]:
    """A hook of Schemathesis, as a seed may do it, that puts a header of the HTTP layer into every case."""

    def map_headers(_context: Any, headers: Any) -> Any:
        return {**(headers or {}), "Expect": "flowcontract"}

    schemathesis.hook(map_headers)
    yield
    schemathesis.hooks.unregister(map_headers)


@pytest.mark.usefixtures("expecting")
def test_a_generated_header_that_the_http_layer_rejects_is_not_sent() -> None:
    def serve(request: Request) -> Response:
        if request.method != "GET":
            return Response(405, {}, {"Allow": "GET"})
        if request.header("expect"):
            return Response(417, {})
        tenant = request.header("x-tenant")
        return Response(200 if tenant.isascii() and (tenant.islower() or not tenant) else 422, {})

    with running(serve) as url:
        result = engine.run(CONTRACT, Target.at(url, ""), engine.Options())

    assert "417" not in {str(status) for status, _ in result.statuses}
    assert result.result is not Result.INCONCLUSIVE
