"""Status checks: whether a conforming server may respond to this request with this status."""

import re
from collections.abc import Iterator, Mapping

from flowcontract.checks import request_validity
from flowcontract.checks.content import is_of_another_route
from flowcontract.checks.findings import SCHEMATHESIS
from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.checks.probe import ANOTHER_USER, Expect, Probe, Relation
from flowcontract.checks.schema import consistent, schema
from flowcontract.openapi.model import ID_NAMES
from flowcontract.openapi.schema_shapes import property_names
from flowcontract.text import one_line, plain_name, plain_number

REJECTED = (400, 422)
"""Statuses with which a server rejects input that it does not know."""
_SHOWN = 200
"""Characters of a reason that a message shows."""
_DISTINCTIVE = 100
"""Bytes of a response from which on hardly any other resource has the same one, even if no ID is in it."""
_TOO_LONG = (414, 431)
"""Statuses of a router's limits: no operation is reached. A page of a proxy is not what clients of an API can read."""
_NOT_ACCEPTABLE = 406
DENIED = (401, 403)
"""Statuses of denied responses."""
_CONFLICTS = (400, 409, 422)
_TAKEN = re.compile(r"\b(?:already|taken|in use|unique|uniqueness|duplicates?|duplicated|exists)\b", re.IGNORECASE)


def says_taken(status: int, text: str) -> bool:
    """Whether a response rejects a value because another resource has it, which no schema can say."""
    return status in _CONFLICTS and _TAKEN.search(text) is not None


def status(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The status is one that the probe expects, and it is documented."""
    yield from _CHECKS[interaction.probe.expect](context, interaction)


def _undocumented(interaction: Interaction) -> Iterator[Violation]:
    """A status that the contract lacks.

    Where an operation documents no response at all (OpenAPI 3.1 allows it), or no success, any success is fine.
    """
    documented = interaction.operation.responses
    if interaction.status in (400, 415) and request_validity.is_unreadable(interaction.request):
        return  # The parser of the framework responds before the operation does.
    asked = interaction.request.header("Range") or ""
    # Only the error is JSON: no file is too short for its beginning.
    is_error = interaction.status == 416 and not asked.startswith("bytes=0-")
    if asked and interaction.status in (206, 416) and (is_error or not interaction.is_json):
        return  # What serves files takes ranges (RFC 9110, section 14), and no operation describes them.
    if interaction.status in _TOO_LONG and interaction.is_json:
        return
    if not documented or (interaction.success and not any(status[0] in "23" for status in documented)):
        return
    known = ", ".join(interaction.operation.responses)
    yield Violation(
        "undocumented-status-code",
        f"Expected a documented status ({known}), got {interaction.status}.",
        interaction.operation.pointer + "/responses",
        str(interaction.status),
    )


def _tolerated(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A status that a server may choose; in strict mode even that must be documented."""
    if context.strict and not interaction.documented and not _by_http_layer(interaction):
        yield from _undocumented(interaction)


def _by_http_layer(interaction: Interaction) -> bool:
    """Whether the HTTP layer or a router sends this status, not the operation: redirects and limits."""
    return 300 <= interaction.status < 400 or interaction.status in (413, 414, 431, 501)


def _success(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code = interaction.probe, interaction.status
    responses = interaction.operation.pointer + "/responses"
    # Where no 2xx is documented, a valid request gets a documented redirect.
    redirects = interaction.operation.success() is None and 300 <= code < 400
    if interaction.documented and (interaction.success or redirects):
        return
    if context.strict and code == 404 and probe.group == "query":
        message = f"Expected the same response as without undocumented parameters, got {code}."
        yield Violation("undocumented-input-effect", message, responses, "query")
    elif code in probe.tolerated:
        yield from _tolerated(context, interaction)
    elif code == 404 and probe.relation is Relation.HEAD and _lacks_405(context, interaction):
        message = f"Expected the status of GET, or 405, for HEAD, got {code}."
        yield Violation("unsupported-method-not-found", message, responses, str(code))
    elif code == 404 and probe.relation is Relation.HEAD:
        return  # A router without HEAD: the relation to GET says so, once for all operations.
    elif not interaction.documented:
        yield from _undocumented(interaction)
    elif probe.group == "query" and code in REJECTED:
        return  # A strict server rejects query parameters that it does not know.
    elif probe.relation is Relation.SAME and code >= 500:
        # Documented or not: without what was added the server responds.
        yield Violation("server-error", f"Expected no server error, got {code}.", responses, str(code))
    elif probe.relation is Relation.SAME:
        message = f"Expected the same response as without the undocumented input, got {code}."
        yield Violation("undocumented-input-effect", message, responses, str(code))
    elif code == 404 and probe.values:
        head = "HEAD of " if interaction.request.method == "HEAD" else ""
        message = f'Expected success for {head}the resource "{one_line(probe.resource_id, 60)}", which exists, got 404.'
        yield Violation("existing-resource-not-found", message, responses, "404")
    else:
        message = f"Expected a documented success, got {_got(interaction)}."
        # Each operation has its own reasons to reject input; credentials and `Accept` are read by shared code.
        key = f"{code} of {interaction.operation.id}" if code in _CONFLICTS else str(code)
        yield Violation("valid-request-rejected", message, responses, key)


def _got(interaction: Interaction) -> str:
    """The status, and what it is about: the credentials or the `Accept` of the request."""
    accept = interaction.request.header("Accept")
    if interaction.status == _NOT_ACCEPTABLE and accept:
        return f'{interaction.status} for "Accept: {one_line(accept, 60)}"'
    is_denied = interaction.status in DENIED and interaction.with_credentials
    return f"{interaction.status} with valid credentials" if is_denied else str(interaction.status)


def _not_found(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code = interaction.probe, interaction.status
    responses = interaction.operation.pointer + "/responses"
    unknown = one_line(probe.resource_id, 60)
    message = f'Expected 404 for the resource ID "{unknown}", which does not exist, got {_got(interaction)}.'
    if interaction.success:
        # Without a documented 404, a path parameter need not be a resource ID: any value may be fine.
        may_be_missing = context.strict or interaction.operation.response(404) is not None
        if not may_be_missing or _serves_any_value(context, interaction) or _says_nothing(interaction):
            return
        if is_of_another_route(interaction) or _is_valid_value(interaction) or _differs_in_case(context, interaction):
            return
        if not (_names_its_format(context, interaction) or _is_another_resource(context, interaction)):
            yield Violation("nonexistent-resource-found", message, responses, "success", actual=interaction.json)
    elif code == 404:
        # A router that cannot read an ID need not reach the operation.
        if not interaction.documented and (context.strict or not probe.odd):
            yield from _undocumented(interaction)
    elif code in probe.tolerated:
        yield from _tolerated(context, interaction)
    elif not interaction.documented:
        yield from _undocumented(interaction)
    elif code in REJECTED and (probe.group in ("error", "query") or _adds_query(interaction)):
        return  # A strict server looks at the query first.
    elif str(code) in interaction.operation.responses and code in REJECTED and _has_sign_at_edge(probe.resource_id):
        return  # Not every server takes it for an ID at all.
    elif code in DENIED and plain_number(probe.resource_id) != probe.resource_id:
        return  # Read as a number, it may be that of somebody else's resource.
    else:
        yield Violation("nonexistent-resource-found", message, responses, str(code))


def _has_sign_at_edge(value: str) -> bool:
    """Whether an ID begins or ends with something else than a letter or a digit."""
    return not (value[:1].isalnum() and value[-1:].isalnum())


def _not_below(context: Context, interaction: Interaction) -> Iterator[Violation]:
    if interaction.success and interaction.response.body in context.known_bodies:
        yield Violation(
            "found-below-another-parent",
            f"Expected 404 for the path of a parent that does not exist, got the resource ({interaction.status}).",
            interaction.operation.pointer + "/responses",
            f"parent of {interaction.operation.id}",
            actual=interaction.json if interaction.is_json else None,
        )
    else:
        yield from _documented(context, interaction)


def _adds_query(interaction: Interaction) -> bool:
    """Whether the request has a query parameter that the operation does not document."""
    operation = interaction.operation
    documented = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    documented |= {scheme.parameter for alternative in operation.security for scheme in alternative}
    return any(name not in documented for name, _ in interaction.request.parameters)


def _is_another_resource(context: Context, interaction: Interaction) -> bool:
    """Whether a resource with this ID may exist after all, and this is it, as far as the contract can tell."""
    if not interaction.probe.may_exist:
        return False
    if interaction.operation.invariants:
        return consistent(context, interaction)
    body = interaction.response.body
    ids = _ids(interaction)
    # A short response without an ID, such as a count, may be that of many resources.
    is_distinctive = bool(ids) or len(body) > _DISTINCTIVE
    return interaction.probe.resource_id in ids or not is_distinctive or body not in context.known_bodies


def _ids(interaction: Interaction) -> list[str]:
    """The IDs in a response: values of members called like an ID, or like the last path parameter."""
    body = interaction.json if isinstance(interaction.json, dict) else {}
    names = {*ID_NAMES, *(plain_name(each.name) for each in interaction.operation.path_parameters()[-1:])}
    return [str(value) for name, value in body.items() if plain_name(name) in names]


def _says_nothing(interaction: Interaction) -> bool:
    """Whether a success says in a documented way that the resource does not exist: `{"data": null}`, an empty list."""
    body = interaction.json
    if interaction.operation.invariants or not interaction.is_json or interaction.json_error:
        return False
    parts = list(body.values()) if isinstance(body, dict) else [body]
    return not parts or any(part is None or part in ([], {}) for part in parts)


def _serves_any_value(context: Context, interaction: Interaction) -> bool:
    """Whether the target is a mock of ours without known path parameter values: all exist there."""
    return context.target.any_path_value and not interaction.operation.example_path_values()


def _differs_in_case(context: Context, interaction: Interaction) -> bool:
    """Whether the ID is an existing one in other letters: a server may take both for the same, unless invariants say
    that a response has the ID of its path."""
    known = {value.lower() for value in context.known_ids}
    return not interaction.operation.invariants and interaction.probe.resource_id.lower() in known


def _names_its_format(context: Context, interaction: Interaction) -> bool:
    """Whether the ID is an existing one and the format of the response (`7.json`): routers of many frameworks read it
    so, unless invariants say that a response has the ID of its path."""
    known, _, suffix = interaction.probe.resource_id.rpartition(".")
    media_type = (interaction.response.header("Content-Type") or "").lower()
    is_format = suffix.lower() in re.findall(r"[a-z0-9]+", media_type)
    return not interaction.operation.invariants and known in context.known_ids and is_format


def _is_valid_value(interaction: Interaction) -> bool:
    """Whether the path ends in a valid value that is not a resource ID, such as a year: any may be fine."""
    parameter = interaction.operation.path_parameters()[-1]
    return not parameter.is_resource_id and request_validity.invalid_part(interaction) is None


def _denied(context: Context, interaction: Interaction) -> Iterator[Violation]:
    code, expected = interaction.status, interaction.operation.denial_statuses
    statuses = " or ".join(map(str, expected))
    message = f"Expected {_caller(interaction)} to be denied ({statuses}), got {code}."
    if interaction.success and interaction.probe.trigger == ANOTHER_USER:
        yield Violation(
            "resource-of-another-user-accessible",
            f"Expected 403 or 404 for the second user reading a resource of the first user, got {code}.",
            interaction.operation.pointer + "/security",
            # As sequences name it.
            f"{interaction.operation.method} {interaction.operation.path} of {interaction.operation.id}",
            actual=interaction.json,
        )
    elif interaction.success or code == 304:
        yield Violation(
            "missing-authorization-check",
            message,
            interaction.operation.pointer + "/security",
            "served",
            actual=interaction.json,
        )
    elif code in interaction.probe.tolerated:
        yield from _tolerated(context, interaction)
    elif code in expected:
        # Where an operation requires credentials and documents nothing but success, no server could deny access.
        if not interaction.documented and (context.strict or interaction.operation.documents_client_errors):
            yield from _undocumented(interaction)
    else:
        # A 5xx may be documented for the operation, but denying a caller must never end in one.
        rule = "server-error" if code >= 500 else "undocumented-denial-status"
        yield Violation(rule, message, interaction.operation.pointer + "/responses", str(code))


def _caller(interaction: Interaction) -> str:
    """Who sent a request that must be denied."""
    probe = interaction.probe
    if probe.trigger:
        return f"a request with {probe.trigger}"
    sent = {name.lower() for name, _ in interaction.request.headers}
    if not (interaction.with_credentials or "authorization" in sent):
        return "a request without credentials"
    label = probe.name.split("/")[1] if probe.group == "credentials" else ""
    return f"a request with wrong credentials ({label})" if label else "a request with wrong credentials"


def _method_not_allowed(context: Context, interaction: Interaction) -> Iterator[Violation]:
    probe, code, method = interaction.probe, interaction.status, interaction.request.method
    path = interaction.operation.pointer.rpartition("/")[0]
    if not interaction.exchange.response:
        return
    message = f"Expected 405 for the undocumented method {method}, got {code}."
    if interaction.success:
        yield Violation("undocumented-method-accepted", message, path, "success")
    elif code == 405:
        if context.strict and not interaction.documented:
            yield from _undocumented(interaction)
    elif code == 429:  # A server that limits requests does so before it looks at the method.
        if not interaction.documented:
            yield from _undocumented(interaction)
    elif code not in (*DENIED, *probe.tolerated) and (code != 501 or "405" in interaction.operation.responses):
        habit = code == 404 and _lacks_405(context, interaction)
        rule = "unsupported-method-not-found" if habit else "unexpected-method-status"
        yield Violation(rule, message, path, str(code))


def _lacks_405(context: Context, interaction: Interaction) -> bool:
    """Whether the server has no 405 at all: then it answers 404 to methods that it does not support."""
    return not context.uses_405 and interaction.operation.responses.get("405") is None


def _shadowed(context: Context, interaction: Interaction) -> Iterator[Violation]:
    if interaction.status in (404, 429):
        if not interaction.documented:
            yield from _undocumented(interaction)
        return
    about_resource = consistent if interaction.operation.invariants else _valid
    if not (interaction.success and interaction.documented and about_resource(context, interaction)):
        yield Violation(
            "route-conflict",
            f"Expected the resource or 404, but another route handled the request ({interaction.status}).",
            interaction.operation.pointer,
            "another route",
            actual=interaction.json,
        )


def _valid(context: Context, interaction: Interaction) -> bool:
    return not any(schema(context, interaction))


def _documented(context: Context, interaction: Interaction) -> Iterator[Violation]:
    if not interaction.exchange.response:
        return
    if interaction.status in interaction.probe.tolerated:
        yield from _tolerated(context, interaction)
    elif not interaction.documented:
        yield from _undocumented(interaction)


def _rejected(context: Context, interaction: Interaction) -> Iterator[Violation]:
    invalid = request_validity.invalid_part(interaction)
    if interaction.success and invalid is not None:
        yield invalid_input_accepted(interaction, invalid)
    else:
        yield from _documented(context, interaction)


def _pointer_of(interaction: Interaction, invalid: request_validity.InvalidPart) -> str:
    """Where the contract declares a part of a request."""
    operation = interaction.operation
    if invalid.name == "body":
        return operation.pointer + "/requestBody"
    return next(
        (p.pointer for p in operation.parameters if invalid.name == f"{p.location} parameter {p.name}"),
        operation.pointer,
    )


INVALID_INPUT = f"{SCHEMATHESIS}negative_data_rejection"
"""What the group keys of accepted invalid input begin with."""
CONVERSION = "conversion"
"""The group key of converted input: that a framework converts types is one fact about the server."""


def part_of(invalid: request_validity.InvalidPart) -> str:
    """The part of a request: `query parameter limit`, `body/tags/…`. Operations read it with the same code."""
    return f"body{re.sub(r'/[0-9]+(?=/|$)', '/…', invalid.pointer)}" if invalid.name == "body" else invalid.name


def invalid_input_accepted(
    interaction: Interaction, invalid: request_validity.InvalidPart, reason: str = ""
) -> Violation:
    """Invalid input that got a success; `reason` says what is wrong with it where the schema alone does not."""
    reason = invalid.message or reason
    part = part_of(invalid)
    why = f" Why it is invalid: {reason[:_SHOWN].rstrip('.')}." if reason else ""
    return Violation(
        "converted-input-accepted" if invalid.is_conversion else "invalid-input-accepted",
        f"Expected a client error for an invalid {invalid.name}, got {interaction.status}.{why}",
        _pointer_of(interaction, invalid),
        CONVERSION if invalid.is_conversion else f"{INVALID_INPUT} {part}",
        actual=interaction.json if interaction.is_json else None,
        part=part,
    )


def _unspecified(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Any status is fine, but the response must not contain the resource."""
    if interaction.operation.is_open or not interaction.success or interaction.probe.group == "discovery":
        return
    success = interaction.operation.success()
    media = success.media_for(interaction.content_type) if success else None
    body = interaction.json
    if media is None or not media.is_json or not isinstance(body, dict) or not media.is_valid(body):
        return
    if body.keys().isdisjoint(property_names(media.schema, media.schemas.resolve)):
        return  # A schema of any object says nothing.
    if interaction.with_credentials:
        yield Violation(
            "nonexistent-resource-found",
            f"Expected no resource without a resource ID, got one ({interaction.status}).",
            interaction.operation.pointer + "/responses",
            "success",
            actual=body,
        )
    else:
        yield Violation(
            "missing-authorization-check",
            f"Unauthenticated request returned data ({interaction.status}).",
            interaction.operation.pointer + "/security",
            "served",
            actual=body,
        )


_CHECKS = {
    Expect.SUCCESS: _success,
    Expect.NOT_FOUND: _not_found,
    Expect.NOT_BELOW: _not_below,
    Expect.DENIED: _denied,
    Expect.METHOD_NOT_ALLOWED: _method_not_allowed,
    Expect.SHADOWED: _shadowed,
    Expect.DOCUMENTED: _documented,
    Expect.REJECTED: _rejected,
    Expect.UNSPECIFIED: _unspecified,
}

_RULES: Mapping[Expect, tuple[str, ...]] = {
    Expect.SUCCESS: ("undocumented-status-code", "existing-resource-not-found", "valid-request-rejected"),
    Expect.NOT_FOUND: ("nonexistent-resource-found", "undocumented-status-code"),
    Expect.NOT_BELOW: ("found-below-another-parent", "undocumented-status-code"),
    Expect.DENIED: (
        "missing-authorization-check",
        "undocumented-denial-status",
        "server-error",
    ),
    Expect.METHOD_NOT_ALLOWED: ("undocumented-method-accepted", "unexpected-method-status"),
    Expect.SHADOWED: ("route-conflict",),
    Expect.DOCUMENTED: ("undocumented-status-code",),
    Expect.REJECTED: ("invalid-input-accepted", "undocumented-status-code"),
    Expect.UNSPECIFIED: ("missing-authorization-check",),
}
"""The rules about the status, by what the probe expects."""


def rules(probe: Probe) -> tuple[str, ...]:
    """The rules about the status of the response to a probe."""
    of_users = ("resource-of-another-user-accessible",) if probe.trigger == ANOTHER_USER else ()
    return (*_RULES[probe.expect], *of_users)
