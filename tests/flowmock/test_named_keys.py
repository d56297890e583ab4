"""`--param`: which resources exist, for a contract whose examples do not say."""

import pytest

import flowmock
from flowcontract.errors import UsageError

TEXT = {"type": "string"}


@pytest.fixture
def things(contract_of):
    error = {"description": "", "content": {"application/json": {"schema": {"properties": {"message": TEXT}}}}}
    found = {"description": "", "content": {"application/json": {"schema": {"required": ["label"], "properties": {
        "label": TEXT}}}}}  # fmt: skip
    parameter = [{"name": "id", "in": "path", "required": True, "schema": TEXT}]
    return contract_of(
        {
            "/things/{id}": {
                "get": {"parameters": parameter, "responses": {"200": found, "404": error}},
                "delete": {"parameters": parameter, "responses": {"204": {"description": ""}, "404": error}},
            }
        }
    )


def test_named_keys_are_the_only_ones_that_exist(things, ask):
    with flowmock.running(things, param=("id=chair", "id=table")) as mock:
        answers = {key: ask(mock, f"/things/{key}").status for key in ("chair", "table", "sofa")}
        deleted = [ask(mock, f"/things/{key}", method="DELETE").status for key in ("chair", "sofa")]

    assert answers == {"chair": 200, "table": 200, "sofa": 404}
    assert deleted == [204, 404]


def test_without_any_every_key_exists(things, ask):
    with flowmock.running(things) as mock:
        assert ask(mock, "/things/sofa").status == 200


def test_a_refusal_is_the_same_whatever_the_key(things, ask):
    with flowmock.running(things, param=("id=chair",)) as mock:
        bodies = {ask(mock, f"/things/{key}").body for key in ("sofa", "lamp", "rug")}
        preferred = {ask(mock, f"/things/{key}", headers={"Prefer": "code=404"}).body for key in ("sofa", "chair")}

    assert len(bodies) == len(preferred) == 1


def test_a_key_that_completes_no_path_is_refused(things):
    with pytest.raises(UsageError, match="expected a path parameter"), flowmock.running(things, param=("name=chair",)):
        pass
