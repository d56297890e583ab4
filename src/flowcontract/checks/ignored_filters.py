"""A filter that has no effect: with values that have to leave out something, the list is the same as without it."""

from collections.abc import Iterator
from typing import Any

from flowcontract.checks import lists
from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.text import plural

_TOTALS = ("X-Total-Count", "X-Total", "Content-Range")
"""Headers with the number of all items."""


def is_same_list(interaction: Interaction, base: Interaction) -> bool:
    """Whether two responses are the same list of at least one item: the same items, in the same order, and total."""
    return bool(_list_of(interaction)) and _list_of(interaction) == _list_of(base)


def _list_of(interaction: Interaction) -> tuple[Any, ...]:
    """The items of a list and its total; nothing where a response is not a list, or has no items."""
    found = lists.items(interaction.json) if lists.is_list(interaction) else []
    if not found:
        return ()
    return found, lists.stated_total(interaction.json), [interaction.response.header(name) for name in _TOTALS]


def without_effect(interaction: Interaction, base: Interaction, *others: Interaction) -> Iterator[Violation]:
    """A list with one more query parameter than another differs from it, where that has to leave out items.

    `others`: with other values of this parameter; one of them all has to leave out items.
    """
    requests, known = (each.exchange.request for each in (interaction, *others)), base.request.parameters
    sent = [added for request in requests for added in request.parameters if added not in known]
    if not sent or not is_same_list(interaction, base):
        return
    name = sent[0][0]
    named = " or ".join(f"{name}={value}" for _, value in sent[:2])
    total = lists.stated_total(interaction.json)
    count = plural(len(lists.items(interaction.json)), "item") + (f", {total[0]} {total[1]}" if total else "")
    parameters = (p for p in interaction.operation.parameters if p.location == "query" and p.name == name)
    yield Violation(
        "filter-returns-other-items",
        f"Expected {named} to leave out items of the list, got the same list as without {name} ({count}).",
        next((parameter.pointer for parameter in parameters), interaction.operation.pointer),
        f"filter {name} of {interaction.operation.id}",
        actual=interaction.json,
    )
