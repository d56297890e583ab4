"""Run a scenario again: for a finding with fewer requests, and for the replay of a finding."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Violation
from flowcontract.checks.steps import Recording, Step, needed
from flowcontract.engine.phases import sequences
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.rerun import Diverged, Rerun
from flowcontract.engine.phases.sequences.resources import NotPossible, RunOver
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.session import Session
from flowcontract.generation.sequences.kinds import kinds

_WRITES = (1, 3)
"""Numbers of requests before that changed something, of which few are tried before all."""


def reduced(session: Session, occurrence: Occurrence, most: int) -> Occurrence:
    """The occurrence with the fewest requests that show it again; with all that changed something where none do.

    What the steps need is tried first, then the last requests before that changed something, then everything. `most`:
    requests that may be sent.
    """
    recording = occurrence.recording
    if recording is None:
        return occurrence
    positions = {id(step.interaction): position for position, step in enumerate(recording.steps)}
    last = positions.get(id(occurrence.interaction), len(recording.steps) - 1)
    shown = {positions[id(item)] for _, item in occurrence.steps if id(item) in positions} | {last}
    writes = [n for n, step in enumerate(recording.steps[:last]) if step.ok and not step.is_safe and n not in shown]
    chosen = [_with_needs(recording, shown | set(writes[-count:] if count else ())) for count in (0, *_WRITES)]
    chosen.append(_with_needs(recording, shown | set(writes)))
    until = len(session.sender.sent) + most
    attempts: list[tuple[int, Rerun | None]] = [
        (len(kept), Rerun(recording.steps, kept)) for kept in dict.fromkeys(chosen)
    ]
    # What comes after the last step may be what the rule needs to be sure, such as a list that is read once more.
    attempts.append((len(recording.steps), None))
    for requests, rerun in attempts:
        if session.is_over or len(session.sender.sent) + requests > until:
            continue
        if found := _shown_by(session, occurrence, rerun):
            spare = sorted(rerun.again - chosen[0]) if rerun else []
            return _without(session, occurrence, found, rerun, spare, until) if rerun and len(spare) > 1 else found
    steps = [recording.steps[position] for position in sorted(chosen[-1])]
    return replace(occurrence, steps=tuple((step.label, step.interaction) for step in steps))


def _without(
    session: Session, occurrence: Occurrence, found: Occurrence, rerun: Rerun, spare: Sequence[int], until: int
) -> Occurrence:
    """The occurrence again, without those of some spare steps that it does not need."""
    for position in spare:
        fewer = Rerun(rerun.before, rerun.again - {position})
        if session.is_over or len(session.sender.sent) + len(fewer.again) > until:
            break
        if smaller := _shown_by(session, occurrence, fewer):
            found, rerun = smaller, fewer
    return found


def _with_needs(recording: Recording, positions: Set[int]) -> frozenset[int]:
    """The positions of steps, and of those that they were made from."""
    at = {id(step.interaction): position for position, step in enumerate(recording.steps)}
    steps = needed(tuple(recording.steps[position] for position in sorted(positions)))
    return frozenset(at[id(step.interaction)] for step in steps if id(step.interaction) in at)


def _shown_by(session: Session, occurrence: Occurrence, rerun: Rerun | None) -> Occurrence | None:
    """The occurrence again, with some of the steps alone, or with all that change something."""
    recording = occurrence.recording
    assert recording is not None
    run = ScenarioRun(session, recording.scenario, recording.kind, rerun)
    for found in run.occurrences:
        if is_same(found.violation, occurrence.violation) and found.interaction.operation == (
            occurrence.interaction.operation
        ):
            steps = run.sent_until(found) if rerun else run.needed_for(found)
            labeled = tuple((step.label, step.interaction) for step in steps)
            return replace(found, steps=labeled, recording=recording, is_confirmed=True)
    return None


def is_same(violation: Violation, before: Violation) -> bool:
    """Whether a violation is the one from before, in whichever item of a list."""
    parts = {re.sub(r"/\d+(?=/|$)", "/…", one.part) for one in (violation, before)}
    return (violation.rule, violation.group_key) == (before.rule, before.group_key) and len(parts) == 1


@dataclass(slots=True)
class ScenarioRun:
    """One run of a scenario, outside of its phase: what it shows adds nothing to the session."""

    occurrences: tuple[Occurrence, ...]
    steps: tuple[Step, ...]
    """The steps that were sent, those of the cleaning up among them."""
    problem: str
    """Why the scenario did not come to its end; empty if it did."""
    is_over: bool
    """Whether that is because the server does not respond any more, or the time limit is reached."""

    def __init__(self, session: Session, scenario: str, kind: str, rerun: Rerun | None = None) -> None:
        self.problem, self.is_over = "", False
        found = kinds(session.selection.operations, session.options.pairs)
        recorder = Recorder(session, found, rerun, number=len(session.sender.sent))
        recorder.settle = session.options.settle
        before = len(session.occurrences)
        shown: list[Occurrence] = []
        try:
            for one in _problems(recorder, scenario, kind, rerun):
                shown.append(one)  # noqa: PERF402  one by one: what was shown before an error counts.
        except (NotPossible, Diverged) as error:
            self.problem = str(error)
        except RunOver:
            self.problem, self.is_over = "the server does not respond, or the time limit is reached", True
        finally:
            recorder.clean_up()
        known = {id(step) for step in rerun.before} if rerun else set()
        self.steps = tuple(step for step in recorder.steps if id(step) not in known)
        self.occurrences = (*shown, *session.occurrences[before:])
        del session.occurrences[before:]

    def sent_until(self, occurrence: Occurrence) -> Iterator[Step]:
        """The steps that were sent until the one that shows something."""
        for step in self.steps:
            yield step
            if step.interaction is occurrence.interaction:
                return

    def needed_for(self, occurrence: Occurrence) -> Iterator[Step]:
        """The steps that an occurrence was made from, and every change before it."""
        own = {id(item) for _, item in occurrence.steps}
        for step in self.sent_until(occurrence):
            if id(step.interaction) in own or (step.ok and not step.is_safe):
                yield step


def _problems(recorder: Recorder, scenario: str, path: str, rerun: Rerun | None) -> Iterator[Occurrence]:
    """What a scenario shows; of one that runs again in part, what only the steps show that were sent."""
    run = next((one for one in sequences.SCENARIOS if one.__name__ == scenario), None)
    kind = next((one for one in recorder.kinds if one.item_path == path), None)
    if run is None or kind is None:
        raise NotPossible(f"no sequence {scenario!r} with {path} is known")
    known = {id(step.interaction) for step in rerun.before} if rerun else set()
    for problem in sequences.problems_of(run, Scene(recorder, kind)):
        if not any(id(step.interaction) in known for step in problem.steps):
            yield sequences.occurrence(problem)
