"""Which path of the contract a request is for, compiled once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from operator import itemgetter
from typing import Any
from urllib.parse import quote, unquote

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, SecurityScheme
from flowcontract.openapi.path_templates import PARAMETER
from flowmock.profiles.profile import SEGMENT, Profile, RouteRules


@dataclass(frozen=True, eq=False)
class Route:
    """One path of the contract, with all its methods."""

    contract: Contract
    base_path: str
    """What stands before the template: the contract's base path, or that of the path's own servers."""
    template: str
    """As the contract writes it: `/flows/instances/{slug}/`."""
    pieces: tuple[str, ...]
    """Base path and template, literal text and parameter names in turn, literal first."""
    names: tuple[str, ...]
    """The path parameters, in order."""
    operations: Mapping[str, Operation]
    """By method."""
    rules: RouteRules
    allow: str
    """The value of `Allow`."""
    schemes: tuple[SecurityScheme, ...]
    """Every scheme that any of its operations accepts."""
    segment: str
    """The regular expression of a path parameter."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches its paths, with a group for each parameter."""
        literals = [re.escape(piece) for piece in self.pieces[::2]]
        written = literals[:1]
        for index, name in enumerate(self.names):
            before, after = literals[index : index + 2]
            is_beside_another = (not before and index > 0) or (not after and index < len(self.names) - 1)
            written += [f"({(is_beside_another and self._styled(name)) or self.segment})", after]
        return re.compile("".join(written))

    def _styled(self, name: str) -> str:
        """The regular expression of a parameter whose style says where it begins; empty for any other.

        An exploded list or object looks like several parameters, so nothing can be said of it.
        """
        declared = (each for operation in self.operations.values() for each in operation.path_parameters())
        styles = {each.style for each in declared if each.name == name and not each.explode}
        return {"label": r"\.[^/.]*", "matrix": rf";{re.escape(name)}(?:=[^/;]*)?"}.get("".join(styles), "")

    @cached_property
    def allow_header(self) -> tuple[bytes, bytes]:
        """The header `Allow` as ASGI has it."""
        return b"allow", self.allow.encode("latin-1", "replace")

    @property
    def has_own_pattern(self) -> bool:
        """Whether a path parameter matches something else than one whole segment or a part of it."""
        return self.segment != SEGMENT

    def operation(self, method: str) -> Operation | None:
        """The contract's operation for a method; HEAD is GET where the contract does not have it."""
        return self.operations.get(self.method(method))

    def method(self, method: str) -> str:
        """The method of the operation that serves one."""
        return "GET" if method == "HEAD" and "HEAD" not in self.operations else method

    def encoded(self, raw_path: str) -> dict[str, str]:
        """The path parameters as they were sent; empty for a path that only matches decoded."""
        match = self.pattern.fullmatch(_ENCODED.sub(_plainly_written, raw_path))
        return dict(zip(self.names, match.groups(), strict=True)) if match else {}

    def canonical(self, values: Mapping[str, str]) -> str:
        """The path with these values, percent-encoded where a value needs it, and nowhere else."""
        return "".join(
            quote(values[piece], safe="", errors="surrogateescape") if index % 2 else piece
            for index, piece in enumerate(self.pieces)
        )


class Routes:
    """Finds the route for a path. A literal segment goes before a parameter, whatever their order."""

    def __init__(self, contracts: Mapping[Contract, Profile]) -> None:
        """Raises nothing: a path that two contracts share belongs to the first."""
        self.all = tuple(
            sorted(
                (route for contract, profile in contracts.items() for route in _routes(contract, profile)),
                key=lambda route: [piece.count("{") > 0 for piece in route.template.split("/")],
            )
        )
        raw: dict[int, list[Route]] = {}
        decoded: dict[int, list[Route]] = {}
        for route in self.all:
            length = sum(piece.count("/") for piece in route.pieces[::2])
            matched = decoded if contracts[route.contract].decode else raw
            matched.setdefault(length, []).append(route)
        self._raw = {length: _Table(routes) for length, routes in raw.items()}
        self._decoded = {length: _Table(routes) for length, routes in decoded.items()}

    def find(self, path: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a path, with its decoded parameters; None where the contract has none.

        `path` is decoded, `raw_path` as received; which of them is matched is the profile's to say.
        """
        if "%" in raw_path:
            raw_path = _ENCODED.sub(_plainly_written, raw_path)
        table = self._raw.get(raw_path.count("/")) if self._raw else None
        for route in (table.few or table.candidates(raw_path)) if table else ():
            if match := route.pattern.fullmatch(raw_path):
                values = map(unquote, match.groups()) if "%" in raw_path else match.groups()
                return route, dict(zip(route.names, values, strict=True))
        if table and "%" in raw_path:  # The contract may write out what clients must encode.
            written = "/".join(unquote(segment).replace("/", _SLASH) for segment in raw_path.split("/"))
            for route in table.few or table.candidates(written):
                if match := route.pattern.fullmatch(written):
                    return route, {
                        name: value.replace(_SLASH, "/")
                        for name, value in zip(route.names, match.groups(), strict=True)
                    }
        table = self._decoded.get(path.count("/")) if self._decoded else None
        for route in (table.few or table.candidates(path)) if table else ():
            if match := route.pattern.fullmatch(path):
                return route, dict(zip(route.names, match.groups(), strict=True))
        return None


_ENCODED = re.compile("(?:%[0-9A-Fa-f]{2})+")
_RESERVED = frozenset("%:/?#[]@!$&'()*+,;=")
"""Characters that mean something else where they are percent-encoded (RFC 3986, 2.2)."""


def _plainly_written(encoded: re.Match[str]) -> str:
    """Percent-encoded characters as a contract writes them: `%6D` is the `m` of `/mine` (RFC 3986, 6.2.2.2)."""
    try:
        text = unquote(encoded[0], errors="strict")
    except UnicodeDecodeError:
        return encoded[0]
    return "".join(sign if sign.isprintable() and sign not in _RESERVED else quote(sign, safe="") for sign in text)


_FEW = 4
"""Routes up to which trying each is faster than a look-up."""
_SLASH = "\ue000"
"""Stands in a decoded path for a slash that was encoded (of Unicode's private use)."""
_PLACE = "\0"
"""Stands in a path for a parameter; no path has one."""


class _Table:
    """Routes of one length by their literal segments: finding one costs the same however many there are."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """`routes`: best first."""
        self.few = routes if len(routes) <= _FEW else ()
        """All of them, where they are few; empty where they are not."""
        by_literals: dict[tuple[int, ...], dict[Any, list[tuple[int, Route]]]] = {}
        for rank, route in enumerate(routes):
            path = "".join(_PLACE if index % 2 else piece for index, piece in enumerate(route.pieces))
            segments = path.split("/")
            literal = tuple(index for index, segment in enumerate(segments) if _PLACE not in segment)
            found = by_literals.setdefault(literal, {})
            found.setdefault(itemgetter(*literal)(segments), []).append((rank, route))
        # Routes differ in where their literal segments stand, but not in many ways: a look-up for each will do.
        self._tables = [(itemgetter(*literal), found) for literal, found in by_literals.items()]

    def candidates(self, path: str) -> list[Route]:
        """The routes that may match a path, best first."""
        segments = path.split("/")
        found = [routes for literal, table in self._tables if (routes := table.get(literal(segments)))]
        return [route for _, route in (found[0] if len(found) == 1 else merge(*found))]


def _routes(contract: Contract, profile: Profile) -> Iterator[Route]:
    by_path: dict[tuple[str, str], dict[str, Operation]] = {}
    for operation in contract.operations.values():
        by_path.setdefault((operation.base_path, operation.path), {})[operation.method] = operation
    for (base_path, template), operations in by_path.items():
        pieces = tuple(PARAMETER.split(base_path + template))
        rules = profile.routes.get(template, RouteRules())
        schemes = {
            scheme.name: scheme
            for operation in operations.values()
            for alternative in operation.security
            for scheme in alternative
        }
        yield Route(
            contract=contract,
            base_path=base_path,
            template=template,
            pieces=pieces,
            names=pieces[1::2],
            operations=operations,
            rules=rules,
            allow=", ".join(_allowed(operations, rules, profile)),
            schemes=tuple(schemes.values()),
            segment=profile.segment,
        )


def _allowed(operations: Mapping[str, Operation], rules: RouteRules, profile: Profile) -> Iterator[str]:
    has = {*operations, *rules.undocumented_methods, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
    yield from (method for method in profile.methods if method in has)
    yield from sorted(has.difference(profile.methods))
