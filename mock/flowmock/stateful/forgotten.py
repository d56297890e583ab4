"""Operations that change something which no read shows afterwards, as far as the contract says what they change."""

from flowcontract.openapi.model import Operation
from flowmock.examples.responses import main_media, usual
from flowmock.stateful.access import Collections
from flowmock.stateful.arrays import Arrays
from flowmock.stateful.items_above import ItemsAbove
from flowmock.stateful.parts import Parts
from flowmock.stateful.singles import Singles
from flowmock.stateful.wrapped_memberships import WrappedMemberships


class ForgottenChanges:
    """Says of the operations of one contract whether their effect is forgotten."""

    def __init__(
        self,
        collections: Collections,
        memberships: WrappedMemberships,
        above: ItemsAbove,
        parts: Parts,
        arrays: Arrays,
        singles: Singles,
    ) -> None:
        self._collections = collections
        self._memberships = memberships
        self._above = above
        self._parts = parts
        self._arrays = arrays
        self._singles = singles
        self._known: dict[str, bool] = {}

    def has(self, operation: Operation) -> bool:
        """Whether an operation changes something that is forgotten. A POST may be a search or a login."""
        if operation.id not in self._known:
            creates = "201" in operation.responses or "}/" in operation.path
            is_change = operation.method in ("PUT", "PATCH", "DELETE") or (operation.method == "POST" and creates)
            self._known[operation.id] = is_change and not self._is_remembered(operation)
        return self._known[operation.id]

    def _is_remembered(self, operation: Operation) -> bool:
        _, response = usual(operation)
        media = main_media(response) if response else None
        return (
            operation.id in self._collections.related.by_operation
            or self._memberships.has(operation)
            or self._parts.has(operation)
            or self._above.resource(operation, media) is not None
            or self._arrays.has(operation, media)
            or self._singles.changed(operation, response, media) is not None
        )
