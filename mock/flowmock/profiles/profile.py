"""A server profile: how a server behaves where its contract does not say, read from `spec/profiles/NAME.yaml`.

A profile has the order of decisions, the bodies of error responses, the headers of every response and the filters
of a server. The code knows the meaning of each setting, and no server by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from flowcontract.errors import MockError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract, carried
from flowcontract.openapi.model import EXTENSION
from flowcontract.text import nearest_or_all

STAGES = ("protocol", "host", "query", "route", "negotiate", "authenticate", "options", "method")
"""What is decided before the operation is called. A profile lists the stages in its order."""

_TOP = (
    *("profile", "order", "protocol", "host", "query", "routing", "negotiation"),
    *("charset", "headers", "fresh-headers", "responses", "messages", "routes"),
)
_RESPONSES_OF_STAGES = ("method-unknown", "host-unknown", "query-too-long", "format-unknown")
"""Error responses of stages that the neutral profile does not have, beside its own."""
SEGMENT = "[^/]+"
"""What a path parameter matches unless a profile says otherwise."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ResponseTemplate:
    """One response of the profile. Strings may contain placeholders such as `{method}` and `{message}`."""

    statuses: tuple[int, ...]
    """The first that the operation documents is used, else the first."""
    kind: Literal["contract", "json", "html", "text"]
    """`contract`: the body has the schema of the contract for this status."""
    body: Any
    headers: tuple[tuple[str, str], ...] = ()
    omit_default_headers: bool = False
    """Whether the profile's headers are left out."""

    @property
    def is_constant(self) -> bool:
        """Whether it does not depend on the request."""
        return self.kind != "contract" and not any("{" in text for text in _texts(self.body))


def _texts(body: Any) -> Iterator[str]:
    """Every string in a body, member names included."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list | Mapping):
        for item in body:
            yield from _texts(item)
        yield from _texts(list(body.values()) if isinstance(body, Mapping) else None)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that hides items which do not match it."""

    query: str
    fields: tuple[str, ...]
    kind: Literal["text", "choice", "uuid", "words"]


@dataclass(frozen=True, slots=True)
class UndocumentedMethod:
    """A method of the server that the contract does not have, and its error responses."""

    like: str
    """The documented method whose error responses it shares."""
    body: Literal["", "whole", "partial"]
    then: str
    """The response instead of the server's action."""


@dataclass(frozen=True, slots=True)
class RouteRules:
    """Settings of one path of the contract."""

    options: Any = None
    undocumented_methods: Mapping[str, UndocumentedMethod] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()
    responses: Mapping[str, ResponseTemplate] = field(default_factory=dict)
    """Error responses that differ from those of the profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The settings of a profile. Defaults are those of a server that only does what its contract says."""

    name: str
    stages: tuple[str, ...]
    responses: Mapping[str, ResponseTemplate]
    headers: tuple[tuple[str, str], ...] = ()
    fresh_headers: tuple[tuple[bytes, int], ...] = ()
    """Names, and numbers of random hexadecimal digits in their values."""
    charset: str = ""
    """Added to every Content-Type without one."""
    messages: Mapping[str, str] = field(default_factory=dict)
    unknown_methods: frozenset[str] = frozenset()
    host_headers: tuple[str, ...] = ()
    host_pattern: re.Pattern[str] | None = None
    max_query_fields: int | None = None
    decode: bool = False
    """Whether the path is decoded before it is matched."""
    segment: str = SEGMENT
    """What a path parameter matches."""
    methods: tuple[str, ...] = ()
    """The order of methods in `Allow`."""
    always_allow: bool = False
    """Whether every response of the API has `Allow`, not only 405."""
    offers: tuple[str, ...] = ()
    """Media types that the server can produce; empty: those of the operation."""
    quality: bool = True
    """Whether `q=0` in `Accept` excludes a type."""
    format_query: str = ""
    format_names: frozenset[str] = frozenset()
    routes: Mapping[str, RouteRules] = field(default_factory=dict)


def of(contract: Contract, named: str = "") -> Profile:
    """The profile by name or file, else the one named in the contract, else the neutral one.

    Raises MockError if it does not exist or cannot be read.
    """
    name = named or str(contract.extension(f"{EXTENSION}-server-profile") or "") or "neutral"
    path = Path(name) if name.endswith((".yaml", ".yml")) else carried(f"profiles/{name}.yaml")
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in carried("profiles").glob("*.yaml")))
        raise MockError(f"unknown server profile {name!r}.", do=f"Use one of: {known}; or a YAML file.")
    return read(path)


def read(path: Path) -> Profile:
    """Read a profile. Raises MockError that names an invalid setting."""
    reader = _Reader(path)
    try:
        return reader.profile()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MockError(f"{path}: a setting has a value of the wrong type ({error}).", do="Fix the profile.") from error


class _Reader:
    """Reads a profile from YAML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = documents.read(path)
        self.neutral = _neutral_responses(path)

    def profile(self) -> Profile:
        top = self._keys(
            self.document,
            "",
            _TOP,
        )
        routing = self._keys(top.get("routing"), "routing", ("decode", "segment", "methods", "always-allow"))
        host = self._keys(top.get("host"), "host", ("headers", "pattern"))
        negotiation = self._keys(top.get("negotiation"), "negotiation", ("offers", "quality", "format"))
        form = self._keys(negotiation.get("format"), "negotiation.format", ("query", "names"))
        stages = tuple(top.get("order") or ())
        for stage in stages:
            self._one_of(stage, STAGES, "order")
        return Profile(
            name=str(top.get("profile", self.path.stem)),
            stages=stages,
            responses=self.neutral
            | {name: self._template(name, raw) for name, raw in (top.get("responses") or {}).items()},
            headers=_pairs(top.get("headers")),
            fresh_headers=tuple(
                (name.lower().encode(), int(digits)) for name, digits in (top.get("fresh-headers") or {}).items()
            ),
            charset=str(top.get("charset", "")),
            messages=top.get("messages") or {},
            unknown_methods=frozenset(
                self._keys(top.get("protocol"), "protocol", ("unknown-methods",)).get("unknown-methods") or ()
            ),
            host_headers=tuple(host.get("headers") or ()),
            host_pattern=self._pattern(host["pattern"], "host.pattern") if "pattern" in host else None,
            max_query_fields=self._keys(top.get("query"), "query", ("max-fields",)).get("max-fields"),
            decode=routing.get("decode") is True,
            segment=self._pattern(routing.get("segment", SEGMENT), "routing.segment").pattern,
            methods=tuple(routing.get("methods") or ()),
            always_allow=routing.get("always-allow") is True,
            offers=tuple(negotiation.get("offers") or ()),
            quality=negotiation.get("quality", True) is not False,
            format_query=str(form.get("query", "")),
            format_names=frozenset(form.get("names") or ()),
            routes={path: self._route(path, raw) for path, raw in (top.get("routes") or {}).items()},
        )

    def _template(self, name: str, raw: Any, where: str = "") -> ResponseTemplate:
        where = where or f"responses.{name}"
        self._check_response(name, where)
        raw = self._keys(raw, where, ("status", "json", "html", "text", "title", "headers", "omit-default-headers"))
        statuses = raw.get("status")
        statuses = tuple(statuses) if isinstance(statuses, list) else (statuses,)
        if not statuses or not all(isinstance(status, int) and 200 <= status <= 599 for status in statuses):
            raise self._error(where, f"expected a status from 200 to 599, got {raw.get('status')!r}.")
        kinds: tuple[Literal["json", "html", "text"], ...] = ("json", "html", "text")
        kind = next((each for each in kinds if each in raw), None)
        body = raw.get(kind) if kind else None
        if kind == "html":
            body = str(body).replace("{title}", str(raw.get("title", "")))
        return ResponseTemplate(
            statuses, kind or "contract", body, _pairs(raw.get("headers")), raw.get("omit-default-headers") is True
        )

    def _route(self, path: str, raw: Any) -> RouteRules:
        where = f"routes.{path}"
        raw = self._keys(raw, where, ("options", "undocumented-methods", "filters", "responses"))
        undocumented = {}
        for method, item in (raw.get("undocumented-methods") or {}).items():
            item = self._keys(item, f"{where}.undocumented-methods.{method}", ("as", "body", "then"))
            body = item.get("body", "")
            self._one_of(body, ("", "whole", "partial"), f"{where}.undocumented-methods.{method}.body")
            then = str(item.get("then", "forbidden"))
            self._check_response(then, f"{where}.undocumented-methods.{method}.then")
            undocumented[method] = UndocumentedMethod(str(item.get("as", "GET")), body, then)
        filters = []
        for index, item in enumerate(raw.get("filters") or ()):
            item = self._keys(item, f"{where}.filters[{index}]", ("query", "fields", "kind"))
            kind = item.get("kind", "text")
            self._one_of(kind, ("text", "choice", "uuid", "words"), f"{where}.filters[{index}].kind")
            filters.append(Filter(str(item["query"]), tuple(item.get("fields") or (item["query"],)), kind))
        responses = {
            name: self._template(name, item, f"{where}.responses.{name}")
            for name, item in (raw.get("responses") or {}).items()
        }
        return RouteRules(raw.get("options"), undocumented, tuple(filters), responses)

    def _check_response(self, name: str, where: str) -> None:
        if self.neutral:  # Else the names are defined here.
            self._one_of(name, (*self.neutral, *_RESPONSES_OF_STAGES), where)

    def _keys(self, raw: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        if raw is None:
            return _NOTHING
        if not isinstance(raw, Mapping):
            raise self._error(where, f"expected a mapping, got {type(raw).__name__}.")
        for key in raw:
            self._one_of(key, known, where, "key")
        return raw

    def _one_of(self, value: Any, known: tuple[str, ...], where: str, what: str = "value") -> None:
        if value not in known:
            raise self._error(where, f"unknown {what} {value!r}. {nearest_or_all(str(value), known)}")

    def _pattern(self, text: Any, where: str) -> re.Pattern[str]:
        try:
            return re.compile(str(text))
        except re.error as error:
            raise self._error(where, f"{text!r} is not a regular expression: {error}.") from error

    def _error(self, where: str, what: str) -> MockError:
        return MockError(f"{self.path}, {where or 'top level'}: {what}", do="Fix the profile.")


def _neutral_responses(path: Path) -> dict[str, ResponseTemplate]:
    """The responses of the neutral profile, as defaults."""
    neutral = carried("profiles/neutral.yaml")
    return {} if path == neutral else dict(read(neutral).responses)


def _pairs(raw: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in (raw or {}).items())
