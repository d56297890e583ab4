"""The response that path, query and body of a request choose.

In this order: what the collections remember (with `--stateful`); a documented 404 where the key is unknown (to the
examples, or to `--param`); the list of what a read gives; the example whose fields equal the parameters of the request;
else the first example, else a generated value.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from flowcontract.openapi.model import MediaType
from flowmock.examples import filters as profile_filters
from flowmock.messages import Call, Reply
from flowmock.operations.described_files import DescribedFiles
from flowmock.operations.existence import Existence
from flowmock.operations.generated import GeneratedBodies
from flowmock.operations.path_examples import PathExamples, by_parameters, id_of, requested_id
from flowmock.operations.related import RelatedOperations
from flowmock.operations.success import Success
from flowmock.operations.tables import Tables

if TYPE_CHECKING:
    from flowmock.stateful.dispatch import Stateful


class Selection:
    """Chooses the response of one operation."""

    def __init__(
        self,
        success: Success,
        examples: PathExamples,
        existence: Existence,
        generated: GeneratedBodies,
        related: RelatedOperations,
        stateful: "Stateful | None",
    ) -> None:
        """`stateful`: what remembers changes, where that is wanted."""
        self._success = success
        self._examples = examples
        self._existence = existence
        self._generated = generated
        self._related = related
        self._stateful = stateful
        self._files = DescribedFiles(success, related)
        self._tables = Tables(success, related, stateful)
        self._filters = profile_filters.of(success.operation, success.main, success.responses)

    @property
    def remembers(self) -> bool:
        """Whether changes are remembered."""
        return self._stateful is not None

    def reply(self, call: Call, *, dynamic: bool) -> Reply:
        """The response to a permitted, valid request. `dynamic`: generate rather than serve examples."""
        if not dynamic and (table := self._tables.reply(call)):
            return table
        remembered = self._stateful.reply(self._success.operation, call) if self._stateful else None
        if remembered:
            return self._files.of(remembered, call)
        reply = self._files.of(self._without_memory(call, dynamic=dynamic), call)
        is_lost = reply.status < 300 and self._stateful and self._stateful.forgotten.has(self._success.operation)
        return replace(reply, rule=f"{reply.rule}; does not keep changes") if is_lost else reply

    def _without_memory(self, call: Call, *, dynamic: bool) -> Reply:
        if reason := self._existence.denial(call, dynamic=dynamic):
            return self._not_found(call, reason)
        media = self._success.accepted(call)
        if media is None:
            return self._success.without_content(call)
        if dynamic:
            return self._generated.reply(call, media)
        if self._examples.by_key:
            return self._by_path(call, media)
        return self._by_list(call, media) or self._by_fields(call, media)

    def _by_path(self, call: Call, media: MediaType) -> Reply:
        """An example for the path of the call."""
        if invalid := profile_filters.invalid(self._filters, call, self._success.responses):
            return invalid
        key, ids = self._examples.key(call), self._success.visible_ids(call)
        is_visible = ids is None or bool(ids.intersection(key))
        visible = self._examples.by_key.get(key, []) if is_visible else []
        for example, reply in by_parameters(visible, call):
            if self._filters.match(call.query, example.value):
                is_main = self._success.main is not None and media.name == self._success.main.name
                return reply if is_main else self._success.example(media, example, call)
        return (self._listed(call, media) if ids is None else None) or self._of_unknown_id(call, media)

    def _by_list(self, call: Call, media: MediaType) -> Reply | None:
        """The list that agrees with what reads give, or what it has of the ID of a read; None for nothing."""
        if self._success.is_of_list and (reply := self._related.lists().reply(self._success.operation, call)):
            return reply
        return self._listed(call, media) if self._success.visible_ids(call) is None else None

    def _listed(self, call: Call, media: MediaType) -> Reply | None:
        """What lists have of an ID that no example of the read has; None for nothing."""
        success = self._success
        if not (success.is_of_item and success.documented and media.is_json):
            return None
        reads = self._related.lists().reads
        if reads.item(success.operation, call) is None:
            return None
        asked = requested_id(success.item_path, call)
        if any(id_of(example, success.item_path) == asked for example in media.examples.values()):
            return None
        body = reads.body(success.operation, call)
        return None if body is None else success.body(media, body, "item of the list", call)

    def _by_fields(self, call: Call, media: MediaType) -> Reply:
        """The example whose fields equal the parameters of the request, else a generated value."""
        path = self._success.item_path
        examples = [(example, None) for example in media.examples.values()]
        for example, _ in by_parameters(examples, call, path):
            if path and id_of(example, path) not in (None, requested_id(path, call)):
                return self._of_unknown_id(call, media)
            return self._success.example(media, example, call)
        return self._generated.reply(call, media)

    def _of_unknown_id(self, call: Call, media: MediaType) -> Reply:
        """404 where there is a way to say so, else the first example as it would be for this ID."""
        if self._existence.can_be_denied:
            return self._not_found(call, "No example has this ID.")
        examples = list(media.examples.values())
        if not examples:
            return self._generated.reply(call, media)
        return self._success.example_for_path(media, examples[0], call)

    def _not_found(self, call: Call, message: str) -> Reply:
        return self._success.responses.error("not-found", call, message=message)
