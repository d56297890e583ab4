"""Schemathesis beside the gate: its own cases, sent and checked by its own checks."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import ignored_auth, missing_required_header

from flowcontract.generation.request_builder import TOKEN, good
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

_CONTRACT = Contract.load()
_CONFIG = schemathesis.Config.from_dict(
    {
        "phases": {
            # Off, because it tries the methods that the contract does not have, with credentials: DELETE too.
            "coverage": {"enabled": False},
            # Off, because values that came back are sent again and again in place of new ones.
            "fuzzing": {"extra-data-sources": {"responses": False}},
        }
    }
)
_SCHEMA = schemathesis.openapi.from_dict(dict(_CONTRACT.document), config=_CONFIG)
_SAFE = ["GET", "HEAD", "OPTIONS"]


@_SCHEMA.include(method=_SAFE).parametrize()
@hypothesis.settings(
    max_examples=40,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_generated(case: "schemathesis.Case[Any]", flow_target: Target) -> None:
    """A generated case is answered as the contract documents."""
    assert case.method in _SAFE
    if not flow_target.tokens:
        pytest.skip("no token was given, and without one nothing but refusals is seen")
    operation = _CONTRACT.operation(case.operation.definition.raw["operationId"])
    headers = {name: flow_target.expand(value) for name, value in good(operation, TOKEN).headers}
    # These two take 401 for the only refusal there is, and object to a documented 403.
    excluded = [ignored_auth, missing_required_header]
    case.call_and_validate(base_url=flow_target.url, headers=headers, excluded_checks=excluded)
