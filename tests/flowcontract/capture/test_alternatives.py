"""Alternatives that a page empties get their properties back where the page has the same schema elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract import capture
from flowcontract.capture.alternatives import restore

CAT: dict[str, Any] = {"title": "Cat", "type": "object", "properties": {"lives": {"type": "integer"}}}
EMPTIED = {"title": "Cat", "type": "object"}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_an_emptied_alternative_is_restored_from_the_mapping(keyword: str) -> None:
    schema = {keyword: [EMPTIED], "discriminator": {"propertyName": "kind", "mapping": {"cat": CAT}}}

    assert restore({"schema": schema}) == {"schema": {**schema, keyword: [CAT]}}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [{**CAT, "required": ["lives"]}],
        [{**CAT, "title": "Dog"}],
        [CAT, {**CAT, "properties": {"lives": {"type": "string"}}}],
    ],
    ids=["nothing", "another schema", "another title", "two schemas"],
)
def test_an_alternative_stays_where_no_schema_is_surely_the_same(others: list[Any]) -> None:
    operation = {"schema": {"oneOf": [EMPTIED]}, "others": others}

    assert restore(operation) == operation


def test_alternatives_without_a_title_get_one_from_the_mapping(
    page: Callable[..., Path], answer: Callable[[Any], dict[str, Any]]
) -> None:
    oak, elm = ({"type": "object", "required": [name], "properties": {name: {"type": "string"}}} for name in ("a", "b"))
    mapping = {"oak": oak, "elm": elm, "quercus": oak}
    schema = {"oneOf": [oak, elm], "discriminator": {"propertyName": "kind", "mapping": mapping}}

    document = capture.from_pages([page(responses=answer(schema))]).document

    captured = document["paths"]["/thing/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    oaks, elms = "#/components/schemas/oak", "#/components/schemas/elm"
    assert captured["oneOf"] == [{"$ref": oaks}, {"$ref": elms}]
    assert captured["discriminator"]["mapping"] == {"oak": oaks, "elm": elms, "quercus": oaks}
    assert document["components"]["schemas"] == {"oak": oak, "elm": elm}
