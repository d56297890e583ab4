"""Compare the two halves of a page: its front matter, which is captured, and the JSX that people see.

The generator renders the same operation twice, so both halves have to say the same. Only facts are
compared, not prose. Where the generator leaves something out on purpose (a `readOnly` field of a request,
a field behind a discriminator) nothing is expected.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowcontract.capture.components import differences, each, without_prose
from flowcontract.capture.document import Writer
from flowcontract.capture.jsx import Element, parse
from flowcontract.capture.page import Page

_ANY_PROPERTY = "property name*"
# Elements of version 4.3 and later, each with a whole part of the operation, and what that part is called.
_WHOLE = {
    "ParamsDetails": ("parameters", "parameters"),
    "RequestSchema": ("body", "requestBody"),
    "StatusCodes": ("responses", "responses"),
}
# Where the generator shows callbacks, which are operations of their own.
_OTHERS = ("OperationTabs",)
# Elements that hold a level of their own.
_LEVELS = ("SchemaItem", "SchemaTabs", "DiscriminatorTabs")


def disagreements(page: Page) -> list[str]:
    """Name every fact in which a page's body and its front matter differ; nothing for a page without a body."""
    body = parse(page.body)
    if not any(body.find("MethodEndpoint", *_WHOLE, "ApiTabs", "ParamsItem", "MimeTabs")):
        return []
    found = [*_heading(page, body)]
    if any(body.find(*_WHOLE)):
        found += _wholes(page, body)
    else:
        found += [*_parameters(page, body), *_answers(page, body), *_request(page, body)]
    return [f"{page.name}: {text}." for text in dict.fromkeys(found)]


def misnamed(page: Page) -> str:
    """A remark on a page whose own id is not its operation's; empty where it is. The page can be captured."""
    letters = re.compile(r"[^a-z0-9]")
    operation_id = str(page.api.get("operationId") or page.id)
    if not page.id or letters.sub("", page.id.lower()) == letters.sub("", operation_id.lower()):
        return ""
    return f"{page.name}: the page is called {page.id!r}, its operation {operation_id!r}."


def _differ(what: str, body: Any, front: Any) -> str:
    return f"{what}: the body says {body}, the front matter {front}"


def _heading(page: Page, body: Element) -> Iterator[str]:
    for endpoint in body.find("MethodEndpoint", within=_OTHERS):
        for key in ("method", "path"):
            if key in endpoint.attributes and endpoint.attributes[key] != page.api[key]:
                yield _differ(key, repr(endpoint.attributes[key]), repr(page.api[key]))


def _wholes(page: Page, body: Element) -> Iterator[str]:
    """Since version 4.3 an attribute repeats a whole part of the operation; from 5 on it may be a file's name."""
    writer = Writer(_plain_facts, page.name, keep_prose=False)
    empty: dict[str, Any] = {"responses": {}}
    for element in body.find(*_WHOLE, within=_OTHERS):
        attribute, key = _WHOLE[element.tag]
        shown = element.attributes.get(attribute)
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
            yield _differ(name, "nothing of it", "has it")
        elif key not in known:
            yield _differ(name, "has it", "nothing of it")
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


def _answers(page: Page, body: Element) -> Iterator[str]:
    tabs = next(body.find("ApiTabs"), None)
    if tabs is None:
        if any(body.find("MethodEndpoint")):
            yield "the body shows no answers, the front matter has some"
        return
    shown = {str(tab.attributes.get("value")): tab for tab in tabs.elements() if tab.tag == "TabItem"}
    known = {str(status): answer for status, answer in page.api["responses"].items()}
    yield from _labels(shown, "status")
    for status in [*known, *(status for status in shown if status not in known)]:
        if status not in shown:
            yield _differ(f"status {status}", "nothing of it", "has it")
        elif status not in known:
            yield _differ(f"status {status}", "has it", "nothing of it")
        else:
            content = (known[status] if isinstance(known[status], Mapping) else {}).get("content")
            yield from _content(shown[status], content, f"status {status}", "response")


def _labels(tabs: Mapping[str, Element], what: str) -> Iterator[str]:
    """A tab is labelled by what it holds."""
    for value, tab in tabs.items():
        if (label := tab.attributes.get("label")) != value:
            yield f"{what} {value}: the body labels it {label!r}"


def _request(page: Page, body: Element) -> Iterator[str]:
    raw = page.api.get("requestBody")
    content = raw.get("content") if isinstance(raw, Mapping) else None
    if any(body.find("MimeTabs", within=("ApiTabs", *_OTHERS))):
        yield from _content(body, content, "request body", "request")
    elif isinstance(content, Mapping) and any(body.find("MethodEndpoint")) and _is_shown(content):
        yield _differ("request body", "nothing of it", "has one")


def _is_shown(content: Mapping[str, Any]) -> bool:
    """Whether the generator renders a request body: it leaves out those without properties."""
    return any(
        isinstance(media, Mapping) and isinstance(media.get("schema"), Mapping) and media["schema"].get("properties")
        for media in content.values()
    )


def _content(element: Element, content: Any, where: str, direction: str) -> Iterator[str]:
    known = content if isinstance(content, Mapping) else {}
    tabs = next(element.find("MimeTabs", within=("ApiTabs", *_OTHERS)), None)
    shown = {str(tab.attributes.get("label")): tab for tab in tabs.elements() if tab.tag == "TabItem"} if tabs else {}
    if direction == "response":
        yield from _labels({str(tab.attributes.get("value")): tab for tab in shown.values()}, f"{where}, media type")
    for name in [*known, *(name for name in shown if name not in known)]:
        if name not in known:
            yield _differ(f"{where}, media type {name}", "has it", "nothing of it")
        elif name not in shown:
            # Of a request, the generator shows some media types only.
            if direction == "response":
                yield _differ(f"{where}, media type {name}", "nothing of it", "has it")
        else:
            schema = known[name].get("schema") if isinstance(known[name], Mapping) else None
            yield from _media(shown[name], schema, f"{where}, {name}", direction)


def _media(tab: Element, schema: Any, where: str, direction: str) -> Iterator[str]:
    if direction == "response":
        tabs = next(tab.find("SchemaTabs"), tab)
        tab = next((one for one in tabs.elements() if one.attributes.get("value") == "Schema"), Element("", {}))
    if isinstance(schema, Mapping) and (any(tab.find("SchemaItem")) or direction == "response"):
        yield from _level(tab, schema, where, direction)


@dataclass(slots=True)
class _View:
    """What one level of a schema shows, compositions merged as the generator merges them."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    alternatives: list[Any] = field(default_factory=list)
    open: bool = False
    hidden: set[str] = field(default_factory=set)
    whole: bool = True
    """False where the front matter cut a recursion short: more may be shown than it says."""


def _view(schema: Any) -> _View:
    view = _View()
    _look(schema, view)
    return view


def _look(schema: Any, view: _View) -> None:
    if not isinstance(schema, Mapping):
        view.whole = False
        return
    while isinstance(schema.get("items"), Mapping) and "properties" not in schema:
        schema = schema["items"]
    if isinstance(schema.get("items"), str):
        view.whole = False
    for part in schema.get("allOf") or ():
        _look(part, view)
    view.properties.update(schema.get("properties") or {})
    view.required |= set(schema.get("required") or ())
    view.alternatives += schema.get("oneOf") or schema.get("anyOf") or ()
    view.open = view.open or schema.get("additionalProperties", False) is not False
    if isinstance(schema.get("discriminator"), Mapping):
        view.hidden.add(str(schema["discriminator"].get("propertyName")))


def _level(element: Element, schema: Any, where: str, direction: str) -> Iterator[str]:
    """Compare one level of fields, then what is below it."""
    view = _view(schema)
    if not view.whole:
        return
    shown = set()
    for item in element.find("SchemaItem", within=_LEVELS):
        name = _name(item)
        if name in ("", _ANY_PROPERTY) and name not in view.properties:
            if name and not view.open:
                yield _differ(f"{where}, further properties", "allowed", "not allowed")
            continue
        shown.add(name)
        if name not in view.properties:
            yield _differ(f"{where}, field {name!r}", "has it", "nothing of it")
            continue
        yield from _field(item, view.properties[name], name in view.required, f"{where}, field {name!r}", direction)
    for name, part in view.properties.items():
        if name not in shown and name not in view.hidden and not _is_left_out(part, direction):
            yield _differ(f"{where}, field {name!r}", "nothing of it", "has it")
    for tabs in element.find("SchemaTabs", within=_LEVELS):
        for tab in tabs.elements():
            position = str(tab.attributes.get("value", "")).partition("-")[0]
            if position.isdecimal() and int(position) < len(view.alternatives):
                label = tab.attributes.get("label")
                yield from _level(tab, view.alternatives[int(position)], f"{where}, {label}", direction)


def _is_left_out(schema: Any, direction: str) -> bool:
    if not isinstance(schema, Mapping):
        return False
    key = "readOnly" if direction == "request" else "writeOnly"
    return bool(schema.get(key)) or any(_is_left_out(part, direction) for part in schema.get("allOf") or ())


def _name(item: Element) -> str:
    if "name" in item.attributes:
        return str(item.attributes["name"])
    return next((strong.text for strong in item.find("strong")), "")


def _field(item: Element, schema: Any, required: bool, where: str, direction: str) -> Iterator[str]:
    if "name" not in item.attributes:
        summary = next(item.find("summary"), Element("", {}))
        flags = {one.text for one in summary.find("span", "strong") for one in (one, *one.find("span", "strong"))}
        if ("required" in flags) != required:
            yield _differ(
                where, "required" if "required" in flags else "optional", "required" if required else "optional"
            )
        yield from _level(item, schema, where, direction)
        return
    if bool(item.attributes.get("required")) != required:
        yield _differ(where, "optional" if required else "required", "required" if required else "optional")
    shown, merged = _facts(item.attributes.get("schema")), _facts(schema)
    if not isinstance(shown, dict) or not isinstance(merged, dict):
        return
    if "allOf" in schema:
        # The generator may drop what stands beside a composition, and makes `true` of some of it.
        beside = schema.keys() - {"allOf"} | {"readOnly", "writeOnly", "example"}
        shown, merged = ({key: facts[key] for key in facts if key not in beside} for facts in (shown, merged))
    if shown != merged and not _is_cut(schema):
        yield from _all(where, shown, merged)
    yield from _qualifier(item.attributes.get("qualifierMessage"), shown, where)
    name = item.attributes.get("schemaName")
    if isinstance(name, str) and name not in _names_of_type(item.attributes["schema"]):
        yield f"{where}: the body calls it {name!r} and shows it as another type"


def _names_of_type(schema: Any) -> set[str]:
    """What versions of the generator call the type of a schema."""
    if not isinstance(schema, Mapping):
        return {str(schema), "undefined"}  # A recursion that was cut short.
    if isinstance(schema.get("items"), Mapping | str):
        return {f"{name}[]" for name in _names_of_type(schema["items"])} | {"array"}
    kind, style, title = (str(schema.get(key, "")) for key in ("type", "format", "title"))
    xml = schema.get("xml")
    names = {kind, style, f"{kind}<{style}>", title, f"{title} ({kind})", "any"}
    return names | {str(xml.get("name")) if isinstance(xml, Mapping) else kind} | (set() if kind else {"object"})


def _is_cut(schema: Any) -> bool:
    """Whether a part of a composition is a recursion that was cut short: what it holds is not known then."""
    parts = schema.get("allOf") or () if isinstance(schema, Mapping) else ()
    return any(not isinstance(part, Mapping) or _is_cut(part) for part in parts)


def _qualifier(message: Any, facts: Mapping[str, Any], where: str) -> Iterator[str]:
    """The constraints in words, `[`a`, `b`]`, repeat those of the schema beside them."""
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
    """A value as JavaScript puts it into a text."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _facts(schema: Any) -> Any:
    """A schema without what it says to people and what says nothing, compositions merged as the generator does."""
    if not isinstance(schema, Mapping):
        return schema
    facts = without_prose(each(schema, _facts))
    if facts.get("additionalProperties") in ({}, True):
        del facts["additionalProperties"]  # Any further property is allowed anyway.
    if all(isinstance(part, Mapping) for part in facts.get("allOf", ())):
        for part in facts.pop("allOf", ()):
            facts = {**part, **facts}
    return facts


def _plain_facts(schema: Any) -> Any:
    """A schema without what it says to people."""
    return without_prose(each(schema, _plain_facts)) if isinstance(schema, Mapping) else schema


def _all(where: str, body: Any, front: Any) -> Iterator[str]:
    for pointer, one, other in differences(body, front):
        yield _differ(f"{where} at {pointer}" if pointer else where, one, other)
