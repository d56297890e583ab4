"""The active scenarios, for all clients or for one session, and how they change responses.

Scenarios apply in order, each to the response that the one before returned. A session with scenarios of its own is
not affected by those that are active for all clients, and vice versa.
"""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jsonpath

from flowcontract.errors import MockError
from flowcontract.openapi.contract import Contract, carried
from flowcontract.openapi.model import DocumentedResponse
from flowcontract.text import nearest_or_all
from flowmock.examples.responses import Responses, encode, main_media
from flowmock.messages import Call, Reply
from flowmock.scenarios import documented, expressions, matching
from flowmock.scenarios.definitions import UNSET, CallRange, ResponseOverride, Rule, Scenario, load, read
from flowmock.scenarios.reading import Reader

MAX_SESSIONS = 1000
"""Sessions that can have scenarios of their own. Beyond, the one that was changed longest ago is dropped."""
MAX_DEFINED = 500
"""Scenarios that can be defined while the mock runs."""
MAX_SESSION_NAME = 200
"""Characters of a session's name."""
Normal = Callable[[], Awaitable[Reply]]


@dataclass(slots=True)
class ActiveScenario:
    """A scenario that is active."""

    scenario: Scenario
    left: int | None = None
    """Responses that it still applies to; None: until it is cleared."""
    applied: int = 0
    """Responses that it has applied to."""
    operations: tuple[str, ...] = ()
    """The operations that it is limited to; empty for all."""
    counts: list[int] = field(default_factory=list)
    """How many calls have matched each rule."""

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.scenario.rules)

    def concerns(self, call: Call) -> bool:
        """Whether it is active for the operation of a call."""
        return not self.operations or (call.operation is not None and call.operation.id in self.operations)

    def take(self, index: int, calls: CallRange) -> int | None:
        """Count a call that matches a rule. Returns its number if the rule applies to it, else None."""
        self.counts[index] += 1
        if self.left == 0 or not calls.includes(self.counts[index]):
            return None
        self.applied += 1
        if self.left is not None:
            self.left -= 1
        return self.counts[index]

    def copy(self) -> "ActiveScenario":
        """An independent copy with the same counts."""
        copied = replace(self)
        copied.counts = list(self.counts)
        return copied


@dataclass(frozen=True, slots=True)
class Activation:
    """A scenario to activate, for how many responses, and for which operations."""

    name: str
    calls: int | None = None
    operations: tuple[str, ...] = ()
    """Empty for all operations."""


class Scenarios:
    """The available scenarios, and those that are active."""

    def __init__(
        self,
        contracts: Iterable[Contract],
        available: Mapping[str, Scenario],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed`: called after the active scenarios have changed."""
        self._changed = changed
        self.contracts = tuple(contracts)
        self.available = dict(available)
        self._shared: tuple[ActiveScenario, ...] = ()
        self._sessions: OrderedDict[str, tuple[ActiveScenario, ...]] = OrderedDict()

    @classmethod
    def carried(cls, contracts: Iterable[Contract], changed: Callable[[], None] = lambda: None) -> "Scenarios":
        """With the bundled scenarios that apply to one of the contracts."""
        contracts = tuple(contracts)
        available: dict[str, Scenario] = {}
        for path in sorted(carried("scenarios").glob("*.yaml")):
            available |= load(path, contracts, lenient=True)
        return cls(contracts, available, changed)

    @property
    def is_idle(self) -> bool:
        """Whether no scenario is active for anyone."""
        return not self._shared and not self._sessions

    def copy(self) -> "Scenarios":
        """An independent copy: applying its scenarios does not change the counts here."""
        copied = Scenarios(self.contracts, self.available)
        copied._shared = tuple(each.copy() for each in self._shared)
        copied._sessions.update((name, tuple(each.copy() for each in own)) for name, own in self._sessions.items())
        return copied

    def named(self, name: str) -> Scenario:
        """An available scenario, or that of a documented response. Raises MockError for an unknown name."""
        if found := self.available.get(name) or documented.find(name, self.contracts):
            return found
        statuses = documented.statuses(name, self.contracts)
        known = nearest_or_all(name, [*sorted(self.available), documented.FORM])
        raise MockError(f"unknown scenario {name[:100]!r}.", do=statuses or known)

    def alone(self, name: str) -> "Scenarios":
        """One scenario, as if it had just been activated for all clients. Raises MockError for an unknown name."""
        alone = Scenarios(self.contracts, self.available)
        alone._shared = (ActiveScenario(self.named(name)),)
        return alone

    def active(self, session: str = "") -> tuple[ActiveScenario, ...]:
        """The scenarios that apply to a session, in order: its own if it has any, else those of all clients."""
        return self._sessions.get(session, self._shared) if session else self._shared

    def sessions(self) -> tuple[str, ...]:
        """The sessions with scenarios of their own."""
        return tuple(self._sessions)

    def activate(self, activations: Sequence[Activation | str], session: str = "") -> tuple[ActiveScenario, ...]:
        """Activate these scenarios instead of those before. Raises MockError for an unknown name."""
        reader = Reader("")
        if len(session) > MAX_SESSION_NAME:
            raise reader.error(
                "/session", f"expected a name of at most {MAX_SESSION_NAME} characters, got {len(session)}"
            )
        named = [Activation(each) if isinstance(each, str) else each for each in activations]
        active = tuple(
            ActiveScenario(
                self.named(each.name),
                each.calls,
                operations=tuple(
                    matching.operation_id(operation, self.contracts, reader, "") for operation in each.operations
                ),
            )
            for each in named
        )
        if session:
            self._sessions.pop(session, None)
            self._sessions[session] = active
            while len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        else:
            self._shared = active
        self._changed()
        return active

    def clear(self, session: str = "") -> None:
        """Deactivate the scenarios of all clients, or those of a session, which then has those of all clients again."""
        if session:
            self._sessions.pop(session, None)
        else:
            self._shared = ()
        self._changed()

    def reset(self) -> None:
        """Deactivate every scenario, and drop those that were defined at run time."""
        self._shared = ()
        self._sessions.clear()
        self.available = {name: each for name, each in self.available.items() if not is_defined_at_run_time(each)}
        self._changed()

    def replace_files(self, available: Mapping[str, Scenario]) -> None:
        """Have other scenarios, which may be active; those that were defined at run time stay.

        An active scenario that has changed starts counting again; one that was removed is deactivated.
        """
        defined = {name: each for name, each in self.available.items() if is_defined_at_run_time(each)}
        self.available = {**defined, **available}
        self._shared = self._again(self._shared)
        for session, own in tuple(self._sessions.items()):
            self._sessions[session] = self._again(own)
        self._changed()

    def _again(self, active: Iterable[ActiveScenario]) -> tuple[ActiveScenario, ...]:
        kept = {each.scenario.name: each.scenario for each in active if each.scenario.source == documented.SOURCE}
        found = ((each, (kept | self.available).get(each.scenario.name)) for each in active)
        return tuple(
            each if scenario == each.scenario else ActiveScenario(scenario, each.left, operations=each.operations)
            for each, scenario in found
            if scenario
        )

    def define(self, name: str, raw: Any) -> Scenario:
        """Add a scenario, or replace one that was added at run time, also where it is active.

        Raises MockError if it is invalid.
        """
        known = self.available.get(name)
        if known and not is_defined_at_run_time(known):
            raise MockError(f"scenario {name!r} is already defined in {known.source}.", do="Choose another name.")
        if not known and sum(map(is_defined_at_run_time, self.available.values())) >= MAX_DEFINED:
            raise MockError(f"the limit of {MAX_DEFINED} defined scenarios is reached.", do="Reset the mock.")
        self.available[name] = scenario = read(name, raw, Reader(_REQUEST), self.contracts)
        for active in self._everywhere():
            if active.scenario.name == name:
                active.scenario = scenario
                active.counts = [0] * len(scenario.rules)
        self._changed()
        return scenario

    def drop(self, name: str) -> None:
        """Deactivate a scenario that was defined at run time, and forget it. Raises MockError for any other."""
        known = self.available.get(name)
        if known is None or not is_defined_at_run_time(known):
            raise MockError(f"scenario {name[:80]!r} was not defined at run time.", do="Deactivate it instead.")
        del self.available[name]
        self._shared = tuple(each for each in self._shared if each.scenario.name != name)
        for session, own in self._sessions.items():
            self._sessions[session] = tuple(each for each in own if each.scenario.name != name)
        self._changed()

    def _everywhere(self) -> Iterator[ActiveScenario]:
        yield from self._shared
        for own in self._sessions.values():
            yield from own

    async def apply(self, call: Call, responses: Responses, normal: Normal) -> Reply:
        """The reply to a call of the contract. `normal` makes the reply without scenarios; called only if needed."""
        reply: Reply | None = None
        for active in self.active(call.session) if call.operation else ():
            if active.left == 0 or not active.concerns(call):
                continue
            for index, rule in _matching_rules(active.scenario, call):
                changes = not rule.response.replaces_response and rule.response.items is None
                if reply is None and (rule.normally or changes):
                    reply = await normal()
                if reply is not None and not rule.applies_to(reply.status):
                    continue
                number = active.take(index, rule.calls)
                if number is None:
                    continue
                if rule.response.items is not None and (reply is None or "scenario" not in reply.details):
                    call.list_size = rule.response.items
                    reply = await normal()
                reply = _Application(active, rule.response, call, responses, number).over(reply)
                break
        return reply if reply is not None else await normal()


_REQUEST = "the request"


def is_defined_at_run_time(scenario: Scenario) -> bool:
    """Whether no file has a scenario."""
    return scenario.source == _REQUEST


def _matching_rules(scenario: Scenario, call: Call) -> list[tuple[int, Rule]]:
    """The rules that match a call, with their indices, in order."""
    return [(index, rule) for index, rule in enumerate(scenario.rules) if rule.match.matches(call)]


class _Application:
    """One override applied to one call."""

    def __init__(
        self, active: ActiveScenario, override: ResponseOverride, call: Call, responses: Responses, number: int
    ) -> None:
        self.scenario = active.scenario
        self.override = override
        self.call = call
        self.responses = responses
        self.number = number

    def over(self, base: Reply | None) -> Reply:
        """The changed reply. `base`: the reply to change; None if the override makes a whole response."""
        override = self.override
        try:
            reply = self._base_reply(base)
            if override.changes_body:
                reply = replace(reply, body=self._patched(reply))
        except _InapplicableError as error:
            return self._inapplicable(str(error), base)
        headers = list(reply.headers)
        for name in {name.lower() for name, _ in override.headers}:
            headers = [(key, value) for key, value in headers if key.lower() != name]
        headers += [(name, str(self._filled(value))) for name, value in override.headers if value is not None]
        if override.media:
            headers = [
                ("Content-Type", override.media),
                *(each for each in headers if each[0].lower() != "content-type"),
            ]
        before = f" over {base.rule}" if base is not None and not override.replaces_response else ""
        return replace(
            reply,
            headers=tuple((name, _one_line(value)) for name, value in headers),
            rule=f"scenario {self.scenario.name}{before}",
            wait=(base.wait if base else 0.0) + override.delay,
            fault=override.fault or (base.fault if base else ""),
            within_contract=not self.scenario.breaks_contract
            and reply.within_contract
            and (base is None or base.within_contract),
            details={**reply.details, "scenario": self.scenario.name},
        )

    def _base_reply(self, base: Reply | None) -> Reply:
        override, call = self.override, self.call
        assert call.operation
        if not override.replaces_response:
            assert base
            return (
                replace(base, headers=(), details={"omit_default_headers": True})
                if override.omit_default_headers
                else base
            )
        success = call.operation.success()
        usual = int(success.status) if success and success.status.isdecimal() else 200
        status = override.code or (base.status if base else usual)
        response = call.operation.response(status)
        if override.body is not UNSET:
            return self._with_body(status, response)
        if override.example:
            return self._example(status, response)
        if override.omit_default_headers:
            return self._with_headers(status, override.media, b"")
        if response is None and status >= 400 and not override.media:
            return replace(self.responses.undocumented_error(call.operation, status, call), within_contract=False)
        if response is None:
            return self._with_headers(status, override.media, b"")
        return self.responses.documented(call.operation, response, status, call)

    def _with_body(self, status: int, response: DocumentedResponse | None) -> Reply:
        value = self._filled(self.override.body)
        media = main_media(response) if response else None
        if isinstance(value, str):
            documented = media.name if media and not media.is_json else "text/plain"
            return self._with_headers(status, self.override.media or documented, value.encode("utf-8", "surrogatepass"))
        documented = media.name if media and media.is_json else "application/json"
        return self._with_headers(status, self.override.media or documented, encode(value))

    def _example(self, status: int, response: DocumentedResponse | None) -> Reply:
        operation = self.call.operation
        assert operation
        pairs: list[tuple[int, DocumentedResponse]] = [(status, response)] if response else []
        if self.override.code is None:
            pairs += [(int(key), each) for key, each in operation.responses.items() if key.isdecimal()]
        for code, each in pairs:
            for media in each.media.values():
                if self.override.example in media.examples:
                    return self.responses.example(code, each, media, media.examples[self.override.example])
        raise _InapplicableError(f"{operation.id} has no example {self.override.example!r} for this response")

    def _with_headers(self, status: int, media: str, body: bytes) -> Reply:
        if self.override.omit_default_headers:
            headers: tuple[tuple[str, str], ...] = (("Content-Type", media),) if media else ()
        else:
            headers = self.responses.headers(media)
        return Reply(status, headers, body, "", details={"omit_default_headers": self.override.omit_default_headers})

    def _patched(self, reply: Reply) -> bytes:
        try:
            value = json.loads(reply.body)
        except ValueError as error:
            raise _InapplicableError("the response has no JSON body to patch") from error
        if self.override.patch is None:
            return encode(merged(value, self._filled(self.override.merge)))
        try:
            return encode(jsonpath.JSONPatch(self._filled(list(self.override.patch))).apply(value))
        except (jsonpath.JSONPatchError, jsonpath.JSONPointerError, TypeError, LookupError, ValueError) as error:
            raise _InapplicableError(f"the patch does not match the body: {error}") from error

    def _filled(self, value: Any) -> Any:
        return expressions.filled(value, self.call, self.number)

    def _inapplicable(self, why: str, base: Reply | None) -> Reply:
        """The reply if the override cannot be applied.

        A response of another scenario stays unchanged. The mock's own response becomes a 500: unchanged, it would let
        a test pass that tests nothing.
        """
        if base is not None and "scenario" in base.details and not self.override.replaces_response:
            return replace(base, rule=f"{base.rule}; scenario {self.scenario.name} not applied: {why}")
        text = f"scenario {self.scenario.name} cannot be applied: {why}"
        return Reply(500, (("Content-Type", "text/plain; charset=utf-8"),), text.encode(), text, within_contract=False)


class _InapplicableError(Exception):
    """The override does not fit the response."""


def merged(value: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch (RFC 7396, section 2): null removes a member."""
    if not isinstance(patch, Mapping):
        return patch
    base = dict(value) if isinstance(value, Mapping) else {}
    for name, item in patch.items():
        if item is None:
            base.pop(name, None)
        else:
            base[name] = merged(base.get(name), item)
    return base


def _one_line(value: str) -> str:
    return "".join(character for character in value if character == "\t" or (character >= " " and character != "\x7f"))
