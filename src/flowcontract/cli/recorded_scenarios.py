"""Record the responses of the contract's examples and the mock's scenarios in memory, for `flowcontract export`."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flowcontract.cli.mock_calls import call_of
from flowcontract.export import OperationResponses, PathCase, RecordedResponse, ScenarioResponses
from flowcontract.generation.request_builder import TOKEN, RequestBuilder, credentials_with, parameter_value, segment
from flowcontract.generation.resources import documented
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.application import Mock
from flowmock.creation import create
from flowmock.examples import responses
from flowmock.scenarios.active import Activation
from flowmock.settings import Settings

_REQUESTS = 6
"""Requests after which a scenario that changes from request to request is assumed to start over."""
_UNKNOWN_ID = "no-such-key"


class ScenarioRecorder:
    """Records the operations of one contract."""

    def __init__(
        self, contract: Contract, operations: Iterable[Operation], files: tuple[str, ...], target: Target
    ) -> None:
        """`files`: scenario files of the user. Raises MockError for an invalid one."""
        self._mock: Mock = create(contract, Settings(scenario_file=files, cors=False, admin=False, watch=False))
        self._requests = [(operation, _requests(contract, operation, target)) for operation in operations]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of all scenarios."""
        return tuple(self._mock.scenarios.available)

    def record(self, name: str = "") -> ScenarioResponses:
        """The responses in a scenario, or without one. Raises MockError for an unknown name."""
        summary = self._mock.scenarios.available[name].summary if name in self.scenarios else ""
        self._mock.scenarios.activate([Activation(name)] if name else [])
        recorded = [
            OperationResponses(operation, self._cases(operation, requests, name))
            for operation, requests in self._requests
        ]
        return ScenarioResponses(name, summary, tuple(each for each in recorded if each.cases))

    def _cases(
        self, operation: Operation, requests: list[tuple[Mapping[str, str] | None, Request]], name: str
    ) -> tuple[PathCase, ...]:
        """The cases, none where the scenario does not affect the operation; one where all are equal."""
        cases = []
        affected = not name
        for values, request in requests:
            if name:
                self._mock.scenarios.activate([Activation(name)])  # Its counts start over for each value.
            recorded = []
            for _ in range(_REQUESTS if name else 1):
                response, is_scenario = self._respond(operation, request)
                affected = affected or is_scenario
                recorded.append(response)
            same = all(each == recorded[0] for each in recorded)
            cases.append(PathCase(values, request, tuple(recorded[:1] if same else recorded)))
        if not affected:
            return ()
        if all(case.responses == cases[-1].responses for case in cases):
            return (replace(cases[0], values=None),)
        return tuple(cases)

    def _respond(self, operation: Operation, request: Request) -> tuple[RecordedResponse, bool]:
        call = call_of(request)
        call, reply = asyncio.run(self._mock.preview(call, uses_up_scenarios=True))
        success = operation.success()
        if (
            not 200 <= reply.status < 300
            and not reply.details.get("scenario")
            and _is_invalid(reply.status)
            and success
        ):
            # The request was made up and is invalid: the documented success is meant.
            status, documented = responses.usual(operation)
            contract = self._mock.compiled.main
            reply = self._mock.compiled.responses[contract].documented(operation, documented or success, status, call)
        return RecordedResponse(
            reply.status, reply.headers, reply.body, reply.wait, reply.fault
        ), "scenario" in reply.details


def _is_invalid(status: int) -> bool:
    return status in (400, 415, 422)


def _requests(
    contract: Contract, operation: Operation, target: Target
) -> list[tuple[Mapping[str, str] | None, Request]]:
    """A request for each set of path parameters in the examples, and one for other values."""
    builder = RequestBuilder(contract, operation, target)
    credentials = credentials_with(operation, TOKEN)
    names = [parameter.name for parameter in operation.path_parameters()]
    known = [dict(values) for values in documented(operation)] if names else []
    other = {
        parameter.name: _UNKNOWN_ID
        if known and parameter.is_valid(_UNKNOWN_ID)
        else parameters.text(parameter_value(contract, parameter))
        for parameter in operation.path_parameters()
    }

    def request(values: Mapping[str, str]) -> Request:
        return builder.request({name: segment(value) for name, value in values.items()}, credentials)

    return [*((values, request(values)) for values in known), (None, request(other))]
