"""Rules about conditions: ETags, If-Match, If-None-Match, versions and idempotency keys."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flowcontract.checks.sequences.updates import unchanged
from flowcontract.checks.steps import Problem, Step, checks

_TIME = re.compile(r"\d{4}-\d\d-\d\d")
"""How a date or a time begins."""
_CLOCK = re.compile(r"(?:^|_)(?:age|ttl)(?:$|_)|elapsed|expires|seconds|uptime", re.IGNORECASE)
"""What a number is called that follows the clock."""


@checks("stale-write-accepted", of="stale")
def stale_rejected(
    before: Step, stale: Step, after: Step, what: str, moving: frozenset[str], past: tuple[Step, ...] = ()
) -> Iterator[Problem]:
    """A write on the condition of a state that is gone is rejected, and changes nothing.

    `past`: the read of that state, and the change after it.
    """
    if stale.ok:
        yield Problem(
            "stale-write-accepted",
            f"Expected {stale.interaction.request.method} with {what} to be rejected, got {stale.status}.",
            f"{what} {stale.interaction.request.method}",
            (*past, stale) if past else (before, stale),
        )
    elif stale.is_denied:
        yield from unchanged(
            before, stale, after, moving, f"a rejected request with {what}", "rejected-request-changes-data"
        )


@checks("missing-header-accepted")
def condition_required(step: Step, name: str) -> Iterator[Problem]:
    """A write without the required condition is rejected."""
    if step.ok:
        yield Problem(
            "missing-header-accepted",
            f"Expected {step.interaction.request.method} without the required {name} to be rejected, "
            f"got {step.status}.",
            f"without {name}",
            (step,),
        )


@checks("valid-request-rejected", of="step")
def current_accepted(step: Step, read: Step, name: str) -> Iterator[Problem]:
    """A write with the ETag of the last read is accepted."""
    if step.status == 412:
        yield Problem(
            "valid-request-rejected",
            f"Expected {name} with the ETag of the last read to be accepted, got 412.",
            f"current {name}",
            (read, step),
        )


def _changed(before: Any, after: Any) -> str:
    """The names of the properties that differ between two bodies."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "the content"
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@checks("etag-unchanged", of="change")
def etag_changes(before: Step, change: Step, after: Step, moving: Collection[str] = frozenset()) -> Iterator[Problem]:
    """The ETag changes with the content, and is that of the content. `moving`: properties that change by themselves."""
    if not (before.ok and after.ok) or not before.etag or not after.etag:
        return
    old, new = (_without(step.body, moving) for step in (before, after))
    if old != new and before.etag == after.etag and not before.etag.startswith("W/"):
        yield Problem(
            "etag-unchanged",
            f"Expected a new ETag after {_changed(old, new)} changed, got {after.etag} again.",
            "ETag stays",
            (before, change, after),
        )
    elif change.ok and change.etag and change.etag == before.etag != after.etag and change.body == after.body:
        yield Problem(
            "etag-unchanged",
            f"Expected a new ETag in the response to the change, got the old one, {change.etag}.",
            "ETag of the change",
            (before, change, after),
            culprit=change,
        )


@dataclass(frozen=True, slots=True)
class SharedETag:
    """Two reads of one URL with the same strong ETag and other content, and a change between them."""

    before: Step
    change: Step
    after: Step
    quiet: tuple[tuple[Step, Step], ...]
    """Pairs of reads of this URL without a change between them: how these differ is not due to the change."""

    def by_itself(self) -> frozenset[str]:
        """The properties that change by themselves, or follow the clock."""
        moving = {name for pair in self.quiet for name in _differing(*(step.body for step in pair))}
        old, new = _timeless(self.before.body), _timeless(self.after.body)
        return frozenset(moving | (_differing(self.before.body, self.after.body) - _differing(old, new)))

    @property
    def is_possible(self) -> bool:
        """Whether the change may be the reason for a difference, as far as is known."""
        return bool(_differing(self.before.body, self.after.body) - self.by_itself())


def shared_etags(steps: Sequence[Step]) -> Iterator[SharedETag]:
    """Where successful reads of one URL by one caller show other objects with one strong ETag after a change.

    A strong validator changes whenever the content changes (RFC 9110, section 8.8.1).
    """
    urls: dict[object, list[int]] = {}
    for at, step in enumerate(steps):
        request = step.interaction.request
        if request.method == "GET" and step.status == 200 and isinstance(step.body, Mapping):
            urls.setdefault((request.target, tuple(request.headers)), []).append(at)
    for reads in urls.values():
        pairs = [
            (steps[one], steps[other], [step for step in steps[one:other] if step.ok and not step.is_safe])
            for one, other in pairwise(reads)
        ]
        quiet = tuple((one, other) for one, other, changes in pairs if not changes)
        for before, after, changes in pairs:
            if changes and before.etag and before.etag == after.etag and not before.etag.startswith("W/"):
                path = before.interaction.request.path
                about = [step for step in changes if step.interaction.request.path.startswith(path)]
                found = SharedETag(before, (about or changes)[-1], after, quiet)
                if found.is_possible:
                    yield found


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {name for name in {**one, **other} if one.get(name) != other.get(name)}


def _timeless(value: Any, name: str = "") -> Any:
    """A JSON value without the times in it."""
    if isinstance(value, Mapping):
        return {name: _timeless(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_timeless(item, name) for item in value]
    is_time = _TIME.match(value) if isinstance(value, str) else isinstance(value, int | float) and _CLOCK.search(name)
    return None if is_time and not isinstance(value, bool) else value


def _without(body: Any, names: Collection[str]) -> Any:
    return {name: value for name, value in body.items() if name not in names} if isinstance(body, Mapping) else body


@checks("conditional-read-ignored")
def not_modified(read: Step, again: Step, documented: bool) -> Iterator[Problem]:
    """A conditional read with the current ETag gets 304, where that is documented."""
    if documented and again.status == 200 and again.etag == read.etag and again.body == read.body:
        yield Problem(
            "conditional-read-ignored",
            "Expected 304 for If-None-Match with the current ETag, got 200 with the whole content.",
            "never 304",
            (read, again),
        )


def is_stale(read: Step, current: Step) -> bool:
    """Whether the ETag of an earlier read is not that of the content any more: if the server kept it, it is current."""
    return read.etag != current.etag


@checks("conditional-read-ignored", of="again")
def modified(read: Step, change: Step, again: Step, current: Step) -> Iterator[Problem]:
    """A conditional read with the ETag of content that has changed gets the new content. `current`: a plain read."""
    # A weak ETag may stay the same; the failure is that a conditional read then does not get the new content.
    is_hidden = is_stale(read, current) or (read.etag.startswith("W/") and read.body != current.body)
    if again.status == 304 and change.ok and is_hidden:
        yield Problem(
            "conditional-read-ignored",
            "Expected the new content for If-None-Match with the ETag from before a change, got 304.",
            "always 304",
            (read, change, again),
        )


@checks("idempotency-key-ignored")
def once(first: Step, again: Step, first_id: str | None, again_id: str | None) -> Iterator[Problem]:
    """The same idempotency key and body create once, and get the first response again."""
    if first.ok and again.ok and first_id != again_id:
        yield Problem(
            "idempotency-key-ignored",
            "Expected the same idempotency key to return the first resource, got another one.",
            "same key",
            (first, again),
            expected=first.body,
            actual=again.body,
        )


@checks("idempotency-key-ignored")
def other_body_rejected(first: Step, other: Step, first_id: str | None, other_id: str | None) -> Iterator[Problem]:
    """The same key with another body is rejected, where that is documented."""
    if first.ok and other.ok:
        what = "the first response again" if first_id == other_id else "a success"
        yield Problem(
            "idempotency-key-ignored",
            f"Expected a client error for the same idempotency key with another body, got {what}.",
            "another body",
            (first, other),
        )


@checks("idempotency-key-ignored")
def other_key_creates(first: Step, second: Step, first_id: str | None, second_id: str | None) -> Iterator[Problem]:
    """Another key creates another resource."""
    got = ""
    if first.ok and second.ok and first_id is not None and first_id == second_id:
        got = "the first one again"
    elif second.status in (409, 422):
        got = str(second.status)
    if got:
        yield Problem(
            "idempotency-key-ignored",
            f"Expected a new resource for a new idempotency key, got {got}.",
            "another key",
            (first, second) if first is not second else (second,),
        )


@checks("etag-unchanged")
def consistent_etags(reads: tuple[Step, ...]) -> Iterator[Problem]:
    """Reads of one resource with the same strong ETag have the same content."""
    seen: dict[tuple[str, str], Step] = {}
    for step in reads:
        request = step.interaction.request
        if step.status != 200 or request.method != "GET" or not step.etag or step.etag.startswith("W/"):
            continue
        first = seen.setdefault((request.target, step.etag), step)
        if first is not step and _text(first.body) != _text(step.body):
            yield Problem(
                "etag-unchanged",
                f"Expected a different ETag for different content, got {step.etag} again.",
                "ETag stays",
                (first, step),
                expected=first.body,
                actual=step.body,
            )
            return


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping | list) else str(value)
