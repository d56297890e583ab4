"""Reads of all scenarios: what changes in a representation changes its ETag."""

from collections.abc import Iterator
from dataclasses import replace

from flowcontract.checks.sequences import conditions
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.recorder import Recorder


def found(recorder: Recorder) -> Iterator[Problem]:
    """Other content with the same ETag after a change, in the reads of the scenario that has just run.

    Two more reads tell what changes without one, where the scenario has no such reads and what it read is still there.
    """
    before = recorder.rerun.before if recorder.rerun is not None else ()
    known = {id(step) for step in before}
    for shared in list(conditions.shared_etags([step for step in recorder.steps if id(step) not in known])):
        if not shared.quiet:
            one, other = _again(recorder, shared.after), _again(recorder, shared.after)
            if not all(_is_alike(shared.after, step) for step in (one, other)):
                continue
            shared = replace(shared, quiet=((one, other),))
        if shared.is_possible:
            yield from conditions.etag_changes(shared.before, shared.change, shared.after, shared.by_itself())


def _again(recorder: Recorder, read: Step) -> Step:
    item = read.interaction
    query = dict(item.request.parameters)
    return recorder.send(item.operation, item.probe.values or {}, "read it again", query=query, needs=read.needs)


def _is_alike(read: Step, again: Step) -> bool:
    """Whether a request is the same, and its response one that can be compared."""
    one, other = read.interaction.request, again.interaction.request
    is_same = (one.target, one.headers) == (other.target, other.headers)
    return is_same and again.status == 200 and type(again.body) is type(read.body)
