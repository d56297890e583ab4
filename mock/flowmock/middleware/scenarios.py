"""Scenarios: what an active one makes of a response."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Capture, Exchange, Reply, respond

if TYPE_CHECKING:
    from flowmock.scenarios.active import Scenarios as Active


class Scenarios:
    """Applies the scenarios that are active for everybody, for the caller's session, or for this request alone."""

    def __init__(self, app: ASGIApp, active: "Callable[[str], Active | None]") -> None:
        """`active`: the scenarios for a request that names one (empty: none); None where none is active."""
        self.app = app
        self._active = active

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        call = scope[EXCHANGE].call
        scenarios = self._active(call.scenario)
        return self.app(scope, receive, send) if scenarios is None else self._apply(scenarios, scope, receive, send)

    async def _apply(self, scenarios: "Active", scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        call, compiled = exchange.call, exchange.compiled
        assert call
        assert compiled
        if not exchange.uses_up_scenarios:
            scenarios = scenarios.copy()
        exchange.is_repeatable = False

        async def normal() -> Reply:
            captured = Capture()
            await self.app(scope, receive, captured)
            return captured.reply(exchange)

        reply = await scenarios.apply(call, compiled.responses_for(exchange.route), normal)
        if reply.wait and not exchange.is_preview:
            await asyncio.sleep(reply.wait)  # The scenario delays its response.
        await respond(reply, scope, send)
