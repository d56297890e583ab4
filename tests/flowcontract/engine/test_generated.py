"""Cases of Schemathesis as probes."""

import pytest
from tests.flowcontract.checks import library

from flowcontract.engine.phases.generated import probe_of
from flowcontract.generation.resources import Values
from flowcontract.generation.schemathesis_phases import GeneratedCase
from flowcontract.http.messages import Exchange, Request


def case(*headers: tuple[str, str], values: Values | None = None) -> GeneratedCase:
    exchange = Exchange(Request("GET", "/books/1", headers), library.received(400, "Bad", "text/plain"))
    return GeneratedCase(
        operation=library.shop().operation("read"),
        phase="fuzzing",
        values=values or {},
        exchange=exchange,
        is_valid=False,
        is_own_method=True,
        has_given_path=True,
        description="",
        checks=(),
        complaints=(),
    )


@pytest.mark.parametrize(("value", "odd"), [('"1"', False), ("\x02", True), ("a\tb", False), ("\u00e9", False)])
def test_a_server_may_reject_a_header_with_a_control_character_before_it_reads_it(value: str, *, odd: bool) -> None:
    assert probe_of(case(("If-Match", value)), 1).odd is odd


@pytest.mark.parametrize(("value", "moved"), [("a/b", True), ("..", True), ("", True), ("a-b", False)])
def test_a_router_may_redirect_from_a_path_with_signs_of_paths(value: str, *, moved: bool) -> None:
    assert (307 in probe_of(case(values={"id": value}), 1).tolerated) is moved
