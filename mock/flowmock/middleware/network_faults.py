"""Network faults: a response that is cut, stalled or garbled on purpose."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange
from flowmock.server import faults


class NetworkFaults:
    """Injects the fault that a scenario or `Prefer` gave a response, in the place of sending it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        start: Message = {}

        async def deliver(message: Message) -> None:
            nonlocal start
            reply = exchange.reply
            if reply is None or not reply.fault or exchange.is_preview:
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            else:
                await faults.inject(reply.fault, start, message.get("body", b""), scope, receive, send)

        await self.app(scope, receive, deliver)
