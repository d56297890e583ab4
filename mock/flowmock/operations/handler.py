"""The handler of one operation: what it responds with to a request that Connexion has let through."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from flowcontract.openapi.model import Operation
from flowmock.examples import warnings
from flowmock.examples.responses import PREFERRED, Responses
from flowmock.messages import Call, Reply
from flowmock.negotiation import prefer
from flowmock.operations.existence import Existence
from flowmock.operations.generated import GeneratedBodies
from flowmock.operations.path_examples import PathExamples
from flowmock.operations.preferences import PreferredResponses
from flowmock.operations.related import RelatedOperations
from flowmock.operations.selection import Selection
from flowmock.operations.sizes import sized
from flowmock.operations.success import Success
from flowmock.routing import Route

if TYPE_CHECKING:
    from flowmock.stateful.dispatch import Stateful


class Handler:
    """Responds for one operation. Everything that does not depend on the request is made once, here."""

    def __init__(
        self,
        route: Route,
        operation: Operation,
        responses: Responses,
        related: RelatedOperations,
        *,
        known: Iterable[Mapping[str, str]] = (),
        dynamic: bool = False,
        stateful: "Stateful | None" = None,
        of_seed: "Callable[[int], Handler]",
    ) -> None:
        """`known`: path parameters of what exists, where no example says so; everything does where there are none.

        `dynamic`: generate rather than serve examples. `stateful`: what remembers changes, where that is wanted.
        `of_seed`: gives the handler of the same operation with another seed.
        """
        self._operation = operation
        self._dynamic = dynamic
        self._of_seed = of_seed
        self._success = Success(operation, responses)
        self._examples = PathExamples(self._success, route.names)
        keys = frozenset(tuple(values[name] for name in route.names) for values in known)
        self._existence = Existence(self._success, self._examples, keys, related)
        self._related = related
        self._assemble(stateful)

    def _assemble(self, stateful: "Stateful | None") -> None:
        generated = GeneratedBodies(self._success, self._related, dynamic=self._dynamic)
        self.selection = Selection(self._success, self._examples, self._existence, generated, self._related, stateful)
        """Chooses the response where a request prefers none."""
        self._preferred = PreferredResponses(
            self._success,
            self._examples,
            self.selection,
            dynamic=self._dynamic,
            of_seed=lambda seed: self._of_seed(seed).selection,
        )

    def without_memory(self) -> "Handler":
        """A handler that responds as if the mock remembered nothing, and changes nothing."""
        found = copy.copy(self)
        found._assemble(None)
        return found

    def with_seed(self, responses: Responses, related: RelatedOperations) -> "Handler":
        """A handler of the same operation that remembers nothing, and whose generated values have another seed."""
        found = copy.copy(self)
        found._success = replace(self._success, responses=responses)
        found._existence = self._existence.with_related(related)
        found._related = related
        found._assemble(None)
        return found

    def warnings(self) -> Iterator[str]:
        """A warning for each example that is not what its schema says."""
        return warnings.of(self._operation)

    def __call__(self, call: Call) -> Reply:
        """The reply to a call that Connexion has let through. Raises PreferenceError for what cannot be preferred."""
        if not self._may_view_anything(call):
            return self._success.responses.error("forbidden", call)
        asked = call.preferences or prefer.NONE
        if asked.chooses:
            reply = sized(self._preferred.reply(call, asked), call, self._success)
            return replace(reply, rule=f"Prefer {asked.applied()}: {reply.rule}", details={PREFERRED: True})
        dynamic = self._dynamic if asked.dynamic is None else asked.dynamic
        reply = sized(self.selection.reply(call, dynamic=dynamic), call, self._success)
        is_preferred = asked.dynamic is not None or asked.items is not None
        return replace(reply, details={PREFERRED: True}) if is_preferred else reply

    def _may_view_anything(self, call: Call) -> bool:
        """A caller that may view no object at all is refused; one that may view others is told of nothing."""
        ids = self._success.visible_ids(call)
        if ids is None or not ids:
            return ids is None
        return not self._examples.by_key or any(ids.intersection(key) for key in self._examples.by_key)
