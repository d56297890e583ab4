"""Captured document, overlays and examples become one contract that says where everything comes from."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli.main import main
from flowcontract.errors import BuildError, ContractError, FlowContractError
from flowcontract.openapi import documents
from flowcontract.openapi.assemble import build, extended, published, render
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.normalization import Problem

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "spec"

CAPTURED = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "/api/"}],
    "paths": {
        "/things/{key}": {
            "get": {
                "operationId": "thing",
                "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string", "maxLength": 3}}}
        }
    },
}
EXAMPLE = {"operation": "thing", "status": "200", "summary": "One", "value": {"key": "one"}}
OVERLAY = {
    "overlay": "1.0.0",
    "info": {"title": "T", "version": "1"},
    "actions": [
        {
            "target": "$.paths.*.get.responses",
            "update": {"404": {"description": "None", "content": {"application/json": {"schema": {"type": "object"}}}}},
        }
    ],
}
Write = Callable[[str, Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else documents.dump(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def parts(write: Write) -> tuple[Path, Path, Path]:
    """A captured document, an overlay and a folder with one example."""
    captured = write("captured/1.yaml", CAPTURED)
    over = write("overlays/observed.yaml", OVERLAY)
    return captured, over, write("examples/first.yaml", EXAMPLE).parent


def test_what_was_added_says_where_it_comes_from(parts: tuple[Path, Path, Path]) -> None:
    captured, over, examples = parts

    document = build(captured, [over], examples)

    operation = "/paths/~1things~1{key}/get"
    assert document["x-flowcontract-captured"] == "captured/1.yaml"
    assert document["x-flowcontract-provenance"] == {
        f"{operation}/parameters/0/examples": "examples/",
        f"{operation}/parameters/0/examples/first": "examples/first.yaml",
        f"{operation}/responses/200/content/application~1json/examples": "examples/",
        f"{operation}/responses/200/content/application~1json/examples/first": "examples/first.yaml",
        f"{operation}/responses/404": "overlays/observed.yaml",
    }


def test_an_example_is_named_by_its_file_and_gives_a_key_to_ask_for(parts: tuple[Path, Path, Path]) -> None:
    captured, _, examples = parts

    operation = Contract(build(captured, examples=examples)).operation("thing")

    success = operation.success()
    assert success is not None
    assert success.media["application/json"].examples["first"].value == {"key": "one"}
    assert success.media["application/json"].examples["first"].summary == "One"
    assert operation.parameters[0].examples["first"].value == "one"
    assert operation.example_path_values() == {"first": {"key": "one"}}


def test_adding_a_file_adds_an_example(parts: tuple[Path, Path, Path], write: Write) -> None:
    captured, _, examples = parts
    write("examples/second.yaml", {**EXAMPLE, "value": {"key": "two"}})

    operation = Contract(build(captured, examples=examples)).operation("thing")

    assert operation.example_path_values() == {"first": {"key": "one"}, "second": {"key": "two"}}


def test_nothing_that_was_read_is_changed(parts: tuple[Path, Path, Path]) -> None:
    captured, over, examples = parts
    before = captured.read_text(encoding="utf-8")

    assert render(build(captured, [over], examples)) == render(build(captured, [over], examples))
    assert captured.read_text(encoding="utf-8") == before


def test_the_published_part_is_the_captured_document(parts: tuple[Path, Path, Path], write: Write) -> None:
    captured, over, examples = parts
    path = write("openapi.yaml", render(build(captured, [over], examples)))

    contract = Contract.load(path)

    assert set(contract.operation("thing").responses) == {"200", "404"}
    assert published(contract).document == CAPTURED
    assert set(published(contract).operation("thing").responses) == {"200"}


def test_a_contract_that_was_not_built_has_no_published_part(write: Write) -> None:
    with pytest.raises(ContractError, match="expected `x-flowcontract-captured`"):
        published(Contract.load(write("plain.yaml", CAPTURED)))


def test_a_published_part_that_is_gone_is_named(parts: tuple[Path, Path, Path], write: Write) -> None:
    path = write("openapi.yaml", render(build(parts[0])))
    parts[0].unlink()

    with pytest.raises(ContractError, match=r"captured/1\.yaml"):
        published(Contract.load(path))


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("", "expected an example"),
        ("- 1", "expected an example"),
        ({"operation": "thing", "status": "200"}, "expected an example"),
        ({**EXAMPLE, "sumary": "x"}, "unknown key 'sumary'. Did you mean 'summary'?"),
        ({**EXAMPLE, "operation": "other"}, "unknown operation 'other'"),
        ({**EXAMPLE, "status": "404"}, "documents no application/json response with status 404"),
        ({**EXAMPLE, "media": "text/html"}, "documents no text/html response with status 200"),
        ({**EXAMPLE, "value": {}}, r"'first'.*violates the contract.*key"),
        ({**EXAMPLE, "value": {"key": "long"}}, r"'first'.*violates the contract at /key"),
        ({**EXAMPLE, "value": {"key": None}}, r"'first'.*violates the contract at /key"),
    ],
)
def test_an_example_that_does_not_fit_is_refused(
    example: Any, said: str, parts: tuple[Path, Path, Path], write: Write
) -> None:
    write("examples/first.yaml", example)

    with pytest.raises(BuildError, match=said):
        build(parts[0], examples=parts[2])


def test_every_example_that_does_not_fit_is_named_with_its_file(parts: tuple[Path, Path, Path], write: Write) -> None:
    write("examples/first.yaml", {**EXAMPLE, "value": {}})
    write("examples/second.yaml", {**EXAMPLE, "operation": "other"})

    with pytest.raises(BuildError, match=r"(?s)first\.yaml:\d+: the example 'first' violates.*second\.yaml: unknown"):
        build(parts[0], examples=parts[2])


def test_examples_that_do_not_fit_can_be_left_out(parts: tuple[Path, Path, Path], write: Write) -> None:
    write("examples/first.yaml", {**EXAMPLE, "value": {}})
    write("examples/second.yaml", EXAMPLE)
    write("examples/third.yaml", "- 1")
    left_out: list[Problem] = []

    document = extended(documents.read(parts[0]), [], parts[2], base=parts[2].parent, left_out=left_out)

    assert "'second'" in str(document)
    assert "'first'" not in str(document)
    assert [re.sub(r":\d+$", "", problem.pointer.rpartition("/")[2]) for problem in left_out] == [
        "first.yaml",
        "third.yaml",
    ]
    assert all(problem.message.endswith("; the example is left out.") for problem in left_out)


def test_an_overlay_that_makes_the_document_invalid_is_refused(parts: tuple[Path, Path, Path], write: Write) -> None:
    action = {"target": "$.paths.*.get", "update": {"responses": {"404": {"content": {}}}}}
    over = write("overlays/observed.yaml", {**OVERLAY, "actions": [action]})

    with pytest.raises(BuildError, match="not valid OpenAPI"):
        build(parts[0], [over])


@pytest.mark.parametrize(
    ("captured", "said"),
    [
        ("", "is empty"),
        ("- 1", "is an array"),
        ("openapi: 4.0.0\npaths: {}", "is OpenAPI 4.0.0"),
        ("swagger: '2.0'", "Swagger 2.0"),
        ("{", "not valid YAML at line"),
    ],
)
def test_what_is_not_a_captured_document_is_rejected(captured: str, said: str, write: Write) -> None:
    with pytest.raises(FlowContractError, match=said):
        build(write("captured/1.yaml", captured))


def test_an_example_that_the_publisher_got_wrong_stays(write: Write) -> None:
    wrong = json.loads(json.dumps(CAPTURED))
    content = wrong["paths"]["/things/{key}"]["get"]["responses"]["200"]["content"]
    content["application/json"]["example"] = {"key": "too long"}
    over = write("overlays/observed.yaml", OVERLAY)

    assert "404" in Contract(build(write("captured/1.yaml", wrong), [over])).operation("thing").responses


def test_an_example_can_name_its_operation_by_method_and_path(parts: tuple[Path, Path, Path], write: Write) -> None:
    write("examples/second.json", {**EXAMPLE, "operation": "GET /things/{key}", "value": {"key": "two"}})

    success = Contract(build(parts[0], examples=parts[2])).operation("thing").success()
    assert success is not None
    assert "second" in success.media["application/json"].examples


def test_the_command_builds_a_file(parts: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    captured, over, examples = parts
    output = captured.parents[1] / "a contract.yaml"

    words = ["--captured", str(captured), "--overlay", str(over), "--examples", str(examples), "-o", str(output)]
    assert main(["build", *words]) == 0
    printed = capsys.readouterr().err
    assert ", 1 overlay and 1 example." in printed
    assert f"`flowcontract mock --spec '{output}'`" in printed
    assert main(["build", "--check", *words]) == 0

    assert output.read_text(encoding="utf-8") == render(build(captured, [over], examples))
    assert main(["build", *words[:-1], "-"]) == 0
    assert "openapi: 3.0.3" in capsys.readouterr().out


def test_check_fails_where_the_file_is_stale(
    parts: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    captured, over, _ = parts
    output = captured.parents[1] / "openapi.yaml"
    words = ["--captured", str(captured), "-o", str(output)]
    assert main(["build", "--check", *words]) == 1
    assert main(["build", *words]) == 0
    before = output.read_text(encoding="utf-8")

    assert main(["build", "--check", *words, "--overlay", str(over)]) == 1

    assert output.read_text(encoding="utf-8") == before
    assert "is out of date from line" in capsys.readouterr().err
    output.write_bytes(b"\xff")
    assert main(["build", "--check", *words]) == 1


def test_an_overlay_that_matches_nothing_leaves_the_file_as_it_was(
    parts: tuple[Path, Path, Path], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    over = write("overlays/wrong.yaml", {**OVERLAY, "actions": [{"target": "$.nothing", "update": {}}]})
    output = write("openapi.yaml", "as it was")

    assert main(["build", "--captured", str(parts[0]), "--overlay", str(over), "-o", str(output)]) == 2

    shown = capsys.readouterr().err
    assert "overlays/wrong.yaml, action 1 ($.nothing) matches nothing" in shown
    assert shown.count("\n") == 1
    assert output.read_text(encoding="utf-8") == "as it was"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--captured", "missing.yaml", "-o", "-"], "there is no file missing.yaml"),
        (["--captured", "missing.yaml"], "expected an output file"),
        (["--check", "-o", "-"], "not standard output"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", *words]) == 2

    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_the_committed_contract_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["build", "--check"]) == 0


def test_the_number_in_a_path_is_a_number_in_the_example_of_its_parameter() -> None:
    docs = Path(__file__).parents[1] / "data" / "docs"

    document = extended(documents.read(docs / "shop.yaml"), [], docs / "payloads", base=docs)

    (parameter,) = document["paths"]["/pets/{id}"]["parameters"]
    assert {name: each["value"] for name, each in parameter["examples"].items()} == {"tom": 5, "rex": 7}


def test_a_path_parameter_that_is_not_declared_has_no_example(parts: tuple[Path, Path, Path], write: Write) -> None:
    _, _, examples = parts
    captured = json.loads(json.dumps(CAPTURED))
    del captured["paths"]["/things/{key}"]["get"]["parameters"]

    document = build(write("captured/undeclared.yaml", captured), examples=examples)

    assert "parameters" not in document["paths"]["/things/{key}"]["get"]
