"""Restore components from resolved schemas: a schema at many locations of a page is written once, by its title.

The generator gives every component schema its name as `title` and then resolves every reference. In reverse, a title
names a component where the schema can be one (an enumeration, an object, an array, a composition); a title on a plain
value, such as DRF's verbose names, is text. Keywords of one location only (a default, `readOnly`) stay there, in an
`allOf` around the reference.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.capture.version import Evidence
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
# Keywords that a location may add to a reference without changing the component.
_LOCAL_KEYWORDS = frozenset(
    {"description", "default", "deprecated", "example", "externalDocs", "nullable", "readOnly", "writeOnly", "xml"}
)
_PROSE = frozenset({"title", "description", "externalDocs"})
_PAYLOADS = frozenset({"default", "const", "enum", "example", "examples", "value"})
"""Keywords whose values are no schemas, whatever they contain."""
_LOCAL = "x-flowcontract-local"
"""While a page is read: the keywords of the location beside its reference."""


@dataclass(slots=True)
class _Component:
    core: dict[str, Any]
    page: str
    locations: list[dict[str, Any]] = field(default_factory=list)
    """The keywords that each location has beside its reference."""
    hoisted: dict[str, Any] = field(default_factory=dict)
    """Such keywords in the component itself, as an adopted document has them."""


def each(schema: Mapping[str, Any], convert: Callable[[Any], Any]) -> dict[str, Any]:
    """Copy a schema and convert its direct subschemas."""
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
    """A schema without prose; a property called `title` stays."""
    return {key: value for key, value in schema.items() if key not in _PROSE}


def component_name(title: str) -> str:
    """The name of a component as OpenAPI allows it; a letter that it does not allow by its number."""
    letters = re.sub(r"[^\x00-\x7f]", lambda match: f"u{ord(match[0]):x}", title)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", letters)


class Components:
    """The component schemas of the pages read so far."""

    def __init__(self, *, keep_prose: bool = False) -> None:
        self.warnings: list[str] = []
        self.contradictions: list[str] = []
        """Differences between pages about a component; each page keeps its own schema."""
        self.evidence = Evidence()
        self._keep_prose = keep_prose
        self._found: dict[str, _Component] = {}
        self._named: set[str] = set()
        """Titles that surely name a component: where a page cuts off a recursion, or another document has it."""
        self._page = ""
        self._settling: list[str] = []

    def begin(self, page: str, operation: Mapping[str, Any]) -> None:
        """Start a page, and look for the recursions that it cuts off."""
        self._page = page
        self.evidence.add_page(operation)
        self._named |= {
            component_name(title)
            for title in re.findall(r'"circular\((.+?)\)"', json.dumps(operation, ensure_ascii=False))
        }

    def convert(self, schema: Any) -> Any:
        """Convert a resolved schema; its components are collected and referred to.

        Raises CaptureError for what is not a schema.
        """
        if isinstance(schema, str):
            return self._recursion(schema)
        if not isinstance(schema, Mapping):
            return schema
        for keyword, kind in _KINDS.items():
            if keyword in schema and not isinstance(schema[keyword], kind):
                expected = "a mapping" if kind is dict else "a list"
                raise CaptureError(
                    f"{self._page}: expected {expected} for {keyword!r}, got {json.dumps(schema[keyword])[:80]}.",
                    do="Check the original page.",
                )
        self.evidence.add_schema(schema)
        schema = _titled_by_mapping(schema)
        converted = each(schema, self.convert)
        if isinstance(schema.get("discriminator"), Mapping):
            converted["discriminator"] = self._discriminator(schema["discriminator"])
        title = schema.get("title")
        if not self._keep_prose:
            converted = without_prose(converted)
        if isinstance(title, str) and self._names_component(title, schema):
            return self._refer(component_name(title), converted)
        return converted

    def adopt(self, document: Mapping[str, Any], source: str) -> Callable[[Any], Any]:
        """Take over the components of a captured document; the function converts its operations.

        Raises CaptureError where another source contradicts it about a component.
        """
        self.evidence.add_document(document)
        schemas = _component_schemas(document)
        hoisted = {name: _split(schema)[1] for name, schema in schemas.items()}
        known = {name: self._found[name] for name in schemas if name in self._found}
        self._named |= schemas.keys()
        for name in schemas:
            self._found.setdefault(name, _Component({}, source, hoisted=hoisted[name]))

        def convert(node: Any) -> Any:
            if isinstance(node, list):
                return [convert(item) for item in node]
            if not isinstance(node, Mapping):
                return node
            name = str(node.get("$ref")).removeprefix(REFERENCE)
            if len(node) == 1 and name in hoisted:
                self._found[name].locations.append(hoisted[name])
                return {"$ref": node["$ref"], _LOCAL: hoisted[name]}
            return {key: value if key in _PAYLOADS else convert(value) for key, value in node.items()}

        for name, schema in schemas.items():
            core = convert(_split(schema)[0])
            if name not in known:
                self._found[name].core = core
            elif not self._is_same(known[name].core, core):
                raise _contradiction(name, known[name], core, source)
        return convert

    def settle(self, node: Any) -> Any:
        """Copy a finished part of the document: keywords common to all locations move into the component."""
        if isinstance(node, list):
            return [self.settle(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        if _LOCAL not in node:
            return {key: self.settle(value) for key, value in node.items()}
        name = node["$ref"].removeprefix(REFERENCE)
        own_keywords = {key: value for key, value in node[_LOCAL].items() if self._common(name).get(key) != value}
        missing_keywords = self._common(name).keys() - node[_LOCAL].keys()
        if ("nullable" in own_keywords or missing_keywords) and name not in self._settling:
            # OpenAPI 3.0 ignores `nullable` beside a reference: the location keeps a schema of its own.
            self._settling.append(name)
            own = self.settle({**self._found[name].core, **node[_LOCAL]})
            self._settling.pop()
            return own
        return {"allOf": [{"$ref": node["$ref"]}], **own_keywords} if own_keywords else {"$ref": node["$ref"]}

    def schemas(self) -> dict[str, Any]:
        """Every component by name, in alphabetical order."""
        return {
            name: self.settle({**component.core, **self._common(name)})
            for name, component in sorted(self._found.items())
        }

    def _common(self, name: str) -> dict[str, Any]:
        locations = self._found[name].locations or [self._found[name].hoisted]
        return locations[0] if all(each == locations[0] for each in locations) else {}

    def _names_component(self, title: str, schema: Mapping[str, Any]) -> bool:
        name = component_name(title)
        if name in self._named or "properties" in schema:
            return bool(title)
        if not title or title != name or len(schema.get("allOf", ())) == 1:
            return False
        return "enum" in schema or _has_shape(schema) or schema.get("type") in ("object", "array")

    def _refer(self, name: str, converted: dict[str, Any]) -> dict[str, Any]:
        converted.pop("title", None)
        core, local = _split(converted)
        known = self._found.setdefault(name, _Component(core, self._page))
        if not self._is_same(known.core, core):
            if known.page != self._page and (_has_shape(core) or "enum" in core):
                self._report(_contradiction(name, known, core, self._page), name)
            return converted  # The title is text: different schemas have it.
        known.locations.append(local)
        return {"$ref": REFERENCE + name, _LOCAL: local}

    def _report(self, error: CaptureError, name: str) -> None:
        """Report that two pages differ about a component. Raises the error where a recursion needs the component."""
        if name in self._named:
            raise error
        self.contradictions.append(error.what)

    def _is_same(self, one: Any, other: Any) -> bool:
        """Whether two schemas are the same, but for keywords of locations; one may have a component written out."""
        one, other = _peeled(one), _peeled(other)
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(self._is_same, one, other))
        if not isinstance(one, Mapping) or not isinstance(other, Mapping):
            return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
        if ("$ref" in one) != ("$ref" in other):
            one, other = self._written_out(one), self._written_out(other)
        return one.keys() == other.keys() and all(self._is_same(one[key], other[key]) for key in one)

    def _written_out(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        component = self._found.get(str(schema.get("$ref")).removeprefix(REFERENCE))
        core, _ = _split(component.core if component else schema)
        return core if isinstance(core, Mapping) else {}

    def _recursion(self, marker: str) -> dict[str, Any]:
        """The marker that the generator writes instead of a schema that contains itself."""
        cut = _CIRCULAR.match(marker)
        if cut is None:
            raise CaptureError(f"{self._page}: expected a schema, got {marker[:80]!r}.", do="Check the original page.")
        if not cut[1]:
            self.contradictions.append(
                f"{self._page}: a recursion without a name is cut off: any value is allowed there."
            )
            return {}
        return {"$ref": REFERENCE + component_name(cut[1])}

    def _discriminator(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Restore the references of the mapping, which were resolved too."""
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
            else:
                self.warnings.append(f"{self._page} maps {value!r} to a schema without a name: it is left out.")
        return {**raw, "mapping": named}


def _titled_by_mapping(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A choice whose alternatives have a title: old versions write none, and a discriminator needs their names."""
    discriminator = schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    if not isinstance(mapping, Mapping):
        return schema
    targets = {value: target for value, target in mapping.items() if isinstance(target, Mapping)}

    def titled(part: Any) -> Any:
        value = next((value for value, target in targets.items() if target == part and "title" not in target), None)
        return part if value is None else {**part, "title": value}

    found = {
        **schema,
        "discriminator": {
            **schema["discriminator"],
            "mapping": {value: titled(target) for value, target in mapping.items()},
        },
    }
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            found[keyword] = [titled(part) for part in schema[keyword]]
    return found


def _split(schema: Any) -> tuple[Any, dict[str, Any]]:
    """A component schema without the keywords that a location may have of its own, and these."""
    if not isinstance(schema, Mapping):
        return schema, {}
    local = {key: value for key, value in schema.items() if key in _LOCAL_KEYWORDS or key.startswith("x-")}
    return {key: value for key, value in schema.items() if key not in local}, local


def _component_schemas(document: Mapping[str, Any]) -> Mapping[str, Any]:
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    return schemas if isinstance(schemas, Mapping) else {}


def missing(document: Mapping[str, Any]) -> set[str]:
    """The names of missing component schemas."""
    referred = set(re.findall(rf'"{re.escape(REFERENCE)}([^"]+)"', json.dumps(document)))
    return referred - set(document.get("components", {}).get("schemas", {}))


def _has_shape(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema or any(key in schema for key in _COMPOSITIONS)


def _without_local(node: Any) -> Any:
    """A converted schema without the keywords of locations."""
    if isinstance(node, list):
        return [_without_local(item) for item in node]
    if isinstance(node, Mapping):
        return {key: _without_local(value) for key, value in _peeled(node).items()}
    return node


def _peeled(node: Any) -> Any:
    """A schema without keywords of its location, and without the `allOf` that these need around a reference."""
    if not isinstance(node, Mapping):
        return node
    core, _ = _split(node)
    parts = core.get("allOf")
    if len(core) == 1 and isinstance(parts, list) and len(parts) == 1 and "$ref" in parts[0]:
        return {"$ref": parts[0]["$ref"]}
    return {key: value for key, value in node.items() if key != _LOCAL}


def _contradiction(name: str, known: _Component, core: dict[str, Any], page: str) -> CaptureError:
    pointer, one, other = next(differences(_without_local(known.core), _without_local(core)))
    return CaptureError(
        f"{known.page} and {page} differ in the component {name} at {pointer or 'its root'}: {one} and {other}.",
        do="Capture pages of one release only.",
    )


def differences(one: Any, other: Any, pointer: str = "") -> Iterator[tuple[str, str, str]]:
    """The JSON Pointers where two documents differ, with both values."""
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
