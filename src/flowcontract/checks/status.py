"""Whether the status is one that this request may be answered with."""

from collections.abc import Iterator

from flowcontract.checks.interaction import Answered, Context, Finding
from flowcontract.checks.probe import Expect, Relation
from flowcontract.checks.schema import consistent, schema

REFUSALS = (401, 403)


def refusals(answered: Answered) -> tuple[int, ...]:
    """The statuses a refusal may have: the documented ones of 401 and 403, both where the contract has neither."""
    return tuple(status for status in REFUSALS if str(status) in answered.operation.responses) or REFUSALS


def status(context: Context, answered: Answered) -> Iterator[Finding]:
    """The status is one that the part of the probe allows, and documented."""
    yield from _PARTS[answered.probe.expect](context, answered)


def _undocumented(answered: Answered) -> Iterator[Finding]:
    """Where the operation documents no answer at all (OpenAPI 3.1 allows it), or no success, a success may be any."""
    documented = answered.operation.responses
    if not documented or (answered.success and not any(status[0] in "23d" for status in documented)):
        return
    known = ", ".join(answered.operation.responses)
    yield Finding(
        "status-documented",
        f"One of the documented statuses ({known}) was expected; {answered.status} came.",
        answered.operation.pointer + "/responses",
        str(answered.status),
    )


def _tolerated(context: Context, answered: Answered) -> Iterator[Finding]:
    """What a server merely may say; under the published contract alone even that has to be documented."""
    if context.strict and not answered.documented and not _by_a_router(answered):
        yield from _undocumented(answered)


def _by_a_router(answered: Answered) -> bool:
    """Redirects and limits of the HTTP layer are not the operation's."""
    return 300 <= answered.status < 400 or answered.status in (413, 414, 431, 501)


def _success(context: Context, answered: Answered) -> Iterator[Finding]:
    probe, code = answered.probe, answered.status
    responses = answered.operation.pointer + "/responses"
    # Where no 2xx is documented, a documented redirect is what a good request gets.
    redirects = answered.operation.success() is None and 300 <= code < 400
    if answered.documented and (answered.success or redirects):
        return
    if code in probe.tolerated:
        yield from _tolerated(context, answered)
    elif not answered.documented:
        yield from _undocumented(answered)
    elif probe.relation is Relation.SAME:
        yield Finding(
            "ignored-input", f"The same answer as without it was expected; {code} came.", responses, str(code)
        )
    elif code == 404 and probe.values:
        yield Finding("key-found", "This key was named as one that exists; 404 came.", responses, "404")
    else:
        yield Finding("caller-served", f"A documented success was expected; {code} came.", responses, str(code))


def _missing(context: Context, answered: Answered) -> Iterator[Finding]:
    probe, code = answered.probe, answered.status
    responses = answered.operation.pointer + "/responses"
    if answered.success:
        # Without a documented way to say that nothing is there, a path parameter may be no key: any value is good.
        deniable = (context.strict or answered.operation.response(404) is not None) and not _serves_any_key(
            context, answered
        )
        if deniable and not (probe.plausible and consistent(context, answered)):
            yield Finding(
                "key-unknown",
                f"There is no such key, so 404 was expected; {code} came.",
                responses,
                "success",
                actual=answered.json,
            )
    elif code == 404:
        if not answered.documented:
            yield from _undocumented(answered)
    elif code in probe.tolerated:
        yield from _tolerated(context, answered)
    elif not answered.documented:
        yield from _undocumented(answered)
    else:
        yield Finding("key-unknown", f"There is no such key, so 404 was expected; {code} came.", responses, str(code))


def _serves_any_key(context: Context, answered: Answered) -> bool:
    """Whether the target is a mock of ours that was told of no keys: without examples that name some, all exist."""
    return context.target.any_key and not answered.operation.example_path_values()


def _refused(context: Context, answered: Answered) -> Iterator[Finding]:
    code, wanted = answered.status, refusals(answered)
    responses = answered.operation.pointer + "/responses"
    words = " or ".join(map(str, wanted))
    if answered.success or code == 304:
        yield Finding(
            "right-required",
            f"A refusal ({words}) was expected; {code} came.",
            answered.operation.pointer + "/security",
            "served",
            actual=answered.json,
        )
    elif code in answered.probe.tolerated:
        yield from _tolerated(context, answered)
    elif code in wanted:
        # Where an operation asks for credentials and documents nothing but success, no right server could refuse.
        if not answered.documented and (context.strict or answered.operation.documents_client_errors):
            yield from _undocumented(answered)
    else:
        yield Finding("refusal-as-documented", f"A refusal ({words}) was expected; {code} came.", responses, str(code))


def _method(context: Context, answered: Answered) -> Iterator[Finding]:
    probe, code, method = answered.probe, answered.status, answered.exchange.request.method
    path = answered.operation.pointer.rpartition("/")[0]
    if not answered.exchange.response:
        return
    if answered.success:
        yield Finding(
            "method-refused", f"The contract has no {method} here, so 405 was expected; {code} came.", path, "success"
        )
    elif code == 405:
        if context.strict and not answered.documented:
            yield from _undocumented(answered)
    elif code not in (*REFUSALS, *probe.tolerated):
        yield Finding("method-not-allowed", f"405 was expected for {method}; {code} came.", path, str(code))


def _shadowed(context: Context, answered: Answered) -> Iterator[Finding]:
    if answered.status == 404:
        if not answered.documented:
            yield from _undocumented(answered)
        return
    about = consistent if answered.operation.invariants else _valid
    if not (answered.success and answered.documented and about(context, answered)):
        yield Finding(
            "key-shadowed",
            f"The thing with this key or 404 was expected; another route answered ({answered.status}).",
            answered.operation.pointer,
            "another route",
            actual=answered.json,
        )


def _valid(context: Context, answered: Answered) -> bool:
    return not any(schema(context, answered))


def _any(context: Context, answered: Answered) -> Iterator[Finding]:
    if not answered.exchange.response:
        return
    if answered.status in answered.probe.tolerated:
        yield from _tolerated(context, answered)
    elif not answered.documented:
        yield from _undocumented(answered)


def _free(_context: Context, answered: Answered) -> Iterator[Finding]:
    """No answer is owed; but data must not be found here."""
    if answered.operation.is_open or not answered.success or answered.probe.group == "discovery":
        return
    success = answered.operation.success()
    media = success.media_for(answered.content_type) if success else None
    found = media is not None and media.is_json and isinstance(answered.json, dict) and media.is_valid(answered.json)
    if found and answered.with_credentials:
        yield Finding(
            "key-unknown",
            f"Nothing was expected where no key is; {answered.status} came with something.",
            answered.operation.pointer + "/responses",
            "success",
            actual=answered.json,
        )
    elif found:
        yield Finding(
            "right-required",
            f"Nobody's data was expected without credentials; {answered.status} came with it.",
            answered.operation.pointer + "/security",
            "served",
            actual=answered.json,
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
