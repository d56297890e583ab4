"""Input beyond the plan: Schemathesis and Hypothesis draw it from the contract, seeded, before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from flowcontract.contract import Contract, Operation

CASES = 70
"""How many distinct cases are drawn for one operation."""


@dataclass(frozen=True, slots=True)
class Case:
    """One generated request for an operation, as it is written on the wire."""

    path: Mapping[str, str]
    """Path parameters, percent-encoded."""
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    reason: str
    plain: bool
    """Nothing but the path was generated."""


def cases(contract: Contract, operation: Operation, *, seed: int, count: int = CASES) -> tuple[Case, ...]:
    """Draw distinct cases for an operation, the same ones for the same seed."""
    return ()
