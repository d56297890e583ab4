"""Statuses: another one than the contract has for the case."""

from .fault import KNOWN, OTHER, answers, denied, fault, get, repeated, unknown
from .server import Ask, Server, ServerResponse, error

HTML = (("Content-Type", "text/html; charset=utf-8"),)
LOGIN = (*HTML, ("Location", "/if/flow/default-authentication-flow/"))

answers(
    "status",
    "denial-is-401",
    "A denied request gets an undocumented 401 instead of 403.",
    lambda answer: answer.but(status=401),
    status=403,
    by="status",
)
answers(
    "status",
    "denial-is-401-with-challenge",
    "A denied request gets a 401 with a challenge instead of the documented 403.",
    lambda answer: answer.but(status=401).saying("WWW-Authenticate", 'Bearer realm="api"'),
    status=403,
    by="status",
)
answers(
    "status",
    "denial-is-404",
    "A denied request gets 404.",
    lambda answer: answer.but(status=404),
    status=403,
    by="status",
)
answers(
    "status",
    "denial-is-400",
    "A denied request gets 400.",
    lambda answer: answer.but(status=400),
    status=403,
    by="denied",
    forbids="observed",
)
answers(
    "status",
    "denial-is-200",
    "A denied request gets 200, and only the body says that it was denied.",
    lambda answer: answer.but(status=200),
    status=403,
    by="schema",
)
answers(
    "status",
    "denial-redirects-to-login",
    "A denied request is redirected to a login page.",
    lambda answer: ServerResponse(302, b"", LOGIN),
    status=403,
    by="status",
)
answers(
    "status",
    "unknown-is-gone",
    "An unknown slug gets 410.",
    lambda answer: answer.but(status=410),
    status=404,
    by="status",
)
answers(
    "status",
    "unknown-is-500",
    "An unknown slug causes a 500.",
    lambda answer: error(500, "Internal error."),
    status=404,
    by="status",
)
answers(
    "status",
    "unknown-is-400",
    "An unknown slug gets 400.",
    lambda answer: answer.but(status=400),
    status=404,
    by="unknown",
    forbids="observed",
)
answers(
    "status",
    "unknown-is-403",
    "An unknown slug gets 403, even if the caller may view every flow.",
    lambda answer: answer.but(status=403),
    status=404,
    by="unknown",
    forbids="observed",
)
answers(
    "status",
    "unknown-is-204",
    "An unknown slug gets 204.",
    lambda answer: ServerResponse(204, b"", ()),
    status=404,
    by="status",
)
answers(
    "status",
    "unknown-is-200-null",
    "An unknown slug gets 200 with `null`.",
    lambda answer: answer.but(status=200, body=b"null"),
    status=404,
    by="schema",
)
answers(
    "status",
    "unknown-is-200-error",
    "An unknown slug gets 200 with the error as its body.",
    lambda answer: answer.but(status=200),
    status=404,
    by="schema",
)
answers(
    "status",
    "unknown-is-200-empty-object",
    "An unknown slug gets 200 with an empty object.",
    lambda answer: answer.but(status=200, body=b"{}"),
    status=404,
    by="schema",
)
answers(
    "status",
    "unknown-redirects",
    "An unknown slug redirects to the list.",
    lambda answer: ServerResponse(302, b"", (*HTML, ("Location", "/api/v3/flows/instances/"))),
    status=404,
    by="status",
)
answers(
    "status",
    "success-is-201",
    "A read gets 201.",
    lambda answer: answer.but(status=201),
    by="status",
)
answers(
    "status",
    "success-is-203",
    "A read gets 203.",
    lambda answer: answer.but(status=203),
    by="status",
)
answers(
    "status",
    "one-flow-is-500",
    "One of the flows causes a 500.",
    lambda answer: error(500, "Internal error."),
    only=OTHER,
    by="status",
)
answers(
    "status",
    "one-flow-is-missing",
    "One of the flows is not found.",
    lambda answer: error(404, "Not found."),
    only="initial-setup",
    by="known",
    forbids="observed",
)
answers(
    "status",
    "one-flow-is-denied",
    "One of the flows is denied to a caller who may view all.",
    lambda answer: error(403, "You do not have permission to perform this action."),
    only="default-password-change",
    by="known",
)
answers(
    "status",
    "one-flow-moved",
    "One of the flows redirects elsewhere.",
    lambda answer: ServerResponse(301, b"", (*HTML, ("Location", "/api/v3/flows/instances/initial-setup/"))),
    only="default-user-settings-flow",
    by="status",
)


@fault("status", unknown(), by="unknown")
def unknown_is_the_first_flow(server: Server, ask: Ask) -> ServerResponse:
    """An unknown slug returns another flow."""
    answer = server(ask)
    return server(ask.about(OTHER)) if answer.status == 404 and ask.key else answer


@fault("status", unknown(), by="unknown")
def unknown_is_made_up(server: Server, ask: Ask) -> ServerResponse:
    """An unknown slug returns a made-up, valid flow."""
    answer = server(ask)
    if answer.status != 404 or not ask.key:
        return answer
    flow = server(ask.about(KNOWN)).json
    if not flow.get("slug"):
        return answer
    export = f"/api/v3/flows/instances/{ask.key}/export/"
    return server(ask.about(KNOWN)).but(json=flow | {"slug": ask.key, "export_url": export})


@fault("status", *repeated([get()], 12), by="status", by_input=False)
def too_many_requests_at_ten(server: Server, ask: Ask) -> ServerResponse:
    """Every tenth request gets an undocumented 429."""
    return error(429, "Slow down.") if server.times() % 10 == 0 else server(ask)


@fault("status", denied(token="Bearer bad"), by="status")
def wrong_token_is_401(server: Server, ask: Ask) -> ServerResponse:
    """A wrong token gets 401, a missing one 403."""
    answer = server(ask)
    wrong = ask.header("authorization").lower().startswith("bearer ")
    return answer.but(status=401) if answer.status == 403 and wrong else answer


@fault("status", denied(token="Basic Zm9vOmJhcg=="), by="status")
def other_scheme_is_400(server: Server, ask: Ask) -> ServerResponse:
    """The scheme Basic gets a 400 in plain text."""
    answer = server(ask)
    scheme = ask.header("authorization").partition(" ")[0].lower()
    plain = (("Content-Type", "text/plain"),)
    return ServerResponse(400, b"bad scheme", plain) if answer.status == 403 and scheme == "basic" else answer
