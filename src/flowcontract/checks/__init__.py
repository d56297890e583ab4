"""The checks: one predicate per rule, each a small function from an answer to what it breaks.

The stages go from the outside in. A stage that finds something ends the judgement of that answer, so that
one defect is named once: a body that is no JSON has no schema to break.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from flowcontract.checks import content, leaks, schema, status, transport
from flowcontract.checks.interaction import Context, Interaction, Violation

__all__ = ["STAGES", "Context", "Interaction", "Violation", "check_response"]

Check = Callable[[Context, Interaction], Iterator[Violation]]

STAGES: tuple[tuple[Check, ...], ...] = (
    (transport.arrives,),
    (transport.no_server_error,),
    (transport.whole, leaks.secret),
    (status.status,),
    (leaks.inside, leaks.reflection, leaks.existence),
    (content.headers, content.media_type, content.charset, content.content_encoding),
    (content.json_strict,),
    (schema.schema,),
    (schema.integer, schema.invariants),
    (transport.in_time,),
)


def check_response(
    context: Context, interaction: Interaction, tally: Counter[str] | None = None
) -> tuple[Violation, ...]:
    """Everything the first stage that finds something finds in one answer.

    `tally`, where it is given, counts how often each check was made.
    """
    for stage in STAGES:
        if stage is not STAGES[0] and interaction.exchange.response is None:
            return ()
        if tally is not None:
            tally.update(check.__name__.replace("_", " ") for check in stage)
        found = tuple(violation for check in stage for violation in check(context, interaction))
        if found:
            return found
    return ()
