"""A server profile: how one kind of server answers where its contract is silent, read from data.

The order of decisions, the texts of refusals, the headers on every answer and the filters that a server
applies are in `spec/profiles/NAME.yaml`; the code knows what each setting means and no server by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from flowcontract.errors import MockError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import EXTENSION, Contract, carried

STAGES = ("protocol", "host", "query", "route", "negotiate", "authenticate", "options", "method")
"""What can be decided before the contract's own operation is called; a profile names them in its order."""

_TOP = (
    *("profile", "order", "protocol", "host", "query", "routing", "negotiation"),
    *("charset", "headers", "fresh-headers", "responses", "messages", "routes"),
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ResponseTemplate:
    """One answer of the profile. Texts may hold `{method}`, `{message}` and the like."""

    statuses: tuple[int, ...]
    """The first one that the operation documents is taken, else the first."""
    kind: Literal["contract", "json", "html", "text"]
    """`contract`: the body has the shape that the contract gives this status."""
    body: Any
    headers: tuple[tuple[str, str], ...] = ()
    omit_default_headers: bool = False
    """Whether the profile's own headers are left away."""

    @property
    def is_constant(self) -> bool:
        """Whether nothing in it depends on the request."""
        return self.kind != "contract" and not any("{" in text for text in _texts(self.body))


def _texts(body: Any) -> Iterator[str]:
    """Every text in a body, names of members included."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list | Mapping):
        for item in body:
            yield from _texts(item)
        yield from _texts(list(body.values()) if isinstance(body, Mapping) else None)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that hides what does not match it."""

    query: str
    fields: tuple[str, ...]
    kind: Literal["text", "choice", "uuid", "words"]


@dataclass(frozen=True, slots=True)
class UndocumentedMethod:
    """A method that the server has beyond the contract, and how it is refused."""

    like: str
    """The contract's method whose refusals it shares."""
    body: Literal["", "whole", "partial"]
    then: str
    """The answer that ends what the server would carry out."""


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What is special to one path of the contract."""

    options: Any = None
    undocumented_methods: Mapping[str, UndocumentedMethod] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """All of it. Defaults are those of a server that does nothing beyond its contract."""

    name: str
    stages: tuple[str, ...]
    responses: Mapping[str, ResponseTemplate]
    headers: tuple[tuple[str, str], ...] = ()
    fresh_headers: tuple[tuple[str, int], ...] = ()
    """Names and numbers of random hexadecimal digits."""
    charset: str = ""
    """Added to every Content-Type that names none."""
    messages: Mapping[str, str] = field(default_factory=dict)
    unknown_methods: frozenset[str] = frozenset()
    host_headers: tuple[str, ...] = ()
    host_pattern: re.Pattern[str] | None = None
    max_query_fields: int | None = None
    decode: bool = False
    """Whether the path is decoded before it is matched."""
    segment: str = "[^/]+"
    """What a path parameter matches."""
    methods: tuple[str, ...] = ()
    """The order of methods in `Allow`."""
    always_allow: bool = False
    """Whether every answer of the API has an `Allow`, not 405 alone."""
    offers: tuple[str, ...] = ()
    """Media types that the server renders; empty: those of the operation."""
    quality: bool = True
    """Whether `q=0` in `Accept` refuses a type."""
    format_query: str = ""
    format_names: frozenset[str] = frozenset()
    routes: Mapping[str, RouteRules] = field(default_factory=dict)


def of(contract: Contract, named: str = "") -> Profile:
    """The profile by a name or file, else the one that the contract names, else the neutral one.

    Raises MockError where there is none of that name or it cannot be read.
    """
    name = named or str(contract.document.get(f"{EXTENSION}-profile", "")) or "neutral"
    path = Path(name) if name.endswith((".yaml", ".yml")) else carried(f"profiles/{name}.yaml")
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in carried("profiles").glob("*.yaml")))
        raise MockError(f"there is no server profile {name!r}.", do=f"There are: {known}; or name a YAML file.")
    return read(path)


def read(path: Path) -> Profile:
    """Read a profile. Raises MockError that names the setting that is wrong."""
    reader = _Reader(path)
    try:
        return reader.profile()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MockError(
            f"{path}: a setting has a value of a kind that it cannot have ({error}).", do="Mend the profile."
        ) from error


class _Reader:
    """Turns the YAML into a Profile, naming what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document = documents.read(path)

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
            responses=_usual(self.path)
            | {name: self._template(name, raw) for name, raw in (top.get("responses") or {}).items()},
            headers=_pairs(top.get("headers")),
            fresh_headers=tuple((name, int(digits)) for name, digits in (top.get("fresh-headers") or {}).items()),
            charset=str(top.get("charset", "")),
            messages=top.get("messages") or {},
            unknown_methods=frozenset(
                self._keys(top.get("protocol"), "protocol", ("unknown-methods",)).get("unknown-methods") or ()
            ),
            host_headers=tuple(host.get("headers") or ()),
            host_pattern=self._pattern(host["pattern"], "host.pattern") if "pattern" in host else None,
            max_query_fields=self._keys(top.get("query"), "query", ("max-fields",)).get("max-fields"),
            decode=routing.get("decode") is True,
            segment=self._pattern(routing.get("segment", "[^/]+"), "routing.segment").pattern,
            methods=tuple(routing.get("methods") or ()),
            always_allow=routing.get("always-allow") is True,
            offers=tuple(negotiation.get("offers") or ()),
            quality=negotiation.get("quality", True) is not False,
            format_query=str(form.get("query", "")),
            format_names=frozenset(form.get("names") or ()),
            routes={path: self._route(path, raw) for path, raw in (top.get("routes") or {}).items()},
        )

    def _template(self, name: str, raw: Any) -> ResponseTemplate:
        where = f"responses.{name}"
        raw = self._keys(raw, where, ("status", "json", "html", "text", "title", "headers", "omit-default-headers"))
        statuses = raw.get("status")
        statuses = tuple(statuses) if isinstance(statuses, list) else (statuses,)
        if not statuses or not all(isinstance(status, int) and 200 <= status <= 599 for status in statuses):
            raise self._error(where, f"a status from 200 to 599 was expected, not {raw.get('status')!r}")
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
        raw = self._keys(raw, where, ("options", "undocumented-methods", "filters"))
        undocumented = {}
        for method, item in (raw.get("undocumented-methods") or {}).items():
            item = self._keys(item, f"{where}.undocumented-methods.{method}", ("as", "body", "then"))
            body = item.get("body", "")
            self._one_of(body, ("", "whole", "partial"), f"{where}.undocumented-methods.{method}.body")
            undocumented[method] = UndocumentedMethod(
                str(item.get("as", "GET")), body, str(item.get("then", "forbidden"))
            )
        filters = []
        for index, item in enumerate(raw.get("filters") or ()):
            item = self._keys(item, f"{where}.filters[{index}]", ("query", "fields", "kind"))
            kind = item.get("kind", "text")
            self._one_of(kind, ("text", "choice", "uuid", "words"), f"{where}.filters[{index}].kind")
            filters.append(Filter(str(item["query"]), tuple(item.get("fields") or (item["query"],)), kind))
        return RouteRules(raw.get("options"), undocumented, tuple(filters))

    def _keys(self, raw: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        if raw is None:
            return _NOTHING
        if not isinstance(raw, Mapping):
            raise self._error(where, f"a mapping was expected, not {type(raw).__name__}")
        for key in raw:
            self._one_of(key, known, where)
        return raw

    def _one_of(self, value: Any, known: tuple[str, ...], where: str) -> None:
        if value not in known:
            import difflib

            near = difflib.get_close_matches(str(value), known, n=1) or [", ".join(known)]
            raise self._error(where, f"{value!r} is not known; {near[0]} is")

    def _pattern(self, text: Any, where: str) -> re.Pattern[str]:
        try:
            return re.compile(str(text))
        except re.error as error:
            raise self._error(where, f"{text!r} is no regular expression: {error}") from error

    def _error(self, where: str, what: str) -> MockError:
        return MockError(f"{self.path}, {where or 'at the top'}: {what}.", do="Mend the profile.")


def _usual(path: Path) -> dict[str, ResponseTemplate]:
    """The answers of the neutral profile, for what a profile says nothing of."""
    neutral = carried("profiles/neutral.yaml")
    return {} if path == neutral else dict(read(neutral).responses)


def _pairs(raw: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in (raw or {}).items())
