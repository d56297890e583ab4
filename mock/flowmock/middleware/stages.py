"""What a server decides about a request before it calls an operation; a profile names the stages in its order.

Each stage gives a reply, or None to let the request pass.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from secrets import token_hex

from starlette.types import Message

from flowcontract.openapi.model import SecurityScheme
from flowmock.examples.responses import Responses, encode
from flowmock.messages import Call, RawHeaders, Reply
from flowmock.negotiation import media_types
from flowmock.routing import Route

Stage = Callable[[Call, Route | None, Responses], Reply | None]


def first_reply(
    call: Call, route: Route | None, responses: Responses, *, unrouted: Callable[[Call], str]
) -> Reply | None:
    """The reply of the first stage that does not let a call pass. `route`: None for a path that no contract has.

    `unrouted`: what the response to such a path says, where it has room for a message.
    """
    has_operation = call.operation is not None
    for stage in _in_order(responses.profile.stages, has_operation=has_operation, is_routed=route is not None):
        reply = stage(call, route, responses)
        if reply is not None:
            return reply
    if route is None:
        return _unrouted(call, responses, unrouted)
    # Whatever the profile's order leaves out, there must be an operation to go on with.
    return None if has_operation else _method(call, route, responses)


def _protocol(call: Call, _route: Route | None, responses: Responses) -> Reply | None:
    """An error for a method that the server's HTTP parser does not know."""
    return responses.error("method-unknown", call) if call.method in responses.profile.unknown_methods else None


def _host(call: Call, _route: Route | None, responses: Responses) -> Reply | None:
    """An error for a `Host` that is not a valid host name."""
    pattern = responses.profile.host_pattern
    for name in responses.profile.host_headers if pattern else ():
        host = call.header(name)
        if host is not None:
            return None if pattern and pattern.fullmatch(host.lower()) else responses.error("host-unknown", call)
    return None


def _query(call: Call, _route: Route | None, responses: Responses) -> Reply | None:
    """An error for a query with too many fields."""
    most = responses.profile.max_query_fields
    return responses.error("query-too-long", call) if most and len(call.query) > most else None


def _unrouted(call: Call, responses: Responses, message: Callable[[Call], str]) -> Reply:
    """An error for a path that no contract has."""
    name = {"GET": "unrouted", "HEAD": "unrouted", "OPTIONS": "unrouted-options"}.get(call.method, "unrouted-method")
    if responses.profile.responses[name].is_constant:
        return responses.error(name, call)
    return responses.error(name, call, message=message(call))


def _negotiate(call: Call, _route: Route | None, responses: Responses) -> Reply | None:
    """An error for a request that only accepts what the server does not have."""
    profile = responses.profile
    if profile.format_query:
        asked = dict(call.query).get(profile.format_query)
        if asked and asked not in profile.format_names:
            return responses.error("format-unknown", call)
    offers: tuple[str, ...] = profile.offers
    if not offers and call.operation:
        success = call.operation.success()
        offers = tuple(success.media) if success else ()
    if offers and media_types.choose(call.header("accept"), offers, quality=profile.quality) is None:
        return responses.error("not-acceptable", call)
    return None


def _authenticate(call: Call, _route: Route | None, responses: Responses) -> Reply | None:
    """An error for wrong credentials; where there is an operation, Connexion checks them."""
    denial = call.caller.denial
    return responses.error(denial, call) if denial else None


def _options(call: Call, route: Route | None, responses: Responses) -> Reply | None:
    """Describe what the path offers."""
    if call.method != "OPTIONS" or route is None:
        return None
    rule = f"profile {responses.profile.name}: options"
    if route.rules.options is None:
        return Reply(204, (*responses.headers(""), ("Allow", route.allow)), b"", rule)
    return Reply(200, responses.headers("application/json"), encode(route.rules.options), rule)


def _method(call: Call, route: Route | None, responses: Responses) -> Reply | None:
    """An error for a method that the path does not have."""
    if route is None or call.method in route.rules.undocumented_methods:
        return None
    message = f"Method {call.method} is not allowed here; allowed: {route.allow}."
    return responses.error("method-not-allowed", call, message=message)


_STAGES: dict[str, Stage] = {
    "protocol": _protocol,
    "host": _host,
    "query": _query,
    "negotiate": _negotiate,
    "authenticate": _authenticate,
    "options": _options,
    "method": _method,
}


_ROUTE = "route"
"""The stage that no request passes for whose path there is no route."""
_WITHOUT_OPERATION = frozenset({"authenticate", "options", "method"})
"""Stages that let every request pass for which the contract has an operation."""


@lru_cache(maxsize=64)
def _in_order(names: tuple[str, ...], *, has_operation: bool, is_routed: bool) -> tuple[Stage, ...]:
    if not is_routed and _ROUTE in names:
        names = names[: names.index(_ROUTE)]
    skipped = {_ROUTE} | (_WITHOUT_OPERATION if has_operation else frozenset())
    return tuple(_STAGES[name] for name in names if name not in skipped)


def add_headers(start: Message, route: Route, *, always_allow: bool) -> None:
    """Add to the start of a response what RFC 9110 asks of its status, or a profile of all.

    That is `Allow` (15.5.6) and `WWW-Authenticate` (15.5.2).
    """
    status: int = start["status"]
    headers: RawHeaders = start["headers"]
    if (always_allow or status == 405) and not _has(headers, b"allow"):
        headers.append(route.allow_header)
    if status == 401 and not _has(headers, b"www-authenticate"):
        headers += [(b"www-authenticate", each.encode("latin-1", "replace")) for each in challenges(route.schemes)]


def _has(headers: RawHeaders, wanted: bytes) -> bool:
    return wanted in [name for name, _ in headers]


def challenges(schemes: Iterable[SecurityScheme]) -> list[str]:
    """The challenges of a 401, one per kind of credentials that would do (RFC 9110, 11.6.1)."""
    return sorted({_challenge(scheme) for scheme in schemes})


def _challenge(scheme: SecurityScheme) -> str:
    if scheme.kind == "apiKey":  # An API key has no registered scheme of its own; its name is what helps.
        return f'ApiKey realm="mock", name="{scheme.parameter}"'
    if scheme.kind == "http" and scheme.scheme == "digest":
        return f'Digest realm="mock", nonce="{token_hex(16)}", qop="auth", algorithm=SHA-256'
    return f'{(scheme.scheme if scheme.kind == "http" else "bearer").capitalize()} realm="mock"'
