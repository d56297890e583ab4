"""Commands around a run: `--setup` creates data that only the server's owner can create, `--teardown` removes it."""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

from flowcontract.errors import UsageError
from flowcontract.openapi import parameter_values
from flowcontract.openapi.parameter_values import ParameterValue

_LIMIT = 300.0
"""Seconds that each command may take."""


@contextlib.contextmanager
def around(setup: str, teardown: str, url: str) -> Iterator[list[ParameterValue]]:
    """Run `setup` before the block and `teardown` after it, in any case; yields the path parameters that exist now.

    Either may be empty. The commands are run without a shell, with the URL of the server in `FLOWCONTRACT_URL`. Each
    line that `setup` prints is read as `[OPERATION:]NAME=VALUE`. Raises UsageError for a command that cannot be run or
    that fails; a failure of `teardown` is a line on standard error, because the run has a result.
    """
    try:
        yield [_value(line) for line in _output("--setup", setup, url).splitlines() if line.strip()]
    finally:
        try:
            _output("--teardown", teardown, url)
        except UsageError as error:
            sys.stderr.write(f"{error}\n")


def _value(line: str) -> ParameterValue:
    try:
        return parameter_values.parse(line.strip())
    except UsageError as error:
        raise UsageError(
            f"expected lines [OPERATION:]NAME=VALUE from the command of --setup, got {line[:80]!r}.",
            do="Print everything else to standard error.",
        ) from error


def _output(option: str, command: str, url: str) -> str:
    """What a command printed; nothing for an empty one."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the command of {option} cannot be parsed: {error}.", do="Check the quotes in it.") from error
    if not words:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  The caller's own command.
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "FLOWCONTRACT_URL": url},
            timeout=_LIMIT,
            check=False,
        )
    except OSError as error:
        raise UsageError(
            f"the command of {option} cannot be run: {words[0]}: {error.strerror}.", do="Check its name and its path."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"the command of {option} took longer than {_LIMIT:.0f} s.",
            do="Run it on its own to see what it waits for.",
        ) from error
    if done.returncode:
        raise UsageError(
            f"expected the command of {option} to succeed, got exit code {done.returncode}.",
            do="Run it on its own to see why.",
        )
    return done.stdout.decode("utf-8", "replace")
