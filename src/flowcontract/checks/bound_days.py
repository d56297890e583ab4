"""Bounds of days that the contract says are included: the list has what happens on the day itself."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flowcontract.checks import lists
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.openapi.model import Operation, Parameter
from flowcontract.text import plain_name

_BOUND = re.compile(r"(?P<stem>[a-z]+(?:_[a-z]+)*)_(?P<end>from|since|to|until)")
"""The name of the bound of a day, such as `placed_to`."""
_OF_MOMENT = re.compile(r"(?:_(?:on|at|date|time|day))+$")
"""How the name of the property ends that it bounds: `placed_at`."""
_INCLUDED = re.compile(
    r"\binclusive\b|\bday (?:itself )?is included\b"
    r"|\bon (?:this|that|the) (?:day|date)(?: \(UTC\))? or (?:later|earlier)\b"
    r"|\bon or (?:after|before)\b|\bup to and including\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"\b(?:exclusive|exclud\w*|strictly|overlap\w*|active|available|running|during|default\w*"
    r"|only (?:if|with|together))\b|\bnot inclu",
    re.IGNORECASE,
)
"""What a description says of a bound that is none of one day, or has an effect of its own."""
_UTC = re.compile(r"\bUTC\b")


def on_bounds(operation: Operation, body: Any) -> Iterator[tuple[Parameter, str]]:
    """The bounds of a list with a day of its items: of those that end it the first, of the others the last."""
    for parameter in operation.parameters:
        days = [day for item in lists.items(body) if (day := _day_of(item, parameter))]
        if days:
            ends = parameter.name.endswith(("_to", "_until"))
            yield parameter, min(days) if ends else max(days)


def without_its_day(interaction: Interaction, base: Interaction) -> Iterator[Violation]:
    """A whole list with one bound leaves out an item of the day itself. `base`: the list without the bound."""
    body, sent = interaction.json, [one for one in interaction.request.parameters if one not in base.request.parameters]
    total = lists.stated_total(body)
    if len(sent) != 1 or not (lists.is_list(interaction) and lists.is_list(base)):
        return
    found = lists.items(body)
    parameter = next((p for p in interaction.operation.parameters if p.name == sent[0][0]), None)
    if parameter is None or total is None or total[1] != len(found):
        return
    for item in lists.items(base.json):
        if _day_of(item, parameter) == sent[0][1] and item.get("id") not in [one.get("id") for one in found]:
            yield Violation(
                "filter-misses-items",
                f"Expected {parameter.name}={sent[0][1]} to include this day, as its description says, but the item"
                f" with id {item['id']} is missing.",
                parameter.pointer,
                f"filter {parameter.name} of {interaction.operation.id}",
                expected=item,
                actual=body,
            )
            return


def _day_of(item: Mapping[str, Any], parameter: Parameter) -> str:
    """The day of an item that a parameter bounds and includes; empty where that is not certain."""
    named, text = _BOUND.fullmatch(parameter.name), parameter.description
    is_day = parameter.location == "query" and parameter.schema.get("format") == "date"
    if named is None or not is_day or not _INCLUDED.search(text) or _OTHERWISE.search(text) or "id" not in item:
        return ""
    stem = plain_name(named["stem"])
    values = [value for name, value in item.items() if plain_name(_OF_MOMENT.sub("", name)) == stem]
    value = values[0] if len(values) == 1 and isinstance(values[0], str) else ""
    # The day of a time depends on the zone.
    is_known = len(value) == len("2030-01-01") or (value.endswith("Z") and _UTC.search(text) is not None)
    try:
        return date.fromisoformat(value[:10]).isoformat() if is_known and parameter.is_valid(value[:10]) else ""
    except ValueError:
        return ""
