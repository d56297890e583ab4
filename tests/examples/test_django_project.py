"""A Django project: its contract tests use the test database, and the guide shows the same fixtures."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.needs("bash")
def test_the_project_is_tested_with_its_test_database(follow) -> None:
    pytest.importorskip("pytest_django", reason="Django and pytest-django are not installed")

    told = follow("django-project")

    assert "3 passed" in told.printed
    assert not list(told.folder.glob("*.sqlite3")), "the development database was opened"


def test_the_guide_shows_the_tests_of_the_example() -> None:
    example = (ROOT / "examples" / "django-project" / "tests" / "test_contract.py").read_text(encoding="utf-8")
    fixtures = example[example.index("# Without this mark") : example.index("@parametrize")].strip()

    assert fixtures in (ROOT / "docs" / "guides" / "pytest.md").read_text(encoding="utf-8")
