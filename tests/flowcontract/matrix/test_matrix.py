"""The table: a client that was really installed, on the mock of each release, beside what the diff predicts."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli import main
from flowcontract.compatibility.cases import Case, Category, build
from flowcontract.compatibility.clients.calls import Outcome
from flowcontract.compatibility.clients.environments import Cache
from flowcontract.compatibility.diff.rules import consumer
from flowcontract.compatibility.matrix import Matrix, Options, RunningServer, Setup, run
from flowcontract.compatibility.outcomes import Cell, Compatibility, GeneratedFrom, evaluate, reactions
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract


@pytest.fixture(scope="module")
def tables() -> dict[str, Matrix]:
    return {}


@pytest.fixture
def table(bench: Setup, tables: dict[str, Matrix]) -> Matrix:
    """Clients 1.0 and 2.0 on servers 1.0 and 2.0; made once for the tests that read it."""
    if "all" not in tables:
        servers = [bench.known.contract(name) for name in bench.known.servers]
        tables["all"] = run(bench, bench.known.select("python"), servers, Options(base="1.0"))
    return tables["all"]


def test_each_client_reads_its_own_release(table: Matrix) -> None:
    assert table.clients == ("python:1.0.post2", "python:2.0")
    assert table.cell("python:1.0.post2", "1.0").compatibility is Compatibility.COMPATIBLE
    assert table.cell("python:2.0", "2.0").compatibility is Compatibility.COMPATIBLE


def test_an_old_client_fails_at_what_a_new_server_may_send_though_no_example_has_it(table: Matrix) -> None:
    cell = table.cell("python:1.0.post2", "2.0")

    assert cell.compatibility is Compatibility.PARTIAL
    assert [one.titles for one in cell.reasons] == [('/kind: "steel"',)]
    assert "steel is no kind" in cell.reasons[0].message


def test_a_new_client_fails_at_what_an_old_server_does_not_send(table: Matrix) -> None:
    cell = table.cell("python:2.0", "1.0")

    assert cell.compatibility is Compatibility.INCOMPATIBLE
    assert [(one.category, one.titles, one.message) for one in cell.reasons] == [
        (Category.EXAMPLE, ("hall",), "ValueError: width is required")
    ]


def test_all_of_it_was_predicted(table: Matrix) -> None:
    assert [cell.disagreements for cell in table.cells] == [()] * 4
    assert [one.at for one in table.cell("python:1.0.post2", "2.0").predicted or ()] == ["/kind"]
    assert table.exit_code == 1


def test_what_a_client_does_about_broken_answers_is_told(table: Matrix) -> None:
    told = {(one.client, one.kind): one.label for one in table.reactions}

    assert told["python:1.0.post2", "a value outside the enumeration"] == "rejects"
    assert told["python:1.0.post2", "an undeclared field"] == "reads"
    assert told["python:1.0.post2", "204 without a body"] == "returns nothing"
    assert told["python:1.0.post2", "truncated JSON"] == "rejects"


def test_a_client_that_cannot_be_had_leaves_the_others_evaluated(
    bench: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    wanted = [*bench.known.select("typescript:1"), *bench.known.select("python:1.0.post2")]

    table = run(replace(bench, report=said.append), wanted, [bench.known.contract("1.0")], Options())

    assert [cell.compatibility for cell in table.cells] == [Compatibility.INCONCLUSIVE, Compatibility.COMPATIBLE]
    assert "npm is not installed" in table.cells[0].problem
    assert any("typescript:1" in line for line in said)
    assert table.exit_code == 2


def test_without_a_contract_nothing_is_predicted_and_the_client_is_tried(bench: Setup) -> None:
    unknown = replace(bench, known=replace(bench.known, contracts="", servers=()))

    table = run(unknown, bench.known.select("python:1.0.post2"), [bench.known.contract("2.0")], Options())

    assert table.cells[0].predicted is None
    assert table.cells[0].compatibility is Compatibility.PARTIAL
    assert "no prediction" in table.notes[0]


def test_a_client_that_is_named_twice_is_one(bench: Setup) -> None:
    wanted = [*bench.known.select("python:1.0.post2"), *bench.known.select("python:1.0")]

    table = run(bench, wanted, [bench.known.contract("1.0")] * 2, Options())

    assert (table.clients, table.servers, len(table.cells)) == (("python:1.0.post2",), ("1.0",), 1)


def test_nothing_to_try_is_refused(bench: Setup) -> None:
    with pytest.raises(UsageError, match="one client and one server"):
        run(bench, [], [], Options())


def test_states_are_given_to_whoever_serves(bench: Setup) -> None:
    given: dict[str, Any] = {}

    @contextlib.contextmanager
    def serve(contract: Contract, states: Mapping[str, Any]) -> Iterator[RunningServer]:
        given.update(states)
        yield RunningServer("http://127.0.0.1:1", "token", lambda _: {})

    table = run(replace(bench, serve=serve), bench.known.select("python:1.0.post2"),
                [bench.known.contract("2.0")], Options())  # fmt: skip

    assert any(state["response"].get("body", {}).get("kind") == "steel" for state in given.values())
    assert table.cells[0].compatibility is Compatibility.INCOMPATIBLE  # Nothing listens there.


# Evaluation, with outcomes of a client that was never run.

READ = Outcome(ok=True, value="Shelf")
REFUSED = Outcome(ok=False, error="ValueError", message="no")


@pytest.fixture
def evaluated(known: Any) -> Callable[..., Cell]:
    """Evaluate a client of 1.0 on a server of 2.0; `outcome` gives the outcome of each case."""

    def evaluated(outcome: Callable[[Case], Outcome], traits: str = "closed-enums") -> Cell:
        served = known.contract("2.0")
        trial = [(case, outcome(case)) for case in build(served)]
        return evaluate("c", served, GeneratedFrom(known.contract("1.0"), consumer(traits)), trial)

    return evaluated


def as_it_should(case: Case) -> Outcome:
    return Outcome(ok=False, error="E", status=case.status) if case.category is Category.ERROR else READ


def test_reading_what_was_predicted_to_be_refused_is_a_disagreement(evaluated: Callable[..., Cell]) -> None:
    cell = evaluated(as_it_should)

    assert cell.compatibility is Compatibility.PARTIAL  # Never compatible against its own prediction.
    assert cell.disagreements == ('predicted to be rejected, but read: /kind may be "steel" [response-enum-value]',)


def test_refusing_what_was_not_predicted_is_one_too(evaluated: Callable[..., Cell]) -> None:
    def fails(case: Case) -> Outcome:
        return REFUSED if "steel" in case.title else as_it_should(case)

    assert evaluated(fails, "checks-bounds").disagreements == ('not predicted: /kind: "steel": ValueError: no',)
    assert evaluated(fails).disagreements == ()


def test_refusing_the_examples_unforeseen_is_said_once(evaluated: Callable[..., Cell]) -> None:
    def fails(case: Case) -> Outcome:
        return as_it_should(case) if case.category is Category.ERROR else REFUSED

    cell = evaluated(fails, "checks-bounds")

    assert cell.compatibility is Compatibility.INCOMPATIBLE
    assert cell.disagreements == ("not predicted: the examples are rejected: ValueError: no",)
    assert len(cell.reasons) == 1


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(ok=True, value="anything"),
        Outcome(ok=False, error="ValidationError", message="detail is required"),
        Outcome(ok=False, error="ApiException", status=500),
    ],
)
def test_an_error_has_to_be_told_with_its_status(evaluated: Callable[..., Cell], outcome: Outcome) -> None:
    cell = evaluated(lambda case: outcome if case.category is Category.ERROR else as_it_should(case))

    assert cell.compatibility is Compatibility.INCOMPATIBLE
    assert any("403" in each for each in cell.disagreements)


def test_returning_nothing_is_not_reading(evaluated: Callable[..., Cell]) -> None:
    cell = evaluated(lambda case: as_it_should(case) if case.category is Category.ERROR else Outcome(ok=True))

    assert cell.compatibility is Compatibility.INCOMPATIBLE
    assert cell.reasons[0].message == "it returned nothing"


def test_reactions_that_the_consumer_would_not_have_are_named(known: Any) -> None:
    base = known.contract("1.0")
    generated_from = GeneratedFrom(base, consumer("closed-enums,requires-fields"))
    trial = [(case, READ) for case in build(base, invalid=True)]

    unforeseen = [each for one in reactions("c", base, generated_from, trial) for each in one.disagreements]

    assert any("/id: left out was predicted to be rejected, but read" in each for each in unforeseen)
    assert not any("flowcontract_unknown: added" in each for each in unforeseen)


# The commands.


@pytest.fixture
def asked(bench: Setup, shelves: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command over the shelves."""

    def asked(*words: str) -> tuple[int, str]:
        more = ("--clients", str(shelves / "clients.yaml"), "--cache", str(bench.cache.folder))
        code = main.main([*words, *more])
        return code, capsys.readouterr().out

    return asked


def test_may_i_upgrade(asked: Callable[..., tuple[int, str]]) -> None:
    same = asked("can-upgrade", "--client", "python:1.0.post2", "--to", "1.0")
    later = asked("can-upgrade", "--client", "python:1.0.post2", "--to", "2.0", "--offline")
    both = asked("can-upgrade", "--client", "python:1.0.post2", "--client", "python:9", "--to", "2.0", "--offline")

    assert same[0] == 0
    assert same[1].startswith("yes: python:1.0.post2 on 1.0")
    assert later[0] == 1
    assert later[1].startswith("not safely: python:1.0.post2 on 2.0")
    assert "steel" in later[1]
    quiet = asked("can-upgrade", "--client", "python:1.0.post2", "--to", "2.0", "--offline", "--quiet")

    assert quiet == (1, "not safely: python:1.0.post2 on 2.0\n")
    assert both[0] == 2
    assert "inconclusive: python:9 on 2.0" in both[1]


def test_the_table_is_printed_and_written_in_every_format(
    asked: Callable[..., tuple[int, str]], tmp_path: Path, shelves: Path
) -> None:
    code, printed = asked(
        "matrix", "--client", "python:1.0.post2", "--server", "1.0", "--server", str(shelves / "2.0.json"),
        "--format", "json", "--report", str(tmp_path / "report"),
    )  # fmt: skip
    document = json.loads(printed)

    assert code == document["exit_code"] == 1
    assert [cell["compatibility"] for cell in document["cells"]] == ["compatible", "partial"]
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        f"matrix.{e}" for e in ("txt", "json", "md", "html")
    }
    for path in (tmp_path / "report").iterdir():
        assert "steel" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["can-upgrade --to", "matrix --server"])
def test_the_commands_say_whose_clients_they_test(
    command: str, shelves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*command.split(), str(tmp_path / "missing.yaml"), "--client", "python:1.0"]

    assert main.main([*words, "--quiet"]) == 2
    assert "clients: the bundled example, authentik's" in capsys.readouterr().err
    assert main.main([*words, "--clients", str(shelves / "clients.yaml")]) == 2
    assert f"clients: {shelves / 'clients.yaml'}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["can-upgrade --to", "matrix --server"])
def test_clients_of_another_api_are_not_installed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = Path(__file__).parents[2] / "data" / "contracts" / "things.yaml"

    assert main.main([*command.split(), str(document), "--client", "python:1.0"]) == 2

    assert "things.yaml. Pass one with --clients FILE." in capsys.readouterr().err


def test_a_client_may_print_what_it_likes(client: Any, bench: Setup) -> None:
    table = run(bench, bench.known.select("python:1.0.post2"), [bench.known.contract("1.0")], Options())

    assert table.cells[0].compatibility is Compatibility.COMPATIBLE


def test_an_empty_cache_offline_is_not_evaluated(
    asked: Callable[..., tuple[int, str]], bench: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWCONTRACT_OFFLINE", "on")
    object.__setattr__(bench, "cache", Cache(tmp_path))

    code, said = asked("can-upgrade", "--client", "python:1.0", "--to", "1.0")

    assert code == 2
    assert "--offline" in said


def test_offline_is_on_or_off(
    bench: Setup, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWCONTRACT_OFFLINE", "maybe")

    assert main.main(["can-upgrade", "--client", "python:1.0", "--to", "1.0", "--cache", str(bench.cache.folder)]) == 2
    assert "FLOWCONTRACT_OFFLINE: expected on or off" in capsys.readouterr().err
