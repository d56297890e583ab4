"""Part of a file for a request with Range is fine; part of a JSON document is not."""

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Files", "version": "1"},
        "paths": {"/file": {"get": {"operationId": "file", "responses": {"200": {"description": "All of it."}}}}},
    }
)


@pytest.mark.parametrize(
    ("status", "media", "asked", "expected"),
    [
        (206, "text/html", True, set()),
        (416, "text/plain", True, set()),
        (206, "application/json", True, {"undocumented-status-code"}),
        (206, "text/html", False, {"undocumented-status-code"}),
    ],
)
def test_part_of_a_response(status: int, media: str, asked: bool, expected: set[str]) -> None:
    request = Request("GET", "/file", (("Range", "bytes=0-1"),) if asked else ())
    response = Response(status, (("Content-Type", media), ("Content-Length", "2")), b"{}", 0.1)
    probe = Probe("header/Range of file", "", "file", request, Expect.SUCCESS)
    interaction = Interaction(probe, CONTRACT.operation("file"), Exchange(request, response))

    found = check_response(Context(CONTRACT, Target.at("http://127.0.0.1:1", "")), interaction, None)

    assert {violation.rule for violation in found} == expected
