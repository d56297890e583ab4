"""Which version is meant, and which clients there are."""

from pathlib import Path

import pytest

from flowcontract.compatibility import clients
from flowcontract.compatibility.versions import newest, numbers, release
from flowcontract.errors import ContractError, UsageError

PYPI = ["2024.8.2.post1726491842", "2024.8.3.post1727449141", "2024.8.3.post1729836879", "2024.10.5", "2025.6.4",
        "2025.6.4.post1755003778", "2026.2.0", "2026.2.1rc1"]  # fmt: skip
NPM = ["2021.9.4-1633083586", "2024.8.3-1729836831", "2025.10.0-rc1-1755033451", "2025.10.0-rc3", "2026.2.0",
       "2026.2.3-rc1"]  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "asked", "meant"),
    [
        (PYPI, "2024.8", "2024.8.3.post1729836879"),
        (PYPI, "2024.8.2", "2024.8.2.post1726491842"),
        (PYPI, "2024.8.3.post1727449141", "2024.8.3.post1727449141"),
        (PYPI, "2024", "2024.10.5"),
        (PYPI, "2025.6", "2025.6.4.post1755003778"),
        (PYPI, "2026.2", "2026.2.0"),
        (NPM, "2024.8", "2024.8.3-1729836831"),
        (NPM, "2026.2", "2026.2.0"),
        (NPM, "2026.2.3", "2026.2.3-rc1"),
        (NPM, "2025.10", "2025.10.0-rc3"),
        (NPM, "2024.80", None),
        (NPM, "2024.1", None),
        ([], "1", None),
    ],
)
def test_the_newest_version_is_meant_that_begins_so(versions: list[str], asked: str, meant: str | None) -> None:
    assert newest(versions, asked) == meant
    assert newest(reversed(versions), asked) == meant


def test_a_version_says_which_release_it_is_for() -> None:
    assert release("2024.8.3.post1729836879") == release("2024.8.3-1729836831") == "2024.8.3"
    assert numbers("no version") == ()


def test_the_project_knows_its_clients() -> None:
    known = clients.load()

    assert [str(each) for each in known.select("python:2024.8")] == ["python:2024.8"]
    assert len(known.select("python")) >= 3
    assert len(known.select("typescript")) >= 3
    assert len(known.servers) >= 6
    assert [known.contract(each).version for each in known.servers] == list(known.servers)


def test_how_strict_a_client_is_depends_on_its_release() -> None:
    python = clients.load().packages["python"]

    older, newer = python.consumer("2024.8.3"), python.consumer("2026.2.0")

    assert older
    assert newer
    assert "checks-formats" in newer.traits - older.traits
    assert python.consumer("2021.9.1") is None


@pytest.mark.parametrize("text", ["", "cobol:1", "pyhton:2024.8", "python:", "python:--evil", "python:x", "python:1 2"])
def test_an_unknown_client_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"LANGUAGE|version"):
        clients.load().select(text)


ENTRY = "clients: {python: {install: pip, package: p, module: p, driver: openapi_generator_python.py"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected `clients`"),
        ("clients: {}", "expected `clients`"),
        ("clients: {python: {install: pip}}", "expected `install`"),
        (ENTRY.replace("pip", "sh") + "}}", "expected pip or npm"),
        (ENTRY.replace("package: p", "package: '--index-url=x'") + "}}", "name of a package"),
        (ENTRY + ", with: ['-r x']}}", "name of a package"),
        (ENTRY + ", with: x}}", "list of strings"),
        (ENTRY + ", color: red}}", "clients/python: unknown key 'color'. Expected one of: install"),
        (ENTRY + ", consumer: {}}}", "clients/python: unknown key 'consumer'. Did you mean 'consumers'?"),
        (ENTRY + "}}\nserver: []", "unknown key 'server'. Did you mean 'servers'?"),
        (ENTRY + ", consumers: [python]}}", "mapping of releases"),
        (ENTRY + ", releases: [2024.8]}}", "quotes"),
        (ENTRY.replace("openapi_generator_python", "none") + "}}", "not found"),
    ],
)
def test_an_invalid_file_of_clients_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "clients.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ContractError, match=message):
        clients.load(path)


def test_a_driver_may_stand_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("", encoding="utf-8")
    path = tmp_path / "clients.yaml"
    path.write_text(ENTRY.replace("openapi_generator_python", "mine") + "}}", encoding="utf-8")

    assert clients.load(path).packages["python"].driver == tmp_path / "mine.py"
