"""The options of a run: which operations, with which values, how many requests, and what does not fail it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flowcontract.checks.suppressions import KnownFinding, Waiver
from flowcontract.generation.resources import Values
from flowcontract.http.messages import SAFE_METHODS
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation


@dataclass(frozen=True, slots=True)
class Options:
    """How to test a target."""

    path_values: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    """Path parameters of existing resources, by operation ID; where none are given they are found out."""
    may_change: tuple[str, ...] = ()
    """IDs of operations that may change the resources of `path_values`, as all `operations` may."""
    assume_examples: bool = False
    """The target is our own mock: the contract's examples exist there."""
    operations: tuple[str, ...] = ()
    """IDs of the operations to test; all with a safe method where none is given."""
    only: frozenset[str] | None = None
    """IDs of the operations to choose from, such as those that a change concerns; None for all."""
    include: tuple[tuple[str, str], ...] = ()
    """Test only operations that one of these (kind, pattern) selects; see `selection`."""
    exclude: tuple[tuple[str, str], ...] = ()
    """Leave out operations that one of these selects."""
    safe: tuple[str, ...] = ()
    """IDs of operations that only read although their method is unsafe."""
    pairs: Mapping[str, str] = field(default_factory=dict)
    """Paths of the resources that operations create, by operation ID; empty where there are none."""
    profile: str = "full"
    """`quick`: one success for each operation and our probes; `full`: Schemathesis's phases too."""
    seed: int = 0
    workers: int = 4
    """Connections at once, at most: a server that responds fast gets one."""
    rate: float = 0.0
    """Requests per second, at most; 0 for no limit."""
    allow_unsafe: bool = False
    allow_partial: bool = False
    """A run that could not send its whole plan may pass."""
    fail_on_warnings: bool = False
    fail_fast: bool = False
    """Stop at the end of the phase in which the first failure was found."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """`off`, `warning` or `failure` by rule ID, instead of the rule's own severity."""
    published: Contract | None = None
    """Check responses against this contract alone; requests still come from the whole one."""
    timeout: float = 5.0
    """Seconds for one request."""
    time_limit: float = 120.0
    """Seconds for the whole run, from its first request."""
    settle: float = 0.0
    """Seconds after which a write is visible to reads, for a server that is eventually consistent."""
    max_response_time: float | None = None
    """Seconds; a slower response is a violation. Measured on the target if None."""
    waivers: tuple[Waiver, ...] = ()
    baseline: Mapping[str, KnownFinding] = field(default_factory=dict)
    """Known findings by fingerprint."""
    today: date | None = None

    def only_reads(self, operation: Operation) -> bool:
        """Whether an operation changes nothing: its method is safe, or the caller says so."""
        return operation.method in SAFE_METHODS or operation.id in self.safe
