"""What a plan is made about: one operation at one target, the keys that are known, and how a probe of it is made."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation.probes import credentials as matrix
from flowcontract.generation.probes import resource_ids
from flowcontract.generation.request_builder import NOBODY, Credentials, Form, good, segment
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

SAFE = ("GET", "HEAD", "OPTIONS")
_PARTS = re.compile(r"(\{[^{}]*\})")


class Subject:
    """Makes probes for one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        target: Target,
        known: Sequence[Mapping[str, str]],
        *,
        allow_unsafe: bool = False,
    ) -> None:
        self.operation = operation
        self.form = Form(contract, operation, target)
        self.allow_unsafe = allow_unsafe
        names = [parameter.name for parameter in operation.path_parameters()]
        usable = [dict(values) for values in known if all(name in values for name in names)]
        self.known: list[dict[str, str]] = usable if names else [{}]
        """Path parameters of each thing that exists."""
        self.may: bool = operation.is_open or bool(target.tokens.get("FLOWCONTRACT_TOKEN"))
        """Whether there is a caller with the right."""
        self.good = good(operation) if not operation.is_open and self.may else Credentials("good", "")
        self.refused = tuple(matrix.refused(operation, target))
        self.declared = {o.method for o in contract.operations.values() if o.path == operation.path}
        """Methods that the contract has for this path."""
        shapes = {p.name: resource_ids.shape(contract, operation, p) for p in operation.path_parameters()[:-1]}
        self._before = {name: resource_ids.plain(form) for name, form in shapes.items()}
        """What stands before an unknown key where nothing is known that exists."""
        admitted = all(form.admits(self._before[name]) for name, form in shapes.items())
        self.astray: tuple[int, ...] = () if usable or admitted else (400, 422)
        """What may be said to any key because of what stands before it."""
        self.keys: tuple[resource_ids.Key, ...] = self._keys(contract) if names else ()
        """Keys that do not exist."""
        self.missing = self.values_of(self.keys[0]) if self.keys else None
        """Path parameters of something that does not exist."""
        self.excused = (*self.keys[0].tolerated, *self.astray) if self.keys else ()
        """What may be said to it instead of 404: a refusal, where the schema does not admit any key that we know."""

    def _keys(self, contract: Contract) -> tuple[resource_ids.Key, ...]:
        parameter = self.operation.path_parameters()[-1]
        form = resource_ids.shape(contract, self.operation, parameter)
        taken = [values[parameter.name] for values in self.known]
        literals = [part for part in self.operation.path.split("/") if part and "{" not in part]
        found = resource_ids.unknown(
            taken, form, literals, resource_ids.other_identities(self.operation, parameter, taken)
        )
        elsewhere = [_template(o.path) for o in contract.operations.values() if o.path != self.operation.path]
        return tuple(key for key in found if not self._leads_elsewhere(parameter.name, key, elsewhere))

    def _leads_elsewhere(self, name: str, key: resource_ids.Key, others: Sequence[re.Pattern[str]]) -> bool:
        """Whether a path with this key is one of another template of the contract, which may come first."""
        path = self.operation.path.replace("{" + name + "}", key.raw)
        return any(other.fullmatch(path) for other in others)

    def values_of(self, key: resource_ids.Key) -> dict[str, str]:
        """The path with an unknown key: the last parameter is it, those before are of a thing that exists."""
        names = [parameter.name for parameter in self.operation.path_parameters()]
        before = self.known[0] if self.known else self._before
        return {**{name: before[name] for name in names[:-1]}, names[-1]: key.value}

    @property
    def served(self) -> bool:
        """Whether a success can be asked for at all."""
        return bool(self.known) and self.may and (self.operation.method in SAFE or self.allow_unsafe)

    @property
    def any(self) -> dict[str, str] | None:
        """Path parameters to try refusals with: of a thing that exists, where one is known."""
        return self.known[0] if self.known else self.missing

    @property
    def base(self) -> str:
        """Name of the probe that answers to the first key are compared with."""
        return f"success/first/{title(self.known[0])}"

    def probe(
        self,
        name: str,
        reason: str,
        values: Mapping[str, str],
        expect: Expect,
        who: Credentials | None = None,
        *,
        sent: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Probe:
        """One probe. `sent`: what its request has beyond path and credentials; `more`: fields of the probe."""
        who = self.good if who is None else who
        request: Request = self.form.request(raw(values), who, **(sent or {}))
        return Probe(name, reason, self.operation.id, request, expect, values, **more)

    def again(self, label: str, number: int = 0, reason: str = "", **more: Any) -> Probe:
        """A key that exists, asked for again: the same answer is owed, where asking changes nothing."""
        values = self.known[number]
        safe = self.operation.method in SAFE
        return self.probe(
            f"success/{label}/{title(values)}",
            reason or "the same question has the same answer",
            values,
            Expect.SUCCESS,
            compare_with=f"success/first/{title(values)}" if safe else "",
            relation=Relation.REPEAT if safe else Relation.NONE,
            **more,
        )

    def refusal(
        self, name: str, who: Credentials, values: Mapping[str, str], compare_with: str = "", **more: Any
    ) -> Probe:
        """A caller without the right: the documented refusal is owed, the same as for `like`."""
        tolerated = ((400, 431) if who.odd else ()) + (self.excused if values == self.missing else ())
        return self.probe(
            name,
            more.pop("reason", who.reason),
            values,
            Expect.DENIED,
            who,
            **{
                "odd": who.odd,
                "trigger": who.trigger,
                "tolerated": tolerated,
                "compare_with": compare_with,
                "relation": Relation.DENIAL if compare_with else Relation.NONE,
                **more,
            },
        )

    def nobody(self, name: str, reason: str, values: Mapping[str, str], sent: Mapping[str, Any], **more: Any) -> Probe:
        """A request with something added, without credentials."""
        return self.refusal(name, NOBODY, values, "credentials/absent/known", reason=reason, sent=sent, **more)

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses that a refusal may have."""
        return tuple(status for status in (401, 403) if str(status) in self.operation.responses) or (401, 403)


def _template(path: str) -> re.Pattern[str]:
    """The paths that a template takes, with parameters of the other templates standing as they are written."""
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in _PARTS.split(path)))


def title(values: Mapping[str, str]) -> str:
    """How a probe's name calls a thing."""
    return ",".join(values.values()) or "it"


def raw(values: Mapping[str, str]) -> dict[str, str]:
    """Path parameters as they are written into a path."""
    return {name: segment(value) for name, value in values.items()}


def unique(probes: Iterable[Probe]) -> list[Probe]:
    """Make the names unique: the second of a name has a number."""
    seen: dict[str, int] = {}
    found = []
    for probe in probes:
        seen[probe.name] = seen.get(probe.name, 0) + 1
        count = seen[probe.name]
        found.append(probe if count == 1 else replace(probe, name=f"{probe.name} {count}"))
    return found
