"""What changes of an item do: PUT replaces it, PATCH merges or patches it (RFC 7396, RFC 6902)."""

from collections.abc import Collection, Mapping

from flowcontract.openapi.values import agreement
from flowmock.examples.merge_patch import merged
from flowmock.generation.new_items import changed_now, with_its_end
from flowmock.messages import Reply
from flowmock.resources.references import Item
from flowmock.resources.status_rules import StatusRules
from flowmock.stateful import json_patch, uniqueness, versions
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.creations import Creations
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import lean, reset, summed, valid
from flowmock.stateful.memberships import Memberships
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import SentItems, changeable_id, members_in, object_in


class Changes:
    """The changes of items of one contract."""

    def __init__(
        self,
        collections: Collections,
        sent: SentItems,
        shown: ItemResponses,
        creations: Creations,
        memberships: Memberships,
        rules: StatusRules,
    ) -> None:
        self._collections = collections
        self._sent = sent
        self._shown = shown
        self._creations = creations
        self._memberships = memberships
        self._rules = rules

    def replace(self, at: Access) -> Reply:
        """Put what a client sent in the place of an item; create it where the contract documents 201 for that.

        Raises ChangeRejectedError.
        """
        resource = at.resource
        new_id = at.call.path_values.get(resource.parameter)
        if new_id and at.stored.find(new_id) is None:
            self._memberships.join(at, new_id)
        if new_id and _is_created(at, new_id):
            return self._creations.create_by_put(at, new_id)
        item_id = changeable_id(at)
        before = self._collections.shown(at, at.items[item_id])
        self.check_status(at, before)
        self._check_like_creation(at, item_id, before)
        sent = self._sent.of(at, defaults=True)
        counted = self._checked(at, before, sent)
        read_only = {name: value for name, value in before.items() if name in resource.read_only() | counted}
        sent = {name: value for name, value in sent.items() if not self._is_kept(at, before, name, value)}
        own_id = {resource.id_field: before.get(resource.id_field)}
        made = lean(resource, item_id, at.parents, self._collections.seed)
        return self.change(at, item_id, reset(resource, before, made) | read_only | own_id | sent, sent)

    def update(self, at: Access) -> Reply:
        """Change the members of an item that a client sent. Raises ChangeRejectedError."""
        item_id = changeable_id(at)
        before = self._collections.shown(at, at.items[item_id])
        self.check_status(at, before)
        if json_patch.is_json_patch(at.call):
            item = json_patch.patched(before, at.call, at.resource.read_only())
            self._check_like_creation(at, item_id, before, item)
            return self.change(at, item_id, item, [name for name in item if item[name] != before.get(name)])
        self._check_like_creation(at, item_id, before)
        sent = self._sent.of(at)
        self._checked(at, before, sent)
        return self.change(at, item_id, merged(before, sent, at.resource.media), sent)

    def check_status(self, at: Access, before: Item) -> None:
        """Raises ChangeRejectedError where a description says that an item with this status cannot be changed so."""
        if denial := self._rules.denial(at.operation, at.main[0], before):
            raise ChangeRejectedError(denial.message, *denial.statuses, current=before)

    @staticmethod
    def _checked(at: Access, before: Item, sent: Item) -> set[str]:
        """The members with the version of an item, which the server counts; they are removed from what was sent.

        Raises ChangeRejectedError for a version that is not the current one.
        """
        versions.check(at, before, members_in(at))
        counted = set(versions.locks(at))
        for name in counted & sent.keys():
            del sent[name]
        return counted

    @staticmethod
    def _is_kept(at: Access, before: Item, name: str, value: object) -> bool:
        """Whether a member stays as it is, because a client sent null for it, and it cannot be null."""
        part = at.resource.media.member(name) if value is None else None
        return part is not None and name in before and not part.is_valid(None)

    def _check_like_creation(self, at: Access, item_id: str, before: Item, after: Item | None = None) -> None:
        """Raises ChangeRejectedError for a change that a creation could not make either: names that are taken, and
        references to what does not exist. `after`: the item that was sent; None for the body.
        """
        created = at.resource.operations.get("create")
        body = object_in(at) if after is None else after
        changed = {name: value for name, value in body.items() if before.get(name) != value}
        uniqueness.check_change(at.operation, changed, (each for key, each in at.items.items() if key != item_id))
        if created and "404" in created.responses:  # Else a 404 is about the item that is changed.
            self._creations.check_references(at, changed)

    def change(self, at: Access, item_id: str, item: Item, sent: Collection[str]) -> Reply:
        """Put an item in the place of the one before. `sent`: the members that the client sent.

        Raises ChangeRejectedError where it would not be valid, or has the ID of another one.
        """
        item = self._agreeing(at, item_id, valid(at.resource.media, item, self._collections.seed), sent)
        new_id = at.resource.id_of(item) if at.resource.id_field else item_id
        if new_id is None:
            raise ChangeRejectedError(f"{at.resource.id_field} is required.", 400, 422)
        if new_id != item_id and new_id in at.items:
            raise ChangeRejectedError(f"{at.resource.id_field} {new_id} already exists.", 409, 400, 422)
        changed = {
            new_id if name == item_id else name: item if name == item_id else value for name, value in at.items.items()
        }
        at.items.clear()
        at.items.update(changed)
        resource, parents = at.main
        if sent:
            self._collections.nested.forget_below(resource, at.call.session, parents, item_id, sent)
        if new_id != item_id:
            self._collections.nested.move_below(resource, at.call.session, parents, item_id, new_id)
            if item_id in at.stored.created:
                at.stored.created.symmetric_difference_update((item_id, new_id))
        return self._shown.of(at, item, f"stateful: changed {new_id}")

    def _agreeing(self, at: Access, item_id: str, item: Item, sent: Collection[str]) -> Item:
        """A changed item whose objects, moments and totals agree with what was sent; parameters as in `change`."""
        media = at.resource.media
        item = changed_now(media, self._collections.paired(at, item, sent), sent)
        changes = {name: item[name] for name in sent if name in item}
        before = self._collections.shown(at, at.items[item_id])
        if agreement.summed(before, {}) is before:  # Else an author gave it totals of another kind.
            item = summed(media, item, sent if isinstance(sent, Mapping) else changes)
        return with_its_end(media, item, {**members_in(at), **changes}, before=at.items[item_id])


def _is_created(at: Access, item_id: str) -> bool:
    """Whether PUT creates an item: it does not exist, the caller may view all, and the contract documents 201."""
    is_new = at.stored.find(item_id) is None and at.call.caller.resource_ids is None
    return is_new and "201" in at.operation.responses
