"""A conforming server that is elsewhere, such as the mock, for faults to be laid over."""

from collections.abc import Iterator
from contextlib import contextmanager

import flowmock
from flowcontract.http.client import Transport
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .server import TOKEN, Ask, Server, ServerResponse, known_flows

HOP = {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "x-authentik-id"}
"""Headers that speak of one connection or one request, and are not passed on."""


class Relay(Server):
    """Passes each request on, byte for byte, and gives back what comes.

    HEAD is passed on as GET: the relay leaves the body away itself.
    """

    def __init__(self, url: str, keys: tuple[str, ...]) -> None:
        super().__init__({key: flow for key, flow in known_flows().items() if key in keys})
        self._transport = Transport(Target.at(url, ""), timeout=10)

    def close(self) -> None:
        """End the connection to the server elsewhere."""
        self._transport.close()

    def __call__(self, ask: Ask) -> ServerResponse:
        method = "GET" if ask.method == "HEAD" else ask.method
        headers = tuple(
            (name, value.encode("latin-1").decode("utf-8", "surrogateescape"))
            for name, value in ask.headers
            if name not in HOP
        )
        exchange = self._transport.send(Request(method, ask.target, headers, ask.body or None))
        if exchange.response is None:
            raise ConnectionError(f"{method} {ask.target!r} was not answered: {exchange.error}")
        kept = tuple(pair for pair in exchange.response.headers if pair[0].lower() not in HOP)
        return ServerResponse(exchange.response.status, exchange.response.body, kept)


@contextmanager
def over_the_mock() -> Iterator[Relay]:
    """The mock with the token of the catalogue, behind a relay."""
    operation = Contract.load().operation("flows_instances_retrieve")
    keys = tuple(values["slug"] for values in operation.example_path_values().values())
    with flowmock.running(tokens=[TOKEN]) as mock:
        relay = Relay(mock.origin, keys)
        try:
            yield relay
        finally:
            relay.close()
