"""The mutation context of one operation: what its cases are made from, the same in every worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from flowcontract.checks.probe import HEAD_NOT_SUPPORTED, Expect, Probe, Relation
from flowcontract.generation.dictionary import PLAIN
from flowcontract.generation.mutations.random_choice import SeededRandom, digits
from flowcontract.generation.parameter_names import PARAMETERS
from flowcontract.generation.probes.resource_ids import UNKNOWN, ParameterShape, looks_like_attack, parameter_shape
from flowcontract.generation.request_builder import TOKEN, Credentials, RequestBuilder, credentials_with, segment
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION, Operation

Values = Mapping[str, str]
INVALID = (400, 415, 422)
"""Statuses for invalid input, documented or not."""
OTHERS = ", with others"
"""Suffix of the name of a case that combines several mutations."""
MOST_KEYS = 50
"""Known resources to use: more would make the systematic part of a campaign longer, not better."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to make a case."""

    make: "Callable[[MutationContext, SeededRandom, Nonce], Probe | None]"
    weight: int
    needs: str
    """What an operation must have for it: `id`, `security`, `query`, `body`, `corpus`, or nothing."""


KINDS: list[Kind] = []
"""Every kind of random case; the modules of this package register theirs."""


def kind(weight: int, needs: str = "") -> Callable[[Any], Any]:
    """Register a kind of case; `weight` is its relative frequency."""

    def put(make: Any) -> Any:
        KINDS.append(Kind(make, weight, needs))
        return make

    return put


@dataclass(frozen=True, slots=True)
class Nonce:
    """Makes a case unique: its index, mixed, below 2**32."""

    number: int

    def text(self, alphabet: str = PLAIN) -> str:
        """The nonce as a string of constant length over an alphabet of at least two characters."""
        return digits(self.number, alphabet)


@dataclass(frozen=True)
class MutationContext:
    """One operation and what is known about it."""

    contract: Contract
    operation: Operation
    builder: RequestBuilder
    known: tuple[Values, ...]
    """Path parameters of existing resources; one empty mapping for an operation without path parameters."""
    shapes: Mapping[str, ParameterShape]
    known_texts: Mapping[str, frozenset[str]]
    valid: Credentials
    may_succeed: bool
    """Whether an authorized caller is known, or none is needed."""
    corpus: tuple[str, ...]
    """Interesting path segments from earlier campaigns."""
    words: tuple[str, ...]
    shadowed: frozenset[str] = frozenset()
    """Resource IDs that other routes are known to take."""
    undeclared: tuple[str, ...] = ()
    """Undeclared names that a server might filter by: common ones, and properties of the response."""
    declared: frozenset[str] = frozenset()
    """Names of the declared query and header parameters; header names in lower case."""
    unsafe: bool = False
    bodies: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path parameters."""
        return tuple(self.shapes)

    @property
    def has_existing(self) -> bool:
        """Whether an existing resource is known."""
        return bool(self.known_texts) or not self.shapes

    def has(self, need: str) -> bool:
        """Whether a kind with this need fits the operation."""
        if need == "id":
            return bool(self.shapes)
        if need == "security":
            return not self.operation.is_open
        if need == "query":
            return any(parameter.location in ("query", "header") for parameter in self.operation.parameters)
        if need == "body":
            return bool(self.bodies)
        return bool(self.corpus) if need == "corpus" else True

    def reference(self, values: Values) -> str:
        """The name of the reference probe: a plain read of a known resource."""
        return f"reference/{self.operation.id}/{'/'.join(values.values())}"

    def existing(self, rng: SeededRandom) -> Values:
        """One known resource."""
        return rng.pick(self.known)

    def raw(self, values: Values) -> dict[str, str]:
        """Percent-encoded path parameters."""
        return {name: segment(value) for name, value in values.items()}

    def unknown_values(self, text: str) -> tuple[dict[str, str], dict[str, str]]:
        """Path parameters of a resource whose ID is `text`, plain and percent-encoded."""
        values = {**self.known[0], self.parameters[-1]: text}
        return values, self.raw(values)

    def unknown_id(
        self, rng: SeededRandom, raw: str, name: str, trigger: str = "", *, tolerated: tuple[int, ...] = (), **more: Any
    ) -> Probe:
        """A probe of a resource ID that cannot exist, percent-encoded; the expectation depends on its form."""
        parameter = rng.pick(self.parameters) if len(self.shapes) > 1 else self.parameters[0]
        others = self.existing(rng)
        value = unquote(raw, errors="surrogateescape") if "%" in raw else raw
        values = {**others, parameter: value}
        written = self.raw(others) | {parameter: raw}
        expect, odd, values_seen = self.expected(parameter, raw, value, values)
        if odd:
            unauthorized = () if self.shapes[parameter].admits(value) else INVALID
            tolerated = (*tolerated, *tolerated_for(expect, value), *unauthorized)
        return Probe(
            name=name,
            reason="a resource that does not exist",
            operation=self.operation.id,
            request=self.builder.request(written, self.valid),
            expect=expect,
            values=values_seen,
            tolerated=tolerated,
            odd=odd,
            trigger="a resource ID that another route takes" if value in self.shadowed else trigger,
            **more,
        )

    def expected(self, parameter: str, raw: str, value: str, values: Values) -> tuple[Expect, bool, Values]:
        """What a conforming server does with an ID: 404, unless the path is no longer the operation's."""
        if not raw or raw in (".", "..") or any(mark in raw for mark in "/?#"):
            return Expect.UNSPECIFIED, True, {}
        if value in self.known_texts.get(parameter, ()) or value in self.shadowed:
            return Expect.SHADOWED, True, values
        if not self.has_existing or not self.may_succeed:
            return Expect.DOCUMENTED, True, values
        return Expect.NOT_FOUND, not self.shapes[parameter].fits(value), values

    def same(self, rng: SeededRandom, name: str, trigger: str = "", **request: Any) -> Probe:
        """A probe of a known resource with an addition: undocumented input changes nothing."""
        values = self.existing(rng)
        tolerated = request.pop("tolerated", ()) + (HEAD_NOT_SUPPORTED if request.get("method") == "HEAD" else ())
        declared_input = self.declares(request.get("query", ""), request.get("headers", ()))
        if declared_input:
            tolerated = (*tolerated, *INVALID)
        must_succeed = self.has_existing and self.may_succeed and not declared_input
        return Probe(
            name=name,
            reason="undocumented input does not affect the response",
            operation=self.operation.id,
            request=self.builder.request(self.raw(values), self.valid, **request),
            expect=Expect.SUCCESS if must_succeed else Expect.DOCUMENTED,
            values=values,
            tolerated=tolerated,
            trigger=trigger,
            compare_with=self.reference(values) if must_succeed else "",
            relation=Relation.SAME if must_succeed else Relation.NONE,
        )

    def declares(self, query: str, headers: Sequence[tuple[str, str]]) -> bool:
        """Whether a query or headers contain a declared parameter."""
        if not self.declared:
            return False
        names = {part.partition("=")[0] for part in query.split("&")} | {name.lower() for name, _ in headers}
        return bool(names & self.declared)

    def unauthorized(self, rng: SeededRandom, credentials: Credentials, name: str, trigger: str = "") -> Probe:
        """A probe of an unauthorized caller, for a known or an unknown resource."""
        values = self.existing(rng)
        if self.shapes and rng.below(4) == 0:
            values = {**values, self.parameters[-1]: UNKNOWN}
        return Probe(
            name=name,
            reason="unauthorized callers are denied",
            operation=self.operation.id,
            request=self.builder.request(self.raw(values), credentials),
            expect=Expect.DENIED,
            values=values,
            odd=credentials.odd,
            tolerated=(400, 431) if credentials.odd else (),
            trigger=trigger,
        )


def tolerated_for(expect: Expect, value: str) -> tuple[int, ...]:
    """Statuses that an unusual ID may get instead of 404."""
    if expect is not Expect.NOT_FOUND:
        return ()
    return (400, 422, 403) if looks_like_attack(value) else (400, 422)


def contexts(
    contract: Contract,
    target: Target,
    known: Mapping[str, Sequence[Values]],
    *,
    operations: Sequence[str] = (),
    corpus: Sequence[str] = (),
    unsafe: bool = False,
) -> tuple[MutationContext, ...]:
    """A context for each operation with a safe method, or for all of them if `unsafe`."""
    from flowcontract.generation.mutations.body_pool import pool

    made = []
    for operation in contract.operations.values():
        if operations and operation.id not in operations:
            continue
        if operation.method not in ("GET", "HEAD", "OPTIONS") and not unsafe:
            continue
        parameters = operation.path_parameters()
        things = tuple(known.get(operation.id, ()))[:MOST_KEYS] or (_placeholder(operation),)
        named = bool(known.get(operation.id)) or not parameters
        made.append(
            MutationContext(
                contract=contract,
                operation=operation,
                builder=RequestBuilder(contract, operation, target),
                known=things,
                shapes={parameter.name: parameter_shape(contract, operation, parameter) for parameter in parameters},
                known_texts={p.name: frozenset(thing[p.name] for thing in things) for p in parameters} if named else {},
                valid=credentials_with(operation, TOKEN),
                may_succeed=operation.is_open or bool(target.tokens.get("FLOWCONTRACT_TOKEN")),
                corpus=tuple(corpus),
                words=_words(contract),
                shadowed=frozenset(map(str, operation.extensions.get(f"{EXTENSION}-shadowed-keys") or ())),
                undeclared=_undeclared(contract, operation),
                declared=frozenset(_declared(operation)),
                unsafe=unsafe,
                bodies=pool(contract, operation) if operation.method in ("POST", "PUT", "PATCH") else (),
            )
        )
    return tuple(made)


def _undeclared(contract: Contract, operation: Operation) -> tuple[str, ...]:
    success = operation.success()
    media = next(iter(success.media.values()), None) if success else None
    answered = contract.resolve(media.schema).get("properties", {}) if media and media.schema else {}
    declared = {parameter.name for parameter in operation.parameters if parameter.location != "path"}
    return tuple(name for name in dict.fromkeys((*PARAMETERS, *map(segment, answered))) if name not in declared)


def _declared(operation: Operation) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.location in ("query", "header"):
            yield parameter.name.lower() if parameter.location == "header" else parameter.name
    if operation.request_media:
        yield "content-type"


def _placeholder(operation: Operation) -> Values:
    """Values for a path of which no thing is known."""
    return {parameter.name: UNKNOWN for parameter in operation.path_parameters()}


def _words(contract: Contract) -> tuple[str, ...]:
    """The literal segments of the contract's paths: another route may take them for its own."""
    segments = {part for path in (op.path for op in contract.operations.values()) for part in path.split("/")}
    return tuple(sorted(part for part in segments if part and "{" not in part))
