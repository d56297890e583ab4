"""Small documents in which one thing is described, to be compared with others."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
LIST = {"type": "array", "items": STRING}


def document(
    operation: Json, *, version: str = "3.1.1", path: str = "/berths", method: str = "get", **more: Any
) -> Json:
    """A document of one operation."""
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": STRING}
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]
    ]
    operation = {"parameters": parameters, "responses": {"204": {"description": "Done."}}, **operation}
    return {
        "openapi": version,
        "info": {"title": "Harbor", "version": "1"},
        "paths": {path: {method: operation}},
        **more,
    }


def content(schema: Any, media_type: str = "application/json", **more: Any) -> Json:
    return {"description": "Done.", "content": {media_type: {"schema": schema}}, **more}


def media(name: str, schema: Any) -> Json:
    return {name: {"schema": schema}}


def response(schema: Any, **more: Any) -> Json:
    return document({"responses": {"200": content(schema)}}, **more)


def body(schema: Any, **more: Any) -> Json:
    return document({"requestBody": {"required": True, **content(schema)}}, method="post", **more)


def query(schema: Any, **more: Any) -> Json:
    return document({"parameters": [{"name": "berth", "in": "query", "schema": schema, **more}]})


def statuses(**responses: Any) -> Json:
    return document({"responses": {key.lstrip("_"): value for key, value in responses.items()}}, method="post")


def fields(required: str = "", /, closed: bool = False, **properties: Any) -> Json:
    found: Json = {"type": "object", "properties": properties}
    found |= {"required": required.split()} if required else {}
    return found | ({"additionalProperties": False} if closed else {})


def secured(*alternatives: Json, **schemes: Json) -> Json:
    return document({"security": list(alternatives)}, components={"securitySchemes": schemes})


def flow(**more: Any) -> Json:
    return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example/t", "scopes": {}} | more}}


def callback(schema: Any) -> Json:
    paths = {"{$request.body#/url}": {"post": {"requestBody": content(schema), "responses": {}}}}
    return document({"callbacks": {"arrived": paths}}, method="post")


def holding(**counts: int) -> Json:
    return LIST | {"contains": {"const": "crane"}} | counts


def in_xml(berth: Json, **more: Any) -> Json:
    """A response in XML; its schema refers to itself."""
    component = fields(berth=berth, next={"$ref": "#/components/schemas/Harbor"}) | more
    content = {"application/xml": {"schema": {"$ref": "#/components/schemas/Harbor"}}}
    responses = {"200": {"description": "Done.", "content": content}}
    return document({"responses": responses}, components={"schemas": {"Harbor": component}})


def shared_callback(schema: Any) -> Json:
    paths = {"{$request.body#/url}": {"post": {"requestBody": content(schema), "responses": {}}}}
    reference = {"$ref": "#/components/callbacks/Arrived"}
    return document({"callbacks": {"arrived": reference}}, components={"callbacks": {"Arrived": paths}})


def webhook(schema: Any, tries: Json = INTEGER) -> Json:
    header = {"name": "X-Tries", "in": "header", "required": True, "schema": tries}
    operation = {"requestBody": content(schema), "responses": {}, "parameters": [header]}
    return document({}, webhooks={"sunk": {"post": operation}})


def form(encoding: Json, media_type: str = "multipart/form-data") -> Json:
    schema = fields(plan=STRING, tags={"type": "array", "items": STRING})
    media = {"schema": schema, "encoding": encoding}
    return document({"requestBody": {"content": {media_type: media}}}, method="post")


def upload(part: Json, form: Json | None = None, /, **schemas: Json) -> Json:
    """A form with a part `f`, or `form`."""
    sent = content(form or fields(f=part), "multipart/form-data")
    return document({"requestBody": sent}, method="post", components={"schemas": schemas})


def header(**header: Any) -> Json:
    return document({"responses": {"200": {"description": "", "headers": {"X-Left": header}}}})


def servers(*urls: str, path: str = "/berths") -> Json:
    return document({}, path=path, servers=[{"url": url} for url in urls])


def regions(*names: str) -> Json:
    variable: Json = {"default": "eu", **({"enum": list(names)} if names else {})}
    return document({}, servers=[{"url": "https://{region}.example/v1", "variables": {"region": variable}}])


def boats(schema: Json, way: Callable[..., Json] = response, **more: Json) -> Json:
    """A choice of boats, told apart by `rig`."""
    components = {
        "Sloop": fields("rig", rig=STRING, jib=INTEGER),
        "Yawl": fields("rig", rig=STRING, mizzen=INTEGER),
        "Brig": fields("rig guns", rig=STRING, guns=INTEGER),
        **more,
    }
    return way(schema, components={"schemas": components})


def choice(*names: str, keyword: str = "oneOf", **discriminator: Any) -> Json:
    found: Json = {keyword: [{"$ref": f"#/components/schemas/{name}"} for name in names]}
    return found | ({"discriminator": {"propertyName": "rig", **discriminator}} if discriminator else {})


def mapped(**names: str) -> Json:
    return {"mapping": {value: f"#/components/schemas/{name}" for value, name in names.items()}}


def heirs(extra: Json, *names: str) -> Json:
    """A base that names its heirs, which contain their base."""
    base = fields("sort", sort=STRING, age=INTEGER) | choice(*names) | {"discriminator": {"propertyName": "sort"}}
    parts = {
        name: {"allOf": [{"$ref": "#/components/schemas/Vessel"}, fields(**{f"of{name}": INTEGER, **extra})]}
        for name in names
    }
    vessels = {"type": "array", "items": {"$ref": "#/components/schemas/Vessel"}}
    return response(vessels, components={"schemas": {"Vessel": base, **parts}})
