"""Replies made from the contract and the profile: refusals, examples, generated values."""

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from os import urandom
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowmock.generation import content as contents
from flowmock.messages import Call, Headers, Reply
from flowmock.profiles.profile import Profile, ResponseTemplate

PROBLEM = "application/problem+json"
"""Media type of an error that the contract gives no shape (RFC 9457)."""
PAGE = "page"
"""Marks a reply that comes from outside the API: it says nothing of methods or credentials."""
# Where an error body says what is wrong, most telling first.
_TELLING = ("detail", "message", "error_description", "error", "title", "description")


def encode(value: Any) -> bytes:
    """JSON as servers send it: compact, UTF-8; half a character stays the escape that JSON has for it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


class Responses:
    """Makes replies for one contract under one profile."""

    def __init__(self, contract: Contract, profile: Profile, *, seed: int = 0) -> None:
        """`seed`: what generated values grow from."""
        self.contract = contract
        self.profile = profile
        self.seed = seed
        self._constant = {name for name, template in profile.responses.items() if template.is_constant}
        self._made: dict[str, Reply] = {}

    def error(self, name: str, call: Call, **values: Any) -> Reply:
        """The answer that the profile calls `name`; `values` fill the braces of its text."""
        if name in self._made:
            return self._made[name]
        template = self.profile.responses[name]
        values = {"method": call.method, "message": name.replace("-", " ")} | values
        rule = f"profile {self.profile.name}: {name}"
        if template.kind == "contract":
            reply = self._in_contracts_shape(template, call, str(values["message"]), rule)
        else:
            media = {"json": "application/json", "html": "text/html", "text": "text/plain"}[template.kind]
            body = _filled(template.body, values)
            content = encode(body) if template.kind == "json" else str(body).encode()
            headers = (
                self.headers(media)
                if not template.omit_default_headers
                else (("Content-Type", f"{media}; charset=utf-8"),)
            )
            details = {"omit_default_headers": template.omit_default_headers, PAGE: template.kind != "json"}
            reply = Reply(template.statuses[0], headers, content, rule, details=details)
        reply = replace(reply, headers=(*reply.headers, *template.headers))
        if name in self._constant:
            self._made[name] = reply
        return reply

    def _in_contracts_shape(self, template: ResponseTemplate, call: Call, message: str, rule: str) -> Reply:
        operation = call.operation
        for status in template.statuses if operation else ():
            answer = operation.response(status) if operation else None
            if operation and answer:
                return self.documented(operation, answer, status, call, rule, message=message)
        status = template.statuses[0]
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
        return Reply(status, self.headers(PROBLEM), encode(problem), rule)

    def documented(
        self,
        operation: Operation,
        answer: DocumentedResponse,
        status: int,
        call: Call,
        rule: str = "",
        *,
        message: str = "",
    ) -> Reply:
        """A documented answer: its first example, else a generated value; with the message where it has room."""
        media = main_media(answer)
        if media is None:
            return Reply(status, self.headers("", answer), b"", rule or f"documented {status}")
        for example in media.examples.values():
            value = _telling(example.value, media, message) if message else example.value
            return self.body(status, answer, media, value, rule or f"example {example.name}")
        return self.generated(operation, answer, status, media, call, rule=rule, message=message)

    def example(self, status: int, answer: DocumentedResponse, media: MediaType, example: Example) -> Reply:
        """A named example as it stands in the contract; marked where that is not what its schema says."""
        reply = self.body(status, answer, media, example.value, f"example {example.name}")
        return reply if media.is_valid(example.value) else replace(reply, within_contract=False)

    def generated(
        self,
        operation: Operation,
        answer: DocumentedResponse,
        status: int,
        media: MediaType,
        call: Call,
        *,
        seed: int | None = None,
        rule: str = "",
        message: str = "",
        examples: bool = True,
    ) -> Reply:
        """A generated value, valid under the schema and the same for the same seed and request.

        `examples`: its fields hold the `example` or `default` that their own schemas give them.
        """
        from flowmock.generation import bodies

        seed = self.seed if seed is None else seed
        rule = rule or f"generated (seed {seed})"
        # A refusal is the same whatever was asked for: it must not tell what exists.
        path, path_values, query = (call.path, call.path_values, call.query) if status < 400 else ("", {}, ())
        if not media.is_json:
            content = bodies.content(media, seed=seed, key=f"{operation.id} {path}")
            return Reply(status, self.headers(contents.concrete(media), answer), content, rule)
        value = bodies.for_call(operation, answer, media, path_values, seed, query=query, examples=examples)
        return self.body(status, answer, media, _telling(value, media, message) if message else value, rule)

    def body(self, status: int, answer: DocumentedResponse | None, media: MediaType, value: Any, rule: str) -> Reply:
        """A value as the body of an answer; a text stands for itself where the media type is not JSON."""
        if media.is_json:
            content = encode(value)
        else:
            content = value.encode() if isinstance(value, str) else contents.encode(media, value, seed=self.seed)
        return Reply(status, self.headers(contents.concrete(media), answer), content, rule)

    def headers(self, media: str, answer: DocumentedResponse | None = None) -> tuple[tuple[str, str], ...]:
        """Content-Type, the profile's headers, and those that the contract requires of the answer."""
        found = [("Content-Type", self._typed(media))] if media else []
        found += self.profile.headers
        given = {"content-type", "content-length", "allow", *(name.lower() for name, _ in found)}
        for name, header in answer.headers.items() if answer else ():
            if header.required and name not in given:
                from flowmock.generation import bodies

                found.append((header.name, bodies.header(header, seed=self.seed, key=header.pointer)))
        return tuple(found)

    def _typed(self, media: str) -> str:
        if "charset" in media or not self.profile.charset:
            return media
        return f"{media}; charset={self.profile.charset}"

    def fresh(self, reply: Reply) -> Headers:
        """The headers that are new with every answer."""
        if not self.profile.fresh_headers or reply.details.get("omit_default_headers"):
            return ()
        return tuple([(name, urandom((size + 1) // 2).hex()[:size]) for name, size in self.profile.fresh_headers])


def usual(operation: Operation) -> tuple[int, DocumentedResponse | None]:
    """What a valid request is answered: the success, else the default, else a redirect; 204 where there is none."""
    answer = operation.success() or operation.responses.get("default")
    if answer is None:
        redirects = sorted(status for status in operation.responses if status.startswith("3"))
        answer = operation.responses[redirects[0]] if redirects else None
    if answer is None:
        return 204, None
    if answer.status == "default":
        return 200, answer
    return int(answer.status.upper().replace("X", "0")), answer


def main_media(answer: DocumentedResponse, accept: str | None = None) -> MediaType | None:
    """The media type that an answer is given in: what is accepted, JSON before others; None for no content."""
    if not answer.media:
        return None
    if len(answer.media) == 1:  # There is nothing to choose.
        return next(iter(answer.media.values()))
    from flowmock.negotiation import media_types

    offers = sorted(answer.media, key=lambda name: not answer.media[name].is_json)
    return answer.media[media_types.choose(accept, offers) or offers[0]]


def _filled(body: Any, values: Mapping[str, Any]) -> Any:
    """The body with `{name}` replaced in its texts; braces around anything else stay."""
    if isinstance(body, str):
        for name, value in values.items():
            body = body.replace("{" + name + "}", str(value))
        return body
    if isinstance(body, list):
        return [_filled(item, values) for item in body]
    if isinstance(body, Mapping):
        return {_filled(name, values): _filled(item, values) for name, item in body.items()}
    return body


def _telling(value: Any, media: MediaType, message: str) -> Any:
    """The error body with the message where such a body has room for one and stays valid."""
    if not isinstance(value, Mapping):
        return value
    for name in _TELLING:
        if isinstance(value.get(name), str):
            told = {**value, name: message}
            return told if media.is_valid(told) else value
    return value
