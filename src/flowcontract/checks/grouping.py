"""Group the failures of a run into findings: one for each defect, over all operations."""

import hashlib
import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence, Set
from dataclasses import replace
from itertools import chain
from urllib.parse import parse_qsl, unquote

from flowcontract.checks.findings import (
    SCHEMATHESIS,
    Example,
    Failure,
    Finding,
    FindingStatus,
    Occurrence,
)
from flowcontract.checks.interaction import LONE_SURROGATE, Interaction
from flowcontract.checks.probe import Probe
from flowcontract.checks.registry import rule
from flowcontract.checks.request_validity import invalid_members
from flowcontract.http.curl import curl
from flowcontract.http.messages import json_or_none
from flowcontract.http.script import SequenceStep, script
from flowcontract.http.target import Target
from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import PROPERTY_CHOICES
from flowcontract.text import plain_name

_ANY_TEXT = "any text"
"""What ends the evidence of server errors that differ in their texts alone."""
_MANY_ERRORS = 5
"""Server errors for unusual input that are findings of their own; more of them show that a handler is missing."""
_MAX_TRIGGERS = 3
"""Triggers that are separate findings; more of them are one defect."""
_MAX_MEMBERS = 2
"""Members of bodies that are separate findings where they are not validated; more of them are one defect."""
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
_NO_VALUE = "null or missing where the schema expects a value."
"""What is said of members that are missing and others that are null, where they always occur together."""
_SHOWN = 5
"""Parts of a response that a message names."""
_OF_INCOMPLETE_LISTS = frozenset({"filter-misses-items", "pages-leave-out-items", "wrong-total"})
"""Rules that a list violates which leaves out what was created."""
_OF_WRONG_PAGES = frozenset({"page-too-large", "pages-never-end"})
"""Rules that a list violates whose pages therefore overlap."""
_SEPARATE_OWNERS = 2
"""Operations of a resource that do not check its owner, each of which is a finding; more are one."""
_WHATEVER_TRIGGER = frozenset({
    "undocumented-status-code", "route-conflict", "schema-violation", "fractional-integer", "invalid-json",
    "undocumented-content-type", "wrong-charset", "unexpected-content-encoding", "undocumented-body",
    "content-type-without-body", "missing-body", "invalid-response-header", "missing-http-header", "duplicate-header",
    "content-length-mismatch", "no-response", "information-disclosure", "credential-leak", "echoed-resource-id",
    "resource-of-another-user-accessible", "invalid-input-accepted",
})  # fmt: skip
"""Rules about the response alone: their group key says more than the request that brought it to light."""

Groups = dict[tuple[str, str], list[Occurrence]]
"""Occurrences by rule and evidence."""
_Member = tuple[str, str]
"""The name of a member of a body, and its value as JSON."""


def group_findings(
    occurrences: Sequence[Occurrence],
    contract: Contract,
    target: Target,
    is_warning: Callable[[str], bool] = lambda name: rule(name).is_warning,
) -> tuple[Finding, ...]:
    """One finding per defect over all operations, in the order in which they were first seen.

    `is_warning` says whether a rule does not fail the run.
    """
    return tuple(
        _finding(identity, _with_all_parts(items), contract, target, is_warning(items[0].violation.rule))
        for identity, items in grouped(occurrences)
    )


def grouped(occurrences: Sequence[Occurrence]) -> list[tuple[str, list[Occurrence]]]:
    """The occurrences of each finding and its identity, in the order of `group_findings`."""
    groups = _by_evidence(_causes(occurrences))
    for merge in (
        _unchecked_together,
        _misread_together,
        _texts_together,
        _parameters_together,
        _formats_together,
        _default_types_together,
        _errors_together,
        _schemas_together,
        _choices_together,
        _companions_together,
        _values_together,
        _special_values_together,
        _half_characters_together,
        _pages_together,
        _sequences_together,
        _owners_together,
    ):
        groups = merge(groups)
    return [
        (f"{name}|{evidence}|{trigger}", part)
        for (name, evidence), items in groups.items()
        for trigger, part in ({"": items} if evidence.endswith(_ANY_TEXT) else _by_trigger(name, items)).items()
    ]


def by_operation(items: Sequence[Occurrence]) -> dict[str, Occurrence]:
    """The occurrence that shows a finding best for each operation at fault, the plainest of all first.

    What some of them show with a sequence of their own needs a resource; without the sequence it may be gone.
    """
    of_sequences = any(item.steps for item in items)
    found: dict[str, Occurrence] = {}
    for item in sorted(items, key=lambda item: (of_sequences and item.lacks_setup, item.size)):
        found.setdefault(item.violation.operation or item.interaction.operation.id, item)
    return found


def _causes(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Without what follows from another failure: wrong values that were accepted, a DELETE or a list without effect."""
    return _without_effects_on_lists(_without_undeleted(_without_stored(_without_denials(occurrences))))


def _without_denials(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Of a status that an operation does not document, that alone: a caller who must be denied may get it as well."""
    undocumented = {_status_of(item) for item in occurrences if item.violation.rule == "undocumented-status-code"}
    return [
        item
        for item in occurrences
        if item.violation.rule != "undocumented-denial-status" or _status_of(item) not in undocumented
    ]


def _status_of(occurrence: Occurrence) -> tuple[str, str]:
    return occurrence.interaction.operation.id, occurrence.violation.group_key


def _without_stored(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Without what follows from invalid input that the server accepted: responses that show the same wrong values.

    Another wrong value of the same member, which the response returns to its own request, was accepted as well. A value
    in the response to the first, valid request to an operation is the server's own.
    """
    accepted = [item for item in occurrences if item.violation.rule == "invalid-input-accepted"]
    sent = set(chain.from_iterable(_sent_members(item) for item in accepted))
    shown = [(item, _wrong_member(item)) for item in occurrences]
    unchecked = {(item.interaction.operation.id, name) for item in accepted for name, _ in _sent_members(item)}
    sent |= {
        member
        for item, member in shown
        if member is not None
        and (item.interaction.operation.id, member[0]) in unchecked
        and member in _sent_members(item)
    }
    sent -= {member for item, member in shown if member is not None and item.interaction.probe.group == "first"}
    return [item for item, member in shown if member not in sent]


def _sent_members(occurrence: Occurrence) -> set[_Member]:
    """The wrong members of the body that was sent."""
    return {(name, json.dumps(value, sort_keys=True)) for name, value in invalid_members(occurrence.interaction)}


def _wrong_member(occurrence: Occurrence) -> _Member | None:
    """The member of a response that violates its schema."""
    if occurrence.violation.rule != "schema-violation":
        return None
    path = pointers.split(occurrence.violation.part)
    try:
        value = pointers.get(occurrence.interaction.json, path)
    except (LookupError, TypeError):
        return None
    return (path[-1], json.dumps(value, sort_keys=True)) if path else None


def _without_undeleted(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Of a resource that is still readable after DELETE, and listed or changeable, that it is readable.

    Nothing was deleted then: lists, changes and children show the same defect.
    """
    shown: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item in occurrences:
        if path := _deleted_path(item):
            shown[path].add(_asked(item))
    undeleted = {path for path, asked in shown.items() if ("GET", path) in asked and _is_there(path, asked)}
    return [
        item for item in occurrences if (path := _deleted_path(item)) not in undeleted or _asked(item) == ("GET", path)
    ]


def _without_effects_on_lists(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Of a list that leaves out what was created, that alone: filters, pages and totals without it are the same defect.

    Of a filter that finds other items, that alone: it does not find the right ones, because it tests something else.
    Of pages that are too long or never end, that alone: they have the items of other pages.
    """
    incomplete = {_listing(item) for item in occurrences if item.violation.rule == "created-resource-not-listed"}
    wrong_pages = {_listing(item) for item in occurrences if item.violation.rule in _OF_WRONG_PAGES}
    others = {
        (_listing(item), item.violation.group_key)
        for item in occurrences
        if item.violation.rule == "filter-returns-other-items"
    }
    return [
        item
        for item in occurrences
        if not (item.violation.rule in _OF_INCOMPLETE_LISTS and _listing(item) in incomplete)
        and not (item.violation.rule == "pages-overlap" and _listing(item) in wrong_pages)
        and not (item.violation.rule == "filter-misses-items" and (_listing(item), item.violation.group_key) in others)
    ]


def _listing(occurrence: Occurrence) -> str:
    """The ID of the operation that lists, where an occurrence is about a list."""
    return occurrence.interaction.operation.id


def _deleted_path(occurrence: Occurrence) -> str:
    """The path template of the DELETE after which something was still there; empty if it is about something else."""
    if occurrence.violation.rule != "use-after-delete":
        return ""
    steps = (step for _, step in reversed(occurrence.steps[:-1]))
    return next((step.operation.path for step in steps if step.exchange.request.method == "DELETE"), "")


def _asked(occurrence: Occurrence) -> tuple[str, str]:
    return occurrence.interaction.exchange.request.method, occurrence.interaction.operation.path


def _is_there(path: str, asked: Set[tuple[str, str]]) -> bool:
    collection = path.rstrip("/").rpartition("/")[0]
    return any(of.rstrip("/") == collection if method == "GET" else of == path for method, of in asked)


def _by_evidence(occurrences: Sequence[Occurrence]) -> Groups:
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
        if interaction.exchange.request.method == "HEAD":  # It has no body; GET shows what the error is.
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
    says_little = not _tells(text) and (not trigger or of_operation)
    return f"{violation.group_key} {text}", interaction.operation.id if says_little else ""


def _is_of_framework(interaction: Interaction) -> bool:
    """Whether what was generated is odd for whatever reads media types, JSON and texts, in every operation."""
    if "Content-Type" in interaction.probe.trigger:
        return True
    request = interaction.exchange.request
    is_json = media_types.is_json(request.header("Content-Type") or "")
    error = interaction.sent_error
    return error == LONE_SURROGATE or (bool(error) and is_json and json_or_none(request.body) is None)


def error_text(interaction: Interaction) -> str:
    """The text of an error without what comes from the request: words, no paths, no numbers and no quoted values."""
    text = _MARKUP.sub("\n", interaction.text) if "html" in interaction.content_type else interaction.text
    if interaction.is_json:
        text = "\n".join(_words(interaction.json))
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
    request = interaction.exchange.request
    yield from interaction.probe.values.values()
    yield from (value for _, value in parse_qsl(request.target.partition("?")[2]))
    names = {each.name for each in interaction.operation.parameters if each.location == "header"}
    yield from (value for name in names if (value := request.header(name)))


def _tells(text: str) -> bool:
    """Whether the text of a server error tells it from others: "Internal Server Error" does not."""
    if _EXCEPTION.search(text):
        return True
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return sum(len(sentence) for sentence in sentences if not _SAYS_NOTHING.search(sentence)) >= _TELLING


def _words(value: object) -> Iterator[str]:
    """The texts of a JSON value. Handlers put the same text into members of different names."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _words(item)
    elif isinstance(value, str):
        yield value


def _unchecked_together(groups: Groups) -> Groups:
    """Where more than a few parameters, or parts of bodies, are not validated, that none is validated is one defect."""
    unchecked = {
        key: items[0].violation.part
        for key, items in groups.items()
        if key[0] == "invalid-input-accepted" and items[0].violation.part
    }
    for kind, most in (("bodies", _MAX_MEMBERS), ("parameters", _MAX_TRIGGERS)):
        of_kind = {key: part for key, part in unchecked.items() if part.startswith("body") == (kind == "bodies")}
        if len(set(of_kind.values())) > most:
            groups = _merged(groups, of_kind, ("invalid-input-accepted", kind))
    return groups


def _misread_together(groups: Groups) -> Groups:
    """Parameters that accept one invalid value, as far as was seen: what reads it is the same for all, one defect.

    It has the identity of the first of them, which it also has where a longer run sees other values accepted.
    """
    misread: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        triggers = {item.interaction.probe.trigger for item in items}
        if key[0] == "invalid-input-accepted" and len(triggers) == 1 and items[0].interaction.probe.group == "value":
            misread[triggers.pop()].append(key)
    for keys in misread.values():
        groups = _merged(groups, keys, min(keys))
    return groups


def _texts_together(groups: Groups) -> Groups:
    """Where the server fails for more than a few special texts, it fails for any text of that kind: one defect."""
    failing = {
        key: {item.interaction.probe.trigger for item in items}
        for key, items in groups.items()
        if key[0] == "server-error" and all(item.interaction.probe.group == "text" for item in items)
    }
    many = len(set().union(*failing.values())) > _MAX_TRIGGERS
    return _merged(groups, failing, ("server-error", "special texts")) if many else groups


def _values_together(groups: Groups) -> Groups:
    """A property that a collection stores wrongly with any value, or with more than a few special ones: one defect.

    What is created and what replaces it is stored by the same code, and so is what more than a few collections have.
    """
    of_property: dict[tuple[str, str], dict[tuple[str, str], str]] = defaultdict(dict)
    for key, items in groups.items():
        violation = items[0].violation
        names = {pointers.split(item.violation.part)[0] for item in items if item.violation.part}
        if key[0] == "stored-value-differs" and len(names) == 1:
            collection = re.sub(r"/\{[^{}/]*\}/?$", "", items[0].interaction.operation.path).rstrip("/")
            of_property[collection, names.pop()][key] = violation.special
    of_name: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (_, name), found in of_property.items():
        plain = [key for key, special in found.items() if not special]
        if plain or len(found) > _MAX_MEMBERS:
            groups = _merged(groups, found, min(plain or found))
        if plain:
            of_name[name].add(min(plain))
    for keys in of_name.values():
        if len(keys) > _MAX_MEMBERS:
            groups = _merged(groups, keys, min(keys))
    return groups


def _special_values_together(groups: Groups) -> Groups:
    """Where more than a few properties are stored wrongly with one special value, what converts it is one defect."""
    of_special: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        specials = {item.violation.special for item in items}
        if key[0] == "stored-value-differs" and len(specials) == 1:
            of_special[specials.pop()].append(key)
    for special, keys in of_special.items():
        if special and len(keys) > _MAX_MEMBERS:
            groups = _merged(groups, keys, min(keys))
    return groups


def _half_characters_together(groups: Groups) -> Groups:
    """Server errors for half a character in a body are one defect: whatever encodes texts fails, in every operation."""
    found: Groups = {}
    for key, items in groups.items():
        fails_anyway = {item.interaction.operation.id for item in items if not item.interaction.probe.trigger}
        for item in items:
            is_half = key[0] == "server-error" and item.interaction.sent_error == LONE_SURROGATE
            if is_half and item.interaction.operation.id not in fails_anyway:
                evidence = f"{item.violation.group_key} half a character in the body {_ANY_TEXT}"
                found.setdefault((key[0], evidence), []).append(item)
            else:
                found.setdefault(key, []).append(item)
    return found


def _pages_together(groups: Groups) -> Groups:
    """Items that are on no page of a list are one defect, whichever way of paging and filtering shows it."""
    first: dict[str, tuple[str, str]] = {}
    for key, items in groups.items():
        operations = {item.interaction.operation.id for item in items}
        if key[0] == "pages-leave-out-items" and len(operations) == 1:
            groups = _merged(groups, [key], first.setdefault(operations.pop(), key))
    return groups


def _errors_together(groups: Groups) -> Groups:
    """More than a few texts of the server errors of one operation are one defect, and so are those of several.

    The text repeats the request, or every exception gets out with its own text: a handler is missing, not many.
    """
    texts: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    by_input: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        if key[0] != "server-error":
            continue
        operations = {item.interaction.operation.id for item in items}
        status = items[0].violation.group_key
        if _is_by_input(items):
            by_input[status].append(key)
        elif len(operations) > 1 or not _tells(error_text(items[0].interaction)):
            continue
        for operation in operations:
            texts[status, operation].append(key)
    for (status, operation), keys in texts.items():
        if len(keys) > _MAX_TRIGGERS:
            groups = _merged(groups, keys, ("server-error", f"{status} {operation} {_ANY_TEXT}"))
    for status, keys in by_input.items():
        if len(keys) > _MANY_ERRORS:
            of_input = [
                *keys,
                *(key for key in groups if key[1].startswith(f"{status} ") and key[1].endswith(_ANY_TEXT)),
            ]
            groups = _merged(groups, of_input, ("server-error", f"{status} of several operations {_ANY_TEXT}"))
    return groups


def _is_by_input(items: Sequence[Occurrence]) -> bool:
    """Whether only unusual values of parameters or bodies showed a failure."""
    probes = [item.interaction.probe for item in items]
    return all(probe.is_generated or probe.is_about_one_value for probe in probes)


def _parameters_together(groups: Groups) -> Groups:
    """Server errors that one query parameter of an operation causes are one defect, whatever its value and their text.

    Minimized requests say that this parameter alone causes them.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for key, items in groups.items():
        triggers = {item.interaction.probe.trigger for item in items}
        trigger = triggers.pop()
        if key[0] != "server-error" or triggers or not trigger.startswith("query "):
            continue
        operations = {item.interaction.operation.id for item in items}
        same = next((first[trigger, each] for each in operations if (trigger, each) in first), key)
        first |= dict.fromkeys(((trigger, each) for each in operations), same)
        groups = _merged(groups, [key], same)
    return groups


def _formats_together(groups: Groups) -> Groups:
    """Server errors that only requests for one undocumented format show are one defect: its renderer is at fault."""
    first: dict[str, tuple[str, str]] = {}
    for key, items in groups.items():
        formats = {item.interaction.unusual_accept for item in items} if key[0] == "server-error" else {""}
        if len(formats) == 1 and "" not in formats:
            groups = _merged(groups, [key], first.setdefault(f"{items[0].interaction.status} {formats.pop()}", key))
    return groups


def _default_types_together(groups: Groups) -> Groups:
    """Undocumented media types that several operations send when the request names none are one defect.

    Each sends its own default, and no default is documented.
    """
    first: dict[int, tuple[str, str]] = {}
    for key, items in groups.items():
        shown = [item.interaction for item in items] if key[0] == "undocumented-content-type" else []
        if shown and all(each.accepts_any_type and each.content_type for each in shown):
            groups = _merged(groups, [key], first.setdefault(items[0].interaction.status, key))
    return groups


def _schemas_together(groups: Groups) -> Groups:
    """A schema that a document repeats is one schema, as if it were a component: the first location stands for all."""
    keys: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        if schema := items[0].violation.schema:
            keys[key[0], schema].append(key)
    for same in keys.values():
        if len(same) > 1:
            groups = _merged(groups, same, min(same))
    return groups


def _choices_together(groups: Groups) -> Groups:
    """What schemas say of responses only where the request chooses their properties is one defect in all operations.

    Whatever is left out then is missing, or it is in place of the whole object.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for key, items in groups.items():
        violation = items[0].violation
        sent = [{name for name, _ in parse_qsl(_query(item), keep_blank_values=True)} for item in items]
        name = next((name for name in sorted(set.intersection(*sent)) if plain_name(name) in PROPERTY_CHOICES), "")
        if key[0] == "schema-violation" and violation.family and name:
            wrong = "" if violation.lacks_value else violation.family.partition(", got ")[0]
            groups = _merged(groups, [key], first.setdefault((name, wrong), key))
    return groups


def _query(occurrence: Occurrence) -> str:
    return occurrence.interaction.exchange.request.target.partition("?")[2]


def _sequences_together(groups: Groups) -> Groups:
    """What a sequence shows is what a check of Schemathesis sees of the same operation."""
    shown = {
        (name, item.interaction.operation.id): (name, evidence)
        for (name, evidence), items in sorted(groups.items(), key=lambda one: not one[0][1].startswith(SCHEMATHESIS))
        for item in items
        if item.steps
    }
    for key, items in groups.items():
        seen = shown.get((key[0], items[0].interaction.operation.id))
        # Accepted input has a key that says which: the same in both.
        if seen and key[1].startswith(SCHEMATHESIS) and key[0] != "invalid-input-accepted":
            groups = _merged(groups, [key], seen)
    return groups


def _owners_together(groups: Groups) -> Groups:
    """A resource whose owner is checked in none of several operations lacks one check, not one for each."""
    of_path: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        path = items[0].interaction.operation.path
        if key[0] == "resource-of-another-user-accessible" and "}" in path and not key[1].startswith("list "):
            of_path[path[: path.rfind("}") + 1]].append(key)
    for path, keys in of_path.items():
        if len(keys) > _SEPARATE_OWNERS:
            groups = _merged(groups, keys, (keys[0][0], f"owner of {path}"))
    return groups


def _merged(groups: Groups, keys: Container[tuple[str, str]], to: tuple[str, str]) -> Groups:
    """The groups, with those of these keys as one."""
    merged: Groups = {}
    for key, items in groups.items():
        merged.setdefault(to if key in keys else key, []).extend(items)
    return merged


def _companions_together(groups: Groups) -> Groups:
    """Violations of neighboring parts that always occur together are one defect: four members missing, not one each."""
    merged: Groups = {}
    first: dict[tuple[object, ...], tuple[str, str]] = {}
    for (name, evidence), items in groups.items():
        violation = items[0].violation
        key = (name, evidence)
        if violation.family:
            parent = re.sub(r"/\d+(?=/|$)", "/…", violation.part.rpartition("/")[0])
            seen = frozenset(id(item.interaction) for item in items)
            family = _NO_VALUE if violation.lacks_value else violation.family
            same = first.setdefault((name, parent, family, seen), key)
            # Two keywords that the same value violates, such as `type` and `enum`, are one defect as well.
            key = first.setdefault((name, violation.part, seen), same)
        merged.setdefault(key, []).extend(items)
    return merged


def _with_all_parts(items: list[Occurrence]) -> list[Occurrence]:
    """One occurrence for each interaction; its message names every part that the violations are about."""
    by_interaction: dict[int, list[Occurrence]] = defaultdict(list)
    for item in items:
        by_interaction[id(item.interaction)].append(item)
    found = []
    for same in by_interaction.values():
        parts = list(dict.fromkeys(item.violation.part for item in same))
        if len(parts) > 1 and same[0].violation.family:
            named = ", ".join(parts[:_SHOWN]) + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")
            families = {item.violation.family for item in same}
            no_value = len(families) > 1 and all(item.violation.lacks_value for item in same)
            message = f"{named}: {_NO_VALUE if no_value else same[0].violation.family}"
            found.append(replace(same[0], violation=replace(same[0].violation, message=message)))
        else:
            found += same
    return found


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    generated = all(trigger.startswith("generated input") for trigger in triggers)
    telling = name == "server-error" and _tells(error_text(items[0].interaction))
    # Whichever parameter it is: that undocumented ones are read at all is the defect.
    queries = name == "undocumented-input-effect" and all(item.interaction.probe.group == "query" for item in items)
    if "" in triggers or generated or telling or queries or name in _WHATEVER_TRIGGER:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    by_group = len(triggers) > _MAX_TRIGGERS or name == "server-error"
    parameters: dict[str, set[str]] = defaultdict(set)
    for item in items:
        parameters[item.interaction.probe.trigger].add(_parameter_of(item.interaction.probe))
    for item in items:
        probe = item.interaction.probe
        is_of_plan = not probe.is_generated and not item.steps
        parameter = _parameter_of(probe)
        if parameter in triggers:
            groups[parameter].append(item)
        elif probe.group == "value":
            groups[parameter if len(parameters[probe.trigger]) <= _MAX_TRIGGERS else probe.trigger].append(item)
        else:
            groups[probe.group if by_group and is_of_plan else probe.trigger].append(item)
    return groups


def _parameter_of(probe: Probe) -> str:
    """The trigger that a minimized request has for the query parameter that a probe is about; empty for others.

    A parameter that makes the server fail with other values as well is one defect.
    """
    name = unquote(probe.request.target.rpartition("?")[2].rpartition("&")[2].partition("=")[0])
    return f"query {name}" if probe.is_about_one_value else ""


def _finding(identity: str, items: Sequence[Occurrence], contract: Contract, target: Target, warning: bool) -> Finding:
    smallest = by_operation(items)
    name = items[0].violation.rule
    parts = {item.violation.part for item in items} - {""}
    more = ""
    if name == "invalid-input-accepted" and len(parts) > 1:
        more = f" Not fully validated: {', '.join(sorted({re.split('[ /]', part)[-1] for part in parts}))}."
    alone = (
        {f"{name}|{item.violation.group_key}|" for item in items} if name == "invalid-input-accepted" else {identity}
    )
    shown, *others = (_example(identity, item, more, contract, target) for item in smallest.values())
    return Finding(
        rule=name,
        title=rule(name).title,
        advice=rule(name).advice,
        fingerprint=_fingerprint(identity),
        failure=shown.failure,
        curl=shown.curl,
        count=len(items),
        probes=tuple(dict.fromkeys(item.interaction.probe.name for item in items)),
        operations=tuple(each for each in contract.operations if each in smallest),
        status=FindingStatus.WARNING if warning else FindingStatus.OPEN,
        script=shown.script,
        examples=tuple(others),
        parts=tuple(sorted(_fingerprint(each) for each in alone)) if alone != {identity} else (),
    )


def _fingerprint(identity: str) -> str:
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _example(identity: str, item: Occurrence, more: str, contract: Contract, target: Target) -> Example:
    """One occurrence as reports show it; `more` follows its message."""
    violation, interaction = item.violation, item.interaction
    at_fault = contract.operation(violation.operation) if violation.operation else interaction.operation
    steps = item.setup or (item.steps if len(item.steps) > 1 else ())
    failure = Failure(
        rule=violation.rule,
        operation=at_fault.id,
        location=contract.location(violation.pointer),
        message=violation.message + more,
        identity=identity,
        probe=interaction.probe.name,
        reason=interaction.probe.reason,
        exchange=interaction.exchange,
        other=item.base.exchange if item.base else None,
        expected=violation.expected,
        actual=violation.actual,
        endpoint=f"{at_fault.method} {at_fault.path}",
        seen_in=f"{interaction.operation.method} {interaction.operation.path}" if violation.operation else "",
        part=violation.part,
        excerpt=contract.excerpt(violation.pointer),
        steps=tuple(SequenceStep(label, step.exchange, step.probe.references) for label, step in steps),
        only_schemathesis=violation.group_key.startswith(SCHEMATHESIS),
    )
    sequence = script(target, failure.steps) if steps else ""
    exchange = interaction.exchange
    return Example(failure, curl(target, exchange.request, response=exchange.response), sequence)
