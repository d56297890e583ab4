"""The whole matrix: clients as they are published, on the mock at each release, and what is known of them."""

import re
import shutil
from pathlib import Path

import pytest

from flowcontract.cli.client_options import serve
from flowcontract.compatibility import clients
from flowcontract.compatibility.clients.environments import Cache, default_folder
from flowcontract.compatibility.matrix import Matrix, Options, Setup, run
from flowcontract.compatibility.outcomes import Compatibility

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.needs("node", "npm")
COMPATIBLE, PARTIAL, INCOMPATIBLE = Compatibility.COMPATIBLE, Compatibility.PARTIAL, Compatibility.INCOMPATIBLE
# Clients of 2024.8, 2025.12 and 2026.2 on servers 2024.2.0, 2024.8.1, 2024.12.0, 2025.12.0, 2025.12.2, 2026.2.0.
TABLE = {
    "python:2024.8": [COMPATIBLE, COMPATIBLE, PARTIAL, PARTIAL, PARTIAL, PARTIAL],
    "python:2025.12": [INCOMPATIBLE, INCOMPATIBLE, INCOMPATIBLE, COMPATIBLE, COMPATIBLE, PARTIAL],
    "python:2026.2": [INCOMPATIBLE, INCOMPATIBLE, INCOMPATIBLE, COMPATIBLE, COMPATIBLE, COMPATIBLE],
    "typescript:2024.8": [COMPATIBLE] * 6,
    "typescript:2025.12": [COMPATIBLE] * 6,
    "typescript:2026.2": [COMPATIBLE] * 6,
}
# What is known of what real clients do with a response of 2024.8.1: Python 2024.8, Python 2026.2, TypeScript 2024.8.
# (TypeScript reads anything but a list of flows that is none: it goes through its entries.)
CONSUMERS = {
    "the examples": ("reads", "rejects", "reads"),
    "an undeclared field": ("reads", "rejects", "reads"),
    "a value outside the enumeration": ("rejects", "rejects", "reads"),
    "null in a required field": ("rejects", "rejects", "reads 34 of 35"),
    "a required field left out": ("rejects", "rejects", "reads 30 of 31"),
    "a string that does not match its pattern": ("rejects", "rejects", "reads"),
    "a string shorter or longer than allowed": ("rejects", "rejects", "reads"),
    "an integer of 2^40": ("reads", "rejects", "reads"),
    "JSON served as text/html": ("reads", "rejects", "reads"),
    "truncated JSON": ("rejects", "rejects", "rejects"),
    "an HTML page": ("rejects", "rejects", "rejects"),
    "204 without a body": ("returns nothing", "returns nothing", "rejects"),
}


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    assert shutil.which("node")
    known = clients.load()
    bench = Setup(known, Cache(default_folder()), serve)
    return run(bench, known.all(), [known.contract(name) for name in known.servers], Options(base="2024.8.1"))


@pytest.fixture(scope="module")
def title(matrix: Matrix) -> dict[str, str]:
    """The exact client by the beginning of its version that was asked for."""
    return dict(zip(map(str, clients.load().all()), matrix.clients, strict=True))


@pytest.mark.parametrize("client", TABLE)
def test_a_client_works_with_the_known_servers(client: str, matrix: Matrix, title: dict[str, str]) -> None:
    cells = [matrix.cell(title[client], server) for server in matrix.servers]

    assert [cell.problem for cell in cells] == [""] * 6
    assert [cell.compatibility for cell in cells] == TABLE[client]


def test_the_guide_shows_the_table_as_it_is(matrix: Matrix) -> None:
    page = (ROOT / "docs" / "guides" / "upgrade.md").read_text(encoding="utf-8")
    shown = [line.strip("| ").split(" | ")[1:] for line in page.splitlines() if re.match(r"\| `python:2", line)]

    cells = {one: [str(matrix.cell(one, server).compatibility) for server in matrix.servers] for one in matrix.clients}
    assert shown == [row for client, row in cells.items() if client.startswith("python")]
    assert "The three TypeScript clients were compatible with all six releases." in page
    typescript = [row for client, row in cells.items() if client.startswith("typescript")]
    assert typescript == [["compatible"] * 6] * 3


def test_every_pair_was_predicted_and_came_as_predicted(matrix: Matrix) -> None:
    assert len(matrix.cells) == 36
    assert all(cell.predicted is not None for cell in matrix.cells)
    assert [each for cell in matrix.cells for each in cell.disagreements] == []
    assert [each for one in matrix.reactions for each in one.disagreements] == []


@pytest.mark.parametrize("kind", CONSUMERS)
def test_each_client_does_with_an_answer_what_it_is_known_to_do(
    kind: str, matrix: Matrix, title: dict[str, str]
) -> None:
    does = {one.client: one.label for one in matrix.reactions if one.kind == kind}

    of = ("python:2024.8", "python:2026.2", "typescript:2024.8")
    assert tuple(does[title[client]] for client in of) == CONSUMERS[kind]


def test_without_the_stored_background_an_old_client_does_not_read_2025_12(
    matrix: Matrix, title: dict[str, str]
) -> None:
    reasons = matrix.cell(title["python:2024.8"], "2025.12.0").reasons

    assert any("/background: left out" in one.titles for one in reasons)


def test_a_client_made_between_two_releases_is_ahead_of_its_name() -> None:
    known = clients.load()
    bench = Setup(known, Cache(default_folder()), serve)

    cell = run(bench, known.select("python:2024.10.5.post1734636723"), [known.contract("2024.12.0")], Options()).cells[
        0
    ]

    # Its version says 2024.10.5; it was generated from what became 2024.12. It reads what its version should not, and
    # nothing is called compatible against its own prediction.
    assert cell.compatibility is PARTIAL
    assert cell.disagreements == (
        'predicted to be rejected, but read: /authentication may be "require_redirect" [response-enum-value]',
    )
