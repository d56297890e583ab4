"""The deck of one operation: what its cases are drawn from, made once per worker, the same in every worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from flowcontract.checks.probe import HEAD_NOT_SUPPORTED, Expect, Probe, Relation
from flowcontract.generation.dictionary import PLAIN
from flowcontract.generation.mutations.random_choice import Dice, spelled
from flowcontract.generation.parameter_names import PARAMETERS
from flowcontract.generation.probes.resource_ids import UNKNOWN, Shape, is_alarming, shape
from flowcontract.generation.request_builder import Credentials, Form, good, segment
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import EXTENSION, Operation

Values = Mapping[str, str]
INVALID = (400, 415, 422)
"""How a server may refuse what the contract does not allow, documented or not."""
OTHERS = ", with others"
"""Ends the name of a case that varies other things as well."""
MOST_KEYS = 50
"""Known keys that a deck draws from: more would make the systematic part of a campaign long, not better."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to make a case."""

    make: "Callable[[Deck, Dice, Nonce], Probe | None]"
    weight: int
    needs: str
    """What an operation must have for it: `key`, `caller`, `query`, `body`, `corpus`, or nothing."""


KINDS: list[Kind] = []
"""Every way to make a random case; the modules of `flowcontract.generation.mutations` fill it."""


def kind(weight: int, needs: str = "") -> Callable[[Any], Any]:
    """Put a function into the table of kinds; `weight` is how often it is drawn beside the others."""

    def put(make: Any) -> Any:
        KINDS.append(Kind(make, weight, needs))
        return make

    return put


@dataclass(frozen=True, slots=True)
class Nonce:
    """What makes a case unlike every other one: its index, mixed, below 2**32."""

    number: int

    def text(self, alphabet: str = PLAIN) -> str:
        """The nonce spelled with an alphabet of at least two characters, always as many of them."""
        return spelled(self.number, alphabet)


@dataclass(frozen=True)
class Deck:
    """One operation and what is known about it."""

    contract: Contract
    operation: Operation
    form: Form
    known: tuple[Values, ...]
    """Path parameters of things that exist; one empty mapping for an operation without path parameters."""
    shapes: Mapping[str, Shape]
    known_texts: Mapping[str, frozenset[str]]
    good: Credentials
    may_succeed: bool
    """Whether a caller with the right is known, or none is needed."""
    corpus: tuple[str, ...]
    """Request targets that were worth remembering in earlier campaigns."""
    words: tuple[str, ...]
    shadowed: frozenset[str] = frozenset()
    """Keys that other routes are known to take."""
    undeclared: tuple[str, ...] = ()
    """Names that a server might filter by, of which the operation declares none: telling ones, and its answer's."""
    declared: frozenset[str] = frozenset()
    """Names of what the operation reads in query and headers; those of headers in lower case."""
    unsafe: bool = False
    bodies: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path parameters."""
        return tuple(self.shapes)

    @property
    def has_known(self) -> bool:
        """Whether a thing that exists is known."""
        return bool(self.known_texts) or not self.shapes

    def has(self, need: str) -> bool:
        """Say whether a kind that needs this can be drawn."""
        if need == "key":
            return bool(self.shapes)
        if need == "caller":
            return not self.operation.is_open
        if need == "query":
            return any(parameter.location in ("query", "header") for parameter in self.operation.parameters)
        if need == "body":
            return bool(self.bodies)
        return bool(self.corpus) if need == "corpus" else True

    def reference(self, values: Values) -> str:
        """The name of the reference probe that asks for a known thing in the plainest way."""
        return f"reference/{self.operation.id}/{'/'.join(values.values())}"

    def existing(self, dice: Dice) -> Values:
        """One known thing."""
        return dice.pick(self.known)

    def raw(self, values: Values) -> dict[str, str]:
        """Path parameters as they are written into a path."""
        return {name: segment(value) for name, value in values.items()}

    def missing(self, text: str) -> tuple[dict[str, str], dict[str, str]]:
        """Values, and the same as written, of a thing whose last key is `text`, plain and unknown."""
        values = {**self.known[0], self.parameters[-1]: text}
        return values, self.raw(values)

    def unknown_key(
        self, dice: Dice, raw: str, name: str, trigger: str = "", *, tolerated: tuple[int, ...] = (), **more: Any
    ) -> Probe:
        """A probe of a key that cannot exist, as written in the path; what it expects follows from how it looks."""
        parameter = dice.pick(self.parameters) if len(self.shapes) > 1 else self.parameters[0]
        others = self.existing(dice)
        value = unquote(raw, errors="surrogateescape") if "%" in raw else raw
        values = {**others, parameter: value}
        written = self.raw(others) | {parameter: raw}
        expect, odd, values_seen = self.expected(parameter, raw, value, values)
        if odd:
            refused = () if self.shapes[parameter].admits(value) else INVALID
            tolerated = (*tolerated, *excused(expect, value), *refused)
        return Probe(
            name=name,
            reason="a key that does not exist",
            operation=self.operation.id,
            request=self.form.request(written, self.good),
            expect=expect,
            values=values_seen,
            tolerated=tolerated,
            odd=odd,
            trigger="a key that another route takes" if value in self.shadowed else trigger,
            **more,
        )

    def expected(self, parameter: str, raw: str, value: str, values: Values) -> tuple[Expect, bool, Values]:
        """What a right server owes for a key: not found, unless the path is not the operation's any more."""
        if not raw or raw in (".", "..") or any(mark in raw for mark in "/?#"):
            return Expect.UNSPECIFIED, True, {}
        if value in self.known_texts.get(parameter, ()) or value in self.shadowed:
            return Expect.SHADOWED, True, values
        if not self.has_known or not self.may_succeed:
            return Expect.DOCUMENTED, True, values
        return Expect.NOT_FOUND, not self.shapes[parameter].fits(value), values

    def same(self, dice: Dice, name: str, trigger: str = "", **request: Any) -> Probe:
        """A probe of a known thing, asked for with an addition: one that means nothing, or else what is documented."""
        values = self.existing(dice)
        tolerated = request.pop("tolerated", ()) + (HEAD_NOT_SUPPORTED if request.get("method") == "HEAD" else ())
        meant = self.declares(request.get("query", ""), request.get("headers", ()))
        if meant:
            tolerated = (*tolerated, *INVALID)
        owed = self.has_known and self.may_succeed and not meant
        return Probe(
            name=name,
            reason="an addition that means nothing changes nothing",
            operation=self.operation.id,
            request=self.form.request(self.raw(values), self.good, **request),
            expect=Expect.SUCCESS if owed else Expect.DOCUMENTED,
            values=values,
            tolerated=tolerated,
            trigger=trigger,
            compare_with=self.reference(values) if owed else "",
            relation=Relation.SAME if owed else Relation.NONE,
        )

    def declares(self, query: str, headers: Sequence[tuple[str, str]]) -> bool:
        """Whether a query or headers have a parameter of the operation."""
        if not self.declared:
            return False
        names = {part.partition("=")[0] for part in query.split("&")} | {name.lower() for name, _ in headers}
        return bool(names & self.declared)

    def refused(self, dice: Dice, credentials: Credentials, name: str, trigger: str = "") -> Probe:
        """A probe of a caller without the right, for a known or an unknown thing."""
        values = self.existing(dice)
        if self.shapes and dice.below(4) == 0:
            values = {**values, self.parameters[-1]: UNKNOWN}
        return Probe(
            name=name,
            reason="a caller without the right is refused",
            operation=self.operation.id,
            request=self.form.request(self.raw(values), credentials),
            expect=Expect.DENIED,
            values=values,
            odd=credentials.odd,
            tolerated=(400, 431) if credentials.odd else (),
            trigger=trigger,
        )


def excused(expect: Expect, value: str) -> tuple[int, ...]:
    """What may be said, instead of 404, to a key that no key looks like: as the gate has it."""
    if expect is not Expect.NOT_FOUND:
        return ()
    return (400, 422, 403) if is_alarming(value) else (400, 422)


def decks(
    contract: Contract,
    target: Target,
    known: Mapping[str, Sequence[Values]],
    *,
    operations: Sequence[str] = (),
    corpus: Sequence[str] = (),
    unsafe: bool = False,
) -> tuple[Deck, ...]:
    """A deck for each operation that may be sent: the safe ones, and all of them where `unsafe` says so."""
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
            Deck(
                contract=contract,
                operation=operation,
                form=Form(contract, operation, target),
                known=things,
                shapes={parameter.name: shape(contract, operation, parameter) for parameter in parameters},
                known_texts={p.name: frozenset(thing[p.name] for thing in things) for p in parameters} if named else {},
                good=good(operation),
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
