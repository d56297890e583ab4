"""What is captured from pages is what the API's own document says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract import capture
from flowcontract.errors import CaptureError
from flowcontract.openapi import documents

MakePage = Callable[..., Path]
DocumentedResponse = Callable[[Any], dict[str, Any]]


def schema_of(document: dict[str, Any], path: str = "/thing/") -> Any:
    return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def titled(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": "string"}}, "title": "Thing", **more}


OPERATIONS = {"get-node": "getNode", "mixed-put": "mixedPut", "create-pet": "create-pet"}


@pytest.mark.parametrize("version", ["2.2", "4.0", "4.4", "5.2"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_page_gives_what_the_document_it_was_made_from_gives(version: str, name: str, pages: Path) -> None:
    captured = capture.from_pages([pages / version / f"{name}.api.mdx"])

    assert captured.document == capture.from_schema(str(pages / "openapi.yaml"), [OPERATIONS[name]]).document
    assert captured.disagreements == captured.warnings == ()


@pytest.mark.parametrize(
    ("version", "name", "operation"),
    [
        *(("1.1", "lend", "lend"), ("2.2", "lend", "lend"), ("5.2", "lend", "lend")),
        *(("1.1", "list-loans", "listLoans"), ("2.2", "list-loans", "listLoans"), ("5.2", "list-loans", "listLoans")),
        *(("1.1", "read-holder", "readHolder"), ("5.2", "read-holder", "readHolder")),
    ],
)
def test_pages_of_a_document_of_openapi_31(version: str, name: str, operation: str, pages: Path) -> None:
    captured = capture.from_pages([pages / version / f"{name}.api.mdx"])

    assert captured.document == capture.from_schema(str(pages / "openapi-3.1.yaml"), [operation]).document
    assert captured.document["openapi"] == "3.1.0"
    assert captured.disagreements == captured.warnings == ()


def test_a_page_that_mixes_keywords_of_both_versions_loses_none(page: MakePage, answer: DocumentedResponse) -> None:
    both = {
        "type": "object",
        "properties": {"a": {"const": 1}, "b": {"type": "string", "nullable": True}},
    }

    document = capture.from_pages([page(responses=answer(both))]).document

    assert document["openapi"] == "3.1.0"
    assert schema_of(document)["properties"] == {"a": {"const": 1}, "b": {"type": ["string", "null"]}}


def test_what_is_not_valid_in_the_source_is_captured_with_a_warning(page: MakePage, answer: DocumentedResponse) -> None:
    captured = capture.from_pages([page(responses=answer({"oneOf": []}))])

    assert schema_of(captured.document) == {"oneOf": []}
    assert any("not valid OpenAPI" in line for line in captured.warnings)


def test_several_pages_become_one_document(pages: Path) -> None:
    captured = capture.from_pages(sorted((pages / "4.4").glob("*.mdx")))

    whole = capture.from_schema(str(pages / "openapi.yaml"), ["mixedPut", "getNode", "create-pet"])
    assert captured.document == whole.document


def test_the_order_of_pages_changes_nothing(pages: Path) -> None:
    names = sorted((pages / "4.4").glob("*.mdx"))

    texts = {documents.dump(capture.from_pages(order).document) for order in (names, names[::-1], [*names, names[0]])}

    assert len(texts) == 1


def test_alternatives_that_a_page_empties_are_reported(pages: Path) -> None:
    captured = capture.from_pages([pages / "2.2" / "read-holder.api.mdx"])

    assert any("Person, field 'name': present in the body" in line for line in captured.disagreements)


def test_no_prose_is_kept_unless_it_is_asked_for(pages: Path) -> None:
    page = pages / "4.4" / "get-node.api.mdx"

    assert "Get `<node>`" not in documents.dump(capture.from_pages([page]).document)
    assert "Get `<node>`" in documents.dump(capture.from_pages([page], keep_prose=True).document)


@pytest.mark.parametrize("keep_prose", [False, True])
def test_fields_that_are_called_like_prose_are_no_prose(keep_prose: bool, pages: Path) -> None:
    document = capture.from_pages([pages / "4.4" / "mixed-put.api.mdx"], keep_prose=keep_prose).document

    assert set(document["components"]["schemas"]["Base"]["properties"]) == {"id", "title", "description", "summary"}


def test_prose_is_the_same_from_page_and_document(pages: Path) -> None:
    page = capture.from_pages([pages / "4.4" / "get-node.api.mdx"], keep_prose=True).document
    whole = capture.from_schema(str(pages / "openapi.yaml"), ["getNode"], keep_prose=True).document

    del whole["paths"]["/nodes/{id}"]["get"]["summary"]  # A page does not hold it.
    assert page == whole


def test_components_with_names_beyond_ascii_stay_apart(page: MakePage, answer: DocumentedResponse) -> None:
    names = {"one": "\u65e5\u672c", "two": "\u4e2d\u56fd"}
    pages = [
        page(name, responses=answer(titled(title=title, properties={name: {"type": "string"}})))
        for name, title in names.items()
    ]

    captured = capture.from_pages(pages)

    assert captured.disagreements == ()
    assert len(captured.document["components"]["schemas"]) == 2


def test_the_payload_of_an_example_is_left_alone(pages: Path) -> None:
    document = capture.from_pages([pages / "4.4" / "get-node.api.mdx"]).document

    media = document["paths"]["/nodes/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert media["examples"]["one"]["value"] == {"name": "a", "description": "keep me", "title": "keep"}


def test_a_schema_that_stands_in_two_places_is_written_once(page: MakePage, answer: DocumentedResponse) -> None:
    both = {"type": "object", "properties": {"one": titled(), "many": {"type": "array", "items": titled()}}}

    document = capture.from_pages([page(responses=answer(both))]).document

    assert document["components"]["schemas"]["Thing"] == {"type": "object", "properties": {"a": {"type": "string"}}}
    assert schema_of(document)["properties"] == {
        "one": {"$ref": "#/components/schemas/Thing"},
        "many": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    }


def test_what_only_one_place_says_stays_there(page: MakePage, answer: DocumentedResponse) -> None:
    both = {"type": "object", "properties": {"plain": titled(), "fixed": titled(readOnly=True)}}

    document = capture.from_pages([page(responses=answer(both))]).document

    assert schema_of(document)["properties"] == {
        "plain": {"$ref": "#/components/schemas/Thing"},
        "fixed": {"allOf": [{"$ref": "#/components/schemas/Thing"}], "readOnly": True},
    }


def test_a_place_that_allows_null_has_a_schema_of_its_own(page: MakePage, answer: DocumentedResponse) -> None:
    both = {"type": "object", "properties": {"plain": titled(), "maybe": titled(nullable=True)}}

    document = capture.from_pages([page(responses=answer(both))]).document

    assert schema_of(document)["properties"]["plain"] == {"$ref": "#/components/schemas/Thing"}
    assert schema_of(document)["properties"]["maybe"]["nullable"] is True
    assert "properties" in schema_of(document)["properties"]["maybe"]


def test_the_title_of_a_plain_field_is_text(page: MakePage, answer: DocumentedResponse) -> None:
    named = {"type": "object", "properties": {"pk": {"type": "integer", "title": "ID"}}}

    document = capture.from_pages([page(responses=answer(named))]).document

    assert "components" not in document
    assert schema_of(document)["properties"]["pk"] == {"type": "integer"}


def test_a_recursion_leads_back_to_its_component(page: MakePage, answer: DocumentedResponse) -> None:
    tree = {"type": "object", "properties": {"left": "circular(Tree)"}, "title": "Tree"}

    document = capture.from_pages([page(responses=answer(tree))]).document

    reference = {"$ref": "#/components/schemas/Tree"}
    assert schema_of(document) == reference
    assert document["components"]["schemas"]["Tree"]["properties"]["left"] == reference


def test_a_recursion_without_a_name_is_reported(page: MakePage, answer: DocumentedResponse) -> None:
    captured = capture.from_pages([page(responses=answer({"type": "object", "properties": {"left": "circular()"}}))])

    assert schema_of(captured.document)["properties"]["left"] == {}
    assert any("recursion" in line for line in captured.disagreements)


def test_a_recursion_to_a_schema_that_no_page_shows_is_refused(page: MakePage, answer: DocumentedResponse) -> None:
    with pytest.raises(CaptureError, match="Elsewhere"):
        capture.from_pages([page(responses=answer({"type": "array", "items": "circular(Elsewhere)"}))])


def test_a_page_with_the_name_of_another_is_captured_with_a_warning(page: MakePage) -> None:
    captured = capture.from_pages([page("thing", operationId="other_thing")])

    assert captured.disagreements == ()
    assert "ID of the page is 'thing', the ID of its operation 'other_thing'" in captured.warnings[0]


def test_pages_that_differ_about_a_component_are_reported(page: MakePage, answer: DocumentedResponse) -> None:
    one = page("one", responses=answer(titled()))
    two = page("two", responses=answer(titled(properties={"a": {"type": "integer"}})))

    captured = capture.from_pages([two, one])

    assert len(captured.disagreements) == 1
    for text in ("one.api.mdx", "two.api.mdx", "Thing", "/properties/a/type", '"string"', '"integer"'):
        assert text in captured.disagreements[0]
    assert schema_of(captured.document, "/one/") == {"$ref": "#/components/schemas/Thing"}
    assert schema_of(captured.document, "/two/")["properties"] == {"a": {"type": "integer"}}


def test_pages_that_differ_about_a_recursion_are_refused(page: MakePage, answer: DocumentedResponse) -> None:
    one = page("one", responses=answer(titled(properties={"a": "circular(Thing)"})))
    two = page("two", responses=answer(titled(properties={"a": {"type": "integer"}})))

    with pytest.raises(CaptureError, match="Thing at /properties/a"):
        capture.from_pages([one, two])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"info": {"title": "Things", "version": "2.0"}}, "/version"),
        ({"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}}, "/scheme"),
        ({"operationId": "thing", "path": "/thing/", "tags": ["other"]}, "/tags"),
    ],
)
def test_pages_that_disagree_about_the_api_are_refused(fields: dict[str, Any], said: str, page: MakePage) -> None:
    schemes = {"key": {"type": "http", "scheme": "bearer"}}
    one = page("thing", securitySchemes=schemes, tags=["first"])
    two = page("other", **{"securitySchemes": schemes, **fields})

    with pytest.raises(CaptureError, match=said):
        capture.from_pages([one, two])


def test_security_is_what_the_page_says(page: MakePage) -> None:
    schemes = {"key": {"type": "http", "scheme": "bearer"}}
    document = capture.from_pages(
        [
            page("none", securitySchemes=schemes),
            page("open", securitySchemes=schemes, security=[]),
            page("kept", securitySchemes=schemes, security=[{"key": []}]),
        ]
    ).document

    found = {path: item["get"].get("security") for path, item in document["paths"].items()}
    assert found == {"/none/": None, "/open/": [], "/kept/": [{"key": []}]}


def test_a_page_of_another_server_says_so(page: MakePage) -> None:
    document = capture.from_pages([page("a"), page("b", servers=[{"url": "https://b.example/"}])]).document

    assert document["servers"] == [{"url": "/api/"}]
    assert document["paths"]["/b/"]["get"]["servers"] == [{"url": "https://b.example/"}]


@pytest.mark.parametrize(
    "fields",
    [
        {"parameters": "x"},
        {"parameters": [1]},
        {"requestBody": []},
        {"responses": {"200": 1}},
        {"info": "x"},
        {"responses": {"200": {"content": {"application/json": {"schema": [1]}}}}},
        {"responses": {"200": {"content": {"application/json": {"schema": "no marker"}}}}},
        {"servers": "x"},
        {"securitySchemes": [1]},
        {"security": 5},
    ],
)
def test_an_operation_of_the_wrong_shape_is_refused(fields: dict[str, Any], page: MakePage) -> None:
    with pytest.raises(CaptureError, match=r"thing\.api\.mdx"):
        capture.from_pages([page(**fields)])


def test_schemas_nested_beyond_measure_are_refused(page: MakePage, answer: DocumentedResponse) -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(450):
        schema = {"type": "array", "items": schema}

    with pytest.raises(CaptureError, match="nested too deeply"):
        capture.from_pages([page(responses=answer(schema))])


def test_a_file_grows_by_pages_and_operations_of_a_document(pages: Path, tmp_path: Path) -> None:
    whole = capture.from_pages(sorted((pages / "5.2").glob("[cgm]*.mdx"))).document
    file = tmp_path / "captured.yaml"

    documents.write(file, documents.dump(capture.from_pages([pages / "5.2" / "mixed-put.api.mdx"]).document))
    documents.write(
        file,
        documents.dump(
            capture.combine(
                [pages / "5.2" / "get-node.api.mdx"],
                schema=str(pages / "openapi.yaml"),
                operations=["create-pet"],
                add_to=file,
            ).document
        ),
    )

    assert documents.read(file) == whole


def test_an_operation_that_is_captured_again_is_replaced(page: MakePage, tmp_path: Path) -> None:
    file = tmp_path / "captured.yaml"
    documents.write(file, documents.dump(capture.from_pages([page("thing", tags=["old"])]).document))

    document = capture.combine([page("thing", tags=["new"])], add_to=file).document

    assert document["paths"]["/thing/"]["get"]["tags"] == ["new"]


def test_a_page_of_openapi_31_upgrades_the_file_it_is_added_to(
    page: MakePage, answer: DocumentedResponse, tmp_path: Path
) -> None:
    file = tmp_path / "captured.yaml"
    old = page("old", responses=answer({"type": "string", "nullable": True}))
    documents.write(file, documents.dump(capture.from_pages([old]).document))

    document = capture.combine([page("new", responses=answer({"const": 1}))], add_to=file).document

    assert document["openapi"] == "3.1.0"
    assert schema_of(document, "/old/") == {"type": ["string", "null"]}


def test_only_a_captured_file_can_be_added_to(page: MakePage, pages: Path) -> None:
    with pytest.raises(CaptureError, match="components/parameters"):
        capture.combine([page()], add_to=pages / "openapi.yaml")
