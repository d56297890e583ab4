"""Two releases of a contract side by side: the responses of each, and their differences."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flowcontract.compatibility.diff import Changes, Direction
from flowcontract.openapi import pointers, releases
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


@lru_cache(maxsize=4)
def _loaded(name: str, contract: Contract) -> Contract:
    return releases.load(name, contract)


def as_json(old: str, new: str, contract: Contract) -> dict[str, Any]:
    """The success examples of both with their differences, and the changes of the contract.

    Raises UsageError for an unknown release.
    """
    older, newer = _loaded(old, contract), _loaded(new, contract)
    changes = Changes.between(older, newer)
    undescribed = {name for each in (older, newer) for name in each.document.get(releases.UNDESCRIBED) or ()}
    return {
        "old": old,
        "new": new,
        "operations": [
            {
                "id": name,
                "method": one.method,
                "path": one.path,
                "examples": list(_examples(older.operations.get(name), newer.operations.get(name))),
            }
            for name, one in {**older.operations, **newer.operations}.items()
            if name not in undescribed
        ],
        "changes": [
            {
                "rule": found.rule,
                "where": " ".join(filter(None, (found.operation, found.where, found.at))),
                "message": found.text,
            }
            for direction, found in changes.found
            if direction is Direction.UPGRADED_SERVER
        ],
    }


def _examples(old: Operation | None, new: Operation | None) -> Iterator[dict[str, Any]]:
    olds, news = _successes(old), _successes(new)
    for name in {**olds, **news}:
        example: dict[str, Any] = {"name": name}
        if name in olds:
            example["old"] = olds[name]
        if name in news:
            example["new"] = news[name]
        if name in olds and name in news:
            example["differences"] = dict(differences(olds[name], news[name]))
        yield example


def _successes(operation: Operation | None) -> dict[str, Any]:
    success = operation.success() if operation else None
    media = success.media.values() if success else ()
    return {name: example.value for each in media for name, example in each.examples.items()}


def differences(old: Any, new: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """The JSON Pointers where two JSON values differ, each with `added`, `removed` or `changed`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            below = at + pointers.join(name)
            if name not in new:
                yield below, "removed"
            elif name not in old:
                yield below, "added"
            else:
                yield from differences(old[name], new[name], below)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                yield f"{at}/{index}", "removed"
            elif index >= len(old):
                yield f"{at}/{index}", "added"
            else:
                yield from differences(old[index], new[index], f"{at}/{index}")
    elif type(old) is not type(new) or old != new:
        yield at, "changed"
