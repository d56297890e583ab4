"""The served contracts as the console shows them: operations, responses, examples and their origins."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flowcontract.errors import FlowContractError
from flowcontract.http.curl import curl
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowmock import typical
from flowmock.compiled import Compiled
from flowmock.connexion_app import operation_id
from flowmock.console import callers
from flowmock.console.origins import Origins
from flowmock.examples.responses import main_media, usual
from flowmock.generation import samples
from flowmock.journal import entries
from flowmock.journal.redaction import Redactor
from flowmock.messages import Call, Caller, Handle, Reply
from flowmock.negotiation.prefer import PreferenceError, Preferences
from flowmock.routing import Route
from flowmock.security import Tokens
from flowmock.seeds import DEFAULT, Seed

GENERATED = "generated"


class Catalog:
    """The served operations, numbered from 0."""

    def __init__(self, compiled: Compiled, tokens: Tokens, *, seed: Seed = DEFAULT) -> None:
        """`seed`: the random seed of generated values."""
        self._compiled = compiled
        self._tokens = tokens
        self._seed = seed
        self._all = [(route, operation) for route in compiled.routes.all for operation in route.operations.values()]

    def operations(self) -> dict[str, Any]:
        """A summary of every operation, the number of the most typical one, and the tags in the documents' order."""
        found = typical.read(self._compiled.routes.all, by_examples=True)
        summaries = [self._summary(number) for number in range(len(self._all))]
        contracts = dict.fromkeys(route.contract for route, _ in self._all)
        tags = [tag["name"] for contract in contracts for tag in contract.document.get("tags") or ()]
        return {"operations": summaries, "typical": self._all.index(found) if found else 0, "tags": tags}

    def _summary(self, number: int) -> dict[str, Any]:
        route, operation = self._all[number]
        return {
            "number": number,
            "id": operation.id,
            "contract": route.contract.title,
            "method": operation.method,
            "path": route.contract.base_path + route.template,
            "summary": operation.summary or _first_sentence(operation.description),
            "tags": list(operation.tags),
            "isList": operation.method == "GET" and typical.is_list(operation),
            "statuses": list(operation.responses),
            "examples": sum(
                len(media.examples) for response in operation.responses.values() for media in response.media.values()
            ),
        }

    def find(self, number: int) -> tuple[Route, Operation] | None:
        """An operation by its number; None for an unknown number."""
        return self._all[number] if number < len(self._all) else None

    def detail(self, number: int, origin: str) -> dict[str, Any] | None:
        """One operation with all its responses and examples. `origin`: `http://127.0.0.1:8000`."""
        numbered = self.find(number)
        if numbered is None:
            return None
        route, operation = numbered
        handler = self._compiled.handlers[operation_id(operation.method, route)]
        entry = _Entry(
            route,
            operation,
            Origins(route.contract, seed=self._seed),
            origin,
            None if operation.is_open else callers.to_copy(self._tokens),
            samples.path_values(route.contract, operation, seed=self._seed),
            samples.required_query(route.contract, operation, seed=self._seed),
            samples.request_body(operation, seed=self._seed),
            handler if operation.method == "GET" else handler.without_memory(),
        )
        return {
            **self._summary(number),
            "description": operation.description,
            "open": operation.is_open,
            "path_sample": entry.known_path,
            "query": entry.query,
            "body": entry.body,
            "path_values": operation.example_path_values(),
            "parameters": [
                {
                    "name": each.name,
                    "in": each.location,
                    "required": each.required,
                    "values": [str(example.value) for example in each.examples.values()],
                }
                for each in operation.parameters
                if each.location in ("path", "query")
            ],
            "responses": [entry.response(response, media) for response, media in _bodies(operation)],
        }


@dataclass(frozen=True, slots=True)
class _Entry:
    """One operation in detail."""

    route: Route
    operation: Operation
    origins: Origins
    origin: str
    token: str | None
    """What stands for a token in a curl command; None where the operation needs none."""
    path: Mapping[str, str]
    """Values of the path parameters that are valid."""
    query: Mapping[str, str]
    """Query parameters that every request must have."""
    body: str
    """A request body that is valid; empty where none is known."""
    handle: Handle

    def response(self, response: DocumentedResponse, media: MediaType | None) -> dict[str, Any]:
        """One media type of a response, with a body as the mock sends it, and its examples.

        `media`: None for a response without content. A success without examples has the body as its example.
        """
        code, prefer = self._code(response)
        reply = self._reply(code, prefer, media)
        examples = [self._example(response, media, each) for each in media.examples.values()] if media else []
        if not examples and media and media.is_json and not prefer and reply:
            examples = list(self._generated(reply, media))
        return {
            "status": response.status,
            "media": media.name if media else "",
            "description": response.description,
            "code": code,
            "prefer": prefer,
            "path": self.known_path,
            "body": entries.body(reply.body, Redactor({}).of(self._call())) if reply else None,
            "examples": examples,
        }

    def _code(self, response: DocumentedResponse) -> tuple[int, str]:
        """A status that the response is for, and the preference that asks for it: none for the usual response."""
        status, success = usual(self.operation)
        if response is success:
            return status, ""
        code = response.status.upper().replace("X", "0")
        code = code if code.isdecimal() else "500"
        return int(code), f"code={code}"

    def _reply(self, code: int, prefer: str, media: MediaType | None) -> Reply | None:
        """The reply of the operation itself; None where the mock can make none."""
        call = self._call(media.name if media else "*/*")
        preferred = replace(call, preferences=Preferences(code=code))
        # Only a read may be served as it is: it changes nothing.
        tried = [call, preferred] if not prefer and call.method == "GET" else [preferred]
        for each in tried:
            with contextlib.suppress(FlowContractError, PreferenceError):
                reply = self.handle(each)
                if reply.status == code:
                    return reply
        return None

    def _call(self, accept: str = "*/*") -> Call:
        raw = {"path": self.known_path, "query": self.query, "prefer": "", "session": "", "body": ""}
        made = call(self.route, self.operation, raw, None)
        made.headers = (("accept", accept),)
        made.operation, made.caller, made.path_values = self.operation, Caller("all"), self.known_path
        return made

    @property
    def known_path(self) -> Mapping[str, str]:
        """The path parameters of an example, else valid ones."""
        return next(iter(self.operation.example_path_values().values()), self.path)

    def _example(self, response: DocumentedResponse, media: MediaType, example: Example) -> dict[str, Any]:
        path_values = self.operation.example_path_values()
        if response is self.operation.success() and example.name in path_values:
            return self._shown(example.name, media, example.value, path_values[example.name], example=example)
        prefer = f"code={response.status}, example={example.name}" if response.status.isdecimal() else ""
        return self._shown(example.name, media, example.value, self.known_path, example=example, prefer=prefer)

    def _generated(self, reply: Reply, media: MediaType) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(ValueError):
            yield self._shown(GENERATED, media, json.loads(reply.body), self.known_path)

    def _shown(
        self,
        name: str,
        media: MediaType,
        value: Any,
        path: Mapping[str, str],
        *,
        example: Example | None = None,
        prefer: str = "",
    ) -> dict[str, Any]:
        return {
            "name": name,
            "summary": example.summary if example else "",
            "value": value,
            "path": path,
            "prefer": prefer,
            "fields": self.origins.fields(media, value, example),
            "curl": self._curl(path, prefer),
        }

    def _curl(self, path: Mapping[str, str], prefer: str) -> str:
        raw = {"path": path, "query": self.query, "prefer": prefer, "session": "", "body": self.body}
        return curl_command(call(self.route, self.operation, raw, self.token), self.origin)


def call(route: Route, operation: Operation, raw: Mapping[str, Any], token: str | None) -> Call:
    """The call of an operation, as if received. `raw`: path, query, prefer, session and body."""
    headers = [("accept", "*/*")]
    values = {name: each if isinstance(each, list) else [each] for name, each in raw["query"].items()}
    query = [(name, each) for name, several in values.items() for each in several]
    for location, name, value in callers.credential_parameters(operation, token) if token else ():
        if location == "query":
            query.append((name, value))
        else:
            headers.append((name.lower(), value))
    if raw["prefer"]:
        headers.append(("prefer", raw["prefer"]))
    if raw["session"]:
        headers.append(("x-mock-session", raw["session"]))
    if raw["body"]:
        headers.append(("content-type", samples.request_media_type(operation)))
    path = {name: raw["path"].get(name) or "1" for name in route.names}
    return Call(
        method=operation.method,
        raw_path=route.canonical(path),
        path="".join(path[piece] if index % 2 else piece for index, piece in enumerate(route.pieces)),
        query=tuple(query),
        headers=tuple(headers),
        body=raw["body"].encode(),
        session=raw["session"],
    )


def curl_command(call: Call, origin: str) -> str:
    """The curl command that sends a call."""
    target = call.raw_path + (f"?{urlencode(call.query, safe='${}[]')}" if call.query else "")
    return curl(Target(origin, ""), Request(call.method, target, call.headers, call.body or None))


def _bodies(operation: Operation) -> Iterator[tuple[DocumentedResponse, MediaType | None]]:
    """Every response with each of its media types, None for no content; the success first."""
    success = operation.success()
    for response in sorted(operation.responses.values(), key=lambda each: each is not success):
        first = main_media(response)
        if first is None:
            yield response, None
        for media in sorted(response.media.values(), key=lambda each: each is not first):
            yield response, media


def _first_sentence(text: str) -> str:
    """The beginning of a description, where an operation has no summary."""
    line = text.strip().partition("\n")[0].strip()
    sentence, stop, _ = line.partition(". ")
    return (sentence + stop.strip())[:_MAX_SUMMARY]


_MAX_SUMMARY = 120
"""Characters of it."""
