"""The context of a plan: one operation on one target, its known resources, and how probes are made."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation.probes import credentials as credential_variants
from flowcontract.generation.probes import resource_ids
from flowcontract.generation.request_builder import (
    NO_CREDENTIALS,
    Credentials,
    RequestBuilder,
    segment,
    valid_credentials,
)
from flowcontract.http.messages import SAFE_METHODS, Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

_PARTS = re.compile(r"(\{[^{}]*\})")


_VARIED = 6
"""Known resources that are requested in many ways."""


class OperationContext:
    """Makes probes for one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        target: Target,
        known: Sequence[Mapping[str, str]],
        *,
        allow_unsafe: bool = False,
        denies_anonymous: bool = False,
        serves_anybody: bool = False,
        seen: Collection[str] = (),
        shared: Collection[Mapping[str, str]] = (),
        etag: str = "",
        listed: Any = None,
        non_ascii: Mapping[str, str] | None = None,
        is_longest: bool = False,
    ) -> None:
        """What is known about the operation.

        `denies_anonymous`: the target was seen to deny callers without credentials; `serves_anybody`: it was seen to
        serve them although the contract requires credentials; `seen`: IDs that exist; `shared`: resources that a
        second user's own lists show, too; `etag`: what the first of the known resources was seen with; `listed`: the
        JSON of that response; `non_ascii`: one of the known resources whose response has other characters than ASCII;
        `is_longest`: no other operation was seen to have a longer response, and many servers compress long ones alone.
        """
        self.is_longest = is_longest
        self.shared = shared
        self.etag = etag
        self.listed = listed
        self.operation = operation
        self._contract = contract
        self.target = target
        self.builder = RequestBuilder(contract, operation, target)
        self.allow_unsafe = allow_unsafe
        self.denies_anonymous = denies_anonymous
        self.seen = seen
        self.serves_anybody = serves_anybody
        names = [parameter.name for parameter in operation.path_parameters()]
        usable = [dict(values) for values in known if all(name in values for name in names)]
        self.known: list[dict[str, str]] = usable if names else [{}]
        """Path parameters of each existing resource."""
        self.non_ascii = next((values for values in self.known if values == non_ascii), None)
        self.varied = self.known[:_VARIED]
        """Those that are requested in many ways, in turn: the first ones, and that with other characters than ASCII."""
        if self.non_ascii is not None and self.non_ascii not in self.varied:
            self.varied[-1] = self.non_ascii
        credentials = valid_credentials(operation, target)
        self.authorized: bool = operation.is_open or serves_anybody or credentials is not None
        """Whether an authorized caller is known, or none is needed."""
        self.valid = credentials or Credentials("good", "")
        self.declared = {o.method for o in contract.operations.values() if o.path == operation.path}
        """Documented methods of this path."""
        shapes = {
            p.name: resource_ids.parameter_shape(contract, operation, p) for p in operation.path_parameters()[:-1]
        }
        self._before = {name: resource_ids.plain_id(builder) for name, builder in shapes.items()}
        """Values of the other path parameters, where no existing resource is known."""
        admitted = all(builder.admits(self._before[name]) for name, builder in shapes.items())
        self.tolerated_before: tuple[int, ...] = () if usable or admitted else (400, 422)
        """Statuses that any ID may get because of the parameters before it."""
        self._paths = {o.path for o in contract.operations.values()} - {operation.path}
        self.shape = (
            resource_ids.parameter_shape(contract, operation, operation.path_parameters()[-1]) if names else None
        )
        """What an ordinary value of the last path parameter looks like."""

    @cached_property
    def unauthorized(self) -> tuple[Credentials, ...]:
        """What callers send who must be denied."""
        schemes = self._contract.security_schemes.values()
        callers = credential_variants.unauthorized(self.operation, self.target, schemes)
        return tuple(caller for caller in callers if not caller.is_somebody or self._may_need_permission)

    @property
    def _may_need_permission(self) -> bool:
        """Whether a caller whose token is valid may be denied: not where only others of the operations document 403."""
        if self.operation.response(403) is not None or self.operation.response(401) is None:
            return True
        return not any("403" in other.responses for other in self._contract.operations.values())

    @cached_property
    def unknown_ids(self) -> tuple[resource_ids.ResourceId, ...]:
        """Resource IDs that do not exist."""
        return self._keys(self.shape) if self.shape else ()

    @property
    def unknown_values(self) -> dict[str, str] | None:
        """Path parameters of a resource that does not exist."""
        return self.with_resource_id(self.unknown_ids[0]) if self.unknown_ids else None

    @property
    def tolerated_unknown(self) -> tuple[int, ...]:
        """Statuses that it may get instead of 404, if the schema allows none of our IDs."""
        return (*self.unknown_ids[0].tolerated, *self.tolerated_before) if self.unknown_ids else ()

    @cached_property
    def _elsewhere(self) -> list[re.Pattern[str]]:
        """The other path templates that some value of a path parameter leads to."""
        own = self.operation.path.split("/")
        return [_template(path) for path in self._paths if _may_match(path.split("/"), own)]

    def _keys(self, shape: resource_ids.ParameterShape) -> tuple[resource_ids.ResourceId, ...]:
        parameter = self.operation.path_parameters()[-1]
        taken = [values[parameter.name] for values in self.known]
        literals = [part for part in self.operation.path.split("/") if part and "{" not in part]
        identifiers = resource_ids.other_identifiers(self.operation, parameter, taken)
        found = resource_ids.unknown_ids(taken, shape, literals, identifiers)
        # Another identifier of a known resource was seen in its response, and still is not the ID in its path.
        exists = {*taken, *(value for value in self.seen if value not in identifiers)}
        return tuple(
            key for key in found if key.value not in exists and not self.leads_elsewhere(parameter.name, key.raw)
        )

    def has_version(self, path: str) -> bool:
        """Whether the contract has paths of the version that a path begins with."""
        return any(path.startswith(f"{self.target.base_path}{other}".partition("{")[0]) for other in self._paths)

    def leads_elsewhere(self, name: str, written: str) -> bool:
        """Whether a path with this percent-encoded ID matches another path template, which may take precedence."""
        path = self.operation.path.replace("{" + name + "}", written)
        return any(other.fullmatch(path) for other in self._elsewhere)

    def with_resource_id(self, key: resource_ids.ResourceId) -> dict[str, str]:
        """Path parameters with an unknown ID as the last one; those before it are of an existing resource."""
        names = [parameter.name for parameter in self.operation.path_parameters()]
        before = self.known[0] if self.known else self._before
        return {**{name: before[name] for name in names[:-1]}, names[-1]: key.value}

    @property
    def below_unknown_parent(self) -> dict[str, str] | None:
        """Path parameters of a known resource below a parent that does not exist; None without such parents.

        A parameter is that of a parent if its own path is that of a resource, too: it may also be a language.
        """
        before, _, _ = self.operation.path.rstrip("/").rpartition("/")
        parent, _, _ = before.rpartition("/")
        names = [parameter.name for parameter in self.operation.path_parameters()]
        if not self.known or len(names) < 2 or not parent.endswith("{" + names[-2] + "}"):
            return None
        if not self.operation.path.rstrip("/").endswith("{" + names[-1] + "}"):
            return None
        if not any(o.path.rstrip("/") == parent and o.method == "GET" for o in self._contract.operations.values()):
            return None
        shape = resource_ids.parameter_shape(self._contract, self.operation, self.operation.path_parameters()[-2])
        taken = [values[names[-2]] for values in self.known]
        return {**self.known[0], names[-2]: resource_ids.plain_id(resource_ids.like_known(shape, taken), taken)}

    @property
    def readable(self) -> bool:
        """Whether a success can be requested at all."""
        return bool(self.known) and self.authorized and (self.operation.method in SAFE_METHODS or self.allow_unsafe)

    @property
    def any_values(self) -> dict[str, str] | None:
        """Path parameters for unauthorized requests: of an existing resource, where one is known."""
        return self.known[0] if self.known else self.unknown_values

    @property
    def base(self) -> str:
        """Name of the probe that later probes of the first resource are compared with."""
        return f"success/first/{title(self.known[0])}"

    def probe(
        self,
        name: str,
        reason: str,
        values: Mapping[str, str],
        expect: Expect,
        caller: Credentials | None = None,
        *,
        sent: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Probe:
        """One probe. `sent`: its request beyond path and credentials; `more`: fields of the probe."""
        caller = self.valid if caller is None else caller
        request: Request = self.builder.request(raw(values), caller, **(sent or {}))
        return Probe(name, reason, self.operation.id, request, expect, values, **more)

    def plain(self, values: Mapping[str, str]) -> Probe:
        """The plain read of an existing resource, which later probes are compared with."""
        return self.probe(
            f"success/first/{title(values)}",
            "an existing resource is found, and its response matches the contract",
            values,
            Expect.SUCCESS,
        )

    def again(self, label: str, number: int = 0, reason: str = "", **more: Any) -> Probe:
        """A varied resource again: the same response is expected, if the method is safe."""
        values = self.varied[number]
        safe = self.operation.method in SAFE_METHODS
        return self.probe(
            f"success/{label}/{title(values)}",
            reason or "a repeated request gets the same response",
            values,
            Expect.SUCCESS,
            compare_with=f"success/first/{title(values)}" if safe else "",
            relation=Relation.REPEAT if safe else Relation.NONE,
            **more,
        )

    def denied(
        self, name: str, caller: Credentials, values: Mapping[str, str], compare_with: str = "", **more: Any
    ) -> Probe:
        """An unauthorized caller: denied as documented, with the same response as `compare_with`."""
        tolerated = ((400, 431) if caller.odd else ()) + (
            self.tolerated_unknown if values == self.unknown_values else ()
        )
        if self.operation.response(400) is not None and credential_variants.is_malformed(self.operation, caller):
            tolerated += (400,)
        if caller.is_somebody and values:
            tolerated += (404,)  # A known caller need not learn that the resource exists.
        return self.probe(
            name,
            more.pop("reason", caller.reason),
            values,
            Expect.DENIED,
            caller,
            **{
                "odd": caller.odd,
                "trigger": caller.trigger,
                "tolerated": tolerated,
                "compare_with": compare_with,
                "relation": Relation.DENIAL if compare_with else Relation.NONE,
                **more,
            },
        )

    def without_credentials(
        self, name: str, reason: str, values: Mapping[str, str], sent: Mapping[str, Any], **more: Any
    ) -> Probe:
        """A request without credentials, with something added."""
        return self.denied(name, NO_CREDENTIALS, values, "credentials/absent/known", reason=reason, sent=sent, **more)


def _may_match(segments: Sequence[str], others: Sequence[str]) -> bool:
    """Whether one path can be of both templates, given as segments."""
    pairs = zip(segments, others, strict=False)
    return len(segments) == len(others) and all(one == other or "{" in one + other for one, other in pairs)


@lru_cache(maxsize=4096)
def _template(path: str) -> re.Pattern[str]:
    """A pattern of the paths that a template matches; parameters match any segment."""
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in _PARTS.split(path)))


def title(values: Mapping[str, str]) -> str:
    """How a probe's name calls a thing."""
    return ",".join(values.values()) or "no ID"


def raw(values: Mapping[str, str]) -> dict[str, str]:
    """Percent-encoded path parameters."""
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
