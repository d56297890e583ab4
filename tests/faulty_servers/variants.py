"""Right servers that differ: each keeps the contract in its own way, and none may be called broken.

They are written like faults and are the other half of the proof: a gate that calls one of them broken is wrong.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from .fault import Faulty
from .server import TOKEN, Ask, Server, ServerResponse, error


@dataclass(frozen=True, slots=True)
class Variant:
    """A conforming server and what is particular about it."""

    name: str
    about: str
    serve: Faulty
    keys: tuple[str, ...] = ()
    """The slugs that the gate is told of; empty for all that the server has."""

    def over(self, right: Server) -> Callable[[Ask], ServerResponse]:
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
def minimal(server: Server, ask: Ask) -> ServerResponse:
    """The conforming server itself."""
    return server(ask)


@variant("default-source-enrollment")
def only_one_flow_is_named(server: Server, ask: Ask) -> ServerResponse:
    """The gate is given only one flow."""
    return server(ask)


@variant("A", "Default-Source-Enrollment", "default-source-enrollment", "f" * 50)
def only_odd_flows_are_named(server: Server, ask: Ask) -> ServerResponse:
    """The gate is given only unusual slugs; two differ only in case."""
    return server(ask)


@variant("null", "undefined", "none", "0", "admin", "test", "no-such-flow", "true")
def flows_with_the_names_of_words(server: Server, ask: Ask) -> ServerResponse:
    """Flows have slugs that look like unknown ones."""
    for slug in ("null", "undefined", "none", "admin", "test", "no-such-flow", "true"):
        flow = server.flows["0"] | {"slug": slug, "pk": str(uuid.uuid5(uuid.NAMESPACE_URL, slug))}
        server.flows[slug] = flow | {"export_url": f"/api/v3/flows/instances/{slug}/export/"}
    return server(ask)


@variant()
def more_members(server: Server, ask: Ask) -> ServerResponse:
    """Flows have fields of a later release, which the schema allows."""
    answer = server(ask)
    return (
        answer.but(json=answer.json | {"background_url": "/static/x.jpg", "tags": []})
        if answer.status == 200
        else answer
    )


@variant()
def fewer_members(server: Server, ask: Ask) -> ServerResponse:
    """Optional fields are missing."""
    answer = server(ask)
    optional = ("policy_engine_mode", "compatibility_mode", "layout", "denied_action", "authentication")
    kept = {k: v for k, v in answer.json.items() if k not in optional}
    return answer.but(json=kept) if answer.status == 200 else answer


@variant()
def other_order_of_members(server: Server, ask: Ask) -> ServerResponse:
    """The fields of a flow are in a different order each time."""
    answer = server(ask)
    turned = dict(sorted(answer.json.items(), reverse=server.times() % 2 == 0))
    return answer.but(json=turned) if answer.status == 200 else answer


@variant()
def pretty_printed(server: Server, ask: Ask) -> ServerResponse:
    """The JSON is indented, in ASCII, and ends with a line break."""
    answer = server(ask)
    return answer.but(body=json.dumps(answer.json, indent=2).encode() + b"\n")


@variant()
def other_texts(server: Server, ask: Ask) -> ServerResponse:
    """Errors have other messages, and a `code`."""
    answer = server(ask)
    texts = {403: "Zugriff verweigert.", 404: "Nicht gefunden — größer gesucht?", 405: "Geht nicht."}
    return answer.but(json={"detail": texts[answer.status], "code": "no"}) if answer.status in texts else answer


@variant()
def localised_texts(server: Server, ask: Ask) -> ServerResponse:
    """Error messages are in the requested language."""
    answer = server(ask)
    german = ask.header("accept-language").startswith("de") and answer.status != 200
    return answer.but(json={"detail": "Nein."}).saying("Content-Language", "de") if german else answer


@variant()
def denials_explain_themselves(server: Server, ask: Ask) -> ServerResponse:
    """Denied responses differ for a missing token, a wrong token and another scheme."""
    answer = server(ask)
    if answer.status != 403:
        return answer
    sent = ask.header("authorization")
    text = "Token invalid/expired" if sent.lower().startswith("bearer ") else "Unsupported authentication type"
    return answer.but(json={"detail": text if sent else "Authentication credentials were not provided."})


@variant()
def counter_counts(server: Server, ask: Ask) -> ServerResponse:
    """The volatile counter differs each time."""
    answer = server(ask)
    return answer.but(json=answer.json | {"cache_count": server.times()}) if answer.status == 200 else answer


@variant()
def scheme_in_one_case_only(server: Server, ask: Ask) -> ServerResponse:
    """Only `Bearer` is accepted, not `bearer`."""
    exact = ask.header("authorization").startswith("Bearer ")
    return server(ask if exact else ask.saying("authorization", None))


@variant()
def generous_with_spaces(server: Server, ask: Ask) -> ServerResponse:
    """Several spaces after the scheme count as one, as the grammar allows."""
    scheme, _, token = ask.header("authorization").partition(" ")
    generous = scheme.lower() == "bearer" and token.strip(" ") == TOKEN
    return server(ask.trusted() if generous else ask)


@variant()
def splits_at_any_space(server: Server, ask: Ask) -> ServerResponse:
    """Scheme and token are split at any white space, as some frameworks do."""
    sent = [value.split() for name, value in ask.headers if name == "authorization"]
    good = len(sent) == 1 and [word.lower() for word in sent[0][:1]] == ["bearer"] and sent[0][1:] == [TOKEN]
    return server(ask.trusted() if good else ask)


@variant()
def takes_the_first_of_two(server: Server, ask: Ask) -> ServerResponse:
    """If a header is sent twice, the first one counts, as in some runtimes."""
    return server(ask.saying("authorization", ask.header("authorization") or None))


@variant()
def answers_options(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS gets 204 with `Allow`, for any caller."""
    return (
        ServerResponse(204, b"", (("Allow", "GET, HEAD, OPTIONS"),))
        if ask.method == "OPTIONS" and ask.key
        else server(ask)
    )


@variant()
def describes_itself(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS gets 200 with a description of the operation, for any caller."""
    answer = ServerResponse(200).but(
        json={"name": "Flow", "renders": ["application/json"], "parses": ["application/json"]}
    )
    return answer.saying("Allow", "GET, HEAD, OPTIONS") if ask.method == "OPTIONS" and ask.key else server(ask)


@variant()
def strict_about_accept(server: Server, ask: Ask) -> ServerResponse:
    """Clients that do not accept JSON get 406 before anything else."""
    accept = ask.header("accept")
    wanted = not accept or any(kind in accept for kind in ("application/json", "*/*", "application/*"))
    return server(ask) if wanted or ask.key is None else error(406, "Could not satisfy the request Accept header.")


@variant()
def has_other_methods(server: Server, ask: Ask) -> ServerResponse:
    """PUT, PATCH and DELETE exist, too: denied without a token, 404 for an unknown slug.

    A DELETE with a token is obeyed: a gate that sends one finds the flow gone, and has done harm.
    """
    if ask.method not in ("PUT", "PATCH", "DELETE") or not ask.key:
        answer = server(ask)
        return answer.saying("Allow", "GET, PUT, PATCH, DELETE, HEAD") if answer.status == 405 else answer
    answer = server(replace(ask, method="GET"))
    if answer.status != 200:
        return answer
    server.flows.pop(ask.key)
    return ServerResponse(204, b"", ())


@variant()
def asks_for_the_token_first(server: Server, ask: Ask) -> ServerResponse:
    """A method that is not allowed is denied without a token, and 405 with one."""
    return server(ask) if server.allows(ask) or not ask.key else server(replace(ask, method="GET"))


@variant()
def denies_methods_in_plain_text(server: Server, ask: Ask) -> ServerResponse:
    """A method that is not allowed is denied by the framework, in plain text."""
    answer = server(ask)
    plain = ServerResponse(
        405, b"Method Not Allowed", (("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET, HEAD"))
    )
    return plain if answer.status == 405 else answer


@variant()
def filters_by_search(server: Server, ask: Ask) -> ServerResponse:
    """A search parameter filters reads of one flow, too: a flow that does not match is 404."""
    unfit = any(name in ("search", "q") and value not in (ask.key or "") for name, value in parse_qsl(ask.query))
    answer = server(ask)
    return error(404, "Not found.") if answer.status == 200 and unfit else answer


@variant()
def all_in_ascii(server: Server, ask: Ask) -> ServerResponse:
    """Non-ASCII characters and slashes are escaped."""
    answer = server(ask)
    return answer.but(body=json.dumps(answer.json).replace("/", "\\/").encode())


@variant()
def absolute_pictures(server: Server, ask: Ask) -> ServerResponse:
    """The picture is on another host, lists have duplicates, and the title has a placeholder."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    flow = answer.json
    stages = [*flow["stages"], *flow["stages"]]
    change = {"background": "https://cdn.example.org/a b.jpg", "title": "Welcome to %(app)s <b>", "stages": stages}
    return answer.but(json=flow | change)


@variant()
def paths_in_the_title(server: Server, ask: Ask) -> ServerResponse:
    """A flow's title mentions files and errors, as a person might write it."""
    answer = server(ask)
    title = "Error at /etc/passwd: Traceback of <script>"
    return answer.but(json=answer.json | {"title": title}) if answer.status == 200 else answer


@variant()
def uuids_in_capitals(server: Server, ask: Ask) -> ServerResponse:
    """UUIDs are in upper case, the counter is large, and the picture is not set."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    change = {"pk": answer.json["pk"].upper(), "cache_count": 2**53 + 1, "background": ""}
    return answer.but(json=answer.json | change)


@variant()
def lists_in_any_order(server: Server, ask: Ask) -> ServerResponse:
    """Stages and policies are in a different order each time, because they are unordered."""
    answer = server(ask)
    if answer.status != 200 or server.times() % 2:
        return answer
    flow = answer.json
    return answer.but(json=flow | {name: flow[name][::-1] for name in ("stages", "policies")})


@variant()
def errors_have_numbers(server: Server, ask: Ask) -> ServerResponse:
    """Each error has its own number and time, next to its message."""
    answer = server(ask)
    more = {"request_id": uuid.uuid4().hex, "timestamp": f"2026-11-23T12:00:{server.times() % 60:02}Z"}
    return answer.but(json=answer.json | more) if answer.status >= 400 else answer


@variant()
def challenges(server: Server, ask: Ask) -> ServerResponse:
    """Denied responses have WWW-Authenticate."""
    answer = server(ask)
    return answer.saying("WWW-Authenticate", 'Bearer realm="flows"') if answer.status == 403 else answer


@variant()
def options_is_empty(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS of any path, known or not, gets 200 without a body."""
    return ServerResponse(200, b"", ()) if ask.method == "OPTIONS" else server(ask)
