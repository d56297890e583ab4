"""The mock: one ASGI application, and the whole way of a request in one expression (`Mock.stack`)."""

import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowcontract.errors import MockError, UsageError
from flowcontract.openapi.contract import Contract
from flowmock import releases as served_releases
from flowmock.compiled import Compiled
from flowmock.journal.entries import Journal
from flowmock.journal.metrics import Metrics
from flowmock.messages import EXCHANGE, Call, Capture, Exchange, RawHeaders, Reply, as_sent
from flowmock.middleware.admin import PREFIX, Admin
from flowmock.middleware.cors import Cors
from flowmock.middleware.delivery import Delivery, Record
from flowmock.middleware.fresh_headers import FreshHeaders
from flowmock.middleware.profile import Profile
from flowmock.middleware.protocols import Protocols
from flowmock.middleware.request import Request
from flowmock.middleware.response_cache import KeepResponses, ResponseCache, ServeCached
from flowmock.middleware.scenarios import Scenarios as ScenarioLayer
from flowmock.negotiation.prefer import PreferenceError
from flowmock.security import Tokens
from flowmock.settings import Settings

if TYPE_CHECKING:
    from flowmock.scenarios.active import Scenarios
    from flowmock.stateful.store import Store

ADMIN = PREFIX
"""Where the mock's own interface begins."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether what is served is what the contract's files say."""

    changes: int = 0
    """How many changes of the files were seen, broken ones included."""
    error: str = ""
    """Why the last change is not served; empty where it is."""


class Mock:
    """The mock as an ASGI application."""

    def __init__(
        self, contracts: Iterable[Contract], settings: Settings, *, admin: "Callable[[Mock], ASGIApp]"
    ) -> None:
        """`admin` makes the admin interface when it is first requested.

        Raises MockError for an unknown profile or scenario, UsageError for a bad token or an unknown release.
        """
        self.settings = settings
        self._make_admin = admin
        self.tokens = Tokens(settings.token)
        self.store = _store() if settings.stateful else None
        """What clients have created, changed and deleted; it outlives a change of the contract, not of the release."""
        self._changing = threading.Lock()
        """Held while what is served changes: files and callers can both have it change."""
        self.contracts = tuple(contracts)
        """As they were given; the first of them is served in the releases that are asked for."""
        self.releases = settings.release
        self.served_releases: tuple[served_releases.ServedRelease, ...] = ()
        """What the first contract is served as."""
        self.freshness = Freshness()
        self.journal = Journal(settings.journal)
        self.metrics = Metrics(self.journal)
        self.observers: list[Callable[[Call, Reply, float], None]] = []
        """Called with each exchange and its duration in seconds, before the response is sent."""
        self._scenarios: Scenarios | None = None
        """None until they are first needed."""
        self._cache = ResponseCache()
        self.tokens.changed = self.forget
        self._serve()
        self.app = self.stack()
        """What serves: the layers, without this object around them."""
        self._begin_scenarios()

    def stack(self) -> ASGIApp:
        """The way of a request, from the outermost layer in. Each layer is one module of `flowmock.middleware`."""
        is_repeatable = self.store is None
        return _stacked(
            partial(ServeCached, cache=self._cache) if is_repeatable else None,
            Protocols,
            partial(Admin, make=lambda: self._make_admin(self)) if self.settings.admin else None,
            partial(Delivery, recorder=self._recorder),
            FreshHeaders,
            partial(KeepResponses, recorder=self._recorder) if is_repeatable else None,
            Cors if self.settings.cors else None,
            partial(Request, compiled=lambda: self.compiled),
            partial(ScenarioLayer, active=self._active_scenarios),
            Profile,
            app=self._connexion,
        )

    def _connexion(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """The innermost layer: the Connexion applications of what was served when the request arrived."""
        connexion: ASGIApp = scope[EXCHANGE].compiled.connexion
        return connexion(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of whatever protocol."""
        await self.app(scope, receive, send)

    async def preview(self, call: Call, *, uses_up_scenarios: bool = False) -> tuple[Call, Reply]:
        """The response that a call would get now: nothing is recorded or delayed, and no network fault is injected.

        Gives the call as it was understood, and its reply, without headers that are new in every response.
        `uses_up_scenarios`: scenarios that last for a number of responses count this one.
        """
        exchange = Exchange(is_preview=True, uses_up_scenarios=uses_up_scenarios)
        captured = Capture()
        await self.app({**_scope(call), EXCHANGE: exchange}, _receive(call.body), captured)
        assert exchange.call
        return exchange.call, captured.reply(exchange)

    async def replay(self, call: Call) -> None:
        """Serve a call again, as if a client sent it now: it is recorded, and uses up scenarios.

        There is no connection to break, so a network fault becomes a 501.
        """
        await self.app(_scope(call), _receive(call.body), Capture())

    # ---- What is served ----------------------------------------------------------------------------------------

    def serve(self, contracts: Iterable[Contract]) -> None:
        """Serve other contracts from the next request on. Raises what they are not served for, and changes nothing."""
        self._serve(contracts=tuple(contracts))

    def serve_release(self, name: str) -> None:
        """Serve the first contract as it is in a release, from the next request on.

        Changed data begins anew: it is of the contract before. Raises UsageError where the release is not known or
        several are served under prefixes, and changes nothing.
        """
        if len(self.served_releases) > 1:
            served = ", ".join(each.contract.base_path for each in self.served_releases)
            raise UsageError("several releases are served at once.", do=f"Request the one that you want: {served}.")
        changes = (name,) != self.releases
        self._serve(releases=(name,))
        if self.store and changes:
            self.store.reset()

    def _serve(self, *, contracts: tuple[Contract, ...] | None = None, releases: tuple[str, ...] | None = None) -> None:
        with self._changing:
            contracts = self.contracts if contracts is None else contracts
            releases = self.releases if releases is None else releases
            found = served_releases.of(contracts[0], releases)
            served = (*(each.contract for each in found), *contracts[1:])
            self.compiled = Compiled(served, self.settings, self.tokens, self.store)
            self.contracts, self.releases, self.served_releases = contracts, releases, found
        if self._scenarios:
            self._scenarios.contracts = self.compiled.contracts
        self.forget()

    def forget(self) -> None:
        """Forget cached responses. Called after whatever responses depend on has changed; from any thread."""
        self._cache.forget()

    def reset(self, session: str = "") -> None:
        """Be as at the beginning: an empty journal, the release and scenarios of the settings, no changed data.

        `session`: forget only the data, the active scenarios and the exchanges of this session.
        """
        if session:
            self._reset_session(session)
            return
        if self.releases != self.settings.release:
            self._serve(releases=self.settings.release)
        self.journal.clear()
        self.metrics.reset()
        if self.store:
            self.store.reset()
        if self._scenarios:
            self._scenarios.reset()
        self._begin_scenarios()
        self.forget()

    def _reset_session(self, session: str) -> None:
        self.journal.clear(session)
        if self.store:
            self.store.reset(session)
        if self._scenarios:
            self._scenarios.clear(session)
        self.forget()

    # ---- Scenarios ---------------------------------------------------------------------------------------------

    def _read_scenarios(self) -> "Scenarios":
        from flowmock.scenarios import definitions  # Most mocks never need them.
        from flowmock.scenarios.active import Scenarios

        found = Scenarios.carried(self.compiled.contracts, changed=self.forget)
        for path in self.settings.scenario_file:
            found.available |= definitions.load(Path(path), self.compiled.contracts)
        return found

    @property
    def scenarios(self) -> "Scenarios":
        """The scenarios, the project's and those of the settings' files; read when they are first needed."""
        if self._scenarios is None:
            self._scenarios = self._read_scenarios()
        return self._scenarios

    def reload_scenarios(self) -> None:
        """Read the settings' files again. Raises what is wrong with them, and changes nothing."""
        self.scenarios.replace_files(self._read_scenarios().available)

    def _begin_scenarios(self) -> None:
        if self.settings.scenario or self.settings.scenario_file:
            from flowmock.scenarios.active import Activation

            self.scenarios.activate([Activation(name) for name in self.settings.scenario])

    def _active_scenarios(self, named: str) -> "Scenarios | None":
        """The scenarios that concern a request which names one for itself; None where none is active."""
        if named:
            try:
                return self.scenarios.alone(named)
            except MockError as error:
                raise PreferenceError(f"Prefer: {error}") from error
        return None if self._scenarios is None or self._scenarios.is_idle else self._scenarios

    # ---- Around ------------------------------------------------------------------------------------------------

    def _recorder(self, call: Call, reply: Reply) -> Record:
        """Gives what records exchanges of this call and this reply; made once for those that are repeated."""
        enter, counted = self.journal.recorder(call, reply), self.metrics.counted(call, reply)
        observers = self.observers

        def record(headers: RawHeaders, seconds: float) -> None:
            enter(headers, seconds)
            counted[0] += 1
            counted[1] += seconds
            if observers:
                whole = as_sent(reply, reply.status, headers, reply.body)
                for observe in observers:
                    observe(call, whole, seconds)

        return record


def _stacked(*layers: Callable[[ASGIApp], ASGIApp] | None, app: ASGIApp) -> ASGIApp:
    """Layers around an application, the outermost first; None is left out."""
    for layer in reversed(layers):
        app = layer(app) if layer else app
    return app


def _store() -> "Store":
    from flowmock.stateful.store import Store  # Only a stateful mock pays for it at start.

    return Store()


def _scope(call: Call) -> Scope:
    """The ASGI scope of a call that did not come from a server."""
    query = urlencode(call.query, errors="replace")
    headers = [(name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
               for name, value in call.headers]  # fmt: skip
    if call.body:
        headers = [pair for pair in headers if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(call.body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": call.path,
        "raw_path": call.raw_path.encode("latin-1", "replace"),
        "query_string": query.encode(),
        "root_path": "",
        "client": None,
        "server": None,
        "headers": headers,
    }


def _receive(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return received
