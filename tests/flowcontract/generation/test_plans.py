"""The probes of a few operations, each in full, are those of the committed tables.

After a change that is meant, `FLOWCONTRACT_WRITE=1 pytest tests/flowcontract/generation/test_plans.py` writes them
anew: what the diff of the tables shows is what changed for every user.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks.probe import Probe
from flowcontract.generation import probes
from flowcontract.generation.probes.operation_context import OperationContext
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

DATA = Path(__file__).resolve().parents[2] / "data"
KNOWN = [{"id": "old-chair"}, {"id": "round-table"}]
_LONG = 120
"""Characters of a value that a table shows whole."""


def _context(operation: dict[str, Any] | None = None, **more: Any) -> OperationContext:
    contract = Contract.load(DATA / "contracts" / "things.yaml")
    if operation is not None:
        schemes = {
            "key": {"type": "apiKey", "in": "query", "name": "key"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
            "basic": {"type": "http", "scheme": "basic"},
        }
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Small", "version": "1"},
            "components": {"securitySchemes": schemes},
            "paths": {operation.pop("path"): {operation.pop("method"): operation}},
        }
        contract = Contract(document)
    found = next(iter(contract.operations.values()))
    target = Target.at("http://127.0.0.1:1", contract.base_path, token="one-token-of-many", **more.pop("tokens", {}))
    return OperationContext(contract, found, target, **more)


def _search() -> dict[str, Any]:
    """An open list with parameters in the query and a header."""
    texts: dict[str, Any] = {"q": {"type": "string", "minLength": 2}, "limit": {"type": "integer", "maximum": 50}}
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in texts.items()]
    parameters.append({"name": "X-Shelf", "in": "header", "required": True, "schema": {"type": "string"}})
    body = {"application/json": {"schema": {"type": "array"}}, "text/csv": {}}
    return {
        "path": "/search",
        "method": "get",
        "operationId": "search",
        "parameters": parameters,
        "responses": {"200": {"description": "Found.", "content": body}},
    }


def _by_number() -> dict[str, Any]:
    """A resource by number, with credentials in the query or a cookie, and basic ones."""
    parameter = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    return {
        "path": "/orders/{number}/lines",
        "method": "get",
        "operationId": "lines",
        "security": [{"key": []}, {"cookie": []}, {"basic": []}],
        "parameters": [parameter],
        "responses": {name: {"description": "A response."} for name in ("200", "401", "404")},
    }


PLANS: dict[str, Callable[[], Sequence[Probe]]] = {
    "things": lambda: probes.plan(
        _context(known=KNOWN, allow_unsafe=True, denies_anonymous=True, tokens={"none_token": "another-token"}),
        probes.BUDGET,
    ),
    "things-safe": lambda: probes.plan(_context(known=KNOWN[:1]), 90),
    "things-essential": lambda: probes.essential(_context(known=KNOWN)),
    "search": lambda: probes.plan(_context(_search(), known=[{}]), probes.BUDGET),
    "lines": lambda: probes.plan(_context(_by_number(), known=[{"number": "7"}, {"number": "12"}]), probes.BUDGET),
}


def _shown(text: str) -> str:
    text = text.encode("unicode_escape").decode()
    return text if len(text) <= _LONG else f"{text[:60]}… ({len(text)} characters) …{text[-30:]}"


def _line(probe: Probe) -> str:
    request = probe.request
    headers = "; ".join(f"{name}: {value}" for name, value in request.headers)
    flags = [name for name in ("odd", "may_exist", "new_connection") if getattr(probe, name)]
    parts = [
        probe.name,
        f"{request.method} {request.target}",
        headers,
        repr(request.body) if request.body is not None else "",
        str(dict(probe.values)) if probe.values else "",
        f"{probe.expect.value} {' '.join(map(str, probe.tolerated))}".strip(),
        f"{probe.relation.value} {probe.compare_with}".strip(),
        " ".join(flags),
        probe.concurrent_group,
        probe.trigger,
        *([f"only if {probe.denials} to {probe.only_if_denied}"] if probe.only_if_denied else []),
    ]
    return " | ".join(map(_shown, parts))


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_the_one_of_the_table(name: str) -> None:
    table = DATA / "plans" / f"{name}.txt"
    lines = [_line(probe) for probe in PLANS[name]()]
    if os.environ.get("FLOWCONTRACT_WRITE"):
        table.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    assert lines == table.read_text(encoding="utf-8").splitlines()


def test_every_target_is_percent_encoded() -> None:
    planned = probes.plan(_context(known=[{"id": "Zo\u00eb/\u6771 1"}]), probes.BUDGET)

    assert all(probe.request.target.isascii() and " " not in probe.request.target for probe in planned)


def test_what_takes_servers_long_is_asked_of_one_operation() -> None:
    first, second = (tuple(PLANS["search"]()) for _ in range(2))

    planned = probes.asked_once([first, second])

    triggers = [{probe.trigger for probe in each} for each in planned]
    assert planned[0] == first
    assert triggers[0] - triggers[1] == {"many parameters"}


def test_a_value_of_the_same_parameter_is_asked_of_two_operations() -> None:
    planned = probes.asked_once([tuple(PLANS["search"]()) for _ in range(3)])

    first, second, third = ([probe for probe in each if probe.group == "value"] for each in planned)
    assert first == second != []
    assert third == []


def test_content_codings_are_asked_of_the_operation_with_the_longest_response() -> None:
    longest, other = (probes.essential(_context(known=KNOWN, is_longest=is_longest)) for is_longest in (True, False))

    assert {value for probe in longest for name, value in probe.request.headers if name == "Accept-Encoding"} == {
        "gzip, deflate, br, zstd",
        "identity, gzip;q=0",
    }
    assert not any(name == "Accept-Encoding" for probe in other for name, _ in probe.request.headers)


def test_the_root_has_no_other_spelling() -> None:
    root = {
        "path": "/",
        "method": "get",
        "security": [{"basic": []}],
        "responses": {name: {"description": "A response."} for name in ("200", "401")},
    }

    planned = probes.plan(_context(root, known=[{}]), probes.BUDGET)

    assert [probe.name for probe in planned if probe.name.startswith("route/")] == ["route/Host localhost of get_/"]
    assert all(probe.request.target for probe in planned)


def test_headers_that_the_caller_wants_in_every_request_stay_as_they_are() -> None:
    given = [("User-Agent", "shop-tests/2"), ("accept", "application/hal+json")]

    planned = probes.plan(_context(known=KNOWN, tokens={"headers": given}), probes.BUDGET)

    sent = [{name.lower(): value for name, value in probe.request.headers} for probe in planned]
    assert {(each["user-agent"], each["accept"]) for each in sent} == {("shop-tests/2", "application/hal+json")}
    assert any(probe.group == "header" for probe in planned)
