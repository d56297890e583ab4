"""What a run has asked it does not ask again, unless the repetition is the point."""

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

IDS = [f"shelf-{number}" for number in range(8)]
PAGE = {"name": "page", "in": "query", "schema": {"type": "integer"}}


def _contract(*more: dict[str, object]) -> Contract:
    """A read by ID, with an example of each ID; `more`: further parameters."""
    examples = {value: {"value": value} for value in IDS}
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    responses = {
        "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}},
        "404": {"description": "Not there."},
    }
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "examples": examples}
    operation = {"operationId": "shelf", "parameters": [identifier, *more], "responses": responses}
    info = {"title": "Shelves", "version": "1"}
    paths = {"/shelves/{id}": {"get": operation}}
    return Contract({"openapi": "3.1.0", "info": info, "servers": [{"url": "/v1"}], "paths": paths})


def _serve(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return Response(405, {}, {"Allow": "GET, HEAD"})
    name = request.path.removeprefix("/v1/shelves/")
    return Response(200, {"id": name}) if name in IDS else Response(404)


def _run(contract: Contract, profile: str) -> RunResult:
    named = {"shelf": [{"id": value} for value in IDS]}
    with running(_serve) as url:
        return engine.run(
            contract, Target.at(url, contract.base_path), engine.Options(profile=profile, path_values=named)
        )


def test_a_resource_that_was_read_to_find_it_is_not_read_again_for_the_plan() -> None:
    result = _run(_contract(), "quick")

    targets = [exchange.request.target for exchange in result.exchanges]
    assert result.result is Result.PASSED
    assert targets.count(f"/v1/shelves/{IDS[-1]}") == 1


@pytest.mark.parametrize(
    ("more", "fewest", "most"),
    [pytest.param((), 1, 4, id="the ID alone"), pytest.param((PAGE,), 5, 100, id="a query as well")],
)
def test_cases_of_schemathesis_that_differ_in_a_replaced_id_alone_are_sent_once(
    more: tuple[dict[str, object], ...], fewest: int, most: int
) -> None:
    result = _run(_contract(*more), "full")

    coverage = next(phase for phase in result.phases if phase.phase == "coverage")
    assert fewest <= coverage.requests <= most
