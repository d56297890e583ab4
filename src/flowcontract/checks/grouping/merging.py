"""Groups that are one defect although their evidence differs are merged, one kind of defect after the other."""

import re
from collections import defaultdict
from collections.abc import Container, Sequence

from flowcontract.checks.findings import SCHEMATHESIS, Occurrence
from flowcontract.checks.grouping.evidence import Groups, error_text, tells
from flowcontract.checks.interaction import LONE_SURROGATE
from flowcontract.checks.pages import LAST_PAGE
from flowcontract.openapi import pointers
from flowcontract.openapi.model import PROPERTY_CHOICES
from flowcontract.text import plain_name

PAGES = "pages-leave-out-items"
ANY_TEXT = "any text"
"""What ends the evidence of server errors that differ in their texts alone."""
_MANY_ERRORS = 5
"""Server errors for unusual input that are findings of their own; more of them show that a handler is missing."""
MAX_TRIGGERS = 3
"""Triggers that are separate findings; more of them are one defect."""
_MAX_MEMBERS = 2
"""Members of bodies that are separate findings where they are not validated; more of them are one defect."""
NO_VALUE = "null or missing where the schema expects a value."
"""What is said of members that are missing and others that are null, where they always occur together."""
_SEPARATE_LISTS = 2
"""Lists whose pages leave out items here and there, each of which is a finding; in more, the paging is at fault."""
_SEPARATE_OWNERS = 2
"""Operations of a resource that do not check its owner, each of which is a finding; more are one."""


def merged(groups: Groups) -> Groups:
    """The groups, with those of one defect as one."""
    for merge in _MERGES:
        groups = merge(groups)
    return groups


def _unchecked_together(groups: Groups) -> Groups:
    """Where more than a few parameters, or parts of bodies, are not validated, that none is validated is one defect."""
    unchecked = {
        key: items[0].violation.part
        for key, items in groups.items()
        if key[0] == "invalid-input-accepted" and items[0].violation.part
    }
    for kind, most in (("bodies", _MAX_MEMBERS), ("parameters", MAX_TRIGGERS)):
        of_kind = {key: part for key, part in unchecked.items() if part.startswith("body") == (kind == "bodies")}
        if len(set(of_kind.values())) > most:
            groups = _together(groups, of_kind, ("invalid-input-accepted", kind))
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
        groups = _together(groups, keys, min(keys))
    return groups


def _texts_together(groups: Groups) -> Groups:
    """Where the server fails for more than a few special texts, it fails for any text of that kind: one defect."""
    failing = {
        key: {item.interaction.probe.trigger for item in items}
        for key, items in groups.items()
        if key[0] == "server-error" and all(item.interaction.probe.group == "text" for item in items)
    }
    many = len(set().union(*failing.values())) > MAX_TRIGGERS
    return _together(groups, failing, ("server-error", "special texts")) if many else groups


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
            groups = _together(groups, found, min(plain or found))
        if plain:
            of_name[name].add(min(plain))
    for keys in of_name.values():
        if len(keys) > _MAX_MEMBERS:
            groups = _together(groups, keys, min(keys))
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
            groups = _together(groups, keys, min(keys))
    return groups


def _half_characters_together(groups: Groups) -> Groups:
    """Server errors for half a character in a body are one defect: whatever encodes texts fails, in every operation."""
    found: Groups = {}
    for key, items in groups.items():
        fails_anyway = {item.interaction.operation.id for item in items if not item.interaction.probe.trigger}
        for item in items:
            is_half = key[0] == "server-error" and item.interaction.sent_error == LONE_SURROGATE
            if is_half and item.interaction.operation.id not in fails_anyway:
                evidence = f"{item.violation.group_key} half a character in the body {ANY_TEXT}"
                found.setdefault((key[0], evidence), []).append(item)
            else:
                found.setdefault(key, []).append(item)
    return found


def _pages_together(groups: Groups) -> Groups:
    """Items that are on no page of a list are one defect, whichever way of paging and filtering shows it.

    Its identity is the same, too: which way shows it first depends on how much data there is. Lists that all lose
    their last page have their paging in common.
    """
    of_lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
    cut_short: set[str] = set()
    for key, items in groups.items():
        operations = {item.interaction.operation.id for item in items}
        if key[0] == PAGES and len(operations) == 1:
            operation = operations.pop()
            of_lists[operation].append(key)
            cut_short |= {operation for item in items if item.violation.group_key.startswith(LAST_PAGE)}
    for operation, keys in of_lists.items():
        several = len(of_lists) > _SEPARATE_LISTS or (operation in cut_short and len(cut_short) > 1)
        groups = _together(groups, keys, (PAGES, "pages of several lists" if several else f"pages of {operation}"))
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
        elif len(operations) > 1 or not tells(error_text(items[0].interaction)):
            continue
        for operation in operations:
            texts[status, operation].append(key)
    for (status, operation), keys in texts.items():
        if len(keys) > MAX_TRIGGERS:
            groups = _together(groups, keys, ("server-error", f"{status} {operation} {ANY_TEXT}"))
    for status, keys in by_input.items():
        if len(keys) > _MANY_ERRORS:
            of_input = [
                *keys,
                *(key for key in groups if key[1].startswith(f"{status} ") and key[1].endswith(ANY_TEXT)),
            ]
            groups = _together(groups, of_input, ("server-error", f"{status} of several operations {ANY_TEXT}"))
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
        groups = _together(groups, [key], same)
    return groups


def _formats_together(groups: Groups) -> Groups:
    """Server errors that only requests for one undocumented format show are one defect: its renderer is at fault."""
    first: dict[str, tuple[str, str]] = {}
    for key, items in groups.items():
        formats = {item.interaction.unusual_accept for item in items} if key[0] == "server-error" else {""}
        if len(formats) == 1 and "" not in formats:
            groups = _together(groups, [key], first.setdefault(f"{items[0].interaction.status} {formats.pop()}", key))
    return groups


def _default_types_together(groups: Groups) -> Groups:
    """Undocumented media types that several operations send when the request names none are one defect.

    Each sends its own default, and no default is documented.
    """
    first: dict[int, tuple[str, str]] = {}
    for key, items in groups.items():
        shown = [item.interaction for item in items] if key[0] == "undocumented-content-type" else []
        if shown and all(each.accepts_any_type and each.content_type for each in shown):
            groups = _together(groups, [key], first.setdefault(items[0].interaction.status, key))
    return groups


def _schemas_together(groups: Groups) -> Groups:
    """A schema that a document repeats is one schema, as if it were a component: the first location stands for all."""
    keys: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key, items in groups.items():
        if schema := items[0].violation.schema:
            keys[key[0], schema].append(key)
    for same in keys.values():
        if len(same) > 1:
            groups = _together(groups, same, min(same))
    return groups


def _choices_together(groups: Groups) -> Groups:
    """What schemas say of responses only where the request chooses their properties is one defect in all operations.

    Whatever is left out then is missing, or it is in place of the whole object.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for key, items in groups.items():
        violation = items[0].violation
        sent = [{name for name, _ in item.interaction.request.parameters} for item in items]
        name = next((name for name in sorted(set.intersection(*sent)) if plain_name(name) in PROPERTY_CHOICES), "")
        if key[0] == "schema-violation" and violation.family and name:
            wrong = "" if violation.lacks_value else violation.family.partition(", got ")[0]
            groups = _together(groups, [key], first.setdefault((name, wrong), key))
    return groups


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
            groups = _together(groups, [key], seen)
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
            groups = _together(groups, keys, (keys[0][0], f"owner of {path}"))
    return groups


def _together(groups: Groups, keys: Container[tuple[str, str]], to: tuple[str, str]) -> Groups:
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
            family = NO_VALUE if violation.lacks_value else violation.family
            same = first.setdefault((name, parent, family, seen), key)
            # Two keywords that the same value violates, such as `type` and `enum`, are one defect as well.
            key = first.setdefault((name, violation.part, seen), same)
        merged.setdefault(key, []).extend(items)
    return merged


_MERGES = (
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
)
"""In this order: some see what those before them have merged."""
