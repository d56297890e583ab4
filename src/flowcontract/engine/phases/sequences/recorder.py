"""Sends the requests of sequences and records their steps: creates, reads, changes and deletes own resources."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import unquote, urlencode

from flowcontract.checks.findings import Occurrence
from flowcontract.checks.interaction import Violation
from flowcontract.checks.lists import query_text
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.steps import Step
from flowcontract.engine.phases.sequences.rerun import Diverged, Rerun
from flowcontract.engine.phases.sequences.resources import (
    IF_MATCH,
    Caller,
    NotPossible,
    Resource,
    RunOver,
    if_match,
    media_name,
    merged_headers,
    reference_value,
    requires_condition,
    shown_steps,
)
from flowcontract.engine.phases.success import is_documented_success
from flowcontract.engine.session import Session
from flowcontract.generation.probes.operation_context import raw
from flowcontract.generation.request_builder import (
    NO_CREDENTIALS,
    OTHER_TOKEN,
    READ_ONLY_TOKEN,
    Credentials,
    RequestBuilder,
    credentials_with,
    made_up_path_values,
    valid_credentials,
)
from flowcontract.generation.sequences.bodies import Bodies, json_media, new_marks
from flowcontract.generation.sequences.fields import exemplified_values, observed_values
from flowcontract.generation.sequences.kinds import (
    PATH_PARAMETER,
    Kind,
    id_of,
    identity,
    items_in,
    object_in,
    properties,
)
from flowcontract.generation.sequences.new_ids import new_ids
from flowcontract.http import credentials
from flowcontract.http.links import split_link
from flowcontract.http.messages import SAFE_METHODS, json_or_none
from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.model import Operation

HTTP_LAYER = (404, 405, 406, 413, 414, 415, 429)
"""Statuses that the HTTP layer may choose, documented or not."""
_OTHER_STATE = (409, 422)
"""Statuses of a creation that refers to something in the wrong state."""


@dataclass(slots=True)
class Recorder:
    """Sends requests for one scenario after the other, and deletes what they created."""

    session: Session
    kinds: Sequence[Kind] = ()
    settle: float = 0.0
    """Seconds to wait after each write."""
    own: list[Resource] = field(default_factory=list)
    """What was created and not deleted, in order."""
    steps: list[Step] = field(default_factory=list)
    """Of the current scenario."""
    marks: Iterator[str] = field(default_factory=lambda: new_marks(f"{time.time_ns() // 1000 & 0xFFF:03x}"))
    """For texts that differ from those of earlier runs, too: servers keep the names of what was deleted softly."""
    made: list[Resource] = field(default_factory=list)
    """What the current scenario created, deleted or not."""
    waited: set[str] = field(default_factory=set)
    """Kinds for which the run waited until a clock without fractions of a second moved on."""
    rerun: Rerun | None = None
    """Which steps are sent, of a scenario that runs again."""
    _builders: dict[str, RequestBuilder] = field(default_factory=dict)
    _bodies: dict[str, Bodies] = field(default_factory=dict)
    _being_made: set[str] = field(default_factory=set)
    """Paths of the kinds whose creation has begun."""
    _number: int = 0

    @classmethod
    def after_others(cls, session: Session, kinds: Sequence[Kind], rerun: Rerun | None = None) -> "Recorder":
        """A recorder whose requests have names of their own in a session that has sent others."""
        return cls(session, kinds, rerun=rerun, _number=len(session.sender.sent))

    def run_number(self) -> str:
        """Hexadecimal digits that no other run has."""
        return f"{time.time_ns() & 0xFFFFFFFF:x}"

    # --- requests -----------------------------------------------------------------------------------------------------

    def send(
        self,
        operation: Operation,
        values: Mapping[str, str],
        label: str,
        *,
        method: str = "",
        path: str = "",
        caller: Caller = Caller.OWNER,
        sent: Any = None,
        content: bytes | None = None,
        content_type: str = "",
        headers: Sequence[tuple[str, str]] = (),
        without: Sequence[str] = (),
        query: Mapping[str, Any] | None = None,
        needs: Sequence[Step] = (),
        expect: Expect = Expect.DOCUMENTED,
        tolerated: Sequence[int] = (),
        kind: Kind | None = None,
    ) -> Step:
        """Send one request and check its response by itself.

        `method`, `path`: others than those of the operation; `without`: names of headers that are left out.
        """
        if self.rerun is not None and (known := self.rerun.step_at(len(self.steps), operation, label)) is not None:
            self.steps.append(known)
            return known
        media = json_media(operation)
        if sent is not None and content is None:
            content = json.dumps(sent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        written = json_or_none(content)
        named = list(headers)
        if content is not None and not any(name.lower() == "content-type" for name, _ in named):
            named.append(("Content-Type", content_type or (media_name(media.name) if media else "application/json")))
        builder = self._builder(operation)
        request = builder.request(
            raw(values),
            self._credentials(operation, caller),
            method=method,
            headers=named,
            query=urlencode([(name, query_text(value)) for name, value in (query or {}).items()]),
            body=content,
        )
        request = replace(request, headers=merged_headers(request.headers, named, without))
        if path:
            request = replace(request, target=path)
        self._number += 1
        probe = Probe(
            f"sequences/{self._number} of {operation.id}",
            f"in a sequence: {label}",
            operation.id,
            request,
            expect,
            values,
            tolerated=(*HTTP_LAYER, *tolerated, *((401, 403) if caller is not Caller.OWNER else ())),
            may_exist=True,
            odd=True,
            references=self._references(operation, written),
        )
        if not self.session.sender.permits(probe):
            names = " ".join(f"--param {operation.id}:{each.name}=VALUE" for each in operation.path_parameters())
            raise NotPossible(
                f"{operation.method} {operation.path} is about a resource that this run did not create; add {names}"
            )
        referred = tuple(self._referred_to(probe.references, written, {**values, **(query or {})}, request.headers))
        if self.rerun is not None and any(step in self.rerun.before for step in referred):
            raise Diverged(f"{label}: what it refers to was not created again")
        for _, exchange in self.session.sender.send([probe]):
            item = self.session.interaction(probe, exchange)
            body = item.json if exchange.response is not None and item.is_json and item.success else None
            step = Step(label, item, sent, object_in(kind, body) if kind else body, (*needs, *referred))
            self._check(step, caller)
            if self.settle and operation.method not in SAFE_METHODS and item.success:
                time.sleep(self.settle)  # `--settle`: the caller says that changes show that much later.
            return step
        raise RunOver

    def _references(self, operation: Operation, body: Any) -> tuple[str, ...]:
        """The members of a body whose values come from earlier responses."""
        names = {name for kind in self.kinds for name in kind.references}
        names |= {name for kind in self.kinds for one, name in kind.by_ids if one == operation}
        if bodies := self.bodies(operation):
            names |= {*bodies.identity, *self._version_fields(operation)}
        return tuple(sorted(names & {name for name, _ in _members(body)}))

    def _referred_to(
        self, names: Sequence[str], body: Any, values: Mapping[str, Any], headers: Sequence[tuple[str, str]]
    ) -> Iterator[Step]:
        """The creations of the resources that a request names in its path, query or body, and reads of its ETags."""
        shown = {str(value) for value in values.values()}
        shown |= {str(value) for name, value in _members(body) if name in names}
        yield from (one.created for one in self.made if one.id in shown)
        conditions = {value for name, value in headers if name.lower() in ("if-match", "if-none-match")}
        for etag in conditions:
            yield from [step for step in self.steps if step.etag == etag][-1:]

    def _check(self, step: Step, caller: Caller) -> None:
        session, item = self.session, step.interaction
        self.steps.append(step)
        if item.operation.id not in session.checked:
            return  # Sent for what it tells.
        session.interactions.append(item)
        for violation in session.violations(item):
            created = self._creations_of(violation, item.operation)
            session.occurrences.append(Occurrence(violation, item, steps=shown_steps(*created, step)))
        if item.success and caller is Caller.OWNER and is_documented_success(item):
            session.succeeded(item)
        session.progress()

    def _creations_of(self, violation: Violation, operation: Operation) -> Iterator[Step]:
        """The creation of an item of a list that shows a failure, where the scenario made it."""
        around = pointers.around(violation.actual, violation.part)
        own = (one for one in self.sent_creations() if one.kind.list == operation)
        yield from (one.created for one in own if any(id_of(one.kind, value) == one.id for value in around))

    def sent_creations(self) -> Iterator[Resource]:
        """What the current scenario created, without what a partial run did not create again."""
        before = self.rerun.before if self.rerun else ()
        yield from (one for one in self.made if one.created not in before)

    def _builder(self, operation: Operation) -> RequestBuilder:
        if operation.id not in self._builders:
            self._builders[operation.id] = RequestBuilder(self.session.contract, operation, self.session.target)
        return self._builders[operation.id]

    def _credentials(self, operation: Operation, caller: Caller) -> Credentials:
        if operation.is_open and caller is not Caller.OWNER and not operation.security:
            return NO_CREDENTIALS
        match caller:
            case Caller.OWNER:
                return valid_credentials(operation, self.session.target) or NO_CREDENTIALS
            case Caller.OTHER:
                return credentials_with(operation, OTHER_TOKEN, self.session.target)
            case Caller.READER:
                return credentials_with(operation, READ_ONLY_TOKEN, self.session.target)
        return NO_CREDENTIALS

    def has(self, caller: Caller) -> bool:
        """Whether the credentials of a caller are known."""
        names = {Caller.OTHER: credentials.OTHER_TOKEN, Caller.READER: credentials.READ_ONLY_TOKEN}
        return caller in names and names[caller] in self.session.target.tokens

    # --- bodies -------------------------------------------------------------------------------------------------------

    def bodies(self, operation: Operation | None, given: Mapping[str, Any] | None = None) -> Bodies | None:
        """Bodies of an operation; None if there is none, or if it takes no JSON object."""
        media = json_media(operation) if operation else None
        if operation is None or media is None or media_types.essence(media.name) == media_types.JSON_PATCH:
            return None
        if given or operation.id not in self._bodies:
            kind = next((one for one in self.kinds if operation in (one.create, one.update, one.replace)), None)
            own = identity(kind, properties(media)) if kind else frozenset()
            exemplified = self.session.exemplified.get(kind.item_path, {}) if kind else {}
            observed = {**exemplified, **(self.session.observed.get(kind.item_path, {}) if kind else {})}
            soon = kind is not None and kind.item_path in self.session.postponed
            known = partial(self.session.references.with_known, operation)
            like = self.session.recorded.get(kind.item_path) if kind else None
            # What the server has accepted may fit together only as it was.
            made = Bodies(media, {**(given or {}), **observed}, own, self.marks, soon=soon, known=known, like=like)
            if given:
                return made
            self._bodies[operation.id] = made
        return self._bodies[operation.id]

    # --- resources ----------------------------------------------------------------------------------------------------

    def values(self, operation: Operation, owner: Resource | None, kind: Kind | None = None) -> dict[str, str] | None:
        """Path parameters of an operation about a resource, or about the collection in it; None if one is unknown."""
        names = PATH_PARAMETER.findall(operation.path)
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
        known = self._known_of_collection(kind) or self.session.known.get(operation.id)
        made = known[0] if known else made_up_path_values(self.session.contract, operation) or {}
        found |= {name: made[name] for name in missing if name in made}
        return found if len(found) == len(names) else None

    def _known_of_collection(self, kind: Kind | None) -> Sequence[Mapping[str, str]]:
        """What is known of the path of a collection: a list is read where its resources are created."""
        operations = (kind.create, kind.list) if kind else ()
        return next(filter(None, (self.session.known.get(one.id) for one in operations if one)), ())

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

    def make(self, kind: Kind, parent: Resource | None = None) -> tuple[Resource | None, Resource | None]:
        """Create a resource with the plainest body, and its parents before; the resource and its parent."""
        kind = next((one for one in self.kinds if one.item_path == kind.item_path), kind)  # With its references.
        if kind.item_path in self._being_made:
            return None, parent  # Kinds that refer to each other: one of them has to be created without the other.
        self._being_made.add(kind.item_path)
        try:
            return self._make(kind, parent)
        finally:
            self._being_made.remove(kind.item_path)

    def _make(self, kind: Kind, parent: Resource | None) -> tuple[Resource | None, Resource | None]:
        if kind.parent and parent is None:
            parent, _ = self.make(kind.parent)
            if parent is None:
                return None, None
        bodies = self.bodies_of(kind, parent)
        for body in (bodies.minimal(), bodies.full()) if bodies else ():
            if body is not None:
                step, made = self.create(kind, parent, body)
                made = made or self.prepare(kind, parent, step)
                if made is not None:
                    return made, parent
        return None, parent

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
        for name in kind.references:
            target = next((one for one in self.own if self._is_named(one, kind, name, body)), None)
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

    @staticmethod
    def _is_named(one: Resource, kind: Kind, name: str, body: Mapping[str, Any]) -> bool:
        return one.kind.item_path == kind.references[name] and str(body.get(name)) == one.id

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
                target, _ = self.make(next(one for one in self.kinds if one.item_path == path))
                for operation in _callable(target):
                    if target is not None and operation.id in actions:
                        self.on(target, operation, f"call {verb(operation)}")
            if target is not None:
                given[name] = reference_value(Bodies(media).fields[name], target.id)
        return self.bodies(kind.create, given)

    def exemplify(self, kind: Kind) -> bool:
        """Create with texts as the contract's examples have them, which the server has accepted, from now on.

        False if this is done already, or there are none.
        """
        media = json_media(kind.create)
        if media is None or kind.item_path in self.session.exemplified | self.session.observed.keys():
            return False
        found: dict[str, Any] = {}
        for body in self._accepted(kind):
            found = exemplified_values(media, body) | found
        self.session.exemplified[kind.item_path] = found
        self._bodies.clear()
        return bool(found)

    def _accepted(self, kind: Kind) -> list[Mapping[str, Any]]:
        """Bodies with which resources of a kind were created, the first success first."""
        created = self.session.successes.get(kind.create.id)
        generated = self.session.valid_input.get(kind.create.id, {})
        sent = [created.exchange.request.body] if created else []
        sent += [body for (_, body), is_accepted in generated.items() if is_accepted]
        return [body for content in sent if isinstance(body := json_or_none(content), Mapping)]

    def observe(self, kind: Kind) -> bool:
        """Create with values that the server has shown, from now on; False if this is done already, or none help."""
        media, successes = json_media(kind.create), self.session.successes
        if media is None or kind.item_path in self.session.observed:
            return False
        listed, accepted = successes.get(kind.list.id) if kind.list else None, self._accepted(kind)
        items = [*accepted, *(items_in(kind, listed.json) or () if listed else ())]
        found = observed_values(media, items)
        for body in accepted[:1]:
            found |= {name: value for name, value in body.items() if isinstance(value, list | dict)}
        own = identity(kind, properties(media))
        found = {name: value for name, value in found.items() if name not in own}
        self.session.observed[kind.item_path] = found
        self._bodies.clear()
        return bool(found)

    def postpone(self, kind: Kind) -> bool:
        """Create with dates in the near future from now on; False if this is done already, or there are no dates."""
        bodies = self.bodies(kind.create)
        if bodies is None or kind.item_path in self.session.postponed or not bodies.has_moments:
            return False
        self.session.postponed.add(kind.item_path)
        self._bodies.clear()
        return True

    def forget_observed(self, kind: Kind) -> bool:
        """Create with made-up values again, and dates in the near future; False if this is done already.

        What the server has shown may be taken: a tool that is on loan.
        """
        if kind.item_path not in self.session.postponed or not self.session.observed.get(kind.item_path):
            return False
        self.session.observed[kind.item_path] = {}
        self._bodies.clear()
        return True

    def create(
        self,
        kind: Kind,
        parent: Resource | None,
        body: Any,
        *,
        label: str = "",
        caller: Caller = Caller.OWNER,
        headers: Sequence[tuple[str, str]] = (),
        expect: Expect = Expect.DOCUMENTED,
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
            label or f"create in {kind.name}" + ("" if caller is Caller.OWNER else f" ({caller})"),
            caller=caller,
            sent=body,
            headers=headers,
            needs=(*((parent.created,) if parent else ()), *needs),
            expect=expect,
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
        operation = next(iter(kind.items.values()))
        names = PATH_PARAMETER.findall(kind.item_path)
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
            self.session.known.setdefault(operation.id, [])
        return known or made

    def _id_in_location(self, kind: Kind, step: Step) -> str | None:
        path = split_link(step.header("Location")).path.rstrip("/")
        prefix = kind.item_path.rstrip("/").rpartition("/")[0].rpartition("/")[2]
        parts = path.split("/")
        return unquote(parts[-1]) if len(parts) > 1 and parts[-2] == prefix and parts[-1] else None

    def read(self, resource: Resource, *, caller: Caller = Caller.OWNER, label: str = "", **more: Any) -> Step:
        """Read a resource."""
        assert resource.kind.read is not None
        needs = (resource.created, *more.pop("needs", ()))
        what = label or "read it" + ("" if caller is Caller.OWNER else f" ({caller})")
        return self.on(resource, resource.kind.read, what, caller=caller, needs=needs, **more)

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
        return request.target.partition("?")[0]

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
        wants_version = isinstance(sent, Mapping) and self._version_fields(operation)
        if (conditional and etag is None and requires_condition(operation)) or (wants_version and based_on is None):
            based_on = based_on or self._current(resource)
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
        bodies = self.bodies(operation)
        created = resource.created.body if isinstance(resource.created.body, Mapping) else {}
        own = {name: created.get(name, resource.id) for name in (bodies.identity if bodies else ()) if name in sent}
        made_from = resource.created.sent if isinstance(resource.created.sent, Mapping) else {}
        references = {
            name: made_from[name]
            for name in resource.kind.references
            if name != unchanged and name in made_from and sent.get(name) is not None
        }
        return {**sent, **references, **own}

    def _version_fields(self, operation: Operation) -> list[str]:
        bodies = self.bodies(operation)
        return [name for name, one in bodies.fields.items() if one.is_version and not one.read_only] if bodies else []

    def _current(self, resource: Resource) -> Step | None:
        return self.read(resource, label="read its ETag", caller=resource.caller) if resource.kind.read else None

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
        expect: Expect = Expect.DOCUMENTED,
        tolerated: Sequence[int] = (),
    ) -> Step:
        """One page of a list."""
        assert kind.list is not None
        values = self.values(kind.list, parent, kind)
        if values is None:
            raise NotPossible(f"no value is known for a path parameter of {kind.list.path}")
        shown = urlencode([(name, query_text(value)) for name, value in query.items()])
        return self.send(
            kind.list,
            values,
            label
            or f"list {kind.name}"
            + (f" ({caller})" if caller is not Caller.OWNER else "")
            + (f" with {shown}" if shown else ""),
            caller=caller,
            query=query,
            needs=(*((parent.created,) if parent else ()), *needs),
            expect=expect,
            tolerated=tolerated,
        )

    # --- the end ------------------------------------------------------------------------------------------------------

    def clean_up(self) -> None:
        """Delete what a scenario created, the newest first."""
        if self.rerun is not None:
            # What was not created again is gone, and its ID may be another one's by now.
            self.own = [one for one in self.own if not any(one.created is step for step in self.rerun.before)]
            self.rerun = None
        with self.session.sender.overtime():
            self._delete_all()

    def _delete_all(self) -> None:
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


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """The members of a body, of the objects in it, and of those in lists."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name), member
            yield from _members(member)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)
