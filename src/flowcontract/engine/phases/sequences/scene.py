"""What the scenarios of one kind of resources share: its schemas, its bodies, and common steps."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from flowcontract.checks.sequences.values import shows
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, NotPossible, Resource, Walk
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.created import rejection
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.fields import fields
from flowcontract.generation.sequences.kinds import Kind, id_of, identity, items_in, properties, success_media
from flowcontract.openapi import pointers
from flowcontract.openapi.model import Operation

Schemas = dict[str, Mapping[str, Any]]


class Scene:
    """One kind of resources and the recorder that its scenarios use."""

    def __init__(self, recorder: Recorder, kind: Kind) -> None:
        self.recorder = recorder
        self.kind = kind

    def resource(self, parent: Resource | None = None) -> Resource:
        """A resource with the plainest body. Raises NotPossible where none can be created."""
        made = self.recorder.make(self.kind, parent)
        if made is None:
            raise NotPossible(self.why_not_created())
        return made

    def resources(self, parent: Resource | None, count: int) -> list[Resource]:
        """Several resources with the plainest body. Raises NotPossible where the server creates fewer."""
        made = [self.resource(parent) for _ in range(count)]
        if len({one.id for one in made}) < count:
            raise NotPossible("creations return the same ID")
        return made

    def why_not_created(self) -> str:
        """Why no resource of this kind could be created."""
        created, create = self.recorder.session.resources.created, self.kind.create
        if why := created.why_none(next(iter(self.kind.items.values()))):
            return why
        items = (step.interaction for step in self.recorder.steps[::-1] if step.is_denied)
        denied = next((item for item in items if item.operation == create), None)
        reason = f": {create.method} {create.path} {rejection(denied.status, denied.text)}" if denied else ""
        return f"no valid creation succeeded{reason}"

    def parent(self) -> Resource | None:
        """A new parent, for a kind that has one. Raises NotPossible where none can be created."""
        if self.kind.parent is None:
            return None
        made = self.recorder.make(self.kind.parent)
        if made is None:
            raise NotPossible("its parent cannot be created")
        return made

    def full(self, parent: Resource | None, unlike: Mapping[str, Any] = MappingProxyType({})) -> tuple[Resource, Step]:
        """A resource with all of its properties, else the plainest one; and its creation.

        `unlike`: values that its properties do not have, where they may have others.
        """
        bodies = self.bodies(parent)
        body = bodies.full()
        if body is not None:
            body = bodies.unlike(body, unlike)
            step, made = self.recorder.create(self.kind, parent, body)
            if made is not None:
                return made, step
        made = self.resource(parent)
        return made, made.created

    def creations(self) -> dict[str, Step]:
        """What created the resources of this kind, by their IDs; none that a partial run did not send again."""
        own = (one for one in self.recorder.sent_creations() if one.kind.item_path == self.kind.item_path)
        return {one.id: one.created for one in own}

    def with_creations(self, problem: Problem) -> Problem:
        """The problem with the creations of the items that show it: of one item, or of all in the lists."""
        if not problem.is_about_items:
            return problem
        one = next((value for value in pointers.around(problem.actual, problem.part) if id_of(self.kind, value)), None)
        lists = [step.body for step in problem.steps if step.interaction.operation == self.kind.list]
        items = [one] if one else [item for body in lists for item in items_in(self.kind, body) or ()]
        ids = {id_of(self.kind, item) for item in items}
        created = (step for identity, step in self.creations().items() if identity in ids)
        return replace(problem, steps=(*created, *problem.steps))

    def list_of_others(self, parent: Resource | None, resource: Resource) -> tuple[Walk, bool]:
        """The list of the second user, and whether it shows a resource.

        A list with too many pages shows it if it begins like that of the first user.
        """
        theirs = read_list(self.recorder, self.kind, parent, caller=Caller.OTHER)
        if theirs.is_complete or resource.id in theirs.all_ids or not theirs.ids[0]:
            return theirs, resource.id in theirs.all_ids
        return theirs, theirs.ids[0] == read_list(self.recorder, self.kind, parent, most=1).ids[0]

    def claim(self, parent: Resource | None, before: Walk, after: Walk, step: Step, *sent: Any) -> None:
        """Take over what a request created although its response does not say so, to delete it at the end.

        That are the new items of a list that have the texts that were sent, no two of which are the same.
        """
        if not (before.is_complete and after.is_complete):
            return
        for item in after.all_items:
            identity = id_of(self.kind, item)
            if identity and identity not in before.all_ids and any(self._has_texts(item, each) for each in sent):
                self.recorder.adopt(self.kind, parent, identity, step, is_proven=True)

    def _has_texts(self, item: Any, sent: Any) -> bool:
        """Whether an item has what was sent, among it a text of our own."""
        bodies = self.recorder.bodies.of(self.kind.create)
        if bodies is None or not (isinstance(item, Mapping) and isinstance(sent, Mapping)):
            return False
        shown = {name: value for name, value in sent.items() if name in item}  # Without secrets.
        return any(name in shown and bodies.fields[name].is_plain_text for name in bodies.fields) and shows(item, shown)

    def bodies(self, parent: Resource | None) -> Bodies:
        """Bodies of creations. Raises NotPossible without any."""
        found = self.recorder.bodies_of(self.kind, parent)
        if found is None:
            raise NotPossible("it is not created by a JSON object")
        return found

    @cached_property
    def request_schemas(self) -> Schemas:
        """The schemas of the properties of a creation."""
        return self.schemas_of(self.kind.create)

    def schemas_of(self, operation: Operation | None) -> Schemas:
        """The schemas of the properties of a request body."""
        bodies = self.recorder.bodies.of(operation)
        return {name: field.schema for name, field in bodies.fields.items()} if bodies else {}

    @cached_property
    def response_schemas(self) -> Schemas | None:
        """The schemas of the properties of one resource in a response; None where they are not documented."""
        operation = self.kind.read or self.kind.create
        media = success_media(operation)
        if media is None:
            return None
        found = {name: field.schema for name, field in fields(media).items()}
        if len(found) == 1:  # An envelope.
            inner = next(iter(found.values()))
            found = dict(properties(media, inner)) or found
        return found or None

    @cached_property
    def read_only(self) -> frozenset[str]:
        """Properties of responses that requests cannot set."""
        response = self.response_schemas or {}
        return frozenset(
            name
            for name, schema in response.items()
            if schema.get("readOnly") or name not in self.request_schemas or name in identity(self.kind, response)
        )

    def writable_schemas(self, operation: Operation | None) -> Schemas:
        """The schemas of properties that a creation or an operation can set."""
        found = {**self.request_schemas, **self.schemas_of(operation)}
        own = identity(self.kind, found)
        return {name: schema for name, schema in found.items() if name not in self.read_only and name not in own}

    def id_names(self, resource: Resource, body: Any) -> frozenset[str]:
        """The properties that hold the ID of a resource."""
        if not isinstance(body, Mapping):
            return frozenset()
        return frozenset(name for name, value in body.items() if str(value) == resource.id and name in self.read_only)

    def moving(self, resource: Resource) -> tuple[Step, frozenset[str]]:
        """A read, and the properties that change from read to read by themselves."""
        first, second = self.recorder.read(resource), self.recorder.read(resource)
        if not (isinstance(first.body, Mapping) and isinstance(second.body, Mapping)):
            return second, frozenset()
        return second, frozenset(name for name in second.body if first.body.get(name) != second.body[name])
