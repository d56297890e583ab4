"""Which contract is meant where none is named."""

from pathlib import Path

import pytest

from flowcontract.openapi.discovery import configuration_of, document_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project within a repository, below other folders."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    found = tmp_path / "repository" / "a" / "b"
    found.mkdir(parents=True)
    return found


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("below", ["", "spec", "docs"])
@pytest.mark.parametrize("name", ["openapi.yaml", "openapi.yml", "openapi.json"])
def test_a_document_is_found_by_its_name(below: str, name: str, folder: Path) -> None:
    assert document_in(folder) is None

    path = write(folder / below / name)

    assert document_in(folder) == path


def test_of_several_documents_the_first_in_the_folder_itself_counts(folder: Path) -> None:
    for name in ("docs/openapi.yaml", "spec/openapi.json", "spec/openapi.yaml", "openapi.json", "openapi.yml"):
        path = write(folder / name)
        assert document_in(folder) == path


def test_a_configuration_is_looked_for_up_to_the_repository(folder: Path) -> None:
    write(folder.parents[2] / "flowcontract.toml")
    assert configuration_of(folder) is None

    above = write(folder.parents[1] / "flowcontract.toml")
    assert configuration_of(folder) == above

    project = write(folder.parent / "pyproject.toml", "[project]\n")
    assert configuration_of(folder) == above
    write(project, "[tool.flowcontract.gate]\n")
    assert configuration_of(folder) == project

    own = write(folder / "flowcontract.toml")
    write(folder / "pyproject.toml", "[tool.flowcontract]\n")
    assert configuration_of(folder) == own


def test_outside_of_a_repository_only_the_folder_itself_counts(tmp_path: Path) -> None:
    write(tmp_path / "flowcontract.toml")
    (tmp_path / "a").mkdir()

    assert configuration_of(tmp_path / "a") is None
    assert configuration_of(tmp_path) == tmp_path / "flowcontract.toml"
