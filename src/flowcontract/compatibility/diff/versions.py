"""What the step from one version to the next promises, and which changes violate that."""

from collections.abc import Iterator
from enum import StrEnum

from flowcontract.compatibility.diff.rules import Severity


class Step(StrEnum):
    """How far apart two versions are."""

    SAME = "same"
    PATCH = "patch"
    """The first two numbers are equal."""
    MINOR = "minor"
    """The first number is equal."""
    MAJOR = "major"
    FEATURE = "feature"
    """Calendar versions (the first number is a year) with another year or month: no promise about changes."""
    LOWER = "lower"
    UNKNOWN = "unknown"


def step(old: str, new: str) -> Step:
    """The step between two versions such as `1.4.2` or `2025.12.2`."""
    before, after = _numbers(old), _numbers(new)
    if not before or not after:
        return Step.UNKNOWN
    if before == after:
        return Step.SAME
    if after < before:
        return Step.LOWER
    if before[:2] == after[:2]:
        return Step.PATCH
    if before[0] >= 2000:
        return Step.FEATURE
    return Step.MINOR if before[0] == after[0] else Step.MAJOR


def violated_promises(raised: Step, worst: Severity, old: str, new: str) -> Iterator[tuple[str, str]]:
    """The rules about versions that a change of this severity violates, with their texts."""
    between = f"{old} to {new}"
    if raised is Step.LOWER:
        yield "version-lowered", between
    if worst is Severity.GENERATED:
        return
    if raised is Step.SAME:
        yield "version-not-raised", f"it is still {new}"
    elif raised is Step.PATCH:
        yield ("version-breaks-in-patch" if worst is Severity.BREAKING else "version-adds-in-patch"), between
    elif raised is Step.MINOR and worst is Severity.BREAKING and not old.startswith("0."):
        yield "version-breaks-in-minor", between


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.lstrip("v").partition("-")[0].split(".")
    numbers = tuple(int(part) for part in parts if part.isascii() and part.isdecimal())
    return (*numbers, 0, 0)[:3] if len(numbers) == len(parts) else ()
