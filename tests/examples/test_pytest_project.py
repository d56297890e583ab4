"""A consumer's project: its own tests, with the fixtures that come with flowcontract."""

import re

import pytest

import flowmock


@pytest.mark.needs("bash")
def test_the_tests_of_the_project_pass(follow) -> None:
    with flowmock.running(tokens=["staging-token"]) as staging:
        told = follow("pytest-project", FLOWCONTRACT_TOKEN="staging-token", STAGING=staging.origin)

    passed = re.findall(r"(\d+) passed", told.printed)
    assert len(passed) == 2, told.printed
    assert "skipped" not in told.printed
    assert [entry.call.method for entry in staging.mock.journal.entries()].count("GET") > 50
