"""One table of settings: command line, then environment, then file, then default."""

import argparse
import tomllib
from pathlib import Path

import pytest

from flowcontract.errors import UsageError
from flowmock import settings
from flowmock.settings import FIELDS, Settings


def resolve(words=(), environment=None, file=""):
    """Resolve a command line, an environment and the text of a file."""
    parser = argparse.ArgumentParser()
    settings.add_to(parser)
    table = tomllib.loads(file).get("mock", {})
    return settings.resolve(parser.parse_args(list(words)), environment or {}, table)


def test_the_defaults():
    assert resolve() == Settings()


def test_precedence():
    file = "[mock]\nport = 1\nseed = 1\nserver-profile = 'file'"
    environment = {"FLOWCONTRACT_PORT": "2", "FLOWCONTRACT_SEED": "2"}

    chosen = resolve(["--port", "3"], environment, file)

    assert (chosen.port, chosen.seed, chosen.server_profile) == (3, 2, "file")


def test_lists_and_switches():
    from_words = resolve(["--token", "a", "--token", "b:none", "--no-cors"])
    from_environment = resolve([], {"FLOWCONTRACT_TOKEN": "a b:none", "FLOWCONTRACT_CORS": "off"})
    from_file = resolve([], {}, "[mock]\ntoken = ['a', 'b:none']\ncors = false")

    assert from_words == from_environment == from_file == Settings(token=("a", "b:none"), cors=False)


@pytest.mark.parametrize(
    ("words", "environment", "file", "expected"),
    [
        (["--port", "x"], {}, "", "--port: expected an integer"),
        (["--port", "70000"], {}, "", "expected a port from 0 to 65535, got 70000"),
        ([], {"FLOWCONTRACT_CORS": "maybe"}, "", "FLOWCONTRACT_CORS: expected on or off"),
        ([], {}, "[mock]\nprot = 1", "unknown setting 'prot' in [mock]. Did you mean 'port'?"),
        ([], {}, "[mock]\ntoken = 5", "[mock] token: expected a non-empty string"),
        ([], {}, "[mock]\nhost = 5", "[mock] host: expected a string"),
    ],
)
def test_an_invalid_value_is_reported_with_its_source(words, environment, file, expected):
    with pytest.raises(UsageError) as refused:
        resolve(words, environment, file)

    assert expected in str(refused.value)


def test_every_setting_has_help_and_a_variable():
    parser = argparse.ArgumentParser()
    settings.add_to(parser)
    shown = parser.format_help()

    for name, field in FIELDS.items():
        assert field.metadata["help"]
        assert settings.option(name) in shown
        assert f"[FLOWCONTRACT_{name.upper()}]" in " ".join(shown.split())


def test_the_reference_contains_the_table():
    reference = Path(__file__).parents[2] / "docs" / "reference" / "mock.md"

    assert settings.table() in reference.read_text(encoding="utf-8")
