"""Rules about credentials: what is sent, with which scopes, and where a client gets it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowcontract.compatibility.diff.pairs import Difference, Pair, name, raw
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, SecurityScheme

_GRANTED = frozenset({"oauth2", "openIdConnect"})
"""Kinds of schemes whose tokens a client gets somewhere."""
_URLS = ("tokenUrl", "authorizationUrl", "refreshUrl", "deviceAuthorizationUrl")


@dataclass(frozen=True, slots=True)
class _Alternative:
    schemes: tuple[SecurityScheme, ...]
    scopes: frozenset[str]

    @property
    def transmitted(self) -> frozenset[tuple[str, str]]:
        return frozenset(map(_transmitted, self.schemes))


def security(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    """What an operation requires."""
    if server.is_open:
        return
    at = _changed_scheme(client, server) or (_pointer(pair.client, client), _pointer(pair.server, server))

    def found(rule: str, text: str) -> Difference:
        return Difference(rule, name(client), "security", "", text, *at)

    if client.is_open:
        yield found("security-required", _described(server))
        return
    offered, asked = _alternatives(pair.client, client), _alternatives(pair.server, server)
    accepted = [_accepted(one, asked) for one in offered]
    if not all(accepted):
        yield found("security-changed", f"{_described(server)} instead of {_described(client)}")
        return
    lacking = [
        min((other.scopes - one.scopes for other in others), key=len)
        for one, others in zip(offered, accepted, strict=True)
    ]
    if any(lacking):
        yield found("security-scope-added", f"requires {', '.join(sorted(next(filter(None, lacking))))}")
    elif _kinds(client) != _kinds(server) and (_kinds(client) | _kinds(server)) & _GRANTED:
        yield found("security-type-changed", f"{_described(server)} instead of {_described(client)}")
    elif pair.upgraded and _sufficient(offered) != _sufficient(asked):
        yield found("security-relaxed", f"{_described(server)} instead of {_described(client)}")
    elif pair.upgraded and _signature(client) != _signature(server):
        yield found("security-scheme-changed", f"{_described(server)} instead of {_described(client)}")
    for one, other in _counterparts(client, server):
        for rule, text in _flows(pair, one, other):
            yield Difference(rule, name(client), f"security scheme {one.name}", "", text, one.pointer, other.pointer)


def _kinds(operation: Operation) -> frozenset[str]:
    return frozenset(scheme.kind for alternative in operation.security for scheme in alternative)


def _changed_scheme(client: Operation, server: Operation) -> tuple[str, str] | None:
    """The pointers of the scheme that changed, where both name the same schemes: many operations may use it."""
    sides = [
        {scheme.name: scheme for alternative in each.security for scheme in alternative} for each in (client, server)
    ]
    if sides[0].keys() != sides[1].keys():
        return None
    changed = [name for name in sides[0] if _transmitted(sides[0][name]) != _transmitted(sides[1][name])]
    return (sides[0][changed[0]].pointer, sides[1][changed[0]].pointer) if changed else None


def _pointer(contract: Contract, operation: Operation) -> str:
    return f"{operation.pointer}/security" if "security" in raw(contract, operation) else "/security"


def _alternatives(contract: Contract, operation: Operation) -> list[_Alternative]:
    written = raw(contract, operation).get("security", contract.read("").get("security")) or ()
    return [
        _Alternative(schemes, frozenset(scope for scheme in schemes for scope in _named(scopes.get(scheme.name))))
        for scopes, schemes in zip(written, operation.security, strict=True)
    ]


def _named(scopes: object) -> list[str]:
    return [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []


def _accepted(one: _Alternative, asked: list[_Alternative]) -> list[_Alternative]:
    """The alternatives that these credentials satisfy: those of the same kinds, else any."""
    found = [other for other in asked if other.transmitted <= one.transmitted]
    kinds = {scheme.kind for scheme in one.schemes}
    return [other for other in found if {scheme.kind for scheme in other.schemes} <= kinds] or found


def _sufficient(alternatives: list[_Alternative]) -> set[frozenset[tuple[str, str]]]:
    """The sets of credentials that are enough, without those that contain another one."""
    sets = {one.transmitted for one in alternatives}
    return {one for one in sets if not any(other < one for other in sets)}


def _transmitted(scheme: SecurityScheme) -> tuple[str, str]:
    """Where the credentials are sent: an API key in the header `Authorization` is like a bearer token."""
    if scheme.kind in ("http", "oauth2", "openIdConnect"):
        is_token = scheme.kind != "http" or scheme.scheme in ("bearer", "")
        return ("header", "authorization" if is_token else f"authorization: {scheme.scheme}")
    if scheme.kind == "apiKey":
        return (scheme.location, scheme.parameter.lower() if scheme.location == "header" else scheme.parameter)
    return (scheme.kind, "")


def _signature(operation: Operation) -> list[list[tuple[str, ...]]]:
    return sorted(
        sorted((*_published(scheme), scheme.location, scheme.parameter) for scheme in one) for one in operation.security
    )


def _published(scheme: SecurityScheme) -> tuple[str, str]:
    return (scheme.published, "") if scheme.published else (scheme.kind, scheme.scheme)


def _described(operation: Operation) -> str:
    alternatives = (" and ".join(map(_described_scheme, one)) or "none" for one in operation.security)
    return " or ".join(alternatives) or "none"


def _described_scheme(scheme: SecurityScheme) -> str:
    location = f"in {scheme.location}" if scheme.location in ("query", "cookie") else ""
    return " ".join(word for word in (*_published(scheme), scheme.parameter, location) if word)


def _counterparts(client: Operation, server: Operation) -> Iterator[tuple[SecurityScheme, SecurityScheme]]:
    """Schemes of one kind that get a token somewhere: by name, else the only one."""
    for one in _getting(client):
        others = [other for other in _getting(server) if other.kind == one.kind]
        named = [other for other in others if other.name == one.name] or (others if len(others) == 1 else [])
        yield from ((one, other) for other in named)


def _getting(operation: Operation) -> list[SecurityScheme]:
    schemes = {scheme.name: scheme for alternative in operation.security for scheme in alternative}
    return [scheme for scheme in schemes.values() if scheme.kind in ("oauth2", "openIdConnect")]


def _flows(pair: Pair, client: SecurityScheme, server: SecurityScheme) -> Iterator[tuple[str, str]]:
    if client.discovery_url != server.discovery_url:
        text = f"openIdConnectUrl {server.discovery_url or 'none'} instead of {client.discovery_url or 'none'}"
        yield "security-url-changed", text
    for flow, known in client.flows.items():
        other = server.flows.get(flow)
        if other is None:
            yield "security-flow-removed", f"{flow} is not offered"
            continue
        for key in _URLS:
            if known.get(key) and known.get(key) != other.get(key):
                yield "security-url-changed", f"{flow} {key} {other.get(key) or 'none'} instead of {known[key]}"
        for scope in sorted(_scopes(known) - _scopes(other)):
            yield "security-scope-removed", f"{flow} offers no scope {scope}"
    if pair.upgraded:
        for flow in sorted(server.flows.keys() - client.flows.keys()):
            yield "security-flow-added", f"{flow} is offered"


def _scopes(flow: Mapping[str, object]) -> set[str]:
    scopes = flow.get("scopes")
    return set(scopes) if isinstance(scopes, Mapping) else set()
