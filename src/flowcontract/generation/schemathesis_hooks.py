"""Hooks of Schemathesis: what its cases may send and refer to, and what their responses tell a run."""

import itertools
import threading
import time
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flowcontract.checks.status import says_taken
from flowcontract.errors import UsageError
from flowcontract.generation.bounded_bodies import response_hook
from flowcontract.generation.harmless_values import harmless_values
from flowcontract.generation.references import References
from flowcontract.generation.resources import Resources, Values
from flowcontract.generation.sequences.bodies import Bodies, new_marks
from flowcontract.http.messages import json_or_none
from flowcontract.http.rate_limits import retry_after
from flowcontract.http.target import Target
from flowcontract.openapi import media_types
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

if TYPE_CHECKING:
    import schemathesis
    from schemathesis import Case, HookContext

_INVENTED = 4
"""Of so many cases, one refers to what its value says, which may not exist."""
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")
_OF_THE_CONNECTION = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Request headers with which the HTTP layer reads the rest of a message, before an operation sees it (RFC 9112)."""
_PRECONDITIONS = frozenset({"if-match", "if-unmodified-since"})
"""Request headers with which a write does nothing unless they are about what was read before (RFC 9110)."""


class Hooks:
    """The hooks of one run."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        operations: Mapping[tuple[str, str], Operation],
        resources: Resources,
        *,
        timeout: float,
        allow_unsafe: bool,
        pause: Callable[[str, int, float], float | None],
        throttled: Container[str],
        stopped: threading.Event,
    ) -> None:
        """`operations`: those that are tested, by path and method; the others: see `SchemathesisRun`."""
        self._contract = contract
        self._target = target
        self._operations = operations
        self._resources = resources
        self._timeout = timeout
        self._allow_unsafe = allow_unsafe
        self._pause, self._throttled = pause, throttled
        self._stopped = stopped
        self._resumes_at = 0.0
        """Monotonic time before which the server wants no request."""
        self._moments: dict[str, int] = {}
        """When unsafe cases were sent, by ID: see `CreatedResources.observe`."""
        self.sent_at: dict[str, float] = {}
        """When cases were sent, by ID: seconds since 1970."""
        self.cut: set[str] = set()
        """IDs of the cases whose responses were not read to the end."""

    def all(self) -> list[Callable[..., Any]]:
        """The hooks, in the order in which Schemathesis shall call them."""
        return [
            self._reader(),
            self._referrer(),
            self._without_connection_headers(),
            self._without_preconditions(),
            *self._once(),
            *self._rate_limits(),
            *([*self._renewers(), self._guard(), self._learner()] if self._allow_unsafe else [self._safeguard()]),
        ]

    def operation(self, case: "Case[Any]") -> Operation | None:
        """The operation of the contract that a case is about; None if it is none of those that are tested."""
        return self._operations.get((case.operation.path, case.operation.method.upper()))

    def _reader(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that bounds what is read of a response."""

        def before_call(_context: "HookContext", case: "Case[Any]", kwargs: dict[str, Any]) -> None:
            number = case.id
            self.sent_at[number] = time.time()
            kwargs["hooks"] = {"response": response_hook(self._timeout, lambda: self.cut.add(number))}

        return before_call

    def _referrer(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that lets valid input refer to what exists, in most cases: what does not exist is rejected."""
        references = References(self._contract.operations.values(), self._resources)
        turns = itertools.count(1)

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            operation = self.operation(case)
            turn = next(turns)
            if operation is None or not is_positive(case) or turn % _INVENTED == 0:
                return
            known = references.with_known(operation, case.body, turn) if isinstance(case.body, dict) else case.body
            if known != case.body:  # A body that is set is not generated any more: Schemathesis sends it as it is.
                case.body = known
            for name, schema in references.of_query(operation).items() if case.query else ():
                known = references.values(name, schema)
                if name in case.query and known and case.query[name] not in known:
                    case.query = {**case.query, name: known[turn % len(known)]}

        return before_call

    def _without_connection_headers(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that leaves out headers that come by chance and are not for the operation."""

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            operation = self.operation(case)
            declared = {p.name.lower() for p in operation.parameters if p.location == "header"} if operation else set()
            for name in _OF_THE_CONNECTION - declared if case.headers else ():
                case.headers.pop(name, None)

        return before_call

    def _without_preconditions(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that leaves out optional preconditions, in most cases: they fail before a body is validated.

        One with an invalid value stays: it may be what the case is about.
        """
        turns = itertools.count(1)

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            operation = self.operation(case)
            if operation is None or not case.headers or next(turns) % _INVENTED == 0:
                return
            for parameter in operation.parameters:
                is_optional = parameter.location == "header" and not parameter.required
                if is_optional and parameter.name.lower() in _PRECONDITIONS:
                    value = case.headers.get(parameter.name)
                    if value is not None and parameter.is_valid(value):
                        case.headers.pop(parameter.name)

        return before_call

    def _once(self) -> "list[Callable[..., Any]]":
        """Hooks that drop cases of the deterministic phases that differ only in path parameters that are set here."""
        seen: set[str] = set()

        def is_new(case: "Case[Any]") -> bool:
            parts = (case.path_parameters, case.query, case.headers, case.cookies, case.body, case.media_type)
            key = repr((case.operation.label, case.method, is_positive(case), *parts))
            known = key in seen
            seen.add(key)
            return not known

        def before_add_examples(_context: "HookContext", examples: "list[Case[Any]]") -> None:
            examples[:] = [case for case in examples if is_new(case)]

        def filter_case(_context: "HookContext", case: "Case[Any]") -> bool:
            return case.meta is None or case.meta.phase.name.value != "coverage" or is_new(case)

        return [before_add_examples, filter_case]

    def _rate_limits(self) -> "list[Callable[..., Any]]":
        """Hooks that wait where the server asks for it, and drop the rest of an operation with a limit of its own.

        Schemathesis waits for each operation, and as long as the server says.
        """

        def before_call(_context: "HookContext", _case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            self._stopped.wait(max(0.0, self._resumes_at - time.monotonic()))

        def after_call(_context: "HookContext", case: "Case[Any]", response: "schemathesis.Response") -> None:
            value = response.headers.get("retry-after") or [""]
            seconds, operation = retry_after(response.status_code, value[0]), self.operation(case)
            if operation is not None and seconds is not None:
                pause = self._pause(operation.id, response.status_code, seconds)
                self._resumes_at = time.monotonic() + (pause or 0.0)

        def filter_case(_context: "HookContext", case: "Case[Any]") -> bool:
            operation = self.operation(case)
            return operation is None or operation.id not in self._throttled

        return [before_call, after_call, filter_case]

    def _safeguard(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that sends nothing that could change data, whatever a phase or a user's hook comes up with."""

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            method = case.method.upper()
            if method not in _SAFE and (case.operation.path, method) not in self._operations:
                raise UsageError(f"{case.method} {case.path} is not selected.", do="Add --allow-unsafe.")

        return before_call

    def _guard(self) -> "Callable[[HookContext, Case[Any], dict[str, Any]], None]":
        """A hook that keeps unsafe requests away from what the run did not create."""

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            operation = self.operation(case)
            method = case.method.upper()
            if method in _SAFE:
                return
            if operation is None:
                raise UsageError(f"{method} {case.path} is not selected.", do="Check --operation.")
            if not self._resources.created.permits(operation, path_values(case)):
                harmless = harmless_values(self._contract, operation, self._resources)
                if harmless is None:
                    raise UsageError(
                        f"{method} {case.path} acts on no resource that this run created.", do="See --pair."
                    )
                case.path_parameters = {**(case.path_parameters or {}), **harmless}
            self._moments[case.id] = self._resources.created.moment
            existing = self._resources.created.existing_ids(operation, path_values(case), case.body)
            if existing and isinstance(case.body, dict):
                case.body = {name: value for name, value in case.body.items() if name not in existing}

        return before_call

    def _learner(self) -> "Callable[[HookContext, Case[Any], schemathesis.Response], None]":
        """A hook that remembers what a creation created, so that it may be changed and deleted."""

        def after_call(_context: "HookContext", case: "Case[Any]", response: "schemathesis.Response") -> None:
            operation = self.operation(case)
            if operation is None or case.method.upper() != operation.method:
                return
            location = response.headers.get("location") or [""]
            body = json_or_none(response.content) if response.status_code < 300 else None
            text = self._target.redact(response.text) if response.status_code >= 400 else ""
            self._resources.created.observe(
                operation, path_values(case), response.status_code, body, location=location[0], text=text,
                sent_at=self._moments.pop(case.id, None),
            )  # fmt: skip

        return after_call

    def _renewers(self) -> "list[Callable[..., Any]]":
        """Hooks that change texts of valid bodies that the server has stored before: they may have to be unique."""
        stored: set[tuple[str, str]] = set()
        marks = new_marks(f"{time.time_ns() // 1000 & 0xFFF:03x}")

        def before_call(_context: "HookContext", case: "Case[Any]", _kwargs: dict[str, Any]) -> None:
            operation = self.operation(case)
            if operation is None or not isinstance(case.body, dict) or not is_positive(case):
                return
            kept = [name for name, value in case.body.items() if (name, str(value)) not in stored]
            name = media_types.best_match(case.media_type or "", operation.request_media)
            if name is not None and len(kept) < len(case.body):
                case.body = Bodies(operation.request_media[name], marks=marks).fresh(case.body, kept)

        def after_call(_context: "HookContext", case: "Case[Any]", response: "schemathesis.Response") -> None:
            is_stored = response.status_code < 300 or says_taken(response.status_code, response.text)
            if is_stored and isinstance(case.body, dict) and case.method.upper() not in _SAFE:
                stored.update((name, value) for name, value in case.body.items() if isinstance(value, str))

        return [before_call, after_call]


def is_positive(case: "Case[Any]") -> bool:
    """Whether a case is generated as valid input."""
    return case.meta is None or case.meta.generation.mode.is_positive


def path_values(case: "Case[Any]") -> Values:
    """The path parameters of a case, as a server decodes them."""
    return {name: unquote(str(value)) for name, value in (case.path_parameters or {}).items()}
