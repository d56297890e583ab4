"""What proves that a creation has created something, where its success is one that the contract does not document."""

from collections.abc import Mapping, Sequence

Key = tuple[str, tuple[str, ...]]
"""A path without the names of its parameters, and their values."""


class Proofs:
    """Lists that were read as a whole, and what was created since then although no documented success says so.

    An operation that has a documented success as well may mean something else with another one: that it returns or
    changes what is there. Then nothing is proven.
    """

    def __init__(self) -> None:
        self._whole: set[Key] = set()
        self._proven: dict[str, list[tuple[Key, Mapping[str, str]]]] = {}
        self._refuted: set[str] = set()

    def add_whole(self, collection: Key) -> None:
        """All items of a collection were seen."""
        self._whole.add(collection)

    def is_new_in(self, operation: str, collection: Key, *, in_own: bool) -> bool:
        """Whether what an operation returns is new in a collection if it was not seen before.

        `in_own`: the collection is in a resource that the run created.
        """
        return operation not in self._refuted and (in_own or collection in self._whole)

    def add_proven(self, operation: str, resource: Key, values: Mapping[str, str]) -> None:
        """An operation has created a resource. `values`: the path parameters of the request."""
        self._proven.setdefault(operation, []).append((resource, values))

    def refuted_by(self, operation: str) -> Sequence[tuple[Key, Mapping[str, str]]]:
        """An operation has a documented success: the resources of which nothing is proven any more."""
        self._refuted.add(operation)
        return self._proven.pop(operation, ())
