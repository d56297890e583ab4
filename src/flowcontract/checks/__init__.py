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

STAGES: tuple[tuple[tuple[Check, tuple[str, ...]], ...], ...] = (
    ((transport.response_received, ("no-response",)),),
    ((transport.no_server_error, ("server-error",)),),
    (
        (transport.content_length, ("content-length-mismatch",)),
        (leaks.credentials, ("credential-leak",)),
    ),
    ((status.status, ()),),  # Its rules depend on what the probe expects.
    (
        (leaks.internals, ("information-disclosure",)),
        (leaks.reflection, ("reflected-input", "echoed-resource-id")),
        (leaks.existence, ("resource-enumeration",)),
    ),
    (
        (
            content.headers,
            (
                "duplicate-header",
                "missing-http-header",
                "missing-challenge",
                "incomplete-allow-header",
                "invalid-response-header",
            ),
        ),
        (content.content_type, ("undocumented-content-type", "unexpected-body")),
        (content.charset, ("wrong-charset",)),
        (content.content_encoding, ("unexpected-content-encoding",)),
    ),
    ((content.strict_json, ("invalid-json",)),),
    ((schema.schema, ("schema-violation",)),),
    (
        (schema.integers, ("fractional-integer",)),
        (schema.invariants, ("invariant-violation",)),
    ),
    ((transport.response_time, ("slow-response",)),),
)
"""Each check with the rules that it is about."""


def check_response(
    context: Context, interaction: Interaction, counts: Counter[str] | None = None
) -> tuple[Violation, ...]:
    """All violations of the first stage that finds any in one response.

    `counts`, if given, counts how often each rule was checked. A response that asks for fewer requests is not checked:
    it says nothing about the operation.
    """
    if interaction.exchange.response is not None and interaction.is_rate_limited:
        return ()
    violations: tuple[Violation, ...] = ()
    for stage in STAGES:
        if stage is not STAGES[0] and interaction.exchange.response is None:
            break
        if counts is not None:
            for _, rules in stage:
                counts.update(rules or status.RULES[interaction.probe.expect])
        violations = tuple(violation for check, _ in stage for violation in check(context, interaction))
        if violations:
            break
    interaction.release()
    return violations
