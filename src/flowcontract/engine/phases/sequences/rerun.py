"""A scenario that runs again with some of its steps alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowcontract.checks.steps import Step
from flowcontract.openapi.model import Operation


class Diverged(Exception):
    """A scenario that runs again does something else than before."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """A scenario runs again with some of its steps alone; the others have the responses of the first time."""

    before: Sequence[Step]
    """All steps of the first time."""
    again: frozenset[int]
    """The positions of the steps that are sent."""

    def step_at(self, position: int, operation: Operation, label: str) -> Step | None:
        """The step of the first time at a position; None if it is sent again.

        Raises Diverged if another request was there.
        """
        step = self.before[position] if position < len(self.before) else None
        if step is None or step.interaction.operation.id != operation.id or spoken(step.label) != spoken(label):
            raise Diverged(label)
        return None if position in self.again else step


def spoken(label: str) -> str:
    """A label without the values in it, which differ from run to run."""
    return label.partition(" with ")[0]
