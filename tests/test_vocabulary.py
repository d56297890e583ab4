"""One word for one thing: help, messages, reports and names use the words of the field, and none of our own."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from flowcontract.cli import commands, main

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("src/flowcontract", "mock/flowmock")

NEVER = {
    r"\bkept\b": "passed",
    r"\bbroken\b": "failed",
    r"\b(un)?judg\w*": "check, result, inconclusive",
    r"\bverdicts?\b": "result",
    r"\bremark\w*": "warning",
    r"\bright servers?\b": "conforming server",
    r"\brefus\w*": "error response, denied, rejected",
    r"\b(was|were) expected\b": "expected …, got …",
    r"\bcame\b": "got",
    r"\bstandings?\b": "status",
    r"\bsaid to be\b": "…",
    r"\bmend\w*": "fix",
    r"\bbeyond the contract\b": "undocumented",
    r"(?<!\bthere )\b(is|are|was) no (?!longer\b)": "is not a …",
}
"""Patterns in texts, and what to say instead."""
NEVER_IN_DOCSTRINGS = {
    pattern: NEVER[pattern]
    for pattern in (
        r"\b(un)?judg\w*",
        r"\bverdicts?\b",
        r"\bremark\w*",
        r"\bright servers?\b",
        r"\b(was|were) expected\b",
        r"\bmend\w*",
        r"\bbeyond the contract\b",
    )
}
"""Docstrings may say `kept` or `no` in their ordinary sense."""
NEVER_IN_NAMES = re.compile(
    r"arrivals?|attempts?|beside|broken|deck|dice|dress\w*|editions?|grow\w*|(un)?judg\w*|kept|later|mend\w*|"
    r"printed|refus\w*|remarks?|secrecy|sheets?|spell\w*|standings?|told|said|unsaid|verdicts?"
)
"""A part of the name of a module, class, function, field or parameter that others see."""
NEVER_IN_NAMES_OF_MODULES_AND_CLASSES = re.compile(r"notes?|texts")
"""A field or parameter may well be called `note`."""

ALLOWED: dict[tuple[str, str], str] = {
    ("src/flowcontract/checks/transport.py", "refused"): "connection refused: an error of the operating system",
    ("src/flowcontract/engine/sender.py", "refused"): "connection refused",
    ("src/flowcontract/engine/campaigns/driver.py", "refused"): "connection refused",
    ("src/flowcontract/http/client.py", "refused"): "connection refused",
    ("src/flowcontract/proxy/upstream.py", "refused"): "connection refused",
    ("src/flowcontract/compatibility/clients/installers.py", "connection broken"): "a message of pip",
}
"""Ordinary uses, by file and text, with the reason."""


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    paths = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def strings(module: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Every string with its line, and whether it stands alone: docstrings, and texts below constants and fields."""
    alone: set[ast.AST] = set()
    for node in ast.walk(module):  # From the outside in.
        if isinstance(node, ast.Expr):
            alone.add(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value, node in alone


def wrong(text: str, words: dict[str, str]) -> list[str]:
    """The words of a text that it should not have, each with what to say instead."""
    if not re.search("|".join(words), text, re.I):  # Nearly every text: one search is enough.
        return []
    return [f"{match[0].strip()!r}: say {words[word]!r}" for word in words for match in re.finditer(word, text, re.I)]


def is_allowed(name: str, text: str) -> bool:
    return any(name == file and part in text for file, part in ALLOWED)


@pytest.mark.parametrize("words", [(name, *rest) for name in commands.COMMANDS for rest in [(), *(
    (action,) for action in commands.ACTIONS.get(name, ())
)]], ids=" ".join)  # fmt: skip
def test_help_is_in_the_words_of_the_field(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main([*words, "--help"])

    assert wrong(capsys.readouterr().out, NEVER) == []


def test_the_list_of_commands_is_in_the_words_of_the_field(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["--help"])

    assert wrong(capsys.readouterr().out, NEVER) == []


def test_messages_and_docstrings_are_in_the_words_of_the_field() -> None:
    found = []
    for name, module in modules():
        for line, text, is_docstring in strings(module):
            words = NEVER_IN_DOCSTRINGS if is_docstring else NEVER
            found += [f"{name}:{line} {each}" for each in wrong(text, words) if not is_allowed(name, text)]

    assert found == []


def test_templates_are_in_the_words_of_the_field() -> None:
    found = []
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.j2")) + sorted((ROOT / folder).rglob("*.html")):
            name = str(path.relative_to(ROOT))
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [
                f"{name}:{number} {each}"
                for number, line in enumerate(lines, 1)
                if not is_allowed(name, line)
                for each in wrong(line, NEVER)
            ]

    assert found == []


def names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """The names that other modules can see: classes, functions, parameters, fields and constants without `_`."""
    scopes: list[ast.Module | ast.ClassDef] = [module]
    for scope in scopes:
        for node in scope.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name.startswith("_"):
                    continue
                yield node.lineno, node.name
                if isinstance(node, ast.ClassDef):
                    scopes.append(node)
                else:
                    arguments = node.args
                    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                        yield each.lineno, each.arg
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (
                    (each.lineno, each.id)
                    for each in targets
                    if isinstance(each, ast.Name) and not each.id.startswith("_")
                )


def test_public_names_are_in_the_words_of_the_field() -> None:
    found = []
    for name, module in modules():
        public = [(0, Path(name).stem), *names(module)]
        for line, identifier in public:
            parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().split("_")
            never = [NEVER_IN_NAMES]
            if line == 0 or identifier[0].isupper():
                never.append(NEVER_IN_NAMES_OF_MODULES_AND_CLASSES)
            if any(words.fullmatch(part) for words in never for part in parts) and (name, identifier) not in ALLOWED:
                found.append(f"{name}:{line} {identifier}")

    assert found == []


def test_what_is_allowed_is_there() -> None:
    unused = [(file, part) for file, part in ALLOWED if part not in (ROOT / file).read_text(encoding="utf-8")]

    assert unused == []
