"""Transport checks: whether a response arrived, complete, in time, and not as a server error."""

from collections.abc import Iterator

from flowcontract.checks import leaks
from flowcontract.checks.interaction import LONE_SURROGATE, Context, Interaction, Violation
from flowcontract.checks.probe import AFTER_HEAD, Expect
from flowcontract.checks.request_validity import invalid_part
from flowcontract.text import one_line, plural

_SLOWER = 20
"""How many times the usual time a response takes where its input is the reason."""
_BLOCKED = 403
"""Status of a firewall."""
_WITHOUT_CONTENT = (204, 304)
"""Statuses whose responses end with the headers (RFC 9112, section 6.3)."""
_SURPLUS_OF_HEAD = "surplus after HEAD"
"""What content in response to HEAD is grouped by, whenever it arrives."""
_NO_STATUS_LINE = "garbage: the first line is"
"""How the error of a response begins that starts with something else."""
_ERRORS = {
    "refused": "connection refused",
    "reset": "connection reset",
    "closed": "a closed connection",
}

_LONG = 100
"""Characters of a resource ID from which on a message counts them."""


def response_received(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A response arrives, at the first attempt."""
    error = interaction.exchange.error
    if interaction.exchange.retried == "reset" and not error and not context.closes_idle_connections:
        error = "reset"
    if error == "timeout":
        limit = f"{context.timeout:g} s (--timeout)" if context.timeout else "the request timeout"
        message = f"Expected a response within {limit}, got none."
        yield Violation("no-response", message, interaction.operation.pointer, error)
    elif error.startswith(_NO_STATUS_LINE) and AFTER_HEAD in interaction.probe.name:
        start = error.removeprefix("garbage: ")
        message = f"Expected no content in response to HEAD, got some before the next response: {start}."
        yield Violation("content-length-mismatch", message, interaction.operation.pointer, _SURPLUS_OF_HEAD)
    elif error:
        problem = _ERRORS.get(error, f"invalid HTTP ({error.removeprefix('garbage: ')})")
        kind = error.partition(":")[0]
        yield Violation("no-response", f"Expected a response, got {problem}.", interaction.operation.pointer, kind)


def content_length(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """As many bytes arrive as announced, no fewer and no more."""
    pointer, response = interaction.operation.pointer, interaction.response
    if response.cut:
        return  # We stopped reading; nothing is missing.
    if not response.complete:
        announced = response.header("Content-Length")
        expected = f"{announced} bytes, as Content-Length says" if announced else "the end of the last chunk"
        message = f"Expected {expected}, got a response that ended after {plural(len(response.body), 'byte')}."
        yield Violation("content-length-mismatch", message, pointer, "cut")
    if response.header("Transfer-Encoding") and response.header("Content-Length"):
        message = "Expected either Content-Length or Transfer-Encoding, got both."
        yield Violation("content-length-mismatch", message, pointer, "two lengths")
    if ",".join(response.header_values("Transfer-Encoding")).lower().count("chunked") > 1:
        message = "Expected chunked only once in Transfer-Encoding, got it several times."
        yield Violation("content-length-mismatch", message, pointer, "chunked twice")
    if response.surplus:
        is_head = interaction.request.method == "HEAD"
        expected = "no content in response to HEAD" if is_head else "nothing after the announced length"
        if interaction.status in _WITHOUT_CONTENT:
            expected = f"no content with status {interaction.status}"
        message = f"Expected {expected}, got {shown(response.surplus)}."
        yield Violation("content-length-mismatch", message, pointer, _SURPLUS_OF_HEAD if is_head else "surplus")


def shown(content: bytes) -> str:
    """The beginning of a body in quotes; bytes that are not UTF-8 as escapes."""
    return f'"{one_line(content[:40].decode("utf-8", "backslashreplace"))}"'


def no_server_error(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """No 5xx; only a method that servers need not support may get 501."""
    status, probe = interaction.status, interaction.probe
    unsupported = probe.expect in (Expect.UNSPECIFIED, Expect.METHOD_NOT_ALLOWED) or 501 in probe.tolerated
    if status < 500 or (status == 501 and unsupported):
        return
    if {str(status), "5XX"} & set(interaction.operation.responses) and not _is_for_one_value(context, interaction):
        return  # The contract says so: 553 for a version that is not supported, 503 for maintenance.
    special = "" if not probe.trigger or probe.is_generated else f" for {probe.trigger}"
    if special and len(probe.resource_id) > _LONG:
        special += f" ({len(probe.resource_id):,} characters)"

    if not special and probe.expect is Expect.NOT_FOUND and probe.values:
        special = f" for an unknown resource ID, {shown(probe.resource_id.encode())}"
    if probe.is_generated:
        special = _generated_input(interaction)
    elif not special and interaction.unusual_accept:
        special = f" for Accept: {interaction.unusual_accept}"
    yield Violation(
        "server-error",
        f"Expected no server error{special}, got {status}.",
        interaction.operation.pointer + "/responses",
        str(status),
    )


def _is_for_one_value(context: Context, interaction: Interaction) -> bool:
    """Whether a 500 is due to one unusual value, and shows no internals: that would be the finding."""
    is_due = interaction.status == 500 and interaction.probe.is_about_one_value
    return is_due and not any(leaks.internals(context, interaction))


def _generated_input(interaction: Interaction) -> str:
    """What a message says of a generated request: half a character, its invalid part, else its query."""
    if interaction.sent_error == LONE_SURROGATE:
        return f" for a body that {LONE_SURROGATE}"
    if invalid := invalid_part(interaction):
        more = f" ({one_line(invalid.message, 100)})" if invalid.message else ""
        return f" for an invalid {invalid.name}{more}"
    query = interaction.request.query
    return f" for the query {one_line(query, 100)}" if query else ""


def response_time(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The response arrives within the limit for this target, and no unusual input makes it slow."""
    elapsed, probe = interaction.response.elapsed, interaction.probe
    if elapsed > context.max_response_time:
        message = f"Expected a response within {context.max_response_time:g} s, got one after {elapsed:.2f} s."
        # A firewall, or a check of credentials, may take its time on purpose.
        unusual = probe.trigger and not probe.is_generated and probe.expect in (Expect.SUCCESS, Expect.NOT_FOUND)
        rule = "slow-response"
        if unusual and 0 < context.usual_time * _SLOWER < elapsed and interaction.status != _BLOCKED:
            rule = "slow-input"
            message += (
                f" The median of all responses is {context.usual_time:.2f} s. This request contains {probe.trigger}."
            )
        yield Violation(rule, message, interaction.operation.pointer, "slow")
