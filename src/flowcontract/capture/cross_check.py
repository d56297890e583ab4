"""Compare the two halves of a page: its front matter, which is captured, and the JSX that readers see.

The generator renders the same operation twice, so both halves must agree. Facts are compared, not prose. What the
generator omits on purpose (a `readOnly` field of a request, a field behind a discriminator) is not compared.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.capture.components import differences, each, without_prose
from flowcontract.capture.document import Writer
from flowcontract.capture.json_props import attribute_of
from flowcontract.capture.jsx import Element, parse
from flowcontract.capture.page import Page
from flowcontract.errors import CaptureError

_ANY_PROPERTY = "property name*"
# Elements since version 4.2 with a whole part of the operation: attribute and field.
_WHOLE = {
    "ParamsDetails": ("parameters", "parameters"),
    "RequestSchema": ("body", "requestBody"),
    "StatusCodes": ("responses", "responses"),
}
# Elements of callbacks, which are separate operations.
_OTHERS = ("OperationTabs",)
# Elements that start a new level.
_LEVELS = ("SchemaItem", "SchemaTabs", "DiscriminatorTabs")


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What the comparison of a page's halves found."""

    disagreements: tuple[str, ...] = ()
    """Every fact in which body and front matter differ."""
    unchecked: tuple[str, ...] = ()
    """What could not be compared, and why."""


def compare_halves(page: Page) -> CrossCheck:
    """Compare body and front matter of a page."""
    body = parse(page.body)
    if not any(body.find("MethodEndpoint", *_WHOLE, "ApiTabs", "ParamsItem", "MimeTabs")):
        return CrossCheck(unchecked=(f"{page.name}: the body has no operation to cross-check with the front matter.",))
    found, unchecked = [*_heading(page, body), *_path_parameters(page)], list[str]()
    if any(body.find(*_WHOLE)):
        found += _wholes(page, body, unchecked)
    else:
        found += [*_parameters(page, body), *_responses(page, body), *_request(page, body)]
        if not _shows_media_types(page, body):
            unchecked.append(
                "schemas of bodies not cross-checked with the front matter: this page shows no media types"
            )
    named = [[f"{page.name}: {text}." for text in dict.fromkeys(texts)] for texts in (found, unchecked)]
    return CrossCheck(tuple(named[0]), tuple(named[1]))


def misnamed(page: Page) -> str:
    """A warning about a page whose ID is not that of its operation; empty otherwise. The page can be captured."""
    letters = re.compile(r"[^a-z0-9]")
    operation_id = str(page.api.get("operationId") or page.id)
    if not page.id or letters.sub("", page.id.lower()) == letters.sub("", operation_id.lower()):
        return ""
    return f"{page.name}: the ID of the page is {page.id!r}, the ID of its operation {operation_id!r}."


def _differ(what: str, body: Any, front: Any) -> str:
    return f"{what}: {body} in the body, {front} in the front matter"


def _heading(page: Page, body: Element) -> Iterator[str]:
    for endpoint in body.find("MethodEndpoint", within=_OTHERS):
        for key in ("method", "path"):
            if key in endpoint.attributes and endpoint.attributes[key] != page.api[key]:
                yield _differ(key, repr(endpoint.attributes[key]), repr(page.api[key]))


def _path_parameters(page: Page) -> Iterator[str]:
    """Early versions leave out the parameters that all operations of a path share."""
    known = {_key(parameter) for parameter in page.api.get("parameters") or ()}
    for name in re.findall(r"\{([^{}]+)\}", page.api["path"]):
        if ("path", name) not in known:
            yield f"path parameter {name!r}: present in the path, missing in the parameters of the front matter"


def _wholes(page: Page, body: Element, unchecked: list[str]) -> Iterator[str]:
    """Since version 4.2 an attribute repeats a whole part of the operation; it may stand in a file beside the page."""
    writer = Writer(_plain_facts, page.name, keep_prose=False)
    empty: dict[str, Any] = {"responses": {}}
    for element in body.find(*_WHOLE, within=_OTHERS):
        attribute, key = _WHOLE[element.tag]
        try:
            shown = attribute_of(page, element, attribute)
        except CaptureError as error:
            unchecked.append(f"{key} not cross-checked with the front matter: {error.what.rstrip('.')}")
            continue
        if shown is not None or key not in page.api:
            one = writer.operation({**empty, key: shown}).get(key)
            other = writer.operation({**empty, key: page.api.get(key)}).get(key)
            yield from _all(key, one, other)


def _parameters(page: Page, body: Element) -> Iterator[str]:
    shown = {_key(item.attributes.get("param")): item.attributes.get("param") for item in body.find("ParamsItem")}
    known = {_key(item): item for item in page.api.get("parameters") or () if isinstance(item, Mapping)}
    for key in [*known, *(key for key in shown if key not in known)]:
        name = f"{key[0]} parameter {key[1]!r}"
        if key not in shown:
            yield _differ(name, "missing", "present")
        elif key not in known:
            yield _differ(name, "present", "missing")
        elif (one := _facts_of_parameter(shown[key])) != (other := _facts_of_parameter(known[key])):
            yield from _all(name, one, other)


def _key(parameter: Any) -> tuple[str, str]:
    parameter = parameter if isinstance(parameter, Mapping) else {}
    return str(parameter.get("in")), str(parameter.get("name"))


def _facts_of_parameter(parameter: Any) -> dict[str, Any]:
    facts = {key: value for key, value in parameter.items() if key != "description"}
    if "schema" in facts:
        facts["schema"] = _facts(facts["schema"])
    return facts


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of the operation is compared, and how the page renders it."""

    is_response: bool
    is_early: bool
    """Up to version 1.2 the generator renders fields without their schemas, and does not mark all required ones.

    Where a schema has no properties, it renders the keywords of the schema as if they were fields.
    """


def _part(body: Element, *, is_response: bool) -> _Part:
    fields = list(body.find_all("SchemaItem"))
    return _Part(is_response, is_early=bool(fields) and not any("schema" in one.attributes for one in fields))


def _shows_media_types(page: Page, body: Element) -> bool:
    """Whether the generator renders media types: version 1.0 renders one schema without any, and imports nothing."""
    if any(body.find_all("MimeTabs")):
        return True
    is_without = '"@theme/ParamsItem"' in page.body and '"@theme/MimeTabs"' not in page.body
    return not is_without and not any(body.find_all("SchemaItem"))


def _responses(page: Page, body: Element) -> Iterator[str]:
    tabs = next(body.find("ApiTabs"), None)
    if tabs is None:
        if any(body.find("MethodEndpoint")):
            yield "responses: missing in the body, present in the front matter"
        return
    shown = {str(tab.attributes.get("value")): tab for tab in tabs.elements() if tab.tag == "TabItem"}
    known = {str(status): response for status, response in page.api["responses"].items()}
    yield from _labels(shown, "status")
    for status in [*known, *(status for status in shown if status not in known)]:
        if status not in shown:
            yield _differ(f"status {status}", "missing", "present")
        elif status not in known:
            yield _differ(f"status {status}", "present", "missing")
        else:
            content = (known[status] if isinstance(known[status], Mapping) else {}).get("content")
            if _shows_media_types(page, body):
                yield from _content(shown[status], content, f"status {status}", _part(body, is_response=True))


def _labels(tabs: Mapping[str, Element], what: str) -> Iterator[str]:
    """The label of a tab must match its content."""
    for value, tab in tabs.items():
        if (label := tab.attributes.get("label")) != value:
            yield f"{what} {value}: the label in the body is {label!r}"


def _request(page: Page, body: Element) -> Iterator[str]:
    raw = page.api.get("requestBody")
    content = raw.get("content") if isinstance(raw, Mapping) else None
    if any(body.find("MimeTabs", within=("ApiTabs", *_OTHERS))):
        yield from _content(body, content, "request body", _part(body, is_response=False))
    elif isinstance(content, Mapping) and any(body.find("MethodEndpoint")) and _is_shown(content):
        yield _differ("request body", "missing", "present")


def _is_shown(content: Mapping[str, Any]) -> bool:
    """Whether the generator renders a request body: it omits those without properties."""
    return any(
        isinstance(media, Mapping) and isinstance(media.get("schema"), Mapping) and media["schema"].get("properties")
        for media in content.values()
    )


def _content(element: Element, content: Any, where: str, part: _Part) -> Iterator[str]:
    known = content if isinstance(content, Mapping) else {}
    tabs = next(element.find("MimeTabs", within=("ApiTabs", *_OTHERS)), None)
    shown = {str(tab.attributes.get("label")): tab for tab in tabs.elements() if tab.tag == "TabItem"} if tabs else {}
    if part.is_response:
        yield from _labels({str(tab.attributes.get("value")): tab for tab in shown.values()}, f"{where}, media type")
    for name in [*known, *(name for name in shown if name not in known)]:
        if name not in known:
            yield _differ(f"{where}, media type {name}", "present", "missing")
        elif name not in shown:
            # The generator shows only some media types of a request.
            if part.is_response:
                yield _differ(f"{where}, media type {name}", "missing", "present")
        else:
            schema = known[name].get("schema") if isinstance(known[name], Mapping) else None
            yield from _media(shown[name], schema, f"{where}, {name}", part)


def _media(tab: Element, schema: Any, where: str, part: _Part) -> Iterator[str]:
    if part.is_response:
        tabs = next(tab.find("SchemaTabs"), tab)
        tab = next((one for one in tabs.elements() if one.attributes.get("value") == "Schema"), Element("", {}))
    if isinstance(schema, Mapping) and (any(tab.find("SchemaItem")) or part.is_response):
        yield from _level(tab, schema, where, part)


@dataclass(slots=True)
class _View:
    """One level of a schema, with compositions merged like the generator does."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    alternatives: list[Any] = field(default_factory=list)
    open: bool = False
    hidden: set[str] = field(default_factory=set)
    keywords: set[str] = field(default_factory=set)
    whole: bool = True
    """False where the front matter cuts off a recursion: the body may show more."""


def _view(schema: Any) -> _View:
    view = _View()
    _look(schema, view)
    return view


def _look(schema: Any, view: _View) -> None:
    if not isinstance(schema, Mapping):
        view.whole = False
        return
    view.keywords |= schema.keys()
    while isinstance(schema.get("items"), Mapping) and "properties" not in schema:
        schema = schema["items"]
        view.keywords |= schema.keys()
    if isinstance(schema.get("items"), str):
        view.whole = False
    if isinstance(schema.get("additionalProperties"), Mapping):
        view.keywords |= schema["additionalProperties"].keys()
    for part in schema.get("allOf") or ():
        _look(part, view)
    view.properties.update(schema.get("properties") or {})
    view.required |= set(schema.get("required") or ())
    view.alternatives += schema.get("oneOf") or schema.get("anyOf") or ()
    view.open = view.open or schema.get("additionalProperties", False) is not False
    if isinstance(schema.get("discriminator"), Mapping):
        view.hidden.add(str(schema["discriminator"].get("propertyName")))


def _level(element: Element, schema: Any, where: str, part: _Part) -> Iterator[str]:
    """Compare one level of fields, then the levels below."""
    view = _view(schema)
    if not view.whole:
        return
    shown = set()
    for item in element.find("SchemaItem", within=_LEVELS):
        name = _name(item)
        if name in ("", _ANY_PROPERTY) and name not in view.properties:
            if name and not view.open:
                yield _differ(f"{where}, additional properties", "allowed", "not allowed")
            continue
        if part.is_early and not view.properties and name in view.keywords:
            continue
        shown.add(name)
        if name not in view.properties:
            yield _differ(f"{where}, field {name!r}", "present", "missing")
            continue
        yield from _field(item, view.properties[name], name in view.required, f"{where}, field {name!r}", part)
    for name, schema_of_field in view.properties.items():
        if name not in shown and name not in view.hidden and not _is_left_out(schema_of_field, part):
            yield _differ(f"{where}, field {name!r}", "missing", "present")
    yield from _alternatives(element, view, where, part)


def _alternatives(element: Element, view: _View, where: str, part: _Part) -> Iterator[str]:
    for tabs in element.find("SchemaTabs", within=_LEVELS):
        for tab in tabs.elements():
            position = str(tab.attributes.get("value", "")).partition("-")[0]
            if any(tab.find("p")) and not any(tab.find(*_LEVELS)):
                continue  # The generator names the alternative only.
            if position.isdecimal() and int(position) < len(view.alternatives):
                label = tab.attributes.get("label")
                yield from _level(tab, view.alternatives[int(position)], f"{where}, {label}", part)


def _is_left_out(schema: Any, part: _Part) -> bool:
    if not isinstance(schema, Mapping):
        return False
    key = "writeOnly" if part.is_response else "readOnly"
    return bool(schema.get(key)) or any(_is_left_out(one, part) for one in schema.get("allOf") or ())


def _name(item: Element) -> str:
    if "name" in item.attributes:
        return str(item.attributes["name"])
    return next((strong.text for strong in item.find("strong")), "")


def _field(item: Element, schema: Any, required: bool, where: str, part: _Part) -> Iterator[str]:
    if "name" not in item.attributes:
        summary = next(item.find("summary"), Element("", {}))
        flags = {one.text for one in summary.find("span", "strong") for one in (one, *one.find("span", "strong"))}
        if ("required" in flags) != required and not (part.is_early and required):
            yield _differ(
                where, "required" if "required" in flags else "optional", "required" if required else "optional"
            )
        yield from _level(item, schema, where, part)
        return
    if bool(item.attributes.get("required")) != required and not (part.is_early and required):
        yield _differ(where, "optional" if required else "required", "required" if required else "optional")
    shown, merged = _facts(item.attributes.get("schema")), _facts(schema)
    if not isinstance(shown, dict) or not isinstance(merged, dict):
        return
    if "allOf" in schema:
        # The generator may drop keywords beside a composition, and turns some of them into `true`.
        dropped = schema.keys() - {"allOf"} | {"readOnly", "writeOnly", "example"}
        shown, merged = ({key: facts[key] for key in facts if key not in dropped} for facts in (shown, merged))
    if shown != merged and not _is_cut(schema):
        yield from _all(where, shown, merged)
    yield from _qualifier(item.attributes.get("qualifierMessage"), shown, where)
    name = item.attributes.get("schemaName")
    if (
        isinstance(name, str)
        and not name.startswith("circular(")
        and name not in _names_of_type(item.attributes["schema"])
    ):
        yield f"{where}: the body names the type {name!r} but shows another type"


def _names_of_type(schema: Any) -> set[str]:
    """The names of a schema's type in all versions of the generator."""
    if not isinstance(schema, Mapping):
        return {str(schema), "undefined"}  # A recursion that is cut off.
    if isinstance(schema.get("items"), Mapping | str):
        return {f"{name}[]" for name in _names_of_type(schema["items"])} | {"array"}
    kind, style, title = (str(schema.get(key, "")) for key in ("type", "format", "title"))
    xml = schema.get("xml")
    names = {kind, style, f"{kind}<{style}>", title, f"{title} ({kind})", "any"}
    return names | {str(xml.get("name")) if isinstance(xml, Mapping) else kind} | (set() if kind else {"object"})


def _is_cut(schema: Any) -> bool:
    """Whether a part of a composition is a recursion that is cut off, so that its content is unknown."""
    parts = schema.get("allOf") or () if isinstance(schema, Mapping) else ()
    return any(not isinstance(part, Mapping) or _is_cut(part) for part in parts)


def _qualifier(message: Any, facts: Mapping[str, Any], where: str) -> Iterator[str]:
    """The constraints in words, `[`a`, `b`]`, repeat those of the schema."""
    values = facts.get("enum")
    listed = re.search(r"\[(`.*`)\]", message) if isinstance(message, str) else None
    if (
        isinstance(values, list)
        and listed
        and re.findall(r"`(.*?)`(?=, `|$)", listed[1]) != [_js(value) for value in values]
    ):
        yield _differ(f"{where}, possible values", listed[0], values)
    if "maxLength" in facts and isinstance(message, str) and f"`<= {facts['maxLength']} characters`" not in message:
        yield _differ(f"{where}, maxLength", repr(message), facts["maxLength"])
    if "pattern" in facts and isinstance(message, str) and facts["pattern"] not in message:
        yield _differ(f"{where}, pattern", repr(message), repr(facts["pattern"]))


def _js(value: Any) -> str:
    """A value as JavaScript converts it to a string."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _facts(schema: Any) -> Any:
    """A schema without prose and redundant keywords, with compositions merged like the generator does."""
    if not isinstance(schema, Mapping):
        return schema
    facts = without_prose(each(schema, _facts))
    if facts.get("additionalProperties") in ({}, True):
        del facts["additionalProperties"]  # This is the default.
    if all(isinstance(part, Mapping) for part in facts.get("allOf", ())):
        for part in facts.pop("allOf", ()):
            facts = {**part, **facts}
    return facts


def _plain_facts(schema: Any) -> Any:
    """A schema without prose."""
    return without_prose(each(schema, _plain_facts)) if isinstance(schema, Mapping) else schema


def _all(where: str, body: Any, front: Any) -> Iterator[str]:
    for pointer, one, other in differences(body, front):
        yield _differ(f"{where} at {pointer}" if pointer else where, one, other)
