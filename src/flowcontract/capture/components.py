"""Bring resolved schemas back to components: what stands in many places of a page is written once, by its title.

The generator gives every component schema its name as `title` and then resolves every reference. Going back,
a title names a component where the schema is of a kind that is one (an enumeration, an object, an array, a
composition); a title on a plain value, such as DRF's verbose names, is text. What one place alone says of a
component (a default, `readOnly`) stays there, in an `allOf` around the reference.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.errors import CaptureError
from flowcontract.openapi import pointers
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

REFERENCE = "#/components/schemas/"

_CIRCULAR = re.compile(r"^circular\((.*)\)$", re.S)
_COMPOSITIONS = ("allOf", "oneOf", "anyOf")
_KINDS: dict[str, type] = {
    "properties": dict,
    "required": list,
    "enum": list,
    "allOf": list,
    "oneOf": list,
    "anyOf": list,
}
# Keywords that a place may add to what it refers to without changing what is referred to.
_OF_THE_PLACE = frozenset(
    {"description", "default", "deprecated", "example", "externalDocs", "nullable", "readOnly", "writeOnly", "xml"}
)
_PROSE = frozenset({"title", "description", "externalDocs"})
_PLACE = "x-flowcontract-place"
"""Marks, while a page is read, what the place itself says beside its reference."""


@dataclass(slots=True)
class _Component:
    core: dict[str, Any]
    page: str
    places: list[dict[str, Any]] = field(default_factory=list)


def each(schema: Mapping[str, Any], convert: Callable[[Any], Any]) -> dict[str, Any]:
    """Copy a schema with every schema directly in it converted."""
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        if key in SCHEMA_ONE and not isinstance(value, bool):
            copy[key] = convert(value)
        elif key in SCHEMA_LISTS and isinstance(value, list):
            copy[key] = [convert(item) for item in value]
        elif key in SCHEMA_MAPS and isinstance(value, Mapping):
            copy[key] = {name: convert(item) for name, item in value.items()}
        else:
            copy[key] = value
    return copy


def without_prose(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what a schema says to people; a property that is called `title` is none of it."""
    return {key: value for key, value in schema.items() if key not in _PROSE}


def component_name(title: str) -> str:
    """The name of a component as OpenAPI allows it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", title)


class Components:
    """The component schemas of the pages read so far."""

    def __init__(self, *, keep_prose: bool = False) -> None:
        self.warnings: list[str] = []
        self._keep_prose = keep_prose
        self._found: dict[str, _Component] = {}
        self._cut: set[str] = set()
        self._page = ""
        self._settling: list[str] = []

    def begin(self, page: str, operation: Mapping[str, Any]) -> None:
        """Turn to a page; all of it is looked at, to know beforehand where it cuts recursions short."""
        self._page = page
        self._cut |= {component_name(title) for title in re.findall(r'"circular\((.+?)\)"', json.dumps(operation))}

    def convert(self, schema: Any) -> Any:
        """Convert a resolved schema; components in it are remembered and referred to.

        Raises CaptureError where two pages disagree about a component.
        """
        if isinstance(schema, str):
            return self._recursion(schema)
        if not isinstance(schema, Mapping):
            return schema
        for keyword, kind in _KINDS.items():
            if keyword in schema and not isinstance(schema[keyword], kind):
                raise CaptureError(
                    f"{self._page}: {keyword!r} of a schema is {json.dumps(schema[keyword])[:80]}, which it cannot be.",
                    do="Check the page at its source.",
                )
        converted = each(schema, self.convert)
        if isinstance(schema.get("discriminator"), Mapping):
            converted["discriminator"] = self._discriminator(schema["discriminator"])
        title = schema.get("title")
        if not self._keep_prose:
            converted = without_prose(converted)
        if isinstance(title, str) and self._names_component(title, schema):
            return self._refer(component_name(title), converted)
        return converted

    def settle(self, node: Any) -> Any:
        """Copy a finished part of the document: what all places of a component say goes into the component."""
        if isinstance(node, list):
            return [self.settle(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        if _PLACE not in node:
            return {key: self.settle(value) for key, value in node.items()}
        name = node["$ref"].removeprefix(REFERENCE)
        said = {key: value for key, value in node[_PLACE].items() if self._common(name).get(key) != value}
        unsaid = self._common(name).keys() - node[_PLACE].keys()
        if ("nullable" in said or unsaid) and name not in self._settling:
            # `nullable` beside a reference means nothing in OpenAPI 3.0: the place keeps a schema of its own.
            self._settling.append(name)
            own = self.settle({**self._found[name].core, **node[_PLACE]})
            self._settling.pop()
            return own
        return {"allOf": [{"$ref": node["$ref"]}], **said} if said else {"$ref": node["$ref"]}

    def schemas(self) -> dict[str, Any]:
        """Every component by name, in alphabetical order."""
        return {
            name: self.settle({**component.core, **self._common(name)})
            for name, component in sorted(self._found.items())
        }

    def _common(self, name: str) -> dict[str, Any]:
        places = self._found[name].places
        return places[0] if all(place == places[0] for place in places) else {}

    def _names_component(self, title: str, schema: Mapping[str, Any]) -> bool:
        name = component_name(title)
        if name in self._cut or "properties" in schema:
            return bool(title)
        if not title or title != name or len(schema.get("allOf", ())) == 1:
            return False
        return "enum" in schema or _has_shape(schema) or schema.get("type") in ("object", "array")

    def _refer(self, name: str, converted: dict[str, Any]) -> dict[str, Any]:
        converted.pop("title", None)
        place = {key: value for key, value in converted.items() if key in _OF_THE_PLACE or key.startswith("x-")}
        core = {key: value for key, value in converted.items() if key not in place}
        known = self._found.setdefault(name, _Component(core, self._page))
        if _bare(known.core) != _bare(core):
            if known.page != self._page and (_has_shape(core) or "enum" in core):
                raise _disagreement(name, known, core, self._page)
            return converted  # The title is text after all: it stands on different schemas.
        known.places.append(place)
        return {"$ref": REFERENCE + name, _PLACE: place}

    def _recursion(self, marker: str) -> dict[str, Any]:
        """What the generator wrote instead of a schema that contains itself."""
        cut = _CIRCULAR.match(marker)
        if cut is None:
            raise CaptureError(
                f"{self._page}: a schema was expected, {marker[:80]!r} was found.", do="Check the page at its source."
            )
        if not cut[1]:
            self.warnings.append(f"{self._page} cuts a recursion short without naming it: any value is allowed there.")
            return {}
        return {"$ref": REFERENCE + component_name(cut[1])}

    def _discriminator(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The mapping's references were resolved too; they go back to references."""
        mapping = raw.get("mapping")
        if not isinstance(mapping, Mapping):
            return dict(raw)
        named = {}
        for value, target in mapping.items():
            if isinstance(target, str) and not _CIRCULAR.match(target):
                named[value] = target
                continue
            converted = self.convert(target)
            if isinstance(converted, Mapping) and "$ref" in converted:
                named[value] = converted["$ref"]
        return {**raw, "mapping": named}


def missing(document: Mapping[str, Any]) -> set[str]:
    """The names of component schemas that are referred to and not there."""
    referred = set(re.findall(rf'"{re.escape(REFERENCE)}([^"]+)"', json.dumps(document)))
    return referred - set(document.get("components", {}).get("schemas", {}))


def _has_shape(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema or any(key in schema for key in _COMPOSITIONS)


def _bare(node: Any) -> Any:
    """A converted schema without what its places say."""
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if isinstance(node, Mapping):
        return {key: _bare(value) for key, value in node.items() if key != _PLACE}
    return node


def _disagreement(name: str, known: _Component, core: dict[str, Any], page: str) -> CaptureError:
    pointer, one, other = next(differences(_bare(known.core), _bare(core)))
    return CaptureError(
        f"{known.page} and {page} disagree about the component {name} at {pointer or 'its root'}: {one} there,"
        f" {other} here.",
        do="Capture pages of one release only.",
    )


def differences(one: Any, other: Any, pointer: str = "") -> Iterator[tuple[str, str, str]]:
    """The places where two JSON documents differ, and what stands there in each."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in [*one, *(key for key in other if key not in one)]:
            at = pointer + pointers.join(key)
            if key in one and key in other:
                yield from differences(one[key], other[key], at)
            else:
                yield at, _shown(one.get(key), key in one), _shown(other.get(key), key in other)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, pointer + pointers.join(index))
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield pointer, _shown(one), _shown(other)


def _shown(value: Any, there: bool = True) -> str:
    if not there:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + "…"
