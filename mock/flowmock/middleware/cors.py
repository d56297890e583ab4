"""Cross-origin requests: what a browser must be told, so that a page from another origin may read an answer."""

from dataclasses import replace

from flowmock.messages import Call, Reply

MAX_AGE = 600
"""Seconds a browser may remember what a preflight told it."""


def is_preflight(call: Call) -> bool:
    """Whether a browser asks if it may send a request (Fetch, CORS-preflight request)."""
    return (
        call.method == "OPTIONS"
        and call.header("origin") is not None
        and call.header("access-control-request-method") is not None
    )


def allow(call: Call, reply: Reply) -> Reply:
    """The reply with what the browser needs, where the request comes from a page. Credentials may be sent.

    The status of an answered preflight is left as it is where it is a success; a browser takes any.
    """
    origin = call.header("origin")
    if origin is None:
        return reply
    exposed = sorted({name for name, _ in reply.headers} - {"Content-Type", "Vary"})
    added = [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
    if is_preflight(call):
        added += [
            ("Access-Control-Allow-Methods", call.header("access-control-request-method") or ""),
            ("Access-Control-Allow-Headers", call.header("access-control-request-headers") or ""),
            ("Access-Control-Max-Age", str(MAX_AGE)),
        ]
        if call.header("access-control-request-private-network") == "true":
            added.append(("Access-Control-Allow-Private-Network", "true"))
    elif exposed:
        added.append(("Access-Control-Expose-Headers", ", ".join(exposed)))
    reply = replace(reply, headers=(*_varied(reply.headers), *((name, value) for name, value in added if value)))
    if is_preflight(call) and not 200 <= reply.status < 300:
        return replace(reply, status=204, body=b"", rule="CORS preflight")
    return reply


def _varied(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    vary = [value for name, value in headers if name.lower() == "vary"]
    others = tuple((name, value) for name, value in headers if name.lower() != "vary")
    return (*others, ("Vary", ", ".join([*vary, "Origin"])))
