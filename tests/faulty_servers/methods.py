"""Methods: HEAD that differs from GET, wrong responses to undocumented methods, and unsafe methods that succeed."""

from collections.abc import Callable

from .fault import KNOWN, UNKNOWN, Forbids, ask_for, fault, head
from .server import TOKEN, Ask, Server, ServerResponse, error, known_flows


def of_head(
    name: str,
    about: str,
    change: Callable[[ServerResponse], ServerResponse],
    *,
    status: int = 200,
    by: str = "head mirrors get",
) -> None:
    """A fault in the answers to HEAD."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        return change(answer) if ask.method == "HEAD" and answer.status == status else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    witness = {200: head(), 404: head(UNKNOWN), 403: head(token=None)}
    fault("head", witness[status], by=by, forbids="rules")(faulty)


NOT_ALLOWED = error(405, "This method is not allowed here.", ("Allow", "GET"))

of_head("head-is-405", "HEAD gets 405 where GET succeeds.", lambda answer: NOT_ALLOWED)
of_head("head-is-404", "HEAD gets 404 where GET succeeds.", lambda answer: answer.but(status=404))
of_head("head-is-500", "HEAD causes a 500.", lambda answer: error(500, "Internal error."))
of_head("head-is-501", "HEAD gets 501.", lambda answer: answer.but(status=501))
of_head("head-is-204", "HEAD gets 204.", lambda answer: ServerResponse(204, b"", ()))
of_head("head-has-a-body", "The response to HEAD has a body.", lambda answer: answer.but(head_body=True), by="framing")
of_head("head-of-length-0", "HEAD has Content-Length 0.", lambda answer: answer.but(head_length=0))
of_head("head-of-other-length", "HEAD has another Content-Length than GET.", lambda answer: answer.but(head_length=17))
of_head(
    "head-of-other-type",
    "HEAD has another Content-Type than GET.",
    lambda answer: answer.saying("Content-Type", "text/html"),
)
of_head(
    "head-of-unknown-is-200", "HEAD of an unknown slug gets 200.", lambda answer: answer.but(status=200), status=404
)
of_head(
    "head-denied-is-404",
    "HEAD without a token gets 404 where GET gets 403.",
    lambda answer: answer.but(status=404),
    status=403,
)
of_head(
    "head-denied-is-401",
    "HEAD without a token gets 401 where GET gets 403.",
    lambda answer: answer.but(status=401),
    status=403,
)


def method(
    name: str,
    about: str,
    methods: str,
    change: Callable[[Server, Ask], ServerResponse],
    *,
    by: str = "unsafe",
    forbids: Forbids = "rules",
    key: str = KNOWN,
    token: str | None = None,
) -> None:
    """A fault in the answers to some other methods."""
    named = tuple(methods.split())

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return change(server, ask) if ask.method in named and ask.key else server(ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("methods", ask_for(key, named[0], token=token), by=by, forbids=forbids)(faulty)


def instead(answer: ServerResponse) -> Callable[[Server, Ask], ServerResponse]:
    return lambda server, ask: answer


def as_get(server: Server, ask: Ask) -> ServerResponse:
    return server(ask_for(ask.key or "", token=ask.header("authorization")))


def as_trusted_get(server: Server, ask: Ask) -> ServerResponse:
    return server(ask_for(ask.key or ""))


def with_token(answer: ServerResponse) -> Callable[[Server, Ask], ServerResponse]:
    return lambda server, ask: answer if server.allows(ask) else server(ask)


DELETED = ServerResponse(204, b"", ())
NOT_FOUND = error(404, "Not found.")
FAILED = error(500, "Internal error.")
BEARER = f"Bearer {TOKEN}"

method("delete-needs-no-token", "DELETE succeeds without a token.", "DELETE", instead(DELETED))
method("put-needs-no-token", "PUT succeeds without a token.", "PUT", as_trusted_get)
method("patch-needs-no-token", "PATCH succeeds without a token.", "PATCH", instead(ServerResponse(200, b"{}")))
method("post-needs-no-token", "POST creates without a token.", "POST", instead(ServerResponse(201, b"{}")))
method("post-is-accepted", "POST gets 202 without a token.", "POST", instead(ServerResponse(202, b"{}")))
method("post-gives-the-flow", "POST returns the flow without a token.", "POST", as_trusted_get)
method(
    "delete-of-unknown-succeeds",
    "DELETE of an unknown slug succeeds.",
    "DELETE",
    with_token(DELETED),
    key=UNKNOWN,
    token=BEARER,
)
method(
    "put-of-unknown-succeeds",
    "PUT of an unknown slug succeeds.",
    "PUT",
    with_token(ServerResponse(200, b"{}")),
    key=UNKNOWN,
    token=BEARER,
)
method(
    "patch-of-unknown-succeeds",
    "PATCH of an unknown slug succeeds.",
    "PATCH",
    with_token(ServerResponse(200, b"{}")),
    key=UNKNOWN,
    token=BEARER,
)
method(
    "post-of-unknown-creates",
    "POST to an unknown slug creates it.",
    "POST",
    with_token(ServerResponse(201, b"{}")),
    key=UNKNOWN,
    token=BEARER,
)
method(
    "writing-is-404",
    "An undocumented method gets 404 for an existing flow.",
    "POST PUT PATCH DELETE",
    instead(NOT_FOUND),
    by="405",
    forbids="observed",
)
method(
    "writing-is-400",
    "An undocumented method gets 400.",
    "POST PUT PATCH DELETE",
    instead(error(400, "Bad method.")),
    by="405",
    forbids="observed",
)
method(
    "writing-is-501",
    "An undocumented method gets 501.",
    "POST PUT PATCH DELETE",
    instead(error(501, "Not implemented.")),
    by="405",
    forbids="observed",
)
method(
    "writing-is-500",
    "An undocumented method causes a 500.",
    "POST PUT PATCH DELETE",
    instead(FAILED),
    by="status",
    forbids="observed",
)
method(
    "writing-redirects",
    "An undocumented method gets a redirect.",
    "POST PUT PATCH DELETE",
    instead(ServerResponse(302, b"", (("Location", "/"),))),
    by="405",
    forbids="observed",
)
method(
    "writing-is-html",
    "A 405 is an HTML page.",
    "POST PUT PATCH DELETE",
    instead(ServerResponse(405, b"<h1>405</h1>", (("Content-Type", "text/html"), ("Allow", "GET, HEAD")))),
    by="media type",
    forbids="observed",
)
method(
    "writing-is-200-error",
    "An undocumented method gets 200 with an error in the body.",
    "POST PUT PATCH DELETE",
    instead(ServerResponse(200, b'{"detail":"No."}')),
    by="unsafe",
    forbids="observed",
)
method("patch-is-500", "PATCH causes a 500.", "PATCH", instead(FAILED), by="status")
method(
    "trace-echoes",
    "TRACE sends the request back, with its headers.",
    "TRACE",
    lambda server, ask: ServerResponse(
        200,
        "\r\n".join([f"TRACE {ask.target} HTTP/1.1", *map(": ".join, ask.headers)]).encode("utf-8", "replace"),
        (("Content-Type", "message/http"),),
    ),
    by="unsafe",
)
method("trace-is-500", "TRACE causes a 500.", "TRACE", instead(FAILED), by="status")
method("trace-gives-the-flow", "TRACE returns the flow without a token.", "TRACE", as_trusted_get)
method("options-gives-the-flow", "OPTIONS returns the flow without a token.", "OPTIONS", as_trusted_get, by="denied")
method(
    "options-lists-the-flows",
    "OPTIONS lists all slugs without a token.",
    "OPTIONS",
    lambda server, ask: ServerResponse(200).but(json={"slug": {"choices": sorted(known_flows())}}),
    by="denied",
)
method("options-is-500", "OPTIONS causes a 500.", "OPTIONS", instead(FAILED), by="status")
method(
    "odd-method-is-get",
    "An unknown method is treated as GET and needs no token.",
    "FOO PROPFIND BREW",
    as_trusted_get,
    by="denied",
)
method("propfind-is-500", "A WebDAV method causes a 500.", "PROPFIND", instead(FAILED), by="status")
method("lower-case-get-passes", "`get` in lower case needs no token.", "get", as_trusted_get, by="denied")


def override(name: str, about: str, header: str, token: str | None, key: str, sent: str = "GET") -> None:
    """A request that deletes because a header says so."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        deletes = ask.header(header).upper() == "DELETE" and ask.method == sent and ask.key is not None
        return DELETED if deletes and (token is None or server.allows(ask)) else server(ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    witness = ask_for(key, sent, token=token).saying(header, "DELETE")
    fault("overrides", witness, by="unsafe", forbids="rules")(faulty)


override(
    "override-deletes", "GET with a method override deletes without a token.", "x-http-method-override", None, KNOWN
)
override(
    "post-override-deletes",
    "POST with a method override deletes without a token.",
    "x-http-method-override",
    None,
    KNOWN,
    "POST",
)
override("short-override-deletes", "GET with `X-HTTP-Method` deletes without a token.", "x-http-method", None, KNOWN)
override(
    "other-override-deletes", "GET with `X-Method-Override` deletes without a token.", "x-method-override", None, KNOWN
)
override(
    "trusted-override-deletes",
    "GET with a method override deletes for any caller with a token.",
    "x-http-method-override",
    BEARER,
    UNKNOWN,
)
override(
    "trusted-post-override-deletes",
    "POST with a method override deletes for any caller with a token.",
    "x-http-method-override",
    BEARER,
    UNKNOWN,
    "POST",
)


@fault("overrides", ask_for(KNOWN, token=None, query="_method=DELETE"), by="unsafe", forbids="rules")
def method_in_query_deletes(server: Server, ask: Ask) -> ServerResponse:
    """GET with `_method=DELETE` deletes without a token."""
    return DELETED if "_method=DELETE" in ask.query and ask.key else server(ask)


@fault("overrides", ask_for(UNKNOWN, x_http_method_override="PUT"), by="same question", forbids="rules")
def override_is_500(server: Server, ask: Ask) -> ServerResponse:
    """Any method override causes a 500."""
    return FAILED if ask.header("x-http-method-override") else server(ask)
