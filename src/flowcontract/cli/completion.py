"""`flowcontract completion`: shell completion by click, for what is declared with argparse."""

import argparse
import os
import sys

import click
from click.shell_completion import get_completion_class

from flowcontract.cli import commands, output
from flowcontract.cli.parser import takes_path

_VARIABLE = "_FLOWCONTRACT_COMPLETE"
_PROGRAM = "flowcontract"
SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=SHELLS, help="your shell")
    output.add_to(parser, as_json=None)


def run(arguments: argparse.Namespace) -> int:
    """Print the script; `eval "$(flowcontract completion bash)"` activates it."""
    return _print(arguments.shell, "source")


def complete() -> int:
    """Print what the environment variable asks for: the completions, or the script as other programs of click do."""
    shell, _, what = os.environ[_VARIABLE].partition("_")
    return _print(shell, what)


def _print(shell: str, what: str) -> int:
    kind = get_completion_class(shell)
    if kind is None:
        return 2
    completion = kind(_commands(), {}, _PROGRAM, _VARIABLE)
    sys.stdout.write(completion.source() if what == "source" else completion.complete() + "\n")
    return 0


def _commands() -> click.Group:
    """The commands as click sees them: each is made when its options are asked for."""

    class Commands(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
            """All commands."""
            return list(commands.COMMANDS)

        def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
            """One command; with its options only where words of it are completed."""
            if name not in commands.COMMANDS:
                return None
            words = os.environ.get("COMP_WORDS", "").split()
            about = commands.COMMANDS[name]
            return (
                _command(name, commands.parser_of(name).every_action, about)
                if name in words
                else click.Command(name, help=about)
            )

    return Commands(_PROGRAM)


def _command(name: str, actions: list[argparse.Action], about: str) -> click.Command:
    parameters: list[click.Parameter] = []
    for action in actions:
        if action.dest == "help":  # It has one of its own.
            continue
        choices = list(action.choices) if action.choices is not None else None
        kind = click.Choice(choices) if choices else click.Path() if takes_path(action) else None
        if not action.option_strings:
            parameters.append(click.Argument([action.dest], type=kind, nargs=-1))
        else:
            named = [*action.option_strings, action.dest]
            parameters.append(click.Option(named, is_flag=action.nargs == 0, multiple=action.nargs != 0, type=kind))
    return click.Command(name, params=parameters, help=about)
