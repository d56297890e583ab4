"""The served contracts as the console shows them: operations, responses, examples and their origins."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flowcontract.errors import ContractError
from flowcontract.http.curl import curl
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowmock.console import callers
from flowmock.console.origins import Origins
from flowmock.examples.responses import main_media
from flowmock.generation import samples
from flowmock.messages import Call
from flowmock.routing import Route, Routes

GENERATED = "generated"


class Catalog:
    """The served operations, numbered from 0."""

    def __init__(self, routes: Routes, *, seed: int = 0) -> None:
        """`seed`: the random seed of generated values."""
        self._seed = seed
        self._all = [(route, operation) for route in routes.all for operation in route.operations.values()]

    def operations(self) -> list[dict[str, Any]]:
        """A summary of every operation."""
        return [self._summary(number) for number in range(len(self._all))]

    def _summary(self, number: int) -> dict[str, Any]:
        route, operation = self._all[number]
        return {
            "number": number,
            "id": operation.id,
            "contract": route.contract.title,
            "method": operation.method,
            "path": route.contract.base_path + route.template,
            "summary": _text(route.contract, operation, "summary")
            or _first_sentence(_text(route.contract, operation, "description")),
            "tags": list(operation.tags),
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
        entry = _Entry(route, operation, Origins(route.contract, seed=self._seed), origin, self._seed)
        return {
            **self._summary(number),
            "description": _text(route.contract, operation, "description"),
            "open": operation.is_open,
            "statuses": list(operation.responses),
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
    seed: int

    def response(self, response: DocumentedResponse, media: MediaType) -> dict[str, Any]:
        """One media type of a response with its examples; a success without examples gets a generated one."""
        is_success = response is self.operation.success()
        examples = [self._example(response, media, each, is_success) for each in media.examples.values()]
        if not examples and is_success and media.is_json:
            examples = list(self._generated(response, media))
        return {
            "status": response.status,
            "media": media.name,
            "description": response.description,
            "examples": examples,
        }

    def _example(
        self, response: DocumentedResponse, media: MediaType, example: Example, is_success: bool
    ) -> dict[str, Any]:
        path_values = self.operation.example_path_values()
        if is_success and example.name in path_values:
            return self._shown(example.name, media, example.value, path_values[example.name], example=example)
        path = next(iter(path_values.values()), None) or self._sample_path()
        prefer = f"code={response.status}, example={example.name}" if response.status.isdecimal() else ""
        return self._shown(example.name, media, example.value, path, example=example, prefer=prefer)

    def _generated(self, response: DocumentedResponse, media: MediaType) -> Iterator[dict[str, Any]]:
        from flowmock.generation import bodies

        path = self._sample_path()
        with contextlib.suppress(ContractError):  # Some schemas have no valid value.
            value = bodies.for_call(self.operation, response, media, path, self.seed)
            yield self._shown(GENERATED, media, value, path)

    def _sample_path(self) -> dict[str, str]:
        return samples.path_values(self.route.contract, self.operation, seed=self.seed)

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
        raw = {"path": path, "query": {}, "prefer": prefer, "session": "", "body": ""}
        token = None if self.operation.is_open else callers.VARIABLE
        return {
            "name": name,
            "summary": example.summary if example else "",
            "value": value,
            "path": path,
            "prefer": prefer,
            "fields": self.origins.fields(media, value, example),
            "curl": curl_command(call(self.route, self.operation, raw, token), self.origin),
        }


def call(route: Route, operation: Operation, raw: Mapping[str, Any], token: str | None) -> Call:
    """The call of an operation, as if received. `raw`: path, query, prefer, session and body."""
    headers = [("accept", "*/*")]
    query = list(raw["query"].items())
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
        headers.append(("content-type", next(iter(operation.request_media), "application/json")))
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
    """The curl command that sends a call, with `${FLOWCONTRACT_TOKEN}` for the credentials."""
    target = call.raw_path + (f"?{urlencode(call.query, safe='${}[]')}" if call.query else "")
    return curl(Target(origin, ""), Request(call.method, target, call.headers, call.body or None))


def _bodies(operation: Operation) -> Iterator[tuple[DocumentedResponse, MediaType]]:
    """Every response with each of its media types, the success first."""
    success = operation.success()
    for response in sorted(operation.responses.values(), key=lambda each: each is not success):
        first = main_media(response)
        for media in sorted(response.media.values(), key=lambda each: each is not first):
            yield response, media


def _first_sentence(text: str) -> str:
    """The beginning of a description, where an operation has no summary."""
    line = text.strip().partition("\n")[0].strip()
    sentence, stop, _ = line.partition(". ")
    return (sentence + stop.strip())[:_MAX_SUMMARY]


_MAX_SUMMARY = 120
"""Characters of it."""


def _text(contract: Contract, operation: Operation, key: str) -> str:
    raw = pointers.get(contract.document, pointers.split(operation.pointer))
    return str(raw.get(key) or "")
