"""The checks of Schemathesis as rules: which of our rules a failure of each check violates."""

import re
from collections.abc import Mapping

from flowcontract.checks.findings import SCHEMATHESIS, Occurrence
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.request_validity import (
    InvalidPart,
    has_fractional_integer,
    has_remote_year,
    has_unread_schema,
    invalid_part,
    is_null_of_form,
    is_rejected_patch,
    is_undefined_in_form,
)
from flowcontract.checks.status import invalid_input_accepted, says_taken

RULES: Mapping[str, str] = {
    "response_schema_conformance": "schema-violation",
    "negative_data_rejection": "invalid-input-accepted",
    "positive_data_acceptance": "valid-request-rejected",
    "missing_required_header": "missing-header-accepted",
    "use_after_free": "use-after-delete",
    "object_level_authorization": "resource-of-another-user-accessible",
}
"""The rule that a failure of each check violates."""
_OURS = frozenset({
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth", "response_headers_conformance", "ensure_resource_availability",
})  # fmt: skip
"""Checks about what our own rules decide for the same response: a documented 5xx, 403 for 401, a router's 405."""
_COMPONENT = re.compile(r"Invalid component: (.*?)(?:\s+(?:Schema:|Value:|Reproduce with)|\s+\[\d{3}\]|$)", re.S)
"""What Schemathesis says about the part of a request that is invalid."""
_TYPE_MUTATION = re.compile(r"violates `type`|Incorrect type")
_FIELD = re.compile(r"(?:\bbody - |Invalid component: )([^\s:]+)(?:: | -> )")
"""The member of a body that it is about."""
_UNNAMED = re.compile(r"\bpositive test case\b", re.IGNORECASE)
"""What a message says where nothing by name was made invalid: any file, which may hold the text null."""
_REASONS = (has_fractional_integer, has_remote_year, has_unread_schema, is_rejected_patch)
"""Why a server may reject a body that is valid by its schema."""
_SENTENCE = re.compile(r"\s+(?:Reproduce with|Schema:|Value:|\[\d{3}\]).*", re.S)


def violation(check: str, message: str, interaction: Interaction) -> Violation | None:
    """What a failed check of Schemathesis violates; None if our own rules decide, or the response says nothing."""
    if check in _OURS or interaction.exchange.response is None or interaction.is_rate_limited:
        return None
    rule = RULES.get(check, "schemathesis-check")
    pointer = interaction.operation.pointer + "/responses"
    invalid = invalid_part(interaction)
    if _is_excused(rule, message, interaction, invalid):
        return None
    status = str(interaction.status)
    short = _SENTENCE.sub("", message)[:300].strip()
    if rule == "use-after-delete":
        text, key = f"Expected 404 or 410 for a deleted resource, got {status}.", ""
    elif rule == "valid-request-rejected":
        # What is rejected for one reason here may be for another one elsewhere.
        text, key = f"Expected success for valid input, got {status}.", f"{status} of {interaction.operation.id}"
    elif rule == "missing-header-accepted":
        name = _missing_header(message)
        text, key = f"Expected a client error without the required header {name}, got {status}.", name
        pointer = next((p.pointer for p in interaction.operation.parameters if p.name.lower() == name.lower()), pointer)
    elif rule == "invalid-input-accepted" and invalid:
        what = _COMPONENT.search(message)
        return invalid_input_accepted(interaction, invalid, what[1].strip() if what else "")
    else:
        text, key = short, _masked(short)
    text = text.rstrip(". ") + "."
    body = interaction.json if interaction.is_json else None
    return Violation(rule, text, pointer, f"{SCHEMATHESIS}{check} {key}", actual=body)


def _is_excused(rule: str, message: str, interaction: Interaction, invalid: InvalidPart | None) -> bool:
    """Whether a conforming server may respond in this way. `invalid`: the invalid part of the request, if any."""
    if rule == "invalid-input-accepted":
        # Rejected, for whatever is checked first: a precondition, a conflict, the media type. Or valid by the schema as
        # it was sent: bounds that only a format implies, `1` for the text "1".
        return interaction.status >= 400 or not invalid or _is_valid_as_text(message, interaction)
    if rule == "missing-header-accepted":
        # Which error a missing header gets is the server's choice: 403 for credentials, 400, 404.
        return not interaction.success or _is_about_credentials(message, interaction)
    if rule == "valid-request-rejected":
        # Or not valid after all: the same `0` for a header of any pattern.
        is_invalid = invalid is not None and bool(invalid.message)
        return (
            is_invalid
            or says_taken(interaction.status, interaction.text)
            or any(may_be_rejected(interaction) for may_be_rejected in _REASONS)
        )
    return rule == "schema-violation" and (_is_about_media_type(message, interaction) or _is_valid_text(interaction))


def is_without_deletion(occurrence: Occurrence) -> bool:
    """Whether its steps do not leave a resource deleted: it was only accepted (202), or undone by a later request."""
    items = [item for _, item in occurrence.steps]
    if occurrence.violation.rule != "use-after-delete" or not items:
        return False
    deleted = [n for n, item in enumerate(items) if item.request.method == "DELETE" and item.status != 202]
    if not deleted:
        return True
    path = _path(items[deleted[-1]])
    later = (item for item in items[deleted[-1] + 1 :] if item.success)
    return any(not item.request.is_safe and f"{_path(item)}/".startswith(f"{path}/") for item in later)


def _path(item: Interaction) -> str:
    return item.request.path.rstrip("/")


def _is_valid_as_text(message: str, interaction: Interaction) -> bool:
    """Whether what was mutated is valid when it is sent: in a form or XML, a number where text is allowed is text."""
    field = _FIELD.search(message)
    if field is not None and (is_null_of_form(interaction, field[1]) or is_undefined_in_form(interaction, field[1])):
        return True
    is_type = _TYPE_MUTATION.search(message) or _UNNAMED.search(message)
    return _has_text_only(interaction) and is_type is not None


def _has_text_only(interaction: Interaction) -> bool:
    """Whether the body that was sent is of a format without types."""
    media = (interaction.request.header("Content-Type") or "").lower().partition(";")[0].strip()
    return media.startswith(("multipart/", "application/x-www-form-urlencoded")) or media.endswith(("/xml", "+xml"))


def _is_about_media_type(message: str, interaction: Interaction) -> bool:
    """Whether what is wrong is the media type, if anything: a 204 has none, whatever is documented.

    Whether a body is JSON is what our own rules say: Python does not read every integer.
    """
    is_unread = message.startswith("JSON deserialization") and not interaction.is_json
    is_unread |= message.startswith("Content deserialization") and interaction.is_json
    return is_unread or message.startswith("Missing Content-Type")


def _is_valid_text(interaction: Interaction) -> bool:
    """Whether a body that is not JSON is the text that is documented: Schemathesis looks at what YAML says."""
    media = interaction.media
    return not interaction.is_json and media is not None and media.is_valid(interaction.text)


def _is_about_credentials(message: str, interaction: Interaction) -> bool:
    """Whether the missing header is the one of a security scheme: our probes without credentials check that."""
    missing = _missing_header(message).lower()
    schemes = [scheme for alternative in interaction.operation.security for scheme in alternative]
    names = {scheme.parameter.lower() for scheme in schemes if scheme.location == "header"} | {"authorization"}
    return bool(schemes) and missing in names


def _missing_header(message: str) -> str:
    """The header that Schemathesis left out; empty where its message does not say so."""
    missing = re.search(r"missing required '([^']+)'", message, re.IGNORECASE)
    return missing[1] if missing else ""


def _masked(text: str) -> str:
    """A message without what differs from request to request."""
    return re.sub(r"[\"'`][^\"'`]*[\"'`]|\d+", "…", text)[:120]
