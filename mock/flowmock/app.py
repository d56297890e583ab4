"""The mock itself: one ASGI application, and the whole way of a request, in one place."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract import keys
from flowcontract.contract import Contract
from flowcontract.errors import FlowContractError, UsageError
from flowmock import cors, editions, wire
from flowmock import profile as profiles
from flowmock.access import Tokens
from flowmock.answers import Answers
from flowmock.call import Call, Reply
from flowmock.choose import Handler
from flowmock.decision import Decision, operation_for
from flowmock.journal import Journal
from flowmock.metrics import Metrics
from flowmock.routes import Routes
from flowmock.serving import Serving, key
from flowmock.settings import Settings

if TYPE_CHECKING:
    from flowmock.scenarios import Scenarios
    from flowmock.stateful import Stateful, Store

ADMIN = "/__mock__"
"""Where the mock's own interface begins."""
_TOO_LARGE = Reply(413, (("Content-Type", "text/plain; charset=utf-8"),), b"Request body too large.", "body too large")
_TO_ADMIN = Reply(307, (("Location", f"{ADMIN}/"),), b"", "the mock's own interface")


class Compiled:
    """What is made once from the contracts: routes, answers, Connexion. Replaced whole when a contract changes."""

    def __init__(
        self, contracts: Iterable[Contract], settings: Settings, tokens: Tokens, store: "Store | None"
    ) -> None:
        """`store`: what remembers changes; None where nothing is to."""
        self.contracts = tuple(contracts)
        for contract in self.contracts:
            contract.check()
        self.profiles = {contract: profiles.of(contract, settings.profile) for contract in self.contracts}
        self.routes = Routes(self.profiles)
        self.answers = {
            contract: Answers(contract, profile, seed=settings.seed) for contract, profile in self.profiles.items()
        }
        named = [keys.parse(text) for text in settings.key]
        keys.check(self.contracts, named)
        states = _stateful(self.answers, store)
        handlers = {
            key(method, route): Handler(
                route,
                operation,
                self.answers[route.contract],
                known=[values for each in named if (values := keys.completing(operation, each))],
                dynamic=settings.dynamic,
                stateful=states.get(route.contract),
            )
            for route in self.routes.all
            for method, operation in route.operations.items()
        }
        self.complaints = tuple(complaint for handler in handlers.values() for complaint in handler.complaints())
        """What is wrong with the contracts, though they are served."""
        self.serving = Serving(self.routes.all, handlers, tokens)

    @property
    def main(self) -> Contract:
        """The first contract: its profile answers what belongs to none of them."""
        return self.contracts[0]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether what is served is what the contract's files say."""

    changes: int = 0
    """How many changes of the files were seen, broken ones included."""
    error: str = ""
    """Why the last change is not served; empty where it is."""


class Mock:
    """The mock as an ASGI application."""

    def __init__(self, contracts: Iterable[Contract], settings: Settings) -> None:
        """Raises MockError for an unknown profile or scenario, UsageError for a bad token or an unknown release."""
        self.settings = settings
        self.tokens = Tokens(settings.token)
        self.store = _store() if settings.stateful else None
        """What clients have created, changed and deleted; it outlives a change of the contract, not of the release."""
        self._changing = threading.Lock()
        """Held while what is served changes: files and callers can both have it change."""
        self.contracts = tuple(contracts)
        """As they were given; the first of them is served in the releases that are asked for."""
        self.releases = settings.release
        self.editions: tuple[editions.Edition, ...] = ()
        """What the first contract is served as."""
        self._serve()
        self.freshness = Freshness()
        self.journal = Journal(settings.journal)
        self.metrics = Metrics(self.journal)
        self.observers: list[Callable[[Call, Reply], None]] = []
        """Called after each exchange."""
        self._begin_scenarios()

    def serve(self, contracts: Iterable[Contract]) -> None:
        """Serve other contracts from the next request on. Raises what they are not served for, and changes nothing."""
        self._serve(contracts=tuple(contracts))

    def serve_release(self, name: str) -> None:
        """Serve the first contract as it is in a release, from the next request on.

        Changed data begins anew: it is of the contract before. Raises UsageError where the release is not known or
        several are served under prefixes, and changes nothing.
        """
        if len(self.editions) > 1:
            served = ", ".join(each.contract.base_path for each in self.editions)
            raise UsageError("several releases are served at once.", do=f"Call the one that you want: {served}.")
        self._serve(releases=(name,))

    def _serve(self, *, contracts: tuple[Contract, ...] | None = None, releases: tuple[str, ...] | None = None) -> None:
        with self._changing:
            contracts = self.contracts if contracts is None else contracts
            releases = self.releases if releases is None else releases
            found = editions.of(contracts[0], releases)
            served = (*(each.contract for each in found), *contracts[1:])
            self.compiled = Compiled(served, self.settings, self.tokens, self.store)
            if self.store and releases != self.releases:
                self.store.reset()
            self.contracts, self.releases, self.editions = contracts, releases, found
        if "scenarios" in self.__dict__:
            self.scenarios.contracts = self.compiled.contracts

    def reset(self) -> None:
        """Be as at the beginning: an empty journal, the release and scenarios of the settings, no changed data."""
        if self.releases != self.settings.release:
            self._serve(releases=self.settings.release)
        self.journal.clear()
        self.metrics = Metrics(self.journal)
        if self.store:
            self.store.reset()
        if "scenarios" in self.__dict__:
            self.scenarios.reset()
        self._begin_scenarios()

    @cached_property
    def scenarios(self) -> "Scenarios":
        """The scenarios, the project's and those of the settings' files; read when they are first needed."""
        from flowmock import states
        from flowmock.scenarios import Scenarios

        found = Scenarios.carried(self.compiled.contracts)
        for path in self.settings.scenario_file:
            found.states |= states.load(Path(path), self.compiled.contracts)
        return found

    def _begin_scenarios(self) -> None:
        if self.settings.scenario or self.settings.scenario_file:
            from flowmock.scenarios import Wanted

            self.scenarios.set([Wanted(name) for name in self.settings.scenario])

    @cached_property
    def _admin(self) -> Any:
        from flowmock import admin

        return admin.app(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request: read it, answer it, wait, write it down, send it."""
        if scope["type"] != "http":
            return
        call = await wire.read(scope, receive)
        if call is None:
            return
        if self.settings.admin and call.path.startswith(ADMIN):
            if call.path == ADMIN:
                await wire.send(_TO_ADMIN, scope, receive, send)
                return
            if call.path.startswith(f"{ADMIN}/"):
                await self._admin(scope | {"root_path": ADMIN}, wire.again(call.body, receive), send)
                return
        began = time.perf_counter()
        reply = _TOO_LARGE if len(call.body) > wire.MAX_BODY else await self.answer(call)
        if reply.wait:
            await asyncio.sleep(reply.wait)
        seconds = time.perf_counter() - began
        self.journal.record(call, reply, seconds=seconds)
        self.metrics.count(call, reply, seconds)
        for observe in self.observers:
            observe(call, reply)
        await wire.send(reply, scope, receive, send)

    async def answer(self, call: Call) -> Reply:
        """The reply to a call, as it goes out: what scenarios make of what is decided, then what browsers need."""
        compiled = self.compiled
        found = compiled.routes.find(call.path, call.raw_path)
        route = found[0] if found else None
        if found:
            call.path_values = found[1]
            call.operation = operation_for(found[0], call.method)
            call.caller = self.tokens.identify(call, found[0].schemes)
        answers = compiled.answers[route.contract if route else compiled.main]
        decision = Decision(compiled.serving, answers, route, call)
        try:
            if "scenarios" in self.__dict__ and not self.scenarios.is_quiet:
                reply = await self.scenarios.play(call, answers, decision.reply)
            else:
                reply = await decision.reply()
        except FlowContractError as error:
            reply = Reply(500, (("Content-Type", "text/plain; charset=utf-8"),), str(error).encode(), str(error))
        reply = answers.finish(reply)
        return cors.allow(call, reply) if self.settings.cors else reply


def _store() -> "Store":
    from flowmock.stateful import Store

    return Store()


def _stateful(answers: Mapping[Contract, Answers], store: "Store | None") -> "dict[Contract, Stateful]":
    """What plays the collections of each contract; nothing where nothing is remembered."""
    if store is None:
        return {}
    from flowmock.stateful import Stateful

    return {contract: Stateful(contract, each, store) for contract, each in answers.items()}


def create(contract: Contract | Iterable[Contract], settings: Settings | None = None) -> Mock:
    """The ASGI application that serves one contract or several, each under its base path."""
    contracts = (contract,) if isinstance(contract, Contract) else tuple(contract)
    return Mock(contracts, settings or Settings())
