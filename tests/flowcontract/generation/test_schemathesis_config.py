"""What our own phases take from the user's `schemathesis.toml`."""

from pathlib import Path

import pytest

from flowcontract.generation import schemathesis_config

ALL = {"examples", "coverage", "stateful", "fuzzing"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", set()),
        ("[phases.fuzzing]\nenabled = true\n[phases.examples.generation]\nmax-examples = 1\n", set()),
        ("[phases.fuzzing]\nenabled = false\n[phases.stateful]\nenabled = false\n", {"fuzzing", "stateful"}),
        ('[[operations]]\ninclude-path = "/a"\nphases.coverage.enabled = false\n', {"coverage"}),
        ('[[operations]]\ninclude-path = "/a"\nenabled = false\n', ALL),
        ("phases = 3\noperations = 4\n", set()),
    ],
)
def test_phases_that_are_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, names: set[str]
) -> None:
    (tmp_path / "schemathesis.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert schemathesis_config.switched_off() == names


def test_what_is_wrong_with_the_file_is_one_line() -> None:
    error = schemathesis_config.unreadable(Path("schemathesis.toml"), ValueError("Type error:\n\n  - 'phases' is 3."))

    assert str(error) == "cannot read schemathesis.toml: Type error: - 'phases' is 3. Fix the file."
