"""Every error flowcontract raises on purpose, drawn as one tree.

FlowContractError
├── UsageError        the command line or a setting asks for something that cannot be
├── CaptureError      a published page or document cannot be read as a contract
├── BuildError        captured document and overlays do not fit together
├── ContractError     the contract itself is missing, invalid or of a kind that is not supported
├── MockError         the mock cannot start or cannot do what it was told (a port in use, a bad scenario)
├── TargetError       the server under test cannot be judged (nothing listens, no success was ever seen)
└── ClientError       a generated client cannot be had or run (no npm, no network, no such version)

Each message says what was expected, what came, and what to do next. The command line prints it as one
line and exits with 2; it never shows a traceback for one of these.
"""

from collections.abc import Iterator


class FlowContractError(Exception):
    """The root: catch this to catch everything flowcontract raises on purpose."""

    def __init__(self, what: str, *, do: str = "") -> None:
        """`what` says what was expected and what came; `do` what to do next."""
        self.what = what
        self.do = do
        super().__init__(f"{what} {do}".strip())


class UsageError(FlowContractError):
    """The command line or a setting asks for something that cannot be."""


class CaptureError(FlowContractError):
    """A published page or document cannot be read as a contract."""


class BuildError(FlowContractError):
    """Captured document, overlays and examples do not fit together."""


class ContractError(FlowContractError):
    """The contract is missing, invalid, or of a kind that is not supported."""


class MockError(FlowContractError):
    """The mock cannot start, or cannot do what it was told."""


class TargetError(FlowContractError):
    """The server under test cannot be judged."""


class ClientError(FlowContractError):
    """A generated client cannot be had or run."""


def table() -> str:
    """The errors as a Markdown table, for the documentation."""
    rows = ["| error | of | raised where |", "|---|---|---|"]
    for each in _tree(FlowContractError):
        of = "" if each is FlowContractError else f"`{each.__bases__[0].__name__}`"
        rows.append(f"| `{each.__name__}` | {of} | {each.__doc__} |")
    return "\n".join(rows) + "\n"


def _tree(root: type[FlowContractError]) -> Iterator[type[FlowContractError]]:
    yield root
    for each in root.__subclasses__():
        yield from _tree(each)
