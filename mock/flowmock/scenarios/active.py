"""Scenarios: which states the mock is in, for everybody or for one client session, and what they make of an answer.

States are played in order, each over the answer that the one before left. A session with states of its own is
not touched by those that are set for everybody, and the other way round.
"""

import json
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jsonpath

from flowcontract.errors import MockError
from flowcontract.openapi.contract import Contract, carried
from flowcontract.openapi.model import DocumentedResponse
from flowmock.examples.responses import Responses, encode, main_media
from flowmock.messages import Call, Reply
from flowmock.scenarios import expressions
from flowmock.scenarios.definitions import UNSET, CallRange, ResponseOverride, Rule, Scenario, load, read
from flowmock.scenarios.reading import Reader

MAX_SESSIONS = 1000
"""Sessions that can have states of their own; the one that was set longest ago is forgotten first."""
MAX_STATES = 500
"""States that can be defined while the mock runs."""
MAX_SESSION_NAME = 200
Normal = Callable[[], Reply]


@dataclass(slots=True)
class ActiveScenario:
    """A state that is switched on."""

    state: Scenario
    left: int | None = None
    """Answers it is still played for; None until it is cleared."""
    played: int = 0
    counts: list[int] = field(default_factory=list)
    """How many calls each rule has fitted."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Tells it from others of the same state, also between workers."""
    most: int | None = None
    """Answers it was to be played for when it was switched on."""

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.state.rules)
        self.most = self.left

    def take(self, index: int, turn: CallRange) -> int | None:
        """Count a call that fits a rule; its number where the rule is played for it, which counts too."""
        self.counts[index] += 1
        if self.left == 0 or not turn.has(self.counts[index]):
            return None
        self.played += 1
        if self.left is not None:
            self.left -= 1
        return self.counts[index]

    def copy(self) -> "ActiveScenario":
        """The same state at the same point, to be played apart."""
        copied = replace(self)
        copied.counts = list(self.counts)
        return copied


@dataclass(frozen=True, slots=True)
class Activation:
    """A state to switch on, and for how many answers."""

    name: str
    calls: int | None = None


class Scenarios:
    """The states that there are, and those that are on."""

    def __init__(
        self, contracts: Iterable[Contract], states: Mapping[str, Scenario], changed: Callable[[], None] = lambda: None
    ) -> None:
        """`changed`: called when other states are on than before."""
        self._changed = changed
        self.contracts = tuple(contracts)
        self.available = dict(states)
        self._shared: tuple[ActiveScenario, ...] = ()
        self._sessions: OrderedDict[str, tuple[ActiveScenario, ...]] = OrderedDict()
        self._defined: dict[str, Any] = {}
        self.take: Callable[[ActiveScenario, int, CallRange], int | None] = ActiveScenario.take
        """Counts a call; workers that share their scenarios count together."""

    @classmethod
    def carried(cls, contracts: Iterable[Contract], changed: Callable[[], None] = lambda: None) -> "Scenarios":
        """With the states that the project carries, as far as they concern one of the contracts."""
        contracts = tuple(contracts)
        states: dict[str, Scenario] = {}
        for path in sorted(carried("scenarios").glob("*.yaml")):
            states |= load(path, contracts, lenient=True)
        return cls(contracts, states, changed)

    @property
    def is_idle(self) -> bool:
        """Whether no state is on for anybody, so that answers need not come by here."""
        return not self._shared and not self._sessions

    def copy(self) -> "Scenarios":
        """The same states, with counts of its own: what is played in it uses up nothing here."""
        copied = Scenarios(self.contracts, self.available)
        copied._shared = tuple(each.copy() for each in self._shared)
        copied._sessions.update((name, tuple(each.copy() for each in own)) for name, own in self._sessions.items())
        return copied

    def active(self, session: str = "") -> tuple[ActiveScenario, ...]:
        """The states that calls of a session meet, in order; its own where it has some, else everybody's."""
        return self._sessions.get(session, self._shared) if session else self._shared

    def all_active(self) -> tuple[ActiveScenario, ...]:
        """Every state that is on, for whomever."""
        return tuple(each for on in (self._shared, *self._sessions.values()) for each in on)

    def sessions(self) -> tuple[str, ...]:
        """The sessions that have states of their own."""
        return tuple(self._sessions)

    def activate(self, wanted: Sequence[Activation | str], session: str = "") -> tuple[ActiveScenario, ...]:
        """Switch these states on, and those before off. Raises MockError for an unknown one."""
        reader = Reader("the scenario")
        if len(session) > MAX_SESSION_NAME:
            raise reader.error("/session", f"a name of at most {MAX_SESSION_NAME} characters was expected")
        named = [Activation(each) if isinstance(each, str) else each for each in wanted]
        active = tuple(
            ActiveScenario(self.available[reader.one_of(each.name, self.available, "", "scenario")], each.calls)
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
        """Switch off everybody's states, or a session's own, so that everybody's hold for it again."""
        if session:
            self._sessions.pop(session, None)
        else:
            self._shared = ()
        self._changed()

    def reset(self) -> None:
        """Switch everything off, for everybody and every session, and forget what was defined meanwhile."""
        self._shared = ()
        self._sessions.clear()
        self.available = {name: state for name, state in self.available.items() if state.source != _REQUEST}
        self._defined = {}
        self._changed()

    def define(self, name: str, raw: Any) -> Scenario:
        """Add a state, or replace one that was added so. Raises MockError for what is no state."""
        known = self.available.get(name)
        if known and known.source != _REQUEST:
            raise MockError(f"{name!r} is a scenario of {known.source}.", do="Choose another name.")
        if not known and sum(state.source == _REQUEST for state in self.available.values()) >= MAX_STATES:
            raise MockError(f"there are {MAX_STATES} defined scenarios already.", do="Reset the mock.")
        self.available[name] = state = read(name, raw, Reader(_REQUEST), self.contracts)
        self._defined[name] = raw
        return state

    def snapshot(self) -> dict[str, Any]:
        """What is on and what was defined, as JSON, for `restore` in another worker."""
        on = {session: self._sessions[session] for session in self._sessions} | {"": self._shared}
        return {
            "defined": self._defined,
            "on": {session: [[each.state.name, each.most, each.id] for each in on[session]] for session in on},
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Have on what a snapshot says. What was on before and still is goes on."""
        before = {each.id: each for each in self.all_active()}
        self.available = {name: state for name, state in self.available.items() if state.source != _REQUEST}
        self._defined = {}
        for name, raw in snapshot["defined"].items():
            self.define(name, raw)
        for session, listed in snapshot["on"].items():
            self._sessions[session] = tuple(
                before.get(id_) or ActiveScenario(self.available[name], most, id=id_)
                for name, most, id_ in listed
                if name in self.available  # A worker's files may have changed.
            )
        for session in [each for each in self._sessions if each not in snapshot["on"]]:
            del self._sessions[session]
        self._shared = self._sessions.pop("")
        self._changed()

    def apply(self, call: Call, answers: Responses, normal: Normal) -> Reply:
        """The reply to a call of the contract; `normal` gives the one without scenarios, and is asked if needed."""
        reply: Reply | None = None
        for active in self.active(call.session) if call.operation else ():
            if active.left == 0:
                continue
            for index, rule in _fitting(active.state, call):
                if reply is None and (rule.normally or not rule.effect.stands_alone):
                    reply = normal()
                if reply is not None and not rule.fits(reply.status):
                    continue
                number = self.take(active, index, rule.turn)
                if number is None:
                    continue
                reply = _Play(active, rule.effect, call, answers, number).over(reply)
                break
        return reply if reply is not None else normal()


_REQUEST = "the request"


def _fitting(state: Scenario, call: Call) -> list[tuple[int, Rule]]:
    """The rules that a call matches, with their indices, in order."""
    return [(index, rule) for index, rule in enumerate(state.rules) if rule.match.holds(call)]


class _Play:
    """One effect on one call."""

    def __init__(
        self, active: ActiveScenario, effect: ResponseOverride, call: Call, answers: Responses, number: int
    ) -> None:
        self.state = active.state
        self.effect = effect
        self.call = call
        self.answers = answers
        self.number = number

    def over(self, base: Reply | None) -> Reply:
        """The reply that it makes of another one, or of nothing where it stands alone."""
        effect = self.effect
        try:
            reply = self._chosen(base)
            if effect.changes_body:
                reply = replace(reply, body=self._changed(reply))
        except _MisfitError as misfit:
            return self._misfit(str(misfit), base)
        headers = list(reply.headers)
        for name in {name.lower() for name, _ in effect.headers}:
            headers = [(key, value) for key, value in headers if key.lower() != name]
        headers += [(name, str(self._filled(value))) for name, value in effect.headers if value is not None]
        if effect.media:
            headers = [("Content-Type", effect.media), *(each for each in headers if each[0].lower() != "content-type")]
        before = f" over {base.rule}" if base is not None and not effect.stands_alone else ""
        return replace(
            reply,
            headers=tuple((name, _one_line(value)) for name, value in headers),
            rule=f"scenario {self.state.name}{before}",
            wait=(base.wait if base else 0.0) + effect.delay,
            fault=effect.fault or (base.fault if base else ""),
            within_contract=not self.state.breaks_contract and (base is None or base.within_contract),
            details={**reply.details, "scenario": self.state.name},
        )

    def _chosen(self, base: Reply | None) -> Reply:
        effect, call = self.effect, self.call
        assert call.operation
        if not effect.stands_alone:
            assert base
            return (
                replace(base, headers=(), details={"omit_default_headers": True})
                if effect.omit_default_headers
                else base
            )
        success = call.operation.success()
        usual = int(success.status) if success and success.status.isdecimal() else 200
        status = effect.code or (base.status if base else usual)
        answer = call.operation.response(status)
        if effect.body is not UNSET:
            return self._bodied(status, answer)
        if effect.example:
            return self._example(status, answer)
        if answer is None or effect.omit_default_headers:
            return self._dressed(status, effect.media, b"")
        return self.answers.documented(call.operation, answer, status, call)

    def _bodied(self, status: int, answer: DocumentedResponse | None) -> Reply:
        value = self._filled(self.effect.body)
        media = main_media(answer) if answer else None
        if isinstance(value, str):
            documented = media.name if media and not media.is_json else "text/plain"
            return self._dressed(status, self.effect.media or documented, value.encode("utf-8", "surrogatepass"))
        documented = media.name if media and media.is_json else "application/json"
        return self._dressed(status, self.effect.media or documented, encode(value))

    def _example(self, status: int, answer: DocumentedResponse | None) -> Reply:
        operation = self.call.operation
        assert operation
        pairs: list[tuple[int, DocumentedResponse]] = [(status, answer)] if answer else []
        if self.effect.code is None:
            pairs += [(int(key), each) for key, each in operation.responses.items() if key.isdecimal()]
        for code, each in pairs:
            for media in each.media.values():
                if self.effect.example in media.examples:
                    return self.answers.example(code, each, media, media.examples[self.effect.example])
        raise _MisfitError(f"{operation.id} has no example {self.effect.example!r} here")

    def _dressed(self, status: int, media: str, body: bytes) -> Reply:
        if self.effect.omit_default_headers:
            headers: tuple[tuple[str, str], ...] = (("Content-Type", media),) if media else ()
        else:
            headers = self.answers.headers(media)
        return Reply(status, headers, body, "", details={"omit_default_headers": self.effect.omit_default_headers})

    def _changed(self, reply: Reply) -> bytes:
        try:
            value = json.loads(reply.body)
        except ValueError as error:
            raise _MisfitError("there is no JSON to patch") from error
        if self.effect.patch is None:
            return encode(merged(value, self._filled(self.effect.merge)))
        try:
            return encode(jsonpath.JSONPatch(self._filled(list(self.effect.patch))).apply(value))
        except (jsonpath.JSONPatchError, jsonpath.JSONPointerError, TypeError, LookupError, ValueError) as error:
            raise _MisfitError(f"the patch does not fit: {error}") from error

    def _filled(self, value: Any) -> Any:
        return expressions.filled(value, self.call, self.number)

    def _misfit(self, why: str, base: Reply | None) -> Reply:
        """What another state has put in the place of the answer that was to be changed stays; else it is a mistake.

        A mistake is said aloud: left as it is, the answer would let a test pass that tests nothing.
        """
        if base is not None and "scenario" in base.details and not self.effect.stands_alone:
            return replace(base, rule=f"{base.rule}; scenario {self.state.name} changes nothing in it: {why}")
        text = f"scenario {self.state.name} cannot be played: {why}"
        return Reply(500, (("Content-Type", "text/plain; charset=utf-8"),), text.encode(), text, within_contract=False)


class _MisfitError(Exception):
    """A state asks for what this answer cannot give."""


def merged(value: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch (RFC 7396, section 2): null takes a member away."""
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
