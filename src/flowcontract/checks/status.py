"""Whether the status is one that this request may be answered with."""

from collections.abc import Iterator

from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.checks.probe import Expect, Relation
from flowcontract.checks.schema import consistent, schema

REFUSALS = (401, 403)


def refusals(interaction: Interaction) -> tuple[int, ...]:
    """The statuses a refusal may have: the documented ones of 401 and 403, both where the contract has neither."""
    return tuple(status for status in REFUSALS if str(status) in interaction.operation.responses) or REFUSALS


def status(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The status is one that the part of the probe allows, and documented."""
    yield from _PARTS[interaction.probe.expect](context, interaction)


def _undocumented(interaction: Interaction) -> Iterator[Violation]:
    """Where the operation documents no answer at all (OpenAPI 3.1 allows it), or no success, a success may be any."""
    documented = interaction.operation.responses
    if not documented or (interaction.success and not any(status[0] in "23d" for status in documented)):
        return
    known = ", ".join(interaction.operation.responses)
    yield Violation(
        "undocumented-status-code",
        f"One of the documented statuses ({known}) was expected; {interaction.status} came.",
        interaction.operation.pointer + "/responses",
        str(interaction.status),
    )


def _tolerated(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """What a server merely may say; under the published contract alone even that has to be documented."""
    if context.strict and not interaction.documented and not _by_a_router(interaction):
        yield from _undocumented(interaction)


def _by_a_router(interaction: Interaction) -> bool:
    """Redirects and limits of the HTTP layer are not the operation's."""
    return 300 <= interaction.status < 400 or interaction.status in (413, 414, 431, 501)


def _success(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code = interaction.probe, interaction.status
    responses = interaction.operation.pointer + "/responses"
    # Where no 2xx is documented, a documented redirect is what a good request gets.
    redirects = interaction.operation.success() is None and 300 <= code < 400
    if interaction.documented and (interaction.success or redirects):
        return
    if code in probe.tolerated:
        yield from _tolerated(context, interaction)
    elif not interaction.documented:
        yield from _undocumented(interaction)
    elif probe.relation is Relation.SAME:
        yield Violation(
            "undocumented-input-effect",
            f"The same answer as without it was expected; {code} came.",
            responses,
            str(code),
        )
    elif code == 404 and probe.values:
        yield Violation(
            "existing-resource-not-found", "This key was named as one that exists; 404 came.", responses, "404"
        )
    else:
        yield Violation(
            "valid-request-rejected", f"A documented success was expected; {code} came.", responses, str(code)
        )


def _missing(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code = interaction.probe, interaction.status
    responses = interaction.operation.pointer + "/responses"
    if interaction.success:
        # Without a documented way to say that nothing is there, a path parameter may be no key: any value is good.
        deniable = (context.strict or interaction.operation.response(404) is not None) and not _serves_any_key(
            context, interaction
        )
        if deniable and not (probe.plausible and consistent(context, interaction)):
            yield Violation(
                "nonexistent-resource-found",
                f"There is no such key, so 404 was expected; {code} came.",
                responses,
                "success",
                actual=interaction.json,
            )
    elif code == 404:
        if not interaction.documented:
            yield from _undocumented(interaction)
    elif code in probe.tolerated:
        yield from _tolerated(context, interaction)
    elif not interaction.documented:
        yield from _undocumented(interaction)
    else:
        yield Violation(
            "nonexistent-resource-found",
            f"There is no such key, so 404 was expected; {code} came.",
            responses,
            str(code),
        )


def _serves_any_key(context: Context, interaction: Interaction) -> bool:
    """Whether the target is a mock of ours that was told of no keys: without examples that name some, all exist."""
    return context.target.any_path_value and not interaction.operation.example_path_values()


def _refused(context: Context, interaction: Interaction) -> Iterator[Violation]:
    code, wanted = interaction.status, refusals(interaction)
    responses = interaction.operation.pointer + "/responses"
    words = " or ".join(map(str, wanted))
    if interaction.success or code == 304:
        yield Violation(
            "missing-authorization-check",
            f"A refusal ({words}) was expected; {code} came.",
            interaction.operation.pointer + "/security",
            "served",
            actual=interaction.json,
        )
    elif code in interaction.probe.tolerated:
        yield from _tolerated(context, interaction)
    elif code in wanted:
        # Where an operation asks for credentials and documents nothing but success, no right server could refuse.
        if not interaction.documented and (context.strict or interaction.operation.documents_client_errors):
            yield from _undocumented(interaction)
    else:
        yield Violation(
            "undocumented-denial-status", f"A refusal ({words}) was expected; {code} came.", responses, str(code)
        )


def _method(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code, method = interaction.probe, interaction.status, interaction.exchange.request.method
    path = interaction.operation.pointer.rpartition("/")[0]
    if not interaction.exchange.response:
        return
    if interaction.success:
        yield Violation(
            "undocumented-method-accepted",
            f"The contract has no {method} here, so 405 was expected; {code} came.",
            path,
            "success",
        )
    elif code == 405:
        if context.strict and not interaction.documented:
            yield from _undocumented(interaction)
    elif code not in (*REFUSALS, *probe.tolerated):
        yield Violation("unexpected-method-status", f"405 was expected for {method}; {code} came.", path, str(code))


def _shadowed(context: Context, interaction: Interaction) -> Iterator[Violation]:
    if interaction.status == 404:
        if not interaction.documented:
            yield from _undocumented(interaction)
        return
    about = consistent if interaction.operation.invariants else _valid
    if not (interaction.success and interaction.documented and about(context, interaction)):
        yield Violation(
            "route-conflict",
            f"The thing with this key or 404 was expected; another route answered ({interaction.status}).",
            interaction.operation.pointer,
            "another route",
            actual=interaction.json,
        )


def _valid(context: Context, interaction: Interaction) -> bool:
    return not any(schema(context, interaction))


def _any(context: Context, interaction: Interaction) -> Iterator[Violation]:
    if not interaction.exchange.response:
        return
    if interaction.status in interaction.probe.tolerated:
        yield from _tolerated(context, interaction)
    elif not interaction.documented:
        yield from _undocumented(interaction)


def _free(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No answer is owed; but data must not be found here."""
    if interaction.operation.is_open or not interaction.success or interaction.probe.group == "discovery":
        return
    success = interaction.operation.success()
    media = success.media_for(interaction.content_type) if success else None
    found = (
        media is not None and media.is_json and isinstance(interaction.json, dict) and media.is_valid(interaction.json)
    )
    if found and interaction.with_credentials:
        yield Violation(
            "nonexistent-resource-found",
            f"Nothing was expected where no key is; {interaction.status} came with something.",
            interaction.operation.pointer + "/responses",
            "success",
            actual=interaction.json,
        )
    elif found:
        yield Violation(
            "missing-authorization-check",
            f"Nobody's data was expected without credentials; {interaction.status} came with it.",
            interaction.operation.pointer + "/security",
            "served",
            actual=interaction.json,
        )


_PARTS = {
    Expect.SUCCESS: _success,
    Expect.MISSING: _missing,
    Expect.REFUSED: _refused,
    Expect.METHOD: _method,
    Expect.SHADOWED: _shadowed,
    Expect.ANY: _any,
    Expect.FREE: _free,
}
