"""Members of bodies and query parameters that refer to resources: `author` or `author_id` for what `/authors` lists.

Their values are IDs that a creation or a list returned. An invented one is input that a server may reject.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowcontract.generation import bodies
from flowcontract.generation.resources import Resources
from flowcontract.generation.sequences.kinds import last_word, properties, singular
from flowcontract.http.messages import json_or_none
from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name

_ID = re.compile(r"_?(?:id|uuid|guid|uid|pk)s?$", re.IGNORECASE)


class References:
    """What operations refer to, as far as resources are known."""

    def __init__(self, operations: Iterable[Operation], resources: Resources) -> None:
        self._resources = resources
        self._bodies: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._arrays: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
        self._queries: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._items: dict[str, Operation] = {}
        """An operation about one resource, by the normalized singular of its collection's name."""
        for operation in sorted(operations, key=lambda one: (one.path.count("{"), len(one.path))):
            before, _, last = operation.path.rstrip("/").rpartition("/")
            if last.startswith("{") and (name := before.rpartition("/")[2]) and "{" not in name:
                self._items.setdefault(singular(name), operation)

    def of_body(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        """The members of a request body that refer to resources, and their schemas."""
        if operation.id not in self._bodies:
            media = operation.request_json
            found = properties(media) if media is not None else {}
            kept = {name: schema for name, schema in found.items() if self._item(name, schema) is not None}
            self._bodies[operation.id] = kept
        return self._bodies[operation.id]

    def _of_items(self, operation: Operation) -> dict[str, dict[str, Mapping[str, Any]]]:
        """The arrays of a request body whose objects refer to resources: the members that do, and their schemas."""
        if operation.id not in self._arrays:
            media, found = operation.request_json, {}
            for name, schema in properties(media).items() if media is not None else ():
                items = schema.get("items")
                inner = properties(media, items) if media is not None and isinstance(items, Mapping) else {}
                found[name] = {one: facts for one, facts in inner.items() if self._item(one, facts) is not None}
            self._arrays[operation.id] = {name: inner for name, inner in found.items() if inner}
        return self._arrays[operation.id]

    def of_query(self, operation: Operation) -> dict[str, Mapping[str, Any]]:
        """The query parameters that refer to resources, and their schemas."""
        if operation.id not in self._queries:
            found = {p.name: p.resolve(p.schema) for p in operation.parameters if p.location == "query" and p.schema}
            kept = {name: schema for name, schema in found.items() if self._item(name, schema) is not None}
            self._queries[operation.id] = kept
        return self._queries[operation.id]

    def values(self, name: str, schema: Mapping[str, Any], *, alive: bool = True) -> list[Any]:
        """IDs of what a member or a parameter refers to: those of the run first. `alive`: without deleted ones."""
        operation = self._item(name, schema)
        if operation is None:
            return []
        known = [*self._resources.created.of(operation, alive=alive), *self._resources.learned(operation)]
        ids = dict.fromkeys(list(values.values())[-1] for values in known)
        return [value for one in ids if (value := _typed(one, schema)) is not None]

    def with_known(self, operation: Operation, body: Any, turn: int = 0) -> Any:
        """A body that refers to known resources, where it refers to unknown ones. `turn`: another one each time.

        So do the objects of an array in it.
        """
        if not isinstance(body, Mapping):
            return body
        changed = self._with_known(self.of_body(operation), body, turn)
        for name, inner in self._of_items(operation).items():
            if isinstance(body.get(name), list):
                changed[name] = [
                    self._with_known(inner, item, turn) if isinstance(item, Mapping) else item for item in body[name]
                ]
        return changed

    def _with_known(self, schemas: Mapping[str, Mapping[str, Any]], value: Mapping[str, Any], turn: int) -> Any:
        changed = dict(value)
        for name, schema in schemas.items():
            known = self.values(name, schema) if changed.get(name) is not None else ()
            if known and changed[name] not in known:
                changed[name] = known[turn % len(known)]
        return changed

    def valid_body(self, operation: Operation) -> tuple[bytes, str] | None:
        """A valid JSON body that refers to known resources, with its media type; None where it refers to none."""
        media = operation.request_json
        refers = self.of_body(operation) or self._of_items(operation)
        made = bodies.valid_body(media) if media is not None and refers else None
        if media is None or made is None:
            return None
        return bodies.written(media, self.with_known(operation, json_or_none(made[0])))

    def unknown(self, operation: Operation, body: bytes | None) -> Iterator[str]:
        """The members of a body that refer to resources that the run has not seen."""
        sent = json_or_none(body)
        if not isinstance(sent, Mapping):
            return
        for name, schema in self.of_body(operation).items():
            if sent.get(name) is not None and sent[name] not in self.values(name, schema, alive=False):
                yield name

    def paths_of_unknown(self, operation: Operation) -> Iterator[str]:
        """The paths of what a body and query parameters refer to, where no such resource is known."""
        for name, schema in (self.of_query(operation) | self.of_body(operation)).items():
            item = self._item(name, schema)
            if item is not None and not self.values(name, schema):
                yield item.path

    def _item(self, name: str, schema: Mapping[str, Any]) -> Operation | None:
        """An operation about what a name refers to: `author_id`, or `author` where it holds a key."""
        facts = _facts(schema)
        is_key = "integer" in str(facts.get("type")) or facts.get("format") == "uuid"
        stem = plain_name(_ID.sub("", name)) if _ID.search(name) else plain_name(name) if is_key else ""
        if not stem and facts.get("pattern"):
            return self._with_pattern(plain_name(name), facts["pattern"])
        if not stem or "object" in str(facts.get("type")):
            return None
        stems = (stem, singular(stem), last_word(_ID.sub("", name)) if is_key else "")
        return next((self._items[each] for each in stems if each in self._items), None)

    def _with_pattern(self, name: str, pattern: Any) -> Operation | None:
        """An operation about what a name refers to if the IDs there have the pattern of the name: `project`."""
        operation = self._items.get(name) or self._items.get(singular(name))
        last = operation.path_parameters()[-1] if operation is not None else None
        return operation if last is not None and last.resolve(last.schema).get("pattern") == pattern else None


def _facts(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without `null`; of an array that of its items."""
    for keyword in ("anyOf", "oneOf"):
        parts = [part for part in schema.get(keyword) or () if isinstance(part, Mapping) and part.get("type") != "null"]
        if len(parts) == 1:
            return _facts(parts[0])
    items = schema.get("items")
    return items if isinstance(items, Mapping) else schema


def _typed(identity: str, schema: Mapping[str, Any]) -> Any:
    """An ID as a schema has it; None if it cannot be one."""
    is_number = "integer" in str(_facts(schema).get("type"))
    value: Any = (int(identity) if identity.isdecimal() else None) if is_number else identity
    return [value] if "items" in schema and value is not None else value
