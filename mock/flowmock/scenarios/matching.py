"""Conditions on requests, shared by scenarios, verification and the journal's filter.

A value is compared with a string, with a list of strings (any may match), or by `{pattern: …}`, `{contains: …}`,
`{present: true|false}`. Header names are case-insensitive. All conditions must match.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.journal.redaction import credentials
from flowmock.messages import Call
from flowmock.scenarios.reading import Reader

ROLES = ("anonymous", "invalid", "any", "all", "some", "none")
"""Roles of a caller: no credentials, invalid ones, any token (none configured), or the permission of its token."""
KEYS = ("operation", "method", "path", "raw-path", "query", "header", "role", "token", "session", "body")
"""The conditions that a match can have."""
_UNSET = object()


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition on one named value of a request."""

    any_of: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    contains: str = ""
    present: bool | None = None

    def matches(self, values: Iterable[str]) -> bool:
        """Whether one of the values matches. A name that was sent repeatedly has several values."""
        candidates = list(values)
        if self.present is not None and bool(candidates) is not self.present:
            return False
        if self.any_of or self.pattern or self.contains:
            return any(self._matches_one(value) for value in candidates)
        return True

    def _matches_one(self, value: str) -> bool:
        return (
            (not self.any_of or value in self.any_of)
            and (self.pattern is None or self.pattern.search(value) is not None)
            and self.contains in value
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions on a call. Without conditions, every call matches."""

    operations: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    path: Mapping[str, Condition] = field(default_factory=dict)
    raw_path: Condition | None = None
    query: Mapping[str, Condition] = field(default_factory=dict)
    header: Mapping[str, Condition] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    token: Condition | None = None
    session: Condition | None = None
    body: Any = _UNSET

    def matches(self, call: Call) -> bool:
        """Whether all conditions match a call."""
        return self.difference(call) == ""

    def difference(self, call: Call) -> str:
        """The first condition that does not match a call; empty if all match. It never contains a value."""
        operation = call.operation.id if call.operation else ""
        if self.operations and operation not in self.operations:
            return "operation"
        if self.methods and call.method not in self.methods:
            return "method"
        for name, condition in self.path.items():
            if not condition.matches([call.path_values[name]] if name in call.path_values else []):
                return f"path parameter {name}"
        if self.raw_path and not self.raw_path.matches([call.raw_path]):
            return "path"
        for name, condition in self.query.items():
            if not condition.matches(value for key, value in call.query if key == name):
                return f"query parameter {name}"
        for name, condition in self.header.items():
            if not condition.matches(value for key, value in call.headers if key == name):
                return f"header {name}"
        return self._caller_or_body_difference(call)

    def _caller_or_body_difference(self, call: Call) -> str:
        if self.roles and call.caller.role not in self.roles:
            return "role"
        if self.token and not self.token.matches(credentials(call)):
            return "token"
        if self.session and not self.session.matches([call.session]):
            return "session"
        if self.body is not _UNSET and not contains(call.json, self.body):
            return "body"
        return ""


def contains(value: Any, wanted: Any) -> bool:
    """Whether a JSON value contains another: objects may have more members, everything else must be equal."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and contains(value[name], item) for name, item in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(value, list)
            and len(value) == len(wanted)
            and all(contains(one, other) for one, other in zip(value, wanted, strict=True))
        )
    return type(value) is type(wanted) and bool(value == wanted)


def read(raw: Any, reader: Reader, at: str, contracts: Iterable[Contract]) -> Match:
    """Read a match. Raises MockError for an unknown condition, operation or path parameter, with the closest name."""
    raw = reader.mapping(raw, at, KEYS)
    contracts = tuple(contracts)
    operations = {name: each for contract in contracts for name, each in contract.operations.items()}
    named = tuple(
        operation_id(each, contracts, reader, f"{at}/operation") for each in _list(raw, "operation", reader, at)
    )
    path = _conditions(raw, "path", reader, at)
    _known_parameters(path, [operations[name] for name in named or operations], reader, f"{at}/path")
    return Match(
        operations=named,
        methods=tuple(each.upper() for each in _list(raw, "method", reader, at)),
        path=path,
        raw_path=_single(raw, "raw-path", reader, at),
        query=_conditions(raw, "query", reader, at),
        header={name.lower(): condition for name, condition in _conditions(raw, "header", reader, at).items()},
        roles=tuple(reader.one_of(each, ROLES, f"{at}/role", "role") for each in _list(raw, "role", reader, at)),
        token=_single(raw, "token", reader, at),
        session=_single(raw, "session", reader, at),
        body=raw.get("body", _UNSET),
    )


def operation_id(name: str, contracts: Sequence[Contract], reader: Reader, at: str) -> str:
    """The ID of an operation that is named by ID or as `METHOD PATH`. Raises MockError for an unknown one."""
    found = next((operation for contract in contracts if (operation := contract.find(name))), None)
    known = [each for contract in contracts for each in contract.operations]
    return found.id if found else reader.one_of(name, known, at, "operation")


def _known_parameters(path: Mapping[str, Condition], operations: list[Operation], reader: Reader, at: str) -> None:
    known = {parameter.name for operation in operations for parameter in operation.path_parameters()}
    for name in path:
        reader.one_of(name, sorted(known), at + pointers.join(name), "path parameter")


_CONDITIONS = {
    "path": "path parameters such as {id: 5} (`operation` and `method` name the operation)",
    "query": "query parameters such as {page: 2}",
    "header": "headers such as {Accept: text/html}",
}


def _conditions(raw: Mapping[str, Any], key: str, reader: Reader, at: str) -> Mapping[str, Condition]:
    below = f"{at}/{key}"
    conditions = reader.mapping(raw.get(key, {}), below, expected=_CONDITIONS[key])
    return {name: _condition(item, reader, below + pointers.join(name)) for name, item in conditions.items()}


def _single(raw: Mapping[str, Any], key: str, reader: Reader, at: str) -> Condition | None:
    return _condition(raw[key], reader, f"{at}/{key}") if key in raw else None


def _condition(raw: Any, reader: Reader, at: str) -> Condition:
    if isinstance(raw, Mapping):
        reader.mapping(raw, at, ("pattern", "contains", "present"))
        return Condition(
            pattern=reader.pattern(raw["pattern"], f"{at}/pattern") if "pattern" in raw else None,
            contains=reader.string(raw.get("contains", ""), f"{at}/contains"),
            present=reader.boolean(raw["present"], f"{at}/present") if "present" in raw else None,
        )
    return Condition(any_of=_strings(raw, reader, at))


def _list(raw: Mapping[str, Any], key: str, reader: Reader, at: str) -> tuple[str, ...]:
    return _strings(raw[key], reader, f"{at}/{key}") if key in raw else ()


def _strings(raw: Any, reader: Reader, at: str) -> tuple[str, ...]:
    """One string or a list of strings."""
    if isinstance(raw, list):
        return tuple(reader.string(each, f"{at}/{index}") for index, each in enumerate(raw))
    return (reader.string(raw, at),)
