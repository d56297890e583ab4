"""Leaks: errors that tell of the inside, or give back what came as it came."""

from collections.abc import Callable

from .fault import KNOWN, UNKNOWN, Forbids, ask_for, denied, fault, get, unknown
from .server import Ask, Server, ServerResponse, error

PYTHON = """Traceback (most recent call last):
  File "/srv/authentik/core/views.py", line 214, in retrieve
    flow = Flow.objects.get(slug=slug)
authentik.flows.models.Flow.DoesNotExist: Flow matching query does not exist."""
JAVA = """java.lang.NullPointerException: null
	at com.example.flows.FlowService.find(FlowService.java:42)
	at com.example.flows.FlowController.get(FlowController.java:17)"""
NODE = """TypeError: Cannot read properties of undefined (reading 'slug')
    at getFlow (/usr/src/app/routes/flows.js:12:34)
    at Layer.handle [as handle_request] (/usr/src/app/node_modules/express/lib/router/layer.js:95:5)"""
GO = """panic: runtime error: invalid memory address or nil pointer dereference
goroutine 19 [running]:
main.getFlow(0xc0000b4000)
	/app/cmd/server/main.go:88 +0x1d"""
PHP = "Fatal error: Uncaught Error: Call to a member function toArray() on null in /var/www/html/flows.php:31"
RUBY = "app/controllers/flows_controller.rb:12:in `show': undefined method `slug' for nil:NilClass (NoMethodError)"
CSHARP = "System.NullReferenceException: Not set.\n   at Flows.Get(String slug) in C:\\src\\Flows.cs:line 31"
SQL = 'relation "authentik_flows_flow" SELECT "pk" FROM "authentik_flows_flow" WHERE "slug" = \'no-such-flow\' LIMIT 21'

DEBUG_PAGE = b"""<!doctype html><title>Page not found at /api/v3/flows/</title><h1>Page not found (404)</h1>
<p>Using the URLconf defined in <code>authentik.root.urls</code>, Django tried these URL patterns, in this order:</p>
<ol><li>api/v3/ admin/</li></ol><p>You're seeing this error because you have <code>DEBUG = True</code>.</p>"""


def leak(
    name: str,
    about: str,
    change: Callable[[ServerResponse, Ask], ServerResponse],
    *,
    status: int = 404,
    forbids: Forbids = "rules",
    by: str = "leak",
    witness: Ask | None = None,
) -> None:
    """A fault in the errors of one status."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        answer = server(ask)
        return change(answer, ask) if answer.status == status and answer.is_json and ask.key is not None else answer

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    shown = {404: unknown(), 403: denied(), 405: ask_for(KNOWN, "POST", token=None), 200: get()}
    fault("leaks", witness or shown[status], by=by, forbids=forbids)(faulty)


def detail(text: str) -> Callable[[ServerResponse, Ask], ServerResponse]:
    return lambda answer, _: answer.but(json={"detail": text})


def member(name: str, value: object) -> Callable[[ServerResponse, Ask], ServerResponse]:
    return lambda answer, _: answer.but(json=answer.json | {name: value})


HTML = (("Content-Type", "text/html; charset=utf-8"),)

leak("python-trace", "A 404 contains a Python stack trace.", detail(PYTHON))
leak("python-trace-in-member", "A 404 contains a stack trace in its own field.", member("trace", PYTHON.splitlines()))
leak("java-trace", "A 404 contains a Java stack trace.", detail(JAVA))
leak("node-trace", "A 404 contains a Node stack trace.", member("stack", NODE))
leak("go-trace", "A 404 contains a Go panic.", detail(GO))
leak("php-trace", "A 404 contains a PHP fatal error.", detail(PHP))
leak("ruby-trace", "A 404 contains a Ruby error with its file.", detail(RUBY))
leak("csharp-trace", "A 404 contains a .NET stack trace.", detail(CSHARP))
leak("file-path", "A 404 names a file of the server.", detail("Not found in /var/lib/authentik/flows/index.db"))
leak("windows-path", "A 404 names a file of the server, on Windows.", detail(r"Not found in C:\inetpub\flows\index.db"))
leak("home-path", "A 404 names a home directory.", detail("No such file: /home/deploy/app/flows.json"))
leak("sql-text", "A 404 contains the SQL statement.", detail(SQL))
leak("denial-with-trace", "A denied response contains a stack trace.", detail(PYTHON), status=403)
leak(
    "denial-with-path",
    "A denied response names a file of the server.",
    detail("Denied by /etc/authentik/policies/default.yaml"),
    status=403,
)
leak("not-allowed-with-trace", "A 405 contains a stack trace.", member("stack", NODE), status=405)
leak(
    "trace-in-header",
    "A 404 contains part of a stack trace in a header.",
    lambda answer, _: answer.saying("X-Exception", PYTHON.splitlines()[1].strip()),
)
leak(
    "markup-comes-back",
    "A 404 is an HTML page that repeats the slug unescaped.",
    lambda answer, ask: ServerResponse(404, f"<p>No flow {ask.key}</p>".encode("utf-8", "replace"), HTML),
    witness=unknown("<script>alert(1)</script>"),
    by="reflected",
)
leak(
    "markup-comes-back-in-json",
    "A 404 repeats markup from the slug unescaped.",
    lambda answer, ask: answer.but(json={"detail": f"No flow {(ask.key or '').encode('utf-8', 'replace').decode()}."}),
    witness=unknown("<script>alert(1)</script>"),
    by="reflected",
)
leak(
    "query-comes-back",
    "A 404 is an HTML page that repeats the query.",
    lambda answer, ask: answer.but(body=f"<p>{ask.query}</p>".encode(), headers=HTML) if ask.query else answer,
    witness=unknown(query="a=<script>"),
    by="reflected",
)
leak(
    "slug-in-header",
    "A 404 repeats the slug in a header.",
    lambda answer, ask: answer.saying(
        "X-Slug", (ask.key or "").encode("utf-8", "surrogateescape").decode("latin-1").replace("\n", "\r\n")
    ),
    witness=unknown("x\r\ny"),
    by="reflected",
)
leak(
    "page-of-debugging",
    "A 404 is a framework's debug page with all routes.",
    lambda answer, _: ServerResponse(404, DEBUG_PAGE, HTML),
    forbids="observed",
)


@fault("leaks", unknown("x'y"), by="leak", forbids="rules")
def quote_shows_sql(server: Server, ask: Ask) -> ServerResponse:
    """A quote in a slug gets a 400 with the error of the database."""
    broken = ask.key and server.allows(ask) and "'" in ask.key
    return error(400, f'syntax error at or near "\'" LINE 1: {SQL}') if broken else server(ask)


@fault("leaks", unknown("\0"), by="status", forbids="published")
def nul_shows_a_page_of_debugging(server: Server, ask: Ask) -> ServerResponse:
    """A NUL in a slug gets a debug page with a stack trace."""
    page = f"<html><title>ValueError at {ask.path}</title><pre>{PYTHON}</pre></html>".encode()
    return ServerResponse(500, page, HTML) if ask.key and "\0" in ask.key and server.allows(ask) else server(ask)


@fault("leaks", get(UNKNOWN, x_debug="1"), by="ignored", forbids="rules")
def debug_header_shows(server: Server, ask: Ask) -> ServerResponse:
    """`X-Debug` adds a stack trace to errors."""
    answer = server(ask)
    shown = answer.status in (403, 404) and answer.is_json and ask.header("x-debug")
    return answer.but(json=answer.json | {"trace": PYTHON}) if shown else answer
