"""Which operation gets which probes."""

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

SIZES = {"/v1/health": 1, "/v1/settings": 1000, "/v1/version": 2}


def _contract() -> Contract:
    responses = {"200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "array"}}}}}
    paths = {path.removeprefix("/v1"): {"get": {"responses": responses}} for path in SIZES}
    info = {"title": "Status", "version": "1"}
    return Contract({"openapi": "3.1.0", "info": info, "servers": [{"url": "/v1"}], "paths": paths})


def _serve(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return Response(405, {}, {"Allow": "GET, HEAD"})
    return Response(200, list(range(SIZES[request.path]))) if request.path in SIZES else Response(404)


def test_refused_content_codings_are_sent_where_the_response_is_long_enough_to_be_compressed() -> None:
    contract = _contract()

    with running(_serve) as url:
        result = engine.run(contract, Target.at(url, contract.base_path), engine.Options(profile="quick"))

    requests = [exchange.request for exchange in result.exchanges]
    refusing = [each.target for each in requests if each.header("Accept-Encoding") == "identity, gzip;q=0"]
    assert "/v1/settings" in refusing
    assert "/v1/version" not in refusing


def test_an_operation_that_handles_headers_in_a_way_of_its_own_is_found_among_others_like_it() -> None:
    contract = _contract()

    def serve(request: Request) -> Response:
        fails = request.path == "/v1/version" and request.header("accept") == "application/xml"
        return Response(500, {}) if fails else _serve(request)

    with running(serve) as url:
        result = engine.run(contract, Target.at(url, contract.base_path), engine.Options(profile="quick"))

    (finding,) = (one for one in result.findings if one.rule == "server-error")
    assert finding.failure.endpoint == "GET /version"
