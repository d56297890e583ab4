"""The filters that the profile has for the items of a response."""

from dataclasses import replace

from flowcontract.openapi.model import MediaType, Operation
from flowmock.examples.responses import Responses, encode
from flowmock.messages import Call, Reply
from flowmock.profiles.filters import Filters


def of(operation: Operation, media: MediaType | None, responses: Responses) -> Filters:
    """The filters that the profile has for the route of an operation. `media`: of an item."""
    rules = responses.profile.routes.get(operation.path)
    return Filters(rules.filters if rules else (), media, responses.contract)


def invalid(filters: Filters, call: Call, responses: Responses) -> Reply | None:
    """The reply to filters with invalid values; None where they are valid."""
    wrong = filters.errors(call.query, responses.profile.messages) if filters.are_asked(call.query) else {}
    if not wrong:
        return None
    denied = responses.error("invalid-request", call)
    return replace(denied, body=encode(wrong), rule=f"{denied.rule} (filters)")
