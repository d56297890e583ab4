"""The wheel alone, in an environment without the sources, does what the checkout does."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources that is then gone."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    for name in ("mock", "src", "spec"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, sources)
    _run([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)], cwd=sources)
    shutil.rmtree(sources)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The `bin` of an environment that holds the wheel; what it depends on is borrowed from this environment."""
    home = wheel.parent / "environment"
    venv.create(home, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    # A path that a `.pth` names is searched, but `.pth` files in it (so the editable project) are not obeyed.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    _run([*install, "--disable-pip-version-check", "--ignore-installed", str(wheel)], cwd=home)
    return home / "bin"


def _run(words: list[str], *, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLOWCONTRACT"))}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_puts_two_packages_in_place_and_none_called_mock(wheel: Path, installed: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"flowcontract", "flowmock"}
    assert not [path for path in installed.parent.rglob("mock*") if path.parent.name == "site-packages"]


def test_the_wheel_carries_the_contract_and_the_templates(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        contract = archive.read("flowcontract/spec/openapi.yaml")

    assert contract == (ROOT / "spec" / "openapi.yaml").read_bytes()
    assert "flowcontract/reporting/templates/report.html.j2" in names
    assert {"flowcontract/py.typed", "flowmock/py.typed"} <= names


def test_the_contract_is_found_in_the_environment(installed: Path, tmp_path: Path) -> None:
    script = (
        "from flowcontract.openapi.contract import Contract, carried; Contract.load(); print(carried('openapi.yaml'))"
    )

    found = Path(_run([str(installed / "python"), "-c", script], cwd=tmp_path).strip())

    assert found.is_relative_to(installed.parent)


def test_the_gate_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """With its templates and on its own mock. `tox run -e demo` runs the whole path from a wheel."""
    contract = str(ROOT / "tests" / "data" / "contracts" / "status.yaml")
    gate = [str(installed / "flowcontract"), "gate", "--spec", contract, "--profile", "quick", "--report", "out"]
    printed = _run(gate, cwd=tmp_path)

    assert "passed: " in printed
    assert (tmp_path / "out" / "report.html").is_file()
    assert (tmp_path / "out" / "junit.xml").is_file()
