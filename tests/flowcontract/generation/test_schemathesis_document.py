"""What is changed in a contract before Schemathesis works with it."""

import pytest

from flowcontract.generation.schemathesis_document import prepared


def test_null_is_left_out_where_it_is_not_a_value() -> None:
    schema = {"allOf": None, "default": None, "enum": ["a", None], "items": {"anyOf": None, "type": "string"}}

    assert prepared(schema) == {"default": None, "enum": ["a", None], "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^[a-z]{1,1000000}$", "^[a-z]{1,}$"),
        ("^[a-z]{1,255}$", "^[a-z]{1,255}$"),
        (r"^\{1,1000000\}$", r"^\{1,1000000\}$"),
    ],
)
def test_a_repetition_beyond_any_text_has_no_upper_bound(pattern: str, expected: str) -> None:
    assert prepared({"pattern": pattern}) == {"pattern": expected}
    assert prepared({"example": {"pattern": pattern}}) == {"example": {"pattern": pattern}}


def test_parameters_for_content_negotiation_are_left_out() -> None:
    accept, tenant = {"name": "Accept", "in": "header"}, {"name": "X-Tenant", "in": "header"}
    references = [{"$ref": f"#/components/parameters/{name}"} for name in ("accept", "tenant")]
    declared = {"parameters": {"accept": accept, "tenant": tenant}}

    found = prepared({"paths": {"/": {"parameters": [*references, accept, tenant]}}, "components": declared})

    assert found["paths"]["/"]["parameters"] == [references[1], tenant]
