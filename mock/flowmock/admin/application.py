"""The admin API under `/__mock__/`: journal, scenarios, verification, metrics, console.

Pages of other machines get the names of scenarios and releases, and whether the mock is well. What changes something or
reveals more is limited to local pages and non-browser clients; see `endpoints.trusted_only`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from flowcontract.errors import FlowContractError
from flowcontract.openapi import documents
from flowmock import faults, releases
from flowmock.admin import endpoints, verify
from flowmock.admin.endpoints import READER, Trusted, json_response
from flowmock.journal import curl, entries, har, metrics
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor
from flowmock.scenarios import from_exchange
from flowmock.scenarios.active import Activation, ActiveScenario, is_defined_at_run_time
from flowmock.scenarios.definitions import ResponseOverride

if TYPE_CHECKING:
    from flowmock.application import Mock

_KEEPALIVE = 15.0
"""Seconds without an exchange after which a stream sends a comment, so that dead connections are noticed."""


def app(mock: "Mock", pages: "Callable[[Mock, Trusted], list[Route]]") -> Starlette:
    """The ASGI application; paths are those after `/__mock__`. `pages`: the routes of the console."""
    api = _AdminAPI(mock)
    trusted = endpoints.trusted_only(mock.settings.host)
    routes = [
        *pages(mock, trusted),
        Route("/health", api.health),
        Route("/exchanges", trusted(api.exchanges), methods=["GET"]),
        Route("/exchanges", trusted(api.clear_journal), methods=["DELETE"]),
        Route("/exchanges.har", trusted(api.har)),
        Route("/exchanges/stream", trusted(api.stream)),
        Route("/exchanges/{number:int}", trusted(api.exchange)),
        Route("/exchanges/{number:int}/replay", trusted(api.replay), methods=["POST"]),
        Route("/exchanges/{number:int}/scenario", trusted(api.scenario_of_exchange)),
        Route("/verify", trusted(api.verify), methods=["POST"]),
        Route("/scenarios", api.scenarios),
        Route("/scenarios/active", api.active_scenarios, methods=["GET"]),
        Route("/scenarios/active", trusted(api.activate), methods=["PUT"]),
        Route("/scenarios/active", trusted(api.deactivate), methods=["DELETE"]),
        Route("/scenarios.yaml", trusted(api.scenario_file)),
        Route("/scenarios/{name}", trusted(api.scenario), methods=["GET"]),
        Route("/scenarios/{name}", trusted(api.define), methods=["PUT"]),
        Route("/scenarios/{name}", trusted(api.drop), methods=["DELETE"]),
        Route("/releases", api.releases),
        Route("/release", trusted(api.switch_release), methods=["PUT"]),
        Route("/reset", trusted(api.reset), methods=["POST"]),
        Route("/metrics", trusted(api.metrics, any_host=True)),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origin_regex=".*",
        allow_credentials=True,
        allow_methods=["GET", "PUT", "POST", "DELETE"],
        allow_headers=["*"],
        allow_private_network=True,
    )
    return Starlette(
        routes=routes,
        middleware=[cors] if mock.settings.cors else [],
        exception_handlers={FlowContractError: endpoints.bad_request, HTTPException: endpoints.http_error},
    )


class _AdminAPI:
    """The endpoints of one mock."""

    def __init__(self, mock: "Mock") -> None:
        self.mock = mock
        self.redactor = Redactor(mock.tokens.known)

    async def health(self, _request: Request) -> Response:
        """`stale`: why a changed contract is not served; the last valid version is."""
        mock = self.mock
        contracts = [
            {
                "title": contract.title,
                "version": contract.version,
                "base_path": contract.base_path,
                "operations": len(contract.operations),
            }
            for contract in mock.compiled.contracts
        ]
        stale = mock.freshness.error
        return json_response(
            {
                "status": "stale" if stale else "ok",
                "stale": stale or None,
                "contracts": contracts,
                "tokens": "listed" if mock.tokens.known else "any",
                "path_values": "listed" if mock.settings.param else "any",
                "exchanges": mock.journal.recorded,
            }
        )

    async def exchanges(self, request: Request) -> Response:
        selected = self._entries(request)
        journal = self.mock.journal
        return json_response(
            {
                "recorded": journal.recorded,
                "stored": len(journal),
                "limit": journal.limit,
                "exchanges": [entries.as_json(entry, self.redactor) for entry in selected],
            }
        )

    def _entries(self, request: Request) -> list[Entry]:
        """The newest `limit` exchanges that match the query, oldest first."""
        query = request.query_params
        known = ("operation", "method", "session", "status", "since", "limit")
        READER.mapping(dict(query), "", known)
        named = {name: query.getlist(name) for name in ("operation", "method", "session", "status") if name in query}
        since = endpoints.number(query.get("since", "0"), "since")
        limit = endpoints.number(query.get("limit", "100"), "limit")
        expected = verify.read({**named, "since": since}, self.mock.compiled.contracts, "the request")
        selected = self.mock.journal.entries(lambda entry: not expected.difference(entry), since=since)
        return selected[-limit:] if limit else []

    async def exchange(self, request: Request) -> Response:
        return self._whole(self._entry(request), request)

    def _whole(self, entry: Entry, request: Request) -> Response:
        shown = entries.as_json(entry, self.redactor)
        return json_response(shown | {"curl": curl.command(entry, self.redactor, endpoints.origin(request))})

    def _entry(self, request: Request) -> Entry:
        number = request.path_params["number"]
        for entry in self.mock.journal.entries(since=number - 1):
            if entry.number == number:
                return entry
        raise HTTPException(404, f"Exchange {number} is not in the journal.")

    async def replay(self, request: Request) -> Response:
        """Serve the call of an exchange again; the exchange that this makes."""
        entry, recorded = self._entry(request), self.mock.journal.recorded
        await self.mock.replay(entry.call)
        later = self.mock.journal.entries(lambda each: each.call.raw_path == entry.call.raw_path, since=recorded)
        if not later:
            raise HTTPException(409, "The journal keeps no exchanges (--journal 0).")
        return self._whole(later[-1], request)

    async def scenario_of_exchange(self, request: Request) -> Response:
        """A scenario that repeats the response of an exchange, to be edited and defined."""
        entry = self._entry(request)
        return json_response(
            {"name": f"exchange-{entry.number}", "definition": from_exchange.definition(entry, self.redactor)}
        )

    async def clear_journal(self, _request: Request) -> Response:
        return json_response({"deleted": self.mock.journal.clear()})

    async def har(self, request: Request) -> Response:
        text = har.export(self._entries(request), self.redactor, endpoints.origin(request))
        named = {"Content-Disposition": 'attachment; filename="flowmock.journal.har"'}
        return Response(text, media_type="application/json", headers=named)

    async def stream(self, _request: Request) -> Response:
        queue = self.mock.journal.follow()
        if queue is None:
            raise HTTPException(
                503, f"Too many live readers (at most {entries.MAX_FOLLOWERS}). Close one and try again."
            )
        return StreamingResponse(
            self._events(queue), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _events(self, queue: "asyncio.Queue[Entry | None]") -> AsyncIterator[str]:
        try:
            yield ": live exchanges\n\n"
            while True:
                try:
                    entry = await asyncio.wait_for(queue.get(), _KEEPALIVE)
                except TimeoutError:
                    yield ": keep-alive\n\n"
                    continue
                if entry is None:
                    return
                data = json.dumps(entries.as_json(entry, self.redactor), ensure_ascii=False)
                yield f"id: {entry.number}\nevent: exchange\ndata: {data}\n\n"
        finally:
            self.mock.journal.unfollow(queue)

    async def verify(self, request: Request) -> Response:
        """Check an expectation: 200 if it is met, else 409. Both bodies have the same shape."""
        journal = self.mock.journal
        expectation = verify.read(await endpoints.body(request), self.mock.compiled.contracts)
        dropped = journal.recorded - len(journal) - expectation.since
        result = verify.check(expectation, journal.entries(), max(0, dropped))
        return json_response(result, 200 if result["ok"] else 409)

    async def scenarios(self, request: Request) -> Response:
        scenarios = [
            {
                "name": scenario.name,
                "summary": scenario.summary,
                "breaks_contract": scenario.breaks_contract,
                "source": scenario.source,
                "editable": is_defined_at_run_time(scenario),
                "responses": [_outline(rule.response) for rule in scenario.rules],
            }
            for scenario in self.mock.scenarios.available.values()
        ]
        return json_response(
            {"scenarios": scenarios, "faults": faults.descriptions(), **self._active(endpoints.session(request))}
        )

    def _active(self, session: str) -> dict[str, Any]:
        scenarios = self.mock.scenarios
        return {
            "session": session,
            "active": [_as_json(active) for active in scenarios.active(session)],
            "sessions": {
                name: [_as_json(active) for active in scenarios.active(name)] for name in scenarios.sessions()
            },
        }

    async def active_scenarios(self, request: Request) -> Response:
        return json_response(self._active(endpoints.session(request)))

    async def activate(self, request: Request) -> Response:
        raw = READER.mapping(await endpoints.body(request), "", ("scenarios", "session"))
        session = READER.string(raw.get("session", endpoints.session(request)), "/session")
        listed = raw.get("scenarios")
        if not isinstance(listed, list):
            raise READER.error("/scenarios", 'expected a list of names or of {"name": …, "for": …}')
        activations = [_activation(item, f"/scenarios/{index}") for index, item in enumerate(listed)]
        self.mock.scenarios.activate(activations, session)
        return json_response(self._active(session))

    async def deactivate(self, request: Request) -> Response:
        session = endpoints.session(request)
        self.mock.scenarios.clear(session)
        return json_response(self._active(session))

    async def define(self, request: Request) -> Response:
        name = request.path_params["name"]
        scenario = self.mock.scenarios.define(name, await endpoints.body(request))
        return json_response(
            {"name": scenario.name, "summary": scenario.summary, "breaks_contract": scenario.breaks_contract}, 201
        )

    async def scenario(self, request: Request) -> Response:
        """One scenario as it is defined."""
        scenario = self.mock.scenarios.available.get(request.path_params["name"])
        if scenario is None:
            raise HTTPException(404, "Unknown scenario.")
        editable = is_defined_at_run_time(scenario)
        return json_response({"name": scenario.name, "definition": scenario.definition, "editable": editable})

    async def drop(self, request: Request) -> Response:
        self.mock.scenarios.drop(request.path_params["name"])
        return json_response(self._active(endpoints.session(request)))

    async def scenario_file(self, _request: Request) -> Response:
        """The scenarios that were defined at run time, as a file for `--scenario-file`."""
        defined = {
            name: dict(scenario.definition)
            for name, scenario in self.mock.scenarios.available.items()
            if is_defined_at_run_time(scenario)
        }
        named = {"Content-Disposition": 'attachment; filename="scenarios.yaml"', "Cache-Control": "no-store"}
        return Response(documents.dump(defined), media_type="application/yaml", headers=named)

    async def releases(self, _request: Request) -> Response:
        """All releases with their changes, and those that are served."""
        return json_response(releases.as_json(self.mock.contracts[0], self.mock.served_releases))

    async def switch_release(self, request: Request) -> Response:
        """Serve another release, from the next request until the mock is reset."""
        raw = READER.mapping(await endpoints.body(request), "", ("release",))
        self.mock.serve_release(READER.string(raw.get("release"), "/release"))
        return await self.releases(request)

    async def reset(self, request: Request) -> Response:
        """Restore the initial state: release and scenarios of the settings, an empty journal; or that of a session."""
        has_body = request.headers.get("content-length", "0") != "0"
        raw = READER.mapping(await endpoints.body(request), "", ("session",)) if has_body else {}
        session = READER.string(raw.get("session", endpoints.session(request)), "/session")
        self.mock.reset(session)
        return json_response({"status": "reset", **self._active(session)})

    async def metrics(self, _request: Request) -> Response:
        return Response(self.mock.metrics.exposition(), headers={"Content-Type": metrics.CONTENT_TYPE})


def _as_json(active: ActiveScenario) -> dict[str, Any]:
    shown = {"name": active.scenario.name, "left": active.left, "applied": active.applied}
    return shown | ({"operations": list(active.operations)} if active.operations else {})


def _outline(response: ResponseOverride) -> dict[str, Any]:
    """What a list of scenarios shows of a response."""
    return {"code": response.code, "delay": response.delay, "fault": response.fault or None}


def _activation(raw: Any, at: str) -> Activation:
    if isinstance(raw, str):
        return Activation(raw)
    raw = READER.mapping(raw, at, ("name", "for", "operations"))
    calls = READER.integer(raw["for"], f"{at}/for", 1, endpoints.MAX_INTEGER) if raw.get("for") is not None else None
    listed = raw.get("operations", [])
    if not isinstance(listed, list):
        raise READER.error(f"{at}/operations", "expected a list of operation IDs")
    operations = tuple(READER.string(each, f"{at}/operations/{index}") for index, each in enumerate(listed))
    return Activation(READER.string(raw.get("name", ""), f"{at}/name"), calls, operations)
