"""What is made once from the contracts: routes, handlers and the Connexion applications that serve them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from flowcontract.openapi import parameter_values
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock import nearest_path, security
from flowmock.connexion_app import ConnexionApps, operation_id
from flowmock.examples import warnings as example_warnings
from flowmock.examples.responses import Responses
from flowmock.messages import Call, Reply
from flowmock.operations.handler import Handler
from flowmock.operations.related import RelatedOperations
from flowmock.profiles import profile as profiles
from flowmock.routing import Route, Routes
from flowmock.security import Tokens
from flowmock.seeds import Seed
from flowmock.settings import Settings

if TYPE_CHECKING:
    from flowmock.resources.lists import Lists
    from flowmock.stateful.dispatch import Stateful
    from flowmock.stateful.store import Store


_MAX_SEEDS = 16
"""Seeds that requests prefer whose lists are kept; all are forgotten beyond."""


class _OtherSeed:
    """What responds for the operations of one contract with another seed."""

    def __init__(self, contract: Contract, responses: Responses, reads: Mapping[str, Handler]) -> None:
        """`reads`: the handlers of all GET operations with the seed of the mock."""
        self._contract = contract
        self._responses = responses
        self._reads = reads

    @cached_property
    def _lists(self) -> "Lists":
        from flowmock.resources.lists import Lists  # Needed when the first list is requested, not at start.

        return Lists(self._contract, self._responses)

    def handler(self, handler: Handler) -> Handler:
        """The handler of the same operation with this seed."""
        return handler.with_seed(self._responses, RelatedOperations(self._read, lambda: self._lists))

    def _read(self, operation: Operation, call: Call) -> Reply | None:
        handler = self._reads.get(operation.id)
        return self.handler(handler)(_read_of(operation, call)) if handler else None


class Compiled:
    """Several contracts, ready to serve. Replaced as a whole when a contract changes."""

    def __init__(
        self, contracts: Iterable[Contract], settings: Settings, tokens: Tokens, store: "Store | None"
    ) -> None:
        """`store`: what remembers changes; None for a mock that is not stateful.

        Raises MockError for an unknown profile, ContractError for a contract that cannot be served, UsageError for a
        path parameter value of the settings that no operation has.
        """
        self.contracts = tuple(contracts)
        self.profiles = {contract: profiles.of(contract, settings.server_profile) for contract in self.contracts}
        self.routes = Routes(self.profiles)
        self.seed = Seed.of(settings.seed, settings.today)
        """What generated values depend on."""
        self.responses = {
            contract: Responses(contract, profile, seed=self.seed) for contract, profile in self.profiles.items()
        }
        self._tokens = tokens
        self._console = "/__mock__/" if settings.admin else ""
        named = [parameter_values.parse(text) for text in settings.param]
        parameter_values.check(self.contracts, named)
        self.stateful = self._stateful(store)
        """What remembers changes, by contract; nothing for a mock that is not stateful."""
        self._lists: dict[Contract, Lists] = {}
        self._seeds: dict[tuple[Contract, int], _OtherSeed] = {}
        related = {
            each: RelatedOperations(partial(self._read, each), partial(self._lists_of, each)) for each in self.contracts
        }
        self.handlers = {
            operation_id(method, route): Handler(
                route,
                operation,
                self.responses[route.contract],
                related[route.contract],
                known=parameter_values.for_operation(operation, named),
                dynamic=settings.dynamic,
                stateful=self.stateful.get(route.contract),
                of_seed=partial(self._of_seed, route, method),
            )
            for route in self.routes.all
            for method, operation in route.operations.items()
        }
        self.connexion = ConnexionApps(self.routes, self.handlers, tokens)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the contracts, though they are served. Finding out takes as long as a start does."""
        return (
            *(warning for handler in self.handlers.values() for warning in handler.warnings()),
            *(f"{each.name}: {problem}" for each in self.contracts for problem in each.problems),
            *(warning for each in self.contracts for warning in security.warnings(each)),
            *(warning for each in self.contracts for warning in example_warnings.unsatisfiable(each)),
            *(warning for each in self.contracts for warning in example_warnings.flawed(each)),
            *(warning for each in self.contracts for warning in _unserved(each)),
        )

    @cached_property
    def _reads(self) -> Mapping[tuple[Contract, str], Handler]:
        """The handlers of all GET operations, by contract and operation."""
        return {
            (route.contract, operation.id): self.handlers[operation_id(method, route)]
            for route in self.routes.all
            for method, operation in route.operations.items()
            if method == "GET"
        }

    def _read(self, contract: Contract, operation: Operation, call: Call) -> Reply | None:
        """The reply to a GET operation for the path of a call; None where another contract serves it."""
        handler = self._reads.get((contract, operation.id))
        return handler(_read_of(operation, call)) if handler else None

    def _stateful(self, store: "Store | None") -> "dict[Contract, Stateful]":
        """What serves the collections of each contract; nothing where nothing is remembered."""
        if store is None:
            return {}
        from flowmock.stateful.dispatch import Stateful  # Only a stateful mock pays for it at start.

        return {
            contract: Stateful(contract, each, store, partial(self._read, contract))
            for contract, each in self.responses.items()
        }

    def _lists_of(self, contract: Contract) -> "Lists":
        """What makes the lists of a contract."""
        if contract not in self._lists:
            from flowmock.resources.lists import Lists  # Needed when the first list is requested, not at start.

            self._lists[contract] = Lists(contract, self.responses[contract])
        return self._lists[contract]

    def _of_seed(self, route: Route, method: str, number: int) -> Handler:
        """The handler of an operation with another seed than that of the mock."""
        contract = route.contract
        if (contract, number) not in self._seeds:
            if len(self._seeds) >= _MAX_SEEDS:
                self._seeds.clear()
            responses = Responses(contract, self.profiles[contract], seed=self.seed._replace(number=number))
            reads = {name: handler for (owner, name), handler in self._reads.items() if owner is contract}
            self._seeds[contract, number] = _OtherSeed(contract, responses, reads)
        return self._seeds[contract, number].handler(self.handlers[operation_id(method, route)])

    @property
    def main(self) -> Contract:
        """The first contract: its profile responds to what belongs to none of them."""
        return self.contracts[0]

    def responses_for(self, route: Route | None) -> Responses:
        """What makes the responses of a route; of the first contract where no contract has the path."""
        return self.responses[route.contract if route else self.main]

    def unrouted_message(self, call: Call) -> str:
        """What a 404 says of a path that no contract has."""
        return nearest_path.message(call, self.routes, console=self._console)

    def locate(self, call: Call) -> Route | None:
        """Find the route and operation of a call and who sent it, and enter them in the call.

        None for a path that no contract has.
        """
        found = self.routes.find(call.path, call.raw_path)
        if found is None:
            return None
        route, call.path_values = found
        if "%" in call.raw_path:
            call.encoded_path_values = route.encoded(call.raw_path)
        call.operation = route.operation(call.method)
        call.caller = self._tokens.identify(call, route.schemes)
        return route


def _read_of(operation: Operation, call: Call) -> Call:
    """The call of a read for the path of another call."""
    return replace(call, method="GET", operation=operation, query=(), body=b"", decoded=None, preferences=None)


_DELIMITERS = {"#": "the fragment of a URL, which clients do not send", "?": "the query of a URL"}
"""What no path of a request has (RFC 3986, 3.3), though paths of contracts do."""


def _unserved(contract: Contract) -> Iterator[str]:
    if not contract.operations:
        yield f"{contract.name} has no operations, so every request gets 404. Check its `paths`."
    for operation in contract.operations.values():
        for sign, meaning in _DELIMITERS.items():
            if sign in operation.path:
                written = operation.path.replace(sign, quote(sign))
                yield f"{operation.method} {operation.path} is served at {written} only: `{sign}` begins {meaning}."
