"""The state machine of Hypothesis: nothing on a conforming server, a fault by its shortest sequence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.faulty_servers.crud.messages import Response
from tests.faulty_servers.crud.serving import running

from flowcontract.engine import Options
from flowcontract.errors import UsageError
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.testing import resource_sequences

from . import library
from .library import Library

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "pytest.md"


def test_the_block_of_the_guide_passes_and_leaves_nothing(tmp_path: Path) -> None:
    server = Library()
    before = dict(server.shelves)
    (block,) = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text("utf-8").split("## Sequences")[1], re.M | re.S)[:1]
    own = f"""
import pytest
from flowcontract.engine import Options
from flowcontract.openapi.contract import Contract

@pytest.fixture(scope="session")
def flow_contract():
    return Contract({library.DOCUMENT!r})

@pytest.fixture(scope="session")
def flow_options():
    return Options(allow_unsafe=True)

{block}"""
    (tmp_path / "test_own.py").write_text(own.replace("max_examples=20", "max_examples=3, derandomize=True"), "utf-8")

    with running(server) as url:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
        ran = subprocess.run([*command, "--flowcontract-url", url], cwd=tmp_path, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout
    assert server.shelves == before
    assert server.books == {}
    assert server.last > 0


class KeepsBooks(Library):
    """A shelf that is deleted stays readable."""

    def drop_shelf(self, slug: str) -> Response:
        shelf = self.shelf(slug)
        super().drop_shelf(slug)
        self.gone.discard(slug)
        self.shelves[slug] = shelf
        return Response(204)


def test_a_fault_is_an_error_that_names_the_rule() -> None:
    contract = Contract(library.DOCUMENT)
    quick = settings(
        max_examples=30,
        stateful_step_count=5,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # As for every state machine: requests take their time.
    )
    with (
        running(KeepsBooks()) as url,
        resource_sequences(contract, Target.at(url, contract.base_path), Options(allow_unsafe=True)) as machine,
        pytest.raises(AssertionError, match="Expected 404 or 410 for reading a deleted resource, got 200"),
    ):
        run_state_machine_as_test(machine, settings=quick)


def test_a_contract_that_creates_nothing_has_no_machine() -> None:
    paths = {"/shelves": {"get": library.DOCUMENT["paths"]["/shelves"]["get"]}}
    contract = Contract({**library.DOCUMENT, "paths": paths})
    with (
        running(Library()) as url,
        pytest.raises(UsageError, match="creates resources"),
        resource_sequences(contract, Target.at(url, contract.base_path), Options(allow_unsafe=True)),
    ):
        pass
