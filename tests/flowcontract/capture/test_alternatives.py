"""Alternatives that a page empties get their properties back where the page has the same schema elsewhere."""

from typing import Any

import pytest

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
