"""One table of settings: command line, then environment, then file, then default."""

import argparse
from pathlib import Path

import pytest

from flowcontract.errors import UsageError
from flowmock import settings
from flowmock.settings import FIELDS, Settings


@pytest.fixture
def resolve(tmp_path):
    """Resolve a command line, an environment and the text of a file."""

    def resolved(words=(), environment=None, file=None):
        parser = argparse.ArgumentParser()
        settings.add_to(parser)
        if file is not None:
            (tmp_path / settings.FILE).write_text(file)
        return settings.resolve(parser.parse_args(list(words)), environment or {}, tmp_path)

    return resolved


def test_the_defaults(resolve):
    assert resolve() == Settings()


def test_who_goes_before_whom(resolve):
    file = "[mock]\nport = 1\nseed = 1\nprofile = 'file'"
    environment = {"FLOWCONTRACT_PORT": "2", "FLOWCONTRACT_SEED": "2"}

    chosen = resolve(["--port", "3"], environment, file)

    assert (chosen.port, chosen.seed, chosen.profile) == (3, 2, "file")


def test_lists_and_switches(resolve):
    from_words = resolve(["--token", "a", "--token", "b:none", "--no-cors"])
    from_environment = resolve([], {"FLOWCONTRACT_TOKEN": "a b:none", "FLOWCONTRACT_CORS": "off"})
    from_file = resolve([], {}, "[mock]\ntoken = ['a', 'b:none']\ncors = false")

    assert from_words == from_environment == from_file == Settings(token=("a", "b:none"), cors=False)


def test_another_file_may_be_named(resolve, tmp_path):
    (tmp_path / "other.toml").write_text("[mock]\nseed = 7")

    assert resolve(["--config", str(tmp_path / "other.toml")]).seed == 7


def test_the_other_tables_of_the_file_are_others(resolve):
    assert resolve(file="[gate]\nprofile = 'quick'") == Settings()


@pytest.mark.parametrize(
    ("words", "environment", "file", "told"),
    [
        (["--port", "x"], {}, None, "--port: a whole number was expected"),
        (["--port", "70000"], {}, None, "a port from 0 to 65535 was expected, not 70000"),
        ([], {"FLOWCONTRACT_CORS": "maybe"}, None, "FLOWCONTRACT_CORS: on or off was expected"),
        ([], {}, "[mock]\nprot = 1", "has no setting 'prot'; port it has"),
        ([], {}, "[mock]\ntoken = 5", "[mock] token: texts that are not empty were expected"),
        ([], {}, "[mock]\nhost = 5", "[mock] host: a text was expected"),
        ([], {}, "[mock\n", "is no valid TOML"),
        ([], {}, "mock = 1", "a table [mock] was expected"),
        (["--config", "/nowhere.toml"], {}, None, "/nowhere.toml cannot be read: No such file"),
    ],
)
def test_what_cannot_be_is_told_with_its_source(words, environment, file, told, resolve):
    with pytest.raises(UsageError) as refused:
        resolve(words, environment, file)

    assert told in str(refused.value)


def test_every_setting_has_a_help_and_a_variable():
    parser = argparse.ArgumentParser()
    settings.add_to(parser)
    shown = parser.format_help()

    for name, field in FIELDS.items():
        assert field.metadata["help"]
        assert settings.option(name) in shown
        assert f"[FLOWCONTRACT_{name.upper()}]" in " ".join(shown.split())


def test_the_reference_has_the_table():
    reference = Path(__file__).parents[2] / "docs" / "reference" / "mock.md"

    assert settings.table() in reference.read_text(encoding="utf-8")
