"""What responses give away: secrets, hosts and errors of the server, values of injected code, data for others."""

import re
import zlib
from collections.abc import Callable
from typing import Any

from .changes import fails
from .fault import KNOWN, Fault, answers, ask_for, denied, fault, flows, get, is_read, unknown
from .fault import add as put
from .server import TOKEN, Ask, Server, ServerResponse, error

Change = Callable[[ServerResponse], ServerResponse]


def with_header(name: str, value: str) -> Change:
    return lambda answer: answer.but(headers=(*answer.headers, (name, value)))


def with_member(name: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda flow: flow | {name: value}


def saying(detail: str) -> Change:
    return lambda answer: answer.but(json={"detail": detail})


for name, about, member, value in (
    ("password-of-the-creator", "A flow shows the hash of its creator's password.", "created_by",
     {"username": "akadmin", "password": "pbkdf2_sha256$600000$c2FsdA$aGFzaA"}),
    ("client-secret-in-the-flow", "A flow shows an undocumented secret.", "client_secret",
     "kX8sQ0aPz31LmVn9"),
    ("private-key-in-the-flow", "A flow shows a private key.", "signing",
     "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"),
    ("tokens-of-sessions-in-the-flow", "A flow lists the tokens of its sessions.", "sessions",
     [{"access_token": "q9-Zt7vL0sKd3"}]),
):  # fmt: skip
    flows("leaks", name, about, with_member(member, value), by="leaks")

for status, name, about, detail in (
    (404, "not-found-names-an-upstream", "A 404 names an address of the internal network.",
     "Upstream http://10.0.12.7:9000/flows has none."),
    (403, "denial-names-a-service", "A denied response names a service of the cluster.",
     "Denied by policies.auth.svc.cluster.local."),
    (404, "not-found-with-sqlstate", "A 404 shows an error of the database.", "SQLSTATE[42P01]: Undefined table"),
    (404, "not-found-with-a-relation", "A 404 says that a table is missing.",
     'relation "authentik_flows_flow" does not exist'),
    (404, "not-found-with-an-operational-error", "A 404 shows an error of the database driver.",
     "OperationalError: no such table: flows_flow"),
    (404, "not-found-with-a-refused-connection", "A 404 says that the cache is down.",
     "connect ECONNREFUSED cache:6379"),
    (404, "not-found-with-elixir", "A 404 shows the exception of the query.",
     "** (Ecto.NoResultsError) expected at least one result but got none"),
    (403, "denial-with-a-connection-string", "A denied response shows the password of the database.",
     "cannot open postgresql://authentik:s3cret@db/authentik"),
    (404, "not-found-lists-a-process", "A 404 shows the output of a command.", "uid=0(root) gid=0(root)"),
):  # fmt: skip
    answers(
        "leaks", name, about, saying(detail),
        status=status, by="leaks", forbids="rules",
    )  # fmt: skip

for name, about, change in (
    ("query-in-a-header", "A header shows the SQL statement.",
     with_header("X-Debug-Sql", "SELECT * FROM flows_flow WHERE slug = 'x'")),
    ("connection-string-in-a-header", "A header shows the password of the database.",
     with_header("X-Db", "postgresql://authentik:s3cret@db/authentik")),
    ("cookie-holds-the-token", "A cookie contains the caller's token.",
     with_header("Set-Cookie", f"t={TOKEN}; Path=/")),
):  # fmt: skip
    answers("leaks", name, about, change, by="leaks", forbids="rules")

for name, about, change in (
    ("public-for-shared-caches", "Any cache may store the flow for everybody.",
     with_header("Cache-Control", "public, max-age=3600")),
    ("shared-caches-keep-it", "Shared caches may store the flow for ten minutes.",
     with_header("Cache-Control", "s-maxage=600")),
    ("tag-without-quotes", "An ETag is not in quotes.", with_header("ETag", "v1")),
    ("modified-at-no-date", "Last-Modified is not an HTTP date.",
     with_header("Last-Modified", "2024-09-02T10:00:00Z")),
    ("date-in-words", "The Date header is a word.", with_header("Date", "today")),
    ("cookie-without-a-name", "A cookie has no name.", with_header("Set-Cookie", "; Path=/")),
    ("two-tags", "A flow has two ETags.", lambda answer: answer.but(
        headers=(*answer.headers, ("ETag", '"a"'), ("ETag", '"b"')))),
    ("two-allowed-origins", "There are two different Access-Control-Allow-Origin headers.", lambda answer: answer.but(
        headers=(*answer.headers, ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Origin", "https://a.b")))),
):  # fmt: skip
    answers("caches and pages", name, about, change, by="headers", forbids="rules")


def _tag(answer: ServerResponse) -> str:
    return f'"{zlib.crc32(answer.body)}"'


OWN_TAG = _tag(Server()(get()))


@fault("conditional", get(if_none_match=OWN_TAG), by="status", forbids="rules")
def own_tag_breaks(server: Server, ask: Ask) -> ServerResponse:
    """A request with the current ETag of a flow in If-None-Match gets 500."""
    answer = server(ask)
    if not is_read(ask, answer):
        return answer
    return fails(answer, ask) if ask.header("if-none-match") == _tag(answer) else answer.saying("ETag", _tag(answer))


@fault("conditional", get(if_none_match=OWN_TAG), by="framing", forbids="rules")
def not_modified_has_content(server: Server, ask: Ask) -> ServerResponse:
    """A 304 has a body."""
    answer = server(ask)
    if not is_read(ask, answer):
        return answer
    tagged = answer.saying("ETag", _tag(answer))
    return tagged.but(status=304) if ask.header("if-none-match") == _tag(answer) else tagged


@fault("bypasses", denied(if_none_match=OWN_TAG), by="denied")
def own_tag_needs_no_token(server: Server, ask: Ask) -> ServerResponse:
    """A request without a token, with the current ETag in If-None-Match, gets 304."""
    answer = server(ask.trusted())
    if not is_read(ask, answer):
        return server(ask)
    if ask.header("if-none-match") == _tag(answer):
        return ServerResponse(304, b"", (("ETag", _tag(answer)),), length=None)
    return server(ask).saying("ETag", _tag(answer)) if server.allows(ask) else server(ask)


def _value(key: str) -> str:
    """What a template makes of an ID: the product that its braces hold, else nothing of it."""
    found = re.fullmatch(r"(?:\{\{|\$\{)(\d{1,6})\*(\d{1,6})\}{1,2}", key)
    return str(int(found[1]) * int(found[2])) if found else ""


@fault("injection", unknown("{{1787*1789}}"), by="reflected", forbids="rules")
def template_is_rendered(server: Server, ask: Ask) -> ServerResponse:
    """The 404 renders the slug as a template."""
    answer = server(ask)
    value = _value(ask.key or "")
    return answer.but(json={"detail": f"No flow {value}."}) if answer.status == 404 and value else answer


@fault("injection", unknown(";id"), by="leaks", forbids="rules")
def shell_is_run(server: Server, ask: Ask) -> ServerResponse:
    """The slug is run as a shell command, and the 404 shows its output."""
    answer = server(ask)
    runs = answer.status == 404 and ask.key is not None and ";id" in ask.key
    return error(404, "uid=33(www-data) gid=33(www-data)") if runs else answer


@fault("injection", get(query="a=%0d%0aX-Flowcontract-Injected:%20yes"), by="reflected", forbids="rules")
def line_break_in_the_query_ends_a_header(server: Server, ask: Ask) -> ServerResponse:
    """A line break in the query adds a header to the response."""
    name, _, value = ask.query.lower().partition("%0d%0a")[2].replace("%20", "").partition(":")
    answer = server(ask)
    return answer.but(headers=(*answer.headers, (name, value))) if value and answer.is_json else answer


@fault("bypasses", denied(host="localhost:9000"), by="denied")
def host_localhost_passes(server: Server, ask: Ask) -> ServerResponse:
    """A request with the Host localhost needs no token."""
    return server(ask.trusted() if ask.header("host").partition(":")[0] == "localhost" else ask)


def routed(name: str, about: str, path: str, pattern: str) -> None:
    """A path that leads to the same flow and is not protected."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        if not re.match(pattern, ask.path):
            return server(ask)
        key = ask.path.rstrip("/").rpartition("/")[2]
        return server(ask.about(key).trusted())

    witness = ask_for(path=f"{path}/flows/instances/{KNOWN}/", token=None)
    put(Fault(name, "bypasses", about, faulty, (witness,), "published", True, "denied"))


routed("older-version-needs-no-token", "The previous version of the API needs no token.", "/api/v2", "/api/v2/")
routed("encoded-path-needs-no-token", "A path with an encoded letter needs no token.", "/%61pi/v3", "/%61pi/")
routed(
    "public-folder-needs-no-token",
    "A path that begins in a public folder needs no token.",
    "/static/../api/v3",
    "/static/",
)
