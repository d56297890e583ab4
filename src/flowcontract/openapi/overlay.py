"""OpenAPI Overlay 1.0: changes to a document as data, and who made each of them.

An overlay is a list of actions; each names its targets by JSONPath (RFC 9535) and either merges an `update`
into every one of them or removes them. Applying is stricter than the specification in one point: an action
that matches nothing is an error, because an overlay that has silently stopped working is worse than none.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowcontract.errors import BuildError
from flowcontract.openapi import documents, pointers
from flowcontract.text import unknown_key

_KEYS = ("overlay", "info", "extends", "actions")
_KEYS_OF_ACTIONS = ("target", "description", "update", "remove")


@dataclass(frozen=True, slots=True)
class Action:
    """One change: merge `update` into what `target` selects, or remove it."""

    target: str
    """JSONPath."""
    update: Any
    remove: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """A named list of actions."""

    origin: str
    """The origin of its elements: `overlays/observed.yaml`."""
    actions: tuple[Action, ...]

    @classmethod
    def load(cls, path: Path, *, origin: str = "") -> "Overlay":
        """Read an overlay file. Raises BuildError if it is not an Overlay 1.0, ContractError if it is not YAML."""
        raw = documents.read(path)
        version = str(raw.get("overlay", "")) if isinstance(raw, Mapping) else ""
        if not version.startswith("1.0.") or not isinstance(raw.get("actions"), list) or not raw["actions"]:
            raise BuildError(
                f"{path}: expected an OpenAPI Overlay 1.0 with `overlay: 1.0.0`, `info` and a list `actions`.",
                do="Fix the file, or omit it.",
            )
        _check_keys(raw, _KEYS, str(path))
        actions = tuple(_action(item, f"{path}, action {number}") for number, item in enumerate(raw["actions"], 1))
        return cls(origin or str(path), actions)


def _check_keys(raw: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Raise BuildError for a key that an overlay does not have; it may have extensions."""
    if wrong := unknown_key((key for key in raw if not str(key).startswith("x-")), known):
        raise BuildError(f"{where}: {wrong}", do="Fix the file.")


def _action(raw: Any, where: str) -> Action:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("target"), str):
        raise BuildError(f"{where}: expected a mapping with a `target`.", do="Add a JSONPath as target.")
    _check_keys(raw, _KEYS_OF_ACTIONS, where)
    remove = raw.get("remove", False)
    if not isinstance(remove, bool) or (not remove and "update" not in raw):
        raise BuildError(f"{where}: expected `update` or `remove: true`.", do="Add one of them.")
    return Action(raw["target"], raw.get("update"), remove)


@dataclass(slots=True)
class Draft:
    """A document to which overlays and examples are applied, with the origin of every element."""

    document: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)
    """The origin of every added or replaced element, by JSON Pointer; its descendants have the same origin unless they
    are listed."""

    def apply(self, overlay: Overlay, *, strict: bool = True) -> None:
        """Apply every action in order. Raises BuildError for an action that cannot be applied.

        Unless `strict`, an action that matches nothing is skipped.
        """
        for number, action in enumerate(overlay.actions, 1):
            where = f"{overlay.origin}, action {number} ({action.target})"
            targets = self._select(action.target, where)
            if not targets and strict:
                raise BuildError(
                    f"{where} matches nothing in the document.", do="Fix its target, or remove the action."
                )
            if action.remove:
                for tokens in sorted(targets, key=_innermost_and_last, reverse=True):
                    self._remove(tokens, where)
            else:
                for tokens in targets:
                    self._update(tokens, action.update, overlay.origin, where)

    def add(self, tokens: list[str], value: Any, origin: str) -> None:
        """Add an element to a mapping; the origin of a new mapping is the folder of `origin`."""
        owner = pointers.get(self.document, tokens[:-2])
        if tokens[-2] not in owner:
            owner[tokens[-2]] = {}
            self._mark(tokens[:-1], origin.rpartition("/")[0] + "/")
        owner[tokens[-2]][tokens[-1]] = value
        self._mark(tokens, origin)

    def origin(self, pointer: str) -> str:
        """The origin of the element at `pointer`; empty where it is in the captured document."""
        while pointer and pointer not in self.origins:
            pointer = pointer.rpartition("/")[0]
        return self.origins.get(pointer, "")

    def _select(self, target: str, where: str) -> list[tuple[str | int, ...]]:
        import jsonpath

        try:
            found = jsonpath.JSONPathEnvironment(strict=True).finditer(target, self.document)
            # A node that is selected twice is one target.
            return list(dict.fromkeys(tuple(match.parts) for match in found))
        except jsonpath.JSONPathError as error:
            problem = str(error).splitlines()[0]
            raise BuildError(f"{where} is not a JSONPath: {problem}.", do="Write it as in RFC 9535.") from error

    def _update(self, tokens: tuple[str | int, ...], update: Any, origin: str, where: str) -> None:
        node = pointers.get(self.document, tokens)
        if isinstance(node, dict) and isinstance(update, Mapping):
            self._merge(tokens, node, update, origin)
        elif isinstance(node, list):
            self._append(tokens, node, [update], origin)
        else:
            raise BuildError(
                f"{where} selects {_kind(node)} and its update is {_kind(update)}: only objects can be merged, and "
                "only arrays can be appended to.",
                do="Select the object that holds the value instead.",
            )

    def _merge(
        self, tokens: tuple[str | int, ...], node: dict[str, Any], update: Mapping[str, Any], origin: str
    ) -> None:
        for key, value in update.items():
            place = (*tokens, key)
            present = node.get(key)
            if isinstance(present, dict) and isinstance(value, Mapping):
                self._merge(place, present, value, origin)
            elif isinstance(present, list) and isinstance(value, list):
                self._append(place, present, value, origin)
            elif key not in node or not _same(present, value):
                node[key] = copy.deepcopy(value)
                self._forget(pointers.join(*place))
                self._mark(place, origin)

    def _append(self, tokens: tuple[str | int, ...], node: list[Any], entries: list[Any], origin: str) -> None:
        for entry in entries:
            node.append(copy.deepcopy(entry))
            self._mark((*tokens, len(node) - 1), origin)

    def _remove(self, tokens: tuple[str | int, ...], where: str) -> None:
        if not tokens:
            raise BuildError(f"{where} would remove the whole document.", do="Select a part of it.")
        owner, last = pointers.get(self.document, tokens[:-1]), tokens[-1]
        self._forget(pointers.join(*tokens))
        del owner[last]
        if isinstance(owner, list):
            self._close_gap(pointers.join(*tokens[:-1]), int(last))

    def _close_gap(self, pointer: str, gone: int) -> None:
        """Every entry behind a removed one has moved up by one, and its origins with it."""
        moved = {}
        for place, origin in self.origins.items():
            head, index, rest = place[: len(pointer) + 1], *place[len(pointer) + 1 :].partition("/")[::2]
            if head == pointer + "/" and index.isdecimal() and int(index) > gone:
                place = f"{head}{int(index) - 1}" + (f"/{rest}" if rest else "")
            moved[place] = origin
        self.origins = moved

    def _forget(self, pointer: str) -> None:
        self.origins = {
            place: origin
            for place, origin in self.origins.items()
            if place != pointer and not place.startswith(pointer + "/")
        }

    def _mark(self, tokens: tuple[str | int, ...] | list[str], origin: str) -> None:
        """Remember who added an element, unless that is already said of what it stands in."""
        for depth in range(len(tokens) - 1, 0, -1):
            above = self.origins.get(pointers.join(*tokens[:depth]))
            if above is not None:
                if above != origin:
                    break
                return
        self.origins[pointers.join(*tokens)] = origin


def _innermost_and_last(tokens: tuple[str | int, ...]) -> tuple[int, ...]:
    """The order in which targets are removed, from its end: none moves or takes away another."""
    return len(tokens), *(token for token in tokens[-1:] if isinstance(token, int))


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: `true` is not 1."""
    return type(one) is type(other) and bool(one == other)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return "an array" if isinstance(value, list) else "a plain value"
