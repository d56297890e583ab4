"""Requests that change nothing: why, and the response to them."""

from http import HTTPStatus

from flowcontract.openapi.model import Operation
from flowmock.examples.responses import PROBLEM, Responses, encode
from flowmock.messages import Call, Reply


class ChangeRejectedError(Exception):
    """A change that is not possible. `statuses`: suitable statuses of the error response, the best first."""

    def __init__(self, message: str, *statuses: int) -> None:
        self.message = message
        self.statuses = statuses
        super().__init__(message)


class NotAnItemError(Exception):
    """A body that is not an item, such as one of a batch: the response is as without memory."""


def not_found() -> ChangeRejectedError:
    """The error for an ID that a collection does not have."""
    return ChangeRejectedError("Not found.", 404)


def reply(error: ChangeRejectedError, operation: Operation, call: Call, responses: Responses) -> Reply:
    """The documented error response of the first suitable status that has one; else a general one."""
    rule = f"stateful: {error.message}"
    for status in error.statuses:
        if response := operation.response(status):
            return responses.documented(operation, response, status, call, rule, message=error.message)
    status = error.statuses[0]
    if status == 404:
        return responses.error("not-found", call)
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": error.message}
    return Reply(status, responses.headers(PROBLEM), encode(problem), rule)
