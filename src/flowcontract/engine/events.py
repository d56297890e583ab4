"""What happens in a run, as frozen values for whoever listens: progress on a terminal, a database, a test."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The operations are selected; nothing was sent yet."""

    operations: int


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase begins: `success`, `probes` or one of Schemathesis's."""

    phase: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Requests were sent and their responses checked."""

    phase: str
    requests: int
    """Sent so far in the whole run."""
    tested: int
    """Operations that have responded with a documented success."""
    failures: int
    """Different failures so far, without warnings, before they are retried and grouped into findings."""
    waited: str = ""
    """How long the run waited for a server that limits the rate of requests, and of which operations."""


@dataclass(frozen=True, slots=True)
class PhaseFinished:
    """A phase ended."""

    phase: str
    requests: int
    """Sent in this phase."""
    seconds: float
    """CPU seconds that this process spent on it."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ctrl-C ended the run early; its result is that of what was seen until then."""


Event = RunStarted | PhaseStarted | Progress | PhaseFinished | Interrupted
Listener = Callable[[Event], None]
