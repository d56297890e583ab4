"""The mock itself: one ASGI application, and the order in which it decides, in one place."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from flowcontract.contract import Contract
from flowmock import beyond, cors, negotiation, prefer
from flowmock import profile as profiles
from flowmock.access import Tokens
from flowmock.answers import Answers, encode
from flowmock.call import Call, Reply
from flowmock.choose import PREFERRED, Handler
from flowmock.profile import Profile
from flowmock.routes import Route, Routes
from flowmock.serving import Refused, Serving, key
from flowmock.settings import Settings
from flowmock.stateful import Stateful, Store

_IN_QUERY = frozenset({"__code", "__example", "__dynamic"})
MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request body that are read; a longer one is refused."""
_TOO_LARGE = Reply(413, (("Content-Type", "text/plain; charset=utf-8"),), b"Request body too large.", "body too large")
ADMIN = "/__mock__"
"""Where the mock's own interface begins."""


class Compiled:
    """What is made once from the contracts: routes, answers, Connexion. Replaced whole when a contract changes."""

    def __init__(self, contracts: Iterable[Contract], settings: Settings, tokens: Tokens, store: Store) -> None:
        self.contracts = tuple(contracts)
        self.profiles = {contract: profiles.of(contract, settings.profile) for contract in self.contracts}
        self.routes = Routes(self.profiles)
        self.answers = {
            contract: Answers(contract, profile, seed=settings.seed) for contract, profile in self.profiles.items()
        }
        states = {
            contract: Stateful(contract, answers, store) if settings.stateful else None
            for contract, answers in self.answers.items()
        }
        handlers = {
            key(method, route): Handler(
                route,
                operation,
                self.answers[route.contract],
                dynamic=settings.dynamic,
                stateful=states[route.contract],
            )
            for route in self.routes.all
            for method, operation in route.operations.items()
        }
        self.serving = Serving(self.routes.all, handlers, tokens)

    @property
    def main(self) -> Contract:
        """The first contract: its profile answers what belongs to none of them."""
        return self.contracts[0]


class Mock:
    """The mock as an ASGI application."""

    def __init__(self, contracts: Iterable[Contract], settings: Settings) -> None:
        """Raises MockError for an unknown profile, UsageError for a bad token."""
        self.settings = settings
        self.tokens = Tokens(settings.token)
        self.store = Store()
        """What clients have created, changed and deleted; it outlives a change of the contract."""
        self.compiled = Compiled(contracts, settings, self.tokens, self.store)
        self.observers: list[Callable[[Call, Reply], None]] = []
        """Called after each exchange."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        call = await _read(scope, receive)
        if call is None:
            return
        reply = _TOO_LARGE if len(call.body) > MAX_BODY else await self.answer(call)
        if reply.wait:
            await asyncio.sleep(reply.wait)
        await _send(reply, send)
        for observe in self.observers:
            observe(call, reply)

    async def answer(self, call: Call) -> Reply:
        """The reply to a call, as it goes out."""
        compiled = self.compiled
        found = compiled.routes.find(call.path, call.raw_path)
        route = found[0] if found else None
        contract = route.contract if route else compiled.main
        if found:
            call.path_values = found[1]
            call.operation = _operation(found[0], call.method)
            call.caller = self.tokens.identify(call, found[0].schemes)
        answers = compiled.answers[contract]
        reply = await _Decision(self, compiled, answers, route, call).reply()
        reply = answers.finish(reply)
        return cors.allow(call, reply) if self.settings.cors else reply


class _Decision:
    """Decides one call: the profile's stages in its order, then the contract's operation."""

    def __init__(self, mock: Mock, compiled: Compiled, answers: Answers, route: Route | None, call: Call) -> None:
        self.mock = mock
        self.compiled = compiled
        self.answers = answers
        self.profile: Profile = answers.profile
        self.route = route
        self.call = call

    async def reply(self) -> Reply:
        for stage in self.profile.stages:
            reply = _STAGES[stage](self)
            if reply is not None:
                return reply
        assert self.route
        refused = self._preferences()
        if refused:
            return refused
        rule = self.route.rules.beyond.get(self.call.method)
        if rule:
            call = replace(self.call, method=rule.like, operation=_operation(self.route, rule.like))
            reply = await self._operation(call)
            return beyond.reply(rule, self.call, call, reply, self.answers, self.route)
        return self._as_preferred(await self._operation(self.call))

    async def _operation(self, call: Call) -> Reply:
        assert self.route
        try:
            reply = await self.compiled.serving(call, self.route)
        except Refused as refused:
            return self._refuse(refused.answer, message=refused.message)
        except prefer.PreferenceError as error:
            return self._refuse("bad-preference", message=str(error))
        has = {name for name, _ in reply.headers}
        if self.profile.headers and "Allow" not in has:
            reply = replace(reply, headers=(*reply.headers, ("Allow", self.route.allow)))
        return reply

    def _preferences(self) -> Reply | None:
        values = [value for name, value in self.call.headers if name == "prefer"]
        # Prism takes the same from the query, after two underscores.
        values += [f'{name[2:]}="{value}"' for name, value in self.call.query if name in _IN_QUERY]
        if not values:
            return None
        try:
            self.call.preferences = prefer.read(values)
        except prefer.PreferenceError as error:
            return self._refuse("bad-preference", message=str(error))
        return None

    def _as_preferred(self, reply: Reply) -> Reply:
        asked = self.call.preferences
        if asked is None:
            return reply
        applied = asked.applied(chosen=PREFERRED in reply.details)
        headers = (*reply.headers, ("Preference-Applied", applied)) if applied else reply.headers
        return replace(reply, headers=headers, wait=asked.wait, fault=asked.fault)

    def _refuse(self, name: str, **values: Any) -> Reply:
        return self.answers.refuse(name, self.call, allow=self.route.allow if self.route else "", **values)

    # The stages. Each gives a reply, or nothing where it is content.

    def protocol(self) -> Reply | None:
        """Refuse a method that the server's HTTP parser does not know."""
        return self._refuse("method-unknown") if self.call.method in self.profile.unknown_methods else None

    def host(self) -> Reply | None:
        """Refuse a host that no host can be called."""
        for name in self.profile.host_headers:
            values = [value for each, value in self.call.headers if each == name]
            if values:
                pattern = self.profile.host_pattern
                if pattern and not pattern.fullmatch(",".join(values).lower()):
                    return self._refuse("host-unknown")
                return None
        return None

    def query(self) -> Reply | None:
        """Refuse a query that has too many fields."""
        most = self.profile.max_query_fields
        return self._refuse("query-too-long") if most and len(self.call.query) > most else None

    def routed(self) -> Reply | None:
        """Refuse a path that the contract does not have."""
        if self.route:
            return None
        name = {"GET": "unrouted", "HEAD": "unrouted", "OPTIONS": "unrouted-options"}.get(
            self.call.method, "unrouted-method"
        )
        return self._refuse(name)

    def negotiate(self) -> Reply | None:
        """Refuse what cannot be given in a form that the caller takes."""
        offers: tuple[str, ...] = self.profile.offers
        if self.profile.format_query:
            asked = dict(self.call.query).get(self.profile.format_query)
            if asked and asked not in self.profile.format_names:
                return self._refuse("format-unknown")
        if not offers and self.call.operation:
            success = self.call.operation.success()
            offers = tuple(success.media) if success else ()
        values = [value for name, value in self.call.headers if name == "accept"]
        accept = ",".join(values) if values else None
        if offers and negotiation.choose(accept, offers, quality=self.profile.quality) is None:
            return self._refuse("not-acceptable")
        return None

    def authenticate(self) -> Reply | None:
        """Refuse credentials that are wrong. Those that are missing may not be needed."""
        needed = self.call.operation is None or not self.call.operation.is_open
        return self._refuse(self.call.caller.refusal) if self.call.caller.refusal and needed else None

    def options(self) -> Reply | None:
        """Tell what the path offers."""
        if self.call.method != "OPTIONS" or self.call.operation or self.route is None:
            return None
        allow = ("Allow", self.route.allow)
        if self.route.rules.options is None:
            headers = self.answers.headers("")
            return Reply(204, (*headers, allow), b"", f"profile {self.profile.name}: options")
        headers = self.answers.headers("application/json")
        body = encode(self.route.rules.options)
        return Reply(200, (*headers, allow), body, f"profile {self.profile.name}: options")

    def method(self) -> Reply | None:
        """Refuse a method that the path does not have."""
        if self.route and (self.call.operation or self.call.method in self.route.rules.beyond):
            return None
        return self._refuse("method-not-allowed", message=f"Method {self.call.method} is not allowed.")


_STAGES = {
    "protocol": _Decision.protocol,
    "host": _Decision.host,
    "query": _Decision.query,
    "route": _Decision.routed,
    "negotiate": _Decision.negotiate,
    "authenticate": _Decision.authenticate,
    "options": _Decision.options,
    "method": _Decision.method,
}


def create(contract: Contract | Iterable[Contract], settings: Settings | None = None) -> Mock:
    """The ASGI application that serves one contract or several, each under its base path."""
    contracts = (contract,) if isinstance(contract, Contract) else tuple(contract)
    return Mock(contracts, settings or Settings())


def _operation(route: Route, method: str) -> Any:
    return route.operations.get("GET" if method == "HEAD" and "HEAD" not in route.operations else method)


async def _read(scope: Any, receive: Any) -> Call | None:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) <= MAX_BODY
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"].decode("utf-8", "replace")
    call = Call(
        method=scope["method"],
        raw_path=raw.decode("latin-1"),
        path=scope["path"],
        query=tuple(parse_qsl(query, keep_blank_values=True)) if query else (),
        headers=headers,
        body=bytes(body),
    )
    call.session = call.header("x-mock-session") or _cookie(call, "mock_session")
    return call


def _cookie(call: Call, name: str) -> str:
    found = re.search(rf"(?:^|;)\s*{name}=([^;]*)", call.header("cookie") or "")
    return unquote(found[1].strip()) if found else ""


async def _send(reply: Reply, send: Any) -> None:
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in reply.headers
    ]
    body = reply.body
    if reply.status in (204, 304):  # These have no content (RFC 9110, 6.4.1), even where a contract gives them some.
        body = b""
        headers = [(name, value) for name, value in headers if name != b"content-type"]
    else:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
