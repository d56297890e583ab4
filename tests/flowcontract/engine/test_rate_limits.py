"""Servers that want fewer requests: one of a single operation does not hold up the others."""

from collections import Counter
from typing import Any

import pytest
from tests.faulty_servers.crud import messages
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.engine.options import Options
from flowcontract.http.rate_limits import retry_after
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

ANSWER = {"type": "object", "required": ["days"], "properties": {"days": {"type": "integer"}}}
LIMITED = messages.Response(429, {"detail": "Slow down."}, {"Retry-After": "50"})


def _operation(name: str) -> dict[str, Any]:
    days = {"name": "days", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}}
    documented = {"200": {"description": "It.", "content": {"application/json": {"schema": ANSWER}}}}
    documented["422"] = {"description": "Invalid."}
    return {"get": {"operationId": name, "parameters": [days], "responses": documented}}


CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Reports", "version": "1"},
        "paths": {"/plain": _operation("plain"), "/costly": _operation("costly")},
    }
)


class _Reports:
    """Two reports, of which the costly one is served so many times."""

    def __init__(self, served: int) -> None:
        self.served = served
        self.asked: Counter[str] = Counter()

    def __call__(self, request: Any) -> messages.Response:
        path = request.path.removeprefix("/v1")
        self.asked[path] += 1
        if path == "/costly" and self.asked[path] > self.served:
            return LIMITED
        if path not in ("/plain", "/costly"):
            return messages.Response(404, {"detail": "Not found."})
        if request.method not in ("GET", "HEAD"):
            return messages.Response(405, {"detail": "No."}, {"Allow": "GET, HEAD"})
        return messages.Response(200, {"days": 1})


def _run(reports: _Reports, **options: Any) -> RunResult:
    with running(reports) as url:
        return engine.run(CONTRACT, Target.at(url, ""), Options(**options))


@pytest.mark.parametrize("served", [1, 5])
@pytest.mark.parametrize("profile", ["quick", "full"])
def test_an_operation_with_a_limit_of_its_own_holds_up_no_other(served: int, profile: str) -> None:
    reports = _Reports(served)

    got = _run(reports, profile=profile)

    (note,) = (note for note in got.notes if note.startswith("Tested in part: costly"))
    assert "Retry-After: 50 s" in note
    assert "--exclude operation=costly" in note
    assert not any(note.startswith("Waited") for note in got.notes)
    assert got.result is not Result.INCONCLUSIVE
    assert {one.operation for one in got.coverage if one.tested} == {"plain", "costly"}
    assert reports.asked["/costly"] < reports.asked["/plain"] / 2
    assert not any(finding.failure.exchange.response.status == 429 for finding in got.findings)


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "7", 7.0),
        (503, " 0 ", 0.0),
        (503, "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        (429, None, None),
        (429, "soon", None),
        (429, "99999", None),
        (200, "7", None),
    ],
)
def test_a_server_says_when_it_wants_the_next_request(status: int, value: str | None, seconds: float | None) -> None:
    assert retry_after(status, value) == seconds
