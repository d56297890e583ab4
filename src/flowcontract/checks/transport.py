"""Whether an answer came, whole, in time, and not as a failure of the server."""

from collections.abc import Iterator

from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.checks.probe import Expect

_WORDS = {
    "timeout": "none came within the time a request may take",
    "refused": "the connection was refused",
    "reset": "the connection was reset",
    "closed": "the connection was closed without an answer",
}


def arrives(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """An answer comes at all, and on the first time of asking."""
    error = interaction.exchange.error
    if interaction.exchange.retried == "reset" and not error and not context.hangs_up:
        error = "reset"
    if error:
        came = _WORDS.get(error, f"what came is no HTTP ({error.removeprefix('garbage: ')})")
        kind = error.partition(":")[0]
        yield Violation("no-response", f"An answer was expected; {came}.", interaction.operation.pointer, kind)


def whole(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Neither fewer nor more bytes come than were announced."""
    pointer = interaction.operation.pointer
    if not interaction.response.complete:
        promised = interaction.response.header("Content-Length") or "the end of the last chunk"
        yield Violation(
            "content-length-mismatch",
            f"{promised} bytes were announced; {len(interaction.response.body)} came.",
            pointer,
            "cut",
        )
    if interaction.response.header("Transfer-Encoding") and interaction.response.header("Content-Length"):
        yield Violation(
            "content-length-mismatch",
            "One way to tell the length was expected; Content-Length came beside Transfer-Encoding.",
            pointer,
            "two lengths",
        )
    if interaction.response.surplus:
        method = interaction.exchange.request.method
        after = "HEAD has no content" if method == "HEAD" else "nothing was expected after the announced length"
        yield Violation(
            "content-length-mismatch",
            f"{after}; {interaction.response.surplus[:40]!r} came.",
            pointer,
            f"surplus after {method == 'HEAD'}",
        )


def no_server_error(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No 5xx; only a method that nobody has to know may be answered with 501."""
    status, probe = interaction.status, interaction.probe
    if status < 500 or (status == 501 and (probe.expect is Expect.FREE or 501 in probe.tolerated)):
        return
    yield Violation(
        "server-error",
        f"No failure of the server was expected; {status} came.",
        interaction.operation.pointer + "/responses",
        str(status),
    )


def in_time(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """An answer comes within the bound for this target."""
    elapsed = interaction.response.elapsed
    if elapsed > context.bound:
        yield Violation(
            "slow-response",
            f"An answer within {context.bound:.1f} s was expected; it took {elapsed:.1f} s.",
            interaction.operation.pointer,
            "slow",
        )
