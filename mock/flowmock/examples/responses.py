"""Replies made from the contract and the profile: error responses, examples, generated values."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

import orjson

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowcontract.openapi.values import example_of, members
from flowcontract.openapi.values.plausible import ending_of
from flowmock.examples.headers import DOWNLOAD, Context, HeaderValues
from flowmock.examples.sent_values import defaults, with_asked, with_sent
from flowmock.generation import content as contents
from flowmock.generation import relations
from flowmock.lists import days, envelopes, paging
from flowmock.messages import Call, Reply
from flowmock.profiles.profile import Profile, ResponseTemplate
from flowmock.seeds import DEFAULT, Seed
from flowmock.validation import requests
from flowmock.validation.violations import UNSUPPORTED, Violation

PROBLEM = "application/problem+json"
"""Media type of an error that the contract gives no shape (RFC 9457)."""
SIZED = "sized"
"""Marks a reply whose list has as many items as were asked for."""
PREFERRED = "preferred"
"""Marks a reply that was chosen by a preference."""
UPLOADED = "uploaded"
"""Marks a reply with a file that a client uploaded."""
PAGE = "page"
"""Marks a reply that comes from outside the API: it says nothing of methods or credentials."""
REASON = "Mock-Violation"
"""Response header that tells why there is an error response, where the body has no room for it."""
_MAX_GENERATED = 100
"""Generated bodies that are kept."""
_MAX_REASON = 1000
"""Characters of that header."""
_MAX_VIOLATIONS = 20
"""Violations that one error response names."""
_INVALID = frozenset({400, 422})
"""Statuses of responses to invalid requests."""
_ABOUT_REQUEST = frozenset({"invalid-request", "invalid-path", "media-unsupported"})
"""Error responses to requests that violate the contract."""


def encode(value: Any) -> bytes:
    """JSON as servers send it: compact, UTF-8; a lone surrogate stays the escape that JSON has for it."""
    try:
        return orjson.dumps(value)
    except TypeError:  # A number beyond 64 bits, or a lone surrogate.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


class _Traits(NamedTuple):
    """What the contract says of the generated bodies of one response, whatever the request."""

    pages: tuple[str, ...]
    """The query parameters that choose a page."""
    read: Operation | None
    """The read of the item that the operation changes and returns."""
    item_of: Operation | None
    """The list of which the operation changes and returns an item that has no read."""
    listed: tuple[MediaType, paging.Tokens] | None
    """The body of a list, and the members that lead to its items."""
    written: tuple[MediaType, ...]
    """The bodies of requests that write what the operation returns."""
    creates: bool
    """Whether the operation creates what it returns."""


class Responses:
    """Makes replies for one contract under one profile."""

    def __init__(self, contract: Contract, profile: Profile, *, seed: Seed = DEFAULT) -> None:
        """`seed`: what generated values depend on."""
        self.contract = contract
        self.profile = profile
        self.seed = seed
        self._constant = {name for name, template in profile.responses.items() if template.is_constant}
        self._made: dict[str, Reply] = {}
        self._generated: dict[Hashable, Any] = {}
        """Generated bodies; requests that differ only in headers or undocumented parameters share one."""
        self._known_traits: dict[tuple[str, str, str], _Traits] = {}
        self._header_values = HeaderValues(contract, seed=seed)
        self._fresh = {name.decode() for name, _ in profile.fresh_headers}

    def error(self, name: str, call: Call, *, about: Violation | None = None, **values: Any) -> Reply:
        """The error response that the profile calls `name`; `values` fill the braces of its text.

        One about a violation of the contract names each violation of the request, or the one that it is `about`.
        """
        route = self.profile.routes.get(call.operation.path) if call.operation and self.profile.routes else None
        own = route.responses if route else {}
        if name in self._made and name not in own:
            return self._made[name]
        violations = (about,) if about else _violations(call, self.seed.today) if name in _ABOUT_REQUEST else ()
        if violations and all(each.keyword in UNSUPPORTED for each in violations):
            name = "media-unsupported"
        template = own.get(name) or self.profile.responses[name]
        rule = f"profile {self.profile.name}: {name}"
        if template.kind == "contract":
            told = str(values.get("message") or "")
            message = (told if about else "") or "; ".join(map(str, violations)) or told or self._message(name, call)
            reply = self._in_contracts_shape(template, call, message, f"{rule} ({message})", violations)
        else:
            values = {"method": call.method, "message": name.replace("-", " ")} | values
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
        if any(each.keyword == "content-coding" for each in violations):
            reply = replace(reply, headers=(*reply.headers, ("Accept-Encoding", requests.CODINGS)))
        reply = replace(reply, headers=(*reply.headers, *template.headers))
        if name in self._constant and name not in own:
            self._made[name] = reply
        return reply

    def _message(self, name: str, call: Call) -> str:
        """What is told where nobody has said more."""
        operation = call.operation
        if name == "not-acceptable" and operation:
            success = operation.success()
            offered = ", ".join(success.media) if success else ""
            return f"expected an Accept header that allows {offered}, got {call.header('accept')}"
        if name in ("credential-missing", "credential-unknown", "scheme-unsupported") and operation:
            schemes = " or ".join(
                " and ".join(_credential(scheme.kind, scheme.scheme, scheme.parameter) for scheme in alternative)
                for alternative in operation.security
            )
            got = {"credential-missing": "none", "credential-unknown": "ones that are not valid"}
            return f"expected credentials ({schemes}), got {got.get(name, 'others')}"
        return _MESSAGES.get(name, name.replace("-", " "))

    def _in_contracts_shape(
        self, template: ResponseTemplate, call: Call, message: str, rule: str, violations: tuple[Violation, ...]
    ) -> Reply:
        operation = call.operation
        asked = call.preferences.code if call.preferences else None
        statuses = [asked] if asked in template.statuses else _for_invalid(template.statuses, operation)
        for status in statuses if operation else ():
            documented = operation.response(status) if operation and status else None
            if operation and documented and status:
                return self.documented(
                    operation, documented, status, call, rule, message=message, violations=violations
                )
        return self._problem(template.statuses[0], message, rule)

    def undocumented_error(self, operation: Operation, status: int, call: Call) -> Reply:
        """An error with a status that an operation does not document, in the format of the contract's other errors.

        That of another operation with this status, else of another client error, of this operation if it has one; else
        a problem document.
        """
        from flowmock.examples import errors

        operations = [operation, *(each for each in self.contract.operations.values() if each is not operation)]
        of_status = [each.responses[str(status)] for each in operations if str(status) in each.responses]
        if (same := next(filter(_is_json, of_status), None)) is not None:
            return self.documented(operation, same, status, call, f"as {same.pointer}")
        others = (
            response
            for each in operations
            for code, response in each.responses.items()
            if code.startswith("4") and code not in ("400", "422")
        )
        if (other := next(filter(_is_json, others), None)) is not None and (media := main_media(other)):
            # Without its examples, which say something else.
            title = errors.Reason(status, "").title
            return self._error(other, status, media, None, call, f"as {other.pointer}", title, ())
        return self._problem(status, "", f"undocumented {status}")

    def _problem(self, status: int, message: str, rule: str) -> Reply:
        """A problem document (RFC 9457)."""
        from flowmock.examples import errors

        title = errors.Reason(status, message).title
        problem = {"type": "about:blank", "title": title, "status": status} | ({"detail": message} if message else {})
        return Reply(status, self.headers(PROBLEM), encode(problem), rule)

    def documented(
        self,
        operation: Operation,
        documented: DocumentedResponse,
        status: int,
        call: Call,
        rule: str = "",
        *,
        message: str = "",
        violations: tuple[Violation, ...] = (),
    ) -> Reply:
        """A documented response: its first example, else a generated value.

        `message`, `violations`: why it is an error response; they stand in the body where its shape has room, else in
        the header `Mock-Violation`.
        """
        media = main_media(documented, call.header("accept"))
        example = _preferred_example(media, call) if media else None
        is_asked_for = bool(example and call.preferences and call.preferences.example == example.name)
        if status >= 400 and not is_asked_for and (message or (media and example is None)):
            if not message and status in _INVALID:
                violations = _likely_violation(operation)
            return self._error(documented, status, media, example, call, rule, message, violations)
        if media is None:
            headers = self.headers("", documented, Context(status, None, b"", call))
            return Reply(status, headers, b"", rule or f"documented {status}")
        if example is not None:
            rule = rule or f"example {example.name}"
            return self.body(status, documented, media, example.value, rule, call)
        return self.generated(operation, documented, status, media, call, rule=rule)

    def _error(
        self,
        documented: DocumentedResponse,
        status: int,
        media: MediaType | None,
        example: Example | None,
        call: Call,
        rule: str,
        message: str,
        violations: tuple[Violation, ...],
    ) -> Reply:
        """An error response that tells the reason."""
        from flowmock.examples import errors

        operation = call.operation
        texts = (operation.id, operation.path.rpartition("/")[2]) if operation else ()
        about = " ".join((*texts, documented.description))
        codes = (
            errors.codes_in((operation.summary, operation.description), status, any_case=not message)
            if operation
            else ""
        )
        described = " ".join((documented.description, codes))
        reason = errors.Reason(status, message, violations, call.method, call.path, about, described)
        reason = reason if message else replace(reason, message=reason.title)
        rule = rule or f"documented {status}"
        if media is None:
            headers = self.headers("", documented, Context(status, None, b"", call))
            reply = Reply(status, headers, b"", rule)
        elif media.is_json or not isinstance(example.value if example else None, str):
            value = errors.body(media, reason, example.value if example else None)
            reply = self.body(status, documented, media, value, rule, call)
        else:
            assert example
            reply = self.body(status, documented, media, example.value, rule, call)
        if message and not reason.is_contained_in(reply.body):
            text = "".join(each if each.isprintable() else " " for each in message)
            reply = replace(reply, headers=(*reply.headers, (REASON, text[:_MAX_REASON])))
        return reply

    def example(
        self, status: int, documented: DocumentedResponse, media: MediaType, example: Example, call: Call | None = None
    ) -> Reply:
        """A named example as it stands in the contract; marked where that is not what its schema says."""
        reply = self.body(status, documented, media, example.value, f"example {example.name}", call)
        return reply if media.is_valid(example.value) else replace(reply, within_contract=False)

    def generated(
        self,
        operation: Operation,
        documented: DocumentedResponse,
        status: int,
        media: MediaType,
        call: Call,
        *,
        seed: Seed | None = None,
        rule: str = "",
        examples: bool = True,
        adjusted: Callable[[Any], Any] | None = None,
    ) -> Reply:
        """A generated value, valid under the schema and the same for the same seed and request.

        `examples`: its fields hold the `example` or `default` that their own schemas give them. `adjusted`: makes the
        body of a success agree with others.
        """
        from flowmock.generation import bodies

        seed = self.seed if seed is None else seed
        rule = rule or f"generated (seed {seed.number})"
        # An error is the same whatever was asked for: it must not tell what exists.
        path, path_values, query = (call.path, call.path_values, call.query) if status < 400 else ("", {}, ())
        if not media.is_json:
            accept = call.header("accept")
            content = bodies.content(media, seed=seed, key=f"{operation.id} {path}", accept=accept)
            headers = self.headers(contents.concrete(media, accept), documented, Context(status, None, content, call))
            return Reply(status, headers, content, rule)
        traits = self._traits(operation, documented, media)
        what = operation.id, documented.status, media.name, seed, examples, adjusted is None
        key = (*what, *path_values.items(), *_declared(operation, query))
        if key not in self._generated:
            if len(self._generated) >= _MAX_GENERATED:
                self._generated.clear()
            made = bodies.for_call(
                operation, documented, media, path_values, seed,
                query=query, examples=examples, of_pages=traits.pages, read=traits.read, written=traits.written,
            )  # fmt: skip
            made = adjusted(made) if adjusted and status < 400 else made
            if status < 400 and not traits.listed:
                asked = [*_declared(operation, query), *defaults(operation, query)]
                made = days.in_period(with_asked(made, asked, media), asked, media.is_valid)
            self._generated[key] = made
        value = self._generated[key]
        listed = traits.listed
        if listed and listed[0] is media and not (examples and example_of(media.schema, media.schemas.resolve)):
            value = paging.paged(value, listed[1], operation, call, media.is_valid)
        if status < 400 and call.body:
            value = with_sent(value, operation, media, call, seed, is_new=traits.creates)
        if status >= 400 and isinstance(value, dict) and isinstance(value.get("status"), int):
            value = _with_status(value, status, media)
        return self.body(status, documented, media, value, rule, call)

    def changed_item(self, operation: Operation, documented: DocumentedResponse, media: MediaType) -> Operation | None:
        """The read of the item that an operation changes and returns."""
        return self._traits(operation, documented, media).read

    def list_of_item(self, operation: Operation, documented: DocumentedResponse, media: MediaType) -> Operation | None:
        """The list of which an operation changes and returns an item that has no read."""
        return self._traits(operation, documented, media).item_of

    def _traits(self, operation: Operation, documented: DocumentedResponse, media: MediaType) -> "_Traits":
        key = operation.id, documented.status, media.name
        if key not in self._known_traits:
            self._known_traits[key] = _Traits(
                tuple(paging.parameters_of(operation).values()),
                relations.changed_item(self.contract, operation, media, itself=True),
                envelopes.list_of_item(self.contract, operation, media),
                envelopes.list_of(self.contract, operation),
                relations.written(self.contract, operation),
                _creates(self.contract, operation, documented),
            )
        return self._known_traits[key]

    def body(
        self,
        status: int,
        documented: DocumentedResponse | None,
        media: MediaType,
        value: Any,
        rule: str,
        call: Call | None = None,
    ) -> Reply:
        """A value as the body of a response; a text stands for itself where the media type is not JSON."""
        if media.is_json:
            content = encode(value)
        else:
            content = value.encode() if isinstance(value, str) else contents.encode(media, value, seed=self.seed.number)
        context = Context(status, value, content, call)
        return Reply(status, self.headers(contents.concrete(media), documented, context), content, rule)

    def headers(
        self, media: str, documented: DocumentedResponse | None = None, context: Context | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Content-Type, the profile's headers, and those that the contract documents for the response."""
        found = [("Content-Type", self._typed(media))] if media else []
        found += self.profile.headers
        if documented and documented.headers:
            given = frozenset({*(name.lower() for name, _ in found), *self._fresh})
            found += self._header_values.of(documented, context or Context(200), given)
        named = DOWNLOAD.removesuffix('"') + f'{ending_of(media)}"'
        return tuple((name, named if value == DOWNLOAD else value) for name, value in found)

    def _typed(self, media: str) -> str:
        if "charset" in media or not self.profile.charset:
            return media
        return f"{media}; charset={self.profile.charset}"


_MESSAGES = {
    "forbidden": "this caller may not view this resource",
    "not-found": "no resource has this ID",
    "body-null": "expected a JSON object, got null",
    "body-no-object": "expected a JSON object, got another JSON value",
}


def _creates(contract: Contract, operation: Operation, documented: DocumentedResponse) -> bool:
    """Whether a response is that to a creation, by its status or by the path of what is created."""
    item = operation.path.rstrip("/") + "/{"
    has_items = any(each.path.startswith(item) and each.method == "GET" for each in contract.operations.values())
    return operation.method == "POST" and (documented.status == "201" or has_items)


def _credential(kind: str, scheme: str, parameter: str) -> str:
    return f"API key {parameter}" if kind == "apiKey" else (scheme or "bearer")


def _violations(call: Call, today: date) -> tuple[Violation, ...]:
    """How a request violates the contract, as far as one response names it."""
    if call.operation is None:
        return ()
    found = tuple(islice(requests.of_parameters(call.operation, call), _MAX_VIOLATIONS))
    return found or tuple(islice(requests.of_body(call.operation, call, today), _MAX_VIOLATIONS))


def _for_invalid(statuses: Sequence[int], operation: Operation | None) -> list[int]:
    """The statuses of an error response, the best first.

    Of 400 and 422 it is the one of which the contract says that it is about validation: many have both.
    """
    if operation is None or not _INVALID.issuperset(statuses[:2]):
        return list(statuses)
    documented = operation.responses
    return sorted(statuses, key=lambda status: not _is_of_validation(documented.get(str(status))))


def _is_of_validation(documented: DocumentedResponse | None) -> bool:
    """Whether a response is about validation, by its description or the name of its schema."""
    names = [str((media.schema or {}).get("$ref", "")) for media in documented.media.values()] if documented else []
    return documented is not None and any("validation" in text.lower() for text in (documented.description, *names))


def _likely_violation(operation: Operation) -> tuple[Violation, ...]:
    """A violation that an error response can name where the request has none: what an empty body lacks, else a wrong
    member of the body, or a wrong parameter.
    """
    for media in operation.request_media.values():
        for problem in media.request_errors({}):
            return (Violation("body", "", problem.message, problem.instance, problem.keyword, problem.missing),)
        for name, _ in members(media.schema or {}, media.schemas):
            return (Violation("body", "", _NOT_VALID, pointers.join(name)),)
    order = ("query", "path", "header", "cookie")
    named = sorted(operation.parameters, key=lambda each: (not each.required, order.index(each.location)))
    queried = [each for each in named if each.location == "query"] or named
    return tuple(Violation(each.location, each.name, _NOT_VALID) for each in queried[:1])


_NOT_VALID = "the value is not valid"


def _preferred_example(media: MediaType, call: Call) -> Example | None:
    """The example that the caller prefers, else the first; None where there is none."""
    asked = call.preferences.example if call.preferences else None
    return media.examples.get(asked or "") or next(iter(media.examples.values()), None)


def _declared(operation: Operation, query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of a query that the contract knows: others change nothing."""
    names = {each.name for each in operation.parameters if each.location == "query"} if query else ()
    return [pair for pair in query if pair[0] in names]


def _with_status(value: dict[str, Any], status: int, media: MediaType) -> dict[str, Any]:
    """An error body whose `status` is that of the response (RFC 9457, 3.1.2), where its schema allows."""
    changed = value | {"status": status}
    return changed if media.is_valid(changed) else value


def usual(operation: Operation) -> tuple[int, DocumentedResponse | None]:
    """The response to a valid request: the success, else the default, else a redirect; 204 where there is none."""
    response = operation.success() or operation.responses.get("default")
    if response is None:
        redirects = sorted(status for status in operation.responses if status.startswith("3"))
        response = operation.responses[redirects[0]] if redirects else None
    if response is None:
        return 204, None
    if response.status == "default":
        return 200, response
    return int(response.status.upper().replace("X", "0")), response


def _is_json(documented: DocumentedResponse) -> bool:
    media = main_media(documented)
    return media is not None and media.is_json


def main_media(documented: DocumentedResponse, accept: str | None = None) -> MediaType | None:
    """The media type of a response: what is accepted, JSON before others; None for no content.

    One of which nothing is said goes last: generators add `application/json` to what returns a file.
    """
    if not documented.media:
        return None
    if len(documented.media) == 1:  # There is nothing to choose.
        return next(iter(documented.media.values()))
    from flowmock.negotiation import media_types

    media = documented.media.values()
    offers = [
        each.name for each in sorted(media, key=lambda each: (not (each.schema or each.examples), not each.is_json))
    ]
    return documented.media[media_types.choose(accept, offers) or offers[0]]


def accepted_media(documented: DocumentedResponse | None, call: Call) -> MediaType | None:
    """The media type of a response that a call accepts; None where there is no content."""
    return main_media(documented, call.header("accept")) if documented else None


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
