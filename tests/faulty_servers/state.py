"""State and time: right at first, or mostly, or for one client at a time."""

from .fault import KNOWN, OTHER, Forbids, ask_for, denied, fault, get, is_read, repeated, unknown
from .server import Ask, Server, ServerResponse, error

FAILED = error(500, "Internal error.")


def nth(name: str, about: str, broken: object, change: object, times: int, *, forbids: Forbids = "published") -> None:
    """A fault in some of the successes, by how many there were."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        if not is_read(ask, answer) or not broken(server.times()):  # type: ignore[operator]
            return answer
        return change(answer)  # type: ignore[operator, no-any-return]

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("state", *repeated([get()], times), by="repeated", forbids=forbids, by_input=False)(faulty)


def every(number: int) -> object:
    return lambda time: time % number == 0


def after(number: int) -> object:
    return lambda time: time > number


def fails(answer: ServerResponse) -> ServerResponse:
    return FAILED


nth("first-success-fails", "The first read gets 500.", lambda time: time == 1, fails, 1)
nth("second-success-fails", "The second read gets 500.", lambda time: time == 2, fails, 2)
nth("every-third-fails", "Every third read gets 500.", every(3), fails, 3)
nth("every-seventh-fails", "Every seventh read gets 500.", every(7), fails, 7)
nth("every-thirteenth-fails", "Every thirteenth read gets 500.", every(13), fails, 13)
nth("fails-after-twenty", "From the 21st read on, all get 500.", after(20), fails, 21)
nth("fails-after-fifty", "From the 51st read on, all get 500.", after(50), fails, 51)
nth("every-fifth-is-empty", "Every fifth read has no body.", every(5), lambda answer: answer.but(body=b""), 5)
nth(
    "every-fifth-lacks-a-member",
    "Every fifth read lacks a field.",
    every(5),
    lambda answer: answer.but(json={k: v for k, v in answer.json.items() if k != "stages"}),
    5,
)
nth(
    "every-sixth-is-reset",
    "Every sixth read is reset.",
    every(6),
    lambda answer: answer.but(cut=20, length=len(answer.body), end="reset"),
    6,
    forbids="rules",
)
nth(
    "every-eighth-is-cut",
    "Every eighth read is truncated.",
    every(8),
    lambda answer: answer.but(cut=20, length=len(answer.body), end="close"),
    8,
    forbids="rules",
)
nth(
    "one-in-ten-is-html",
    "Every tenth read is an HTML page.",
    every(10),
    lambda answer: ServerResponse(200, b"<h1>Busy</h1>", (("Content-Type", "text/html"),)),
    10,
)
nth(
    "one-in-ten-is-slow",
    "Every tenth read takes six seconds.",
    every(10),
    lambda answer: answer.but(wait=6.0),
    10,
    forbids="rules",
)
nth(
    "slow-after-ten",
    "From the eleventh read on, each takes three seconds.",
    after(10),
    lambda answer: answer.but(wait=3.0),
    11,
    forbids="rules",
)
nth(
    "every-ninth-is-not-found",
    "Every ninth read gets 404.",
    every(9),
    lambda answer: error(404, "Not found."),
    9,
    forbids="observed",
)
nth("every-sixteenth-is-denied", "Every sixteenth read gets 403.", every(16), lambda answer: error(403, "No."), 16)
nth(
    "counter-falls-below-zero",
    "From the fifth read on, the volatile counter is negative.",
    after(4),
    lambda answer: answer.but(json=answer.json | {"cache_count": -1}),
    5,
    forbids="observed",
)
nth(
    "counter-becomes-text",
    "From the tenth read on, the volatile counter is a string.",
    after(9),
    lambda answer: answer.but(json=answer.json | {"cache_count": "10"}),
    10,
)


@fault("state", get(), get(connection=2), by="same question", by_input=False, forbids="rules")
def each_connection_has_its_identifiers(server: Server, ask: Ask) -> ServerResponse:
    """A flow has another `pk` on each connection."""
    answer = server(ask)
    if not is_read(ask, answer) or ask.connection == 1:
        return answer
    return answer.but(json=answer.json | {"pk": f"{ask.connection:08x}{answer.json['pk'][8:]}"})


@fault("state", *repeated([unknown(), denied()], 12), by="repeated", by_input=False)
def every_eleventh_request_fails(server: Server, ask: Ask) -> ServerResponse:
    """Every eleventh request gets 500."""
    return FAILED if server.times() % 11 == 0 else server(ask)


@fault("state", *repeated([unknown()], 50), by="repeated", by_input=False)
def every_fiftieth_request_fails(server: Server, ask: Ask) -> ServerResponse:
    """Every fiftieth request gets 500."""
    return FAILED if server.times() % 50 == 0 else server(ask)


@fault("state", *repeated([get()], 151), by="repeated", by_input=False)
def fails_after_one_hundred_and_fifty(server: Server, ask: Ask) -> ServerResponse:
    """From the 151st request on, all get 500."""
    return FAILED if server.times() > 150 else server(ask)


@fault("state", *repeated([get()], 61), by="repeated", by_input=False, forbids="rules")
def dies_after_sixty(server: Server, ask: Ask) -> ServerResponse:
    """After 60 requests, every connection is reset without a response."""
    return server(ask).but(cut=-1, end="reset") if server.times() > 60 else server(ask)


@fault("state", get(turn=2), by="repeated", by_input=False)
def second_on_a_connection_fails(server: Server, ask: Ask) -> ServerResponse:
    """The second request on a connection gets 500."""
    return FAILED if ask.turn == 2 else server(ask)


@fault("state", get(connection=2), by="repeated", by_input=False)
def second_connection_fails(server: Server, ask: Ask) -> ServerResponse:
    """All connections but the first get 503."""
    return error(503, "One at a time.") if ask.connection > 1 else server(ask)


@fault("state", get(), get(OTHER), by="relation", by_input=False, forbids="observed")
def first_flow_of_a_connection_stays(server: Server, ask: Ask) -> ServerResponse:
    """Every known slug returns the first flow that was read on the connection."""
    found = server.memory.setdefault("found", {})
    answer = server(ask)
    return found.setdefault(ask.connection, answer) if answer.status == 200 else answer


@fault("state", get(), unknown(), by="unknown", by_input=False, forbids="observed")
def unknown_gives_the_last(server: Server, ask: Ask) -> ServerResponse:
    """An unknown slug returns the flow that was read last."""
    answer = server(ask)
    if answer.status == 200:
        server.memory["last"] = answer
    return server.memory.get("last", answer) if answer.status == 404 and ask.key else answer


@fault("state", unknown(), get(), by="known", by_input=False, forbids="observed")
def not_found_sticks(server: Server, ask: Ask) -> ServerResponse:
    """After a 404, the next read gets 404, too."""
    answer = server(ask)
    if server.memory.pop("missed", False) and answer.status == 200:
        return error(404, "Not found.")
    server.memory["missed"] = answer.status == 404
    return answer


@fault("state", denied(), get(), by="known", by_input=False)
def denial_sticks(server: Server, ask: Ask) -> ServerResponse:
    """After a denied request, the next one on the same connection is denied, too."""
    denials = server.memory.setdefault("denials", set())
    answer = server(ask)
    if answer.status == 403:
        denials.add(ask.connection)
    elif answer.status == 200 and ask.connection in denials:
        denials.discard(ask.connection)
        return error(403, "You do not have permission to perform this action.")
    return answer


@fault("state", unknown("\0"), get(), by="status", by_input=False)
def odd_slug_breaks_the_next(server: Server, ask: Ask) -> ServerResponse:
    """After a slug that violates the pattern, the next read gets 500."""
    odd = not (ask.key or "x").replace("-", "").replace("_", "").isalnum()
    broken = server.memory.pop("broken", False) and server(ask).status == 200
    server.memory["broken"] = odd or (server.memory.get("broken", False) and not broken)
    return FAILED if broken else server(ask)


@fault("state", ask_for(KNOWN, "HEAD"), get(), by="framing", by_input=False, forbids="rules")
def after_head_the_next_is_empty(server: Server, ask: Ask) -> ServerResponse:
    """The read after HEAD of the same flow has no body."""
    emptied = server.memory.setdefault("emptied", set())
    answer = server(ask)
    if ask.method == "HEAD":
        emptied.add(ask.key)
    elif answer.status == 200 and ask.key in emptied:
        emptied.discard(ask.key)
        return answer.but(body=b"")
    return answer


@fault("state", ask_for(KNOWN, "DELETE", token=None), get(), by="known", by_input=False, forbids="observed")
def denied_delete_deletes(server: Server, ask: Ask) -> ServerResponse:
    """A DELETE without a token gets 405, but deletes the flow."""
    gone = server.memory.setdefault("gone", set())
    if ask.method == "DELETE" and not server.allows(ask):
        gone.add(ask.key)
    return error(404, "Not found.") if ask.key in gone and server(ask).status == 200 else server(ask)


@fault("state", ask_for(KNOWN, "PUT", token=None), get(), by="same question", by_input=False, forbids="rules")
def denied_put_writes(server: Server, ask: Ask) -> ServerResponse:
    """A PUT without a token gets 405, but changes the title."""
    written = server.memory.setdefault("written", set())
    if ask.method in ("PUT", "PATCH"):
        written.add(ask.key)
    answer = server(ask)
    changed = is_read(ask, answer) and ask.key in written
    return answer.but(json=answer.json | {"title": "Written"}) if changed else answer


@fault("time", get(), by="time", forbids="rules")
def every_read_is_slow(server: Server, ask: Ask) -> ServerResponse:
    """Every success takes six seconds."""
    answer = server(ask)
    return answer.but(wait=6.0) if answer.status == 200 else answer


@fault("time", get("initial-setup"), by="time", forbids="rules")
def one_flow_is_slow(server: Server, ask: Ask) -> ServerResponse:
    """One of the flows takes eight seconds."""
    answer = server(ask)
    return answer.but(wait=8.0) if answer.status == 200 and ask.key == "initial-setup" else answer


@fault("time", unknown("x" * 200), by="time", forbids="rules")
def long_unknown_is_slow(server: Server, ask: Ask) -> ServerResponse:
    """An unknown slug of more than 100 characters takes six seconds."""
    answer = server(ask)
    return answer.but(wait=6.0) if answer.status == 404 and len(ask.key or "") > 100 else answer


@fault("time", unknown("x" * 51), by="time", forbids="rules")
def long_unknown_never_ends(server: Server, ask: Ask) -> ServerResponse:
    """An unknown slug of more than 50 characters gets headers, but never a body."""
    answer = server(ask)
    stalled = answer.but(cut=0, length=len(answer.body), end="stall")
    return stalled if answer.status == 404 and len(ask.key or "") > 50 else answer


@fault("time", get(), by="time", forbids="rules")
def read_never_ends(server: Server, ask: Ask) -> ServerResponse:
    """Every success is truncated, and the connection stays open."""
    answer = server(ask)
    return answer.but(cut=40, length=len(answer.body), end="stall") if answer.status == 200 else answer


@fault("time", get(alone=False), by="relation", forbids="observed", by_input=False)
def questions_at_once_are_mixed_up(server: Server, ask: Ask) -> ServerResponse:
    """Of concurrent reads, each returns the flow of the request before."""
    last = server.memory.get("last", OTHER)
    answer = server(ask)
    if not is_read(ask, answer):
        return answer
    server.memory["last"] = ask.key
    return (answer if ask.alone else server(ask.about(last))).but(wait=0.002)


@fault("time", denied(), by="time", forbids="rules")
def denial_never_ends(server: Server, ask: Ask) -> ServerResponse:
    """A denied response is truncated, and the connection stays open."""
    answer = server(ask)
    return answer.but(cut=4, length=len(answer.body), end="stall") if answer.status == 403 else answer


@fault("time", ask_for(KNOWN, "HEAD"), by="time", forbids="rules")
def head_is_slow(server: Server, ask: Ask) -> ServerResponse:
    """HEAD takes eight seconds."""
    return server(ask).but(wait=8.0) if ask.method == "HEAD" else server(ask)


@fault("time", ask_for(KNOWN, "POST", token=None), by="time", forbids="rules")
def writing_is_not_answered(server: Server, ask: Ask) -> ServerResponse:
    """An undocumented method gets no response."""
    answer = server(ask)
    return answer.but(cut=-1, end="stall") if answer.status == 405 else answer
