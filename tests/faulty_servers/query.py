"""Query: parameters that the contract does not have change the answer."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from .changes import XML, fails, into, only, setting, when
from .fault import OTHER, fault, get
from .server import Ask, Server, ServerResponse, error


def asks(name: str, *values: str) -> Callable[[Ask], bool]:
    """A query parameter, with one of the values or any."""
    return lambda ask: any(key == name and (not values or value in values) for key, value in _pairs(ask))


def _pairs(ask: Ask) -> list[tuple[str, str]]:
    return parse_qsl(ask.query, keep_blank_values=True)


def repeats(ask: Ask) -> bool:
    names = [name for name, _ in _pairs(ask)]
    return len(names) != len(set(names))


def _fields(ask: Ask, answer: ServerResponse) -> ServerResponse:
    wanted = set(dict(_pairs(ask))["fields"].split(","))
    return answer.but(json={name: value for name, value in answer.json.items() if name in wanted})


for name, about, condition, change, witness in (
    (
        "any-query-is-400",
        "An undocumented query parameter gets 400.",
        lambda ask: bool(ask.query),
        lambda ask, answer: error(400, "Unknown parameter."),
        get(query="unknown=1"),
    ),
    (
        "any-query-is-404",
        "An undocumented query parameter gets 404.",
        lambda ask: bool(ask.query),
        lambda ask, answer: error(404, "Not found."),
        get(query="unknown=1"),
    ),
    (
        "any-query-is-500",
        "An undocumented query parameter causes a 500.",
        lambda ask: bool(ask.query),
        fails,
        get(query="unknown=1"),
    ),
    (
        "any-query-drops-members",
        "Any query parameter removes fields.",
        lambda ask: bool(ask.query),
        only("pk", "slug", "name"),
        get(query="unknown=1"),
    ),
    (
        "any-query-changes-title",
        "Any query parameter changes a value.",
        lambda ask: bool(ask.query),
        setting(title="Preview"),
        get(query="unknown=1"),
    ),
    (
        "any-query-changes-type",
        "Any query parameter changes the response to plain text.",
        lambda ask: bool(ask.query),
        into(b"{}", "text/plain"),
        get(query="unknown=1"),
    ),
    (
        "repeated-query-is-500",
        "A repeated query parameter causes a 500.",
        repeats,
        fails,
        get(query="a=1&a=2"),
    ),
    (
        "query-without-value-is-500",
        "A query parameter without a value causes a 500.",
        lambda ask: bool(ask.query) and "=" not in ask.query,
        fails,
        get(query="unknown"),
    ),
    (
        "odd-query-is-500",
        "Percent-encoding in the query causes a 500.",
        lambda ask: "%" in ask.query,
        fails,
        get(query="a=%FF%00"),
    ),
    (
        "long-query-is-500",
        "A long query causes a 500.",
        lambda ask: len(ask.query) > 1000,
        fails,
        get(query="a=" + "x" * 3000),
    ),
    ("fields-reduces", "`?fields=` leaves out fields.", asks("fields"), _fields, get(query="fields=pk")),
    (
        "callback-wraps",
        "`?callback=` wraps the JSON in a function call.",
        asks("callback"),
        lambda ask, answer: answer.but(body=b"cb(" + answer.body + b")"),
        get(query="callback=cb"),
    ),
    (
        "debug-shows",
        "`?debug=1` adds internals of the server.",
        asks("debug"),
        setting(debug={"sql": "SELECT * FROM flows", "file": "/srv/app/views.py"}),
        get(query="debug=1"),
    ),
    (
        "debug-true-shows",
        "`?debug=true` changes a value.",
        asks("debug", "true"),
        setting(title="DEBUG"),
        get(query="debug=true"),
    ),
    (
        "format-xml-gives-xml",
        "`?format=xml` returns XML.",
        asks("format", "xml"),
        into(XML, "application/xml"),
        get(query="format=xml"),
    ),
    (
        "pretty-breaks",
        "`?pretty` returns JSON with a comment.",
        asks("pretty"),
        lambda ask, answer: answer.but(body=b"// flow\n" + answer.body),
        get(query="pretty=1"),
    ),
    (
        "expand-nests",
        "`?expand=` returns objects instead of IDs.",
        asks("expand"),
        setting(stages=[{"pk": "x"}]),
        get(query="expand=stages"),
    ),
    (
        "version-changes",
        "`?version=` returns a value of another version.",
        asks("version"),
        setting(layout="sidebar_left_frame_background"),
        get(query="version=2"),
    ),
    (
        "page-is-applied",
        "`?page=` returns a page of results.",
        asks("page"),
        lambda ask, answer: answer.but(json={"results": [answer.json]}),
        get(query="page=2"),
    ),
    (
        "search-gives-a-list",
        "`?search=` returns a list.",
        asks("search"),
        lambda ask, answer: answer.but(json=[answer.json]),
        get(query="search=default"),
    ),
    (
        "language-in-query-changes",
        "`?lang=` changes a value.",
        asks("lang"),
        setting(title="Willkommen"),
        get(query="lang=de"),
    ),
):
    when("query", name, about, condition, change, witness)


@fault("query", get(query=f"slug={OTHER}"), by="relation", forbids="observed")
def slug_in_query_wins(server: Server, ask: Ask) -> ServerResponse:
    """`?slug=` takes precedence over the slug in the path."""
    wanted = dict(parse_qsl(ask.query)).get("slug")
    answer = server(ask)
    return server(ask.about(wanted)) if wanted and answer.status == 200 else answer
