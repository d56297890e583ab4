"""Bodies of the requests of sequences, and which values creations fall back on where made-up ones do not help."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flowcontract.engine.session import Session
from flowcontract.generation.sequences.bodies import Bodies, json_media, new_marks
from flowcontract.generation.sequences.fields import exemplified_values, observed_values
from flowcontract.generation.sequences.kinds import Kind, identity, items_in, properties
from flowcontract.http.messages import json_or_none
from flowcontract.openapi import media_types
from flowcontract.openapi.model import Operation


@dataclass(slots=True)
class RequestBodies:
    """The bodies of the requests of one run."""

    session: Session
    kinds: Sequence[Kind]
    _marks: Iterator[str] = field(default_factory=lambda: new_marks(f"{time.time_ns() // 1000 & 0xFFF:03x}"))
    """For texts that differ from those of earlier runs, too: servers keep the names of what was deleted softly."""
    _made: dict[str, Bodies] = field(default_factory=dict)

    def of(self, operation: Operation | None, given: Mapping[str, Any] | None = None) -> Bodies | None:
        """Bodies of an operation; None if there is none, or if it takes no JSON object."""
        media = json_media(operation) if operation else None
        if operation is None or media is None or media_types.essence(media.name) == media_types.JSON_PATCH:
            return None
        if given or operation.id not in self._made:
            kind = next((one for one in self.kinds if operation in (one.create, one.update, one.replace)), None)
            own = identity(kind, properties(media)) if kind else frozenset()
            exemplified = self.session.exemplified.get(kind.item_path, {}) if kind else {}
            observed = {**exemplified, **(self.session.observed.get(kind.item_path, {}) if kind else {})}
            soon = kind is not None and kind.item_path in self.session.postponed
            known = partial(self.session.references.with_known, operation)
            like = self.session.recorded.get(kind.item_path) if kind else None
            # What the server has accepted may fit together only as it was.
            made = Bodies(media, {**(given or {}), **observed}, own, self._marks, soon=soon, known=known, like=like)
            if given:
                return made
            self._made[operation.id] = made
        return self._made[operation.id]

    def of_changes(self, kind: Kind) -> Iterator[tuple[Operation, Bodies]]:
        """The operations that change or replace a resource and take a JSON object, with their bodies."""
        for operation in (kind.update, kind.replace):
            bodies = self.of(operation)
            if operation is not None and bodies is not None:
                yield operation, bodies

    def version_fields(self, operation: Operation) -> list[str]:
        """The properties of a body that say which version a change is of."""
        bodies = self.of(operation)
        return [name for name, one in bodies.fields.items() if one.is_version and not one.read_only] if bodies else []

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
        self._made.clear()
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
        self._made.clear()
        return bool(found)

    def postpone(self, kind: Kind) -> bool:
        """Create with dates in the near future from now on; False if this is done already, or there are no dates."""
        bodies = self.of(kind.create)
        if bodies is None or kind.item_path in self.session.postponed or not bodies.has_moments:
            return False
        self.session.postponed.add(kind.item_path)
        self._made.clear()
        return True

    def forget_observed(self, kind: Kind) -> bool:
        """Create with made-up values again, and dates in the near future; False if this is done already.

        What the server has shown may be taken: a tool that is on loan.
        """
        if kind.item_path not in self.session.postponed or not self.session.observed.get(kind.item_path):
            return False
        self.session.observed[kind.item_path] = {}
        self._made.clear()
        return True
