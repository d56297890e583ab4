"""What undocumented methods may be sent to: a server that denies reads may leave writes open to anybody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running
from tests.flowcontract.campaigns.conftest import Here

from flowcontract import engine
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver
from flowcontract.engine.campaigns.plan import Settings
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

SEATS = {"a1": {"id": "a1"}, "b2": {"id": "b2"}}
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")


def _contract() -> Contract:
    seat: Any = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}

    def reads(schema: Any, *errors: str) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        responses: dict[str, Any] = {status: {"description": "Denied or unknown."} for status in ("401", *errors)}
        return {"responses": {"200": {"description": "Found.", "content": content}, **responses}}

    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Seats", "version": "1"},
            "servers": [{"url": "/v1"}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
            "paths": {
                "/seats": {"get": reads({"type": "array", "items": seat})},
                "/seats/{id}": {"parameters": [identity], "get": reads(seat, "404")},
            },
        }
    )


CONTRACT = _contract()


@dataclass
class Seats:
    """Reads need a token. `write` does what other methods ask for; without it, there are none."""

    write: Callable[["Seats", Request, str], Response] | None = None
    rows: dict[str, Any] = field(default_factory=lambda: dict(SEATS))
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.asked.append((request.method, request.path))
        collection, _, name = request.path.removeprefix("/v1/").partition("/")
        if collection != "seats":
            return Response(404)
        override = next((request.header(each) for each in OVERRIDES if request.header(each)), "")
        method = override or dict(request.query).get("_method") or request.method
        if self.write is not None and method in ("POST", "PUT", "PATCH", "DELETE"):
            return self.write(self, request.but(method=method), name)
        if request.method not in ("GET", "HEAD"):
            return Response(405, headers={"Allow": "GET, HEAD"})
        if request.header("authorization") != "Bearer a-token":
            return Response(401, headers={"WWW-Authenticate": "Bearer"})
        if not name:
            return Response(200, list(self.rows.values()))
        return Response(200, self.rows[name]) if name in self.rows else Response(404)

    def unsafe(self) -> set[tuple[str, str]]:
        return {(method, path) for method, path in self.asked if method in ("POST", "PUT", "PATCH", "DELETE")}


def obeys(seats: Seats, request: Request, name: str) -> Response:
    """Whatever anybody asks for, to the collection as well; PUT creates what is missing."""
    if request.method in ("POST", "PUT"):
        seats.rows[name or "new"] = {"id": name or "new"}
        return Response(201, {"id": name or "new"})
    if name and name not in seats.rows:
        return Response(404)
    if request.method == "DELETE" and name:
        del seats.rows[name]
    else:
        seats.rows.clear()
    return Response(204)


def deletes_known_ones(_: Seats, request: Request, name: str) -> Response:
    """A DELETE is not looked at further where it finds something."""
    return Response(204 if request.method == "DELETE" and name in SEATS else 401)


def _gate(seats: Seats, **options: Any) -> Any:
    with running(seats) as url:
        target = Target.at(url, CONTRACT.base_path, token="a-token")
        return engine.run(CONTRACT, target, engine.Options(profile="quick", time_limit=30, **options))


def test_a_gate_leaves_data_as_it_was_where_writes_are_open_to_anybody() -> None:
    seats = Seats(obeys)

    result = _gate(seats)

    assert seats.rows == SEATS
    assert ("DELETE", "/v1/seats/a1") not in seats.asked
    assert any(one.failure.exchange.request.method == "DELETE" for one in result.findings)


def _fuzz(database: Database, url: str) -> None:
    target = Target.at(url, CONTRACT.base_path, token="a-token")
    prepared = session.begin(database, CONTRACT, target, Settings())
    Driver(database, prepared.campaign, prepared.plan, Here(), Budget(cases=500)).run()


def test_a_campaign_leaves_data_as_it_was_where_writes_are_open_to_anybody(tmp_path: Path) -> None:
    seats = Seats(obeys)

    with running(seats) as url, Database(tmp_path / "campaign.db") as database:
        _fuzz(database, url)

    assert seats.rows == SEATS


def test_failures_of_an_earlier_campaign_are_sent_again_only_where_they_change_nothing(tmp_path: Path) -> None:
    seats = Seats(deletes_known_ones)

    with running(seats) as url, Database(tmp_path / "campaign.db") as database:
        _fuzz(database, url)
        rules = {key.partition("|")[0] for key in database.groups(database.campaigns()[0])}
        seats.write = obeys
        _fuzz(database, url)

    assert "missing-authorization-check" in rules, "a GET with an override of its method deletes"
    assert seats.rows == SEATS


def test_a_known_resource_gets_every_method_that_is_denied_for_an_unknown_one() -> None:
    seats = Seats()

    result = _gate(seats)

    assert {method for method, path in seats.unsafe() if path == "/v1/seats/a1"} == {"POST", "PUT", "PATCH", "DELETE"}
    assert not [one for one in result.findings if "method" in one.rule]


def test_a_collection_gets_no_method_that_might_create_something() -> None:
    seats = Seats()

    _gate(seats)

    assert not [path for _, path in seats.unsafe() if path == "/v1/seats"]


def test_a_method_that_is_served_for_known_resources_alone_is_found() -> None:
    seats = Seats(deletes_known_ones)

    result = _gate(seats)

    (finding,) = (one for one in result.findings if one.rule == "undocumented-method-accepted")
    assert finding.failure.exchange.request.target == "/v1/seats/a1"
