"""The operations of the contracts as Connexion applications: routing, security, validation, operation.

Connexion gets a slim document (paths, methods, security, whether there is a body) through `add_api`, and our classes
through its options: `security_map` knows the mock's tokens, `validator_map` checks requests by the contract's compiled
schemas. What it raises gets the contract's own shape here. What the slim document leaves out (schemas, responses,
parameters) is read from the contract itself.

A request runs through a router's paths in order, so a contract with many paths becomes several applications, one for
the paths that begin alike; each is made when its first request arrives.
"""

import contextlib
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from flowcontract.errors import FlowContractError
from flowcontract.openapi.model import Operation, SecurityScheme
from flowmock.examples.headers import version_of
from flowmock.examples.responses import PREFERRED, REASON, Responses
from flowmock.messages import EXCHANGE, Call, Exchange, Handle, Reply, respond
from flowmock.negotiation import conditions
from flowmock.negotiation.prefer import PreferenceError
from flowmock.routing import Route, Routes
from flowmock.security import Tokens
from flowmock.stateful import rejections
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.validation import requests, uploads
from flowmock.validation.violations import UNSUPPORTED, Violation

with warnings.catch_warnings():
    # Connexion imports names that Starlette and jsonschema have deprecated.
    warnings.simplefilter("ignore")
    from connexion import ConnexionMiddleware, validators
    from connexion.datastructures import MediaTypeDict
    from connexion.exceptions import OAuthProblem, ProblemException
    from connexion.lifecycle import ConnexionRequest
    from connexion.middleware.request_validation import RequestValidationMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.middleware.security import SecurityMiddleware
    from connexion.security import AbstractSecurityHandler

MAX_PATHS = 32
"""Paths of a contract up to which it is one application. Connexion's router takes about 1 µs a path."""
_OPTIONAL: Mapping[str, Any] = {
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "scheme": "http",
    "raw_path": None,
    "client": None,
    "server": None,
}
"""What a server may leave out of a scope (ASGI, HTTP connection scope), though most have it."""
_GROUPED_BY = 2
"""Leading path segments that paths of one application have in common where a contract has more paths."""
_MAX_REASON = 1000
"""Characters of a header that tells a reason."""
_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
"""Methods that Connexion serves: those of OpenAPI 3.0. POST stands for `query` and `additionalOperations` of 3.2."""
_PATH = "path"
"""Marks a problem with a path parameter."""
_LIMIT = "limit"
"""Marks a problem with the type or the size of a file."""
_SCHEME = "x-flowmock-scheme"
"""Names the contract's own security scheme in a slim document."""


def operation_id(method: str, route: Route) -> str:
    """The ID of an operation, unique over all contracts."""
    return f"{method} {route.base_path}{route.template}"


class ConnexionApps:
    """Serves every operation of several contracts. The innermost layer of the mock."""

    def __init__(self, routes: Routes, handlers: Mapping[str, Handle], tokens: Tokens) -> None:
        """`handlers`: by `operation_id`."""
        self._handlers = {
            (route, method): handlers[operation_id(method, route)]
            for route in routes.all
            for method in route.operations
        }
        self._tokens = tokens
        self._groups: dict[Route, list[Route]] = {}
        groups: dict[Any, list[Route]] = {}
        sizes = dict.fromkeys({route.contract for route in routes.all}, 0)
        for route in routes.all:
            sizes[route.contract] += 1
        for route in routes.all:
            self._groups[route] = group = groups.setdefault(_group(route, sizes[route.contract]), [])
            group.append(route)
        self._apps: dict[Route, ConnexionMiddleware] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request whose exchange has a route with its method."""
        exchange: Exchange = scope[EXCHANGE]
        route, call = exchange.route, exchange.call
        assert route
        assert call
        app = self._apps.get(route) or self._make(self._groups[route])
        # Connexion matches decoded paths. Which values a path has, the mock's own routes have decided by now; encoded
        # once more, they cannot be mistaken for something else.
        path = call.path if "%" not in call.raw_path else route.canonical(call.path_values)
        method = route.method(call.method)
        is_usual = method in _METHODS
        root_path = scope.get("root_path", "")
        routed = {
            **_OPTIONAL,
            **scope,
            "state": {},
            "root_path": root_path,
            "method": scope["method"] if is_usual else "POST",
            "path": root_path + (path if is_usual else path + _stand_in(method)),
            "path_params": {},
            "extensions": {},
            # Connexion would decode every header in search of the content type of a body.
            "headers": scope["headers"] if call.body else [],
        }
        try:
            await app(routed, receive, send)
        except (HTTPException, PreferenceError, FlowContractError) as error:
            await respond(_error_reply(exchange, error), scope, send)

    def _make(self, routes: list[Route]) -> ConnexionMiddleware:
        """The Connexion application of several paths of one contract, with one base path."""
        schemes = {f"s{number}": scheme for number, scheme in enumerate(_schemes(routes))}
        app = ConnexionMiddleware(
            self._operation,
            import_name=__name__,
            middlewares=[RoutingMiddleware, SecurityMiddleware, RequestValidationMiddleware],
            resolver=lambda _operation_id: self._operation,
            security_map=_security_map(self._tokens, schemes),
            validator_map={"parameter": ParameterValidator, "body": MediaTypeDict({"*/*": BodyValidator})},
        )
        app.add_api(slim_document(routes, schemes), base_path=routes[0].base_path)
        self._apps |= dict.fromkeys(routes, app)
        return app

    async def _operation(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Respond to what Connexion has routed, authorized and validated."""
        exchange: Exchange = scope[EXCHANGE]
        call, route = exchange.call, exchange.route
        assert call
        assert route
        names_response = call.preferences is not None and call.preferences.names_response
        reply = self._outdated(exchange, call, route) if call.header("if-match") and not names_response else None
        if reply is None and call.header("if-none-match") and not names_response:
            reply = self._existing(exchange, call, route)
        reply = reply or self._handlers[route, route.method(call.method)](call)
        if call.method == "POST" and reply.status < 300:
            self._tokens.issue(reply.body, sent=call.body)
        known = self._known_by(reply, call, route) if PREFERRED not in reply.details else ""
        if known:
            reply = replace(reply, status=304, body=b"", rule=f"{reply.rule}; unchanged ({known})")
        await respond(reply, scope, send)

    def _outdated(self, exchange: Exchange, call: Call, route: Route) -> Reply | None:
        """The error for a change of another version than the current one; None where it may go on.

        That is the documented 412; for an operation that documents `If-Match`, the documented 409, else 412, too.
        """
        operation, read = route.operations[route.method(call.method)], route.operations.get("GET")
        takes_tag = conditions.condition_of(operation) is not None
        if read is None or read is operation or not (takes_tag or "412" in operation.responses):
            return None
        current = self._handlers[route, "GET"](replace(call, method="GET", query=(), body=b"", operation=read))
        item: Any = None
        if takes_tag:
            with contextlib.suppress(ValueError):  # What is read has another format.
                item = orjson.loads(current.body)
        if current.status >= 300 or not conditions.is_outdated(current, call, version_of(item)):
            return None
        assert exchange.compiled
        error = ChangeRejectedError(
            f"If-Match does not name the current version: expected {conditions.expected(current, version_of(item))}.",
            *((412, 409) if takes_tag else (412,)),
            current=item if isinstance(item, dict) else None,
        )
        return rejections.reply(error, operation, call, exchange.compiled.responses_for(route))

    def _existing(self, exchange: Exchange, call: Call, route: Route) -> Reply | None:
        """The documented 412 for a change that is only meant for what does not exist; None where it may go on.

        A collection exists, and a creation in it is meant for a new item.
        """
        operation, read = route.operations[route.method(call.method)], route.operations.get("GET")
        failed = operation.responses.get("412")
        is_creation = operation.method == "POST" and not operation.path.rstrip("/").endswith("}")
        if failed is None or read is None or read is operation or is_creation:
            return None
        current = self._handlers[route, "GET"](replace(call, method="GET", query=(), body=b"", operation=read))
        if not conditions.is_known(current, call):
            return None
        assert exchange.compiled
        responses: Responses = exchange.compiled.responses_for(route)
        return responses.documented(
            operation, failed, 412, call, "If-None-Match", message="If-None-Match names the current version."
        )

    def _known_by(self, reply: Reply, call: Call, route: Route) -> str:
        """The header that says that a client has what a read gives; empty for none.

        The date of a response is that of what nothing has changed: changes do not set it.
        """
        if conditions.is_unchanged(reply, call):
            return "If-None-Match"
        if not conditions.is_unmodified(reply, call):
            return ""
        return "If-Modified-Since" if self._handlers[route, "GET"].without_memory()(call).body == reply.body else ""


def _group(route: Route, size: int) -> Any:
    """What paths have in common that become one application."""
    if route.has_own_pattern:  # A path parameter matches less here than in Connexion: only we can tell paths apart.
        return route
    beginning = route.template.split("/")[: _GROUPED_BY + 1] if size > MAX_PATHS else []
    return route.contract, route.base_path, *beginning


def _schemes(routes: list[Route]) -> list[SecurityScheme]:
    return list(dict.fromkeys(scheme for route in routes for scheme in route.schemes))


# ---- The slim document ---------------------------------------------------------------------------------------------


def slim_document(routes: list[Route], schemes: Mapping[str, SecurityScheme]) -> dict[str, Any]:
    """What Connexion has to know of these paths: an OpenAPI 3.0 document. `schemes`: by names that it allows."""
    names = {scheme: name for name, scheme in schemes.items()}
    return {
        "openapi": "3.0.3",
        "info": {"title": "", "version": ""},
        "paths": {path: item for route in routes for path, item in _slim_items(route, names)},
        "components": {"securitySchemes": {name: _slim_scheme(name, scheme) for name, scheme in schemes.items()}},
    }


def _slim_path(route: Route) -> str:
    """The template with parameters called `p0`, `p1`: Connexion does not take every name that OpenAPI allows."""
    path = "".join(f"{{p{index // 2}}}" if index % 2 else piece for index, piece in enumerate(route.pieces))
    return path.removeprefix(route.base_path)


def _stand_in(method: str) -> str:
    """What follows a path where POST stands for a method that OpenAPI 3.0 does not have.

    Only a template with an empty segment could match it, too.
    """
    return f"//{method}"


def _slim_items(route: Route, names: Mapping[SecurityScheme, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    path = _slim_path(route)
    # HEAD before GET: Starlette's routes for GET serve HEAD too.
    methods = sorted(route.operations, key=lambda method: method != "HEAD")
    slim = {method: _slim_operation(route, method, route.operations[method], names) for method in methods}
    yield path, {method.lower(): each for method, each in slim.items() if method in _METHODS}
    yield from ((path + _stand_in(method), {"post": each}) for method, each in slim.items() if method not in _METHODS)


def _slim_operation(
    route: Route, method: str, operation: Operation, names: Mapping[SecurityScheme, str]
) -> dict[str, Any]:
    slim: dict[str, Any] = {
        "operationId": operation_id(method, route),
        "responses": {"default": {"description": ""}},
        "security": [{names[scheme]: [] for scheme in alternative} for alternative in operation.security],
    }
    if operation.request_media:  # Media types are for the body validator, which knows the contract's own.
        slim["requestBody"] = {"content": {"*/*": {"schema": {"type": "string"}}}}
    return slim


def _slim_scheme(name: str, scheme: SecurityScheme) -> dict[str, Any]:
    """A scheme as Connexion knows it; one that it does not know stands as a bearer token for our own handler."""
    if scheme.kind == "apiKey":
        return {"type": "apiKey", "in": scheme.location, "name": scheme.parameter, _SCHEME: name}
    is_basic = scheme.kind == "http" and scheme.scheme == "basic"
    return {"type": "http", "scheme": "basic" if is_basic else "bearer", _SCHEME: name}


# ---- What Connexion is given for its own parts -----------------------------------------------------------------------


def _security_map(tokens: Tokens, schemes: Mapping[str, SecurityScheme]) -> dict[str, type]:
    """For `security_map`: a handler class per kind of scheme, which knows the mock's tokens."""

    class SecurityHandler(AbstractSecurityHandler):  # type: ignore[misc]
        def get_fn(self, security_scheme: Mapping[str, Any], _scopes: Any) -> Callable[[ConnexionRequest], Any]:
            known = schemes[security_scheme[_SCHEME]]

            def verify(request: ConnexionRequest) -> dict[str, str]:
                call: Call = request.scope[EXCHANGE].call
                caller = tokens.present(call, known)
                if caller.role in ("anonymous", "invalid"):
                    raise OAuthProblem(detail="No valid credentials were sent.")
                call.caller = caller
                return {"sub": caller.role}

            return verify

    return dict.fromkeys(("basic", "bearer", "apiKey"), SecurityHandler)


class ParameterValidator(validators.ParameterValidator):  # type: ignore[misc]
    """For `validator_map["parameter"]`: parameters by the contract's compiled schemas."""

    def validate(self, scope: Scope) -> None:
        """Raises ProblemException for the first parameter that violates the contract.

        Filters of the profile are checked where they are applied, with the messages of the profile.
        """
        exchange: Exchange = scope[EXCHANGE]
        call, filters = exchange.call, exchange.route.rules.filters if exchange.route else ()
        assert call
        assert call.operation
        for problem in requests.of_parameters(call.operation, call):
            if problem.part == "query" and any(each.query == problem.name for each in filters):
                continue
            raise ProblemException(status=400, detail=str(problem), type=_PATH if problem.part == "path" else None)


class BodyValidator(validators.AbstractRequestBodyValidator):  # type: ignore[misc]
    """For `validator_map["body"]`, whatever the media type: the body by the contract's compiled schemas."""

    async def _parse(self, _stream: AsyncIterator[bytes], scope: Scope) -> None:
        """Raises ProblemException for a body that violates the contract, also by its media type."""
        exchange: Exchange = scope[EXCHANGE]
        call = exchange.call
        assert call
        assert call.operation
        assert exchange.compiled
        today = exchange.compiled.responses_for(exchange.route).seed.today
        if found := uploads.violation(call.operation, call):
            raise ProblemException(status=found[0], type=_LIMIT, detail=found[1])
        for problem in requests.of_body(call.operation, call, today):
            raise ProblemException(status=415 if problem.keyword in UNSUPPORTED else 400, detail=str(problem))


def _error_reply(exchange: Exchange, error: Exception) -> Reply:
    """The error as the profile responds to it, in the contract's shape."""
    call = exchange.call
    assert call
    assert exchange.compiled
    responses: Responses = exchange.compiled.responses_for(exchange.route)
    if isinstance(error, PreferenceError):
        return preference_error(error, call, responses)
    if not isinstance(error, ProblemException):
        return internal_error(error)
    if error.type == _LIMIT and call.operation and (documented := call.operation.response(error.status)):
        return responses.documented(
            call.operation, documented, error.status, call, f"limit of a file: {error.detail}", message=error.detail
        )
    message = str(error.detail)
    if error.status == 401:
        return responses.error(call.caller.denial or "credential-missing", call)
    if error.status == 415:
        return responses.error("media-unsupported", call, message=message, media=call.header("content-type") or "")
    if error.type == _PATH:
        return responses.error("invalid-path", call, message=message)
    return responses.error("invalid-request", call, message=message)


def preference_error(error: PreferenceError, call: Call, responses: Responses) -> Reply:
    """The response to a preference that cannot be applied.

    Its status may be one that the API itself gives to invalid requests. So rule and header say that it is about
    `Prefer`, whatever the body has room for.
    """
    message = str(error)
    about = Violation("header", "Prefer", message.removeprefix("Prefer: "))
    reply = responses.error("bad-preference", call, about=about, message=message)
    on_one_line = "".join(each if each.isprintable() else " " for each in message)[:_MAX_REASON]
    headers = tuple(pair for pair in reply.headers if pair[0] != REASON)
    return replace(reply, headers=(*headers, (REASON, on_one_line)), rule=message)


def internal_error(error: Exception) -> Reply:
    """The response to a request that the mock itself cannot serve; the text says why."""
    return Reply(500, (("Content-Type", "text/plain; charset=utf-8"),), str(error).encode(), str(error))
