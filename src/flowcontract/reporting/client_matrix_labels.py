"""Texts of a client matrix that all formats share."""

from collections.abc import Iterator, Sequence

from flowcontract.compatibility.cases import Category
from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Cell, Compatibility, Reaction, Reason
from flowcontract.text import one_line, plural

SHOWN = 3
"""Responses that a reason lists."""
LEGEND = {
    Compatibility.COMPATIBLE: "works with every example, documented error and other response that the contract allows",
    Compatibility.PARTIAL: "works with every example and documented error, but not with every other allowed response",
    Compatibility.INCOMPATIBLE: "fails for an example, does not report an error, or the server rejects its requests",
    Compatibility.INCONCLUSIVE: "the client could not be installed or run, or some operations were not tested",
}
"""What the cells mean."""


def about(cell: Cell) -> str:
    """What its result means, as far as it applies."""
    if cell.compatibility is Compatibility.INCOMPATIBLE:
        is_tried = bool(cell.reasons)
        return "fails for an example, or does not report an error" if is_tried else "the server rejects its requests"
    if cell.compatibility is Compatibility.PARTIAL and not cell.reasons:
        return "works with every response that was tested, but rejects others by its contract"
    return LEGEND[cell.compatibility]


def untested(cell: Cell) -> str:
    """The operations that were not tested."""
    return f"not tested: {plural(len(cell.untested), 'operation')}: {_named(cell.untested)}"


def label(cell: Cell) -> str:
    """The text of a cell; with a star where the prediction differs."""
    return f"{cell.compatibility} *" if cell.disagreements else str(cell.compatibility)


def headline(found: Matrix) -> str:
    """The matrix in one sentence."""
    counts = [(sum(cell.compatibility is each for cell in found.cells), each) for each in Compatibility]
    counted = ", ".join(f"{count} {compatibility}" for count, compatibility in counts if count)
    wrong = sum(bool(cell.disagreements) for cell in found.cells)
    predictions = sum(cell.predicted is not None for cell in found.cells)
    right = f"{wrong} of {predictions} predictions were wrong" if wrong else f"all {predictions} predictions were right"
    return f"{len(found.cells)} pairs: {counted}; {right if predictions else 'no predictions'}."


def predicted(cell: Cell) -> str:
    """The prediction of the diff."""
    if cell.predicted is None:
        return "no prediction"
    if not cell.predicted:
        return "predicted: compatible"
    return f"predicted: rejects {_named([one_line(str(one)) for one in cell.predicted], 3 * SHOWN)}"


def reason(one: Reason) -> str:
    """Why responses fail."""
    return f"{one.kind}: {_named(one.titles)}: {one.message}"


def _named(titles: Sequence[str], most: int = SHOWN) -> str:
    more = f" and {len(titles) - most} more" if len(titles) > most else ""
    return "; ".join(titles[:most]) + more


def rows(found: Matrix) -> Iterator[tuple[str, bool, list[Reaction | None]]]:
    """Each kind of response, whether the contract allows it, and what each client does with it."""
    kinds = dict.fromkeys((one.category, one.kind) for one in found.reactions)
    order = [Category.EXAMPLE, Category.ALLOWED, Category.INVALID]
    for category, kind in sorted(kinds, key=lambda each: order.index(each[0])):
        by_client = {one.client: one for one in found.reactions if (one.category, one.kind) == (category, kind)}
        yield kind, category is not Category.INVALID, [by_client.get(client) for client in found.clients]


def reacted(one: Reaction | None) -> str:
    """What a client does with a kind of response."""
    return "not tested" if one is None else f"{one.label} *" if one.disagreements else one.label
