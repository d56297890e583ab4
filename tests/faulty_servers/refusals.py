"""Refusals: they tell what is behind the door, they open it later, or they break on an odd credential."""

from collections.abc import Callable
from dataclasses import replace

from .fault import KNOWN, UNKNOWN, bearer, fault, get, head, refused, repeated
from .server import TOKEN, Ask, Server, ServerResponse, error


def telling(
    name: str,
    about: str,
    change: Callable[[ServerResponse, ServerResponse], ServerResponse],
    *,
    of_known: bool = True,
) -> None:
    """A refusal that differs for a slug that is known: `change(refusal, what the caller may not see)`."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        if answer.status != 403 or not ask.key:
            return answer
        hidden = server(replace(ask, method="GET").trusted())
        return change(answer, hidden) if (hidden.status == 200) == of_known else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("refusals", refused(KNOWN if of_known else UNKNOWN), by="known from unknown", forbids="rules")(faulty)


telling(
    "unknown-needs-no-token",
    "Without a token an unknown slug is 404 and a known one 403.",
    lambda answer, hidden: hidden,
    of_known=False,
)
telling(
    "refusal-text-tells",
    "The text of a refusal differs for a known slug.",
    lambda answer, hidden: answer.but(json={"detail": "You may not view this flow."}),
)
telling(
    "refusal-tells-unknown",
    "The text of a refusal says that there is no such flow.",
    lambda answer, hidden: answer.but(json={"detail": "There is no such flow."}),
    of_known=False,
)
telling(
    "refusal-member-tells",
    "A refusal has one more member for a known slug.",
    lambda answer, hidden: answer.but(json=answer.json | {"code": "permission_denied"}),
)
telling(
    "refusal-length-tells",
    "A refusal has a space more for a known slug.",
    lambda answer, hidden: answer.but(body=answer.body + b" "),
)
telling(
    "refusal-header-tells",
    "A refusal of a known slug has an entity tag.",
    lambda answer, hidden: answer.saying("ETag", '"4f2c"'),
)
telling(
    "refusal-modified-tells",
    "A refusal of a known slug says when the flow changed.",
    lambda answer, hidden: answer.saying("Last-Modified", "Mon, 02 Sep 2024 10:00:00 GMT"),
)
telling(
    "refusal-type-tells",
    "A refusal of an unknown slug has another charset parameter.",
    lambda answer, hidden: answer.saying("Content-Type", "application/json"),
    of_known=False,
)
telling(
    "refusal-names-the-flow",
    "A refusal names the flow that may not be seen.",
    lambda answer, hidden: answer.but(json={"detail": f"You may not view {hidden.json['name']}."}),
)
telling(
    "refusal-holds-the-flow",
    "A refusal holds the flow that may not be seen.",
    lambda answer, hidden: answer.but(json=answer.json | {"flow": hidden.json}),
)
telling(
    "refusal-is-the-flow",
    "A refusal has the flow for its body, under the status 403.",
    lambda answer, hidden: answer.but(body=hidden.body),
)
telling(
    "refusal-is-flow-with-detail",
    "A refusal has the flow for its body, and `detail` too.",
    lambda answer, hidden: answer.but(json=hidden.json | {"detail": "No."}),
)
telling(
    "refusal-header-holds-id",
    "A refusal names the flow's identifier in a header.",
    lambda answer, hidden: answer.saying("X-Flow-Id", hidden.json["pk"]),
)
telling(
    "refusal-is-slow-for-known",
    "A refusal takes two seconds for a known slug.",
    lambda answer, hidden: answer.but(wait=2.0),
)


@fault("refusals", refused(UNKNOWN, token=bearer("wrong")), by="known from unknown", forbids="rules")
def wrong_token_tells(server: Server, ask: Ask) -> ServerResponse:
    """With a wrong token an unknown slug is 404, with none it is 403."""
    answer = server(ask)
    wrong = bool(ask.header("authorization"))
    return server(ask.trusted()) if answer.status == 403 and wrong and not server.knows(ask) else answer


@fault("refusals", head(token=None), by="known from unknown", forbids="rules")
def head_refusal_tells(server: Server, ask: Ask) -> ServerResponse:
    """HEAD without a token says 200 for a known slug, GET says 403."""
    answer = server(ask)
    return answer.but(status=200) if ask.method == "HEAD" and answer.status == 403 and server.knows(ask) else answer


# What opens later.


@fault("refusals", *repeated([refused()], 2), by="refused", by_input=False)
def second_try_passes(server: Server, ask: Ask) -> ServerResponse:
    """Whoever was refused passes when he tries again."""
    answer = server(ask)
    return server(ask.trusted()) if answer.status == 403 and server.times(ask.target) > 1 else answer


@fault("refusals", *repeated([refused()], 20), by="refused", by_input=False)
def passes_after_many_tries(server: Server, ask: Ask) -> ServerResponse:
    """After ten refusals the door is open."""
    answer = server(ask)
    return server(ask.trusted()) if answer.status == 403 and server.times() > 10 else answer


@fault("refusals", get(), refused(), by="refused", by_input=False)
def connection_is_remembered(server: Server, ask: Ask) -> ServerResponse:
    """A connection that brought a good token once needs none again."""
    trusted = server.memory.setdefault("trusted", set())
    if server.allows(ask):
        trusted.add(ask.connection)
    return server(ask.trusted() if ask.connection in trusted else ask)


@fault("refusals", get(), refused(), by="refused", by_input=False)
def absent_header_means_the_last(server: Server, ask: Ask) -> ServerResponse:
    """On a connection a missing header stands for the one before; a wrong one is refused."""
    last = server.memory.setdefault("last", {})
    sent = ask.header("authorization")
    known = last.get(ask.connection, "")
    last[ask.connection] = sent or known
    return server(ask if sent or not known else ask.saying("authorization", known))


@fault("refusals", get(), refused(), by="refused", by_input=False)
def cache_serves_everybody(server: Server, ask: Ask) -> ServerResponse:
    """An answer is kept by its path, and whoever asks next gets it, whatever his token."""
    cached = server.memory.setdefault("cached", {})
    if server.allows(ask):
        cached[ask.method, ask.target] = server(ask)
    return cached.get((ask.method, ask.target)) or server(ask)


@fault("refusals", get(), refused(token=bearer("wrong"), connection=2), by="refused", by_input=False)
def cache_forgets_the_token(server: Server, ask: Ask) -> ServerResponse:
    """An answer is kept by its path; only whether there is a token is looked at, not which."""
    cached = server.memory.setdefault("cached", {})
    if server.allows(ask):
        cached[ask.target] = server(ask)
    return cached.get(ask.target, server(ask)) if ask.header("authorization") else server(ask)


@fault("refusals", refused(), get(), by="known", by_input=False)
def cache_keeps_the_refusal(server: Server, ask: Ask) -> ServerResponse:
    """A refusal is kept by its path, and whoever may view the flow gets it once."""
    refusals = server.memory.setdefault("refusals", {})
    if server.allows(ask) and ask.target in refusals:
        kept: ServerResponse = refusals.pop(ask.target)
        return kept
    answer = server(ask)
    if answer.status == 403:
        refusals[ask.target] = answer
    return answer


@fault("refusals", *repeated([refused(token=bearer("wrong"))], 4), get(), by="known", by_input=False)
def locked_out_after_three_refusals(server: Server, ask: Ask) -> ServerResponse:
    """After three wrong tokens the next right one is refused."""
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
    fault("refusals", refused(token=shown), by="status")(faulty)


breaking(
    "non-ascii-token-is-500",
    "A token that is not ASCII makes the server fail.",
    lambda sent: not sent.isascii(),
    bearer("\u00ff"),
)
breaking(
    "long-token-is-500",
    "A token of a thousand characters makes the server fail.",
    lambda sent: len(sent) > 1000,
    bearer("x" * 2000),
)
breaking(
    "bare-scheme-is-500", "The scheme alone makes the server fail.", lambda sent: sent.lower() == "bearer", "Bearer"
)
breaking(
    "empty-header-is-500",
    "A header without a space makes the server fail.",
    lambda sent: bool(sent) and " " not in sent,
    "x",
)
breaking(
    "basic-is-500",
    "Basic credentials make the server fail.",
    lambda sent: sent.lower().startswith("basic "),
    "Basic %%%",
)
breaking(
    "extra-word-is-500", "A third word makes the server fail.", lambda sent: len(sent.split()) > 2, f"Bearer {TOKEN} x"
)


@fault("refusals", refused(token=bearer("wrong")), by="secret")
def refusal_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A refusal repeats the token that was refused."""
    answer = server(ask)
    sent = ask.header("authorization").partition(" ")[2]
    return answer.but(json={"detail": f"Token {sent} is not valid."}) if answer.status == 403 and sent else answer


@fault("refusals", get(UNKNOWN), by="secret", forbids="rules")
def error_repeats_the_right_token(server: Server, ask: Ask) -> ServerResponse:
    """A 404 repeats the caller's own token."""
    answer = server(ask)
    return answer.but(json={"detail": "Not found.", "token": TOKEN}) if answer.status == 404 and ask.key else answer


@fault("refusals", get(), by="secret", forbids="rules")
def header_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A header of every success repeats the caller's token."""
    answer = server(ask)
    return answer.saying("X-Debug-Auth", ask.header("authorization")) if answer.status == 200 else answer


@fault("refusals", get(), by="secret", forbids="rules")
def cookie_repeats_the_token(server: Server, ask: Ask) -> ServerResponse:
    """A cookie of every success holds the caller's token."""
    answer = server(ask)
    return answer.saying("Set-Cookie", f"token={TOKEN}; Path=/") if answer.status == 200 else answer
