"""Rules about deletions: what is deleted is gone everywhere, and nothing else is."""

from collections.abc import Iterator, Mapping, Sequence

from flowcontract.checks.sequences.updates import must_stay
from flowcontract.checks.sequences.values import Schemas
from flowcontract.checks.steps import Problem, Step, checks, showing
from flowcontract.text import plain_name

_READINGS = 4
"""Readings of a summary: before, after each of two creations, after the deletion of one."""


@checks("use-after-delete", of="deleted")
def gone(deleted: Step, tried: Step, what: str) -> Iterator[Problem]:
    """No operation finds a deleted resource. `what`: what the request does, in words."""
    if deleted.ok and deleted.status != 202 and tried.ok:
        yield Problem(
            "use-after-delete",
            f"Expected 404 or 410 for {what}, got {tried.status}.",
            what,
            (deleted, tried),
            actual=tried.body,
            # A write that goes through does not look for what it is about; a read shows what was left.
            culprit=deleted if tried.is_safe else None,
        )


@checks("use-after-delete", of="deleted")
def not_listed(deleted: Step, pages: Sequence[Step], own: str, ids: Sequence[str]) -> Iterator[Problem]:
    """A deleted resource is not in the list."""
    if deleted.ok and deleted.status != 202 and own in ids:
        problem = Problem(
            "use-after-delete",
            "Expected the list without the deleted resource, got a list that still has it.",
            "listed after delete",
            (deleted, pages[-1]),
            culprit=deleted,
        )
        yield showing(problem, own)


@checks("use-after-delete", of="deleted")
def not_found_by(deleted: Step, page: Step, own: str, ids: Sequence[str], note: str) -> Iterator[Problem]:
    """A deleted resource is in no filtered list. `note`: the query that found it before, `search=word`."""
    if deleted.ok and deleted.status != 202 and own in ids:
        problem = Problem(
            "use-after-delete",
            f"Expected the list with {note} without the deleted resource, got a list that still has it.",
            f"found by {note.partition('=')[0]} after delete",
            (deleted, page),
            culprit=deleted,
        )
        yield showing(problem, own)


@checks("delete-removes-another-resource", of="deleted")
def others_stay(deleted: Step, neighbor: Step) -> Iterator[Problem]:
    """Another resource is still there."""
    if deleted.ok and neighbor.status in (404, 410):
        yield Problem(
            "delete-removes-another-resource",
            f"Expected the deletion to remove one resource only, but another one is gone, too ({neighbor.status}).",
            "neighbor deleted",
            (deleted, neighbor),
            culprit=deleted,
        )


@checks("method-override-effective", of="tried")
def not_deleted_by(label: str, tried: Step, after: Step) -> Iterator[Problem]:
    """A request that is not a DELETE deleted nothing. `label`: what the request is, in words."""
    if after.status in (404, 410):
        yield Problem(
            "method-override-effective",
            f"Expected a {label} to delete nothing, but the resource is gone ({after.status}).",
            label.partition(" ")[0],
            (tried, after),
            is_shared=True,
            culprit=tried,
        )


@checks("restored-resource-differs", of="restore")
def restored(
    before: Step, restore: Step, after: Step, writable: Schemas, id_names: frozenset[str]
) -> Iterator[Problem]:
    """A restored resource is as it was before it was deleted, apart from what a server sets with every write."""
    if not restore.ok or not before.ok:
        return
    if after.status in (404, 410):
        yield Problem(
            "restored-resource-differs",
            f"Expected the restored resource, got {after.status}.",
            "not restored",
            (before, restore, after),
            culprit=restore,
        )
    elif after.ok and isinstance(before.body, dict) and isinstance(after.body, dict):
        changed = [
            name
            for name in before.body
            if must_stay(name, writable, id_names) and before.body[name] != after.body.get(name)
        ]
        if changed:
            yield Problem(
                "restored-resource-differs",
                f"Expected the restored resource to be unchanged, got other values of {', '.join(changed[:5])}.",
                "restored differs",
                (before, restore, after),
                expected={name: before.body[name] for name in changed},
                actual={name: after.body.get(name) for name in changed},
                culprit=restore,
            )


@checks("valid-request-rejected", of="restore")
def restorable(restore: Step, deleted: Step) -> Iterator[Problem]:
    """A deleted resource can be restored."""
    if deleted.ok and restore.status in (404, 409, 410):
        yield Problem(
            "valid-request-rejected",
            f"Expected the deleted resource to be restored, got {restore.status}.",
            "restore",
            (deleted, restore),
        )


@checks("restored-resource-differs", of="restore")
def listed_again(restore: Step, page: Step, own: str, ids: Sequence[str], complete: bool) -> Iterator[Problem]:
    """A restored resource is in the list again."""
    if restore.ok and page.ok and complete and own not in ids:
        yield Problem(
            "restored-resource-differs",
            "Expected the restored resource in the list, got a list without it.",
            "restored not listed",
            (restore, page),
            culprit=restore,
        )


def counters(schemas: Schemas, collection: str) -> tuple[str, ...]:
    """The properties of a summary that hold the number of resources of a collection, by their names."""
    many = plain_name(collection)
    one = many.removesuffix("s")
    wanted = {many, f"{many}count", f"{one}count", f"total{many}", f"numberof{many}"}
    return tuple(
        name for name, schema in schemas.items() if plain_name(name) in wanted and "integer" in str(schema.get("type"))
    )


@checks("wrong-total", of="readings")
def counted_no_more(readings: Sequence[Step], deleted: Step, names: Sequence[str]) -> Iterator[Problem]:
    """What a deletion removes is not counted any more.

    `readings`: of a summary, before and after each of two creations, and after the deletion. A number that the
    creations did not move is another one.
    """
    if len(readings) != _READINGS or not all(step.ok and isinstance(step.body, Mapping) for step in readings):
        return
    for name in names:
        before, once, twice, after = (step.body.get(name) for step in readings)
        if isinstance(before, int) and (once, twice, after) == (before + 1, before + 2, before + 2):
            yield Problem(
                "wrong-total",
                f"Expected {name} to be {before + 1} after the deletion, got {after}.",
                "total of what was deleted",  # Whatever it counts: one query that forgets the same condition.
                (*readings[2:3], deleted, readings[3]),
                expected={name: before + 1},
                actual={name: after},
            )
