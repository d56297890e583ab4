"""Record the responses of the contract's examples and the mock's scenarios in memory, for `flowcontract export`."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flowcontract.cli.mock_calls import call_of
from flowcontract.export import OperationResponses, Paging, PathCase, RecordedResponse, ScenarioResponses
from flowcontract.generation.request_builder import TOKEN, RequestBuilder, credentials_with, parameter_value, segment
from flowcontract.generation.resources import documented
from flowcontract.http.messages import Request, json_or_none
from flowcontract.http.target import Target
from flowcontract.openapi import parameters, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.application import Mock
from flowmock.creation import create
from flowmock.examples import responses
from flowmock.generation.samples import path_value
from flowmock.lists import paging
from flowmock.lists.envelopes import list_of
from flowmock.messages import Reply
from flowmock.resources.discovery import find_list, find_resources
from flowmock.scenarios.active import Activation
from flowmock.scenarios.definitions import CallRange, Scenario
from flowmock.seeds import DEFAULT
from flowmock.settings import Settings

_REQUESTS = 6
"""Requests after which a scenario that changes from request to request is assumed to start over."""
_MOST_ITEMS = 50
"""Scenarios with longer lists are recorded only by name: for an API with many lists they would fill megabytes."""
_MOST_CASES = 20
"""Items of which the reads, and what is below them, are recorded."""
_UNKNOWN_ID = "no-such-key"


@dataclass(frozen=True, slots=True)
class _Case:
    """A request that is recorded."""

    values: Mapping[str, str] | None
    """The path parameters that the responses are for; None for all others."""
    sent: Mapping[str, str]
    """The path parameters of the request."""
    request: Request


class ScenarioRecorder:
    """Records the operations of one contract."""

    def __init__(
        self, contract: Contract, operations: Iterable[Operation], files: tuple[str, ...], target: Target
    ) -> None:
        """`files`: scenario files of the user. Raises MockError for an invalid one."""
        self._contract = contract
        self._target = target
        self._mock: Mock = create(contract, Settings(scenario_file=files, cors=False, admin=False, watch=False))
        self._planned = [(operation, self._plan(operation)) for operation in operations]
        self._echoes: dict[str, dict[str, tuple[str, ...]]] = {}
        """Where the usual responses of an operation hold path parameters."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of all scenarios."""
        return tuple(self._mock.scenarios.available)

    @property
    def usual_scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios that are recorded if none is named."""
        return tuple(
            name
            for name, scenario in self._mock.scenarios.available.items()
            if all((rule.response.items or 0) <= _MOST_ITEMS for rule in scenario.rules)
        )

    def record(self, name: str = "") -> ScenarioResponses:
        """The responses in a scenario, or without one. Raises MockError for an unknown name."""
        scenario = self._mock.scenarios.available.get(name)
        requests = _REQUESTS if scenario and _depends_on_number(scenario) else 1
        self._mock.scenarios.activate([Activation(name)] if name else [])
        recorded = []
        for operation, planned in self._planned:
            listed = [] if name else self._listed(operation, planned[-1].sent)
            cases = self._cases(operation, [*listed, *planned], name, requests)
            errors = {} if name else self._errors(operation, planned[-1].request)
            recorded.append(OperationResponses(operation, cases, _paging(self._contract, operation), errors))
        summary = scenario.summary if scenario else ""
        return ScenarioResponses(name, summary, tuple(each for each in recorded if each.cases))

    def _cases(self, operation: Operation, planned: list[_Case], name: str, requests: int) -> tuple[PathCase, ...]:
        """The cases, none where the scenario does not affect the operation; one where all are equal."""
        cases = []
        affected = not name
        for case in planned:
            if name:
                self._mock.scenarios.activate([Activation(name)])  # Its counts start over for each value.
            recorded = []
            for _ in range(requests):
                response, is_scenario = self._respond(operation, case.request)
                affected = affected or is_scenario
                recorded.append(response)
            same = all(each == recorded[0] for each in recorded)
            echoes = self._echoed(operation, case, recorded[0]) if case.values is None else {}
            cases.append(PathCase(case.values, case.request, tuple(recorded[:1] if same else recorded), echoes))
        if not affected:
            return ()
        if all(case.responses == cases[-1].responses for case in cases):
            return (replace(cases[0], values=None, echoes=cases[-1].echoes),)
        return tuple(cases)

    def _plan(self, operation: Operation) -> list[_Case]:
        """A request for each set of path parameters in the examples, and one for other values."""
        parameters_ = operation.path_parameters()
        known = [dict(values) for values in documented(operation)] if parameters_ else []
        other = {
            parameter.name: _UNKNOWN_ID
            if known and parameter.is_valid(_UNKNOWN_ID)
            else parameters.text(parameter_value(self._contract, parameter))
            for parameter in parameters_
        }
        cases = [_Case(values, values, self._request(operation, values)) for values in known]
        return [*cases, _Case(None, other, self._request(operation, other))]

    def _listed(self, operation: Operation, sent: Mapping[str, str]) -> list[_Case]:
        """A request for each item of generated lists that a read is of, or is below. `sent`: its path parameters."""
        item_path = operation.path[: operation.path.rfind("}") + 1]
        if operation.method != "GET" or not item_path or documented(operation):
            return []
        parameter = item_path.rpartition("{")[2][:-1]
        found = [{**sent, parameter: item_id} for item_id in self._ids(item_path, sent)[:_MOST_CASES]]
        return [_Case(values, values, self._request(operation, values)) for values in found]

    def _ids(self, item_path: str, sent: Mapping[str, str]) -> list[str]:
        """The IDs of the items with this path: those of their list, else of the lists below other items."""
        collection = item_path.rpartition("/")[0]
        reads = [each for each in self._contract.operations.values() if each.method == "GET"]
        if above := next((each for each in reads if each.path.rstrip("/") == collection), None):
            return self._ids_in(above, sent)
        resources = [each for each, _ in find_resources(self._contract).values()]
        if all(each.path != self._contract.base_path + item_path for each in resources):
            return []
        found: list[str] = []
        for each in reads:
            parent, _, name = each.path.rstrip("/").rpartition("/")
            if name == collection.rpartition("/")[2] and parent.endswith("}") and parent.count("{") == 1:
                parameter = parent.rpartition("{")[2][:-1]
                for parent_id in self._ids(parent, {}):
                    found += self._ids_in(each, {parameter: parent_id})
        return found

    def _ids_in(self, operation: Operation, sent: Mapping[str, str]) -> list[str]:
        """The IDs of the items of a list; none where an operation lists none."""
        if (resource := find_list(self._contract, operation)) is None:
            return []
        response = self._respond(operation, self._request(operation, sent))[0]
        return [found for item in resource.items_of(json_or_none(response.body)) if (found := resource.id_of(item))]

    def _request(self, operation: Operation, values: Mapping[str, str]) -> Request:
        builder = RequestBuilder(self._contract, operation, self._target)
        names = {parameter.name for parameter in operation.path_parameters()}
        segments = {name: segment(value) for name, value in values.items() if name in names}
        return builder.request(segments, credentials_with(operation, TOKEN))

    def _echoed(self, operation: Operation, case: _Case, response: RecordedResponse) -> dict[str, tuple[str, ...]]:
        """Where the body of a success holds the path parameters: with other parameters, it holds those there."""
        body = json_or_none(response.body) if 200 <= response.status < 300 else None
        if operation.id not in self._echoes and body is not None:
            other = {name: self._other(operation, name, text) for name, text in case.sent.items()}
            there = json_or_none(self._respond(operation, self._request(operation, other))[0].body)
            self._echoes[operation.id] = {
                name: tuple(each for each in _pointers_to(body, text) if _text_at(there, each) == other[name])
                for name, text in case.sent.items()
                if other[name] != text
            }
        found = {
            name: tuple(each for each in echoes if _text_at(body, each) == case.sent[name])
            for name, echoes in self._echoes.get(operation.id, {}).items()
        }
        return {name: echoes for name, echoes in found.items() if echoes}

    def _other(self, operation: Operation, name: str, text: str) -> str:
        """Another value of a path parameter, or the same one where there is none."""
        made = (path_value(self._contract, operation, name, seed=DEFAULT, key=f"other {number}") for number in range(9))
        return next((each for each in made if each is not None and each != text), text)

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
            reply = self._responses.documented(operation, documented or success, status, call)
        return _recorded(reply), "scenario" in reply.details

    def _errors(self, operation: Operation, request: Request) -> dict[str, RecordedResponse]:
        """The documented responses with a client or server error, by status."""
        call = replace(call_of(request), operation=operation)
        return {
            status: _recorded(self._responses.documented(operation, documented, int(status), call))
            for status, documented in operation.responses.items()
            if status.isdecimal() and int(status) >= 400
        }

    @property
    def _responses(self) -> responses.Responses:
        return self._mock.compiled.responses[self._mock.compiled.main]


def _recorded(reply: Reply) -> RecordedResponse:
    return RecordedResponse(reply.status, reply.headers, reply.body, reply.wait, reply.fault)


def _depends_on_number(scenario: Scenario) -> bool:
    """Whether its responses may differ from request to request."""
    return any(rule.calls != CallRange() or "{$call}" in str(rule.response) for rule in scenario.rules)


def _is_invalid(status: int) -> bool:
    return status in (400, 415, 422)


def _paging(contract: Contract, operation: Operation) -> Paging | None:
    """How the query of an operation chooses a page; None where it gives no list, or has no parameters for it."""
    listed = list_of(contract, operation)
    known = {kind: name for kind, name in paging.parameters_of(operation).items() if kind != "cursor"}
    return Paging(listed[1], known, paging.first_number_of(operation)) if listed and known else None


def _pointers_to(value: Any, text: str, pointer: str = "") -> Iterator[str]:
    """Where a body holds a text or the number that it is."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, item in items:
        yield from _pointers_to(item, text, pointer + pointers.join(str(token)))
    if _text(value) == text:
        yield pointer


def _text_at(value: Any, pointer: str) -> str | None:
    try:
        return _text(pointers.get(value, pointers.split(pointer)))
    except LookupError:
        return None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
