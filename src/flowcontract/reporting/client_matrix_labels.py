"""A matrix in words: what a cell says, why, and what was predicted. Every format says the same."""

from collections.abc import Iterator, Sequence

from flowcontract.compatibility.cases import Part
from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Cell, Compatibility, Reaction, Reason
from flowcontract.text import one_line

SHOWN = 3
"""Answers of one reason that are named."""
LEGEND = {
    Compatibility.READS: "every example, every documented error, and all else that the contract allows",
    Compatibility.PARTLY: "every example and every error, but not all else that the contract allows",
    Compatibility.REFUSES: "not even every example, or an error is not told as what it is",
    Compatibility.UNJUDGED: "the client could not be had or run",
}
"""What a client reads whose cell says so."""


def label(cell: Cell) -> str:
    """What a cell says; a star where the prediction says something else."""
    return f"{cell.compatibility} *" if cell.disagreements else str(cell.compatibility)


def headline(found: Matrix) -> str:
    """The matrix in one sentence."""
    counts = [(sum(cell.compatibility is each for cell in found.cells), each) for each in Compatibility]
    said = ", ".join(f"{count} {compatibility}" for count, compatibility in counts if count)
    wrong = sum(bool(cell.disagreements) for cell in found.cells)
    foreseen = sum(cell.predicted is not None for cell in found.cells)
    right = f"{wrong} of {foreseen} predictions were not right" if wrong else f"all {foreseen} predictions were right"
    return f"{len(found.cells)} pairs: {said}; {right if foreseen else 'nothing was predicted'}."


def predicted(cell: Cell) -> str:
    """What the diff expects."""
    if cell.predicted is None:
        return "nothing was predicted"
    if not cell.predicted:
        return "predicted to read it"
    return f"predicted to refuse it: {_named([one_line(str(one)) for one in cell.predicted], 3 * SHOWN)}"


def reason(one: Reason) -> str:
    """Why answers are not read."""
    return f"{one.kind}: {_named(one.abouts)}: {one.said}"


def _named(abouts: Sequence[str], most: int = SHOWN) -> str:
    more = f" and {len(abouts) - most} more" if len(abouts) > most else ""
    return "; ".join(abouts[:most]) + more


def rows(found: Matrix) -> Iterator[tuple[str, bool, list[Reaction | None]]]:
    """Each kind of answer with whether the contract allows it, and what each client does about it."""
    kinds = dict.fromkeys((one.part, one.kind) for one in found.reactions)
    order = [Part.EXAMPLE, Part.ALLOWED, Part.BEYOND]
    for part, kind in sorted(kinds, key=lambda each: order.index(each[0])):
        by_client = {one.client: one for one in found.reactions if (one.part, one.kind) == (part, kind)}
        yield kind, part is not Part.BEYOND, [by_client.get(client) for client in found.clients]


def reacted(one: Reaction | None) -> str:
    """What a client does about a kind of answer."""
    return "not judged" if one is None else f"{one.label} *" if one.disagreements else one.label
