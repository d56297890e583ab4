"""What was read from documents, kept on disk."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowcontract.cli import main
from flowcontract.errors import ContractError
from flowcontract.openapi import cache, documents
from flowcontract.openapi.contract import Contract

DOCUMENT = """\
openapi: 3.0.3
info: {title: Shelf, version: "1"}
paths:
  /books/{id}:
    get:
      operationId: book
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        200: {description: a book, content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
components:
  schemas:
    Book: {type: object, required: [title], properties: {title: {type: string, nullable: true}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shelf.yaml"
    path.write_text(DOCUMENT)
    return path


def _never() -> None:
    raise AssertionError("made again")


def test_what_was_made_is_not_made_again(folder: Path) -> None:
    assert cache.cached("numbers", b"one", lambda: [1]) == [1]
    assert cache.cached("numbers", b"one", _never) == [1]


def test_other_data_and_other_kinds_are_others(folder: Path) -> None:
    cache.cached("numbers", b"one", lambda: [1])

    assert cache.cached("numbers", b"two", lambda: [2]) == [2]
    assert cache.cached("words", b"one", lambda: ["one"]) == ["one"]


def test_a_contract_from_the_cache_is_the_contract(folder: Path, file: Path) -> None:
    first = Contract.load(file)
    again = Contract.load(file)

    assert again.document == first.document
    assert again.operations == first.operations
    media = again.operations["book"].responses["200"].media["application/json"]
    assert media.is_valid({"title": None})
    assert not media.is_valid({})
    assert again.location("/paths/~1books~1{id}/get").line == 5


def test_a_warm_load_parses_nothing(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Contract.load(file)
    monkeypatch.setattr(documents, "parse", lambda *_: _never())

    assert Contract.load(file).title == "Shelf"


def test_a_warm_load_reads_nothing_but_the_model(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = Contract.load(file).problems
    monkeypatch.setattr(documents, "parsed", lambda *_: _never())
    again = Contract.load(file)

    assert again.problems == problems
    assert [operation.id for operation in again.operations.values()] == ["book"]


def test_a_document_of_several_files_is_read_anew(folder: Path, file: Path) -> None:
    (file.parent / "book.yaml").write_text("type: object\nrequired: [title]\n")
    file.write_text(DOCUMENT.replace("#/components/schemas/Book", "book.yaml"))
    assert not _admits(Contract.load(file), {})
    (file.parent / "book.yaml").write_text("type: object\n")

    assert _admits(Contract.load(file), {})


def _admits(contract: Contract, value: object) -> bool:
    return contract.operations["book"].responses["200"].media["application/json"].is_valid(value)


def test_a_changed_document_is_read_anew(folder: Path, file: Path) -> None:
    Contract.load(file)
    file.write_text(DOCUMENT.replace("Shelf", "Rack"))

    assert Contract.load(file).title == "Rack"


def test_an_invalid_document_is_an_error_each_time(folder: Path, file: Path) -> None:
    file.write_text("openapi: [")
    for _ in range(2):
        with pytest.raises(ContractError, match="not valid YAML"):
            Contract.load(file)


def _damage(content: bytes) -> dict[str, bytes]:
    checksum, _, payload = content.partition(b"\n")
    return {
        "empty": b"",
        "cut off": content[: len(content) // 2],
        "one byte flipped": content[:-1] + bytes([content[-1] ^ 1]),
        "of another program": b"\x80\x04\x95 not ours",
        "another value behind the old checksum": checksum + b"\n" + b'{"openapi": "3.0.3", "paths": {}}',
        "no JSON": payload[:10],
    }


@pytest.mark.parametrize("damage", list(_damage(b"checksum\n{}")))
def test_a_damaged_entry_is_made_again_and_written_again(folder: Path, file: Path, damage: str) -> None:
    right = Contract.load(file)
    for kind in ("document", "normalized"):
        entry = next(folder.glob(f"{kind}-*"))
        before = cache._read(entry)
        entry.write_bytes(_damage(entry.read_bytes())[damage])

        again = Contract.load(file)
        assert again.document == right.document
        assert again.operations == right.operations
        assert cache._read(entry) == before


def test_an_entry_of_another_version_is_not_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.cached("numbers", b"one", lambda: ["old"])
    monkeypatch.setattr(cache, "_reader", lambda: b"another version")

    assert cache.cached("numbers", b"one", lambda: ["new"]) == ["new"]


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "taken" / "cache"))

    assert Contract.load(file).title == "Shelf"


def test_an_entry_that_cannot_be_written_costs_nothing_but_time(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)

    assert Contract.load(file).title == "Shelf"
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows keeps the folders of users apart by other means")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path, mode: int) -> None:
    cache.cached("numbers", b"one", lambda: ["planted"])
    folder.chmod(mode)

    assert cache.cached("numbers", b"one", lambda: ["made"]) == ["made"]


def test_the_folder_is_for_its_owner_alone(folder: Path) -> None:
    cache.cached("numbers", b"one", lambda: [1])

    assert folder.stat().st_mode & 0o077 == 0


def test_an_empty_variable_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "")
    assert cache.cached("numbers", b"one", lambda: [1]) == [1]
    assert cache.cached("numbers", b"one", lambda: [2]) == [2]


def _doubled() -> list[object]:
    """What aliases make: forty lists, which are a million millions when they are written out."""
    shared: list[object] = []
    for _ in range(40):
        shared = [shared, shared]
    return shared


def _nested() -> list[object]:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    "make",
    [_doubled, lambda: {1: "a key that is no text"}, lambda: 2**70, lambda: "\ud800", _nested],
    ids=["shared", "no text", "long", "surrogate", "deep"],
)
def test_what_json_cannot_hold_is_made_each_time(folder: Path, make: Callable[[], object]) -> None:
    cache.cached("odd", b"data", make)
    assert list(folder.iterdir()) == []


def test_a_part_that_is_named_twice_is_kept(folder: Path) -> None:
    cache.cached("aliases", b"data", lambda: [[0]] * 2)
    assert cache.cached("aliases", b"data", lambda: ["made again"]) == [[0], [0]]


def test_the_oldest_entries_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 3)
    for number in range(5):
        cache.cached("numbers", b"%d" % number, lambda: [0])
        for age, entry in enumerate(sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
            os.utime(entry, ns=(age, age))

    assert len(list(folder.iterdir())) == 3
    assert cache.cached("numbers", b"4", lambda: ["made again"]) == [0]


WRITER = """
import sys
from pathlib import Path
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
documents._require_shallow = lambda text: sys.stdin.readline()  # Both have found nothing when both go on.
print("reading", flush=True)
print(Contract.load(Path(sys.argv[1])).title)
"""


def test_two_processes_may_write_one_at_once(folder: Path, file: Path) -> None:
    words = [sys.executable, "-c", WRITER, str(file)]
    writers = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "reading\n"
    said = [writer.communicate("go\n")[0] for writer in writers]

    assert said == ["Shelf\n", "Shelf\n"]
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["document", "normalized"]
    assert Contract.load(file).title == "Shelf"


def test_json_is_read_as_yaml_reads_it(tmp_path: Path) -> None:
    text = json.dumps({"a": [1, -2.5, 1e30, True, None, "é\n"], "b": {"200": 123456789012345678901234567890}})

    assert documents.parse(text, "x") == documents.parse("# YAML\n" + text, "x")
    assert documents.parse('{"a": NaN, b: yes}', "x") == {"a": "NaN", "b": "yes"}
    with pytest.raises(ContractError, match="line 1, column"):
        documents.parse('{"a": [}', "x")


def test_commands_have_hypothesis_keep_its_tables_in_the_users_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", "")  # So that it is as before when the test is over.
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY")

    assert main.main(["explain", "server-error"]) == 0

    assert os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] == str(folder / "hypothesis")


def test_a_folder_that_was_chosen_for_hypothesis_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", "mine")

    assert main.main(["explain", "server-error"]) == 0

    assert os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] == "mine"
