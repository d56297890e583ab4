"""Scenarios: the format of `scenarios/*.yaml`, read and validated.

A scenario is one rule, or a list of `rules` of which the first that matches a call applies. A rule has a `when` (see
`matching`, and `call` and `normally` below) and a `response` (see ResponseOverride).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonpath

from flowcontract.errors import MockError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowmock import faults
from flowmock.negotiation.prefer import MAX_ITEMS, MAX_WAIT
from flowmock.scenarios import matching
from flowmock.scenarios.matching import Match
from flowmock.scenarios.reading import Reader

UNSET = object()
"""The default of a value that may be null."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SCENARIO_KEYS = ("summary", "breaks-contract", "when", "response", "rules")
_WHEN_KEYS = (*matching.KEYS, "call", "normally")
_RESPONSE_KEYS = (
    *(
        "code",
        "example",
        "body",
        "items",
        "merge",
        "patch",
        "headers",
        "media",
        "omit-default-headers",
        "delay",
        "fault",
    ),
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class CallRange:
    """The calls that a rule applies to, among those that match it, counted from 1."""

    first: int = 1
    last: int | None = None
    every: int = 1

    def includes(self, number: int) -> bool:
        """Whether the call with this number is in the range."""
        within = self.first <= number and (self.last is None or number <= self.last)
        return within and (number - self.first) % self.every == 0


@dataclass(frozen=True, slots=True)
class ResponseOverride:
    """How a scenario changes the response. Without `code`, `example` and `body` it changes the mock's own response."""

    code: int | None = None
    example: str = ""
    body: Any = UNSET
    items: int | None = None
    """How many items a list has."""
    merge: Any = UNSET
    """A JSON Merge Patch (RFC 7396) of the body."""
    patch: tuple[Mapping[str, Any], ...] | None = None
    """A JSON Patch (RFC 6902) of the body."""
    headers: tuple[tuple[str, str | None], ...] = ()
    """A header whose value is None is removed."""
    media: str = ""
    omit_default_headers: bool = False
    """Whether the headers that the server adds to every response are left out."""
    delay: float = 0.0
    """Seconds."""
    fault: str = ""

    @property
    def changes_body(self) -> bool:
        """Whether it patches the body of another response."""
        return self.merge is not UNSET or self.patch is not None

    @property
    def replaces_response(self) -> bool:
        """Whether it makes a whole response rather than change another."""
        return self.code is not None or bool(self.example) or self.body is not UNSET


@dataclass(frozen=True, slots=True)
class Rule:
    """The calls that a scenario affects, and how."""

    match: Match
    calls: CallRange
    normally: tuple[str, ...]
    """Statuses, `404` or `4XX`, of the response without the scenario. Empty: any status."""
    response: ResponseOverride

    def applies_to(self, status: int) -> bool:
        """Whether it changes a response with this status."""
        return not self.normally or str(status) in self.normally or f"{status // 100}XX" in self.normally


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named behavior of the server."""

    name: str
    summary: str
    breaks_contract: bool
    rules: tuple[Rule, ...]
    source: str
    definition: Mapping[str, Any] = field(compare=False, repr=False)
    """As it was read."""


def load(path: Path, contracts: Iterable[Contract], *, lenient: bool = False) -> dict[str, Scenario]:
    """Read a file of scenarios, by name.

    `lenient`: skip scenarios for operations or parameters that no contract has. Raises ContractError for invalid
    YAML, MockError with file and line for an invalid scenario.
    """
    raw = documents.read(path)
    reader = Reader(_short(path), documents.lines(path.read_text(encoding="utf-8")))
    contracts = tuple(contracts)
    scenarios = {}
    for name, item in reader.mapping(raw, "").items():
        if lenient and not _is_applicable(item, contracts):
            continue
        scenarios[name] = read(name, item, reader, contracts, at=f"/{name}")
    return scenarios


def read(name: str, raw: Any, reader: Reader, contracts: Iterable[Contract], *, at: str = "") -> Scenario:
    """Read one scenario. Raises MockError with the location of a mistake and the closest valid name."""
    if not _NAME.fullmatch(name):
        raise reader.error(at, f"expected a name of lowercase letters, digits, `-` and `.`, got {name[:80]!r}")
    raw = reader.mapping(raw, at, _SCENARIO_KEYS)
    if ("rules" in raw) == ("response" in raw):
        raise reader.error(at, "expected either `response` (with `when`) or `rules`")
    if "rules" in raw and "when" in raw:
        raise reader.error(at, "`when` belongs in each of the `rules`, not next to them")
    contracts = tuple(contracts)
    if "rules" in raw:
        if not isinstance(raw["rules"], list) or not raw["rules"]:
            raise reader.error(f"{at}/rules", "expected a list of rules")
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
        summary=reader.string(raw.get("summary", ""), f"{at}/summary"),
        breaks_contract=reader.boolean(raw.get("breaks-contract", False), f"{at}/breaks-contract"),
        rules=tuple(rules),
        source=reader.name,
        definition=raw,
    )


def _rule(raw: Mapping[str, Any], reader: Reader, at: str, contracts: tuple[Contract, ...]) -> Rule:
    if "response" not in raw:
        raise reader.error(at, "`response` is missing")
    when = reader.mapping(raw.get("when", {}), f"{at}/when", _WHEN_KEYS)
    matched = {key: value for key, value in when.items() if key in matching.KEYS}
    response = _override(raw["response"], reader, f"{at}/response")
    normally = _normally(when.get("normally"), reader, f"{at}/when/normally")
    if not normally and response.changes_body and not response.replaces_response:
        normally = ("2XX",)
    return Rule(
        match=matching.read(matched, reader, f"{at}/when", contracts),
        calls=_call_range(when.get("call"), reader, f"{at}/when/call"),
        normally=normally,
        response=response,
    )


def _normally(raw: Any, reader: Reader, at: str) -> tuple[str, ...]:
    if raw is None:
        return ()
    statuses = tuple(str(each).upper() for each in (raw if isinstance(raw, list) else [raw]))
    for each in statuses:
        if not re.fullmatch(r"[2-5](\d\d|XX)", each):
            raise reader.error(at, f"expected a status such as 404 or 4XX, got {each[:20]!r}")
    return statuses


def _call_range(raw: Any, reader: Reader, at: str) -> CallRange:
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


def _override(raw: Any, reader: Reader, at: str) -> ResponseOverride:
    raw = reader.mapping(raw, at, _RESPONSE_KEYS)
    if not raw:
        raise reader.error(at, f"expected at least one of {', '.join(_RESPONSE_KEYS)}")
    if "body" in raw and "example" in raw:
        raise reader.error(at, "`body` and `example` are mutually exclusive")
    if "items" in raw and raw.keys() & {"code", "example", "body"}:
        raise reader.error(at, "`items` changes the usual list; `code`, `example` and `body` replace it")
    if "merge" in raw and "patch" in raw:
        raise reader.error(at, "`merge` and `patch` are mutually exclusive")
    return ResponseOverride(
        code=reader.integer(raw["code"], f"{at}/code", 200, 599) if "code" in raw else None,
        example=reader.string(raw.get("example", ""), f"{at}/example"),
        body=raw.get("body", UNSET),
        items=reader.integer(raw["items"], f"{at}/items", 0, MAX_ITEMS) if "items" in raw else None,
        merge=raw.get("merge", UNSET),
        patch=_patch(raw["patch"], reader, f"{at}/patch") if "patch" in raw else None,
        headers=tuple(_headers(reader.mapping(raw.get("headers", {}), f"{at}/headers"), reader, f"{at}/headers")),
        media=reader.string(raw.get("media", ""), f"{at}/media"),
        omit_default_headers=reader.boolean(raw.get("omit-default-headers", False), f"{at}/omit-default-headers"),
        delay=reader.seconds(raw.get("delay", 0), f"{at}/delay", MAX_WAIT),
        fault=reader.one_of(raw["fault"], faults.NAMES, f"{at}/fault", "fault") if "fault" in raw else "",
    )


def _patch(raw: Any, reader: Reader, at: str) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(raw, list):
        raise reader.error(at, "expected a list of JSON Patch operations (RFC 6902)")
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
        raise reader.error(at, f"invalid JSON Patch (RFC 6902): {error}") from error
    return tuple(raw)


def _headers(raw: Mapping[str, Any], reader: Reader, at: str) -> Iterable[tuple[str, str | None]]:
    for name, value in raw.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in ("content-length", "transfer-encoding"):
            raise reader.error(
                at, f"expected a header name, got {name[:80]!r}; the server sets Content-Length and Transfer-Encoding"
            )
        for each in value if isinstance(value, list) else [value]:
            text = None if each is None else reader.string(each, f"{at}/{name}")
            if text and not text.replace("\t", " ").isprintable():
                raise reader.error(f"{at}/{name}", "expected a header value on one line")
            yield name, text


def _is_applicable(raw: Any, contracts: tuple[Contract, ...]) -> bool:
    """Whether the contracts have all operations and path parameters that a scenario names."""
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
