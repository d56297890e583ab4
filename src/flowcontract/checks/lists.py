"""Checks of lists by what their items say of themselves."""

import operator
import re
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flowcontract.checks.content import is_specified
from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.checks.valid_parts import is_valid, is_valid_outside
from flowcontract.http.paging import paging
from flowcontract.openapi import pointers
from flowcontract.openapi.model import Operation, Parameter
from flowcontract.openapi.schema_messages import shown
from flowcontract.openapi.schema_shapes import shapes
from flowcontract.text import plain_name, plain_number, plural

_NO_FILTERS = frozenset({"format", "lang", "language", "locale", "level", "loglevel", "severity"})
"""Parameters that say how items are shown, which items may say of themselves as well, or from which rank on."""
TOTALS = frozenset({"total", "totalcount", "totalitems", "totalelements", "totalresults", "count"})
"""Names of the total beside a list, in lower case and without separators."""
PAGES = frozenset({"pages", "totalpages", "pagecount", "numpages", "lastpage"})
"""Names of the number of pages."""
_INFO = frozenset({"pagination", "paging", "page", "meta", "metadata", "pageinfo"})
_SIZES = frozenset({"pagesize", "perpage", "limit", "size", "itemsperpage"})
"""Names of the greatest number of items of a page."""
_IDS = re.compile(r"(?:_id|[a-z]Id|_uuid|[a-z]Uuid)\]?$")
"""How the names of parameters end that take the ID of another resource."""
IDS = frozenset({"id", "uuid", "guid", "pk"})
"""Names of the ID of a resource in its own representation, in lower case."""
_NO_REFERENCES = frozenset({"", "page", "version"})
"""Parameters that choose a part of the list, or the version of what is shown, even where `/pages/{id}` exists."""
_BEYOND_INTEGERS = 2**63
"""The first number that databases do not store as an integer, so that it is not an ID."""
_DIGITS = 4300
"""Digits of the longest number that is read."""
_COLLECTION = re.compile(r"([^/{}]+)/\{[^{}/]+\}")
"""The name of a collection in a path that names one of its resources."""
_WITH_OTHERS = re.compile(
    r"\b(?:sub|descend|child|below|beneath|nested|recurs|includ|any|above|higher|least|minimum)", re.IGNORECASE
)
"""What a description says of a filter that finds more than what has this value itself."""
_IN_BRACKETS = re.compile(r"filter\[(\w+)\]")
"""A filter as JSON:API names it."""


def filtered(context: Context, interaction: Interaction) -> Iterator[Violation]:
    """Each item of a list that is filtered by one value of a closed set, or by one ID, has this value.

    The filter and the property have the same name, and the item has another value of the set, or another ID. Further
    parameters could widen the list: where there are any but those that choose a page, nothing is said.
    """
    of_pages = paging(interaction.operation).names
    chosen = _only_parameter(interaction, beside=of_pages) if is_list(interaction) else None
    if chosen is None or _WITH_OTHERS.search(chosen[0].description):
        return
    parameter, value = chosen
    others = other_choices(parameter, value)
    is_id = _is_id(parameter, value) or _is_reference(context, interaction.operation, parameter, value)
    for item in items(interaction.json) if others or is_id else ():
        for key, member in item.items():
            is_another = query_text(member) in others or (is_id and _is_another_id(member, value))
            if plain_name(key) == property_name(parameter) and is_another:
                at = f"{pointers.find(interaction.json, partial(operator.is_, item))}{pointers.join(key)}"
                if not is_valid(interaction, at):
                    continue
                note = f"{parameter.name}={value}"
                yield Violation(
                    "filter-returns-other-items",
                    f"Expected only items that match the filter {note}, got one with {key} {shown(member)}.",
                    parameter.pointer,
                    f"filter {parameter.name} of {interaction.operation.id}",
                    actual=interaction.json,
                    part=at,
                )
                return


def _is_id(parameter: Parameter, value: str) -> bool:
    """Whether a parameter takes the ID of another resource, and this may be one."""
    is_valid = parameter.is_valid(value) or _is_valid_integer(parameter, value)
    return value != "" and is_valid and _IDS.search(parameter.name) is not None


def _is_valid_integer(parameter: Parameter, value: str) -> bool:
    """Whether a parameter takes a text as an integer. Python reads no number of more than 4,300 digits."""
    return value.isdecimal() and len(value) <= _DIGITS and parameter.is_valid(int(value))


def _is_reference(context: Context, operation: Operation, parameter: Parameter, value: str) -> bool:
    """Whether an integer filters by what another path of the contract names: `author` by one of `/authors/{id}`.

    In the list of one author, `author` is what the path says already.
    """
    name = property_name(parameter)
    is_id = _is_valid_integer(parameter, value) and int(value) < _BEYOND_INTEGERS
    if name in _NO_REFERENCES or not is_id or not is_integer(parameter):
        return False
    named = {name, f"{name}s", f"{name}es", f"{name.removesuffix('y')}ies"}
    collections = (_COLLECTION.findall(each.path) for each in context.contract.operations.values())
    is_of_path = named & set(map(plain_name, _COLLECTION.findall(operation.path)))
    return not is_of_path and any(found and plain_name(found[-1]) in named for found in collections)


def is_integer(parameter: Parameter) -> bool:
    """Whether a parameter takes an integer and nothing else."""
    kinds = [shape.kinds or {"any"} for shape in shapes(parameter.schema, parameter.resolve)]
    return {"integer"} <= frozenset[str]().union(*kinds) <= {"integer", "null"}


def _is_another_id(member: Any, value: str) -> bool:
    return isinstance(member, str | int) and not isinstance(member, bool) and _plain(str(member)) != _plain(value)


def _plain(identity: str) -> str:
    """An ID without what servers overlook: the case of letters, leading zeros, digits of another script."""
    return plain_number(identity).lower()


def total_of_page(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """The total of a list agrees with the items of one page.

    Without a next and a previous page, and on a first page that is not full, it is the number of these items; after
    another page it is greater. With unknown query parameters, the only page may be that of a part of the list, and its
    total that of the whole.
    """
    page = page_of(interaction)
    if page is None or interaction.documented is None:
        return
    name, value, count = page.name, page.total, len(page.items)
    expected = ""
    if is_cut_short(interaction, page) and can_be_read(interaction):
        yield Violation(
            "wrong-total",
            f"Expected next and {name} to agree, got no next page after {plural(count, 'item')}, and {value} for"
            f" {name}: one of them is wrong.",
            interaction.documented.pointer,
            f"total of {interaction.operation.id}",
            actual={name: value, "next": None},
        )
        return
    if value != count and (whole := _whole_list(interaction, page)):
        expected = f"{count} for {name}, the number of items {whole}"
    if count >= value and _is_later_page(page):
        expected = f"more than {count} for {name}, the number of items of a page after another one"
    if expected and can_be_read(interaction):
        yield Violation(
            "wrong-total",
            f"Expected {expected}, got {value}.",
            interaction.documented.pointer,
            f"total of {interaction.operation.id}",
            actual=page.body,
            part=pointers.join(name) if name in page.body else "",
        )


def can_be_read(interaction: Interaction) -> bool:
    """Whether a response violates its schema in the items of its list at most: its total and its pages are right."""
    at = _list_at(interaction.json)
    return at is not None and is_valid_outside(interaction, at)


def can_show_total(interaction: Interaction) -> bool:
    """Whether a page says whether its total is right: it is the whole list, comes after another, or states the pages.

    As data change, a list can have more pages than before.
    """
    page = page_of(interaction)
    states_pages = page is not None and any(plain_name(name) in PAGES for name in page.body)
    return page is not None and (_is_later_page(page) or states_pages or bool(_whole_list(interaction, page)))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list that states a total."""

    body: Mapping[str, Any]
    items: list[Any]
    name: str
    """The name of the total."""
    total: int

    @property
    def before(self) -> Any:
        """The link to the previous page: None or empty on the first one, `""` where the list has no such link."""
        return self.body.get("previous", self.body.get("prev", ""))


def page_of(interaction: Interaction) -> Page | None:
    """The page in a response; None where it is none, has no total, or several lists."""
    body = interaction.json if is_list(interaction) else None
    arrays = [each for each in body.values() if isinstance(each, list)] if isinstance(body, Mapping) else []
    stated = stated_total(body)
    if not isinstance(body, Mapping) or stated is None or len(arrays) != 1:
        return None
    return Page(body, arrays[0], *stated)


def is_cut_short(interaction: Interaction, page: Page) -> bool:
    """Whether a page links to no other one although the total says that there is more, and it may be full.

    A page with room for more is the last one, so that its total is wrong.
    """
    has_room = any(len(page.items) < size for size in page_sizes(page.body))
    is_only_page = page.body.get("next", "") is None and page.before is None
    return is_only_page and not has_room and page.total > len(page.items) and _is_of_documented_filter(interaction)


def without_next(body: Any, count: int) -> str:
    """How a page contradicts its total by having no link to the next one, after so many items; empty if it does not."""
    stated = stated_total(body) if isinstance(body, Mapping) and body.get("next", "") is None else None
    return (
        f"{stated[0]} is {stated[1]}, but next is null after {plural(count, 'item')}"
        if stated and stated[1] > count
        else ""
    )


def _whole_list(interaction: Interaction, page: Page) -> str:
    """By what a page is all of its list, as the end of a sentence; empty if it may be a part."""
    if not _is_of_documented_filter(interaction):
        return ""
    if page.body.get("next", "") is None and page.before is None:
        return "without a next or previous page"
    if "next" not in page.body and any(len(page.items) < size for size in page_sizes(page.body)):
        return "of a first page that has room for more"
    return ""


def _is_later_page(page: Page) -> bool:
    """Whether a page with items comes after another one, and its total is that of the list."""
    is_later = "next" in page.body and bool(page.before)
    return is_later and bool(page.items) and not _may_count_page(page.name, page.body)


def parts_of_page(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a list states of its pages stands in its envelope, or in an object of it."""
    return [body, *(body[name] for name in body if plain_name(name) in _INFO and isinstance(body[name], Mapping))]


def page_sizes(body: Mapping[str, Any], names: Collection[str] = _SIZES) -> list[int]:
    """The size of the pages of a list, where the list states it under one of these names."""
    members = (pair for part in parts_of_page(body) for pair in part.items())
    found = [value for name, value in members if plain_name(name) in names]
    return [value for value in found if isinstance(value, int) and not isinstance(value, bool)]


def _may_count_page(name: str, body: Mapping[str, Any]) -> bool:
    """Whether a count may be that of the page alone: there is more than it, two links and the items."""
    return name.lower() == "count" and len(body) > len(("count", "next", "previous", "results"))


def _is_of_documented_filter(interaction: Interaction) -> bool:
    """Whether a list is not filtered, or by one ID or value of a closed set, which its total is about, too."""
    if not optional_query(interaction):
        return True
    chosen = _only_parameter(interaction)
    return chosen is not None and (_is_id(*chosen) or bool(other_choices(*chosen)))


def is_list(interaction: Interaction) -> bool:
    """Whether it is the documented success of a read that is not about a single resource."""
    if not is_specified(interaction) or not interaction.success or interaction.request.method != "GET":
        return False
    is_about_one = interaction.operation.path.rstrip("/").endswith("}")
    return interaction.is_json and not is_about_one and not interaction.response.cut


def optional_query(interaction: Interaction) -> list[tuple[str, str]]:
    """The query of the request, without parameters that the operation requires."""
    required = {p.name for p in interaction.operation.parameters if p.location == "query" and p.required}
    return [(name, value) for name, value in interaction.request.parameters if name not in required]


def _only_parameter(interaction: Interaction, beside: Container[str] = ()) -> tuple[Parameter, str] | None:
    """The one documented query parameter that the request has beside required ones and these, and its value."""
    query = [(name, value) for name, value in optional_query(interaction) if name not in beside]
    if len(query) != 1:
        return None
    name, value = query[0]
    found = (p for p in interaction.operation.parameters if p.location == "query" and p.name == name)
    parameter = next(found, None)
    return None if parameter is None else (parameter, value)


def property_name(parameter: Parameter) -> str:
    """The normalized name of the property that a filter is about; empty for a parameter that is none."""
    found = _IN_BRACKETS.fullmatch(parameter.name)
    name = plain_name(found[1] if found else parameter.name)
    return "" if name in _NO_FILTERS else name


def other_choices(parameter: Parameter, value: str) -> frozenset[str]:
    """The values of the closed set of a filter that it leaves out, as texts; none where `value` is not of the set.

    `true` may mean that the list has these items, too, so it leaves out none.
    """
    choices = frozenset(query_text(choice) for choice in parameter.choices)
    return choices - {value} if value in choices and value != "true" else frozenset()


def stated_total(body: Any) -> tuple[str, Any] | None:
    """The total that a list states and the name of the member; None without one."""
    if not isinstance(body, Mapping):
        return None
    for name, value in body.items():
        if plain_name(name) in TOTALS and isinstance(value, int) and not isinstance(value, bool):
            return name, value
    for name in body:
        if plain_name(name) in _INFO and (found := stated_total(body[name])):
            return found
    return None


def items(body: Any) -> list[Mapping[str, Any]]:
    """The objects of a list: of the array that the body is, or of the only one in its envelope."""
    if isinstance(body, Mapping):
        arrays = [member for member in body.values() if isinstance(member, list)]
        objects = [member for member in body.values() if isinstance(member, Mapping)]
        if not arrays and len(objects) == 1:
            return items(objects[0])
        return items(arrays[0]) if len(arrays) == 1 else []
    return [item for item in body if isinstance(item, Mapping)] if isinstance(body, list) else []


def _list_at(body: Any, at: str = "") -> str | None:
    """The JSON Pointer of the array whose objects are the items; None without one."""
    if not isinstance(body, Mapping):
        return at if isinstance(body, list) else None
    arrays = [name for name, member in body.items() if isinstance(member, list)]
    objects = [name for name, member in body.items() if isinstance(member, Mapping)]
    found = arrays or objects
    return _list_at(body[found[0]], at + pointers.join(found[0])) if len(found) == 1 else None


def query_text(value: Any) -> str:
    """A value as a query has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
