"""States that the mock can be put into: the format of `scenarios/*.yaml`, read and checked.

A state is a rule, or a list of `rules` of which the first that fits a call is played. A rule says `when` (see
`matching`, and `call` and `normally` below) and `response` (see ResponseOverride).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpath

from flowcontract.errors import MockError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowmock.negotiation.prefer import MAX_WAIT
from flowmock.scenarios import matching
from flowmock.scenarios.matching import Match
from flowmock.scenarios.reading import Reader
from flowmock.server import faults

UNSET = object()
"""Stands for a value that was not given, where null is one."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SCENARIO_KEYS = ("summary", "breaks-contract", "when", "response", "rules")
_WHEN_KEYS = (*matching.KEYS, "call", "normally")
_RESPONSE_KEYS = (
    *("code", "example", "body", "merge", "patch", "headers", "media", "omit-default-headers", "delay", "fault"),
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class CallRange:
    """Which of the calls that fit a rule it is played for, counted from 1."""

    first: int = 1
    last: int | None = None
    every: int = 1

    def has(self, number: int) -> bool:
        """Whether the call of this number is one of them."""
        within = self.first <= number and (self.last is None or number <= self.last)
        return within and (number - self.first) % self.every == 0


@dataclass(frozen=True, slots=True)
class ResponseOverride:
    """What becomes of the answer. Without `code`, `example` and `body` it is the one that the mock would give."""

    code: int | None = None
    example: str = ""
    body: Any = UNSET
    merge: Any = UNSET
    """A JSON Merge Patch (RFC 7396) of the body."""
    patch: tuple[Mapping[str, Any], ...] | None = None
    """A JSON Patch (RFC 6902) of the body."""
    headers: tuple[tuple[str, str | None], ...] = ()
    """None takes the header away."""
    media: str = ""
    omit_default_headers: bool = False
    """Whether the headers that the server adds to every response are left out."""
    delay: float = 0.0
    """Seconds."""
    fault: str = ""

    @property
    def changes_body(self) -> bool:
        """Whether it patches the body of another answer."""
        return self.merge is not UNSET or self.patch is not None

    @property
    def stands_alone(self) -> bool:
        """Whether it needs no other answer to work on."""
        return self.code is not None or bool(self.example) or self.body is not UNSET


@dataclass(frozen=True, slots=True)
class Rule:
    """When, and what."""

    match: Match
    turn: CallRange
    normally: tuple[str, ...]
    """Statuses, `404` or `4XX`, of the answer that the mock would give; any where empty."""
    effect: ResponseOverride

    def fits(self, status: int) -> bool:
        """Whether it is played over an answer of this status."""
        return not self.normally or str(status) in self.normally or f"{status // 100}XX" in self.normally


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named state of the server."""

    name: str
    summary: str
    breaks_contract: bool
    rules: tuple[Rule, ...]
    source: str


def load(path: Path, contracts: Iterable[Contract], *, lenient: bool = False) -> dict[str, Scenario]:
    """Read a file of states by name.

    `lenient`: leave out states that name operations or parameters which no contract has. Raises ContractError for
    what is no YAML, MockError with file and line for what is no state.
    """
    raw = documents.read(path)
    reader = Reader(_short(path), documents.lines(path.read_text(encoding="utf-8")))
    contracts = tuple(contracts)
    found = {}
    for name, item in reader.mapping(raw, "").items():
        if lenient and not _concerns(item, contracts):
            continue
        found[name] = read(name, item, reader, contracts, at=f"/{name}")
    return found


def read(name: str, raw: Any, reader: Reader, contracts: Iterable[Contract], *, at: str = "") -> Scenario:
    """Read one state. Raises MockError that names what is wrong, where, and the nearest that would be right."""
    if not _NAME.fullmatch(name):
        raise reader.error(at, f"a name of lower-case letters, digits, `-` and `.` was expected, not {name[:80]!r}")
    raw = reader.mapping(raw, at, _SCENARIO_KEYS)
    if ("rules" in raw) == ("response" in raw):
        raise reader.error(at, "either `response` (with `when`) or `rules` was expected")
    if "rules" in raw and "when" in raw:
        raise reader.error(at, "`when` stands in each of the `rules`, not beside them")
    contracts = tuple(contracts)
    if "rules" in raw:
        if not isinstance(raw["rules"], list) or not raw["rules"]:
            raise reader.error(f"{at}/rules", "a list of rules was expected")
        rules = [
            _rule(
                reader.mapping(item, f"{at}/rules/{index}", ("when", "response")),
                reader,
                f"{at}/rules/{index}",
                contracts,
            )
            for index, item in enumerate(raw["rules"])
        ]
    else:
        rules = [_rule(raw, reader, at, contracts)]
    return Scenario(
        name=name,
        summary=reader.text(raw.get("summary", ""), f"{at}/summary"),
        breaks_contract=reader.boolean(raw.get("breaks-contract", False), f"{at}/breaks-contract"),
        rules=tuple(rules),
        source=reader.name,
    )


def _rule(raw: Mapping[str, Any], reader: Reader, at: str, contracts: tuple[Contract, ...]) -> Rule:
    if "response" not in raw:
        raise reader.error(at, "`response` is missing")
    when = reader.mapping(raw.get("when", {}), f"{at}/when", _WHEN_KEYS)
    matched = {key: value for key, value in when.items() if key in matching.KEYS}
    effect = _effect(raw["response"], reader, f"{at}/response")
    normally = _normally(when.get("normally"), reader, f"{at}/when/normally")
    if not normally and effect.changes_body and not effect.stands_alone:
        normally = ("2XX",)
    return Rule(
        match=matching.read(matched, reader, f"{at}/when", contracts),
        turn=_turn(when.get("call"), reader, f"{at}/when/call"),
        normally=normally,
        effect=effect,
    )


def _normally(raw: Any, reader: Reader, at: str) -> tuple[str, ...]:
    if raw is None:
        return ()
    statuses = tuple(str(each).upper() for each in (raw if isinstance(raw, list) else [raw]))
    for each in statuses:
        if not re.fullmatch(r"[2-5](\d\d|XX)", each):
            raise reader.error(at, f"a status such as 404 or 4XX was expected, not {each[:20]!r}")
    return statuses


def _turn(raw: Any, reader: Reader, at: str) -> CallRange:
    if raw is None:
        return CallRange()
    most = 1_000_000
    if not isinstance(raw, Mapping):
        number = reader.integer(raw, at, 1, most)
        return CallRange(number, number)
    reader.mapping(raw, at, ("from", "to", "every"))
    first = reader.integer(raw.get("from", 1), f"{at}/from", 1, most)
    last = reader.integer(raw["to"], f"{at}/to", first, most) if "to" in raw else None
    return CallRange(first, last, reader.integer(raw.get("every", 1), f"{at}/every", 1, most))


def _effect(raw: Any, reader: Reader, at: str) -> ResponseOverride:
    raw = reader.mapping(raw, at, _RESPONSE_KEYS)
    if not raw:
        raise reader.error(at, f"something to answer was expected, one of {', '.join(_RESPONSE_KEYS)}")
    if "body" in raw and "example" in raw:
        raise reader.error(at, "`body` and `example` exclude each other")
    if "merge" in raw and "patch" in raw:
        raise reader.error(at, "`merge` and `patch` exclude each other")
    return ResponseOverride(
        code=reader.integer(raw["code"], f"{at}/code", 200, 599) if "code" in raw else None,
        example=reader.text(raw.get("example", ""), f"{at}/example"),
        body=raw.get("body", UNSET),
        merge=raw.get("merge", UNSET),
        patch=_patch(raw["patch"], reader, f"{at}/patch") if "patch" in raw else None,
        headers=tuple(_headers(reader.mapping(raw.get("headers", {}), f"{at}/headers"), reader, f"{at}/headers")),
        media=reader.text(raw.get("media", ""), f"{at}/media"),
        omit_default_headers=reader.boolean(raw.get("omit-default-headers", False), f"{at}/omit-default-headers"),
        delay=reader.seconds(raw.get("delay", 0), f"{at}/delay", MAX_WAIT),
        fault=reader.one_of(raw["fault"], faults.NAMES, f"{at}/fault", "fault") if "fault" in raw else "",
    )


def _patch(raw: Any, reader: Reader, at: str) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(raw, list):
        raise reader.error(at, "a list of JSON Patch operations (RFC 6902) was expected")
    try:
        jsonpath.JSONPatch(raw)
    except (
        jsonpath.JSONPatchError,
        jsonpath.JSONPointerError,
        TypeError,
        KeyError,
        ValueError,
        AttributeError,
    ) as error:
        raise reader.error(at, f"no JSON Patch (RFC 6902): {error}") from error
    return tuple(raw)


def _headers(raw: Mapping[str, Any], reader: Reader, at: str) -> Iterable[tuple[str, str | None]]:
    for name, value in raw.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in ("content-length", "transfer-encoding"):
            raise reader.error(at, f"the name of a header was expected, not {name[:80]!r}; lengths are the server's")
        for each in value if isinstance(value, list) else [value]:
            text = None if each is None else reader.text(each, f"{at}/{name}")
            if text and not text.replace("\t", " ").isprintable():
                raise reader.error(f"{at}/{name}", "a header of one line was expected")
            yield name, text


def _concerns(raw: Any, contracts: tuple[Contract, ...]) -> bool:
    """Whether all operations and path parameters that a state names are there."""
    rules = raw.get("rules", [raw]) if isinstance(raw, Mapping) else []
    whens = [rule.get("when") for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    named = [
        {key: when[key] for key in ("operation", "path") if key in when} for when in whens if isinstance(when, Mapping)
    ]
    try:
        for each in named:
            matching.read(each, Reader(""), "", contracts)
    except MockError:
        return False
    return True


def _short(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
