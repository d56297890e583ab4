"""The commands of the command line, by task, and their parsers. Only the module of one command is imported."""

TYPE_CHECKING = False  # As in `typing`, whose import takes longer than everything else `--help` needs.

if TYPE_CHECKING:
    from flowcontract.cli.parser import Parser

# Commands by task: name and one line of help. The command `name` is the module `flowcontract.cli.name` (`_` for `-`),
# with `configure(parser)` and `run(arguments) -> int`.
GROUPS: dict[str, dict[str, str]] = {
    "Get started": {
        "init": "write a configuration, a CI workflow and a first test",
        "demo": "run everything once: capture, build, mock, gate and report",
    },
    "Mock an API": {
        "mock": "serve a mock of the contract",
        "scenario": "activate, clear and list scenarios of a running mock",
        "verify": "check which requests a running mock received",
        "check-fixture": "validate fixtures against the contract",
        "export": "export examples and scenarios as TypeScript, MSW and HAR",
    },
    "Test a server": {
        "gate": "test a server against the contract",
        "proxy": "validate live traffic through a reverse proxy",
        "compare": "compare the responses of two servers",
        "explain": "explain a rule: what it means and how to fix a violation",
    },
    "Fuzz a server": {
        "fuzz": "fuzz a server and deduplicate the findings",
        "campaigns": "list, show, compare and delete fuzz campaigns; triage findings",
        "replay": "re-run a failing request",
    },
    "Upgrade": {
        "diff": "show changes between two contracts, and which clients break",
        "matrix": "test generated clients against releases of the API",
        "can-upgrade": "check whether a client works with another release",
    },
    "Maintain the contract": {
        "capture": "import API docs or an OpenAPI document",
        "build": "assemble the contract from captured docs and overlays",
    },
    "Shell": {
        "completion": "print a completion script for your shell",
    },
}
COMMANDS: dict[str, str] = {name: text for group in GROUPS.values() for name, text in group.items()}
ACTIONS: dict[str, tuple[str, ...]] = {"campaigns": ("list", "show", "compare", "report", "delete", "decide")}
"""Commands that have commands of their own."""


def parser_of(name: str) -> "Parser":
    """The parser of a command."""
    import importlib

    from flowcontract.cli.parser import Parser

    command = importlib.import_module(f"flowcontract.cli.{name.replace('-', '_')}")
    parser = Parser(
        prog=f"flowcontract {name}",
        description=f"{COMMANDS[name][:1].upper()}{COMMANDS[name][1:]}.",
        allow_abbrev=False,
    )
    parser.set_defaults(run=command.run)
    command.configure(parser)
    parser.add_general()
    return parser
