"""Cases of Schemathesis as probes."""

import pytest
from tests.flowcontract.checks import library

from flowcontract.engine.phases.generated import probe_of
from flowcontract.generation.schemathesis_phases import GeneratedCase
from flowcontract.http.messages import Exchange, Request


@pytest.mark.parametrize(("value", "odd"), [('"1"', False), ("\x02", True), ("a\tb", False), ("\u00e9", False)])
def test_a_server_may_reject_a_header_with_a_control_character_before_it_reads_it(value: str, *, odd: bool) -> None:
    exchange = Exchange(Request("GET", "/books/1", (("If-Match", value),)), library.received(400, "Bad", "text/plain"))
    case = GeneratedCase(
        operation=library.shop().operation("read"),
        phase="fuzzing",
        values={},
        exchange=exchange,
        is_valid=False,
        is_own_method=True,
        has_given_path=True,
        description="",
        checks=(),
        complaints=(),
    )

    assert probe_of(case, 1).odd is odd
