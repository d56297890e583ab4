"""Creates, reads, changes and deletes own resources, and records the steps of a scenario that does so."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from flowcontract.checks.steps import Step
from flowcontract.engine.phases.sequences.resources import (
    IF_MATCH,
    Caller,
    NotPossible,
    Resource,
    RunOver,
    if_match,
    reference_value,
    requires_condition,
)
from flowcontract.engine.phases.sequences.sending import Sending, query_string
from flowcontract.generation.probes.operation_context import raw
from flowcontract.generation.request_builder import made_up_path_values
from flowcontract.generation.sequences.bodies import Bodies, json_media
from flowcontract.generation.sequences.kinds import Kind, id_of, identity
from flowcontract.generation.sequences.new_ids import new_ids
from flowcontract.http.links import split_link
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import parameter_names

_OTHER_STATE = (409, 422)
"""Statuses of a creation that refers to something in the wrong state."""


@dataclass(slots=True)
class Recorder(Sending):
    """Creates, reads, changes and deletes own resources, and deletes what a scenario leaves."""

    own: list[Resource] = field(default_factory=list)
    """What was created and not deleted, in order."""
    waited: set[str] = field(default_factory=set)
    """Kinds for which the run waited until a clock without fractions of a second moved on."""
    _being_made: set[str] = field(default_factory=set)
    """Paths of the kinds whose creation has begun."""

    def run_number(self) -> str:
        """Hexadecimal digits that no other run has."""
        return f"{time.time_ns() & 0xFFFFFFFF:x}"

    # --- path parameters ----------------------------------------------------------------------------------------------

    def values(self, operation: Operation, owner: Resource | None, kind: Kind | None = None) -> dict[str, str] | None:
        """Path parameters of an operation about a resource, or about the collection in it; None if one is unknown."""
        names = parameter_names(operation.path)
        if kind is not None and kind.has_chosen_ids and operation is kind.create:
            names = names[:-1]
        chain = list(owner.values.values()) if owner else []
        found = {name: owner.values[name] for name in names if owner and name in owner.values}
        missing = [name for name in names if name not in found]
        if not missing:
            return found
        if owner and len(names) <= len(chain):
            shared = chain[: len(names)] if operation.path.count("{") > 1 else chain[-1:]
            return dict(zip(names, shared, strict=True))
        # A list is read where its resources are created.
        alike = [one for one in (kind.create, kind.list, operation) if one] if kind else [operation]
        known = next(filter(None, (self.session.known.get(one.id) for one in alike)), None)
        made = known[0] if known else made_up_path_values(self.session.contract, operation) or {}
        found |= {name: made[name] for name in missing if name in made}
        return found if len(found) == len(names) else None

    def new_values(self, kind: Kind, parent: Resource | None) -> dict[str, str] | None:
        """Path parameters of a creation, with a free ID where the caller chooses it; None if one is unknown."""
        found = self.values(kind.create, parent, kind)
        if found is None or not kind.has_chosen_ids:
            return found
        assert kind.read is not None
        for text in new_ids(self.session.contract, kind.id_parameter, int(self.run_number(), 16)):
            values = {**found, kind.id_parameter.name: text}
            needs = (parent.created,) if parent else ()
            if self.send(kind.read, values, "check that this ID is free", needs=needs, tolerated=(404,)).status == 404:
                self.session.resources.created.add_absent(kind.create, values)
                return values
        return None

    # --- creations ----------------------------------------------------------------------------------------------------

    def make(self, kind: Kind, parent: Resource | None = None) -> Resource | None:
        """Create a resource with the plainest body, and its parents before; None where none can be created."""
        kind = next((one for one in self.kinds if one.item_path == kind.item_path), kind)  # With its references.
        if kind.item_path in self._being_made:
            return None  # Kinds that refer to each other: one of them has to be created without the other.
        self._being_made.add(kind.item_path)
        try:
            return self._make(kind, parent)
        finally:
            self._being_made.remove(kind.item_path)

    def _make(self, kind: Kind, parent: Resource | None) -> Resource | None:
        if kind.parent and parent is None:
            parent = self.make(kind.parent)
            if parent is None:
                return None
        bodies = self.bodies_of(kind, parent)
        for body in (bodies.minimal(), bodies.full()) if bodies else ():
            if body is not None:
                step, made = self.create(kind, parent, body)
                made = made or self.prepare(kind, parent, step)
                if made is not None:
                    return made
        return None

    def prepare(self, kind: Kind, parent: Resource | None, denied: Step) -> Resource | None:
        """Create a resource again after actions on what it refers to, which may have to be in another state.

        None where that does not help. Which actions do is remembered: they are called before further creations.
        """
        body = denied.sent
        if (
            kind.item_path in self.session.prepared
            or denied.status not in _OTHER_STATE
            or not isinstance(body, Mapping)
        ):
            return None
        self.session.prepared[kind.item_path] = ()
        for name, path in kind.references.items():
            named = (one for one in self.own if one.kind.item_path == path and one.id == str(body.get(name)))
            target = next(named, None)
            called: list[str] = []
            for operation in _callable(target):
                assert target is not None
                if self.on(target, operation, f"call {verb(operation)}").ok:
                    called.append(operation.id)
                    _, made = self.create(kind, parent, body)
                    if made is not None:
                        self.session.prepared[kind.item_path] = tuple(called)
                        return made
        return None

    def bodies_of(self, kind: Kind, parent: Resource | None = None) -> Bodies | None:
        """Bodies of creations of a kind; resources that they refer to are created."""
        media = json_media(kind.create)
        if media is None:
            return None
        given: dict[str, Any] = {}
        for name, path in kind.references.items():
            known = parent if parent is not None and parent.kind.item_path == path else None
            actions = self.session.prepared.get(kind.item_path, ())
            # What was brought into another state may be referred to once.
            own = next((one for one in self.own if one.kind.item_path == path), None) if not actions else None
            target = known or own
            if target is None:
                target = self.make(next(one for one in self.kinds if one.item_path == path))
                for operation in _callable(target):
                    if target is not None and operation.id in actions:
                        self.on(target, operation, f"call {verb(operation)}")
            if target is not None:
                given[name] = reference_value(Bodies(media).fields[name], target.id)
        return self.bodies.of(kind.create, given)

    def create(
        self,
        kind: Kind,
        parent: Resource | None,
        body: Any,
        *,
        label: str = "",
        caller: Caller = Caller.OWNER,
        needs: Sequence[Step] = (),
        **more: Any,
    ) -> tuple[Step, Resource | None]:
        """Create a resource; the resource is None if it was not created, or its ID is unknown."""
        values = self.new_values(kind, parent)
        if values is None:
            raise NotPossible(f"no value is known for a path parameter of {kind.create.path}")
        chosen = values[kind.id_parameter.name] if kind.has_chosen_ids else ""
        if chosen and isinstance(body, Mapping):
            body = {**body, **dict.fromkeys(identity(kind, body), chosen)}
        step = self.send(
            kind.create,
            values,
            label or f"create in {kind.name}{caller.suffix}",
            caller=caller,
            sent=body,
            needs=(*((parent.created,) if parent else ()), *needs),
            kind=kind,
            **more,
        )
        return step, self._created(kind, parent, step, caller, chosen) if step.ok else None

    def _created(self, kind: Kind, parent: Resource | None, step: Step, caller: Caller, chosen: str) -> Resource | None:
        found = chosen or id_of(kind, step.body) or self._id_in_location(kind, step)
        if found is None:
            return None
        if any(one.kind.item_path == kind.item_path and one.id == found for one in self.own):
            return None  # A creation that returns what is there already creates nothing.
        return self.adopt(kind, parent, found, step, caller)

    def adopt(
        self,
        kind: Kind,
        parent: Resource | None,
        identity: str,
        step: Step,
        caller: Caller = Caller.OWNER,
        *,
        is_proven: bool = False,
    ) -> Resource | None:
        """A resource with this ID, which a step created; None if its path cannot be known.

        `is_proven`: it did, although its response does not say so.
        """
        names = parameter_names(kind.item_path)
        # Where a scenario runs again in part, a step of the first time created it in a parent of the first time.
        sent = step.interaction.probe.values
        before = {name: sent.get(name, value) for name, value in (self.values(kind.create, parent, kind) or {}).items()}
        chain = list(before.values())[: len(names) - 1]
        if len(chain) < len(names) - 1:
            return None
        made = Resource(kind, identity, dict(zip(names, [*chain, identity], strict=True)), step, caller)
        if is_proven:
            self.session.resources.created.claim(kind.item_path, made.values, step.interaction.exchange.request)
        if not self.session.resources.created.is_created(kind.item_path, made.values):
            return None  # It was there before.
        known = next(
            (one for one in self.own if one.kind.item_path == kind.item_path and one.values == made.values), None
        )
        if known is None:
            self.own.append(made)
            self.made.append(made)
            self.session.known.setdefault(next(iter(kind.items.values())).id, [])
        return known or made

    def _id_in_location(self, kind: Kind, step: Step) -> str | None:
        path = split_link(step.header("Location")).path.rstrip("/")
        prefix = kind.item_path.rstrip("/").rpartition("/")[0].rpartition("/")[2]
        parts = path.split("/")
        return unquote(parts[-1]) if len(parts) > 1 and parts[-2] == prefix and parts[-1] else None

    # --- requests about one resource ----------------------------------------------------------------------------------

    def read(self, resource: Resource, *, caller: Caller = Caller.OWNER, label: str = "", **more: Any) -> Step:
        """Read a resource."""
        assert resource.kind.read is not None
        needs = (resource.created, *more.pop("needs", ()))
        return self.on(
            resource, resource.kind.read, label or f"read it{caller.suffix}", caller=caller, needs=needs, **more
        )

    def parent_of(self, resource: Resource) -> Resource | None:
        """The resource that another one was created in; None without one, or if it was deleted."""
        parent = resource.kind.parent
        made_from = [one for one in self.own if one.created in resource.created.needs]
        return next((one for one in made_from if parent and one.kind.item_path == parent.item_path), None)

    def path_of(self, resource: Resource) -> str:
        """The path at which a resource is read, with the base path."""
        operation = resource.kind.read
        values = self.values(operation, resource) if operation else None
        if operation is None or values is None:
            return ""
        request = self._builder(operation).request(raw(values), self._credentials(operation, Caller.OWNER))
        return request.path

    def on(self, resource: Resource, operation: Operation, label: str, **more: Any) -> Step:
        """Send a request about a resource."""
        values = self.values(operation, resource)
        if values is None:
            raise NotPossible(f"no value is known for a path parameter of {operation.path}")
        needs = more.pop("needs", (resource.created,))
        return self.send(operation, values, label, needs=needs, kind=resource.kind, **more)

    def write(
        self,
        resource: Resource,
        operation: Operation,
        sent: Any,
        label: str,
        *,
        etag: str | None = None,
        based_on: Step | None = None,
        caller: Caller = Caller.OWNER,
        unchanged: str = "",
        **more: Any,
    ) -> Step:
        """Change, replace or delete a resource, on the condition of its current ETag where one is required.

        `etag`: another condition; `based_on`: the read that the ETag and the version come from; `unchanged`: a property
        that is sent as it is, although it refers to something.
        """
        needs: list[Step] = [resource.created]
        headers: list[tuple[str, str]] = list(more.pop("headers", ()))
        conditional = if_match(operation)
        if isinstance(sent, Mapping):
            sent = self._with_own_ids(resource, operation, sent, unchanged)
        wants_version = isinstance(sent, Mapping) and self.bodies.version_fields(operation)
        needs_read = (conditional and etag is None and requires_condition(operation)) or wants_version
        if needs_read and based_on is None and resource.kind.read:
            based_on = self.read(resource, label="read its ETag", caller=resource.caller)
        if based_on is not None:
            needs.append(based_on)
            etag = based_on.etag if etag is None and conditional else etag
        if etag:
            headers.append((IF_MATCH, etag))
        if wants_version and based_on is not None and isinstance(based_on.body, Mapping):
            versions = {name: based_on.body[name] for name in wants_version if name in based_on.body}
            sent = {**sent, **versions}
        return self.on(
            resource, operation, label, sent=sent, headers=headers, needs=tuple(needs), caller=caller, **more
        )

    def _with_own_ids(
        self, resource: Resource, operation: Operation, sent: Mapping[str, Any], unchanged: str
    ) -> Mapping[str, Any]:
        """A body with the ID of the resource, and with the references that it was created with."""
        bodies = self.bodies.of(operation)
        created = resource.created.body if isinstance(resource.created.body, Mapping) else {}
        own = {name: created.get(name, resource.id) for name in (bodies.identity if bodies else ()) if name in sent}
        made_from = resource.created.sent if isinstance(resource.created.sent, Mapping) else {}
        references = {
            name: made_from[name]
            for name in resource.kind.references
            if name != unchanged and name in made_from and sent.get(name) is not None
        }
        return {**sent, **references, **own}

    def delete(self, resource: Resource, *, label: str = "delete it", **more: Any) -> Step:
        """Delete a resource."""
        assert resource.kind.delete is not None
        step = self.write(resource, resource.kind.delete, None, label, **more)
        if step.ok:
            self.forget(resource)
        return step

    def forget(self, resource: Resource) -> None:
        """A resource is gone."""
        self.own = [one for one in self.own if one is not resource]

    # --- lists --------------------------------------------------------------------------------------------------------

    def page(
        self,
        kind: Kind,
        parent: Resource | None,
        query: Mapping[str, Any],
        *,
        caller: Caller = Caller.OWNER,
        label: str = "",
        needs: Sequence[Step] = (),
        **more: Any,
    ) -> Step:
        """One page of a list."""
        assert kind.list is not None
        values = self.values(kind.list, parent, kind)
        if values is None:
            raise NotPossible(f"no value is known for a path parameter of {kind.list.path}")
        shown = f" with {query_string(query)}" if query else ""
        return self.send(
            kind.list,
            values,
            label or f"list {kind.name}{caller.suffix}{shown}",
            caller=caller,
            query=query,
            needs=(*((parent.created,) if parent else ()), *needs),
            **more,
        )

    # --- the end ------------------------------------------------------------------------------------------------------

    def clean_up(self) -> None:
        """Delete what a scenario created, the newest first."""
        if self.rerun is not None:
            # What was not created again is gone, and its ID may be another one's by now.
            self.own = [one for one in self.own if not any(one.created is step for step in self.rerun.before)]
            self.rerun = None
        with self.session.sender.overtime():
            for resource in self.own[::-1]:
                if resource.kind.delete is not None:
                    with contextlib.suppress(RunOver, NotPossible):
                        step = self.delete(resource, label="delete it at the end", caller=resource.caller)
                        if step.status in (404, 410):
                            self.session.resources.created.deleted(resource.kind.item_path, resource.values)
        self.own = []  # What is still there is deleted, or listed, when the run ends.


def verb(operation: Operation) -> str:
    """What an action does, as its path ends: `archive` of `/books/{id}/archive/` and of `/books/{id}:archive`."""
    return operation.path.rstrip("/").rpartition("/")[2].rpartition("}:")[2]


def _callable(resource: Resource | None) -> list[Operation]:
    """The actions of a resource that need no input."""
    return [one for one in resource.kind.actions if not one.request_required] if resource is not None else []
