"""Failing requests of Schemathesis are shown with the parts that matter, and what they share is one finding."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from flowcontract.checks import check_response
from flowcontract.checks.findings import Occurrence
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.minimization import minimized
from flowcontract.engine.options import Options
from flowcontract.engine.runner import new_session, run
from flowcontract.engine.sender import Sender
from flowcontract.http.messages import Request


def _minimized(things: Any, query: str, headers: tuple[tuple[str, str], ...] = ()) -> list[Occurrence]:
    """What is made of one generated request with this query that got a server error."""
    target = f"/api/things/{next(iter(things.things))}/?{query}"
    with Sender(things.target, timeout=5.0, time_limit=60.0, workers=1) as sender:
        session = new_session(things.contract, things.target, Options(), sender)
        request = Request("GET", target, (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"), *headers))
        probe = Probe(
            "fuzzing/1 of things_read",
            "",
            "things_read",
            request,
            Expect.DOCUMENTED,
            trigger="generated input: x",
            is_generated=True,
        )
        ((_, exchange),) = sender.send([probe])
        item = session.interaction(probe, exchange)
        found = [Occurrence(violation, item) for violation in check_response(session.context, item)]
        return minimized(session, found)


def _fails(things: Any, *names: str) -> None:
    """Let the server fail where a request has all of these query parameters."""

    def change(ask: Any, reply: Any) -> Any:
        given = dict(parse_qsl(urlsplit(ask.target).query, keep_blank_values=True))
        return replace(reply, status=500, json={"error": "oops"}) if given.keys() >= set(names) else reply

    things.change = change


@pytest.mark.parametrize(
    ("names", "query", "trigger"),
    [
        (("c",), "c=3", "query c"),
        (("b", "e"), "b=2&e=5", "query b and query e"),
        ((), "", "generated input: x"),
    ],
)
def test_the_parts_that_the_failure_needs_remain(things: Any, names: tuple[str, ...], query: str, trigger: str) -> None:
    _fails(things, *names)

    *originals, smaller = _minimized(things, "a=1&b=2&c=3&d=4&e=5&f=6", (("X-Odd", "1"),))

    request = smaller.interaction.exchange.request
    assert urlsplit(request.target).query == query
    assert [name for name, _ in request.headers] == ["Authorization"]
    assert {item.interaction.probe.trigger for item in (*originals, smaller)} == {trigger}


def test_our_own_probe_and_its_minimized_request_are_one_finding(things: Any) -> None:
    """Without the parts that the failure does not need: `verbose`, `test`, …"""

    def change(ask: Any, reply: Any) -> Any:
        fails = reply.status == 200 and "debug=true" in ask.target and "trace=1" in ask.target
        return replace(reply, status=500, json={"error": "oops"}) if fails else reply

    things.change = change

    result = run(things.contract, things.target, Options(profile="quick"))

    findings = [finding for finding in result.findings if finding.rule == "server-error"]
    assert [finding.failure.exchange.request.target.partition("?")[2] for finding in findings] == ["debug=true&trace=1"]


def test_a_parameter_that_is_repeated_is_not_minimized(things: Any) -> None:
    things.change = lambda ask, reply: replace(reply, status=500) if ask.target.count("&") > 1000 else reply

    result = run(things.contract, things.target, Options(profile="quick"))

    (finding,) = (finding for finding in result.findings if finding.rule == "server-error")
    assert finding.failure.message == "Expected no server error for many parameters, got 500."
    assert not [name for name in finding.probes if "minimized" in name]
    assert len(finding.curl) < 400


def test_another_failure_of_the_same_rule_is_not_the_one_that_is_minimized(things: Any) -> None:
    def change(ask: Any, reply: Any) -> Any:
        wrong = {"kind": "lamp"} if "b=2" in ask.target else {"uses": "many"}
        return replace(reply, json={**reply.json, **wrong}) if reply.status == 200 else reply

    things.change = change

    *_, smaller = _minimized(things, "a=1&b=2&c=3")

    assert urlsplit(smaller.interaction.exchange.request.target).query == "b=2"


def test_many_parts_cost_no_more_requests_than_there_are(things: Any) -> None:
    _fails(things, "n0", "n2999")

    *_, smaller = _minimized(things, "&".join(f"n{number}=1" for number in range(3000)))

    assert len(things.asked) <= 151
    names = parse_qsl(urlsplit(smaller.interaction.exchange.request.target).query)
    assert {"n0", "n2999"} <= {name for name, _ in names}


def test_a_failure_that_does_not_come_again_is_left_as_it_is(things: Any) -> None:
    times = iter(range(100))

    def once(_ask: Any, reply: Any) -> Any:
        return replace(reply, status=500) if next(times) == 0 else reply

    things.change = once

    (original,) = _minimized(things, "a=1&b=2")

    assert original.interaction.exchange.request.target.endswith("?a=1&b=2")


def test_of_several_headers_of_a_probe_the_one_that_matters_remains(things: Any) -> None:
    def change(ask: Any, reply: Any) -> Any:
        odd = "forwarded" in ask.headers
        return replace(reply, json={**reply.json, "label": "elsewhere"}) if odd and reply.status == 200 else reply

    things.change = change
    known = {"things_read": [{"id": key} for key in things.things]}

    result = run(things.contract, things.target, Options(path_values=known, profile="quick"))

    (finding,) = [finding for finding in result.open_findings if finding.rule == "undocumented-input-effect"]
    names = {name for name, _ in finding.failure.exchange.request.headers}
    assert "Forwarded" in names
    assert not any(name.startswith("X-Forwarded") for name in names)


def test_what_a_response_violates_in_several_parts_remains_one_finding(things: Any) -> None:
    def change(_ask: Any, reply: Any) -> Any:
        return replace(reply, json={"id": reply.json["id"]}) if reply.status == 200 else reply

    things.change = change

    found = _minimized(things, "a=1&b=2")

    assert len(found) > 2
    assert len(group_findings(found, things.contract, things.target)) == 1


def test_a_part_that_one_of_several_violations_needs_remains(things: Any) -> None:
    def change(ask: Any, reply: Any) -> Any:
        if reply.status != 200:
            return reply
        first, second, *_ = (name for name in reply.json if name != "id")
        left_out = {first, second} if "c=3" in ask.target else {second}
        return replace(reply, json={name: value for name, value in reply.json.items() if name not in left_out})

    things.change = change

    *_, smaller = _minimized(things, "a=1&c=3")

    assert urlsplit(smaller.interaction.exchange.request.target).query == "c=3"
