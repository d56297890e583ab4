"""Scenarios: what an active one makes of a response."""

from collections.abc import Callable
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        call, compiled = exchange.call, exchange.compiled
        assert call
        assert compiled
        scenarios = self._active(call.scenario)
        if scenarios is None:
            await self.app(scope, receive, send)
            return
        if not exchange.uses_up_scenarios:
            scenarios = scenarios.copy()
        exchange.is_repeatable = False

        async def normal() -> Reply:
            captured = Capture()
            await self.app(scope, receive, captured)
            return captured.reply(exchange)

        reply = await scenarios.apply(call, compiled.responses_for(exchange.route), normal)
        await respond(reply, scope, send)
