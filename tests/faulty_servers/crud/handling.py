"""The way of a request through the server: route, credentials, permission, values. `server.py` has the operations."""

import http
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from .document import DOCUMENT, PROBLEM, Json
from .messages import NOTHING, Problem, Request, Response
from .validation import errors

BASE = "/v1"
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a token."""

    name: str
    scope: str


OWNER, READER, OTHER = "owner-Zk3vQ8rT5xYw", "reader-Hn6bM2cJ9pLd", "other-Ts7gF4kW1qRx"
ACCOUNTS = {OWNER: Account("ada", "write"), READER: Account("ada", "read"), OTHER: Account("bo", "write")}
"""By token. The first two are the same person: one credential may write, the other only read."""


@dataclass(slots=True)
class Call:
    """A request whose route, credentials and values have been checked."""

    request: Request
    operation: Json
    account: Account
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = NOTHING


@dataclass(frozen=True, slots=True)
class _Route:
    pattern: re.Pattern[str]
    item: Json


def _routes() -> list[_Route]:
    """In the order of matching: a literal segment before a parameter."""
    paths = sorted(DOCUMENT["paths"], key=lambda path: path.replace("{", "~"))
    return [
        _Route(re.compile(BASE + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), DOCUMENT["paths"][path])
        for path in paths
    ]


_ROUTES = _routes()
_METHODS = ("get", "put", "post", "delete", "patch")


class RequestHandler:
    """Checks a request against the document and calls the method that is named like its operation."""

    def __call__(self, request: Request) -> Response:
        try:
            response = self.handle(request)
        except Problem as problem:
            response = self.problem(problem)
        return self.finish(request, response)

    def operation(self, name: str) -> Callable[[Call], Response]:
        """The method of this class for an operation ID."""
        method: Callable[[Call], Response] = getattr(self, re.sub("([A-Z])", r"_\1", name).lower())
        return method

    def finish(self, request: Request, response: Response) -> Response:
        """The last word about a response: for faults."""
        return response

    def problem(self, problem: Problem) -> Response:
        title = http.HTTPStatus(problem.status).phrase
        body = {"title": title, "status": problem.status, "detail": problem.detail}
        return Response(problem.status, body, problem.headers, PROBLEM)

    def handle(self, request: Request) -> Response:
        route, values = self.route(request.path)
        allowed = [method.upper() for method in _METHODS if method in route.item]
        allowed += ["HEAD"] * ("GET" in allowed) + ["OPTIONS"]
        if request.method == "OPTIONS":
            return Response(204, headers={"Allow": ", ".join(allowed)})
        method = "GET" if request.method == "HEAD" else request.method
        if method not in allowed:
            raise Problem(405, f"{method} is not allowed here.", {"Allow": ", ".join(allowed)})
        operation = route.item[method.lower()]
        call = Call(request, operation, self.authenticate(request))
        self.authorize(call)
        parameters = [*route.item.get("parameters", ()), *operation.get("parameters", ())]
        self.check_parameters(call, parameters, values)
        self.check_body(call)
        return self.operation(operation["operationId"])(call)

    def route(self, path: str) -> tuple[_Route, dict[str, str]]:
        for route in _ROUTES:
            if matched := route.pattern.fullmatch(path):
                return route, matched.groupdict()
        raise Problem(404, "There is no such path.")

    def authenticate(self, request: Request) -> Account:
        scheme, _, token = request.header("authorization").partition(" ")
        account = self.account_of(token) if scheme.lower() == "bearer" else None
        if account is None:
            raise Problem(401, "Send a token that is known.", {"WWW-Authenticate": "Bearer"})
        return account

    def account_of(self, token: str) -> Account | None:
        return ACCOUNTS.get(token)

    def authorize(self, call: Call) -> None:
        if call.request.method not in ("GET", "HEAD") and call.account.scope != "write":
            raise Problem(403, "This token may only read.")

    # --- values -------------------------------------------------------------------------------------------------------

    def check_parameters(self, call: Call, parameters: list[Json], values: dict[str, str]) -> None:
        sent = {"path": {name: _decoded(value) for name, value in values.items()}, "query": self.query_values(call)}
        for parameter in parameters:
            name, schema, where = parameter["name"], parameter["schema"], parameter["in"]
            if where == "header":
                self.check_header(call, parameter)
                continue
            text = sent[where].get(name)
            value = schema.get("default") if text is None else self.parameter_value(name, text, schema)
            (call.path if where == "path" else call.query)[name] = value

    def query_values(self, call: Call) -> dict[str, str]:
        pairs = call.request.query
        values = dict(pairs)
        if len(values) != len(pairs):
            raise Problem(400, "A query parameter is sent twice.")
        return values

    def parameter_value(self, name: str, text: str, schema: Json) -> Any:
        value = _parsed(text, schema["type"])
        for message in errors(value, schema, SCHEMAS, name):
            raise Problem(400, message)
        return value

    def check_header(self, call: Call, parameter: Json) -> None:
        """Of the headers, only the idempotency key is checked here: preconditions need the resource."""
        text = call.request.headers.get(parameter["name"].lower())
        if parameter["name"] == "Idempotency-Key" and text is not None:
            self.parameter_value(parameter["name"], text, parameter["schema"])

    def check_body(self, call: Call) -> None:
        if "requestBody" not in call.operation:
            return
        if not self.is_json(call.request.header("content-type")):
            raise Problem(415, "Send application/json.")
        call.body = self.read_json(call.request.body)
        schema = call.operation["requestBody"]["content"]["application/json"]["schema"]
        for message in self.body_errors(call, schema):
            raise Problem(400, message)
        call.body = _whole_numbers(call.body, schema)

    def is_json(self, media: str) -> bool:
        return media.partition(";")[0].strip().lower() == "application/json"

    def read_json(self, body: bytes) -> Any:
        try:
            return json.loads(body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Problem(400, "The body is not JSON.") from None

    def body_errors(self, call: Call, schema: Json) -> Iterable[str]:
        return errors(call.body, schema, SCHEMAS)


def _decoded(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "The path is not UTF-8.") from None


def _parsed(text: str, kind: str) -> Any:
    """The value of a parameter; text that is not of its type stays text."""
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _members(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _whole_numbers(value: Any, schema: Json) -> Any:
    """The same value, with 3.0 as 3 where the schema has integers."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        return {name: _whole_numbers(item, schema.get("properties", {}).get(name, {})) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item, schema["items"]) for item in value]
    is_whole = isinstance(value, float) and "integer" in schema.get("type", ())
    return int(value) if is_whole else value
