"""Write what the contract's examples and the mock's scenarios answer as files that a frontend's tests use.

What is answered is played beforehand, so that every format says the same as the running mock does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.model import Operation


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, as it would go out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wait: float = 0.0
    """Seconds before it comes."""
    fault: str = ""
    """What happens to it on the wire; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a request for one key is answered, or for any other key."""

    values: Mapping[str, str] | None
    """Path parameters; None for all that no other case names."""
    request: Request
    turns: tuple[Reply, ...]
    """The answers to the first, second, … request; they begin again after the last."""


@dataclass(frozen=True, slots=True)
class Played:
    """One operation, with its cases, the one for any other key last."""

    operation: Operation
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scenario makes of the operations that it concerns; without a name, how they are without any."""

    name: str
    summary: str
    played: tuple[Played, ...]

    def exchanges(self) -> Iterator[Exchange]:
        """Its requests and responses, one after another; a network fault is an exchange without a response."""
        for played in self.played:
            for case in played.cases:
                for reply in case.turns:
                    if reply.fault and reply.fault != "slow":
                        yield Exchange(case.request, None, reply.fault)
                    else:
                        body = reply.body if played.operation.method != "HEAD" else b""
                        yield Exchange(case.request, Response(reply.status, reply.headers, body, reply.wait))
