"""Denials: they tell what is behind the door, they open it later, or they break on an odd credential."""

from collections.abc import Callable
from dataclasses import replace

from .fault import KNOWN, UNKNOWN, bearer, denied, fault, get, head, repeated
from .server import TOKEN, Ask, Server, ServerResponse, error


def telling(
    name: str,
    about: str,
    change: Callable[[ServerResponse, ServerResponse], ServerResponse],
    *,
    of_known: bool = True,
) -> None:
    """A denied response that differs for a slug that is known: `change(denial, what the caller may not see)`."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        if answer.status != 403 or not ask.key:
            return answer
        hidden = server(replace(ask, method="GET").trusted())
        return change(answer, hidden) if (hidden.status == 200) == of_known else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("denials", denied(KNOWN if of_known else UNKNOWN), by="known from unknown", forbids="rules")(faulty)


telling(
    "unknown-needs-no-token",
    "Without a token, an unknown slug gets 404 and a known one 403.",
    lambda answer, hidden: hidden,
    of_known=False,
)
telling(
    "denial-text-tells",
    "The message of a denied response differs for a known slug.",
    lambda answer, hidden: answer.but(json={"detail": "You may not view this flow."}),
)
telling(
    "denial-tells-unknown",
    "The body of a denied response says that the flow does not exist.",
    lambda answer, hidden: answer.but(json={"detail": "There is no such flow."}),
    of_known=False,
)
telling(
    "denial-member-tells",
    "A denied response has one more field for a known slug.",
    lambda answer, hidden: answer.but(json=answer.json | {"code": "permission_denied"}),
)
telling(
    "denial-length-tells",
    "A denied response is one space longer for a known slug.",
    lambda answer, hidden: answer.but(body=answer.body + b" "),
)
telling(
    "denial-header-tells",
    "A denied response has an ETag for a known slug.",
    lambda answer, hidden: answer.saying("ETag", '"4f2c"'),
)
telling(
    "denial-modified-tells",
    "A denied response has Last-Modified for a known slug.",
    lambda answer, hidden: answer.saying("Last-Modified", "Mon, 02 Sep 2024 10:00:00 GMT"),
)
telling(
    "denial-type-tells",
    "A denied response has no charset for an unknown slug.",
    lambda answer, hidden: answer.saying("Content-Type", "application/json"),
    of_known=False,
)
telling(
    "denial-names-the-flow",
    "A denied response names the hidden flow.",
    lambda answer, hidden: answer.but(json={"detail": f"You may not view {hidden.json['name']}."}),
)
telling(
    "denial-holds-the-flow",
    "A denied response contains the hidden flow.",
    lambda answer, hidden: answer.but(json=answer.json | {"flow": hidden.json}),
)
telling(
    "denial-is-the-flow",
    "The body of a 403 is the hidden flow.",
    lambda answer, hidden: answer.but(body=hidden.body),
)
telling(
    "denial-is-flow-with-detail",
    "The body of a 403 is the hidden flow with a `detail`.",
    lambda answer, hidden: answer.but(json=hidden.json | {"detail": "No."}),
)
telling(
    "denial-header-holds-id",
    "A denied response has the ID of the hidden flow in a header.",
    lambda answer, hidden: answer.saying("X-Flow-Id", hidden.json["pk"]),
)
telling(
    "denial-is-slow-for-known",
    "A denied response takes two seconds for a known slug.",
    lambda answer, hidden: answer.but(wait=2.0),
)


@fault("denials", denied(UNKNOWN, token=bearer("wrong")), by="known from unknown", forbids="rules")
def wrong_token_tells(server: Server, ask: Ask) -> ServerResponse:
    """With a wrong token, an unknown slug gets 404; without one, 403."""
    answer = server(ask)
    wrong = bool(ask.header("authorization"))
    return server(ask.trusted()) if answer.status == 403 and wrong and not server.knows(ask) else answer


@fault("denials", head(token=None), by="known from unknown", forbids="rules")
def head_denial_tells(server: Server, ask: Ask) -> ServerResponse:
    """Without a token, HEAD of a known slug gets 200 where GET gets 403."""
    answer = server(ask)
    return answer.but(status=200) if ask.method == "HEAD" and answer.status == 403 and server.knows(ask) else answer


# What opens later.


@fault("denials", *repeated([denied()], 2), by="denied", by_input=False)
def second_try_passes(server: Server, ask: Ask) -> ServerResponse:
    """A denied request succeeds at the second attempt."""
    answer = server(ask)
    return server(ask.trusted()) if answer.status == 403 and server.times(ask.target) > 1 else answer


@fault("denials", *repeated([denied()], 20), by="denied", by_input=False)
def passes_after_many_tries(server: Server, ask: Ask) -> ServerResponse:
    """After ten denied requests, everybody is let in."""
    answer = server(ask)
    return server(ask.trusted()) if answer.status == 403 and server.times() > 10 else answer


@fault("denials", get(), denied(), by="denied", by_input=False)
def connection_is_remembered(server: Server, ask: Ask) -> ServerResponse:
    """After a valid token, its connection needs no token."""
    trusted = server.memory.setdefault("trusted", set())
    if server.allows(ask):
        trusted.add(ask.connection)
    return server(ask.trusted() if ask.connection in trusted else ask)


@fault("denials", get(), denied(), by="denied", by_input=False)
def absent_header_means_the_last(server: Server, ask: Ask) -> ServerResponse:
    """A request without credentials uses those of the request before on the same connection."""
    last = server.memory.setdefault("last", {})
    sent = ask.header("authorization")
    known = last.get(ask.connection, "")
    last[ask.connection] = sent or known
    return server(ask if sent or not known else ask.saying("authorization", known))


@fault("denials", get(), denied(), by="denied", by_input=False)
def cache_serves_everybody(server: Server, ask: Ask) -> ServerResponse:
    """Responses are cached by path for all callers."""
    cached = server.memory.setdefault("cached", {})
    if server.allows(ask):
        cached[ask.method, ask.target] = server(ask)
    return cached.get((ask.method, ask.target)) or server(ask)


@fault("denials", get(), denied(token=bearer("wrong"), connection=2), by="denied", by_input=False)
def cache_forgets_the_token(server: Server, ask: Ask) -> ServerResponse:
    """Responses are cached by path for all callers with any token."""
    cached = server.memory.setdefault("cached", {})
    if server.allows(ask):
        cached[ask.target] = server(ask)
    return cached.get(ask.target, server(ask)) if ask.header("authorization") else server(ask)


@fault("denials", denied(), get(), by="known", by_input=False)
def cache_keeps_the_denial(server: Server, ask: Ask) -> ServerResponse:
    """A denied response is cached by its path, and the next authorized caller gets it."""
    denials = server.memory.setdefault("denials", {})
    if server.allows(ask) and ask.target in denials:
        kept: ServerResponse = denials.pop(ask.target)
        return kept
    answer = server(ask)
    if answer.status == 403:
        denials[ask.target] = answer
    return answer


@fault("denials", *repeated([denied(token=bearer("wrong"))], 4), get(), by="known", by_input=False)
def locked_out_after_three_denials(server: Server, ask: Ask) -> ServerResponse:
    """After three wrong tokens, the valid one is denied."""
    answer = server(ask)
    if answer.status == 403 and ask.header("authorization"):
        server.memory["wrong"] = server.memory.get("wrong", 0) + 1
    elif server.allows(ask) and server.memory.pop("wrong", 0) >= 3:
        return error(403, "Too many attempts.")
    return answer


# What breaks.


def breaking(name: str, about: str, breaks: Callable[[str], bool], shown: str) -> None:
    """A credential that makes the server fail."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return error(500, "Internal error.") if breaks(ask.header("authorization")) else server(ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("denials", denied(token=shown), by="status")(faulty)


breaking(
    "non-ascii-token-is-500",
    "A non-ASCII token causes a 500.",
    lambda sent: not sent.isascii(),
    bearer("\u00ff"),
)
breaking(
    "long-token-is-500",
    "A token of more than a thousand characters causes a 500.",
    lambda sent: len(sent) > 1000,
    bearer("x" * 2000),
)
breaking(
    "bare-scheme-is-500", "The scheme without a token causes a 500.", lambda sent: sent.lower() == "bearer", "Bearer"
)
breaking(
    "empty-header-is-500",
    "Credentials without a space cause a 500.",
    lambda sent: bool(sent) and " " not in sent,
    "x",
)
breaking(
    "basic-is-500",
    "Basic credentials cause a 500.",
    lambda sent: sent.lower().startswith("basic "),
    "Basic %%%",
)
breaking(
    "extra-word-is-500",
    "A third word in the credentials causes a 500.",
    lambda sent: len(sent.split()) > 2,
    f"Bearer {TOKEN} x",
)


@fault("denials", denied(token=bearer("wrong")), by="secret")
def denial_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A denied response repeats the wrong token."""
    answer = server(ask)
    sent = ask.header("authorization").partition(" ")[2]
    return answer.but(json={"detail": f"Token {sent} is not valid."}) if answer.status == 403 and sent else answer


@fault("denials", get(UNKNOWN), by="secret", forbids="rules")
def error_repeats_the_right_token(server: Server, ask: Ask) -> ServerResponse:
    """A 404 repeats the caller's own token."""
    answer = server(ask)
    return answer.but(json={"detail": "Not found.", "token": TOKEN}) if answer.status == 404 and ask.key else answer


@fault("denials", get(), by="secret", forbids="rules")
def header_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A header of every success repeats the caller's token."""
    answer = server(ask)
    return answer.saying("X-Debug-Auth", ask.header("authorization")) if answer.status == 200 else answer


@fault("denials", get(), by="secret", forbids="rules")
def cookie_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A cookie of every success contains the caller's token."""
    answer = server(ask)
    return answer.saying("Set-Cookie", f"token={TOKEN}; Path=/") if answer.status == 200 else answer
