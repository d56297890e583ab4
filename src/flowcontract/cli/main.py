"""The command `flowcontract`: finds the subcommand and calls it. Only what is called is imported."""

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

# What a user wants, and the commands that do it: name, one line of help. The code of `name` is
# `flowcontract.commands.name` (`_` for `-`), with `configure(parser)` and `run(arguments) -> int`; and
# `complete(parser, words)` where some flags depend on others.
GROUPS: dict[str, dict[str, str]] = {
    "see it all once": {
        "demo": "capture, build, mock, gate and report in one run",
    },
    "work without a server": {
        "mock": "serve the contract",
        "scenario": "put a running mock into a named state",
        "verify": "ask a running mock whether it was called, how often, with what",
        "check-fixture": "say whether fixtures are what the contract says",
        "export": "write examples and scenarios as TypeScript, MSW and HAR",
    },
    "judge a server": {
        "gate": "judge a server by the contract",
        "proxy": "stand before a server and judge what goes by",
        "compare": "say where two servers answer the same requests differently",
    },
    "search for failures": {
        "fuzz": "send many distinct requests and turn up each cause once",
        "campaigns": "list, show and compare fuzz campaigns; decide about a cause",
        "replay": "send again what made a failure, to the same target or another",
    },
    "move to another release": {
        "diff": "say what changed between two contracts, and whom it breaks",
        "matrix": "say which generated client reads which release, and why not",
        "can-upgrade": "say whether a client goes on working with another release",
    },
    "keep the contract": {
        "capture": "read a published page or document into a contract",
        "build": "put captured document, overlays and examples together",
    },
}
COMMANDS: dict[str, str] = {name: text for group in GROUPS.values() for name, text in group.items()}


def _help() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n\n".join(
        f"{wish}:\n" + "\n".join(f"  {name:<{width}}  {text}" for name, text in group.items())
        for wish, group in GROUPS.items()
    )
    return (
        "usage: flowcontract COMMAND [OPTION...]\n\n"
        "Hold a server, its published contract and its clients to each other.\n\n"
        f"{listed}\n\n"
        "`flowcontract COMMAND --help` tells about one of them. With `--quiet` a command\n"
        "prints no more than its verdict, with `--json` one JSON document for programs.\n"
        "Exit codes: 0 kept or done, 1 broken, 2 could not judge or could not do it.\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    _bear_anything()
    try:
        try:
            return _main(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()  # Here, where what goes wrong can be answered.
    except OSError as error:
        # What is read and written by name is answered where it happens: this is standard output.
        if not isinstance(error, BrokenPipeError):  # Who reads on may stop (`| head -1`), and wants no word of it.
            place = error.filename or "what it has to say"
            sys.stderr.write(f"flowcontract: {place} cannot be read or written: {error.strerror or error}.\n")
        _discard_output()
        return 2


def _discard_output() -> None:
    """Let what is left over go nowhere, so that it does not fail again at the very end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # It is no file.
        sys.stdout = io.StringIO()


def _bear_anything() -> None:
    """Let output that is closed take nothing, and an encoding that lacks a letter its escape."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0 if words else 2
    if words[0] == "--version":
        from importlib.metadata import version

        sys.stdout.write(f"flowcontract {version('flowcontract')}\n")
        return 0
    if words[0] not in COMMANDS:
        import difflib

        near = difflib.get_close_matches(words[0], COMMANDS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        sys.stderr.write(f"flowcontract: there is no command {words[0]!r}.{hint} `flowcontract --help` lists them.\n")
        return 2
    return _call(words[0], words[1:])


def parser_of(name: str, words: list[str] | None = None) -> "argparse.ArgumentParser":
    """The parser of a command, with the flags that depend on other words. Raises FlowContractError for such a word."""
    import argparse
    import importlib

    command = importlib.import_module(f"flowcontract.cli.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"flowcontract {name}", description=COMMANDS[name], allow_abbrev=False)
    parser.set_defaults(run=command.run)
    command.configure(parser)
    if hasattr(command, "complete"):
        command.complete(parser, words or [])
    return parser


def _call(name: str, words: list[str]) -> int:
    from flowcontract.errors import FlowContractError

    try:
        arguments = _parsed(parser_of(name, words), words)
        return int(arguments.run(arguments))
    except FlowContractError as error:
        sys.stderr.write(f"flowcontract {name}: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"flowcontract {name}: stopped.\n")
        return 130


def _parsed(parser: "argparse.ArgumentParser", words: list[str]) -> "argparse.Namespace":
    """Options may stand anywhere between other words; where a word chooses an action, argparse knows no such thing."""
    try:
        return parser.parse_intermixed_args(words)
    except TypeError:
        return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
