"""Network faults: a response that is cut, stalled or garbled on purpose."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange
from flowmock.server import faults


class NetworkFaults:
    """Injects the fault that a scenario or `Prefer` gave a response, in the place of sending it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        start: Message = {}

        def deliver(message: Message) -> Awaitable[None]:
            reply = exchange.reply
            if reply and reply.fault and not exchange.is_preview:
                return with_fault(reply.fault, message)
            return send(message)

        async def with_fault(fault: str, message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            else:
                await faults.inject(fault, start, message.get("body", b""), scope, receive, send)

        return self.app(scope, receive, deliver)
