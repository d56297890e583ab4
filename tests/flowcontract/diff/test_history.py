"""The diff judges the history of the contract as its clients lived through it."""

import functools
import itertools

import pytest

from flowcontract.compatibility.diff import Changes, Diff, Direction, Impact
from flowcontract.compatibility.diff.rules import CONSUMERS, Severity
from flowcontract.openapi import releases
from flowcontract.openapi.contract import Contract

SERVER, CLIENT = Direction.UPGRADED_SERVER, Direction.UPGRADED_CLIENT

# Old release, new release, verdict, the directions in which it breaks, the rules that say so or would be missed.
HISTORY = [
    ("2021.8.4", "2021.9.1", "additive", (), {"response-field-optional"}),
    ("2021.9.1", "2022.5.1", "additive", (), {"response-field-unknown"}),
    ("2022.5.1", "2022.7.1", "additive", (), {"response-field-unknown"}),
    ("2022.7.1", "2022.9.0", "silent", (), {"document-repaired"}),
    ("2022.9.0", "2022.10.2", "additive", (), {"response-field-unknown"}),
    ("2022.10.2", "2022.11.0", "breaking", (SERVER,), {"response-field-removed", "response-field-unknown"}),
    ("2022.11.0", "2022.11.2", "additive", (), {"response-field-unknown", "version-adds-in-patch"}),
    ("2022.11.2", "2023.3.0", "silent", (), set()),
    ("2023.3.0", "2024.2.0", "breaking", (SERVER,), {"response-enum-value", "component-renamed"}),
    ("2024.2.0", "2024.4.0", "silent", (), {"security-scheme-changed"}),
    ("2024.4.0", "2024.12.0", "breaking", (SERVER,), {"response-enum-value"}),
    ("2024.12.0", "2025.10.0", "silent", (), set()),
    (
        "2025.10.0",
        "2025.12.0",
        "breaking",
        (SERVER, CLIENT),
        {"response-field-optional", "response-field-missing", "response-field-unknown", "response-bounds"},
    ),
    (
        "2025.12.0",
        "2025.12.2",
        "breaking",
        (SERVER, CLIENT),
        {"version-requires-in-patch", "version-breaks-in-patch", "response-nullable-field-missing"},
    ),
    ("2025.12.2", "2026.2.0", "breaking", (SERVER,), {"response-enum-value"}),
]


@functools.cache
def release(name: str) -> Contract:
    return releases.load(name, published_only=True)


def compared(old: str, new: str, consumer: str = "reader") -> Diff:
    return Changes.between(release(old), release(new)).for_consumer(CONSUMERS[consumer])


def test_every_pair_of_neighbours_is_here() -> None:
    names = releases.names()

    assert [(old, new) for old, new, *_ in HISTORY] == list(itertools.pairwise(names))


@pytest.mark.parametrize(("old", "new", "verdict", "breaks", "rules"), HISTORY)
def test_a_step_of_the_history(
    old: str, new: str, verdict: str, breaks: tuple[Direction, ...], rules: set[str]
) -> None:
    diff = compared(old, new)

    assert diff.impact == verdict
    assert tuple(direction for direction in Direction if diff.breaks(direction)) == breaks
    assert {finding.rule for finding in diff.findings} == rules


@pytest.mark.parametrize("name", releases.names())
def test_a_release_is_no_change_against_itself(name: str) -> None:
    diff = Changes.between(release(name), release(name)).for_consumer(CONSUMERS["strict"])

    assert diff.impact is Impact.SILENT
    assert diff.findings == ()


def test_releases_between_do_not_differ() -> None:
    assert compared("2024.4.0", "2024.10.5", "strict").findings == ()


def test_the_values_that_are_new_are_named() -> None:
    said = [finding.text for finding in compared("2025.12.2", "2026.2.0").findings]

    assert said == ['may be "sidebar_left_frame_background"', 'may be "sidebar_right_frame_background"']


@pytest.mark.parametrize(
    ("consumer", "old", "new", "server", "client"),
    [
        # What generated clients were seen to do: client 2024.8 on later servers, later clients on 2024.8.
        ("python", "2024.8.1", "2024.12.0", False, True),
        ("typescript", "2024.8.1", "2024.12.0", True, True),
        ("go-before-7.8", "2024.8.1", "2024.12.0", False, True),
        ("python", "2024.8.1", "2025.12.0", False, False),
        ("typescript", "2024.8.1", "2025.12.0", True, True),
        ("go", "2024.10.2", "2025.12.0", False, False),
        ("python", "2025.12.0", "2025.12.2", True, True),
        ("go", "2025.12.0", "2025.12.2", False, False),
        ("python", "2024.8.1", "2026.2.0", False, False),
        ("typescript", "2024.8.1", "2026.2.0", True, True),
        ("go", "2024.8.1", "2026.2.0", False, False),
        ("go", "2021.9.1", "2022.5.1", False, True),
        ("python", "2021.9.1", "2022.5.1", True, True),
    ],
)
def test_whether_a_client_can_read_the_other_side(
    consumer: str, old: str, new: str, server: bool, client: bool
) -> None:
    diff = compared(old, new, consumer)

    assert (not diff.unreadable(SERVER), not diff.unreadable(CLIENT)) == (server, client)


def test_a_rename_concerns_generated_names_alone() -> None:
    renamed = [one for one in compared("2023.3.0", "2024.2.0").findings if one.rule == "component-renamed"]

    assert [one.severity for one in renamed] == [Severity.GENERATED]
    assert renamed[0].text == "LayoutEnum and FlowLayoutEnum"
