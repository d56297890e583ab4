"""Rules about users: a second user reaches nothing of the first, a read-only credential changes nothing."""

from collections.abc import Iterable, Iterator, Sequence

from flowcontract.checks.lists import stated_total
from flowcontract.checks.steps import Problem, Step, checks, showing


@checks("resource-of-another-user-accessible")
def denied_to_others(tried: Step, what: str, *, is_shared: bool = False, denied: str = "") -> Iterator[Problem]:
    """The second user is denied. `what`: what the request does, in words.

    `is_shared`: this user may see the resource; `denied`: other changes of it that the server denies this user.
    """
    why = f", who may see it{f' but is denied {denied}' if denied else ''}," if is_shared else ""
    if tried.ok:
        yield Problem(
            "resource-of-another-user-accessible",
            f"Expected 403 or 404 for the second user {what}{why}, got {tried.status}.",
            f"{tried.interaction.request.method} {tried.interaction.operation.path}",
            (tried,),
            actual=tried.body,
        )


def all_denied(tried: Iterable[Step]) -> list[Step]:
    """Those of some requests that the server denied the second user."""
    return [step for step in tried if step.status in (401, 403, 404)]


@checks("resource-of-another-user-accessible")
def not_listed_for_others(page: Step, own: str, ids: Sequence[str], what: str) -> Iterator[Problem]:
    """The lists of the second user are without resources of the first."""
    if page.ok and own in ids:
        problem = Problem(
            "resource-of-another-user-accessible",
            f"Expected no resource of the first user in the second user's {what}, got one ({own}).",
            f"{what} {page.interaction.operation.path}",
            (page,),
            is_about_items=True,
        )
        yield showing(problem, own)


@checks("read-only-credential-writes")
def may_not_write(tried: Step) -> Iterator[Problem]:
    """A read-only credential is denied."""
    if tried.ok:
        yield Problem(
            "read-only-credential-writes",
            f"Expected the read-only credential to be denied, got {tried.status}.",
            f"{tried.interaction.request.method} {tried.interaction.operation.path}",
            (tried,),
        )


def is_for_other_roles(tried: Step) -> bool:
    """Whether a read was denied as the contract documents it for callers who may not read this collection."""
    return tried.status == 403 and "403" in tried.interaction.operation.responses


@checks("valid-request-rejected")
def may_read(own: Step, tried: Step) -> Iterator[Problem]:
    """A read-only credential may read what the main one reads."""
    if own.ok and tried.status in (401, 403, 404):
        yield Problem(
            "valid-request-rejected",
            f"Expected the read-only credential to read what the main one reads, got {tried.status}.",
            f"read-only reads {tried.interaction.operation.path}",
            (own, tried),
        )


@checks("resource-of-another-user-accessible")
def still_there(before: Step, read: Step) -> Iterator[Problem]:
    """The owner still reads what another user asked for."""
    if before.ok and read.status in (403, 404, 410):
        yield Problem(
            "resource-of-another-user-accessible",
            f"Expected the first user to keep the resource after the second user requested it, got {read.status}.",
            f"taken over {read.interaction.operation.path}",
            (before, read),
        )


@checks("found-below-another-parent")
def not_below_another_parent(created: Step, other: Step, own: Step, wrong: Step) -> Iterator[Problem]:
    """A resource is found by the path of its own parent only. `other`: the creation of the other parent."""
    if created.ok and own.ok and wrong.ok and own.body is not None and wrong.body == own.body:
        yield Problem(
            "found-below-another-parent",
            f"Expected 404 for the path of another parent, got the resource ({wrong.status}).",
            "parent",
            (created, other, wrong),
            actual=wrong.body,
        )


@checks("wrong-total")
def total_of_own(page: Step, count: int) -> Iterator[Problem]:
    """The total of a list counts what the caller may see."""
    stated = stated_total(page.body)
    if page.ok and stated is not None and stated[1] > count:
        yield Problem(
            "wrong-total",
            f"Expected {stated[0]} to be {count}, the number of items that the caller may see, got {stated[1]}.",
            f"total {stated[0]}",
            (page,),
            is_about_items=True,
        )


def created_nothing(tries: Sequence[tuple[Step, Step, int]], meanwhile: int) -> Iterator[Problem]:
    """Denied creations created nothing.

    `tries`: each with the list after it and the number of its new items; `meanwhile`: new items without tries.
    """
    for step, _, _ in tries[:1]:
        step.checked.append("rejected-request-changes-data")
    if tries and meanwhile == 0 and all(step.is_denied and new > 0 for step, _, new in tries):
        step, page, _ = tries[0]
        yield Problem(
            "rejected-request-changes-data",
            f"Expected a denied creation ({step.status}) to create nothing, got a new item in the list.",
            f"denied creation {step.interaction.operation.path}",
            (step, page),
            culprit=step,
        )
