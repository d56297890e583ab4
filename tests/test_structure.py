"""The structure: import direction, promised names, no shadowed packages."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flowcontract import errors
from flowcontract.cli import commands, main

ROOT = Path(__file__).resolve().parents[1]


def test_imports_go_in_one_direction() -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("folder", ["mock", "src"])
def test_a_source_root_is_not_a_package(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_the_documented_tree_of_errors_is_complete() -> None:
    drawn = {line.split()[1] for line in (errors.__doc__ or "").splitlines() if line.startswith(("├", "└"))}
    raised = {
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.FlowContractError) and value is not errors.FlowContractError
    }

    assert drawn == raised


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_every_command_has_its_own_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main([command, "--help"])

    assert stopped.value.code == 0
    assert f"usage: flowcontract {command}" in capsys.readouterr().out


def test_help_lists_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--help"]) == 0

    listed = capsys.readouterr().out
    assert all(f"  {command} " in listed for command in commands.COMMANDS)
    modules = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from flowcontract.cli.main import main; main(['--help']); print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    heavy = {"argparse", "asyncio", "connexion", "hypothesis", "httpx", "importlib.metadata", "jinja2", "jsonschema"}
    heavy |= {"jsonschema_rs", "openapi_spec_validator", "pytest", "rich", "schemathesis", "uvicorn", "yaml"}
    assert not heavy & set(modules.split())


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["gaet"]) == 2
    assert "Did you mean 'gate'?" in capsys.readouterr().err


def _fields_of_the_contract() -> set[str]:
    """The names of the properties of a flow, which the published pages are about."""
    from flowcontract.openapi.contract import Contract

    contract = Contract.load()
    success = contract.operation("flows_instances_retrieve").success()
    assert success is not None
    body = next(iter(next(iter(success.media.values())).examples.values())).value
    return set(body)


@pytest.mark.parametrize("folder", ["mock/flowmock", "src/flowcontract"])
def test_no_field_of_the_server_is_named_in_the_code(folder: str) -> None:
    # Words that are also everyday names in code that has nothing to do with a flow.
    # `slug` and `pk`: with such names many APIs identify what they have.
    everyday = {"name", "title", "authentication", "layout", "slug", "pk"}
    fields = _fields_of_the_contract() - everyday
    candidate = re.compile(rf"""["'](?:{"|".join(fields)})["']""")  # Quick: few files are parsed.
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    named = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value!r}"
        for path, text in texts.items()
        if candidate.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in fields
    }

    assert not named
