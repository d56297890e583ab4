"""Changes to a success, made when something stands in the request."""

from collections.abc import Callable

from .fault import Forbids, fault, is_read
from .server import Ask, Server, ServerResponse, error

Change = Callable[[Ask, ServerResponse], ServerResponse]
FAILED = error(500, "Internal error.")
XML = b"<?xml version='1.0'?><flow/>"
JSON = "application/json; charset=utf-8"


def when(
    kind: str,
    name: str,
    about: str,
    condition: Callable[[Ask], bool],
    change: Change,
    witness: Ask,
    *,
    by: str = "ignored",
    forbids: Forbids = "rules",
) -> None:
    """A success that something in the request changes."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        return change(ask, answer) if is_read(ask, answer) and condition(ask) else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault(kind, witness, by=by, forbids=forbids)(faulty)


def fails(ask: Ask, answer: ServerResponse) -> ServerResponse:
    return FAILED


def into(body: bytes, media: str) -> Change:
    return lambda ask, answer: ServerResponse(200, body, (("Content-Type", media),))


def setting(**members: object) -> Change:
    return lambda ask, answer: answer.but(json=answer.json | members)


def only(*members: str) -> Change:
    return lambda ask, answer: answer.but(json={name: answer.json[name] for name in members})


def status(number: int) -> Change:
    return lambda ask, answer: answer.but(status=number)
