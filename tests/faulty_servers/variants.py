"""Right servers that differ: each keeps the contract in its own way, and none may be called broken.

They are written like faults and are the other half of the proof: a gate that calls one of them broken is wrong.
"""

import gzip
import json
import posixpath
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from .fault import Faulty
from .server import TOKEN, Answer, Ask, Server, error


@dataclass(frozen=True, slots=True)
class Variant:
    """A right server and what is particular about it."""

    name: str
    about: str
    serve: Faulty
    keys: tuple[str, ...] = ()
    """The slugs that the gate is told of; empty for all that the server has."""

    def over(self, right: Server) -> Callable[[Ask], Answer]:
        return lambda ask: self.serve(right, ask)


VARIANTS: dict[str, Variant] = {}


def variant(*keys: str) -> Callable[[Faulty], Faulty]:
    def put(serve: Faulty) -> Faulty:
        name = serve.__name__.replace("_", "-")
        VARIANTS[name] = Variant(name, (serve.__doc__ or "").strip().partition("\n")[0], serve, keys)
        return serve

    return put


HTML = (("Content-Type", "text/html; charset=utf-8"),)


@variant()
def minimal(server: Server, ask: Ask) -> Answer:
    """The right server itself."""
    return server(ask)


@variant("default-source-enrollment")
def only_one_flow_is_named(server: Server, ask: Ask) -> Answer:
    """The gate is told of one flow only."""
    return server(ask)


@variant("A", "Default-Source-Enrollment", "default-source-enrollment", "f" * 50)
def only_odd_flows_are_named(server: Server, ask: Ask) -> Answer:
    """The gate is told of odd slugs only, two of which differ in case only."""
    return server(ask)


@variant("null", "undefined", "none", "0", "admin", "test", "no-such-flow", "true")
def flows_with_the_names_of_words(server: Server, ask: Ask) -> Answer:
    """Flows have slugs that others would take for unknown ones."""
    for slug in ("null", "undefined", "none", "admin", "test", "no-such-flow", "true"):
        flow = server.flows["0"] | {"slug": slug, "pk": str(uuid.uuid5(uuid.NAMESPACE_URL, slug))}
        server.flows[slug] = flow | {"export_url": f"/api/v3/flows/instances/{slug}/export/"}
    return server(ask)


@variant()
def more_headers(server: Server, ask: Ask) -> Answer:
    """Each answer has headers of a proxy and a request number of its own."""
    more = (("Server", "nginx/1.27"), ("Date", "Mon, 23 Nov 2026 12:00:00 GMT"), ("X-Request-Id", uuid.uuid4().hex))
    answer = server(ask)
    return answer.but(headers=(*answer.headers, *more, ("Vary", "Cookie"), ("X-Frame-Options", "DENY")))


@variant()
def sets_a_cookie(server: Server, ask: Ask) -> Answer:
    """Each answer sets another session cookie."""
    return server(ask).saying("Set-Cookie", f"csrf={uuid.uuid4().hex}; Path=/; SameSite=Lax")


@variant()
def more_members(server: Server, ask: Ask) -> Answer:
    """Flows have members of a later release, which the schema does not forbid."""
    answer = server(ask)
    return (
        answer.but(json=answer.json | {"background_url": "/static/x.jpg", "tags": []})
        if answer.status == 200
        else answer
    )


@variant()
def fewer_members(server: Server, ask: Ask) -> Answer:
    """Optional members are not there."""
    answer = server(ask)
    optional = ("policy_engine_mode", "compatibility_mode", "layout", "denied_action", "authentication")
    kept = {k: v for k, v in answer.json.items() if k not in optional}
    return answer.but(json=kept) if answer.status == 200 else answer


@variant()
def other_order_of_members(server: Server, ask: Ask) -> Answer:
    """The members of a flow come in another order, another one each time."""
    answer = server(ask)
    turned = dict(sorted(answer.json.items(), reverse=server.times() % 2 == 0))
    return answer.but(json=turned) if answer.status == 200 else answer


@variant()
def pretty_printed(server: Server, ask: Ask) -> Answer:
    """The JSON is indented, in ASCII, and ends with a line."""
    answer = server(ask)
    return answer.but(body=json.dumps(answer.json, indent=2).encode() + b"\n")


@variant()
def chunked(server: Server, ask: Ask) -> Answer:
    """Bodies come in chunks and have no length."""
    answer = server(ask)
    middle = len(answer.body) // 2
    chunks = [piece for piece in (answer.body[:middle], answer.body[middle:]) if piece] + [b""]
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in chunks)
    return answer.saying("Transfer-Encoding", "chunked").but(length=None, body=body)


@variant()
def http_1_0(server: Server, ask: Ask) -> Answer:
    """An old server: the end of the connection is the end of the body."""
    answer = server(ask)
    return answer.but(status_line=f"HTTP/1.0 {answer.status} X", length=None, end="close")


@variant()
def closes_each_connection(server: Server, ask: Ask) -> Answer:
    """No connection is kept."""
    return server(ask).but(end="close")


@variant()
def lower_case_headers(server: Server, ask: Ask) -> Answer:
    """Names of headers are in lower case, and the media type has capitals and spaces."""
    answer = server(ask)
    headers = tuple((name.lower(), value) for name, value in answer.headers)
    return answer.but(headers=headers).saying("content-type", "Application/JSON ; Charset=UTF-8")


@variant()
def no_charset(server: Server, ask: Ask) -> Answer:
    """JSON needs no charset."""
    return server(ask).saying("Content-Type", "application/json")


@variant()
def other_texts(server: Server, ask: Ask) -> Answer:
    """Errors have other texts, and a `code`."""
    answer = server(ask)
    texts = {403: "Zugriff verweigert.", 404: "Nicht gefunden — größer gesucht?", 405: "Geht nicht."}
    return answer.but(json={"detail": texts[answer.status], "code": "no"}) if answer.status in texts else answer


@variant()
def localised_texts(server: Server, ask: Ask) -> Answer:
    """The texts of errors are in the language that is asked for."""
    answer = server(ask)
    german = ask.header("accept-language").startswith("de") and answer.status != 200
    return answer.but(json={"detail": "Nein."}).saying("Content-Language", "de") if german else answer


@variant()
def refusals_explain_themselves(server: Server, ask: Ask) -> Answer:
    """A refusal tells a missing token from a wrong one, and both from another scheme."""
    answer = server(ask)
    if answer.status != 403:
        return answer
    sent = ask.header("authorization")
    text = "Token invalid/expired" if sent.lower().startswith("bearer ") else "Unsupported authentication type"
    return answer.but(json={"detail": text if sent else "Authentication credentials were not provided."})


@variant()
def counter_counts(server: Server, ask: Ask) -> Answer:
    """The volatile counter is another one each time."""
    answer = server(ask)
    return answer.but(json=answer.json | {"cache_count": server.times()}) if answer.status == 200 else answer


@variant()
def takes_its_time(server: Server, ask: Ask) -> Answer:
    """Each answer takes 20 ms, and each twentieth 300."""
    return server(ask).but(wait=0.3 if server.times() % 20 == 0 else 0.02)


@variant()
def scheme_in_one_case_only(server: Server, ask: Ask) -> Answer:
    """Only `Bearer` is understood, not `bearer`."""
    exact = ask.header("authorization").startswith("Bearer ")
    return server(ask if exact else ask.saying("authorization", None))


@variant()
def generous_with_spaces(server: Server, ask: Ask) -> Answer:
    """Several spaces behind the scheme count as one, as its grammar says."""
    scheme, _, token = ask.header("authorization").partition(" ")
    generous = scheme.lower() == "bearer" and token.strip(" ") == TOKEN
    return server(ask.trusted() if generous else ask)


@variant()
def odd_paths_are_pages(server: Server, ask: Ask) -> Answer:
    """A path that no route matches, also for a dot or a slash in the slug, is a 404 page."""
    routed = ask.key is not None and not set("./") & set(ask.key)
    return server(ask) if routed else Answer(404, b"<!doctype html><h1>Not Found</h1>", HTML)


@variant()
def redirects_to_the_slash(server: Server, ask: Ask) -> Answer:
    """A path without its last slash is redirected to the one with it."""
    moved = Answer(301, b"", (*HTML, ("Location", f"{ask.path}/")))
    return server(ask) if ask.path.endswith("/") else moved


@variant()
def odd_requests_are_400(server: Server, ask: Ask) -> Answer:
    """A front answers targets that hold bytes which none may hold as they are with a plain 400."""
    odd = any(not "!" <= c <= "~" for c in ask.target)
    return Answer(400, b"Bad Request", (("Content-Type", "text/plain"),), end="close") if odd else server(ask)


@variant()
def limits_the_size(server: Server, ask: Ask) -> Answer:
    """A front refuses targets and headers of more than 8,000 bytes."""
    if len(ask.target) > 8000:
        return Answer(414, b"<h1>URI Too Long</h1>", HTML, end="close")
    return error(431, "Too large.") if any(len(value) > 8000 for _, value in ask.headers) else server(ask)


@variant()
def answers_options(server: Server, ask: Ask) -> Answer:
    """OPTIONS is 204 with `Allow`, for everybody."""
    return Answer(204, b"", (("Allow", "GET, HEAD, OPTIONS"),)) if ask.method == "OPTIONS" and ask.key else server(ask)


@variant()
def describes_itself(server: Server, ask: Ask) -> Answer:
    """OPTIONS is 200 with a description of the operation, for everybody."""
    answer = Answer(200).but(json={"name": "Flow", "renders": ["application/json"], "parses": ["application/json"]})
    return answer.saying("Allow", "GET, HEAD, OPTIONS") if ask.method == "OPTIONS" and ask.key else server(ask)


@variant()
def allows_other_origins(server: Server, ask: Ask) -> Answer:
    """Pages from elsewhere may ask: preflights and headers of CORS."""
    origin = ask.header("origin")
    if ask.method == "OPTIONS" and ask.header("access-control-request-method"):
        return Answer(204, b"", (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", "GET")))
    return server(ask).saying("Access-Control-Allow-Origin", origin) if origin else server(ask)


@variant()
def strict_about_accept(server: Server, ask: Ask) -> Answer:
    """Whoever accepts no JSON gets 406, before anything else."""
    accept = ask.header("accept")
    wanted = not accept or any(kind in accept for kind in ("application/json", "*/*", "application/*"))
    return server(ask) if wanted or ask.key is None else error(406, "Could not satisfy the request Accept header.")


@variant()
def compresses_on_wish(server: Server, ask: Ask) -> Answer:
    """Whoever accepts gzip gets it, and nobody else."""
    answer = server(ask).saying("Vary", "Accept-Encoding")
    wanted = [part.strip() for part in ask.header("accept-encoding").split(",")]
    if "gzip" not in wanted:
        return answer
    return answer.but(body=gzip.compress(answer.body, mtime=0)).saying("Content-Encoding", "gzip")


@variant()
def has_other_methods(server: Server, ask: Ask) -> Answer:
    """PUT, PATCH and DELETE are there as well: refused without a token, 404 for a slug that is not there.

    A DELETE with a token is obeyed: a gate that sends one finds the flow gone, and has done harm.
    """
    if ask.method not in ("PUT", "PATCH", "DELETE") or not ask.key:
        answer = server(ask)
        return answer.saying("Allow", "GET, PUT, PATCH, DELETE, HEAD") if answer.status == 405 else answer
    answer = server(replace(ask, method="GET"))
    if answer.status != 200:
        return answer
    server.flows.pop(ask.key)
    return Answer(204, b"", ())


@variant()
def asks_for_the_token_first(server: Server, ask: Ask) -> Answer:
    """A method that is not allowed is refused without a token, and 405 with one."""
    return server(ask) if server.allows(ask) or not ask.key else server(replace(ask, method="GET"))


@variant()
def odd_methods_are_400(server: Server, ask: Ask) -> Answer:
    """A method that HTTP does not know is a bad request, in plain text."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
    plain = Answer(400, b"Invalid HTTP request received.", (("Content-Type", "text/plain"),), end="close")
    return server(ask) if ask.method in known else plain


@variant()
def odd_methods_are_501(server: Server, ask: Ask) -> Answer:
    """A method that HTTP does not know is 501, as RFC 9110 says."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    return server(ask) if ask.method in known else error(501, "Not implemented.")


@variant()
def tags_and_304(server: Server, ask: Ask) -> Answer:
    """Flows have entity tags; who names the very tag, or any by a star, is told that nothing changed."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    tag = f'"{uuid.uuid5(uuid.NAMESPACE_URL, answer.body.decode()).hex}"'
    same = tag in ask.header("if-none-match") or ask.header("if-none-match") == "*"
    return Answer(304, b"", (("ETag", tag),), length=None) if same else answer.saying("ETag", tag)


@variant()
def head_has_no_length(server: Server, ask: Ask) -> Answer:
    """HEAD does not say how long the body would be, which it need not."""
    return server(ask).but(length=None) if ask.method == "HEAD" else server(ask)


@variant()
def all_in_ascii(server: Server, ask: Ask) -> Answer:
    """What is not ASCII is escaped, a slash too."""
    answer = server(ask)
    return answer.but(body=json.dumps(answer.json).replace("/", "\\/").encode())


@variant()
def absolute_pictures(server: Server, ask: Ask) -> Answer:
    """The picture is elsewhere, lists hold duplicates, and the title a placeholder."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    flow = answer.json
    stages = [*flow["stages"], *flow["stages"]]
    change = {"background": "https://cdn.example.org/a b.jpg", "title": "Welcome to %(app)s <b>", "stages": stages}
    return answer.but(json=flow | change)


@variant()
def paths_in_the_title(server: Server, ask: Ask) -> Answer:
    """A flow's title speaks of files and errors, as a person may write."""
    answer = server(ask)
    title = "Error at /etc/passwd: Traceback of <script>"
    return answer.but(json=answer.json | {"title": title}) if answer.status == 200 else answer


@variant()
def uuids_in_capitals(server: Server, ask: Ask) -> Answer:
    """Identifiers are in capitals, the counter is large, and the picture is not set."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    change = {"pk": answer.json["pk"].upper(), "cache_count": 2**53 + 1, "background": ""}
    return answer.but(json=answer.json | change)


@variant()
def challenges(server: Server, ask: Ask) -> Answer:
    """A refusal says how to be let in."""
    answer = server(ask)
    return answer.saying("WWW-Authenticate", 'Bearer realm="flows"') if answer.status == 403 else answer


@variant()
def slow_at_first(server: Server, ask: Ask) -> Answer:
    """The first answer takes a second, as after a start."""
    return server(ask).but(wait=1.0 if server.times() == 1 else 0.0)


@variant()
def options_is_empty(server: Server, ask: Ask) -> Answer:
    """An OPTIONS of anything, known or not, is 200 without a body."""
    return Answer(200, b"", ()) if ask.method == "OPTIONS" else server(ask)


@variant()
def odd_headers_are_400(server: Server, ask: Ask) -> Answer:
    """A front answers headers that hold control characters, or bytes beyond ASCII, with a plain 400."""
    odd = any(not value.isascii() or not value.isprintable() for _, value in ask.headers)
    return Answer(400, b"Bad Request", (("Content-Type", "text/plain"),), end="close") if odd else server(ask)


@variant()
def closes_after_errors(server: Server, ask: Ask) -> Answer:
    """A connection ends with the first answer that is no success."""
    answer = server(ask)
    return answer if answer.status == 200 else answer.but(end="close")


@variant()
def hangs_up_silently(server: Server, ask: Ask) -> Answer:
    """Each seventh answer is the last of its connection, and no header says so."""
    return server(ask).but(end="drop") if ask.turn == 7 else server(ask)


@variant()
def counts_down(server: Server, ask: Ask) -> Answer:
    """Headers tell how many calls are left and how long each took."""
    left, times = 5000 - server.times(), f"{server.times() % 7}.25"
    answer = server(ask).saying("X-RateLimit-Remaining", str(left)).saying("Server-Timing", f"app;dur={times}")
    return answer.saying("X-RateLimit-Reset", str(1795430000 + left % 3))


@variant()
def quoted_charset(server: Server, ask: Ask) -> Answer:
    """The charset is in quotes and capitals."""
    return server(ask).saying("Content-Type", 'application/json;charset="UTF-8"')


@variant()
def normalises_paths(server: Server, ask: Ask) -> Answer:
    """Plain dots and doubled slashes in a path are resolved before it is routed."""
    path = posixpath.normpath(ask.path).replace("//", "/") + ("/" if ask.path.endswith("/") else "")
    return server(replace(ask, target=path + ask.target[len(ask.path) :]))
