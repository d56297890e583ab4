"""The errors that flowcontract raises on purpose, as one tree.

FlowContractError
├── UsageError        an invalid option, argument or setting
├── CaptureError      a published page or document that cannot be captured
├── BuildError        captured document, overlays and examples that do not match
├── ContractError     a contract that is missing, invalid or not supported
├── MockError         a mock that cannot start or do what was requested (a port in use, an invalid scenario)
├── TargetError       a server that cannot be tested (nothing listens, no success response)
└── ClientError       a generated client that cannot be installed or run (no npm, no network, an unknown version)

Each message tells what it expected, what it got and how to fix it. The command line prints it as one line and
exits with 2, without a traceback.
"""

from collections.abc import Iterator


class FlowContractError(Exception):
    """The root of all errors that flowcontract raises on purpose."""

    def __init__(self, what: str, *, do: str = "") -> None:
        """`what`: expected and actual; `do`: how to fix it."""
        self.what = what
        self.do = do
        super().__init__(f"{what} {do}".strip())


class UsageError(FlowContractError):
    """An option, an argument or a setting is invalid."""


class CaptureError(FlowContractError):
    """A published page or document cannot be captured."""


class BuildError(FlowContractError):
    """Captured document, overlays and examples do not match."""


class ContractError(FlowContractError):
    """The contract is missing, invalid or not supported."""


class MockError(FlowContractError):
    """The mock cannot start, or cannot do what was requested."""


class TargetError(FlowContractError):
    """The server cannot be tested."""


class ClientError(FlowContractError):
    """A generated client cannot be installed or run."""


def table() -> str:
    """The errors as a Markdown table, for the documentation."""
    rows = ["| error | base | raised if |", "|---|---|---|"]
    for each in _tree(FlowContractError):
        base = "" if each is FlowContractError else f"`{each.__bases__[0].__name__}`"
        rows.append(f"| `{each.__name__}` | {base} | {each.__doc__} |")
    return "\n".join(rows) + "\n"


def _tree(root: type[FlowContractError]) -> Iterator[type[FlowContractError]]:
    yield root
    for each in root.__subclasses__():
        yield from _tree(each)
