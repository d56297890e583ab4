"""What a sequence recorded: steps, each a request and its response, and the problems that rules see in them."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec

from flowcontract.checks.interaction import Interaction
from flowcontract.checks.lists import IDS
from flowcontract.openapi import pointers


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One request of a sequence."""

    label: str
    """What it does, such as `read project`."""
    interaction: Interaction
    sent: Any = None
    """The JSON value of the request body."""
    body: Any = None
    """The representation in the response, out of its envelope; None without JSON."""
    needs: tuple["Step", ...] = ()
    """The steps whose responses the request was made from: creations, reads for an ETag, pages with a cursor."""
    checked: list[str] = field(default_factory=list)
    """The rules that it was checked by, together with other steps, once for each time."""

    @property
    def status(self) -> int:
        """The status; 0 without a response."""
        return self.interaction.status

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return self.interaction.success

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing."""
        return self.interaction.request.is_safe

    @property
    def is_denied(self) -> bool:
        """Whether the server rejected the request with a client error."""
        return 400 <= self.status < 500

    @property
    def failed(self) -> bool:
        """Whether there is no response, or a server error: other rules report that."""
        return self.status == 0 or self.status >= 500

    def header(self, name: str) -> str:
        """A header of the response; empty without one."""
        response = self.interaction.exchange.response
        return (response.header(name) or "") if response else ""

    @property
    def etag(self) -> str:
        """The ETag of the response; empty without one."""
        return self.header("ETag")


Parameters = ParamSpec("Parameters")
Check = Callable[Parameters, Iterator["Problem"]]


def checks(*rules: str, of: str = "") -> Callable[[Check[Parameters]], Check[Parameters]]:
    """Decorate a check of steps: the rules that it is about are noted, whether they are violated or not.

    `of`: the parameter with the step whose operation is at fault where one is; the last step if empty. Of several, it
    is the last one.
    """

    def decorate(check: Check[Parameters]) -> Check[Parameters]:
        names = list(inspect.signature(check).parameters)

        @functools.wraps(check)
        def noted(*arguments: Parameters.args, **named: Parameters.kwargs) -> Iterator[Problem]:
            given = {**dict(zip(names, arguments, strict=False)), **named}
            step = _last_step([given[of]] if of else list(given.values()))
            if step is not None and not step.failed:
                step.checked.extend(rules)
            yield from check(*arguments, **named)

        return noted

    return decorate


def _last_step(values: Sequence[object]) -> Step | None:
    """The last step among some values, and in the lists among them."""
    steps: list[Step] = []
    for value in values:
        steps += [each for each in (value if isinstance(value, list | tuple) else [value]) if isinstance(each, Step)]
    return steps[-1] if steps else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a sequence violates."""

    rule: str
    message: str
    key: str
    """Problems of one rule with the same key are one finding."""
    steps: tuple[Step, ...]
    """The steps that show it; the last one is where it shows."""
    expected: Any = None
    actual: Any = None
    part: str = ""
    """The part that it is about: `body/title` of a request, `/title` of a response."""
    special: str = ""
    """What is special about the value that shows it; empty if any value does."""
    is_shared: bool = False
    """Whether problems of other operations with the same key are the same finding: the server's habit, shared code."""
    is_about_items: bool = False
    """Whether the items of the lists in the steps show it: then their creations belong to the steps."""
    culprit: Step | None = None
    """The step whose operation is at fault, where it is not the last one: that only shows it."""

    @property
    def at_fault(self) -> Step:
        """The step whose operation has to be fixed."""
        return self.culprit or self.steps[-1]


def showing(problem: Problem, item: Any, *names: str) -> Problem:
    """The problem with the place of an item, or of a member of it, in its last response; `item`: it, or its ID."""
    body = problem.steps[-1].interaction.json

    def is_item(value: Any) -> bool:
        if not isinstance(item, str):
            return bool(value == item)
        members = value.items() if isinstance(value, Mapping) else ()
        # A short number may be anything; any other text is an ID, whatever the name of the member.
        return any(str(one) == item and (name.lower() in IDS or not item.isdecimal()) for name, one in members)

    part = pointers.find(body, is_item)
    if part is None:
        return problem if isinstance(item, str) else replace(problem, actual=item)
    return replace(problem, part=part + pointers.join(*names), actual=body)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One run of a scenario, as far as it is needed to run it again."""

    scenario: str
    """Its name."""
    kind: str
    """The path of one of the resources that it was run with."""
    steps: tuple[Step, ...]


def needed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with everything that they were made from, each once, in order."""
    found: dict[int, Step] = {}

    def add(step: Step) -> None:
        for before in step.needs:
            add(before)
        found.setdefault(id(step), step)

    for step in steps:
        add(step)
    return tuple(sorted(found.values(), key=lambda step: step.interaction.exchange.sent_at))
