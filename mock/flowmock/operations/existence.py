"""Whether what a request is for exists: by `--param`, and by the examples of the operation and of reads above it."""

import copy
from collections.abc import Collection
from dataclasses import replace
from functools import cached_property

from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import nameless, parameter_names
from flowmock.messages import Call
from flowmock.operations.path_examples import Key, PathExamples
from flowmock.operations.related import RelatedOperations
from flowmock.operations.success import Success


class Existence:
    """What exists for one operation. Where nothing says so, everything does."""

    def __init__(
        self, success: Success, examples: PathExamples, known: Collection[Key], related: RelatedOperations
    ) -> None:
        """`known`: path parameters of what exists, where no example says so."""
        self._operation = success.operation
        self._contract = success.responses.contract
        self._examples = examples
        self._known = known
        self._related = related
        is_documented = bool(self._operation.response(404))
        self.can_be_denied = is_documented or success.responses.profile.responses["not-found"].kind != "contract"
        """Whether there is a way to say that something does not exist."""

    def with_related(self, related: RelatedOperations) -> "Existence":
        """The same, by other replies of reads."""
        found = copy.copy(self)
        found._related = related
        return found

    def denial(self, call: Call, *, dynamic: bool) -> str:
        """Why what a request is for does not exist; empty where it may. `dynamic`: examples say nothing."""
        is_unknown = self._known and not self._examples.by_key and self._examples.key(call) not in self._known
        if is_unknown and self.can_be_denied:
            return "This ID was not given with --param."
        if not dynamic and self._is_below_nothing(call):
            return "No example has the ID in the path."
        return ""

    def _is_below_nothing(self, call: Call) -> bool:
        """Whether the read of what a request is for, or is below, has no example of it."""
        above = self._above
        if above is None or not self.can_be_denied or self._examples.of(call):
            return False
        if "201" in self._operation.responses and self._operation.method == "PUT":
            return False  # It creates what does not exist.
        values = dict(zip(parameter_names(above.path), call.path_values.values(), strict=False))
        reply = self._related.read(above, replace(call, path_values=values))
        return reply is not None and reply.status == 404

    @cached_property
    def _above(self) -> Operation | None:
        """The nearest read of an item that the path is of or below, if its examples say which ones exist."""
        path = nameless(self._operation.path).rstrip("/")
        found = [
            (above, each)
            for each in self._contract.operations.values()
            if each.method == "GET" and each is not self._operation
            if (above := nameless(each.path).rstrip("/")).endswith("}") and f"{path}/".startswith(f"{above}/")
            if (success := each.success()) and any(media.examples for media in success.media.values())
        ]
        return max(found, key=lambda each: len(each[0]), default=("", None))[1]
