"""The checks: small functions from a response to the rules that it violates.

The stages go from the outside in. A stage that finds a violation ends the check of that response, so that one defect is
reported once: a body that is not JSON has no schema to violate.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from flowcontract.checks import content, leaks, schema, status, transport
from flowcontract.checks.interaction import Context, Interaction, Violation

__all__ = ["STAGES", "Context", "Interaction", "Violation", "check_response"]

Check = Callable[[Context, Interaction], Iterator[Violation]]

STAGES: tuple[tuple[Check, ...], ...] = (
    (transport.response_received,),
    (transport.no_server_error,),
    (transport.content_length, leaks.credentials),
    (status.status,),
    (leaks.internals, leaks.reflection, leaks.existence),
    (content.headers, content.content_type, content.charset, content.content_encoding),
    (content.strict_json,),
    (schema.schema,),
    (schema.integers, schema.invariants),
    (transport.response_time,),
)


def check_response(
    context: Context, interaction: Interaction, counts: Counter[str] | None = None
) -> tuple[Violation, ...]:
    """All violations of the first stage that finds any in one response.

    `counts`, if given, counts how often each check ran.
    """
    for stage in STAGES:
        if stage is not STAGES[0] and interaction.exchange.response is None:
            return ()
        if counts is not None:
            counts.update(check.__name__.replace("_", " ") for check in stage)
        violations = tuple(violation for check in stage for violation in check(context, interaction))
        if violations:
            return violations
    return ()
