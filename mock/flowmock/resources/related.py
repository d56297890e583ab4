"""The resources of one contract, and how they hang together: references, views, memberships."""

from collections.abc import Callable, Sequence
from functools import cached_property

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.resources.current_user import read_of_current_user
from flowmock.resources.discovery import find_list, find_resources, lists_alone
from flowmock.resources.lists_below import ListBelow, find_lists_below
from flowmock.resources.model import Resource
from flowmock.resources.references import Item, References
from flowmock.resources.views import View, find_memberships, find_views


class RelatedResources:
    """What is known of the resources of a contract. Each part is found when it is first needed."""

    def __init__(self, contract: Contract, initial: Callable[[Resource, tuple[str, ...]], Sequence[Item]]) -> None:
        """`initial`: gives the items that a collection starts with, before references are set; see `References`."""
        self._contract = contract
        self._initial = initial
        self._listed: dict[str, Resource | None] = {}

    @cached_property
    def by_operation(self) -> dict[str, tuple[Resource, str]]:
        """The resource and the action of each operation that belongs to a resource, by operation ID."""
        return find_resources(self._contract)

    @cached_property
    def all(self) -> list[Resource]:
        """The resources, also those of which there is only a list."""
        with_operations = dict.fromkeys(resource for resource, _ in self.by_operation.values())
        return [*with_operations, *lists_alone(self._contract, self.by_operation)]

    @cached_property
    def references(self) -> References:
        """The references between the items."""
        return References(self.all, self._initial)

    @cached_property
    def views(self) -> dict[str, View]:
        """The lists below items that show items of another collection, by their paths."""
        return find_views(self.all, self.references)

    @cached_property
    def lists_below(self) -> dict[str, list[ListBelow]]:
        """The lists that items say something of, by the paths of their collections."""
        return find_lists_below(self.all, self.views)

    @cached_property
    def lists_below_documented(self) -> dict[str, list[ListBelow]]:
        """The same for collections whose items have examples: it is right until a client changes a list."""
        return find_lists_below(self.all, self.views, documented=True)

    @cached_property
    def derived(self) -> dict[str, frozenset[str]]:
        """The members of items that say something of lists below them, or that only lists have, by collection."""
        found = {}
        for each in self.all:
            below = self.lists_below.get(each.path, ())
            names = {
                name for one in below for name in (*one.counts, *one.moments, *one.sums)
            } | each.members_of_list_alone()
            if names:
                found[each.path] = frozenset(names)
        return found

    @cached_property
    def read_of_current_user(self) -> Operation | None:
        """The operation by which callers read about themselves."""
        return read_of_current_user(self._contract)

    @cached_property
    def memberships(self) -> dict[str, Resource]:
        """The collections whose items are some of those of another one, and these, by their paths."""
        return find_memberships(self.all)

    def read_at(self, path: str) -> tuple[Resource | None, str]:
        """The resource that is read at a path, and the action that reads it: `list`, or `read` for one item."""
        gets = (each for each in self._contract.operations.values() if each.method == "GET")
        known = (self.by_operation.get(each.id) for each in gets if each.path.rstrip("/") == path)
        return next(filter(None, known), (None, ""))

    def item_at(self, path: str) -> Resource | None:
        """The resource whose items have a path, with the base path, whatever operation it has."""
        return next((each for each in self.all if each.parameter and each.path == path), None)

    def has_read(self, path: str) -> bool:
        """Whether something can be read at a path."""
        return any(each.method == "GET" and each.path == path for each in self._contract.operations.values())

    def creates(self, operation: Operation) -> bool:
        """Whether an operation adds an item to a collection."""
        return self.by_operation.get(operation.id, (None, ""))[1] == "create" or "201" in operation.responses

    def listed_by(self, operation: Operation) -> Resource | None:
        """The resource that an operation lists; None where it lists none."""
        if operation.id not in self._listed:
            self._listed[operation.id] = find_list(self._contract, operation)
        return self._listed[operation.id]
