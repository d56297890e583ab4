"""Requests for a list: the page that is asked for, and the reply with it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import ORDER, DocumentedResponse, Operation
from flowcontract.openapi.values.names import words
from flowcontract.text import plain_name
from flowmock.examples import filters as profile_filters
from flowmock.examples.headers import header_text
from flowmock.examples.responses import SIZED, Responses, accepted_media, usual
from flowmock.generation import relations
from flowmock.lists import paging
from flowmock.lists.days import of_day
from flowmock.lists.defaults import with_default_filters, with_default_order, without_hidden
from flowmock.lists.selecting import (
    Item,
    as_described,
    declared_query,
    filtered,
    needing_all,
    ordered,
    searched,
    without_required_search,
)
from flowmock.messages import Call, Reply
from flowmock.profiles.filters import Filters
from flowmock.resources.list_items import documented_items
from flowmock.resources.lists_below import newest_first
from flowmock.resources.model import Resource
from flowmock.validation.violations import Violation

_SCALES = frozenset(
    {"difficulty", "grade", "importance", "impact", "level", "phase", "priority", "rank", "severity", "size", "stage"}
    | {"state", "status", "tier", "urgency"}
)
"""Last words of names of properties whose schemas name their values from the least or first to the most or last."""

_NEWEST_FIRST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly \w+)?)(?: \w+)? first\b|\breverse chronological", re.IGNORECASE
)
"""What the description of a list says of its order."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A request for the list of a resource."""

    resource: Resource
    operation: Operation
    call: Call
    responses: Responses

    def page(self, items: Sequence[Item], gone: Collection[str] = ()) -> paging.Page | Reply:
        """The page of the items that is asked for and that the caller may view, or the reply to a wrong query.

        `gone`: the IDs of items that were there before.
        """
        filters = profile_filters.of(self.operation, self.resource.media, self.responses)
        if invalid := profile_filters.invalid(filters, self.call, self.responses):
            return invalid
        if denied := self._unknown_cursor(items, gone):
            return denied
        visible = None if self.operation.is_open else self.call.caller.resource_ids
        known = [
            item
            for item in items
            if (visible is None or self.resource.id_of(item) in visible) and filters.match(self.call.query, item)
        ]
        page = paging.page_of(self._selected(known, filters), self.operation, self.call, self.resource.id_of)
        does_not_exist = page.first < 0 or (page.first > 0 and not page.items)
        if does_not_exist and self.responses.profile.responses["not-found"].kind != "contract":
            return self.responses.error("not-found", self.call)
        return page

    def _unknown_cursor(self, items: Sequence[Item], gone: Collection[str]) -> Reply | None:
        """The reply to a cursor that no page and no example has, where the operation documents an error for it."""
        resource, operation = self.resource, self.operation
        cursor = paging.asked_cursor(operation, self.call)
        template = self.responses.profile.responses["invalid-request"]
        is_documented = template.kind == "contract" and any(map(operation.response, template.statuses))
        if not (cursor and resource.id_field and is_documented):
            return None
        examples: list[Any] = [each.value for parameter in operation.parameters for each in parameter.examples.values()]
        examples += (parameter.schema.get("examples") for parameter in operation.parameters)
        if resource.list_media:
            examples += (each.value for each in resource.list_media.examples.values())
        known = (str(each) for _, each in pointers.walk(examples) if not isinstance(each, dict | list))
        if cursor in gone or any(resource.id_of(item) == cursor for item in items) or cursor in known:
            return None
        name = next(name for name, value in self.call.query if value == cursor)
        message = "the cursor is unknown"
        about = Violation("query", name, message)
        return self.responses.error("invalid-request", self.call, about=about, message=message)

    def _selected(self, items: Sequence[Item], filters: Filters) -> list[Item]:
        """The items that the query selects, in the order that it asks for. `filters`: applied before."""
        resource, operation = self.resource, self.operation
        known = list(items)
        own = {*filters.names, *paging.chosen_by(operation, self.call)}
        query = [pair for pair in declared_query(operation, self.call.query) if pair[0] not in own]
        properties = [*resource.properties(), *sorted(resource.list_properties() - resource.properties().keys())]
        is_documented = resource.list_media is not None and bool(resource.list_media.examples)
        # What clients can create has the moments and words that they give it.
        may_be_fitted = not is_documented and "create" not in resource.operations
        if may_be_fitted:
            known = of_day(known, operation, query, resource.media.is_valid, sized=self.call.list_size is not None)
        of_all, today = needing_all(operation), self.responses.seed.today
        others = {*filters.names, *paging.parameters_of(operation).values()}
        if not is_documented and self.call.list_size is None:
            query = with_default_filters(operation, query, known, properties, today, others)
            known = without_hidden(operation, query, known, properties)
        query = as_described(operation, query, properties)
        search_in = searched(operation, known)
        chosen = filtered(known, properties, query, of_all, today=today, search_in=search_in)
        if not chosen and may_be_fitted and not search_in:  # What is generated has no such words.
            chosen = filtered(known, properties, without_required_search(operation, query), of_all, today=today)
        # An example has the order of its author.
        is_as_written = is_documented and known == documented_items(resource)
        query = query if is_as_written else with_default_order(operation, query)
        scales = {name: values for name, values in resource.values_in_order().items() if words(name)[-1] in _SCALES}
        found = ordered(chosen, properties, query, scales)
        is_asked = any(plain_name(name) in ORDER for name, _ in query)
        described = "" if is_as_written or is_asked else f"{operation.summary} {operation.description}"
        return newest_first(found) if _NEWEST_FIRST.search(described) else found

    def reply(self, page: paging.Page, body: Any, rule: str) -> Reply:
        """The reply with the body of a page."""
        media = self.resource.list_media
        assert media
        if not media.examples and isinstance(body, dict):  # An example of the list is taken as it is.
            body = relations.below(body, self.operation.path, self.call.path_values, media.is_valid)
        status, response = usual(self.operation)
        accepted = accepted_media(response, self.call) or media
        reply = self.responses.body(status, response, accepted, body, rule, self.call)
        reply = replace(reply, details={} if self.call.list_size is None else {SIZED: True})
        return _with_page_headers(reply, response, page) if response else reply


def _with_page_headers(reply: Reply, response: DocumentedResponse, page: paging.Page) -> Reply:
    """The reply with the documented headers about pages: `Link`, the total, `X-Page`, `X-Next-Page` and the like."""
    ours: dict[str, str | None] = {}
    for name, header in response.headers.items():
        values = paging.header_values(name, page, response.headers)
        known = (header_text(header, value) for value in values if value is not None)
        text = next((each for each in known if each is not None), None)
        if text is not None or (values and values[0] is None and not header.required):
            ours[name] = text
    if not ours:
        return reply
    kept = tuple(pair for pair in reply.headers if pair[0].lower() not in ours)
    added = tuple((response.headers[name].name, text) for name, text in ours.items() if text is not None)
    return replace(reply, headers=(*kept, *added))
