"""Which operations a program calls."""

from pathlib import Path

import pytest

from flowcontract.compatibility.diff.usage import operations_used
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract

OPERATION = {"responses": {"204": {"description": "Done."}}}
CONTRACT = Contract(
    {
        "openapi": "3.1.1",
        "info": {"title": "Ships", "version": "1"},
        "servers": [{"url": "/api"}],
        "paths": {
            "/ships": {"get": {"operationId": "listShips", **OPERATION}},
            "/ships/{id}": {"get": {"operationId": "getShip", **OPERATION}},
            "/ships/{id}/crew": {"get": {"operationId": "getCrew", **OPERATION}},
        },
    }
)


@pytest.mark.parametrize(
    ("name", "text", "used"),
    [
        ("main.py", "ships = api.list_ships(limit=1)\n", {"listShips"}),
        ("main.ts", "await fetch(`/api/ships/${id}/crew`)\n", {"getCrew"}),
        ("main.go", 'client.Get("/ships/:id")\n', {"getShip"}),
        ("list.txt", "listShips\ngetCrew\n", {"listShips", "getCrew"}),
    ],
)
def test_an_operation_is_called_by_its_id_or_its_path(tmp_path: Path, name: str, text: str, used: set[str]) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert operations_used(CONTRACT, tmp_path) == used
    assert operations_used(CONTRACT, tmp_path / name) == used


def test_other_files_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"\0listShips")
    (tmp_path / "main.py").write_text("api.get_ship()", encoding="utf-8")

    assert operations_used(CONTRACT, tmp_path) == {"getShip"}


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_program_that_calls_nothing_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        operations_used(CONTRACT, tmp_path / name)
