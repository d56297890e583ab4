"""The mock itself: one ASGI application, and the whole way of a request, in one place."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.errors import FlowContractError, UsageError
from flowcontract.openapi import parameter_values
from flowcontract.openapi.contract import Contract
from flowmock import releases as served_releases
from flowmock.connexion_app import Serving, key
from flowmock.examples.responses import Responses
from flowmock.examples.selection import Handler
from flowmock.journal.entries import Journal
from flowmock.journal.metrics import Metrics
from flowmock.memory import Exchange, Memory
from flowmock.messages import Call, Headers, Reply
from flowmock.middleware import cors, request
from flowmock.printed import FRESH, Printed, printed
from flowmock.profiles import profile as profiles
from flowmock.profiles.decision import Decision, operation_for
from flowmock.routing import Route, Routes
from flowmock.security import Tokens
from flowmock.settings import Settings

if TYPE_CHECKING:
    from flowmock.scenarios.active import Scenarios
    from flowmock.shared import Shared
    from flowmock.stateful.changes import Stateful, Store

ADMIN = "/__mock__"
"""Where the mock's own interface begins."""
DECIDED = "flowmock.decided"
"""The ASGI extension that holds the exchange of a request that was answered already, and is yet to be sent."""
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
            contract: Responses(contract, profile, seed=settings.seed) for contract, profile in self.profiles.items()
        }
        named = [parameter_values.parse(text) for text in settings.param]
        parameter_values.check(self.contracts, named)
        definitions = _stateful(self.answers, store)
        handlers = {
            key(method, route): Handler(
                route,
                operation,
                self.answers[route.contract],
                known=parameter_values.for_operation(operation, named),
                dynamic=settings.dynamic,
                stateful=definitions.get(route.contract),
            )
            for route in self.routes.all
            for method, operation in route.operations.items()
        }
        self.complaints = (
            *(complaint for handler in handlers.values() for complaint in handler.complaints()),
            *(
                f"{each.name}: {place} cannot be read here, and is not looked at."
                for each in self.contracts
                for place in each.unread
            ),
        )
        """What is wrong with the contracts, though they are served."""
        self.serving = Serving(handlers, tokens)

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
        self.served_releases: tuple[served_releases.ServedRelease, ...] = ()
        """What the first contract is served as."""
        self.memory = Memory()
        self._serve()
        self.freshness = Freshness()
        self.journal = Journal(settings.journal, self.dressed)
        self.metrics = Metrics(self.journal)
        self.shared: Shared | None = None
        """What several workers of this mock have in common; None where it is the only one."""
        self.written, self.counted = self.journal, self.metrics
        """Where exchanges are written down: what workers share they hand in from time to time."""
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
        if len(self.served_releases) > 1:
            served = ", ".join(each.contract.base_path for each in self.served_releases)
            raise UsageError("several releases are served at once.", do=f"Call the one that you want: {served}.")
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
        if "scenarios" in self.__dict__:
            self.scenarios.contracts = self.compiled.contracts
        self.forget()

    def forget(self) -> None:
        """Forget remembered answers. Called after whatever answers depend on has changed; from any thread."""
        self.memory.forget()

    def reset(self) -> None:
        """Be as at the beginning: an empty journal, the release and scenarios of the settings, no changed data."""
        if self.releases != self.settings.release:
            self._serve(releases=self.settings.release)
        self.journal.clear()
        self.metrics.reset()
        if self.store:
            self.store.reset()
        if "scenarios" in self.__dict__:
            self.scenarios.reset()
        self._begin_scenarios()
        self.forget()

    @cached_property
    def scenarios(self) -> "Scenarios":
        """The scenarios, the project's and those of the settings' files; read when they are first needed."""
        from flowmock.scenarios import definitions
        from flowmock.scenarios.active import Scenarios

        found = Scenarios.carried(self.compiled.contracts, changed=self.forget)
        for path in self.settings.scenario_file:
            found.available |= definitions.load(Path(path), self.compiled.contracts)
        return found

    def state(self) -> dict[str, Any]:
        """What callers have put it into, as JSON: another worker `adopt`s it."""
        return {"releases": list(self.releases), "scenarios": self.scenarios.snapshot()}

    def adopt(self, state: Mapping[str, Any]) -> None:
        """Be in the state that another worker's `state` gave."""
        releases = tuple(state["releases"])
        if releases != self.releases:
            self._serve(releases=releases)
        self.scenarios.restore(state["scenarios"])
        self.forget()

    def _begin_scenarios(self) -> None:
        if self.settings.scenario or self.settings.scenario_file:
            from flowmock.scenarios.active import Activation

            self.scenarios.activate([Activation(name) for name in self.settings.scenario])

    @cached_property
    def _admin(self) -> Any:
        from flowmock.admin import application

        return application.app(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request: read it, answer it, wait, write it down, send it."""
        if scope["type"] != "http":
            return
        call = await request.read(scope, receive)
        if call is None:
            return
        if self.settings.admin and call.path.startswith(ADMIN):
            if call.path == ADMIN:
                await request.send(_TO_ADMIN, scope, receive, send)
                return
            if call.path.startswith(f"{ADMIN}/"):
                scope = scope | {"root_path": ADMIN}
                if self.shared:
                    await self.shared.administer(self._admin, scope, request.again(call.body, receive), send)
                else:
                    await self._admin(scope, request.again(call.body, receive), send)
                return
        began = time.perf_counter()
        decided: Exchange | None = (scope.get("extensions") or {}).get(DECIDED)
        if decided:
            call, reply, fresh = decided.call, decided.reply, decided.fresh
        else:
            reply, fresh = self.answer(call)
        reply = self.dressed(call, reply, fresh(reply))
        if reply.wait:
            await asyncio.sleep(reply.wait)
        self._note(call, reply, None, time.perf_counter() - began)
        await request.send(reply, scope, receive, send)

    def at_once(self, call: Call) -> Exchange | None:
        """What a call without a body gets, without waiting for anybody; None for the mock's own interface.

        Nothing is written down yet: `bytes_of` does, or who sends it otherwise.
        """
        if self.settings.admin and call.path.startswith(ADMIN):
            return None
        reply, fresh = self.answer(call)
        can_print = not (reply.wait or reply.fault)
        return Exchange(
            call=call,
            reply=reply,
            printed=self._printed(call, reply, fresh) if can_print else None,
            fresh=fresh,
            is_lasting=can_print and self.store is None and not self._plays,
        )

    def _printed(self, call: Call, reply: Reply, fresh: Callable[[Reply], Headers]) -> Printed | None:
        is_plain = not self.settings.cors or call.header("origin") is None
        name = "printed", call.method == "HEAD"
        found: Printed | None = reply.notes.get(name) if is_plain else None
        if found is None:
            empty = tuple((each, FRESH) for each, _ in fresh(reply))
            found = printed(self.dressed(call, reply, empty), head=call.method == "HEAD")
            if is_plain:  # Kept from the second time on: a generated reply is given once.
                reply.notes[name] = found if name in reply.notes else None
        return found

    def bytes_of(self, exchange: Exchange, date: bytes, began: float) -> bytes:
        """The answer to send, written down as given now. `date`: that header's value; `began`: by `perf_counter`."""
        assert exchange.printed
        fresh = exchange.fresh(exchange.reply)
        content = exchange.printed.whole(date, fresh)
        self._note(exchange.call, exchange.reply, fresh, time.perf_counter() - began)
        return content

    def _note(self, call: Call, reply: Reply, fresh: Headers | None, seconds: float) -> None:
        self.written.record(call, reply, seconds=seconds, fresh=fresh)
        self.counted.count(call, reply, seconds)
        if self.observers:
            whole = reply if fresh is None else self.dressed(call, reply, fresh)
            for observe in self.observers:
                observe(call, whole)

    def dressed(self, call: Call, reply: Reply, fresh: Headers) -> Reply:
        """A reply as it goes out: with its fresh headers, and with what browsers of other origins need."""
        if fresh:
            reply = replace(reply, headers=(*reply.headers, *fresh))
        return cors.allow(call, reply) if self.settings.cors else reply

    @property
    def _plays(self) -> bool:
        """Whether a scenario is on."""
        return "scenarios" in self.__dict__ and not self.scenarios.is_idle

    def place(self, call: Call, compiled: Compiled) -> Route | None:
        """Say in a call what of the contracts it is for, and who calls. None for a path that no contract has."""
        found = compiled.routes.find(call.path, call.raw_path)
        if found is None:
            return None
        route, call.path_values = found
        settled = compiled.serving.recall(call, route)
        if settled:
            call.settled, call.operation, call.caller = settled, settled.operation, settled.caller
            call.preferences = settled.preferences
        else:
            call.operation = operation_for(route, call.method)
            call.caller = self.tokens.identify(call, route.schemes)
        return route

    def answer(self, call: Call, *, rehearsed: bool = False) -> tuple[Reply, Callable[[Reply], Headers]]:
        """The reply to a call, scenarios included, and what makes the headers that are new each time.

        `rehearsed`: scenarios go on as if there had been no such call.
        """
        if len(call.body) > request.MAX_BODY:
            return _TOO_LARGE, lambda _: ()
        compiled = self.compiled
        route = self.place(call, compiled)
        answers = compiled.answers[route.contract if route else compiled.main]
        decision = Decision(compiled.serving, answers, route, call)
        try:
            if self._plays:
                scenarios = self.scenarios.copy() if rehearsed else self.scenarios
                reply = scenarios.apply(call, answers, decision.reply)
            else:
                reply = decision.reply()
        except FlowContractError as error:
            reply = Reply(500, (("Content-Type", "text/plain; charset=utf-8"),), str(error).encode(), str(error))
        return reply, answers.fresh


def _store() -> "Store":
    from flowmock.stateful.changes import Store

    return Store()


def _stateful(answers: Mapping[Contract, Responses], store: "Store | None") -> "dict[Contract, Stateful]":
    """What plays the collections of each contract; nothing where nothing is remembered."""
    if store is None:
        return {}
    from flowmock.stateful.changes import Stateful

    return {contract: Stateful(contract, each, store) for contract, each in answers.items()}


def create(contract: Contract | Iterable[Contract], settings: Settings | None = None) -> Mock:
    """The ASGI application that serves one contract or several, each under its base path."""
    contracts = (contract,) if isinstance(contract, Contract) else tuple(contract)
    return Mock(contracts, settings or Settings())
