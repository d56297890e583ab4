"""An unexpected error: one line for the user, and a file with what a bug report needs, without secrets."""

import os
import platform
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from flowcontract.cli import config
from flowcontract.cli.parser import Parser
from flowcontract.http import credentials
from flowcontract.http.credential_redaction import Literals
from flowcontract.http.redaction import MARK, Redactor
from flowcontract.text import one_line, url_without_secrets

_SECRET = tuple(f"--{name}" for name in (*config.SECRETS, *config.PAIRS))
_VARIABLES = (*credentials.OPTIONS, credentials.AUTH, "FLOWCONTRACT_KEY")
"""Beginnings of the names of environment variables with secrets."""
_SHORTEST = 3
"""Characters of a secret that is replaced wherever it occurs; a shorter one would hit ordinary words."""


def message(command: str, words: Sequence[str], error: Exception) -> str:
    """One line about an unexpected error; the details are in the file that it names."""
    clean = _Cleaner(words)
    what = one_line(clean(f"{type(error).__name__}: {error}"), 300)
    path = _write(command, words, error, clean)
    details = f"Please report it with the file {path}" if path else "Please report it"
    return f"flowcontract {command}: unexpected error: {what.rstrip('.')}. {details}; --debug prints the traceback.\n"


def _write(command: str, words: Sequence[str], error: Exception, clean: "_Cleaner") -> str:
    """Write the details to a file that only its owner can read; empty where none can be written."""
    lines = [
        f"flowcontract {version('flowcontract')}, Python {platform.python_version()}, {platform.platform()}",
        f"command: flowcontract {command} {' '.join(words)}",
        "",
        *traceback.format_exception(error),
    ]
    try:
        descriptor, path = tempfile.mkstemp(prefix="flowcontract-error-", suffix=".txt")  # Mode 0600.
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(clean("\n".join(lines)))
    except OSError:
        return ""
    return path


class _Cleaner:
    """Removes the caller's credentials, and likely secrets of a server, from a text."""

    def __init__(self, words: Sequence[str]) -> None:
        found = {secret.strip() for secret in (*_of_words(words), *_of_environment(words))}
        self._secrets = sorted((secret for secret in found if len(secret) >= _SHORTEST), key=len, reverse=True)
        self._encoded = Literals((), self._secrets)
        self._redactor = Redactor()

    def __call__(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            text = text.replace(secret, MARK)
        return self._redactor.text(url_without_secrets(self._encoded.text(text)))


def _of_words(words: Sequence[str]) -> Iterator[str]:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        given = value if equals else following
        if name == "--proxy":  # A URL, or USER:PASSWORD@HOST alone.
            given = given.rpartition("@")[0].rpartition("//")[2]
        if name in (*_SECRET, "--proxy"):
            yield given
            yield from (part for separator in ("=", ":") for part in given.split(separator)[1:])


def _of_environment(words: Sequence[str]) -> Iterator[str]:
    names = [name for name in os.environ if name.startswith(_VARIABLES)]
    for name in (*names, *_named_in_configuration(words)):
        value = os.environ.get(name, "")
        yield value
        yield from (*value.split(), value.partition(":")[2])


def _named_in_configuration(words: Sequence[str]) -> Iterator[str]:
    """The environment variables that the configuration names, unless it is what cannot be read."""
    try:
        content = config.load(Parser.config_file(words), Path.cwd()).content
    except Exception:
        return
    for table in content.values():
        for key, value in table.items() if isinstance(table, Mapping) else ():
            if key.replace("_", "-").endswith("-env"):
                yield from map(str, value.values() if isinstance(value, Mapping) else [value])
