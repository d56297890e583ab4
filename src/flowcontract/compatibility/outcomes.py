"""What came of a client's calls: does it read the server, why not, and was that predicted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flowcontract.compatibility.cases import Case, Part
from flowcontract.compatibility.clients.calls import Outcome
from flowcontract.compatibility.diff.rules import Consumer
from flowcontract.compatibility.prediction import Expected, by_body, by_diff
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation

Trial = Sequence[tuple[Case, Outcome]]
"""The cases of one server, each with what the client made of it."""


class Compatibility(StrEnum):
    """How a client stands with a server."""

    READS = "reads"
    """Every example, every documented error, and whatever else the contract allows."""
    PARTLY = "in part"
    """The examples and errors, but not all that the contract allows."""
    REFUSES = "refuses"
    """Not even all the examples, or an error is not told as what it is."""
    UNJUDGED = "not judged"
    """The client could not be had or run."""


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """What a client was made from, and how strict it is: what predictions are made with."""

    contract: Contract
    consumer: Consumer


@dataclass(frozen=True, slots=True)
class Reason:
    """Answers of one kind that a client fails at in one way."""

    part: Part
    kind: str
    abouts: tuple[str, ...]
    said: str
    """What the client said, of the first of them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One client on one server."""

    client: str
    server: str
    compatibility: Compatibility
    tried: int = 0
    reasons: tuple[Reason, ...] = ()
    predicted: tuple[Expected, ...] | None = ()
    """Why the diff expects it to refuse answers; None where nothing is predicted."""
    disagreements: tuple[str, ...] = ()
    """Where the prediction and the client disagree."""
    problem: str = ""
    """Why it was not judged."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one client does about answers of one kind."""

    client: str
    part: Part
    kind: str
    total: int
    read: int
    nothing: int
    """Times that it returned without a value."""
    said: str
    """What it said of the first one that it refused."""
    disagreements: tuple[str, ...]
    """Answers of which something else was predicted."""

    @property
    def label(self) -> str:
        """In a word or two."""
        for count, word in ((self.read, "reads"), (self.nothing, "returns nothing"), (self._refused, "refuses")):
            if count == self.total:
                return word
        return f"reads {self.read} of {self.total}"

    @property
    def _refused(self) -> int:
        return self.total - self.read - self.nothing


def is_read(case: Case, outcome: Outcome) -> bool:
    """Whether the client did what a program needs: give the value, or tell the error with its status."""
    if case.part is Part.ERROR:
        return not outcome.ok and outcome.status == case.status
    return outcome.ok and (bool(outcome.value) or case.bare)


def judge(client: str, served: Contract, made_from: MadeFrom | None, trial: Trial) -> Cell:
    """Judge one client on one server. What breaks the contract is left out of account."""
    trial = [(case, outcome) for case, outcome in trial if case.part is not Part.BEYOND]
    failed = [(case, outcome) for case, outcome in trial if not is_read(case, outcome)]
    compatibility = Compatibility.READS
    if failed:
        compatibility = (
            Compatibility.PARTLY if all(case.part is Part.ALLOWED for case, _ in failed) else Compatibility.REFUSES
        )
    predicted = None
    if made_from is not None:
        operations = frozenset(case.operation for case, _ in trial)
        predicted = by_diff(made_from.contract, served, made_from.consumer, operations)
    return Cell(
        client=client,
        server=served.version,
        compatibility=compatibility,
        tried=len(trial),
        reasons=tuple(_reasons(failed)),
        predicted=predicted,
        disagreements=() if predicted is None else tuple(_disagreements(served, trial, predicted)),
    )


def _reasons(failed: Trial) -> Iterator[Reason]:
    """Failures by kind and by what the client said; a broken base says the same of every change of it."""
    examples = {(case.operation, _said(case, outcome)) for case, outcome in failed if case.part is Part.EXAMPLE}
    groups: dict[tuple[Part, str, str], list[str]] = {}
    for case, outcome in failed:
        said = _said(case, outcome)
        if case.part is Part.EXAMPLE or (case.operation, said) not in examples:
            groups.setdefault((case.part, case.kind, said), []).append(case.about)
    for (part, kind, said), abouts in groups.items():
        yield Reason(part, kind, tuple(abouts), said)


def _said(case: Case, outcome: Outcome) -> str:
    if not outcome.ok:
        return outcome.said
    return "it returned as if there were no error" if case.part is Part.ERROR else "it returned nothing"


def _disagreements(served: Contract, trial: Trial, predicted: Sequence[Expected]) -> Iterator[str]:
    for name in dict.fromkeys(case.operation for case, _ in trial):
        mine = [(case, outcome) for case, outcome in trial if case.operation == name]
        where = _plain(served.operation(name))
        yield from _of_operation(mine, [one for one in predicted if _without_names(one.operation) == where])


def _of_operation(trial: Trial, predicted: Sequence[Expected]) -> Iterator[str]:
    failed = [(case, outcome) for case, outcome in trial if not is_read(case, outcome)]
    for reason in _reasons([each for each in failed if each[0].part is Part.ERROR]):
        yield f"not predicted: {reason.kind}, {reason.abouts[0]}: {reason.said}"
    examples = [each for each in failed if each[0].part is Part.EXAMPLE]
    if examples:
        if not predicted:
            yield f"not predicted: the examples are refused: {_said(*examples[0])}"
        return  # What is said of answers that lie one change from an example is said of the example.
    refused = {case.at for case, _ in failed if case.part is Part.ALLOWED}
    expected = {one.at for one in predicted}
    for reason in _reasons([each for each in failed if each[0].at not in expected and each[0].part is Part.ALLOWED]):
        yield f"not predicted: {reason.abouts[0]}: {reason.said}"
    tried = {case.at for case, _ in trial if case.part is Part.ALLOWED}
    for one in predicted:
        # What the examples show is tried with them.
        if one.at not in refused and (one.at in tried or one.rule in _SHOWN):
            yield f"predicted to be refused, and read: {one}"


_SHOWN = ("response-field-missing", "response-nullable-field-missing", "response-field-unknown", "response-type")


def _plain(operation: Operation) -> str:
    return _without_names(f"{operation.method} {operation.path}")


def _without_names(name: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", name)


def reactions(client: str, base: Contract, made_from: MadeFrom | None, trial: Trial) -> Iterator[Reaction]:
    """What a client does about the examples of a contract and about everything that lies one change from them."""
    groups: dict[tuple[Part, str], list[tuple[Case, Outcome]]] = {}
    for case, outcome in trial:
        if case.part is not Part.ERROR:
            groups.setdefault((case.part, case.kind), []).append((case, outcome))
    for (part, kind), group in groups.items():
        refused = [outcome.said for _, outcome in group if not outcome.ok]
        yield Reaction(
            client=client,
            part=part,
            kind=kind,
            total=len(group),
            read=sum(outcome.ok and bool(outcome.value) for _, outcome in group),
            nothing=sum(outcome.ok and not outcome.value for _, outcome in group),
            said=refused[0] if refused else "",
            disagreements=tuple(_unforeseen(base, made_from, group)) if made_from else (),
        )


def _unforeseen(base: Contract, made_from: MadeFrom, group: Trial) -> Iterator[str]:
    for case, outcome in group:
        media = _media(base, made_from.contract, case)
        if media is None or case.body is None:
            continue
        foreseen = by_body(made_from.contract, media, made_from.consumer, case.body)
        if foreseen != outcome.ok:
            words = ("to be refused, and read", f"to be read, and refused: {outcome.said}")
            yield f"{case.about} was predicted {words[foreseen]}"


def _media(base: Contract, known: Contract, case: Case) -> MediaType | None:
    """What the client's own contract says of such an answer."""
    where = _plain(base.operation(case.operation))
    for operation in known.operations.values():
        if _plain(operation) == where and (answer := operation.responses.get(str(case.status))):
            return next((media for media in answer.media.values() if media.is_json), None)
    return None
