"""Findings of a campaign are made from its stored groups of failures; several groups may be one finding."""

import json

import pytest

from flowcontract.checks.interaction import Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.database import StoredGroup
from flowcontract.engine.campaigns.findings import findings_of
from flowcontract.engine.campaigns.plan import FailureGroup, Shard
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

BOAT = {"application/json": {"schema": {"type": "object"}}}
BOATS = Contract(
    {
        "openapi": "3.0.3",
        "info": {"title": "Boats", "version": "1"},
        "paths": {
            "/boats": {
                "post": {
                    "operationId": "add",
                    "requestBody": {"content": BOAT},
                    "responses": {"201": {"description": "Made.", "content": BOAT}},
                },
            },
        },
    }
)


def _stored(rule: str, part: str, *, sent: object, family: str = "") -> StoredGroup:
    """A group of failures of one part; the same body sent is the same exchange."""
    json_type = ("Content-Type", "application/json")
    request = Request("POST", "/boats", (json_type,), json.dumps(sent).encode())
    exchange = Exchange(request, Response(201, (json_type,), b"{}", 0.1))
    probe = Probe("mutated/1 of add", "", "add", request, Expect.DOCUMENTED)
    violation = Violation(
        rule, f"Something is wrong with {part}.", "/paths/~1boats/post", part, part=part, family=family
    )
    group = FailureGroup(violation, probe, exchange, None, None, 2, Shard("mutated", 0), (0, 0, 0, 0, 0))
    return StoredGroup(group, 1.0, 1.0)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            [_stored("invalid-input-accepted", f"body/{name}", sent={name: 1}) for name in ("a", "b", "c")],
            "Something is wrong with body/a. Not fully validated: a, b, c.",
        ),
        (
            [_stored("schema-violation", part, sent={}, family="is missing") for part in ("/a", "/b")],
            "/a, /b: is missing",
        ),
    ],
    ids=["members that are not validated", "members that are missing together"],
)
def test_groups_that_show_one_defect_are_one_finding(groups: list[StoredGroup], message: str) -> None:
    (found,) = findings_of(groups, BOATS, Target.at("http://127.0.0.1:1", ""), is_warning=lambda _: False)

    assert found.finding.failure.message == message
    assert found.groups == tuple(stored.group for stored in groups)


def test_a_failure_of_a_rule_that_does_not_exist_any_more_is_no_finding() -> None:
    groups = [_stored("rule-of-a-plugin", "body/a", sent={}), _stored("schema-violation", "/a", sent={})]

    (found,) = findings_of(groups, BOATS, Target.at("http://127.0.0.1:1", ""), is_warning=lambda _: False)

    assert found.finding.rule == "schema-violation"
