"""Whether an answer came, whole, in time, and not as a failure of the server."""

from collections.abc import Iterator

from flowcontract.checks.interaction import Answered, Context, Finding
from flowcontract.checks.probe import Expect

_WORDS = {
    "timeout": "none came within the time a request may take",
    "refused": "the connection was refused",
    "reset": "the connection was reset",
    "closed": "the connection was closed without an answer",
}


def arrives(context: Context, answered: Answered) -> Iterator[Finding]:
    """An answer comes at all, and on the first time of asking."""
    error = answered.exchange.error
    if answered.exchange.retried == "reset" and not error and not context.hangs_up:
        error = "reset"
    if error:
        came = _WORDS.get(error, f"what came is no HTTP ({error.removeprefix('garbage: ')})")
        kind = error.partition(":")[0]
        yield Finding("answer-arrives", f"An answer was expected; {came}.", answered.operation.pointer, kind)


def whole(_context: Context, answered: Answered) -> Iterator[Finding]:
    """Neither fewer nor more bytes come than were announced."""
    pointer = answered.operation.pointer
    if not answered.response.complete:
        promised = answered.response.header("Content-Length") or "the end of the last chunk"
        yield Finding(
            "answer-whole", f"{promised} bytes were announced; {len(answered.response.body)} came.", pointer, "cut"
        )
    if answered.response.header("Transfer-Encoding") and answered.response.header("Content-Length"):
        yield Finding(
            "answer-whole",
            "One way to tell the length was expected; Content-Length came beside Transfer-Encoding.",
            pointer,
            "two lengths",
        )
    if answered.response.surplus:
        method = answered.exchange.request.method
        after = "HEAD has no content" if method == "HEAD" else "nothing was expected after the announced length"
        yield Finding(
            "answer-whole",
            f"{after}; {answered.response.surplus[:40]!r} came.",
            pointer,
            f"surplus after {method == 'HEAD'}",
        )


def no_server_error(_context: Context, answered: Answered) -> Iterator[Finding]:
    """No 5xx; only a method that nobody has to know may be answered with 501."""
    status, probe = answered.status, answered.probe
    if status < 500 or (status == 501 and (probe.expect is Expect.FREE or 501 in probe.tolerated)):
        return
    yield Finding(
        "no-server-error",
        f"No failure of the server was expected; {status} came.",
        answered.operation.pointer + "/responses",
        str(status),
    )


def in_time(context: Context, answered: Answered) -> Iterator[Finding]:
    """An answer comes within the bound for this target."""
    elapsed = answered.response.elapsed
    if elapsed > context.bound:
        yield Finding(
            "in-time",
            f"An answer within {context.bound:.1f} s was expected; it took {elapsed:.1f} s.",
            answered.operation.pointer,
            "slow",
        )
