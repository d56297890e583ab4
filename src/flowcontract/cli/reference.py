"""The commands and their options as Markdown, for the documentation: from the parsers that read them."""

import argparse
from collections.abc import Iterator

from flowcontract.cli import main


def table() -> str:
    """Every command by what a user wants: what it does, how it is called, and a table of its options."""
    parts = []
    for wish, group in main.GROUPS.items():
        parts.append(f"## {wish.capitalize()}")
        for name in group:
            parts.append(f"### {name}")
            parts += _parser(main.parser_of(name))
    return "\n\n".join(parts) + "\n"


def _parser(parser: argparse.ArgumentParser) -> Iterator[str]:
    described = parser.description or ""
    yield f"{described[:1].upper()}{described[1:]}." if described else ""
    formatter = argparse.HelpFormatter(parser.prog, width=90)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, "")
    yield f"```text\n{formatter.format_help().strip()}\n```"
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    rows = [_row(action) for action in parser._actions if action.dest != "help" and action not in nested]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows])
    for action in nested:
        told = {choice.dest: choice.help for choice in action._choices_actions}
        for name, each in action.choices.items():
            each.description = each.description or told.get(name)
            yield f"#### {parser.prog.rpartition(' ')[2]} {name}"
            yield from _parser(each)


def _row(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices:
        value = ", ".join(map(str, action.choices))
    if not action.option_strings:
        spoken = value
    elif action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        spoken = ", ".join(action.option_strings)
    else:
        spoken = f"{', '.join(action.option_strings)} {value}"
    text = (action.help or "") % {"default": action.default, "prog": ""}
    return f"| `{spoken}` | {text.replace('|', chr(92) + '|')} |"
