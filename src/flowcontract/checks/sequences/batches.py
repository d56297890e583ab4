"""Rules about batches: one request that creates several resources."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowcontract.checks.sequences.values import shows, texts
from flowcontract.checks.steps import Problem, Step, checks


@checks("created-resource-not-listed", of="step")
def stored(step: Step, page: Step, sent: Sequence[Mapping[str, Any]], new: Sequence[Any]) -> Iterator[Problem]:
    """Every resource of a batch is stored. `new`: items that were not in the list before."""
    if not step.ok or step.status == 202 or not all(map(texts, sent)):
        return
    found = [index for item in new for index, body in enumerate(sent) if shows(item, body)]
    # Where the list shows as many, it may leave out what would tell them apart.
    if len(set(found)) < len(sent) and len(new) < len(sent):
        yield Problem(
            "created-resource-not-listed",
            f"Expected all {len(sent)} resources of the batch in the list, got only {len(set(found))}.",
            "batch incomplete",
            (step, page),
            culprit=step,
        )


@checks("created-resource-not-listed")
def complete(step: Step, sent: int, shown: int) -> Iterator[Problem]:
    """The response to a batch shows all that was created, or nothing of it, but not a part."""
    if step.ok and 0 < shown < sent:
        yield Problem(
            "created-resource-not-listed",
            f"Expected all {sent} resources of the batch in the response to the batch, got only {shown}.",
            "batch response incomplete",
            (step,),
            actual=step.body,
        )


@checks("stored-value-differs")
def in_order(step: Step, sent: Sequence[Mapping[str, Any]], items: Sequence[Any]) -> Iterator[Problem]:
    """A batch returns its resources in the order in which they were sent."""
    named = [texts(body) for body in sent]
    found = [texts(item) for item in items if isinstance(item, Mapping)]
    if step.ok and len(found) == len(named) and all(named):
        same_order = all(shows(got, sent_one) for sent_one, got in zip(named, found, strict=True))
        reordered = all(any(shows(got, sent_one) for got in found) for sent_one in named)
        if reordered and not same_order:
            yield Problem(
                "stored-value-differs",
                "Expected the resources of the batch in the order in which they were sent, got another order.",
                "order of a batch",
                (step,),
                expected=list(sent),
                actual=list(items),
            )
