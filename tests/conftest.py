"""What a machine may lack: a test that needs it is skipped with the reason; in CI nothing is missing or skipped."""

import os
import shutil
import socket
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from flowcontract.generation import probes

# How long an example takes says something about the machine, not about the code. A change fails because of what it
# changes, not because another example was drawn.
settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture
def closed() -> Iterator[str]:
    """The URL of a port on which nothing listens. It stays bound, so that no other program can listen there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most informative probes alone: for tests of what a run does with its findings."""
    monkeypatch.setattr(probes, "BUDGET", 130)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*programs): programs without which the test is skipped")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                pytest.skip(f"there is no {program} on this machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("FLOWCONTRACT_CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and in CI nothing is: {report.longrepr}"
    return report
