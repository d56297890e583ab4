"""The command `flowcontract`: finds the subcommand and calls it. Only what is called is imported."""

import sys

# Name, one line of help. The code of `name` is `flowcontract.commands.name` (`_` for `-`), with `configure(parser)` and
# `run(arguments) -> int`; and `complete(parser, words)` where some flags depend on others.
COMMANDS: dict[str, str] = {
    "capture": "read a published page or document into a contract",
    "build": "put the captured document, the overlays and the examples together",
    "diff": "say what changed between two contracts, for whom, in which direction",
    "mock": "serve the contract",
    "scenario": "put a running mock into a named state",
    "verify": "ask a running mock whether it was called, how often, with what",
    "gate": "judge a server by the contract",
    "fuzz": "send many distinct requests and turn up each cause once",
    "campaigns": "list, show and compare fuzz campaigns; decide about what they found",
    "replay": "send again what made a failure, to the same target or another",
    "proxy": "stand before a server and judge what goes by",
    "compare": "say where two servers answer the same requests differently",
    "check-fixture": "say whether fixtures are what the contract says",
    "export": "write examples and scenarios as TypeScript, MSW handlers and HAR",
    "demo": "capture, build, mock, gate and report in one run",
}


def _help() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return (
        "usage: flowcontract COMMAND [OPTION...]\n\n"
        "Hold a server, its published contract and its clients to each other.\n\n"
        f"commands:\n{listed}\n\n"
        "`flowcontract COMMAND --help` tells about one of them. Exit codes: 0 kept or done, 1 broken,\n"
        "2 could not judge or could not do it.\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
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


def _call(name: str, words: list[str]) -> int:
    import argparse
    import importlib

    from flowcontract.errors import FlowContractError

    command = importlib.import_module(f"flowcontract.commands.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"flowcontract {name}", description=COMMANDS[name], allow_abbrev=False)
    command.configure(parser)
    try:
        if hasattr(command, "complete"):
            command.complete(parser, words)
        return int(command.run(parser.parse_args(words)))
    except FlowContractError as error:
        sys.stderr.write(f"flowcontract {name}: {error}\n")
        return 2
    except BrokenPipeError:
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"flowcontract {name}: stopped.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
