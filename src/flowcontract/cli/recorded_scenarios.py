"""Play the contract's examples and the mock's scenarios, in memory, for what is exported."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flowcontract.cli.mock_calls import call_of
from flowcontract.export import Case, Played, Reply, Scene
from flowcontract.generation.probes import default_keys
from flowcontract.generation.request_builder import Form, good, sample, segment
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.application import Mock, create
from flowmock.examples import responses
from flowmock.scenarios.active import Activation
from flowmock.settings import Settings

_TURNS = 6
"""Requests after which a state that changes from call to call is taken to begin again."""
_NOBODYS = "no-such-key"


class Player:
    """Plays the operations of one contract."""

    def __init__(
        self, contract: Contract, operations: Iterable[Operation], files: tuple[str, ...], target: Target
    ) -> None:
        """`files`: scenarios of the user's own. Raises MockError for what is none."""
        self._mock: Mock = create(contract, Settings(scenario_file=files, cors=False, admin=False, watch=False))
        self._asked = [(operation, _requests(contract, operation, target)) for operation in operations]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios that there are."""
        return tuple(self._mock.scenarios.available)

    def play(self, name: str = "") -> Scene:
        """What is answered in a scenario; without a name, without any. Raises MockError for an unknown one."""
        summary = self._mock.scenarios.available[name].summary if name in self.scenarios else ""
        self._mock.scenarios.activate([Activation(name)] if name else [])
        played = [Played(operation, self._cases(operation, asked, name)) for operation, asked in self._asked]
        return Scene(name, summary, tuple(each for each in played if each.cases))

    def _cases(
        self, operation: Operation, asked: list[tuple[Mapping[str, str] | None, Request]], name: str
    ) -> tuple[Case, ...]:
        """Nothing where the scenario does not concern the operation; one case where every key is answered alike."""
        cases = []
        touched = not name
        for values, request in asked:
            if name:
                self._mock.scenarios.activate([Activation(name)])  # Its counts begin anew with each key.
            turns = []
            for _ in range(_TURNS if name else 1):
                reply, is_scenario = self._reply(operation, request)
                touched = touched or is_scenario
                turns.append(reply)
            same = all(turn == turns[0] for turn in turns)
            cases.append(Case(values, request, tuple(turns[:1] if same else turns)))
        if not touched:
            return ()
        if all(case.turns == cases[-1].turns for case in cases):
            return (replace(cases[0], values=None),)
        return tuple(cases)

    def _reply(self, operation: Operation, request: Request) -> tuple[Reply, bool]:
        call = call_of(request)
        found, _ = self._mock.answer(call)
        success = operation.success()
        if (
            not 200 <= found.status < 300
            and not found.details.get("scenario")
            and _is_invalid(found.status)
            and success
        ):
            # What was sent for want of an example is not valid: the contract's answer is what is meant.
            status, answer = responses.usual(operation)
            contract = self._mock.compiled.main
            found = self._mock.compiled.answers[contract].documented(operation, answer or success, status, call)
        return Reply(found.status, found.headers, found.body, found.wait, found.fault), "scenario" in found.details


def _is_invalid(status: int) -> bool:
    return status in (400, 415, 422)


def _requests(
    contract: Contract, operation: Operation, target: Target
) -> list[tuple[Mapping[str, str] | None, Request]]:
    """A request for each key that the examples have, and one for a key that is none of them."""
    form = Form(contract, operation, target)
    who = good(operation)
    names = [parameter.name for parameter in operation.path_parameters()]
    known = [dict(values) for values in default_keys(operation)] if names else []
    other = {
        parameter.name: _NOBODYS if parameter.schema.get("type", "string") == "string" and known else
        str(sample(contract, parameter.schema))
        for parameter in operation.path_parameters()
    }  # fmt: skip

    def asked(values: Mapping[str, str]) -> Request:
        return form.request({name: segment(value) for name, value in values.items()}, who)

    return [*((values, asked(values)) for values in known), (None, asked(other))]
