"""Rules about callbacks and webhooks: requests that the server sends, which are to the client what responses are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flowcontract.compatibility.diff.bodies import by_type, matching
from flowcontract.compatibility.diff.pairs import Difference, Pair, Place, name, node
from flowcontract.openapi.model import Operation

_Named = Mapping[str, list[Operation]]


def callbacks(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    """The callbacks of an operation."""
    sides = pair.client.callbacks(client), pair.server.callbacks(server)
    yield from _named(pair, "callback", sides, name(client), (client.pointer, server.pointer))


def webhooks(pair: Pair) -> Iterator[Difference]:
    """The webhooks of a contract."""
    sides = pair.client.webhooks, pair.server.webhooks
    yield from _named(pair, "webhook", sides, "", ("/webhooks", "/webhooks"))


def _named(
    pair: Pair, kind: str, sides: tuple[_Named, _Named], operation: str, at: tuple[str, str]
) -> Iterator[Difference]:
    known, sent = ({(key, one.method): one for key, each in side.items() for one in each} for side in sides)
    for key, client in known.items():
        where = f"{kind} {key[0]} {key[1]}"
        if key in sent:
            for one in _exchanged(pair, client, sent[key], where):
                yield replace(one, operation=operation)
        elif pair.upgraded:
            yield Difference(f"{kind}-removed", operation, where, "", "is no longer sent", client.pointer, at[1])
    for key, server in sent.items():
        if pair.upgraded and key not in known:
            where = f"{kind} {key[0]} {key[1]}"
            yield Difference(f"{kind}-added", operation, where, "", "is new", at[0], server.pointer)


def _exchanged(pair: Pair, client: Operation, server: Operation, where: str) -> Iterator[Difference]:
    known, sent = by_type(client.request_media), by_type(server.request_media)
    for media_type, media in sent.items():
        other = matching(media_type, known)
        if other:
            place = Place(pair, client, f"{where} {media_type}", other.pointer, media.pointer)
            yield from place.payloads("response", other, media)
        elif known:
            place = Place(pair, client, where, client.pointer, media.pointer)
            yield place.found("callback-media-changed", f"{media_type} instead of {', '.join(known)}")
    if known and not sent:
        place = Place(pair, client, where, client.pointer, server.pointer)
        yield place.found("callback-media-changed", f"no body instead of {', '.join(known)}")
    replies, accepted = ([status for status in one.responses if status[:1] == "2"] for one in (client, server))
    if replies and accepted and not any(status in accepted or "2XX" in (status, *accepted) for status in replies):
        place = Place(pair, client, f"{where} response", client.pointer, server.pointer)
        yield place.found("callback-response-changed", f"{', '.join(accepted)} instead of {', '.join(replies)}")
    for status, response in client.responses.items():
        expected = server.responses.get(status)
        replied, taken = by_type(response.media), by_type(expected.media if expected else {})
        for media_type, media in replied.items():
            other = matching(media_type, taken)
            if other:
                place = Place(pair, client, f"{where} response {status}", media.pointer, other.pointer)
                yield from place.payloads("request", media, other)
    given = {(one.location, one.name.lower()): one for one in server.parameters}
    for one in client.parameters:
        parameter = given.get((one.location, one.name.lower()))
        at = one.pointer, parameter.pointer if parameter else server.pointer
        place = Place(pair, client, f"{where} {one.location} parameter {one.name}", *at)
        if one.required and not (parameter and parameter.required):
            yield place.found("callback-parameter-missing", "may be missing")
        if parameter:
            yield from place.schemas(pair.schemas.response(node(pair.client, one), node(pair.server, parameter)))
