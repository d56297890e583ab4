"""The last page of a list before the run creates anything: the same request then shows the same on a fresh server."""

from dataclasses import replace

from flowcontract.checks import check_response, relations
from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Interaction
from flowcontract.engine.session import Session
from flowcontract.generation.probes import phases


def check_last_page(session: Session, success: Interaction) -> None:
    """Request the last page of a list that was just read for the first time, in a run that creates items.

    The probes of a run that only reads do the same later.
    """
    operation = success.operation
    if not session.options.allow_unsafe or operation.method != "GET" or session.is_over:
        return
    if session.resources.created.has_any_in(operation):
        return
    of_base = check_response(session.context, success)
    for probe in phases.last_page(session.context_of(operation)):
        page = replace(probe, name=f"first/the last page of {operation.id}", compare_with=success.probe.name)
        for item in session.send([page]):
            session.interactions.append(item)
            found = [occurrence.violation for occurrence in session.check([item])]
            session.count(item, relations.RULES[item.probe.relation])
            if relations.are_comparable(item, found, of_base):
                session.occurrences += [
                    Occurrence(violation, item, success, is_of_existing=True)
                    for violation in relations.check_pair(item, success, ())
                ]
