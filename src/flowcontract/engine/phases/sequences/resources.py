"""What sequences are about: callers, own resources, lists that were read, and helpers for their requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flowcontract.checks.steps import Step, needed
from flowcontract.generation.sequences.fields import Field
from flowcontract.generation.sequences.kinds import Kind
from flowcontract.openapi.model import Operation

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"


class Caller(StrEnum):
    """Whose credentials a request has."""

    OWNER = "owner"
    OTHER = "second user"
    READER = "read-only credential"
    NOBODY = "no credentials"

    @property
    def suffix(self) -> str:
        """What labels end with: the callers other than the owner are named."""
        return "" if self is Caller.OWNER else f" ({self})"


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource that the run created."""

    kind: Kind
    id: str
    values: Mapping[str, str]
    """Path parameters of its own path."""
    created: Step
    caller: Caller = Caller.OWNER
    """Who created it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A list, read page by page."""

    pages: tuple[Step, ...]
    items: tuple[tuple[Any, ...], ...]
    """The items of each page."""
    ids: tuple[tuple[str, ...], ...]
    is_complete: bool
    """The last page was reached, and every item has an ID."""

    @property
    def all_ids(self) -> list[str]:
        """The IDs of all pages in order."""
        return [one for page in self.ids for one in page]

    def page_of(self, identity: str | None) -> Step:
        """The page with an item; the last one if it is on none."""
        found = (page for page, ids in zip(self.pages, self.ids, strict=True) if identity in ids)
        return next(found, self.pages[-1])

    @property
    def all_items(self) -> list[Any]:
        """The items of all pages in order."""
        return [one for page in self.items for one in page]


class RunOver(Exception):
    """Nothing more can be sent."""


class NotPossible(Exception):
    """A scenario cannot be tried on this kind. The message says why."""


def reference_value(field: Field, identity: str) -> Any:
    """An ID as the value of a property."""
    return int(identity) if "integer" in field.kinds and identity.isdecimal() else identity


def if_match(operation: Operation) -> bool:
    """Whether an operation takes If-Match, as far as the contract says."""
    named = any(p.location == "header" and p.name.lower() == "if-match" for p in operation.parameters)
    return named or bool({"412", "428"} & operation.responses.keys())


def requires_condition(operation: Operation) -> bool:
    """Whether an operation requires If-Match."""
    required = any(p.location == "header" and p.name.lower() == "if-match" and p.required for p in operation.parameters)
    return required or "428" in operation.responses


def shown_steps(*steps: Step) -> tuple[tuple[str, Any], ...]:
    """Steps with everything that they need, as an occurrence has them: what each does, and its interaction."""
    return tuple((one.label, one.interaction) for one in needed(steps))


def media_name(name: str) -> str:
    """The Content-Type of a JSON body for a documented media type, which may be a range."""
    return "application/json" if "*" in name else name


def merged_headers(
    headers: Sequence[tuple[str, str]], named: Sequence[tuple[str, str]], without: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """The headers without made-up ones where others were named, and without those that are left out."""
    own = {name.lower() for name, _ in named}
    out = {name.lower() for name in without}
    plain = [pair for pair in headers if pair[0].lower() not in own | out]
    return (*plain, *(pair for pair in named if pair[0].lower() not in out))
