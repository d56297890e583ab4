"""The results of a client's calls: whether it works with the server, why not, and whether that was predicted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from flowcontract.compatibility.cases import Case, Category
from flowcontract.compatibility.clients.calls import Outcome
from flowcontract.compatibility.diff.operations import counterparts
from flowcontract.compatibility.diff.rules import Consumer
from flowcontract.compatibility.prediction import Prediction, by_body, by_diff
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation

Trial = Sequence[tuple[Case, Outcome]]
"""The cases of one server, each with the outcome of the client's call."""


class Compatibility(StrEnum):
    """Whether a client works with a server."""

    COMPATIBLE = "compatible"
    """It handles every example, every documented error, and whatever else the contract allows."""
    PARTIAL = "partial"
    """It handles the examples and errors, but not all that the contract allows."""
    INCOMPATIBLE = "incompatible"
    """It fails for an example, or does not report an error as one."""
    INCONCLUSIVE = "inconclusive"
    """The client could not be installed or run, or some of its operations could not be tested."""


@dataclass(frozen=True, slots=True)
class GeneratedFrom:
    """The contract that a client was generated from, and how strict the client is: the basis of predictions."""

    contract: Contract
    consumer: Consumer


@dataclass(frozen=True, slots=True)
class Reason:
    """Responses of one kind that a client fails for in the same way."""

    category: Category
    kind: str
    titles: tuple[str, ...]
    message: str
    """The client's error message for the first of them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One client on one server."""

    client: str
    server: str
    compatibility: Compatibility
    tried: int = 0
    reasons: tuple[Reason, ...] = ()
    predicted: tuple[Prediction, ...] | None = ()
    """Why the diff predicts that it rejects responses; None without a prediction."""
    disagreements: tuple[str, ...] = ()
    """Where the prediction and the client disagree."""
    problem: str = ""
    """Why it is inconclusive."""
    blocked: tuple[Prediction, ...] = ()
    """Why its requests are rejected: operations that are gone, credentials, the base path, what a request needs."""
    untested: tuple[str, ...] = ()
    """The operations of both that were not tested."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one client does with responses of one kind."""

    client: str
    category: Category
    kind: str
    total: int
    read: int
    nothing: int
    """Times that it returned without a value."""
    message: str
    """Its error message for the first response that it rejected."""
    disagreements: tuple[str, ...]
    """Responses for which something else was predicted."""

    @property
    def label(self) -> str:
        """In a word or two."""
        for count, word in ((self.read, "reads"), (self.nothing, "returns nothing"), (self._rejected, "rejects")):
            if count == self.total:
                return word
        return f"reads {self.read} of {self.total}"

    @property
    def _rejected(self) -> int:
        return self.total - self.read - self.nothing


def is_read(case: Case, outcome: Outcome) -> bool:
    """Whether the client did what a program needs: return the value, or report the error with its status."""
    if case.category is Category.ERROR:
        return not outcome.ok and outcome.status == case.status
    return outcome.ok and (bool(outcome.value) or case.no_body)


def evaluate(
    client: str,
    served: Contract,
    generated_from: GeneratedFrom | None,
    trial: Trial,
    *,
    server: str = "",
    operations: frozenset[str] = frozenset(),
) -> Cell:
    """The result of one client with one server, called `server`. Invalid responses do not count.

    `operations`: IDs of the operations that count, all by default.
    """
    own = _own(served, generated_from)
    needing = {name for name, one in own.items() if _needs_body(one)}
    trial = [
        (replace(case, no_body=case.no_body and case.operation not in needing), outcome)
        for case, outcome in trial
        if case.category is not Category.INVALID
    ]
    failed = [(case, outcome) for case, outcome in trial if not is_read(case, outcome)]
    found = by_diff(generated_from.contract, served, generated_from.consumer, operations) if generated_from else None
    predicted = found.responses if found else None
    blocked = found.requests if found else ()
    tested = {case.operation for case, _ in trial}
    untested = tuple(
        f"{one.method} {one.path}"
        for one in served.operations.values()
        if one.id not in tested
        and (one.id in own if not operations else operations & {one.id, own[one.id].id if one.id in own else one.id})
    )
    return Cell(
        client=client,
        server=server or served.version,
        compatibility=_compatibility(trial, failed, predicted or (), blocked, untested),
        tried=len(trial),
        reasons=tuple(_reasons(failed)),
        predicted=predicted,
        blocked=blocked,
        untested=untested,
        disagreements=() if predicted is None else tuple(_disagreements(own, trial, predicted)),
    )


def _own(served: Contract, generated_from: GeneratedFrom | None) -> Mapping[str, Operation]:
    """The client's own operation for each of the server, by the server's ID."""
    return counterparts(generated_from.contract, served) if generated_from else served.operations


def _needs_body(operation: Operation) -> bool:
    """Whether a client's own contract promises it a body."""
    expected = operation.success()
    return expected is not None and bool(expected.media)


def _compatibility(
    trial: Trial,
    failed: Trial,
    predicted: Sequence[Prediction],
    blocked: Sequence[Prediction],
    untested: Sequence[str],
) -> Compatibility:
    """A client is never called compatible against its own prediction, or where something was not tested."""
    if blocked or any(case.category is not Category.ALLOWED for case, _ in failed):
        return Compatibility.INCOMPATIBLE
    if failed or predicted:
        return Compatibility.PARTIAL
    return Compatibility.INCONCLUSIVE if untested or not trial else Compatibility.COMPATIBLE


def _reasons(failed: Trial) -> Iterator[Reason]:
    """Failures by kind and message. Variants of an example that fails in the same way are not listed again."""
    examples = {
        (case.operation, _message(case, outcome)) for case, outcome in failed if case.category is Category.EXAMPLE
    }
    groups: dict[tuple[Category, str, str], list[str]] = {}
    for case, outcome in failed:
        message = _message(case, outcome)
        if case.category is Category.EXAMPLE or (case.operation, message) not in examples:
            groups.setdefault((case.category, case.kind, message), []).append(case.title)
    for (category, kind, message), titles in groups.items():
        yield Reason(category, kind, tuple(titles), message)


def _message(case: Case, outcome: Outcome) -> str:
    if not outcome.ok:
        return outcome.text
    return "it returned without an error" if case.category is Category.ERROR else "it returned nothing"


def _disagreements(own: Mapping[str, Operation], trial: Trial, predicted: Sequence[Prediction]) -> Iterator[str]:
    for name in dict.fromkeys(case.operation for case, _ in trial if case.operation in own):
        mine = [(case, outcome) for case, outcome in trial if case.operation == name]
        where = f"{own[name].method} {own[name].path}"
        yield from _of_operation(mine, [one for one in predicted if where in one.operations])


def _of_operation(trial: Trial, predicted: Sequence[Prediction]) -> Iterator[str]:
    failed = [(case, outcome) for case, outcome in trial if not is_read(case, outcome)]
    for reason in _reasons([each for each in failed if each[0].category is Category.ERROR]):
        yield f"not predicted: {reason.kind}, {reason.titles[0]}: {reason.message}"
    examples = [each for each in failed if each[0].category is Category.EXAMPLE]
    if examples:
        if not predicted:
            yield f"not predicted: the examples are rejected: {_message(*examples[0])}"
        return  # Variants of an example fail like the example.
    rejected = {case.at for case, _ in failed if case.category is Category.ALLOWED}
    expected = {one.at for one in predicted}
    for reason in _reasons(
        [each for each in failed if each[0].at not in expected and each[0].category is Category.ALLOWED]
    ):
        yield f"not predicted: {reason.titles[0]}: {reason.message}"
    tried = {case.at for case, _ in trial if case.category is Category.ALLOWED}
    for one in predicted:
        # Some rules show in the examples themselves.
        if one.at not in rejected and (one.at in tried or one.rule in _SHOWN):
            yield f"predicted to be rejected, but read: {one}"


_SHOWN = ("response-field-missing", "response-nullable-field-missing", "response-field-unknown", "response-type")


def reactions(client: str, base: Contract, generated_from: GeneratedFrom | None, trial: Trial) -> Iterator[Reaction]:
    """What a client does with the examples of a contract and with their variants."""
    own = _own(base, generated_from)
    groups: dict[tuple[Category, str], list[tuple[Case, Outcome]]] = {}
    for case, outcome in trial:
        if case.category is not Category.ERROR:
            groups.setdefault((case.category, case.kind), []).append((case, outcome))
    for (category, kind), group in groups.items():
        rejected = [outcome.text for _, outcome in group if not outcome.ok]
        yield Reaction(
            client=client,
            category=category,
            kind=kind,
            total=len(group),
            read=sum(outcome.ok and bool(outcome.value) for _, outcome in group),
            nothing=sum(outcome.ok and not outcome.value for _, outcome in group),
            message=rejected[0] if rejected else "",
            disagreements=tuple(_mispredicted(own, generated_from, group)) if generated_from else (),
        )


def _mispredicted(own: Mapping[str, Operation], generated_from: GeneratedFrom, group: Trial) -> Iterator[str]:
    for case, outcome in group:
        media = _media(own, case)
        if media is None or case.body is None:
            continue
        predicted_to_read = by_body(generated_from.contract, media, generated_from.consumer, case.body)
        if predicted_to_read != outcome.ok:
            words = ("to be rejected, but read", f"to be read, but rejected: {outcome.text}")
            yield f"{case.title} was predicted {words[predicted_to_read]}"


def _media(own: Mapping[str, Operation], case: Case) -> MediaType | None:
    """The media type of such a response in the client's own contract."""
    operation = own.get(case.operation)
    response = operation.responses.get(str(case.status)) if operation else None
    return response.json_media if response else None
