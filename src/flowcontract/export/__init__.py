"""Export the responses of the contract's examples and the mock's scenarios as files for a frontend's tests.

The responses are recorded from the mock first, so that every format has the same responses as the running mock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.model import Operation


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """One response of the mock."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wait: float = 0.0
    """Delay in seconds."""
    fault: str = ""
    """Its network fault; empty for none."""


@dataclass(frozen=True, slots=True)
class PathCase:
    """The responses to a request with certain path parameters, or with any others."""

    values: Mapping[str, str] | None
    """Path parameters; None for all values that no other case has."""
    request: Request
    responses: tuple[RecordedResponse, ...]
    """The responses to the first, second, … request; they start over after the last."""
    echoes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """JSON Pointers to where the bodies hold a path parameter of the request, by its name."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How the query chooses a page of a list."""

    items: tuple[str, ...]
    """The members of the body that lead to the items."""
    parameters: Mapping[str, str]
    """Names of query parameters: `size`, `number`, `offset`."""
    first_number: int
    """The number of the first page."""


@dataclass(frozen=True, slots=True)
class OperationResponses:
    """The cases of one operation; the one for all other values is the last."""

    operation: Operation
    cases: tuple[PathCase, ...]
    paging: Paging | None = None
    """None for a response that is not a list with pages."""
    errors: Mapping[str, RecordedResponse] = field(default_factory=dict)
    """The documented error responses by status; only of the responses without a scenario."""


@dataclass(frozen=True, slots=True)
class ScenarioResponses:
    """The responses of the operations that a scenario affects; without a name, the responses without a scenario."""

    name: str
    summary: str
    operations: tuple[OperationResponses, ...]

    def exchanges(self) -> Iterator[Exchange]:
        """Its requests and responses, one after another; a network fault is an exchange without a response."""
        for each in self.operations:
            for case in each.cases:
                for response in case.responses:
                    if response.fault and response.fault != "slow":
                        yield Exchange(case.request, None, response.fault)
                    else:
                        body = response.body if each.operation.method != "HEAD" else b""
                        yield Exchange(case.request, Response(response.status, response.headers, body, response.wait))
