"""The values that a contract is read into: operations, parameters, answers, media types, examples, relations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.schemas import SchemaError, Schemas

EXTENSION = "x-flowcontract"
"""Prefix of every extension of ours: `x-flowcontract-invariants`, `-volatile`, `-provenance`, …"""
ID_NAMES = ("id", "uuid", "guid", "uid", "pk", "key", "slug", "code", "number", "name")
"""Fields that usually hold the ID of a resource, the likeliest first."""
PROPERTY_CHOICES = frozenset(
    {"fields", "responsefields", "includefields", "select", "only", "columns", "properties", "attributes"}
)
"""Query parameters that choose the properties of a response, in lower case and without separators."""
SEARCH = frozenset({"find", "keyword", "q", "query", "search", "searchterm", "term", "text"})
"""Those that search in texts."""
ORDER = frozenset({"order", "orderby", "ordering", "orderingby", "sort", "sortby"})
"""Those that order a list."""
ID_SUFFIX = re.compile(rf"_?(?:{'|'.join(ID_NAMES)})$", re.IGNORECASE)
"""The end of a name such as `owner_id`."""
_SMALL_RANGE = 10_000
"""From the least to the greatest number that a path parameter may be: years, months, percentages, but not IDs."""
_DEPTH = 8
"""Levels of compositions that are looked into."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands in the contract: a JSON Pointer, and the file and line where they are known."""

    pointer: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """`spec/openapi.yaml:41 (/paths/…)`, as an editor opens it."""
        return f"{self.file}:{self.line} ({self.pointer})" if self.file else self.pointer


@dataclass(frozen=True, slots=True)
class Example:
    """A named payload of the contract."""

    name: str
    value: Any
    summary: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type of a request body or a response, with its schema and its examples."""

    name: str
    """As the contract writes it, for instance `application/json`."""
    pointer: str
    schema: Mapping[str, Any] | None
    """JSON Schema 2020-12, references not followed; None where the contract has none."""
    examples: Mapping[str, Example]
    encoding: Mapping[str, Mapping[str, Any]]
    """Encoding Objects of a form, by property (OpenAPI 3.1.1, section 4.8.15)."""
    is_sequence: bool
    """Whether a body is one JSON value after another, as `itemSchema` says (OpenAPI 3.2)."""
    _schemas: Schemas = field(repr=False, compare=False)
    _part: str = ""
    """Where the schema stands if it is that of a member of the body."""

    @property
    def schema_pointer(self) -> str:
        """Where the schema stands in the contract."""
        return self._part or f"{self.pointer}/schema"

    def member(self, name: str) -> "MediaType | None":
        """A member of the body by itself, with its part of the examples; None where the schema does not declare it."""
        examples = {
            key: replace(example, value=example.value[name])
            for key, example in self.examples.items()
            if isinstance(example.value, Mapping) and name in example.value
        }
        return self._of_part(examples, "properties", name)

    def items(self) -> "MediaType | None":
        """An item of the array that the body is, by itself, without examples; None where none is declared."""
        return self._of_part({}, "items")

    def alternatives(self) -> tuple["MediaType", ...]:
        """Those that the body is one of, each by itself, without examples; none where all share some of it."""
        resolved = self._schemas.resolve(self.schema or {})
        if resolved.keys() & {"properties", "allOf", "oneOf", "anyOf"} not in ({"oneOf"}, {"anyOf"}):
            return ()
        word = "oneOf" if "oneOf" in resolved else "anyOf"
        found = (self._of_part({}, word, str(index)) for index in range(len(resolved[word])))
        return tuple(each for each in found if each)

    def _of_part(self, examples: Mapping[str, Example], *tokens: str) -> "MediaType | None":
        part = self._schemas.part_pointer(self.schema_pointer, *tokens)
        schema = self._schemas.at(part) if part else None
        if part is None or not isinstance(schema, Mapping):
            return None
        return replace(self, schema=schema, examples=examples, encoding={}, _part=part)

    @property
    def schemas(self) -> Schemas:
        """The schemas of the document that this one belongs to."""
        return self._schemas

    @property
    def is_json(self) -> bool:
        """Whether bodies of this type are JSON (`application/json` or any `+json`)."""
        return media_types.is_json(self.name) or media_types.essence(self.name) in ("*/*", "application/*")

    def is_valid(self, instance: Any) -> bool:
        """Say whether a parsed response body is what the schema says."""
        return self.schema is None or self._schemas.is_valid(self.schema_pointer, instance)

    def errors(self, instance: Any) -> Iterator[SchemaError]:
        """Name each way in which a parsed response body is not what the schema says."""
        return iter(()) if self.schema is None else self._schemas.errors(self.schema_pointer, instance)

    def request_errors(self, instance: Any) -> Iterator[SchemaError]:
        """Name each way in which a parsed request body is not what the schema says."""
        return iter(()) if self.schema is None else self._schemas.errors(self.schema_pointer, instance, "request")


@dataclass(frozen=True, slots=True)
class Header:
    """A response header of the contract."""

    name: str
    required: bool
    schema: Mapping[str, Any] | None
    """JSON Schema 2020-12, references not followed."""
    pointer: str
    examples: Mapping[str, Example]
    explode: bool
    """Whether an object is written as `name=value` pairs."""
    content: MediaType | None
    """Given where the value is a document of its own (`content` instead of `schema`)."""
    schemas: Schemas = field(repr=False, compare=False)
    """The schemas of the document that this one belongs to."""

    @property
    def schema_pointer(self) -> str:
        """Where the schema stands in the contract."""
        return f"{self.pointer}/schema"


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """One documented response of an operation: `200`, `4XX` or `default`."""

    status: str
    pointer: str
    description: str
    media: Mapping[str, MediaType]
    headers: Mapping[str, Header]

    @property
    def is_unspecified(self) -> bool:
        """Whether the contract says nothing of it, as where a reference could not be followed."""
        return not (self.description or self.media or self.headers)

    @property
    def json_media(self) -> MediaType | None:
        """The first of its media types that is JSON; None for none."""
        return next((media for media in self.media.values() if media.is_json), None)

    def media_for(self, content_type: str) -> MediaType | None:
        """The documented media type that a `Content-Type` value falls under, exact before range."""
        name = media_types.best_match(content_type, self.media)
        return None if name is None else self.media[name]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    location: str
    """`path`, `query`, `header` or `cookie`."""
    required: bool
    schema: Mapping[str, Any]
    """JSON Schema 2020-12, references not followed; that of `content` where the contract uses it."""
    pointer: str
    schema_pointer: str
    """Where the schema stands in the contract."""
    examples: Mapping[str, Example]
    style: str
    explode: bool
    content: MediaType | None
    """Given where the value is a document of its own (`content` instead of `schema`)."""
    allows_empty: bool
    """`allowEmptyValue`: whether a query parameter may be sent without a value."""
    allows_reserved: bool
    """`allowReserved`: whether reserved characters are sent as they are."""
    description: str
    _schemas: Schemas = field(repr=False, compare=False)

    @property
    def is_resource_id(self) -> bool:
        """Whether it may name one of several resources: not an enumeration, a date, a list, or a small range.

        A name such as `id` says that it does, however few there are.
        """
        schema = self._schemas.resolve(self.schema)
        low, high = schema.get("minimum"), schema.get("maximum")
        is_bounded = low is not None and high is not None and high - low <= _SMALL_RANGE
        is_range = is_bounded and not ID_SUFFIX.search(self.name)
        is_date = schema.get("format") in ("date", "date-time", "time")
        return not (is_range or is_date or "enum" in schema or schema.get("type") in ("array", "object", "boolean"))

    def is_valid(self, value: Any) -> bool:
        """Say whether a value (already of its type) is what the schema says."""
        return not self.schema or self._schemas.is_valid(self.schema_pointer, value, "request")

    def errors(self, value: Any) -> Iterator[SchemaError]:
        """Name each way in which a value (already of its type) is not what the schema says."""
        return self._schemas.errors(self.schema_pointer, value, "request") if self.schema else iter(())

    def resolve(self, schema: Mapping[str, Any]) -> Any:
        """A schema within this one (of its items, of a member) with its reference followed."""
        return self._schemas.resolve(schema)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values of a closed set: an enumeration or a boolean, or what a list has as items; else none."""
        return self._choices(self.schema)

    def _choices(self, schema: Any, depth: int = 0) -> tuple[Any, ...]:
        facts = self.resolve(schema) if isinstance(schema, Mapping) and depth < _DEPTH else {}
        if "enum" in facts:
            return tuple(value for value in facts["enum"] if value is not None)
        if facts.get("type") == "boolean":
            return (True, False)
        if "items" in facts:
            return self._choices(facts["items"], depth + 1)
        for part in facts.get("allOf") or ():
            if found := self._choices(part, depth + 1):
                return found
        parts = [part for keyword in ("anyOf", "oneOf") for part in facts.get(keyword) or ()]
        each = [self._choices(part, depth + 1) for part in parts if part != {"type": "null"}]
        return tuple(value for values in each for value in values) if all(each) else ()


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How a caller shows who it is."""

    name: str
    kind: str
    """`http`, `apiKey`, `oauth2` or `openIdConnect`: how it is sent."""
    scheme: str
    """For `http`: `bearer`, `basic`, … in lower case."""
    location: str
    """For `apiKey`: `header`, `query` or `cookie`."""
    parameter: str
    """For `apiKey`: the name of the header, query parameter or cookie."""
    published: str = ""
    """The kind that the document says, where servers of it take another (`x-flowcontract-scheme`)."""
    pointer: str = ""
    flows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """For `oauth2`: the OAuth Flow Objects by name, such as `clientCredentials`."""
    discovery_url: str = ""
    """For `openIdConnect`: where its configuration is found."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A relation that holds between a request and its answer, beyond the schema.

    `left` and `right` are OpenAPI runtime expressions (`$response.body#/slug`, `$request.path.slug`) or
    texts with such expressions in braces (`/flows/{$request.path.slug}/export/`).
    """

    name: str
    status: str
    left: str
    right: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    """In upper case."""
    path: str
    """The template, without the base path: `/flows/instances/{slug}/`."""
    pointer: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    request_media: Mapping[str, MediaType]
    request_required: bool
    responses: Mapping[str, DocumentedResponse]
    security: tuple[tuple[SecurityScheme, ...], ...]
    """Alternatives, each a set of schemes that are all needed; an empty alternative allows anyone; no
    alternative at all means the contract asks for nothing."""
    invariants: tuple[Invariant, ...]
    volatile: tuple[str, ...]
    """JSON Pointers into the success body that may differ between two equal requests."""
    tags: tuple[str, ...]
    deprecated: bool
    extensions: Mapping[str, Any]
    base_path: str
    """The path of the first server of this operation: its own, else its path's, else the contract's."""

    @property
    def text(self) -> str:
        """What the contract says about it in words, with its ID."""
        return f"{self.id} {self.summary} {self.description}"

    @property
    def is_open(self) -> bool:
        """Whether a caller without credentials is served."""
        return not self.security or any(not alternative for alternative in self.security)

    @property
    def request_json(self) -> MediaType | None:
        """The first media type of its request body that is JSON; None for none."""
        return next((media for media in self.request_media.values() if media.is_json), None)

    @property
    def denial_statuses(self) -> tuple[int, ...]:
        """The documented ones of 401 and 403. Where the contract has neither: both, and a documented 404 of a
        resource, with which a server may hide that it exists (RFC 9110, section 15.5.4)."""
        documented = tuple(status for status in (401, 403) if str(status) in self.responses)
        hidden = (404,) if self.path_parameters() and "404" in self.responses else ()
        return documented or (401, 403, *hidden)

    def response(self, status: int) -> DocumentedResponse | None:
        """The documented response for a status: exact, then its range, then the default."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.responses:
                return self.responses[key]
        return None

    @property
    def documents_client_errors(self) -> bool:
        """Whether any 4xx response is documented; if not, the contract does not describe failing requests."""
        return any(status.startswith("4") or status == "default" for status in self.responses)

    def path_parameters(self) -> tuple[Parameter, ...]:
        """The parameters that stand in the path."""
        return tuple(parameter for parameter in self.parameters if parameter.location == "path")

    def success(self) -> DocumentedResponse | None:
        """The first documented 2xx response."""
        status = min([status for status in self.responses if status.startswith("2")], default=None)
        return self.responses[status] if status else None

    def example_path_values(self) -> dict[str, dict[str, str]]:
        """The path parameters that each named success example answers to, by the example's name.

        An invariant that equates a body field with a path parameter says which; else a field of the
        parameter's name does. Examples that answer to no path are left out.
        """
        success = self.success()
        found: dict[str, dict[str, str]] = {}
        if success is None or not self.path_parameters():
            return found
        fields = {parameter.name: self.id_pointer(parameter.name) for parameter in self.path_parameters()}
        for media in success.media.values():
            for name, example in media.examples.items():
                values = {}
                for parameter, pointer in fields.items():
                    try:
                        values[parameter] = str(pointers.get(example.value, pointers.split(pointer)))
                    except LookupError:
                        break
                else:
                    found.setdefault(name, values)
        return found

    def id_pointer(self, parameter: str) -> str:
        """JSON Pointer of the body field that equals a path parameter: an invariant says so, else the name."""
        body, path = "$response.body#", f"$request.path.{parameter}"
        for invariant in self.invariants:
            for left, right in ((invariant.left, invariant.right), (invariant.right, invariant.left)):
                if right == path and left.startswith(body):
                    return left.removeprefix(body)
        return pointers.join(parameter)
