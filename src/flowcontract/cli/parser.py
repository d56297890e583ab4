"""The parser of a command: argparse with suggestions for unknown options, and a record of the declared options."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from flowcontract.text import nearest

_LIMITS = ("--time-limit", "--time")
_OTHER_NAMES = {
    "--max-time": _LIMITS, "--duration": _LIMITS, "--time": _LIMITS, "--time-limit": _LIMITS, "--spec": ("--captured",),
}  # fmt: skip
"""What other commands and tools call an option."""


class Append(argparse.Action):
    """Collect the values of a repeatable option; the command line replaces a default instead of adding to it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  argparse calls it so
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Add one value."""
        listed = getattr(namespace, self.dest, None)
        setattr(namespace, self.dest, [*(() if listed is self.default else listed or ()), values])


def takes_path(action: argparse.Action) -> bool:
    """Whether the values of an option are paths."""
    return action.type is Path or any(word in str(action.metavar) for word in ("FILE", "DIR"))


class Parser(argparse.ArgumentParser):
    """A parser that remembers what was declared, for the configuration file and for completion."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.declared: list[argparse.Action] = []
        """The options and positional arguments, in the order of declaration."""
        super().__init__(*args, **options)
        self.register("action", "append", Append)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Declare an option or a positional argument."""
        action = super().add_argument(*names, **options)
        self.declared.append(action)
        return action

    @property
    def actions(self) -> "dict[str, Parser]":
        """The parsers of a command's own commands, such as `campaigns list`, by name."""
        choices = next((each.choices for each in self.declared if isinstance(each.choices, dict)), {})
        return {name: parser for name, parser in choices.items() if isinstance(parser, Parser)}

    def add_subparsers(self, **options: Any) -> Any:
        """Declare that the command has commands of its own."""
        added = super().add_subparsers(**options)
        self.declared.append(added)
        return added

    def add_general(self) -> None:
        """Declare the options that every command has."""
        for parser in (self, *self.actions.values()):
            parser.set_defaults(parser=parser)
            group = parser.add_argument_group("general")
            group.add_argument(
                "--config",
                metavar="FILE",
                default=argparse.SUPPRESS,
                help="read the configuration from this file (default: flowcontract.toml or pyproject.toml)",
            )
            for name, text in (
                ("--verbose", "print details to standard error"),
                ("--debug", "print a traceback for an unexpected error"),
            ):
                group.add_argument(name, action="store_true", default=argparse.SUPPRESS, help=text)

    @staticmethod
    def config_file(words: Sequence[str]) -> str | None:
        """The value of `--config`: it is needed before the other arguments can be parsed."""
        for index, word in enumerate(words):
            if word == "--config" and index + 1 < len(words):
                return words[index + 1]
            if word.startswith("--config="):
                return word.partition("=")[2]
        return None

    @property
    def every_action(self) -> list[argparse.Action]:
        """All options and positional arguments, also those of groups, but not those that help does not show."""
        return [each for each in self._actions if each.help != argparse.SUPPRESS]

    @property
    def options(self) -> list[str]:
        """The names of all options, such as `--seed`."""
        return sorted({name for each in self.every_action for name in each.option_strings if name.startswith("--")})

    def error(self, message: str) -> NoReturn:
        """End with 2 and one line; the usage of a command with many options would hide it."""
        self.exit(2, f"{self.prog}: {message}\nRun `{self.prog} --help` for the options.\n")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse options between arguments, except where a command has actions: argparse cannot mix these."""
        try:
            arguments, unknown = self.parse_known_intermixed_args(words)
        except TypeError:
            arguments, unknown = self.parse_known_args(words)
        if unknown:
            self._reject(unknown, arguments)
        return arguments

    def _reject(self, unknown: Sequence[str], arguments: argparse.Namespace) -> NoReturn:
        parser: Parser = getattr(arguments, "parser", self)
        name = unknown[0]
        if not name.startswith("-"):
            is_document = Path(name).suffix in (".json", ".yaml", ".yml") and "--spec" in parser.options
            parser.error(f"unexpected argument {name!r}." + f" Did you mean --spec {name}?" * is_document)
        parser.error(f"unknown option {name!r}.{_hint(name.partition('=')[0], parser.options)}")


def _hint(name: str, known: Sequence[str]) -> str:
    """The option that is probably meant: what other tools call so, else the closest match."""
    meant = next((option for option in _OTHER_NAMES.get(name, ()) if option in known), "")
    return f" Did you mean {meant!r}?" if meant else nearest(name, known)
