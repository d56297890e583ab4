"""The demo goes the whole path once and ends with a verdict and the way to its report."""

from functools import partial
from pathlib import Path

import pytest

from flowcontract import engine
from flowcontract.cli import main
from flowcontract.openapi.contract import Contract
from flowcontract.reporting import FILES


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str], Path]:
    """Exit code, printed lines and folder of one demo."""
    folder = tmp_path_factory.mktemp("demo") / "reports"
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("sys.stdout", _Lines(lines))
        patch.setattr(engine, "Options", partial(engine.Options, profile="quick"))  # `tox run -e demo` has all phases.
        code = main.main(["demo", "--report", str(folder)])
    return code, "".join(lines).splitlines(), folder


class _Lines:
    """A standard output that keeps what is written."""

    encoding = "utf-8"

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


def test_every_step_is_told_in_its_order(told: tuple[int, list[str], Path]) -> None:
    _, lines, _ = told

    steps = [line.split()[:2] for line in lines if line[1:3] == "/5"]
    assert steps == [["1/5", "capture"], ["2/5", "build"], ["3/5", "mock"], ["4/5", "gate"], ["5/5", "report"]]


def test_it_ends_with_the_verdict_and_the_report(told: tuple[int, list[str], Path]) -> None:
    code, lines, folder = told

    assert code == 0
    assert [line for line in lines if line.startswith("✓ passed: ")]
    assert f"  report: {folder / 'report.html'}" in lines
    assert lines[-1].startswith("  next: ")


def test_every_report_is_there(told: tuple[int, list[str], Path]) -> None:
    _, _, folder = told

    assert {path.name for path in folder.iterdir()} == {*FILES.values(), "spec"}


def test_what_it_builds_is_the_contract_that_the_project_carries(told: tuple[int, list[str], Path]) -> None:
    _, _, folder = told
    built, carried = Contract.load(folder / "spec" / "openapi.yaml"), Contract.load()

    assert {key: value for key, value in built.document.items() if not key.startswith("x-")} == {
        key: value for key, value in carried.document.items() if not key.startswith("x-")
    }


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")

    assert main.main(["demo", "--report", str(tmp_path / "taken")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"
