"""Known resources: path parameter values that are given, documented, or learned from responses.

An ID in a list names a resource of the paths below it, and so do IDs in the lists of a resource and links to the
target. What the run itself created is known from `created`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote

from flowcontract.generation.created import CreatedResources
from flowcontract.generation.sequences.kinds import response_schema, schema_of_items
from flowcontract.http.links import split_link
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import ID_NAMES, ID_SUFFIX, Operation, Parameter
from flowcontract.openapi.path_templates import PARAMETER, parameter_names
from flowcontract.text import plain_name

Values = Mapping[str, str]
"""Path parameters by name, as a server decodes them: one resource."""

_LEARNED = 5
"""Learned resources kept for one path: a few show what can be shown."""
_NAMES = 2
"""Members of an item that may name it, where the parameter does not say which."""
_ITEMS = 20
"""Items of a list that are looked at."""
_LINKS = 200
"""Texts of a response that are looked at for links."""
_LONGEST_LINK = 2000
"""Characters of the longest text that is looked at for a link."""


class Resources:
    """The resources of one target. `given` are known by operation ID; they are never replaced by learned ones.

    `url`: where the paths of the contract begin; only links to there are followed. `most_learned`: resources kept for
    one path; `created`: what the run creates.
    """

    def __init__(
        self,
        contract: Contract,
        given: Mapping[str, Sequence[Values]],
        url: str = "",
        *,
        most_learned: int = _LEARNED,
        created: CreatedResources | None = None,
    ) -> None:
        self.created = created or CreatedResources(contract, {})
        self._most_learned = most_learned
        self._operations = tuple(contract.operations.values())
        self._given = given
        self._url = split_link(url)
        self._learned: dict[str, list[Values]] = {}
        self._seen: set[str] = set()
        self._templates = {o.path: _template(o.path) for o in self._operations}
        self._by_path = {o.path: o for o in self._operations if o.path_parameters()}
        """One operation of each path that names a resource."""
        self._deep_templates = {path: _template(path, deep=True) for path in self._by_path if path.endswith("}")}
        self._concrete = {o.path.rstrip("/") for o in self._operations if not o.path_parameters()}
        self._members: dict[str, Mapping[str, Sequence[str]]] = {}
        self._parts = _parts(self._by_path.values())
        """Operations about what a resource has a list of, with the list's name, by the path of the resource."""

    def is_given(self, operation: Operation) -> bool:
        """Whether the caller named resources for this operation."""
        return bool(self._given.get(operation.id))

    def candidates(self, operation: Operation) -> list[Values]:
        """Resources that may exist: the given ones alone, else own, learned and documented ones, in that order."""
        if self.is_given(operation):
            return list(self._given[operation.id])
        found = [*self.own(operation), *self._learned.get(operation.path, ()), *documented(operation)]
        found = [values for values in found if not self.created.was_deleted(operation, values)]
        return [values for index, values in enumerate(found) if values not in found[:index]]

    def learned(self, operation: Operation) -> list[Values]:
        """Resources that responses named."""
        return list(self._learned.get(operation.path, ()))

    def own(self, operation: Operation) -> list[Values]:
        """Resources that the run created, the newest first."""
        return self.created.of(operation)

    @property
    def known_ids(self) -> frozenset[str]:
        """Every value that was given, or seen in a response as the ID of something."""
        given = {text for sets in self._given.values() for values in sets for text in values.values()}
        return frozenset(self._seen | given)

    def learn(self, operation: Operation, values: Values, body: Any, location: str = "") -> None:
        """Learn from the successful response to an operation: the items of a list, one resource, a `Location`."""
        created = self.created.is_creation(operation)
        items = list(_items(body))[:_ITEMS]
        for item in items:
            self._seen.update(str(item[name]) for name in item if ID_SUFFIX.search(name) and _is_id(item[name]))
        members = [_plain(item) for item in items]
        for path, names in self._named_by(operation).items() if not created else ():
            if len(self._learned.get(path, ())) >= self._most_learned:
                continue
            for number, item in enumerate(members):
                found = self._from_item(values, item, self._by_path[path], names)
                # The first item is enough to see which of its members is meant.
                for learned in islice(found, _NAMES if number == 0 else 1):
                    self._add(path, learned)
                    if path.rpartition("/{")[0] == operation.path.rstrip("/"):
                        self._from_parts(path, learned, item)
        for item in members if not created else ():
            self._from_parts(operation.path, values, item)
        if isinstance(body, list):
            self._from_names(operation, values, [text for text in body if isinstance(text, str) and _is_id(text)])
        if location and not created:
            self._from_location(location)
        for link in islice(_links(body), _LINKS):
            self._from_link(link)

    def _from_names(self, operation: Operation, values: Values, names: Sequence[str]) -> None:
        """A list of plain names: of the resources below its path, or of what its path is called."""
        listed = operation.path.rstrip("/")
        called = plain_name(listed.rpartition("/")[2])
        for path, other in self._by_path.items():
            *before, last = other.path_parameters()
            is_below = path.rstrip("/").rpartition("/")[0] == listed
            stem = plain_name(ID_SUFFIX.sub("", last.name))
            is_called = bool(stem) and last.name.lower() not in ID_NAMES and called.startswith(stem)
            if not (is_below or is_called) or any(parameter.name not in values for parameter in before):
                continue
            for text in names[: self._most_learned]:
                if _fits(last, text):
                    self._add(path, {**{p.name: values[p.name] for p in before}, last.name: text})

    def _from_parts(self, path: str, values: Values, item: Mapping[str, Any]) -> None:
        """The lists within a resource: `lines` of `/orders/{id}` are what `/orders/{id}/lines/{line}` is about."""
        for name, other in self._parts.get(path.rstrip("/"), ()):
            parts = item.get(name)
            for part in parts[:_ITEMS] if isinstance(parts, list) else ():
                members = _plain(part) if isinstance(part, dict) else {"id": part}
                names = (*_names(other.path_parameters()[-1].name), *ID_NAMES)
                if learned := next(self._from_item(values, members, other, names), None):
                    self._add(other.path, learned)
                    self._from_parts(other.path, learned, members)

    def _named_by(self, operation: Operation) -> Mapping[str, Sequence[str]]:
        """The paths of resources that an item in a response to an operation may name, and the members that do."""
        own = operation.path.rstrip("/")
        if own not in self._members:
            found = {}
            for path, other in self._by_path.items():
                last = other.path_parameters()[-1].name
                plain = path.rstrip("/")
                # Items of `/orgs` are what `/orgs/{org}` and `/orgs/{org}/repos` are about.
                if own in (plain, plain.rpartition("/")[0], plain[: plain.rfind("/{")]) or (
                    plain.count("{") == 1 and self._is_elsewhere(operation, plain[: plain.rfind("}") + 1])
                ):
                    found[path] = (*_names(last), *ID_NAMES)
                elif last.lower() not in ID_NAMES:  # `id` of something else names nothing here.
                    found[path] = _names(last)
            self._members[own] = found
        return self._members[own]

    def _is_elsewhere(self, operation: Operation, path: str) -> bool:
        """Whether items of `/orgs/{org}/repos` are what `/repos/{repo}` is about: by their name, or by their schema."""
        listed = operation.path.rstrip("/").rpartition("/")[2]
        if operation.method != "GET" or "{" not in operation.path or "{" in listed:
            return False
        schema = schema_of_items(operation)
        return path.split("/")[-2] == listed or (bool(schema) and schema == self._schemas.get(path))

    @cached_property
    def _schemas(self) -> Mapping[str, str]:
        """The schema of each resource, by path."""
        return {o.path.rstrip("/"): response_schema(o) for o in self._operations if o.method == "GET"}

    @staticmethod
    def _from_item(values: Values, item: Mapping[str, Any], other: Operation, names: Sequence[str]) -> Iterator[Values]:
        """The path parameters of another operation, as an item of a response has them, the likeliest first.

        The names of the item's members are normalized. `{team}` may take its ID or its name, `{team_id}` one of them.
        """
        *before, last = other.path_parameters()
        learned = {parameter.name: values[parameter.name] for parameter in before if parameter.name in values}
        for parameter in before:
            if parameter.name not in learned:
                if (earlier := next(_members(item, parameter, _names(parameter.name)), None)) is None:
                    return
                learned[parameter.name] = earlier
        found = dict.fromkeys(_members(item, last, names))
        for text in islice(found, 1 if ID_SUFFIX.search(last.name) else _NAMES):
            yield {**learned, last.name: text}

    def _from_location(self, location: str) -> None:
        path = split_link(location).path
        for template, pattern in self._templates.items():
            if "{" in template and (match := pattern.search(path)):
                self._add(template, _values(template, match))

    def _from_link(self, link: str) -> None:
        """A link to the target names a resource; the last parameter may hold several segments if nothing else fits."""
        parts = split_link(link)
        prefix = self._url.path.rstrip("/")
        if parts.netloc not in ("", self._url.netloc) or not parts.path.startswith(f"{prefix}/"):
            return
        path = parts.path.removeprefix(prefix)
        if "{" in path or path.rstrip("/") in self._concrete:
            return
        for patterns in (self._templates, self._deep_templates):
            found = [(template, pattern.fullmatch(path)) for template, pattern in patterns.items()]
            named = [(template, _values(template, match)) for template, match in found if match and match.groups()]
            for template, values in named:
                if all(_fits(p, values[p.name]) for p in self._by_path[template].path_parameters()):
                    self._add(template, values)
            if named:
                return

    def _add(self, path: str, values: Values) -> None:
        self._seen.update(values.values())
        listed = self._learned.setdefault(path, [])
        if values not in listed and len(listed) < self._most_learned:
            listed.append(values)


def documented(operation: Operation) -> tuple[Values, ...]:
    """Path parameters of the contract's own examples, each once."""
    found: dict[tuple[tuple[str, str], ...], Values] = {}
    for values in operation.example_path_values().values():
        found.setdefault(tuple(sorted(values.items())), values)
    return tuple(found.values())


def _template(path: str, *, deep: bool = False) -> re.Pattern[str]:
    """What matches a path of this template; `deep`: its last parameter holds whole paths."""
    parts = [re.escape(part) for part in PARAMETER.split(path.rstrip("/"))[::2]]
    if deep:
        return re.compile("([^/]+)".join(parts[:-1]) + "(.+?)/?$")
    return re.compile("([^/]+)".join(parts) + "/?$")


def _values(template: str, match: re.Match[str]) -> dict[str, str]:
    """The path parameters in a path that matches a template."""
    return dict(zip(parameter_names(template), map(unquote, match.groups()), strict=True))


def _parts(operations: Iterable[Operation]) -> Mapping[str, Sequence[tuple[str, Operation]]]:
    """Operations on `/orders/{id}/lines/{line}` by `/orders/{id}`, each with the normalized name `lines`."""
    found: dict[str, list[tuple[str, Operation]]] = {}
    for operation in operations:
        listed, _, _ = operation.path.rpartition("/{")
        whole, _, name = listed.rpartition("/")
        if "{" not in name and (plain := plain_name(name)):
            found.setdefault(whole, []).append((plain, operation))
    return found


def _plain(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of an object by their normalized names."""
    return {plain_name(name): value for name, value in item.items()}


def _links(body: Any, depth: int = 6) -> Iterator[str]:
    """The links in a response: absolute URLs and absolute paths."""
    if isinstance(body, str):
        if body.startswith(("http://", "https://", "/")) and len(body) <= _LONGEST_LINK and not re.search(r"\s", body):
            yield body
    elif depth and isinstance(body, dict):
        for member in body.values():
            yield from _links(member, depth - 1)
    elif depth and isinstance(body, list):
        for item in body[:_ITEMS]:
            yield from _links(item, depth - 1)


def _items(body: Any, depth: int = 2) -> Iterator[Mapping[str, Any]]:
    """The objects that a response is about: itself, and those of lists in it."""
    if isinstance(body, list):
        yield from (item for item in body if isinstance(item, dict))
    elif isinstance(body, dict):
        yield body
        if depth:
            for member in body.values():
                if isinstance(member, list) or (isinstance(member, dict) and depth > 1):
                    yield from _items(member, depth - 1)


@lru_cache(maxsize=4096)
def _names(parameter: str) -> tuple[str, ...]:
    """Properties that hold a parameter's value, normalized: its own name, and `team_id` for `team`."""
    plain = plain_name(parameter)
    return (plain, f"{plain}id", f"{plain}uuid", f"{plain}slug") if not ID_SUFFIX.search(parameter) else (plain,)


def _members(item: Mapping[str, Any], parameter: Parameter, names: Iterable[str]) -> Iterator[str]:
    """The texts of those of these members (normalized names) that the parameter's schema allows."""
    for name in names:
        value = item.get(name)
        if _is_id(value) and _fits(parameter, value):
            yield str(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= 200


def _fits(parameter: Parameter, value: Any) -> bool:
    if parameter.is_valid(value):
        return True
    text = str(value)
    return parameter.is_valid(text) or (text.isdecimal() and parameter.is_valid(int(text)))
