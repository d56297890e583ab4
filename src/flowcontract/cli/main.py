"""The command line `flowcontract`: finds the command and runs it. Only the module of this command is imported."""

import io
import os
import sys

from flowcontract.cli.commands import COMMANDS, GROUPS, parser_of

TYPE_CHECKING = False  # As in `typing`, whose import takes longer than everything else `--help` needs.

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path


def _help() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n\n".join(
        f"{task}:\n" + "\n".join(f"  {name:<{width}}  {text}" for name, text in group.items())
        for task, group in GROUPS.items()
    )
    return (
        "usage: flowcontract COMMAND [OPTION...]\n"
        "       flowcontract --version\n\n"
        "Contract tests and a mock server for any OpenAPI document.\n\n"
        f"{listed}\n\n"
        "Run `flowcontract COMMAND --help` for details. Most commands take `--quiet`\n"
        "(print only the result) and `--json` (print one JSON document). Options can be\n"
        "set in flowcontract.toml; `flowcontract init` writes one.\n"
        "Exit codes: 0 passed or done, 1 failed, 2 inconclusive or an error.\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 passed or done, 1 failed, 2 inconclusive or an error."""
    _make_output_robust()
    code = 2
    try:
        try:
            code = _main(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()  # Here, where an error can still be reported.
        return code
    except OSError as error:
        import contextlib  # Here: hardly any call needs it.

        # Errors of named files are reported where they happen: this one is of standard output or standard error.
        if not isinstance(error, BrokenPipeError):  # A reader that stops (`| head -1`) needs no message.
            name = error.filename or "standard output"
            with contextlib.suppress(OSError):
                sys.stderr.write(f"flowcontract: {name} cannot be read or written: {error.strerror or error}.\n")
        return 1 if code == 1 else 2  # A failed run stays failed, although its output was not read to the end.
    finally:
        _discard_what_cannot_be_written()


def _discard_what_cannot_be_written() -> None:
    """Send the rest of an output that failed nowhere: a second failure would change the exit code to 120."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        try:
            stream.flush()
            continue
        except (OSError, ValueError):
            pass
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):  # It is not a file.
            setattr(sys, name, io.StringIO())


def _make_output_robust() -> None:
    """Discard output where it is closed, and escape characters that its encoding lacks."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _main(words: list[str]) -> int:
    if "_FLOWCONTRACT_COMPLETE" in os.environ:
        from flowcontract.cli import completion

        return completion.complete()
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0 if words else 2
    if words[0] == "--version":
        from importlib.metadata import version

        sys.stdout.write(f"flowcontract {version('flowcontract')}\n")
        return 0
    if words[0] not in COMMANDS:
        from flowcontract.text import nearest

        hint = nearest(words[0], COMMANDS)
        sys.stderr.write(f"flowcontract: unknown command {words[0]!r}.{hint} Run `flowcontract --help` for the list.\n")
        return 2
    return _call(words[0], words[1:])


def _call(name: str, words: list[str]) -> int:
    from flowcontract.errors import FlowContractError

    try:
        return _run(name, words)
    except FlowContractError as error:
        sys.stderr.write(f"flowcontract {name}: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"flowcontract {name}: stopped.\n")
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:
        if "--debug" in words:
            raise
        from flowcontract.cli import error_report

        sys.stderr.write(error_report.message(name, words, error))
        return 2


def _run(name: str, words: list[str]) -> int:
    from pathlib import Path

    from flowcontract.cli import config

    if name != "mock":
        _keep_tables_of_characters()
    arguments = arguments_of(name, words, Path.cwd())
    if getattr(arguments, "verbose", False):
        sys.stderr.write(config.described(arguments.configuration, name))
    return int(arguments.run(arguments))


def arguments_of(name: str, words: list[str], folder: "Path") -> "Namespace":
    """The arguments of a command: from the command line, else from the configuration of a folder.

    Raises UsageError for a configuration that cannot be used.
    """
    from flowcontract.cli import config

    parser = parser_of(name)
    chosen = config.load(parser.config_file(words), folder)
    if name != "mock":  # It reads the environment between the command line and the file.
        config.apply(chosen, parser, name)
    arguments = parser.parse(words)
    arguments.command, arguments.configuration = name, chosen
    config.complete(chosen, arguments, name)
    return arguments


def _keep_tables_of_characters() -> None:
    """Let Hypothesis store its character tables in the user's cache, unless its own variable names a folder.

    By default it makes them in every current folder anew, which takes 3 s and 200 MB, and leaves `.hypothesis` there.
    """
    from flowcontract.openapi import cache

    if "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ and (folder := cache.folder()):
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
