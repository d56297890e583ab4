"""Coverage of a campaign: statuses, schema keywords and input classes that it exercised, and those it missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from flowcontract.engine.campaigns.metrics import Counts, keywords, named
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of coverage: how often each of its items was exercised."""

    title: str
    reached: tuple[tuple[str, int], ...]
    missed: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the items that were exercised, from 0 to 1."""
        total = len(self.reached) + len(self.missed)
        return len(self.reached) / total if total else 1.0


def of(contract: Contract, settings: Mapping[str, Any], counts: Counts) -> tuple[Dimension, ...]:
    """The coverage of a campaign by dimension; `settings` holds the campaign's operations and input classes."""
    statuses: dict[str, int] = {}
    found_keywords: dict[str, int] = {}
    for name in settings["operations"]:
        if name not in contract.operations:
            continue
        operation = contract.operation(name)
        for response in operation.responses.values():
            seen = sum(
                n
                for (what, a, b), n in counts.items()
                if what == "response" and a == name and _matches(b, response.status)
            )
            statuses[f"{name} {response.status}"] = seen
            for media in response.media.values():
                checked = sum(
                    n
                    for (what, _, pointer), n in counts.items()
                    if what == "schema" and pointer == media.schema_pointer
                )
                for keyword in keywords(contract, media):
                    found_keywords[keyword] = found_keywords.get(keyword, 0) + checked
    classes = dict.fromkeys(settings.get("classes", ()), 0) | named(counts, "class")
    groups: dict[str, int] = {}
    for name, n in classes.items():
        groups[name.partition("/")[0]] = groups.get(name.partition("/")[0], 0) + n
    return (
        _dimension("documented statuses seen", statuses),
        _dimension("schema keywords checked in responses", found_keywords),
        _dimension("input strategies", groups),
        _dimension("input classes", classes),
    )


def _matches(status: str, documented: str) -> bool:
    return status == documented or (documented.endswith("XX") and status[:1] == documented[:1])


def _dimension(title: str, seen: dict[str, int]) -> Dimension:
    return Dimension(
        title,
        tuple(sorted((name, n) for name, n in seen.items() if n)),
        tuple(sorted(name for name, n in seen.items() if not n)),
    )


def shortened(names: Sequence[str], limit: int = 24) -> str:
    """The first names, separated by commas, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f", and {more:,} more" if more > 0 else "")


def print(dimensions: Sequence[Dimension], console: Console) -> None:  # noqa: A001
    """Print each dimension in a line or two."""
    for dimension in dimensions:
        total = len(dimension.reached) + len(dimension.missed)
        console.print(Text(f"{dimension.title}: {len(dimension.reached)} of {total}", style="bold"), soft_wrap=True)
        shown = shortened([f"{name} ({n:,})" for name, n in dimension.reached])
        console.print(Text(f"  {shown}"), soft_wrap=True)
        if dimension.missed:
            console.print(Text(f"  not exercised: {shortened(dimension.missed)}", style="yellow"), soft_wrap=True)
