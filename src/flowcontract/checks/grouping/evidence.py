"""What is the same wherever one defect shows: its evidence."""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import LONE_SURROGATE, Interaction
from flowcontract.http.messages import json_or_none
from flowcontract.openapi import media_types, pointers

_MANY = 4
"""Operations from which on the same fixed text of a server error is one defect and not a coincidence."""
_VARYING = re.compile(
    r"(?:/[\w.+-]+){2,}/?|(?:%\w{2,4})+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{8,}|\d+"
    r"|\"[^\"]*\"|'[^']*'"
)
"""What differs in the text of an error from request to request."""
_MARKUP = re.compile(r"\s*(?:<(style|script)\b.*?</\1>|<[^>]*>)\s*", re.DOTALL | re.IGNORECASE)
"""What a page is made of, beside its text."""
_EXCEPTION = re.compile(r"\b[A-Za-z_][\w.$]*(?:Exception|Error)\b: [^\n\r]{3,100}")
"""An exception with its message, as most languages print it: `ValueError: invalid literal`."""
_ERROR_TEXT = 400
"""Characters of an error's text that tell one defect from another."""
_READ = 4000
"""Characters of an error's text that are read."""
_DISTINCTIVE = 4
"""Shortest value, in characters, that is not in a text by chance."""
_SAYS_NOTHING = re.compile(
    r"internal (?:server )?error|server (?:encountered|is overloaded)|\berror (?:has )?occurred|something went wrong"
    r"|unexpected (?:condition|error)|administrator|try again",
    re.IGNORECASE,
)
"""What servers write for any exception, some of them in long sentences."""
_TELLING = 50
"""Shortest text without an exception, in characters, that tells one server error from another."""

Groups = dict[tuple[str, str], list[Occurrence]]
"""Occurrences by rule and evidence."""


def by_evidence(occurrences: Sequence[Occurrence]) -> Groups:
    """Occurrences of one rule that have the same evidence, in the order in which they were first seen."""
    groups: Groups = defaultdict(list)
    of_get: dict[tuple[str, str, str], str] = {}
    plain = {_evidence(occurrence) for occurrence in occurrences if not occurrence.interaction.probe.trigger}
    counts = Counter(shared for shared, operation in plain if operation)
    for occurrence in occurrences:
        violation, interaction = occurrence.violation, occurrence.interaction
        shared, operation = _evidence(occurrence)
        # Where the plain request fails alike, nothing that is added to it is the reason.
        if not operation and (shared, interaction.operation.id) in plain:
            operation = interaction.operation.id
        evidence = f"{shared} {operation}" if operation and counts[shared] < _MANY else shared
        same = (violation.rule, interaction.operation.id, violation.group_key)
        if interaction.request.method == "HEAD":  # It has no body; GET shows what the error is.
            evidence = of_get.get(same, evidence)
        else:
            of_get.setdefault(same, evidence)
        groups[violation.rule, evidence].append(occurrence)
    return groups


def _evidence(occurrence: Occurrence) -> tuple[str, str]:
    """What is the same wherever one defect shows: the group key, and for a server error the error itself.

    The second is the operation, where the first does not tell its defect from those of others.
    """
    violation, interaction = occurrence.violation, occurrence.interaction
    if violation.rule != "server-error" or interaction.exchange.response is None:
        return violation.group_key, ""
    text = error_text(interaction)
    trigger = interaction.probe.trigger
    of_operation = trigger.startswith("generated input") and not _is_of_framework(interaction)
    says_little = not tells(text) and (not trigger or of_operation)
    return f"{violation.group_key} {text}", interaction.operation.id if says_little else ""


def _is_of_framework(interaction: Interaction) -> bool:
    """Whether what was generated is odd for whatever reads media types, JSON and texts, in every operation."""
    if "Content-Type" in interaction.probe.trigger:
        return True
    request = interaction.request
    is_json = media_types.is_json(request.header("Content-Type") or "")
    error = interaction.sent_error
    return error == LONE_SURROGATE or (bool(error) and is_json and json_or_none(request.body) is None)


def error_text(interaction: Interaction) -> str:
    """The text of an error without what comes from the request: words, no paths, no numbers and no quoted values."""
    text = _MARKUP.sub("\n", interaction.text) if "html" in interaction.content_type else interaction.text
    if interaction.is_json:
        # Handlers put the same text into members of different names.
        text = "\n".join(value for _, value in pointers.walk(interaction.json) if isinstance(value, str))
    text = html.unescape(text.strip()[:_READ])
    for value in _sent_values(interaction):
        if len(value) >= _DISTINCTIVE:  # With the rest of a path that begins with it.
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)(?:/[\w./+-]*)?", "…", text)
    # What varies in length is replaced before the text is cut, or the rest of the same text would differ.
    text = re.sub("…+", "…", _VARYING.sub("…", text))
    exception = _EXCEPTION.search(text)
    # A server may write the same exception as a page, as text and as JSON.
    return (exception[0] if exception else text)[:_ERROR_TEXT].rstrip("… ")


def _sent_values(interaction: Interaction) -> Iterator[str]:
    """The values of the parameters in a request, as a server reads them."""
    request = interaction.request
    yield from interaction.probe.values.values()
    yield from (value for _, value in parse_qsl(request.query))
    names = {each.name for each in interaction.operation.parameters if each.location == "header"}
    yield from (value for name in names if (value := request.header(name)))


def tells(text: str) -> bool:
    """Whether the text of a server error tells it from others: "Internal Server Error" does not."""
    if _EXCEPTION.search(text):
        return True
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return sum(len(sentence) for sentence in sentences if not _SAYS_NOTHING.search(sentence)) >= _TELLING
