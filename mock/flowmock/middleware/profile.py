"""The server profile: what the server decides before it calls an operation, and headers that it adds to responses."""

from collections.abc import Awaitable
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.examples.responses import PAGE
from flowmock.messages import EXCHANGE, Capture, Exchange, respond
from flowmock.middleware import stages, undocumented_methods
from flowmock.profiles.profile import UndocumentedMethod


class Profile:
    """Responds where a stage of the profile does not let a request pass, and plays undocumented methods."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        call, route = exchange.call, exchange.route
        assert call
        assert exchange.compiled
        responses = exchange.compiled.responses_for(route)

        def with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and route and (reply := exchange.reply):
                details = reply.details
                if not details or not (details.get(PAGE) or details.get("omit_default_headers")):
                    stages.add_headers(message, route, always_allow=responses.profile.always_allow)
            return send(message)

        reply = stages.first_reply(call, route, responses, unrouted=exchange.compiled.unrouted_message)
        if reply is not None:
            return respond(reply, scope, with_headers)
        assert route
        undocumented = route.rules.undocumented_methods.get(call.method)
        if undocumented is not None:
            return self._undocumented(undocumented, scope, receive, with_headers)
        return self.app(scope, receive, with_headers)

    async def _undocumented(self, rule: UndocumentedMethod, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a method that only the server has as to the documented one, but for its effect."""
        exchange: Exchange = scope[EXCHANGE]
        call, route, compiled = exchange.call, exchange.route, exchange.compiled
        assert call
        assert route
        assert compiled
        exchange.call = like = replace(call, method=rule.like, operation=route.operation(rule.like))
        captured = Capture()
        await self.app({**scope, "method": rule.like}, receive, captured)
        exchange.call = call
        found = captured.reply(exchange)
        responses = compiled.responses_for(route)
        await respond(undocumented_methods.reply(rule, call, like, found, responses), scope, send)
