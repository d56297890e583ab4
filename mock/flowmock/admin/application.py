"""The mock's own interface under `/__mock__/`: journal, scenarios, verification, metrics, console.

Pages of any origin may switch scenarios, as end-to-end tests in a browser do. What tells more or could serve
foreign content (the journal, new scenarios) is for this machine's own pages and for callers that are no pages at
all; see `is_trusted`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from flowcontract.errors import FlowContractError
from flowmock import console, releases
from flowmock.admin import endpoints
from flowmock.admin.endpoints import READER, in_json
from flowmock.journal import curl, entries, har, metrics, verify
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor
from flowmock.scenarios.active import Activation, ActiveScenario
from flowmock.scenarios.definitions import ResponseOverride
from flowmock.server import faults

if TYPE_CHECKING:
    from flowmock.application import Mock

_PING = 15.0
"""Seconds after which a silent stream sends a comment, so that dead readers are noticed."""


def app(mock: "Mock") -> Starlette:
    """The ASGI application; paths are those after `/__mock__`."""
    interface = _Interface(mock)
    trusted = endpoints.trusted_only(mock.settings.host)
    routes = [
        *console.routes(mock, trusted),
        Route("/health", interface.health),
        Route("/exchanges", trusted(interface.exchanges), methods=["GET"]),
        Route("/exchanges", interface.forget, methods=["DELETE"]),
        Route("/exchanges.har", trusted(interface.har)),
        Route("/exchanges/stream", trusted(interface.stream)),
        Route("/exchanges/{number:int}", trusted(interface.exchange)),
        Route("/verify", trusted(interface.verify), methods=["POST"]),
        Route("/scenarios", interface.scenarios),
        Route("/scenarios/active", interface.active, methods=["GET"]),
        Route("/scenarios/active", interface.switch, methods=["PUT"]),
        Route("/scenarios/active", interface.clear, methods=["DELETE"]),
        Route("/scenarios/{name}", trusted(interface.define), methods=["PUT"]),
        Route("/releases", interface.releases),
        Route("/release", interface.switch_release, methods=["PUT"]),
        Route("/reset", interface.reset, methods=["POST"]),
        Route("/metrics", interface.metrics),
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
        exception_handlers={FlowContractError: endpoints.refuse, HTTPException: endpoints.unknown},
    )


class _Interface:
    """The endpoints, over one mock."""

    def __init__(self, mock: "Mock") -> None:
        self.mock = mock
        self.redactor = Redactor(mock.tokens.known)

    async def health(self, _request: Request) -> Response:
        """`stale` says why a changed contract is not served; the last good one is."""
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
        return in_json(
            {
                "status": "stale" if stale else "ok",
                "stale": stale or None,
                "contracts": contracts,
                "tokens": "listed" if mock.tokens.known else "any",
                "keys": "listed" if mock.settings.param else "any",
                "exchanges": mock.journal.recorded,
            }
        )

    async def exchanges(self, request: Request) -> Response:
        selected = self._entries(request)
        shown = [entries.shown(entry, self.redactor) for entry in selected]
        kept = self.mock.journal
        return in_json({"recorded": kept.recorded, "kept": len(kept), "limit": kept.limit, "exchanges": shown})

    def _entries(self, request: Request) -> list[Entry]:
        """The exchanges that the query asks for, the newest `limit` of them, oldest first."""
        asked = request.query_params
        known = ("operation", "method", "session", "status", "since", "limit")
        READER.mapping(dict(asked), "", known)
        named = {name: asked.getlist(name) for name in ("operation", "method", "session", "status") if name in asked}
        since = endpoints.number(asked.get("since", "0"), "since")
        limit = endpoints.number(asked.get("limit", "100"), "limit")
        expected = verify.read({**named, "since": since}, self.mock.compiled.contracts, "the request")
        found = self.mock.journal.entries(lambda entry: not expected.difference(entry), since=since)
        return found[-limit:] if limit else []

    async def exchange(self, request: Request) -> Response:
        number = request.path_params["number"]
        for entry in self.mock.journal.entries(since=number - 1):
            if entry.number == number:
                shown = entries.shown(entry, self.redactor)
                return in_json(shown | {"curl": curl.line(entry, self.redactor, endpoints.origin(request))})
        raise HTTPException(404, f"exchange {number} is not in the journal.")

    async def forget(self, _request: Request) -> Response:
        return in_json({"forgotten": self.mock.journal.clear()})

    async def har(self, request: Request) -> Response:
        text = har.export(self._entries(request), self.redactor, endpoints.origin(request))
        named = {"Content-Disposition": 'attachment; filename="flowmock.journal.har"'}
        return Response(text, media_type="application/json", headers=named)

    async def stream(self, _request: Request) -> Response:
        queue = self.mock.journal.follow()
        if queue is None:
            raise HTTPException(503, f"there are {entries.MAX_FOLLOWERS} live readers already.")
        return StreamingResponse(
            self._events(queue), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _events(self, queue: "asyncio.Queue[Entry | None]") -> AsyncIterator[str]:
        try:
            yield ": exchanges as they happen\n\n"
            while True:
                try:
                    entry = await asyncio.wait_for(queue.get(), _PING)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if entry is None:
                    return
                data = json.dumps(entries.shown(entry, self.redactor), ensure_ascii=False)
                yield f"id: {entry.number}\nevent: exchange\ndata: {data}\n\n"
        finally:
            self.mock.journal.unfollow(queue)

    async def verify(self, request: Request) -> Response:
        """200 where the expectation is met, 409 where it is not; the body is of the same kind."""
        kept = self.mock.journal
        expectation = verify.read(await endpoints.body(request), self.mock.compiled.contracts)
        forgotten = kept.recorded - len(kept) - expectation.since
        judged = verify.check(expectation, kept.entries(), max(0, forgotten))
        return in_json(judged, 200 if judged["ok"] else 409)

    async def scenarios(self, request: Request) -> Response:
        states = [
            {
                "name": state.name,
                "summary": state.summary,
                "breaks_contract": state.breaks_contract,
                "source": state.source,
                "effects": [_effect(rule.effect) for rule in state.rules],
            }
            for state in self.mock.scenarios.available.values()
        ]
        return in_json({"scenarios": states, "faults": faults.told(), **self._on(endpoints.session(request))})

    def _on(self, session: str) -> dict[str, Any]:
        found = self.mock.scenarios
        return {
            "session": session,
            "active": [_shown(active) for active in found.active(session)],
            "sessions": {name: [_shown(active) for active in found.active(name)] for name in found.sessions()},
        }

    async def active(self, request: Request) -> Response:
        return in_json(self._on(endpoints.session(request)))

    async def switch(self, request: Request) -> Response:
        raw = READER.mapping(await endpoints.body(request), "", ("scenarios", "session"))
        session = READER.text(raw.get("session", endpoints.session(request)), "/session")
        listed = raw.get("scenarios")
        if not isinstance(listed, list):
            raise READER.error("/scenarios", 'a list was expected, of names or of {"name": …, "for": …}')
        wanted = [_wanted(item, f"/scenarios/{index}") for index, item in enumerate(listed)]
        self.mock.scenarios.activate(wanted, session)
        return in_json(self._on(session))

    async def clear(self, request: Request) -> Response:
        session = endpoints.session(request)
        self.mock.scenarios.clear(session)
        return in_json(self._on(session))

    async def define(self, request: Request) -> Response:
        name = request.path_params["name"]
        state = self.mock.scenarios.define(name, await endpoints.body(request))
        return in_json({"name": state.name, "summary": state.summary, "breaks_contract": state.breaks_contract}, 201)

    async def releases(self, _request: Request) -> Response:
        """The releases that there are, with what each changed, and those that are served."""
        return in_json(releases.shown(self.mock.contracts[0], self.mock.served_releases))

    async def switch_release(self, request: Request) -> Response:
        """Serve another release from the next request on, until the mock is reset."""
        raw = READER.mapping(await endpoints.body(request), "", ("release",))
        self.mock.serve_release(READER.text(raw.get("release"), "/release"))
        return await self.releases(request)

    async def reset(self, _request: Request) -> Response:
        """The mock as it was when it began: its release, journal empty, no scenarios but those it was started with."""
        self.mock.reset()
        return in_json({"status": "reset", **self._on("")})

    async def metrics(self, _request: Request) -> Response:
        return Response(self.mock.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})


def _shown(active: ActiveScenario) -> dict[str, Any]:
    return {"name": active.state.name, "left": active.left, "played": active.played}


def _effect(effect: ResponseOverride) -> dict[str, Any]:
    """What most tells one state from another."""
    return {"code": effect.code, "delay": effect.delay, "fault": effect.fault or None}


def _wanted(raw: Any, at: str) -> Activation:
    if isinstance(raw, str):
        return Activation(raw)
    raw = READER.mapping(raw, at, ("name", "for"))
    calls = READER.integer(raw["for"], f"{at}/for", 1, endpoints.MOST) if raw.get("for") is not None else None
    return Activation(READER.text(raw.get("name", ""), f"{at}/name"), calls)
