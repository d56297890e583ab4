"""Relations over sequences: own resources are created, read, listed, changed and deleted, by several callers.

Every scenario runs once for each kind of resources. A problem counts only if the scenario shows it again with new
resources. What was created is deleted in reverse order after each scenario.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Violation
from flowcontract.checks.steps import Problem, Recording, needed
from flowcontract.engine.phases.sequences import (
    batches,
    changing,
    date_order,
    filtering,
    pages,
    related,
    removing,
    shared_etags,
    storing,
    users,
)
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import NotPossible, RunOver
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.session import Session
from flowcontract.generation.sequences.kinds import Kind, kinds

Scenario = Callable[[Scene], Iterator[Problem]]

SCENARIOS: tuple[Scenario, ...] = (
    storing.create_and_read,
    removing.delete,
    changing.update,
    changing.etags,
    users.second_user,
    users.read_only,
    pages.pages,
    storing.same_again,
    removing.children,
    changing.replace,
    changing.idempotency,
    storing.varied_values,
    filtering.filtered,
    filtering.searched,
    storing.invalid_bodies,
    removing.restore,
    removing.method_overrides,
    removing.actions,
    changing.body_versions,
    changing.etags_of_parents,
    users.rejected_writes_change_nothing,
    batches.create_several,
    users.named_in_batches,
    filtering.ordered,
    pages.other_parents,
    pages.insert_between_pages,
    filtering.invalid_queries,
    pages.invalid_cursor,
    storing.missing_references,
    storing.read_only_values,
    removing.counted,
    related.totals,
    related.deleted_along,
    related.lists_of_others,
    changing.transitions,
    date_order.dates_in_order,
    changing.modification_time,
    storing.without_credentials,
)
"""In the order in which they run: what shows most comes first."""


def run(session: Session, share: float, scenarios: Sequence[Scenario] = SCENARIOS) -> None:
    """Run scenarios for every kind of resources, for at most a share of the remaining time."""
    until = time.monotonic() + session.sender.remaining * share
    found = kinds(session.selection.operations, session.options.pairs)
    recorder = Recorder(session, found)
    impossible: dict[str, str] = {}
    left, is_enough = 0, False
    for scenario in scenarios:
        for kind in found:
            if kind.item_path in impossible:
                continue
            is_enough = is_enough or (session.options.fail_fast and session.has_failed)
            if is_enough or session.is_over or time.monotonic() >= until:
                left += 1
                continue
            try:
                _attempt(session, recorder, scenario, kind)
            except NotPossible as problem:
                if scenario is storing.create_and_read:
                    impossible[kind.item_path] = str(problem)
            except RunOver:
                left += 1
    names = [kind.name for kind in found]
    for kind in found:
        if reason := impossible.get(kind.item_path):
            where = f" ({kind.item_path})" if names.count(kind.name) > 1 else ""
            session.sequence_notes.append(f"No sequences with {kind.name}{where}: {reason}.")
    if left:
        session.unfinished.append(f"{left} sequences")
    session.ran.add("sequences")


def _attempt(session: Session, recorder: Recorder, scenario: Scenario, kind: Kind) -> None:
    """Run a scenario; where nothing can be created with made-up values, with those of the contract's examples.

    Where these do not help, with what the server has shown; then with dates in the near future, with and without it.
    """
    try:
        _run(session, recorder, scenario, kind)
    except NotPossible:
        is_made = any(made.kind.item_path == kind.item_path for made in recorder.made)
        bodies = recorder.bodies
        others = (bodies.exemplify, bodies.observe, bodies.postpone, bodies.forget_observed)
        if is_made or not any(use_others(kind) for use_others in others):
            raise
        _attempt(session, recorder, scenario, kind)


def _run(session: Session, recorder: Recorder, scenario: Scenario, kind: Kind) -> None:
    """Run a scenario; what it shows counts if it shows again."""
    first, recording = _record(session, recorder, scenario, kind)
    if not first:
        return
    recorder.settle = session.options.settle
    try:
        second, _ = _record(session, recorder, scenario, kind)
    finally:
        recorder.settle = 0.0
    again = {(problem.rule, problem.key) for problem in second}
    for problem in first:
        if (problem.rule, problem.key) in again:
            session.occurrences.append(occurrence(problem, recording))


def _record(session: Session, recorder: Recorder, scenario: Scenario, kind: Kind) -> tuple[list[Problem], Recording]:
    """Run a scenario: its problems, and the recording, which the failures of single responses have by then as well."""
    recorder.steps, recorder.made = [], []
    before = len(session.occurrences)
    problems: dict[tuple[str, str, str], Problem] = {}
    try:
        for problem in problems_of(scenario, Scene(recorder, kind)):
            # Several wrong values of one part of a body are one finding, but each of them may be read later.
            value = problem.message if problem.part else ""
            problems.setdefault((problem.rule, problem.key, value), problem)
    finally:
        for step in recorder.steps:
            session.count(step.interaction, step.checked)
        recorder.clean_up()
    recording = Recording(scenario.__name__, kind.item_path, tuple(recorder.steps))
    session.occurrences[before:] = [replace(one, recording=recording) for one in session.occurrences[before:]]
    return list(problems.values()), recording


def problems_of(scenario: Scenario, scene: Scene) -> Iterator[Problem]:
    """What a scenario shows, with all steps that it takes to show it."""
    yield from map(scene.with_creations, scenario(scene))
    yield from shared_etags.found(scene.recorder)


def occurrence(problem: Problem, recording: Recording | None = None) -> Occurrence:
    """A problem of a sequence as an occurrence of its rule."""
    shown = problem.steps[-1]
    item = shown.interaction
    key = problem.key if problem.is_shared else f"{problem.key} of {item.operation.id}"
    at_fault = problem.at_fault.interaction.operation
    violation = Violation(
        problem.rule,
        problem.message,
        f"{at_fault.pointer}/responses",
        key,
        expected=problem.expected,
        actual=problem.actual,
        part=problem.part,
        operation=at_fault.id if problem.at_fault is not shown else "",
        special=problem.special,
    )
    steps = tuple((step.label, step.interaction) for step in needed(problem.steps))
    return Occurrence(violation, item, steps=steps, recording=recording)
