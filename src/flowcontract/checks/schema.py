"""Whether the body is what the schema and the invariants say."""

from collections.abc import Iterator

from flowcontract.checks.content import owed
from flowcontract.checks.interaction import Context, Interaction, NotStrict, Violation, parse
from flowcontract.openapi import runtime_expressions


def schema(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The body is what the schema says, formats included; one finding for each keyword that is broken."""
    # A method that is not the operation's own has its 405 only where one is documented, not by `default`.
    told = owed(interaction) or (interaction.status == 405 and "405" in interaction.operation.responses)
    if not told or interaction.exchange.request.method == "HEAD" or interaction.content is None:
        return
    media = interaction.media
    if media is None or not interaction.is_json or not interaction.response.body:
        return
    seen = set()
    for error in media.errors(interaction.json):
        finding = f"{error.pointer} {error.message if error.keyword == 'required' else ''}".strip()
        if finding not in seen:
            seen.add(finding)
            where = error.instance or "the body"
            yield Violation(
                "schema-violation", f"{where}: {error.message}.", error.pointer, finding, actual=interaction.json
            )


def integer(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A number that the schema calls an integer is written without a fraction."""
    if not owed(interaction) or interaction.media is None or not interaction.is_json or not interaction.content:
        return
    if interaction.exchange.request.method == "HEAD":
        return
    try:
        nudged = parse(interaction.content, nudge=True)
    except NotStrict:
        return
    if nudged == interaction.json:
        return
    for error in interaction.media.errors(nudged):
        if error.keyword == "type":
            yield Violation(
                "fractional-integer",
                f"{error.instance}: an integer was expected; one with a fraction came.",
                error.pointer,
                error.pointer,
                actual=interaction.json,
            )


def invariants(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Each relation that the contract states between request and answer holds."""
    if not owed(interaction) or interaction.exchange.request.method == "HEAD" or interaction.content is None:
        return
    for invariant in interaction.operation.invariants:
        if invariant.status not in (str(interaction.status), f"{interaction.status // 100}XX"):
            continue
        try:
            left = runtime_expressions.value(invariant.left, interaction.scene)
            right = runtime_expressions.value(invariant.right, interaction.scene)
        except LookupError:
            yield Violation(
                "invariant-violation",
                f"{invariant.name}: a side of it is missing.",
                invariant.pointer,
                invariant.pointer,
                actual=interaction.json,
            )
            continue
        if not runtime_expressions.equal(left, right):
            yield Violation(
                "invariant-violation",
                f"{invariant.name}: {invariant.left} should equal {invariant.right}.",
                invariant.pointer,
                invariant.pointer,
                expected=right,
                actual=left,
            )


def consistent(context: Context, interaction: Interaction) -> bool:
    """Whether a success is about the key that was asked for, as far as the contract can tell."""
    if interaction.media is None or not interaction.operation.invariants or interaction.json_error:
        return False
    return not any((*schema(context, interaction), *invariants(context, interaction)))
