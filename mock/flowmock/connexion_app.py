"""The Connexion application: secures and validates what the contract's operations are sent.

Connexion is given the contract's skeleton (paths, methods, security, media types), and our classes in the places
that it keeps for them: validators compiled once in place of ones that are built for each request, security
handlers that know the mock's tokens, an operation class that calls its handler without inspecting it.

Each operation is a chain of its own, linked once, when the first call comes: security, validation, the operation. Which
of them a call is for, the mock's own routes have said, so that a call costs the same however many operations there
are. Nothing in a chain waits, so a call needs no event loop.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.openapi.model import SecurityScheme
from flowmock.frame import (
    NO_VALUE,
    ProblemException,
    RequestValidationAPI,
    RequestValidationOperation,
    Resolution,
    RoutedAPI,
    SecurityAPI,
    SecurityOperation,
    Skeleton,
)
from flowmock.messages import SMALL, Call, Handle, Head, Reply, Settled
from flowmock.notes import Notes
from flowmock.routing import Route
from flowmock.security import Tokens
from flowmock.validation import requests
from flowmock.validation.violations import UNSUPPORTED

_EXTENSION = "flowmock"
_HEADS = 200
"""Heads of requests that are known to come this far."""
_IN_PATH = "path"
_Passage = tuple[Route, str, Head | None]
"""A call as far as route, method and headers tell."""


@dataclass(slots=True)
class _Way:
    """A call on its way through Connexion, and the reply it comes back with."""

    call: Call
    reply: Reply | None = None


class Refused(Exception):
    """Connexion did not let a call through; `answer` is what a profile calls the reason."""

    def __init__(self, answer: str, message: str) -> None:
        self.answer = answer
        self.message = message
        super().__init__(message)


class Serving:
    """The operations of several contracts, behind Connexion."""

    def __init__(self, handlers: Mapping[str, Handle], tokens: Tokens) -> None:
        """`handlers`: by method and canonical template, as `key` makes it."""
        self._handlers = handlers
        self._resolver = _Resolver(handlers)
        kinds = ("bearer", "basic", "apiKey", "oauth2", "openIdConnect")
        self._layers: tuple[tuple[type, dict[str, Any]], ...] = (
            (_AnsweringAPI, {}),
            (_ValidatingAPI, {"validator_map": {"parameter": _Parameters, "body": _AnyBody()}}),
            (_SecuringAPI, {"security_map": {kind: _security(tokens, kind) for kind in kinds}}),
        )
        self._chains: dict[tuple[Route, str], Any] = {}
        self._settled: Notes[_Passage, Settled] = Notes(_HEADS)

    def recall(self, call: Call, route: Route) -> Settled | None:
        """What a call with this route, method and headers has settled for those that come after it."""
        return self._settled.get((route, call.method, call.head)) if route.settles(call.query) else None

    def settle(self, call: Call, route: Route) -> None:
        """Keep what a call that was let pass has settled."""
        operation, head = call.operation, call.head
        if operation and head and head.size <= SMALL and not operation.request_media and route.settles(call.query):
            handle = self._handlers[key(operation.method, route)]
            settled = Settled(operation, call.caller, call.preferences, handle)
            self._settled.note((route, call.method, head), settled)

    def __call__(self, call: Call, route: Route) -> Reply:
        """The reply of the operation's handler. Raises Refused where Connexion does not let the call through.

        What it has said of headers holds for the next call that has the same; parameters are looked at each time.
        """
        if call.settled:
            for problem in requests.of_parameters(call.settled.operation, call):
                raise _refused(_wrong_parameter(str(problem)), call)
            return call.settled.handle(call)
        way = _Way(call)
        scope = {"type": "http", "headers": _content_type(call), "extensions": {_EXTENSION: way}}
        chain = self._chains.get((route, call.method)) or self._chain(call, route)
        try:
            _at_once(chain(scope, _nothing, _nowhere))
        except ProblemException as problem:
            raise _refused(problem, call) from problem
        assert way.reply
        return way.reply

    def _chain(self, call: Call, route: Route) -> Any:
        """Link the layers of a call's operation, from the innermost out."""
        if call.operation is None:
            raise Refused("not-found", "the path is not routed")
        method = call.operation.method
        specification = Skeleton(route.operations[method], key(method, route), route.schemes)
        chain: Any = None
        for api, options in self._layers:
            made = api(specification, next_app=chain, resolver=self._resolver, uri_parser_class=_NoParser, **options)
            (chain,) = made.operations.values()
        self._chains[route, call.method] = chain
        return chain


def _content_type(call: Call) -> list[tuple[bytes, bytes]]:
    """The one header that Connexion reads itself, where the operation takes a body."""
    value = call.header("content-type") if call.operation and call.operation.request_media else None
    return [] if value is None else [(b"content-type", value.encode("latin-1", "replace"))]


def _at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what is written as if it could wait, and does not."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("a layer of Connexion waited")


def key(method: str, route: Route) -> str:
    """The id of an operation, unique over all contracts."""
    return f"{method} {''.join(route.pieces[:1])}{route.template}"


def _refused(problem: ProblemException, call: Call) -> Refused:
    if problem.status == 401:
        return Refused(call.caller.refusal or "credential-missing", str(problem.detail))
    if problem.status == 415:
        return Refused("media-unsupported", str(problem.detail))
    if problem.type == _IN_PATH:
        # An error does not repeat the key; what is wrong with it stands in the journal.
        return Refused("invalid-path", str(problem.detail).partition(":")[0] + ": not as the contract says")
    return Refused("invalid-request", str(problem.detail))


class _Resolver:
    """Finds the handler of an operation by its id."""

    def __init__(self, handlers: Mapping[str, Handle]) -> None:
        self._handlers = handlers

    def resolve(self, operation: Any) -> Resolution:
        return Resolution(self._handlers[operation.operation_id], operation.operation_id)


def _security(tokens: Tokens, kind: str) -> type:
    """A security handler class, as Connexion asks for one per kind of scheme."""

    class Handler:
        def get_fn(self, scheme: Mapping[str, Any], _scopes: Any) -> Callable[[Any], Any]:
            known = SecurityScheme(
                name="",
                kind="apiKey" if kind == "apiKey" else "http",
                scheme=scheme.get("scheme", kind),
                location=scheme.get("in", ""),
                parameter=scheme.get("name", ""),
            )

            def verify(request: Any) -> Any:
                call = request.scope["extensions"][_EXTENSION].call
                caller = tokens.present(call, known)
                if caller.role in ("anonymous", "invalid"):
                    return NO_VALUE
                call.caller = caller
                return {"sub": caller.role}

            return verify

    return Handler


class _NoParser:
    """In the place of Connexion's parser of parameters: ours are read once, from the call."""

    def __init__(self, *_: Any) -> None:
        pass


class _Parameters:
    """In the place of Connexion's parameter validator."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def validate(self, scope: Mapping[str, Any]) -> None:
        call = scope["extensions"][_EXTENSION].call
        for problem in requests.of_parameters(call.operation, call):
            raise _wrong_parameter(str(problem))


def _wrong_parameter(problem: str) -> ProblemException:
    return ProblemException(status=400, detail=problem, type=_IN_PATH if problem.startswith("path ") else None)


_PARAMETERS = _Parameters()


class _Body:
    """In the place of Connexion's body validators, for every media type."""

    def __init__(self, **_: Any) -> None:
        pass

    async def wrap_receive(self, receive: Any, *, scope: Any) -> tuple[Any, Any]:
        call = scope["extensions"][_EXTENSION].call
        for problem in requests.of_body(call.operation, call):
            raise ProblemException(status=415 if problem.keyword in UNSUPPORTED else 400, detail=str(problem))
        return receive, scope


class _AnyBody(dict[str, type[_Body]]):
    def __missing__(self, _media: str) -> type[_Body]:
        return _Body


@dataclass(slots=True)
class _Question:
    """What security handlers see of a request, in the place of Connexion's request."""

    scope: Mapping[str, Any]
    context: dict[str, Any] = field(default_factory=dict)


class _SecuredOperation(SecurityOperation):  # type: ignore[misc]
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.security:
            await self.verification_fn(_Question(scope))
        await self.next_app(scope, receive, send)


class _SecuringAPI(SecurityAPI):  # type: ignore[misc]
    """Connexion's security, which makes no request object of its own for each request."""

    def make_operation(self, operation: Any) -> _SecuredOperation:
        secured: _SecuredOperation = _SecuredOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self.security_handler_factory
        )
        return secured


class _ValidatedOperation(RequestValidationOperation):  # type: ignore[misc]
    def __init__(self, next_app: Any, operation: Any, validator_map: Mapping[str, Any]) -> None:
        # Connexion's own begins with its validators: ours stand in the place of all of them.
        self.next_app = next_app
        self._operation = operation
        self._validator_map = validator_map
        self.strict_validation = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._operation.request_body:
            await super().__call__(scope, receive, send)
        else:
            _PARAMETERS.validate(scope)
            await self.next_app(scope, receive, send)


class _ValidatingAPI(RequestValidationAPI):  # type: ignore[misc]
    """Connexion's validation, which looks for a body's media type only where the operation takes a body."""

    def make_operation(self, operation: Any) -> _ValidatedOperation:
        return _ValidatedOperation(self.next_app, operation, self.validator_map)


class _Operation:
    """Calls the handler of one operation and keeps its reply."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        way = scope["extensions"][_EXTENSION]
        way.reply = self._handle(way.call)


class _AnsweringAPI(RoutedAPI[_Operation]):  # type: ignore[misc]
    """The innermost layer: the operation itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: Any) -> _Operation:
        return _Operation(operation.function)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(_message: Any) -> None:
    """Replies are sent by the mock itself."""
