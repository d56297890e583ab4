"""The checks: small functions from a response to the rules that it violates.

The stages go from the outside in. A stage that finds a violation ends the check of that response, so that one defect is
reported once: a body that is not JSON has no schema to violate. Wrong headers say nothing about the body, and a part
that violates the schema says nothing about the values of the others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from flowcontract.checks import content, instants, leaks, lists, pages, registry, schema, status, transport
from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.checks.valid_parts import SCHEMA
from flowcontract.errors import FlowContractError, UsageError

__all__ = ["STAGES", "Context", "Interaction", "Violation", "add_rule", "check_response", "load_rules"]

Check = Callable[[Context, Interaction], Iterator[Violation]]

_OF_HEADERS = (
    "duplicate-header",
    "missing-http-header",
    "missing-challenge",
    "cacheable-for-others",
    "cross-origin-credentials",
    "incomplete-allow-header",
    "invalid-response-header",
)
"""Rules whose violations do not end the check: the body is another matter."""
_OF_VALUES = ("filter-returns-other-items", "wrong-total", "pages-leave-out-items")
"""Rules that compare values of what matches the schema, whatever else violates it."""
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
        (content.headers, _OF_HEADERS),
        (
            content.content_type,
            ("undocumented-content-type", "missing-body", "undocumented-body", "content-type-without-body"),
        ),
        (content.charset, ("wrong-charset",)),
        (content.content_encoding, ("unexpected-content-encoding",)),
    ),
    ((content.strict_json, ("invalid-json",)),),
    ((schema.schema, ("schema-violation",)),),
    (
        (schema.integers, ("fractional-integer",)),
        (schema.invariants, ("invariant-violation",)),
        (schema.problem_status, ("wrong-problem-status",)),
        (schema.write_only, ("write-only-field-returned",)),
        (instants.same_instants, ("stored-value-differs",)),
        (lists.filtered, ("filter-returns-other-items",)),
        (lists.total_of_page, ("wrong-total",)),
        (pages.stated_pages, ("pages-leave-out-items",)),
    ),
    ((transport.response_time, ("slow-response", "slow-input")),),
)
"""Each check with the rules that it is about."""
_ADDED: dict[str, Check] = {}
"""The checks of users' modules by rule."""


def add_rule(
    name: str, title: str, *, why: str, advice: str, severity: str = "failure"
) -> Callable[[Callable[[Interaction], Iterable[str]]], Callable[[Interaction], Iterable[str]]]:
    """Decorate a function that checks every response of a run: it yields a message for each violation.

    `name` is the ID of the rule, `title` names the failure in a few words, `why` says why it matters, `advice` how to
    fix it, and `severity` is `failure` or `warning`. The function gets an `Interaction`: `operation`, `probe`,
    `exchange.request`, `response` (`status`, `headers`, `header(name)`), `text` and `json`. It is called only where
    there is a response. A module with such functions is named in `flowcontract.toml`: `[gate] plugins = ["module"]`.
    Raises UsageError if there is another rule of this name.
    """
    registry.add(registry.Rule(name, title, why, advice, is_warning=severity == "warning"))

    def decorate(function: Callable[[Interaction], Iterable[str]]) -> Callable[[Interaction], Iterable[str]]:
        def check(_: Context, interaction: Interaction) -> Iterator[Violation]:
            documented = interaction.documented
            pointer = documented.pointer if documented else interaction.operation.pointer
            for message in function(interaction):
                yield Violation(name, message, pointer, name)

        _ADDED[name] = check
        return function

    return decorate


def load_rules(modules: Iterable[str]) -> None:
    """Import modules that add rules. Raises UsageError for one that cannot be imported."""
    for name in modules:
        try:
            import_module(name)
        except FlowContractError:
            raise
        except Exception as error:  # Of any kind: it is the code of a project.
            what = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
            raise UsageError(
                f"cannot import the module {name!r}, which adds rules: {what}.",
                do="Run the command where `[gate] plugins` of flowcontract.toml names it, or install it; on a cluster,"
                " install it on every worker.",
            ) from error


def check_response(
    context: Context, interaction: Interaction, counts: Counter[str] | None = None
) -> tuple[Violation, ...]:
    """All violations of the first stage that finds any in one response, and those of headers before it.

    Where it is the schema, values that match it are checked as well.
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
            expected = status.rules(interaction.probe)
            counts.update(rule for _, rules in stage for rule in rules or expected)
        found = tuple(violation for check, _ in stage for violation in check(context, interaction))
        violations += found
        if any(violation.rule not in _OF_HEADERS for violation in found):
            if any(violation.rule == SCHEMA for violation in found):
                violations += _of_values(context, interaction, counts)
            break
    if interaction.exchange.response is not None:
        violations += tuple(violation for check in _ADDED.values() for violation in check(context, interaction))
        if counts is not None:
            counts.update(_ADDED.keys())
    interaction.release()
    return violations


def _of_values(context: Context, interaction: Interaction, counts: Counter[str] | None) -> tuple[Violation, ...]:
    """What a response that violates its schema violates in the values of other parts."""
    checks = [(check, rules) for stage in STAGES for check, rules in stage if rules and {*rules} <= {*_OF_VALUES}]
    if counts is not None:
        counts.update(rule for _, rules in checks for rule in rules)
    return tuple(violation for check, _ in checks for violation in check(context, interaction))
