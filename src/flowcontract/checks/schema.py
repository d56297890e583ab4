"""Whether the body is what the schema and the invariants say."""

from collections.abc import Iterator

from flowcontract.checks.content import owed
from flowcontract.checks.interaction import Answered, Context, Finding, NotStrict, parse
from flowcontract.openapi import runtime_expressions


def schema(_context: Context, answered: Answered) -> Iterator[Finding]:
    """The body is what the schema says, formats included; one finding for each keyword that is broken."""
    # A method that is not the operation's own has its 405 only where one is documented, not by `default`.
    told = owed(answered) or (answered.status == 405 and "405" in answered.operation.responses)
    if not told or answered.exchange.request.method == "HEAD" or answered.content is None:
        return
    media = answered.media
    if media is None or not answered.is_json or not answered.response.body:
        return
    seen = set()
    for error in media.errors(answered.json):
        cause = f"{error.pointer} {error.message if error.keyword == 'required' else ''}".strip()
        if cause not in seen:
            seen.add(cause)
            where = error.instance or "the body"
            yield Finding("schema", f"{where}: {error.message}.", error.pointer, cause, actual=answered.json)


def integer(_context: Context, answered: Answered) -> Iterator[Finding]:
    """A number that the schema calls an integer is written without a fraction."""
    if not owed(answered) or answered.media is None or not answered.is_json or not answered.content:
        return
    if answered.exchange.request.method == "HEAD":
        return
    try:
        nudged = parse(answered.content, nudge=True)
    except NotStrict:
        return
    if nudged == answered.json:
        return
    for error in answered.media.errors(nudged):
        if error.keyword == "type":
            yield Finding(
                "integer",
                f"{error.instance}: an integer was expected; one with a fraction came.",
                error.pointer,
                error.pointer,
                actual=answered.json,
            )


def invariants(_context: Context, answered: Answered) -> Iterator[Finding]:
    """Each relation that the contract states between request and answer holds."""
    if not owed(answered) or answered.exchange.request.method == "HEAD" or answered.content is None:
        return
    for invariant in answered.operation.invariants:
        if invariant.status not in (str(answered.status), f"{answered.status // 100}XX"):
            continue
        try:
            left = runtime_expressions.value(invariant.left, answered.scene)
            right = runtime_expressions.value(invariant.right, answered.scene)
        except LookupError:
            yield Finding(
                "invariant",
                f"{invariant.name}: a side of it is missing.",
                invariant.pointer,
                invariant.pointer,
                actual=answered.json,
            )
            continue
        if not runtime_expressions.equal(left, right):
            yield Finding(
                "invariant",
                f"{invariant.name}: {invariant.left} should equal {invariant.right}.",
                invariant.pointer,
                invariant.pointer,
                expected=right,
                actual=left,
            )


def consistent(context: Context, answered: Answered) -> bool:
    """Whether a success is about the key that was asked for, as far as the contract can tell."""
    if answered.media is None or not answered.operation.invariants or answered.json_error:
        return False
    return not any((*schema(context, answered), *invariants(context, answered)))
