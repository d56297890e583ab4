"""What a fault is: a function of a conforming server and a request, with a name, a class and a witness.

    @fault("status", unknown(), by="status")
    def unknown_is_gone(server, ask):
        \"\"\"An unknown slug gets 410.\"\"\"
        answer = server(ask)
        return answer.but(status=410) if answer.status == 404 else answer

The witness is a list of requests, as short as can be, for which the answers differ from those of the conforming
server: it proves that the fault is real, and says what a gate has to ask to see it. Because a fault only calls the
server that it is given, it works over any conforming server, the small one here and the mock.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from .server import TOKEN, Ask, Server, ServerResponse

Faulty = Callable[[Server, Ask], ServerResponse]
Forbids = Literal["published", "observed", "rules"]

KNOWN = "default-source-enrollment"
OTHER = "default-authentication-flow"
UNKNOWN = "no-such-flow"
LONGEST = "f" * 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the contract."""

    name: str
    kind: str
    """The class it belongs to."""
    about: str
    """One sentence."""
    faulty: Faulty
    witness: tuple[Ask, ...]
    forbids: Forbids
    """What forbids it: the published page; what was observed beyond it; or HTTP and the rules of a fair gate."""
    by_input: bool
    """Whether a single request shows it, whatever came before."""
    by: str
    """In a word, the rule that ought to see it."""

    def over(self, right: Server) -> Callable[[Ask], ServerResponse]:
        """The faulty server, over a conforming one."""
        return lambda ask: self.faulty(right, ask)

    def shows(self, right: Server) -> bool:
        """Whether the faulty server answers its witness in another way than the conforming one does."""
        right.memory.clear()
        faulty = [self.faulty(right, ask) for ask in self.witness]
        right.memory.clear()
        return faulty != [right(ask) for ask in self.witness]


CATALOGUE: dict[str, Fault] = {}
"""Every fault by its name, in the order of writing."""


def add(found: Fault) -> None:
    assert found.name not in CATALOGUE, found.name
    CATALOGUE[found.name] = found


def fault(
    kind: str, *witness: Ask, by: str, forbids: Forbids = "published", by_input: bool = True
) -> Callable[[Faulty], Faulty]:
    """Put a function into the catalogue; its docstring tells what is wrong."""

    def put(faulty: Faulty) -> Faulty:
        name = faulty.__name__.replace("_", "-")
        add(Fault(name, kind, (faulty.__doc__ or "").strip(), faulty, witness, forbids, by_input, by))
        return faulty

    return put


def is_read(ask: Ask, answer: ServerResponse) -> bool:
    """Whether a flow was asked for and given: a server may have other successes, such as that of OPTIONS."""
    return answer.status == 200 and ask.method in ("GET", "HEAD")


def answers(
    kind: str,
    name: str,
    about: str,
    change: Callable[[ServerResponse], ServerResponse],
    *,
    status: int = 200,
    only: str = "",
    by: str,
    forbids: Forbids = "published",
) -> None:
    """A fault in every answer of one status, or in that for one slug only."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        meant = is_read(ask, answer) if status == 200 else answer.status == status and answer.is_json
        return change(answer) if meant and only in ("", ask.key) else answer

    witness = {200: get(only or KNOWN), 403: denied(), 404: get(UNKNOWN), 405: ask_for(KNOWN, "POST", token=None)}
    add(Fault(name, kind, about, faulty, (witness[status],), forbids, True, by))


def flows(
    kind: str,
    name: str,
    about: str,
    change: Callable[[dict[str, Any]], Any],
    *,
    only: str = "",
    by: str = "schema",
    forbids: Forbids = "published",
) -> None:
    """A fault in the JSON of every flow, or of one: `change` alters the dict in place, or gives another value."""

    def altered(answer: ServerResponse) -> ServerResponse:
        flow = deepcopy(answer.json)
        given = change(flow)
        return answer.but(json=flow if given is None else given)

    answers(kind, name, about, altered, only=only, by=by, forbids=forbids)


def ask_for(
    key: str = KNOWN,
    method: str = "GET",
    *,
    token: str | None = f"Bearer {TOKEN}",
    query: str = "",
    path: str = "",
    connection: int = 1,
    turn: int = 1,
    alone: bool = True,
    **headers: str,
) -> Ask:
    """A request for a witness; `token` is the whole `Authorization`; header names with `_` for `-`."""
    sent = [] if token is None else [("authorization", token)]
    sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
    plain = Ask(method, "/", tuple(sent), b"", connection, turn, alone).about(key)
    target = path or plain.path
    return Ask(method, target + (f"?{query}" if query else ""), plain.headers, b"", connection, turn, alone)


def get(key: str = KNOWN, **said: Any) -> Ask:
    return ask_for(key, **said)


def head(key: str = KNOWN, **said: Any) -> Ask:
    return ask_for(key, "HEAD", **said)


def denied(key: str = KNOWN, **said: Any) -> Ask:
    """A request without the right to an answer; `token` says what it comes with instead."""
    return ask_for(key, **({"token": None} | said))


def unknown(key: str = UNKNOWN, **said: Any) -> Ask:
    return ask_for(key, **said)


def bearer(token: str) -> str:
    return f"Bearer {token}"


def repeated(asks: Iterable[Ask], times: int) -> tuple[Ask, ...]:
    """The same requests again and again, as on one kept connection."""
    return tuple(asks) * times
