"""Each rule of the diff, on the smallest pair of documents that shows it."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from flowcontract.compatibility.diff import Changes, Diff, Direction, Impact
from flowcontract.compatibility.diff.rules import CONSUMERS, RULES, TRAITS, Severity, consumer
from flowcontract.compatibility.diff.versions import Step, step
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract

from .table import check, lines

SERVER, CLIENT = Direction.UPGRADED_SERVER, Direction.UPGRADED_CLIENT
Edit = Callable[[dict[str, Any]], Any]

THING = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "name": {"type": "string", "maxLength": 5},
        "secret": {"type": "string", "writeOnly": True},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        "parent": {"allOf": [{"$ref": "#/components/schemas/Thing"}], "nullable": True},
        "of": {"oneOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "integer"}]},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "any": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "type", "mapping": {"cat": "#/components/schemas/Cat"}},
        },
    },
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1.0.0"},
    "servers": [{"url": "/api"}],
    "paths": {
        "/things/{id}": {
            "put": {
                "operationId": "putThing",
                "security": [{"key": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                    {"name": "sort", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Left": {"required": True, "schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "400": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                    },
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": THING,
            "Kind": {"type": "string", "enum": ["a", "b"]},
            "Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}},
            "Dog": {"type": "object", "properties": {"barks": {"type": "boolean"}}},
            "Problem": {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}},
        },
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "Authorization"},
            "other": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
    },
}


def operation(document: dict[str, Any]) -> Any:
    return document["paths"]["/things/{id}"]["put"]


def fields(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Thing"]["properties"]


def changed(edit: Edit, version: str = "2.0.0") -> Diff:
    """The diff between the document and its edited copy, for the strictest consumer."""
    new = copy.deepcopy(DOCUMENT)
    new["info"]["version"] = version  # type: ignore[index]
    edit(new)
    return Changes.between(Contract(DOCUMENT), Contract(new)).for_consumer(CONSUMERS["strict"])


def found(diff: Diff, direction: Direction) -> set[tuple[str, str]]:
    return {(one.rule, one.at) for one in diff.findings if one.direction is direction}


EDITS: dict[str, tuple[Edit, set[tuple[str, str]], set[tuple[str, str]]]] = {
    "a new optional field": (
        lambda d: fields(d).update(more={"type": "string"}),
        {("response-field-unknown", "/more"), ("request-field-added", "/more")},
        {("request-field-ignored", "/more")},
    ),
    "a field gone": (
        lambda d: fields(d).pop("name"),
        {("response-field-removed", "/name"), ("request-field-ignored", "/name")},
        {("response-field-unknown", "/name")},
    ),
    "a required field gone": (
        lambda d: (fields(d).pop("id"), d["components"]["schemas"]["Thing"]["required"].remove("id")),
        {("response-field-missing", "/id")},
        {("response-field-unknown", "/id")},
    ),
    "a field becomes required": (
        lambda d: d["components"]["schemas"]["Thing"]["required"].append("name"),
        {("request-field-required", "/name")},
        {("response-field-optional", "/name")},
    ),
    "a field becomes optional": (
        lambda d: d["components"]["schemas"]["Thing"]["required"].remove("kind"),
        {("response-field-optional", "/kind")},
        {("request-field-required", "/kind")},
    ),
    "another type": (
        lambda d: fields(d).update(name={"type": "boolean"}),
        {("response-type", "/name"), ("request-type", "/name")},
        {("response-type", "/name"), ("request-type", "/name")},
    ),
    "a wider type": (
        lambda d: fields(d).update(id={"type": "number", "readOnly": True}),
        {("response-type", "/id")},
        set(),
    ),
    "null in a required field": (
        lambda d: fields(d)["id"].update(nullable=True),
        {("response-null", "/id")},
        set(),
    ),
    "null": (
        lambda d: fields(d)["name"].update(nullable=True),
        {("response-optional-null", "/name")},
        {("request-null", "/name")},
    ),
    "a new value": (
        lambda d: d["components"]["schemas"]["Kind"]["enum"].append("c"),
        {("response-enum-value", "/kind"), ("request-enum-value-added", "/kind")},
        {("request-enum-value", "/kind")},
    ),
    "no enumeration": (
        lambda d: d["components"]["schemas"]["Kind"].pop("enum"),
        {("response-enum-opened", "/kind")},
        {("request-enum-value", "/kind")},
    ),
    "looser bounds": (
        lambda d: fields(d)["name"].update(maxLength=6),
        {("response-bounds", "/name")},
        {("request-bounds", "/name")},
    ),
    "a bound of zero": (
        lambda d: fields(d)["id"].update(minimum=0),
        set(),
        {("response-bounds", "/id")},
    ),
    "another format": (
        lambda d: fields(d)["name"].update(format="uuid"),
        {("request-format", "/name")},
        {("response-format", "/name")},
    ),
    "entries of another type": (
        lambda d: fields(d)["tags"].update(items={"type": "integer"}),
        {("response-type", "/tags/*"), ("request-type", "/tags/*")},
        {("response-type", "/tags/*"), ("request-type", "/tags/*")},
    ),
    "values of a map of another type": (
        lambda d: fields(d)["map"].update(additionalProperties={"type": "string"}),
        {("response-type", "/map/*"), ("request-type", "/map/*")},
        {("response-type", "/map/*"), ("request-type", "/map/*")},
    ),
    "another alternative": (
        lambda d: fields(d)["of"]["oneOf"].append({"type": "array", "items": {}}),
        {("response-type", "/of")},
        {("request-type", "/of")},
    ),
    "no further fields": (
        lambda d: (d["components"]["schemas"]["Thing"].update(additionalProperties=False), fields(d).pop("name")),
        {("response-field-removed", "/name"), ("request-field-rejected", "/name"), ("request-closed", "")},
        {("response-field-forbidden", "/name")},
    ),
    "an operation gone": (lambda d: d["paths"].clear(), {("operation-removed", "")}, set()),
    "an operation new": (
        lambda d: d["paths"].update({"/new": {"get": {"operationId": "n", "responses": {}}}}),
        {("operation-added", "")},
        {("operation-missing", "")},
    ),
    "another id": (lambda d: operation(d).update(operationId="x"), {("operation-id-changed", "")}, set()),
    "deprecated": (lambda d: operation(d).update(deprecated=True), {("operation-deprecated", "")}, set()),
    "another base path": (
        lambda d: d["servers"][0].update(url="/v2"),
        {("server-changed", "")},
        {("server-changed", "")},
    ),
    "open to all": (lambda d: operation(d).update(security=[]), set(), {("security-required", "")}),
    "another header for the token": (
        lambda d: operation(d).update(security=[{"other": []}]),
        {("security-changed", "")},
        {("security-changed", "")},
    ),
    "the same header, described otherwise": (
        lambda d: operation(d).update(security=[{"header": []}]),
        {("security-scheme-changed", "")},
        set(),
    ),
    "a required parameter": (
        lambda d: operation(d)["parameters"].append(
            {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        {("parameter-required", "")},
        {("parameter-ignored", "")},
    ),
    "an optional parameter": (
        lambda d: operation(d)["parameters"].append({"name": "q", "in": "query", "schema": {"type": "string"}}),
        {("parameter-added", "")},
        {("parameter-ignored", "")},
    ),
    "tighter bounds of a parameter": (
        lambda d: operation(d)["parameters"][1]["schema"].update(maximum=5),
        {("request-bounds", "")},
        set(),
    ),
    "a parameter written another way": (
        lambda d: operation(d)["parameters"][2].update(explode=False),
        {("parameter-style-changed", "")},
        {("parameter-style-changed", "")},
    ),
    "a path parameter by another name": (
        lambda d: (
            d["paths"].update({"/things/{key}": d["paths"].pop("/things/{id}")}),
            d["paths"]["/things/{key}"]["put"]["parameters"][0].update(name="key"),
        ),
        {("parameter-name-changed", "")},
        set(),
    ),
    "a body that has to be sent": (
        lambda d: operation(d)["requestBody"].update(required=True),
        {("request-body-required", "")},
        set(),
    ),
    "no body": (
        lambda d: operation(d).pop("requestBody"),
        {("request-body-ignored", "")},
        set(),
    ),
    "another media type taken": (
        lambda d: operation(d)["requestBody"]["content"].update({"text/plain": {}}),
        {("request-media-added", "")},
        {("request-media-removed", "")},
    ),
    "another media type sent": (
        lambda d: operation(d)["responses"]["200"]["content"].update({"text/plain": {}}),
        {("response-media-added", "")},
        set(),
    ),
    "no media type": (
        lambda d: operation(d)["responses"]["200"].pop("content"),
        {("response-media-removed", "")},
        set(),
    ),
    "another status": (
        lambda d: operation(d)["responses"].update({"404": {"description": ""}}),
        {("response-status-added", "")},
        set(),
    ),
    "no success": (
        lambda d: operation(d)["responses"].pop("200"),
        {("response-status-removed", "")},
        set(),
    ),
    "a header gone": (
        lambda d: operation(d)["responses"]["200"].pop("headers"),
        {("response-header-missing", "")},
        set(),
    ),
    "another type of a header": (
        lambda d: operation(d)["responses"]["200"]["headers"]["X-Left"].update(schema={"type": "string"}),
        {("response-type", "")},
        set(),
    ),
    "a new header": (
        lambda d: operation(d)["responses"]["200"]["headers"].update({"X-New": {"schema": {"type": "string"}}}),
        {("response-header-added", "")},
        set(),
    ),
    "another default": (
        lambda d: fields(d)["tags"].update(default=["a"]),
        {("request-default", "/tags")},
        set(),
    ),
    "further fields of any type": (
        lambda d: fields(d)["map"].update(additionalProperties=True),
        {("response-type", "/map/*")},
        {("request-type", "/map/*")},
    ),
    "another value names an alternative": (
        lambda d: fields(d)["any"]["discriminator"].update(mapping={"tom": "#/components/schemas/Cat"}),
        {("response-discriminator", "/any"), ("request-discriminator", "/any")},
        {("response-discriminator", "/any"), ("request-discriminator", "/any")},
    ),
    "another field names an alternative": (
        lambda d: fields(d)["any"]["discriminator"].update(propertyName="sort"),
        {("response-discriminator", "/any"), ("request-discriminator", "/any")},
        {("response-discriminator", "/any"), ("request-discriminator", "/any")},
    ),
    "a scope more": (
        lambda d: operation(d).update(security=[{"key": ["things:write"]}]),
        {("security-scope-added", "")},
        set(),
    ),
    "an answer that is none": (
        lambda d: operation(d)["responses"].update({"400": {"$ref": "#/components/schemas/Problem"}}),
        {("document-invalid", "")},
        set(),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_found_in_both_directions_and_nothing_else(name: str) -> None:
    edit, server, client = EDITS[name]

    diff = changed(edit)

    assert found(diff, SERVER) == server
    assert found(diff, CLIENT) == client


def test_the_findings_are_those_of_the_table() -> None:
    found = (lines(name, changed(edit)) for name, (edit, _, _) in EDITS.items())

    check("edits", itertools.chain.from_iterable(found))


def inlined(document: Any, node: Any, seen: tuple[str, ...] = ()) -> Any:
    """The same document with every reference written out, but for those that would never end."""
    if isinstance(node, list):
        return [inlined(document, item, seen) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and node["$ref"] not in seen:
        name = node["$ref"].rpartition("/")[2]
        return inlined(document, document["components"]["schemas"][name], (*seen, node["$ref"]))
    return {key: inlined(document, value, seen) for key, value in node.items()}


SILENT: dict[str, Edit] = {
    "other words": lambda d: (
        d["info"].update(description="new"),
        operation(d).update(description="new", summary="new", tags=["new"]),
        fields(d)["name"].update(description="new", title="new", example="new"),
        operation(d)["responses"]["200"].update(description="new"),
    ),
    "another order": lambda d: (
        d["components"]["schemas"]["Kind"]["enum"].reverse(),
        d["components"]["schemas"]["Thing"]["required"].reverse(),
        operation(d)["parameters"].reverse(),
        fields(d)["of"]["oneOf"].reverse(),
    ),
    "references written out": lambda d: d.update(paths=inlined(DOCUMENT, d["paths"])),
    "answers moved to components": lambda d: (
        d["components"].update(responses={"Bad": operation(d)["responses"]["400"]}),
        operation(d)["responses"].update({"400": {"$ref": "#/components/responses/Bad"}}),
    ),
    "parameters moved to the path": lambda d: d["paths"]["/things/{id}"].update(
        parameters=operation(d).pop("parameters")
    ),
    "a composition around a reference": lambda d: fields(d).update(
        kind={"allOf": [{"$ref": "#/components/schemas/Kind"}], "description": "new"}
    ),
    "a choice of one": lambda d: fields(d).update(kind={"oneOf": [{"$ref": "#/components/schemas/Kind"}]}),
    "bounds in two parts": lambda d: fields(d).update(
        name={"type": "string", "allOf": [{"maxLength": 9}, {"maxLength": 5}]}
    ),
    "an object in two parts": lambda d: d["components"]["schemas"].update(
        Problem={
            "allOf": [
                {"type": "object", "properties": {"detail": {}}},
                {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}},
            ]
        }
    ),
    "a charset": lambda d: operation(d)["responses"]["200"].update(
        content={"application/json; charset=utf-8": operation(d)["responses"]["200"]["content"]["application/json"]}
    ),
    "security for all operations": lambda d: d.update(security=operation(d).pop("security")),
    "what says nothing": lambda d: (
        fields(d)["name"].update(nullable=False, deprecated=False),
        operation(d).update(deprecated=False),
        d["components"]["schemas"]["Thing"].update(additionalProperties=True),
    ),
    "another host": lambda d: d["servers"][0].update(url="https://host.example/api/"),
    "an extension": lambda d: operation(d).update({"x-new": 1}),
    "a component that nobody uses": lambda d: d["components"]["schemas"].update(New={"type": "string"}),
}


@pytest.mark.parametrize("name", SILENT)
def test_text_and_refactorings_are_silent(name: str) -> None:
    diff = changed(SILENT[name])

    assert diff.findings == ()
    assert diff.impact is Impact.SILENT


def test_a_renamed_component_is_told_once() -> None:
    def rename(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Sort"] = document["components"]["schemas"].pop("Kind")
        fields(document)["kind"]["$ref"] = "#/components/schemas/Sort"
        fields(document)["of"]["oneOf"][0]["$ref"] = "#/components/schemas/Sort"

    diff = changed(rename)

    assert [(one.rule, one.text) for one in diff.findings] == [("component-renamed", "Kind and Sort")]
    assert diff.impact is Impact.SILENT


def test_a_change_deep_in_a_schema_that_contains_itself_is_found() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Thing"]["properties"]["deep"] = {
            "type": "object",
            "properties": {"thing": {"$ref": "#/components/schemas/Thing"}},
        }

    assert ("response-field-unknown", "/deep") in found(changed(edit), SERVER)


def test_a_composition_that_leads_back_to_itself_is_compared() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Kind"]["allOf"] = [{"$ref": "#/components/schemas/Kind"}]

    assert changed(edit).findings == ()


def test_what_an_object_holds_is_told_once() -> None:
    def edit(document: dict[str, Any]) -> None:
        fields(document).update(again={"$ref": "#/components/schemas/Thing"}, more={"type": "string"})

    told = [one.at for one in changed(edit).findings if one.rule == "response-field-unknown"]

    assert sorted(told) == ["/again", "/more"]


def test_one_member_of_a_resource_with_two_schemas_is_told_once() -> None:
    def shop(*names: str) -> Contract:
        properties = {name: {"type": "string"} for name in names}
        schemas = {"Book": {"type": "object", "properties": properties}, "Patch": {"properties": properties}}
        responses = {"200": {"description": ""}}

        def sends(name: str) -> dict[str, Any]:
            schema = {"$ref": f"#/components/schemas/{name}"}
            return {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": responses}

        number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        paths = {
            "/books/": {"post": sends("Book")},
            "/books/{id}/": {"parameters": [number], "patch": sends("Patch")},
        }
        info = {"title": "Shop", "version": "1"}
        return Contract({"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas}})

    changes = Changes.between(shop("title", "isbn"), shop("title")).for_consumer(consumer("reader"))

    found = {one.rule: one.operations for one in changes.findings if one.direction is SERVER}
    assert found["request-field-ignored"] == ("POST /books/", "PATCH /books/{id}/")
    assert len([one for one in changes.findings if one.rule == "request-field-ignored"]) == 1


def test_an_error_body_breaks_nobody() -> None:
    diff = changed(lambda d: d["components"]["schemas"]["Problem"].pop("required"))

    assert [(one.rule, one.severity) for one in diff.findings] == [("response-field-optional", Severity.WARNING)]


def test_findings_lead_to_lines_of_both_documents() -> None:
    diff = changed(lambda d: fields(d)["name"].update(maxLength=6))

    one = next(one for one in diff.findings if one.rule == "response-bounds")
    assert one.old.pointer == one.new.pointer == "/components/schemas/Thing/properties/name"
    assert one.location == "PUT /things/{id} response 200 application/json /name"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0.0", "1.0.0", Step.SAME),
        ("1.0.0", "1.0.1", Step.PATCH),
        ("1.0", "1.0.1", Step.PATCH),
        ("1.0.0", "1.1.0", Step.MINOR),
        ("1.9.0", "2.0.0", Step.MAJOR),
        ("2025.12.0", "2025.12.2", Step.PATCH),
        ("2025.10.0", "2025.12.0", Step.FEATURE),
        ("2.0.0", "1.0.0", Step.LOWER),
        ("v1.2.3", "1.2.3-rc1", Step.SAME),
        ("latest", "1.0.0", Step.UNKNOWN),
        ("", "", Step.UNKNOWN),
    ],
)
def test_the_step_between_two_versions(old: str, new: str, expected: Step) -> None:
    assert step(old, new) is expected


@pytest.mark.parametrize(
    ("version", "edit", "rule"),
    [
        ("1.0.0", lambda d: fields(d).update(x={}), "version-not-raised"),
        ("1.0.1", lambda d: operation(d)["responses"].update({"404": {"description": ""}}), "version-adds-in-patch"),
        ("1.0.1", lambda d: d["paths"].clear(), "version-breaks-in-patch"),
        ("1.1.0", lambda d: d["paths"].clear(), "version-breaks-in-minor"),
        ("0.9.0", lambda d: None, "version-lowered"),
    ],
)
def test_a_version_has_to_say_how_much_changed(version: str, edit: Edit, rule: str) -> None:
    assert rule in {one.rule for one in changed(edit, version).findings}


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0", "2.0.0"])
def test_any_version_will_do_where_nothing_changed(version: str) -> None:
    assert changed(lambda d: None, version).findings == ()


def test_a_consumer_is_named_listed_or_written_down(tmp_path: Any) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("traits: [closed-enums]\n", encoding="utf-8")

    assert consumer("python").name == "python"
    assert consumer("closed-enums, rejects-null").traits == {"closed-enums", "rejects-null"}
    assert consumer(str(path)).traits == {"closed-enums"}


@pytest.mark.parametrize("name", ["", "rust", "closed-enums,wrong"])
def test_what_is_no_consumer_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="python"):
        consumer(name)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("trait: [closed-enums]\n", "'traits'"), ("traits: [closed-enum]\n", "'closed-enums'")],
)
def test_a_misspelled_key_or_trait_of_a_consumer_is_named(tmp_path: Any, text: str, meant: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=f"Did you mean {meant}"):
        consumer(str(path))


def test_the_rules_hold_together() -> None:
    assert {rule.trait for rule in RULES.values()} <= TRAITS.keys() | {""}
    assert all(one.traits <= TRAITS.keys() for one in CONSUMERS.values())
    assert {rule for _, server, client in EDITS.values() for rule, _ in server | client} <= RULES.keys()


def test_another_host_of_the_server_is_told() -> None:
    old, new = (copy.deepcopy(DOCUMENT) | {"servers": [{"url": f"https://{host}/api"}]} for host in ("a.org", "b.org"))

    (finding,) = Changes.between(Contract(old), Contract(new)).for_consumer(CONSUMERS["reader"]).findings[:1]
    assert (finding.rule, finding.text) == ("server-address-changed", "https://b.org instead of https://a.org")


def test_a_client_that_goes_through_the_entries_of_a_list_requires_a_list() -> None:
    entries = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}

    def answering(items: Any, *required: str) -> Contract:
        schema = {"type": "object", "required": list(required), "properties": {"items": items}}
        content = {"content": {"application/json": {"schema": schema}}}
        paths = {"/all": {"get": {"responses": {"200": {"description": "All.", **content}}}}}
        return Contract({"openapi": "3.1.1", "info": {"title": "T", "version": "1"}, "paths": paths})

    def breaks(old: Contract, new: Contract) -> bool:
        return bool(
            Changes.between(old, new).for_consumer(consumer("typescript")).unreadable(Direction.UPGRADED_SERVER)
        )

    assert breaks(answering(entries, "items"), answering(entries | {"type": ["array", "null"]}, "items"))
    assert breaks(answering(entries, "items"), answering({"type": "object"}, "items"))
    assert breaks(answering(entries, "items"), answering(entries))
    assert not breaks(answering(entries), answering({"type": "object"}))
    assert not breaks(answering({"type": "string"}, "items"), answering({"type": "integer"}, "items"))


SEVERITIES = {
    ("", "breaking"): """
        operation-removed operation-missing server-changed security-required security-scope-added security-flow-removed
        security-changed parameter-required parameter-style-changed request-body-required request-media-removed
        request-xml response-xml
        request-part-type request-part-style request-type request-null request-enum-value request-format
        request-bounds request-values request-field-required request-field-rejected request-discriminator
        request-variant request-variant-ambiguous response-status-removed response-media-removed
        response-header-missing response-field-removed callback-media-changed version-requires-in-patch
        version-breaks-in-patch
    """,
    ("", "additive"): """
        operation-added security-relaxed security-flow-added parameter-added request-body-added request-media-added
        request-enum-value-added request-field-added request-variant-added response-status-added
        response-media-added response-header-added callback-added webhook-added
    """,
    ("", "warning"): """
        operation-deprecated server-address-changed server-removed security-type-changed security-url-changed
        security-scope-removed parameter-ignored parameter-reserved-escaped parameter-empty-rejected
        request-body-ignored request-pattern request-undecided request-closed request-field-ignored request-default
        request-discriminator-added response-success-added response-redirect-removed response-error-removed
        response-media-opened response-header-removed response-header-style response-pattern response-undecided
        callback-removed callback-response-changed callback-parameter-missing webhook-removed document-invalid
        version-not-raised version-lowered version-adds-in-patch version-breaks-in-minor
    """,
    ("", "generated"): """
        operation-id-changed security-scheme-changed parameter-name-changed component-renamed document-repaired
    """,
    ("checks-types", "breaking"): """
        response-type
    """,
    ("rejects-null", "warning"): """
        response-null
    """,
    ("rejects-optional-null", "warning"): """
        response-optional-null
    """,
    ("closed-enums", "additive"): """
        response-enum-value response-enum-opened
    """,
    ("checks-formats", "warning"): """
        response-format
    """,
    ("checks-bounds", "additive"): """
        response-bounds response-values
    """,
    ("requires-fields", "warning"): """
        response-field-missing response-field-optional
    """,
    ("requires-nullable", "warning"): """
        response-nullable-field-missing
    """,
    ("rejects-unknown", "additive"): """
        response-field-unknown
    """,
    ("checks-types", "warning"): """
        response-field-forbidden response-discriminator response-variant
    """,
}
"""Every rule, by the trait of the consumers that it breaks and the severity for all others."""
TRAITS_OF = {
    "reader": "checks-types closed-enums rejects-null rejects-optional-null requires-fields requires-nullable",
    "strict": " ".join(sorted(TRAITS)),
    "python": "checks-bounds checks-formats checks-types closed-enums rejects-null requires-fields",
    "typescript": "reads-lists",
    "go": "checks-types closed-enums rejects-unknown requires-fields requires-nullable",
    "go-before-7.8": "checks-types closed-enums",
}


def test_every_rule_has_the_severity_of_this_table() -> None:
    found = {name: (rule.trait, str(rule.otherwise)) for name, rule in RULES.items()}

    assert found == {name: severity for severity, names in SEVERITIES.items() for name in names.split()}


def test_every_consumer_has_the_traits_of_this_table() -> None:
    assert {name: " ".join(sorted(each.traits)) for name, each in CONSUMERS.items()} == TRAITS_OF
